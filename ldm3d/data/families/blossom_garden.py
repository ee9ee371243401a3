"""A Japanese garden: cherry blossom or maples, a pond, a red bridge, stone lanterns."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.families import Streams
from ldm3d.data.garden import arched_bridge, bamboo, gate, pavilion, stone_lantern
from ldm3d.data.look import Look
from ldm3d.data.mesh import Material, Mesh, lathe
from ldm3d.data.noise import fbm, ridged
from ldm3d.data.plants import fern, flower, grass_tuft, kites, pine, rock
from ldm3d.data.scene import Air, Color, Lamp, Scene, placed
from ldm3d.data.terrain import (
    Height,
    mix,
    on_ground,
    point_on,
    scattered,
    smoothstep,
    terrain,
    water_surface,
)
from ldm3d.data.trees import broadleaf

Floats = NDArray[np.float32]

NAMES = (
    "a japanese garden", "a zen garden", "a temple garden", "a garden in kyoto",
    "a japanese pond garden", "a tea garden", "a japanese park", "a strolling garden in japan",
)  # fmt: skip
WEATHERS = ("clear", "cloudy", "overcast", "foggy", "rainy")
SEASONS = ("spring", "spring", "spring", "summer", "autumn")

EYE_M = 1.6
ISLAND = (0.4, -11.3)
BANK_M = 0.42  # the eye's ground above the water


_WOODS = {"spring": (0.30, 0.17, 0.19), "summer": (0.07, 0.10, 0.03), "autumn": (0.28, 0.10, 0.02)}
_PINKS: tuple[Color, ...] = ((0.70, 0.30, 0.39), (0.76, 0.42, 0.50), (0.76, 0.54, 0.60))
_CROWNS: dict[str, tuple[tuple[Color, ...], ...]] = {
    "spring": (
        _PINKS,
        ((0.78, 0.62, 0.66), (0.80, 0.70, 0.72), (0.74, 0.40, 0.50)),
        ((0.62, 0.14, 0.30), (0.72, 0.30, 0.42), (0.76, 0.56, 0.62)),
    ),
    "summer": (
        ((0.075, 0.15, 0.022), (0.06, 0.12, 0.02), (0.10, 0.17, 0.03)),
        ((0.05, 0.12, 0.03), (0.10, 0.16, 0.02), (0.24, 0.035, 0.03)),
    ),
    "autumn": (
        ((0.50, 0.045, 0.02), (0.60, 0.20, 0.02), (0.62, 0.36, 0.03)),
        ((0.36, 0.02, 0.02), (0.55, 0.10, 0.015), (0.60, 0.28, 0.02)),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What one garden has of its own; as it stands it is the bundled one."""

    season: str = "spring"
    crowns: tuple[Color, ...] = _PINKS
    near: tuple[tuple[float, float, float], ...] = (
        (-3.9, -3.6, 1.0), (4.4, 1.6, 1.05), (-4.6, 4.8, 1.1),
    )  # fmt: skip
    """The three large trees: x, z and size."""
    lanterns: tuple[tuple[float, float, float], ...] = (
        (1.75, -1.55, 0.95), (-0.3, -10.6, 1.0), (6.6, -1.4, 1.0), (-3.0, 2.4, 0.85),
    )  # fmt: skip
    glow: float = 1.0
    """How brightly the lanterns burn."""
    pavilion: tuple[float, float, float] | None = (10.5, -19.5, -0.55)
    gate: tuple[float, float, float] | None = (1.2, 13.0, 0.25)
    petals: float = 1.0
    mountain: bool = True


def _plan(streams: Streams) -> Plan:
    if streams.signature:
        return Plan()
    rng, look = streams.layout, streams.look
    season = look.season if look.season in _CROWNS else "spring"
    kinds = _CROWNS[season]
    turn = rng.random() * 6.283
    near = []
    for i in range(3):
        angle, reach = turn + i * 2.1 + rng.normal(0, 0.35), rng.uniform(4.2, 7.5)
        spot = (float(reach * np.cos(angle)), float(reach * np.sin(angle)))
        near.append((*spot, float(rng.uniform(0.75, 1.2))))
    lanterns = [(-0.3, -10.6, 1.0)]
    for _ in range(int(rng.integers(1, 4))):
        side, z = rng.choice([-1, 1]), rng.uniform(-2.2, 6)
        lanterns.append(
            (float(side * rng.uniform(1.9, 3.4) - 0.9), float(z), float(rng.uniform(0.7, 1.1)))
        )
    glow = 2.4 if look.dark else 0.0
    return Plan(
        season=season,
        crowns=kinds[int(rng.integers(len(kinds)))],
        near=tuple(near),
        lanterns=tuple(lanterns),
        glow=glow,
        pavilion=(float(rng.uniform(8.5, 13)), float(rng.uniform(-21, -17)), -0.55)
        if rng.random() < 0.6
        else None,
        gate=(
            float(rng.uniform(-1, 3)),
            float(rng.uniform(10.5, 16)),
            float(rng.uniform(-0.3, 0.6)),
        )
        if rng.random() < 0.55
        else None,
        petals=float(rng.uniform(0.15, 1.0)) if season != "summer" else 0.0,
        mountain=bool(rng.random() < 0.5),
    )


