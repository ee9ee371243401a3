"""A rain forest with a waterfall: a pool under a cliff, big leaves, lianas, parrots."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data import jungle
from ldm3d.data.families import Streams
from ldm3d.data.forest_floor import boulder, fallen_log, light_fern, strew_leaves
from ldm3d.data.land import Land
from ldm3d.data.mesh import Material, Mesh, grid_faces, icosphere, merged, mesh_from
from ldm3d.data.noise import fbm
from ldm3d.data.palms import palm, palm_bush
from ldm3d.data.plants import rock
from ldm3d.data.scene import Lamp, Scene, placed
from ldm3d.data.terrain import mix, scattered, smoothstep, terrain

Floats = NDArray[np.float32]

NAMES = (
    "jungle", "waterfall in the jungle", "rainforest", "tropical jungle", "jungle waterfall",
    "tropical rainforest", "waterfall", "hidden waterfall", "rainforest with a waterfall",
)  # fmt: skip
WEATHERS = ("clear", "cloudy", "overcast", "foggy", "rainy")
SEASONS = ("summer",)
EYE_M = 1.62


@dataclass(frozen=True)
class _Valley:
    """A hollow with a pool; the cliff lies behind the pool, towards `fall_rad`."""

    fall_rad: float
    pool_m: float  # how far the pool's middle is
    radius_m: float
    brook_rad: float  # where the water leaves the pool
    rough_m: float
    number: int

    def frame(self, x: Floats, z: Floats) -> tuple[Floats, Floats]:
        """Return metres aside of and towards the fall."""
        c, s = np.cos(self.fall_rad), np.sin(self.fall_rad)
        return np.asarray(x * c + z * s, np.float32), np.asarray(x * s - z * c, np.float32)

    def shore(self, x: Floats, z: Floats) -> Floats:
        """Return metres from the water, negative in it."""
        u, w = self.frame(x, z)
        v = w - self.pool_m
        wander = fbm(u, w, 9, 3, self.number) * 0.32 + fbm(u, w, 2.5, 2, self.number + 1) * 0.06
        pool = np.hypot(u * 0.82, v) - self.radius_m * (1 + wander)
        bx, bz = np.sin(self.brook_rad), -np.cos(self.brook_rad)
        run = u * bx - v * bz
        aside = np.abs(u * bz + v * bx + 1.2 * np.sin(run * 0.35)) - 0.9 - 0.25 * np.sin(run * 0.9)
        brook = np.where(run > 0, aside, 99.0)
        # A smooth minimum: the brook's mouth has round banks.
        h = np.clip(0.5 + 0.5 * (brook - pool) / 1.5, 0, 1)
        return np.asarray(brook * (1 - h) + pool * h - 1.5 * h * (1 - h), np.float32)

    def seen(self, x: Floats, z: Floats) -> NDArray[np.bool_]:
        """Return what lies between the eye and the fall."""
        u, w = self.frame(x, z)
        return np.asarray((w > 0.5) & (np.abs(u) < 1.5 + 0.55 * w) & (w < self.pool_m * 2.5))

    def open(self, x: float, z: float, dry_m: float) -> bool:
        """Say whether a tree may stand there: on dry land, not before the fall."""
        px, pz = np.float32([x]), np.float32([z])
        _, w = self.frame(px, pz)
        dry = float(self.shore(px, pz)[0]) > dry_m and float(w[0]) < self.pool_m
        return dry and not bool(self.seen(px, pz)[0])

    def height(self, x: Floats, z: Floats) -> Floats:
        shore, d = self.shore(x, z), np.hypot(x, z)
        bank = np.where(
            shore > 0, 0.45 * (1 - np.exp(-shore / 1.1)), np.maximum(shore * 0.35, -1.4)
        )
        land = smoothstep(0.2, 3.0, shore)
        bumps = fbm(x, z, 3.0, 3, self.number + 2) * self.rough_m * land * smoothstep(0.5, 3, d)
        wall = smoothstep(13, 48, d) * (9 + 9 * fbm(x, z, 30, 3, self.number + 3))
        return np.asarray(bank + bumps + np.maximum(wall, 0) * land, np.float32)


def _ground(land: Land, valley: _Valley, streams: Streams) -> None:
    share = streams.detail**0.6
    mesh = terrain(valley.height, far_m=90, rings=int(330 * share), sectors=int(700 * share))
    x, y, z = mesh.position.T
    shore, patch = valley.shore(x, z), fbm(x, z, 2.2, 4, valley.number + 5)
    soil = np.array([0.105, 0.072, 0.044]) * (1 + 0.35 * patch[:, None])
    moss = mix(
        np.array([0.065, 0.115, 0.018]),
        np.array([0.115, 0.160, 0.026]),
        smoothstep(-0.4, 0.5, patch),
    )
    color = mix(soil, moss, smoothstep(-0.15, 0.35, fbm(x, z, 4.5, 3, valley.number + 6) + 0.1))
    pebbles = np.array([0.12, 0.115, 0.10]) * (
        1 + 0.5 * fbm(x, z, 0.6, 2, valley.number + 7)[:, None]
    )
    color = mix(pebbles, color, smoothstep(0.1, 0.9, shore + 0.5 * patch))
    rgba = mesh.color.copy()
    rgba[:, :3] = color * (1 - 0.3 * streams.look.wet)
    land.scene.add(
        replace(mesh, color=rgba, material=np.full(len(x), Material.MOSS, np.float32)),
        casts_sky=False,
    )


def _water(
    valley: _Valley, streams: Streams, feet: list[tuple[float, float, float]], foam: float
) -> Mesh:
    """Return the pool and the brook, white at the falls' feet."""
    share = float(np.clip(streams.detail, 0.15, 1)) ** 0.5
    radii = np.concatenate(
        [np.linspace(0.3, 26, int(190 * share)), np.geomspace(26.5, 60, int(40 * share))]
    )
    a = np.linspace(0, 2 * np.pi, int(620 * share), endpoint=False)
    x = (radii[:, None] * np.cos(a)).astype(np.float32)
    z = (radii[:, None] * np.sin(a)).astype(np.float32)
    depth = -valley.height(x, z)
    u, w = valley.frame(x, z)
    white = np.zeros_like(x)
    lace = fbm(x, z, 1.1, 3, valley.number + 9)
    y = 0.02 * fbm(x, z, 1.8, 2, valley.number + 10)
    for at_u, at_w, wide in feet:
        d = np.hypot(np.maximum(np.abs(u - at_u) - wide * 0.5, 0), np.minimum(w - at_w, 0.0))
        white = np.maximum(white, np.exp(-((d / (1.3 + foam)) ** 2)) * (0.75 + 0.8 * lace))
        white = np.maximum(
            white, smoothstep(7 * foam + 3, 1, d) * smoothstep(0.28, 0.5, lace) * 0.8
        )
        y = y + 0.10 * np.exp(-d / 1.2) * lace
    white = np.clip(white, 0, 1).ravel()[:, None]
    color = np.array([0.11, 0.105, 0.075]) * (1 - white) + np.array([0.74, 0.78, 0.78]) * white
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    made = mesh_from(
        points, grid_faces(*x.shape, wrap=True), np.tile([0, 1.0, 0], (len(points), 1)), color,
        Material.WATER, np.clip(depth, -1, 6).ravel() * (1 - white[:, 0]),
    )  # fmt: skip
    wet = (depth > -0.25).ravel()[made.faces].all(axis=1)
    return replace(made, faces=made.faces[wet])


