"""Brings worlds beside the frame loop: a process prepares each, a thread of ours waits for it."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from depthfusion.vr.messages import ShowWorld
from depthfusion.vr.world_process import WorldProcess
from depthfusion.vr.world_steps import Failed, Wanted

if TYPE_CHECKING:
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

    def __init__(self, max_texture_px: int, *, is_software: bool, is_worn: bool = True) -> None:
        """Start the thread.

        Args:
            max_texture_px: the context's limit.
            is_software: whether the CPU draws: the surface is kept coarser.
            is_worn: whether the frame loop's time comes first.
        """
        self._max_texture_px, self._is_software = max_texture_px, is_software
        self._is_worn = is_worn
        self._changed = threading.Condition()
        self._wanted: ShowWorld | None = None
        self._is_closed = False
        self._events: deque[Event] = deque()
        self._given: list[Event] = []
        self._is_done = False
        self._process: WorldProcess | None = None
        self._thread = threading.Thread(target=self._run, name="world loader", daemon=True)
        self._thread.start()

    def begin(self, order: ShowWorld) -> None:
        """Load this world now; give up the one that is being loaded."""
        with self._changed:
            self._events.clear()
            self._wanted = order
            self._stop_process()
            self._changed.notify()

    def take(self) -> Event | None:
        """Return the oldest event of the newest order that was not taken yet."""
        if not self._events:  # without the lock: the loop asks in every frame
            return None
        with self._changed:
            return self._events.popleft() if self._events else None

    def done(self) -> None:
        """Let the newest order's parts go, which the loop no longer needs.

        The thread does it: where it is the last to hold them, giving their memory back takes the
        system up to 20 ms.
        """
        with self._changed:
            self._is_done = True
            self._changed.notify()

    def close(self) -> None:
        """Let the process go and the thread end; does not wait."""
        with self._changed:
            self._wanted, self._is_closed = None, True
            self._events.clear()
            self._stop_process()
            self._changed.notify()

    def _stop_process(self) -> None:
        if self._process is not None:
            self._process.stop()

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
        while True:
            with self._changed:
                self._changed.wait_for(self._has_something_to_do(done))
                given, self._given, self._is_done = self._given, [], False
                order, is_next = self._wanted, self._is_closed or self._wanted is not done
                if is_next and order is not None:
                    self._process = WorldProcess(self._wanted_of(order))
            given.clear()  # without the lock: see `done`
            if is_next:
                return order

    def _wanted_of(self, order: ShowWorld) -> Wanted:
        return Wanted(order, self._max_texture_px, self._is_software, self._is_worn)

    def _has_something_to_do(self, done: ShowWorld | None) -> Callable[[], bool]:
        return lambda: self._is_closed or self._is_done or self._wanted is not done

    def _load(self, order: ShowWorld) -> None:
        for event in self._steps(order):
            with self._changed:
                if self._wanted is not order:
                    return
                self._given.append(event)
                self._events.append(event)

    def _steps(self, order: ShowWorld) -> Iterator[Event]:
        assert self._process is not None
        try:
            for part in self._process.parts():
                if isinstance(part, Failed):
                    yield NotLoaded(order, part.words)
                    return
                yield Staged(order, part.stage, part.title)
        except Exception as error:  # whatever starting a process or a mapping meets: no later world
            name = Path(order.color).name  # would ever come if it ended this thread
            _log.exception("while preparing %s", name)
            reason = " ".join(str(error).split()) or type(error).__name__
            yield NotLoaded(order, f"cannot prepare {name}: {reason}")
            return
        yield Complete(order)