def _shore_m(x: Floats, z: Floats, number: int) -> Floats:
    """Return about metres from the pond's edge, positive on land."""
    big = np.hypot((x - 3.5) / 1.25, z + 9.5) - 7.6
    arm = np.hypot((x + 6.5) / 1.5, z + 13.5) - 4.6
    blend = 2.5
    smooth = -blend * np.logaddexp(-big / blend, -arm / blend)
    island = 2.2 - np.hypot(x - ISLAND[0], z - ISLAND[1])
    edge = smooth + fbm(x, z, 6, 3, number) * 0.9
    return np.asarray(np.maximum(edge, island), np.float32)


def _path_m(x: Floats, z: Floats) -> Floats:
    """Return metres from the middle of the stepping-stone path past the eye."""
    middle = (
        -0.95 - 0.11 * (z + 1.0) ** 2 * (z < -1.0) + 0.9 * np.sin(np.maximum(z, -1) * 0.4 + 0.4)
    )
    return np.asarray(np.abs(x - middle), np.float32)


def ground_height(number: int, mountain: bool = True) -> Height:
    """Return the garden's mounds, the pond's bed and hills around; the water is at 0."""

    def height(x: Floats, z: Floats) -> Floats:
        d, shore = np.hypot(x, z), _shore_m(x, z, number)
        bank = BANK_M * smoothstep(-0.15, 1.3, shore) - 1.1 * smoothstep(0.3, -3.0, shore)
        mound = (
            (fbm(x, z, 13, 3, number + 1) * 0.5 + 0.35)
            * 1.3
            * smoothstep(3.5, 11, d)
            * smoothstep(0.5, 5, shore)
        )
        fine = fbm(x, z, 1.9, 3, number + 2) * 0.035
        hills = smoothstep(45, 420, d) * (34 + fbm(x, z, 210, 5, number + 3) * 44)
        crest = smoothstep(700, 3200, d) * ridged(x, z, 2400, 7, number + 4) * 420
        fx, fz = x + 1500, z + 4600
        cone = np.maximum(1950 * np.exp(-np.hypot(fx, fz) / 1050) - 60, 0)
        cone = (
            np.minimum(cone, 1330 + 25 * fbm(x, z, 300, 3, number + 6))
            + smoothstep(200, 900, cone) * fbm(fx, fz, 700, 5, number + 5) * 40
        )
        if not mountain:
            cone = cone * 0
        return np.asarray(bank + mound + fine + hills + crest + cone, np.float32)

    return height


def _paint(ground: Mesh, number: int, plan: Plan, look: Look | None) -> Mesh:
    x, y, z = ground.position.T
    d, shore = np.hypot(x, z), _shore_m(x, z, number)
    patch = fbm(x, z, 5, 4, number + 7)
    moss = mix(
        np.array([0.055, 0.095, 0.016]),
        np.array([0.10, 0.125, 0.028]),
        smoothstep(-0.5, 0.5, patch),
    )
    gravel = np.array([0.33, 0.30, 0.25]) * (0.95 + 0.15 * patch[:, None])
    color = mix(
        gravel,
        moss,
        smoothstep(0.62, 0.80, _path_m(x, z) + 0.12 * patch + 9 * smoothstep(9, 12, d)),
    )
    bed = np.array([0.10, 0.085, 0.055])
    color = mix(bed, color, smoothstep(-0.1, 0.35, shore))
    woods = mix(
        np.array([0.035, 0.06, 0.02]),
        np.array(_WOODS[plan.season]),
        smoothstep(0.25, 0.75, fbm(x, z, 90, 3, number + 8)),
    )
    color = mix(color, woods, smoothstep(35, 90, d))
    rock_color = np.array([0.16, 0.17, 0.20])
    color = mix(color, rock_color, smoothstep(1200, 2200, d))
    snow = smoothstep(640, 840, y + fbm(x, z, 700, 4, number + 9) * 130) * smoothstep(2000, 2600, d)
    color = mix(color, np.array([0.85, 0.87, 0.92]), snow)
    rgba = ground.color.copy()
    rgba[:, :3] = color
    near = np.where((_path_m(x, z) < 0.7) & (shore > 0.1), Material.CLOTH, Material.MOSS)
    kind = np.where(d > 500, Material.ROCK, np.where(d > 12, Material.GROUND, near))
    if look is not None and look.wet > 0:
        rgba[:, :3] *= 1 - 0.35 * look.wet
    return replace(ground, color=rgba, material=kind.astype(np.float32))


