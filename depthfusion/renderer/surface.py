"""The triangles that are drawn: the surface, its stretched rims, and the layer behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from depthfusion.renderer.grid import (
    Field,
    at_vertices,
    discontinuities,
    fitted,
    flat_step,
    grid_columns,
    grown,
    over_cells,
    over_corners,
    widened,
)
from depthfusion.renderer.quality import Quality
from depthfusion.renderer.rtin import (
    Triangles,
    errors_from_field,
    tolerance_for_budget,
    triangles_from_errors,
)


@dataclass(frozen=True)
class Budget:
    """How fine the adaptive mesh may get."""

    tolerance: float
    """Greatest error, in nearness; raised where the budget is spent."""
    max_vertices: int


SOFTWARE_BUDGET = Budget(2e-3, 90_000)
HARDWARE_BUDGET = Budget(7e-4, 400_000)

VERTEX_DTYPE = np.dtype([("grid", "<u2", 2), ("depth", "<f4")])


@dataclass(frozen=True, eq=False)
class Mesh:
    """Vertices over the sphere's grid, ready for upload."""

    vertices: NDArray[np.void]
    """(n,) `VERTEX_DTYPE`: column, row; nearness."""
    smooth: NDArray[np.uint32]
    """(a, 3) triangles that show one surface."""
    stretched: NDArray[np.uint32]
    """(b, 3) triangles that may span two surfaces and are cut."""
    columns: int
    """Of the grid; it has half as many rows."""


def full_triangles(columns: int) -> Triangles:
    """Return every vertex of the grid and two triangles a cell: the plain UV sphere."""
    rows = columns // 2
    y, x = np.divmod(np.arange((rows + 1) * columns, dtype=np.uint32), columns)
    corner = np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns)
    right = np.roll(corner, -1, axis=1)
    below, across = corner + columns, right + columns
    indices = np.stack([corner, below, right, right, below, across], axis=-1).reshape(-1, 3)
    return Triangles(np.stack([x, y], axis=1).astype(np.uint16), indices)


def coarse_mesh(nearness: Field, columns: int = 512) -> Mesh:
    """Return a quick regular mesh: each vertex takes the nearest value of its cell."""
    columns = min(columns, grid_columns(nearness, columns))
    rows = columns // 2
    height, width = nearness.shape
    y = np.minimum(np.arange(rows) * height // rows, height - 1)
    x = np.minimum(np.arange(columns) * width // columns, width - 1)
    field = nearness[y[:, None], x[None, :]]
    field = np.concatenate([field, field[-1:]])
    field[0], field[-1] = np.median(field[0]), np.median(field[-1])
    triangles = full_triangles(columns)
    return Mesh(_vertices(triangles.grid, field), triangles.indices, _none(), columns)


def surface_mesh(
    nearness: Field, quality: Quality, budget: Budget = SOFTWARE_BUDGET
) -> tuple[Mesh, NDArray[np.bool_]]:
    """Return the mesh of the visible surface, and the grid's cells (n, 2n) bool that are cut.

    What is cut must have something behind it: see `background_from`.
    """
    columns = grid_columns(nearness, quality.mesh_columns)
    nearness = fitted(nearness, columns)
    field = at_vertices(nearness, columns)
    if quality.dilate:
        field = widened(nearness, field)
    if quality.adaptive:
        error = errors_from_field(field)
        tolerance = tolerance_for_budget(error, budget.tolerance, budget.max_vertices)
        triangles = triangles_from_errors(error, tolerance)
    else:
        triangles = full_triangles(columns)
    rims = np.zeros((columns // 2, columns), bool)
    if quality.edges and quality.background:
        rims = rim_cells(nearness, field)
    return mesh_from(triangles, field, touched(triangles, rims)), rims


def rim_cells(nearness: Field, field: Field) -> NDArray[np.bool_]:
    """Return (n, 2n) bool: cells in which the surface lies before what the picture shows."""
    flat = flat_step(field.shape[1])
    jumps = discontinuities(field, flat)
    near_jump = over_corners(grown(jumps, 2), np.logical_or)
    lowest = over_cells(nearness, field.shape[1], np.minimum)
    result: NDArray[np.bool_] = near_jump & (over_corners(field, np.maximum) - lowest > flat)
    return result


def touched(triangles: Triangles, cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (m,) bool: which triangles have a True of `cells` (n, 2n) in their bounding box."""
    rows, columns = cells.shape
    # A summed-area table answers "how many in this rectangle" for all boxes at once.
    ringed = np.concatenate([cells, cells], axis=1)
    table = np.zeros((rows + 1, 2 * columns + 1), np.int32)
    np.cumsum(np.cumsum(ringed, axis=0, dtype=np.int32), axis=1, out=table[1:, 1:])
    x = triangles.grid[:, 0].astype(np.int32)[triangles.indices]
    y = triangles.grid[:, 1].astype(np.int32)[triangles.indices]
    # A triangle over the wrap has columns near 0 and near the end: bring them together. One that
    # spans half of the ring tells by its turn to which side of its column 0 it lies.
    width = x.max(axis=1) - x.min(axis=1)
    wraps = (width > columns // 2) | ((width == columns // 2) & _is_turned(x, y))
    x = np.where(wraps[:, None] & (x < columns // 2), x + columns, x)
    x0, x1, y0, y1 = x.min(axis=1), x.max(axis=1), y.min(axis=1), y.max(axis=1)
    count = table[y1, x1] - table[y0, x1] - table[y1, x0] + table[y0, x0]
    result: NDArray[np.bool_] = count > 0
    return result


def _is_turned(x: NDArray[np.int32], y: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return (m,) bool: whether triangles (m, 3) run the other way round than all do."""
    across = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0])
    result: NDArray[np.bool_] = across > (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    return result


def sorted_for_cache(mesh: Mesh) -> Mesh:
    """Return the mesh with triangles in Morton order: neighbours share transformed vertices."""
    x, y = mesh.vertices["grid"][:, 0], mesh.vertices["grid"][:, 1]
    parts = []
    for indices in (mesh.smooth, mesh.stretched):
        key = _morton(x[indices[:, 0]], y[indices[:, 0]])
        parts.append(indices[np.argsort(key, kind="stable")])
    return Mesh(mesh.vertices, parts[0], parts[1], mesh.columns)


def _morton(x: NDArray[np.uint16], y: NDArray[np.uint16]) -> NDArray[np.uint32]:
    return _spread(x) | (_spread(y) << np.uint32(1))


def _spread(value: NDArray[np.uint16]) -> NDArray[np.uint32]:
    bits = value.astype(np.uint32)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        bits = (bits | (bits << np.uint32(shift))) & np.uint32(mask)
    return bits


def mesh_from(triangles: Triangles, field: Field, stretched: NDArray[np.bool_]) -> Mesh:
    """Return the mesh of `triangles` at the depths of `field` (n + 1, 2n), sorted for drawing."""
    return sorted_for_cache(
        Mesh(
            _vertices(triangles.grid, field),
            triangles.indices[~stretched],
            triangles.indices[stretched],
            field.shape[1],
        )
    )


def _vertices(grid: NDArray[np.integer], field: Field) -> NDArray[np.void]:
    vertices = np.empty(len(grid), VERTEX_DTYPE)
    vertices["grid"] = grid
    vertices["depth"] = field[grid[:, 1], grid[:, 0]]
    return vertices


def _none() -> NDArray[np.uint32]:
    return np.empty((0, 3), np.uint32)
