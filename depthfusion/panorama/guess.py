"""Guesses what the numbers of a depth map mean, and says why."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from depthfusion.panorama.decoded import Array
from depthfusion.panorama.floor import FloorTest, floor_test
from depthfusion.panorama.gray import samples
from depthfusion.panorama.options import DepthIs

LOWEST_VALID, HIGHEST_VALID = -9000.0, 1e9
"""Floats beyond are marks, not depth: -9999 = nothing here, 1e10 = the ray hit nothing."""
MAX_16_BIT = 65535
_MILLIMETRES_FROM = 200.0
"""A floor at a larger number than this is in millimetres: 20 cm, or 200 m, below the camera."""
_EXR_DISTANCE = re.compile(r"^EXR (depth channel|channel (\S*\.)?(z|depth|dist|distance))$", re.I)
"""There depth is a distance by custom."""
_FARTHEST_FLOOR_MM = 20_000.0
"""16-bit numbers whose floor would be farther below than 20 m are not millimetres."""


@dataclass(frozen=True)
class Numbers:
    """What can be seen of a depth map's numbers without knowing what they mean."""

    is_float: bool
    low: float
    high: float
    """Of the valid values."""
    full: float
    """The largest number that the format can hold: 255, 65535, or 1 (0 for other floats)."""
    has_65535: bool
    """16-bit only: 65535 stands apart from the other values, so it means "nothing here"."""
    below: float
    """Median well below the horizon, where the floor is."""
    floor: FloorTest
    has_zeros: bool


@dataclass(frozen=True)
class Guess:
    """What the numbers are taken for."""

    depth_is: DepthIs
    reason: str


def valid_of(values: Array, has_65535: bool = False) -> NDArray[np.bool_] | None:
    """Return where a map has numbers at all, None for everywhere; (h, w) bool."""
    if values.dtype.kind == "f":
        valid = (values > LOWEST_VALID) & (values < HIGHEST_VALID)  # False for NaN
    elif has_65535:
        valid = values != MAX_16_BIT
    else:
        return None
    return None if bool(valid.all()) else valid


def numbers_from(values: Array, missing: NDArray[np.bool_] | None = None) -> Numbers:
    """Look at (h, w) uint8, uint16 or float32 depth values; statistics are from a selection.

    Only `low` and `high` are exact. What is `missing` (h, w) bool is not looked at.
    """
    is_float = values.dtype.kind == "f"
    has_65535 = values.dtype == np.uint16 and _stands_apart(values)
    valid = valid_of(values, has_65535)
    if missing is not None:
        valid = ~missing if valid is None else valid & ~missing
    if valid is not None and not valid.any():
        return Numbers(is_float, 0, 0, 0, has_65535, 0, FloorTest(0, 0, 0, 0), False)
    if valid is None:
        low, high = float(values.min()), float(values.max())
    else:
        low = float(values.min(where=valid, initial=np.inf if is_float else MAX_16_BIT))
        high = float(values.max(where=valid, initial=-np.inf if is_float else 0))
    some = samples(values)
    seen = np.ones(some.shape, dtype=np.bool_) if valid is None else samples(valid)
    positive = seen & (some > 0)
    has_zeros = bool((seen & (some == 0)).any()) and _zeros_stand_apart(some[positive])
    return Numbers(
        is_float=is_float,
        low=low,
        high=high,
        full=_full(values, low, high),
        has_65535=has_65535,
        below=_below(some, positive),
        floor=floor_test(some, positive if has_zeros else seen),
        has_zeros=has_zeros,
    )


def _full(values: Array, low: float, high: float) -> float:
    if values.dtype.kind == "f":
        return 1.0 if low >= 0 and high <= 1 else 0.0
    return 255.0 if high <= 255 else float(MAX_16_BIT)


def _stands_apart(values: Array) -> bool:
    """Whether 65535 occurs and the next lower value is far away from it."""
    some = values if values.size < 4_000_000 else samples(values)
    if not (some == MAX_16_BIT).any():
        return False
    rest = some[some != MAX_16_BIT]
    return bool(rest.size) and int(rest.max()) < 0.9 * MAX_16_BIT


def _zeros_stand_apart(positive: Array) -> bool:
    """Whether the smallest number above 0 is far from 0, so that 0 means "nothing here"."""
    return bool(positive.size) and float(positive.min()) > 0.04 * float(np.median(positive))


def _below(some: Array, good: NDArray[np.bool_]) -> float:
    start = 7 * len(some) // 9  # 50 degrees below the horizon
    low = some[start:][good[start:]]
    every = some[good]
    return float(np.median(low)) if low.size else float(np.median(every)) if every.size else 0.0


def guess(numbers: Numbers, kind: str) -> Guess:
    """Return what `numbers` most likely are.

    Floor nearer in larger numbers means near-white, unless the numbers are what rooms measure and
    the floor is not really straight (in a closet the floor is farther than the walls). Otherwise
    floats beyond 1 are metres or millimetres by how far below the floor is; 16-bit numbers that
    do not use their whole range are millimetres; the rest is relative, near-white unless the
    floor clearly says near-black. A depth channel of an EXR is in metres.

    Args:
        numbers: from `numbers_from`.
        kind: of the file, for the reason, e.g. "8-bit PNG".
    """
    votes = numbers.floor.votes
    is_sure = votes >= 4 and numbers.floor.inverse_fit > 0.93
    if _EXR_DISTANCE.search(kind) and numbers.is_float and numbers.low >= 0 and numbers.high > 1:
        return Guess(DepthIs.METRES, f"{kind}, {numbers.low:g} to {numbers.high:g}")
    if votes > 0 and (is_sure or not _is_room(numbers)):
        return Guess(DepthIs.NEAR_WHITE, f"{kind}, floor brighter than sky")
    direction = "floor darker than sky" if votes < 0 else "the floor tells little"
    if _is_metric(numbers):
        millimetres = numbers.below > _MILLIMETRES_FROM
        reason = f"{kind}, {numbers.low:g} to {numbers.high:g}, {direction}"
        return Guess(DepthIs.MILLIMETRES if millimetres else DepthIs.METRES, reason)
    if votes <= -2:
        return Guess(DepthIs.NEAR_BLACK, f"{kind}, {direction}")
    return Guess(DepthIs.NEAR_WHITE, f"{kind}, as most depth pictures are; {direction}")


def _is_room(numbers: Numbers) -> bool:
    """Whether numbers are just what distances in a room or street are: 10 cm to 20 m or 1 km."""
    metre = 1000.0 if numbers.full == MAX_16_BIT else 1.0
    farthest = 20 * metre if numbers.full == MAX_16_BIT else 1000.0
    return _is_metric(numbers) and numbers.low > 0.1 * metre and numbers.high < farthest


def _is_metric(numbers: Numbers) -> bool:
    """Whether numbers whose floor is not the largest can be distances."""
    if numbers.is_float:
        return numbers.low >= 0 and numbers.high > 1
    if numbers.full != MAX_16_BIT:
        return False
    uses_all = numbers.high > 0.97 * MAX_16_BIT and numbers.low < 0.02 * MAX_16_BIT
    if numbers.below > _FARTHEST_FLOOR_MM or numbers.below < _MILLIMETRES_FROM:
        return False
    return not uses_all or numbers.has_zeros
