"""Palms, thatch and what is built from them."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.built import plank
from ldm3d.data.mesh import Material, Mesh, box, grid_faces, icosphere, merged, mesh_from, tube
from ldm3d.data.plants import kites

Doubles = NDArray[np.float64]

THATCH = (0.34, 0.25, 0.13)


def fronds(
    rng: np.random.Generator,
    foot: ArrayLike,
    count: int,
    length_m: float,
    pairs: int,
    color: ArrayLike = (0.075, 0.135, 0.028),
    droop: float = 0.75,
    upright: tuple[float, float] = (-0.35, 1.15),
    dead: float = 0.12,
) -> Mesh:
    """Return feathered palm leaves around `foot`.

    Args:
        rng: of their turns and lengths.
        foot: (3,) where they start.
        count: how many leaves.
        length_m: of each, about.
        pairs: leaflets on each side.
        color: linear albedo.
        droop: how far the tips hang.
        upright: elevation of the lowest and the highest leaf at the foot, radians.
        dead: share of brown leaves, the lowest ones.
    """
    rank = (np.arange(count) + rng.random(count)) / count
    azimuth = np.arange(count) * 2.39996 + rng.normal(0, 0.2, count) + rng.random() * 6.283
    rise = upright[0] + (upright[1] - upright[0]) * rank
    out = np.stack([np.cos(azimuth), np.zeros(count), np.sin(azimuth)], axis=1)
    size = length_m * rng.uniform(0.8, 1.12, count)
    bend = droop * rng.uniform(0.75, 1.2, count)

    def point(t: Doubles) -> Doubles:
        flat = size[:, None] * np.cos(rise)[:, None] * (t - 0.12 * t**3) + 0.15 * size[:, None] * t
        up = size[:, None] * (np.sin(rise)[:, None] * t - bend[:, None] * t**2.1 * 0.8)
        line = out[:, None] * flat[..., None]
        line[..., 1] += up
        return np.asarray(line + np.asarray(foot), np.float64)

    t = 0.10 + 0.90 * (np.arange(pairs) + 0.7) / pairs
    at, ahead = point(t), point(t + 0.03)
    forward = ahead - at
    forward /= np.linalg.norm(forward, axis=-1, keepdims=True)
    across = np.cross(out, [0, 1, 0])[:, None, :]
    leaf = size[:, None] * (0.06 + 0.23 * np.sin(np.pi * t**0.72)[None] ** 0.7)
    brown = (rank < dead)[:, None, None]
    tone = rng.uniform(0.72, 1.25, (count, 1, 1)) * (0.75 + 0.5 * t)[None, :, None]
    tint = np.where(brown, np.array([0.20, 0.135, 0.06]), np.asarray(color)) * tone
    tint = tint * (1 + rng.normal(0, 0.08, (count, 1, 3)))
    parts = []
    for sign in (-1.0, 1.0):
        hang = np.array([0, -0.42, 0]) + rng.normal(0, 0.07, (count, pairs, 3))
        along = (across * sign + forward * 0.62 + hang) * leaf[..., None]
        side = forward * (size[:, None] / pairs * 0.42)[..., None]
        normal = np.array([0, 1.0, 0]) + out[:, None] * 0.3 + across * sign * 0.35
        parts.append(
            kites(
                at.reshape(-1, 3),
                along.reshape(-1, 3),
                np.broadcast_to(side, along.shape).reshape(-1, 3),
                np.broadcast_to(normal, along.shape).reshape(-1, 3),
                np.maximum(tint, 0.004).reshape(-1, 3),
                0.6,
                0.35,
            )
        )
    stalk = point(np.linspace(0, 1, 7))
    wide = np.linspace(0.028, 0.004, 7)[None, :, None] * across * (length_m / 3)
    strips = np.stack([stalk - wide, stalk + wide], axis=2)
    one = grid_faces(7, 2)
    faces = (np.arange(count)[:, None, None] * 14 + one[None]).reshape(-1, 3)
    up = np.tile([0.0, 1.0, 0.0], (count * 14, 1))
    parts.append(
        mesh_from(strips.reshape(-1, 3), faces, up, (0.15, 0.17, 0.05), Material.FOLIAGE, 0.2)
    )
    return merged(parts)


@cache
def palm(kind: int, level: int) -> Mesh:
    """Return one of 8 coconut palms, 6 to 11 m; it leans along +x. Level 0 is near, 2 far."""
    rng = np.random.default_rng([kind, level * 0 + 17])
    tall = (7.5, 9.5, 6.2, 8.4, 10.8, 7.0, 5.4, 9.0)[kind % 8]
    lean = (0.18, 0.30, 0.62, 0.08, 0.22, 0.45, 0.80, 0.12)[kind % 8]
    rows = (22, 9, 4)[level]
    t = np.linspace(0, 1, rows)
    x = tall * lean * (t**1.5 if kind % 3 else 1.15 * t - 0.15 * t**3)
    z = tall * rng.normal(0, 0.05) * np.sin(t * 3)
    y = -0.3 + (tall + 0.3) * (t - 0.10 * lean * t**2)
    line = np.stack([x, y, z], axis=1)
    radius = 0.12 + 0.15 * np.exp(-t * tall / 0.5) - 0.03 * t
    if level == 0:
        radius = radius * (1 + 0.07 * (np.arange(rows) % 2))
    wood = tube(line, radius, (10, 6, 4)[level])
    rings = 0.8 + 0.25 * (np.arange(rows) % 2)
    shade = np.repeat(rings, (10, 6, 4)[level])[:, None] * np.array([0.25, 0.205, 0.155])
    wood = mesh_from(
        wood.position, wood.faces, wood.normal, shade, Material.BARK, 0.0,
        wood.texture * [1, 2.5, 1],
    )  # fmt: skip
    green = ((0.080, 0.140, 0.028), (0.105, 0.140, 0.030), (0.060, 0.125, 0.035))[kind % 3]
    count, pairs = ((19, 20), (15, 12), (11, 6))[level]
    crown = fronds(rng, line[-1], count, tall * 0.12 + 2.1, pairs, green)
    parts = [wood, crown]
    if level < 2:
        for _ in range(int(rng.integers(3, 8))):
            a = rng.uniform(0, 6.283)
            at = line[-1] + [0.2 * np.cos(a), -0.22 + rng.uniform(-0.1, 0.05), 0.2 * np.sin(a)]
            husk = ((0.10, 0.13, 0.03), (0.17, 0.10, 0.045), (0.24, 0.17, 0.03))[kind % 3]
            parts.append(icosphere(1).scaled(0.125).moved(at).painted(husk))
    return merged(parts)


@cache
def palm_bush(kind: int, level: int = 0) -> Mesh:
    """Return a young palm without a trunk, about 1.6 m high."""
    rng = np.random.default_rng([kind, 23])
    count, pairs = ((11, 13), (8, 7))[level]
    green = ((0.065, 0.130, 0.025), (0.085, 0.145, 0.030), (0.050, 0.115, 0.040))[kind % 3]
    return fronds(rng, (0, 0, 0), count, 1.9, pairs, green, 0.6, (0.35, 1.4), 0.08)


def thatch(
    rng: np.random.Generator, half_m: tuple[float, float], rise_m: float, eave_m: float,
    ridge_m: float = 0.0, color: ArrayLike = THATCH,
) -> Mesh:  # fmt: skip
    """Return a hipped straw roof: layers of bundles over a plain skin; its eaves lie at y = 0.

    Args:
        rng: of the bundles.
        half_m: half the length along x and along z, at the eaves.
        rise_m: height of the ridge.
        eave_m: how far the straw hangs below the eaves.
        ridge_m: half the length of the ridge along x; 0 makes a pyramid.
        color: of the straw.
    """
    wide, deep = half_m
    corner = np.array([[-wide, 0, -deep], [wide, 0, -deep], [wide, 0, deep], [-wide, 0, deep]])
    top = np.array([[-ridge_m, rise_m, 0], [ridge_m, rise_m, 0]])
    points = np.concatenate([corner, top])
    faces = [[0, 1, 5], [0, 5, 4], [1, 2, 5], [2, 3, 4], [2, 4, 5], [3, 0, 4]]
    parts = [mesh_from(points, faces, color=np.asarray(color) * 0.55, material=Material.CLOTH)]
    sides = ((0, 1, 4, 5), (1, 2, 5, 5), (2, 3, 5, 4), (3, 0, 4, 4))
    for a, b, c, d in sides:
        low_a, low_b = points[a], points[b]
        high_a, high_b = points[c], points[d]
        down = (low_a + low_b) / 2 - (high_a + high_b) / 2
        out = np.array([down[0], rise_m * 0.9, down[2]])
        out = out / np.linalg.norm(out)
        across = (low_b - low_a) / np.linalg.norm(low_b - low_a)
        for row in range(6):
            s = (row + 0.35) / 6
            left, right = high_a + (low_a - high_a) * s, high_b + (low_b - high_b) * s
            count = max(3, int(np.linalg.norm(right - left) / 0.11))
            t = rng.random(count)[:, None]
            base = left + (right - left) * t + out * (0.03 + 0.05 * rng.random((count, 1)))
            reach = down / 6 * 1.75 + (np.array([0, -eave_m, 0]) if row == 5 else 0)
            along = reach * rng.uniform(0.75, 1.15, (count, 1)) + across * rng.normal(
                0, 0.05, (count, 1)
            )
            tint = np.asarray(color) * rng.uniform(0.6, 1.25, (count, 1))
            normal = np.tile(out, (count, 1)) + rng.normal(0, 0.12, (count, 3))
            parts.append(
                kites(base, along, np.tile(across * 0.09, (count, 1)), normal, tint, 0.15, 0.7)
            )
    return merged(parts)


def thatched_hut(  # noqa: PLR0912 - walls and light are there or not
    rng: np.random.Generator, floor_m: float = 0.55, walls: bool = True, lit: bool = False,
    half_m: float = 1.9,
) -> Mesh:  # fmt: skip
    """Return a bamboo hut on posts with a deck to +z; its ground is y = 0."""
    wood, parts = (0.27, 0.185, 0.105), []
    deck = half_m + 1.1
    for x in np.arange(-half_m, half_m + 0.01, 0.24):
        parts.append(
            plank((0.22, 0.05, half_m + deck), (x, floor_m, (deck - half_m) / 2), wood, rng)
        )
    posts = [(x, z) for x in (-half_m, half_m) for z in (-half_m, half_m * 0.98, deck - 0.1)]
    for x, z in posts:
        high = floor_m + 2.25 if z < deck - 0.2 else floor_m + 0.95
        parts.append(
            tube([[x, -2.0, z], [x, high, z]], 0.075, 8).painted((0.24, 0.17, 0.10), Material.BARK)
        )
    if walls:
        for i, (x, z, yaw) in enumerate(((-half_m, 0, 1), (half_m, 0, 1), (0, -half_m, 0))):
            size = (0.05, 2.0, 2 * half_m) if yaw else (2 * half_m, 2.0, 0.05)
            parts.append(
                box(size, (x, floor_m + 1.02, z)).painted((0.30, 0.225, 0.13), Material.CLOTH)
            )
            for k in range(9):
                a = (k / 8 - 0.5) * 2 * half_m
                at = (x, 0, a) if yaw else (a, 0, z)
                cane = tube([[0, floor_m, 0], [0, floor_m + 2.1, 0]], 0.05, 5)
                tone = rng.uniform(0.75, 1.15)
                parts.append(
                    cane.moved(at).painted(np.array([0.33, 0.25, 0.13]) * tone, Material.WOOD)
                )
            if i < 2:
                light = (2.4, 1.25, 0.42) if lit else (0.03, 0.03, 0.03)
                kind = Material.GLOW if lit else Material.MATTE
                parts.append(box((0.2, 0.75, 0.95), (x, floor_m + 1.3, 0)).painted(light, kind))
        front = floor_m + 1.0
        for x in (-half_m * 0.64, half_m * 0.64):
            parts.append(
                box((half_m * 0.7, 2.0, 0.05), (x, front, half_m * 0.98)).painted(
                    (0.30, 0.225, 0.13), Material.CLOTH
                )
            )
        if lit:
            parts.append(
                box((half_m * 0.55, 1.9, 0.02), (0, front, half_m * 0.9)).painted(
                    (1.7, 0.85, 0.28), Material.GLOW
                )
            )
        else:
            parts.append(
                box((half_m * 0.55, 1.9, 0.02), (0, front, half_m * 0.9)).painted(
                    (0.03, 0.022, 0.015)
                )
            )
    else:
        for z in (-half_m, half_m):
            parts.append(plank((2 * half_m, 0.07, 0.07), (0, floor_m + 0.9, z), wood, rng))
        for x in (-half_m, half_m):
            parts.append(plank((0.07, 0.07, 2 * half_m), (x, floor_m + 0.9, 0), wood, rng))
    for x in (-half_m, half_m):
        parts.append(plank((0.06, 0.06, 1.1), (x, floor_m + 0.9, half_m + 0.5), wood, rng))
    for k in range(3):
        parts.append(
            plank(
                (0.9, 0.05, 0.28),
                (0, floor_m * (1 - (k + 1) / 3.4), deck + 0.18 + 0.27 * k),
                wood,
                rng,
            )
        )
    straw = np.asarray(THATCH) * rng.uniform(0.8, 1.2) * [1, rng.uniform(0.92, 1.02), 1]
    roof = thatch(rng, (half_m + 0.65, half_m + 0.65), half_m * rng.uniform(0.85, 1.25), 0.25,
                  rng.choice([0.0, half_m * 0.5]), straw)  # fmt: skip
    parts.append(roof.moved((0, floor_m + 2.1, 0)))
    return merged(parts)
