"""Caves from within: a hollow of rock, dripstone, crystals, glowing mushrooms."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, flat, grid_faces, lathe, merged, mesh_from, tube
from ldm3d.data.noise import fbm, volume_fbm
from ldm3d.data.prototypes import prototype
from ldm3d.data.terrain import Height, smoothstep

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

MIDDLE_M = 1.7
"""Height of the point from which all of a hollow's wall is seen."""


def solid_noise(points: ArrayLike, period_m: float, number: int) -> Doubles:
    """Return smooth noise at points (..., 3), about in [-1, 1]; `period_m` is its longest wave."""
    from scipy.ndimage import map_coordinates

    volume = volume_fbm()[..., 3]
    shift = np.random.default_rng(number).random(3) * 128
    at = np.asarray(points, np.float64) * (128 / 3 / period_m) + shift
    flat_at = at.reshape(-1, 3).T
    found = map_coordinates(volume, flat_at, order=1, mode="grid-wrap")
    return np.asarray((found.reshape(at.shape[:-1]) - 0.5) * 2.5)


@dataclass(frozen=True)
class Gap:
    """A direction in which the wall opens: a tunnel that goes on, or a hole to the sky."""

    azimuth_rad: float
    elevation_rad: float
    wide_rad: float
    deep_m: float = 0.0
    """How far the tunnel goes; 0: it is a hole."""

    def direction(self) -> Doubles:
        """Return the unit vector to its middle."""
        c = np.cos(self.elevation_rad)
        a = self.azimuth_rad
        return np.array([c * np.sin(a), np.sin(self.elevation_rad), -c * np.cos(a)])

    def angle(self, d: Doubles) -> Doubles:
        """Return the angle of directions (..., 3) from its middle."""
        return np.asarray(np.arccos(np.clip(d @ self.direction(), -1, 1)))


@dataclass(frozen=True)
class Hollow:
    """The room that a cave is."""

    half_m: tuple[float, float]
    """Half its length and width."""
    high_m: float
    turn_rad: float
    number: int
    rough: float = 1.0
    square: float = 2.6
    """2 is an ellipsoid, more a box."""
    gaps: tuple[Gap, ...] = field(default=())

    def reach(self, d: Doubles) -> Doubles:
        """Return metres from the middle to the wall in unit directions (..., 3)."""
        c, s = np.cos(self.turn_rad), np.sin(self.turn_rad)
        u, v = d[..., 0] * c + d[..., 2] * s, d[..., 2] * c - d[..., 0] * s
        p = self.square
        up = (self.high_m - MIDDLE_M) * (1 + 0.35 * solid_noise(d * 3.0, 5.0, self.number + 1))
        low = np.where(d[..., 1] > 0, np.maximum(up, 1.2), MIDDLE_M + 2.5)
        total = np.abs(u / self.half_m[0]) ** p + np.abs(v / self.half_m[1]) ** p
        r = (total + np.abs(d[..., 1] / low) ** p) ** (-1 / p)
        r = r * (1 + 0.30 * solid_noise(d * 3.0, 4.0, self.number))
        for gap in self.gaps:
            if gap.deep_m > 0:
                r = r + gap.deep_m * np.exp(-((gap.angle(d) / gap.wide_rad) ** 4))
        at = d * r[..., None]
        bumps = 0.8 * solid_noise(at, 4.5, self.number + 2)
        # Water that ran down left folds: longer than wide.
        bumps = bumps + 0.42 * np.abs(solid_noise(at * [1, 0.22, 1], 1.9, self.number + 3))
        bumps = bumps + 0.10 * solid_noise(at * [1, 0.5, 1], 0.9, self.number + 4)
        return np.asarray(np.maximum(r - self.rough * bumps, 1.6))


def hollow_wall(hollow: Hollow, colors: ArrayLike, material: Material, rows: int) -> Mesh:
    """Return wall and ceiling; `colors` (N, 3) lie in uneven layers."""
    sides = rows * 2
    t = np.linspace(-0.95, np.pi / 2, rows)
    a = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ct = np.cos(t)[:, None]
    d = np.stack([ct * np.cos(a), np.broadcast_to(np.sin(t)[:, None], (rows, sides)),
                  ct * np.sin(a)], -1)  # fmt: skip
    d[-1] = (0, 1, 0)
    point = d * hollow.reach(d)[..., None] + np.array([0, MIDDLE_M, 0])
    faces = grid_faces(rows, sides, wrap=True)
    keep = np.ones(len(faces), bool)
    ways = d.reshape(-1, 3)
    for gap in hollow.gaps:
        if gap.deep_m == 0:
            ragged = 1 + 0.5 * solid_noise(ways * 6, 5.0, hollow.number + 9)
            out = gap.angle(ways) < gap.wide_rad * ragged
            keep &= ~out[faces].any(axis=1)
    color = layered(point.reshape(-1, 3), colors, hollow.number)
    return mesh_from(point.reshape(-1, 3), faces[keep], color=color, material=material)


