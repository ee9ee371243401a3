"""Two pictures in one: RGBD above or beside each other, and stereo pairs (one eye is taken)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from depthfusion.errors import PanoramaError
from depthfusion.panorama.decoded import Array
from depthfusion.panorama.gray import is_gray, mean_chroma, samples
from depthfusion.panorama.options import Layout

_SQUARE, _WIDE = 1.0, 4.0
_TOLERANCE = 0.03
_MIN_LIKENESS = 0.4
"""Correlation of two halves from which they are the two eyes of one scene."""


@dataclass(frozen=True, eq=False)
class Split:
    """What one picture was found to hold."""

    color: Array
    """(H, W, 3) or (H, W)."""
    depth: Array | None
    """(H, W) uint8, when one half is a depth map."""
    side: Layout | None
    """How it was split, None if it was left whole."""
    notes: tuple[str, ...] = ()


def halves(pixels: Array, layout: Layout) -> tuple[Array, Array]:
    """Return the top and bottom, or left and right, halves; an odd middle line belongs to none."""
    axis = 0 if layout is Layout.TOP_BOTTOM else 1
    count, length = pixels.shape[axis] // 2, pixels.shape[axis]
    first, second = slice(0, count), slice(length - count, length)
    if axis == 0:
        return pixels[first], pixels[second]
    return pixels[:, first], pixels[:, second]


def split(pixels: Array, aspect: float, name: str, layout: Layout) -> Split:
    """Take colour and depth out of one picture.

    Square pictures may hold two panoramas above each other, 4:1 ones beside each other. If just
    one half is grey it is depth; if both are coloured and alike they are two eyes, and the first
    one (left) is taken.

    Args:
        pixels: (H, W, 3) or (H, W).
        aspect: width / height of the whole file.
        name: for messages.
        layout: what is known; `SEPARATE` never finds depth inside.

    Raises:
        PanoramaError: if a layout was asked for and neither half is grey.
    """
    if layout in {Layout.TOP_BOTTOM, Layout.LEFT_RIGHT}:
        return _split_rgbd(pixels, name, layout, asked=True)
    side = _side(aspect)
    if side is None or pixels.ndim != 3 or min(pixels.shape[:2]) < 2:
        return Split(pixels, None, None)
    first, second = halves(pixels, side)
    if pixels.dtype == np.uint8 and layout is Layout.AUTO and is_gray(first) != is_gray(second):
        return _split_rgbd(pixels, name, side, asked=False)
    is_colored = not (is_gray(first) or is_gray(second))
    if is_colored and _likeness(first, second) > _MIN_LIKENESS:
        where = "the upper half" if side is Layout.TOP_BOTTOM else "the left half"
        note = f"{name} is a stereo pair: {where}, the left eye, was taken"
        return Split(np.ascontiguousarray(first), None, side, (note,))
    return Split(pixels, None, None)


def _side(aspect: float) -> Layout | None:
    if abs(aspect / _SQUARE - 1) < _TOLERANCE:
        return Layout.TOP_BOTTOM
    return Layout.LEFT_RIGHT if abs(aspect / _WIDE - 1) < _TOLERANCE else None


def _split_rgbd(pixels: Array, name: str, layout: Layout, *, asked: bool) -> Split:
    if pixels.ndim != 3 or pixels.dtype != np.uint8 or min(pixels.shape[:2]) < 2:
        raise PanoramaError(f"want a colour half and a grey half in {name}, it is grey all over")
    first, second = halves(pixels, layout)
    chroma = mean_chroma(first), mean_chroma(second)
    color, depth = (first, second) if chroma[1] <= chroma[0] else (second, first)
    if not is_gray(depth):
        raise PanoramaError(
            f"want one half of {name} grey to be its depth, both are coloured: leave out --layout"
        )
    words = ("above", "below") if layout is Layout.TOP_BOTTOM else ("on the left", "on the right")
    where = words if color is first else words[::-1]
    way = "as you said" if asked else "one half is grey; --layout separate if not"
    note = f"took {name} as colour {where[0]} and depth {where[1]} ({way})"
    return Split(np.ascontiguousarray(color), np.ascontiguousarray(depth[..., 1]), layout, (note,))


def _likeness(first: Array, second: Array) -> float:
    """Return the correlation of two halves' brightness, -1 to 1."""
    a, b = (samples(half).astype(np.float32).mean(axis=2).ravel() for half in (first, second))
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm > 0 else 0.0
