"""A field for each kind of setting, so that a new setting gets one without being known here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QEvent, QLocale, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from depthfusion.gui.card_fields import choose, fill, halves, own_combo, size_name
from depthfusion.gui.elided import ElidedLabel
from depthfusion.gui.languages import SOURCE
from depthfusion.gui.model_work import plain_button
from depthfusion.gui.own_number import OwnReal, OwnWhole
from depthfusion.gui.run_log import without_home
from depthfusion.gui.setting_words import Words
from depthfusion.settings import Spec
from depthfusion.settings.kinds import Choice, Folder, Names, Number, Size, Switch, Text, Whole

SIZES = ((512, 256), (768, 384), (1024, 512), (1536, 768), (2048, 1024), (4096, 2048))
_WIDTH_PX = 250
_LARGE = 1000.0
"""Ranges that reach further are stepped through by parts of the value."""


class Field(QWidget):
    """Shows one setting and says when the person wants another value.

    Subclasses set `focus` and give `show_value`.
    """

    wanted = Signal(object)
    """The value, as `Spec.checked` takes it; None: the default."""

    def __init__(self, spec: Spec, words: Words) -> None:
        super().__init__()
        self.spec, self.words = spec, words
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(6)
        self.focus: QWidget = self
        self.setFixedWidth(_WIDTH_PX)

    def hold(self, widget: QWidget) -> None:
        """Put a widget in; the first one has the keyboard and the accessible name."""
        if self.focus is self:
            self.focus = widget
            widget.setAccessibleName(self.words.title)
            widget.setAccessibleDescription(self.words.note)
            self.setFocusProxy(widget)
        widget.installEventFilter(self)
        self.row.addWidget(widget, 1)

    def show_value(self, value: Any) -> None:
        """Show a value without `wanted`."""
        raise NotImplementedError

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the wheel to the page where the person only scrolls past."""
        is_passing = isinstance(watched, QAbstractSpinBox | QComboBox) and not watched.hasFocus()
        if event.type() is QEvent.Type.Wheel and is_passing:
            event.ignore()
            return True
        return False


