"""Writes a world into a folder of its own, whole or not at all: `write_world`.

The folder is filled under a hidden name beside its place, flushed to the disk, and renamed. What a
killed process left is taken away by `clear_leftovers`.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from depthfusion._version import __version__
from depthfusion.errors import SaveError
from depthfusion.panorama.panorama import Panorama
from depthfusion.panorama.world_folder import ABOUT, COLOR, DEPTH, THUMBNAIL
from depthfusion.panorama.write import flush_folder, plain, write_pair

ABOUT_VERSION = 1
THUMBNAIL_PX = (512, 256)
"""At most: a small panorama keeps its size."""
LEFTOVER_AGE_S = 3600
"""From when on a hidden folder of another machine's process counts as left behind."""
_LEFTOVER = re.compile(r"\.depthfusion-(?P<host>.*)-(?P<pid>\d+)-(?P<token>[0-9a-f]{12})\.partial")
_tokens: set[str] = set()
"""Of the folders this process is filling."""


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
            return _renamed(partial, wanted)
    except (SaveError, OSError) as error:
        reason = _reason(error)
        raise SaveError(f"cannot write {wanted}: {reason}; nothing was left there") from error


@contextmanager
def partial_folder(parent: Path) -> Iterator[Path]:
    """Make a hidden folder to fill; what is still there under its name at the end is removed.

    Raises:
        OSError: if `parent` cannot be written to.
    """
    token = secrets.token_hex(6)
    partial = parent / f".depthfusion-{_host()}-{os.getpid()}-{token}.partial"
    _tokens.add(token)
    try:
        partial.mkdir()
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        _tokens.discard(token)


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


def _renamed(partial: Path, wanted: Path) -> Path:
    """Give the finished folder its name, or the first one with a number that is free."""
    for place in _numbered(wanted):
        if place.exists() or place.is_symlink():  # an empty folder would be replaced
            continue
        try:
            partial.rename(place)
        except (FileExistsError, NotADirectoryError):
            continue
        except OSError:
            if not place.exists():  # else: another process was faster
                raise
            continue
        flush_folder(place.parent)
        return place
    raise SaveError(f"want a free name like {wanted.name}, got none")


def _numbered(wanted: Path) -> Iterator[Path]:
    yield wanted
    for number in range(2, 10_000):
        yield wanted.with_name(f"{wanted.name}-{number}")


def _reason(error: BaseException) -> str:
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    return getattr(cause, "strerror", None) or str(error)


def clear_leftovers(folder: str | os.PathLike[str]) -> list[Path]:
    """Take away what killed processes left half-written in a folder; return it.

    What a running process of this machine is filling stays; of processes elsewhere (a shared
    drive) only what is over an hour old goes.
    """
    gone = []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            match = _LEFTOVER.fullmatch(entry.name)
            with suppress(OSError):
                if match and entry.is_dir(follow_symlinks=False) and _is_left(entry, match):
                    shutil.rmtree(entry.path)
                    gone.append(Path(folder, entry.name))
    return gone


def _is_left(entry: os.DirEntry[str], match: re.Match[str]) -> bool:
    pid = int(match["pid"])
    if match["host"] == _host():
        if pid == os.getpid():
            return match["token"] not in _tokens
        if not _is_running(pid):
            return True
    return time.time() - entry.stat().st_mtime > LEFTOVER_AGE_S


def _is_running(pid: int) -> bool:
    if os.name == "nt":  # signal 0 would end it there; its age decides
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # somebody else's
        return True
    return True


def _host() -> str:
    return re.sub(r"[^\w.]+", "-", socket.gethostname())[:60]
