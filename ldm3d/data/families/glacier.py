"""A glacier: crevasses, towers of ice, pools of meltwater, or its front over a lake with bergs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.families import Streams
from ldm3d.data.fine_ground import colored, fine_ground
from ldm3d.data.ice import (
    BLUE,
    DEEP,
    PALE,
    SNOW,
    berg,
    cairn,
    dome_tent,
    flag_pole,
    ice_beds,
    ice_chunk,
    penguin,
    serac,
)  # fmt: skip
from ldm3d.data.ice_ground import (
    LAKE_M,
    POOL_M,
    GlacierPlan,
    crevasse_depth,
    drawn_height,
    drawn_plan,
    front_height,
    ice_height,
    pool_depth,
)
from ldm3d.data.land import Land, land_around
from ldm3d.data.mesh import Material, Mesh
from ldm3d.data.noise import fbm
from ldm3d.data.rocks import cliff, crag
from ldm3d.data.scene import Lamp, Scene
from ldm3d.data.terrain import Height, mix, scattered, smoothstep, water_surface
from ldm3d.data.winter import sledge

Floats = NDArray[np.float32]

NAMES = (
    "a glacier",
    "an ice field",
    "a glacier with blue ice",
    "a frozen land of ice",
    "a landscape of ice",
    "an arctic glacier",
    "an icy wilderness",
    "ice and snow mountains",
)
HOURS = ("dawn", "morning", "noon", "golden hour", "sunset", "dusk", "night")
WEATHERS = ("clear", "cloudy", "overcast", "foggy", "snowy")
SEASONS = ("summer", "winter")

CLOTHS = ((0.55, 0.13, 0.015), (0.50, 0.30, 0.01), (0.42, 0.02, 0.02), (0.03, 0.20, 0.42))


def _paint(land: Land, plan: GlacierPlan, drawn: Height, number: int) -> None:
    mesh = fine_ground(drawn, land.detail, 6500.0, 7.0, 390, 820)
    x, y, z = mesh.position.T
    d, steep = np.hypot(x, z), 1 - mesh.normal[:, 1]
    patch, stone = fbm(x, z, 13, 4, number + 11), np.array(plan.stone)
    along = fbm(plan.lane.aside(x, z) * 1.0, plan.lane.along(x, z) * 0.06, 9, 3, number + 12)
    icy = smoothstep(0.0, 0.5, along + 0.6 * patch + 1.1 * plan.bare - 0.55)
    ice = mix(PALE * 1.08, BLUE * 1.25, np.clip(0.15 + 0.5 * plan.blue + 0.4 * patch, 0, 1))
    color = mix(SNOW, ice, icy * 0.75)
    grime = smoothstep(0.35, 0.75, along) * plan.bare
    color = mix(color, stone, grime * 0.55 * (plan.kind != "front"))
    if plan.kind in ("crevasses", "seracs"):
        deep = crevasse_depth(plan, x, z, number)
        color = mix(color, PALE * 0.9, smoothstep(0.02, 0.15, deep))
        color = mix(color, np.array([0.15, 0.52, 0.80]), smoothstep(0.08, 0.4, deep))
        color = mix(color, DEEP, smoothstep(0.6, 1.0, deep))
        if plan.kind == "seracs":
            color = mix(color, BLUE, smoothstep(0.10, 0.45, steep) * 0.7)
    if plan.kind == "pools":
        color = mix(
            color,
            np.array([0.20, 0.58, 0.72]),
            smoothstep(-0.08, 0.25, pool_depth(plan, x, z, number)),
        )
    kind = np.full(len(x), float(Material.SNOW))
    if plan.kind == "front":
        shore = stone * (0.95 + 0.5 * patch[:, None])
        shore = mix(shore * 0.6, shore, smoothstep(LAKE_M, LAKE_M + 0.5, y))
        white = smoothstep(-0.1, 0.4, patch + 1.5 * land.look.snow - 0.9) * (y > LAKE_M + 0.15)
        shore = mix(shore, SNOW, white)
        lake = plan.lane.aside(x, z) < plan.wall_at_m + 4
        color = np.where(lake[:, None], shore, color)
        kind = np.where(lake & (white < 0.5), float(Material.MATTE), kind)
    high = smoothstep(300, 500, d) * smoothstep(8, 60, y)
    bare = smoothstep(0.20, 0.42, steep + 0.12 * fbm(x, z, 120, 3, number + 13)) * high
    cliffs = stone * (0.9 + 0.4 * fbm(x, y * 2.0, 150, 3, number + 14)[:, None])
    summit = mix(np.broadcast_to(SNOW, color.shape), cliffs, bare)
    color = mix(color, summit, high)
    kind = np.where(
        bare > 0.5, float(Material.ROCK), np.where(high > 0.5, float(Material.SNOW), kind)
    )
    land.scene.add(colored(mesh, color, kind), casts_sky=plan.kind == "seracs")


def _wall(land: Land, plan: GlacierPlan, number: int) -> None:
    """Raise the glacier's front out of the lake, and let bergs drift before it."""
    rng, reach = land.rng, 4.0 * plan.wall_at_m + 160
    along = np.sinh(np.linspace(-3.0, 3.0, 400)) / np.sinh(3.0) * reach
    line = np.array([plan.lane.point(float(a), plan.wall_at_m) for a in along])
    top = plan.wall_m * (0.9 + 0.25 * fbm(line[:, 0], line[:, 1], 34, 3, number + 15))
    wall = cliff(
        line, LAKE_M - 2.0, top, ice_beds(rng, plan.blue), number + 16, rows=56, lean=0.03,
        rough_m=float(rng.uniform(1.5, 2.3)), ledge_m=0.25, cap_m=26, material=Material.SNOW,
    )  # fmt: skip
    wall.color[-2 * len(line) :, :3] = SNOW
    cleft = smoothstep(0.0, -0.55, fbm(wall.position[:, 0], wall.position[:, 2], 8, 2, number + 17))
    wall.color[:, :3] = mix(wall.color[:, :3], BLUE * 0.8, cleft * 0.8 * plan.blue)
    snow = smoothstep(0.45, 0.65, np.abs(wall.normal[:, 1]))
    wall.color[:, :3] = mix(wall.color[:, :3], SNOW, snow)
    land.scene.add(wall, casts_sun=False)  # narrow clefts would be speckled with shadow
    x, z = scattered(rng, 240, 7, 150, power=0.8)
    aside = plan.lane.aside(x, z)
    keep = (land.height(x, z) < LAKE_M - 0.8) & (aside < plan.wall_at_m - 7)
    keep &= fbm(x, z, 40, 2, number + 18) > rng.uniform(-0.6, 0.7, len(x))
    size = rng.exponential(1.0, len(x)) + 0.35
    size = np.minimum(size, 0.07 * np.hypot(x, z))
    for kind in range(6):
        own = np.flatnonzero(keep & (np.arange(len(x)) % 6 == kind))
        for i in own[:9]:
            land.scene.add(
                berg(kind)
                .scaled(float(size[i]))
                .turned(float(rng.uniform(0, 6)))
                .moved((x[i], LAKE_M, z[i])),
                casts_sky=False,
            )
    x, z = scattered(rng, land.many(1600), 4, 90, power=0.8)
    keep = (land.height(x, z) < LAKE_M - 0.1) & (plan.lane.aside(x, z) < plan.wall_at_m - 4)
    keep &= fbm(x, z, 12, 2, number + 19) > 0.05
    floes = Land(
        land.scene, lambda px, pz: np.full(np.shape(px), LAKE_M, np.float32), rng, land.look
    )
    floes.plant(ice_chunk(1, 1.0), x[keep], z[keep], size=(0.06, 0.35), sky=False)


