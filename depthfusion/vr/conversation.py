"""The desktop's end of the conversation with a headset's process, without input or output.

Bytes that arrived go in, reports come out; what has to be sent is returned. The owner moves them:

    talk = Conversation()
    process.write(talk.begin(Begin(...)))
    process.write(talk.order(ShowWorld(...)))
    for report in talk.feed(process.read()): ...
    ended = talk.ended(exit_code, last_lines)       # when the process is gone
"""

from __future__ import annotations

from depthfusion.framing import PROTOCOL_VERSION, FramingError, Message, MessageReader, encode
from depthfusion.vr.messages import (
    Begin,
    Ended,
    Order,
    Ready,
    Report,
    message_from,
    value_from,
)

START_S = 60.0
"""How long a session may take to begin: SteamVR is started first where it does not run."""
SILENT_S = 10.0
"""After so long without a beat a running session counts as hung."""
LEAVE_S = 6.0
"""How long the process may take to end after it was asked to, or said that it does."""
HELLO_START = b'{"kind": "hello"'
_MAX_BEFORE_HELLO_BYTES = 2**20


class Conversation:
    """One conversation with one process. Not for use by several threads at once."""

    def __init__(self) -> None:
        self._reader = MessageReader(max_arrays_bytes=0)
        self._before_hello: bytearray | None = bytearray()
        self.is_ready = False
        """Whether the session runs."""
        self.last: Ended | None = None
        """Why it ended, once that was said or found out."""

    def begin(self, begin: Begin) -> bytes:
        """Return the bytes that open the conversation and the session."""
        hello = Message("hello", fields={"protocol": PROTOCOL_VERSION})
        return b"".join(encode(hello)) + self.order(begin)

    @staticmethod
    def order(order: Order) -> bytes:
        """Return the bytes that say an order."""
        return b"".join(encode(message_from(order)))

    def feed(self, data: bytes) -> list[Report]:
        """Return the reports in bytes that arrived, oldest first.

        After an `Ended` nothing more is heard: nonsense is told by one, too.
        """
        reports: list[Report] = []
        if self.last is not None:
            return reports
        try:
            for message in self._reader.feed(self._after_prints(data)):
                if message.kind != "hello":
                    reports.append(value_from(message))  # type: ignore[arg-type]  # checked below
        except FramingError as error:
            reports.append(Ended(f"the headset's process makes no sense: {error}", is_fault=True))
        for place, report in enumerate(reports):
            if isinstance(report, Ready):
                self.is_ready = True
            if isinstance(report, Ended):
                self.last = report
                return reports[: place + 1]
        return reports

    def is_silent(self) -> Ended:
        """Take note that nothing was heard for too long: kill the process."""
        if self.is_ready:
            words = f"the headset's runtime did not answer for {SILENT_S:g} s: restart SteamVR"
        else:
            words = f"the headset did not start within {START_S:g} s: restart SteamVR"
        self.last = self.last or Ended(words, is_fault=True)
        return self.last

    def ended(self, exit_code: int | None, last_lines: str = "") -> Ended:
        """Take note that the process is gone and return why, in one line.

        Args:
            exit_code: its code; negative: the signal that ended it; None: unknown.
            last_lines: what it wrote to stderr at last.
        """
        if self.last is None:
            self.last = Ended(_epitaph(exit_code, last_lines), is_fault=True)
        return self.last

    def _after_prints(self, data: bytes) -> bytes:
        """Drop what was printed while Python started, up to the process's first line."""
        waiting = self._before_hello
        if waiting is None:
            return data
        waiting += data
        while (end := waiting.find(b"\n")) >= 0:
            if waiting.startswith(HELLO_START):
                self._before_hello = None
                _check_hello(bytes(waiting[: end + 1]))
                return bytes(waiting)
            del waiting[: end + 1]
        if len(waiting) > _MAX_BEFORE_HELLO_BYTES:
            raise FramingError("want its greeting, got something else")
        return b""


def _check_hello(line: bytes) -> None:
    [hello] = MessageReader(0).feed(line)
    if hello.fields.get("protocol") != PROTOCOL_VERSION:
        raise FramingError(
            f"want version {PROTOCOL_VERSION}, got {hello.fields.get('protocol')}: "
            "DepthFusion was updated while it ran; start it again"
        )


def _epitaph(exit_code: int | None, last_lines: str) -> str:
    if exit_code == -9:
        return "the headset's process was killed (signal 9)"
    if exit_code is not None and exit_code < 0:
        return (
            f"the headset's runtime or the graphics driver crashed (signal {-exit_code}):"
            " restart SteamVR"
        )
    said = [line.strip() for line in last_lines.splitlines() if line.strip()]
    reason = f": {said[-1][:200]}" if said else ""
    code = "" if exit_code is None else f" (exit code {exit_code})"
    return f"the headset's process ended unexpectedly{code}{reason}"
