"""The shape of sand: dunes with sharp crests, ripples, footprints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.land import Lane
from ldm3d.data.noise import fbm
from ldm3d.data.terrain import (
    Height,
    point_on,
    scattered,
    smoothstep,
)

Floats = NDArray[np.float32]

SANDS = {
    "golden": (0.43, 0.275, 0.13),
    "pale": (0.47, 0.375, 0.25),
    "red": (0.36, 0.150, 0.065),
    "apricot": (0.45, 0.245, 0.115),
    "white": (0.56, 0.54, 0.50),
    "pink": (0.44, 0.27, 0.19),
}


@dataclass(frozen=True)
class DunePlan:
    """What is in the dunes, and their measures."""

    kind: str  # camp, caravan, oasis, rocks, bare
    sand: str
    wind_rad: float
    wave_m: float
    steep: float
    giant_m: float
    stand: str  # crest, slope, trough
    track: Lane | None
    pool_m: float


def drawn_plan(rng: np.random.Generator) -> DunePlan:
    """Return a desert drawn at random."""
    kind = str(
        rng.choice(["camp", "caravan", "oasis", "rocks", "bare"], p=[0.24, 0.2, 0.22, 0.2, 0.14])
    )
    wave = float(np.exp(rng.uniform(np.log(45), np.log(140))))
    track = None
    if rng.random() < 0.65:
        track = Lane(
            float(rng.uniform(0, 6.283)), float(rng.choice([-1, 1]) * rng.uniform(0.7, 1.8)), 0.25,
            float(rng.uniform(0.4, 2.0)), float(rng.uniform(14, 40)), float(rng.uniform(0, 6)),
        )  # fmt: skip
    return DunePlan(
        kind, str(rng.choice(list(SANDS))), float(rng.uniform(0, 6.283)), wave,
        float(rng.uniform(0.135, 0.20)), float(rng.uniform(35, 120)),
        "trough"
        if kind in ("oasis", "camp")
        else str(rng.choice(["crest", "slope", "trough"], p=[0.3, 0.25, 0.45])),
        track, float(rng.uniform(7, 13)) if kind == "oasis" else 0.0,
    )  # fmt: skip


def dune_ridge(x: Floats, z: Floats, way: float, wave_m: float, number: int) -> Floats:
    """Return dunes in [0, 1]: long rises with the wind, sharp crests, steep lee slopes."""
    u = x * np.cos(way) + z * np.sin(way)
    u = u + fbm(x, z, 2.4 * wave_m, 2, number) * 1.1 * wave_m
    part = (u / wave_m + 0.37) % 1.0
    rise = np.clip(part / 0.72, 0, 1.5) ** 1.3
    fall = np.clip((1 - part) / 0.3, 0, 1.5)
    gap = (fall - rise) / 0.14  # the crest is round enough for the grid not to notch it
    blend = np.clip(0.5 + 0.5 * gap, 0, 1)
    return np.asarray(fall + (rise - fall) * blend - 0.07 * blend * (1 - blend), np.float32)


def dune_height(plan: DunePlan, number: int) -> Height:
    """Return the dunes around any place, small ones near, giants far off."""

    def height(x: Floats, z: Floats) -> Floats:
        d = np.hypot(x, z)
        swell = np.clip(0.62 + 0.75 * fbm(x, z, 3.3 * plan.wave_m, 2, number + 1), 0.08, 1.4)
        y = dune_ridge(x, z, plan.wind_rad, plan.wave_m, number) * swell * plan.steep * plan.wave_m
        small = dune_ridge(x, z, plan.wind_rad + 0.5, plan.wave_m * 0.31, number + 3)
        patchy = smoothstep(-0.1, 0.5, fbm(x, z, 1.9 * plan.wave_m, 2, number + 4))
        y = y + small * patchy * plan.wave_m * 0.022
        if plan.giant_m:
            far = dune_ridge(x, z, plan.wind_rad - 0.3, 430.0, number + 5)
            y = y + far * smoothstep(60, 430, d) * plan.giant_m * (
                0.6 + 0.7 * fbm(x, z, 1500, 2, number + 6)
            )
        return np.asarray(y, np.float32)

    return height


def _footing(plan: DunePlan, height: Height, rng: np.random.Generator) -> tuple[float, float]:
    """Return where among the dunes to stand: high, half way or low, never on a steep slope."""
    x, z = scattered(rng, 400, 0, 260)
    y = height(x, z)
    slope = np.hypot(height(x + 1, z) - y, height(x, z + 1) - y)
    level = np.argsort(np.argsort(y)) / len(y)
    wish = {"crest": 0.97, "slope": 0.55, "trough": 0.10}[plan.stand]
    best = int(np.argmin(np.abs(level - wish) + 1.2 * np.maximum(slope - 0.16, 0)))
    return float(x[best]), float(z[best])


def wind_ripples(x: Floats, z: Floats, plan: DunePlan, number: int) -> Floats:
    """Return wind ripples in about [-1, 1], small at the feet, larger far off."""
    u = x * np.cos(plan.wind_rad) + z * np.sin(plan.wind_rad)
    u = u + fbm(x, z, 9.0, 2, number + 8) * 0.75
    d = np.hypot(x, z)
    small = np.sin(u / 0.36 * 6.283 + 0.7 * np.sin(u / 0.36 * 6.283)) * smoothstep(7.5, 4.0, d)
    large = np.sin(u / 1.5 * 6.283) * smoothstep(3.0, 8.0, d) * smoothstep(40, 18, d) * 0.8
    patch = smoothstep(-0.55, 0.05, fbm(x, z, 6.5, 2, number + 9))
    return np.asarray((small + large) * patch, np.float32)


def footprints(x: Floats, z: Floats, lane: Lane) -> Floats:
    """Return the depth of footprints along a way, 0 to 1, with a rim below 0."""
    along, aside = lane.along(x, z), lane.aside(x, z)
    step = 0.72
    left = np.round(along / step)
    side = np.where(left % 2 == 0, 0.15, -0.15)
    r = np.hypot((along - left * step) / 0.23, (aside - side) / 0.13)
    return np.asarray(
        (np.exp(-((r / 0.85) ** 4)) - 0.45 * np.exp(-(((r - 1.5) / 0.4) ** 2)))
        * (np.hypot(x, z) < 9),
        np.float32,
    )


def dune_surface(plan: DunePlan, number: int, rng: np.random.Generator) -> tuple[Height, Height]:
    """Return the ground as things stand on it, and as it is drawn, with ripples and prints."""
    dunes = dune_height(plan, number)
    ox, oz = _footing(plan, dunes, rng)
    way = rng.uniform(0, 6.283)
    reach = plan.pool_m + rng.uniform(3.5, 6.0)
    pool = (float(reach * np.sin(way)), float(-reach * np.cos(way)))

    def smooth(x: Floats, z: Floats) -> Floats:
        y = dunes(x + np.float32(ox), z + np.float32(oz))
        if plan.kind in ("camp", "oasis"):
            flat_m = 12.0 if plan.kind == "camp" else plan.pool_m + 9.0
            cx, cz = (0.0, 0.0) if plan.kind == "camp" else pool
            here = point_on(dunes, ox + cx, oz + cz)[1]
            d = np.asarray(np.hypot(x - cx, z - cz), np.float32)
            keep = 0.12 + 0.88 * smoothstep(flat_m, flat_m + 30, d)
            y = np.asarray(here + (y - here) * keep, np.float32)
            if plan.kind == "oasis":
                d = d * (1 + 0.16 * fbm(x, z, 11, 2, number + 12))
                y = y - 1.3 * smoothstep(plan.pool_m + 2.0, plan.pool_m * 0.4, d)
        return np.asarray(y, np.float32)

    def drawn(x: Floats, z: Floats) -> Floats:
        y = smooth(x, z) + 0.014 * wind_ripples(x, z, plan, number) * (
            1 + 1.3 * smoothstep(6, 12, np.hypot(x, z))
        )
        if plan.track is not None:
            y = y - 0.045 * footprints(x, z, plan.track)
        return np.asarray(y, np.float32)

    return smooth, drawn
