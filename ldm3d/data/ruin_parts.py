"""What is left of temples and abbeys: broken walls, fallen columns, rubble, stone faces."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.blocks import Blocks, hexahedra
from ldm3d.data.mesh import Material, Mesh, box, icosphere, lathe, merged, mesh_from, tube
from ldm3d.data.noise import fbm
from ldm3d.data.plants import kites
from ldm3d.data.stonework import arch_stones, column, coursed, on_wall, solid_stones, tones
from ldm3d.data.trees import leaf_cloud, trunk

Doubles = NDArray[np.float64]
Opening = tuple[float, float, float, float]  # x, half width, springing, how pointed


def _arch_top(x: Doubles, half: float, spring: float, pointed: float) -> Doubles:
    share = np.clip(np.abs(x) / half, 0, 1)
    return np.asarray(spring + half * np.sqrt(1 - share**2) * (1 + pointed * (1 - share) * 0.9))


def broken_wall(
    rng: np.random.Generator, long_m: float, tall_m: float, color: ArrayLike,
    *, openings: tuple[Opening, ...] = (), thick_m: float = 0.7, moss: float = 0.3,
    ragged: float = 0.6, stone: tuple[float, float] = (0.5, 0.3), number: int = 0,
    material: Material = Material.ROCK,
) -> Mesh:  # fmt: skip
    """Return a wall along x about z = 0 whose top has fallen; some arches still stand.

    Args:
        rng: for its stones.
        long_m: of the wall.
        tall_m: where most of it stands.
        color: of the stones.
        openings: arches or windows (x, half width, springing height, how pointed); a negative
            springing height lifts the sill to a third of its size: a window.
        thick_m: of the wall.
        moss: on its stones.
        ragged: 0 straight, 1 fallen to the ground in places.
        stone: length and height of the stones.
        number: moves the break.
        material: of the stones.
    """
    rects = coursed(rng, long_m, tall_m, stone)
    x, y = rects[:, 0] - long_m / 2, rects[:, 1]
    wave = fbm(x, np.zeros_like(x), 9.0, 3, number + 81)
    ends = np.clip((np.abs(x) / (long_m / 2) - 0.72) / 0.28, 0, 1)
    top = tall_m * np.clip(1.08 + ragged * (1.1 * wave - 0.25) - 0.55 * ends * ragged, 0.08, 1.1)
    keep = y < top + rng.uniform(-0.16, 0.16, len(y))
    parts = []
    for at, half, spring, pointed in openings:
        foot = abs(spring) * 0.42 if spring < 0 else 0.0
        crown = _arch_top(x - at, half + 0.1, abs(spring), pointed)
        keep &= ~((np.abs(x - at) < half + 0.1) & (y < crown) & (y > foot))
        standing = bool(np.interp(at, np.sort(x), top[np.argsort(x)]) > abs(spring) + half * 0.9)
        if standing:  # its ring holds, with stones above
            band = (np.abs(x - at) < half + 0.5) & (y >= crown) & (y < crown + 0.5)
            keep |= band & (y < tall_m)
        part = 1.0 if standing else float(rng.uniform(0.0, 0.45))
        ring = arch_stones(
            rng, half, 0.34, thick_m + 0.1, np.asarray(color) * 1.12, count=11, pointed=pointed,
            material=material, part=part,
        )  # fmt: skip
        if part > 0.12:
            parts.append(ring.moved((at, abs(spring), -thick_m / 2)))
    if not keep.any():
        keep[np.argmin(y)] = True
    rects = rects[keep]
    shade = tones(rng, len(rects), color, 0.15)
    foot_shade = np.exp(-rects[:, 1:2])
    shade = shade * (1 - 0.3 * foot_shade)
    place = on_wall((-long_m / 2, 0), (long_m / 2, 0))
    parts.append(solid_stones(rects, place, thick_m, shade, rng, moss=moss, material=material))
    return merged(parts)


def tumbled(
    rng: np.random.Generator, count: int, spread_m: float, size_m: float, color: ArrayLike,
    moss: float = 0.3,
) -> Mesh:  # fmt: skip
    """Return fallen blocks strewn about the origin, half sunk, turned every way."""
    size = rng.uniform(0.45, 1.2, (count, 1)) * rng.uniform(0.5, 1.1, (count, 3)) * size_m
    at = rng.normal(0, spread_m * 0.5, (count, 3))
    at[:, 1] = size[:, 1] * rng.uniform(0.05, 0.45, count)
    signs = np.array([[(i & 1) * 2 - 1, (i & 2) - 1, (i & 4) // 2 - 1] for i in range(8)])
    corner = size[:, None] * signs / 2 * rng.uniform(0.88, 1.05, (count, 8, 1))
    yaw, tip = rng.uniform(0, 6.283, count), rng.normal(0, 0.3, (count, 2))
    c, s = np.cos(yaw)[:, None], np.sin(yaw)[:, None]
    x, y, z = corner[..., 0], corner[..., 1], corner[..., 2]
    y = y + x * tip[:, :1] + z * tip[:, 1:]
    turned = np.stack([c * x + s * z, y, c * z - s * x], axis=-1)
    shade = tones(rng, count, color, 0.14)
    return hexahedra(at[:, None] + turned, shade, Material.ROCK, moss, rng.random((count, 3)) * 20)


def fallen_column(
    rng: np.random.Generator, radius_m: float, drums: int, color: ArrayLike, moss: float = 0.2
) -> Mesh:
    """Return drums of a column that lie in a row along x, as they fell."""
    parts, x = [], 0.0
    for _ in range(drums):
        long = float(rng.uniform(0.8, 1.2))
        drum = column(rng, long, radius_m, color, order="doric", broken=True, moss=moss, sides=14)
        drum = drum.moved((0, -long / 2, 0)).turned(np.pi / 2 + rng.normal(0, 0.05), "z")
        drum = drum.turned(float(rng.normal(0, 0.13)))
        parts.append(drum.moved((x, radius_m * 0.86, rng.normal(0, 0.12))))
        x += long + float(rng.uniform(0.02, 0.35))
    return merged(parts).moved((-x / 2, 0, 0))


def entablature(
    rng: np.random.Generator, long_m: float, color: ArrayLike, *, deep_m: float = 0.9,
    frieze: bool = True, moss: float = 0.15,
) -> Mesh:  # fmt: skip
    """Return the beam that lies on two columns, along x about the origin, on y = 0."""
    blocks = Blocks()
    tone = np.asarray(color)
    blocks.put(
        (0, 0.28, 0), (long_m, 0.56, deep_m), tone * rng.uniform(0.9, 1.05), Material.ROCK, moss
    )
    if frieze:
        blocks.put((0, 0.82, 0), (long_m, 0.5, deep_m * 0.94), tone * 0.9, Material.ROCK, moss)
        count = max(2, round(long_m / 0.75))
        x = (np.arange(count) + 0.5) / count * long_m - long_m / 2
        for side in (-1, 1):
            for shift in (-0.12, 0, 0.12):
                spots = np.stack(
                    [x + shift, np.full(count, 0.82), np.full(count, side * deep_m * 0.48)], 1
                )
                blocks.put(spots, (0.08, 0.46, 0.08), tone * 1.05, Material.ROCK, moss)
        blocks.put(
            (0, 1.16, 0), (long_m + 0.02, 0.2, deep_m * 1.4), tone * 1.06, Material.ROCK, moss
        )
    return blocks.mesh()


def pediment(rng: np.random.Generator, wide_m: float, color: ArrayLike, broken: bool) -> Mesh:
    """Return the gable over a temple's front, along x, standing on y = 0."""
    blocks = Blocks()
    high, steps = wide_m * 0.16, 18
    tone = np.asarray(color)
    for i in range(steps):
        a, b = -wide_m / 2 + wide_m * i / steps, -wide_m / 2 + wide_m * (i + 1) / steps
        ya, yb = (high * (1 - abs(2 * v / wide_m)) + 0.05 for v in (a, b))
        if broken and rng.random() < 0.25 + 0.5 * (i > steps * 0.6):
            continue
        quad = []
        for z in (-0.3, 0.3):
            quad += [(a, 0, z), (b, 0, z), (a, ya, z), (b, yb, z)]
        blocks.wedge(np.array(quad)[None], tone * rng.uniform(0.85, 1.05), Material.ROCK, 0.1)
        rim = []
        for z in (-0.55, 0.55):
            rim += [(a, ya, z), (b, yb, z), (a, ya + 0.25, z), (b, yb + 0.25, z)]
        blocks.wedge(np.array(rim)[None], tone * 1.06, Material.ROCK, 0.1)
    return blocks.mesh()


