"""From a depth map to the vertices and cells of the sphere's grid, edges treated with care.

All maps are nearness: float32 in [0, 1], 1 = nearest, affine in 1/r, columns a ring. The grid has
`columns` columns and half as many rows of cells; vertex (j, i) is at u = i / columns, v = j / rows.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

FLAT = 0.012
"""Nearness: neighbours closer together than this are one surface, on a fine map."""
FLAT_TIMES_COLUMNS = 15.0
"""On a coarse map a steep surface takes larger steps: 2.4 times the range in a radian."""

SIDEWAYS = 3.0
"""How much nearer a place beside counts than one above or below; see `nearest_true`."""

Field = NDArray[np.float32]
Mask = NDArray[np.bool_]


def grid_columns(nearness: Field, mesh_columns: int) -> int:
    """Return how many columns the grid gets: a power of two, no finer than the map."""
    wanted = 2 ** math.ceil(math.log2(max(8, nearness.shape[1])))
    return int(min(mesh_columns, max(wanted, 256)))


def flat_step(columns: int) -> float:
    """Return the greatest step of nearness between neighbours of one surface."""
    return max(FLAT, FLAT_TIMES_COLUMNS / columns)


def fitted(nearness: Field, columns: int) -> Field:
    """Return the map, enlarged where it is coarser than the grid."""
    if nearness.shape[1] >= columns:
        return nearness
    return enlarged(nearness, (columns // 2, columns))


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
    field: Field = np.where(high - low > flat_step(width), hard, smooth)
    field[0], field[-1] = np.median(field[0]), np.median(field[-1])
    return field


def _neighbours(
    place: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], Field]:
    """Return the texels before and after each place and how far it is between them."""
    before = np.floor(place).astype(np.int64)
    return before, before + 1, (place - before).astype(np.float32)


def over_cells(values: NDArray[Any], columns: int, combine: np.ufunc) -> NDArray[Any]:
    """Combine the texels of `values` (h, w) in each cell of the grid into (rows, columns)."""
    rows = columns // 2
    height, width = values.shape
    texels = width // columns
    if (height, width) == (rows * texels, columns * texels):
        for axis, count in ((0, rows), (1, columns)):
            parts = values.reshape(
                (count, texels, values.shape[1]) if axis == 0 else (values.shape[0], count, texels)
            )
            combined = parts.take(0, axis=axis + 1)
            for k in range(1, texels):
                combined = combine(combined, parts.take(k, axis=axis + 1))
            values = combined
        return values
    values = combine.reduceat(values, np.arange(rows) * height // rows, axis=0)
    return np.asarray(combine.reduceat(values, np.arange(columns) * width // columns, axis=1))


def over_corners(values: NDArray[Any], combine: np.ufunc) -> NDArray[Any]:
    """Combine the four corners (n + 1, 2n) of each cell into (n, 2n)."""
    pairs = combine(values, np.roll(values, -1, axis=1))
    return np.asarray(combine(pairs[:-1], pairs[1:]))


def around_vertices(cells: NDArray[Any], combine: np.ufunc) -> NDArray[Any]:
    """Combine the four cells (n, 2n) around each vertex into (n + 1, 2n)."""
    pairs = combine(cells, np.roll(cells, 1, axis=1))
    result = np.concatenate([pairs[:1], pairs])
    result[1:-1] = combine(pairs[:-1], pairs[1:])
    return result


def highest_around(nearness: Field, columns: int) -> Field:
    """Return (rows + 1, columns): the nearest the map has within one cell of each vertex."""
    field: Field = around_vertices(over_cells(nearness, columns, np.maximum), np.maximum)
    field[0], field[-1] = np.median(field[0]), np.median(field[-1])
    return field


def widened(nearness: Field, field: Field) -> Field:
    """Return `field` with near surfaces grown by one cell over their rims.

    Only vertices on the far side of a jump change; they take the near surface's depth as it goes on
    in a straight line, so that slanted surfaces keep their outline when the head moves.

    Args:
        nearness: (h, w), the map itself, at least as fine as the grid.
        field: (n + 1, 2n) from `at_vertices`.
    """
    columns = field.shape[1]
    highest = _around(nearness, columns, np.maximum)
    lowest = _around(nearness, columns, np.minimum)
    steepest = _around(steepest_steps(nearness), columns, np.maximum)
    span = highest - lowest
    flat = flat_step(columns)
    jump = (span > flat) & (steepest > 0.55 * span)  # a slope climbs in equal steps
    raised = jump & (highest - field > field - lowest)
    y, x = np.nonzero(raised[2:-2])
    y += 2
    result = field.copy()
    result[y, x] = _continued(field, highest[y, x], y, x)
    return result


def _around(values: Field, columns: int, combine: np.ufunc) -> Field:
    """Combine the texels within one cell of each vertex; on a map as coarse as the grid, two.

    There an outline runs through vertices, and one cell would end just on it.
    """
    field = around_vertices(over_cells(values, columns, combine), combine)
    if values.shape[1] < 2 * columns:
        field = around_vertices(over_corners(field, combine), combine)
    return field


def steepest_steps(nearness: Field) -> Field:
    """Return (h, w): the greatest difference of each texel to its left and upper neighbour."""
    result: Field = np.roll(nearness, 1, axis=1)
    np.subtract(nearness, result, out=result)
    np.abs(result, out=result)
    down = nearness[1:] - nearness[:-1]
    np.maximum(result[1:], np.abs(down, out=down), out=result[1:])
    return result


def _continued(field: Field, highest: Field, y: NDArray[np.int64], x: NDArray[np.int64]) -> Field:
    """Return the near surface's depth at vertices (y, x) beside it."""
    columns = field.shape[1]
    flat = 2 * flat_step(columns)
    best = np.full(len(y), -1.0, np.float32)
    result = highest.copy()
    for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        beside = field[y + dy, (x + dx) % columns]
        beyond = field[np.clip(y + 2 * dy, 0, field.shape[0] - 1), (x + 2 * dx) % columns]
        on_it = (np.abs(beside - highest) < flat) & (np.abs(beyond - beside) < flat)
        line = np.minimum(2 * beside - beyond, highest)
        better = on_it & (beside > best)
        best[better] = beside[better]
        result[better] = line[better]
    return result


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


def grown(mask: Mask, steps: int) -> Mask:
    """Return `mask` (h, w) with every True spread into a square of `steps` around it."""
    wide = mask.copy()
    for _ in range(steps):
        wide = wide | np.roll(wide, 1, axis=1) | np.roll(wide, -1, axis=1)
    for _ in range(steps):
        tall = wide.copy()
        tall[1:] |= wide[:-1]
        tall[:-1] |= wide[1:]
        wide = tall
    return wide


def nearest_true(usable: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return row and column of a near True for each place, rather beside it than above or below.

    Heads and eyes move sideways more than up and down, and so do the gaps beside a rim.
    """
    from scipy.ndimage import distance_transform_edt

    columns = usable.shape[1]
    pad = columns // 6
    padded = np.pad(~usable, ((0, 0), (pad, pad)), mode="wrap")
    y, x = distance_transform_edt(
        padded, sampling=(SIDEWAYS, 1), return_distances=False, return_indices=True
    )
    return y[:, pad:-pad], (x[:, pad:-pad] - pad) % columns
