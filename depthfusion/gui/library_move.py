"""Takes the whole library to another folder while the window goes on: `LibraryMove`."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from depthfusion.errors import DepthFusionError
from depthfusion.gui.keeping import Keeper
from depthfusion.library import Library


@dataclass(frozen=True)
class Ended:
    """How a move ended."""

    target: Path
    library: Library | None = None
    """At the new place; None: worlds are still at the old one."""
    error: str = ""
    """One line; empty: it was done, or stopped."""


class LibraryMove(QObject):
    """Runs in the keeper's thread: what is finished meanwhile is kept after it, at the new place.

    Stopped or killed, each world is whole at one of the two places; the next `start` goes on.
    """

    progressed = Signal(int, int)
    """(done, total) worlds."""
    ended = Signal(object)
    """An `Ended`."""
    _over = Signal(object)

    def __init__(self, keeper: Keeper, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keeper = keeper
        self._stopped = threading.Event()
        self.is_running = False
        self._over.connect(self._tell)

    def start(self, target: Path) -> None:
        """Begin, after what the keeper has begun."""
        self._stopped.clear()
        self.is_running = True
        self._keeper.run(self, lambda: self._over.emit(self._moved(target)))

    def use(self, target: Path) -> None:
        """Use another library as it is; nothing is moved."""
        self.is_running = True
        self._keeper.run(self, lambda: self._over.emit(self._changed_to(target)))

    def stop(self) -> None:
        """Stop after the world that is being moved."""
        self._stopped.set()

    def _moved(self, target: Path) -> Ended:
        """Move; in the keeper's thread."""
        here = self._keeper.library
        worlds = here.moving(target)
        try:
            for one in worlds:
                self.progressed.emit(one.done, one.total)
                if self._stopped.is_set():
                    return Ended(target)
        except (DepthFusionError, OSError) as error:
            return Ended(target, error=str(error))
        finally:
            worlds.close()
        return self._changed_to(target)

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
