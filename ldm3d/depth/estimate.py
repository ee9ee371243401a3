"""A picture and a depth network -> relative depth; panoramas by tiles."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ldm3d.depth.align import align
from ldm3d.depth.events import DepthModel, DepthResult, DepthStep
from ldm3d.depth.merge import merged_rows, merged_size
from ldm3d.depth.normalize import NEUTRAL, normalized
from ldm3d.depth.sphere import Floats, resized_equirect
from ldm3d.depth.tiles import Tile, tiles_of
from ldm3d.errors import ModelError, RequestError
from ldm3d.memory import explained_out_of_memory
from ldm3d.seam import measure_seam

if TYPE_CHECKING:
    from ldm3d.depth.network import DepthNetwork

MAX_ASPECT_ERROR = 0.03
"""How far width / height may be from 2 for a picture to be taken as a panorama."""
_MIN_SIDE_PX = 16
_MANY_DISAGREE = 0.05
_WAY_ON = "choose a smaller picture or network, or close other programs"


def estimate_depth(
    color: NDArray[np.uint8],
    model: DepthModel,
    *,
    panorama: bool | None = None,
    detail: int = 1,
    on_step: Callable[[DepthStep], None] | None = None,
) -> Floats:
    """Return the relative depth of a picture, (H, W) float32 in [0, 1], 1 = nearer.

    Args: as of `depth_steps`; `on_step` is called after each part of the work.
    """
    with closing(depth_steps(color, model, panorama=panorama, detail=detail)) as events:
        for event in events:
            if isinstance(event, DepthResult):
                return event.depth
            if on_step is not None:
                on_step(event)
    raise AssertionError("depth_steps ends with a result")


def estimate_depths(
    colors: Sequence[NDArray[np.uint8]], model: DepthNetwork
) -> list[Floats | None]:
    """Return the relative depth of ordinary pictures of one size, looked at together.

    Args:
        colors: each (H, W, 3) uint8, sRGB; no panoramas.
        model: from `load_depth_model`.

    Returns:
        For each (H, W) float32 in [0, 1], 1 = nearer; None where the network gave no numbers.

    Raises:
        OutOfMemoryError: if memory runs out; the text says a way on.
    """
    height, width = colors[0].shape[:2]
    what = f"depth maps of {len(colors)} pictures with {model.name}"
    with explained_out_of_memory(what, "choose a smaller batch or network"):
        found = model.inverse_depths(colors)
        finite = (values if np.isfinite(values).all() else None for values in found)
        return [None if one is None else _relative(one, width, height) for one in finite]


def depth_steps(
    color: NDArray[np.uint8],
    model: DepthModel,
    *,
    panorama: bool | None = None,
    detail: int = 1,
) -> Generator[DepthStep | DepthResult]:
    """Estimate depth, one yield for each part of the work; closing it cancels.

    Args:
        color: (H, W, 3) uint8, sRGB; a panorama has row 0 up and wraps around.
        model: the network, from `load_depth_model`.
        panorama: whether the picture is an equirectangular panorama; None: if it is 2:1.
        detail: of panoramas: 1 looks at 16 tiles of 90°, 2 and 3 at narrower ones too (60 and
            152 tiles), which keeps finer detail.

    Yields:
        `DepthStep`s, then one `DepthResult`: relative inverse depth, the same as LDM3D's.

    Raises:
        RequestError: if the picture is too small or of another shape or type.
        ModelError: if the network gives something that is no depth.
        OutOfMemoryError: if memory runs out; the text says a way on.
    """
    _check(color)
    height, width = color.shape[:2]
    is_panorama = abs(width / height / 2 - 1) <= MAX_ASPECT_ERROR if panorama is None else panorama
    if not is_panorama:
        yield from _plain_steps(color, model)
        return
    tiles = tiles_of(detail)
    total = len(tiles) + 1
    what = f"a depth map of {width}x{height} with {model.name}"
    level, picture = -1, color
    disparities: list[Floats] = []
    for number, tile in enumerate(tiles):
        with explained_out_of_memory(what, _WAY_ON):
            if tile.level != level:
                level, picture = tile.level, _reduced(color, tile, model.tile_px)
            view = tile.view(picture, model.tile_px)
            disparities.append(_square(_checked(model.inverse_depth(view), model)))
        yield DepthStep(number + 1, total)
    with explained_out_of_memory(what, _WAY_ON):
        result = _merged(tiles, disparities, model, (width, height))
    yield DepthStep(total, total)
    yield result


def _plain_steps(color: NDArray[np.uint8], model: DepthModel) -> Generator[DepthStep | DepthResult]:
    """Look at the whole picture at once."""
    height, width = color.shape[:2]
    with explained_out_of_memory(f"a depth map of {width}x{height} with {model.name}", _WAY_ON):
        depth = _relative(_checked(model.inverse_depth(color), model), width, height)
    yield DepthStep(1, 1)
    yield DepthResult(depth, False, 1, None, None, _flat_note(depth))


def _relative(inverse_depth: Floats, width: int, height: int) -> Floats:
    """Return relative depth at the size of the picture."""
    from PIL import Image

    depth = normalized(inverse_depth, is_sphere=False)
    image = Image.fromarray(depth).resize((width, height), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(image, dtype=np.float32), 0, 1)


def _check(color: NDArray[np.uint8]) -> None:
    if color.dtype != np.uint8 or color.ndim != 3 or color.shape[2] != 3:
        raise RequestError(f"want a picture (H, W, 3) uint8, got {color.shape} {color.dtype}")
    if min(color.shape[:2]) < _MIN_SIDE_PX:
        raise RequestError(
            f"want a picture of {_MIN_SIDE_PX}x{_MIN_SIDE_PX} pixels or more, got "
            f"{color.shape[1]}x{color.shape[0]}"
        )


def _checked(found: Floats, model: DepthModel) -> Floats:
    if found.ndim != 2 or min(found.shape) < 2 or not np.isfinite(found).all():
        raise ModelError(
            f"{model.name} gave no depth but {found.shape} values, some of them not finite: "
            "try float32, or another network"
        )
    return found.astype(np.float32, copy=False)


def _square(found: Floats) -> Floats:
    """Return a tile's values as a square array."""
    height, width = found.shape
    if height == width:
        return found
    from PIL import Image

    side = max(height, width)
    image = Image.fromarray(found).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(image, dtype=np.float32)


