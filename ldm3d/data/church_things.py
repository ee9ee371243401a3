"""What stands in a church: pews, an altar, candles, an organ, a font, a pulpit."""

from __future__ import annotations

import numpy as np

from ldm3d.data.built import plank
from ldm3d.data.furniture import BRASS
from ldm3d.data.mesh import Material, Mesh, box, cylinder, lathe, merged, tube
from ldm3d.data.prototypes import prototype

Color = tuple[float, float, float]
FLAME = (12.0, 6.6, 2.4)


@prototype
def pew(long_m: float, wood: Color) -> Mesh:
    """Return a bench along x whose back is at +z: one sits looking to -z."""
    rng = np.random.default_rng(5)
    tone = np.array(wood)
    parts = [
        plank((long_m, 0.04, 0.40), (0, 0.45, 0.0), tone, rng),
        plank((long_m, 0.50, 0.035), (0, 0.72, 0.22), tone * 0.9, rng),
        plank((long_m, 0.05, 0.08), (0, 0.98, 0.23), tone * 1.15, rng),
        plank((long_m, 0.03, 0.16), (0, 0.62, 0.34), tone, rng),
        plank((long_m, 0.06, 0.14), (0, 0.14, 0.46), tone * 0.8, rng),
    ]
    for x in (-long_m / 2, long_m / 2):
        parts.append(plank((0.06, 0.95, 0.50), (x, 0.475, 0.08), tone * 0.85, rng, 0.02))
        knob = lathe([[0.0, 0.0], [0.05, 0.02], [0.06, 0.07], [0.0, 0.13]], 10)
        parts.append(knob.painted(tone, Material.WOOD).moved((x, 0.95, 0.24)))
    return merged(parts)


def _candle(tall_m: float, thick_m: float, lit: bool) -> list[Mesh]:
    parts = [cylinder(thick_m, tall_m, 8).painted((0.78, 0.72, 0.58))]
    if lit:
        flame = lathe([[0, 0.0], [0.016, 0.03], [0.012, 0.06], [0, 0.10]], 7)
        parts.append(flame.scaled(1.5).painted(FLAME, Material.GLOW).moved((0, tall_m + 0.01, 0)))
    return parts


@prototype
def candle_rack(kind: int, lit: bool = True) -> Mesh:
    """Return an iron stand with three rows of votive candles, 1.15 m high, its front to +z."""
    rng = np.random.default_rng([kind, 81])
    iron = (0.035, 0.033, 0.032)
    parts = []
    for row in range(3):
        y, z = 0.72 + 0.17 * row, 0.22 - 0.2 * row
        tray = box((1.15, 0.025, 0.16), (0, y, z), 0.004)
        parts.append(tray.painted(iron, Material.METAL))
        for x in np.linspace(-0.5, 0.5, 9):
            if rng.random() < 0.8:
                tall = float(rng.uniform(0.05, 0.17))
                wax = merged(_candle(tall, 0.021, lit and bool(rng.random() < 0.85)))
                parts.append(wax.moved((float(x), y + 0.012, z)))
    for x in (-0.5, 0.5):
        for z in (0.22, -0.18):
            top = 0.72 if z > 0 else 1.06
            leg = tube([[x, 0, z * 1.2], [x, top, z]], 0.016, 6)
            parts.append(leg.painted(iron, Material.METAL))
    return merged(parts)


@prototype
def candelabrum(lit: bool = True) -> Mesh:
    """Return a brass candlestick 1.7 m high with five candles."""
    foot = lathe([[0.22, 0.0], [0.20, 0.05], [0.06, 0.12], [0.035, 0.2], [0.05, 0.5], [0.028, 0.6],
                  [0.028, 1.05], [0.05, 1.1], [0.028, 1.15], [0.028, 1.3]], 14)  # fmt: skip
    parts = [foot.painted(BRASS, Material.METAL)]
    for x in (-0.34, -0.17, 0.0, 0.17, 0.34):
        top = 1.42 - 0.25 * abs(x)
        t = np.linspace(0, 1, 7)
        line = np.stack([x * t, 1.15 - 0.10 * np.sin(np.pi * t) + (top - 1.15) * t**2, 0 * t], 1)
        parts.append(tube(line, 0.013, 6).painted(BRASS, Material.METAL))
        cup = lathe([[0.01, 0], [0.045, 0.02], [0.045, 0.03]], 10).moved((x, top, 0))
        parts.append(cup.painted(BRASS, Material.METAL))
        parts.append(merged(_candle(0.2, 0.018, lit)).moved((x, top + 0.02, 0)))
    return merged(parts)


@prototype
def altar(stone: Color, cloth: Color, lit: bool = True) -> Mesh:
    """Return an altar on three steps, its front to +z, with a cross, candles and a cloth."""
    tone = np.array(stone)
    parts = []
    for i in range(3):
        size = (5.2 - 0.8 * i, 0.16, 3.6 - 0.7 * i)
        parts.append(box(size, (0, 0.08 + 0.16 * i, 0.2), 0.02).painted(tone * 0.9, Material.STONE))
    parts.append(box((2.6, 0.95, 0.9), (0, 0.95, 0), 0.02).painted(tone * 1.1, Material.STONE))
    parts.append(box((2.75, 0.06, 1.0), (0, 1.45, 0), 0.01).painted((0.75, 0.72, 0.66)))
    parts.append(box((1.1, 0.85, 0.02), (0, 1.0, 0.47)).painted(cloth, Material.CLOTH))
    gold = (0.75, 0.50, 0.16)
    for size, at in (((0.09, 1.3, 0.06), (0, 2.15, -0.2)), ((0.75, 0.09, 0.06), (0, 2.4, -0.2))):
        parts.append(box(size, at, 0.01).painted(gold, Material.METAL))
    for x in (-1.05, -0.7, 0.7, 1.05):
        stick = lathe([[0.09, 0], [0.02, 0.06], [0.018, 0.3], [0.05, 0.33]], 10)
        parts.append(stick.painted(gold, Material.METAL).moved((x, 1.48, 0)))
        parts.append(merged(_candle(0.32, 0.022, lit)).moved((x, 1.81, 0)))
    return merged(parts)


