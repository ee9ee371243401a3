"""Reads worlds and prepares them for the GPU, in a thread of its own beside the frame loop."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from depthfusion.errors import DepthFusionError
from depthfusion.vr.messages import ShowWorld

if TYPE_CHECKING:
    from depthfusion.panorama import Panorama
    from depthfusion.renderer import Stage

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Staged:
    """A part of a world is ready for `EyeDrawing.upload`."""

    order: ShowWorld
    stage: Stage
    title: str


@dataclass(frozen=True)
class Complete:
    """All stages of a world have come."""

    order: ShowWorld


@dataclass(frozen=True)
class NotLoaded:
    """A world cannot be shown."""

    order: ShowWorld
    words: str


Event = Staged | Complete | NotLoaded


class WorldLoader:
    """Works on the newest order only. All methods belong to the loop's thread and never wait."""

    def __init__(self, max_texture_px: int, *, is_software: bool) -> None:
        """Start the thread.

        Args:
            max_texture_px: the context's limit.
            is_software: whether the CPU draws: the surface is kept coarser.
        """
        self._max_texture_px, self._is_software = max_texture_px, is_software
        self._changed = threading.Condition()
        self._wanted: ShowWorld | None = None
        self._is_closed = False
        self._events: deque[Event] = deque()
        self._thread = threading.Thread(target=self._run, name="world loader", daemon=True)
        self._thread.start()

    def begin(self, order: ShowWorld) -> None:
        """Load this world now; give up the one that is being loaded."""
        with self._changed:
            self._events.clear()
            self._wanted = order
            self._changed.notify()

    def take(self) -> Event | None:
        """Return the oldest event of the newest order that was not taken yet."""
        if not self._events:  # without the lock: the loop asks in every frame
            return None
        with self._changed:
            return self._events.popleft() if self._events else None

    def close(self) -> None:
        """Let the thread end after what it is doing now."""
        with self._changed:
            self._wanted, self._is_closed = None, True
            self._events.clear()
            self._changed.notify()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end after `close`; return whether it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        order: ShowWorld | None = None
        while not self._is_closed:
            order = self._next_after(order)
            if order is not None:
                self._load(order)

    def _next_after(self, done: ShowWorld | None) -> ShowWorld | None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._wanted is not done)
            return self._wanted

    def _load(self, order: ShowWorld) -> None:
        for event in _guarded(order, self._steps):
            with self._changed:
                if self._wanted is not order:
                    return
                self._events.append(event)

    def _steps(self, order: ShowWorld) -> Iterator[Event]:
        from depthfusion.renderer import stages

        panorama = _read(order)
        title = order.title or panorama.title
        for stage in stages(
            panorama,
            max_texture_px=self._max_texture_px,
            software=self._is_software,
            inverted=order.view.invert_depth,
        ):
            yield Staged(order, stage, title)
        yield Complete(order)


def _read(order: ShowWorld) -> Panorama:
    from depthfusion.panorama import read_panorama
    from depthfusion.panorama.world_folder import files_of_world

    color, depth = order.color, order.depth
    if depth is None and Path(color).is_dir():
        files = files_of_world(color)
        color, depth = str(files.color), None if files.depth is None else str(files.depth)
    return read_panorama(color, depth, order.options)


def _guarded(order: ShowWorld, steps: Callable[[ShowWorld], Iterator[Event]]) -> Iterator[Event]:
    """Yield the steps; whatever goes wrong becomes one line, and the thread lives on."""
    name = Path(order.color).name
    try:
        yield from steps(order)
    except DepthFusionError as error:
        yield NotLoaded(order, str(error))
    except MemoryError:
        yield NotLoaded(order, f"not enough memory to open {name}")
    except OSError as error:
        yield NotLoaded(order, f"cannot open {name}: {error.strerror or error}")
    except Exception as error:  # the one place of this thread: the wearer must not wait forever
        _log.exception("while opening %s", name)
        kind = type(error).__name__
        yield NotLoaded(order, f"unexpected {kind} while opening {name}; please report it")
