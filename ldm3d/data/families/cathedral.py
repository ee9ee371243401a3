"""A cathedral: piers and ribbed vaults, stained glass that colors the floor, pews, candles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data import church_things as things
from ldm3d.data.families import Streams
from ldm3d.data.furniture import chandelier
from ldm3d.data.gothic import (
    Opening,
    crown,
    half_dome,
    moulding,
    pier,
    pierced_wall,
    rose_tracery,
    tracery,
    triforium,
    vault_bay,
    vault_ribs,
)
from ldm3d.data.look import Look
from ldm3d.data.lounge import rug
from ldm3d.data.mesh import Material, Mesh, box, merged, mesh_from, tube
from ldm3d.data.rooms import rgb
from ldm3d.data.scene import Color, Lamp, Scene, placed
from ldm3d.data.stained_glass import PALETTES, Glass, glass_panel, rose_panel

Doubles = NDArray[np.float64]

NAMES = (
    "a cathedral", "a gothic cathedral", "inside a cathedral", "a cathedral hall",
    "a church with stained glass", "the nave of a cathedral", "a great church", "an old church",
    "a gothic hall",
)  # fmt: skip
HOURS = ("morning", "noon", "golden hour", "dusk", "night")
WEATHERS = ("clear", "clear", "cloudy", "overcast")
SEASONS = ("summer",)
EYE_M = 1.62

_STONES: dict[str, Color] = {
    "white": (0.62, 0.59, 0.53),
    "honey": (0.52, 0.42, 0.29),
    "gray": (0.37, 0.37, 0.37),
    "dark": (0.17, 0.165, 0.16),
    "red": (0.42, 0.25, 0.18),
    "striped": (0.60, 0.56, 0.50),
}
_WEBS: tuple[Color | None, ...] = (
    None, None, (0.62, 0.58, 0.50), (0.05, 0.09, 0.26), (0.30, 0.13, 0.09),
)  # fmt: skip
_WOODS: tuple[Color, ...] = ((0.15, 0.08, 0.04), (0.30, 0.18, 0.09), (0.07, 0.045, 0.03))
_CLOTHS: tuple[Color, ...] = (
    (0.30, 0.02, 0.025), (0.04, 0.06, 0.22), (0.05, 0.16, 0.07), (0.22, 0.03, 0.20),
)  # fmt: skip
_TILES: tuple[tuple[Color, Color], ...] = (
    ((0.05, 0.05, 0.052), (0.50, 0.48, 0.44)),
    ((0.24, 0.10, 0.06), (0.42, 0.33, 0.22)),
    ((0.26, 0.25, 0.23), (0.34, 0.33, 0.30)),
    ((0.10, 0.12, 0.11), (0.45, 0.42, 0.35)),
    ((0.30, 0.13, 0.09), (0.08, 0.085, 0.10)),
)


@dataclass(frozen=True)
class Plan:
    """The measures of one church; the nave lies along z, the altar is at its low end."""

    bays: int
    bay_m: float
    half_m: float
    aisle_m: float
    point: float
    """1 is romanesque, more is gothic."""
    arcade_m: float
    """Where the arches between the piers spring."""
    spring_m: float
    """Where the high vault springs."""
    radius_m: float
    shafts: int
    stone: str
    web: Color
    glass: Glass
    tile: tuple[Color, Color]
    floor: int
    wood: Color
    cloth: Color
    lights: int

    @property
    def north(self) -> float:
        """Return z of the altar's end."""
        return -self.bays * self.bay_m / 2

    @property
    def color(self) -> Color:
        """Return the stone's color."""
        return _STONES[self.stone]

    @property
    def band(self) -> Color:
        """Return the color of every other course."""
        return (0.07, 0.075, 0.08) if self.stone == "striped" else self.color

    @property
    def centers(self) -> Doubles:
        """Return z of the middles of the bays."""
        return np.asarray(self.north + (np.arange(self.bays) + 0.5) * self.bay_m)

    @property
    def arch(self) -> Opening:
        """Return the opening between two piers."""
        return Opening(self.bay_m / 2 - self.radius_m * 0.8, 0.0, self.arcade_m, self.point)

    @property
    def high(self) -> Opening:
        """Return a window of the clerestory."""
        half = self.bay_m * 0.27
        sill = self.arch.top_m + 2.6
        top = self.spring_m + 0.72 * crown(self.half_m, self.point)
        return Opening(half, sill, max(sill + 0.8, top - crown(half, self.point)), self.point)

    @property
    def low(self) -> Opening:
        """Return a window of the aisle."""
        half = self.bay_m * 0.22
        top = self.arcade_m + 0.5 * crown(self.aisle_m / 2, self.point)
        return Opening(half, 1.9, max(3.0, top - crown(half, self.point)), self.point)


