"""Islands that float: grass on top, rock below that tapers to points, water falling off the rim."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, grid_faces, icosphere, merged, mesh_from
from ldm3d.data.noise import fbm, ridged
from ldm3d.data.scene import Color
from ldm3d.data.terrain import mix, smoothstep
from ldm3d.data.woodland import birch, frost_from, leafy_tree, scots_pine, spruce

Floats = NDArray[np.float32]

STONES: dict[str, Color] = {
    "tan": (0.30, 0.225, 0.150), "gray": (0.215, 0.205, 0.195), "red": (0.29, 0.150, 0.095),
    "dark": (0.105, 0.098, 0.100), "pale": (0.42, 0.385, 0.330),
}  # fmt: skip
SNOW = np.array([0.76, 0.80, 0.86])
GRASS: dict[str, tuple[Color, Color]] = {
    "spring": ((0.075, 0.150, 0.020), (0.125, 0.180, 0.035)),
    "summer": ((0.062, 0.118, 0.018), (0.110, 0.145, 0.030)),
    "autumn": ((0.120, 0.105, 0.028), (0.190, 0.130, 0.035)),
    "winter": ((0.110, 0.098, 0.045), (0.150, 0.130, 0.070)),
}


@dataclass(frozen=True)
class IsleShape:
    """A floating island about its middle; its rim lies at y = 0."""

    number: int  # of its noise
    radius_m: float = 20.0
    deep_m: float = 28.0
    uneven: float = 0.3
    hill_m: float = 3.0
    stretch: float = 1.0

    def outline(self, angle: NDArray[np.floating]) -> Floats:
        """Return how far the rim is from the middle; the angle runs from +x to +z."""
        c, s = np.cos(angle) * self.radius_m, np.sin(angle) * self.radius_m
        wave = fbm(c, s, self.radius_m * 1.7, 3, self.number)
        long = np.hypot(np.cos(angle) * self.stretch, np.sin(angle) / self.stretch)
        return np.asarray(
            self.radius_m * np.maximum(1 + self.uneven * wave, 0.35) * long, np.float32
        )

    def inside(self, x: NDArray[np.floating], z: NDArray[np.floating]) -> Floats:
        """Return metres from the rim, negative beyond it."""
        return np.asarray(self.outline(np.arctan2(z, x)) - np.hypot(x, z), np.float32)

    def top(self, x: NDArray[np.floating], z: NDArray[np.floating]) -> Floats:
        """Return the height of the grass."""
        inside = self.inside(x, z) / self.radius_m
        inner = smoothstep(0.02, 0.45, inside)
        hill = np.maximum(fbm(x, z, self.radius_m * 1.3, 3, self.number + 1) + 0.22, -0.1)
        y = self.hill_m * hill * inner + 0.10 * fbm(x, z, 2.8, 2, self.number + 2)
        drop = smoothstep(0.05, -0.02, inside)
        return np.asarray(y + 0.25 * inner - 0.35 * drop**2, np.float32)

    def below(self, x: NDArray[np.floating], z: NDArray[np.floating]) -> Floats:
        """Return the height of the rock's underside."""
        rim = self.outline(np.arctan2(z, x))
        s = np.clip(np.hypot(x, z) / rim, 0, 1)
        crag = ridged(x, z, self.radius_m * 0.8, 4, self.number + 3)
        rough = fbm(x, z, self.radius_m * 0.35, 3, self.number + 4)
        y = 0.15 * smoothstep(1.0, 0.93, s) + 0.85 * (1 - s) ** 1.25 * (0.30 + 1.05 * crag)
        y = y + 0.10 * rough * smoothstep(1.0, 0.8, s)
        rng = np.random.default_rng(self.number)
        for _ in range(6):
            a, r = rng.uniform(0, 6.283), self.radius_m * rng.uniform(0.1, 0.7)
            wide = self.radius_m * rng.uniform(0.14, 0.3)
            away = np.hypot(x - r * np.cos(a), z - r * np.sin(a)) / wide
            y = y + rng.uniform(0.12, 0.35) * np.maximum(1 - away, 0) ** 1.4
        return np.asarray(-self.deep_m * np.maximum(y, 0.0) - 0.4, np.float32)


