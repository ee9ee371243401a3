"""The process that holds torch: `python -m depthfusion.generator.worker`.

Framed messages (see `framing`) on stdin and stdout: `hello`, `generate`, `estimate` and `cancel`
come in; `hello`, events and the `end` of each job go out, `fault` before giving up. Three threads:
this one generates, one listens so that cancelling works at any time, one sends.

It ends when stdin does, so it never outlives who started it.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import closing
from typing import TYPE_CHECKING, NoReturn

from depthfusion.child_process import own_stdout

if TYPE_CHECKING:
    from depthfusion.generator.both import BothGenerators
    from depthfusion.generator.events import Event
    from depthfusion.generator.mailbox import Job, Mailbox
    from depthfusion.generator.outbox import Outbox

EXIT_FAULT = 2
_LEAVE_WITHIN_S = 1.0
"""How long the current step may hold up the end."""
_NICENESS = 10
NICENESS_VARIABLE = "DEPTHFUSION_WORKER_NICE"
"""Environment variable: how far this process steps back, 0 to 19; for tests on a busy machine."""
_FLUSH_S = 0.5


def main() -> NoReturn:
    """Serve until stdin ends, then end the process. Takes stdin and stdout for itself."""
    code = serve()
    sys.stderr.flush()
    os._exit(code)  # at once: torch's threads and a reader that stopped must not hold it up


def serve() -> int:
    """Serve until stdin ends; return the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C goes to all: the parent decides
    descriptor = own_stdout()
    faulthandler.enable()
    from depthfusion.generator.child import WORKER_MARK

    os.environ[WORKER_MARK] = "1"
    lower_priority()
    from depthfusion.framing import PROTOCOL_VERSION, Message
    from depthfusion.generator.mailbox import Mailbox
    from depthfusion.generator.outbox import Outbox

    os.write(descriptor, b"\n")  # whatever was printed before: our first line begins here
    mailbox = Mailbox()
    outbox = Outbox(descriptor, mailbox.close)
    outbox.put(Message("hello", fields={"protocol": PROTOCOL_VERSION, "pid": os.getpid()}))
    listener = _Listener(mailbox, outbox)
    listener.start()
    _serve(mailbox, outbox)
    outbox.flush(_FLUSH_S)
    return listener.exit_code


def lower_priority() -> None:
    """Leave the processor to the window whenever it wants it."""
    asked = os.environ.get(NICENESS_VARIABLE, "")
    niceness = int(asked) if asked.isdecimal() else _NICENESS
    if hasattr(os, "nice"):
        os.nice(niceness)
        return
    try:
        import psutil
    except ImportError:  # it comes with torch's other companions; without them nothing is generated
        return
    psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)


class _Listener(threading.Thread):
    """Reads stdin to its end, then sees to it that the process ends, too."""

    def __init__(self, mailbox: Mailbox, outbox: Outbox) -> None:
        super().__init__(name="listen", daemon=True)
        self.exit_code = 0
        self._mailbox, self._outbox = mailbox, outbox

    def run(self) -> None:
        """Pass on messages until there are no more."""
        from depthfusion.framing import FramingError, Message, MessageReader

        reader = MessageReader(max_arrays_bytes=0)
        try:
            while data := os.read(0, 1 << 16):
                for message in reader.feed(data):
                    self._mailbox.take(message)
        except (FramingError, OSError) as error:
            self.exit_code = EXIT_FAULT
            print(f"depthfusion worker: {error}", file=sys.stderr, flush=True)
            self._outbox.put(Message("fault", fields={"message": str(error)}))
        self._mailbox.close()
        time.sleep(
            _LEAVE_WITHIN_S
        )  # the main thread ends the process before, unless a step is long
        os._exit(self.exit_code)


def _serve(mailbox: Mailbox, outbox: Outbox) -> None:
    from depthfusion.framing import Message

    generators: BothGenerators | None = None
    while (job := mailbox.next_job()) is not None:
        if not job.is_cancelled:
            generators = _run(job, generators, outbox)
        outbox.put(Message("end", job.number))


def _run(job: Job, generators: BothGenerators | None, outbox: Outbox) -> BothGenerators | None:
    """Work through a job and return the generators to go on with."""
    from depthfusion.errors import UsageError
    from depthfusion.generator.events import Failed, Failure
    from depthfusion.generator.wire import message_from_event

    try:
        from depthfusion.generator.both import BothGenerators
        from depthfusion.generator.request import DepthRequest, Request

        generators = generators or BothGenerators()
        kind = DepthRequest if job.kind == "estimate" else Request
        request = kind.from_dict(job.request)
        events = generators.events(request, preview_is_wanted=outbox.preview_is_wanted)
        last: Event | None = None
        with closing(events):
            for event in events:
                if job.is_cancelled:
                    break
                if event != last:  # loading says the same a few times a second
                    message = message_from_event(job.number, event)
                    outbox.put(message, is_given_up=lambda: job.is_cancelled)
                last = event
        return generators
    except UsageError as error:  # no request at all
        failed = Failed(str(error), Failure.REQUEST, error.exit_code)
        outbox.put(message_from_event(job.number, failed))
        return generators
    except Exception as error:  # the one place of this process
        traceback.print_exc()
        text = " ".join(f"unexpected {type(error).__name__}: {error}".split())
        failed = Failed(f"{text}; please report it", details=traceback.format_exc())
        outbox.put(message_from_event(job.number, failed))
        return None  # whatever state it was left in


if __name__ == "__main__":
    main()
