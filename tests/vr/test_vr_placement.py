"""The world's place around the head, against points worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from depthfusion.camera import NEAR_PLANE_M, eyes
from depthfusion.headset import EyeView, Tangents
from depthfusion.view import View
from depthfusion.vr.placement import EyePlacer, Placement, clip_from_eye, heading_deg

EVEN = Tangents(-1.0, 1.0, -1.0, 1.0)
CANTED = Tangents(-1.376, 1.062, -1.213, 1.102)
SIZE_PX = np.array([2016, 2240])


def pose(position=(0.0, 0.0, 0.0), yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0):
    """A rigid pose; yaw positive to the right, pitch up, roll to the right ear."""
    yaw, pitch, roll = (math.radians(a) for a in (-yaw_deg, pitch_deg, -roll_deg))
    about_y = np.array(
        [[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]]
    )
    about_x = np.array(
        [[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]]
    )
    about_z = np.array(
        [[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = about_y @ about_x @ about_z
    matrix[:3, 3] = position
    return matrix


def placed(placement, tracking_from_eye, tangents=EVEN):
    clip_from_world, position_m = np.zeros((4, 4)), np.zeros(3)
    EyePlacer().place(placement, EyeView(tracking_from_eye, tangents), clip_from_world, position_m)
    return clip_from_world, position_m


def pixel(clip_from_world, point_m):
    """Where a world's point falls, in pixels from the lower left corner."""
    clip = clip_from_world @ np.array([*point_m, 1.0])
    assert clip[3] > 0
    return (clip[:2] / clip[3] + 1) / 2 * SIZE_PX


def test_a_point_straight_ahead_lies_where_the_tangents_say():
    clip, _ = placed(Placement(), np.eye(4), CANTED)
    share = np.array([1.376 / (1.376 + 1.062), 1.213 / (1.213 + 1.102)])
    assert np.abs(pixel(clip, (0, 0, -2)) - share * SIZE_PX).max() < 0.5


@pytest.mark.parametrize(
    ("tangent_x", "tangent_y"), [(-1.376, -1.213), (1.062, 1.102), (0.3, -0.7), (-0.8, 0.5)]
)
def test_every_tangent_is_met_to_half_a_pixel_also_upwards(tangent_x, tangent_y):
    clip, _ = placed(Placement(), np.eye(4), CANTED)
    found = pixel(clip, (tangent_x * 3, tangent_y * 3, -3))
    expected = [
        (tangent_x + 1.376) / (1.376 + 1.062) * SIZE_PX[0],
        (tangent_y + 1.213) / (1.213 + 1.102) * SIZE_PX[1],
    ]
    assert np.abs(found - expected).max() < 0.5


def test_the_near_plane_is_near_and_the_far_plane_is_at_infinity():
    matrix = clip_from_eye(CANTED)
    near, far = matrix @ [0, 0, -NEAR_PLANE_M, 1], matrix @ [0, 0, -1e9, 1]
    assert near[2] / near[3] == pytest.approx(-1)
    assert 0.999 < far[2] / far[3] <= 1


def test_the_matrix_is_the_monitors_where_both_can_say_the_same():
    view = View(yaw_deg=35, pitch_deg=-20, position_m=(0.1, -0.05, 0.2), fov_deg=90)
    expected = eyes(view, 1.0)[0]
    clip, position = placed(Placement(), pose((0.1, -0.05, 0.2), 35, -20))
    assert np.allclose(clip, expected.clip_from_world, atol=1e-12)
    assert np.allclose(position, expected.position_m)


def test_half_the_eye_distance_moves_a_near_point_by_what_the_optics_say():
    left, _ = placed(Placement(), pose((-0.0315, 0, 0)))
    right, _ = placed(Placement(), pose((0.0315, 0, 0)))
    disparity = pixel(left, (0, 0, -1.0)) - pixel(right, (0, 0, -1.0))
    assert disparity[0] == pytest.approx(0.063 / 2 * SIZE_PX[0], abs=0.01)  # tangent 0.063 of 2
    assert disparity[1] == pytest.approx(0)


