"""The worlds that come with DepthFusion, and the neighbours of a file in its folder. No Qt here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from depthfusion.assets import asset
from depthfusion.errors import MissingPartError
from depthfusion.panorama import world_folder
from depthfusion.panorama.partner import Role, named_as

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".exr", ".hdr", ".bmp")
"""Endings of files that may hold a panorama."""
DEPTH_MAPS = (*PICTURES, ".pfm", ".npy", ".npz")


@dataclass(frozen=True)
class World:
    """One bundled world."""

    title: str
    color: str
    """Path of its picture."""
    depth: str | None
    """Path of its depth map; None: the reader finds it by name."""


def bundled_worlds() -> list[World]:
    """Return the worlds of `resources/worlds/index.json`, in its order.

    Raises:
        MissingPartError: if there are none; the installation is incomplete.
    """
    folder = Path(str(asset("resources", "worlds")))
    try:
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MissingPartError("the worlds that come with DepthFusion are missing") from error
    entries = index.get("worlds", []) if isinstance(index, dict) else index
    worlds = [world for entry in entries if (world := _world_from(folder, entry))]
    if not worlds:
        raise MissingPartError("the worlds that come with DepthFusion are missing")
    return worlds


def _world_from(folder: Path, entry: Any) -> World | None:
    values = entry if isinstance(entry, dict) else {"slug": entry}
    slug = str(values.get("slug", ""))
    title = str(values.get("title") or _told_title(folder / f"{slug}.json"))
    title = title or slug.replace("-", " ").replace("_", " ").capitalize()
    files = sorted(f for f in folder.glob(f"{slug}*") if f.is_file()) if slug else []
    if slug and (folder / slug).is_dir():
        files = sorted((folder / slug).iterdir())
    pictures = [f for f in files if f.suffix.lower() in PICTURES and not is_depth_name(f)]
    depths = [f for f in files if f.suffix.lower() in DEPTH_MAPS and is_depth_name(f)]
    if not pictures:
        return None
    return World(title, str(pictures[0]), str(depths[0]) if depths else None)


def _told_title(path: Path) -> str:
    """Return the title in the file beside a world's picture; empty when there is none."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(told.get("title", "")) if isinstance(told, dict) else ""


def is_depth_name(path: str | Path) -> bool:
    """Whether a file's name says that it is a depth map."""
    return named_as(Path(path)).role is Role.DEPTH


def pair_from_paths(paths: list[str]) -> tuple[str, str | None] | None:
    """Return (picture, depth map or None) of files dropped together; None when that is no pair.

    The name tells which of two is the depth map; where it does not, the order does.
    """
    if len(paths) == 1:
        return (paths[0], None)
    if len(paths) != 2:
        return None
    first, second = paths
    if is_depth_name(first) and not is_depth_name(second):
        first, second = second, first
    if Path(first).suffix.lower() not in PICTURES and Path(second).suffix.lower() in PICTURES:
        first, second = second, first
    return (first, second)


def neighbour(color: str, step: int) -> str | None:
    """Return the picture `step` places on in the same folder, by name; None where it is alone.

    The neighbours of a world in a folder of its own are the worlds beside that folder.
    """
    here = Path(color).absolute()
    if here.name == world_folder.COLOR and world_folder.is_world(here.parent):
        folder = _stepped(here.parent, world_folder.worlds_in(here.parent.parent), step)
        return None if folder is None else str(folder)
    try:
        names = [f for f in here.parent.iterdir() if f.suffix.lower() in PICTURES]
    except OSError:
        return None
    picture = _stepped(here, [f for f in names if f == here or not is_depth_name(f)], step)
    return None if picture is None else str(picture)


def _stepped(here: Path, places: list[Path], step: int) -> Path | None:
    """Return the place `step` on from `here` by name, in a ring; None where it is alone."""
    ring = sorted(places, key=lambda f: f.name.lower())
    if here not in ring or len(ring) < 2:
        return None
    return ring[(ring.index(here) + step) % len(ring)]
