"""A decoded file -> the depth numbers in it, and those -> the depth part of a panorama."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from depthfusion.errors import PanoramaError
from depthfusion.panorama.aspect import Placement, placed
from depthfusion.panorama.coding import depth_from_codes
from depthfusion.panorama.decoded import Array, Decoded, reduced
from depthfusion.panorama.depth import DepthMap, depth_from_values
from depthfusion.panorama.gray import one_channel
from depthfusion.panorama.layout import halves
from depthfusion.panorama.options import DepthIs, Layout, ReadOptions
from depthfusion.panorama.panorama import MAX_ASPECT_ERROR, DepthMeaning
from depthfusion.panorama.xmp import Crop, GDepth, crop_from_xmp, gdepth_from_xmp

HOLES_CHUNK = "dfHO"
"""Private PNG chunk: the holes, one bit a pixel, row by row, zlib."""
_MAX_PIXELS = 40_000_000
"""Most pixels of a depth map that is kept in full: 8192x4096 fits."""
_MAX_JSON_CHARS = 1_000_000


@dataclass(frozen=True, eq=False)
class DepthSource:
    """Depth numbers as they were found."""

    name: str
    kind: str
    values: Array
    """(h, w) uint8, uint16 or float32."""
    aspect: float
    crop: Crop | None = None
    gdepth: GDepth | None = None
    saved: Mapping[str, Any] = field(default_factory=dict)
    """Our own JSON, {} for files of others."""
    holes: NDArray[np.bool_] | None = None
    """Of our own files."""
    is_inside: bool = False
    """It lies in the picture's own file."""
    notes: tuple[str, ...] = ()


def depth_source(
    decoded: Decoded,
    stereo: Layout | None,
    color_size_px: tuple[int, int] | None,
    *,
    inside: bool = False,
) -> DepthSource | None:
    """Return the depth numbers of a decoded file.

    Args:
        decoded: the file.
        stereo: how the picture it belongs to was split into eyes.
        color_size_px: (width, height) of that picture, whole.
        inside: the file is the picture itself; None is returned if no depth lies in it.

    Raises:
        PanoramaError: if it is a picture and no depth map.
    """
    width, height = decoded.full_size_px
    crop, _ = crop_from_xmp(decoded.metadata.xmp, decoded.full_size_px)
    base = DepthSource(
        decoded.name, decoded.kind, decoded.pixels, width / height, crop, is_inside=inside
    )
    gdepth = gdepth_from_xmp(decoded.metadata.xmp, decoded.name)
    if gdepth is not None:
        return replace(base, kind="GDepth", gdepth=gdepth, values=gdepth.values)
    if decoded.depth is not None:
        return replace(base, kind="EXR depth channel", values=decoded.depth)
    if inside:
        return None
    values = one_channel(decoded.pixels, decoded.name)
    values, note = _bearable(values, decoded.name)
    aspect = width / height
    if stereo is not None and color_size_px is not None:
        same = abs(aspect / (color_size_px[0] / color_size_px[1]) - 1) < MAX_ASPECT_ERROR
        if same:  # the depth map holds both eyes too
            values = np.ascontiguousarray(halves(values, stereo)[0])
            aspect *= 2 if stereo is Layout.TOP_BOTTOM else 0.5
    saved = _saved(decoded)
    return replace(
        base,
        values=values,
        aspect=aspect,
        saved=saved,
        holes=_saved_holes(decoded, saved) if not note else None,
        notes=(*decoded.notes, *note),
    )


