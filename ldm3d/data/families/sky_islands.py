"""Floating islands above a sea of clouds, with trees, waterfalls, bridges and huts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.beach_things import gull
from ldm3d.data.built import log_cabin
from ldm3d.data.castle_parts import round_tower
from ldm3d.data.cloud_sea import balloon, cloud_sea, land_below, rope_bridge
from ldm3d.data.country import windmill
from ldm3d.data.families import Streams
from ldm3d.data.floating_rock import (
    GRASS,
    KINDS,
    SNOW,
    STONES,
    IsleShape,
    IsleStyle,
    floating_isle,
    floating_stone,
    isle_mesh,
    rim_from,
    shape_of,
    tree_of,
)
from ldm3d.data.footing import free_places
from ldm3d.data.forest_floor import blossoms, sward
from ldm3d.data.garden import gate, pavilion
from ldm3d.data.land import EYE_M, Land, snowy_air
from ldm3d.data.look import Look
from ldm3d.data.mesh import Mesh
from ldm3d.data.near_things import facing, put_near
from ldm3d.data.noise import fbm
from ldm3d.data.plants import rock
from ldm3d.data.scene import Air, Color, Lamp, Scene, placed
from ldm3d.data.stonework import column
from ldm3d.data.terrain import scattered
from ldm3d.data.winter import lantern_post
from ldm3d.data.woodland import bush

Floats = NDArray[np.float32]

NAMES = (
    "floating islands", "sky islands", "islands in the sky", "floating islands above the clouds",
    "a floating island", "flying islands", "islands floating in the sky", "a floating world",
    "fantasy floating islands",
)  # fmt: skip
HOURS = ("dawn", "morning", "noon", "golden hour", "sunset", "dusk", "night")
WEATHERS = ("clear", "cloudy", "foggy", "overcast", "snowy")
SEASONS = ("spring", "summer", "autumn", "winter")

_PETALS: tuple[Color, ...] = (
    (0.72, 0.70, 0.72), (0.75, 0.55, 0.04), (0.42, 0.16, 0.62), (0.72, 0.10, 0.14),
    (0.16, 0.26, 0.72), (0.74, 0.34, 0.48),
)  # fmt: skip
_CLOTHS: tuple[tuple[Color, Color], ...] = (
    ((0.62, 0.06, 0.04), (0.70, 0.62, 0.46)), ((0.05, 0.16, 0.46), (0.72, 0.50, 0.06)),
    ((0.06, 0.36, 0.30), (0.70, 0.66, 0.58)), ((0.42, 0.08, 0.40), (0.74, 0.40, 0.08)),
)  # fmt: skip


@dataclass
class IsleLand(Land):
    """Land that ends at a rim."""

    shape: IsleShape = field(default_factory=lambda: IsleShape(0))
    middle: tuple[float, float] = (0.0, 0.0)

    def rim_m(self, x: ArrayLike, z: ArrayLike) -> Floats:
        """Return metres from the rim, negative beyond it."""
        eye = (-self.middle[0], -self.middle[1])
        px, pz = np.asarray(x, np.float64), np.asarray(z, np.float64)
        reach = np.interp(np.arctan2(pz, px), *rim_from(self.shape, eye), period=2 * np.pi)
        inside = self.shape.inside(px + eye[0], pz + eye[1])
        return np.asarray(np.minimum(reach - np.hypot(px, pz), inside), np.float32)

    def free(self, x: ArrayLike, z: ArrayLike, gap_m: float = 0.0) -> NDArray[np.bool_]:
        """Return which places are on the island and not taken."""
        ground = self.rim_m(x, z) > np.maximum(0.7 * gap_m, 0.0) + 0.25
        return np.asarray(super().free(x, z, gap_m) & ground)

    def find(self, near_m: float, far_m: float, radius_m: float) -> tuple[float, float]:
        """Return a free place in a ring and claim it; the best on the island if none is free."""
        r, a = self.rng.uniform(near_m, far_m, 96), self.rng.uniform(0, 6.283, 96)
        x, z = r * np.sin(a), -r * np.cos(a)
        best = int(np.argmax(self.free(x, z, radius_m) * 100.0 + np.minimum(self.rim_m(x, z), 1.0)))
        self.claim(float(x[best]), float(z[best]), radius_m)
        return float(x[best]), float(z[best])


def _air(look: Look) -> Air:
    """Return the look's air high up: fog thins slowly, so that far islands turn blue."""
    air = snowy_air(look.air, look, 0.25)
    r, g, b = (1.6 * low + 0.22 * side for low, side in zip(air.ground, air.horizon, strict=True))
    density = {"foggy": 0.0030, "snowy": 0.0022, "overcast": 0.0006}.get(look.weather, 0.0)
    return replace(
        air, fog_density=density or min(air.fog_density * 0.55, 0.0005), fog_height_m=900.0,
        ground=(r, g, b),
        cloud_cover=min(air.cloud_cover, 0.8),
    )  # fmt: skip


