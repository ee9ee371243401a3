"""Where land meets the sea: the line itself, the swell and the surf."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, grid_faces, mesh_from
from ldm3d.data.noise import fbm
from ldm3d.data.terrain import Height, mix, smoothstep

Floats = NDArray[np.float32]

FOAM = np.array([0.74, 0.78, 0.80])


def value_at(field: Height, x: float, z: float) -> float:
    """Return a field's value at one place."""
    return float(field(np.array([x], np.float32), np.array([z], np.float32))[0])


@dataclass(frozen=True)
class Coast:
    """A winding shore line; the sea lies towards `sea_rad`, the land behind the eye."""

    sea_rad: float
    eye_in_m: float  # how far the water's edge is from the eye
    curve: float  # positive: a bay whose arms reach into the sea; negative: a cape
    wobble_m: float
    number: int

    def along(self, x: Floats, z: Floats) -> Floats:
        """Return metres along the shore."""
        return np.asarray(x * np.cos(self.sea_rad) + z * np.sin(self.sea_rad), np.float32)

    def edge(self, u: Floats) -> Floats:
        """Return how far out the water's edge lies at `u` metres along."""
        far = np.abs(u)
        bow = self.curve * u * u / (1 + far / 60)
        wave = fbm(u, np.zeros_like(u), 60, 3, self.number) * self.wobble_m
        return np.asarray(self.eye_in_m + bow + wave * smoothstep(2, 40, far), np.float32)

    def out(self, x: Floats, z: Floats) -> Floats:
        """Return metres from the water's edge, positive in the sea."""
        toward = x * np.sin(self.sea_rad) - z * np.cos(self.sea_rad)
        return np.asarray(toward - self.edge(self.along(x, z)), np.float32)

    def place(self, u: ArrayLike, out: ArrayLike) -> tuple[Floats, Floats]:
        """Return x and z of places `u` metres along and `out` metres beyond the edge."""
        run = np.asarray(u, np.float32)
        toward = np.asarray(out, np.float32) + self.edge(run)
        c, s = np.cos(self.sea_rad), np.sin(self.sea_rad)
        return (
            np.asarray(run * c + toward * s, np.float32),
            np.asarray(run * s - toward * c, np.float32),
        )


@dataclass(frozen=True)
class Surf:
    """How the sea looks: colors are linear albedo of what shines up from below."""

    wet: ArrayLike  # wet sand
    shallow: ArrayLike
    deep: ArrayLike
    reef: ArrayLike
    swash_m: float = 1.2  # how far the last wave runs up
    breaker_m: float = 0.35  # height of the waves that break
    phase: float = 0.0


def surf_sea(coast: Coast, surf: Surf, ground: Height, detail: float, far_m: float = 5000) -> Mesh:
    """Return the sea from the wet sand to the horizon, with breakers and foam.

    Its material parameter stays 0: the colors already are what the depth makes of them.
    """
    share = float(np.clip(detail, 0.2, 1.0)) ** 0.5
    half = int(110 * share)
    run = np.concatenate([[0], np.geomspace(0.25, far_m, half)])
    u = np.concatenate([-run[:0:-1], run])
    near = np.linspace(-5, 34, int(190 * share))
    out = np.concatenate([near, np.geomspace(35, far_m, int(46 * share))])
    ug, og = np.meshgrid(u.astype(np.float32), out.astype(np.float32))
    x, z = coast.place(ug, og)
    floor = ground(x, z)
    number = coast.number
    lobes = surf.swash_m * (1.0 + 1.3 * fbm(ug, np.zeros_like(ug), 9, 2, number + 2))
    fine = fbm(x, z, 1.3, 3, number + 3)
    edge = og + lobes  # metres seaward of the last wave's rim
    foam = np.exp(-((edge - 0.06) ** 2) / (0.05 + 0.03 * fine) ** 2) * (edge > -0.05)
    foam = foam + smoothstep(2.2, 0.0, edge) * smoothstep(0.12, 0.5, fine) * 0.8
    y = np.zeros_like(ug)
    lace = fbm(x, z, 3.0, 4, number + 4)
    for index in range(5):
        middle = 2.8 + 5.2 * index**1.12 + surf.phase * 3.0
        middle = middle + 2.6 * fbm(ug, np.full_like(ug, index * 31.0), 38, 2, number + 5 + index)
        off = og - middle
        strength = fbm(ug, np.full_like(ug, index * 57.0), 30, 2, number + 12 + index)
        strength = smoothstep(-0.45, 0.35, strength) * (1.0 - 0.12 * index)
        tall = surf.breaker_m * strength * (0.5 + 0.5 * min(index + 1, 3) / 3)
        y = y + tall * np.exp(-(np.where(off < 0, off / 0.45, off / 1.5) ** 2))
        front = smoothstep(-1.1, -0.15, off + 0.35 * fine) * smoothstep(0.5, 0.0, off + 0.3 * fine)
        wake = smoothstep(0.0, 0.4, off) * smoothstep(4.2, 0.5, off) * smoothstep(0.05, 0.4, lace)
        broken = smoothstep(0.25, 0.6, strength) if index < 4 else 0.0 * strength
        foam = foam + broken * (front + 0.75 * wake)
    far = smoothstep(30, 80, og)
    swell = fbm(x, z, 26, 3, number + 21) * 0.10 * smoothstep(3, 25, og)
    y = y + swell * (1 - smoothstep(300, 900, og))
    # On the beach the film of water follows the sand; beyond its rim it sinks below.
    film = np.where(edge > 0, floor + 0.012, floor - 0.25)
    y = np.where(og < 2.0, np.maximum(np.where(edge > 0, y * smoothstep(-0.5, 2, og), -9), film), y)
    depth = np.maximum(-floor, 0)
    color = mix(
        np.asarray(surf.wet), np.asarray(surf.shallow), smoothstep(0.02, 0.38, depth).ravel()
    )
    patch = fbm(x, z, 45, 4, number + 22)
    color = mix(
        color,
        np.asarray(surf.reef),
        (0.7 * smoothstep(0.15, 0.5, patch) * smoothstep(12, 30, og)).ravel(),
    )
    color = mix(color, np.asarray(surf.deep), smoothstep(1.2, 7.5, depth + patch).ravel())
    caps = smoothstep(0.62, 0.85, fbm(x, z, 7, 3, number + 23)) * far * surf.breaker_m
    cover = np.clip(foam + caps, 0, 1) * (edge > -0.06)
    color = mix(color, FOAM, cover.ravel())
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    faces = grid_faces(ug.shape[0], ug.shape[1])
    kept = (edge > -0.3).ravel()[faces].all(axis=1)
    up = np.tile(np.array([0, 1, 0], np.float32), (len(points), 1))
    return mesh_from(points, faces[kept], up, color, Material.WATER, 0.0)


