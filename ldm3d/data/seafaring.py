"""Boats, a lighthouse and what lies about in harbours."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.built import plank
from ldm3d.data.mesh import (
    Material,
    Mesh,
    box,
    cylinder,
    grid_faces,
    icosphere,
    lathe,
    merged,
    mesh_from,
    tube,
)
from ldm3d.data.plants import kites, rock

Doubles = NDArray[np.float64]

WHITE = (0.72, 0.72, 0.70)
DECK_M = 1.05
"""Height of a yacht's deck over the water, amidships."""


def ring(radius_m: float, thick_m: float, sides: int = 20) -> Mesh:
    """Return a ring lying on y = 0."""
    a = np.linspace(0, 2 * np.pi, sides + 1)
    path = np.stack(
        [radius_m * np.cos(a), np.full(sides + 1, thick_m), radius_m * np.sin(a)], axis=1
    )
    return tube(path, thick_m, 7)


def rope_coil(turns: int = 4) -> Mesh:
    """Return a coil of rope, 0.5 m wide."""
    a = np.linspace(0, turns * 6.283, turns * 14)
    r = 0.25 - 0.03 * a / 6.283 % 0.11
    path = np.stack([r * np.cos(a), 0.02 + 0.022 * a / 6.283, r * np.sin(a)], axis=1)
    return tube(path, 0.018, 5).painted((0.42, 0.34, 0.22), Material.CLOTH)


def lifebuoy() -> Mesh:
    """Return a ring buoy lying on y = 0, red and white."""
    mesh = ring(0.29, 0.075, 24)
    quarter = (np.arctan2(mesh.position[:, 2], mesh.position[:, 0]) / 6.283 * 8) % 2 < 1
    made = mesh.painted((0.75, 0.12, 0.05))
    made.color[quarter, :3] = WHITE
    return made


def _half(t: Doubles, beam_m: float) -> Doubles:
    """Return half a yacht's width along it; t is -1 at the bow and 1 at the stern."""
    bow = 1 - np.clip(-t, 0, 1) ** 2.4
    stern = 1 - 0.35 * np.clip(t, 0, 1) ** 2
    return np.asarray(np.maximum(beam_m / 2 * bow * stern, 0.01))


def _sheer(t: Doubles) -> Doubles:
    return np.asarray(DECK_M - 0.05 + 0.45 * np.clip(-t, 0, 1) ** 2 + 0.12 * np.clip(t, 0, 1) ** 2)


def _sail(points: Doubles, color: Doubles) -> Mesh:
    """Return cloth over a grid of 17 x 15 points, both (17, 15, 3)."""
    return mesh_from(
        points.reshape(-1, 3),
        grid_faces(17, 15),
        color=color.reshape(-1, 3),
        material=Material.CLOTH,
    )


