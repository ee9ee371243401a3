"""Writes a world as a color picture and a 16-bit depth picture that say what they mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from ldm3d.data.world import NEAR_M, World, depth_from_distance


def depth_levels(
    distance_m: NDArray[np.floating], kept_bits: int = 16, step_levels: int = 1
) -> NDArray[np.uint16]:
    """Return 16-bit depth, 65535 = nearest, 0 = sky.

    Args:
        distance_m: metres along the ray; infinity is sky.
        kept_bits: significant bits a value keeps; fewer make smaller files. With b bits the
            relative error is at most 2 ** -b.
        step_levels: values are also rounded to multiples of this many levels: an error of
            equal parallax wherever it stands, so that far things cost few bytes.
    """
    level = depth_from_distance(distance_m).astype(np.float64) * 65535
    exponent = np.floor(np.log2(np.maximum(level, 1)))
    step = np.maximum(2.0 ** (exponent - kept_bits + 1), step_levels)
    return np.minimum(np.round(level / step) * step, 65535).astype(np.uint16)


def calmed(distance_m: NDArray[np.floating], from_m: float = 6.0) -> NDArray[np.float32]:
    """Return distances without single-pixel specks: a 3x3 median beyond `from_m`, 5x5 far off.

    A median invents no distance between near and far, so silhouettes stay sharp.
    """
    from scipy.ndimage import median_filter

    out = np.asarray(distance_m, np.float32)
    for size, beyond_m in ((3, from_m), (5, from_m * 7 / 3)):
        ring = np.concatenate([out[:, -size:], out, out[:, :size]], axis=1)
        smooth = median_filter(ring, size, mode="nearest")[:, size:-size]
        out = np.where(out > beyond_m, smooth, out)
    return np.asarray(out, np.float32)


def depth_note(title: str) -> str:
    """Return the JSON that a depth file carries."""
    note = {
        "version": 1,
        "depth": {"meaning": "relative", "near_m": NEAR_M, "far_m": "inf"},
        "title": title,
    }
    return json.dumps(note)


def save_color(world: World, path: Path, quality: int = 90, *, halved_chroma: bool = False) -> None:
    """Write the picture; the suffix chooses PNG, JPEG or WebP.

    JPEG is written sequentially: progressive files take three times as long to open.
    """
    image = Image.fromarray(world.color)
    options: dict[str, Any] = {}
    if path.suffix.lower() in {".jpg", ".jpeg"}:
        chroma = 2 if halved_chroma else 0
        options = {"quality": quality, "subsampling": chroma, "optimize": True}
    elif path.suffix.lower() == ".webp":
        options = {"quality": quality, "method": 6}
    image.save(path, **options)


def save_depth(world: World, path: Path, kept_bits: int = 16, step_levels: int = 1) -> None:
    """Write the 16-bit near-white depth PNG with its meaning."""
    info = PngImagePlugin.PngInfo()
    info.add_text("depthfusion", depth_note(world.title))
    levels = depth_levels(world.distance_m, kept_bits, step_levels)
    Image.fromarray(levels).save(path, optimize=True, pnginfo=info)


def world_facts(world: World) -> dict[str, Any]:
    """Return what stands beside a bundled world."""
    return {
        "title": world.title,
        "caption": world.caption,
        "tags": list(world.tags),
        "family": world.family,
        "seed": world.seed,
        "eye_height_m": round(world.eye_height_m, 3),
        "near_m": NEAR_M,
        "far_m": "inf",
        "depth_meaning": "relative-inverse",
        "author": "made by DepthFusion's own procedural renderer",
        "licence": "CC0-1.0",
    }
