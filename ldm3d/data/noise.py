"""Tileable noise, made by shaping white noise in the frequency domain.

Made once a process from fixed seeds; the seed of a world only moves look-ups.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_TILE_PX = 1024


def _standardised(field: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((field - field.mean()) / field.std())


def spectral_field(
    size: int, dimensions: int, low: float, high: float, slope: float, seed: int
) -> NDArray[np.float64]:
    """Return periodic noise with zero mean and unit deviation, shape (size,) * dimensions.

    Args:
        size: samples a side.
        dimensions: 2 or 3.
        low: lowest frequency kept, periods a side.
        high: highest frequency kept, periods a side.
        slope: amplitude falls as frequency ** -slope.
        seed: fixes the field.
    """
    rng = np.random.default_rng(seed)
    spectrum = np.fft.fftn(rng.standard_normal((size,) * dimensions))
    axes = np.meshgrid(*[np.fft.fftfreq(size, 1 / size)] * dimensions, indexing="ij", sparse=True)
    frequency = np.sqrt(sum(axis**2 for axis in axes))
    shape = np.where(
        (frequency >= low) & (frequency <= high), np.maximum(frequency, 1.0) ** -slope, 0.0
    )
    return _standardised(np.fft.ifftn(spectrum * shape).real)


@cache
def _tile() -> NDArray[np.float64]:
    return spectral_field(_TILE_PX, 2, 1, 96, 1.0, 11) * 0.5


@cache
def _smooth_tile() -> NDArray[np.float64]:
    # One band only, 24 periods a tile: the base octave of `fbm`.
    return spectral_field(_TILE_PX, 2, 14, 28, 0.5, 12)


def _lookup(tile: NDArray[np.float64], u: NDArray[np.float64], v: NDArray[np.float64]) -> Floats:
    """Bilinear periodic look-up; one tile a unit of u and v."""
    x, y = u * _TILE_PX, v * _TILE_PX
    x0, y0 = np.floor(x), np.floor(y)
    fx, fy = x - x0, y - y0
    ix, iy = x0.astype(np.int64) % _TILE_PX, y0.astype(np.int64) % _TILE_PX
    jx, jy = (ix + 1) % _TILE_PX, (iy + 1) % _TILE_PX
    top = tile[iy, ix] * (1 - fx) + tile[iy, jx] * fx
    bottom = tile[jy, ix] * (1 - fx) + tile[jy, jx] * fx
    return np.asarray(top * (1 - fy) + bottom * fy, dtype=np.float32)


def fbm(
    x: NDArray[np.floating], z: NDArray[np.floating], period_m: float, octaves: int, seed: int
) -> Floats:
    """Return fractal noise at ground positions, about in [-1, 1] with deviation 0.5.

    Args:
        x: metres, any shape.
        z: metres, same shape.
        period_m: the longest wave.
        octaves: how many bands, each half as long and half as strong.
        seed: moves the look-ups.
    """
    rng = np.random.default_rng(seed)
    total = np.zeros(np.shape(x), np.float32)
    weight = 0.5
    for octave in range(octaves):
        angle, off_u, off_v = rng.random() * 6.283, rng.random(), rng.random()
        scale = 2.0**octave / (period_m * 20)
        c, s = np.cos(angle) * scale, np.sin(angle) * scale
        total += weight * _lookup(_smooth_tile(), x * c + z * s + off_u, z * c - x * s + off_v)
        weight *= 0.5
    return total


def ridged(
    x: NDArray[np.floating], z: NDArray[np.floating], period_m: float, octaves: int, seed: int
) -> Floats:
    """Return ridged multifractal noise in about [0, 1]: sharp crests, smooth valleys."""
    rng = np.random.default_rng(seed)
    total = np.zeros(np.shape(x), np.float32)
    weight, norm = 1.0, 0.0
    previous = np.ones(np.shape(x), np.float32)
    for octave in range(octaves):
        angle, off_u, off_v = rng.random() * 6.283, rng.random(), rng.random()
        scale = 2.0**octave / (period_m * 20)
        c, s = np.cos(angle) * scale, np.sin(angle) * scale
        wave = _lookup(_smooth_tile(), x * c + z * s + off_u, z * c - x * s + off_v)
        crest = np.clip(1 - np.abs(wave) * 0.55, 0, 1)
        total += weight * crest * previous
        norm += weight
        previous = np.asarray(0.25 + 0.75 * crest, np.float32)
        weight *= 0.46
    return np.asarray(total / norm, dtype=np.float32)


@cache
def volume_fbm(size: int = 128) -> Floats:
    """Return the bump volume (size, size, size, 4): gradient xyz per period/100, value in [0, 1].

    Axes are z, y, x as OpenGL wants them.
    """
    field = spectral_field(size, 3, 3, size / 2.5, 2.3, 21)
    value = np.clip(0.5 + 0.2 * field, 0, 1)
    step = [(np.roll(field, -1, axis) - np.roll(field, 1, axis)) * 0.5 for axis in (2, 1, 0)]
    return np.stack([*step, value], axis=-1).astype(np.float32)


@cache
def volume_cells(size: int = 96) -> Floats:
    """Return (size, size, size, 4): Worley 1-F1, F2-F1, finer 1-F1, low fbm; all in [0, 1]."""
    from scipy.spatial import cKDTree

    rng = np.random.default_rng(22)
    grid = (np.indices((size,) * 3).reshape(3, -1).T + 0.5) / size

    def nearest(cells: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        corners = np.indices((cells,) * 3).reshape(3, -1).T
        points = (corners + rng.random(corners.shape)) / cells
        near, _ = cKDTree(points % 1.0, boxsize=1.0).query(grid, k=2)
        return near[:, 0] * cells, near[:, 1] * cells

    f1, f2 = nearest(8)
    fine, _ = nearest(16)
    low = np.clip(0.5 + 0.2 * spectral_field(size, 3, 2, 14, 1.9, 23), 0, 1)
    layers = [np.clip(1 - f1, 0, 1), np.clip(f2 - f1, 0, 1), np.clip(1 - fine, 0, 1), low.ravel()]
    return np.stack(layers, axis=-1).reshape(size, size, size, 4).astype(np.float32)
