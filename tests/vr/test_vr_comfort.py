"""Nothing too near, nothing sudden."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depthfusion.geometry import disparity_from_depth
from depthfusion.view import Mapping, Shading, View
from depthfusion.vr import comfort
from depthfusion.vr.comfort import Fader, Vignette


@given(
    mapping=st.sampled_from([None, Mapping.DISPARITY, Mapping.LINEAR]),
    strength=st.floats(0, 1),
    world_scale=st.floats(0.05, 8),
    limit_m=st.floats(0.5, 1.5),
)
def test_nothing_is_nearer_than_allowed(mapping, strength, world_scale, limit_m):
    view = View(mapping=mapping, strength=strength, world_scale=world_scale)
    limited = comfort.limited_view(view, False, limit_m)
    disparity = disparity_from_depth(
        np.array(1.0),
        limited.mapping or Mapping.DISPARITY,
        limited.strength,
        world_scale=limited.world_scale,
    )
    assert 1 / float(disparity) >= limit_m * (1 - 1e-6)


@pytest.mark.parametrize(
    "view", [View(), View(strength=1.0), View(mapping=Mapping.LINEAR, strength=0.6)]
)
def test_a_view_that_is_comfortable_is_not_touched(view):
    assert comfort.limited_view(view, False) is view


def test_the_relief_of_a_small_world_is_weakened_and_not_its_size():
    limited = comfort.limited_view(View(strength=1.0, world_scale=0.5), False)
    assert limited.world_scale == 0.5
    assert limited.strength == pytest.approx(1 / 0.75 - 1)


def test_a_world_smaller_than_the_limit_grows_until_its_sphere_is_allowed():
    limited = comfort.limited_view(View(world_scale=0.1), False)
    assert limited.strength == 0
    assert limited.world_scale == pytest.approx(0.375)


@pytest.mark.parametrize("mapping", [None, Mapping.METRIC])
def test_distances_in_metres_keep_their_scale_and_are_limited_one_by_one(mapping):
    view = View(mapping=mapping, strength=1.0, world_scale=0.3)
    assert comfort.limited_view(view, is_metric=True) is view


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
