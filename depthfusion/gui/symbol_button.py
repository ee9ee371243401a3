"""A flat button with one of the drawn symbols, in the colour of the palette it stands in."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QToolButton, QWidget

from depthfusion.gui import theme

_DONE_MS = 1400


class SymbolButton(QToolButton):
    """Drawn anew when the palette or the screen changes."""

    def __init__(
        self, symbol: str, name: str, parent: QWidget | None = None, *, size_px: int = 16
    ) -> None:
        """Make it.

        Args:
            symbol: of `resources/icons/symbols`.
            name: tooltip and accessible name.
            parent: Qt owner.
            size_px: logical size of the symbol; the button is 10 px larger.
        """
        super().__init__(parent)
        self._symbol, self._size_px = symbol, size_px
        self._back = QTimer(self, singleShot=True)
        self._back.timeout.connect(lambda: self._draw(self._symbol))
        self.setAutoRaise(True)
        self.setIconSize(QSize(size_px, size_px))
        self.setFixedSize(size_px + 10, size_px + 10)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(name)
        self.setAccessibleName(name)
        self._draw(symbol)

    def set_symbol(self, symbol: str, name: str) -> None:
        """Show another symbol, with another name."""
        self._symbol = symbol
        self.setToolTip(name)
        self.setAccessibleName(name)
        self._draw(symbol)

    def show_done(self) -> None:
        """Show a tick for a moment: what was asked for has happened."""
        self._draw("check")
        self._back.start(_DONE_MS)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "_symbol"):
            self._draw(self._symbol)

    def event(self, event: QEvent) -> bool:
        """Follow the screen's pixel ratio."""
        if event.type() is QEvent.Type.DevicePixelRatioChange:
            self._draw(self._symbol)
        return super().event(event)

    def _draw(self, symbol: str) -> None:
        color = self.palette().color(QPalette.ColorRole.ButtonText)
        self.setIcon(theme.symbol(symbol, color, self._size_px, self.devicePixelRatioF()))
