"""Trees of northern woods and fields, light enough for thousands of pictures."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, merged, tube
from ldm3d.data.plants import kites, pine
from ldm3d.data.trees import leaf_cloud

Floats = NDArray[np.float32]
SNOW = (0.66, 0.70, 0.77)

SPRUCE_PARTS = ((24, 7, 6), (13, 6, 3), (8, 5, 2))  # near, middle, far


def frost_from(snow: float) -> float:
    """Return how much of a tree's green is covered, in few steps so that trees are shared."""
    return round(min(snow, 1.0) * 3.4) / 4


@cache
def spruce(kind: int, level: int, snow: float = 0.0) -> Mesh:
    """Return one of four spruces, 14 m tall, at detail level 0 (near) to 2 (far)."""
    rng = np.random.default_rng([kind, level, 5])
    color = (
        (0.030, 0.058, 0.024),
        (0.026, 0.052, 0.032),
        (0.036, 0.060, 0.020),
        (0.03, 0.05, 0.03),
    )
    levels, branches, twigs = SPRUCE_PARTS[level]
    tree = pine(rng, 14.0, levels, branches, twigs, color[kind % 4], snow)
    if snow > 0:
        white, out = tree.color[:, 2] > 0.5, np.hypot(tree.position[:, 0], tree.position[:, 2])
        tree.position[white, 1] += 0.05
        reach = 3.3 * np.clip(1 - tree.position[:, 1] / 14.0, 0.03, 1) ** 0.8
        rime = np.where(white, 0.0, 0.5 * snow * np.clip(out / reach, 0, 1) ** 1.5)[:, None]
        tree.color[:, :3] += (np.array(SNOW) * 0.8 - tree.color[:, :3]) * rime
    wide = (1.0, 0.72, 1.2, 0.88)[kind % 4]
    return tree.scaled((wide, 1, wide))


def _stem(
    rng: np.random.Generator, height_m: float, radius_m: float, bow_m: float, sides: int, rows: int
) -> tuple[NDArray[np.float64], Mesh]:
    """Return the middle line (rows, 3) of a bent stem and its bark."""
    t = np.linspace(0, 1, rows) ** 1.3
    way, phase = rng.normal(0, bow_m, 2), rng.random(2) * 3
    line = np.stack(
        [
            way[0] * (np.sin(t * 3 + phase[0]) - np.sin(phase[0])),
            t * (height_m + 0.3) - 0.3,
            way[1] * (np.sin(t * 2.6 + phase[1]) - np.sin(phase[1])),
        ],
        axis=1,
    )
    radius = radius_m * (1 - 0.82 * t) + radius_m * 0.55 * np.exp(-t * height_m / 0.35)
    return line, tube(line, radius, sides)


@cache
def scots_pine(kind: int, level: int, snow: float = 0.0) -> Mesh:
    """Return a tall pine, 16 m: bare stem, orange above, flat clouds of needles on top."""
    rng = np.random.default_rng([kind, level, 6])
    line, wood = _stem(rng, 16.0, 0.21, 0.25, (9, 6, 4)[level], (10, 6, 4)[level])
    up = np.clip((wood.position[:, 1:2] - 3.5) / 5.0, 0, 1)
    tint = np.array([0.115, 0.085, 0.07]) * (1 - up) + np.array([0.30, 0.135, 0.055]) * up
    parts = [wood.painted((0, 0, 0), Material.BARK, 0.0)]
    parts[0].color[:, :3] = tint
    puffs = (15, 11, 7)[level]
    height = 16 * (0.56 + 0.43 * (np.arange(puffs) + 0.5) / puffs)
    reach = rng.uniform(0.5, 2.9, puffs) * (1.15 - 0.9 * ((height / 16 - 0.56) / 0.43) ** 2)
    angle = np.arange(puffs) * 2.4 + rng.normal(0, 0.4, puffs)
    root = np.stack([np.interp(height - 0.6, line[:, 1], line[:, i]) for i in (0, 1, 2)], axis=1)
    out = np.stack([np.cos(angle), np.full(puffs, 0.22), np.sin(angle)], axis=1)
    tips = root + out * reach[:, None]
    if level < 2:
        for foot, tip in zip(root, tips, strict=True):
            limb = tube([foot, foot * 0.5 + tip * 0.5 - [0, 0.12, 0], tip], [0.06, 0.045, 0.02], 4)
            parts.append(limb.painted((0.26, 0.12, 0.05), Material.BARK))
    count = (2300, 420, 100)[level]
    size = (0.40, 0.6, 1.1)[level]
    green = (0.036, 0.062, 0.026) if kind % 2 else (0.045, 0.066, 0.022)
    radii = rng.uniform(0.9, 1.5, puffs)
    parts.append(leaf_cloud(rng, tips, radii, count, size, green))
    if snow > 0:
        parts.append(
            leaf_cloud(
                rng, tips + np.array([0, 0.3, 0]), radii * 0.9, int(count * snow * 0.6), size, SNOW
            )
        )
    return merged(parts)


