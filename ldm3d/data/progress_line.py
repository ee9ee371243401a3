"""Tells how far a long making is: one line that changes on a terminal, a line a while elsewhere."""

from __future__ import annotations

import time
from typing import TextIO

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


class ProgressLine:
    """Writes progress to a stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._told_s = -_EVERY_S
        self._open = False

    def show(self, progress: Progress) -> None:
        """Write it if it is time to."""
        if progress.note:
            self.end()
            print(progress.note, file=self._stream, flush=True)
        now = time.monotonic()
        if self._live:
            print(f"\r{progress_text(progress):<70}", end="", file=self._stream, flush=True)
            self._open = True
        elif now - self._told_s >= _EVERY_S or progress.done == progress.count:
            print(progress_text(progress), file=self._stream, flush=True)
            self._told_s = now

    def end(self) -> None:
        """Close the line."""
        if self._open:
            print(file=self._stream, flush=True)
            self._open = False