def _cliff(
    valley: _Valley,
    high_m: float,
    back_m: float,
    hug: float,
    number: int,
    stone: NDArray[np.float64],
) -> tuple[Mesh, NDArray[np.float64]]:
    """Return the rock face in the valley's frame (x aside, -z towards the fall) and its rim."""
    u = np.linspace(-26, 26, 150)
    v = np.linspace(-0.06, 1, 64)
    ug, vg = np.meshgrid(u, v)
    top = high_m * (1 + 0.22 * fbm(u, 0 * u, 18, 3, number))
    y = vg * top[None]
    tiers = 0.9 * np.floor(vg * 3.2 + 0.4 * fbm(ug, y, 7, 2, number + 1)) + 0.5 * vg
    face = back_m - hug * ug**2 / 26 + tiers
    face = (
        face
        + 0.9 * fbm(ug, y * 1.3, 5.0, 4, number + 2)
        + 0.35 * fbm(ug * 3, y, 2.0, 2, number + 3)
    )
    columns = 0.35 * np.abs(fbm(ug, 0.15 * y, 1.6, 2, number + 4))
    w = valley.pool_m + face + columns
    points = np.stack([ug, y, -w], axis=-1).reshape(-1, 3)
    mesh = mesh_from(points, grid_faces(64, 150))
    tone = 0.8 + 0.5 * fbm(points[:, 0], points[:, 1] * 2, 3, 3, number + 5)
    wet = np.exp(-(points[:, 0] ** 2) / 30)
    color = stone * (tone * (1 - 0.35 * wet))[:, None]
    green = smoothstep(-0.1, 0.4, fbm(points[:, 0], points[:, 1] * 0.6, 4, 3, number + 6) - 0.1)
    color = mix(color, np.array([0.045, 0.075, 0.016]), 0.75 * green)
    made = mesh_from(points, mesh.faces, mesh.normal, color, Material.ROCK, 0.7)
    rim = np.stack([u, y[-1], -w[-1]], axis=1)
    return made, rim


