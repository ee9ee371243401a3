"""How far a job is and how long it still takes, from its events. No Qt in here."""

from __future__ import annotations

import math

from depthfusion.generator.events import Finished, Loading, Step

LOADING_PART = 0.15
"""Of the whole, where the model has to be loaded first."""
_ALMOST = 0.995
"""What is not finished never looks finished."""


class JobProgress:
    """Follows one job from its beginning to its last picture; `fraction` never falls."""

    def __init__(self, count: int = 1) -> None:
        self.count = max(1, count)
        self.image = 0
        """Which picture is being made, from 0."""
        self.event: Loading | Step | None = None
        """The last that was heard; None before the first and between two pictures."""
        self.fraction = 0.0
        """Of the whole job, 0 to 1."""
        self._begins = 0.0
        self._heard_s = 0.0

    def hear(self, event: Loading | Step | Finished, now_s: float) -> None:
        """Take note of an event.

        Args:
            event: what the generator said.
            now_s: any clock that only goes forward.
        """
        self._heard_s = now_s
        if isinstance(event, Loading):
            self._begins = LOADING_PART
            self._rise(LOADING_PART * min(1.0, max(0.0, event.fraction)))
            self.event = event
        elif isinstance(event, Step):
            self.image, self.count = event.image, max(self.count, event.count)
            self._rise(self._at(event.image + _part(event)))
            self.event = event
        else:
            self.image = event.image + 1
            self._rise(self._at(self.image) if self.image < event.count else 1.0)
            self.event = None

    def remaining_s(self, now_s: float) -> float | None:
        """Return the estimate until the last picture is finished; None while there is none.

        Further pictures are taken to be as quick as this one.
        """
        step = self.event
        if not isinstance(step, Step) or step.remaining_s is None:
            return None
        others = max(0, step.count - step.image - 1)
        whole_s = step.remaining_s + others * (step.elapsed_s + step.remaining_s)
        return max(0.0, whole_s - max(0.0, now_s - self._heard_s))

    def _at(self, pictures: float) -> float:
        return self._begins + (1.0 - self._begins) * pictures / self.count

    def _rise(self, fraction: float) -> None:
        whole = self.image >= self.count
        self.fraction = max(self.fraction, fraction if whole else min(fraction, _ALMOST))


def _part(step: Step) -> float:
    """Return how much of its picture a step has reached: by time where known, else by steps."""
    if step.remaining_s is not None and step.elapsed_s > 0:
        return step.elapsed_s / (step.elapsed_s + step.remaining_s)
    return step.index / (step.total + 1)  # decoding comes after the last


def rounded_s(seconds: float) -> int:
    """Return a time as one tells it: to the second, then to 10 s, then to the minute."""
    for most, grain in ((90, 1), (600, 10)):
        if seconds <= most:
            return max(1, grain * math.floor(seconds / grain + 0.5))
    return 60 * math.floor(seconds / 60 + 0.5)
