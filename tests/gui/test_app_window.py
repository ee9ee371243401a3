"""The app window: from a sentence to a kept world, by mouse and keyboard, with a tiny model."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from depthfusion.errors import SaveError
from depthfusion.generator.events import Failed, Failure
from depthfusion.generator.request import DepthRequest, Request
from depthfusion.generator.worker import NICENESS_VARIABLE
from depthfusion.gui.app_menus import app_key_columns
from depthfusion.gui.app_window import AppWindow
from depthfusion.gui.first_run_card import FirstRunCard
from depthfusion.gui.generation_queue import Job
from depthfusion.gui.keeping import Made
from depthfusion.gui.keys import key_columns
from depthfusion.gui.loading import Source
from depthfusion.gui.prompt_form import PromptForm
from depthfusion.gui.remembered import Remembered
from depthfusion.gui.session import Session
from depthfusion.library import Library
from depthfusion.panorama import Panorama
from depthfusion.view import Stereo
from tests.gui.conftest import (
    TIMEOUT_MS,
    WORKER_TEST_S,
    WORKER_TIMEOUT_MS,
    MakeApp,
    close,
    drag,
    open_and_wait,
    pixels_of,
    settle,
)

pytestmark = [pytest.mark.gui, pytest.mark.gl]
SMALL = PromptForm(size=(256, 128), steps=3)
LONG = PromptForm(size=(256, 128), steps=400)


def type_prompt(window: AppWindow, text: str) -> None:
    prompt = window.making.bar.prompt
    prompt.setFocus()
    prompt.selectAll()
    QTest.keyClicks(prompt, text)


def generate(window: AppWindow, qtbot: QtBot) -> Path:
    """Press Enter and wait until the world is in the library and on the screen."""
    with qtbot.waitSignal(window.keeper.kept, timeout=WORKER_TIMEOUT_MS) as kept:
        QTest.keyClick(window.making.bar.prompt, Qt.Key.Key_Return)
    folder = kept.args[1]
    qtbot.waitUntil(lambda: window.opener.world == folder, timeout=TIMEOUT_MS)
    settle(qtbot, window.viewport)
    return folder


def start_long(window: AppWindow, qtbot: QtBot) -> None:
    """Begin a world that takes long, and wait for its first preview in the sphere."""
    window.making.bar.set_form(LONG)
    type_prompt(window, "a cave that never ends")
    QTest.mouseClick(window.making.bar.generate_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.viewport.previewing, timeout=WORKER_TIMEOUT_MS)


def banner_says(window: AppWindow, qtbot: QtBot, words: str) -> None:
    """Wait for the banner, which may tell of a worker."""
    qtbot.waitUntil(
        lambda: window.banner.isVisible() and words in window.banner.text,
        timeout=WORKER_TIMEOUT_MS,
    )


def choose(window: AppWindow, name: str) -> None:
    """Click a button of the banner."""
    (button,) = [b for b in window.banner.buttons if b.isVisible() and b.text() == name]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.slow
@pytest.mark.timeout(WORKER_TEST_S)
def test_from_a_sentence_to_a_kept_world_and_back_after_a_restart(
    app: AppWindow, make_app: MakeApp, qtbot: QtBot
) -> None:
    assert app.making.bar.prompt.hasFocus()
    height_px = app.viewport.height()
    type_prompt(app, "a")
    qtbot.waitUntil(
        lambda: app.viewport.height() > height_px, timeout=TIMEOUT_MS
    )  # the examples are gone
    settle(qtbot, app.viewport)
    before, picture_before = app.viewport.panorama, pixels_of(app.viewport)
    start_long(app, qtbot)
    assert app.making.bar.generate_button.text() == "Add to queue"
    middle = app.viewport.rect().center()
    drag(app.viewport, middle, middle + QPoint(60, 10))
    assert app.viewport.view.yaw_deg != 0 and app.viewport.previewing
    app.viewport.change(yaw_deg=0.0, pitch_deg=0.0)
    size = app.viewport.size()
    QTest.keyClick(app, Qt.Key.Key_Escape)  # cancel
    assert app.viewport.panorama is before
    qtbot.waitUntil(lambda: app.viewport.height() > size.height())  # the row of progress is gone
    settle(qtbot, app.viewport)
    assert np.array_equal(pixels_of(app.viewport), picture_before)
    assert app.making.bar.prompt.text == "a cave that never ends"

    app.making.bar.set_form(SMALL)
    type_prompt(app, "a green hill")
    folder = generate(app, qtbot)
    assert [world.title for world in app.library.page()] == ["a green hill"]
    assert app.facts is not None and app.facts.asked("prompt") == "a green hill"
    assert folder.parent == app.library.folder
    app.viewport.change(yaw_deg=33.0, strength=0.4)
    app.opener.keep()
    type_prompt(app, "not made yet")
    close(app)

    again = make_app()
    assert again.making.bar.prompt.text == "not made yet"
    assert again.session.mapping("world")["color"] == str(folder)
    open_and_wait(qtbot, again, Source(str(folder)))
    assert again.viewport.view.yaw_deg == pytest.approx(33)
    assert again.viewport.view.strength == pytest.approx(0.4)
    assert again.opener.world == folder


@pytest.mark.slow
@pytest.mark.timeout(WORKER_TEST_S)
def test_a_killed_worker_is_told_and_the_next_try_works(app: AppWindow, qtbot: QtBot) -> None:
    start_long(app, qtbot)
    os.kill(app.making.link.pid, signal.SIGKILL)
    banner_says(app, qtbot, "All kept worlds are safe.")
    assert not app.viewport.previewing
    choose(app, "Retry")
    qtbot.waitUntil(lambda: app.viewport.previewing, timeout=WORKER_TIMEOUT_MS)
    app.making.queue.cancel()


@pytest.mark.slow
@pytest.mark.timeout(WORKER_TEST_S)
def test_a_disk_that_is_full_loses_no_world(
    app: AppWindow, make_app: MakeApp, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SaveError("cannot write: no space left on device; nothing was left there")

    with monkeypatch.context() as patch:
        patch.setattr(app.library, "add", full)
        app.making.bar.set_form(SMALL)
        type_prompt(app, "a lake")
        QTest.keyClick(app.making.bar.prompt, Qt.Key.Key_Return)
        banner_says(app, qtbot, "no space left")
        assert app.keeper.unkept == 1 and app.viewport.panorama.title == "a lake"
    with qtbot.waitSignal(app.keeper.kept, timeout=TIMEOUT_MS):
        choose(app, "Retry")
    assert [world.title for world in app.library.page()] == ["a lake"]
    assert app.keeper.unkept == 0


def test_what_could_not_be_kept_is_in_the_library_at_the_next_start(
    app: AppWindow, make_app: MakeApp, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SaveError("cannot write: no space left on device; nothing was left there")

    monkeypatch.setattr(app.library, "add", full)
    color = np.full((64, 128, 3), 90, np.uint8)
    with qtbot.waitSignal(app.keeper.failed, timeout=TIMEOUT_MS):
        app.keeper.keep(Made(Panorama(color, np.full((64, 128), 0.5, np.float32), title="saved")))
    close(app)
    again = make_app()
    qtbot.waitUntil(lambda: again.library.count() == 1, timeout=TIMEOUT_MS)
    assert again.library.page()[0].title == "saved"


def test_too_little_memory_offers_a_smaller_size(app: AppWindow, qtbot: QtBot) -> None:
    asked = Request("a plain", width=512, height=256, count=4, seed=7)
    added = []
    app.making.queue.add = lambda request, first=False: added.append((request, first))
    app.making.queue.failed.emit(Job(1, asked), Failed("not enough memory", Failure.MEMORY))
    banner_says(app, qtbot, "not enough memory")
    choose(app, "Smaller size")
    ((request, first),) = added
    assert (request.width, request.height, first) == (256, 128, True)


def test_what_was_waiting_is_offered_again(app: AppWindow, make_app: MakeApp, qtbot: QtBot) -> None:
    app.making.unfinished = lambda: [Request("left over", seed=3)]
    close(app)
    again = make_app()
    banner_says(again, qtbot, "left over")
    choose(again, "Forget")
    assert again.session.get("queue", list) == []


def test_letters_go_to_the_prompt_or_to_the_picture(app: AppWindow, qtbot: QtBot) -> None:
    bar, menus = app.making.bar, app.menus
    type_prompt(app, "hill")
    assert bar.prompt.text == "hill" and not app.library_wanted
    app.viewport.setFocus()
    QTest.keyClick(app.viewport, Qt.Key.Key_L)
    QTest.keyClick(app.viewport, Qt.Key.Key_I)
    assert app.library_panel.isVisible() and app.details.isVisible()
    QTest.keyClick(app.viewport, Qt.Key.Key_H)
    assert not app.library_panel.isVisible() and not app.details.isVisible()
    QTest.keyClick(app.viewport, Qt.Key.Key_H)
    assert menus.library.isChecked() and menus.settings.isChecked()
    QTest.keyClick(app.viewport, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert app.library_panel.header.search.hasFocus()


def test_every_action_is_in_a_menu(app: AppWindow) -> None:
    def in_menus(menu: object) -> Iterator[object]:
        for action in menu.actions():
            yield action
            if action.menu() is not None:
                yield from in_menus(action.menu())

    reached = set(map(id, in_menus(app.menuBar())))
    for action in [*app.actions(), *app.viewport.actions()]:
        assert id(action) in reached, action.text()


def test_a_world_is_favoured_deleted_and_brought_back(
    app: AppWindow, qtbot: QtBot, pictures: Path
) -> None:
    added = app.library.add(Panorama(np.zeros((64, 128, 3), np.uint8), title="dark"))
    open_and_wait(qtbot, app, Source(str(added.folder)))
    app.menus.favourite.trigger()
    qtbot.waitUntil(lambda: app.library.world(added.name).is_favourite, timeout=TIMEOUT_MS)
    app.viewport.setFocus()
    QTest.keyClick(app.viewport, Qt.Key.Key_Delete)
    qtbot.waitUntil(
        lambda: app.toast.isVisible() and app.toast.text == "Deleted", timeout=TIMEOUT_MS
    )
    assert app.library.count() == 0
    QTest.keyClick(app.viewport, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: app.library.count() == 1, timeout=TIMEOUT_MS)
    assert app.viewport.panorama.title == "dark"


def test_use_these_fills_the_form_and_ctrl_z_takes_it_back(app: AppWindow, qtbot: QtBot) -> None:
    type_prompt(app, "what I wrote")
    app._use_recipe({"prompt": "a stored one", "seed": 5, "steps": 9, "width": 512, "height": 256})
    form = app.making.bar.form
    assert (form.prompt, form.seed, form.steps, form.size) == ("a stored one", 5, 9, (512, 256))
    assert app.making.bar.prompt.hasFocus()
    QTest.keyClick(app.making.bar.prompt, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert app.making.bar.prompt.text == "what I wrote"


def test_full_screen_shows_nothing_but_the_picture(app: AppWindow, qtbot: QtBot) -> None:
    app.menus.library.setChecked(True)
    app.toggle_full_screen()
    qtbot.waitUntil(app.isFullScreen, timeout=TIMEOUT_MS)
    assert not any(
        part.isVisible() for part in (app.line, app._bottom, app.library_panel, app.menuBar())
    )
    QTest.keyClick(app.viewport, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not app.isFullScreen(), timeout=TIMEOUT_MS)
    assert app.line.isVisible() and app.library_panel.isVisible()


KILLED = """
import os, sys, signal
from PySide6.QtCore import QTimer
from depthfusion.gui import app_window
dress = app_window.AppWindow.dress

