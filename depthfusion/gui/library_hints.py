"""What the library says where no worlds can be shown, above them, and below them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QDropEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from depthfusion.gui import theme
from depthfusion.gui.elided import ElidedLabel
from depthfusion.gui.symbol_button import SymbolButton

_SIGN_PX = 40
_LINE_PX = 3


class Hint(QWidget):
    """In place of an empty list: a sign, a sentence, a dim one, and at most one way on."""

    wanted = Signal()
    """The button was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._symbol = "picture"
        self._sign = QLabel()
        self._title, self._more = _words(), _words()
        self._more.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.button = QPushButton()
        self.button.clicked.connect(self.wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 12, 20, 24)
        column.setSpacing(8)
        column.addStretch(2)
        column.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._title)
        column.addWidget(self._more)
        column.addSpacing(4)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    @property
    def text(self) -> str:
        """The sentence that is shown."""
        return self._title.text()

    def tell(self, symbol: str, title: str, more: str = "", button: str = "") -> None:
        """Say something; an empty text takes no room."""
        self._symbol = symbol
        self._title.setText(title)
        self._more.setText(more)
        self._more.setVisible(bool(more))
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "button"):
            self._draw()

    def _draw(self) -> None:
        color = self.palette().color(QPalette.ColorRole.PlaceholderText)
        ratio = self.devicePixelRatioF()
        size = QSize(_SIGN_PX, _SIGN_PX)
        self._sign.setPixmap(theme.symbol(self._symbol, color, _SIGN_PX, ratio).pixmap(size, ratio))


class Missing(QFrame):
    """One line above the worlds: the library cannot be read now."""

    retry_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign = QLabel()
        self._text = _words()
        self._text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.button = QPushButton(self.tr("Try again"))
        self.button.setToolTip(self.tr("Look for the library's folder once more"))
        self.button.clicked.connect(self.retry_wanted)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._text, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(8)
        column.addLayout(line)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    @property
    def text(self) -> str:
        """The line that is shown."""
        return self._text.text()

    def tell(self, text: str, tip: str) -> None:
        """Show a line, its details as tooltip; "" puts it away."""
        self._text.setText(text)
        self.setToolTip(tip)
        self._text.setAccessibleName(tip)
        ratio, size = self.devicePixelRatioF(), QSize(20, 20)
        color = self.palette().color(QPalette.ColorRole.Accent)
        self._sign.setPixmap(theme.symbol("warning", color, 20, ratio).pixmap(size, ratio))
        self.setVisible(bool(text))


class Foot(QWidget):
    """The line below the worlds: how many there are, and what is being done."""

    cancel_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = _Line()
        self._text = ElidedLabel()
        self._text.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.cancel = SymbolButton("close", self.tr("Stop importing"), self, size_px=14)
        self.cancel.clicked.connect(self.cancel_wanted)
        row = QHBoxLayout()
        row.setContentsMargins(9, 2, 6, 4)
        row.addWidget(self._text, 1)
        row.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._line)
        column.addLayout(row)
        self.cancel.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        keeps = self.cancel.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)  # the list above must not jump
        self.cancel.setSizePolicy(keeps)
        self.tell("")

    @property
    def text(self) -> str:
        """The line that is shown."""
        return self._text.whole

    def tell(self, text: str, done: int = 0, total: int = 0, *, can_stop: bool = False) -> None:
        """Show a line; with a total, how much of it is done."""
        self._text.set_text(text)
        self._line.set_part(done / total if total else 0.0)
        self.cancel.setVisible(can_stop)


class _Line(QWidget):
    """A thin line that fills up."""

    def __init__(self) -> None:
        super().__init__()
        self._part = 0.0
        self.setFixedHeight(_LINE_PX)

    def set_part(self, part: float) -> None:
        """Fill a part of it, 0 to 1."""
        if part != self._part:
            self._part = part
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a hairline, and what is done."""
        painter = QPainter(self)
        faint = QColor(self.palette().color(QPalette.ColorRole.Text))
        faint.setAlpha(26)
        painter.fillRect(QRectF(0, 0, self.width(), 1), faint)
        if self._part > 0:
            accent = self.palette().color(QPalette.ColorRole.Accent)
            painter.fillRect(QRectF(0, 0, self.width() * self._part, _LINE_PX), accent)
        painter.end()


class DropFrame(QWidget):
    """Lies over the panel while files are dragged over it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_over(self, panel: QWidget) -> None:
        """Cover the panel."""
        self.setGeometry(panel.rect())
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Say what dropping does."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(self.palette().color(QPalette.ColorRole.Window))
        ground.setAlpha(235)
        painter.fillRect(self.rect(), ground)
        accent = self.palette().color(QPalette.ColorRole.Accent)
        painter.setPen(QPen(accent, 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(self.rect().adjusted(8, 8, -8, -8), 10, 10)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        wrap = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignCenter
        painter.drawText(
            self.rect().adjusted(24, 24, -24, -24),
            int(wrap),
            self.tr("Drop to keep in the library"),
        )
        painter.end()


def paths_from(event: QDropEvent) -> list[str]:
    """Return the local files and folders that are dragged."""
    return [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]


def _words() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label