def _home(land: IsleLand, style: IsleStyle, streams: Streams) -> None:
    """Add the island on which the eye stands."""
    share = streams.detail**0.5
    mesh = isle_mesh(
        land.shape, style.stone, style.season, style.snow, sectors=int(560 * share),
        rows=(int(210 * share), int(50 * share)), eye=(-land.middle[0], -land.middle[1]),
        fine_m=5.0,
    )  # fmt: skip
    at = np.array([[land.middle[0], land.scene.eye[1] - EYE_M - _own_top(land), land.middle[1]]])
    land.scene.add(mesh, placed(at), casts_sky=False)


def _own_top(land: IsleLand) -> float:
    x, z = (np.array([-v]) for v in land.middle)
    return float(land.shape.top(x, z)[0])


def _green(land: IsleLand, style: IsleStyle, number: int) -> list[str]:
    """Cover the island with grass, flowers, bushes and trees; return what there is."""
    rng, bold, said = land.rng, land.bold, []
    reach = land.shape.radius_m * 2
    bare = 0.8 * style.snow
    tone = np.array(GRASS[style.season][1])
    for kind in range(3):
        x, z = scattered(rng, land.many(int(11000 * (1 - bare))), 0.55, min(reach, 30), power=0.75)
        keep = land.free(x, z, -0.35) & (
            fbm(x, z, 4, 3, number + 60) > rng.uniform(-0.9, 0.4, len(x))
        )
        tuft = sward(
            np.random.default_rng(kind), 12, 0.26, 0.2, 0.010 * bold, tone * (0.8, 1.0, 1.2)[kind]
        )
        land.plant(tuft, x[keep], z[keep], size=(0.5, 1.3), sky=False, sun=kind == 0)
    if style.season in ("spring", "summer"):
        for index in rng.choice(len(_PETALS), int(rng.integers(1, 4)), replace=False):
            x, z = scattered(rng, land.many(2200), 0.9, min(reach, 22), power=0.75)
            keep = land.free(x, z, -0.3)
            keep &= fbm(x, z, 3.5, 2, number + 61 + int(index)) > rng.uniform(-0.1, 0.6, len(x))
            head = blossoms(np.random.default_rng(int(index)), _PETALS[int(index)])
            land.plant(
                head, x[keep], z[keep], size=(0.8, 1.5) if bold < 1.5 else (1.2, 2.2), sky=False
            )
        said.append("wild flowers")
    for kind in range(2):
        x, z = scattered(rng, int(rng.integers(4, 26)), 2.4, reach, power=0.6)
        keep = land.free(x, z, 0.3)
        land.plant(bush(kind, style.season), x[keep], z[keep], size=(0.5, 1.3))
    return said


