"""Things of a village street: a well, a fountain, lanterns, tubs of flowers, washing, a church."""

from __future__ import annotations

from functools import cache

import numpy as np

from ldm3d.data.built import plank
from ldm3d.data.cottages import SNOW, blocks
from ldm3d.data.country import barrel
from ldm3d.data.farm_things import FARM_THINGS
from ldm3d.data.land import Land
from ldm3d.data.mesh import Material, Mesh, box, cylinder, flat, icosphere, lathe, merged, tube
from ldm3d.data.near_things import Spot, Thing, facing, is_white
from ldm3d.data.plants import kites
from ldm3d.data.scene import Lamp

IRON = (0.03, 0.03, 0.032)
OAK = (0.20, 0.135, 0.08)


def _stone_ring(rng: np.random.Generator, radius_m: float, rows: int, sides: int) -> Mesh:
    parts = []
    for row in range(rows):
        for i in range(sides):
            a = (i + 0.5 * (row % 2)) / sides * 6.283
            wide = 6.283 * radius_m / sides * 0.96
            stone = box((wide, 0.225, 0.24), (0, 0.12 + 0.235 * row, radius_m), 0.03)
            tone = np.array([0.30, 0.285, 0.26]) * rng.uniform(0.75, 1.25)
            parts.append(stone.turned(a).painted(tone, Material.STONE))
    return merged(parts)


@cache
def well(kind: int, snow: bool = False) -> Mesh:
    """Return a round stone well under a little roof, 2.4 m high."""
    rng = np.random.default_rng([kind, 1])
    parts = [_stone_ring(rng, 0.62, 4, 12)]
    water = lathe([[0.52, 0.45], [0.0, 0.45]], 16).painted((0.05, 0.07, 0.08), Material.METAL)
    parts.append(water)
    for x in (-0.66, 0.66):
        parts.append(plank((0.12, 1.5, 0.12), (x, 1.6, 0), OAK, rng, 0.0))
    drum = cylinder(0.1, 1.2, 8).turned(np.pi / 2, "z").moved((0.6, 1.55, 0))
    parts.append(drum.painted((0.3, 0.2, 0.12), Material.WOOD))
    parts.append(tube([[0, 1.5, 0.1], [0, 1.1, 0.1]], 0.015, 4).painted((0.4, 0.33, 0.2)))
    bucket = lathe([[0.1, 0.0], [0.14, 0.24]], 10).moved((0, 0.9, 0.1))
    parts.append(bucket.painted((0.3, 0.2, 0.12), Material.WOOD))
    for side in (1, -1):
        rows = np.arange(5)
        center = np.stack([0 * rows, -0.02 * (rows % 2), 0.1 + 0.2 * rows], axis=1)
        tone = np.array((0.24, 0.11, 0.065)) * rng.uniform(0.75, 1.25, (5, 1))
        roof = blocks(center, (1.9, 0.05, 0.22), tone, Material.WOOD)
        if snow:
            lid = box((1.9, 0.13, 1.0), (0, 0.08, 0.5), 0.05)
            roof = merged([roof, lid.painted(SNOW, Material.SNOW)])
        roof = roof.turned(0.7, "x").moved((0, 2.75, 0))
        parts.append(roof if side == 1 else roof.turned(np.pi))
    return merged(parts)


@cache
def fountain(kind: int, snow: bool = False) -> Mesh:
    """Return a stone fountain: an eight-sided basin, a pillar with spouts, 2 m high."""
    profile = [[1.35, 0], [1.42, 0.1], [1.3, 0.14], [1.3, 0.55], [1.42, 0.62], [1.42, 0.72],
               [1.2, 0.72], [1.2, 0.5]]  # fmt: skip
    stone = (0.34, 0.32, 0.28)
    parts = [flat(lathe(profile, 8)).painted(stone, Material.STONE)]
    pool = lathe([[1.22, 0.6], [0.0, 0.6]], 8)
    parts.append(
        pool.painted(
            SNOW if snow else (0.12, 0.19, 0.21), Material.SNOW if snow else Material.METAL
        )
    )
    pillar = [[0.3, 0.2], [0.22, 0.8], [0.2, 1.5], [0.3, 1.6], [0.3, 1.7], [0.12, 1.78],
              [0.2, 1.95], [0.0, 2.15]]  # fmt: skip
    parts.append(lathe(pillar, 10).painted(stone, Material.STONE))
    for i in range(4):
        a = i * np.pi / 2 + 0.4
        way = np.array([np.cos(a), 0.0, np.sin(a)])
        spout = tube([way * 0.18 + [0, 1.3, 0], way * 0.5 + [0, 1.27, 0]], 0.03, 5)
        parts.append(spout.painted(IRON, Material.METAL))
        if not snow:
            t = np.linspace(0, 1, 5)[:, None]
            jet = way * (0.5 + 0.3 * t) + np.array([0, 1.25, 0]) - np.array([0, 0.65, 0]) * t**2
            parts.append(tube(jet, 0.02, 4).painted((0.6, 0.68, 0.72), Material.METAL))
    if snow:
        parts.append(
            icosphere(1).scaled((0.26, 0.15, 0.26)).moved((0, 2.1, 0)).painted(SNOW, Material.SNOW)
        )
    return merged(parts)


