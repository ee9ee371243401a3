"""Makes loading, which takes seconds and tells its progress by calling back, an iterator."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

HEARTBEAT_S = 0.25
"""How often who waits can look up whether it is still wanted."""
Loaded = TypeVar("Loaded")


class _Stopped(Exception):  # noqa: N818 - it is no error
    """Ends a load that nobody waits for any more."""


class LoadingThread(Generic[Loaded]):
    """One load, begun at once in a thread of its own."""

    def __init__(
        self, what: tuple[Any, ...], load: Callable[[Callable[[float], None]], Loaded]
    ) -> None:
        """Begin.

        Args:
            what: says what is loaded, so that it can be compared with what is wanted later.
            load: loads it, and calls its argument with the share that is done.
        """
        self.what = what
        self._load_it = load
        self._told: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self._fraction = 0.0
        self._is_stopped = threading.Event()
        self._loaded: Loaded | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._load, name="load model", daemon=True)
        self._thread.start()

    def is_of_use_for(self, what: tuple[Any, ...]) -> bool:
        """Whether it loads, or has loaded, what is wanted now."""
        return what == self.what and self._error is None and not self._is_stopped.is_set()

    def fractions(self, heartbeat_s: float | None) -> Iterator[float]:
        """Yield the share that is loaded, until loading has ended.

        Args:
            heartbeat_s: yield it again after that time, so that who waits can look up whether it
                is still wanted; None: only when it changes.
        """
        while True:
            yield self._fraction
            try:
                fraction = self._told.get(timeout=heartbeat_s)
            except queue.Empty:
                continue
            if fraction is None:
                return
            self._fraction = fraction

    def stop(self) -> None:
        """Wait for the end; what is not loaded by now is not begun any more."""
        self._is_stopped.set()
        self._thread.join()

    def result(self) -> Loaded:
        """Return what was loaded, or raise what loading raised."""
        if self._error is not None:
            raise self._error
        assert self._loaded is not None
        return self._loaded

    def _load(self) -> None:
        try:
            self._loaded = self._load_it(self._tell)
        except BaseException as error:  # it is raised again in the thread that waits
            self._error = error
        finally:
            self._told.put(None)

    def _tell(self, fraction: float) -> None:
        if self._is_stopped.is_set():
            raise _Stopped
        self._told.put(fraction)
