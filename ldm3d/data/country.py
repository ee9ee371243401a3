"""Things of fields and farms: fences, dry walls, hay, hives, sheep, a cart, a windmill."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.built import plank
from ldm3d.data.land import Land
from ldm3d.data.mesh import Material, Mesh, box, cylinder, flat, icosphere, lathe, merged, tube
from ldm3d.data.plants import kites, rock
from ldm3d.data.scene import placed
from ldm3d.data.terrain import on_ground

Floats = NDArray[np.float32]
SNOW = (0.66, 0.70, 0.77)
GRAY_WOOD = (0.24, 0.20, 0.16)


def ground_line(land: Land, ends: ArrayLike, step_m: float) -> Floats:
    """Return points (N, 3) on the ground along a polyline (M, 2) of x and z."""
    corners = np.asarray(ends, np.float64)
    spots: list[NDArray[np.float64]] = []
    for a, b in pairwise(corners):
        count = max(1, round(float(np.hypot(*(b - a))) / step_m))
        spots.append(a + (b - a) * np.linspace(0, 1, count, endpoint=False)[:, None])
    line = np.concatenate([*spots, corners[-1:]]).astype(np.float32)
    return on_ground(land.height, line[:, 0], line[:, 1])


def rail_fence(
    points: Floats, rng: np.random.Generator, rails: int = 2, snow: bool = False,
    color: ArrayLike = GRAY_WOOD,
) -> Mesh:  # fmt: skip
    """Return a fence with a post at each ground point (N, 3) and rails between."""
    parts = []
    for spot in points:
        tall = rng.uniform(1.05, 1.2)
        post = plank((0.11, tall + 0.3, 0.11), (0, tall / 2 - 0.15, 0), color, rng, 0.0)
        parts.append(post.turned(rng.normal(0, 0.1)).moved(spot))
        if snow:
            cap = box((0.16, 0.09, 0.16), spot + np.array([0, tall + 0.03, 0]))
            parts.append(cap.painted(SNOW, Material.SNOW))
    for a, b in pairwise(points):
        for i in range(rails):
            level = 0.4 + 0.62 * i / max(rails - 1, 1)
            ends = np.stack([a, b]) + np.array([[0, level, 0]]) + rng.normal(0, 0.02, (2, 1))
            rail = tube(ends, 0.048, 5)
            tone = np.asarray(color) * rng.uniform(0.8, 1.2)
            parts.append(rail.painted(tone, Material.WOOD))
            if snow:
                parts.append(
                    tube(ends + np.array([0, 0.045, 0]), 0.032, 5).painted(SNOW, Material.SNOW)
                )
    return merged(parts)


def picket_fence(
    points: Floats, rng: np.random.Generator, color: ArrayLike = (0.62, 0.60, 0.55),
    snow: bool = False,
) -> Mesh:  # fmt: skip
    """Return a garden fence of pointed boards along ground points (N, 3)."""
    parts = []
    for a, b in pairwise(np.asarray(points, np.float64)):
        length = float(np.hypot(b[0] - a[0], b[2] - a[2]))
        yaw = float(np.arctan2(-(b[2] - a[2]), b[0] - a[0]))
        for i in range(max(1, int(length / 0.16))):
            at = a + (b - a) * (i + 0.5) / max(1, int(length / 0.16))
            tall = 0.88 + rng.normal(0, 0.012)
            board = box((0.085, tall, 0.022), (0, tall / 2 + 0.05, 0)).painted(
                np.asarray(color) * rng.uniform(0.85, 1.08), Material.WOOD
            )
            tip = lathe([[0.06, 0.0], [0.0, 0.07]], 4).turned(0.785).scaled((1, 1, 0.3))
            tip = tip.moved((0, tall + 0.05, 0)).painted(color, Material.WOOD)
            parts.append(merged([board, tip]).turned(yaw).moved(at))
        for level in (0.3, 0.72):
            rail = tube(np.stack([a, b]) + np.array([0, level, 0]), 0.028, 4)
            parts.append(rail.painted(color, Material.WOOD))
        if snow:
            top = tube(np.stack([a, b]) + np.array([0, 0.96, 0]), 0.04, 5)
            parts.append(top.painted(SNOW, Material.SNOW))
    return merged(parts)


def build_dry_wall(
    land: Land, ends: ArrayLike, tone: ArrayLike = (1.0, 1.0, 1.0), high_m: float = 0.95
) -> None:
    """Lay a wall of loose stones along a polyline (M, 2) of x and z."""
    rng = land.rng
    line = ground_line(land, ends, 0.30)
    rows = max(2, round(high_m / 0.2))
    spots = []
    for row in range(rows):
        shifted = line + np.array([0, 0.08 + row * 0.2, 0]) + rng.normal(0, 0.035, line.shape)
        spots.append(shifted)
    at = np.concatenate(spots)
    size = rng.uniform(0.75, 1.25, (len(at), 3)) * [0.21, 0.15, 0.19]
    shade = np.asarray(tone) * rng.uniform(0.65, 1.35, (len(at), 1))
    kind = rng.integers(0, 3, len(at))
    yaw = rng.random(len(at)) * 6.283
    for k in range(3):
        stone = _wall_stone(k)
        own = kind == k
        land.scene.add(stone, placed(at[own], size[own], yaw[own], shade[own]))
    if land.look.snow > 0.5:
        top = line + np.array([0, rows * 0.2 + 0.03, 0])
        land.scene.add(tube(top, 0.12, 6).painted(SNOW, Material.SNOW))


@cache
def _wall_stone(kind: int) -> Mesh:
    stone = flat(rock(np.random.default_rng(kind), 1, 9, 0.25))
    return stone.painted((0.27, 0.255, 0.23), Material.ROCK, 0.35)


@cache
def hay_bale(round_one: bool = True, snow: bool = False) -> Mesh:
    """Return a round bale lying along x, 1.3 m thick, or a square one of 1 x 0.5 m."""
    straw = np.array([0.42, 0.31, 0.11])
    rng = np.random.default_rng(3)
    if not round_one:
        parts = [box((1.0, 0.45, 0.5), (0, 0.225, 0), 0.04).painted(straw, Material.CLOTH)]
        for x in (-0.25, 0.25):
            parts.append(box((0.02, 0.46, 0.51), (x, 0.225, 0)).painted((0.5, 0.45, 0.3)))
    else:
        profile = [[0.0, -0.6], [0.3, -0.61], [0.6, -0.6], [0.66, -0.5], [0.65, 0.0], [0.66, 0.5],
                   [0.6, 0.6], [0.3, 0.61], [0.0, 0.6]]  # fmt: skip
        roll = lathe(profile, 22).painted(straw, Material.CLOTH)
        roll.color[:, :3] *= rng.uniform(0.75, 1.2, (len(roll.position), 1))
        parts = [roll.turned(np.pi / 2, "z").moved((0, 0.64, 0))]
    count = 160
    d = rng.standard_normal((count, 3))
    d[:, 0] *= 0.2
    d /= np.linalg.norm(d[:, 1:], axis=1, keepdims=True)
    base = d * [0, 0.64, 0.64] + [0, 0.64, 0]
    base[:, 0] = rng.uniform(-0.58, 0.58, count)
    along = np.cross(d, rng.standard_normal((count, 3))) * 0.07 + d * 0.04
    if round_one:
        side = np.cross(along, d) * 0.14
        parts.append(kites(base, along, side, d, straw * 1.2, 0.2))
        if snow:
            parts.append(icosphere(2).scaled((0.6, 0.18, 0.5)).moved((0, 1.26, 0)))
            parts[-1] = parts[-1].painted(SNOW, Material.SNOW)
    return merged(parts)


@cache
def hay_stack(kind: int, snow: bool = False) -> Mesh:
    """Return hay heaped about a pole, 2.6 m high."""
    rng = np.random.default_rng([kind, 4])
    body = lathe([[0.95, 0], [1.15, 0.5], [1.0, 1.2], [0.6, 1.9], [0.15, 2.3], [0, 2.35]], 18)
    body = body.painted((0.36, 0.27, 0.10), Material.CLOTH)
    pole = cylinder(0.04, 2.75, 6).painted(GRAY_WOOD, Material.WOOD)
    count = 420
    y, a = rng.uniform(0.05, 2.25, count), rng.random(count) * 6.283
    r = np.interp(y, [0, 0.5, 1.2, 1.9, 2.3], [0.95, 1.15, 1.0, 0.6, 0.15])
    out = np.stack([np.cos(a), np.full(count, 0.3), np.sin(a)], axis=1)
    base = np.stack([r * np.cos(a), y, r * np.sin(a)], axis=1)
    along = (out * 0.35 + rng.normal(0, 0.25, (count, 3)) + [0, -0.5, 0]) * 0.35
    side = np.cross(along, out) * 0.07
    straw = np.array([0.42, 0.32, 0.12]) * rng.uniform(0.6, 1.25, (count, 1))
    parts = [body, pole, kites(base, along, side, out, straw, 0.25)]
    if snow:
        cap = lathe([[0.75, 1.72], [0.42, 2.2], [0.12, 2.45], [0, 2.5]], 14)
        parts.append(cap.painted(SNOW, Material.SNOW))
    return merged(parts)


@cache
def beehive(kind: int, snow: bool = False) -> Mesh:
    """Return a wooden hive of painted boxes on legs, 1.1 m high, its entrance to +z."""
    paint = ((0.55, 0.53, 0.47), (0.18, 0.33, 0.42), (0.55, 0.38, 0.08), (0.20, 0.34, 0.18))[
        kind % 4
    ]
    parts = [
        box((0.5, 0.27, 0.46), (0, 0.47 + 0.28 * i, 0)).painted(paint, Material.WOOD)
        for i in (0, 1)
    ]
    parts.append(box((0.58, 0.05, 0.58), (0, 0.31, 0.03)).painted(GRAY_WOOD, Material.WOOD))
    parts.append(box((0.6, 0.07, 0.56), (0, 0.92, 0)).painted((0.3, 0.29, 0.28), Material.METAL))
    parts.append(box((0.3, 0.03, 0.01), (0, 0.36, 0.235)).painted((0.02, 0.02, 0.02)))
    for x in (-0.22, 0.22):
        for z in (-0.18, 0.2):
            parts.append(box((0.06, 0.3, 0.06), (x, 0.15, z)).painted(GRAY_WOOD, Material.WOOD))
    if snow:
        parts.append(box((0.6, 0.14, 0.56), (0, 1.02, 0), 0.06).painted(SNOW, Material.SNOW))
    return merged(parts)


@cache
def sheep(kind: int) -> Mesh:
    """Return a sheep 0.8 m high facing +z, standing or with its head in the grass."""
    rng = np.random.default_rng([kind, 5])
    wool = (0.44, 0.40, 0.33)
    body = icosphere(2).scaled((0.30, 0.29, 0.48))
    body.position[:] += rng.normal(0, 0.012, body.position.shape)
    parts = [body.moved((0, 0.62, 0)).painted(wool, Material.CLOTH)]
    for _ in range(46):
        d = rng.standard_normal(3)
        d /= np.linalg.norm(d)
        tuft = icosphere(0).scaled(float(rng.uniform(0.07, 0.12)))
        tone = np.array(wool) * rng.uniform(0.85, 1.15)
        parts.append(
            tuft.moved(d * [0.28, 0.27, 0.45] + [0, 0.62, 0]).painted(tone, Material.CLOTH)
        )
    dark = (0.05, 0.042, 0.036) if kind % 2 else (0.45, 0.40, 0.33)
    nose = np.array([0, 0.32, 0.62] if kind % 3 == 0 else [0, 0.86, 0.58])
    head = icosphere(1).scaled((0.095, 0.105, 0.17)).turned(0.5, "x").moved(nose)
    parts.append(head.painted(dark))
    for side in (-1, 1):
        ear = (
            icosphere(0)
            .scaled((0.08, 0.025, 0.04))
            .moved(nose + np.array([side * 0.13, 0.05, -0.06]))
        )
        parts.append(ear.painted(dark))
        for z in (-0.28, 0.28):
            leg = cylinder(0.035, 0.42, 6).moved((side * 0.15, 0, z))
            parts.append(leg.painted(dark))
    return merged(parts)


def _wheel(radius_m: float) -> Mesh:
    """Return a spoked wheel about the z axis."""
    a = np.linspace(0, 6.283, 21)
    rim = np.stack([radius_m * np.cos(a), radius_m * np.sin(a), 0 * a], axis=1)
    parts = [tube(rim, 0.04, 5), tube([[0, 0, -0.1], [0, 0, 0.1]], 0.075, 7)]
    for angle in a[:-1:2]:
        end = [radius_m * np.cos(angle), radius_m * np.sin(angle), 0]
        parts.append(tube([[0, 0, 0], end], 0.022, 4))
    return merged(parts).painted((0.20, 0.15, 0.10), Material.WOOD)


@cache
def hay_cart(kind: int, snow: bool = False) -> Mesh:
    """Return a two-wheeled cart along x with hay or barrels, 1.8 m long without the shafts."""
    rng = np.random.default_rng([kind, 6])
    tone = (0.26, 0.18, 0.11)
    parts = [plank((1.8, 0.06, 1.0), (0, 0.72, 0), tone, rng, 0.0)]
    for z in (-0.5, 0.5):
        for y in (0.84, 1.0):
            parts.append(plank((1.8, 0.11, 0.03), (0, y, z), tone, rng, 0.0))
        parts.append(_wheel(0.55).moved((0, 0.56, z * 1.24)))
        shaft = tube([[0.8, 0.70, z * 0.7], [2.3, 0.35, z * 0.6]], 0.035, 5)
        parts.append(shaft.painted(tone, Material.WOOD))
    parts.append(plank((0.03, 0.3, 1.0), (-0.9, 0.92, 0), tone, rng, 0.0))
    if kind % 2 == 0:
        heap = icosphere(2).scaled((0.95, 0.5, 0.55)).moved((0, 1.0, 0))
        color = SNOW if snow else (0.42, 0.32, 0.12)
        parts.append(heap.painted(color, Material.SNOW if snow else Material.CLOTH))
    else:
        for x in (-0.5, 0.1):
            parts.append(barrel().moved((x, 0.75, 0)))
    return merged(parts)


@cache
def barrel() -> Mesh:
    """Return an oak barrel 0.75 m high on y = 0."""
    profile = [
        [0.24, 0],
        [0.29, 0.2],
        [0.31, 0.38],
        [0.29, 0.56],
        [0.24, 0.75],
        [0.22, 0.73],
        [0, 0.73],
    ]
    parts = [lathe(profile, 14).painted((0.28, 0.18, 0.10), Material.WOOD)]
    for y, r in ((0.1, 0.272), (0.28, 0.308), (0.48, 0.308), (0.66, 0.272)):
        hoop = lathe([[r, y - 0.02], [r + 0.008, y], [r, y + 0.02]], 14)
        parts.append(hoop.painted((0.10, 0.095, 0.09), Material.METAL))
    return merged(parts)


@cache
def windmill(snow: bool = False) -> Mesh:
    """Return a tower mill 15 m high, its sails to +z."""
    wall = lathe([[3.4, 0], [3.0, 4], [2.5, 8], [2.2, 11]], 14).painted((0.52, 0.48, 0.42))
    cap = lathe([[2.5, 11], [2.3, 12.2], [1.4, 13.6], [0, 14.2]], 14)
    parts = [wall, cap.painted(SNOW if snow else (0.16, 0.10, 0.07), Material.WOOD)]
    parts.append(box((1.2, 2.2, 0.3), (0, 1.1, 3.3)).painted((0.14, 0.09, 0.05), Material.WOOD))
    for y, z in ((5, 2.9), (8, 2.5)):
        parts.append(box((0.8, 1.1, 0.3), (0, y, z)).painted((0.05, 0.05, 0.06), Material.METAL))
    arm = [box((0.22, 7.4, 0.15), (0, 3.7, 0)).painted((0.2, 0.15, 0.1), Material.WOOD)]
    arm.append(box((1.3, 5.6, 0.05), (0.65, 4.4, 0)).painted((0.55, 0.50, 0.42), Material.CLOTH))
    sail = merged(arm)
    for i in range(4):
        parts.append(sail.turned(0.4 + i * np.pi / 2, "z").moved((0, 12.0, 3.0)))
    return merged(parts)
