"""An old town: a narrow lane between old houses, or a market square."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.bounce import bounce
from ldm3d.data.families import Streams
from ldm3d.data.land import EYE_M, Land, paved_land
from ldm3d.data.look import Look
from ldm3d.data.mesh import Mesh, merged
from ldm3d.data.old_houses import QUARTERS, Quarter, arcade, church_tower, old_house
from ldm3d.data.paving import COBBLES, SLABS, arcs, laid, sheet, weathered
from ldm3d.data.scene import Lamp, Scene, placed
from ldm3d.data.stonework import arch_stones
from ldm3d.data.street_things import (
    barrel,
    bench,
    bicycle,
    cafe_table,
    cloth_line,
    crate,
    draw_well,
    flower_pot,
    fountain,
    lantern_post,
    light_string,
    market_stall,
    parasol,
    statue,
    wall_lantern,
)
from ldm3d.data.woodland import leafy_tree, spruce

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

NAMES = (
    "an old town",
    "a medieval town",
    "a historic town",
    "an old town with cobblestones",
    "the old part of a town",
    "a historic town centre",
    "old houses in a town",
    "a picturesque old town",
)

_LAMP = (3.4, 1.9, 0.72)


@dataclass(frozen=True)
class _Plan:
    quarter: Quarter
    square: bool
    half_m: float  # of the lane
    size: tuple[float, float]  # half sides of the square
    dark: bool
    snowy: bool


def _plan(streams: Streams) -> _Plan:
    rng, look = streams.layout, streams.look
    kind = str(rng.choice(list(QUARTERS), p=[0.36, 0.3, 0.2, 0.14]))
    quarter = replace(
        QUARTERS[kind],
        lit=float(rng.uniform(0.45, 0.75)) if look.dark else (0.12 if look.wet > 0.5 else 0.0),
        snow=look.snow,
        season=look.season,
        flowers=float(rng.choice([0.0, 0.35, 0.7])) if look.snow < 0.3 else 0.0,
    )
    square = bool(rng.random() < 0.5)
    size = (float(rng.uniform(12, 20)), float(rng.uniform(13, 24)))
    return _Plan(quarter, square, float(rng.uniform(2.3, 4.2)), size, look.dark, look.snow > 0.4)


@dataclass
class _Town:
    land: Land
    plan: _Plan
    rng: np.random.Generator
    details: list[str]
    fronts: list[tuple[Doubles, Doubles, float]]  # middle of a front (x, z), out of it, width

    def house(self, middle: Doubles, out: Doubles, wide: float, floors: int) -> None:
        """Put a house whose front's middle is at (x, z), facing `out`."""
        mesh, _ = old_house(self.rng, self.plan.quarter, wide + 0.15, floors)
        yaw = float(np.arctan2(out[0], out[1]))
        at = np.array([[middle[0], 0.0, middle[1]]])
        self.land.scene.add(mesh, placed(at, 1.0, yaw))
        self.fronts.append((middle, out, wide))

    def row(self, start: Doubles, end: Doubles, inside: Doubles, floors: tuple[int, int]) -> None:
        """Put houses along a line, their fronts to the side where `inside` lies."""
        way = end - start
        long = float(np.linalg.norm(way))
        way = way / long
        out = np.array([way[1], -way[0]])
        if float(out @ (inside - start)) < 0:
            out = -out
        at = 0.0
        while at < long - 2.0:
            wide = float(self.rng.uniform(4.6, 8.2))
            if long - at - wide < 3.5:
                wide = long - at
            setback = out * float(self.rng.uniform(-0.25, 0.1))
            count = int(self.rng.integers(floors[0], floors[1] + 1))
            self.house(start + way * (at + wide / 2) + setback, out, wide, count)
            at += wide


def _lamp(land: Land, at: tuple[float, float, float], color: tuple[float, ...] = _LAMP) -> None:
    r, g, b = color
    near = float(np.hypot(at[0], at[2])) < 9
    if len(land.scene.lamps) < 12:
        land.scene.lamps.append(Lamp(at, (r, g, b), 0.12, near))


