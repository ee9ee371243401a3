"""Plants and stones as instanced low-poly meshes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import (
    Material,
    Mesh,
    icosphere,
    lathe,
    merged,
    mesh_from,
    smooth_normals,
    tube,
)
from ldm3d.data.prototypes import prototype

Floats = NDArray[np.float32]


def kites(
    base: ArrayLike,
    along: ArrayLike,
    side: ArrayLike,
    normal: ArrayLike,
    color: ArrayLike,
    translucency: float,
    belly: float = 0.4,
) -> Mesh:
    """Return N leaf-shaped quads folded at the middle.

    Args:
        base: (N, 3) where they start.
        along: (N, 3) to the tip.
        side: (N, 3) to half the width.
        normal: (N, 3) for shading; need not be the facet's.
        color: (N, 3) or (3,).
        translucency: light that shines through.
        belly: where along the leaf it is widest.
    """
    start, reach, wide = (np.asarray(v, np.float32) for v in (base, along, side))
    middle = start + reach * belly
    points = np.stack([start, middle - wide, start + reach, middle + wide], axis=1)
    count = len(start)
    first = np.arange(count)[:, None] * 4
    faces = np.concatenate([first + np.array([0, 1, 2]), first + np.array([0, 2, 3])])
    tints = np.repeat(np.broadcast_to(np.asarray(color, np.float32), (count, 3)), 4, axis=0).copy()
    tints[0::4] *= 0.75
    up = np.asarray(normal, np.float32)
    up = up / (np.linalg.norm(up, axis=1, keepdims=True) + 1e-9)
    return mesh_from(
        points.reshape(-1, 3),
        faces,
        np.repeat(up, 4, axis=0),
        tints,
        Material.FOLIAGE,
        translucency,
    )


@prototype
def pine(
    rng: np.random.Generator,
    height_m: float = 14.0,
    levels: int = 30,
    branches: int = 6,
    twigs: int = 9,
    color: ArrayLike = (0.030, 0.058, 0.024),
    snow: float = 0.0,
) -> Mesh:
    """Return a spruce: whorls of drooping branches, each with two rows of hanging twigs."""
    count = levels * branches
    level = (np.repeat(np.arange(levels), branches) + rng.random(count) * 0.8) / levels
    y = height_m * (0.09 + 0.9 * level**0.92)
    azimuth = rng.random(count) * 6.283
    length = height_m * 0.235 * (1 - level) ** 0.8 * rng.uniform(0.72, 1.15, count) + 0.12
    out = np.stack([np.cos(azimuth), np.zeros(count), np.sin(azimuth)], axis=1)
    droop = 0.42 - 0.62 * level + rng.normal(0, 0.07, count)
    s = (np.arange(twigs) + 0.6) / twigs  # along the branch
    reach = length[:, None] * s[None, :]
    drop = droop[:, None] * reach - 0.16 * reach * s[None, :]
    point = out[:, None] * reach[..., None]
    point[..., 1] += y[:, None] - drop
    across = np.cross(out, [0, 1, 0])[:, None, None, :]
    sign = np.array([-1.0, 1.0])[None, None, :, None]
    size = (length[:, None] * (0.50 - 0.30 * s[None]) + 0.05)[..., None, None]
    size = size * rng.uniform(0.7, 1.25, (count, twigs, 2, 1))
    hang = np.array([0, -0.42, 0]) + rng.normal(0, 0.09, (count, twigs, 2, 3))
    along = (out[:, None, None] * 0.72 + across * sign * 0.75 + hang) * size
    base = np.broadcast_to(point[:, :, None], along.shape)
    width = np.cross(along, [0, 1, 0])
    width /= np.linalg.norm(width, axis=-1, keepdims=True) + 1e-9
    width = width * np.clip(size * 0.30, 0.03, 0.4) * (9 / max(twigs, 3)) ** 0.5
    normal = out[:, None, None] * 0.75 + np.array([0, 0.75, 0]) + along / (size + 1e-9) * 0.3
    shade = (0.40 + 0.85 * s**1.4)[None, :, None, None] * rng.uniform(0.75, 1.2, along.shape[:3])[
        ..., None
    ]
    tint = np.asarray(color) * shade
    green = kites(
        base.reshape(-1, 3),
        along.reshape(-1, 3),
        width.reshape(-1, 3),
        normal.reshape(-1, 3),
        tint.reshape(-1, 3),
        0.35,
    )
    tips = kites(
        point[:, -1] - out * 0.02,
        (out * 0.8 + [0, -0.25, 0]) * (length * 0.22)[:, None],
        np.cross(out, [0, 1, 0]) * (length * 0.06)[:, None],
        out + np.array([0, 0.8, 0]),
        np.asarray(color) * 1.3,
        0.35,
    )
    trunk = tube(
        [[0, -0.4, 0], [0, height_m * 0.5, 0], [0, height_m, 0]],
        [height_m * 0.018, height_m * 0.011, 0.012],
        7,
    ).painted((0.09, 0.06, 0.04), Material.BARK, 0.2)
    parts = [green, tips, trunk]
    if snow > 0:
        flat = kites(
            base.reshape(-1, 3) + np.array([0, 0.035, 0]),
            along.reshape(-1, 3) * 0.86,
            width.reshape(-1, 3) * 0.86,
            normal.reshape(-1, 3) * [0.3, 1, 0.3],
            (0.80, 0.84, 0.90),
            0.2,
        )
        keep = np.repeat(rng.random(len(flat.position) // 4) < snow, 2)
        half = len(flat.faces) // 2
        chosen = np.concatenate([flat.faces[:half][keep[0::2]], flat.faces[half:][keep[0::2]]])
        parts.append(_with_faces(flat, chosen))
    return merged(parts)


def _with_faces(mesh: Mesh, faces: NDArray[np.int32]) -> Mesh:
    used, inverse = np.unique(faces, return_inverse=True)
    return Mesh(
        mesh.position[used],
        mesh.normal[used],
        mesh.texture[used],
        mesh.color[used],
        mesh.material[used],
        inverse.reshape(-1, 3).astype(np.int32),
    )


@prototype
def grass_tuft(
    rng: np.random.Generator,
    blades: int = 12,
    height_m: float = 0.32,
    spread_m: float = 0.10,
    width_m: float = 0.006,
    color: ArrayLike = (0.075, 0.115, 0.022),
) -> Mesh:
    """Return a tuft of bent blades, dark at the root and light at the tip."""
    angle = rng.random(blades) * 6.283
    root = np.stack([np.cos(angle), np.zeros(blades), np.sin(angle)], axis=1)
    root = root * (spread_m * rng.random(blades) ** 0.5)[:, None]
    lean_angle = rng.random(blades) * 6.283
    lean = np.stack([np.cos(lean_angle), np.zeros(blades), np.sin(lean_angle)], axis=1)
    tall = height_m * rng.uniform(0.55, 1.15, blades)
    bend = tall * rng.uniform(0.12, 0.65, blades)
    side = np.cross(lean, [0, 1, 0]) * width_m
    t = np.array([0.0, 0.42, 0.78, 1.0])
    center = (
        root[:, None]
        + lean[:, None] * (bend[:, None] * t**2)[..., None]
        + np.array([0, 1, 0]) * (tall[:, None] * (t - 0.12 * t**3))[..., None]
    )
    wide = side[:, None] * (1 - t**1.6)[None, :, None]
    points = np.concatenate(
        [
            np.stack([center - wide, center + wide], axis=2)[:, :3].reshape(blades, 6, 3),
            center[:, 3:],
        ],
        axis=1,
    )
    first = np.arange(blades)[:, None] * 7
    order = ([0, 1, 2], [2, 1, 3], [2, 3, 4], [4, 3, 5], [4, 5, 6])
    faces = np.concatenate([first + list(f) for f in order])
    levels = np.array([0, 0, 0.42, 0.42, 0.78, 0.78, 1.0])
    warm = rng.uniform(0.8, 1.25, (blades, 1, 1)) * np.array([1, 1, 1])
    warm = warm + rng.random((blades, 1, 1)) * np.array([0.35, 0.1, 0.0])
    tint = np.asarray(color) * warm * (0.28 + 0.95 * levels)[None, :, None]
    normal = np.array([0, 1.0, 0]) + lean[:, None] * 0.35 + np.zeros((1, 7, 1))
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return mesh_from(
        points.reshape(-1, 3),
        faces,
        normal.reshape(-1, 3),
        tint.reshape(-1, 3),
        Material.FOLIAGE,
        0.75,
    )


@prototype
def flower(
    rng: np.random.Generator,
    petal: ArrayLike = (0.75, 0.75, 0.78),
    heart: ArrayLike = (0.8, 0.45, 0.03),
    height_m: float = 0.26,
    radius_m: float = 0.028,
    petals: int = 8,
    heads: int = 3,
) -> Mesh:
    """Return a clump of flowers on thin bent stems with a few leaves."""
    parts = [grass_tuft(rng, 7, height_m * 0.7, 0.05, 0.007)]
    for _ in range(heads):
        lean = rng.normal(0, 0.30, 2) * height_m
        start = rng.normal(0, 0.03, 2)
        tall = height_m * rng.uniform(0.75, 1.2)
        path = np.array(
            [
                [start[0], 0, start[1]],
                [start[0] + lean[0] * 0.3, tall * 0.55, start[1] + lean[1] * 0.3],
                [start[0] + lean[0], tall, start[1] + lean[1]],
            ]
        )
        stem = tube(path, 0.0022, 4).painted((0.06, 0.10, 0.02), Material.FOLIAGE, 0.4)
        angle = np.arange(petals) / petals * 6.283 + rng.random()
        out = np.stack([np.cos(angle), np.full(petals, 0.28), np.sin(angle)], axis=1)
        tilt = np.array([lean[0], 0, lean[1]]) * 1.2
        along = (out + tilt * out[:, 1:2]) * radius_m * rng.uniform(0.85, 1.15)
        side = np.cross(out, [0, 1, 0]) * radius_m * 2.4 / petals
        head = kites(
            np.repeat(path[2:], petals, axis=0),
            along,
            side,
            np.tile([0, 1, 0], (petals, 1)) + out * 0.3,
            np.asarray(petal) * rng.uniform(0.85, 1.1),
            0.55,
            0.62,
        )
        eye = icosphere(1).scaled(radius_m * 0.30).moved(path[2] + [0, radius_m * 0.08, 0])
        parts += [stem, head, eye.painted(heart, Material.FOLIAGE, 0.3)]
    return merged(parts)


@prototype
def rock(
    rng: np.random.Generator,
    detail: int = 4,
    cuts: int = 14,
    moss: float = 0.3,
    flatness: float = 0.7,
) -> Mesh:
    """Return a boulder of about 1 m radius: a sphere cut by planes, roughened."""
    ball = icosphere(detail)
    direction = ball.position.astype(np.float64)
    normals = rng.standard_normal((cuts, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    depth = rng.uniform(0.62, 0.98, cuts)
    facing = np.maximum(direction @ normals.T, 1e-3)
    # A soft minimum rounds the edges as weather does.
    radius = -np.log(np.exp(-22 * np.minimum(depth / facing, 1.6)).sum(axis=1)) / 22
    for frequency, strength in ((3.0, 0.035), (7.0, 0.018), (15.0, 0.008)):
        wave = rng.standard_normal((5, 3)) * frequency
        phase = rng.random(5) * 6.283
        radius = radius + strength * np.sin(direction @ wave.T + phase).mean(axis=1) * 2
    points = (direction * radius[:, None] * [1, flatness, 1]).astype(np.float32)
    gray = rng.uniform(0.85, 1.1)
    return mesh_from(
        points,
        ball.faces,
        smooth_normals(points, ball.faces),
        np.array([0.21, 0.20, 0.185]) * gray,
        Material.ROCK,
        moss,
    )


@prototype
def fern(
    rng: np.random.Generator, fronds: int = 11, length_m: float = 0.75, pairs: int = 20
) -> Mesh:
    """Return a fern: arching fronds with tapering leaflets."""
    azimuth = (np.arange(fronds) + rng.random(fronds) * 0.7) / fronds * 6.283
    out = np.stack([np.cos(azimuth), np.zeros(fronds), np.sin(azimuth)], axis=1)
    size = length_m * rng.uniform(0.65, 1.15, fronds)
    rise = rng.uniform(0.55, 1.0, fronds)
    t = (np.arange(pairs) + 1.5) / (pairs + 1)

    def stem(at: NDArray[np.float64]) -> NDArray[np.float64]:
        horizontal = size[:, None] * (at - 0.1 * at**3)
        height = size[:, None] * rise[:, None] * (0.95 * at - 0.95 * at**2.2)
        point = out[:, None] * horizontal[..., None]
        point[..., 1] += height
        return point

    point, ahead = stem(t), stem(t + 0.02)
    forward = ahead - point
    forward /= np.linalg.norm(forward, axis=-1, keepdims=True)
    across = np.cross(out, [0, 1, 0])[:, None, :]
    leaf = size[:, None] * 0.26 * np.sin(np.pi * t**0.75)[None] ** 0.8 + 0.006
    meshes = []
    for sign in (-1.0, 1.0):
        along = (across * sign + forward * 0.45 + np.array([0, -0.12, 0])) * leaf[..., None]
        side = forward * (size[:, None] / pairs * 0.52)[..., None]
        shade = (0.55 + 0.75 * t)[None, :, None] * rng.uniform(0.75, 1.2, (fronds, 1, 1))
        meshes.append(
            kites(
                point.reshape(-1, 3),
                along.reshape(-1, 3),
                np.broadcast_to(side, along.shape).reshape(-1, 3),
                (np.array([0, 1, 0]) + 0.25 * along / leaf[..., None]).reshape(-1, 3),
                (np.array([0.060, 0.125, 0.018]) * shade + np.zeros_like(along)).reshape(-1, 3),
                0.8,
            )
        )
    stems = [
        tube(line, 0.004, 4).painted((0.09, 0.10, 0.03), Material.FOLIAGE, 0.3)
        for line in stem(np.linspace(0, 1, 7))
    ]
    return merged([*meshes, *stems])


@prototype
def mushroom(
    rng: np.random.Generator, cap: ArrayLike = (0.42, 0.035, 0.02), spots: bool = True
) -> Mesh:
    """Return a toadstool 0.2 m high with a 0.2 m cap."""
    bend = rng.normal(0, 0.012, 2)
    path = np.array([[0, -0.03, 0], [bend[0], 0.07, bend[1]], [bend[0] * 2, 0.15, bend[1] * 2]])
    stem = tube(path, [0.026, 0.019, 0.016], 12).painted((0.62, 0.56, 0.45))
    a = np.linspace(0, np.pi / 2, 10)
    outer = np.stack([0.105 * np.cos(a), 0.155 + 0.062 * np.sin(a)], axis=1)
    under = np.array([[0.012, 0.150], [0.06, 0.146], [0.10, 0.150], [0.105, 0.155]])
    top = lathe(outer, 28).painted(cap, Material.MATTE)
    gills = lathe(under, 28).painted((0.55, 0.47, 0.36))
    parts = [stem, merged([top, gills]).moved([bend[0] * 2, 0, bend[1] * 2])]
    if spots:
        for _ in range(17):
            r, angle = np.sqrt(rng.random()) * 1.35, rng.random() * 6.283
            d = np.array([np.sin(r) * np.cos(angle), np.cos(r), np.sin(r) * np.sin(angle)])
            dot = icosphere(1).scaled(rng.uniform(0.005, 0.011))
            at = d * [0.105, 0.062, 0.105] + [bend[0] * 2, 0.155, bend[1] * 2]
            parts.append(dot.scaled([1, 0.6, 1]).moved(at).painted((0.8, 0.76, 0.68)))
    return merged(parts)
