"""What grows in a rain forest: big leaves, lianas, buttressed trees; and falling water."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, grid_faces, lathe, merged, mesh_from, tube
from ldm3d.data.noise import fbm
from ldm3d.data.plants import kites
from ldm3d.data.trees import leaf_cloud, trunk

Doubles = NDArray[np.float64]

_GREENS = (
    (0.065, 0.165, 0.028), (0.100, 0.185, 0.026), (0.050, 0.140, 0.048), (0.125, 0.195, 0.032),
)  # fmt: skip


def _blades(
    rng: np.random.Generator,
    base: Doubles,
    out: Doubles,
    length: Doubles,
    width: Doubles,
    droop: Doubles,
    color: ArrayLike,
    cuts: int = 0,
) -> Mesh:
    """Return broad leaves that arch over, folded along a pale middle rib.

    Args:
        rng: of their shades.
        base: (N, 3) where the blades begin.
        out: (N, 3) unit, the way they start.
        length: (N,) metres.
        width: (N,) half of it.
        droop: (N,) how far the tip hangs, as a share of the length.
        color: (3,) linear albedo.
        cuts: how many slits run in from the rim, as in a monstera or a torn banana leaf.
    """
    rows = 13 if cuts else 8
    count = len(base)
    t = np.linspace(0, 1, rows)
    flat = np.stack([out[:, 0], np.zeros(count), out[:, 2]], axis=1)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True) + 1e-9
    across = np.cross(flat, [0, 1, 0])
    spine = base[:, None] + out[:, None] * (length[:, None] * t)[..., None]
    spine[..., 1] -= length[:, None] * droop[:, None] * t**2
    wide = width[:, None] * np.sin(np.pi * np.clip(t * 0.97 + 0.03, 0, 1) ** 0.62) ** 0.75
    if cuts:
        wide = wide * np.where(np.arange(rows) % 2 == 1, 1.0, 0.55)
        wide[:, 0] *= 0.3
    lift = 0.28 * wide[..., None] * np.array([0, 1, 0])
    left = spine - across[:, None] * wide[..., None] + lift
    right = spine + across[:, None] * wide[..., None] + lift
    points = np.stack([left, spine, right], axis=2)
    one = grid_faces(rows, 3)
    faces = (np.arange(count)[:, None, None] * rows * 3 + one[None]).reshape(-1, 3)
    shade = (
        rng.uniform(0.7, 1.3, (count, 1, 1, 1)) * np.array([0.9, 1.25, 1.0])[None, None, :, None]
    )
    tint = np.asarray(color) * shade * (0.75 + 0.4 * t)[None, :, None, None]
    tint = tint * (1 + rng.normal(0, 0.06, (count, 1, 1, 3)))
    normal = np.array([0, 1.0, 0]) + 0.35 * flat[:, None, None] * t[None, :, None, None]
    tilt = np.array([-0.35, 0, 0.35])[None, None, :, None] * across[:, None, None]
    normal = np.broadcast_to(normal + tilt, points.shape).reshape(-1, 3)
    normal = normal / np.linalg.norm(normal, axis=1, keepdims=True)
    return mesh_from(
        points.reshape(-1, 3), faces, normal,
        np.broadcast_to(np.maximum(tint, 0.004), points.shape).reshape(-1, 3),
        Material.FOLIAGE, 0.6,
    )  # fmt: skip


@cache
def big_leaves(kind: int) -> Mesh:
    """Return one of 6 plants with big leaves: elephant ears, bananas, monsteras; 1.2 to 3 m."""
    rng = np.random.default_rng([kind, 81])
    banana, split = kind % 3 == 1, kind % 3 == 2
    count = (11, 9, 13)[kind % 3]
    azimuth = np.arange(count) * 2.39996 + rng.normal(0, 0.25, count)
    out = np.stack([np.cos(azimuth), np.zeros(count), np.sin(azimuth)], axis=1)
    rank = rng.permutation(count) / count
    stem_m = rng.uniform(0.5, 1.0, count) * (1.6 if banana else 1.0) * (0.6 + 0.6 * rank)
    lean = (0.25 if banana else 0.55) * (1.2 - rank)
    top = out * (stem_m * lean)[:, None] + np.array([0, 1, 0]) * stem_m[:, None]
    stems = []
    for i in range(count):
        middle = top[i] * [0.35, 0.6, 0.35]
        stems.append(
            tube(
                [[0, -0.05, 0], middle, top[i]],
                (0.05, 0.03, 0.016) if banana else (0.02, 0.014, 0.01),
                4,
            )
        )
    length = rng.uniform(0.75, 1.15, count) * (1.5 if banana else 0.72)
    width = length * ((0.17, 0.16, 0.40)[kind % 3] if banana else (0.36, 0.16, 0.40)[kind % 3])
    rise = rng.uniform(0.35, 0.9, count) if banana else rng.uniform(-0.15, 0.45, count)
    way = out + np.array([0, 1, 0]) * rise[:, None]
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    droop = rng.uniform(0.35, 0.75, count)
    blades = _blades(rng, top, way, length, width, droop, _GREENS[kind % 4], 6 if split else 0)
    green = merged(stems).painted((0.09, 0.14, 0.035), Material.FOLIAGE, 0.3)
    return merged([blades, green])


@cache
def rosette(kind: int) -> Mesh:
    """Return a bromeliad or bird's-nest fern: strap leaves from one foot, 0.8 m wide."""
    rng = np.random.default_rng([kind, 82])
    count = 20
    azimuth = np.arange(count) * 2.39996
    out = np.stack([np.cos(azimuth), rng.uniform(0.5, 1.6, count), np.sin(azimuth)], axis=1)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    length = rng.uniform(0.4, 0.65, count)
    color = ((0.06, 0.14, 0.025), (0.09, 0.13, 0.02), (0.05, 0.10, 0.05))[kind % 3]
    leaves = _blades(
        rng, np.zeros((count, 3)), out, length, length * 0.09, np.full(count, 0.55), color
    )
    if kind % 2:
        heart = ((0.75, 0.06, 0.05), (0.80, 0.30, 0.03), (0.70, 0.10, 0.30))[kind % 3]
        n = 14
        a = np.arange(n) * 2.4
        up = np.stack([0.35 * np.cos(a), np.linspace(1.0, 0.6, n), 0.35 * np.sin(a)], axis=1)
        base = np.stack([0 * a, np.linspace(0.05, 0.3, n), 0 * a], axis=1)
        side = np.stack([-np.sin(a), 0 * a, np.cos(a)], axis=1) * 0.035
        leaves = merged([leaves, kites(base, up * 0.24, side, up, heart, 0.5)])
    return leaves


