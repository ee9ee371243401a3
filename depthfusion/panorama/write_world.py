"""Writes a world into a folder of its own, whole or not at all: `write_world`.

The folder is filled under a hidden name beside its place, flushed to the disk, and renamed. What a
killed process left is taken away by `clear_leftovers`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from depthfusion._version import __version__
from depthfusion.errors import SaveError
from depthfusion.panorama.panorama import Panorama
from depthfusion.panorama.whole_folder import flush_folder, partial_folder, put_in_place
from depthfusion.panorama.world_folder import ABOUT, COLOR, DEPTH, THUMBNAIL
from depthfusion.panorama.write import plain, write_pair

ABOUT_VERSION = 1
THUMBNAIL_PX = (512, 256)
"""At most: a small panorama keeps its size."""


def write_world(
    panorama: Panorama,
    folder: str | os.PathLike[str],
    more: Mapping[str, Any] | None = None,
) -> Path:
    """Write a world into a new folder, whole or not at all.

    Args:
        panorama: what to write.
        folder: its place; folders above it are made. Where something has that name, "-2", "-3"...
            is appended: nothing is ever overwritten.
        more: JSON-able values to keep in world.json beside the usual ones.

    Returns:
        The folder it became.

    Raises:
        SaveError: if it cannot be written; nothing is left behind then.
    """
    wanted = Path(folder)
    try:
        wanted.parent.mkdir(parents=True, exist_ok=True)
        with partial_folder(wanted.parent) as partial:
            _fill(partial, panorama, more or {})
            return put_in_place(partial, wanted)
    except (SaveError, OSError) as error:
        reason = _reason(error)
        raise SaveError(f"cannot write {wanted}: {reason}; nothing was left there") from error


def _fill(folder: Path, panorama: Panorama, more: Mapping[str, Any]) -> None:
    from PIL import Image

    write_pair(panorama, folder / COLOR, folder / DEPTH)
    small = Image.fromarray(panorama.color)
    small.thumbnail(THUMBNAIL_PX, Image.Resampling.LANCZOS)
    with (folder / THUMBNAIL).open("xb") as file:
        small.save(file, "JPEG", quality=85)
        file.flush()
        os.fsync(file.fileno())
    with (folder / ABOUT).open("x", encoding="utf-8") as text:
        json.dump(_about(panorama, more), text, indent=1, ensure_ascii=False, allow_nan=False)
        text.flush()
        os.fsync(text.fileno())
    flush_folder(folder)


def _about(panorama: Panorama, more: Mapping[str, Any]) -> Any:
    height, width = panorama.color.shape[:2]
    known = {
        "version": ABOUT_VERSION,
        "software": f"DepthFusion {__version__}",
        "title": panorama.title,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "size_px": [width, height],
        "depth_is": _depth_is(panorama),
        "generation": dict(panorama.provenance.generation),
        "view": dict(panorama.provenance.view),
        "notes": list(panorama.provenance.notes),
    }
    return plain({**known, **more})


def _depth_is(panorama: Panorama) -> dict[str, Any] | None:
    if panorama.depth is None:
        return None
    return {
        "meaning": panorama.meaning.value,
        "near_m": panorama.near_m,
        "far_m": panorama.far_m,
    }


def _reason(error: BaseException) -> str:
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    return getattr(cause, "strerror", None) or str(error)
