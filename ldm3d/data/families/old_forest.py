"""A mossy old forest with shafts of morning light, ferns, toadstools and a path."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.families import Streams
from ldm3d.data.land import painted_land, snowy_air
from ldm3d.data.look import Look
from ldm3d.data.mesh import Material, Mesh, merged
from ldm3d.data.noise import fbm
from ldm3d.data.plants import fern, flower, grass_tuft, kites, mushroom, rock
from ldm3d.data.prototypes import prototype
from ldm3d.data.scene import Air, Scene, placed
from ldm3d.data.terrain import Height, mix, on_ground, point_on, scattered, smoothstep, terrain
from ldm3d.data.trees import branching, broadleaf, leaf_cloud, trunk

Floats = NDArray[np.float32]

NAMES = (
    "an old forest", "a mossy forest", "an ancient wood", "a deep forest", "an oak wood",
    "a fairy tale forest", "a primeval forest", "a forest of old trees",
)  # fmt: skip

EYE_M = 1.62
_LEAVES = {
    "spring": (0.095, 0.165, 0.020), "summer": (0.060, 0.115, 0.018),
    "autumn": (0.30, 0.125, 0.018), "winter": (0.16, 0.075, 0.025),
}  # fmt: skip
"""The crowns' color; in winter the few brown leaves that stay."""


def _leaves(streams: Streams) -> tuple[tuple[float, float, float], float]:
    """Return the crowns' color and the share of leaves there are."""
    if streams.signature:
        return (0.060, 0.115, 0.018), 1.0
    look = streams.look
    return _LEAVES[look.season], {"winter": 0.05, "autumn": 0.75}.get(look.season, 1.0)


def _path_m(x: Floats, z: Floats) -> Floats:
    """Return metres from the middle of the winding path."""
    bend = 2.4 * np.sin(z * 0.16) + 0.9 * np.sin(z * 0.41 + 1.0)
    near = smoothstep(0.0, 9.0, np.abs(z))
    return np.asarray(np.abs(x - bend * near), np.float32)


def ground_height(number: int) -> Height:
    """Return the forest floor, hollowed along the path; 0 under the eye."""

    def height(x: Floats, z: Floats) -> Floats:
        away = smoothstep(0.7, 5.0, _path_m(x, z))
        hills = fbm(x, z, 26, 4, number) * 2.0 * smoothstep(2, 18, np.hypot(x, z))
        humps = (fbm(x, z, 3.2, 3, number + 1) * 0.26 + 0.26) * away
        rise = 0.9 * smoothstep(2.0, 14, _path_m(x, z)) + 0.02 * np.maximum(np.hypot(x, z) - 20, 0)
        return np.asarray(hills + humps + rise, np.float32)

    return height


def _ground(height: Height, number: int, detail: float, look: Look | None) -> Mesh:
    mesh = terrain(height, far_m=160, rings=240, sectors=720, detail=detail)
    x, _, z = mesh.position.T
    patch = fbm(x, z, 2.6, 4, number + 2)
    soil = np.array([0.060, 0.042, 0.026]) * (1 + 0.3 * patch[:, None])
    moss = mix(
        np.array([0.050, 0.085, 0.014]),
        np.array([0.105, 0.125, 0.022]),
        smoothstep(-0.5, 0.6, patch),
    )
    if look is not None and look.season in ("autumn", "winter"):
        fallen = np.array([0.17, 0.085, 0.03] if look.season == "autumn" else [0.10, 0.065, 0.035])
        moss = mix(moss, fallen * (1 + 0.4 * patch[:, None]), smoothstep(-0.7, 0.2, patch))
    color = mix(soil, moss, smoothstep(0.35, 1.5, _path_m(x, z) + patch * 0.7))
    if look is not None:
        return painted_land(mesh, color, np.full(len(x), float(Material.MOSS)), look, number)
    rgba = mesh.color.copy()
    rgba[:, :3] = color
    return replace(mesh, color=rgba, material=np.full(len(x), Material.MOSS, np.float32))


@prototype
def limbs(rng: np.random.Generator) -> Mesh:
    """Return the branches of an old tree, high up."""
    parts: list[Mesh] = []
    for i in range(6):
        angle = i * 1.05 + rng.normal(0, 0.3)
        way = np.array([np.cos(angle), rng.uniform(0.25, 0.8), np.sin(angle)])
        start = np.array([0.0, rng.uniform(8.5, 14.5), 0.0])
        branching(rng, start, way / np.linalg.norm(way), 2.9, 0.11, 2, [], parts)
    return merged(parts).painted((0.115, 0.088, 0.062), Material.BARK, 0.3)


