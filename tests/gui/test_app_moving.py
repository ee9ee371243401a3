"""The app window takes its library to another folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from depthfusion.gui.app_window import AppWindow
from depthfusion.gui.keeping import Made
from depthfusion.gui.loading import Source
from depthfusion.panorama import Panorama
from tests.gui.conftest import TIMEOUT_MS, MakeApp, close, open_and_wait

pytestmark = [pytest.mark.gui, pytest.mark.gl]


def world(title: str) -> Panorama:
    return Panorama(np.full((64, 128, 3), 90, np.uint8), title=title)


def titles(window: AppWindow) -> set[str]:
    return {found.title for found in window.library.page()}


def is_at(window: AppWindow, folder: Path) -> bool:
    return window.opener.remembered.store.settings.library == folder


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
    app: AppWindow, make_app: MakeApp, qtbot: QtBot, tmp_path: Path
) -> None:
    for title in ("a bay", "a cave", "a dune"):
        app.library.add(world(title))
    there = tmp_path / "there"
    app.move_library(there)
    close(app)  # stops after the world at hand
    assert 1 <= len([f for f in there.iterdir() if (f / "world.json").exists()]) < 3
    again = make_app()
    qtbot.waitUntil(
        lambda: again.banner.isVisible() and "the others are still here" in again.banner.text,
        timeout=TIMEOUT_MS,
    )
    again.banner.buttons[0].click()
    qtbot.waitUntil(lambda: is_at(again, there), timeout=TIMEOUT_MS)
    qtbot.waitUntil(lambda: len(titles(again)) == 3 or again.library.scan() is None, timeout=9000)
    assert again.session.get("moving", str) == ""


def test_a_place_inside_the_library_is_refused_and_nothing_changes(
    app: AppWindow, qtbot: QtBot
) -> None:
    app.library.add(world("a bay"))
    app.move_library(app.library.folder / "inside")
    qtbot.waitUntil(app.banner.isVisible, timeout=TIMEOUT_MS)
    assert "want a folder outside of" in app.banner.text
    assert titles(app) == {"a bay"}