class ChoiceField(Field):
    """One of a few values, in a box."""

    def __init__(
        self, spec: Spec, words: Words, entries: Sequence[tuple[object, str, str]]
    ) -> None:
        """Make the box.

        Args:
            spec: the setting.
            words: what it is called.
            entries: (value, title, tip) of each, besides the one that stands for None.
        """
        super().__init__(spec, words)
        self.box = own_combo(words.note)
        if spec.may_be_none:
            fill(self.box, words.nothing, entries)
        else:
            for value, title, tip in entries:
                self.box.addItem(title, value)
                if tip:
                    self.box.setItemData(self.box.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.hold(self.box)
        self.box.activated.connect(lambda _: self.wanted.emit(self.box.currentData()))

    def show_value(self, value: Any) -> None:
        """Choose it; one that is not in the list is added."""
        known = value if isinstance(value, tuple) or value is None else str(value)
        choose(self.box, known, self.words.nothing if value is None else self.spec.shown(value))


class SwitchField(Field):
    """On or off."""

    def __init__(self, spec: Spec, words: Words) -> None:
        super().__init__(spec, words)
        self.box = QCheckBox()
        self.box.setToolTip(words.note)
        self.hold(self.box)
        self.box.clicked.connect(self._clicked)
        self._recolor()

    def _clicked(self, is_on: bool) -> None:
        self.wanted.emit(is_on)

    def _recolor(self) -> None:
        """Fill the box so that an empty one is seen on dark ground, too."""
        palette, own = self.palette(), self.box.palette()
        ground, ink = palette.color(palette.ColorRole.Window), palette.color(palette.ColorRole.Text)
        empty = QColor(
            *(
                round(0.75 * getattr(ground, part)() + 0.25 * getattr(ink, part)())
                for part in ("red", "green", "blue")
            )
        )
        own.setColor(own.ColorRole.Base, empty if ground.lightnessF() < 0.5 else QColor("white"))
        self.box.setPalette(own)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._recolor()

    def show_value(self, value: Any) -> None:
        """Show it."""
        self.box.setChecked(bool(value))


class NumberField(Field):
    """A number, whole or not; empty for None where that can be."""

    def __init__(self, spec: Spec, words: Words) -> None:
        super().__init__(spec, words)
        self.box = self._made(spec)
        self.box.setToolTip(words.note)
        self.box.setKeyboardTracking(False)
        self.box.setSuffix(words.unit)
        if isinstance(self.box, OwnWhole | OwnReal):
            self.box.set_own(None, words.nothing)
        self.hold(self.box)
        self.box.setAccessibleDescription(words.note)
        self.box.valueChanged.connect(lambda _: self.wanted.emit(self._value()))

    @staticmethod
    def _made(spec: Spec) -> QSpinBox | QDoubleSpinBox:
        kind = spec.kind
        if isinstance(kind, Whole):
            if spec.may_be_none:
                return OwnWhole(kind.low, kind.high)
            whole = QSpinBox()
            whole.setRange(kind.low, kind.high)
            return whole
        assert isinstance(kind, Number)
        if spec.may_be_none:
            return OwnReal(kind.low, kind.high, 0.5)
        real = _ShortReal()
        real.setDecimals(2)
        real.setRange(kind.low, kind.high)
        if kind.high > _LARGE:
            real.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        else:
            real.setSingleStep(0.1 if kind.high <= 10 else 1.0)
        return real

    def _value(self) -> float | int | None:
        box = self.box
        return box.number if isinstance(box, OwnWhole | OwnReal) else box.value()

    def show_value(self, value: Any) -> None:
        """Show it."""
        with QSignalBlocker(self.box):
            if isinstance(self.box, OwnWhole | OwnReal):
                self.box.number = value
            else:
                self.box.setValue(value)


class _ShortReal(QDoubleSpinBox):
    """A number without zeros at its end."""

    def textFromValue(self, value: float) -> str:
        text = self.locale().toString(value, "f", self.decimals())
        if self.locale().decimalPoint() in text:
            text = text.rstrip("0").removesuffix(self.locale().decimalPoint())
        return text


class TextField(Field):
    """A line of text; empty for None."""

    def __init__(self, spec: Spec, words: Words) -> None:
        super().__init__(spec, words)
        self.line = QLineEdit()
        self.line.setToolTip(words.note)
        self.line.setPlaceholderText(words.nothing)
        self.hold(self.line)
        self._shown = ""
        self.line.editingFinished.connect(self._edited)

    def _edited(self) -> None:
        text = self.line.text().strip()
        if text != self._shown:
            self._shown = text
            self.wanted.emit(text or None)

    def show_value(self, value: Any) -> None:
        """Show it."""
        self._shown = "" if value is None else str(value)
        if self.line.text() != self._shown:
            self.line.setText(self._shown)


class FolderField(Field):
    """A folder, told and chosen in a dialog."""

    def __init__(self, spec: Spec, words: Words) -> None:
        super().__init__(spec, words)
        self._folder: Path | None = None
        self.button = plain_button(self.tr("Choose…"), self.tr("Choose another folder"))
        self.hold(self.button)
        self.row.setStretch(0, 0)
        self.path = ElidedLabel()
        self.row.insertWidget(0, self.path, 1)
        self.button.clicked.connect(self.ask)

    def ask(self) -> None:
        """Let the person choose a folder."""
        dialog = QFileDialog(self, self.words.title)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        start = self._folder if self._folder and self._folder.is_dir() else Path.home()
        dialog.setDirectory(str(start))
        dialog.fileSelected.connect(lambda name: self.wanted.emit(Path(name)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _usual(self) -> str:
        if self.spec.name != "library":
            return self.words.nothing
        from depthfusion.library.place import default_folder

        return without_home(str(default_folder({})))

    def show_value(self, value: Any) -> None:
        """Tell it."""
        self._folder = value
        text = self._usual() if value is None else without_home(str(value))
        self.path.set_text(text)
        self.button.setAccessibleDescription(text)


class NamesField(Field):
    """Names that were gathered; all that can be done is to forget them."""

    def __init__(self, spec: Spec, words: Words) -> None:
        super().__init__(spec, words)
        self.button = plain_button(self.tr("Show again"), self.tr("Forget them"))
        self.hold(self.button)
        self.row.setStretch(0, 0)
        self.count = QLabel()
        self.row.insertWidget(0, self.count, 1)
        self.button.clicked.connect(lambda: self.wanted.emit(None))

    def show_value(self, value: Any) -> None:
        """Tell how many there are."""
        self.count.setText(str(len(value)) if value else self.tr("none"))
        self.count.setToolTip(", ".join(value))
        self.button.setEnabled(bool(value))


class _Maker(Protocol):
    def __call__(self, spec: Spec, words: Words) -> Field: ...


def _choice_field(spec: Spec, words: Words) -> Field:
    from ldm3d.solvers import SCHEDULERS

    assert isinstance(spec.kind, Choice)
    titles = {name: halves(SCHEDULERS.get(name, "")) for name in spec.kind.options}
    entries = []
    for option in spec.kind.options:
        title, tip = titles[option]
        entries.append((option, words.choices.get(option) or title or option, tip))
    return ChoiceField(spec, words, entries)


def _size_field(spec: Spec, words: Words) -> Field:
    return ChoiceField(spec, words, [(size, size_name(size), "") for size in SIZES])


_MAKERS: dict[type, _Maker] = {
    Choice: _choice_field,
    Switch: SwitchField,
    Number: NumberField,
    Whole: NumberField,
    Text: TextField,
    Folder: FolderField,
    Size: _size_field,
    Names: NamesField,
}


def _language_name(code: str) -> str:
    """Return a language in its own words; Qt's name of English is American English."""
    if code == SOURCE:
        return "English"
    return QLocale(code).nativeLanguageName() or code


def field_from(spec: Spec, words: Words, languages: Callable[[], Sequence[str]]) -> Field:
    """Return the field for a setting.

    Args:
        spec: the setting.
        words: what it is called.
        languages: gives those that the windows can be in.
    """
    if spec.name == "language":
        entries: list[tuple[object, str, str]] = [("system", words.choices["system"], "")]
        entries += [(code, _language_name(code), code) for code in languages()]
        return ChoiceField(spec, words, entries)
    return _MAKERS[type(spec.kind)](spec, words)
