"""Tells how far a long making is: one line that changes on a terminal, a line a while elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol, Self, TextIO

if TYPE_CHECKING:
    from ldm3d.data.make import Progress

_EVERY_S = 30.0


def duration(seconds: float) -> str:
    """Return a duration as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def progress_text(progress: Progress) -> str:
    """Return how far it is, how fast, and how long it will take."""
    text = f"{progress.done} of {progress.count} worlds"
    left = progress.left_s
    if left is None:
        return text
    return f"{text}, {progress.per_s:.2f} a second, {duration(left)} left"


class Shown(Protocol):
    """What a line can tell of."""

    @property
    def done(self) -> int:
        """Return how many pictures there are."""
        ...

    @property
    def count(self) -> int | None:
        """Return how many there shall be; None: nobody knows."""
        ...

    @property
    def note(self) -> str:
        """Return something to tell besides."""
        ...

    @property
    def text(self) -> str:
        """Return how far it is, in words."""
        ...


class ProgressLine:
    """Writes progress to a stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._told_s = -_EVERY_S
        self._open = False

    def show(self, progress: Shown) -> None:
        """Write it if it is time to."""
        if progress.note:
            self.end()
            print(progress.note, file=self._stream, flush=True)
        now = time.monotonic()
        if self._live:
            print(f"\r{progress.text:<70}", end="", file=self._stream, flush=True)
            self._open = True
        elif now - self._told_s >= _EVERY_S or progress.done == progress.count:
            print(progress.text, file=self._stream, flush=True)
            self._told_s = now

    def __enter__(self) -> Self:
        """Begin; the line is closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the line, however it ended."""
        self.end()

    def end(self) -> None:
        """Close the line."""
        if self._open:
            print(file=self._stream, flush=True)
            self._open = False
