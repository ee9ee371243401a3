"""Houses seen from the street: walls with windows, shops, balconies, roofs; lit at night.

A house stands on y = 0 with its front in the plane z = 0 facing +z, its body behind.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.blocks import Blocks
from ldm3d.data.mesh import Material

Doubles = NDArray[np.float64]
Color = tuple[float, float, float]

GLASS = (0.085, 0.11, 0.135)
LIGHTS = np.array([[2.6, 1.55, 0.62], [2.1, 1.45, 0.8], [1.5, 1.4, 1.25], [2.7, 1.3, 0.45]])


@dataclass(frozen=True)
class Style:
    """How a house is built; all colors are linear albedo."""

    wall: Color = (0.45, 0.38, 0.30)
    trim: Color = (0.55, 0.52, 0.47)
    frame: Color = (0.12, 0.10, 0.09)
    floor_m: float = 3.2
    bay_m: float = 2.4
    window: tuple[float, float] = (1.1, 1.7)
    material: Material = Material.STONE
    lit: float = 0.0
    """Share of windows with light."""
    snow: float = 0.0
    glass: Color = GLASS


def _lit(rng: np.random.Generator, count: int, share: float) -> tuple[NDArray[np.bool_], Doubles]:
    burning = rng.random(count) < share
    light = LIGHTS[rng.integers(0, len(LIGHTS), count)] * rng.uniform(0.25, 1.0, (count, 1))
    return burning, light


def panes(
    blocks: Blocks,
    rng: np.random.Generator,
    at: Doubles,
    size: tuple[float, float],
    style: Style,
    deep: float = 0.03,
) -> None:
    """Add glass (N, 3), dark or lit, thin along z."""
    burning, light = _lit(rng, len(at), style.lit)
    extent = (size[0], size[1], deep)
    shade = np.asarray(style.glass) * rng.uniform(0.6, 1.35, (len(at), 1))
    if (~burning).any():
        blocks.put(at[~burning], extent, shade[~burning], Material.METAL)
    if burning.any():
        blocks.put(at[burning], extent, light[burning], Material.GLOW)


def windows(
    blocks: Blocks,
    rng: np.random.Generator,
    x: ArrayLike,
    y: ArrayLike,
    style: Style,
    *,
    shutters: Color | None = None,
    rich: bool = True,
    flowers: float = 0.0,
) -> None:
    """Add windows with their middles at each (x, y) of the front."""
    at_x, at_y = np.asarray(x, np.float64).ravel(), np.asarray(y, np.float64).ravel()
    if not len(at_x):
        return
    wide, tall = style.window
    at = np.stack([at_x, at_y, np.full(len(at_x), 0.0)], axis=1)
    panes(blocks, rng, at + np.array([0, 0, 0.02]), style.window, style)
    if not rich:
        return
    trim, kind = style.trim, style.material
    for side in (-1, 1):
        edge = at + np.array([side * (wide / 2 + 0.05), 0, 0.05])
        blocks.put(edge, (0.1, tall + 0.1, 0.14), trim, kind)
    blocks.put(at + np.array([0, tall / 2 + 0.09, 0.07]), (wide + 0.32, 0.18, 0.18), trim, kind)
    blocks.put(at - np.array([0, tall / 2 + 0.05, -0.09]), (wide + 0.3, 0.1, 0.24), trim, kind)
    blocks.put(at + np.array([0, 0, 0.045]), (0.05, tall, 0.04), style.frame)
    blocks.put(at + np.array([0, tall * 0.16, 0.045]), (wide, 0.05, 0.04), style.frame)
    if style.snow > 0.3:
        sill = at - np.array([0, tall / 2 - 0.03, -0.1])
        blocks.put(sill, (wide + 0.28, 0.06, 0.22), (0.78, 0.82, 0.88), Material.SNOW)
    if shutters is not None:
        open_ones = at[rng.random(len(at)) < 0.9]
        for side in (-1, 1):
            leaf = open_ones + np.array([side * (wide * 0.75 + 0.12), 0, 0.06])
            tone = np.asarray(shutters) * rng.uniform(0.85, 1.15, (len(leaf), 1))
            blocks.put(leaf, (wide * 0.48, tall + 0.06, 0.05), tone, Material.WOOD)
    if flowers > 0:
        boxes = at[rng.random(len(at)) < flowers] - [0, tall / 2 - 0.05, -0.22]
        flower_boxes(blocks, rng, boxes, wide)


PETALS = np.array([[0.62, 0.05, 0.06], [0.7, 0.18, 0.32], [0.7, 0.55, 0.55], [0.55, 0.12, 0.5]])


def flower_boxes(
    blocks: Blocks, rng: np.random.Generator, at: Doubles, wide: float, season: str = "summer"
) -> None:
    """Add boxes of flowers before windows."""
    if not len(at):
        return
    blocks.put(at, (wide + 0.1, 0.16, 0.2), (0.16, 0.085, 0.05), Material.WOOD)
    green = np.array((0.06, 0.13, 0.025) if season != "autumn" else (0.13, 0.10, 0.025))
    for _ in range(12):
        spot = at + rng.uniform(-1, 1, (len(at), 3)) * [wide / 2, 0.07, 0.09] + [0, 0.13, 0.02]
        size = rng.uniform(0.08, 0.18, (len(at), 3))
        blocks.put(spot, size, green * rng.uniform(0.6, 1.5, (len(at), 1)), Material.FOLIAGE, 0.4)
    petal = PETALS[rng.integers(0, len(PETALS), len(at))]
    for _ in range(11):
        spot = at + rng.uniform(-1, 1, (len(at), 3)) * [wide / 2, 0.09, 0.11] + [0, 0.17, 0.05]
        tone = petal * rng.uniform(0.7, 1.2, (len(at), 1))
        blocks.put(spot, rng.uniform(0.05, 0.1, (len(at), 3)), tone, Material.FOLIAGE, 0.3)


def grid(
    wide_m: float, floors: int, style: Style, foot_m: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the middles of a front's windows above `foot_m`."""
    bays = max(1, round((wide_m - 0.8) / style.bay_m))
    x = (np.arange(bays) + 0.5 - bays / 2) * (wide_m - 0.8) / bays
    y = foot_m + (np.arange(floors) + 0.52) * style.floor_m
    gx, gy = np.meshgrid(x, y)
    return gx.ravel(), gy.ravel()


