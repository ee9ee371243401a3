"""The shape of glaciers: ice with crevasses or pools, the front over its lake."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.ice import crevasse
from ldm3d.data.land import Lane
from ldm3d.data.noise import fbm, ridged
from ldm3d.data.terrain import Height, smoothstep

Floats = NDArray[np.float32]

STONES = ((0.235, 0.23, 0.235), (0.28, 0.245, 0.21), (0.185, 0.195, 0.215))
POOL_M = -0.35
LAKE_M = -0.55


@dataclass(frozen=True)
class GlacierPlan:
    """What part of a glacier it is, and its measures."""

    kind: str  # crevasses, seracs, pools, front
    lane: Lane  # the glacier flows along it; its front lies aside of it
    way_rad: float
    gap_m: float
    near_m: float
    wall_m: float
    wall_at_m: float
    peaks_m: float
    blue: float
    bare: float
    stone: tuple[float, float, float]


def drawn_plan(rng: np.random.Generator, snow: float) -> GlacierPlan:
    """Return a glacier drawn at random; fresh `snow` hides its bare ice."""
    kind = str(rng.choice(["crevasses", "seracs", "pools", "front"], p=[0.27, 0.21, 0.2, 0.32]))
    turn = float(rng.uniform(0, 6.283))
    lane = Lane(
        turn,
        0.0,
        1.0,
        float(rng.uniform(8, 30)),
        float(rng.uniform(170, 330)),
        float(rng.uniform(0, 6)),
    )
    return GlacierPlan(
        kind, lane, turn + float(rng.normal(0.0, 0.25)), float(rng.uniform(5.5, 11)),
        float(rng.choice([-1, 1]) * rng.uniform(2.3, 3.4)), float(rng.uniform(18, 50)),
        float(rng.uniform(26, 85)), float(rng.uniform(550, 1500)), float(rng.uniform(0.2, 1.0)),
        float(rng.uniform(0.15, 0.95)) * (1 - 0.8 * snow), STONES[rng.integers(0, 3)],
    )  # fmt: skip


def pool_depth(plan: GlacierPlan, x: Floats, z: Floats, number: int) -> Floats:
    """Return how deep a pool or rill of meltwater lies, in metres; negative: how dry."""
    d = np.hypot(x, z)
    wide = fbm(x, z, 17, 3, number + 30) - 0.16 - 0.9 * smoothstep(3.2, 1.2, d)
    rill = np.abs(plan.lane.aside(x, z) - 4.5 - 2.2 * fbm(x, z, 14, 2, number + 31)) - 0.75
    deep = np.maximum(wide * 1.4, -rill * 0.55 - 0.5 * smoothstep(3.0, 1.5, d))
    return np.asarray(np.where(d < 90, deep, -1.0), np.float32)


def mountains(plan: GlacierPlan, x: Floats, z: Floats, number: int) -> Floats:
    """Return the height of the peaks around; the valley along the flow stays open."""
    d = np.hypot(x, z)
    warp = fbm(x, z, 900, 2, number + 3) * 220
    crest = np.clip(ridged(x + warp, z - warp, 3000, 4, number + 4) - 0.34, 0, 1) ** 1.15 * 2.0
    crest = crest * (0.55 + 0.8 * np.abs(fbm(x, z, 4200, 1, number + 5)))
    # The glacier's own valley stays open along its flow.
    aside = np.abs(plan.lane.aside(x, z)) / (d + 1.0)
    valley = 0.18 + 0.82 * smoothstep(0.05, 0.5, aside)
    return np.asarray(smoothstep(260, 2400, d) * plan.peaks_m * crest * valley, np.float32)


def ice_height(plan: GlacierPlan, number: int) -> Height:
    """Return the ice without its crevasses."""

    def height(x: Floats, z: Floats) -> Floats:
        d = np.hypot(x, z)
        y = fbm(x, z, 7, 2, number) * 0.16 + fbm(x, z, 38, 2, number + 1) * 1.5 * smoothstep(
            3, 30, d
        )
        if plan.kind == "pools":
            y = y * 0.6
            y = np.where(pool_depth(plan, x, z, number) > 0, np.minimum(y, POOL_M + 0.25), y)
            y = y - 1.4 * smoothstep(-0.06, 0.7, pool_depth(plan, x, z, number))
        if plan.kind == "seracs":
            rough = np.abs(fbm(x, z, 16, 3, number + 2)) * 5.0 * smoothstep(4, 14, d)
            y = y + rough * smoothstep(260, 90, d)
        y = y + fbm(x, z, 260, 2, number + 6) * 12 * smoothstep(40, 260, d)
        return np.asarray(y + mountains(plan, x, z, number), np.float32)

    return height


def front_height(plan: GlacierPlan, number: int) -> Height:
    """Return the shore, the lake's bed and the glacier behind its front."""

    def height(x: Floats, z: Floats) -> Floats:
        d, aside = np.hypot(x, z), plan.lane.aside(x, z)
        bay = aside - 3.4 + fbm(x, z, 26, 3, number + 7) * 5.0 * smoothstep(2, 14, d)
        y = np.where(bay > 0, -0.20 * bay, np.minimum(-0.07 * bay, 14.0))
        y = np.maximum(y, -6.0) + fbm(x, z, 3.5, 3, number) * 0.12
        y = y + fbm(x, z, 60, 3, number + 1) * 5.0 * smoothstep(10, 90, -bay)
        behind = aside - plan.wall_at_m
        ice = plan.wall_m * (0.93 + 0.2 * fbm(x, z, 50, 2, number + 8)) + 0.05 * np.maximum(
            behind, 0
        )
        y = y + smoothstep(7, 13, behind) * (np.minimum(ice, plan.wall_m + 160) + 6)
        return np.asarray(y + mountains(plan, x, z, number), np.float32)

    return height


def sastrugi(plan: GlacierPlan, x: Floats, z: Floats, number: int) -> Floats:
    """Return ridges that the wind leaves on snow, in about [-1, 1]."""
    c, s = np.cos(plan.way_rad + 0.9), np.sin(plan.way_rad + 0.9)
    u, v = x * c + z * s, z * c - x * s
    return np.asarray(fbm(u * 0.35, v * 1.25, 1.5, 3, number + 9) * 2, np.float32)


def drawn_height(plan: GlacierPlan, base: Height, number: int) -> Height:
    """Return the ground with its crevasses and the wind's ridges in the snow."""

    def height(x: Floats, z: Floats) -> Floats:
        d, y = np.hypot(x, z), base(x, z)
        if plan.kind == "front":
            return y
        y = y + 0.03 * sastrugi(plan, x, z, number) * smoothstep(16, 9, d)
        if plan.kind in ("crevasses", "seracs"):
            y = y - crevasse_depth(plan, x, z, number) * 7.0
        return np.asarray(y, np.float32)

    return height


def crevasse_depth(plan: GlacierPlan, x: Floats, z: Floats, number: int) -> Floats:
    """Return how deep a place lies in a crevasse, 0 to 1."""
    d = np.hypot(x, z)
    apart, half = crevasse(x, z, plan.way_rad, plan.gap_m, plan.near_m, number + 10)
    half = np.where(half > 0.05, half + 0.012 * d, 0.0)
    inside = np.clip(1 - apart / np.maximum(half, 1e-3), 0, 1) ** 0.55 * (half > 0)
    return np.asarray(inside * smoothstep(240, 130, d) * smoothstep(1.0, 1.6, d), np.float32)
