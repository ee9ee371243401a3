"""Finds the other half of a pair by name."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from depthfusion.panorama.sniff import EXTENSIONS

_MAX_ENTRIES = 20_000
_COLOR_WORDS = {"rgb", "color", "colour", "image", "img", "pano", "panorama", "equirect", "texture"}
_COLOR_WORDS |= {"beauty", "albedo", "diffuse", "photo", "picture", "col"}
_DEPTH_WORDS = {"depth", "dpt", "disp", "disparity", "depthmap", "zdepth", "z", "distance", "dist"}
_DEPTH_WORDS |= {"depths", "inverse", "invdepth", "mde", "dmap"}
_FILLERS = {"map"}
_DEPTH_ONLY = {".npy", ".npz", ".pfm"}
_GLUED = ("depthmap", "depth", "disparity", "disp")


class Role(StrEnum):
    """What a file is by its name."""

    COLOR = "color"
    DEPTH = "depth"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class NamedAs:
    """A name without its colour and depth words, and what those said."""

    base: tuple[str, ...]
    role: Role


def named_as(path: Path) -> NamedAs:
    """Read a file name: "x_depth.png" is depth of "x", "rgb.png" is colour of ""."""
    words = [w for w in re.split(r"[^0-9a-z]+", path.stem.lower()) if w]
    role = Role.UNKNOWN
    base: list[str] = []
    for word in words:
        if word in _DEPTH_WORDS or (word in _FILLERS and role is Role.DEPTH):
            role = Role.DEPTH
        elif word in _COLOR_WORDS:
            role = Role.COLOR if role is Role.UNKNOWN else role
        else:
            glued = next((g for g in _GLUED if word.endswith(g) and word != g), None)
            role = Role.DEPTH if glued else role
            base.append(word.removesuffix(glued or ""))
    if role is Role.UNKNOWN and path.suffix.lower() in _DEPTH_ONLY:
        role = Role.DEPTH
    return NamedAs(tuple(base), role)


def partner_of(path: Path) -> tuple[Path, Role] | None:
    """Return the file that completes the pair of `path` and which half `path` is, or None.

    Looked for in the same folder among the formats that are read. For a depth map the partner is
    the colour picture of the same base name and the other way round; of several, the shortest
    name wins.
    """
    own = named_as(path)
    found = [(p, named_as(p)) for p in _neighbours(path)]
    same = [(p, n.role) for p, n in found if n.base == own.base]
    if own.role is Role.DEPTH:
        pictures = [p for p, role in same if role is not Role.DEPTH]
        return (_best(pictures), Role.DEPTH) if pictures else None
    maps = [p for p, role in same if role is Role.DEPTH]
    return (_best(maps), Role.COLOR) if maps else None


def _best(paths: list[Path]) -> Path:
    return min(paths, key=lambda p: (len(p.stem), EXTENSIONS.index(p.suffix.lower()), p.name))


def _neighbours(path: Path) -> list[Path]:
    found: list[Path] = []
    try:
        with os.scandir(path.parent) as entries:
            for count, entry in enumerate(entries):
                if count > _MAX_ENTRIES:
                    break
                candidate = path.parent / entry.name
                if candidate.suffix.lower() in EXTENSIONS and entry.name != path.name:
                    found.append(candidate)
    except OSError:
        return []
    return [p for p in found if p.is_file()]