@cache
def ground_cover(kind: int) -> Mesh:
    """Return a patch of small round leaves close to the ground, 0.3 m wide."""
    rng = np.random.default_rng([kind, 86])
    count = 16
    a, r = rng.random(count) * 6.283, rng.random(count) ** 0.5 * 0.14
    out = np.stack([np.cos(a), np.full(count, 0.15), np.sin(a)], axis=1)
    base = out * r[:, None] + [0, 0.04, 0] + rng.normal(0, 0.012, (count, 3))
    along = (out + rng.normal(0, 0.4, (count, 3)) * [1, 0.2, 1]) * rng.uniform(
        0.05, 0.09, (count, 1)
    )
    side = np.cross(along, [0, 1, 0]) * 0.42
    tint = np.asarray(_GREENS[kind + 1]) * rng.uniform(0.5, 1.15, (count, 1))
    return kites(base, along, side, out * 0.3 + [0, 1.0, 0], tint, 0.5, 0.5)


@cache
def blossom(kind: int) -> Mesh:
    """Return a shrub with large flowers, 1.2 m high: hibiscus, ginger, orchids."""
    rng = np.random.default_rng([kind, 83])
    count = 150
    d = rng.standard_normal((count, 3))
    d[:, 1] = np.abs(d[:, 1])
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    base = d * rng.uniform(0.2, 0.55, (count, 1)) * [1, 1.3, 1] + [0, 0.15, 0]
    along = (d + rng.normal(0, 0.5, (count, 3)) + [0, -0.2, 0]) * 0.16
    side = np.cross(along, [0, 1, 0]) * 0.36
    tint = np.asarray(_GREENS[kind % 4]) * rng.uniform(0.55, 1.25, (count, 1))
    green = kites(base, along, side, d + np.array([0, 0.4, 0]), tint, 0.7)
    petal = ((0.80, 0.05, 0.06), (0.85, 0.30, 0.04), (0.70, 0.10, 0.42), (0.80, 0.74, 0.68))[
        kind % 4
    ]
    parts = [green]
    for _ in range(9):
        way = rng.standard_normal(3)
        way[1] = abs(way[1]) + 0.3
        way /= np.linalg.norm(way)
        at = way * [0.6, 0.78, 0.6] + [0, 0.15, 0]
        a = np.arange(5) * 1.2566 + rng.random()
        helper = np.cross(way, [0.3, 1, 0.2])
        helper /= np.linalg.norm(helper)
        other = np.cross(way, helper)
        ray = np.cos(a)[:, None] * helper + np.sin(a)[:, None] * other
        petals = kites(
            np.tile(at, (5, 1)), (ray + way * 0.45) * 0.095, np.cross(ray, way) * 0.05,
            np.tile(way, (5, 1)) + ray * 0.3, petal, 0.6, 0.65,
        )  # fmt: skip
        parts.append(petals)
        parts.append(tube([at, at + way * 0.1], 0.008, 4).painted((0.8, 0.6, 0.1)))
    return merged(parts)


