"""One running worker process and the threads that serve its pipes."""

from __future__ import annotations

import logging
import os
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from depthfusion.generator.events import Event, Failed, Finished, Preview, Step
from depthfusion.generator.protocol import CANCEL_GRACE_S, LastLines, Protocol
from depthfusion.generator.request import AnyRequest

MAX_WAITING_EVENTS = 16
"""For whoever asked; beyond that the pipe stays full, and the worker drops previews."""
MAX_WAITING_RESULTS = 2
_END_WAIT_S = 1.0
_READ_BYTES = 1 << 20
_log = logging.getLogger(__name__)


class WorkerProcess:
    """Starts a worker at once and ends it in `close`. Its methods may be called by any thread."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start the process.

        Raises:
            OSError: if it cannot be started.
        """
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=dict(environment),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._changed = threading.Condition()
        self._protocol = Protocol()
        self._events: deque[Event] = deque()
        self._last_lines = LastLines()
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._is_over = False
        self._is_closing = False
        self._killer: threading.Timer | None = None
        self._listening = self._begin(self._listen, "worker stderr")
        self._threads = [
            self._begin(self._read, "worker stdout"),
            self._begin(self._write, "worker stdin"),
            self._listening,
        ]

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def is_over(self) -> bool:
        """Whether the process has ended, or makes no sense any more; start another."""
        with self._changed:
            return self._is_over or self._protocol.broken

    @property
    def failure(self) -> Failed | None:
        """Why the process is over, whether or not a request was wanted; None while it is not."""
        with self._changed:
            return self._protocol.failure

    def start(self, request: AnyRequest) -> int | None:
        """Send a request, after the one before has ended (which takes 2 s at most).

        Returns:
            The job's number; None if the process ended meanwhile.

        Raises:
            FramingError: if the request cannot be sent.
        """
        self.cancel()
        with self._changed:
            self._changed.wait_for(lambda: not self._protocol.busy or self._is_over)
            if self._is_over or self._protocol.broken:
                return None
            self._events.clear()
            self._outgoing.put(self._protocol.start(request))
            return self._protocol.job

    def next_event(self, job: int) -> Event | None:
        """Wait for a job's next event; None: it has ended, was cancelled, or is an old one."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_news(job))
            if job != self._protocol.job or not self._events:
                return None
            self._changed.notify_all()  # there is room again
            return self._events.popleft()

    def cancel(self, job: int | None = None) -> None:
        """Stop the present job: ask, and kill the process if it has not stopped 1.5 s later.

        Args:
            job: do nothing if the present one has another number; None: whichever it is.
        """
        with self._changed:
            if job not in {None, self._protocol.job}:
                return
            ask = self._protocol.cancel()
            if ask:
                self._events.clear()
                self._outgoing.put(ask)
            if self._protocol.busy and self._killer is None and not self._is_over:
                self._killer = threading.Timer(CANCEL_GRACE_S, self._process.kill)
                self._killer.daemon = True
                self._killer.start()
            self._changed.notify_all()

    def close(self) -> None:
        """End the process, within 2 s, and everything that belongs to it."""
        with self._changed:
            self._is_closing = True
            self._protocol.cancel()
            self._outgoing.put(None)
            self._changed.notify_all()
        try:
            self._process.wait(CANCEL_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join(_END_WAIT_S)
        self._spare_it()

    def _begin(self, work: Callable[[], None], name: str) -> threading.Thread:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        return thread

    def _has_news(self, job: int) -> bool:
        return bool(self._events) or job != self._protocol.job or not self._protocol.wanted

    def _read(self) -> None:
        """Take what the worker says, until it ends."""
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            try:
                while data := _read_some(stdout.fileno()):
                    self._take(data)
            finally:
                self._finish()

    def _take(self, data: bytes) -> None:
        with self._changed:
            self._add(self._protocol.feed(data))
            if not self._protocol.busy:
                self._spare_it()
            if self._protocol.broken:
                self._process.kill()
            self._changed.notify_all()
            self._changed.wait_for(self._has_room)

    def _add(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Step | Preview):  # only the newest is worth showing
                same = [e for e in self._events if type(e) is type(event)]
                for old in same if len(self._events) >= MAX_WAITING_EVENTS // 2 else ():
                    self._events.remove(old)
            self._events.append(event)

    def _has_room(self) -> bool:
        if self._is_closing or not self._protocol.wanted:
            return True
        results = sum(isinstance(event, Finished) for event in self._events)
        return len(self._events) < MAX_WAITING_EVENTS and results < MAX_WAITING_RESULTS

    def _finish(self) -> None:
        """Take note of the process's end."""
        try:
            code: int | None = self._process.wait(_END_WAIT_S)
        except subprocess.TimeoutExpired:  # it closed its stdout and lives on: nothing of ours
            self._process.kill()
            self._process.wait()
            code = None
        self._listening.join(_END_WAIT_S)
        with self._changed:
            failed = self._protocol.ended(code, self._last_lines.text)
            if failed is not None and not self._is_closing:
                self._events.append(failed)
            self._is_over = True
            self._spare_it()
            self._outgoing.put(None)
            self._changed.notify_all()

    def _spare_it(self) -> None:
        if self._killer is not None:
            self._killer.cancel()
            self._killer = None

    def _write(self) -> None:
        """Send what is to be sent; a worker that has stopped holds up only this thread."""
        assert self._process.stdin is not None
        stdin = self._process.stdin
        try:
            with stdin:
                while (data := self._outgoing.get()) is not None:
                    view = memoryview(data)
                    while view:
                        view = view[stdin.write(view) or 0 :]
        except OSError:  # it has ended; the reading thread says so
            pass

    def _listen(self) -> None:
        """Keep the last lines of stderr, for the log and for what a crash leaves behind."""
        assert self._process.stderr is not None
        with self._process.stderr as stderr:
            while data := _read_some(stderr.fileno()):
                self._last_lines.feed(data)
                _log.debug("%s", data.decode(errors="replace").rstrip())


def _read_some(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _READ_BYTES)
    except OSError as error:  # a pipe's other end was cut, as Windows calls its end
        if os.name != "nt":
            raise
        _log.debug("pipe closed: %s", error)
        return b""
