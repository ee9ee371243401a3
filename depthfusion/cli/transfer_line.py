"""How far a download or a check of a model is: one line on standard error, drawn again."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO

from depthfusion.cli.progress import bar, is_terminal
from depthfusion.generator.amounts import duration, size, size_of

if TYPE_CHECKING:
    from ldm3d.hub import Progress

REDRAW_EVERY_S = 0.1
LINE_EVERY_S = 15.0
"""Where the stream is no terminal."""


class TransferLine:
    """Shows progress; owns the last line of its stream until `close`.

    Args:
        stream: where to draw.
        clock: seconds that never go back.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._redraws = is_terminal(stream)
        self._shown = ""
        self._next_at = clock() if self._redraws else clock() + LINE_EVERY_S

    def show(self, progress: Progress) -> None:
        """Draw where it is, not more often than eyes or a log need it."""
        now = self._clock()
        if now < self._next_at and not progress.note:
            return
        self._next_at = now + (REDRAW_EVERY_S if self._redraws else LINE_EVERY_S)
        said = words(progress)
        if not self._redraws:
            print(said, file=self._stream, flush=True)
            return
        columns = shutil.get_terminal_size().columns - 1
        share = progress.done_bytes / max(1, progress.total_bytes)
        line = f"{bar(share, columns - len(said) - 1)}{said}"[:columns]
        self._stream.write("\r" + line.ljust(len(self._shown)))
        self._stream.flush()
        self._shown = line

    def close(self) -> None:
        """Take the line away."""
        if self._shown:
            self._stream.write("\r" + " " * len(self._shown) + "\r")
            self._stream.flush()
            self._shown = ""


class JsonLines:
    """The same for a program: one JSON object a line, fields as in `ldm3d.hub.Progress`."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._next_at = clock()

    def show(self, progress: Progress) -> None:
        """Write where it is, not more often than it is looked at."""
        is_end = progress.done_bytes >= progress.total_bytes
        if self._clock() >= self._next_at or progress.note or is_end:
            self._next_at = self._clock() + REDRAW_EVERY_S
            print(json.dumps(asdict(progress)), file=self._stream, flush=True)

    def close(self) -> None:
        """Nothing: every line is whole."""


def words(progress: Progress) -> str:
    """Return where a download is, in words: "1.20 of 4.27 GB, 35.2 MB/s, 87 s left"."""
    amount = size_of(progress.done_bytes, progress.total_bytes)
    if progress.doing == "check":
        reason = f" ({progress.note})" if progress.note else ""
        return f"checking {progress.name}{reason}, {amount}"
    if progress.doing == "wait":
        return f"{amount}, waiting to try again ({progress.note})"
    speed, left_s = progress.bytes_per_s, progress.remaining_s
    parts = [amount]
    parts += [f"{size(round(speed))}/s"] if speed is not None else []
    parts += [f"{duration(left_s)} left"] if left_s is not None else []
    return ", ".join(parts)
