"""A volcano: black crust with glowing cracks, lava streams and pools, cones, ash and fire."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.desert import dead_tree
from ldm3d.data.families import Streams
from ldm3d.data.fine_ground import colored, fine_ground, fine_points
from ldm3d.data.forest_floor import light_fern
from ldm3d.data.land import SNOW, Land, land_around, snow_cover
from ldm3d.data.lava import (
    bomb,
    lava_block,
    molten,
    plume,
    ropes,
    stream_sheet,
)
from ldm3d.data.mesh import Material, grid_faces, icosphere, mesh_from
from ldm3d.data.noise import fbm
from ldm3d.data.scene import Air, Lamp, Scene, placed
from ldm3d.data.terrain import Height, mix, point_on, scattered, smoothstep
from ldm3d.data.volcano_ground import (
    ROCKS,
    Cone,
    VolcanoPlan,
    crust_and_melt,
    drawn_plan,
    glowing,
    open_lava_at,
    open_lava_m,
    volcano_height,
)

Floats = NDArray[np.float32]

NAMES = (
    "a volcano",
    "a lava field",
    "a volcanic landscape",
    "a volcanic plain",
    "a volcanic wasteland",
    "a black lava plain",
    "a land of fire and ash",
    "lava rock below a volcano",
)
HOURS = ("dawn", "morning", "noon", "golden hour", "sunset", "dusk", "night")
WEATHERS = ("clear", "cloudy", "overcast", "foggy")
SEASONS = ("summer", "winter")


def _paint(land: Land, plan: VolcanoPlan, crust: Height, melt: Height, number: int) -> None:
    mesh = fine_ground(crust, land.detail, 6500.0, 7.0, 330, 800)
    x, z = mesh.position[:, 0], mesh.position[:, 2]
    dark, light = (np.array(c) for c in ROCKS[plan.rock])
    patch = fbm(x, z, 14, 4, number + 25)
    color = mix(dark, light, smoothstep(-0.4, 0.6, patch))
    ash = smoothstep(0.1, 0.55, fbm(x, z, 160, 3, number + 26)) * smoothstep(
        40, 300, np.hypot(x, z)
    )
    color = mix(color, light * [1.5, 1.25, 1.1], ash * 0.6)
    if plan.kind == "ash":
        color = mix(color, np.array([0.13, 0.125, 0.125]), smoothstep(-0.3, 0.4, patch) * 0.75)
    sulfur = smoothstep(0.38, 0.62, fbm(x, z, 6, 3, number + 27)) * glowing(plan, x, z, number)
    color = mix(color, np.array([0.20, 0.165, 0.055]), sulfur * 0.4 * (np.hypot(x, z) < 60))
    kind = np.full(len(x), float(Material.ROCK))
    if land.look.snow > 0:
        cool = snow_cover(x, z, land.look.snow, number) * smoothstep(30, 160, np.hypot(x, z))
        cool = cool * smoothstep(0.5, 0.3, 1 - mesh.normal[:, 1])
        for cone in plan.cones:  # the fire keeps the summit bare
            top = np.hypot(x - cone.at[0], z - cone.at[1]) / cone.radius_m
            cool = cool * smoothstep(0.08, 0.35, top) if cone.erupts else cool
        color = mix(color, SNOW, cool)
    land.scene.add(colored(mesh, color, kind), casts_sky=False)
    px, pz = fine_points(land.detail * 0.5, 300.0, 7.0, 200, 700)
    py = melt(px, pz)
    glow = molten(
        px, pz, number + 28, 0.3 * smoothstep(0.5, -2.0, open_lava_m(plan, px, pz, number)) - 0.2
    )
    glow = glow * (0.35 + 0.65 * glowing(plan, px, pz, number))[..., None]
    sheet = mesh_from(
        np.stack([px, py, pz], -1).reshape(-1, 3), grid_faces(px.shape[0], px.shape[1], wrap=True),
        color=glow.reshape(-1, 3), material=Material.GLOW,
    )  # fmt: skip
    land.scene.add(sheet, casts_sun=False, casts_sky=False)


def _eruptions(land: Land, plan: VolcanoPlan, number: int) -> list[str]:
    """Send ash, sparks and streams of lava out of the cones; return what can be seen."""
    rng = land.rng
    said: list[str] = []
    wind = rng.normal(0, 0.22, 2)
    for i, cone in enumerate(plan.cones):
        if not cone.erupts:
            continue
        x, y, z = point_on(land.height, *cone.at)
        tone = np.array([0.30, 0.285, 0.28]) * rng.uniform(0.45, 1.3)
        fire = np.array([5.0, 1.7, 0.7]) if land.look.dark else np.array([2.4, 1.3, 0.9])
        puff, rows = plume(
            rng, cone.high_m * float(rng.uniform(1.1, 2.2)), cone.radius_m * 0.085, wind, tone, fire
        )
        rows[:, [3, 7, 11]] += np.array([x, y - 10, z], np.float32)
        land.scene.add(puff, rows, casts_sky=False)
        said.append("a column of ash and smoke")
        if rng.random() < 0.8:
            _fountain(land, (x, y, z), cone.radius_m, rng)
        for _ in range(int(rng.integers(2, 6))):
            _stream(land, cone, number + i, rng)
        said.append("lava running down the slopes")
    return said


def _fountain(
    land: Land, at: tuple[float, float, float], radius_m: float, rng: np.random.Generator
) -> None:
    """Throw glowing rocks out of a crater."""
    count = 90
    t, way = rng.random(count), rng.random(count) * 6.283
    out, up = radius_m * 0.16 * rng.random(count), radius_m * rng.uniform(0.12, 0.30)
    arc = up * (4 * t * (1 - t)) * rng.uniform(0.4, 1.0, count)
    spot = np.stack([out * t * np.cos(way), arc, out * t * np.sin(way)], 1) + np.array(at)
    spark = icosphere(1).painted((9.0, 2.6, 0.35), Material.GLOW)
    size = radius_m * rng.uniform(0.0035, 0.010, count)
    land.scene.add(spark, placed(spot, size), casts_sun=False, casts_sky=False)


def _stream(land: Land, cone: Cone, number: int, rng: np.random.Generator) -> None:
    """Let lava run from a crater's rim down to the plain, mostly on the side to the eye."""
    toward = np.arctan2(-cone.at[1], -cone.at[0]) + rng.normal(0, 0.75)
    t = np.linspace(0.13, rng.uniform(0.45, 0.95), 40)
    angle = (
        toward + 0.10 * np.sin(t * rng.uniform(8, 16) + rng.random() * 6) + rng.normal(0, 0.12) * t
    )
    x = (cone.at[0] + np.cos(angle) * t * cone.radius_m).astype(np.float32)
    z = (cone.at[1] + np.sin(angle) * t * cone.radius_m).astype(np.float32)
    y = land.height(x, z) + cone.radius_m * 0.012
    wide = cone.radius_m * (0.008 + 0.012 * t) * (1 - t * 0.4) * rng.uniform(0.6, 1.3)
    sheet = stream_sheet(np.stack([x, y, z], 1), wide, number)
    sheet.color[:, :3] *= 1.3 if land.look.dark else 0.9
    land.scene.add(sheet, casts_sun=False, casts_sky=False)