@lru_cache(maxsize=64)
def _rim(shape: IsleShape) -> tuple[Floats, Floats]:
    """Return angles and the rim's distance from the middle there."""
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    c, s = np.cos(angle), np.sin(angle)
    size = shape.radius_m
    wave = fbm(c * size, s * size, size * 1.7, 3, shape.number)
    long = np.hypot(c * shape.stretch, s / shape.stretch)
    reach = size * np.maximum(1 + shape.uneven * wave, 0.35) * long
    return angle.astype(np.float32), reach.astype(np.float32)


@lru_cache(maxsize=64)
def rim_from(shape: IsleShape, eye: tuple[float, float]) -> tuple[Floats, Floats]:
    """Return angles, from +x to +z, and how far the rim is from an eye on the island there.

    Where the rim would jump from near to far it is cut off, so that all of the top is seen.
    """
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    c, s = np.cos(angle), np.sin(angle)
    reach, step = np.zeros(720), shape.radius_m * 4.0
    for _ in range(34):  # walk out while still inside, in ever smaller steps
        step *= 0.72
        further = reach + step
        fine = shape.inside(eye[0] + c * further, eye[1] + s * further) > 0
        reach = np.where(fine, further, reach)
    for i in [*range(1440), *range(1439, -1, -1)]:
        for near in (i - 1, i + 1):
            reach[i % 720] = min(reach[i % 720], reach[near % 720] * 1.018 + 0.01)
    return angle.astype(np.float32), reach.astype(np.float32)


