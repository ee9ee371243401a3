"""Matrices: where points land in the picture."""

from __future__ import annotations

import numpy as np
import pytest

from depthfusion.camera import clip_from_eye, eye_from_world, eyes, frame_axes
from depthfusion.view import Stereo, View


def ndc(matrix: np.ndarray, point: tuple[float, float, float]) -> np.ndarray:
    clip = matrix @ np.array([*point, 1.0])
    return clip[:3] / clip[3]


def test_yaw_zero_looks_at_minus_z_with_x_to_the_right_and_y_up():
    (eye,) = eyes(View(), 1.0)
    assert ndc(eye.clip_from_world, (0, 0, -5))[:2] == pytest.approx([0, 0])
    assert ndc(eye.clip_from_world, (1, 0, -5))[0] > 0
    assert ndc(eye.clip_from_world, (0, 1, -5))[1] > 0


def test_positive_yaw_turns_right_and_positive_pitch_up():
    (eye,) = eyes(View(yaw_deg=90), 1.0)
    assert ndc(eye.clip_from_world, (5, 0, 0))[:2] == pytest.approx([0, 0], abs=1e-12)
    (eye,) = eyes(View(pitch_deg=90), 1.0)
    assert ndc(eye.clip_from_world, (0, 5, 0))[:2] == pytest.approx([0, 0], abs=1e-12)


@pytest.mark.parametrize("pitch_deg", [-90, -30, 0, 60, 90])
def test_the_axes_are_right_handed_and_of_unit_length(pitch_deg):
    axes = frame_axes(123, pitch_deg)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)


def test_the_field_of_view_is_vertical():
    top = ndc(clip_from_eye(60, 2.0), (0, np.tan(np.radians(30)), -1))
    assert top[1] == pytest.approx(1)


def test_a_point_at_infinity_stays_within_the_far_plane():
    clip = clip_from_eye(75, 1.5) @ eye_from_world(10, 5, np.array([0.2, 0, 0]))
    sky = clip @ np.array([0, 0, -1.0, 0.0])
    assert sky[2] <= sky[3]


def test_eyes_are_apart_along_the_heads_right_and_converge_where_asked():
    view = View(yaw_deg=40, stereo=Stereo.SIDE_BY_SIDE, eye_separation_mm=70, convergence_m=3.0)
    left, right = eyes(view, 1.0)
    axes = frame_axes(40, 0)
    np.testing.assert_allclose(right.position_m - left.position_m, 0.07 * axes[0], atol=1e-12)
    meeting = tuple(-3.0 * axes[2])
    assert ndc(left.clip_from_world, meeting)[0] == pytest.approx(0, abs=1e-9)
    assert ndc(right.clip_from_world, meeting)[0] == pytest.approx(0, abs=1e-9)
    nearer = tuple(-1.0 * axes[2])
    assert ndc(left.clip_from_world, nearer)[0] > ndc(right.clip_from_world, nearer)[0]
