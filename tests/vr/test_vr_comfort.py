"""Nothing too near, nothing sudden."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depthfusion.geometry import disparity_from_depth
from depthfusion.view import Mapping, Shading, View
from depthfusion.vr import comfort
from depthfusion.vr.comfort import DepthRange, Fader, Vignette

RELATIVE = DepthRange(1.0, 20.0, is_distance=False, is_metric=False)
SCALED = DepthRange(0.4, 9.0, is_distance=False, is_metric=True)
MEASURED = DepthRange(0.3, math.inf, is_distance=True, is_metric=True)


def nearest_m(view: View, depth: DepthRange) -> float:
    """Distance of depth 1 as the renderer shows it."""
    mapping = view.mapping or (Mapping.METRIC if depth.is_metric else Mapping.DISPARITY)
    near_m, far_m = depth.near_m, depth.far_m
    if not depth.is_distance:
        near_m, far_m = view.near_m or near_m, view.far_m or far_m
    disparity = disparity_from_depth(
        np.array(1.0), mapping, view.strength, near_m, far_m, view.world_scale
    )
    distance = 1 / float(disparity)
    if depth.is_distance and mapping is Mapping.METRIC and view.near_m is not None:
        distance = max(distance, view.near_m * view.world_scale)
    return distance


@given(
    mapping=st.sampled_from([None, *Mapping]),
    strength=st.floats(0, 1),
    world_scale=st.floats(0.05, 8),
    near_m=st.one_of(st.none(), st.floats(0.05, 3)),
    depth=st.sampled_from([RELATIVE, SCALED, MEASURED]),
    limit_m=st.floats(0.5, 1.5),
)
def test_nothing_is_nearer_than_allowed(mapping, strength, world_scale, near_m, depth, limit_m):
    view = View(mapping=mapping, strength=strength, world_scale=world_scale, near_m=near_m)
    limited = comfort.limited_view(view, depth, limit_m)
    assert nearest_m(limited, depth) >= limit_m * (1 - 1e-6)


@pytest.mark.parametrize(
    "view", [View(), View(strength=1.0), View(mapping=Mapping.LINEAR, strength=0.6)]
)
def test_a_view_that_is_comfortable_is_not_touched(view):
    assert comfort.limited_view(view, RELATIVE) is view


def test_the_relief_of_a_small_world_is_weakened_and_not_its_size():
    limited = comfort.limited_view(View(strength=1.0, world_scale=0.5), RELATIVE)
    assert limited.world_scale == 0.5
    assert limited.strength == pytest.approx(1 / 0.75 - 1)


def test_a_world_smaller_than_the_limit_grows_until_its_sphere_is_allowed():
    limited = comfort.limited_view(View(world_scale=0.1), RELATIVE)
    assert limited.strength == 0
    assert limited.world_scale == pytest.approx(0.375)


def test_measured_distances_keep_their_size_and_only_what_is_too_near_is_held_off():
    limited = comfort.limited_view(View(world_scale=0.5), MEASURED)
    assert limited == View(world_scale=0.5, near_m=1.5)


def test_a_far_end_nearer_than_the_limit_does_not_break_the_view():
    limited = comfort.limited_view(View(near_m=0.1, far_m=0.2), SCALED)
    assert limited.near_m == 0.75
    assert limited.far_m is not None
    assert limited.far_m > limited.near_m


def test_the_head_box_is_full_to_15_cm_and_dark_from_35():
    levels = [comfort.head_box_brightness(d) for d in (0.0, 0.15, 0.25, 0.35, 2.0)]
    assert levels == [1.0, 1.0, pytest.approx(0.5), 0.0, 0.0]


def test_the_head_box_fades_without_a_step():
    levels = [comfort.head_box_brightness(d / 1000) for d in range(400)]
    steps = -np.diff(levels)
    assert steps.min() >= 0
    assert steps.max() < 0.01


def test_light_goes_and_comes_in_its_time_and_never_jumps():
    fader, levels = Fader(), []
    for target in [1.0] * 60 + [0.0] * 60:
        levels.append(fader.step(target, 1 / 90))
    assert levels[35] == 1.0  # 0.4 s
    assert levels[34] < 1.0
    assert levels[60 + 17] == pytest.approx(0.0, abs=1e-9)  # 0.2 s
    assert np.abs(np.diff(levels)).max() < 0.06


def test_the_rim_is_dark_for_a_third_of_a_second_after_a_turn():
    vignette = Vignette()
    vignette.begin()
    levels = [vignette.step(1 / 90) for _ in range(40)]
    assert levels[0] > 0.7
    assert levels[15] > 0.3
    assert levels[-1] == 0.0
    assert sorted(levels, reverse=True) == levels


def test_a_stick_held_to_its_end_doubles_the_world_in_a_second_and_a_half():
    view = View()
    for _ in range(135):
        view = comfort.steered_view(view, 0.0, 1.0, 1 / 90)
    assert view.world_scale == pytest.approx(2.0)
    assert view.strength == View().strength


@pytest.mark.parametrize(("stick", "end"), [(1.0, 1.0), (-1.0, 0.0)])
def test_relief_ends_where_it_ends(stick, end):
    assert comfort.steered_view(View(), stick, 0.0, 5.0).strength == end


@pytest.mark.parametrize(("stick", "end"), [(1.0, 4.0), (-1.0, 0.25)])
def test_size_ends_where_it_ends(stick, end):
    assert comfort.steered_view(View(), 0.0, stick, 30.0).world_scale == end


def test_a_world_that_is_larger_already_stays_as_large():
    assert comfort.steered_view(View(world_scale=10), 0.0, 0.5, 0.01).world_scale == 10


def test_sticks_at_rest_change_nothing():
    view = View()
    assert comfort.steered_view(view, 0.0, 0.0, 0.1) is view


@pytest.mark.parametrize(
    ("after", "jumps"),
    [
        (View(strength=0.78), False),
        (View(world_scale=1.05), False),
        (View(yaw_deg=90), False),
        (View(strength=0.2), True),
        (View(world_scale=2.0), True),
        (View(mapping=Mapping.LINEAR), True),
        (View(invert_depth=True), True),
        (View(shading=Shading.DEPTH), True),
    ],
)
def test_what_would_be_sudden_is_done_in_the_dark(after, jumps):
    assert comfort.is_jump(View(), after) is jumps
