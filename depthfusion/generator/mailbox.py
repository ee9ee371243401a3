"""What a worker was told: the newest request, what was cancelled, whether to go."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from depthfusion.framing import PROTOCOL_VERSION, FramingError, Message

KINDS = ("generate", "estimate")
"""Of messages that bring a request."""


@dataclass(eq=False)
class Job:
    """One request on its way."""

    number: int
    kind: str
    """"generate" or "estimate"."""
    request: Mapping[str, Any] = field(repr=False)
    is_cancelled: bool = False
    """Set by the thread that listens, looked at by the one that generates."""


class Mailbox:
    """Between the thread that listens and the one that generates.

    Holds one job that runs and one that waits: a newer request cancels the one before it, so a
    flood of them fills no memory.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: Job | None = None
        self._waiting: Job | None = None
        self._was_greeted = False
        self._is_closed = False

    def take(self, message: Message) -> None:
        """Take note of a message.

        Raises:
            FramingError: if it is none a worker understands.
        """
        if not self._was_greeted:
            self._check_hello(message)
        elif message.kind in KINDS:
            self._put(message)
        elif message.kind == "cancel":
            self._cancel(message.job)
        else:
            raise FramingError(f"want {', '.join(KINDS)} or cancel, got {message.kind[:40]!r}")

    def close(self) -> None:
        """Cancel everything and let `next_job` return None."""
        with self._changed:
            self._is_closed = True
            for job in (self._running, self._waiting):
                if job is not None:
                    job.is_cancelled = True
            self._waiting = None
            self._changed.notify_all()

    def next_job(self) -> Job | None:
        """Wait for the next job, which may be cancelled by now; None: there will be no more."""
        with self._changed:
            self._running = None
            self._changed.wait_for(lambda: self._waiting is not None or self._is_closed)
            self._running, self._waiting = self._waiting, None
            return self._running

    def _check_hello(self, message: Message) -> None:
        version = message.fields.get("protocol")
        if message.kind != "hello" or version != PROTOCOL_VERSION:
            raise FramingError(
                f"want a hello of version {PROTOCOL_VERSION} first, "
                f"got {message.kind[:40]!r} of {version!r:.40}"
            )
        self._was_greeted = True

    def _put(self, message: Message) -> None:
        request = message.fields.get("request")
        if not isinstance(request, Mapping):
            raise FramingError(f"want a request to {message.kind}, got none")
        with self._changed:
            if self._is_closed:
                return
            if self._running is not None:
                self._running.is_cancelled = True
            self._waiting = Job(message.job, message.kind, request)
            self._changed.notify_all()

    def _cancel(self, number: int) -> None:
        with self._changed:
            for job in (self._running, self._waiting):
                if job is not None and job.number == number:
                    job.is_cancelled = True
