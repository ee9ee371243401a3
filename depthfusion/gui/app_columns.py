"""The app window's columns, its full screen, and what Escape leaves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl, Slot
from PySide6.QtGui import QDesktopServices

from depthfusion.gui.loading import Source
from depthfusion.library import World

if TYPE_CHECKING:
    from depthfusion.gui.details_panel import DetailsPanel
    from depthfusion.gui.library_panel import LibraryPanel
    from depthfusion.settings import Units
from depthfusion.gui.app_keeping import AppKeeping


class AppColumns(AppKeeping):
    """Library at the left, details at the right; both go in full screen."""

    _work: tuple[str, int, int] = ("", 0, 0)
    """What keeps the library busy, how much of it is done, of how much; "": nothing."""

    def show_settings(self, shown: bool) -> None:
        """Show or hide the details."""
        if self.details is None:
            if not shown:
                return
            self.details = self._made_details()
            self._middle.addWidget(self.details)
            self.details.show_facts(self.facts)
        self.details_wanted = shown
        self.session.put(details_shown=shown)
        had_keyboard = self.details.isAncestorOf(self.focusWidget() or self)
        self.details.setVisible(shown and not self.isFullScreen())
        if shown and self.panel is not None:
            self.panel.show_view(self.viewport.view)
        elif had_keyboard:
            self.viewport.setFocus()

    def _made_details(self) -> DetailsPanel:
        from depthfusion.gui.details_panel import DetailsPanel
        from depthfusion.gui.settings_panel import SettingsPanel

        self.panel = SettingsPanel(self.viewport)
        self.panel.reading_changed.connect(self.opener.read_again)
        self.panel.reset_wanted.connect(self.opener.reset)
        self.panel.set_options(self.opener.options)
        details = DetailsPanel(self.panel)
        details.use_wanted.connect(self._use_recipe)
        details.folder_wanted.connect(
            lambda path: QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).parent)))
        )
        details.depth_wanted.connect(self.estimate_depth)
        details.use_units(self._units)
        return details

    def _use_units(self, units: Units) -> None:
        self._units = units
        if self.details is not None:
            self.details.use_units(units)

    def show_library(self, shown: bool) -> None:
        """Show or hide the library."""
        if self.library_panel is None:
            if not shown:
                return
            self.library_panel = self._made_library_panel()
            self._middle.insertWidget(0, self.library_panel)
            self.library_panel.show_current(self.opener.world)
        self.library_wanted = shown
        self.session.put(library_shown=shown)
        had_keyboard = self.library_panel.isAncestorOf(self.focusWidget() or self)
        self.library_panel.setVisible(shown and not self.isFullScreen())
        if had_keyboard and not shown:
            self.viewport.setFocus()

    def _made_library_panel(self) -> LibraryPanel:
        from depthfusion.gui.library_panel import LibraryPanel

        panel = LibraryPanel(self.library)
        panel.restore(self.session.mapping("library"))
        panel.tell_work(*self._work)
        panel.opened.connect(self._open_kept)
        panel.import_wanted.connect(self.import_files)
        panel.complained.connect(self.complain)
        panel.told.connect(self._library_told)
        if self._importing is not None:
            panel.follow(self._importing)
        return panel

    @Slot(object)
    def _open_kept(self, world: World) -> None:
        self.opener.open(Source(str(world.folder), title=world.title))

    @Slot(str, bool)
    def _library_told(self, text: str, can_undo: bool) -> None:
        panel = self.library_panel
        if can_undo and panel is not None:
            self._undos.append(panel.undo_delete)
            self.notify(text, self.tr("Undo"), self.undo_delete)
        else:
            self.notify(text)

    @Slot()
    def search(self) -> None:
        """Show the library and give the keyboard to its search field."""
        if self.isFullScreen():
            self.toggle_full_screen()
        self._show_library_now()
        if self.library_panel is not None:
            self.library_panel.focus_search()

    @Slot()
    def toggle_columns(self) -> None:
        """Hide both columns, or bring those back that were there."""
        menus = self.menus
        if menus is None:
            return
        shown = (self.library_wanted, self.details_wanted)
        if any(shown):
            self._was_shown = shown
            wanted = (False, False)
        else:
            wanted = self._was_shown if any(self._was_shown) else (True, True)
        menus.library.setChecked(wanted[0])
        menus.settings.setChecked(wanted[1])

    @Slot()
    def toggle_full_screen(self) -> None:
        """Give the whole screen to the picture, or take it back."""
        super().toggle_full_screen()
        self.compass.set_full_screen(self.isFullScreen())

    def _show_chrome(self, shown: bool) -> None:
        self.menuBar().setVisible(shown)
        self.line.setVisible(shown)
        self._bottom.setVisible(shown)
        if self.details is not None:
            self.details.setVisible(shown and self.details_wanted)
        if self.library_panel is not None:
            self.library_panel.setVisible(shown and self.library_wanted)

    @Slot()
    def leave(self) -> None:
        """Escape: put away what lies over it, leave the full screen, cancel, leave the headset."""
        for card in (self.making.bar.card, self.making.row.card):
            if card.isVisible():
                card.close_card()
                return
        covers = (self._keys, self._notes, self._banner)
        if any(cover is not None and cover.isVisible() for cover in covers) or self.isFullScreen():
            super().leave()
        elif self.making.queue.current is not None or self.headset is None:
            self.making.queue.cancel()
        elif self.headset.is_active:
            self.headset.leave()
