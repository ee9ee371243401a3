"""Messages on a byte stream: whatever the pieces, the same messages; nonsense ends it at once."""

from __future__ import annotations

import contextlib
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depthfusion.framing import (
    MAX_LINE_BYTES,
    FramingError,
    Message,
    MessageReader,
    encode,
)
from depthfusion.generator.events import Failed, Failure, Finished, Loading, Preview, Step
from depthfusion.generator.wire import event_from_message, message_from_event
from depthfusion.panorama import Panorama, Provenance

NONSENSE = [
    b"hello\n",
    b"\n",
    b"[]\n",
    b"{}\n",
    b'{"kind": 5}\n',
    b'{"kind": "step", "job": -1}\n',
    b'{"kind": "step", "job": true}\n',
    b'{"kind": "step", "x": NaN}\n',
    b'{"kind": "x", "arrays": 5}\n',
    b'{"kind": "x", "arrays": [["object", [2]]]}\n',
    b'{"kind": "x", "arrays": [["uint8", [-2]]]}\n',
    b'{"kind": "x", "arrays": [["uint8", [2.5]]]}\n',
    b'{"kind": "x", "arrays": [["uint8", [1, 1, 1, 1]]]}\n',
    b'{"kind": "x", "arrays": [["float32", [100000, 100000, 4]]]}\n',
    b'{"kind": "x", "arrays": [["uint8", [1]],["uint8", [1]],["uint8", [1]],["uint8", [1]],'
    b'["uint8", [1]],["uint8", [1]],["uint8", [1]],["uint8", [1]],["uint8", [1]]]}\n',
    b"[" * 100_000 + b"\n",
    b"\xff\xfe" * 200 + b"\n",
    b"x" * (MAX_LINE_BYTES + 1),
]


def sent(*messages: Message) -> bytes:
    return b"".join(piece for message in messages for piece in map(bytes, encode(message)))


def examples() -> list[Message]:
    rng = np.random.default_rng(0)
    color = rng.integers(0, 256, (3, 5, 3), dtype=np.uint8)
    return [
        Message("hello", fields={"protocol": 1}),
        Message("a", 3, {"text": "line\nbreak ° {}"}, (color, rng.random((3, 5), np.float32))),
        Message("empty", 4, {}, (np.empty((0, 4), np.uint8), np.array([True, False]))),
        Message("b", 2**40, {"deep": {"list": [1, 2.5, None, "x"]}}),
    ]


def same(first: Message, second: Message) -> bool:
    return (
        (first.kind, first.job, dict(first.fields))
        == (second.kind, second.job, dict(second.fields))
        and len(first.arrays) == len(second.arrays)
        and all(
            a.dtype == b.dtype and np.array_equal(a, b)
            for a, b in zip(first.arrays, second.arrays, strict=True)
        )
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 90), max_size=40))
def test_messages_come_out_alike_whatever_the_pieces(cuts: list[int]) -> None:
    data, reader, found = sent(*examples()), MessageReader(), []
    for cut in cuts:
        found += reader.feed(data[:cut])
        data = data[cut:]
    found += reader.feed(data)
    assert len(found) == 4
    assert all(same(a, b) for a, b in zip(found, examples(), strict=True))
    assert not reader.in_message


def test_a_cut_in_a_line_or_in_an_array_is_known_as_one() -> None:
    data = sent(examples()[1])
    for cut in (5, len(data) - 1):
        reader = MessageReader()
        assert reader.feed(data[:cut]) == []
        assert reader.in_message


def test_arrays_are_aligned_though_their_bytes_are_not() -> None:
    [message] = MessageReader().feed(sent(examples()[1]))
    assert all(array.flags.aligned and array.flags.c_contiguous for array in message.arrays)


@pytest.mark.parametrize("data", NONSENSE, ids=lambda data: repr(data[:50]))
def test_nonsense_is_refused_in_one_line_and_for_good(data: bytes) -> None:
    reader = MessageReader()
    with pytest.raises(FramingError, match="want") as told:
        reader.feed(data)
    assert "\n" not in str(told.value) and len(str(told.value)) < 300
    with pytest.raises(FramingError):
        reader.feed(sent(examples()[0]))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_give_messages_or_a_framing_error(data: bytes) -> None:
    with contextlib.suppress(FramingError):
        assert MessageReader().feed(data) == []


