"""Houses, arcades and towers of old towns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.blocks import Blocks
from ldm3d.data.facades import (
    Color,
    Style,
    awning,
    chimney,
    cornice,
    flower_boxes,
    gable_roof,
    grid,
    panes,
    windows,
)
from ldm3d.data.mesh import Material, Mesh, box, cylinder, flat, lathe, merged, sphere
from ldm3d.data.stonework import arch_stones

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Quarter:
    """What the houses of a town have in common."""

    kind: str  # plaster, timber, stone, brick
    walls: tuple[Color, ...]
    shutters: tuple[Color, ...]
    tiles: tuple[Color, ...]
    pitch: float
    gables: float  # share of houses with their gable to the street
    trim: Color
    lit: float = 0.0
    snow: float = 0.0
    flowers: float = 0.3
    season: str = "summer"
    shops: float = 0.4  # share of houses with a shop


GREENS: tuple[Color, ...] = ((0.06, 0.13, 0.09), (0.07, 0.15, 0.20), (0.16, 0.09, 0.05))
QUARTERS: dict[str, Quarter] = {
    "plaster": Quarter(
        "plaster",
        ((0.62, 0.42, 0.20), (0.60, 0.30, 0.20), (0.62, 0.54, 0.40), (0.42, 0.46, 0.36),
         (0.56, 0.36, 0.30), (0.60, 0.48, 0.26), (0.38, 0.44, 0.50)),
        GREENS, ((0.36, 0.15, 0.075), (0.42, 0.20, 0.10), (0.30, 0.13, 0.07)), 0.62, 0.25,
        (0.55, 0.50, 0.42),
    ),
    "timber": Quarter(
        "timber",
        ((0.62, 0.58, 0.50), (0.60, 0.52, 0.38), (0.60, 0.42, 0.24), (0.50, 0.22, 0.15),
         (0.58, 0.55, 0.42)),
        ((0.06, 0.13, 0.08), (0.22, 0.05, 0.04), (0.11, 0.065, 0.04)),
        ((0.27, 0.10, 0.06), (0.15, 0.10, 0.085), (0.20, 0.085, 0.055)), 1.35, 0.72,
        (0.10, 0.058, 0.033),
    ),
    "stone": Quarter(
        "stone",
        ((0.42, 0.36, 0.27), (0.36, 0.33, 0.28), (0.46, 0.38, 0.26), (0.33, 0.31, 0.29)),
        ((0.10, 0.17, 0.22), (0.20, 0.24, 0.24), (0.14, 0.08, 0.05)),
        ((0.10, 0.105, 0.12), (0.13, 0.125, 0.12), (0.26, 0.15, 0.09)), 1.0, 0.4,
        (0.50, 0.45, 0.36),
    ),
    "brick": Quarter(
        "brick",
        ((0.33, 0.12, 0.075), (0.26, 0.10, 0.07), (0.38, 0.18, 0.11), (0.56, 0.52, 0.46),
         (0.20, 0.095, 0.075)),
        ((0.05, 0.10, 0.08), (0.30, 0.05, 0.04), (0.06, 0.07, 0.10)),
        ((0.16, 0.085, 0.065), (0.11, 0.10, 0.10), (0.28, 0.11, 0.06)), 1.3, 0.85,
        (0.58, 0.54, 0.47),
    ),
}  # fmt: skip


def _timbers(
    blocks: Blocks, rng: np.random.Generator, wide: float, foot: float, floors: int,
    style: Style, xs: Doubles, gable: float,
) -> None:  # fmt: skip
    """Add posts, rails and braces of a timber frame to a front."""
    wood = np.array((0.085, 0.05, 0.03)) * rng.uniform(0.8, 1.6)
    out = 0.05
    for i in range(floors + 1):
        y = foot + i * style.floor_m
        blocks.put((0, y, out), (wide + 0.08, 0.24, 0.2), wood, Material.WOOD)
    for i in range(floors):
        y = foot + (i + 0.5) * style.floor_m
        sill = y - style.window[1] / 2 - 0.12
        blocks.put((0, sill, out), (wide, 0.13, 0.1), wood, Material.WOOD)
        half = style.window[0] / 2 + 0.14
        posts = np.concatenate([xs - half, xs + half, [-wide / 2 + 0.1, wide / 2 - 0.1]])
        spots = np.stack([posts, np.full(len(posts), y), np.full(len(posts), out)], 1)
        blocks.put(spots, (0.16, style.floor_m, 0.12), wood, Material.WOOD)
        low, high = y - style.floor_m / 2, sill
        for x in xs:  # crosses below the windows
            for a, b in ((-half, half), (half, -half)):
                _beam(blocks, (x + a, low + 0.1), (x + b, high), 0.11, out, wood)
        for side in (-1, 1):
            a = side * (wide / 2 - 0.15)
            b = side * (float(np.abs(xs).max()) + half + 0.05)
            _beam(blocks, (b, low), (a, y + style.floor_m / 2), 0.12, out, wood)
    if gable > 0:
        top = foot + floors * style.floor_m
        for share in (0.33, 0.66):
            span = wide * (1 - share)
            blocks.put((0, top + gable * share, out), (span, 0.16, 0.12), wood, Material.WOOD)
        blocks.put((0, top + gable * 0.4, out), (0.16, gable * 0.8, 0.12), wood, Material.WOOD)
        for side in (-1, 1):
            foot_at = (side * wide / 2, top)
            _beam(blocks, foot_at, (0, top + gable), 0.2, out, wood)
            _beam(
                blocks, (side * wide * 0.32, top), (side * wide * 0.1, top + gable * 0.66), 0.13,
                out, wood,
            )  # fmt: skip


def _beam(
    blocks: Blocks, a: tuple[float, float], b: tuple[float, float], thick: float, z: float,
    color: Doubles,
) -> None:  # fmt: skip
    way = np.array(b) - np.array(a)
    side = np.array([-way[1], way[0]]) / (np.linalg.norm(way) + 1e-9) * thick / 2
    quad = []
    for depth in (z - 0.05, z + 0.05):
        for end in (np.array(a), np.array(b)):
            for sign in (-1, 1):
                quad.append((*(end + sign * side), depth))
    points = np.array(quad)
    blocks.wedge(points[None], color, Material.WOOD)


def _door(
    blocks: Blocks, rng: np.random.Generator, x: float, style: Style, color: Color
) -> list[Mesh]:
    """Add an arched or straight doorway with a step; return its arch."""
    wide, tall = float(rng.uniform(1.0, 1.35)), 2.15
    blocks.put((x, tall / 2, 0.03), (wide, tall, 0.08), color, Material.WOOD)
    for i in range(3):
        at = (x + (i - 1) * wide / 3, tall / 2, 0.075)
        blocks.put(at, (wide / 3 - 0.05, tall - 0.2, 0.02), np.asarray(color) * 1.3, Material.WOOD)
    blocks.put((x + wide * 0.35, 1.05, 0.1), (0.05, 0.14, 0.06), (0.4, 0.3, 0.12), Material.METAL)
    for side in (-1, 1):
        at = (x + side * (wide / 2 + 0.12), tall / 2, 0.06)
        blocks.put(at, (0.24, tall, 0.2), style.trim, Material.STONE)
    blocks.put((x, 0.07, 0.3), (wide + 0.5, 0.14, 0.6), (0.33, 0.31, 0.28), Material.STONE)
    if rng.random() < 0.6:
        half = wide / 2
        t = np.linspace(0, np.pi, 7)
        quads = []
        for a, b in pairwise(t):
            ring = []
            for z in (0.0, 0.06):
                ring += [
                    (x, tall, z), (x, tall + 1e-3, z),
                    (x + half * np.cos(a), tall + half * np.sin(a), z),
                    (x + half * np.cos(b), tall + half * np.sin(b), z),
                ]  # fmt: skip
            quads.append(ring)
        lit = style.lit > 0.3 and rng.random() < 0.5
        kind, tint = (Material.GLOW, (1.5, 0.9, 0.35)) if lit else (Material.METAL, style.glass)
        blocks.wedge(np.array(quads), tint, kind)
        arch = arch_stones(rng, half, 0.24, 0.24, style.trim, count=9)
        return [arch.moved((x, tall, 0.02))]
    blocks.put((x, tall + 0.12, 0.07), (wide + 0.48, 0.24, 0.22), style.trim, Material.STONE)
    return []


SHOPS: tuple[Color, ...] = (
    (0.05, 0.13, 0.11), (0.30, 0.06, 0.05), (0.06, 0.10, 0.22), (0.14, 0.08, 0.045),
    (0.36, 0.24, 0.06), (0.10, 0.05, 0.13),
)  # fmt: skip


def old_house(
    rng: np.random.Generator, quarter: Quarter, wide: float, floors: int, deep: float = 9.0
) -> tuple[Mesh, float]:
    """Return a house of an old town, and its height; its front is at z = 0 facing +z."""
    blocks = Blocks()
    extra: list[Mesh] = []
    wall = np.asarray(quarter.walls[rng.integers(0, len(quarter.walls))])
    r, g, b = (float(c) for c in wall * rng.uniform(0.85, 1.12))
    tone: Color = (r, g, b)
    floor = float(rng.uniform(2.75, 3.3))
    style = Style(
        wall=tone, trim=quarter.trim, floor_m=floor, bay_m=float(rng.uniform(1.9, 2.7)),
        window=(float(rng.uniform(0.85, 1.1)), float(rng.uniform(1.3, 1.7))),
        frame=(0.5, 0.47, 0.4) if quarter.kind in ("timber", "brick") else (0.13, 0.10, 0.08),
        lit=quarter.lit, snow=quarter.snow,
        material=Material.MATTE if quarter.kind in ("plaster", "timber") else Material.STONE,
    )  # fmt: skip
    ground = float(rng.uniform(2.9, 3.5))
    tall = ground + floors * floor
    front_gable = bool(rng.random() < quarter.gables)
    pitch = quarter.pitch * float(rng.uniform(0.85, 1.2))
    if front_gable:
        pitch = min(pitch, 9.0 / wide)
    blocks.put((0, tall / 2, -deep / 2), (wide, tall, deep), tone, style.material)
    base = np.asarray(tone) * 0.72 if quarter.kind == "plaster" else (0.30, 0.28, 0.25)
    blocks.put((0, 0.4, -deep / 2), (wide + 0.06, 0.8, deep + 0.12), base, Material.STONE)
    if quarter.kind == "timber" and rng.random() < 0.7:
        stone_foot = (0.36, 0.33, 0.28)
        blocks.put((0, ground / 2, -deep / 2), (wide + 0.02, ground, deep + 0.1), stone_foot)
    x, y = grid(wide, floors, style, ground)
    shutters = None
    if rng.random() < {"plaster": 0.85, "stone": 0.5, "timber": 0.3, "brick": 0.15}[quarter.kind]:
        shutters = quarter.shutters[rng.integers(0, len(quarter.shutters))]
        if style.bay_m < 2.2:
            shutters = None
    blooming = quarter.flowers if quarter.season in ("spring", "summer", "autumn") else 0.0
    windows(blocks, rng, x, y, style, shutters=shutters, flowers=blooming)
    rise = pitch * wide / 2 if front_gable else 0.0
    if quarter.kind == "timber":
        _timbers(blocks, rng, wide, ground, floors, style, np.unique(x), rise)
    _ground_floor(blocks, rng, quarter, style, wide, ground, extra)
    if quarter.kind != "timber" and not front_gable:
        cornice(blocks, wide, tall - 0.3, deep, quarter.trim, 0.22)
    tile = quarter.tiles[rng.integers(0, len(quarter.tiles))]
    ridge = gable_roof(
        blocks, rng, wide, deep, tall, pitch, tile, front_gable=front_gable, wall=tone,
        snow=quarter.snow, material=style.material,
        over_m=0.12 if quarter.kind == "brick" else 0.35,
    )  # fmt: skip
    if front_gable:
        attic = replace(style, window=(0.75, 1.05))
        rows = [(0.0, tall + rise * 0.30)] if rise > 2.2 else []
        if wide > 5.5 and rise > 3.5:
            rows = [(-0.9, tall + rise * 0.2), (0.9, tall + rise * 0.2), (0.0, tall + rise * 0.52)]
        if rows:
            windows(blocks, rng, [r[0] for r in rows], [r[1] for r in rows], attic)
        if quarter.kind == "brick":
            _stepped_gable(blocks, wide, tall, rise, tone, quarter)
    else:
        _dormers(blocks, rng, style, wide, tall, deep, pitch, tile)
    chimney(
        blocks, float(rng.uniform(-0.3, 0.3) * wide), ridge - 0.9, -deep * 0.6,
        float(rng.uniform(1.3, 2.2)), (0.28, 0.13, 0.09), quarter.snow,
    )  # fmt: skip
    return merged([blocks.mesh(), *extra]), ridge


def _ground_floor(
    blocks: Blocks, rng: np.random.Generator, quarter: Quarter, style: Style, wide: float,
    ground: float, extra: list[Mesh],
) -> None:  # fmt: skip
    from ldm3d.data.facades import shop_front

    use = rng.choice(["shop", "home", "arches"], p=[quarter.shops, 0.85 - quarter.shops, 0.15])
    accent = SHOPS[rng.integers(0, len(SHOPS))]
    if use == "shop":
        shop_front(
            blocks, rng, wide - 0.7, ground - 0.35, style, accent,
            open_now=style.lit > 0.3 and bool(rng.random() < 0.7),
        )  # fmt: skip
        if rng.random() < 0.55 and quarter.snow < 0.5:
            pale = (0.66, 0.62, 0.54)
            awning(blocks, 0.0, ground - 0.05, wide - 1.0, (np.asarray(accent) * 1.6, pale), 1.2)
        return
    door = quarter.shutters[rng.integers(0, len(quarter.shutters))]
    if use == "arches" and wide > 5:
        half = wide / 2 / 2 - 0.45
        for x in (-wide / 4, wide / 4):
            _portal(blocks, x, half, door)
            extra.append(arch_stones(rng, half, 0.28, 0.3, style.trim, count=11).moved((x, 2.0, 0)))
        return
    x_door = float(rng.choice([-1, 0, 1])) * wide * 0.27
    extra += _door(blocks, rng, x_door, style, door)
    xs = [x for x in np.arange(-wide / 2 + 1.2, wide / 2 - 0.9, 2.1) if abs(x - x_door) > 1.5]
    if xs:
        low = replace(style, window=(0.95, 1.25))
        windows(blocks, rng, xs, np.full(len(xs), 1.75), low)
        if quarter.flowers and quarter.season in ("spring", "summer"):
            at = np.stack([xs, np.full(len(xs), 1.08), np.full(len(xs), 0.22)], axis=1)
            flower_boxes(blocks, rng, at, 0.95, quarter.season)


def _portal(blocks: Blocks, x: float, half: float, color: Color) -> None:
    """Add a round-headed gate of planks."""
    edge = np.linspace(-half, half, 8)
    for number, (a, b) in enumerate(pairwise(edge)):
        middle = (a + b) / 2
        tall = 2.0 + float(np.sqrt(max(half**2 - middle**2, 0.0)))
        tone = np.asarray(color) * (0.75 + 0.5 * ((number * 7) % 3) / 2)
        blocks.put((x + middle, tall / 2, 0.04), (b - a - 0.02, tall, 0.06), tone, Material.WOOD)
    for y in (0.6, 1.8):
        blocks.put((x, y, 0.09), (half * 1.9, 0.09, 0.03), (0.04, 0.04, 0.045), Material.METAL)


def _stepped_gable(
    blocks: Blocks, wide: float, tall: float, rise: float, wall: Color, quarter: Quarter
) -> None:
    steps = max(4, round(rise / 0.8))
    for i in range(steps):
        y = tall + rise * i / steps
        span = wide * (1 - i / steps)
        high = rise / steps
        blocks.put((0, y + high / 2 + 0.25, -0.15), (span, high, 0.4), wall, Material.STONE)
        for side in (-1, 1):
            at = (side * (span / 2 - wide / steps / 4), y + high + 0.3, -0.15)
            blocks.put(at, (wide / steps / 2 + 0.1, 0.12, 0.5), quarter.trim, Material.STONE)


def _dormers(
    blocks: Blocks, rng: np.random.Generator, style: Style, wide: float, tall: float,
    deep: float, pitch: float, tile: Color,
) -> None:  # fmt: skip
    if rng.random() < 0.35 or deep * pitch / 2 < 2.2:
        return
    count = max(1, round(wide / 3.2))
    for i in range(count):
        x = (i + 0.5 - count / 2) * wide / count
        y, z = tall + 0.55 * pitch + 0.75, -0.75
        blocks.put((x, y, z - 0.6), (1.15, 1.4, 1.5), style.wall, style.material)
        panes(blocks, rng, np.array([[x, y, z + 0.17]]), (0.7, 0.95), style)
        for side in (-1, 1):
            at = (x + side * 0.42, y, z + 0.19)
            blocks.put(at, (0.1, 1.1, 0.08), style.trim)
        white = style.snow > 0.45
        top = (0.78, 0.82, 0.88) if white else tile
        kind = Material.SNOW if white else Material.STONE
        quad = []
        for depth in (z - 1.9, z + 0.4):
            quad += [
                (x - 0.8, y + 0.62, depth), (x + 0.8, y + 0.62, depth),
                (x - 0.05, y + 1.25, depth), (x + 0.05, y + 1.25, depth),
            ]  # fmt: skip
        blocks.wedge(np.array(quad)[None], top, kind)


def arcade(
    rng: np.random.Generator, color: Color, bays: int, step_m: float, deep_m: float = 3.2
) -> Mesh:
    """Return an arcade along x, `bays` arches wide; a house's upper floors rest on it at 4.4 m."""
    blocks = Blocks()
    long = bays * step_m
    parts = []
    half = step_m / 2 - 0.38
    for i in range(bays + 1):
        x = -long / 2 + i * step_m
        blocks.put((x, 1.15, -0.35), (0.7, 2.3, 0.7), color, Material.STONE)
        blocks.put((x, 0.2, -0.35), (0.9, 0.4, 0.9), np.asarray(color) * 0.9, Material.STONE)
        blocks.put((x, 2.32, -0.35), (0.86, 0.18, 0.86), color, Material.STONE)
    for i in range(bays):
        x = -long / 2 + (i + 0.5) * step_m
        parts.append(arch_stones(rng, half, 0.36, 0.74, color, count=11).moved((x, 2.4, -0.35)))
        t = np.linspace(0, np.pi, 9)
        for a, b in pairwise(t):  # the wall over each arch
            quad = []
            for z in (-0.65, -0.05):
                for angle in (a, b):
                    px = -(half + 0.3) * np.cos(angle)
                    quad += [(x + px, 2.4 + (half + 0.3) * np.sin(angle), z), (x + px, 4.45, z)]
            order = np.array(quad)[[0, 2, 1, 3, 4, 6, 5, 7]]
            blocks.wedge(order[None], color, Material.STONE)
    blocks.put((0, 4.4, -0.3), (long + 0.8, 0.25, 0.95), np.asarray(color) * 1.08, Material.STONE)
    blocks.put((0, 4.3, -deep_m / 2), (long, 0.3, deep_m), np.asarray(color) * 0.8)
    return merged([blocks.mesh(), *parts])


