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
"""Widest soft edge that is sharpened."""

FLAT = 0.012
"""Nearness: neighbours closer together than this are one surface."""

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
    return np.round(nearness * np.float32(65535)).astype(np.uint16)


def edge_softness(nearness: Field) -> float:
    """Return in how many texels the depth edges typically happen: 1 is sharp, over 2.5 is soft."""
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    step_rows = max(1, nearness.shape[0] // 256)
    rows = nearness[nearness.shape[0] // 6 : -nearness.shape[0] // 6 : step_rows]
    window = max(5, round(rows.shape[1] * SNAP_WINDOW_DEG / 360)) | 1
    span = maximum_filter1d(rows, window, axis=1, mode="wrap")
    span -= minimum_filter1d(rows, window, axis=1, mode="wrap")
    step = np.abs(rows - np.roll(rows, 1, axis=1))
    steepest = maximum_filter1d(step, window, axis=1, mode="wrap")
    edges = (span > 0.08) & (steepest > 3 * span / window)
    if np.count_nonzero(edges) < 50:
        return 1.0
    return float(np.median(span[edges] / steepest[edges]))


def snapped(nearness: Field) -> Field:
    """Sharpen soft depth edges, as networks make them, to one texel; slopes stay as they are.

    Where the values in a window are two groups and little between, each texel is moved to its
    nearer group by toggle mapping (repeated choice of local maximum or minimum).
    """
    from scipy.ndimage import maximum_filter, minimum_filter, uniform_filter

    mode = ("nearest", "wrap")
    window = max(5, round(nearness.shape[1] * SNAP_WINDOW_DEG / 360)) | 1
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
        low = minimum_filter(result, 3, mode=mode)
        high = maximum_filter(result, 3, mode=mode)
        toggled = np.where(high - result < result - low, high, low)
        result = np.where(soft & (high - low > 0.004), toggled, result)
    return result


def grid_columns(nearness: Field, mesh_columns: int) -> int:
    """Return how many columns the grid gets: a power of two, no finer than the map."""
    wanted = 2 ** math.ceil(math.log2(max(8, nearness.shape[1])))
    return int(min(mesh_columns, max(wanted, 256)))


def at_vertices(nearness: Field, columns: int) -> Field:
    """Return the map at the grid's vertices (columns / 2 + 1, columns).

    Linear between texels of one surface, the nearest texel across an edge. Vertex (j, i) lies at
    u = i / columns, v = j / rows: between four texels, never on one.
    """
    rows = columns // 2
    height, width = nearness.shape
    y0, y1, fy = _neighbours(np.arange(rows + 1) * height / rows - 0.5)
    x0, x1, fx = _neighbours(np.arange(columns) * width / columns - 0.5)
    y0, y1 = np.clip(y0, 0, height - 1), np.clip(y1, 0, height - 1)
    upper, lower = nearness[y0], nearness[y1]
    x0, x1 = x0 % width, x1 % width
    a, b, c, d = upper[:, x0], upper[:, x1], lower[:, x0], lower[:, x1]
    top, bottom = a + (b - a) * fx, c + (d - c) * fx
    smooth = top + (bottom - top) * fy[:, None]
    low, high = np.minimum(np.minimum(a, b), np.minimum(c, d)), np.maximum(a, b)
    high = np.maximum(high, np.maximum(c, d))
    hard = np.where(fy[:, None] > 0.5, np.where(fx > 0.5, d, c), np.where(fx > 0.5, b, a))
    field: Field = np.where(high - low > FLAT, hard, smooth)
    field[0], field[-1] = np.median(field[0]), np.median(field[-1])
    return field


def _neighbours(
    place: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], Field]:
    """Return the texels before and after each place and how far it is between them."""
    before = np.floor(place).astype(np.int64)
    return before, before + 1, (place - before).astype(np.float32)


def widened(nearness: Field, field: Field, steps: float) -> Field:
    """Return `field` with near surfaces grown over their rims by `steps` grid steps.

    Only vertices on the far side of a jump change; they take the near surface's depth as it goes on
    in a straight line, so that slanted surfaces keep their outline when the head moves.

    Args:
        nearness: (h, w), the map itself.
        field: (n + 1, 2n) from `at_vertices`.
        steps: in grid steps.
    """
    columns = field.shape[1]
    highest = _extreme_at_vertices(nearness, columns, steps, "maximum_filter")
    lowest = _extreme_at_vertices(nearness, columns, steps, "minimum_filter")
    steepest = _extreme_at_vertices(steepest_steps(nearness), columns, steps, "maximum_filter")
    span = highest - lowest
    jump = (span > FLAT) & (steepest > 0.55 * span)  # a slope climbs in equal steps
    raised = jump & (highest - field > field - lowest)
    y, x = np.nonzero(raised)
    y, x = y[(y > 1) & (y < field.shape[0] - 2)], x[(y > 1) & (y < field.shape[0] - 2)]
    result = field.copy()
    result[y, x] = _continued(field, highest[y, x], y, x)
    return result


def steepest_steps(nearness: Field) -> Field:
    """Return (h, w): the greatest difference of each texel to its left and upper neighbour."""
    result = np.abs(nearness - np.roll(nearness, 1, axis=1))
    np.maximum(result[1:], np.abs(nearness[1:] - nearness[:-1]), out=result[1:])
    return result


def _continued(field: Field, highest: Field, y: NDArray[np.int64], x: NDArray[np.int64]) -> Field:
    """Return the near surface's depth at vertices (y, x) beside it."""
    columns = field.shape[1]
    best = np.full(len(y), -1.0, np.float32)
    result = highest.copy()
    for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        beside = field[y + dy, (x + dx) % columns]
        beyond = field[np.clip(y + 2 * dy, 0, field.shape[0] - 1), (x + 2 * dx) % columns]
        on_it = (np.abs(beside - highest) < 2 * FLAT) & (np.abs(beyond - beside) < 2 * FLAT)
        line = np.minimum(2 * beside - beyond, highest)
        better = on_it & (beside > best)
        best[better] = beside[better]
        result[better] = line[better]
    return result


def _extreme_at_vertices(nearness: Field, columns: int, steps: float, kind: str) -> Field:
    """Return the greatest or least value of the map within `steps` of each vertex."""
    from scipy import ndimage

    rows = columns // 2
    height, width = nearness.shape
    # An even window, because a vertex lies between texels; SciPy's even windows reach to the left.
    size = 2 * max(2, round(steps * width / columns))
    extreme = getattr(ndimage, kind)(nearness, size, mode=("nearest", "wrap"))
    y = np.clip(np.arange(rows + 1) * height // rows, 0, height - 1)
    x = np.arange(columns) * width // columns
    field: Field = extreme[y[:, None], x[None, :]]
    field[0], field[-1] = np.median(field[0]), np.median(field[-1])
    return field


def sampled_on_grid(nearness: Field, columns: int, widen_steps: float) -> Field:
    """Return the map at the grid's vertices (columns / 2 + 1, columns), the nearest around each.

    Args:
        nearness: (h, w).
        columns: of the grid.
        widen_steps: how far around, in grid steps; 0: the vertex itself.
    """
    if nearness.shape[1] < columns:
        nearness = enlarged(nearness, (columns // 2, columns))
    if widen_steps == 0:
        return at_vertices(nearness, columns)
    return _extreme_at_vertices(nearness, columns, widen_steps, "maximum_filter")


def lowest_in_cells(nearness: Field, columns: int) -> Field:
    """Return (columns / 2, columns): the farthest value the map has in each cell of the grid."""
    from scipy.ndimage import minimum_filter

    rows = columns // 2
    height, width = nearness.shape
    texels = width // columns
    if texels >= 1 and (height, width) == (rows * texels, columns * texels):
        whole = nearness.reshape(rows, texels, columns, texels)
        result: Field = whole.min(axis=3).min(axis=1)
        return result
    lowest = minimum_filter(nearness, max(1, texels) + 1, mode=("nearest", "wrap"))
    y = (np.arange(rows) * 2 + 1) * height // (2 * rows)
    x = (np.arange(columns) * 2 + 1) * width // (2 * columns)
    return np.asarray(lowest[y[:, None], x[None, :]])


def enlarged(nearness: Field, size: tuple[int, int]) -> Field:
    """Return the map at (h, w) = `size`, linear on surfaces, nearest across edges."""
    from scipy.ndimage import map_coordinates

    height, width = nearness.shape
    y = (np.arange(size[0]) + 0.5) * height / size[0] - 0.5
    x = (np.arange(size[1]) + 0.5) * width / size[1] - 0.5
    grid = np.meshgrid(np.clip(y, 0, height - 1), x, indexing="ij")
    ringed = np.concatenate([nearness[:, -1:], nearness, nearness[:, :1]], axis=1)
    places = np.stack([grid[0], grid[1] + 1])
    smooth = map_coordinates(ringed, places, order=1, mode="nearest", prefilter=False)
    hard = map_coordinates(ringed, np.round(places), order=0, mode="nearest", prefilter=False)
    result: Field = np.where(np.abs(smooth - hard) > 0.02, hard, smooth).astype(np.float32)
    return result


def discontinuities(field: Field, threshold: float) -> NDArray[np.bool_]:
    """Return (n + 1, 2n) bool: vertices at a jump, by the second difference of nearness.

    Planes are linear in 1/r, so a floor running to the horizon has none.
    """
    across = np.abs(2 * field - np.roll(field, 1, axis=1) - np.roll(field, -1, axis=1))
    down = np.zeros_like(field)
    down[1:-1] = np.abs(2 * field[1:-1] - field[:-2] - field[2:])
    result: NDArray[np.bool_] = np.maximum(across, down) > threshold
    result[0] = result[-1] = False
    return result