def _birch_bark(wood: Mesh, sides: int, rng: np.random.Generator) -> Mesh:
    """Paint white bark: dark foot, dark bars and eyes, pinkish above."""
    bark = wood.painted((0.80, 0.78, 0.74), Material.MATTE)
    y = wood.position[:, 1]
    rows = len(y) // sides
    bars = np.repeat(rng.random(rows) < 0.24, sides) & (rng.random(len(y)) < 0.55)
    eyes = rng.random(len(y)) < 0.03
    foot = rng.random(len(y)) < np.clip(0.75 - y * 1.3, 0, 0.75)
    tone = np.where(
        bars | eyes | foot, rng.uniform(0.06, 0.3, len(y)), rng.uniform(0.85, 1.1, len(y))
    )
    bark.color[:, :3] *= tone[:, None]
    bark.color[:, :3] *= 1 - np.clip(y[:, None] / 14 - 0.35, 0, 0.6) * [0.6, 0.85, 0.9]
    return bark


@cache
def birch(kind: int, level: int, season: str = "summer", snow: float = 0.0) -> Mesh:
    """Return one of five birches, 12 m: white stem (twins in kind 3), airy hanging crown."""
    rng = np.random.default_rng([kind, level, 7])
    sides, rows = ((10, 44), (6, 14), (4, 6))[level]
    parts: list[Mesh] = []
    tips: list[NDArray[np.float64]] = []
    for twin in range(2 if kind % 5 == 3 else 1):
        tall = 12.0 * rng.uniform(0.85, 1.05)
        line, wood = _stem(rng, tall, 0.135, 0.32, sides, rows)
        lean = np.array([[1, (-1) ** twin * 0.09, 0], [0, 1, 0], [0, rng.normal(0, 0.03), 1]])
        if kind % 5 == 3:
            wood, line = wood.transformed(lean), line @ lean.T
        bark = _birch_bark(wood, sides, rng)
        bark.color[:, :3] *= (1.0, 0.85, 0.55)[level]  # far stems would blend into a white band
        parts.append(bark)
        limbs = (16, 11, 6)[level]
        t = rng.uniform(0.34, 0.97, limbs)
        root = np.stack([np.interp(t * tall, line[:, 1], line[:, i]) for i in range(3)], axis=1)
        angle = np.arange(limbs) * 2.4 + rng.normal(0, 0.4, limbs)
        reach = 2.3 * np.sqrt(np.clip(1 - np.abs(t - 0.5) ** 1.6 * 2.2, 0.06, 1))
        out = np.stack([np.cos(angle), rng.uniform(0.55, 1.0, limbs), np.sin(angle)], axis=1)
        ends = root + out * reach[:, None]
        tips += [
            *ends,
            *(ends * 0.55 + root * 0.45),
            *(ends + out * [0.2, -0.55, 0.2] * reach[:, None]),
        ]
        if level < 2:
            for a, b in zip(root, ends, strict=True):
                bough = tube([a, (a + b) / 2 + [0, 0.15, 0], b], [0.035, 0.022, 0.008], 3)
                parts.append(bough.painted((0.17, 0.13, 0.12), Material.MATTE))
    centers = np.array(tips)
    parts.append(_birch_crown(rng, centers, level, season))
    return merged(parts)


