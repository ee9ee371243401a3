"""Ruins: a Greek temple, a Roman forum, a roofless abbey, a temple in the jungle."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.bounce import bounce
from ldm3d.data.families import Streams
from ldm3d.data.forest_floor import light_fern
from ldm3d.data.ivy import IVY, ivy
from ldm3d.data.land import (
    EYE_M,
    Land,
    country_height,
    grass_color,
    land_surface,
    painted_land,
    snowy_air,
)
from ldm3d.data.look import Look
from ldm3d.data.mesh import Material, Mesh, merged
from ldm3d.data.noise import fbm
from ldm3d.data.paving import weathered
from ldm3d.data.plants import flower, grass_tuft
from ldm3d.data.ruin_parts import (
    broken_wall,
    cypress,
    entablature,
    fallen_column,
    gravestone,
    jungle_tree,
    olive,
    palm,
    pediment,
    pyramid,
    roots,
    stone_face,
    tumbled,
)
from ldm3d.data.scene import Air, Scene, placed
from ldm3d.data.stonework import (
    arch_stones,
    column,
    coursed,
    on_floor,
    on_tower,
    on_wall,
    snowed,
    stones,
    tones,
)
from ldm3d.data.street_things import figure
from ldm3d.data.terrain import mix, point_on, scattered, smoothstep
from ldm3d.data.woodland import birch, bush, leafy_tree

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

NAMES = (
    "ancient ruins",
    "old ruins",
    "stone ruins",
    "ruins",
    "crumbling ruins",
    "forgotten ruins",
    "the ruins of old buildings",
    "ruins of stone",
)

KINDS = ("greek", "roman", "abbey", "jungle")
COLORS = {
    "greek": ((0.54, 0.48, 0.38), (0.56, 0.53, 0.47), (0.50, 0.40, 0.28)),
    "roman": ((0.50, 0.42, 0.32), (0.48, 0.45, 0.40), (0.46, 0.34, 0.25)),
    "abbey": ((0.33, 0.31, 0.27), (0.38, 0.33, 0.26), (0.28, 0.28, 0.28)),
    "jungle": ((0.23, 0.225, 0.19), (0.27, 0.24, 0.19), (0.20, 0.205, 0.195)),
}
BLOOMS = (
    ((0.62, 0.03, 0.02), (0.03, 0.02, 0.02)), ((0.72, 0.70, 0.66), (0.7, 0.4, 0.03)),
    ((0.66, 0.48, 0.03), (0.5, 0.2, 0.01)),
)  # fmt: skip


@dataclass
class _Site:
    land: Land
    rng: np.random.Generator
    number: int
    kind: str
    color: NDArray[np.float64]
    moss: float
    turn: float  # which way the building faces, about y
    details: list[str] = field(default_factory=list)

    @property
    def look(self) -> Look:
        return self.land.look

    def say(self, name: str) -> None:
        if name not in self.details:
            self.details.append(name)

    def at(self, x: float, z: float) -> tuple[float, float]:
        """Return x and z in the world of a place in the building's frame."""
        c, s = np.cos(self.turn), np.sin(self.turn)
        return float(c * x + s * z), float(c * z - s * x)

    def put(
        self, mesh: Mesh, x: float, z: float, *, yaw: float = 0.0, y: float = 0.0,
        claim: float = 0.0, size: float = 1.0,
    ) -> None:  # fmt: skip
        """Place a mesh in the building's frame, with snow on it."""
        px, pz = self.at(x, z)
        ground = point_on(self.land.height, px, pz)[1]
        rows = placed(np.array([[px, ground + y, pz]]), size, self.turn + yaw)
        self.land.scene.add(snowed(mesh, self.look.snow), rows)
        if claim:
            self.land.claim(px, pz, claim)

    def near(self, x: float, z: float) -> float:
        """Return metres from the eye."""
        return float(np.hypot(*self.at(x, z)))


def _creeper(site: _Site, x: float, z: float, radius: float, tall: float, y: float = 0.0) -> None:
    """Let ivy climb a column."""
    if site.look.snow > 0.6:
        return
    count = int(900 * site.land.detail * max(tall, 1) / 4 * (radius / 0.5)) + 40
    color = IVY["summer" if site.kind == "jungle" else site.look.season]
    mesh = ivy(
        site.rng, on_tower((0, 0), radius), 6.283 * radius, tall, count,
        size_m=0.13 * site.land.bold**0.8, color=color, thick=0.1,
        number=int(site.rng.integers(0, 999)),
    )  # fmt: skip
    site.put(mesh, x, z, y=y)
    site.say("red ivy" if site.look.season == "autumn" and site.kind != "jungle" else "ivy")


