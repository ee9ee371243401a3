"""A session with an OpenVR runtime: `Headset` by way of pyopenvr."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from depthfusion.errors import HeadsetError
from depthfusion.headset.headset import (
    Controls,
    Event,
    EventKind,
    Eye,
    Frame,
    FrameTiming,
    Haptic,
    HeadsetInfo,
    Submission,
)
from depthfusion.headset.openvr_actions import OpenVRActions
from depthfusion.headset.openvr_compositor import OpenVRCompositor
from depthfusion.headset.openvr_events import OpenVREvents
from depthfusion.headset.openvr_library import (
    ApplicationType,
    functions,
    optional_functions,
    start,
)
from depthfusion.headset.openvr_optics import OpenVROptics
from depthfusion.headset.registration import identify

_NOTHING: tuple[Event, ...] = ()
_SEATED = 0


class OpenVRHeadset:
    """A running session; see `depthfusion.headset.headset.Headset`.

    One a process: the runtime knows processes, not objects. Matrices of a `Frame` belong to the
    session and are overwritten by the next `begin_frame`.
    """

    def __init__(self, *, is_seated: bool = True) -> None:
        """Begin as a program that draws; starts SteamVR where it does not run.

        Args:
            is_seated: whether the origin is at the seated head, not on the floor.

        Raises:
            HeadsetError: in words why there is no session.
        """
        self._openvr: Any = start(ApplicationType.SCENE)
        self._is_open = True
        try:
            self._begin(is_seated)
        except BaseException:
            self.close()
            raise

    def _begin(self, is_seated: bool) -> None:
        openvr = self._openvr
        system, compositor, inputs = (
            functions(openvr, name) for name in ("VRSystem", "VRCompositor", "VRInput")
        )
        self._chaperone = optional_functions(openvr, "VRChaperone")
        self._is_seated = is_seated
        identify(openvr)
        # Before the first event is asked for: the runtime wants the manifest first.
        self._actions = OpenVRActions(openvr, inputs)
        self._optics = OpenVROptics(openvr, system, is_seated)
        self._events = OpenVREvents(openvr, system, is_seated=is_seated)
        self._compositor = OpenVRCompositor(openvr, compositor, is_seated=is_seated)
        self._since_vsync = system.getTimeSinceLastVsync
        self._vsync_age_s = ctypes.c_float()
        self._vsync_count = ctypes.c_uint64()
        self._vsync_references = (
            ctypes.byref(self._vsync_age_s),
            ctypes.byref(self._vsync_count),
        )

    @property
    def info(self) -> HeadsetInfo:
        """What the session is with."""
        return self._optics.info

    def poll(self) -> Sequence[Event]:
        """Return what happened since the last call, in order; a quit is acknowledged at once."""
        if not self._is_open:
            return _NOTHING
        events = self._events.poll(is_shown=self._compositor.has_focus)
        if any(event.kind is EventKind.OPTICS_CHANGED for event in events):
            self._optics.read()
        return events

    def begin_frame(self) -> Frame:
        """Wait for the compositor's pace; `should_render` is always true with OpenVR.

        Raises:
            HeadsetError: if the session is over.
        """
        self._check_open()
        compositor, optics = self._compositor, self._optics
        compositor.wait(1.0 / optics.info.refresh_hz)
        optics.place(compositor.tracking_from_head)
        return Frame(
            should_render=True,
            seconds_to_photons=self._seconds_to_photons(),
            is_tracked=compositor.is_tracked,
            tracking_from_head=compositor.tracking_from_head,
            views=optics.views,
        )

    def end_frame(self, eyes: tuple[Submission, Submission] | None) -> None:
        """Hand both eyes over, and flush; None ends a frame without a picture.

        Afterwards the scissor and sRGB writing are off and no 2D texture is bound.

        Raises:
            HeadsetError: if the pictures never will be taken, or the session is over.
        """
        self._check_open()
        if eyes is not None:
            self._compositor.submit(eyes)

    def after_mirror(self) -> None:
        """Tell the runtime that the desktop's mirror is drawn too: it may go on."""
        if self._is_open:
            self._compositor.after_mirror()

    def controls(self) -> Controls:
        """Return what the controllers say now; all at rest without focus."""
        self._check_open()
        return self._actions.read(is_heard=self._events.has_focus)

    def hidden_mesh(self, eye: Eye) -> NDArray[np.float32]:
        """Return (n, 3, 2) triangles that the eye cannot see, in [0, 1] of its picture, v up."""
        self._check_open()
        return self._optics.hidden_mesh(eye)

    def timing(self) -> FrameTiming | None:
        """Return how the newest finished frame went; None where the runtime does not say."""
        self._check_open()
        return self._compositor.timing(1.0 / self.info.refresh_hz)

    def recenter(self) -> None:
        """Make the head's place and heading the runtime's seated origin, if it lets us.

        A standing session does nothing: its origin is the wearer's own floor, for all programs.
        """
        if self._is_open and self._is_seated and self._chaperone is not None:
            self._chaperone.resetZeroPose(_SEATED)

    def pulse(self, haptic: Haptic) -> None:
        """Let a controller be felt; nothing where there is none."""
        if self._is_open:
            self._actions.pulse(haptic)

    def close(self) -> None:
        """End the session; later calls do nothing."""
        if not self._is_open:
            return
        self._is_open = False
        if hasattr(self, "_actions"):
            self._actions.close()
        self._openvr.shutdown()

    def _check_open(self) -> None:
        if not self._is_open:
            raise HeadsetError("want a session with a headset, but it is closed: begin a new one")

    def _seconds_to_photons(self) -> float:
        """Return the time until this frame is seen: the rest of the beat, then the display's own.

        As in openvr.h, GetDeviceToAbsoluteTrackingPose.
        """
        optics = self._optics
        known = self._since_vsync(*self._vsync_references)
        age_s = self._vsync_age_s.value if known else 0.0
        return max(0.0, 1.0 / optics.info.refresh_hz - age_s) + optics.photons_s
