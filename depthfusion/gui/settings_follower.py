"""Lets an open window obey settings at the moment they are changed, wherever that is."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from depthfusion.gui.viewer_window import ViewerWindow
from depthfusion.gui.worker_link import WorkerLink
from depthfusion.settings import Settings, Store, Units
from depthfusion.view import Stereo

_MOUSE = {"mouse_sensitivity", "mouse_invert", "mouse_wheel", "inertia", "quality"}
_MENUS = {"theme", "reduced_motion", "idle_sway"}
_EYES = {"stereo", "eye_separation_mm", "convergence_m"}


class SettingsFollower(QObject):
    """Between a `Store` and a window; ends with its parent, the window.

    What a request takes with it (size, steps, model, preview rate...) is read when it is made, the
    language when the program starts.
    """

    _told = Signal(object, object)

    def __init__(
        self,
        store: Store,
        window: ViewerWindow,
        link: WorkerLink | None = None,
        units_changed: Callable[[Units], object] = lambda units: None,
    ) -> None:
        """Follow from now on.

        Args:
            store: what is followed; it may be changed by any thread.
            window: has taken over the settings of its start by itself.
            link: the worker that ends or stays as `keep_model` says, from now on.
            units_changed: called with the units to tell lengths in, now and when they change.
        """
        super().__init__(window)
        self._window, self._link, self._units_changed = window, link, units_changed
        self._told.connect(self._follow)  # queued, where another thread makes the change
        self.destroyed.connect(store.subscribe(self._told.emit))
        self._follow(store.settings, frozenset({"keep_model", "units"}))

    @Slot(object, object)
    def _follow(self, settings: Settings, names: frozenset[str]) -> None:
        window, view = self._window, self._window.viewport
        if names & _MOUSE:
            view.use_settings(settings)
        if names & _MENUS and window.menus is not None:
            window.menus.follow_settings(settings, names)
        if names & _EYES:
            view.change(
                stereo=Stereo(settings.stereo),
                eye_separation_mm=settings.eye_separation_mm,
                convergence_m=settings.convergence_m,
            )
        if "idle_turn" in names and not settings.idle_turn:
            view.set_motion(turning=False)
        if "keep_model" in names and self._link is not None:
            self._link.keeps_model = settings.keep_model
        if "units" in names:
            self._units_changed(settings.units)
