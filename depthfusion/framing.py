r"""Messages between two processes over a byte stream: one JSON line, then arrays as raw bytes.

    {"kind": "preview", "job": 3, "arrays": [["uint8", [64, 128, 3]], ...], ...}\n<bytes of each>

Arrays lie in C order and in the machine's own byte order, since both ends are on one machine.
Knows nothing of processes: bytes in, messages out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from depthfusion.errors import DepthFusionError

PROTOCOL_VERSION = 1
"""Both ends say it in their first message, `hello`; they come from one installation, so another
number means that the program was updated while it ran."""
MAX_LINE_BYTES = 2**20
MAX_ARRAYS_BYTES = 2**29
"""Of all arrays of one message; the largest panorama (8192x4096, with holes) has 256 MiB."""
MAX_ARRAYS = 8
DTYPES = ("uint8", "float32", "bool")
_RESERVED = ("kind", "job", "arrays")

Array = NDArray[Any]


class FramingError(DepthFusionError):
    """What came over the stream is no message."""


@dataclass(frozen=True, eq=False)
class Message:
    """One message."""

    kind: str
    job: int = 0
    """Which request it belongs to; 0: none."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """JSON-able; none may be called kind, job or arrays."""
    arrays: tuple[Array, ...] = ()
    """uint8, float32 or bool, of up to 3 dimensions."""


def encode(message: Message) -> Iterator[bytes | memoryview]:
    """Yield the pieces of a message, without a copy of its arrays.

    Raises:
        FramingError: if it would not be accepted at the other end.
    """
    arrays = [np.ascontiguousarray(array) for array in message.arrays]
    described = [[array.dtype.name, list(array.shape)] for array in arrays]
    head = {"kind": message.kind, "job": message.job, "arrays": described, **message.fields}
    if any(name in message.fields for name in _RESERVED):
        raise FramingError(f"want fields other than {', '.join(_RESERVED)} in a message")
    try:
        line = json.dumps(head, ensure_ascii=True, allow_nan=False).encode() + b"\n"
    except (TypeError, ValueError) as error:
        raise FramingError(f"want a message of plain values, got {error}") from error
    if len(line) > MAX_LINE_BYTES:
        raise FramingError(f"want a message of up to {MAX_LINE_BYTES} bytes, got {len(line)}")
    _check_arrays(described, MAX_ARRAYS_BYTES)
    yield line
    for array in arrays:
        if array.size:
            yield array.data.cast("B")


class MessageReader:
    """Takes bytes as they come, in pieces of any size, and gives the messages they make.

    Holds at most one unfinished message. Not for use by several threads at once.
    """

    def __init__(self, max_arrays_bytes: int = MAX_ARRAYS_BYTES) -> None:
        """Start at the beginning of a stream.

        Args:
            max_arrays_bytes: refuse messages whose arrays take more; 0: arrays at all.
        """
        self._max_arrays_bytes = max_arrays_bytes
        self._line = bytearray()
        self._head: dict[str, Any] | None = None
        self._arrays: list[Array] = []
        self._room: list[memoryview] = []
        self._refused: FramingError | None = None

    @property
    def in_message(self) -> bool:
        """Whether a message has begun and is not complete: an end of stream here is a cut."""
        return bool(self._line) or self._head is not None

    def feed(self, data: bytes | memoryview) -> list[Message]:
        """Return the messages that are complete now, oldest first.

        Raises:
            FramingError: if the bytes are no message. There is no way back into the stream: every
                later call raises it again. Messages completed by the same call are lost.
        """
        if self._refused is not None:
            raise self._refused
        found: list[Message] = []
        left = memoryview(data)
        try:
            while left:
                left = self._take_line(left) if self._head is None else self._take_bytes(left)
                if self._head is not None and not self._room:
                    found.append(self._complete())
        except FramingError as error:
            self._refused = error
            self._line.clear()
            raise
        return found

    def _take_line(self, data: memoryview) -> memoryview:
        room = MAX_LINE_BYTES - len(self._line)
        part = bytes(data[:room])
        end = part.find(b"\n")
        if end < 0:
            if len(part) == room:
                raise FramingError(f"want a message, got a line of over {MAX_LINE_BYTES} bytes")
            self._line += part
            return data[len(part) :]
        self._line += part[:end]
        self._head = _head_from(bytes(self._line), self._max_arrays_bytes)
        self._line.clear()
        self._arrays = [np.empty(shape, np.dtype(name)) for name, shape in self._head["arrays"]]
        self._room = [array.data.cast("B") for array in self._arrays if array.size]
        return data[end + 1 :]

    def _take_bytes(self, data: memoryview) -> memoryview:
        room = self._room[0]
        count = min(len(room), len(data))
        room[:count] = data[:count]
        if count == len(room):
            self._room.pop(0)
        else:
            self._room[0] = room[count:]
        return data[count:]

    def _complete(self) -> Message:
        head, arrays = self._head or {}, tuple(self._arrays)
        self._head, self._arrays = None, []
        fields = {name: value for name, value in head.items() if name not in _RESERVED}
        return Message(head["kind"], head["job"], fields, arrays)


def _head_from(line: bytes, max_arrays_bytes: int) -> dict[str, Any]:
    try:
        head = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise FramingError(f"want a message, got {_short(line)}") from error
    if not isinstance(head, dict) or not isinstance(head.get("kind"), str):
        raise FramingError(f"want a message with a kind, got {_short(line)}")
    job = head.setdefault("job", 0)
    if type(job) is not int or not 0 <= job < 2**63:
        raise FramingError(f"want a message with a job's number, got {_short(line)}")
    _check_arrays(head.setdefault("arrays", []), max_arrays_bytes)
    return head


def _check_arrays(arrays: Any, max_bytes: int) -> None:
    if not isinstance(arrays, list) or len(arrays) > MAX_ARRAYS:
        raise FramingError(f"want up to {MAX_ARRAYS} arrays in a message, got {_short(arrays)}")
    total = 0
    for item in arrays:
        match item:
            case [str(dtype), [*shape]] if dtype in DTYPES and len(shape) <= 3:
                if not all(type(side) is int and 0 <= side <= MAX_ARRAYS_BYTES for side in shape):
                    raise FramingError(f"want the shape of an array, got {_short(shape)}")
                total += math.prod(shape) * np.dtype(dtype).itemsize
            case _:
                raise FramingError(f"want an array's dtype and shape, got {_short(item)}")
    if total > max_bytes:
        raise FramingError(f"want arrays of up to {max_bytes} bytes in a message, got {total}")


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _short(value: Any) -> str:
    text = repr(bytes(value) if isinstance(value, bytes) else value)
    return text if len(text) <= 60 else f"{text[:57]}..."
