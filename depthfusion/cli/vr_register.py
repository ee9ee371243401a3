"""`depthfusion vr-register`: an entry in SteamVR's library, and a name for its bindings."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `vr-register`."""
    parser.add_argument("--remove", action="store_true", help="take it out again")


def run(options: argparse.Namespace) -> int:
    """Register or unregister.

    Raises:
        HeadsetError: if there is no SteamVR, or it refuses.
        SaveError: if the manifest cannot be written.
    """
    from depthfusion.headset.registration import register, unregister

    if options.remove:
        unregister()
        print("SteamVR does not list DepthFusion any more")
        return 0
    path = register(vr_command())
    print(f"SteamVR lists DepthFusion now (by {path})")
    return 0


def vr_command() -> list[str]:
    """Return the whole path of the program, and the arguments that start it in the headset.

    The installed script where there is one: it is what a person would run, too.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, "view", "--vr"]
    script = shutil.which("depthfusion", path=str(Path(sys.executable).parent))
    if script is not None:
        return [str(Path(script).absolute()), "view", "--vr"]
    return [str(Path(sys.executable).absolute()), "-P", "-m", "depthfusion", "view", "--vr"]