def pyramid(
    rng: np.random.Generator, side_m: float, levels: int, step_m: float, color: ArrayLike,
    moss: float = 0.7,
) -> Mesh:  # fmt: skip
    """Return a stepped temple about the origin, its stairs towards +z, a shrine on top."""
    parts = []
    tone = np.asarray(color)
    inset = side_m / 2 / (levels + 1.6)
    place_y = 0.0
    for level in range(levels):
        half = side_m / 2 - inset * level
        rects = coursed(rng, 2 * half, step_m, (0.9, 0.5))
        keep = rng.random(len(rects)) > 0.02
        for turn in range(4):
            wall = solid_stones(
                rects[keep], on_wall((-half, half), (half, half), place_y), 0.6,
                tones(rng, int(keep.sum()), tone, 0.17), rng, moss=moss, rough_m=0.06,
            )  # fmt: skip
            parts.append(wall.turned(turn * np.pi / 2))
        core = box((2 * half - 0.3, step_m, 2 * half - 0.3), (0, place_y + step_m / 2 - 0.04, 0))
        parts.append(core.painted(tone * 0.8, Material.ROCK, moss))
        place_y += step_m
    blocks = Blocks()
    count = round(place_y / 0.24)
    run = inset * (levels - 1) + 1.6
    wide = side_m * 0.2
    for i in range(count):
        z = side_m / 2 + 1.2 - run * i / count
        y = (i + 1) * place_y / count
        shade = tone * rng.uniform(0.85, 1.2)
        blocks.put(
            (rng.normal(0, 0.03), y / 2, z - 0.8), (wide, y, 2.0), shade, Material.ROCK, moss * 0.6
        )
    for s in (-1, 1):
        quad = []
        for x in (s * (wide / 2 + 0.05), s * (wide / 2 + 0.75)):
            quad.append(x)
        low, high = min(quad), max(quad)
        front, back = side_m / 2 + 1.5, side_m / 2 + 1.2 - run
        points = []
        for z, y in ((back - 0.5, place_y + 0.3), (front, 0.75)):
            points += [(low, 0, z), (high, 0, z), (low, y, z), (high, y, z)]
        blocks.wedge(np.array(points)[None], tone, Material.ROCK, moss)
    top = side_m / 2 - inset * levels
    shrine = top * 1.35
    blocks.put(
        (0, place_y + 1.6, -0.3), (shrine, 3.2, shrine), tone * 0.95, Material.ROCK, moss * 0.6
    )
    blocks.put((0, place_y + 1.2, shrine / 2 - 0.3), (1.4, 2.4, 0.12), (0.012, 0.013, 0.012))
    blocks.put(
        (0, place_y + 3.4, -0.3),
        (shrine + 0.7, 0.5, shrine + 0.7),
        tone * 1.05,
        Material.ROCK,
        moss,
    )
    blocks.put((0, place_y + 4.4, -0.3), (shrine * 0.8, 1.6, 0.5), tone, Material.ROCK, moss)
    for i in range(5):
        x = (i - 2) * shrine * 0.16
        blocks.put((x, place_y + 4.5, -0.02), (shrine * 0.08, 0.9, 0.1), (0.02, 0.022, 0.02))
    return merged([*parts, blocks.mesh()])


