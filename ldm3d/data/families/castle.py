"""A castle's courtyard: walls, towers, a gate, a well, banners."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.bounce import bounce
from ldm3d.data.castle_parts import (
    banner,
    brazier,
    curtain_wall,
    dummy,
    flag,
    gatehouse,
    hay,
    hay_cart,
    keep,
    round_tower,
    torch,
    wall_stairs,
    weapon_rack,
)
from ldm3d.data.families import Streams
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
from ldm3d.data.mesh import Material, Mesh
from ldm3d.data.noise import fbm
from ldm3d.data.old_houses import QUARTERS, old_house
from ldm3d.data.paving import COBBLES, laid, weathered
from ldm3d.data.plants import grass_tuft
from ldm3d.data.scene import Lamp, Scene, placed
from ldm3d.data.stonework import on_wall
from ldm3d.data.street_things import barrel, bench, crate, draw_well, statue
from ldm3d.data.terrain import mix, scattered, smoothstep
from ldm3d.data.woodland import leafy_tree

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

NAMES = (
    "a castle",
    "a castle courtyard",
    "the courtyard of a medieval castle",
    "a medieval fortress",
    "inside the walls of a castle",
    "a knight's castle",
    "a castle with towers",
    "a stone castle",
)

STONES = ((0.36, 0.33, 0.28), (0.40, 0.35, 0.26), (0.28, 0.28, 0.29), (0.42, 0.30, 0.22),
          (0.46, 0.43, 0.37))  # fmt: skip
TILES = ((0.30, 0.11, 0.065), (0.10, 0.105, 0.125), (0.16, 0.09, 0.06), (0.09, 0.14, 0.17))


@dataclass
class _Castle:
    land: Land
    rng: np.random.Generator
    number: int
    color: NDArray[np.float64]
    tile: tuple[float, float, float]
    tall_m: float
    roofed: bool
    details: list[str] = field(default_factory=list)

    @property
    def look(self) -> Look:
        return self.land.look

    def say(self, name: str) -> None:
        if name not in self.details:
            self.details.append(name)

    def stand(self, mesh: Mesh, at: Doubles, out: Doubles, y: float = 0.0) -> None:
        """Put a mesh whose front is +z at (x, z), facing `out`."""
        yaw = float(np.arctan2(out[0], out[1]))
        self.land.scene.add(mesh, placed(np.array([[at[0], y, at[1]]]), 1.0, yaw))

    def fire(self, x: float, y: float, z: float, strength: float = 1.0) -> None:
        if self.look.dark and len(self.land.scene.lamps) < 11:
            color = (3.6 * strength, 1.5 * strength, 0.42 * strength)
            near = float(np.hypot(x, z)) < 9
            self.land.scene.lamps.append(Lamp((x, y, z), color, 0.15, near))


def _corners(rng: np.random.Generator) -> Doubles:
    """Return the yard's corners (N, 2) around the eye, counted round."""
    count = int(rng.choice([4, 4, 5, 6, 7]))
    radius = float(rng.uniform(13, 21))
    turn = rng.uniform(0, 6.283)
    angle = turn + (np.arange(count) + rng.uniform(-0.16, 0.16, count)) / count * 6.283
    r = radius * rng.uniform(0.9, 1.25, count)
    center = rng.uniform(-0.33, 0.33, 2) * radius
    return np.stack([center[0] + r * np.cos(angle), center[1] + r * np.sin(angle)], 1)