def body(
    blocks: Blocks, wide_m: float, tall_m: float, deep_m: float, style: Style, foot: Color | None
) -> None:
    """Add the bare walls and a plinth."""
    middle = (0, tall_m / 2, -deep_m / 2)
    blocks.put(middle, (wide_m, tall_m, deep_m), style.wall, style.material)
    if foot is not None:
        size = (wide_m + 0.08, 0.7, deep_m + 0.08)
        blocks.put((0, 0.35, -deep_m / 2), size, foot, Material.STONE)


def side_windows(
    blocks: Blocks, rng: np.random.Generator, wide_m: float, deep_m: float, floors: int,
    style: Style, foot_m: float,
) -> None:  # fmt: skip
    """Add plain windows on both ends of a house."""
    z, y = grid(deep_m, floors, style, foot_m)
    burning, light = _lit(rng, 2 * len(z), style.lit)
    side = np.repeat([-1, 1], len(z))
    at = np.stack([side * (wide_m / 2 + 0.01), np.tile(y, 2), np.tile(z, 2) - deep_m / 2], axis=1)
    size = (0.06, style.window[1], style.window[0])
    shade = np.asarray(style.glass) * rng.uniform(0.6, 1.35, (len(at), 1))
    if (~burning).any():
        blocks.put(at[~burning], size, shade[~burning], Material.METAL)
    if burning.any():
        blocks.put(at[burning], size, light[burning], Material.GLOW)
    sill = at - [0, style.window[1] / 2 + 0.06, 0]
    blocks.put(sill, (0.2, 0.12, style.window[0] + 0.3), style.trim, style.material)


def cornice(
    blocks: Blocks, wide_m: float, y_m: float, deep_m: float, color: ArrayLike, out_m: float = 0.35
) -> None:
    """Add the moulding under a roof, all around, with small brackets at the front."""
    for i, (rise, grow) in enumerate(((0.0, 0.4), (0.22, 0.75), (0.42, 1.0))):
        grown = 2 * out_m * grow
        size = (wide_m + grown, 0.2 + 0.02 * i, deep_m + grown)
        blocks.put((0, y_m + rise, -deep_m / 2), size, color, Material.STONE)
    x = np.arange(-wide_m / 2 + 0.3, wide_m / 2, 0.8)
    spots = np.stack([x, np.full(len(x), y_m - 0.15), np.full(len(x), out_m * 0.25)], axis=1)
    blocks.put(spots, (0.16, 0.3, out_m * 0.5), color, Material.STONE)