def stone_face(rng: np.random.Generator, color: ArrayLike, moss: float = 0.5) -> Mesh:
    """Return a great carved head 2.2 m high that looks to +z."""
    ball = icosphere(4)
    p = ball.position.astype(np.float64)
    x, y, z = p.T
    front = np.clip(z, 0, 1)

    def bump(cx: float, cy: float, sx: float, sy: float) -> Doubles:
        return np.asarray(np.exp(-(((x - cx) / sx) ** 2) - ((y - cy) / sy) ** 2) * (front > 0.2))

    out = 0.20 * bump(0, -0.05, 0.13, 0.27) + 0.13 * bump(0, -0.22, 0.2, 0.1)
    for s in (-1, 1):
        out = (
            out - 0.15 * bump(s * 0.34, 0.12, 0.17, 0.10) + 0.08 * bump(s * 0.34, 0.11, 0.11, 0.05)
        )
        out = out + 0.10 * bump(s * 0.34, 0.34, 0.26, 0.07) + 0.06 * bump(s * 0.5, -0.2, 0.16, 0.18)
    out = out + 0.11 * bump(0, -0.47, 0.30, 0.06) - 0.10 * bump(0, -0.54, 0.30, 0.025)
    out = out + 0.11 * bump(0, -0.62, 0.26, 0.06)
    squared = np.sign(x) * np.abs(x) ** 0.85
    points = np.stack([squared * 0.82, y * 1.1 + 1.0, z * 0.75 + out * 1.15], 1)
    head = mesh_from(points, ball.faces, color=color, material=Material.ROCK, parameter=moss)
    crown = lathe([[0.78, 1.55], [0.88, 1.62], [0.86, 1.9], [0.6, 2.05], [0.3, 2.4], [0, 2.5]], 14)
    ears = [box((0.16, 0.8, 0.3), (s * 0.85, 0.95, 0.0), 0.05) for s in (-1, 1)]
    rest = merged([crown, *ears]).painted(np.asarray(color) * 0.95, Material.ROCK, moss)
    return merged([head, rest])


