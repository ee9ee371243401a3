"""Brings a picture and its depth map onto the full sphere: 2:1, cropped, or a wrong ratio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from depthfusion.errors import PanoramaError
from depthfusion.panorama.decoded import Array
from depthfusion.panorama.panorama import MAX_ASPECT_ERROR
from depthfusion.panorama.sniff import check_size
from depthfusion.panorama.xmp import Crop

_EXACT = 0.001
_WIDEST_STRIP = 3.2
_NARROWEST, _WIDEST = 0.9, 4.5
"""Ratios between which a pair of the same wrong shape is stretched to 2:1."""


@dataclass(frozen=True)
class Placement:
    """How a picture gets onto the sphere."""

    aspect: float
    """Its own width / height."""
    crop: Crop | None = None
    stretch: bool = False
    note: str = ""


def placement_of(
    aspect: float, crop: Crop | None, name: str, partner_aspect: float | None
) -> Placement:
    """Decide how a picture gets onto the sphere.

    GPano's crop wins. Up to 3 % off 2:1 it is taken as it is. A wider one (to 3.2:1) is a strip
    around the horizon: what is missing above and below stays empty. Other shapes are stretched
    when the depth map has the same, since a pair is made alike; a single one is refused.

    Args:
        aspect: width / height.
        crop: from GPano.
        name: for messages.
        partner_aspect: of the depth map; None if there is none.

    Raises:
        PanoramaError: if it cannot be a full panorama.
    """
    if crop is not None:
        note = (
            f"{name} covers {100 * crop.width:.0f} % x {100 * crop.height:.0f} % of the sphere "
            "(GPano): the rest is black"
        )
        return Placement(aspect, crop, note=note)
    if abs(aspect / 2 - 1) <= MAX_ASPECT_ERROR:
        off = abs(aspect / 2 - 1)
        note = (
            f"{name} is {100 * off:.1f} % off 2:1: shown as a full sphere" if off > _EXACT else ""
        )
        return Placement(aspect, note=note)
    alike = partner_aspect is not None and abs(partner_aspect / aspect - 1) <= MAX_ASPECT_ERROR
    if alike and _NARROWEST < aspect < _WIDEST:
        note = (
            f"{name} and its depth map are {aspect:.2f}:1 and not 2:1: both were stretched to "
            "a full sphere; looks wrong if they are no 360° panorama"
        )
        return Placement(aspect, stretch=True, note=note)
    if 2 < aspect <= _WIDEST_STRIP:
        height = 2 / aspect
        strip = Crop(0, (1 - height) / 2, 1, height)
        note = (
            f"{name} is {aspect:.2f}:1: taken as a full turn around the horizon, "
            "black above and below"
        )
        return Placement(aspect, strip, note=note)
    square = abs(aspect - 1) <= MAX_ASPECT_ERROR
    hint = (
        "if colour and depth lie above each other in it, say --layout top-bottom"
        if square
        else "an ordinary photo cannot be stood in"
    )
    raise PanoramaError(
        f"want an equirectangular 360° panorama, twice as wide as high, but {name} is "
        f"{aspect:.2f}:1: {hint}"
    )


def placed(pixels: Array, placement: Placement, name: str) -> tuple[Array, Array | None]:
    """Return the picture on a full-sphere canvas and where it does not reach.

    Args:
        pixels: (H, W) or (H, W, 3), whole or reduced.
        placement: from `placement_of`.
        name: for messages.

    Returns:
        The canvas (0 where nothing is), and (h, w) bool True where nothing is, None if all is.
    """
    height, width = pixels.shape[:2]
    if placement.stretch:
        return _rows_resampled(pixels, max(1, width // 2)), None
    crop = placement.crop
    if crop is None:
        return pixels, None
    full_w, full_h = round(width / crop.width), round(height / crop.height)
    if abs(full_w / full_h - 2) > 2 * MAX_ASPECT_ERROR:  # tiny pictures round badly
        full_h = max(1, full_w // 2)
    check_size(full_w, full_h, f"the sphere around {name}")
    canvas = np.zeros((full_h, full_w, *pixels.shape[2:]), dtype=pixels.dtype)
    missing = np.ones((full_h, full_w), dtype=np.bool_)
    top, left = round(crop.top * full_h), round(crop.left * full_w)
    top, left = min(top, full_h - 1), min(left, full_w - 1)
    fitting = pixels[: full_h - top, : full_w - left]
    area = np.s_[top : top + fitting.shape[0], left : left + fitting.shape[1]]
    canvas[area] = fitting
    missing[area] = False
    return canvas, missing if missing.any() else None


def _rows_resampled(pixels: Array, rows: int) -> Array:
    """Return `rows` rows: colour by a box filter, depth by picking rows."""
    if pixels.ndim == 3 and pixels.dtype == np.uint8:
        from PIL import Image

        size = (pixels.shape[1], rows)
        box = Image.Resampling.BOX if rows < len(pixels) else Image.Resampling.BILINEAR
        return np.array(Image.fromarray(pixels).resize(size, box))
    picked = ((np.arange(rows) + 0.5) * len(pixels) / rows).astype(np.intp)
    return np.ascontiguousarray(pixels[picked])


def depth_placement(aspect: float, color: Placement, crop: Crop | None, name: str) -> Placement:
    """Decide how the depth map of a picture gets onto the sphere.

    Raises:
        PanoramaError: if it has another shape than the picture and is not 2:1 either.
    """
    if crop is not None:
        return Placement(aspect, crop)
    if abs(aspect / color.aspect - 1) <= MAX_ASPECT_ERROR:
        return Placement(aspect, color.crop, color.stretch)
    if abs(aspect / 2 - 1) <= MAX_ASPECT_ERROR:
        return Placement(aspect)
    raise PanoramaError(
        f"want a depth map of the picture's shape ({color.aspect:.2f}:1), {name} is "
        f"{aspect:.2f}:1: do they belong together?"
    )