def _creeper_wall(site: _Site, x: float, z: float, yaw: float, long: float, tall: float) -> None:
    if site.look.snow > 0.6:
        return
    color = IVY["summer" if site.kind == "jungle" else site.look.season]
    for side in (0.0, np.pi):
        mesh = ivy(
            site.rng, on_wall((-long / 2, 0), (long / 2, 0)), long, tall,
            int(190 * site.land.detail * long * tall / 4) + 30,
            size_m=0.15 * site.land.bold**0.8, color=color,
            thick=float(site.rng.uniform(-0.3, 0.15)), number=int(site.rng.integers(0, 999)),
            hanging=site.kind == "jungle",
        )  # fmt: skip
        # The wall's own back lies 0.7 m behind its front.
        shift = 0.0 if side == 0 else -0.7
        dx, dz = np.sin(yaw) * shift, np.cos(yaw) * shift
        site.put(mesh, x + dx, z + dz, yaw=yaw + side)
    site.say("red ivy" if site.look.season == "autumn" and site.kind != "jungle" else "ivy")


def _paved(site: _Site, area: tuple[float, float, float, float], stone: tuple[float, float],
           wish: float, y: float = 0.04) -> None:  # fmt: skip
    """Lay what is left of a floor, in the building's frame."""
    x0, z0, x1, z1 = area
    rng = site.rng
    rects = coursed(rng, x1 - x0, z1 - z0, stone)
    rects[:, 0] += x0
    rects[:, 1] += z0
    wave = fbm(rects[:, 0], rects[:, 1], 6.0, 3, site.number + 40)
    rects = rects[wave + wish > rng.uniform(-0.15, 0.15, len(rects))]
    if not len(rects):
        return
    shade = tones(rng, len(rects), site.color * 0.72, 0.13)
    mesh = stones(rects, on_floor(y - 0.03), shade, rng, gap_m=0.05, rise_m=0.035, bevel_m=0.05)
    mesh = mesh.turned(site.turn)
    shown = weathered(mesh, site.look, site.number, shiny=0.0)
    site.land.scene.add(shown, casts_sky=False, casts_sun=False)


def _column_at(site: _Site, x: float, z: float, tall: float, radius: float, order: str,
               y: float, whole: float) -> bool:  # fmt: skip
    """Put a column, whole or broken or only its base; say whether it carries."""
    rng = site.rng
    chance = rng.random()
    if site.near(x, z) < radius + 1.1:
        return False
    if chance < whole:
        mesh = column(rng, tall, radius, site.color, order=order, moss=site.moss)
    elif chance < whole + 0.3 * (1 - whole) + 0.12:
        part = tall * float(rng.uniform(0.18, 0.75))
        mesh = column(rng, part, radius, site.color, order=order, broken=True, moss=site.moss)
        site.say("broken columns")
    elif chance < 0.95:
        part = float(rng.uniform(0.35, 0.8))
        mesh = column(rng, part, radius, site.color, order=order, broken=True, moss=site.moss)
    else:
        return False
    site.put(mesh, x, z, y=y, claim=radius + 0.15)
    if rng.random() < 0.22 and site.moss > 0.1:
        _creeper(site, x, z, radius * 1.02, min(tall, 5.0) * float(rng.uniform(0.4, 0.9)), y)
    return chance < whole


