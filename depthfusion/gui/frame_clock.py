"""Decides when the next frame is drawn, and counts those that reached the screen."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

LONGEST_STEP_S = 0.1
"""A longer pause between two frames counts as this much, so that nothing leaps."""
_FIRST_STEP_S = 1 / 60
_RATE_PERIOD_S = 0.5


class FrameClock(QObject):
    """Draws continuously while something moves and not at all otherwise.

    While it runs, the screen paces it: each frame asks for the next once it has been swapped. Where
    the driver does not wait for the screen (software OpenGL), a timer keeps it from running far
    ahead of the screen.
    """

    rate_changed = Signal(float)
    """Frames a second that were swapped to the screen; 0 when the clock stands."""

    def __init__(
        self,
        parent: QObject,
        advance: Callable[[float], bool],
        draw: Callable[[], None],
        rest: Callable[[float], None],
    ) -> None:
        """Make a clock that stands.

        Args:
            parent: Qt owner.
            advance: moves the world on by seconds; returns whether frames must follow.
            draw: asks for one frame.
            rest: told how long the clock stood when it starts again, in seconds.
        """
        super().__init__(parent)
        self.screen_hz = 60.0
        self.running = False
        self.frames_shown = 0
        self._advance, self._draw, self._rest = advance, draw, rest
        self._ticked_s = time.perf_counter()
        self._first = True
        self._counted: tuple[float, int] = (0.0, 0)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._tick)

    def wake(self) -> None:
        """Draw a frame now, and go on while there is something to move."""
        if not self.running:
            now_s = time.perf_counter()
            self._rest(now_s - self._ticked_s)
            self._ticked_s = now_s
            self._first = self.running = True
            self._counted = (now_s, self.frames_shown)
        self._draw()

    def stop(self) -> None:
        """Stand still."""
        self._timer.stop()
        if self.running:
            self.running = False
            self.rate_changed.emit(0.0)

    @Slot()
    def frame_swapped(self) -> None:
        """Take note that a frame has reached the screen; plan the next."""
        self.frames_shown += 1
        if not self.running or self._timer.isActive():
            return
        self._count()
        ahead_s = 0.6 / self.screen_hz - (time.perf_counter() - self._ticked_s)
        self._timer.start(max(0, round(ahead_s * 1000)))

    @Slot()
    def _tick(self) -> None:
        now_s = time.perf_counter()
        step_s = _FIRST_STEP_S if self._first else min(now_s - self._ticked_s, LONGEST_STEP_S)
        self._ticked_s, self._first = now_s, False
        if self._advance(step_s):
            self._draw()
        else:
            self.stop()

    def _count(self) -> None:
        since_s, frames = self._counted
        elapsed_s = time.perf_counter() - since_s
        if elapsed_s >= _RATE_PERIOD_S:
            self.rate_changed.emit((self.frames_shown - frames) / elapsed_s)
            self._counted = (time.perf_counter(), self.frames_shown)
