"""How visible the wrap of a panorama is: the jump across it against the jumps beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEIGHBOURS = 8
"""Column pairs on each side of the wrap that it is compared with."""
FLOOR = 0.5 / 255
"""Added above and below the ratio: half a step of 8 bits, so that flat pictures give 1."""


@dataclass(frozen=True)
class SeamMeasure:
    """Ratio of the jump between last and first column to the jumps beside it; 1 = no seam."""

    color: float
    depth: float


def measure_seam(color: NDArray[np.uint8], depth: NDArray[np.float32]) -> SeamMeasure:
    """Measure the wrap of colour (H, W, 3) uint8 and depth (H, W) float32 in [0, 1].

    The jump between the columns c - 1 and c, over rows r of weight w = cos(latitude), is
    J(c) = (sum_r w_r sqrt|x(r, c) - x(r, c - 1)| / sum_r w_r)^2. The root makes it robust: a few
    rows with a strong edge (a trunk that happens to stand there) weigh less than a faint step
    in all rows, which is what a seam is. The measure is (J(0) + e) / (mean of J(c) + e) with c the
    8 pairs on either side of the wrap, e = 0.5 / 255. Colour is 8-bit sRGB over 255, the
    channels' mean. A picture with no seam gives about 1 wherever it is cut.
    """
    import numpy as np

    height, width = depth.shape
    reach = min(NEIGHBOURS, (width - 1) // 2)
    around = np.arange(-reach - 1, reach + 1) % width
    latitude = np.pi * ((np.arange(height) + 0.5) / height - 0.5)
    weights = (np.cos(latitude) / np.cos(latitude).sum()).astype(np.float32)
    pixels = color[:, around].astype(np.float32) / np.float32(255)
    return SeamMeasure(color=_ratio(pixels, weights), depth=_ratio(depth[:, around, None], weights))


def _ratio(strip: NDArray[np.float32], weights: NDArray[np.float32]) -> float:
    """Compare the middle pair of columns of a (H, 2 reach + 2, C) strip with the others."""
    import numpy as np

    jumps = np.abs(np.diff(strip, axis=1)).mean(axis=2)
    profile = (weights @ np.sqrt(jumps)) ** 2
    middle = len(profile) // 2
    beside = np.delete(profile, middle)
    mean_beside = float(beside.mean()) if len(beside) else 0.0
    return (float(profile[middle]) + FLOOR) / (mean_beside + FLOOR)
