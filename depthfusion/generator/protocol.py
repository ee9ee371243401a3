"""The asking side of the conversation with a worker, without any input or output of its own.

Bytes that arrived go in, events come out; what has to be sent is returned. Whoever owns the process
(`WorkerClient` with threads, a window with QProcess) moves the bytes:

    protocol = Protocol()                       # one for each process
    process.write(protocol.start(request))
    for event in protocol.feed(process.read()): show(event)
    process.write(protocol.cancel())            # and kill it if still busy after CANCEL_GRACE_S
    failed = protocol.ended(exit_code, last_lines.text)     # when the process is gone
"""

from __future__ import annotations

from collections import deque

from depthfusion.framing import (
    PROTOCOL_VERSION,
    FramingError,
    Message,
    MessageReader,
    encode,
)
from depthfusion.generator.events import Event, Failed, Failure, Finished
from depthfusion.generator.request import AnyRequest, DepthRequest
from depthfusion.generator.wire import event_from_message

CANCEL_GRACE_S = 1.5
"""How long a worker may take to stop by itself; then it is killed."""
HELLO_START = b'{"kind": "hello"'
"""How the worker's first line begins; what comes before was printed by something else."""
_MAX_BEFORE_HELLO_BYTES = 2**20
_CRASH_START = b"Fatal Python error"


class Protocol:
    """One conversation with one worker process, one request at a time.

    Not for use by several threads at once.
    """

    def __init__(self) -> None:
        self._reader = MessageReader()
        self._before_hello: bytearray | None = bytearray()
        self._passed_over_bytes = 0
        self._job = 0
        self._is_wanted = False
        self._said_hello = False
        self.busy = False
        """Whether the worker is still at the last request, wanted or cancelled."""
        self.broken = False
        """Whether the conversation is over for good: end the process."""
        self.failure: Failed | None = None
        """Why it is over, whether or not a request was wanted."""

    @property
    def job(self) -> int:
        """Number of the last request, from 1; 0: there was none."""
        return self._job

    @property
    def wanted(self) -> bool:
        """Whether more events of the last request may come."""
        return self.busy and self._is_wanted

    def start(self, request: AnyRequest) -> bytes:
        """Begin a request and return the bytes to send.

        Raises:
            RuntimeError: if the one before has not ended (see `busy`), or all is over.
            FramingError: if the request cannot be sent: far too long, or not plain values.
        """
        if self.busy or self.broken:
            raise RuntimeError("want a worker that has ended its last request")
        job = self._job + 1
        kind = "estimate" if isinstance(request, DepthRequest) else "generate"
        data = _bytes(Message(kind, job, {"request": request.to_dict()}))
        if not self._said_hello:
            data = _bytes(Message("hello", fields={"protocol": PROTOCOL_VERSION})) + data
        self._job, self._said_hello = job, True
        self.busy = self._is_wanted = True
        return data

    def cancel(self) -> bytes:
        """Want no more of the last request and return the bytes to send, none if it has ended."""
        if not self.wanted:
            return b""
        self._is_wanted = False
        return _bytes(Message("cancel", self._job))

    def feed(self, data: bytes) -> list[Event]:
        """Return the wanted events in bytes that arrived, oldest first.

        Nonsense ends the conversation: the last event is then a `Failed`, and `broken` is set.
        """
        events: list[Event] = []
        if self.broken:
            return events
        try:
            for message in self._reader.feed(self._after_prints(data)):
                self._take(message, events)
        except FramingError as error:
            events += self._break(f"the generator sent something that is no message: {error}")
        return events

    def ended(self, exit_code: int | None, last_lines: str = "") -> Failed | None:
        """Take note that the process is gone.

        Args:
            exit_code: its code; negative: the signal that ended it; None: unknown.
            last_lines: what it wrote to stderr at last.

        Returns:
            The last event of a request that was still wanted, else None.
        """
        failed = Failed(_epitaph(exit_code), Failure.CRASH, 1, last_lines)
        self.failure = self.failure or failed
        was_wanted, self.busy, self.broken = self.wanted, False, True
        return failed if was_wanted else None

    def _take(self, message: Message, events: list[Event]) -> None:
        if message.kind == "hello":
            return
        if message.kind == "fault":
            events += self._break(str(message.fields.get("message", "the generator gave up")))
        elif message.job != self._job or not self.busy:
            return  # of a request that is over
        elif message.kind == "end":
            self.busy = False
        elif self._is_wanted:
            event = event_from_message(message)
            # Nothing follows the last event of a request but its end, which is waited for: the
            # worker is free only then.
            if isinstance(event, Failed) or _is_last(event):
                self._is_wanted = False
            events.append(event)

    def _break(self, message: str) -> list[Event]:
        self.failure = Failed(message, Failure.CRASH)
        was_wanted, self.busy, self.broken = self.wanted, False, True
        return [self.failure] if was_wanted else []

    def _after_prints(self, data: bytes) -> bytes:
        """Drop what was printed while Python started, up to the worker's first line."""
        waiting = self._before_hello
        if waiting is None:
            return data
        waiting += data
        while (end := waiting.find(b"\n")) >= 0:
            if waiting.startswith(HELLO_START):
                self._before_hello = None
                return self._checked_hello(bytes(waiting))
            del waiting[: end + 1]
            self._passed_over_bytes += end + 1
        if self._passed_over_bytes + len(waiting) > _MAX_BEFORE_HELLO_BYTES:
            raise FramingError("want its greeting, got something else")
        return b""

    def _checked_hello(self, data: bytes) -> bytes:
        line, _, _ = data.partition(b"\n")
        [hello] = MessageReader(0).feed(line + b"\n")
        if hello.fields.get("protocol") != PROTOCOL_VERSION:
            raise FramingError(
                f"want version {PROTOCOL_VERSION}, got {hello.fields.get('protocol')}: "
                "DepthFusion was updated while it ran; start it again"
            )
        return data


class LastLines:
    """The last lines of a text stream that comes in pieces: a worker's stderr.

    What Python says first when it crashes is kept too, however long the stacks that follow.
    """

    def __init__(self, max_lines: int = 60, max_line_bytes: int = 500) -> None:
        self._lines: deque[bytes] = deque(maxlen=max_lines)
        self._open = self._crash = b""
        self._max_line_bytes = max_line_bytes

    def feed(self, data: bytes) -> None:
        """Take the next piece."""
        *whole, self._open = (self._open + data).split(b"\n")
        for line in whole:
            self._lines.append(line[: self._max_line_bytes])
            if line.startswith(_CRASH_START):
                self._crash = self._lines[-1]
        self._open = self._open[: self._max_line_bytes]

    @property
    def text(self) -> str:
        """The lines, the oldest first."""
        lines = [*self._lines, self._open] if self._open else [*self._lines]
        if self._crash and self._crash not in lines:
            lines = [self._crash, b"...", *lines]
        return b"\n".join(lines).decode(errors="replace")


def _is_last(event: Event) -> bool:
    return isinstance(event, Finished) and event.image + 1 >= event.count


def _epitaph(exit_code: int | None) -> str:
    again = "it starts again with the next request"
    if exit_code == -9:
        return (
            "the generator was killed (signal 9), most often because the computer ran out of "
            f"memory: try a smaller size; {again}"
        )
    if exit_code is not None and exit_code < 0:
        return f"the generator crashed (signal {-exit_code}): {again}"
    code = "" if exit_code is None else f" (exit code {exit_code})"
    return f"the generator ended unexpectedly{code}: {again}"


def _bytes(message: Message) -> bytes:
    return b"".join(encode(message))
