"""The app window takes its library to another folder."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from depthfusion.gui.app_window import AppWindow
from depthfusion.gui.keeping import Made
from depthfusion.gui.library_move import LibraryMove, MoveNote
from depthfusion.gui.loading import Source
from depthfusion.library import moving
from depthfusion.panorama import Panorama
from tests.gui.conftest import TIMEOUT_MS, MakeApp, close, open_and_wait

pytestmark = [pytest.mark.gui, pytest.mark.gl]


def world(title: str) -> Panorama:
    return Panorama(np.full((64, 128, 3), 90, np.uint8), title=title)


def titles(window: AppWindow) -> set[str]:
    return {found.title for found in window.library.page()}


def is_at(window: AppWindow, folder: Path) -> bool:
    return window.opener.remembered.store.settings.library == folder


class Gate:
    """Holds each world that has arrived until it is opened; at the old place, all else is done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.arrived, self.opened = threading.Event(), threading.Event()
        self.seen: list[Path | None] = []
        real: Callable[[Path, Path, Path], Path] = moving._move

        def held(library: Path, world: Path, wanted: Path) -> Path:
            self.before(library)
            place = real(library, world, wanted)
            self.arrived.set()
            assert self.opened.wait(TIMEOUT_MS / 1000)
            return place

        monkeypatch.setattr(moving, "_move", held)

    def before(self, library: Path) -> None:
        """Do something before a world moves."""


