"""What the app window is made of: its parts, what they look like together, what is remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from depthfusion.errors import DepthFusionError
from depthfusion.generator.request import AnyRequest
from depthfusion.gui.app_opener import AppOpener
from depthfusion.gui.cards import KeyCard
from depthfusion.gui.compass import Compass
from depthfusion.gui.keeping import Keeper
from depthfusion.gui.making import Making
from depthfusion.gui.prompt_form import PromptForm
from depthfusion.gui.remembered import Remembered
from depthfusion.gui.run_log import LogRing
from depthfusion.gui.session import Session
from depthfusion.gui.viewer_window import ViewerWindow
from depthfusion.library import Library

if TYPE_CHECKING:
    from depthfusion.gui.app_headset import AppHeadsetDesk
    from depthfusion.gui.app_menus import AppMenus
    from depthfusion.gui.details_panel import DetailsPanel
    from depthfusion.gui.first_run_card import FirstRunCard
    from depthfusion.gui.importing import Importing
    from depthfusion.gui.library_panel import LibraryPanel
    from depthfusion.gui.log_panel import LogPanel
    from depthfusion.gui.model_download import ModelDesk
    from depthfusion.gui.models_dialog import ModelsDialog
    from depthfusion.gui.settings_dialog import SettingsDialog
    from depthfusion.gui.world_facts import WorldFacts
    from depthfusion.panorama import Panorama

LOOK_MS = 1000
"""Between two looks at what happened to the library's index."""


class AppParts(ViewerWindow):
    """The window's state. What its parts do together is told by the classes above this one."""

    opener: AppOpener
    menus: AppMenus | None

    def __init__(
        self,
        remembered: Remembered,
        library: Library,
        session: Session,
        ring: LogRing | None = None,
        model: str | None = None,
    ) -> None:
        """Make what the first frame shows.

        Args:
            remembered: settings and how files were looked at.
            library: where worlds are kept; closed with the window.
            session: of the last time; closed with the window.
            ring: the log of this run.
            model: to be used where the form names none.
        """
        self._library_folder = library.folder
        super().__init__(remembered)
        self.library, self.session = library, session
        self.ring = ring or LogRing()
        self.keeper = Keeper(library, session.folder, self)
        self.making = Making(self.opener, model)
        self.compass = Compass(self.viewport)
        self.details: DetailsPanel | None = None
        self.facts: WorldFacts | None = None
        self.details_wanted = session.get("details_shown", bool, False)
        self.library_panel: LibraryPanel | None = None
        self.library_wanted = session.get("library_shown", bool, False)
        self.is_favourite = False
        self._failed_first = ""
        """Why the first picture could not be opened; told beside the world shown instead."""
        self._last_kept: tuple[Panorama, Path] | None = None
        self._call: Callable[[], object] | None = None
        self._undos: list[Callable[[], object]] = []
        self._importing: Importing | None = None
        self._has_told_kept = self._is_closed = False
        self._offered: list[AnyRequest] = []
        """Of the last time, until the person has answered."""
        self._desk: ModelDesk | None = None
        self._models: ModelsDialog | None = None
        self._log: LogPanel | None = None
        self._settings_dialog: SettingsDialog | None = None
        self._units = remembered.store.settings.units
        self._first_steps: FirstRunCard | None = None
        self._was_shown = (False, False)
        self._looking = QTimer(self, interval=LOOK_MS)
        self._lay_out_app()

    def _made_opener(self, remembered: Remembered) -> AppOpener:
        return AppOpener(self.viewport, remembered, self._library_folder)

    def _made_menus(self) -> AppMenus:
        from depthfusion.gui.app_menus import AppMenus

        return AppMenus(self)

    def _made_headset(self) -> AppHeadsetDesk:
        from depthfusion.gui.app_headset import AppHeadsetDesk

        return AppHeadsetDesk(self)

    def _lay_out(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._middle = QHBoxLayout()
        self._middle.setSpacing(0)
        self._middle.addWidget(self.viewport, 1)
        self._bottom = QWidget()
        column.addWidget(self.line)
        column.addLayout(self._middle, 1)
        column.addWidget(self._bottom)
        self.setCentralWidget(body)

    def _lay_out_app(self) -> None:
        bottom = QVBoxLayout(self._bottom)
        bottom.setContentsMargins(0, 0, 0, 0)
        bottom.setSpacing(0)
        bottom.addWidget(self.making.bar)
        bottom.addWidget(self.making.row)
        self.making.bar.setFocus()

    @Slot()
    def _note_form(self) -> None:
        self.session.put(form=self.making.bar.form.to_dict())

    @Slot()
    def _note_queue(self) -> None:
        if self._is_closed:
            return
        waiting = [*self._offered, *self.making.unfinished()]
        self.session.put(queue=[request.to_dict() for request in waiting])

    def _note_place(self) -> None:
        if self.isVisible() and not self.isFullScreen():
            self.session.put(place=bytes(self.saveGeometry().toBase64().data()).decode())

    def _note_world(self) -> None:
        source = self.opener.source
        if source is None or not source.color:
            return
        folder = self.opener.world
        self.session.put(
            world={
                "color": str(folder or Path(source.color).absolute()),
                "depth": None if folder or source.depth is None else str(source.depth),
                "title": source.title,
                "brings_view": folder is not None or self.opener.is_bundled,
            }
        )

    def _try(self, action: Callable[[], object]) -> None:
        """Do something that may fail, and say so."""
        try:
            action()
        except DepthFusionError as error:
            self.complain(str(error))

    def notify(self, text: str, button: str = "", call: Callable[[], object] | None = None) -> None:
        """Show a passing notice, with at most one thing to do."""
        self._call = call
        self.toast.tell(text, button)

    @Slot(str)
    def _picture_saved(self, path: str) -> None:
        self._call = None
        super()._picture_saved(path)

    @Slot()
    def _show_saved(self) -> None:
        if self._call is not None:
            self._call()
            self.toast.hide()
        else:
            super()._show_saved()

    @property
    def key_card(self) -> KeyCard:
        """The card with all keys."""
        if self._keys is None:
            from depthfusion.gui.app_menus import app_key_columns

            self._keys = KeyCard(self.viewport, app_key_columns(self.tr))
        return self._keys

    def _show_library_now(self) -> None:
        if self.menus is not None:
            self.menus.library.setChecked(True)

    @Slot()
    def focus_prompt(self) -> None:
        """Give the keyboard to the prompt."""
        if self.isFullScreen():
            self.toggle_full_screen()
        self.making.bar.setFocus()

    @Slot()
    def use_these(self) -> None:
        """Fill the form with what made the open world."""
        if self.facts is not None and self.facts.can_be_used:
            self._use_recipe(dict(self.facts.recipe))

    @Slot(object)
    def _use_recipe(self, recipe: dict[str, Any]) -> None:
        model = self.making.bar.form.model
        form = PromptForm.from_recipe(recipe, model=model)
        if not form.prompt and self.facts is not None:
            form = replace(form, prompt=str(self.facts.asked("prompt") or ""))
        self.making.bar.set_form(form)
        self.focus_prompt()