def _lamps(land: Land, plan: VolcanoPlan, number: int) -> None:
    """Let open lava and hot cracks light what stands over them."""
    rng = land.rng
    spots: list[tuple[float, float]] = []
    x, z = scattered(rng, 400, 1.5, 26, power=0.8)
    deep, hot = open_lava_m(plan, x, z, number), glowing(plan, x, z, number)
    for i in np.argsort(deep + 3.0 * (1 - hot) + 0.05 * np.hypot(x, z)):
        if all(np.hypot(x[i] - a, z[i] - b) > 5.0 for a, b in spots) and hot[i] > 0.5:
            spots.append((float(x[i]), float(z[i])))
        if len(spots) == 7:
            break
    for spot in spots:
        strong = 5.0 if open_lava_at(plan, *spot, number) < 0 else 1.3
        at = point_on(land.height, *spot, 0.7 if strong > 2 else 0.35)
        land.scene.lamps.append(
            Lamp(at, (2.6 * strong, 0.55 * strong, 0.08 * strong), 0.6, shadowed=False)
        )


def _clear(
    land: Land, plan: VolcanoPlan, number: int, near_m: float, far_m: float, radius: float
) -> tuple[float, float]:
    """Return a free place off the open lava, and claim it."""
    spot = (0.0, far_m)
    for _ in range(50):
        r, a = land.rng.uniform(near_m, far_m), land.rng.uniform(0, 6.283)
        spot = (float(r * np.sin(a)), float(-r * np.cos(a)))
        x, z = (np.array([v], np.float32) for v in spot)
        if land.free(*spot, radius) and float(open_lava_m(plan, x, z, number)[0]) > radius + 0.2:
            break
    land.claim(*spot, radius)
    return spot


