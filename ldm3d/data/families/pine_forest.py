"""A forest of spruces or tall pines: dense or open, level or on a slope, green or under snow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.built import log_cabin
from ldm3d.data.families import Streams
from ldm3d.data.forest_floor import (
    light_fern,
    shrublet,
    strew_leaves,
    sward,
)
from ldm3d.data.land import (
    Land,
    Lane,
    country_height,
    grass_color,
    land_around,
    land_surface,
    painted_land,
    snowy_air,
)
from ldm3d.data.look import Look
from ldm3d.data.mesh import Material, Mesh
from ldm3d.data.near_things import THINGS, put_near
from ldm3d.data.noise import fbm
from ldm3d.data.scene import Air, Lamp, Scene
from ldm3d.data.tarn import Tarn, drawn_tarn, fill_tarn, muddied, with_tarn
from ldm3d.data.terrain import mix, scattered, smoothstep
from ldm3d.data.woodland import frost_from, scots_pine, spruce

Floats = NDArray[np.float32]

NAMES = (
    "a pine forest",
    "a conifer forest",
    "a forest of firs",
    "a spruce forest",
    "pine woods",
    "an evergreen forest",
    "a northern forest",
    "tall pine trees",
)


@dataclass(frozen=True)
class _Plan:
    kind: str  # spruce, pine, mixed
    floor: str  # moss, needles, bilberry, fern, grass
    gap_m: float
    glade_m: float
    lane: Lane | None
    mountains_m: float


def _plan(rng: np.random.Generator) -> tuple[_Plan, tuple[float, float]]:
    kind = str(rng.choice(["spruce", "pine", "mixed"]))
    floor = str(rng.choice(["moss", "needles", "bilberry", "fern", "grass"]))
    lane = None
    if rng.random() < 0.6:
        lane = Lane(
            float(rng.uniform(0, 6.283)), float(rng.normal(0, 1.2)), float(rng.uniform(0.5, 1.3)),
            float(rng.uniform(0.5, 3.5)), float(rng.uniform(25, 60)), float(rng.uniform(0, 6)),
        )  # fmt: skip
    steep, way = float(rng.choice([0.0, 0.04, 0.16, 0.28])), rng.uniform(0, 6.283)
    slope = (float(steep * np.sin(way)), float(steep * np.cos(way)))
    gap = float(rng.uniform(3.3, 6.0) * (0.85 if kind == "pine" else 1.0))
    glade = float(rng.choice([2.2, 3.0, 5.0, 9.0]))
    return _Plan(kind, floor, gap, glade, lane, float(rng.choice([0, 500, 850]))), slope


FLOORS = {
    "moss": ((0.050, 0.085, 0.016), (0.10, 0.125, 0.024), Material.MOSS),
    "needles": ((0.115, 0.066, 0.034), (0.155, 0.098, 0.05), Material.GROUND),
    "bilberry": ((0.060, 0.070, 0.024), (0.085, 0.062, 0.032), Material.MOSS),
    "fern": ((0.052, 0.072, 0.02), (0.085, 0.062, 0.032), Material.MOSS),
    "grass": ((0.075, 0.105, 0.024), (0.11, 0.115, 0.032), Material.GROUND),
}


def _ground(land: Land, plan: _Plan, number: int, tarn: Tarn | None) -> None:
    mesh = land_surface(land.height, land.detail, 3200 if plan.mountains_m else 900)
    x, y, z = mesh.position.T
    d, patch = np.hypot(x, z), fbm(x, z, 3.2, 3, number + 5)
    low, high, kind = FLOORS[plan.floor]
    color = mix(np.array(low), np.array(high), smoothstep(-0.5, 0.6, patch)) * 1.3
    if land.look.season in ("autumn", "winter") and plan.floor in ("grass", "fern", "bilberry"):
        color = color * np.array([1.35, 0.92, 0.85])
    soil = np.array([0.105, 0.068, 0.042]) * (1 + 0.35 * patch[:, None])
    soil = np.where(smoothstep(0.2, 0.5, fbm(x, z, 9, 2, number + 6))[:, None] > 0.5, soil, color)
    color = mix(color, soil, np.full(len(x), 0.7))
    if plan.lane is not None:
        aside = plan.lane.distance(x, z) + patch * 0.18
        dirt = np.array([0.17, 0.125, 0.085]) * (1 + 0.25 * patch[:, None])
        color = mix(color, dirt, smoothstep(plan.lane.half_m + 0.2, plan.lane.half_m - 0.2, aside))
    woods = (
        np.array([0.022, 0.038, 0.022])
        * np.clip(1 + 0.5 * fbm(x, z, 60, 3, number + 7), 0.3, 2)[:, None]
    )
    color = mix(color, woods, smoothstep(60, 160, d))
    bare = smoothstep(250, 420, y + fbm(x, z, 200, 3, number + 8) * 120)
    color = mix(color, np.array([0.17, 0.17, 0.18]), bare)
    snow = smoothstep(380, 520, y + fbm(x, z, 240, 3, number + 9) * 130)
    color = mix(color, np.array([0.75, 0.79, 0.85]), snow)
    kinds = np.where(d > 200, float(Material.ROCK), float(kind))
    if tarn is not None:
        color = muddied(color, tarn, x, z)
    painted = painted_land(mesh, color, kinds, land.look, number)
    if land.look.snow > 0.3:  # woods stay dark between the snow
        rgba = painted.color.copy()
        dark = (
            smoothstep(90, 220, d)
            * 0.6
            * (1 - bare)
            * smoothstep(-0.6, 0.3, fbm(x, z, 90, 3, number + 10))
        )
        rgba[:, :3] = mix(rgba[:, :3], np.array([0.07, 0.09, 0.095]), dark)
        painted = replace(painted, color=rgba)
    land.scene.add(painted, casts_sky=False)


@cache
def _hut(lit: bool, snow: bool) -> Mesh:
    """Return a log cabin, made once."""
    glow = (3.2, 1.5, 0.45) if lit else (0, 0, 0)
    return log_cabin(np.random.default_rng(4), glow, 0.3 if snow else 0.0, (0.13, 0.085, 0.055))


def _cabin(land: Land) -> list[str]:
    """Put a log cabin at 8 to 15 m in every fourth forest."""
    rng, look = land.rng, land.look
    if rng.random() > 0.28:
        return []
    x, z = land.find(8.5, 15.0, 4.4)
    yaw = float(np.arctan2(-x, -z) + rng.normal(0, 0.5))
    at = land.put(_hut(look.dark, look.snow > 0.6), x, z, yaw=yaw, lift_m=-0.15)
    if look.dark:
        out = np.array([np.sin(yaw), 0.0, np.cos(yaw)]) * 3.6
        spot = (at[0] + float(out[0]), at[1] + 1.5, at[2] + float(out[2]))
        land.scene.lamps.append(Lamp(spot, (3.4, 1.6, 0.5), 0.2, False))
    return ["a log cabin with lit windows" if look.dark else "a log cabin"]


def _trees(land: Land, plan: _Plan, number: int) -> None:
    rng = land.rng
    frost = frost_from(land.look.snow)
    x, z = land.grid(plan.gap_m, 135.0)
    d = np.hypot(x, z)
    glade = plan.glade_m * (1 + 0.5 * fbm(x, z, 12, 2, number + 12))
    keep = (d > np.maximum(glade, 1.9)) & land.free(x, z, 0.3)
    keep &= fbm(x, z, 26, 2, number + 13) > rng.uniform(-1.1, 0.3, len(x))
    keep &= rng.random(len(x)) < np.clip(7.0 * plan.gap_m / d, 0.18, 1.0)
    if plan.lane is not None:
        keep &= plan.lane.distance(x, z) > plan.lane.half_m + 1.0
    x, z, d = x[keep], z[keep], d[keep]
    pines = rng.random(len(x)) < {"spruce": 0.06, "mixed": 0.45, "pine": 0.92}[plan.kind]
    young = (rng.random(len(x)) < 0.22) & ~pines
    turn = rng.integers(0, 4, len(x))
    size = np.where(young, rng.uniform(0.14, 0.42, len(x)), rng.uniform(0.75, 1.5, len(x)))
    # Nobody stands among the boughs of a spruce.
    clear = pines | (d > 1.2 + size * 4.4)
    x, z, d, pines, young, turn, size = (v[clear] for v in (x, z, d, pines, young, turn, size))
    for i in np.flatnonzero(d < 12):
        land.claim(float(x[i]), float(z[i]), 0.45 if pines[i] else float(size[i]) * 3.6)
    # Crowns cast no shadow of the sky: under dense ones no light would be left.
    for level, (low, high) in enumerate(((0, 15), (15, 42), (42, 1e9))):
        for kind in range(4):
            here = (d >= low) & (d < high) & (turn == kind) & ~pines
            tree = spruce(kind, level, frost)
            land.plant(tree, x[here], z[here], size=size[here], sink_m=0.15, sky=False, lean=0.012)
        for kind in range(3):
            here = (d >= low) & (d < high) & (turn % 3 == kind) & pines
            tree = scots_pine(kind, level, frost)
            land.plant(tree, x[here], z[here], size=size[here], sink_m=0.15, sky=False, lean=0.02)
    x, z = scattered(rng, land.many(1700), 135, 620, power=0.7)
    keep = fbm(x, z, 90, 2, number + 14) > rng.uniform(-0.8, 0.3, len(x))
    land.plant(spruce(0, 2, frost), x[keep], z[keep], size=(0.8, 1.6), sink_m=0.5, sky=False)


def _undergrowth(land: Land, plan: _Plan, number: int) -> None:
    rng, look = land.rng, land.look
    lane = plan.lane

    def kept(
        count: int, far_m: float, period_m: float, salt: int, near_m: float = 0.9
    ) -> tuple[Floats, Floats]:
        x, z = scattered(rng, land.many(count), near_m, far_m, power=0.72)
        keep = fbm(x, z, period_m, 2, number + salt) > rng.uniform(-0.6, 0.5, len(x))
        if lane is not None:
            keep &= lane.distance(x, z) > lane.half_m
        return x[keep], z[keep]

    thin = 1.0 - 0.75 * look.snow
    grass = grass_color(look) * (0.8, 0.9, 1.0)
    lush = {"grass": 9000, "moss": 2600, "needles": 2600, "bilberry": 2200, "fern": 2600}[
        plan.floor
    ]
    for kind in range(3):
        own = np.random.default_rng([kind, 1])
        tuft = sward(own, 13, 0.26 + 0.08 * kind, 0.15, 0.008 * land.bold, grass, 0.5)
        x, z = kept(int(lush * thin), 16, 3.5, 20 + kind, 0.7)
        land.plant(tuft, x, z, size=(0.5, 1.3), sun=kind == 0, sky=False)
    low = {"autumn": (0.20, 0.055, 0.025), "winter": (0.07, 0.055, 0.03)}.get(
        look.season, (0.055, 0.10, 0.022)
    )
    many = {"bilberry": 3000, "moss": 1100, "needles": 1000}.get(plan.floor, 600)
    for kind in range(2):
        x, z = kept(int(many * thin), 26, 6, 24 + kind)
        land.plant(shrublet(kind, low), x, z, size=(0.8, 1.9), sky=False)
    rust = look.season in ("autumn", "winter")
    ferns = 520 if plan.floor == "fern" else 90
    for kind in range(2):
        x, z = kept(int(ferns * thin), 24, 7, 27 + kind, 1.5)
        plant = light_fern(kind)
        if rust:
            plant = plant.painted((0.20, 0.095, 0.03))
        land.plant(plant, x, z, size=(0.7, 1.5), sky=False)
    needles = ((0.17, 0.085, 0.035), (0.24, 0.13, 0.05), (0.10, 0.06, 0.03))
    twigs = ((0.10, 0.075, 0.055), (0.20, 0.17, 0.14), (0.30, 0.18, 0.09))
    strew_leaves(land, int(900 * thin), 9, twigs, size_m=0.13, number=number + 1)
    strew_leaves(land, int(5200 * thin), 11, needles, size_m=0.045, number=number)


def _air(streams: Streams, plan: _Plan) -> Air:
    """Return the look's air with the haze that hangs between trees."""
    air = streams.look.air
    thick = max(air.fog_density, 0.0016)
    shafts = 0.16 if max(air.sun) > 1.5 and air.sun_elevation_deg > 8 else air.shafts
    return snowy_air(
        replace(
            air,
            fog_density=thick,
            fog_height_m=min(air.fog_height_m, 60.0),
            shafts=shafts,
            sky_gain=air.sky_gain * 1.6,
        ),
        streams.look,
    )


