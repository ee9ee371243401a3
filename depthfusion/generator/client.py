"""Generates in a worker process, so that torch can neither block nor crash this one.

    with WorkerClient() as client:
        for event in client.generate(Request("a mossy forest at dawn")):
            ...                         # as from `LatentGenerator`; `Failed` also after a crash

Needs no Qt; a window that owns a QProcess uses `protocol.Protocol` in the same way.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Generator, Mapping, Sequence
from types import TracebackType
from typing import Self

from depthfusion.errors import DepthFusionError
from depthfusion.generator.child import is_worker, worker_command, worker_environment
from depthfusion.generator.events import Event, Failed, Failure
from depthfusion.generator.request import AnyRequest, DepthRequest, Request
from depthfusion.generator.worker_process import WorkerProcess


class WorkerClient:
    """Owns one worker, started by the first request and kept warm for the next; `close` ends it.

    One request at a time: a new one cancels the one before.
    """

    def __init__(
        self, command: Sequence[str] | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start nothing yet.

        Args:
            command: program and arguments of the worker; None: our own.
            environment: variables to set for it, besides this process's own.
        """
        self._command = list(command or worker_command())
        self._environment = worker_environment(environment)
        self._lock = threading.Lock()  # held for moments only
        self._starting = threading.Lock()  # held while a worker is made ready for a request
        self._worker: WorkerProcess | None = None
        self._turn = 0

    @property
    def pid(self) -> int | None:
        """Of the worker process; None while there is none."""
        with self._lock:
            return self._worker.pid if self._worker is not None else None

    def generate(self, request: Request) -> Generator[Event]:
        """Return the events of a request as they happen; the request is sent with the first.

        Closing the iterator cancels. After `cancel` by another thread it just ends. An iterator
        blocks its own thread only.
        """
        return self._asked(request)

    def estimate(self, request: DepthRequest) -> Generator[Event]:
        """Return the events of estimating a picture's depth, as `generate` does for worlds."""
        return self._asked(request)

    def cancel(self) -> None:
        """Cancel the present request and return at once.

        Its iterator ends at once, too; the worker stops within its current step and is killed if
        that takes longer than 1.5 s. The next request then has to load the model again.
        """
        with self._lock:
            self._turn += 1
            worker = self._worker
        if worker is not None:
            worker.cancel()

    def close(self) -> None:
        """Cancel and end the worker, within 2 s; a later request starts another."""
        self.cancel()
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_worker", None) is not None:
            warnings.warn("a WorkerClient was dropped without close()", ResourceWarning, 2)

    def _asked(self, request: AnyRequest) -> Generator[Event]:
        self.cancel()
        with self._lock:
            turn = self._turn
        return self._events(request, turn)

    def _events(self, request: AnyRequest, turn: int) -> Generator[Event]:
        worker, job = None, None
        try:
            with self._starting:
                worker = self._ready(turn)
                job = worker.start(request) if worker is not None else None
                if worker is not None and job is None:  # killed for the job before: a fresh one
                    worker = self._ready(turn)
                    job = worker.start(request) if worker is not None else None
                if worker is not None and self._is_over(turn):  # cancelled while it was sent
                    worker.cancel(job)
            if worker is not None and job is None and not self._is_over(turn):
                if worker.failure is not None:  # the fresh one ended before it was asked
                    yield worker.failure
                return
            while worker is not None and job is not None:
                event = worker.next_event(job)
                if event is None:
                    return
                yield event
        except OSError as error:
            line = f"cannot start the generator ({error.strerror or error}): install it again"
            yield Failed(line, Failure.CRASH, details=str(error))
        except DepthFusionError as error:
            yield Failed(str(error), Failure.REQUEST, error.exit_code)
        finally:
            if worker is not None and job is not None:
                worker.cancel(job)

    def _ready(self, turn: int) -> WorkerProcess | None:
        """Return a worker that runs; None if the request was cancelled meanwhile."""
        if is_worker():
            raise DepthFusionError("a worker starts no worker")
        with self._lock:
            if self._turn != turn:
                return None
            worker, self._worker = self._worker, None
            if worker is not None and worker.is_over:
                worker.close()
                worker = None
            self._worker = worker or WorkerProcess(self._command, self._environment)
            return self._worker

    def _is_over(self, turn: int) -> bool:
        with self._lock:
            return self._turn != turn