@cache
def street_lantern(lit: bool, snow: bool = False) -> Mesh:
    """Return an iron lantern on a post, its light 2.75 m above the ground."""
    foot = lathe(
        [[0.16, 0], [0.14, 0.25], [0.07, 0.4], [0.05, 1.2], [0.045, 2.45], [0.09, 2.5]], 10
    )
    parts = [foot.painted(IRON, Material.METAL)]
    glass = flat(lathe([[0.11, 2.52], [0.17, 2.92]], 6))
    glow = (13.0, 7.2, 2.6) if lit else (0.30, 0.31, 0.30)
    parts.append(glass.painted(glow, Material.GLOW if lit else Material.METAL))
    hood = flat(lathe([[0.23, 2.92], [0.12, 3.06], [0.03, 3.12], [0.0, 3.22]], 6))
    parts.append(hood.painted(SNOW if snow else IRON, Material.SNOW if snow else Material.METAL))
    return merged(parts)


@cache
def flower_tub(kind: int, season: str) -> Mesh:
    """Return a tub or pot of flowers, 0.8 m high; evergreen twigs in winter."""
    rng = np.random.default_rng([kind, 2])
    if kind % 2:
        pot = lathe(
            [[0.2, 0], [0.3, 0.42], [0.33, 0.42], [0.33, 0.47], [0.27, 0.46], [0, 0.42]], 14
        )
        parts = [pot.painted((0.36, 0.15, 0.075))]
    else:
        parts = [barrel().scaled((1.05, 0.6, 1.05))]
    count = 150
    d = rng.standard_normal((count, 3)) + np.array([0, 0.9, 0])
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    base = d * 0.24 * [1.3, 1, 1.3] * rng.uniform(0.3, 1, (count, 1)) + np.array([0, 0.46, 0])
    side = np.cross(d, rng.standard_normal((count, 3)))
    side *= 0.05 / np.linalg.norm(side, axis=1, keepdims=True)
    petals = ((0.62, 0.05, 0.07), (0.66, 0.24, 0.42), (0.72, 0.50, 0.04), (0.72, 0.70, 0.68))[
        kind % 4
    ]
    share = 0.0 if season == "winter" else 0.5
    tint = np.where(rng.random((count, 1)) < share, petals, (0.05, 0.10, 0.022))
    parts.append(
        kites(base, d * 0.17, side, d, tint * rng.uniform(0.7, 1.25, (count, 1)), 0.4, 0.6)
    )
    return merged(parts)


@cache
def washing_line(kind: int) -> Mesh:
    """Return two posts 4 m apart along x with linen on a line between."""
    rng = np.random.default_rng([kind, 3])
    parts = [
        cylinder(0.05, 2.1, 7).moved((x, -0.1, 0)).painted(OAK, Material.WOOD) for x in (-2, 2)
    ]
    t = np.linspace(-2, 2, 9)
    rope = np.stack([t, 1.9 - 0.16 * (1 - (t / 2) ** 2), 0 * t], axis=1)
    parts.append(tube(rope, 0.012, 4).painted((0.5, 0.47, 0.4), Material.CLOTH))
    colors = np.array(
        [
            [0.6, 0.6, 0.58],
            [0.45, 0.08, 0.07],
            [0.12, 0.22, 0.42],
            [0.6, 0.48, 0.2],
            [0.55, 0.55, 0.6],
        ]
    )
    x = -1.7
    while x < 1.5:
        wide, tall = rng.uniform(0.35, 0.8), rng.uniform(0.5, 1.0)
        top = 1.9 - 0.16 * (1 - ((x + wide / 2) / 2) ** 2)
        cloth = box((wide, tall, 0.015), (0, -tall / 2, 0)).turned(rng.normal(0, 0.14), "x")
        cloth = cloth.moved((x + wide / 2, top, 0))
        parts.append(cloth.painted(colors[rng.integers(0, 5)], Material.CLOTH))
        x += wide + rng.uniform(0.06, 0.25)
    return merged(parts)


