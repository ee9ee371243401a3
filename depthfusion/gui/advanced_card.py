"""The card behind the gear: everything about the next worlds besides prompt, style and seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from depthfusion.gui.card_fields import (
    DIM,
    TallScroll,
    choose,
    fill,
    halves,
    own_combo,
    size_name,
    title_of,
)
from depthfusion.gui.cards import Card
from depthfusion.gui.darkened import darken
from depthfusion.gui.overlays import MARGIN_PX
from depthfusion.gui.own_number import OwnReal, OwnWhole
from depthfusion.gui.prompt_form import (
    MAX_COUNT,
    MAX_GUIDANCE,
    MAX_STEPS,
    ModelChoice,
    ModelValues,
    PromptForm,
)
from depthfusion.gui.start_picture import StartPicture
from ldm3d.solvers import SCHEDULERS

_NEGATIVE_LINES = 2
_WIDTH_PX = 500
_FIELD_PX = 26


class AdvancedCard(Card):
    """Shows and changes those fields of a `PromptForm` that lie behind the gear."""

    changed = Signal()
    model_changed = Signal(object)
    """The id of the model that was chosen, or None for the default one."""
    complained = Signal(str)

    def __init__(self, view: QWidget) -> None:
        super().__init__(view, view.tr("How worlds are made"))
        self._models: tuple[ModelChoice, ...] = ()
        self._values = ModelValues()
        self._make_fields()
        self._lay_out()
        self._connect()
        darken(self)
        self.set_model_values(ModelValues())
        self.set_models(())
        self._reset.setEnabled(False)

    # What is in it ------------------------------------------------------------------------------

    def _make_fields(self) -> None:
        self._negative = QPlainTextEdit()
        self._negative.setTabChangesFocus(True)
        self._negative.document().setDocumentMargin(5)
        frame = 2 * (self._negative.frameWidth() + 5)
        line_px = self._negative.fontMetrics().lineSpacing()
        self._negative.setFixedHeight(_NEGATIVE_LINES * line_px + frame)
        self._negative.setToolTip(self.tr("Things and qualities that the world should be without"))
        self.steps = OwnWhole(1, MAX_STEPS)
        self.steps.setToolTip(self.tr("More steps are slower and finer"))
        self.guidance = OwnReal(0.0, MAX_GUIDANCE, 0.5)
        self.guidance.setToolTip(
            self.tr("How closely the prompt is followed; too high becomes garish")
        )
        self._size = own_combo(self.tr("Pixels of the world; larger ones take longer"))
        self._scheduler = own_combo(self.tr("The way from noise to a picture"))
        self._model = own_combo(self.tr("Which model makes the worlds"))
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._note.setStyleSheet(DIM)
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._model_and_note = QWidget()
        both = QVBoxLayout(self._model_and_note)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(5)
        both.addWidget(self._model)
        both.addWidget(self._note)
        self._count = QSpinBox()
        self._count.setRange(1, MAX_COUNT)
        self._count.setToolTip(self.tr("How many worlds Generate makes, each from its own seed"))
        self.start = StartPicture()
        self._reset = QPushButton(self.tr("Back to the model's own"))
        self._reset.setToolTip(self.tr("Forget all that was set on this card"))

    def _lay_out(self) -> None:
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(0, 4)
        grid.setColumnStretch(1, 3)
        rows: Sequence[Sequence[tuple[str, QWidget]]] = (
            ((self.tr("Model"), self._model_and_note),),
            ((self.tr("Size"), self._size), (self.tr("Number of worlds"), self._count)),
            ((self.tr("Steps"), self.steps), (self.tr("Guidance"), self.guidance)),
            ((self.tr("Scheduler"), self._scheduler),),
            ((self.tr("Without (negative prompt)"), self._negative),),
            ((self.tr("Start from a picture"), self.start),),
        )
        line = 0
        for row in rows:
            span = 1 if len(row) > 1 else 2
            for column, (name, field) in enumerate(row):
                grid.addWidget(title_of(name, field), line, column, 1, span)
                grid.addWidget(field, line + 1, column, 1, span)
            grid.setRowMinimumHeight(line + 2, 3)
            line += 3
        self._scroll = TallScroll(content)
        self.body.addWidget(self._scroll, 1)
        foot = QHBoxLayout()
        foot.addWidget(self._reset)
        foot.addStretch(1)
        self.body.addLayout(foot)
        for field in (self._model, self._size, self._count, self.steps, self.guidance):
            field.setMinimumHeight(_FIELD_PX)
        self._scheduler.setMinimumHeight(_FIELD_PX)
        order = [
            self._model, self._size, self._count, self.steps, self.guidance, self._scheduler,
            self._negative, *self.start.tab_order, self._reset,
        ]  # fmt: skip
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _connect(self) -> None:
        self._negative.textChanged.connect(self._edited)
        for number in (self.steps, self.guidance):
            number.edited.connect(self._edited)
        for combo in (self._size, self._scheduler):
            combo.currentIndexChanged.connect(self._edited)
        self._model.currentIndexChanged.connect(self._model_chosen)
        self._count.valueChanged.connect(self._edited)
        self.start.changed.connect(self._edited)
        self.start.complained.connect(self.complained)
        self._reset.clicked.connect(self.reset)

    # What there is to choose from ---------------------------------------------------------------

    def set_models(self, models: Sequence[ModelChoice], default: str = "") -> None:
        """Set the models to choose from; `default` is the title of the default one, if known."""
        chosen = self._model.currentData()
        self._models = tuple(models)
        own = self.tr("Default ({0})").format(default) if default else self.tr("Default")
        with QSignalBlocker(self._model):
            fill(self._model, own, [(m.id, m.title, m.note) for m in self._models])
            choose(self._model, chosen, chosen)
        self._show_note()

    def set_model_values(self, values: ModelValues) -> None:
        """Set what the chosen model uses where nothing else is said, shown as hints."""
        form = self.apply(PromptForm())
        self._values = values
        steps, guidance = values.steps, values.guidance
        self.steps.set_own(steps, self._own("" if steps is None else str(steps)))
        self.guidance.set_own(guidance, self._own("" if guidance is None else f"{guidance:g}"))
        self._negative.setPlaceholderText(self._own(values.negative_prompt or ""))
        sizes = [(size, size_name(size), "") for size in values.sizes]
        schedulers = [(name, *halves(line)) for name, line in SCHEDULERS.items()]
        size = self._own(size_name(values.size) if values.size else "")
        scheduler = halves(SCHEDULERS.get(values.scheduler or "", ""))[0]
        with QSignalBlocker(self._size), QSignalBlocker(self._scheduler):
            fill(self._size, size, sizes)
            fill(self._scheduler, self._own(scheduler), schedulers)
        self._show_choices(form)

    def _own(self, value: str) -> str:
        own = self.tr("Model's own")
        return self.tr("Model's own: {0}").format(value) if value else own

    # The values ---------------------------------------------------------------------------------

    def apply(self, form: PromptForm) -> PromptForm:
        """Return `form` with the fields of this card."""
        return replace(
            form,
            negative_prompt=self._negative.toPlainText().strip() or None,
            steps=self.steps.number,
            guidance=self.guidance.number,
            size=self._size.currentData(),
            scheduler=self._scheduler.currentData(),
            model=self._model.currentData(),
            count=self._count.value(),
            start_picture=self.start.path,
            start_depth=self.start.depth_path,
            start_strength=self.start.strength if self.start.path else None,
        )

    def show_form(self, form: PromptForm) -> None:
        """Bring all fields to the values of `form`; `changed` comes at most once."""
        before = self.apply(form)
        with QSignalBlocker(self):
            if form.negative_prompt != self.apply(form).negative_prompt:
                self._negative.setPlainText(form.negative_prompt or "")
            self.steps.number = form.steps
            self.guidance.number = form.guidance
            self._show_choices(form)
            choose(self._model, form.model, form.model)
            self._count.setValue(form.count)
            self.start.set_picture(form.start_picture, form.start_depth)
            self.start.set_strength(form.start_strength)
            self._show_note()
        now = self.apply(form)
        if now.model != before.model:
            self.model_changed.emit(now.model)
        if now != before:
            self._edited()

    def _show_choices(self, form: PromptForm) -> None:
        size = form.size
        choose(self._size, size, size_name(size) if size else "")
        choose(self._scheduler, form.scheduler, form.scheduler)

    @property
    def differs(self) -> bool:
        """Whether something is set that the model would not do by itself."""
        return not self.apply(PromptForm()).is_models_own

    def reset(self) -> None:
        """Leave everything to the model."""
        self.show_form(PromptForm())

    def _model_chosen(self) -> None:
        self._show_note()
        if not self.signalsBlocked():
            self.model_changed.emit(self._model.currentData())
        self._edited()

    def _show_note(self) -> None:
        id_ = self._model.currentData()
        notes = [model.note for model in self._models if model.id == id_]
        unknown = id_ is not None and not notes
        text = self.tr("Not among the models of this machine") if unknown else "".join(notes)
        self._note.setText(text)
        self._note.setVisible(bool(text))
        self._model.setAccessibleDescription(text)
        if self.isVisible():
            self.present()

    def _edited(self) -> None:
        self._reset.setEnabled(self.differs)
        self.changed.emit()

    # Where it lies ------------------------------------------------------------------------------

    def open_card(self) -> None:
        """Show it, the keyboard on its first field."""
        super().open_card()
        self._model.setFocus(Qt.FocusReason.PopupFocusReason)

    def place(self, width_px: int, height_px: int) -> None:
        """Lie at the lower right, above the gear; scroll where the view is too low."""
        layout = self.layout()
        assert layout is not None
        edges = layout.contentsMargins()
        width = min(_WIDTH_PX, width_px - 2 * MARGIN_PX)
        self._scroll.fit(width - edges.left() - edges.right())
        layout.invalidate()
        height = min(layout.totalSizeHint().height(), height_px - 2 * MARGIN_PX)
        self.resize(width, height)
        self.move(width_px - width - MARGIN_PX, height_px - height - MARGIN_PX)
