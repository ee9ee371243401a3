"""Titled cards over the picture: the keys, and what is known of what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLayout, QVBoxLayout, QWidget

from depthfusion.gui import theme
from depthfusion.gui.overlays import MARGIN_PX, Overlay, close_button

if TYPE_CHECKING:
    from depthfusion.panorama import Panorama

KeyGroup = tuple[str, Sequence[tuple[str, str]]]
"""A title, and rows of (keys, what they do)."""


class Card(Overlay):
    """A titled card in the middle; Escape or a click on its cross puts it away."""

    closed = Signal()

    def __init__(self, view: QWidget, title: str) -> None:
        super().__init__(view)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(26, 20, 26, 24)
        column.setSpacing(14)
        head = QHBoxLayout()
        label = QLabel(title)
        label.setStyleSheet("font-size: 17px; font-weight: 600;")
        close = close_button(self.tr("Close"))
        close.clicked.connect(self.close_card)
        head.addWidget(label, 1)
        head.addWidget(close)
        column.addLayout(head)
        self.body = QVBoxLayout()
        self.body.setSpacing(10)
        column.addLayout(self.body)

    def open_card(self) -> None:
        """Show it and take the keyboard."""
        self.present()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_card(self) -> None:
        """Put it away and give the keyboard back to the view."""
        if self.isVisible():
            self.hide()
            self.view.setFocus(Qt.FocusReason.PopupFocusReason)
            self.closed.emit()

    def toggle(self) -> None:
        """Show it, or put it away."""
        if self.isVisible():
            self.close_card()
        else:
            self.open_card()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_card()
        else:
            super().keyPressEvent(event)

    def place(self, width_px: int, height_px: int) -> None:
        """Lie in the middle."""
        self._fit(width_px - 2 * MARGIN_PX)
        self.move((width_px - self.width()) // 2, max(0, (height_px - self.height()) // 2))


class KeyCard(Card):
    """All keys, in groups."""

    def __init__(self, view: QWidget, columns: Sequence[Sequence[KeyGroup]]) -> None:
        """Fill the card.

        Args:
            view: what it lies over.
            columns: each a list of groups (title, rows of (keys, what they do)).
        """
        super().__init__(view, view.tr("Keys and mouse"))
        row = QHBoxLayout()
        row.setSpacing(44)
        for groups in columns:
            row.addLayout(_key_column(groups))
        self.body.addLayout(row)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put it away."""
        event.accept()
        self.close_card()


def _key_column(groups: Sequence[KeyGroup]) -> QLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(18)
    grid.setVerticalSpacing(5)
    line = 0
    for title, rows in groups:
        label = QLabel(title.upper())
        label.setStyleSheet(f"color: {theme.ACCENT}; font-size: 11px; font-weight: 600;")
        if line:
            grid.setRowMinimumHeight(line, 10)
            line += 1
        grid.addWidget(label, line, 0, 1, 2)
        for keys, meaning in rows:
            line += 1
            key = QLabel(keys)
            key.setStyleSheet("color: #ffffff; font-weight: 500;")
            what = QLabel(meaning)
            what.setStyleSheet("color: #b9b9c0;")
            grid.addWidget(key, line, 0)
            grid.addWidget(what, line, 1)
        line += 1
    grid.setRowStretch(line, 1)
    return grid


class NotesCard(Card):
    """What is shown and everything that was assumed while reading it."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view, view.tr("About this picture"))
        self._lines: list[QLabel] = []

    def tell(self, panorama: Panorama, drawn_by: str) -> None:
        """Tell about a panorama; `drawn_by` is the graphics driver's name, or empty."""
        origin = panorama.provenance
        size = _file_and_size(origin.color_source, panorama.color.shape)
        facts = [self.tr("Picture: {0}").format(size)]
        if panorama.depth is not None:
            size = _file_and_size(origin.depth_source, panorama.depth.shape)
            facts.append(self.tr("Depth: {0}").format(size))
        if drawn_by:
            facts.append(self.tr("Drawn by: {0}").format(drawn_by))
        self.set_lines(facts, origin.notes)

    def set_lines(self, facts: Sequence[str], notes: Sequence[str]) -> None:
        """Set the dim facts and the notes, one line each."""
        for label in self._lines:
            self.body.removeWidget(label)
            label.deleteLater()
        self._lines = []
        for text in notes or [self.tr("Nothing had to be assumed.")]:
            self._add("•  " + text if notes else text, "")
        for text in facts:
            self._add(text, "color: #9a9aa2;")
        if self.isVisible():
            self.present()

    def _add(self, text: str, style: str) -> None:
        label = QLabel(text)
        label.setWordWrap(True)
        label.setMinimumWidth(420)
        label.setStyleSheet(style)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.body.addWidget(label)
        self._lines.append(label)

    def place(self, width_px: int, height_px: int) -> None:
        """Lie at the bottom left, above the line it belongs to."""
        self._fit(min(560, width_px - 2 * MARGIN_PX))
        self.move(MARGIN_PX, max(0, height_px - self.height() - MARGIN_PX))


def _file_and_size(path: str | None, shape: tuple[int, ...]) -> str:
    size = f"{shape[1]} × {shape[0]}"
    return f"{Path(path).name}, {size}" if path else size
