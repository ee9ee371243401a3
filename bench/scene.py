"""A furnished room of our own, and its rays traced without any mesh.

All light is baked into the surfaces (Lambert, no gloss, no cast shadows), so a point has one colour
from everywhere and a difference between two pictures is one of geometry or filtering.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.shapes import Body, Box, Pole, Sphere
from bench.textures import Texture, bricks, checker, noise, stripes, wood

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]
TILE_PX = 32
SUPERSAMPLES = 3
LAMP_M = np.array([0.6, 1.0, 0.4])


@dataclass(frozen=True)
class Thing:
    """A body and what covers it."""

    body: Body
    texture: Texture


def _walls() -> Thing:
    floor = wood((0.42, 0.24, 0.12), (0.2, 0.1, 0.05), 0.22, seed=1)
    ceiling = checker((0.75, 0.72, 0.66), (0.55, 0.6, 0.62), 0.6)
    brick = bricks((0.46, 0.2, 0.13), (0.6, 0.56, 0.5), 0.5, 0.2)
    paper = stripes((0.25, 0.4, 0.42), (0.5, 0.58, 0.45), 0.35, axis=0)
    plaster = noise((0.6, 0.5, 0.32), (0.42, 0.38, 0.33), 0.15, seed=2)
    body = Box((0.2, -0.15, -0.3), (3.4, 1.45, 3.6), hollow=True)

    def color(points: Array) -> Array:
        inward = body.normal(points)
        result = np.empty_like(points)
        sides: list[tuple[NDArray[np.bool_], Texture]] = [
            (inward[:, 1] > 0.5, floor),
            (inward[:, 1] < -0.5, ceiling),
            (np.abs(inward[:, 0]) > 0.5, brick),
            (inward[:, 2] > 0.5, paper),
            (inward[:, 2] < -0.5, plaster),
        ]
        for side, texture in sides:
            if side.any():
                result[side] = texture(points[side])
        return result

    return Thing(body, color)


def _table() -> list[Thing]:
    oak = wood((0.55, 0.36, 0.18), (0.36, 0.2, 0.09), 0.12, seed=3)
    top = Box((1.5, -0.78, -1.5), (0.6, 0.03, 0.4), 25)
    corners = np.array([[x, -0.03, z] for x in (-0.52, 0.52) for z in (-0.32, 0.32)])
    corners = corners @ top._local_from_world() + np.array(top.center)
    legs = [Pole((x, -1.62, z), (x, y + 0.02, z), 0.025) for x, y, z in corners.tolist()]
    china = checker((0.8, 0.8, 0.78), (0.1, 0.2, 0.5), 0.11)
    apple = noise((0.6, 0.1, 0.06), (0.5, 0.42, 0.1), 0.07, seed=4)
    return [
        Thing(top, oak),
        *(Thing(leg, oak) for leg in legs),
        Thing(Sphere((1.35, -0.6, -1.45), 0.15), china),
        Thing(Sphere((1.75, -0.67, -1.3), 0.08), apple),
    ]


def _bars() -> list[Thing]:
    steel = noise((0.5, 0.52, 0.55), (0.3, 0.31, 0.34), 0.12, seed=6, count=4)
    barber = stripes((0.7, 0.68, 0.6), (0.6, 0.12, 0.1), 0.24)
    low, high = -1.62, 1.32
    bars = [
        Thing(Pole((-0.55, low, -1.75), (-0.55, high, -1.75), 0.03), barber),  # before a box
        Thing(Pole((-1.6, low, -2.5), (-1.6, high, -2.5), 0.016), steel),
        Thing(Pole((0.35, low, -3.1), (0.35, high, -3.1), 0.02), steel),
        Thing(Pole((2.4, low, 0.3), (2.4, high, 0.3), 0.1), barber),
        Thing(Pole((2.3, low, 0.9), (2.2, high, 1.4), 0.02), steel),  # leans, before the column
        Thing(Pole((-2.2, low, 2.1), (-1.9, high, 1.8), 0.03), barber),
        Thing(Pole((2.9, 1.3, -1.2), (2.4, 1.15, 2.5), 0.014), steel),
    ]
    bars += [
        Thing(Pole((x, low, 2.3), (x, -0.5, 2.3), 0.018), steel) for x in np.arange(0.0, 1.3, 0.24)
    ]
    rail = wood((0.5, 0.3, 0.16), (0.32, 0.17, 0.08), 0.1, seed=7)
    return [*bars, Thing(Box((0.6, -0.48, 2.3), (0.75, 0.03, 0.05)), rail)]


def _furniture() -> list[Thing]:
    crate = checker((0.65, 0.5, 0.2), (0.2, 0.28, 0.3), 0.2)
    chest = wood((0.5, 0.28, 0.15), (0.25, 0.12, 0.06), 0.16, seed=8)
    cloth = noise((0.15, 0.35, 0.3), (0.5, 0.55, 0.4), 0.1, seed=9)
    shelf = stripes((0.55, 0.5, 0.42), (0.35, 0.25, 0.3), 0.2, axis=2)
    globe = stripes((0.15, 0.3, 0.55), (0.6, 0.6, 0.5), 0.18)
    lamp = noise((0.85, 0.75, 0.5), (0.7, 0.5, 0.3), 0.1, seed=10)
    slate = noise((0.05, 0.06, 0.08), (0.14, 0.14, 0.15), 0.1, seed=11)
    night = checker((0.04, 0.07, 0.13), (0.13, 0.16, 0.2), 0.12)
    return [
        Thing(Box((-0.8, -1.2, -2.3), (0.5, 0.42, 0.4), 20), crate),
        Thing(Box((-0.75, -0.63, -2.35), (0.2, 0.17, 0.2), -15), cloth),
        Thing(Box((-2.5, -1.1, 0.2), (0.35, 0.52, 0.9)), chest),
        Thing(Box((-2.9, 0.25, 0.1), (0.35, 0.03, 1.1)), shelf),
        Thing(Box((-0.2, -1.3, 2.6), (0.4, 0.32, 0.3), 40), cloth),
        Thing(Sphere((-2.45, -0.3, 0.5), 0.28), globe),
        Thing(Sphere((-2.6, 0.43, -0.4), 0.16), cloth),
        Thing(Sphere((0.3, 0.75, -1.9), 0.18), lamp),
        Thing(Pole((0.3, 0.9, -1.9), (0.3, 1.32, -1.9), 0.008), crate),
        Thing(Sphere((-1.1, -1.35, 1.3), 0.25), crate),
        # Near and dark before the light walls: what they hide costs the most.
        Thing(Sphere((0.85, -0.1, -1.1), 0.24), night),
        Thing(Pole((0.85, -1.62, -1.1), (0.85, -0.2, -1.1), 0.06), slate),
        Thing(Box((-1.1, 0.35, -0.85), (0.16, 0.3, 0.12), 35), slate),
        Thing(Pole((-1.1, 0.5, -0.85), (-1.1, 1.32, -0.85), 0.04), slate),
        Thing(Box((0.1, -0.75, 1.05), (0.22, 0.9, 0.12), 15), night),
        Thing(Sphere((-1.4, -0.2, 1.1), 0.24), night),
        Thing(Pole((-1.4, -0.1, 1.1), (-1.4, 1.32, 1.1), 0.03), slate),
    ]


THINGS: tuple[Thing, ...] = (_walls(), *_table(), *_bars(), *_furniture())
_BOUNDS = np.concatenate([thing.body.bounds for thing in THINGS])
_OWNER = np.concatenate([np.full(len(t.body.bounds), i) for i, t in enumerate(THINGS)])


def _candidates(origin: Array, directions: Array) -> Iterator[int]:
    """Yield the numbers of the things that the cone around `directions` may meet."""
    middle = directions.mean(axis=0)
    length = float(np.linalg.norm(middle))
    yield 0  # the walls: always behind everything
    if length < 0.5:
        yield from range(1, len(THINGS))
        return
    middle /= length
    half_angle = np.arccos(np.clip((directions @ middle).min(), -1, 1)) + 1e-6
    to_center = _BOUNDS[:, :3] - origin
    distance = np.linalg.norm(to_center, axis=1)
    off_axis = np.arccos(np.clip(to_center @ middle / np.maximum(distance, 1e-9), -1, 1))
    radius = np.arcsin(np.clip(_BOUNDS[:, 3] / np.maximum(distance, 1e-9), 0, 1))
    near = (off_axis <= half_angle + radius) | (distance <= _BOUNDS[:, 3])
    yield from np.unique(_OWNER[near & (_OWNER > 0)]).tolist()


def first_hits(origin: Array, directions: Array) -> tuple[Array, NDArray[np.int64]]:
    """Return the distance (N,) to what each ray meets first, and that thing's number."""
    best = np.full(len(directions), np.inf)
    owner = np.zeros(len(directions), dtype=np.int64)
    for number in _candidates(origin, directions):
        t = THINGS[number].body.hit(origin, directions)
        nearer = t < best
        best = np.where(nearer, t, best)
        owner[nearer] = number
    return best, owner


