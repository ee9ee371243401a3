"""A canyon of layered rock: a gorge, a slot, a valley of buttes, or the view from the rim."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.canyon_ground import (
    PALETTES,
    CanyonPlan,
    drawn_plan,
    floor_height,
    floor_width,
    rim_height,
    stream_part,
    valley_height,
)
from ldm3d.data.desert import dead_tree, dry_bush, prickly_pear, saguaro, yucca
from ldm3d.data.families import Streams
from ldm3d.data.fine_ground import fine_ground
from ldm3d.data.forest_floor import fire_ring, sward
from ldm3d.data.land import EYE_M, SNOW, Land, land_around, painted_land
from ldm3d.data.mesh import Material, Mesh
from ldm3d.data.noise import fbm
from ldm3d.data.rocks import arch, cliff, crag, hoodoo, loop
from ldm3d.data.scene import Air, Lamp, Scene
from ldm3d.data.terrain import mix, point_on, scattered, smoothstep, water_surface
from ldm3d.data.woodland import leafy_tree

Floats = NDArray[np.float32]

NAMES = (
    "a canyon",
    "a desert canyon",
    "a sandstone canyon",
    "a rocky canyon",
    "canyon country",
    "a canyon of layered rock",
    "a land of canyons",
    "rock walls in the desert",
)
HOURS = ("dawn", "morning", "noon", "golden hour", "sunset", "dusk", "night")
WEATHERS = ("clear", "cloudy", "overcast", "snowy")
SEASONS = ("spring", "summer", "autumn", "winter")


def _snowed(mesh: Mesh, snow: float) -> Mesh:
    """Return rock with snow on its ledges."""
    if snow <= 0:
        return mesh
    rgba = mesh.color.copy()
    cover = smoothstep(0.30, 0.55, np.abs(mesh.normal[:, 1]) + 0.25 * (snow - 1)) * min(
        1.0, snow * 1.2
    )
    rgba[:, :3] = mix(rgba[:, :3], SNOW, cover)
    return replace(mesh, color=rgba)


def _walls(land: Land, plan: CanyonPlan, number: int) -> None:
    """Line the way with cliffs in one or two steps."""
    slot = plan.kind == "slot"
    reach, step = (60.0, 0.28) if slot else (230.0, 1.1)
    near = np.arange(0, reach / 3, step / land.detail**0.35)
    far = np.geomspace(near[-1] + step, reach, 40)
    along = np.concatenate([-far[::-1], -near[:0:-1], near, far])
    spread = floor_width(plan, along.astype(np.float32), number)
    rng = np.random.default_rng(number)
    tiers = [(0.0, -1.0, plan.wall_m, 0.05 if slot else 0.12)]
    if not slot:
        split = rng.uniform(0.35, 0.7)
        tiers = [
            (0.0, -1.0, plan.wall_m * split, 0.10),
            (rng.uniform(5, 12), plan.wall_m * split * 0.9, plan.wall_m, 0.08),
        ]
    for side in (-1.0, 1.0):
        for tier, (setback, foot, top, lean) in enumerate(tiers):
            spots = [
                plan.lane.point(float(a), side * float(w + setback))
                for a, w in zip(along, spread, strict=True)
            ]
            line = np.array(spots if side > 0 else spots[::-1])
            uneven = 1 + 0.16 * fbm(line[:, 0], line[:, 1], 60, 2, number + 20 + tier)
            wall = cliff(
                line, foot, top * uneven, plan.beds, number + 30 + tier,
                rows=64 if tier == 0 else 40, lean=lean, rough_m=0.34 if slot else 1.15,
                ledge_m=0.10 if slot else 0.9, cap_m=6 if slot else 16,
            )  # fmt: skip
            if slot:
                wall = _carved(wall, plan, number)
            land.scene.add(_snowed(wall, land.look.snow))


def _carved(wall: Mesh, plan: CanyonPlan, number: int) -> Mesh:
    """Return a slot's wall as water carved it: slow waves and tilted bands of color."""
    x, y, z = wall.position.T
    bands = y * 1.0 + 1.3 * fbm(x, z, 9, 2, number + 60) + 0.5 * np.sin(x * 0.6) * np.sin(z * 0.5)
    rgba = wall.color.copy()
    rgba[:, :3] = plan.beds.color(bands * 0.8) * (0.9 + 0.2 * np.sin(bands * 9.0))[:, None]
    return replace(wall, color=rgba, material=np.full_like(wall.material, Material.MATTE))