@prototype
def organ(wide_m: float, wood: Color) -> Mesh:
    """Return an organ front on y = 0 facing +z: towers of pipes in a carved case."""
    rng = np.random.default_rng(9)
    parts = [plank((wide_m, 1.4, 0.9), (0, 0.7, -0.3), wood, rng)]
    count = int(wide_m / 0.17)
    for i in range(count):
        x = (i + 0.5) / count * wide_m - wide_m / 2
        wave = np.cos(x / wide_m * 2 * np.pi * 2.5)
        tall = 1.9 + 0.9 * wave + 0.5 * (abs(x) > wide_m * 0.38)
        pipe = lathe([[0.0, 0.0], [0.05, 0.22], [0.07, 0.24], [0.07, tall], [0.0, tall]], 9)
        tin = np.array((0.62, 0.60, 0.55)) * (0.9 + 0.2 * ((i * 5) % 7) / 7)
        parts.append(pipe.painted(tin, Material.METAL).moved((x, 1.4, 0.05)))
    for x in np.linspace(-wide_m / 2, wide_m / 2, 6):
        parts.append(plank((0.14, 4.5, 0.5), (float(x), 2.25, -0.15), wood, rng))
        spire = lathe([[0.16, 0], [0.1, 0.2], [0.14, 0.3], [0, 1.0]], 8)
        parts.append(spire.painted(wood, Material.WOOD).moved((float(x), 4.5, -0.15)))
    parts.append(plank((wide_m, 4.6, 0.05), (0, 2.3, -0.6), np.array(wood) * 0.5, rng))
    parts.append(plank((wide_m + 0.3, 0.2, 0.6), (0, 4.5, -0.15), wood, rng))
    return merged(parts)


@prototype
def font(stone: Color) -> Mesh:
    """Return a baptismal font 1.05 m high on a step."""
    step = lathe([[0.0, 0.14], [0.75, 0.14], [0.75, 0.0]], 8)
    bowl = lathe([[0.26, 0.14], [0.22, 0.25], [0.15, 0.32], [0.15, 0.6], [0.24, 0.68], [0.50, 0.82],
                  [0.52, 1.02], [0.46, 1.05], [0.42, 0.98], [0.0, 0.90]], 8)  # fmt: skip
    return merged([step, bowl]).painted(stone, Material.STONE)


@prototype
def pulpit(wood: Color) -> Mesh:
    """Return a wooden pulpit on a stem, 2.6 m high, its stairs to +x, a canopy above."""
    rng = np.random.default_rng(6)
    parts = [
        lathe([[0.4, 0], [0.18, 0.15], [0.16, 1.1], [0.5, 1.4]], 8),
        lathe(
            [
                [0.78, 1.4],
                [0.85, 1.45],
                [0.8, 1.55],
                [0.8, 2.35],
                [0.88, 2.4],
                [0.88, 2.5],
                [0.7, 2.5],
            ],
            8,
        ),
        lathe([[0.0, 4.9], [0.12, 4.3], [0.75, 4.05], [1.0, 3.95], [1.0, 3.8], [0.0, 3.8]], 8),
    ]
    wooden = merged(parts).painted(wood, Material.WOOD)
    board = [plank((0.5, 2.2, 0.08), (0, 3.0, -0.75), wood, rng)]
    for i in range(7):
        at = (0.85 + 0.26 * i, 1.32 - 0.2 * i, -0.3)
        board.append(plank((0.3, 0.06, 0.8), at, wood, rng))
    rail = tube([[0.8, 2.3, 0.1], [2.55, 0.95, 0.1]], 0.04, 6).painted(wood, Material.WOOD)
    return merged([wooden, *board, rail])


@prototype
def flowers_on_stand(kind: int) -> Mesh:
    """Return a bouquet on a stand 1.4 m high."""
    rng = np.random.default_rng([kind, 83])
    stand = lathe([[0.16, 0], [0.03, 0.06], [0.025, 0.75], [0.14, 0.85], [0.17, 1.0]], 12)
    parts = [stand.painted((0.05, 0.045, 0.04), Material.METAL)]
    colors = [(0.8, 0.78, 0.72), (0.75, 0.1, 0.18), (0.8, 0.45, 0.6), (0.85, 0.6, 0.1)]
    for i in range(46):
        d = rng.normal(0, 1, 3) * [1, 0.7, 1]
        d = d / np.linalg.norm(d)
        at = np.array([0, 1.18, 0]) + d * rng.uniform(0.14, 0.3)
        blob = lathe([[0, -0.04], [0.05, 0], [0.035, 0.04], [0, 0.05]], 6).moved(at)
        green = i % 3 == 0
        tone = (0.05, 0.12, 0.03) if green else colors[(kind + i % 2) % 4]
        parts.append(blob.painted(np.array(tone) * rng.uniform(0.7, 1.2)))
    return merged(parts)