def _greek(site: _Site) -> None:
    """A temple on three steps; the eye stands inside it or before it."""
    rng = site.rng
    columns, rows = int(rng.choice([5, 6, 6])), int(rng.integers(7, 11))
    gap = float(rng.uniform(2.3, 2.8))
    radius, tall = float(rng.uniform(0.46, 0.6)), float(rng.uniform(5.4, 7.4))
    half_x, half_z = (columns - 1) * gap / 2, (rows - 1) * gap / 2
    inside = rng.random() < 0.5
    if inside:
        cx, cz = float(rng.uniform(-0.5, 0.5) * half_x), float(rng.uniform(-0.7, 0.7) * half_z)
        floor = 0.03
    else:
        cx = float(rng.uniform(-0.9, 0.9) * half_x)
        cz = -(half_z + float(rng.uniform(3.9, 6.5)))
        floor = 0.93
    order = str(rng.choice(["doric", "doric", "ionic"]))
    whole = float(rng.uniform(0.6, 0.92))
    base: list[Mesh] = []
    for step in range(3):
        grow = 1.0 + 0.42 * (3 - step)
        a, b = half_x + grow, half_z + grow
        y = floor - 0.93 + 0.31 * step
        for turn, (h, w) in enumerate(((b, a), (a, b), (b, a), (a, b))):
            rects = coursed(rng, 2 * w, 0.31, (1.1, 0.31))
            keep = rng.random(len(rects)) > 0.07
            side = stones(rects[keep], on_wall((-w, h), (w, h), y),
                          tones(rng, int(keep.sum()), site.color * 0.85, 0.12), rng, rise_m=0.03,
                          material=Material.ROCK, parameter=site.moss)  # fmt: skip
            base.append(side.turned(turn * np.pi / 2))
        top = coursed(rng, 2 * a, 2 * b, (1.1, 0.8))
        top[:, 0] -= a
        top[:, 1] -= b
        if step < 2:
            ring = (np.abs(top[:, 0]) > a - 1.2) | (np.abs(top[:, 1]) > b - 1.2)
            top = top[ring]
        keep = rng.random(len(top)) > 0.06
        shade = tones(rng, int(keep.sum()), site.color * 0.8, 0.12)
        base.append(stones(top[keep], on_floor(y + 0.28), shade, rng, gap_m=0.03, rise_m=0.03))
    mesh = merged(base).moved((cx, 0, cz)).turned(site.turn)
    site.land.scene.add(weathered(mesh, site.look, site.number, shiny=0.0), casts_sky=False)
    _colonnade(
        site, (cx, cz), (half_x, half_z), (columns, rows), (tall, radius), order, floor, whole
    )
    site.say("broken steps")
    if not inside:
        half = float(rng.uniform(1.6, 3.2))
        _paved(site, (-half, -4.0, half, 22), (0.9, 0.7), float(rng.uniform(-0.1, 0.6)), 0.05)
    if rng.random() < 0.6:
        for _ in range(2):
            x, z = float(rng.uniform(-6, 6)), float(rng.uniform(-7, 7))
            if site.near(x, z) > 2.4:
                y = floor if abs(x - cx) < half_x and abs(z - cz) < half_z else 0.0
                drums = fallen_column(rng, radius, int(rng.integers(2, 5)), site.color, site.moss)
                site.put(drums, x, z, yaw=float(rng.uniform(0, 6)), y=y, claim=1.9)
                site.say("fallen columns")


def _colonnade(site: _Site, center: tuple[float, float], half: tuple[float, float],
               counts: tuple[int, int], size: tuple[float, float], order: str, floor: float,
               whole: float) -> None:  # fmt: skip
    rng = site.rng
    (cx, cz), (half_x, half_z), (columns, rows), (tall, radius) = center, half, counts, size
    ring: list[tuple[float, float]] = []
    ring += [(-half_x + i * 2 * half_x / (columns - 1), -half_z) for i in range(columns)]
    ring += [(half_x, -half_z + j * 2 * half_z / (rows - 1)) for j in range(1, rows)]
    ring += [(half_x - i * 2 * half_x / (columns - 1), half_z) for i in range(1, columns)]
    ring += [(-half_x, half_z - j * 2 * half_z / (rows - 1)) for j in range(1, rows - 1)]
    fallen = float(rng.uniform(0, 6.283))
    carries = []
    for x, z in ring:
        ruin = 0.5 + 0.5 * np.cos(np.arctan2(x, z) - fallen)
        carries.append(
            _column_at(
                site, cx + x, cz + z, tall, radius, order, floor, whole * (1.35 - 0.75 * ruin)
            )
        )
    top = floor + tall + radius * 0.8
    for i, (x, z) in enumerate(ring):
        j = (i + 1) % len(ring)
        if carries[i] and carries[j]:
            dx, dz = ring[j][0] - x, ring[j][1] - z
            long = float(np.hypot(dx, dz))
            mesh = entablature(rng, long, site.color, deep_m=radius * 1.9, moss=site.moss * 0.7)
            yaw = 0.0 if abs(dx) > abs(dz) else np.pi / 2
            site.put(mesh, cx + x + dx / 2, cz + z + dz / 2, y=top, yaw=yaw)
    for sign, first in ((-1, 0), (1, columns + rows - 2)):
        standing = sum(carries[first : first + columns])
        if standing >= columns - 1:
            mesh = pediment(rng, 2 * half_x + 1.6, site.color, bool(rng.random() < 0.7))
            site.put(mesh, cx, cz + sign * half_z, y=top + 1.25)
            site.say("a temple front")
    site.say("white columns" if site.color.mean() > 0.5 else "columns")


