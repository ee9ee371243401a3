"""Old broadleaf trees: trunks with roots, branches, clouds of leaves."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, grid_faces, merged, mesh_from, tube
from ldm3d.data.plants import kites
from ldm3d.data.prototypes import prototype

Floats = NDArray[np.float32]


@prototype
def trunk(
    rng: np.random.Generator,
    radius_m: float = 0.45,
    height_m: float = 16.0,
    moss: float = 0.6,
    color: ArrayLike = (0.13, 0.095, 0.065),
    sides: int = 48,
    rows: int = 60,
    spread: float = 1.0,
) -> Mesh:
    """Return a trunk whose foot spreads into roots (by `spread`); it leans and swells a little."""
    t = np.linspace(0, 1, rows) ** 1.8
    y = -0.35 + t * (height_m + 0.35)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    roots = rng.integers(5, 8)
    phase = rng.random() * 6.283
    wobble = sum(
        rng.normal(0, 0.06) * np.sin(k * angle[None] + y[:, None] * rng.normal(0, 0.7) + phase * k)
        for k in range(2, 7)
    )
    lobes = (0.5 + 0.5 * np.cos(roots * angle + phase + 0.5 * np.sin(2 * angle + phase))) ** 2.2
    flare = np.exp(-np.maximum(y, -0.2) / 0.36)[:, None] * (0.22 + 1.35 * lobes[None]) * spread
    radius = radius_m * ((1 - 0.72 * t)[:, None] * (1 + wobble) + flare)
    lean = rng.normal(0, 0.018, 2)
    bow = rng.normal(0, 0.25, 2)
    cx = lean[0] * y + bow[0] * np.sin(t * 3.1)
    cz = lean[1] * y + bow[1] * np.sin(t * 2.7)
    x = cx[:, None] + radius * np.cos(angle)
    z = cz[:, None] + radius * np.sin(angle)
    point = np.stack([x, np.broadcast_to(y[:, None], x.shape), z], axis=-1).reshape(-1, 3)
    faces = grid_faces(rows, sides, wrap=True)
    if spread == 0:  # a felled trunk shows its cut
        point = np.concatenate([point, point[:sides].mean(axis=0, keepdims=True)])
        ring = np.arange(sides)
        cut = np.stack([ring, (ring + 1) % sides, np.full(sides, len(point) - 1)], axis=1)
        faces = np.concatenate([faces, cut])
    return mesh_from(point, faces, color=color, material=Material.BARK, parameter=moss)


def leaf_cloud(
    rng: np.random.Generator,
    centers: NDArray[np.floating],
    radii: NDArray[np.floating],
    leaves: int,
    size_m: float,
    color: ArrayLike,
    spread: float = 0.25,
) -> Mesh:
    """Return leaves strewn through ellipsoids; each takes light like a puff, not a card."""
    which = rng.integers(0, len(centers), leaves)
    d = rng.standard_normal((leaves, 3))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    deep = rng.random(leaves) ** 0.38
    offset = d * (radii[which] * deep)[:, None] * [1, 0.62, 1]
    base = centers[which] + offset
    along = rng.standard_normal((leaves, 3)) + d * 0.6 + [0, -0.35, 0]
    along *= (size_m * rng.uniform(0.6, 1.3, leaves) / np.linalg.norm(along, axis=1))[:, None]
    side = np.cross(along, rng.standard_normal((leaves, 3)))
    side *= (np.linalg.norm(along, axis=1) * 0.33 / np.linalg.norm(side, axis=1))[:, None]
    shade = (0.45 + 0.65 * deep)[:, None] * rng.uniform(1 - spread, 1 + spread, (leaves, 1))
    hue = 1 + rng.normal(0, spread * 0.35, (leaves, 3))
    normal = d * 0.8 + [0, 0.45, 0] + rng.normal(0, 0.25, (leaves, 3))
    return kites(base, along, side, normal, np.asarray(color) * shade * hue, 0.85, 0.45)


def branching(
    rng: np.random.Generator,
    start: ArrayLike,
    direction: ArrayLike,
    length_m: float,
    radius_m: float,
    depth: int,
    tips: list[NDArray[np.float64]],
    parts: list[Mesh],
    rise: float = 0.25,
) -> None:
    """Grow a bent branch and its children into `parts`; the ends go into `tips`."""
    at, way = np.asarray(start, np.float64), np.asarray(direction, np.float64)
    path = [at]
    for _ in range(5):
        way = way + rng.normal(0, 0.16, 3) + np.array([0, rise * 0.2, 0])
        way = way / np.linalg.norm(way)
        at = at + way * length_m / 5
        path.append(at)
    ends = 0.62 if depth else 0.25
    parts.append(tube(path, np.linspace(radius_m, radius_m * ends, 6), 10 if depth > 1 else 6))
    if depth == 0:
        tips += [path[3], path[5]]
        return
    for i in range(3 if depth > 1 else 4):
        spot = path[5] if i == 0 else path[int(rng.integers(2, 6))]
        side = rng.standard_normal(3) * 0.8
        child = way * 0.75 + side / np.linalg.norm(side) * 0.75
        branching(
            rng,
            spot,
            child / np.linalg.norm(child),
            length_m * rng.uniform(0.55, 0.8),
            radius_m * 0.55,
            depth - 1,
            tips,
            parts,
            rise,
        )


@prototype
def broadleaf(
    rng: np.random.Generator,
    height_m: float = 7.0,
    radius_m: float = 0.22,
    leaves: int = 14000,
    leaf_m: float = 0.13,
    color: ArrayLike = (0.07, 0.13, 0.025),
    moss: float = 0.3,
    bark: ArrayLike = (0.11, 0.085, 0.065),
    stem: float = 0.32,
    rise: float = 0.25,
) -> Mesh:
    """Return a spreading tree of about `height_m` with its leaves."""
    tips: list[NDArray[np.float64]] = []
    parts = [trunk(rng, radius_m, height_m * stem, moss, bark, 28, 20)]
    fork = np.array([0.0, height_m * stem * 0.93, 0.0])
    limbs = int(rng.integers(4, 6))
    for i in range(limbs):
        angle = (i + rng.random() * 0.6) / limbs * 6.283
        way = np.array([np.cos(angle), rng.uniform(0.5, 1.1), np.sin(angle)])
        branching(
            rng,
            fork,
            way / np.linalg.norm(way),
            height_m * rng.uniform(0.26, 0.36),
            radius_m * 0.5,
            2,
            tips,
            parts,
            rise,
        )
    wood = merged(parts).painted(bark, Material.BARK, moss)
    centers = np.array(tips)
    radii = rng.uniform(0.07, 0.13, len(centers)) * height_m
    return merged([wood, leaf_cloud(rng, centers, radii, leaves, leaf_m, color)])
