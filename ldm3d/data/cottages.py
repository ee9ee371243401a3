"""Country cottages: half-timbered, stone, plastered or boarded; tiles, slate or thatch."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, box, merged, mesh_from
from ldm3d.data.plants import kites

Floats = NDArray[np.float32]
Color = tuple[float, float, float]
SNOW = (0.66, 0.70, 0.77)


@dataclass(frozen=True)
class CottageStyle:
    """How a cottage is built."""

    wall: str = "timber"  # timber, stone, plaster, boards
    roof: str = "tiles"  # tiles, slate, thatch
    long_m: float = 8.0
    deep_m: float = 5.5
    wall_m: float = 3.0
    pitch_rad: float = 0.85
    paint: Color = (0.58, 0.53, 0.43)
    beam: Color = (0.085, 0.055, 0.035)
    roof_color: Color = (0.27, 0.105, 0.06)
    trim: Color = (0.55, 0.53, 0.48)
    door: Color = (0.10, 0.20, 0.16)
    flowers: Color | None = (0.55, 0.06, 0.08)
    ivy: bool = False
    lit: bool = False
    snow: bool = False


@dataclass(frozen=True)
class Cottage:
    """A house along x on y = 0, its front to +z."""

    mesh: Mesh
    lights: tuple[tuple[float, float, float], ...]  # before the windows of the front
    style: CottageStyle


def blocks(
    center: ArrayLike, size: ArrayLike, color: ArrayLike, material: Material, roll: ArrayLike = 0.0
) -> Mesh:
    """Return N boxes at once: centers and sizes (N, 3), colors (N, 3) or (3,), turns about z."""
    at, extent = np.atleast_2d(np.asarray(center, float)), np.asarray(size, float)
    one, count = box((1, 1, 1)), len(at)
    extent = np.broadcast_to(extent, (count, 3))
    point = one.position[None] * extent[:, None]
    angle = np.broadcast_to(np.asarray(roll, float), count)
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    normal = np.broadcast_to(one.normal[None], point.shape)

    def turned(v: NDArray[np.floating]) -> NDArray[np.floating]:
        x, y = c * v[..., 0] - s * v[..., 1], s * v[..., 0] + c * v[..., 1]
        return np.stack([x, y, v[..., 2]], axis=-1)

    squeeze = np.ones((count, 3))
    squeeze[np.arange(count), np.argmax(extent, axis=1)] = 0.1
    texture = point * squeeze[:, None] + (at * 3.7 % 20)[:, None]
    faces = one.faces[None] + (np.arange(count) * len(one.position))[:, None, None]
    tint = np.repeat(
        np.broadcast_to(np.asarray(color, float), (count, 3)), len(one.position), axis=0
    )
    return mesh_from(
        (turned(point) + at[:, None]).reshape(-1, 3), faces, turned(normal).reshape(-1, 3), tint,
        material, 0.0, texture.reshape(-1, 3),
    )  # fmt: skip


def cottage(style: CottageStyle, rng: np.random.Generator) -> Cottage:
    """Return a cottage; `rng` decides its openings and the tones of its stones and tiles."""
    long_m, deep_m = style.long_m, style.deep_m
    rise = np.tan(style.pitch_rad) * deep_m / 2
    front, lights = _openings(style, rng, long_m, door=True)
    back, _ = _openings(style, rng, long_m, door=False)
    parts = [
        merged([_wall(style, rng, long_m, 0.0), front]).moved((0, 0, deep_m / 2)),
        merged([_wall(style, rng, long_m, 0.0), back]).turned(np.pi).moved((0, 0, -deep_m / 2)),
    ]
    for side in (1, -1):
        end = [_wall(style, rng, deep_m, rise)]
        for x, y in (
            (-deep_m * 0.22, 1.45),
            (deep_m * 0.22, 1.45),
            (0.0, style.wall_m + rise * 0.28),
        ):
            end.append(_window(style, rng).moved((x, y, 0.04)))
        parts.append(merged(end).turned(side * np.pi / 2).moved((side * long_m / 2, 0, 0)))
    slope = _roof_slope(style, rng)
    ridge = (0, style.wall_m + rise + 0.05, 0)
    parts += [slope.moved(ridge), slope.turned(np.pi).moved(ridge)]
    parts.append(_ridge(style).moved(ridge))
    parts.append(
        _chimney(style, rng).moved((rng.choice([-1, 1]) * long_m * 0.36, ridge[1] - 0.9, 0))
    )
    if style.ivy:
        parts.append(_ivy(style, rng).moved((0, 0, deep_m / 2 + 0.05)))
    out = tuple((x, 1.5, deep_m / 2 + 0.7) for x in lights)
    return Cottage(merged(parts), out, style)


def _wall(style: CottageStyle, rng: np.random.Generator, long_m: float, gable_m: float) -> Mesh:
    """Return one wall along x facing +z at z = 0, with a gable of `gable_m` on top."""
    half, tall = long_m / 2, style.wall_m
    outline = [
        [-half, -0.6, 0],
        [half, -0.6, 0],
        [half, tall, 0],
        [-half, tall, 0],
        [0, tall + gable_m, 0],
    ]
    faces = [[0, 1, 2], [0, 2, 3], [3, 2, 4]]
    kind = {"stone": Material.STONE, "boards": Material.WOOD}.get(style.wall, Material.MATTE)
    base = mesh_from(outline, faces, np.tile([0, 0, 1], (5, 1)), style.paint, kind)
    top = tall + gable_m

    def wide(y: NDArray[np.floating]) -> NDArray[np.floating]:
        return np.where(y < tall, half, half * np.clip((top - y) / max(gable_m, 1e-6), 0, 1))

    parts = [base]
    if style.wall == "stone":
        parts.append(_masonry(style, rng, wide, top))
    elif style.wall == "timber":
        parts.append(_timbers(style, rng, half, tall, gable_m))
    elif style.wall == "boards":
        x = np.arange(-half + 0.1, half, 0.2)
        high = np.where(gable_m > 0, tall + gable_m * (1 - np.abs(x) / half), tall)
        tone = np.array(style.paint) * rng.uniform(0.8, 1.15, (len(x), 1))
        center = np.stack([x, high / 2 - 0.2, np.full(len(x), 0.02)], axis=1)
        size = np.stack([np.full(len(x), 0.17), high + 0.4, np.full(len(x), 0.04)], axis=1)
        parts.append(blocks(center, size, tone, Material.WOOD))
        corners = [[-half, tall / 2, 0.02], [half, tall / 2, 0.02]]
        parts.append(blocks(corners, (0.16, tall + 0.2, 0.1), style.trim, Material.WOOD))
    plinth = blocks([[0, 0.05, 0.04]], (long_m + 0.1, 0.7, 0.1), (0.22, 0.21, 0.19), Material.STONE)
    return merged([*parts, plinth])


def _masonry(style: CottageStyle, rng: np.random.Generator, wide: object, top: float) -> Mesh:
    centers, sizes = [], []
    y = 0.0
    while y < top - 0.15:
        high = rng.uniform(0.2, 0.32)
        half = float(wide(np.array(y + high)))  # type: ignore[operator]
        cuts = [-half]
        while cuts[-1] < half:
            cuts.append(min(cuts[-1] + rng.uniform(0.25, 0.7), half))
        for a, b in pairwise(cuts):
            centers.append([(a + b) / 2, y + high / 2, 0.0])
            sizes.append([max(b - a - 0.03, 0.02), high - 0.03, 0.05 + rng.uniform(0, 0.05)])
        y += high
    tone = np.array(style.paint) * rng.uniform(0.68, 1.3, (len(centers), 1))
    return blocks(centers, sizes, tone * (1 + rng.normal(0, 0.04, tone.shape)), Material.STONE)


def _timbers(
    style: CottageStyle, rng: np.random.Generator, half: float, tall: float, gable_m: float
) -> Mesh:
    """Return posts, rails and braces, proud of the plaster by a few centimetres."""
    center, size, roll = [], [], []

    def beam(x0: float, y0: float, x1: float, y1: float, thick: float = 0.17) -> None:
        center.append([(x0 + x1) / 2, (y0 + y1) / 2, 0.03])
        size.append([float(np.hypot(x1 - x0, y1 - y0)) + thick * 0.6, thick, 0.09])
        roll.append(float(np.arctan2(y1 - y0, x1 - x0)))

    count = max(3, round(2 * half / 1.35))
    spots = np.linspace(-half + 0.08, half - 0.08, count)
    for x in spots:
        beam(x, 0.3, x, tall)
    for y in (0.42, tall * 0.5, tall - 0.08):
        beam(-half, y, half, y)
    for a, b in ((0, 1), (count - 1, count - 2)):
        beam(spots[a], 0.5, spots[b], tall * 0.5, 0.14)
        beam(spots[b], tall * 0.5, spots[a], tall - 0.1, 0.14)
    if gable_m > 0:
        for x in np.linspace(-half, half, count + 2)[1:-1]:
            beam(x, tall, x, tall + gable_m * (1 - abs(x) / half) - 0.1, 0.15)
        level = gable_m * 0.52
        beam(-half * 0.48, tall + level, half * 0.48, tall + level, 0.15)
        for side in (-1, 1):
            beam(side * half, tall, 0, tall + gable_m, 0.2)
    tone = np.array(style.beam) * rng.uniform(0.75, 1.25, (len(center), 1))
    return blocks(center, size, tone, Material.WOOD, roll)


def _window(style: CottageStyle, rng: np.random.Generator, wide_m: float = 0.85) -> Mesh:
    """Return a window about the origin facing +z, with frame, bars, sill and perhaps flowers."""
    tall = wide_m * 1.25
    glow = np.array([3.3, 1.75, 0.6]) * rng.uniform(0.7, 1.25)
    pane = blocks([[0, 0, 0.02]], (wide_m, tall, 0.04), glow if style.lit else (0.05, 0.065, 0.08),
                  Material.GLOW if style.lit else Material.METAL)  # fmt: skip
    w, h = wide_m / 2, tall / 2
    center = [
        [-w, 0, 0.05],
        [w, 0, 0.05],
        [0, -h, 0.05],
        [0, h, 0.05],
        [0, 0, 0.045],
        [0, h * 0.2, 0.045],
    ]
    size = [[0.09, tall + 0.1, 0.1], [0.09, tall + 0.1, 0.1], [wide_m + 0.1, 0.09, 0.12],
            [wide_m + 0.1, 0.09, 0.1], [0.04, tall, 0.05], [wide_m, 0.04, 0.05]]  # fmt: skip
    parts = [pane, blocks(center, size, style.trim, Material.WOOD)]
    if style.wall != "timber":
        leaf = wide_m * 0.48
        sides = [[-w - leaf / 2 - 0.05, 0, 0.07], [w + leaf / 2 + 0.05, 0, 0.07]]
        parts.append(blocks(sides, (leaf, tall + 0.05, 0.05), style.door, Material.WOOD))
    if style.flowers is not None and not style.snow:
        tray = [[0, -h - 0.14, 0.16]]
        parts.append(blocks(tray, (wide_m + 0.1, 0.16, 0.2), style.beam, Material.WOOD))
        count = 46
        d = rng.normal(0, 0.5, (count, 3)) + np.array([0, 0.5, 0.3])
        base = np.stack(
            [rng.uniform(-w, w, count), np.full(count, -h - 0.06), np.full(count, 0.16)], 1
        )
        side = np.cross(d, rng.standard_normal((count, 3)))
        side *= 0.055 / np.linalg.norm(side, axis=1, keepdims=True)
        tint = np.where(rng.random((count, 1)) < 0.5, style.flowers, (0.06, 0.12, 0.025))
        parts.append(kites(base, d * 0.24, side, d, tint, 0.4, 0.6))
    elif style.snow:
        parts.append(
            box((wide_m + 0.12, 0.09, 0.2), (0, -h + 0.06, 0.13), 0.03).painted(SNOW, Material.SNOW)
        )
    return merged(parts)


def _openings(
    style: CottageStyle, rng: np.random.Generator, long_m: float, door: bool
) -> tuple[Mesh, list[float]]:
    """Return the windows and perhaps the door of a long wall; and where light comes out."""
    count = max(2, round(long_m / 2.3))
    spots = (np.arange(count) + 0.5) / count * (long_m - 0.8) - (long_m - 0.8) / 2
    way_in = int(rng.integers(0, count)) if door else -1
    parts, lights = [], []
    for i, x in enumerate(spots):
        if i == way_in:
            parts.append(_door(style, rng).moved((x, 0, 0.03)))
        else:
            parts.append(_window(style, rng).moved((x, 1.5, 0.04)))
            lights.append(float(x))
        if style.wall_m > 4.2:
            parts.append(_window(style, rng, 0.75).moved((x, 3.9, 0.04)))
    return merged(parts), lights


def _door(style: CottageStyle, rng: np.random.Generator) -> Mesh:
    boards = np.linspace(-0.36, 0.36, 5)
    center = np.stack([boards, np.full(5, 1.05), np.full(5, 0.04)], axis=1)
    tone = np.array(style.door) * rng.uniform(0.8, 1.2, (5, 1))
    frame = [[-0.52, 1.1, 0.06], [0.52, 1.1, 0.06], [0, 2.16, 0.06]]
    size = [[0.12, 2.2, 0.14], [0.12, 2.2, 0.14], [1.16, 0.14, 0.14]]
    step = blocks(
        [[0, 0.02, 0.45], [0, 0.08, 0.28]], (1.4, 0.14, 0.5), (0.26, 0.25, 0.23), Material.STONE
    )
    hood = blocks([[0, 2.45, 0.4]], (1.6, 0.09, 0.9), SNOW if style.snow else style.roof_color,
                  Material.SNOW if style.snow else Material.WOOD)  # fmt: skip
    braces = blocks(
        [[-0.6, 2.2, 0.3], [0.6, 2.2, 0.3]], (0.07, 0.5, 0.5), style.beam, Material.WOOD
    )
    return merged([
        blocks(center, (0.17, 2.05, 0.05), tone, Material.WOOD), step, hood, braces,
        blocks(frame, size, style.trim, Material.WOOD),
    ])  # fmt: skip


def _roof_slope(style: CottageStyle, rng: np.random.Generator) -> Mesh:
    """Return the slope falling from the origin towards +z."""
    long_m = style.long_m + (0.9 if style.roof == "thatch" else 0.6)
    length = (style.deep_m / 2 + 0.45) / np.cos(style.pitch_rad)
    center, size = [], []
    if style.roof == "thatch":
        wave = rng.uniform(0, 6.283)
        for x in np.arange(-long_m / 2 + 0.05, long_m / 2, 0.1):
            over = length + 0.1 + 0.06 * np.sin(x * 1.7 + wave) + rng.normal(0, 0.03)
            center.append([x, rng.normal(0, 0.008), over / 2])
            size.append([0.12, 0.36, over])
    else:
        step = 0.30 if style.roof == "tiles" else 0.36
        rows = int(np.ceil(length / step))
        for row in range(rows):
            x = -long_m / 2
            while x < long_m / 2:
                wide = min(rng.uniform(0.3, 0.8), long_m / 2 - x + 0.02)
                lift = 0.05 * (row % 2) + rng.uniform(0, 0.02) + 0.02
                center.append([x + wide / 2, lift, (row + 0.5) * step])
                size.append([wide - 0.015, 0.07, step + 0.05])
                x += wide
    spread = 0.16 if style.roof == "thatch" else 0.3
    tone = np.array(style.roof_color) * rng.uniform(1 - spread, 1 + spread, (len(center), 1))
    kind = {"slate": Material.STONE, "thatch": Material.CLOTH}.get(style.roof, Material.MATTE)
    parts = [blocks(center, size, tone, kind)]
    under = blocks(
        [[0, -0.06, length / 2]], (long_m - 0.05, 0.08, length - 0.05), style.beam, Material.WOOD
    )
    parts.append(under)
    if style.snow:
        lid = box((long_m - 0.1, 0.24, length * 0.98), (0, 0.16, length / 2), 0.09)
        parts.append(lid.painted(SNOW, Material.SNOW))
    return merged(parts).turned(style.pitch_rad, "x")


def _ridge(style: CottageStyle) -> Mesh:
    long_m = style.long_m + (1.0 if style.roof == "thatch" else 0.65)
    high = 0.34 if style.roof == "thatch" else 0.16
    tone = SNOW if style.snow else tuple(0.8 * c for c in style.roof_color)
    cap = box((long_m, high, high * 1.6), (0, 0.1, 0), high * 0.35)
    return cap.painted(tone, Material.SNOW if style.snow else Material.CLOTH)


def _chimney(style: CottageStyle, rng: np.random.Generator) -> Mesh:
    brick = (0.24, 0.10, 0.07) if rng.random() < 0.5 else (0.26, 0.24, 0.21)
    rows = np.arange(9)
    center = np.stack([0 * rows, 0.1 + 0.2 * rows, 0 * rows], axis=1)
    tone = np.array(brick) * rng.uniform(0.8, 1.2, (9, 1))
    parts = [blocks(center, (0.7, 0.19, 0.6), tone, Material.STONE)]
    parts.append(blocks([[0, 1.85, 0]], (0.86, 0.14, 0.76), brick, Material.STONE))
    for x in (-0.16, 0.16):
        parts.append(blocks([[x, 2.05, 0]], (0.2, 0.34, 0.2), (0.33, 0.14, 0.08), Material.MATTE))
    if style.snow:
        parts.append(box((0.85, 0.12, 0.75), (0, 1.97, 0), 0.05).painted(SNOW, Material.SNOW))
    return merged(parts)


def _ivy(style: CottageStyle, rng: np.random.Generator) -> Mesh:
    """Return a climber that spreads over one end of the front wall."""
    count = 520
    foot = rng.choice([-1, 1]) * style.long_m * 0.42
    y = style.wall_m * rng.random(count) ** 0.8
    x = foot + rng.normal(0, 0.25, count) + rng.normal(0, 0.5, count) * y / style.wall_m
    keep = np.abs(x) < style.long_m / 2
    x, y = x[keep], y[keep]
    along = rng.normal(0, 0.6, (len(x), 3)) + np.array([0, -0.5, 0.3])
    base = np.stack([x, y, rng.uniform(0.02, 0.14, len(x))], axis=1)
    side = np.cross(along, [0, 0, 1.0])
    side *= 0.06 / np.linalg.norm(side, axis=1, keepdims=True)
    green = np.array([0.05, 0.10, 0.022]) * rng.uniform(0.6, 1.4, (len(x), 1))
    bloom = (rng.random((len(x), 1)) < 0.12) & (style.flowers is not None)
    tint = np.where(bloom, style.flowers or (0, 0, 0), green)
    normal = np.tile([0, 0.3, 1.0], (len(x), 1)) + along * 0.3
    return kites(base, along * 0.16, side, normal, tint, 0.5)
