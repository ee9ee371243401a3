"""Reads a panorama from files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from depthfusion.errors import InputNotFoundError
from depthfusion.panorama.options import ReadOptions
from depthfusion.panorama.panorama import Panorama, Provenance

_AUTO = ReadOptions()


def read_panorama(
    color: str | os.PathLike[str],
    depth: str | os.PathLike[str] | None = None,
    options: ReadOptions = _AUTO,
    *,
    draft_px: int | None = None,
) -> Panorama:
    """Read a picture and its depth map.

    Args:
        color: the picture.
        depth: its depth map.
        options: what is known about them.
        draft_px: width wanted for a quick first picture.
    """
    from PIL import Image

    path = Path(color)
    if not path.is_file():
        raise InputNotFoundError(f"no such file: {path}")
    with Image.open(path) as image:
        if draft_px and image.format == "JPEG":
            image.draft("RGB", (draft_px, draft_px // 2))
        pixels = np.array(image.convert("RGB"))
    values = None
    if depth is not None:
        with Image.open(depth) as image:
            raw = np.asarray(image if image.mode in {"L", "I;16"} else image.convert("L"))
            values = raw.astype(np.float32) / np.iinfo(raw.dtype).max
    if options.invert_depth and values is not None:
        values = 1 - values
    return Panorama(
        color=pixels,
        depth=values,
        near_m=options.near_m,
        far_m=options.far_m,
        title=path.stem,
        provenance=Provenance(str(color), None if depth is None else str(depth)),
    )
