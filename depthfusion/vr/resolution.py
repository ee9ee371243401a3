"""How many pixels an eye gets: the runtime's wish times the person's, less where frames are late.

The targets keep their size; only the part of them that is drawn and submitted changes.
"""

from __future__ import annotations

import math

from depthfusion.headset import FrameTiming

MIN_FACTOR, MAX_FACTOR = 0.5, 2.0
"""Of width and height, chosen by the person."""
MIN_SCALE = 0.5
"""Of width and height, chosen by what frames cost."""
GRAIN_PX = 8
LATE = 0.9
"""Part of the period above which a frame is as good as late."""
GOOD = 0.8
"""What is aimed at then."""
EASY = 0.65
"""Part of the period below which there is room for more."""
EASY_S = 1.0
"""How long there must have been room."""
WAIT_AFTER_DROP_S = 3.0
RISE = 1.06
"""Of width and height a time: 1.06^2 * EASY stays well below LATE, so it does not swing."""
MOST_DROP = 0.75
"""The farthest one step goes down."""
SETTLE_FRAMES = 3
"""Timings that still tell of the size before."""


def target_px(
    recommended_px: tuple[int, int], factor: float, max_texture_px: int
) -> tuple[int, int]:
    """Return the size of an eye's target.

    Args:
        recommended_px: width and height as the runtime recommends.
        factor: the person's, within `MIN_FACTOR` and `MAX_FACTOR`.
        max_texture_px: of the context: larger targets are made smaller in the same shape.
    """
    factor = min(MAX_FACTOR, max(MIN_FACTOR, factor))
    factor = min(factor, max_texture_px / max(recommended_px))
    return _whole(recommended_px[0] * factor), _whole(recommended_px[1] * factor)


def _whole(length: float) -> int:
    return max(GRAIN_PX, math.floor(length / GRAIN_PX) * GRAIN_PX)


class Resolution:
    """Follows frame timings: down at once, up by small steps after a while.

    Nothing happens between `EASY` and `LATE`.
    """

    def __init__(self, size_px: tuple[int, int]) -> None:
        """Begin with the whole target, `size_px` wide and high."""
        self.size_px = size_px
        self.scale = 1.0
        """Of width and height, `MIN_SCALE` to 1."""
        self.used_px = size_px
        """What is to be drawn."""
        self._index: int | None = None
        self._settling = 0
        self._easy_s = 0.0
        self._wait_s = 0.0

    def resize(self, size_px: tuple[int, int]) -> None:
        """Take another target; the scale is kept."""
        self.size_px = size_px
        self._use(self.scale)

    def note(self, timing: FrameTiming | None) -> bool:
        """Take note of the newest finished frame; return whether `used_px` has changed."""
        if timing is None or timing.index == self._index:
            return False
        self._index = timing.index
        self._wait_s = max(0.0, self._wait_s - timing.period_s)
        if self._settling > 0:
            self._settling -= 1
            return False
        load = timing.gpu_s / timing.period_s
        if load > LATE or (timing.dropped > 0 and timing.cpu_s < timing.period_s):
            return self._drop(load)
        self._easy_s = self._easy_s + timing.period_s if load < EASY else 0.0
        if self._easy_s >= EASY_S and self._wait_s == 0 and self.scale < 1:
            return self._use(min(1.0, self.scale * RISE))
        return False

    def _drop(self, load: float) -> bool:
        self._wait_s = WAIT_AFTER_DROP_S
        wanted = math.sqrt(GOOD / max(load, LATE))
        return self._use(max(MIN_SCALE, self.scale * max(MOST_DROP, wanted)))

    def _use(self, scale: float) -> bool:
        before, self.scale = self.used_px, scale
        self.used_px = (
            min(self.size_px[0], _whole(self.size_px[0] * scale)),
            min(self.size_px[1], _whole(self.size_px[1] * scale)),
        )
        self._easy_s, self._settling = 0.0, SETTLE_FRAMES
        return self.used_px != before
