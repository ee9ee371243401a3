"""Depth of prepared pictures: given maps of several conventions, or a network's estimates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ldm3d.data.prepare_plan import DepthIs, LeftOutError, PreparePlan

if TYPE_CHECKING:
    from ldm3d.depth import DepthNetwork

MOST_HOLES = 0.05
"""Share of pixels without a distance up to which they take the nearest one."""
_LEAST_M = 0.001
_NO_16_BIT = 65535
"""In maps of millimetres: nothing measured, or too far."""
_FULL = {"L": 255.0, "I;16": 65535.0, "I;16B": 65535.0, "F": 1.0}
"""Mode of Pillow -> the number that is 1 in a relative map."""

Floats = NDArray[np.float32]


def depth_from_image(image: Image.Image, plan: PreparePlan) -> Floats:
    """Return a given depth map as relative inverse depth, (h, w) in [0, 1], 1 = nearer.

    Raises:
        LeftOutError: if it is no depth, has too many holes or no relief.
    """
    assert plan.depth_is is not None
    values, full = _values(image)
    if plan.depth_is.is_distance:
        depth = _from_distance(values, plan)
    else:
        depth = values / np.float32(full)
        if not (np.isfinite(depth).all() and depth.min() >= 0 and depth.max() <= 1):
            raise LeftOutError("broken-depth", "a relative depth map has values beyond 0 to 1")
        if plan.depth_is is DepthIs.NEAR_BLACK:
            depth = 1 - depth
    if float(depth.max()) == float(depth.min()):
        raise LeftOutError("flat-depth", "the depth is the same everywhere")
    return np.ascontiguousarray(depth, np.float32)


def _values(image: Image.Image) -> tuple[Floats, float]:
    """Return its numbers, and which of them is 1 in a relative map."""
    if image.mode in {"RGB", "RGBA", "P", "LA"}:
        planes = np.asarray(image.convert("RGB"))
        if not (planes[..., :1] == planes).all():
            raise LeftOutError(
                "broken-depth", "the depth map is a color picture: want gray, 16 bits"
            )
        return planes[..., 0].astype(np.float32), 255.0
    if image.mode not in _FULL:
        raise LeftOutError("broken-depth", f"the depth map has mode {image.mode}: want gray")
    return np.asarray(image, np.float32), _FULL[image.mode]


def _from_distance(values: Floats, plan: PreparePlan) -> Floats:
    """Return inverse depth between the plan's near and far; infinity is the sky."""
    in_mm = plan.depth_is is DepthIs.MILLIMETRES
    known = values >= _LEAST_M * (1000 if in_mm else 1)  # False for NaN
    if in_mm:
        known &= values != _NO_16_BIT
    holes = 1 - float(known.mean())
    if holes > MOST_HOLES:
        raise LeftOutError("holes", f"{holes:.0%} of the depth map hold no distance")
    if holes:
        values = _filled(values, known)
    distance_m = values.astype(np.float64) / (1000 if in_mm else 1)
    assert plan.scale is not None
    most, least = 1 / plan.scale[0], 1 / plan.scale[1]
    share = (1 / distance_m - least) / (most - least)
    return np.clip(share, 0, 1).astype(np.float32)


def _filled(values: Floats, known: NDArray[np.bool_]) -> Floats:
    """Give holes the value of the nearest pixel that has one."""
    from scipy.ndimage import distance_transform_edt

    at = distance_transform_edt(~known, return_distances=False, return_indices=True)
    filled: Floats = values[tuple(at)]
    return filled


def estimated(
    colors: Sequence[NDArray[np.uint8]], network: DepthNetwork, panoramas: bool
) -> list[Floats | LeftOutError]:
    """Estimate the depth of pictures of one size; of some it may be no depth.

    Raises:
        OutOfMemoryError: if memory runs out; the text says a way on.
    """
    from ldm3d.depth import estimate_depth, estimate_depths
    from ldm3d.errors import ModelError

    if not panoramas:
        found = estimate_depths(colors, network)
        return [_with_relief(depth) for depth in found]
    made: list[Floats | LeftOutError] = []
    for color in colors:
        try:
            made.append(_with_relief(estimate_depth(color, network, panorama=True)))
        except ModelError as error:
            made.append(LeftOutError("no-depth", str(error)))
    return made


def _with_relief(depth: Floats | None) -> Floats | LeftOutError:
    if depth is None:
        return LeftOutError("no-depth", "the network gave values that are not finite")
    if float(depth.max()) == float(depth.min()):
        return LeftOutError("flat-depth", "the network sees no relief")
    return depth