def _reduced(color: NDArray[np.uint8], tile: Tile, tile_px: int) -> NDArray[np.uint8]:
    """Return the panorama so small that a tile does not skip pixels, at twice its density."""
    width = 4 * math.ceil(math.pi * tile_px / tile.half_width / 2)
    if color.shape[1] <= width:
        return color
    from PIL import Image

    height = round(width * color.shape[0] / color.shape[1])
    return np.asarray(Image.fromarray(color).resize((width, height), Image.Resampling.BOX))


def _merged(
    tiles: Sequence[Tile],
    disparities: Sequence[Floats],
    model: DepthModel,
    size_px: tuple[int, int],
) -> DepthResult:
    alignment = align(tiles, disparities, has_shift=model.has_shift)
    aligned = [alignment.aligned(number, values) for number, values in enumerate(disparities)]
    width = merged_size(tiles, len(disparities[0]), size_px[0])
    height = min(size_px[1], width // 2)
    small = np.concatenate(list(merged_rows(tiles, aligned, alignment.trust, width, height)))
    small = normalized(small, is_sphere=True)
    seam = measure_seam(np.zeros((*small.shape, 3), np.uint8), small).depth
    depth = resized_equirect(small, *size_px)
    notes = _flat_note(small)
    if alignment.disagreement > _MANY_DISAGREE:
        notes += (
            f"the tiles disagree by {100 * alignment.disagreement:.0f} % of the range: the network "
            "does not understand this picture well",
        )
    return DepthResult(np.clip(depth, 0, 1), True, len(tiles), alignment.disagreement, seam, notes)


def _flat_note(depth: Floats) -> tuple[str, ...]:
    if bool((depth == NEUTRAL).all()):
        return ("the network sees no relief at all: the depth is 0.5 everywhere",)
    return ()