@cache
def giant_tree(kind: int, level: int) -> Mesh:
    """Return a buttressed tree: 18 m, its crown from 9 m up; level 1 is for far away."""
    rng = np.random.default_rng([kind, 84])
    tall = (19.0, 16.0, 22.0)[kind % 3]
    stem = trunk(
        rng, (0.55, 0.42, 0.7)[kind % 3], tall * 0.8, 0.75, (0.15, 0.125, 0.095),
        (26, 12)[level], (24, 10)[level], (2.1, 1.4, 2.6)[kind % 3],
    )  # fmt: skip
    parts = [stem]
    count = 9
    a = np.arange(count) * 2.4
    reach = rng.uniform(2.0, 4.6, count)
    centers = np.stack(
        [reach * np.cos(a), tall * 0.62 + np.linspace(0, 0.3, count) * tall, reach * np.sin(a)],
        axis=1,
    )
    for center in centers:
        low = np.array([0, center[1] - 2.6, 0])
        parts.append(
            tube([low, (low + center) / 2 + [0, 0.3, 0], center], [0.2, 0.13, 0.05], 5).painted(
                (0.12, 0.10, 0.075), Material.BARK, 0.7
            )
        )
    leaves, size = ((1500, 0.55), (420, 1.0))[level]
    crown = leaf_cloud(
        rng, centers, rng.uniform(1.7, 2.8, count), leaves, size, _GREENS[(kind + 2) % 4], 0.3
    )
    return merged([*parts, crown])


@cache
def thicket(kind: int) -> Mesh:
    """Return a wall of leaves about 4 m wide and 5 m high for the middle distance."""
    rng = np.random.default_rng([kind, 85])
    centers = rng.normal(0, 1.0, (9, 3)) * [1.1, 1.0, 1.1] + [0, 2.2, 0]
    leaves = leaf_cloud(rng, centers, rng.uniform(0.8, 1.6, 9), 330, 0.75, _GREENS[kind % 4], 0.35)
    return leaves