@prototype
def crown(
    rng: np.random.Generator, leaves: int, leaf_m: float, color: tuple[float, float, float]
) -> Mesh:
    """Return the leaves of an old tree, high up."""
    centers = rng.normal(0, 1, (30, 3)) * [2.3, 2.1, 2.3] + [0, 13.5, 0]
    cloud = leaf_cloud(rng, centers, rng.uniform(0.7, 1.4, 30), leaves, leaf_m, color)
    return merged([cloud])


def _trees(scene: Scene, height: Height, streams: Streams) -> None:
    rng = streams.layout
    spots: list[tuple[float, float]] = []
    for near_x, near_z in ((-2.5, -3.2), (3.1, -4.6), (-3.6, 2.4), (2.7, 3.3), (5.6, -0.6)):
        spots.append((near_x + rng.normal(0, 0.25), near_z + rng.normal(0, 0.25)))
    most, far_m = 420, 85.0
    if not streams.signature:
        most = int(rng.integers(150, 300))
        turn = rng.random() * 6.283
        ring = [turn + i * 1.2566 + rng.normal(0, 0.3) for i in range(int(rng.integers(3, 6)))]
        spots = [(r * np.cos(a), r * np.sin(a)) for a in ring for r in [rng.uniform(3.2, 6.0)]]
        spots = [
            (x, z)
            for x, z in spots
            if float(_path_m(np.array([x], np.float32), np.array([z], np.float32))[0]) > 1.3
        ]
    own_trees = len(spots)
    xs, zs = scattered(rng, 4000, 4.5, far_m, power=0.7)
    for try_x, try_z, off_path in zip(xs, zs, _path_m(xs, zs) > 1.9, strict=True):
        gap = 2.6 + 0.012 * np.hypot(try_x, try_z)
        clear = all((try_x - a) ** 2 + (try_z - b) ** 2 > gap * gap for a, b in spots)
        if clear and off_path:
            spots.append((float(try_x), float(try_z)))
        if len(spots) > most:
            break
    at = np.array([[x, 0, z] for x, z in spots])
    at[:, 1] = height(at[:, 0].astype(np.float32), at[:, 2].astype(np.float32)) - 0.05
    size = rng.uniform(0.65, 1.25, len(at))
    size[:own_trees] = rng.uniform(0.95, 1.25, own_trees)
    yaw = rng.random(len(at)) * 6.283
    leaf, kept = _leaves(streams)
    leaves = max(8, round(6000 * streams.detail**0.55 * kept))
    larger = streams.larger**0.55
    sides, rows = (48, 60) if streams.detail > 0.7 else (24, 28)
    for kind in range(5):
        own = np.random.default_rng(kind)
        wood = trunk(own, 0.40, 19, 0.85 - 0.1 * kind, (0.115, 0.088, 0.062), sides, rows)
        choice = np.arange(len(at)) % 5 == kind
        scene.add(wood, placed(at[choice], size[choice], yaw[choice]))
        scene.add(
            crown(own, leaves, 0.22 * larger, leaf),
            placed(at[choice], size[choice], yaw[choice]),
            casts_sky=False,
        )
    for kind in range(2):
        own = np.random.default_rng(30 + kind)
        fresh = (0.085, 0.15, 0.02) if streams.signature else leaf
        count = max(20, round(5200 * streams.detail * kept))
        young = broadleaf(own, 4.2, 0.07, count, 0.11 * larger, fresh, 0.4)
        x, z = scattered(rng, 70 if streams.signature else 45, 4.5, 40, power=0.7)
        keep = _path_m(x, z) > 2.2
        at = on_ground(height, x[keep], z[keep], 0.03)
        scene.add(young, placed(at, rng.uniform(0.5, 1.2, len(at)), rng.random(len(at)) * 6.28))


