"""Inverse depth of unknown scale and shift -> relative depth in [0, 1], 1 = nearer."""

from __future__ import annotations

import math

import numpy as np

from ldm3d.depth.sphere import Floats

TAIL = 0.001
"""Share of the area at either end that may be cut off.

The largest and smallest value alone, as MiDaS takes them, would let a handful of wrong pixels
decide how much relief is left for all others.
"""
NEUTRAL = 0.5
"""Depth of a picture without relief: neither nearer nor farther."""


def normalized(inverse_depth: Floats, *, is_sphere: bool) -> Floats:
    """Return depth in [0, 1]: 0 at the `TAIL` quantile, 1 at the 1 - `TAIL` one, clipped.

    Args:
        inverse_depth: (H, W) float32, larger = nearer.
        is_sphere: rows are weighted by cos(latitude), as they cover the sphere.
    """
    low, high = quantiles(inverse_depth, is_sphere=is_sphere)
    if not high - low > 1e-6 * max(abs(low), abs(high), 1e-30):
        return np.full_like(inverse_depth, NEUTRAL)
    scaled = (inverse_depth - np.float32(low)) / np.float32(high - low)
    return np.clip(scaled, 0, 1, out=scaled)


def quantiles(values: Floats, *, is_sphere: bool) -> tuple[float, float]:
    """Return the values below which `TAIL` and 1 - `TAIL` of the area lie."""
    if not is_sphere:
        low, high = np.quantile(values, (TAIL, 1 - TAIL))
        return float(low), float(high)
    height, width = values.shape
    area = np.cos(math.pi * ((np.arange(height) + 0.5) / height - 0.5)).astype(np.float32)
    order = np.argsort(values, axis=None)
    below = np.cumsum(np.repeat(area, width)[order], dtype=np.float64)
    places = np.searchsorted(below, np.array([TAIL, 1 - TAIL]) * below[-1])
    low, high = values.ravel()[order[np.minimum(places, order.size - 1)]]
    return float(low), float(high)