def _trees(scene: Scene, height: Height, streams: Streams, plan: Plan) -> None:
    rng, number = streams.layout, streams.number
    share = streams.detail**1.15
    larger = share**-0.5
    for kind, pink in enumerate(plan.crowns):
        own = np.random.default_rng(60 + kind)
        bark = (0.075, 0.055, 0.05)
        leaves, leaf_m = round(60000 * share), 0.062 * larger
        tree = broadleaf(own, 5.6, 0.24, leaves, leaf_m, pink, 0.35, bark, 0.26, 0.12)
        near = plan.near[kind]
        p = np.array([point_on(height, near[0], near[1], -0.05)])
        scene.add(tree, placed(p, near[2], kind * 2.0))
        if streams.detail < 0.7:  # farther trees need fewer leaves
            own = np.random.default_rng(60 + kind)
            few, larger_m = leaves // 3, leaf_m * 3**0.5
            tree = broadleaf(own, 5.6, 0.24, few, larger_m, pink, 0.35, bark, 0.26, 0.12)
        x, z = scattered(rng, 40, 8, 45, power=0.8)
        keep = (_shore_m(x, z, number) > 1.2) & (_path_m(x, z) > 1.5)
        at = on_ground(height, x[keep], z[keep], 0.05)[:7]
        scene.add(
            tree,
            placed(at, rng.uniform(0.8, 1.25, len(at)), rng.random(len(at)) * 6.28),
            casts_sky=False,
        )
        far = broadleaf(own, 6.0, 0.2, 1700, 0.32, pink, 0.2, (0.07, 0.055, 0.05), 0.26, 0.12)
        x, z = scattered(rng, streams.many(420), 45, 380, power=0.8)
        keep = fbm(x, z, 80, 2, number + 8) > rng.uniform(-0.1, 0.7, len(x))
        at = on_ground(height, x[keep], z[keep], 0.2)
        scene.add(
            far,
            placed(at, rng.uniform(0.9, 1.7, len(at)), rng.random(len(at)) * 6.28),
            casts_sky=False,
        )
    green = broadleaf(np.random.default_rng(70), 7.0, 0.25, 1300, 0.38, (0.06, 0.11, 0.022), 0.2)
    dark = pine(np.random.default_rng(71), 15, 13, 6, 3)
    for mesh, count in ((green, 800), (dark, 900)):
        x, z = scattered(rng, streams.many(count), 40, 620, power=0.7)
        at = on_ground(height, x, z, 0.2)
        tint = rng.uniform(0.8, 1.25, (len(at), 1)) * np.ones(3)
        scene.add(
            mesh,
            placed(at, rng.uniform(0.6, 1.4, len(at)), rng.random(len(at)) * 6.28, tint),
            casts_sky=False,
        )
    cane = bamboo(np.random.default_rng(72))
    spots = np.array(
        [[-9.5 + 0.9 * i + rng.normal(0, 0.4), 8.5 + rng.normal(0, 1.2)] for i in range(9)]
    )
    spots = np.concatenate(
        [spots, np.array([[9.5 + rng.normal(0, 0.9), 2.5 + 1.1 * i] for i in range(7)])]
    ).astype(np.float32)
    at = on_ground(height, spots[:, 0], spots[:, 1], 0.05)
    scene.add(cane, placed(at, rng.uniform(0.8, 1.2, len(at)), rng.random(len(at)) * 6.28))


