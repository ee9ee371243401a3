"""A mountain lake seen from a wooden jetty or its shore: meadows, pines, snowy mountains."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.built import jetty, log_cabin, rowing_boat
from ldm3d.data.families import Streams
from ldm3d.data.land import grass_color, painted_land, snowy_air
from ldm3d.data.look import Look
from ldm3d.data.mesh import Material, Mesh, lathe, merged, tube
from ldm3d.data.noise import fbm, ridged
from ldm3d.data.plants import flower, grass_tuft, pine, rock
from ldm3d.data.scene import Air, Color, Lamp, Scene, placed
from ldm3d.data.terrain import (
    Height,
    mix,
    on_ground,
    point_on,
    scattered,
    slope,
    smoothstep,
    terrain,
    water_surface,
)
from ldm3d.data.winter import lantern_post

Floats = NDArray[np.float32]

NAMES = (
    "a mountain lake", "an alpine lake", "a lake in the mountains", "a lake shore in the alps",
    "a lake below the peaks", "a quiet lake among mountains", "a tarn", "a highland lake",
)  # fmt: skip
WEATHERS = ("clear", "cloudy", "overcast", "foggy", "rainy", "snowy")

DECK_M = 0.55
SUN_AZIMUTH_DEG = 103.0
EYE_ABOVE_DECK_M = 1.62


@dataclass(frozen=True)
class Plan:
    """How one lake differs from another; as it stands it is the bundled one."""

    sun_azimuth_deg: float = SUN_AZIMUTH_DEG
    half_m: tuple[float, float] = (270.0, 200.0)
    """Half width and length of the lake."""
    crest_m: float = 1500.0
    crest_period_m: float = 4200.0
    wooded: float = 0.0
    """Above 0: more trees, below: fewer."""
    jetty: bool = True
    boat: tuple[float, float, float] | None = (2.05, -2.2, 0.35)
    """Its x, z and heading."""
    cabin: tuple[float, float, float] | None = (-15.0, 20.0, 2.5)
    path: bool = True


def _plan(streams: Streams) -> Plan:
    if streams.signature:
        return Plan()
    rng = streams.layout
    side = float(rng.choice([-1.0, 1.0]))
    boat = (side * float(rng.uniform(1.9, 2.7)), float(rng.uniform(-6.5, 1.5)))
    cabin = (float(rng.choice([-1.0, 1.0]) * rng.uniform(9, 24)), float(rng.uniform(10, 26)))
    return Plan(
        sun_azimuth_deg=streams.look.air.sun_azimuth_deg,
        half_m=(float(rng.uniform(110, 420)), float(rng.uniform(90, 300))),
        crest_m=float(rng.uniform(700, 1900)),
        crest_period_m=float(rng.uniform(2600, 5200)),
        wooded=float(rng.normal(0, 0.25)),
        jetty=bool(rng.random() < 0.6),
        boat=(*boat, float(rng.uniform(-0.7, 0.7))) if rng.random() < 0.65 else None,
        cabin=(*cabin, float(rng.uniform(0, 6.28))) if rng.random() < 0.6 else None,
        path=bool(rng.random() < 0.7),
    )


def _shore_m(x: Floats, z: Floats, number: int, plan: Plan) -> Floats:
    """Return metres from the water's edge, positive on land; the jetty starts near (0, 5)."""
    wide, long = plan.half_m
    wobble = fbm(x, z, 90, 4, number) * 16 * smoothstep(6, 45, np.hypot(x, z))
    oval = np.sqrt((x / wide) ** 2 + ((z + (long - 5)) / long) ** 2 + 1e-6)
    return np.asarray((oval - 1) * (long + 5) + wobble, np.float32)


