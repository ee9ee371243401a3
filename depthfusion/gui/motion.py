"""What moves by itself: inertia after a drag, held keys, slow turning, idle sway, the spring.

`Motion` turns elapsed time into a new `View`. It knows no Qt and no clock: the viewport tells it
what the person does and how much time went by.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace

from depthfusion.gui import look
from depthfusion.view import View

INERTIA_S = 0.22
"""Time in which a thrown view loses 63 % of its speed."""
MAX_THROW_DEG_S = 240.0
LOOK_DEG_S = 60.0
"""Turning speed of a held arrow key at the default field of view."""
WALK_M_S = 0.35
ZOOM_NOTCHES_S = 12.0
TURN_DEG_S = 4.0
SWAY_M = 0.03
SWAY_AFTER_S = 4.0
"""Idle time before the sway begins."""
_RAMP_S = 0.12
"""Held keys reach their full speed in about this time, and stop as softly."""
_TRAIL_S = 0.08
"""A throw's speed is taken from the last movements of this long."""


class Motion:
    """The moving part of a view. One per viewport; every method takes or returns a `View`.

    Attributes:
        reduced: no inertia, no sway and no turning, for people whom movement makes ill.
        inertia: whether a view that was thrown glides on.
        turning: whether the view turns slowly by itself.
        held: whether turning waits, for the processor prepares a better picture first.
        swaying: whether the head sways gently when nobody has done anything for a while.
    """

    def __init__(self) -> None:
        self.reduced = False
        self.inertia = True
        self.turning = False
        self.held = False
        self.swaying = False
        self._keys = [0.0] * 6  # look right, look up, walk right, walk up, walk forward, zoom in
        self._speeds = [0.0] * 6
        self._throw_deg_s = (0.0, 0.0)
        self._trail: deque[tuple[float, float, float]] = deque(maxlen=32)
        self._idle_s = 0.0
        self._sway_s = 0.0
        self._sway_level = 0.0

    def touch(self) -> None:
        """Take note that the person did something: the sway fades and a throw ends."""
        self._idle_s = 0.0
        self._throw_deg_s = (0.0, 0.0)

    def grab(self) -> None:
        """Begin a drag: everything that moves by itself stops."""
        self.touch()
        self.turning = False
        self._trail.clear()

    def dragged(self, view: View, time_s: float) -> None:
        """Remember where a drag has come to, for its speed at the end."""
        self._idle_s = 0.0
        self._trail.append((time_s, view.yaw_deg, view.pitch_deg))

    def let_go(self, time_s: float) -> None:
        """End a drag; the view glides on if it was moving."""
        trail = [entry for entry in self._trail if time_s - entry[0] <= _TRAIL_S]
        self._trail.clear()
        if self.reduced or not self.inertia or len(trail) < 2:
            return
        span_s = max(time_s - trail[0][0], 1e-3)
        yaw = look.wrapped_deg(trail[-1][1] - trail[0][1]) / span_s
        pitch = (trail[-1][2] - trail[0][2]) / span_s
        speed = math.hypot(yaw, pitch)
        if speed >= 3:
            limit = min(1.0, MAX_THROW_DEG_S / speed)
            self._throw_deg_s = (yaw * limit, pitch * limit)

    def hold(
        self,
        look_right: float,
        look_up: float,
        walk_right: float,
        walk_up: float,
        walk_forward: float,
        zoom_in: float = 0.0,
    ) -> None:
        """Set what the held keys ask for, each from -1 to 1."""
        self._keys = [look_right, look_up, walk_right, walk_up, walk_forward, zoom_in]
        if any(self._keys):
            self.touch()
            if look_right or look_up:
                self.turning = False

    def needs_frames(self, view: View) -> bool:
        """Whether anything moves or is about to, so that the next frame differs."""
        calm = self._turns or self._sways or self._sway_level > 0
        return calm or self.is_moved(view)

    def is_moved(self, view: View) -> bool:
        """Whether the person moves the view or it still glides on, not only turning and sway."""
        return bool(
            any(self._keys)
            or any(self._speeds)
            or any(self._throw_deg_s)
            or look.settled(view.position_m, 0.1) != view.position_m
        )

    @property
    def _turns(self) -> bool:
        return self.turning and not self.reduced and not self.held

    @property
    def _sways(self) -> bool:
        return self.swaying and not self.reduced and self._idle_s >= SWAY_AFTER_S

    def waits_s(self) -> float | None:
        """Return the seconds until the idle sway will begin; None when it is off or on already."""
        if not self.swaying or self.reduced or self._sways:
            return None
        return SWAY_AFTER_S - self._idle_s

    def rested(self, dt_s: float) -> None:
        """Let idle time pass without a frame."""
        self._idle_s += dt_s

    def advanced(self, view: View, dt_s: float) -> View:
        """Return the view `dt_s` seconds later."""
        self._ramp(dt_s)
        self._idle_s = 0.0 if any(self._keys) else self._idle_s + dt_s
        view = self._looked(view, dt_s)
        view = self._walked(view, dt_s)
        if self._speeds[5]:
            view = look.zoomed(view, self._speeds[5] * ZOOM_NOTCHES_S * dt_s)
        return view

    def _ramp(self, dt_s: float) -> None:
        part = 1.0 if self.reduced else 1 - math.exp(-dt_s / _RAMP_S)
        for i, wanted in enumerate(self._keys):
            speed = self._speeds[i] + (wanted - self._speeds[i]) * part
            self._speeds[i] = wanted if abs(wanted - speed) < 0.01 else speed

    def _looked(self, view: View, dt_s: float) -> View:
        right, up = self._throw_deg_s
        if right or up:
            keep = math.exp(-dt_s / INERTIA_S)
            glide_s = INERTIA_S * (1 - keep)  # exact for any frame rate
            view = look.turned_by(view, right * glide_s, up * glide_s)
            slow = math.hypot(right, up) * keep < 1
            self._throw_deg_s = (0.0, 0.0) if slow else (right * keep, up * keep)
        if self._speeds[0] or self._speeds[1]:
            pace = LOOK_DEG_S * view.fov_deg / 75 * dt_s
            view = look.turned_by(view, self._speeds[0] * pace, self._speeds[1] * pace)
        if self._turns:
            view = look.turned_by(view, TURN_DEG_S * dt_s, 0)
        return view

    def _walked(self, view: View, dt_s: float) -> View:
        right, up, forward = self._speeds[2:5]
        position = view.position_m
        if right or up or forward:
            pace = WALK_M_S * dt_s / max(1.0, math.sqrt(right**2 + up**2 + forward**2))
            step = look.step_from_keys(view.yaw_deg, right * pace, up * pace, forward * pace)
            position = look.walked(position, step)
        if not any(self._keys[2:5]):
            position = look.settled(position, dt_s)
        return view if position == view.position_m else replace(view, position_m=position)

    def swayed(self, view: View, dt_s: float) -> View:
        """Return the view to draw: `view` with the sway of this moment added to the head.

        The sway is a slow figure of eight across the line of sight; it never becomes part of the
        view itself, so it leaves nothing behind.
        """
        goal = 1.0 if self._sways else 0.0
        self._sway_level += (goal - self._sway_level) * (
            1 - math.exp(-dt_s / (1.5 - 1.2 * (1 - goal)))
        )
        if goal == 0 and self._sway_level < 0.01:
            self._sway_level = self._sway_s = 0.0
            return view
        self._sway_s += dt_s
        across = SWAY_M * self._sway_level * math.sin(self._sway_s * 2 * math.pi / 6)
        up = 0.35 * SWAY_M * self._sway_level * math.sin(self._sway_s * 4 * math.pi / 6)
        dx, dy, dz = look.step_from_keys(view.yaw_deg, across, up, 0)
        x, y, z = view.position_m
        return replace(view, position_m=(x + dx, y + dy, z + dz))
