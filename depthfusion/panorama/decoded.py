"""What a file holds, before anyone decided what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Metadata:
    """What stands beside the pixels."""

    orientation: int = 1
    """EXIF orientation, 1 to 8; already applied to the pixels."""
    xmp: bytes = b""
    """The XMP packet with its extension appended, b"" when there is none."""
    text: Mapping[str, str] = field(default_factory=dict)
    """Text chunks of a PNG, by key."""
    chunks: Mapping[str, bytes] = field(default_factory=dict)
    """Private chunks of a PNG, by name."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """One file's pixels as it stores them; row 0 is up, orientation applied."""

    name: str
    """File name for messages."""
    kind: str
    """For messages, e.g. "16-bit PNG", "float32 TIFF", "EXR channel Z"."""
    pixels: Array
    """(H, W) or (H, W, 3 or 4); uint8, uint16 or float32. Floats are linear light if colour."""
    full_size_px: tuple[int, int]
    """(width, height) before any reduction for a first picture."""
    metadata: Metadata = Metadata()
    depth: Array | None = None
    """(H, W) float32: the depth channel of a file that holds colour too (EXR)."""
    notes: tuple[str, ...] = ()

    @property
    def is_gray(self) -> bool:
        """Whether there is one value a pixel."""
        return self.pixels.ndim == 2


def reduced(pixels: Array, width_px: int | None) -> Array:
    """Return every k-th pixel so that about `width_px` columns are left; no mixing of values."""
    if not width_px or pixels.shape[1] < 2 * width_px:
        return pixels
    step = pixels.shape[1] // width_px
    return np.ascontiguousarray(pixels[step // 2 :: step, step // 2 :: step])


def oriented(pixels: Array, orientation: int) -> Array:
    """Return `pixels` turned and mirrored as EXIF `orientation` (1 to 8) says."""
    if orientation in {5, 6, 7, 8}:
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in {2, 6, 3, 7}:
        pixels = pixels[:, ::-1]
    if orientation in {4, 8, 3, 7}:
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
