"""Things that stand in streets and squares: lamps, benches, stalls, fountains, tables, pots."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.blocks import Blocks
from ldm3d.data.mesh import (
    Material,
    Mesh,
    box,
    cylinder,
    flat,
    icosphere,
    lathe,
    merged,
    sphere,
    tube,
)
from ldm3d.data.trees import leaf_cloud
from ldm3d.data.winter import snow_cap

Floats = NDArray[np.float32]
IRON = (0.035, 0.037, 0.04)
WARM = (7.0, 3.9, 1.35)
PANE = (0.30, 0.29, 0.25)


def _head(lit: bool, glow: ArrayLike) -> Mesh:
    """Return a four-sided lantern about the origin, 0.75 m high."""
    kind, tint = (Material.GLOW, glow) if lit else (Material.METAL, PANE)
    glass = flat(lathe([[0.11, -0.25], [0.19, 0.2]], 4)).painted(tint, kind)
    cap = flat(lathe([[0.26, 0.2], [0.24, 0.25], [0.07, 0.42], [0.05, 0.5], [0.0, 0.56]], 4))
    foot = flat(lathe([[0.0, -0.33], [0.1, -0.3], [0.13, -0.25], [0.0, -0.25]], 4))
    bars = [
        tube([[x * 0.11, -0.25, z * 0.11], [x * 0.19, 0.2, z * 0.19]], 0.014, 4)
        for x, z in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]
    return merged([glass, merged([cap, foot, *bars]).painted(IRON, Material.METAL)])


@cache
def lantern_post(heads: int = 1, lit: bool = False, snow: bool = False) -> Mesh:
    """Return an old cast-iron street lamp, 4 m high; lights at y = 3.75 (one) or 3.35 (two)."""
    pole = lathe(
        [[0.2, 0], [0.2, 0.12], [0.13, 0.2], [0.12, 0.75], [0.15, 0.8], [0.07, 0.95], [0.055, 2.6],
         [0.09, 2.66], [0.05, 2.75], [0.045, 3.4]], 10,
    )  # fmt: skip
    parts = [pole]
    lamps = []
    if heads == 1:
        lamps.append(_head(lit, WARM).moved((0, 3.75, 0)))
    else:
        for side in (-1, 1):
            arm = tube(
                [[0, 2.9, 0], [side * 0.3, 3.2, 0], [side * 0.55, 3.15, 0], [side * 0.6, 3.0, 0]],
                0.03,
                5,
            )
            parts.append(arm)
            lamps.append(_head(lit, WARM).moved((side * 0.6, 3.35, 0)))
        parts.append(lathe([[0.06, 3.4], [0.1, 3.5], [0.0, 3.7]], 8))
    parts = [merged(parts).painted(IRON, Material.METAL), *lamps]
    if snow:
        tops = [(0.0, 4.1)] if heads == 1 else [(-0.6, 3.7), (0.6, 3.7)]
        parts += [snow_cap((0.42, 0.3, 0.42), (x, y, 0)) for x, y in tops]
    return merged(parts)


@cache
def wall_lantern(lit: bool = False) -> Mesh:
    """Return a lantern on a scrolled bracket; the wall is z = 0, the light at (0, 0, 0.55)."""
    arm = tube([[0, 0.1, 0], [0, 0.5, 0.15], [0, 0.62, 0.4], [0, 0.5, 0.55]], 0.022, 5)
    plate = box((0.14, 0.5, 0.04), (0, 0.2, 0.02))
    iron = merged([arm, plate]).painted(IRON, Material.METAL)
    return merged([iron, _head(lit, WARM).scaled(0.8).moved((0, 0.02, 0.55))])


@cache
def mast_lamp(lit: bool = False, style: int = 0) -> Mesh:
    """Return a modern street light; its head at (1.6, 7, 0) (style 0) or (0, 4.2, 0) (style 1)."""
    kind, tint = (Material.GLOW, (9.0, 7.6, 5.4)) if lit else (Material.MATTE, (0.55, 0.55, 0.53))
    if style == 0:
        pole = tube([[0.0, 0, 0], [0, 6.2, 0], [0.5, 6.95, 0], [1.3, 7.1, 0]], 0.07, 7)
        hood = box((0.75, 0.09, 0.26), (1.6, 7.09, 0), 0.03)
        bulb = box((0.6, 0.04, 0.2), (1.6, 7.03, 0)).painted(tint, kind)
    else:
        pole = cylinder(0.05, 4.0, 8)
        hood = lathe([[0.0, 4.42], [0.3, 4.38], [0.3, 4.34]], 12)
        bulb = lathe([[0.0, 4.0], [0.12, 4.0], [0.16, 4.3], [0.0, 4.3]], 12).painted(tint, kind)
    foot = cylinder(0.13, 0.5, 8)
    return merged([merged([pole, hood, foot]).painted((0.10, 0.11, 0.12), Material.METAL), bulb])


@cache
def bench(kind: int = 0, snow: bool = False) -> Mesh:
    """Return a bench 1.7 m long facing +z: of slats (0, 1) or of stone (2)."""
    blocks = Blocks()
    if kind == 2:
        blocks.put((0, 0.42, 0), (1.7, 0.12, 0.5), (0.34, 0.32, 0.29), Material.STONE)
        for x in (-0.6, 0.6):
            blocks.put((x, 0.18, 0), (0.22, 0.36, 0.4), (0.3, 0.28, 0.25), Material.STONE)
    else:
        wood = ((0.24, 0.13, 0.06), (0.07, 0.14, 0.10))[kind % 2]
        for i in range(4):
            blocks.put((0, 0.45, -0.15 + 0.12 * i), (1.7, 0.035, 0.1), wood, Material.WOOD)
        for i in range(3):
            at = (0, 0.6 + 0.13 * i, -0.24 - 0.03 * i)
            blocks.put(at, (1.7, 0.1, 0.03), wood, Material.WOOD)
        for x in (-0.7, 0.7):
            blocks.put((x, 0.22, 0.17), (0.05, 0.44, 0.05), IRON, Material.METAL)
            blocks.put((x, 0.45, -0.25), (0.05, 0.9, 0.05), IRON, Material.METAL)
            blocks.put((x, 0.62, 0.0), (0.05, 0.04, 0.46), IRON, Material.METAL)
    parts = [blocks.mesh()]
    if snow:
        parts.append(snow_cap((1.7, 0.16, 0.5), (0, 0.47, 0)))
    return merged(parts)


@cache
def barrel() -> Mesh:
    """Return a barrel 0.95 m high."""
    t = np.linspace(0, 1, 7)
    radius = 0.27 + 0.09 * np.sin(t * np.pi)
    shell = lathe(np.stack([radius, t * 0.95], 1), 14).painted((0.22, 0.125, 0.06), Material.WOOD)
    lid = cylinder(0.27, 0.03, 14).moved((0, 0.9, 0)).painted((0.26, 0.16, 0.08), Material.WOOD)
    hoops = [
        lathe([[r + 0.008, y - 0.03], [r + 0.012, y], [r + 0.008, y + 0.03]], 14)
        for y, r in ((0.1, 0.303), (0.3, 0.347), (0.65, 0.347), (0.85, 0.303))
    ]
    return merged([shell, lid, merged(hoops).painted((0.07, 0.065, 0.06), Material.METAL)])


GOODS = (
    (0.55, 0.06, 0.04), (0.68, 0.30, 0.03), (0.62, 0.50, 0.06), (0.16, 0.30, 0.05),
    (0.28, 0.05, 0.16), (0.50, 0.33, 0.17),
)  # fmt: skip


@cache
def crate(kind: int = 0, full: bool = True) -> Mesh:
    """Return a wooden crate 0.6 m wide, with fruit in it."""
    blocks = Blocks()
    wood = (0.34, 0.23, 0.12)
    for y in (0.06, 0.17, 0.28):
        for z in (-0.2, 0.2):
            blocks.put((0, y, z), (0.6, 0.085, 0.02), wood, Material.WOOD)
        for x in (-0.29, 0.29):
            blocks.put((x, y, 0), (0.02, 0.085, 0.4), wood, Material.WOOD)
    blocks.put((0, 0.02, 0), (0.58, 0.02, 0.38), wood, Material.WOOD)
    parts = [blocks.mesh()]
    if full:
        rng = np.random.default_rng(kind)
        fruit = icosphere(1)
        for _ in range(26):
            at = (rng.uniform(-0.24, 0.24), rng.uniform(0.24, 0.33), rng.uniform(-0.15, 0.15))
            tone = np.array(GOODS[kind % 6]) * rng.uniform(0.7, 1.2)
            parts.append(fruit.scaled(rng.uniform(0.05, 0.075)).moved(at).painted(tone))
    return merged(parts)


@cache
def flower_pot(kind: int = 0, season: str = "summer") -> Mesh:
    """Return a clay pot 0.4 m high with flowers, a clipped tree (kind 3) or bare twigs."""
    rng = np.random.default_rng(kind + 20)
    pot = lathe([[0.0, 0], [0.17, 0], [0.24, 0.34], [0.27, 0.34], [0.27, 0.4], [0.2, 0.4]], 12)
    clay = ((0.36, 0.15, 0.07), (0.32, 0.30, 0.27), (0.10, 0.14, 0.18))[kind % 3]
    parts = [pot.painted(clay), cylinder(0.21, 0.36, 10).painted((0.05, 0.035, 0.025))]
    green = {"autumn": (0.22, 0.12, 0.02), "winter": (0.05, 0.075, 0.04)}.get(
        season, (0.06, 0.125, 0.025)
    )
    if kind % 4 == 3:
        stem = cylinder(0.025, 0.9, 6).painted((0.10, 0.07, 0.05)).moved((0, 0.35, 0))
        ball = leaf_cloud(rng, np.array([[0, 1.35, 0.0]]), np.array([0.38]), 420, 0.09, green)
        return merged([*parts, stem, ball])
    centers = rng.normal(0, 0.12, (5, 3)) * [1, 0.4, 1] + [0, 0.55, 0]
    parts.append(leaf_cloud(rng, centers, np.full(5, 0.2), 240, 0.11, green))
    if season in ("spring", "summer"):
        petal = ((0.65, 0.06, 0.08), (0.7, 0.45, 0.05), (0.62, 0.2, 0.45), (0.7, 0.66, 0.62))
        bloom = leaf_cloud(
            rng,
            centers + np.array([0, 0.06, 0]),
            np.full(5, 0.21),
            110,
            0.08,
            petal[(kind * 7) % 4],
        )
        parts.append(bloom)
    return merged(parts)


@cache
def cafe_table(kind: int = 0) -> Mesh:
    """Return a round table with two chairs."""
    top = cylinder(0.36, 0.025, 16).moved((0, 0.72, 0))
    leg = cylinder(0.03, 0.72, 8)
    foot = cylinder(0.2, 0.03, 10)
    iron = merged([leg, foot]).painted(IRON, Material.METAL)
    tone = ((0.42, 0.40, 0.37), (0.20, 0.10, 0.05), (0.08, 0.16, 0.13))[kind % 3]
    blocks = Blocks()
    for side in (-1, 1):
        x = side * 0.68
        blocks.put((x, 0.45, 0), (0.4, 0.04, 0.4), tone, Material.WOOD)
        blocks.put((x + side * 0.19, 0.7, 0), (0.03, 0.4, 0.38), tone, Material.WOOD)
        for dx in (-0.17, 0.17):
            for dz in (-0.17, 0.17):
                blocks.put((x + dx, 0.22, dz), (0.03, 0.45, 0.03), IRON, Material.METAL)
    cups = [
        cylinder(0.045, 0.08, 8).moved((x, 0.745, z)).painted((0.7, 0.68, 0.64))
        for x, z in ((0.12, 0.1), (-0.15, -0.05))
    ]
    return merged([top.painted(tone, Material.WOOD), iron, blocks.mesh(), *cups])


@cache
def parasol(kind: int = 0) -> Mesh:
    """Return a parasol 2.5 m high in two colors."""
    pairs = (
        ((0.55, 0.10, 0.07), (0.68, 0.62, 0.52)), ((0.66, 0.6, 0.5), (0.62, 0.56, 0.46)),
        ((0.08, 0.22, 0.30), (0.66, 0.64, 0.58)), ((0.10, 0.24, 0.14), (0.64, 0.6, 0.5)),
        ((0.64, 0.40, 0.07), (0.68, 0.6, 0.45)),
    )  # fmt: skip
    roof = flat(lathe([[1.45, 2.02], [1.45, 2.18], [0.75, 2.42], [0.0, 2.62]], 8))
    sector = np.arctan2(roof.position[:, 2], roof.position[:, 0]).reshape(-1, 3)
    middle = np.arctan2(np.sin(sector).mean(axis=1), np.cos(sector).mean(axis=1))
    which = (np.floor(middle / (np.pi / 4)).astype(int) % 2).repeat(3)
    roof = roof.painted((1, 1, 1), Material.CLOTH)
    roof.color[:, :3] = np.asarray(pairs[kind % 5])[which]
    pole = cylinder(0.03, 2.6, 8).painted((0.3, 0.2, 0.12), Material.WOOD)
    return merged([roof, pole, cylinder(0.28, 0.08, 10).painted((0.2, 0.2, 0.2), Material.STONE)])


def market_stall(rng: np.random.Generator, snow: bool, lit: bool) -> Mesh:
    """Return a stall 2.6 m wide facing +z: striped roof, counter, crates of fruit or bread."""
    from ldm3d.data.facades import awning

    blocks = Blocks()
    pairs = (
        ((0.60, 0.06, 0.05), (0.70, 0.66, 0.58)), ((0.07, 0.25, 0.14), (0.70, 0.66, 0.58)),
        ((0.08, 0.18, 0.42), (0.70, 0.66, 0.58)), ((0.68, 0.42, 0.06), (0.70, 0.64, 0.5)),
        ((0.35, 0.10, 0.28), (0.68, 0.62, 0.56)), ((0.62, 0.24, 0.08), (0.62, 0.24, 0.08)),
    )  # fmt: skip
    pair = pairs[int(rng.integers(0, 6))]
    wood = (0.24, 0.15, 0.08)
    for x in (-1.25, 1.25):
        blocks.put((x, 1.1, 0.45), (0.08, 2.2, 0.08), wood, Material.WOOD)
        blocks.put((x, 1.25, -0.65), (0.08, 2.5, 0.08), wood, Material.WOOD)
    blocks.put((0, 0.42, 0.3), (2.5, 0.84, 0.05), np.asarray(pair[0]) * 0.8, Material.CLOTH)
    blocks.put((0, 0.84, 0.0), (2.6, 0.05, 0.95), wood, Material.WOOD)
    blocks.put((0, 1.2, -0.7), (2.5, 2.4, 0.04), (0.30, 0.24, 0.17), Material.CLOTH)
    blocks.put((0, 1.5, -0.55), (2.4, 0.04, 0.25), wood, Material.WOOD)
    awning(blocks, 0.0, 2.66, 2.8, pair, 0.95)
    back = Blocks()
    awning(back, 0.0, 2.66, 2.8, pair, 0.7)
    parts = [blocks.mesh(), back.mesh().turned(np.pi).moved((0, 0, 0.1))]
    for i in range(4):
        kind = int(rng.integers(0, 6))
        box_ = crate(kind).turned(-0.35, "x")
        parts.append(box_.moved((-0.95 + 0.63 * i, 0.9, 0.05)))
    for i in range(5):
        pile = sphere(0.14, 5, 8).scaled((1, 0.8, 1)).moved((-1.0 + 0.5 * i, 1.58, -0.55))
        parts.append(pile.painted(np.array(GOODS[int(rng.integers(0, 6))]) * 0.8, Material.CLOTH))
    if lit:
        for x in (-0.7, 0.7):
            bulb = sphere(0.07, 5, 8).moved((x, 2.12, 0.3))
            parts.append(bulb.painted((9, 5.2, 2.0), Material.GLOW))
    if snow:
        cover = box((2.85, 0.12, 0.95), (0, 2.52, 0.5), 0.05).painted(
            (0.78, 0.82, 0.88), Material.SNOW
        )
        parts.append(cover.turned(0.0))
    return merged(parts)


def fountain(rng: np.random.Generator, frozen: bool, kind: int = 0) -> Mesh:
    """Return a stone fountain 4 to 5 m across; kind 0 with bowls, 1 with a figure on a column."""
    stone = np.array((0.40, 0.37, 0.32)) * rng.uniform(0.8, 1.1)
    sides = int(rng.choice([8, 24]))
    r = float(rng.uniform(1.9, 2.5))
    basin = lathe(
        [[r + 0.25, 0], [r + 0.25, 0.12], [r, 0.16], [r, 0.55], [r + 0.12, 0.6], [r + 0.12, 0.7],
         [r - 0.2, 0.7], [r - 0.25, 0.2]], sides,
    )  # fmt: skip
    parts = [(flat(basin) if sides == 8 else basin).painted(stone, Material.STONE)]
    kinds = (Material.SNOW, (0.7, 0.75, 0.8)) if frozen else (Material.METAL, (0.10, 0.19, 0.21))
    water = lathe([[0.0, 0.5], [r - 0.2, 0.5]], 24)
    water.normal[:] = (0, 1, 0)
    parts.append(water.painted(kinds[1], kinds[0]))
    stem = [[0.55, 0.2], [0.4, 0.5], [0.25, 0.6], [0.2, 1.3], [0.32, 1.4], [0.25, 1.5]]
    parts.append(lathe(stem, 12).painted(stone, Material.STONE))
    bowl = lathe([[0.2, 1.45], [0.8, 1.62], [1.0, 1.75], [0.94, 1.78], [0.1, 1.66]], 20)
    parts.append(bowl.painted(stone, Material.STONE))
    if kind == 0:
        top = lathe(
            [
                [0.16, 1.6],
                [0.12, 2.2],
                [0.45, 2.35],
                [0.55, 2.45],
                [0.1, 2.4],
                [0.1, 2.6],
                [0, 2.7],
            ],
            14,
        )
        parts.append(top.painted(stone, Material.STONE))
    else:
        parts.append(figure().moved((0, 1.6, 0)).painted(stone * 0.6, Material.STONE))
    if not frozen:
        jets = 8
        for i in range(jets):
            a = i / jets * 6.283
            t = np.linspace(0, 1, 7)
            out, y = 0.98 + 0.45 * t, 1.76 - 1.22 * t**2
            line = np.stack([out * np.cos(a), y, out * np.sin(a)], 1)
            parts.append(tube(line, 0.03, 4).painted((0.55, 0.66, 0.7), Material.FOLIAGE, 0.6))
    return merged(parts)


def figure(tall_m: float = 1.75) -> Mesh:
    """Return a robed figure of stone or bronze, to be painted."""
    robe = lathe(
        [[0.34, 0], [0.30, 0.15], [0.25, 0.6], [0.20, 1.0], [0.25, 1.25], [0.24, 1.4], [0.08, 1.5]],
        12,
    ).scaled((1, 1, 0.75))
    head = sphere(0.125, 7, 10).scaled((0.9, 1.15, 1)).moved((0, 1.62, 0))
    arm = tube([[0.22, 1.38, 0], [0.38, 1.15, 0.1], [0.42, 1.42, 0.25]], [0.08, 0.065, 0.05], 6)
    other = tube([[-0.22, 1.38, 0], [-0.3, 1.05, 0.06], [-0.12, 0.95, 0.24]], [0.08, 0.07, 0.05], 6)
    return merged([robe, head, arm, other]).scaled(tall_m / 1.75)


@cache
def statue(bronze: bool = True) -> Mesh:
    """Return a figure on a stepped plinth, 4.4 m high."""
    blocks = Blocks()
    for y, size in ((0.15, 2.6), (0.42, 2.0), (1.35, 1.1), (2.2, 1.4)):
        tall = {0.15: 0.3, 0.42: 0.26, 1.35: 1.6, 2.2: 0.2}[y]
        blocks.put((0, y, 0), (size, tall, size), (0.36, 0.34, 0.31), Material.STONE)
    skin = ((0.11, 0.16, 0.13), Material.METAL) if bronze else ((0.5, 0.48, 0.44), Material.STONE)
    return merged([blocks.mesh(), figure(2.1).moved((0, 2.3, 0)).painted(skin[0], skin[1])])


def draw_well(rng: np.random.Generator, snow: bool, stone: ArrayLike = (0.3, 0.28, 0.25)) -> Mesh:
    """Return a round stone well with a shingled roof on posts, a winch and a bucket."""
    from ldm3d.data.stonework import coursed, on_tower, stones, tones

    rects = coursed(rng, 2 * np.pi * 0.85, 0.85, (0.38, 0.21))
    wall = stones(rects, on_tower((0, 0), 0.85), tones(rng, len(rects), stone), rng, rise_m=0.03)
    rim = lathe([[0.95, 0.85], [0.95, 0.97], [0.62, 0.97], [0.62, 0.2]], 18)
    dark = cylinder(0.62, 0.3, 12).painted((0.01, 0.012, 0.015))
    wood = (0.17, 0.105, 0.055)
    blocks = Blocks()
    for x in (-0.85, 0.85):
        blocks.put((x, 1.35, 0), (0.13, 2.2, 0.13), wood, Material.WOOD)
    blocks.put((0, 2.45, 0), (1.9, 0.12, 0.12), wood, Material.WOOD)
    for side in (-1, 1):
        for i in range(5):
            y, z = 2.98 - 0.15 * i, side * (0.1 + 0.2 * i)
            tone = np.array(wood) * rng.uniform(0.8, 1.5)
            blocks.put((0, y, z), (2.3, 0.07, 0.26), tone, Material.WOOD)
            if snow:
                top = (0, y + 0.07, z)
                blocks.put(top, (2.3, 0.08, 0.26), (0.78, 0.82, 0.88), Material.SNOW)
    winch = cylinder(0.1, 1.5, 10).turned(np.pi / 2, "z").moved((0.75, 1.75, 0))
    rope = cylinder(0.02, 0.75, 5).moved((0, 1.0, 0)).painted((0.3, 0.24, 0.15), Material.CLOTH)
    bucket = lathe([[0.13, 0.72], [0.17, 1.02], [0.14, 1.02], [0.1, 0.75]], 10)
    return merged(
        [
            wall, rim.painted(np.asarray(stone) * 1.1, Material.STONE), dark, blocks.mesh(),
            merged([winch, bucket]).painted(wood, Material.WOOD), rope,
        ]
    )  # fmt: skip


@cache
def bicycle(color: tuple[float, float, float] = (0.4, 0.05, 0.04)) -> Mesh:
    """Return a bicycle along x, leaning on its stand."""
    a = np.linspace(0, 2 * np.pi, 19)
    parts = []
    for x in (-0.52, 0.52):
        ring = np.stack([x + 0.33 * np.cos(a), 0.34 + 0.33 * np.sin(a), 0 * a], 1)
        parts.append(tube(ring, 0.022, 5).painted((0.02, 0.02, 0.022)))
        for i in range(6):
            b = i * np.pi / 6
            d = np.array([0.32 * np.cos(b), 0.32 * np.sin(b), 0])
            c = np.array([x, 0.34, 0])
            parts.append(tube([c - d, c + d], 0.004, 3).painted((0.3, 0.3, 0.3), Material.METAL))
    joints = {
        "rear": (-0.52, 0.34, 0), "seat": (-0.22, 0.82, 0), "crank": (-0.08, 0.3, 0),
        "head": (0.36, 0.85, 0), "front": (0.52, 0.34, 0), "bar": (0.33, 1.02, 0),
    }  # fmt: skip
    pairs = ("rear seat", "rear crank", "seat crank", "seat head", "crank head", "head front")
    for pair in (*pairs, "head bar"):
        start, end = pair.split()
        parts.append(tube([joints[start], joints[end]], 0.02, 5).painted(color, Material.METAL))
    parts.append(box((0.26, 0.06, 0.15), (-0.25, 0.9, 0), 0.02).painted((0.1, 0.05, 0.03)))
    parts.append(
        tube([[0.25, 1.04, -0.27], [0.35, 1.04, 0], [0.25, 1.04, 0.27]], 0.018, 5).painted(IRON)
    )
    return merged(parts).turned(-0.12, "x")


def cloth_line(
    start: ArrayLike, end: ArrayLike, rng: np.random.Generator, sag_m: float = 0.4
) -> Mesh:
    """Return a washing line with shirts and sheets."""
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    t = np.linspace(0, 1, 13)
    line = a + (b - a) * t[:, None] - np.array([0, 4 * sag_m, 0]) * (t * (1 - t))[:, None]
    parts = [tube(line, 0.012, 4).painted((0.3, 0.3, 0.28))]
    way = (b - a) / np.linalg.norm(b - a)
    across = np.cross(way, [0, 1, 0])
    blocks = Blocks()
    tones_ = np.array(
        [[0.7, 0.68, 0.64], [0.25, 0.35, 0.5], [0.6, 0.2, 0.15], [0.65, 0.55, 0.3], [0.7, 0.7, 0.7]]
    )
    for s in np.arange(0.14, 0.86, 0.75 / max(float(np.linalg.norm(b - a)), 1.5)):
        top = a + (b - a) * s - np.array([0, 4 * sag_m, 0]) * s * (1 - s)
        wide, tall = rng.uniform(0.22, 0.34), rng.uniform(0.5, 1.0)
        corners = []
        for depth in (-0.008, 0.008):
            for y, blow in ((-tall, 0.08), (0.0, 0.0)):
                for x in (-wide, wide):
                    corners.append(top + way * x + across * (depth + blow) + [0, y, 0])
        order = [0, 1, 2, 3, 4, 5, 6, 7]
        blocks.wedge(np.array(corners)[order][None], tones_[rng.integers(0, 5)], Material.CLOTH)
    return merged([*parts, blocks.mesh()])


def light_string(
    start: ArrayLike, end: ArrayLike, lit: bool, sag_m: float = 0.6, bulbs: int = 14
) -> Mesh:
    """Return a string of light bulbs between two points."""
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    t = np.linspace(0, 1, 17)
    line = a + (b - a) * t[:, None] - np.array([0, 4 * sag_m, 0]) * (t * (1 - t))[:, None]
    parts = [tube(line, 0.012, 3).painted((0.03, 0.03, 0.03))]
    tint, kind = ((8.0, 4.6, 1.7), Material.GLOW) if lit else ((0.6, 0.57, 0.48), Material.MATTE)
    bulb = sphere(0.055, 5, 7).painted(tint, kind)
    for s in (np.arange(bulbs) + 0.5) / bulbs:
        at = a + (b - a) * s - np.array([0, 4 * sag_m, 0]) * s * (1 - s)
        parts.append(bulb.moved(at - [0, 0.07, 0]))
    return merged(parts)
