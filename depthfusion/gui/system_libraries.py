"""The shared libraries of the system that Qt needs. Qt aborts without them, so this looks first.

No Qt in here: `depthfusion doctor` and every start of a window ask this before Qt is imported.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from depthfusion.errors import MissingPartError


@dataclass(frozen=True)
class SystemLibrary:
    """A shared library and the Debian package that brings it."""

    file: str
    package: str


ALWAYS = (
    SystemLibrary("libglib-2.0.so.0", "libglib2.0-0"),
    SystemLibrary("libGL.so.1", "libgl1"),
    SystemLibrary("libEGL.so.1", "libegl1"),
    SystemLibrary("libxkbcommon.so.0", "libxkbcommon0"),
    SystemLibrary("libfontconfig.so.1", "libfontconfig1"),
    SystemLibrary("libdbus-1.so.3", "libdbus-1-3"),
)
"""Needed by Qt even without a window."""
FOR_A_WINDOW = (
    SystemLibrary("libxcb-cursor.so.0", "libxcb-cursor0"),
    SystemLibrary("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    SystemLibrary("libxcb-icccm.so.4", "libxcb-icccm4"),
    SystemLibrary("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    SystemLibrary("libxcb-shape.so.0", "libxcb-shape0"),
)
"""Needed as well for a window on X11."""


def missing_libraries(window: bool) -> list[SystemLibrary]:
    """Return what Qt would not find on this system; nothing on Windows and macOS.

    Args:
        window: whether a window on an X11 display is wanted, not only Qt itself.
    """
    if not sys.platform.startswith("linux"):
        return []
    wanted = ALWAYS + (FOR_A_WINDOW if window else ())
    return [library for library in wanted if not _loads(library.file)]


def _loads(file: str) -> bool:
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True


def install_line(missing: Sequence[SystemLibrary]) -> str:
    """Return the command that installs `missing` on Debian and Ubuntu."""
    return "sudo apt install " + " ".join(library.package for library in missing)


def has_display() -> bool:
    """Whether there is a screen that a window could be shown on."""
    if not sys.platform.startswith("linux"):
        return True
    if os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in {"offscreen", "minimal", "vnc"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def check_window() -> None:
    """Make sure that a window can be opened.

    Raises:
        MissingPartError: if there is no display, or a library of the system is absent.
    """
    if not has_display():
        raise MissingPartError(
            "want a display for the window, got none (DISPLAY is not set): "
            "`depthfusion render IMAGE -o OUT.png` makes the same picture without one"
        )
    missing = missing_libraries(window=bool(os.environ.get("DISPLAY")))
    if missing:
        names = ", ".join(library.file for library in missing)
        raise MissingPartError(
            f"the window needs system libraries that are not installed ({names}): "
            f"{install_line(missing)}"
        )
