"""A snowy valley at night: a lit cabin, a lantern, northern lights over the mountains."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.built import log_cabin
from ldm3d.data.families import Streams
from ldm3d.data.mesh import Material, Mesh
from ldm3d.data.noise import fbm, ridged
from ldm3d.data.plants import grass_tuft, pine, rock
from ldm3d.data.scene import Air, Lamp, Scene, placed
from ldm3d.data.terrain import (
    Height,
    mix,
    on_ground,
    point_on,
    scattered,
    slope,
    smoothstep,
    terrain,
)
from ldm3d.data.winter import fence, lantern_post, sledge, snow_cap, snowman, wood_pile

Floats = NDArray[np.float32]

NAMES = (
    "a winter night", "a snowy valley at night", "a snowy night in the mountains",
    "a snow-covered valley at night", "a frosty winter night", "a polar night",
    "a mountain valley in the snow at night", "a winter evening in the snow",
)  # fmt: skip
HOURS = ("dusk", "night", "night")
WEATHERS = ("clear", "clear", "cloudy", "snowy")
SEASONS = ("winter",)

EYE_M = 1.62
CABIN = (-6.2, -8.2)
CABIN_YAW = 0.62
LANTERN = (1.55, -2.6)


@dataclass(frozen=True)
class Plan:
    """What stands in the valley; as it stands it is the bundled one."""

    cabin: bool = True
    snowman: bool = True
    sledge: bool = True
    lantern: bool = True
    right_fence: bool = True
    left_fence: bool = True
    wood: float = 0.0
    """Above 0: more trees, below: fewer."""
    crest_m: float = 1150.0
    pines: tuple[tuple[float, float, float], ...] = (
        (4.2, -1.0, 0.20), (3.3, 2.3, 0.14), (-3.4, 2.0, 0.26), (5.4, -5.0, 0.42),
    )  # fmt: skip
    """Small ones near the eye: x, z and size."""


def _plan(streams: Streams) -> Plan:
    if streams.signature:
        return Plan()
    rng = streams.layout
    near = []
    for _ in range(int(rng.integers(2, 7))):
        angle, reach = rng.random() * 6.283, rng.uniform(2.6, 7.5)
        x, z = float(reach * np.cos(angle)), float(reach * np.sin(angle))
        near.append((x, z, float(rng.uniform(0.1, 0.45))))
    return Plan(
        cabin=bool(rng.random() < 0.75),
        snowman=bool(rng.random() < 0.55),
        sledge=bool(rng.random() < 0.4),
        lantern=bool(rng.random() < 0.7),
        right_fence=bool(rng.random() < 0.6),
        left_fence=bool(rng.random() < 0.4),
        wood=float(rng.normal(0, 0.25)),
        crest_m=float(rng.uniform(500, 1500)),
        pines=tuple(near),
    )


def _trail_m(x: Floats, z: Floats) -> Floats:
    """Return metres from the trodden trail that runs from behind the eye to the cabin's door."""
    t = np.clip((4.0 - z) / 10.0, 0, 1)
    middle = 0.15 + 0.4 * np.sin(z * 0.5) * (1 - t) - 4.2 * t**2.2
    return np.asarray(np.where(z < -6.4, 9.0, np.abs(x - middle)), np.float32)


def ground_height(number: int, crest_m: float = 1150.0) -> Height:
    """Return the snow's surface: drifts, a trail, a wide valley, mountains."""

    def height(x: Floats, z: Floats) -> Floats:
        d = np.hypot(x, z)
        drift = (
            fbm(x, z, 9, 3, number) * 0.22 * smoothstep(1, 7, d)
            + fbm(x, z, 1.6, 2, number + 1) * 0.035
        )
        trail = -0.17 * smoothstep(
            0.85, 0.45, _trail_m(x, z) + fbm(x, z, 0.7, 2, number + 2) * 0.12
        )
        valley = -7.0 * smoothstep(16, 130, -z + 0.25 * x) + 12 * smoothstep(20, 200, z)
        roll = fbm(x, z, 120, 4, number + 3) * 7 * smoothstep(15, 120, d)
        crest = np.clip(ridged(x, z, 3800, 8, number + 4) - 0.36, 0, 1) ** 1.2 * 2.1
        crest = crest * (0.8 + 0.5 * fbm(x, z, 4000, 2, number + 5))
        rise = smoothstep(220, 2400, d)
        level = smoothstep(7.0, 4.2, np.hypot(x - CABIN[0], z - CABIN[1]))
        near = (drift + trail) * (1 - 0.8 * level)
        return np.asarray(near + valley + roll + rise * (crest * crest_m + 30), np.float32)

    return height