@cache
def church(kind: int, lit: bool, snow: bool) -> Mesh:
    """Return a village church 18 m long, its tower 16 to 30 m high with a spire."""
    wall = ((0.52, 0.49, 0.43), (0.30, 0.28, 0.25), (0.58, 0.54, 0.44))[kind % 3]
    roof = SNOW if snow else ((0.22, 0.10, 0.065), (0.13, 0.135, 0.15))[kind % 2]
    kinds = Material.STONE if kind % 3 == 1 else Material.MATTE
    middles, sizes = [[3.0, 3.2, 0.0], [-7.0, 6.5, 0.0]], [[14.0, 7.4, 7.0], [5.0, 14.0, 5.0]]
    parts = [blocks(middles, sizes, wall, kinds)]
    for side in (1, -1):
        slope = blocks([[3.0, 0.0, 2.4]], (14.6, 0.25, 5.4), roof, Material.MATTE).turned(0.9, "x")
        slope = slope.moved((0, 11.0, 0))
        parts.append(slope if side == 1 else slope.scaled((1, 1, -1)))
    ends = lathe([[4.4, 0.0], [0.0, 4.4]], 4).turned(np.pi / 4).scaled((0.05, 1, 1.15))
    parts.append(flat(ends).painted(wall, kinds).moved((9.9, 6.8, 0)))
    tall = (13.0, 7.0, 4.0)[kind % 3]
    spire = flat(
        lathe([[4.1, 0], [2.2, tall * 0.3], [0.0, tall]], 4 if kind % 2 else 8).turned(np.pi / 4)
    )
    parts.append(spire.moved((-7, 13.4, 0)).painted(roof, Material.MATTE))
    glow = (2.6, 1.5, 0.6) if lit else (0.05, 0.06, 0.075)
    made = Material.GLOW if lit else Material.METAL
    centers: list[list[float]] = [[x, 3.6, z] for x in (-1, 2.5, 6) for z in (-3.52, 3.52)]
    centers += [[-7 + dx, 11.2, dz] for dx, dz in ((0, 2.52), (0, -2.52), (2.52, 0), (-2.52, 0))]
    parts.append(blocks(centers, (0.9, 2.4, 0.9), glow, made))
    clock = cylinder(0.9, 0.08, 16).turned(np.pi / 2, "x").painted((0.6, 0.57, 0.5))
    parts.append(clock.moved((-7, 8.4, 2.5)))
    parts.append(clock.turned(np.pi / 2).moved((-9.6, 8.4, 0)))
    return merged(parts)


def _well(land: Land, spot: Spot) -> str:
    x, z = land.find(spot.near_m + 0.9, spot.far_m + 1.2, 1.0)
    land.put(well(spot.kind, is_white(land)), x, z, yaw=spot.yaw_rad)
    return "an old well"


def _fountain(land: Land, spot: Spot) -> str:
    x, z = land.find(spot.near_m + 1.5, spot.far_m + 2.0, 1.6)
    land.put(fountain(spot.kind, is_white(land)), x, z, yaw=spot.yaw_rad)
    return "a stone fountain"


def _lanterns(land: Land, spot: Spot) -> str:
    dark = land.look.dark
    for i in range(3):
        near, far = (spot.near_m + 0.4, spot.far_m + 0.8) if i == 0 else (7.0, 16.0)
        x, z = land.find(near, far, 0.4)
        at = land.put(street_lantern(dark, is_white(land)), x, z, yaw=spot.yaw_rad)
        if dark:
            land.scene.lamps.append(Lamp((x, at[1] + 2.7, z), (5.2, 2.8, 1.0), 0.1, False))
    return "a lit street lantern" if dark else "a street lantern"


def _tubs(land: Land, spot: Spot) -> str:
    for i in range(int(land.rng.integers(3, 8))):
        x, z = land.find(spot.near_m - 0.1, spot.far_m + (0.5 if i < 2 else 4), 0.4)
        tub = flower_tub(int(land.rng.integers(0, 4)), land.look.season)
        land.put(
            tub,
            x,
            z,
            yaw=float(land.rng.uniform(0, 6.283)),
            size=float(land.rng.uniform(0.8, 1.15)),
        )
    return "tubs of evergreens" if land.look.season == "winter" else "tubs of flowers"


def _barrels(land: Land, spot: Spot) -> str:
    x, z = land.find(spot.near_m, spot.far_m, 0.7)
    for dx, dz in ((0.0, 0.0), (0.62, 0.1), (0.3, 0.58))[: 2 + spot.kind % 2]:
        land.put(barrel(), x + dx, z + dz, yaw=spot.yaw_rad)
    return "oak barrels"


def _washing(land: Land, spot: Spot) -> str:
    x, z = land.find(spot.near_m + 1.6, spot.far_m + 3, 2.1)
    if is_white(land) or land.look.wet > 0.5:
        return _barrels(land, spot)
    land.put(washing_line(spot.kind), x, z, yaw=facing(x, z) + float(land.rng.normal(0, 0.5)))
    return "washing on a line"


VILLAGE_THINGS: dict[str, Thing] = FARM_THINGS | {
    "well": _well,
    "fountain": _fountain,
    "lanterns": _lanterns,
    "tubs": _tubs,
    "barrels": _barrels,
    "washing": _washing,
}
