"""The card with the waiting jobs: sort them by mouse, drag or keyboard, take them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QSignalBlocker, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QToolButton,
    QWidget,
)

from depthfusion.generator.request import AnyRequest, DepthRequest
from depthfusion.gui import theme
from depthfusion.gui.card_fields import DIM
from depthfusion.gui.cards import Card
from depthfusion.gui.darkened import darken
from depthfusion.gui.generation_queue import GenerationQueue, Job
from depthfusion.gui.overlays import MARGIN_PX

_MOST_ROWS = 8
_WIDTH_PX = 460
_ROW_PX = 30
_LIST = (
    "QListWidget { background: rgba(255, 255, 255, 12); color: #e6e6e8; border-radius: 6px;"
    " border: 1px solid transparent; padding: 2px; outline: none; }"
    f" QListWidget:focus {{ border-color: {theme.ACCENT}; }}"
    " QListWidget::item { padding: 0 8px; border-radius: 4px; }"
    " QListWidget::item:selected { background: rgba(255, 255, 255, 30); color: #ffffff; }"
)
_NUMBER = Qt.ItemDataRole.UserRole


class QueueCard(Card):
    """Shows what waits in a `GenerationQueue`, the next first."""

    def __init__(self, queue: GenerationQueue, view: QWidget) -> None:
        super().__init__(view, view.tr("Waiting worlds"))
        self._queue = queue
        self.list = JobList()
        self.list.setAccessibleName(self.tr("Waiting worlds, the next first"))
        hint = QLabel(self.tr("Drag to sort, or Alt+Up and Alt+Down; Del removes"))
        hint.setStyleSheet(DIM)
        hint.setWordWrap(True)
        self.up = _tool("up", self.tr("Make it earlier (Alt+Up)"))
        self.down = _tool("down", self.tr("Make it later (Alt+Down)"))
        self.remove = QPushButton(self.tr("Remove"))
        self.remove.setToolTip(self.tr("Do not make this world (Del)"))
        self.clear = QPushButton(self.tr("Clear"))
        self.clear.setToolTip(self.tr("Remove all that waits; the present world goes on"))
        self.body.addWidget(self.list, 1)
        self.body.addWidget(hint)
        foot = QHBoxLayout()
        foot.setSpacing(6)
        for button in (self.up, self.down, self.remove):
            foot.addWidget(button)
        foot.addStretch(1)
        foot.addWidget(self.clear)
        self.body.addLayout(foot)
        darken(self)
        self._connect()
        self._follow()

    def _connect(self) -> None:
        self.list.moved.connect(self._queue.move)
        self.list.step_wanted.connect(self._step)
        self.list.remove_wanted.connect(self._remove)
        self.list.currentRowChanged.connect(self._allow)
        self.up.clicked.connect(lambda: self._step(-1))
        self.down.clicked.connect(lambda: self._step(1))
        self.remove.clicked.connect(self._remove)
        self.clear.clicked.connect(self._queue.clear)
        self._queue.changed.connect(self._follow)

    def _step(self, step: int) -> None:
        row = self.list.currentRow()
        if row >= 0 and 0 <= row + step < self.list.count():
            self._queue.move(self.list.numbers[row], row + step)

    def _remove(self) -> None:
        row = self.list.currentRow()
        if row >= 0:
            self._queue.remove(self.list.numbers[row])

    @Slot()
    def _follow(self) -> None:
        self.list.show_jobs(self._queue.waiting, self._told)
        self._allow()
        if self.isVisible():
            self.present()

    def _told(self, request: AnyRequest) -> str:
        if isinstance(request, DepthRequest):
            return self.tr("Depth of {0}").format(Path(request.path or "").name)
        prompt = " ".join(request.prompt.split())
        if request.count == 1:
            return prompt
        return self.tr("{0}  ·  {1} worlds").format(prompt, request.count)

    @Slot()
    def _allow(self) -> None:
        row, count = self.list.currentRow(), self.list.count()
        self.up.setEnabled(row > 0)
        self.down.setEnabled(0 <= row < count - 1)
        self.remove.setEnabled(row >= 0)
        self.clear.setEnabled(count > 0)

    def open_card(self) -> None:
        """Show it, the keyboard on the list."""
        super().open_card()
        self.list.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_card(self) -> None:
        """Put it away; the keyboard goes to the view only where the card had it.

        It also goes by itself with the last job, while the person may be typing.
        """
        if self.isAncestorOf(QApplication.focusWidget() or self.view):
            super().close_card()
        elif self.isVisible():
            self.hide()
            self.closed.emit()

    def place(self, width_px: int, height_px: int) -> None:
        """Lie at the lower right, above its button."""
        self._fit(min(_WIDTH_PX, width_px - 2 * MARGIN_PX))
        self.resize(self.width(), min(self.height(), height_px - 2 * MARGIN_PX))
        self.move(width_px - self.width() - MARGIN_PX, height_px - self.height() - MARGIN_PX)


class JobList(QListWidget):
    """Jobs by their numbers. It never moves a row itself: it says what is wanted."""

    moved = Signal(int, int)
    """A job's number and its new place."""
    step_wanted = Signal(int)
    """-1: the current job earlier; 1: later."""
    remove_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setStyleSheet(_LIST)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setUniformItemSizes(True)

    @property
    def numbers(self) -> Sequence[int]:
        """Of the jobs, from the top."""
        return [int(self.item(row).data(_NUMBER)) for row in range(self.count())]

    def show_jobs(self, jobs: Sequence[Job], told: Callable[[AnyRequest], str]) -> None:
        """Show jobs in this order; the current one stays current, or its place does."""
        row = self.currentRow()
        number = self.numbers[row] if row >= 0 else None
        with QSignalBlocker(self):
            self.clear()
            for job in jobs:
                text = told(job.request)
                item = QListWidgetItem(text)
                item.setData(_NUMBER, job.number)
                asked = job.request
                item.setToolTip(
                    (asked.path or "") if isinstance(asked, DepthRequest) else asked.prompt
                )
                item.setSizeHint(QSize(0, _ROW_PX))
                self.addItem(item)
            numbers = self.numbers
            there = numbers.index(number) if number in numbers else max(0, row)
            self.setCurrentRow(min(there, len(numbers) - 1))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Want to show the first few."""
        return QSize(_WIDTH_PX, _ROW_PX * min(_MOST_ROWS, max(1, self.count())) + 6)

    def minimumSizeHint(self) -> QSize:
        """Get along with two."""
        return QSize(160, _ROW_PX * min(2, max(1, self.count())) + 6)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Sort and remove by keys."""
        alt = event.modifiers() == Qt.KeyboardModifier.AltModifier
        if alt and event.key() in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self.step_wanted.emit(-1 if event.key() == Qt.Key.Key_Up else 1)
        elif event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.remove_wanted.emit()
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()  # for the card
        else:
            super().keyPressEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Say where the dragged job was dropped; the rows follow when the queue has moved it."""
        event.setDropAction(Qt.DropAction.IgnoreAction)  # else Qt takes the row out afterwards
        event.accept()
        row = self.currentRow()
        if event.source() is not self or row < 0:
            return
        number, place = self.numbers[row], self.place_at(event.position().toPoint())
        if place > row:
            place -= 1  # places are counted without the one that moves
        QTimer.singleShot(0, self, lambda: self.moved.emit(number, place))

    def place_at(self, point: QPoint) -> int:
        """Return before which row a point lies, 0 to the number of rows."""
        for row in range(self.count()):
            if point.y() < self.visualItemRect(self.item(row)).center().y():
                return row
        return self.count()


def _tool(symbol: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(theme.symbol(symbol, QColor("#e6e6e8"), 16, button.devicePixelRatioF()))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
