"""What travellers leave on other planets: a lander, a dome to live in, a rover, a fallen ship."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, box, cylinder, icosphere, lathe, merged, tube
from ldm3d.data.prototypes import prototype

WHITE = (0.62, 0.62, 0.60)
FOIL = (0.62, 0.38, 0.08)
DARK = (0.05, 0.052, 0.058)
LIT = (3.2, 2.2, 1.1)


def _strut(a: ArrayLike, b: ArrayLike, thick_m: float, color: ArrayLike = WHITE) -> Mesh:
    return tube(np.array([a, b], np.float64), thick_m, 6).painted(color, Material.METAL)


def _window(at: ArrayLike, size: float, lit: bool) -> Mesh:
    pane = icosphere(2).scaled((size, size, size)).moved(at)
    return (
        pane.painted(LIT, Material.GLOW)
        if lit
        else pane.painted((0.02, 0.03, 0.045), Material.METAL)
    )


@prototype
def lander(kind: int, lit: bool) -> Mesh:
    """Return a landing craft 5 m tall on four legs, wrapped in foil; two kinds."""
    sides = (8, 20)[kind % 2]
    low = lathe([[0.0, 1.15], [1.75, 1.2], [1.9, 1.5], [1.9, 2.25], [1.5, 2.5], [0.0, 2.55]], sides)
    parts = [low.painted(FOIL, Material.METAL)]
    high = lathe(
        [[1.25, 2.5], [1.45, 3.0], [1.35, 3.9], [0.8, 4.5], [0.35, 4.75], [0.0, 4.8]], sides
    )
    parts.append(high.painted(WHITE, Material.MATTE))
    bell = lathe([[0.75, 0.45], [0.55, 0.8], [0.3, 1.2]], 20)
    parts.append(bell.painted(DARK, Material.METAL))
    for k in range(4):
        a = k * np.pi / 2 + np.pi / 4
        c, s = np.cos(a), np.sin(a)
        foot = np.array([3.1 * c, 0.06, 3.1 * s])
        for at in ([1.8 * c, 2.2, 1.8 * s], [1.7 * c - 0.5 * s, 1.3, 1.7 * s + 0.5 * c],
                   [1.7 * c + 0.5 * s, 1.3, 1.7 * s - 0.5 * c]):  # fmt: skip
            parts.append(_strut(at, foot, 0.055, FOIL))
        pad = cylinder(0.42, 0.1, 16, 0.3).moved(foot - [0, 0.08, 0])
        parts.append(pad.painted(FOIL, Material.METAL))
        parts.append(_window((1.32 * np.cos(a + 0.8), 3.5, 1.32 * np.sin(a + 0.8)), 0.2, lit))
    dish = lathe([[0.0, 0.0], [0.3, 0.06], [0.55, 0.22], [0.56, 0.22]], 20).turned(0.7, "x")
    parts.append(dish.moved((0.5, 4.9, 0.2)).painted(WHITE, Material.MATTE))
    parts.append(_strut((0.5, 4.2, 0.2), (0.5, 4.95, 0.2), 0.04))
    parts.append(_strut((-0.4, 4.5, 0.0), (-0.55, 6.0, 0.1), 0.018))
    for rung in range(6):
        parts.append(
            _strut((-0.22, 0.3 + 0.32 * rung, 1.98), (0.22, 0.3 + 0.32 * rung, 1.98), 0.025)
        )
    return merged(parts)


@prototype
def habitat(kind: int, lit: bool) -> Mesh:
    """Return a white dome 7 m across with an air lock, port holes and tanks beside it."""
    a = np.linspace(0, np.pi / 2, 14)
    dome = lathe(np.stack([3.5 * np.cos(a), 3.0 * np.sin(a)], 1), 40)
    angle = np.arctan2(dome.position[:, 2], dome.position[:, 0])
    seam = np.abs((angle / (2 * np.pi) * 12 + 0.5) % 1 - 0.5) < 0.04
    tone = np.where(seam[:, None], np.array(WHITE) * 0.5, np.array(WHITE))
    parts = [dome.painted(tone, Material.MATTE)]
    band = lathe([[3.56, 0.0], [3.6, 0.05], [3.6, 0.5], [3.5, 0.55]], 40)
    orange = ((0.55, 0.16, 0.03), (0.05, 0.16, 0.36))[kind % 2]
    parts.append(band.painted(orange, Material.MATTE))
    lock = cylinder(1.0, 2.2, 24).turned(np.pi / 2, "x").moved((0, 1.05, 2.6))
    parts.append(lock.painted(np.array(WHITE) * 0.9, Material.MATTE))
    door = box((1.1, 1.6, 0.08), (0, 0.95, 4.82), 0.02)
    parts.append(door.painted(orange, Material.METAL))
    parts.append(_window((0, 1.35, 4.86), 0.17, lit))
    for k in range(7):
        b = 0.9 + k * 0.72
        at = (3.28 * np.cos(b + 1.2), 1.2, 3.28 * np.sin(b + 1.2))
        parts.append(_window(at, 0.28, lit))
    for k in range(3):
        tank = (
            icosphere(2)
            .scaled((0.55, 0.55, 0.55))
            .moved((-4.5 - 0.2 * (k % 2), 0.5, -1.2 + 1.2 * k))
        )
        parts.append(tank.painted(np.array(WHITE) * (1.0, 0.7, 0.9)[k], Material.METAL))
    for k in range(2):
        panel = box((2.4, 0.05, 1.4)).turned(0.6, "x").moved((4.9 + 0.1 * k, 1.2, -1.6 + 2.2 * k))
        parts.append(panel.painted((0.02, 0.03, 0.10), Material.METAL))
        parts.append(_strut((4.9, 0, -1.6 + 2.2 * k), (4.9, 1.2, -1.6 + 2.2 * k), 0.05))
    return merged(parts)


@prototype
def rover(kind: int, lit: bool) -> Mesh:
    """Return a six-wheeled rover 2.4 m long with a camera mast and a panel."""
    parts = [
        box((1.5, 0.35, 2.2), (0, 0.75, 0), 0.05).painted((FOIL, WHITE)[kind % 2], Material.METAL),
        box((1.7, 0.04, 1.5), (0, 1.0, -0.35)).painted((0.02, 0.03, 0.10), Material.METAL),
        _strut((0.35, 0.9, 0.85), (0.35, 1.85, 0.85), 0.04),
        box((0.42, 0.2, 0.2), (0.35, 1.9, 0.88), 0.02).painted(WHITE, Material.MATTE),
    ]
    parts += [_window((0.35 + dx, 1.9, 0.99), 0.055, lit) for dx in (-0.12, 0.12)]
    for z in (-0.95, 0.0, 0.95):
        for side in (-1, 1):
            wheel = cylinder(0.32, 0.26, 20).moved((0, -0.13, 0)).turned(np.pi / 2, "z")
            parts.append(wheel.moved((side * 0.98, 0.32, z)).painted(DARK, Material.METAL))
            parts.append(_strut((side * 0.7, 0.7, z * 0.6), (side * 0.95, 0.34, z), 0.04))
    dish = lathe([[0.0, 0.0], [0.2, 0.04], [0.34, 0.14]], 18).turned(-0.5, "x")
    parts.append(dish.moved((-0.4, 1.25, -0.6)).painted(WHITE, Material.MATTE))
    parts.append(_strut((-0.4, 0.9, -0.6), (-0.4, 1.27, -0.6), 0.03))
    return merged(parts)


@prototype
def wreck(kind: int, lit: bool) -> Mesh:
    """Return a fallen space ship, 16 m, half sunk in the ground and broken open."""
    rng = np.random.default_rng([kind, 151])
    t = np.linspace(0, 1, 22)
    girth = 1.9 * np.sin(np.pi * np.clip(0.12 + 0.80 * t, 0, 1)) ** 0.6
    hull = lathe(np.stack([girth, 16.0 * (t - 0.5)], 1), 36)
    tone = np.array((0.40, 0.40, 0.41)) * rng.uniform(0.85, 1.12, (len(hull.position), 1))
    stripe = np.abs(hull.position[:, 1:2] + 1.5) < 0.8
    tone = _scorched(hull.position, np.where(stripe, np.array((0.55, 0.14, 0.04)), tone))
    middle = hull.position[hull.faces].mean(axis=1)
    ragged = 4.6 + 1.3 * np.sin(5 * np.arctan2(middle[:, 2], middle[:, 0]) + kind)
    kept = hull.faces[middle[:, 1] < ragged]
    shell = hull.painted(tone, Material.METAL)
    shell = Mesh(shell.position, shell.normal, shell.texture, shell.color, shell.material, kept)
    parts = [shell]
    for k in range(8):
        ring = lathe([[1.0, 0.0], [1.06, 0.1], [1.0, 0.2]], 28).scaled((1.75, 1.0, 1.75))
        parts.append(ring.moved((0, 1.0 + 0.85 * k, 0)).painted(DARK, Material.METAL))
    for side in (-1, 1):
        fin = box((3.4, 2.6, 0.16), (side * 3.0, -4.2, 0), 0.03).turned(side * 0.25, "z")
        parts.append(fin.painted((0.34, 0.09, 0.04), Material.METAL))
        engine = lathe([[0.85, -9.0], [0.6, -8.0], [0.55, -6.0], [0.0, -5.6]], 22)
        glow = Material.GLOW if lit else Material.METAL
        parts.append(
            engine.moved((side * 1.2, 0, 0)).painted((0.3, 0.9, 1.4) if lit else DARK, glow)
        )
    return merged(parts).turned(1.25, "x").moved((0, 0.9, 0))


def _scorched(points: NDArray[np.floating], tone: NDArray[np.float64]) -> NDArray[np.float64]:
    burnt = np.clip(0.5 + 0.5 * np.sin(points[:, 1] * 1.7 + 2 * np.sin(points[:, 0] * 2)), 0.25, 1)
    return np.asarray(tone * burnt[:, None])