def _falls(
    land: Land, valley: _Valley, streams: Streams
) -> tuple[list[str], list[tuple[float, float, float]], float]:
    """Build the cliff with its waterfalls and what grows on it."""
    rng, scene = land.rng, land.scene
    high = float(rng.uniform(8.5, 17))
    back, hug = valley.radius_m * 0.98, float(rng.uniform(0.1, 0.6))
    stone = np.array(
        [(0.15, 0.14, 0.125), (0.20, 0.165, 0.125), (0.10, 0.10, 0.10)][int(rng.integers(3))]
    )
    cliff, rim = _cliff(valley, high, back, hug, valley.number + 20, stone)
    turn = -valley.fall_rad
    scene.add(cliff, placed(np.zeros((1, 3)), 1.0, turn))
    kind = str(rng.choice(["veil", "ribbon", "threads", "twins", "steps"]))
    spots = {"veil": [(0.0, 0.95)], "ribbon": [(0.0, 0.42)], "threads": [(-3.2, 0.24), (0.2, 0.40), (3.4, 0.2)],
             "twins": [(-2.6, 0.38), (2.6, 0.55)], "steps": [(0.0, 0.7)]}[kind]  # fmt: skip
    feet = []
    for at_u, share in spots:
        u = at_u + float(rng.normal(0, 0.8))
        wide = max(0.8, share * valley.radius_m * rng.uniform(0.8, 1.3))
        index = int(np.argmin(np.abs(rim[:, 0] - u)))
        top = rim[index]
        front = float(
            cliff.position.reshape(64, 150, 3)[5:, max(0, index - 4) : index + 5, 2].max()
        )
        drop = float(top[1])
        if kind == "steps":
            low = drop * rng.uniform(0.35, 0.5)
            upper = jungle.falling_water(rng, wide * 0.7, drop - low, valley.number + 30, 0.2)
            scene.add(
                upper.moved((u, drop, float(top[2]) * 0.35 + front * 0.65)),
                placed(np.zeros((1, 3)), 1.0, turn),
            )
            ledge = rock(np.random.default_rng(8), 4, 12, 0.8, 0.5).painted(
                stone, Material.ROCK, 0.6
            )
            scene.add(
                ledge.scaled((wide * 0.9, 0.9, 1.5)).moved((u, low - 0.2, front + 0.3)),
                placed(np.zeros((1, 3)), 1.0, turn),
            )
            lower = jungle.falling_water(rng, wide * 1.1, low, valley.number + 31, 0.1)
            scene.add(
                lower.moved((u, low + 0.15, front + 1.1)), placed(np.zeros((1, 3)), 1.0, turn)
            )
            foot = front + 1.7
        else:
            water = jungle.falling_water(
                rng, wide, drop, valley.number + 30 + len(feet), float(rng.uniform(0.0, 0.3))
            )
            scene.add(water.moved((u, drop, front - 0.35)), placed(np.zeros((1, 3)), 1.0, turn))
            foot = front + 0.6
        mist = jungle.spray(rng, wide, streams.many(1600, 300), 0.06 * min(1.6, land.bold))
        scene.add(
            mist.moved((u, 0.0, foot)),
            placed(np.zeros((1, 3)), 1.0, turn),
            casts_sun=False,
            casts_sky=False,
        )
        feet.append((u, -foot, wide))
    _cliff_plants(land, cliff, rim, turn, feet)
    words = {"veil": "a broad waterfall", "ribbon": "a tall waterfall", "threads": "three thin waterfalls",
             "twins": "twin waterfalls", "steps": "a waterfall in two steps"}[kind]  # fmt: skip
    return [words, "a mossy cliff"], feet, 0.4 if kind == "threads" else 1.0