def _thrown_back(land: Land, plan: CanyonPlan) -> None:
    """Light the floor as the walls would: with lamps of their color above the way."""
    air = land.scene.air
    base = np.mean(PALETTES[plan.colors], axis=0)
    slot = plan.kind == "slot"
    lift, gap, gain = (5.0, 6.5, 26.0) if slot else (11.0, 20.0, 75.0)
    strength = gain * (max(air.horizon) * 0.5 + max(air.sun) * 0.12)
    # Paler than the walls: on their own color it would look like blood.
    r, g, b = (float(v) for v in (0.45 * base + 0.55 * base.mean()) * strength)
    for along in np.arange(-2, 3) * gap:
        x, z = plan.lane.point(float(along))
        y = point_on(land.height, x, z, lift)[1]
        land.scene.lamps.append(Lamp((x, y, z), (r, g, b), 0.3, shadowed=False))


def _buttes(land: Land, plan: CanyonPlan, number: int) -> list[str]:
    rng = land.rng
    for i in range(int(rng.integers(6, 13))):
        radius = float(rng.uniform(18, 90))
        x, z = land.find(radius * 1.7 + 30, radius * 1.7 + 90 + 50 * i, radius * 1.3)
        foot = point_on(land.height, x, z)[1]
        high = plan.wall_m * float(rng.uniform(0.5, 1.25))
        skirt = loop(radius * 1.7, number + i, 64, 0.25) + np.array([x, z])
        talus = cliff(
            skirt, foot - 3, foot + high * 0.34, plan.beds, number + 50 + i, rows=14,
            lean=radius * 0.62 / (high * 0.34), rough_m=radius / 30, ledge_m=0.3, closed=True,
        )  # fmt: skip
        ring = loop(radius, number + i, 64, 0.25) + np.array([x, z])
        tower = cliff(
            ring, foot + high * 0.26, foot + high, plan.beds, number + 80 + i, rows=44,
            lean=0.04, rough_m=radius / 16, ledge_m=radius / 22, closed=True,
        )  # fmt: skip
        land.scene.add(_snowed(talus, land.look.snow))
        land.scene.add(_snowed(tower, land.look.snow))
    return ["tall buttes"]


def _arches(land: Land, plan: CanyonPlan, number: int) -> list[str]:
    """Place a natural arch or a group of pillars; return what they are."""
    rng = land.rng
    if rng.random() < 0.5:
        span = float(rng.uniform(9, 22))
        x, z = land.find(span + 4, span * 2 + 12, span * 0.6)
        mesh = arch(span, span * float(rng.uniform(0.5, 0.9)), plan.beds, number + 9, span * 0.15)
        land.put(
            _snowed(mesh, land.look.snow),
            x,
            z,
            yaw=float(np.arctan2(-x, -z) + rng.normal(0, 0.5)),
            lift_m=-0.6,
        )
        return ["a natural stone arch"]
    for i in range(int(rng.integers(5, 14))):
        high = float(rng.uniform(3, 12))
        x, z = land.find(6, 45, 1.8)
        mesh = _snowed(hoodoo(plan.beds, number + 100 + i, high, high * 0.13), land.look.snow)
        land.put(mesh, x, z)
    return ["hoodoos"]


