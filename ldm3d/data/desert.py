"""What stands in the sand: dry bushes, palms, acacias, camels, tents, rugs, jars, bones."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import (
    Material,
    Mesh,
    box,
    cylinder,
    grid_faces,
    icosphere,
    lathe,
    merged,
    mesh_from,
    sphere,
    tube,
)
from ldm3d.data.plants import kites
from ldm3d.data.trees import branching, leaf_cloud

Floats = NDArray[np.float32]
_LIFT = np.array([0.0, 0.3, 0.0])


@cache
def dry_bush(kind: int, green: float = 0.0) -> Mesh:
    """Return one of a few dry bushes 0.7 m tall; `green` adds small leaves."""
    rng = np.random.default_rng([kind, 41])
    tone = np.array([[0.22, 0.165, 0.10], [0.30, 0.235, 0.14], [0.17, 0.13, 0.09]][kind % 3])
    count = 120
    way = rng.standard_normal((count, 3)) * [1, 0.55, 1] + [0, 0.9, 0]
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    low = way * rng.uniform(0.0, 0.28, (count, 1))
    along = way * rng.uniform(0.25, 0.6, (count, 1)) + rng.normal(0, 0.07, (count, 3))
    side = np.cross(along, rng.standard_normal((count, 3)))
    side *= 0.011 / np.linalg.norm(side, axis=1, keepdims=True)
    parts = [
        kites(
            low,
            along,
            side,
            along + _LIFT,
            tone * rng.uniform(0.6, 1.3, (count, 1)),
            0.2,
            0.3,
        )
    ]
    tips = low + along
    fork = along * 0.45 + rng.normal(0, 0.14, (count, 3))
    thin = np.cross(fork, rng.standard_normal((count, 3)))
    thin *= 0.007 / np.linalg.norm(thin, axis=1, keepdims=True)
    parts.append(kites(tips - along * 0.35, fork, thin, fork + _LIFT, tone * 1.15, 0.2, 0.3))
    if green > 0:
        centers = tips[: count // 2]
        color = np.array([0.13, 0.145, 0.06]) if kind % 2 else np.array([0.15, 0.16, 0.10])
        parts.append(
            leaf_cloud(rng, centers, np.full(len(centers), 0.07), round(420 * green), 0.05, color)
        )
    return merged(parts)


@cache
def palm(kind: int, level: int = 0, height_m: float = 8.0) -> Mesh:
    """Return one of a few date palms; level 1 is for those farther than 40 m."""
    rng = np.random.default_rng([kind, 42])
    lean, t = rng.normal(0, 0.10, 2), np.linspace(0, 1, 9)
    x, z = lean[0] * height_m * t**1.7, lean[1] * height_m * t**1.7
    path = np.stack([x, height_m * t - 0.3, z], axis=1)
    girth = 0.17 * (1.25 - 0.4 * t) * (1 + 0.12 * np.sin(np.arange(9) * 2.4))
    stem = tube(path, girth, 9 if level == 0 else 6).painted((0.17, 0.125, 0.085), Material.BARK)
    crown = path[-1]
    fronds, pairs = (26, 20) if level == 0 else (16, 9)
    azimuth = np.arange(fronds) * 2.399 + rng.normal(0, 0.1, fronds)
    rise = np.linspace(1.25, -0.75, fronds)
    out = np.stack([np.cos(azimuth), np.zeros(fronds), np.sin(azimuth)], axis=1)
    length = height_m * 0.36 * rng.uniform(0.8, 1.1, fronds)
    s = (np.arange(pairs) + 1.0) / pairs
    along_out = length[:, None] * (s - 0.12 * s**2) * np.cos(rise * 0.7)[:, None]
    up = length[:, None] * (np.sin(rise)[:, None] * s - 0.62 * s**2.2)
    point = crown + out[:, None] * along_out[..., None] + np.array([0, 1, 0]) * up[..., None]
    ahead = np.gradient(point, axis=1)
    ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
    across = np.cross(out, [0, 1, 0])[:, None]
    parts = [stem]
    leaf = (0.62 * np.sin(np.pi * (0.12 + 0.82 * s)) * height_m / 8)[None, :, None]
    for sign in (-1.0, 1.0):
        way = (across * sign + ahead * 0.55 + np.array([0, -0.28, 0])) * leaf
        wide = ahead * (length[:, None, None] / pairs * (0.30 if level == 0 else 0.42))
        tint = np.array([0.115, 0.155, 0.045]) * rng.uniform(0.7, 1.25, (fronds, 1, 1))
        tint = np.where((rise < -0.6)[:, None, None], np.array([0.19, 0.135, 0.06]), tint)
        flat = (point.reshape(-1, 3), way.reshape(-1, 3))
        wide = np.broadcast_to(wide, way.shape).reshape(-1, 3)
        normal = np.broadcast_to(np.array([0, 1.0, 0]) + out[:, None] * 0.4, way.shape)
        tint = np.broadcast_to(tint, way.shape).reshape(-1, 3)
        parts.append(kites(*flat, wide, normal.reshape(-1, 3), tint, 0.6))
    if level == 0:
        for i in range(5):
            a = i * 1.26
            at = crown + np.array([0.3 * np.cos(a), -0.45, 0.3 * np.sin(a)])
            dates = sphere(0.2, 6, 8).scaled((0.75, 1.3, 0.75)).moved(at)
            parts.append(dates.painted((0.30, 0.12, 0.03), Material.BARK))
    return merged(parts)


@cache
def acacia(kind: int) -> Mesh:
    """Return one of three flat-crowned thorn trees about 4.5 m tall."""
    rng = np.random.default_rng([kind, 43])
    tips: list[NDArray[np.float64]] = []
    wood: list[Mesh] = []
    for i in range(3):
        a = i * 2.1 + rng.random()
        way = np.array([0.45 * np.cos(a), 1.0, 0.45 * np.sin(a)])
        branching(rng, (0, -0.2, 0), way / np.linalg.norm(way), 2.6, 0.12, 1, tips, wood, 0.4)
    spread = np.array(tips)
    spread[:, 1] = 3.3 + rng.normal(0, 0.16, len(spread)) + 0.4
    spread[:, [0, 2]] *= 1.7
    green = leaf_cloud(
        rng, spread, np.full(len(spread), 0.62), 1000, 0.13, np.array([0.095, 0.115, 0.045])
    )
    limbs = [tube([tip * [0.45, 0.72, 0.45], tip], [0.03, 0.012], 4) for tip in spread[::2]]
    bark = merged([*wood, *limbs]).painted((0.12, 0.09, 0.065), Material.BARK)
    return merged([bark, green])


@cache
def dead_tree(kind: int) -> Mesh:
    """Return one of three bleached dead trees about 3.5 m tall."""
    rng = np.random.default_rng([kind, 44])
    tips: list[NDArray[np.float64]] = []
    wood: list[Mesh] = []
    branching(rng, (0, -0.2, 0), (0.12, 1, 0.05), 2.2, 0.19, 2, tips, wood, 0.1)
    return merged(wood).painted((0.27, 0.22, 0.165), Material.BARK)


def camel(seated: bool, saddle: ArrayLike, coat: ArrayLike = (0.36, 0.225, 0.115)) -> Mesh:
    """Return a dromedary looking to +z, 2.1 m tall; `saddle` is the color of its cloth."""
    lift = 0.62 if seated else 1.36
    parts = []
    body = icosphere(3).scaled((0.36, 0.40, 0.78)).moved((0, lift, -0.05))
    hump = icosphere(3).scaled((0.22, 0.34, 0.34)).moved((0, lift + 0.38, -0.1))
    neck = tube(
        [[0, lift, 0.55], [0, lift - 0.06, 0.95], [0, lift + 0.18, 1.25], [0, lift + 0.62, 1.36],
         [0, lift + 0.86, 1.38]],
        [0.27, 0.19, 0.14, 0.115, 0.12], 10,
    )  # fmt: skip
    head = icosphere(2).scaled((0.10, 0.105, 0.25)).turned(0.25, "x").moved((0, lift + 0.86, 1.55))
    parts += [body, hump, neck, head]
    for x in (-0.08, 0.08):
        parts.append(icosphere(1).scaled((0.03, 0.06, 0.03)).moved((x, lift + 1.0, 1.40)))
    parts.append(
        tube(
            [[0, lift + 0.1, -0.78], [0, lift - 0.15, -0.86], [0, lift - 0.5, -0.84]],
            [0.04, 0.03, 0.04],
            5,
        )
    )
    for x in (-0.2, 0.2):
        for z in (0.5, -0.52):
            if seated:
                bent = [
                    [x * 1.4, lift - 0.12, z],
                    [x * 1.8, 0.12, z + 0.28],
                    [x * 1.6, 0.07, z - 0.35],
                ]
                parts.append(tube(bent, [0.17, 0.10, 0.07], 7))
            else:
                knee = 0.06 if z > 0 else -0.08
                leg = [[x, lift - 0.1, z], [x, 0.72, z + knee], [x, 0.07, z], [x, 0.0, z + 0.05]]
                parts.append(tube(leg, [0.18, 0.085, 0.058, 0.10], 8))
    skin = merged(parts).painted(coat, Material.CLOTH)
    skin.color[skin.position[:, 1] > lift + 0.35, :3] *= 0.72
    cloth = lathe([[0.0, 0.44], [0.20, 0.40], [0.40, 0.12], [0.425, -0.18]], 14)
    cloth = cloth.scaled((1, 1, 1.15)).moved((0, lift + 0.30, -0.1)).painted(saddle, Material.CLOTH)
    band = (
        lathe([[0.428, -0.18], [0.43, -0.10]], 14)
        .scaled((1, 1, 1.15))
        .moved((0, lift + 0.30, -0.1))
    )
    bags = [
        box((0.16, 0.36, 0.5), (x, lift + 0.06, -0.1), 0.05).painted(
            (0.30, 0.16, 0.07), Material.CLOTH
        )
        for x in (-0.44, 0.44)
    ]
    trim = band.painted(np.array([0.62, 0.45, 0.12]), Material.CLOTH)
    return merged([skin, cloth, trim, *bags])


def tent(kind: str, cloth: ArrayLike, trim: ArrayLike, rng: np.random.Generator) -> Mesh:
    """Return a tent of about 5 m, open to +z: "long" (low and dark), "bell" or "ridge"."""
    if kind == "bell":
        return _bell_tent(cloth, trim)
    wide, deep, top = (3.4, 1.9, 1.9) if kind == "long" else (2.2, 2.4, 2.5)
    rows, columns = 17, 25
    v, u = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    poles = 0.86 + 0.14 * np.cos(u * 2 * np.pi * (1.5 if kind == "long" else 0.5)) ** 2
    edge = 0.95 if kind == "long" else 0.0
    ridge = np.abs(v) ** (1.25 if kind == "long" else 1.05)
    y = (top * poles) * (1 - ridge) + edge * ridge * (v > 0) + 0.0 * u
    sag = 0.16 * np.sin(np.pi * np.abs(v)) * (1 if kind == "long" else 0.5)
    point = np.stack([u * wide, y - sag, v * deep * np.where(v > 0, 0.9, 1.1)], axis=-1)
    faces = grid_faces(rows, columns)
    stripe = (np.floor((u + 1) * (7 if kind == "long" else 3.5)) % 2)[..., None]
    color = np.asarray(cloth) * (1 - stripe) + np.asarray(trim) * stripe
    if kind == "long":
        across = (np.abs(np.abs(v) - 0.5) < 0.13)[..., None]
        color = np.where(across, np.asarray(trim), np.asarray(cloth))
    roof = mesh_from(
        point.reshape(-1, 3), faces, color=color.reshape(-1, 3), material=Material.CLOTH
    )
    parts = [roof]
    for x in (-wide, wide):  # side walls
        side = point[:, 0 if x < 0 else -1]
        low = side * [1, 0, 1]
        wall = np.stack([low, side], axis=0)
        mesh = mesh_from(wall.reshape(-1, 3), grid_faces(2, rows), material=Material.CLOTH)
        parts.append(mesh.painted(np.asarray(cloth) * 0.85))
    for x in np.linspace(-wide, wide, 4):
        spot = (x, 0.0, deep * 0.9)
        pole = cylinder(0.03, edge if edge else 0.3, 7).moved(spot)
        parts.append(pole.painted((0.25, 0.16, 0.09), Material.WOOD))
        rope = tube([[x, edge, deep * 0.9], [x * 1.15, 0.0, deep * 1.75]], 0.012, 4)
        parts.append(rope.painted((0.40, 0.32, 0.2), Material.CLOTH))
    rug = box((wide * 1.5, 0.03, deep * 1.2), (0, 0.02, 0.1)).painted(
        (0.30, 0.04, 0.03), Material.CLOTH
    )
    parts.append(rug)
    for _ in range(5):
        at = (rng.uniform(-wide, wide) * 0.7, 0.14, rng.uniform(-0.5, 0.8))
        tone = np.array([(0.45, 0.10, 0.04), (0.10, 0.16, 0.32), (0.5, 0.32, 0.06)])[
            rng.integers(0, 3)
        ]
        parts.append(box((0.6, 0.22, 0.4), at, 0.08).painted(tone, Material.CLOTH))
    return merged(parts)


def _bell_tent(cloth: ArrayLike, trim: ArrayLike) -> Mesh:
    sides = 24
    profile = np.array([[2.2, 0.0], [2.1, 0.75], [1.35, 1.75], [0.7, 2.6], [0.06, 3.4]])
    skin = lathe(profile, sides)
    angle = np.arctan2(skin.position[:, 0], skin.position[:, 2])
    stripe = ((np.floor((angle + np.pi) / (2 * np.pi) * sides) // 2) % 2)[:, None]
    skin.color[:, :3] = np.asarray(cloth) * (1 - stripe) + np.asarray(trim) * stripe
    door = (np.abs(angle) < 0.42) & (skin.position[:, 1] < 1.2)
    keep = ~door[skin.faces].all(axis=1)
    skin = mesh_from(
        skin.position, skin.faces[keep], skin.normal, skin.color[:, :3], Material.CLOTH
    )
    pole = cylinder(0.04, 3.7, 8).painted((0.25, 0.16, 0.09), Material.WOOD)
    flag = mesh_from(
        [[0, 3.62, 0], [0, 3.38, 0], [0.55, 3.5, 0.12]],
        [[0, 1, 2]],
        color=trim,
        material=Material.CLOTH,
    )
    rug = cylinder(2.0, 0.03, 20).painted((0.32, 0.05, 0.03), Material.CLOTH)
    return merged([skin, pole, flag, rug])


def rug(rng: np.random.Generator, wide_m: float = 1.5, long_m: float = 2.3) -> Mesh:
    """Return a woven rug lying flat, with borders and diamonds, and two cushions on it."""
    columns, rows = 31, 45
    u, v = np.meshgrid(np.linspace(-1, 1, columns), np.linspace(-1, 1, rows))
    palette = np.array(
        [(0.36, 0.035, 0.03), (0.05, 0.09, 0.22), (0.52, 0.33, 0.08), (0.55, 0.47, 0.34)]
    )
    palette = palette[rng.permutation(4)]
    border = np.maximum(np.abs(u), np.abs(v))
    diamond = (np.abs(u) + np.abs(v * 2.2 % 1.0 - 0.5) * 1.3) * 3.0
    which = np.where(border > 0.93, 1, np.where(border > 0.8, 2, (diamond.astype(int) % 2) * 3))
    point = np.stack(
        [u * wide_m / 2, np.full_like(u, 0.035) + 0.012 * np.sin(u * 5 + v * 7), v * long_m / 2], -1
    )
    mesh = mesh_from(
        point.reshape(-1, 3),
        grid_faces(rows, columns)[:, [0, 2, 1]],
        color=palette[which].reshape(-1, 3),
        material=Material.CLOTH,
    )
    parts = [mesh]
    for i in range(2):
        at = (rng.uniform(-0.4, 0.4), 0.15, rng.uniform(-0.8, 0.8))
        pillow = icosphere(2).scaled((0.30, 0.13, 0.22)).turned(rng.uniform(0, 3)).moved(at)
        parts.append(pillow.painted(palette[(i + 1) % 4], Material.CLOTH))
    return merged(parts)


def jars(rng: np.random.Generator, count: int = 3) -> Mesh:
    """Return a group of clay jars and pots up to 0.7 m tall, one of them fallen."""
    parts = []
    for i in range(count):
        tall, round_m = rng.uniform(0.4, 0.7), rng.uniform(0.15, 0.24)
        profile = np.array([
            [0.02, 0.0], [0.45, 0.03], [0.8, 0.3], [1.0, 0.55], [0.75, 0.8], [0.42, 0.9],
            [0.45, 0.97], [0.55, 1.0], [0.38, 0.97], [0.34, 0.8],
        ]) * [round_m, tall]  # fmt: skip
        pot = lathe(profile, 18)
        if i == count - 1 and count > 2:
            pot = pot.turned(1.45, "x").moved((0, round_m * 0.85, -tall / 2))
        a = i / count * 6.283 + rng.random()
        clay = np.array([0.33, 0.15, 0.075]) * rng.uniform(0.75, 1.25)
        parts.append(pot.moved((0.34 * np.cos(a), -0.02, 0.34 * np.sin(a))).painted(clay))
    return merged(parts)


def ribs(rng: np.random.Generator, length_m: float = 1.6) -> Mesh:
    """Return the bleached rib cage and skull of a large animal, half in the sand."""
    bone = (0.56, 0.50, 0.40)
    parts = [
        tube(
            [[0, 0.42, -length_m / 2], [0, 0.5, 0], [0, 0.40, length_m / 2]],
            [0.03, 0.045, 0.035],
            7,
        )
    ]
    for i in range(8):
        z = (i / 7 - 0.5) * length_m * 0.85
        wide = 0.42 * (1 - 0.5 * (i / 7 - 0.45) ** 2) * rng.uniform(0.9, 1.1)
        a = np.linspace(0.1, 2.0, 7)
        for side in (-1, 1):
            line = np.stack(
                [
                    side * wide * np.sin(a),
                    0.46 - wide * 1.25 * (1 - np.cos(a)) * 0.75,
                    np.full(7, z) + 0.04 * a,
                ],
                1,
            )
            parts.append(tube(line, np.linspace(0.026, 0.014, 7), 6))
    skull = icosphere(2).scaled((0.13, 0.13, 0.22)).moved((0.12, 0.12, length_m / 2 + 0.45))
    snout = tube(
        [[0.12, 0.12, length_m / 2 + 0.5], [0.16, 0.05, length_m / 2 + 0.85]], [0.11, 0.05], 8
    )
    end = length_m / 2
    horns = [
        tube([[0.12 + s * 0.1, 0.2, end + 0.4], [0.12 + s * 0.36, 0.36, end + 0.32],
              [0.12 + s * 0.46, 0.6, end + 0.4]], [0.04, 0.03, 0.008], 6)
        for s in (-1, 1)
    ]  # fmt: skip
    return merged([*parts, skull, snout, *horns]).painted(bone)


@cache
def saguaro(kind: int) -> Mesh:
    """Return one of three ribbed columns with arms, about 4 m tall."""
    rng = np.random.default_rng([kind, 45])
    green = np.array([0.085, 0.125, 0.05])

    def column(path: ArrayLike, radius: float) -> Mesh:
        line = np.array(path)
        t = np.linspace(0, 1, 12)
        knots = np.linspace(0, 1, len(line))
        fine = np.stack([np.interp(t, knots, line[:, i]) for i in range(3)], 1)
        girth = radius * np.minimum(1, np.sqrt(np.clip(1 - t, 0, 1) * 9 + 0.02)) * (0.85 + 0.15 * t)
        mesh = tube(fine, girth, 24)
        mesh.color[:, :3] = green
        mesh.color[1::2, :3] *= 0.55
        return mesh_from(mesh.position, mesh.faces, mesh.normal, mesh.color[:, :3], Material.MATTE)

    parts = [column([[0, -0.2, 0], [0.02, 2.0, 0], [0, 4.2, 0]], 0.24)]
    for i in range(int(rng.integers(1, 4))):
        a, y = i * 2.3 + rng.random(), rng.uniform(1.2, 2.2)
        out = np.array([np.cos(a), 0.0, np.sin(a)])
        reach, up = rng.uniform(0.55, 0.8), rng.uniform(0.7, 1.6)
        ways, ups = np.array([0.0, 0.8, 1.0, 1.0]) * reach, np.array([0.0, 0.05, 0.3, 0.3 + up])
        knots = out * ways[:, None] + np.array([0.0, 1.0, 0.0]) * (y + ups)[:, None]
        parts.append(column(knots, 0.14))
    return merged(parts)


@cache
def prickly_pear(kind: int) -> Mesh:
    """Return one of three clumps of flat cactus pads with flowers, 0.8 m tall."""
    rng = np.random.default_rng([kind, 46])
    parts = []
    for _ in range(5):
        at, way = rng.normal(0, 0.22, 3) * [1, 0, 1], rng.uniform(0, 6.283)
        for _ in range(int(rng.integers(1, 4))):
            pad = icosphere(2).scaled((0.17, 0.23, 0.045)).turned(rng.normal(0, 0.45), "z")
            pad = pad.turned(way + rng.normal(0, 0.6)).moved(at).moved((0, 0.20, 0))
            tone = np.array([0.10, 0.145, 0.055]) * rng.uniform(0.8, 1.25)
            parts.append(pad.painted(tone))
            at = at + np.array([rng.normal(0, 0.10), 0.34, rng.normal(0, 0.10)])
        bloom = icosphere(1).scaled(0.05).moved(at).moved((0, 0.08, 0))
        parts.append(bloom.painted([(0.5, 0.06, 0.12), (0.62, 0.42, 0.04)][kind % 2]))
    return merged(parts)


@cache
def yucca(kind: int) -> Mesh:
    """Return one of two rosettes of stiff leaves, 0.7 m tall."""
    rng = np.random.default_rng([kind, 47])
    count = 60
    a, rise = np.arange(count) * 2.399, np.linspace(0.1, 1.35, count)
    along = np.stack([np.cos(a) * np.cos(rise), np.sin(rise), np.sin(a) * np.cos(rise)], 1)
    along *= rng.uniform(0.5, 0.75, (count, 1))
    side = np.cross(along, [0, 1, 0])
    side *= 0.028 / (np.linalg.norm(side, axis=1, keepdims=True) + 1e-9)
    tone = np.array([[0.115, 0.15, 0.085], [0.15, 0.16, 0.06]][kind % 2])
    tint = tone * rng.uniform(0.7, 1.25, (count, 1))
    return kites(np.zeros((count, 3)), along, side, along + _LIFT * 2, tint, 0.3, 0.25)
