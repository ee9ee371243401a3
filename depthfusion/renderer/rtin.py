"""Error-bounded triangles over the sphere's grid: right-triangulated irregular networks (RTIN).

After W. Evans, D. Kirkpatrick and G. Townsend, "Right-Triangulated Irregular Networks",
Algorithmica 30 (2001), with the grid closed into a ring: two square tiles side by side, whose
triangles meet without cracks inside, between the tiles and across the picture's wrap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CURVATURE_WEIGHT = 0.3
"""How much the plain sphere's own curvature counts, in units of depth: bounds a flat sky."""

COARSE = 8
"""Triangles are held to the surface everywhere down to this part of the way from pole to pole."""

Field = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Triangles:
    """Triangles over the grid."""

    grid: NDArray[np.uint16]
    """(n, 2) column and row of each vertex used."""
    indices: NDArray[np.uint32]
    """(m, 3) vertices of each triangle."""


def errors_from_field(field: Field, within: NDArray[np.bool_] | None = None) -> Field:
    """Return how wrong the surface gets where a vertex is left out, with all its descendants.

    Args:
        field: (n + 1, 2n) float32 depth at the grid's vertices, n a power of two; the columns are
            a ring, the rows run from pole to pole.
        within: (n + 1, 2n) bool; where it is False, the surface may be as wrong as it likes.

    Returns:
        (n + 1, 2n) float32 in units of depth. Leaving out every vertex whose error is at most e
        gives a mesh without cracks whose midpoints deviate by at most e.
    """
    rows, columns = field.shape[0] - 1, field.shape[1]
    if columns != 2 * rows or rows & (rows - 1):
        raise ValueError(f"want (n + 1, 2n) with n a power of two, got {field.shape}")
    error = np.zeros_like(field)
    step = 2
    while step <= rows:
        # Coarse triangles reach far: those over `within` have their middles anywhere.
        asked = within if step // 2 < rows // COARSE else None
        _edge_midpoints(field, error, step, asked)
        _square_centres(field, error, step, asked)
        step *= 2
    return error


def _edge_midpoints(field: Field, error: Field, step: int, within: Mask | None) -> None:
    """Fill `error` at the middles of the edges of all squares of size `step`."""
    half = step // 2
    rows = field.shape[0] - 1
    lat = (0.5 - np.arange(rows + 1, dtype=np.float32) / rows) * np.float32(math.pi)
    # Along a row: the chord between two points `step` apart in longitude.
    cos_lat = np.cos(lat[::step])[:, None]
    sin_half = math.sin(math.pi * half / rows)
    chord = np.sqrt(1 - (cos_lat * sin_half) ** 2)  # cosine of half the angle between the ends
    ends = field[::step, ::step]
    middle = field[::step, half::step]
    own = _deviation(middle, ends, np.roll(ends, -1, axis=1), chord)
    if within is not None:
        own = own * within[::step, half::step]
    error[::step, half::step] = _with_children(error, own, step, row0=0, column0=half)
    # Along a column.
    ends = field[::step, ::step]
    middle = field[half::step, ::step]
    own = _deviation(middle, ends[:-1], ends[1:], np.float32(math.cos(math.pi * half / rows)))
    if within is not None:
        own = own * within[half::step, ::step]
    error[half::step, ::step] = _with_children(error, own, step, row0=half, column0=0)


def _square_centres(field: Field, error: Field, step: int, within: Mask | None) -> None:
    """Fill `error` at the centres of all squares of size `step`: the middle of one diagonal."""
    half = step // 2
    rows = field.shape[0] - 1
    corner = field[::step, ::step]
    right = np.roll(corner, -1, axis=1)
    squares_y, squares_x = corner.shape[0] - 1, corner.shape[1]
    falling = (np.arange(squares_y)[:, None] + np.arange(squares_x)[None, :]) % 2 == 0
    first = np.where(falling, corner[:-1], right[:-1])
    second = np.where(falling, right[1:], corner[1:])
    lat = (0.5 - np.arange(half, rows, step, dtype=np.float32) / rows) * np.float32(math.pi)
    angle = math.pi * half / rows
    cos_up, cos_down = np.cos(lat + angle), np.cos(lat - angle)
    dot = np.sin(lat + angle) * np.sin(lat - angle) + cos_up * cos_down * math.cos(2 * angle)
    chord = np.sqrt((1 + np.clip(dot, -1, 1)) / 2)[:, None]
    own = _deviation(field[half::step, half::step], first, second, np.maximum(chord, 0.05))
    if within is not None:
        own = own * within[half::step, half::step]
    edge_row, edge_column = error[::step, half::step], error[half::step, ::step]
    children = np.maximum(
        np.maximum(edge_row[:-1], edge_row[1:]),
        np.maximum(edge_column, np.roll(edge_column, -1, axis=1)),
    )
    error[half::step, half::step] = np.maximum(own, children)


