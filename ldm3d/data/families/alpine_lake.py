"""A mountain lake seen from a wooden jetty, at the ends of the day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.built import jetty, log_cabin, rowing_boat
from ldm3d.data.families import Streams
from ldm3d.data.mesh import Material, Mesh, lathe, merged, tube
from ldm3d.data.noise import fbm, ridged
from ldm3d.data.plants import flower, grass_tuft, pine, rock
from ldm3d.data.scene import Air, Scene, placed
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

Floats = NDArray[np.float32]

DECK_M = 0.55
SUN_AZIMUTH_DEG = 103.0
EYE_ABOVE_DECK_M = 1.62


def _shore_m(x: Floats, z: Floats, number: int) -> Floats:
    """Return metres from the water's edge, positive on land; the jetty starts near (0, 5)."""
    wobble = fbm(x, z, 90, 4, number) * 16 * smoothstep(6, 45, np.hypot(x, z))
    oval = np.sqrt((x / 270) ** 2 + ((z + 195) / 200) ** 2 + 1e-6)
    return np.asarray((oval - 1) * 205 + wobble, np.float32)


def ground_height(number: int) -> Height:
    """Return the height function: lake bed, meadow, hills, mountains."""

    def height(x: Floats, z: Floats) -> Floats:
        shore, distance = _shore_m(x, z, number), np.hypot(x, z)
        land = np.where(
            shore > 0, shore * 0.10 + 0.0006 * np.minimum(shore, 300) ** 2, shore * 0.13
        )
        land = np.maximum(land, -5.0) + fbm(x, z, 4.0, 4, number + 1) * 0.10 * smoothstep(
            -1, 4, shore
        )
        land = land + fbm(x, z, 40, 4, number + 2) * 2.5 * smoothstep(3, 60, shore)
        warp = fbm(x, z, 900, 3, number + 13) * 260
        crest = np.clip(ridged(x + warp, z - warp, 4200, 8, number + 3) - 0.36, 0, 1) ** 1.2 * 2.0
        crest = crest * (0.75 + 0.5 * fbm(x, z, 5200, 2, number + 12))
        toward_sun = np.arctan2(x, -z) - np.radians(SUN_AZIMUTH_DEG)
        crest = crest * (1 - 0.86 * np.exp(-((np.sin(toward_sun / 2) / 0.30) ** 2)))
        rise = smoothstep(150, 3200, distance) * smoothstep(0, 300, shore)
        hills = fbm(x, z, 420, 5, number + 4) * 90 * smoothstep(40, 600, shore)
        return np.asarray(land + rise * (crest * 1500 + 40) + hills, np.float32)

    return height


def _paint(ground: Mesh, number: int) -> Mesh:
    x, y, z = ground.position.T
    shore, steep = _shore_m(x, z, number), slope(ground)
    patch = fbm(x, z, 30, 4, number + 5)
    green = mix(
        np.array([0.060, 0.085, 0.018]), np.array([0.12, 0.105, 0.03]), smoothstep(-0.4, 0.7, patch)
    )
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
    rgba = ground.color.copy()
    rgba[:, :3] = color
    far = np.hypot(x, z) > 90
    return replace(
        ground,
        color=rgba,
        material=np.where(far, Material.ROCK, Material.GROUND).astype(np.float32),
    )


def _forest(scene: Scene, height: Height, streams: Streams) -> None:
    rng = streams.layout
    number = streams.number
    x, z = scattered(rng, 26000, 14, 1500, power=0.62)
    y, shore = height(x, z), _shore_m(x, z, number)
    d = np.hypot(x, z)
    flat = np.abs(height(x + 3, z) - y) + np.abs(height(x, z + 3) - y)
    wish = fbm(x, z, 130, 3, number + 8) + 0.9 * smoothstep(30, 240, shore) - 0.25
    keep = (shore > 9) & (y < 330) & (flat < 5.5) & (wish > rng.uniform(-0.25, 0.65, len(x)))
    keep &= ~((np.abs(x) < 7) & (z > 0) & (z < 40))
    # The low sun must reach the jetty.
    beside = np.sin(np.arctan2(x, -z) - np.radians(SUN_AZIMUTH_DEG))
    ahead = np.cos(np.arctan2(x, -z) - np.radians(SUN_AZIMUTH_DEG))
    keep &= ~((np.abs(beside) < 0.17) & (ahead > 0) & (d < 220))
    x, z, d = x[keep], z[keep], d[keep]
    size = rng.uniform(0.55, 1.35, len(x))
    at = on_ground(height, x, z, 0.25)
    tint = rng.uniform(0.75, 1.25, (len(x), 1)) * (1 + rng.normal(0, 0.06, (len(x), 3)))
    for i, (low, high, parts) in enumerate(
        ((0, 75, (34, 7, 10)), (75, 300, (20, 6, 4)), (300, 2000, (11, 5, 2)))
    ):
        for kind in range(3):
            choice = (d >= low) & (d < high) & (np.arange(len(d)) % 3 == kind)
            tree = pine(np.random.default_rng(100 * i + kind), 15.0 + kind * 2, *parts)
            scene.add(
                tree,
                placed(
                    at[choice], size[choice], rng.random(int(choice.sum())) * 6.283, tint[choice]
                ),
                casts_sky=i < 2,
            )


