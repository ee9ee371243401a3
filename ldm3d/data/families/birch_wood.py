"""A birch wood: white stems over grass and flowers, golden in autumn, bare in winter."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.families import Streams
from ldm3d.data.forest_floor import blossoms, light_fern, shrublet, strew_leaves, sward
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
from ldm3d.data.mesh import Material
from ldm3d.data.near_things import put_near
from ldm3d.data.noise import fbm
from ldm3d.data.scene import Air, Scene
from ldm3d.data.tarn import Tarn, drawn_tarn, fill_tarn, muddied, with_tarn
from ldm3d.data.terrain import mix, scattered, smoothstep
from ldm3d.data.woodland import birch, bush, frost_from, spruce

Floats = NDArray[np.float32]

NAMES = (
    "a birch forest",
    "a birch wood",
    "a birch grove",
    "white birch trees",
    "a forest of birches",
    "silver birches",
    "birch woodland",
)

_THINGS = ("stump", "log", "boulders", "toadstools", "wood stack", "bench", "young firs", "fire")
_FLOWERS = {
    "spring": (((0.78, 0.78, 0.76), "white anemones"), ((0.62, 0.55, 0.06), "primroses"),
               ((0.22, 0.16, 0.62), "bluebells")),
    "summer": (((0.22, 0.16, 0.62), "bluebells"), ((0.45, 0.10, 0.38), "fireweed"),
               ((0.76, 0.76, 0.72), "white flowers")),
}  # fmt: skip
_LITTER = {
    "autumn": ((0.55, 0.33, 0.03), (0.48, 0.22, 0.025), (0.60, 0.42, 0.06), (0.25, 0.11, 0.03)),
    "winter": ((0.20, 0.12, 0.06), (0.15, 0.09, 0.05), (0.26, 0.17, 0.08)),
    "spring": ((0.20, 0.13, 0.06), (0.26, 0.18, 0.09), (0.13, 0.08, 0.04)),
    "summer": ((0.18, 0.12, 0.05), (0.22, 0.17, 0.06), (0.10, 0.08, 0.03)),
}


@dataclass(frozen=True)
class _Plan:
    gap_m: float
    glade_m: float
    firs: float
    floor: str  # grass, heath, fern
    lane: Lane | None


def _plan(rng: np.random.Generator) -> _Plan:
    lane = None
    if rng.random() < 0.55:
        lane = Lane(
            float(rng.uniform(0, 6.283)), float(rng.normal(0, 1.0)), float(rng.uniform(0.4, 1.2)),
            float(rng.uniform(0.8, 4.0)), float(rng.uniform(22, 55)), float(rng.uniform(0, 6)),
        )  # fmt: skip
    return _Plan(
        float(rng.uniform(2.3, 4.6)), float(rng.choice([0.0, 2.5, 5.0, 8.0])),
        float(rng.choice([0.0, 0.0, 0.06, 0.2])), str(rng.choice(["grass", "heath", "fern"])), lane,
    )  # fmt: skip


def _ground(land: Land, plan: _Plan, number: int, tarn: Tarn | None) -> None:
    mesh = land_surface(land.height, land.detail, 900)
    x, _, z = mesh.position.T
    d, patch = np.hypot(x, z), fbm(x, z, 3.4, 3, number + 5)
    grass = grass_color(land.look) * 1.25
    litter = np.mean(_LITTER[land.look.season], axis=0) * 0.75
    share = {"autumn": 0.75, "winter": 0.6}.get(land.look.season, 0.25)
    cover = smoothstep(0.75 - share, 1.1 - share, 0.5 + patch)
    color = mix(grass * (1 + 0.3 * patch[:, None]), litter, cover)
    if plan.floor == "heath":
        color = mix(color, np.array([0.075, 0.062, 0.034]), smoothstep(0, 0.5, patch) * 0.6)
    if plan.lane is not None:
        edge = plan.lane.distance(x, z) + patch * 0.2
        dirt = mix(
            np.array([0.20, 0.155, 0.105]) * (1 + 0.25 * patch[:, None]), litter, cover * 0.5
        )
        color = mix(color, dirt, smoothstep(plan.lane.half_m + 0.2, plan.lane.half_m - 0.25, edge))
    far = {"autumn": (0.20, 0.13, 0.025), "winter": (0.085, 0.065, 0.06)}.get(
        land.look.season, (0.05, 0.08, 0.02)
    )
    woods = np.array(far) * np.clip(1 + 0.6 * fbm(x, z, 50, 3, number + 7), 0.3, 2)[:, None]
    color = mix(color, woods, smoothstep(60, 150, d))
    if tarn is not None:
        color = muddied(color, tarn, x, z)
    kinds = np.where(d > 150, float(Material.ROCK), float(Material.GROUND))
    land.scene.add(painted_land(mesh, color, kinds, land.look, number), casts_sky=False)


def _trees(land: Land, plan: _Plan, number: int) -> None:
    rng, season = land.rng, land.look.season
    for _ in range(int(rng.integers(1, 4))):  # stems that one could touch
        spot = land.find(1.9, 3.4, 0.35)
        tree = birch(int(rng.integers(0, 5)), 0, season)
        land.put(tree, *spot, yaw=float(rng.uniform(0, 6.283)), size=float(rng.uniform(0.95, 1.35)))
    x, z = land.grid(plan.gap_m, 120.0)
    d = np.hypot(x, z)
    keep = d > np.maximum(plan.glade_m * (1 + 0.6 * fbm(x, z, 11, 2, number + 12)), 2.6)
    keep &= land.free(x, z, 0.8) & (rng.random(len(x)) < np.clip(7.0 * plan.gap_m / d, 0.13, 1.0))
    keep &= fbm(x, z, 18, 2, number + 13) > rng.uniform(-1.3, 0.2, len(x))
    if plan.lane is not None:
        keep &= plan.lane.distance(x, z) > plan.lane.half_m + 0.7
    x, z, d = x[keep], z[keep], d[keep]
    firs = (rng.random(len(x)) < plan.firs) & (d > 6)
    size, turn = rng.uniform(0.7, 1.45, len(x)), rng.integers(0, 5, len(x))
    for i in np.flatnonzero(d < 12):
        land.claim(float(x[i]), float(z[i]), float(size[i]) * 3.5 if firs[i] else 0.35)
    for level, (low, high) in enumerate(((0, 13), (13, 38), (38, 1e9))):
        for kind in range(5):
            here = (d >= low) & (d < high) & (turn == kind)
            tree, tall = birch(kind, level, season), here & ~firs
            sky = level == 0
            land.plant(tree, x[tall], z[tall], size=size[tall], sink_m=0.1, lean=0.03, sky=sky)
            dark, fir = spruce(kind % 4, level, frost_from(land.look.snow)), here & firs
            land.plant(dark, x[fir], z[fir], size=size[fir] * 0.8, sink_m=0.1, sky=False)
    x, z = scattered(rng, land.many(1500), 120, 480, power=0.7)
    keep = fbm(x, z, 80, 2, number + 14) > rng.uniform(-0.9, 0.2, len(x))
    land.plant(birch(0, 2, season), x[keep], z[keep], size=(0.9, 1.7), sink_m=0.4, sky=False)


def _undergrowth(land: Land, plan: _Plan, number: int) -> list[str]:
    rng, look, said = land.rng, land.look, []
    thin = 1.0 - 0.8 * look.snow

    def kept(count: float, far_m: float, period_m: float, salt: int) -> tuple[Floats, Floats]:
        x, z = scattered(rng, land.many(round(count * thin)), 0.75, far_m, power=0.75)
        keep = fbm(x, z, period_m, 2, number + salt) > rng.uniform(-0.7, 0.5, len(x))
        if plan.lane is not None:
            keep &= plan.lane.distance(x, z) > plan.lane.half_m
        return x[keep], z[keep]

    lush = 9500 if plan.floor == "grass" else 5000
    for kind in range(3):
        own, tall = np.random.default_rng([kind, 2]), (0.2, 0.32, 0.5)[kind]
        tuft = sward(own, 13, tall, 0.16, 0.008 * land.bold, grass_color(look), 0.5)
        x, z = kept(lush * (1, 0.8, 0.35)[kind] / 2, 18, 3.5, 20 + kind)
        land.plant(tuft, x, z, size=(0.5, 1.3), sun=kind == 2, sky=False)
    heather = (0.13, 0.055, 0.095) if look.season in ("summer", "autumn") else (0.07, 0.075, 0.03)
    low = heather if plan.floor == "heath" else (0.06, 0.10, 0.022)
    x, z = kept(2400 if plan.floor == "heath" else 300, 24, 6, 24)
    land.plant(shrublet(0, low), x, z, size=(0.8, 1.9), sky=False)
    if plan.floor == "heath" and low == heather and look.snow < 0.5:
        said.append("heather")
    rust = {"autumn": (0.30, 0.14, 0.03), "winter": (0.17, 0.09, 0.04)}.get(look.season)
    for kind in range(2):
        x, z = kept(430 if plan.floor == "fern" else 50, 24, 7, 26 + kind)
        plant = light_fern(kind) if rust is None else light_fern(kind).painted(rust)
        land.plant(plant, x, z, size=(0.7, 1.4), sky=False)
    if plan.floor == "fern" and look.snow < 0.5:
        said.append("ferns")
    for salt, (petal, name) in enumerate(_FLOWERS.get(look.season, ())):
        if rng.random() < 0.55:
            spike = name in ("fireweed", "bluebells")
            clump = blossoms(
                np.random.default_rng(salt), petal, height_m=0.7 if name == "fireweed" else 0.2,
                radius_m=0.022 * land.bold, spike=spike, heads=5,
            )  # fmt: skip
            x, z = kept(3000 if name != "fireweed" else 900, 20, 7, 30 + salt)
            land.plant(clump, x, z, size=(0.7, 1.3), sun=False, sky=False)
            said.append(name)
    for kind in range(2):
        x, z = kept(70, 40, 12, 35 + kind)
        keep = (np.hypot(x, z) > 4) & land.free(x, z, 0.6)
        shrub = bush(kind, look.season, 1)
        land.plant(shrub, x[keep], z[keep], size=(0.7, 1.8), sky=False)
    fallen = 9000 if look.season == "autumn" else 2500
    strew_leaves(land, int(fallen * thin), 13, _LITTER[look.season], size_m=0.042, number=number)
    return said


def _air(look: Look) -> Air:
    """Return the look's air, a little hazier and brighter under the thin crowns."""
    air = look.air
    shafts = 0.12 if max(air.sun) > 1.5 and air.sun_elevation_deg > 8 else air.shafts
    hazy = replace(
        air, fog_density=max(air.fog_density, 0.0014), fog_height_m=min(air.fog_height_m, 60.0),
        shafts=shafts, sky_gain=air.sky_gain * 1.55,
    )  # fmt: skip
    return snowy_air(hazy, look)


