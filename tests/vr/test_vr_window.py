"""The window and its headset: what goes over, what comes back, what the person sees."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from depthfusion.gui.headset_desk import HeadsetDesk
from depthfusion.gui.headset_finder import HeadsetFinder
from depthfusion.gui.loading import Source
from depthfusion.gui.viewer_window import ViewerWindow
from depthfusion.headset.probe import HeadsetReport
from depthfusion.view import View
from depthfusion.vr.messages import Begin, Ended, Ready, ViewSteered, Wish
from tests.gui.conftest import (  # noqa: F401  # fixtures
    TIMEOUT_MS,
    MakeWindow,
    make_window,
    open_and_wait,
    pictures,
    remembered,
)
from tests.headset.conftest import runtime_folder  # noqa: F401  # a fixture
from tests.headset.simulated.simulated_runtime import environment

pytestmark = [pytest.mark.gui, pytest.mark.gl]
HERE = HeadsetReport(is_installed=True, has_headset=True, name="Index")
NONE = HeadsetReport(is_installed=True, problem="want SteamVR, found none: install it")


class FakeLink(QObject):
    """A `HeadsetLink` without a process."""

    ready, shown, told = Signal(object), Signal(int), Signal(str)
    complained, wished = Signal(str), Signal(object)
    steered, ended = Signal(object), Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.is_active = False
        self.began: list[Begin] = []
        self.worlds: list[tuple[Any, ...]] = []
        self.views: list[View] = []
        self.words: list[str] = []
        self.is_shut_down = False

    def start(self, begin: Begin) -> None:
        self.is_active = True
        self.began.append(begin)

    def show_world(self, *world: Any) -> int:
        self.worlds.append(world)
        return len(self.worlds)

    def change_view(self, view: View) -> None:
        self.views.append(view)

    def tell(self, words: str, fraction: float | None = None) -> None:
        self.words.append(words)

    def leave(self) -> None:
        self.end(Ended(""))

    def end(self, ended: Ended) -> None:
        self.is_active = False
        self.ended.emit(ended)

    def shut_down(self) -> None:
        self.is_shut_down = True


def with_headset(window: ViewerWindow, report: HeadsetReport = HERE) -> tuple[HeadsetDesk, Any]:
    """Give a window a pretended headset."""
    assert window.headset is not None
    window.headset.shut_down()
    link: Any = FakeLink()
    desk = HeadsetDesk(window, link, HeadsetFinder(look=lambda: report))
    window.headset = desk
    desk.changed.connect(window._headset_changed)
    desk.finder.look()
    end_s = time.monotonic() + TIMEOUT_MS / 1000
    while desk.finder.report is None and time.monotonic() < end_s:
        QTest.qWait(5)
    return desk, link


@pytest.fixture
def window(
    make_window: MakeWindow,  # noqa: F811
    pictures: Path,  # noqa: F811
    qtbot: QtBot,
) -> ViewerWindow:
    window = make_window()
    open_and_wait(qtbot, window, Source(str(pictures / "scene.png")))
    return window


def test_without_a_headset_the_button_tells_why(window: ViewerWindow) -> None:
    with_headset(window, NONE)
    action = window.menus.headset
    assert not action.isEnabled()
    assert action.toolTip() == NONE.problem


def test_nobody_looks_for_a_headset_while_the_window_starts(window: ViewerWindow) -> None:
    assert window.headset.finder.report is None
    assert not window.menus.headset.isEnabled()
    assert window.menus.headset.toolTip()


def test_a_look_that_takes_its_time_ends_with_the_window_or_is_left_behind(
    window: ViewerWindow,
) -> None:
    go_on = threading.Event()

    def look() -> HeadsetReport:
        go_on.wait(10)
        return HERE

    finder = HeadsetFinder(window, look)
    finder.look()
    threading.Timer(0.2, go_on.set).start()
    finder.shut_down()
    assert go_on.is_set()
    QTest.qWait(20)
    assert finder.report is None  # nobody wants to hear it any more


def test_v_takes_what_is_open_into_the_headset(window: ViewerWindow, pictures: Path) -> None:  # noqa: F811
    desk, link = with_headset(window)
    assert window.menus.headset.isEnabled()
    window.viewport.setFocus()
    QTest.keyClick(window.viewport, Qt.Key.Key_V)
    assert link.began == [Begin()]
    [(color, depth, _options, view, title)] = link.worlds
    assert color == str(pictures / "scene.png")
    assert depth is None or depth.endswith("scene_depth.png")
    assert view == window.viewport.view
    assert title
    assert desk.card.isVisible()
    assert "Leave" in window.menus.headset.text()


def test_the_card_tells_who_is_in_and_what_is_the_matter(window: ViewerWindow) -> None:
    desk, link = with_headset(window)
    desk.enter()
    assert "Starting" in desk.card.title
    link.ready.emit(Ready("Index", "SteamVR", 90.0, (2016, 2240)))
    link.told.emit("The headset was taken off")
    assert desk.card.title == "In the headset: Index"
    assert desk.card.words == "The headset was taken off"
    QTest.mouseClick(desk.card.button, Qt.MouseButton.LeftButton)
    assert not link.is_active
    assert not desk.card.isVisible()


def test_escape_leaves_the_full_screen_first_and_then_the_headset(window: ViewerWindow) -> None:
    desk, link = with_headset(window)
    desk.enter()
    window.toggle_full_screen()
    window.leave()
    assert link.is_active
    window.leave()
    assert not link.is_active


def test_a_world_opened_meanwhile_goes_over(
    window: ViewerWindow,
    pictures: Path,  # noqa: F811
    qtbot: QtBot,
) -> None:
    desk, link = with_headset(window)
    desk.enter()
    open_and_wait(qtbot, window, Source(str(pictures / "hills.jpg")))
    assert [Path(world[0]).name for world in link.worlds] == ["scene.png", "hills.jpg"]


def test_the_wearer_walks_through_the_folder(window: ViewerWindow, qtbot: QtBot) -> None:
    desk, link = with_headset(window)
    desk.enter()
    for wish in (Wish.PREVIOUS, Wish.NEXT):
        with qtbot.waitSignal(window.opener.opened, timeout=TIMEOUT_MS):
            link.wished.emit(wish)
    names = [Path(world[0]).name for world in link.worlds]
    assert names == ["scene.png", "lonely.png", "scene.png"]


def test_the_wearer_hears_of_a_broken_picture_and_walks_past_it(
    window: ViewerWindow, qtbot: QtBot
) -> None:
    desk, link = with_headset(window)
    desk.enter()
    with qtbot.waitSignal(window.opener.failed, timeout=TIMEOUT_MS):
        link.wished.emit(Wish.NEXT)  # broken.png
    assert any("broken.png" in words for words in link.words)
    with qtbot.waitSignal(window.opener.opened, timeout=TIMEOUT_MS):
        link.wished.emit(Wish.NEXT)
    assert [Path(world[0]).name for world in link.worlds] == ["scene.png", "hills.jpg"]


def test_what_the_sticks_do_is_followed_and_not_sent_back(window: ViewerWindow) -> None:
    desk, link = with_headset(window)
    desk.enter()
    link.steered.emit(ViewSteered(0.4, 1.5))
    QTest.qWait(200)
    assert window.viewport.view.strength == 0.4
    assert window.viewport.view.world_scale == 1.5
    assert link.views == []


def test_sliders_at_the_desktop_reach_the_headset(window: ViewerWindow, qtbot: QtBot) -> None:
    desk, link = with_headset(window)
    desk.enter()
    window.viewport.change(yaw_deg=50.0)
    for strength in (0.5, 0.4, 0.3):
        window.viewport.change(strength=strength)
    qtbot.waitUntil(lambda: bool(link.views), timeout=TIMEOUT_MS)
    assert [view.strength for view in link.views] == [0.3]


def test_an_end_that_was_nobodys_wish_is_told_and_the_window_goes_on(
    window: ViewerWindow,
) -> None:
    desk, link = with_headset(window)
    desk.enter()
    link.end(Ended("the headset's runtime crashed: restart SteamVR", is_fault=True))
    assert "crashed" in window.banner.text
    assert not desk.card.isVisible()
    desk.enter()
    assert len(link.began) == 2
    assert len(link.worlds) == 2


def test_a_quit_from_the_headset_is_a_passing_notice(window: ViewerWindow) -> None:
    desk, link = with_headset(window)
    desk.enter()
    link.end(Ended("The headset's runtime ended the session"))
    assert "ended the session" in window.toast.text
    assert not window.banner.isVisible()


def test_a_world_that_cannot_be_shown_there_is_told_here(window: ViewerWindow) -> None:
    desk, link = with_headset(window)
    desk.enter()
    link.complained.emit("not enough memory to open scene.png")
    assert "not enough memory" in window.banner.text


def test_closing_the_window_ends_the_session(window: ViewerWindow) -> None:
    desk, link = with_headset(window)
    desk.enter()
    window.close()
    assert link.is_shut_down


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the runtime is for Linux")
def test_view_vr_shows_the_world_there_and_outlives_the_runtimes_quit(
    runtime_folder: Path,  # noqa: F811
    pictures: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    script, log = tmp_path / "script", tmp_path / "log"
    eyes = tmp_path / "eyes"
    eyes.mkdir()
    script.write_text(f"size 96 104\npace 1\ncapture 1\nat 250 captures_to {eyes}\nat 560 quit\n")
    command = [sys.executable, "-m", "depthfusion", "view", str(pictures / "scene.png"), "--vr"]
    process = subprocess.Popen(
        [*command, "--mirror", "none"],
        env={**os.environ, **environment(runtime_folder, script, log), "LP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        end_s = time.monotonic() + 60
        while not (log.exists() and log.read_text().endswith("acknowledge-quit\ncleanup\n")):
            assert time.monotonic() < end_s
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(1.0)
        assert process.poll() is None  # the desktop goes on
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "acknowledge-quit" in log.read_text()
    from PIL import Image

    last = max(eyes.glob("*-left.ppm"))
    for path in (last, Path(str(last).replace("left", "right"))):
        low, high = Image.open(path).convert("L").crop((10, 10, 86, 40)).getextrema()
        assert high > 90
        assert low < high