def _bearable(values: Array, name: str) -> tuple[Array, tuple[str, ...]]:
    """Return every second, third... value of a map that no screen can use in full."""
    step = 1
    while values.size > _MAX_PIXELS * step * step:
        step += 1
    if step == 1:
        return values, ()
    return reduced(values, values.shape[1] // step), (f"{name} was read at 1/{step} size",)


def json_object(text: str) -> dict[str, Any]:
    """Return the JSON object in `text`, {} if there is none or it is broken or too long."""
    if not 0 < len(text) < _MAX_JSON_CHARS:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _saved(decoded: Decoded) -> dict[str, Any]:
    saved = json_object(decoded.metadata.text.get("depthfusion", ""))
    is_depth = isinstance(saved.get("depth"), dict)
    return saved if is_depth and decoded.pixels.dtype == np.uint16 else {}


def _saved_holes(decoded: Decoded, saved: Mapping[str, Any]) -> NDArray[np.bool_] | None:
    packed = decoded.metadata.chunks.get(HOLES_CHUNK)
    width, height = decoded.full_size_px
    if not saved or packed is None or decoded.pixels.shape != (height, width):
        return None
    wanted = (width * height + 7) // 8
    try:
        bits = zlib.decompressobj().decompress(packed, wanted)
    except zlib.error:
        return None
    if len(bits) != wanted:
        return None
    flat = np.unpackbits(np.frombuffer(bits, dtype=np.uint8), count=width * height)
    return flat.reshape(height, width).astype(np.bool_)


def depth_map_from(source: DepthSource, where: Placement, options: ReadOptions) -> DepthMap:
    """Interpret depth numbers and put them on the sphere.

    Our own files and GDepth say what they mean; `options` still wins.

    Raises:
        PanoramaError: if there is no depth value, or what the file says about it cannot be.
    """
    found = _depth_map_from(source, where, options)
    return replace(found, notes=(*source.notes, *found.notes))


def _depth_map_from(source: DepthSource, where: Placement, options: ReadOptions) -> DepthMap:
    said = options.depth_is is not DepthIs.AUTO or options.invert_depth
    if source.saved and not said:
        return _from_own_file(source, where, options)
    if source.gdepth is not None and not said:
        return _from_gdepth(source, source.gdepth, where, options)
    if options.depth_is is DepthIs.AUTO and (source.saved or source.gdepth is not None):
        known = DepthIs.NEAR_WHITE if source.saved else DepthIs.NEAR_BLACK
        options = replace(options, depth_is=known)  # to be inverted
    values, missing = placed(source.values, where, source.name)
    return depth_from_values(values, source.name, source.kind, options, missing)


def _from_own_file(source: DepthSource, where: Placement, options: ReadOptions) -> DepthMap:
    coding = source.saved["depth"]
    depth, meaning = depth_from_codes(source.values, coding)
    if where.crop is not None or where.stretch:
        raise PanoramaError(f"want {source.name} 2:1 as it was written, it was cut or squeezed")
    near, far = options.near_m, options.far_m
    if meaning is DepthMeaning.DISTANCE:
        near = far = None
    elif near is None:
        near, far = _known_range(coding)
    note = f"{source.name} says itself what it holds: {meaning.value} depth"
    return DepthMap(depth, meaning, near, far, source.holes, (note,))


def _known_range(coding: Mapping[str, Any]) -> tuple[float | None, float | None]:
    try:
        near, far = float(coding["near_m"]), float(coding["far_m"])
    except (KeyError, TypeError, ValueError):
        return None, None
    return (near, far) if 0 < near < far else (None, None)


def _from_gdepth(
    source: DepthSource, gdepth: GDepth, where: Placement, options: ReadOptions
) -> DepthMap:
    nearness, missing = placed(gdepth.nearness(), where, source.name)
    metre = 1000.0 if gdepth.unit == "mm" else 1.0
    near, far = gdepth.near / metre, gdepth.far / metre
    unit = "" if gdepth.unit else " (no unit given: taken as metres)"
    kind = "RangeInverse" if gdepth.is_inverse else "RangeLinear"
    notes = [f"took the GDepth map inside {source.name}: {kind}, {near:g} to {far:g} m{unit}"]
    if options.near_m is not None and options.far_m is not None:
        near, far = options.near_m, options.far_m
    if missing is not None:
        notes.append("the part of the sphere without a picture lies at the farthest depth")
    return DepthMap(nearness, DepthMeaning.RELATIVE, near, far, missing, tuple(notes))