def liana(
    rng: np.random.Generator, start: ArrayLike, end: ArrayLike, sag_m: float, leafy: bool
) -> Mesh:
    """Return a hanging vine between two points, perhaps with leaves."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    t = np.linspace(0, 1, 22)
    line = a + (b - a) * t[:, None]
    line[:, 1] -= sag_m * 4 * t * (1 - t)
    line = line + 0.07 * np.sin(np.outer(t * 14, [1.0, 0.7, 1.3]) + rng.random(3) * 6)
    radius = rng.uniform(0.018, 0.045)
    parts = [tube(line, radius, 5).painted((0.10, 0.085, 0.05), Material.BARK, 0.6)]
    if leafy:
        count = 60
        s = rng.random(count)
        base = np.stack([np.interp(s, t, line[:, i]) for i in range(3)], axis=1)
        along = rng.normal(0, 0.5, (count, 3)) + np.array([0, -0.8, 0])
        along *= 0.2 / np.linalg.norm(along, axis=1, keepdims=True)
        side = np.cross(along, rng.standard_normal((count, 3)))
        side *= 0.075 / np.linalg.norm(side, axis=1, keepdims=True)
        tint = np.asarray(_GREENS[1]) * rng.uniform(0.6, 1.3, (count, 1))
        parts.append(kites(base, along, side, along * 2 + [0, 0.8, 0], tint, 0.8))
    return merged(parts)


def falling_water(
    rng: np.random.Generator, width_m: float, drop_m: float, number: int, strands: float
) -> Mesh:
    """Return a waterfall over the edge at y = 0, z = 0 that falls to -drop_m, bowing to +z.

    Args:
        rng: of its turns.
        width_m: along x.
        drop_m: how far it falls.
        number: of the noise.
        strands: 0 one closed veil to 1 a few threads.
    """
    parts = []
    for layer in range(3):
        columns, rows = int(width_m / 0.09) + 8, 46
        u = np.linspace(-0.5, 0.5, columns)
        v = np.linspace(0, 1, rows)
        ug, vg = np.meshgrid(u, v)
        sway = 0.16 * width_m * fbm(0 * ug + 3 * layer, vg * drop_m, 7.0, 2, number + 3)
        x = ug * width_m * (0.72 + 0.42 * vg**0.7) + sway * vg
        fall = vg * drop_m
        ledge = 0.35 * np.sin(ug * 9 + layer) + 0.5 * fbm(ug * 20, 0 * ug, 5, 2, number)
        z = 0.16 * layer + 0.55 * np.sqrt(vg) + 0.12 * ledge + 0.25 * vg
        y = np.where(vg < 0.03, 0.08 * (1 - layer * 0.3), -fall)
        fine = fbm(x * 1.0 + 9 * layer, y * 0.10 - layer * 7, 0.55, 3, number + layer)
        broad = fbm(x + 5 * layer, y * 0.05, 2.4, 2, number + 7 + layer)
        body = 0.5 * broad + 0.6 * fine + 1.1 * np.cos(ug * np.pi) ** 0.7 - 0.75
        bright = np.clip(0.50 + 0.75 * fine + 0.20 * vg, 0.08, 1.0)[..., None]
        color = np.array([0.52, 0.63, 0.67]) * (1 - bright) + np.array([0.86, 0.88, 0.89]) * bright
        points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
        faces = grid_faces(rows, columns)
        cut = -0.85 + 1.0 * strands + 0.3 * layer
        kept = body.ravel()[faces].mean(axis=1) > cut
        normal = np.tile([0.0, 0.5, 0.86], (len(points), 1))
        normal[:, 0] = np.clip(fine.ravel() * 0.8, -0.6, 0.6)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        parts.append(mesh_from(points, faces[kept], normal, color.reshape(-1, 3), Material.SNOW))
    return merged(parts)


def spray(rng: np.random.Generator, width_m: float, count: int, size_m: float) -> Mesh:
    """Return drops and froth thrown up at a waterfall's foot, about the origin."""
    x = rng.normal(0, width_m * 0.42, count)
    z = np.abs(rng.normal(0, 0.8, count)) - 0.1
    y = rng.exponential(0.32, count) * np.exp(-z / 1.5)
    base = np.stack([x, y, z], axis=1)
    along = rng.normal(0, 1, (count, 3)) + np.array([0, 0.6, 0])
    along *= (size_m * rng.uniform(0.4, 1.3, count) / np.linalg.norm(along, axis=1))[:, None]
    side = np.cross(along, rng.standard_normal((count, 3)))
    side *= (
        0.45
        * np.linalg.norm(along, axis=1, keepdims=True)
        / (np.linalg.norm(side, axis=1, keepdims=True) + 1e-9)
    )
    made = kites(base, along, side, np.tile([0, 1.0, 0.3], (count, 1)), (0.78, 0.82, 0.84), 0.6)
    return made.painted((0.55, 0.60, 0.62), Material.FOLIAGE, 0.3)


