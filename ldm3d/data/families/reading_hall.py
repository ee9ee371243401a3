"""A great library: galleries of books, tall windows with evening sun, warm lamps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.built import plank
from ldm3d.data.families import Streams
from ldm3d.data.furniture import (
    BRASS,
    OAK,
    bankers_lamp,
    book_stack,
    bookcase,
    chair,
    chandelier,
    globe,
    ladder,
    open_book,
    railing,
    table,
)
from ldm3d.data.look import Look
from ldm3d.data.mesh import Material, Mesh, box, grid_faces, lathe, merged, mesh_from, tube
from ldm3d.data.prototypes import prototype
from ldm3d.data.scene import Air, Color, Lamp, Scene, placed

Floats = NDArray[np.float32]

NAMES = (
    "a library", "a great library", "an old library hall", "a reading hall", "a grand reading room",
    "a hall of books", "a university library", "a library with tall windows",
)  # fmt: skip
WEATHERS = ("clear", "clear", "cloudy", "overcast")
SEASONS = ("summer",)

EYE_M = 1.6
HALF_W = 6.0  # half the hall's width
NORTH, SOUTH = -24.0, 12.0  # its ends along z
SPRING = 7.2  # where the vault begins
GALLERY = 3.75
WINDOW = (1.15, 4.3, 7.6)  # half width, sill, top of a clerestory window


@dataclass(frozen=True)
class Plan:
    """What one hall has of its own; as it stands it is the bundled one."""

    dark_tile: Color = (0.075, 0.055, 0.045)
    light_tile: Color = (0.42, 0.35, 0.26)
    wall: Color = (0.40, 0.325, 0.235)
    vault: Color = (0.36, 0.28, 0.19)
    wood: Color = (1.0, 1.0, 1.0)
    """Multiplies the wood of shelves and furniture."""
    carpet: tuple[Color, Color] | None = ((0.125, 0.016, 0.017), (0.022, 0.022, 0.045))
    """Its field and its border."""
    lamps: bool = True
    """Lamps on the tables."""
    chandeliers: tuple[float, ...] = (-3.5, -11.5, -19.5, 6.0)
    globe: tuple[float, float] | None = (1.75, -4.2)
    ladders: tuple[tuple[int, float], ...] = ((-1, -5.6), (1, -9.3), (1, 1.6), (-1, 6.0))
    tables: tuple[tuple[float, float], ...] = (
        (-2.75, -2.6), (2.75, -1.5), (-2.75, 3.2), (2.75, 4.6),
        *((x, z) for z in (-7.0, -11.0, -15.0, -19.0) for x in (-2.75, 2.75)),
    )  # fmt: skip


_STONES: tuple[tuple[Color, Color], ...] = (
    ((0.40, 0.325, 0.235), (0.36, 0.28, 0.19)),
    ((0.46, 0.43, 0.39), (0.42, 0.40, 0.37)),
    ((0.30, 0.16, 0.10), (0.34, 0.27, 0.20)),
    ((0.22, 0.27, 0.24), (0.36, 0.34, 0.28)),
    ((0.52, 0.47, 0.38), (0.10, 0.14, 0.22)),
)
_TILES: tuple[tuple[Color, Color], ...] = (
    ((0.075, 0.055, 0.045), (0.42, 0.35, 0.26)),
    ((0.03, 0.03, 0.033), (0.52, 0.50, 0.47)),
    ((0.17, 0.075, 0.045), (0.36, 0.24, 0.15)),
    ((0.10, 0.13, 0.11), (0.40, 0.40, 0.34)),
    ((0.20, 0.12, 0.065), (0.23, 0.14, 0.075)),
)
_CARPETS: tuple[tuple[Color, Color], ...] = (
    ((0.125, 0.016, 0.017), (0.022, 0.022, 0.045)),
    ((0.02, 0.045, 0.14), (0.10, 0.02, 0.02)),
    ((0.022, 0.085, 0.05), (0.05, 0.03, 0.015)),
    ((0.13, 0.065, 0.02), (0.03, 0.02, 0.03)),
)
_WOODS: tuple[Color, ...] = (
    (1.0, 1.0, 1.0),
    (0.55, 0.5, 0.48),
    (1.5, 1.55, 1.5),
    (1.25, 0.85, 0.7),
)


def _plan(streams: Streams) -> Plan:
    if streams.signature:
        return Plan()
    rng = streams.layout
    wall, vault = _STONES[int(rng.integers(len(_STONES)))]
    dark, light = _TILES[int(rng.integers(len(_TILES)))]
    first = float(rng.uniform(-22, -20))
    rows = np.arange(first, SOUTH - 2.5, float(rng.uniform(3.4, 5.4)))
    lights = np.arange(float(rng.uniform(-22, -18)), SOUTH - 3, float(rng.uniform(6, 9)))
    return Plan(
        dark_tile=dark,
        light_tile=light,
        wall=wall,
        vault=vault,
        wood=_WOODS[int(rng.integers(len(_WOODS)))],
        carpet=_CARPETS[int(rng.integers(len(_CARPETS)))] if rng.random() < 0.6 else None,
        lamps=bool(rng.random() < 0.75),
        chandeliers=tuple(float(z) for z in lights) if rng.random() < 0.7 else (),
        globe=(float(rng.choice([-1.6, 1.6])), float(rng.uniform(-8, 6))),
        ladders=tuple((int(rng.choice([-1, 1])), float(rng.uniform(-22, 10))) for _ in range(4)),
        tables=tuple((x, float(z)) for z in rows for x in (-2.75, 2.75) if rng.random() < 0.85),
    )


def _floor(scene: Scene, plan: Plan, detail: float) -> None:
    """Lay a polished floor of stone squares with borders, and a long carpet."""
    tiles = _tiles(plan.dark_tile, plan.light_tile)
    scene.add(tiles, casts_sky=False, casts_sun=False)
    mortar = box((2 * HALF_W, 0.1, SOUTH - NORTH), (0, -0.052, (SOUTH + NORTH) / 2))
    scene.add(mortar.painted((0.05, 0.042, 0.035)), casts_sky=False)
    if plan.carpet is not None:
        coarse = 1 if detail > 0.7 else 3
        scene.add(_carpet(*plan.carpet, coarse), casts_sky=False, casts_sun=False)


@prototype
def _tiles(dark_tile: Color, light_tile: Color) -> Mesh:
    """Return the squares of the floor."""
    tiles = []
    size = 0.75
    for i in range(int(2 * HALF_W / size)):
        for j in range(int((SOUTH - NORTH) / size)):
            x, z = -HALF_W + (i + 0.5) * size, NORTH + (j + 0.5) * size
            dark = (i + j) % 2 == 0
            color = dark_tile if dark else light_tile
            tone = 0.9 + 0.2 * ((i * 7 + j * 13) % 5) / 5
            half = size / 2 - 0.002
            corner = np.array(
                [[-half, 0, -half], [half, 0, -half], [half, 0, half], [-half, 0, half]]
            )
            shift = [i * 3.1 % 7, 0, j * 2.7 % 9]
            tiles.append(
                mesh_from(
                    corner + np.array([x, 0, z]),
                    [[0, 2, 1], [0, 3, 2]],
                    np.tile([0, 1, 0], (4, 1)),
                    np.array(color) * tone,
                    Material.POLISHED,
                    0.55,
                    corner + shift,
                )
            )
    return merged(tiles)


@prototype
def _carpet(field: Color, border: Color, coarse: int) -> Mesh:
    """Return a patterned runner along the hall, slightly raised."""
    nx, nz, wide, length = 240 // coarse + 1, 2200 // coarse, 1.7, 27.5
    x = np.linspace(-wide / 2, wide / 2, nx)
    z = np.linspace(-20.0, -20.0 + length, nz)
    gx, gz = np.meshgrid(x, z)
    edge = wide / 2 - np.abs(gx)
    red, deep, gold = (np.array(c) for c in (field, border, (0.30, 0.20, 0.075)))
    color = np.broadcast_to(red, (*gx.shape, 3)).copy()
    u, v = ((gx + 0.2) % 0.4 - 0.2) / 0.2, (gz % 0.625) / 0.625 * 2 - 1
    diamond = np.abs(u) * 0.62 + np.abs(v)
    for low, high, tint in (
        (0.80, 0.86, gold),
        (0.52, 0.80, deep),
        (0.44, 0.52, gold),
        (0.20, 0.26, gold),
        (0.0, 0.2, deep),
    ):
        color[(diamond >= low) & (diamond < high) & (edge > 0.2)] = tint
    flower = np.hypot(u * 0.5, v * 0.62) * (1 + 0.35 * np.cos(6 * np.arctan2(v, u)))
    color[(flower > 0.05) & (flower < 0.12) & (edge > 0.2)] = gold
    corner = np.hypot(np.abs(u) - 1.0, np.abs(v) - 1.0) * (
        1 + 0.3 * np.cos(8 * np.arctan2(np.abs(v) - 1, np.abs(u) - 1.0))
    )
    color[(corner < 0.34) & (edge > 0.2)] = gold * 0.8
    color[(corner < 0.2) & (edge > 0.2)] = deep
    color[(edge < 0.19)] = deep
    color[((edge > 0.15) & (edge < 0.17)) | ((edge > 0.035) & (edge < 0.055))] = gold
    wave = np.abs(edge - 0.10 - 0.03 * np.sin(gz * 6.2832 / 0.25)) < 0.012
    color[wave] = gold
    point = np.stack([gx, np.full_like(gx, 0.012), gz], axis=-1).reshape(-1, 3)
    return mesh_from(
        point,
        grid_faces(nz, nx),
        np.tile([0, 1, 0], (len(point), 1)),
        color.reshape(-1, 3),
        Material.CLOTH,
    )


@prototype
def _arch_wall(
    length: float, height: float, centers: list[float], low: float, half: float, top: float
) -> Mesh:
    """Return a wall in the x-y plane with round-headed openings, facing +z, 0.5 m thick."""
    parts = []
    edges = sorted(
        [(-length / 2, None), *[(c, "w") for c in centers], (length / 2, None)], key=lambda e: e[0]
    )
    spans = []
    left = edges[0][0]
    for c in sorted(centers):
        spans.append((left, c - half))
        left = c + half
    spans.append((left, length / 2))
    for a, b in spans:
        if b > a:
            parts.append(box((b - a, height, 0.5), ((a + b) / 2, height / 2, -0.25)))
    spring = top - half
    angle = np.linspace(0, np.pi, 25)
    for c in centers:
        if low > 0:
            parts.append(box((2 * half, low, 0.5), (c, low / 2, -0.25)))
        x, y = c + half * np.cos(angle), spring + half * np.sin(angle)
        for z, sign in ((0.0, 1.0), (-0.5, -1.0)):
            point = np.concatenate(
                [
                    np.stack([x, y, np.full(25, z)], 1),
                    np.stack([x, np.full(25, height), np.full(25, z)], 1),
                ]
            )
            parts.append(mesh_from(point, grid_faces(2, 25), np.tile([0, 0, sign], (50, 1))))
        inner = np.concatenate([np.stack([x, y, np.full(25, z)], 1) for z in (0.0, -0.5)])
        parts.append(mesh_from(inner, grid_faces(2, 25)))
    return merged(parts)


@prototype
def _window_frame(half: float, low: float, top: float) -> Mesh:
    """Return mullions and leads of a round-headed window in the x-y plane."""
    spring = top - half
    parts = []
    a = np.linspace(0, np.pi, 25)
    for r in (half, half * 0.52):
        parts.append(
            tube(
                np.stack([r * np.cos(a), spring + r * np.sin(a), 0 * a], 1),
                0.05 if r == half else 0.03,
                8,
            )
        )
    for x in np.linspace(-half, half, 5):
        parts.append(tube([[x, low, 0], [x, spring, 0]], 0.035 if abs(x) != half / 2 else 0.024, 8))
    for y in np.arange(low + 0.02, spring + 0.05, 0.55):
        parts.append(tube([[-half, y, 0], [half, y, 0]], 0.018, 6))
    for i in range(1, 6):
        way = np.array([np.cos(i * np.pi / 6), np.sin(i * np.pi / 6), 0])
        parts.append(
            tube([way * half * 0.52 + [0, spring, 0], way * half + [0, spring, 0]], 0.02, 6)
        )
    return merged(parts).painted((0.10, 0.085, 0.07), Material.STONE)


def _shell(scene: Scene, plan: Plan) -> None:
    """Build walls with windows above the galleries, the vault with ribs, and the end walls."""
    length, middle = SOUTH - NORTH, (SOUTH + NORTH) / 2
    bays = [NORTH + 3.0 + i * 6.0 for i in range(6)]
    wall_color = plan.wall
    half, low, top = WINDOW
    wall = _arch_wall(length, 8.4, [b - middle for b in bays], low, half, top)
    wall = wall.painted(wall_color, Material.STONE)
    frame = _window_frame(half, low, top)
    for side in (-1, 1):
        yaw = -side * np.pi / 2
        turned = wall.turned(yaw).moved((side * HALF_W, 0, middle))
        scene.add(turned, casts_sky=False)
        for bay in bays:
            scene.add(frame.turned(yaw).moved((side * (HALF_W + 0.25), 0, bay)), casts_sky=False)
    big = _arch_wall(2 * HALF_W, 13.6, [0.0], 4.1, 2.6, 11.4).painted(wall_color, Material.STONE)
    scene.add(big.moved((0, 0, NORTH)), casts_sky=False)
    scene.add(_window_frame(2.6, 4.1, 11.4).moved((0, 0, NORTH - 0.25)), casts_sky=False)
    scene.add(big.turned(np.pi).moved((0, 0, SOUTH)), casts_sky=False)
    scene.add(_window_frame(2.6, 4.1, 11.4).moved((0, 0, SOUTH + 0.25)), casts_sky=False)
    a = np.linspace(0, np.pi, 49)
    arc = np.stack([HALF_W * np.cos(a), SPRING + 0.92 * HALF_W * np.sin(a)], axis=1)
    z = np.linspace(NORTH, SOUTH, 73)
    point = np.concatenate([np.concatenate([arc, np.full((49, 1), v)], axis=1) for v in z])
    vault = mesh_from(point, grid_faces(73, 49), color=plan.vault, material=Material.STONE)
    scene.add(vault, casts_sky=False)
    for i in range(7):
        at = NORTH + i * 6.0
        rib = np.concatenate([arc * [0.985, 1] - [0, 0.06], np.full((49, 1), at)], axis=1)
        scene.add(tube(rib, 0.17, 10).painted(OAK, Material.WOOD), casts_sky=False)
    for angle in np.linspace(0.35, np.pi - 0.35, 7):
        line = [
            [HALF_W * 0.985 * np.cos(angle), SPRING + 0.92 * HALF_W * 0.985 * np.sin(angle), v]
            for v in (NORTH, SOUTH)
        ]
        scene.add(tube(line, 0.10, 8).painted(OAK, Material.WOOD), casts_sky=False)


def _shelves(scene: Scene, streams: Streams, plan: Plan) -> None:
    """Line both walls with two storeys of bookcases, galleries, railings and columns."""
    rng = streams.layout
    cases = [bookcase(np.random.default_rng(k), 2.8, 3.35, 8) for k in range(4)]
    upper = [bookcase(np.random.default_rng(k + 9), 1.55, 2.9, 7) for k in range(2)]
    for side in (-1, 1):
        yaw = -side * np.pi / 2
        spots = np.arange(NORTH + 1.5, SOUTH - 1.0, 3.0)
        chosen = rng.integers(0, 4, len(spots))
        for k in range(4):
            at = np.array([[side * (HALF_W - 0.25), 0, z] for z in spots[chosen == k]])
            if len(at):
                scene.add(cases[k], placed(at, 1.0, yaw, plan.wood))
        spots = np.arange(NORTH + 6.0, SOUTH - 3.0, 6.0)
        for k in range(2):
            at = np.array([[side * (HALF_W - 0.25), GALLERY + 0.06, z] for z in spots[k::2]])
            scene.add(upper[k], placed(at, 1.0, yaw, plan.wood))
        length = SOUTH - NORTH
        deck = plank(
            (1.5, 0.14, length), (side * (HALF_W - 0.75), GALLERY, (SOUTH + NORTH) / 2), OAK, rng
        )
        scene.add(deck)
        trim = plank(
            (0.1, 0.26, length),
            (side * (HALF_W - 1.5), GALLERY - 0.02, (SOUTH + NORTH) / 2),
            (0.17, 0.09, 0.045),
            rng,
        )
        scene.add(trim)
        rail = railing(6.0)
        at = np.array(
            [[side * (HALF_W - 1.48), GALLERY + 0.1, z] for z in np.arange(NORTH + 3, SOUTH, 6.0)]
        )
        scene.add(rail, placed(at, 1.0, np.pi / 2))
        scene.add(
            _column(),
            placed(
                np.array(
                    [[side * (HALF_W - 1.5), 0, z] for z in np.arange(NORTH, SOUTH + 0.1, 6.0)]
                )
            ),
        )
        rod = tube(
            [[side * (HALF_W - 0.55), 3.1, NORTH], [side * (HALF_W - 0.55), 3.1, SOUTH]], 0.014, 8
        )
        scene.add(rod.painted(BRASS, Material.METAL))


@prototype
def _column() -> Mesh:
    """Return a round column with base and capital up to the gallery."""
    profile = np.array(
        [
            [0.27, 0.0],
            [0.27, 0.10],
            [0.22, 0.12],
            [0.25, 0.17],
            [0.24, 0.22],
            [0.19, 0.25],
            [0.185, 0.3],
            [0.165, 3.2],
            [0.16, 3.3],
            [0.19, 3.32],
            [0.18, 3.36],
            [0.22, 3.48],
            [0.28, 3.56],
            [0.29, 3.7],
        ]
    )
    return lathe(profile, 32).painted((0.30, 0.215, 0.14), Material.STONE)


def _furniture(scene: Scene, streams: Streams, plan: Plan) -> None:
    """Set tables with lamps, books and chairs at arm's length, a globe and ladders."""
    rng = streams.layout
    desk, seat, lamp = (
        table(np.random.default_rng(1)),
        chair(np.random.default_rng(2)),
        bankers_lamp(),
    )
    for i, (x, z) in enumerate(
        sorted(plan.tables, key=lambda at: abs(at[1] - 0.9))
        if not streams.signature
        else plan.tables
    ):
        scene.add(desk, placed(np.array([[x, 0, z]]), 1.0, np.pi / 2, plan.wood))
        for dz in (-0.62, 0.62) if plan.lamps else ():
            scene.add(
                lamp,
                placed(np.array([[x, 0.772, z + dz]]), 1.0, np.pi / 2 if x < 0 else -np.pi / 2),
            )
            if i < 8:
                color = (0.62, 0.40, 0.17) if i < 4 else (1.2, 0.78, 0.33)
                if i < 4 or dz > 0:
                    scene.lamps.append(
                        Lamp(
                            (x + (0.03 if x < 0 else -0.03), 0.772 + 0.34, z + dz),
                            color,
                            0.03,
                            i < 4,
                        )
                    )
        for dx, dz, yaw in (
            (0.78, -0.5, np.pi / 2),
            (0.82, 0.55, np.pi / 2 + 0.2),
            (-0.80, 0.1, -np.pi / 2),
        ):
            scene.add(
                seat,
                placed(
                    np.array([[x + dx, 0, z + dz + rng.normal(0, 0.05)]]),
                    1.0,
                    yaw + rng.normal(0, 0.12),
                    plan.wood,
                ),
            )
        if i < 6:
            scene.add(
                open_book(rng),
                placed(
                    np.array([[x + 0.2, 0.778, z + rng.normal(0, 0.1)]]),
                    1.0,
                    1.4 + rng.normal(0, 0.2),
                ),
            )
            for _ in range(2):
                scene.add(
                    book_stack(rng, int(rng.integers(2, 6))),
                    placed(
                        np.array(
                            [[x - 0.25 + rng.normal(0, 0.08), 0.776, z + rng.uniform(-0.95, 0.95)]]
                        ),
                        1.0,
                        rng.random() * 3,
                    ),
                )
    if plan.globe is not None:
        scene.add(globe(np.random.default_rng(3)).moved((plan.globe[0], 0, plan.globe[1])))
    scene.add(book_stack(np.random.default_rng(4), 7).moved((-1.45, 0.0, -0.75)))
    scene.add(book_stack(np.random.default_rng(5), 4).moved((-1.38, 0.0, 1.5)))
    for side, z in plan.ladders:
        scene.add(ladder(3.25).turned(-side * np.pi / 2).moved((side * (HALF_W - 0.55), 0, z)))


