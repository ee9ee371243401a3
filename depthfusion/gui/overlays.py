"""What lies over the picture: a banner, a passing notice, an apology.

All are child widgets of the view, never painted by OpenGL, and keep their place when it is resized.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QColor, QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from depthfusion.gui import theme

MARGIN_PX = 16
_CARD = (
    "QFrame#card { background: rgba(22, 22, 25, 235); border: 1px solid rgba(255, 255, 255, 28);"
    " border-radius: 10px; } QLabel { color: #e6e6e8; background: transparent; }"
)
"""Dark in both appearances: it lies on a picture, not on the window."""
_BORDER_PX = 2
TOAST_S = 5.0


class Overlay(QFrame):
    """A card over the view. Subclasses fill it and say where it lies in `place`."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self.view = view
        self.setObjectName("card")
        self.setStyleSheet(_CARD)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        view.installEventFilter(self)
        self.hide()

    def place(self, width_px: int, height_px: int) -> None:
        """Set size and position within a view of the given size."""
        raise NotImplementedError

    def present(self) -> None:
        """Show it in its place, above everything else over the view."""
        self.place(self.view.width(), self.view.height())
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the place when the view is resized."""
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self.place(self.view.width(), self.view.height())
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keep clicks on the card from reaching the picture."""
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Keep double clicks on the card from reaching the picture."""
        event.accept()

    def _fit(self, widest_px: int) -> None:
        """Take the size that the content needs, wrapping text at `widest_px`."""
        layout = self.layout()
        assert layout is not None
        for child in self.findChildren(QWidget):
            child.ensurePolished()  # style sheets change the size of text
        layout.invalidate()
        width = min(layout.sizeHint().width() + 2 * _BORDER_PX, widest_px)
        height = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else 0
        self.resize(width, max(height, layout.minimumSize().height()) + 2 * _BORDER_PX)


class Banner(Overlay):
    """One line about something that went wrong, until it is dismissed."""

    dismissed = Signal()

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self.setAccessibleName(self.tr("Message"))
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(14, 9, 8, 9)
        row.setSpacing(10)
        sign = QLabel()
        sign.setPixmap(theme.symbol("warning", QColor(theme.ACCENT), 20).pixmap(20, 20))
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._close = close_button(self.tr("Dismiss this message"))
        self._close.clicked.connect(self.dismiss)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)

    @property
    def text(self) -> str:
        """The line that is shown."""
        return self._text.text()

    def tell(self, text: str) -> None:
        """Show a line; it replaces the one before."""
        self._text.setText(text)
        self._text.setAccessibleName(text)
        self.present()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def dismiss(self) -> None:
        """Put it away."""
        if self.isVisible():
            self.hide()
            self.dismissed.emit()

    def place(self, width_px: int, height_px: int) -> None:
        """Lie across the top."""
        width = min(760, width_px - 2 * MARGIN_PX)
        self.resize(width, self._row.totalHeightForWidth(width) + 2 * _BORDER_PX)
        self.move((width_px - width) // 2, MARGIN_PX)


class Toast(Overlay):
    """A passing notice with at most one thing to do; it goes by itself."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self.setAccessibleName(self.tr("Notice"))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 9, 16, 9)
        row.setSpacing(14)
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self.button = QPushButton()
        self.button.setFlat(True)
        self.button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.button.setStyleSheet(f"color: {theme.ACCENT}; border: none; font-weight: 600;")
        row.addWidget(self._text)
        row.addWidget(self.button)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.hide)

    @property
    def text(self) -> str:
        """The notice that is shown."""
        return self._text.text()

    def tell(self, text: str, button: str = "", seconds: float = TOAST_S) -> None:
        """Show a notice for some seconds, with a button when it has a text."""
        self._text.setText(text)
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self.present()
        self._timer.start(round(seconds * 1000))

    def place(self, width_px: int, height_px: int) -> None:
        """Lie at the bottom, in the middle."""
        self._fit(width_px - 2 * MARGIN_PX)
        self.move((width_px - self.width()) // 2, height_px - self.height() - 2 * MARGIN_PX)


class Sorry(QLabel):
    """Covers the view where OpenGL cannot be used, and says so."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self.view = view
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAutoFillBackground(True)
        self.setMargin(48)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        view.installEventFilter(self)
        self.hide()

    def tell(self, text: str) -> None:
        """Cover the view with a text."""
        self.setText(text)
        self.resize(self.view.size())
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Go on covering the view when it is resized."""
        if event.type() is QEvent.Type.Resize:
            self.resize(self.view.size())
        return False


def close_button(name: str) -> QToolButton:
    """Return a flat button with a cross; `name` tells what it puts away."""
    button = QToolButton()
    button.setIcon(theme.symbol("close", QColor("#c9c9cf"), 16))
    button.setAutoRaise(True)
    button.setToolTip(name)
    button.setAccessibleName(name)
    button.setStyleSheet("QToolButton { border: none; padding: 3px; }")
    return button