def _roman(site: _Site) -> None:
    """A paved street of a forum: columns, an arch, brick walls, a statue."""
    rng = site.rng
    half = float(rng.uniform(3.0, 5.0))
    aside = float(rng.uniform(-0.6, 0.6)) * half
    _paved(site, (aside - half, -26, aside + half, 26), (1.0, 0.8), 0.55, 0.05)
    tall, radius = float(rng.uniform(4.5, 6.5)), float(rng.uniform(0.36, 0.48))
    order = str(rng.choice(["ionic", "plain", "ionic"]))
    gap = float(rng.uniform(2.6, 3.6))
    for side in (-1, 1):
        x = aside + side * (half + 0.8)
        before = False
        whole = float(rng.uniform(0.2, 0.75))
        for z in np.arange(-19, 20, gap):
            now = _column_at(site, x, float(z), tall, radius, order, 0.0, whole)
            if now and before:
                mesh = entablature(rng, gap, site.color, deep_m=radius * 1.9, frieze=False)
                site.put(mesh, x, float(z) - gap / 2, y=tall + radius * 0.8, yaw=np.pi / 2)
            before = now
    site.say("rows of columns")
    arch_z = float(rng.choice([-1, 1])) * float(rng.uniform(8, 17))
    high = float(rng.uniform(7, 9.5))
    wall = broken_wall(
        rng, half * 2 + 3.4, high, site.color, openings=((0.0, half * 0.52, high * 0.42, 0.0),),
        thick_m=2.0, moss=site.moss, ragged=0.18, stone=(0.9, 0.5), number=site.number,
    )  # fmt: skip
    site.put(wall, aside, arch_z + 1.0)
    site.say("a triumphal arch")
    brick = np.array((0.36, 0.17, 0.11)) * rng.uniform(0.85, 1.15)
    for _ in range(int(rng.integers(3, 6))):
        beside = half + float(rng.uniform(3.5, 9))
        x, z = aside + float(rng.choice([-1, 1])) * beside, float(rng.uniform(-16, 16))
        long, tall_wall = float(rng.uniform(6, 13)), float(rng.uniform(3, 6.5))
        gate = tuple((float(v), float(rng.uniform(0.7, 1.2)), 1.9, 0.0) for v in
                     np.arange(-long / 2 + 2, long / 2 - 1, 3.4))  # fmt: skip
        wall = broken_wall(rng, long, tall_wall, brick, openings=gate, moss=site.moss, ragged=0.9,
                           stone=(0.42, 0.16), number=int(rng.integers(0, 999)))  # fmt: skip
        yaw = float(rng.choice([0, np.pi / 2]))
        site.put(wall, x, z, yaw=yaw)
        _creeper_wall(site, x, z, yaw, long, tall_wall * 0.5)
    site.say("brick walls")
    x = aside + float(rng.choice([-1, 1])) * half * 0.62
    z = float(rng.choice([-1, 1])) * float(rng.uniform(2.2, 4.0))
    if site.near(x, z) > 1.7:
        plinth = coursed(rng, 1.1, 1.1, (0.55, 0.4))
        from ldm3d.data.stonework import solid_stones

        faces = [
            solid_stones(plinth, on_wall((-0.55, 0.55), (0.55, 0.55)), 0.3, site.color, rng,
                         moss=site.moss).turned(k * np.pi / 2) for k in range(4)
        ]  # fmt: skip
        body = figure(1.9).painted(site.color * 1.1, Material.ROCK, site.moss).moved((0, 1.1, 0))
        if rng.random() < 0.4:  # headless
            keep = (body.position[body.faces, 1] < 2.62).all(axis=1)
            body = replace(body, faces=body.faces[keep])
        site.put(merged([*faces, body]), x, z, yaw=float(rng.uniform(0, 6)), claim=1.0)
        site.say("a marble statue")


