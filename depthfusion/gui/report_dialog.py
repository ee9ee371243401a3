"""Shows a crash report of an earlier run, to be copied; nothing is sent by itself."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from depthfusion.gui.crash import Report


class ReportDialog(QDialog):
    """One report. Closing it means that it was seen; the file stays."""

    def __init__(self, report: Report, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Crash report"))
        self.setMinimumSize(420, 240)
        self.resize(680, 400)
        self._text = QPlainTextEdit(report.text)
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._text.setAccessibleName(self.tr("Crash report"))
        seen = report.dismiss()
        where = QLabel(self.tr("It stays on this machine, as {0}").format(seen.name))
        where.setForegroundRole(where.palette().ColorRole.PlaceholderText)
        where.setToolTip(str(seen))
        copy = QPushButton(self.tr("Copy"))
        copy.setToolTip(self.tr("Copy the report, for whoever is to read it"))
        copy.clicked.connect(self.copy_text)
        close = QPushButton(self.tr("Close"))
        close.setToolTip(self.tr("Close (Esc)"))
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addWidget(where, 1)
        row.addWidget(copy)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 12)
        column.setSpacing(10)
        column.addWidget(self._text, 1)
        column.addLayout(row)

    def copy_text(self) -> None:
        """Put the report on the clipboard."""
        QGuiApplication.clipboard().setText(self._text.toPlainText())
