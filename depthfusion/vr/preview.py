"""A headset session without a headset: both eyes in the window, mouse and keys for head and hands.

drag: look, W A S D Q E: move the head, wheel: size, Page Up and Down: worlds, R: recentre,
left and right: snap turn, up and down: relief, Tab: panel, Enter: again
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from depthfusion.headset import Controls
from depthfusion.headset.desktop import DesktopHeadset, DesktopOptions
from depthfusion.vr.placement import Matrix

DEG_PER_PX = 0.2
MOST_PITCH_DEG = 85.0
STEP_M = 0.008
"""How far the head goes in a frame while a key is held."""
MOST_M = 0.6
"""Beyond the head box, so that its fade can be seen."""
HEAD_M = 1.2
"""Above the origin of tracking space, as a seated head is."""
NOTCH_FRAMES = 8
"""A notch of the wheel is a stick held to its end for so long."""


class Body:
    """Head and hands of whoever sits before the window."""

    def __init__(self) -> None:
        self.yaw_deg = self.pitch_deg = 0.0
        self.place_m = np.zeros(3)
        self.held: set[str] = set()
        self._pressed = Controls()
        self._scroll_frames = 0
        self._pose = np.eye(4)

    def drag(self, right_px: float, down_px: float) -> None:
        """Look elsewhere; what is seen sticks to the pointer."""
        self.yaw_deg -= right_px * DEG_PER_PX
        pitch = self.pitch_deg + down_px * DEG_PER_PX
        self.pitch_deg = min(MOST_PITCH_DEG, max(-MOST_PITCH_DEG, pitch))

    def press(self, key: str) -> None:
        """A key goes down."""
        self.held.add(key)
        change = _PRESSES.get(key)
        if change is not None:
            self._pressed = replace(self._pressed, **change)

    def release(self, key: str) -> None:
        """A key goes up."""
        self.held.discard(key)

    def scroll(self, steps: float) -> None:
        """The wheel turns: the world grows or shrinks."""
        self._scroll_frames += round(steps * NOTCH_FRAMES)

    def pose(self, _frame: int) -> Matrix:
        """Return (4, 4) tracking_from_head after the keys that are held had their frame."""
        yaw, pitch = math.radians(self.yaw_deg), math.radians(self.pitch_deg)
        sin, cos = math.sin(yaw), math.cos(yaw)
        right, forward = np.array([cos, 0.0, sin]), np.array([sin, 0.0, -cos])
        step = np.zeros(3)
        for key, direction in (("d", right), ("w", forward), ("e", np.array([0.0, 1.0, 0.0]))):
            step += direction * ((key in self.held) - (_OPPOSITE[key] in self.held))
        self.place_m += step * STEP_M
        length = float(np.linalg.norm(self.place_m))
        self.place_m *= min(1.0, MOST_M / max(length, 1e-9))
        gaze = forward * math.cos(pitch)
        gaze[1] = math.sin(pitch)
        self._pose[:3, 0], self._pose[:3, 1] = right, np.cross(right, gaze)
        self._pose[:3, 2], self._pose[:3, 3] = -gaze, self.place_m
        self._pose[1, 3] += HEAD_M
        return self._pose

    def controls(self, _frame: int) -> Controls:
        """Return what was pressed since the frame before, and what is held."""
        pressed, self._pressed = self._pressed, Controls()
        strength = float("up" in self.held) - float("down" in self.held)
        scale = float(np.sign(self._scroll_frames))
        self._scroll_frames -= round(scale)
        return replace(pressed, strength=strength, scale=scale)


_OPPOSITE = {"d": "a", "w": "s", "e": "q"}
_PRESSES: dict[str, dict[str, Any]] = {
    "left": {"turn": -1}, "right": {"turn": 1}, "r": {"recenter": True}, "tab": {"panel": True},
    "enter": {"again": True}, "page_down": {"next_world": True},
    "page_up": {"previous_world": True},
}  # fmt: skip
_LETTERS = "wasdqer"
_NAMED = ("left", "right", "up", "down", "tab", "enter", "page_up", "page_down")


def preview_headset(window: Any) -> DesktopHeadset:
    """Return a session whose wearer is the person at a window.

    Args:
        window: of moderngl-window; None: nobody looks round.
    """
    body = Body()
    if window is not None:
        _listen(window, body)
    return DesktopHeadset(DesktopOptions(pose=body.pose, controls=body.controls))


def _listen(window: Any, body: Body) -> None:
    keys = window.keys
    names = {getattr(keys, letter.upper()): letter for letter in _LETTERS}
    names |= {getattr(keys, name.upper()): name for name in _NAMED}
    windows_own = window.key_event_func

    def key_event(key: Any, action: Any, modifiers: Any) -> None:
        windows_own(key, action, modifiers)
        if key in names:
            (body.press if action == keys.ACTION_PRESS else body.release)(names[key])

    window.key_event_func = key_event
    window.mouse_drag_event_func = lambda x, y, dx, dy: body.drag(dx, dy)
    window.mouse_scroll_event_func = lambda x, y: body.scroll(y)
