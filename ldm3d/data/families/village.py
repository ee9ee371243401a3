"""A country village: cottages along a lane or about a green, gardens, a church, hills behind."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.families import Streams
from ldm3d.data.forest_floor import blossoms, strew_leaves, sward
from ldm3d.data.land import (
    Land,
    country_height,
    grass_color,
    land_around,
    land_surface,
    painted_land,
    seen_in,
    snowy_air,
)
from ldm3d.data.look import Look
from ldm3d.data.mesh import Material, Mesh, lathe
from ldm3d.data.near_things import put_near
from ldm3d.data.noise import fbm
from ldm3d.data.scene import Lamp, Scene, placed
from ldm3d.data.terrain import mix, on_ground, scattered, smoothstep
from ldm3d.data.village_plan import VillagePlan, front_gardens, paved, settle, village_plan
from ldm3d.data.village_things import VILLAGE_THINGS, church, street_lantern
from ldm3d.data.woodland import LEAF_COLORS, frost_from, leafy_tree, spruce

Floats = NDArray[np.float32]

NAMES = (
    "a village",
    "a country village",
    "an old village",
    "village cottages",
    "a village lane",
    "a small rural village",
    "a village square",
    "country cottages",
)

_THINGS = (
    "well", "fountain", "lanterns", "tubs", "tubs", "barrels", "washing", "bench", "cart",
    "wood stack", "square bales",
)  # fmt: skip


def _ground(land: Land, plan: VillagePlan, number: int) -> None:
    mesh = land_surface(land.height, land.detail, 2200)
    x, _, z = mesh.position.T
    d, patch = np.hypot(x, z), fbm(x, z, 4, 3, number + 5)
    green = grass_color(land.look) * 1.15
    color = mix(green, green * np.array([1.5, 1.1, 1.1]), smoothstep(-0.5, 0.7, patch))
    paving = {
        "cobbles": (0.17, 0.16, 0.145),
        "gravel": (0.33, 0.285, 0.22),
        "earth": (0.20, 0.15, 0.10),
    }
    stone = np.array(paving[plan.paving]) * (1 + 0.3 * patch[:, None])
    inside = paved(plan, x, z) + patch * 0.25
    cover = smoothstep(-0.2, 0.2, inside)
    if plan.paving != "cobbles":  # worn ruts, and grass between them
        aside = plan.lane.distance(x, z) + patch * 0.12
        stone = mix(stone, stone * 0.62, smoothstep(0.4, 0.15, np.abs(aside - 0.8)))
        strip = smoothstep(0.38, 0.12, aside) * smoothstep(-0.25, 0.35, fbm(x, z, 6, 2, number + 6))
        cover = cover * (1 - 0.75 * strip * (plan.paving == "earth"))
    color = mix(color, stone, cover)
    woods = smoothstep(0.0, 0.4, fbm(x, z, 150, 3, number + 8))
    autumn = {"autumn": (0.17, 0.09, 0.022), "winter": (0.06, 0.05, 0.045)}
    far = mix(green, np.array(autumn.get(land.look.season, (0.032, 0.055, 0.018))), woods)
    color = mix(color, far, smoothstep(60, 140, d))
    kinds = np.where(
        inside > 0,
        float(Material.STONE if plan.paving == "cobbles" else Material.GROUND),
        float(Material.GROUND),
    )
    kinds = np.where(d > 200, float(Material.ROCK), kinds)
    painted = painted_land(mesh, color, kinds, land.look, number)
    if land.look.snow > 0.3:  # trodden snow is grayer
        rut = np.abs(plan.lane.distance(x, z) - 0.75) + patch * 0.12
        worn = smoothstep(0.42, 0.12, rut) * smoothstep(-0.4, 0.3, inside)
        trodden = smoothstep(-0.1, 0.5, inside) * 0.3 * (0.6 + 0.5 * patch) + 0.45 * worn
        gray = np.array([0.24, 0.23, 0.22])
        painted.color[:, :3] = mix(painted.color[:, :3], gray, np.clip(trodden, 0, 1))
        dark = woods * smoothstep(90, 160, d) * 0.6
        painted.color[:, :3] = mix(painted.color[:, :3], np.array([0.08, 0.085, 0.09]), dark)
    land.scene.add(painted, casts_sky=False)


def _paving_stones(land: Land, plan: VillagePlan) -> None:
    """Lay single stones where one can tell them apart."""
    rng, look = land.rng, land.look
    if look.snow > 0.6:
        return
    if plan.paving == "cobbles":
        gap, reach, flatten = 0.19 * land.bold**0.7, 8.5, 1.0
    elif plan.paving == "gravel":
        gap, reach, flatten = 0.15 * land.bold, 4.5, 0.5
    else:
        gap, reach, flatten = 0.30 * land.bold, 6.0, 0.5
    x, z = land.grid(gap, reach, 0.42 if plan.paving != "cobbles" else 0.1)
    keep = paved(plan, x, z) > 0.05
    x, z = x[keep], z[keep]
    size = rng.uniform(0.8, 1.08, (len(x), 3)) * gap * 0.56
    if plan.paving != "cobbles":
        size *= rng.uniform(0.1, 0.42, (len(x), 1)) ** (1.0 if plan.paving == "gravel" else 1.5)
    dome = lathe([[1.0, -0.4], [0.88, 0.25], [0.5, 0.42], [0.0, 0.45]], 7)
    dome = dome.painted((0.24, 0.225, 0.20), Material.STONE)
    wet = 1 - 0.45 * look.wet
    tone = rng.uniform(0.6, 1.35, (len(x), 1)) * (1 + rng.normal(0, 0.06, (len(x), 3))) * wet
    size[:, 1] *= 0.5 * flatten
    rows = placed(on_ground(land.height, x, z, 0.01), size, rng.random(len(x)) * 6.283, tone)
    land.scene.add(dome, rows, casts_sky=False)


def _puddles(land: Land, plan: VillagePlan) -> list[str]:
    if land.look.wet < 0.8 or land.look.snow > 0.6:
        return []
    rng = land.rng
    x, z = scattered(rng, 90, 1.0, 16, power=0.7)
    keep = (paved(plan, x, z) > 0.5) & land.free(x, z, 0.1)
    x, z = x[keep][:26], z[keep][:26]
    disk = lathe([[1.0, 0.0], [0.8, 0.004], [0.0, 0.004]], 14).painted(
        (0.10, 0.105, 0.11), Material.METAL
    )
    size = np.stack(
        [rng.uniform(0.2, 0.8, len(x)), np.ones(len(x)), rng.uniform(0.2, 0.5, len(x))], 1
    )
    land.scene.add(
        disk, placed(on_ground(land.height, x, z, -0.035), size, rng.random(len(x)) * 6.283)
    )
    return ["puddles"]


def _green_things(land: Land, plan: VillagePlan, number: int) -> list[str]:
    """Grow grass, trees between and behind the houses, and a church tower over them."""
    rng, look, said = land.rng, land.look, []
    white, thin = look.snow > 0.6, 1 - 0.9 * look.snow
    for kind in range(2):
        tuft = sward(
            np.random.default_rng([kind, 6]),
            12,
            0.12 + 0.1 * kind,
            0.15,
            0.008 * land.bold,
            grass_color(look),
            0.5,
        )
        x, z = scattered(rng, land.many(round(9000 * thin)), 0.4, 16, power=0.75)
        keep = (paved(plan, x, z) < -0.1 - 0.3 * kind) & (
            fbm(x, z, 3, 2, number + 20) > rng.uniform(-1, 0.4, len(x))
        )
        land.plant(tuft, x[keep], z[keep], size=(0.5, 1.3), sun=False, sky=False)
    if look.season in ("spring", "summer"):
        petal = ((0.76, 0.76, 0.73), (0.76, 0.58, 0.03))[int(rng.integers(0, 2))]
        daisy = blossoms(
            np.random.default_rng(4), petal, heads=5, height_m=0.13, radius_m=0.02 * land.bold**0.6
        )
        x, z = scattered(rng, land.many(2600), 0.9, 18, power=0.75)
        keep = (paved(plan, x, z) < -0.3) & (fbm(x, z, 5, 2, number + 22) > 0.1)
        land.plant(daisy, x[keep], z[keep], sun=False, sky=False)
    season = look.season
    fruit = int(rng.integers(0, 3))
    for i in range(int(rng.integers(3, 7))):
        x0, z0 = land.find(4.5 if i == 0 else 7.0, 9.0 if i == 0 else 24.0, 1.3)
        if (
            float(paved(plan, np.array([x0], np.float32), np.array([z0], np.float32))[0]) > 0.3
            and i > 0
        ):
            continue
        tree = leafy_tree(
            int(rng.integers(0, 3)) if fruit == 0 else 2, 0 if i == 0 else 1, season, fruit
        )
        yaw, size = float(rng.uniform(0, 6.283)), float(rng.uniform(0.55, 1.05))
        land.put(tree, x0, z0, yaw=yaw, size=size, lift_m=-0.05)
        land.claim(x0, z0, 3.0 * size)  # nobody stands in its crown
    x, z = scattered(rng, land.many(420), 22, 110, power=0.7)
    keep = land.free(x, z, 2.0) & (paved(plan, x, z) < -1.5)
    kinds = rng.integers(0, 3, len(x))
    for k in range(3):
        own = keep & (kinds == k)
        tree = (
            spruce(0, 1, frost_from(look.snow))
            if k == 2 and plan.region == "wooden"
            else leafy_tree(k, 1, season)
        )
        land.plant(tree, x[own][:26], z[own][:26], size=(0.7, 1.4), sky=False)
    x, z = scattered(rng, land.many(1700), 110, 700, power=0.7)
    keep = fbm(x, z, 150, 3, number + 8) > rng.uniform(-0.1, 0.4, len(x))
    land.plant(leafy_tree(0, 2, season), x[keep], z[keep], size=(0.8, 1.5), sink_m=0.4, sky=False)
    if rng.random() < 0.65:
        cx, cz = land.find(27, 55, 9.0)
        land.put(
            church(int(rng.integers(0, 6)), look.dark, white),
            cx,
            cz,
            yaw=float(rng.uniform(0, 6.283)),
            lift_m=-0.3,
        )
        said.append("a church with a tower")
    if season == "autumn":
        colors = [tuple(1.3 * c for c in color) for color in LEAF_COLORS["autumn"]]
        strew_leaves(land, 2600, 12, colors, number=number)
        said.append("fallen leaves")
    return said


def build(streams: Streams) -> Scene:
    """Return the village."""
    rng, look, number = streams.layout, streams.look, streams.number
    plan = village_plan(rng)
    steep, way = float(rng.choice([0.0, 0.02, 0.06])), rng.uniform(0, 6.283)
    height = country_height(
        number, bumps_m=0.03, roll_m=float(rng.uniform(0.1, 1.2)),
        slope=(float(steep * np.sin(way)), float(steep * np.cos(way))),
        hills_m=float(rng.uniform(25, 130)), mountains_m=float(rng.choice([0, 0, 700])),
        calm_m=12.0,
    )  # fmt: skip
    land = land_around(streams, height, snowy_air(look.air, look, 0.3))
    scene = land.scene
    land.road = partial(paved, plan)
    _ground(land, plan, number)
    words, near = settle(land, plan)
    gardens = front_gardens(land, plan, near)
    things = put_near(land, _THINGS, int(rng.integers(3, 6)), 0.3, VILLAGE_THINGS)
    _lamp_by_the_lane(land, plan)
    _paving_stones(land, plan)
    more = _puddles(land, plan) + _green_things(land, plan, number)
    scene.eyes = land.eyes()
    return _worded(scene, plan, look, [words[0], *things, *gardens, words[1], *more])


def _lamp_by_the_lane(land: Land, plan: VillagePlan) -> None:
    """Put lanterns along the lane when it is dark."""
    if not land.look.dark:
        return
    mesh: Mesh = street_lantern(True, land.look.snow > 0.6)
    for along in (-26.0, -9.0, 9.0, 26.0):
        shifted = along + float(land.rng.uniform(-3, 3))
        x, z = plan.lane.point(shifted, (plan.lane.half_m + 0.4) * float(land.rng.choice([-1, 1])))
        if land.free(x, z, 0.3) and np.hypot(x, z) > 2.0:
            at = land.put(mesh, x, z)
            land.claim(x, z, 0.35)
            land.scene.lamps.append(Lamp((x, at[1] + 2.7, z), (5.0, 2.7, 1.0), 0.1, False))


def _worded(scene: Scene, plan: VillagePlan, look: Look, details: list[str]) -> Scene:
    white = look.snow > 0.6
    paved = {"cobbles": "a cobbled lane", "gravel": "a gravel road", "earth": "a dirt road"}
    if not white:
        details.append(paved[plan.paving])
    if plan.shape == "green":
        details.append("a village green")
    if look.dark:
        details.insert(1, "lit windows")
    place = {"lane": "village lane", "green": "village green", "edge": "edge of a village"}[
        plan.shape
    ]
    scene.title = f"{'Snow on the' if white else 'On the'} {place}"
    scene.caption = (
        f"a {'snowy ' * white}country village of {details[0]}, {look.season}, {look.hour}, "
        f"{' and '.join(details[1:3])}"
    )
    scene.details = seen_in(look, details)
    scene.tags = ("village", plan.region, place, look.season, look.hour, look.weather)
    return scene
