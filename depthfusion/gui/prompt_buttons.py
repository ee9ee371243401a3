"""The two buttons of the prompt bar that are drawn in a way of their own."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QPushButton, QToolButton

from depthfusion.gui import theme


class Gear(QToolButton):
    """Opens the card; a dot tells that something on it was changed."""

    def __init__(self) -> None:
        super().__init__()
        self._marked = False
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setIconSize(QSize(20, 20))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("How worlds are made"))
        self.set_marked(False)
        self._recolor()

    @property
    def marked(self) -> bool:
        """Whether the dot is shown."""
        return self._marked

    def set_marked(self, marked: bool) -> None:
        """Show or hide the dot."""
        self._marked = marked
        tip = self.tr("Model, size, steps and more")
        told = self.tr("Something here was changed") if marked else ""
        self.setToolTip(f"{tip}\n{told}".strip())
        self.setAccessibleDescription(told)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dot over the gear."""
        super().paintEvent(event)
        if not self._marked:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Highlight))
        painter.drawEllipse(QRectF(self.width() - 10, 3, 7, 7))
        painter.end()

    def _recolor(self) -> None:
        color = self.palette().color(QPalette.ColorRole.WindowText)
        self.setIcon(theme.symbol("gear", color, 20, self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._recolor()


class Primary(QPushButton):
    """The one button in the accent's colour; wide enough for all that it ever says."""

    def __init__(self) -> None:
        super().__init__()
        font = self.font()
        font.setBold(True)
        self.setFont(font)
        self.recolor(self.palette())

    def sizeHint(self) -> QSize:
        """Want room for the longest of its texts."""
        hint = super().sizeHint()
        texts = (self.tr("Generate"), self.tr("Add to queue"))
        width = max(self.fontMetrics().horizontalAdvance(text) for text in texts)
        return QSize(width + 36, hint.height())

    def minimumSizeHint(self) -> QSize:
        """Do not shorten them."""
        return self.sizeHint()

    def recolor(self, palette: QPalette) -> None:
        """Take the colours of a palette; Qt tells a widget with a style sheet of none."""
        roles = QPalette.ColorRole
        accent, off = palette.color(roles.Highlight), palette.color(roles.Button)
        on_accent = palette.color(roles.HighlightedText).name()
        text_off = palette.color(QPalette.ColorGroup.Disabled, roles.ButtonText).name()
        style = (
            f"QPushButton {{ background: {accent.name()}; color: {on_accent};"
            " border: 1px solid transparent; border-radius: 3px; padding: 0 16px; }"
            f"QPushButton:hover {{ background: {accent.lighter(108).name()}; }}"
            f"QPushButton:pressed {{ background: {accent.darker(112).name()}; }}"
            f"QPushButton:focus {{ border-color: {palette.color(roles.WindowText).name()}; }}"
            f"QPushButton:disabled {{ background: {off.name()}; color: {text_off}; }}"
        )
        if style != self.styleSheet():
            self.setStyleSheet(style)
