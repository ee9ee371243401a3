"""The row where a world is asked for: its form, its keys, its seed, its card."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QVBoxLayout, QWidget

from depthfusion.generator.request import Request
from depthfusion.gui.prompt_bar import PromptBar
from depthfusion.gui.prompt_form import MAX_SEED, ModelChoice, ModelValues, PromptForm
from depthfusion.gui.theme import Appearance, use_appearance
from tests.gui.conftest import destroy

NONE = Qt.KeyboardModifier.NoModifier
MODELS = (ModelChoice("starter", "Starter", "works offline"), ModelChoice("big", "Big", "10 GB"))
STYLES = (("golden", "Golden hour", "warm"), ("mist", "Misty", ""))
FULL = PromptForm(
    "a mossy forest", "mist", 7, True, "people", 30, 4.5, (2048, 1024), "euler", "big", 3,
    "start.png", "start_depth.png", 0.4,
)  # fmt: skip


class Bench:
    def __init__(self) -> None:
        self.window = QWidget()
        self.view = QWidget()
        self.bar = PromptBar(self.view)
        column = QVBoxLayout(self.window)
        column.addWidget(self.view, 1)
        column.addWidget(self.bar)
        self.window.resize(900, 600)
        self.bar.set_models(MODELS, "Starter")
        self.bar.set_styles(STYLES)
        self.asked: list[PromptForm] = []
        self.changes = 0
        self.bar.generate_wanted.connect(self.asked.append)
        self.bar.changed.connect(self._count)

    def _count(self) -> None:
        self.changes += 1

    def type(self, text: str) -> None:
        QTest.keyClicks(self.bar.prompt, text)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.bar.prompt, key, modifier)

    def type_seed(self, text: str) -> None:
        field = self.bar.seed_box.focusProxy()
        field.clear()
        field.insert(text)  # as pasting does; told as edited, like typing

    @property
    def dice(self) -> QAbstractButton:
        return self.button("Draw another seed")

    @property
    def lock(self) -> QAbstractButton:
        return self.button("Keep this seed")

    def button(self, name: str) -> QAbstractButton:
        buttons = self.window.findChildren(QAbstractButton)
        (found,) = [
            button for button in buttons if name in {button.accessibleName(), button.text()}
        ]
        return found


@pytest.fixture
def bench(qapp: QApplication) -> Iterator[Bench]:
    made = Bench()
    yield made
    destroy(made.window)


# The form, which knows no window --------------------------------------------------------------


def test_a_form_survives_json() -> None:
    assert PromptForm.from_dict(json.loads(json.dumps(FULL.to_dict()))) == FULL
    assert PromptForm.from_dict({}) == PromptForm()


@pytest.mark.parametrize(
    "bad",
    [
        {"steps": 0}, {"steps": "many"}, {"steps": True}, {"guidance": float("nan")},
        {"guidance": 101}, {"size": [100, 50]}, {"size": 512}, {"size": [512]}, {"seed": -1},
        {"seed": MAX_SEED + 1}, {"seed": 1.5}, {"count": 0}, {"prompt": 7}, {"model": []},
        {"start_strength": 0}, {"seed_locked": "yes"}, {"never": "heard of"},
    ],
)  # fmt: skip
def test_what_is_unknown_or_impossible_is_left_out(bad: dict[str, object]) -> None:
    assert PromptForm.from_dict({"prompt": "a", **bad} if "prompt" not in bad else bad) in {
        PromptForm("a"),
        PromptForm(),
    }


@given(
    st.dictionaries(
        st.sampled_from(sorted(PromptForm().to_dict())),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none()),
    )
)
def test_no_stored_values_make_reading_a_form_fail(values: dict[str, object]) -> None:
    form = PromptForm.from_dict(values)
    assert PromptForm.from_dict(form.to_dict()) == form


def test_a_request_says_what_the_form_says() -> None:
    assert FULL.request() == Request(
        "a mossy forest", "big", "people", 7, 3, 30, 4.5, 2048, 1024, "euler",
        init_image="start.png", init_depth="start_depth.png", init_strength=0.4,
    )  # fmt: skip
    assert PromptForm("  a  ").request() == Request("a")


def test_a_style_is_laid_over_the_request_only_when_chosen() -> None:
    def apply(name: str, request: Request) -> Request:
        return replace(request, prompt=f"{request.prompt}, {name}")

    assert FULL.request(apply).prompt == "a mossy forest, mist"
    assert PromptForm("a").request(apply).prompt == "a"


def test_strength_and_depth_without_a_picture_are_not_asked_for() -> None:
    request = replace(FULL, start_picture=None).request()
    assert (request.init_depth, request.init_strength) == (None, None)


def test_the_seeds_of_several_worlds_stay_in_range() -> None:
    assert PromptForm("a", seed=MAX_SEED, count=4).request().seed == MAX_SEED - 3


def test_a_stored_recipe_comes_back_into_the_form() -> None:
    recipe = {
        "prompt": "a cave", "negative_prompt": "", "seed": 9, "steps": 12, "guidance": 3.0,
        "width": 512, "height": 256, "scheduler": "ddim", "seamless": True, "loras": [],
        "start": {"color": "a.png", "depth": None, "strength": 0.5}, "made_with": {"model": "x"},
    }  # fmt: skip
    assert PromptForm.from_recipe(recipe, model="big") == PromptForm(
        "a cave", None, 9, True, None, 12, 3.0, (512, 256), "ddim", "big", 1, "a.png", None, 0.5
    )
    assert PromptForm.from_recipe({}) == PromptForm()


# The prompt -----------------------------------------------------------------------------------


def test_enter_generates_and_shift_enter_begins_a_line(bench: Bench) -> None:
    bench.type("a cave")
    bench.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    bench.type("by night")
    assert bench.asked == []
    bench.press(Qt.Key.Key_Return)
    bench.press(Qt.Key.Key_Enter, Qt.KeyboardModifier.ControlModifier)
    assert [form.prompt for form in bench.asked] == ["a cave\nby night"] * 2


def test_the_prompt_grows_to_four_lines_and_no_further(bench: Bench) -> None:
    prompt = bench.bar.prompt
    heights = []
    for lines in range(1, 7):
        prompt.set_text("\n".join(["a"] * lines))
        heights.append(prompt.height())
    assert heights[:4] == sorted(set(heights[:4])) and len(set(heights[3:])) == 1
    prompt.set_text("")
    assert prompt.height() == heights[0]


def test_what_code_writes_into_the_prompt_can_be_undone(bench: Bench) -> None:
    bench.type("mine")
    bench.bar.set_form(PromptForm("theirs"))
    assert bench.bar.form.prompt == "theirs"
    bench.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert bench.bar.form.prompt == "mine"


def test_alt_up_brings_earlier_prompts_and_alt_down_the_draft_again(bench: Bench) -> None:
    alt, prompt = Qt.KeyboardModifier.AltModifier, bench.bar.prompt
    bench.bar.set_history(["newest", "older"])
    bench.type("draft")
    seen = []
    for key in (Qt.Key.Key_Up,) * 3 + (Qt.Key.Key_Down,) * 3:
        bench.press(key, alt)
        seen.append(prompt.text)
    assert seen == ["newest", "older", "older", "newest", "draft", "draft"]


def test_a_recalled_prompt_that_was_changed_is_the_new_draft(bench: Bench) -> None:
    alt, prompt = Qt.KeyboardModifier.AltModifier, bench.bar.prompt
    bench.bar.set_history(["newest"])
    bench.press(Qt.Key.Key_Up, alt)
    bench.type("!")
    bench.press(Qt.Key.Key_Up, alt)
    bench.press(Qt.Key.Key_Down, alt)
    assert prompt.text == "newest!"


def test_generated_prompts_come_first_in_the_history_once(bench: Bench) -> None:
    told: list[list[str]] = []
    bench.bar.history_changed.connect(told.append)
    bench.bar.set_history(["b", "a"])
    bench.type("a")
    bench.bar.generate()
    bench.bar.generate()
    assert told == [["a", "b"]]
    bench.press(Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert bench.bar.prompt.text == "b"  # not again what is there


def test_files_dropped_on_the_prompt_are_left_to_the_window(bench: Bench) -> None:
    files, words = QMimeData(), QMimeData()
    files.setUrls([QUrl.fromLocalFile("picture.png")])
    files.setText("file:///picture.png")
    words.setText("a cave")
    assert not bench.bar.prompt.canInsertFromMimeData(files)
    assert bench.bar.prompt.canInsertFromMimeData(words)


# The button -----------------------------------------------------------------------------------


@pytest.mark.gui  # a tooltip is a window
def test_generate_says_why_it_cannot_be_pressed(bench: Bench) -> None:
    button = bench.bar.generate_button
    assert not button.isEnabled() and button.toolTip() == "Describe a world first"
    bench.type("  ")
    assert not button.isEnabled()
    bench.type("a cave")
    assert button.isEnabled() and "Enter" in button.toolTip()
    bench.bar.set_models(())
    assert not button.isEnabled() and "no model" in button.toolTip()
    bench.bar.set_models(MODELS)
    bench.bar.set_blocked("The disk is full")
    assert (button.toolTip(), button.accessibleDescription()) == ("The disk is full",) * 2
    bench.press(Qt.Key.Key_Return)
    assert bench.asked == []


def test_while_busy_the_button_adds_to_the_queue(bench: Bench) -> None:
    button = bench.bar.generate_button
    bench.type("a")
    width = button.sizeHint().width()
    bench.bar.set_busy(True)
    assert button.text() == "Add to queue" and button.sizeHint().width() == width
    button.click()
    bench.bar.set_busy(False)
    assert button.text() == "Generate" and len(bench.asked) == 1


# The seed -------------------------------------------------------------------------------------


def test_an_unlocked_seed_is_another_one_each_time_and_is_shown(bench: Bench) -> None:
    bench.type("a")
    bench.bar.generate()
    first = bench.bar.form.seed
    bench.bar.generate()
    seeds = [form.seed for form in bench.asked]
    assert seeds == [first, bench.bar.form.seed] and len(set(seeds)) == 2


def test_a_locked_seed_stays(bench: Bench) -> None:
    bench.type("a")
    bench.bar.generate()
    bench.lock.click()
    bench.bar.generate()
    bench.bar.generate()
    assert len({form.seed for form in bench.asked}) == 1


def test_a_rolled_seed_is_used_once(bench: Bench) -> None:
    bench.type("a")
    bench.dice.click()
    rolled = bench.bar.form.seed
    bench.bar.show_seed(5)  # a world that was begun before is finished
    assert bench.bar.form.seed == rolled
    bench.bar.generate()
    bench.bar.generate()
    assert bench.asked[0].seed == rolled != bench.asked[1].seed


def test_the_last_worlds_seed_is_shown_unless_one_is_held(bench: Bench) -> None:
    bench.bar.show_seed(5)
    assert bench.bar.form.seed == 5
    bench.lock.click()
    bench.bar.show_seed(6)
    assert bench.bar.form.seed == 5


def test_a_typed_seed_is_kept(bench: Bench) -> None:
    bench.type("a")
    bench.type_seed(str(MAX_SEED))
    assert bench.bar.form.seed_locked and bench.bar.form.seed == MAX_SEED
    bench.bar.generate()
    assert bench.asked[0].seed == MAX_SEED


@pytest.mark.gui  # a tooltip is a window
@pytest.mark.parametrize("text", [str(MAX_SEED + 1), "-1", "1.5", "seven", "１２"])
def test_an_impossible_seed_is_refused_in_words(bench: Bench, text: str) -> None:
    bench.type("a")
    bench.type_seed(text)
    assert bench.bar.reason.startswith(f"want a seed from 0 to {MAX_SEED}, got {text}")
    assert not bench.bar.generate_button.isEnabled() and bench.bar.form.seed is None
    bench.dice.click()
    assert bench.bar.reason == "" and bench.bar.form.seed is not None


# The whole form -------------------------------------------------------------------------------


def test_the_bar_shows_and_gives_back_a_form(bench: Bench) -> None:
    bench.bar.set_form(FULL)
    assert bench.bar.form == FULL
    assert bench.changes == 1
    bench.bar.set_form(FULL)
    assert bench.changes == 1
    bench.bar.set_form(PromptForm())
    assert bench.bar.form == PromptForm()


def test_a_style_asked_for_before_there_are_styles_is_chosen_later(bench: Bench) -> None:
    bench.bar.set_styles(())
    bench.bar.set_form(PromptForm("a", style="mist"))
    assert bench.bar.form.style is None
    bench.bar.set_styles(STYLES)
    assert bench.bar.form.style == "mist"
    bench.bar.set_styles(STYLES[:1])
    assert bench.bar.form.style is None


def test_lists_that_come_late_do_not_lose_what_was_chosen(bench: Bench) -> None:
    bench.bar.set_form(replace(FULL, model="gone"))
    bench.bar.set_models(MODELS)
    bench.bar.set_model_values(ModelValues(steps=18, size=(512, 256), sizes=((512, 256),)))
    assert bench.bar.form == replace(FULL, model="gone")


def test_choosing_another_model_is_told_once(bench: Bench) -> None:
    told: list[str | None] = []
    bench.bar.model_changed.connect(told.append)
    bench.bar.set_form(FULL)
    combo = next(b for b in bench.bar.card.findChildren(QComboBox) if b.findData("big") > 0)
    combo.setCurrentIndex(0)
    assert told == ["big", None]


def test_the_gear_has_a_dot_while_something_differs(bench: Bench) -> None:
    gear, reset = bench.bar.gear, bench.button("Back to the model's own")
    assert not gear.marked
    bench.bar.set_form(PromptForm("a", "mist", 7, True))
    assert not gear.marked
    bench.bar.set_form(PromptForm("a", "mist", 7, True, steps=40))
    assert gear.marked and "changed" in gear.toolTip()
    bench.bar.card.reset()
    assert not gear.marked and bench.bar.form == PromptForm("a", "mist", 7, True)
    assert not reset.isEnabled()


def test_the_models_own_values_are_hints_and_where_stepping_begins(bench: Bench) -> None:
    card = bench.bar.card
    bench.bar.set_model_values(ModelValues(steps=18, guidance=5.0, size=(1024, 512)))
    assert bench.bar.form == PromptForm()
    assert card.steps.lineEdit().placeholderText() == "Model's own: 18"
    card.steps.stepUp()
    card.guidance.stepDown()
    assert (bench.bar.form.steps, bench.bar.form.guidance) == (19, 4.5)


@pytest.mark.parametrize(
    ("typed", "steps"), [("40", 40), ("", None), ("1000", 1000), ("1001", 100), ("0", None)]
)
def test_steps_are_typed_or_left_empty(bench: Bench, typed: str, steps: int | None) -> None:
    box = bench.bar.card.steps
    QTest.keyClicks(box, typed)
    assert bench.bar.form.steps == steps


@pytest.mark.parametrize(
    ("typed", "guidance"), [("4.5", 4.5), ("4,5", 4.5), ("0", 0.0), ("", None), ("x7", 7.0)]
)
def test_guidance_is_typed_or_left_empty(bench: Bench, typed: str, guidance: float | None) -> None:
    QTest.keyClicks(bench.bar.card.guidance, typed)
    assert bench.bar.form.guidance == guidance


def test_a_number_that_is_deleted_is_the_models_own_again(bench: Bench) -> None:
    bench.bar.set_form(PromptForm(steps=40, guidance=2.0))
    for box in (bench.bar.card.steps, bench.bar.card.guidance):
        box.selectAll()
        QTest.keyClick(box, Qt.Key.Key_Backspace)
    assert bench.bar.form == PromptForm()


def test_a_dropped_picture_is_where_the_world_starts(bench: Bench, tmp_path: Path) -> None:
    Image.new("RGB", (64, 32), "red").save(tmp_path / "a.png")
    Image.new("L", (64, 32)).save(tmp_path / "a_depth.png")
    start = bench.bar.card.start
    drop(start, [tmp_path / "a_depth.png", tmp_path / "a.png"])
    form = bench.bar.form
    assert (form.start_picture, form.start_depth, form.start_strength) == (
        str(tmp_path / "a.png"), str(tmp_path / "a_depth.png"), None,
    )  # fmt: skip
    start.set_strength(0.3)
    assert bench.bar.form.start_strength == 0.3
    bench.button("Remove the picture to start from").click()
    assert bench.bar.form == PromptForm()


def test_its_thumbnail_is_shown(bench: Bench, qtbot: object, tmp_path: Path) -> None:
    Image.new("RGB", (640, 320), "red").save(tmp_path / "a.png")
    start = bench.bar.card.start
    start.take_files([str(tmp_path / "a.png")])
    qtbot.waitUntil(lambda: start.thumbnail().width() >= 96, timeout=10_000)
    middle = start.thumbnail().toImage().pixelColor(40, 20)
    assert (middle.red(), middle.green()) == (255, 0)


def test_what_cannot_be_a_start_picture_is_told(bench: Bench, tmp_path: Path) -> None:
    told: list[str] = []
    bench.bar.complained.connect(told.append)
    bench.bar.card.start.take_files([str(tmp_path / "nowhere.png")])
    assert len(told) == 1 and "nowhere.png" in told[0] and bench.bar.form == PromptForm()


def drop(widget: QWidget, paths: list[Path]) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    widget.dropEvent(QDropEvent(QPoint(5, 5), Qt.DropAction.CopyAction, mime, left, none))


# Examples, words, looks -----------------------------------------------------------------------


def test_examples_are_offered_while_the_prompt_is_empty(bench: Bench) -> None:
    row = bench.bar.examples
    assert row.isHidden()
    bench.bar.set_examples(["a & b", "c", "d", "e"])
    assert not row.isHidden() and [chip.whole for chip in row.chips] == ["a & b", "c", "d"]
    row.chips[0].click()
    assert bench.bar.form.prompt == "a & b" and row.isHidden() and bench.asked == []
    bench.bar.prompt.set_text("")
    assert not row.isHidden()
    bench.bar.set_examples([])
    assert row.isHidden()


def test_everything_that_takes_the_keyboard_has_a_name_and_a_tip(bench: Bench) -> None:
    bench.bar.set_examples(["a"])
    inner = {"qt_spinbox_lineedit", "qt_toolbar_ext_button"}
    for part in (bench.bar, bench.bar.card):
        for widget in part.findChildren(QWidget):
            takes_keys = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            of_a_box = isinstance(widget.parent().parent(), QComboBox)  # its list
            if takes_keys and widget.objectName() not in inner and not of_a_box:
                name = widget.accessibleName() or getattr(widget, "text", str)()
                assert name and widget.toolTip(), widget


@pytest.mark.gui
@pytest.mark.parametrize("shown_before", [True, False])
def test_the_primary_button_follows_the_palette(
    bench: Bench, qapp: QApplication, shown_before: bool
) -> None:
    bench.type("a")
    bench.window.setVisible(shown_before)
    colors = []
    try:
        for appearance in (Appearance.DARK, Appearance.LIGHT):
            use_appearance(qapp, appearance)
            bench.window.show()
            assert QTest.qWaitForWindowExposed(bench.window, 10_000)
            QApplication.processEvents()
            image = bench.bar.generate_button.grab().toImage()
            colors.append(image.pixelColor(6, image.height() // 2))
            accent = qapp.palette().color(QPalette.ColorRole.Highlight)
            assert colors[-1].name() == accent.name()
            bench.window.setVisible(shown_before)
    finally:
        use_appearance(qapp, Appearance.SYSTEM)
    assert colors[0] != colors[1]


@pytest.mark.gui
def test_tab_goes_from_the_prompt_to_the_button(bench: Bench) -> None:
    bench.window.show()
    bench.window.activateWindow()
    assert QTest.qWaitForWindowActive(bench.window, 10_000)
    bar = bench.bar
    bench.type("a")
    bar.prompt.setFocus()
    field = bar.seed_box.focusProxy()
    for expected in (bar.style_box, field, bench.dice, bench.lock, bar.gear, bar.generate_button):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is expected


@pytest.mark.gui
def test_the_card_opens_over_the_view_and_escape_gives_the_keyboard_back(bench: Bench) -> None:
    bench.window.show()
    bench.window.activateWindow()
    assert QTest.qWaitForWindowActive(bench.window, 10_000)
    bar = bench.bar
    QTest.mouseClick(bar.gear, Qt.MouseButton.LeftButton)
    assert bar.card.isVisible() and bar.gear.isChecked()
    assert bench.view.rect().contains(bar.card.geometry())
    assert bar.card.isAncestorOf(QApplication.focusWidget())
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not bar.card.isVisible() and not bar.gear.isChecked()
    assert QApplication.focusWidget() is bar.prompt


@pytest.mark.gui
def test_the_card_scrolls_in_a_low_view(bench: Bench) -> None:
    bench.window.resize(900, 300)
    bench.window.show()
    assert QTest.qWaitForWindowExposed(bench.window, 10_000)
    bench.bar.toggle_card()
    assert bench.view.rect().contains(bench.bar.card.geometry())
