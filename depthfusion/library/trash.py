"""Deleted worlds: a rename takes them to the library's own trash, and another one back."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from depthfusion.errors import InputNotFoundError, SaveError
from depthfusion.library.place import trash_folder, world_folder
from depthfusion.library.world import World, read_world
from depthfusion.panorama.whole_folder import flush_folder, put_in_place

GONE = ".gone"
"""Ending of what is being deleted for good."""


@dataclass(frozen=True)
class Deletion:
    """Worlds that were deleted together, and come back together."""

    token: str
    """Nanoseconds since 1970 when they were deleted; the name of their folder in the trash."""
    folder: Path
    names: tuple[str, ...]
    """Of their folders, as they were in the library."""

    @property
    def deleted_s(self) -> float:
        """When, in seconds since 1970."""
        return int(self.token) / 1e9

    def worlds(self) -> list[World]:
        """Return what they are, as they lie in the trash."""
        reads = (read_world(self.folder / name) for name in self.names)
        return [read.world for read in reads if read is not None]


def delete(library: Path, names: Iterable[str]) -> Deletion:
    """Take worlds to the trash, all or none. The library is locked.

    Raises:
        InputNotFoundError: if one is not there.
        SaveError: if one cannot be moved; all are where they were then.
    """
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        world_folder(library, name)
    moved: list[str] = []
    try:
        place = _new_folder(trash_folder(library))
        for name in wanted:
            (library / name).rename(place / name)
            moved.append(name)
    except OSError as error:
        for name in moved:
            with suppress(OSError):
                (place / name).rename(library / name)
        raise SaveError(
            f"cannot delete {wanted[len(moved)] if len(moved) < len(wanted) else wanted[0]} "
            f"in {library}: {error.strerror or error}; nothing was deleted"
        ) from error
    flush_folder(place)
    flush_folder(library)
    return Deletion(place.name, place, tuple(wanted))


def deletions(library: Path) -> list[Deletion]:
    """Return what lies in the trash, the last deletion first."""
    found = []
    with suppress(OSError):
        for place in trash_folder(library).iterdir():
            if _is_token(place.name):
                with suppress(OSError):
                    names = sorted(f.name for f in place.iterdir() if f.is_dir())
                    if names:
                        found.append(Deletion(place.name, place, tuple(names)))
    return sorted(found, key=lambda deletion: int(deletion.token), reverse=True)


def restore(library: Path, deletion: Deletion, names: Iterable[str] | None = None) -> list[str]:
    """Take deleted worlds back, all of them or some; return their names. The library is locked.

    A world whose name has been given to another one meanwhile gets a number.

    Raises:
        InputNotFoundError: if one is not in the trash any more.
        SaveError: if one cannot be moved; it stays in the trash.
    """
    restored = []
    for name in deletion.names if names is None else names:
        try:
            restored.append(put_in_place(deletion.folder / name, library / name).name)
        except FileNotFoundError as error:
            raise InputNotFoundError(
                f"want the deleted world {name}, it is not in the trash any more"
            ) from error
        except OSError as error:
            raise SaveError(
                f"cannot restore {name} to {library}: {error.strerror or error}; "
                f"it is still in {deletion.folder}"
            ) from error
    with suppress(OSError):
        deletion.folder.rmdir()  # if all are out
    return restored


def purge(library: Path, older_than_s: float = 0.0) -> int:
    """Delete for good what has been in the trash for longer; return how many worlds went.

    The library is locked. A deletion first loses its name, so that a killed purge never leaves
    half a world that could be restored.

    Raises:
        SaveError: if something cannot be deleted.
    """
    count = 0
    for deletion in deletions(library):
        if time.time() - deletion.deleted_s >= older_than_s:
            gone = deletion.folder.with_name(deletion.folder.name + GONE)
            try:
                deletion.folder.rename(gone)
            except OSError as error:
                raise SaveError(
                    f"cannot empty the trash of {library}: {error.strerror or error}"
                ) from error
            count += len(deletion.names)
    clear_purged(library)
    return count


def clear_purged(library: Path) -> None:
    """Take away what a purge that was killed has left, and empty deletions."""
    with suppress(OSError):
        for place in trash_folder(library).iterdir():
            if place.name.endswith(GONE):
                shutil.rmtree(place, ignore_errors=True)
            elif _is_token(place.name):
                with suppress(OSError):
                    place.rmdir()  # only if it is empty


def _is_token(name: str) -> bool:
    return name.isascii() and name.isdigit()


def _new_folder(trash: Path) -> Path:
    trash.mkdir(parents=True, exist_ok=True)
    for place in _times(trash):
        try:
            place.mkdir()
        except FileExistsError:
            continue
        return place
    raise AssertionError("not reached")


def _times(trash: Path) -> Iterator[Path]:
    while True:
        yield trash / str(time.time_ns())
