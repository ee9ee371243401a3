"""Number fields that may be left empty: then the model's own value is used, and shown as a hint."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox, QWidget


class OwnWhole(QSpinBox):
    """A whole number, or nothing."""

    edited = Signal()
    """The value is another."""

    def __init__(self, low: int, high: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._own: int | None = None
        self.setRange(low - 1, high)  # one below the lowest stands for nothing
        self.setValue(low - 1)
        self.setKeyboardTracking(True)
        self.valueChanged.connect(self.edited)

    @property
    def number(self) -> int | None:
        """The value; None while it is empty."""
        return None if self.value() == self.minimum() else self.value()

    @number.setter
    def number(self, number: int | None) -> None:
        self.setValue(self.minimum() if number is None else number)

    def set_own(self, own: int | None, hint: str) -> None:
        """Set what the model uses, and the words for it."""
        self._own = own
        self.lineEdit().setPlaceholderText(hint)
        self.setAccessibleDescription(hint)

    def stepBy(self, steps: int) -> None:
        """Step from the model's own value where there is none yet."""
        if self.number is None and self._own is not None:
            self.setValue(max(self.minimum() + 1, self._own + steps * self.singleStep()))
        else:
            super().stepBy(steps)

    def textFromValue(self, value: int) -> str:
        """Show nothing for nothing."""
        return "" if value == self.minimum() else str(value)

    def valueFromText(self, text: str) -> int:
        """Read nothing as nothing."""
        return int(text) if text.strip().isdecimal() else self.minimum()

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        """Let the field be emptied."""
        return (
            (QValidator.State.Acceptable, text, place)
            if not text.strip()
            else _whole(text, place, self.minimum() + 1, self.maximum())
        )


class OwnReal(QDoubleSpinBox):
    """A number with one decimal, or nothing."""

    edited = Signal()
    """The value is another."""

    def __init__(self, low: float, high: float, step: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._own: float | None = None
        self.setDecimals(2)
        self.setSingleStep(step)
        self.setRange(low - step, high)
        self.setValue(low - step)
        self.valueChanged.connect(self.edited)

    @property
    def number(self) -> float | None:
        """The value; None while it is empty."""
        return None if self._is_nothing(self.value()) else self.value()

    @number.setter
    def number(self, number: float | None) -> None:
        self.setValue(self.minimum() if number is None else number)

    def set_own(self, own: float | None, hint: str) -> None:
        """Set what the model uses, and the words for it."""
        self._own = own
        self.lineEdit().setPlaceholderText(hint)
        self.setAccessibleDescription(hint)

    def stepBy(self, steps: int) -> None:
        """Step from the model's own value where there is none yet."""
        if self.number is None and self._own is not None:
            lowest = self.minimum() + self.singleStep()
            self.setValue(max(lowest, self._own + steps * self.singleStep()))
        else:
            super().stepBy(steps)

    def textFromValue(self, value: float) -> str:
        """Show nothing for nothing, and no zeros at the end."""
        if self._is_nothing(value):
            return ""
        return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", self.locale().decimalPoint())

    def valueFromText(self, text: str) -> float:
        """Read nothing as nothing; both signs of a decimal are understood."""
        number = _real(text)
        return self.minimum() if number is None else number

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        """Let the field be emptied."""
        if not text.strip() or text.strip() in {".", ","}:
            state = (
                QValidator.State.Acceptable if not text.strip() else QValidator.State.Intermediate
            )
            return state, text, place
        number = _real(text)
        lowest = self.minimum() + self.singleStep()
        good = number is not None and lowest <= number <= self.maximum()
        return (QValidator.State.Acceptable if good else QValidator.State.Invalid), text, place

    def _is_nothing(self, value: float) -> bool:
        return value < self.minimum() + self.singleStep() / 2


def _whole(text: str, place: int, low: int, high: int) -> tuple[QValidator.State, str, int]:
    text_is_number = text.strip().isascii() and text.strip().isdecimal()
    if not text_is_number or int(text) > high:
        return QValidator.State.Invalid, text, place
    good = int(text) >= low
    return (QValidator.State.Acceptable if good else QValidator.State.Intermediate), text, place


def _real(text: str) -> float | None:
    plain = text.strip().replace(",", ".")
    digits = plain.replace(".", "", 1)
    return float(plain) if digits.isascii() and digits.isdecimal() else None
