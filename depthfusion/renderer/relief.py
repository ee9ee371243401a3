"""From a panorama's depth map to the surface that is drawn: 16-bit code, sharp edges, wide rims.

All maps here are nearness: float32 in [0, 1], 1 = nearest, affine in 1/r, columns a ring.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from depthfusion.geometry import MIN_DISTANCE_M
from depthfusion.panorama.panorama import DepthMeaning, Panorama

DEFAULT_NEAR_M, DEFAULT_FAR_M = 1.0, 20.0
"""Range of a relative map shown under `Mapping.METRIC` while nobody knows its scale."""
SNAP_WINDOW_DEG = 1.5
"""Widest soft edge that is sharpened, on a fine map."""
OUTLINE_TEXELS = 5
"""Size of the median that smooths the outlines found."""
SNAP_MIN_TEXELS = 9
"""The same on a coarse one, in texels."""
_STRIP_TEXELS = 1 << 18

Field = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Relief:
    """A depth map as the renderer wants it."""

    nearness: Field
    """(h, w) float32 in [0, 1], 1 = nearest, affine in 1/r."""
    near_m: float
    """Distance of nearness 1 under the metric mapping."""
    far_m: float
    """Distance of nearness 0; may be infinity."""
    is_distance: bool
    """Whether near and far come with the map and must not be moved."""


def relief_from_panorama(panorama: Panorama) -> Relief:
    """Return the panorama's depth as nearness; a panorama without depth is a flat sphere at 0.5."""
    depth = panorama.depth
    if depth is None:
        return Relief(np.full((2, 4), 0.5, np.float32), DEFAULT_NEAR_M, DEFAULT_FAR_M, False)
    if panorama.meaning is DepthMeaning.RELATIVE:
        near_m = panorama.near_m if panorama.near_m is not None else DEFAULT_NEAR_M
        far_m = panorama.far_m if panorama.far_m is not None else DEFAULT_FAR_M
        return Relief(depth, near_m, far_m, False)
    near_m = max(float(depth.min()), MIN_DISTANCE_M)
    far_m = float(depth.max())
    if far_m <= near_m * (1 + 1e-6):  # everything at one distance
        far_m = math.inf
    disparity = np.reciprocal(np.maximum(depth, np.float32(near_m)))
    least, most = np.float32(1 / far_m), np.float32(1 / near_m)
    disparity -= least
    disparity *= 1 / (most - least)
    return Relief(np.clip(disparity, 0, 1, out=disparity), near_m, far_m, True)


def codes_from_nearness(nearness: Field) -> NDArray[np.uint16]:
    """Return 16-bit codes (h, w): 0.007' of stereo error where 8 bits make 1.7'."""
    codes = np.empty(nearness.shape, np.uint16)
    rows = max(1, _STRIP_TEXELS // nearness.shape[1])
    for y in range(0, len(nearness), rows):  # a strip at a time: another map would be large
        scaled = nearness[y : y + rows] * np.float32(65535)
        codes[y : y + rows] = np.round(scaled, out=scaled)
    return codes


def level_step(nearness: Field) -> float:
    """Return the step between the map's grey levels, 0 where it has more than 8 bits of them."""
    rows = nearness[:: max(1, nearness.shape[0] // 128)]
    levels = np.unique(rows)
    if not 16 <= len(levels) <= 256:  # fewer are drawn by hand, and meant
        return 0.0
    return float(np.median(np.diff(levels)))


def debanded(nearness: Field, step: float) -> Field:
    """Turn the stairs of a map with few levels back into slopes; edges stay where they are.

    Each value may move by as much as it was rounded, towards the mean of its surroundings on the
    same surface (a sigma filter, J.-S. Lee 1983).
    """
    from scipy.ndimage import uniform_filter

    mode = ("nearest", "wrap")
    reach = np.float32(1.5 * step)
    result = nearness
    for size in (3, 5, 7):
        mean = uniform_filter(result, size, mode=mode)
        low, high = neighbours_combined(result, np.minimum), neighbours_combined(result, np.maximum)
        same = high - low <= 2 * reach
        result = np.where(same, np.clip(mean, nearness - reach, nearness + reach), result)
    return np.clip(result, 0, 1)


def snap_window(columns: int) -> int:
    """Return the odd number of texels within which a soft edge is looked for."""
    return max(SNAP_MIN_TEXELS, round(columns * SNAP_WINDOW_DEG / 360)) | 1


def edge_softness(nearness: Field) -> float:
    """Return in how many texels the depth edges typically happen: 1 is sharp, over 2.5 is soft."""
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    step_rows = max(1, nearness.shape[0] // 256)
    rows = nearness[nearness.shape[0] // 6 : -nearness.shape[0] // 6 : step_rows]
    window = snap_window(rows.shape[1])
    span = maximum_filter1d(rows, window, axis=1, mode="wrap")
    span -= minimum_filter1d(rows, window, axis=1, mode="wrap")
    step = np.abs(rows - np.roll(rows, 1, axis=1))
    steepest = maximum_filter1d(step, window, axis=1, mode="wrap")
    edges = (span > 0.08) & (steepest > 1.15 * span / window) & (step == steepest)
    if np.count_nonzero(edges) < 50:
        return 1.0
    return float(np.median(span[edges] / steepest[edges]))


def neighbours_combined(values: Field, combine: np.ufunc) -> Field:
    """Combine each value of (h, w) with its eight neighbours; the columns are a ring."""
    wide = combine(np.roll(values, 1, axis=1), np.roll(values, -1, axis=1))
    combine(wide, values, out=wide)
    result: Field = wide.copy()
    combine(result[1:], wide[:-1], out=result[1:])
    combine(result[:-1], wide[1:], out=result[:-1])
    return result


def snapped(nearness: Field) -> Field:
    """Sharpen soft depth edges, as networks make them, to one texel; slopes stay as they are.

    Where the values in a window are two groups and little between, each texel is moved to its
    nearer group by toggle mapping (repeated choice of local maximum or minimum).
    """
    from scipy.ndimage import maximum_filter, median_filter, minimum_filter, uniform_filter

    mode = ("nearest", "wrap")
    window = snap_window(nearness.shape[1])
    low = minimum_filter(nearness, window, mode=mode)
    high = maximum_filter(nearness, window, mode=mode)
    mean = uniform_filter(nearness, window, mode=mode)
    square = uniform_filter(nearness * nearness, window, mode=mode)
    span = high - low
    # Mean of (d - low)(high - d): 0 for two groups, span^2 / 6 for an even slope.
    between = (low + high) * mean - square - low * high
    soft = (span > 0.03) & (between < 0.125 * span * span)
    del mean, square, between
    result = nearness
    for _ in range(window // 2):
        low, high = neighbours_combined(result, np.minimum), neighbours_combined(result, np.maximum)
        toggled = np.where(high - result < result - low, high, low)
        result = np.where(soft & (high - low > 0.004), toggled, result)
    ringed = np.pad(result, ((0, 0), (OUTLINE_TEXELS, OUTLINE_TEXELS)), mode="wrap")
    smooth = median_filter(ringed, OUTLINE_TEXELS, mode="nearest")
    return np.where(soft, smooth[:, OUTLINE_TEXELS:-OUTLINE_TEXELS], result)
