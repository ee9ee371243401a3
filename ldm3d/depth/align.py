"""Finds each tile's scale and shift so that all tiles agree where they overlap.

A network for ordinary pictures gives relative inverse depth: d = a / z + b with z along the axis
of its picture and unknown a and b (MiDaS, arXiv 1907.01341, section 5). A panorama wants 1 / r
with r along the ray. With c = z / r, the cosine of the angle to the axis,

    1 / r = c / z = c (s d + t),    s = 1 / a,  t = -b / a,

so scale *and* shift are multiplied by c, and tiles that look in different directions agree for
just one shift each. All s and t are found at once from the differences in the overlaps by least
squares with Cauchy weights (tiles disagree at edges), as 360MonoDepth (arXiv 2111.15669) does for
its tangent images. t is a plane over the tile: networks tilt what they see.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ldm3d.depth.sphere import Floats
from ldm3d.depth.tiles import TURN_TILES, Tile, sampled_tile

_SAMPLE_ROWS = 96
"""Rows of directions from pole to pole at which tiles are compared, 1.9° apart."""
_COARSE_PX = 96
"""Tiles are compared at this size: noise and fine edges are averaged away."""
_ROUNDS = 10
_FIELDS = 4
"""Unknowns a tile: scale, shift, and the shift's slope along x and y."""
_PRIOR = np.array([3e-4, 3e-4, 5e-3, 5e-3])
"""How strongly they are held at (1, 0, 0, 0), against an overlap of one unit; see `_prior`."""
_PRIOR_UNSHIFTED = np.array([3e-4, 1e3, 1e3, 1e3])
_MEAN_SCALE_WEIGHT = 1e3
_MIN_SCALE = 0.05
_FIRMER = 100.0
_TOLERATED = 4.0
"""A tile that differs so many times more than usual counts half."""


