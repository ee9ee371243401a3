"""What streets and courtyards are paved with: cobbles, slabs, asphalt; rain and snow on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.land import SNOW, snow_cover
from ldm3d.data.look import Look
from ldm3d.data.mesh import Material, Mesh, mesh_from
from ldm3d.data.noise import fbm
from ldm3d.data.stonework import coursed, on_floor, stones, tones
from ldm3d.data.terrain import mix, smoothstep

Doubles = NDArray[np.float64]

COBBLES = ((0.21, 0.19, 0.17), (0.16, 0.165, 0.18), (0.27, 0.22, 0.17), (0.23, 0.16, 0.13))
SLABS = ((0.30, 0.285, 0.26), (0.25, 0.25, 0.26), (0.36, 0.31, 0.25), (0.29, 0.24, 0.21))


def weathered(mesh: Mesh, look: Look, number: int, *, shiny: float = 0.75) -> Mesh:
    """Return level paving with puddles where it rained and snow where it snowed.

    Wet parts are polished: they mirror where they lie at the scene's mirror height.
    """
    x, _y, z = mesh.position.T
    rgba, kind, normal = mesh.color.copy(), mesh.material.copy(), mesh.normal
    if look.wet > 0:
        pools = smoothstep(-0.35, 0.25, fbm(x, z, 3.5, 3, number + 50) + 0.9 * look.wet - 0.65)
        rgba[:, :3] *= (1 - (0.15 + 0.27 * pools) * look.wet)[:, None]
        if look.wet > 0.5:
            rgba[:, 3] = shiny * (0.35 + 0.65 * pools)
            kind[:] = float(Material.POLISHED)
            # A film of water evens out the stones: else every edge sparkles.
            normal = normal * 0.12 + np.array([0, 0.88, 0])
            normal = normal / np.linalg.norm(normal, axis=1, keepdims=True)
    cover = snow_cover(x, z, look.snow, number)
    cover = cover * smoothstep(-0.5, 0.2, normal[:, 1])
    rgba[:, :3] = mix(rgba[:, :3], SNOW * (0.96 + 0.2 * fbm(x, z, 0.9, 2, number)[:, None]), cover)
    kind = np.where(cover > 0.5, float(Material.SNOW), kind)
    lift = np.zeros_like(mesh.position)
    lift[:, 1] = 0.012 * cover
    return replace(
        mesh,
        color=rgba,
        normal=normal.astype(np.float32),
        material=kind.astype(np.float32),
        position=(mesh.position + lift).astype(np.float32),
    )


def laid(
    rng: np.random.Generator,
    area: tuple[float, float, float, float],
    stone: tuple[float, float],
    color: ArrayLike,
    *,
    y_m: float = 0.0,
    rise_m: float = 0.02,
    gap_m: float = 0.02,
    spread: float = 0.17,
    patches: int = 0,
    hole_m: float = 0.0,
) -> Mesh:
    """Return stones laid in rows along x over an area.

    Args:
        rng: for their sizes and shades.
        area: x from, z from, x to, z to, metres.
        stone: length along x and width along z.
        color: their mean.
        y_m: their tops lie up to `rise_m` above.
        rise_m: how uneven they are.
        gap_m: between them.
        spread: of their shades.
        patches: seed of larger patches of other shades; 0 for none.
        hole_m: radius about the origin that is left out.
    """
    x0, z0, x1, z1 = area
    rects = coursed(rng, x1 - x0, z1 - z0, stone)
    rects[:, 0] += x0
    rects[:, 1] += z0
    rects = rects[np.hypot(rects[:, 0], rects[:, 1]) > hole_m]
    shade = tones(rng, len(rects), color, spread)
    if patches:
        wave = fbm(rects[:, 0], rects[:, 1], 6.0, 3, patches)
        shade = shade * (1 + 0.35 * wave[:, None])
    return stones(
        rects, on_floor(y_m - rise_m), shade, rng,
        gap_m=gap_m, rise_m=rise_m, bevel_m=min(stone) * 0.16,
    )  # fmt: skip


def arcs(
    rng: np.random.Generator, reach_m: float, stone_m: float, color: ArrayLike, y_m: float = 0.0
) -> Mesh:
    """Return small cobbles laid in the arcs of old squares, out to `reach_m`."""
    rects = coursed(rng, 2 * reach_m, 2 * reach_m, (stone_m, stone_m))
    rects[:, :2] -= reach_m
    rects = rects[np.hypot(rects[:, 0], rects[:, 1]) < reach_m - 0.4]
    wide = float(rng.uniform(1.5, 2.2))
    high = wide * float(rng.uniform(0.18, 0.26))

    def place(u: Doubles, v: Doubles, out: Doubles) -> Doubles:
        across = 2 * ((u / wide) % 1.0) - 1
        return np.stack([u, y_m - 0.02 + out + 0 * u, v + high * (1 - across**2)], axis=-1)

    wave = ((rects[:, 0] / wide) % 1.0 - 0.5)[:, None]
    shade = tones(rng, len(rects), color, 0.18) * (1.1 - 0.9 * wave**2)
    return stones(rects, place, shade, rng, gap_m=0.014, rise_m=0.02, bevel_m=stone_m * 0.18)


def sheet(
    area: tuple[float, float, float, float],
    y_m: float,
    color: ArrayLike,
    cell_m: float,
    number: int,
    material: Material = Material.STONE,
    patchy: float = 0.2,
) -> Mesh:
    """Return a level patch of ground as a grid, in patches of shade."""
    from ldm3d.data.mesh import grid_faces

    x0, z0, x1, z1 = area
    columns = max(2, round((x1 - x0) / cell_m) + 1)
    rows = max(2, round((z1 - z0) / cell_m) + 1)
    z, x = np.meshgrid(np.linspace(z0, z1, rows), np.linspace(x0, x1, columns), indexing="ij")
    point = np.stack([x, np.full_like(x, y_m), z], axis=-1).reshape(-1, 3)
    shade = 1 + patchy * (
        fbm(point[:, 0], point[:, 2], 5, 3, number)
        + fbm(point[:, 0], point[:, 2], 23, 2, number + 1)
    )
    up = np.tile(np.array([0, 1, 0], np.float32), (len(point), 1))
    tint = np.asarray(color) * np.clip(shade, 0.3, 2)[:, None]
    return mesh_from(point, grid_faces(rows, columns), up, tint, material)
