"""Sand dunes: crests, ripples and tracks, with a camp, a caravan, an oasis or bare rocks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.desert import (
    acacia,
    camel,
    dead_tree,
    dry_bush,
    jars,
    palm,
    ribs,
    rug,
    tent,
)
from ldm3d.data.dune_ground import (
    SANDS,
    DunePlan,
    drawn_plan,
    dune_surface,
    footprints,
    wind_ripples,
)
from ldm3d.data.families import Streams
from ldm3d.data.fine_ground import colored, fine_ground
from ldm3d.data.forest_floor import fire_ring, sward
from ldm3d.data.land import EYE_M, Land, land_around
from ldm3d.data.mesh import Material
from ldm3d.data.noise import fbm
from ldm3d.data.rocks import Strata, cliff, crag, loop, strata
from ldm3d.data.scene import Air, Lamp, Scene
from ldm3d.data.terrain import (
    Height,
    mix,
    point_on,
    scattered,
    smoothstep,
    water_surface,
)

Floats = NDArray[np.float32]

NAMES = (
    "sand dunes",
    "a desert",
    "dunes in a desert",
    "a sandy desert",
    "desert dunes",
    "the sahara",
    "a sea of sand",
    "rolling sand dunes",
)
HOURS = ("dawn", "morning", "noon", "golden hour", "sunset", "dusk", "night")
WEATHERS = ("clear", "cloudy", "foggy")
SEASONS = ("summer",)

CLOTHS = ((0.045, 0.035, 0.032), (0.55, 0.49, 0.38), (0.30, 0.05, 0.035), (0.07, 0.10, 0.22))
TRIMS = ((0.50, 0.42, 0.28), (0.36, 0.05, 0.035), (0.50, 0.32, 0.08), (0.42, 0.40, 0.36))


def _paint(
    land: Land, plan: DunePlan, drawn: Height, number: int, pool_level: float | None
) -> None:
    mesh = fine_ground(drawn, land.detail, 5200.0, 6.0, 380)
    x, y, z = mesh.position.T
    sand = np.array(SANDS[plan.sand])
    patch = fbm(x, z, 45, 3, number + 14)
    color = sand * (1 + 0.10 * patch[:, None])
    steep = 1 - mesh.normal[:, 1]
    color = mix(color, sand * [1.06, 0.95, 0.86], smoothstep(0.04, 0.16, steep))
    color = color * (1 + 0.10 * wind_ripples(x, z, plan, number)[:, None])
    gravel = smoothstep(0.35, 0.75, fbm(x, z, 17, 3, number + 15)) * smoothstep(0.05, 0.01, steep)
    color = mix(color, sand * 0.62 + 0.03, gravel * (0.5 if plan.stand == "trough" else 0.15))
    if plan.track is not None:
        color = color * (1 - 0.42 * np.clip(footprints(x, z, plan.track), 0, 1)[:, None])
    if pool_level is not None:
        damp = smoothstep(0.5, 0.02, y - pool_level)
        color = mix(color, sand * [0.40, 0.40, 0.36], damp)
        meadow = smoothstep(0.9, 0.25, y - pool_level + 0.4 * fbm(x, z, 3, 2, number + 16))
        meadow = (
            meadow
            * smoothstep(plan.pool_m + 26, plan.pool_m + 9, np.hypot(x, z))
            * (y > pool_level)
        )
        color = mix(color, np.array([0.085, 0.105, 0.03]), meadow * 0.75)
    land.scene.add(colored(mesh, color, Material.MATTE), casts_sky=False)


def _rocky_beds(rng: np.random.Generator, sand: str) -> Strata:
    base = np.array(SANDS[sand])
    palette = np.stack(
        [base * s for s in ([0.62, 0.52, 0.45], [0.8, 0.66, 0.55], [0.45, 0.38, 0.34])]
    )
    return strata(rng, palette, 9.0, 9)


def _rocks(land: Land, plan: DunePlan, beds: Strata, number: int, near: bool) -> str:
    """Place boulders of the sand's own color; return what they are."""
    rng = land.rng
    tone = beds.colors.mean(axis=0) * 1.15
    for i in range(int(rng.integers(2, 6))):
        size = float(rng.uniform(0.35, 1.2))
        low, high = (1.3 + size, 3.6) if near and i < 2 else (3.5, 16.0)
        spot = land.find(low, high, size)
        stone = crag(int(rng.integers(0, 6)), 3).painted(tone)
        land.put(stone, *spot, yaw=float(rng.uniform(0, 6)), size=size, lift_m=-0.15 * size)
    x, z = scattered(rng, land.many(900), 0.9, 24, power=0.8)
    keep = fbm(x, z, 7, 2, number + 18) > 0.15
    land.plant(crag(1, 1).painted(tone), x[keep], z[keep], size=(0.02, 0.075), sky=False)
    return "sandstone boulders"


