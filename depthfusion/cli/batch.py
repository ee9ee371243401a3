"""Makes the worlds of `generate` one after the other and tells about each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from depthfusion.cli.cancel import Cancellation
from depthfusion.cli.jobs import Job, seeded
from depthfusion.cli.progress import Progress
from depthfusion.cli.target import Target
from depthfusion.errors import DepthFusionError, SaveError
from depthfusion.generator.amounts import duration
from depthfusion.generator.events import Failed, Failure, Finished, Loading, Step

if TYPE_CHECKING:
    from collections.abc import Generator

    from depthfusion.generator.events import Event
    from depthfusion.generator.request import Request

_SAME_FOR_ALL = {Failure.REQUEST, Failure.MODEL}
"""Failures that the next world would only meet again."""


class Generates(Protocol):
    """What `LatentGenerator` offers."""

    def generate(self, request: Request) -> Generator[Event]:
        """Yield events; closing it cancels."""
        ...


class GenerationError(DepthFusionError):
    """A generator's `Failed`, as an error with its exit code."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.message)
        self.exit_code = failed.exit_code
        self.stops_all = failed.kind in _SAME_FOR_ALL


@dataclass
class Done:
    """What came of a batch."""

    worlds: list[Path] = field(default_factory=list)
    failed: list[tuple[Request, DepthFusionError]] = field(default_factory=list)


@dataclass(frozen=True)
class Batch:
    """Everything that stays the same while worlds are made."""

    generator: Generates
    target: Target
    progress: Progress
    cancellation: Cancellation
    output: TextIO
    """Gets a line for each world: its folder, or JSON."""
    as_json: bool = False

    def run(self, jobs: Sequence[Job], done: Done) -> None:
        """Make the worlds; `done` holds what there is, also when this is cancelled.

        A failure of one world alone is kept in `done`; the others are made all the same.

        Raises:
            DepthFusionError: if no other world could be made either.
            KeyboardInterrupt: if it was cancelled; everything that is finished is written.
        """
        for number, (job, request) in enumerate(seeded(jobs), 1):
            self.progress.begin(number)
            try:
                self._make(job, request, done)
            except DepthFusionError as error:
                if len(jobs) == 1 or getattr(error, "stops_all", isinstance(error, SaveError)):
                    raise
                done.failed.append((request, error))
                self.progress.tell(f"{_shortened(request.prompt)}: {error}")
                told = {"prompt": request.prompt, "seed": request.seed, "error": str(error)}
                self._report(None, told)

    def tell_of(self, world: Path) -> None:
        """Report a world that is there already."""
        from depthfusion.panorama.world_folder import about_world

        self._report(world, {**report(world, about_world(world)), "skipped": True})

    def _make(self, job: Job, request: Request, done: Done) -> None:
        self.target.check((request.width or 0) * (request.height or 0))
        for finished in self._events(request):
            with self.cancellation.held():
                world = self._written(finished, job, request)
                done.worlds.append(world)
                self.progress.finished(finished.seconds)
                self._tell(world, finished)

    def _events(self, request: Request) -> Iterator[Finished]:
        """Show what happens; yield what is finished."""
        with closing(self.generator.generate(request)) as events:
            for event in events:
                self.cancellation.check()
                if isinstance(event, Loading):
                    self.progress.loading(event.fraction)
                elif isinstance(event, Step):
                    self.progress.step(event.index, event.total, event.remaining_s)
                elif isinstance(event, Failed):
                    raise GenerationError(event)
                elif isinstance(event, Finished):
                    yield event

    def _written(self, finished: Finished, job: Job, request: Request) -> Path:
        from depthfusion.panorama.write_world import write_world

        assert request.seed is not None
        more = {
            "seconds": round(finished.seconds, 2),
            "seam": {"color": finished.seam_color, "depth": finished.seam_depth},
            "request": job.asked(),
        }
        try:
            return write_world(
                finished.panorama, self.target.place(request.prompt, request.seed), more
            )
        except SaveError as error:
            raise SaveError(f"{error}; --seed {request.seed} makes the same again") from error

    def _tell(self, world: Path, finished: Finished) -> None:
        from depthfusion.panorama.world_folder import about_world

        about = about_world(world)
        for note in finished.notes:
            self.progress.tell(f"note: {note}")
        width, height = about["size_px"]
        seed = about["generation"].get("seed")
        self.progress.tell(
            f"{world.name}: {width}x{height}, seed {seed}, {duration(finished.seconds)}, "
            f"seam {finished.seam_color:.2f} in colour, {finished.seam_depth:.2f} in depth"
        )
        self._report(world, report(world, about))

    def _report(self, world: Path | None, values: Mapping[str, Any]) -> None:
        if self.as_json:
            is_plain = (self.output.encoding or "").lower() not in {"utf-8", "utf8"}
            print(json.dumps(values, ensure_ascii=is_plain), file=self.output, flush=True)
        elif world is not None:
            print(world, file=self.output, flush=True)


def report(world: Path, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of a world as JSON: its files and what stands in its world.json."""
    from depthfusion.panorama.world_folder import COLOR, DEPTH

    recipe = about.get("generation", {})
    return {
        "world": str(world),
        "color": str(world / COLOR),
        "depth": str(world / DEPTH),
        "prompt": recipe.get("prompt"),
        "seed": recipe.get("seed"),
        **{key: about.get(key) for key in ("size_px", "depth_is", "seconds", "seam")},
        "notes": about.get("notes", []),
        "recipe": recipe,
        "skipped": False,
    }


def _shortened(prompt: str, most: int = 60) -> str:
    return prompt if len(prompt) <= most else f"{prompt[: most - 1]}…"
