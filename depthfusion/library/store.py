"""One open SQLite file: its tables, its connections, and what its errors mean."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
VERSION = 1
"""Of the tables below; part of the index's file name too."""
BUSY_S = 20.0

# `words` are folded already (words.py), so the tokenizer has only to part them at spaces, and what
# it finds does not depend on the Unicode that some SQLite was built with.
_TABLES = """
CREATE TABLE worlds (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, stamp TEXT NOT NULL, title TEXT NOT NULL,
    title_key TEXT NOT NULL, prompt TEXT NOT NULL, created_s REAL NOT NULL,
    favourite INTEGER NOT NULL, comment TEXT NOT NULL, width INTEGER, height INTEGER,
    has_depth INTEGER NOT NULL, seed INTEGER, model TEXT NOT NULL, problem TEXT NOT NULL,
    words TEXT NOT NULL);
CREATE INDEX newest ON worlds (created_s DESC, name);
CREATE INDEX titles ON worlds (title_key, created_s DESC, name);
CREATE INDEX favourites ON worlds (favourite DESC, created_s DESC, name);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE VIRTUAL TABLE found USING fts5(
    words, content='worlds', content_rowid='id', tokenize='ascii', prefix='1 2 3');
CREATE TRIGGER added AFTER INSERT ON worlds BEGIN
    INSERT INTO found (rowid, words) VALUES (new.id, new.words);
END;
CREATE TRIGGER removed AFTER DELETE ON worlds BEGIN
    INSERT INTO found (found, rowid, words) VALUES ('delete', old.id, old.words);
END;
CREATE TRIGGER changed AFTER UPDATE OF words ON worlds WHEN old.words IS NOT new.words BEGIN
    INSERT INTO found (found, rowid, words) VALUES ('delete', old.id, old.words);
    INSERT INTO found (rowid, words) VALUES (new.id, new.words);
END;
"""


class WrongVersionError(sqlite3.DatabaseError):
    """The file is an index, but of another version, or somebody else's database."""


class Store:
    """One SQLite file, or memory; safe to use from any thread.

    Readers never wait for a writer (WAL). Writers of this process wait for each other here, those
    of other processes in SQLite.
    """

    def __init__(self, path: Path | None) -> None:
        """Open the file and see that its tables are there; None: in memory.

        Raises:
            sqlite3.DatabaseError: if it cannot be used; see `is_damage`.
        """
        self.path = path
        self._guard = threading.Lock()
        self._writing = threading.RLock()
        self._idle: list[sqlite3.Connection] = []
        self._is_closed = False
        self._watcher = self._connect()
        try:
            self._prepare(self._watcher)
            self._identity = self._on_disk()
        except BaseException:
            self._watcher.close()
            raise
        if path is None:  # one connection only, or each would see a memory of its own
            self._idle.append(self._watcher)

    def read(self, do: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `do` reads, all from one state of the index."""
        with self._alone_in_memory(), self._connection() as connection:
            connection.execute("BEGIN")
            try:
                return do(connection)
            finally:
                _end(connection, "ROLLBACK")

    def write(self, do: Callable[[sqlite3.Connection], T]) -> T:
        """Run `do` as one transaction: all of it happens, or nothing."""
        with self._writing, self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = do(connection)
                connection.execute("COMMIT")
            except BaseException:
                _end(connection, "ROLLBACK")
                raise
            return result

    def version(self) -> int:
        """Return a number that changes with every write of anybody."""
        with self._guard:
            if self._is_closed:
                return -1
            if self.path is None:
                return self._watcher.total_changes
            return int(self._watcher.execute("PRAGMA data_version").fetchone()[0])

    def is_replaced(self) -> bool:
        """Whether the file is not the one that was opened: deleted, or another in its place."""
        return self.path is not None and self._on_disk() != self._identity

    def close(self) -> None:
        """Close what nobody uses now; what is in use closes when it is given back."""
        with self._guard:
            self._is_closed = True
            for connection in {id(c): c for c in (*self._idle, self._watcher)}.values():
                connection.close()
            self._idle.clear()

    @contextmanager
    def _alone_in_memory(self) -> Iterator[None]:
        if self.path is not None:
            yield
            return
        with self._writing:
            yield

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._guard:
            if self._is_closed:
                raise sqlite3.ProgrammingError("the index was closed")
            connection = self._idle.pop() if self._idle else None
        connection = connection or self._connect()
        try:
            yield connection
        finally:
            self._give_back(connection)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._guard:
            if self._is_closed:
                connection.close()
            else:
                self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            ":memory:" if self.path is None else self.path,
            timeout=BUSY_S, isolation_level=None, check_same_thread=False,
        )  # fmt: skip
        try:
            # The folders are the truth: a power cut may take the index's last second.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(
                "PRAGMA mmap_size = 0"
            )  # a truncated file is then an error, no crash
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables in a new file. The index's lock is held."""
        connection.execute("PRAGMA journal_mode = WAL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        has_any = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version == VERSION and has_any:
            connection.execute("SELECT count(*) FROM (SELECT 1 FROM worlds, meta, found LIMIT 1)")
            return
        if version != 0 or has_any:
            raise WrongVersionError(f"version {version}")
        connection.executescript(f"BEGIN;{_TABLES}PRAGMA user_version = {VERSION};COMMIT;")

    def _on_disk(self) -> tuple[int, int] | None:
        if self.path is None:
            return None
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def _end(connection: sqlite3.Connection, how: str) -> None:
    """End a transaction whose own error, if there was one, is the one to tell."""
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute(how)


def is_busy(error: sqlite3.DatabaseError) -> bool:
    """Whether another process kept the index too long."""
    return _name(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the file's content is wrong; else its place cannot be used (full, read-only...)."""
    name = _name(error)
    if isinstance(error, WrongVersionError) or name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return True
    # A file cut short behind SQLite's back has lost its tables, or ends where a page should be.
    return name in {"SQLITE_ERROR", "SQLITE_SCHEMA", "SQLITE_IOERR_SHORT_READ"}


def _name(error: sqlite3.DatabaseError) -> str:
    return str(getattr(error, "sqlite_errorname", "") or "")
