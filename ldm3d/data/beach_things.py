"""What lies and stands on a beach: parasols, boards, boats, driftwood, shells, torches."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.built import plank, rowing_boat
from ldm3d.data.mesh import (
    Material,
    Mesh,
    box,
    grid_faces,
    icosphere,
    lathe,
    merged,
    mesh_from,
    tube,
)
from ldm3d.data.palms import THATCH
from ldm3d.data.plants import kites, rock

Doubles = NDArray[np.float64]

CLOTHS = (
    ((0.62, 0.08, 0.05), (0.80, 0.78, 0.72)),
    ((0.05, 0.22, 0.45), (0.80, 0.78, 0.72)),
    ((0.75, 0.45, 0.05), (0.80, 0.76, 0.66)),
    ((0.04, 0.36, 0.34), (0.78, 0.78, 0.70)),
    ((0.70, 0.22, 0.30), (0.78, 0.70, 0.62)),
)


def parasol(rng: np.random.Generator, straw: bool) -> Mesh:
    """Return a sunshade 2.4 m high, of straw or of striped cloth."""
    pole = tube([[0, -0.3, 0], [0, 2.35, 0]], 0.028, 8)
    if straw:
        count = 420
        a, s = rng.random(count) * 6.283, rng.random(count) ** 0.6
        out = np.stack([np.cos(a), np.zeros(count), np.sin(a)], axis=1)
        base = out * (1.25 * s)[:, None] + [0, 2.45, 0] - np.array([0, 0.5, 0]) * s[:, None]
        along = (out * 0.5 + [0, -0.28, 0]) * rng.uniform(0.6, 1.1, (count, 1))
        side = np.cross(out, [0, 1, 0]) * 0.07
        tint = np.asarray(THATCH) * rng.uniform(0.6, 1.25, (count, 1))
        top = kites(base, along, side, out * 0.5 + [0, 0.8, 0], tint, 0.2, 0.7)
        return merged([pole.painted((0.24, 0.17, 0.10), Material.WOOD), top])
    first, second = CLOTHS[int(rng.integers(len(CLOTHS)))]
    profile = [[1.35, 2.0], [1.37, 1.86], [1.35, 2.0], [0.9, 2.22], [0.02, 2.42]]
    shade = lathe(profile, 32)
    stripe = (np.arange(len(shade.position)) % 32 // 4) % 2
    shade = mesh_from(
        shade.position, shade.faces, shade.normal,
        np.where(stripe[:, None] > 0, np.asarray(first), np.asarray(second)), Material.CLOTH,
    )  # fmt: skip
    cover = merged([pole.painted((0.6, 0.6, 0.58)), shade])
    return cover.turned(float(rng.normal(0, 0.09)), "z")


def lounger(rng: np.random.Generator) -> Mesh:
    """Return a wooden lounger along z with a cushion; its back is at -z."""
    wood, parts = (0.33, 0.22, 0.12), []
    for x in (-0.3, 0.3):
        parts.append(plank((0.05, 0.06, 1.9), (x, 0.3, 0), wood, rng))
        for z in (-0.75, 0.75):
            parts.append(plank((0.06, 0.34, 0.06), (x, 0.14, z), wood, rng))
    for z in np.arange(-0.25, 0.95, 0.1):
        parts.append(plank((0.62, 0.02, 0.075), (0, 0.335, z), wood, rng))
    tint = CLOTHS[int(rng.integers(len(CLOTHS)))][int(rng.integers(2))]
    seat = box((0.58, 0.07, 1.15), (0, 0.38, 0.32), 0.03).painted(tint, Material.CLOTH)
    back = box((0.58, 0.07, 0.85), (0, 0, -0.42), 0.03).painted(tint, Material.CLOTH)
    roll = tube([[-0.22, 0, 0], [0.22, 0, 0]], 0.07, 8).painted((0.8, 0.78, 0.74), Material.CLOTH)
    parts += [
        seat,
        merged([back, roll.moved((0, 0.09, -0.72))]).turned(0.75, "x").moved((0, 0.4, -0.24)),
    ]
    return merged(parts)


def surfboard(rng: np.random.Generator) -> Mesh:
    """Return a board 2.1 m high that stands in the sand, flat to z."""
    tint = np.array([c for pair in CLOTHS for c in pair])[int(rng.integers(10))]
    t = np.linspace(-1, 1, 25)
    half = 0.27 * (1 - np.abs(t) ** 2.6) ** 0.6 * (1 - 0.12 * t)
    a = np.linspace(0, 6.283, 12, endpoint=False)
    x, z = half[:, None] * np.cos(a), 0.05 * (half[:, None] / 0.27) ** 0.4 * np.sin(a)
    y = np.broadcast_to((0.85 + 1.05 * t)[:, None], x.shape)
    points = np.stack([x, y, z + 0.06 * (t[:, None] ** 2)], axis=-1).reshape(-1, 3)
    color = np.tile(np.asarray(tint), (len(points), 1))
    color[np.abs(points[:, 0]) < 0.03] = (0.78, 0.76, 0.70)
    band = np.abs(points[:, 1] - 1.2) < 0.12
    color[band] = color[band] * 0.35 + 0.2
    return mesh_from(points, grid_faces(25, 12, wrap=True), color=color, material=Material.MATTE)


def canoe(rng: np.random.Generator) -> Mesh:
    """Return an outrigger canoe about 4.6 m long along z, lying on y = 0."""
    paint = ((0.10, 0.26, 0.33), (0.48, 0.10, 0.06), (0.24, 0.14, 0.07), (0.55, 0.36, 0.06),
             (0.62, 0.60, 0.55))[int(rng.integers(5))]  # fmt: skip
    hull = rowing_boat(rng, paint).scaled((0.62, 1.0, 1.3)).moved((0, 0.15, 0))
    float_ = tube([[1.7, 0.12, -1.7], [1.7, 0.06, 0], [1.7, 0.14, 1.7]], [0.04, 0.085, 0.04], 8)
    parts = [hull, float_.painted((0.36, 0.26, 0.15), Material.WOOD)]
    for z in (-0.8, 0.9):
        arm = tube([[-0.4, 0.52, z], [0.6, 0.62, z], [1.7, 0.14, z]], 0.03, 6)
        parts.append(arm.painted((0.30, 0.21, 0.12), Material.WOOD))
    return merged(parts)


def driftwood(rng: np.random.Generator, length_m: float = 3.0) -> Mesh:
    """Return a bleached trunk with broken branches, lying along x on y = 0."""
    t = np.linspace(0, 1, 12)
    line = np.stack(
        [
            length_m * (t - 0.5),
            0.13 + 0.25 * t**3 * rng.uniform(0.3, 1.4),
            rng.normal(0, 0.3) * np.sin(t * 4),
        ],
        axis=1,
    )
    parts = [tube(line, 0.15 * (1 - 0.7 * t) + 0.025, 10)]
    for _ in range(int(rng.integers(3, 7))):
        start = line[int(rng.integers(1, 11))]
        way = rng.normal(0, 1, 3) * [0.6, 0.3, 1.0] + [0.3, 0.75, 0]
        way = way / np.linalg.norm(way) * rng.uniform(0.3, 0.9)
        bend = start + way * 0.5 + rng.normal(0, 0.05, 3)
        parts.append(tube([start, bend, start + way], [0.05, 0.032, 0.012], 6))
    tone = np.array([0.34, 0.30, 0.25]) * rng.uniform(0.7, 1.15)
    wood = merged(parts).painted(tone, Material.BARK)
    return mesh_from(
        wood.position, wood.faces, wood.normal, tone, Material.BARK, 0.0,
        wood.texture[:, [1, 0, 2]],
    )  # fmt: skip


@cache
def shell(kind: int) -> Mesh:
    """Return one of 6 findings about 0.1 m wide: scallops, a whelk, a starfish, a pebble, weed."""
    rng = np.random.default_rng([kind, 31])
    if kind in (0, 1):
        r, a = np.meshgrid(np.linspace(0, 1, 6), np.linspace(-1.15, 1.15, 17))
        rib = 0.5 + 0.5 * np.cos(a * 20)
        x, z = r * np.sin(a), r * np.cos(a) - 0.4
        y = 0.42 * np.sin(np.pi * np.minimum(r, 0.9)) + 0.06 * rib * r
        tone = np.array([(0.72, 0.60, 0.50), (0.74, 0.42, 0.36)][kind])
        color = tone * (0.75 + 0.4 * rib[..., None]) * (0.8 + 0.2 * np.cos(r * 22))[..., None]
        points = np.stack([x, y, z], axis=-1).reshape(-1, 3) * 0.06
        return mesh_from(points, grid_faces(17, 6), color=color.reshape(-1, 3))
    if kind == 2:
        t = np.linspace(0, 1, 26)
        coil = np.stack([0.05 * (1 - t) * np.cos(t * 21), 0.035 + 0 * t, 0.14 * t - 0.05], axis=1)
        coil[:, 1] += 0.05 * (1 - t) * np.sin(t * 21)
        return tube(coil, 0.034 * (1 - t) + 0.003, 7).painted((0.66, 0.48, 0.34))
    if kind == 3:
        a = np.linspace(0, 6.283, 40, endpoint=False)
        star = 0.022 + 0.075 * (0.5 + 0.5 * np.cos(5 * a)) ** 1.4
        mesh = lathe([[0.0, 0.026], [0.5, 0.022], [0.85, 0.014], [1.0, 0.0]], 40)
        radius = np.tile(star, 4)[:, None]
        points = mesh.position * np.concatenate([radius, np.ones_like(radius), radius], axis=1)
        points[np.arange(40), [0] * 40] = 0
        return mesh_from(points, mesh.faces, color=(0.66, 0.16, 0.06))
    if kind == 4:
        return rock(rng, 1, 7, 0.0, 0.6).scaled(0.06).painted((0.30, 0.28, 0.26), Material.STONE)
    count = 26
    a = rng.random(count) * 6.283
    along = np.stack([np.cos(a), rng.random(count) * 0.15, np.sin(a)], axis=1) * 0.10
    side = np.cross(along, [0, 1, 0]) * 0.16
    base = rng.normal(0, 0.08, (count, 3)) * [1, 0.1, 1] + [0, 0.012, 0]
    tint = np.array([0.10, 0.075, 0.025]) * rng.uniform(0.6, 1.5, (count, 1))
    return kites(base, along, side, np.tile([0, 1.0, 0], (count, 1)), tint, 0.3)


def torch(lit: bool) -> Mesh:
    """Return a bamboo torch 1.7 m high; its flame stands at 1.72 m."""
    pole = tube([[0, -0.2, 0], [0.02, 1.5, 0]], 0.025, 7).painted((0.30, 0.22, 0.11), Material.WOOD)
    cup = lathe([[0.03, 1.4], [0.075, 1.58], [0.06, 1.62], [0.0, 1.6]], 10)
    parts = [pole, cup.painted((0.18, 0.12, 0.07), Material.CLOTH)]
    if lit:
        flame = lathe([[0.0, 1.6], [0.06, 1.68], [0.045, 1.78], [0.0, 1.95]], 8)
        parts.append(flame.painted((9.0, 4.0, 0.9), Material.GLOW))
    return merged(parts)


def campfire(lit: bool) -> Mesh:
    """Return a ring of stones with logs, 1.2 m wide, and flames if lit."""
    rng, parts = np.random.default_rng(41), []
    for a in np.arange(0, 6.283, 0.57):
        stone = rock(rng, 1, 8, 0.0).scaled(float(rng.uniform(0.11, 0.17)))
        parts.append(stone.moved((0.55 * np.cos(a), 0.05, 0.55 * np.sin(a))))
    for a in np.arange(0, 6.283, 0.9):
        end = [0.42 * np.cos(a), 0.02, 0.42 * np.sin(a)]
        parts.append(
            tube([end, [0.0, 0.38, 0.0]], 0.04, 6).painted((0.08, 0.055, 0.04), Material.BARK)
        )
    if lit:
        count = 46
        a, r = rng.random(count) * 6.283, rng.random(count) * 0.24
        base = np.stack([r * np.cos(a), 0.05 + rng.random(count) * 0.25, r * np.sin(a)], axis=1)
        along = np.stack([-base[:, 0], rng.uniform(0.25, 0.75, count), -base[:, 2]], axis=1)
        side = np.stack([np.sin(a), np.zeros(count), np.cos(a)], axis=1) * 0.06
        heat = rng.random((count, 1))
        tint = np.array([7.0, 2.2, 0.35]) * (1 - heat) + np.array([10.0, 6.0, 1.8]) * heat
        parts.append(kites(base, along, side, side, tint, 0.0).painted(0, Material.GLOW))
        parts[-1].color[:, :3] = np.repeat(tint, 4, axis=0)
    return merged(parts)


def hammock(span_m: float, color: ArrayLike) -> Mesh:
    """Return a hammock along x between two trunks, hung at 1.35 m."""
    t, s = np.meshgrid(np.linspace(-1, 1, 25), np.linspace(-1, 1, 7))
    body = np.clip(1 - (np.abs(t) / 0.72) ** 4, 0, 1)
    x, z = t * span_m / 2, s * 0.42 * body
    y = 1.35 - 0.75 * (1 - t**2) + 0.22 * s**2 * body
    stripe = (np.floor(s * 3 + 9) % 2)[..., None]
    tint = np.asarray(color) * stripe + np.array([0.75, 0.70, 0.60]) * (1 - stripe)
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    cloth = mesh_from(points, grid_faces(7, 25), color=tint.reshape(-1, 3), material=Material.CLOTH)
    ropes = [
        tube([[e * span_m / 2, 1.35, 0], [e * span_m * 0.33, 0.82, 0]], 0.012, 5).painted(
            (0.4, 0.33, 0.22), Material.CLOTH
        )
        for e in (-1, 1)
    ]
    return merged([cloth, *ropes])


def light_string(
    start: ArrayLike, end: ArrayLike, sag_m: float, lit: bool, color: ArrayLike
) -> Mesh:
    """Return a hanging wire with small bulbs."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    t = np.linspace(0, 1, 17)
    line = a + (b - a) * t[:, None]
    line[:, 1] -= sag_m * 4 * t * (1 - t)
    parts = [tube(line, 0.008, 4).painted((0.03, 0.03, 0.03))]
    kind = Material.GLOW if lit else Material.MATTE
    tint = np.asarray(color) * (7.0 if lit else 0.7)
    for point in line[1:-1]:
        parts.append(icosphere(1).scaled(0.045).moved(point - [0, 0.06, 0]).painted(tint, kind))
    return merged(parts)


@cache
def gull(kind: int) -> Mesh:
    """Return a gull in flight along -z, 1.2 m from tip to tip."""
    lift = (0.12, 0.26, 0.02)[kind % 3]
    body = lathe([[0.0, -0.24], [0.05, -0.18], [0.075, 0.0], [0.03, 0.16], [0.0, 0.26]], 8)
    body = body.turned(np.pi / 2, "x").painted((0.72, 0.72, 0.70))
    parts = [body]
    for side in (-1.0, 1.0):
        t = np.linspace(0, 1, 6)
        x, y = side * 0.62 * t, lift * np.sin(t * 2.3) + 0.02
        chord = 0.17 * (1 - t**2.2) + 0.01
        z = 0.10 * t**2
        points = np.stack(
            [np.stack([x, y, z - chord / 2], 1), np.stack([x, y, z + chord / 2], 1)], axis=1
        )
        tone = np.where(t > 0.85, 0.08, 0.55)[:, None, None] * np.ones((6, 2, 3))
        parts.append(
            mesh_from(
                points.reshape(-1, 3),
                grid_faces(6, 2),
                np.tile([0, 1.0, 0], (12, 1)),
                tone.reshape(-1, 3),
            )
        )
    return merged(parts)
