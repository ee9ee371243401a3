"""Masonry: stones in courses on floors, walls and towers; columns, arches, battlements."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.blocks import hexahedra
from ldm3d.data.mesh import Material, Mesh, lathe, merged, mesh_from

Doubles = NDArray[np.float64]
Place = Callable[[Doubles, Doubles, Doubles], Doubles]
"""Takes metres along, up and out of a surface to the world: three (...) to (..., 3)."""


def coursed(
    rng: np.random.Generator, long_m: float, tall_m: float, stone: tuple[float, float]
) -> Doubles:
    """Return stones (N, 4) that fill a strip in rows: middle along and up, width, height."""
    rows = max(1, round(tall_m / stone[1]))
    edges = np.concatenate([[0.0], np.cumsum(rng.uniform(0.75, 1.3, rows))])
    edges *= tall_m / edges[-1]
    found = []
    for low, high in itertools.pairwise(edges):
        count = max(2, round(long_m / stone[0]) + 1)
        cut = np.concatenate([[0.0], np.cumsum(rng.uniform(0.6, 1.45, count))])
        cut = np.clip((cut - rng.uniform(0, 1) * cut[1]) / (cut[-1] - cut[1]), 0, 1) * long_m
        wide = np.diff(cut)
        middle, keep = (cut[:-1] + cut[1:]) / 2, wide > 0.02
        row = np.stack(
            [middle, np.full(count, (low + high) / 2), wide, np.full(count, high - low)], 1
        )
        found.append(row[keep])
    return np.concatenate(found)


def on_floor(y_m: float = 0.0) -> Place:
    """Return the place of a level floor: along is x, up is z."""
    return lambda u, v, out: np.stack([u, y_m + out, v], axis=-1)


def on_wall(start: ArrayLike, end: ArrayLike, foot_m: float = 0.0) -> Place:
    """Return the place of an upright wall from (x, z) to (x, z); out is to the right of the way."""
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    way = (b - a) / np.linalg.norm(b - a)

    def place(u: Doubles, v: Doubles, out: Doubles) -> Doubles:
        x = a[0] + way[0] * u - way[1] * out
        z = a[1] + way[1] * u + way[0] * out
        return np.stack([x, v + foot_m + 0 * u, z], axis=-1)

    return place


def on_tower(center: ArrayLike, radius_m: float, foot_m: float = 0.0, taper: float = 0.0) -> Place:
    """Return the place of a round tower about (x, z); u runs around it."""
    x0, z0 = np.asarray(center, np.float64)

    def place(u: Doubles, v: Doubles, out: Doubles) -> Doubles:
        angle, r = u / radius_m, radius_m - taper * v + out
        return np.stack([x0 + r * np.cos(angle), v + foot_m, z0 + r * np.sin(angle)], axis=-1)

    return place


def tones(rng: np.random.Generator, count: int, color: ArrayLike, spread: float = 0.16) -> Doubles:
    """Return `count` shades (N, 3) of a color."""
    gray = np.exp(rng.normal(0, spread, (count, 1)))
    return np.asarray(np.asarray(color) * gray * (1 + rng.normal(0, spread * 0.22, (count, 3))))


def stones(
    rects: Doubles,
    place: Place,
    color: ArrayLike,
    rng: np.random.Generator,
    *,
    gap_m: float = 0.015,
    rise_m: float = 0.02,
    bevel_m: float = 0.025,
    material: Material = Material.STONE,
    parameter: ArrayLike = 0.0,
) -> Mesh:
    """Return stones with rounded edges on a surface: only what is seen, ten triangles each.

    Args:
        rects: (N, 4) as `coursed` returns them.
        place: takes them to the world.
        color: (3,) or (N, 3).
        rng: for how far each stands out.
        gap_m: between stones.
        rise_m: how far they stand out at most.
        bevel_m: of their edges.
        material: of all.
        parameter: of the material, one or (N,).
    """
    u, v, wide, tall = (rects[:, i : i + 1] for i in range(4))
    sign_u, sign_v = np.array([[-1, 1, 1, -1]]), np.array([[-1, -1, 1, 1]])
    bevel = np.minimum(bevel_m, np.minimum(wide, tall) * 0.3)
    out = rng.uniform(0.35, 1.0, (len(rects), 1)) * rise_m
    rings = []
    for inset, height in ((gap_m / 2, -rise_m + 0 * out), (gap_m / 2 + bevel, out)):
        half_u, half_v = np.maximum(wide / 2 - inset, 0.004), np.maximum(tall / 2 - inset, 0.004)
        rings.append(place(u + sign_u * half_u, v + sign_v * half_v, height + 0 * sign_u))
    points = np.concatenate(rings, axis=1)  # (N, 8, 3)
    middle = place(u, v, out)
    facing = place(u, v, out + 1.0) - middle
    side = points - middle
    side /= np.linalg.norm(side, axis=-1, keepdims=True) + 1e-9
    normal = facing + side * np.array([1.1] * 4 + [0.12] * 4)[None, :, None]
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    around = [(i, (i + 1) % 4, 4 + (i + 1) % 4, 4 + i) for i in range(4)] + [(4, 5, 6, 7)]
    order = np.array([t for a, b, c, d in around for t in ((a, b, c), (a, c, d))])
    faces = (np.arange(len(rects))[:, None, None] * 8 + order).reshape(-1, 3)
    tint = np.repeat(np.broadcast_to(np.asarray(color, np.float64), (len(rects), 3)), 8, axis=0)
    dark = np.tile(np.repeat([0.62, 1.0], 4), len(rects))[:, None]
    level = np.repeat(np.broadcast_to(np.asarray(parameter, np.float32), (len(rects),)), 8)
    texture = points + rng.random((len(rects), 1, 3)) * 30
    return mesh_from(
        points.reshape(-1, 3), faces, normal.reshape(-1, 3), tint * dark, material, level,
        texture.reshape(-1, 3),
    )  # fmt: skip


def solid_stones(
    rects: Doubles,
    place: Place,
    thick_m: float,
    color: ArrayLike,
    rng: np.random.Generator,
    *,
    material: Material = Material.ROCK,
    moss: float = 0.0,
    rough_m: float = 0.03,
) -> Mesh:
    """Return stones that go through a wall `thick_m` deep (out from -thick to 0)."""
    u, v, wide, tall = (rects[:, i : i + 1] for i in range(4))
    su, sv = np.array([[-1, 1] * 4]), np.array([[-1, -1, 1, 1] * 2])
    depth = np.array([[-1.0] * 4 + [0.0] * 4]) * thick_m
    depth = depth + rng.uniform(-rough_m, rough_m, (len(rects), 2)).repeat(4, axis=1)
    points = place(u + su * (wide / 2 - 0.004), v + sv * (tall / 2 - 0.004), depth)
    return hexahedra(points, color, material, moss, rng.random((len(rects), 3)) * 30)


def arch_stones(
    rng: np.random.Generator,
    half_m: float,
    thick_m: float,
    deep_m: float,
    color: ArrayLike,
    *,
    count: int = 13,
    pointed: float = 0.0,
    material: Material = Material.STONE,
    part: float = 1.0,
) -> Mesh:
    """Return the wedge stones of an arch in the xy plane, springing at y = 0.

    Args:
        rng: for the shades.
        half_m: half the opening.
        thick_m: of the ring.
        deep_m: along z, about z = 0.
        color: of the stones.
        count: of stones.
        pointed: 0 round, 1 a steep pointed arch.
        material: of the stones.
        part: how much of the arch still stands, from its left foot.
    """
    edge = np.linspace(0, np.pi, count + 1)[: max(2, round(count * part) + 1)]

    def line(radius: float) -> Doubles:
        x, y = -np.cos(edge) * radius, np.sin(edge) * radius
        return np.stack([x, y * (1 + pointed * (1 - np.abs(x) / radius) * 0.9)], axis=1)

    inner, outer = line(half_m), line(half_m + thick_m)
    corners = []
    for i in range(len(edge) - 1):
        for z in (-deep_m / 2, deep_m / 2):
            corners += [(*p, z) for p in (inner[i], inner[i + 1], outer[i], outer[i + 1])]
    points = np.array(corners).reshape(-1, 8, 3)
    tint = tones(rng, len(points), color, 0.12)
    return hexahedra(points, tint, material, 0.2, rng.random((len(points), 3)) * 9)


def column(
    rng: np.random.Generator,
    tall_m: float = 6.0,
    radius_m: float = 0.45,
    color: ArrayLike = (0.52, 0.47, 0.38),
    *,
    order: str = "doric",
    broken: bool = False,
    moss: float = 0.1,
    sides: int = 20,
) -> Mesh:
    """Return a fluted column of drums; `order` doric, ionic (with scrolls) or plain.

    A broken one ends in a slanting break and has no capital.
    """
    flutes = sides if order != "plain" else 0
    count = sides * 2
    drums = max(2, round(tall_m / 1.1))
    rows, radii = [], []
    for i in range(drums):
        for t in (0.0, 0.06, 0.94, 1.0):
            level = (i + t) / drums * tall_m
            swell = 1 - 0.17 * (level / max(tall_m, 4.0)) ** 1.4
            rows.append(level)
            radii.append(radius_m * swell * (0.965 if t in (0.0, 1.0) else 1.0))
    line, r = np.array(rows), np.array(radii)
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    flute = 1 - 0.045 * (np.arange(count) % 2) if flutes else np.ones(count)
    x, z = r[:, None] * flute * np.cos(angle), r[:, None] * flute * np.sin(angle)
    y = np.broadcast_to(line[:, None], x.shape).copy()
    if broken:
        cut = rng.uniform(-0.5, 0.5, 2)
        edge = (
            tall_m - 0.35 * radius_m + (x * cut[0] + z * cut[1]) + rng.normal(0, 0.05, count)[None]
        )
        y = np.minimum(y, edge)
    points = np.stack([x, y, z], axis=-1)
    shaft_tint = np.repeat(tones(rng, drums, color, 0.10), 4 * count, axis=0)
    index = np.arange(len(line) - 1)[:, None] * count
    c = np.arange(count)[None]
    right = (c + 1) % count
    quads = np.stack([index + c, index + right, index + count + right, index + count + c], -1)
    quads = quads.reshape(-1, 4)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    last = (len(line) - 1) * count
    lid = np.stack([last + c[0], last + right[0], np.full(count, last + count)], 1)
    flat = points.reshape(-1, 3)
    flat = np.concatenate([flat, points[-1].mean(axis=0, keepdims=True) - [0, 0.04, 0]])
    tint = np.concatenate([shaft_tint, shaft_tint[-1:] * 1.1])
    shaft = mesh_from(
        flat, np.concatenate([faces, lid]), color=tint, material=Material.ROCK, parameter=moss
    )
    parts = [shaft]
    if order != "doric":
        base = lathe([[1.35, 0.0], [1.35, 0.1], [1.2, 0.14], [1.28, 0.22], [1.05, 0.3]], sides)
        parts.append(base.scaled((radius_m, radius_m, radius_m)))
    if not broken:
        parts += _capital(order, tall_m, radius_m * 0.83, sides)
    stone = merged(parts[1:]).painted(color, Material.ROCK, moss) if len(parts) > 1 else None
    return shaft if stone is None else merged([shaft, stone])


def _capital(order: str, tall_m: float, radius_m: float, sides: int) -> list[Mesh]:
    from ldm3d.data.mesh import box, cylinder

    cap = lathe([[1.0, 0], [1.05, 0.1], [1.35, 0.32], [1.42, 0.42]], sides)
    parts = [cap.scaled((radius_m,) * 3).moved((0, tall_m, 0))]
    side = radius_m * 3.0
    parts.append(
        box((side, radius_m * 0.3, side), (0, tall_m + radius_m * 0.55, 0), radius_m * 0.04)
    )
    if order == "ionic":
        for x in (-1, 1):
            roll = cylinder(radius_m * 0.42, side, 12).turned(np.pi / 2, "x")
            parts.append(roll.moved((x * radius_m * 1.25, tall_m + radius_m * 0.28, -side / 2)))
    return parts


def battlements(
    place: Place, long_m: float, thick_m: float, color: ArrayLike, rng: np.random.Generator,
    *, tooth_m: float = 1.0, tall_m: float = 0.9, foot_m: float = 0.0,
) -> Mesh:  # fmt: skip
    """Return the teeth of a battlement at height `foot_m` of a wall or a tower."""
    count = max(2, round(long_m / (tooth_m * 1.75)))
    u = (np.arange(count) + 0.5) / count * long_m
    wide = long_m / count * 0.58
    rects = np.stack(
        [u, np.full(count, foot_m + tall_m / 2), np.full(count, wide), np.full(count, tall_m)], 1
    )
    low = rects.copy()
    low[:, 1], low[:, 2], low[:, 3] = foot_m + 0.15, long_m / count, 0.3
    caps = rects.copy()
    caps[:, 1], caps[:, 2], caps[:, 3] = foot_m + tall_m + 0.05, wide + 0.12, 0.12
    return solid_stones(
        np.concatenate([rects, low, caps]),
        place,
        thick_m,
        tones(rng, 3 * count, color, 0.1),
        rng,
        material=Material.STONE,
        rough_m=0.015,
    )


def snowed(mesh: Mesh, snow: float) -> Mesh:
    """Return a mesh of hard edges with snow on what faces up."""
    if snow < 0.4:
        return mesh
    up = mesh.normal[:, 1] > 0.62
    color, kind = mesh.color.copy(), mesh.material.copy()
    color[up, :3] = (0.78, 0.82, 0.88)
    kind[up] = float(Material.SNOW)
    return Mesh(mesh.position, mesh.normal, mesh.texture, color, kind, mesh.faces)