def _outcrops(land: Land, beds: Strata, number: int, count: int) -> None:
    rng = land.rng
    for i in range(count):
        radius = float(rng.uniform(7, 26))
        spot = land.find(radius * 1.6 + 8, 160, radius)
        foot = point_on(land.height, *spot, -3.0)[1]
        ring = loop(radius, number + i, 56) + np.array(spot)
        wall = cliff(
            ring, foot, foot + radius * rng.uniform(0.6, 1.8), beds, number + 40 + i, rows=36,
            lean=0.22, rough_m=radius / 14, ledge_m=0.09 * radius, closed=True,
        )  # fmt: skip
        land.scene.add(wall)


def _bushes(land: Land, plan: DunePlan, number: int, near: int) -> None:
    rng = land.rng
    for i in range(near):
        spot = land.find(1.7 + 0.3 * i, 3.4 + i, 0.5)
        bush = dry_bush(int(rng.integers(0, 3)), float(rng.choice([0.0, 1.0])))
        land.put(bush, *spot, yaw=float(rng.uniform(0, 6)), size=float(rng.uniform(0.75, 1.35)))
    tuft = sward(
        np.random.default_rng(7), 26, 0.5, 0.16, 0.008 * land.bold, (0.26, 0.21, 0.09), 0.5
    )
    x, z = scattered(rng, 260, 1.6, 90, power=0.8)
    keep = (fbm(x, z, 14, 2, number + 20) > rng.uniform(-0.1, 0.7, len(x))) & land.free(x, z, 0.3)
    land.plant(tuft, x[keep], z[keep], size=(0.6, 1.5), sky=False)
    x, z = scattered(rng, 150, 6, 140, power=0.9)
    keep = (fbm(x, z, 24, 2, number + 21) > rng.uniform(-0.1, 0.7, len(x))) & land.free(x, z, 0.5)
    for kind in range(3):
        own = keep & (np.arange(len(x)) % 3 == kind)
        land.plant(dry_bush(kind, float(kind > 0)), x[own], z[own], size=(0.8, 1.8), sky=False)


def _facing(x: float, z: float) -> float:
    """Return the yaw that turns a mesh's +z to the eye."""
    return float(np.arctan2(-x, -z))