def _paint(land: Land, plan: CanyonPlan, number: int) -> None:
    rim = plan.kind == "rim"
    mesh = fine_ground(
        land.height,
        land.detail,
        6500.0 if rim or plan.kind == "buttes" else 420.0,
        5.0,
        420 if rim else 300,
        1000,
    )
    x, y, z = mesh.position.T
    d, patch = np.hypot(x, z), fbm(x, z, 4.0, 3, number + 11)
    base = np.mean(PALETTES[plan.colors], axis=0)
    sand = mix(base * 0.95 + 0.03, base * [1.12, 1.15, 1.2] + 0.03, smoothstep(-0.5, 0.6, patch))
    gravel = smoothstep(0.1, 0.5, fbm(x, z, 7, 3, number + 12))
    plain = mix(sand, base * 0.62 + 0.035, gravel * 0.7)
    kind = np.full(len(x), float(Material.MATTE))
    flow = fbm(plan.lane.along(x, z) * 0.16, plan.lane.aside(x, z) * 1.4, 3.0, 3, number + 16)
    shade = (1 + 0.22 * flow) * (0.72 if plan.kind == "slot" else 1.0)
    color = mix(plain * 0, plain, shade)
    steep = smoothstep(0.05, 0.22, 1 - mesh.normal[:, 1])
    if rim:
        wall = plan.beds.color(y + fbm(x, z, 400, 3, number + 13) * 14)
        wall = wall * (1 + 0.2 * fbm(x, z, 60, 3, number + 14))[:, None]
        below = smoothstep(-3, -12, y)
        color = mix(color, mix(wall, wall * 0.75 + 0.04, steep), below)
        green = (
            smoothstep(0.0, 0.4, fbm(x, z, 90, 3, number + 15))
            * (1 - steep)
            * (y > -20)
            * smoothstep(12, 60, d)
        )
        color = mix(color, np.array([0.085, 0.10, 0.045]), green * 0.7)
        kind = np.where(d > 30, float(Material.ROCK), kind)
    elif plan.kind == "buttes":
        green = smoothstep(0.0, 0.5, fbm(x, z, 30, 3, number + 15)) * smoothstep(20, 120, d)
        color = mix(color, np.array([0.12, 0.115, 0.06]), green * 0.55)
    else:
        color = mix(color, base * 0.8, steep)
    if plan.river and plan.kind == "gorge":
        damp = smoothstep(0.62, 0.46, stream_part(plan, x, z, number))
        color = mix(color, base * 0.38 + 0.02, damp)
    land.scene.add(painted_land(mesh, color, kind, land.look, number), casts_sky=rim)


def _rest(land: Land, plan: CanyonPlan, number: int) -> list[str]:
    """Place stones, bushes and trees; return those to speak of."""
    rng, look = land.rng, land.look
    said: list[str] = []
    wide = plan.half_m if plan.kind in ("gorge", "slot") else 60.0
    tone = plan.beds.colors.mean(axis=0)

    def where(count: int, near_m: float, far_m: float, gap_m: float) -> tuple[Floats, Floats]:
        x, z = scattered(rng, count, near_m, far_m, power=0.75)
        keep = land.free(x, z, gap_m) & (np.abs(land.height(x, z) - land.height(x + 0.5, z)) < 0.35)
        if plan.kind in ("gorge", "slot"):
            keep &= (
                plan.lane.distance(x, z) < floor_width(plan, plan.lane.along(x, z), number) * 1.02
            )
        if plan.river:
            keep &= stream_part(plan, x, z, number) > 0.45
        if plan.kind == "rim":
            keep &= land.height(x, z) > -1.0
        return x[keep], z[keep]

    for kind in range(4):
        stone = _snowed(crag(kind, 1).painted(tone * rng.uniform(0.8, 1.15)), look.snow * 0.8)
        x, z = where(land.many(2200), 0.8, 30, 0.1)
        keep = fbm(x, z, 6, 2, number + 18) > rng.uniform(-0.6, 0.6, len(x))
        x, z = x[keep], z[keep]
        land.plant(stone, x, z, size=(0.03, 0.14), sky=False)
        big = _snowed(crag(kind, 3).painted(tone * rng.uniform(0.85, 1.2)), look.snow)
        x, z = where(10 if plan.kind != "slot" else 2, 3.0, min(wide * 3, 60), 1.0)
        land.plant(big, x, z, size=(0.3, 1.5), sink_m=0.2)
    if plan.kind == "slot":
        return said
    tufts = sward(
        np.random.default_rng(3), 20, 0.4, 0.16, 0.008 * land.bold, (0.20, 0.175, 0.07), 0.5
    )
    x, z = where(land.many(2200), 1.0, 45, 0.1)
    keep = fbm(x, z, 7, 2, number + 17) > rng.uniform(-0.4, 0.5, len(x))
    land.plant(tufts, x[keep], z[keep], size=(0.5, 1.3), sky=False)
    for kind in range(3):
        x, z = where(90, 2.5, 120, 0.6)
        land.plant(
            dry_bush(kind, 1.0 if look.season != "winter" else 0.0),
            x,
            z,
            size=(0.6, 1.6),
            sky=False,
        )
    if plan.kind == "buttes" and rng.random() < 0.6:
        x, z = where(26, 5, 90, 1.0)
        land.plant(saguaro(int(rng.integers(0, 3))), x, z, size=(0.6, 1.4))
        if len(x) > 1:
            said.append("saguaro cactuses")
    if plan.kind == "gorge" and (plan.river or rng.random() < 0.5):
        season, many = look.season, 0
        for kind in range(2):
            x, z = where(14, 6, 60, 1.5)
            many += len(x)
            land.plant(leafy_tree(kind, 1, season), x, z, size=(0.55, 1.0))
        color = {"autumn": "yellow", "winter": "bare"}.get(season, "green")
        if many > 1:
            said.append(f"{color} cottonwood trees")
    return said


