"""Opens files into a viewport and remembers how each one was looked at."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from depthfusion.errors import DepthFusionError, SaveError, UsageError
from depthfusion.gui.loading import Loading, Source
from depthfusion.gui.remembered import Remembered
from depthfusion.gui.resolver import KnownResolver, Resolver
from depthfusion.gui.viewport import Viewport
from depthfusion.panorama.options import ReadOptions
from depthfusion.view import View

if TYPE_CHECKING:
    from depthfusion.panorama import Panorama

_KEEP_AFTER_S = 1.5
_OF_THE_SCREEN = ("stereo", "eye_separation_mm", "convergence_m", "shading")
_OF_THE_EYE = ("yaw_deg", "pitch_deg", "fov_deg", "position_m")
_log = logging.getLogger(__name__)


class Opener(QObject):
    """What is open in a viewport: source, remembered settings, recent files."""

    began = Signal(object)
    """A `Source` that somebody asked for; what is shown stays until its first picture is there."""
    opened = Signal(object)
    """The `Panorama` that is being shown now, read in full."""
    failed = Signal(object)
    """A `DepthFusionError`; what was open before still is."""
    complained = Signal(str)
    """Something about the remembered settings, one line."""

    def __init__(self, viewport: Viewport, remembered: Remembered) -> None:
        super().__init__(viewport)
        self.remembered = remembered
        self.viewport = viewport
        self.source: Source | None = None
        self._bundled = False
        self._key = ""
        self._opening: tuple[Loading, Resolver, bool] | None = None
        self._keep_view = False
        self._stay = False
        self._placed = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.keep)
        viewport.arrived.connect(self._arrived)
        viewport.failed.connect(self._failed)
        viewport.view_changed.connect(self._plan_keeping)

    def open(self, source: Source, *, bundled: bool = False, stay: bool = False) -> None:
        """Begin to open a source; what is shown stays until its first picture is there.

        Args:
            source: what to open.
            bundled: whether it is a bundled world: no recent file, seen from its best side.
            stay: go on looking where the person looks now, as into a world that has just formed.
        """
        self.keep()
        self.began.emit(source)
        resolver = Resolver(self.remembered)
        self.follow(Loading(source, resolver), resolver, bundled=bundled)
        self._stay = stay

    def follow(self, loading: Loading, resolver: Resolver, *, bundled: bool = False) -> None:
        """Show a loading that was begun elsewhere, with its resolver."""
        self._opening = (loading, resolver, bundled)
        self._keep_view = self._stay = self._placed = False
        self.viewport.show_loading(loading)

    def read_again(self, options: ReadOptions) -> None:
        """Read the present files again in another way; the view stays as it is."""
        if self.source is None:
            return
        self.keep()
        self._opening = (
            Loading(replace(self.source, options=options)),
            KnownResolver(self._key),
            self._bundled,
        )
        self._keep_view, self._placed = True, False
        self.viewport.show_loading(self._opening[0])

    @property
    def options(self) -> ReadOptions:
        """How the present file was read."""
        return (self.source.options if self.source else None) or ReadOptions()

    @Slot(object, bool)
    def _arrived(self, panorama: Panorama, draft: bool) -> None:
        if self._opening is None:
            return
        loading, resolver, bundled = self._opening
        key, fields = resolver.found
        if bundled:  # it turned by itself the last time: begin with its best side again
            fields = {k: v for k, v in fields.items() if k not in {"yaw_deg", "pitch_deg"}}
        if not self._placed and not self._keep_view:
            self._placed = True
            now = self.viewport.view
            view = view_for(panorama, fields, now)
            if self._stay:
                view = replace(view, **{name: getattr(now, name) for name in _OF_THE_EYE})
            self.viewport.set_next_view(view)
        if draft:
            return
        self.source, self._key, self._bundled = loading.source, key, bundled
        self._opening = None
        if loading.source.color and not bundled:
            self._remember(lambda: self.remembered.add_recent(*self._named(loading.source)))
        self._tell_complaints()
        self.opened.emit(panorama)

    @staticmethod
    def _named(source: Source) -> tuple[str, str | None]:
        return source.color, source.depth

    @Slot(object)
    def _failed(self, error: DepthFusionError) -> None:
        self._opening = None
        self.failed.emit(error)

    @Slot()
    def _plan_keeping(self) -> None:
        if self._key and self._opening is None:
            self._timer.start(round(_KEEP_AFTER_S * 1000))

    @Slot()
    def keep(self) -> None:
        """Remember how the present file is looked at, now."""
        self._timer.stop()
        if self._key and self.source is not None:
            view, options = self.viewport.view, self.source.options
            self._remember(lambda: self.remembered.keep(self._key, view, options))

    def reset(self) -> None:
        """Forget what was changed for the present file."""
        panorama = self.viewport.panorama
        if panorama is not None:
            self.viewport.view = view_for(panorama, {}, self.viewport.view)

    def _remember(self, action: Any) -> None:
        try:
            action()
        except SaveError as error:
            _log.warning("%s", error)
            self.complained.emit(str(error))

    def _tell_complaints(self) -> None:
        for line in self.remembered.complaints():
            self.complained.emit(line)


def view_for(panorama: Panorama, remembered: dict[str, Any], now: View) -> View:
    """Return the view to begin with.

    Args:
        panorama: its own settings, stored with the file, count first.
        remembered: fields of the last time; they count more.
        now: the present view; stereo belongs to the screen and stays.
    """
    try:
        stored = View.from_dict(panorama.provenance.view).to_dict()
        fields = {name: stored[name] for name in panorama.provenance.view if name in stored}
    except UsageError:
        fields = {}
    fields = {**fields, **remembered}
    try:
        view = View.from_dict(fields)
    except UsageError:
        view = View()
    return replace(
        view, position_m=(0.0, 0.0, 0.0), **{name: getattr(now, name) for name in _OF_THE_SCREEN}
    )
