"""Where the wearer is in the world: the placement, followed from frame to frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from depthfusion.headset import Eye, Frame
from depthfusion.vr.drawing import EyePicture
from depthfusion.vr.placement import EyePlacer, Placement

_FRAMES_AFTER_RECENTERING = 3
"""The runtime may tell of its new origin a frame before its poses follow."""


class Wearer:
    """Keeps the world where it belongs around a head. Belongs to the loop's thread.

    The first pose that is real becomes the world's centre.
    """

    def __init__(self) -> None:
        self._placement = Placement()
        self._front_deg = self._placement.heading_deg
        self._frames_to_place = 1
        self._placers = (EyePlacer(), EyePlacer())
        self._leaving: Placement | None = None
        self._leaving_placers = (EyePlacer(), EyePlacer())
        self._leaving_m = np.zeros(3)
        self._world_from_tracking = np.eye(4)
        self.world_from_head = np.eye(4)
        """(4, 4) of this frame; the same array all the time."""
        self.ahead = np.zeros(3)
        """(3,) where the head looks, in the world; the same array all the time."""

    @property
    def is_placed(self) -> bool:
        """Whether the head's place is known, and the world's centre is there."""
        return self._frames_to_place == 0

    @property
    def place_m(self) -> tuple[float, float, float]:
        """Of the head in the world, whose centre is its rest place."""
        x, y, z = self.world_from_head[:3, 3].tolist()
        return x, y, z

    def place_again(self) -> None:
        """Tracking space has another origin: the head's place is the centre once more."""
        self._frames_to_place = _FRAMES_AFTER_RECENTERING

    def follow(self, frame: Frame) -> bool:
        """Take up a frame's pose; return whether the world was put elsewhere for it."""
        is_moved = frame.is_tracked and not self.is_placed
        if is_moved:
            self._frames_to_place -= 1
            self.recenter(frame)
        np.matmul(self._world_from_tracking, frame.tracking_from_head, out=self.world_from_head)
        np.negative(self.world_from_head[:3, 2], out=self.ahead)
        return is_moved

    def recenter(self, frame: Frame) -> None:
        """Make the head's place the centre, and its heading the world's front."""
        self._put(self._placement.recentered(frame.tracking_from_head))
        self._front_deg = self._placement.heading_deg

    def turn(self, frame: Frame, angle_deg: float) -> None:
        """Turn the wearer on the spot, positive to the right."""
        self._put(self._placement.turned(frame.tracking_from_head, angle_deg))
        if self._leaving is not None:
            self._leaving = self._leaving.turned(frame.tracking_from_head, angle_deg)

    def begin_leaving(self) -> None:
        """What is shown leaves: it keeps its place, whatever becomes of the world's."""
        self._leaving = self._placement

    def end_leaving(self) -> None:
        """Nothing leaves any more."""
        self._leaving = None

    def face(self, frame: Frame, yaw_deg: float) -> None:
        """Let another side of the world, as `View.yaw_deg`, lie ahead; turns are taken back."""
        turned_deg = self._placement.heading_deg - self._front_deg
        before = self._placement.turned(frame.tracking_from_head, turned_deg)
        self._put(replace(before, yaw_deg=yaw_deg))

    def place(self, eye: Eye, frame: Frame, picture: EyePicture) -> None:
        """Write one eye's matrix and position into its picture."""
        view, placer = frame.views[eye.value], self._placers[eye.value]
        placer.place(self._placement, view, picture.clip_from_world, picture.position_m)
        if self._leaving is not None:
            matrix = picture.leaving.clip_from_world
            self._leaving_placers[eye.value].place(self._leaving, view, matrix, self._leaving_m)

    def _put(self, placement: Placement) -> None:
        self._placement = placement
        self._world_from_tracking = placement.world_from_tracking()
