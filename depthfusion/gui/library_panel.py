"""The left column: every world that was kept, found by a few letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QHideEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QShowEvent,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from depthfusion.errors import DepthFusionError
from depthfusion.gui.importing import Importing
from depthfusion.gui.library_header import LibraryHeader
from depthfusion.gui.library_hints import Foot, Hint, Missing
from depthfusion.gui.library_list import LibraryList
from depthfusion.gui.library_model import LibraryModel
from depthfusion.gui.library_watch import LibraryWatch
from depthfusion.gui.library_work import LibraryWork
from depthfusion.gui.thumbnails import Thumbnails
from depthfusion.library import Deletion, Library, Order, World

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
        self._deletions: list[Deletion] = []
        self._importing: Importing | None = None
        self._progress = (0, 0)
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
        self.list.open_wanted.connect(lambda row: self.opened.emit(self.model.world(row)))
        self.list.favourite_wanted.connect(self._favour_rows)
        self.list.delete_wanted.connect(self.delete_selected)
        self.list.undo_wanted.connect(self.undo_delete)
        self.list.menu_wanted.connect(self.show_menu)
        self.list.search_wanted.connect(self.focus_search)
        self.list.selectionModel().selectionChanged.connect(lambda *_: self._tell_state())
        self.model.rename_wanted.connect(self._rename)
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

    def _tell_foot(self) -> None:
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
        """Show how far an import is, with a button that stops it, and what came of it."""
        self._importing = importing
        importing.progressed.connect(lambda *_: self._tell_foot())
        importing.imported.connect(lambda _: self._ask_again())
        importing.ended.connect(lambda _: self._tell_foot())
        importing.told.connect(lambda text: self.told.emit(text, False))

    def _stop_import(self) -> None:
        if self._importing is not None:
            self._importing.cancel()

    # What is done -------------------------------------------------------------------------------

    def open_selected(self) -> None:
        """Open the world that the keyboard is on."""
        row = self.list.currentIndex().row()
        if row >= 0:
            self.opened.emit(self.model.world(row))

    def toggle_favourite(self) -> None:
        """Favour the selected worlds; if all of them are favourites, none any more."""
        self._favour_rows(self.list.selected_rows())

    def _favour_rows(self, rows: Sequence[int]) -> None:
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
        index = self.list.currentIndex()
        if not index.isValid() and self.list.selected_rows():
            index = self.model.index(self.list.selected_rows()[0])
        if index.isValid():
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
            self.list.scrollTo(index)
            self.list.edit(index)

    def _rename(self, name: str, title: str) -> None:
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
        self._tell_state()

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

    def _stay_near(self, row: int) -> None:
        """Select the world that has come in the place of a deleted one."""
        row = min(row, self.model.rowCount() - 1)
        if row >= 0:
            self.list.setCurrentIndex(self.model.index(row))

    def undo_delete(self) -> None:
        """Bring back what was deleted last since the program began."""
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

    def show_menu(self, place: QPoint) -> None:
        """Offer what can be done with the selected worlds, at a place of the screen."""
        if self.list.selected_rows():
            menu = self.make_menu()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(place)

    def make_menu(self) -> QMenu:
        """Return the menu of the selected worlds."""
        rows = self.list.selected_rows()
        # A person who selects all of 20,000 waits for no menu: the first hundred tell.
        some = [self.model.world(row) for row in rows[:100]]
        all_liked = all(world.is_favourite for world in some)
        menu = QMenu(self)
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


class DropFrame(QWidget):
    """Lies over the panel while files are dragged over it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_over(self, panel: QWidget) -> None:
        """Cover the panel."""
        self.setGeometry(panel.rect())
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Say what dropping does."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(self.palette().color(QPalette.ColorRole.Window))
        ground.setAlpha(215)
        painter.fillRect(self.rect(), ground)
        accent = self.palette().color(QPalette.ColorRole.Accent)
        painter.setPen(QPen(accent, 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(self.rect().adjusted(8, 8, -8, -8), 10, 10)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        wrap = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignCenter
        painter.drawText(
            self.rect().adjusted(24, 24, -24, -24),
            int(wrap),
            self.tr("Drop to keep in the library"),
        )
        painter.end()


def paths_from(event: QDropEvent) -> list[str]:
    """Return the local files and folders that are dragged."""
    return [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]


def _short(title: str) -> str:
    return title if len(title) <= 40 else f"{title[:40].rstrip()}…"
