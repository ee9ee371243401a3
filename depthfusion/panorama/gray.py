"""Tells a grey depth picture from a colour-mapped one and from a photograph."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from depthfusion.errors import PanoramaError
from depthfusion.panorama.decoded import Array

_SAMPLES_A_SIDE = 256
_MAX_MEAN_CHROMA = 6.0
"""Mean of (largest - smallest channel), of 255, up to which a picture counts as grey (JPEG)."""
_MAX_DISTANCE = 32.0
"""Farthest a colour of a colour map may be from our coarse polyline of it, of 255."""

_COLOR_MAPS = {
    "viridis": "440154 3b528b 21918c 5ec962 fde725",
    "magma": "000004 51127c b73779 fc8961 fcfdbf",
    "inferno": "000004 57106e bc3754 f98e09 fcffa4",
    "plasma": "0d0887 7e03a8 cc4778 f89540 f0f921",
    "jet": "000080 0000ff 00ffff ffff00 ff0000 800000",
    "turbo": "30123b 4777ef 1bd0d5 62fc6b d2e935 fe9b2d db3a07 7a0403",
    "hot": "000000 ff0000 ffff00 ffffff",
    "rainbow": "ff0000 ffff00 00ff00 00ffff 0000ff ff00ff",
}


def samples(pixels: Array) -> Array:
    """Return an evenly spread selection of at most 256 x 256 pixels."""
    rows = max(1, pixels.shape[0] // _SAMPLES_A_SIDE)
    columns = max(1, pixels.shape[1] // _SAMPLES_A_SIDE)
    return pixels[::rows, ::columns]


def mean_chroma(pixels: Array) -> float:
    """Return the mean of largest minus smallest channel of uint8 (H, W, 3), of 255."""
    some = samples(pixels).astype(np.int16)
    return float((some.max(axis=2) - some.min(axis=2)).mean())


def is_gray(pixels: Array) -> bool:
    """Whether a uint8 (H, W, 3) picture has no colour beyond compression noise."""
    return mean_chroma(pixels) <= _MAX_MEAN_CHROMA


@np.errstate(all="ignore")  # files hold any float
def one_channel(pixels: Array, name: str) -> Array:
    """Return (H, W) depth values of a picture that may be stored as RGB.

    Raises:
        PanoramaError: if it is coloured: a colour map or a photograph is no depth map.
    """
    if pixels.ndim == 2:
        return pixels
    if pixels.dtype != np.uint8:
        some = samples(pixels)
        spread = float(np.nanmax(some.max(axis=2) - some.min(axis=2), initial=0))
        if spread > 0.01 * float(np.nanmax(np.abs(some), initial=0)):
            raise PanoramaError(f"want one depth value a pixel, {name} is a coloured float picture")
        return np.ascontiguousarray(pixels[..., 0])
    if is_gray(pixels):
        return np.ascontiguousarray(pixels[..., 1])
    color_map = color_map_of(pixels)
    if color_map:
        raise PanoramaError(
            f"{name} is a depth map in false colours ({color_map}), from which depth cannot be "
            "read back reliably: save it in grey, or the raw values as 16-bit PNG, EXR or npy"
        )
    raise PanoramaError(
        f"want a grey depth map, {name} is a colour picture: give the depth map as the second file"
    )


def color_map_of(pixels: Array) -> str | None:
    """Return the name of the colour map a uint8 (H, W, 3) picture uses, None for a photograph."""
    some = samples(pixels).reshape(-1, 3).astype(np.float32)
    some = some[some.max(axis=1) > 0]  # a black border belongs to no colour map
    if len(some) < 16:
        return None
    far = {name: float(np.percentile(_distance(some, c), 90)) for name, c in _anchors().items()}
    best = min(far, key=lambda name: far[name])
    if far[best] < _MAX_DISTANCE:
        return best
    codes = (some.astype(np.uint32) >> 4) @ np.array([256, 16, 1], dtype=np.uint32)
    counts = np.sort(np.bincount(codes.astype(np.int64)))[::-1]
    needed = int(np.searchsorted(np.cumsum(counts), 0.95 * counts.sum())) + 1
    saturated = float((some.max(axis=1) - some.min(axis=1)).mean()) > 100
    return "an unknown colour map" if needed < 48 and saturated else None


def _anchors() -> dict[str, NDArray[np.float32]]:
    return {
        name: np.array([list(bytes.fromhex(c)) for c in colors.split()], dtype=np.float32)
        for name, colors in _COLOR_MAPS.items()
    }


def _distance(colors: NDArray[np.float32], line: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each colour's (N, 3) distance to the polyline (K, 3), of 255."""
    nearest = np.full(len(colors), np.inf, dtype=np.float32)
    for start, end in pairwise(line):
        along = end - start
        t = np.clip((colors - start) @ along / (along @ along), 0, 1)
        away = np.linalg.norm(colors - start - t[:, None] * along, axis=1)
        nearest = np.minimum(nearest, away.astype(np.float32))
    return nearest