@dataclass
class _Church:
    """One church while it is being built."""

    scene: Scene
    plan: Plan
    rng: np.random.Generator
    look: Look
    day: float
    details: list[str] = field(default_factory=list)
    taken: list[tuple[float, float, float]] = field(default_factory=list)

    def say(self, words: str) -> None:
        if words not in self.details:
            self.details.append(words)

    def put(self, mesh: Mesh, x: float, z: float, yaw: float = 0.0, y: float = 0.0) -> None:
        self.scene.add(mesh, placed(np.array([[x, y, z]]), 1.0, yaw))

    def flame(self, x: float, y: float, z: float, strength: float, shadowed: bool = False) -> None:
        color = (1.0 * strength, 0.58 * strength, 0.25 * strength)
        self.scene.lamps.append(Lamp((x, y, z), color, 0.15, shadowed))


def _plan(streams: Streams) -> Plan:
    rng = streams.layout
    gothic = bool(rng.random() < 0.72)
    half = float(rng.uniform(3.3, 5.0))
    bay = float(rng.uniform(4.4, 6.2))
    point = float(rng.uniform(1.3, 1.8)) if gothic else 1.0
    arcade = float(rng.uniform(4.0, 6.0)) if gothic else float(rng.uniform(3.2, 4.2))
    radius = float(rng.uniform(0.5, 0.7)) if gothic else float(rng.uniform(0.6, 0.85))
    spring = arcade + crown(bay / 2 - radius, point) + float(rng.uniform(4.2, 9.0))
    stone = str(rng.choice(list(_STONES)[:5] if gothic else list(_STONES)))
    web = _WEBS[int(rng.integers(len(_WEBS)))]
    return Plan(
        bays=int(rng.integers(6, 10)), bay_m=bay, half_m=half,
        aisle_m=float(rng.uniform(2.6, 4.2)), point=point, arcade_m=arcade, spring_m=spring,
        radius_m=radius, shafts=int(rng.choice([4, 8, 8])) if gothic else 0, stone=stone,
        web=web or _STONES[stone],
        glass=Glass(str(rng.choice(list(PALETTES))), int(rng.integers(4)), int(rng.integers(97))),
        tile=_TILES[int(rng.integers(len(_TILES)))], floor=int(rng.integers(4)),
        wood=_WOODS[int(rng.integers(3))], cloth=_CLOTHS[int(rng.integers(4))],
        lights=int(rng.choice([1, 2, 3])) if gothic else 1,
    )  # fmt: skip


def _windows(church: _Church, hole: Opening, x: float, which: int, z: float) -> None:
    """Glaze a window of a side wall whose face is at x."""
    plan, side = church.plan, np.sign(x)
    yaw = -side * np.pi / 2
    at = (x + side * 0.35, 0, z)
    bright = church.day * (1.0 if hole is plan.low else 1.15)
    panel = glass_panel(hole, plan.glass, which, bright)
    church.scene.add(panel.turned(yaw).moved(at), casts_sun=False, casts_sky=False)


