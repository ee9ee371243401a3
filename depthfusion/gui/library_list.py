"""The scrolling list, or grid, of the library."""

from __future__ import annotations

import sys

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyle, QWidget

from depthfusion.gui.library_delegate import LibraryDelegate
from depthfusion.gui.library_model import LibraryModel
from depthfusion.gui.thumbnails import Thumbnails

CARD_PX = 160
"""Least width of a card: up to twice as much, there is one column."""
_WANT_EVERY_MS = 30
_SCROLL_LINES = 3
_DELETE_KEYS = {Qt.Key.Key_Delete} | ({Qt.Key.Key_Backspace} if sys.platform == "darwin" else set())
"""A Mac's delete key is Backspace."""


class LibraryList(QListView):
    """Shows a `LibraryModel` and says what a person wants to do with its rows."""

    open_wanted = Signal(int)
    """A row."""
    favourite_wanted = Signal(list)
    """Rows."""
    delete_wanted = Signal()
    undo_wanted = Signal()
    menu_wanted = Signal(QPoint)
    """At this place of the screen."""
    search_wanted = Signal()
    """The keyboard goes up from the first row."""

    def __init__(
        self, model: LibraryModel, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.worlds = model
        self.delegate = LibraryDelegate(thumbnails, self)
        self._thumbnails = thumbnails
        self._star_down = -1
        self.setModel(model)
        self.setItemDelegate(self.delegate)
        self.setAccessibleName(self.tr("Worlds"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setTabKeyNavigation(False)
        self._wanting = QTimer(self, singleShot=True, interval=_WANT_EVERY_MS)
        self._wanting.timeout.connect(self._want_thumbnails)
        self.doubleClicked.connect(self._double_clicked)
        thumbnails.ready.connect(self._thumbnail_ready)
        self.set_grid(True)

    # Look ---------------------------------------------------------------------------------------

    def set_grid(self, is_grid: bool) -> None:
        """Show cards, or lines."""
        anchor = self.anchor()
        self.delegate.is_grid = is_grid
        self.setFlow(QListView.Flow.LeftToRight if is_grid else QListView.Flow.TopToBottom)
        self.setWrapping(is_grid)
        self._fit()
        self.keep_anchor(anchor)

    def set_open(self, name: str) -> None:
        """Mark the world that is on the screen."""
        self.delegate.open_name = name
        self.viewport().update()

    @property
    def columns(self) -> int:
        """How many cards lie side by side; 1 for lines."""
        return max(1, self._room_px() // CARD_PX) if self.delegate.is_grid else 1

    def _room_px(self) -> int:
        """Leave room for the scroll bar, also while there is none: else it comes and goes."""
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, self)
        return max(80, self.width() - bar - 2)

    def _fit(self) -> None:
        self.delegate.set_width(self._room_px(), self.fontMetrics(), self.columns)
        cell = self.delegate.cell
        self.setGridSize(cell if self.delegate.is_grid else QSize())
        self.verticalScrollBar().setSingleStep(max(20, cell.height() // _SCROLL_LINES))
        self.scheduleDelayedItemsLayout()
        self._want_soon()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the cards to the width; what was at the top stays there."""
        anchor = self.anchor()
        self._fit()
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.keep_anchor(anchor)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of letters."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and hasattr(self, "delegate"):
            self._fit()

    # Scroll place -------------------------------------------------------------------------------

    def anchor(self) -> tuple[str, int] | None:
        """Return the first row in sight and how far down it begins; None at the very top."""
        if self.verticalScrollBar().value() == 0:
            return None
        rows = self.rows_in_sight()
        if not rows or rows[0] >= self.worlds.rowCount():
            return None
        top = self.visualRect(self.worlds.index(rows[0])).top()
        return self.worlds.names[rows[0]], top

    def keep_anchor(self, anchor: tuple[str, int] | None) -> None:
        """Scroll so that a row lies where it did; leave the place where the row has gone."""
        self.executeDelayedItemsLayout()
        row = self.worlds.row_of(anchor[0]) if anchor else -1
        if anchor is not None and row >= 0:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + self.visualRect(self.worlds.index(row)).top() - anchor[1])
        self._want_soon()

    def rows_in_sight(self) -> range:
        """Return the rows that are at least partly in sight."""
        count = self.worlds.rowCount()
        height = self.delegate.cell.height()
        if not count or not height:
            return range(0)
        top = self.verticalScrollBar().value()
        first = min(top // height * self.columns, count)
        last = -(-(top + self.viewport().height()) // height) * self.columns
        return range(first, min(last, count))

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Scroll, and ask for the thumbnails that come into sight."""
        super().scrollContentsBy(dx, dy)
        self._want_soon()

    # Thumbnails ---------------------------------------------------------------------------------

    def want_soon(self) -> None:
        """Ask for the thumbnails in sight, in a moment."""
        self._want_soon()

    def _want_soon(self) -> None:
        if not self._wanting.isActive():
            self._wanting.start()

    def _want_thumbnails(self) -> None:
        if self.isVisible():
            wide = round(self.delegate.thumb_px().width() * self.devicePixelRatioF())
            some = [self.worlds.world(row) for row in self.rows_in_sight()]
            self._thumbnails.want(some, wide)

    def _thumbnail_ready(self, name: str) -> None:
        row = self.worlds.row_of(name)
        if row >= 0 and row in self.rows_in_sight():
            self.viewport().update(self.visualRect(self.worlds.index(row)))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw, and see that what is drawn without a picture gets one."""
        super().paintEvent(event)
        if event.rect() == self.viewport().rect():
            self._want_soon()

    # Selection ----------------------------------------------------------------------------------

    def selected_rows(self) -> list[int]:
        """Return the selected rows, from the top."""
        found = self.selectionModel().selection()
        parts = [found.at(number) for number in range(found.count())]
        return sorted({row for part in parts for row in range(part.top(), part.bottom() + 1)})

    def selected_names(self) -> list[str]:
        """Return the names of the selected worlds, from the top."""
        return [self.worlds.names[row] for row in self.selected_rows()]

    def select_names(self, names: list[str], current: str = "") -> None:
        """Select those of some worlds that are shown; nothing scrolls."""
        selection = QItemSelection()
        for name in names:
            row = self.worlds.row_of(name)
            if row >= 0:
                selection.select(self.worlds.index(row), self.worlds.index(row))
        flags = QItemSelectionModel.SelectionFlag
        row = self.worlds.row_of(current) if current else -1
        if row >= 0:
            self.selectionModel().setCurrentIndex(self.worlds.index(row), flags.NoUpdate)
        self.selectionModel().select(selection, flags.ClearAndSelect)

    def current_name(self) -> str:
        """Return the name of the world that the keyboard is on; empty: none."""
        row = self.currentIndex().row()
        return self.worlds.names[row] if 0 <= row < self.worlds.rowCount() else ""

    # Mouse and keyboard -------------------------------------------------------------------------

    def star_row(self, point: QPoint) -> int:
        """Return the row whose star lies under a point of the viewport, -1 if none does."""
        index = self.indexAt(point)
        if index.isValid() and self.delegate.places(self.visualRect(index)).star.contains(point):
            return index.row()
        return -1

    def star_rect(self, row: int) -> QRect:
        """Return where a row's star is clicked, in the viewport."""
        return self.delegate.places(self.visualRect(self.worlds.index(row))).star

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on a star favours that world and changes nothing else."""
        row = self.star_row(event.position().toPoint())
        if row >= 0 and event.button() == Qt.MouseButton.LeftButton and not event.modifiers():
            self._star_down = row
            self.favourite_wanted.emit([row])
            event.accept()
            return
        self._star_down = -1
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Do not drag by a star."""
        if self._star_down < 0 or not event.buttons():
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A star was handled when it was pressed."""
        if self._star_down < 0:
            super().mouseReleaseEvent(event)
        self._star_down = -1

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Two quick clicks on a star are two clicks."""
        if self.star_row(event.position().toPoint()) >= 0:
            self.mousePressEvent(event)
        else:
            super().mouseDoubleClickEvent(event)

    def _double_clicked(self, index: QModelIndex) -> None:
        self.open_wanted.emit(index.row())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done, at the pointer or at the current row."""
        place = event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard and self.currentIndex().isValid():
            rect = self.visualRect(self.currentIndex())
            place = self.viewport().mapToGlobal(rect.center())
        self.menu_wanted.emit(place)

    def event(self, event: QEvent) -> bool:
        """Keep F for the list, whatever the window uses it for."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            if plain and event.key() in {Qt.Key.Key_F, Qt.Key.Key_F2}:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open, favour, delete, undo; go up to the search from the first row."""
        keys = Qt.Key
        plain = event.modifiers() in {
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        }
        row = self.currentIndex().row()
        is_editing = self.state() == QAbstractItemView.State.EditingState
        if is_editing:
            super().keyPressEvent(event)
        elif plain and event.key() in {keys.Key_Return, keys.Key_Enter}:
            if row >= 0:
                self.open_wanted.emit(row)
        elif plain and event.key() == keys.Key_F:
            self.favourite_wanted.emit(self.selected_rows() or ([row] if row >= 0 else []))
        elif plain and event.key() in _DELETE_KEYS:
            self.delete_wanted.emit()
        elif event.key() == keys.Key_Z and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.undo_wanted.emit()
        elif plain and event.key() == keys.Key_Up and 0 <= row < self.columns:
            self.search_wanted.emit()
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Do not jump by letters: there is a search field, and letters are for the window."""
