"""Takes a whole library to another folder, world by world: `moving`."""

from __future__ import annotations

import filecmp
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from depthfusion.errors import DepthFusionError, SaveError, UsageError
from depthfusion.library.place import own_folder, trash_folder
from depthfusion.library.trash import GONE, clear_purged
from depthfusion.panorama.whole_folder import flush_folder, partial_folder, put_in_place
from depthfusion.panorama.world_folder import is_world


@dataclass(frozen=True)
class Moved:
    """One world that is in its new place now."""

    folder: Path
    done: int
    total: int
    """Known so far: worlds that others add meanwhile come along."""
    before: Path
    """Where it was; another name than now where that was taken at the new place."""


def copied(source: Path, wanted: Path) -> Path:
    """Copy a world's folder, whole or not at all; return the folder it became.

    Raises:
        SaveError: if it cannot be copied; nothing is left behind then.
    """
    try:
        wanted.parent.mkdir(parents=True, exist_ok=True)
        with partial_folder(wanted.parent) as partial:
            _copy_into(source, partial)
            return put_in_place(partial, wanted)
    except OSError as error:
        raise SaveError(
            f"cannot copy {source} to {wanted}: {error.strerror or error}; nothing was left there"
        ) from error


def moving(library: Path, target: Path) -> Iterator[Moved]:
    """Move every world and the trash to another folder; yield each world that has arrived.

    Stopped or killed at any moment, each world is whole in one of the two folders; begun again, it
    goes on. What other programs add meanwhile is moved as well.

    Raises:
        UsageError: if one folder lies in the other.
        SaveError: if a world cannot be moved; those before it are in the new place.
    """
    here, there = library.resolve(), target.resolve()
    if here == there or here in there.parents or there in here.parents:
        raise UsageError(f"want a folder outside of {library}, got {target}")
    try:
        own_folder(target).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SaveError(f"cannot move the library to {target}: {error.strerror}") from error
    done = 0
    while worlds := _worlds(library):
        total = done + len(worlds)
        for world in worlds:
            done += 1
            yield Moved(_move(library, world, target / world.name), done, total, world)
    _move_trash(library, target)
    clear_purged(library)


def _worlds(library: Path) -> list[Path]:
    try:
        return sorted(f for f in library.iterdir() if not f.name.startswith(".") and is_world(f))
    except OSError as error:
        raise SaveError(f"cannot read the library {library}: {error.strerror}") from error


def _move(library: Path, world: Path, wanted: Path) -> Path:
    if _is_copy(world, wanted):  # a killed move had come so far
        _remove(library, world)
        return wanted
    try:
        return put_in_place(world, wanted)
    except OSError:  # another file system, most likely; else copying says what it is
        place = copied(world, wanted)
    _remove(library, world)
    return place


def _remove(library: Path, world: Path) -> None:
    """Remove a world that was copied; out of sight first, so that a kill leaves no half of it."""
    gone = trash_folder(library) / f"{time.time_ns()}{GONE}"
    try:
        gone.parent.mkdir(parents=True, exist_ok=True)
        world.rename(gone)
    except OSError as error:
        raise SaveError(
            f"cannot remove {world}, which was copied already: {error.strerror or error}"
        ) from error
    shutil.rmtree(gone, ignore_errors=True)


def _is_copy(world: Path, other: Path) -> bool:
    """Whether two folders hold the same files; their bytes are compared."""
    with suppress(OSError):
        names = sorted(f.name for f in world.iterdir() if not f.name.startswith("."))
        if names and names == sorted(f.name for f in other.iterdir()):
            return not any(filecmp.cmpfiles(world, other, names, shallow=False)[1:])
    return False


def _move_trash(library: Path, target: Path) -> None:
    with suppress(OSError, DepthFusionError):  # nobody misses what was deleted
        for deletion in trash_folder(library).iterdir():
            for world in deletion.iterdir():
                _move(library, world, trash_folder(target) / deletion.name / world.name)
            deletion.rmdir()


def _copy_into(source: Path, target: Path) -> None:
    """Copy what a folder holds and flush it to the disk; files keep their times."""
    for entry in sorted(source.iterdir()):
        place = target / entry.name
        if entry.is_symlink() and entry.is_dir():
            place.symlink_to(entry.readlink())
        elif entry.is_dir():
            place.mkdir()
            _copy_into(entry, place)
        elif entry.is_file():
            shutil.copy2(entry, place)
            _flush(place)
    flush_folder(target)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
