"""Things of a library: shelves of books, tables, chairs, lamps, a globe, a ladder."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.built import plank
from ldm3d.data.mesh import (
    Material,
    Mesh,
    box,
    cylinder,
    grid_faces,
    lathe,
    merged,
    mesh_from,
    sphere,
    tube,
)
from ldm3d.data.noise import volume_fbm
from ldm3d.data.prototypes import prototype

OAK = (0.145, 0.075, 0.036)
BRASS = (0.52, 0.34, 0.12)

_COVERS = np.array(
    [
        [0.23, 0.035, 0.025],
        [0.05, 0.10, 0.055],
        [0.035, 0.055, 0.13],
        [0.22, 0.13, 0.055],
        [0.10, 0.05, 0.03],
        [0.32, 0.24, 0.13],
        [0.13, 0.025, 0.045],
        [0.06, 0.06, 0.055],
    ]
)


def book_row(rng: np.random.Generator, wide_m: float, tall_m: float, deep_m: float) -> Mesh:
    """Return books standing along x on y = 0, spines to +z, with gilt bands; some lean."""
    parts: list[Mesh] = []
    x = -wide_m / 2
    while x < wide_m / 2 - 0.05:
        thick = float(rng.uniform(0.018, 0.052))
        high = float(tall_m * rng.uniform(0.62, 0.93))
        deep = float(deep_m * rng.uniform(0.72, 0.95))
        cover = _COVERS[rng.integers(len(_COVERS))] * rng.uniform(0.7, 1.3)
        book = box((thick * 0.96, high, deep), (0, high / 2, deep_m / 2 - deep / 2), 0.004)
        book = book.painted(cover, Material.CLOTH)
        bands = [book]
        if rng.random() < 0.7:
            for level in rng.uniform(0.1, 0.9, 2):
                band = box((thick * 0.97, 0.008, 0.002), (0, high * level, deep_m / 2 + 0.0005))
                bands.append(band.painted((0.55, 0.38, 0.12), Material.METAL))
        whole = merged(bands)
        if rng.random() < 0.04:
            whole = whole.turned(rng.uniform(-0.16, -0.08), "z")
            thick += high * 0.11
        parts.append(whole.moved((x + thick / 2, 0, 0)))
        x += thick + (rng.uniform(0.03, 0.16) if rng.random() < 0.03 else 0.0008)
    return merged(parts)


@prototype
def bookcase(
    rng: np.random.Generator, wide_m: float = 2.6, tall_m: float = 3.4, rows: int = 8
) -> Mesh:
    """Return a full bookcase along x, its front to +z, with cornice and plinth."""
    deep = 0.36
    parts = [plank((wide_m, tall_m, 0.03), (0, tall_m / 2, -deep / 2), (0.06, 0.032, 0.016), rng)]
    for x in (-wide_m / 2, 0.0, wide_m / 2):
        parts.append(plank((0.055, tall_m, deep), (x, tall_m / 2, 0), OAK, rng))
        fluted = plank((0.09, tall_m, 0.03), (x, tall_m / 2, deep / 2 + 0.01), OAK, rng)
        parts.append(fluted)
    foot = 0.42
    step = (tall_m - foot - 0.08) / rows
    parts.append(plank((wide_m, foot, deep + 0.1), (0, foot / 2, 0.03), OAK, rng, 0.02))
    for row in range(rows + 1):
        y = foot + row * step
        parts.append(plank((wide_m, 0.03, deep), (0, y, 0), OAK, rng))
    for row in range(rows):
        for x in (-wide_m / 4, wide_m / 4):
            books = book_row(rng, wide_m / 2 - 0.08, step - 0.05, 0.27)
            parts.append(books.moved((x, foot + row * step + 0.016, 0.02)))
    for i, (y, out) in enumerate(((0.03, 0.05), (0.09, 0.10), (0.15, 0.15))):
        size = (wide_m + out, 0.06, deep + out)
        parts.append(plank(size, (0, tall_m + y - 0.03, out / 2), OAK, rng, 0.01 + 0.004 * i))
    return merged(parts)


def turned_leg(height_m: float, radius_m: float = 0.045) -> Mesh:
    """Return a lathe-turned table leg."""
    t = np.array([0, 0.04, 0.06, 0.12, 0.2, 0.45, 0.62, 0.7, 0.74, 0.78, 0.8, 1.0])
    r = np.array([0.5, 0.7, 0.6, 0.45, 0.55, 0.85, 1.0, 0.7, 0.95, 0.7, 0.9, 0.9])
    profile = np.stack([r * radius_m, t * height_m], axis=1)
    return lathe(profile, 16).painted(OAK, Material.WOOD)


@prototype
def table(rng: np.random.Generator, long_m: float = 2.4, deep_m: float = 1.05) -> Mesh:
    """Return a reading table along x, 0.77 m high, with a leather inlay."""
    parts = [
        plank((long_m, 0.045, deep_m), (0, 0.75, 0), (0.19, 0.09, 0.04), rng, 0.012),
        plank((long_m - 0.18, 0.1, deep_m - 0.18), (0, 0.68, 0), OAK, rng),
        box((long_m - 0.5, 0.004, deep_m - 0.3), (0, 0.774, 0)).painted(
            (0.02, 0.06, 0.035), Material.CLOTH
        ),
    ]
    for x in (-1, 1):
        for z in (-1, 1):
            parts.append(
                turned_leg(0.68, 0.055).moved((x * (long_m / 2 - 0.14), 0, z * (deep_m / 2 - 0.14)))
            )
    return merged(parts)


@prototype
def chair(rng: np.random.Generator) -> Mesh:
    """Return a spindle-backed chair facing -z."""
    parts = [
        plank((0.45, 0.035, 0.43), (0, 0.45, 0), (0.17, 0.08, 0.036), rng, 0.012),
        box((0.38, 0.035, 0.36), (0, 0.48, 0), 0.015).painted((0.16, 0.02, 0.018), Material.CLOTH),
    ]
    for x in (-0.19, 0.19):
        parts.append(turned_leg(0.44, 0.025).moved((x, 0, -0.18)))
        back = tube([[x, 0, 0.19], [x, 0.45, 0.19], [x * 1.02, 1.0, 0.27]], 0.021, 10)
        parts.append(back.painted(OAK, Material.WOOD))
    for i in range(5):
        x = -0.13 + 0.065 * i
        rod = tube([[x, 0.46, 0.195], [x, 0.92, 0.26]], 0.009, 7)
        parts.append(rod.painted(OAK, Material.WOOD))
    arc = np.linspace(-0.21, 0.21, 12)
    top = np.stack([arc, 0.98 + 0.05 * np.cos(arc * 7), 0.265 + 0 * arc], axis=1)
    parts.append(tube(top, 0.026, 10).painted(OAK, Material.WOOD))
    return merged(parts)


@prototype
def bankers_lamp(glow: ArrayLike = (10, 7.2, 3.6)) -> Mesh:
    """Return a brass lamp with a green glass shade; the bulb is at (0, 0.36, 0.03)."""
    foot = lathe([[0.0, 0.03], [0.03, 0.03], [0.085, 0.018], [0.10, 0.0]], 24)
    stem = tube([[0, 0.02, 0], [0, 0.30, 0], [0, 0.40, 0.0], [0, 0.43, 0.03]], 0.009, 10)
    arc = np.linspace(-0.2, np.pi * 0.95, 14)
    x = np.linspace(-0.14, 0.14, 9)
    bend = 0.075 * np.array([0.86, 0.97, 1, 1, 1, 1, 1, 0.97, 0.86])
    point = np.stack(
        [
            np.broadcast_to(x[:, None], (9, 14)),
            0.37 + bend[:, None] * np.sin(arc)[None],
            0.03 + bend[:, None] * np.cos(arc)[None] * 1.05,
        ],
        axis=-1,
    )
    shade = mesh_from(
        point.reshape(-1, 3), grid_faces(9, 14), color=(0.03, 0.30, 0.10), material=Material.GLOW
    )
    bulb = (
        sphere(0.028, 8, 12)
        .scaled((2.6, 1, 1))
        .moved((0, 0.365, 0.03))
        .painted(glow, Material.GLOW)
    )
    return merged([merged([foot, stem]).painted(BRASS, Material.METAL), shade, bulb])


def open_book(rng: np.random.Generator) -> Mesh:
    """Return an open book about 0.4 m wide lying on y = 0."""
    t = np.linspace(-1, 1, 25)
    lift = 0.028 * np.sqrt(np.clip(1 - np.abs(t), 0, 1)) * np.clip(np.abs(t) * 8, 0.25, 1) + 0.006
    point = np.stack([np.stack([0.2 * t, lift, np.full(25, z)], 1) for z in (-0.14, 0.14)])
    pages = mesh_from(point.reshape(-1, 3), grid_faces(2, 25), color=(0.66, 0.58, 0.43))
    cover = box((0.43, 0.008, 0.30), (0, 0.004, 0)).painted((0.2, 0.04, 0.03), Material.CLOTH)
    lines = []
    for side in (-1, 1):
        for i in range(13):
            x0, x1 = side * 0.035, side * 0.17 * (1.0 if rng.random() < 0.8 else 0.7)
            xs = np.linspace(x0, x1, 4)
            ys = np.interp(np.abs(xs) / 0.2, np.abs(t[12:]), lift[12:]) + 0.0012
            z = -0.11 + i * 0.018
            line = np.stack([np.stack([xs, ys, np.full(4, z + dz)], 1) for dz in (0, 0.005)])
            lines.append(mesh_from(line.reshape(-1, 3), grid_faces(2, 4), color=(0.12, 0.10, 0.08)))
    return merged([pages, cover, *lines])


def book_stack(rng: np.random.Generator, count: int = 4) -> Mesh:
    """Return closed books lying on each other."""
    parts, y = [], 0.0
    for _ in range(count):
        thick = rng.uniform(0.025, 0.06)
        size = (rng.uniform(0.17, 0.24), thick, rng.uniform(0.24, 0.31))
        cover = box(size, (0, 0, 0), 0.004).painted(
            _COVERS[rng.integers(len(_COVERS))], Material.CLOTH
        )
        pages = box((size[0] - 0.01, thick - 0.012, size[2] + 0.002), (0.008, 0, 0)).painted(
            (0.6, 0.53, 0.4)
        )
        parts.append(
            merged([cover, pages]).turned(rng.normal(0, 0.25)).moved((0, y + thick / 2, 0))
        )
        y += thick
    return merged(parts)


@prototype
def globe(rng: np.random.Generator) -> Mesh:
    """Return a floor globe 1.15 m high."""
    ball = sphere(0.33, 48, 72)
    volume = volume_fbm()[::2, ::2, ::2, 3]
    at = ((ball.position / 0.33 * 11 + 31) % 64).astype(int)
    land = volume[at[:, 2], at[:, 1], at[:, 0]] > 0.53
    tint = np.where(land[:, None], [0.34, 0.23, 0.10], [0.055, 0.13, 0.14])
    rgba = ball.color.copy()
    rgba[:, :3] = tint
    ball = replace(ball, color=rgba).turned(0.4, "z").moved((0, 0.78, 0))
    a = np.linspace(0, 2 * np.pi, 60)
    ring = tube(np.stack([0.39 * np.cos(a), np.full(60, 0.78), 0.39 * np.sin(a)], 1), 0.022, 8)
    hoop = tube(np.stack([0.355 * np.cos(a), 0.78 + 0.355 * np.sin(a), 0 * a], 1), 0.010, 8)
    parts = [ball, ring.painted(OAK, Material.WOOD), hoop.painted(BRASS, Material.METAL)]
    for i in range(4):
        angle = i * np.pi / 2 + 0.4
        x, z = np.cos(angle), np.sin(angle)
        leg = tube(
            [
                [0.39 * x, 0.77, 0.39 * z],
                [0.34 * x, 0.4, 0.34 * z],
                [0.12 * x, 0.16, 0.12 * z],
                [0.36 * x, 0, 0.36 * z],
            ],
            0.02,
            9,
        )
        parts.append(leg.painted(OAK, Material.WOOD))
    return merged(parts)


@prototype
def ladder(tall_m: float = 3.2) -> Mesh:
    """Return a leaning library ladder, its foot at z = 0.75 and its head at z = 0."""
    parts = []
    for x in (-0.22, 0.22):
        parts.append(tube([[x, 0, 0.75], [x, tall_m, 0]], 0.024, 9).painted(OAK, Material.WOOD))
    for i in range(1, int(tall_m / 0.29)):
        t = i * 0.29 / tall_m
        rung = tube(
            [[-0.22, t * tall_m, 0.75 * (1 - t)], [0.22, t * tall_m, 0.75 * (1 - t)]], 0.016, 8
        )
        parts.append(rung.painted(OAK, Material.WOOD))
    return merged(parts)


@prototype
def chandelier(radius_m: float, glow: ArrayLike, candles: int = 12, chain_m: float = 3.0) -> Mesh:
    """Return a ring of candles about the origin hanging on chains."""
    a = np.linspace(0, 2 * np.pi, 49)
    parts = []
    for r, y in ((radius_m, 0.0), (radius_m * 0.55, 0.42)):
        ring = np.stack([r * np.cos(a), np.full(49, y), r * np.sin(a)], axis=1)
        parts.append(tube(ring, 0.024, 8).painted(BRASS, Material.METAL))
        count = candles if y == 0 else candles // 2
        for i in range(count):
            angle = i / count * 6.2832
            at = np.array([r * np.cos(angle), y, r * np.sin(angle)])
            cup = lathe([[0.012, 0.0], [0.05, 0.04], [0.055, 0.05]], 12).painted(
                BRASS, Material.METAL
            )
            wax = cylinder(0.018, 0.13, 10).painted((0.75, 0.68, 0.52)).moved((0, 0.03, 0))
            flame = lathe([[0.0, 0.16], [0.017, 0.185], [0.012, 0.215], [0.0, 0.25]], 10)
            parts.append(merged([cup, wax, flame.painted(glow, Material.GLOW)]).moved(at))
    for i in range(4):
        angle = i * np.pi / 2
        way = np.array([np.cos(angle), 0, np.sin(angle)])
        parts.append(
            tube(
                np.array([way * radius_m, way * radius_m * 0.55 + [0, 0.42, 0], [0, 1.2, 0]]),
                0.009,
                6,
            ).painted(BRASS, Material.METAL)
        )
    parts.append(
        tube([[0, 1.2, 0], [0, 1.2 + chain_m, 0]], 0.013, 6).painted(BRASS, Material.METAL)
    )
    return merged(parts)


@prototype
def railing(length_m: float, tall_m: float = 0.95) -> Mesh:
    """Return a balustrade along x on y = 0."""
    parts: list[Mesh] = []
    for y, r in ((0.05, 0.03), (tall_m, 0.04)):
        rail = tube([[-length_m / 2, y, 0], [length_m / 2, y, 0]], r, 10)
        parts.append(rail.painted(OAK, Material.WOOD))
    baluster = turned_leg(tall_m - 0.08, 0.032)
    count = int(length_m / 0.19)
    spots: NDArray[np.float64] = (np.arange(count) + 0.5) / count * length_m - length_m / 2
    parts += [baluster.moved((float(x), 0.05, 0)) for x in spots]
    return merged(parts)