def ground_height(number: int, plan: Plan | None = None) -> Height:
    """Return the height function: lake bed, meadow, hills, mountains."""
    plan = plan or Plan()

    def height(x: Floats, z: Floats) -> Floats:
        shore, distance = _shore_m(x, z, number, plan), np.hypot(x, z)
        land = np.where(
            shore > 0, shore * 0.10 + 0.0006 * np.minimum(shore, 300) ** 2, shore * 0.13
        )
        land = np.maximum(land, -5.0) + fbm(x, z, 4.0, 4, number + 1) * 0.10 * smoothstep(
            -1, 4, shore
        )
        land = land + fbm(x, z, 40, 4, number + 2) * 2.5 * smoothstep(3, 60, shore)
        warp = fbm(x, z, 900, 3, number + 13) * 260
        crest = (
            np.clip(ridged(x + warp, z - warp, plan.crest_period_m, 8, number + 3) - 0.36, 0, 1)
            ** 1.2
            * 2.0
        )
        crest = crest * (0.75 + 0.5 * fbm(x, z, 5200, 2, number + 12))
        toward_sun = np.arctan2(x, -z) - np.radians(plan.sun_azimuth_deg)
        crest = crest * (1 - 0.86 * np.exp(-((np.sin(toward_sun / 2) / 0.30) ** 2)))
        rise = smoothstep(150, 3200, distance) * smoothstep(0, 300, shore)
        hills = fbm(x, z, 420, 5, number + 4) * 90 * smoothstep(40, 600, shore)
        return np.asarray(land + rise * (crest * plan.crest_m + 40) + hills, np.float32)

    return height


def _paint(ground: Mesh, number: int, plan: Plan, look: Look | None) -> Mesh:
    x, y, z = ground.position.T
    shore, steep = _shore_m(x, z, number, plan), slope(ground)
    patch = fbm(x, z, 30, 4, number + 5)
    green = mix(
        np.array([0.060, 0.085, 0.018]), np.array([0.12, 0.105, 0.03]), smoothstep(-0.4, 0.7, patch)
    )
    if look is not None:
        grass = grass_color(look)
        green = mix(0.78 * grass, 1.1 * grass * (1.25, 0.95, 1.3), smoothstep(-0.4, 0.7, patch))
    wood = np.array([0.022, 0.040, 0.018])
    color = mix(green, wood, smoothstep(60, 260, shore) * smoothstep(0.5, -0.3, patch))
    beach = np.array([0.26, 0.225, 0.17]) * (0.9 + 0.3 * patch[:, None])
    color = mix(beach, color, smoothstep(0.5, 3.0, shore + patch * 1.5))
    stone = np.array([0.20, 0.185, 0.175]) * (
        0.85 + 0.5 * fbm(x, y * 2.0, 160, 4, number + 6)[:, None]
    )
    color = mix(color, stone, smoothstep(0.20, 0.36, steep + smoothstep(240, 460, y) * 0.22))
    snow = smoothstep(330, 560, y + fbm(x, z, 240, 4, number + 7) * 150) * smoothstep(
        0.62, 0.34, steep
    )
    color = mix(color, np.array([0.82, 0.85, 0.9]), snow)
    far = np.hypot(x, z) > 90
    material = np.where(far, Material.ROCK, Material.GROUND).astype(np.float32)
    if look is not None:
        cover = replace(look, snow=look.snow if look.snow > 0.3 else 0.0)
        dry = shore > 0.4
        white = painted_land(ground, color, material, cover, number)
        rgba = np.where(dry[:, None], white.color[:, :3], color)
        material = np.where(dry, white.material, material)
        color = rgba
    rgba = ground.color.copy()
    rgba[:, :3] = color
    return replace(ground, color=rgba, material=material)


