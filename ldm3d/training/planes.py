"""Pictures as planes: what the autoencoder is given, cut and turned without a seam."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ldm3d.block_autoencoder import straightened
from ldm3d.data.world_set import Facts, WorldSet
from ldm3d.errors import RequestError
from ldm3d.training.order import Turn, seed_from

HELD_OUT_SHARE = 20
"""One world in so many is never trained on."""
DEPTH_FLOOR = 0.01
"""Depth counts in the relative error where it is at least this (60 m where 1 is 0.6 m).

Farther away a relative error says nothing that parallax could show. Reconstructions are clipped to
the same range, as is usual for metric depth.
"""


def is_held_out(facts: Facts) -> bool:
    """Tell whether a world is kept for measuring: all its variants are, in every set alike."""
    return seed_from("held out", facts.family, facts.seed) % HELD_OUT_SHARE == 0


def split(worlds: WorldSet) -> tuple[list[int], list[int]]:
    """Return the numbers of the pictures to train on and of those to measure on.

    A set so small that one side would be empty has its last picture on both sides.
    """
    held = [number for number, facts in enumerate(worlds.facts) if is_held_out(facts)]
    kept = sorted(set(range(len(worlds))) - set(held))
    return kept or [len(worlds) - 1], held or [len(worlds) - 1]


def some_of(numbers: list[int], most: int) -> list[int]:
    """Return at most so many of the numbers, evenly spread and always the same."""
    return numbers[:: max(1, len(numbers) // most)][:most]


def planes_of(worlds: WorldSet, number: int) -> NDArray[np.float32]:
    """Return one picture as (4, H, W) planes in [0, 1]: red, green, blue, depth."""
    color = worlds.color(number).astype(np.float32) / np.float32(255)
    return np.concatenate([color.transpose(2, 0, 1), worlds.depth(number)[None]])


def changed_planes(
    planes: NDArray[np.float32],
    turn: Turn,
    place: int,
    size_px: tuple[int, int],
    *,
    wraps: bool = True,
) -> tuple[NDArray[np.float32], int]:
    """Turn, mirror and cut one picture by chance.

    Turning a panorama by whole pixels is exact; what does not wrap is not turned. A cut as wide as
    the picture still wraps. Cuts at the very top and bottom are taken a little more often than
    chance would: the poles.

    Args:
        planes: (C, H, W).
        turn: what chance follows from.
        place: of the picture in its batch.
        size_px: height and width to cut; at most those of the picture.
        wraps: whether left and right edge are neighbours.

    Returns:
        (C, h, w), and its top row in the picture.
    """
    random = turn.random(f"cut {place}")
    height, width = planes.shape[1:]
    rows, columns = size_px
    turned_px = int(random.integers(width))
    if wraps:
        planes = np.roll(planes, turned_px, axis=2)
    if random.random() < 0.5:
        planes = planes[:, :, ::-1]
    slack = height - rows
    top = int(np.clip(random.integers(-rows // 8, slack + rows // 8 + 1), 0, slack))
    return np.ascontiguousarray(planes[:, top : top + rows, :columns]), top


def row_weights(tops: Sequence[int], rows: int, height: int) -> Tensor:
    """Return (B, 1, rows, 1) weights of pixels: cos(latitude), mean 1, at least a tenth of most.

    Every row of a panorama has as many pixels, but those near the poles cover little of the sphere.
    """
    row = torch.tensor(list(tops)).float()[:, None] + torch.arange(rows) + 0.5
    weights = torch.cos((row / height - 0.5) * torch.pi).clamp_min(0.1)
    return (weights / (2 / torch.pi)).view(len(tops), 1, rows, 1)


def cut_size(worlds: WorldSet, rows_px: int | None, factor: int) -> tuple[int, int]:
    """Return height and width of the cuts: as wide as the picture, `rows_px` high or all of it.

    Raises:
        RequestError: if the pictures do not divide into the autoencoder's cells.
    """
    info = worlds.info
    rows = min(rows_px or info.height, info.height)
    if rows % factor or info.width % factor:
        raise RequestError(
            f"want pictures and cuts in multiples of {factor} pixels, got {info.width}x{rows}: "
            "choose another set or preset"
        )
    return rows, info.width


def depth_of(planes: Tensor, curve: str) -> Tensor:
    """Return (B, 1, H, W) depth of planes in the network's form.

    Of six planes, depth is that of the high and low bytes.
    """
    if planes.shape[1] == 6:
        return (planes[:, 4:5] * 256 + planes[:, 5:6]) * (255 / 65535)
    return straightened(planes, curve)[:, 3:]
