"""How a village lies: its lane or green, which houses it is made of, where they stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.cottages import Cottage, CottageStyle, cottage
from ldm3d.data.country import build_dry_wall, ground_line, picket_fence
from ldm3d.data.forest_floor import blossoms
from ldm3d.data.land import Land, Lane
from ldm3d.data.look import Look
from ldm3d.data.scene import Color, Lamp, placed
from ldm3d.data.terrain import point_on
from ldm3d.data.woodland import bush

Floats = NDArray[np.float32]
Home = tuple[float, float, float, Cottage]  # x, z, yaw of a house near the eye

REGIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[Color, ...]]] = {
    "half-timbered": (
        ("timber",), ("tiles", "tiles", "thatch"),
        ((0.60, 0.56, 0.47), (0.58, 0.47, 0.28), (0.55, 0.40, 0.32), (0.62, 0.60, 0.55)),
    ),
    "stone": (
        ("stone",), ("slate", "thatch", "tiles"),
        ((0.38, 0.33, 0.24), (0.30, 0.285, 0.26), (0.42, 0.35, 0.23)),
    ),
    "whitewashed": (
        ("plaster",), ("thatch", "slate", "tiles"),
        ((0.66, 0.64, 0.60), (0.64, 0.60, 0.50), (0.60, 0.50, 0.44), (0.50, 0.58, 0.60)),
    ),
    "wooden": (
        ("boards",), ("tiles", "slate"),
        ((0.30, 0.045, 0.03), (0.45, 0.32, 0.08), (0.24, 0.15, 0.09), (0.50, 0.50, 0.47)),
    ),
}  # fmt: skip
ROOFS = {
    "tiles": ((0.27, 0.095, 0.05), (0.20, 0.075, 0.045), (0.30, 0.14, 0.075)),
    "slate": ((0.11, 0.115, 0.13), (0.15, 0.145, 0.14)),
    "thatch": ((0.31, 0.235, 0.115), (0.27, 0.225, 0.145)),
}


@dataclass(frozen=True)
class VillagePlan:
    """What a seed decides about a village."""

    shape: str  # lane, green, edge
    region: str
    paving: str  # cobbles, gravel, earth
    border: str  # wall, picket, hedge, none
    lane: Lane
    square_m: float  # radius of the open place around `middle`
    middle: tuple[float, float]


def village_plan(rng: np.random.Generator) -> VillagePlan:
    """Draw a village's plan."""
    shape = str(rng.choice(["lane", "lane", "green", "edge"]))
    half = float(rng.uniform(1.7, 2.9))
    lane = Lane(
        float(rng.uniform(0, 6.283)), float(rng.uniform(-0.6, 0.6) * half), half,
        float(rng.uniform(0.3, 3.0)), float(rng.uniform(60, 120)), float(rng.uniform(0, 6)),
    )  # fmt: skip
    a, r = rng.uniform(0, 6.283), rng.uniform(3.5, 8.0)
    square = float(rng.uniform(9, 14)) if shape == "green" else 0.0
    return VillagePlan(
        shape, str(rng.choice(list(REGIONS))), str(rng.choice(["cobbles", "gravel", "earth"])),
        str(rng.choice(["wall", "picket", "hedge", "none"])), lane, square,
        (float(r * np.sin(a)), float(-r * np.cos(a))),
    )  # fmt: skip


def paved(plan: VillagePlan, x: Floats, z: Floats) -> Floats:
    """Return metres inside the paved ground, negative outside."""
    inside = plan.lane.half_m - plan.lane.distance(x, z)
    if plan.square_m:
        around = np.hypot(x - plan.middle[0], z - plan.middle[1])
        ring = 2.6 - np.abs(around - plan.square_m * 0.72)  # a road about the green
        inside = np.maximum(np.where(around < plan.square_m * 0.72, -9, inside), ring)
    return np.asarray(inside, np.float32)