def _lights(scene: Scene, plan: Plan) -> None:
    flame = (14, 7.5, 2.6)
    for z in plan.chandeliers:
        scene.add(chandelier(1.0, flame, 12, 5.0).moved((0, 5.6, z)))
        scene.lamps.append(Lamp((0, 5.45, z), (5.0, 3.1, 1.5), 0.5, z > -12))
    for z in (-9.0, 0.5):
        for side in (-1, 1):
            scene.lamps.append(Lamp((side * 4.0, 2.6, z), (0.8, 0.5, 0.24), 0.3, False))


def build(streams: Streams) -> Scene:
    """Return the library."""
    air = Air(
        sun_elevation_deg=31,
        sun_azimuth_deg=62,
        sun=(7.0, 4.9, 2.8),
        sun_softness_deg=0.35,
        zenith=(0.25, 0.42, 0.70),
        horizon=(1.3, 0.95, 0.62),
        glow=(2.4, 1.5, 0.7),
        indoor=True,
        room=((0.150, 0.150, 0.155), (0.105, 0.105, 0.112), (0.045, 0.034, 0.026)),
        sky_gain=1.0,
        fog_density=0.0,
        shafts=0.085,
        shaft_reach_m=26,
        cloud_cover=0.35,
        cirrus=0.2,
        saturation=1.0,
        exposure=1.0,
    )
    plan, look = _plan(streams), streams.look
    if not streams.signature:
        air = _lit(air, look)
    scene = Scene(
        eye=(0.0, EYE_M, 0.0),
        air=air,
        mirror_height_m=0.0,
        eye_height_m=EYE_M,
    )
    _floor(scene, plan, streams.detail)
    _shell(scene, plan)
    _shelves(scene, streams, plan)
    _furniture(scene, streams, plan)
    _lights(scene, plan)
    scene.title = "Evening in the great library"
    scene.caption = (
        "a grand old library hall in the evening sun, galleries of books, "
        "reading tables with green lamps, a globe and a red carpet"
    )
    scene.tags = ("library", "interior", "books", "evening", "lamps", "sunbeams", "globe")
    if not streams.signature:
        _worded(scene, plan)
        rng = streams.layout
        up = GALLERY + 0.07 + EYE_M
        side = float(rng.choice([-1, 1]))
        middle = [(0.0, EYE_M, float(rng.uniform(low, low + 5))) for low in (-20, -12, -4, 3)]
        spots = [*middle, (side * 4.95, up, float(rng.uniform(-18, 8)))]
        order = [int(i) for i in rng.permutation(len(spots))]
        if plan.globe is not None:
            order = [i for i in order if abs(spots[i][2] - plan.globe[1]) > 0.5] or order
        scene.eye, scene.eyes = spots[order[0]], tuple(spots[i] for i in order[1:])
    return scene


