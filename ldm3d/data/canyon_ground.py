"""The shape of canyons: floors between walls, valleys, the cut seen from a rim."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.land import Lane
from ldm3d.data.noise import fbm
from ldm3d.data.rocks import Strata, strata
from ldm3d.data.terrain import Height, smoothstep

Floats = NDArray[np.float32]

PALETTES = {
    "red": ((0.36, 0.125, 0.06), (0.43, 0.19, 0.095), (0.29, 0.095, 0.05), (0.50, 0.31, 0.19)),
    "orange": ((0.46, 0.20, 0.08), (0.50, 0.27, 0.12), (0.38, 0.15, 0.065), (0.56, 0.38, 0.22)),
    "pink": ((0.46, 0.25, 0.17), (0.52, 0.36, 0.26), (0.40, 0.17, 0.11), (0.58, 0.48, 0.38)),
    "tawny": ((0.40, 0.28, 0.17), (0.34, 0.21, 0.12), (0.48, 0.37, 0.25), (0.28, 0.15, 0.09)),
    "painted": ((0.36, 0.13, 0.08), (0.50, 0.40, 0.27), (0.30, 0.17, 0.17), (0.46, 0.26, 0.10)),
}


@dataclass(frozen=True)
class CanyonPlan:
    """What kind of canyon it is, and its measures."""

    kind: str  # gorge, slot, buttes, rim
    colors: str
    lane: Lane
    half_m: float
    wall_m: float
    river: bool
    beds: Strata


def drawn_plan(rng: np.random.Generator) -> CanyonPlan:
    """Return a canyon drawn at random."""
    kind = str(rng.choice(["gorge", "slot", "buttes", "rim"], p=[0.38, 0.16, 0.28, 0.18]))
    colors = str(rng.choice(list(PALETTES), p=[0.3, 0.28, 0.15, 0.1, 0.17]))
    sizes: dict[str, tuple[tuple[float, float], ...]] = {  # half width, wall, bend, period
        "gorge": ((9, 19), (30, 75), (14, 32), (110, 190), (26, 26), (22, 22)),
        "slot": ((1.45, 2.1), (14, 28), (1.6, 3.2), (15, 26), (3.2, 3.2), (12, 12)),
        "buttes": ((30, 30), (80, 190), (20, 20), (300, 300), (60, 60), (16, 16)),
        "rim": ((800, 1400), (330, 560), (150, 400), (2600, 4600), (340, 340), (13, 13)),
    }
    half, wall, bend, period, beds_m, beds = (float(rng.uniform(*span)) for span in sizes[kind])
    side = float(rng.uniform(-0.3, 0.3)) * (half if kind != "slot" else 0.6)
    lane = Lane(
        float(rng.uniform(0, 6.283)),
        side,
        1.0,
        float(bend),
        float(period),
        float(rng.uniform(0, 6)),
    )
    river = kind in ("gorge", "rim") and bool(rng.random() < 0.6)
    layers = strata(rng, PALETTES[colors], float(beds_m), int(beds))
    return CanyonPlan(kind, colors, lane, float(half), float(wall), river, layers)


def floor_width(plan: CanyonPlan, along: NDArray[np.floating], number: int) -> Floats:
    """Return the half width of the floor along the way."""
    grow = 0.30 if plan.kind == "gorge" else 0.22
    wave = fbm(along, along * 0.3 + 9.0, plan.half_m * 6, 2, number + 1)
    return np.asarray(plan.half_m * (1 + grow * wave), np.float32)


def floor_height(plan: CanyonPlan, number: int) -> Height:
    """Return the floor between the walls, and the plateau behind them."""
    setback = 14.0 if plan.kind == "gorge" else 5.0

    def height(x: Floats, z: Floats) -> Floats:
        gap = plan.lane.distance(x, z)
        half = floor_width(plan, plan.lane.along(x, z), number)
        y = fbm(x, z, 3.0, 2, number + 2) * 0.10 + fbm(x, z, 18, 2, number + 3) * 0.5
        y = y + 0.055 * plan.half_m * smoothstep(0.55, 1.15, gap / half)
        if plan.river:
            y = y - 1.0 * smoothstep(0.52, 0.30, stream_part(plan, x, z, number))
        rise = smoothstep(0.6, 1.4, (gap - half) / setback)
        return np.asarray(y + rise * plan.wall_m * 0.93, np.float32)

    return height


def stream_part(plan: CanyonPlan, x: Floats, z: Floats, number: int) -> Floats:
    """Return 0 in the middle of the river, 1 at the walls; it swings from side to side."""
    along = plan.lane.along(x, z)
    swing = 0.42 * np.sin(along / (plan.half_m * 7) * 6.283 + number)
    part = plan.lane.aside(x, z) / plan.half_m - swing
    return np.asarray(np.abs(part) + 0.10 * fbm(x, z, 6, 2, number + 5), np.float32)


def _stairs(t: NDArray[np.floating], steps: int, steep: float) -> Floats:
    """Return [0, 1] to [0, 1] as flights: benches between cliffs."""
    part = t * steps
    low = np.floor(part)
    return np.asarray((low + smoothstep(1 - steep, 1, part - low)) / steps, np.float32)


def rim_height(plan: CanyonPlan, number: int) -> Height:
    """Return a plateau with the canyon cut into it in steps, its edge near the origin."""
    lane = replace(plan.lane, offset_m=0.0)

    def cut(x: Floats, z: Floats) -> Floats:
        warp = fbm(x, z, 900, 3, number + 2) * 420 + fbm(x, z, 110, 3, number + 3) * 20
        side = np.abs(fbm(x, z, 1100, 3, number + 4)) * 520
        gap = lane.distance(x, z) + warp + side
        return np.asarray(np.clip(1 - gap / plan.half_m, 0, 1), np.float32)

    def raw(x: Floats, z: Floats) -> Floats:
        t = cut(x, z)
        t = np.clip(t * 1.25, 0, 1)
        first = smoothstep(0.0, 0.012, t) * 0.07  # the edge itself is a cliff
        y = -plan.wall_m * (first + 0.93 * (0.35 * t + 0.65 * _stairs(t, 5, 0.30)))
        return np.asarray(y + 0.1 * fbm(x, z, 4, 2, number + 6) * (t <= 0), np.float32)

    ox, oz = _lookout(raw, plan, lane)

    def height(x: Floats, z: Floats) -> Floats:
        d = np.hypot(x, z)
        y = raw(x + ox, z + oz) * smoothstep(1.9, 4.2, d)
        far = fbm(x, z, 1500, 3, number + 7)
        y = y + smoothstep(2200, 3600, d) * np.maximum(far, 0) * 260
        return np.asarray(y, np.float32)

    return height


def _lookout(raw: Height, plan: CanyonPlan, lane: Lane) -> tuple[np.float32, np.float32]:
    """Return the place on the plateau with the most of the canyon around it."""
    rng = np.random.default_rng(1)
    along = rng.uniform(-1.5, 1.5, 2500) * plan.half_m
    aside = rng.uniform(-1.6, 1.6, 2500) * plan.half_m
    spots = np.array([lane.point(float(a), float(b)) for a, b in zip(along, aside, strict=True)])
    spots = spots[raw(*spots.T.astype(np.float32)) > -0.5]
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    score = np.zeros(len(spots))
    for reach, weight in ((5.0, 0.7), (14.0, 1.0), (40.0, 1.0), (150.0, 1.0)):
        x = (spots[:, :1] + reach * np.cos(angle)).astype(np.float32)
        z = (spots[:, 1:] + reach * np.sin(angle)).astype(np.float32)
        score += weight * (raw(x, z) < -6.0).mean(axis=1)
    best = spots[int(np.argmax(np.minimum(score, 2.6) + 0.001 * score))]
    return np.float32(best[0]), np.float32(best[1])


def valley_height(plan: CanyonPlan, number: int) -> Height:
    """Return a wide desert valley."""

    def height(x: Floats, z: Floats) -> Floats:
        d = np.hypot(x, z)
        y = fbm(x, z, 3.0, 2, number + 2) * 0.09 + fbm(x, z, 40, 3, number + 3) * 1.6 * smoothstep(
            2, 30, d
        )
        y = y + smoothstep(60, 900, d) * fbm(x, z, 500, 3, number + 4) * 22
        return np.asarray(y, np.float32)

    return height