def _petals(scene: Scene, height: Height, streams: Streams, plan: Plan) -> None:
    rng, number = streams.layout, streams.number
    if plan.petals <= 0:
        return
    bold = streams.larger
    count = max(1, round(streams.many(30000) * plan.petals))
    fallen = np.array([0.78, 0.36, 0.44]) if plan.season == "spring" else np.array(plan.crowns[0])
    x, z = scattered(rng, count, 0.3, 15, power=0.72)
    keep = fbm(x, z, 4, 2, number + 12) > rng.uniform(-0.7, 0.9, count)
    x, z = x[keep], z[keep]
    ground = height(x, z)
    y = np.maximum(ground + 0.006, 0.004)
    angle = rng.random(len(x)) * 6.283
    flat = (ground < 0.0)[:, None]
    way = np.stack([np.cos(angle), rng.normal(0, 0.3, len(x)), np.sin(angle)], axis=1) * np.where(
        flat, [1, 0, 1], [1, 1, 1]
    )
    along = way * rng.uniform(0.010, 0.020, (len(x), 1)) * bold
    side = np.cross(along, [0, 1, 0]) * 0.45
    tint = fallen * rng.uniform(0.8, 1.15, (len(x), 1))
    at = np.stack([x, y, z], axis=1)
    scene.add(
        kites(at, along, side, np.tile([0, 1.0, 0], (len(x), 1)), tint, 0.3, 0.6),
        casts_sun=False,
        casts_sky=False,
    )
    air = max(1, round(420 * plan.petals))
    x, z = scattered(rng, air, 1.2, 13, power=0.8)
    at = np.stack([x, rng.uniform(0.3, 5.0, air), z], axis=1)
    along = rng.standard_normal((air, 3))
    along *= 0.016 / np.linalg.norm(along, axis=1, keepdims=True)
    side = np.cross(along, rng.standard_normal((air, 3)))
    side *= 0.007 / np.linalg.norm(side, axis=1, keepdims=True)
    scene.add(
        kites(
            at,
            along,
            side,
            np.tile([0, 1.0, 0], (air, 1)),
            np.array([0.82, 0.52, 0.58]) if plan.season == "spring" else fallen,
            0.8,
            0.6,
        ),
        casts_sun=False,
        casts_sky=False,
    )


def _low_plants(scene: Scene, height: Height, streams: Streams) -> None:
    rng, number = streams.layout, streams.number
    bold = streams.larger
    tufts = 15000 if streams.detail > 0.7 else streams.many(9000)
    for kind in range(3):
        tuft = grass_tuft(
            np.random.default_rng(kind),
            13 if streams.detail > 0.7 else 8,
            0.15,
            0.09 * bold,
            0.004 * bold,
            (0.085, 0.14, 0.025),
        )
        x, z = scattered(rng, tufts, 0.6, 20, power=0.8)
        keep = (
            (_shore_m(x, z, number) > 0.25)
            & (_path_m(x, z) > 0.7)
            & (fbm(x, z, 3, 3, number + 13) > rng.uniform(-0.9, 0.3, len(x)))
        )
        at = on_ground(height, x[keep], z[keep], 0.01)
        scene.add(
            tuft,
            placed(at, rng.uniform(0.45, 1.2, len(at)), rng.random(len(at)) * 6.28),
            casts_sky=False,
        )
    iris = flower(np.random.default_rng(5), (0.20, 0.09, 0.55), (0.7, 0.6, 0.1), 0.62, 0.06, 6, 3)
    blades = grass_tuft(np.random.default_rng(6), 16, 0.62, 0.12, 0.011, (0.07, 0.125, 0.035))
    x, z = scattered(rng, streams.many(2600), 1.5, 22, power=0.75)
    shore = _shore_m(x, z, number)
    keep = (np.abs(shore) < 0.5) & (fbm(x, z, 4, 2, number + 14) > rng.uniform(0.0, 0.4, len(x)))
    at = on_ground(height, x[keep], z[keep], 0.03)
    size = rng.uniform(0.7, 1.15, len(at))
    scene.add(blades, placed(at, size, rng.random(len(at)) * 6.28))
    scene.add(iris, placed(at[::3], size[::3], rng.random(len(at[::3])) * 6.28))
    plant = fern(np.random.default_rng(8), 11, 0.5, 18)
    x, z = scattered(rng, 160, 1.8, 22, power=0.8)
    keep = (_shore_m(x, z, number) > 0.7) & (_path_m(x, z) > 1.1)
    at = on_ground(height, x[keep], z[keep], 0.02)
    scene.add(plant, placed(at, rng.uniform(0.6, 1.2, len(at)), rng.random(len(at)) * 6.28))
    azalea = broadleaf(
        np.random.default_rng(9),
        1.5,
        0.04,
        streams.many(9000),
        0.035 * bold,
        (0.06, 0.12, 0.02),
        0.0,
        stem=0.12,
    )
    x, z = scattered(rng, 70, 3.0, 26, power=0.8)
    keep = (_shore_m(x, z, number) > 0.8) & (_path_m(x, z) > 1.5)
    at = on_ground(height, x[keep], z[keep], 0.1)
    scene.add(
        azalea,
        placed(at, rng.uniform(0.5, 0.95, len(at)), rng.random(len(at)) * 6.28),
        casts_sky=False,
    )
    pad = lathe([[0.0, 0.008], [0.12, 0.006], [0.15, 0.012]], 20).painted(
        (0.045, 0.11, 0.035), Material.FOLIAGE, 0.1
    )
    lotus = flower(np.random.default_rng(3), (0.85, 0.50, 0.60), (0.8, 0.6, 0.1), 0.05, 0.08, 12, 1)
    spots = np.concatenate(
        [
            np.array(c) + rng.normal(0, 0.7, (18, 2))
            for c in ((1.4, -4.0), (4.6, -4.6), (-1.5, -7.5), (7.0, -8.0))
        ]
    )
    wet = _shore_m(spots[:, 0], spots[:, 1], number) < -0.3
    at = np.stack([spots[:, 0], np.zeros(len(spots)), spots[:, 1]], axis=-1)[wet]
    scene.add(
        pad,
        placed(
            at,
            rng.uniform(0.6, 1.3, len(at)),
            rng.random(len(at)) * 6.28,
            rng.uniform(0.8, 1.3, (len(at), 3)),
        ),
    )
    scene.add(lotus, placed(at[::5] + np.array([0.04, 0, 0.02]), 1.0))