def _houses(rng: np.random.Generator, plan: VillagePlan, look: Look, count: int) -> list[Cottage]:
    """Return the few cottages of which the village is made."""
    walls, roofs, paints = REGIONS[plan.region]
    roof = str(rng.choice(roofs))
    doors = ((0.10, 0.20, 0.16), (0.30, 0.05, 0.04), (0.08, 0.14, 0.30), (0.24, 0.15, 0.08))
    petals = ((0.58, 0.05, 0.06), (0.62, 0.20, 0.40), (0.70, 0.50, 0.05))
    made = []
    colors = ROOFS[roof]
    trims = ((0.58, 0.56, 0.52), (0.16, 0.10, 0.06))
    for _ in range(count):
        style = CottageStyle(
            wall=walls[0],
            roof=roof,
            long_m=float(rng.uniform(6.5, 11)),
            deep_m=float(rng.uniform(5.2, 6.8)),
            wall_m=float(rng.choice([2.7, 3.0, 5.0], p=[0.35, 0.35, 0.3])),
            pitch_rad=float(rng.uniform(0.75, 1.0)),
            paint=paints[rng.integers(0, len(paints))],
            roof_color=colors[rng.integers(0, len(colors))],
            trim=trims[int(rng.random() < 0.3)],
            door=doors[rng.integers(0, 4)],
            flowers=petals[rng.integers(0, 3)] if look.season in ("spring", "summer") else None,
            ivy=bool(rng.random() < 0.4) and look.season != "winter",
            lit=look.dark,
            snow=look.snow > 0.6,
        )
        made.append(cottage(style, rng))
    return made


def _sites(rng: np.random.Generator, plan: VillagePlan) -> list[tuple[float, float, float]]:
    """Return where houses stand: x, z, and the way their front looks, radians."""
    found: list[tuple[float, float, float]] = []
    if plan.shape == "green":
        count = int(rng.integers(7, 10))
        start = rng.uniform(0, 6.283)
        for i in range(count):
            a = start + i / count * 6.283 + rng.normal(0, 0.06)
            r = plan.square_m + rng.uniform(4.0, 6.5)
            x, z = plan.middle[0] + r * np.sin(a), plan.middle[1] - r * np.cos(a)
            found.append(
                (float(x), float(z), float(np.arctan2(-np.sin(a), np.cos(a)) + rng.normal(0, 0.12)))
            )
    sides = (1, -1) if plan.shape != "edge" else (int(rng.choice([-1, 1])),)
    for side in sides:
        along = float(rng.uniform(-50, -42))
        while along < 60:
            along += float(rng.uniform(10.5, 15.5))
            setback = plan.lane.half_m + float(rng.uniform(3.6, 6.8))
            x, z = plan.lane.point(along, side * setback)
            nx, nz = plan.lane.point(along, 0.0)
            found.append((x, z, float(np.arctan2(nx - x, nz - z) + rng.normal(0, 0.09))))
    for _ in range(10):  # the rest of the village
        r, a = rng.uniform(38, 95), rng.uniform(0, 6.283)
        found.append((float(r * np.sin(a)), float(-r * np.cos(a)), float(rng.uniform(0, 6.283))))
    return found


def settle(land: Land, plan: VillagePlan) -> tuple[list[str], list[Home]]:
    """Build the houses; return words and where the near ones stand."""
    rng, look = land.rng, land.look
    kinds = _houses(rng, plan, look, 4)
    near: list[Home] = []
    standing: list[tuple[float, float, float]] = []
    rows: dict[int, list[NDArray[np.float32]]] = {i: [] for i in range(len(kinds))}
    for x, z, yaw in _sites(rng, plan):
        pick = int(rng.integers(0, len(kinds)))
        radius = float(np.hypot(kinds[pick].style.long_m, kinds[pick].style.deep_m)) / 2
        apart = all(np.hypot(x - a, z - b) > 0.82 * (radius + r) for a, b, r in standing)
        around = np.hypot(x - plan.middle[0], z - plan.middle[1])
        front = np.array([[x], [z]], np.float32) + 2.0 * np.array(
            [[np.sin(yaw)], [np.cos(yaw)]], np.float32
        )
        blocked = (
            plan.shape != "green"
            and float(paved(plan, *np.array([[x], [z]], np.float32))[0]) > -2.6
        )
        if plan.shape == "green":
            blocked = around < plan.square_m + 2 or float(plan.lane.distance(*front)[0]) < 4.0
        if not apart or blocked or np.hypot(x, z) < radius + 1.6:
            continue
        standing.append((x, z, radius))
        land.claim(x, z, radius * 0.92)
        at = np.array([point_on(land.height, x, z, -0.02)])
        rows[pick].append(placed(at, 1.0, yaw, rng.uniform(0.9, 1.1, (1, 1)) * np.ones(3)))
        if np.hypot(x, z) < 26:
            near.append((x, z, yaw, kinds[pick]))
    for pick, found in rows.items():
        if found:
            land.scene.add(kinds[pick].mesh, np.concatenate(found))
    _light_windows(land, near)
    roof = kinds[0].style.roof
    said = [
        f"{plan.region} cottages",
        {"thatch": "thatched roofs", "slate": "slate roofs"}.get(roof, "tiled roofs"),
    ]
    return said, near