def _abbey(site: _Site) -> None:
    """A nave without a roof: pointed arches on both sides, a great window at its end."""
    rng = site.rng
    half, bay = float(rng.uniform(3.2, 4.6)), float(rng.uniform(3.4, 4.4))
    aside = float(rng.uniform(-0.5, 0.5)) * half
    shift = float(rng.uniform(0, bay))
    tall = float(rng.uniform(5.5, 8.0))
    bays = 7
    long = bays * bay
    wish = float(rng.uniform(-0.5, 0.2))
    _paved(site, (aside - half, -long / 2, aside + half, long / 2), (0.8, 0.6), wish)
    for side in (-1, 1):
        openings = tuple(
            ((i + 0.5 - bays / 2) * bay, bay * 0.33, tall * 0.40, 0.75) for i in range(bays)
        )
        wall = broken_wall(
            rng, long, tall, site.color, openings=openings, thick_m=0.9, moss=site.moss,
            ragged=float(rng.uniform(0.3, 0.9)), number=int(rng.integers(0, 999)),
        )  # fmt: skip
        x = aside + side * half
        site.put(wall, x, shift - bay / 2, yaw=-side * np.pi / 2)
        _creeper_wall(site, x, shift - bay / 2, -side * np.pi / 2, long * 0.8, tall * 0.75)
        if rng.random() < 0.6:
            outer = broken_wall(
                rng, long * 0.8, tall * 0.6, site.color, thick_m=0.8, moss=site.moss, ragged=1.0,
                openings=tuple((v, 0.5, -2.6, 0.9) for v in np.arange(-long / 3, long / 3, bay)),
                number=int(rng.integers(0, 999)),
            )  # fmt: skip
            site.put(outer, aside + side * (half + 3.4), shift, yaw=-side * np.pi / 2)
    end = float(rng.choice([-1, 1]))
    z = shift + end * (long / 2 + 0.3)
    gable = broken_wall(
        rng, 2 * half + 1.4, tall * 1.45, site.color,
        openings=((0.0, half * 0.5, -tall * 0.62, 0.8),), thick_m=1.0, moss=site.moss, ragged=0.2,
        number=site.number,
    )  # fmt: skip
    site.put(gable, aside, z + 0.5)
    tracery: list[Mesh] = []
    foot, spring = tall * 0.62 * 0.42, tall * 0.62
    for x in np.linspace(-half * 0.5, half * 0.5, 4)[1:-1]:
        bar = np.array([[x, foot, 0], [x, spring + half * 0.3, 0]])
        from ldm3d.data.mesh import tube

        tracery.append(tube(bar, 0.09, 6))
    for x in np.linspace(-half * 0.5, half * 0.5, 4)[:-1] + half / 6:
        ring = arch_stones(rng, half / 6, 0.12, 0.2, site.color, count=7, pointed=0.8)
        tracery.append(ring.moved((x, spring, 0)))
    bars = merged(tracery).painted(site.color * 1.1, Material.ROCK, 0.1)
    site.put(bars, aside, z)
    site.say("pointed arches")
    site.say("a great gothic window")
    for _ in range(int(rng.integers(0, 9))):
        x, gz = (
            aside + float(rng.choice([-1, 1])) * (half + rng.uniform(1.2, 7)),
            rng.uniform(-8, 8),
        )
        if site.near(float(x), float(gz)) > 1.6:
            site.put(gravestone(int(rng.integers(0, 5))), float(x), float(gz),
                     yaw=float(rng.normal(0, 0.4)), claim=0.5)  # fmt: skip
            site.say("old gravestones")


