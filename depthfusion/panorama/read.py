"""Reads a panorama from files: `read_panorama`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from depthfusion.errors import PanoramaError
from depthfusion.panorama.aspect import Placement, depth_placement, placed, placement_of
from depthfusion.panorama.decode import decode
from depthfusion.panorama.decoded import Array, Decoded
from depthfusion.panorama.depth_file import (
    DepthSource,
    depth_map_from,
    depth_source,
    json_object,
)
from depthfusion.panorama.layout import Split, split
from depthfusion.panorama.options import Layout, ReadOptions
from depthfusion.panorama.panorama import Panorama, Provenance
from depthfusion.panorama.parameters import generation_from_parameters
from depthfusion.panorama.partner import Role, named_as, partner_of
from depthfusion.panorama.sniff import sniff
from depthfusion.panorama.tone import toned
from depthfusion.panorama.world_folder import about_world_of, files_of_world
from depthfusion.panorama.xmp import Crop, crop_from_xmp

_AUTO = ReadOptions()


def read_panorama(
    color: str | os.PathLike[str],
    depth: str | os.PathLike[str] | None = None,
    options: ReadOptions = _AUTO,
    *,
    draft_px: int | None = None,
) -> Panorama:
    """Read a picture and its depth map from any files that are understood.

    What is found out and done is told in `provenance.notes`, one sentence each; `options` wins
    over every guess. Without `depth` it is looked for inside the picture (GDepth, EXR channel Z,
    a grey half), then by name beside it; without any, the panorama is a flat sphere.

    Args:
        color: the picture; or (alone) a depth map whose picture lies beside it, the folder of a
            world, or a folder with worlds, of which the newest is taken.
        depth: its depth map.
        options: what is known about them.
        draft_px: width wanted for a quick first picture: JPEG is decoded small, everything else
            reduced; the depth map too. The result is about that wide or wider.

    Raises:
        InputNotFoundError: if a file does not exist or cannot be opened.
        PanoramaError: if one is damaged, too large, or is not what it would have to be.
    """
    paths = _pair(Path(color), None if depth is None else Path(depth), options)
    picture, decoded_depth = _decoded(paths, options, draft_px)
    try:
        source, found, where, depth_notes = _with_depth(paths, picture, options, decoded_depth)
    except PanoramaError as error:
        if not paths.found_by_name:
            raise
        where = _placement(picture, paths.color.name, None)
        source, found = None, {}
        depth_notes = (f"the depth map found by name was left aside: {error}",)
    pixels, _ = placed(picture.split.color, where, paths.color.name)
    crop_note = _crop(picture)[1]
    notes = [*paths.notes, *picture.decoded.notes, *picture.split.notes, crop_note, where.note]
    notes += depth_notes
    if source is None:
        notes.append(f"{paths.color.name} has no depth map: shown as a flat sphere")
    saved = {**_saved(picture.decoded, source), **about_world_of(paths.color)}
    return Panorama(
        color=_rgb(pixels),
        title=_title(saved) or paths.color.stem,
        provenance=Provenance(
            color_source=str(paths.color),
            depth_source=_path_of(source, paths),
            notes=tuple(note for note in notes if note),
            generation=_mapping(saved, "generation"),
            view=_mapping(saved, "view"),
        ),
        **found,
    )


def _title(saved: Mapping[str, Any]) -> str:
    """Return the title a file carries, on one line; empty when it has none."""
    title = saved.get("title")
    return " ".join(title.split())[:200] if isinstance(title, str) else ""


@dataclass(frozen=True)
class _Paths:
    color: Path
    depth: Path | None
    notes: tuple[str, ...] = ()
    found_by_name: bool = False
    """The depth map was not asked for: if it cannot be used, the picture is shown without."""


def _pair(color: Path, depth: Path | None, options: ReadOptions) -> _Paths:
    if depth is None and color.is_dir():
        world = files_of_world(color)
        return _Paths(world.color, world.depth if options.find_partner else None, world.notes)
    both_inside = options.layout in {Layout.TOP_BOTTOM, Layout.LEFT_RIGHT}
    if depth is not None or both_inside or not options.find_partner or not color.is_file():
        return _Paths(color, depth)
    found = partner_of(color)
    if found is None:
        if named_as(color).role is not Role.DEPTH:
            return _Paths(color, None)
        note = f"{color.name} is named like a depth map but no picture lies beside it"
        return _Paths(color, None, (note,))
    partner, role = found
    if role is Role.DEPTH:
        return _Paths(partner, color, (f"took {partner.name} as the picture of {color.name}",))
    return _Paths(color, partner, found_by_name=True)


@dataclass(frozen=True, eq=False)
class _Picture:
    decoded: Decoded
    split: Split
    aspect: float
    """Width / height of the part that is one panorama."""


def _color(
    path: Path, options: ReadOptions, draft_px: int | None, *, has_partner: bool
) -> _Picture:
    decoded = decode(path, draft_px)
    pixels = decoded.pixels
    if pixels.ndim == 2 and pixels.dtype.kind == "f":
        raise PanoramaError(
            f"want a colour picture first, {path.name} holds one value a pixel ({decoded.kind}): "
            "give the picture, then this as its depth map"
        )
    if pixels.dtype.kind == "f":
        pixels = toned(pixels)
    elif pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    width, height = decoded.full_size_px
    layout = Layout.SEPARATE if has_partner else options.layout
    is_placed = crop_from_xmp(decoded.metadata.xmp, decoded.full_size_px)[0] is not None
    parts = (
        Split(pixels, None, None)
        if is_placed and options.layout in {Layout.AUTO, Layout.SEPARATE}
        else split(pixels, width / height, path.name, layout)
    )
    factor = {None: 1.0, Layout.TOP_BOTTOM: 2.0, Layout.LEFT_RIGHT: 0.5}[parts.side]
    aspect = factor * width / height
    if parts.side is not None and options.layout in {Layout.TOP_BOTTOM, Layout.LEFT_RIGHT}:
        parts, aspect = _unsqueezed(parts, aspect, path.name)
    return _Picture(decoded, parts, aspect)


def _unsqueezed(parts: Split, aspect: float, name: str) -> tuple[Split, float]:
    """Stretch the halves of a picture that was itself kept 2:1 (or anything) back to 2:1."""
    if abs(aspect / 2 - 1) < 0.03 or parts.depth is None:
        return parts, aspect
    color, _ = placed(parts.color, Placement(aspect, stretch=True), name)
    depth, _ = placed(parts.depth, Placement(aspect, stretch=True), name)
    note = f"the halves of {name} are {aspect:.2f}:1: stretched to 2:1"
    return Split(color, depth, parts.side, (*parts.notes, note)), 2.0


def _decoded(
    paths: _Paths, options: ReadOptions, draft_px: int | None
) -> tuple[_Picture, Callable[[], Decoded] | None]:
    """Decode picture and depth map side by side; the second comes, or raises, when called."""
    if paths.depth is None:
        return _color(paths.color, options, draft_px, has_partner=False), None
    sniff(paths.color)  # says what is wrong with it before anything is begun
    with ThreadPoolExecutor(1) as thread:
        later = thread.submit(decode, paths.depth, draft_px, exact=True)
        picture = _color(paths.color, options, draft_px, has_partner=True)
    return picture, later.result


def _depth(
    paths: _Paths, picture: _Picture, decoded_depth: Callable[[], Decoded] | None
) -> DepthSource | None:
    """Return the depth map: the given or found file, or what lies inside the picture."""
    if paths.found_by_name:
        inside = depth_source(picture.decoded, None, None, inside=True)
        if inside is not None:  # surer than a name
            return inside
    if decoded_depth is not None:
        stereo = picture.split.side if picture.split.depth is None else None
        return depth_source(decoded_depth(), stereo, picture.decoded.full_size_px)
    if picture.split.depth is not None:
        return DepthSource(
            name=f"the depth half of {paths.color.name}",
            kind=picture.decoded.kind,
            values=picture.split.depth,
            aspect=picture.aspect,
            is_inside=True,
        )
    return depth_source(picture.decoded, None, None, inside=True)


def _crop(picture: _Picture) -> tuple[Crop | None, str]:
    return crop_from_xmp(picture.decoded.metadata.xmp, picture.decoded.full_size_px)


def _placement(picture: _Picture, name: str, source: DepthSource | None) -> Placement:
    partner_aspect = source.aspect if source is not None else None
    return placement_of(picture.aspect, _crop(picture)[0], name, partner_aspect)


def _with_depth(
    paths: _Paths,
    picture: _Picture,
    options: ReadOptions,
    decoded_depth: Callable[[], Decoded] | None,
) -> tuple[DepthSource | None, dict[str, Any], Placement, tuple[str, ...]]:
    """Return the depth's source, the depth fields of the panorama, the placement, the notes."""
    source = _depth(paths, picture, decoded_depth)
    where = _placement(picture, paths.color.name, source)
    if source is None:
        return None, {}, where, ()
    own = depth_placement(source.aspect, where, source.crop, source.name)
    depth_map = depth_map_from(source, own, options)
    fields = {
        "depth": depth_map.depth,
        "meaning": depth_map.meaning,
        "near_m": depth_map.near_m,
        "far_m": depth_map.far_m,
        "holes": depth_map.holes,
    }
    notes = depth_map.notes
    if paths.found_by_name and not source.is_inside:
        notes = (f"took {source.name} as the depth map, by its name", *notes)
    return source, fields, where, notes


def _path_of(source: DepthSource | None, paths: _Paths) -> str | None:
    if source is None:
        return None
    return str(paths.color if source.is_inside else paths.depth)


def _rgb(pixels: Array) -> NDArray[np.uint8]:
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    return np.ascontiguousarray(pixels[..., :3], dtype=np.uint8)


def _saved(picture: Decoded, source: DepthSource | None) -> Mapping[str, Any]:
    """Return our JSON of either file, the depth map's first; {} when there is none."""
    if source is not None and source.saved:
        return source.saved
    text = picture.metadata.text
    ours = json_object(text.get("depthfusion", ""))
    if not ours and "parameters" in text:
        return {"generation": generation_from_parameters(text["parameters"])}
    return ours


def _mapping(saved: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = saved.get(key)
    return value if isinstance(value, dict) else {}