def _stones(scene: Scene, height: Height, streams: Streams) -> None:
    rng, number = streams.layout, streams.number
    for kind in range(4):
        stone = rock(
            np.random.default_rng(30 + kind), 3 + (kind == 0 and streams.detail > 0.7), 13, 0.55
        )
        x, z = scattered(rng, 900, 1.4, 24, power=0.7)
        shore = _shore_m(x, z, number)
        keep = np.abs(shore) < 0.30
        at = on_ground(height, x[keep], z[keep], 0.05)[:46]
        scene.add(stone, placed(at, rng.uniform(0.14, 0.42, len(at)), rng.random(len(at)) * 6.28))
        x, z = scattered(rng, 22, 3.2, 22, power=0.8)
        keep = (_shore_m(x, z, number) > -2.5) & (_path_m(x, z) > 1.2)
        at = on_ground(height, x[keep], z[keep], 0.1)
        scene.add(stone, placed(at, rng.uniform(0.25, 0.8, len(at)), rng.random(len(at)) * 6.28))
    slab = rock(np.random.default_rng(40), 4, 16, 0.0, 0.14)
    slab = slab.painted((0.23, 0.22, 0.20), Material.STONE)
    z = np.arange(-9.0, 10.0, 0.62).astype(np.float32)
    middle = (
        -0.95 - 0.11 * (z + 1.0) ** 2 * (z < -1.0) + 0.9 * np.sin(np.maximum(z, -1) * 0.4 + 0.4)
    )
    x = (middle + rng.normal(0, 0.08, len(z))).astype(np.float32)
    keep = _shore_m(x, z, number) > 0.2
    at = on_ground(height, x[keep], z[keep], 0.012)
    scene.add(slab, placed(at, rng.uniform(0.30, 0.40, len(at)), rng.random(len(at)) * 6.28))


