"""How long a picture still takes, learned from its own steps and from the pictures before."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

FIRST_GUESS_OF_TAIL_STEPS = 1.5
"""What follows the last step (decoding, poles) in guided steps, before a picture was finished: 1.4
for the full model by FLOPs (5.10 against 3.70 TFLOP), and a little for the rest."""
_WEIGHT_OF_NEWEST = 0.5


@dataclass(frozen=True)
class Learned:
    """What pictures of one kind took."""

    step_s: float
    tail_s: float
    """From the last step to the finished picture."""


class Pace:
    """Remembers how long each kind of picture took (kind: model, size, guided or not...)."""

    def __init__(self) -> None:
        self._learned: dict[Hashable, Learned] = {}

    def of(self, kind: Hashable) -> Learned | None:
        """Return what is known of a kind, None at first."""
        return self._learned.get(kind)

    def learn(self, kind: Hashable, step_s: float, tail_s: float) -> None:
        """Take note of a finished picture; newer ones count more."""
        before = self._learned.get(kind)
        if before is not None:
            step_s = before.step_s + _WEIGHT_OF_NEWEST * (step_s - before.step_s)
            tail_s = before.tail_s + _WEIGHT_OF_NEWEST * (tail_s - before.tail_s)
        self._learned[kind] = Learned(step_s, tail_s)


class PictureClock:
    """The times of one picture's steps, in seconds of a monotonic clock."""

    def __init__(self, start_s: float, learned: Learned | None = None) -> None:
        self._start_s = start_s
        self._learned = learned
        self._first_end_s = start_s
        self._last_end_s = start_s
        self._steps = 0

    def step_ended(self, now_s: float) -> None:
        """Take note of a step's end."""
        self._steps += 1
        self._last_end_s = now_s
        if self._steps == 1:
            self._first_end_s = now_s

    @property
    def elapsed_s(self) -> float:
        """From the start to the end of the last step."""
        return self._last_end_s - self._start_s

    @property
    def step_s(self) -> float | None:
        """Mean of this picture's steps; the first, which warms up, only counts while alone."""
        if self._steps > 1:
            return (self._last_end_s - self._first_end_s) / (self._steps - 1)
        if self._learned is not None:
            return self._learned.step_s
        return self.elapsed_s if self._steps else None

    def remaining_s(self, total: int) -> float | None:
        """Return the estimate until the picture is finished, after the last noted step."""
        step_s = self.step_s
        if step_s is None:
            return None
        tail_s = self._learned.tail_s if self._learned else FIRST_GUESS_OF_TAIL_STEPS * step_s
        return (total - self._steps) * step_s + tail_s

    def tail_s(self, now_s: float) -> float:
        """Return how long the picture took after its last step, when it is finished now."""
        return now_s - self._last_end_s
