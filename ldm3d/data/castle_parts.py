"""Parts of castles: curtain walls, towers, gatehouses, stairs, banners, torches, carts.

Walls and houses stand on y = 0 with their front in the plane z = 0 facing +z.
"""

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
    mesh_from,
    tube,
)
from ldm3d.data.plants import kites
from ldm3d.data.stonework import (
    arch_stones,
    battlements,
    coursed,
    on_tower,
    on_wall,
    stones,
    tones,
)

Doubles = NDArray[np.float64]
WOOD = (0.17, 0.11, 0.06)
SNOW = (0.78, 0.82, 0.88)


def stained(rng: np.random.Generator, rects: Doubles, color: ArrayLike, tall_m: float) -> Doubles:
    """Return the shades of a wall's stones: darker and greener at its foot, streaks from above."""
    shade = tones(rng, len(rects), color, 0.15)
    foot = np.exp(-rects[:, 1:2] / 0.9)
    shade = shade * (1 - 0.35 * foot) + np.array([0.03, 0.05, 0.012]) * foot * 0.6
    streak = np.sin(rects[:, :1] * 1.7) * np.sin(rects[:, :1] * 0.63 + 1.0)
    return np.asarray(shade * (1 - 0.16 * np.clip(streak, 0, 1) * rects[:, 1:2] / tall_m))


def curtain_wall(
    rng: np.random.Generator, long_m: float, tall_m: float, color: ArrayLike,
    *, thick_m: float = 1.6, snow: float = 0.0, stone: tuple[float, float] = (0.62, 0.34),
) -> Mesh:  # fmt: skip
    """Return a wall with battlements on its far side and arrow slits."""
    rects = coursed(rng, long_m, tall_m, stone)
    place = on_wall((-long_m / 2, 0), (long_m / 2, 0))
    face = stones(rects, place, stained(rng, rects, color, tall_m), rng, rise_m=0.05)
    blocks = Blocks()
    dim = np.asarray(color) * 0.6
    blocks.put((0, tall_m / 2, -thick_m / 2 - 0.03), (long_m, tall_m, thick_m), dim, Material.STONE)
    for x in np.arange(-long_m / 2 + 2.5, long_m / 2 - 1.5, float(rng.uniform(4, 6.5))):
        y = tall_m * 0.62
        blocks.put((x, y, 0.03), (0.18, 1.2, 0.1), (0.01, 0.01, 0.012))
        blocks.put((x, y, 0.03), (0.5, 0.16, 0.1), (0.01, 0.01, 0.012))
        for side in (-1, 1):
            blocks.put((x + side * 0.3, y, 0.05), (0.24, 1.5, 0.1), np.asarray(color) * 1.1)
    ledge = tall_m + 0.04
    blocks.put((0, ledge, -thick_m / 2), (long_m, 0.22, thick_m + 0.3), np.asarray(color) * 1.08)
    if snow > 0.4:
        blocks.put(
            (0, ledge + 0.15, -thick_m / 2 + 0.1), (long_m, 0.12, thick_m), SNOW, Material.SNOW
        )
    teeth = battlements(
        on_wall((-long_m / 2, -thick_m + 0.5), (long_m / 2, -thick_m + 0.5)), long_m, 0.5, color,
        rng, foot_m=tall_m, tall_m=1.35,
    )  # fmt: skip
    parts = [face, blocks.mesh(), teeth]
    if snow > 0.4:
        count = max(2, round(long_m / 1.75))
        caps = Blocks()
        x = (np.arange(count) + 0.5) / count * long_m - long_m / 2
        at = np.stack([x, np.full(count, tall_m + 1.52), np.full(count, -thick_m + 0.25)], 1)
        caps.put(at, (long_m / count * 0.62, 0.14, 0.6), SNOW, Material.SNOW)
        parts.append(caps.mesh())
    return merged(parts)


