"""Which keys do what: one table for the actions, the key card and the documentation.

No Qt in here, and `tr` is given, so that the table can be read without a window.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from depthfusion.gui.cards import KeyGroup

OPEN = ("Ctrl+O",)
NEXT_FILE, PREVIOUS_FILE = ("PgDown",), ("PgUp",)
SAVE_PICTURE, SAVE_PICTURE_AS = ("Ctrl+S",), ("Ctrl+Shift+S",)
EXPORT = ("Ctrl+E",)
QUIT = ("Ctrl+Q",)
RECENTRE = ("R", "Home")
FULL_SCREEN = ("F11",)
LEAVE = ("Esc",)
SETTINGS = ("I",)
HEADSET = ("V",)
DEPTH_VIEW, WIREFRAME = ("Z",), ("X",)
STEREO = ("3",)
TURN = ("T",)
STRONGER, WEAKER = ("]",), ("[",)
INVERT = ("N",)
KEY_CARD = ("F1", "?")


def key_columns(tr: Callable[[str], str]) -> list[list[KeyGroup]]:
    """Return the key card's columns of groups, each (title, rows of (keys, meaning))."""
    looking = [
        (tr("Drag"), tr("look around")),
        ("←  →  ↑  ↓", tr("look around")),
        (tr("Wheel") + "   +   −", tr("zoom")),
        ("R   " + tr("Home"), tr("recentre")),
        ("T", tr("turn slowly")),
    ]
    walking = [
        ("W  A  S  D", tr("walk")),
        ("Q   E", tr("down, up")),
    ]
    relief = [
        ("[   ]", tr("weaker, stronger")),
        ("N", tr("swap near and far")),
        ("Z", tr("show the depth")),
        ("X", tr("wireframe")),
        ("3", tr("next stereo mode")),
    ]
    window = [
        ("F11   " + tr("Double-click"), tr("full screen")),
        ("V", tr("headset")),
        ("Esc", tr("leave full screen, then the headset")),
        ("I", tr("view settings")),
        ("?   F1", tr("these keys")),
    ]
    files = [
        ("Ctrl+O", tr("open")),
        ("PgUp   PgDn", tr("other pictures in the folder")),
        ("Ctrl+S", tr("save what you see")),
        ("Ctrl+E", tr("export")),
        ("Ctrl+Q", tr("quit")),
    ]
    return [
        [(tr("Look"), looking), (tr("Walk"), walking)],
        [(tr("Relief and stereo"), relief)],
        [(tr("Window"), window), (tr("Files"), files)],
    ]