def _jungle(site: _Site) -> None:
    """A stepped temple among giant trees, with stone faces and roots."""
    rng = site.rng
    side, levels = float(rng.uniform(18, 27)), int(rng.integers(5, 8))
    far = side / 2 + float(rng.uniform(5.5, 10))
    aside = float(rng.uniform(-0.5, 0.5)) * side * 0.4
    _paved(site, (-7, -far, 7, 9), (0.9, 0.7), float(rng.uniform(-0.15, 0.45)), 0.03)
    temple = pyramid(rng, side, levels, float(rng.uniform(1.5, 2.1)), site.color, site.moss)
    site.put(temple, aside, -far - 0.5)
    for x in np.arange(-side / 2, side / 2 + 1, 4.0):  # no tree grows out of it
        for z in np.arange(-side / 2, side / 2 + 1, 4.0):
            site.land.claim(*site.at(aside + float(x), -far + float(z)), 2.6)
    site.say("a stepped temple")
    for s in (-1, 1):
        x, z = (
            aside + s * float(rng.uniform(3.5, 5.5)),
            -far + side / 2 + float(rng.uniform(1.8, 4)),
        )
        if site.near(x, z) > 2.4:
            face = stone_face(rng, site.color * 1.05, site.moss)
            site.put(face, x, z, yaw=float(rng.normal(0, 0.3)), claim=1.4,
                     size=float(rng.uniform(0.8, 1.15)))  # fmt: skip
            site.say("great stone faces")
    for _ in range(int(rng.integers(2, 5))):
        angle, r = rng.uniform(-1.9, 1.9), rng.uniform(4, 10)
        x, z = float(r * np.sin(angle)), float(r * np.cos(angle))
        long, tall = float(rng.uniform(4, 8)), float(rng.uniform(2.2, 4.5))
        opening = ((0.0, 0.8, 1.5, 0.0),) if rng.random() < 0.6 else ()
        wall = broken_wall(
            rng, long, tall, site.color, openings=opening, moss=site.moss, ragged=0.7,
            stone=(0.7, 0.4), number=int(rng.integers(0, 999)),
        )  # fmt: skip
        yaw = float(np.arctan2(-x, -z) + rng.normal(0, 0.5))
        site.put(wall, x, z, yaw=yaw, claim=1.5)
        _creeper_wall(site, x, z, yaw, long, tall * 0.8)
        if rng.random() < 0.6:
            site.put(roots(rng, long, tall * 0.75), x, z, yaw=yaw)
            site.say("roots over the walls")
    if rng.random() < 0.6:
        x, z = float(rng.uniform(-4, 4)), float(rng.choice([-1, 1])) * float(rng.uniform(2.4, 4.2))
        if site.near(x, z) > 2.2:
            face = stone_face(rng, site.color, site.moss)
            px, pz = site.at(x, z)
            site.put(face, x, z, yaw=float(np.arctan2(-px, -pz)) - site.turn, claim=1.3, size=0.75)
            site.say("great stone faces")


def _rubble(site: _Site) -> None:
    """Strew blocks; some always lie within 4 m."""
    rng = site.rng
    for place in range(int(rng.integers(6, 12))):
        near, far = (1.7, 3.0) if place < 2 else (3, 15)
        x, z = site.land.find(near, far, 0.9)
        size = float(rng.uniform(0.45, 0.9))
        mesh = tumbled(rng, int(rng.integers(2, 7)), 0.9 if place > 1 else 0.45, size, site.color,
                       site.moss)  # fmt: skip
        site.land.put(snowed(mesh, site.look.snow), x, z, yaw=float(rng.uniform(0, 6)))
    site.say(
        "mossy blocks" if site.moss > 0.45 and site.look.snow < 0.5 else "fallen blocks of stone"
    )


def _plants(site: _Site) -> None:
    rng, land, look = site.rng, site.land, site.look
    grass = grass_color(look)
    lush = {"greek": 7000, "roman": 5500, "abbey": 9000, "jungle": 7000}[site.kind]
    if site.kind in ("greek", "roman") and look.season in ("summer", "autumn"):
        grass = np.array((0.24, 0.185, 0.065))
    if site.kind == "jungle":
        grass = np.array((0.06, 0.125, 0.02))
    thin = 1 - 0.8 * look.snow
    for kind in range(3):
        own = np.random.default_rng([kind, 3])
        tuft = grass_tuft(own, 12, 0.2 + 0.09 * kind, 0.14, 0.008 * land.bold, grass)
        x, z = scattered(rng, land.many(int(lush * thin)), 0.7, 17, power=0.88)
        keep = fbm(x, z, 4.5, 2, site.number + 21) > rng.uniform(-0.5, 0.45, len(x))
        keep &= land.free(x, z, -0.2)
        land.plant(tuft, x[keep], z[keep], size=(0.5, 1.3), sun=False, sky=False)
    if look.season in ("spring", "summer") and site.kind != "jungle":
        petal, heart = BLOOMS[int(rng.integers(0, len(BLOOMS)))]
        clump = flower(np.random.default_rng(4), petal, heart, 0.32, 0.04 * land.bold**0.5, 7, 4)
        x, z = scattered(rng, land.many(2600), 1.1, 15, power=0.8)
        keep = fbm(x, z, 5, 2, site.number + 22) > rng.uniform(0.0, 0.6, len(x))
        keep &= land.free(x, z, -0.1)
        land.plant(clump, x[keep], z[keep], size=(0.7, 1.3), sun=False, sky=False)
        site.say("red poppies" if petal[0] < 0.65 and petal[1] < 0.1 else "wild flowers")
    _trees(site)