def _camp(land: Land) -> list[str]:
    rng, said = land.rng, []
    kinds = rng.permutation(["long", "bell", "ridge"])
    for i in range(int(rng.integers(1, 4))):
        cloth, trim = CLOTHS[rng.integers(0, 4)], TRIMS[rng.integers(0, 4)]
        spot = land.find(6.5, 10 + 3 * i, 3.6)
        land.put(
            tent(str(kinds[i]), cloth, trim, rng), *spot, yaw=_facing(*spot) + rng.normal(0, 0.45)
        )
        if land.look.dark:
            up = point_on(land.height, *spot, 1.2)
            land.scene.lamps.append(Lamp(up, (2.6, 1.5, 0.6), 0.2))
    said.append("nomad tents" if i else "a nomad tent")
    spot = land.find(2.3, 3.4, 1.2)
    land.put(rug(rng), *spot, yaw=float(rng.uniform(0, 6)))
    said.append("a woven rug with cushions")
    spot = land.find(2.6, 4.2, 0.8)
    at = land.put(fire_ring(land.look.dark), *spot)
    if land.look.dark:
        land.scene.lamps.append(Lamp((spot[0], at[1] + 0.5, spot[1]), (5.0, 2.1, 0.6), 0.25))
        said.append("a camp fire")
    spot = land.find(1.6, 3.6, 0.6)
    land.put(jars(rng), *spot)
    said.append("clay jars")
    for _ in range(int(rng.integers(1, 3))):
        spot = land.find(4.5, 9, 1.4)
        beast = camel(bool(rng.random() < 0.6), TRIMS[rng.integers(0, 3)])
        land.put(beast, *spot, yaw=float(rng.uniform(0, 6)))
    said.append("camels")
    return said


def _caravan(land: Land) -> list[str]:
    rng = land.rng
    way, bend = rng.uniform(0, 6.283), rng.normal(0, 0.02)
    start = np.array([np.sin(way), -np.cos(way)]) * rng.uniform(3.2, 7.0)
    step = rng.uniform(3.6, 4.6)
    course = way + rng.choice([-1, 1]) * rng.uniform(1.3, 1.7)
    beasts = [camel(False, TRIMS[i]) for i in rng.permutation(4)[:2]]
    for i in range(int(rng.integers(4, 9))):
        x, z = float(start[0]), float(start[1])
        if np.hypot(x, z) > 2.6:
            land.claim(x, z, 1.4)
            land.put(beasts[i % 2], x, z, yaw=float(np.pi - course) + rng.normal(0, 0.06))
        start = start + step * np.array([np.sin(course), -np.cos(course)])
        course += bend
    return ["a caravan of camels"]


def _oasis(land: Land, plan: DunePlan, number: int, level: float) -> list[str]:
    rng, scene = land.rng, land.scene
    scene.mirror_height_m, scene.ripple, scene.water_tint = level, 0.008, (0.015, 0.06, 0.055)
    water = water_surface(land.height, level, 60.0, land.detail).painted((0.24, 0.18, 0.10))
    scene.add(water, casts_sun=False, casts_sky=False)
    x, z = scattered(rng, 900, 2.0, plan.pool_m * 2 + 14, power=0.5)
    shore = land.height(x, z) - level
    ring = np.flatnonzero((shore > 0.08) & (shore < 1.5))
    near_count = 0
    for i in ring[: int(rng.integers(26, 46))]:
        d = float(np.hypot(x[i], z[i]))
        if not land.free(x[i], z[i], 0.7) or (d < 4 and near_count):
            continue
        near_count += d < 4
        land.claim(float(x[i]), float(z[i]), 0.6)
        tall = palm(int(rng.integers(0, 4)), 0 if d < 16 else 1, 8.0)
        land.put(
            tall,
            float(x[i]),
            float(z[i]),
            yaw=float(rng.uniform(0, 6)),
            size=float(rng.uniform(0.45, 1.2)),
        )
    lush = sward(
        np.random.default_rng(8), 18, 0.45, 0.2, 0.010 * land.bold, (0.085, 0.125, 0.028), 0.4
    )
    reed = sward(np.random.default_rng(9), 14, 1.3, 0.22, 0.014, (0.12, 0.13, 0.04), 0.16)
    x, z = scattered(rng, land.many(7000), 0.9, plan.pool_m * 2 + 12, power=0.55)
    shore = land.height(x, z) - level
    keep = (
        (shore > 0.02)
        & (shore < 1.1)
        & (fbm(x, z, 4, 2, number + 23) > rng.uniform(-0.6, 0.4, len(x)))
    )
    land.plant(lush, x[keep], z[keep], sky=False)
    keep = (np.abs(shore) < 0.15) & (fbm(x, z, 5, 2, number + 24) > 0.1) & (np.hypot(x, z) > 2)
    land.plant(reed, x[keep], z[keep], size=(0.7, 1.3), sky=False)
    return ["date palms", "a pool of clear water"]


