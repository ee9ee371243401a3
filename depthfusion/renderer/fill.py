"""The colours of the layer behind: carried under the near surface from where they are seen."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from depthfusion.renderer.grid import Field, fitted, grown, nearest_true, over_cells
from depthfusion.renderer.hidden import JUMP, Hidden

MAX_FILL_COLUMNS = 2048
BLUR_PER_DISTANCE = 3.0
"""Width of the mean that replaces a colour, against the distance it was carried."""
BLUR_LEVELS = 6
"""Means are taken over up to 2 ** level cells."""
STATISTICS_PX = 8
"""Size of the blocks over which the picture's texture is measured."""
STEP_GROWTH = 3.0
"""How much faster a carried colour goes wrong than its neighbours' steps say."""
CONFIDENCE = 1.3
"""Power of the inverse error that weights a guess."""
DEPTHS = 3
"""In how many groups, by depth, surfaces lend colour to each other."""
FRINGE_TEXELS = 1
"""How far, in texels of the picture, the foreground's colour has bled into the background."""


def fill_from(
    color: NDArray[np.uint8], nearness: Field, hidden: Hidden, *, decontaminate: bool = True
) -> NDArray[np.uint8]:
    """Return (h, w, 4) uint8: the colours behind; alpha where the picture shows something nearer.

    Args:
        color: (H, W, 3 or 4) uint8 sRGB.
        nearness: (h, w) in [0, 1].
        hidden: where it lies, and from where each place was carried.
        decontaminate: replace the foreground's fringe of colour on the background, too.
    """
    from scipy.ndimage import gaussian_filter

    columns = hidden.field.shape[1]
    width = _fill_columns(columns, color, nearness)
    factor = width // columns
    fringe = int(FRINGE_TEXELS * width / color.shape[1]) if decontaminate else 0
    behind = hidden.field[:-1].repeat(factor, axis=0).repeat(factor, axis=1)
    covered = hidden.covered[:-1].repeat(factor, axis=0).repeat(factor, axis=1)
    front = over_cells(fitted(nearness, width), width, np.maximum)
    masked = grown(covered & (front > behind + JUMP / 2), fringe)
    small = _reduced(color[..., :3], width)
    y, x = np.divmod(hidden.source[:-1], columns)
    y, x = (np.minimum(part * factor, width - 1) for part in (y, x))
    y, x = (part.repeat(factor, axis=0).repeat(factor, axis=1) for part in (y, x))
    y = np.minimum(y, len(small) - 1)
    ny, nx = nearest_true(~masked)
    fits = np.abs(front[ny, nx] - behind) < JUMP
    y, x = np.where(fits, ny, y), np.where(fits, nx, x)
    carried = gaussian_filter(small[y, x], (2, 2, 0), mode=("nearest", "wrap", "nearest"))
    by, bx = nearest_true(masked)
    clear = ~masked & (front <= behind[by, bx] + JUMP)
    distance = np.hypot(y - np.arange(len(y))[:, None], _columns_between(x)).astype(np.float32)
    seen = np.dstack([small, np.full(clear.shape, 255, np.uint8)]) * clear[..., None]
    mean, share = means_behind(
        _over_blocks(seen, factor),
        over_cells(np.where(clear, front, 0), columns, np.maximum),
        hidden,
        _over_blocks(distance[..., None], factor)[..., 0] / factor,
    )
    mean, share = (enlarged_smoothly(part, masked.shape) for part in (mean, share))
    around = carried * (1 - share) + mean
    guess = continued(small, clear, front, behind, around)
    fill = np.empty((*masked.shape, 4), np.uint8)
    fill[..., :3] = np.clip(guess + 0.5, 0, 255)
    fill[..., 3] = np.where(masked, np.uint8(255), np.uint8(0))
    return fill


