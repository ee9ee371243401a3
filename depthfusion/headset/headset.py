"""The shape of a session with a headset, whichever runtime is behind it.

One thread owns a session and does nothing else:

    while True:
        for event in headset.poll(): ...            # quit, focus, optics, controllers
        frame = headset.begin_frame()               # waits for the compositor's pace
        controls = headset.controls()
        if frame.should_render:                     # draw frame.views[eye] for each eye
            ...
        headset.end_frame((left, right))            # None where nothing was drawn

Poses are metres in the runtime's tracking space: right-handed, +y up, -z forward. What one does
with them (world scale, recentre, turning, the head box) stands above, once for all backends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


class Eye(Enum):
    """Which eye; the value is its place in every pair."""

    LEFT = 0
    RIGHT = 1


class EventKind(StrEnum):
    """What a runtime may say between two frames."""

    QUIT = "quit"
    """Asked to end; already acknowledged. Close the session within 5 s."""
    FOCUS_LOST = "focus-lost"
    """Another program is shown, or its menu: go on drawing, pass over controls."""
    FOCUS_GAINED = "focus-gained"
    PAUSE = "pause"
    """The wearer should not see movement (dashboard): go on drawing, let nothing run."""
    RESUME = "resume"
    OPTICS_CHANGED = "optics-changed"
    """Eye distance or lenses: `info`, views and hidden meshes are new."""
    RECENTERED = "recentered"
    """The runtime moved its own origin."""
    STANDBY = "standby"
    """Taken off."""
    AWAKE = "awake"
    CONTROLLER_ON = "controller-on"
    CONTROLLER_OFF = "controller-off"
    BINDINGS_CHANGED = "bindings-changed"
    DEVICE_LOST = "device-lost"
    """The session cannot go on: close it."""


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    kind: EventKind
    words: str = ""
    """For people, in one line; empty where the kind says it all."""


@dataclass(frozen=True)
class HeadsetInfo:
    """What the session is with; replaced after `OPTICS_CHANGED`."""

    name: str
    """Of the headset, as its maker calls it."""
    runtime: str
    """Name and version."""
    refresh_hz: float
    eye_px: tuple[int, int]
    """Width and height that the runtime recommends for one eye, before any factor of ours."""
    is_seated: bool = True


@dataclass(frozen=True)
class Tangents:
    """One eye's frustum: tangents of the angles from straight ahead, right and up positive."""

    left: float
    right: float
    bottom: float
    top: float


@dataclass(frozen=True, eq=False)
class EyeView:
    """Where one eye is and what it sees in one frame."""

    tracking_from_eye: Matrix
    """(4, 4) float64, rigid."""
    tangents: Tangents


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame, as `begin_frame` predicts it.

    Matrices belong to the session: the next `begin_frame` overwrites them. Copy what is kept.
    """

    should_render: bool
    seconds_to_photons: float
    """From now until this frame is seen."""
    is_tracked: bool
    """False: the pose is the last known one, or the identity before the first."""
    tracking_from_head: Matrix
    """(4, 4) float64, rigid."""
    views: tuple[EyeView, EyeView]
    """Left, right."""


@dataclass(frozen=True)
class Submission:
    """One eye's finished picture."""

    texture: int
    """OpenGL name of a single-sample RGBA8 or SRGB8_ALPHA8 texture with sRGB-encoded values."""
    size_px: tuple[int, int]
    """Of the whole texture."""
    used_px: tuple[int, int]
    """Width and height, from its lower left corner, that were drawn."""


@dataclass(frozen=True)
class Controls:
    """What the controllers say in this frame; pressed = went down since the frame before."""

    next_world: bool = False
    previous_world: bool = False
    turn: int = 0
    """-1: snap turn to the left, 1: to the right."""
    recenter: bool = False
    again: bool = False
    """Generate again with a new seed."""
    panel: bool = False
    """Show or hide the panel."""
    strength: float = 0.0
    """-1 to 1: how fast the relief changes."""
    scale: float = 0.0
    """-1 to 1: how fast the world's size changes."""


@dataclass(frozen=True)
class FrameTiming:
    """How the compositor saw one of our frames."""

    index: int
    period_s: float
    """Of the display: the time that one frame may take."""
    gpu_s: float
    """Total time of drawing on the GPU, compositor included."""
    cpu_s: float
    """From the poses to the last submission."""
    dropped: int
    """Times that a frame was shown again because the next one was late."""


@dataclass(frozen=True)
class Haptic:
    """A pulse of a controller."""

    is_right: bool = True
    """Of which hand."""
    seconds: float = 0.02
    strength: float = 0.5


class Headset(Protocol):
    """A running session. All methods belong to one thread, with its OpenGL context current."""

    @property
    def info(self) -> HeadsetInfo:
        """What the session is with."""

    def poll(self) -> Sequence[Event]:
        """Return what happened since the last call, in order."""

    def begin_frame(self) -> Frame:
        """Wait until a frame should begin and return it.

        Raises:
            HeadsetError: if the session is over.
        """

    def end_frame(self, eyes: tuple[Submission, Submission] | None) -> None:
        """Hand both eyes over, and flush; None ends a frame without a picture.

        A picture that the runtime does not take for now (no focus) is dropped silently.

        Raises:
            HeadsetError: if it never will be taken (wrong format), or the session is over.
        """

    def after_mirror(self) -> None:
        """Tell the runtime that the desktop's mirror is drawn too: it may go on."""

    def controls(self) -> Controls:
        """Return what the controllers say now; all at rest without focus."""

    def hidden_mesh(self, eye: Eye) -> NDArray[np.float32]:
        """Return (n, 3, 2) triangles that the eye cannot see, in [0, 1] of its picture, v up.

        They wind either way round: draw them without culling (openvr issue 187).
        """

    def timing(self) -> FrameTiming | None:
        """Return how the newest finished frame went; None where the runtime does not say."""

    def recenter(self) -> None:
        """Make the head's place and heading the runtime's seated origin, if it can.

        Standing sessions keep the wearer's floor; `RECENTERED` says when it happened.
        """

    def pulse(self, haptic: Haptic) -> None:
        """Let a controller be felt; nothing where there is none."""

    def close(self) -> None:
        """End the session; later calls do nothing."""