@cache
def parrot(kind: int) -> Mesh:
    """Return a flying parrot, 0.9 m from tip to tip, its head at -z."""
    body_color, wing, tail = (
        ((0.65, 0.03, 0.02), (0.03, 0.12, 0.55), (0.60, 0.05, 0.03)),
        ((0.75, 0.48, 0.03), (0.03, 0.22, 0.62), (0.04, 0.20, 0.55)),
        ((0.05, 0.38, 0.06), (0.04, 0.30, 0.10), (0.55, 0.40, 0.03)),
    )[kind % 3]
    body = lathe([[0, -0.2], [0.05, -0.17], [0.075, -0.02], [0.04, 0.15], [0.01, 0.2]], 9)
    body = body.turned(np.pi / 2, "x").painted(body_color)
    up = (0.35, -0.15, 0.15)[kind % 3]
    wings = kites(
        [[0.04, 0.02, 0], [-0.04, 0.02, 0], [0, 0, 0.16], [0.02, 0, 0.15], [-0.02, 0, 0.15]],
        [
            [0.42, up, 0.06],
            [-0.42, up, 0.06],
            [0, -0.02, 0.42],
            [0.05, -0.02, 0.34],
            [-0.05, -0.02, 0.34],
        ],
        [[0.0, 0, 0.13], [0.0, 0, -0.13], [0.03, 0, 0], [0.03, 0, 0], [0.03, 0, 0]],
        np.tile([0, 1.0, 0.1], (5, 1)),
        [wing, wing, tail, tail, tail],
        0.3,
    )
    beak = (
        lathe([[0.0, 0.0], [0.025, 0.03], [0.0, 0.07]], 6)
        .turned(-np.pi / 2, "x")
        .moved((0, -0.02, -0.25))
    )
    return merged([body, wings, beak.painted((0.5, 0.45, 0.35))])


@cache
def butterfly(kind: int) -> Mesh:
    """Return a butterfly 0.16 m wide with its wings half raised."""
    tint = ((0.03, 0.16, 0.75), (0.85, 0.40, 0.03), (0.80, 0.76, 0.55), (0.60, 0.06, 0.20))[
        kind % 4
    ]
    wings = kites(
        [[0, 0, 0]] * 4,
        [[0.075, 0.045, -0.045], [-0.075, 0.045, -0.045],
         [0.055, 0.03, 0.05], [-0.055, 0.03, 0.05]],
        [[0.02, 0, 0.032], [-0.02, 0, 0.032], [0.022, 0, -0.02], [-0.022, 0, -0.02]],
        np.tile([0, 1.0, 0], (4, 1)), tint, 0.7, 0.7,
    )  # fmt: skip
    body = tube([[0, 0, -0.05], [0, 0, 0.05]], 0.007, 4).painted((0.02, 0.02, 0.02))
    return merged([wings, body])
