"""Sheets of planes for people to look at while something trains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Planes = NDArray[np.float32]


def picture_of(planes: Planes) -> Image.Image:
    """Return (4, H, W) planes in [0, 1] as color above depth; depth as its square root."""
    color = np.clip(planes[:3], 0, 1).transpose(1, 2, 0)
    depth = np.sqrt(np.clip(planes[3], 0, 1))[..., None].repeat(3, axis=2)
    sheet = np.concatenate([color, depth])
    return Image.fromarray(np.rint(sheet * 255).astype(np.uint8))


def details(rows: Sequence[Sequence[Planes]], side_px: int = 96, times: int = 3) -> Image.Image:
    """Return rows of planes of one size each, as enlarged squares from below the horizon's middle.

    Color above depth; pixels stay squares.
    """
    places = [(x, y) for y in range(2 * len(rows)) for x in range(len(rows[0]))]
    edge = side_px * times
    sheet = Image.new("RGB", ((edge + 4) * len(rows[0]), (edge + 4) * 2 * len(rows)))
    for x, y in places:
        planes = rows[y // 2][x]
        height, width = planes.shape[1:]
        side = min(side_px, height)
        top = min(height // 2 - side // 4, height - side)
        cut = planes[:, top : top + side, width // 2 : width // 2 + side]
        both = picture_of(cut)
        one = both.crop((0, side * (y % 2), cut.shape[2], side * (y % 2 + 1)))
        square = one.resize((edge, edge), Image.Resampling.NEAREST)
        sheet.paste(square, (x * (edge + 4), y * (edge + 4)))
    return sheet


def comparison(pairs: Sequence[tuple[Planes, Planes]], max_width_px: int = 512) -> Image.Image:
    """Return rows of (wanted, got) planes: wanted at the left, got at the right."""
    rows = [[picture_of(planes) for planes in pair] for pair in pairs]
    width, height = rows[0][0].size
    scale = min(1.0, max_width_px / width)
    size = (round(width * scale), round(height * scale))
    sheet = Image.new("RGB", (2 * size[0] + 4, (size[1] + 4) * len(rows)))
    for row, pair in enumerate(rows):
        for column, picture in enumerate(pair):
            small = picture if scale == 1 else picture.resize(size, Image.Resampling.LANCZOS)
            sheet.paste(small, (column * (size[0] + 4), row * (size[1] + 4)))
    return sheet
