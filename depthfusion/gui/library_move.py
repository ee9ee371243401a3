"""Takes the whole library to another folder while the window goes on: `LibraryMove`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from depthfusion.errors import DepthFusionError
from depthfusion.gui.keeping import Keeper
from depthfusion.gui.remembered import JsonFile
from depthfusion.library import Library

NOTE = "moving.json"
_log = logging.getLogger(__name__)


class MoveNote:
    """On the disk which library is on its way to which folder, from before the first world moves.

    It goes when the settings name the new place. A second window has it too.
    """

    def __init__(self, folder: Path) -> None:
        """Note it in the folder of the state."""
        self._file = JsonFile(folder / NOTE)

    def target(self, library: Path) -> Path | None:
        """Return where worlds of a library went in a move that was not over; None: nowhere."""
        values = self._file.read()
        target = values.get("target")
        is_of_it = values.get("library") == str(library) != target
        return Path(target) if is_of_it and isinstance(target, str) and target else None

    def write(self, library: Path, target: Path) -> None:
        """Note a move that begins.

        Raises:
            SaveError: if it cannot be written.
        """
        self._file.write({"library": str(library), "target": str(target)})

    def put_back(self, library: Path, earlier: Path | None) -> None:
        """Note again what `target` had told before a move that did not begin."""
        if earlier is None:
            self.clear()
        else:
            self.write(library, earlier)

    def clear(self) -> None:
        """Forget the move."""
        try:
            self._file.path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("cannot remove %s: %s", self._file.path, error.strerror)


@dataclass(frozen=True)
class Ended:
    """How a move ended."""

    target: Path
    library: Library | None = None
    """At the new place; None: worlds are still at the old one."""
    error: str = ""
    """One line; empty: it was done, or stopped."""
    moved: Mapping[Path, Path] | None = None
    """Where the worlds were and where they are now; None: none was to be moved."""


class LibraryMove(QObject):
    """Runs in the keeper's thread: what is finished meanwhile is kept after it, at the new place.

    Stopped or killed, each world is whole at one of the two places; the next `start` goes on.
    """

    progressed = Signal(int, int)
    """(done, total) worlds."""
    ended = Signal(object)
    """An `Ended`."""
    _over = Signal(object)

    def __init__(self, keeper: Keeper, note: MoveNote, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keeper, self._note = keeper, note
        self.places: dict[Path, Path] = {}
        """Of worlds that have moved: before and now. Only for the keeper's thread."""
        self._is_whole = False
        self._stopped = threading.Event()
        self.is_running = False
        self._over.connect(self._tell)

    def start(self, target: Path) -> None:
        """Begin, after what the keeper has begun."""
        self._stopped.clear()
        self.is_running = True
        self._run(target, self._moved)

    def use(self, target: Path) -> None:
        """Use another library as it is; nothing is moved."""
        self.is_running = True
        self._run(target, self._changed_to)

    def _run(self, target: Path, work: Callable[[Path], Ended]) -> None:
        def ending() -> None:
            try:
                ended = work(target)
            except (DepthFusionError, OSError) as error:
                ended = self._failed(target, work, str(error))
            except Exception as error:  # it would count as running for ever
                _log.exception("while the library goes to another place")
                told = f"unexpected {type(error).__name__}: {error}; please report it"
                ended = self._failed(target, work, told)
            self._over.emit(ended)

        self._keeper.run(self, ending)

    def _failed(self, target: Path, work: Callable[[Path], Ended], error: str) -> Ended:
        return Ended(target, error=error, moved={} if work == self._moved else None)

    def stop(self) -> None:
        """Stop after the world that is being moved."""
        self._stopped.set()

    def _moved(self, target: Path) -> Ended:
        """Move; in the keeper's thread."""
        here = self._keeper.library
        if self._is_whole:  # else this goes on with a move that was not over
            self.places.clear()
            self._is_whole = False
        earlier = self._note.target(here.folder)
        self._note.write(here.folder, target)
        begun = False
        with closing(here.moving(target)) as worlds:
            try:
                for one in worlds:
                    begun = True
                    self.places.setdefault(one.before, one.folder)
                    self.progressed.emit(one.done, one.total)
                    if self._stopped.is_set():
                        return Ended(target, moved=dict(self.places))
            finally:
                if not begun:  # all is as before
                    self._note.put_back(here.folder, earlier)
        ended = self._changed_to(target)
        self._is_whole = True
        return replace(ended, moved=dict(self.places))

    def _changed_to(self, target: Path) -> Ended:
        """Give the keeper another library; in its thread."""
        here = self._keeper.library
        library = self._keeper.library = Library(target, indexes=here.index.path.parent)
        here.close()
        if not self._stopped.is_set():  # else the window is closing
            with suppress(DepthFusionError):  # told by whoever looks at it
                library.scan()
        return Ended(target, library)

    def _tell(self, ended: Ended) -> None:
        self.is_running = False
        self.ended.emit(ended)
