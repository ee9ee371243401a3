"""The layer behind: what the eye sees past a near surface's rim when the head moves.

Beside each jump of depth the farther side goes on behind the nearer one: its depth and colour are
carried under it from the nearest place where it is seen, as far as the head can look.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from depthfusion.renderer.fill import fill_from
from depthfusion.renderer.grid import (
    Field,
    around_vertices,
    grown,
    over_cells,
    over_corners,
)
from depthfusion.renderer.hidden import hidden_surface
from depthfusion.renderer.rtin import (
    errors_from_field,
    kept,
    tolerance_for_budget,
    triangles_from_errors,
)
from depthfusion.renderer.surface import Mesh, mesh_from, touched

COLUMNS = 1024
TOLERANCE = 8e-3
MAX_VERTICES = 30_000


@dataclass(frozen=True, eq=False)
class Background:
    """The second layer."""

    mesh: Mesh
    fill: NDArray[np.uint8]
    """(h, w, 4) uint8 sRGB; alpha: how much of the picture it replaces."""


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
    hidden = hidden_surface(nearness, disparity_range, COLUMNS)
    shown = hidden.covered | hidden.rim
    shown |= around_vertices(_at_columns(rims, COLUMNS), np.logical_or)
    error = errors_from_field(hidden.field, within=grown(shown, 1))
    tolerance = tolerance_for_budget(error, TOLERANCE, MAX_VERTICES)
    triangles = triangles_from_errors(error, tolerance)
    triangles = kept(triangles, touched(triangles, over_corners(shown, np.logical_or)), COLUMNS)
    mesh = mesh_from(triangles, hidden.field, np.zeros(len(triangles.indices), bool))
    return Background(mesh, fill_from(color, nearness, hidden, decontaminate=decontaminate))


def _at_columns(cells: NDArray[np.bool_], columns: int) -> NDArray[np.bool_]:
    """Return `cells` (n, 2n) on a grid of `columns`: True where any of them is."""
    if cells.shape[1] >= columns:
        return over_cells(cells, columns, np.logical_or)
    factor = columns // cells.shape[1]
    return cells.repeat(factor, axis=0).repeat(factor, axis=1)