def _deviation(middle: Field, a: Field, b: Field, chord: Field | np.float32) -> Field:
    """Return |depth - the chord's depth| in the middle's direction; planes are exact."""
    chord = np.maximum(chord, np.float32(0.05))
    wrong = np.abs(middle - (a + b) / (2 * chord))
    result: Field = np.maximum(wrong, np.float32(CURVATURE_WEIGHT) * np.abs(1 / chord - 1))
    return result.astype(np.float32, copy=False)


def _with_children(error: Field, own: Field, step: int, row0: int, column0: int) -> Field:
    """Return `own`, raised to the errors of the four diagonal neighbours half a half-step away."""
    quarter = step // 4
    if quarter == 0:
        return own
    result = own
    last = error.shape[0] - 1
    row_of = row0 + step * np.arange(own.shape[0])
    for dy in (-quarter, quarter):
        inside = (row_of + dy >= 0) & (row_of + dy <= last)
        rows = error[np.clip(row_of + dy, 0, last)] * inside[:, None]
        for dx in (-quarter, quarter):
            result = np.maximum(result, np.roll(rows, -(column0 + dx), axis=1)[:, ::step])
    return result


def triangles_from_errors(error: Field, tolerance: float) -> Triangles:
    """Return the coarsest mesh that leaves out no vertex whose error exceeds `tolerance`.

    Args:
        error: (n + 1, 2n) from `errors_from_field`.
        tolerance: in units of depth.
    """
    rows, columns = error.shape[0] - 1, error.shape[1]
    split = (error > tolerance).ravel()
    # (m, 3, 2): the hypotenuse's ends a and b, then the right angle c, as (x, y).
    n = rows
    triangles = np.array(
        [
            [[0, 0], [n, n], [n, 0]],
            [[n, n], [0, 0], [0, n]],
            [[2 * n, 0], [n, n], [2 * n, n]],
            [[n, n], [2 * n, 0], [n, 0]],
        ],
        dtype=np.int32,
    )
    done = []
    while len(triangles):
        a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
        middle = (a + b) >> 1
        # The finest triangles' legs are one step: their hypotenuse has no grid point in its middle.
        finest = np.abs(a - b).max(axis=1) == 1
        divide = split[middle[:, 1] * columns + middle[:, 0] % columns] & ~finest
        done.append(triangles[~divide])
        a, b, c, middle = a[divide], b[divide], c[divide], middle[divide]
        triangles = np.concatenate([np.stack([c, a, middle], 1), np.stack([b, c, middle], 1)])
    corners = np.concatenate(done)
    vertex = corners[:, :, 1] * columns + corners[:, :, 0] % columns
    return _compact(vertex, rows, columns)


def kept(triangles: Triangles, keep: Mask, columns: int) -> Triangles:
    """Return only the triangles of `keep` (m,) bool, and the vertices they use."""
    place = triangles.grid[:, 1].astype(np.int32) * columns + triangles.grid[:, 0]
    return _compact(place[triangles.indices[keep]], columns // 2, columns)


def _compact(vertex: NDArray[np.int32], rows: int, columns: int) -> Triangles:
    """Number the vertices that are used, row by row: neighbours stay near in memory."""
    used = np.zeros((rows + 1) * columns, dtype=bool)
    used[vertex] = True
    number = np.cumsum(used, dtype=np.uint32) - np.uint32(1)
    place = np.flatnonzero(used)
    grid = np.stack([place % columns, place // columns], axis=1).astype(np.uint16)
    return Triangles(grid, number[vertex])


def tolerance_for_budget(error: Field, tolerance: float, max_vertices: int) -> float:
    """Return `tolerance`, raised until about `max_vertices` are kept: noisy maps stay drawable."""
    flat = error.ravel()
    if np.count_nonzero(flat > tolerance) <= max_vertices:
        return tolerance
    return float(np.partition(flat, flat.size - max_vertices)[flat.size - max_vertices])