def _blocks(land: Land, plan: VolcanoPlan, number: int) -> str:
    rng = land.rng
    for _ in range(int(rng.integers(3, 8))):
        size = float(rng.uniform(0.2, 0.85))
        spot = _clear(land, plan, number, 1.1 + size, 6.5, size)
        block = lava_block(int(rng.integers(0, 5)), 3).painted(_tone(plan))
        land.put(block, *spot, yaw=float(rng.uniform(0, 6)), size=size, lift_m=-0.15 * size)
    return "black lava rocks"


def _bombs(land: Land, plan: VolcanoPlan, number: int) -> str:
    rng = land.rng
    for _ in range(int(rng.integers(2, 5))):
        size = float(rng.uniform(0.16, 0.42))
        spot = _clear(land, plan, number, 1.5, 5.5, size + 0.1)
        land.put(bomb(int(rng.integers(0, 3))), *spot, yaw=float(rng.uniform(0, 6)), size=size)
    return "glowing lava bombs"


def _ropes(land: Land, plan: VolcanoPlan, number: int) -> str:
    rng = land.rng
    for _ in range(int(rng.integers(3, 7))):
        spot = _clear(land, plan, number, 1.3, 6.0, 0.6)
        size = float(rng.uniform(0.55, 1.0))
        land.put(ropes(int(rng.integers(0, 3))), *spot, yaw=float(rng.uniform(0, 6)), size=size)
    return "ropy lava"


def _trees(land: Land, plan: VolcanoPlan, number: int) -> str:
    rng = land.rng
    for _ in range(int(rng.integers(1, 5))):
        spot = _clear(land, plan, number, 2.2, 14.0, 0.5)
        burnt = dead_tree(int(rng.integers(0, 3))).painted((0.035, 0.03, 0.028))
        land.put(burnt, *spot, yaw=float(rng.uniform(0, 6)), size=float(rng.uniform(0.7, 1.5)))
    return "burnt trees"


def _ferns(land: Land, plan: VolcanoPlan, number: int) -> str:
    rng = land.rng
    for _ in range(int(rng.integers(4, 9))):
        spot = _clear(land, plan, number, 1.2, 4.5, 0.3)
        land.put(light_fern(int(rng.integers(0, 3))), *spot, size=float(rng.uniform(0.4, 0.9)))
    return "ferns in the cracks"


def _spires(land: Land, plan: VolcanoPlan, number: int) -> str:
    rng = land.rng
    for _ in range(int(rng.integers(3, 8))):
        spot = _clear(land, plan, number, 2.6, 22.0, 0.9)
        tall = lava_block(int(rng.integers(0, 5)), 3).scaled(
            (1.0, float(rng.uniform(2.0, 4.0)), 1.0)
        )
        land.put(
            tall.painted(_tone(plan)),
            *spot,
            yaw=float(rng.uniform(0, 6)),
            size=float(rng.uniform(0.4, 1.0)),
        )
    return "spires of lava"


def _tone(plan: VolcanoPlan) -> NDArray[np.float64]:
    return np.array(ROCKS[plan.rock][1]) * 0.95


