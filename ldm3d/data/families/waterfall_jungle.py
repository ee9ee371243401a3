"""A rain forest with a waterfall: a pool under a cliff, big leaves, lianas, parrots."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data import jungle
from ldm3d.data.coast import value_at
from ldm3d.data.families import Streams
from ldm3d.data.footing import free_places
from ldm3d.data.forest_floor import boulder, fallen_log, light_fern, strew_leaves
from ldm3d.data.land import Land
from ldm3d.data.mesh import Material, icosphere, merged
from ldm3d.data.noise import fbm
from ldm3d.data.palms import palm, palm_bush
from ldm3d.data.scene import Lamp, Scene, placed
from ldm3d.data.terrain import scattered
from ldm3d.data.waterfall import Valley, build_falls, pool_water, valley_by_the_water, valley_ground

Floats = NDArray[np.float32]

NAMES = (
    "jungle", "waterfall in the jungle", "rainforest", "tropical jungle", "jungle waterfall",
    "tropical rainforest", "waterfall", "hidden waterfall", "rainforest with a waterfall",
)  # fmt: skip
WEATHERS = ("clear", "cloudy", "overcast", "foggy", "rainy")
SEASONS = ("summer",)
EYE_M = 1.62


def _trees(land: Land, valley: Valley, streams: Streams) -> list[str]:
    rng, scene = land.rng, land.scene
    spots = []
    for _ in range(int(rng.integers(3, 6))):
        for _ in range(30):
            r, a = rng.uniform(3.4, 11), rng.uniform(0, 6.283)
            px, pz = float(r * np.sin(a)), float(-r * np.cos(a))
            if valley.open(px, pz, 1.2) and land.free(px, pz, 1.6):
                land.claim(px, pz, 1.3)
                spots.append((px, pz))
                land.put(
                    jungle.giant_tree(int(rng.integers(3)), 0),
                    px,
                    pz,
                    yaw=float(rng.uniform(0, 6)),
                    size=float(rng.uniform(0.7, 1.1)),
                    sky=False,
                )
                break
    x, z = scattered(rng, 130, 11, 48, power=0.6)
    u, w = valley.frame(x, z)
    keep = (valley.shore(x, z) > 1.5) & (
        (w < valley.pool_m + 2) | (np.hypot(u, w - valley.pool_m) > valley.radius_m + 9)
    )
    x, z = x[keep], z[keep]
    for kind in range(3):
        pick = np.arange(len(x)) % 4 == kind
        land.plant(
            jungle.giant_tree(kind, 1), x[pick], z[pick], size=(0.7, 1.25), sink_m=0.2, sky=False
        )
    pick = np.arange(len(x)) % 4 == 3
    land.plant(palm(int(rng.integers(8)), 1), x[pick], z[pick], size=(0.8, 1.4))
    x, z = scattered(rng, 330, 7, 42, power=0.65)
    u, w = valley.frame(x, z)
    keep = (
        (valley.shore(x, z) > 0.8)
        & ~valley.seen(x, z)
        & ((w < valley.pool_m + 1) | (np.hypot(x, z) > 26))
        & land.free(x, z, 0.5)
    )
    x, z = x[keep], z[keep]
    for kind in range(4):
        pick = np.arange(len(x)) % 4 == kind
        land.plant(
            jungle.thicket(kind),
            x[pick],
            z[pick],
            size=(0.5, 1.3),
            shade=0.28,
            sink_m=0.4,
            sky=False,
        )
    vines = []
    for index, (x0, z0) in enumerate(spots):
        base = value_at(valley.height, x0, z0)
        for _ in range(3):
            x1, z1 = (
                spots[int(rng.integers(len(spots)))]
                if index
                else (x0 + rng.normal(0, 3), z0 + rng.normal(0, 3))
            )
            high = base + rng.uniform(5.5, 9), base + rng.uniform(4.5, 9)
            start = (x0 + rng.normal(0, 0.3), high[0], z0 + rng.normal(0, 0.3))
            end = (x1 + rng.normal(0, 1.2), high[1], z1 + rng.normal(0, 1.2))
            vines.append(
                jungle.liana(rng, start, end, float(rng.uniform(0.8, 3.0)), rng.random() < 0.6)
            )
        for _ in range(3):
            dx, dz = rng.normal(0, 1.6, 2)
            if np.hypot(x0 + dx, z0 + dz) > 1.2:
                vines.append(
                    jungle.liana(
                        rng,
                        (x0 + dx, base + 9, z0 + dz),
                        (x0 + dx * 1.1, base + rng.uniform(0.2, 3), z0 + dz),
                        0.0,
                        False,
                    )
                )
    if vines:
        scene.add(merged(vines), casts_sky=False)
    return ["giant trees with buttress roots", "hanging lianas"]


def _plants(land: Land, valley: Valley, streams: Streams) -> list[str]:
    rng, number = land.rng, valley.number
    kinds = rng.permutation(6)[:4]
    count = streams.many(520, 70)
    for index, kind in enumerate(kinds):
        x, z = scattered(rng, count // 2, 2.0, 20, power=0.75)
        wish = fbm(x, z, 5, 2, number + 40 + index)
        keep = (
            (valley.shore(x, z) > 0.15)
            & (wish > rng.uniform(-0.4, 0.5, len(x)))
            & land.free(x, z, 0.35)
        )
        land.plant(jungle.big_leaves(int(kind)), x[keep], z[keep], size=(0.55, 1.35), lean=0.06)
    x, z = scattered(rng, int(count * 1.7), 1.3, 14, power=0.75)
    keep = (valley.shore(x, z) > 0.1) & land.free(x, z, 0.2)
    x, z = x[keep], z[keep]
    for index in range(4):
        pick = np.arange(len(x)) % 4 == index
        mesh = light_fern(index) if index < 2 else jungle.rosette(int(rng.integers(4)))
        land.plant(mesh, x[pick], z[pick], size=(0.5, 1.15), sky=False)
    x, z = scattered(rng, streams.many(5200), 0.7, 12, power=0.8)
    wish = fbm(x, z, 2.2, 3, number + 45)
    keep = (valley.shore(x, z) > 0.15) & (wish > rng.uniform(-0.5, 0.35, len(x)))
    for index in range(3):
        pick = keep & (np.arange(len(x)) % 3 == index)
        size = (0.6 * min(1.5, land.bold), 1.3 * min(1.5, land.bold))
        land.plant(jungle.ground_cover(index), x[pick], z[pick], size=size, sun=False, sky=False)
    x, z = scattered(rng, 26, 3, 18, power=0.7)
    keep = (valley.shore(x, z) > 0.4) & land.free(x, z, 0.8)
    land.plant(palm_bush(int(rng.integers(3))), x[keep], z[keep], size=(0.7, 1.3))
    flower = int(rng.integers(4))
    x, z = scattered(rng, 40, 2.0, 14, power=0.75)
    keep = (valley.shore(x, z) > 0.2) & land.free(x, z, 0.6)
    land.plant(jungle.blossom(flower), x[keep], z[keep], size=(0.6, 1.2))
    return [
        "big jungle leaves",
        ("red hibiscus", "orange flowers", "pink orchids", "white flowers")[flower],
    ]


def _near(land: Land, valley: Valley, streams: Streams) -> list[str]:
    """Put boulders, plants and a log at 1.8 to 4 m, and stones in the water."""
    rng, scene, said = land.rng, land.scene, []
    for _ in range(int(rng.integers(2, 5))):
        px, pz = land.find(1.9, 4.0, 0.6)
        size = float(rng.uniform(0.4, 0.9))
        land.put(
            boulder(int(rng.integers(9)), 0.8),
            px,
            pz,
            yaw=float(rng.uniform(0, 6)),
            size=size,
            lift_m=0.05,
        )
    for _ in range(int(rng.integers(2, 5))):
        px, pz = land.find(1.7, 3.6, 0.5)
        if value_at(valley.shore, px, pz) > 0.1:
            land.put(
                jungle.big_leaves(int(rng.integers(6))),
                px,
                pz,
                yaw=float(rng.uniform(0, 6)),
                size=float(rng.uniform(0.8, 1.3)),
            )
    if rng.random() < 0.5:
        px, pz = land.find(2.6, 5.0, 1.3)
        land.put(fallen_log(int(rng.integers(3)), 0.8), px, pz, yaw=float(rng.uniform(0, 6)))
        said.append("a mossy fallen log")
    for kind in range(3):
        x, z = scattered(rng, 120, 1.6, 18, power=0.7)
        shore = valley.shore(x, z)
        keep = (shore > -1.6) & (shore < 0.4) & land.free(x, z, 0.4)
        at = np.stack([x, np.maximum(valley.height(x, z), -0.25), z], axis=-1)[keep]
        tone = rng.uniform(0.6, 1.0, (len(at), 1))
        scene.add(
            boulder(kind, 0.6),
            placed(at, rng.uniform(0.14, 0.5, len(at)), rng.uniform(0, 6.3, len(at)), tone),
        )
    said.append("mossy boulders by the pool")
    colors = ((0.16, 0.085, 0.03), (0.20, 0.13, 0.03), (0.09, 0.055, 0.03), (0.10, 0.13, 0.03))
    strew_leaves(land, 3200, 11, colors, size_m=0.08, number=valley.number + 50)
    return said


def _animals(land: Land, streams: Streams) -> list[str]:
    rng, scene = land.rng, land.scene
    if streams.look.dark:
        spark = icosphere(0).scaled(0.022).painted((6.0, 7.5, 1.6), Material.GLOW)
        x, z = scattered(rng, 90, 1.5, 15, power=0.8)
        y = np.maximum(land.height(x, z), 0) + rng.uniform(0.3, 3.2, 90)
        at = np.stack([x, y, z], axis=-1)
        scene.add(spark, placed(at, rng.uniform(0.6, 1.4, 90)), casts_sun=False, casts_sky=False)
        for spot in at[::8]:
            scene.lamps.append(
                Lamp(
                    (float(spot[0]), float(spot[1]), float(spot[2])), (0.22, 0.28, 0.06), 0.1, False
                )
            )
        return ["fireflies"]
    said = []
    if rng.random() < 0.6:
        x, z = scattered(rng, 6, 3, 13)
        y = land.height(x, z) + rng.uniform(2.2, 6, 6)
        scene.add(
            jungle.parrot(int(rng.integers(3))),
            placed(np.stack([x, y, z], -1), 1.0, rng.uniform(0, 6.3, 6)),
        )
        said.append("flying parrots")
    if rng.random() < 0.7:
        x, z = scattered(rng, 18, 1.3, 6)
        y = np.maximum(land.height(x, z), 0) + rng.uniform(0.6, 2.0, 18)
        scene.add(
            jungle.butterfly(int(rng.integers(4))),
            placed(np.stack([x, y, z], -1), 1.2 * min(1.5, land.bold), rng.uniform(0, 6.3, 18)),
        )
        said.append("butterflies")
    return said


def build(streams: Streams) -> Scene:
    """Return the jungle."""
    rng, look = streams.layout, streams.look
    valley = valley_by_the_water(rng, streams.number)
    clear = look.weather in ("clear", "cloudy") and not look.dark
    r, g, b = look.air.ground
    air = replace(
        look.air, shafts=0.08 if clear else look.air.shafts, shaft_reach_m=35.0, aurora=0.0,
        # Leaves all around send green light everywhere.
        ground=(r * 1.9, g * 2.6, b * 1.5), sky_gain=look.air.sky_gain * 1.3,
    )  # fmt: skip
    ground = max(0.12, float(valley.height(np.zeros(1, np.float32), np.zeros(1, np.float32))[0]))
    scene = Scene(
        eye=(0.0, ground + EYE_M, 0.0), air=air, ripple=0.022,
        water_tint=(0.012, 0.075, 0.060), eye_height_m=EYE_M,
        facing_deg=float(np.degrees(valley.fall_rad) + rng.uniform(-150, 150)),
    )  # fmt: skip
    land = Land(scene, valley.height, rng, look, streams.detail, [(0.0, 0.0, 1.1)])
    valley_ground(land, valley, streams)
    said, feet, foam = build_falls(land, valley, streams)
    water = pool_water(valley, streams, feet, foam)
    # The mirror image is cut off above the ripples, or the water would see itself.
    scene.mirror_height_m = float(water.position[water.faces, 1].max()) + 0.005
    scene.add(water, casts_sun=False, casts_sky=False)
    said += _trees(land, valley, streams)
    said += _near(land, valley, streams)
    said += _plants(land, valley, streams)
    said += _animals(land, streams)
    scene.title = "Waterfall in the jungle"
    scene.caption = f"a dense tropical jungle with {said[0]} falling into a green pool"
    scene.tags = ("jungle", "waterfall", "rainforest", "pool", "leaves")
    scene.details = tuple(said)
    wished = [eye for eye in land.eyes(5, 4.5) if eye[1] > EYE_M + 0.1]
    scene.eyes = free_places(scene, wished)[:3]
    return scene