def _forest(scene: Scene, height: Height, streams: Streams, plan: Plan) -> None:
    rng = streams.layout
    number = streams.number
    x, z = scattered(rng, streams.many(26000), 14, 1500, power=0.62)
    y, shore = height(x, z), _shore_m(x, z, number, plan)
    d = np.hypot(x, z)
    flat = np.abs(height(x + 3, z) - y) + np.abs(height(x, z + 3) - y)
    wish = fbm(x, z, 130, 3, number + 8) + 0.9 * smoothstep(30, 240, shore) - 0.25 + plan.wooded
    keep = (shore > 9) & (y < 330) & (flat < 5.5) & (wish > rng.uniform(-0.25, 0.65, len(x)))
    keep &= ~((np.abs(x) < 7) & (z > 0) & (z < 40))
    # The low sun must reach the jetty.
    beside = np.sin(np.arctan2(x, -z) - np.radians(plan.sun_azimuth_deg))
    ahead = np.cos(np.arctan2(x, -z) - np.radians(plan.sun_azimuth_deg))
    keep &= ~((np.abs(beside) < 0.17) & (ahead > 0) & (d < 220))
    x, z, d = x[keep], z[keep], d[keep]
    size = rng.uniform(0.55, 1.35, len(x))
    at = on_ground(height, x, z, 0.25)
    tint = rng.uniform(0.75, 1.25, (len(x), 1)) * (1 + rng.normal(0, 0.06, (len(x), 3)))
    snow = 0.0 if streams.signature else round(0.6 * streams.look.snow, 1)
    for i, (low, high, parts) in enumerate(
        ((0, 75, (34, 7, 10)), (75, 300, (20, 6, 4)), (300, 2000, (11, 5, 2)))
    ):
        for kind in range(3):
            choice = (d >= low) & (d < high) & (np.arange(len(d)) % 3 == kind)
            levels, branches, twigs = (24, 6, 6) if streams.detail < 0.7 and i == 0 else parts
            own = np.random.default_rng(100 * i + kind)
            tree = pine(own, 15.0 + kind * 2, levels, branches, twigs, snow=snow)
            scene.add(
                tree,
                placed(
                    at[choice], size[choice], rng.random(int(choice.sum())) * 6.283, tint[choice]
                ),
                casts_sky=i < 2,
            )


def _meadow(scene: Scene, height: Height, streams: Streams, plan: Plan) -> None:
    rng, number, look = streams.layout, streams.number, streams.look
    bare = 0.0 if streams.signature else look.snow
    x, z = scattered(rng, streams.many(round(52000 * (1 - 0.9 * bare))), 2, 42, power=0.75)
    shore = _shore_m(x, z, number, plan)
    patch = fbm(x, z, 5, 3, number + 9)
    path = (np.abs(x + 0.8 * np.sin(z * 0.25)) < 0.55) & plan.path
    keep = (shore > 1.0 - patch) & (patch > rng.uniform(-0.9, 0.15, len(x))) & ~path
    x, z = x[keep], z[keep]
    at, d = on_ground(height, x, z, 0.02), np.hypot(x, z)
    size = rng.uniform(0.55, 1.3, len(x)) * (1 + 0.25 * patch[keep])
    tint = np.clip(1 + rng.normal(0, 0.14, (len(x), 3)), 0.5, 1.6)
    bold, blades = streams.larger, max(6, round(14 * streams.detail**0.4))
    color = (0.075, 0.115, 0.022) if streams.signature else tuple(grass_color(look))
    for kind in range(4):
        own = np.random.default_rng(kind)
        tuft = grass_tuft(own, blades, 0.34, 0.14 * bold, 0.0065 * bold, color)
        choice = (d < 22) & (np.arange(len(d)) % 4 == kind)
        scene.add(tuft, placed(at[choice], size[choice], 0.0, tint[choice]), casts_sky=False)
    wide = grass_tuft(np.random.default_rng(9), 9, 0.38, 0.25 * bold**0.5, 0.016 * bold, color)
    choice = d >= 22
    scene.add(wide, placed(at[choice], size[choice], 0.0, tint[choice]), casts_sky=False)
    colors: tuple[tuple[Color, Color], ...] = (
        ((0.78, 0.78, 0.80), (0.8, 0.45, 0.03)),
        ((0.80, 0.52, 0.02), (0.5, 0.2, 0.01)),
        ((0.34, 0.10, 0.55), (0.8, 0.6, 0.1)),
        ((0.75, 0.16, 0.28), (0.7, 0.5, 0.05)),
        ((0.12, 0.20, 0.72), (0.75, 0.7, 0.5)),
    )
    if not streams.signature:
        if look.season not in ("spring", "summer"):
            return
        kept = rng.permutation(len(colors))[: int(rng.integers(1, 5))]
        colors = tuple(colors[int(i)] for i in kept)
        scene.details = (*scene.details, "wildflowers")
    for kind, (petal, heart) in enumerate(colors):
        x, z = scattered(rng, streams.many(2600), 3, 26, power=0.8)
        keep = (_shore_m(x, z, number, plan) > 1.6) & (np.abs(x + 0.8 * np.sin(z * 0.25)) > 0.7)
        keep &= fbm(x, z, 6, 2, number + 20 + kind) > rng.uniform(-0.1, 0.6, len(x))
        at = on_ground(height, x[keep], z[keep], 0.01)
        clump = flower(
            np.random.default_rng(40 + kind), petal, heart, 0.30, 0.034 * bold**0.5, 8, 4
        )
        scene.add(clump, placed(at, rng.uniform(0.7, 1.3, len(at)), rng.random(len(at)) * 6.28))


