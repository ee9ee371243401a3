"""Prepares the surface of a large panorama in a process of its own: `SurfaceProcess`.

Beside the window it would hold Python's lock for up to 100 ms at a time, and what it needs while it
works would stay with the window. Both sides of the pipes are here; the child is
`python -m depthfusion.gui.surface_child`. It sees no file and lives for one surface.
"""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from depthfusion.child_process import child_environment

if TYPE_CHECKING:
    from depthfusion.panorama import Panorama
    from depthfusion.renderer import Quality, Stage

LARGE_TEXELS = 4_000_000
"""Depth maps from here on are worth a process: smaller ones are done while it would start."""
_LENGTH_BYTES = 8
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Order:
    """What `renderer.stages.surface_stage` is to be called with."""

    panorama: Panorama
    quality: Quality
    max_texture_px: int
    software: bool
    inverted: bool


class SurfaceProcess:
    """One child process. `made` in one thread, `stop` from any; `close` when done."""

    def __init__(self) -> None:
        """Start it at once: it imports what it needs while the picture is prepared."""
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = subprocess.Popen(
                # -P: the current folder may be anybody's; our own path is given instead.
                [sys.executable, "-P", "-m", "depthfusion.gui.surface_child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=child_environment(),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            _log.warning("cannot start a process for the surface: %s", error)

    def made(self, order: Order) -> Stage | None:
        """Return the surface; None if the process ended early: prepare it here."""
        if self._process is None:
            return None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            send(self._process.stdin, order)
            stage: Stage = receive(self._process.stdout)
        except (OSError, EOFError) as error:
            _log.info("the process for the surface ended early: %s", error)
            return None
        return stage

    def stop(self) -> None:
        """Let it go; never waits."""
        with self._lock:
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """Let it go and wait until it has gone."""
        self.stop()
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                try:
                    if pipe is not None:
                        pipe.close()
                except OSError:  # what was not sent yet cannot be
                    pass


def is_worth_a_process(panorama: Panorama) -> bool:
    """Whether a panorama's surface is large, and this program can start itself."""
    is_frozen = getattr(sys, "frozen", False)  # sys.executable would open another window
    return panorama.depth is not None and panorama.depth.size >= LARGE_TEXELS and not is_frozen


def send(out: IO[bytes], value: Any) -> None:
    """Write a value; its arrays go without being copied."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    raw = [buffer.raw() for buffer in buffers]
    sizes = pickle.dumps((len(head), [part.nbytes for part in raw]))
    out.write(len(sizes).to_bytes(_LENGTH_BYTES, "little") + sizes + head)
    for part in raw:
        out.write(part)
    out.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read what `send` wrote.

    Pickles are safe here: they come from our own program, through a pipe that is nobody else's.

    Raises:
        EOFError: if it ends before.
    """
    sizes = _exactly(stream, int.from_bytes(_exactly(stream, _LENGTH_BYTES), "little"))
    head_bytes, sizes_bytes = pickle.loads(sizes)
    head = _exactly(stream, head_bytes)
    return pickle.loads(head, buffers=[_exactly(stream, size) for size in sizes_bytes])


def _exactly(stream: IO[bytes], size: int) -> bytearray:
    data = bytearray(size)
    rest = memoryview(data)
    while rest:
        got = stream.readinto(rest)  # type: ignore[attr-defined]  # every binary stream has it
        if not got:
            raise EOFError("the other side has ended")
        rest = rest[got:]
    return data
