"""Everything about a panorama as JSON-able values: `describe`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from depthfusion.panorama.panorama import DepthMeaning, Panorama


def describe(panorama: Panorama) -> dict[str, Any]:
    """Return what a panorama is and what was assumed about it.

    Numbers are plain; infinity is the string "inf"; absent things are None. Percentages are of
    the depth map's pixels, 0 to 100.
    """
    height, width = panorama.color.shape[:2]
    provenance = panorama.provenance
    return {
        "title": panorama.title,
        "color": {"source": provenance.color_source, "width_px": width, "height_px": height},
        "depth": _depth(panorama),
        "is_metric": panorama.is_metric,
        "notes": list(provenance.notes),
        "generation": dict(provenance.generation),
        "view": dict(provenance.view),
    }


def _depth(panorama: Panorama) -> dict[str, Any] | None:
    depth = panorama.depth
    if depth is None:
        return None
    infinite = np.isinf(depth)
    holes = 0 if panorama.holes is None else int(np.count_nonzero(panorama.holes))
    nearest, farthest = float(depth.min()), float(depth.max())
    finite = float(depth.max(where=~infinite, initial=0.0))
    if panorama.meaning is DepthMeaning.RELATIVE:
        nearest, farthest, finite = farthest, nearest, nearest
    return {
        "source": panorama.provenance.depth_source,
        "width_px": depth.shape[1],
        "height_px": depth.shape[0],
        "meaning": panorama.meaning.value,
        "unit": "m" if panorama.meaning is DepthMeaning.DISTANCE else None,
        "nearest": _plain(nearest),
        "farthest": _plain(farthest),
        "farthest_finite": finite,
        "near_m": _plain(panorama.near_m),
        "far_m": _plain(panorama.far_m),
        "holes_percent": round(100 * holes / depth.size, 4),
        "infinite_percent": round(100 * int(np.count_nonzero(infinite)) / depth.size, 4),
    }


def _plain(value: float | None) -> float | str | None:
    return "inf" if value is not None and math.isinf(value) else value
