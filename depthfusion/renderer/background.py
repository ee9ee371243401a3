"""The layer behind: what the eye sees past a near surface's rim when the head moves.

Beside each jump of depth the farther side goes on behind the nearer one: its depth and colour are
carried under it from the nearest place where it is seen, as far as the head can look.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from depthfusion.renderer.grid import (
    Field,
    around_vertices,
    at_vertices,
    discontinuities,
    fitted,
    grown,
    highest_around,
    over_cells,
    over_corners,
)
from depthfusion.renderer.rtin import (
    errors_from_field,
    kept,
    tolerance_for_budget,
    triangles_from_errors,
)
from depthfusion.renderer.surface import Mesh, mesh_from, touched
from depthfusion.view import HEAD_BOX_M

COLUMNS = 1024
JUMP = 0.02
"""Difference of nearness from which one surface stands before another."""
TOLERANCE = 8e-3
MAX_VERTICES = 30_000
LEVELS = 8
RIM_STEPS = 3
"""How far beside a jump, in grid steps, the farther side's colour is taken: clear of its fringe."""
MAX_FILL_COLUMNS = 2048
SIDEWAYS = 3.0
"""How much nearer a source beside counts than one above or below."""
FARTHER = 2.0
"""How much a source counts against itself for being near: the farthest surface is the widest."""
SLOPE_STEPS = 3
SLOPE_ROOM = 0.5
FRINGE_STEPS = 1
"""How far, in texels of the picture, the foreground's colour has bled into the background."""


@dataclass(frozen=True, eq=False)
class Background:
    """The second layer."""

    mesh: Mesh
    fill: NDArray[np.uint8]
    """(h, w, 4) uint8 sRGB; alpha: how much of the picture it replaces."""


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


def hidden_surface(nearness: Field, disparity_range: float, columns: int = COLUMNS) -> Hidden:
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
        reach = (near - behind) * reach_per_nearness + 2 * RIM_STEPS
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
    return sorted({float(v) for v in np.quantile(values, np.linspace(0.1, 1, LEVELS))})


def _highest(field: Field, steps: int) -> Field:
    from scipy.ndimage import maximum_filter

    result: Field = maximum_filter(field, 2 * steps + 1, mode=("nearest", "wrap"))
    return result


def background_from(
    color: NDArray[np.uint8],
    nearness: Field,
    rims: NDArray[np.bool_],
    disparity_range: float,
    *,
    decontaminate: bool = True,
) -> Background:
    """Return the layer behind every rim.

    Args:
        color: (H, W, 3 or 4) uint8 sRGB.
        nearness: (h, w) in [0, 1].
        rims: (n, 2n) cells in which the surface is cut: all of them have something behind.
        disparity_range: see `hidden_surface`.
        decontaminate: replace the foreground's fringe of colour on the background, too.
    """
    hidden = hidden_surface(nearness, disparity_range)
    shown = hidden.covered | hidden.rim
    shown |= around_vertices(_at_columns(rims, COLUMNS), np.logical_or)
    error = errors_from_field(hidden.field, within=grown(shown, 1))
    tolerance = tolerance_for_budget(error, TOLERANCE, MAX_VERTICES)
    triangles = triangles_from_errors(error, tolerance)
    triangles = kept(triangles, touched(triangles, over_corners(shown, np.logical_or)), COLUMNS)
    mesh = mesh_from(triangles, hidden.field, np.zeros(len(triangles.indices), bool))
    return Background(mesh, _fill(color, nearness, hidden, FRINGE_STEPS if decontaminate else 0))


def _fill(
    color: NDArray[np.uint8], nearness: Field, hidden: Hidden, fringe: int
) -> NDArray[np.uint8]:
    """Return the colours carried behind, and alpha where the picture shows something nearer."""
    from scipy.ndimage import gaussian_filter

    columns = hidden.field.shape[1]
    width = _fill_columns(color, nearness)
    factor = width // columns
    fringe = int(fringe * width / color.shape[1])
    behind = hidden.field[:-1].repeat(factor, axis=0).repeat(factor, axis=1)
    covered = hidden.covered[:-1].repeat(factor, axis=0).repeat(factor, axis=1)
    front = over_cells(fitted(nearness, width), width, np.maximum)
    masked = grown(covered & (front > behind + JUMP / 2), fringe)
    small = _reduced(color[..., :3], width)
    y, x = np.divmod(hidden.source[:-1], columns)
    y, x = (np.minimum(part * factor, width - 1) for part in (y, x))
    y, x = (part.repeat(factor, axis=0).repeat(factor, axis=1) for part in (y, x))
    y = np.minimum(y, len(small) - 1)
    ny, nx = nearest_true(~masked)
    fits = np.abs(front[ny, nx] - behind) < JUMP
    y, x = np.where(fits, ny, y), np.where(fits, nx, x)
    carried = small[y, x]
    smooth = gaussian_filter(carried, (2, 2, 0), mode=("nearest", "wrap", "nearest"))
    fill = np.empty((*masked.shape, 4), np.uint8)
    fill[..., :3] = smooth
    fill[..., 3] = np.where(masked, np.uint8(255), np.uint8(0))
    return fill


def _at_columns(cells: NDArray[np.bool_], columns: int) -> NDArray[np.bool_]:
    """Return `cells` (n, 2n) on a grid of `columns`: True where any of them is."""
    if cells.shape[1] >= columns:
        return over_cells(cells, columns, np.logical_or)
    factor = columns // cells.shape[1]
    return cells.repeat(factor, axis=0).repeat(factor, axis=1)


def _fill_columns(color: NDArray[np.uint8], nearness: Field) -> int:
    """Return how wide the fill gets: as fine as the picture, a power of two within limits."""
    wanted = max(COLUMNS, color.shape[1], nearness.shape[1])
    return int(min(MAX_FILL_COLUMNS, 2 ** math.ceil(math.log2(wanted))))


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


def _reduced(color: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Return `color` at (columns / 2, columns); a coarser picture keeps its hard texels."""
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(color))
    kind = Image.Resampling.BOX if picture.width > columns else Image.Resampling.NEAREST
    return np.asarray(picture.resize((columns, columns // 2), kind))
