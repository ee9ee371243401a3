"""Moons and ringed planets in the sky: far meshes that the renderer adds to the sky's light."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, grid_faces, merged, mesh_from, rotation
from ldm3d.data.noise import fbm
from ldm3d.data.terrain import mix, smoothstep

Doubles = NDArray[np.float64]

FAR_M = 120_000.0
"""Beyond `HEAVEN_M` of the shaders: depth is that of the sky, and air and clouds lie before it."""


def _axis(tilt: float, turn: float) -> Doubles:
    return np.asarray(rotation(turn, "y") @ rotation(tilt, "z"), np.float64)


def _banded(d: Doubles, number: int, tones: ArrayLike) -> Doubles:
    """Return a gas planet's colors: bands of latitude, stirred."""
    table = np.asarray(tones, np.float64)
    lon = np.arctan2(d[:, 2], d[:, 0])
    swirl = fbm(np.cos(lon) * 3 + d[:, 1], np.sin(lon) * 3 - d[:, 1], 1.6, 4, number)
    y = d[:, 1] + 0.035 * swirl
    wave = 0.5 + 0.55 * fbm(y * 4.0, 0 * y + 3.0, 1.5, 4, number + 1)
    color = mix(table[0], table[1], smoothstep(0.15, 0.85, wave))
    return np.asarray(mix(color, table[2], smoothstep(0.55, 0.95, 0.5 + 0.6 * np.sin(9 * y))))


def _cratered(d: Doubles, number: int, tones: ArrayLike) -> Doubles:
    """Return a rocky moon's colors: dark seas and bright rings."""
    table = np.asarray(tones, np.float64)
    sea = fbm(d[:, 0] + 2 * d[:, 1], d[:, 2] - 2 * d[:, 1], 1.3, 5, number)
    color = mix(table[0], table[1] * 0.55, smoothstep(-0.05, 0.35, sea))
    rng = np.random.default_rng(number)
    for _ in range(26):
        way = rng.standard_normal(3)
        way /= np.linalg.norm(way)
        size = rng.uniform(0.05, 0.24)
        apart = np.arccos(np.clip(d @ way, -1, 1)) / size
        ring = np.exp(-(((apart - 1) / 0.16) ** 2)) - 0.6 * smoothstep(1.0, 0.6, apart)
        color = np.asarray(color * (1 + 0.45 * ring)[:, None], np.float32)
    return np.asarray(color, np.float64)


def globe(
    number: int, tones: ArrayLike, banded: bool, light: Doubles, axis: Doubles, level: int = 64
) -> Mesh:
    """Return a unit sphere about the origin, lit from `light` (3,), for far away.

    Args:
        number: of the noise.
        tones: (3, 3) colors.
        banded: a gas planet, else a rocky moon.
        light: towards the sun, unit.
        axis: (3, 3) turns its poles.
        level: rows of vertices.
    """
    lat = np.linspace(-np.pi / 2, np.pi / 2, level)
    lon = np.linspace(0, 2 * np.pi, level * 2, endpoint=False)
    own = np.stack(
        [
            np.cos(lat)[:, None] * np.cos(lon),
            np.broadcast_to(np.sin(lat)[:, None], (level, level * 2)),
            np.cos(lat)[:, None] * np.sin(lon),
        ],
        axis=-1,
    ).reshape(-1, 3)
    color = (_banded if banded else _cratered)(own, number, tones)
    d = own @ axis.T
    lit = smoothstep(-0.12, 0.75, d @ light) ** 0.8
    return mesh_from(
        d, grid_faces(level, level * 2, wrap=True), d, color * np.asarray(lit)[:, None],
        Material.GLOW,
    )  # fmt: skip


def rings(number: int, tone: ArrayLike, light: Doubles, axis: Doubles) -> Mesh:
    """Return the rings around a unit globe, with gaps and the globe's shadow."""
    rng = np.random.default_rng(number)
    edges = [1.32]
    while edges[-1] < 2.15:
        edges.append(edges[-1] + float(rng.uniform(0.03, 0.16)))
    angle = np.linspace(0, 2 * np.pi, 144, endpoint=False)
    parts = []
    for inner, outer in pairwise(edges):
        if rng.random() < 0.16:
            continue
        radii = np.array([inner, outer - 0.012])
        flat = np.stack(
            [
                radii[:, None] * np.cos(angle),
                np.zeros((2, len(angle))),
                radii[:, None] * np.sin(angle),
            ],
            axis=-1,
        ).reshape(-1, 3)
        at = flat @ axis.T
        along = at @ light
        aside = np.linalg.norm(at - along[:, None] * light, axis=1)
        shade = np.where((along < 0) & (aside < 1.0), 0.06, 1.0)
        color = np.asarray(tone) * float(rng.uniform(0.35, 1.1)) * shade[:, None]
        parts.append(
            mesh_from(
                at,
                grid_faces(2, len(angle), wrap=True),
                np.tile(axis[:, 1], (len(at), 1)),
                color,
                Material.GLOW,
            )
        )
    return merged(parts)


def planet(
    way: ArrayLike,
    radius_deg: float,
    sun: ArrayLike,
    tones: ArrayLike,
    number: int,
    *,
    banded: bool = True,
    ring: ArrayLike | None = None,
    tilt: float = 0.4,
    turn: float = 0.0,
    farther: float = 1.0,
) -> Mesh:
    """Return a planet or moon where it is to be seen; cast no shadows with it.

    Args:
        way: (3,) towards it, unit.
        radius_deg: how large it looks.
        sun: (3,) towards the sun; the phase is kept from being a thin crescent.
        tones: (3, 3) colors.
        number: of its noise.
        banded: a gas planet, else a rocky moon.
        ring: color of its rings, if it has any.
        tilt: of its axis, radians.
        turn: which way the axis leans, radians.
        farther: times the usual distance, where one stands before another.
    """
    toward = np.asarray(way, np.float64)
    light = np.asarray(sun, np.float64) - 1.25 * toward
    light /= np.linalg.norm(light)
    axis = _axis(tilt, turn)
    level = 64 if radius_deg > 4 else 28
    parts = [globe(number, tones, banded, light, axis, level)]
    if ring is not None:
        parts.append(rings(number + 1, ring, light, axis))
    far = FAR_M * farther
    return merged(parts).scaled(far * np.sin(np.radians(radius_deg))).moved(toward * far)
