"""Where the world stands in tracking space: recentre, turning, and the matrices of the eyes.

The world turns about the vertical only: the horizon is level whatever the head does. Its size is
`View.world_scale`, which the renderer applies; a step of the wearer is always a step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from depthfusion.camera import NEAR_PLANE_M, frame_axes
from depthfusion.headset import EyeView, Tangents

Matrix = NDArray[np.float64]

TURNS_DEG = (15.0, 30.0, 45.0)
"""Snap turns to choose from."""
DEFAULT_TURN_DEG = 30.0
_UPRIGHT = 0.7
"""Sine of the steepest gaze whose direction still tells where the body faces."""


@dataclass(frozen=True)
class Placement:
    """The world's place; replaced, never mutated."""

    rest_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Where the world's centre, the head's place at rest, lies in tracking space; metres."""
    heading_deg: float = 0.0
    """Which way in tracking space is straight ahead: 0 is -z, positive to the right."""
    yaw_deg: float = 0.0
    """Which way of the world that is: as `View.yaw_deg`, a world's own."""

    def recentered(self, tracking_from_head: Matrix) -> Placement:
        """Return the placement with the world's centre at the head and its front ahead of it."""
        x, y, z = (float(value) for value in tracking_from_head[:3, 3])
        return replace(self, rest_m=(x, y, z), heading_deg=heading_deg(tracking_from_head))

    def turned(self, tracking_from_head: Matrix, angle_deg: float) -> Placement:
        """Return the placement after the wearer was turned on the spot, positive to the right."""
        head_m = tracking_from_head[:3, 3]
        head_in_world = self._axes @ (head_m - np.array(self.rest_m))
        heading = (self.heading_deg - angle_deg + 180.0) % 360.0 - 180.0
        turned = replace(self, heading_deg=heading)
        x, y, z = (head_m - turned._axes.T @ head_in_world).tolist()
        return replace(turned, rest_m=(x, y, z))

    @property
    def _axes(self) -> Matrix:
        """(3, 3): the rows are the world's axes in tracking space."""
        return frame_axes(self.heading_deg - self.yaw_deg, 0.0)

    def world_from_tracking(self) -> Matrix:
        """Return (4, 4) float64, rigid, upright."""
        matrix = np.eye(4)
        matrix[:3, :3] = self._axes
        matrix[:3, 3] = -matrix[:3, :3] @ np.array(self.rest_m)
        return matrix


def heading_deg(tracking_from_head: Matrix) -> float:
    """Return which way the body faces, for a head in any pose: 0 is -z, positive to the right.

    Straight up or down the gaze tells nothing and the top of the head, or the chin, does.
    """
    backward = tracking_from_head[:3, 2]
    direction = -backward
    if abs(backward[1]) > _UPRIGHT:
        up = tracking_from_head[:3, 1]
        direction = direction + (up if direction[1] < 0 else -up)
    return math.degrees(math.atan2(direction[0], -direction[2]))


def clip_from_eye(tangents: Tangents) -> Matrix:
    """Return the (4, 4) projection of a frustum of any shape: OpenGL clip space, no far plane.

    Made of the raw tangents, because a runtime's own matrices have another depth range.
    """
    width, height = tangents.right - tangents.left, tangents.top - tangents.bottom
    matrix = np.zeros((4, 4))
    matrix[0, 0] = 2 / width
    matrix[0, 2] = (tangents.right + tangents.left) / width
    matrix[1, 1] = 2 / height
    matrix[1, 2] = (tangents.top + tangents.bottom) / height
    matrix[2, 2], matrix[2, 3] = -1.0, -2 * NEAR_PLANE_M
    matrix[3, 2] = -1.0
    return matrix


class EyePlacer:
    """Writes one eye's matrix and position in every frame, without new arrays."""

    def __init__(self) -> None:
        self._placement: Placement | None = None
        self._tangents: Tangents | None = None
        self._world_from_tracking = np.eye(4)
        self._clip_from_eye = np.eye(4)
        self._world_from_eye = np.eye(4)
        self._eye_from_world = np.eye(4)
        self._moved = np.zeros(3)

    def place(
        self,
        placement: Placement,
        eye: EyeView,
        clip_from_world: Matrix,
        position_m: NDArray[np.float64],
    ) -> None:
        """Fill in where the eye is and what it sees.

        Args:
            placement: of the world.
            eye: as the frame says.
            clip_from_world: (4, 4) float64, written.
            position_m: (3,) float64, written: the eye in the world, metres.
        """
        if placement is not self._placement:
            self._placement = placement
            self._world_from_tracking = placement.world_from_tracking()
        if eye.tangents != self._tangents:
            self._tangents = eye.tangents
            self._clip_from_eye = clip_from_eye(eye.tangents)
        np.matmul(self._world_from_tracking, eye.tracking_from_eye, out=self._world_from_eye)
        position_m[:] = self._world_from_eye[:3, 3]
        rotation = self._eye_from_world[:3, :3]
        rotation[:] = self._world_from_eye[:3, :3].T
        np.matmul(rotation, position_m, out=self._moved)
        np.negative(self._moved, out=self._eye_from_world[:3, 3])
        np.matmul(self._clip_from_eye, self._eye_from_world, out=clip_from_world)