def _paint(
    shape: IsleShape, points: Floats, normal: Floats, top: NDArray[np.bool_], stone: ArrayLike,
    season: str, snow: float,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Return colors and materials of an island's vertices."""
    x, y, z = points.T
    patch = fbm(x, z, 6.0, 4, shape.number + 5)
    low, high = (np.array(c) for c in GRASS[season])
    grass = mix(low, high, smoothstep(-0.5, 0.6, patch))
    bed = 0.5 + 0.5 * np.sin(y * 1.1 + 3.0 * fbm(x, z, 14, 2, shape.number + 6))
    tone = (0.80 + 0.30 * bed + 0.35 * fbm(x + y, z - y, 8, 3, shape.number + 7)).clip(0.35)
    deep = np.clip(-y / shape.deep_m, 0, 1)
    rocky = np.asarray(stone) * (tone * (1.05 - 0.25 * deep))[:, None]
    hanging = smoothstep(-0.10, -0.01, y / shape.deep_m + 0.05 * patch)
    rocky = mix(rocky, low * 0.75, 0.85 * hanging)
    steep = smoothstep(0.30, 0.52, 1 - normal[:, 1] + 0.12 * patch)
    grass = mix(grass, np.asarray(stone) * (0.9 + 0.3 * patch[:, None]), steep)
    color = np.where(top[:, None], grass, rocky)
    kind = np.where(top & (steep < 0.5), float(Material.MOSS), float(Material.ROCK))
    if snow > 0:
        white = smoothstep(0.35, 0.6, normal[:, 1] + 0.25 * patch) * top
        white = white * smoothstep(1.05 - snow, 1.25 - snow, 0.65 + 0.5 * patch)
        color = mix(color, SNOW, white)
        kind = np.where(white > 0.5, float(Material.SNOW), kind)
    return np.asarray(color.clip(0.008), np.float32), np.asarray(kind, np.float32)


def isle_mesh(
    shape: IsleShape, stone: ArrayLike, season: str, snow: float, *, sectors: int = 72,
    rows: tuple[int, int] = (12, 20), eye: tuple[float, float] = (0.0, 0.0), fine_m: float = 0.0,
) -> Mesh:  # fmt: skip
    """Return an island's top and underside.

    Args:
        shape: of the island.
        stone: its rock's color.
        season: of the grass.
        snow: how much of it is white.
        sectors: of the circle.
        rows: of vertices on the top and below.
        eye: x and z about which the top's rows run.
        fine_m: distance from `eye` up to which half of the top's rows lie.
    """
    a = np.linspace(0, 2 * np.pi, sectors, endpoint=False)
    c, s = np.cos(a), np.sin(a)
    reach = np.interp(a, *rim_from(shape, eye), period=2 * np.pi)
    t = np.linspace(0, 1, rows[0])
    if fine_m > 0:
        half = np.linspace(0, 1, rows[0] // 2)
        share = np.minimum(fine_m / reach, 0.6)
        rest = np.linspace(0, 1, rows[0] - len(half) + 1)[1:] ** 1.3
        t_of = np.concatenate([half[:, None] * share, share + rest[:, None] * (1 - share)])
    else:
        t_of = np.repeat(t[:, None], sectors, axis=1)
    x, z = eye[0] + t_of * reach * c, eye[1] + t_of * reach * s
    upper = np.stack([x, shape.top(x, z), z], axis=-1)
    low = (1 - np.linspace(0, 1, rows[1] + 1)[1:] ** 1.15)[:, None]
    lx, lz = low * x[-1], low * z[-1]
    lower = np.stack([lx, np.minimum(shape.below(lx, lz), shape.top(x[-1], z[-1]) - 0.1), lz], -1)
    # Below the grass the rock first stands out and in a little, so that the rim is no knife.
    grid = np.concatenate([upper, lower]).astype(np.float32)
    points = grid.reshape(-1, 3)
    faces = grid_faces(len(grid), sectors, wrap=True)
    made = mesh_from(points, faces[:, [0, 2, 1]])
    is_top = np.repeat(np.arange(len(grid)) < rows[0], sectors)
    color, kind = _paint(shape, points, made.normal, is_top, stone, season, snow)
    rgba = made.color.copy()
    rgba[:, :3] = color
    return replace(made, color=rgba, material=kind)


def veil(number: int, wide_m: float, drop_m: float, bow_m: float = 1.5) -> Mesh:
    """Return water that falls from (0, 0, 0) towards -y and +z and is blown away below."""
    parts = []
    for layer in range(2):
        columns, rows = 12, 40
        u, v = np.meshgrid(np.linspace(-0.5, 0.5, columns), np.linspace(0, 1, rows))
        x = u * wide_m * (0.75 + 0.9 * v) + 0.35 * wide_m * v * np.sin(3 * v + layer + number)
        y = -drop_m * v**1.15
        z = bow_m * np.sqrt(v) + 0.3 * layer - 0.6 * (v < 0.02)
        fine = fbm(x * 3 + 9 * layer, y * 0.12, 0.8, 3, number + layer)
        body = 0.55 * fine + 0.8 * np.cos(u * np.pi) - 0.25 - 1.15 * v**1.8
        bright = np.clip(0.55 + 0.6 * fine + 0.2 * v, 0.1, 1.0)[..., None]
        color = np.array([0.50, 0.62, 0.68]) * (1 - bright) + np.array([0.88, 0.90, 0.92]) * bright
        points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
        faces = grid_faces(rows, columns)
        kept = body.ravel()[faces].mean(axis=1) > -0.55 + 0.2 * layer
        normal = np.tile([0.0, 0.55, 0.83], (len(points), 1))
        parts.append(mesh_from(points, faces[kept], normal, color.reshape(-1, 3), Material.SNOW))
    return merged(parts)


@dataclass(frozen=True)
class IsleStyle:
    """What all islands of a seed share."""

    stone: Color
    season: str
    snow: float
    wood: str = "leafy"  # leafy, fir, pine, birch
    blossom: int = 0


def tree_of(style: IsleStyle, kind: int, level: int) -> Mesh:
    """Return one of a style's trees, 8 to 14 m tall."""
    frost = frost_from(style.snow)
    if style.wood == "fir":
        return spruce(kind % 4, level, frost)
    if style.wood == "pine":
        return scots_pine(kind % 3, level, frost)
    if style.wood == "birch":
        return birch(kind % 4, level, style.season, style.snow)
    return leafy_tree(kind % 3, level, style.season, style.blossom)


_SHAPES = (
    # radius, depth, uneven, hill, stretch
    (20.0, 26.0, 0.30, 3.0, 1.0), (15.0, 34.0, 0.35, 2.0, 0.9), (26.0, 22.0, 0.40, 6.0, 1.2),
    (11.0, 24.0, 0.30, 1.5, 1.1), (22.0, 40.0, 0.35, 9.0, 1.0), (30.0, 30.0, 0.45, 4.0, 1.35),
    (17.0, 20.0, 0.45, 11.0, 0.8), (8.0, 13.0, 0.35, 1.0, 1.0),
)  # fmt: skip
KINDS = len(_SHAPES)


def shape_of(kind: int) -> IsleShape:
    """Return one of some shapes."""
    radius, deep, uneven, hill, stretch = _SHAPES[kind % KINDS]
    return IsleShape(400 + 31 * kind, radius, deep, uneven, hill, stretch)


def _on_top(
    shape: IsleShape, rng: np.random.Generator, count: int, near: float, far: float
) -> NDArray[np.float64]:
    """Return places (count, 3) on the grass, between two shares of the way to the rim."""
    a, q = rng.uniform(0, 6.283, count), rng.uniform(near, far, count) ** 0.6
    r = q * shape.outline(a)
    x, z = r * np.cos(a), r * np.sin(a)
    return np.stack([x, shape.top(x, z), z], axis=1)


def _copies(
    mesh: Mesh, at: NDArray[np.floating], size: NDArray[np.floating], turn: NDArray[np.floating]
) -> Mesh:
    """Return a mesh at N places, each of its own size and turn, as one."""
    count, c, s = len(at), np.cos(turn)[:, None], np.sin(turn)[:, None]

    def turned(v: NDArray[np.floating]) -> NDArray[np.float64]:
        x, y, z = v.T
        return np.stack([c * x + s * z, np.broadcast_to(y, (count, len(y))), c * z - s * x], -1)

    points = turned(mesh.position) * size[:, None, None] + at[:, None]
    faces = mesh.faces[None] + (np.arange(count) * len(mesh.position))[:, None, None]
    made = mesh_from(
        points, faces, turned(mesh.normal).reshape(-1, 3), np.tile(mesh.color[:, :3], (count, 1))
    )
    rgba = made.color.copy()
    rgba[:, 3] = np.tile(mesh.color[:, 3], count)
    return replace(made, color=rgba, material=np.tile(mesh.material, count))


@cache
def floating_isle(kind: int, style: IsleStyle, level: int, wooded: float, falls: int) -> Mesh:
    """Return an island with trees, its rim at y = 0, 16 to 60 m across.

    Args:
        kind: of `shape_of`.
        style: rock, season, trees.
        level: 0 near, 1 far.
        wooded: trees in (0, 1].
        falls: how many waterfalls leave its rim.
    """
    shape, rng = shape_of(kind), np.random.default_rng([kind, 141])
    sectors, rows = ((110, (16, 26)), (60, (9, 15)))[level]
    parts = [isle_mesh(shape, style.stone, style.season, style.snow, sectors=sectors, rows=rows)]
    count = int(wooded * shape.radius_m**1.45 * (0.30 if style.wood == "leafy" else 0.45)) + 2
    at = _on_top(shape, rng, count, 0.05, 0.88)
    size, turn = rng.uniform(0.35, 0.85, count), rng.uniform(0, 6.283, count)
    for kind_of in range(4):
        own = np.arange(count) % 4 == kind_of
        if own.any():
            tree = tree_of(style, kind_of, 2 if level or kind_of else 1)
            parts.append(_copies(tree, at[own] - [0, 0.1, 0], size[own], turn[own]))
    count = int(count * 1.6)
    at = _on_top(shape, rng, count, 0.2, 0.97)
    tone = SNOW * 0.8 if style.snow > 0.6 else np.array(GRASS[style.season][0]) * 0.85
    puff = icosphere(1).scaled((1.0, 0.7, 1.0)).painted(tone, Material.FOLIAGE, 0.25)
    parts.append(_copies(puff, at, rng.uniform(0.5, 1.3, count), rng.uniform(0, 6.283, count)))
    start = rng.uniform(0, 6.283)
    for index in range(falls):
        a = start + index * rng.uniform(1.6, 2.6)
        r = float(shape.outline(np.array([a]))[0]) * 0.985
        lip = (r * np.cos(a), -0.1, r * np.sin(a))
        wide = float(rng.uniform(0.16, 0.3)) * shape.radius_m
        water = veil(kind + 7 * index, wide, shape.deep_m * float(rng.uniform(1.4, 2.6)), 0.13 * r)
        parts.append(water.turned(np.pi / 2 - a).moved(lip))
    return merged(parts)


@cache
def floating_stone(kind: int, stone: Color, green: Color) -> Mesh:
    """Return a small floating rock, about 2 m across, with grass on its flat top."""
    deep = (0.9, 1.4, 0.7, 2.0)[kind % 4]
    shape = IsleShape(900 + 17 * kind, 1.0, deep, 0.5, 0.15, (1.0, 0.8, 1.3, 1.1)[kind % 4])
    mesh = isle_mesh(shape, stone, "summer", 0.0, sectors=22, rows=(4, 9))
    rgba = mesh.color.copy()
    rgba[mesh.material == float(Material.MOSS), :3] = green
    return replace(mesh, color=rgba)
