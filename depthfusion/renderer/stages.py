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
    """(H, W, 4) uint8 sRGB, alpha unused."""
    depth_codes: NDArray[np.uint16] | None = None
    """(h, w) uint16 nearness."""
    mesh: Mesh | None = None
    background: Background | None = None


def stages(
    panorama: Panorama,
    quality: Quality = Quality(),
    *,
    max_texture_px: int = 16384,
    software: bool = False,
    inverted: bool = False,
) -> Iterator[Stage]:
    """Yield the picture on a quick mesh, then the fine mesh with the layer behind.

    Args:
        panorama: what to show.
        quality: see `Quality`.
        max_texture_px: the context's limit; larger pictures are reduced to it.
        software: whether the CPU draws: the mesh is kept smaller.
        inverted: make the surface for `View.invert_depth`.
    """
    relief = relief_from_panorama(panorama)
    if inverted:
        relief = replace(relief, nearness=np.float32(1) - relief.nearness)
    depth = _limited(relief.nearness, max_texture_px)
    stage = Stage(
        "surface",
        replace(relief, nearness=relief.nearness[:1, :1].copy()),
        panorama.is_metric,
        inverted,
    )
    # Not kept here: whoever gets it may let its arrays go while the next stage is prepared.
    yield replace(
        stage,
        name="picture",
        color=rgba_from_color(panorama.color, max_texture_px),
        depth_codes=codes_from_nearness(depth),
        mesh=coarse_mesh(depth),
    )
    if panorama.depth is None:
        return
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
    yield replace(
        stage,
        depth_codes=None if depth is original else codes_from_nearness(depth),
        mesh=mesh,
        background=background,
    )


def greatest_disparity_range(panorama: Panorama, relief: Relief) -> float:
    """Return 1/near - 1/far in 1/m at full relief, or of the metric map."""
    if panorama.is_metric:
        return 1 / relief.near_m - (0.0 if math.isinf(relief.far_m) else 1 / relief.far_m)
    return 2 / SPHERE_RADIUS_M


def rgba_from_color(color: NDArray[np.uint8], max_texture_px: int) -> NDArray[np.uint8]:
    """Return (H, W, 4) uint8, reduced to `max_texture_px`: four bytes upload faster than three."""
    from PIL import Image

    if max(color.shape) > max_texture_px:
        scale = max_texture_px / max(color.shape)
        size = (max(1, int(color.shape[1] * scale)), max(1, int(color.shape[0] * scale)))
        color = np.asarray(Image.fromarray(color).resize(size, Image.Resampling.BOX))
    rgba = np.empty((*color.shape[:2], 4), np.uint8)
    rgba[..., :3] = color
    rgba[..., 3] = 255
    return rgba


def _limited(nearness: NDArray[np.float32], max_texture_px: int) -> NDArray[np.float32]:
    stride = math.ceil(max(nearness.shape) / max_texture_px)
    return np.ascontiguousarray(nearness[::stride, ::stride]) if stride > 1 else nearness
