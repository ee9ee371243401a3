"""Places without depth: found, told from sky, filled from the farther side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BAND_ROWS = 256
_SKY_COLUMNS = 1024
_MIN_SKY_SHARE = 1e-4
"""Smallest share of the map that an infinite region must have to be sky and not a speck."""


def fill_from_farther(
    values: NDArray[np.float32], holes: NDArray[np.bool_], *, far_is_large: bool
) -> None:
    """Replace `values` in `holes` in place, from the farther of the two sides in the same row.

    What a camera or a laser misses lies mostly beside a near object, on what is behind it. The
    row closes around the sphere. A row without any value takes the nearest row that has one.

    Args:
        values: (h, w) float32; what stands in the holes is never read.
        holes: (h, w) bool; not all True.
        far_is_large: True for distances, False for nearness.
    """
    per_row: NDArray[np.bool_] = np.any(holes, axis=1)
    for top in range(0, len(values), _BAND_ROWS):
        rows = np.flatnonzero(per_row[top : top + _BAND_ROWS]) + top
        if rows.size:
            values[rows] = _filled_rows(values[rows], holes[rows], far_is_large)
    empty = holes.all(axis=1)
    if empty.any():
        good = np.flatnonzero(~empty)
        wanted = np.flatnonzero(empty)
        after = np.clip(np.searchsorted(good, wanted), 0, len(good) - 1)
        before = np.clip(after - 1, 0, None)
        nearer = np.abs(good[before] - wanted) <= np.abs(good[after] - wanted)
        values[wanted] = values[np.where(nearer, good[before], good[after])]


def _filled_rows(
    values: NDArray[np.float32], holes: NDArray[np.bool_], far_is_large: bool
) -> NDArray[np.float32]:
    width = values.shape[1]
    columns = np.arange(width, dtype=np.int32)
    left = np.maximum.accumulate(np.where(holes, -1, columns), axis=1)
    left = np.where(left < 0, left[:, -1:], left)  # -1 stays only in rows without any value
    right = np.minimum.accumulate(np.where(holes, width, columns)[:, ::-1], axis=1)[:, ::-1]
    right = np.where(right >= width, right[:, :1], right) % width
    a = np.take_along_axis(values, np.maximum(left, 0), axis=1)
    b = np.take_along_axis(values, right, axis=1)
    farther = np.maximum(a, b) if far_is_large else np.minimum(a, b)
    return np.where(holes, farther, values).astype(np.float32, copy=False)


def sky_of(infinite: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which of the infinite places of a map are sky: large and mostly above the horizon.

    Args:
        infinite: (h, w) bool; row 0 is up.
    """
    from scipy import ndimage

    step = max(1, -(-infinite.shape[1] // _SKY_COLUMNS))
    height, width = infinite.shape
    padded = np.zeros((-(-height // step) * step, -(-width // step) * step), dtype=bool)
    padded[:height, :width] = infinite
    blocks = padded.reshape(padded.shape[0] // step, step, -1, step).any(axis=(1, 3))
    labels, count = ndimage.label(blocks, structure=np.ones((3, 3)))
    areas = np.bincount(labels.ravel(), minlength=count + 1)
    rows = np.broadcast_to(np.arange(blocks.shape[0])[:, None], blocks.shape)
    mean_row = np.bincount(labels.ravel(), rows.ravel(), count + 1) / np.maximum(areas, 1)
    sky = (mean_row < blocks.shape[0] / 2) & (areas >= _MIN_SKY_SHARE * blocks.size)
    sky[0] = False  # label 0 is everything that is not infinite
    spread = sky[labels].repeat(step, axis=0).repeat(step, axis=1)[:height, :width]
    return np.asarray(spread & infinite, dtype=np.bool_)