def build(streams: Streams) -> Scene:
    """Return the forest."""
    rng, look, number = streams.layout, streams.look, streams.number
    plan, slope = _plan(rng)
    height = country_height(
        number, bumps_m=0.16, roll_m=float(rng.uniform(0.6, 3.5)), slope=slope,
        hills_m=float(rng.uniform(20, 110)), mountains_m=plan.mountains_m,
    )  # fmt: skip
    tarn = None
    if plan.lane is None and rng.random() < 0.6:
        tarn = drawn_tarn(rng, height, number)
        height = with_tarn(height, tarn)
    land = land_around(streams, height, _air(streams, plan))
    scene = land.scene
    _ground(land, plan, number, tarn)
    water = [] if tarn is None else [fill_tarn(land, tarn)]
    water += _cabin(land)
    details = water + put_near(
        land, THINGS, int(rng.integers(3, 6)), 0.9 if plan.floor in ("moss", "fern") else 0.5
    )
    _trees(land, plan, number)
    _undergrowth(land, plan, number)
    scene.eyes = land.eyes()
    return _worded(scene, plan, look, details)


def _worded(scene: Scene, plan: _Plan, look: Look, details: list[str]) -> Scene:
    trees = {"spruce": "spruces", "pine": "tall pines", "mixed": "pines and spruces"}[plan.kind]
    if plan.floor == "fern" and look.snow < 0.5:
        details.append("ferns")
    if plan.lane is not None:
        details.append("a forest path")
    white = look.snow > 0.6
    where = "spruces" if plan.kind == "spruce" else "pines"
    scene.title = f"{'Snow on' if white else 'Among'} the {where}"
    named = " and ".join(details[:2])
    scene.caption = f"a {'snowy ' * white}forest of {trees}, {look.season}, {look.hour}, {named}"
    scene.details = tuple(details)
    scene.tags = ("forest", trees, look.season, look.hour, look.weather, *(["snow"] * white))
    return scene