def _towers(land: Land, plan: GlacierPlan) -> list[str]:
    rng = land.rng
    many = {"seracs": 46, "crevasses": 14, "pools": 8}.get(plan.kind, 0)
    low = 5.0 if plan.kind == "seracs" else 16.0
    snow = 1.0 if plan.bare < 0.7 else 0.6
    for _ in range(many):
        size = float(rng.uniform(0.5, 2.2))
        spot = land.find(low + size, 55 if plan.kind == "seracs" else 130, size * 1.4)
        tower = serac(int(rng.integers(0, 7)), snow)
        land.put(tower, *spot, yaw=float(rng.uniform(0, 6)), size=size, lift_m=-0.3)
    return ["towers of blue ice"] if plan.kind == "seracs" else []


def _clear(
    land: Land, plan: GlacierPlan, number: int, near_m: float, far_m: float, radius: float
) -> tuple[float, float]:
    """Return a free, dry place off the crevasses, and claim it."""
    spot = (0.0, far_m)
    for _ in range(60):
        r, a = land.rng.uniform(near_m, far_m), land.rng.uniform(0, 6.283)
        spot = (float(r * np.sin(a)), float(-r * np.cos(a)))
        if land.free(*spot, radius) and _firm(land, plan, *spot, number, radius):
            break
    land.claim(*spot, radius)
    return spot


