"""Another planet: strange plants, spires and craters under moons and ringed planets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data import alien_plants as flora
from ldm3d.data import sea_life, space_things
from ldm3d.data.alien_ground import (
    EARTHS,
    Earth,
    alien_height,
    drawn_ground,
    mesas,
    paint_ground,
    rock_palette,
    stand_rocks,
)
from ldm3d.data.families import Streams
from ldm3d.data.footing import free_places
from ldm3d.data.land import Land, land_around
from ldm3d.data.look import Look
from ldm3d.data.mesh import Material, Mesh
from ldm3d.data.noise import fbm
from ldm3d.data.planets import planet
from ldm3d.data.plants import rock
from ldm3d.data.renderer import sun_direction
from ldm3d.data.scene import Air, Color, Lamp, Scene
from ldm3d.data.terrain import scattered

Floats = NDArray[np.float32]

NAMES = (
    "an alien world", "an alien planet", "another planet", "an alien landscape",
    "a strange planet", "the surface of an alien planet", "an exoplanet",
    "a science fiction planet", "a distant world in space",
)  # fmt: skip
WEATHERS = ("clear", "cloudy", "foggy")
SEASONS = ("summer",)

_SKIES: dict[str, tuple[Color, Color, Color]] = {
    # zenith, horizon, glow
    "violet": ((0.34, 0.13, 0.72), (0.98, 0.56, 0.92), (1.6, 0.8, 1.2)),
    "teal": ((0.04, 0.38, 0.46), (0.72, 0.98, 0.84), (1.5, 1.2, 0.7)),
    "rust": ((0.58, 0.25, 0.12), (1.0, 0.68, 0.40), (2.0, 1.0, 0.4)),
    "acid green": ((0.12, 0.44, 0.20), (0.95, 0.98, 0.48), (1.6, 1.4, 0.4)),
    "rose": ((0.55, 0.20, 0.42), (1.0, 0.70, 0.64), (1.9, 0.9, 0.7)),
    "golden": ((0.46, 0.32, 0.10), (1.0, 0.86, 0.52), (1.9, 1.3, 0.5)),
    "blue": ((0.08, 0.14, 0.62), (0.55, 0.80, 1.0), (1.2, 1.1, 1.2)),
    "crimson": ((0.40, 0.06, 0.10), (0.96, 0.42, 0.26), (2.2, 0.7, 0.3)),
}
_ACCENTS: tuple[Color, ...] = (
    (0.52, 0.07, 0.27), (0.05, 0.50, 0.50), (0.72, 0.36, 0.03), (0.32, 0.10, 0.50),
    (0.60, 0.60, 0.06), (0.06, 0.24, 0.70), (0.70, 0.10, 0.04), (0.10, 0.52, 0.16),
    (0.72, 0.66, 0.52), (0.70, 0.30, 0.42),
)  # fmt: skip
_PLANETS: tuple[tuple[Color, Color, Color], ...] = (
    ((0.95, 0.70, 0.45), (0.60, 0.34, 0.20), (1.0, 0.86, 0.66)),
    ((0.45, 0.62, 0.95), (0.22, 0.34, 0.72), (0.80, 0.90, 1.0)),
    ((0.95, 0.55, 0.60), (0.62, 0.28, 0.42), (1.0, 0.80, 0.72)),
    ((0.50, 0.85, 0.72), (0.18, 0.48, 0.46), (0.85, 1.0, 0.85)),
    ((0.78, 0.60, 0.95), (0.42, 0.26, 0.66), (0.95, 0.85, 1.0)),
    ((0.85, 0.82, 0.78), (0.48, 0.46, 0.45), (1.0, 0.98, 0.94)),
)


@dataclass(frozen=True)
class Palette:
    """Colors of one seed."""

    sky: str
    earth: Earth
    other: Earth
    body: Color  # of large plants
    accent: Color
    shine: Color
    wood: Color


def _palette(rng: np.random.Generator) -> Palette:
    sky = str(rng.choice(list(_SKIES)))
    fitting = [e for e in EARTHS if e.name != sky]
    first, second = rng.choice(len(fitting), 2, replace=False)
    a, b, c = (_ACCENTS[int(i)] for i in rng.choice(len(_ACCENTS), 3, replace=False))
    wood = ((0.20, 0.15, 0.13), (0.32, 0.28, 0.26), (0.10, 0.08, 0.12), (0.30, 0.20, 0.24))
    return Palette(sky, fitting[int(first)], fitting[int(second)], a, b, c, wood[rng.integers(4)])


def _dyed(color: Color, tint: ArrayLike, share: float) -> Color:
    """Return a color turned towards a tint, about as bright."""
    luma = np.array([0.2126, 0.7152, 0.0722])
    dye = np.asarray(tint, np.float64)
    level = 0.5 * (float(np.asarray(color) @ luma) + float(np.mean(color)))
    dyed = dye * level / (0.5 * float(dye @ luma) + 0.5 * float(dye.mean()))
    r, g, b = np.asarray(color) * (1 - share) + dyed * share
    return float(r), float(g), float(b)


def _air(look: Look, palette: Palette, airless: bool) -> Air:
    """Return the look's air in the planet's colors; without air the sky is black."""
    air = look.air
    zenith, horizon, glow = _SKIES[palette.sky]
    if airless and look.weather == "clear":
        dim = 0.25 if look.dark else 1.0
        return replace(
            air, zenith=(0.0016, 0.0017, 0.0024), horizon=(0.003, 0.003, 0.004),
            glow=(0.02 * dim, 0.02 * dim, 0.02 * dim), stars=1.0, fog_density=0.0, cloud_cover=0.0,
            cirrus=0.0, aurora=0.0, ground=(0.008, 0.008, 0.008),
            sky_gain=24.0 * dim,
            sun=air.sun if not look.dark else (0.34, 0.36, 0.42),
            sun_elevation_deg=max(air.sun_elevation_deg, 17.0), sun_softness_deg=0.3,
            exposure=0.26 if not look.dark else 0.5, moon=0.0,
        )  # fmt: skip
    share = 0.62 if look.dark else 0.72
    density = air.fog_density * 1.25 if look.weather != "foggy" else min(air.fog_density, 0.009)
    return replace(
        air, zenith=_dyed(air.zenith, zenith, share), horizon=_dyed(air.horizon, horizon, share),
        glow=_dyed(air.glow, glow, 0.7), sun=_dyed(air.sun, (1.0, 0.92, 0.84), 0.25),
        ground=_dyed(air.ground, palette.earth.high, 0.7), fog_density=density,
        stars=max(air.stars, 0.25 if look.dark else 0.0), aurora=air.aurora * 0.7,
        cloud_cover=min(air.cloud_cover, 0.42), saturation=air.saturation * 0.90,
    )  # fmt: skip


def _heavens(scene: Scene, rng: np.random.Generator, number: int, dark: bool) -> list[str]:
    """Hang planets and moons into the sky; return what they are."""
    sun = sun_direction(scene.air)
    kind = str(rng.choice(["ringed", "ringed", "moons", "giant", "pair"]))
    plans: list[tuple[float, float, bool, bool]] = {  # radius, height in degrees, banded, ringed
        "ringed": [(float(rng.uniform(8, 14)), float(rng.uniform(20, 36)), True, True)],
        "moons": [(float(rng.uniform(6, 10)), float(rng.uniform(16, 34)), False, False),
                  (float(rng.uniform(2.6, 4.5)), float(rng.uniform(24, 48)), False, False)],
        "giant": [(float(rng.uniform(18, 27)), float(rng.uniform(10, 22)), True,
                   bool(rng.random() < 0.5))],
        "pair": [(float(rng.uniform(10, 16)), float(rng.uniform(14, 30)), True, False),
                 (float(rng.uniform(3, 5.5)), float(rng.uniform(20, 44)), False, False)],
    }[kind]  # fmt: skip
    if rng.random() < 0.5:
        plans.append((float(rng.uniform(1.2, 2.4)), float(rng.uniform(14, 50)), False, False))
    start = float(rng.uniform(0, 6.283))
    gain = 2.0 if dark or scene.air.fog_density == 0 else 1.1
    for index, (radius, high, banded, ringed) in enumerate(plans):
        a = start + index * float(rng.uniform(0.5, 2.4))
        up = np.radians(high)
        way = np.array([np.cos(up) * np.sin(a), np.sin(up), -np.cos(up) * np.cos(a)])
        tones = np.array(_PLANETS[int(rng.integers(0, 6))]) ** 1.5 * gain
        if not banded:
            tones = (0.5 * tones + 0.5 * tones.mean(axis=1, keepdims=True)) * 1.1
        ring = tones[2] * np.array([1.0, 0.95, 0.9]) if ringed else None
        body = planet(
            way, radius, sun, tones, number + 3 * index, banded=banded, ring=ring,
            tilt=float(rng.uniform(0.2, 0.75)), turn=float(rng.uniform(0, 6.283)),
            farther=2.0 if index == 0 else 1.0,
        )  # fmt: skip
        scene.add(body, casts_sun=False, casts_sky=False)
    said = {
        "ringed": "a ringed planet in the sky",
        "moons": "two moons in the sky",
        "giant": "a giant planet on the horizon",
        "pair": "a planet and a moon in the sky",
    }[kind]
    if kind == "giant" and plans[0][3]:
        said = "a giant ringed planet on the horizon"
    return [said]


Maker = Callable[[int], Mesh]


def _kinds(palette: Palette, look: Look) -> dict[str, tuple[Maker, float, float, bool]]:
    """Return plants by their words: maker, least and largest size in metres, whether they shine."""
    glow = 0.55 if look.dark else 0.0
    p, leaf = palette, palette.earth.leaf
    gray = 0.5 * np.array(p.shine) + 0.25
    pale: Color = (float(gray[0]), float(gray[1]), float(gray[2]))

    def tinted(mesh: Mesh, tone: Color, size: float) -> Mesh:
        made = mesh.scaled(size)
        return replace(made, color=made.color * np.array([*tone, 1.0], np.float32))

    return {
        "giant mushrooms": (
            lambda k: flora.giant_mushroom(k, p.body, p.shine, pale, glow), 1.2, 9.0, True),
        "bulb plants": (
            lambda k: flora.bulb_plant(k, leaf, p.accent, p.shine, glow), 0.8, 3.6, True),
        "curling tendrils": (
            lambda k: flora.tendrils(k, p.wood, p.accent, glow), 0.9, 5.0, True),
        "coral trees": (
            lambda k: flora.coral_tree(k, p.wood, p.shine, glow), 2.0, 9.0, True),
        "pompon trees": (lambda k: flora.pompon_tree(k, p.wood, p.body), 1.8, 8.0, False),
        "round pods": (lambda k: flora.pods(k, p.body, p.shine, glow), 0.7, 2.6, True),
        "crystals": (lambda k: flora.crystals(k, p.shine, glow), 0.7, 6.0, True),
        "umbrella plants": (
            lambda k: tinted(sea_life.table_coral(k % 3), p.body, 1.1), 0.7, 6.5, False),
        "tube plants": (
            lambda k: tinted(sea_life.tube_sponge(k % 3), p.accent, 1.6), 0.8, 3.4, False),
        "fan plants": (
            lambda k: tinted(sea_life.sea_fan(k % 3), p.accent, 1.2), 0.9, 4.0, False),
    }  # fmt: skip


def _plants(land: Land, palette: Palette, names: list[str], dense: float) -> list[str]:
    """Plant three kinds of strange plants near and far; return what they are."""
    rng, look = land.rng, land.look
    table = _kinds(palette, look)
    for rank, name in enumerate(names):
        make, least, largest, shines = table[name]
        meshes = [make(int(k)) for k in rng.choice(6, 3, replace=False)]
        count = int((46, 30, 26)[rank % 3] * dense) + 5
        groves = rng.uniform(0, 6.283, 3)
        for index in range(count):
            near = index < 2
            if near:
                x, z = land.find(1.9, 3.9, 0.5)
                size = float(rng.uniform(least * 0.7, least * 1.3))
            else:
                far = float(np.exp(rng.uniform(np.log(5.0), np.log(70))))
                a = rng.choice(groves) + rng.normal(0, 0.55)
                x, z = float(far * np.sin(a)), float(-far * np.cos(a))
                size = float(least + (largest - least) * rng.random() ** 1.6)
                size *= 0.55 + 0.45 * min(far / 12, 1.4)
                if not land.free(x, z, 0.3 * size):
                    continue
                land.claim(x, z, 0.25 * size)
            at = land.put(
                meshes[int(rng.integers(0, 3))], x, z, yaw=float(rng.uniform(0, 6.3)), size=size,
                lift_m=-0.03 * size, sky=np.hypot(x, z) < 12,
            )  # fmt: skip
            if look.dark and shines and len(land.scene.lamps) < 8 and np.hypot(x, z) < 14:
                light = (np.array(palette.shine) * 0.6 + 0.12) * (0.25 + 0.22 * size**1.2)
                r, g, b = (float(v) for v in light)
                lamp = Lamp((at[0], at[1] + 0.62 * size, at[2]), (r, g, b), 0.2, False)
                land.scene.lamps.append(lamp)
        _far_plants(land, meshes, int((70, 30, 24)[rank % 3] * dense), (least, largest))
    return names


def _far_plants(land: Land, meshes: list[Mesh], count: int, size_m: tuple[float, float]) -> None:
    """Let the same plants stand as far as one sees."""
    rng = land.rng
    x, z = scattered(rng, count, 60, 420, power=0.8)
    size = rng.uniform(*size_m, count) * rng.uniform(0.9, 2.2, count)
    for kind, mesh in enumerate(meshes):
        own = np.arange(count) % 3 == kind
        land.plant(mesh, x[own], z[own], size=size[own], sink_m=0.1, shade=0.1, sky=False)


def _undergrowth(land: Land, palette: Palette, number: int, lush: float) -> None:
    """Cover the ground with alien grass, rosettes and small pods in drifts."""
    rng, bold = land.rng, min(land.bold, 2.0)
    tones = (palette.earth.leaf, palette.accent, palette.body)
    for kind in range(3):
        tone = tones[kind] if kind else palette.earth.leaf
        tuft = flora.alien_grass(kind, tone, 16, bold)
        count = land.many(int((13000, 4500, 2600)[kind] * lush))
        x, z = scattered(rng, count, 0.7, 34, power=0.72)
        wave = fbm(x, z, 6.5, 3, number + 30 + kind)
        keep = (wave > rng.uniform(-0.6 + 0.35 * kind, 0.3, len(x))) & land.free(x, z, -0.15)
        land.plant(tuft, x[keep], z[keep], size=(0.5, 1.5), sky=False, sun=kind == 0)
    for kind in range(3):
        tone = tones[(kind + 1) % 3]
        x, z = scattered(rng, int(80 * lush), 1.2, 20, power=0.8)
        keep = land.free(x, z, 0.15)
        land.plant(flora.rosette(kind, tone, 10), x[keep], z[keep], size=(0.35, 1.1), sky=False)
    small = flora.giant_mushroom(
        int(rng.integers(0, 5)), palette.accent, palette.shine, (0.4, 0.36, 0.34),
        0.5 if land.look.dark else 0.0,
    )  # fmt: skip
    middles = np.stack(scattered(rng, 22, 1.3, 14, power=0.9), axis=1)
    spread = np.repeat(middles, 6, axis=0) + rng.normal(0, 0.28, (132, 2))
    x, z = spread.T.astype(np.float32)
    keep = (np.hypot(x, z) > 0.9) & (rng.random(132) < lush)
    land.plant(small, x[keep], z[keep], size=(0.12, 0.42), lean=0.1, sky=False)


def _stones(land: Land, palette: Palette, number: int, many: float) -> str:
    """Strew boulders and pebbles in the rock's colors."""
    rng = land.rng
    tone = np.array(palette.earth.high) * 0.85
    boulder = [rock(np.random.default_rng(int(k)), 3, 13, 0.0, 0.8) for k in rng.choice(30, 3)]
    for index in range(int(3 + 5 * many)):
        near = index < 3
        at_x, at_z = land.find(1.8 if near else 4.0, 4.0 if near else 26.0, 0.6)
        size = float(rng.uniform(0.35, 0.9) if near else rng.uniform(0.3, 1.8))
        land.put(
            boulder[index % 3].painted(tone, Material.ROCK, 0.0), at_x, at_z,
            yaw=float(rng.uniform(0, 6)), size=size, lift_m=-0.15 * size,
        )  # fmt: skip
    for kind in range(2):
        x, z = scattered(rng, land.many(int(3200 * many) + 300), 0.6, 26, power=0.75)
        keep = fbm(x, z, 5, 2, number + 40) > rng.uniform(-0.4, 0.5, len(x))
        pebble = rock(np.random.default_rng(kind), 1, 8, 0.0, 0.7).painted(tone, Material.ROCK, 0.0)
        land.plant(pebble, x[keep], z[keep], size=(0.025, 0.16), sink_m=0.01, shade=0.16, sky=False)
    x, z = scattered(rng, int(90 * many), 14, 190, power=0.8)
    land.plant(
        boulder[0].painted(tone, Material.ROCK, 0.0), x, z, size=(0.4, 3.0), sink_m=0.3, sky=False
    )
    return "boulders"


