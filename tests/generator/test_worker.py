"""The worker process itself, spoken to over its bare pipes: flooded, cut off, not read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO

import numpy as np
import psutil
import pytest

from depthfusion.framing import (
    PROTOCOL_VERSION,
    FramingError,
    Message,
    MessageReader,
    encode,
)
from depthfusion.generator.child import (
    WORKER_FLAG,
    WORKER_MARK,
    worker_command,
    worker_environment,
)
from depthfusion.generator.mailbox import Mailbox
from depthfusion.generator.outbox import MAX_RESULTS, Outbox
from depthfusion.generator.request import Request

HELLO = Message("hello", fields={"protocol": PROTOCOL_VERSION})
REFUSED = Request("  ").to_dict()
"""Refused at once, without torch."""
START_S = 15.0
END_S = 2.0


def sent(*messages: Message) -> bytes:
    return b"".join(piece for message in messages for piece in map(bytes, encode(message)))


def to_generate(job: int, request: dict[str, object] = REFUSED) -> Message:
    return Message("generate", job, {"request": request})


class Spoken:
    """A worker and what it says."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._reader = MessageReader()
        self._messages: list[Message] = []
        assert process.stdin is not None and process.stdout is not None
        self.stdin: IO[bytes] = process.stdin
        self._stdout: IO[bytes] = process.stdout
        assert self._stdout.readline() == b"\n"

    def say(self, data: bytes) -> None:
        self.stdin.write(data)
        self.stdin.flush()

    def next(self) -> Message | None:
        """Return the next message, None at the end."""
        while not self._messages:
            data = os.read(self._stdout.fileno(), 65536)
            if not data:
                return None
            self._messages = self._reader.feed(data)
        return self._messages.pop(0)

    def until(self, kind: str, job: int | None = None) -> list[Message]:
        """Return all messages up to the first of a kind."""
        found: list[Message] = []
        while (message := self.next()) is not None:
            found.append(message)
            if message.kind == kind and job in {None, message.job}:
                return found
        raise AssertionError(f"want {kind}, got only {[m.kind for m in found]}")

    def end_s(self) -> float:
        """Wait for the end of the process and return how long it took."""
        start_s = time.monotonic()
        self.process.wait(START_S)
        return time.monotonic() - start_s


@contextmanager
def spoken(command: Sequence[str] = ()) -> Iterator[Spoken]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(
        command or worker_command(), env=worker_environment(), bufsize=0, **pipes
    ) as process:
        watch = threading.Timer(60, process.kill)  # a hang fails, it does not stop the tests
        watch.start()
        try:
            yield Spoken(process)
        finally:
            watch.cancel()
            watch.join()
            process.kill()


def test_it_greets_with_its_version_and_leaves_when_stdin_ends() -> None:
    with spoken() as worker:
        hello = worker.next()
        assert hello is not None
        assert hello.fields == {"protocol": PROTOCOL_VERSION, "pid": worker.process.pid}
        worker.stdin.close()
        assert worker.end_s() < END_S
        assert worker.process.returncode == 0


def test_it_is_polite_and_leaves_ctrl_c_to_its_parent() -> None:
    with spoken() as worker:
        worker.until("hello")
        process = psutil.Process(worker.process.pid)
        assert process.nice() > psutil.Process().nice()
        process.send_signal(signal.SIGINT)
        worker.say(sent(HELLO, to_generate(1)))
        assert [m.kind for m in worker.until("end")] == ["failed", "end"]


def test_a_refusal_costs_no_torch_and_the_worker_goes_on() -> None:
    with spoken() as worker:
        worker.say(sent(HELLO, to_generate(1)))
        messages = worker.until("end")
        assert messages[1].fields["failure"] == "request"
        worker.say(sent(to_generate(2, {"prompt": 5})))
        [failed, end] = worker.until("end")
        assert "want a request's fields" in failed.fields["message"]
        assert (failed.job, end.job) == (2, 2)
        maps = psutil.Process(worker.process.pid).memory_maps()
        assert not any("libtorch" in part.path for part in maps)


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\xff garbage\n",
        b"x" * (2**20 + 1),
        sent(to_generate(1)),
        sent(Message("hello", fields={"protocol": 99})),
        sent(HELLO, Message("dance")),
        sent(HELLO, Message("generate", 1)),
        sent(HELLO) + b'{"kind": "generate", "arrays": [["uint8", [1000]]]}\n',
    ],
    ids=["garbage", "endless", "no-hello", "version", "kind", "no-request", "arrays"],
)
def test_nonsense_gets_one_clear_fault_and_an_end(data: bytes) -> None:
    with spoken() as worker:
        worker.say(data)
        [hello, fault] = worker.until("fault")
        assert hello.kind == "hello"
        text = fault.fields["message"]
        assert "want" in text and "\n" not in text and len(text) < 300
        assert worker.next() is None
        assert worker.end_s() < END_S
        assert worker.process.returncode == 2


def test_half_a_message_and_then_the_end_makes_it_leave() -> None:
    with spoken() as worker:
        worker.say(sent(HELLO) + sent(to_generate(1))[:40])
        worker.stdin.close()
        assert worker.end_s() < END_S