def _sides(church: _Church) -> None:
    """Build arcades, clerestory, aisles and their vaults."""
    scene, plan = church.scene, church.plan
    stone, high, low, arch = plan.color, plan.high, plan.low, plan.arch
    top = plan.spring_m + crown(plan.half_m, plan.point) + 0.3
    nave_wall = pierced_wall(plan.bay_m, top, (arch, high), 0.7).painted(stone, Material.STONE)
    roof = (
        plan.arcade_m + max(crown(plan.aisle_m / 2, plan.point), arch.top_m - plan.arcade_m) + 0.5
    )
    aisle_wall = pierced_wall(plan.bay_m, roof, (low,), 0.7).painted(stone, Material.STONE)
    dark = rgb(np.array(stone) * 0.8)
    frames = {hole: tracery(hole, plan.lights, dark) for hole in (high, low)}
    gallery = triforium(plan.bay_m, 1.9, round(plan.bay_m / 1.3), plan.point, stone)
    rolls = merged([moulding(arch, 0.03, 0.11), moulding(arch, -0.22, 0.07)])
    rolls = rolls.painted(plan.band if plan.stone == "striped" else stone, Material.STONE)
    string = tube([[-plan.bay_m / 2, high.sill_m - 0.25, 0.08],
                   [plan.bay_m / 2, high.sill_m - 0.25, 0.08]], 0.09, 6)  # fmt: skip
    string = string.painted(stone, Material.STONE)
    dado = church.rng.random() < 0.65
    blind = triforium(plan.bay_m, 1.65, round(plan.bay_m / 0.9), plan.point, stone)
    web = vault_bay(plan.aisle_m / 2, plan.bay_m, plan.point, plan.web, 12)
    ribs = vault_ribs(plan.aisle_m / 2, plan.bay_m, plan.point, 0.09, False, stone, _GOLD)
    zs = plan.centers
    for side in (-1, 1):
        yaw, behind = -side * np.pi / 2, np.array([side * 0.3, 0, 0])
        inner = np.stack([np.full(plan.bays, side * plan.half_m), 0 * zs, zs], 1)
        outer = np.stack([np.full(plan.bays, side * (plan.half_m + plan.aisle_m)), 0 * zs, zs], 1)
        middle = np.stack([np.full(plan.bays, side * (plan.half_m + plan.aisle_m / 2)),
                           np.full(plan.bays, plan.arcade_m), zs], 1)  # fmt: skip
        scene.add(nave_wall, placed(inner, 1.0, yaw), casts_sky=False)
        scene.add(merged([rolls, string]), placed(inner, 1.0, yaw), casts_sky=False)
        scene.add(
            gallery, placed(inner + np.array([0, arch.top_m + 0.35, 0]), 1.0, yaw), casts_sky=False
        )
        scene.add(frames[high], placed(inner + behind, 1.0, yaw), casts_sky=False)
        scene.add(aisle_wall, placed(outer, 1.0, yaw), casts_sky=False)
        if dado:
            scene.add(blind, placed(outer, 1.0, yaw), casts_sky=False)
        scene.add(frames[low], placed(outer + behind, 1.0, yaw), casts_sky=False)
        scene.add(merged([web, ribs]), placed(middle), casts_sky=False)
        lid = box((plan.aisle_m + 1, 0.2, -2 * plan.north),
                  (side * (plan.half_m + plan.aisle_m / 2), roof, 0))  # fmt: skip
        scene.add(lid.painted(stone, Material.STONE), casts_sky=False)
        for i, z in enumerate(zs):
            _windows(church, high, side * plan.half_m, i + 3 * (side > 0), float(z))
            _windows(church, low, side * (plan.half_m + plan.aisle_m), i + 5 * (side > 0), float(z))


_GOLD: Color = (0.70, 0.46, 0.14)


def _piers(church: _Church) -> None:
    """Stand the piers, with thin shafts that rise from them to the high vault."""
    plan = church.plan
    stripes = plan.stone == "striped"
    mesh = pier(plan.arcade_m, plan.radius_m, plan.shafts, plan.color, plan.band, stripes)
    z = plan.north + np.arange(plan.bays + 1) * plan.bay_m
    for side in (-1, 1):
        at = np.stack([np.full(len(z), side * plan.half_m), 0 * z, z], 1)
        church.scene.add(mesh, placed(at))
        inward = -side * 0.16
        rise = [tube([[inward + dx, plan.arcade_m, dz], [inward + dx, plan.spring_m, dz]], r, 7)
                for dx, dz, r in ((0, 0, 0.16), (0, -0.24, 0.09), (0, 0.24, 0.09))]  # fmt: skip
        cap = box((0.7, 0.28, 0.8), (0, plan.spring_m, 0), 0.05)
        shafts = merged([*rise, cap]).painted(plan.color, Material.STONE)
        church.scene.add(shafts, placed(at), casts_sky=False)
    church.taken += [(side * plan.half_m, float(v), plan.radius_m * 1.5 + 0.2)
                     for v in z for side in (-1, 1)]  # fmt: skip