def _near(land: Land, plan: DunePlan, number: int, beds: Strata) -> list[str]:
    """Place two or three things within 4 m; return what they are."""
    rng, said = land.rng, []
    kinds, odds = ["bush", "rocks", "ribs", "dead", "jars"], [0.40, 0.34, 0.08, 0.09, 0.09]
    for name in rng.choice(kinds, int(rng.integers(2, 4)), replace=False, p=odds):
        if name == "bush":
            _bushes(land, plan, number, int(rng.integers(2, 5)))
            said.append("dry bushes")
        elif name == "rocks":
            said.append(_rocks(land, plan, beds, number, True))
        elif name == "ribs":
            spot = land.find(2.2, 3.5, 1.0)
            land.put(ribs(rng), *spot, yaw=float(rng.uniform(0, 6)), lift_m=-0.12)
            said.append("bleached bones")
        elif name == "dead":
            spot = land.find(2.4, 5.0, 0.7)
            land.put(dead_tree(int(rng.integers(0, 3))), *spot, yaw=float(rng.uniform(0, 6)))
            said.append("a dead tree")
        elif name == "jars" and plan.kind != "camp":
            spot = land.find(1.6, 3.2, 0.6)
            land.put(jars(rng, 2), *spot)
            said.append("clay jars")
    if "dry bushes" not in said:
        _bushes(land, plan, number, 1)
    return said


def _air(streams: Streams) -> Air:
    air = replace(streams.look.air, aurora=0.0)
    if streams.look.weather != "foggy":
        return air
    r, g, b = air.fog_tint  # haze of blown sand
    return replace(
        air, fog_density=min(air.fog_density, 0.016), fog_tint=(r * 1.05, g * 0.92, b * 0.76)
    )


def build(streams: Streams) -> Scene:
    """Return the dunes."""
    rng, look, number = streams.layout, streams.look, streams.number
    plan = drawn_plan(rng)
    height, drawn = dune_surface(plan, number, rng)
    land = land_around(streams, height, _air(streams))
    scene = land.scene
    beds = _rocky_beds(rng, plan.sand)
    level = None
    if plan.kind == "oasis":
        x, z = scattered(rng, 3000, 0, plan.pool_m * 2 + 8)
        level = min(float(height(x, z).min()) + 0.75, float(scene.eye[1]) - EYE_M - 0.25)
    _paint(land, plan, drawn, number, level)
    details: list[str] = []
    if plan.kind == "camp":
        details += _camp(land)
    elif plan.kind == "caravan":
        details += _caravan(land)
    elif plan.kind == "oasis" and level is not None:
        details += _oasis(land, plan, number, level)
    elif plan.kind == "rocks":
        _outcrops(land, beds, number, int(rng.integers(3, 8)))
        details.append("rock towers in the sand")
    if rng.random() < 0.3 and plan.kind != "oasis":
        spot = land.find(7, 22, 1.0)
        land.put(acacia(int(rng.integers(0, 3))), *spot, yaw=float(rng.uniform(0, 6)))
        details.append("a lone acacia")
    details += _near(land, plan, number, beds)
    if plan.track is not None:
        details.append("footprints in the sand")
    scene.eyes = land.eyes(3, 7.0)
    title = {
        "camp": "Camp in the dunes", "caravan": "Caravan in the sand", "oasis": "Oasis",
        "rocks": "Rocks in the sand", "bare": "Sea of sand",
    }[plan.kind]  # fmt: skip
    scene.title = title
    scene.caption = f"{plan.sand} sand dunes, {look.hour}, with {' and '.join(details[:2])}"
    scene.details = tuple(details)
    scene.tags = ("desert", "dunes", "sand", look.hour, look.weather, f"{plan.sand} sand")
    return scene