def _cliff_plants(
    land: Land,
    cliff: Mesh,
    rim: NDArray[np.float64],
    turn: float,
    feet: list[tuple[float, float, float]],
) -> None:
    rng, scene = land.rng, land.scene
    face = cliff.position.reshape(64, 150, 3)

    def clear(u: NDArray[np.floating]) -> NDArray[np.bool_]:
        return np.all([np.abs(u - at) > wide * 0.5 + 0.25 for at, _, wide in feet], axis=0)

    def world(points: NDArray[np.floating]) -> NDArray[np.float64]:
        c, s = np.cos(turn), np.sin(turn)
        x, z = points[:, 0], points[:, 2]
        return np.stack([x * c + z * s, points[:, 1], -x * s + z * c], axis=1)

    ledges = cliff.normal.reshape(64, 150, 3)[..., 1] > 0.42
    ledges[:6] = False
    rows, columns = np.nonzero(ledges)
    for index, mesh in enumerate(
        (jungle.rosette(0), jungle.rosette(2), light_fern(1), jungle.big_leaves(0))
    ):
        pick = rng.choice(len(rows), min(len(rows), land.many(150, 22)), replace=True)
        at = face[rows[pick], columns[pick]]
        at = at[clear(at[:, 0])]
        size = rng.uniform(0.6, 1.4, len(at)) * (1.0 if index < 3 else 0.7)
        scene.add(mesh, placed(world(at), size, rng.uniform(0, 6.3, len(at))), casts_sky=False)
    for kind in range(3):
        pick = rng.integers(0, len(rim), 34)
        at = rim[pick] + rng.normal(0, 0.5, (34, 3)) + [0, -0.6, -0.6]
        at = at[clear(at[:, 0])]
        scene.add(
            jungle.thicket(kind),
            placed(world(at), rng.uniform(0.55, 1.2, len(at)), rng.uniform(0, 6.3, len(at))),
            casts_sky=False,
        )
    vines = []
    for _ in range(int(rng.integers(14, 34))):
        index = int(rng.integers(5, 145))
        u = face[40, index, 0]
        if clear(np.array([u]))[0]:
            head = face[int(rng.integers(40, 64)), index] + [0, 0.2, 0.35]
            tail = head - [rng.normal(0, 0.3), rng.uniform(1.5, head[1] * 0.85), -0.35]
            vines.append(jungle.liana(rng, head, tail, 0.0, rng.random() < 0.7))
    if vines:
        scene.add(merged(vines), placed(np.zeros((1, 3)), 1.0, turn), casts_sky=False)


