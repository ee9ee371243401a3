"""A living room: a wooden hut, a loft, an old flat, a nordic home; by day or by lamplight."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data import lounge
from ldm3d.data.city_blocks import tower
from ldm3d.data.families import Streams
from ldm3d.data.home_styles import RUGS, STYLES, WHITE, Style
from ldm3d.data.look import Look
from ldm3d.data.mesh import Material, box
from ldm3d.data.rooms import (
    Room,
    Window,
    bricks,
    ceiling,
    door,
    floor_boards,
    glazing,
    logs,
    outside_ground,
    rgb,
    wall,
)
from ldm3d.data.scene import Color, Lamp, Scene, placed
from ldm3d.data.woodland import leafy_tree, spruce

Doubles = NDArray[np.float64]

NAMES = (
    "a living room", "a cozy living room", "a sitting room", "a lounge", "a room with a sofa",
    "the inside of a home", "a drawing room", "a living room in a house",
)  # fmt: skip
HOURS = ("morning", "noon", "golden hour", "dusk", "night")
WEATHERS = ("clear", "clear", "cloudy", "overcast")
SEASONS = ("summer",)


@dataclass
class _Home:
    """One room while it is being furnished."""

    room: Room
    scene: Scene
    rng: np.random.Generator
    look: Look
    style: Style
    kind: str
    wood: Color
    fabric: Color
    pillows: Doubles
    windows: dict[int, list[Window]]
    lit: bool
    details: list[str] = field(default_factory=list)

    def say(self, words: str) -> None:
        if words not in self.details:
            self.details.append(words)

    def glow(
        self, at: ArrayLike, strength: float, shadowed: bool = False, red: float = 0.0
    ) -> None:
        x, y, z = (float(v) for v in np.asarray(at))
        color = (strength, strength * (0.66 - red), strength * (0.36 - red * 0.7))
        self.scene.lamps.append(Lamp((x, y, z), color, 0.08, shadowed))

    def crowded(self, side: int, along: float, half: float) -> bool:
        """Say whether a window is behind a part of a wall."""
        return any(abs(w.at_m - along) < w.half_m + half for w in self.windows.get(side, []))


def _walls(home: _Home, number: int) -> None:
    room, style, rng = home.room, home.style, home.rng
    color = style.walls[int(rng.integers(len(style.walls)))]
    accent = style.accents[int(rng.integers(len(style.accents)))]
    special = int(rng.integers(4))
    for side in range(4):
        holes, long = home.windows.get(side, []), room.length(side)
        if style.build == "logs":
            mesh = logs(long, room.high_m, holes, accent, rng)
        elif style.build == "bricks" and (side == special or side == (special + 1) % 4):
            mesh = bricks(long, room.high_m, holes, accent, rng)
        elif side == special and style.build == "paper":
            mesh = wall(long, room.high_m, holes, accent, stripes=np.array(accent) * 0.78)
        else:
            mesh = wall(long, room.high_m, holes, accent if side == special else color)
        x, z = room.spot(side, 0, 0)
        home.scene.add(mesh.turned(room.yaw(side)).moved((x, 0, z)), casts_sky=False)
        if style.build != "logs":
            skirt = box((long, 0.12, 0.025), (0, 0.06, 0.012)).painted(style.frame, Material.WOOD)
            home.scene.add(skirt.turned(room.yaw(side)).moved((x, 0, z)), casts_sky=False)
    home.say(style.words)
    which, tone = style.floors[int(rng.integers(len(style.floors)))]
    home.scene.add(floor_boards(room.wide_m, room.long_m, tone, rng, which), casts_sky=False)
    home.say(
        {"parquet": "a parquet floor", "boards": "a wooden floor"}.get(which, "a concrete floor")
    )
    above = str(rng.choice(style.ceilings))
    home.scene.add(ceiling(room, above, WHITE, home.wood, rng), casts_sky=False)
    if above in ("beams", "gable"):
        home.say("wooden beams")
    _glaze(home)
    _outside(home, number)


def _glaze(home: _Home) -> None:
    """Put frames and curtains to the windows."""
    room, rng, style = home.room, home.rng, home.style
    bars = {"loft": (4, 4), "old": (2, 3), "hut": (2, 2), "nordic": (2, 1), "retro": (1, 1)}[
        home.kind
    ]
    drapes = home.kind in ("old", "hut", "retro") or rng.random() < 0.4
    tone = home.pillows[0] if rng.random() < 0.6 else np.array((0.62, 0.58, 0.50))
    for side, holes in home.windows.items():
        for hole in holes:
            room.at_wall(glazing(hole, *bars, style.frame), side, hole.at_m, 0)
            if not drapes:
                continue
            top = min(hole.top_m + 0.16, room.high_m - 0.1)
            for s in (-1, 1):
                room.at_wall(
                    lounge.curtain(top, 0.42, tone),
                    side,
                    hole.at_m + s * (hole.half_m + 0.12),
                    0.13,
                )
            rod = box((2 * hole.half_m + 1.0, 0.03, 0.03)).painted(
                (0.12, 0.09, 0.06), Material.METAL
            )
            room.at_wall(rod, side, hole.at_m, 0.13, top)
    wide = max(w.half_m for holes in home.windows.values() for w in holes) > 0.95
    home.say("large windows" if wide else "windows")
    if drapes:
        home.say("curtains")


def _outside(home: _Home, number: int) -> None:
    """Put something before the windows: a garden, a snowy wood, hills, a city."""
    rng = home.rng
    kind = str(rng.choice(home.style.outside))
    low = 22.0 if kind == "city" else 0.5
    tone = {"city": (0.10, 0.10, 0.105), "snow": (0.75, 0.79, 0.85)}.get(kind, (0.09, 0.14, 0.035))
    hilly = {"hills": 140.0, "snow": 90.0, "wood": 60.0}.get(kind, 12.0)
    home.scene.add(outside_ground(low, tone, hilly, number), casts_sun=False, casts_sky=False)
    count = 26 if kind == "city" else 34
    a = rng.uniform(0, 6.283, count)
    reach = (35, 160) if kind == "city" else (9, 60)
    r = rng.uniform(*reach, count)
    x, z = r * np.cos(a), r * np.sin(a)
    at = np.stack([x, np.full(count, -low), z], 1)
    if kind == "city":
        for i in range(count):
            mesh = tower(
                np.random.default_rng(i % 5), 16, 14, 22 + 9 * (i % 6), 0.5 if home.lit else 0.0
            )
            home.scene.add(
                mesh, placed(at[i : i + 1], 1.0, float(a[i])), casts_sun=False, casts_sky=False
            )
        home.say("a city outside the window")
        return
    snowy = kind == "snow"
    mesh = (
        spruce(1, 2, 1.0 if snowy else 0.0)
        if kind in ("snow", "wood")
        else leafy_tree(1, 2, "summer")
    )
    rows = placed(at, rng.uniform(0.6, 1.2, count), a)
    home.scene.add(mesh, rows, casts_sun=False, casts_sky=False)
    home.say({"snow": "snow outside the windows", "hills": "hills outside the windows"}.get(
        kind, "trees outside the windows"))  # fmt: skip


def _focus(home: _Home, side: int) -> None:
    """Furnish the wall that the sofa looks at: a fireplace or a television."""
    room, rng, style = home.room, home.rng, home.style
    along = float(rng.uniform(-0.1, 0.1)) * room.length(side)
    if rng.random() < (1.0 if home.kind == "hut" else 0.55):
        kind = int(rng.choice(style.fires))
        burning = home.lit or bool(rng.random() < 0.5)
        stones: tuple[Color, ...] = ((0.30, 0.28, 0.26), (0.33, 0.14, 0.09), (0.42, 0.38, 0.32))
        stone = stones[int(rng.integers(3))] if kind == 0 else (0.62, 0.60, 0.57)
        mesh = lounge.fireplace(kind, room.high_m + 0.2, stone, burning)
        room.at_wall(mesh, side, along, 0.0, half=(0.95, 0.9))
        x, z = room.spot(side, along, 0.75)
        if burning:
            home.glow((x, 0.45, z), 2.4 if home.lit else 1.2, True, 0.12)
        name = "a wood stove" if kind == 2 else "a fireplace"
        home.say(name + (" with a fire" if burning else ""))
        if kind == 1:
            art = lounge.picture(rng, (0.9, 0.7), (0.45, 0.30, 0.10))
            room.at_wall(art, side, along, 0.02, 1.85)
        room.at_wall(lounge.basket(True), side, along + 1.25, 0.4, half=(0.25, 0.25))
    else:
        room.at_wall(lounge.television(home.wood), side, along, 0.28, half=(0.9, 0.25))
        home.say("a television")
    for s in (-1, 1):
        at = along + s * 2.05
        if abs(at) < room.length(side) / 2 - 0.6 and not home.crowded(side, at, 0.5):
            _filler(home, side, at)


def _filler(home: _Home, side: int, along: float) -> None:
    """Put one thing about a metre wide at a wall."""
    room, rng = home.room, home.rng
    kind = int(rng.integers(4))
    if kind < 2:
        tall = float(rng.uniform(1.5, min(2.3, room.high_m - 0.2)))
        mesh = lounge.shelf(rng, 0.95, tall, home.wood, float(rng.uniform(0.5, 0.95)))
        room.at_wall(mesh, side, along, 0.18, half=(0.5, 0.2))
        home.say("shelves with books")
    elif kind == 2:
        _plant(home, *room.spot(side, along, 0.45))
    else:
        room.at_wall(lounge.sideboard(rng, home.wood, 1.0), side, along, 0.25, half=(0.5, 0.25))
        room.at_wall(lounge.table_lamp(home.lit, rgb(home.pillows[0])), side, along, 0.25, 0.82)
        if home.lit:
            x, z = room.spot(side, along, 0.3)
            home.glow((x, 1.25, z), 0.9)
        art = lounge.picture(rng, (0.6, 0.75), home.wood)
        room.at_wall(art, side, along, 0.02, 1.85)
        home.say("a sideboard")


def _plant(home: _Home, x: float, z: float) -> None:
    rng = home.rng
    pots: tuple[Color, ...] = ((0.55, 0.25, 0.15), (0.62, 0.60, 0.56), (0.08, 0.09, 0.10))
    mesh = lounge.potted_plant(
        int(rng.integers(5)), pots[int(rng.integers(3))], float(rng.uniform(0.8, 1.6))
    )
    home.room.put(mesh, x, z, float(rng.uniform(0, 6)), half=(0.55, 0.55))
    home.say("a potted plant")


def _plain_wall(home: _Home, side: int) -> None:
    """Furnish a wall with shelves and pictures, or the space between windows."""
    room, rng = home.room, home.rng
    long = room.length(side)
    if home.windows.get(side):
        for at in (-long / 2 + 0.5, long / 2 - 0.5):
            if rng.random() < 0.7 and not home.crowded(side, at, 0.3):
                _plant(home, *room.spot(side, at, 0.5))
        return
    left = -long / 2 + 0.75
    if rng.random() < 0.6:
        room.at_wall(door(home.style.frame), side, left, 0.02)
        left += 1.2
        home.say("a door")
    wide = float(rng.uniform(1.6, 2.6))
    if rng.random() < 0.7:
        tall = float(rng.uniform(1.2, min(2.4, room.high_m - 0.2)))
        middle = float(np.clip(left + wide / 2, -long / 2 + wide / 2, long / 2 - wide / 2))
        room.at_wall(
            lounge.shelf(rng, wide, tall, home.wood, 0.85), side, middle, 0.18, half=(wide / 2, 0.2)
        )
        left = middle + wide / 2 + 0.5
        home.say("shelves with books")
    while left < long / 2 - 0.6:
        size = (float(rng.uniform(0.4, 0.9)), float(rng.uniform(0.45, 0.9)))
        frame = [(0.03, 0.03, 0.03), (0.45, 0.32, 0.12), home.wood][int(rng.integers(3))]
        middle = left + size[0] / 2
        room.at_wall(
            lounge.picture(rng, size, frame), side, middle, 0.02, float(rng.uniform(1.5, 1.75))
        )
        left += size[0] + float(rng.uniform(0.15, 0.5))
        home.say("pictures on the wall")


def _group(home: _Home, focus: int, gap: float) -> tuple[float, float]:
    """Put rug, table, sofa, armchairs and lamp in the middle; return where the table is."""
    room, rng = home.room, home.rng
    depth = room.long_m if focus % 2 == 0 else room.wide_m
    gx, gz = room.spot(focus, float(rng.uniform(-0.3, 0.3)), min(gap, depth - 2.0))
    yaw = room.yaw(focus)
    c, s = np.cos(yaw), np.sin(yaw)

    def local(u: float, v: float) -> tuple[float, float]:
        """Return the place u to the side and v away from the focus."""
        return gx + c * u + s * v, gz - s * u + c * v

    kind = int(rng.choice(home.style.rugs))
    size = (float(rng.uniform(2.3, 3.3)), float(rng.uniform(1.7, 2.4)))
    size = (size[1], size[1]) if kind == 3 else size
    colors = RUGS[int(rng.integers(len(RUGS)))]
    home.scene.add(lounge.rug(size, colors, kind), placed(np.array([[gx, 0, gz]]), 1.0, yaw),
                   casts_sky=False)  # fmt: skip
    home.say(("a patterned rug", "a striped rug", "a patterned rug", "a round rug", "a rug")[kind])
    table = int(rng.integers(4)) if home.kind != "hut" else int(rng.choice([0, 3]))
    room.put(lounge.coffee_table(table, home.wood), gx, gz, yaw, half=(0.6, 0.36))
    room.put(
        lounge.on_table(rng, bool(rng.random() < 0.65)), gx, gz, float(rng.uniform(0, 6)), 0.43
    )
    home.say("a coffee table")
    long = float(rng.choice([1.7, 2.1, 2.5]))
    mesh = lounge.sofa(
        rng, long, home.fabric, home.pillows, home.wood, int(rng.choice(home.style.sofas))
    )
    room.put(mesh, *local(0, 1.15), yaw + np.pi, half=(long / 2, 0.47))
    sides = [float(v) for v in rng.permutation([-1.0, 1.0])]
    chair_tone = home.pillows[1] if rng.random() < 0.5 else home.fabric
    for i, u in enumerate(sides[: int(rng.integers(1, 3))]):
        turn = yaw - u * np.pi / 2 + float(rng.normal(0, 0.15))
        style = int(rng.integers(3))
        at = local(u * (1.45 + 0.1 * i), float(rng.uniform(-0.3, 0.1)))
        room.put(lounge.armchair(rng, chair_tone, home.wood, style), *at, turn, half=(0.45, 0.45))
        if i == 1:
            home.details.remove("an armchair")
        home.say("an armchair" if i == 0 else "armchairs")
    if rng.random() < 0.5:
        room.put(
            lounge.pouf(rgb(home.pillows[-1])),
            *local(float(rng.uniform(-0.8, 0.8)), -1.0),
            half=(0.3, 0.3),
        )
    kind = int(rng.integers(4))
    lamp, bulb = lounge.floor_lamp(kind, home.lit)
    u = sides[0] * (long / 2 + 0.45)
    x, z = local(u, 1.35)
    turn = yaw + (np.pi if u > 0 else 0.0)
    room.put(lamp, x, z, turn, half=(0.25, 0.25))
    if home.lit:
        bx = x + np.cos(turn) * bulb[0]
        bz = z - np.sin(turn) * bulb[0]
        home.glow((bx, bulb[1] - 0.02, bz), 2.6, True)
    home.say("a floor lamp")
    return gx, gz


def _eyes(home: _Home, middle: tuple[float, float]) -> list[tuple[float, float, float]]:
    """Return places to stand or sit among the furniture, the nearest to its middle first."""
    room, rng = home.room, home.rng
    tries = np.array(middle) + rng.normal(0, 1.25, (500, 2))
    tries = tries[np.argsort(np.hypot(*(tries - middle).T))]
    found: list[tuple[float, float, float]] = []
    for gap in (0.62, 0.5, 0.4):
        for x, z in tries:
            apart = all(np.hypot(x - a, z - b) > 1.0 for a, _, b in found)
            if apart and room.free(float(x), float(z), gap, 0.9):
                found.append((float(x), float(rng.uniform(1.25, 1.6)), float(z)))
            if len(found) == 4:
                return found
    return found or [(0.0, 1.5, 0.0)]


def _windows(
    kind: str, room: Room, sides: list[int], rng: np.random.Generator
) -> dict[int, list[Window]]:
    out = {}
    for side in sides:
        long = room.length(side)
        half = {"loft": 1.1, "old": 0.6, "hut": 0.55, "nordic": 0.85, "retro": 1.3}[kind]
        half *= float(rng.uniform(0.85, 1.15))
        sill = {"loft": 0.5, "old": 0.55, "hut": 0.95, "nordic": 0.3, "retro": 0.8}[kind]
        top = min(
            room.high_m - 0.3,
            {"loft": 3.6, "old": 2.75, "hut": 2.0, "nordic": 2.3, "retro": 2.2}[kind],
        )
        count = max(1, int((long - 1.0) / (2 * half + 0.75)))
        count = min(count, int(rng.integers(1, 4)) if kind != "loft" else 4)
        at = (np.arange(count) - (count - 1) / 2) * (2 * half + float(rng.uniform(0.6, 0.8)))
        out[side] = [Window(float(a), half, sill, top) for a in at]
    return out


def _air(home_look: Look, rng: np.random.Generator, side: int) -> Scene:
    """Return an empty scene with the light of the hour as it falls through the windows."""
    outside = home_look.air
    day = float(np.clip(np.mean(outside.zenith) / 0.42, 0.015, 1.15))
    turn = float(rng.uniform(-48, 48))
    out = {0: 0.0, 1: -90.0, 2: 180.0, 3: 90.0}[side]
    low = home_look.hour in ("golden hour", "dusk", "night")
    r, g, b = (float(v) * (1.15 if not home_look.dark else 0.4) for v in outside.sun)
    zenith = np.array(outside.zenith)
    tint = 0.8 + 0.2 * zenith / max(float(zenith.mean()), 1e-3)
    sky = np.array([0.225, 0.215, 0.205]) * tint
    warm = np.array([0.020, 0.013, 0.007]) * (1.0 if home_look.dark else 0.0)
    up, around, below = (rgb(sky * day * k + warm * k) for k in (0.85, 1.0, 0.55))
    air = replace(
        outside,
        indoor=True,
        sun=(r, g, b),
        sun_azimuth_deg=(out + turn + 180) % 360 - 180,
        sun_elevation_deg=float(rng.uniform(13, 20) if low else rng.uniform(24, 38)),
        room=(up, around, below),
        fog_density=0.0,
        shafts=0.03 if max(outside.sun) > 1 else 0.0, shaft_reach_m=10.0,
        saturation=1.04,
    )  # fmt: skip
    return Scene(eye=(0.0, 1.5, 0.0), air=air)


def build(streams: Streams) -> Scene:
    """Return the living room."""
    rng, look = streams.layout, streams.look
    kind = str(rng.choice(list(STYLES)))
    style = STYLES[kind]
    wide_m, long_m = float(rng.uniform(4.6, 6.4)), float(rng.uniform(4.9, 7.2))
    room = Room(Scene((0, 0, 0), look.air), wide_m, long_m, float(rng.uniform(*style.high_m)))
    focus = int(rng.integers(4))
    others = [int(v) for v in rng.permutation([(focus + k) % 4 for k in (1, 2, 3)])]
    lights = others[: int(rng.integers(1, 3))]
    scene = _air(look, streams.look_numbers, lights[0])
    scene.facing_deg = float(rng.uniform(-180, 180))
    room.scene = scene
    fabric_name, fabric = style.fabrics[int(rng.integers(len(style.fabrics)))]
    table = np.array([c for name, c in style.fabrics if name != fabric_name])
    home = _Home(
        room, scene, rng, look, style, kind, style.woods[int(rng.integers(len(style.woods)))],
        fabric, table[rng.permutation(len(table))], _windows(kind, room, lights, rng), look.dark,
    )  # fmt: skip
    home.say(f"a {fabric_name} sofa")
    _walls(home, streams.number)
    _focus(home, focus)
    for side in others:
        _plain_wall(home, side)
    middle = _group(home, focus, float(rng.uniform(2.3, 3.0)))
    _overhead(home, middle)
    eyes = _eyes(home, middle)
    for x, z in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        px, pz = x * (room.wide_m / 2 - 0.45), z * (room.long_m / 2 - 0.45)
        clear = all(np.hypot(px - e[0], pz - e[2]) > 1.7 for e in eyes)
        if clear and room.free(px, pz, 0.35, 0.3) and rng.random() < 0.6:
            _plant(home, px, pz)
    scene.eye, scene.eyes = eyes[0], tuple(eyes[1:])
    scene.eye_height_m = eyes[0][1]
    return _worded(home)


def _overhead(home: _Home, middle: tuple[float, float]) -> None:
    """Hang a lamp over the table; let daylight come back from the walls."""
    room, rng = home.room, home.rng
    if rng.random() < 0.65 and home.kind != "hut":
        drop = room.high_m - float(rng.uniform(1.95, 2.15)) - 0.1
        mesh = lounge.pendant(
            int(rng.integers(3)) if home.kind != "loft" else 0, home.lit, max(drop, 0.25)
        )
        home.room.put(mesh, *middle, y=room.high_m)
        if home.lit:
            home.glow((middle[0], room.high_m - max(drop, 0.25) - 0.35, middle[1]), 2.4)
        home.say("a hanging lamp")
    air = home.scene.air
    sun = np.array(air.sun) * (0.05 if not home.lit else 0.0)
    for side, holes in home.windows.items():
        for hole in holes[:2]:
            x, z = room.spot(side, hole.at_m, 0.35)
            sky = (np.array(air.zenith) * 0.5 + np.array(air.horizon) * 0.5) * 0.9 * hole.half_m
            r, g, b = (float(v) for v in sky + sun)
            y = (hole.sill_m + hole.top_m) / 2
            home.scene.lamps.append(Lamp((x, y, z), (r, g, b), 0.3, not home.lit))


def _worded(home: _Home) -> Scene:
    scene = home.scene
    scene.title = "At home"
    scene.details = tuple(home.details)
    scene.caption = f"a living room with {', '.join(home.details[:3])}"
    names = {
        "hut": "log cabin",
        "loft": "loft",
        "old": "old flat",
        "nordic": "scandinavian",
        "retro": "retro",
    }
    scene.tags = ("living room", names[home.kind], "home")
    return scene
