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


@np.errstate(all="ignore")  # files hold any float
def toned(linear: Array) -> NDArray[np.uint8]:
    """Expose by the log-average and apply a filmic curve (Narkowicz's fit of ACES), then sRGB.

    Args:
        linear: (H, W, 3 or more) float; negative and NaN count as 0, infinity as very bright.
            Values from 0 to 1 at most are an ordinary picture and only get the sRGB curve.

    Returns:
        (H, W, 3) uint8.
    """
    brightest = float(_cleaned(samples(linear)[..., :3]).max(initial=0))
    is_display = 0.5 <= brightest <= 1  # an ordinary picture that was saved as floats
    exposure = 1.0 if is_display else _exposure(linear)
    out = np.empty((*linear.shape[:2], 3), dtype=np.uint8)
    table = _table(is_display)
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


def _table(is_display: bool) -> NDArray[np.uint8]:
    share = np.linspace(0, 1, _CURVE_STEPS)
    x = share / np.maximum(1 - share, 1e-9)
    y = 1.25 * x
    filmic = y * (2.51 * y + 0.03) / (y * (2.43 * y + 0.59) + 0.14)
    curve = np.clip(x if is_display else filmic, 0, 1)
    curve[-1] = 1
    srgb = np.where(curve <= 0.0031308, 12.92 * curve, 1.055 * curve ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * srgb), dtype=np.uint8)
