"""The headset's end of the conversation with the desktop: two threads, so that no frame waits."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from depthfusion.framing import (
    PROTOCOL_VERSION,
    FramingError,
    Message,
    MessageReader,
    encode,
)
from depthfusion.vr.messages import ORDERS, Begin, Leave, Order, Report, message_from, value_from

_READ_BYTES = 1 << 16


class Desk(Protocol):
    """What the frame loop knows of the desktop; nothing here waits."""

    def take(self) -> Order | None:
        """Return the oldest order not taken yet. When the desktop is gone it is `Leave`."""

    def say(self, report: Report) -> None:
        """Send something soon."""


class PipeDesk:
    """Orders come from one file descriptor, reports go to another.

    It begins to read at once, and says hello.
    """

    def __init__(
        self, read_from: int, write_to: int, when_gone: Callable[[], None] = lambda: None
    ) -> None:
        """Start both threads.

        Args:
            read_from: descriptor of the orders.
            write_to: descriptor of the reports; owned from now on.
            when_gone: called once, by the reading thread, when no more orders will come.
        """
        self._read_from, self._write_to = read_from, write_to
        self._when_gone = when_gone
        self._orders: deque[Order] = deque()
        self._arrived = threading.Event()
        self._was_greeted = self._is_gone = False
        self._outgoing: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._outgoing.put(
            Message("hello", fields={"protocol": PROTOCOL_VERSION, "pid": os.getpid()})
        )
        self._sender = threading.Thread(target=self._send, name="desk out", daemon=True)
        self._sender.start()
        threading.Thread(target=self._listen, name="desk in", daemon=True).start()

    def wait_for_begin(self, timeout_s: float) -> Begin | None:
        """Wait for the first order; None: the desktop is gone, silent, or said something else."""
        if not self._arrived.wait(timeout_s):
            return None
        first = self.take()
        return first if isinstance(first, Begin) else None

    def take(self) -> Order | None:
        """Return the oldest order not taken yet. When the desktop is gone it is `Leave`."""
        if self._orders:
            return self._orders.popleft()
        return Leave() if self._is_gone else None

    def say(self, report: Report) -> None:
        """Send something soon."""
        self._outgoing.put(message_from(report))

    def close(self, timeout_s: float) -> None:
        """Send what waits, for as long as that takes but no longer than `timeout_s`."""
        self._outgoing.put(None)
        self._sender.join(timeout_s)

    def _listen(self) -> None:
        reader = MessageReader(max_arrays_bytes=0)
        try:
            while data := os.read(self._read_from, _READ_BYTES):
                for message in reader.feed(data):
                    self._take(message)
        except (FramingError, OSError) as error:
            print(f"depthfusion headset: {error}", file=sys.stderr, flush=True)
        self._is_gone = True
        self._arrived.set()
        self._when_gone()

    def _take(self, message: Message) -> None:
        if not self._was_greeted:
            version = message.fields.get("protocol")
            if message.kind != "hello" or version != PROTOCOL_VERSION:
                raise FramingError(f"want a hello of version {PROTOCOL_VERSION}, got {version!r}")
            self._was_greeted = True
            return
        if message.kind not in ORDERS:
            raise FramingError(f"want {', '.join(ORDERS)}, got {message.kind[:40]!r}")
        self._orders.append(value_from(message))  # type: ignore[arg-type]  # its kind is an order's
        self._arrived.set()

    def _send(self) -> None:
        try:
            while (message := self._outgoing.get()) is not None:
                for piece in encode(message):
                    view = memoryview(piece)
                    while view:
                        view = view[os.write(self._write_to, view) :]
        except OSError as error:  # nobody reads; the listening thread sees the end, too
            print(f"depthfusion headset: {error}", file=sys.stderr, flush=True)
