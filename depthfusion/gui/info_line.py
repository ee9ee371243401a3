"""The discreet line under the view: what was assumed, the frame rate, a few symbols to click."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QToolButton, QWidget

from depthfusion.gui import theme

HEIGHT_PX = 34


class InfoLine(QWidget):
    """One line of dim text and flat buttons."""

    notes_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = ""
        self._symbols: list[tuple[QToolButton, str]] = []
        self.setFixedHeight(HEIGHT_PX)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 0, 8, 0)
        self._row.setSpacing(2)
        self._notes = QToolButton()
        self._notes.setAutoRaise(True)
        self._notes.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._notes.setToolTip(self.tr("Show all that is known and was assumed about this picture"))
        self._notes.setAccessibleName(self.tr("About this picture"))
        self._notes.clicked.connect(self.notes_wanted)
        self._rate = QLabel()
        self._rate.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._rate.setMinimumWidth(64)
        self._rate.setContentsMargins(0, 0, 10, 0)
        self._rate.setAccessibleName(self.tr("Frame rate"))
        self._rate.setToolTip(self.tr("Frames a second on the screen, while something moves"))
        self._row.addWidget(self._notes)
        self._row.addStretch(1)
        self._row.addWidget(self._rate)
        self._recolor()

    @property
    def text(self) -> str:
        """The whole line, also where it is too long to be shown."""
        return self._text

    def set_text(self, text: str) -> None:
        """Set what is told at the left."""
        self._text = text
        self._notes.setAccessibleDescription(text)
        self._elide()

    def set_rate(self, frames_per_s: float) -> None:
        """Set the frame rate; what rounds to 0, as while much is still being loaded, clears it."""
        rate = round(frames_per_s)
        text = self.tr("{0} fps").format(rate) if rate else ""
        self._rate.setText(text)

    def add_button(self, action: QAction, symbol: str, *, leading: bool = False) -> None:
        """Add a flat button with a drawn symbol for an action; `leading`: at the left."""
        button = QToolButton()
        button.setAutoRaise(True)
        button.setIconSize(QSize(18, 18))
        button.setFixedSize(30, 28)
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setAccessibleName(action.text().replace("&", ""))
        self._symbols.append((button, symbol))
        if leading:
            self._row.insertWidget(0, button)
        else:
            self._row.addWidget(button)
        self._recolor()

    def _recolor(self) -> None:
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            return
        dim, scale = theme.dim_color(app), self.devicePixelRatioF()
        for label in (self._notes, self._rate):
            palette = label.palette()
            for role in (label.foregroundRole(), palette.ColorRole.ButtonText):
                palette.setColor(role, dim)
            label.setPalette(palette)
        self._notes.setIcon(theme.symbol("info", dim, 16, scale))
        for button, symbol in self._symbols:
            button.defaultAction().setIcon(theme.symbol(symbol, self._strong(), 18, scale))
            button.defaultAction().setIconVisibleInMenu(False)

    def _strong(self) -> QColor:
        return self.palette().color(self.foregroundRole())

    def _elide(self) -> None:
        room_px = max(80, self.width() - 110 - 32 * len(self._symbols) - 40)
        metrics = QFontMetrics(self._notes.font())
        self._notes.setText(metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, room_px))
        self._notes.setVisible(bool(self._text))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much of the text as there is room for."""
        super().resizeEvent(event)
        self._elide()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._recolor()
