"""The conversation without a process: what is asked, what is believed, what is dropped."""

from __future__ import annotations

import numpy as np
import pytest

from depthfusion.framing import PROTOCOL_VERSION, Message, MessageReader, encode
from depthfusion.generator.events import Event, Failed, Failure, Finished, Step
from depthfusion.generator.protocol import LastLines, Protocol
from depthfusion.generator.request import Request
from depthfusion.generator.wire import message_from_event
from depthfusion.panorama import Panorama

HELLO = Message("hello", fields={"protocol": PROTOCOL_VERSION})
BLACK = Panorama(np.zeros((2, 4, 3), np.uint8))


def sent(*messages: Message) -> bytes:
    return b"".join(piece for message in messages for piece in map(bytes, encode(message)))


def from_worker(job: int, *events: Event) -> bytes:
    return sent(*(message_from_event(job, event) for event in events))


def asked() -> Protocol:
    protocol = Protocol()
    protocol.start(Request("a lake"))
    protocol.feed(b"\n" + sent(HELLO))
    return protocol


def test_the_first_request_says_hello_and_the_next_does_not() -> None:
    protocol = Protocol()
    first = MessageReader().feed(protocol.start(Request("a lake", seed=5)))
    assert [m.kind for m in first] == ["hello", "generate"]
    assert first[0].fields["protocol"] == PROTOCOL_VERSION
    assert Request.from_dict(first[1].fields["request"]) == Request("a lake", seed=5)
    protocol.feed(sent(HELLO, Message("end", 1)))
    [second] = MessageReader().feed(protocol.start(Request("a hill")))
    assert (second.kind, second.job) == ("generate", 2)


def test_a_request_is_busy_until_the_worker_says_end() -> None:
    protocol = asked()
    assert protocol.feed(from_worker(1, Step(1, 2), Finished(BLACK)))[0] == Step(1, 2)
    assert protocol.busy and not protocol.wanted
    assert protocol.feed(sent(Message("end", 1))) == []
    assert not protocol.busy


def test_a_second_request_before_the_end_of_the_first_is_a_mistake() -> None:
    with pytest.raises(RuntimeError, match="ended"):
        asked().start(Request("a hill"))


def test_cancelling_asks_once_and_drops_what_still_comes() -> None:
    protocol = asked()
    [message] = MessageReader().feed(protocol.cancel())
    assert (message.kind, message.job) == ("cancel", 1)
    assert protocol.cancel() == b""
    assert protocol.feed(from_worker(1, Step(5, 9), Finished(BLACK))) == []
    assert protocol.busy
    protocol.feed(sent(Message("end", 1)))
    assert not protocol.busy


def test_messages_of_a_job_that_is_over_are_dropped() -> None:
    protocol = asked()
    protocol.cancel()
    protocol.feed(sent(Message("end", 1)))
    protocol.start(Request("a hill"))
    late = from_worker(1, Step(8, 9), Finished(BLACK), Failed("late")) + sent(Message("end", 1))
    assert protocol.feed(late) == []
    assert protocol.feed(from_worker(2, Step(1, 9))) == [Step(1, 9)]


def test_prints_before_the_greeting_are_passed_over_in_any_pieces() -> None:
    data = (
        b'warning: {"kind": nothing\nno end of line'
        + b"\n"
        + sent(HELLO)
        + from_worker(1, Step(1, 2))
    )
    protocol = Protocol()
    protocol.start(Request("a lake"))
    events = [event for byte in data for event in protocol.feed(bytes([byte]))]
    assert events == [Step(1, 2)]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"x" * (2**20 + 1), "greeting"),
        (sent(Message("hello", fields={"protocol": 99})), "99"),
        (sent(HELLO) + b"nonsense\n", "no message"),
        (sent(HELLO, Message("step", 1, {"odd": 1})), "want an event"),
        (sent(HELLO, Message("fault", fields={"message": "gave up"})), "gave up"),
    ],
    ids=["no-greeting", "version", "nonsense", "no-event", "fault"],
)
def test_nonsense_ends_the_conversation_with_one_line(data: bytes, says: str) -> None:
    protocol = Protocol()
    protocol.start(Request("a lake"))
    [failed] = protocol.feed(data)
    assert isinstance(failed, Failed) and failed.kind is Failure.CRASH
    assert says in failed.message and "\n" not in failed.message
    assert protocol.broken and not protocol.busy
    assert protocol.feed(sent(HELLO)) == []
    assert protocol.ended(-9) is None


@pytest.mark.parametrize(
    ("code", "says"),
    [(-9, "ran out of memory"), (-11, "signal 11"), (3, "code 3"), (None, "ended")],
)
def test_the_end_of_the_process_is_a_crash_for_a_request_that_waits(
    code: int | None, says: str
) -> None:
    failed = asked().ended(code, "last words")
    assert failed is not None
    assert (failed.kind, failed.details) == (Failure.CRASH, "last words")
    assert says in failed.message


def test_the_end_of_the_process_is_no_failure_when_nothing_is_wanted() -> None:
    idle, cancelled, finished = Protocol(), asked(), asked()
    cancelled.cancel()
    finished.feed(from_worker(1, Finished(BLACK)))
    assert [p.ended(-9) for p in (idle, cancelled, finished)] == [None] * 3
    between = asked()
    between.feed(from_worker(1, Finished(BLACK, image=0, count=2)))
    assert between.ended(-9) is not None


def test_what_a_crash_says_first_outlasts_its_stacks() -> None:
    lines = LastLines(max_lines=3)
    lines.feed(b"loading\nFatal Python error: Segmentation fault\n")
    assert lines.text == "loading\nFatal Python error: Segmentation fault"
    lines.feed(b"".join(b"  File %d\n" % number for number in range(100)))
    expected = [
        "Fatal Python error: Segmentation fault",
        "...",
        "  File 97",
        "  File 98",
        "  File 99",
    ]
    assert lines.text.splitlines() == expected


def test_the_last_lines_are_kept_and_no_more() -> None:
    lines = LastLines(max_lines=3, max_line_bytes=10)
    lines.feed(b"one\ntwo\nthr")
    lines.feed(b"ee\nfour\n" + b"x" * 1000)
    assert lines.text == "two\nthree\nfour\n" + "x" * 10
    lines.feed(b"\xff\n")
    assert lines.text.splitlines()[:2] == ["three", "four"]