@pytest.fixture
def gate(app: AppWindow, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate(monkeypatch)
    yield gate
    gate.opened.set()


def note(window: AppWindow) -> MoveNote:
    return MoveNote(window.session.folder)


def test_everything_goes_on_at_the_new_place(
    app: AppWindow, make_app: MakeApp, qtbot: QtBot, tmp_path: Path
) -> None:
    first = app.library.add(world("first"))
    app.library.add(world("second"))
    open_and_wait(qtbot, app, Source(str(first.folder)))
    app.menus.library.setChecked(True)
    there = tmp_path / "elsewhere" / "worlds"
    app.move_library(there)
    app.keeper.keep(Made(world("kept meanwhile")))
    qtbot.waitUntil(lambda: is_at(app, there), timeout=TIMEOUT_MS)
    qtbot.waitUntil(lambda: len(titles(app)) == 3, timeout=TIMEOUT_MS)
    assert app.library.folder == there and (there / first.name / "color.png").is_file()
    assert app.opener.world == there / first.name
    assert app.library_panel.library is app.library and app.library_panel.isVisible()
    assert not (tmp_path / "library" / first.name).exists()
    app.menus.favourite.trigger()
    qtbot.waitUntil(lambda: app.library.world(first.name).is_favourite, timeout=TIMEOUT_MS)


def test_the_settings_ask_and_the_library_moves(
    app: AppWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    app.opener.remembered.store.change(library=app.library.folder)
    app.library.add(world("a bay"))
    app.show_app_settings()
    dialog, there = app._settings_dialog, tmp_path / "there"
    dialog.rows["library"].field.wanted.emit(there)
    (box,) = dialog.findChildren(QMessageBox)
    (move,) = [button for button in box.buttons() if button.text() == "Move them"]
    move.click()
    qtbot.waitUntil(lambda: is_at(app, there), timeout=TIMEOUT_MS)
    assert titles(app) == {"a bay"} and app.library.folder == there
    assert "The library is in" in app.toast.text


def test_another_library_is_used_at_once(app: AppWindow, qtbot: QtBot, tmp_path: Path) -> None:
    stays = app.library.add(world("stays")).folder
    app.menus.library.setChecked(True)
    there = tmp_path / "other"
    app.opener.remembered.store.change(library=there)
    qtbot.waitUntil(lambda: app.library.folder == there, timeout=TIMEOUT_MS)
    assert titles(app) == set() and stays.is_dir()
    with qtbot.waitSignal(app.keeper.kept, timeout=TIMEOUT_MS) as kept:
        app.keeper.keep(Made(world("new")))
    assert kept.args[1].parent == there
    qtbot.waitUntil(lambda: app.library_panel.model.rowCount() == 1, timeout=TIMEOUT_MS)


def test_a_move_that_was_stopped_is_offered_to_go_on(
    app: AppWindow,
    make_app: MakeApp,
    qtbot: QtBot,
    tmp_path: Path,
    gate: Gate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop = LibraryMove.stop

    def stopped(move: LibraryMove) -> None:
        stop(move)
        gate.opened.set()

    monkeypatch.setattr(LibraryMove, "stop", stopped)
    for title in ("a bay", "a cave", "a dune"):
        app.library.add(world(title))
    there = tmp_path / "there"
    app.move_library(there)
    close(app)  # stops after the world at hand
    assert len([f for f in there.iterdir() if (f / "world.json").exists()]) == 1
    again = make_app()
    qtbot.waitUntil(
        lambda: again.banner.isVisible() and "the others are still here" in again.banner.text,
        timeout=TIMEOUT_MS,
    )
    again.banner.buttons[0].click()
    qtbot.waitUntil(lambda: is_at(again, there), timeout=TIMEOUT_MS)
    qtbot.waitUntil(lambda: len(titles(again)) == 3 or again.library.scan() is None, timeout=9000)
    assert not (again.session.folder / "moving.json").exists()


def test_a_place_inside_the_library_is_refused_and_nothing_changes(
    app: AppWindow, make_app: MakeApp, qtbot: QtBot
) -> None:
    app.library.add(world("a bay"))
    app.move_library(app.library.folder / "inside")
    qtbot.waitUntil(app.banner.isVisible, timeout=TIMEOUT_MS)
    assert "want a folder outside of" in app.banner.text
    assert titles(app) == {"a bay"}
    assert note(app).target(app.library.folder) is None
    close(app)
    again = make_app()
    assert not again.banner.isVisible() and again.session.get("moving", str, "") == ""


def test_what_goes_wrong_unexpectedly_ends_the_move_as_well(
    app: AppWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> Path:
        raise RuntimeError("not thought of")

    app.library.add(world("a bay"))
    with monkeypatch.context() as patch:
        patch.setattr(moving, "_move", fails)
        app.move_library(tmp_path / "there")
        qtbot.waitUntil(app.banner.isVisible, timeout=TIMEOUT_MS)
    assert "unexpected RuntimeError: not thought of" in app.banner.text
    assert note(app).target(app.library.folder) is None
    app.banner.buttons[0].click()
    qtbot.waitUntil(lambda: is_at(app, tmp_path / "there"), timeout=TIMEOUT_MS)


def test_a_move_is_noted_before_the_first_world_goes_even_in_a_second_window(
    app: AppWindow, qtbot: QtBot, tmp_path: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.session.keeps = False
    app.library.add(world("a bay"))
    here, there = app.library.folder, tmp_path / "there"
    monkeypatch.setattr(gate, "before", lambda library: gate.seen.append(note(app).target(library)))
    gate.opened.set()
    app.move_library(there)
    qtbot.waitUntil(lambda: is_at(app, there), timeout=TIMEOUT_MS)
    assert gate.seen == [there]
    qtbot.waitUntil(lambda: note(app).target(here) is None, timeout=TIMEOUT_MS)


def test_a_refused_move_leaves_the_note_of_the_one_before(
    app: AppWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    app.library.add(world("a bay"))
    here = app.library.folder
    note(app).write(here, tmp_path / "there")
    app.move_library(here / "inside")
    qtbot.waitUntil(app.banner.isVisible, timeout=TIMEOUT_MS)
    assert note(app).target(here) == tmp_path / "there"


def test_nothing_is_imported_while_the_library_moves(
    app: AppWindow, qtbot: QtBot, tmp_path: Path, pictures: Path, gate: Gate
) -> None:
    app.library.add(world("a bay"))
    app.move_library(tmp_path / "there")
    app.import_files([str(pictures / "lonely.png")])
    assert app.banner.text == "want to import: wait until the library has moved"
    gate.opened.set()
    qtbot.waitUntil(lambda: is_at(app, tmp_path / "there"), timeout=TIMEOUT_MS)
    assert titles(app) == {"a bay"}


def test_the_open_world_stays_itself_where_its_name_was_taken(
    app: AppWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    mine, there = app.library.add(world("a bay")).folder, tmp_path / "there"
    done = threading.Event()
    other = there / mine.name
    shutil.copytree(mine, other)
    (other / "mine.txt").touch()
    open_and_wait(qtbot, app, Source(str(mine)))
    app.move_library(there)
    app.delete_world()  # asked for before the move, done after it: before the window knows of it
    app.keeper.run("waited", done.set)
    assert done.wait(TIMEOUT_MS / 1000)
    qtbot.waitUntil(lambda: is_at(app, there), timeout=TIMEOUT_MS)
    qtbot.waitUntil(lambda: bool(app._undos), timeout=TIMEOUT_MS)
    assert other.is_dir() and not (there / f"{mine.name}-2").exists()
    app.undo_delete()
    qtbot.waitUntil((there / f"{mine.name}-2").is_dir, timeout=TIMEOUT_MS)
    assert app.opener.world == there / f"{mine.name}-2"


def test_another_library_with_a_world_of_the_same_name_leaves_the_open_one_alone(
    app: AppWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    mine, there = app.library.add(world("a bay")).folder, tmp_path / "there"
    shutil.copytree(mine, there / mine.name)
    open_and_wait(qtbot, app, Source(str(mine)))
    app.opener.remembered.store.change(library=there)
    app.delete_world()
    qtbot.waitUntil(lambda: app.library.folder == there, timeout=TIMEOUT_MS)
    qtbot.waitUntil(lambda: "it is not in" in app.banner.text, timeout=TIMEOUT_MS)
    assert (there / mine.name).is_dir() and mine.is_dir() and app.opener.world is None


def test_what_is_done_to_the_open_world_during_a_move_is_kept_at_the_new_place(
    app: AppWindow, qtbot: QtBot, tmp_path: Path, gate: Gate
) -> None:
    name, there = app.library.add(world("a bay")).name, tmp_path / "there"
    open_and_wait(qtbot, app, Source(str(app.library.folder / name)))
    app.move_library(there)
    app.viewport.view = replace(app.viewport.view, fov_deg=50.0)
    app._keep_view(app.library.folder / name, {"fov_deg": 40.0})
    assert gate.arrived.wait(TIMEOUT_MS / 1000)
    app.delete_world()
    assert app.banner.text == "want to change a world: wait until the library has moved"
    gate.opened.set()
    qtbot.waitUntil(lambda: is_at(app, there), timeout=TIMEOUT_MS)
    qtbot.waitUntil(lambda: "view" in app.library.about(name), timeout=TIMEOUT_MS)
    assert app.library.about(name)["view"] == {"fov_deg": 40.0}
    app.opener.keep()
    qtbot.waitUntil(
        lambda: app.library.about(name)["view"].get("fov_deg") == 50.0, timeout=TIMEOUT_MS
    )


def test_worlds_in_the_panel_wait_until_the_library_has_moved(
    app: AppWindow, qtbot: QtBot, tmp_path: Path, gate: Gate
) -> None:
    app.library.add(world("a bay"))
    there, wait = tmp_path / "there", "want to change a world: wait until the library has moved"
    app.menus.library.setChecked(True)
    panel = app.library_panel
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1, timeout=TIMEOUT_MS)
    panel.list.setCurrentIndex(panel.model.index(0))
    menu = panel.doing.menu(panel)  # it was open before the move began
    app.move_library(there)
    assert gate.arrived.wait(TIMEOUT_MS / 1000)
    delete = next(action for action in menu.actions() if action.text().startswith("Delete"))
    for action in (delete.trigger, panel.toggle_favourite, panel.rename_selected):
        app.banner.dismiss()
        action()
        assert app.banner.isVisible() and app.banner.text == wait
    app._undos.append(panel.undo_delete)
    app.undo_delete()
    assert app.banner.text == wait and len(app._undos) == 1
    assert panel.model.rowCount() == 1 and not panel.list.isEnabled()
    gate.opened.set()
    qtbot.waitUntil(lambda: is_at(app, there), timeout=TIMEOUT_MS)
    panel = app.library_panel
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1, timeout=TIMEOUT_MS)
    panel.list.setCurrentIndex(panel.model.index(0))
    panel.toggle_favourite()
    qtbot.waitUntil(lambda: app.library.page()[0].is_favourite, timeout=TIMEOUT_MS)


def test_a_panel_that_is_opened_during_a_move_waits_as_well(
    app: AppWindow, qtbot: QtBot, tmp_path: Path, gate: Gate
) -> None:
    app.library.add(world("a bay"))
    there = tmp_path / "there"
    app.move_library(there)
    assert gate.arrived.wait(TIMEOUT_MS / 1000)
    app.menus.library.setChecked(True)
    assert app.library_panel.doing.is_held and not app.library_panel.list.isEnabled()
    assert app.library_panel.foot.text
    gate.opened.set()
    qtbot.waitUntil(lambda: is_at(app, there), timeout=TIMEOUT_MS)
    assert not app.library_panel.doing.is_held and app.library_panel.list.isEnabled()
