"""What a winter evening needs: fences, a lantern, a snowman, a sledge, a wood pile."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from ldm3d.data.built import plank
from ldm3d.data.mesh import Material, Mesh, box, cylinder, icosphere, lathe, merged, sphere, tube
from ldm3d.data.prototypes import prototype

SNOW = (0.80, 0.84, 0.90)


def snow_cap(size: ArrayLike, center: ArrayLike) -> Mesh:
    """Return a soft lid of snow, an ellipsoid's upper half of `size` (3,) on `center`."""
    return (
        sphere(1.0, 12, 18).scaled(np.asarray(size) / 2).painted(SNOW, Material.SNOW).moved(center)
    )


def fence(points: ArrayLike, rng: np.random.Generator, snow: bool = True) -> Mesh:
    """Return a rail fence through ground points (N, 3): a post each, two rails between."""
    spots = np.asarray(points, np.float64)
    parts = []
    for spot in spots:
        tall = rng.uniform(0.98, 1.1)
        post = cylinder(0.06, tall + 0.3, 12, 0.052).painted(
            (0.15, 0.10, 0.065), Material.BARK, 0.0
        )
        parts.append(post.moved(spot - [0, 0.3, 0]))
        if snow:
            parts.append(snow_cap((0.17, 0.16, 0.17), spot + np.array([0, tall + 0.005, 0])))
    for a, b in pairwise(spots):
        for level in (0.42, 0.84):
            lift = rng.normal(0, 0.02, 2)
            raised = np.array([[0, level + lift[0], 0], [0, level + lift[1], 0]])
            ends = np.array([a, b]) + raised
            line = np.linspace(ends[0], ends[1], 5)
            rail = tube(line, [0.045, 0.041, 0.043, 0.040, 0.044], 9)
            parts.append(rail.painted((0.17, 0.115, 0.07), Material.BARK, 0.0))
            if snow:
                crust = tube(line + np.array([0, 0.040, 0]), 0.034, 8)
                parts.append(crust.painted(SNOW, Material.SNOW))
    return merged(parts)


@prototype
def lantern_post(rng: np.random.Generator, glow: ArrayLike, height_m: float = 1.9) -> Mesh:
    """Return a wooden post with a lantern on its arm; the flame is at (0.35, height - .28, 0)."""
    iron, parts = (0.03, 0.03, 0.032), []
    post = plank(
        (0.11, height_m + 0.4, 0.11), (0, (height_m - 0.4) / 2, 0), (0.19, 0.125, 0.075), rng
    )
    parts.append(post)
    parts.append(plank((0.5, 0.07, 0.07), (0.2, height_m - 0.06, 0), (0.19, 0.125, 0.075), rng))
    brace = tube([[0.05, height_m - 0.34, 0], [0.28, height_m - 0.08, 0]], 0.022, 8)
    parts.append(brace.painted((0.17, 0.11, 0.07), Material.WOOD))
    top = height_m - 0.14
    parts.append(
        tube([[0.35, height_m - 0.09, 0], [0.35, top, 0]], 0.006, 6).painted(iron, Material.METAL)
    )
    hood = lathe([[0.105, -0.045], [0.09, -0.02], [0.03, 0.02], [0.0, 0.03]], 4).turned(np.pi / 4)
    parts.append(hood.moved((0.35, top, 0)).painted(iron, Material.METAL))
    parts.append(box((0.17, 0.02, 0.17), (0.35, top - 0.27, 0)).painted(iron, Material.METAL))
    for dx in (-0.07, 0.07):
        for dz in (-0.07, 0.07):
            bar = box((0.012, 0.24, 0.012), (0.35 + dx, top - 0.15, dz))
            parts.append(bar.painted(iron, Material.METAL))
    flame = lathe([[0.0, -0.05], [0.032, -0.02], [0.028, 0.02], [0.0, 0.075]], 14)
    parts.append(flame.moved((0.35, top - 0.17, 0)).painted(glow, Material.GLOW))
    parts.append(cylinder(0.03, 0.06, 12).moved((0.35, top - 0.265, 0)).painted((0.7, 0.66, 0.55)))
    parts.append(snow_cap((0.55, 0.12, 0.15), (0.2, height_m - 0.025, 0)))
    parts.append(snow_cap((0.15, 0.07, 0.15), (0.35, top + 0.02, 0)))
    return merged(parts)


