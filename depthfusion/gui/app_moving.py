"""The app window takes its library to another folder, or uses another one, without a new start."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot

from depthfusion.errors import DepthFusionError, SaveError
from depthfusion.gui.overlays import BannerAction
from depthfusion.gui.pictures import short_path
from depthfusion.library import Library
from depthfusion.library.place import default_folder

if TYPE_CHECKING:
    from depthfusion.gui.library_move import Ended, LibraryMove, MoveNote
from depthfusion.gui.app_columns import AppColumns


class AppMoving(AppColumns):
    """Its library's place."""

    @Slot(object)
    def move_library(self, target: Path) -> None:
        """Take all worlds to another folder, and use that from then on."""
        if self._importing is not None and self._importing.is_running:
            self.complain(self.tr("want to move the library: wait until the import is over"))
            return
        move = self._mover()
        if move.is_running:
            return
        self._tell_work(self.tr("Moving the library…"))
        move.start(target)

    def _mover(self) -> LibraryMove:
        if self._move is None:
            from depthfusion.gui.library_move import LibraryMove

            self._move = LibraryMove(self.keeper, self._move_note(), self)
            self._move.progressed.connect(self._tell_move)
            self._move.ended.connect(self._moved)
        return self._move

    def _move_note(self) -> MoveNote:
        from depthfusion.gui.library_move import MoveNote

        return MoveNote(self.session.folder)

    def _use_library(self, folder: Path) -> None:
        """Use another library, which the settings name now."""
        is_importing = self._importing is not None and self._importing.is_running
        if folder == self.library.folder or self._mover().is_running:
            return
        if is_importing:
            self.notify(self.tr("The other library is used from the next start on"))
        else:
            self._mover().use(folder)

    @Slot(int, int)
    def _tell_move(self, done: int, total: int) -> None:
        self._tell_work(self.tr("Moved {0} of {1} worlds").format(done, total), done, total)

    def _tell_work(self, text: str, done: int = 0, total: int = 0) -> None:
        self._work = (text, done, total)
        if self.library_panel is not None:
            self.library_panel.tell_work(text, done, total)
        if self._settings_dialog is not None:
            self._settings_dialog.message.tell(text)

    @Slot(object)
    def _moved(self, ended: Ended) -> None:
        if self._is_closed:
            return
        self._tell_work("")
        if ended.library is None:
            if ended.error and ended.moved is not None:
                again = BannerAction(self.tr("Go on"), lambda: self.move_library(ended.target))
                self.banner.tell(ended.error, [again])
            elif ended.error:
                self.complain(ended.error)
            return
        self._take_over(ended.library, ended.moved or {})
        store = self.opener.remembered.store
        try:
            if (store.settings.library or default_folder()) != ended.target:
                store.change(library=ended.target)
            if ended.moved is not None:
                self._move_note().clear()
        except DepthFusionError as error:
            self.complain(str(error))
        self.notify(self.tr("The library is in {0} now").format(short_path(str(ended.target))))

    def _note_moved(self) -> None:
        """Note a move that was over only while the window closed."""
        folder = self.keeper.library.folder
        if folder != self.library.folder:
            with suppress(SaveError):  # then the next start offers to go on
                self.opener.remembered.store.change(library=folder)
                note = self._move_note()
                if note.target(self.library.folder) == folder:
                    note.clear()

    def _take_over(self, library: Library, moved: Mapping[Path, Path]) -> None:
        """Show and use another library; the one before is closed already."""
        before, self.library = self.library_panel, library
        self.opener.use_library(library.folder, moved)
        if self._last_kept is not None:
            panorama, folder = self._last_kept
            self._last_kept = panorama, moved.get(folder, folder)
        self._note_world()
        if self._importing is not None:
            self._importing.shut_down()
            self._importing.deleteLater()
            self._importing = None
        self._undos.clear()  # what was deleted lies in the trash of the library
        if before is not None:
            self.session.put(library=before.habits())
            before.shut_down()
            self._middle.removeWidget(before)
            before.hide()
            before.deleteLater()
            self.library_panel = None
            self.show_library(self.library_wanted)
        self._show_facts()

    def _offer_to_go_on_moving(self) -> None:
        """Offer to finish a move that was interrupted."""
        note = self._move_note()
        target = note.target(self.library.folder)
        if target is None:
            return
        text = self.tr("Some worlds were moved to {0}, the others are still here.")
        self.banner.tell(
            text.format(short_path(str(target))),
            [
                BannerAction(self.tr("Move the rest"), lambda: self.move_library(target)),
                BannerAction(self.tr("Not now"), note.clear),
            ],
        )