def _surface_colors(points: Array, owner: NDArray[np.int64]) -> Array:
    colors = np.empty_like(points)
    for number in np.unique(owner).tolist():
        mine = owner == number
        thing = THINGS[number]
        to_lamp = LAMP_M - points[mine]
        square_m2 = np.einsum("ij,ij->i", to_lamp, to_lamp)
        normals = thing.body.normal(points[mine])
        cosine = np.einsum("ij,ij->i", normals, to_lamp) / np.sqrt(square_m2)
        light = 0.6 + 0.9 * np.maximum(cosine, 0) / (1 + square_m2 / 9)
        colors[mine] = np.clip(thing.texture(points[mine]) * light[:, None], 0, 1)
    return colors


def trace(origin: Array, directions: Array) -> tuple[Array, Array]:
    """Return the linear colours (N, 3) and distances (N,) in metres that rays meet.

    Args:
        origin: (3,) in the room, metres.
        directions: (N, 3) unit. Neighbours in space should be neighbours in the array.
    """
    distance_m, owner = first_hits(origin, directions)
    return _surface_colors(origin + distance_m[:, None] * directions, owner), distance_m


def srgb8_from_linear(linear: Array) -> Picture:
    """Return 8-bit sRGB of linear light in [0, 1] (IEC 61966-2-1)."""
    clipped = np.clip(linear, 0, 1)
    curve = np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return np.rint(curve * 255).astype(np.uint8)


