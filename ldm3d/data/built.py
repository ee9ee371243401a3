"""Things people made: planks, a jetty, a rowing boat, a log cabin."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, box, cylinder, grid_faces, merged, mesh_from, tube
from ldm3d.data.prototypes import prototype

Floats = NDArray[np.float32]


def plank(
    size: ArrayLike,
    center: ArrayLike = (0, 0, 0),
    color: ArrayLike = (0.23, 0.155, 0.09),
    rng: np.random.Generator | None = None,
    bevel: float = 0.006,
) -> Mesh:
    """Return a board whose grain runs along its longest side."""
    extent = np.asarray(size, np.float32)
    mesh = box(extent, (0, 0, 0), bevel)
    squeeze = np.ones(3, np.float32)
    squeeze[int(np.argmax(extent))] = 0.07
    shift = np.zeros(3) if rng is None else rng.random(3) * 20
    tone = 1.0 if rng is None else rng.uniform(0.72, 1.22)
    mesh = mesh_from(
        mesh.position,
        mesh.faces,
        mesh.normal,
        np.asarray(color) * tone,
        Material.WOOD,
        0.0,
        mesh.position * squeeze + shift,
    )
    return mesh.moved(center)


def jetty(
    rng: np.random.Generator, length_m: float, width_m: float, deck_m: float, floor_m: float = -2.5
) -> Mesh:
    """Return a jetty along -z from the origin; its deck's top is at `deck_m`."""
    parts = []
    z = 0.0
    while z < length_m:
        wide = rng.uniform(0.125, 0.16)
        over = width_m + rng.normal(0, 0.025)
        board = plank((over, 0.035, wide), (0, 0, 0), (0.27, 0.215, 0.16), rng)
        board = board.turned(rng.normal(0, 0.008))
        parts.append(board.moved((rng.normal(0, 0.012), deck_m - 0.0175, -z - wide / 2)))
        z += wide + rng.uniform(0.007, 0.016)
    for side in (-1, 1):
        x = side * (width_m / 2 - 0.16)
        parts.append(
            plank(
                (0.1, 0.16, length_m), (x, deck_m - 0.116, -length_m / 2), (0.15, 0.1, 0.065), rng
            )
        )
        count = int(length_m // 2.4) + 1
        for i in range(count):
            at = -0.35 - i * (length_m - 0.6) / max(count - 1, 1)
            top = deck_m + rng.uniform(0.85, 1.0)
            post = cylinder(0.065, top - floor_m, 14, 0.058).painted(
                (0.17, 0.12, 0.08), Material.BARK
            )
            parts.append(post.moved((side * (width_m / 2 + 0.05), floor_m, at)))
        ends = [-0.35 - i * (length_m - 0.6) / max(count - 1, 1) for i in range(count)]
        for a, b in pairwise(ends):
            t = np.linspace(0, 1, 17)
            sag = deck_m + 0.74 - 0.62 * t * (1 - t)
            line = np.stack(
                [np.full(17, side * (width_m / 2 + 0.05)), sag, a + (b - a) * t], axis=1
            )
            parts.append(tube(line, 0.014, 7).painted((0.34, 0.27, 0.17), Material.CLOTH))
    return merged(parts)


@prototype
def rowing_boat(rng: np.random.Generator, paint: ArrayLike = (0.05, 0.16, 0.17)) -> Mesh:
    """Return a clinker boat 3.6 m long along z, floating with its waterline at y = 0."""
    t = np.linspace(-1, 1, 41)
    half = 0.62 * np.clip(1 - np.abs(t) ** 2.6, 0.0, 1) ** 0.75
    half[t > 0.86] = np.maximum(half[t > 0.86], 0.24)
    sheer = 0.34 + 0.20 * t**2
    keel = -0.14 + 0.16 * np.clip(np.abs(t) - 0.55, 0, 1) ** 1.3
    a = np.linspace(0, 1, 13)
    shape = np.sin(a * np.pi / 2) ** 0.62
    parts = []
    for inset, tone in ((0.0, paint), (0.022, (0.26, 0.17, 0.095))):
        for side in (-1, 1):
            x = side * np.maximum(half[:, None] - inset, 0.002) * shape[None]
            # The inner skin stays above the water that would show through it.
            low = keel if inset == 0 else np.maximum(keel + inset, 0.045)
            y = low[:, None] + (sheer - low)[:, None] * a[None] ** 1.15
            step = 0.010 * ((a[None] * 6) % 1.0)
            point = np.stack(
                [x + side * step, y, np.broadcast_to(1.8 * t[:, None], x.shape)], axis=-1
            )
            skin = mesh_from(
                point.reshape(-1, 3),
                grid_faces(41, 13),
                color=tone,
                material=Material.WOOD,
                texture=point.reshape(-1, 3) * [1, 1, 0.07] + inset * 50,
            )
            parts.append(skin)
    for side in (-1, 1):
        line = np.stack([side * half, sheer + 0.005, 1.8 * t], axis=1)
        parts.append(tube(line, 0.022, 8).painted((0.42, 0.30, 0.17), Material.WOOD))
    for z, wide in ((-0.75, 0.95), (0.25, 1.18), (1.2, 0.85)):
        parts.append(plank((wide, 0.03, 0.26), (0, 0.20, z), (0.36, 0.25, 0.14), rng))
    parts.append(plank((0.5, 0.42, 0.03), (0, 0.26, 1.72), (0.30, 0.2, 0.11), rng))
    for side in (-1, 1):
        shaft = tube([[side * 0.12, 0.27, 1.3], [side * 0.20, 0.36, -1.15]], 0.019, 8)
        parts.append(shaft.painted((0.46, 0.33, 0.18), Material.WOOD))
        parts.append(
            plank((0.13, 0.014, 0.5), (0, 0, 0), (0.46, 0.33, 0.18), rng)
            .turned(0.04, "x")
            .moved((side * 0.205, 0.365, -1.38))
        )
    return merged(parts)


@prototype
def log_cabin(
    rng: np.random.Generator,
    window: ArrayLike = (0, 0, 0),
    snow_m: float = 0.0,
    roof: ArrayLike = (0.12, 0.075, 0.05),
) -> Mesh:
    """Return a cabin 6 x 4.6 m with a porch to +z, standing on y = 0; `window` is radiance."""
    parts = []
    wall_m, long_m, deep_m = 2.5, 6.0, 4.6
    rows = 11
    size = wall_m / rows
    for i in range(rows):
        y = (i + 0.5) * size
        for z in (-deep_m / 2, deep_m / 2):
            parts.append(
                _log([-long_m / 2 - 0.2, y, z], [long_m / 2 + 0.2, y, z], size * 0.54, rng)
            )
        for x in (-long_m / 2, long_m / 2):
            low, high = [x, y + size / 2, -deep_m / 2 - 0.2], [x, y + size / 2, deep_m / 2 + 0.2]
            parts.append(_log(low, high, size * 0.54, rng))
    ridge = wall_m + 1.9
    for x in (-long_m / 2, long_m / 2):
        count = 8
        for i in range(count):
            y = wall_m + (i + 0.5) * 1.9 / count
            half = (deep_m / 2) * (1 - (i + 0.5) / count)
            parts.append(_log([x, y, -half], [x, y, half], size * 0.54, rng))
    edge = deep_m / 2 + 0.75
    for side in (-1, 1):
        slope_x = np.arctan2(1.9, deep_m / 2)
        length = np.hypot(edge, edge * np.tan(slope_x))
        for i in range(int(length / 0.3)):
            s = (i + 0.5) * 0.3 / length
            at = (0, ridge + 0.08 - s * edge * np.tan(slope_x), side * s * edge)
            board = plank((long_m + 1.2, 0.05, 0.33), (0, 0, 0), roof, rng)
            parts.append(board.turned(side * (slope_x + 0.06), "x").moved(at))
        if snow_m > 0:
            cover = box((long_m + 1.35, snow_m, length * 1.03), (0, 0, 0), snow_m * 0.45)
            cover = cover.painted((0.82, 0.85, 0.9), Material.SNOW).turned(side * slope_x, "x")
            middle = (0, ridge + 0.09 + snow_m / 2 - edge * np.tan(slope_x) / 2, side * edge / 2)
            parts.append(cover.moved(middle))
    front = deep_m / 2 + size * 0.56
    for x in (-1.85, 1.85):
        parts += _window(x, 1.45, front, window, rng)
    side_windows = _window(0, 1.45, long_m / 2 + size * 0.56, window, rng)
    parts += [part.turned(np.pi / 2) for part in side_windows]
    parts += [part.turned(-np.pi / 2) for part in side_windows]
    parts.append(plank((0.95, 1.98, 0.06), (0, 1.0, front), (0.20, 0.09, 0.045), rng))
    for x in (-0.53, 0.53):
        parts.append(plank((0.1, 2.1, 0.1), (x, 1.05, front), (0.3, 0.2, 0.12), rng))
    parts.append(plank((1.2, 0.12, 0.1), (0, 2.1, front), (0.3, 0.2, 0.12), rng))
    for i in range(9):
        parts.append(plank((long_m, 0.05, 0.16), (0, 0.04, deep_m / 2 + 0.3 + i * 0.175), rng=rng))
    chimney = box((0.7, 2.2, 0.7), (1.7, ridge - 0.2, -0.6), 0.03).painted(
        (0.2, 0.17, 0.15), Material.STONE
    )
    parts.append(chimney)
    if snow_m > 0:
        cap = box((0.8, 0.16, 0.8), (1.7, ridge + 0.98, -0.6), 0.07)
        parts.append(cap.painted((0.82, 0.85, 0.9), Material.SNOW))
    return merged(parts)


def _log(start: ArrayLike, end: ArrayLike, radius: float, rng: np.random.Generator) -> Mesh:
    points = np.linspace(np.asarray(start, float), np.asarray(end, float), 3)
    mesh = tube(points, radius, 10)
    tone = rng.uniform(0.75, 1.15)
    squeezed = mesh.texture * [1, 0.1, 1] + rng.random(3) * 9
    return mesh_from(
        mesh.position,
        mesh.faces,
        mesh.normal,
        np.array([0.19, 0.115, 0.062]) * tone,
        Material.WOOD,
        0,
        squeezed,
    )


def _window(x: float, y: float, z: float, light: ArrayLike, rng: np.random.Generator) -> list[Mesh]:
    lit = bool(np.any(np.asarray(light) > 0))
    pane = box((0.95, 0.95, 0.03), (x, y, z - 0.02))
    kind = Material.GLOW if lit else Material.METAL
    parts = [pane.painted(light if lit else (0.06, 0.08, 0.1), kind)]
    frame = (0.33, 0.23, 0.14)
    for dx in (-0.5, 0.0, 0.5):
        parts.append(
            plank((0.05 if dx == 0 else 0.1, 1.05, 0.07), (x + dx, y, z + 0.01), frame, rng)
        )
    for dy in (-0.5, 0.0, 0.5):
        parts.append(
            plank((1.1, 0.05 if dy == 0 else 0.1, 0.08), (x, y + dy, z + 0.01), frame, rng)
        )
    return parts