def layered(points: ArrayLike, colors: ArrayLike, number: int) -> Doubles:
    """Return rock colors (V, 3) of points: layers, stains, pale crusts."""
    at, table = np.asarray(points, np.float64), np.asarray(colors, np.float64)
    level = at[:, 1] * 0.4 + solid_noise(at, 7.0, number + 5) * 0.8
    part = (level % 1.0) * len(table)
    low = np.floor(part).astype(int) % len(table)
    share = smoothstep(0.55, 0.95, part % 1.0)[:, None]
    color = table[low] * (1 - share) + table[(low + 1) % len(table)] * share
    stain = smoothstep(0.1, 0.7, solid_noise(at * [1, 0.25, 1], 2.4, number + 6))[:, None]
    tone = 1 + 0.16 * solid_noise(at * [1, 0.3, 1], 1.1, number + 7)[:, None]
    return np.asarray(np.clip(color * (1 - 0.35 * stain) * tone, 0.004, 1))


@prototype
def dripstone(kind: int) -> Mesh:
    """Return a stalagmite 1 m high and about 0.24 m wide at its foot; upside down it hangs."""
    rng = np.random.default_rng([kind, 71])
    rows, sides = 16, 11
    t = np.linspace(0, 1, rows)
    r = 0.12 * (1 - t) ** rng.uniform(0.75, 1.35) + 0.008
    r = r * (1 + 0.16 * np.sin(t * rng.uniform(16, 30) + rng.random() * 6))
    r[0] *= 1.55
    r[1] *= 1.2
    r[-1] = 0.002
    a = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    flute = 1 + 0.13 * np.sin(a * rng.integers(3, 6) + t[:, None] * 3 + rng.random() * 6)
    lean = rng.normal(0, 0.03, 2)
    x = r[:, None] * flute * np.cos(a) + lean[0] * t[:, None] ** 2
    z = r[:, None] * flute * np.sin(a) + lean[1] * t[:, None] ** 2
    y = np.broadcast_to(t[:, None], x.shape)
    shade = 0.78 + 0.34 * t + 0.12 * np.sin(t * 40)
    color = np.repeat((shade[:, None] * np.ones(3))[:, None], sides, axis=1)
    return mesh_from(np.stack([x, y, z], -1).reshape(-1, 3), grid_faces(rows, sides, wrap=True),
                     color=color.reshape(-1, 3), material=Material.STONE)  # fmt: skip


@prototype
def dripstone_column(kind: int) -> Mesh:
    """Return a pillar 1 m high (to be stretched) of about 0.5 m, wide at foot and head."""
    rng = np.random.default_rng([kind, 72])
    rows, sides = 34, 18
    t = np.linspace(-0.06, 1.06, rows)
    waist = rng.uniform(0.35, 0.7)
    r = 0.16 + 0.36 * np.abs(t - waist) ** 2.2 * 3
    r = r * (1 + 0.10 * np.sin(t * 40 + rng.random() * 6) * np.sin(t * 13))
    a = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    lobes = 0.14 * np.sin(a * 4 + t[:, None] * 2) + 0.10 * np.sin(a * 7 - t[:, None] * 5 + 1)
    x, z = r[:, None] * (1 + lobes) * np.cos(a), r[:, None] * (1 + lobes) * np.sin(a)
    y = np.broadcast_to(t[:, None], x.shape)
    shade = (0.9 + 0.25 * np.sin(t * 23)[:, None] * np.ones(sides))[..., None] * np.ones(3)
    return mesh_from(np.stack([x, y, z], -1).reshape(-1, 3), grid_faces(rows, sides, wrap=True),
                     color=shade.reshape(-1, 3), material=Material.STONE)  # fmt: skip


def _glowing(mesh: Mesh, radiance: Doubles) -> Mesh:
    color = np.concatenate([radiance, mesh.color[:, 3:]], 1).astype(np.float32)
    return replace(mesh, color=color, material=np.full_like(mesh.material, Material.GLOW))


