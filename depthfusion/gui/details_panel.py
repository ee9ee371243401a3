"""The right column: what is open, how it was made, and below it the settings of the view."""

from __future__ import annotations

import math
from pathlib import Path

from PySide6.QtCore import QDateTime, QEvent, QLocale, QObject, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QGuiApplication, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from depthfusion.generator.amounts import duration
from depthfusion.gui.lengths import length
from depthfusion.gui.settings_panel import WIDTH_PX
from depthfusion.gui.symbol_button import SymbolButton
from depthfusion.gui.world_facts import DepthFacts, WorldFacts
from depthfusion.settings import Units

MOST_CHARS = 1500
"""Of a prompt, on the screen; copying gives all of it."""
_MARGIN_PX = 18
_NAME_PX = 88
_TEXT = (
    Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
)


class DetailsPanel(QScrollArea):
    """Tells about one world and holds the view's settings. Knows neither window nor library."""

    use_wanted = Signal(object)
    """The recipe to fill the form with (a mapping, see `Provenance.generation`)."""
    depth_wanted = Signal()
    """Depth is to be estimated for what is open."""
    folder_wanted = Signal(object)
    """A `Path` to show in the file browser."""

    def __init__(self, settings: QScrollArea, parent: QWidget | None = None) -> None:
        """Make it empty.

        Args:
            settings: the `SettingsPanel` of the view; it becomes the lower part and scrolls with
                the rest.
            parent: Qt owner.
        """
        super().__init__(parent)
        self.facts: WorldFacts | None = None
        self._depth_reason = ""
        self._estimating = False
        self.setFixedWidth(WIDTH_PX)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Details"))
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._empty = _Words(self.tr("Nothing is open yet."), dim=True)
        self._empty.setContentsMargins(_MARGIN_PX, 18, _MARGIN_PX, 18)
        self._about = _About(self)
        self._settings = settings
        column.addWidget(self._empty)
        column.addWidget(self._about)
        column.addWidget(_line())
        column.addWidget(settings)
        column.addStretch(1)
        self.setWidget(content)
        self._let_scroll(settings)
        self._connect()
        self.show_facts(None)

    def _let_scroll(self, settings: QScrollArea) -> None:
        """Make the settings as high as they are long, so that only the whole column scrolls."""
        settings.setMinimumWidth(0)
        settings.setMaximumWidth(WIDTH_PX)
        settings.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        settings.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = settings.widget()
        assert inner is not None
        inner.installEventFilter(self)
        settings.setFixedHeight(inner.sizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the height of the settings, for instance with larger letters."""
        inner = self._settings.widget()
        if inner is not None and watched is inner and event.type() is QEvent.Type.LayoutRequest:
            self._settings.setFixedHeight(inner.sizeHint().height())
        return bool(super().eventFilter(watched, event))  # a scroll area watches its content

    def _connect(self) -> None:
        about = self._about
        about.use.clicked.connect(self._use)
        about.estimate.clicked.connect(self.depth_wanted)
        about.copy_prompt.clicked.connect(lambda: self._copy("prompt", about.copy_prompt))
        about.copy_negative.clicked.connect(
            lambda: self._copy("negative_prompt", about.copy_negative)
        )
        about.copy_seed.clicked.connect(lambda: self._copy("seed", about.copy_seed))
        about.show_folder.clicked.connect(self._show_folder)

    # What is told -------------------------------------------------------------------------------

    def show_facts(self, facts: WorldFacts | None) -> None:
        """Tell about a world; None: nothing is open."""
        was = self.facts
        self.facts = facts
        self._empty.setVisible(facts is None)
        self._about.setVisible(facts is not None)
        if facts is not None:
            self._about.tell(facts)
            if was is None or was.color_file != facts.color_file or was.title != facts.title:
                self.verticalScrollBar().setValue(0)
        self._refresh_estimate()

    def use_units(self, units: Units) -> None:
        """Tell lengths in other units from now on."""
        self._about.units = units
        if self.facts is not None:
            self._about.tell(self.facts)

    def set_estimate(self, *, running: bool = False, reason: str = "") -> None:
        """Set whether depth is being estimated now, or why it cannot be; empty: it can."""
        self._estimating, self._depth_reason = running, reason
        self._refresh_estimate()

    def _refresh_estimate(self) -> None:
        button = self._about.estimate
        button.setVisible(self.facts is not None and self.facts.depth is None)
        button.setEnabled(not (self._estimating or self._depth_reason))
        text = self.tr("Estimating depth…") if self._estimating else self.tr("Estimate depth")
        button.setText(text)
        button.setToolTip(
            self._depth_reason or self.tr("Let a depth network guess how far everything is")
        )

    # What is done -------------------------------------------------------------------------------

    def _use(self) -> None:
        if self.facts is not None and self.facts.can_be_used:
            self.use_wanted.emit(dict(self.facts.recipe))

    def _copy(self, name: str, button: SymbolButton) -> None:
        if self.facts is not None:
            QGuiApplication.clipboard().setText(str(self.facts.asked(name) or 0))
            button.show_done()

    def _show_folder(self) -> None:
        if self.facts is not None and self.facts.color_file is not None:
            self.folder_wanted.emit(self.facts.color_file)


class _About(QWidget):
    """The upper part: labels that are made once and only told anew."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.units = Units.METRIC
        tr = self.tr
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN_PX, 14, _MARGIN_PX, 16)
        column.setSpacing(4)
        self.title = _Words()
        font = self.title.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.25)
        self.title.setFont(font)
        column.addWidget(self.title)
        self.copy_prompt = SymbolButton("copy", tr("Copy the prompt"))
        self.copy_negative = SymbolButton("copy", tr("Copy the negative prompt"))
        self.copy_seed = SymbolButton("copy", tr("Copy the seed"))
        self.show_folder = SymbolButton("folder", tr("Show in folder"))
        self.prompt = _Section(tr("Prompt"), self.copy_prompt)
        self.negative = _Section(tr("Negative prompt"), self.copy_negative)
        column.addWidget(self.prompt)
        column.addWidget(self.negative)
        column.addSpacing(6)
        self.rows = _Rows(self)
        self._tell_rows(WorldFacts())  # made now, so that Tab goes from the top to the bottom
        column.addWidget(self.rows)
        self.notes = _Section(tr("Assumed while reading"))
        column.addWidget(self.notes)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        self.use = QPushButton(tr("Use these"))
        self.use.setToolTip(tr("Fill the form with this prompt and its settings"))
        self.estimate = QPushButton()
        for button in (self.use, self.estimate):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            buttons.addWidget(button)
        column.addSpacing(8)
        column.addLayout(buttons)

    def tell(self, facts: WorldFacts) -> None:
        """Tell about a world."""
        prompt = str(facts.asked("prompt") or "")
        is_title = facts.title.strip() == prompt.strip()
        self.title.tell(facts.title if not is_title else "")
        self.prompt.tell(_shortened(prompt))
        self.negative.tell(_shortened(str(facts.asked("negative_prompt") or "")))
        self.use.setVisible(facts.can_be_used)
        self.notes.tell("\n".join(f"•  {note}" for note in facts.notes))
        self._tell_rows(facts)

    def _tell_rows(self, facts: WorldFacts) -> None:
        tr, rows = self.tr, self.rows
        rows.tell("seed", tr("Seed"), _text(facts.asked("seed")), self.copy_seed)
        rows.tell("model", tr("Model"), facts.model)
        rows.tell("steps", tr("Steps"), _text(facts.asked("steps")))
        rows.tell("guidance", tr("Guidance"), _text(facts.asked("guidance")))
        rows.tell("scheduler", tr("Scheduler"), _text(facts.asked("scheduler")))
        rows.tell("size", tr("Size"), _pixels(facts.size_px))
        rows.tell("depth", tr("Depth"), self._depth(facts.depth))
        took = "" if facts.seconds is None else duration(facts.seconds)
        rows.tell("seconds", tr("Took"), took)
        rows.tell("made", tr("Made"), _moment(facts))
        picture, depth_map = facts.color_file, facts.depth_file
        tip = str(picture.parent) if picture else ""
        rows.tell("file", tr("Picture"), _name(picture), self.show_folder, tip)
        rows.tell("depth_file", tr("Depth map"), _name(depth_map), None, str(depth_map or ""))

    def _depth(self, depth: DepthFacts | None) -> str:
        tr = self.tr
        if depth is None:
            return tr("none, a flat sphere")
        if depth.in_metres:
            return tr("distance in metres")
        if depth.near_m is None or depth.far_m is None:
            return tr("relative, 1 is nearest")
        near = length(depth.near_m, self.units)
        far = tr("infinity") if math.isinf(depth.far_m) else length(depth.far_m, self.units)
        return tr("{0} to {1}").format(near, far)


