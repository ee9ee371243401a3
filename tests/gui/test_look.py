"""Angles, zoom and the head box as plain numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depthfusion.camera import eyes
from depthfusion.gui import look
from depthfusion.view import HEAD_BOX_M, Stereo, View

angles = st.floats(-170, 170)
pitches = st.floats(-55, 55)
places = st.floats(-0.9, 0.9)


def pane(x: float, y: float, aspect: float = 1.6) -> look.Pane:
    return look.Pane(x, y, aspect)


@given(angles, pitches, places, places, st.floats(30, 100))
def test_a_direction_is_drawn_where_the_camera_says_it_is(
    yaw: float, pitch: float, x: float, y: float, fov: float
) -> None:
    view = View(yaw_deg=yaw, pitch_deg=pitch, fov_deg=fov)
    direction = np.array(look.direction_at(view, pane(x, y)))
    clip = eyes(view, 1.6)[0].clip_from_world @ np.append(direction, 1.0)
    assert clip[0] / clip[3] == pytest.approx(x, abs=1e-5)
    assert clip[1] / clip[3] == pytest.approx(y, abs=1e-5)


@given(angles, st.floats(-30, 30), places, places, places, places)
def test_what_was_grabbed_lies_under_the_pointer_after_turning(
    yaw: float, pitch: float, x0: float, y0: float, x1: float, y1: float
) -> None:
    view = View(yaw_deg=yaw, pitch_deg=pitch, fov_deg=60)
    grabbed = look.direction_at(view, pane(x0, y0, 1.0))
    turned = look.turned_to(view, grabbed, pane(x1, y1, 1.0))
    assert np.allclose(look.direction_at(turned, pane(x1, y1, 1.0)), grabbed, atol=1e-6)


@given(angles, st.floats(-90, 90), places, places, places, places)
def test_a_drag_never_bends_the_head_over(
    yaw: float, pitch: float, x0: float, y0: float, x1: float, y1: float
) -> None:
    view = View(yaw_deg=yaw, pitch_deg=pitch, fov_deg=100)
    turned = look.turned_to(view, look.direction_at(view, pane(x0, y0)), pane(x1, y1))
    assert -90 <= turned.pitch_deg <= 90


@pytest.mark.parametrize(
    ("stereo", "x_px", "y_px", "expected"),
    [
        (Stereo.MONO, 200, 50, (0, 0, 4)),
        (Stereo.SIDE_BY_SIDE, 300, 50, (0, 0, 2)),
        (Stereo.SIDE_BY_SIDE_HALF, 100, 50, (0, 0, 4)),
        (Stereo.TOP_BOTTOM, 200, 75, (0, 0, 8)),
        (Stereo.TOP_BOTTOM_HALF, 0, 25, (-1, 0, 4)),
        (Stereo.ANAGLYPH, 400, 0, (1, 1, 4)),
    ],
)
def test_a_pointer_is_measured_in_the_eye_picture_it_is_over(
    stereo: Stereo, x_px: float, y_px: float, expected: tuple[float, float, float]
) -> None:
    found = look.pane_from_pointer(x_px, y_px, 400, 100, stereo)
    assert (found.x, found.y, found.aspect) == pytest.approx(expected)


def test_zooming_in_and_out_again_changes_nothing_and_stays_within_limits() -> None:
    view = View(fov_deg=75)
    assert look.zoomed(look.zoomed(view, 3), -3).fov_deg == pytest.approx(75)
    assert look.zoomed(view, 100).fov_deg == 30
    assert look.zoomed(view, -100).fov_deg == 100


def test_a_notch_scales_the_picture_alike_at_every_field_of_view() -> None:
    for fov_deg in (35, 60, 90):
        after = look.zoomed(View(fov_deg=fov_deg), 1).fov_deg
        scale = math.tan(math.radians(fov_deg / 2)) / math.tan(math.radians(after / 2))
        assert scale == pytest.approx(look.ZOOM_STEP)


def test_walking_is_free_near_the_centre() -> None:
    assert look.walked((0, 0, 0), (0.1, 0, -0.1)) == (0.1, 0, -0.1)


@given(st.lists(st.tuples(*[st.floats(-0.2, 0.2)] * 3), min_size=1, max_size=60))
def test_no_walk_leaves_the_head_box(steps: list[tuple[float, float, float]]) -> None:
    position = (0.0, 0.0, 0.0)
    for step in steps:
        position = look.walked(position, step)
        assert math.hypot(*position) <= HEAD_BOX_M + 1e-9


def test_the_wall_resists_more_the_nearer_it_is_and_springs_back() -> None:
    here, gains = (0.0, 0.0, 0.0), []
    for _ in range(60):
        before = here
        here = look.walked(here, (0.01, 0, 0))
        gains.append(here[0] - before[0])
    assert gains[0] == pytest.approx(0.01)
    assert gains[-1] < 0.002
    assert here[0] > look.EASY_BOX_M
    for _ in range(200):
        here = look.settled(here, 1 / 60)
    assert here[0] == pytest.approx(look.EASY_BOX_M)


def test_walking_forward_stays_level_and_follows_the_gaze() -> None:
    assert look.step_from_keys(0, 0, 0, 1) == pytest.approx((0, 0, -1))
    assert look.step_from_keys(90, 0, 0, 1) == pytest.approx((1, 0, 0))
    assert look.step_from_keys(90, 1, 0, 0) == pytest.approx((0, 0, 1))
