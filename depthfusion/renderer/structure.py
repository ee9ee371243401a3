"""How unlike a picture's colours are, by how far apart they lie: its structure function.

Measured around each place, along rows and along columns, where the picture shows what it should:
stripes are alike along themselves and unlike across, bricks along their rows. Said of turbulence by
A. Kolmogorov (1941), used to fill gaps in maps as the variogram (G. Matheron, 1963).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from depthfusion.renderer.grid import Field

BLOCK_PX = 8
"""Size of the blocks over which the picture is measured."""
SAMPLED = 4
"""Every so many-th line is measured: a block has enough of them."""
LAGS = 8
"""Steps of 1, 2, 4 ... 2 ** (LAGS - 1) pixels are measured."""
NEAR_BLOCKS, WIDE_BLOCKS = 4.0, 12.0
"""Standard deviations of the surroundings, in blocks."""
WIDE_SHARE = 0.02
"""Weight of the wider surroundings: they count where nothing was near."""
LEAST = 1e-4
"""Fewer measurements than this count as none."""


@dataclass(frozen=True, eq=False)
class Structure:
    """What was measured, a value a block."""

    variance: Field
    """(h, w) mean over the channels, at least 1."""
    unlikeness: tuple[Field, Field]
    """Along columns (axis 0) and rows (axis 1): (LAGS + 1, h, w), the mean square difference to the
    colour 0, 1, 2, 4 ... pixels away, as a share of twice the variance: 0 alike, 1 by chance, and
    never less than nearer by."""

    def variance_at(self, y: NDArray[np.int64], x: NDArray[np.int64]) -> Field:
        """Return the variance around the pixels (y, x)."""
        return np.asarray(self.variance[y // BLOCK_PX, x // BLOCK_PX])

    def error_at(
        self, axis: int, y: NDArray[np.int64], x: NDArray[np.int64], distance_px: Field
    ) -> Field:
        """Return the mean square error of a colour taken so far away along `axis`."""
        level = np.log2(np.maximum(distance_px, 1)) + (distance_px >= 1)
        level = np.clip(level, 0, LAGS).astype(np.float32)
        below = np.minimum(level.astype(np.int64), LAGS - 1)
        part = level - below
        by, bx = y // BLOCK_PX, x // BLOCK_PX
        table = self.unlikeness[axis]
        share = table[below, by, bx] * (1 - part) + table[below + 1, by, bx] * part
        return np.asarray(2 * self.variance[by, bx] * share, np.float32)


def structure_from(picture: NDArray[np.uint8], clear: NDArray[np.bool_]) -> Structure:
    """Return the structure of what is clear.

    Args:
        picture: (h, w, 3) uint8; h and w multiples of `BLOCK_PX`.
        clear: (h, w) bool, what counts.
    """
    rows = picture[::SAMPLED].astype(np.float32), clear[::SAMPLED].astype(np.float32)
    columns = picture[:, ::SAMPLED].astype(np.float32), clear[:, ::SAMPLED].astype(np.float32)
    variance = _variance(*rows)
    unlike = []
    for axis, (colors, weight) in ((0, columns), (1, rows)):
        shares = [np.zeros_like(variance)]
        for lag in (2**k for k in range(LAGS)):
            square, both = _steps(colors, weight, lag, axis)
            count = _around(both, axis)
            mean = _around(square * both, axis) / np.maximum(count, LEAST)
            share = np.where(count > LEAST, mean / (2 * variance), 1)
            shares.append(np.clip(share, 0, 1))
        # Farther is never more alike: what comes round again need not do so in between.
        unlike.append(np.maximum.accumulate(shares).astype(np.float32))
    return Structure(variance, (unlike[0], unlike[1]))


def _steps(colors: Field, weight: Field, lag: int, axis: int) -> tuple[Field, Field]:
    """Return mean square differences (h, w) over `lag` along `axis`, and which of them count."""
    difference = np.roll(colors, -lag, axis=axis) - colors
    both = np.roll(weight, -lag, axis=axis) * weight
    if axis == 0:  # a column ends at the pole
        both[-lag:] = 0
    square = np.einsum("hwc,hwc->hw", difference, difference) / colors.shape[2]
    return square, both


def _variance(rows: Field, weight: Field) -> Field:
    """Return (h, w) a block: the channels' mean variance around each."""
    count = np.maximum(_around(weight, 1), LEAST)
    total = np.zeros_like(count)
    for channel in np.moveaxis(rows, -1, 0):
        mean = _around(channel * weight, 1) / count
        total += _around(channel * channel * weight, 1) / count - mean * mean
    return np.asarray(np.maximum(total / rows.shape[2], 1), np.float32)


def _around(values: Field, axis: int) -> Field:
    """Return sums over the surroundings, a value a block; every fourth line across `axis` is there.

    Args:
        values: (h / SAMPLED, w) along rows (axis 1), (h, w / SAMPLED) along columns (axis 0).
        axis: along which nothing was left out.
    """
    from scipy.ndimage import gaussian_filter

    size = [BLOCK_PX, BLOCK_PX]
    size[1 - axis] //= SAMPLED
    blocks = over_blocks(values[..., None], size[0], size[1])[..., 0]
    mode = ("nearest", "wrap")
    near = gaussian_filter(blocks, NEAR_BLOCKS, mode=mode)
    return np.asarray(near + WIDE_SHARE * gaussian_filter(blocks, WIDE_BLOCKS, mode=mode))


def over_blocks(values: NDArray[Any], rows: int, columns: int) -> Field:
    """Return the means (h / rows, w / columns, c) of `values` (h, w, c)."""
    height, width, channels = values.shape
    blocks = values.reshape(height // rows, rows, width // columns, columns, channels)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float32))