def church_tower(
    rng: np.random.Generator, quarter: Quarter, tall: float = 30.0, lit: bool = False
) -> Mesh:
    """Return a square tower with a spire, an onion or a pyramid; a clock without numbers."""
    blocks = Blocks()
    wall = np.asarray(quarter.walls[rng.integers(0, len(quarter.walls))])
    side = float(rng.uniform(5.0, 6.8))
    body_m = tall * 0.62
    kind = Material.MATTE if quarter.kind == "plaster" else Material.STONE
    blocks.put((0, body_m / 2, 0), (side, body_m, side), wall, kind)
    for level in (0.35, 0.62, 0.80, 1.0):
        y = body_m * level
        blocks.put((0, y, 0), (side + 0.5, 0.4, side + 0.5), quarter.trim, Material.STONE)
    for sx in (-1, 1):
        for sz in (-1, 1):
            at = (sx * side / 2, body_m / 2, sz * side / 2)
            blocks.put(at, (0.7, body_m, 0.7), quarter.trim, Material.STONE)
    parts: list[Mesh] = []
    face = cylinder(side * 0.24, 0.15, 20).turned(np.pi / 2, "x")
    glow = (1.6, 1.3, 0.8) if lit else (0.62, 0.6, 0.54)
    face = face.painted(glow, Material.GLOW if lit else Material.MATTE)
    for turn in range(4):
        openings = Blocks()
        y = body_m * 0.9
        openings.put((0, y, side / 2 + 0.02), (1.1, 2.2, 0.1), (0.02, 0.02, 0.022))
        for i in range(5):
            slat = (0, y - 0.9 + 0.45 * i, side / 2 + 0.08)
            openings.put(slat, (1.1, 0.08, 0.08), (0.10, 0.07, 0.05))
        openings.put((0, body_m * 0.48, side / 2 + 0.02), (0.7, 1.5, 0.08), (0.03, 0.035, 0.04))
        openings.put((0, body_m * 0.73, side / 2 + 0.25), (0.07, side * 0.2, 0.05), (0.03,) * 3)
        openings.put(
            (side * 0.07, body_m * 0.71, side / 2 + 0.25), (side * 0.15, 0.07, 0.05), (0.03,) * 3
        )
        whole = merged([openings.mesh(), face.moved((0, body_m * 0.71, side / 2 + 0.04))])
        parts.append(whole.turned(turn * np.pi / 2))
    roof_kind = str(rng.choice(["spire", "onion", "pyramid"]))
    color = quarter.tiles[rng.integers(0, len(quarter.tiles))]
    if roof_kind == "onion":
        color = (0.13, 0.24, 0.20)
        r = side * 0.5
        profile = [
            [r * 1.25, 0],
            [r * 0.9, 0.9],
            [r * 0.62, 1.6],
            [r * 0.62, 2.4],
            [r * 0.95, 3.3],
            [r * 1.0, 4.2],
            [r * 0.7, 5.4],
            [r * 0.25, 6.4],
            [r * 0.12, 8.0],
            [0.05, 9.5],
        ]
        roof = lathe(profile, 16).scaled((1, tall * 0.38 / 9.5, 1))
    else:
        high = tall * (0.5 if roof_kind == "spire" else 0.24)
        sides = 8 if roof_kind == "spire" else 4
        r = side * (0.6 if sides == 8 else 0.78)
        roof = flat(lathe([[r, 0], [r * 0.8, high * 0.12], [0.04, high]], sides))
        roof = roof.turned(np.pi / sides)
    if quarter.snow > 0.5:
        color = (0.66, 0.7, 0.77)
    parts.append(roof.painted(color, Material.STONE).moved((0, body_m, 0)))
    top = body_m + float(roof.position[:, 1].max())
    ball = sphere(0.3, 6, 8).moved((0, top + 0.2, 0))
    parts.append(
        merged([ball, *(box(size, (0, top + y, 0)) for size, y in (
            ((0.1, 1.6, 0.1), 1.0), ((0.8, 0.1, 0.1), 1.2)))])
        .painted((0.55, 0.4, 0.12), Material.METAL)
    )  # fmt: skip
    return merged([blocks.mesh(), *parts])
