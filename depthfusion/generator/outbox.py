"""What a worker has to say: a queue that cannot grow, emptied by a thread of its own."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from depthfusion.framing import Message, encode

NEWEST_ONLY = frozenset({"loading", "step", "preview"})
"""Kinds of which only the newest is worth sending: an unsent one gives way to the next."""
MAX_RESULTS = 2
"""How many finished pictures may wait for a slow reader; then generating waits, too."""
_LOOK_AGAIN_S = 0.05


@dataclass(frozen=True, eq=False)
class _Waiting:
    message: Message
    pieces: tuple[bytes | memoryview, ...]


class Outbox:
    """Sends messages in order to a file descriptor, without making the sender wait.

    A reader that is slow gets fewer steps and previews, but every result.
    """

    def __init__(self, descriptor: int, when_nobody_reads: Callable[[], None]) -> None:
        """Begin to send.

        Args:
            descriptor: where to write; owned from now on.
            when_nobody_reads: called once, by the sending thread, when the other end is closed.
        """
        self._descriptor = descriptor
        self._when_nobody_reads = when_nobody_reads
        self._changed = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._is_sending = False
        self._is_broken = False
        self._is_closed = False
        threading.Thread(target=self._send_all, name="outbox", daemon=True).start()

    def put(self, message: Message, *, is_given_up: Callable[[], bool] = lambda: False) -> None:
        """Send a message soon; wait while too many results are unsent, unless given up.

        Raises:
            FramingError: if it cannot be sent.
        """
        waiting = _Waiting(message, tuple(encode(message)))
        with self._changed:
            if message.kind in NEWEST_ONLY:
                self._waiting = [w for w in self._waiting if w.message.kind != message.kind]
            while self._is_full_for(message) and not is_given_up():
                self._changed.wait(_LOOK_AGAIN_S)
            if not self._is_broken:
                self._waiting.append(waiting)
                self._changed.notify_all()

    def preview_is_wanted(self) -> bool:
        """Whether all that was put is on its way: a reader that lags gets no previews made."""
        with self._changed:
            return not any(w.message.kind == "preview" for w in self._waiting)

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything is sent; return whether it is."""
        end_s = time.monotonic() + timeout_s
        with self._changed:
            while (self._waiting or self._is_sending) and time.monotonic() < end_s:
                self._changed.wait(_LOOK_AGAIN_S)
            return not self._waiting and not self._is_sending

    def close(self) -> None:
        """Let the sending thread send what waits, close the descriptor and end; do not wait."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _is_full_for(self, message: Message) -> bool:
        results = sum(w.message.kind == "finished" for w in self._waiting)
        return message.kind == "finished" and results >= MAX_RESULTS and not self._is_broken

    def _send_all(self) -> None:
        try:
            while (message := self._next()) is not None:
                for piece in message.pieces:
                    self._write(memoryview(piece))
        except OSError:
            self._when_nobody_reads()
        with self._changed:
            self._is_broken, self._is_sending = True, False
            self._waiting.clear()
            self._changed.notify_all()
        os.close(self._descriptor)

    def _next(self) -> _Waiting | None:
        with self._changed:
            self._is_sending = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            self._is_sending = bool(self._waiting)
            return self._waiting.pop(0) if self._waiting else None

    def _write(self, data: memoryview) -> None:
        while data:
            data = data[os.write(self._descriptor, data[: 1 << 20]) :]
