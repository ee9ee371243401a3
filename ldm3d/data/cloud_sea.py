"""Clouds seen from above, what lies below them, and what hangs in the air: bridges, balloons."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, box, grid_faces, lathe, merged, mesh_from, tube
from ldm3d.data.noise import fbm
from ldm3d.data.prototypes import prototype
from ldm3d.data.scene import Color
from ldm3d.data.terrain import mix, smoothstep

Floats = NDArray[np.float32]


def cloud_sea(number: int, level_m: float, detail: float, open_share: float, white: Color) -> Mesh:
    """Return the upper side of a layer of clouds out to the horizon.

    Args:
        number: of the noise.
        level_m: its middle height.
        detail: share of faces, in (0, 1].
        open_share: 0 closed, 1 hardly any clouds.
        white: their color.
    """
    share = float(np.clip(detail, 0.1, 1)) ** 0.5
    radii = np.concatenate([[0.0], np.geomspace(12, 9000, int(210 * share))])
    a = np.linspace(0, 2 * np.pi, int(540 * share), endpoint=False)
    x = (radii[:, None] * np.cos(a)).astype(np.float32)
    z = (radii[:, None] * np.sin(a)).astype(np.float32)
    d = np.hypot(x, z)

    def billow(period_m: float, octaves: int, own: int) -> Floats:
        """Return rounded heaps in [0, 1] with narrow valleys between them."""
        wave = np.abs(fbm(x, z, period_m, octaves, number + own))
        return np.asarray(np.clip(wave * 1.5, 0, 1) ** 0.7, np.float32)

    large, middle, fine = billow(560, 1, 0), billow(190, 1, 1), billow(66, 2, 2)
    banks = fbm(x, z, 1500, 2, number + 3)
    near = 1 / (1 + d / 900)
    heap = 26 * large + 19 * middle * (0.4 + 0.6 * large) + 9 * fine * near + 22 * banks
    y = level_m + (heap - 30.0) * (0.45 + 0.55 * smoothstep(8000, 1500, d))
    shade = smoothstep(-5, 52, heap)
    tone = mix(np.array(white) * [0.66, 0.74, 0.86], np.array(white), shade.ravel())
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    faces = grid_faces(x.shape[0], x.shape[1], wrap=True)[:, [0, 2, 1]]
    if open_share > 0:
        thick = fbm(x, z, 900, 4, number + 4) + 0.5 * (large - 0.5) + 0.35 * (middle - 0.5)
        kept = (thick > -0.9 + 1.6 * open_share).ravel()[faces].any(axis=1)
        faces = faces[kept]
    return mesh_from(points, faces, None, tone, Material.SNOW)


def land_below(number: int, level_m: float, detail: float, snow: float) -> Mesh:
    """Return far land with woods, fields and lakes, seen through gaps in the clouds."""
    share = float(np.clip(detail, 0.1, 1)) ** 0.5
    radii = np.concatenate([[0.0], np.geomspace(40, 9000, int(110 * share))])
    a = np.linspace(0, 2 * np.pi, int(300 * share), endpoint=False)
    x = (radii[:, None] * np.cos(a)).astype(np.float32)
    z = (radii[:, None] * np.sin(a)).astype(np.float32)
    rise = fbm(x, z, 1300, 4, number)
    points = np.stack([x, level_m + 120 * np.maximum(rise, -0.15), z], axis=-1).reshape(-1, 3)
    patch = fbm(x, z, 260, 3, number + 1).ravel()
    color = mix(
        np.array([0.030, 0.062, 0.020]), np.array([0.10, 0.12, 0.035]), smoothstep(-0.2, 0.4, patch)
    )
    color = mix(color, np.array([0.62, 0.66, 0.72]), 0.8 * snow * np.ones(len(color)))
    color = mix(color, np.array([0.02, 0.085, 0.13]), smoothstep(-0.08, -0.14, rise.ravel()))
    faces = grid_faces(x.shape[0], x.shape[1], wrap=True)[:, [0, 2, 1]]
    return mesh_from(points, faces, None, color, Material.MATTE)


def rope_bridge(
    rng: np.random.Generator, start: ArrayLike, end: ArrayLike, wide_m: float = 1.3,
    wood: ArrayLike = (0.20, 0.135, 0.08),
) -> Mesh:  # fmt: skip
    """Return a hanging bridge of planks and ropes between two points of the ground."""
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    long = float(np.linalg.norm(b - a))
    way = (b - a) / long
    aside = np.array([-way[2], 0, way[0]]) / np.hypot(way[0], way[2])
    turn = float(np.arctan2(way[0], way[2]))
    sag = 0.055 * long

    def point(t: NDArray[np.floating] | float, side: float, lift: float) -> NDArray[np.float64]:
        at = np.asarray(t, np.float64)[..., None]
        flat = a + (b - a) * at + aside * side
        return np.asarray(flat + np.array([0, 1.0, 0]) * (lift - sag * 4 * at * (1 - at)))

    parts, one = [], box((1.0, 1.0, 1.0))
    count = int(long / 0.27)
    for index in range(count):
        if rng.random() < 0.04 and index > 2:
            continue
        size = (wide_m * rng.uniform(0.94, 1.05), 0.045, 0.21)
        tone = np.asarray(wood) * rng.uniform(0.7, 1.25)
        plank = (
            one.scaled(size).painted(tone, Material.WOOD).turned(turn + float(rng.normal(0, 0.03)))
        )
        parts.append(plank.moved(point((index + 0.5) / count, 0.0, 0.0)))
    t = np.linspace(0, 1, 25)
    rope = np.array([0.26, 0.20, 0.12])
    for side in (-wide_m / 2, wide_m / 2):
        for lift, thick in ((-0.03, 0.035), (1.0, 0.03)):
            parts.append(tube(point(t, side, lift), thick, 6).painted(rope))
        for k in np.linspace(0.02, 0.98, max(4, int(long / 1.1))):
            ends = [point(float(k), side, -0.03), point(float(k), side, 1.0)]
            parts.append(tube(ends, 0.014, 4).painted(rope * 0.85))
        for k in (0.0, 1.0):
            foot, head = point(k, side * 1.08, -0.6), point(k, side * 1.08, 1.25)
            parts.append(
                tube([foot, head], 0.085, 8).painted(np.asarray(wood) * 0.7, Material.WOOD)
            )
    return merged(parts)


@prototype
def balloon(kind: int, first: Color, second: Color, lit: bool) -> Mesh:
    """Return a hot air balloon 17 m tall, its basket at y = 0."""
    profile = [
        [0.7, 4.2], [1.6, 5.4], [3.2, 7.6], [4.6, 10.2], [5.1, 12.4], [4.8, 14.4], [3.8, 15.9],
        [2.2, 16.8], [0.0, 17.1],
    ]  # fmt: skip
    bag = lathe(profile, 48)
    angle = np.arctan2(bag.position[:, 2], bag.position[:, 0])
    gore = np.floor((angle / (2 * np.pi) + 0.5) * 16 + 1e-4).astype(int) % 2 == 0
    band = (kind % 2 == 1) & (np.abs(bag.position[:, 1] - 11.0) < 1.2)
    tint = np.where((gore ^ band)[:, None], np.asarray(first), np.asarray(second))
    low = np.clip(1.4 - (bag.position[:, 1:2] - 4.2) / 5, 0, 1)
    made = bag.painted(tint, Material.FOLIAGE, 0.45)
    if lit:
        made = made.painted(tint * (0.25 + 1.1 * low), Material.GLOW)
    basket = box((1.3, 1.0, 1.3), (0, 0.5, 0), 0.06).painted((0.22, 0.13, 0.06), Material.WOOD)
    parts = [made, basket]
    for x, z in ((-0.6, -0.6), (0.6, -0.6), (-0.6, 0.6), (0.6, 0.6)):
        parts.append(
            tube([[x, 0.9, z], [x * 1.1, 4.3, z * 1.1]], 0.025, 4).painted((0.1, 0.1, 0.1))
        )
    return merged(parts)