def _trees(land: Land, valley: _Valley, streams: Streams) -> list[str]:
    rng, scene = land.rng, land.scene
    spots = []
    for _ in range(int(rng.integers(3, 6))):
        for _ in range(30):
            r, a = rng.uniform(3.4, 11), rng.uniform(0, 6.283)
            x, z = float(r * np.sin(a)), float(-r * np.cos(a))
            if valley.open(x, z, 1.2) and land.free(x, z, 1.6):
                land.claim(x, z, 1.3)
                spots.append((x, z))
                land.put(
                    jungle.giant_tree(int(rng.integers(3)), 0),
                    x,
                    z,
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
        base = float(valley.height(np.float32([x0]), np.float32([z0]))[0])
        for _ in range(3):
            x1, z1 = (
                spots[int(rng.integers(len(spots)))]
                if index
                else (x0 + rng.normal(0, 3), z0 + rng.normal(0, 3))
            )
            high = base + rng.uniform(5.5, 9), base + rng.uniform(4.5, 9)
            a = (x0 + rng.normal(0, 0.3), high[0], z0 + rng.normal(0, 0.3))
            b = (x1 + rng.normal(0, 1.2), high[1], z1 + rng.normal(0, 1.2))
            vines.append(jungle.liana(rng, a, b, float(rng.uniform(0.8, 3.0)), rng.random() < 0.6))
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


def _plants(land: Land, valley: _Valley, streams: Streams) -> list[str]:
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
    x, z = scattered(rng, count, 1.3, 16, power=0.75)
    keep = (valley.shore(x, z) > 0.1) & land.free(x, z, 0.2)
    x, z = x[keep], z[keep]
    for index in range(4):
        pick = np.arange(len(x)) % 4 == index
        mesh = light_fern(index) if index < 2 else jungle.rosette(int(rng.integers(4)))
        land.plant(mesh, x[pick], z[pick], size=(0.5, 1.15), sky=False)
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


def _near(land: Land, valley: _Valley, streams: Streams) -> list[str]:
    """Put boulders, plants and a log at 1.8 to 4 m, and stones in the water."""
    rng, scene, said = land.rng, land.scene, []
    for _ in range(int(rng.integers(2, 5))):
        x, z = land.find(1.9, 4.0, 0.6)
        size = float(rng.uniform(0.4, 0.9))
        land.put(
            boulder(int(rng.integers(9)), 0.8),
            x,
            z,
            yaw=float(rng.uniform(0, 6)),
            size=size,
            lift_m=0.05,
        )
    for _ in range(int(rng.integers(2, 5))):
        x, z = land.find(1.7, 3.6, 0.5)
        if float(valley.shore(np.float32([x]), np.float32([z]))[0]) > 0.1:
            land.put(
                jungle.big_leaves(int(rng.integers(6))),
                x,
                z,
                yaw=float(rng.uniform(0, 6)),
                size=float(rng.uniform(0.8, 1.3)),
            )
    if rng.random() < 0.5:
        x, z = land.find(2.6, 5.0, 1.3)
        land.put(fallen_log(int(rng.integers(3)), 0.8), x, z, yaw=float(rng.uniform(0, 6)))
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
    strew_leaves(land, 3200, 11, colors, size_m=0.05, number=valley.number + 50)
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


def _valley(rng: np.random.Generator, number: int) -> _Valley:
    """Return a valley whose water's edge is 1.2 to 4 m from the eye."""
    fall, radius, wish = (
        float(rng.uniform(0, 6.283)),
        float(rng.uniform(3.8, 7.0)),
        float(rng.uniform(1.2, 3.6)),
    )
    brook = float(rng.choice([-1, 1]) * rng.uniform(1.9, 2.7))
    rough, pool = float(rng.uniform(0.15, 0.5)), radius + wish
    here = np.zeros(1, np.float32)
    made = _Valley(fall, pool, radius, brook, rough, number)
    for _ in range(12):
        made = _Valley(fall, pool, radius, brook, rough, number)
        pool += 0.7 * (wish - float(made.shore(here, here)[0]))
        pool = float(np.clip(pool, radius * 0.9, radius + 9))
    return made


def build(streams: Streams) -> Scene:
    """Return the jungle."""
    rng, look = streams.layout, streams.look
    valley = _valley(rng, streams.number)
    clear = look.weather in ("clear", "cloudy") and not look.dark
    r, g, b = look.air.ground
    air = replace(
        look.air, shafts=0.08 if clear else look.air.shafts, shaft_reach_m=35.0, aurora=0.0,
        # Leaves all around send green light everywhere.
        ground=(r * 1.9, g * 2.6, b * 1.5), sky_gain=look.air.sky_gain * 1.3,
    )  # fmt: skip
    ground = max(0.12, float(valley.height(np.zeros(1, np.float32), np.zeros(1, np.float32))[0]))
    scene = Scene(
        eye=(0.0, ground + EYE_M, 0.0), air=air, mirror_height_m=0.02, ripple=0.022,
        water_tint=(0.012, 0.075, 0.060), eye_height_m=EYE_M,
        facing_deg=float(np.degrees(valley.fall_rad) + rng.uniform(-150, 150)),
    )  # fmt: skip
    land = Land(scene, valley.height, rng, look, streams.detail, [(0.0, 0.0, 1.1)])
    _ground(land, valley, streams)
    said, feet, foam = _falls(land, valley, streams)
    scene.add(_water(valley, streams, feet, foam), casts_sun=False, casts_sky=False)
    said += _trees(land, valley, streams)
    said += _near(land, valley, streams)
    said += _plants(land, valley, streams)
    said += _animals(land, streams)
    scene.title = "Waterfall in the jungle"
    scene.caption = f"a dense tropical jungle with {said[0]} falling into a green pool"
    scene.tags = ("jungle", "waterfall", "rainforest", "pool", "leaves")
    scene.details = tuple(said)
    scene.eyes = tuple(eye for eye in land.eyes(4, 4.0) if eye[1] > EYE_M + 0.1)
    return scene
