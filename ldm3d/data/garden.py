"""Things of a Japanese garden: bridge, stone lantern, gate, pavilion, bamboo."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.built import plank
from ldm3d.data.mesh import (
    Material,
    Mesh,
    box,
    cylinder,
    flat,
    grid_faces,
    lathe,
    merged,
    mesh_from,
    tube,
)
from ldm3d.data.plants import kites
from ldm3d.data.prototypes import prototype

VERMILION = (0.48, 0.055, 0.022)
STONE = (0.27, 0.26, 0.235)


def arched_bridge(
    rng: np.random.Generator, long_m: float = 7.0, wide_m: float = 1.7, rise_m: float = 1.0
) -> Mesh:
    """Return a red arched bridge along z about the origin; its ends lie on y = 0."""
    parts = []

    def arc(t: NDArray[np.floating] | float) -> NDArray[np.float64]:
        return np.asarray(rise_m * (1 - (2 * np.asarray(t) / long_m) ** 2), np.float64)

    z = -long_m / 2
    while z < long_m / 2:
        tilt = float(np.arctan(-8 * rise_m * (z + 0.075) / long_m**2))
        board = plank((wide_m, 0.04, 0.145), (0, 0, 0), (0.27, 0.17, 0.10), rng)
        parts.append(board.turned(-tilt, "x").moved((0, float(arc(z + 0.075)) - 0.02, z + 0.075)))
        z += 0.155
    run = np.linspace(-long_m / 2, long_m / 2, 40)
    for side in (-1, 1):
        x = side * (wide_m / 2)
        for lift, radius in ((-0.12, 0.085), (0.42, 0.028), (0.80, 0.05)):
            line = np.stack([np.full(40, x), arc(run) + lift, run], axis=1)
            parts.append(tube(line, radius, 10).painted(VERMILION))
        for i in range(8):
            at = -long_m / 2 + 0.25 + i * (long_m - 0.5) / 7
            base = float(arc(at))
            post = cylinder(0.055, 1.05, 16).painted(VERMILION).moved((x, base - 0.12, at))
            cap = lathe(
                [
                    [0.062, 0.0],
                    [0.066, 0.03],
                    [0.055, 0.06],
                    [0.06, 0.085],
                    [0.04, 0.13],
                    [0.0, 0.17],
                ],
                16,
            )
            parts += [
                post,
                cap.painted((0.40, 0.27, 0.09), Material.METAL).moved((x, base + 0.93, at)),
            ]
    for at in (-long_m / 5, long_m / 5):
        for side in (-1, 1):
            leg = cylinder(0.09, 3.2, 14).moved((side * wide_m / 2 * 0.85, -2.5, at))
            parts.append(leg.painted((0.33, 0.045, 0.02)))
    return merged(parts)


@prototype
def stone_lantern(glow: ArrayLike = (9.0, 5.0, 1.9), moss: float = 0.35) -> Mesh:
    """Return a stone lantern 1.75 m high; its light is at y = 1.16."""
    six = [
        lathe([[0.30, 0.0], [0.30, 0.10], [0.24, 0.16], [0.15, 0.20]], 6),
        lathe([[0.13, 0.80], [0.27, 0.90], [0.29, 0.97], [0.29, 1.0], [0.0, 1.0]], 6),
        lathe(
            [[0.0, 1.33], [0.44, 1.32], [0.46, 1.37], [0.30, 1.45], [0.14, 1.56], [0.09, 1.57]], 6
        ),
    ]
    round_parts = [
        lathe(
            [
                [0.14, 0.18],
                [0.115, 0.24],
                [0.11, 0.46],
                [0.135, 0.48],
                [0.135, 0.53],
                [0.11, 0.55],
                [0.11, 0.80],
            ],
            24,
        ),
        lathe(
            [[0.10, 1.55], [0.12, 1.60], [0.06, 1.63], [0.085, 1.68], [0.075, 1.74], [0.0, 1.84]],
            20,
        ),
    ]
    parts = [flat(p).painted(STONE, Material.ROCK, moss) for p in six]
    parts += [p.painted(STONE, Material.ROCK, moss) for p in round_parts]
    for i in range(6):
        a = i * np.pi / 3
        at = (0.205 * np.cos(a), 1.165, 0.205 * np.sin(a))
        parts.append(
            box((0.055, 0.33, 0.055), (0, 0, 0), 0.008)
            .turned(-a)
            .moved(at)
            .painted(STONE, Material.ROCK, moss)
        )
    paper = lathe([[0.155, 1.0], [0.155, 1.33]], 6)
    parts.append(flat(paper).painted(glow, Material.GLOW))
    return merged(parts)


@prototype
def gate(tall_m: float = 4.2) -> Mesh:
    """Return a red torii across x."""
    half = tall_m * 0.42
    parts = []
    for side in (-1, 1):
        post = tube([[side * half * 1.06, -0.4, 0], [side * half, tall_m, 0]], tall_m * 0.043, 20)
        foot = cylinder(tall_m * 0.06, tall_m * 0.07, 20).moved((side * half * 1.05, -0.02, 0))
        parts += [post.painted(VERMILION), foot.painted((0.02, 0.02, 0.022))]
    parts.append(
        box((half * 2.5, tall_m * 0.05, tall_m * 0.045), (0, tall_m * 0.80, 0)).painted(VERMILION)
    )
    x = np.linspace(-half * 1.55, half * 1.55, 30)
    bend = 0.10 * tall_m * (np.abs(x) / (half * 1.55)) ** 2.6
    for lift, high, deep, color in (
        (0.96, 0.055, 0.06, VERMILION),
        (1.015, 0.05, 0.085, (0.03, 0.03, 0.034)),
    ):
        rows = []
        for y, z in ((0, -1), (0, 1), (1, 1), (1, -1), (0, -1)):
            rows.append(
                np.stack(
                    [
                        x,
                        lift * tall_m + bend + y * high * tall_m,
                        np.full(30, z * deep * tall_m / 2),
                    ],
                    1,
                )
            )
        beam = mesh_from(np.concatenate(rows), grid_faces(5, 30))
        parts.append(flat(beam).painted(color))
    parts.append(
        box((tall_m * 0.06, tall_m * 0.13, tall_m * 0.05), (0, tall_m * 0.89, 0)).painted(VERMILION)
    )
    return merged(parts)


def pavilion(rng: np.random.Generator, glow: ArrayLike = (3.2, 2.0, 0.85)) -> Mesh:
    """Return an open tea house 4 x 4 m with a curved roof and paper screens, facing +z."""
    parts = []
    dark = (0.075, 0.042, 0.025)
    for i in range(20):
        parts.append(plank((4.6, 0.07, 0.22), (0, 0.55, -2.2 + i * 0.23), (0.24, 0.15, 0.085), rng))
    for x in (-2.0, 0.0, 2.0):
        for z in (-2.0, 2.0):
            parts.append(plank((0.15, 3.3, 0.15), (x, 1.6, z), dark, rng))
    for y in (0.75, 2.55):
        for z in (-2.0, 2.0):
            parts.append(plank((4.1, 0.12, 0.1), (0, y, z), dark, rng))
        for x in (-2.0, 2.0):
            parts.append(plank((0.1, 0.12, 4.1), (x, y, 0), dark, rng))
    for x, z, yaw in (
        (-1.0, -1.97, 0.0),
        (1.0, -1.97, 0.0),
        (-1.97, -1.0, np.pi / 2),
        (1.97, -1.0, np.pi / 2),
        (-1.97, 1.0, np.pi / 2),
    ):
        screen = [box((1.85, 1.75, 0.015)).painted(glow, Material.GLOW)]
        for i in range(6):
            screen.append(plank((0.022, 1.75, 0.035), (-0.925 + i * 0.37, 0, 0), dark, rng, 0))
        for i in range(6):
            screen.append(plank((1.85, 0.022, 0.035), (0, -0.86 + i * 0.345, 0), dark, rng, 0))
        parts.append(merged(screen).turned(yaw).moved((x, 1.65, z)))
    parts.append(_roof(dark))
    for x in (-1.8, -0.6, 0.6, 1.8):
        for z in (-1.9, 1.9):
            parts.append(
                box((0.35, 0.8, 0.35), (x, 0.1, z), 0.03).painted(STONE, Material.ROCK, 0.4)
            )
    for i in range(2):
        parts.append(
            box((1.5, 0.2, 0.4), (0, 0.1 + i * 0.2, 2.9 - i * 0.4), 0.02).painted(
                STONE, Material.ROCK, 0.2
            )
        )
    return merged(parts)


def _roof(dark: ArrayLike) -> Mesh:
    """Return the pavilion's curved roof with raised corners, ridges and a gilt knob."""
    parts = []
    rings = []
    t = np.linspace(0, 1, 14)
    for s in t:
        half = 3.5 * (1 - s) ** 0.9 + 0.02
        u = np.linspace(-1, 1, 13)[:-1]
        square = np.concatenate(
            [
                np.stack([u, -1 + 0 * u], 1),
                np.stack([1 + 0 * u, u], 1),
                np.stack([-u, 1 + 0 * u], 1),
                np.stack([-1 + 0 * u, -u], 1),
            ]
        )
        corner = (np.abs(square[:, 0]) * np.abs(square[:, 1])) ** 3
        y = 2.75 + 1.9 * s**1.25 + 0.55 * corner * (1 - s) ** 2.2
        rings.append(np.stack([square[:, 0] * half, y, square[:, 1] * half], axis=1))
    roof = mesh_from(np.concatenate(rings), grid_faces(14, 48, wrap=True))
    parts.append(roof.painted((0.085, 0.085, 0.095), Material.STONE))
    under = mesh_from(np.concatenate(rings[:6]) - [0, 0.14, 0], grid_faces(6, 48, wrap=True))
    parts.append(flat(under).painted(dark, Material.WOOD))
    for sx in (-1, 1):
        for sz in (-1, 1):
            line = np.array(
                [[sx * r[:, 0].max(), r[:, 1].max() + 0.03, sz * r[:, 2].max()] for r in rings]
            )
            parts.append(tube(line, 0.07, 8).painted((0.06, 0.06, 0.07), Material.STONE))
    knob = lathe([[0.16, 4.55], [0.2, 4.7], [0.1, 4.8], [0.15, 4.95], [0.0, 5.2]], 16)
    parts.append(knob.painted((0.45, 0.3, 0.1), Material.METAL))
    return merged(parts)


