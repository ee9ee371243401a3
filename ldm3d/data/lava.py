"""What a volcano leaves: crust in plates over glowing rock, cones, ash clouds, ropes of lava."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, grid_faces, icosphere, merged, mesh_from, tube
from ldm3d.data.noise import fbm
from ldm3d.data.plants import rock
from ldm3d.data.scene import Floats, placed
from ldm3d.data.terrain import smoothstep


def plates(
    x: NDArray[np.floating], z: NDArray[np.floating], size_m: float, number: int
) -> tuple[Floats, Floats]:
    """Return metres to the next crack of a plated crust, and a random number of each plate.

    Args:
        x: metres, any shape.
        z: metres, same shape.
        size_m: a plate's width.
        number: of the noise.
    """
    wx = x + fbm(x, z, size_m * 0.7, 1, number) * size_m * 0.16
    wz = z + fbm(x, z, size_m * 0.7, 1, number + 1) * size_m * 0.16
    u, v = np.asarray(wx / size_m, np.float32), np.asarray(wz / size_m, np.float32)
    iu, iv = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    fu, fv = u - iu, v - iv
    first = np.full(np.shape(x), 9.0, np.float32)
    second = np.full(np.shape(x), 9.0, np.float32)
    own = np.zeros(np.shape(x), np.float32)
    table = np.random.default_rng(number).random((3, 64, 64)).astype(np.float32)
    for du in (-1, 0, 1):
        for dv in (-1, 0, 1):
            a, b = (iu + du) % 64, (iv + dv) % 64
            px = fu - (np.float32(du + 0.12) + np.float32(0.76) * table[0, a, b])
            pz = fv - (np.float32(dv + 0.12) + np.float32(0.76) * table[1, a, b])
            r = px * px + pz * pz
            nearer = r < first
            second = np.where(nearer, first, np.minimum(second, r))
            own = np.where(nearer, table[2, a, b], own)
            first = np.where(nearer, r, first)
    gap = np.sqrt(second) - np.sqrt(first)
    return np.asarray(gap * size_m * 0.5, np.float32), own


def molten(x: NDArray[np.floating], z: NDArray[np.floating], number: int, hot: ArrayLike) -> Floats:
    """Return the radiance (..., 3) of molten rock: yellow where it is hottest, else red."""
    heat = np.clip(0.55 + 0.7 * fbm(x, z, 2.6, 3, number) + np.asarray(hot), 0.05, 1.6)[..., None]
    dull, bright = np.array([1.0, 0.085, 0.008]), np.array([5.2, 1.25, 0.10])
    return np.asarray(dull + (bright - dull) * np.minimum(heat, 1.0) ** 2.2 * heat, np.float32)


@cache
def lava_block(kind: int, level: int = 2) -> Mesh:
    """Return one of some sharp cinder blocks of about 1 m radius."""
    rng = np.random.default_rng([kind, 61])
    mesh = rock(rng, level, 7, 0.0, 0.85)
    d = mesh.position / (np.linalg.norm(mesh.position, axis=1, keepdims=True) + 1e-9)
    wave = rng.standard_normal((6, 3)) * 9
    rough = 1 + 0.06 * np.sin(d @ wave.T + rng.random(6) * 6).sum(axis=1)
    return mesh_from(
        mesh.position * rough[:, None], mesh.faces, color=(0.045, 0.040, 0.040),
        material=Material.ROCK,
    )  # fmt: skip


@cache
def bomb(kind: int) -> Mesh:
    """Return one of three glowing lava bombs: a dark shell, cracks that shine."""
    rng = np.random.default_rng([kind, 62])
    ball = icosphere(4)
    gap, _ = plates(ball.position[:, 0] + 5 * ball.position[:, 1], ball.position[:, 2], 0.55, kind)
    shell = 1 - 0.13 * np.exp(-((gap / 0.032) ** 2))
    dark = mesh_from(
        ball.position * (shell * rng.uniform(0.9, 1.0))[:, None], ball.faces,
        color=(0.04, 0.034, 0.033), material=Material.ROCK,
    )  # fmt: skip
    core = icosphere(2).scaled(0.93).painted((2.2, 0.30, 0.03), Material.GLOW)
    return merged([dark, core])


@cache
def ropes(kind: int) -> Mesh:
    """Return one of three folds of ropy lava about 2 m wide, shining black."""
    rng = np.random.default_rng([kind, 63])
    parts = []
    for i in range(9):
        reach = 0.25 + 0.11 * i
        a = np.linspace(-0.95, 0.95, 12)
        wave = 1 + 0.06 * np.sin(a * 3 + i * 0.9)
        line = np.stack(
            [reach * 1.25 * np.sin(a) * wave, 0.015 + 0.03 * np.sin(i * 1.1) + 0 * a,
             reach * np.cos(a) * wave - 0.6], 1,
        )  # fmt: skip
        parts.append(tube(line, 0.06 * rng.uniform(0.85, 1.25), 6))
    return merged(parts).scaled((1, 0.7, 1)).painted((0.05, 0.047, 0.05), Material.ROCK)


def plume(
    rng: np.random.Generator, high_m: float, wide_m: float, drift: ArrayLike, tone: ArrayLike,
    glow: ArrayLike,
) -> tuple[Mesh, Floats]:  # fmt: skip
    """Return a cauliflower puff and its instances: a column of ash that leans with the wind.

    Args:
        rng: of the puffs.
        high_m: how high it rises.
        wide_m: its width at the foot.
        drift: (2,) x and z of its lean as a share of its height.
        tone: albedo of the ash.
        glow: multiplies the tint of the lowest puffs, from the fire below.
    """
    ball = icosphere(3)
    wave = rng.standard_normal((9, 3)) * np.repeat([3.2, 6.5, 12.0], 3)[:, None]
    phase = rng.random(9) * 6.283
    swell = np.abs(np.sin(ball.position @ wave.T + phase)) * np.repeat([0.10, 0.06, 0.03], 3)
    lump = 0.82 + swell.sum(axis=1)
    puff = mesh_from(ball.position * lump[:, None], ball.faces, color=tone, material=Material.SNOW)
    count = 120
    t = np.sort(rng.random(count) ** 0.8)
    girth = wide_m * (0.45 + 1.5 * t + 1.4 * np.clip(t - 0.7, 0, 1) * 3)
    lean = np.asarray(drift, np.float64)
    way = rng.random(count) * 6.283
    off = girth * rng.random(count) ** 0.5 * 0.75
    x = lean[0] * high_m * t**1.5 + off * np.cos(way)
    z = lean[1] * high_m * t**1.5 + off * np.sin(way)
    at = np.stack([x, high_m * t + rng.normal(0, 0.02, count) * high_m, z], 1)
    size = girth * rng.uniform(0.42, 0.75, count)
    shade = rng.uniform(0.75, 1.15, (count, 1)) * (0.6 + 0.6 * t[:, None])
    warm = 1 + (np.asarray(glow) - 1) * np.exp(-t / 0.10)[:, None]
    return puff, placed(at, size, way, shade * warm)


def cone_height(
    x: NDArray[np.floating], z: NDArray[np.floating], center: tuple[float, float], radius_m: float,
    high_m: float, number: int, crater: float = 0.13,
) -> Floats:  # fmt: skip
    """Return the height a volcano adds: concave slopes with gullies, a rim and a crater."""
    dx, dz = x - center[0], z - center[1]
    a = np.arctan2(dz, dx)
    uneven = 1 + 0.10 * np.sin(2 * a + number) + 0.05 * np.sin(5 * a + number * 2)
    r = np.hypot(dx, dz) / (radius_m * uneven)
    gully = np.abs(np.sin(a * 17 + 2.5 * fbm(x, z, radius_m * 0.6, 2, number)))
    rise = np.clip(1 - r, 0, 1) ** 1.75
    rise = rise - 0.035 * gully * smoothstep(0.0, 0.3, r) * np.clip(1 - r, 0, 1)
    rim = (1 - crater) ** 1.75 + 0.02 * np.sin(3 * a + number)
    bowl = rim - 0.16 * smoothstep(crater, crater * 0.35, r)
    return np.asarray(high_m * np.where(r < crater, np.minimum(bowl, rim), rise), np.float32)


def stream_sheet(line: NDArray[np.floating], width_m: NDArray[np.floating], number: int) -> Mesh:
    """Return a glowing ribbon along points (N, 3) on the ground, `width_m` (N,) wide."""
    spot = np.asarray(line, np.float64)
    way = np.gradient(spot[:, [0, 2]], axis=0)
    side = np.stack([-way[:, 1], way[:, 0]], 1)
    side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-9
    across = np.linspace(-1, 1, 5)
    x = spot[:, :1] + side[:, :1] * across * width_m[:, None]
    z = spot[:, 2:] + side[:, 1:] * across * width_m[:, None]
    y = np.broadcast_to(spot[:, 1:2], x.shape)
    glow = molten(x / 4, z / 4, number, 0.35 - 0.75 * np.abs(across) ** 2 + 0 * x)
    return mesh_from(
        np.stack([x, y, z], -1).reshape(-1, 3), grid_faces(len(spot), 5),
        color=glow.reshape(-1, 3), material=Material.GLOW,
    )  # fmt: skip