def continued(
    picture: NDArray[np.uint8], clear: NDArray[np.bool_], front: Field, behind: Field, around: Field
) -> Field:
    """Return (h, w, 3): lines that run into the hidden go on there, and `around` elsewhere.

    Stripes and rows of bricks go on along themselves: a colour carried d pixels along a direction
    is wrong by the structure function 2 v (1 - exp(-g d / 2 v)), with v the variance around and g
    the mean square step in that direction; guesses are weighted by how right they should be.

    Args:
        picture: (h, w, 3) uint8.
        clear: (h, w) bool, where it shows the farther surface.
        front: (h, w) nearness of what it shows.
        behind: (h, w) nearness of the hidden surface.
        around: (h, w, 3) the guess where nothing runs in.
    """
    variance, steps_x, steps_y = _statistics(picture, clear)
    total = np.full((*clear.shape, 1), 0, np.float32)
    result = np.zeros((*clear.shape, 3), np.float32)
    _add_guess(result, total, around, variance)
    for axis, step in ((1, STEP_GROWTH * steps_x), (0, STEP_GROWTH * steps_y)):
        for forward in (True, False):
            place, distance = _first_clear(clear, axis, forward)
            found = front[place]
            fits = (np.abs(found - behind) < 4 * JUMP) & (distance > 0)
            error = 2 * variance * (1 - np.exp(-step * distance / (2 * variance + 1)))
            error = np.where(fits, error, np.float32(1e6))
            _add_guess(result, total, picture[place], error)
    return np.asarray(result / total, np.float32)


def _add_guess(result: Field, total: Field, guess: NDArray[Any], error: Field) -> None:
    """Add a guess (h, w, 3) with its mean square error (h, w) to the weighted sums."""
    weight = (1 / (error + 4) ** CONFIDENCE)[..., None]
    result += weight * guess
    total += weight


def _first_clear(
    clear: NDArray[np.bool_], axis: int, forward: bool
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], Field]:
    """Return the last clear place before each one along `axis`, and how far back it is.

    Along a row the picture is a ring; along a column it ends at the poles. Distance 0: none.
    """
    rows, columns = np.ogrid[: clear.shape[0], : clear.shape[1]]
    if axis == 0:
        last, distance = _last_true(clear.T, forward)
        return (last.T, np.broadcast_to(columns, clear.shape)), distance.T
    width = clear.shape[1]
    last, distance = _last_true(np.concatenate([clear, clear], axis=1), forward)
    half = slice(width, None) if forward else slice(0, width)
    return (np.broadcast_to(rows, clear.shape), last[:, half] % width), distance[:, half]


def _last_true(mask: NDArray[np.bool_], forward: bool) -> tuple[NDArray[np.int64], Field]:
    """Return the last True column before each place of a row, and how far back; 0 if there is none.

    `forward` False looks from the other end.
    """
    turned = mask if forward else mask[:, ::-1]
    own = np.arange(mask.shape[1])
    last = np.maximum.accumulate(np.where(turned, own, -1), axis=1)
    distance = np.where(last >= 0, own - last, 0).astype(np.float32)
    last = np.where(last >= 0, last, own)
    return (last, distance) if forward else (len(own) - 1 - last[:, ::-1], distance[:, ::-1])


def _statistics(picture: NDArray[np.uint8], clear: NDArray[np.bool_]) -> tuple[Field, Field, Field]:
    """Return variance and mean square steps along x and y (h, w) of what is clear around."""
    grey = picture.mean(axis=2, dtype=np.float32)
    right, below = np.roll(grey, -1, axis=1), np.roll(grey, -1, axis=0)
    whole = clear & np.roll(clear, -1, axis=1) & np.roll(clear, -1, axis=0)
    parts = np.dstack([grey, grey * grey, (right - grey) ** 2, (below - grey) ** 2, whole * 1.0])
    parts = _over_blocks(parts * whole[..., None], STATISTICS_PX)
    sums = _summed_around(parts)
    count = np.maximum(sums[..., 4:], 1e-3)
    sums = enlarged_smoothly(np.ascontiguousarray(sums[..., :4] / count), clear.shape)
    variance = np.maximum(sums[..., 1] - sums[..., 0] ** 2, 1)
    return variance.astype(np.float32), sums[..., 2], sums[..., 3]


def _summed_around(parts: Field) -> Field:
    """Return (h, w, c) smoothed over a few blocks, wider where nothing was near."""
    from scipy.ndimage import gaussian_filter

    mode = ("nearest", "wrap", "nearest")
    near = gaussian_filter(parts, (1.5, 1.5, 0), mode=mode)
    return np.asarray(near + 0.02 * gaussian_filter(parts, (6, 6, 0), mode=mode))


