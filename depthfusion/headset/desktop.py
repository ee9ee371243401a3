"""A headset made of air: stereo without VR, for the desktop's preview and for tests of the loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from depthfusion.errors import HeadsetError
from depthfusion.headset.headset import (
    Controls,
    Event,
    EventKind,
    Eye,
    EyeView,
    Frame,
    FrameTiming,
    Haptic,
    HeadsetInfo,
    Matrix,
    Submission,
    Tangents,
)

AT_ORIGIN: Matrix = np.eye(4)
AT_ORIGIN.flags.writeable = False


def _stand_still(_frame: int) -> Matrix:
    return AT_ORIGIN


def _press_nothing(_frame: int) -> Controls:
    return Controls()


@dataclass(frozen=True)
class DesktopOptions:
    """What such a headset is, and what happens to it."""

    eye_px: tuple[int, int] = (960, 1080)
    fov_deg: float = 90.0
    """From the lower to the upper edge, each eye."""
    eye_distance_m: float = 0.063
    refresh_hz: float = 60.0
    is_paced: bool = True
    """Whether `begin_frame` waits for the clock; False runs as fast as it can."""
    pose: Callable[[int], Matrix] = field(default=_stand_still)
    """Number of the frame, from 0 -> (4, 4) tracking_from_head."""
    controls: Callable[[int], Controls] = field(default=_press_nothing)
    """Number of the frame, from 0 -> what the controllers say."""


class DesktopHeadset:
    """A `Headset` without a runtime: symmetric eyes, a scripted head, a clock as display.

    Attributes:
        submitted: what the last `end_frame` with pictures was given.
        pulses: every pulse that a controller would have felt.
    """

    submitted: tuple[Submission, Submission] | None = None

    def __init__(self, options: DesktopOptions = DesktopOptions()) -> None:
        self._options = options
        self._period_s = 1.0 / options.refresh_hz
        self._is_open = True
        self._events: list[Event] = []
        self._index = -1
        self._begin_s = self._next_s = time.perf_counter()
        self._timing: FrameTiming | None = None
        self._origin: Matrix = np.eye(4)
        self._scripted, self._head = np.eye(4), np.eye(4)
        tangents = _tangents(options)
        self._views = (EyeView(np.eye(4), tangents), EyeView(np.eye(4), tangents))
        self.pulses: list[Haptic] = []

    @property
    def info(self) -> HeadsetInfo:
        """What the session is with."""
        options = self._options
        return HeadsetInfo("Desktop", "no runtime", options.refresh_hz, options.eye_px)

    def post(self, event: Event) -> None:
        """Let the next `poll` return `event`."""
        self._events.append(event)

    def poll(self) -> Sequence[Event]:
        """Return what was posted since the last call, in order."""
        events, self._events = self._events, []
        return events

    def begin_frame(self) -> Frame:
        """Wait for the clock and return the scripted pose.

        Raises:
            HeadsetError: if it was closed.
        """
        self._check_open()
        self._wait()
        self._index += 1
        self._scripted[:] = self._options.pose(self._index)
        np.matmul(self._origin, self._scripted, out=self._head)
        half_m = 0.5 * self._options.eye_distance_m
        for view, side in zip(self._views, (-1.0, 1.0), strict=True):
            view.tracking_from_eye[:] = self._head
            view.tracking_from_eye[:3, 3] += side * half_m * self._head[:3, 0]
        return Frame(
            should_render=True,
            seconds_to_photons=self._period_s,
            is_tracked=True,
            tracking_from_head=self._head,
            views=self._views,
        )

    def _wait(self) -> None:
        now_s = time.perf_counter()
        missed = 0
        if self._options.is_paced:
            if now_s < self._next_s:
                time.sleep(self._next_s - now_s)
            else:
                missed = int((now_s - self._next_s) / self._period_s)
                self._next_s += missed * self._period_s
            self._next_s += self._period_s
        if self._index >= 0:
            self._timing = FrameTiming(
                self._index, self._period_s, gpu_s=0.0, cpu_s=now_s - self._begin_s, dropped=missed
            )
        self._begin_s = time.perf_counter()

    def end_frame(self, eyes: tuple[Submission, Submission] | None) -> None:
        """Keep what was drawn in `submitted`; the caller shows it.

        Raises:
            HeadsetError: if it was closed.
        """
        self._check_open()
        if eyes is not None:
            self.submitted = eyes

    def after_mirror(self) -> None:
        """Do nothing: there is no compositor to go on."""

    def controls(self) -> Controls:
        """Return what the script presses in this frame."""
        self._check_open()
        return self._options.controls(max(0, self._index))

    def hidden_mesh(self, eye: Eye) -> NDArray[np.float32]:
        """Return no triangle: a monitor shows all of a picture."""
        return np.empty((0, 3, 2), np.float32)

    def timing(self) -> FrameTiming | None:
        """Return how the newest finished frame went, None before the first."""
        return self._timing

    def recenter(self) -> None:
        """Make the head's place and heading the origin; the horizon stays level."""
        pose = self._scripted
        yaw_rad = math.atan2(pose[0, 2], pose[2, 2])
        level = np.eye(4)
        level[0, 0] = level[2, 2] = math.cos(yaw_rad)
        level[0, 2] = math.sin(yaw_rad)
        level[2, 0] = -level[0, 2]
        level[:3, 3] = pose[:3, 3]
        self._origin = np.linalg.inv(level).astype(np.float64)
        self.post(Event(EventKind.RECENTERED))

    def pulse(self, haptic: Haptic) -> None:
        """Note it in `pulses`."""
        self.pulses.append(haptic)

    def close(self) -> None:
        """End; later calls do nothing."""
        self._is_open = False

    def _check_open(self) -> None:
        if not self._is_open:
            raise HeadsetError("want a headset, but it is closed: make a new one")


def _tangents(options: DesktopOptions) -> Tangents:
    top = math.tan(math.radians(0.5 * options.fov_deg))
    right = top * options.eye_px[0] / options.eye_px[1]
    return Tangents(left=-right, right=right, bottom=-top, top=top)