def _paint(ground: Mesh, number: int) -> Mesh:
    x, y, z = ground.position.T
    steep = slope(ground)
    snow = np.array([0.80, 0.84, 0.90])
    stone = np.array([0.13, 0.125, 0.13]) * (0.9 + 0.4 * fbm(x, y * 2, 130, 3, number + 6)[:, None])
    far = smoothstep(200, 500, np.hypot(x, z))
    bare = smoothstep(0.26, 0.40, steep + 0.12 * fbm(x, z, 150, 4, number + 7)) * far
    wooded = smoothstep(-0.1, 0.5, fbm(x, z, 260, 4, number + 8)) * far * smoothstep(260, 120, y)
    color = mix(
        mix(np.broadcast_to(snow, (len(x), 3)), np.array([0.055, 0.07, 0.075]), wooded * 0.85),
        stone,
        bare,
    )
    rgba = ground.color.copy()
    rgba[:, :3] = color
    kind = np.where(np.hypot(x, z) > 300, Material.ROCK, Material.SNOW)
    return replace(ground, color=rgba, material=kind.astype(np.float32))


def _forest(scene: Scene, height: Height, streams: Streams, plan: Plan) -> None:
    rng, number = streams.layout, streams.number
    x, z = scattered(rng, streams.many(15000), 7, 900, power=0.6)
    d, y = np.hypot(x, z), height(x, z)
    wish = fbm(x, z, 70, 3, number + 9) + 0.35 * smoothstep(60, 300, d) + plan.wood
    keep = (wish > rng.uniform(-0.15, 0.75, len(x))) & (y < 160)
    keep &= (np.hypot(x - CABIN[0], z - CABIN[1]) > 6.0) & (_trail_m(x, z) > 2.5)
    keep &= ~(
        (np.abs(np.arctan2(x - 0.1 * z, -z)) < 0.55)
        & (d < 120)
        & (d > 12)
        & (rng.random(len(x)) < 0.9)
    )
    x, z, d = x[keep], z[keep], d[keep]
    at = on_ground(height, x, z, 0.2)
    size = rng.uniform(0.45, 1.3, len(x))
    tint = rng.uniform(0.8, 1.15, (len(x), 1)) * np.ones(3)
    for i, (low, high, parts) in enumerate(
        ((0, 60, (32, 7, 9)), (60, 220, (18, 6, 4)), (220, 1000, (11, 5, 2)))
    ):
        for kind in range(3):
            choice = (d >= low) & (d < high) & (np.arange(len(d)) % 3 == kind)
            levels, branches, twigs = (22, 6, 6) if streams.detail < 0.7 and i == 0 else parts
            tree = pine(
                np.random.default_rng(50 * i + kind),
                13.0 + kind * 2,
                levels,
                branches,
                twigs,
                (0.026, 0.046, 0.034),
                0.62,
            )
            scene.add(
                tree,
                placed(
                    at[choice], size[choice], rng.random(int(choice.sum())) * 6.283, tint[choice]
                ),
                casts_sky=i < 2,
            )
    for spot in plan.pines:
        small = pine(
            np.random.default_rng(int(spot[2] * 100)), 14, 20, 7, 9, (0.03, 0.055, 0.036), 0.6
        )
        p = np.array([point_on(height, spot[0], spot[1], -0.05)])
        scene.add(small, placed(p, spot[2]))


