"""Equirectangular pictures and directions: row 0 is up, the centre column looks along -z."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def directions_of_rows(first: int, last: int, width_px: int, height_px: int) -> Floats:
    """Return the unit directions of pixel centres, (last - first, W, 3) float32.

    Args:
        first: first row.
        last: row after the last.
        width_px: of the whole picture.
        height_px: of the whole picture.
    """
    lat = (0.5 - (np.arange(first, last) + 0.5) / height_px) * math.pi
    lon = ((np.arange(width_px) + 0.5) / width_px - 0.5) * (2 * math.pi)
    cos_lat = np.cos(lat)[:, None]
    x, z = cos_lat * np.sin(lon), -cos_lat * np.cos(lon)
    y = np.broadcast_to(np.sin(lat)[:, None], x.shape)
    return np.stack([x, y, z], axis=-1).astype(np.float32)


def sampled_equirect(picture: NDArray[np.uint8], directions: Floats) -> Floats:
    """Return `picture` (H, W, C) seen along `directions` (..., 3), (..., C) float32, bilinear.

    Columns wrap around; above the first row and below the last one the row of the other side of
    the pole follows, which is half a turn away.
    """
    height, width = picture.shape[:2]
    x, y, z = directions[..., 0], directions[..., 1], directions[..., 2]
    column = (np.arctan2(x, -z) / (2 * math.pi) + 0.5) * width - 0.5
    row = (0.5 - np.arctan2(y, np.hypot(x, z)) / math.pi) * height - 0.5
    left, top = np.floor(column).astype(np.intp), np.floor(row).astype(np.intp)
    across, down = (column - left)[..., None], (row - top)[..., None]
    upper = _between(picture, top, left, across)
    lower = _between(picture, top + 1, left, across)
    return np.asarray(upper + (lower - upper) * down, dtype=np.float32)


def _between(
    picture: NDArray[np.uint8], row: NDArray[np.intp], column: NDArray[np.intp], across: Floats
) -> Floats:
    height, width = picture.shape[:2]
    over_pole = (row < 0) | (row >= height)
    row = np.where(row < 0, -1 - row, np.where(row >= height, 2 * height - 1 - row, row))
    column = column + np.where(over_pole, width // 2, 0)
    here = picture[row, column % width].astype(np.float32)
    right = picture[row, (column + 1) % width].astype(np.float32)
    return np.asarray(here + (right - here) * across, dtype=np.float32)


def resized_equirect(values: Floats, width_px: int, height_px: int) -> Floats:
    """Return `values` (h, w) float32 at another size by cubic interpolation, without a seam.

    The map is continued around the back and over the poles before it is resized.
    """
    from PIL import Image

    height, width = values.shape
    if (width, height) == (width_px, height_px):
        return values
    pad = min(8 * max(1, math.ceil(width / width_px)), width // 2, height)
    padded = np.pad(values, ((0, 0), (pad, pad)), mode="wrap")
    turned = np.pad(np.roll(values, width // 2, axis=1), ((0, 0), (pad, pad)), mode="wrap")
    padded = np.concatenate([turned[:pad][::-1], padded, turned[-pad:][::-1]])
    box = (pad, pad, pad + width, pad + height)
    image = Image.fromarray(padded).resize((width_px, height_px), Image.Resampling.BICUBIC, box)
    return np.asarray(image, dtype=np.float32)