def _firm(
    land: Land, plan: GlacierPlan, x: float, z: float, number: int, radius_m: float = 0.5
) -> bool:
    """Say whether one can stand at a place."""
    turn = np.linspace(0, 6.283, 7)
    px, pz = (
        (x + radius_m * np.cos(turn)).astype(np.float32),
        (z + radius_m * np.sin(turn)).astype(np.float32),
    )
    if plan.kind == "front":
        return bool((land.height(px, pz) > LAKE_M + 0.1).all())
    if plan.kind == "pools":
        return bool((pool_depth(plan, px, pz, number) < -0.05).all())
    return bool((crevasse_depth(plan, px, pz, number) < 0.05).all())


def _ice(land: Land, plan: GlacierPlan, number: int) -> str:
    rng = land.rng
    for _ in range(int(rng.integers(3, 8))):
        size = float(rng.uniform(0.2, 0.8))
        spot = _clear(land, plan, number, 1.1 + size, 6.0, size)
        chunk = ice_chunk(int(rng.integers(0, 6)), float(rng.choice([0.0, 0.5, 1.0])))
        land.put(chunk, *spot, yaw=float(rng.uniform(0, 6)), size=size, lift_m=-0.1 * size)
    return "blocks of clear blue ice"


def _boulders(land: Land, plan: GlacierPlan, number: int) -> str:
    rng = land.rng
    for _ in range(int(rng.integers(2, 6))):
        size = float(rng.uniform(0.2, 0.9))
        spot = _clear(land, plan, number, 1.1 + size, 6.5, size)
        stone = crag(int(rng.integers(0, 6)), 3).painted(_tone(plan))
        land.put(
            _capped(stone, land.look.snow),
            *spot,
            yaw=float(rng.uniform(0, 6)),
            size=size,
            lift_m=-0.1 * size,
        )
    return "gray boulders"


def _tent(land: Land, plan: GlacierPlan, number: int) -> str:
    rng = land.rng
    spot = _clear(land, plan, number, 3.0, 5.5, 1.4)
    yaw = float(np.arctan2(-spot[0], -spot[1]) + rng.normal(0, 0.5))
    at = land.put(dome_tent(CLOTHS[rng.integers(0, 4)]), *spot, yaw=yaw)
    if land.look.dark:
        land.scene.lamps.append(
            Lamp((at[0] * 0.72, at[1] + 0.7, at[2] * 0.72), (2.6, 1.5, 0.6), 0.2)
        )
    return "an expedition tent"


def _flags(land: Land, plan: GlacierPlan, number: int) -> str:
    rng = land.rng
    cloth = CLOTHS[rng.integers(0, 4)]
    for i in range(int(rng.integers(2, 6))):
        spot = _clear(land, plan, number, 1.7 + 2 * i, 4 + 4 * i, 0.3)
        land.put(flag_pole(cloth), *spot, yaw=float(rng.uniform(0, 6)))
    return "marker flags"


def _sledge(land: Land, plan: GlacierPlan, number: int) -> str:
    rng = land.rng
    spot = _clear(land, plan, number, 1.8, 4.0, 0.8)
    land.put(sledge(rng), *spot, yaw=float(rng.uniform(0, 6)), size=1.2)
    return "a wooden sledge"


def _cairn(land: Land, plan: GlacierPlan, number: int) -> str:
    rng = land.rng
    land.put(cairn(rng, _tone(plan)), *_clear(land, plan, number, 1.6, 3.6, 0.5), size=1.2)
    return "a stone cairn"


