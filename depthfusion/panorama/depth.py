"""Turns the numbers of a depth map into `Panorama.depth`: nearness in [0, 1] or metres.

Every guess and treatment becomes one note. What `ReadOptions` says wins over every guess.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from depthfusion.errors import PanoramaError
from depthfusion.panorama.decoded import Array
from depthfusion.panorama.guess import (
    HIGHEST_VALID,
    LOWEST_VALID,
    MAX_16_BIT,
    Numbers,
    guess,
    numbers_from,
    valid_of,
)
from depthfusion.panorama.holes import fill_from_farther, sky_of
from depthfusion.panorama.options import DepthIs, ReadOptions
from depthfusion.panorama.panorama import DepthMeaning

_LOW_RANGE = 0.75
"""A relative map whose brightest value is below this share of the full range is stretched."""
_NEAREST_M = 0.001
"""Distances below are no measurement: 0 is how metric maps say "nothing here"."""
_TAKEN_AS = {
    DepthIs.NEAR_WHITE: "white = near",
    DepthIs.NEAR_BLACK: "black = near",
    DepthIs.METRES: "distances in metres",
    DepthIs.MILLIMETRES: "distances in millimetres",
}
_INVERTED = {DepthIs.NEAR_WHITE: DepthIs.NEAR_BLACK}
"""Everything else has small numbers near, so its opposite is NEAR_WHITE."""


@dataclass(frozen=True, eq=False)
class DepthMap:
    """The depth part of a `Panorama`, field by field."""

    depth: NDArray[np.float32]
    meaning: DepthMeaning
    near_m: float | None = None
    far_m: float | None = None
    holes: NDArray[np.bool_] | None = None
    notes: tuple[str, ...] = ()


@np.errstate(all="ignore")  # files hold any float, signalling NaN too; results are checked
def depth_from_values(
    values: Array,
    name: str,
    kind: str,
    options: ReadOptions,
    missing: NDArray[np.bool_] | None = None,
) -> DepthMap:
    """Interpret the numbers of a full-sphere depth map.

    Args:
        values: (h, w) uint8, uint16 or float32 as in the file; row 0 is up.
        name: file name for the notes.
        kind: of the file, e.g. "16-bit PNG".
        options: what is known.
        missing: (h, w) bool, True where the picture does not reach (a cropped panorama).

    Raises:
        PanoramaError: if there is no depth value in it.
    """
    numbers = numbers_from(values, missing)
    if numbers.is_float and numbers.low < 0 < numbers.high:
        values = _without_lone_negative(values, numbers)
        numbers = numbers_from(values, missing)
    if numbers.high == 0 and numbers.low == 0 and values.dtype.kind == "f":
        _refuse_empty(values, name)
    depth_is, note = _decided(numbers, name, kind, options)
    notes = [note]
    if numbers.low == numbers.high:
        notes.append(f"{name} has the same value {numbers.low:g} everywhere: there is no relief")
    if depth_is in {DepthIs.METRES, DepthIs.MILLIMETRES}:
        units_a_metre = 1000.0 if depth_is is DepthIs.MILLIMETRES else 1.0
        return _distances(values, numbers, units_a_metre, name, options, missing, notes)
    return _relative(values, numbers, depth_is, name, options, missing, notes)


def _refuse_empty(values: Array, name: str) -> None:
    if not np.isfinite(values).any() or not (np.abs(values) < HIGHEST_VALID).any():
        raise PanoramaError(f"{name} holds no depth value at all, only marks for missing ones")


def _decided(numbers: Numbers, name: str, kind: str, options: ReadOptions) -> tuple[DepthIs, str]:
    depth_is, way = options.depth_is, "as you said"
    if depth_is is DepthIs.AUTO:
        found = guess(numbers, kind)
        depth_is, way = found.depth_is, found.reason
    if options.invert_depth:
        depth_is = _INVERTED.get(depth_is, DepthIs.NEAR_WHITE)
        return depth_is, f"took {name} as {_TAKEN_AS[depth_is]} (inverted, as you said)"
    note = f"took {name} as {_TAKEN_AS[depth_is]} ({way})"
    if options.depth_is is DepthIs.AUTO:
        relative = depth_is in {DepthIs.NEAR_WHITE, DepthIs.NEAR_BLACK}
        other = "--invert-depth if it looks inside out" if relative else "--depth-is if it is not"
        note = f"{note}; {other}"
    return depth_is, note


def _distances(
    values: Array,
    numbers: Numbers,
    units_a_metre: float,
    name: str,
    options: ReadOptions,
    missing: NDArray[np.bool_] | None,
    notes: list[str],
) -> DepthMap:
    depth = values.astype(np.float32)
    if units_a_metre != 1:
        depth /= np.float32(units_a_metre)  # dividing rounds 898 mm to the float nearest 0.898
    good = depth >= _NEAREST_M  # False for NaN
    if values.dtype.kind == "f":
        infinite = values >= HIGHEST_VALID
        if infinite.any():
            sky = sky_of(infinite)
            good &= ~infinite | sky
            depth[sky] = np.inf
            if sky.any():
                notes.append(f"{_share(sky)} of {name} is infinitely far: taken as sky")
    elif numbers.has_65535:
        good &= values != MAX_16_BIT
    if options.near_m is not None:
        notes.append("near and far were left aside: the depth map is in metres already")
    holes = _filled(depth, good, missing, name, notes, far_is_large=True)
    return DepthMap(depth, DepthMeaning.DISTANCE, holes=holes, notes=tuple(notes))


def _filled(
    depth: NDArray[np.float32],
    good: NDArray[np.bool_] | None,
    missing: NDArray[np.bool_] | None,
    name: str,
    notes: list[str],
    *,
    far_is_large: bool,
) -> NDArray[np.bool_] | None:
    """Fill `depth` in place where it is not good or missing; return where that was."""
    if missing is not None:
        good = ~missing if good is None else good & ~missing
    if good is None or good.all():
        return None
    holes = np.asarray(~good, dtype=np.bool_)
    if holes.all():
        raise PanoramaError(f"{name} holds no depth value at all, only marks for missing ones")
    fill_from_farther(depth, holes, far_is_large=far_is_large)
    notes.append(f"{_share(holes)} of {name} has no depth: filled from the farther side")
    return holes


def _share(mask: NDArray[np.bool_]) -> str:
    percent = 100 * float(np.count_nonzero(mask)) / mask.size
    return f"{percent:.0f} %" if percent >= 1 else f"{percent:.2g} %"


def _relative(
    values: Array,
    numbers: Numbers,
    depth_is: DepthIs,
    name: str,
    options: ReadOptions,
    missing: NDArray[np.bool_] | None,
    notes: list[str],
) -> DepthMap:
    if depth_is is DepthIs.NEAR_WHITE and numbers.has_65535:
        numbers = replace(numbers, high=MAX_16_BIT, has_65535=False)  # there it is the nearest
    good = valid_of(values, numbers.has_65535)
    if numbers.high < numbers.low:
        raise PanoramaError(f"{name} holds no depth value at all, only marks for missing ones")
    low, high = _range(numbers, name, options, depth_is, notes)
    depth = values.astype(np.float32)
    if good is not None:
        depth[~good] = low
    depth -= np.float32(low)
    extent = np.float32(high - low)
    if extent > 0:
        depth /= extent
    else:
        depth[:] = 0
    np.clip(depth, 0, 1, out=depth)
    if depth_is is DepthIs.NEAR_BLACK:
        _to_nearness(
            depth,
            (numbers.floor.linear_zero - low) / max(high - low, 1e-30),
            numbers,
            options,
            notes,
        )
    elif numbers.floor.fits_distance_better and numbers.floor.votes > 0:
        notes.append(
            "its floor is straight in distance, not in inverse depth: "
            "the mapping linear may look straighter"
        )
    holes = _filled(depth, good, missing, name, notes, far_is_large=False)
    near, far = options.near_m, options.far_m
    return DepthMap(depth, DepthMeaning.RELATIVE, near, far, holes, tuple(notes))


def _without_lone_negative(values: Array, numbers: Numbers) -> Array:
    """Return floats with a single negative number, such as -1, replaced by NaN: it is a mark."""
    marks = values == np.float32(numbers.low)
    if bool(((values < 0) & (values > LOWEST_VALID) & ~marks).any()):
        return values  # several: negative numbers mean something here
    return np.where(marks, np.float32(np.nan), values)


def _range(
    numbers: Numbers, name: str, options: ReadOptions, depth_is: DepthIs, notes: list[str]
) -> tuple[float, float]:
    """Return the numbers that become 0 and 1."""
    full = numbers.full
    if full == 0:
        low = min(numbers.low, 0.0) if depth_is is DepthIs.NEAR_WHITE else numbers.low
        notes.append(
            f"the values {numbers.low:g} to {numbers.high:g} of {name} were scaled to 0..1"
        )
        return low, numbers.high
    stretched = numbers.high < _LOW_RANGE * full and options.near_m is None
    if not stretched or numbers.high == numbers.low:
        return 0.0, full
    notes.append(f"the brightest value of {name} is {numbers.high:g} of {full:g}: stretched")
    return 0.0, numbers.high


def _to_nearness(
    depth: NDArray[np.float32],
    zero: float,
    numbers: Numbers,
    options: ReadOptions,
    notes: list[str],
) -> None:
    """Turn a near-black map in [0, 1] into nearness, in place.

    With near and far in metres its values are distances between the two (inverse ones if far is
    infinite). Without, a floor that is straight in distance says that they are distances from
    `zero`; their inverse is nearness. Otherwise white and black are exchanged.
    """
    if options.near_m is not None and options.far_m is not None and np.isfinite(options.far_m):
        near, far = options.near_m, options.far_m
        distance = near + depth * np.float32(far - near)
        depth[:] = np.clip((1 / distance - 1 / far) / (1 / near - 1 / far), 0, 1)
        notes.append(f"its values were taken as distances from {near:g} to {far:g} m")
        return
    nearest = float(depth.min())
    floor = numbers.floor
    if floor.linear_fit > 0.9 and floor.linear_fit > floor.inverse_fit and nearest - zero > 0.01:
        np.divide(np.float32(nearest - zero), depth - np.float32(zero), out=depth)
        np.clip(depth, 0, 1, out=depth)
        notes.append("its floor is straight in distance: nearness is the inverse of its values")
        return
    np.subtract(np.float32(1), depth, out=depth)
    notes.append("white and black were exchanged to get nearness")
