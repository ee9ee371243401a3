"""How visible the wrap of a panorama is: the jump across it against the jumps inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class SeamMeasure:
    """Ratio of the mean jump between the last and first column to that inside; 1 = no seam."""

    color: float
    depth: float


def measure_seam(color: NDArray[np.uint8], depth: NDArray[np.float32]) -> SeamMeasure:
    """Measure the wrap of colour (H, W, 3) uint8 and depth (H, W) float32 in [0, 1]."""
    import numpy as np

    pixels = color.astype(np.float32) / np.float32(255)
    return SeamMeasure(_ratio(pixels), _ratio(depth[..., None]))


def _ratio(pixels: NDArray[np.float32]) -> float:
    import numpy as np

    height = len(pixels)
    jumps = np.abs(pixels - np.roll(pixels, 1, axis=1)).mean(axis=2)
    weights = np.cos(np.pi * ((np.arange(height) + 0.5) / height - 0.5))
    by_column = weights @ jumps / weights.sum()
    floor = 0.5 / 255
    return float((by_column[0] + floor) / (by_column[1:].mean() + floor))
