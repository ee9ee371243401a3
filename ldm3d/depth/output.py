"""What a depth network's numbers mean, and the size and colours it wants: by its configuration."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ldm3d.errors import ModelError


class Gives(StrEnum):
    """What the numbers of a depth network mean."""

    INVERSE_DEPTH = "inverse-depth"
    """Larger = nearer; unknown scale and shift (MiDaS, DPT, Depth Anything)."""
    UNSHIFTED = "inverse-depth-unshifted"
    """Larger = nearer, 0 at infinity; unknown scale (Depth Pro)."""
    DISTANCE = "distance"
    """Larger = farther, in metres along the axis (ZoeDepth, GLPN)."""


_IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_HALF = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
_BICUBIC = 3
_MAX_GROWTH = 4.0


@dataclass(frozen=True)
class Frame:
    """How a picture is brought into a network."""

    height_px: int
    width_px: int
    keeps_aspect: bool = False
    """Scale both sides alike, to cover one of the two wanted; else squeeze to the wanted size."""
    multiple_px: int = 1
    mean: tuple[float, ...] = _HALF[0]
    deviation: tuple[float, ...] = _HALF[1]
    resample: int = _BICUBIC
    """Pillow's number of the filter."""
    has_border: bool = False
    """Mirror a border around the picture first (ZoeDepth)."""

    def input_size(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return (height, width) that a picture is resized to."""
        down, across = self.height_px / height_px, self.width_px / width_px
        if self.keeps_aspect:
            factor = across if abs(1 - across) < abs(1 - down) else down
            area = factor**2 * height_px * width_px / (self.height_px * self.width_px)
            down = across = factor / math.sqrt(max(1.0, area / _MAX_GROWTH))
        return self._fitting(down * height_px), self._fitting(across * width_px)

    def _fitting(self, side: float) -> int:
        return max(1, round(side / self.multiple_px)) * self.multiple_px


_DEFAULT_FRAMES: Mapping[str, Frame] = {
    "dpt": Frame(384, 384),
    "depth_anything": Frame(518, 518, True, 14, *_IMAGENET),
    "prompt_depth_anything": Frame(756, 756, True, 14, *_IMAGENET),
    "zoedepth": Frame(384, 512, True, 32, has_border=True),
    "depth_pro": Frame(1536, 1536),
    "glpn": Frame(480, 640, False, 32, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}
"""Kind of network -> what it is fed when its folder has no preprocessor_config.json."""

KINDS = tuple(_DEFAULT_FRAMES)
"""`model_type`s of transformers that are understood."""


def gives_from(config: Mapping[str, Any]) -> Gives:
    """Return what the numbers of the network with this config.json mean."""
    kind = config["model_type"]
    if kind in {"zoedepth", "glpn"} or config.get("depth_estimation_type") == "metric":
        return Gives.DISTANCE
    if kind == "depth_pro":
        return Gives.UNSHIFTED
    # The published DPTs on DINOv2 were taught in metres (NYU, KITTI); nothing else tells.
    backbone = config.get("backbone_config") or {}
    if kind == "dpt" and backbone.get("model_type") == "dinov2":
        return Gives.DISTANCE
    return Gives.INVERSE_DEPTH


def frame_from(config: Mapping[str, Any], preprocessor: Mapping[str, Any]) -> Frame:
    """Return how pictures are brought into a network.

    Args:
        config: its config.json.
        preprocessor: its preprocessor_config.json, {} if there is none.

    Raises:
        ModelError: if what stands there is no size or no colour.
    """
    usual = _DEFAULT_FRAMES[config["model_type"]]
    if not preprocessor:
        return usual
    try:
        return _said(usual, preprocessor)
    except (TypeError, ValueError, KeyError) as error:
        raise ModelError(f"want a usable preprocessor_config.json: {error!r} in it") from error


def _said(usual: Frame, said: Mapping[str, Any]) -> Frame:
    size = said.get("size", {})
    if isinstance(size, int):
        size = {"height": size, "width": size}
    multiple = said.get("ensure_multiple_of", said.get("size_divisor")) or usual.multiple_px
    mean, deviation = said.get("image_mean") or usual.mean, said.get("image_std") or usual.deviation
    if said.get("do_normalize") is False:
        mean, deviation = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    height, width = int(size.get("height", usual.height_px)), int(size.get("width", usual.width_px))
    if not (0 < height <= 8192 and 0 < width <= 8192) or len(mean) != 3 or len(deviation) != 3:
        raise ValueError(f"size {height}x{width}, mean {mean}, deviation {deviation}")
    return Frame(
        height,
        width,
        bool(said.get("keep_aspect_ratio", usual.keeps_aspect)),
        max(1, math.ceil(multiple)),
        tuple(map(float, mean)),
        tuple(map(float, deviation)),
        int(said.get("resample", usual.resample)),
        usual.has_border and bool(said.get("do_pad", True)),
    )