def _traces(land: Land, barren: bool) -> list[str]:
    """Perhaps put down what travellers brought; return what it is."""
    rng, look = land.rng, land.look
    if rng.random() > (0.6 if barren else 0.14):
        return []
    what = str(rng.choice(["lander", "habitat", "rover", "wreck"]))
    make, wide, near, far = {
        "lander": (space_things.lander, 3.4, 6.5, 15.0),
        "habitat": (space_things.habitat, 5.2, 9.0, 20.0),
        "rover": (space_things.rover, 1.6, 3.2, 5.5),
        "wreck": (space_things.wreck, 6.0, 11.0, 18.0),
    }[what]
    for number in range(2 if what == "habitat" and rng.random() < 0.5 else 1):
        x, z = land.find(near, far + 8 * number, wide)
        aside = 1.4 if what == "wreck" else 0.0
        yaw = float(np.arctan2(-x, -z) + aside + rng.normal(0, 0.5))
        mesh = make(int(rng.integers(0, 2)), look.dark)
        at = land.put(mesh, x, z, yaw=yaw, lift_m=-0.25 if what == "habitat" else 0.0)
        if look.dark:
            front = wide + 0.6
            spot = (x + front * float(np.sin(yaw)), at[1] + 2.2, z + front * float(np.cos(yaw)))
            land.scene.lamps.append(Lamp(spot, (3.6, 2.6, 1.5), 0.2, False))
    return [{
        "lander": "a landing craft", "habitat": "a white dome", "rover": "a rover",
        "wreck": "the wreck of a space ship",
    }[what]]  # fmt: skip


