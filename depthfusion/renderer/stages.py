"""What a panorama becomes before it is uploaded, in steps that each look better than the last.

Nothing here touches OpenGL: it runs in any thread.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from depthfusion.panorama.panorama import Panorama
from depthfusion.renderer.background import Background, background_from
from depthfusion.renderer.quality import Quality
from depthfusion.renderer.relief import (
    Relief,
    codes_from_nearness,
    debanded,
    edge_softness,
    level_step,
    relief_from_panorama,
    snapped,
)
from depthfusion.renderer.surface import (
    HARDWARE_BUDGET,
    SOFTWARE_BUDGET,
    Mesh,
    coarse_mesh,
    surface_mesh,
)
from depthfusion.view import SPHERE_RADIUS_M

SOFT_TEXELS = 2.5
"""Edges wider than this many texels are taken as a network's and sharpened."""


@dataclass(frozen=True, eq=False)
class Stage:
    """One upload: what is None stays as the stage before left it."""

    name: str
    relief: Relief
    is_metric: bool
    """Whether the panorama knows its scale: decides what `View.mapping` None means."""
    inverted: bool
    """Whether nearness was turned round (`View.invert_depth`) before the surface was made."""
    color: NDArray[np.uint8] | None = None
    """(H, W, 4) uint8 sRGB, alpha unused; (H, W, 3) where the upload is to add it (`is_lean`)."""
    depth_codes: NDArray[np.uint16] | NDArray[np.float32] | None = None
    """(h, w) uint16 nearness; float32 in [0, 1] where the upload is to make codes of it."""
    mesh: Mesh | None = None
    background: Background | None = None


def stages(
    panorama: Panorama,
    quality: Quality = Quality(),
    *,
    max_texture_px: int = 16384,
    software: bool = False,
    inverted: bool = False,
    is_lean: bool = False,
) -> Iterator[Stage]:
    """Yield the picture on a quick mesh, then the fine mesh with the layer behind.

    Args:
        panorama: what to show.
        quality: see `Quality`.
        max_texture_px: the context's limit; larger pictures are reduced to it.
        software: whether the CPU draws: the mesh is kept smaller.
        inverted: make the surface for `View.invert_depth`.
        is_lean: hand on the panorama's own arrays; the upload takes longer, memory is spared.
    """
    relief = _relief_from(panorama, inverted=inverted)
    depth = _limited(relief.nearness, max_texture_px)
    # Not kept here: whoever gets it may let its arrays go while the next stage is prepared.
    yield replace(
        _bare_stage(panorama, relief, inverted=inverted),
        name="picture",
        color=_color_from(panorama.color, max_texture_px, is_lean=is_lean),
        depth_codes=depth if is_lean and depth is panorama.depth else codes_from_nearness(depth),
        mesh=coarse_mesh(depth),
    )
    if panorama.depth is not None:
        yield _surface(panorama, relief, depth, quality, software=software, inverted=inverted)


def surface_stage(
    panorama: Panorama,
    quality: Quality = Quality(),
    *,
    max_texture_px: int = 16384,
    software: bool = False,
    inverted: bool = False,
) -> Stage:
    """Return the second one of `stages`, of a panorama that has depth."""
    relief = _relief_from(panorama, inverted=inverted)
    depth = _limited(relief.nearness, max_texture_px)
    return _surface(panorama, relief, depth, quality, software=software, inverted=inverted)


def _relief_from(panorama: Panorama, *, inverted: bool) -> Relief:
    relief = relief_from_panorama(panorama)
    return replace(relief, nearness=np.float32(1) - relief.nearness) if inverted else relief


def _bare_stage(panorama: Panorama, relief: Relief, *, inverted: bool) -> Stage:
    """Return a stage without anything to upload."""
    small = replace(relief, nearness=relief.nearness[:1, :1].copy())
    return Stage("surface", small, panorama.is_metric, inverted)


def _surface(
    panorama: Panorama,
    relief: Relief,
    depth: NDArray[np.float32],
    quality: Quality,
    *,
    software: bool,
    inverted: bool,
) -> Stage:
    """Return the fine mesh with the layer behind; `depth` as `_limited` gave it."""
    original = depth
    step = 0.0 if relief.is_distance else level_step(depth)
    if step > 0:
        depth = debanded(depth, step)
    if quality.snap if quality.snap is not None else edge_softness(depth) > SOFT_TEXELS:
        depth = snapped(depth)
    budget = SOFTWARE_BUDGET if software else HARDWARE_BUDGET
    mesh, rims = surface_mesh(depth, quality, budget)
    background = None
    if rims.any():
        reach = greatest_disparity_range(panorama, relief)
        fringe = quality.decontaminate
        background = background_from(panorama.color, depth, rims, reach, decontaminate=fringe)
    return replace(
        _bare_stage(panorama, relief, inverted=inverted),
        depth_codes=None if depth is original else codes_from_nearness(depth),
        mesh=mesh,
        background=background,
    )


def greatest_disparity_range(panorama: Panorama, relief: Relief) -> float:
    """Return 1/near - 1/far in 1/m at full relief, or of the metric map."""
    if panorama.is_metric:
        return 1 / relief.near_m - (0.0 if math.isinf(relief.far_m) else 1 / relief.far_m)
    return 2 / SPHERE_RADIUS_M


def _color_from(
    color: NDArray[np.uint8], max_texture_px: int, *, is_lean: bool
) -> NDArray[np.uint8]:
    """Return the colours, reduced to `max_texture_px`, with alpha: four bytes upload faster."""
    if max(color.shape) > max_texture_px:
        from PIL import Image

        scale = max_texture_px / max(color.shape)
        size = (max(1, int(color.shape[1] * scale)), max(1, int(color.shape[0] * scale)))
        color = np.asarray(Image.fromarray(color).resize(size, Image.Resampling.BOX))
    return color if is_lean else rgba_from_color(color)


def rgba_from_color(color: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (h, w, 4) uint8 for (h, w, 3 or 4); alpha is 255."""
    rgba = np.empty((*color.shape[:2], 4), np.uint8)
    rgba[..., :3] = color[..., :3]
    rgba[..., 3] = 255
    return rgba


def _limited(nearness: NDArray[np.float32], max_texture_px: int) -> NDArray[np.float32]:
    stride = math.ceil(max(nearness.shape) / max_texture_px)
    return np.ascontiguousarray(nearness[::stride, ::stride]) if stride > 1 else nearness
