"""Decides when the next frame is drawn, and counts those that reached the screen."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

LONGEST_STEP_S = 0.1
"""A longer pause between two frames counts as this much, so that nothing leaps."""
CALM_HZ = 20.0
"""Frames a second of what turns by itself where the processor draws: half of what two cores can."""
_FIRST_STEP_S = 1 / 60
_RATE_PERIOD_S = 0.5
_AWAITED_SHARE = 0.6
"""Of a screen's period, after which the next frame is begun where the driver waits for the rest."""


class FrameClock(QObject):
    """Draws continuously while something moves and not at all otherwise.

    While it runs, the screen paces it: each frame asks for the next once it has been swapped. Where
    the driver does not wait for the screen (software OpenGL), a timer paces it instead: frames that
    no screen can show would take the processor from the worker, and heat the room. What moves by
    itself, slowly, is then drawn at `CALM_HZ` whatever else the processor does, so that the worker
    beside it gets on and nobody sees it begin.

    Attributes:
        screen_hz: how many frames a second the screen shows.
        driver_waits: whether the driver holds a frame back until the screen takes it.
        calm: whether nothing moves but by itself and slowly.
        running: whether frames follow each other.
        frames_shown: since it was made.
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
        self.driver_waits = True
        self.calm = False
        self.running = False
        self.frames_shown = 0
        self._advance, self._draw, self._rest = advance, draw, rest
        self._ticked_s = self._due_s = time.perf_counter()
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
            self._due_s = now_s
            self._first = self.running = True
            self._counted = (now_s, self.frames_shown)
        elif self.calm and self._timer.isActive():
            self._timer.start(0)  # somebody wants something: no waiting for a calm frame's turn
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
        now_s, period_s = time.perf_counter(), self._period_s()
        # Where a timer sets the pace, the next frame makes up for one that came a little late.
        due_s = (self._ticked_s if self.driver_waits else self._due_s) + period_s
        self._due_s = max(due_s, now_s - period_s)
        self._timer.start(max(0, round((due_s - now_s) * 1000)))

    def _period_s(self) -> float:
        """Return the least time from one frame's beginning to the next one's."""
        if self.driver_waits:
            return _AWAITED_SHARE / self.screen_hz
        return 1 / (min(CALM_HZ, self.screen_hz) if self.calm else self.screen_hz)

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