def _lit(air: Air, look: Look) -> Air:
    """Return the hall's air with what falls through its windows at an hour."""
    outside = look.air
    day = float(np.clip(np.mean(outside.zenith) / 0.35, 0.02, 1.2))
    r, g, b = (float(v) * 1.4 for v in outside.sun)
    # From the sides, where the windows are: along the hall it would only graze the vault.
    turn = outside.sun_azimuth_deg
    azimuth = float(np.copysign(90 + 0.4 * (abs(turn) - 90), turn))
    warm = np.array([0.030, 0.022, 0.014])  # what lamps leave on the walls
    up, around, below = (
        tuple(float(v) for v in np.asarray(part) * (0.15 + 1.2 * day) + warm * (1.2 - day))
        for part in air.room
    )
    return replace(
        air,
        sun_elevation_deg=float(np.clip(outside.sun_elevation_deg, 14, 46)),
        sun_azimuth_deg=azimuth,
        sun=(r, g, b),
        zenith=outside.zenith,
        horizon=outside.horizon,
        glow=outside.glow,
        room=(up, around, below),  # type: ignore[arg-type]  # three numbers each
        shafts=air.shafts if max(outside.sun) > 1 else 0.01,
        stars=outside.stars,
        moon=outside.moon,
        cloud_cover=outside.cloud_cover,
        cloud_seed=outside.cloud_seed,
        exposure=outside.exposure,
        warmth=outside.warmth,
    )


def _worded(scene: Scene, plan: Plan) -> None:
    named = {
        "rows of bookshelves": True,
        "tall arched windows": True,
        "reading tables": bool(plan.tables),
        "green reading lamps": plan.lamps and bool(plan.tables),
        "chandeliers": bool(plan.chandeliers),
        "a globe": plan.globe is not None,
        "a patterned carpet": plan.carpet is not None,
        "ladders at the shelves": True,
        "a chequered floor": plan.light_tile[0] > 3 * plan.dark_tile[0],
        "a gallery": True,
    }
    scene.title = "The great library"
    scene.caption = "a grand old library hall with galleries of books"
    scene.details = tuple(name for name, there in named.items() if there)
    scene.tags = ("library", "books", "bookshelves", "hall")
