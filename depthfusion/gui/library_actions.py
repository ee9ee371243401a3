"""What a person does to worlds of the library: favour, rename, delete, take it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from depthfusion.errors import DepthFusionError
from depthfusion.gui.library_list import LibraryList
from depthfusion.gui.library_model import LibraryModel
from depthfusion.gui.library_work import LibraryWork
from depthfusion.library import Deletion, Library, World


class LibraryActions(QObject):
    """Acts on the selected rows of a list. What is done is shown at once, and done in a thread."""

    opened = Signal(object)
    changed = Signal()
    """Rows went before the library has done its part."""
    complained = Signal(str)
    told = Signal(str, bool)
    """A line, and whether `undo_delete` takes it back."""

    def __init__(
        self,
        library: Library,
        work: LibraryWork,
        listed: LibraryList,
        ask_again: Callable[[], object],
        parent: QObject | None = None,
    ) -> None:
        """Make it.

        Args:
            library: where the worlds are.
            work: the thread in which they are changed.
            listed: shows them.
            ask_again: has the list show what the library has now.
            parent: Qt owner.
        """
        super().__init__(parent)
        self.library, self.work, self.list = library, work, listed
        self.model: LibraryModel = listed.worlds
        self._ask_again = ask_again
        self._deletions: list[Deletion] = []
        self.is_held = False
        """Whether the library is on its way to another place: nothing is changed meanwhile."""
        listed.open_wanted.connect(lambda row: self.opened.emit(self.model.world(row)))
        listed.favourite_wanted.connect(self.favour_rows)
        listed.delete_wanted.connect(self.delete_selected)
        listed.undo_wanted.connect(self.undo_delete)
        self.model.rename_wanted.connect(self._rename)

    def open_selected(self) -> None:
        """Open the world that the keyboard is on."""
        row = self.list.currentIndex().row()
        if row >= 0:
            self.opened.emit(self.model.world(row))

    def toggle_favourite(self) -> None:
        """Favour the selected worlds; if all of them are favourites, none any more."""
        self.favour_rows(self.list.selected_rows())

    def favour_rows(self, rows: Sequence[int]) -> None:
        """Favour the worlds of some rows; if all of them are favourites, none any more."""
        if self._is_refused():
            return
        some = [self.model.world(row) for row in rows]
        wanted = not all(world.is_favourite for world in some)
        for world in some:
            if world.is_favourite != wanted:
                self._favour(world.name, wanted)

    def _favour(self, name: str, wanted: bool) -> None:
        self.model.wish(name, is_favourite=wanted)
        self._change(name, lambda: self.library.set_favourite(name, wanted))

    def rename_selected(self) -> None:
        """Let the person type another title for the world that the keyboard is on."""
        if self._is_refused():
            return
        index = self.list.currentIndex()
        if not index.isValid() and self.list.selected_rows():
            index = self.model.index(self.list.selected_rows()[0])
        if index.isValid():
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
            self.list.scrollTo(index)
            self.list.edit(index)

    def _rename(self, name: str, title: str) -> None:
        if self._is_refused():  # it was being typed when the move began
            return
        self.model.wish(name, title=title)
        self._change(name, lambda: self.library.rename(name, title))

    def _change(self, name: str, call: Callable[[], object]) -> None:
        """Do something to a world that is shown as done already."""

        def settled(_: object = None) -> None:
            self.model.settle(name)
            self._ask_again()

        def failed(error: DepthFusionError) -> None:
            settled()
            self.complained.emit(str(error))

        self.work.do(call, settled, failed)

    def delete_selected(self) -> None:
        """Take the selected worlds to the trash; `undo_delete` brings them back."""
        if self._is_refused():
            return
        rows = self.list.selected_rows()
        if not rows and self.list.hasFocus() and self.list.currentIndex().isValid():
            rows = [self.list.currentIndex().row()]
        if not rows:
            return
        names = [self.model.names[row] for row in rows]
        title = self.model.world(rows[0]).title
        anchor = self.list.anchor()
        self.model.hide_worlds(names)
        self._stay_near(rows[0])
        self.list.keep_anchor(anchor)
        self.changed.emit()

        def done(deletion: Deletion) -> None:
            self._deletions.append(deletion)
            self.model.unhide(names)
            self._ask_again()
            text = self.tr("“{0}” deleted").format(_short(title))
            if len(names) > 1:
                text = self.tr("{0} worlds deleted").format(len(names))
            self.told.emit(text, True)

        def failed(error: DepthFusionError) -> None:
            self.model.unhide(names)
            self._ask_again()
            self.list.select_names(names, names[0])
            self.complained.emit(str(error))

        self.work.do(lambda: self.library.delete(names), done, failed)

    def _is_refused(self) -> bool:
        """Say so, and return True, where nothing can be changed now."""
        if self.is_held:
            self.complained.emit(
                self.tr("want to change a world: wait until the library has moved")
            )
        return self.is_held

    def _stay_near(self, row: int) -> None:
        """Select the world that has come in the place of a deleted one."""
        row = min(row, self.model.rowCount() - 1)
        if row >= 0:
            self.list.setCurrentIndex(self.model.index(row))

    def undo_delete(self) -> None:
        """Bring back what was deleted last since the program began."""
        if self._is_refused():
            return
        # Asked for in the thread: a deletion that is still under way then counts as well.
        self.work.do(lambda: None, lambda _: self._restore_last())

    def _restore_last(self) -> None:
        if not self._deletions:
            self.told.emit(self.tr("Nothing to bring back"), False)
            return
        deletion = self._deletions.pop()

        def done(worlds: list[World]) -> None:
            self._ask_again()
            names = [world.name for world in worlds]
            if names:
                self.list.select_names(names, names[0])
                self.list.scrollTo(self.list.currentIndex())
            text = self.tr("{0} worlds are back").format(len(worlds))
            if len(worlds) == 1:
                text = self.tr("“{0}” is back").format(_short(worlds[0].title))
            self.told.emit(text, False)

        def failed(error: DepthFusionError) -> None:
            self._ask_again()
            if deletion.folder.is_dir():
                self._deletions.append(deletion)
            self.complained.emit(str(error))

        self.work.do(lambda: self.library.restore(deletion), done, failed)

    def copy_prompt(self) -> None:
        """Put the prompt of the current world, or its title, on the clipboard."""
        row = self.list.currentIndex().row()
        if row >= 0:
            world = self.model.world(row)
            QGuiApplication.clipboard().setText(world.prompt or world.title)

    def show_in_folder(self) -> None:
        """Show the folder of the current world in the file browser."""
        row = self.list.currentIndex().row()
        if row < 0:
            return
        folder = self.model.world(row).folder
        if not folder.is_dir():
            self.complained.emit(self.tr("want the folder {0}, it is not there").format(folder))
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.complained.emit(self.tr("no file browser could be started for {0}").format(folder))

    def menu(self, parent: QWidget) -> QMenu:
        """Return the menu of the selected worlds."""
        rows = self.list.selected_rows()
        # A person who selects all of 20,000 waits for no menu: the first hundred tell.
        some = [self.model.world(row) for row in rows[:100]]
        all_liked = all(world.is_favourite for world in some)
        menu = QMenu(parent)
        menu.setObjectName("worlds")
        # Keys stand behind a tab: the list and the window handle them, not the menu.
        menu.addAction(self.tr("Open") + "\tEnter", self.open_selected)
        like = self.tr("Remove from favourites") if all_liked else self.tr("Add to favourites")
        menu.addAction(like + "\tF", self.toggle_favourite)
        menu.addSeparator()
        one = [
            menu.addAction(self.tr("Rename…") + "\tF2", self.rename_selected),
            menu.addAction(self.tr("Copy prompt"), self.copy_prompt),
            menu.addAction(self.tr("Show in folder"), self.show_in_folder),
        ]
        for action in one:
            action.setEnabled(len(rows) == 1)
        one[1].setEnabled(len(rows) == 1 and bool(some[0].prompt))
        menu.addSeparator()
        delete = (
            self.tr("Delete") if len(rows) == 1 else self.tr("Delete {0} worlds").format(len(rows))
        )
        menu.addAction(delete + "\tDel", self.delete_selected)
        return menu


def _short(title: str) -> str:
    return title if len(title) <= 40 else f"{title[:40].rstrip()}…"
