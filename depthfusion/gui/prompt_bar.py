"""The bottom row: prompt, style, seed, the gear, and the one primary button.

It knows no window, no library and no settings: values in, signals out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from depthfusion.gui.advanced_card import AdvancedCard
from depthfusion.gui.example_row import ExampleRow
from depthfusion.gui.prompt_buttons import Gear, Primary
from depthfusion.gui.prompt_edit import PromptEdit
from depthfusion.gui.prompt_form import ModelChoice, ModelValues, PromptForm
from depthfusion.gui.seed_box import SeedBox

Style = tuple[str, str, str]
"""Name, title, tip."""
_MARGIN_PX = 12
_LEAST_STYLE, _MOST_STYLE = 9, 14
"""Capital letters that the box with the styles has room for."""


class PromptBar(QWidget):
    """Where a person says what world is wanted."""

    generate_wanted = Signal(object)
    """A complete `PromptForm`: its seed is drawn."""
    changed = Signal()
    """Some value of `form` is another, by hand or by code."""
    model_changed = Signal(object)
    """The id of the chosen model or None: give its values to `set_model_values`."""
    history_changed = Signal(list)
    """The prompts used so far, the newest first, to be kept for the next start."""
    complained = Signal(str)
    """One line about something that was dropped on it and cannot be used."""

    def __init__(self, view: QWidget, parent: QWidget | None = None) -> None:
        """Make the row.

        Args:
            view: what the card behind the gear lies over.
            parent: Qt owner.
        """
        super().__init__(parent)
        self._style: str | None = None
        self._busy = False
        self._blocked = ""
        self._has_model = False
        self.examples = ExampleRow()
        self.prompt = PromptEdit()
        self.style_box = QComboBox()
        self.seed_box = SeedBox()
        self.gear = Gear()
        self.generate_button = Primary()
        self.card = AdvancedCard(view)
        self._set_up_styles()
        self._lay_out()
        self._connect()
        self.set_styles(())
        self._examples_follow()
        self._judge()
        self.setFocusProxy(self.prompt)

    def _set_up_styles(self) -> None:
        box = self.style_box
        box.setAccessibleName(self.tr("Style"))
        box.setToolTip(self.tr("Words that are added to the prompt"))
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        column.setSpacing(10)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.prompt, 1)
        for widget in (self.style_box, self.seed_box, self.gear, self.generate_button):
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignBottom)
        column.addWidget(self.examples)
        column.addLayout(row)
        height_px = self.prompt.minimumSizeHint().height()
        for part in (self.style_box, self.generate_button):
            part.setMinimumHeight(height_px)
        self.seed_box.set_height(height_px)
        self.gear.setFixedSize(height_px, height_px)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _connect(self) -> None:
        self.prompt.textChanged.connect(self._changed)
        self.prompt.textChanged.connect(self._examples_follow)
        self.prompt.entered.connect(self.generate)
        self.prompt.history_changed.connect(self.history_changed)
        self.examples.chosen.connect(self._example_chosen)
        self.style_box.currentIndexChanged.connect(self._style_chosen)
        self.seed_box.changed.connect(self._changed)
        self.gear.clicked.connect(self.toggle_card)
        self.card.changed.connect(self._changed)
        self.card.closed.connect(self._card_closed)
        self.card.model_changed.connect(self.model_changed)
        self.card.complained.connect(self.complained)
        self.generate_button.clicked.connect(self.generate)

    # What there is to choose from ---------------------------------------------------------------

    def set_styles(self, styles: Sequence[Style]) -> None:
        """Set the styles; one that was asked for by `set_form` before is chosen now."""
        box = self.style_box
        with QSignalBlocker(box):
            box.clear()
            box.addItem(self.tr("No style"), None)
            for name, title, tip in styles:
                box.addItem(title, name)
                box.setItemData(box.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
            box.setCurrentIndex(max(0, box.findData(self._style)))
        metrics = box.fontMetrics()
        widest_px = max(metrics.horizontalAdvance(box.itemText(i)) for i in range(box.count()))
        letters = widest_px // max(1, metrics.horizontalAdvance("X")) + 1
        box.setMinimumContentsLength(max(_LEAST_STYLE, min(_MOST_STYLE, letters)))
        box.view().setMinimumWidth(widest_px + 2 * _MARGIN_PX)
        self._changed()

    def set_models(self, models: Sequence[ModelChoice], default: str = "") -> None:
        """Set the models; with none, Generate says so. `default`: the default one's title."""
        self._has_model = bool(models)
        self.card.set_models(models, default)
        self._judge()

    def set_model_values(self, values: ModelValues) -> None:
        """Set what the chosen model uses where the form says nothing."""
        self.card.set_model_values(values)

    def set_examples(self, prompts: Sequence[str]) -> None:
        """Offer up to three prompts while the prompt is empty; none: no more."""
        self.examples.set_examples(prompts)
        self._examples_follow()

    def set_history(self, prompts: Sequence[str]) -> None:
        """Set the prompts that Alt+Up brings, the newest first."""
        self.prompt.set_history(prompts)

    # States -------------------------------------------------------------------------------------

    def set_busy(self, busy: bool) -> None:
        """Say whether something is being made: the button adds to the queue then."""
        self._busy = busy
        self._judge()

    def set_blocked(self, reason: str) -> None:
        """Forbid Generate for a reason that is shown as it is; empty: allow it again."""
        self._blocked = reason
        self._judge()

    def show_seed(self, seed: int) -> None:
        """Show the seed of the last world, unless the person holds another one."""
        self.seed_box.show_used(seed)

    @property
    def reason(self) -> str:
        """Why nothing can be generated now; empty when it can."""
        if self._blocked:
            return self._blocked
        if not self._has_model:
            return self.tr("There is no model on this machine yet: World > Models gets one")
        if not self.prompt.text.strip():
            return self.tr("Describe a world first")
        return self.seed_box.error

    # The form -----------------------------------------------------------------------------------

    @property
    def form(self) -> PromptForm:
        """All that is filled in now."""
        form = PromptForm(
            prompt=self.prompt.text,
            style=self.style_box.currentData(),
            seed=self.seed_box.seed,
            seed_locked=self.seed_box.locked,
        )
        return self.card.apply(form)

    def set_form(self, form: PromptForm) -> None:
        """Fill everything in; Ctrl+Z in the prompt takes its text back. `changed` comes once."""
        before = self.form
        with QSignalBlocker(self):
            self.prompt.set_text(form.prompt)
            self.style_box.setCurrentIndex(max(0, self.style_box.findData(form.style)))
            self._style = form.style
            self.seed_box.set_seed(form.seed, form.seed_locked)
            self.card.show_form(form)
        now = self.form
        if now.model != before.model:
            self.model_changed.emit(now.model)
        if now != before:
            self._changed()

    @Slot()
    def generate(self) -> None:
        """Ask for what is filled in, or show why that cannot be."""
        if self.reason:
            button = self.generate_button
            above = button.mapToGlobal(QPoint(0, -2 * button.height()))
            QToolTip.showText(above, self.reason, button)
            return
        seed = self.seed_box.take()
        self.prompt.remember()
        self.generate_wanted.emit(replace(self.form, seed=seed))

    # The card -----------------------------------------------------------------------------------

    @Slot()
    def toggle_card(self) -> None:
        """Show what lies behind the gear, or put it away."""
        self.card.toggle()
        self.gear.setChecked(self.card.isVisible())

    @Slot()
    def _card_closed(self) -> None:
        self.gear.setChecked(False)
        self.prompt.setFocus(Qt.FocusReason.PopupFocusReason)

    # Following ----------------------------------------------------------------------------------

    @Slot(str)
    def _example_chosen(self, prompt: str) -> None:
        self.prompt.set_text(prompt)
        self.prompt.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _style_chosen(self) -> None:
        self._style = self.style_box.currentData()
        self._changed()

    @Slot()
    def _examples_follow(self) -> None:
        self.examples.setVisible(bool(self.examples.chips) and not self.prompt.text)

    @Slot()
    def _changed(self) -> None:
        self._judge()
        self.gear.set_marked(self.card.differs)
        self.changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.generate_button.recolor(self.palette())

    def _judge(self) -> None:
        button, reason = self.generate_button, self.reason
        button.setText(self.tr("Add to queue") if self._busy else self.tr("Generate"))
        tip = (
            self.tr("Make this world when the others are done")
            if self._busy
            else self.tr("Make this world")
        )
        button.setEnabled(not reason)
        button.setToolTip(reason or self.tr("{0} (Enter)").format(tip))
        button.setAccessibleDescription(reason)