def roots(rng: np.random.Generator, long_m: float, tall_m: float, count: int = 9) -> Mesh:
    """Return roots that flow down a wall z = 0 from its top, along x about the origin."""
    parts = []
    for _ in range(count):
        x = rng.normal(0, long_m * 0.18)
        steps = np.linspace(0, 1, 9)
        drift = np.cumsum(rng.normal(0, 0.12, 9)) + (x * 1.3) * steps
        y = tall_m * (1.03 - 1.06 * steps)
        z = 0.10 + 0.35 * steps**3 + rng.uniform(0, 0.06)
        line = np.stack([x + drift, y, z], 1)
        line = np.concatenate([[[x, tall_m + 0.1, -0.6]], line])
        radius = rng.uniform(0.05, 0.16) * np.linspace(1.2, 0.55, 10)
        parts.append(tube(line, radius, 6))
    return merged(parts).painted((0.23, 0.19, 0.14), Material.BARK, 0.35)


@cache
def jungle_tree(kind: int, level: int) -> Mesh:
    """Return a tall tree, 17 m, with buttress roots, a wide crown and hanging vines."""
    rng = np.random.default_rng([kind, level, 31])
    sides, rows = ((22, 18), (10, 8), (6, 5))[level]
    stem = trunk(rng, 0.42, 11.0, 0.7, (0.15, 0.125, 0.095), sides, rows, 1.5)
    puffs = (13, 9, 5)[level]
    angle = np.arange(puffs) * 2.4 + rng.random(puffs)
    reach = rng.uniform(0.6, 4.8, puffs)
    centers = np.stack(
        [
            reach * np.cos(angle),
            rng.uniform(9.5, 15.5, puffs) - reach * 0.35,
            reach * np.sin(angle),
        ],
        1,
    )
    parts = [stem]
    if level < 2:
        for c in centers[: puffs // 2 + 2]:
            limb = tube([[0, 9.0, 0], c * [0.5, 0.9, 0.5], c], [0.2, 0.13, 0.04], 5)
            parts.append(limb.painted((0.15, 0.125, 0.095), Material.BARK, 0.5))
        for _ in range(10 - 6 * level):
            c = centers[rng.integers(0, puffs)]
            x, z = c[0] + rng.normal(0, 0.8), c[2] + rng.normal(0, 0.8)
            low = rng.uniform(1.5, 6.5)
            t = np.linspace(0, 1, 6)
            line = np.stack([x + 0.2 * np.sin(t * 4), c[1] + (low - c[1]) * t, z + 0.15 * t], 1)
            parts.append(tube(line, 0.028, 4).painted((0.07, 0.085, 0.03), Material.BARK, 0.6))
    count, size = ((2100, 0.44), (640, 0.75), (150, 1.4))[level]
    color = ((0.042, 0.095, 0.018), (0.055, 0.11, 0.02), (0.035, 0.08, 0.025))[kind % 3]
    parts.append(leaf_cloud(rng, centers, rng.uniform(1.3, 2.3, puffs), count, size, color))
    return merged(parts)


@cache
def palm(kind: int, fronds: int = 13, tall_m: float = 5.0) -> Mesh:
    """Return a palm with feathered fronds; `tall_m` 0.4 makes a low one without a trunk."""
    rng = np.random.default_rng([kind, 32])
    t = np.linspace(0, 1, 7)
    lean = rng.normal(0, 0.5, 2) * (tall_m / 5)
    line = np.stack([lean[0] * t**2, t * tall_m, lean[1] * t**2], 1)
    wood = tube(line, 0.15 - 0.05 * t, 8).painted((0.19, 0.145, 0.095), Material.BARK, 0.1)
    top = line[-1]
    parts = [wood]
    for i in range(fronds):
        a = i * 2.4 + rng.normal(0, 0.2)
        rise, long = rng.uniform(0.15, 1.0), rng.uniform(1.7, 2.6)
        out = np.array([np.cos(a), 0, np.sin(a)])
        s = np.linspace(0.05, 1, 15)
        rib = (
            top
            + out * (s * long)[:, None]
            + np.array([0, 1, 0]) * (long * (rise * s - (0.55 + 0.5 * rise) * s**2.1))[:, None]
        )
        ahead = np.gradient(rib, axis=0)
        ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
        across = np.cross(ahead, [0, 1, 0])
        across /= np.linalg.norm(across, axis=1, keepdims=True) + 1e-9
        for sign in (-1, 1):
            leaf = 0.55 * np.sin(np.pi * (0.1 + 0.85 * s))[:, None]
            along = (across * sign + ahead * 0.7 + [0, -0.35, 0]) * leaf
            side = ahead * 0.055
            tint = np.array([0.06, 0.125, 0.022]) * rng.uniform(0.7, 1.25)
            parts.append(
                kites(rib, along, side, np.array([0, 1, 0]) + across * sign * 0.4, tint, 0.6)
            )
    return merged(parts)


@cache
def cypress(kind: int, level: int = 0) -> Mesh:
    """Return a slender dark cypress, 9 m."""
    rng = np.random.default_rng([kind, level, 33])
    y = np.linspace(0.8, 8.6, 19)
    centers = np.stack([rng.normal(0, 0.06, 19), y, rng.normal(0, 0.06, 19)], 1)
    radii = 0.85 * np.sin(np.pi * (0.16 + 0.78 * (y / 9.2))) + 0.12
    count, size = ((2000, 0.32), (620, 0.6))[level]
    leaves = leaf_cloud(rng, centers, radii, count, size, (0.034, 0.062, 0.026), 0.2)
    stem = tube([[0, -0.2, 0], [0, 1.4, 0]], [0.13, 0.09], 6).painted(
        (0.12, 0.09, 0.06), Material.BARK
    )
    return merged([leaves.scaled((1, 1.02, 1)), stem])


@cache
def olive(kind: int, level: int = 0) -> Mesh:
    """Return a gnarled olive tree, 4.5 m, silver green."""
    rng = np.random.default_rng([kind, level, 34])
    stem = trunk(rng, 0.27, 1.9, 0.1, (0.20, 0.175, 0.145), (16, 8)[level], 10, 0.7)
    puffs = 11
    angle = np.arange(puffs) * 2.4
    reach = rng.uniform(0.5, 1.8, puffs)
    centers = np.stack(
        [reach * np.cos(angle), rng.uniform(2.4, 4.0, puffs), reach * np.sin(angle)], 1
    )
    limbs = [
        tube([[0, 1.6, 0], c * [0.5, 0.85, 0.5], c], [0.13, 0.08, 0.02], 5).painted(
            (0.20, 0.175, 0.145), Material.BARK
        )
        for c in centers[:7]
    ]
    count, size = ((1300, 0.17), (400, 0.32))[level]
    leaves = leaf_cloud(
        rng, centers, rng.uniform(0.6, 1.0, puffs), count, size, (0.13, 0.155, 0.085), 0.2
    )
    return merged([stem, *limbs, leaves])


@cache
def gravestone(kind: int) -> Mesh:
    """Return an old leaning gravestone."""
    rng = np.random.default_rng([kind, 35])
    wide, tall = rng.uniform(0.5, 0.75), rng.uniform(0.7, 1.15)
    t = np.linspace(0, np.pi, 9)
    tone = np.array((0.27, 0.265, 0.25)) * rng.uniform(0.8, 1.2)
    blocks = Blocks()
    blocks.put((0, tall / 2, 0), (wide, tall, 0.14), tone, Material.ROCK, 0.6)
    for a, b in pairwise(t):
        quad = []
        for z in (-0.07, 0.07):
            quad += [(wide / 2 * np.cos(a), tall, z), (wide / 2 * np.cos(b), tall, z)]
            quad += [(wide / 2 * np.cos(a), tall + wide / 2 * np.sin(a) * 0.8, z),
                     (wide / 2 * np.cos(b), tall + wide / 2 * np.sin(b) * 0.8, z)]  # fmt: skip
        blocks.wedge(np.array(quad)[None], tone, Material.ROCK, 0.6)
    mesh = blocks.mesh()
    return mesh.turned(rng.normal(0, 0.08), "x").turned(rng.normal(0, 0.06), "z")
