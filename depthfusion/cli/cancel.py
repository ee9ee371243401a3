"""Ctrl+C and SIGTERM end long work cleanly; the second one ends it at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

_SAID = b"\ncancelling; once more stops at once\n"


class Cancellation:
    """What a signal has asked for. Made by `cancellable`."""

    def __init__(self) -> None:
        self.signal = 0
        """Number of the signal that cancelled, 0 while none did."""
        self._held = False
        self._before: dict[int, Any] = {}

    @property
    def exit_code(self) -> int:
        """What the shell expects of a process that ended so: 130 after Ctrl+C, 143 after TERM."""
        return 128 + (self.signal or signal.SIGINT)

    def check(self) -> None:
        """Raise KeyboardInterrupt if a signal came.

        Needed even though the handler raises it too: Python drops exceptions that happen to be
        raised while it finalizes an object.
        """
        if self.signal:
            raise KeyboardInterrupt

    @contextmanager
    def held(self) -> Iterator[None]:
        """Finish what is inside before a signal takes effect."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        self.check()

    def listen(self) -> None:
        """Take over the signals that are not ignored."""
        for number in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(number)
            if handler not in {None, signal.SIG_IGN}:
                self._before[number] = handler
                signal.signal(number, self._handle)

    def forget(self) -> None:
        """Put the signals back as they were, unless one came: what is left is to end.

        A second one during that would only break what runs at exit, with a traceback.
        """
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if self.signal else handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.signal = number
        for other in self._before:
            signal.signal(other, signal.SIG_DFL)
        with suppress(OSError):
            os.write(2, _SAID)  # print could have been interrupted in the middle of itself
        if not self._held:
            raise KeyboardInterrupt


@contextmanager
def cancellable() -> Iterator[Cancellation]:
    """Let signals raise KeyboardInterrupt inside, once; a second signal kills the process.

    A signal that is ignored (under nohup, in the background of a script) stays ignored. In another
    thread than the main one, where Python knows no signals, nothing changes.
    """
    cancellation = Cancellation()
    if threading.current_thread() is not threading.main_thread():
        yield cancellation
        return
    cancellation.listen()
    try:
        yield cancellation
    finally:
        cancellation.forget()
