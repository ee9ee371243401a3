"""Buildings of a modern city, from brick to glass; near ones with shops, far ones plain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.blocks import Blocks
from ldm3d.data.facades import (
    Color,
    Style,
    awning,
    body,
    cornice,
    grid,
    panes,
    shop_front,
    side_windows,
    windows,
)
from ldm3d.data.mesh import Material, Mesh, merged, tube

Doubles = NDArray[np.float64]

WALLS: dict[str, tuple[Color, ...]] = {
    "brick": ((0.33, 0.13, 0.085), (0.26, 0.105, 0.07), (0.40, 0.24, 0.15), (0.46, 0.36, 0.26)),
    "stone": ((0.50, 0.45, 0.37), (0.42, 0.40, 0.36), (0.56, 0.50, 0.40), (0.47, 0.38, 0.31)),
    "bands": ((0.48, 0.47, 0.45), (0.34, 0.34, 0.35), (0.58, 0.56, 0.52), (0.22, 0.23, 0.25)),
    "glass": ((0.10, 0.16, 0.20), (0.07, 0.11, 0.16), (0.14, 0.18, 0.18), (0.17, 0.15, 0.12)),
    "flats": ((0.60, 0.56, 0.50), (0.56, 0.40, 0.28), (0.42, 0.48, 0.50), (0.60, 0.50, 0.34)),
}
NEON = (
    (5.5, 0.5, 2.6), (0.4, 3.6, 5.2), (5.6, 2.6, 0.35), (0.5, 4.6, 1.5), (3.0, 0.8, 5.6),
    (5.6, 0.7, 0.45), (4.2, 4.0, 3.6),
)  # fmt: skip
ACCENTS: tuple[Color, ...] = (
    (0.05, 0.06, 0.07), (0.28, 0.05, 0.045), (0.05, 0.15, 0.13), (0.05, 0.09, 0.22),
    (0.45, 0.28, 0.05), (0.30, 0.29, 0.27), (0.12, 0.07, 0.05), (0.22, 0.06, 0.17),
)  # fmt: skip
STREET_M = 4.2


def city_building(
    rng: np.random.Generator, kind: str, wide: float, floors: int, deep: float,
    lit: float, snow: float, *, near: bool = True,
) -> tuple[Mesh, float]:  # fmt: skip
    """Return a building with its front at z = 0 facing +z, and its height.

    Args:
        rng: of the layout.
        kind: a key of `WALLS`.
        wide: metres along x.
        floors: above the street's floor.
        deep: metres along z.
        lit: share of lit windows.
        snow: 0 to 1, on roofs and sills.
        near: with a shop, sills and frames.
    """
    blocks = Blocks()
    wall = np.asarray(WALLS[kind][rng.integers(0, 4)]) * rng.uniform(0.85, 1.15)
    tone: Color = (float(wall[0]), float(wall[1]), float(wall[2]))
    floor = float(rng.uniform(3.1, 3.7))
    tall = STREET_M + floors * floor + 0.6
    style = Style(
        wall=tone, trim=(0.52, 0.49, 0.43) if kind in ("brick", "stone") else (0.5, 0.5, 0.5),
        floor_m=floor, bay_m=float(rng.uniform(2.2, 3.2)), lit=lit, snow=snow,
        window=(float(rng.uniform(1.15, 1.5)), float(rng.uniform(1.7, 2.1))),
        material=Material.STONE if kind in ("brick", "stone") else Material.MATTE,
        glass=(0.07, 0.095, 0.12),
    )  # fmt: skip
    body(blocks, wide, tall, deep, style, (0.25, 0.24, 0.23) if near else None)
    if kind == "glass":
        _curtain(blocks, rng, wide, floors, deep, style, tall)
    elif kind == "bands":
        _bands(blocks, rng, wide, floors, deep, style)
    else:
        x, y = grid(wide, floors, style, STREET_M)
        windows(blocks, rng, x, y, style, rich=near)
        side_windows(blocks, rng, wide, deep, floors, style, STREET_M)
        if kind == "flats":
            _balconies(blocks, rng, x, y, style)
    if kind in ("brick", "stone"):
        cornice(blocks, wide, tall - 0.2, deep, style.trim, 0.45)
        for level in range(1, floors, max(2, floors // 3)):
            y0 = STREET_M + level * floor
            size = (wide + 0.16, 0.16, deep + 0.16)
            blocks.put((0, y0, -deep / 2), size, style.trim, Material.STONE)
    _roof(blocks, rng, wide, deep, tall, style)
    parts = [blocks.mesh()]
    if near:
        shop = Blocks()
        accent = ACCENTS[rng.integers(0, len(ACCENTS))]
        shop_front(
            shop, rng, wide - 0.6, STREET_M - 0.5, style, accent,
            open_now=lit > 0.2 and bool(rng.random() < 0.85),
        )  # fmt: skip
        if rng.random() < 0.4:
            pale = (0.62, 0.6, 0.55)
            second = pale if rng.random() < 0.5 else np.asarray(accent) * 1.4
            awning(shop, 0.0, STREET_M - 0.35, wide * 0.7, (np.asarray(accent) * 1.4, second))
        parts.append(shop.mesh())
        if kind == "brick" and wide > 9 and rng.random() < 0.5:
            parts.append(_fire_escape(wide * 0.2, floors, floor))
    return merged(parts), tall


def _curtain(
    blocks: Blocks, rng: np.random.Generator, wide: float, floors: int, deep: float,
    style: Style, tall: float,
) -> None:  # fmt: skip
    """Add glass all over, with mullions; some panes are lit, some catch the light."""
    count = max(3, round(wide / 1.7))
    step = wide / count
    for span, depth, turn in ((wide, deep, 0), (deep, wide, 1)):
        columns = max(3, round(span / 1.7))
        x = (np.arange(columns) + 0.5 - columns / 2) * span / columns
        y = STREET_M + (np.arange(floors) + 0.5) * style.floor_m
        gx, gy = (v.ravel() for v in np.meshgrid(x, y))
        for side in (-1, 1):
            if turn == 0 and side < 0:
                continue
            burning = rng.random(len(gx)) < style.lit * 0.8
            shade = np.asarray(style.wall) * rng.uniform(0.75, 1.3, (len(gx), 1))
            light = np.array([1.5, 1.25, 0.85]) * rng.uniform(0.15, 1.0, (len(gx), 1))
            if turn == 0:
                at = np.stack([gx, gy, np.full(len(gx), 0.03)], 1)
                size = (span / columns - 0.09, style.floor_m - 0.4, 0.05)
            else:
                at = np.stack([np.full(len(gx), side * (depth / 2 + 0.03)), gy, gx - deep / 2], 1)
                size = (0.05, style.floor_m - 0.4, span / columns - 0.09)
            if (~burning).any():
                blocks.put(at[~burning], size, shade[~burning], Material.METAL)
            if burning.any():
                blocks.put(at[burning], size, light[burning], Material.GLOW)
    fins = np.arange(0, count + 1, 2) * step - wide / 2
    spots = np.stack([fins, np.full(len(fins), tall / 2), np.full(len(fins), 0.1)], 1)
    blocks.put(spots, (0.08, tall - STREET_M, 0.16), (0.3, 0.31, 0.32), Material.METAL)


def _bands(
    blocks: Blocks, rng: np.random.Generator, wide: float, floors: int, deep: float, style: Style
) -> None:
    """Add ribbons of windows between bands of concrete."""
    columns = max(3, round(wide / 1.6))
    x = (np.arange(columns) + 0.5 - columns / 2) * (wide - 0.8) / columns
    y = STREET_M + (np.arange(floors) + 0.55) * style.floor_m
    gx, gy = (v.ravel() for v in np.meshgrid(x, y))
    at = np.stack([gx, gy, np.full(len(gx), 0.0)], 1)
    panes(blocks, rng, at, ((wide - 0.8) / columns - 0.06, style.floor_m * 0.52), style)
    side_windows(blocks, rng, wide, deep, floors, style, STREET_M)
    for i in range(floors + 1):
        y0 = STREET_M + i * style.floor_m
        pale = np.asarray(style.wall) * (1.15 if i % 2 else 1.05)
        blocks.put((0, y0 + 0.1, -deep / 2), (wide + 0.5, 0.5, deep + 0.5), pale)


def _balconies(
    blocks: Blocks, rng: np.random.Generator, x: Doubles, y: Doubles, style: Style
) -> None:
    columns = np.unique(x)
    chosen = columns[rng.random(len(columns)) < 0.6]
    keep = np.isin(x, chosen)
    at = np.stack([x[keep], y[keep] - style.window[1] / 2 - 0.1, np.full(keep.sum(), 0.6)], 1)
    if not len(at):
        return
    wide = style.bay_m * 0.88
    blocks.put(at, (wide, 0.14, 1.2), (0.5, 0.49, 0.47))
    accent = ((0.06, 0.07, 0.08), (0.30, 0.34, 0.34), (0.36, 0.18, 0.09))[rng.integers(0, 3)]
    blocks.put(at + np.array([0, 0.55, 0.58]), (wide, 0.8, 0.04), accent, Material.METAL)
    for side in (-1, 1):
        blocks.put(
            at + np.array([side * wide / 2, 0.55, 0]), (0.04, 0.8, 1.2), accent, Material.METAL
        )
    green = at[rng.random(len(at)) < 0.4] + [0, 0.95, 0.5]
    if len(green):
        for _ in range(5):
            spot = green + rng.uniform(-1, 1, (len(green), 3)) * [wide * 0.4, 0.08, 0.08]
            leaf = (0.06, 0.12, 0.03)
            blocks.put(spot, rng.uniform(0.15, 0.35, (len(green), 3)), leaf, Material.FOLIAGE, 0.4)


def _roof(
    blocks: Blocks, rng: np.random.Generator, wide: float, deep: float, tall: float, style: Style
) -> None:
    edge = np.asarray(style.wall) * 0.9
    for x in (-1.0, 1.0):
        blocks.put((x * (wide / 2 - 0.15), tall + 0.4, -deep / 2), (0.3, 0.9, deep), edge)
        blocks.put((0, tall + 0.4, -deep / 2 + x * (deep / 2 - 0.15)), (wide, 0.9, 0.3), edge)
    if style.snow > 0.3:
        size = (wide + 0.1, 0.14, 0.42)
        blocks.put((0, tall + 0.9, -0.15), size, (0.78, 0.82, 0.88), Material.SNOW)
    for _ in range(int(rng.integers(1, 4))):
        w, h, d = rng.uniform(1.5, 4.5), rng.uniform(1.2, 4.0), rng.uniform(1.5, 4.5)
        x, z = rng.uniform(-0.3, 0.3) * wide, -deep * rng.uniform(0.25, 0.7)
        blocks.put(
            (x, tall + h / 2, z), (w, h, d), np.array((0.3, 0.3, 0.3)) * rng.uniform(0.6, 1.4)
        )
    if rng.random() < 0.4:
        x, z = rng.uniform(-0.3, 0.3) * wide, -deep * 0.4
        blocks.put((x, tall + 4.5, z), (0.12, 9, 0.12), (0.2, 0.2, 0.2), Material.METAL)
        if style.lit > 0:
            blocks.put((x, tall + 9, z), (0.35, 0.35, 0.35), (5, 0.3, 0.2), Material.GLOW)
    if rng.random() < 0.25:
        x, z = rng.uniform(-0.3, 0.3) * wide, -deep * 0.35
        for sx in (-0.9, 0.9):
            for sz in (-0.9, 0.9):
                blocks.put((x + sx, tall + 1.2, z + sz), (0.14, 2.4, 0.14), (0.12, 0.1, 0.09))
        for i in range(4):
            s = 2.6 - 0.02 * i
            blocks.put(
                (x, tall + 2.8 + i * 0.7, z), (s, 0.66, s), (0.20, 0.12, 0.07), Material.WOOD
            )
        blocks.put((x, tall + 5.7, z), (1.6, 0.7, 1.6), (0.15, 0.13, 0.12))


def _fire_escape(x: float, floors: int, floor: float) -> Mesh:
    blocks, parts = Blocks(), []
    iron = (0.06, 0.06, 0.065)
    for i in range(floors):
        y = STREET_M + i * floor + 0.5
        blocks.put((x, y, 0.75), (4.2, 0.07, 1.1), iron, Material.METAL)
        for rise in (0.5, 0.95):
            blocks.put((x, y + rise, 1.28), (4.2, 0.05, 0.05), iron, Material.METAL)
        rails = np.stack([x + np.linspace(-2.1, 2.1, 12), np.full(12, y + 0.5),
                          np.full(12, 1.28)], 1)  # fmt: skip
        blocks.put(rails, (0.03, 0.95, 0.03), iron, Material.METAL)
        if i + 1 < floors:
            way = 1 if i % 2 else -1
            for z in (0.5, 1.05):
                ends = [[x - way * 1.5, y, z], [x + way * 1.5, y + floor, z]]
                parts.append(tube(ends, 0.05, 4).painted(iron, Material.METAL))
            t = (np.arange(9) + 0.5)[:, None] / 9
            steps = np.array([x - way * 1.5, y, 0.78]) + t * np.array([way * 3.0, floor, 0])
            blocks.put(steps, (0.22, 0.03, 0.55), iron, Material.METAL)
    return merged([blocks.mesh(), *parts])


def sign(rng: np.random.Generator, lit: bool) -> tuple[Mesh, tuple[float, float, float]]:
    """Return a sign of light tubes without words, about 1.6 m, in the xy plane; and its color."""
    color = NEON[rng.integers(0, len(NEON))]
    other = NEON[rng.integers(0, len(NEON))]
    dim = 1.0 if lit else 0.0
    lines: list[tuple[Doubles, Color]] = []
    a = np.linspace(0, 2 * np.pi, 25)
    shape = str(rng.choice(["ring", "wave", "arrow", "star", "bars", "cup", "heart"]))
    if shape == "ring":
        lines.append((np.stack([0.7 * np.cos(a), 0.7 * np.sin(a)], 1), color))
        lines.append((np.stack([0.45 * np.cos(a), 0.45 * np.sin(a)], 1), other))
    elif shape == "wave":
        t = np.linspace(-1, 1, 33)
        for i in range(3):
            lines.append(
                (np.stack([t, 0.18 * np.sin(t * 9) + 0.35 * (i - 1)], 1), (color, other)[i % 2])
            )
    elif shape == "arrow":
        lines.append((np.array([[0, 0.9], [0, -0.4]]), color))
        lines.append((np.array([[-0.5, 0.1], [0, -0.5], [0.5, 0.1]]), color))
        lines.append((np.stack([0.9 * np.cos(a), 0.2 + 0.9 * np.sin(a)], 1), other))
    elif shape == "star":
        r = np.where(np.arange(11) % 2, 0.38, 0.9)
        b = np.arange(11) * np.pi / 5 + np.pi / 2
        lines.append((np.stack([r * np.cos(b), r * np.sin(b)], 1), color))
    elif shape == "bars":
        for i in range(4):
            x = -0.6 + 0.4 * i
            lines.append((np.array([[x, -0.9], [x, 0.9]]), (color, other)[i % 2]))
    elif shape == "cup":
        lines.append(
            (np.array([[-0.5, 0.3], [-0.4, -0.5], [0.4, -0.5], [0.5, 0.3], [-0.5, 0.3]]), color)
        )
        lines.append((np.stack([0.55 + 0.22 * np.cos(a), 0.22 * np.sin(a)], 1), color))
        for x in (-0.2, 0.15):
            t = np.linspace(0, 1, 9)
            lines.append((np.stack([x + 0.07 * np.sin(t * 6), 0.45 + 0.4 * t], 1), other))
    else:
        t = a
        heart = np.stack([0.05 * 16 * np.sin(t) ** 3, 0.05 * (13 * np.cos(t) - 5 * np.cos(2 * t)
                          - 2 * np.cos(3 * t) - np.cos(4 * t))], 1)  # fmt: skip
        lines.append((heart, color))
    parts = []
    for line, tint in lines:
        path = np.concatenate([line, np.zeros((len(line), 1))], axis=1)
        paint = tube(path, 0.05, 5)
        parts.append(
            paint.painted(tint, Material.GLOW) if dim else paint.painted(np.asarray(tint) * 0.09)
        )
    board = Blocks()
    board.put((0, 0.05, -0.12), (2.1, 2.1, 0.1), (0.035, 0.035, 0.045))
    return merged([board.mesh(), *parts]), color


def tower(rng: np.random.Generator, wide: float, deep: float, tall: float, lit: float) -> Mesh:
    """Return a far tower about the origin: a box or steps, with rows of windows on all sides."""
    blocks = Blocks()
    kind = str(rng.choice(["glass", "bands", "stone"]))
    wall = np.asarray(WALLS[kind][rng.integers(0, 4)]) * rng.uniform(0.8, 1.2)
    levels = int(rng.integers(1, 4))
    y, w, d = 0.0, wide, deep
    for level in range(levels):
        high = tall / levels * (1.0 if level else 1.1)
        blocks.put((0, y + high / 2, 0), (w, high, d), wall)
        rows, columns = max(3, int(high / 3.6)), max(3, int(w / 3.0))
        gy = y + (np.arange(rows) + 0.5) * high / rows
        for turn in range(4):
            span, depth = (w, d) if turn % 2 == 0 else (d, w)
            gx = (np.arange(columns) + 0.5 - columns / 2) * span / columns
            px, py = (v.ravel() for v in np.meshgrid(gx, gy))
            out = np.full(len(px), depth / 2 + 0.02)
            sign_ = 1 if turn < 2 else -1
            at = (
                np.stack([px, py, sign_ * out], 1) if turn % 2 == 0
                else np.stack([sign_ * out, py, px], 1)
            )  # fmt: skip
            glass = (span / columns * 0.72, high / rows * 0.62)
            size = (glass[0], glass[1], 0.1) if turn % 2 == 0 else (0.1, glass[1], glass[0])
            burning = rng.random(len(at)) < lit
            light = np.array([1.7, 1.3, 0.75]) * rng.uniform(0.15, 1.0, (len(at), 1))
            dark = np.array((0.08, 0.11, 0.14)) * rng.uniform(0.6, 1.5, (len(at), 1))
            if (~burning).any():
                blocks.put(at[~burning], size, dark[~burning], Material.METAL)
            if burning.any():
                blocks.put(at[burning], size, light[burning], Material.GLOW)
        y += high
        w, d = w * rng.uniform(0.6, 0.85), d * rng.uniform(0.6, 0.85)
    if rng.random() < 0.5:
        blocks.put(
            (0, y + tall * 0.09, 0), (0.9, tall * 0.18, 0.9), (0.3, 0.3, 0.3), Material.METAL
        )
    return blocks.mesh()