def _floor(scene: Scene, height: Height, streams: Streams) -> None:
    rng, number, look = streams.layout, streams.number, streams.look
    thin = 1.0 if streams.signature else 1 - 0.85 * look.snow
    fewer = streams.detail < 0.7
    lush = 1.0 if streams.signature else float(rng.uniform(0.15, 1.1))
    bold = streams.larger
    rust = not streams.signature and look.season in ("autumn", "winter")
    for kind in range(4):
        plant = fern(np.random.default_rng(kind), 9 if fewer else 12, 0.72, 12 if fewer else 22)
        if rust:
            plant = plant.painted((0.21, 0.10, 0.03))
        x, z = scattered(
            rng, round(900 * thin * lush * min(1, 2 * streams.detail)), 1.5, 45, power=0.72
        )
        keep = (_path_m(x, z) > 1.0) & (
            fbm(x, z, 7, 3, number + 5) > rng.uniform(-0.35, 0.4, len(x))
        )
        at = on_ground(height, x[keep], z[keep], 0.02)
        tint = rng.uniform(0.75, 1.3, (len(at), 1)) * (1 + rng.normal(0, 0.07, (len(at), 3)))
        scene.add(
            plant,
            placed(at, rng.uniform(0.5, 1.35, len(at)), rng.random(len(at)) * 6.28, tint),
            casts_sky=kind < 2,
        )
    for kind in range(3):
        green = (0.12, 0.10, 0.03) if rust else (0.075, 0.13, 0.02)
        blades, own = (12, 8)[fewer], np.random.default_rng(kind)
        tuft = grass_tuft(own, blades, 0.20, 0.10 * bold, 0.005 * bold, green)
        x, z = scattered(rng, streams.many(round(12000 * thin)), 0.7, 22, power=0.8)
        keep = (_path_m(x, z) > 0.45) & (
            fbm(x, z, 2.2, 3, number + 6) > rng.uniform(-0.6, 0.5, len(x))
        )
        at = on_ground(height, x[keep], z[keep], 0.01)
        scene.add(
            tuft,
            placed(at, rng.uniform(0.4, 1.2, len(at)), rng.random(len(at)) * 6.28),
            casts_sky=False,
        )
    caps = (((0.42, 0.03, 0.018), True), ((0.36, 0.17, 0.06), False), ((0.55, 0.36, 0.16), False))
    wild = streams.signature or (look.season in ("summer", "autumn") and rng.random() < 0.6)
    for kind, (cap, spots) in enumerate(caps if wild else ()):
        toadstool = mushroom(np.random.default_rng(kind), cap, spots)
        centers = np.stack(scattered(rng, 26, 1.6, 12, power=0.8), axis=1)
        x, z = (np.repeat(centers, 5, axis=0) + rng.normal(0, 0.16, (130, 2))).T.astype(np.float32)
        keep = _path_m(x, z) > 0.6
        at = on_ground(height, x[keep], z[keep], 0.01)
        scene.add(
            toadstool,
            placed(
                at,
                rng.uniform(0.3, 1.15, len(at)),
                rng.random(len(at)) * 6.28,
                tilt=rng.normal(0, 0.1, (len(at), 2)),
            ),
        )
    blooming = streams.signature or (look.season in ("spring", "summer") and rng.random() < 0.6)
    if not streams.signature:
        named = {"toadstools": wild and thin > 0.5, "bluebells": blooming}
        named |= {"ferns": lush > 0.4 and thin > 0.5}
        scene.details = (*scene.details, *(name for name, there in named.items() if there))
    bell = flower(np.random.default_rng(8), (0.30, 0.28, 0.85), (0.75, 0.7, 0.4), 0.20, 0.022, 6, 5)
    x, z = scattered(rng, streams.many(2600) if blooming else 1, 1.2, 20, power=0.8)
    keep = (_path_m(x, z) > 0.8) & (fbm(x, z, 5, 2, number + 9) > rng.uniform(0.0, 0.6, len(x)))
    at = on_ground(height, x[keep], z[keep], 0.01)
    scene.add(
        bell,
        placed(at, rng.uniform(0.7, 1.3, len(at)), rng.random(len(at)) * 6.28),
        casts_sky=False,
    )
    count = max(1, round(streams.many(26000) * thin))
    x, z = scattered(rng, count, 0.3, 16, power=0.75)
    at = on_ground(height, x, z, -0.008)
    along = rng.normal(0, 1, (count, 3)) * [1, 0.22, 1]
    along *= (rng.uniform(0.025, 0.065, count) * bold / np.linalg.norm(along, axis=1))[:, None]
    side = np.cross(along, [0, 1, 0]) * 0.3
    browns = np.array(
        [[0.20, 0.085, 0.025], [0.26, 0.15, 0.04], [0.11, 0.06, 0.03], [0.30, 0.20, 0.05]]
    )
    litter = kites(
        at,
        along,
        side,
        np.tile([0, 1, 0], (count, 1)),
        browns[rng.integers(0, 4, count)] * rng.uniform(0.5, 1.2, (count, 1)),
        0.25,
    )
    scene.add(litter, casts_sun=False, casts_sky=False)