_THINGS = {
    "blocks": _blocks,
    "bombs": _bombs,
    "ropes": _ropes,
    "trees": _trees,
    "ferns": _ferns,
    "spires": _spires,
}


def _near(land: Land, plan: VolcanoPlan, number: int) -> list[str]:
    """Place blocks, bombs, ropes and burnt trees; return what they are."""
    rng = land.rng
    said: list[str] = []
    kinds, odds = (
        ["blocks", "bombs", "ropes", "trees", "ferns", "spires"],
        [0.3, 0.17, 0.17, 0.16, 0.08, 0.12],
    )
    for name in rng.choice(kinds, int(rng.integers(3, 5)), replace=False, p=odds):
        if name != "ferns" or land.look.season == "summer":
            said.append(_THINGS[name](land, plan, number))
    x, z = scattered(rng, land.many(3000), 0.8, 30, power=0.8)
    keep = (fbm(x, z, 5, 2, number + 29) > 0.05) & (open_lava_m(plan, x, z, number) > 0.3)
    for kind in range(2):
        own = keep & (np.arange(len(x)) % 2 == kind)
        land.plant(
            lava_block(kind, 1).painted(_tone(plan)), x[own], z[own], size=(0.025, 0.12), sky=False
        )
    x, z = scattered(rng, 110, 7, 120, power=0.8)
    keep = open_lava_m(plan, x, z, number) > 1.5
    land.plant(
        lava_block(3, 2).painted(_tone(plan)),
        x[keep],
        z[keep],
        size=(0.3, 1.9),
        sink_m=0.2,
        sky=False,
    )
    return said


def _air(streams: Streams, plan: VolcanoPlan) -> Air:
    """Return the look's air, smoky and lit from below."""
    air = replace(streams.look.air, aurora=0.0)
    glow = 0.06 + 0.10 * plan.hot
    r, g, b = air.ground
    thick = (
        air.fog_density * 1.6 if streams.look.weather != "foggy" else min(air.fog_density, 0.005)
    )
    tint = (0.70, 0.62, 0.57) if streams.look.weather == "overcast" else (1.0, 0.88, 0.80)
    return replace(
        air, ground=(r + glow, g + glow * 0.28, b + glow * 0.06), fog_density=thick, fog_tint=tint,
        exposure=air.exposure * 0.9,
    )  # fmt: skip


def build(streams: Streams) -> Scene:
    """Return the volcano."""
    rng, look, number = streams.layout, streams.look, streams.number
    plan = drawn_plan(rng)
    base = volcano_height(plan, number)
    crust, melt = crust_and_melt(plan, base, number, streams.detail)
    land = land_around(streams, base, _air(streams, plan))
    scene = land.scene
    _paint(land, plan, crust, melt, number)
    details = _eruptions(land, plan, number)
    details += _near(land, plan, number)
    _lamps(land, plan, number)
    details = list(dict.fromkeys(details))
    said = {"river": "a river of lava", "lake": "a lake of lava", "field": "glowing cracks"}.get(
        plan.kind
    )
    if said:
        details.insert(0, said)
    eyes = land.eyes(9, 7.0)
    dry = [e for e in eyes if open_lava_at(plan, e[0], e[2], number) > 1.2]
    scene.eyes = tuple(dry)[:3]
    erupts = any(cone.erupts for cone in plan.cones)
    scene.title = {
        "river": "River of lava",
        "lake": "Lake of lava",
        "field": "Lava field",
        "ash": "Ash plain",
    }[plan.kind]
    place = "an erupting volcano" if erupts else "a volcano"
    ground = {"ash": "a plain of gray ash"}.get(plan.kind, f"a field of {plan.rock} lava")
    scene.caption = f"{place} above {ground}, {look.hour}, with {' and '.join(details[:2])}"
    scene.details = (*(("an erupting volcano",) if erupts else ()), *details)
    scene.tags = (
        "volcano",
        "lava",
        look.hour,
        look.weather,
        plan.rock,
        *(("eruption",) if erupts else ()),
    )
    return scene