def _jungle_plants(site: _Site) -> None:
    """Plant ferns, palms and giant trees, leaving the temple's front open."""
    rng, land = site.rng, site.land
    for kind in range(3):
        x, z = scattered(rng, land.many(900), 1.3, 22, power=0.8)
        keep = (fbm(x, z, 5, 2, site.number + 25 + kind) > -0.1) & land.free(x, z, 0.25)
        if kind < 2:
            land.plant(light_fern(kind), x[keep], z[keep], size=(0.9, 1.9), sky=False)
        else:
            land.plant(palm(7, 9, 0.35), x[keep][::6], z[keep][::6], size=(0.4, 0.8), sky=False)
    x, z = land.grid(4.7, 72)
    d = np.hypot(x, z)
    open_ = fbm(x, z, 22, 2, site.number + 30) > rng.uniform(-0.9, 0.5, len(x))
    bx, bz = (
        x * np.cos(site.turn) - z * np.sin(site.turn),
        x * np.sin(site.turn) + z * np.cos(site.turn),
    )
    open_ &= (np.abs(bx) > 9 + 0.25 * d) | (bz > 2.5) | (d > 48)
    keep = (d > 4.8) & open_ & land.free(x, z, 1.2)
    x, z, d = x[keep], z[keep], d[keep]
    for kind in range(3):
        for level, (low, high) in enumerate(((0, 16), (16, 36), (36, 99))):
            own = (np.arange(len(x)) % 3 == kind) & (d >= low) & (d < high)
            land.plant(jungle_tree(kind, level), x[own], z[own], size=(0.75, 1.4), sky=level < 2)
    x, z = scattered(rng, 14, 5, 24, power=0.7)
    keep = land.free(x, z, 0.8)
    for kind in range(2):
        land.plant(palm(kind), x[keep][kind::2], z[keep][kind::2], size=(0.8, 1.5))
    site.say("tall jungle trees")


def _trees(site: _Site) -> None:
    rng, land, look = site.rng, site.land, site.look
    if site.kind == "jungle":
        _jungle_plants(site)
        return
    southern = site.kind in ("greek", "roman")
    x, z = scattered(rng, 46, 7.5, 60, power=0.75)
    bx, bz = (
        x * np.cos(site.turn) - z * np.sin(site.turn),
        x * np.sin(site.turn) + z * np.cos(site.turn),
    )
    keep = land.free(x, z, 1.6) & ((np.abs(bx) > 8.5) | (np.abs(bz) > 24))
    keep &= fbm(x, z, 25, 2, site.number + 28) > rng.uniform(-0.7, 0.5, len(x))
    x, z = x[keep], z[keep]
    d = np.hypot(x, z)
    for level, (low, high) in enumerate(((0, 24), (24, 99))):
        for kind in range(3):
            own = (np.arange(len(x)) % 3 == kind) & (d >= low) & (d < high)
            if southern:
                tree = (cypress(0, level), olive(0, level), olive(1, level))[kind]
            else:
                tree = (birch(kind, level, look.season) if kind == 0
                        else leafy_tree(kind, level, look.season))  # fmt: skip
            land.plant(tree, x[own], z[own], size=(0.75, 1.25))
    if len(x):
        site.say("cypresses and olive trees" if southern else "trees among the walls")
    x, z = scattered(rng, 14, 3.5, 18, power=0.7)
    keep = land.free(x, z, 0.7)
    if look.snow < 0.6:
        land.plant(bush(1, look.season), x[keep], z[keep], size=(0.5, 1.1))
    far_x, far_z = scattered(rng, land.many(900), 60, 420, power=0.7)
    keep = fbm(far_x, far_z, 80, 2, site.number + 29) > rng.uniform(-0.4, 0.5, len(far_x))
    tree = olive(0, 1) if southern else leafy_tree(1, 2, look.season)
    land.plant(tree, far_x[keep], far_z[keep], size=(0.8, 1.4), sun=False, sky=False)