@prototype
def snowman(rng: np.random.Generator) -> Mesh:
    """Return a snowman 1.5 m tall, looking to +z."""
    parts = []
    for y, radius in ((0.30, 0.42), (0.86, 0.30), (1.29, 0.21)):
        ball = icosphere(4)
        squash = rng.uniform(0.94, 1.04, 3)
        parts.append(ball.scaled(radius * squash).moved((0, y, 0)).painted(SNOW, Material.SNOW))
    nose = lathe([[0.032, 0.0], [0.02, 0.10], [0.0, 0.22]], 12).turned(np.pi / 2, "x")
    parts.append(nose.moved((0, 1.29, 0.19)).painted((0.75, 0.22, 0.02)))
    for x, y, z in ((-0.075, 1.36, 0.185), (0.075, 1.36, 0.185), (0, 0.97, 0.275), (0, 0.84, 0.30)):
        parts.append(icosphere(2).scaled(0.026).moved((x, y, z)).painted((0.012, 0.012, 0.014)))
    for i in range(5):
        a = (i - 2) * 0.24
        at = (0.115 * np.sin(a), 1.225 - 0.03 * np.cos(a * 2), 0.19 - 0.03 * abs(a))
        parts.append(icosphere(2).scaled(0.014).moved(at).painted((0.012, 0.012, 0.014)))
    ring = np.linspace(0, 2 * np.pi, 30)
    scarf = np.stack(
        [0.205 * np.cos(ring), 1.10 + 0.012 * np.sin(3 * ring), 0.205 * np.sin(ring)], 1
    )
    red = (0.42, 0.025, 0.02)
    parts.append(tube(scarf, 0.05, 10).painted(red, Material.CLOTH))
    tail = [[0.10, 1.09, 0.20], [0.13, 0.95, 0.29], [0.15, 0.78, 0.32], [0.16, 0.66, 0.325]]
    parts.append(tube(tail, [0.045, 0.05, 0.055, 0.05], 8).painted(red, Material.CLOTH))
    black = (0.02, 0.02, 0.024)
    hat = lathe(
        np.array(
            [
                [0.0, 0.235],
                [0.135, 0.235],
                [0.145, 0.22],
                [0.14, 0.02],
                [0.25, 0.012],
                [0.25, 0.0],
                [0, 0],
            ]
        ),
        28,
    )
    parts.append(hat.turned(0.12, "z").moved((0.0, 1.445, 0)).painted(black, Material.CLOTH))
    band = lathe([[0.146, 0.02], [0.147, 0.065]], 28).turned(0.12, "z").moved((0.0, 1.445, 0))
    parts.append(band.painted(red, Material.CLOTH))
    for side in (-1, 1):
        arm = [[side * 0.26, 0.95, 0], [side * 0.45, 1.08, 0.03], [side * 0.66, 1.22, 0.02]]
        parts.append(tube(arm, [0.018, 0.014, 0.009], 7).painted((0.09, 0.06, 0.04), Material.BARK))
        for tip in ((0.74, 1.33, 0.03), (0.78, 1.24, -0.03), (0.74, 1.19, 0.06)):
            line = [[side * 0.6, 1.18, 0.02], [side * tip[0], tip[1], tip[2]]]
            parts.append(tube(line, [0.009, 0.004], 6).painted((0.09, 0.06, 0.04), Material.BARK))
    return merged(parts)


@prototype
def sledge(rng: np.random.Generator) -> Mesh:
    """Return a wooden sledge 1.1 m long along z."""
    parts = []
    for side in (-1, 1):
        x = side * 0.2
        run = [[x, 0.015, 0.5], [x, 0.015, -0.35], [x, 0.06, -0.5], [x, 0.2, -0.6], [x, 0.3, -0.58]]
        parts.append(tube(run, 0.017, 8).painted((0.34, 0.2, 0.1), Material.WOOD))
        for z in (0.35, -0.05, -0.4):
            leg = tube([[x, 0.01, z], [x * 0.95, 0.22, z]], 0.014, 7)
            parts.append(leg.painted((0.34, 0.2, 0.1), Material.WOOD))
    for i in range(5):
        x = -0.17 + 0.085 * i
        parts.append(plank((0.065, 0.018, 1.05), (x, 0.235, -0.02), (0.42, 0.26, 0.13), rng))
    rope = [
        [-0.2, 0.29, -0.58],
        [-0.1, 0.1, -0.85],
        [0.0, 0.02, -1.05],
        [0.12, 0.1, -0.85],
        [0.2, 0.29, -0.58],
    ]
    parts.append(tube(rope, 0.008, 6).painted((0.5, 0.06, 0.04), Material.CLOTH))
    return merged(parts)


@prototype
def wood_pile(rng: np.random.Generator, wide_m: float = 1.9, rows: int = 6) -> Mesh:
    """Return stacked logs along z, with snow on top."""
    parts = []
    for row in range(rows):
        count = int(wide_m / 0.19) - (row % 2)
        for i in range(count):
            radius = rng.uniform(0.075, 0.098)
            x = -wide_m / 2 + 0.1 + 0.19 * i + 0.095 * (row % 2)
            log = cylinder(radius, 0.5 + rng.normal(0, 0.02), 14)
            cut = log.faces[:, 0] >= 28
            tone = np.array([0.36, 0.24, 0.12]) * rng.uniform(0.8, 1.15)
            log = log.painted((0.10, 0.07, 0.045), Material.BARK)
            log.color[np.unique(log.faces[cut]), :3] = tone
            log.material[np.unique(log.faces[cut])] = Material.WOOD
            parts.append(log.turned(np.pi / 2, "x").moved((x, 0.09 + row * 0.165, -0.25)))
    top = box((wide_m + 0.1, 0.14, 0.56), (0, 0.09 + rows * 0.165, 0), 0.06)
    parts.append(top.painted(SNOW, Material.SNOW))
    return merged(parts)
