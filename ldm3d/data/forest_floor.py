"""What lies and grows on the ground of woods and meadows, in few triangles."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.built import plank
from ldm3d.data.land import Land
from ldm3d.data.mesh import (
    Material,
    Mesh,
    box,
    cylinder,
    grid_faces,
    icosphere,
    lathe,
    merged,
    mesh_from,
    sphere,
    tube,
)
from ldm3d.data.noise import fbm
from ldm3d.data.plants import fern, kites, mushroom, rock
from ldm3d.data.terrain import on_ground, scattered
from ldm3d.data.trees import trunk

Floats = NDArray[np.float32]
SNOW = (0.66, 0.70, 0.77)


def sward(
    rng: np.random.Generator,
    blades: int = 14,
    height_m: float = 0.3,
    spread_m: float = 0.2,
    width_m: float = 0.012,
    color: ArrayLike = (0.08, 0.125, 0.022),
    bend: float = 0.45,
) -> Mesh:
    """Return a tuft of leaning blades of two triangles, dark at the foot, pale at the tip."""
    angle, r = rng.random(blades) * 6.283, spread_m * rng.random(blades) ** 0.5
    base = np.stack([r * np.cos(angle), np.full(blades, -0.01), r * np.sin(angle)], axis=1)
    lean = rng.normal(0, bend, (blades, 2))
    along = np.stack([lean[:, 0], np.ones(blades), lean[:, 1]], axis=1)
    along *= (height_m * rng.uniform(0.5, 1.15, blades) / np.linalg.norm(along, axis=1))[:, None]
    turn = rng.random(blades) * 6.283
    side = np.stack([np.cos(turn), np.zeros(blades), np.sin(turn)], axis=1) * width_m
    tint = np.asarray(color) * rng.uniform(0.7, 1.3, (blades, 1))
    mesh = kites(base, along, side, along + np.array([0, height_m, 0]), tint, 0.7, 0.35)
    mesh.color[0::4, :3] *= 0.55
    mesh.color[2::4, :3] *= 1.35
    return mesh


def blossoms(
    rng: np.random.Generator,
    petal: ArrayLike,
    heart: ArrayLike = (0.8, 0.5, 0.05),
    *,
    heads: int = 4,
    petals: int = 5,
    height_m: float = 0.25,
    radius_m: float = 0.03,
    spread_m: float = 0.10,
    spike: bool = False,
    leaf: ArrayLike = (0.07, 0.115, 0.025),
) -> Mesh:
    """Return a clump of flowers of few triangles: open cups, or spikes as of lupin and heather."""
    parts = [sward(rng, 6, height_m * 0.75, spread_m, radius_m * 0.22, leaf, 0.4)]
    for _ in range(heads):
        foot = np.append(rng.normal(0, spread_m * 0.6, 2), 0.0)[[0, 2, 1]]
        tall = height_m * rng.uniform(0.75, 1.2)
        top = foot + np.array([rng.normal(0, 0.12) * tall, tall, rng.normal(0, 0.12) * tall])
        side = np.array([[radius_m * 0.09, 0, 0]])
        stem = kites(foot[None], (top - foot)[None], side, [[0, 1, 0]], leaf, 0.5)
        count = 14 if spike else petals
        angle = np.arange(count) * (2.4 if spike else 6.283 / petals) + rng.random()
        out = np.stack([np.cos(angle), np.full(count, 0.35), np.sin(angle)], axis=1)
        at = np.repeat(top[None], count, axis=0)
        size = np.full((count, 1), radius_m)
        if spike:
            t = np.linspace(0, 1, count)[:, None]
            at = at - (top - foot) * 0.5 * (1 - t)
            size = radius_m * (1.1 - 0.8 * t)
        wide = np.cross(out, [0, 1, 0]) * size * (0.7 if spike else 2.6 / petals)
        tint = np.asarray(petal) * rng.uniform(0.85, 1.15, (count, 1))
        parts += [
            stem,
            kites(at, out * size, wide, out * 0.3 + np.array([0, 1, 0]), tint, 0.5, 0.6),
        ]
        if not spike:
            eye = np.array([[0.6, 0.1, 0.0]]) * radius_m
            dot = kites(top[None] - eye / 2 + [0, radius_m * 0.25, 0], eye, eye[:, [2, 1, 0]] / 2,
                        [[0, 1, 0]], heart, 0.3, 0.5)  # fmt: skip
            parts.append(dot)
    return merged(parts)


@cache
def light_fern(kind: int) -> Mesh:
    """Return one of three ferns, 0.7 m, of few leaflets."""
    return fern(np.random.default_rng(kind), 8 + kind, 0.72, 10)


@cache
def shrublet(kind: int, color: tuple[float, float, float]) -> Mesh:
    """Return a low cushion of small leaves, 0.3 m high: bilberry, heather, moss cranberry."""
    rng = np.random.default_rng([kind, 3])
    count = 70
    d = rng.standard_normal((count, 3))
    d[:, 1] = np.abs(d[:, 1])
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    base = d * rng.uniform(0.5, 1, (count, 1)) ** 0.5 * [0.30, 0.20, 0.30]
    along = (d * 0.6 + rng.normal(0, 0.5, (count, 3))) * 0.10
    side = np.cross(along, rng.standard_normal((count, 3)))
    side *= 0.035 / np.linalg.norm(side, axis=1, keepdims=True)
    tint = np.asarray(color) * rng.uniform(0.6, 1.35, (count, 1))
    return kites(base, along, side, d + np.array([0, 0.5, 0]), tint, 0.6)


@cache
def stump(kind: int, moss: float, snow: bool = False) -> Mesh:
    """Return a sawn stump with spreading roots, about 0.45 m high and 0.6 m wide."""
    rng = np.random.default_rng([kind, 4])
    a = np.linspace(0, 6.283, 24, endpoint=False)
    lobes = (0.5 + 0.5 * np.cos(5 * a + rng.random() * 6)) ** 2
    rings = []
    for y, wide in ((-0.12, 1.5), (0.03, 0.9), (0.14, 0.35), (0.3, 0.12), (0.44, 0.08)):
        r = 0.27 * (1 + wide * lobes * 0.55) + rng.normal(0, 0.004, 24)
        rings.append(np.stack([r * np.cos(a), np.full(24, y), r * np.sin(a)], axis=1))
    side = _rings(np.array(rings)).painted((0.13, 0.095, 0.07), Material.BARK, moss)
    top = lathe([[0.285, 0.44], [0.2, 0.445], [0.0, 0.45]], 24)
    cut = top.painted((0.40, 0.28, 0.15), Material.WOOD)
    cut.color[: 24 * 2, :3] *= 0.8
    parts = [side, cut]
    if snow:
        parts.append(sphere(1, 8, 16).scaled((0.31, 0.13, 0.31)).moved((0, 0.45, 0)))
        parts[-1] = parts[-1].painted(SNOW, Material.SNOW)
    return merged(parts)


def _rings(points: NDArray[np.float64]) -> Mesh:
    rows, sides = points.shape[:2]
    return mesh_from(points.reshape(-1, 3), grid_faces(rows, sides, wrap=True)[:, [0, 2, 1]])


@cache
def fallen_log(kind: int, moss: float, snow: bool = False) -> Mesh:
    """Return a felled stem along x, 4 m long, 0.25 m thick, lying on y = 0."""
    rng = np.random.default_rng([kind, 5])
    stem = trunk(rng, 0.25, 4.2, moss, sides=16, rows=16, spread=0.0)
    stem = stem.turned(np.pi / 2 - 0.03, "z").moved((2.1, 0.16, 0))
    parts = [stem]
    for _ in range(4):
        x, a = rng.uniform(-1.5, 1.6), rng.uniform(0.3, 2.8)
        out = np.array([0.15, np.sin(a), np.cos(a)]) * rng.uniform(0.35, 0.7)
        foot = np.array([x, 0.16, 0])
        limb = tube(np.stack([foot, foot + out]), [0.045, 0.02], 5)
        parts.append(limb.painted((0.13, 0.10, 0.075), Material.BARK, moss))
    if snow:
        ridge = sphere(1, 8, 16).scaled((1.85, 0.12, 0.19)).moved((0.05, 0.36, 0))
        parts.append(ridge.painted(SNOW, Material.SNOW))
    return merged(parts)


@cache
def boulder(kind: int, moss: float, snow: bool = False) -> Mesh:
    """Return a boulder of about 1 m radius, perhaps under a cap of snow."""
    stone = rock(np.random.default_rng(kind), 3, 13, moss)
    if not snow:
        return stone
    cap = icosphere(2).scaled((0.86, 0.42, 0.86)).moved((0, 0.42, 0))
    return merged([stone, cap.painted(SNOW, Material.SNOW)])


@cache
def toadstools(kind: int) -> Mesh:
    """Return a family of three to six mushrooms: fly agarics, ceps or chanterelles."""
    rng = np.random.default_rng([kind, 6])
    cap, spots = (
        ((0.45, 0.03, 0.018), False),
        ((0.25, 0.12, 0.05), False),
        ((0.62, 0.34, 0.05), False),
    )[kind % 3]
    parts = []
    one = mushroom(rng, cap, spots)
    if kind % 3 == 0:
        for _ in range(9):
            a, r = rng.random() * 6.283, rng.uniform(0.02, 0.085)
            at = (r * np.cos(a), 0.214 - 3.6 * r * r, r * np.sin(a))
            one = merged([one, box((0.018, 0.008, 0.018), at).painted((0.8, 0.76, 0.68))])
    for _ in range(int(rng.integers(3, 7))):
        x, z = rng.normal(0, 0.2, 2)
        parts.append(one.scaled(float(rng.uniform(0.5, 1.25))).moved((x, 0, z)))
    return merged(parts)


@cache
def cord_wood(kind: int, snow: bool = False) -> Mesh:
    """Return logs stacked along x, about 2.2 m long and 1 m high, cut ends to both z."""
    rng = np.random.default_rng([kind, 7])
    parts = []
    for row in range(5):
        for i in range(11 - row % 2):
            r = rng.uniform(0.085, 0.105)
            log = cylinder(r, 0.9, 8).painted((0.13, 0.095, 0.07), Material.BARK)
            cut = np.unique(log.faces[log.faces[:, 0] >= 16])
            log.color[cut, :3] = np.array([0.42, 0.28, 0.14]) * rng.uniform(0.75, 1.15)
            log.material[cut] = Material.WOOD
            x = -1.05 + 0.2 * i + 0.1 * (row % 2)
            parts.append(log.turned(np.pi / 2, "x").moved((x, 0.1 + row * 0.175, -0.45)))
    for x in (-1.2, 1.2):
        post = cylinder(0.05, 1.15, 7).painted((0.15, 0.11, 0.08), Material.BARK)
        parts.append(post.moved((x, -0.1, 0.2)))
    if snow:
        top = sphere(1, 8, 18).scaled((1.2, 0.16, 0.5)).moved((0, 0.9, 0))
        parts.append(top.painted(SNOW, Material.SNOW))
    return merged(parts)


@cache
def plank_bench(kind: int) -> Mesh:
    """Return a simple bench along x looking to +z; kinds: half log, boards with a back."""
    rng = np.random.default_rng([kind, 8])
    tone = (0.30, 0.21, 0.13)
    parts = [plank((1.7, 0.07, 0.36), (0, 0.45, 0), tone, rng, 0.02)]
    for x in (-0.62, 0.62):
        parts.append(plank((0.12, 0.5, 0.3), (x, 0.2, 0), (0.2, 0.14, 0.09), rng, 0.02))
    if kind % 2:
        for y in (0.66, 0.84):
            parts.append(plank((1.7, 0.11, 0.035), (0, y, -0.2), tone, rng))
        for x in (-0.62, 0.62):
            parts.append(plank((0.07, 0.55, 0.05), (x, 0.66, -0.17), tone, rng))
    return merged(parts)


@cache
def fire_ring(burning: bool = False) -> Mesh:
    """Return a ring of stones with charred logs in it, 1.2 m wide, perhaps with flames."""
    rng = np.random.default_rng(12)
    parts = []
    for i in range(10):
        a = i / 10 * 6.283 + rng.normal(0, 0.08)
        stone = rock(rng, 1, 8, 0.0).scaled(float(rng.uniform(0.12, 0.17)))
        parts.append(stone.moved((0.55 * np.cos(a), 0.05, 0.55 * np.sin(a))))
    for i in range(4):
        a = i * 0.9 + 0.3
        end = np.array([0.42 * np.cos(a), 0.05, 0.42 * np.sin(a)])
        log = tube([end, -end * 0.3 + np.array([0, 0.22, 0])], 0.05, 6)
        parts.append(log.painted((0.035, 0.03, 0.028), Material.BARK))
    ash = cylinder(0.45, 0.03, 14).painted((0.12, 0.115, 0.11), Material.GROUND)
    if burning:
        for _ in range(12):
            x, z = rng.normal(0, 0.13, 2)
            tall = rng.uniform(0.25, 0.6) * np.exp(-(x * x + z * z) * 12)
            flame = lathe([[0.0, 0.0], [0.06, tall * 0.3], [0.0, tall]], 5)
            glow = np.array([9.0, 3.4, 0.7]) * rng.uniform(0.6, 1.3)
            parts.append(flame.moved((x, 0.06, z)).painted(glow, Material.GLOW))
    return merged([*parts, ash])


def strew_leaves(
    land: Land, count: int, far_m: float, colors: ArrayLike, *, size_m: float = 0.045, number: int
) -> None:
    """Strew fallen leaves or needles in drifts, in four sectors that can be culled apart."""
    rng, size = land.rng, size_m * land.bold
    many = land.many(count)
    x, z = scattered(rng, many, 0.5, far_m, power=0.75)
    keep = fbm(x, z, 4, 2, number + 41) > rng.uniform(-0.8, 0.6, many)
    if land.shore is not None:
        keep &= land.shore(x, z) > 0.1
    x, z = x[keep], z[keep]
    at = on_ground(land.height, x, z, -0.012)
    angle = rng.random(len(x)) * 6.283
    along = np.stack([np.cos(angle), rng.normal(0, 0.18, len(x)), np.sin(angle)], axis=1)
    along *= size * rng.uniform(0.7, 1.3, (len(x), 1))
    side = np.cross(along, [0, 1, 0]) * 0.32
    table = np.asarray(colors)
    tint = table[rng.integers(0, len(table), len(x))] * rng.uniform(0.6, 1.2, (len(x), 1))
    quarter = (np.arctan2(x, z) / 1.5708 + 2).astype(int) % 4
    for part in range(4):
        own = quarter == part
        if own.any():
            up = np.tile([0, 1.0, 0], (int(own.sum()), 1))
            leaves = kites(at[own], along[own], side[own], up, tint[own], 0.25)
            land.scene.add(leaves, casts_sun=False, casts_sky=False)
