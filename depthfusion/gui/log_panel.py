"""Help > Log: the last lines of this run, what to copy into a report, and the folder of the log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QGuiApplication,
    QShowEvent,
    QTextCursor,
)
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QWidget

from depthfusion.gui.log_file import log_path
from depthfusion.gui.run_log import MOST_LINES, LogRing, details
from depthfusion.gui.text_dialog import TextDialog

_READ_EVERY_MS = 200
_DONE_MS = 1600


class LogPanel(TextDialog):
    """Follows a ring of lines while it is open. Not modal."""

    failed = Signal(str)
    """One line: the folder could not be shown."""
    _line_came = Signal()

    def __init__(
        self,
        ring: LogRing,
        drawn_by: Callable[[], str] = str,
        parent: QWidget | None = None,
        folder: Path | None = None,
    ) -> None:
        """Make it.

        Args:
            ring: the lines.
            drawn_by: asked for the graphics driver's name when details are copied.
            parent: the window it belongs to.
            folder: where the log's files are; None: the usual place.
        """
        super().__init__(parent)
        self._ring, self._drawn_by = ring, drawn_by
        self._folder = folder or log_path().parent
        self._count = 0
        self.setWindowTitle(self.tr("Log"))
        self.resize(760, 420)
        self._text.setMaximumBlockCount(4 * MOST_LINES)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self._text.setPlaceholderText(self.tr("Nothing has been logged in this run."))
        self._text.setAccessibleName(self.tr("Log of this run"))
        self._text.setToolTip(self.tr("The last lines of this run, the newest at the end"))
        self.copy_button = QPushButton(self.tr("Copy details"))
        self.copy_button.setToolTip(
            self.tr("Versions, platform, graphics driver and the last lines, for a report")
        )
        self.open_button = QPushButton(self.tr("Open log folder"))
        self.open_button.setToolTip(str(self._folder))
        self.lay_out(
            self.tr("Older runs are in files in the log folder."),
            [self.copy_button, self.open_button],
        )
        self._copied = QTimer(self, singleShot=True, interval=_DONE_MS)
        self._copied.timeout.connect(lambda: self.copy_button.setText(self.tr("Copy details")))
        self._reading = QTimer(self, singleShot=True, interval=_READ_EVERY_MS)
        self._reading.timeout.connect(self.read)
        self._line_came.connect(self._read_soon, Qt.ConnectionType.QueuedConnection)
        self.copy_button.clicked.connect(self.copy_details)
        self.open_button.clicked.connect(self.open_folder)

    def read(self) -> None:
        """Add what has come since; stay at the end unless the person has scrolled up."""
        lines, self._count = self._ring.since(self._count)
        if not lines:
            return
        bar = self._text.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 1
        self._text.appendPlainText("\n".join(lines))
        if at_end:
            self._text.moveCursor(QTextCursor.MoveOperation.End)
            self._text.moveCursor(QTextCursor.MoveOperation.StartOfLine)

    def _read_soon(self) -> None:
        if not self._reading.isActive():
            self._reading.start()

    def copy_details(self) -> None:
        """Put versions and last lines on the clipboard."""
        lines, _ = self._ring.since(0)
        QGuiApplication.clipboard().setText(details(self._drawn_by(), lines))
        self.copy_button.setText(self.tr("Copied"))
        self._copied.start()

    def open_folder(self) -> None:
        """Show the folder of the log's files."""
        if not self._folder.is_dir():
            self.failed.emit(
                self.tr("want the log folder {0}, it is not there yet").format(self._folder)
            )
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder))):
            self.failed.emit(
                self.tr("no file browser could be started for {0}").format(self._folder)
            )

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to follow."""
        super().showEvent(event)
        self._ring.on_line = self._line_came.emit
        self.read()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Follow no more."""
        self._ring.on_line = None
        super().closeEvent(event)

    def done(self, code: int) -> None:
        """Follow no more; Escape comes this way."""
        self._ring.on_line = None
        super().done(code)
