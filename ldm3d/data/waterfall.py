"""A hollow in the jungle: pool, brook, mossy cliff and falling water."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data import jungle
from ldm3d.data.families import Streams
from ldm3d.data.forest_floor import light_fern
from ldm3d.data.land import Land
from ldm3d.data.mesh import Material, Mesh, grid_faces, merged, mesh_from
from ldm3d.data.noise import fbm
from ldm3d.data.plants import rock
from ldm3d.data.scene import placed
from ldm3d.data.terrain import mix, smoothstep, terrain

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Valley:
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
        px, pz = np.array([x], np.float32), np.array([z], np.float32)
        _, w = self.frame(px, pz)
        dry = (self.shore(px, pz) > dry_m) & (w < self.pool_m) & ~self.seen(px, pz)
        return bool(dry[0])

    def height(self, x: Floats, z: Floats) -> Floats:
        """Return metres over the water: bed, banks, and walls that close the hollow."""
        shore, d = self.shore(x, z), np.hypot(x, z)
        bank = np.where(
            shore > 0, 0.45 * (1 - np.exp(-shore / 1.1)), np.maximum(shore * 0.35, -1.4)
        )
        land = smoothstep(0.2, 3.0, shore)
        bumps = fbm(x, z, 3.0, 3, self.number + 2) * self.rough_m * land * smoothstep(0.5, 3, d)
        wall = smoothstep(13, 48, d) * (9 + 9 * fbm(x, z, 30, 3, self.number + 3))
        return np.asarray(bank + bumps + np.maximum(wall, 0) * land, np.float32)


def valley_ground(land: Land, valley: Valley, streams: Streams) -> None:
    """Add the soil and moss of a valley to the scene."""
    share = streams.detail**0.6
    mesh = terrain(valley.height, far_m=90, rings=int(330 * share), sectors=int(700 * share))
    x, _, z = mesh.position.T
    shore, patch = valley.shore(x, z), fbm(x, z, 2.2, 4, valley.number + 5)
    soil = np.array([0.105, 0.072, 0.044]) * (1 + 0.35 * patch[:, None])
    moss = mix(
        np.array([0.050, 0.095, 0.016]),
        np.array([0.080, 0.125, 0.022]),
        smoothstep(-0.4, 0.5, patch),
    )
    color = mix(soil, moss, smoothstep(-0.15, 0.35, fbm(x, z, 4.5, 3, valley.number + 6) + 0.1))
    pebbles = np.array([0.12, 0.115, 0.10]) * (
        1 + 0.5 * fbm(x, z, 0.6, 2, valley.number + 7)[:, None]
    )
    color = mix(pebbles, color, smoothstep(0.1, 0.9, shore + 0.5 * patch))
    rgba = mesh.color.copy()
    rgba[:, :3] = color.clip(0.006) * (1 - 0.3 * streams.look.wet)
    land.scene.add(
        replace(mesh, color=rgba, material=np.full(len(x), Material.MOSS, np.float32)),
        casts_sky=False,
    )


def pool_water(
    valley: Valley, streams: Streams, feet: list[tuple[float, float, float]], foam: float
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
        y = y + 0.05 * np.exp(-d / 1.2) * lace
    white = np.clip(white, 0, 1).ravel()[:, None]
    color = np.array([0.11, 0.105, 0.075]) * (1 - white) + np.array([0.74, 0.78, 0.78]) * white
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    made = mesh_from(
        points, grid_faces(x.shape[0], x.shape[1], wrap=True),
        np.tile([0, 1.0, 0], (len(points), 1)), color,
        Material.WATER, np.clip(depth, -1, 6).ravel() * (1 - white[:, 0]),
    )  # fmt: skip
    wet = (depth > -0.25).ravel()[made.faces].all(axis=1)
    return replace(made, faces=made.faces[wet])


def _cliff(
    valley: Valley,
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
    bare = stone * (tone * (1 - 0.35 * wet))[:, None]
    green = smoothstep(-0.1, 0.4, fbm(points[:, 0], points[:, 1] * 0.6, 4, 3, number + 6) - 0.1)
    color = mix(bare, np.array([0.045, 0.075, 0.016]), 0.75 * green).clip(0.008)
    made = mesh_from(points, mesh.faces, mesh.normal, color, Material.ROCK, 0.7)
    rim = np.stack([u, y[-1], -w[-1]], axis=1)
    return made, rim


def build_falls(
    land: Land, valley: Valley, streams: Streams
) -> tuple[list[str], list[tuple[float, float, float]], float]:
    """Build the cliff with its waterfalls and what grows on it."""
    rng, scene = land.rng, land.scene
    high = float(rng.uniform(8.5, 17))
    back, hug = valley.radius_m * 0.98, float(rng.uniform(0.1, 0.6))
    stone = np.array(
        [(0.24, 0.225, 0.20), (0.30, 0.245, 0.18), (0.16, 0.16, 0.16)][int(rng.integers(3))]
    )
    cliff, rim = _cliff(valley, high, back, hug, valley.number + 20, stone)
    turn = -valley.fall_rad
    scene.add(cliff, placed(np.zeros((1, 3)), 1.0, turn))
    kind = str(rng.choice(["veil", "ribbon", "threads", "twins", "steps"]))
    spots = {"veil": [(0.0, 0.95)], "ribbon": [(0.0, 0.42)],
             "threads": [(-3.2, 0.24), (0.2, 0.40), (3.4, 0.2)],
             "twins": [(-2.6, 0.38), (2.6, 0.55)], "steps": [(0.0, 0.7)]}[kind]  # fmt: skip
    feet: list[tuple[float, float, float]] = []
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
    words = {"veil": "a broad waterfall", "ribbon": "a tall waterfall",
             "threads": "three thin waterfalls",
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
        away = [np.abs(u - at) > wide * 0.5 + 0.25 for at, _, wide in feet]
        return np.asarray(np.all(away, axis=0))

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
        top = rim[pick] + rng.normal(0, 0.5, (34, 3)) + [0, -0.6, -0.6]
        top = top[clear(top[:, 0])]
        scene.add(
            jungle.thicket(kind),
            placed(world(top), rng.uniform(0.55, 1.2, len(top)), rng.uniform(0, 6.3, len(top))),
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


def valley_by_the_water(rng: np.random.Generator, number: int) -> Valley:
    """Return a valley whose water's edge is 1.2 to 4 m from the eye."""
    fall, radius, wish = (
        float(rng.uniform(0, 6.283)),
        float(rng.uniform(3.8, 7.0)),
        float(rng.uniform(1.2, 3.6)),
    )
    brook = float(rng.choice([-1, 1]) * rng.uniform(1.9, 2.7))
    rough, pool = float(rng.uniform(0.15, 0.5)), radius + wish
    here = np.zeros(1, np.float32)
    made = Valley(fall, pool, radius, brook, rough, number)
    for _ in range(12):
        made = Valley(fall, pool, radius, brook, rough, number)
        pool += 0.7 * (wish - float(made.shore(here, here)[0]))
        pool = float(np.clip(pool, radius * 0.9, radius + 9))
    return made
