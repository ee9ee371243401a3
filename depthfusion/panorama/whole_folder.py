"""A folder that appears whole or not at all: filled under a hidden name, flushed, then renamed.

What a killed process left is taken away by `clear_leftovers`. Cheap to import: no NumPy.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from depthfusion.errors import SaveError

LEFTOVER_AGE_S = 3600
"""From when on a hidden folder of another machine's process counts as left behind."""
_LEFTOVER = re.compile(r"\.depthfusion-(?P<host>.*)-(?P<pid>\d+)-(?P<token>[0-9a-f]{12})\.partial")
_tokens: set[str] = set()
"""Of the folders this process is filling."""


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


def put_in_place(partial: Path, wanted: Path) -> Path:
    """Give a finished folder its name, or the first one with a number that is free.

    Raises:
        OSError: if it cannot be renamed.
        SaveError: if no name is free.
    """
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


def flush_folder(folder: Path) -> None:
    """Make the renames last through a power cut, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


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
