"""What lies behind near surfaces: the farther side of each jump goes on under the nearer one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from depthfusion.renderer.grid import (
    Field,
    at_vertices,
    discontinuities,
    fitted,
    grown,
    highest_around,
    nearest_true,
)
from depthfusion.view import HEAD_BOX_M

JUMP = 0.02
"""Difference of nearness from which one surface stands before another."""
FIRST_LEVEL, LEVELS = 0.1, 6
"""Seen surfaces are offered in so many steps, from the farthest tenth on."""
RIM_STEPS = 3
"""How far beside a jump, in grid steps, the farther side's colour is taken: clear of its fringe."""
REACH = 1.2
"""How far the layer behind goes, against what the head box lets one see."""
FARTHER = 2.0
"""How much a source counts against itself for being near: the farthest surface is the widest."""
SLOPE_STEPS = 3
"""Over how many grid steps the seen side's slope is measured."""
SLOPE_ROOM = 0.5
"""How much of the gap to the near surface a slope may lead into."""


@dataclass(frozen=True, eq=False)
class Hidden:
    """What lies behind each grid vertex."""

    field: Field
    """(n + 1, 2n) nearness of the farther surface."""
    source: NDArray[np.int32]
    """(n + 1, 2n) flat index of the vertex it is carried from; its own where nothing is before."""
    covered: NDArray[np.bool_]
    """(n + 1, 2n) True where a nearer surface stands before it within reach."""
    rim: NDArray[np.bool_]
    """(n + 1, 2n) True at seen vertices just beside a nearer surface."""


def hidden_surface(nearness: Field, disparity_range: float, columns: int) -> Hidden:
    """Return the farther surface behind every rim.

    Args:
        nearness: (h, w) in [0, 1].
        disparity_range: disparity of nearness 1 minus that of nearness 0, in 1/m, at the greatest
            relief that can be set: how far behind a rim the head can look.
        columns: of the grid it is computed on.
    """
    nearness = fitted(nearness, columns)
    far, near = at_vertices(nearness, columns), highest_around(nearness, columns)
    impure = grown(discontinuities(near, JUMP / 2), 1)
    beside = grown(impure, RIM_STEPS) & ~impure
    seeds = beside & (_highest(near, RIM_STEPS + 2) > far + JUMP)
    reach_per_nearness = disparity_range * HEAD_BOX_M * columns / (2 * math.pi)
    best = np.full(far.shape, np.inf, np.float32)
    source = np.arange(far.size, dtype=np.int32).reshape(far.shape)
    for level in _levels(far, seeds):
        usable = seeds & (far <= level)
        candidates = near > level + JUMP
        if not usable.any() or not candidates.any():
            continue
        iy, ix = nearest_true(usable)
        distance = _steps_between(iy, ix)
        behind = far[iy, ix]
        reach = REACH * (near - behind) * reach_per_nearness + 2 * RIM_STEPS
        cost = distance * (1 + FARTHER * behind / np.maximum(near, JUMP))
        better = candidates & (cost < best) & (distance <= reach) & (near - behind > JUMP)
        best[better] = cost[better]
        source[better] = (iy * columns + ix)[better]
    covered = np.isfinite(best)
    field = _continued_behind(far, near, source, covered)
    return Hidden(field, source, covered, impure & ~covered)


def _continued_behind(
    far: Field, near: Field, source: NDArray[np.int32], covered: NDArray[np.bool_]
) -> Field:
    """Return the farther surface, going on behind the nearer one in a straight line.

    Its slope is measured on the seen side, away from the rim; half of the gap to the surface before
    it is the farthest the line may lead.
    """
    columns = far.shape[1]
    field = far.copy()
    y, x = np.nonzero(covered)
    sy, sx = np.divmod(source[y, x], columns)
    dy, dx = y - sy, (x - sx + columns // 2) % columns - columns // 2
    length = np.maximum(np.hypot(dy, dx), 1e-6)
    base = far[sy, sx]
    ay = np.clip(np.round(sy - dy / length * SLOPE_STEPS), 0, len(far) - 1).astype(np.int64)
    ax = np.round(sx - dx / length * SLOPE_STEPS).astype(np.int64) % columns
    slope = (base - far[ay, ax]) / SLOPE_STEPS
    room = SLOPE_ROOM * np.maximum(near[y, x] - base, 0)
    flat = np.abs(slope) * SLOPE_STEPS < JUMP
    line = base + np.clip(np.where(flat, slope * length, 0), -room, room)
    field[y, x] = np.clip(line, 0, 1)
    return field


def _steps_between(iy: NDArray[np.int32], ix: NDArray[np.int32]) -> Field:
    """Return how far each place is from (iy, ix) in grid steps; the columns are a ring."""
    rows, columns = iy.shape
    dx = np.abs(ix - np.arange(columns, dtype=np.int32))
    dx = np.minimum(dx, columns - dx)
    result: Field = np.hypot(iy - np.arange(rows, dtype=np.int32)[:, None], dx).astype(np.float32)
    return result


def _levels(far: Field, seeds: NDArray[np.bool_]) -> list[float]:
    values = far[seeds]
    if values.size == 0:
        return []
    return sorted({float(v) for v in np.quantile(values, np.linspace(FIRST_LEVEL, 1, LEVELS))})


def _highest(field: Field, steps: int) -> Field:
    from scipy.ndimage import maximum_filter

    result: Field = maximum_filter(field, 2 * steps + 1, mode=("nearest", "wrap"))
    return result
