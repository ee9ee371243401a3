"""The line on the terminal: how far, how fast, how long still."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TextIO

LINE_EVERY_S = 30.0


class Progress:
    """Writes one line that is replaced on a terminal, or a line every half minute to a file."""

    def __init__(self, steps: int, quiet: bool = False, stream: TextIO | None = None) -> None:
        """Count to `steps`; `quiet` for all processes but the first."""
        self.steps, self.quiet = steps, quiet
        self.stream = stream or sys.stderr
        self._last_s = -LINE_EVERY_S
        self._width = 0

    def show(
        self, step: int, losses: Mapping[str, float], samples_per_s: float, left_s: float
    ) -> None:
        """Tell about `step` steps done."""
        figures = " ".join(f"{name} {value:.4g}" for name, value in losses.items())
        self.say(
            f"step {step} of {self.steps}, {samples_per_s:.1f} samples/s, {spoken(left_s)} left: "
            f"{figures}"
        )

    def say(self, text: str) -> None:
        """Show a text in the line's place; to a file only where the last is old enough."""
        if self.quiet:
            return
        if self.stream.isatty():
            self.stream.write("\r" + text.ljust(self._width))
            self._width = len(text)
        elif time.monotonic() - self._last_s >= LINE_EVERY_S:
            self._last_s = time.monotonic()
            self.stream.write(text + "\n")
        self.stream.flush()

    def tell(self, text: str) -> None:
        """Write a line that stays."""
        if not self.quiet:
            self.stream.write(
                ("\r" if self.stream.isatty() else "") + text.ljust(self._width) + "\n"
            )
            self.stream.flush()
            self._width = 0


def said(line: str) -> None:
    """Write a line on stderr."""
    print(line, file=sys.stderr, flush=True)


def spoken(seconds: float) -> str:
    """Return a duration as people say it: "42 s", "12 min", "3 h 05 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
