"""Ice: towers and bergs, chunks, crevasses, and what people and penguins bring to it."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, cylinder, icosphere, lathe, merged, mesh_from, tube
from ldm3d.data.noise import fbm
from ldm3d.data.plants import rock
from ldm3d.data.rocks import Strata
from ldm3d.data.scene import Floats
from ldm3d.data.terrain import mix, smoothstep

SNOW = np.array([0.78, 0.82, 0.88])
PALE = np.array([0.52, 0.70, 0.80])
BLUE = np.array([0.16, 0.42, 0.62])
DEEP = np.array([0.015, 0.105, 0.22])


def ice_beds(rng: np.random.Generator, blue: float) -> Strata:
    """Return beds of ice, from snow white to blue; `blue` in [0, 1] says how blue."""
    beds = 18
    thick = rng.exponential(1.0, beds) + 0.3
    share = np.clip(rng.random(beds) * (0.45 + 0.75 * blue), 0, 1)
    color = mix(PALE * 1.05, BLUE * 1.15, share)
    dirt = rng.random(beds) < 0.12
    color[dirt] *= np.array([0.62, 0.56, 0.52], np.float32)
    return Strata(
        16.0, np.cumsum(thick) / thick.sum(), color.astype(np.float64), rng.random(beds) * 0.5
    )


def frosted(mesh: Mesh, number: int, snow: float = 1.0, blue: float = 0.5) -> Mesh:
    """Return ice in its colors: snow on what faces up, blue in what faces down and low."""
    x, y, z = mesh.position.T
    up = mesh.normal[:, 1]
    high = (y - y.min()) / max(float(np.ptp(y)), 1e-6)
    patch = fbm(x * 1.0 + y * 0.7, z - y * 0.6, max(float(np.ptp(y)) * 0.5, 0.4), 3, number)
    deep = np.clip(0.75 * blue + 0.5 * patch - 0.35 * high + 0.25, 0, 1)
    color = mix(PALE, BLUE, deep)
    cover = smoothstep(0.42, 0.62, up + 0.15 * patch) * snow
    rgba = mesh.color.copy()
    rgba[:, :3] = mix(color, SNOW, cover)
    kind = np.where(cover > 0.5, float(Material.SNOW), float(Material.METAL))
    return Mesh(mesh.position, mesh.normal, mesh.texture, rgba, kind.astype(np.float32), mesh.faces)


def _broken(rng: np.random.Generator, level: int, cuts: int, stretch: ArrayLike) -> Mesh:
    """Return a block of about 1 m cut by planes, stretched, rough."""
    mesh = rock(rng, level, cuts, 0.0, 1.0)
    points = mesh.position * np.asarray(stretch, np.float32)
    d = mesh.position / (np.linalg.norm(mesh.position, axis=1, keepdims=True) + 1e-9)
    wave = rng.standard_normal((5, 3)) * 5
    rough = 1 + 0.035 * np.sin(d @ wave.T + rng.random(5) * 6).sum(axis=1)
    return mesh_from(points * rough[:, None], mesh.faces)


@cache
def serac(kind: int, snow: float = 1.0) -> Mesh:
    """Return one of some towers of ice about 2 m wide and 5 m tall, standing on the origin."""
    rng = np.random.default_rng([kind, 71])
    parts = []
    for i in range(int(rng.integers(2, 5))):
        tall = rng.uniform(1.4, 3.2) if i else 3.0
        block = _broken(
            rng, 3, int(rng.integers(6, 10)), (rng.uniform(0.6, 1.0), tall, rng.uniform(0.6, 1.0))
        )
        lean = block.turned(rng.normal(0, 0.13), "z").turned(rng.uniform(0, 6))
        at = rng.normal(0, 0.75, 2) * (i > 0)
        parts.append(lean.moved((at[0], tall * 0.62 - 0.4, at[1])))
    return frosted(merged(parts), kind, snow, 0.45 + 0.15 * (kind % 3))


@cache
def berg(kind: int) -> Mesh:
    """Return one of some icebergs about 2 m wide, floating with the water at y = 0."""
    rng = np.random.default_rng([kind, 72])
    table = kind % 3 == 0
    parts = [_broken(rng, 4, 9, (1.0, 0.55 if table else 0.85, 0.8)).moved((0, 0.10, 0))]
    for _ in range(0 if table else int(rng.integers(1, 4))):
        size = rng.uniform(0.35, 0.6)
        peak = _broken(rng, 3, 7, (size, size * rng.uniform(1.3, 2.3), size))
        at = rng.normal(0, 0.4, 2)
        parts.append(peak.turned(rng.normal(0, 0.2), "z").moved((at[0], 0.45, at[1])))
    mesh = frosted(merged(parts), kind, 1.0, 0.35 + 0.2 * (kind % 3))
    wet = smoothstep(0.14, 0.02, mesh.position[:, 1])
    mesh.color[:, :3] = mix(mesh.color[:, :3], np.array([0.10, 0.42, 0.50]), wet)
    return mesh


@cache
def ice_chunk(kind: int, snow: float = 0.3) -> Mesh:
    """Return one of some lumps of clear blue ice of about 1 m."""
    rng = np.random.default_rng([kind, 73])
    mesh = _broken(rng, 3, 8, (1.0, 0.7, 0.85))
    return frosted(mesh, kind, snow, 0.35 + 0.25 * (kind % 3))


def crevasse(
    x: NDArray[np.floating], z: NDArray[np.floating], way_rad: float, gap_m: float, near_m: float,
    number: int,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Return metres to the middle of the next crevasse and its half width; one is at `near_m`.

    Args:
        x: metres, any shape.
        z: metres, same shape.
        way_rad: direction across the crevasses.
        gap_m: between them.
        near_m: signed distance of the one beside the origin.
        number: of the noise.
    """
    u = x * np.cos(way_rad) + z * np.sin(way_rad)
    bend = fbm(x, z, gap_m * 5, 3, number) * gap_m * 0.7
    bend = bend - fbm(np.zeros(1), np.zeros(1), gap_m * 5, 3, number) * gap_m * 0.7
    part = (u - near_m + bend) / gap_m
    own = np.floor(part + 0.5)
    apart = np.abs(part - own) * gap_m
    v = z * np.cos(way_rad) - x * np.sin(way_rad)
    open_m = 0.42 * gap_m**0.5 * fbm(v + own * 37.0, own * 53.0, gap_m * 3.0, 2, number + 1)
    open_m = open_m + np.where(own == 0, 0.75, 0.36)
    return np.asarray(apart, np.float32), np.asarray(np.clip(open_m, 0.0, 1.6), np.float32)


