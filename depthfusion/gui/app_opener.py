"""Opens worlds of the library as well: how they are looked at is kept with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Signal, Slot

from depthfusion.gui.loading import Loading, Source
from depthfusion.gui.opener import Opener
from depthfusion.gui.remembered import Remembered
from depthfusion.gui.resolver import KnownResolver
from depthfusion.gui.viewport import Viewport
from depthfusion.panorama.world_folder import COLOR, DEPTH, is_world
from depthfusion.view import View

_KEEP_AFTER_MS = 1500
_OF_THE_MOMENT = {"position_m", "stereo", "eye_separation_mm", "convergence_m", "shading"}


class AppOpener(Opener):
    """An `Opener` that knows the library's folder."""

    looked = Signal(object, object)
    """The `Path` of a library world and how it is looked at now (a mapping), to be kept."""

    def __init__(self, viewport: Viewport, remembered: Remembered, library: Path) -> None:
        self._looked_timer: QTimer | None = None
        super().__init__(viewport, remembered)
        self._library = library
        self._kept_view: View | None = None
        self._looked_timer = QTimer(self, singleShot=True, interval=_KEEP_AFTER_MS)
        self._looked_timer.timeout.connect(self.keep)
        self.opened.connect(self._remember_view)

    def use_library(self, folder: Path, moved: Mapping[Path, Path]) -> None:
        """Take another folder as the library's from now on.

        Args:
            folder: of the library.
            moved: where the worlds that came along were, and where they are now. If the open world
                is one of them, it is that world from now on.
        """
        self._library = folder
        source = self.source
        if source is None or _place(source) not in moved:
            return
        before = _place(source)
        now = moved[before]
        depth = source.depth and _moved_path(source.depth, before, now)
        self.source = replace(source, color=_moved_path(source.color, before, now), depth=depth)
        self._plan_keeping()  # of how it was looked at meanwhile

    @property
    def world(self) -> Path | None:
        """Folder of the library world that is open; None: something else is."""
        return None if self.source is None else self.world_of(self.source)

    @property
    def is_unsaved(self) -> bool:
        """Whether what is open is in memory only."""
        return self.source is not None and not self.source.color

    @property
    def is_bundled(self) -> bool:
        """Whether one of the bundled worlds is open."""
        return self._bundled and self.world is None

    def world_of(self, source: Source) -> Path | None:
        """Return the folder of the library world that a source is; None for anything else."""
        folder = _place(source)
        inside = bool(source.color) and folder.parent == self._library
        return folder if inside and is_world(folder) else None

    def open(self, source: Source, *, bundled: bool = False, stay: bool = False) -> None:
        """Begin to open a source; worlds of the library bring their view with them."""
        if self.world_of(source) is None:
            super().open(source, bundled=bundled, stay=stay)
            return
        self.keep()
        self.began.emit(source)
        self.follow(*library_loading(source), bundled=True)
        self._stay = stay

    def moved_to(self, folder: Path) -> None:
        """Take note that what is open was written to a folder."""
        title = self.source.title if self.source is not None else ""
        depth = folder / DEPTH
        self.source = Source(
            str(folder / COLOR), str(depth) if depth.is_file() else None, title=title
        )
        self._bundled = True
        self._remember_view()

    @Slot()
    def _remember_view(self, *_: object) -> None:
        self._kept_view = self.viewport.view

    @Slot()
    def _plan_keeping(self) -> None:
        if self._looked_timer is not None and self._opening is None and self.world is not None:
            self._looked_timer.start()
        else:
            super()._plan_keeping()

    @Slot()
    def keep(self) -> None:
        """Remember how the present world is looked at, now."""
        folder = self.world
        if folder is None or self._looked_timer is None:
            super().keep()
            return
        self._looked_timer.stop()
        view = self.viewport.view
        if self._kept_view is not None and _kept(view) != _kept(self._kept_view):
            self._kept_view = view
            self.looked.emit(folder, _kept(view))


def _place(source: Source) -> Path:
    """Return the folder of a source that is a world of the library."""
    path = Path(source.color)
    return path.parent if path.name == COLOR else path


def _moved_path(path: str, before: Path, now: Path) -> str:
    inside = Path(path).is_relative_to(before)
    return str(now / Path(path).relative_to(before)) if inside else path


def _kept(view: View) -> dict[str, Any]:
    return {name: value for name, value in view.to_dict().items() if name not in _OF_THE_MOMENT}


def library_loading(source: Source) -> tuple[Loading, KnownResolver]:
    """Begin to load a world of the library; what is remembered of it lies in its own folder."""
    resolver = KnownResolver("")
    return Loading(source, resolver), resolver
