"""The shape of lava fields: cones, plated crust, the melt under it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.land import Lane
from ldm3d.data.lava import (
    cone_height,
    plates,
)
from ldm3d.data.noise import fbm
from ldm3d.data.terrain import Height, smoothstep

Floats = NDArray[np.float32]

ROCKS = {
    "black": ((0.034, 0.031, 0.033), (0.060, 0.055, 0.056)),
    "rusty": ((0.055, 0.034, 0.028), (0.115, 0.058, 0.038)),
    "gray": ((0.060, 0.060, 0.064), (0.105, 0.102, 0.10)),
}


@dataclass(frozen=True)
class Cone:
    """One volcano."""

    at: tuple[float, float]
    radius_m: float
    high_m: float
    erupts: bool


@dataclass(frozen=True)
class VolcanoPlan:
    """What lava there is, and its measures."""

    kind: str  # field, river, lake, ash
    rock: str
    plate_m: float
    hot: float
    lane: Lane
    cones: tuple[Cone, ...]
    lake_m: float
    lake_at: tuple[float, float]


def drawn_plan(rng: np.random.Generator) -> VolcanoPlan:
    """Return a lava field and its volcanoes drawn at random."""
    kind = str(rng.choice(["field", "river", "lake", "ash"], p=[0.34, 0.28, 0.2, 0.18]))
    first = rng.uniform(0, 6.283)
    cones = []
    for i in range(int(rng.integers(1, 4))):
        far = rng.uniform(1300, 2900) if i == 0 else rng.uniform(500, 3200)
        way = first + (rng.uniform(0.8, 5.4) if i else 0.0)
        radius = far * (rng.uniform(0.66, 0.93) if i == 0 else rng.uniform(0.2, 0.5))
        high = radius * rng.uniform(0.6, 0.85)
        at = (float(far * np.sin(way)), float(-far * np.cos(way)))
        erupts = (i == 0 and rng.random() < 0.85) or rng.random() < 0.15
        cones.append(Cone(at, float(radius), float(high), bool(erupts)))
    lane = Lane(
        float(rng.uniform(0, 6.283)), float(rng.choice([-1, 1]) * rng.uniform(6.0, 9.5)),
        float(rng.uniform(2.0, 3.6)), float(rng.uniform(1.0, 5.0)), float(rng.uniform(35, 90)),
        float(rng.uniform(0, 6)),
    )  # fmt: skip
    lake, turn = float(rng.uniform(9, 26)), rng.uniform(0, 6.283)
    reach = lake + rng.uniform(3.5, 6)
    return VolcanoPlan(
        kind, str(rng.choice(list(ROCKS), p=[0.6, 0.22, 0.18])), float(rng.uniform(1.1, 2.6)),
        float(rng.uniform(0.1, 0.5)), lane, tuple(cones), lake,
        (float(reach * np.sin(turn)), float(-reach * np.cos(turn))),
    )  # fmt: skip


def volcano_height(plan: VolcanoPlan, number: int) -> Height:
    """Return the ground without its cracks."""

    def height(x: Floats, z: Floats) -> Floats:
        d = np.hypot(x, z)
        y = fbm(x, z, 9, 2, number) * 0.25 + fbm(x, z, 45, 3, number + 1) * 2.2 * smoothstep(
            6, 50, d
        )
        y = y + smoothstep(80, 900, d) * (0.3 + fbm(x, z, 500, 3, number + 2)) * 36
        for i, cone in enumerate(plan.cones):
            y = y + cone_height(x, z, cone.at, cone.radius_m, cone.high_m, number + 5 * i)
        if plan.kind == "river":
            y = y + 0.45 * np.exp(
                -(((plan.lane.distance(x, z) - plan.lane.half_m - 0.9) / 0.8) ** 2)
            )
        return np.asarray(y, np.float32)

    return height


def open_lava_m(plan: VolcanoPlan, x: Floats, z: Floats, number: int) -> Floats:
    """Return metres to open lava, negative inside."""
    if plan.kind == "river":
        wide = plan.lane.half_m * (1 + 0.3 * fbm(x, z, 9, 2, number + 20))
        return np.asarray(plan.lane.distance(x, z) - wide, np.float32)
    if plan.kind == "lake":
        d = np.hypot(x - plan.lake_at[0], z - plan.lake_at[1])
        return np.asarray(
            d - plan.lake_m * (1 + 0.16 * fbm(x, z, plan.lake_m, 3, number + 20)), np.float32
        )
    return np.full(np.shape(x), 99.0, np.float32)


def open_lava_at(plan: VolcanoPlan, x: float, z: float, number: int) -> float:
    """Return metres from one place to open lava."""
    at = open_lava_m(plan, np.array([x], np.float32), np.array([z], np.float32), number)
    return float(at[0])


def glowing(plan: VolcanoPlan, x: Floats, z: Floats, number: int) -> Floats:
    """Return how hot the ground below is, 0 to 1: where cracks shine."""
    field = (
        fbm(x, z, 22, 3, number + 21)
        + plan.hot
        + {"field": 0.1, "ash": -0.75}.get(plan.kind, -0.25)
    )
    hot = smoothstep(-0.05, 0.35, field) * smoothstep(120, 30, np.hypot(x, z))
    open_lava = smoothstep(2.5, 0.3, open_lava_m(plan, x, z, number))
    return np.asarray(np.maximum(hot, open_lava), np.float32)


def crust_and_melt(
    plan: VolcanoPlan, base: Height, number: int, detail: float
) -> tuple[Height, Height]:
    """Return the crust as drawn, cracked, and the melt's level under it."""
    ash = plan.kind == "ash"

    def crust(x: Floats, z: Floats) -> Floats:
        d, y = np.hypot(x, z), base(x, z)
        near = smoothstep(110, 60, d) * smoothstep(0.6, 1.7, d)
        gap, big = np.full((2, *x.shape), 9.0, np.float32)
        own, tilt = np.full((2, *x.shape), 0.5, np.float32)
        here = near > 0
        gap[here], own[here] = plates(x[here], z[here], plan.plate_m, number + 22)
        big[here], tilt[here] = plates(x[here], z[here], plan.plate_m * 4.2, number + 23)
        grid = 0.0045 * d / detail**0.45
        cut = (
            np.exp(-((gap / (0.055 + grid)) ** 2)) * 0.24
            + np.exp(-((big / (0.11 + grid)) ** 2)) * 0.40
        )
        rise = (own - 0.5) * 0.16 + (tilt - 0.5) * 0.5 * smoothstep(2, 9, d)
        rise = rise * (0.25 if ash else 1.0) + 0.03 * fbm(x, z, 0.8, 2, number + 24)
        bank = smoothstep(0.5, -0.4, open_lava_m(plan, x, z, number))
        islands = 0.16 * smoothstep(0.35, 0.6, own) if plan.kind != "ash" else 0.0
        y = y + near * (rise - cut * (0.3 if ash else 1.0)) * (1 - 0.75 * bank)
        return np.asarray(y - bank * (0.55 - islands - 0.25 * (own > 0.72)), np.float32)

    def melt(x: Floats, z: Floats) -> Floats:
        hot = glowing(plan, x, z, number)
        return np.asarray(base(x, z) - 0.24 - 0.9 * (1 - hot) + 0.06 * hot, np.float32)

    return crust, melt
