"""Looks at every file of every world: `checked`. Nothing is changed, nothing deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from depthfusion.library.world import World, read_world
from depthfusion.panorama.world_folder import COLOR, DEPTH, THUMBNAIL

_MAX_THUMBNAIL_PX = 4096


@dataclass(frozen=True)
class Checked:
    """One world, and what is wrong with it."""

    world: World
    problems: tuple[str, ...]
    """Empty when all is well."""


def checked(folder: Path) -> Checked | None:
    """Read a world's files from end to end; None for a folder that is no world."""
    read = read_world(folder)
    if read is None:
        return None
    problems = [read.world.problem] if read.world.problem else []
    for name in (COLOR, DEPTH, THUMBNAIL):
        path = folder / name
        told = any(problem.startswith(name) for problem in problems)
        if not told and (name != DEPTH or path.exists()):
            found = _problem(path, read.world.size_px if name == COLOR else None)
            problems += [found] if found else []
    return Checked(replace(read.world, problem=problems[0] if problems else ""), tuple(problems))


def check_all(folder: Path, names: Iterator[str]) -> Iterator[Checked]:
    """Yield the worlds of some folders in a library."""
    for name in names:
        found = checked(folder / name)
        if found is not None:
            yield found


def _problem(path: Path, size_px: tuple[int, int] | None) -> str:
    from PIL import JpegImagePlugin, PngImagePlugin

    from depthfusion.panorama.pillow_file import quiet

    kind = JpegImagePlugin.JpegImageFile if path.name == THUMBNAIL else PngImagePlugin.PngImageFile
    try:
        with path.open("rb") as file:
            with quiet():
                image = kind(file)
            size = image.size
            if path.name != THUMBNAIL:
                image.verify()  # every chunk against its checksum
            elif max(size) <= _MAX_THUMBNAIL_PX:
                image.load()
            else:
                return f"{path.name} is {size[0]}x{size[1]}, too large for a list"
    except FileNotFoundError:
        return f"{path.name} is missing"
    except OSError as error:
        return f"{path.name} is damaged: {error.strerror or error}"
    except (SyntaxError, ValueError, EOFError) as error:  # what Pillow raises for broken files
        return f"{path.name} is damaged: {error}"
    if size_px is not None and size != size_px:
        return f"{path.name} is {size[0]}x{size[1]}, world.json says {size_px[0]}x{size_px[1]}"
    return ""