def _trees(land: IsleLand, style: IsleStyle) -> list[str]:
    """Plant trees, the first two not far; return what they are."""
    rng, stood = land.rng, 0
    for index in range(int(rng.integers(2, 4 + int(land.shape.radius_m * 0.5)))):
        near = index < 2
        x, z = land.find(3.6 if near else 5.0, 9.0 if near else land.shape.radius_m * 2, 1.3)
        if float(land.rim_m(x, z)) < 0.6:
            continue
        size = float(rng.uniform(0.4, 0.85)) * (0.8 if style.wood in ("fir", "pine") else 1.0)
        tree = tree_of(style, index, 0 if np.hypot(x, z) < 12 else 1)
        land.put(tree, x, z, yaw=float(rng.uniform(0, 6.3)), size=size, lift_m=-0.1)
        stood += 1
    words = {"fir": "fir trees", "pine": "pines", "birch": "birches"}.get(style.wood, "trees")
    if style.wood == "leafy" and style.blossom and style.season == "spring":
        words = "blossoming trees"
    return [words] if stood > 1 else []


def _stones(land: IsleLand, style: IsleStyle) -> None:
    rng = land.rng
    for index in range(int(rng.integers(3, 8))):
        at_x, at_z = land.find(1.9 if index < 3 else 3.0, 4.2 if index < 3 else 16.0, 0.5)
        size = float(rng.uniform(0.25, 0.7))
        stone = rock(np.random.default_rng(int(rng.integers(40))), 3, 13, 0.35, 0.75)
        stone = stone.painted(np.asarray(style.stone) * 0.9)
        if float(land.rim_m(at_x, at_z)) > 0.3:
            yaw = float(rng.uniform(0, 6))
            land.put(stone, at_x, at_z, yaw=yaw, size=size, lift_m=-0.15 * size)
    x, z = scattered(rng, land.many(500), 0.8, 20, power=0.75)
    keep = land.free(x, z, -0.2)
    pebble = rock(np.random.default_rng(3), 1, 8, 0.2, 0.7).painted(np.asarray(style.stone))
    land.plant(pebble, x[keep], z[keep], size=(0.03, 0.13), sky=False)


def _house(land: IsleLand, style: IsleStyle) -> list[str]:
    """Put a hut, a pavilion, columns or a gate on the island; return what there is."""
    rng, look, white = land.rng, land.look, style.snow > 0.6
    window = (3.0, 1.7, 0.6) if look.dark else (0.0, 0.0, 0.0)
    kind = str(rng.choice(["hut", "pavilion", "columns", "gate", "none", "none"]))
    need = {"hut": 4.2, "pavilion": 3.8, "columns": 1.0, "gate": 2.6, "none": 0.0}[kind]
    if kind == "none":
        return []
    if kind == "columns":
        tone = np.array([0.50, 0.46, 0.38]) * rng.uniform(0.8, 1.1)
        start, r = rng.uniform(0, 6.283), float(rng.uniform(3.2, 5.5))
        for index in range(int(rng.integers(4, 9))):
            a = start + index * 0.7
            x, z = float(r * np.sin(a)), float(-r * np.cos(a))
            if land.free(x, z, 0.6):
                land.claim(x, z, 0.7)
                broken = rng.random() < 0.5
                tall = float(rng.uniform(1.0, 2.6) if broken else 4.2)
                land.put(column(rng, tall, 0.36, tone, broken=broken), x, z, lift_m=-0.1)
        return ["old stone columns"]
    for _ in range(40):
        x, z = (float(v) for v in rng.uniform(-1, 1, 2) * land.shape.radius_m * 1.6)
        if np.hypot(x, z) > need + 3.0 and land.free(x, z, need) and float(land.rim_m(x, z)) > need:
            break
    else:
        return []
    land.claim(x, z, need)
    yaw = facing(x, z) + float(rng.normal(0, 0.5))
    if kind == "hut":
        roof = ((0.30, 0.07, 0.04), (0.12, 0.075, 0.05), (0.06, 0.11, 0.14))[int(rng.integers(3))]
        hut = log_cabin(np.random.default_rng(int(rng.integers(9))), window, 0.2 * white, roof)
        at = land.put(hut, x, z, yaw=yaw, size=0.85, lift_m=-0.25)
        if look.dark:
            land.scene.lamps.append(
                Lamp(
                    (x + 2.9 * np.sin(yaw), at[1] + 1.7, z + 2.9 * np.cos(yaw)),
                    (5.0, 2.9, 1.1),
                    0.3,
                )
            )
        return ["a log cabin with lit windows" if look.dark else "a log cabin"]
    if kind == "pavilion":
        glow = (3.2, 2.0, 0.85) if look.dark else (0.3, 0.25, 0.2)
        land.put(pavilion(np.random.default_rng(2), glow), x, z, yaw=yaw, size=0.85)
        return ["a pavilion"]
    land.put(gate(), x, z, yaw=yaw)
    return ["a red gate"]