class _Words(QLabel):
    """Wrapped plain text that can be selected; hidden while it is empty."""

    def __init__(self, text: str = "", *, dim: bool = False) -> None:
        super().__init__(text)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(_TEXT)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        # A word longer than the column must not widen it.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        if dim:
            self.setForegroundRole(QPalette.ColorRole.PlaceholderText)

    def tell(self, text: str) -> None:
        """Show a text, or nothing."""
        self.setText(text)
        self.setVisible(bool(text))


class _Section(QWidget):
    """A dim title, at its right a button, below it wrapped text."""

    def __init__(self, title: str, button: SymbolButton | None = None) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(1)
        head = QHBoxLayout()
        name = QLabel(title)
        name.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        head.addWidget(name, 1)
        if button is not None:
            head.addWidget(button)
        column.addLayout(head)
        self.text = _Words()
        self.text.setAccessibleName(title)
        column.addWidget(self.text)

    def tell(self, text: str) -> None:
        """Show a text; hide everything when it is empty."""
        self.text.tell(text)
        self.setVisible(bool(text))


class _Rows(QWidget):
    """Names at the left, values at the right; rows without a value take no room."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)
        self._shown: dict[str, tuple[QLabel, _Elided, SymbolButton | None]] = {}

    def tell(
        self, key: str, name: str, text: str, button: SymbolButton | None = None, tip: str = ""
    ) -> None:
        """Show a row's value; an empty one hides the row."""
        if key not in self._shown:
            self._shown[key] = self._made(name, button)
        label, value, beside = self._shown[key]
        value.tell(text, tip)
        for widget in (label, value, beside):
            if widget is not None:
                widget.setVisible(bool(text))

    def value(self, key: str) -> str:
        """Return what a row tells; "" when it is hidden."""
        return self._shown[key][1].whole

    def _made(
        self, name: str, button: SymbolButton | None
    ) -> tuple[QLabel, _Elided, SymbolButton | None]:
        label, value, row = QLabel(name), _Elided(name), self._grid.rowCount()
        label.setFixedWidth(_NAME_PX)
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(value, row, 1, 1, 1 if button else 2)
        if button is not None:
            self._grid.addWidget(button, row, 2)
        return label, value, button


