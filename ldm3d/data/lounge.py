"""What stands in a living room: sofas, tables, lamps, rugs, shelves, pictures, a fireplace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.built import plank
from ldm3d.data.furniture import BRASS
from ldm3d.data.jungle import big_leaves, rosette
from ldm3d.data.mesh import (
    Material,
    Mesh,
    box,
    cylinder,
    grid_faces,
    lathe,
    merged,
    mesh_from,
    smooth_normals,
    sphere,
    tube,
)
from ldm3d.data.prototypes import prototype

Doubles = NDArray[np.float64]
Color = tuple[float, float, float]
BLACK: Color = (0.025, 0.025, 0.027)


def soft(size: ArrayLike, center: ArrayLike, color: ArrayLike, roundness: float = 0.32) -> Mesh:
    """Return a cushion of `size` (3,): a box with swollen sides and round edges."""
    ball = sphere(1.0, 12, 20)
    p = ball.position.astype(np.float64)
    p = np.sign(p) * np.abs(p) ** roundness
    point = (p * np.asarray(size) / 2).astype(np.float32)
    mesh = mesh_from(point, ball.faces, smooth_normals(point, ball.faces))
    return mesh.painted(color, Material.CLOTH).moved(center)


def _legs(xs: Sequence[float], zs: Sequence[float], tall_m: float, color: ArrayLike) -> list[Mesh]:
    return [
        tube([[x, 0, z], [x * 0.97, tall_m, z * 0.97]], [0.018, 0.026], 7).painted(
            color, Material.WOOD
        )
        for x in xs
        for z in zs
    ]


def sofa(
    rng: np.random.Generator, long_m: float, color: ArrayLike, pillows: ArrayLike, wood: Color,
    kind: int = 0,
) -> Mesh:  # fmt: skip
    """Return a sofa along x facing +z: kind 0 blocky, 1 with round arms, 2 buttoned leather."""
    tone = np.asarray(color, float)
    seats = max(1, round((long_m - 0.4) / 0.75))
    arm = 0.2 if kind == 0 else 0.26
    inner = long_m - 2 * arm
    parts = [soft((long_m - 0.06, 0.24, 0.86), (0, 0.26, 0), tone * 0.85, 0.16)]
    for i in range(seats):
        x = (i + 0.5) / seats * inner - inner / 2
        wide = inner / seats
        parts.append(soft((wide, 0.19, 0.66), (x, 0.43, 0.09), tone))
        back = soft((wide, 0.46, 0.2), (0, 0, 0), tone * 0.97, 0.36).turned(-0.16, "x")
        parts.append(back.moved((x, 0.66, -0.25)))
    parts.append(soft((long_m - 0.1, 0.62, 0.2), (0, 0.5, -0.36), tone * 0.85, 0.2))
    for side in (-1, 1):
        x = side * (long_m / 2 - arm / 2)
        parts.append(soft((arm, 0.5, 0.88), (x, 0.40, 0), tone * 0.92, 0.2))
        if kind:
            roll = cylinder(0.15, 0.86, 14).turned(np.pi / 2, "x").moved((x, 0.62, -0.43))
            parts.append(roll.painted(tone * 0.95, Material.CLOTH))
    table = np.asarray(pillows, float)
    for i in range(int(rng.integers(2, 5))):
        x = float(rng.uniform(-inner / 2 + 0.2, inner / 2 - 0.2))
        pillow = soft((0.44, 0.42, 0.16), (0, 0, 0), table[i % len(table)], 0.5)
        pillow = pillow.turned(rng.normal(0, 0.25), "z").turned(-0.35, "x")
        parts.append(pillow.moved((x, 0.70, -0.02)))
    if rng.random() < 0.5:
        parts.append(_throw(table[-1] * 1.1).moved((float(rng.uniform(-0.3, 0.3)) * inner, 0, 0)))
    parts += _legs((-long_m / 2 + 0.12, long_m / 2 - 0.12), (-0.34, 0.34), 0.16, wood)
    return merged(parts)


def _throw(color: ArrayLike) -> Mesh:
    """Return a blanket over the back and the seat of a sofa."""
    path = np.array([[-0.47, 0.42], [-0.48, 0.80], [-0.38, 0.90], [-0.24, 0.86], [-0.12, 0.60],
                     [0.0, 0.55], [0.38, 0.545], [0.45, 0.46], [0.47, 0.24]])  # fmt: skip
    x = np.linspace(-0.3, 0.3, 13)
    z = path[:, :1] + 0.012 * np.sin(x * 40)[None]
    y = np.broadcast_to(path[:, 1:], z.shape)
    grid = np.stack([np.broadcast_to(x, z.shape), y, z], -1).reshape(-1, 3)
    stripe = np.where((np.arange(13) % 4 == 1)[None, :, None], 1.5, 1.0) * np.asarray(color)
    tint = np.broadcast_to(stripe, (len(path), 13, 3)).reshape(-1, 3)
    return mesh_from(grid, grid_faces(len(path), 13), color=tint, material=Material.CLOTH)


def armchair(rng: np.random.Generator, color: ArrayLike, wood: Color, kind: int = 0) -> Mesh:
    """Return an armchair facing +z: kind 0 a small sofa, 1 wooden frame, 2 high wing back."""
    tone = np.asarray(color, float)
    if kind == 0:
        return sofa(rng, 0.95, color, [tone * 1.4], wood, 0)
    if kind == 1:
        parts = [soft((0.60, 0.14, 0.62), (0, 0.40, 0.04), tone),
                 soft((0.60, 0.58, 0.14), (0, 0, 0), tone * 0.95).turned(-0.3, "x")
                 .moved((0, 0.70, -0.28))]  # fmt: skip
        for x in (-0.36, 0.36):
            line = [[x, 0, 0.32], [x, 0.58, 0.30], [x, 0.60, -0.25], [x, 0.0, -0.42]]
            parts.append(tube(line, 0.024, 8).painted(wood, Material.WOOD))
            bar = tube([[x, 0.3, 0.3], [x, 0.30, -0.30]], 0.02, 7)
            parts.append(bar.painted(wood, Material.WOOD))
        return merged(parts)
    parts = [soft((0.78, 0.26, 0.74), (0, 0.30, 0), tone * 0.85, 0.2),
             soft((0.56, 0.18, 0.60), (0, 0.45, 0.08), tone),
             soft((0.70, 0.84, 0.20), (0, 0.76, -0.28), tone * 0.95, 0.35)]  # fmt: skip
    for x in (-0.35, 0.35):
        parts.append(soft((0.17, 0.46, 0.72), (x, 0.42, 0.03), tone * 0.9, 0.25))
        parts.append(soft((0.14, 0.46, 0.36), (x, 0.88, -0.16), tone * 0.9, 0.4))
    return merged(parts + _legs((-0.3, 0.3), (-0.3, 0.3), 0.2, wood))


@prototype
def pouf(color: Color) -> Mesh:
    """Return a round seat 0.42 m high."""
    return soft((0.58, 0.42, 0.58), (0, 0.21, 0), color, 0.55)


def coffee_table(kind: int, wood: Color) -> Mesh:
    """Return a low table about 0.42 m high: 0 boards, 1 round, 2 glass on brass, 3 a chest."""
    rng = np.random.default_rng(kind)
    if kind == 1:
        top = lathe([[0.0, 0.42], [0.48, 0.42], [0.50, 0.40], [0.46, 0.38], [0.0, 0.38]], 28)
        parts = [top.painted(wood, Material.WOOD)]
        return merged(parts + _legs((-0.3, 0.3), (-0.3, 0.3), 0.39, wood))
    if kind == 2:
        pane = box((1.15, 0.02, 0.65), (0, 0.42, 0)).painted((0.10, 0.14, 0.14), Material.METAL)
        shelf = box((1.05, 0.02, 0.55), (0, 0.14, 0)).painted(BRASS, Material.METAL)
        legs = [tube([[x, 0, z], [x, 0.42, z]], 0.016, 6).painted(BRASS, Material.METAL)
                for x in (-0.54, 0.54) for z in (-0.29, 0.29)]  # fmt: skip
        return merged([pane, shelf, *legs])
    if kind == 3:
        parts = [plank((1.1, 0.1, 0.62), (0, 0.06 + 0.105 * i, 0), wood, rng) for i in range(4)]
        for x in (-0.42, 0.42):
            parts.append(box((0.06, 0.43, 0.64), (x, 0.22, 0)).painted(BLACK, Material.METAL))
        return merged(parts)
    parts = [plank((1.2, 0.04, 0.2), (0, 0.41, z), wood, rng) for z in (-0.2, 0.0, 0.2)]
    parts.append(plank((1.0, 0.025, 0.5), (0, 0.15, 0), np.array(wood) * 0.9, rng))
    return merged(parts + _legs((-0.54, 0.54), (-0.25, 0.25), 0.4, wood))


def on_table(rng: np.random.Generator, flowers: bool = True) -> Mesh:
    """Return books, a cup, a candle and perhaps flowers, on y = 0 within 0.35 m."""
    parts = []
    y = 0.0
    for _ in range(int(rng.integers(1, 4))):
        book = box((0.24, 0.03, 0.17), (0, 0, 0), 0.003).turned(rng.normal(0, 0.2))
        parts.append(
            book.painted(rng.uniform(0.03, 0.5, 3), Material.CLOTH).moved((-0.2, y + 0.015, 0.05))
        )
        y += 0.03
    cup = lathe([[0.0, 0.005], [0.035, 0.0], [0.04, 0.09], [0.034, 0.09], [0.03, 0.02]], 14)
    parts.append(cup.painted(rng.uniform(0.2, 0.8, 3)).moved((0.2, 0, 0.14)))
    if flowers:
        vase = lathe([[0.04, 0], [0.075, 0.06], [0.06, 0.14], [0.028, 0.19], [0.04, 0.22]], 16)
        parts.append(vase.painted(rng.uniform(0.15, 0.7, 3), Material.METAL).moved((0.12, 0, -0.1)))
        tone = np.array([(0.8, 0.2, 0.3), (0.85, 0.6, 0.1), (0.8, 0.78, 0.72), (0.45, 0.2, 0.6)])
        pick = tone[int(rng.integers(4))]
        for i in range(22):
            d = rng.normal(0, 1, 3) * [1, 0.6, 1] + [0, 0.5, 0]
            at = np.array([0.12, 0.31, -0.1]) + d / np.linalg.norm(d) * rng.uniform(0.08, 0.17)
            blob = sphere(0.035, 4, 6).moved(at)
            parts.append(
                blob.painted((0.06, 0.13, 0.04) if i % 3 == 0 else pick * rng.uniform(0.7, 1.2))
            )
    else:
        bowl = lathe([[0.0, 0.01], [0.08, 0.0], [0.16, 0.07], [0.15, 0.075], [0.0, 0.02]], 18)
        parts.append(bowl.painted((0.5, 0.45, 0.38)).moved((0.1, 0, -0.05)))
        for i in range(5):
            spot = (0.1 + 0.06 * np.cos(i * 1.26), 0.075, -0.05 + 0.06 * np.sin(i * 1.26))
            fruit = [(0.75, 0.25, 0.03), (0.6, 0.05, 0.04), (0.4, 0.5, 0.06)][i % 3]
            parts.append(sphere(0.042, 6, 8).moved(spot).painted(fruit))
    return merged(parts)


def floor_lamp(kind: int, lit: bool, shade: Color = (0.75, 0.66, 0.5)) -> tuple[Mesh, Doubles]:
    """Return a lamp 1.6 m high and where its bulb is: 0 a shade, 1 tripod, 2 an arc, 3 a globe."""
    glow = np.array((6.0, 4.0, 2.1)) if lit else np.asarray(shade)
    kind_of = Material.GLOW if lit else Material.CLOTH
    metal = (0.05, 0.05, 0.05) if kind in (2, 3) else BRASS
    bulb = np.array([0.0, 1.48, 0.0])
    parts = []
    if kind == 1:
        for i in range(3):
            a = i * 2.094 + 0.5
            leg = tube([[0.36 * np.cos(a), 0, 0.36 * np.sin(a)], [0, 1.32, 0]], 0.018, 7)
            parts.append(leg.painted((0.30, 0.18, 0.09), Material.WOOD))
    elif kind == 2:
        t = np.linspace(0, 1, 16)
        arc = np.stack([0.95 * np.sin(t * 1.9) * t, 1.95 * np.sin(t * 1.85), 0 * t], 1)
        parts.append(tube(arc, 0.016, 7).painted(metal, Material.METAL))
        parts.append(cylinder(0.19, 0.06, 20).painted((0.5, 0.49, 0.47), Material.STONE))
        bulb = arc[-1] - [0, 0.12, 0]
    else:
        pole = lathe([[0.16, 0], [0.15, 0.02], [0.014, 0.05], [0.012, 1.4]], 14)
        parts.append(pole.painted(metal, Material.METAL))
    if kind == 3:
        ball = sphere(0.17, 9, 14).moved((0, 1.5, 0))
        parts.append(ball.painted(glow * 0.8, kind_of))
        bulb = np.array([0.0, 1.5, 0.0])
    else:
        wide = 0.22 if kind != 2 else 0.2
        cone = lathe([[wide, -0.15], [wide * 0.68, 0.15]], 22).moved(bulb)
        parts.append(cone.painted(glow * (0.55 if lit else 1), kind_of))
    return merged(parts), bulb


@prototype
def table_lamp(lit: bool, body: Color) -> Mesh:
    """Return a lamp 0.5 m high whose bulb is at 0.36 m."""
    foot = lathe([[0.08, 0], [0.10, 0.05], [0.06, 0.2], [0.02, 0.24], [0.015, 0.32]], 14)
    cone = lathe([[0.16, 0.26], [0.10, 0.48]], 18)
    tone = (3.6, 2.4, 1.2) if lit else (0.7, 0.62, 0.5)
    return merged([foot.painted(body, Material.METAL),
                   cone.painted(tone, Material.GLOW if lit else Material.CLOTH)])  # fmt: skip


def pendant(kind: int, lit: bool, drop_m: float) -> Mesh:
    """Return a hanging lamp below the origin: 0 a dome, 1 a paper globe, 2 five arms."""
    cord = tube([[0.0, 0.0, 0.0], [0.0, -drop_m, 0.0]], 0.008, 5).painted(BLACK)
    glow = (5.0, 3.5, 1.9) if lit else (0.75, 0.72, 0.66)
    how = Material.GLOW if lit else Material.MATTE
    if kind == 1:
        return merged([cord, sphere(0.27, 11, 18).moved((0, -drop_m - 0.2, 0)).painted(
            np.array(glow) * (0.4 if lit else 1), how)])  # fmt: skip
    if kind == 2:
        parts = [cord]
        for i in range(5):
            a = i * 1.2566
            t = np.linspace(0, 1, 8)
            r = 0.42 * t
            arm = np.stack([r * np.cos(a), -drop_m - 0.14 * np.sin(np.pi * t), r * np.sin(a)], 1)
            parts.append(tube(arm, 0.012, 6).painted(BRASS, Material.METAL))
            cone = lathe([[0.04, 0.0], [0.085, 0.14]], 12).moved(arm[-1])
            parts.append(cone.painted(np.array(glow) * (0.6 if lit else 1), how))
        return merged(parts)
    dome = lathe([[0.26, -0.2], [0.24, -0.1], [0.12, 0.0], [0.02, 0.03]], 20)
    bulb = sphere(0.06, 7, 10).moved((0, -0.16, 0)).painted(glow, how)
    return merged([cord, merged([dome.painted((0.06, 0.07, 0.07), Material.METAL), bulb])
                   .moved((0, -drop_m, 0))])  # fmt: skip


def rug(size: tuple[float, float], colors: ArrayLike, kind: int, detail: float = 0.3) -> Mesh:
    """Return a rug about the origin: 0 oriental, 1 stripes, 2 lozenges, 3 round, 4 plain."""
    table = np.asarray(colors, float)
    step = 0.03 if detail > 0.6 else 0.045
    nx, nz = round(size[0] / step), round(size[1] / step)
    x = (np.arange(nx) + 0.5) / nx * size[0] - size[0] / 2
    z = (np.arange(nz) + 0.5) / nz * size[1] - size[1] / 2
    gx, gz = (a.ravel() for a in np.meshgrid(x, z))
    edge = np.minimum(size[0] / 2 - np.abs(gx), size[1] / 2 - np.abs(gz))
    base, second, third = table[0], table[1], table[2]
    color = np.zeros((len(gx), 3)) + base
    keep = np.ones(len(gx), bool)
    if kind == 0:
        u, v = gx / size[0] * 2, gz / size[1] * 2
        medal = np.abs(u) * 1.1 + np.abs(v) * 1.0
        for low, high, tint in ((0.0, 0.14, third), (0.14, 0.3, second), (0.3, 0.34, third),
                                (0.5, 0.54, second), (1.02, 1.06, third), (1.06, 1.35, second),
                                (1.35, 1.4, third)):  # fmt: skip
            color[(medal >= low) & (medal < high)] = tint
        small = np.abs((gx % 0.36) - 0.18) + np.abs((gz % 0.36) - 0.18)
        color[(small < 0.06) & (medal > 0.54) & (medal < 1.02)] = third
        color[edge < 0.34] = second
        color[(np.abs((gx + gz) % 0.24 - 0.12) < 0.04) & (edge < 0.27) & (edge > 0.1)] = third
        color[(edge < 0.36) & (edge > 0.32)] = third
        color[edge < 0.05] = base
    elif kind == 1:
        band = np.floor(gz / 0.16).astype(int)
        color = table[np.array([0, 1, 0, 2, 0, 0, 1, 1, 2])[band % 9]]
    elif kind == 2:
        d = np.abs((gx % 0.6) - 0.3) / 0.3 + np.abs((gz % 0.8) - 0.4) / 0.4
        color[np.abs(d - 1) < 0.12] = second
        color[d < 0.3] = third
        color[edge < 0.06] = second
    elif kind == 3:
        r = np.hypot(gx / size[0], gz / size[1]) * 2
        keep = r < 1
        ring = np.floor(r * 5).astype(int)
        color = table[np.array([2, 0, 1, 0, 1, 0])[np.clip(ring, 0, 5)]]
    rng = np.random.default_rng(kind)
    color = color * (1 + rng.normal(0, 0.07, (len(gx), 1)))
    gx, gz, color = gx[keep], gz[keep], np.clip(color[keep], 0.005, 1)
    hx, hz = size[0] / nx / 2, size[1] / nz / 2
    corner = np.array([[-hx, 0, -hz], [hx, 0, -hz], [hx, 0, hz], [-hx, 0, hz]])
    point = (np.stack([gx, np.full(len(gx), 0.014), gz], 1)[:, None] + corner).reshape(-1, 3)
    faces = (np.arange(len(gx))[:, None, None] * 4 + np.array([[0, 2, 1], [0, 3, 2]])).reshape(
        -1, 3
    )
    return mesh_from(point, faces, np.tile([0, 1, 0], (len(point), 1)),
                     np.repeat(color, 4, axis=0), Material.CLOTH)  # fmt: skip


def shelf(rng: np.random.Generator, wide_m: float, tall_m: float, wood: Color, full: float) -> Mesh:
    """Return shelves along x facing +z, 0.32 m deep, with books, boxes, vases and plants."""
    deep = 0.32
    rows = max(1, round(tall_m / 0.38))
    step = tall_m / rows
    parts = [box((wide_m, tall_m, 0.015), (0, tall_m / 2, -deep / 2)).painted(np.array(wood) * 0.6)]
    for x in (-wide_m / 2, wide_m / 2):
        parts.append(plank((0.03, tall_m, deep), (x, tall_m / 2, 0), wood, rng))
    covers = _muted(rng, 9, 0.55) * rng.uniform(0.35, 1.1, (9, 1))
    for row in range(rows + 1):
        parts.append(plank((wide_m, 0.028, deep), (0, row * step, 0), wood, rng))
    for row in range(rows):
        x = -wide_m / 2 + 0.04
        while x < wide_m / 2 - 0.12:
            if rng.random() < full:
                for _ in range(int(rng.integers(4, 13))):
                    thick = float(rng.uniform(0.018, 0.05))
                    if x + thick > wide_m / 2 - 0.03:
                        break
                    tall = float(step * rng.uniform(0.55, 0.86))
                    book = box(
                        (thick * 0.95, tall, 0.2),
                        (x + thick / 2, row * step + 0.014 + tall / 2, 0.03),
                    )
                    parts.append(book.painted(covers[rng.integers(9)], Material.CLOTH))
                    x += thick
            else:
                thing = _ornament(rng, step * 0.7)
                parts.append(thing.moved((x + 0.13, row * step + 0.016, 0.02)))
                x += 0.27
            x += float(rng.uniform(0.0, 0.06))
    return merged(parts)


def _muted(rng: np.random.Generator, count: int, gray: float) -> Doubles:
    """Return colors (count, 3) that go together: of few hues, mixed with a warm gray."""
    hues = rng.uniform(0.02, 0.6, (2, 3)) ** 1.4
    color = hues[rng.integers(0, 2, count)] * rng.uniform(0.5, 1.5, (count, 1))
    base = rng.uniform(0.05, 0.6, (count, 1)) * np.array([1.0, 0.93, 0.82])
    return np.asarray(np.clip(color * (1 - gray) + base * gray, 0.01, 0.85))


def _ornament(rng: np.random.Generator, tall_m: float) -> Mesh:
    tone = _muted(rng, 1, 0.6)[0]
    kind = int(rng.integers(4))
    if kind == 0:
        vase = lathe([[0.04, 0], [0.09, 0.3 * tall_m], [0.03, 0.75 * tall_m], [0.05, tall_m]], 12)
        return vase.painted(tone)
    if kind == 1:
        return box((0.22, tall_m * 0.7, 0.22), (0, tall_m * 0.35, 0), 0.01).painted(
            tone, Material.CLOTH
        )
    if kind == 2:
        return sphere(0.09, 8, 12).moved((0, 0.09, 0)).painted(tone)
    pot = lathe([[0.05, 0], [0.07, 0.1], [0.0, 0.1]], 10).painted((0.55, 0.5, 0.45))
    leaves = rosette(int(rng.integers(2))).scaled(0.13)
    return merged([pot, leaves.moved((0, 0.09, 0))])


def potted_plant(kind: int, pot: Color, tall_m: float = 1.3) -> Mesh:
    """Return a plant in a pot: kinds 0 and 1 large leaves, 2 and 3 a rosette, 4 a little tree."""
    base = lathe(
        [[0.0, 0.0], [0.15, 0.0], [0.20, 0.34], [0.175, 0.34], [0.16, 0.28], [0.0, 0.28]], 18
    )
    parts = [base.painted(pot)]
    if kind == 4:
        rng = np.random.default_rng(4)
        stem = tube([[0, 0.25, 0], [0.03, 0.8, 0.02], [-0.02, tall_m, 0]], 0.018, 6)
        parts.append(stem.painted((0.2, 0.14, 0.09), Material.BARK))
        for i in range(9):
            d = rng.normal(0, 0.2, 3) * [1, 1, 1]
            leaves = rosette(i % 2).scaled(0.2).turned(rng.random() * 6)
            parts.append(leaves.moved(np.array([0, tall_m * 0.95, 0]) + d))
        return merged(parts)
    green = big_leaves(kind) if kind < 2 else rosette(kind - 2)
    tall = float(green.position[:, 1].max()) + 1e-3
    wide = float(np.hypot(green.position[:, 0], green.position[:, 2]).max())
    size = (tall_m - 0.28) / tall
    across = min(size, 0.52 / wide)
    return merged(
        [*parts, green.scaled((across, size**0.5 * across**0.5, across)).moved((0, 0.27, 0))]
    )


def picture(rng: np.random.Generator, size: tuple[float, float], frame: Color) -> Mesh:
    """Return a framed picture in the x-y plane facing +z: a landscape, shapes, or stripes."""
    nx, ny = 30, 24
    x, y = np.meshgrid(np.linspace(-1, 1, nx), np.linspace(-1, 1, ny))
    palette = _muted(rng, 5, 0.35)
    kind = int(rng.integers(3))
    if kind == 0:
        sky = palette[0] * 0.4 + np.array([0.45, 0.5, 0.55]) * 0.6
        color = np.zeros((ny, nx, 3)) + sky * (0.7 + 0.3 * y[..., None])
        for k in range(4):
            ridge = 0.4 - 0.4 * k + 0.22 * np.sin(x * rng.uniform(1.5, 5) + rng.random() * 6)
            color[y < ridge] = palette[1 + k % 4] * (0.35 + 0.18 * k)
    elif kind == 1:
        color = np.zeros((ny, nx, 3)) + np.array([0.72, 0.69, 0.62])
        for k in range(5):
            cx, cy, r = rng.uniform(-0.7, 0.7), rng.uniform(-0.7, 0.7), rng.uniform(0.2, 0.55)
            color[np.hypot(x - cx, y - cy) < r] = palette[k]
    else:
        color = palette[(np.floor(x * 2.2 + 3) + 2 * np.floor(y * 1.7 + 3)).astype(int) % 5]
    point = np.stack([x * size[0] / 2, y * size[1] / 2, np.full_like(x, 0.012)], -1).reshape(-1, 3)
    canvas = mesh_from(point, grid_faces(ny, nx), np.tile([0, 0, 1], (nx * ny, 1)),
                       np.asarray(color).reshape(-1, 3))  # fmt: skip
    w, h, b = size[0], size[1], 0.04
    sides = [((w + 2 * b, b, 0.035), (0.0, s * (h + b) / 2, 0.015)) for s in (-1, 1)]
    sides += [((b, h, 0.035), (s * (w + b) / 2, 0.0, 0.015)) for s in (-1, 1)]
    return merged([canvas, *[box(a, c, 0.004).painted(frame, Material.WOOD) for a, c in sides]])


def fireplace(kind: int, tall_m: float, stone: Color, burning: bool) -> Mesh:
    """Return a fireplace 1.7 m wide facing +z, its chimney up to `tall_m`.

    Kinds: 0 brick or field stone, 1 marble with a mantel, 2 an iron stove.
    """
    rng = np.random.default_rng(kind + 7)
    if kind == 2:
        body = [cylinder(0.32, 0.85, 18).moved((0, 0.15, 0.42)),
                box((0.5, 0.06, 0.5), (0, 0.12, 0.42)),
                tube([[0, 1.0, 0.42], [0, tall_m, 0.42]], 0.075, 10)]  # fmt: skip
        parts = [merged(body).painted(BLACK, Material.METAL)]
        shine = (7.0, 2.6, 0.5) if burning else (0.03, 0.03, 0.03)
        glass = box((0.34, 0.3, 0.02), (0, 0.6, 0.735))
        parts.append(glass.painted(shine, Material.GLOW if burning else Material.METAL))
        base = box((1.1, 0.03, 1.1), (0, 0.015, 0.5), 0.01)
        return merged([*parts, base.painted((0.16, 0.16, 0.17), Material.STONE)])
    tone = np.array(stone, float)
    wide, deep = 1.7, 0.5
    parts = [
        box((wide - 0.1, 1.3, 0.03), (0, 0.65, 0.02)).painted((0.02, 0.018, 0.016), Material.STONE)
    ]
    if kind == 0:
        for row in range(round(tall_m / 0.155)):
            y = 0.078 + 0.155 * row
            narrow = wide if y < 1.3 else wide * 0.78
            x = -narrow / 2 - (row % 2) * 0.12
            while x < narrow / 2:
                size = float(rng.uniform(0.2, 0.36))
                low, high = max(x, -narrow / 2), min(x + size, narrow / 2)
                if high - low > 0.04 and not (y < 0.86 and low < 0.5 and high > -0.5):
                    part = box(
                        (high - low - 0.012, 0.145, deep), ((low + high) / 2, y, deep / 2), 0.012
                    )
                    parts.append(part.painted(tone * rng.uniform(0.65, 1.3), Material.STONE))
                x += size
        for x in (-0.5, 0.5):
            side = box((0.04, 0.86, deep), (x * 1.02, 0.43, deep / 2)).painted(
                tone * 0.6, Material.STONE
            )
            parts.append(side)
        parts.append(
            box((wide - 0.1, tall_m, 0.3), (0, tall_m / 2 + 0.9, 0.2)).painted(
                tone * 0.5, Material.STONE
            )
        )
        parts.append(
            plank((wide + 0.25, 0.12, deep + 0.12), (0, 1.3, deep / 2), (0.14, 0.08, 0.045), rng)
        )
    else:
        for x in (-0.66, 0.66):
            parts.append(
                box((0.34, 1.1, deep * 0.7), (x, 0.55, deep * 0.35), 0.02).painted(
                    tone, Material.POLISHED
                )
            )
        parts.append(
            box((1.66, 0.26, deep * 0.7), (0, 1.0, deep * 0.35), 0.02).painted(
                tone, Material.POLISHED
            )
        )
        parts.append(
            box((1.95, 0.07, deep), (0, 1.16, deep * 0.45), 0.015).painted(
                tone * 1.05, Material.POLISHED
            )
        )
    hearth = box((wide + 0.2, 0.05, 0.95), (0, 0.025, 0.5), 0.01)
    parts.append(hearth.painted(tone * 0.6, Material.STONE))
    for i in range(5):
        log = cylinder(0.055, 0.6, 9).turned(np.pi / 2, "z").turned(rng.normal(0, 0.3))
        parts.append(
            log.moved((0.3, 0.12 + 0.09 * (i // 3), 0.2 + 0.09 * (i % 3))).painted(
                (0.1, 0.06, 0.04), Material.BARK
            )
        )
    if burning:
        for _ in range(11):
            tall = float(rng.uniform(0.16, 0.42))
            flame = lathe([[0.0, 0], [0.06, 0.22 * tall], [0.035, 0.6 * tall], [0.0, tall]], 6)
            rgb = np.array((9.0, 3.2, 0.5)) * rng.uniform(0.5, 1.1)
            parts.append(
                flame.painted(rgb, Material.GLOW).moved(
                    (float(rng.uniform(-0.28, 0.28)), 0.2, float(rng.uniform(0.18, 0.36)))
                )
            )
    return merged(parts)


def television(wood: Color) -> Mesh:
    """Return a low board 1.8 m wide with a dark screen, facing +z."""
    rng = np.random.default_rng(3)
    parts = [plank((1.8, 0.36, 0.42), (0, 0.34, 0.0), wood, rng, 0.01),
             box((0.02, 0.34, 0.005), (0, 0.34, 0.213)).painted(BLACK),
             box((1.25, 0.72, 0.035), (0, 1.0, -0.05), 0.006).painted(
                 (0.012, 0.013, 0.016), Material.METAL),
             box((0.5, 0.02, 0.2), (0, 0.54, -0.05)).painted(BLACK)]  # fmt: skip
    parts.append(box((0.06, 0.12, 0.03), (0, 0.6, -0.05)).painted(BLACK))
    return merged(parts + _legs((-0.8, 0.8), (-0.16, 0.16), 0.17, wood))


def sideboard(rng: np.random.Generator, wood: Color, wide_m: float = 1.5) -> Mesh:
    """Return a chest of drawers 0.8 m high facing +z."""
    parts = [plank((wide_m, 0.62, 0.42), (0, 0.48, 0), wood, rng, 0.01),
             plank((wide_m + 0.06, 0.03, 0.46), (0, 0.80, 0), np.array(wood) * 1.15,
                   rng)]  # fmt: skip
    for i in range(3):
        x = (i - 1) * wide_m / 3
        for y in (0.35, 0.62):
            door = plank((wide_m / 3 - 0.04, 0.25, 0.015), (x, y, 0.215), np.array(wood) * 1.1, rng)
            knob = sphere(0.018, 5, 8).moved((x, y, 0.235)).painted(BRASS, Material.METAL)
            parts += [door, knob]
    return merged(parts + _legs((-wide_m / 2 + 0.1, wide_m / 2 - 0.1), (-0.16, 0.16), 0.18, wood))


def curtain(tall_m: float, wide_m: float, color: ArrayLike) -> Mesh:
    """Return a curtain in folds in the x-y plane, hanging from `tall_m` to the floor."""
    x = np.linspace(-wide_m / 2, wide_m / 2, 33)
    y = np.linspace(0.03, tall_m, 6)
    gx, gy = np.meshgrid(x, y)
    gz = 0.05 * np.sin(gx / wide_m * 2 * np.pi * round(wide_m / 0.11)) * (1.1 - 0.3 * gy / tall_m)
    point = np.stack([gx, gy, gz], -1).reshape(-1, 3)
    return mesh_from(point, grid_faces(6, 33), color=color, material=Material.CLOTH)


def basket(logs: bool) -> Mesh:
    """Return a wicker basket with logs or a blanket."""
    body = lathe(
        [[0.0, 0.02], [0.2, 0.0], [0.25, 0.16], [0.24, 0.34], [0.22, 0.34], [0.21, 0.1]], 16
    )
    parts = [body.painted((0.30, 0.20, 0.10), Material.CLOTH)]
    if logs:
        rng = np.random.default_rng(2)
        for i in range(6):
            log = cylinder(0.05, 0.42, 8).turned(rng.normal(0, 0.15), "x")
            at = (0.11 * np.cos(i), 0.06, 0.11 * np.sin(i))
            parts.append(log.moved(at).painted((0.22, 0.15, 0.09), Material.BARK))
    else:
        parts.append(soft((0.4, 0.25, 0.4), (0, 0.3, 0), (0.6, 0.55, 0.48), 0.6))
    return merged(parts)


def tinted(mesh: Mesh, color: ArrayLike) -> Mesh:
    """Return the mesh with its colors multiplied."""
    rgba = mesh.color.copy()
    rgba[:, :3] = rgba[:, :3] * np.asarray(color, np.float32)
    return replace(mesh, color=rgba)