def yacht(  # noqa: PLR0915 - one ship, from keel to stays
    rng: np.random.Generator, paint: ArrayLike, sail: ArrayLike, sails_up: bool, lit: bool
) -> Mesh:
    """Return a wooden sailing yacht 12 m long; its bow is at -z, its waterline at y = 0."""
    long_m, beam = 6.0, 3.5
    t = np.linspace(-1, 1, 61)
    half, top = _half(t, beam), _sheer(t)
    a = np.linspace(0, 1, 9)
    parts: list[Mesh] = []
    for side in (-1, 1):
        x = side * half[:, None] * (1 - 0.55 * a**2.2)[None]
        y = top[:, None] - (top[:, None] + 0.7) * a[None]
        point = np.stack([x, y, np.broadcast_to(long_m * t[:, None], x.shape)], axis=-1)
        color = np.where(a[None, :, None] < 0.14, np.array([0.30, 0.19, 0.10]), np.asarray(paint))
        color = np.broadcast_to(color, point.shape).reshape(-1, 3)
        parts.append(mesh_from(point.reshape(-1, 3), grid_faces(61, 9), color=color))
        rail = np.stack([side * half * 0.99, top + 0.07, long_m * t], axis=1)
        parts.append(tube(rail[2:], 0.055, 6).painted((0.27, 0.16, 0.08), Material.WOOD))
        for z in np.linspace(-5.2, 5.6, 9):
            s = np.array([z / long_m])
            foot = np.array([side * float(_half(s, beam)[0]) * 0.95, float(_sheer(s)[0]), z])
            post = tube([foot, foot + np.array([0, 0.68, 0])], 0.016, 5)
            parts.append(post.painted((0.6, 0.6, 0.6), Material.METAL))
        for high in (0.36, 0.68):
            wire = rail[3:-1] * [0.96, 1, 1] + [0, high - 0.07, 0]
            parts.append(tube(wire, 0.009, 4).painted((0.5, 0.5, 0.5), Material.METAL))
    s = np.linspace(-1, 1, 57)
    deck = np.stack(
        [
            half[:, None] * s,
            np.broadcast_to(top[:, None], (61, 57)),
            np.broadcast_to(long_m * t[:, None], (61, 57)),
        ],
        axis=-1,
    )
    seam = np.where(np.arange(57) % 4 == 0, 0.28, 1.0)[None, :, None]
    tone = rng.uniform(0.82, 1.15, 15)[np.arange(57) // 4][None, :, None]
    color = np.array([0.36, 0.245, 0.145]) * seam * tone * np.ones((61, 1, 1))
    flat = deck.reshape(-1, 3)
    parts.append(
        mesh_from(
            flat, grid_faces(61, 57)[:, [0, 2, 1]], np.tile([0, 1.0, 0], (len(flat), 1)),
            color.reshape(-1, 3), Material.WOOD, 0.0, flat * [1, 1, 0.07],
        )
    )  # fmt: skip
    stern = box((beam * 0.64, 1.5, 0.08), (0, 0.42, long_m)).painted(paint)
    cabin = box((1.75, 0.62, 3.6), (0, 1.3, -0.2), 0.12).painted(WHITE)
    roof = box((1.85, 0.06, 3.75), (0, 1.63, -0.2), 0.02).painted((0.33, 0.21, 0.12), Material.WOOD)
    hatch = plank((0.8, 0.1, 0.8), (0, 1.7, 0.7), (0.30, 0.18, 0.09), rng)
    parts += [stern, cabin, roof, hatch]
    glass, kind = ((2.6, 1.5, 0.6), Material.GLOW) if lit else ((0.05, 0.07, 0.09), Material.METAL)
    for side in (-1, 1):
        for z in (-1.4, -0.5, 0.4, 1.1):
            parts.append(box((0.03, 0.2, 0.46), (side * 0.875, 1.36, z), 0.01).painted(glass, kind))
    mast_z = -1.6
    mast = tube([[0, 1.0, mast_z], [0, 14.0, mast_z]], [0.10, 0.06], 10)
    swing = float(rng.uniform(0.15, 0.6) * rng.choice([-1, 1])) if sails_up else 0.0
    away = np.array([np.sin(swing), 0.0, np.cos(swing)])
    gaff = np.array([0, 2.75, mast_z]) + np.outer(np.linspace(0, 1, 2), away * 5.0)
    wood = merged([mast, tube(gaff, 0.07, 8)])
    parts.append(wood.painted((0.42, 0.27, 0.13), Material.WOOD))
    belly = np.array([np.cos(swing), 0, -np.sin(swing)]) * (1 if swing > 0 else -1)
    if sails_up:
        u, v = np.meshgrid(np.linspace(0, 1, 15), np.linspace(0, 1, 17))
        wide = 4.7 * (1 - v) ** 0.85
        puff = 0.55 * np.sin(np.pi * u) * np.sin(np.pi * v**0.8) + 0.1 * u
        point = (
            np.array([0, 2.85, mast_z])
            + away * (u * wide)[..., None]
            + np.array([0, 1, 0]) * (v * 10.6)[..., None]
            + belly * puff[..., None]
        )
        cloth = np.asarray(sail) * (0.82 + 0.18 * (np.sin(v * 40) > -0.92))[..., None]
        parts.append(_sail(point, cloth))
        foot_a, foot_b, head = (
            np.array([0, 1.7, -5.6]),
            np.array([belly[0] * 0.5, 2.0, mast_z - 0.2]),
            np.array([0, 12.4, mast_z - 0.1]),
        )
        low = foot_a + (foot_b - foot_a) * u[..., None]
        point = (
            low
            + (head - low) * v[..., None]
            + np.array([belly[0], 0, 0]) * (0.4 * np.sin(np.pi * u) * np.sin(np.pi * v))[..., None]
        )
        parts.append(_sail(point, cloth))
    else:
        roll = tube(gaff + np.array([0, 0.16, 0]), [0.2, 0.13], 9)
        parts.append(roll.painted(sail, Material.CLOTH))
    for end in ((0, 1.55, -5.95), (-1.65, 1.05, -1.0), (1.65, 1.05, -1.0), (0, 1.15, 5.9)):
        parts.append(
            tube([end, [0, 13.6, mast_z]], 0.012, 4).painted((0.25, 0.25, 0.25), Material.METAL)
        )
    wheel = merged(
        [ring(0.38, 0.022, 24).moved((0, -0.022, 0))]
        + [
            tube([[0, 0, 0], [0.5 * np.cos(k), 0, 0.5 * np.sin(k)]], 0.014, 5)
            for k in np.arange(0, 6.2, 0.785)
        ]
    )
    parts.append(
        wheel.turned(np.pi / 2 - 0.25, "x")
        .moved((0, 2.0, 3.55))
        .painted((0.33, 0.19, 0.09), Material.WOOD)
    )
    parts.append(plank((0.26, 0.95, 0.26), (0, 1.5, 3.35), (0.30, 0.18, 0.09), rng))
    for side in (-1, 1):
        parts.append(
            plank((0.5, 0.4, 1.9), (side * 1.05, 1.25, 4.3), (0.33, 0.21, 0.12), rng, 0.03)
        )
        tint = ((0.06, 0.14, 0.3), (0.45, 0.08, 0.05), (0.6, 0.56, 0.45))[int(rng.integers(3))]
        parts.append(
            box((0.46, 0.09, 1.8), (side * 1.05, 1.49, 4.3), 0.03).painted(tint, Material.CLOTH)
        )
    parts.append(lifebuoy().turned(np.pi / 2, "x").moved((0.3, 1.75, 5.75)))
    for aside, along in ((-1.1, 2.4), (0.75, -3.2), (-0.5, -4.1)):
        high = float(_sheer(np.array([along / long_m]))[0])
        parts.append(rope_coil().moved((aside, high, along)))
    return merged(parts)


@cache
def sailboat(kind: int) -> Mesh:
    """Return a small sailing boat for far away, 8 m long."""
    cloth = (WHITE, (0.45, 0.12, 0.06), WHITE, (0.62, 0.52, 0.36))[kind % 4]
    hull = icosphere(2).scaled((1.15, 1.0, 4.0)).moved((0, 0.1, 0))
    tint = ((0.6, 0.6, 0.58), (0.10, 0.13, 0.2), (0.35, 0.08, 0.05), (0.2, 0.12, 0.07))[kind % 4]
    points = hull.position.copy()
    points[:, 1] = np.minimum(points[:, 1], 0.55)
    hull = mesh_from(points, hull.faces, hull.normal, tint)
    mast = tube([[0, 0.4, -0.6], [0, 10, -0.6]], 0.07, 5).painted((0.3, 0.2, 0.1))
    sheet = mesh_from(
        [[0, 1.3, -0.5], [0.9, 1.4, 3.4], [0, 9.6, -0.5], [0, 1.0, -3.9], [0.5, 1.2, -0.9],
         [0, 8.6, -0.7],
         [0.55, 4.5, 1.2]],
        [[0, 1, 6], [0, 6, 2], [6, 1, 2], [3, 4, 5]], color=cloth, material=Material.CLOTH,
    )  # fmt: skip
    return merged([hull, mast, sheet])


def lighthouse(rng: np.random.Generator, lit: bool) -> tuple[Mesh, float]:
    """Return a lighthouse on y = 0 and the height of its lamp."""
    tall, wide = float(rng.uniform(9, 17)), float(rng.uniform(1.7, 2.3))
    style = int(rng.integers(4))
    y = np.linspace(0, tall, 41)
    radius = wide * (1 - 0.36 * (y / tall)) + 0.35 * np.exp(-y / 0.5)
    tower = lathe(np.stack([radius, y], axis=1), 28)
    up = tower.position[:, 1] / tall
    red = (0.55, 0.05, 0.035)
    tone = np.tile(WHITE, (len(up), 1))
    if style == 0:
        tone[(up * 5).astype(int) % 2 == 1] = red
    elif style == 1:
        tone[(up > 0.62) & (up < 0.84)] = red
    elif style == 2:
        tone[:] = (0.36, 0.33, 0.29)
    tower = mesh_from(tower.position, tower.faces, tower.normal, tone, Material.STONE, 0.0)
    top = float(radius[-1])
    gallery = cylinder(top + 0.75, 0.22, 28).moved((0, tall, 0)).painted((0.20, 0.20, 0.20))
    parts = [tower, gallery]
    for a in np.arange(0, 6.283, 0.35):
        x, z = (top + 0.66) * np.cos(a), (top + 0.66) * np.sin(a)
        parts.append(
            tube([[x, tall + 0.2, z], [x, tall + 1.15, z]], 0.03, 4).painted((0.1, 0.1, 0.1))
        )
    parts.append(ring(top + 0.66, 0.035, 24).moved((0, tall + 1.1, 0)).painted((0.1, 0.1, 0.1)))
    glass = ((14.0, 10.0, 4.6), Material.GLOW) if lit else ((0.12, 0.15, 0.17), Material.METAL)
    parts.append(cylinder(top * 0.62, 1.7, 12).moved((0, tall + 0.22, 0)).painted(*glass))
    for a in np.arange(0, 6.283, 0.785):
        x, z = top * 0.66 * np.cos(a), top * 0.66 * np.sin(a)
        parts.append(
            tube([[x, tall + 0.2, z], [x, tall + 1.95, z]], 0.045, 4).painted((0.12, 0.12, 0.12))
        )
    dome = lathe(
        [[top * 0.85, 0], [top * 0.72, 0.4], [top * 0.4, 0.8], [0.08, 1.0], [0.05, 1.5], [0, 1.6]],
        20,
    )
    paint = red if style in (0, 1) else (0.09, 0.16, 0.13)
    parts.append(dome.moved((0, tall + 1.9, 0)).painted(paint))
    for k, share in enumerate((0.22, 0.45, 0.68)):
        turn, out = 2.1 * k, wide * (1 - 0.36 * share)
        light = ((3.0, 1.7, 0.6), Material.GLOW) if lit else ((0.04, 0.05, 0.06), Material.METAL)
        pane = box((0.5, 0.8, 0.3), (0, 0, 0), 0.03).painted(*light)
        parts.append(pane.moved((0, tall * share, out - 0.05)).turned(turn))
    door = plank((1.0, 2.0, 0.4), (0, 1.0, wide + 0.12), (0.14, 0.07, 0.04), rng)
    parts.append(door)
    return merged(parts), tall + 1.0


@cache
def lobster_pot(kind: int) -> Mesh:
    """Return a basket of slats and netting, 0.7 m long."""
    rng, parts = np.random.default_rng([kind, 71]), []
    for a in np.linspace(0.1, 3.04, 9):
        for x in (0.0,):
            bar = tube(
                [
                    [-0.35, 0.36 * np.sin(a), 0.26 * np.cos(a)],
                    [0.35, 0.36 * np.sin(a), 0.26 * np.cos(a)],
                ],
                0.018,
                4,
            )
            parts.append(
                bar.moved((x, 0.02, 0)).painted(
                    np.array([0.33, 0.25, 0.16]) * rng.uniform(0.7, 1.2), Material.WOOD
                )
            )
    for x in (-0.33, 0.0, 0.33):
        a = np.linspace(0, np.pi, 9)
        hoop = np.stack([np.full(9, x), 0.02 + 0.34 * np.sin(a), 0.25 * np.cos(a)], axis=1)
        parts.append(tube(hoop, 0.022, 5).painted((0.25, 0.18, 0.11), Material.WOOD))
    net = ((0.05, 0.20, 0.22), (0.40, 0.16, 0.05))[kind % 2]
    parts.append(box((0.66, 0.24, 0.36), (0, 0.14, 0)).painted(net, Material.CLOTH))
    parts.append(plank((0.74, 0.03, 0.54), (0, 0.015, 0), (0.27, 0.20, 0.13), rng))
    return merged(parts)


@cache
def net_heap(kind: int) -> Mesh:
    """Return a heap of nets with floats, about 1.4 m wide."""
    rng = np.random.default_rng([kind, 72])
    heap = rock(rng, 3, 9, 0.0, 0.38)
    tint = ((0.04, 0.17, 0.16), (0.36, 0.20, 0.08), (0.07, 0.10, 0.24))[kind % 3]
    parts = [heap.scaled(0.7).moved((0, 0.05, 0)).painted(tint, Material.MOSS)]
    for _ in range(14):
        a, r = rng.uniform(0, 6.28), rng.uniform(0.1, 0.62)
        ball = (
            icosphere(1)
            .scaled(0.075)
            .moved((r * np.cos(a), 0.31 * (1 - r * r) + 0.04, r * np.sin(a)))
        )
        parts.append(ball.painted(((0.75, 0.30, 0.04), (0.70, 0.66, 0.55))[int(rng.integers(2))]))
    return merged(parts)


@cache
def buoy(kind: int) -> Mesh:
    """Return a navigation buoy 2.6 m high with its waterline at y = 0."""
    tint = ((0.62, 0.06, 0.04), (0.03, 0.28, 0.10), (0.72, 0.50, 0.04))[kind % 3]
    hull = lathe([[0.0, -0.4], [0.8, -0.3], [0.85, 0.35], [0.3, 0.5], [0.0, 0.5]], 18)
    parts = [hull]
    for a in (0.3, 2.4, 4.5):
        leg = [[0.5 * np.cos(a), 0.4, 0.5 * np.sin(a)], [0.12 * np.cos(a), 2.2, 0.12 * np.sin(a)]]
        parts.append(tube(leg, 0.04, 5))
    parts.append(lathe([[0.0, 2.05], [0.3, 2.1], [0.3, 2.5], [0.0, 2.6]], 12))
    return merged(parts).painted(tint)


@cache
def dolphin() -> Mesh:
    """Return a leaping dolphin 2.4 m long, its belly over the origin, swimming to -z."""
    t = np.linspace(0, 1, 22)
    radius = 0.30 * np.sin(np.pi * np.clip(t * 0.96 + 0.02, 0, 1) ** 0.62) ** 0.75 * (1 - 0.25 * t)
    radius[:4] = (0.02, 0.05, 0.07, 0.16)
    line = np.stack([0 * t, 0.55 * np.sin(np.pi * (t * 0.85 + 0.1)) - 0.3, 2.4 * (t - 0.5)], axis=1)
    body = tube(line, radius + 0.012, 12)
    side = body.position[:, 1] - np.repeat(line[:, 1], 12)
    tone = np.where(
        (side < -0.05)[:, None], np.array([0.42, 0.44, 0.46]), np.array([0.10, 0.125, 0.15])
    )
    body = mesh_from(body.position, body.faces, body.normal, tone)
    fins = kites(
        line[[9, 21, 21, 6, 6]]
        + [[0, 0.26, 0], [0, 0, 0], [0, 0, 0], [0.15, -0.15, 0], [-0.15, -0.15, 0]],
        [[0, 0.42, 0.36], [0.36, 0, 0.24], [-0.36, 0, 0.24],
         [0.38, -0.3, 0.25], [-0.38, -0.3, 0.25]],
        [[0, 0, 0.13], [0.02, 0, 0.1], [0.02, 0, -0.1], [0.03, 0, 0.1], [-0.03, 0, 0.1]],
        np.tile([0.3, 1.0, 0], (5, 1)), (0.09, 0.11, 0.135), 0.05,
    )  # fmt: skip
    return merged([body, fins])


@cache
def anchor() -> Mesh:
    """Return a rusty anchor 1.5 m high that leans on its arm, with some chain."""
    parts = [tube([[0, 0.1, 0], [0, 1.35, 0]], 0.055, 8)]
    a = np.linspace(-1.15, 1.15, 13)
    parts.append(tube(np.stack([0.62 * np.sin(a), 0.72 - 0.62 * np.cos(a), 0 * a], 1), 0.06, 7))
    for side in (-1, 1):
        tip = np.array([side * 0.57, 0.47, 0.0])
        fluke = tip + np.array([[0, -0.1, 0.13], [0, -0.1, -0.13], [side * -0.05, 0.2, 0]])
        parts.append(mesh_from(fluke, [[0, 1, 2]]))
    parts.append(tube([[0, 1.15, -0.5], [0, 1.15, 0.5]], 0.045, 7))
    parts.append(ring(0.1, 0.022, 12).turned(np.pi / 2, "x").moved((0, 1.45, 0)))
    for k in range(9):
        link = ring(0.055, 0.016, 8).scaled((1.5, 1, 1)).turned(0.6 * k)
        parts.append(link.moved((0.1 * k + 0.1, 0.02, 0.35 + 0.1 * np.sin(k))))
    return merged(parts).painted((0.14, 0.065, 0.035), Material.BARK).turned(0.22, "x")


@cache
def mooring_post(kind: int) -> Mesh:
    """Return a thick post 1.3 m high with ropes about it."""
    rng = np.random.default_rng([kind, 73])
    post = (
        cylinder(0.16, 1.5, 12, 0.14)
        .moved((0, -0.2, 0))
        .painted((0.13, 0.095, 0.065), Material.BARK)
    )
    parts = [post]
    for k in range(4):
        turn = ring(0.165, 0.024, 14).moved((0, 0.85 + 0.05 * k, 0)).turned(0.05, "x")
        parts.append(turn.painted((0.40, 0.32, 0.20), Material.CLOTH))
    t = np.linspace(0, 1, 9)
    line = np.stack(
        [0.17 + 1.2 * t, 0.9 * (1 - t) ** 2 + 0.03, 0.25 * np.sin(5 * t + kind)], axis=1
    )
    parts.append(tube(line, 0.024, 6).painted((0.40, 0.32, 0.20), Material.CLOTH))
    return merged(parts).turned(float(rng.uniform(0, 6)))
