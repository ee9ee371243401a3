"""Takes pictures, pairs, worlds and folders into the library, in a thread: `Importing`."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from depthfusion.errors import DepthFusionError
from depthfusion.library import Imported, Library, World
from depthfusion.library.importing import sources
from depthfusion.panorama import ReadOptions


@dataclass(frozen=True)
class Batch:
    """What was dropped or chosen together."""

    paths: tuple[str, ...]
    options: ReadOptions
    depth: str | None


@dataclass
class Outcome:
    """What came of all that was imported in one go."""

    worlds: list[World] = field(default_factory=list)
    """The new ones, in their order."""
    failures: list[DepthFusionError] = field(default_factory=list)
    """Why others are not there, one line each."""
    left_out: int = 0
    """Pictures that were not tried, since it was cancelled."""
    notes: list[str] = field(default_factory=list)
    """What was assumed, one sentence each."""


class Importing(QObject):
    """Imports one batch after the other; several given meanwhile are one piece of work."""

    progressed = Signal(int, int)
    """(done, total) of the pictures and worlds."""
    imported = Signal(object)
    """A `World` that is in the library now."""
    ended = Signal(object)
    """An `Outcome`, once for all that was given since it began."""
    told = Signal(str)
    """The outcome as one line, at the same time."""
    _progressed = Signal(int, int)
    _imported = Signal(object)
    _ended = Signal(object)

    def __init__(self, library: Library, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._guard = threading.Lock()
        self._batches: deque[Batch] = deque()
        self._dropped: list[Batch] = []
        self._thread: threading.Thread | None = None
        self._cancelled = threading.Event()
        self._is_shut = False
        self.done, self.total = 0, 0
        self._progressed.connect(self._tell_progress)
        self._imported.connect(self._tell_imported)
        self._ended.connect(self._tell_ended)

    @property
    def is_running(self) -> bool:
        """Whether something is being imported."""
        return self._thread is not None

    def start(
        self,
        paths: Sequence[str | Path],
        options: ReadOptions | None = None,
        depth: str | Path | None = None,
    ) -> None:
        """Import files and folders, after those that are being imported.

        Args:
            paths: pictures, depth maps beside them, worlds, folders with any of these.
            options: what is known about their depth.
            depth: the depth map of the one picture given.
        """
        batch = Batch(
            tuple(str(path) for path in paths),
            options or ReadOptions(),
            None if depth is None else str(depth),
        )
        with self._guard:
            self._batches.append(batch)
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._run, name="import", daemon=True)
            self.done, self.total = 0, 0
            self._thread.start()

    def cancel(self) -> None:
        """Stop after the picture that is being imported; what was imported stays."""
        with self._guard:
            self._dropped += self._batches
            self._batches.clear()
            self._cancelled.set()

    def shut_down(self) -> None:
        """Stop, and wait for the picture that is being imported; nothing is told any more."""
        self._is_shut = True
        self.cancel()
        thread = self._thread
        if thread is not None:
            thread.join()
            self._thread = None

    # In the thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        outcome, done, total = Outcome(), 0, 0
        while (batch := self._next()) is not None:
            try:
                count = _count(batch)
                total += count
                self._progressed.emit(done, total)
                begun = done
                for one in self._library.importing(batch.paths, batch.options, batch.depth):
                    done += 1
                    self._take(one, outcome)
                    self._progressed.emit(done, total)
                    if self._cancelled.is_set():
                        break
                outcome.left_out += count - (done - begun)
            except DepthFusionError as error:
                outcome.failures.append(error)
        for batch in self._dropped:
            with suppress(DepthFusionError):
                outcome.left_out += _count(batch)
        self._dropped = []
        self._ended.emit(outcome)

    def _next(self) -> Batch | None:
        with self._guard:
            self._cancelled.clear()
            if self._batches:
                return self._batches.popleft()
            self._thread = None  # under the lock: a later `start` begins anew
            return None

    def _take(self, one: Imported, outcome: Outcome) -> None:
        if one.error is not None:
            outcome.failures.append(one.error)
        if one.world is not None:
            outcome.worlds.append(one.world)
            outcome.notes += one.notes
            self._imported.emit(one.world)

    # In the GUI thread --------------------------------------------------------------------------

    def _tell_progress(self, done: int, total: int) -> None:
        if not self._is_shut:
            self.done, self.total = done, total
            self.progressed.emit(done, total)

    def _tell_imported(self, world: World) -> None:
        if not self._is_shut:
            self.imported.emit(world)

    def _tell_ended(self, outcome: Outcome) -> None:
        if not self._is_shut:
            self.ended.emit(outcome)
            self.told.emit(self.sentence(outcome))

    def sentence(self, outcome: Outcome) -> str:
        """Return an outcome as one line."""
        tr, count = self.tr, len(outcome.worlds)
        failed = len(outcome.failures)
        if count == 1 and not failed and not outcome.left_out:
            text = tr("“{0}” is in your library").format(outcome.worlds[0].title)
            return f"{text}: {outcome.notes[0]}" if outcome.notes else text
        parts = [tr("1 world imported") if count == 1 else tr("{0} worlds imported").format(count)]
        if outcome.left_out:
            parts.append(tr("{0} left out").format(outcome.left_out))
        if failed and not count and not outcome.left_out:
            parts = [tr("Nothing imported")] if failed > 1 else []
        if failed == 1:
            reason = str(outcome.failures[0])
            parts.append(tr("1 not: {0}").format(reason) if parts else reason)
        elif failed:
            parts.append(tr("{0} not, the first: {1}").format(failed, outcome.failures[0]))
        return ", ".join(parts)


def _count(batch: Batch) -> int:
    """Return how many worlds a batch should become; raises as `Library.importing`."""
    if batch.depth is not None:
        return len(batch.paths)
    return len(sources([Path(path).expanduser().absolute() for path in batch.paths]))