def _lane(town: _Town) -> None:
    """Build a bending lane of houses through the origin."""
    rng, plan, land = town.rng, town.plan, town.land
    low = plan.half_m + float(rng.uniform(-0.4, 0.4))
    aside = float(rng.uniform(-0.5, 0.5)) * (plan.half_m - 1.0)
    floors = (1, 3) if plan.half_m > 2.4 else (2, 3)
    bends = [float(rng.choice([-1, 1])) * float(rng.uniform(0.25, 0.75)) for _ in range(2)]
    lines: list[tuple[Doubles, Doubles]] = []
    for direction, bend in zip((1.0, -1.0), bends, strict=True):
        at, angle = np.array([aside, 0.0]), 0.0
        step = float(rng.uniform(6.0, 9.0))
        for i in range(5):
            way = np.array([np.sin(angle), -np.cos(angle)]) * direction
            end = at + way * step
            lines.append((at, end))
            at, angle = end, angle + bend * (1.0 if i < 4 else 0.0)
            step = float(rng.uniform(5.5, 8.5))
    for number, (start, end) in enumerate(lines):
        way = (end - start) / np.linalg.norm(end - start)
        side = np.array([-way[1], way[0]])
        for sign in (-1.0, 1.0):
            half = low + float(rng.uniform(-0.25, 0.45))
            middle = (start + end) / 2 + side * sign * half
            town.house(
                middle, -side * sign, float(np.linalg.norm(end - start)) + 0.9,
                int(rng.integers(floors[0], floors[1] + 1)),
            )  # fmt: skip
        if number in (1, 2, 6, 7) and rng.random() < 0.5:
            _over_lane(town, start, side, low, way)
    end_at, way = lines[4][1], lines[4][1] - lines[4][0]
    if rng.random() < 0.35:
        tower = church_tower(rng, plan.quarter, float(rng.uniform(26, 40)), plan.dark)
        at = end_at + way / np.linalg.norm(way) * 14
        land.scene.add(tower, placed(np.array([[at[0], 0, at[1]]]), 1.0, float(rng.uniform(0, 6))))
        town.details.append("a church tower")


def _over_lane(town: _Town, at: Doubles, side: Doubles, half: float, way: Doubles) -> None:
    """Span something across the lane: an arch, washing, lights."""
    rng, plan, land = town.rng, town.plan, town.land
    kinds = ["arch", "lights"] + (["washing"] if plan.quarter.kind == "plaster" else [])
    if land.look.wet > 0.5 or plan.snowy:
        kinds = ["arch", "lights"]
    kind = str(rng.choice(kinds))
    yaw = float(np.arctan2(way[0], way[1]))
    a, b = at + side * (half + 0.2), at - side * (half + 0.2)
    if kind == "arch":
        arch = arch_stones(rng, half + 0.1, 0.5, 0.8, plan.quarter.trim, count=11)
        rows = placed(np.array([[at[0], 3.0, at[1]]]), 1.0, yaw)
        land.scene.add(arch.scaled((1, 0.55, 1)), rows)
        town.details.append("an arch over the street")
        return
    tall = float(rng.uniform(4.4, 5.6))
    ends = (a[0], tall, a[1]), (b[0], tall + float(rng.uniform(-0.4, 0.4)), b[1])
    if kind == "lights":
        land.scene.add(light_string(*ends, plan.dark, 0.35, 12))
        if plan.dark:
            _lamp(land, (float(at[0]), tall - 0.5, float(at[1])), (1.6, 0.9, 0.35))
        town.details.append("a string of lights")
    else:
        land.scene.add(cloth_line(*ends, rng))
        town.details.append("washing on a line")