def means_behind(seen: Field, depth: Field, hidden: Hidden, distance: Field) -> tuple[Field, Field]:
    """Return the mean colours around, and how much of the carried ones they replace.

    Just behind a rim the picture goes on; far behind it nobody knows, and the mean of what is seen
    around is the best guess (pull-push: S. Gortler et al., "The Lumigraph", 1996). Only surfaces
    about as far as the hidden one lend their colour.

    Args:
        seen: (n, 2n, 4) float32, 0 to 255: colour times the share of the cell that shows it; share.
        depth: (n, 2n) nearness of what is seen.
        hidden: its `field` says how far the hidden surface is.
        distance: (n, 2n) how far the carried colour came, in cells.

    Returns:
        (n, 2n, 3) and (n, 2n, 1) float32: the mean times its share, and the share in [0, 1].
    """
    behind = hidden.field[:-1]
    mean, share = np.zeros_like(seen[..., :3]), np.zeros_like(seen[..., :1])
    level = np.clip(np.log2(np.maximum(distance * BLUR_PER_DISTANCE, 0.5)), -1, BLUR_LEVELS)
    bounds = np.quantile(behind[hidden.covered[:-1]], np.linspace(0, 1, DEPTHS + 1))
    bounds[0], bounds[-1] = -1, 2
    for low, high in itertools.pairwise(bounds):
        inside = (behind >= low) & (behind < high)
        alike = (depth > low - JUMP) & (depth < high + JUMP)
        part = _pulled(seen * alike[..., None], level)
        mean[inside], share[inside] = part[0][inside], part[1][inside]
    return mean, share


def _pulled(seen: Field, level: Field) -> tuple[Field, Field]:
    """Return `means_behind` for surfaces of one depth; the greater `level`, the wider the mean."""
    mean, share = np.zeros_like(seen[..., :3]), np.zeros_like(seen[..., :1])
    coarse = seen
    for step in range(1, BLUR_LEVELS + 1):
        rows, columns = coarse.shape[0] // 2, coarse.shape[1] // 2
        coarse = coarse.reshape(rows, 2, columns, 2, 4).mean(axis=(1, 3))
        wide = enlarged_smoothly(coarse, seen.shape[:2])
        trust = np.clip(wide[..., 3:] / 8, 0, 1)
        weight = np.clip(level - (step - 1), 0, 1)[..., None] * trust
        mean += weight * (wide[..., :3] * (255 / np.maximum(wide[..., 3:], 1e-3)) - mean)
        share += weight * (1 - share)
    return mean, share


def _over_blocks(values: NDArray[Any], factor: int) -> Field:
    """Return the means (h / factor, w / factor, c) of `values` (h, w, c)."""
    height, width, channels = values.shape
    blocks = values.reshape(height // factor, factor, width // factor, factor, channels)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float32))


def enlarged_smoothly(picture: Field, size: tuple[int, ...]) -> Field:
    """Return `picture` (h, w, c), linearly enlarged to `size` by a power of two; a ring in x."""
    factor = size[1] // picture.shape[1]
    at = (np.arange(factor, dtype=np.float32) + 0.5) / factor - 0.5
    weights = np.stack([np.maximum(-at, 0), 1 - np.abs(at), np.maximum(at, 0)])
    rows = np.stack(
        [
            np.concatenate([picture[:1], picture[:-1]]),
            picture,
            np.concatenate([picture[1:], picture[-1:]]),
        ]
    )
    tall = np.einsum("kf,khwc->hfwc", weights, rows).reshape(size[0], *picture.shape[1:])
    sides = np.stack([np.roll(tall, 1, axis=1), tall, np.roll(tall, -1, axis=1)])
    wide = np.einsum("kf,khwc->hwfc", weights, sides)
    return np.asarray(wide.reshape(size[0], size[1], picture.shape[2]))


def _columns_between(x: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return how many columns each place is from column `x`; the columns are a ring."""
    away = np.abs(x - np.arange(x.shape[1], dtype=np.int32))
    return np.asarray(np.minimum(away, x.shape[1] - away))


def _fill_columns(least: int, color: NDArray[np.uint8], nearness: Field) -> int:
    """Return how wide the fill gets: as fine as the picture, a power of two within limits."""
    wanted = max(least, color.shape[1], nearness.shape[1])
    return int(min(MAX_FILL_COLUMNS, 2 ** math.ceil(math.log2(wanted))))


def _reduced(color: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Return `color` at (columns / 2, columns); a coarser picture keeps its hard texels."""
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(color))
    kind = Image.Resampling.BOX if picture.width > columns else Image.Resampling.NEAREST
    return np.asarray(picture.resize((columns, columns // 2), kind))