def _ground(site: _Site) -> None:
    land, look, number = site.land, site.look, site.number
    mesh = land_surface(land.height, land.detail, 4200)
    x, y, z = mesh.position.T
    patch = fbm(x, z, 3.0, 3, number + 4)
    dry = site.kind in ("greek", "roman") and look.season in ("summer", "autumn")
    grass = np.array((0.21, 0.165, 0.075)) if dry else grass_color(look) * 0.85
    earth = np.array(
        (0.27, 0.215, 0.145) if site.kind in ("greek", "roman") else (0.15, 0.11, 0.07)
    )
    if site.kind == "jungle":
        grass, earth = np.array((0.04, 0.065, 0.015)), np.array((0.085, 0.065, 0.04))
    color = mix(
        earth * (1 + 0.3 * patch[:, None]), grass * (1 + 0.35 * patch[:, None]),
        smoothstep(-0.3, 0.3, fbm(x, z, 6.5, 3, number + 5) + 0.15),
    )  # fmt: skip
    far = np.hypot(x, z)
    woods = np.array(
        (0.115, 0.115, 0.05) if site.kind in ("greek", "roman") else (0.03, 0.055, 0.02)
    )
    woods = woods * (1 + 0.5 * fbm(x, z, 70, 3, number + 6)[:, None])
    color = mix(color, woods, smoothstep(50, 180, far))
    color = mix(color, np.array([0.24, 0.22, 0.2]), smoothstep(250, 420, y))
    kind = Material.MOSS if site.kind == "jungle" else Material.GROUND
    kinds = np.where(far > 200, float(Material.ROCK), float(kind))
    color = np.clip(color, 0.004, 1)
    land.scene.add(painted_land(mesh, color, kinds, look, number), casts_sky=False)


def _air(look: Look, kind: str) -> Air:
    air = replace(look.air, sky_gain=look.air.sky_gain * 1.15)
    if kind == "jungle":
        bright = max(air.sun) > 1.5 and air.sun_elevation_deg > 8
        air = replace(
            air, fog_density=max(air.fog_density, 0.0055), fog_height_m=min(air.fog_height_m, 40.0),
            shafts=0.12 if bright else air.shafts, sky_gain=air.sky_gain * 1.25,
        )  # fmt: skip
    return snowy_air(air, look)


def build(streams: Streams) -> Scene:
    """Return the ruins."""
    rng, look, number = streams.layout, streams.look, streams.number
    kind = str(rng.choice(KINDS, p=[0.28, 0.24, 0.22, 0.26]))
    other = str(rng.choice(["greek", "abbey"]))
    if kind == "jungle" and look.snow > 0:
        kind = other
    height = country_height(
        number, bumps_m=0.07, roll_m=float(rng.uniform(0.6, 2.0)), calm_m=16,
        hills_m=float(rng.uniform(30, 150)), mountains_m=float(rng.choice([0, 500, 800])),
    )  # fmt: skip
    ground = point_on(height, 0.0, 0.0)[1]
    scene = Scene(
        eye=(0.0, ground + EYE_M, 0.0),
        air=_air(look, kind),
        eye_height_m=EYE_M,
        facing_deg=float(rng.uniform(-180, 180)),
    )
    land = Land(scene, height, rng, look, streams.detail)
    land.claim(0.0, 0.0, 0.95)
    palette = COLORS[kind]
    site = _Site(
        land, rng, number, kind,
        np.array(palette[int(rng.integers(0, len(palette)))]) * rng.uniform(0.8, 1.0),
        {"greek": 0.12, "roman": 0.25, "abbey": 0.5, "jungle": 0.85}[kind],
        float(rng.uniform(0, 6.283)),
    )  # fmt: skip
    {"greek": _greek, "roman": _roman, "abbey": _abbey, "jungle": _jungle}[kind](site)
    _rubble(site)
    _plants(site)
    _ground(site)
    if kind in ("abbey", "jungle"):
        bounce(scene, [(0.0, ground + 10.0, 0.0)], 0.13 if kind == "abbey" else 0.16)
    scene.eyes = land.eyes(3, 4.0)
    return _worded(scene, site, look)


def _worded(scene: Scene, site: _Site, look: Look) -> Scene:
    place = {
        "greek": "the ruins of a Greek temple", "roman": "the ruins of a Roman town",
        "abbey": "the ruins of a gothic abbey", "jungle": "the ruins of a temple in the jungle",
    }[site.kind]  # fmt: skip
    white = look.snow > 0.6
    when = "in the snow" if white else look.season
    if site.kind == "jungle":
        when = "overgrown"
    scene.title = place[0].upper() + place[1:]
    what = place.removeprefix("the ruins of ")
    scene.caption = f"{place}, {when}, {look.hour}, {', '.join(site.details[:3])}"
    scene.details = (what, *site.details)
    scene.tags = (
        "ruins", {"greek": "greek temple", "roman": "roman ruins", "abbey": "abbey",
                  "jungle": "jungle temple"}[site.kind],
        look.season, look.hour, look.weather, *(["snow"] * white),
    )  # fmt: skip
    return scene
