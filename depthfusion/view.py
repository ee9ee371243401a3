"""The state of one frame: where one looks from, how depth becomes distance, how it is shown."""

from __future__ import annotations

import math
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from depthfusion.errors import UsageError

SPHERE_RADIUS_M = 2.0
"""Radius R of the undisplaced sphere: where relative depth 0.5 lies, in metres."""
MIN_FOV_DEG, DEFAULT_FOV_DEG, MAX_FOV_DEG = 30.0, 75.0, 100.0
HEAD_BOX_M = 0.35
"""Farthest the head may go from the centre, in metres, before the picture has nothing to show."""


class Mapping(StrEnum):
    """How a depth value d becomes the distance r of its vertex (R: `SPHERE_RADIUS_M`, s: strength).

    All keep d = 0.5 at R where the map is relative (LDM3D, arXiv 2305.10853, section on
    360° immersive experience).
    """

    DISPARITY = "disparity"
    """r = R / (1 + s (2d - 1)): straight for relative inverse depth; walls stay flat."""
    LINEAR = "linear"
    """r = R (1 + 2s (0.5 - d)): the plainest reading of the paper."""
    METRIC = "metric"
    """r is the distance in metres: 1 / (d / near + (1 - d) / far)."""


class Stereo(StrEnum):
    """How two eye views are put into one picture."""

    MONO = "mono"
    SIDE_BY_SIDE = "side-by-side"
    """Left eye in the left half, each eye at the half's own aspect (full: give twice the width)."""
    SIDE_BY_SIDE_HALF = "side-by-side-half"
    """Left eye in the left half, squeezed to half its width as 3D televisions expect it."""
    TOP_BOTTOM = "top-bottom"
    """Left eye above, each eye at the half's own aspect."""
    TOP_BOTTOM_HALF = "top-bottom-half"
    """Left eye above, squeezed to half its height."""
    ANAGLYPH = "anaglyph"
    """Red-cyan after Dubois."""
    ROWS = "rows"
    """Row-interlaced: even rows from the top are the left eye."""
    COLUMNS = "columns"
    """Column-interlaced: even columns from the left are the left eye."""
    CROSS_EYED = "cross-eyed"
    """Right eye in the left half: fuse by crossing the eyes."""


class Shading(StrEnum):
    """What the surface shows."""

    COLOR = "color"
    DEPTH = "depth"
    WIREFRAME = "wireframe"


@dataclass(frozen=True)
class View:
    """Everything one frame depends on besides the panorama. Replaced, never mutated."""

    yaw_deg: float = 0.0
    """0 looks at the picture's centre (-z); positive turns to the right."""
    pitch_deg: float = 0.0
    """Positive looks up; -90 to 90."""
    fov_deg: float = DEFAULT_FOV_DEG
    """Vertical field of view."""
    position_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Head position in metres of the shown world: +x right, +y up, -z forward."""
    mapping: Mapping | None = None
    """None: `METRIC` when the panorama knows its scale, `DISPARITY` otherwise."""
    strength: float = 0.75
    """Relief s of `DISPARITY` and `LINEAR`, 0 (flat) to 1."""
    invert_depth: bool = False
    """Show near as far, for a map whose convention was guessed wrong."""
    near_m: float | None = None
    """Distance of depth 1 under `METRIC`; None: the panorama's own."""
    far_m: float | None = None
    """Distance of depth 0 under `METRIC`; None: the panorama's own; may be infinity."""
    world_scale: float = 1.0
    """Size of the shown world against the recorded one; 2 = everything twice as large and far."""
    stereo: Stereo = Stereo.MONO
    eye_separation_mm: float = 63.0
    convergence_m: float = 2.0
    """Distance that appears in the plane of the screen in monitor stereo."""
    shading: Shading = Shading.COLOR

    def __post_init__(self) -> None:
        _check("pitch_deg", self.pitch_deg, -90, 90)
        _check("yaw_deg", self.yaw_deg, -math.inf, math.inf)
        _check("fov_deg", self.fov_deg, 1, 170)
        _check("strength", self.strength, 0, 1)
        _check("world_scale", self.world_scale, 0.01, 100)
        _check("eye_separation_mm", self.eye_separation_mm, 0, 1000)
        _check("convergence_m", self.convergence_m, 0.1, math.inf)
        if len(self.position_m) != 3 or not all(math.isfinite(v) for v in self.position_m):
            raise UsageError(f"want position_m as three finite numbers, got {self.position_m}")
        for name in ("near_m", "far_m"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"want {name} above 0, got {value:g}")
        if self.near_m is not None and self.far_m is not None and self.near_m >= self.far_m:
            raise UsageError(f"want near_m below far_m, got {self.near_m:g} and {self.far_m:g}")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON-able values; infinity becomes the string "inf"."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}

    @classmethod
    def from_dict(cls, values: MappingABC[str, Any]) -> View:
        """Build a view from `to_dict`'s values; unknown names are left out.

        Raises:
            UsageError: if a known name has a value that cannot be.
        """
        known = {f.name for f in fields(cls)}
        try:
            return cls(**{k: _typed(k, v) for k, v in values.items() if k in known})
        except (TypeError, ValueError) as error:
            raise UsageError(f"want view settings as they are saved, got {values}") from error


def _check(name: str, value: float, low: float, high: float) -> None:
    if not (isinstance(value, int | float) and low <= value <= high and not math.isnan(value)):
        raise UsageError(f"want {name} from {low:g} to {high:g}, got {value}")


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, float) and math.isinf(value):
        return "inf"
    return value.value if isinstance(value, StrEnum) else value


def _typed(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "position_m":
        return tuple(float(v) for v in value)
    if name in {"mapping", "stereo", "shading"}:
        return {"mapping": Mapping, "stereo": Stereo, "shading": Shading}[name](value)
    return value if isinstance(value, bool) else float(value)
