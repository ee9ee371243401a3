"""A window obeys settings at once: what it looks like, how it moves, how fine it is, its worker."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QProcess
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from depthfusion.generator.request import Request
from depthfusion.gui import theme, worker_link
from depthfusion.gui.lengths import length
from depthfusion.gui.loading import Limits, Loading, Source, Staged
from depthfusion.gui.settings_follower import SettingsFollower
from depthfusion.gui.viewer_window import ViewerWindow
from depthfusion.gui.worker_link import WorkerLink
from depthfusion.settings import PictureQuality, Store, Units
from depthfusion.view import Stereo
from tests.gui.conftest import TIMEOUT_MS, destroy, open_and_wait, settle

MakeWindow = Callable[[], ViewerWindow]
gui = [pytest.mark.gui, pytest.mark.gl]


@pytest.fixture
def followed(make_window: MakeWindow) -> tuple[Store, ViewerWindow]:
    window = make_window()
    store = window.opener.remembered.store
    SettingsFollower(store, window)
    return store, window


class TestWindow:
    pytestmark = gui

    def test_menus_and_view_follow_and_nothing_is_written_back(
        self, followed: tuple[Store, ViewerWindow], qapp: QApplication
    ) -> None:
        store, window = followed
        view, menus = window.viewport, window.menus
        assert menus is not None
        try:
            store.change(theme="light", stereo="anaglyph", convergence_m=3.0, idle_sway=True)
            assert not theme.is_dark(qapp)
            assert (view.view.stereo, view.view.convergence_m) == (Stereo.ANAGLYPH, 3.0)
            assert view.motion.swaying and menus.view_actions.sway.isChecked()
            store.change(reduced_motion="on", mouse_wheel=0.0, inertia=False)
            assert view.motion.reduced and menus.view_actions.reduce_motion.isChecked()
            assert not view.motion.inertia
            window.close()
            now = Store(store.folder, {}).settings
            assert (now.theme, now.stereo, now.reduced_motion) == ("light", "anaglyph", "on")
            store.change(theme="dark")
            assert theme.is_dark(qapp)
        finally:
            theme.use_appearance(qapp, theme.Appearance.SYSTEM)

    def test_a_change_of_another_thread_is_obeyed_in_the_windows_own(
        self, followed: tuple[Store, ViewerWindow], qtbot: QtBot
    ) -> None:
        store, window = followed
        thread = threading.Thread(target=lambda: store.change(stereo="rows"))
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: window.viewport.view.stereo is Stereo.ROWS, timeout=TIMEOUT_MS)

    def test_another_quality_makes_the_open_picture_anew(
        self, followed: tuple[Store, ViewerWindow], qtbot: QtBot, pictures: Path
    ) -> None:
        store, window = followed
        open_and_wait(qtbot, window, Source(str(pictures / "scene.png")))
        panorama, seen = window.viewport.panorama, window.viewport.view
        with qtbot.waitSignal(window.viewport.finished, timeout=TIMEOUT_MS):
            store.change(quality="fast")
        settle(qtbot, window.viewport)
        assert window.viewport.panorama is panorama and window.viewport.view == seen

    def test_a_turning_world_stops_when_that_is_not_wanted(
        self, followed: tuple[Store, ViewerWindow]
    ) -> None:
        store, window = followed
        window.viewport.set_motion(turning=True)
        store.change(idle_turn=False)
        assert not window.viewport.motion.turning

    def test_units_are_told_at_once_and_a_closed_window_hears_nothing(
        self, make_window: MakeWindow
    ) -> None:
        window, heard = make_window(), []
        store = window.opener.remembered.store
        follower = SettingsFollower(store, window, units_changed=heard.append)
        store.change(units="imperial")
        assert heard == [Units.METRIC, Units.IMPERIAL]
        destroy(follower)
        store.change(units="metric")
        assert heard == [Units.METRIC, Units.IMPERIAL]


def vertices(pictures: Path, quality: PictureQuality, *, software: bool) -> int:
    loading = Loading(Source(str(pictures / "hills.jpg")))
    loading.give_limits(Limits(16384, software, quality))
    assert loading.join(20)
    found = 0
    while (event := loading.take()) is not None:
        if isinstance(event, Staged) and event.stage.mesh is not None:
            found = len(event.stage.mesh.vertices)
    return found


def test_quality_decides_how_fine_the_surface_is(pictures: Path) -> None:
    fast, best = PictureQuality.FAST, PictureQuality.BEST
    modest, fine = (vertices(pictures, q, software=False) for q in (fast, best))
    assert 0 < modest < fine
    assert vertices(pictures, best, software=True) == fine
    assert vertices(pictures, fast, software=True) == modest
    automatic = [vertices(pictures, PictureQuality.AUTO, software=s) for s in (True, False)]
    assert modest <= automatic[0] < automatic[1] <= fine


# The worker ----------------------------------------------------------------------------------


@pytest.fixture
def quick(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> WorkerLink:
    monkeypatch.setattr(worker_link, "IDLE_S", 0.1)
    return WorkerLink()


def test_a_worker_that_keeps_no_model_ends_when_all_is_done(
    quick: WorkerLink, qtbot: QtBot
) -> None:
    quick.keeps_model = False
    quick.warm_up()
    qtbot.wait(300)
    first = quick.pid
    assert first > 0  # it has done nothing yet
    process = quick._process
    assert process is not None
    with qtbot.waitSignal(process.finished, timeout=TIMEOUT_MS):
        quick.start(Request("  "))
    assert quick.pid == 0 and process.exitStatus() is QProcess.ExitStatus.NormalExit
    events = []
    quick.spoke.connect(events.append)
    with qtbot.waitSignal(quick.freed, timeout=TIMEOUT_MS):
        quick.start(Request("  "))
    assert len(events) == 1 and quick.pid not in {0, first}
    quick.shut_down()


def test_a_worker_with_the_next_request_goes_on(quick: WorkerLink, qtbot: QtBot) -> None:
    quick.keeps_model = False
    with qtbot.waitSignal(quick.freed, timeout=TIMEOUT_MS):
        quick.start(Request("  "))
    first = quick.pid
    with qtbot.waitSignal(quick.freed, timeout=TIMEOUT_MS):
        quick.start(Request("  "))
    assert quick.pid == first
    quick.keeps_model = True
    qtbot.wait(300)
    assert quick.pid == first
    quick.keeps_model = False
    qtbot.waitUntil(lambda: quick.pid == 0, timeout=TIMEOUT_MS)
    quick.shut_down()  # while it leaves
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


# Lengths -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metres", "metric", "imperial"),
    [
        (0.05, "0.05 m", "2 in"), (0.5, "0.5 m", "1 ft 8 in"), (1.8288, "1.83 m", "6 ft"),
        (12.0, "12 m", "39 ft"), (1234.5, "1234 m", "4050 ft"), (0.0, "0 m", "0 in"),
        (6.09, "6.09 m", "20 ft"),
    ],
)  # fmt: skip
def test_lengths_are_told_in_either_units(metres: float, metric: str, imperial: str) -> None:
    assert length(metres, Units.METRIC) == metric
    assert length(metres, Units.IMPERIAL) == imperial