def _bridge(land: IsleLand, style: IsleStyle, taken: list[tuple[float, float, float]]) -> list[str]:
    """Hang a bridge to a neighbouring island."""
    rng, scene = land.rng, land.scene
    ways = rng.uniform(0, 6.283, 12)
    rims = np.interp(
        ways, *rim_from(land.shape, (-land.middle[0], -land.middle[1])), period=6.28319
    )
    rims = rims - 0.25 + 50.0 * (rims < 3.0)
    a, reach = float(ways[np.argmin(rims)]), float(rims.min())
    c, s = float(np.cos(a)), float(np.sin(a))
    if reach > 16 or not bool(land.free(c * (reach - 0.8), s * (reach - 0.8), 0.2)):
        return []
    kind, turn = int(rng.choice([0, 2, 4, 6])), float(rng.uniform(0, 6.283))
    shape = shape_of(kind)
    # Turned by yaw, the side at angle b of the mesh looks along b - yaw in the world.
    back = a + np.pi
    far_rim = float(shape.outline(np.array([back + turn]))[0])
    long = float(rng.uniform(9, 20))
    own = land.height(*(np.array([v], np.float32) for v in (c * reach, s * reach)))
    lift = float(own[0]) + float(rng.uniform(-2.0, 3.0))
    away = reach + long + far_rim
    mesh = floating_isle(kind, style, 0, 0.8, int(rng.integers(0, 2)))
    scene.add(mesh, placed(np.array([[c * away, lift, s * away]]), 1.0, turn))
    taken.append((c * away, s * away, shape.radius_m * 1.3))
    start = (c * (reach - 0.5), float(own[0]) + 0.12, s * (reach - 0.5))
    end = (c * (reach + long + 0.9), lift + 0.25, s * (reach + long + 0.9))
    scene.add(rope_bridge(rng, start, end))
    for k in range(6):
        land.claim(c * (reach - k), s * (reach - k), 0.75)
    _crown(land, style, (c * away, lift, s * away), kind)
    return ["a rope bridge"]


def _crown(
    land: IsleLand, style: IsleStyle, at: tuple[float, float, float], kind: int
) -> str | None:
    """Perhaps put a tower, a mill or a hut on the middle of another island."""
    rng, look = land.rng, land.look
    what = str(rng.choice(["tower", "mill", "hut", "none", "none"]))
    shape = shape_of(kind)
    if what == "none" or shape.radius_m < 14:
        return None
    top = float(shape.top(np.zeros(1), np.zeros(1))[0])
    spot = np.array([[at[0], at[1] + top - 0.5, at[2]]])
    yaw = facing(at[0], at[2])
    mesh: Mesh
    if what == "tower":
        mesh = round_tower(
            np.random.default_rng(int(rng.integers(4))), 3.0, 13.0, (0.42, 0.39, 0.34),
            (0.10, 0.16, 0.26), roofed=True, lit=look.dark, snow=style.snow,
        )  # fmt: skip
    elif what == "mill":
        mesh = windmill(style.snow > 0.6).scaled(0.8)
    else:
        window = (3.0, 1.7, 0.6) if look.dark else (0.0, 0.0, 0.0)
        mesh = log_cabin(np.random.default_rng(3), window, 0.2 * (style.snow > 0.6))
    land.scene.add(mesh, placed(spot, 1.0, yaw), casts_sky=False)
    return {"tower": "a tower on an island", "mill": "a windmill on an island"}.get(
        what, "a hut on an island"
    )


