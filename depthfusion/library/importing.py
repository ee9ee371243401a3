"""Pictures, pairs and folders of others become worlds of the library: `sources`, `imported`."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from depthfusion.errors import DepthFusionError, InputNotFoundError
from depthfusion.library.moving import copied
from depthfusion.panorama.options import ReadOptions
from depthfusion.panorama.partner import Role, named_as, partner_of
from depthfusion.panorama.sniff import EXTENSIONS
from depthfusion.panorama.world_folder import ABOUT, is_world, worlds_in
from depthfusion.panorama.world_name import slug

if TYPE_CHECKING:
    from depthfusion.library.world import World
    from depthfusion.panorama import Panorama

_EXIF = {
    271: "make", 272: "camera", 306: "changed", 36867: "taken", 315: "artist",
    33432: "copyright", 270: "description",
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """One thing to import."""

    path: Path
    """A picture, or the folder of a world."""
    depth: Path | None = None
    """Its depth map, where it was named; else it is looked for."""


@dataclass(frozen=True)
class Imported:
    """What came of one source."""

    source: Path
    world: World | None = None
    error: DepthFusionError | None = None
    """Why it is no world of the library now; one line."""
    notes: tuple[str, ...] = ()
    """What was assumed about it, one sentence each."""


def sources(paths: Sequence[Path]) -> list[Source]:
    """Return what lies in files and folders: each world, each pair, each picture, once.

    Two files of which one is named like a depth map are a pair, wherever they lie. Folders are
    looked into, not those in them, unless they are worlds.

    Raises:
        InputNotFoundError: if there is no such file, or nothing in a folder.
    """
    if len(paths) == 2:
        roles = [named_as(path).role for path in paths]
        if roles.count(Role.DEPTH) == 1 and all(path.is_file() for path in paths):
            depth = paths[roles.index(Role.DEPTH)]
            return [Source(paths[1 - roles.index(Role.DEPTH)], depth)]
    found: list[Source] = []
    for path in paths:
        if path.is_dir():
            found += _in_folder(path)
        elif not path.exists():
            raise InputNotFoundError(f"no such file: {path}")
        elif path.name == ABOUT:
            found.append(Source(path.parent))
        else:
            found.append(Source(path))
    return _without_partners(found)


def _in_folder(folder: Path) -> list[Source]:
    if is_world(folder):
        return [Source(folder)]
    worlds = [Source(world) for world in worlds_in(folder)]
    try:
        files = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    except OSError as error:
        raise InputNotFoundError(f"cannot open {folder}: {error.strerror}") from error
    pictures = [Source(path) for path in files if path.suffix.lower() in EXTENSIONS]
    if not worlds and not pictures:
        raise InputNotFoundError(f"want pictures or worlds to import, {folder} has none")
    return [*worlds, *pictures]


def _without_partners(found: list[Source]) -> list[Source]:
    """Leave out depth maps whose pictures are there too: reading those finds them."""
    given = {source.path for source in found}
    kept: dict[Path, Source] = {}
    for source in found:
        if source.path.is_file() and named_as(source.path).role is Role.DEPTH:
            partner = partner_of(source.path)
            if partner is not None and partner[0] in given:
                continue
        kept.setdefault(source.path, source)
    return list(kept.values())


def written(library: Path, source: Source, options: ReadOptions) -> tuple[Path, tuple[str, ...]]:
    """Write one source into the library; return its new folder and what was assumed.

    The original is only read. A world's folder is copied as it is; anything else is read as
    `depthfusion view` reads it and written as a world, with its depth's meaning, its recipe and
    where it came from.

    Raises:
        DepthFusionError: if it cannot be read or written; the library is as before then.
    """
    if source.path.is_dir():
        return copied(source.path, library / source.path.resolve().name), ()
    from depthfusion.panorama import read_panorama
    from depthfusion.panorama.write_world import write_world

    panorama = read_panorama(source.path, source.depth, options)
    notes = panorama.provenance.notes
    more = {"imported": origin(panorama, options)}
    return write_world(panorama, library / slug(panorama.title), more), notes


def origin(panorama: Panorama, options: ReadOptions) -> dict[str, Any]:
    """Return where an imported world came from, for its world.json."""
    color, depth = panorama.provenance.color_source, panorama.provenance.depth_source
    said = {key: value for key, value in asdict(options).items() if value != _DEFAULTS[key]}
    values: dict[str, Any] = {
        "color": Path(color).name if color else None,
        "depth": Path(depth).name if depth and depth != color else None,
        "folder": str(Path(color).absolute().parent) if color else None,
        "options": {k: v.value if hasattr(v, "value") else v for k, v in said.items()},
        "exif": _exif(Path(color)) if color else {},
    }
    return {key: value for key, value in values.items() if value not in (None, {}, "")}


_EXIF_IFD = 0x8769
_DEFAULTS = asdict(ReadOptions())


def _exif(path: Path) -> dict[str, str]:
    """Return what a picture's EXIF says of its making; {} for most."""
    from PIL.Image import DecompressionBombError

    from depthfusion.panorama.pillow_file import PLUGINS, quiet
    from depthfusion.panorama.sniff import FileKind, sniff

    found: dict[str, str] = {}
    # Whatever Pillow raises for odd EXIF: the picture itself was read already.
    refused: tuple[type[Exception], ...] = (
        OSError,
        SyntaxError,
        ValueError,
        LookupError,
        TypeError,
        struct.error,
    )
    refused += (DecompressionBombError, DepthFusionError)
    with suppress(*refused), quiet(), path.open("rb") as file:
        kind = sniff(path)
        module, name = PLUGINS[kind]
        image = getattr(import_module(f"PIL.{module}"), name)(file)
        if kind is FileKind.PNG and "exif" not in image.info:
            return {}  # Pillow would decode all of it to look behind the pixels
        exif = image.getexif()
        values = {**exif, **exif.get_ifd(_EXIF_IFD)}
        for tag, key in _EXIF.items():
            if isinstance(values.get(tag), str) and values[tag].strip("\0 "):
                found[key] = values[tag].strip("\0 ")[:500]
    return found