def _birch_crown(
    rng: np.random.Generator, centers: NDArray[np.float64], level: int, season: str
) -> Mesh:
    """Return leaves of the season, or hanging twigs in winter."""
    if season == "winter":
        count = (420, 150, 50)[level]
        base = centers[rng.integers(0, len(centers), count)] + rng.normal(0, 0.35, (count, 3))
        along = rng.normal(0, 0.3, (count, 3)) + np.array([0, -0.75, 0])
        side = np.cross(along, rng.standard_normal((count, 3)))
        side *= (0.010, 0.016, 0.04)[level] / np.linalg.norm(side, axis=1, keepdims=True)
        return kites(base, along, side, rng.standard_normal((count, 3)), (0.12, 0.075, 0.07), 0.2)
    color = {"spring": (0.14, 0.19, 0.03), "summer": (0.085, 0.14, 0.024)}.get(
        season, (0.42, 0.23, 0.018)
    )
    count, size = ((1500, 0.20), (460, 0.38), (130, 0.75))[level]
    return leaf_cloud(rng, centers, rng.uniform(0.5, 0.95, len(centers)), count, size, color, 0.28)


LEAF_COLORS = {
    "spring": ((0.10, 0.17, 0.025), (0.13, 0.19, 0.035), (0.09, 0.15, 0.02)),
    "summer": ((0.055, 0.105, 0.018), (0.07, 0.12, 0.022), (0.05, 0.09, 0.025)),
    "autumn": ((0.36, 0.15, 0.018), (0.40, 0.24, 0.02), (0.30, 0.075, 0.018)),
}


@cache
def leafy_tree(kind: int, level: int, season: str, blossom: int = 0) -> Mesh:
    """Return a spreading tree, 8 m: kinds 0 oak, 1 lime, 2 old fruit tree; `blossom` 1 or 2."""
    rng = np.random.default_rng([kind, level, 8])
    shape = kind % 3
    tall = (0.34, 0.30, 0.26)[shape] * 8
    radius = (0.34, 0.26, 0.22)[shape]
    line, wood = _stem(rng, tall * 1.5, radius, 0.12, (10, 7, 4)[level], (8, 5, 3)[level])
    parts = [wood]
    limbs = (9, 7, 5)[level]
    angle = np.arange(limbs) * 2.4 + rng.normal(0, 0.3, limbs)
    rise = rng.uniform((0.25, 0.7, 0.35)[shape], (1.0, 1.9, 0.9)[shape], limbs)
    out = np.stack([np.cos(angle), rise, np.sin(angle)], axis=1)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    reach = rng.uniform(2.2, 3.4, limbs) * (1.1, 1.0, 0.85)[shape]
    tips: list[NDArray[np.float64]] = []
    for i in range(limbs):
        foot = np.array([line[-2, 0], tall * rng.uniform(0.8, 1.25), line[-2, 2]])
        end = foot + out[i] * reach[i]
        middle = (foot + end) / 2 + rng.normal(0, 0.25, 3)
        tips += [
            end,
            middle * 0.4 + end * 0.6,
            end + rng.normal(0, 0.9, 3),
            middle + np.array([0, 0.5, 0]),
        ]
        parts.append(
            tube([foot, middle, end], [radius * 0.5, radius * 0.3, 0.02], (5, 4, 3)[level])
        )
        if season == "winter" and level < 2:
            for _ in range(3 - level):
                twig = [
                    middle,
                    (middle + end) / 2 + rng.normal(0, 0.5, 3),
                    end + rng.normal(0, 1.0, 3),
                ]
                parts.append(tube(twig, [radius * 0.2, 0.03, 0.01], 3))
    bark = merged(parts).painted((0.095, 0.075, 0.06), Material.BARK, 0.15)
    centers = np.array(tips)
    if season == "winter":
        return merged([bark, _bare_twigs(rng, centers, level)])
    color: ArrayLike = LEAF_COLORS[season][kind % 3]
    if blossom and season == "spring":
        color = ((0.72, 0.68, 0.66), (0.70, 0.42, 0.48))[blossom - 1]
    count, size = ((2600, 0.27), (800, 0.44), (190, 0.85))[level]
    radii = rng.uniform(0.9, 1.4, len(centers))
    return merged([bark, leaf_cloud(rng, centers, radii, count, size, color)])


