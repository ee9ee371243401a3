"""Equirectangular picture <-> direction <-> displaced vertex: the NumPy twins of `shaders/lib/`.

World: right-handed, +x right, +y up, -z forward. u in [0, 1] grows to the right with the picture's
centre (0.5) forward; v in [0, 1] grows downwards from the zenith.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from depthfusion.view import SPHERE_RADIUS_M, Mapping

MIN_DISTANCE_M = 0.05
"""Nothing is ever shown nearer than this, in metres, whatever the map says."""

Array = NDArray[np.floating]


def direction_from_uv(uv: Array) -> Array:
    """Return unit directions (..., 3) of picture points (..., 2) in [0, 1]."""
    lon = (uv[..., 0] - 0.5) * (2 * math.pi)
    lat = (0.5 - uv[..., 1]) * math.pi
    cos_lat = np.cos(lat)
    return np.stack([cos_lat * np.sin(lon), np.sin(lat), -cos_lat * np.cos(lon)], axis=-1)


def uv_from_direction(direction: Array) -> Array:
    """Return picture points (..., 2) of directions (..., 3) of any length but 0."""
    x, y, z = direction[..., 0], direction[..., 1], direction[..., 2]
    u = np.arctan2(x, -z) / (2 * math.pi) + 0.5
    v = 0.5 - np.arctan2(y, np.hypot(x, z)) / math.pi
    return np.stack([u, v], axis=-1)


def disparity_from_depth(
    depth: Array,
    mapping: Mapping,
    strength: float = 0.75,
    near_m: float = 1.0,
    far_m: float = math.inf,
    world_scale: float = 1.0,
) -> Array:
    """Return the disparity 1/r in 1/m of each vertex; the three mappings of `Mapping`.

    1/r and not r, because 1/r is finite for a sky at infinity and linear across a plane.

    Args:
        depth: relative depth in [0, 1], 1 = nearest, any shape. A map of distances is given as
            (1/r - 1/far) / (1/near - 1/far) of its own near and far.
        mapping: which formula.
        strength: s of `DISPARITY` and `LINEAR`.
        near_m: distance of depth 1 under `METRIC`.
        far_m: distance of depth 0 under `METRIC`; may be infinity.
        world_scale: the shown world's size against the recorded one.
    """
    if mapping is Mapping.DISPARITY:
        disparity = (1 + strength * (2 * depth - 1)) / SPHERE_RADIUS_M
    elif mapping is Mapping.LINEAR:
        distance_m = SPHERE_RADIUS_M * (1 + 2 * strength * (0.5 - depth))
        disparity = 1 / np.maximum(distance_m, MIN_DISTANCE_M)
    else:
        disparity = depth / near_m + (1 - depth) * (1 / far_m)
    clipped: Array = np.clip(disparity, 0, 1 / MIN_DISTANCE_M)
    return clipped / world_scale


def disparity_ratio(
    mapping: Mapping,
    strength: float = 0.75,
    near_m: float = 1.0,
    far_m: float = math.inf,
    world_scale: float = 1.0,
    *,
    inverted: bool = False,
) -> tuple[float, float, float, float]:
    """Return (a, b, c, e) with disparity = (a + b d) / (c + e d): `disparity_from_depth` as one.

    Args: as of `disparity_from_depth`; `inverted` puts 1 - d in the place of d.
    """
    if mapping is Mapping.DISPARITY:
        a, b, c, e = (1 - strength) / SPHERE_RADIUS_M, 2 * strength / SPHERE_RADIUS_M, 1.0, 0.0
    elif mapping is Mapping.LINEAR:
        a, b, c, e = 1.0, 0.0, SPHERE_RADIUS_M * (1 + strength), -2 * strength * SPHERE_RADIUS_M
    else:
        a, b, c, e = 1 / far_m, 1 / near_m - 1 / far_m, 1.0, 0.0
    if inverted:
        a, b, c, e = a + b, -b, c + e, -e
    return a / world_scale, b / world_scale, c, e
