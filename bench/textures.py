"""Patterns of the bench's room: linear RGB of surface points, nothing finer than 5 cm or so.

Band-limited, so that a difference between two renderings tells where surfaces are, not who
aliases more: every edge is a `tanh` of sines.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Texture = Callable[[Array], Array]
"""Points (N, 3) in metres -> linear RGB (N, 3) in [0, 1]."""
Color = tuple[float, float, float]


def _waves(seed: int, wavelength_m: float, count: int) -> tuple[Array, Array]:
    random = np.random.default_rng(seed)
    directions = random.normal(size=(3, count))
    directions /= np.linalg.norm(directions, axis=0)
    lengths = wavelength_m * random.uniform(1, 2.5, size=count)
    return directions * (2 * np.pi / lengths), random.uniform(0, 2 * np.pi, size=count)


def _mix(a: Color, b: Color, amount: Array) -> Array:
    return np.array(a) + amount[:, None] * (np.array(b) - np.array(a))


def noise(a: Color, b: Color, wavelength_m: float, seed: int, count: int = 6) -> Texture:
    """Return a cloudy blend of two colours, its waves 1 to 2.5 `wavelength_m` long."""
    vectors, phases = _waves(seed, wavelength_m, count)

    def color(points: Array) -> Array:
        sum_of_waves = np.sin(points @ vectors + phases).sum(axis=1)
        return _mix(a, b, 0.5 + 0.5 * np.tanh(sum_of_waves * (1.2 / np.sqrt(count))))

    return color


def checker(a: Color, b: Color, field_m: float) -> Texture:
    """Return a chessboard in space with soft edges (10 to 90 % over a seventh of a field)."""

    def color(points: Array) -> Array:
        sines = np.sin(points * (np.pi / field_m) + 0.7)
        return _mix(a, b, 0.5 + 0.5 * np.tanh(5 * sines[:, 0] * sines[:, 2] * (0.3 + sines[:, 1])))

    return color


def bricks(brick: Color, mortar: Color, width_m: float, height_m: float) -> Texture:
    """Return rows of bricks, every second one shifted; they run around the vertical axis."""
    clouds = noise((0.75, 0.75, 0.75), (1.15, 1.1, 1.05), 0.09, seed=5, count=4)

    def color(points: Array) -> Array:
        row = points[:, 1] / height_m
        along = (points[:, 0] + points[:, 2]) / width_m + 0.5 * (np.floor(row) % 2)
        joint = np.maximum(np.cos(2 * np.pi * row) ** 9, np.cos(2 * np.pi * along) ** 21)
        return np.clip(_mix(brick, mortar, np.clip(joint, 0, 1)) * clouds(points), 0, 1)

    return color


def wood(light: Color, dark: Color, ring_m: float, seed: int) -> Texture:
    """Return rings around a slanting line, bent by long waves."""
    vectors, phases = _waves(seed, 0.5, 3)

    def color(points: Array) -> Array:
        bend = np.sin(points @ vectors + phases).sum(axis=1)
        radius = np.hypot(points[:, 1] * 1.3 + 0.2 * points[:, 0], points[:, 2] + 0.3)
        rings = np.sin(2 * np.pi * radius / ring_m + 1.5 * bend)
        return _mix(light, dark, 0.5 + 0.5 * np.tanh(1.5 * rings))

    return color


def stripes(a: Color, b: Color, period_m: float, axis: int = 1) -> Texture:
    """Return soft bands across one axis."""

    def color(points: Array) -> Array:
        return _mix(a, b, 0.5 + 0.5 * np.tanh(3 * np.sin(points[:, axis] * 2 * np.pi / period_m)))

    return color
