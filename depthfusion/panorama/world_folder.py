"""A world on disk: one folder with colour, depth, thumbnail and description.

    a-mossy-forest-at-dawn-1234/
        color.png       8-bit sRGB, carries everything about itself
        depth.png       16-bit, white = near, the same
        thumbnail.jpg   for lists
        world.json      title, how it was made, view, when; its presence makes the folder a world

`write_world` makes them. Cheap to import: no NumPy, no Pillow.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from depthfusion.errors import InputNotFoundError

COLOR, DEPTH, THUMBNAIL, ABOUT = "color.png", "depth.png", "thumbnail.jpg", "world.json"
MAX_ABOUT_BYTES = 1_000_000


@dataclass(frozen=True)
class WorldFiles:
    """The pair of a world's folder, and what was assumed to find it."""

    color: Path
    depth: Path | None
    notes: tuple[str, ...] = ()


def is_world(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder holds one world."""
    return Path(folder, ABOUT).is_file()


def about_world(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what stands in a folder's world.json; {} when there is none or it is broken."""
    path = Path(folder, ABOUT)
    try:
        if path.stat().st_size > MAX_ABOUT_BYTES:
            return {}
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def about_world_of(color: Path) -> dict[str, Any]:
    """Return the title and the view settings kept beside the picture of a world's folder.

    They can be changed without writing the pictures again, and so count more than what stands in
    these. {} for any other picture.
    """
    if color.name != COLOR:
        return {}
    about = about_world(color.parent)
    return {key: about[key] for key in ("title", "view") if about.get(key)}


def worlds_in(folder: str | os.PathLike[str]) -> list[Path]:
    """Return the worlds that lie in a folder, newest first; of one moment, by name."""
    found: list[tuple[int, Path]] = []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if not entry.name.startswith("."):
                    path = Path(folder, entry.name)
                    found.append((-(path / ABOUT).stat().st_mtime_ns, path))
    return [path for _, path in sorted(found)]


def files_of_world(folder: str | os.PathLike[str]) -> WorldFiles:
    """Return the files of a world's folder, or of the newest world in a folder of worlds.

    Raises:
        InputNotFoundError: if there is no world, or its colour picture is missing.
    """
    world = Path(folder)
    notes: tuple[str, ...] = ()
    if not is_world(world):
        worlds = worlds_in(world)
        if not worlds:
            raise InputNotFoundError(
                f"want a picture or the folder of a world, {folder} is a folder without one: "
                "name a picture in it"
            )
        if len(worlds) > 1:
            notes = (f"took {worlds[0].name}, the newest of {len(worlds)} worlds in {world.name}",)
        world = worlds[0]
    color, depth = world / COLOR, world / DEPTH
    if not color.is_file():
        raise InputNotFoundError(f"want {COLOR} in the world's folder {world}, it is not there")
    return WorldFiles(color, depth if depth.is_file() else None, notes)
