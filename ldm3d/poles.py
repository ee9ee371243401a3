"""Poles without pinch: rows near them are smoothed along the parallels."""

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


def treat_poles(color: Floats, depth: Floats) -> tuple[Floats, Floats]:
    """Return colour (H, W, 3) and depth (H, W), both float32 in [0, 1], with calm poles.

    Each row beyond 60° of latitude is convolved around the circle with a Gaussian whose length on
    the sphere grows from 0 at 60° to 1.5° at the pole, so its width in pixels grows with
    1 / cos(latitude). Colour is filtered in linear light, depth as it is. The rows at the
    poles become constant; rows up to 60° keep their bits. A turn of the input turns the output.
    """
    height, width = depth.shape
    color, depth = color.copy(), depth.copy()
    for rows in _pole_rows(height):
        response = _response(height, width, rows)
        light = _smoothed(linear_from_srgb(color[rows]), response[:, :, None])
        color[rows] = srgb_from_linear(light)
        depth[rows] = _smoothed(depth[rows], response)
    return color, depth


def _pole_rows(height: int) -> tuple[slice, ...]:
    count = math.ceil(height * (90 - START_DEG) / 180 - 0.5)
    return (slice(0, count), slice(height - count, height)) if count else ()


def _response(height: int, width: int, rows: slice) -> Floats:
    """Return (rows, width // 2 + 1) float32: what is left of each wave around the circle."""
    latitude = np.pi * (0.5 - (np.arange(height)[rows] + 0.5) / height)
    start = np.radians(START_DEG)
    grown = np.clip((np.abs(latitude) - start) / (np.pi / 2 - start), 0, 1)
    sigma_rad = np.radians(ARC_DEG) * grown**2 * (3 - 2 * grown) / np.cos(latitude)
    order = np.arange(width // 2 + 1)
    response: Floats = np.exp(-0.5 * (sigma_rad[:, None] * order) ** 2).astype(np.float32)
    response[np.argmax(np.abs(latitude)), 1:] = 0
    return response


def _smoothed(rows: Floats, response: Floats) -> Floats:
    waves = scipy.fft.rfft(rows, axis=1) * response
    result: Floats = scipy.fft.irfft(waves, n=rows.shape[1], axis=1)
    return np.clip(result, 0, 1)


def linear_from_srgb(values: Floats) -> Floats:
    """Return linear light for sRGB values in [0, 1] (IEC 61966-2-1)."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(light: Floats) -> Floats:
    """Return sRGB values for linear light in [0, 1] (IEC 61966-2-1)."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