def test_an_endless_line_is_refused_before_it_fills_memory() -> None:
    reader, fed = MessageReader(), 0
    with pytest.raises(FramingError, match="line"):
        while fed < 10 * MAX_LINE_BYTES:
            reader.feed(b"x" * 65536)
            fed += 65536
    assert fed < MAX_LINE_BYTES


def test_a_reader_can_refuse_arrays_at_all() -> None:
    reader = MessageReader(max_arrays_bytes=0)
    assert len(reader.feed(sent(Message("cancel", 1)))) == 1
    with pytest.raises(FramingError, match="up to 0 bytes"):
        reader.feed(b'{"kind": "generate", "arrays": [["uint8", [1]]]}\n')


@pytest.mark.parametrize(
    "message",
    [
        Message("x", fields={"kind": "y"}),
        Message("x", fields={"value": math.nan}),
        Message("x", fields={"value": object()}),
        Message("x", fields={"value": "x" * MAX_LINE_BYTES}),
        Message("x", arrays=(np.zeros(2, np.float64),)),
    ],
    ids=["reserved", "nan", "object", "long", "float64"],
)
def test_what_would_be_refused_is_not_sent(message: Message) -> None:
    with pytest.raises(FramingError):
        list(encode(message))


def through_the_stream(event: object) -> object:
    [message] = MessageReader().feed(sent(message_from_event(9, event)))  # type: ignore[arg-type]
    assert message.job == 9
    return event_from_message(message)


@pytest.mark.parametrize(
    "event",
    [
        Loading("tiny", 0.5),
        Step(3, 20, 1, 4, 2.5, None),
        Step(3, 20, remaining_s=12.0),
        Failed("want less", Failure.MEMORY, 1, "trace\nback"),
    ],
)
def test_plain_events_pass_unchanged(event: object) -> None:
    assert through_the_stream(event) == event


def test_a_preview_passes_bit_by_bit() -> None:
    rng = np.random.default_rng(1)
    color = rng.integers(0, 256, (4, 8, 3), dtype=np.uint8)
    preview = Preview(2, 9, 1, color, rng.random((4, 8), np.float32))
    back = through_the_stream(preview)
    assert isinstance(back, Preview)
    assert (back.index, back.total, back.image) == (2, 9, 1)
    assert np.array_equal(back.color, preview.color)
    assert np.array_equal(back.depth, preview.depth)


@pytest.mark.parametrize("far_m", [None, 80.0, math.inf])
def test_a_panorama_passes_with_all_that_is_known_of_it(far_m: float | None) -> None:
    rng = np.random.default_rng(2)
    panorama = Panorama(
        rng.integers(0, 256, (6, 12, 3), dtype=np.uint8),
        rng.random((3, 6), np.float32),
        near_m=None if far_m is None else 0.5,
        far_m=far_m,
        holes=rng.random((3, 6)) > 0.5,
        title="a lake",
        provenance=Provenance("a.png", "b.png", ("guessed",), {"seed": 1}, {"fov_deg": 70}),
    )
    back = through_the_stream(Finished(panorama, 1, 3, 4.5, 1.1, 1.2, ("a note",)))
    assert isinstance(back, Finished)
    assert (back.image, back.count, back.seconds, back.notes) == (1, 3, 4.5, ("a note",))
    assert (back.seam_color, back.seam_depth) == (1.1, 1.2)
    for name in ("color", "depth", "holes"):
        assert np.array_equal(getattr(back.panorama, name), getattr(panorama, name))
    for name in ("meaning", "near_m", "far_m", "title", "provenance"):
        assert getattr(back.panorama, name) == getattr(panorama, name)


@pytest.mark.parametrize(
    "message",
    [
        Message("unheard", 1),
        Message("step", 1, {"odd": 1}),
        Message("preview", 1, {"index": 1, "total": 1, "image": 0}),
        Message(
            "preview", 1, {"index": 1, "total": 1, "image": 0}, (np.zeros((2, 2), np.uint8),) * 2
        ),
        Message("failed", 1, {"message": "x", "failure": "odd"}),
        Message("finished", 1, {"panorama": {}, "notes": []}),
    ],
    ids=["kind", "field", "arrays", "shapes", "failure", "panorama"],
)
def test_a_message_that_is_no_event_is_refused(message: Message) -> None:
    with pytest.raises(FramingError, match="want an event"):
        event_from_message(message)


def test_the_line_is_json_that_other_languages_read() -> None:
    line = sent(Message("cancel", 4)).decode("ascii")
    assert json.loads(line) == {"kind": "cancel", "job": 4, "arrays": []}
