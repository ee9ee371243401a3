"""`depthfusion desktop-install`: into the desktop's menu, with icon and file types."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `desktop-install`."""
    parser.add_argument("--uninstall", action="store_true", help="take it out again")
    parser.add_argument(
        "--prefix", metavar="FOLDER", type=Path,
        help="such as /usr/local, for everybody (default: for you alone)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Install or remove, tell what was done, and return 0.

    Raises:
        MissingPartError: on systems without such desktops, or without the libraries to draw icons.
        SaveError: if a file cannot be written; all are as before then.
    """
    from depthfusion.gui.desktop_entry import (
        check_platform,
        data_folder,
        install,
        start_command,
        uninstall,
    )

    command = start_command()
    check_platform(sys.platform, command[0])
    _check_libraries()
    data = data_folder(os.environ, options.prefix)
    changes = uninstall(data) if options.uninstall else install(data, command)
    for change in changes:
        if change.did != "unchanged":
            print(f"{change.did:<9} {change.path}")
    counts = Counter(change.did for change in changes)
    said = ", ".join(f"{count} {did}" for did, count in counts.items())
    print(f"{data}: {said or 'nothing was installed there'}", file=sys.stderr)
    return 0


def _check_libraries() -> None:
    """Look before Qt does, which ends the program where a library is absent.

    Raises:
        MissingPartError: if one is absent.
    """
    from depthfusion.errors import MissingPartError
    from depthfusion.gui.system_libraries import install_line, missing_libraries

    missing = missing_libraries(window=False)
    if missing:
        names = ", ".join(library.file for library in missing)
        raise MissingPartError(
            f"drawing the icons needs system libraries that are not installed ({names}): "
            f"{install_line(missing)}"
        )
