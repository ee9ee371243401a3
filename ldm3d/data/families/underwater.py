"""Under water: a coral reef, a kelp forest, a sandy lagoon, sunken ruins; light from above."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data import sea_life as life
from ldm3d.data.beach_things import shell
from ldm3d.data.built import rowing_boat
from ldm3d.data.coast import value_at
from ldm3d.data.families import Streams
from ldm3d.data.footing import free_places
from ldm3d.data.land import Land
from ldm3d.data.mesh import Material, lathe
from ldm3d.data.noise import fbm
from ldm3d.data.plants import grass_tuft, rock
from ldm3d.data.scene import Air, Lamp, Scene, placed
from ldm3d.data.terrain import point_on, scattered
from ldm3d.data.undersea import SeaFloor, drawn_floor, sunken_column, surface_from_below

Floats = NDArray[np.float32]

NAMES = (
    "underwater", "coral reef", "under the sea", "underwater reef", "sea floor", "ocean floor",
    "beneath the waves", "undersea world", "diving at a reef",
)  # fmt: skip
HOURS = ("morning", "noon", "golden hour", "dusk", "night")
WEATHERS = ("clear",)
SEASONS = ("summer",)
EYE_M = 1.62

_CORALS = np.array(
    [
        (0.95, 0.11, 0.25), (1.00, 0.32, 0.05), (0.52, 0.12, 0.55), (0.95, 0.58, 0.07),
        (0.85, 0.07, 0.06), (0.85, 0.62, 0.45), (0.40, 0.50, 0.08), (0.16, 0.20, 0.62),
        (0.95, 0.38, 0.42), (0.10, 0.45, 0.40),
    ]
)  # fmt: skip
_WATERS = {  # far water, light from above
    "reef": ((0.012, 0.130, 0.250), (0.86, 1.0, 0.98)),
    "lagoon": ((0.040, 0.290, 0.345), (0.95, 1.0, 0.95)),
    "kelp": ((0.016, 0.130, 0.120), (0.85, 1.0, 0.72)),
    "ruins": ((0.010, 0.100, 0.185), (0.75, 0.97, 1.0)),
}


def _air(streams: Streams, far: ArrayLike, tone: ArrayLike) -> tuple[Air, float]:
    """Return the light under water and how much of the sun comes down."""
    look, rng = streams.look, streams.look_numbers
    day = {"morning": 0.85, "noon": 1.0, "golden hour": 0.62, "dusk": 0.22, "night": 0.07}[
        look.hour
    ]
    water, light = np.asarray(far) * rng.uniform(0.85, 1.2), np.asarray(tone)
    warm = np.array([1.25, 1.02, 0.8]) if look.hour == "golden hour" else np.ones(3)
    cool = np.array([0.55, 0.75, 1.25]) if look.dark else np.ones(3)

    def color(value: NDArray[np.float64]) -> tuple[float, float, float]:
        r, g, b = np.maximum(value, 0.0004)
        return float(r), float(g), float(b)

    air = replace(
        look.air,
        sun_elevation_deg=float(rng.uniform(52, 76)),
        sun=color(np.array([2.9, 3.1, 2.9]) * light * warm * cool * day),
        sun_softness_deg=0.4,
        zenith=color((water * 1.1 + np.array([0.30, 0.54, 0.60]) * light) * cool * day**0.8),
        horizon=color(water * cool * warm**0.4 * day**0.75),
        glow=color(water * 1.9 * cool * warm * day**0.8),
        ground=color(water * 0.55 * day),
        sky_gain=1.25,
        fog_density=float(rng.uniform(0.038, 0.062)),
        fog_height_m=4000.0,
        fog_tint=(1.0, 1.0, 1.0),
        shafts=0.035,
        shaft_reach_m=26.0,
        cloud_cover=0.0, cirrus=0.0, stars=0.0, aurora=0.0, moon=0.0,
        saturation=1.10, warmth=0.0,
        exposure={"dusk": 0.72, "night": 0.45}.get(look.hour, 1.0),
    )  # fmt: skip
    return air, day


def _corals(land: Land, floor: SeaFloor, streams: Streams, dense: float) -> list[str]:
    rng = land.rng
    palette = _CORALS[rng.permutation(len(_CORALS))[:6]]
    kinds = [
        (life.staghorn, 4, 420, (0.6, 1.5), "staghorn corals"),
        (life.brain_coral, 2, 260, (0.5, 1.7), "brain corals"),
        (life.table_coral, 3, 200, (0.6, 1.6), "table corals"),
        (life.tube_sponge, 3, 260, (0.6, 1.3), "tube sponges"),
        (life.sea_fan, 3, 300, (0.7, 1.7), "sea fans"),
        (life.anemone, 2, 420, (0.5, 1.2), "sea anemones"),
    ]
    said = []
    for make, count, many, size, words in kinds:
        share = rng.choice([0.25, 1.0, 1.0, 1.9])
        if share > 0.5:
            said.append(words)
        wanted = streams.many(int(many * share * dense), 10)
        # Twice as many tries as there will be corals: sand stays free.
        x, z = scattered(rng, wanted * 3, 1.7, 26, power=0.72)
        keep = (floor.reef(x, z) > rng.uniform(0.1, 0.9, len(x))) & land.free(x, z, 0.3)
        x, z = x[keep][:wanted], z[keep][:wanted]
        y = floor.height(x, z) - 0.05
        d = np.hypot(x, z)
        scale = rng.uniform(*size, len(x)) * np.where(d < 2.6, 0.7, 1.35) * (0.85 + 0.03 * d)
        tint = palette[rng.choice(6, len(x), p=[0.3, 0.22, 0.18, 0.12, 0.1, 0.08])]
        tint = tint * rng.uniform(0.7, 1.3, (len(x), 1))
        chosen = rng.integers(0, count, len(x))
        for kind in range(count):
            pick = chosen == kind
            rows = placed(
                np.stack([x, y, z], -1)[pick], scale[pick], rng.uniform(0, 6.3, int(pick.sum())),
                tint[pick], rng.normal(0, 0.12, (int(pick.sum()), 2)),
            )  # fmt: skip
            land.scene.add(make(kind), rows, casts_sky=make in (life.table_coral, life.brain_coral))
    return said


def _heads(land: Land, floor: SeaFloor, streams: Streams) -> None:
    """Put coral heads at 2 to 4 m, so that something is always near."""
    rng = land.rng
    palette = _CORALS[rng.permutation(len(_CORALS))[:5]]
    for _ in range(int(rng.integers(3, 6))):
        x, z = land.find(1.9, 4.2, 0.7)
        y = value_at(floor.height, x, z)
        stone = rock(np.random.default_rng(int(rng.integers(90))), 3, 11, 0.0, 0.8)
        wide = float(rng.uniform(0.4, 0.85))
        turn = float(rng.uniform(0, 6))
        land.scene.add(stone, placed(np.array([[x, y, z]]), wide, turn, (1.1, 0.8, 0.85)))
        for _ in range(int(rng.integers(5, 11))):
            a, r = rng.uniform(0, 6.28), wide * rng.uniform(0.1, 0.85)
            top = y + 0.62 * wide * np.sqrt(max(0.05, 1 - (r / wide) ** 2))
            make = (life.staghorn, life.tube_sponge, life.sea_fan, life.anemone, life.brain_coral)[
                int(rng.integers(5))
            ]
            spot = np.array([[x + r * np.cos(a), top - 0.04, z + r * np.sin(a)]])
            tint = palette[int(rng.integers(5))] * rng.uniform(0.8, 1.25)
            land.scene.add(
                make(int(rng.integers(2))),
                placed(spot, float(rng.uniform(0.4, 0.95)), float(rng.uniform(0, 6)), tint),
            )


def _rubble(land: Land, floor: SeaFloor, streams: Streams) -> list[str]:
    rng, bold = land.rng, min(1.7, land.bold)
    x, z = scattered(rng, streams.many(2400), 0.5, 14, power=0.8)
    reef = floor.reef(x, z)
    keep = fbm(x, z, 3, 2, floor.number + 11) + 0.6 * reef > rng.uniform(-0.3, 0.7, len(x))
    tint = np.where(
        rng.random((len(x), 1)) < 0.12,
        _CORALS[rng.integers(0, 10, len(x))],
        rng.uniform(0.2, 0.6, (len(x), 1)),
    )
    at = np.stack([x, floor.height(x, z), z], -1)[keep]
    bit = (
        rock(np.random.default_rng(5), 1, 7, 0.0, 0.6)
        .scaled(0.036 * bold)
        .painted((0.8, 0.8, 0.8), Material.MATTE)
    )
    land.scene.add(
        bit,
        placed(at, rng.uniform(0.4, 1.8, len(at)), rng.uniform(0, 6, len(at)), tint[keep]),
        casts_sky=False,
    )
    for kind in (0, 1, 2, 3):
        x, z = scattered(rng, streams.many(60, 9), 0.9, 8, power=0.8)
        keep = floor.reef(x, z) < 0.3
        land.plant(
            shell(kind), x[keep], z[keep], size=(0.7 * bold, 1.2 * bold), sink_m=0.0, sky=False
        )
    if rng.random() < 0.6:
        x, z = scattered(rng, streams.many(1500), 1.2, 26, power=0.75)
        keep = (floor.reef(x, z) < 0.4) & (
            fbm(x, z, 7, 2, floor.number + 12) > rng.uniform(0.0, 0.5, len(x))
        )
        blade = grass_tuft(
            np.random.default_rng(2), 10, 0.5, 0.12, 0.011 * bold, (0.055, 0.14, 0.035)
        )
        land.plant(blade, x[keep], z[keep], size=(0.5, 1.2), sky=False)
        return ["sea grass", "starfish on the sand"]
    return ["starfish on the sand"]


def _animals(land: Land, floor: SeaFloor, streams: Streams, level: float) -> list[str]:
    rng, scene, dark = land.rng, land.scene, streams.look.dark
    ground = floor.height
    names = (
        "silver fish",
        "butterfly fish",
        "clown fish",
        "yellow tangs",
        "blue tangs",
        "groupers",
    )
    said = []
    kinds = rng.choice(6, int(rng.integers(2, 5)), replace=False)
    for kind in kinds:
        r, a = rng.uniform(3.5, 13), rng.uniform(0, 6.283)
        x, z = r * np.sin(a), -r * np.cos(a)
        y = value_at(ground, x, z)
        y += float(rng.uniform(0.8, max(1.0, min(level - y - 1.0, 4.5))))
        count = int(rng.integers(14, 30)) if kind == 5 else int(rng.integers(30, 110))
        at, yaw = life.shoal(
            rng,
            (x, y, z),
            count,
            (2.0 + 0.03 * count, 1.1, 2.8 + 0.02 * count),
            rng.uniform(0, 6.28),
        )
        size = rng.uniform(0.7, 1.3, count) * (1.8 if kind == 5 else 1.0)
        floor_y = ground(at[:, 0].astype(np.float32), at[:, 2].astype(np.float32))
        keep = (
            (np.linalg.norm(at - [0, scene.eye[1], 0], axis=1) > 1.3)
            & (at[:, 1] < level - 0.4)
            & (at[:, 1] > floor_y + 0.2)
        )
        scene.add(life.fish(int(kind)), placed(at[keep], size[keep], yaw[keep]), casts_sky=False)
        said.append(f"a shoal of {names[int(kind)]}")
    px, pz = scattered(rng, 26, 1.5, 9, power=0.8)
    py = ground(px, pz) + rng.uniform(0.25, 2.6, 26).astype(np.float32)
    for kind in range(1, 5):
        pick = np.arange(26) % 4 == kind - 1
        scene.add(
            life.fish(kind),
            placed(
                np.stack([px, py, pz], -1)[pick],
                rng.uniform(0.5, 0.9, int(pick.sum())),
                rng.uniform(0, 6.28, int(pick.sum())),
            ),
        )
    big = rng.choice(["turtle", "manta", "jelly", "none"], p=[0.34, 0.22, 0.22, 0.22])
    r, a = rng.uniform(2.8, 5.5), rng.uniform(0, 6.283)
    at = np.array(
        [[r * np.sin(a), min(level - 1.0, scene.eye[1] + rng.uniform(0.2, 1.6)), -r * np.cos(a)]]
    )
    if big == "turtle":
        scene.add(
            life.turtle(), placed(at, 1.0, float(rng.uniform(0, 6.28)), tilt=np.array([[0.1, 0.1]]))
        )
        said.append("a sea turtle")
    elif big == "manta":
        scene.add(
            life.manta(),
            placed(at * [1.6, 1.0, 1.6] + [0, 0.6, 0], 1.0, float(rng.uniform(0, 6.28))),
        )
        said.append("a manta ray")
    if big == "jelly" or dark:
        px, pz = scattered(rng, 16, 1.8, 14, power=0.8)
        high = rng.uniform(scene.eye[1] - 0.4, max(scene.eye[1] + 0.5, level - 0.8), 16)
        spots = np.stack([px, high, pz], axis=-1)
        tint = (1.0, 1.0, 1.0) if dark else (0.75, 0.55, 0.72)
        scene.add(
            life.jellyfish(dark),
            placed(spots, rng.uniform(0.5, 1.3, 16), 0.0, tint),
            casts_sky=False,
        )
        if dark:
            for sx, sy, sz in spots[:8].tolist():
                scene.lamps.append(Lamp((sx, sy, sz), (0.35, 1.1, 1.7), 0.2, False))
        said.append("glowing jellyfish" if dark else "jellyfish")
    return said


def _ruins(land: Land, floor: SeaFloor) -> list[str]:
    rng, scene = land.rng, land.scene
    turn, gap = rng.uniform(0, 6.28), rng.uniform(2.6, 3.4)
    across = rng.uniform(2.4, 3.4)
    c, s = np.cos(turn), np.sin(turn)
    for i in range(-5, 6):
        for side in (-1, 1):
            u, v = i * gap + 1.3, side * across + rng.normal(0, 0.08)
            x, z = u * c - v * s, u * s + v * c
            if np.hypot(x, z) < 1.8 or rng.random() < 0.12:
                continue
            land.claim(x, z, 0.8)
            tall = float(rng.choice([4.2, 4.2, 2.6, 1.3]))
            foot = point_on(floor.height, x, z, -0.15)
            scene.add(sunken_column(tall), placed(np.array([foot]), 1.0, float(rng.uniform(0, 6))))
            if tall < 4 and rng.random() < 0.7:
                drum = (
                    sunken_column(float(rng.uniform(1.4, 2.4)))
                    .turned(np.pi / 2, "z")
                    .turned(float(rng.uniform(0, 6)))
                )
                far = point_on(floor.height, x * 1.25 + 0.6, z * 1.25, 0.3)
                if np.hypot(far[0], far[2]) > 2.6:
                    scene.add(drum, placed(np.array([far]), 1.0))
    jar = lathe(
        [
            [0.03, 0],
            [0.12, 0.15],
            [0.2, 0.42],
            [0.13, 0.62],
            [0.07, 0.7],
            [0.10, 0.78],
            [0.08, 0.76],
        ],
        16,
    )
    for _ in range(6):
        x, z = land.find(1.7, 6.0, 0.35)
        at = point_on(floor.height, x, z, 0.08)
        lying = (
            jar.painted((0.36, 0.17, 0.09), Material.CLOTH)
            .turned(float(rng.uniform(0.9, 1.6)), "x")
            .turned(float(rng.uniform(0, 6)))
        )
        scene.add(lying, placed(np.array([at]), float(rng.uniform(0.8, 1.3))))
    return ["sunken columns", "old amphorae"]


def _kelp(land: Land, streams: Streams, floor: SeaFloor, level: float) -> list[str]:
    rng = land.rng
    x, z = scattered(rng, int(160 + 480 * min(1.0, 1.3 * streams.detail)), 2.2, 28, power=0.75)
    keep = (fbm(x, z, 9, 2, floor.number + 15) > rng.uniform(-0.7, 0.4, len(x))) & land.free(
        x, z, 0.6
    )
    x, z = x[keep], z[keep]
    kind = rng.integers(0, 4, len(x))
    for k in range(4):
        pick = kind == k
        at = np.stack([x, floor.height(x, z) - 0.05, z], axis=-1)[pick]
        size = (level - at[:, 1]) / 8.4 * rng.uniform(0.7, 1.0, len(at))
        scale = np.stack([np.ones_like(size), size, np.ones_like(size)], axis=1) * 1.3
        tint = rng.uniform(0.7, 1.35, (len(at), 1)) * np.ones(3)
        land.scene.add(
            life.kelp(k, 8.0),
            placed(at, scale, rng.uniform(0, 6.28, len(at)), tint),
            casts_sky=False,
        )
    return ["a kelp forest"]


def build(streams: Streams) -> Scene:
    """Return the place under water."""
    rng = streams.layout
    variant = str(rng.choice(["reef", "reef", "lagoon", "kelp", "ruins"]))
    depth = {"reef": (6.5, 11), "lagoon": (3.4, 5.0), "kelp": (7, 11), "ruins": (8, 13)}[variant]
    level = float(rng.uniform(*depth))
    cover = {
        "reef": (0.05, 0.5),
        "lagoon": (-0.45, -0.05),
        "kelp": (-0.2, 0.2),
        "ruins": (-0.4, 0.1),
    }[variant]
    mound = float(rng.uniform(1.4, 4.2)) if variant == "reef" else float(rng.uniform(0.5, 1.6))
    floor = SeaFloor(streams.number, mound, float(rng.uniform(*cover)), float(rng.uniform(7, 16)))
    far, tone = _WATERS[variant]
    air, day = _air(streams, far, tone)
    ground = point_on(floor.height, 0.0, 0.0)[1]
    scene = Scene(
        eye=(0.0, ground + EYE_M, 0.0), air=air, eye_height_m=EYE_M,
        facing_deg=float(rng.uniform(-180, 180)),
    )  # fmt: skip
    land = Land(scene, floor.height, rng, streams.look, streams.detail, [(0.0, 0.0, 1.1)])
    sand = np.array([0.195, 0.215, 0.185]) * rng.uniform(0.75, 1.05)
    if variant == "kelp":
        sand = sand * 0.6
    scene.add(drawn_floor(floor, streams, sand, 0.75 if day > 0.3 else 0.3), casts_sky=False)
    scene.add(
        surface_from_below(level, scene.eye[1], air, streams, 1.0), casts_sun=False, casts_sky=False
    )
    said: list[str] = []
    if variant == "ruins":
        said += _ruins(land, floor)
    _heads(land, floor, streams)
    if variant == "kelp":
        said += _kelp(land, streams, floor, level)
    if rng.random() < 0.22:
        x, z = land.find(5.5, 9.0, 3.0)
        hull = rowing_boat(rng, (0.10, 0.10, 0.075)).scaled(2.0).turned(0.35, "z")
        land.put(hull, x, z, yaw=float(rng.uniform(0, 6)), lift_m=0.2)
        said.append("a sunken boat")
    said += _corals(
        land, floor, streams, {"reef": 1.0, "lagoon": 0.7, "kelp": 0.3, "ruins": 0.6}[variant]
    )
    said += _rubble(land, floor, streams) + _animals(land, floor, streams, level)
    scene.title = {
        "reef": "Coral reef",
        "lagoon": "Under water in a lagoon",
        "kelp": "Kelp forest",
        "ruins": "Sunken ruins",
    }[variant]
    scene.caption = {
        "reef": "a coral reef under water, colorful corals and fish",
        "lagoon": "the sandy floor of a clear lagoon, corals and fish",
        "kelp": "a kelp forest under water with fish",
        "ruins": "sunken ruins on the sea floor, columns and fish",
    }[variant]
    scene.tags = ("underwater", "sea", "fish", {"kelp": "kelp"}.get(variant, "corals"))
    scene.details = tuple(said)
    scene.eyes = free_places(scene, land.eyes(5, 4.0))[:3]
    return scene
