"""How far a download is, how fast, and how long it will take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ldm3d.hub.transfer import Doing

WINDOW_S = 8.0
"""Speed is that of the last seconds, so that it follows the line."""
SHORTEST_S = 0.5
"""No speed is told before so much time has passed."""


@dataclass(frozen=True)
class Progress:
    """Where a download or a check is."""

    doing: Doing
    name: str
    """The file at hand."""
    done_bytes: int
    """Of all files, those that were here before included."""
    total_bytes: int
    bytes_per_s: float | None = None
    """Of the line, over the last seconds; None while unknown."""
    remaining_s: float | None = None
    """Estimate; None while unknown."""
    note: str = ""
    """Why it waits."""


class Pace:
    """Speed over a sliding window of what arrives.

    Args:
        clock: seconds that only grow; another one in tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()
        self._arrived_bytes = 0
        self.rest()

    def add(self, arrived_bytes: int) -> None:
        """Note that so many bytes came over the line since the last call."""
        now = self._clock()
        self._arrived_bytes += arrived_bytes
        if now - self._marks[-1][0] >= WINDOW_S / 64:
            self._marks.append((now, self._arrived_bytes))
        while len(self._marks) > 2 and now - self._marks[1][0] > WINDOW_S:
            self._marks.popleft()

    def rest(self) -> None:
        """Begin anew: what was not a transfer (a check, a wait) does not count as slowness."""
        self._marks.clear()
        self._marks.append((self._clock(), self._arrived_bytes))

    @property
    def bytes_per_s(self) -> float | None:
        """Speed over the window; None while it is too short."""
        since_s, since_bytes = self._marks[0]
        elapsed_s = self._clock() - since_s
        if elapsed_s < SHORTEST_S:
            return None
        return (self._arrived_bytes - since_bytes) / elapsed_s