@prototype
def crystal_cluster(kind: int, count: int = 9) -> Mesh:
    """Return glowing prisms about 1 m long that spread from the origin; tint gives the color."""
    rng = np.random.default_rng([kind, 73])
    parts = []
    for i in range(count):
        tall = (1.0 if i == 0 else rng.uniform(0.25, 0.85)) * rng.uniform(0.85, 1.1)
        r = tall * rng.uniform(0.09, 0.15) + 0.015
        prism = flat(lathe([[r * 0.8, -0.08], [r, 0.55 * tall], [r * 0.92, 0.78 * tall],
                            [0.001, tall]], 6))  # fmt: skip
        y = prism.position[:, 1] / tall
        side = np.repeat(rng.uniform(0.45, 1.25, len(prism.faces) // 2 + 1), 6)[: len(y)]
        rgb = (0.10 + 0.95 * np.clip(y, 0, 1) ** 1.4)[:, None] * side[:, None] * np.ones(3)
        prism = _glowing(prism, rgb)
        tip = 0.12 if i == 0 else rng.uniform(0.25, 1.0)
        parts.append(prism.turned(tip, "z").turned(rng.random() * 6.283))
    return merged(parts)


@prototype
def glow_mushrooms(kind: int, count: int = 7) -> Mesh:
    """Return a group of glowing mushrooms up to 0.5 m high; tint gives the color."""
    rng = np.random.default_rng([kind, 74])
    parts = []
    flatness = rng.uniform(0.35, 0.9)
    for i in range(count):
        tall = (0.5 if i == 0 else rng.uniform(0.1, 0.4)) * rng.uniform(0.8, 1.1)
        cap = tall * rng.uniform(0.28, 0.45)
        t = np.linspace(0, 1, 7)
        dome = np.stack([cap * np.cos(t * np.pi / 2), cap * flatness * np.sin(t * np.pi / 2)], 1)
        top = lathe(np.concatenate([[[cap * 0.25, 0.02 * cap]], dome]), 14)
        glow = 0.35 + 0.75 * (1 - top.position[:, 1:2] / (cap * flatness))
        rgb = glow * np.ones(3)
        top = _glowing(top, rgb)
        bend = rng.normal(0, 0.12, 2) * tall
        stem = tube([[0, -0.05, 0], [bend[0] * 0.3, tall * 0.5, bend[1] * 0.3],
                     [bend[0], tall, bend[1]]], [cap * 0.2, cap * 0.13, cap * 0.12], 7)  # fmt: skip
        at = rng.normal(0, 0.16, 2) * (i > 0)
        stem = stem.painted((0.28, 0.28, 0.28), Material.GLOW)
        parts.append(merged([top.moved((bend[0], tall, bend[1])), stem]).moved((at[0], 0, at[1])))
    return merged(parts)


@prototype
def mine_lantern() -> Mesh:
    """Return an iron lantern 0.34 m high whose flame is at 0.15 m."""
    iron = (0.05, 0.045, 0.04)
    foot = lathe([[0.0, 0.0], [0.10, 0.0], [0.10, 0.04], [0.06, 0.06], [0.0, 0.06]], 14)
    roof = lathe([[0.0, 0.24], [0.10, 0.24], [0.07, 0.29], [0.02, 0.32], [0.0, 0.32]], 14)
    a = np.linspace(0, np.pi, 9)
    ring = tube(np.stack([0.05 * np.cos(a), 0.32 + 0.05 * np.sin(a), 0 * a], 1), 0.008, 6)
    bars = [tube([[x, 0.05, z], [x, 0.25, z]], 0.008, 5)
            for x, z in ((0.08, 0), (-0.08, 0), (0, 0.08), (0, -0.08))]  # fmt: skip
    glass = lathe([[0.06, 0.06], [0.075, 0.15], [0.06, 0.24]], 12)
    dark = merged([foot, roof, ring, *bars]).painted(iron, Material.METAL)
    return merged([dark, glass.painted((9.0, 5.2, 1.9), Material.GLOW)])


def glow_worms(points: Floats, color: ArrayLike, rng: np.random.Generator) -> Mesh:
    """Return small lights at points (N, 3), each an octahedron, as one mesh."""
    count = len(points)
    size = rng.uniform(0.018, 0.05, (count, 1, 1))
    star = np.array([[1, 0, 0], [-1, 0, 0], [0, 1.5, 0], [0, -2.5, 0], [0, 0, 1], [0, 0, -1]])
    at = points[:, None] + star[None] * size
    one = np.array([[0, 2, 4], [4, 2, 1], [1, 2, 5], [5, 2, 0], [0, 4, 3], [4, 1, 3], [1, 5, 3],
                    [5, 0, 3]])  # fmt: skip
    faces = (np.arange(count)[:, None, None] * 6 + one).reshape(-1, 3)
    bright = np.repeat(rng.uniform(0.4, 1.6, (count, 1)), 6, axis=0) * np.asarray(color)
    return mesh_from(at.reshape(-1, 3), faces, color=bright, material=Material.GLOW)


def cave_floor(hollow: Hollow, shore: Height | None, level_m: float) -> Height:
    """Return the floor's height: uneven, rising to the walls, sinking below a lake's level."""
    number = hollow.number
    c, s = np.cos(hollow.turn_rad), np.sin(hollow.turn_rad)

    def height(x: Floats, z: Floats) -> Floats:
        u, v = x * c + z * s, z * c - x * s
        edge = np.hypot(u / hollow.half_m[0], v / hollow.half_m[1])
        y = fbm(x, z, 5.0, 3, number + 11) * 0.22 + fbm(x, z, 1.3, 2, number + 12) * 0.05
        rise = np.clip(fbm(x, z, 9.0, 2, number + 13) + 0.45, 0.05, 1)
        y = y * smoothstep(0.0, 2.5, np.hypot(x, z)) + 1.8 * rise * smoothstep(0.55, 1.1, edge)
        if shore is not None:
            wet = shore(x, z)
            y = y * smoothstep(-1.0, 1.5, wet) + level_m * 0.75 * smoothstep(2.0, 0.0, wet)
            y = y - 1.5 * smoothstep(0.3, -3.0, wet)
        return np.asarray(y, np.float32)

    return height
