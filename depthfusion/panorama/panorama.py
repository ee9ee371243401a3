"""The value that flows through everything: colour, depth, and what the depth means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from depthfusion.errors import PanoramaError

MAX_ASPECT_ERROR = 0.03
"""How far width / height may be from 2 before a picture is not a full sphere any more."""


class DepthMeaning(StrEnum):
    """What the numbers of a depth map say."""

    RELATIVE = "relative"
    """Nearness in [0, 1], 1 = nearest, no unit: what LDM3D, MiDaS and DPT give."""
    DISTANCE = "distance"
    """Metres along the ray from the centre; infinity allowed."""


@dataclass(frozen=True)
class Provenance:
    """Where a panorama came from and what was assumed while reading it."""

    color_source: str | None = None
    """Path of the colour picture as given, None when made in memory."""
    depth_source: str | None = None
    """Path of the depth map; equals color_source when both lie in one file."""
    notes: tuple[str, ...] = ()
    """Every guess and treatment, one sentence each, in the order it was made."""
    generation: Mapping[str, Any] = field(default_factory=dict)
    """How it was made: prompt, seed, model, steps... JSON-able; empty for pictures of others."""
    view: Mapping[str, Any] = field(default_factory=dict)
    """View settings stored with the file (see `View.from_dict`)."""


@dataclass(frozen=True, eq=False)
class Panorama:
    """An equirectangular RGBD picture of everything around one point.

    Row 0 is up, the centre column is forward (-z), u grows to the right. The arrays are owned by
    the panorama and never written again.

    Raises:
        PanoramaError: if shapes, types or values are not as the fields say.
    """

    color: NDArray[np.uint8]
    """(H, W, 3) uint8, sRGB; W / H within `MAX_ASPECT_ERROR` of 2."""
    depth: NDArray[np.float32] | None = None
    """(h, w) float32, its own size; see `meaning`. None: a flat sphere."""
    meaning: DepthMeaning = DepthMeaning.RELATIVE
    near_m: float | None = None
    """RELATIVE only: distance in metres of depth 1, when known."""
    far_m: float | None = None
    """RELATIVE only: distance in metres of depth 0, when known; may be infinity."""
    holes: NDArray[np.bool_] | None = None
    """(h, w) bool, True where the source had no depth and `depth` was filled in."""
    title: str = ""
    provenance: Provenance = Provenance()

    def __post_init__(self) -> None:
        c = self.color
        if c.dtype != np.uint8 or c.ndim != 3 or c.shape[2] != 3 or min(c.shape) < 1:
            raise PanoramaError(f"want color (H, 2H, 3) uint8, got {c.shape} {c.dtype}")
        if abs(c.shape[1] / c.shape[0] - 2) > 2 * MAX_ASPECT_ERROR and c.shape != (1, 1, 3):
            raise PanoramaError(f"want color twice as wide as high, got {c.shape[1]}x{c.shape[0]}")
        if (self.near_m is None) != (self.far_m is None):
            raise PanoramaError("want near_m and far_m both or neither")
        if self.near_m is not None and self.far_m is not None:
            if self.meaning is DepthMeaning.DISTANCE:
                raise PanoramaError("want near_m and far_m only with relative depth")
            if not 0 < self.near_m < self.far_m:
                raise PanoramaError(f"want 0 < near < far, got {self.near_m} and {self.far_m} m")
        if self.depth is not None:
            self._check_depth(self.depth)

    def _check_depth(self, depth: NDArray[np.float32]) -> None:
        if depth.dtype != np.float32 or depth.ndim != 2 or min(depth.shape) < 1:
            raise PanoramaError(f"want depth (h, w) float32, got {depth.shape} {depth.dtype}")
        if self.holes is not None and self.holes.shape != depth.shape:
            raise PanoramaError(f"want holes {depth.shape}, got {self.holes.shape}")
        low, high = float(depth.min()), float(depth.max())
        if self.meaning is DepthMeaning.RELATIVE:
            if not (low >= 0 and high <= 1):
                raise PanoramaError(f"want relative depth in [0, 1], got {low:g} to {high:g}")
        elif not low > 0:
            raise PanoramaError(f"want distances above 0 m, got {low:g}")

    @property
    def is_metric(self) -> bool:
        """Whether its depth has a true scale in metres."""
        return self.depth is not None and (
            self.meaning is DepthMeaning.DISTANCE or self.near_m is not None
        )