def _clear(
    land: Land, plan: CanyonPlan, number: int, near_m: float, far_m: float, radius: float
) -> tuple[float, float]:
    """Return a free, dry and level place in a ring, and claim it."""
    spot = (0.0, far_m)
    for _ in range(60):
        r, a = land.rng.uniform(near_m, far_m), land.rng.uniform(0, 6.283)
        x, z = float(r * np.sin(a)), float(-r * np.cos(a))
        px, pz = np.array([x], np.float32), np.array([z], np.float32)
        fine = (
            bool(land.free(x, z, radius))
            and abs(float(land.height(px, pz)[0]) - float(land.scene.eye[1]) + EYE_M) < 1.2
        )
        if plan.kind in ("gorge", "slot"):
            fine &= (
                float(plan.lane.distance(px, pz)[0])
                < float(floor_width(plan, plan.lane.along(px, pz), number)[0]) - 0.3 * radius
            )
        if plan.river and plan.kind == "gorge":
            fine &= float(stream_part(plan, px, pz, number)[0]) > 0.45
        spot = (x, z)
        if fine:
            break
    land.claim(*spot, radius)
    return spot


def _near(land: Land, plan: CanyonPlan, number: int) -> list[str]:
    """Place two or three kinds of things at 1.3 to 4 m; return what they are."""
    rng, look = land.rng, land.look
    said: list[str] = []
    tone = plan.beds.colors.mean(axis=0)
    kinds = ["boulders", "bush", "dead", "yucca", "pear", "fire"]
    odds = (
        [0.38, 0.2, 0.14, 0.12, 0.08, 0.08]
        if plan.kind != "slot"
        else [0.7, 0.1, 0.1, 0.05, 0.01, 0.04]
    )
    for name in rng.choice(kinds, int(rng.integers(2, 4)), replace=False, p=odds):
        far = 2.6 if plan.kind == "slot" else 4.2
        if name == "boulders":
            for _ in range(int(rng.integers(2, 5))):
                size = float(rng.uniform(0.25, 0.9 if plan.kind != "slot" else 0.5))
                spot = _clear(land, plan, number, 1.1 + size, far + 1.5, size)
                stone = crag(int(rng.integers(0, 6)), 4).painted(tone * rng.uniform(0.85, 1.25))
                land.put(
                    _snowed(stone, look.snow),
                    *spot,
                    yaw=float(rng.uniform(0, 6)),
                    size=size,
                    lift_m=-0.18 * size,
                )
            said.append("fallen boulders")
        elif name == "bush":
            for _ in range(int(rng.integers(1, 4))):
                bush = dry_bush(int(rng.integers(0, 3)), float(rng.choice([0.0, 1.0])))
                land.put(
                    bush,
                    *_clear(land, plan, number, 1.5, far, 0.5),
                    size=float(rng.uniform(0.7, 1.3)),
                )
            said.append("dry bushes")
        elif name == "dead":
            land.put(
                dead_tree(int(rng.integers(0, 3))),
                *_clear(land, plan, number, 2.0, far + 1, 0.6),
                yaw=float(rng.uniform(0, 6)),
            )
            said.append("a dead tree")
        elif name == "yucca":
            for _ in range(int(rng.integers(2, 5))):
                land.put(
                    yucca(int(rng.integers(0, 2))), *_clear(land, plan, number, 1.4, far + 1, 0.5)
                )
            said.append("yuccas")
        elif name == "pear":
            for _ in range(2):
                land.put(
                    prickly_pear(int(rng.integers(0, 3))),
                    *_clear(land, plan, number, 1.5, far, 0.5),
                )
            said.append("a prickly pear cactus")
        else:
            spot = _clear(land, plan, number, 1.9, far, 0.8)
            at = land.put(fire_ring(look.dark), *spot)
            if look.dark:
                land.scene.lamps.append(
                    Lamp((spot[0], at[1] + 0.5, spot[1]), (6.0, 2.5, 0.7), 0.25)
                )
            said.append("a camp fire" if look.dark else "a ring of stones for a fire")
    return said


