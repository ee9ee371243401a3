"""The app's headset: the library under the wearer's thumbs, and worlds made again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from depthfusion.generator.events import Failed
from depthfusion.generator.request import Request
from depthfusion.gui.app_headset import AppHeadsetDesk
from depthfusion.gui.app_window import FIRST_STEPS, AppWindow
from depthfusion.gui.generation_queue import Job
from depthfusion.gui.headset_finder import HeadsetFinder
from depthfusion.gui.keeping import Made
from depthfusion.gui.loading import Source
from depthfusion.gui.making import Making
from depthfusion.gui.prompt_form import PromptForm
from depthfusion.gui.remembered import Remembered
from depthfusion.gui.session import Session
from depthfusion.library import Library
from depthfusion.panorama import Panorama, Provenance
from depthfusion.vr.messages import Wish
from tests.gui.conftest import TIMEOUT_MS, destroy
from tests.vr.test_vr_window import HERE, FakeLink

pytestmark = [pytest.mark.gui, pytest.mark.gl]


def world(title: str, **generation: object) -> Panorama:
    color = np.full((32, 64, 3), len(title) * 9, np.uint8)
    color[:16] = 200
    depth = np.tile(np.linspace(0, 1, 32, dtype=np.float32)[:, None], (1, 64))
    return Panorama(
        color, depth, title=title, provenance=Provenance(generation={"prompt": title, **generation})
    )


@pytest.fixture
def app(
    qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[AppWindow, AppHeadsetDesk, FakeLink]]:
    """The app window with three worlds in its library and a pretended headset; no generator."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(Making, "warm_up", lambda self: None)
    remembered = Remembered(tmp_path / "state")
    remembered.store.change(cards_seen=[FIRST_STEPS])
    library = Library(tmp_path / "library", indexes=tmp_path / "indexes")
    for title in ("first", "second", "third"):
        library.add(world(title))
    window = AppWindow(remembered, library, Session(tmp_path / "state"))
    window.viewport.motion.reduced = True
    window.dress()
    window.resize(900, 640)
    window.show()
    assert QTest.qWaitForWindowExposed(window, TIMEOUT_MS)
    window.headset.shut_down()
    link = FakeLink()
    desk = AppHeadsetDesk(window, link, HeadsetFinder(look=lambda: HERE))
    window.headset = desk
    yield window, desk, link
    window.close()
    window.viewport.shut_down()
    destroy(window)


def titles(link: FakeLink) -> list[str]:
    return [shown[4] for shown in link.worlds]


def test_the_wearer_walks_the_library_in_its_order_round_and_round(app, qtbot: QtBot) -> None:
    window, desk, link = app
    desk.enter()
    names = window.library.names()
    for wish in (Wish.NEXT, Wish.NEXT, Wish.NEXT, Wish.NEXT, Wish.PREVIOUS):
        count = len(link.worlds)
        link.wished.emit(wish)
        qtbot.waitUntil(lambda c=count: len(link.worlds) > c, timeout=TIMEOUT_MS)
    walked = [Path(shown[0]).parent.name for shown in link.worlds]
    assert walked == [names[0], names[1], names[2], names[0], names[2]]


def test_the_walk_follows_what_was_searched_for(app, qtbot: QtBot) -> None:
    window, desk, link = app
    desk.enter()
    window.show_library(True)
    window.library_panel.header.search.setText("second")
    qtbot.waitUntil(lambda: window.library_panel.header.query.text == "second", timeout=TIMEOUT_MS)
    link.wished.emit(Wish.NEXT)
    qtbot.waitUntil(lambda: bool(link.worlds), timeout=TIMEOUT_MS)
    assert titles(link) == ["second"]


def test_a_world_that_was_just_made_goes_over_as_soon_as_it_is_kept(app, qtbot: QtBot) -> None:
    window, desk, link = app
    desk.enter()
    made = world("a new one")
    with qtbot.waitSignal(window.opener.opened, timeout=TIMEOUT_MS):
        window.opener.open(Source(panorama=made, title=made.title))
    assert link.worlds == []
    window.keeper.keep(Made(made))
    qtbot.waitUntil(lambda: bool(link.worlds), timeout=TIMEOUT_MS)
    [(color, *_)] = link.worlds
    assert Path(color).is_file()
    assert Path(color).parent.parent == window.library.folder


def test_again_asks_for_the_same_sentence_with_a_new_seed(
    app, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, desk, link = app
    asked: list[PromptForm] = []
    monkeypatch.setattr(window.making, "make", asked.append)
    with qtbot.waitSignal(window.opener.opened, timeout=TIMEOUT_MS):
        window.opener.open(Source(panorama=world("a reef", seed=7, steps=12), title="a reef"))
    desk.enter()
    link.wished.emit(Wish.AGAIN)
    [form] = asked
    assert form.prompt == "a reef"
    assert form.steps == 12
    assert form.seed is None
    assert not form.seed_locked
    assert window.making.creation.watching


def test_a_world_without_a_sentence_cannot_be_made_again_and_the_wearer_hears_why(
    app, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, desk, link = app
    asked: list[PromptForm] = []
    monkeypatch.setattr(window.making, "make", asked.append)
    flat = Panorama(np.zeros((32, 64, 3), np.uint8))
    with qtbot.waitSignal(window.opener.opened, timeout=TIMEOUT_MS):
        window.opener.open(Source(panorama=flat))
    desk.enter()
    link.wished.emit(Wish.AGAIN)
    assert asked == []
    assert "no sentence" in link.words[-1]


def test_the_panel_says_how_far_a_new_world_is_and_why_it_failed(app) -> None:
    window, desk, link = app
    desk.enter()
    window.making.row.label.set_text("Step 3 of 18, 40 s left")
    desk._tell_progress()
    desk._tell_progress()
    assert link.words == ["Step 3 of 18, 40 s left"]
    job = Job(1, Request("a reef"))
    desk._making_failed(job, Failed("not enough memory: try a smaller size"))
    assert link.words[-1] == "not enough memory: try a smaller size"


def test_escape_leaves_the_headset_where_nothing_is_being_made(app) -> None:
    window, desk, link = app
    desk.enter()
    window.leave()
    assert not link.is_active