def _vault(church: _Church) -> None:
    plan, rng = church.plan, church.rng
    ridge = bool(rng.random() < 0.4) and plan.point > 1
    thick = 0.13 if plan.point > 1 else 0.2
    web = vault_bay(plan.half_m, plan.bay_m, plan.point, plan.web, 18)
    ribs = vault_ribs(plan.half_m, plan.bay_m, plan.point, thick, ridge, plan.color, _GOLD)
    at = np.stack([0 * plan.centers, np.full(plan.bays, plan.spring_m), plan.centers], 1)
    church.scene.add(merged([web, ribs]), placed(at), casts_sky=False)
    if plan.web == (0.05, 0.09, 0.26):
        _stars(church)
        church.say("a blue vault with golden stars")
    else:
        church.say("ribbed vaults" if plan.point > 1 else "round arches")


def _stars(church: _Church) -> None:
    plan = church.plan
    one = vault_bay(plan.half_m, plan.bay_m, plan.point, plan.web, 18)
    points = one.position[::3]
    dots = box((0.13, 0.03, 0.13)).painted((0.9, 0.6, 0.15), Material.METAL)
    for z in plan.centers:
        at = points + np.array([0, plan.spring_m - 0.03, z])
        church.scene.add(dots, placed(at, 1.0, 0.78), casts_sun=False, casts_sky=False)


def _ends(church: _Church) -> None:
    """Close the church: an apse or a great window behind the altar, a rose and the doors."""
    scene, plan, rng = church.scene, church.plan, church.rng
    stone = plan.color
    wide, top = plan.half_m + 0.35, plan.spring_m + crown(plan.half_m, plan.point) + 0.3
    outer = 2 * (plan.half_m + plan.aisle_m) + 1.0
    dark = rgb(np.array(stone) * 0.8)
    if rng.random() < 0.65:
        _apse(church, dark)
        aside = box((plan.aisle_m + 1, top, 0.5), (0, top / 2, -0.25)).painted(
            stone, Material.STONE
        )
        for side in (-1, 1):
            x = side * (plan.half_m + plan.aisle_m / 2 + 0.5)
            scene.add(aside.moved((x, 0, plan.north)), casts_sky=False)
    else:
        half = plan.half_m * 0.62
        great = Opening(half, 3.2, top - 1.2 - crown(half, plan.point), plan.point)
        wall = pierced_wall(outer, top, (great,), 0.8).painted(stone, Material.STONE)
        scene.add(wall.moved((0, 0, plan.north)), casts_sky=False)
        frame = tracery(great, 4 if plan.point > 1 else 3, dark)
        scene.add(frame.moved((0, 0, plan.north - 0.3)), casts_sky=False)
        panel = glass_panel(great, plan.glass, 1, church.day * 1.3)
        scene.add(panel.moved((0, 0, plan.north - 0.35)), casts_sun=False, casts_sky=False)
        church.say("a great window behind the altar")
    south = -plan.north
    wall = box((outer, top, 0.6), (0, top / 2, 0.3)).painted(stone, Material.STONE)
    scene.add(wall.moved((0, 0, south)), casts_sky=False)
    radius = min(plan.half_m * 0.72, (top - plan.arcade_m - 2) / 2)
    y = plan.spring_m + crown(plan.half_m, plan.point) * 0.45
    rose = rose_panel(radius, plan.glass, church.day * 1.3).turned(np.pi)
    scene.add(rose.moved((0, y, south - 0.05)), casts_sun=False, casts_sky=False)
    scene.add(rose_tracery(radius, int(rng.choice([8, 12, 16])), dark).moved((0, y, south - 0.1)),
              casts_sky=False)  # fmt: skip
    church.say("a rose window")
    door = Opening(1.3, 0.0, 2.6, plan.point)
    leaf = merged([box((1.28, 3.6, 0.1), (x, 1.8, 0)) for x in (-0.65, 0.65)])
    leaf = leaf.painted(plan.wood, Material.WOOD)
    frames = [moulding(replace(door, half_m=1.4 + 0.2 * i), -0.1 * i, 0.12) for i in range(3)]
    scene.add(leaf.moved((0, 0, south - 0.05)))
    scene.add(merged(frames).painted(dark, Material.STONE).moved((0, 0, south)))
    if rng.random() < 0.5 and plan.arcade_m + 6.2 < y + radius * 2:
        pipes = things.organ(min(2 * wide - 1.5, 6.5), plan.wood).turned(np.pi)
        level = min(plan.arcade_m, y - radius - 4.6) if y - radius > 8 else 3.9
        scene.add(pipes.moved((0, level, south - 0.9)))
        deck = box((2 * plan.half_m, 0.35, 2.2), (0, level - 0.17, south - 1.1), 0.03)
        scene.add(deck.painted(plan.wood, Material.WOOD))
        church.say("an organ")