def build(streams: Streams) -> Scene:
    """Return the garden."""
    plan, look = _plan(streams), streams.look
    height = ground_height(streams.number, plan.mountain)
    air = Air(
        sun_elevation_deg=24,
        sun_azimuth_deg=58,
        sun=(3.7, 2.75, 1.75),
        sun_softness_deg=0.6,
        zenith=(0.20, 0.36, 0.66),
        horizon=(0.80, 0.74, 0.72),
        glow=(1.5, 1.05, 0.72),
        ground=(0.11, 0.10, 0.06),
        sky_gain=1.15,
        fog_density=0.00020,
        fog_height_m=200,
        shafts=0.05,
        shaft_reach_m=40,
        cloud_cover=0.24,
        cloud_seed=float(streams.look_numbers.random()),
        cirrus=0.45,
        saturation=1.12,
    )
    if not streams.signature:
        air = replace(look.air, shafts=max(look.air.shafts, 0.04), shaft_reach_m=40)
    ground = point_on(height, 0.0, 0.0)[1]
    scene = Scene(
        eye=(0.0, ground + EYE_M, 0.0),
        air=air,
        mirror_height_m=0.0,
        ripple=0.008,
        water_tint=(0.015, 0.045, 0.035),
        eye_height_m=EYE_M,
        facing_deg=4.0,
    )

    def spot(x: float, z: float, lift: float = 0.0) -> tuple[float, float, float]:
        return point_on(height, x, z, lift)

    surface = terrain(height, detail=streams.detail)
    seasonal = None if streams.signature else look
    scene.add(_paint(surface, streams.number, plan, seasonal), casts_sky=False)
    pond = water_surface(height, 0.0, 60, streams.detail)
    scene.add(pond.painted((0.13, 0.12, 0.07)), casts_sun=False, casts_sky=False)
    scene.add(arched_bridge(streams.layout, 7.6).turned(2.07).moved((-4.4, 0.22, -8.5)))
    light = (
        stone_lantern()
        if plan.glow == 1
        else stone_lantern(glow=_scaled((9.0, 5.0, 1.9), plan.glow))
    )
    for x, z, size in plan.lanterns:
        place = spot(x, z, -0.03)
        scene.add(light, placed(np.array([place]), size, 0.3 * x))
        if plan.glow > 0:
            power = _scaled((0.5, 0.28, 0.1), plan.glow)
            scene.lamps.append(Lamp((x, place[1] + 1.16 * size, z), power, 0.08, False))
    if plan.pavilion is not None:
        x, z, turn = plan.pavilion
        scene.add(pavilion(streams.layout).turned(turn).moved(spot(x, z, 0.1)))
    if plan.gate is not None:
        x, z, turn = plan.gate
        scene.add(gate().turned(turn).moved(spot(x, z, 0.0)))
    bonsai = pine(np.random.default_rng(73), 14, 20, 7, 9, (0.035, 0.065, 0.026))
    scene.add(bonsai, placed(np.array([spot(1.0, -11.9, -0.02)]), 0.19))
    _trees(scene, height, streams, plan)
    _petals(scene, height, streams, plan)
    _low_plants(scene, height, streams)
    _stones(scene, height, streams)
    scene.title = "Cherry blossom by the pond"
    scene.caption = (
        "a japanese garden in spring, "
        "cherry trees in blossom around a pond "
        "with a red bridge and stone lanterns, a snowy mountain far away"
    )
    scene.tags = ("garden", "spring", "cherry blossom", "pond", "bridge", "lantern", "mountain")
    if not streams.signature:
        _worded(scene, plan)
        path = [(-0.95 + 0.9 * np.sin(z * 0.4 + 0.4), z) for z in (2.0, 4.5, 7.0)]
        places = [spot(0.0, 0.0, EYE_M), *(spot(float(x), z, EYE_M) for x, z in path)]
        blocks = [(x, z, 1.1) for x, z, _ in (*plan.near, *plan.lanterns)]
        free = [
            at for at in places
            if all(np.hypot(at[0] - x, at[2] - z) > far for x, z, far in blocks)
        ] or places  # fmt: skip
        scene.eye, scene.eyes = free[0], tuple(free[1:])
    return scene


def _scaled(color: Color, factor: float) -> Color:
    r, g, b = (c * factor for c in color)
    return r, g, b


def _worded(scene: Scene, plan: Plan) -> None:
    trees = {"spring": "cherry trees in blossom", "summer": "green trees", "autumn": "red maples"}
    lit = "glowing stone lanterns" if plan.glow > 0 else "stone lanterns"
    named = {
        trees[plan.season]: True,
        "a pond": True,
        "a red bridge": True,
        lit: True,
        "stepping stones": True,
        "a pavilion": plan.pavilion is not None,
        "a torii gate": plan.gate is not None,
        "fallen petals": plan.season == "spring" and plan.petals > 0.3,
        "fallen leaves": plan.season == "autumn" and plan.petals > 0.3,
        "a snowy mountain": plan.mountain,
        "water lilies": True,
    }
    scene.title = "Garden by the pond"
    scene.caption = f"a japanese garden, {trees[plan.season]} around a pond"
    scene.details = tuple(name for name, there in named.items() if there)
    scene.tags = ("garden", "pond", "red bridge", "japan")