def _others(
    land: IsleLand, style: IsleStyle, taken: list[tuple[float, float, float]], falls: float
) -> list[str]:
    """Let other islands float near and far, above and below."""
    rng, scene, said = land.rng, land.scene, []
    kinds = [int(k) for k in rng.choice(KINDS, 5, replace=False)]
    many = int(rng.integers(14, 32))
    base = scene.eye[1]
    crowns = 0
    for index in range(many):
        near = index < 5
        far = (
            float(rng.uniform(34, 80))
            if near
            else float(np.exp(rng.uniform(np.log(75), np.log(1500))))
        )
        a = rng.uniform(0, 6.283)
        kind = kinds[int(rng.integers(5))]
        size = float(rng.uniform(0.6, 1.2)) * max(1.0, (far / 130) ** 0.6)
        wide = shape_of(kind).radius_m * 1.4 * size
        far = max(far, wide + land.shape.radius_m * 1.5 + 9)
        x, z = float(far * np.sin(a)), float(-far * np.cos(a))
        if any(np.hypot(x - tx, z - tz) < 0.9 * (wide + tr) for tx, tz, tr in taken):
            continue
        taken.append((x, z, wide))
        lift = rng.normal(0.04, 0.17) if index % 4 else abs(rng.normal(0.22, 0.12))
        y = base + far * float(np.clip(lift, -0.32, 0.55))
        level = 0 if far < 100 else 1
        drops = int(rng.integers(1, 3)) if rng.random() < falls else 0
        mesh = floating_isle(kind, style, level, (0.9, 0.5, 0.7)[kind % 3], drops)
        turn = float(rng.uniform(0, 6.283))
        scene.add(
            mesh, placed(np.array([[x, y, z]]), size, turn), casts_sun=far < 260, casts_sky=False
        )
        if drops and far < 500:
            said.append("waterfalls falling into the clouds")
        if far < 260 and crowns < 2:
            word = _crown(land, style, (x, y, z), kind) if size < 1.4 else None
            crowns += word is not None
            said += [word] if word else []
    return list(dict.fromkeys(said))


def _crumbs(land: IsleLand, style: IsleStyle, taken: list[tuple[float, float, float]]) -> None:
    """Let small rocks float between the islands."""
    rng, base = land.rng, land.scene.eye[1]
    tone = SNOW if style.snow > 0.6 else np.array(GRASS[style.season][0])
    green = (float(tone[0]), float(tone[1]), float(tone[2]))
    for kind in range(4):
        count = int(rng.integers(3, 14))
        far, a = np.exp(rng.uniform(np.log(8), np.log(90), count)), rng.uniform(0, 6.283, count)
        x, z = far * np.sin(a), -far * np.cos(a)
        keep = land.rim_m(x, z) < -1.5
        for at_x, at_z, wide in taken:
            keep &= np.hypot(x - at_x, z - at_z) > wide * 0.8
        y = base + far * np.clip(rng.normal(0.0, 0.22, count), -0.5, 0.6)
        size = rng.uniform(0.2, 1.1, count) * (0.4 + far / 50)
        rows = placed(np.stack([x, y, z], 1), size, rng.uniform(0, 6, count))
        land.scene.add(floating_stone(kind, style.stone, green), rows[keep], casts_sky=False)


def _flyers(land: IsleLand) -> list[str]:
    """Let balloons and birds fly."""
    rng, scene, look, said = land.rng, land.scene, land.look, []
    fair = look.weather in ("clear", "cloudy")
    if fair and rng.random() < 0.4:
        count = int(rng.integers(1, 5))
        for _ in range(count):
            far, a = float(rng.uniform(32, 160)), rng.uniform(0, 6.283)
            first, second = _CLOTHS[int(rng.integers(4))]
            y = scene.eye[1] + far * float(rng.uniform(-0.12, 0.32))
            at = np.array([[far * np.sin(a), y, -far * np.cos(a)]])
            mesh = balloon(int(rng.integers(2)), first, second, look.dark)
            scene.add(mesh, placed(at, 1.0, float(rng.uniform(0, 6))), casts_sky=False)
        said.append("hot air balloons" if count > 1 else "a hot air balloon")
    if fair and not look.dark and rng.random() < 0.7:
        count = int(rng.integers(6, 22))
        x, z = scattered(rng, count, 8, 60)
        high = scene.eye[1] + rng.uniform(-6, 14, count)
        spots = np.stack([x, high, z], axis=-1)
        scene.add(gull(1), placed(spots, 1.3, rng.uniform(0, 6.3, count)), casts_sky=False)
        said.append("birds in the air")
    return said


