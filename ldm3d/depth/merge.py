"""Lays aligned tiles over each other: one map of the sphere, smooth where they meet."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ldm3d.depth.sphere import Floats, directions_of_rows
from ldm3d.depth.tiles import Tile, sampled_tile

_BAND_PIXELS = 1 << 18
_SOFT_SHARE = 0.06
"""Standard deviation of the blur that divides broad shapes from details, of a tile's width."""
_SHARPNESS = 3
"""Details come from the tile that sees a place most centrally: weights are raised to this."""
_LEVEL_FACTOR = 8.0
"""How much more a narrower tile counts than the next wider one."""


def merged_rows(
    tiles: Sequence[Tile],
    aligned: Sequence[Floats],
    trust: NDArray[np.float64],
    width_px: int,
    height_px: int,
) -> Iterator[Floats]:
    """Yield the inverse distance 1 / r of an equirectangular map, some rows at a time.

    Two bands (Burt and Adelson 1983, ACM TOG 2, 217): broad shapes are blended over all of an
    overlap, so that no border shows; details over a short way, so that edges of tiles that
    differ a little are not seen twice.

    Args:
        tiles: the views; every direction must fall into one.
        aligned: (n, n) float32 of each, inverse depth along its axis on one common scale.
        trust: (tiles,) factors of their weights, above 0.
        width_px: of the map.
        height_px: of the map.
    """
    factors = [float(t) * _LEVEL_FACTOR**tile.level for t, tile in zip(trust, tiles, strict=True)]
    bands = [_bands(values) for values in aligned]
    step = max(1, _BAND_PIXELS // width_px)
    for first in range(0, height_px, step):
        last = min(height_px, first + step)
        directions = directions_of_rows(first, last, width_px, height_px).reshape(-1, 3)
        yield _merged(tiles, bands, factors, directions).reshape(last - first, width_px)


def _bands(values: Floats) -> tuple[Floats, Floats]:
    from scipy.ndimage import gaussian_filter

    soft = gaussian_filter(values, _SOFT_SHARE * len(values), mode="nearest")
    return soft, values - soft


def _merged(
    tiles: Sequence[Tile],
    bands: Sequence[tuple[Floats, Floats]],
    factors: Sequence[float],
    directions: Floats,
) -> Floats:
    sums = np.zeros((4, len(directions)))
    for tile, (soft, fine), factor in zip(tiles, bands, factors, strict=True):
        points = tile.points(directions)
        if not points.index.size:
            continue
        weight = points.weight.astype(np.float64) * factor
        sharp = weight**_SHARPNESS
        sums[0, points.index] += weight * points.cosine * sampled_tile(soft, points)
        sums[1, points.index] += weight
        sums[2, points.index] += sharp * points.cosine * sampled_tile(fine, points)
        sums[3, points.index] += sharp
    return np.asarray(sums[0] / sums[1] + sums[2] / sums[3], dtype=np.float32)


def merged_size(tiles: Sequence[Tile], tile_px: int, width_px: int) -> int:
    """Return the width at which the tiles' detail is kept in full, `width_px` at most.

    A multiple of 8, so that a quarter turn is a whole number of columns.
    """
    densest = max(tile_px / (2 * tile.half_width) for tile in tiles)
    needed = 8 * math.ceil(1.5 * 2 * math.pi * densest / 8)
    return min(width_px, needed)
