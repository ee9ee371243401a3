"""One process at a time: a file lock that ends with its process, however that ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from depthfusion.errors import SaveError

TIMEOUT_S = 20.0
_PAUSE_S = 0.005

if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try(descriptor: int) -> bool:
        """Whether the lock is ours now; also where a network drive knows no locks."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True


@contextmanager
def locked(path: Path, timeout_s: float = TIMEOUT_S) -> Iterator[None]:
    """Hold the lock of a file, against other processes and other threads.

    Args:
        path: the file; made when it is missing, in a folder that exists. It is never removed:
            a lock on a file that is gone would hold nobody.
        timeout_s: how long to wait for another one.

    Raises:
        SaveError: if another one holds it all that time.
        OSError: if the file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        end = time.monotonic() + timeout_s
        while not _try(descriptor):
            if time.monotonic() > end:
                raise SaveError(
                    f"want to change {path.parent.parent}, another program has been changing it "
                    f"for {timeout_s:.0f} s: try again when it is done"
                )
            time.sleep(_PAUSE_S)
        yield
    finally:
        os.close(descriptor)  # this lets the lock go
