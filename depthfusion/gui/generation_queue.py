"""What is being generated, and what waits for its turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from depthfusion.framing import FramingError
from depthfusion.generator.events import Event, Failed, Finished, Loading, Preview, Step
from depthfusion.generator.request import AnyRequest
from depthfusion.gui.worker_link import WorkerLink


@dataclass(frozen=True)
class Job:
    """One request in its place; `number` tells jobs apart that ask for the same."""

    number: int
    request: AnyRequest
    """For new worlds, or (`DepthRequest`) for the depth of a picture."""


class GenerationQueue(QObject):
    """One job at a time through a `WorkerLink`, the others in the order of the list.

    A failure holds the queue, for what failed once would most often fail again: `resume`, or
    another `add`, lets it go on.
    """

    changed = Signal()
    """The present job or the waiting ones are others now."""
    began = Signal(object)
    """A `Job`."""
    progressed = Signal(object, object)
    """A `Job` and its `Loading` or `Step`."""
    previewed = Signal(object, object)
    """A `Job` and its `Preview`."""
    made = Signal(object, object)
    """A `Job` and its `Finished`; one for each picture it asked for."""
    failed = Signal(object, object)
    """A `Job` and its `Failed`; the rest waits."""
    cancelled = Signal(object)
    """A `Job` that was given up by `cancel`, at once."""

    def __init__(self, link: WorkerLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._current: Job | None = None
        self._waiting: list[Job] = []
        self._numbers = 0
        self._held = False
        link.spoke.connect(self._heard)
        link.freed.connect(self._next)

    @property
    def current(self) -> Job | None:
        """The job that is being made."""
        return self._current

    @property
    def waiting(self) -> Sequence[Job]:
        """Those that wait, the next first."""
        return tuple(self._waiting)

    @property
    def held(self) -> bool:
        """Whether jobs wait because one has failed."""
        return self._held and bool(self._waiting)

    def add(self, request: AnyRequest, *, first: bool = False) -> Job:
        """Put a request at the end; it begins at once where nothing else is to be done.

        Args:
            request: what to make.
            first: put it before those that wait, as when it is tried again.
        """
        self._numbers += 1
        job = Job(self._numbers, request)
        self._waiting.insert(0 if first else len(self._waiting), job)
        self._held = False
        self.changed.emit()
        self._next()
        return job

    def remove(self, number: int) -> None:
        """Take a waiting job out; of others nothing changes."""
        kept = [job for job in self._waiting if job.number != number]
        if len(kept) != len(self._waiting):
            self._waiting = kept
            self.changed.emit()

    def move(self, number: int, place: int) -> None:
        """Put a waiting job at another place, 0 being the next."""
        moved = [job for job in self._waiting if job.number == number]
        if moved:
            rest = [job for job in self._waiting if job.number != number]
            place = max(0, min(place, len(rest)))
            self._waiting = [*rest[:place], *moved, *rest[place:]]
            self.changed.emit()

    def clear(self) -> None:
        """Take all waiting jobs out."""
        if self._waiting:
            self._waiting = []
            self.changed.emit()

    def cancel(self) -> None:
        """Give up the present job at once; the next one begins when the worker has let go."""
        job, self._current = self._current, None
        if job is None:
            return
        self._link.cancel()
        self.changed.emit()
        self.cancelled.emit(job)
        self._next()

    def resume(self) -> None:
        """Go on with what waits after a failure."""
        self._held = False
        self.changed.emit()
        self._next()

    @Slot()
    def _next(self) -> None:
        if self._current is not None or self._held or not self._waiting or self._link.busy:
            return
        job = self._waiting.pop(0)
        self._current = job
        self.changed.emit()
        self.began.emit(job)
        try:
            self._link.start(job.request)
        except FramingError as error:
            self._heard(Failed(str(error)))

    @Slot(object)
    def _heard(self, event: Event) -> None:
        job = self._current
        if job is None:
            return
        match event:
            case Loading() | Step():
                self.progressed.emit(job, event)
            case Preview():
                self.previewed.emit(job, event)
            case Finished():
                if event.image + 1 >= event.count:
                    self._current = None
                self.made.emit(job, event)
                self._settle()
            case Failed():
                self._current, self._held = None, True
                self.failed.emit(job, event)
                self._settle()

    def _settle(self) -> None:
        if self._current is None:
            self.changed.emit()
            self._next()