def _meadow(scene: Scene, height: Height, streams: Streams) -> None:
    rng, number = streams.layout, streams.number
    x, z = scattered(rng, 52000, 2, 42, power=0.75)
    shore = _shore_m(x, z, number)
    patch = fbm(x, z, 5, 3, number + 9)
    path = np.abs(x + 0.8 * np.sin(z * 0.25)) < 0.55
    keep = (shore > 1.0 - patch) & (patch > rng.uniform(-0.9, 0.15, len(x))) & ~path
    x, z = x[keep], z[keep]
    at, d = on_ground(height, x, z, 0.02), np.hypot(x, z)
    size = rng.uniform(0.55, 1.3, len(x)) * (1 + 0.25 * patch[keep])
    tint = np.clip(1 + rng.normal(0, 0.14, (len(x), 3)), 0.5, 1.6)
    for kind in range(4):
        tuft = grass_tuft(np.random.default_rng(kind), 14, 0.34, 0.14, 0.0065)
        choice = (d < 22) & (np.arange(len(d)) % 4 == kind)
        scene.add(tuft, placed(at[choice], size[choice], 0.0, tint[choice]), casts_sky=False)
    wide = grass_tuft(np.random.default_rng(9), 9, 0.38, 0.25, 0.016)
    choice = d >= 22
    scene.add(wide, placed(at[choice], size[choice], 0.0, tint[choice]), casts_sky=False)
    colors = (
        ((0.78, 0.78, 0.80), (0.8, 0.45, 0.03)),
        ((0.80, 0.52, 0.02), (0.5, 0.2, 0.01)),
        ((0.34, 0.10, 0.55), (0.8, 0.6, 0.1)),
        ((0.75, 0.16, 0.28), (0.7, 0.5, 0.05)),
        ((0.12, 0.20, 0.72), (0.75, 0.7, 0.5)),
    )
    for kind, (petal, heart) in enumerate(colors):
        x, z = scattered(rng, 2600, 3, 26, power=0.8)
        keep = (_shore_m(x, z, number) > 1.6) & (np.abs(x + 0.8 * np.sin(z * 0.25)) > 0.7)
        keep &= fbm(x, z, 6, 2, number + 20 + kind) > rng.uniform(-0.1, 0.6, len(x))
        at = on_ground(height, x[keep], z[keep], 0.01)
        clump = flower(np.random.default_rng(40 + kind), petal, heart, 0.30, 0.034, 8, 4)
        scene.add(clump, placed(at, rng.uniform(0.7, 1.3, len(at)), rng.random(len(at)) * 6.28))


def _stones(scene: Scene, height: Height, streams: Streams) -> None:
    rng, number = streams.layout, streams.number
    for kind in range(4):
        stone = rock(np.random.default_rng(70 + kind), 4, 13, 0.35)
        small = rock(np.random.default_rng(70 + kind), 2, 9, 0.0)
        x, z = scattered(rng, 900, 2.0, 30, power=0.7)
        shore = _shore_m(x, z, number)
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
        shore = _shore_m(x, z, number)
        keep = (shore > -4.5) & (shore < 14) & (np.abs(x) > 2.2)
        at = on_ground(height, x[keep], z[keep], 0.12)
        scene.add(stone, placed(at, rng.uniform(0.3, 1.15, len(at)), rng.random(len(at)) * 6.28))
    for spot in ((-2.9, -1.1, 0.55), (3.6, 1.2, 0.8), (-3.9, 2.6, 0.95), (2.7, -3.4, 0.4)):
        stone = rock(np.random.default_rng(int(abs(spot[0]) * 10)), 5, 14, 0.5)
        scene.add(stone, placed(np.array([[spot[0], -0.12, spot[1]]]), spot[2], spot[0]))


def _reeds_and_lilies(scene: Scene, streams: Streams) -> None:
    rng, number = streams.layout, streams.number
    reed = grass_tuft(np.random.default_rng(5), 9, 1.25, 0.22, 0.009, (0.10, 0.115, 0.03))
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
    x, z = scattered(rng, 5000, 3.2, 60, power=0.7)
    shore = _shore_m(x, z, number)
    keep = (shore > -3.2) & (shore < 0.1) & (np.abs(x) > 2.0)
    keep &= fbm(x, z, 11, 2, number + 30) > rng.uniform(-0.1, 0.4, len(x))
    at = np.stack([x, np.full_like(x, -0.1), z], axis=-1)[keep]
    scene.add(
        plant,
        placed(at, rng.uniform(0.7, 1.2, len(at)), rng.random(len(at)) * 6.28),
        casts_sky=False,
    )
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
    height = ground_height(streams.number)
    air, hour = _air(streams)
    scene = Scene(
        eye=(0.0, DECK_M + EYE_ABOVE_DECK_M, 0.0),
        air=air,
        mirror_height_m=0.0,
        ripple=0.014,
        water_tint=(0.012, 0.050, 0.055),
        eye_height_m=EYE_ABOVE_DECK_M,
        facing_deg=-22.0,
    )
    scene.add(_paint(terrain(height, far_m=7000), streams.number), casts_sky=False)
    scene.add(
        water_surface(height, 0.0).painted((0.20, 0.185, 0.13)), casts_sun=False, casts_sky=False
    )
    scene.add(jetty(streams.layout, 13.5, 1.9, DECK_M).moved((0, 0, 5.2)))
    boat = rowing_boat(streams.layout).turned(0.35).moved((2.05, 0.02, -2.2))
    scene.add(boat)
    cabin = log_cabin(np.random.default_rng(2), (3.0, 1.5, 0.5))
    spot = np.array([point_on(height, -15.0, 20.0, -0.25)])
    scene.add(cabin, placed(spot, 1.0, 2.5))
    _forest(scene, height, streams)
    _meadow(scene, height, streams)
    _stones(scene, height, streams)
    _reeds_and_lilies(scene, streams)
    scene.title = "Jetty on the mountain lake"
    scene.caption = (
        f"an alpine lake at {hour}, a wooden jetty and a rowing boat, pines and snowy mountains"
    )
    scene.tags = ("lake", "mountains", hour, "jetty", "boat", "pines")
    return scene