def _stones_and_logs(scene: Scene, height: Height, streams: Streams) -> None:
    rng = streams.layout
    for kind in range(3):
        stone = rock(np.random.default_rng(kind), 4 if streams.detail > 0.7 else 3, 13, 1.0)
        x, z = scattered(rng, 46, 2.4, 45, power=0.75)
        keep = _path_m(x, z) > 1.3
        at = on_ground(height, x[keep], z[keep], 0.14)
        scene.add(stone, placed(at, rng.uniform(0.2, 0.95, len(at)), rng.random(len(at)) * 6.28))
        pebble = rock(np.random.default_rng(kind), 2, 9, 0.5)
        x, z = scattered(rng, streams.many(500), 0.8, 14, power=0.7)
        at = on_ground(height, x, z, 0.01)
        scene.add(
            pebble,
            placed(at, rng.uniform(0.015, 0.07, len(at)), rng.random(len(at)) * 6.28),
            casts_sky=False,
        )
    logs = [(-3.4, -1.2, 0.5, 5.2), (6.5, -7.5, 1.9, 7.0), (4.2, 6.5, 2.7, 6.0)]
    if not streams.signature:
        angles = rng.random(int(rng.integers(0, 4))) * 6.283
        reach = rng.uniform(4.2, 9.0, len(angles))
        logs = [
            (float(r * np.cos(a)), float(r * np.sin(a)), float(rng.random() * 6.28), 5.0 + i)
            for i, (a, r) in enumerate(zip(angles, reach, strict=True))
        ]
        scene.details = (*scene.details, *(["a fallen trunk"] if logs else []))
    for log_x, log_z, yaw, length in logs:
        log = trunk(np.random.default_rng(int(length * 10)), 0.27, length, 1.0, spread=0.0).turned(
            np.pi / 2 - 0.05, "z"
        )
        scene.add(log.turned(yaw).moved(point_on(height, log_x, log_z, 0.16)))


def build(streams: Streams) -> Scene:
    """Return the forest."""
    height = ground_height(streams.number)
    air = Air(
        sun_elevation_deg=33,
        sun_azimuth_deg=-24,
        sun=(4.6, 3.5, 2.1),
        sun_softness_deg=1.1,
        zenith=(0.34, 0.50, 0.46),
        horizon=(0.62, 0.66, 0.52),
        glow=(1.4, 1.15, 0.65),
        ground=(0.09, 0.11, 0.04),
        sky_gain=2.3,
        fog_density=0.014,
        fog_height_m=40,
        fog_tint=(0.62, 0.72, 0.56),
        shafts=0.42,
        shaft_reach_m=34,
        cloud_cover=0.0,
        cirrus=0.0,
        saturation=1.12,
    )
    look = None if streams.signature else streams.look
    if look is not None:
        air = snowy_air(_woodland_air(look, float(streams.layout.uniform(0, 0.5))), look)
    ground = point_on(height, 0.0, 0.0)[1]
    scene = Scene(eye=(0.0, ground + EYE_M, 0.0), air=air, eye_height_m=EYE_M)
    scene.add(_ground(height, streams.number, streams.detail, look), casts_sky=False)
    _trees(scene, height, streams)
    _floor(scene, height, streams)
    _stones_and_logs(scene, height, streams)
    scene.title = "Light in the old forest"
    scene.caption = (
        "an old mossy forest in the morning, light shafts between the trees, "
        "ferns and red toadstools along a path"
    )
    scene.tags = ("forest", "morning", "moss", "ferns", "mushrooms", "path", "light shafts")
    if look is not None:
        scene.caption = "an old mossy forest, a path between the trees"
        scene.tags = ("forest", "trees", "moss", "path")
        scene.details = (*scene.details, "a forest path", "mossy trunks")
        along = [-9.0, -4.5, 4.5, 9.0]
        middle = [2.4 * np.sin(z * 0.16) + 0.9 * np.sin(z * 0.41 + 1.0) for z in along]
        near = [float(smoothstep(0.0, 9.0, abs(z))) for z in along]
        spots = zip(middle, near, along, strict=True)
        scene.eyes = tuple(point_on(height, m * n, z, EYE_M) for m, n, z in spots)
    return scene


def _woodland_air(look: Look, haze: float) -> Air:
    """Return the look's air as it is below crowns: hazy, green, light falling in shafts."""
    air = look.air
    sunny = max(air.sun) > 1.5 and air.sun_elevation_deg > 8
    leafy = look.season in ("spring", "summer")
    tint = (0.75, 0.85, 0.68) if leafy else (1.0, 0.95, 0.88)
    return replace(
        air,
        fog_density=max(air.fog_density, 0.002 + 0.02 * haze**2),
        fog_height_m=min(air.fog_height_m, 45.0),
        fog_tint=tint,
        sky_gain=air.sky_gain * (1.9 if leafy else 1.4),
        shafts=0.12 + 0.5 * haze if sunny else air.shafts,
        shaft_reach_m=34,
        sun_softness_deg=max(air.sun_softness_deg, 1.0),
    )
