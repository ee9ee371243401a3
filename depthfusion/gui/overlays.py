"""What lies over the picture: a banner, a passing notice, an apology.

All are child widgets of the view, never painted by OpenGL, and keep their place when it is resized.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QColor, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
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
MOST_ACTIONS = 3
"""Buttons on a banner."""


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
        for toast in self.view.findChildren(Toast):
            if toast is not self and toast.isVisible():
                toast.present()  # it makes way

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


@dataclass(frozen=True)
class BannerAction:
    """A button on a banner: a way on."""

    text: str
    call: Callable[[], object]
    tip: str = ""
    stays: bool = False
    """Whether the message stays after a click, as after [Details]."""


@dataclass(frozen=True)
class _Message:
    text: str
    actions: tuple[BannerAction, ...] = ()


class Banner(Overlay):
    """One line about something that went wrong, with up to three ways on.

    A message without buttons gives way to the next one. A message with buttons waits for an answer:
    others with buttons wait behind it; one without, which most often tells why what was just tried
    did not work, lies over it until it is put away.
    """

    dismissed = Signal()
    """The last message is gone."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self._now = _Message("")
        self._waiting: deque[_Message] = deque()
        self.setAccessibleName(self.tr("Message"))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(14, 9, 8, 9)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)
        self._sign = QLabel()
        self._sign.setPixmap(
            theme.symbol("warning", QColor(theme.ACCENT), 20, view.devicePixelRatioF()).pixmap(20)
        )
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._more = QLabel()
        self._more.setStyleSheet("color: #9a9aa2;")
        self._row = QWidget()
        buttons = QHBoxLayout(self._row)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(6)
        self.buttons = [card_button(is_first=index == 0) for index in range(MOST_ACTIONS)]
        for index, button in enumerate(self.buttons):
            button.clicked.connect(lambda _=False, i=index: self._choose(i))
            buttons.addWidget(button)
        self._close = close_button(self.tr("Dismiss this message"))
        self._close.clicked.connect(self.dismiss)
        self._lay_out(is_narrow=False)

    def _lay_out(self, *, is_narrow: bool) -> None:
        """Put the buttons at the text's right, or below it."""
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(self._sign, 0, 0, top)
        self._grid.addWidget(self._text, 0, 1)
        if is_narrow:
            self._grid.addWidget(self._row, 1, 1, 1, 4, Qt.AlignmentFlag.AlignLeft)
        else:
            self._grid.addWidget(self._row, 0, 2, top)
        self._grid.addWidget(self._more, 0, 3, top)
        self._grid.addWidget(self._close, 0, 4, top)

    @property
    def text(self) -> str:
        """The line that is shown."""
        return self._text.text()

    @property
    def waiting(self) -> int:
        """How many messages come after this one."""
        return len(self._waiting)

    def tell(self, text: str, actions: Sequence[BannerAction] = ()) -> None:
        """Show a line, or let it wait where it wants an answer while another one does.

        Args:
            text: one line.
            actions: up to three buttons, the most helpful first.

        Raises:
            ValueError: if there are more.
        """
        if len(actions) > MOST_ACTIONS:
            raise ValueError(f"want at most {MOST_ACTIONS} buttons, got {len(actions)}")
        message = _Message(text, tuple(actions))
        if actions:  # the newest buttons count
            self._waiting = deque(m for m in self._waiting if m.text != text)
        if not (self.isVisible() and self._now.actions) or text == self._now.text:
            self._show_message(message)
        elif not actions:
            self._waiting.appendleft(self._now)
            self._show_message(message)
        else:
            self._waiting.append(message)
            self._tell_more()

    def _show_message(self, message: _Message) -> None:
        self._now = message
        self._text.setText(message.text)
        self._text.setAccessibleName(message.text)
        self._row.setVisible(bool(message.actions))
        for index, button in enumerate(self.buttons):
            action = message.actions[index] if index < len(message.actions) else None
            button.setVisible(action is not None)
            if action is not None:
                button.setText(action.text)
                button.setToolTip(action.tip or action.text)
        self._tell_more()
        self.present()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def _tell_more(self) -> None:
        self._more.setText(f"+{self.waiting}" if self.waiting else "")
        self._more.setToolTip(self.tr("{0} more messages").format(self.waiting))
        self._more.setAccessibleName(self._more.toolTip() if self.waiting else "")
        self._more.setVisible(bool(self.waiting))
        if self.isVisible():
            self.place(self.view.width(), self.view.height())

    def _choose(self, index: int) -> None:
        action = self._now.actions[index]
        if not action.stays:
            self.dismiss()
        action.call()

    def take_keyboard(self) -> None:
        """Give the keyboard to the first button, or to the cross."""
        if self.isVisible():
            first = self.buttons[0] if self._now.actions else self._close
            first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def dismiss(self) -> None:
        """Put the message away; the next one that waits is shown."""
        if not self.isVisible():
            return
        if self._waiting:
            self._show_message(self._waiting.popleft())
            return
        had_keyboard = self.isAncestorOf(QApplication.focusWidget() or self.view)
        self._now = _Message(self.text)
        self.hide()
        if had_keyboard:
            self.view.setFocus(Qt.FocusReason.PopupFocusReason)
        self.dismissed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Put the message away by Escape while one of its buttons has the keyboard."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def place(self, width_px: int, height_px: int) -> None:
        """Lie across the top; the buttons go below the text where that would be squeezed."""
        width = min(760, width_px - 2 * MARGIN_PX)
        room_px = width - 90 - (self._row.sizeHint().width() if self._now.actions else 0)
        for child in self.findChildren(QWidget):
            child.ensurePolished()  # style sheets change the size of text
        wanted_px = self._text.fontMetrics().horizontalAdvance(self.text)
        self._lay_out(is_narrow=bool(self._now.actions) and room_px < min(wanted_px, 340))
        self._grid.invalidate()
        self.resize(width, self._grid.totalHeightForWidth(width) + 2 * _BORDER_PX)
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
        """Lie at the bottom, in the middle; above a card that lies there."""
        self._fit(width_px - 2 * MARGIN_PX)
        self.move((width_px - self.width()) // 2, height_px - self.height() - 2 * MARGIN_PX)
        below = [
            card.y()
            for card in self.view.findChildren(Overlay)
            if card is not self and card.isVisible() and card.geometry().intersects(self.geometry())
        ]
        if below:
            self.move(self.x(), max(MARGIN_PX, min(below) - self.height() - MARGIN_PX // 2))


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


def card_button(*, is_first: bool) -> QPushButton:
    """Return a button for a dark card; the first one is the way on that helps most."""
    ground, color = (theme.ACCENT, "#1c1306") if is_first else ("rgba(255,255,255,26)", "#e6e6e8")
    button = QPushButton()
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    button.setStyleSheet(
        f"QPushButton {{ background: {ground}; color: {color}; border: 1px solid transparent;"
        " border-radius: 5px; padding: 3px 12px; font-weight: 600; }"
        "QPushButton:focus { border: 1px solid #ffffff; }"
        "QPushButton:disabled { background: rgba(255,255,255,14); color: #77777f; }"
        "QPushButton:pressed { padding-top: 4px; padding-bottom: 2px; }"
    )
    return button


def close_button(name: str) -> QToolButton:
    """Return a flat button with a cross; `name` tells what it puts away."""
    button = QToolButton()
    button.setIcon(theme.symbol("close", QColor("#c9c9cf"), 16))
    button.setAutoRaise(True)
    button.setToolTip(name)
    button.setAccessibleName(name)
    button.setStyleSheet("QToolButton { border: none; padding: 3px; }")
    return button
