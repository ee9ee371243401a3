"""Looks at the floor of a depth map to tell which way its numbers run.

Under a camera of height h a level floor at latitude -φ is at distance h / sin φ. So values that
are inverse depth follow a + b sin φ there, distances follow a + b / sin φ; the sign of b tells
near-white from near-black. Where the floor tells nothing, below is compared with above: feet are
nearer than sky and ceiling nearly always.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from depthfusion.panorama.decoded import Array

_STEEP_DEG, _SHALLOW_DEG = 75.0, 15.0
_MAX_ROWS, _MAX_COLUMNS = 256, 512
_MIN_ROWS = 8


@dataclass(frozen=True)
class FloorTest:
    """What floor, horizon and sky say."""

    votes: int
    """Above 0: larger numbers are nearer; below: farther; 0: no telling; -4 to 4."""
    inverse_fit: float
    """R² of the floor's rows against inverse depth, 0 to 1."""
    linear_fit: float
    """R² against distance, 0 to 1."""
    linear_zero: float
    """The value that distance zero would have, from the fit against distance."""

    @property
    def fits_distance_better(self) -> bool:
        """Whether the floor is clearly straight in distance and not in inverse depth."""
        return self.linear_fit > 0.9 and self.linear_fit - self.inverse_fit > 0.03


def floor_test(values: Array, valid: Array | None = None) -> FloorTest:
    """Test a full-sphere map.

    Args:
        values: (h, w) numbers of any type; row 0 is up.
        valid: (h, w) bool, False where there is no depth; None: all but non-finite values.
    """
    step = (max(1, values.shape[0] // _MAX_ROWS), max(1, values.shape[1] // _MAX_COLUMNS))
    some = values[:: step[0], :: step[1]].astype(np.float64)
    good = np.isfinite(some)
    if valid is not None:
        good &= valid[:: step[0], :: step[1]]
    some[~good] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # rows without any value
        rows = np.nanmedian(some, axis=1)
    latitude = 90 - 180 * (np.arange(len(rows)) + 0.5) / len(rows)
    finite = some[good]
    if finite.size < 64 or finite.max() == finite.min():
        return FloorTest(0, 0, 0, 0)
    return _judged(rows, latitude, float(finite.min()), float(finite.max()))


def _judged(
    rows: NDArray[np.float64], latitude: NDArray[np.float64], low: float, high: float
) -> FloorTest:
    floor = (latitude < -_SHALLOW_DEG) & (latitude > -_STEEP_DEG) & np.isfinite(rows)
    inside = floor & (rows < high - 0.01 * (high - low)) & (rows > low + 0.01 * (high - low))
    if inside.sum() >= _MIN_ROWS:
        floor = inside  # saturated rows say nothing about the slope
    if floor.sum() < _MIN_ROWS:
        return FloorTest(0, 0, 0, 0)
    sine = np.sin(np.radians(-latitude[floor]))
    inverse_fit, slope, _ = _line(sine, rows[floor])
    linear_fit, _, zero = _line(1 / sine, rows[floor])
    contrast = abs(slope) * float(np.ptp(sine)) / (high - low)
    below = _median(rows[latitude < -50])
    above = _median(rows[latitude > 20])
    level = _median(rows[np.abs(latitude) < 10])
    votes = _vote(below - level, high - low) + _vote(below - above, high - low)
    if max(inverse_fit, linear_fit) > 0.5 and contrast > 0.05:
        votes += 2 if slope > 0 else -2
    return FloorTest(votes, inverse_fit, linear_fit, zero)


def _median(values: NDArray[np.float64]) -> float:
    some = values[np.isfinite(values)]
    return float(np.median(some)) if some.size else 0.0


def _vote(difference: float, extent: float) -> int:
    return int(np.sign(difference)) if abs(difference) > 0.05 * extent else 0


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return R², slope and intercept of the least-squares line y = intercept + slope x."""
    dx, dy = x - x.mean(), y - y.mean()
    sxx, sxy, syy = float(dx @ dx), float(dx @ dy), float(dy @ dy)
    if sxx == 0 or syy == 0:
        return 0.0, 0.0, float(y.mean())
    slope = sxy / sxx
    return sxy * sxy / (sxx * syy), slope, float(y.mean()) - slope * float(x.mean())
