"""How visible the wrap of a panorama is: the jump across it against the jumps inside."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SeamMeasure:
    """Ratio of the mean jump between the last and first column to that inside; 1 = no seam."""

    color: float
    depth: float