def _light_windows(land: Land, near: list[Home]) -> None:
    if not land.look.dark:
        return
    spots = []
    for x, z, yaw, house in near:
        c, s = np.cos(yaw), np.sin(yaw)
        y = point_on(land.height, x, z)[1]
        for lx, ly, lz in house.lights:
            spots.append((float(x + c * lx + s * lz), y + ly, float(z - s * lx + c * lz)))
    spots.sort(key=lambda p: float(np.hypot(p[0], p[2])))
    for spot in spots[:7]:
        land.scene.lamps.append(Lamp(spot, (1.5, 0.78, 0.27), 0.1, False))


def front_gardens(land: Land, plan: VillagePlan, near: list[Home]) -> list[str]:
    """Fence in the front gardens and plant them."""
    rng, look = land.rng, land.look
    white, built = look.snow > 0.6, 0
    paint = ((0.60, 0.58, 0.53), (0.24, 0.19, 0.14))[int(rng.integers(0, 2))]
    for x, z, yaw, house in near:
        c, s = np.cos(yaw), np.sin(yaw)
        out, half = house.style.deep_m / 2 + rng.uniform(1.3, 2.0), house.style.long_m / 2
        corners = [
            (-half, house.style.deep_m / 2),
            (-half, out),
            (-0.8, out),
            (0.8, out),
            (half, out),
            (half, house.style.deep_m / 2),
        ]
        world = [(x + c * u + s * w, z - s * u + c * w) for u, w in corners]
        for part in (world[:3], world[3:]):
            line = ground_line(land, part, 0.9)
            if (
                np.hypot(line[:, 0], line[:, 2]).min() < 1.3
                or paved(plan, line[:, 0], line[:, 2]).max() > 0.2
            ):
                continue
            for at_x, _, at_z in line:
                land.claim(float(at_x), float(at_z), 0.35)
            built += 1
            if plan.border == "picket":
                land.scene.add(picket_fence(line, rng, paint, white))
            elif plan.border == "wall":
                build_dry_wall(land, part, (1.15, 1.05, 0.9), 0.75)
            elif plan.border == "hedge":
                for kind in range(2):
                    px, pz = line[kind::2, 0], line[kind::2, 2]
                    land.plant(bush(kind, look.season, 1), px, pz, size=(0.75, 1.1))
        count = land.many(90)
        u, w = (
            rng.uniform(-half, half, count),
            rng.uniform(house.style.deep_m / 2 + 0.1, out, count),
        )
        gx, gz = (x + c * u + s * w).astype(np.float32), (z - s * u + c * w).astype(np.float32)
        if not white and look.season != "winter":
            petal = (
                (0.62, 0.06, 0.08),
                (0.66, 0.26, 0.45),
                (0.72, 0.55, 0.05),
                (0.30, 0.14, 0.55),
            )[int(rng.integers(0, 4))]
            spike = bool(rng.random() < 0.4)
            own, radius = np.random.default_rng(3), 0.05 * land.bold**0.5
            tall = blossoms(own, petal, heads=5, height_m=0.55, radius_m=radius, spike=spike)
            land.plant(tall, gx, gz, size=(0.7, 1.6), sky=False)
    if not built:
        return []
    return {"picket": ["picket fences"], "wall": ["garden walls"], "hedge": ["hedges"]}.get(
        plan.border, []
    )
