"""A progress bar on standard error: one line redrawn on a terminal, else a line now and then."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from typing import TextIO

from depthfusion.generator.amounts import duration

BAR_WIDTH = 20
MIN_BAR_WIDTH = 6
LINE_EVERY_S = 15.0
"""How often a stream that is no terminal gets a line."""
REDRAW_EVERY_S = 0.1


class Progress:
    """Shows how far a batch of pictures is. Owns the last line of its stream until `close`.

    Args:
        stream: where to draw; None: nowhere.
        pictures: how many are to be made.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        stream: TextIO | None,
        pictures: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._pictures = pictures
        self._clock = clock
        self._redraws = stream is not None and is_terminal(stream)
        self._shown = ""
        self._next_at = 0.0
        self._number = 0
        self._mean_s: float | None = None
        self._finished = 0

    def begin(self, number: int) -> None:
        """Begin with the picture of that number, from 1."""
        self._number = number

    def loading(self, fraction: float) -> None:
        """Tell that the model is being loaded, 0 to 1."""
        percent = f", {fraction:.0%}" if fraction > 0 else ""
        self._draw(fraction, f"loading the model{percent}", always=fraction <= 0)

    def step(self, index: int, total: int, remaining_s: float | None) -> None:
        """Tell that so many steps are done, and the seconds until this picture is finished."""
        words = f"step {index} of {total}" if index < total else "decoding"
        if remaining_s is not None:
            words += f", {duration(remaining_s)} left"
            words += self._for_all(remaining_s)
        tells_most = self._finished == 0 and index == 1  # how long it will take
        ends = self._redraws and index == total
        self._draw(index / max(1, total), words, always=tells_most or ends)

    def finished(self, seconds: float) -> None:
        """Tell that a picture is finished, and how long it took."""
        self._finished += 1
        # The first one waited for the model: the next ones count as much as all before.
        mean = seconds if self._mean_s is None else (self._mean_s + seconds) / 2
        self._mean_s = mean

    def tell(self, line: str) -> None:
        """Write a line that stays."""
        if self._stream is not None:
            self._erase()
            print(line, file=self._stream, flush=True)

    def close(self) -> None:
        """Take the bar away."""
        if self._stream is not None:
            self._erase()
            self._stream.flush()

    def _for_all(self, remaining_s: float) -> str:
        left = self._pictures - self._number
        if left <= 0 or self._mean_s is None:
            return ""
        return f", {duration(remaining_s + left * self._mean_s)} for all"

    def _draw(self, fraction: float, words: str, *, always: bool) -> None:
        now = self._clock()
        if self._stream is None or (now < self._next_at and not always):
            return
        self._next_at = now + (REDRAW_EVERY_S if self._redraws else LINE_EVERY_S)
        which = f"{self._number}/{self._pictures} " if self._pictures > 1 else ""
        if not self._redraws:
            print(f"{which}{words}", file=self._stream, flush=True)
            return
        columns = shutil.get_terminal_size().columns - 1
        line = f"{which}{bar(fraction, columns - len(which) - len(words) - 1)}{words}"[:columns]
        self._stream.write("\r" + line.ljust(len(self._shown)))
        self._stream.flush()
        self._shown = line

    def _erase(self) -> None:
        if self._shown and self._stream is not None:
            self._stream.write("\r" + " " * len(self._shown) + "\r")
            self._shown = ""


def is_terminal(stream: TextIO) -> bool:
    """Whether a line on the stream can be drawn again."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def bar(fraction: float, room: int) -> str:
    """Return a bar of at most `BAR_WIDTH` and a space, or nothing where there is no room."""
    width = min(BAR_WIDTH, room)
    if width < MIN_BAR_WIDTH:
        return ""
    done = round(width * min(1.0, max(0.0, fraction)))
    return "#" * done + "." * (width - done) + " "