def _square(town: _Town) -> None:
    """Build houses around a market square; the eye stands somewhere in it."""
    rng, plan, land = town.rng, town.plan, town.land
    wide, long = plan.size
    cx, cz = float(rng.uniform(-0.55, 0.55) * wide), float(rng.uniform(-0.55, 0.55) * long)
    corners = [
        np.array([cx + sx * wide, cz + sz * long])
        for sx, sz in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    inside = np.array([cx, cz])
    covered = int(rng.integers(0, 4)) if rng.random() < 0.5 else -1
    for number in range(4):
        start, end = corners[number], corners[(number + 1) % 4]
        way = (end - start) / np.linalg.norm(end - start)
        total = float(np.linalg.norm(end - start))
        if number == covered:
            _arcaded(town, start, end, inside)
            continue
        street = float(rng.uniform(3.0, 5.0))
        cut = float(rng.uniform(0.2, 0.8)) * total
        first, second = start + way * (cut - street / 2), start + way * (cut + street / 2)
        if cut > 7:
            town.row(start, first, inside, (2, 3))
        if total - cut > 7:
            town.row(second, end, inside, (2, 3))
        _side_street(town, (first + second) / 2, inside, street)
    behind = (
        inside + np.array([np.sin(a := rng.uniform(0, 6.283)), np.cos(a)]) * (wide + long) * 0.85
    )
    tower = church_tower(rng, plan.quarter, float(rng.uniform(30, 46)), plan.dark)
    rows = placed(np.array([[behind[0], 0, behind[1]]]), 1.0, float(rng.integers(0, 4)) * 1.571)
    land.scene.add(tower, rows)
    town.details.append("a church tower")
    _middle(town, cx, cz)


def _side_street(town: _Town, at: Doubles, inside: Doubles, wide: float) -> None:
    """Line the street that leaves the square through a gap, and close its end."""
    way = at - inside
    way = np.array([np.sign(way[0]), 0.0]) if abs(abs(way[0]) - town.plan.size[0]) < 1e-6 else (
        np.array([0.0, np.sign(way[1])])
    )  # fmt: skip
    side = np.array([-way[1], way[0]])
    for sign in (-1.0, 1.0):
        line = at + side * sign * wide / 2 + way * 9.4
        town.row(line, line + way * 15, line - side * sign, (1, 3))
    town.house(at + way * 27, -way, wide + 6, 2)


def _arcaded(town: _Town, start: Doubles, end: Doubles, inside: Doubles) -> None:
    """Put a long building on arches along one side."""
    rng, plan = town.rng, town.plan
    way = end - start
    total = float(np.linalg.norm(way))
    way = way / total
    out = np.array([way[1], -way[0]])
    out = -out if float(out @ (inside - start)) < 0 else out
    bays = max(4, round(total / 3.3))
    trim = plan.quarter.trim if plan.quarter.kind != "timber" else (0.42, 0.38, 0.31)
    mesh = arcade(rng, trim, bays, total / bays)
    middle = (start + end) / 2
    yaw = float(np.arctan2(out[0], out[1]))
    town.land.scene.add(mesh, placed(np.array([[middle[0], 0, middle[1]]]), 1.0, yaw))
    # The upper floors stand on the arches, the ground floor lies behind them.
    count = max(2, round(total / 7))
    for i in range(count):
        at = start + way * total * (i + 0.5) / count
        upper, _ = old_house(rng, plan.quarter, total / count + 0.1, int(rng.integers(1, 3)))
        lifted = placed(np.array([[at[0], 1.25, at[1]]]), 1.0, yaw)
        faces = upper.faces[(upper.position[upper.faces, 1] > 2.9).all(axis=1)]
        top = Mesh(upper.position, upper.normal, upper.texture, upper.color, upper.material, faces)
        town.land.scene.add(top, lifted)
        back = at - out * 3.2
        town.house(back, out, total / count + 0.1, 0)
    town.details.append("arcades")
    if plan.dark:
        for i in (1, bays - 2):
            at = start + way * total * (i + 0.5) / bays - out * 1.6
            _lamp(town.land, (float(at[0]), 3.4, float(at[1])), (1.8, 1.0, 0.4))


def _middle(town: _Town, cx: float, cz: float) -> None:
    """Put a fountain, a well, a statue or a tree into the square, and stalls."""
    rng, plan, land = town.rng, town.plan, town.land
    wide, long = plan.size
    for _ in range(30):
        x, z = cx + rng.uniform(-0.4, 0.4) * wide, cz + rng.uniform(-0.4, 0.4) * long
        if 4.0 < np.hypot(x, z) < 13:
            break
    x, z, yaw = float(x), float(z), float(rng.uniform(0, 6.283))
    land.claim(x, z, 3.0)
    kind = str(rng.choice(["fountain", "fountain", "well", "statue", "tree"]))
    if kind == "fountain":
        land.put(fountain(rng, land.look.snow > 0.5, int(rng.integers(0, 2))), x, z, yaw=yaw)
        town.details.append("a stone fountain")
    elif kind == "well":
        land.put(draw_well(rng, plan.snowy), x, z, yaw=yaw)
        town.details.append("a well")
    elif kind == "statue":
        land.put(statue(bool(rng.random() < 0.6)), x, z, yaw=yaw)
        town.details.append("a statue")
    elif plan.snowy:
        _christmas_tree(town, x, z)
    else:
        tree = leafy_tree(int(rng.integers(0, 2)), 0, land.look.season)
        land.put(tree, x, z, yaw=yaw, size=1.15)
        town.details.append("an old tree")
    if rng.random() < 0.62:
        _stalls(town, cx, cz)
    for _ in range(int(rng.integers(2, 5))):
        x, z = land.find(3.5, min(wide, 11), 0.6)
        heads = int(rng.integers(1, 3))
        land.put(lantern_post(heads, plan.dark, plan.snowy), x, z, yaw=float(rng.uniform(0, 6)))
        if plan.dark:
            _lamp(land, (x, 3.7 if heads == 1 else 3.3, z))
    if rng.random() < 0.4 and not plan.snowy:
        _square_trees(town, cx, cz)


def _stalls(town: _Town, cx: float, cz: float) -> None:
    rng, plan, land = town.rng, town.plan, town.land
    for _ in range(int(rng.integers(2, 8))):
        x, z = land.find(3.2, 12, 1.9)
        if abs(x - cx) > plan.size[0] - 2.6 or abs(z - cz) > plan.size[1] - 2.6:
            continue
        turn = float(np.arctan2(-x, -z) + rng.normal(0, 0.9))
        land.put(market_stall(rng, plan.snowy, plan.dark), x, z, yaw=turn)
        town.details.append("market stalls with striped roofs")
        if plan.dark:
            front = (x + 0.5 * float(np.sin(turn)), 2.1, z + 0.5 * float(np.cos(turn)))
            _lamp(land, front, (1.5, 0.85, 0.33))


def _square_trees(town: _Town, cx: float, cz: float) -> None:
    rng, plan, land = town.rng, town.plan, town.land
    for _ in range(int(rng.integers(2, 5))):
        x, z = land.find(5, 12, 1.2)
        if abs(x - cx) < plan.size[0] - 3 and abs(z - cz) < plan.size[1] - 3:
            yaw, size = float(rng.uniform(0, 6)), float(rng.uniform(0.6, 0.85))
            land.put(leafy_tree(1, 1, land.look.season), x, z, yaw=yaw, size=size)
            town.details.append("trees")


def _christmas_tree(town: _Town, x: float, z: float) -> None:
    from ldm3d.data.mesh import Material, sphere

    land = town.land
    land.put(spruce(0, 0, 0.5), x, z, size=0.7)
    t = np.arange(70) / 70
    angle, y = t * 40, 1.2 + t * 8.2
    r = 0.235 * 10 * (1 - y / 10) ** 0.8 + 0.15
    at = np.stack([x + r * np.cos(angle), y, z + r * np.sin(angle)], 1)
    lit = town.plan.dark
    tint = (9, 5.5, 2.0) if lit else (0.6, 0.35, 0.08)
    bulb = sphere(0.09, 4, 6).painted(tint, Material.GLOW if lit else Material.METAL)
    land.scene.add(bulb, placed(at))
    if lit:
        _lamp(land, (x, 3.5, z + 2.4), (2.5, 1.5, 0.6))
    town.details.append("a Christmas tree with lights")


def _along_walls(town: _Town) -> None:
    """Put lanterns, pots, barrels and tables along the fronts."""
    rng, plan, land = town.rng, town.plan, town.land
    by_distance = sorted(town.fronts, key=lambda f: float(np.hypot(*f[0])))
    said = set()
    for number, (middle, out, wide) in enumerate(by_distance[:12]):
        side = np.array([-out[1], out[0]])
        yaw = float(np.arctan2(out[0], out[1]))
        if number < 7 and rng.random() < 0.75:
            at = middle + side * (wide / 2 - 0.3) * float(rng.choice([-1, 1]))
            rows = placed(np.array([[at[0], 2.75, at[1]]]), 1.0, yaw)
            land.scene.add(wall_lantern(plan.dark), rows)
            if plan.dark:
                lit = at + out * 0.75
                _lamp(land, (float(lit[0]), 2.75, float(lit[1])), (2.2, 1.22, 0.45))
            said.add("lanterns on the walls")
        for _ in range(int(rng.integers(1, 4))):
            at = middle + side * float(rng.uniform(-0.45, 0.45)) * wide + out * 0.45
            if np.hypot(*at) < 1.15 or not land.free(at[0], at[1], 0.35):
                continue
            thing, name = _wall_thing(town)
            land.put(thing, float(at[0]), float(at[1]), yaw=yaw, size=float(rng.uniform(0.9, 1.15)))
            land.claim(float(at[0]), float(at[1]), 0.5)
            if number < 5:
                said.add(name)
    town.details.extend(sorted(said))


def _wall_thing(town: _Town) -> tuple[Mesh, str]:
    rng = town.rng
    choice = rng.choice(
        ["pot", "barrel", "crates", "bench", "bicycle"], p=[0.5, 0.15, 0.12, 0.13, 0.1]
    )
    if choice == "pot":
        kind = int(rng.integers(0, 8))
        season = town.land.look.season
        return flower_pot(kind, season), "flower pots" if season != "winter" else "plant pots"
    if choice == "barrel":
        return barrel(), "barrels"
    if choice == "crates":
        kind = int(rng.integers(0, 6))
        stack = merged([crate(kind, False), crate(kind).moved((0.02, 0.34, 0.01))])
        return stack, "wooden crates"
    if choice == "bench":
        return bench(int(rng.integers(0, 3)), town.plan.snowy), "a bench"
    color = ((0.4, 0.05, 0.04), (0.05, 0.12, 0.2), (0.06, 0.07, 0.07))[int(rng.integers(0, 3))]
    return bicycle(color), "a bicycle"


def _near(town: _Town) -> None:
    """Make sure of something at 1 to 4 m that is worth looking at."""
    rng, plan, land = town.rng, town.plan, town.land
    reach = 3.4 if plan.square else max(plan.half_m - 0.3, 1.7)
    names = ["tables", "barrels", "bench", "pots", "crates"]
    for chosen in rng.permutation(names)[: int(rng.integers(1, 3))]:
        name = str(chosen)
        if name == "tables" and not plan.snowy:
            for _ in range(int(rng.integers(1, 4))):
                x, z = land.find(2.4 if plan.square else 1.6, reach + 1.6, 0.95)
                kind = int(rng.integers(0, 5))
                land.put(cafe_table(kind), x, z, yaw=float(rng.uniform(0, 6)))
                if plan.square and land.look.wet < 0.5:
                    land.put(parasol(kind), x, z, size=float(rng.uniform(0.95, 1.1)))
            town.details.append("cafe tables")
        elif name == "bench":
            x, z = land.find(1.7, reach, 0.9)
            land.put(bench(int(rng.integers(0, 3)), plan.snowy), x, z, yaw=float(rng.uniform(0, 6)))
            town.details.append("a bench")
        elif name == "pots":
            for _ in range(4):
                x, z = land.find(1.5, reach, 0.4)
                land.put(flower_pot(int(rng.integers(0, 8)), land.look.season), x, z, size=1.2)
            town.details.append("flower pots" if land.look.season != "winter" else "plant pots")
        elif name in ("barrels", "crates"):
            for _ in range(3):
                x, z = land.find(1.5, reach, 0.4)
                thing = barrel() if name == "barrels" else crate(int(rng.integers(0, 6)))
                land.put(thing, x, z, yaw=float(rng.uniform(0, 6)))
            town.details.append(name if name == "barrels" else "crates of fruit")


def _ground(town: _Town, streams: Streams) -> None:
    rng, look, number = town.rng, town.land.look, streams.number
    scene = town.land.scene
    color = np.array(COBBLES[int(rng.integers(0, len(COBBLES)))]) * rng.uniform(0.85, 1.15)
    kind = str(rng.choice(["cobbles", "arcs", "slabs", "bands"]))
    # Fewer, larger stones where less detail is asked for.
    stone = 0.135 * min(streams.larger, 1.75) ** 0.62
    base = sheet((-60, -60, 60, 60), -0.03, color * 0.62, 0.8, number)
    scene.add(weathered(base, look, number, shiny=0.0), casts_sky=False, casts_sun=False)
    near, hole = 9.0, 8.7
    if kind == "arcs":
        parts, hole = [arcs(rng, near + 2.0, stone, color)], near + 1.5
    elif kind == "slabs":
        slab = np.array(SLABS[int(rng.integers(0, len(SLABS)))]) * 0.7
        parts = [laid(rng, (-14, -14, 14, 14), (0.75, 0.5), slab, patches=number)]
        hole, color = 13.6, slab
    else:
        parts = [
            laid(rng, (-near, -near, near, near), (stone * 1.35, stone), color, patches=number)
        ]
    if kind == "bands":
        pale = np.array(SLABS[int(rng.integers(0, len(SLABS)))]) * 1.1
        for x in np.arange(-8, 9, 4.0):
            parts.append(laid(rng, (x - 0.2, -12, x + 0.2, 12), (0.4, 0.7), pale, y_m=0.008))
    whole = merged(parts)
    turn = float(rng.uniform(0, 1.571)) if town.plan.square else 0.0
    scene.add(weathered(whole.turned(turn), look, number), casts_sky=False, casts_sun=False)
    far = laid(
        rng, (-34, -34, 34, 34), (0.85, 0.6), color * 0.93, y_m=-0.006, patches=number, hole_m=hole
    )
    far = weathered(far.turned(turn), look, number)
    scene.add(far, casts_sky=False, casts_sun=False)


def build(streams: Streams) -> Scene:
    """Return the lane or the square."""
    rng, look = streams.layout, streams.look
    plan = _plan(streams)
    land = paved_land(streams, 1.25)
    scene = land.scene
    town = _Town(land, plan, rng, [], [])
    (_square if plan.square else _lane)(town)
    _near(town)
    _along_walls(town)
    if plan.square:
        bounce(scene, [(0.0, 11.0, 0.0)], 0.16)
    else:
        bounce(scene, [(0.0, 9.0, 0.0), (0.0, 9.0, -11.0), (0.0, 9.0, 11.0)], 0.34)
    _ground(town, streams)
    reach = 4.0 if plan.square else plan.half_m - 0.9
    scene.eyes = _eyes(town, reach)
    return _worded(scene, town, look)


def _eyes(town: _Town, reach: float) -> tuple[tuple[float, float, float], ...]:
    """Return free places: along the lane's middle, or about in the square."""
    rng, land = town.rng, town.land
    found: list[tuple[float, float, float]] = []
    for _ in range(300):
        x = float(rng.uniform(-reach - 1.5, reach + 1.5))
        z = float(rng.uniform(-11.0, 11.0))
        inside = all(
            float(out @ (np.array([x, z]) - middle)) > 0.85
            or abs(float(np.array([-out[1], out[0]]) @ (np.array([x, z]) - middle)))
            > wide / 2 + 0.5
            for middle, out, wide in town.fronts
        )
        apart = all(np.hypot(x - ox, z - oz) > 1.0 for ox, _, oz in found) and np.hypot(x, z) > 1
        if inside and apart and land.free(x, z, 0.82):
            found.append((x, EYE_M, z))
        if len(found) == 3:
            break
    return tuple(found)


def _worded(scene: Scene, town: _Town, look: Look) -> Scene:
    kind = {
        "plaster": "colorful old houses", "timber": "half-timbered houses",
        "stone": "old stone houses", "brick": "old brick houses",
    }[town.plan.quarter.kind]  # fmt: skip
    details = list(dict.fromkeys([kind, *town.details]))
    place = "a market square" if town.plan.square else "a narrow old street"
    white = look.snow > 0.6
    scene.title = "Market square" if town.plan.square else "In the old town"
    named = ", ".join(details[:3])
    scene.caption = f"{place} in {'the snow' if white else look.season}, {look.hour}, {named}"
    scene.details = (kind, place, *details[1:])
    scene.tags = (
        "old town", "square" if town.plan.square else "street", "cobblestones", kind,
        look.season, look.hour, look.weather, *(["snow"] * white),
    )  # fmt: skip
    return scene