def _apse(church: _Church, dark: Color) -> None:
    scene, plan = church.scene, church.plan
    radius, count = plan.half_m, 5
    step = np.pi / count
    side_m = 2 * radius * np.sin(step / 2)
    half = side_m * 0.30
    sill = 3.0
    top = plan.spring_m + 0.6 * crown(side_m / 2, plan.point)
    hole = Opening(half, sill, max(sill + 2, top - crown(half, plan.point)), plan.point)
    wall = pierced_wall(side_m, plan.spring_m + crown(radius, plan.point) * 0.5, (hole,), 0.5)
    wall = wall.painted(plan.color, Material.STONE)
    frame = tracery(hole, 1, dark)
    for i in range(count):
        a = (i + 0.5) * step
        far = radius * np.cos(step / 2)
        at = (far * np.cos(a), 0.0, plan.north - far * np.sin(a))
        yaw = a - np.pi / 2
        panel = glass_panel(hole, plan.glass, i, church.day * 1.3)
        scene.add(wall.turned(yaw).moved(at), casts_sky=False)
        back = np.array(at) + np.array([np.cos(a), 0, -np.sin(a)]) * 0.3
        scene.add(frame.turned(yaw).moved(back), casts_sky=False)
        behind = back + np.array([np.cos(a), 0, -np.sin(a)]) * 0.05
        scene.add(panel.turned(yaw).moved(behind), casts_sun=False, casts_sky=False)
    dome = half_dome(radius, plan.point, plan.web, count)
    scene.add(dome.moved((0, plan.spring_m, plan.north)), casts_sky=False)
    church.say("a choir with tall windows")


def _floor(church: _Church, detail: float) -> None:
    """Lay the floor in a pattern, colored where the sun shines through the glass."""
    scene, plan = church.scene, church.plan
    wide = plan.half_m + plan.aisle_m
    step = 0.16 if detail > 0.7 else 0.2
    x = np.arange(-wide, wide + step, step)
    z = np.arange(plan.north - plan.half_m, -plan.north + step, step)
    gx, gz = (a.ravel() for a in np.meshgrid((x[:-1] + x[1:]) / 2, (z[:-1] + z[1:]) / 2))
    color = _pattern(church, gx, gz)
    glow = _thrown(church, gx, gz)
    seen = glow.max(axis=1, keepdims=True) > 0
    color = np.where(seen, np.clip(0.12 * color + glow * 0.55, 0, 1), color)
    corner = np.array([[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]]) * step / 2
    point = (np.stack([gx, 0 * gx, gz], 1)[:, None] + corner).reshape(-1, 3)
    faces = (np.arange(len(gx))[:, None, None] * 4 + np.array([[0, 2, 1], [0, 3, 2]])).reshape(
        -1, 3
    )
    tiles = mesh_from(point, faces, np.tile([0, 1, 0], (len(point), 1)),
                      np.repeat(color, 4, axis=0), Material.POLISHED, 0.5)  # fmt: skip
    scene.add(tiles, casts_sun=False, casts_sky=False)
    scene.mirror_height_m = 0.0


