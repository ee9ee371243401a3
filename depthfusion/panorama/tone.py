"""Linear light of any range -> 8-bit sRGB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from depthfusion.panorama.decoded import Array
from depthfusion.panorama.gray import samples

_MIDDLE_GRAY = 0.18
_LARGEST = 1e6
_BAND_ROWS = 256
_CURVE_STEPS = 4096


def toned(linear: Array) -> NDArray[np.uint8]:
    """Expose by the log-average and apply a filmic curve (Narkowicz's fit of ACES), then sRGB.

    Args:
        linear: (H, W, 3 or more) float; negative and NaN count as 0, infinity as very bright.

    Returns:
        (H, W, 3) uint8.
    """
    exposure = _exposure(linear)
    out = np.empty((*linear.shape[:2], 3), dtype=np.uint8)
    table = _table()
    for top in range(0, len(linear), _BAND_ROWS):
        band = _cleaned(linear[top : top + _BAND_ROWS, :, :3]) * np.float32(exposure)
        # The table is even in x / (1 + x): fine where the curve is steep, and it ends at infinity.
        index = (band / (1 + band) * (_CURVE_STEPS - 1) + 0.5).astype(np.uint16)
        out[top : top + _BAND_ROWS] = table[index]
    return out


def _cleaned(linear: Array) -> NDArray[np.float32]:
    cleaned = np.nan_to_num(linear.astype(np.float32), nan=0.0, posinf=_LARGEST, neginf=0.0)
    return np.clip(cleaned, 0, _LARGEST, out=cleaned)


def _exposure(linear: Array) -> float:
    """Return the factor that brings the log-average to middle grey, weighted by solid angle."""
    some = _cleaned(samples(linear)[..., :3]) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    latitude = np.pi * ((np.arange(len(some)) + 0.5) / len(some) - 0.5)
    weights = np.broadcast_to(np.cos(latitude)[:, None], some.shape)[some > 0]
    lit = some[some > 0]
    if not lit.size:
        return 1.0
    average = np.exp(np.average(np.log(np.maximum(lit, 1e-6)), weights=weights))
    return float(np.clip(_MIDDLE_GRAY / average, 1e-6, 1e6))


def _table() -> NDArray[np.uint8]:
    share = np.linspace(0, 1, _CURVE_STEPS)
    x = 1.25 * share / np.maximum(1 - share, 1e-9)
    curve = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    curve[-1] = 1
    srgb = np.where(curve <= 0.0031308, 12.92 * curve, 1.055 * curve ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * srgb), dtype=np.uint8)