def dome_tent(cloth: ArrayLike) -> Mesh:
    """Return an expedition tent 2.4 m wide with its poles, the door to +z."""
    a = np.linspace(0, np.pi / 2, 9)
    skin = lathe(np.stack([1.2 * np.cos(a) ** 0.8, 1.25 * np.sin(a)], 1), 24)
    angle = np.arctan2(skin.position[:, 0], skin.position[:, 2])
    skin = skin.painted(cloth, Material.CLOTH)
    door = (np.abs(angle) < 0.40) & (skin.position[:, 1] < 0.85)
    skin.color[door, :3] = np.asarray(cloth) * 0.35
    panel = (np.floor((angle + np.pi) / 1.0472) % 2 == 1) & ~door
    skin.color[panel, :3] = np.asarray(cloth) * 0.72
    parts = [skin]
    for turn in (0.6, 2.2):
        b = np.linspace(0, np.pi, 15)
        arc = np.stack(
            [1.24 * np.sign(np.cos(b)) * np.abs(np.cos(b)) ** 0.8, 1.29 * np.sin(b), 0 * b], 1
        )
        parts.append(tube(arc, 0.016, 5).turned(turn).painted((0.5, 0.5, 0.52), Material.METAL))
    return merged(parts)


@cache
def penguin(kind: int) -> Mesh:
    """Return a penguin 0.9 m tall, looking to +z."""
    rng = np.random.default_rng([kind, 74])
    black = (0.018, 0.020, 0.026)
    profile = [[0.0, 0.02], [0.13, 0.06], [0.19, 0.25], [0.18, 0.45], [0.11, 0.66], [0.085, 0.72],
               [0.10, 0.80], [0.07, 0.88], [0.0, 0.91]]  # fmt: skip
    body = lathe(profile, 16).painted(black)
    angle = np.arctan2(body.position[:, 0], body.position[:, 2])
    belly = (np.abs(angle) < 0.95) & (body.position[:, 1] < 0.68)
    body.color[belly, :3] = (0.72, 0.71, 0.66)
    cheek = (np.abs(np.abs(angle) - 1.1) < 0.4) & (np.abs(body.position[:, 1] - 0.74) < 0.05)
    body.color[cheek, :3] = (0.75, 0.45, 0.06)
    parts = [
        body,
        tube([[0, 0.80, 0.08], [0, 0.79, 0.19]], [0.022, 0.004], 6).painted((0.25, 0.10, 0.03)),
    ]
    for side in (-1, 1):
        out = rng.uniform(0.20, 0.30)
        wing = tube(
            [[side * 0.12, 0.62, 0], [side * out, 0.45, 0.02], [side * (out + 0.03), 0.26, 0]],
            [0.03, 0.05, 0.015],
            6,
        )
        parts.append(wing.painted(black))
        parts.append(
            icosphere(1)
            .scaled((0.05, 0.02, 0.08))
            .moved((side * 0.08, 0.02, 0.08))
            .painted((0.06, 0.045, 0.04))
        )
    return merged(parts)


def flag_pole(cloth: ArrayLike) -> Mesh:
    """Return a bamboo wand 1.9 m tall with a small flag."""
    pole = cylinder(0.018, 2.1, 6).moved((0, -0.2, 0)).painted((0.42, 0.30, 0.13), Material.WOOD)
    flag = mesh_from(
        [[0, 1.88, 0], [0, 1.60, 0], [0.26, 1.60, 0.05], [0.42, 1.70, -0.03], [0.24, 1.86, 0.04]],
        [[0, 1, 2], [0, 2, 4], [4, 2, 3]], color=cloth, material=Material.CLOTH,
    )  # fmt: skip
    return merged([pole, flag])


def cairn(rng: np.random.Generator, tone: ArrayLike) -> Mesh:
    """Return a pile of flat stones about 0.9 m tall."""
    parts, y = [], 0.0
    for i in range(7):
        size = 0.34 * (1 - i * 0.11)
        stone = rock(rng, 2, 9, 0.0, 0.42).scaled(size).turned(rng.uniform(0, 6))
        parts.append(stone.moved((rng.normal(0, 0.025), y + size * 0.3, rng.normal(0, 0.025))))
        y += size * 0.52
    return merged(parts).painted(tone)
