"""The field for the prompt: it grows with its text, remembers, and can always be undone."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextCursor, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

MOST_LINES = 4
MOST_REMEMBERED = 200
_ROOM_PX = 5
"""Above and below the text."""


class PromptEdit(QPlainTextEdit):
    """One to four lines of text. Enter hands it in, Shift+Enter begins a new line."""

    entered = Signal()
    """Enter or Ctrl+Enter was pressed."""
    history_changed = Signal(list)
    """The prompts used so far, the newest first: something was added."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history: list[str] = []
        self._place = -1
        """In the history; -1: what the person writes."""
        self._draft = ""
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.document().setDocumentMargin(_ROOM_PX)
        self.setPlaceholderText(self.tr("Describe a world…"))
        self.setAccessibleName(self.tr("Prompt"))
        self.setToolTip(
            self.tr(
                "What the world should be: place, time of day, weather, mood.\n"
                "Enter generates, Shift+Enter begins a new line, Alt+Up brings earlier prompts"
            )
        )
        self.textChanged.connect(self._follow_text)
        self._grow()

    @property
    def text(self) -> str:
        """The whole text."""
        return self.toPlainText()

    def set_text(self, text: str) -> None:
        """Replace the text in one step that Ctrl+Z takes back."""
        if text == self.text:
            return
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        self.moveCursor(QTextCursor.MoveOperation.End)

    # Earlier prompts ----------------------------------------------------------------------------

    @property
    def history(self) -> Sequence[str]:
        """Prompts used so far, the newest first."""
        return tuple(self._history)

    def set_history(self, prompts: Sequence[str]) -> None:
        """Set what Alt+Up brings, the newest first."""
        self._history = list(dict.fromkeys(p for p in prompts if p.strip()))[:MOST_REMEMBERED]
        self._place = -1

    def remember(self) -> None:
        """Put the present text first in the history."""
        text = self.text.strip()
        if text and self._history[:1] != [text]:
            self.set_history([text, *self._history])
            self.history_changed.emit(list(self._history))
        self._place = -1

    def recall(self, step: int) -> None:
        """Show an earlier prompt (1) or a later one (-1); before the first, what was written."""
        if self._place >= 0 and self.text != self._history[self._place]:
            self._place = -1  # it was changed: now it is what the person writes
        place = self._place + step
        if self._place < 0:
            self._draft = self.text
            if step > 0 and self._history[:1] == [self._draft.strip()]:
                place += 1  # what is there already would look like a key that does nothing
        if not -1 <= place < len(self._history):
            return
        self._place = place
        self.set_text(self._draft if place < 0 else self._history[place])

    # How it behaves -----------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Hand in, break the line, or go through earlier prompts."""
        key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        alt = modifiers == Qt.KeyboardModifier.AltModifier
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            if modifiers == Qt.KeyboardModifier.ShiftModifier:
                self.insertPlainText("\n")
                self.ensureCursorVisible()
            else:
                self.entered.emit()
        elif alt and key in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self.recall(1 if key == Qt.Key.Key_Up else -1)
        elif key == Qt.Key.Key_Escape:
            event.ignore()  # the window knows what is to be left
        else:
            super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Leave dropped files to the window."""
        return not source.hasUrls() and super().canInsertFromMimeData(source)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take as many lines as the text has at the new width."""
        super().resizeEvent(event)
        self._grow()

    def sizeHint(self) -> QSize:
        """Want the width of a sentence and the height of the text."""
        return QSize(36 * self.fontMetrics().averageCharWidth(), self._height_px(self._lines()))

    def minimumSizeHint(self) -> QSize:
        """Get along with a few words."""
        return QSize(14 * self.fontMetrics().averageCharWidth(), self._height_px(1))

    def _follow_text(self) -> None:
        self._grow()

    def _lines(self) -> int:
        return max(1, min(MOST_LINES, round(self.document().size().height())))

    def _height_px(self, lines: int) -> int:
        frame = 2 * (self.frameWidth() + _ROOM_PX)
        return lines * self.fontMetrics().lineSpacing() + frame

    def _grow(self) -> None:
        tall = self.document().size().height() > MOST_LINES
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAsNeeded if tall else policy.ScrollBarAlwaysOff
        )
        height_px = self._height_px(self._lines())
        if height_px != self.height() or self.minimumHeight() != height_px:
            self.setFixedHeight(height_px)
            self.updateGeometry()