def cone_roof(
    rng: np.random.Generator, radius_m: float, tall_m: float, tile: ArrayLike, snow: float = 0.0
) -> Mesh:
    """Return a tiled cone on y = 0 with a knob."""
    rows, sides = max(8, round(tall_m / 0.4)), 28
    t = np.linspace(0, 1, rows + 1)
    r = radius_m * (1 - t) ** 0.92
    r[: len(r) // 8] *= 1.06
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    points, tints, faces = [], [], []
    white = snow > 0.5
    for i in range(rows):
        for lift, level in ((0.05, i), (0.0, i + 1)):
            ring = np.stack([(r[level] + lift) * np.cos(angle), np.full(sides, t[level] * tall_m),
                             (r[level] + lift) * np.sin(angle)], 1)  # fmt: skip
            points.append(ring)
            tints.append(tones(rng, sides, SNOW if white else tile, 0.05 if white else 0.14))
        base = 2 * i * sides
        c = np.arange(sides)
        n = (c + 1) % sides
        faces += [np.stack([base + c, base + n, base + sides + n], 1)]
        faces += [np.stack([base + c, base + sides + n, base + sides + c], 1)]
    kind = Material.SNOW if white else Material.STONE
    roof = mesh_from(np.concatenate(points), np.concatenate(faces), color=np.concatenate(tints),
                     material=kind)  # fmt: skip
    line = ((0.12, -0.1), (0.16, 0.1), (0.03, 0.3), (0.02, 1.6), (0.0, 1.6))
    knob = lathe([[radius, tall_m + y] for radius, y in line], 8)
    return merged([roof, knob.painted((0.3, 0.22, 0.1), Material.METAL)])


def round_tower(
    rng: np.random.Generator, radius_m: float, tall_m: float, color: ArrayLike, tile: ArrayLike,
    *, roofed: bool, lit: bool, snow: float = 0.0,
) -> Mesh:  # fmt: skip
    """Return a round tower about the origin, with windows all around."""
    around = 2 * np.pi * radius_m
    rects = coursed(rng, around, tall_m, (0.62, 0.36))
    place = on_tower((0, 0), radius_m)
    wall = stones(rects, place, stained(rng, rects, color, tall_m), rng, rise_m=0.05)
    core = cylinder(radius_m - 0.06, tall_m, 24).painted(np.asarray(color) * 0.6, Material.STONE)
    parts = [wall, core]
    for i in range(int(rng.integers(5, 9))):
        angle, y = i * 2.4 + rng.uniform(0, 1), tall_m * rng.uniform(0.3, 0.85)
        burning = lit and rng.random() < 0.6
        tint, kind = (
            ((2.4, 1.3, 0.45), Material.GLOW)
            if burning
            else ((0.012, 0.013, 0.016), Material.MATTE)
        )
        part = Blocks()
        part.put((0, y, radius_m - 0.05), (0.42, 1.1, 0.2), tint, kind)
        for side in (-1, 1):
            part.put((side * 0.3, y, radius_m), (0.2, 1.3, 0.24), np.asarray(color) * 1.15)
        part.put(
            (0, y + 0.68, radius_m), (0.8, 0.22, 0.26), np.asarray(color) * 1.15, Material.STONE
        )
        part.put(
            (0, y - 0.64, radius_m), (0.85, 0.16, 0.32), np.asarray(color) * 1.15, Material.STONE
        )
        parts.append(part.mesh().turned(angle))
    top = radius_m * 1.12
    ring = lathe(
        [[radius_m, tall_m - 0.9], [top, tall_m - 0.3], [top, tall_m + 0.3], [0, tall_m + 0.3]], 24
    )
    parts.append(ring.painted(np.asarray(color) * 1.05, Material.STONE))
    count = 14
    for i in range(count):  # corbels under the crown
        a = i / count * 6.283
        bit = box((0.3, 0.6, 0.4), (radius_m + 0.1, tall_m - 0.75, 0), 0.03).turned(a)
        parts.append(bit.painted(np.asarray(color) * 0.95, Material.STONE))
    if roofed:
        high = radius_m * float(rng.uniform(1.7, 2.6))
        parts.append(cone_roof(rng, top + 0.45, high, tile, snow).moved((0, tall_m + 1.5, 0)))
        drum = lathe([[top - 0.2, tall_m + 0.2], [top - 0.2, tall_m + 1.6]], 24)
        parts.append(drum.painted(np.asarray(color) * 0.95, Material.STONE))
        slots = Blocks()
        for i in range(10):
            a = i / 10 * 6.283
            slots.put((np.cos(a) * (top - 0.18), tall_m + 1.0, np.sin(a) * (top - 0.18)),
                      (0.4, 0.6, 0.4), (0.015, 0.015, 0.018))  # fmt: skip
        parts.append(slots.mesh())
    else:
        parts.append(
            battlements(on_tower((0, 0), top), 2 * np.pi * top, 0.45, color, rng,
                        foot_m=tall_m + 0.3, tall_m=1.2)
        )  # fmt: skip
    return merged(parts)


def keep(
    rng: np.random.Generator, side_m: float, tall_m: float, color: ArrayLike, tile: ArrayLike,
    *, roofed: bool, lit: bool, snow: float = 0.0,
) -> Mesh:  # fmt: skip
    """Return a great square tower about the origin, its door towards +z."""
    parts = []
    half = side_m / 2
    for turn in range(4):
        rects = coursed(rng, side_m, tall_m, (0.75, 0.42))
        place = on_wall((-half, half), (half, half))
        face = stones(rects, place, stained(rng, rects, color, tall_m), rng, rise_m=0.05)
        front = Blocks()
        for row in range(max(1, int(tall_m / 4.5) - 0)):
            for x in (-side_m * 0.23, side_m * 0.23):
                y = 5.2 + row * 4.2
                if y > tall_m - 2.5:
                    continue
                burning = lit and rng.random() < 0.55
                tint, kind = (
                    ((2.4, 1.35, 0.5), Material.GLOW)
                    if burning
                    else ((0.02, 0.022, 0.027), Material.METAL)
                )
                front.put((x, y, half + 0.03), (0.75, 1.7, 0.12), tint, kind)
                front.put((x, y, half + 0.09), (0.09, 1.7, 0.1), np.asarray(color) * 1.1)
                for s in (-1, 1):
                    front.put(
                        (x + s * 0.48, y, half + 0.06),
                        (0.22, 1.9, 0.22),
                        np.asarray(color) * 1.15,
                        Material.STONE,
                    )
                front.put(
                    (x, y - 0.95, half + 0.1),
                    (1.3, 0.18, 0.34),
                    np.asarray(color) * 1.1,
                    Material.STONE,
                )
                head = arch_stones(
                    rng, 0.38, 0.24, 0.24, np.asarray(color) * 1.15, count=7, pointed=0.6
                )
                parts.append(head.moved((x, y + 0.85, half + 0.06)).turned(turn * np.pi / 2))
        for x in (-half + 0.35, half - 0.35):
            front.put(
                (x, tall_m / 2, half + 0.1),
                (1.0, tall_m, 0.4),
                np.asarray(color) * 1.02,
                Material.STONE,
            )
        whole = merged([face, front.mesh()])
        parts.append(whole.turned(turn * np.pi / 2))
        edge = half + 0.4
        teeth = battlements(
            on_wall((-edge, edge), (edge, edge)), 2 * edge, 0.5, color, rng,
            foot_m=tall_m + 0.4, tall_m=1.2,
        )  # fmt: skip
        parts.append(teeth.turned(turn * np.pi / 2))
    body = Blocks()
    body.put((0, tall_m / 2, 0), (side_m - 0.1, tall_m, side_m - 0.1), np.asarray(color) * 0.6)
    body.put((0, tall_m, 0), (side_m + 0.9, 0.9, side_m + 0.9), np.asarray(color), Material.STONE)
    body.put((0, 1.3, half + 0.06), (1.7, 2.6, 0.16), WOOD, Material.WOOD)
    for i in range(5):
        body.put(
            (0, 0.12 * i + 0.06, half + 1.5 - 0.28 * i),
            (3.0, 0.12, 0.5),
            np.asarray(color) * 0.9,
            Material.STONE,
        )
    parts.append(body.mesh())
    parts.append(
        arch_stones(rng, 0.85, 0.35, 0.5, np.asarray(color) * 1.15, count=11).moved(
            (0, 2.5, half + 0.1)
        )
    )
    if roofed:
        high = side_m * float(rng.uniform(0.6, 1.0))
        roof = flat(
            lathe([[side_m * 0.66, 0], [side_m * 0.3, high * 0.55], [0.1, high]], 4)
        ).turned(np.pi / 4)
        white = snow > 0.5
        parts.append(
            roof.painted(SNOW if white else tile, Material.SNOW if white else Material.STONE)
            .moved((0, tall_m + 0.5, 0))
        )  # fmt: skip
    return merged(parts)


def gatehouse(
    rng: np.random.Generator, color: ArrayLike, tall_m: float, *, open_gate: bool,
    lit: bool, snow: float = 0.0,
) -> Mesh:  # fmt: skip
    """Return a gatehouse 9 m wide with an arched passage and a portcullis."""
    wide, half, spring = 9.0, 1.75, 2.4
    rects = coursed(rng, wide, tall_m, (0.62, 0.36))
    x, y = rects[:, 0] - wide / 2, rects[:, 1]
    arch = np.where(
        np.abs(x) < half + 0.15,
        spring + np.sqrt(np.clip((half + 0.15) ** 2 - x**2, 0, None)) * 1.3,
        0,
    )
    rects = rects[y > arch]
    place = on_wall((-wide / 2, 0), (wide / 2, 0))
    parts = [stones(rects, place, stained(rng, rects, color, tall_m), rng, rise_m=0.05)]
    ring = arch_stones(rng, half, 0.5, 0.9, np.asarray(color) * 1.15, count=13, pointed=0.35)
    parts.append(ring.moved((0, spring, -0.2)))
    blocks = Blocks()
    dim = np.asarray(color) * 0.55
    for s in (-1, 1):
        blocks.put((s * (half + 1.4), tall_m / 2, -2.0), (2.8, tall_m, 3.9), dim, Material.STONE)
        blocks.put(
            (s * (half + 0.1), spring / 2, 0.05),
            (0.5, spring, 0.4),
            np.asarray(color) * 1.1,
            Material.STONE,
        )
        if open_gate:
            leaf = Blocks()
            leaf.put((0, 1.6, 0), (1.6, 3.2, 0.12), WOOD, Material.WOOD)
            for level in (0.7, 2.4):
                leaf.put((0, level, 0.08), (1.5, 0.14, 0.04), (0.03, 0.03, 0.033), Material.METAL)
            parts.append(leaf.mesh().turned(s * 1.25).moved((s * 1.65, 0, 0.75)))
    blocks.put(
        (0, (tall_m + 4.6) / 2, -2.0), (2 * half + 0.4, tall_m - 4.6, 3.9), dim, Material.STONE
    )
    if not open_gate:
        blocks.put((0, 2.3, -1.2), (3.8, 4.8, 0.2), np.asarray(WOOD) * 0.8, Material.WOOD)
    iron = (0.035, 0.035, 0.04)
    low = 2.7 if open_gate else 0.0
    for bar in np.linspace(-1.6, 1.6, 9):
        blocks.put((bar, low + 2.4, -0.75), (0.07, 4.8, 0.07), iron, Material.METAL)
    for level in np.arange(low + 0.4, low + 4.4, 0.55):
        blocks.put((0, level, -0.75), (3.5, 0.07, 0.08), iron, Material.METAL)
    for x_ in (-2.6, 2.6):
        tint, kind = (
            ((2.2, 1.25, 0.45), Material.GLOW) if lit else ((0.015, 0.016, 0.02), Material.METAL)
        )
        blocks.put((x_, tall_m * 0.7, 0.04), (0.5, 1.3, 0.12), tint, kind)
    blocks.put((0, tall_m, -2), (wide + 0.4, 0.4, 4.4), np.asarray(color) * 1.05, Material.STONE)
    if snow > 0.4:
        blocks.put((0, tall_m + 0.25, -0.2), (wide + 0.4, 0.14, 0.9), SNOW, Material.SNOW)
    parts.append(blocks.mesh())
    parts.append(
        battlements(on_wall((-wide / 2, 0.2), (wide / 2, 0.2)), wide, 0.5, color, rng,
                    foot_m=tall_m + 0.2, tall_m=1.2)
    )  # fmt: skip
    return merged(parts)


def wall_stairs(rng: np.random.Generator, tall_m: float, color: ArrayLike, snow: float) -> Mesh:
    """Return stone steps that climb along a wall towards +x, standing on their own footing."""
    blocks = Blocks()
    count = round(tall_m / 0.22)
    for i in range(count):
        x, y = i * 0.3, (i + 1) * tall_m / count
        tint = np.asarray(color) * rng.uniform(0.85, 1.12)
        blocks.put((x, y / 2, 0.65), (0.31, y, 1.3), tint, Material.STONE)
        blocks.put((x, y, 0.67), (0.36, 0.07, 1.4), tint * 1.15, Material.STONE)
        if snow > 0.4:
            blocks.put((x, y + 0.06, 0.67), (0.3, 0.07, 1.3), SNOW, Material.SNOW)
    return blocks.mesh()


BANNERS = (
    ((0.45, 0.03, 0.03), (0.62, 0.45, 0.08)), ((0.04, 0.09, 0.30), (0.64, 0.60, 0.52)),
    ((0.04, 0.20, 0.08), (0.62, 0.50, 0.12)), ((0.30, 0.04, 0.20), (0.64, 0.60, 0.52)),
    ((0.03, 0.03, 0.035), (0.60, 0.42, 0.05)), ((0.62, 0.58, 0.50), (0.45, 0.03, 0.03)),
)  # fmt: skip


@cache
def banner(kind: int = 0, emblem: int = 0) -> Mesh:
    """Return a banner that hangs from y = 0 down to -3.2 m before a wall z = 0."""
    ground, mark = BANNERS[kind % len(BANNERS)]
    rows, columns = 15, 9
    y = np.linspace(0, -3.2, rows)[:, None] + 0 * np.zeros((1, columns))
    x = np.linspace(-0.6, 0.6, columns)[None, :] + 0 * y
    y = y - np.where(np.arange(rows)[:, None] == rows - 1, 0.45 * (1 - np.abs(x) / 0.6), 0)
    z = 0.16 + 0.05 * np.sin(x * 6 + y * 1.5) * (-y / 3.2)
    from ldm3d.data.mesh import grid_faces

    cell = grid_faces(rows, columns)
    points = np.stack([x, y, z], -1).reshape(-1, 3)
    cloth = flat(mesh_from(points, cell))
    middle = cloth.position.reshape(-1, 3, 3).mean(axis=1)
    px, py = middle[:, 0], middle[:, 1] + 1.5
    if emblem % 4 == 0:  # a lozenge
        inside = np.abs(px) / 0.42 + np.abs(py) / 0.8 < 1
    elif emblem % 4 == 1:  # a cross
        inside = (np.abs(px) < 0.12) | (np.abs(py - 0.2) < 0.14)
    elif emblem % 4 == 2:  # halves
        inside = px > 0
    else:  # a chevron
        inside = np.abs(py - 0.4 + np.abs(px) * 1.1) < 0.28
    tint = np.where(inside[:, None], np.array(mark), np.array(ground)).repeat(3, axis=0)
    cloth = cloth.painted((1, 1, 1), Material.CLOTH)
    cloth.color[:, :3] = tint
    rod = tube([[-0.75, 0.05, 0.15], [0.75, 0.05, 0.15]], 0.035, 6).painted(WOOD, Material.WOOD)
    return merged([cloth, rod])


@cache
def flag(kind: int = 0) -> Mesh:
    """Return a pennant on a pole 5 m high."""
    ground, mark = BANNERS[kind % len(BANNERS)]
    pole = cylinder(0.05, 5.0, 7).painted((0.2, 0.14, 0.08), Material.WOOD)
    t = np.linspace(0, 1, 13)
    wave = 0.18 * np.sin(t * 7) * t
    rows = []
    for share in (1.0, 0.34, 0.3, -0.3, -0.34, -1.0):
        rows.append(np.stack([2.0 * t + 0.05, 4.4 + share * 0.5 * (1 - 0.8 * t), wave], 1))
    from ldm3d.data.mesh import grid_faces

    cloth = mesh_from(np.concatenate(rows), grid_faces(6, 13), material=Material.CLOTH)
    band = np.repeat([0, 0, 1, 1, 0, 0], 13)[:, None]
    cloth.color[:, :3] = np.where(band, np.array(mark), np.array(ground))
    return merged([pole, cloth])


@cache
def torch(lit: bool = False) -> Mesh:
    """Return a torch in an iron ring on the wall z = 0; its flame at (0, 0.55, 0.3)."""
    stick = tube([[0, -0.1, 0.12], [0, 0.42, 0.28]], 0.04, 6).painted(WOOD, Material.WOOD)
    arm = tube([[0, 0.1, 0], [0, 0.12, 0.2]], 0.025, 5).painted((0.03, 0.03, 0.033), Material.METAL)
    cup = lathe([[0.05, 0.36], [0.09, 0.46], [0.06, 0.5]], 8).moved((0, 0, 0.28))
    parts = [stick, arm, cup.painted((0.03, 0.03, 0.033), Material.METAL)]
    if lit:
        flame = lathe([[0.0, 0.42], [0.09, 0.52], [0.07, 0.66], [0.0, 0.95]], 8).moved((0, 0, 0.29))
        parts.append(flame.painted((14, 5.6, 1.2), Material.GLOW))
    return merged(parts)


@cache
def brazier(lit: bool = False) -> Mesh:
    """Return an iron fire basket 1.1 m high."""
    bowl = lathe([[0.0, 0.7], [0.25, 0.72], [0.38, 0.95], [0.36, 0.95], [0.2, 0.8]], 12)
    legs = [
        tube(
            [[0.36 * np.cos(a), 0, 0.36 * np.sin(a)], [0.22 * np.cos(a), 0.75, 0.22 * np.sin(a)]],
            0.025,
            5,
        )
        for a in (0.3, 2.4, 4.5)
    ]
    parts = [merged([bowl, *legs]).painted((0.03, 0.03, 0.033), Material.METAL)]
    for i in range(5):
        a = i * 1.3
        log = tube(
            [
                [0.2 * np.cos(a), 0.85, 0.2 * np.sin(a)],
                [-0.15 * np.cos(a), 1.05, -0.15 * np.sin(a)],
            ],
            0.05,
            6,
        )
        parts.append(log.painted((0.06, 0.04, 0.03), Material.BARK))
        if lit:
            flame = lathe(
                [[0.0, 0.85], [0.11, 0.98], [0.07, 1.2], [0.0, 1.45 + 0.1 * np.sin(a)]], 7
            )
            parts.append(
                flame.moved((0.14 * np.cos(a), 0, 0.14 * np.sin(a))).painted(
                    (12, 4.6, 0.9), Material.GLOW
                )
            )
    return merged(parts)


def hay_cart(rng: np.random.Generator, snow: bool) -> Mesh:
    """Return a two-wheeled cart 2.4 m long along x, full of hay."""
    blocks = Blocks()
    blocks.put((0, 0.75, 0), (2.2, 0.07, 1.2), WOOD, Material.WOOD)
    for z in (-0.6, 0.6):
        for i in range(3):
            blocks.put(
                (0, 0.85 + 0.16 * i, z * (1 + 0.06 * i)), (2.2, 0.1, 0.04), WOOD, Material.WOOD
            )
        for x in (-1, 0, 1):
            blocks.put((x, 1.0, z * 1.08), (0.07, 0.6, 0.06), WOOD, Material.WOOD)
        blocks.put((1.9, 0.66, z * 0.6), (1.9, 0.07, 0.07), WOOD, Material.WOOD)
    parts = [blocks.mesh()]
    a = np.linspace(0, 2 * np.pi, 21)
    for z in (-0.72, 0.72):
        ring = np.stack([0.6 * np.cos(a), 0.6 + 0.6 * np.sin(a), np.full(21, z)], 1)
        parts.append(tube(ring, 0.05, 6).painted(WOOD, Material.WOOD))
        for i in range(4):
            b = i * np.pi / 4
            d = np.array([0.57 * np.cos(b), 0.57 * np.sin(b), 0])
            c = np.array([0, 0.6, z])
            parts.append(tube([c - d, c + d], 0.03, 5).painted(WOOD, Material.WOOD))
    parts.append(hay(rng, (1.05, 0.55, 0.6), 700).moved((0, 0.95, 0)))
    if snow:
        parts.append(box((1.6, 0.15, 0.9), (0, 1.45, 0), 0.06).painted(SNOW, Material.SNOW))
    return merged(parts)


def hay(rng: np.random.Generator, size: tuple[float, float, float], straws: int) -> Mesh:
    """Return a heap of hay, an ellipsoid's upper half of half sides `size`."""
    core = icosphere(2).scaled(np.array(size) * 0.92).painted((0.30, 0.22, 0.08), Material.CLOTH)
    d = rng.standard_normal((straws, 3))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    d[:, 1] = np.abs(d[:, 1])
    base = d * np.array(size) * 0.9
    along = rng.standard_normal((straws, 3)) * 0.16 + d * 0.06 + np.array([0, -0.05, 0])
    side = np.cross(along, d)
    side *= 0.014 / (np.linalg.norm(side, axis=1, keepdims=True) + 1e-9)
    tint = np.array([0.42, 0.31, 0.11]) * rng.uniform(0.6, 1.3, (straws, 1))
    return merged([core, kites(base, along, side, d, tint, 0.4)])


def weapon_rack(rng: np.random.Generator) -> Mesh:
    """Return a rack with spears and two painted shields, its front to +z."""
    blocks = Blocks()
    for x in (-0.8, 0.8):
        blocks.put((x, 0.65, 0), (0.1, 1.3, 0.1), WOOD, Material.WOOD)
    for y in (0.4, 1.2):
        blocks.put((0, y, 0), (1.8, 0.09, 0.09), WOOD, Material.WOOD)
    parts = [blocks.mesh()]
    for x in np.linspace(-0.65, 0.65, 5):
        pole = tube([[x, 0, 0.22], [x + rng.normal(0, 0.03), 2.1, -0.06]], 0.022, 5)
        tip = lathe([[0.05, 0], [0.0, 0.3]], 4).moved((x, 2.05, -0.05))
        parts += [
            pole.painted(WOOD, Material.WOOD),
            tip.painted((0.35, 0.35, 0.36), Material.METAL),
        ]
    for x in (-0.42, 0.42):
        pair = BANNERS[int(rng.integers(0, len(BANNERS)))]
        disk = lathe([[0.36, 0], [0.3, 0.05], [0.1, 0.09], [0, 0.1]], 16).turned(np.pi / 2, "x")
        boss = lathe([[0.11, 0.08], [0.08, 0.15], [0, 0.17]], 10).turned(np.pi / 2, "x")
        at = (x, 0.62, 0.16)
        parts += [disk.painted(pair[0]).moved(at), boss.painted(pair[1], Material.METAL).moved(at)]
    return merged(parts)


def dummy() -> Mesh:
    """Return a training dummy of straw with a shield."""
    post = cylinder(0.07, 1.9, 8).painted(WOOD, Material.WOOD)
    arm = tube([[-0.65, 1.35, 0], [0.65, 1.35, 0]], 0.05, 6).painted(WOOD, Material.WOOD)
    trunk = lathe([[0.0, 0.75], [0.2, 0.8], [0.26, 1.2], [0.2, 1.5], [0, 1.55]], 10)
    head = icosphere(2).scaled((0.15, 0.19, 0.15)).moved((0, 1.75, 0))
    straw = merged([trunk, head]).painted((0.36, 0.27, 0.11), Material.CLOTH)
    shield = lathe([[0.3, 0], [0.2, 0.06], [0, 0.08]], 14).turned(np.pi / 2, "x")
    return merged([post, arm, straw, shield.moved((0.5, 1.25, 0.1)).painted((0.4, 0.04, 0.03))])
