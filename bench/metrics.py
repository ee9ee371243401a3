"""How far two pictures are apart, in numbers and as a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
MIN_SANE_PSNR_DB = 20.0


@dataclass
class Error:
    """Squared error on 8-bit sRGB, pooled over pictures."""

    square: float = 0.0
    count: int = 0

    def add(self, truth: Picture, shown: Picture, mask: NDArray[np.bool_] | None = None) -> None:
        """Count one picture (h, w, 3), or only its pixels of `mask` (h, w)."""
        square = (truth.astype(np.int32) - shown.astype(np.int32)) ** 2
        chosen = square if mask is None else square[mask]
        self.square += float(chosen.sum())
        self.count += chosen.size

    @property
    def psnr_db(self) -> float:
        """Return the peak signal to noise ratio of everything counted so far."""
        if self.count == 0 or self.square == 0:
            return float("inf")
        return float(10 * np.log10(255**2 / (self.square / self.count)))


def psnr_db(truth: Picture, shown: Picture) -> float:
    """Return the peak signal to noise ratio of one picture."""
    error = Error()
    error.add(truth, shown)
    return error.psnr_db


def assert_sane(truth: Picture, shown: Picture, name: str) -> None:
    """Refuse a blank or wrong picture: a renderer that draws nothing is very fast.

    Raises:
        AssertionError: with the name of what was drawn.
    """
    contrast, fit_db = float(shown.std()), psnr_db(truth, shown)
    if contrast < 0.3 * float(truth.std()) or fit_db < MIN_SANE_PSNR_DB:
        raise AssertionError(
            f"{name}: want a picture like the truth (over {MIN_SANE_PSNR_DB:g} dB), "
            f"got {fit_db:.1f} dB, contrast {contrast:.1f}"
        )


def heat(truth: Picture, shown: Picture, visible: NDArray[np.bool_]) -> Picture:
    """Return the error as black, red, yellow, white (64 of 255 off); blue: not in the panorama."""
    off = np.abs(truth.astype(np.int32) - shown.astype(np.int32)).max(axis=2) / 64
    ramp = np.clip(off[..., None] * 3 - np.arange(3), 0, 1)
    ramp[~visible, 2] = np.maximum(ramp[~visible, 2], 0.5)
    return np.rint(ramp * 255).astype(np.uint8)