def _stones(scene: Scene, height: Height, streams: Streams, plan: Plan) -> None:
    rng, number = streams.layout, streams.number
    for kind in range(4):
        stone = rock(np.random.default_rng(70 + kind), 4 if streams.detail > 0.7 else 3, 13, 0.35)
        small = rock(np.random.default_rng(70 + kind), 2, 9, 0.0)
        x, z = scattered(rng, streams.many(900), 2.0, 30, power=0.7)
        shore = _shore_m(x, z, number, plan)
        keep = (shore > -5) & (shore < rng.exponential(1.2, len(x))) & (np.abs(x) > 1.4)
        at = on_ground(height, x[keep], z[keep], 0.02)
        scene.add(
            small,
            placed(
                at,
                rng.uniform(0.04, 0.16, len(at)),
                rng.random(len(at)) * 6.28,
                rng.uniform(0.7, 1.3, (len(at), 1)),
            ),
            casts_sky=False,
        )
        x, z = scattered(rng, 60, 4, 120, power=0.8)
        shore = _shore_m(x, z, number, plan)
        keep = (shore > -4.5) & (shore < 14) & (np.abs(x) > 2.2)
        at = on_ground(height, x[keep], z[keep], 0.12)
        scene.add(stone, placed(at, rng.uniform(0.3, 1.15, len(at)), rng.random(len(at)) * 6.28))
    near = [(-2.9, -1.1, 0.55), (3.6, 1.2, 0.8), (-3.9, 2.6, 0.95), (2.7, -3.4, 0.4)]
    if not streams.signature:
        near = [
            (float(rng.choice([-1, 1]) * rng.uniform(2.6, 4.6)), float(rng.uniform(-4, 4)), size)
            for size in rng.uniform(0.35, 1.0, int(rng.integers(1, 5)))
        ]
        scene.details = (*scene.details, "boulders in the water")
    for spot in near:
        stone = rock(np.random.default_rng(int(abs(spot[0]) * 10)), 5, 14, 0.5)
        scene.add(stone, placed(np.array([[spot[0], -0.12, spot[1]]]), spot[2], spot[0]))


