"""The compositor: it sets the pace, says where the head will be, and takes the pictures.

Called through the function tables, with structs that are made once: pyopenvr's own methods make
new ones in every frame, and raise KeyError for error numbers that they do not know.
"""

from __future__ import annotations

import ctypes
import sys
import time
from math import isfinite
from typing import Any

import numpy as np

from depthfusion.errors import HeadsetError
from depthfusion.headset.gl_hygiene import CurrentContext
from depthfusion.headset.headset import Eye, FrameTiming, Matrix, Submission
from depthfusion.headset.openvr_words import compositor_words

_MOST_DEVICES = 64
_NO_FOCUS = 101
_ALREADY_SUBMITTED = 108
_PASSING = frozenset({_NO_FOCUS, _ALREADY_SUBMITTED})
_LASTING = frozenset({100, 102, 103, 104, 105, 106, 107, 109, 110})
_PATIENCE = 90
"""So many refusals in a row, of a kind that may pass, end the session."""
_IS_EGL = 0x100
_OPENGL = 1
_GAMMA = 1
_SEATED, _STANDING = 0, 1


class OpenVRCompositor:
    """One session's compositor.

    Attributes:
        has_focus: whether it shows this program's pictures.
        is_tracked: whether the last wait brought a new pose.
        tracking_from_head: (4, 4) float64, the last known pose, written in place.
    """

    def __init__(self, openvr: Any, compositor: Any, *, is_seated: bool) -> None:
        self.has_focus = True
        self.is_tracked = False
        self.tracking_from_head: Matrix = np.eye(4)
        self.last_gl_errors = 0
        self._refusals = {"wait": 0, "submit": 0}
        self._context: CurrentContext | None = None
        self._wait_function = compositor.waitGetPoses
        self._submit_function = compositor.submit
        self._handoff = compositor.postPresentHandoff
        self._timing_function = compositor.getFrameTiming
        self._poses = (openvr.TrackedDevicePose_t * _MOST_DEVICES)()
        self._pose = self._poses[0]
        self._pose_matrix = np.ctypeslib.as_array(self._pose.mDeviceToAbsoluteTracking.m)
        self._texture = openvr.Texture_t(None, _OPENGL, _GAMMA)
        self._bounds = openvr.VRTextureBounds_t(0.0, 0.0, 1.0, 1.0)
        self._texture_reference = ctypes.byref(self._texture)
        self._bounds_reference = ctypes.byref(self._bounds)
        self._timing = openvr.Compositor_FrameTiming()
        self._timing_sizes = _timing_sizes(ctypes.sizeof(openvr.Compositor_FrameTiming))
        self._timing_reference = ctypes.byref(self._timing)
        self._newest: FrameTiming | None = None
        compositor.setTrackingSpace(_SEATED if is_seated else _STANDING)

    def wait(self, period_s: float) -> None:
        """Wait for the next frame's beginning and read the head's pose.

        Args:
            period_s: of the display; slept where the compositor refuses at once, so that a loop
                does not spin.

        Raises:
            HeadsetError: if the session is over.
        """
        # WaitGetPoses lets go of Python's lock while it waits, as every ctypes call does.
        number = self._wait_function(self._poses, _MOST_DEVICES, None, 0)
        self._judge("wait", number)
        if number:
            self.is_tracked = False
            if number != _NO_FOCUS:  # without focus the runtime itself slows the loop
                time.sleep(period_s)
            return
        # Not a number once in a while, while a driver starts: it must not become the last pose.
        self.is_tracked = bool(self._pose.bPoseIsValid) and isfinite(self._pose_matrix.sum())
        if self.is_tracked:
            self.tracking_from_head[:3] = self._pose_matrix

    def submit(self, eyes: tuple[Submission, Submission]) -> None:
        """Hand over left and right, and flush.

        Raises:
            HeadsetError: if no OpenGL context is current, or the pictures never will be taken.
        """
        if self._context is None:
            self._context = CurrentContext()
        number = self._submit_one(self._context, Eye.LEFT, eyes[0])
        if number in (0, _ALREADY_SUBMITTED):
            number = self._submit_one(self._context, Eye.RIGHT, eyes[1])
        self.last_gl_errors = self._context.after_submit()
        self._judge("submit", number)

    def _submit_one(self, context: CurrentContext, eye: Eye, submission: Submission) -> int:
        self._texture.handle = submission.texture
        self._bounds.uMax = submission.used_px[0] / submission.size_px[0]
        self._bounds.vMax = submission.used_px[1] / submission.size_px[1]
        flags = _IS_EGL if context.is_egl else 0
        context.before_submit()
        number: int = self._submit_function(
            eye.value, self._texture_reference, self._bounds_reference, flags
        )
        context.after_eye()
        return number

    def _judge(self, call: str, number: int) -> None:
        """Note what a call answered; a lasting error, or a long row of passing ones, is an end."""
        if number == 0 or number in _PASSING:
            self._refusals[call] = 0
            self.has_focus = number != _NO_FOCUS
            return
        self._refusals[call] += 1
        if number in _LASTING or self._refusals[call] > _PATIENCE:
            raise HeadsetError(compositor_words(number))

    def after_mirror(self) -> None:
        """Tell it that nothing more is drawn in this frame."""
        self._handoff()

    def timing(self, period_s: float) -> FrameTiming | None:
        """Return how the newest finished frame went; None where there is none yet."""
        if not self._read_timing():
            return None
        raw = self._timing
        if self._newest is None or self._newest.index != raw.m_nFrameIndex:
            self._newest = FrameTiming(
                index=raw.m_nFrameIndex,
                period_s=period_s,
                gpu_s=1e-3 * raw.m_flTotalRenderGpuMs,
                cpu_s=max(0.0, 1e-3 * (raw.m_flNewFrameReadyMs - raw.m_flNewPosesReadyMs)),
                dropped=max(0, raw.m_nNumFramePresents - 1) + raw.m_nNumDroppedFrames,
            )
        return self._newest

    def _read_timing(self) -> bool:
        for size in self._timing_sizes:
            self._timing.m_nSize = size
            if self._timing_function(self._timing_reference, 1):  # 1: the last finished one
                self._timing_sizes = (size,)
                return True
        return False


def _timing_sizes(own: int) -> tuple[int, ...]:
    """Return the sizes to try: pyopenvr's struct is 4 bytes longer than Linux's packed one."""
    packed = own - 4 if own % 8 == 0 else own
    return (own, packed) if sys.platform == "win32" else (packed, own)