def _near(scene: Scene, height: Height, streams: Streams, plan: Plan) -> None:
    rng = streams.layout
    named = {
        "a log cabin with lit windows": plan.cabin,
        "a snowman": plan.snowman,
        "a wooden sledge": plan.sledge,
        "a lantern": plan.lantern,
        "a wooden fence": plan.right_fence or plan.left_fence,
        "snowy firs": True,
    }
    if not streams.signature:
        scene.details = tuple(name for name, there in named.items() if there)

    def spot(x: float, z: float, lift: float = 0.0) -> NDArray[np.float64]:
        return np.array(point_on(height, x, z, lift))

    if plan.cabin:
        cabin = log_cabin(np.random.default_rng(4), (3.4, 1.55, 0.42), 0.34, (0.08, 0.05, 0.035))
        place = spot(*CABIN, -0.05)
        scene.add(cabin.turned(CABIN_YAW).moved(place))
    c, s = np.cos(CABIN_YAW), np.sin(CABIN_YAW)
    powers = ((-1.85, 3.15, 2.6), (1.85, 3.15, 2.6), (0.0, 3.2, 1.2))
    for lamp_x, lamp_z, power in powers if plan.cabin else ():
        world = place + np.array([c * lamp_x + s * lamp_z, 1.45, -s * lamp_x + c * lamp_z])
        scene.lamps.append(Lamp(tuple(world), (1.5 * power, 0.66 * power, 0.18 * power), 0.15))
    if plan.cabin:
        pile = wood_pile(np.random.default_rng(5))
        scene.add(pile.turned(CABIN_YAW).moved(spot(-2.2, -5.3, -0.06)))
    post = spot(*LANTERN, -0.05)
    if plan.lantern:
        lantern = lantern_post(np.random.default_rng(6), (26, 11, 2.6), 1.95)
        scene.add(lantern.turned(2.6).moved(post))
        arm = np.array([0.35 * np.cos(2.6), 1.95 - 0.28, -0.35 * np.sin(2.6)])
        scene.lamps.append(Lamp(tuple(post + arm), (2.3, 1.0, 0.27), 0.04))
    line = [
        spot(x, z)
        for x, z in (
            (2.3, 4.4),
            (2.05, 2.2),
            (1.85, 0.1),
            (1.75, -2.1),
            (2.4, -4.2),
            (3.6, -6.0),
            (5.3, -7.4),
            (7.4, -8.2),
            (9.7, -8.6),
        )
    ]
    if plan.right_fence:
        scene.add(fence(line, rng))
    line = [spot(x, z) for x, z in ((-2.2, 4.5), (-2.35, 2.4), (-2.6, 0.3), (-3.1, -1.7))]
    if plan.left_fence:
        scene.add(fence(line, rng))
    if plan.snowman:
        scene.add(snowman(np.random.default_rng(7)).turned(0.75).moved(spot(-1.75, -2.75, -0.06)))
    if plan.sledge:
        scene.add(sledge(np.random.default_rng(8)).turned(-0.7).moved(spot(1.05, -1.25, 0.0)))
    for kind in range(3):
        stone = rock(np.random.default_rng(kind), 4, 12, 0.0)
        x, z = scattered(rng, 26, 3, 40, power=0.8)
        keep = (_trail_m(x, z) > 1.2) & (np.hypot(x - CABIN[0], z - CABIN[1]) > 5)
        at, size = (
            on_ground(height, x[keep], z[keep], 0.05),
            rng.uniform(0.12, 0.6, int(keep.sum())),
        )
        scene.add(stone, placed(at, size, rng.random(len(at)) * 6.28))
        scene.add(snow_cap((1.75, 0.7, 1.75), (0, 0.42, 0)), placed(at, size))
    straw = grass_tuft(np.random.default_rng(3), 9, 0.55, 0.14, 0.004, (0.24, 0.17, 0.08))
    x, z = scattered(rng, streams.many(2600), 1.4, 30, power=0.75)
    keep = (_trail_m(x, z) > 0.9) & (
        fbm(x, z, 6, 2, streams.number + 11) > rng.uniform(0.1, 0.7, len(x))
    )
    at = on_ground(height, x[keep], z[keep], 0.06)
    scene.add(
        straw,
        placed(at, rng.uniform(0.5, 1.1, len(at)), rng.random(len(at)) * 6.28),
        casts_sky=False,
    )


def build(streams: Streams) -> Scene:
    """Return the winter night."""
    plan, look = _plan(streams), streams.look
    height = ground_height(streams.number, plan.crest_m)
    air = Air(
        sun_elevation_deg=34,
        sun_azimuth_deg=132,
        sun=(0.13, 0.18, 0.30),
        sun_softness_deg=0.4,
        zenith=(0.010, 0.019, 0.048),
        horizon=(0.040, 0.075, 0.115),
        glow=(0.035, 0.055, 0.085),
        ground=(0.02, 0.03, 0.05),
        sky_gain=1.5,
        fog_density=0.00022,
        fog_height_m=160,
        cloud_cover=0.0,
        cirrus=0.0,
        stars=1.0,
        aurora=1.0,
        moon=2.4,
        saturation=1.15,
        exposure=0.8,
    )
    ground = point_on(height, 0.0, 0.0)[1]
    scene = Scene(eye=(0.0, ground + EYE_M, 0.0), air=air, eye_height_m=EYE_M, facing_deg=-14.0)
    if not streams.signature:
        ground_light = (0.02, 0.03, 0.05) if look.hour == "night" else (0.06, 0.065, 0.10)
        scene.air = replace(look.air, ground=ground_light)
        spots = ((0.3, 2.6), (-0.6, -4.4), (0.2, 5.5))
        scene.eyes = tuple(point_on(height, x, z, EYE_M) for x, z in spots)
    surface = terrain(height, detail=streams.detail)
    scene.add(_paint(surface, streams.number), casts_sky=False)
    _forest(scene, height, streams, plan)
    _near(scene, height, streams, plan)
    scene.title = "Northern lights over the cabin"
    scene.caption = (
        "a snowy valley at night under the northern lights, "
        "a log cabin with lit windows, a lantern and a snowman"
    )
    scene.tags = ("winter", "night", "aurora", "stars", "cabin", "lantern", "snowman", "pines")
    if not streams.signature:
        there = "with a log cabin" if plan.cabin else "with snowy firs"
        scene.caption = f"a snowy valley in the dark {there}"
        scene.tags = ("winter", "snow", "firs", "mountains")
        if look.air.aurora > 0:
            scene.details = (*scene.details, "northern lights")
    return scene
