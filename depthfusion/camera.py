"""Matrices of the eyes of one frame. Column vectors: `clip_from_eye @ eye_from_world @ point`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyrr
from numpy.typing import NDArray

from depthfusion.view import Stereo, View

NEAR_PLANE_M = 0.02

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Eye:
    """One eye of one frame."""

    clip_from_world: Matrix
    """(4, 4) float64, OpenGL clip space, far plane at infinity."""
    position_m: NDArray[np.float64]
    """(3,) position in the world, metres."""


def frame_axes(yaw_deg: float, pitch_deg: float) -> Matrix:
    """Return (3, 3): the rows are the head's right, up and backward directions in the world."""
    yaw, pitch = math.radians(yaw_deg), math.radians(pitch_deg)
    right = np.array([math.cos(yaw), 0.0, math.sin(yaw)])
    forward = np.array(
        [math.sin(yaw) * math.cos(pitch), math.sin(pitch), -math.cos(yaw) * math.cos(pitch)]
    )
    return np.stack([right, np.cross(right, forward), -forward])


def eye_from_world(yaw_deg: float, pitch_deg: float, position_m: NDArray[np.float64]) -> Matrix:
    """Return the (4, 4) rigid transform into the eye's space (x right, y up, -z forward)."""
    matrix = np.eye(4)
    matrix[:3, :3] = frame_axes(yaw_deg, pitch_deg)
    matrix[:3, 3] = -matrix[:3, :3] @ position_m
    return matrix


def clip_from_eye(fov_deg: float, aspect: float, shift: float = 0.0) -> Matrix:
    """Return a projection with vertical field of view `fov_deg` and the far plane at infinity.

    Args:
        fov_deg: vertical field of view.
        aspect: width / height.
        shift: moves the frustum's window sideways, as a tangent: off-axis stereo.
    """
    half_y = NEAR_PLANE_M * math.tan(math.radians(fov_deg) / 2)
    half_x, offset = half_y * aspect, shift * NEAR_PLANE_M
    # pyrr keeps row vectors: this transpose is the one place where its convention meets ours.
    matrix = np.array(
        pyrr.matrix44.create_perspective_projection_from_bounds(
            offset - half_x, offset + half_x, -half_y, half_y, NEAR_PLANE_M, 1e3
        )
    ).T
    matrix[2, 2], matrix[2, 3] = -1.0, -2 * NEAR_PLANE_M  # the limit far -> infinity
    return matrix


def eyes(view: View, aspect: float) -> tuple[Eye, ...]:
    """Return the one eye (mono) or the left and right eye of `view`.

    Args:
        view: the frame's state.
        aspect: width / height of one eye's picture as it will be seen.
    """
    axes = frame_axes(view.yaw_deg, view.pitch_deg)
    head = np.array(view.position_m, dtype=np.float64)
    if view.stereo is Stereo.MONO:
        offsets: tuple[float, ...] = (0.0,)
    else:
        half_m = view.eye_separation_mm / 2000
        offsets = (-half_m, half_m)
    result = []
    for offset_m in offsets:
        position = head + offset_m * axes[0]
        projection = clip_from_eye(view.fov_deg, aspect, -offset_m / view.convergence_m)
        matrix = projection @ eye_from_world(view.yaw_deg, view.pitch_deg, position)
        result.append(Eye(matrix, position))
    return tuple(result)
