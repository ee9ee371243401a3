"""Measures of pictures and depth maps, in NumPy.

Pixels of a panorama weigh cos(latitude): every row has as many of them, but those near the poles
cover little of the sphere.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

DEPTH_FLOOR = 0.01
"""Depth counts where the reference is at least this: 60 m where 1 is 0.6 m.

Farther away a relative error says nothing that parallax could show, and the sky is infinitely far.
"""
DELTA = 1.25


def latitude_weights(height: int) -> NDArray[np.float64]:
    """Return (H,) weights cos(latitude) of an equirectangular picture's rows, with sum 1."""
    latitude = np.pi * ((np.arange(height) + 0.5) / height - 0.5)
    weights = np.cos(latitude)
    return np.asarray(weights / weights.sum())


def _weights_for(shape: tuple[int, ...], weights: Floats | None) -> NDArray[np.float64]:
    """Return (H, W) weights with sum 1 from (H,) ones; None: all alike."""
    rows = np.ones(shape[0]) if weights is None else np.asarray(weights, np.float64)
    full = np.broadcast_to(rows[:, None], shape[:2])
    return np.asarray(full / full.sum())


def psnr(
    got: NDArray[np.generic], want: NDArray[np.generic], weights: Floats | None = None
) -> float:
    """Return the peak signal-to-noise ratio, -10 log10(MSE / peak^2), in dB.

    Args:
        got: (H, W) or (H, W, 3); uint8 with peak 255, or floats with peak 1.
        want: the same shape and type.
        weights: (H,) of the rows; None: all alike.

    Returns:
        Infinity for equal pictures.
    """
    if got.shape != want.shape:
        raise ValueError(f"want pictures of one size, got {got.shape} and {want.shape}")
    peak = 255.0 if want.dtype == np.uint8 else 1.0
    square = np.square((got.astype(np.float64) - want.astype(np.float64)) / peak)
    if square.ndim == 3:
        square = square.mean(axis=2)
    error = float((square * _weights_for(square.shape, weights)).sum())
    return float("inf") if error == 0 else float(-10 * np.log10(error))


@dataclass(frozen=True)
class DepthErrors:
    """How far a depth map is from its reference; all are means over pixels that count."""

    abs_rel: float
    """Mean |z' - z| / z of distances."""
    rmse: float
    """sqrt(mean (z' - z)^2), in metres where the depth has a scale."""
    delta: float
    """Share with max(z' / z, z / z') < 1.25 (Eigen et al., arXiv 1406.2283, section 3)."""
    mare: float
    """Mean |d' - d| / d of depth (inverse distance): mean absolute relative error."""

    def to_dict(self) -> dict[str, float]:
        """Return the figures by name."""
        return asdict(self)


def scale_and_shift(
    disparity: Floats, reference: Floats, weights: Floats | None = None
) -> tuple[float, float]:
    """Return (s, t) = argmin sum w (s d + t - d*)^2 (MiDaS, arXiv 1907.01341, equation 2).

    Args:
        disparity: (H, W) relative inverse depth d.
        reference: (H, W) inverse depth d*; pixels below `DEPTH_FLOOR` do not count.
        weights: (H,) of the rows; None: all alike.

    Returns:
        (0, mean of d*) where d has no variation.
    """
    weight = _weights_for(reference.shape, weights) * (reference >= DEPTH_FLOOR)
    total = weight.sum()
    if total == 0:
        return 1.0, 0.0
    mean_d = float((weight * disparity).sum() / total)
    mean_r = float((weight * reference).sum() / total)
    off_d, off_r = disparity - mean_d, reference - mean_r
    variance = float((weight * off_d * off_d).sum())
    if variance <= 1e-12 * total:
        return 0.0, mean_r
    scale = float((weight * off_d * off_r).sum()) / variance
    return scale, mean_r - scale * mean_d


def depth_errors(
    depth: Floats,
    reference: Floats,
    *,
    near_m: float = 1.0,
    align: bool = False,
    weights: Floats | None = None,
) -> DepthErrors:
    """Compare inverse depth with a reference (paper, table 2: AbsRel and RMSE).

    With d = near_m / z both maps are turned into distances. Only pixels with a reference of at
    least `DEPTH_FLOOR` count, and the other map is clipped to [`DEPTH_FLOOR`, its peak 1], as
    benchmarks of metric depth cap at a largest distance.

    Args:
        depth: (H, W) inverse depth to judge, in [0, 1] or of unknown scale with `align`.
        reference: (H, W) inverse depth in [0, 1].
        near_m: distance of depth 1 in metres; 1 where there is no scale.
        align: bring `depth` to the reference by scale and shift in disparity first.
        weights: (H,) of the rows; None: all alike.

    Raises:
        ValueError: if the sizes differ, or nothing counts.
    """
    if depth.shape != reference.shape:
        raise ValueError(f"want depth maps of one size, got {depth.shape} and {reference.shape}")
    given, true = np.asarray(depth, np.float64), np.asarray(reference, np.float64)
    counted = true >= DEPTH_FLOOR
    if not counted.any():
        raise ValueError("want a reference with something nearer than the sky, got none")
    if align:
        scale, shift = scale_and_shift(given, true, weights)
        given = scale * given + shift
    weight = _weights_for(true.shape, weights)[counted]
    weight = weight / weight.sum()
    mine = np.clip(given[counted], DEPTH_FLOOR, 1.0)
    want = true[counted]
    ratio = want / mine  # z' / z
    return DepthErrors(
        abs_rel=float(weight @ np.abs(ratio - 1)),
        rmse=float(near_m * np.sqrt(weight @ np.square(1 / mine - 1 / want))),
        delta=float(weight @ (np.maximum(ratio, 1 / ratio) < DELTA)),
        mare=float(weight @ (np.abs(mine - want) / want)),
    )


def edge_agreement(
    color: NDArray[np.uint8], depth: Floats, *, jump: float = 0.5, reach_px: int = 2
) -> float:
    """Return how often a strong edge of depth has an edge of color beside it, in [0, 1].

    A depth edge is a step of log(d + 0.01) of more than `jump` between neighbours in a row; a
    color edge is a step (mean of the channels, 8 bits) above the picture's 90th percentile.
    A color edge counts if it is at most `reach_px` columns away. By chance alone about
    1 - 0.9^(2 reach + 1) = 0.41 agree; our renders, where both come from the same pixels, are the
    figure to compare with. NaN where there is no depth edge.
    """
    steps = np.abs(np.diff(color.astype(np.float32).mean(axis=2), axis=1, append=0))[:, :-1]
    colored = steps > max(float(np.percentile(steps, 90)), 1.0)
    near = colored.copy()
    for away in range(1, reach_px + 1):
        near |= np.roll(colored, away, axis=1) | np.roll(colored, -away, axis=1)
    edges = np.abs(np.diff(np.log(np.asarray(depth, np.float64) + 0.01), axis=1)) > jump
    return float(near[edges].mean()) if edges.any() else float("nan")


def ground_and_sky(depth: Floats) -> tuple[float, float]:
    """Return the mean depth of the lowest and of the highest fifth of the rows."""
    fifth = max(1, len(depth) // 5)
    return float(np.mean(depth[-fifth:])), float(np.mean(depth[:fifth]))