def tiles(width_px: int, height_px: int) -> Iterator[tuple[slice, slice]]:
    """Yield rows and columns of small squares: rays in one array go nearly one way."""
    for top in range(0, height_px, TILE_PX):
        for left in range(0, width_px, TILE_PX):
            yield (
                slice(top, min(top + TILE_PX, height_px)),
                slice(left, min(left + TILE_PX, width_px)),
            )


Directions = Callable[[Array, Array], Array]
"""Pixel coordinates x, y from the upper left corner -> unit directions (..., 3)."""


def samples(tile: tuple[slice, slice], per_axis: int) -> tuple[Array, Array]:
    """Return pixel coordinates (h, w, per_axis²) of the samples in a tile."""
    offsets = (np.arange(per_axis) + 0.5) / per_axis
    offset_y, offset_x = (o.ravel() for o in np.meshgrid(offsets, offsets, indexing="ij"))
    y = np.arange(tile[0].start, tile[0].stop)[:, None, None] + offset_y
    x = np.arange(tile[1].start, tile[1].stop)[None, :, None] + offset_x
    x, y = np.broadcast_arrays(x, y)
    return x, y


def picture(
    origin: Array, directions: Directions, size_px: tuple[int, int], per_axis: int = SUPERSAMPLES
) -> tuple[Picture, Array]:
    """Return the sRGB colours (h, w, 3) and distances (h, w) at pixel centres, in metres.

    Args:
        origin: (3,) where it is taken from.
        directions: which way each pixel looks.
        size_px: width, height.
        per_axis: samples a pixel along each axis; odd, so that one is at the centre.
    """
    width_px, height_px = size_px
    colors = np.empty((height_px, width_px, 3), dtype=np.uint8)
    distances_m = np.empty((height_px, width_px))
    for tile in tiles(width_px, height_px):
        x, y = samples(tile, per_axis)
        linear, distance_m = trace(origin, directions(x, y).reshape(-1, 3))
        colors[tile] = srgb8_from_linear(linear.reshape(*x.shape, 3).mean(axis=2))
        distances_m[tile] = distance_m.reshape(x.shape)[..., per_axis**2 // 2]
    return colors, distances_m
