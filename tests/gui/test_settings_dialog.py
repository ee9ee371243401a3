"""The settings window: every setting, changed by mouse and keyboard, from inside and out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from depthfusion.gui import setting_words, theme
from depthfusion.gui.setting_fields import (
    ChoiceField,
    FolderField,
    NamesField,
    NumberField,
    SwitchField,
    TextField,
)
from depthfusion.gui.setting_words import groups
from depthfusion.gui.settings_dialog import SettingsDialog
from depthfusion.gui.theme import Appearance
from depthfusion.settings import SPECS, Store
from depthfusion.settings.kinds import Switch
from depthfusion.settings.settings import Spec
from tests.gui.conftest import destroy

pytestmark = pytest.mark.usefixtures("qapp")
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "config", {"DEPTHFUSION_INERTIA": "off"})


@pytest.fixture
def dialog(store: Store) -> Iterator[SettingsDialog]:
    made = SettingsDialog(store)
    made.show()
    yield made
    made.close()
    destroy(made)


def field(dialog: SettingsDialog, name: str, kind: type) -> object:
    found = dialog.rows[name].field
    assert isinstance(found, kind)
    dialog.show_setting(name)
    return found


def test_every_setting_has_words_a_field_and_an_accessible_name(dialog: SettingsDialog) -> None:
    assert set(dialog.rows) == set(SPECS)
    told = groups(lambda text: text)
    assert [group.title for group in told] == ["Library", "Looking", "Generating", "Window"]
    for name, row in dialog.rows.items():
        assert row.field.focus.accessibleName() == row.words.title != ""
        assert row.field.focus.accessibleDescription()
        assert row.title.buddy() is row.field.focus
        assert row.field.focus.focusPolicy() & Qt.FocusPolicy.TabFocus, name
        options = getattr(SPECS[name].kind, "options", ())
        assert not row.words.choices or set(row.words.choices) <= {*options, "system"}, name


def test_a_new_setting_appears_by_itself(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    new = Spec("new_thing", Switch(), False, "what it is for")
    both = {**SPECS, "new_thing": new}
    for module in ("depthfusion.gui.settings_dialog", "depthfusion.gui.setting_words"):
        monkeypatch.setattr(f"{module}.SPECS", both)
    last = setting_words.groups(lambda text: text)[-1]
    assert last.title == "Other" and list(last.settings) == ["new_thing"]
    monkeypatch.setattr(SettingsDialog, "_show_all", lambda *_: None)
    dialog = SettingsDialog(store)
    row = dialog.rows["new_thing"]
    assert (row.words.title, row.words.note) == ("New thing", "what it is for")
    assert isinstance(row.field, SwitchField)
    destroy(dialog)


def test_each_kind_of_field_changes_its_setting_at_once(
    dialog: SettingsDialog, store: Store
) -> None:
    theme_field = field(dialog, "theme", ChoiceField)
    theme_field.focus.setFocus()
    QTest.keyClick(theme_field.box, Qt.Key.Key_End)
    switch = field(dialog, "mouse_invert", SwitchField)
    QTest.keyClick(switch.box, Qt.Key.Key_Space)
    wheel = field(dialog, "mouse_wheel", NumberField)
    wheel.box.selectAll()
    QTest.keyClicks(wheel.box, "-2.5")
    QTest.keyClick(wheel.box, Qt.Key.Key_Return)
    steps = field(dialog, "steps", NumberField)
    QTest.keyClicks(steps.box, "40")
    QTest.keyClick(steps.box, Qt.Key.Key_Return)
    model = field(dialog, "model", TextField)
    QTest.keyClicks(model.line, "Intel/ldm3d-pano")
    QTest.keyClick(model.line, Qt.Key.Key_Return)
    size = field(dialog, "size", ChoiceField)
    QTest.keyClick(size.box, Qt.Key.Key_Down)
    now = store.settings
    assert (now.theme, now.mouse_invert, now.mouse_wheel) == ("dark", True, -2.5)
    assert (now.steps, now.model, now.size) == (40, "Intel/ldm3d-pano", (512, 256))
    assert Store(store.folder, {}).settings.steps == 40
    assert dialog.message.isHidden()


def test_back_to_default_is_there_only_for_what_was_changed(
    dialog: SettingsDialog, store: Store
) -> None:
    dialog.show_setting("steps")
    row = dialog.rows["steps"]
    assert row.reset.isHidden()
    store.change(steps=12)
    assert not row.reset.isHidden() and row.field.box.number == 12
    assert row.reset.toolTip() == "Back to default: Model's own"
    assert dialog.rows["theme"].reset.toolTip() == "Back to default: As the system"
    assert dialog.rows["inertia"].reset.toolTip() == "Back to default: on"
    QTest.mouseClick(row.reset, LEFT)
    assert store.settings.steps is None and row.field.box.text() == ""
    assert row.reset.isHidden()


def test_what_the_environment_sets_is_shown_and_cannot_be_changed(dialog: SettingsDialog) -> None:
    row = dialog.rows["inertia"]
    assert not row.field.isEnabled() and not row.field.box.isChecked()
    assert "DEPTHFUSION_INERTIA" in row.note.text()
    assert "DEPTHFUSION_INERTIA" in row.field.focus.accessibleDescription()
    assert dialog.rows["idle_turn"].field.isEnabled()


def test_what_another_process_writes_is_followed(
    dialog: SettingsDialog, store: Store, qtbot: QtBot
) -> None:
    code = "from depthfusion.settings import Store; Store().change(theme='light', steps=7)"
    heard: list[frozenset[str]] = []
    store.subscribe(lambda _, names: heard.append(names))
    environment = {"DEPTHFUSION_CONFIG": str(store.folder), "PATH": ""}
    for wanted in ("light", "dark"):
        subprocess.run(
            [sys.executable, "-c", code.replace("light", wanted)], env=environment, check=True
        )
        box = dialog.rows["theme"].field.box
        qtbot.waitUntil(lambda box=box, wanted=wanted: box.currentData() == wanted, timeout=5000)
    assert dialog.rows["steps"].field.box.number == 7
    assert heard == [frozenset({"theme", "steps"}), frozenset({"theme"})]


def test_a_file_that_cannot_be_understood_is_told_in_the_window(
    dialog: SettingsDialog, store: Store, qtbot: QtBot
) -> None:
    store.change(steps=3)
    store.path.write_text("steps = [", encoding="utf-8")
    qtbot.waitUntil(lambda: not dialog.message.isHidden(), timeout=5000)
    assert "set aside" in dialog.message.text
    assert dialog.rows["steps"].field.box.number is None


def test_what_cannot_be_written_is_told_and_the_field_goes_back(
    dialog: SettingsDialog, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from depthfusion.errors import SaveError

    def full(**_: object) -> None:
        raise SaveError("cannot write settings.toml: no space left on device")

    monkeypatch.setattr(store, "change", full)
    switch = field(dialog, "mouse_invert", SwitchField)
    QTest.keyClick(switch.box, Qt.Key.Key_Space)
    assert "no space left" in dialog.message.text
    assert not switch.box.isChecked()


def test_search_shows_what_has_the_words_in_any_group(dialog: SettingsDialog) -> None:
    def shown() -> list[str]:
        return [name for name, row in dialog.rows.items() if row.isVisible()]

    assert shown() == ["library"]
    QTest.keyClick(dialog, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(dialog.search, "ANAGLYPH")
    assert shown() == []
    dialog.search.clear()
    QTest.keyClicks(dialog.search, "cyan")
    assert shown() == ["stereo"]
    dialog.search.setText("dark")
    assert shown() == ["theme"]
    dialog.search.setText("nothing has this")
    assert shown() == [] and dialog.none.isVisible()
    dialog.list.setCurrentRow(3)
    assert dialog.search.text() == "" and "theme" in shown() and "steps" not in shown()


def test_the_wheel_scrolls_past_a_field_that_has_no_keyboard(
    dialog: SettingsDialog, store: Store
) -> None:
    wheel = field(dialog, "mouse_wheel", NumberField)
    dialog.search.setFocus()
    turn = QWheelEvent(
        QPointF(5, 5), wheel.box.mapToGlobal(QPointF(5, 5)), QPointF(0, 0).toPoint(),
        QPointF(0, 120).toPoint(), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(wheel.box, turn)
    assert store.settings.mouse_wheel == 1.0


def test_cards_are_shown_again(dialog: SettingsDialog, store: Store) -> None:
    store.change(cards_seen=("first-run", "keys"))
    names = field(dialog, "cards_seen", NamesField)
    assert names.count.text() == "2"
    QTest.mouseClick(names.button, LEFT)
    assert store.settings.cards_seen == () and not names.button.isEnabled()


# The library ---------------------------------------------------------------------------------


@pytest.fixture
def worlds(store: Store, tmp_path: Path) -> Path:
    """A library with something of ours in it."""
    folder = tmp_path / "worlds"
    (folder / ".depthfusion").mkdir(parents=True)
    store.change(library=folder)
    return folder


def press(dialog: SettingsDialog, text: str) -> None:
    [box] = dialog.findChildren(QMessageBox)
    [button] = [b for b in box.findChildren(QAbstractButton) if b.text().replace("&", "") == text]
    QTest.mouseClick(button, LEFT)
    destroy(box)


def test_another_folder_for_the_library_offers_to_take_the_worlds_along(
    dialog: SettingsDialog, store: Store, worlds: Path, tmp_path: Path
) -> None:
    asked: list[Path] = []
    dialog.move_wanted.connect(asked.append)
    folder = field(dialog, "library", FolderField)
    target = tmp_path / "other"
    folder.wanted.emit(target)
    press(dialog, "Move them")
    assert asked == [target] and store.settings.library == worlds
    folder.wanted.emit(target)
    press(dialog, "Cancel")
    assert asked == [target] and store.settings.library == worlds
    folder.wanted.emit(target)
    press(dialog, "Leave them")
    assert asked == [target] and store.settings.library == target


def test_without_worlds_or_somebody_who_moves_them_nothing_is_asked(
    dialog: SettingsDialog, store: Store, worlds: Path, tmp_path: Path
) -> None:
    folder = field(dialog, "library", FolderField)
    folder.wanted.emit(tmp_path / "a")
    assert store.settings.library == tmp_path / "a"
    dialog.move_wanted.connect(lambda _: None)
    folder.wanted.emit(tmp_path / "b")
    assert store.settings.library == tmp_path / "b"
    assert dialog.findChildren(QMessageBox) == []


def test_tab_goes_from_the_search_to_the_groups_to_the_fields(dialog: SettingsDialog) -> None:
    dialog.list.setCurrentRow(3)
    order, widget = [], dialog.search
    for _ in range(400):
        following: QWidget = widget.nextInFocusChain()
        widget = following
        if widget is dialog.search:
            break
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            order.append(widget)
    fields = [dialog.rows[name].field.focus for name in ("theme", "language", "units")]
    places = [order.index(one) for one in (dialog.list, *fields)]
    assert places == sorted(places)


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK])
def test_an_empty_box_is_seen_in_both_palettes(
    dialog: SettingsDialog, qapp: QApplication, appearance: Appearance
) -> None:
    before = qapp.property("appearance")
    theme.use_appearance(qapp, appearance)
    try:
        switch = field(dialog, "mouse_invert", SwitchField)
        qapp.processEvents()
        image = switch.box.grab().toImage()
        seen = {image.pixelColor(x, image.height() // 2).lightness() for x in range(16)}
        assert max(seen) - min(seen) > 30
    finally:
        theme.use_appearance(qapp, Appearance(before or "system"))


def test_it_can_be_closed_and_its_store_lives_on(store: Store) -> None:
    dialog = SettingsDialog(store)
    destroy(dialog)
    store.change(steps=5)  # would raise in a widget that is gone
    assert store.settings.steps == 5