def _bare_twigs(rng: np.random.Generator, centers: NDArray[np.float64], level: int) -> Mesh:
    count = (500, 200, 70)[level]
    base = centers[rng.integers(0, len(centers), count)] + rng.normal(0, 0.3, (count, 3))
    along = (base - centers.mean(axis=0)) * 0.3 + rng.normal(0, 0.35, (count, 3))
    side = np.cross(along, rng.standard_normal((count, 3)))
    side *= (0.011, 0.02, 0.045)[level] / np.linalg.norm(side, axis=1, keepdims=True)
    return kites(base, along, side, rng.standard_normal((count, 3)), (0.085, 0.065, 0.055), 0.2)


@cache
def bush(kind: int, season: str, level: int = 0) -> Mesh:
    """Return a round bush about 1 m high; bare twigs in winter, hips and colors in autumn."""
    rng = np.random.default_rng([kind, level, 9])
    centers = rng.normal(0, 0.28, (7, 3)) * [1, 0.5, 1] + [0, 0.5, 0]
    stems = [
        tube([[0, -0.05, 0], c * [0.5, 0.6, 0.5], c * 1.1], [0.03, 0.02, 0.006], 3) for c in centers
    ]
    wood = merged(stems).painted((0.08, 0.06, 0.05), Material.MATTE)
    if season == "winter":
        count = 260
        base = centers[rng.integers(0, 7, count)] * rng.uniform(0.3, 0.9, (count, 1))
        along = (base - [0, 0.1, 0]) * 0.6 + rng.normal(0, 0.1, (count, 3))
        side = np.cross(along, rng.standard_normal((count, 3)))
        side *= 0.011 / np.linalg.norm(side, axis=1, keepdims=True)
        return merged([wood, kites(base, along, side, along, (0.10, 0.065, 0.055), 0.2)])
    count, size = ((620, 0.115), (160, 0.24))[level]
    radii = rng.uniform(0.26, 0.42, 7)
    return merged(
        [wood, leaf_cloud(rng, centers, radii, count, size, LEAF_COLORS[season][kind % 3])]
    )


@cache
def snag(kind: int, height_m: float = 6.0) -> Mesh:
    """Return a dead standing stem, silver gray, with broken boughs."""
    rng = np.random.default_rng([kind, 10])
    line, wood = _stem(rng, height_m, 0.19, 0.12, 9, 10)
    parts = [wood]
    for _ in range(9):
        t, a = rng.uniform(0.2, 0.95), rng.uniform(0, 6.283)
        foot = np.array([np.interp(t * height_m, line[:, 1], line[:, i]) for i in range(3)])
        out = np.array([np.cos(a), rng.uniform(-0.2, 0.3), np.sin(a)]) * rng.uniform(0.3, 1.3)
        parts.append(
            tube([foot, foot + out * 0.6, foot + out + [0, -0.1, 0]], [0.035, 0.02, 0.006], 4)
        )
    return merged(parts).painted((0.22, 0.205, 0.19), Material.BARK, 0.1)