def _air(air: Air, plan: CanyonPlan) -> Air:
    """Return the look's air with the light that red walls throw back, and a clear view."""
    base = np.mean(PALETTES[plan.colors], axis=0)
    level = max(air.horizon) * 0.42 + max(air.sun) * 0.055
    r, g, b = (float(v) for v in base * level)
    deep = plan.kind in ("gorge", "slot")
    gain = air.sky_gain * (1.7 if plan.kind == "slot" else 1.25 if deep else 1.0)
    return replace(
        air, aurora=0.0, ground=(r, g, b), sky_gain=gain,
        fog_density=air.fog_density * (0.4 if plan.kind == "rim" else 0.7),
    )  # fmt: skip


def build(streams: Streams) -> Scene:
    """Return the canyon."""
    rng, look, number = streams.layout, streams.look, streams.number
    plan = drawn_plan(rng)
    make = {"rim": rim_height, "buttes": valley_height}.get(plan.kind, floor_height)
    height = make(plan, number)
    if plan.river and plan.kind == "gorge":
        swing = 0.42 * float(np.sin(number))
        aside = plan.half_m * (swing - 0.66 * float(np.sign(swing)))
        plan = replace(plan, lane=replace(plan.lane, offset_m=-aside))
        height = make(plan, number)
    land = land_around(streams, height, _air(look.air, plan))
    scene = land.scene
    _paint(land, plan, number)
    details: list[str] = []
    if plan.kind in ("gorge", "slot"):
        _walls(land, plan, number)
    if plan.kind in ("gorge", "slot"):
        _thrown_back(land, plan)
    if plan.kind == "buttes":
        details += _buttes(land, plan, number)
    if plan.kind == "buttes" and rng.random() < 0.75:
        details += _arches(land, plan, number)
    if plan.river and plan.kind == "gorge":
        scene.mirror_height_m, scene.ripple = -0.55, 0.02
        scene.water_tint = (0.05, 0.07, 0.05)
        water = water_surface(height, -0.55, 400.0, streams.detail)
        scene.add(water.painted((0.22, 0.15, 0.09)), casts_sun=False, casts_sky=False)
        details.append("a river")
    details += _near(land, plan, number)
    details += _rest(land, plan, number)
    found = _along(land, plan) if plan.kind == "slot" else land.eyes(9, 7.0)
    scene.eyes = tuple(e for e in found if _stands(e, scene, plan, number))[:3]
    snow = "snowy " if look.snow > 0.6 else ""
    place = {
        "gorge": f"a {snow}canyon of {plan.colors} rock",
        "slot": f"a narrow slot canyon of {plan.colors} sandstone",
        "buttes": f"a {snow}desert valley of {plan.colors} buttes",
        "rim": f"the rim of a deep {snow}canyon of {plan.colors} rock",
    }[plan.kind]
    scene.title = {
        "gorge": "In the canyon",
        "slot": "Slot canyon",
        "buttes": "Valley of buttes",
        "rim": "On the rim",
    }[plan.kind]
    scene.caption = f"{place}, {look.hour}" + (
        f", with {' and '.join(details[:2])}" if details else ""
    )
    tone = {"tawny": "tan", "painted": "striped"}.get(plan.colors, plan.colors)
    rock = "rock" if plan.kind == "buttes" else "rock walls"
    scene.details = (f"{tone} {rock}", *details)
    scene.tags = ("canyon", "rocks", look.hour, look.weather, look.season, plan.kind)
    return scene


def _along(land: Land, plan: CanyonPlan) -> list[tuple[float, float, float]]:
    """Return free places in the middle of a slot."""
    found: list[tuple[float, float, float]] = []
    for along in land.rng.permutation(np.linspace(-7, 7, 29)):
        x, z = plan.lane.point(float(along), float(land.rng.uniform(-0.3, 0.3)))
        apart = all(np.hypot(x - a, z - c) > 1.0 for a, _, c in found)
        if apart and np.hypot(x, z) > 1.2 and land.free(x, z, 0.85):
            found.append(point_on(land.height, x, z, EYE_M))
    return found


def _stands(eye: tuple[float, float, float], scene: Scene, plan: CanyonPlan, number: int) -> bool:
    """Say whether a place is dry, between the walls and near the level of the eye."""
    x, z = np.array([eye[0]], np.float32), np.array([eye[2]], np.float32)
    if abs(eye[1] - scene.eye[1]) > 0.9:
        return False
    if plan.kind in ("gorge", "slot"):
        room = float(floor_width(plan, plan.lane.along(x, z), number)[0]) - (
            0.9 if plan.kind == "slot" else 2.5
        )
        if float(plan.lane.distance(x, z)[0]) > room:
            return False
    return not plan.river or plan.kind != "gorge" or float(stream_part(plan, x, z, number)[0]) > 0.5
