"""What mouse, wheel and keys do to a view. Holds what is pressed; the viewport holds the view."""

from __future__ import annotations

import time

from PySide6.QtCore import QPointF, QSizeF, Qt

from depthfusion.gui import look
from depthfusion.gui.motion import Motion
from depthfusion.view import View

_KEYS = {
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Up: (1, 1),
    Qt.Key.Key_Down: (1, -1),
    Qt.Key.Key_D: (2, 1),
    Qt.Key.Key_A: (2, -1),
    Qt.Key.Key_E: (3, 1),
    Qt.Key.Key_Q: (3, -1),
    Qt.Key.Key_W: (4, 1),
    Qt.Key.Key_S: (4, -1),
    Qt.Key.Key_Plus: (5, 1),
    Qt.Key.Key_Equal: (5, 1),
    Qt.Key.Key_Minus: (5, -1),
}
"""Key -> (which of `Motion.hold`'s arguments, direction)."""


class Hands:
    """One person's mouse and keyboard on one view.

    Attributes:
        sensitivity: how far a drag turns, against what keeps the picture under the pointer.
        inverted: whether a drag moves the gaze, not the picture.
        wheel: notches of zoom for a notch of the wheel; negative: the other way.
    """

    def __init__(self, motion: Motion) -> None:
        self.sensitivity = 1.0
        self.inverted = False
        self.wheel = 1.0
        self._motion = motion
        self._at = QPointF()
        self._direction: look.Vector | None = None
        self._held: set[int] = set()

    @property
    def dragging(self) -> bool:
        """Whether the view is held by the mouse."""
        return self._direction is not None

    def grab(self, view: View, at: QPointF, size: QSizeF) -> None:
        """Take hold of what is shown at `at` (logical pixels from the top left)."""
        self._motion.grab()
        self._at = at
        self._direction = look.direction_at(view, _pane(view, at, size))

    def drag(self, view: View, at: QPointF, size: QSizeF) -> View:
        """Return the view after a drag to `at`: what was grabbed is there, at sensitivity 1."""
        if self._direction is None:
            return view
        pane = _pane(view, at, size)
        if self.sensitivity == 1 and not self.inverted:
            turned = look.turned_to(view, self._direction, pane)
        else:
            under = look.direction_at(view, _pane(view, self._at, size))
            stuck = look.turned_to(view, under, pane)
            part = -self.sensitivity if self.inverted else self.sensitivity
            turned = look.turned_by(
                view,
                part * look.wrapped_deg(stuck.yaw_deg - view.yaw_deg),
                part * (stuck.pitch_deg - view.pitch_deg),
            )
        self._at = at
        self._motion.dragged(turned, time.perf_counter())
        return turned

    def let_go(self) -> None:
        """End the drag; the view may glide on."""
        if self._direction is not None:
            self._direction = None
            self._motion.let_go(time.perf_counter())

    def press(self, key: int) -> bool:
        """Hold a key down; return whether it means anything here."""
        if key not in _KEYS:
            return False
        self._held.add(key)
        self._tell()
        return True

    def release(self, key: int) -> bool:
        """Let a key go; return whether it meant anything here."""
        if key not in self._held:
            return False
        self._held.discard(key)
        self._tell()
        return True

    def release_all(self) -> None:
        """Let everything go, as when the keyboard goes to another widget."""
        self._held.clear()
        self._tell()
        self.let_go()

    def _tell(self) -> None:
        wishes = [0.0] * 6
        for key in self._held:
            index, direction = _KEYS[Qt.Key(key)]
            wishes[index] += direction
        self._motion.hold(*(max(-1.0, min(1.0, wish)) for wish in wishes))


def _pane(view: View, at: QPointF, size: QSizeF) -> look.Pane:
    return look.pane_from_pointer(at.x(), at.y(), size.width(), size.height(), view.stereo)
