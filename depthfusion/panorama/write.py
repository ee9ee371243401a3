"""Writes a panorama as a pair of PNG files that other tools understand: `write_pair`."""

from __future__ import annotations

import json
import math
import os
import secrets
import shutil
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from depthfusion._version import __version__
from depthfusion.errors import SaveError
from depthfusion.panorama.coding import codes_from
from depthfusion.panorama.decoded import Array
from depthfusion.panorama.depth_file import HOLES_CHUNK
from depthfusion.panorama.panorama import DepthMeaning, Panorama
from depthfusion.panorama.parameters import parameters_text
from depthfusion.panorama.whole_folder import flush_folder
from depthfusion.panorama.xmp import gpano_xmp

if TYPE_CHECKING:
    from PIL.PngImagePlugin import PngInfo

FORMAT_VERSION = 1
_ZLIB_LEVEL = 1
"""3 takes 40 % longer for 3 % less."""


class ViewSettings(Protocol):
    """What `depthfusion.view.View` offers; this package lies below it and does not know it."""

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able settings."""
        ...


def write_pair(
    panorama: Panorama,
    color_path: str | os.PathLike[str],
    depth_path: str | os.PathLike[str] | None = None,
    *,
    view: ViewSettings | None = None,
) -> tuple[Path, Path | None]:
    """Write an 8-bit colour PNG and a 16-bit depth PNG, white = near.

    Both carry GPano, the `parameters` text if it is known how the picture was made, and a JSON
    chunk `depthfusion`: what the depth means (with near and far in metres), how it was made, the
    view settings. Reading the pair gives the same colour; depth is rounded to 16 bits the first
    time and the same ever after. Files appear whole or not at all: they are written beside their
    place, flushed to the disk, and renamed.

    Args:
        panorama: what to write.
        color_path: name of the colour file, ending in .png.
        depth_path: of the depth file; None: the colour's name with `_depth`.
        view: settings to remember; None: those that came with the panorama.

    Returns:
        The two paths; the second is None when there is no depth.

    Raises:
        SaveError: if a file cannot be written; what stood there before is untouched.
    """
    color = Path(color_path)
    depth = Path(depth_path) if depth_path is not None else _beside(color)
    has_depth = panorama.depth is not None
    _check_names(color, depth)
    settings = dict(panorama.provenance.view) if view is None else view.to_dict()
    temporary: list[tuple[Path, Path]] = []
    try:
        codes, coding, holes = _coded(panorama)
        saved = _saved(panorama, coding, settings)
        temporary.append((_new_name(color), color))
        _write_png(temporary[0][0], panorama.color, panorama, saved, b"")
        if has_depth:
            temporary.append((_new_name(depth), depth))
            _write_png(temporary[1][0], codes, panorama, saved, holes)
        _put_in_place(temporary)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SaveError(
            f"cannot write {color}: {reason}; what was there before is untouched"
        ) from error
    finally:
        for path, _ in temporary:
            with suppress(OSError):
                path.unlink()
    return color, depth if has_depth else None


def _beside(color: Path) -> Path:
    return color.with_name(f"{color.stem}_depth.png")


def _check_names(color: Path, depth: Path) -> None:
    for path in (color, depth):
        if path.suffix.lower() != ".png":
            raise SaveError(f"want a name that ends in .png, got {path.name}")
        if not path.parent.is_dir():
            raise SaveError(f"want an existing folder to write to, {path.parent} is none")
        if path.is_dir():
            raise SaveError(f"want a file name, {path} is a folder")
    if color.resolve() == depth.resolve():
        raise SaveError(f"want two names for colour and depth, both are {color}")


def _coded(panorama: Panorama) -> tuple[Array, dict[str, Any], bytes]:
    """Return the depth's 16-bit codes, how to decode them, and the packed holes."""
    if panorama.depth is None:
        return np.zeros((0, 0), np.uint16), {}, b""
    codes, coding = codes_from(panorama.depth, panorama.meaning)
    if panorama.meaning is DepthMeaning.RELATIVE and panorama.near_m is not None:
        coding |= {"near_m": panorama.near_m, "far_m": panorama.far_m}
    if panorama.holes is None:
        return codes, coding, b""
    return codes, coding, zlib.compress(np.packbits(panorama.holes).tobytes(), 6)


def _saved(panorama: Panorama, coding: dict[str, Any], view: Mapping[str, Any]) -> str:
    saved = {
        "version": FORMAT_VERSION,
        "software": f"DepthFusion {__version__}",
        "title": _own_title(panorama),
        "depth": coding,
        "generation": dict(panorama.provenance.generation),
        "view": view,
        "notes": list(panorama.provenance.notes),
    }
    return json.dumps(plain(saved), ensure_ascii=False, allow_nan=False)


def _own_title(panorama: Panorama) -> str:
    """Return its title, unless that was only the name of the file it came from."""
    source = panorama.provenance.color_source
    return "" if source and Path(source).stem == panorama.title else panorama.title


def plain(value: Any) -> Any:
    """Return `value` in JSON's types; infinity and NaN become "inf" and "nan"."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return str(value)


def _write_png(path: Path, pixels: Array, panorama: Panorama, saved: str, holes: bytes) -> None:
    """Write one new file and flush it to the disk."""
    from PIL import Image

    height, width = pixels.shape[:2]
    info = _info(width, height, panorama.provenance.generation, saved, holes)
    with path.open("xb") as file:
        Image.fromarray(pixels).save(file, "PNG", pnginfo=info, compress_level=_ZLIB_LEVEL)
        file.flush()
        os.fsync(file.fileno())


def _info(
    width: int, height: int, generation: Mapping[str, Any], saved: str, holes: bytes
) -> PngInfo:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", gpano_xmp(width, height))
    parameters = parameters_text(generation)
    if parameters:
        info.add_text("parameters", parameters)
    info.add_itxt("depthfusion", saved)
    if holes:
        info.add(HOLES_CHUNK.encode(), holes)
    return info


def _new_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")


def _put_in_place(temporary: list[tuple[Path, Path]]) -> None:
    """Rename all files to their names; when one fails, take back those before it."""
    done: list[tuple[Path, Path | None]] = []
    kept: Path | None = None
    try:
        for source, target in temporary:
            kept = _kept(target) if len(temporary) > 1 and not done else None
            source.replace(target)
            done.append((target, kept))
    except OSError:
        for target, old in done:
            if old is not None:
                old.replace(target)
            else:
                target.unlink()
        raise
    finally:
        for old in [old for _, old in done] + [kept]:
            if old is not None:
                with suppress(OSError):
                    old.unlink()
    flush_folder(temporary[0][1].parent)


def _kept(target: Path) -> Path | None:
    """Give an existing file a second name, so that it can be brought back; None if it is new."""
    if not target.exists():
        return None
    kept = _new_name(target)
    try:
        kept.hardlink_to(target)
    except OSError:  # a file system without links
        shutil.copy2(target, kept)
    return kept
