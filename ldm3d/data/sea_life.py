"""Corals, weeds, fish and what else lives under water."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import (
    Material,
    Mesh,
    grid_faces,
    icosphere,
    lathe,
    merged,
    mesh_from,
    smooth_normals,
    tube,
)
from ldm3d.data.noise import fbm
from ldm3d.data.plants import kites

Doubles = NDArray[np.float64]


def _branches(
    rng: np.random.Generator,
    start: Doubles,
    way: Doubles,
    length: float,
    radius: float,
    depth: int,
    parts: list[Mesh],
    spread: float,
) -> None:
    end = start + way * length
    middle = (start + end) / 2 + rng.normal(0, 0.05, 3) * length
    parts.append(tube([start, middle, end], [radius, radius * 0.85, radius * 0.6], 5))
    if depth == 0:
        parts.append(icosphere(0).scaled(radius * 0.72).moved(end))
        return
    for _ in range(2 if depth > 2 else 3):
        turn = way + rng.normal(0, spread, 3) + np.array([0, 0.25, 0])
        turn /= np.linalg.norm(turn)
        _branches(
            rng,
            end,
            turn,
            length * rng.uniform(0.65, 0.95),
            radius * 0.72,
            depth - 1,
            parts,
            spread,
        )


def _tipped(mesh: Mesh, base: ArrayLike, tip: ArrayLike, high_m: float, material: Material) -> Mesh:
    """Return the mesh with a color that runs from `base` at y = 0 to `tip` at `high_m`."""
    t = np.clip(mesh.position[:, 1:2] / high_m, 0, 1) ** 1.4
    color = np.asarray(base) * (1 - t) + np.asarray(tip) * t
    made = mesh.painted((0, 0, 0), material, 0.25)
    made.color[:, :3] = color
    return made


@cache
def staghorn(kind: int) -> Mesh:
    """Return a branching coral about 0.7 m high."""
    rng = np.random.default_rng([kind, 61])
    parts: list[Mesh] = []
    for _ in range(5):
        way = rng.normal(0, 0.5, 3)
        way[1] = rng.uniform(0.5, 1.1)
        _branches(rng, np.zeros(3), way / np.linalg.norm(way), 0.26, 0.042, 2, parts, 0.45)
    return _tipped(merged(parts), (0.45, 0.45, 0.45), (1.0, 1.0, 1.0), 0.65, Material.MATTE)


@cache
def brain_coral(kind: int) -> Mesh:
    """Return a lump of about 1 m with winding grooves."""
    ball = icosphere(3)
    d = ball.position
    number = 900 + kind
    groove = np.sin(9.0 * fbm(d[:, 0] * 3 + d[:, 1], d[:, 2] * 3 - d[:, 1], 2.2, 3, number))
    swell = 1 + 0.14 * fbm(d[:, 0], d[:, 2] + d[:, 1], 1.6, 2, number + 1) + 0.035 * groove
    points = (d * swell[:, None] * [0.5, 0.38, 0.5] + [0, 0.18, 0]).astype(np.float32)
    tone = (0.72 + 0.28 * groove)[:, None] * np.ones(3)
    return mesh_from(points, ball.faces, smooth_normals(points, ball.faces), tone, Material.ROCK)


@cache
def table_coral(kind: int) -> Mesh:
    """Return a flat plate on a stem, about 1.4 m across."""
    rng = np.random.default_rng([kind, 62])
    parts = []
    for tier in range(1 + kind % 3):
        wide = 0.7 * (1 - 0.25 * tier) * rng.uniform(0.85, 1.1)
        high = 0.32 + 0.24 * tier
        profile = [[0.06, 0.0], [0.07, high - 0.1], [wide * 0.6, high - 0.04], [wide, high],
                   [wide * 0.98, high + 0.035], [wide * 0.5, high + 0.01], [0.0, high]]  # fmt: skip
        plate = lathe(profile, 30)
        x, _, z = plate.position.T
        r = np.hypot(x, z)
        a = np.arctan2(z, x)
        ragged = 1 + 0.10 * np.sin(3 * a + kind) + 0.06 * np.sin(7 * a) + 0.04 * np.sin(17 * a)
        scale = np.where(r > 0.1, ragged, 1.0)[:, None]
        points = plate.position * np.concatenate([scale, np.ones_like(scale), scale], axis=1)
        points[:, 1] += 0.06 * np.sin(2 * a + kind * 2) * r
        tone = (0.55 + 0.55 * np.clip(r / wide, 0, 1))[:, None] * np.ones(3)
        plate = mesh_from(points, plate.faces, color=tone, material=Material.CLOTH)
        parts.append(plate.moved(rng.normal(0, 0.12, 3) * [1, 0, 1]))
    return merged(parts)


@cache
def tube_sponge(kind: int) -> Mesh:
    """Return a group of open pipes up to 0.8 m high."""
    rng = np.random.default_rng([kind, 63])
    parts = []
    for _ in range(int(rng.integers(4, 8))):
        high, r = rng.uniform(0.3, 0.85), rng.uniform(0.05, 0.09)
        pipe = lathe(
            [[r * 0.6, 0], [r * 0.9, high * 0.4], [r * 1.05, high * 0.9], [r, high],
             [r * 0.7, high], [r * 0.6, high * 0.6], [0, high * 0.55]], 10,
        )  # fmt: skip
        tone = np.where(np.arange(len(pipe.position)) // 10 >= 5, 0.12, 1.0)[:, None] * np.ones(3)
        pipe = mesh_from(pipe.position, pipe.faces, pipe.normal, tone, Material.CLOTH)
        lean = rng.normal(0, 0.3, 2)
        pipe = pipe.turned(float(lean[0]), "x").turned(float(lean[1]), "z")
        parts.append(pipe.moved(rng.normal(0, 0.11, 3) * [1, 0, 1]))
    return merged(parts)


@cache
def sea_fan(kind: int) -> Mesh:
    """Return a fan of fine branches in the plane of x and y, about 1 m high."""
    rng = np.random.default_rng([kind, 64])
    base, along = [], []

    def grow(at: Doubles, angle: float, length: float, depth: int) -> None:
        way = np.array([np.sin(angle), np.cos(angle), rng.normal(0, 0.06)])
        base.append(at)
        along.append(way * length)
        if depth:
            for turn in (-0.36, 0.05, 0.36):
                if turn == 0.05 and rng.random() < 0.35:
                    continue
                grow(
                    at + way * length * rng.uniform(0.75, 1.0),
                    angle + turn + rng.normal(0, 0.08),
                    length * rng.uniform(0.70, 0.88),
                    depth - 1,
                )

    for angle in (-0.35, 0.0, 0.35):
        grow(np.zeros(3), angle, 0.24, 5)
    start, reach = np.array(base), np.array(along)
    thick = 0.010 + 0.03 * np.exp(-np.linalg.norm(start, axis=1) * 3.5)
    side = np.cross(reach / np.linalg.norm(reach, axis=1, keepdims=True), [0, 0, 1])
    tone = np.repeat((0.6 + 0.5 * start[:, 1:2]), 3, axis=1)
    normal = np.tile([0.0, 0.35, 1.0], (len(start), 1))
    return kites(start, reach * 1.1, side * thick[:, None], normal, tone, 0.5, 0.5)


@cache
def anemone(kind: int) -> Mesh:
    """Return a cushion of soft tentacles about 0.5 m wide."""
    rng = np.random.default_rng([kind, 65])
    count = 150
    a, s = rng.random(count) * 6.283, rng.random(count) ** 0.5
    out = np.stack([np.cos(a), np.zeros(count), np.sin(a)], axis=1)
    base = out * (0.17 * s)[:, None] + [0, 0.08, 0]
    along = (out * (s * 0.9)[:, None] + [0, 0.75, 0] + rng.normal(0, 0.22, (count, 3))) * 0.22
    side = np.cross(along, rng.standard_normal((count, 3)))
    side *= 0.020 / np.linalg.norm(side, axis=1, keepdims=True)
    tone = np.repeat(rng.uniform(0.7, 1.15, (count, 1)), 3, axis=1)
    foot = lathe([[0.14, 0], [0.17, 0.09], [0.1, 0.12], [0, 0.12]], 12).painted((0.4, 0.3, 0.3))
    return merged([kites(base, along, side, out * 0.6 + [0, 0.7, 0], tone, 0.6, 0.75), foot])


@cache
def kelp(kind: int, height_m: float) -> Mesh:
    """Return a weed that rises to the surface, with blades along a swaying stem."""
    rng = np.random.default_rng([kind, 66])
    t = np.linspace(0, 1, 22)
    sway = rng.uniform(0.3, 0.9)
    phase = rng.random(2) * 6.283
    line = np.stack(
        [sway * np.sin(t * 3 + phase[0]) * t, height_m * t, sway * np.sin(t * 2.4 + phase[1]) * t],
        axis=1,
    )
    stem = tube(line, 0.022 * (1 - 0.6 * t), 4).painted((0.07, 0.075, 0.02))
    count = int(height_m * 9)
    s = np.sort(rng.random(count)) ** 0.8
    base = np.stack([np.interp(s, t, line[:, i]) for i in range(3)], axis=1)
    a = rng.random(count) * 6.283
    along = np.stack([np.cos(a), rng.uniform(0.1, 0.9, count), np.sin(a)], axis=1)
    along *= rng.uniform(0.4, 0.95, (count, 1))
    side = np.cross(along, [0, 1, 0])
    side *= 0.12 / np.linalg.norm(side, axis=1, keepdims=True)
    side[:, 1] += rng.normal(0, 0.03, count)
    tint = np.array([0.17, 0.135, 0.022]) * rng.uniform(0.6, 1.4, (count, 1))
    return merged([stem, kites(base, along, side, along + np.array([0, 0.5, 0]), tint, 0.9, 0.4)])


@cache
def fish(kind: int) -> Mesh:
    """Return a fish about 0.3 m long that swims to -z; its color is white where the tint shows.

    Kinds: 0 slim, 1 disk with bars, 2 orange with white bands, 3 yellow, 4 blue, 5 dark big one.
    """
    deep = (0.16, 0.42, 0.27, 0.36, 0.34, 0.24)[kind]
    t = np.linspace(0, 1, 15)
    half = deep * np.sin(np.pi * np.clip(t, 0, 1) ** 0.72) ** 0.8 * (1 - 0.25 * t) + 0.018
    half[0] = 0.01
    a = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    y, x = half[:, None] * np.sin(a), 0.36 * half[:, None] * np.cos(a)
    z = np.broadcast_to((t - 0.5)[:, None], x.shape)
    points = np.stack([x, y, z], axis=-1)
    color = np.ones((15, 10, 3)) * (0.62 + 0.38 * (np.sin(a) < 0.2))[None, :, None]
    bars = {
        1: (np.abs(t - 0.22) < 0.06) | (np.abs(t - 0.55) < 0.08) | (t > 0.9),
        2: (np.abs(t - 0.28) < 0.06) | (np.abs(t - 0.6) < 0.06),
    }.get(kind)
    paint = ((0.62, 0.68, 0.70), (0.75, 0.66, 0.25), (0.80, 0.24, 0.03), (0.80, 0.58, 0.04),
             (0.05, 0.16, 0.62), (0.20, 0.24, 0.26))[kind]  # fmt: skip
    color = color * np.asarray(paint)
    if bars is not None:
        color[bars] = (0.02, 0.02, 0.025) if kind == 1 else (0.75, 0.75, 0.72)
    if kind == 4:
        color[t > 0.88] = (0.75, 0.6, 0.05)
    color[1:2, 1:4] = 0.02
    body = mesh_from(
        points.reshape(-1, 3), grid_faces(15, 10, wrap=True), color=color.reshape(-1, 3)
    )
    fins = kites(
        [[0, 0, 0.42], [0, 0, 0.42], [0, deep * 0.75, -0.12], [0, -deep * 0.7, 0.02]],
        [[0, 0.2, 0.24], [0, -0.2, 0.24], [0, deep * 0.62, 0.42], [0, -deep * 0.5, 0.34]],
        [[0, -0.05, 0.07], [0, 0.05, 0.07], [0, -0.03, 0.12], [0, 0.03, 0.1]],
        np.tile([1.0, 0.4, 0], (4, 1)),
        np.asarray(paint if kind != 4 else (0.75, 0.6, 0.05)) * 0.85,
        0.4,
    )
    return merged([body, fins]).scaled(0.3)


@cache
def turtle() -> Mesh:
    """Return a sea turtle 1.1 m long that swims to -z."""
    ball = icosphere(3)
    d = ball.position
    scale = np.sin(9 * d[:, 0]) * np.sin(9 * d[:, 2] + 1.0)
    points = d * [0.38, 0.17, 0.5]
    points[:, 1] = np.where(points[:, 1] < 0, points[:, 1] * 0.4, points[:, 1])
    tone = (
        np.array([0.13, 0.12, 0.045]) * (1 + 0.5 * np.sign(scale) * np.abs(scale) ** 0.3)[:, None]
    )
    tone[d[:, 1] < -0.05] = (0.5, 0.46, 0.3)
    shell = mesh_from(points, ball.faces, color=tone)
    skin = (0.16, 0.17, 0.10)
    head = icosphere(2).scaled((0.085, 0.075, 0.13)).moved((0, 0.02, -0.6)).painted(skin)
    neck = tube([[0, 0, -0.4], [0, 0.01, -0.58]], [0.08, 0.06], 8).painted(skin)
    fins = kites(
        [[0.28, 0, -0.32], [-0.28, 0, -0.32], [0.22, 0, 0.4], [-0.22, 0, 0.4]],
        [[0.6, 0.14, 0.1], [-0.6, -0.1, 0.14], [0.2, -0.02, 0.28], [-0.2, -0.02, 0.28]],
        [[0.02, 0, -0.13], [0.02, 0, -0.13], [0.09, 0, 0.0], [0.09, 0, 0.0]],
        np.tile([0, 1.0, 0], (4, 1)), skin, 0.1, 0.4,
    )  # fmt: skip
    return merged([shell, head, neck, fins])


@cache
def manta() -> Mesh:
    """Return a ray 3 m across that swims to -z."""
    u, v = np.meshgrid(np.linspace(-1, 1, 31), np.linspace(-1, 1, 13))
    chord = 0.75 * (1 - np.abs(u) ** 0.9) + 0.03
    x, z = 1.5 * u, v * chord + 0.35 * np.abs(u) - 0.1
    thick = 0.16 * np.exp(-((u / 0.25) ** 2)) * np.clip(1 - v * v, 0, 1)
    y = 0.42 * np.abs(u) ** 1.6
    parts = []
    for side, tone in ((1, (0.03, 0.04, 0.055)), (-1, (0.55, 0.58, 0.6))):
        points = np.stack([x, y + side * (thick + 0.006), z], axis=-1).reshape(-1, 3)
        parts.append(mesh_from(points, grid_faces(13, 31), color=tone))
    tail = tube([[0, 0, 0.55], [0, -0.05, 1.3], [0.05, 0.0, 2.1]], [0.04, 0.02, 0.006], 5)
    horns = [
        tube([[s * 0.12, 0, -0.8], [s * 0.16, -0.08, -1.05]], [0.05, 0.03], 6) for s in (-1, 1)
    ]
    parts.append(merged([tail, *horns]).painted((0.03, 0.04, 0.055)))
    return merged(parts)


@cache
def jellyfish(glow: bool) -> Mesh:
    """Return a jellyfish 0.5 m wide with trailing arms."""
    a = np.linspace(0, np.pi * 0.55, 9)
    bell = lathe(np.stack([0.25 * np.sin(a), 0.2 * np.cos(a)], axis=1), 18)
    tone = 1.0 - 0.35 * np.clip(bell.position[:, 1:2] / 0.2, 0, 1) * np.ones(3)
    bell = mesh_from(bell.position, bell.faces, bell.normal, tone, Material.FOLIAGE, 0.9)
    rng, parts = np.random.default_rng(67), [bell]
    for angle in np.arange(0, 6.283, 0.52):
        r = rng.uniform(0.05, 0.2)
        t = np.linspace(0, 1, 8)
        x = r * np.cos(angle) + 0.04 * np.sin(t * 9 + angle)
        z = r * np.sin(angle) + 0.04 * np.cos(t * 8 + angle)
        line = np.stack([x, -rng.uniform(0.5, 1.0) * t, z], axis=1)
        parts.append(tube(line, 0.010 * (1 - t) + 0.003, 3).painted((0.8, 0.8, 0.8)))
    whole = merged(parts)
    return whole.painted((0.25, 0.75, 1.1), Material.GLOW) if glow else whole


def shoal(
    rng: np.random.Generator, center: ArrayLike, count: int, size_m: ArrayLike, yaw: float
) -> tuple[Doubles, Doubles]:
    """Return positions (count, 3) and turns (count,) of fish that swim the same way."""
    at = rng.standard_normal((count, 3)) * np.asarray(size_m) * 0.5
    bend = yaw + 0.35 * np.sin(at[:, 0] * 0.8) + rng.normal(0, 0.12, count)
    c, s = np.cos(yaw), np.sin(yaw)
    turned = np.stack([at[:, 0] * c + at[:, 2] * s, at[:, 1], -at[:, 0] * s + at[:, 2] * c], axis=1)
    return turned + np.asarray(center), bend