class _Elided(QLabel):
    """One line that is cut in its middle where it is too long; the tooltip tells all of it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.whole = ""
        self._name = name
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(_TEXT)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def tell(self, text: str, tip: str = "") -> None:
        """Show a text; `tip` is told on the tooltip besides."""
        if text != self.whole or tip:
            self.whole = text
            self.setAccessibleName(f"{self._name}: {text}")
            self.setToolTip(tip or text)
            self._elide()

    def sizeHint(self) -> QSize:
        """Be as high as the symbols beside other rows, so that all rows are equally high."""
        return super().sizeHint().expandedTo(QSize(0, 22))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much as there is room for."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics = QFontMetrics(self.font())
        self.setText(metrics.elidedText(self.whole, Qt.TextElideMode.ElideMiddle, self.width()))


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setForegroundRole(QPalette.ColorRole.Mid)
    line.setFrameShadow(QFrame.Shadow.Plain)
    return line


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)


def _pixels(size_px: tuple[int, int] | None) -> str:
    return "" if size_px is None else f"{size_px[0]} × {size_px[1]}"


def _name(path: Path | None) -> str:
    return "" if path is None else path.name


def _moment(facts: WorldFacts) -> str:
    if facts.made is None:
        return ""
    moment = QDateTime.fromSecsSinceEpoch(round(facts.made.timestamp()))
    return QLocale().toString(moment, QLocale.FormatType.ShortFormat)


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_CHARS else f"{text[:MOST_CHARS].rstrip()}…"
