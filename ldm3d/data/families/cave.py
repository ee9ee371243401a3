"""A cave: dripstone, crystals, glowing mushrooms, an underground lake, a hole to the sky."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.built import rowing_boat
from ldm3d.data.cave_rock import (
    MIDDLE_M,
    Gap,
    Hollow,
    cave_floor,
    crystal_cluster,
    dripstone,
    dripstone_column,
    glow_mushrooms,
    glow_worms,
    hollow_wall,
    layered,
    mine_lantern,
)
from ldm3d.data.families import Streams
from ldm3d.data.forest_floor import fire_ring, light_fern
from ldm3d.data.land import EYE_M, Land
from ldm3d.data.mesh import Material, Mesh
from ldm3d.data.noise import fbm
from ldm3d.data.rocks import crag
from ldm3d.data.rooms import rgb
from ldm3d.data.scene import Color, Lamp, Scene, placed
from ldm3d.data.terrain import Height, mix, point_on, scattered, smoothstep, terrain, water_surface

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

NAMES = (
    "a cave", "a dripstone cave", "an underground cave", "a cavern", "a limestone cave", "a grotto",
    "a cave with stalactites", "an underground cavern", "deep inside a cave",
)  # fmt: skip
HOURS = ("noon",)
WEATHERS = ("clear",)
SEASONS = ("summer",)

_ROCKS: dict[str, tuple[Color, ...]] = {
    "limestone": ((0.42, 0.34, 0.23), (0.34, 0.20, 0.12), (0.50, 0.46, 0.38)),
    "amber": ((0.50, 0.32, 0.14), (0.34, 0.17, 0.08), (0.58, 0.46, 0.28)),
    "slate": ((0.15, 0.165, 0.21), (0.09, 0.11, 0.16), (0.23, 0.22, 0.22)),
    "ice": ((0.34, 0.56, 0.70), (0.20, 0.40, 0.58), (0.60, 0.75, 0.82)),
    "violet": ((0.25, 0.17, 0.32), (0.14, 0.11, 0.22), (0.36, 0.26, 0.33)),
    "green": ((0.18, 0.26, 0.20), (0.12, 0.16, 0.13), (0.34, 0.33, 0.22)),
    "ochre": ((0.42, 0.20, 0.12), (0.28, 0.12, 0.10), (0.52, 0.36, 0.24)),
    "white": ((0.60, 0.57, 0.51), (0.46, 0.38, 0.28), (0.64, 0.63, 0.60)),
}
_GLOWS: dict[str, Color] = {
    "blue": (0.10, 0.35, 1.0),
    "turquoise": (0.06, 0.85, 0.80),
    "violet": (0.50, 0.14, 1.0),
    "pink": (1.0, 0.16, 0.55),
    "golden": (1.0, 0.52, 0.08),
    "green": (0.14, 0.95, 0.22),
}
_FIRE = (1.0, 0.66, 0.36)
_WATERS: tuple[Color, ...] = (
    (0.01, 0.09, 0.12), (0.008, 0.05, 0.045), (0.005, 0.03, 0.07), (0.01, 0.02, 0.025),
)  # fmt: skip
_BLACK = (0.0, 0.0, 0.0)
_SOURCES = ("crystals", "mushrooms", "sky", "lanterns", "worms", "fire")
_AMBIENT: tuple[Color, ...] = (
    (0.32, 0.62, 1.35), (0.70, 0.85, 1.10), (0.85, 0.55, 1.30), (0.35, 1.00, 0.95),
    (1.15, 0.90, 0.60),
)  # fmt: skip


@dataclass(frozen=True)
class _Theme:
    """What a cave is known for."""

    rocks: tuple[str, ...]
    crystals: float = 0.0
    mushrooms: float = 0.0
    lake: float = 0.3
    sky: float = 0.0
    lanterns: float = 0.0
    worms: float = 0.0
    fire: float = 0.0
    dim: float = 1.0
    """How much light there is without a cause."""


_THEMES = {
    "crystal": _Theme(("slate", "violet", "limestone", "green"), crystals=1.0, lake=0.4, dim=0.7),
    "mushroom": _Theme(("slate", "green", "violet"), mushrooms=1.0, worms=0.4, dim=0.7),
    "lantern": _Theme(("amber", "limestone", "ochre", "white"), lanterns=1.0, fire=0.4),
    "sky": _Theme(("limestone", "ochre", "green", "white", "slate"), sky=1.0, lake=0.5),
    "ice": _Theme(("ice",), sky=0.6, lanterns=0.25, crystals=0.25, lake=0.4, dim=2.2),
    "worms": _Theme(("slate", "violet", "limestone"), worms=1.0, lake=0.9, dim=0.7),
    "lake": _Theme(("amber", "white", "limestone", "slate"), lake=1.0, lanterns=0.7, sky=0.3),
}


class _Cave:
    """One cave while it is being built."""

    def __init__(self, streams: Streams) -> None:
        rng = streams.layout
        self.rng, self.number, self.streams = rng, streams.number, streams
        self.kind = str(rng.choice(list(_THEMES)))
        theme = _THEMES[self.kind]
        self.has = {name: bool(rng.random() < getattr(theme, name)) for name in (*_SOURCES, "lake")}
        self.theme = theme
        self.stone = str(rng.choice(theme.rocks))
        self.colors = np.array(_ROCKS[self.stone]) * rng.uniform(0.8, 1.15)
        names = list(rng.permutation(list(_GLOWS)))
        if self.stone == "ice":
            names = ["blue", "turquoise", *names]
        self.glow_names = [str(name) for name in names[: 1 if rng.random() < 0.55 else 2]]
        self.details: list[str] = []
        self.light = np.zeros(3)
        """What the glowing things leave on the walls."""
        self.hollow = _hollow(rng, self.number, self.has["sky"])
        self.level_m = float(rng.uniform(-0.55, -0.3))
        self.shore = _shore(rng, self.number) if self.has["lake"] else None
        origin = np.zeros(1, np.float32)
        height = cave_floor(self.hollow, self.shore, self.level_m)
        self.scene = Scene(
            eye=(0.0, float(height(origin, origin)[0]) + EYE_M, 0.0),
            air=replace(
                streams.look.air, indoor=True, fog_density=0.0, cloud_cover=0.0, cirrus=0.0,
                saturation=1.1, zenith=_BLACK, horizon=_BLACK,
                glow=_BLACK, exposure=0.85,
            ),
            facing_deg=float(rng.uniform(-180, 180)),
        )  # fmt: skip
        self.land = Land(self.scene, height, rng, streams.look, streams.detail)
        self.land.claim(0.0, 0.0, 1.0)
        if self.shore is not None:
            self.land.shore = self.shore

    def say(self, words: str) -> None:
        if words not in self.details:
            self.details.append(words)

    def lamp(self, at: tuple[float, float, float], color: Doubles, shadowed: bool = False) -> None:
        r, g, b = (float(v) for v in color)
        self.scene.lamps.append(Lamp(at, (r, g, b), 0.12, shadowed))

    def spot(self, near: float, far: float, radius: float) -> tuple[float, float] | None:
        """Return a free dry place inside the walls and claim it."""
        for _ in range(30):
            x, z = self.land.find(near, far, radius)
            dry = self.shore is None or self.shore(np.array([x]), np.array([z]))[0] > radius * 0.5
            if dry and self.room(x, z) > 0.5:
                return x, z
            self.land.taken.pop()
        return None

    def room(self, x: float, z: float) -> float:
        """Return metres from a place to the wall at eye height."""
        d = np.hypot(x, z)
        way = np.array([[x / (d + 1e-6), 0.0, z / (d + 1e-6)]])
        return float(self.hollow.reach(way)[0] - d)

    def stands(self, x: float, z: float) -> bool:
        """Say whether one can stand there: away from the wall and not in the lake."""
        dry = self.shore is None or self.shore(np.array([x]), np.array([z]))[0] > -0.3
        return bool(dry and self.room(x, z) > 0.95)


def _hollow(rng: np.random.Generator, number: int, sky: bool) -> Hollow:
    long = float(rng.uniform(7.0, 15.0))
    gaps = [
        Gap(float(rng.uniform(0, 6.283)), float(rng.uniform(-0.02, 0.12)),
            float(rng.uniform(0.2, 0.42)), float(rng.uniform(6, 16)))
        for _ in range(int(rng.integers(1, 4)))
    ]  # fmt: skip
    if sky:
        gaps.append(Gap(float(rng.uniform(0, 6.283)), float(rng.uniform(0.55, 1.15)),
                        float(rng.uniform(0.26, 0.42))))  # fmt: skip
    return Hollow(
        (long, long * float(rng.uniform(0.5, 0.95))), float(rng.uniform(4.2, 10.5)),
        float(rng.uniform(0, 3.14)), number, float(rng.uniform(0.7, 1.25)),
        float(rng.uniform(2.1, 3.2)), tuple(gaps),
    )  # fmt: skip


def _shore(rng: np.random.Generator, number: int) -> Height:
    """Return metres from the lake, which lies on one side of the eye."""
    angle, away = float(rng.uniform(0, 6.283)), float(rng.uniform(0.9, 2.6))

    def shore(x: Floats, z: Floats) -> Floats:
        across = x * np.sin(angle) - z * np.cos(angle)
        return np.asarray(away - across + 1.4 * fbm(x, z, 7.0, 3, number + 21), np.float32)

    return shore


def _rock(cave: _Cave) -> Mesh:
    """Build wall, floor and water; return the wall."""
    detail, number = cave.streams.detail, cave.number
    material = Material.ROCK if cave.stone in ("slate", "ochre", "green") else Material.STONE
    rows = round(70 + 130 * detail**0.7)
    wall = hollow_wall(cave.hollow, cave.colors, material, rows)
    cave.scene.add(wall, casts_sky=False)
    floor = terrain(cave.land.height, far_m=34.0, near_m=0.25, rings=260, sectors=560,
                    detail=min(1.0, detail))  # fmt: skip
    color: NDArray[np.floating] = layered(floor.position * [1, 0.5, 1], cave.colors * 0.8, number)
    x, _, z = floor.position.T
    silt = np.array(cave.colors).mean(axis=0) * 0.62
    color = mix(color, silt, smoothstep(-0.25, 0.35, fbm(x, z, 3.0, 3, number + 8)))
    if cave.shore is not None:
        color = color * (0.45 + 0.55 * smoothstep(0.0, 0.9, cave.shore(x, z)))[:, None]
    painted = floor.painted((1, 1, 1), Material.ROCK, 0.0)
    painted.color[:, :3] = color
    cave.scene.add(painted, casts_sky=False)
    if cave.shore is not None:
        water = water_surface(cave.land.height, cave.level_m, 32.0, detail)
        cave.scene.add(water.painted(cave.colors.mean(axis=0) * 0.5), casts_sun=False,
                       casts_sky=False)  # fmt: skip
        cave.scene.mirror_height_m, cave.scene.ripple = cave.level_m, 0.004
        tint = _WATERS[int(cave.rng.integers(len(_WATERS)))]
        cave.scene.water_tint = tint
        cave.say("an underground lake")
    return wall


def _dripstone(cave: _Cave, wall: Mesh) -> None:
    """Hang stalactites, in groups, and let stalagmites and columns stand below them."""
    rng, land = cave.rng, cave.land
    at = wall.position
    steep = at[:, 1] > np.maximum(2.6, 0.45 * cave.hollow.high_m)
    far = np.hypot(at[:, 0], at[:, 2])
    group = fbm(at[:, 0], at[:, 2], 3.4, 2, cave.number + 15)
    weight = steep * np.exp(2.2 * group) * (0.15 + np.clip(far, 0, 6)) * (far < 16)
    count = cave.streams.many(1100)
    chosen = rng.choice(len(at), min(count, int((weight > 0).sum())), False, weight / weight.sum())
    at, group, far = at[chosen], group[chosen], far[chosen]
    room = np.clip(at[:, 1] - 1.0, 0.4, 6.0)
    long = np.clip(rng.lognormal(-0.75, 0.7, len(at)) * np.exp(0.9 * group), 0.18, 0.62 * room)
    long = np.where(far < 1.8, np.minimum(long, at[:, 1] - 2.4), long)
    keep = long > 0.12
    at, long, far = at[keep], long[keep], far[keep]
    girth = long**0.6 * rng.uniform(0.75, 1.5, len(at)) * cave.streams.larger**0.4
    tint = _tints(cave, len(at))
    foot = at + np.array([0, 0.12, 0])
    kinds = rng.integers(0, 5, len(at))
    for kind in range(5):
        pick = kinds == kind
        size = np.stack([girth[pick], -long[pick] - 0.12, girth[pick]], 1)
        cave.scene.add(dripstone(kind), placed(foot[pick], size, rng.random(int(pick.sum())) * 6.28,
                                               tint[pick]), casts_sky=False)  # fmt: skip
    cave.say("stalactites")
    big = np.flatnonzero((long > 0.8) & (far > 1.5) & (far < 11))
    rng.shuffle(big)
    for index in big[: int(rng.integers(8, 26))]:
        x, z = float(at[index, 0]), float(at[index, 2])
        if land.free(x, z, 0.5) and cave.room(x, z) > 0.4:
            _stand(cave, x, z, float(long[index] * rng.uniform(0.5, 1.0)))
    _columns(cave, wall)


def _tints(cave: _Cave, count: int) -> Doubles:
    rng = cave.rng
    return np.asarray(
        cave.colors[rng.integers(0, len(cave.colors), count)] * rng.uniform(0.9, 1.45, (count, 1))
    )


def _stand(cave: _Cave, x: float, z: float, tall: float) -> None:
    rng = cave.rng
    wide = tall**0.55 * float(rng.uniform(1.1, 2.2))
    tint = cave.colors[int(rng.integers(len(cave.colors)))] * rng.uniform(1.0, 1.5)
    foot = np.array([[x, float(cave.land.height(np.array([x]), np.array([z]))[0]) - 0.06, z]])
    rows = placed(foot, np.array([[wide, tall, wide]]), float(rng.uniform(0, 6.28)), tint)
    cave.scene.add(dripstone(int(rng.integers(5))), rows)
    cave.land.claim(x, z, 0.14 * wide + 0.1)
    cave.say("stalagmites")


def _columns(cave: _Cave, wall: Mesh) -> None:
    rng = cave.rng
    for _ in range(int(rng.choice([0, 1, 2, 3, 5]))):
        place = cave.spot(2.9, min(cave.hollow.half_m) * 0.85, 0.6)
        if place is None:
            continue
        x, z = place
        hole = next((gap for gap in cave.hollow.gaps if gap.deep_m == 0), None)
        if hole is not None and np.cos(np.arctan2(x, -z) - hole.azimuth_rad) > 0.6:
            continue
        near = np.hypot(wall.position[:, 0] - x, wall.position[:, 2] - z) < 0.7
        near &= wall.position[:, 1] > 2.2
        if not near.any():
            continue
        foot = float(cave.land.height(np.array([x]), np.array([z]))[0])
        tall = float(wall.position[near, 1].max()) - foot
        wide = float(rng.uniform(0.6, 1.2)) * tall**0.35
        tint = cave.colors[int(rng.integers(len(cave.colors)))] * rng.uniform(1.0, 1.4)
        rows = placed(
            np.array([[x, foot, z]]), np.array([[wide, tall, wide]]), rng.random() * 6, tint
        )
        cave.scene.add(dripstone_column(int(rng.integers(4))), rows, casts_sky=False)
        cave.say("dripstone columns")


def _near(cave: _Cave) -> None:
    """Put stalagmites and blocks within reach, and strew stones."""
    rng, land = cave.rng, cave.land
    for _ in range(int(rng.integers(2, 5))):
        place = cave.spot(1.5, 3.4, 0.35)
        if place is not None:
            if rng.random() < 0.7:
                _stand(cave, *place, float(rng.uniform(0.5, 1.7)))
            else:
                _block(cave, *place, float(rng.uniform(0.3, 0.6)))
    for _ in range(int(rng.integers(4, 12))):
        place = cave.spot(3.0, min(cave.hollow.half_m), 0.8)
        if place is not None:
            _block(cave, *place, float(rng.uniform(0.4, 1.1)))
    _small_stalagmites(cave)
    x, z = scattered(rng, cave.streams.many(2600), 0.7, 13, power=0.8)
    thick = fbm(x, z, 2.6, 2, cave.number + 17) > rng.uniform(-0.3, 0.6, len(x))
    x, z = x[thick], z[thick]
    size = rng.uniform(0.02, 0.11, len(x)) * cave.streams.larger**0.5
    tint = cave.colors[rng.integers(0, len(cave.colors), len(x))] * 3.2
    at = np.stack([x, land.height(x, z), z], -1)
    cave.scene.add(crag(2, 1), placed(at, size, rng.random(len(x)) * 6.28, tint), casts_sky=False)


def _small_stalagmites(cave: _Cave) -> None:
    """Let small ones grow in patches, where water drips."""
    rng = cave.rng
    x, z = scattered(rng, cave.streams.many(1500), 1.0, 12, power=0.75)
    keep = fbm(x, z, 2.2, 2, cave.number + 18) > rng.uniform(0.1, 0.6, len(x))
    keep &= cave.land.free(x, z, 0.05)
    if cave.shore is not None:
        keep &= cave.shore(x, z) > 0.15
    x, z = x[keep], z[keep]
    tall = np.clip(rng.lognormal(-1.7, 0.55, len(x)), 0.06, 0.7)
    wide = tall**0.6 * rng.uniform(0.7, 1.3, len(x))
    tint = _tints(cave, len(x))
    at = np.stack([x, cave.land.height(x, z) - 0.03, z], -1)
    size = np.stack([wide, tall, wide], 1)
    cave.scene.add(dripstone(1), placed(at, size, rng.random(len(x)) * 6.28, tint), casts_sky=False)


def _block(cave: _Cave, x: float, z: float, size: float) -> None:
    rng = cave.rng
    foot = np.array([[x, float(cave.land.height(np.array([x]), np.array([z]))[0]) + 0.1 * size, z]])
    tint = cave.colors[int(rng.integers(len(cave.colors)))] * 4.2
    cave.scene.add(crag(int(rng.integers(4)), 2), placed(foot, size, rng.random() * 6.28, tint))
    cave.say("boulders")


def _glowing(cave: _Cave, wall: Mesh) -> None:
    """Grow crystals and mushrooms in groups, each group with its light."""
    rng = cave.rng
    for what in ("crystals", "mushrooms"):
        if not cave.has[what]:
            continue
        tones = [np.array(_GLOWS[name]) for name in cave.glow_names]
        groups = int(rng.integers(9, 15))
        for i in range(groups):
            near, far = (1.6, 3.2) if i < 2 else (2.6, min(cave.hollow.half_m) * 0.95)
            place = cave.spot(near, far, 0.55)
            if place is None:
                continue
            _group(cave, place, tones[i % len(tones)], what == "crystals")
        names = " and ".join(cave.glow_names)
        cave.say(f"glowing {names} {what}")
    if cave.has["crystals"]:
        _wall_crystals(cave, wall)
    if cave.has["worms"]:
        at = wall.position[(wall.position[:, 1] > 2.8)]
        group = fbm(at[:, 0], at[:, 2], 3.0, 2, cave.number + 19)
        weight = np.exp(3.5 * group)
        picked = at[rng.choice(len(at), min(700, len(at) // 2), False, weight / weight.sum())]
        tone = np.array([(0.25, 0.85, 1.0), (0.35, 1.0, 0.55)][int(rng.integers(2))])
        spots = picked * np.array([0.985, 0.97, 0.985])
        cave.scene.add(glow_worms(spots, tone * 2.5, rng), casts_sun=False, casts_sky=False)
        cave.light += tone * 0.010
        for x, z in rng.uniform(-3.5, 3.5, (3, 2)):
            cave.lamp((float(x), cave.hollow.high_m * 0.62, float(z)), (tone * 0.7 + 0.2) * 1.2)
        cave.say("glow worms on the ceiling")


def _group(cave: _Cave, place: tuple[float, float], tone: Doubles, big: bool) -> None:
    rng = cave.rng
    x, z = place
    far = float(np.hypot(x, z))
    size = float(rng.uniform(0.55, 1.0)) * (1.0 if far < 3 else float(rng.uniform(1.1, 2.6)))
    for j in range(int(rng.integers(2, 5))):
        dx, dz = rng.normal(0, 0.35 * size, 2) * (j > 0)
        scale = size * (1.0 if j == 0 else 0.55)
        foot = cave.land.height(np.array([x + dx]), np.array([z + dz]))[0]
        at = np.array([[x + dx, float(foot) - 0.04, z + dz]])
        mesh = (
            crystal_cluster(int(rng.integers(5))) if big else glow_mushrooms(int(rng.integers(5)))
        )
        tint = (tone + 0.03) * (0.95 if big else 0.6) * rng.uniform(0.8, 1.2)
        cave.scene.add(mesh, placed(at, scale * (1.0 if big else 1.8), rng.random() * 6.28, tint),
                       casts_sun=False)  # fmt: skip
    ground = float(cave.land.height(np.array([x]), np.array([z]))[0])
    color = tone * 0.55 + 0.3
    cave.lamp((x, ground + 0.75 * size, z), color * 1.6 * min(size, 1.5), shadowed=True)
    cave.light += color * 0.003


def _wall_crystals(cave: _Cave, wall: Mesh) -> None:
    rng = cave.rng
    at = wall.position
    fine = np.flatnonzero((at[:, 1] > 0.6) & (at[:, 1] < 3.4) & (np.hypot(at[:, 0], at[:, 2]) > 3))
    for index in rng.choice(fine, min(9, len(fine)), False):
        tone = np.array(_GLOWS[cave.glow_names[int(rng.integers(len(cave.glow_names)))]])
        inward = -at[index] / np.linalg.norm(at[index])
        mesh = crystal_cluster(int(rng.integers(5))).turned(1.1, "x")
        yaw = float(np.arctan2(inward[0], inward[2]))
        size = float(rng.uniform(0.5, 1.3))
        rows = placed(at[index][None], size, yaw, (tone + 0.03) * 0.8)
        cave.scene.add(mesh, rows, casts_sun=False, casts_sky=False)


def _made(cave: _Cave) -> None:
    """Set lanterns, a fire, a boat."""
    rng = cave.rng
    fire = np.array(_FIRE)
    if cave.has["lanterns"]:
        for i in range(int(rng.integers(4, 8))):
            place = cave.spot(1.4, 2.6, 0.35) if i == 0 else cave.spot(2.5, 9.0, 0.4)
            if place is None:
                continue
            x, z = place
            _block(cave, x, z, 0.42)
            top = float(cave.land.height(np.array([x]), np.array([z]))[0]) + 0.28
            cave.land.put(mine_lantern(), x, z, lift_m=0.27, size=1.15)
            cave.lamp((x, top + 0.75, z), fire * 3.2, shadowed=True)
            cave.light += fire * 0.003
        cave.say("lanterns")
    if cave.has["fire"]:
        place = cave.spot(2.0, 3.6, 0.8)
        if place is not None:
            cave.land.put(fire_ring(True), *place)
            cave.lamp((place[0], 0.7, place[1]), fire * 9.0, shadowed=True)
            cave.light += fire * 0.006
            cave.say("a campfire")
    if cave.shore is not None and rng.random() < 0.4:
        for _ in range(80):
            a, r = rng.uniform(0, 6.283), rng.uniform(3.2, 6.0)
            x, z = float(r * np.sin(a)), float(-r * np.cos(a))
            if float(cave.shore(np.array([x]), np.array([z]))[0]) < -1.1 and cave.room(x, z) > 2.0:
                paint = [(0.05, 0.16, 0.17), (0.25, 0.06, 0.04), (0.18, 0.12, 0.07)]
                mesh = rowing_boat(np.random.default_rng(3), paint[int(rng.integers(3))])
                cave.scene.add(mesh, placed(np.array([[x, cave.level_m, z]]), 1.0,
                                            float(rng.uniform(0, 6.28))))  # fmt: skip
                cave.say("a rowing boat")
                break


def _sky(cave: _Cave) -> None:
    """Let light fall through the hole onto the floor, and green things grow where it falls."""
    hole = next((gap for gap in cave.hollow.gaps if gap.deep_m == 0), None)
    if hole is None:
        return
    rng = cave.rng
    d = hole.direction()[None]
    top = d[0] * cave.hollow.reach(d)[0] + np.array([0, MIDDLE_M, 0])
    a = float(rng.uniform(0, 6.283))
    spot = np.array([np.sin(a) * 2.6, 0.0, -np.cos(a) * 2.6])
    way = (top - spot) / np.linalg.norm(top - spot)
    warm = np.array([(4.6, 3.9, 2.9), (4.4, 4.2, 3.9), (4.4, 3.2, 1.8)][int(rng.integers(3))])
    r, g, b = (float(v) * 0.42 for v in warm)
    cave.scene.air = replace(
        cave.scene.air,
        zenith=(0.5, 0.65, 0.9),
        sun=(r, g, b),
        sun_elevation_deg=float(np.degrees(np.arcsin(way[1]))),
        sun_azimuth_deg=float(np.degrees(np.arctan2(way[0], -way[2]))),
        sun_softness_deg=0.6,
        shafts=0.16, shaft_reach_m=22.0,
    )  # fmt: skip
    cool = np.array([0.75, 0.9, 1.05])
    below = top - way * 2.6
    cave.lamp((float(below[0]), float(below[1]), float(below[2])), cool * 1.9)
    cave.lamp((float(spot[0]), 1.2, float(spot[2])), warm * 0.45)
    cave.light += cool * 0.042
    cave.say("light falling through a hole in the ceiling")
    if cave.stone != "ice":
        count = cave.streams.many(160)
        at = (spot + rng.normal(0, 1.3, (count, 3))).astype(np.float32)
        keep = np.hypot(at[:, 0], at[:, 2]) > 0.9
        if cave.shore is not None:
            keep &= cave.shore(at[:, 0], at[:, 2]) > 0.2
        x, z = at[keep, 0], at[keep, 2]
        rows = placed(
            np.stack([x, cave.land.height(x, z) - 0.02, z], -1),
            rng.uniform(0.45, 1.0, len(x)), rng.random(len(x)) * 6.28,
            np.array([0.5, 0.55, 0.5]) * rng.uniform(0.6, 1.2, (len(x), 1)),
        )  # fmt: skip
        cave.scene.add(light_fern(1), rows)
        if keep.sum() > 8:
            cave.say("ferns")


def _eyes(cave: _Cave) -> tuple[tuple[float, float, float], ...]:
    """Return up to four other dry places to stand, free of everything within 0.8 m."""
    land, rng = cave.land, cave.rng
    found: list[tuple[float, float, float]] = []
    for _ in range(300):
        r, a = float(rng.uniform(1.1, 6.0)), float(rng.uniform(0, 6.283))
        x, z = r * float(np.sin(a)), -r * float(np.cos(a))
        apart = all(np.hypot(x - ox, z - oz) > 1.2 for ox, _, oz in found)
        eye = point_on(land.height, x, z, EYE_M)
        level = abs(eye[1] - cave.scene.eye[1]) < 0.7
        if apart and level and land.free(x, z, 0.8) and cave.stands(x, z):
            found.append(eye)
        if len(found) == 4:
            break
    return tuple(found)


def build(streams: Streams) -> Scene:
    """Return the cave."""
    cave = _Cave(streams)
    wall = _rock(cave)
    _sky(cave)
    _made(cave)
    _glowing(cave, wall)
    _near(cave)
    _dripstone(cave, wall)
    scene = cave.scene
    tone = np.array(_AMBIENT[int(cave.rng.integers(len(_AMBIENT)))])
    base = tone * 0.021 * cave.theme.dim
    if not any(cave.has[name] for name in _SOURCES):
        base = base * 3
        cave.lamp((0.4, 2.2, 0.3), np.array([1.0, 0.85, 0.65]) * 3.0)
    light = base + cave.light
    up, side, down = (rgb(light * k) for k in (0.75, 1.0, 0.55))
    sun = scene.air.sun if cave.has["sky"] else (0.0, 0.0, 0.0)
    scene.air = replace(scene.air, room=(up, side, down), sun=sun)
    scene.eyes = _eyes(cave)
    return _worded(cave)


def _worded(cave: _Cave) -> Scene:
    scene = cave.scene
    named = {"ice": "blue ice", "white": "pale rock", "slate": "dark rock", "amber": "amber rock",
             "violet": "violet rock", "ochre": "red rock"}.get(cave.stone)  # fmt: skip
    if named:
        cave.say(named)
    scene.title = "Under the earth"
    scene.details = tuple(cave.details)
    scene.caption = f"a cave with {', '.join(cave.details[:3])}"
    scene.tags = ("cave", "underground", cave.stone)
    return scene