def _walls(castle: _Castle, corners: Doubles) -> None:
    rng, look, tall = castle.rng, castle.look, castle.tall_m
    count = len(corners)
    middle = corners.mean(axis=0)
    gate = int(rng.integers(0, count))
    uses = [str(u) for u in rng.permutation(
        ["hall", "plain", "banners", "stairs", "hall", "banners", "ivy"])]  # fmt: skip
    for i in range(count):
        a, b = corners[i], corners[(i + 1) % count]
        at, way = (a + b) / 2, (b - a) / np.linalg.norm(b - a)
        long = float(np.linalg.norm(b - a))
        out = np.array([-way[1], way[0]])
        out = out if float(out @ (middle - at)) > 0 else -out
        mesh = curtain_wall(rng, long, tall, castle.color, snow=look.snow)
        castle.stand(mesh, at, out)
        if i == gate:
            opened = bool(rng.random() < 0.5)
            house = gatehouse(
                rng, castle.color * 1.04, tall + float(rng.uniform(2.0, 4.0)), open_gate=opened,
                lit=look.dark, snow=look.snow,
            )  # fmt: skip
            castle.stand(house, at + out * 0.7, out)
            castle.say("a gate with a portcullis")
            side = np.array([-out[1], out[0]])
            for s in (-1, 1):
                spot = at + out * 0.78 + side * s * 2.9
                _torch(castle, spot, out)
                castle.stand(banner(castle.number % 6, castle.number // 6), at + out * 0.8
                             + side * s * 3.7, out, 5.4)  # fmt: skip
            continue
        _dress_wall(castle, uses[i % len(uses)], at, out, long)
    for i in range(count):
        _corner_tower(castle, corners[i], middle)


def _dress_wall(castle: _Castle, use: str, at: Doubles, out: Doubles, long: float) -> None:
    """Give one wall what makes it different: a hall, banners, stairs, ivy."""
    rng, look = castle.rng, castle.look
    side = np.array([-out[1], out[0]])
    if use == "hall" and long > 11:
        quarter = QUARTERS["timber" if rng.random() < 0.45 else "stone"]
        quarter = replace(
            quarter, lit=0.6 if look.dark else 0.0, snow=look.snow, season=look.season,
            flowers=0.0, shops=0.0,
            tiles=(castle.tile,), walls=quarter.walls[:2] if quarter.kind == "timber" else
            (tuple(castle.color * 1.1),),
        )  # fmt: skip
        parts = int(rng.integers(1, 3))
        wide = (long - 5) / parts if parts > 1 else float(rng.uniform(7, min(long - 4, 12)))
        for k in range(parts):
            mesh, _ = old_house(rng, quarter, wide, int(rng.integers(1, 3)), 5.5)
            shift = (k - (parts - 1) / 2) * wide
            castle.stand(mesh, at + out * 4.2 + side * shift, out)
        castle.say("half-timbered houses" if quarter.kind == "timber" else "a great hall")
        castle.land.claim(float(at[0] + out[0] * 3), float(at[1] + out[1] * 3), 4.5)
    elif use == "banners":
        for shift in np.arange(-long / 2 + 4, long / 2 - 3, 3.4):
            kind = int(rng.integers(0, 2)) * 2 + castle.number % 3
            mesh = banner(kind, castle.number)
            castle.stand(mesh, at + out * 0.05 + side * float(shift), out, castle.tall_m - 0.9)
        castle.say("banners on the walls")
        for shift in (-long / 4, long / 4):
            _torch(castle, at + out * 0.06 + side * shift, out)
    elif use == "stairs" and long > 10:
        mesh = wall_stairs(rng, castle.tall_m, castle.color, look.snow)
        shift = float(rng.uniform(-0.35, 0.0)) * long
        yaw_side = at + out * 0.05 + side * shift
        castle.stand(mesh if rng.random() < 0.5 else mesh.scaled((-1, 1, 1)), yaw_side, out)
        castle.say("stone stairs to the wall walk")
    elif use == "ivy" and look.snow < 0.5:
        count = int(9000 * castle.land.detail)
        place = on_wall((-long / 2, 0), (long / 2, 0))
        mesh = ivy(
            rng, place, long, castle.tall_m + 0.8, count, size_m=0.17 * castle.land.bold**0.8,
            color=IVY[look.season], thick=0.25, number=castle.number,
        )  # fmt: skip
        castle.stand(mesh, at, out)
        castle.say("red ivy on the walls" if look.season == "autumn" else "ivy on the walls")
    else:
        for shift in (-long / 4, long / 4):
            _torch(castle, at + out * 0.06 + side * shift, out)


def _torch(castle: _Castle, at: Doubles, out: Doubles) -> None:
    castle.stand(torch(castle.look.dark), at, out, 2.2)
    spot = at + out * 0.5
    castle.fire(float(spot[0]), 2.9, float(spot[1]))
    if castle.look.dark:
        castle.say("torches")


def _corner_tower(castle: _Castle, corner: Doubles, middle: Doubles) -> None:
    rng, look = castle.rng, castle.look
    tall = castle.tall_m + float(rng.uniform(2.5, 8.0))
    outward = (corner - middle) / np.linalg.norm(corner - middle)
    if rng.random() < 0.78:
        mesh = round_tower(
            rng, float(rng.uniform(2.2, 3.6)), tall, castle.color, castle.tile,
            roofed=castle.roofed and bool(rng.random() < 0.85), lit=look.dark, snow=look.snow,
        )  # fmt: skip
        castle.stand(mesh, corner, -outward)
    else:
        mesh = keep(
            rng, float(rng.uniform(5, 6.5)), tall, castle.color, castle.tile,
            roofed=castle.roofed, lit=look.dark, snow=look.snow,
        )  # fmt: skip
        castle.stand(mesh, corner + outward * 1.2, -outward)
    if rng.random() < 0.5:
        top = tall + 0.4
        if not castle.roofed:
            castle.stand(flag(castle.number % 6), corner, outward, top)
            castle.say("flags on the towers")


def _great_tower(castle: _Castle, corners: Doubles) -> None:
    """Put a keep outside the yard or into it, away from the eye."""
    rng, look = castle.rng, castle.look
    middle = corners.mean(axis=0)
    index = int(rng.integers(0, len(corners)))
    a, b = corners[index], corners[(index + 1) % len(corners)]
    away = (a + b) / 2 - middle
    away = away / np.linalg.norm(away)
    side = float(rng.uniform(8, 11))
    at = (a + b) / 2 + away * (side / 2 + float(rng.uniform(0.5, 8)))
    tall = castle.tall_m + float(rng.uniform(9, 19))
    if rng.random() < 0.7:
        mesh = keep(
            rng, side, tall, castle.color * 1.03, castle.tile, roofed=castle.roofed,
            lit=look.dark, snow=look.snow,
        )  # fmt: skip
    else:
        mesh = round_tower(
            rng, side * 0.5, tall, castle.color * 1.03, castle.tile, roofed=castle.roofed,
            lit=look.dark, snow=look.snow,
        )  # fmt: skip
    castle.stand(mesh, at, -away)
    top = tall + (0.5 if not castle.roofed else side * 0.7)
    castle.stand(flag((castle.number + 1) % 6), at, away, top)
    castle.say("a tall keep")


def _inside(corners: Doubles, x: float, z: float, gap: float) -> bool:
    middle = corners.mean(axis=0)
    for i in range(len(corners)):
        a, b = corners[i], corners[(i + 1) % len(corners)]
        way = (b - a) / np.linalg.norm(b - a)
        out = np.array([-way[1], way[0]])
        out = out if float(out @ (middle - a)) > 0 else -out
        if float(out @ (np.array([x, z]) - a)) < gap:
            return False
    return True


@dataclass(frozen=True)
class _Yard:
    """Where a thing may go, and which way it looks."""

    castle: _Castle
    corners: Doubles
    near_m: float
    far_m: float

    @property
    def white(self) -> bool:
        return self.castle.look.snow > 0.5

    def spot(self, radius: float, closer: float = 0.0, farther: float = 0.0) -> tuple[float, float]:
        """Return a free place inside the walls and claim it."""
        rng, land = self.castle.rng, self.castle.land
        x, z = 0.0, self.near_m + closer
        for _ in range(60):
            r, a = rng.uniform(self.near_m + closer, self.far_m + farther), rng.uniform(0, 6.283)
            x, z = float(r * np.sin(a)), float(-r * np.cos(a))
            if land.free(x, z, radius) and _inside(self.corners, x, z, radius + 1.6):
                break
        land.claim(x, z, radius)
        return x, z

    def put(self, mesh: Mesh, at: tuple[float, float], *, facing: bool = False) -> None:
        """Place a mesh, turned anyhow or about towards the eye."""
        rng = self.castle.rng
        yaw = float(np.arctan2(-at[0], -at[1]) + rng.normal(0, 0.4))
        self.castle.land.put(mesh, *at, yaw=yaw if facing else float(rng.uniform(0, 6.283)))


def _barrels(yard: _Yard) -> str:
    for _ in range(int(yard.castle.rng.integers(2, 5))):
        yard.put(barrel(), yard.spot(0.4, 0.0, 0.6))
    return "barrels"


def _cart(yard: _Yard) -> str:
    yard.put(hay_cart(yard.castle.rng, yard.white), yard.spot(1.5, 1.1, 1.5))
    return "a hay cart"


def _rack(yard: _Yard) -> str:
    yard.put(weapon_rack(yard.castle.rng), yard.spot(0.9, 0.3), facing=True)
    return "a rack of spears and shields"


def _hay(yard: _Yard) -> str:
    for _ in range(3):
        yard.put(hay(yard.castle.rng, (0.75, 0.5, 0.7), 420), yard.spot(0.8, 0.4, 1.0))
    return "heaps of hay"


def _crates(yard: _Yard) -> str:
    for _ in range(3):
        kind = int(yard.castle.rng.integers(0, 6))
        yard.put(crate(kind, not yard.white).scaled(1.1), yard.spot(0.4))
    return "wooden crates"


def _brazier(yard: _Yard) -> str:
    burning = yard.castle.look.dark or yard.castle.look.season == "winter"
    at = yard.spot(0.6, 0.3)
    yard.put(brazier(burning), at)
    yard.castle.fire(at[0], 1.5, at[1], 1.3)
    return "a burning brazier" if burning else "an iron brazier"


def _dummy(yard: _Yard) -> str:
    yard.put(dummy(), yard.spot(0.7), facing=True)
    return "a training dummy"


def _bench(yard: _Yard) -> str:
    yard.put(bench(2, yard.white), yard.spot(0.9))
    return "a stone bench"


_THINGS = (_barrels, _cart, _rack, _hay, _crates, _brazier, _dummy, _bench)


def _furnish(castle: _Castle, corners: Doubles) -> None:
    """Put things into the yard; two kinds stand within 4 m."""
    rng, land, look = castle.rng, castle.land, castle.look
    order = rng.permutation(len(_THINGS))[: int(rng.integers(4, 7))]
    for place, index in enumerate(order):
        near, far = (1.7, 3.4) if place < 2 else (3.2, 9.0)
        castle.say(_THINGS[int(index)](_Yard(castle, corners, near, far)))
    yard = _Yard(castle, corners, 4.2, 9.0)
    at = yard.spot(1.8)
    if rng.random() < 0.75:
        yard.put(draw_well(rng, yard.white, castle.color), at)
        castle.say("a well")
    else:
        yard.put(statue(bool(rng.random() < 0.5)), at, facing=True)
        castle.say("a statue")
    if rng.random() < 0.55:
        x, z = yard.spot(2.0, 1.3, 2.0)
        tree = leafy_tree(int(rng.integers(0, 3)), 0, look.season, int(rng.integers(0, 3)))
        land.put(tree, x, z, size=float(rng.uniform(0.7, 1.05)), yaw=float(rng.uniform(0, 6)))
        castle.say("an old tree")


def _ground(castle: _Castle, kind: str) -> None:
    rng, land, look, number = castle.rng, castle.land, castle.look, castle.number
    mesh = land_surface(land.height, land.detail, 3200)
    x, y, z = mesh.position.T
    patch = fbm(x, z, 3.0, 3, number + 4)
    grass = grass_color(look) * (0.95, 0.78, 1.1)
    earth = np.array([0.20, 0.145, 0.095]) * (1 + 0.3 * patch[:, None])
    green = grass * (1 + 0.35 * patch[:, None])
    wish = {"grass": 0.55, "earth": -0.35, "cobbles": -0.1}[kind]
    color = mix(earth, green, smoothstep(-0.25, 0.3, fbm(x, z, 6.5, 3, number + 5) + wish))
    far = np.hypot(x, z)
    woods = np.array([0.04, 0.07, 0.025]) * (1 + 0.5 * fbm(x, z, 70, 3, number + 6)[:, None])
    color = mix(color, woods, smoothstep(60, 200, far))
    color = mix(color, np.array([0.2, 0.2, 0.21]), smoothstep(260, 420, y))
    color = mix(color, np.array([0.75, 0.79, 0.85]), smoothstep(400, 540, y))
    kinds = np.where(far > 200, float(Material.ROCK), float(Material.GROUND))
    color = np.clip(color, 0.004, 1)
    land.scene.add(painted_land(mesh, color, kinds, look, number), casts_sky=False)
    tone = np.array(COBBLES[int(rng.integers(0, len(COBBLES)))]) * 0.85
    stone = 0.19 * min(land.bold, 1.75) ** 0.6
    laid_ones = laid(rng, (-17, -17, 17, 17), (stone * 1.5, stone), tone, y_m=0.035, patches=number)
    kept = _cobbled(castle, laid_ones, kind)
    turn = float(rng.uniform(0, 1.57))
    land.scene.add(weathered(kept.turned(turn), look, number), casts_sky=False, casts_sun=False)
    if look.snow < 0.6:
        _tufts(castle, grass, kind)


def _cobbled(castle: _Castle, mesh: Mesh, kind: str) -> Mesh:
    """Keep the stones that still lie there: everywhere, or in patches."""
    first = mesh.position[::8]
    wish = fbm(first[:, 0], first[:, 2], 8.0, 3, castle.number + 9)
    wish = wish + {"cobbles": 0.75, "earth": -0.12, "grass": -0.22}[kind]
    ragged = np.random.default_rng(castle.number).uniform(-0.12, 0.12, len(first))
    keep_ = wish + ragged > 0
    if not keep_.any():
        keep_[0] = True
    index = np.flatnonzero(keep_)
    rows = (index[:, None] * 8 + np.arange(8)).ravel()
    faces = mesh.faces.reshape(len(first), 10, 3)[keep_]
    faces = (
        faces - faces.min(axis=(1, 2), keepdims=True) + (np.arange(len(index)) * 8)[:, None, None]
    )
    return Mesh(mesh.position[rows], mesh.normal[rows], mesh.texture[rows], mesh.color[rows],
                mesh.material[rows], faces.reshape(-1, 3).astype(np.int32))  # fmt: skip


def _tufts(castle: _Castle, grass: Doubles, kind: str) -> None:
    land, rng = castle.land, castle.rng
    count = {"grass": 7000, "earth": 1500, "cobbles": 1300}[kind]
    for k in range(2):
        tuft = grass_tuft(
            np.random.default_rng(k), 10, 0.16 + 0.1 * k, 0.11, 0.007 * land.bold, grass
        )
        x, z = scattered(rng, land.many(count), 0.8, 18, power=0.75)
        keep_ = fbm(x, z, 6.5, 3, castle.number + 5) > rng.uniform(-0.35, 0.3, len(x))
        keep_ &= land.free(x, z, -0.1)
        land.plant(tuft, x[keep_], z[keep_], size=(0.5, 1.2), sun=False, sky=False)


def build(streams: Streams) -> Scene:
    """Return the courtyard."""
    rng, look, number = streams.layout, streams.look, streams.number
    base = country_height(
        number, bumps_m=0.03, roll_m=2.0, calm_m=34, hills_m=float(rng.uniform(30, 160)),
        mountains_m=float(rng.choice([0, 600, 900])),
    )  # fmt: skip

    def height(x: Floats, z: Floats) -> Floats:
        return np.asarray(base(x, z) - 9.0 * smoothstep(34, 110, np.hypot(x, z)), np.float32)

    scene = Scene(
        eye=(0.0, EYE_M, 0.0),
        air=snowy_air(replace(look.air, sky_gain=look.air.sky_gain * 1.2), look),
        eye_height_m=EYE_M,
        facing_deg=float(rng.uniform(-180, 180)),
    )
    land = Land(scene, height, rng, look, streams.detail)
    land.claim(0.0, 0.0, 0.95)
    color = np.array(STONES[int(rng.integers(0, len(STONES)))]) * rng.uniform(0.74, 0.95)
    castle = _Castle(
        land, rng, number, color, TILES[int(rng.integers(0, len(TILES)))],
        float(rng.uniform(5.5, 8.5)), bool(rng.random() < 0.6),
    )  # fmt: skip
    corners = _corners(rng)
    _great_tower(castle, corners)
    _walls(castle, corners)
    _furnish(castle, corners)
    _ground(castle, str(rng.choice(["grass", "earth", "cobbles", "cobbles"])))
    bounce(scene, [(0.0, 11.0, 0.0)], 0.13)
    scene.eyes = tuple(eye for eye in land.eyes(5, 6.0) if _inside(corners, eye[0], eye[2], 1.7))[
        :3
    ]
    return _worded(scene, castle, look)


def _worded(scene: Scene, castle: _Castle, look: Look) -> Scene:
    crown = "pointed roofs" if castle.roofed else "battlements"
    details = [f"towers with {crown}", *castle.details]
    white = look.snow > 0.6
    scene.title = "In the castle courtyard"
    when = "in the snow" if white else look.season
    scene.caption = f"the courtyard of a castle, {when}, {look.hour}, {', '.join(details[:3])}"
    scene.details = tuple(details)
    scene.tags = (
        "castle", "courtyard", "towers", "walls", look.season, look.hour, look.weather,
        *(["snow"] * white),
    )  # fmt: skip
    return scene
