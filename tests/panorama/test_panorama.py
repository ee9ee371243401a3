"""The value itself: what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from depthfusion.errors import PanoramaError
from depthfusion.panorama.panorama import DepthMeaning, Panorama

COLOR = np.zeros((8, 16, 3), np.uint8)
DEPTH = np.full((4, 8), 0.5, np.float32)


def test_colour_and_depth_may_differ_in_size():
    assert Panorama(COLOR, DEPTH).depth is DEPTH


@pytest.mark.parametrize(
    "arguments",
    [
        {"color": COLOR.astype(np.float32)},
        {"color": COLOR[..., 0]},
        {"color": np.zeros((8, 8, 3), np.uint8)},
        {"color": COLOR, "depth": DEPTH.astype(np.float64)},
        {"color": COLOR, "depth": DEPTH * 3},
        {"color": COLOR, "depth": DEPTH * np.nan},
        {"color": COLOR, "depth": DEPTH * 0, "meaning": DepthMeaning.DISTANCE},
        {"color": COLOR, "depth": DEPTH, "holes": np.zeros((2, 2), bool)},
        {"color": COLOR, "depth": DEPTH, "near_m": 1.0},
        {"color": COLOR, "depth": DEPTH, "near_m": 2.0, "far_m": 1.0},
        {
            "color": COLOR,
            "depth": DEPTH,
            "near_m": 1.0,
            "far_m": 2.0,
            "meaning": DepthMeaning.DISTANCE,
        },
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_line(arguments):
    with pytest.raises(PanoramaError, match=r"^want [^\n]*$"):
        Panorama(**arguments)


def test_distances_may_be_infinite():
    sky = np.full((4, 8), math.inf, np.float32)
    assert Panorama(COLOR, sky, DepthMeaning.DISTANCE).is_metric


def test_relative_depth_with_a_range_is_metric():
    assert Panorama(COLOR, DEPTH, near_m=0.6, far_m=math.inf).is_metric
    assert not Panorama(COLOR, DEPTH).is_metric
