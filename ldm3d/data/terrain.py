"""Ground: a polar grid around the eye, fine near the feet and coarse at the horizon."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.mesh import Material, Mesh, grid_faces, mesh_from

Floats = NDArray[np.float32]
Height = Callable[[Floats, Floats], Floats]  # x, z in metres -> y in metres


def polar_points(near_m: float, far_m: float, rings: int, sectors: int) -> tuple[Floats, Floats]:
    """Return x and z (rings, sectors) of a polar grid with geometric radii, starting at 0."""
    # More than half of the rings lie beyond 150 m: mountains need them as much as the feet do.
    middle = min(150.0, far_m / 2)
    inner = rings * 2 // 5
    radii = np.concatenate(
        [
            [0.0],
            np.geomspace(near_m, middle, inner - 1, endpoint=False),
            np.geomspace(middle, far_m, rings - inner),
        ]
    )
    angle = np.linspace(0, 2 * np.pi, sectors, endpoint=False)
    x, z = radii[:, None] * np.cos(angle), radii[:, None] * np.sin(angle)
    return x.astype(np.float32), z.astype(np.float32)


def terrain(
    height: Height,
    *,
    far_m: float = 6000.0,
    rings: int = 480,
    sectors: int = 1080,
    near_m: float = 0.2,
    detail: float = 1.0,
) -> Mesh:
    """Return the ground of a height function around the origin; paint it afterwards.

    Args:
        height: of the ground.
        far_m: its radius.
        rings: of vertices, at detail 1.
        sectors: of the circle, at detail 1.
        near_m: radius of the first ring.
        detail: share of faces in (0, 1]; below 1 the grid is coarser.
    """
    rings, sectors = max(60, round(rings * detail**0.75)), max(180, round(sectors * detail**0.75))
    x, z = polar_points(near_m, far_m, rings, sectors)
    position = np.stack([x, height(x, z), z], axis=-1).reshape(-1, 3)
    faces = grid_faces(rings, sectors, wrap=True)[:, [0, 2, 1]]
    return mesh_from(position, faces, material=Material.GROUND)


def water_surface(
    height: Height, level_m: float, far_m: float = 6000.0, detail: float = 1.0
) -> Mesh:
    """Return the water's plane; the material parameter is its depth over the ground."""
    rings, sectors = max(60, round(200 * detail**0.5)), max(180, round(720 * detail**0.75))
    x, z = polar_points(0.2, far_m, rings, sectors)
    depth = np.clip(level_m - height(x, z), -1, 30)
    position = np.stack([x, np.full_like(x, level_m), z], axis=-1).reshape(-1, 3)
    return mesh_from(
        position,
        grid_faces(rings, sectors, wrap=True),
        np.tile(np.array([0, 1, 0], np.float32), (len(position), 1)),
        material=Material.WATER,
        parameter=depth.ravel(),
    )


def slope(mesh: Mesh) -> Floats:
    """Return 1 - normal.y of every vertex: 0 flat, 1 upright."""
    return 1 - mesh.normal[:, 1]


def smoothstep(low: float, high: float, x: NDArray[np.floating] | float) -> Floats:
    """Return the usual cubic step."""
    t = np.clip((np.asarray(x, np.float32) - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def mix(a: NDArray[np.floating], b: NDArray[np.floating], t: NDArray[np.floating]) -> Floats:
    """Return a + (b - a) t, with t (N,) over colors (N, 3) or (3,)."""
    weight = np.asarray(t)[:, None]
    return np.asarray(np.asarray(a) * (1 - weight) + np.asarray(b) * weight, np.float32)


def scattered(
    rng: np.random.Generator,
    count: int,
    near_m: float,
    far_m: float,
    *,
    power: float = 0.5,
) -> tuple[Floats, Floats]:
    """Return x and z (count,) strewn over a ring; power .5 is even, larger crowds to the eye."""
    radius = near_m + (far_m - near_m) * rng.random(count) ** power
    angle = rng.random(count) * 2 * np.pi
    return (
        (radius * np.cos(angle)).astype(np.float32),
        (radius * np.sin(angle)).astype(np.float32),
    )


def point_on(height: Height, x: float, z: float, lift_m: float = 0.0) -> tuple[float, float, float]:
    """Return one position on the ground, lifted a little."""
    ground = height(np.array([x], np.float32), np.array([z], np.float32))
    return (x, float(ground[0]) + lift_m, z)


def on_ground(height: Height, x: Floats, z: Floats, sink_m: float = 0.0) -> Floats:
    """Return positions (N, 3) on the ground, sunk a little."""
    return np.stack([x, height(x, z) - sink_m, z], axis=-1)
