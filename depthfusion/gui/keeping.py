"""Keeps finished worlds: writes them into the library in a thread, and loses none that fails.

What cannot be written stays in memory until it can be, or is kept elsewhere; at the end it goes to
a folder beside the session, from where the next start takes it into the library.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from depthfusion.errors import DepthFusionError
from depthfusion.library import Library
from depthfusion.panorama.world_folder import worlds_in
from depthfusion.panorama.world_name import slug

if TYPE_CHECKING:
    from depthfusion.panorama import Panorama

RESCUED = "rescued"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Made:
    """A finished world on its way to the disk."""

    panorama: Panorama
    more: Mapping[str, Any] = field(default_factory=dict)
    """For its world.json."""


class Keeper(QObject):
    """One thread that writes; its signals come in the thread of their receivers."""

    kept = Signal(object, object)
    """A `Made` and the `Path` of its folder."""
    failed = Signal(object, str)
    """A `Made` that is still only in memory, and one line why."""
    done = Signal(object, object)
    """What `run` was given as a name, and what its work returned."""
    complained = Signal(str)
    """One line about other work that failed."""

    def __init__(self, library: Library, rescue: Path, parent: QObject | None = None) -> None:
        """Start nothing yet.

        Args:
            library: where worlds go.
            rescue: folder for worlds that could not be kept when the program ends.
            parent: Qt owner.
        """
        super().__init__(parent)
        self.library = library
        self._rescue = rescue / RESCUED
        self._thread = ThreadPoolExecutor(1, "keeping")
        self._unkept: list[Made] = []

    @property
    def unkept(self) -> int:
        """How many worlds are only in memory."""
        return len(self._unkept)

    def keep(self, made: Made, folder: Path | None = None) -> None:
        """Begin to write a world into the library, or into another folder."""
        if made not in self._unkept:
            self._unkept.append(made)
        self._thread.submit(self._keep, made, folder)

    def _keep(self, made: Made, folder: Path | None) -> None:
        try:
            place = self._written(made, folder)
        except (DepthFusionError, OSError, MemoryError) as error:
            _log.warning("a world is not kept yet: %s", error)
            self.failed.emit(made, str(error) or "not enough memory to write the world")
        except Exception as error:  # a thread must not end without a word: the world waits for it
            _log.exception("while keeping a world")
            self.failed.emit(made, f"unexpected {type(error).__name__} while keeping a world")
        else:
            self._unkept.remove(made)
            self.kept.emit(made, place)

    def _written(self, made: Made, folder: Path | None) -> Path:
        if folder is None:
            return self.library.add(made.panorama, made.more).folder
        from depthfusion.panorama.write_world import write_world

        recipe = made.panorama.provenance.generation
        name = slug(str(recipe.get("prompt") or made.panorama.title))
        return write_world(made.panorama, folder / name, made.more)

    def run(self, name: object, work: Callable[[], object]) -> None:
        """Do other work on the library after what was begun before; `done` tells its result."""
        self._thread.submit(self._run, name, work)

    def _run(self, name: object, work: Callable[[], object]) -> None:
        try:
            result = work()
        except (DepthFusionError, OSError) as error:
            self.complained.emit(str(error))
        except Exception as error:  # as above
            _log.exception("while working on the library")
            self.complained.emit(f"unexpected {type(error).__name__}: {error}; please report it")
        else:
            self.done.emit(name, result)

    def recover(self) -> int:
        """Take worlds into the library that an earlier run could not keep; return how many."""
        count = 0
        for folder in worlds_in(self._rescue):
            self.library.adopt(folder)
            shutil.rmtree(folder)
            count += 1
        return count

    def close(self) -> None:
        """Wait for what was begun; bring to safety what could not be kept."""
        self._thread.shutdown(wait=True)
        for made in self._unkept:
            try:
                self._written(made, self._rescue)
            except (DepthFusionError, OSError, MemoryError) as error:
                _log.error("a world is lost: %s", error)
        self._unkept.clear()
        self.library.close()