def test_thousands_of_requests_at_once_leave_only_the_newest_and_fill_no_memory() -> None:
    count = 20_000
    with spoken() as worker:
        worker.until("hello")
        before = psutil.Process(worker.process.pid).memory_info().rss
        flood = threading.Thread(
            target=lambda: worker.say(sent(HELLO, *(to_generate(i + 1) for i in range(count))))
        )
        flood.start()
        jobs = [message.job for message in worker.until("end", count)]
        flood.join()
        assert jobs == sorted(jobs)
        grown = psutil.Process(worker.process.pid).memory_info().rss - before
        assert grown < 60e6  # the flood itself has 10 MB


@pytest.mark.slow
def test_closed_in_the_middle_with_a_reader_that_stopped_it_still_leaves(
    request_of: Callable[..., Request],
) -> None:
    request = request_of(steps=1000, width=512, height=256, previews=True)
    with spoken() as worker:
        worker.say(sent(HELLO, to_generate(1, request.to_dict())))
        worker.until("step")
        full_by_s = time.monotonic() + 20
        while time.monotonic() < full_by_s and not is_full(worker):
            time.sleep(0.05)
        assert is_full(worker), "the pipe never filled: the reader did not really stop"
        rss = psutil.Process(worker.process.pid).memory_info().rss
        time.sleep(1.0)
        assert psutil.Process(worker.process.pid).memory_info().rss < rss + 30e6
        worker.stdin.close()
        assert worker.end_s() < END_S


def is_full(worker: Spoken) -> bool:
    """Whether the worker's pipe holds as much as it can, 64 KiB, nearly."""
    import fcntl
    import termios

    waiting = fcntl.ioctl(worker._stdout.fileno(), termios.FIONREAD, b"\0" * 4)
    return int.from_bytes(waiting, sys.byteorder) > 60_000


def test_a_new_job_cancels_the_one_before() -> None:
    mailbox = Mailbox()
    for message in (HELLO, to_generate(1)):
        mailbox.take(message)
    first = mailbox.next_job()
    assert first is not None and not first.is_cancelled
    mailbox.take(to_generate(2))
    mailbox.take(to_generate(3))
    mailbox.take(Message("cancel", 3))
    mailbox.take(Message("cancel", 77))
    third = mailbox.next_job()
    assert third is not None
    assert (first.is_cancelled, third.number, third.is_cancelled) == (True, 3, True)
    mailbox.close()
    mailbox.take(to_generate(4))
    assert mailbox.next_job() is None


def test_nothing_counts_before_the_greeting() -> None:
    with pytest.raises(FramingError, match="hello"):
        Mailbox().take(Message("cancel", 1))


def full_pipe() -> tuple[int, int]:
    """Return the ends of a pipe that takes no more: only line ends lie in it."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(theirs, b"\n" * 4096)
    os.set_blocking(theirs, True)
    return ours, theirs


def preview(index: int) -> Message:
    return Message("preview", 1, {"index": index}, (np.zeros((64, 64, 3), np.uint8),))


def test_a_reader_that_stopped_gets_the_newest_preview_and_every_result() -> None:
    ours, theirs = full_pipe()
    outbox = Outbox(theirs, lambda: None)
    outbox.put(Message("stuck"))  # the sending thread waits with it
    while outbox._waiting:
        time.sleep(0.01)
    assert outbox.preview_is_wanted()
    for index in range(1000):
        outbox.put(preview(index))
        outbox.put(Message("step", 1, {"index": index}))
    assert not outbox.preview_is_wanted()
    for index in range(MAX_RESULTS):
        outbox.put(Message("finished", 1, {"index": index}))
    start_s = time.monotonic()
    outbox.put(Message("finished", 1), is_given_up=lambda: time.monotonic() - start_s > 0.2)
    assert time.monotonic() - start_s > 0.2  # it waited until it was given up
    assert not outbox.flush(0)
    outbox.close()
    with os.fdopen(ours, "rb") as reading:
        messages = MessageReader().feed(reading.read().lstrip(b"\n"))
    assert [(m.kind, m.fields.get("index")) for m in messages] == [
        ("stuck", None), ("preview", 999), ("step", 999),
        *(("finished", index) for index in range(MAX_RESULTS)), ("finished", None),
    ]  # fmt: skip


def test_an_outbox_whose_other_end_is_closed_says_so_and_swallows_the_rest() -> None:
    ours, theirs = os.pipe()
    found_closed = threading.Event()
    outbox = Outbox(theirs, found_closed.set)
    os.close(ours)
    outbox.put(Message("x"))
    assert found_closed.wait(END_S)
    for _ in range(10):
        outbox.put(Message("finished"))
    assert outbox.flush(END_S)


def test_the_worker_ends_when_nobody_reads_and_nobody_writes() -> None:
    """As after `kill -9` of the program that started it."""
    with spoken() as worker:
        worker.until("hello")
        worker._stdout.close()
        worker.stdin.close()
        assert worker.end_s() < END_S


def test_the_flag_makes_the_command_a_worker() -> None:
    command = [sys.executable, "-m", "depthfusion", WORKER_FLAG]
    with spoken(command) as worker:
        worker.say(sent(HELLO, to_generate(1)))
        assert [m.kind for m in worker.until("end")] == ["hello", "failed", "end"]
        worker.stdin.close()
        assert worker.end_s() < END_S


def test_a_worker_opens_no_window() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "depthfusion", "view"],
        env={**os.environ, WORKER_MARK: "1", "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "started to generate" in done.stderr and done.stderr.count("\n") == 1


def test_a_frozen_program_starts_itself_with_a_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert worker_command() == [sys.executable, "--worker"]
