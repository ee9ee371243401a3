"""A street of a modern city: facades, shops, cars, trees, lamps; lights at night."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.blocks import Blocks
from ldm3d.data.bounce import bounce
from ldm3d.data.city_blocks import city_building, sign, tower
from ldm3d.data.families import Streams
from ldm3d.data.forest_floor import strew_leaves
from ldm3d.data.land import EYE_M, Land, paved_land
from ldm3d.data.look import Look
from ldm3d.data.mesh import Material, Mesh, cylinder, merged
from ldm3d.data.paving import SLABS, laid, sheet, weathered
from ldm3d.data.scene import Lamp, Scene, placed
from ldm3d.data.street_things import (
    bench,
    bicycle,
    cafe_table,
    flower_pot,
    lantern_post,
    light_string,
    mast_lamp,
    parasol,
)
from ldm3d.data.vehicles import PAINTS, car, tram
from ldm3d.data.woodland import leafy_tree

Floats = NDArray[np.float32]

NAMES = (
    "a city street",
    "a street in the city",
    "a modern city",
    "a city",
    "a street with shops",
    "a downtown street",
    "an urban street",
    "a street in a big city",
)


@dataclass(frozen=True)
class _Plan:
    kinds: tuple[str, ...]
    road_m: float  # half the roadway
    walk_m: float  # width of a pavement
    middle_m: float  # the street's middle as seen from the eye, in x
    cross_m: float  # where the cross street runs, in z
    cross_half_m: float
    floors: tuple[int, int]
    cars: bool  # else a pedestrian street
    trees: bool
    lit: float
    dark: bool
    snow: float


@dataclass
class _City:
    land: Land
    plan: _Plan
    rng: np.random.Generator
    number: int
    details: list[str] = field(default_factory=list)

    def pave(self, mesh: Mesh, shiny: float = 0.8) -> None:
        """Lay paving, wet or snowed upon as the weather asks."""
        shown = weathered(mesh, self.land.look, self.number, shiny=shiny)
        self.land.scene.add(shown, casts_sun=False, casts_sky=False)

    def say(self, name: str) -> None:
        if name not in self.details:
            self.details.append(name)

    def lamp(self, x: float, y: float, z: float, color: tuple[float, float, float]) -> None:
        if self.plan.dark and len(self.land.scene.lamps) < 14 and np.hypot(x, z) < 32:
            near = float(np.hypot(x, z)) < 9
            self.land.scene.lamps.append(Lamp((x, y, z), color, 0.15, near))


def _plan(streams: Streams) -> _Plan:
    rng, look = streams.layout, streams.look
    mixes = (
        ("brick", "stone", "brick"), ("glass", "bands", "glass"), ("stone", "flats", "stone"),
        ("brick", "glass", "stone", "bands", "flats"), ("flats", "bands", "flats"),
    )  # fmt: skip
    kinds = mixes[int(rng.integers(0, len(mixes)))]
    cars = bool(rng.random() < 0.74)
    road = float(rng.choice([3.6, 5.5, 7.5, 9.5])) if cars else float(rng.uniform(3.0, 7.0))
    walk = float(rng.uniform(3.4, 6.0))
    spot = str(rng.choice(["walk", "walk", "road"])) if cars else "road"
    side = float(rng.choice([-1, 1]))
    if spot == "walk":
        middle = -side * (road + walk * float(rng.uniform(0.22, 0.5)))
    else:
        middle = float(rng.uniform(-0.4, 0.4)) * road
    half = float(rng.uniform(5, 9))  # of the cross street; nobody stands in it
    far = float(rng.choice([-1, 1])) * (half + float(rng.uniform(3, 26)))
    tall = bool(rng.random() < 0.45) or "glass" in kinds[:2]
    return _Plan(
        kinds, road, walk, middle,
far, half,
        (6, 17) if tall else (3, 7), cars, bool(rng.random() < 0.72),
        float(rng.uniform(0.35, 0.6)) if look.dark else (0.1 if look.wet > 0.5 else 0.02),
        look.dark, look.snow,
    )  # fmt: skip


def _rows(city: _City) -> None:
    """Line the street with buildings, leaving the cross street open, and towers behind."""
    rng, plan, scene = city.rng, city.plan, city.land.scene
    edge = plan.road_m + plan.walk_m
    for side in (-1.0, 1.0):
        z = -95.0 + float(rng.uniform(-8, 8))
        while z < 95:
            wide = float(rng.uniform(9, 22))
            gap = plan.cross_half_m + 3.2
            if z < plan.cross_m + gap and z + wide > plan.cross_m - gap:
                if plan.cross_m - gap - z > 7.5:
                    wide = plan.cross_m - gap - z
                else:
                    z = plan.cross_m + gap
                    continue
            near = abs(z + wide / 2) < 42
            kind = str(rng.choice(plan.kinds))
            floors = int(rng.integers(plan.floors[0], plan.floors[1] + 1))
            mesh, tall = city_building(
                rng, kind, wide - 0.05, floors, 15.0, plan.lit, plan.snow, near=near
            )
            x = plan.middle_m + side * edge
            rows = placed(np.array([[x, 0, z + wide / 2]]), 1.0, -side * np.pi / 2)
            scene.add(mesh, rows)
            if near:
                _signs(city, x, side, z, wide, tall)
            z += wide + (float(rng.uniform(1.5, 3.0)) if rng.random() < 0.15 else 0.0)
    _cross_street(city, edge)
    count = int(rng.integers(10, 24))
    for _ in range(count):
        angle, far = rng.uniform(0, 6.283), rng.uniform(65, 240)
        x, z = far * np.sin(angle), -far * np.cos(angle)
        if abs(x - plan.middle_m) < edge + 22 and far < 130:
            continue
        if abs(z - plan.cross_m) < plan.cross_half_m + 24 and far < 170:
            continue
        tall = float(rng.uniform(26, 60) if plan.floors[1] < 10 else rng.uniform(45, 150))
        mesh = tower(rng, float(rng.uniform(18, 32)), float(rng.uniform(18, 32)), tall, plan.lit)
        scene.add(mesh, placed(np.array([[x, 0, z]]), 1.0, float(rng.choice([0.0, 0.3, 0.8]))))
    for end in (-1, 1):  # something closes each end of the street
        if rng.random() < 0.75:
            mesh = tower(rng, edge * 2 + 8, 20, float(rng.uniform(20, 70)), plan.lit)
            scene.add(
                mesh, placed(np.array([[plan.middle_m + rng.uniform(-6, 6), 0, end * 150.0]]))
            )


def _cross_street(city: _City, edge: float) -> None:
    rng, plan, scene = city.rng, city.plan, city.land.scene
    for side in (-1.0, 1.0):
        for along in (-1.0, 1.0):
            x = plan.middle_m + side * (edge + 15.2)
            for _ in range(3):
                wide = float(rng.uniform(12, 20))
                kind = str(rng.choice(plan.kinds))
                floors = int(rng.integers(plan.floors[0], plan.floors[1] + 1))
                mesh, _tall = city_building(
                    rng, kind, wide, floors, 12.0, plan.lit, plan.snow, near=False
                )
                z = plan.cross_m + along * (plan.cross_half_m + 3.2)
                at = np.array([[x + side * wide / 2, 0, z]])
                scene.add(mesh, placed(at, 1.0, 0.0 if along < 0 else np.pi))
                x += side * wide


def _signs(city: _City, x: float, side: float, z: float, wide: float, tall: float) -> None:
    """Hang signs of light tubes on a front: flat, or standing out from it."""
    rng, plan = city.rng, city.plan
    if rng.random() > (0.85 if plan.dark else 0.45):
        return
    for _ in range(int(rng.integers(1, 4)) if plan.dark else 1):
        _sign(city, x, side, z, wide, tall)


def _sign(city: _City, x: float, side: float, z: float, wide: float, tall: float) -> None:
    rng, plan = city.rng, city.plan
    mesh, color = sign(rng, plan.dark)
    at_z = z + float(rng.uniform(0.2, 0.8)) * wide
    y = float(rng.uniform(4.8, min(8.5, tall - 2)))
    size = float(rng.uniform(0.9, 1.9))
    if rng.random() < 0.55:
        at = np.array([[x - side * 1.25, y, at_z]])
        whole = merged([mesh, mesh.turned(np.pi).moved((0, 0, -0.24))])
        city.land.scene.add(whole, placed(at, size, float(rng.choice([0.0, np.pi]))))
    else:
        at = np.array([[x - side * 0.3, y, at_z]])
        city.land.scene.add(mesh, placed(at, size, -side * np.pi / 2))
    r, g, b = (0.75 * c + 0.25 * sum(color) / 3 for c in color)
    city.lamp(float(x - side * 1.9), y - 0.5, at_z, (r, g, b))
    city.say("neon signs" if plan.dark else "shop signs")


def _ground(city: _City, streams: Streams) -> None:
    rng, plan, number = city.rng, city.plan, streams.number
    x0, x1 = plan.middle_m - plan.road_m, plan.middle_m + plan.road_m

    tone = np.array((0.062, 0.063, 0.068)) * rng.uniform(0.8, 1.5)
    city.pave(sheet((-130, -130, 130, 130), -0.04, tone * 1.4, 4.0, number), 0.2)
    slab = np.array(SLABS[int(rng.integers(0, len(SLABS)))]) * 0.72
    low = 24.0
    if plan.cars:
        city.pave(sheet((x0, -100, x1, 100), 0.0, tone, 0.7, number, patchy=0.35), 0.85)
        c0, c1 = plan.cross_m - plan.cross_half_m, plan.cross_m + plan.cross_half_m
        city.pave(sheet((-80, c0, 80, c1), -0.006, tone, 0.9, number, patchy=0.35), 0.85)
        _marks(city)
    else:
        stone = (0.8, 0.5) if rng.random() < 0.5 else (0.42, 0.42)
        band = slab * (1.15 if rng.random() < 0.5 else 0.7)
        city.pave(laid(rng, (x0, -low, x1, low), stone, band, patches=number, spread=0.1))
        city.pave(sheet((x0, -95, x1, 95), -0.02, band, 1.0, number))
        line = laid(
            rng, (plan.middle_m - 0.25, -40, plan.middle_m + 0.25, 40), (0.5, 0.5), tone * 3
        )
        city.pave(line.moved((0, 0.006, 0)), 0.8)
    _walks(city, slab)


def _walks(city: _City, slab: NDArray[np.float64]) -> None:
    """Lay the pavements, a step higher than the road, open at the cross street."""
    rng, plan = city.rng, city.plan
    high = 0.13 if plan.cars else 0.012
    gap = plan.cross_half_m
    for side in (-1.0, 1.0):
        a = plan.middle_m + side * plan.road_m
        b = plan.middle_m + side * (plan.road_m + plan.walk_m)
        left, right = min(a, b), max(a, b)
        stone = (0.6, 0.6) if rng.random() < 0.6 else (0.9, 0.6)
        for z0, z1 in ((-95.0, plan.cross_m - gap), (plan.cross_m + gap, 95.0)):
            near0, near1 = max(z0, -20.0), min(z1, 20.0)
            if near1 - near0 > 1.0:
                area = (left, near0, right, near1)
                city.pave(laid(rng, area, stone, slab, y_m=high, spread=0.07, gap_m=0.03,
                         patches=int(city.rng.integers(1, 99))))  # fmt: skip
            city.pave(sheet((left, z0, right, z1), high - 0.025, slab * 0.85, 0.9, 5))
            if plan.cars:
                kerb = laid(
                    rng, (a - 0.14, z0 if near1 < near0 else near0, a + 0.14, max(near1, z0 + 2)),
                    (0.4, 1.0), slab * 1.15, y_m=high + 0.006, spread=0.06,
                )  # fmt: skip
                city.pave(kerb, 0.8)
                face = Blocks()
                face.put((a, high / 2 - 0.02, (z0 + z1) / 2), (0.26, high, z1 - z0), slab)
                city.land.scene.add(face.mesh(), casts_sun=False, casts_sky=False)


def _marks(city: _City) -> None:
    """Paint lanes and zebra crossings on the road."""
    plan, rng = city.plan, city.rng
    blocks = Blocks()
    white = (0.50, 0.49, 0.46)
    mid = np.array((0.50, 0.33, 0.05)) if rng.random() < 0.4 else np.array(white)
    gap = plan.cross_half_m + 4.2

    def dashes(x: float, color: ArrayLike, long: float, every: float) -> None:
        run = np.arange(-90, 90, every)
        run = run[np.abs(run - plan.cross_m) > gap + long / 2]
        at = np.stack([np.full(len(run), x), np.full(len(run), 0.0), run], 1)
        blocks.put(at, (0.13, 0.012, long), color, Material.STONE)

    if plan.road_m > 5:
        for x in (-0.14, 0.14):
            dashes(plan.middle_m + x, mid, 5.6, 5.6)
        for x in (-plan.road_m / 2, plan.road_m / 2):
            dashes(plan.middle_m + x, white, 2.2, 5.5)
    else:
        dashes(plan.middle_m, mid, 2.2, 5.5)
    zebras = [plan.cross_m - plan.cross_half_m - 2.6, plan.cross_m + plan.cross_half_m + 2.6]
    if abs(plan.middle_m) < plan.road_m:  # who stands in the road stands on a crossing
        zebras.append(float(rng.uniform(-2.4, 2.4)))
    for z in zebras:
        bars = np.arange(-plan.road_m + 0.5, plan.road_m - 0.2, 1.0) + plan.middle_m
        at = np.stack([bars, np.full(len(bars), 0.001), np.full(len(bars), z)], 1)
        blocks.put(at, (0.52, 0.014, 3.2), white, Material.STONE)
    if plan.snow < 0.6:
        city.say("a zebra crossing")
    for _ in range(5):
        x, z = plan.middle_m + rng.uniform(-0.8, 0.8) * plan.road_m, rng.uniform(-12, 12)
        lid = cylinder(0.34, 0.012, 18).painted((0.035, 0.034, 0.033), Material.METAL)
        city.land.scene.add(lid.moved((x, 0.0, z)), casts_sun=False, casts_sky=False)
    city.pave(blocks.mesh(), 0.55)


def _traffic(city: _City) -> None:
    rng, plan, land = city.rng, city.plan, city.land
    if not plan.cars:
        return
    snowy = plan.snow > 0.6

    def put(x: float, z: float, yaw: float, parked: bool) -> None:
        if np.hypot(x, z) < 3.3 or not land.free(x, z, 2.1):
            return
        kind = str(rng.choice(["car", "car", "car", "van", "taxi"]))
        paint = int(rng.integers(0, len(PAINTS)))
        mesh = car(paint, kind, plan.dark and not parked, snowy and parked)
        land.scene.add(mesh, placed(np.array([[x, 0, z]]), 1.0, yaw))
        land.claim(x, z, 2.1)
        seen.append(float(np.hypot(x, z)))
        if plan.dark and not parked:
            ahead = np.array([-np.sin(yaw), -np.cos(yaw)]) * 3.4
            city.lamp(x + float(ahead[0]), 0.7, z + float(ahead[1]), (2.6, 2.4, 1.9))

    seen: list[float] = []
    busy = float(rng.uniform(0.35, 0.9))
    for side in (-1.0, 1.0):
        x = plan.middle_m + side * (plan.road_m - 1.15)
        z = -45.0 + float(rng.uniform(0, 6))
        while z < 45:
            if abs(z - plan.cross_m) > plan.cross_half_m + 6 and rng.random() < busy:
                put(x + float(rng.normal(0, 0.06)), z, 0.0 if side > 0 else np.pi, True)
            z += float(rng.uniform(5.4, 7.0))
        if plan.road_m > 4:
            for z in rng.uniform(-60, 60, int(rng.integers(1, 5))):
                lane = plan.middle_m + side * (plan.road_m * 0.3)
                put(lane, float(z), 0.0 if side > 0 else np.pi, False)
    if seen and min(seen) < 25:
        city.say("parked cars" if busy < 0.6 else "many cars")
    if plan.road_m > 5 and rng.random() < 0.4:
        z = float(rng.choice([-1, 1])) * float(rng.uniform(11, 28))
        x = plan.middle_m + (2.0 if rng.random() < 0.5 else -2.0)
        if np.hypot(x, z) > 7 and land.free(x, z, 4):
            rows = placed(np.array([[x, 0, z]]), 1.0, 0.0 if x > plan.middle_m else np.pi)
            land.scene.add(tram(plan.dark, int(rng.integers(0, 4))), rows)
            city.say("a bus")


def _furniture(city: _City) -> None:
    """Put lamps, trees, benches and planters in a row along each kerb."""
    rng, plan, land = city.rng, city.plan, city.land
    look = land.look
    style = int(rng.integers(0, 4))
    every = float(rng.uniform(8, 13))
    high = 0.12 if plan.cars else 0.0
    tree_kind, size = int(rng.integers(0, 3)), float(rng.uniform(0.62, 0.95))
    inset = 0.75 if plan.cars else -0.4
    for side in (-1.0, 1.0):
        x = plan.middle_m + side * (plan.road_m + inset)
        z = -60 + float(rng.uniform(0, every))
        number = 0
        while z < 60:
            away = abs(z - plan.cross_m) > plan.cross_half_m + 2
            if away and np.hypot(x, z) > 1.5 and land.free(x, z, 0.5):
                if number % 2 == 0 or not plan.trees or np.hypot(x, z) < 3.2:
                    _street_lamp(city, x, z, side, style, high)
                else:
                    level = 0 if abs(z) < 16 else 1 if abs(z) < 34 else 2
                    tree = leafy_tree(tree_kind, level, look.season, 2 if tree_kind == 2 else 0)
                    yaw = float(rng.uniform(0, 6.283))
                    land.put(
                        tree, x, z, yaw=yaw, size=size * float(rng.uniform(0.85, 1.15)), lift_m=high
                    )
                    city.say({"autumn": "golden trees", "winter": "bare trees"}.get(
                        look.season, "street trees"))  # fmt: skip
                    if abs(z) < 24:
                        _tree_pit(city, x, z, high)
                land.claim(x, z, 0.55 if number % 2 == 0 or not plan.trees else 2.2)
            number += 1
            z += every / (2 if plan.trees else 1)
    _lights_across(city)
    if plan.trees and look.season == "autumn" and plan.snow < 0.3:
        colors = ((0.42, 0.22, 0.03), (0.38, 0.10, 0.03), (0.24, 0.13, 0.05))
        strew_leaves(land, 2600, 13, colors, size_m=0.10, number=tree_kind + 3)
        city.say("fallen leaves")


def _tree_pit(city: _City, x: float, z: float, high: float) -> None:
    blocks = Blocks()
    blocks.put((x, high + 0.012, z), (1.3, 0.03, 1.3), (0.075, 0.05, 0.035), Material.GROUND)
    for d in (-0.68, 0.68):
        blocks.put((x + d, high + 0.02, z), (0.1, 0.06, 1.4), (0.2, 0.19, 0.18), Material.STONE)
        blocks.put((x, high + 0.02, z + d), (1.4, 0.06, 0.1), (0.2, 0.19, 0.18), Material.STONE)
    city.land.scene.add(blocks.mesh(), casts_sun=False, casts_sky=False)


def _street_lamp(city: _City, x: float, z: float, side: float, style: int, high: float) -> None:
    land, plan = city.land, city.plan
    if style < 2:
        yaw = 0.0 if side < 0 else float(np.pi)
        land.put(mast_lamp(plan.dark, style), x, z, yaw=yaw, lift_m=high)
        over = 1.6 if style == 0 else 0.0
        tall = 6.8 if style == 0 else 4.0
        city.lamp(x - side * over, tall, z, (9.0, 7.4, 5.0) if style == 0 else (4.5, 3.7, 2.5))
    else:
        mesh = lantern_post(style - 1, plan.dark, plan.snow > 0.5)
        land.put(mesh, x, z, yaw=np.pi / 2, lift_m=high)
        city.lamp(x, 3.6, z, (4.2, 2.6, 1.1))
    city.say("street lamps")


def _lights_across(city: _City) -> None:
    rng, plan = city.rng, city.plan
    if plan.cars or rng.random() < 0.35:
        return
    edge = plan.road_m + plan.walk_m - 0.1
    for z in np.arange(-30, 31, float(rng.uniform(7, 12))):
        a = (plan.middle_m - edge, 5.5, float(z))
        b = (plan.middle_m + edge, 5.5, float(z) + float(rng.uniform(-3, 3)))
        city.land.scene.add(light_string(a, b, plan.dark, 0.9, 22), casts_sky=False)
    city.say("strings of lights")


def _near(city: _City) -> None:
    """Put something worth looking at within reach, on the pavement or the paved street."""
    rng, plan, land = city.rng, city.plan, city.land
    on_walk = abs(plan.middle_m) > plan.road_m
    high = 0.13 if plan.cars and on_walk else 0.0
    if plan.cars and not on_walk:
        for _ in range(3):  # traffic cones at the crossing
            x, z = land.find(1.7, 3.4, 0.4)
            land.put(_cone(), x, z)
        city.say("traffic cones")
        return
    names = [str(n) for n in rng.permutation(["tables", "bench", "planters", "bicycle", "bins"])]
    for name in names[: int(rng.integers(2, 4))]:
        yaw = float(rng.uniform(0, 6.283))
        if name == "tables" and plan.snow < 0.4:
            for _ in range(3):
                x, z = _walk_spot(city, 1.9, 5.5, 0.9)
                kind = int(rng.integers(0, 5))
                land.put(cafe_table(kind), x, z, yaw=yaw, lift_m=high)
                if land.look.wet < 0.5 and not on_walk and np.hypot(x, z) > 2.6:
                    land.put(parasol(kind), x, z, lift_m=high)
            city.say("cafe tables")
        elif name == "bench":
            x, z = _walk_spot(city, 1.6, 3.2, 0.9)
            mesh = bench(int(rng.integers(0, 3)), plan.snow > 0.5)
            land.put(mesh, x, z, yaw=float(rng.choice([-1, 1])) * np.pi / 2, lift_m=high)
            city.say("a bench")
        elif name == "planters":
            for _ in range(3):
                x, z = _walk_spot(city, 1.5, 4.0, 0.5)
                mesh = flower_pot(int(rng.integers(0, 8)), land.look.season)
                land.put(mesh, x, z, size=1.5, lift_m=high)
            city.say("planters")
        elif name == "bicycle":
            x, z = _walk_spot(city, 1.6, 3.4, 0.6)
            paint = PAINTS[int(rng.integers(0, 5))]
            land.put(bicycle(paint), x, z, yaw=np.pi / 2 + float(rng.normal(0, 0.2)), lift_m=high)
            city.say("a bicycle")
        else:
            x, z = _walk_spot(city, 1.5, 3.5, 0.5)
            red = bool(rng.random() < 0.5)
            land.put(_hydrant() if red else _bin(), x, z, yaw=yaw, lift_m=high)
            city.say("a red fire hydrant" if red else "a litter bin")


def _walk_spot(city: _City, near: float, far: float, radius: float) -> tuple[float, float]:
    """Return a free place that lies on the same paving as the eye."""
    plan, land, rng = city.plan, city.land, city.rng
    on_walk = abs(plan.middle_m) > plan.road_m and plan.cars
    sign_ = -np.sign(plan.middle_m)
    low, high = plan.middle_m - plan.road_m, plan.middle_m + plan.road_m
    if on_walk:
        inner = plan.middle_m + sign_ * plan.road_m
        outer = plan.middle_m + sign_ * (plan.road_m + plan.walk_m)
        low, high = min(inner, outer) + 0.4, max(inner, outer) - 0.4
    x, z = 0.0, far
    for _ in range(80):
        r, a = rng.uniform(near, far), rng.uniform(0, 6.283)
        x, z = float(r * np.sin(a)), float(r * np.cos(a))
        if low < x < high and land.free(x, z, radius):
            break
    else:
        x, z = float((low + high) / 2), float(rng.choice([-1, 1])) * (near + 0.8)
    land.claim(x, z, radius)
    return x, z


def _cone() -> Mesh:
    from ldm3d.data.mesh import lathe

    body = lathe([[0.15, 0.03], [0.12, 0.2], [0.085, 0.4], [0.03, 0.7], [0, 0.7]], 12)
    body = body.painted((0.62, 0.13, 0.02))
    body.color[12:36, :3] = (0.62, 0.62, 0.6)
    foot = Blocks()
    foot.put((0, 0.02, 0), (0.42, 0.04, 0.42), (0.03, 0.03, 0.03))
    return merged([body, foot.mesh()])


def _hydrant() -> Mesh:
    from ldm3d.data.mesh import lathe

    body = lathe(
        [[0.16, 0], [0.16, 0.06], [0.11, 0.08], [0.11, 0.5], [0.14, 0.52], [0.14, 0.56],
         [0.1, 0.62], [0.04, 0.72], [0, 0.74]], 14,
    )  # fmt: skip
    arm = cylinder(0.06, 0.36, 10).turned(np.pi / 2, "z").moved((0.18, 0.42, 0))
    return merged([body, arm]).painted((0.45, 0.04, 0.03), Material.METAL).scaled(1.2)


def _bin() -> Mesh:
    blocks = Blocks()
    for i in range(14):
        a = i / 14 * 6.283
        at = (0.26 * np.cos(a), 0.45, 0.26 * np.sin(a))
        blocks.put(at, (0.09, 0.8, 0.09), (0.05, 0.09, 0.07), Material.METAL)
    core = cylinder(0.24, 0.85, 14).painted((0.02, 0.025, 0.022))
    lid = cylinder(0.3, 0.06, 14).moved((0, 0.88, 0)).painted((0.05, 0.09, 0.07), Material.METAL)
    return merged([blocks.mesh(), core, lid])


def build(streams: Streams) -> Scene:
    """Return the street."""
    rng, look = streams.layout, streams.look
    plan = _plan(streams)
    on_walk = abs(plan.middle_m) > plan.road_m and plan.cars
    foot = 0.13 if on_walk else 0.0
    land = paved_land(streams, 1.2, foot)
    scene = land.scene
    city = _City(land, plan, rng, streams.number)
    _near(city)
    _rows(city)
    _furniture(city)
    _traffic(city)
    _ground(city, streams)
    mid = plan.middle_m
    bounce(scene, [(mid, 12.0, 0.0), (mid, 12.0, -16.0), (mid, 12.0, 16.0)], 0.16)
    scene.eyes = tuple((x, EYE_M + foot, z) for x, z in _other_eyes(city, on_walk))
    return _worded(scene, city, look)


def _other_eyes(city: _City, on_walk: bool) -> list[tuple[float, float]]:
    plan, land, rng = city.plan, city.land, city.rng
    found: list[tuple[float, float]] = []
    for _ in range(200):
        z = float(rng.uniform(-8, 8))
        if on_walk:
            sign_ = -np.sign(plan.middle_m)
            x = plan.middle_m + sign_ * (plan.road_m + plan.walk_m * float(rng.uniform(0.3, 0.75)))
        else:
            x = plan.middle_m + float(rng.uniform(-0.6, 0.6)) * plan.road_m
        open_ = abs(z - plan.cross_m) > plan.cross_half_m + 1 or not on_walk
        apart = all(np.hypot(x - a, z - b) > 1.2 for a, b in found) and np.hypot(x, z) > 1.0
        if open_ and apart and land.free(x, z, 0.85):
            found.append((float(x), z))
        if len(found) == 3:
            break
    return found


def _worded(scene: Scene, city: _City, look: Look) -> Scene:
    plan = city.plan
    kind = {
        "brick": "brick buildings", "stone": "stone facades", "glass": "glass towers",
        "bands": "concrete buildings", "flats": "blocks of flats with balconies",
    }[plan.kinds[0]]  # fmt: skip
    details = [kind, *city.details]
    if look.wet > 0.5:
        details.insert(1, "reflections on the wet street")
    white = look.snow > 0.6
    place = "a city street" if plan.cars else "a pedestrian street in the city"
    scene.title = "Lights of the city" if plan.dark else "A street in the city"
    when = "in the snow" if white else look.season
    scene.caption = f"{place}, {when}, {look.hour}, {', '.join(details[:3])}"
    if not plan.cars:
        details.insert(1, "a pedestrian street")
    scene.details = tuple(details)
    scene.tags = (
        "city", "street", "buildings", look.season, look.hour, look.weather,
        *(["snow"] * white), *(["neon"] * ("neon signs" in details)),
    )  # fmt: skip
    return scene