def _pattern(church: _Church, x: Doubles, z: Doubles) -> Doubles:
    """Return the floor's colors: checks, lozenges, slabs, or a round in the middle."""
    plan = church.plan
    dark, light = (np.array(c) for c in plan.tile)
    size = 0.8
    if plan.floor == 1:
        a, b = x + z, x - z
        odd = (np.floor(a / 1.13) + np.floor(b / 1.13)) % 2
    elif plan.floor == 2:
        row = np.floor(z / 0.8)
        odd = ((np.floor(x / 1.2 + row * 0.5) * 7 + row * 13) % 5) / 4
    else:
        odd = (np.floor(x / size) + np.floor(z / size)) % 2
    row, column = np.floor(z / size), np.floor(x / size)
    tone = 0.86 + 0.28 * (((row * 7 + column * 13) % 5) / 5)
    color = (dark + (light - dark) * odd[:, None]) * tone[:, None]
    if plan.floor == 3:
        middle = float(plan.centers[plan.bays // 2])
        r = np.hypot(x, z - middle)
        ring = np.floor(r / 0.4) % 2
        turn = np.floor(np.arctan2(z - middle, x) / (2 * np.pi) * 16 + 0.5 * np.floor(r / 0.8)) % 2
        inlaid = dark + (light - dark) * np.where(r < 2.4, turn, ring)[:, None]
        color = np.where((r < min(3.6, plan.half_m))[:, None], inlaid, color)
    edge = np.abs(np.abs(x) - plan.half_m) < 0.5
    return np.where(edge[:, None], dark * 0.9 + 0.02, color)


def _thrown(church: _Church, x: Doubles, z: Doubles) -> Doubles:
    """Return the colors (N, 3) that the windows throw onto the floor; 0 where there is none."""
    plan, air = church.plan, church.scene.air
    azimuth, height = np.radians(air.sun_azimuth_deg), np.radians(air.sun_elevation_deg)
    flat = np.cos(height)
    s = np.array([flat * np.sin(azimuth), np.sin(height), -flat * np.cos(azimuth)])
    out = np.zeros((len(x), 3))
    if church.look.dark or max(church.look.air.sun) < 1.2:
        return out
    side = np.sign(s[0])
    for hole, wall, extra in (
        (plan.low, plan.half_m + plan.aisle_m, 5),
        (plan.high, plan.half_m, 3),
    ):
        t = (side * (wall + 0.35) - x) / s[0]
        y, at = t * s[1], z + t * s[2]
        bay = np.floor((at - plan.north) / plan.bay_m).astype(int)
        u = at - (plan.north + (bay + 0.5) * plan.bay_m)
        fine = (t > 0) & (bay >= 0) & (bay < plan.bays) & hole.holds(u, y)
        for index in range(plan.bays):
            pick = fine & (bay == index)
            if pick.any():
                which = index + extra * int(side > 0)
                out[pick] = plan.glass.color(side * u[pick], y[pick], hole, which)
    return out


def _pews(church: _Church, detail: float) -> None:
    """Set rows of pews on both sides, or leave the nave free; lay a carpet in between."""
    plan, rng = church.plan, church.rng
    start = plan.north + 1.6 * plan.bay_m
    end = -plan.north - float(rng.uniform(0.7, 2.4)) * plan.bay_m
    walk = float(rng.uniform(0.9, 1.4))
    if rng.random() < 0.82:
        long = plan.half_m - plan.radius_m * 1.6 - walk
        mesh = things.pew(round(long, 1), plan.wood)
        rows = np.arange(start, end, float(rng.uniform(1.0, 1.35)))
        if rng.random() < 0.3:  # some rows are cleared
            rows = rows[(rows < -2) | (rows > 1.5)]
        for side in (-1, 1):
            at = np.stack([np.full(len(rows), side * (walk + long / 2)), 0 * rows, rows], 1)
            church.scene.add(mesh, placed(at))
            church.taken += [(side * (walk + long * f), float(v), 0.55)
                             for v in rows for f in (0.15, 0.5, 0.85)]  # fmt: skip
        church.say("wooden pews")
    if rng.random() < 0.3:
        colors = [plan.cloth, (0.42, 0.28, 0.09), rgb(np.array(plan.cloth) * 0.3)]
        runner = rug((walk * 0.9, end - start + 6), colors, 2, detail)
        church.scene.add(runner.moved((0, 0, (start + end) / 2 - 1)), casts_sky=False)
        names = ("red", "blue", "green", "purple")
        church.say(f"a {names[_CLOTHS.index(plan.cloth)]} carpet")


def _free(church: _Church, x: float, z: float, gap: float) -> bool:
    return all(np.hypot(x - a, z - b) > r + gap for a, b, r in church.taken)


def _furnish(church: _Church) -> None:
    """Put the altar, candles, a font, a pulpit, flowers."""
    plan, rng, scene = church.plan, church.rng, church.scene
    z = plan.north + 0.4
    church.put(things.altar(plan.color, plan.cloth), 0, z)
    church.taken.append((0.0, z, 2.6))
    church.flame(0, 2.4, z + 0.8, 3.0)
    church.say("an altar with candles")
    for x in (-2.4, 2.4):
        church.put(things.candelabrum(), x, z + 1.8)
    side = float(rng.choice([-1, 1]))
    for _ in range(int(rng.integers(2, 5))):
        side = -side
        x = side * (plan.half_m + plan.aisle_m - 0.7)
        at = float(rng.choice(plan.centers[1:-1])) + float(rng.normal(0, 0.4))
        if _free(church, x, at, 0.5):
            church.put(things.candle_rack(int(rng.integers(3))), x, at, -side * np.pi / 2)
            church.taken.append((x, at, 0.7))
            church.flame(x - side * 0.3, 1.35, at, 2.2)
            church.say("votive candles")
    if rng.random() < 0.5:
        at = float(plan.north + plan.bay_m * rng.integers(2, 4))
        mesh = things.pulpit(plan.wood)
        mesh = mesh if side > 0 else mesh.scaled((-1, 1, 1))
        church.put(mesh, side * (plan.half_m - plan.radius_m - 1.0), at + 0.3)
        church.taken.append((side * (plan.half_m - plan.radius_m - 1.0), at, 1.6))
        church.say("a pulpit")
    if rng.random() < 0.75:
        church.say("chandeliers")
        every = int(rng.choice([1, 2, 2]))
        for k, at in enumerate(plan.centers[1:-1:every]):
            drop = plan.spring_m + crown(plan.half_m, plan.point)
            y = float(min(5.2, plan.arcade_m + 0.5))
            mesh = chandelier(1.1, (14, 7.5, 2.6), 12, round(drop - y - 1.3, 1))
            scene.add(mesh.moved((0, y, at)), casts_sky=False)
            strength = 4.0 if church.look.dark else 1.6
            if k < 5:
                church.flame(0, y - 0.2, float(at), strength, k < 2)


def _near(church: _Church, eye: tuple[float, float]) -> None:
    """See that something stands within reach of the eye."""
    plan, rng = church.plan, church.rng
    makers: list[tuple[str, Callable[[], Mesh]]] = [
        ("votive candles", lambda: things.candle_rack(int(rng.integers(3)))),
        ("a candelabrum", things.candelabrum),
        ("a stone font", lambda: things.font(plan.color)),
        ("flowers", lambda: things.flowers_on_stand(int(rng.integers(4)))),
    ]
    order = [int(i) for i in rng.permutation(len(makers))]
    count = 0
    for index in order:
        words, make = makers[index]
        for _ in range(30):
            r, a = rng.uniform(1.7, 3.2), rng.uniform(0, 6.283)
            x, z = eye[0] + float(r * np.sin(a)), eye[1] - float(r * np.cos(a))
            limit = plan.half_m + plan.aisle_m - 0.9
            if abs(x) < limit and _free(church, x, z, 0.45) and abs(x) > 0.5:
                church.put(make(), x, z, float(np.arctan2(eye[0] - x, eye[1] - z)))
                church.taken.append((x, z, 0.6))
                church.say(words)
                count += 1
                if "cand" in words:
                    church.flame(x, 1.6, z, 1.6)
                break
        if count == 2:
            break


def _stands(church: _Church) -> list[tuple[float, float]]:
    """Return places to stand: the nave, the aisles, before the altar."""
    plan, rng = church.plan, church.rng
    found: list[tuple[float, float]] = []
    for _ in range(120):
        aisle = rng.random() < 0.3
        x, z = float(rng.normal(0, 0.3)), float(rng.uniform(plan.north + 4.0, -plan.north - 4.5))
        if aisle:  # under an arch: nave on one side, windows on the other
            x = float(rng.choice([-1, 1]) * (plan.half_m + rng.uniform(-0.1, 0.5)))
            z = float(rng.choice(plan.centers[1:-1]) + rng.normal(0, 0.3))
        apart = all(np.hypot(x - a, z - b) > 2.5 for a, b in found)
        if apart and _free(church, x, z, 0.35 if not aisle else 0.5):
            found.append((x, z))
        if len(found) == 5:
            break
    return found or [(0.0, 0.0)]


def _air(church_plan: Plan, streams: Streams) -> tuple[Scene, float]:
    """Return an empty scene with the light inside, and how bright the windows are."""
    look, rng, outside = streams.look, streams.look_numbers, streams.look.air
    day = float(np.clip(np.mean(outside.zenith) / 0.42, 0.03, 1.15))
    if look.weather == "overcast" and not look.dark:
        day = min(day, 0.75)
    side = float(rng.choice([-1, 1]))
    azimuth = side * float(rng.uniform(52, 128))
    warm = np.array([0.030, 0.020, 0.012])
    sky = np.array([0.115, 0.115, 0.125])
    tone = np.mean(np.array(PALETTES[church_plan.glass.palette]), axis=0)
    sky = sky * (0.75 + 0.25 * tone / tone.mean())
    # Sunlight has the glass's color where it falls on piers and walls.
    beam = np.array(outside.sun) * (0.35 + 0.65 * tone / tone.max())
    r, g, b = (float(v) * (0.5 if look.dark else 1.25) for v in beam)
    lamplight = warm * (1.25 - day)
    up, around, below = (rgb((sky * day + lamplight) * k + 0.004) for k in (1.0, 0.85, 0.5))
    air = replace(
        outside,
        indoor=True,
        sun=(r, g, b),
        sun_azimuth_deg=azimuth,
        sun_elevation_deg=float(rng.uniform(28, 48)),
        sun_softness_deg=0.4,
        room=(up, around, below),
        sky_gain=1.0, fog_density=0.0, cloud_cover=0.1, cirrus=0.0, stars=0.0, moon=0.0, aurora=0.0,
        shafts=0.17 if max(outside.sun) > 1 else 0.0, shaft_reach_m=34.0,
        saturation=1.06, exposure=0.92 if not look.dark else 0.8,
    )  # fmt: skip
    return Scene(eye=(0.0, EYE_M, 0.0), air=air, eye_height_m=EYE_M), max(day, 0.035) * 0.85


def build(streams: Streams) -> Scene:
    """Return the cathedral."""
    plan = _plan(streams)
    scene, day = _air(plan, streams)
    scene.facing_deg = float(streams.layout.uniform(-180, 180))
    church = _Church(scene, plan, streams.layout, streams.look, day)
    church.say(f"{plan.glass.palette} stained glass windows")
    _floor(church, streams.detail)
    _sides(church)
    _piers(church)
    _vault(church)
    _ends(church)
    _pews(church, streams.detail)
    _furnish(church)
    stands = _stands(church)
    church.taken += [(x, z, 0.75) for x, z in stands]
    _near(church, stands[0])
    scene.eye = (stands[0][0], EYE_M, stands[0][1])
    scene.eyes = tuple((x, EYE_M, z) for x, z in stands[1:])
    return _worded(church)


def _worded(church: _Church) -> Scene:
    scene, plan = church.scene, church.plan
    church.say({"white": "white stone", "dark": "dark stone", "red": "red sandstone",
                "striped": "striped columns"}.get(plan.stone, "tall pillars"))  # fmt: skip
    scene.title = "In the cathedral"
    scene.details = tuple(church.details)
    scene.caption = f"the nave of a cathedral with {', '.join(church.details[:3])}"
    scene.tags = ("cathedral", "church", "gothic" if plan.point > 1 else "romanesque", "pillars")
    return scene