def build(streams: Streams) -> Scene:
    """Return the alien world."""
    rng, look, number = streams.layout, streams.look, streams.number
    barren = bool(rng.random() < 0.27)
    airless = barren and bool(rng.random() < 0.75)
    palette = _palette(rng)
    if barren and rng.random() < 0.6:
        gray = Earth(
            "gray", (0.085, 0.083, 0.082), (0.23, 0.225, 0.22), (0.30, 0.29, 0.28), (0.1,) * 3
        )
        palette = replace(palette, earth=gray)
    plan = drawn_ground(rng, barren)
    height = alien_height(plan, number)
    land = land_around(streams, height, _air(look, palette, airless), clear_m=1.0)
    scene = land.scene
    shine = palette.shine if look.dark and rng.random() < 0.6 else None
    ground = paint_ground(land, plan, palette.earth, number, not barren, shine)
    scene.add(ground, casts_sky=False)
    details = _heavens(scene, rng, number + 50, look.dark)
    beds = rock_palette(rng, palette.earth, palette.other)
    details += stand_rocks(land, plan, beds, number)
    if rng.random() < 0.35:
        details.append(mesas(land, beds, number + 60))
    traces = _traces(land, barren)
    details = details[:1] + traces + details[1:]
    names = [str(n) for n in rng.choice(list(_kinds(palette, look)), 3, replace=False)]
    lush = float(rng.uniform(0.35, 1.2))
    if barren:
        names = ["crystals"] if rng.random() < 0.5 else []
    stones = _stones(land, palette, number, 1.6 if barren else float(rng.uniform(0.2, 0.9)))
    details += _plants(land, palette, names, 0.35 if barren else lush)
    if not barren:
        _undergrowth(land, palette, number, lush)
    glowing = look.dark and bool(names)
    if plan.kind == "craters":
        details.append("craters")
    if barren or not names:
        details.append(stones)
    scene.details = tuple(dict.fromkeys(details))
    scene.eyes = free_places(scene, land.eyes(5, 5.0))[:3]
    return _worded(scene, palette, barren, glowing)


def _worded(scene: Scene, palette: Palette, barren: bool, glowing: bool) -> Scene:
    what = (
        "a barren rocky planet" if barren else f"an alien planet with {palette.earth.name} ground"
    )
    scene.title = "On a barren moon" if barren else "On another planet"
    scene.caption = f"{what}, {', '.join(scene.details[:3])}"
    scene.tags = ("alien planet", "science fiction", "space", *(["glowing plants"] * glowing))
    return scene
