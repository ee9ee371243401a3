"""Depth as 16-bit numbers and back: how `write_pair` stores it, and reads it exactly again.

Relative: code = 65535 x nearness. Distance: code runs evenly in 1 / distance from the farthest
(0) to the nearest (65535), so near things get the precision. Decoding goes through a table whose
ends are near and far themselves; writing what was read therefore gives the same codes, the same
near and far, and the same table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from depthfusion.errors import PanoramaError
from depthfusion.panorama.panorama import DepthMeaning

_TOP = 65535
_BAND_ROWS = 256


def codes_from(
    depth: NDArray[np.float32], meaning: DepthMeaning
) -> tuple[NDArray[np.uint16], dict[str, Any]]:
    """Return (h, w) uint16 codes, larger = nearer, and what is needed to decode them."""
    codes = np.empty(depth.shape, dtype=np.uint16)
    coding: dict[str, Any] = {"meaning": meaning.value, "white": "near"}
    near = far = 1.0
    if meaning is DepthMeaning.DISTANCE:
        near, far = float(depth.min()), float(depth.max())
        coding |= {"coding": "disparity", "near_m": near, "far_m": _plain(far)}
    for top in range(0, len(depth), _BAND_ROWS):
        band = depth[top : top + _BAND_ROWS].astype(np.float64)
        if meaning is DepthMeaning.DISTANCE:
            extent = 1 / near - 1 / far
            band = (1 / band - 1 / far) / extent if extent else np.ones_like(band)
        codes[top : top + _BAND_ROWS] = np.rint(np.clip(band, 0, 1) * _TOP)
    return codes, coding


def depth_from_codes(
    codes: NDArray[np.uint16], coding: Mapping[str, Any]
) -> tuple[NDArray[np.float32], DepthMeaning]:
    """Return (h, w) float32 depth and its meaning; the inverse of `codes_from`.

    Raises:
        PanoramaError: if `coding` is not as `codes_from` makes it.
    """
    try:
        meaning = DepthMeaning(coding["meaning"])
        near = float(coding["near_m"]) if meaning is DepthMeaning.DISTANCE else 1.0
        far = float(coding["far_m"]) if meaning is DepthMeaning.DISTANCE else 1.0
    except (KeyError, TypeError, ValueError) as error:
        raise PanoramaError("the depthfusion data in the file are damaged") from error
    if meaning is DepthMeaning.RELATIVE:
        return codes.astype(np.float32) / np.float32(_TOP), meaning
    if not 0 < near <= far or math.isinf(near):
        raise PanoramaError(f"want 0 < near <= far in the file's data, got {near} and {far}")
    return _distances(near, far)[codes], meaning


def _distances(near: float, far: float) -> NDArray[np.float32]:
    """Return the distance of every code, (65536,) float32 in metres."""
    share = np.arange(_TOP + 1, dtype=np.float64) / _TOP
    with np.errstate(divide="ignore"):
        table = (1 / (1 / far + share * (1 / near - 1 / far))).astype(np.float32)
    table[0], table[-1] = far, near
    if near == far:
        table[:] = near
    return np.clip(table, np.float32(near), np.float32(far))


def _plain(value: float) -> float | str:
    return "inf" if math.isinf(value) else value
