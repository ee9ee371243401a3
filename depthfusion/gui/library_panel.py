"""The left column: every world that was kept, found by a few letters."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QHideEvent,
    QPalette,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from depthfusion.errors import DepthFusionError
from depthfusion.gui.importing import Importing
from depthfusion.gui.library_actions import LibraryActions
from depthfusion.gui.library_header import LibraryHeader
from depthfusion.gui.library_hints import DropFrame, Foot, Hint, Missing, paths_from
from depthfusion.gui.library_list import LibraryList
from depthfusion.gui.library_model import LibraryModel
from depthfusion.gui.library_watch import LibraryWatch
from depthfusion.gui.library_work import LibraryWork
from depthfusion.gui.thumbnails import Thumbnails
from depthfusion.library import Library, Order

WIDTH_PX = 280
LEAST_PX, MOST_PX = 200, 400


class LibraryPanel(QWidget):
    """Search, look through, open, favour, rename, delete. Knows neither window nor view.

    It looks at the library only while it is shown. Call `shut_down` before the library is closed.
    """

    opened = Signal(object)
    """A `World` that is to be shown."""
    import_wanted = Signal(list)
    """Paths (str) of files and folders that were dropped here."""
    complained = Signal(str)
    """One line about something that went wrong."""
    told = Signal(str, bool)
    """One line for a passing notice, and whether `undo_delete` takes it back."""

    def __init__(self, library: Library, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.library = library
        self.work = LibraryWork(self)
        self.watch = LibraryWatch(library, self.work, self)
        self.thumbnails = Thumbnails(self)
        self.model = LibraryModel(library, self)
        self.header = LibraryHeader()
        self.missing = Missing()
        self.list = LibraryList(self.model, self.thumbnails)
        self.hint = Hint()
        self.foot = Foot()
        self.doing = LibraryActions(library, self.work, self.list, self._ask_again, self)
        self._importing: Importing | None = None
        self._progress = (0, 0)
        self._elsewhere: tuple[str, int, int] = ("", 0, 0)
        self._open_name = ""
        self.setAccessibleName(self.tr("Library"))
        self.setAcceptDrops(True)
        self.setMinimumWidth(LEAST_PX)
        self.setMaximumWidth(MOST_PX)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._lay_out()
        self._frame = DropFrame(self)
        self._connect()
        self._tell_state()

    def _lay_out(self) -> None:
        self._stack = QStackedWidget()
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.hint)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.missing)
        column.addWidget(self._stack, 1)
        column.addWidget(self.foot)
        palette = self.list.palette()
        palette.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
        self.list.setPalette(palette)
        tab_order = [
            self.header.search, self.header.all, self.header.favourites, self.header.order,
            self.header.layout_button, self.missing.button, self.list, self.hint.button,
            self.foot.cancel,
        ]  # fmt: skip
        for first, second in pairwise(tab_order):
            self.setTabOrder(first, second)

    def _connect(self) -> None:
        self.header.query_changed.connect(self._ask)
        self.header.grid_changed.connect(self.list.set_grid)
        self.header.list_wanted.connect(self.focus_list)
        self.watch.changed.connect(self._ask_again)
        self.watch.progressed.connect(self._scan_progressed)
        self.watch.scanned.connect(self._scanned)
        self.watch.missing_changed.connect(self._missing_changed)
        self.watch.complained.connect(self.complained)
        self.doing.opened.connect(self.opened)
        self.doing.complained.connect(self.complained)
        self.doing.told.connect(self.told)
        self.list.menu_wanted.connect(self.show_menu)
        self.list.search_wanted.connect(self.focus_search)
        self.list.selectionModel().selectionChanged.connect(lambda *_: self._tell_state())
        self.doing.changed.connect(self._tell_state)
        self.missing.retry_wanted.connect(self.refresh)
        self.hint.wanted.connect(self.header.clear)
        self.foot.cancel_wanted.connect(self._stop_import)

    def sizeHint(self) -> QSize:
        """Want room for one column of cards."""
        return QSize(WIDTH_PX, 600)

    # What is shown ------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Look at the library now: its index, and its folders."""
        self.thumbnails.forget_problems()
        self._ask_again()
        self.watch.scan()
        self._tell_state()

    def show_current(self, folder: Path | str | None) -> None:
        """Mark the world that is on the screen, and bring it into sight.

        Args:
            folder: of the world; None, or one outside the library: no mark.
        """
        path = None if folder is None else Path(folder)
        is_ours = path is not None and path.parent == self.library.folder
        self._open_name = path.name if path is not None and is_ours else ""
        self.list.set_open(self._open_name)
        if not self._open_name:
            return
        if self.model.row_of(self._open_name) < 0:
            self._ask_again()
        row = self.model.row_of(self._open_name)
        if row >= 0 and len(self.list.selected_rows()) < 2:
            self.list.select_names([self._open_name], self._open_name)
            self.list.scrollTo(self.model.index(row))

    def focus_search(self) -> None:
        """Give the keyboard to the search field; what stands in it is selected."""
        self.header.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.header.search.selectAll()

    def focus_list(self) -> None:
        """Give the keyboard to the list, on the row where it was or on the first."""
        if not self.model.rowCount():
            return
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self.model.index(0))

    def habits(self) -> dict[str, Any]:
        """Return what should be as it is the next time."""
        return {"library_grid": self.header.is_grid, "library_order": self.header.query.order.value}

    def restore(self, habits: Mapping[str, Any]) -> None:
        """Take over `habits` of another time; what is not understood is left out."""
        grid, order = habits.get("library_grid"), habits.get("library_order")
        if isinstance(grid, bool):
            self.header.set_grid(grid)
        if order in {Order.NEWEST.value, Order.NAME.value}:
            self.header.set_order(Order(order))

    def _ask(self) -> None:
        """Show what another query finds, from its top; the selection stays where it can."""
        names, current = self.list.selected_names(), self.list.current_name()
        try:
            self.model.ask(self.header.query)
        except DepthFusionError as error:
            self.complained.emit(str(error))
            return
        self.list.select_names(names, current)
        self.list.scrollToTop()
        self._after_change()

    def _ask_again(self) -> None:
        """Take in what changed; selection and scroll place stay."""
        anchor = self.list.anchor()
        names, current = self.list.selected_names(), self.list.current_name()
        try:
            moved = self.model.ask_again()
        except DepthFusionError:
            return  # the index is busy; the next look will do
        if moved:
            if self.list.selected_names() != names:
                self.list.select_names(names, current)
            self.list.keep_anchor(anchor)
        self._after_change()

    def _after_change(self) -> None:
        self.list.want_soon()
        self._tell_state()

    # States -------------------------------------------------------------------------------------

    def _tell_state(self) -> None:
        has_rows = self.model.rowCount() > 0
        if not has_rows:
            self._tell_hint()
        had_keyboard = self.list.hasFocus() and not has_rows
        self._stack.setCurrentWidget(self.list if has_rows else self.hint)
        if had_keyboard:
            self.header.search.setFocus(Qt.FocusReason.OtherFocusReason)
        self._tell_foot()

    def _tell_hint(self) -> None:
        query = self.model.query
        text = " ".join(query.text.split())
        if text:
            short = text if len(text) <= 40 else f"{text[:40]}…"
            where = self.tr("among your favourites") if query.favourites_only else ""
            self.hint.tell(
                "search", self.tr("Nothing found for “{0}”").format(short), where,
                self.tr("Clear search"),
            )  # fmt: skip
        elif query.favourites_only:
            self.hint.tell(
                "star", self.tr("No favourites yet"),
                self.tr("Press F on a world, or click its star."), self.tr("Show all worlds"),
            )  # fmt: skip
        elif self.watch.missing:
            self.hint.tell("folder", self.tr("No worlds can be shown now"))
        elif not self.watch.has_scanned:
            self.hint.tell("folder", self.tr("Looking for your worlds…"))
        else:
            self.hint.tell(
                "picture", self.tr("Your worlds will appear here"),
                self.tr("Describe one, or drop pictures here."),
            )  # fmt: skip

    def tell_work(self, text: str, done: int = 0, total: int = 0) -> None:
        """Show how far something is that keeps the library busy; "": it is over."""
        self._elsewhere = (text, done, total)
        self._stack.setEnabled(not text)
        self.doing.is_held = bool(text)  # a menu or a name's field may be open already
        self._tell_foot()

    def _tell_foot(self) -> None:
        if self._elsewhere[0]:
            self.foot.tell(*self._elsewhere)
            return
        importing = self._importing
        if importing is not None and importing.is_running:
            done, total = importing.done, importing.total
            text = self.tr("Importing…")
            if total:
                text = self.tr("Importing {0} of {1}").format(min(done + 1, total), total)
            self.foot.tell(text, done, total, can_stop=True)
            return
        done, total = self._progress
        if self.watch.is_scanning and total > 1:
            self.foot.tell(self.tr("Reading world {0} of {1}").format(done, total), done, total)
            return
        self.foot.tell(self._count_text())

    def _count_text(self) -> str:
        count, selected = self.model.rowCount(), len(self.list.selected_rows())
        if not count:
            return ""
        if selected > 1:
            return self.tr("{0} of {1} selected").format(selected, count)
        if self.model.query.text.strip():
            return self.tr("1 found") if count == 1 else self.tr("{0} found").format(count)
        if self.model.query.favourites_only:
            return self.tr("1 favourite") if count == 1 else self.tr("{0} favourites").format(count)
        return self.tr("1 world") if count == 1 else self.tr("{0} worlds").format(count)

    def _scan_progressed(self, done: int, total: int) -> None:
        self._progress = (done, total)
        self._tell_foot()

    def _scanned(self, _: object) -> None:
        self._progress = (0, 0)
        self._tell_state()

    def _missing_changed(self, reason: str) -> None:
        text = self.tr("The library's folder is out of reach.") if reason else ""
        self.missing.tell(text, reason)
        if reason:
            self.complained.emit(reason)
        else:
            self.thumbnails.forget_problems()
        self._tell_state()

    def follow(self, importing: Importing) -> None:
        """Show how far an import is, with a button that stops it; the outcome it tells itself."""
        self._importing = importing
        importing.progressed.connect(lambda *_: self._tell_foot())
        importing.ended.connect(lambda _: self._ask_again())

    def _stop_import(self) -> None:
        if self._importing is not None:
            self._importing.cancel()

    # What is done -------------------------------------------------------------------------------

    def toggle_favourite(self) -> None:
        """Favour the selected worlds; if all of them are favourites, none any more."""
        self.doing.toggle_favourite()

    def rename_selected(self) -> None:
        """Let the person type another title for the world that the keyboard is on."""
        self.doing.rename_selected()

    def delete_selected(self) -> None:
        """Take the selected worlds to the trash; `undo_delete` brings them back."""
        self.doing.delete_selected()

    def undo_delete(self) -> None:
        """Bring back what was deleted last since the program began."""
        self.doing.undo_delete()

    def show_menu(self, place: QPoint) -> None:
        """Offer what can be done with the selected worlds, at a place of the screen."""
        if self.list.selected_rows():
            menu = self.doing.menu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(place)

    # Dropping in --------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files and folders from elsewhere."""
        if event.source() is not self.list and paths_from(event):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._frame.show_over(self)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nothing will be dropped."""
        self._frame.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Have what was dropped imported."""
        self._frame.hide()
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.import_wanted.emit(paths_from(event))

    # Life ---------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to look at the library."""
        super().showEvent(event)
        self.watch.look()
        self.watch.wake()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the library alone while nobody looks."""
        super().hideEvent(event)
        self.watch.rest()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "list"):
            palette = QPalette(self.palette())
            palette.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
            self.list.setPalette(palette)

    def shut_down(self) -> None:
        """Finish changes that were begun, stop everything else."""
        self.watch.shut_down()
        self.thumbnails.shut_down()
        self.work.shut_down()
