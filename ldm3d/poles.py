"""Poles without pinch: the caps around them are smoothed, the more the nearer to the pole.

A network that paints an equirectangular picture knows nothing of its poles: structures keep their
width in pixels, and all meridians meet in a star. Near the pole only what is small in longitude can
be real: a smooth function on the sphere has, at the angle t from the pole, waves around it of an
order m up to about its band limit times sin(t), and none but m = 0 on the pole.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.fft
from numpy.typing import NDArray

START_DEG = 60.0
"""Latitude, north and south, up to which nothing is touched."""
ARC_DEG = 1.5
"""Standard deviation of the smoothing at the pole, as an arc on the sphere."""

Floats = NDArray[np.float32]
Angles = NDArray[np.floating]


def treat_poles(color: Floats, depth: Floats) -> tuple[Floats, Floats]:
    """Return colour (H, W, 3) and depth (H, W), both float32 in [0, 1], with calm poles.

    Beyond 60° of latitude each pixel becomes a Gaussian mean over its surroundings on the sphere.
    Its standard deviation grows smoothly from 0 at 60° to 1.5° of arc at the pole; along a row
    that is, in pixels, a width proportional to 1 / cos(latitude). The rows are taken across
    the pole to the other side first, then around the circle, exactly (by Fourier transform).

    Colour is mixed in linear light, depth as it is. The row at each pole becomes constant, rows up
    to 60° keep their bits, and a turn of the input turns the output.
    """
    height = len(depth)
    count = math.ceil(height * (90 - START_DEG) / 180 - 0.5)
    color, depth = color.copy(), depth.copy()
    for cap in (slice(0, count), slice(height - 1, height - 1 - count, -1)) if count else ():
        light = np.dstack([linear_from_srgb(color[cap]), depth[cap]])
        light = np.clip(_smoothed(light, np.pi / height), 0, 1)
        color[cap], depth[cap] = srgb_from_linear(light[..., :3]), light[..., 3]
    return color, depth


def _smoothed(cap: Floats, row_rad: float) -> Floats:
    """Smooth the (n, W, C) rows around a pole, row 0 the nearest to it."""
    count, width = cap.shape[:2]
    from_pole = (np.arange(count) + 0.5) * row_rad
    nearness = np.clip(1 - from_pole / np.radians(90 - START_DEG), 0, 1)
    sigma_rad = np.radians(ARC_DEG) * nearness**2 * (3 - 2 * nearness)
    beyond = np.roll(cap, width // 2, axis=1)[::-1]
    rows = np.tensordot(_across(from_pole, sigma_rad), np.concatenate([beyond, cap]), 1)
    waves = scipy.fft.rfft(rows, axis=1) * _around(from_pole, sigma_rad, width)[..., None]
    result: Floats = scipy.fft.irfft(waves, n=width, axis=1)
    return result


def _across(from_pole: Angles, sigma_rad: Angles) -> Floats:
    """Return (n, 2n) weights of the rows beyond the pole, farthest first, then of the cap's own."""
    all_rows = np.concatenate([-from_pole[::-1], from_pole])
    distance = (all_rows - from_pole[:, None]) / np.maximum(sigma_rad, 1e-6)[:, None]
    weights = np.exp(-0.5 * distance**2)
    shares: Floats = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def _around(from_pole: Angles, sigma_rad: Angles, width: int) -> Floats:
    """Return (n, width // 2 + 1): what is left of each wave around the circle."""
    order = np.arange(width // 2 + 1)
    longitude_rad = sigma_rad / np.sin(from_pole)
    response = np.exp(-0.5 * (longitude_rad[:, None] * order) ** 2).astype(np.float32)
    response[0, 1:] = 0
    return response


def linear_from_srgb(values: Floats) -> Floats:
    """Return linear light for sRGB values in [0, 1] (IEC 61966-2-1)."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(light: Floats) -> Floats:
    """Return sRGB values for linear light in [0, 1] (IEC 61966-2-1)."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