def build(streams: Streams) -> Scene:
    """Return the islands."""
    rng, look, number = streams.layout, streams.look, streams.number
    stone = str(rng.choice(list(STONES)))
    wood = str(rng.choice(["leafy", "leafy", "fir", "pine", "birch"]))
    snow = round(look.snow * 4) / 4
    style = IsleStyle(STONES[stone], look.season, snow, wood, int(rng.integers(0, 3)))
    radius = float(rng.uniform(8, 24))
    shape = IsleShape(
        number % 9973, radius, radius * float(rng.uniform(0.9, 1.6)), float(rng.uniform(0.2, 0.4)),
        float(rng.uniform(0.3, 1.5)) * radius / 16, float(rng.uniform(0.8, 1.25)),
    )  # fmt: skip
    a = float(rng.uniform(0, 6.283))
    edge = float(shape.outline(np.array([a]))[0])
    out = max(edge - float(rng.uniform(2.6, 6.0)), 0.0)
    middle = (-out * float(np.cos(a)), -out * float(np.sin(a)))
    zero = float(shape.top(np.array([-middle[0]]), np.array([-middle[1]]))[0])

    def height(x: Floats, z: Floats) -> Floats:
        return np.asarray(shape.top(x - middle[0], z - middle[1]) - zero, np.float32)

    scene = Scene(
        eye=(0.0, EYE_M, 0.0), air=_air(look), eye_height_m=EYE_M,
        facing_deg=float(rng.uniform(-180, 180)),
    )  # fmt: skip
    land = IsleLand(scene, height, rng, look, streams.detail, shape=shape, middle=middle)
    land.claim(0.0, 0.0, 1.0)
    _home(land, style, streams)
    level = -float(rng.uniform(55, 170))
    opening = float(rng.choice([0.0, 0.0, 0.35, 0.6]))
    scene.add(
        cloud_sea(number, level, streams.detail, opening, (0.80, 0.82, 0.85)),
        casts_sun=False, casts_sky=False,
    )  # fmt: skip
    if opening > 0:
        scene.add(
            land_below(number + 9, level - 520, streams.detail, snow),
            casts_sun=False,
            casts_sky=False,
        )
    taken = [(middle[0], middle[1], radius * 1.3)]
    details: list[str] = []
    if rng.random() < 0.6:
        details += _bridge(land, style, taken)
    details += _house(land, style)
    wishes = ["boulders", "stump", "log", "bench", "fire", "wood stack"]
    details += put_near(land, wishes, int(rng.integers(1, 4)), 0.4)
    if look.dark or rng.random() < 0.25:
        x, z = land.find(2.0, 3.8, 0.4)
        glow = (9.0, 5.2, 2.0) if look.dark else (0.4, 0.35, 0.25)
        at = land.put(
            lantern_post(np.random.default_rng(1), glow), x, z, yaw=float(rng.uniform(0, 6))
        )
        if look.dark:
            scene.lamps.append(Lamp((x, at[1] + 1.75, z), (5.0, 3.0, 1.2), 0.1))
        details.append("a lit lantern" if look.dark else "a lantern")
    _stones(land, style)
    details += _green(land, style, number) + _trees(land, style)
    details += _others(land, style, taken, float(rng.choice([0.0, 0.35, 0.7])))
    _crumbs(land, style, taken)
    details += _flyers(land)
    scene.details = tuple(dict.fromkeys(["a sea of clouds far below", *details]))
    scene.eyes = free_places(scene, land.eyes(6, min(radius, 7.0)))[:3]
    scene.title = "Islands in the sky"
    scene.caption = f"floating islands above the clouds, {', '.join(scene.details[1:4])}"
    scene.tags = ("floating islands", "sky", "clouds", "fantasy")
    return scene
