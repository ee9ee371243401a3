"""Brings the index up to what the folders hold: `scan`, `ScanThread`."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from depthfusion.errors import DepthFusionError, InputNotFoundError
from depthfusion.library import query
from depthfusion.library.index import Index
from depthfusion.library.place import check_present
from depthfusion.library.world import read_world, stamp_of

BATCH = 100
"""Worlds of one transaction: another writer waits some 10 ms for it."""
SETTLED_S = 2.0
"""A folder changed more lately may change again within its time's resolution (FAT: 2 s)."""
_WRONG_CLOCK_S = 60.0
_SEEN = "seen_ns"
_SYSTEM = {"lost+found", "System Volume Information", "$RECYCLE.BIN"}
"""At the root of a drive."""
Tell = Callable[[int, int], None]
"""Gets (done, total) of the worlds that have to be read."""


@dataclass(frozen=True)
class Scanned:
    """What a scan found different."""

    total: int
    """Worlds in the library, damaged ones too."""
    changed: int = 0
    """New ones, and those that were not as the index had them."""
    removed: int = 0
    is_complete: bool = True
    """False when it was cancelled: what was read is in the index, the rest comes the next time."""


def scan(
    index: Index,
    folder: Path,
    tell: Tell | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Scanned:
    """Read what is new or changed since the last scan.

    Costs two `stat` a world, and reading those that changed; writes in short transactions, so
    that reading and writing go on meanwhile.

    Raises:
        InputNotFoundError: if a library that had worlds is gone; the index stays as it is.
    """
    while True:
        generation = index.generation()
        found = _scan(index, folder, tell, is_cancelled)
        # An index that was lost meanwhile began anew without what the lost one knew.
        if index.generation() == generation or not found.is_complete:
            return found


def _scan(
    index: Index, folder: Path, tell: Tell | None, is_cancelled: Callable[[], bool]
) -> Scanned:
    known = index.read(query.stamps)
    check_present(folder, len(known))
    seen_ns = _settled_ns(folder)
    present, changed = set[str](), list[str]()
    for name in folders(folder):
        present.add(name)
        if known.get(name) != stamp_of(f"{folder}{os.sep}{name}"):
            changed.append(name)
    done, found = 0, 0
    for batch in _batches(changed):
        if is_cancelled():
            return Scanned(index.read(_count), found, is_complete=False)
        found += _take_in(index, folder, batch)
        done += len(batch)
        if tell is not None:
            tell(done, len(changed))
    check_present(folder, len(known))  # the drive may have gone meanwhile
    gone = [name for name in known if name not in present]
    removed = _take_out(index, folder, gone)
    if index.read(_seen) != seen_ns:  # else nobody need look again
        index.write(lambda connection: _set_seen(connection, seen_ns))
    return Scanned(index.read(_count), found, removed)


def is_stale(index: Index, folder: Path) -> bool:
    """Whether worlds may have come or gone since the last scan; one `stat` and one small read.

    What was changed within a world by another program is only seen by a scan.
    """
    stored = index.read(_seen)
    return stored != _modified_ns(folder)


def folders(folder: Path) -> Iterator[str]:
    """Yield the names of the folders in a library, hidden ones left out.

    Raises:
        InputNotFoundError: if the folder cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    is_foreign = entry.name.startswith(".") or entry.name in _SYSTEM
                    if not is_foreign and entry.is_dir():
                        yield entry.name
    except FileNotFoundError:  # a new library
        return
    except OSError as error:
        raise InputNotFoundError(
            f"cannot read the library {folder}: {error.strerror}; plug in its drive, or choose "
            "another folder"
        ) from error


def _take_in(index: Index, folder: Path, some: list[str]) -> int:
    """Read worlds and put them into the index; return how many there were.

    A world that somebody changes meanwhile is read again: whoever writes the index last has then
    seen the latest files. A folder that is no world any more is taken out.
    """
    reads = {name: read_world(folder / name) for name in some}

    def put(connection: sqlite3.Connection) -> int:
        worlds = 0
        for name, read in reads.items():
            fresh = read
            if read is not None and read.stamp != stamp_of(folder / name):
                fresh = read_world(folder / name)
            if fresh is None:
                query.drop(connection, [name])
            else:
                query.put(connection, fresh)
                worlds += 1
        return worlds

    return index.write(put)


def take_in(index: Index, folder: Path, names: Iterable[str]) -> None:
    """Bring the index up to date about some worlds, just changed by this process or gone."""

    def put(connection: sqlite3.Connection) -> None:
        for name in names:
            read = read_world(folder / name)
            if read is None:
                query.drop(connection, [name])
            else:
                query.put(connection, read)

    index.write(put)


def _take_out(index: Index, folder: Path, gone: list[str]) -> int:
    def drop(connection: sqlite3.Connection) -> int:
        # One that another process has just added is not gone.
        really = [name for name in gone if not (folder / name).is_dir()]
        query.drop(connection, really)
        return len(really)

    return index.write(drop) if gone else 0


def _batches(names: list[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _count(connection: sqlite3.Connection) -> int:
    return query.count(connection, query.Query())


def _modified_ns(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


def _settled_ns(folder: Path) -> int:
    """Return the folder's time, -1 while it is too young to tell the next change from the last."""
    modified = _modified_ns(folder)
    age_s = time.time() - modified / 1e9
    is_settled = age_s > SETTLED_S or age_s < -_WRONG_CLOCK_S
    return modified if is_settled else -1


def _seen(connection: sqlite3.Connection) -> int | None:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", [_SEEN]).fetchone()
    return int(row[0]) if row and str(row[0]).lstrip("-").isdigit() else None


def _set_seen(connection: sqlite3.Connection, value: int) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [_SEEN, str(value)])


class ScanThread:
    """A scan in a thread of its own. Reading the library goes on meanwhile."""

    def __init__(self, scanning: Callable[[Tell, Callable[[], bool]], Scanned]) -> None:
        """Start `scanning`, which gets `tell` and `is_cancelled`."""
        self._scanning = scanning
        self._cancelled = threading.Event()
        self._progress = (0, 0)
        self._result: Scanned | None = None
        self._error: DepthFusionError | None = None
        self._thread = threading.Thread(target=self._run, name="library-scan", daemon=True)
        self._thread.start()

    @property
    def progress(self) -> tuple[int, int]:
        """(done, total) of the worlds that have to be read; (0, 0) while they are looked for."""
        return self._progress

    @property
    def is_running(self) -> bool:
        """Whether it goes on; `result` does not wait any more when this is False."""
        return self._thread.is_alive()

    def cancel(self) -> None:
        """Stop at the next batch, within some milliseconds."""
        self._cancelled.set()

    def result(self, timeout_s: float | None = None) -> Scanned:
        """Wait for the end.

        Raises:
            DepthFusionError: what the scan raised, or that it is not done within `timeout_s`.
        """
        self._thread.join(timeout_s)
        if self._error is not None:
            raise self._error
        if self._result is None:
            raise DepthFusionError(f"want the library's scan within {timeout_s} s, it goes on")
        return self._result

    def _run(self) -> None:
        try:
            self._result = self._scanning(self._tell, self._cancelled.is_set)
        except DepthFusionError as error:
            self._error = error

    def _tell(self, done: int, total: int) -> None:
        self._progress = (done, total)