def test_a_canted_eye_looks_where_it_is_turned_to():
    clip, _ = placed(Placement(), pose(yaw_deg=10))
    ahead = math.tan(math.radians(10))
    assert np.abs(pixel(clip, (ahead * 5, 0, -5)) - SIZE_PX / 2).max() < 0.5


def test_recentering_puts_the_head_into_the_centre_looking_forward():
    head = pose((0.4, 1.2, -0.3), yaw_deg=70, pitch_deg=-25, roll_deg=8)
    world_from_head = Placement().recentered(head).world_from_tracking() @ head
    assert np.allclose(world_from_head[:3, 3], 0)
    assert heading_deg(world_from_head) == pytest.approx(0)


def test_the_horizon_stays_level_whatever_the_head_did_when_it_recentred():
    placement = Placement().recentered(pose((0, 1, 0), 123, 40, 60)).turned(np.eye(4), 45)
    assert np.allclose(placement.world_from_tracking()[:3, 1], [0, 1, 0])
    assert np.allclose(placement.world_from_tracking()[1, :3], [0, 1, 0])


@pytest.mark.parametrize("yaw_deg", [-135, -20, 0, 60, 170])
@pytest.mark.parametrize("pitch_deg", [-89.9, -50, 0, 50, 89.9])
def test_the_heading_of_a_head_that_looks_up_or_down_is_its_bodys(yaw_deg, pitch_deg):
    found = heading_deg(pose(yaw_deg=yaw_deg, pitch_deg=pitch_deg))
    assert (found - yaw_deg + 180) % 360 - 180 == pytest.approx(0, abs=1e-6)


def test_a_snap_turn_to_the_right_turns_the_gaze_to_the_right_on_the_spot():
    head = pose((0.2, 1.1, 0.3), yaw_deg=15)
    before = Placement().recentered(pose((0, 1.1, 0)))
    after = before.turned(head, 30)
    was, now = before.world_from_tracking() @ head, after.world_from_tracking() @ head
    assert np.allclose(was[:3, 3], now[:3, 3])
    assert heading_deg(now) - heading_deg(was) == pytest.approx(30)


def test_twelve_turns_by_thirty_degrees_come_back():
    head, start = pose((0.1, 0.2, 0.3), 20), Placement((0.05, 0.1, 0.0), 33.0)
    placement = start
    for _ in range(12):
        placement = placement.turned(head, 30)
    assert placement.heading_deg == pytest.approx(start.heading_deg)
    assert placement.rest_m == pytest.approx(start.rest_m)


def test_a_step_aside_is_a_step_aside_in_the_world_too():
    placement = Placement().recentered(pose((1, 1, 1), yaw_deg=90))
    _, position = placed(placement, pose((1, 1, 1.1), yaw_deg=90))  # +z: to the right of +x
    assert np.allclose(position, [0.1, 0, 0])


def test_a_new_place_and_new_optics_are_taken_up_in_the_next_frame():
    placer, clip, position = EyePlacer(), np.zeros((4, 4)), np.zeros(3)
    placer.place(Placement(), EyeView(np.eye(4), EVEN), clip, position)
    placer.place(Placement((0, 0, 1.0)), EyeView(np.eye(4), CANTED), clip, position)
    fresh, _ = placed(Placement((0, 0, 1.0)), np.eye(4), CANTED)
    assert np.array_equal(clip, fresh)
    assert np.allclose(position, [0, 0, -1])


@pytest.mark.parametrize("yaw_deg", [-100, 40])
def test_the_side_of_a_world_that_was_chosen_lies_ahead(yaw_deg):
    head = pose((0.3, 1.0, 0.2), yaw_deg=25)
    placement = Placement(yaw_deg=yaw_deg).recentered(head)
    world_from_head = placement.world_from_tracking() @ head
    assert heading_deg(world_from_head) == pytest.approx(yaw_deg)
    assert np.allclose(world_from_head[:3, 3], 0)
    turned = placement.turned(head, 30).world_from_tracking() @ head
    assert heading_deg(turned) == pytest.approx(yaw_deg + 30)