def _penguins(land: Land, plan: GlacierPlan, number: int) -> str:
    rng = land.rng
    for _ in range(int(rng.integers(3, 12))):
        spot = _clear(land, plan, number, 1.9, 11.0, 0.35)
        land.put(
            penguin(int(rng.integers(0, 4))),
            *spot,
            yaw=float(rng.uniform(0, 6)),
            size=float(rng.uniform(0.75, 1.1)),
        )
    return "penguins"


def _tone(plan: GlacierPlan) -> NDArray[np.float64]:
    return np.array(plan.stone) * 1.1


_THINGS = {
    "ice": _ice,
    "boulders": _boulders,
    "tent": _tent,
    "flags": _flags,
    "sledge": _sledge,
    "cairn": _cairn,
    "penguins": _penguins,
}


def _near(land: Land, plan: GlacierPlan, number: int) -> list[str]:
    """Place two to four kinds of things at 1.3 to 5 m; return what they are."""
    rng = land.rng
    said: list[str] = []
    kinds = ["ice", "boulders", "tent", "flags", "sledge", "cairn", "penguins"]
    odds = [0.32, 0.22, 0.12, 0.1, 0.08, 0.06, 0.10]
    for name in rng.choice(kinds, int(rng.integers(2, 5)), replace=False, p=odds):
        said.append(_THINGS[name](land, plan, number))
    x, z = scattered(rng, land.many(9000 if plan.kind == "front" else 700), 0.8, 26, power=0.8)
    keep = fbm(x, z, 6, 2, number + 20) > rng.uniform(-0.3, 0.6, len(x))
    if plan.kind in ("crevasses", "seracs"):
        keep &= crevasse_depth(plan, x, z, number) < 0.05
    pebble = crag(2, 1).painted(_tone(plan)) if plan.kind == "front" else ice_chunk(2, 0.8)
    land.plant(pebble, x[keep], z[keep], size=(0.035, 0.2), sky=False)
    return said


def _capped(stone: Mesh, snow: float) -> Mesh:
    """Return a stone with snow on top."""
    rgba = stone.color.copy()
    rgba[:, :3] = mix(rgba[:, :3], SNOW, smoothstep(0.45, 0.7, stone.normal[:, 1]) * snow)
    return replace(stone, color=rgba)


def build(streams: Streams) -> Scene:
    """Return the glacier."""
    rng, look, number = streams.layout, streams.look, streams.number
    plan = drawn_plan(rng, look.snow)
    base = (front_height if plan.kind == "front" else ice_height)(plan, number)
    drawn = drawn_height(plan, base, number)
    land = land_around(streams, base, look.air)
    scene = land.scene
    _paint(land, plan, drawn, number)
    details = _towers(land, plan)
    if plan.kind == "front":
        _wall(land, plan, number)
        details += ["a wall of ice", "icebergs"]
    if plan.kind in ("front", "pools"):
        level = LAKE_M if plan.kind == "front" else POOL_M
        scene.mirror_height_m, scene.ripple = level, 0.012 if plan.kind == "front" else 0.006
        scene.water_tint = (0.02, 0.13, 0.17) if plan.kind == "front" else (0.02, 0.22, 0.30)
        bed = (0.10, 0.20, 0.22) if plan.kind == "front" else (0.20, 0.58, 0.72)
        water = water_surface(base, level, 400.0 if plan.kind == "front" else 90.0, streams.detail)
        scene.add(water.painted(bed), casts_sun=False, casts_sky=False)
    details += {
        "crevasses": ["deep blue crevasses"],
        "pools": ["pools of turquoise meltwater"],
    }.get(plan.kind, [])
    details += _near(land, plan, number)
    scene.eyes = tuple(e for e in land.eyes(9, 7.0) if _firm(land, plan, e[0], e[2], number, 0.7))[
        :3
    ]
    scene.title = {
        "crevasses": "Crevasses",
        "seracs": "Towers of ice",
        "pools": "Meltwater",
        "front": "Where the glacier ends",
    }[plan.kind]
    place = {
        "crevasses": "a glacier among snowy peaks",
        "seracs": "an icefall of blue towers on a glacier",
        "pools": "turquoise meltwater on a glacier",
        "front": "the front of a glacier above a lake",
    }[plan.kind]
    scene.caption = f"{place}, {look.hour}, with {' and '.join(details[:2])}"
    scene.details = tuple(details)
    scene.tags = ("glacier", "ice", "snow", "mountains", look.hour, look.weather, look.season)
    return scene
