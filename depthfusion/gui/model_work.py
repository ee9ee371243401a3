"""The lower part of the models window: how far the work is, and what became of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from depthfusion.generator.amounts import duration, size, size_of
from depthfusion.gui.darkened import warning_color
from depthfusion.gui.model_download import Task, Transfer

_STEPS = 1000


class WorkRow(QWidget):
    """What is being done now, how far it is, and a button that stops it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._title = ""
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._bar.setAccessibleName(self.tr("Progress"))
        self.cancel = plain_button(self.tr("Cancel"), self.tr("Stop; what arrived is kept"))
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(self._text)
        column.addWidget(self._bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addLayout(column, 1)
        row.addWidget(self.cancel)
        self.hide()

    @property
    def text(self) -> str:
        """What is told."""
        return self._text.text()

    def begin(self, task: Task, model: str) -> None:
        """Tell what is begun with."""
        tr = self.tr
        titles = {
            Task.DOWNLOAD: tr("Downloading {0}"),
            Task.VERIFY: tr("Checking {0}"),
            Task.ADD: tr("Reading {0}"),
            Task.REMOVE: tr("Removing {0}"),
        }
        self._title = titles[task].format(model)
        self._text.setText(f"{self._title}…")
        self._bar.setRange(0, 0)
        self.cancel.setVisible(task is not Task.REMOVE)
        self.show()

    def show_transfer(self, transfer: Transfer) -> None:
        """Tell how far it is."""
        self._bar.setRange(0, _STEPS)
        self._bar.setValue(round(_STEPS * transfer.share))
        self._text.setText(f"{self._title}: {self._said(transfer)}")
        self._bar.setAccessibleDescription(self._text.text())

    def _said(self, transfer: Transfer) -> str:
        tr = self.tr
        done = size_of(transfer.done_bytes, transfer.total_bytes)
        if transfer.doing == "wait":
            return tr("{0}, waiting to try again ({1})").format(done, transfer.note)
        if transfer.doing == "check":
            return tr("{0} checked").format(done)
        parts = [done]
        if transfer.bytes_per_s is not None:
            parts.append(tr("{0}/s").format(size(round(transfer.bytes_per_s))))
        if transfer.remaining_s is not None:
            parts.append(tr("{0} left").format(duration(transfer.remaining_s)))
        return ", ".join(parts)


class MessageRow(QWidget):
    """One line about what became of the last task, with at most one way on."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.again = plain_button("", "")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._text, 1)
        row.addWidget(self.again)
        self.hide()

    @property
    def text(self) -> str:
        """The line."""
        return self._text.text()

    def tell(self, text: str, button: str = "", *, is_bad: bool = False) -> None:
        """Show a line; an empty one hides it."""
        self._text.setText(text)
        self._text.setAccessibleName(text)
        palette = self.palette()
        if is_bad:
            palette.setColor(QPalette.ColorRole.WindowText, warning_color(palette))
        self._text.setPalette(palette)
        self.again.setText(button)
        self.again.setToolTip(button)
        self.again.setVisible(bool(button))
        self.setVisible(bool(text))


def plain_button(text: str, tip: str) -> QPushButton:
    """Return a button that Enter does not press by itself."""
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    return button