def build(streams: Streams) -> Scene:
    """Return the wood."""
    rng, look, number = streams.layout, streams.look, streams.number
    plan = _plan(rng)
    steep, way = float(rng.choice([0.0, 0.05, 0.15])), rng.uniform(0, 6.283)
    height = country_height(
        number, bumps_m=0.14, roll_m=float(rng.uniform(0.4, 2.8)),
        slope=(float(steep * np.sin(way)), float(steep * np.cos(way))),
        hills_m=float(rng.uniform(10, 70)),
    )  # fmt: skip
    tarn = None
    if plan.lane is None and rng.random() < 0.5:
        tarn = drawn_tarn(rng, height, number)
        height = with_tarn(height, tarn)
    land = land_around(streams, height, _air(look))
    scene = land.scene
    _ground(land, plan, number, tarn)
    water = [] if tarn is None else [fill_tarn(land, tarn)]
    details = water + put_near(land, _THINGS, int(rng.integers(2, 5)))
    _trees(land, plan, number)
    details += _undergrowth(land, plan, number)
    scene.eyes = land.eyes()
    if plan.lane is not None:
        details.append("a path between the trees")
    if plan.firs > 0.1:
        details.append("dark firs among the birches")
    leaves = {
        "spring": "fresh green leaves", "summer": "green leaves", "autumn": "golden leaves",
        "winter": "bare branches",
    }[look.season]  # fmt: skip
    white = look.snow > 0.6
    scene.title = {"autumn": "Golden birches", "winter": "Birches in winter"}.get(
        look.season, "In the birch wood"
    )
    scene.details = (leaves, *details)
    scene.caption = (
        f"a {'snowy ' * white}birch wood with {leaves}, {look.season}, {look.hour}, "
        f"{' and '.join(details[:2])}"
    )
    scene.tags = ("forest", "birches", look.season, look.hour, look.weather, *(["snow"] * white))
    return scene