def open_sea(
    ground: Height | None,
    number: int,
    detail: float,
    colors: tuple[ArrayLike, ArrayLike],
    wave_m: float,
    wind_rad: float = 0.0,
    far_m: float = 9000,
) -> Mesh:
    """Return the sea around the eye, with waves, white caps and foam where it meets the ground.

    Args:
        ground: height of land and sea bed; None: deep everywhere.
        number: of the noise.
        detail: share of small things, in (0, 1].
        colors: shallow and deep, linear albedo of what shines up.
        wave_m: height of the waves.
        wind_rad: where they run.
        far_m: radius of the whole.
    """
    share = float(np.clip(detail, 0.15, 1)) ** 0.5
    radii = np.concatenate(
        [np.linspace(0, 30, int(150 * share)), np.geomspace(30.5, far_m, int(190 * share))]
    )
    a = np.linspace(0, 2 * np.pi, int(760 * share), endpoint=False)
    x = (radii[:, None] * np.cos(a)).astype(np.float32)
    z = (radii[:, None] * np.sin(a)).astype(np.float32)
    c, s = np.cos(wind_rad), np.sin(wind_rad)
    u, v = x * c + z * s, (z * c - x * s) * 0.45
    swell = 0.55 * fbm(u, v, 24, 2, number) + 0.30 * fbm(u, v, 7, 2, number + 1)
    chop = 0.18 * fbm(u, v * 1.6, 2.2, 2, number + 2)
    calm = 1 / (1 + np.hypot(x, z) / 350)
    y = wave_m * (swell + chop) * calm
    floor = np.full_like(x, -20.0) if ground is None else ground(x, z)
    depth = np.maximum(-floor, 0)
    y = y * smoothstep(-0.2, 2.5, depth)
    color = mix(np.asarray(colors[0]), np.asarray(colors[1]), smoothstep(0.4, 7.0, depth).ravel())
    crest = smoothstep(0.25, 0.9, swell + chop)
    color = mix(color, np.asarray(colors[0]), (0.45 * crest).ravel())
    lace = fbm(x, z, 2.0, 3, number + 3)
    foam = smoothstep(1.5, 0.1, depth + 0.9 * lace) * (0.35 + 0.65 * smoothstep(-0.1, 0.3, lace))
    foam = foam + smoothstep(2.8, 1.6, depth) * smoothstep(0.22, 0.5, lace) * 0.7
    streak = fbm(u * 1.5, v, 9, 3, number + 4)
    caps = smoothstep(0.75, 1.15, crest + 0.5 * streak) * smoothstep(-0.15, 0.45, lace)
    foam = foam + caps * smoothstep(0.25, 0.9, wave_m)
    color = mix(
        color, FOAM, np.clip(foam, 0, 1).ravel() * smoothstep(0.0, 0.2, depth + 0.15).ravel()
    )
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    up = np.tile(np.array([0, 1, 0], np.float32), (len(points), 1))
    faces = grid_faces(x.shape[0], x.shape[1], wrap=True)
    wet = (floor < 0.6 + wave_m).ravel()[faces].any(axis=1)
    return mesh_from(points, faces[wet], up, color, Material.WATER, 0.0)
