"""The near side of `world_child`: starts it, and maps what it prepares without copying."""

from __future__ import annotations

import mmap
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from depthfusion.child_process import child_environment
from depthfusion.vr.world_steps import Failed, Prepared, Wanted, world_steps

_SHARED_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 2_000_000_000
"""A folder in memory is used if so much is free: a world of 16384x8192 takes half of it."""


class WorldProcess:
    """Prepares one world in a child process. `parts` in one thread, `stop` from any."""

    def __init__(self, wanted: Wanted) -> None:
        """Note what is wanted; start nothing yet."""
        self._wanted = wanted
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopped = False

    def parts(self) -> Iterator[Prepared | Failed]:
        """Yield the parts as they come; after `stop` no more than one."""
        if getattr(sys, "frozen", False):  # sys.executable would start the program itself again
            yield from world_steps(self._wanted)
            return
        with tempfile.TemporaryDirectory(
            prefix="depthfusion-world-", dir=_roomy_folder(), ignore_cleanup_errors=True
        ) as folder:
            process = self._start()
            if process is None:
                return
            try:
                yield from self._received(process, folder)
            finally:
                process.kill()
                process.communicate()

    def stop(self) -> None:
        """Let the child go; never waits."""
        with self._lock:
            self._is_stopped = True
            if self._process is not None:
                self._process.kill()

    def _start(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._is_stopped:
                return None
            self._process = subprocess.Popen(
                # -P: the current folder may be anybody's; our own path is given instead.
                [sys.executable, "-P", "-m", "depthfusion.vr.world_child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=child_environment(),
            )
            return self._process

    def _received(
        self, process: subprocess.Popen[bytes], folder: str
    ) -> Iterator[Prepared | Failed]:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(OSError):  # it is gone already; Windows calls that an invalid argument
            process.stdin.write(pickle.dumps((self._wanted, folder)))
            process.stdin.flush()
        while (message := _read_message(process.stdout)) is not None:
            path, places, head = message
            if not path:
                return
            yield _mapped(Path(path), places, head)
        if not self._is_stopped:
            name = Path(self._wanted.order.color).name
            yield Failed(f"the process that read {name} ended early: is there enough memory?")


def _read_message(stream: IO[bytes]) -> Any:
    """Return the next message; None when the stream has ended.

    Pickles are safe here: they come from our own program, through a pipe that is nobody else's.
    """
    length = stream.read(8)
    data = stream.read(int.from_bytes(length, "little")) if len(length) == 8 else b""
    if not data or len(data) < int.from_bytes(length, "little"):
        return None
    return pickle.loads(data)


def _mapped(path: Path, places: list[tuple[int, int]], head: bytes) -> Any:
    """Return the part; its large arrays are the file's own pages, which go with the last of them.

    Windows removes nothing that is mapped: there the file is read.
    """
    if sys.platform == "win32":
        pages = memoryview(path.read_bytes())
    else:
        with path.open("rb") as file:
            pages = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    with suppress(OSError):  # a virus scanner may hold it: the folder's end tries again
        path.unlink()
    return pickle.loads(head, buffers=[pages[start : start + size] for start, size in places])


def _roomy_folder() -> str | None:
    """Return a folder in memory, where there is one with room; None: the usual place."""
    try:
        if shutil.disk_usage(_SHARED_MEMORY).free >= _ROOM_BYTES:
            return str(_SHARED_MEMORY)
    except OSError:  # there is none
        pass
    return None