def _reeds_and_lilies(scene: Scene, streams: Streams, plan: Plan) -> None:
    rng, number = streams.layout, streams.number
    bold = streams.larger**0.5
    dry = not streams.signature and streams.look.season in ("autumn", "winter")
    straw = (0.21, 0.16, 0.07) if dry else (0.10, 0.115, 0.03)
    reed = grass_tuft(np.random.default_rng(5), 9, 1.25, 0.22 * bold, 0.009 * bold, straw)
    heads = []
    for _ in range(4):
        x, z = rng.normal(0, 0.12, 2)
        lean = rng.normal(0, 0.06, 2)
        heads.append(
            tube([[x, 0, z], [x + lean[0], 1.3, z + lean[1]]], 0.004, 5).painted((0.11, 0.10, 0.04))
        )
        end = [[x + lean[0], 1.28, z + lean[1]], [x + lean[0] * 1.15, 1.46, z + lean[1] * 1.15]]
        heads.append(tube(end, 0.014, 8).painted((0.12, 0.06, 0.025), Material.CLOTH))
    plant = merged([reed, *heads])
    x, z = scattered(rng, streams.many(5000), 3.2, 60, power=0.7)
    shore = _shore_m(x, z, number, plan)
    keep = (shore > -3.2) & (shore < 0.1) & (np.abs(x) > 2.0)
    keep &= fbm(x, z, 11, 2, number + 30) > rng.uniform(-0.1, 0.4, len(x))
    at = np.stack([x, np.full_like(x, -0.1), z], axis=-1)[keep]
    scene.add(
        plant,
        placed(at, rng.uniform(0.7, 1.2, len(at)), rng.random(len(at)) * 6.28),
        casts_sky=False,
    )
    if dry or (not streams.signature and rng.random() < 0.4):
        return
    pad = lathe([[0.0, 0.008], [0.12, 0.006], [0.15, 0.012]], 20).painted(
        (0.045, 0.10, 0.03), Material.FOLIAGE, 0.1
    )
    bloom = flower(
        np.random.default_rng(3), (0.85, 0.70, 0.75), (0.8, 0.6, 0.1), 0.05, 0.075, 12, 1
    )
    centers = np.array(
        [[-2.3, -3.4], [2.4, -5.6], [3.4, -1.6], [-4.6, -6.5], [5.5, -8.0], [-6.0, -2.0]]
    )
    spots = np.concatenate([c + rng.normal(0, 0.75, (16, 2)) for c in centers])
    spots = spots[np.abs(spots[:, 0]) > 1.25]
    if not streams.signature:
        spots = spots[_shore_m(spots[:, 0], spots[:, 1], number, plan) < -0.5]
        scene.details = (*scene.details, "water lilies")
    at = np.stack([spots[:, 0], np.zeros(len(spots)), spots[:, 1]], axis=-1)
    scene.add(
        pad,
        placed(
            at,
            rng.uniform(0.6, 1.35, len(at)),
            rng.random(len(at)) * 6.28,
            rng.uniform(0.8, 1.3, (len(at), 3)),
        ),
    )
    some = at[::4] + np.array([0.05, 0.0, 0.03])
    scene.add(bloom, placed(some, rng.uniform(0.8, 1.1, len(some))))


def _air(streams: Streams) -> tuple[Air, str]:
    golden = Air(
        sun_elevation_deg=12.5,
        sun_azimuth_deg=SUN_AZIMUTH_DEG,
        sun=(3.6, 2.0, 0.88),
        zenith=(0.13, 0.26, 0.52),
        horizon=(0.86, 0.62, 0.44),
        glow=(2.1, 1.05, 0.42),
        ground=(0.10, 0.085, 0.05),
        fog_density=0.00032,
        fog_height_m=260,
        cloud_cover=0.33,
        cloud_seed=float(streams.look_numbers.random()),
        cirrus=0.3,
        exposure=1.0,
        saturation=1.16,
    )
    return golden, "golden hour"


