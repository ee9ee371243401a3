"""Runs what touches the library's disk in a thread, one after the other: `LibraryWork`."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from depthfusion.errors import DepthFusionError


@dataclass
class _Job:
    call: Callable[[], Any]
    then: Callable[[Any], object] | None
    failed: Callable[[DepthFusionError], object] | None
    result: Any = None
    error: DepthFusionError | None = None


class LibraryWork(QObject):
    """A slow drive, or another program that holds the library, then never holds the window up.

    The thread is there only while there is something to do.
    """

    _done = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._guard = threading.Lock()
        self._jobs: deque[_Job] = deque()
        self._thread: threading.Thread | None = None
        self._is_shut = False
        self._done.connect(self._tell)

    def do(
        self,
        call: Callable[[], Any],
        then: Callable[[Any], object] | None = None,
        failed: Callable[[DepthFusionError], object] | None = None,
    ) -> None:
        """Run `call` after all that was wanted before.

        Args:
            call: runs in the thread.
            then: gets its result, in the GUI thread.
            failed: gets what it raised, in the GUI thread.
        """
        with self._guard:
            self._jobs.append(_Job(call, then, failed))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="library-work", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            with self._guard:
                if not self._jobs:
                    self._thread = None
                    return
                job = self._jobs.popleft()
            try:
                job.result = job.call()
            except DepthFusionError as error:
                job.error = error
            self._done.emit(job)

    def _tell(self, job: _Job) -> None:
        if self._is_shut:
            return
        if job.error is not None:
            if job.failed is not None:
                job.failed(job.error)
        elif job.then is not None:
            job.then(job.result)

    def shut_down(self) -> None:
        """Finish what was wanted; nothing is told any more."""
        self._is_shut = True
        with self._guard:
            thread = self._thread
        if thread is not None:
            thread.join()