@prototype
def bamboo(rng: np.random.Generator, tall_m: float = 8.0) -> Mesh:
    """Return a clump of bamboo canes with leaves."""
    parts = []
    for _ in range(6):
        at, lean = rng.normal(0, 0.35, 2), rng.normal(0, 0.06, 2) * tall_m
        high = tall_m * rng.uniform(0.7, 1.1)
        t = np.linspace(0, 1, 48)
        x, z = at[0] + lean[0] * t**2.2, at[1] + lean[1] * t**2.2
        radius = 0.034 * (1 - 0.7 * t) * (1 + 0.16 * (np.arange(48) % 4 == 0))
        path = np.stack([x, t * high, z], axis=1)
        parts.append(tube(path, radius, 10).painted((0.17, 0.22, 0.045) * rng.uniform(0.8, 1.2, 3)))
        count = 420
        s = rng.uniform(0.35, 1.0, count)
        base = np.stack([np.interp(s, t, x), s * high, np.interp(s, t, z)], axis=1)
        out = rng.standard_normal((count, 3)) * [1, 0.3, 1]
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        base = base + out * rng.uniform(0.1, 0.75, (count, 1)) * (1.25 - s)[:, None]
        along = (out * 0.8 + [0, -0.55, 0]) * rng.uniform(0.12, 0.24, (count, 1))
        side = np.cross(along, rng.standard_normal((count, 3))) * 0.10
        parts.append(
            kites(
                base,
                along,
                side,
                out + np.array([0, 0.6, 0]),
                np.array([0.09, 0.16, 0.03]) * rng.uniform(0.7, 1.3, (count, 1)),
                0.8,
            )
        )
    return merged(parts)
