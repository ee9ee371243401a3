"""From linear light to an sRGB picture: bloom, exposure, a filmic curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.scene import Air

Floats = NDArray[np.float32]

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def _bloom(light: Floats, threshold: float) -> Floats:
    """Return blurred highlights at the picture's size; wraps around."""
    from scipy.ndimage import gaussian_filter, zoom

    height, width = light.shape[:2]
    factor = max(1, width // 1024)
    small = light.reshape(height // factor, factor, width // factor, factor, 3).mean(axis=(1, 3))
    luma = small @ _LUMA
    bright = small * np.clip((luma - threshold) / (luma + 1e-6), 0, 1)[..., None]
    glow = np.zeros_like(small)
    unit = small.shape[1] / 1024
    for sigma, weight in ((2.0, 0.5), (6.0, 0.3), (20.0, 0.2)):
        for channel in range(3):
            glow[..., channel] += weight * gaussian_filter(
                bright[..., channel], sigma * unit, mode=("nearest", "wrap")
            )
    if factor == 1:
        return np.asarray(glow, np.float32)
    padded = np.concatenate([glow[:, -1:], glow, glow[:, :1]], axis=1)
    big = zoom(padded, (factor, factor, 1), order=1, mode="nearest", grid_mode=True)
    return np.asarray(big[:, factor:-factor], np.float32)


def _filmic(x: Floats) -> Floats:
    """Narkowicz's fit of the ACES curve."""
    return np.asarray(np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1))


def graded(light: Floats, air: Air) -> NDArray[np.uint8]:
    """Return the sRGB picture (H, W, 3) of linear light (H, W, 3)."""
    height = light.shape[0]
    weight = np.sin((np.arange(height) + 0.5) / height * np.pi)[:, None]
    luma = np.maximum(light @ _LUMA, 1e-4)
    average = float(np.exp((np.log(luma) * weight).sum() / (weight.sum() * light.shape[1])))
    # Two thirds of the way to a constant average: nights stay darker than noons.
    exposure = air.exposure * (0.17 / average) ** 0.66
    lit = light + 0.22 * _bloom(np.minimum(light, 30.0), 1.0 / exposure)
    lit = lit * exposure
    gray = (lit @ _LUMA)[..., None]
    lit = np.maximum(gray + (lit - gray) * air.saturation, 0)
    lit = lit * np.array([1 + air.warmth, 1.0, 1 - air.warmth], np.float32)
    toned = _filmic(np.asarray(lit * 0.72, np.float32))
    srgb = np.where(toned <= 0.0031308, toned * 12.92, 1.055 * toned ** (1 / 2.4) - 0.055)
    rng = np.random.default_rng(5)
    dither = rng.random((*srgb.shape[:2], 1), dtype=np.float32)
    levels = np.floor(np.clip(srgb, 0, 1) * 255 + dither * 0.999)
    return np.asarray(levels.clip(0, 255), np.uint8)
