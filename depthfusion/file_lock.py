"""Locks on open files, between processes: the system gives one back when its holder dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def open_locked(path: Path, *, wait: bool = True) -> int | None:
    """Open `path`, made where it is missing, and lock it; closing the descriptor unlocks it.

    A disk that knows no locks gives the descriptor all the same when `wait` is set.

    Args:
        path: in a folder that exists.
        wait: for another holder; else None is returned while there is one.

    Returns:
        A file descriptor that is not inherited, or None.

    Raises:
        OSError: if the file cannot be opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, wait)
    except OSError:
        if not wait:
            os.close(descriptor)
            return None
    return descriptor


def _lock(descriptor: int, wait: bool) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