def type_and_generate(window):
    window.making.bar.prompt.setFocus()
    window.making.bar.prompt.insertPlainText("a cave that never ends")
    window.making.bar.generate()
    window.making.bar.prompt.set_text("the sentence after it")
    window.making.queue.previewed.connect(
        lambda *_: QTimer.singleShot(1000, lambda: os.kill(os.getpid(), signal.SIGKILL))
    )

def dressed(window):
    dress(window)
    QTimer.singleShot(500, lambda: type_and_generate(window))

app_window.AppWindow.dress = dressed
from depthfusion.cli import main
main(sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.timeout(WORKER_TEST_S)
def test_kill_9_in_the_middle_loses_neither_prompt_nor_queue_nor_worlds(
    tmp_path: Path, tiny_folder: Path
) -> None:
    homes = {f"XDG_{n}_HOME": str(tmp_path / n) for n in ("CONFIG", "DATA", "STATE", "CACHE")}
    library = Library(tmp_path / "worlds", indexes=tmp_path / "indexes")
    library.add(Panorama(np.zeros((64, 128, 3), np.uint8), title="kept before"))
    result = subprocess.run(
        [sys.executable, "-c", KILLED, "--model", str(tiny_folder)],
        env={
            **os.environ,
            **homes,
            "DEPTHFUSION_LIBRARY": str(tmp_path / "worlds"),
            "DEPTHFUSION_SIZE": "256x128",
            "DEPTHFUSION_STEPS": "400",
            "HF_HUB_OFFLINE": "1",
            NICENESS_VARIABLE: "0",
        },
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == -signal.SIGKILL, result.stderr.decode()
    session = Session(tmp_path / "STATE" / "depthfusion")
    assert session.mapping("form")["prompt"] == "the sentence after it"
    assert session.get("history", list) == ["a cave that never ends"]
    assert [r["prompt"] for r in session.get("queue", list)] == ["a cave that never ends"]
    assert [c.problems for c in library.checking()] == [()]
    library.close()


def test_the_apps_keys_are_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "app.md").read_text(encoding="utf-8")
    common = {tuple(row) for column in key_columns(str) for _, rows in column for row in rows}
    for column in app_key_columns(str):
        for _, rows in column:
            for keys, meaning in rows:
                assert (keys, meaning) in common or f"| {keys} | {meaning} |" in text


def test_a_first_picture_that_is_broken_is_told_beside_a_bundled_world(
    make_app: MakeApp, qtbot: QtBot, pictures: Path
) -> None:
    window = make_app()
    with qtbot.waitSignal(window.viewport.finished, timeout=TIMEOUT_MS):
        window.opener.open(Source(str(pictures / "broken.png")))
    assert window.opener.is_bundled
    assert window.banner.isVisible() and "broken.png" in window.banner.text


def test_several_files_dropped_are_taken_into_the_library(
    app: AppWindow, qtbot: QtBot, pictures: Path
) -> None:
    app.open_files([str(pictures / name) for name in ("scene.png", "hills.jpg", "lonely.png")])
    qtbot.waitUntil(lambda: app.library.count() == 3, timeout=TIMEOUT_MS)
    qtbot.waitUntil(app.toast.isVisible, timeout=TIMEOUT_MS)
    app.toast.button.click()
    assert app.library_panel.isVisible()


def test_a_later_start_brings_its_files_here(app: AppWindow, qtbot: QtBot, pictures: Path) -> None:
    with qtbot.waitSignal(app.viewport.finished, timeout=TIMEOUT_MS):
        app.be_asked([str(pictures / "hills.jpg")], "")
    assert app.opener.source.color.endswith("hills.jpg")


def test_flat_pictures_offer_to_have_their_depth_estimated(
    app: AppWindow, qtbot: QtBot, pictures: Path
) -> None:
    asked = []
    app.making.queue.add = asked.append
    app.estimate_depth()
    assert asked == []  # it has a depth map
    open_and_wait(qtbot, app, Source(str(pictures / "lonely.png")))
    app.menus.settings.setChecked(True)
    app.details.depth_wanted.emit()
    assert [request.path for request in asked] == [str(pictures / "lonely.png")]


def test_a_drive_that_vanished_is_told_and_the_world_can_be_kept_elsewhere(
    app: AppWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    world = Panorama(np.zeros((64, 128, 3), np.uint8), title="on the drive")
    app.library.add(world)
    shutil.rmtree(app.library.folder)
    made = Made(Panorama(np.zeros((64, 128, 3), np.uint8), title="after it"))
    app.keeper.keep(made)
    banner_says(app, qtbot, "plug in its drive")
    assert [b.text() for b in app.banner.buttons if b.isVisible()] == ["Retry", "Keep elsewhere…"]
    with qtbot.waitSignal(app.keeper.kept, timeout=TIMEOUT_MS) as kept:
        app.keeper.keep(made, tmp_path / "elsewhere")
    assert (kept.args[1] / "color.png").is_file() and app.keeper.unkept == 0
    assert not app.library.folder.exists()


def test_a_missing_depth_network_is_offered_with_its_licence(app: AppWindow, qtbot: QtBot) -> None:
    job = Job(1, DepthRequest(path="flat.png"))
    qtbot.waitUntil(lambda: app._desk is not None, timeout=TIMEOUT_MS)
    app.making.queue.failed.emit(job, Failed("want Intel/dpt-large, it is not here", Failure.MODEL))
    banner_says(app, qtbot, "dpt-large")
    choose(app, "Get it…")
    assert app._models.isVisible() and app._models.offer.model == "Intel/dpt-large"


def test_an_estimate_that_was_not_finished_is_offered_again(
    app: AppWindow, make_app: MakeApp, qtbot: QtBot
) -> None:
    app.making.queue._waiting.append(Job(1, DepthRequest(path="/pictures/flat.png")))
    close(app)
    again = make_app()
    banner_says(again, qtbot, "The depth of flat.png was not finished")
    added = []
    again.making.queue.add = added.append
    choose(again, "Make now")
    assert added == [DepthRequest(path="/pictures/flat.png")]


def test_menu_choices_are_on_the_disk_at_once(app: AppWindow, qtbot: QtBot, tmp_path: Path) -> None:
    app.menus.view_actions.sway.trigger()
    app.viewport.change(stereo=Stereo.ANAGLYPH)

    def stored() -> bool:
        settings = Remembered(tmp_path / "state").store.settings
        return settings.idle_sway and settings.stereo == Stereo.ANAGLYPH

    qtbot.waitUntil(stored, timeout=TIMEOUT_MS)


def test_a_notice_leaves_the_first_steps_readable(app: AppWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: app._desk is not None, timeout=TIMEOUT_MS)
    app.notify("a notice that is long enough to reach over the card at the left", "Undo")
    card = FirstRunCard(app.viewport, app._desk, "Intel/ldm3d-pano")
    card.present()
    assert not app.toast.geometry().intersects(card.geometry())
    app.notify("another")
    assert not app.toast.geometry().intersects(card.geometry())
    card.hide()
    app.notify("another")
    assert app.viewport.height() - app.toast.geometry().bottom() < 60