def shop_front(
    blocks: Blocks,
    rng: np.random.Generator,
    wide_m: float,
    tall_m: float,
    style: Style,
    accent: ArrayLike,
    *,
    open_now: bool,
) -> None:
    """Add a shop's ground floor: glass between posts, a sign board without words, a door."""
    count = max(2, round(wide_m / 2.6))
    step = wide_m / count
    x = (np.arange(count) + 0.5 - count / 2) * step
    door = int(rng.integers(0, count))
    glow = LIGHTS[rng.integers(0, len(LIGHTS))] * (rng.uniform(0.28, 0.62) if open_now else 0.10)
    pane = np.stack([x, np.full(count, tall_m * 0.46), np.full(count, 0.03)], axis=1)
    kind = Material.GLOW if open_now else Material.METAL
    tint = glow if open_now else np.asarray(style.glass) * 1.1
    blocks.put(pane, (step - 0.25, tall_m * 0.72, 0.05), tint, kind)
    dark = np.asarray(accent) * 0.5 + 0.01
    shelf, shade = np.asarray(tint), 1.0 if open_now else 2.2
    for number in range(9):  # goods stand behind the glass
        goods = pane + np.array([0, -tall_m * 0.2, 0.03 + 0.002 * number])
        goods = goods + rng.uniform(-1, 1, (count, 3)) * [step * 0.4, tall_m * 0.14, 0]
        size = rng.uniform(0.12, 0.5, (count, 3)) * [0.9, 1.4, 0.03]
        tone = shelf * shade * rng.uniform(0.06, 0.8, (count, 3))
        blocks.put(goods, size, tone, kind if open_now else Material.MATTE)
    blocks.put(pane + np.array([0, tall_m * 0.17, 0.04]), (step, 0.07, 0.08), dark)
    blocks.put(pane + np.array([0, 0, 0.04]), (0.05, tall_m * 0.72, 0.06), dark)
    posts = np.stack([np.append(x - step / 2, x[-1] + step / 2)], axis=1)
    spots = np.concatenate([posts, np.tile([tall_m * 0.46, 0.08], (count + 1, 1))], axis=1)
    blocks.put(spots, (0.22, tall_m * 0.92, 0.22), dark)
    blocks.put((0, 0.2, 0.07), (wide_m, 0.4, 0.2), dark, Material.STONE)
    blocks.put((x[door], tall_m * 0.38, 0.06), (1.05, tall_m * 0.76, 0.1), dark * 1.4)
    blocks.put((x[door], tall_m * 0.42, 0.1), (0.7, tall_m * 0.55, 0.06), tint, kind)
    blocks.put((0, tall_m * 0.91, 0.14), (wide_m - 0.1, tall_m * 0.16, 0.24), accent)
    blocks.put((0, tall_m + 0.03, 0.16), (wide_m, 0.12, 0.4), style.trim, style.material)


def awning(
    blocks: Blocks, x_m: float, y_m: float, wide_m: float, colors: tuple[ArrayLike, ArrayLike],
    out_m: float = 1.4,
) -> None:  # fmt: skip
    """Add a striped awning that slopes down from the wall."""
    count = max(3, round(wide_m / 0.4))
    edge = x_m + np.linspace(-wide_m / 2, wide_m / 2, count + 1)
    for parity in (0, 1):
        corners = []
        for a, b in zip(edge[parity:-1:2], edge[parity + 1 :: 2], strict=False):
            quad = []
            for z, y in ((0.05, y_m), (out_m, y_m - out_m * 0.42)):
                quad += [(a, y - 0.03, z), (b, y - 0.03, z), (a, y, z), (b, y, z)]
            corners.append(quad)
            front = y_m - out_m * 0.42
            skirt = []
            for z in (out_m - 0.01, out_m + 0.01):
                skirt += [
                    (a, front - 0.24, z), (b, front - 0.24, z), (a, front, z), (b, front, z),
                ]  # fmt: skip
            corners.append(skirt)
        blocks.wedge(np.array(corners), colors[parity], Material.CLOTH)


