"""The colours of the layer behind: carried under the near surface from where they are seen."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from depthfusion.renderer.grid import Field, fitted, grown, nearest_true, over_cells
from depthfusion.renderer.hidden import JUMP, Hidden
from depthfusion.renderer.structure import over_blocks, structure_from

MAX_FILL_COLUMNS = 2048
BLUR_PER_DISTANCE = 4.0
"""Width of the mean that replaces a colour, against the distance it was carried."""
BLUR_LEVELS = 6
"""Means are taken over up to 2 ** level cells."""
CONFIDENCE = 1.8
"""Power of the inverse error that weights a guess."""
SAME_SURFACE = 0.06
"""Colours from so much nearer or farther are no guess; they count the less, the nearer to that."""
DEPTHS = 8
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
    y, x = (np.minimum(part * factor, width - 1).astype(np.int16) for part in (y, x))
    y, x = (part.repeat(factor, axis=0).repeat(factor, axis=1) for part in (y, x))
    y = np.minimum(y, np.int16(len(small) - 1))
    ny, nx = _nearest(~masked)
    fits = np.abs(front[ny, nx] - behind) < JUMP
    y, x = np.where(fits, ny, y), np.where(fits, nx, x)
    carried = gaussian_filter(small[y, x], (2, 2, 0), mode=("nearest", "wrap", "nearest"))
    by, bx = _nearest(masked)
    clear = ~masked & (front <= behind[by, bx] + JUMP)
    rows = np.arange(len(y), dtype=np.int16)[:, None]
    distance = np.hypot(y - rows, _columns_between(x), dtype=np.float32)
    del y, x, ny, nx, by, bx, fits  # what is large goes as soon as it was used, here and below
    seen = np.dstack([small, np.full(clear.shape, 255, np.uint8)]) * clear[..., None]
    mean, share = means_behind(
        over_blocks(seen, factor, factor),
        over_cells(np.where(clear, front, 0), columns, np.maximum),
        hidden,
        over_blocks(distance[..., None], factor, factor)[..., 0] / factor,
    )
    del seen, distance
    share = enlarged_smoothly(share, masked.shape)
    around = enlarged_smoothly(mean, masked.shape)
    around += carried * (1 - share)
    del carried, mean, share
    fill = np.empty((*masked.shape, 4), np.uint8)
    fill[..., :3] = np.clip(around + np.float32(0.5), 0, 255)
    guess = continued(small, clear, masked, front, behind, around)
    fill[masked, :3] = np.clip(guess + 0.5, 0, 255)
    fill[..., 3] = np.where(masked, np.uint8(255), np.uint8(0))
    return fill


def continued(
    picture: NDArray[np.uint8],
    clear: NDArray[np.bool_],
    masked: NDArray[np.bool_],
    front: Field,
    behind: Field,
    around: Field,
) -> Field:
    """Return (n, 3), the colours of the masked pixels: lines that run in go on there.

    Five guesses, what is seen on either side along the row and along the column, and `around`, are
    weighted by how right each should be: a colour carried d pixels is wrong by what colours d
    pixels apart differ by around there. Where nobody knows, the mean of the guesses is the least
    wrong, and looks soft.

    Args:
        picture: (h, w, 3) uint8.
        clear: (h, w) bool, where it shows the farther surface.
        masked: (h, w) bool, with n True.
        front: (h, w) nearness of what it shows.
        behind: (h, w) nearness of the hidden surface.
        around: (h, w, 3) the guess where nothing runs in.
    """
    structure = structure_from(picture, clear)
    y, x = np.nonzero(masked)
    weight = _weight(structure.variance_at(y, x))
    total, result = weight, weight * around[y, x]
    for axis, forward in itertools.product((0, 1), (True, False)):
        place, distance_px = _first_clear(clear, axis, forward)
        sy, sx = (np.broadcast_to(part, masked.shape)[y, x] for part in place)
        away_px = distance_px[y, x]
        gap = (front[sy, sx] - behind[y, x]) / SAME_SURFACE
        fits = np.clip(1 - gap * gap, 0, 1) ** 2 * (away_px > 0)
        weight = _weight(structure.error_at(axis, y, x, away_px)) * fits[:, None]
        result += weight * picture[sy, sx]
        total = total + weight
    return np.asarray(result / total, np.float32)


def _weight(error: Field) -> Field:
    """Return (n, 1): how much a guess counts whose mean square error (n,) is this."""
    return np.asarray(1 / (error + 4) ** CONFIDENCE, np.float32)[:, None]


def _first_clear(
    clear: NDArray[np.bool_], axis: int, forward: bool
) -> tuple[tuple[NDArray[np.integer], NDArray[np.integer]], Field]:
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


def _last_true(mask: NDArray[np.bool_], forward: bool) -> tuple[NDArray[np.int16], Field]:
    """Return the last True column before each place of a row, and how far back; 0 if there is none.

    `forward` False looks from the other end.
    """
    turned = mask if forward else mask[:, ::-1]
    own = np.arange(mask.shape[1], dtype=np.int16)  # twice MAX_FILL_COLUMNS at most
    last = np.where(turned, own, np.int16(-1))
    np.maximum.accumulate(last, axis=1, out=last)
    distance = np.where(last >= 0, own - last, np.int16(0)).astype(np.float32)
    last = np.where(last >= 0, last, own)
    if forward:
        return last, distance
    return np.int16(len(own) - 1) - last[:, ::-1], distance[:, ::-1]


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
    y, x = np.nonzero(grown(hidden.covered[:-1], 2))
    if y.size == 0:
        return mean, share
    level = np.clip(np.log2(np.maximum(distance * BLUR_PER_DISTANCE, 0.5)), -1, BLUR_LEVELS)
    bounds = np.quantile(behind[y, x], np.linspace(0, 1, DEPTHS + 1))
    bounds[0], bounds[-1] = -1, 2
    for low, high in itertools.pairwise(bounds):
        inside = (behind[y, x] >= low) & (behind[y, x] < high)
        alike = (depth > low - JUMP) & (depth < high + JUMP)
        place = y[inside], x[inside]
        mean[place], share[place] = _pulled(seen * alike[..., None], *place, level[place])
    return mean, share


def _pulled(
    seen: Field, y: NDArray[np.int64], x: NDArray[np.int64], level: Field
) -> tuple[Field, Field]:
    """Return `means_behind` at places (y, x); the greater `level` (n,), the wider the mean."""
    mean, share = np.zeros((y.size, 3), np.float32), np.zeros((y.size, 1), np.float32)
    coarse = seen
    for step in range(1, BLUR_LEVELS + 1):
        rows, columns = coarse.shape[0] // 2, coarse.shape[1] // 2
        coarse = coarse.reshape(rows, 2, columns, 2, 4).mean(axis=(1, 3))
        wide = _between(coarse, (y + 0.5) / 2**step - 0.5, (x + 0.5) / 2**step - 0.5)
        trust = np.clip(wide[:, 3:] / 8, 0, 1)
        weight = np.clip(level - (step - 1), 0, 1)[:, None] * trust
        mean += weight * (wide[:, :3] * (255 / np.maximum(wide[:, 3:], 1e-3)) - mean)
        share += weight * (1 - share)
    return mean, share


def _between(picture: Field, y: NDArray[np.float64], x: NDArray[np.float64]) -> Field:
    """Return (n, c): `picture` (h, w, c) at places between its pixels; a ring in x."""
    top, left = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    below, aside = (y - top)[:, None], (x - left)[:, None]
    rows = np.clip(top, 0, len(picture) - 1), np.clip(top + 1, 0, len(picture) - 1)
    columns = left % picture.shape[1], (left + 1) % picture.shape[1]
    upper, lower = (
        picture[row, columns[0]] * (1 - aside) + picture[row, columns[1]] * aside for row in rows
    )
    return np.asarray(upper * (1 - below) + lower * below, np.float32)


def enlarged_smoothly(picture: Field, size: tuple[int, ...]) -> Field:
    """Return `picture` (h, w, c), linearly enlarged to `size` by a power of two; a ring in x."""
    factor = size[1] // picture.shape[1]
    at = (np.arange(factor, dtype=np.float32) + 0.5) / factor - 0.5
    weights = np.stack([np.maximum(-at, 0), 1 - np.abs(at), np.maximum(at, 0)])
    result = np.empty((*size[:2], picture.shape[2]), np.float32)
    for channel in range(picture.shape[2]):  # one after the other: a third of the memory
        part = picture[..., channel]
        rows = np.stack(
            [np.concatenate([part[:1], part[:-1]]), part, np.concatenate([part[1:], part[-1:]])]
        )
        tall = np.einsum("kf,khw->hfw", weights, rows).reshape(size[0], -1)
        sides = np.stack([np.roll(tall, 1, axis=1), tall, np.roll(tall, -1, axis=1)])
        result[..., channel] = np.einsum("kf,khw->hwf", weights, sides).reshape(size[:2])
    return result


def _nearest(usable: NDArray[np.bool_]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return `nearest_true`, small: a fill has no more than `MAX_FILL_COLUMNS`."""
    y, x = nearest_true(usable)
    return y.astype(np.int16), x.astype(np.int16)


def _columns_between(x: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return how many columns each place is from column `x`; the columns are a ring."""
    away = np.abs(x - np.arange(x.shape[1], dtype=np.int16))
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