def build(streams: Streams) -> Scene:
    """Return the lake."""
    plan, look = _plan(streams), streams.look
    height = ground_height(streams.number, plan)
    air, hour = _air(streams)
    if not streams.signature:
        air, hour = snowy_air(look.air, look), look.hour
    scene = Scene(
        eye=(0.0, DECK_M + EYE_ABOVE_DECK_M, 0.0),
        air=air,
        mirror_height_m=0.0,
        ripple=0.014,
        water_tint=(0.012, 0.050, 0.055),
        eye_height_m=EYE_ABOVE_DECK_M,
        facing_deg=-22.0,
    )
    far_m = 7000
    ground = terrain(height, far_m=far_m, detail=streams.detail)
    seasonal = None if streams.signature else look
    scene.add(_paint(ground, streams.number, plan, seasonal), casts_sky=False)
    water = water_surface(height, 0.0, detail=streams.detail)
    scene.add(water.painted((0.20, 0.185, 0.13)), casts_sun=False, casts_sky=False)
    _built(scene, height, streams, plan)
    _forest(scene, height, streams, plan)
    _meadow(scene, height, streams, plan)
    _stones(scene, height, streams, plan)
    _reeds_and_lilies(scene, streams, plan)
    if not streams.signature:
        _stand(scene, height, streams, plan)
    scene.title = "Jetty on the mountain lake" if plan.jetty else "By the mountain lake"
    scene.caption = (
        f"an alpine lake at {hour}, a wooden jetty and a rowing boat, pines and snowy mountains"
    )
    scene.tags = ("lake", "mountains", hour, "jetty", "boat", "pines")
    if not streams.signature:
        named = " and ".join(scene.details[:2]) or "pines"
        scene.caption = f"an alpine lake, {named}, pines and mountains"
        scene.tags = ("lake", "mountains", "water", "pines", *(["snow"] if look.snow > 0.6 else []))
        scene.details = (*scene.details, "snowy mountains", "pines")
    return scene


def _built(scene: Scene, height: Height, streams: Streams, plan: Plan) -> None:
    """Place what people made."""
    details: list[str] = []
    dark = streams.signature or streams.look.dark
    if plan.jetty:
        scene.add(jetty(streams.layout, 13.5, 1.9, DECK_M).moved((0, 0, 5.2)))
        details.append("a wooden jetty")
    if plan.boat is not None:
        x, z, heading = plan.boat
        paint = {} if streams.signature else {"paint": streams.layout.uniform(0.03, 0.35, 3)}
        boat = rowing_boat(streams.layout, **paint).turned(heading).moved((x, 0.02, z))
        scene.add(boat)
        details.append("a rowing boat")
    if plan.cabin is not None:
        x, z, turn = plan.cabin
        light = (3.0, 1.5, 0.5) if dark else (0.10, 0.11, 0.13)
        cabin = log_cabin(np.random.default_rng(2), light)
        scene.add(cabin, placed(np.array([point_on(height, x, z, -0.25)]), 1.0, turn))
        details.append("a log cabin with lit windows" if dark else "a log cabin")
    if plan.jetty and streams.look.dark and not streams.signature:
        post = lantern_post(np.random.default_rng(6), (26, 11, 2.6), 1.95)
        scene.add(post.turned(2.6).moved((-0.75, DECK_M, -2.4)))
        arm = (-0.75 + 0.35 * np.cos(2.6), DECK_M + 1.67, -2.4 - 0.35 * np.sin(2.6))
        scene.lamps.append(Lamp(arm, (2.6, 1.15, 0.3), 0.05))
        details.append("a lantern")
    if not streams.signature:
        scene.details = tuple(details)


def _stand(scene: Scene, height: Height, streams: Streams, plan: Plan) -> None:
    """Choose where to stand: on the jetty, or on the shore."""
    eye = EYE_ABOVE_DECK_M
    spots = [point_on(height, x, z, eye) for x, z in ((0.0, 6.6), (1.8, 7.6), (-2.6, 9.0))]
    shore = [spot for spot in spots if spot[1] > 0.08 + eye]
    deck = [(0.0, DECK_M + eye, z) for z in (0.0, -3.9, 3.4)] if plan.jetty else []
    places = [*deck, *shore] or spots
    scene.eye, scene.eyes = places[0], tuple(places[1:])
