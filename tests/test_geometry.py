"""Equirectangular picture <-> direction, and depth -> disparity."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depthfusion.geometry import (
    MIN_DISTANCE_M,
    direction_from_uv,
    disparity_from_depth,
    disparity_ratio,
    uv_from_direction,
)
from depthfusion.view import SPHERE_RADIUS_M, Mapping


@pytest.mark.parametrize(
    ("uv", "direction"),
    [
        ((0.5, 0.5), (0, 0, -1)),
        ((0.75, 0.5), (1, 0, 0)),
        ((0.25, 0.5), (-1, 0, 0)),
        ((0.5, 0.0), (0, 1, 0)),
        ((0.5, 1.0), (0, -1, 0)),
        ((1.0, 0.5), (0, 0, 1)),
    ],
)
def test_the_centre_is_forward_and_u_grows_to_the_right(uv, direction):
    np.testing.assert_allclose(direction_from_uv(np.array(uv)), direction, atol=1e-12)


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999), st.floats(0.1, 100))
def test_directions_lead_back_to_their_place(u, v, length):
    uv = np.array([u, v])
    np.testing.assert_allclose(uv_from_direction(length * direction_from_uv(uv)), uv, atol=1e-9)


def test_relative_mappings_keep_the_middle_and_order():
    depth = np.linspace(0, 1, 11)
    for mapping in (Mapping.DISPARITY, Mapping.LINEAR):
        disparity = disparity_from_depth(depth, mapping, 0.8)
        assert disparity[5] == pytest.approx(1 / SPHERE_RADIUS_M)
        assert np.all(np.diff(disparity) > 0)


def test_full_strength_puts_zero_at_infinity():
    assert disparity_from_depth(np.array([0.0]), Mapping.DISPARITY, 1.0)[0] == 0


def test_metric_depth_runs_from_far_to_near():
    ends = disparity_from_depth(np.array([0.0, 1.0]), Mapping.METRIC, near_m=0.6, far_m=math.inf)
    assert ends == pytest.approx([0, 1 / 0.6])


def test_nothing_comes_nearer_than_the_least_distance():
    near = disparity_from_depth(np.array([1.0]), Mapping.LINEAR, 1.0)
    assert 1 / near[0] == pytest.approx(MIN_DISTANCE_M)


@pytest.mark.parametrize("mapping", list(Mapping))
@pytest.mark.parametrize("inverted", [False, True])
def test_one_fraction_says_all_mappings(mapping, inverted):
    depth = np.linspace(0, 1, 21)
    arguments = (0.6, 0.8, 30.0, 1.7)
    a, b, c, e = disparity_ratio(mapping, *arguments, inverted=inverted)
    expected = disparity_from_depth(1 - depth if inverted else depth, mapping, *arguments)
    np.testing.assert_allclose((a + b * depth) / (c + e * depth), expected, rtol=1e-12)
