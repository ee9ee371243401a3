"""A meadow: flowers and grass, lone trees, fences, hay or sheep, hills far away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.cottages import CottageStyle, cottage
from ldm3d.data.country import (
    build_dry_wall,
    ground_line,
    rail_fence,
    windmill,
)
from ldm3d.data.families import Streams
from ldm3d.data.farm_things import FARM_THINGS
from ldm3d.data.forest_floor import blossoms, strew_leaves, sward
from ldm3d.data.land import (
    Land,
    Lane,
    country_height,
    grass_color,
    land_around,
    land_surface,
    painted_land,
    seen_in,
    snowy_air,
)
from ldm3d.data.look import Look
from ldm3d.data.mesh import Material, Mesh
from ldm3d.data.near_things import put_near
from ldm3d.data.noise import fbm
from ldm3d.data.scene import Color, Lamp, Scene
from ldm3d.data.tarn import Tarn, drawn_tarn, fill_tarn, muddied, with_tarn
from ldm3d.data.terrain import mix, scattered, smoothstep
from ldm3d.data.woodland import birch, bush, frost_from, leafy_tree, spruce

Floats = NDArray[np.float32]

NAMES = (
    "a meadow",
    "a flower meadow",
    "a field of wildflowers",
    "a green field",
    "grassland with flowers",
    "rolling green hills",
    "a pasture",
    "a summer meadow",
    "open countryside",
)


class _Flower(NamedTuple):
    petal: Color
    heart: Color
    height_m: float
    radius_m: float
    heads: int
    spike: bool
    name: str


_FLOWERS: dict[str, tuple[_Flower, ...]] = {
    "spring": (
        _Flower((0.78, 0.58, 0.02), (0.7, 0.4, 0.02), 0.20, 0.026, 5, False, "dandelions"),
        _Flower((0.78, 0.78, 0.76), (0.8, 0.55, 0.04), 0.16, 0.022, 6, False, "daisies"),
        _Flower((0.28, 0.20, 0.66), (0.7, 0.6, 0.1), 0.22, 0.020, 5, True, "bluebells"),
        _Flower((0.60, 0.30, 0.50), (0.7, 0.6, 0.2), 0.30, 0.024, 4, False, "pink cuckooflowers"),
    ),
    "summer": (
        _Flower((0.62, 0.035, 0.015), (0.03, 0.02, 0.03), 0.42, 0.042, 3, False, "red poppies"),
        _Flower((0.08, 0.14, 0.66), (0.2, 0.1, 0.4), 0.40, 0.026, 4, False, "cornflowers"),
        _Flower((0.78, 0.78, 0.76), (0.8, 0.50, 0.03), 0.36, 0.034, 4, False, "ox-eye daisies"),
        _Flower((0.80, 0.60, 0.02), (0.7, 0.4, 0.02), 0.30, 0.022, 6, False, "buttercups"),
        _Flower((0.30, 0.12, 0.56), (0.3, 0.1, 0.4), 0.62, 0.034, 4, True, "lupins"),
        _Flower((0.55, 0.14, 0.42), (0.5, 0.2, 0.4), 0.34, 0.026, 4, False, "pink clover"),
    ),
    "autumn": (
        _Flower((0.42, 0.20, 0.50), (0.7, 0.5, 0.1), 0.34, 0.026, 4, False, "autumn asters"),
        _Flower((0.58, 0.50, 0.36), (0.5, 0.4, 0.2), 0.60, 0.030, 4, True, "dry seed heads"),
        _Flower((0.74, 0.48, 0.03), (0.6, 0.3, 0.02), 0.50, 0.028, 5, False, "yellow ragwort"),
    ),
    "winter": (
        _Flower((0.34, 0.26, 0.15), (0.3, 0.2, 0.1), 0.55, 0.024, 4, True, "dry seed heads"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class _Plan:
    use: str  # flowers, hay, pasture, heights
    lane: Lane | None
    mountains_m: float
    hills_m: float
    border: str  # fence, wall, hedge, none
    trees: int  # kind of the lone trees
    lush: float


def _plan(rng: np.random.Generator) -> _Plan:
    lane = None
    if rng.random() < 0.5:
        lane = Lane(
            float(rng.uniform(0, 6.283)), float(rng.normal(0, 1.5)), float(rng.uniform(0.5, 1.4)),
            float(rng.uniform(0.5, 5.0)), float(rng.uniform(30, 90)), float(rng.uniform(0, 6)),
        )  # fmt: skip
    use = str(rng.choice(["flowers", "flowers", "hay", "pasture", "heights"]))
    return _Plan(
        use, lane, float(rng.choice([900, 1300]) if use == "heights" else rng.choice([0, 0, 350])),
        float(rng.uniform(15, 120)), str(rng.choice(["fence", "fence", "wall", "hedge", "none"])),
        int(rng.integers(0, 5)), float(rng.uniform(0.75, 1.25)),
    )  # fmt: skip


def _ground(land: Land, plan: _Plan, number: int, tarn: Tarn | None) -> None:
    far_m = 4200 if plan.mountains_m else 2400
    mesh = land_surface(land.height, land.detail, far_m)
    x, y, z = mesh.position.T
    d, patch = np.hypot(x, z), fbm(x, z, 5, 3, number + 5)
    green = grass_color(land.look)
    if plan.use == "hay":
        green = mix(green[None], np.array([[0.21, 0.165, 0.062]]), np.full(1, 0.6))[0]
    dry = green * np.array([1.5, 1.12, 1.15])
    color = mix(green, dry, smoothstep(-0.4, 0.7, patch)) * 1.2
    # Fields in long strips of different greens, hedges between.
    turn = number % 7 * 0.45
    u = x * np.cos(turn) + z * np.sin(turn) + 30 * fbm(x, z, 300, 2, number + 6)
    v = z * np.cos(turn) - x * np.sin(turn) + 30 * fbm(x, z, 300, 2, number + 7)
    cell = np.floor(u / 90) * 57.3 + np.floor(v / 140) * 131.7
    tone = 0.5 + 0.5 * np.sin(cell * 12.99)
    fields = np.array([[0.085, 0.115, 0.024], [0.16, 0.145, 0.045], [0.20, 0.16, 0.06],
                       [0.055, 0.085, 0.02], [0.12, 0.15, 0.03]])  # fmt: skip
    if land.look.season in ("autumn", "winter"):
        fields = fields * np.array([1.15, 0.85, 0.8])
    patchwork = fields[(tone * 4.99).astype(int)]
    hedge = np.minimum(np.abs(u / 90 % 1 - 0.5), np.abs(v / 140 % 1 - 0.5)) > 0.47
    patchwork = np.where(hedge[:, None], [[0.03, 0.045, 0.018]], patchwork)
    woods = smoothstep(0.15, 0.45, fbm(x, z, 170, 3, number + 8))
    far_woods = {"autumn": (0.16, 0.085, 0.022), "winter": (0.06, 0.05, 0.045)}.get(
        land.look.season, (0.032, 0.055, 0.018)
    )
    patchwork = mix(patchwork, np.array(far_woods), woods)
    if plan.use == "heights":
        patchwork = mix(green * 0.9, np.array(far_woods), woods)
    color = mix(color, patchwork, smoothstep(55, 120, d + patch * 20))
    if plan.lane is not None:
        aside = plan.lane.distance(x, z)
        dirt = np.array([0.20, 0.155, 0.105]) * (1 + 0.3 * patch[:, None])
        half = plan.lane.half_m
        ruts = np.abs(aside - half * 0.62) + patch * 0.06 if half > 0.9 else aside + patch * 0.15
        wide = 0.28 if half > 0.9 else half
        color = mix(color, dirt, smoothstep(wide + 0.15, wide - 0.1, ruts) * smoothstep(160, 90, d))
    rocky = smoothstep(170, 300, y + fbm(x, z, 200, 3, number + 9) * 90)
    color = mix(color, np.array([0.17, 0.17, 0.185]), rocky)
    color = mix(
        color,
        np.array([0.7, 0.74, 0.8]),
        smoothstep(380, 560, y + fbm(x, z, 260, 3, number + 10) * 120),
    )
    kinds = np.where(d > 220, float(Material.ROCK), float(Material.GROUND))
    if tarn is not None:
        color = muddied(color, tarn, x, z)
    painted = painted_land(mesh, color, kinds, land.look, number)
    if land.look.snow > 0.3:  # hedges and woods show through
        rgba = painted.color.copy()
        dark = np.maximum(hedge * 0.7, woods * 0.65) * smoothstep(70, 130, d)
        rgba[:, :3] = mix(rgba[:, :3], np.array([0.08, 0.085, 0.09]), dark)
        painted = replace(painted, color=rgba)
    land.scene.add(painted, casts_sky=False)


def _border(land: Land, plan: _Plan) -> list[str]:
    """Lay a fence, wall or hedge past the eye at 2 to 5 m, somewhere around it."""
    rng, white = land.rng, land.look.snow > 0.6
    if plan.border == "none":
        return []
    aside, turn = rng.uniform(2.0, 5.0), rng.uniform(0, 6.283)
    if plan.lane is not None:
        turn, aside = plan.lane.angle_rad, plan.lane.half_m + rng.uniform(0.9, 2.2)
        aside = abs(plan.lane.offset_m) + aside
    c, s = np.cos(turn), np.sin(turn)
    bend, reach = rng.normal(0, 0.12), 26 if plan.border != "fence" else 42
    run = np.linspace(-reach, reach, 15)
    across = aside + bend * run + 0.6 * np.sin(run * 0.12)
    across = np.maximum(across, 1.7)
    line = np.stack([across * c + run * s, across * s - run * c], axis=1)
    for x, z in ground_line(land, line, 1.0)[:, [0, 2]]:
        if np.hypot(x, z) < 12:
            land.claim(float(x), float(z), 0.4)
    if plan.border == "fence":
        rails = int(rng.integers(2, 4))
        tone = ((0.24, 0.20, 0.16), (0.55, 0.53, 0.48), (0.20, 0.13, 0.08))[int(rng.integers(0, 3))]
        fence = rail_fence(ground_line(land, line, 2.4), rng, rails, white, tone)
        land.scene.add(fence)
        return ["a wooden fence"]
    if plan.border == "wall":
        build_dry_wall(land, line, (1.1, 1.05, 0.95), float(rng.uniform(0.6, 1.0)))
        return ["a dry-stone wall"]
    points = ground_line(land, line, 0.8)
    shift = rng.normal(0, 0.15, (len(points), 2))
    x, z = (
        (points[:, 0] + shift[:, 0]).astype(np.float32),
        (points[:, 2] + shift[:, 1]).astype(np.float32),
    )
    for kind in range(2):
        own = np.arange(len(x)) % 2 == kind
        land.plant(bush(kind, land.look.season, 1), x[own], z[own], size=(0.9, 1.7))
    return ["a hedge"]


def _trees(land: Land, plan: _Plan, number: int) -> list[str]:
    rng, season = land.rng, land.look.season
    blossom = int(rng.integers(0, 3)) if plan.trees == 2 else 0
    frost = frost_from(land.look.snow)

    def tree(level: int, kind: int) -> Mesh:
        if plan.trees == 3:
            return birch(kind, level, season)
        if plan.trees == 4:
            return spruce(kind, level, frost)
        return leafy_tree(plan.trees + 3 * kind, level, season, blossom)

    close = int(rng.integers(1, 5))
    for _ in range(close):
        x, z = land.find(4.0 if plan.trees != 4 else 6.5, 17.0, 1.2)
        size = float(rng.uniform(0.75, 1.35))
        land.put(tree(0 if np.hypot(x, z) < 13 else 1, int(rng.integers(0, 3))), x, z,
                 yaw=float(rng.uniform(0, 6.283)), size=size, lift_m=-0.05)  # fmt: skip
        land.claim(x, z, 3.0 * size)  # nobody stands in its crown
    for _ in range(int(rng.integers(4, 10))):  # groups and rows
        cx, cz = land.find(20, 85, 3.0)
        count, row = int(rng.integers(2, 9)), rng.random() < 0.4
        a = rng.uniform(0, 6.283)
        t = (np.arange(count) - count / 2) * rng.uniform(5, 8)
        px = (cx + (t * np.cos(a) if row else rng.normal(0, 5, count))).astype(np.float32)
        pz = (cz + (t * np.sin(a) if row else rng.normal(0, 5, count))).astype(np.float32)
        keep = np.hypot(px, pz) > 18
        mesh = tree(1, int(rng.integers(0, 3)))
        land.plant(mesh, px[keep], pz[keep], size=(0.7, 1.35), sink_m=0.1)
    fx, fz = scattered(rng, land.many(1900), 80, 900, power=0.75)
    wood = fbm(fx, fz, 170, 3, number + 8) > rng.uniform(0.1, 0.5, len(fx))
    wood |= rng.random(len(fx)) < 0.05
    kinds = rng.integers(0, 3, len(fx))
    for kind in range(2):
        own = wood & (kinds % 2 == kind)
        mesh = leafy_tree(kind, 2, season) if plan.use != "heights" else spruce(kind, 2, frost)
        land.plant(mesh, fx[own], fz[own], size=(0.8, 1.5), sink_m=0.4, sky=False)
    names = ("an oak", "lime trees", "fruit trees", "birches", "fir trees")
    said = names[plan.trees]
    if plan.trees == 2 and season == "spring" and blossom:
        said = "fruit trees in blossom"
    if plan.trees == 0:
        said = "a lone oak" if close == 1 else "old oaks"
    return [said]


def _herbs(land: Land, plan: _Plan, number: int) -> list[str]:
    """Grow grass and the season's flowers; return the flowers' names."""
    rng, look = land.rng, land.look
    thin = plan.lush * (1.0 - 0.88 * look.snow)

    def kept(
        count: float, near_m: float, far_m: float, period_m: float, salt: int, low: float
    ) -> tuple[Floats, Floats]:
        x, z = scattered(rng, land.many(round(count * thin)), near_m, far_m, power=0.78)
        keep = fbm(x, z, period_m, 2, number + salt) > rng.uniform(low, 0.5, len(x))
        if plan.lane is not None:
            keep &= plan.lane.distance(x, z) > plan.lane.half_m + 0.1
        return x[keep], z[keep]

    tall = {"hay": 0.10, "pasture": 0.14, "flowers": 0.30, "heights": 0.18}[plan.use]
    if plan.use == "hay" and look.season == "spring":
        tall = 0.3
    grass = grass_color(look)
    for kind in range(3):
        own = np.random.default_rng([kind, 3])
        high = tall * (0.8, 1.15, 1.6)[kind]
        tint = grass * ((1, 1, 1), (1.15, 1.05, 0.9), (1.5, 1.2, 1.2))[kind]
        tuft = sward(own, 14, high, 0.17, 0.008 * land.bold, tint, 0.5)
        x, z = kept((15000, 11000, 5000)[kind], 0.7, 16, 3.5, 20 + kind, -0.9)
        land.plant(tuft, x, z, size=(0.5, 1.35), sun=kind == 2, sky=False)
    short = sward(np.random.default_rng(6), 12, 0.09, 0.12, 0.008 * land.bold, grass * 1.15, 0.7)
    x, z = kept(900, 0.25, 1.5, 2, 23, -0.9)
    land.plant(short, x, z, size=(0.6, 1.4), sun=False, sky=False)
    wide = sward(np.random.default_rng(4), 7, tall * 1.5, 0.4, 0.018 * land.bold, grass * 1.1, 0.5)
    x, z = kept(14000, 13, 55, 9, 24, -0.9)
    land.plant(wide, x, z, size=(0.6, 1.4), sun=False, sky=False)
    said: list[str] = []
    share = {"flowers": 1.0, "heights": 0.7, "pasture": 0.3, "hay": 0.22}[plan.use]
    table = _FLOWERS[look.season]
    chosen = rng.permutation(len(table))[: int(rng.integers(1, 4))]
    for place, index in enumerate(chosen):
        petal, heart, high, radius, heads, spike, name = table[int(index)]
        own = np.random.default_rng([int(index), 5])
        clump = blossoms(
            own, petal, heart, heads=heads, height_m=high, radius_m=radius * land.bold**0.5,
            spread_m=0.13, spike=spike, leaf=grass,
        )  # fmt: skip
        many = 13000 * share * (1.0, 0.6, 0.35)[place]
        x, z = kept(many, 0.9, 15, 6, 30 + place, -0.4)
        land.plant(clump, x, z, size=(0.7, 1.35), sun=False, sky=False)
        dab = blossoms(own, petal, heart, heads=5, petals=3, height_m=high * 1.1,
                       radius_m=0.09 * land.bold**0.8, spread_m=0.5, leaf=grass)  # fmt: skip
        x, z = kept(many * 0.8, 12, 70, 14, 30 + place, -0.3)
        land.plant(dab, x, z, size=(0.7, 1.3), sun=False, sky=False)
        if look.snow < 0.6 and share > 0.5:
            said.append(name)
    if look.season == "autumn":
        strew_leaves(land, 1800, 12, ((0.5, 0.3, 0.03), (0.4, 0.15, 0.03)), number=number)
    return said


_THINGS = {
    "flowers": ("bench", "boulders", "hives", "stump", "cart", "log"),
    "hay": ("bales", "stacks", "cart", "bench", "square bales"),
    "pasture": ("sheep", "boulders", "stump", "square bales", "bench", "log"),
    "heights": ("boulders", "sheep", "bench", "wood stack", "stacks", "log"),
}


def _far_house(land: Land, plan: _Plan) -> list[str]:
    """Put a farmhouse or a windmill at 25 to 90 m."""
    rng, look = land.rng, land.look
    choice, white = rng.random(), look.snow > 0.6
    if choice < 0.35:
        return []
    x, z = land.find(24, 80, 7.0)
    yaw = float(np.arctan2(-x, -z) + rng.normal(0, 0.7))
    if choice < 0.5 and plan.use != "heights":
        land.put(windmill(white), x, z, yaw=yaw, lift_m=-0.4)
        return ["a windmill"]
    wall = str(rng.choice(["timber", "plaster", "boards"]))
    paint = (0.33, 0.055, 0.035) if wall == "boards" else (0.58, 0.53, 0.44)
    style = CottageStyle(
        wall, str(rng.choice(["tiles", "thatch"])), float(rng.uniform(8, 13)), 6.5, 3.0,
        float(rng.uniform(0.75, 0.95)), paint, lit=look.dark, snow=white, flowers=None,
        roof_color=(0.25, 0.10, 0.06) if rng.random() < 0.6 else (0.22, 0.16, 0.09),
    )  # fmt: skip
    house = cottage(style, rng)
    at = land.put(house.mesh, x, z, yaw=yaw, lift_m=-0.1)
    if look.dark:
        out = np.array([np.sin(yaw), 0.0, np.cos(yaw)]) * 5.0
        land.scene.lamps.append(
            Lamp((at[0] + out[0], at[1] + 1.6, at[2] + out[2]), (6.0, 3.0, 1.0), 0.3, False)
        )
    return ["a farmhouse"]


def build(streams: Streams) -> Scene:
    """Return the meadow."""
    rng, look, number = streams.layout, streams.look, streams.number
    plan = _plan(rng)
    steep, way = float(rng.choice([0.0, 0.03, 0.1, 0.2])), rng.uniform(0, 6.283)
    height = country_height(
        number, bumps_m=0.08, roll_m=float(rng.uniform(0.8, 4.5)),
        slope=(float(steep * np.sin(way)), float(steep * np.cos(way))),
        hills_m=plan.hills_m, mountains_m=plan.mountains_m, calm_m=5.0,
    )  # fmt: skip
    tarn = None
    if plan.lane is None and plan.border in ("none", "hedge") and rng.random() < 0.7:
        plan, tarn = replace(plan, border="none"), drawn_tarn(rng, height, number)
        height = with_tarn(height, tarn)
    land = land_around(streams, height, snowy_air(look.air, look, 0.27))
    scene = land.scene
    _ground(land, plan, number, tarn)
    water = [] if tarn is None else [fill_tarn(land, tarn)]
    fence = _border(land, plan)
    count = int(rng.integers(2, 5))
    things = put_near(land, _THINGS[plan.use], count, 0.4, FARM_THINGS)
    house = _far_house(land, plan)
    trees = _trees(land, plan, number)
    flowers = _herbs(land, plan, number)
    scene.eyes = land.eyes()
    return _worded(
        scene, plan, look, [*flowers[:1], *water, *things, *flowers[1:], *fence, *trees, *house]
    )


def _worded(scene: Scene, plan: _Plan, look: Look, details: list[str]) -> Scene:
    if plan.lane is not None:
        details.append("a country lane" if plan.lane.half_m > 0.9 else "a footpath")
    if plan.use == "heights":
        details.append("high mountains far away")
    place = {"flowers": "flower meadow", "hay": "hay field", "pasture": "pasture"}.get(
        plan.use, "mountain meadow"
    )
    if look.season == "winter":
        place = "snowy field" if look.snow > 0.6 else "winter field"
    scene.title = place.capitalize()
    scene.caption = f"a {place}, {look.season}, {look.hour}, {' and '.join(details[:2])}"
    scene.details = seen_in(look, details)
    scene.tags = (place, look.season, look.hour, look.weather, "fields", "hills")
    return scene
