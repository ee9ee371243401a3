"""The index that survives: whatever happens to its file, reading and writing go on."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from depthfusion.errors import DepthFusionError
from depthfusion.library.lock import locked
from depthfusion.library.store import Store, is_busy, is_damage

T = TypeVar("T")
_ATTEMPTS = 4
_PARTS = ("", "-wal", "-shm")
_log = logging.getLogger(__name__)


class Index:
    """A `Store` that is made anew when it is lost or damaged.

    A damaged file is set aside as `*.broken`, a deleted one simply made again. Where there is no
    place for a file (disk full, read-only) the index goes on in memory. It is empty then: the
    next scan fills it.
    """

    def __init__(self, path: Path) -> None:
        """Open the index, making file and folders where they are missing."""
        self.path = path
        self._guard = threading.RLock()
        self._notices: list[str] = []
        self._generation = 0
        self._store: Store | None = None
        self._current()

    def read(self, do: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `do` reads; it may run again, after a repair.

        Raises:
            DepthFusionError: if another process keeps the index all the time.
        """
        return self._insist(lambda store: store.read(do))

    def write(self, do: Callable[[sqlite3.Connection], T]) -> T:
        """Run `do` as one transaction; it may run again, after a repair.

        Raises:
            DepthFusionError: if another process keeps the index all the time.
        """
        return self._insist(lambda store: store.write(do))

    def version(self) -> tuple[int, int]:
        """Return a value that changes with every write of anybody; costs microseconds."""
        return self._generation, self._insist(lambda store: store.version())

    def generation(self) -> int:
        """Return which index this is: one more whenever it began anew, empty."""
        self._current()
        return self._generation

    def notices(self) -> list[str]:
        """Return what happened to the index since the last call, one line each."""
        with self._guard:
            told, self._notices = self._notices, []
            return told

    def is_in_memory(self) -> bool:
        """Whether there was no place for a file."""
        return self._current().path is None

    def throw_away(self) -> None:
        """Begin with an empty index."""

        def emptied(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM meta")
            connection.execute("DELETE FROM worlds")

        self.write(emptied)

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        with self._guard:
            if self._store is not None:
                self._store.close()
                self._store = None

    def _insist(self, do: Callable[[Store], T]) -> T:
        for attempt in range(_ATTEMPTS):
            store = self._current()
            try:
                return do(store)
            except sqlite3.DatabaseError as error:
                if is_busy(error):
                    raise DepthFusionError(
                        f"want to use the library's index {self.path}, another program keeps it "
                        "busy: try again when it is done"
                    ) from error
                if attempt == _ATTEMPTS - 1:
                    raise DepthFusionError(
                        f"the library's index {self.path} cannot be used: {error}; no world is "
                        "touched, delete that file and try again"
                    ) from error
                self._recover(store, error)
        raise AssertionError("not reached")

    def _current(self) -> Store:
        with self._guard:
            if self._store is not None and self._store.is_replaced():
                self._store.close()
                self._store = None
            if self._store is None:
                self._store = self._opened()
                self._generation += 1
            return self._store

    def _opened(self) -> Store:
        """Open the file, setting a damaged one aside; in memory where that cannot be."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with locked(Path(f"{self.path}.lock")):
                try:
                    return Store(self.path)
                except sqlite3.DatabaseError as error:
                    if not is_damage(error):
                        raise
                    self._set_aside(error)
                return Store(self.path)
        except (OSError, sqlite3.DatabaseError, DepthFusionError) as error:
            return self._in_memory(error)

    def _recover(self, store: Store, error: sqlite3.DatabaseError) -> None:
        """Put another store in the place of one that failed, unless that has happened already."""
        _log.debug("the index failed", exc_info=error)
        with self._guard:
            if self._store is not store or isinstance(error, sqlite3.ProgrammingError):
                return
            is_in_place = not store.is_replaced()
            store.close()
            self._store = None
            if not is_damage(error) and store.path is not None:
                self._store = self._in_memory(error)
                self._generation += 1
            elif is_in_place and store.path is not None:
                with suppress(OSError, DepthFusionError), locked(Path(f"{self.path}.lock")):
                    if not store.is_replaced():  # else: another process has done it
                        self._set_aside(error)

    def _set_aside(self, error: Exception) -> None:
        """Rename a file that cannot be used; the lock is held."""
        aside = f"{self.path}.broken"
        for part in _PARTS:
            with suppress(FileNotFoundError):
                Path(f"{self.path}{part}").replace(f"{aside}{part}")
        self._notices.append(
            f"the library's index was damaged ({error}): kept as {aside}, made anew from the worlds"
        )

    def _in_memory(self, error: Exception) -> Store:
        reason = getattr(error, "strerror", None) or error
        self._notices.append(
            f"the library's index cannot be kept in {self.path.parent} ({reason}): "
            "it is made anew at every start"
        )
        return Store(None)
