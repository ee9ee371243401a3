"""Many blocks as one mesh: boxes, wedges and dressed stones, made without a loop over them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, mesh_from

Doubles = NDArray[np.float64]

# Corner i has x, y, z low or high by its bits 1, 2, 4; each side's corners run around it.
_SIDES = np.array(
    [[0, 2, 6, 4], [1, 5, 7, 3], [0, 4, 5, 1], [2, 3, 7, 6], [0, 1, 3, 2], [4, 6, 7, 5]]
)
_SIGNS = np.array([[(i & 1) * 2 - 1, (i & 2) - 1, (i & 4) // 2 - 1] for i in range(8)])


def hexahedra(
    corners: ArrayLike,
    color: ArrayLike,
    material: ArrayLike = Material.MATTE,
    parameter: ArrayLike = 0.0,
    shift: ArrayLike = 0.0,
) -> Mesh:
    """Return N six-sided blocks with hard edges.

    Args:
        corners: (N, 8, 3); corner i lies low or high in x, y, z as its bits 1, 2, 4 say.
        color: (3,) or (N, 3).
        material: one or (N,).
        parameter: one or (N,).
        shift: (N, 3) or one, metres by which each block's noise is looked up elsewhere.
    """
    points = np.asarray(corners, np.float64).reshape(-1, 8, 3)
    count = len(points)
    quads = points[:, _SIDES]  # (N, 6, 4, 3)
    normal = np.cross(quads[:, :, 2] - quads[:, :, 0], quads[:, :, 3] - quads[:, :, 1])
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-12
    outward = quads.mean(axis=2) - points.mean(axis=1)[:, None]
    normal *= np.where((normal * outward).sum(axis=-1, keepdims=True) < 0, -1.0, 1.0)
    first = np.arange(count * 6)[:, None] * 4
    faces = np.concatenate([first + np.array([0, 1, 2]), first + np.array([0, 2, 3])])
    tints = np.repeat(np.broadcast_to(np.asarray(color, np.float32), (count, 3)), 24, axis=0)
    levels = np.repeat(np.broadcast_to(np.asarray(parameter, np.float32), (count,)), 24)
    moved = quads + np.broadcast_to(np.asarray(shift, np.float64), (count, 3))[:, None, None]
    mesh = mesh_from(
        quads.reshape(-1, 3),
        faces,
        np.repeat(normal, 4, axis=1).reshape(-1, 3),
        tints,
        parameter=levels,
        texture=moved.reshape(-1, 3),
    )
    kinds = np.repeat(np.broadcast_to(np.asarray(material, np.float32), (count,)), 24)
    return Mesh(mesh.position, mesh.normal, mesh.texture, mesh.color, kinds, mesh.faces)


def box_corners(center: ArrayLike, size: ArrayLike) -> Doubles:
    """Return the corners (N, 8, 3) of upright boxes about (N, 3) or (3,) of (N, 3) or (3,)."""
    middle, extent = np.broadcast_arrays(
        np.atleast_2d(np.asarray(center, np.float64)), np.atleast_2d(np.asarray(size, np.float64))
    )
    return np.asarray(middle[:, None] + extent[:, None] * _SIGNS / 2)


@dataclass
class Blocks:
    """Collects boxes and wedges of many colors; `mesh` returns them all as one."""

    _parts: list[tuple[Doubles, Doubles, Doubles, Doubles]] = field(default_factory=list)

    def put(
        self,
        center: ArrayLike,
        size: ArrayLike,
        color: ArrayLike,
        material: Material = Material.MATTE,
        parameter: float = 0.0,
    ) -> None:
        """Add boxes: arrays (N, 3), or (3,) for what all have in common."""
        self.wedge(box_corners(center, size), color, material, parameter)

    def wedge(
        self,
        corners: ArrayLike,
        color: ArrayLike,
        material: Material = Material.MATTE,
        parameter: float = 0.0,
    ) -> None:
        """Add blocks by their corners (N, 8, 3)."""
        points = np.asarray(corners, np.float64).reshape(-1, 8, 3)
        tint = np.broadcast_to(np.asarray(color, np.float64), (len(points), 3))
        kinds = np.full(len(points), float(material))
        self._parts.append((points, tint, kinds, np.full(len(points), parameter)))

    def prism(
        self, outline: ArrayLike, z: tuple[float, float], color: ArrayLike, material: Material
    ) -> None:
        """Add a block whose four outline points (4, 2) in x and y run around, from z to z."""
        a, b, c, d = np.asarray(outline, np.float64)
        points = [(*p, depth) for depth in z for p in (a, b, d, c)]
        self.wedge(np.array(points)[None], color, material)

    def mesh(self) -> Mesh:
        """Return all blocks."""
        points, tints, kinds, levels = (
            np.concatenate([part[i] for part in self._parts]) for i in range(4)
        )
        shift = np.random.default_rng(len(points)).random((len(points), 3)) * 9
        return hexahedra(points, tints, kinds, levels, shift)
