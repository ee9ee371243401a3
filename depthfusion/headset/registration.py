"""Makes DepthFusion known to SteamVR: a key, an entry in its library, names for its bindings.

The application manifest is written to the user's data folder, because SteamVR remembers its path.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from depthfusion.assets import asset
from depthfusion.errors import HeadsetError
from depthfusion.headset.openvr_library import ApplicationType, optional_functions, start
from depthfusion.whole_file import write_whole

APP_KEY = "depthfusion.viewer"
MANIFEST = "depthfusion.vrmanifest"
ACTION_MANIFEST = "actions.json"
_NOT_KNOWN = frozenset({101, 102, 104})  # NoManifest, NoApplication, UnknownApplication


def manifest_path() -> Path:
    """Return where the application manifest is, or will be; absolute."""
    import platformdirs

    folder = platformdirs.user_data_path("depthfusion", appauthor=False) / "headset"
    return folder.absolute() / MANIFEST


def manifest_text(command: Sequence[str], action_manifest: Path) -> str:
    """Return the application manifest.

    Args:
        command: program (absolute) and arguments that start DepthFusion in the headset.
        action_manifest: absolute.
    """
    platform = {"win32": "windows", "darwin": "osx"}.get(sys.platform, "linux")
    application: dict[str, Any] = {
        "app_key": APP_KEY,
        "launch_type": "binary",
        f"binary_path_{platform}": command[0],
        "arguments": " ".join(_quoted(argument) for argument in command[1:]),
        "action_manifest_path": str(action_manifest),
        "is_dashboard_overlay": False,
        "strings": {
            "en_us": {
                "name": "DepthFusion",
                "description": "Type a sentence, step inside the picture.",
            }
        },
    }
    content = {"source": "depthfusion", "applications": [application]}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _quoted(argument: str) -> str:
    return f'"{argument}"' if " " in argument else argument


def write_manifest(command: Sequence[str]) -> Path:
    """Write all files that SteamVR reads and return the application manifest's path.

    Raises:
        SaveError: if they cannot be written.
    """
    path = manifest_path()
    write_whole(path, manifest_text(command, _action_manifest(path.parent)).encode())
    return path


def _action_manifest(spare: Path) -> Path:
    """Return a lasting path of the action manifest; out of a zip it is copied to `spare`."""
    source = asset("resources", "headset")
    if isinstance(source, Path):
        return source.absolute() / ACTION_MANIFEST
    for file in source.iterdir():
        write_whole(spare / file.name, file.read_bytes())
    return spare / ACTION_MANIFEST


def register(command: Sequence[str]) -> Path:
    """Enter DepthFusion into SteamVR's library and return the manifest that says how.

    Args:
        command: program (absolute) and arguments that start DepthFusion in the headset.

    Raises:
        HeadsetError: if there is no SteamVR, or it refuses.
        SaveError: if the manifest cannot be written.
    """
    if not Path(command[0]).is_absolute():
        raise HeadsetError(f"want a program with its whole path for SteamVR, got {command[0]}")
    path = write_manifest(command)
    openvr = start(ApplicationType.UTILITY)
    try:
        applications = _applications(openvr)
        number = applications.addApplicationManifest(str(path).encode(), False)
        if number:
            raise HeadsetError(_refused("take the manifest", number))
    finally:
        openvr.shutdown()
    return path


def unregister() -> None:
    """Take DepthFusion out of SteamVR's library again; nothing where it is not in it.

    Raises:
        HeadsetError: if there is no SteamVR, or it refuses.
    """
    path = manifest_path()
    openvr = start(ApplicationType.UTILITY)
    try:
        number = _applications(openvr).removeApplicationManifest(str(path).encode())
        if number and number not in _NOT_KNOWN:
            raise HeadsetError(_refused("forget the manifest", number))
    finally:
        openvr.shutdown()
    if path.parent.is_dir():
        for file in [path, *path.parent.glob("*.json")]:
            file.unlink(missing_ok=True)


def identify(openvr: Any) -> bool:
    """Tell a running session that this process is DepthFusion; False where it is not registered.

    Without it, SteamVR files a wearer's own bindings under the name of Python.
    """
    applications = optional_functions(openvr, "VRApplications")
    if applications is None or not applications.isApplicationInstalled(APP_KEY.encode()):
        return False
    return not applications.identifyApplication(os.getpid(), APP_KEY.encode())


def _applications(openvr: Any) -> Any:
    applications = optional_functions(openvr, "VRApplications")
    if applications is None:
        raise HeadsetError("want a SteamVR that keeps programs, found one that cannot: update it")
    return applications


def _refused(doing: str, number: int) -> str:
    return f"SteamVR does not {doing} (application error {number}): restart SteamVR and try again"