@dataclass(frozen=True, eq=False)
class Alignment:
    """What brings every tile to one common scale."""

    fields: NDArray[np.float64]
    """(tiles, 4): scale, shift, slope of the shift along x and y (in -1..1 over the tile)."""
    trust: NDArray[np.float64]
    """(tiles,) in (0, 1]: how much to count on each; low for one that contradicts the others."""
    disagreement: float
    """Median difference of two aligned tiles in the overlaps over the range of values there."""

    def aligned(self, number: int, disparity: Floats) -> Floats:
        """Return tile `number`'s inverse depth along its axis on the common scale, (n, n)."""
        scale, shift, slope_x, slope_y = self.fields[number].astype(np.float32)
        size = len(disparity)
        across = (np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1
        plane = shift + slope_x * across[None, :] + slope_y * across[:, None]
        return np.asarray(scale * disparity + plane, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class _Seen:
    """What one tile says about the compared directions that it sees."""

    index: NDArray[np.intp]
    rows: NDArray[np.float64]
    """(k, 4): 1 / r is the product of a row and the tile's fields."""
    weight: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Overlap:
    """Two tiles at the directions that both see."""

    first: int
    second: int
    rows: NDArray[np.float64]
    """(k, 8): of the first tile, and of the second one negated."""
    weight: NDArray[np.float64]


def align(tiles: Sequence[Tile], disparities: Sequence[Floats], *, has_shift: bool) -> Alignment:
    """Return what makes the tiles agree.

    Args:
        tiles: the views.
        disparities: (n, n) float32 of each, relative inverse depth along its axis, larger = nearer.
        has_shift: False if the values are true inverse depths but for a factor (networks that
            give metres): then no shift is looked for.
    """
    center, spread = _range_of(disparities)
    if not has_shift:
        center = 0.0
    normal = [(values - center) / spread for values in disparities]
    directions = compared_directions()
    seen = [_seen(tile, values, directions) for tile, values in zip(tiles, normal, strict=True)]
    overlaps = [o for o in map(_overlap, *_pairs(seen)) if o is not None]
    prior = _PRIOR if has_shift else _PRIOR_UNSHIFTED
    fields, differences = _solved(overlaps, len(tiles), prior)
    trust = _trust(overlaps, differences, len(tiles))
    disagreement = _disagreement(seen, fields, differences)
    fields[:, 1] -= fields[:, 0] * center / spread  # back to the values as they were given
    fields[:, 0] /= spread
    return Alignment(fields, trust, disagreement)


@functools.cache
def compared_directions() -> Floats:
    """Return unit directions spread evenly over the sphere, (m, 3) float32.

    Each row's number is a multiple of `TURN_TILES`, so that a panorama turned by that part of a
    turn is compared at the same places of the picture.
    """
    lat = (0.5 - (np.arange(_SAMPLE_ROWS) + 0.5) / _SAMPLE_ROWS) * math.pi
    parts = []
    for row in lat:
        count = TURN_TILES * max(1, round(2 * _SAMPLE_ROWS * math.cos(row) / TURN_TILES))
        lon = (np.arange(count) + 0.5) * (2 * math.pi / count)
        ring = np.cos(row) * np.stack([np.sin(lon), np.zeros_like(lon), -np.cos(lon)], axis=1)
        ring[:, 1] = np.sin(row)
        parts.append(ring)
    return np.concatenate(parts).astype(np.float32)


def _range_of(disparities: Sequence[Floats]) -> tuple[float, float]:
    """Return the middle and the typical spread of all values, so that priors have no unit."""
    low, middle, high = np.median(
        [np.percentile(values[::4, ::4], (5, 50, 95)) for values in disparities], axis=0
    )
    spread = float(high - low)
    return float(middle), spread if spread > 0 else 1.0


def _seen(tile: Tile, values: Floats, directions: Floats) -> _Seen:
    points = tile.points(directions)
    found = sampled_tile(_coarse(values), points)
    ones = np.ones_like(found)
    rows = points.cosine[:, None] * np.stack([found, ones, points.x, points.y], axis=1)
    return _Seen(points.index, rows.astype(np.float64), points.weight.astype(np.float64))


def _coarse(values: Floats) -> Floats:
    """Return the mean over square cells, or `values` where they are coarse already."""
    cell = len(values) // _COARSE_PX
    if cell < 2:
        return values
    from PIL import Image

    side = round(len(values) / cell)
    image = Image.fromarray(values).resize((side, side), Image.Resampling.BOX)
    return np.asarray(image, dtype=np.float32)


def _pairs(seen: Sequence[_Seen]) -> tuple[list[tuple[int, _Seen]], list[tuple[int, _Seen]]]:
    pairs = list(combinations(enumerate(seen), 2))
    return [first for first, _ in pairs], [second for _, second in pairs]


def _overlap(first: tuple[int, _Seen], second: tuple[int, _Seen]) -> _Overlap | None:
    (i, a), (j, b) = first, second
    _, in_a, in_b = np.intersect1d(a.index, b.index, assume_unique=True, return_indices=True)
    if not in_a.size:
        return None
    weight = np.sqrt(a.weight[in_a] * b.weight[in_b])
    return _Overlap(i, j, np.concatenate([a.rows[in_a], -b.rows[in_b]], axis=1), weight)


def _solved(
    overlaps: Sequence[_Overlap], count: int, prior: NDArray[np.float64]
) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Return the fields (count, 4) and each overlap's differences, by reweighted least squares."""
    fields = np.tile(np.array([1.0, 0, 0, 0]), (count, 1))
    firmness = np.ones(count)
    for _ in range(_ROUNDS):
        differences = _differences(overlaps, fields)
        sigma = max(1.4826 * float(np.median(np.concatenate(differences))), 1e-6)
        matrix, right = _prior(count, prior, firmness)
        for overlap, difference in zip(overlaps, differences, strict=True):
            weight = overlap.weight / (1 + (difference / (2 * sigma)) ** 2)
            _add(matrix, overlap, overlap.rows.T @ (overlap.rows * weight[:, None]))
        fields = np.linalg.solve(matrix, right).reshape(count, _FIELDS)
        # A tile without relief, such as one full of sky, says nothing about its scale.
        firmness[fields[:, 0] < _MIN_SCALE] *= _FIRMER
    return fields, _differences(overlaps, fields)


def _differences(
    overlaps: Sequence[_Overlap], fields: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    return [np.abs(o.rows @ fields[[o.first, o.second]].ravel()) for o in overlaps]


def _trust(
    overlaps: Sequence[_Overlap], differences: Sequence[NDArray[np.float64]], count: int
) -> NDArray[np.float64]:
    """Return how little each tile differs from its neighbours, against what is usual."""
    own: list[list[NDArray[np.float64]]] = [[] for _ in range(count)]
    for overlap, difference in zip(overlaps, differences, strict=True):
        own[overlap.first].append(difference)
        own[overlap.second].append(difference)
    typical = np.array([float(np.quantile(np.concatenate(d), 0.75)) if d else 0.0 for d in own])
    usual = max(float(np.median(typical)), 1e-6)
    return np.asarray(1 / (1 + (typical / (_TOLERATED * usual)) ** 4))


def _prior(
    count: int, prior: NDArray[np.float64], firmness: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the normal equations of what is assumed before anything is compared.

    Scales are near 1, shifts near 0, weakly; the mean scale is 1 for sure, since else all tiles
    would agree best when all are 0.
    """
    points_a_tile = 0.1 * len(compared_directions())
    strength = np.tile(points_a_tile * prior, (count, 1))
    strength[:, 0] *= firmness
    matrix = np.diag(strength.ravel())
    right = np.zeros(count * _FIELDS)
    right[::_FIELDS] = strength[:, 0]
    gauge = np.zeros(count * _FIELDS)
    gauge[::_FIELDS] = 1 / count
    matrix += _MEAN_SCALE_WEIGHT * points_a_tile * np.outer(gauge, gauge)
    right += _MEAN_SCALE_WEIGHT * points_a_tile * gauge
    return matrix, right


def _add(matrix: NDArray[np.float64], overlap: _Overlap, block: NDArray[np.float64]) -> None:
    places = [slice(_FIELDS * n, _FIELDS * (n + 1)) for n in (overlap.first, overlap.second)]
    for a, rows in enumerate(places):
        for b, columns in enumerate(places):
            part = block[_FIELDS * a : _FIELDS * (a + 1), _FIELDS * b : _FIELDS * (b + 1)]
            matrix[rows, columns] += part


def _disagreement(
    seen: Sequence[_Seen],
    fields: NDArray[np.float64],
    differences: Sequence[NDArray[np.float64]],
) -> float:
    values = np.concatenate([one.rows @ own for one, own in zip(seen, fields, strict=True)])
    low, high = np.percentile(values, (5, 95))
    return float(np.median(np.concatenate(differences)) / max(high - low, 1e-12))
