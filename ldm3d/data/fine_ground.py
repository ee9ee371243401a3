"""Ground for bare places: rings a hand apart at the feet, where nothing grows to hide them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, grid_faces, mesh_from
from ldm3d.data.terrain import Height

Floats = NDArray[np.float32]


def fine_points(
    detail: float, far_m: float, fine_m: float = 6.0, rings: int = 290, sectors: int = 800
) -> tuple[Floats, Floats]:
    """Return x and z (rings, sectors) around the origin: even rings to `fine_m`, then geometric.

    Args:
        detail: share of small things in (0, 1].
        far_m: radius of the whole.
        fine_m: radius of the fine middle.
        rings: beyond the middle, at detail 1.
        sectors: at detail 1.
    """
    step = 0.04 * detail**-0.5
    inner = np.arange(0.0, fine_m, step)
    outer = np.geomspace(inner[-1] + step, far_m, max(40, round(rings * detail**0.5)))
    radii = np.concatenate([inner, outer])
    count = max(120, round(sectors * detail**0.45))
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    x, z = radii[:, None] * np.cos(angle), radii[:, None] * np.sin(angle)
    return x.astype(np.float32), z.astype(np.float32)


def fine_ground(
    height: Height, detail: float, far_m: float, fine_m: float = 6.0, rings: int = 290,
    sectors: int = 800,
) -> Mesh:  # fmt: skip
    """Return the ground of a height function; see `fine_points`. Paint it afterwards."""
    x, z = fine_points(detail, far_m, fine_m, rings, sectors)
    position = np.stack([x, height(x, z), z], axis=-1).reshape(-1, 3)
    faces = grid_faces(x.shape[0], x.shape[1], wrap=True)[:, [0, 2, 1]]
    return mesh_from(position, faces, material=Material.GROUND)


def colored(mesh: Mesh, color: ArrayLike, material: ArrayLike) -> Mesh:
    """Return the mesh in colors (V, 3) or (3,) and materials (V,) or one."""
    rgba = mesh.color.copy()
    rgba[:, :3] = np.asarray(color, np.float32)
    kind = np.broadcast_to(np.asarray(material, np.float32), mesh.material.shape)
    return replace(mesh, color=rgba, material=kind.copy())
