"""Shows a crash report of an earlier run, to be copied; nothing is sent by itself."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget

from depthfusion.gui.crash import Report
from depthfusion.gui.text_dialog import TextDialog


class ReportDialog(TextDialog):
    """One report. Closing it means that it was seen; the file stays."""

    def __init__(self, report: Report, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Crash report"))
        self.resize(680, 400)
        self._text.setAccessibleName(self.tr("Crash report"))
        self._text.setPlainText(report.text)
        seen = report.dismiss()
        copy = QPushButton(self.tr("Copy"))
        copy.setToolTip(self.tr("Copy the report, for whoever is to read it"))
        copy.clicked.connect(self.copy_text)
        self.lay_out(self.tr("It stays on this machine, as {0}").format(seen.name), [copy])
        self._note.setToolTip(str(seen))

    def copy_text(self) -> None:
        """Put the report on the clipboard."""
        QGuiApplication.clipboard().setText(self.text)