def gable_roof(
    blocks: Blocks, rng: np.random.Generator, wide_m: float, deep_m: float, y_m: float,
    pitch: float, tile: ArrayLike, *, front_gable: bool, wall: ArrayLike, snow: float = 0.0,
    material: Material = Material.STONE, over_m: float = 0.4,
) -> float:  # fmt: skip
    """Add a saddle roof of rows of tiles; return the ridge's height.

    Args:
        blocks: to add to.
        rng: for the shades of the tiles.
        wide_m: of the house along x.
        deep_m: along z, behind z = 0.
        y_m: of the eaves.
        pitch: rise over run.
        tile: color.
        front_gable: the gable looks to the street, else the eaves do.
        wall: color of the gables.
        snow: 0 to 1.
        material: of the gables.
        over_m: overhang.
    """
    run = (wide_m if front_gable else deep_m) / 2
    half_long = (deep_m if front_gable else wide_m) / 2
    rise = run * pitch
    reach = run + over_m
    rows = max(4, round(reach * np.hypot(1, pitch) / 0.42))
    pieces = max(2, round(2 * half_long / 0.9))
    edge = np.linspace(-half_long - over_m, half_long + over_m, pieces + 1)
    corners = []
    white = snow > 0.45
    for side in (-1, 1):
        for i in range(rows):
            a, b = reach * i / rows, reach * (i + 1) / rows
            lift = 0.05
            y0, y1 = y_m + rise - a * pitch, y_m + rise - b * pitch
            low = np.array(
                [
                    [
                        (side * a, y0 - 0.1, p), (side * b, y1 - 0.1 + lift, p),
                        (side * a, y0, p), (side * b, y1 + lift, p),
                        (side * a, y0 - 0.1, q), (side * b, y1 - 0.1 + lift, q),
                        (side * a, y0, q), (side * b, y1 + lift, q),
                    ]
                    for p, q in itertools.pairwise(edge)
                ]
            )  # fmt: skip
            corners.append(low)
    points = np.concatenate(corners)
    if front_gable:
        points = points * [1, 1, 1] - [0, 0, deep_m / 2]
    else:
        points = points[..., [2, 1, 0]] - [0, 0, deep_m / 2]
    count = len(points)
    shade = np.asarray(tile) * np.exp(rng.normal(0, 0.13, (count, 1)))
    tints = shade * (1 + rng.normal(0, 0.05, (count, 3)))
    if white:
        fallen = rng.random(count) < 0.05 + 0.35 * (1 - snow)
        blocks.wedge(points[fallen], tints[fallen], Material.STONE)
        blocks.wedge(points[~fallen] + [0, 0.06, 0], (0.78, 0.82, 0.88), Material.SNOW)
    else:
        blocks.wedge(points, tints, Material.STONE)
    _gables(blocks, run, half_long, rise, y_m, deep_m, wall, material, front_gable)
    ridge = (0.26, 0.16, 2 * (half_long + over_m))
    size = ridge if front_gable else ridge[::-1]
    top = (0.78, 0.82, 0.88) if white else np.asarray(tile) * 0.8
    blocks.put((0, y_m + rise + 0.05, -deep_m / 2), size, top)
    return y_m + rise


def _gables(
    blocks: Blocks, run: float, half_long: float, rise: float, y_m: float, deep_m: float,
    wall: ArrayLike, material: Material, front_gable: bool,
) -> None:  # fmt: skip
    for side in (-1, 1):
        z = side * (half_long - 0.15)
        quad = []
        for depth in (z - 0.15, z + 0.15):
            quad += [(-run, y_m, depth), (run, y_m, depth), (-0.03, y_m + rise - 0.08, depth)]
            quad += [(0.03, y_m + rise - 0.08, depth)]
        points = np.array(quad)
        if not front_gable:
            points = points[:, [2, 1, 0]]
        blocks.wedge((points - [0, 0, deep_m / 2])[None], wall, material)


def chimney(
    blocks: Blocks, x: float, y: float, z: float, tall_m: float, brick: ArrayLike, snow: float = 0
) -> None:
    """Add a chimney whose foot is at y."""
    blocks.put((x, y + tall_m / 2, z), (0.7, tall_m, 0.5), brick, Material.STONE)
    blocks.put((x, y + tall_m, z), (0.84, 0.14, 0.64), np.asarray(brick) * 0.7, Material.STONE)
    blocks.put((x, y + tall_m + 0.18, z), (0.2, 0.3, 0.2), (0.3, 0.13, 0.07))
    if snow > 0.3:
        blocks.put((x, y + tall_m + 0.12, z), (0.8, 0.12, 0.6), (0.78, 0.82, 0.88), Material.SNOW)
