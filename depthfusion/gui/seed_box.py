"""The seed: a number to read and to type, a dice for another one, a lock to keep it."""

from __future__ import annotations

import secrets

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QToolTip, QWidget

from depthfusion.gui import theme
from depthfusion.gui.darkened import warning_color
from depthfusion.gui.prompt_form import MAX_SEED

DRAWN_BITS = 32
"""Of random seeds: ten digits can be read and told; all 63 bits can be typed."""
_DIGITS_SHOWN = 11


class SeedBox(QWidget):
    """Shows the seed. A typed one is locked at once: whoever types it wants it."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fresh = False
        """Whether the seed was drawn for the next world and has not been used."""
        self._field = QLineEdit()
        self._field.setPlaceholderText(self.tr("Seed"))
        self._field.setAccessibleName(self.tr("Seed"))
        self._field.textEdited.connect(self._edited)
        self._field.textChanged.connect(self._judge)
        self._dice = self._button("dice", self.tr("Draw another seed"))
        self._dice.clicked.connect(self.draw)
        self._lock = self._button("unlock", self.tr("Keep this seed"))
        self._lock.setCheckable(True)
        self._lock.toggled.connect(self._lock_toggled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self._field)
        row.addWidget(self._dice)
        row.addWidget(self._lock)
        self.setFocusProxy(self._field)
        self._judge()
        self._recolor()

    @staticmethod
    def _button(name: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("symbol", name)
        button.setAutoRaise(True)
        button.setIconSize(QSize(18, 18))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        return button

    def set_height(self, height_px: int) -> None:
        """Be as high as what stands beside it."""
        self._field.setFixedHeight(height_px)
        for button in (self._dice, self._lock):
            button.setFixedSize(min(height_px, 28), height_px)

    # The value ----------------------------------------------------------------------------------

    @property
    def seed(self) -> int | None:
        """The seed that is shown; None where there is none or no possible one."""
        text = self._field.text().strip()
        value = int(text) if text.isascii() and text.isdecimal() else None
        return value if value is not None and value <= MAX_SEED else None

    @property
    def locked(self) -> bool:
        """Whether it is kept from one world to the next."""
        return self._lock.isChecked()

    @property
    def error(self) -> str:
        """What is wrong with what was typed, in a line; empty when nothing is."""
        text = self._field.text().strip()
        if not text or self.seed is not None:
            return ""
        line = self.tr("want a seed from 0 to {0}, got {1}: type another or roll the dice")
        return line.format(MAX_SEED, text if len(text) <= 30 else text[:29] + "…")

    def set_seed(self, seed: int | None, locked: bool | None = None) -> None:
        """Show a seed; None shows none. `locked` None leaves the lock as it is."""
        self._fresh = False
        if locked is not None:
            self._lock.setChecked(locked)
        text = "" if seed is None else str(seed)
        if text != self._field.text():
            self._field.setText(text)
            self._field.setCursorPosition(0)
            self.changed.emit()

    def show_used(self, seed: int) -> None:
        """Show the seed of the last world, unless one is locked, drawn or being typed."""
        if not self.locked and not self._fresh and not self.error:
            self.set_seed(seed)

    def draw(self) -> None:
        """Show a random seed, which the next world gets, and hand it to the lock if that is on."""
        self.set_seed(secrets.randbits(DRAWN_BITS))
        self._fresh = True

    def take(self) -> int:
        """Return the seed for the next world: a locked or just drawn one, else a new random one."""
        if self.seed is None or not (self.locked or self._fresh):
            self.draw()
        self._fresh = False
        seed = self.seed
        assert seed is not None
        return seed

    # How it behaves -----------------------------------------------------------------------------

    def _edited(self, text: str) -> None:
        self._fresh = False
        if text.strip():
            self._lock.setChecked(True)
        self.changed.emit()
        if self.error:
            below = self._field.mapToGlobal(QPoint(0, -2 * self._field.height()))
            QToolTip.showText(below, self.error, self._field)
        else:
            QToolTip.hideText()

    def _lock_toggled(self, locked: bool) -> None:
        tip = self.tr("Take a new seed each time") if locked else self.tr("Keep this seed")
        self._lock.setProperty("symbol", "lock" if locked else "unlock")
        self._lock.setToolTip(tip)
        self._recolor()
        self.changed.emit()

    def _judge(self) -> None:
        error = self.error
        tip = self.tr("Same seed and settings, same world. A seed that you type is kept")
        self._field.setToolTip(error or tip)
        self._field.setAccessibleDescription(error)
        palette = QPalette()
        if error:
            palette.setColor(QPalette.ColorRole.Text, warning_color(self.palette()))
        self._field.setPalette(palette)
        digits = max(_DIGITS_SHOWN, min(len(str(MAX_SEED)), len(self._field.text())))
        width_px = self._field.fontMetrics().horizontalAdvance("0" * digits)
        self._field.setFixedWidth(width_px + 14)

    def _recolor(self) -> None:
        strong = self.palette().color(QPalette.ColorRole.WindowText)
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        for button in (self._dice, self._lock):
            color: QColor = accent if button.isChecked() else strong
            name = str(button.property("symbol"))
            button.setIcon(theme.symbol(name, color, 18, self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._recolor()
            self._judge()
