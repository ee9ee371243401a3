"""The one door to `ldm3d`: generates what a request asks for, in this process.

    generator = LatentGenerator()
    for event in generator.generate(Request("a mossy forest at dawn")):
        ...                             # Loading, Step, Preview, Finished or Failed

Importing it costs no torch; the first request does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from depthfusion.generator.events import Event, Finished, Preview, Step
from depthfusion.generator.failures import told_as_failed
from depthfusion.generator.pace import Pace, PictureClock
from depthfusion.generator.repeat import Asked, asked, check_shape, differences
from depthfusion.generator.request import Request
from depthfusion.generator.warm import Loaded, WarmModel
from depthfusion.panorama import Panorama, Provenance
from depthfusion.panorama.write import plain

if TYPE_CHECKING:
    import ldm3d

PREVIEW_INTERVAL_S = 0.1
"""Previews come at most ten times a second: more are not seen, and each costs time."""


class LatentGenerator:
    """Generates in this process and keeps the model between requests. One request at a time."""

    def __init__(self, *, keeps_loading: bool = False) -> None:
        """Load nothing yet.

        Args:
            keeps_loading: see `WarmModel`; only for a process that ends by `os._exit`.
        """
        self._warm = WarmModel(keeps_loading=keeps_loading)
        self._pace = Pace()
        self._last_preview_s = -PREVIEW_INTERVAL_S

    def generate(
        self, request: Request, *, preview_is_wanted: Callable[[], bool] = lambda: True
    ) -> Generator[Event]:
        """Make the pictures of a request, one after the other, each as if it were alone.

        Args:
            request: what to make.
            preview_is_wanted: asked before each preview is computed, at most ten times a second,
                and only if the request wants previews at all.

        Yields:
            Events in the order `depthfusion.generator.events` says; what `ldm3d` refuses, and too
            little memory, is a `Failed`. Closing the iterator cancels within a step.
        """
        yield from told_as_failed(self._generate(request, preview_is_wanted), "generating")

    @property
    def is_warm(self) -> bool:
        """Whether it holds a model, or is loading one."""
        return self._warm.is_warm

    def release(self) -> None:
        """Let go of the model."""
        self._warm.release()

    def _generate(
        self, request: Request, preview_is_wanted: Callable[[], bool]
    ) -> Generator[Event]:
        from ldm3d.device import threads

        start_s = time.monotonic()
        what = asked(request)
        yield from self._warm.prepare(what.place)
        loaded = self._warm.loaded
        assert loaded is not None
        first = loaded.model.recipe(**what.fields)
        check_shape(first)
        gate = self._gate(request, preview_is_wanted) if request.previews else None
        with threads(what.place.threads):
            for image in range(what.count):
                recipe = replace(first, seed=first.seed + image)
                picture = _Picture(loaded, recipe, what, image, start_s)
                with closing(picture.events(self._pace, gate)) as events:
                    yield from events
                start_s = time.monotonic()

    def _gate(
        self, request: Request, preview_is_wanted: Callable[[], bool]
    ) -> Callable[[Any], bool]:
        """Return what decides after each step whether a preview is made."""
        rate = request.preview_rate
        interval_s = PREVIEW_INTERVAL_S if rate is None else preview_interval_s(rate)

        def is_open(_: Any) -> bool:
            now_s = time.monotonic()
            if now_s - self._last_preview_s < interval_s or not preview_is_wanted():
                return False
            self._last_preview_s = now_s
            return True

        return is_open


def preview_interval_s(rate: float) -> float:
    """Return the time between two previews at a rate in previews a second; 0: for ever."""
    return max(PREVIEW_INTERVAL_S, 1 / rate) if rate > 0 else math.inf


@dataclass(frozen=True)
class _Picture:
    """One picture of a request."""

    loaded: Loaded
    recipe: ldm3d.Recipe
    what: Asked
    image: int
    request_start_s: float
    """Of the request, or the end of the picture before."""

    def events(self, pace: Pace, gate: Callable[[Any], bool] | None) -> Generator[Event]:
        """Yield what happens, `Finished` at last."""
        import ldm3d

        kind = (self.loaded.model.fingerprint, self.recipe.width, self.recipe.height,
                self.recipe.guidance > 1)  # fmt: skip
        clock = PictureClock(time.monotonic(), pace.of(kind))
        low_memory = self.what.low_memory
        with closing(
            ldm3d.generate(self.loaded.model, self.recipe, previews=gate, low_memory=low_memory)
        ) as run:
            for item in run:
                if isinstance(item, ldm3d.Step):
                    clock.step_ended(time.monotonic())
                    yield self._step(item, clock)
                elif isinstance(item, ldm3d.Preview):
                    yield Preview(item.index, item.total, self.image, item.color, item.depth)
                else:
                    now_s = time.monotonic()
                    pace.learn(kind, clock.step_s or 0.0, clock.tail_s(now_s))
                    yield self._finished(item, now_s - self.request_start_s)

    def _step(self, step: ldm3d.Step, clock: PictureClock) -> Step:
        remaining_s = clock.remaining_s(step.total)
        count = self.what.count
        return Step(step.index, step.total, self.image, count, clock.elapsed_s, remaining_s)

    def _finished(self, result: ldm3d.Result, seconds: float) -> Finished:
        made_with = {**result.recipe.made_with, "model": self.loaded.name}
        recipe = replace(result.recipe, made_with=made_with)
        notes = (*result.notes, *self._differences(made_with))
        panorama = Panorama(
            result.color,
            result.depth,
            near_m=result.near_m,
            far_m=result.far_m,
            title=recipe.prompt,
            provenance=Provenance(notes=notes, generation=plain(recipe.to_dict())),
        )
        return Finished(
            panorama,
            image=self.image,
            count=self.what.count,
            seconds=seconds,
            seam_color=result.seam.color,
            seam_depth=result.seam.depth,
            notes=notes,
        )

    def _differences(self, made_with: Mapping[str, Any]) -> Iterator[str]:
        yield from differences(self.what.made_with, made_with)
