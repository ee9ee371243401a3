"""Example prompts over an empty prompt, to be clicked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from depthfusion.gui.elided import ElidedButton

MOST_EXAMPLES = 3


class ExampleRow(QWidget):
    """A quiet row of chips."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: list[ElidedButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._label = QLabel(self.tr("Try"))
        self._row.addWidget(self._label)
        self._row.addStretch(1)
        self.setAccessibleName(self.tr("Example prompts"))
        self._recolor()

    @property
    def chips(self) -> Sequence[ElidedButton]:
        """The buttons, from left to right."""
        return tuple(self._chips)

    def set_examples(self, prompts: Sequence[str]) -> None:
        """Show up to three prompts."""
        for chip in self._chips:
            self._row.removeWidget(chip)
            chip.deleteLater()
        self._chips = [self._chip(prompt) for prompt in prompts[:MOST_EXAMPLES]]
        for place, chip in enumerate(self._chips, 1):
            self._row.insertWidget(place, chip)
        self._recolor()

    def _chip(self, prompt: str) -> ElidedButton:
        chip = ElidedButton(prompt)
        chip.setCursor(Qt.CursorShape.PointingHandCursor)
        chip.setToolTip(self.tr("Fill in this prompt: {0}").format(prompt))
        chip.clicked.connect(lambda: self.chosen.emit(prompt))
        return chip

    def _recolor(self) -> None:
        palette = self.palette()
        text = palette.color(QPalette.ColorRole.WindowText)
        accent = palette.color(QPalette.ColorRole.Highlight).name()
        line, over = QColor(text), QColor(text)
        line.setAlphaF(0.22)
        over.setAlphaF(0.08)
        style = (
            f"QPushButton {{ border: 1px solid {_rgba(line)}; border-radius: 11px;"
            f" padding: 4px 12px; background: transparent; color: {text.name()}; }}"
            f"QPushButton:hover {{ background: {_rgba(over)}; }}"
            f"QPushButton:focus {{ border-color: {accent}; }}"
        )
        for chip in self._chips:
            chip.setStyleSheet(style)
        dim = QPalette()
        color = palette.color(QPalette.ColorRole.PlaceholderText)
        dim.setColor(QPalette.ColorRole.WindowText, color)
        self._label.setPalette(dim)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._recolor()


def _rgba(color: QColor) -> str:
    return f"rgba({color.red()}, {color.green()}, {color.blue()}, {color.alphaF():.3f})"
