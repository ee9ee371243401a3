"""Both ends of the pipe: what arrives, what is nonsense, and what an end is called."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from depthfusion.framing import Message, MessageReader, encode
from depthfusion.vr.conversation import Conversation
from depthfusion.vr.desk import PipeDesk
from depthfusion.vr.messages import (
    Begin,
    Ended,
    Leave,
    Ready,
    Report,
    Shown,
    ShowWorld,
    Status,
    message_from,
    value_from,
)

HELLO = b'\n{"kind": "hello", "job": 0, "arrays": [], "protocol": 1, "pid": 7}\n'
READY = Ready("Index", "SteamVR", 90.0, (100, 100))


def said(*reports: Report) -> bytes:
    return b"".join(b"".join(encode(message_from(report))) for report in reports)


def test_reports_come_out_whole_however_they_are_cut():
    talk, found = Conversation(), []
    for byte in b"ALSA lib: no card\n" + HELLO + said(READY, Shown(1), Status("asleep")):
        found += talk.feed(bytes([byte]))
    assert found == [READY, Shown(1), Status("asleep")]
    assert talk.is_ready
    assert talk.last is None


def test_nothing_is_heard_after_the_end():
    talk = Conversation()
    assert talk.feed(HELLO + said(Ended("bye"), Shown(2))) == [Ended("bye")]
    assert talk.feed(said(Shown(3))) == []
    assert talk.ended(0) == Ended("bye")


@pytest.mark.parametrize(
    "data",
    [
        HELLO + b"Segmentation fault\n",
        HELLO + b'{"kind": "dance"}\n',
        HELLO.replace(b'"protocol": 1', b'"protocol": 99'),
        b"x" * (2**20 + 1),
    ],
)
def test_nonsense_ends_the_conversation_in_words(data):
    [ended] = Conversation().feed(data)
    assert isinstance(ended, Ended)
    assert ended.is_fault
    assert "\n" not in ended.words


@pytest.mark.parametrize(
    ("code", "stderr", "word"),
    [
        (-9, "", "killed"),
        (-11, "", "crashed (signal 11)"),
        (-6, "assertion failed\n", "crashed (signal 6)"),
        (1, "Traceback\nImportError: no module\n", "ImportError: no module"),
        (None, "", "unexpectedly"),
    ],
)
def test_an_end_that_nobody_announced_is_told_by_what_is_left(code, stderr, word):
    ended = Conversation().ended(code, stderr)
    assert ended.is_fault
    assert word in ended.words


def test_silence_is_told_by_where_it_began():
    before, after = Conversation(), Conversation()
    after.feed(HELLO + said(READY))
    assert "did not start" in before.is_silent().words
    assert "did not answer" in after.is_silent().words
    assert after.ended(-9) == after.is_silent()


class Pipes:
    """A desk and the descriptors of its other side."""

    def __init__(self) -> None:
        theirs, self.orders = os.pipe()
        self.reports, ours = os.pipe()
        self.gone = 0
        self._closing = [self.orders, self.reports, theirs]
        self.desk = PipeDesk(theirs, ours, self._went)
        self.reader = MessageReader(0)

    def _went(self) -> None:
        self.gone += 1

    def order(self, data: bytes) -> None:
        os.write(self.orders, data)

    def read(self) -> list[Message]:
        return self.reader.feed(os.read(self.reports, 1 << 16))

    def close_orders(self) -> None:
        if self.orders in self._closing:
            self._closing.remove(self.orders)
            os.close(self.orders)

    def close(self) -> None:
        self.close_orders()
        wait_until(lambda: self.gone == 1)
        self.desk.close(2)
        for descriptor in self._closing:
            os.close(descriptor)


def wait_until(condition) -> None:
    end_s = time.monotonic() + 10
    while not condition() and time.monotonic() < end_s:
        time.sleep(0.002)
    assert condition()


@pytest.fixture
def pipes() -> Iterator[Pipes]:
    pipes = Pipes()
    yield pipes
    pipes.close()


def test_orders_reach_the_loop_and_reports_the_desktop(pipes):
    talk = Conversation()
    pipes.order(talk.begin(Begin(mirror="none")) + talk.order(ShowWorld(1, "a.png")))
    assert pipes.desk.wait_for_begin(10) == Begin(mirror="none")
    wait_until(lambda: pipes.desk._orders)
    assert pipes.desk.take() == ShowWorld(1, "a.png")
    assert pipes.desk.take() is None
    pipes.desk.say(Shown(1))
    found = pipes.read()
    while len(found) < 2:
        found += pipes.read()
    assert found[0].kind == "hello"
    assert value_from(found[1]) == Shown(1)


def test_a_desktop_that_is_gone_is_an_order_to_leave(pipes):
    pipes.order(Conversation().begin(Begin()))
    assert pipes.desk.wait_for_begin(10) == Begin()
    pipes.close_orders()
    wait_until(lambda: pipes.gone == 1)
    assert pipes.desk.take() == Leave()
    assert pipes.desk.take() == Leave()


@pytest.mark.parametrize(
    "data",
    [
        b"hello?\n",
        b"".join(encode(message_from(Begin()))),
        b"".join(encode(Message("hello", fields={"protocol": 99}))),
        Conversation().begin(Begin()) + said(Shown(1)),
    ],
    ids=["text", "no hello", "another version", "a report"],
)
def test_an_order_that_makes_no_sense_ends_the_session(pipes, data, capfd):
    pipes.order(data)
    wait_until(lambda: pipes.gone == 1)
    while (order := pipes.desk.take()) != Leave():
        assert order == Begin()
    assert "depthfusion headset:" in capfd.readouterr().err


def test_a_desktop_that_says_nothing_does_not_keep_the_process(pipes):
    assert pipes.desk.wait_for_begin(0.05) is None
