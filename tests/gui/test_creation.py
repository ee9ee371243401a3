"""What is generated comes into the sphere, and nobody who looks elsewhere is pulled away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from depthfusion.generator.events import Failed, Finished, Preview
from depthfusion.generator.request import DepthRequest, Request
from depthfusion.gui.creation import Creation
from depthfusion.gui.generation_queue import GenerationQueue
from depthfusion.gui.loading import Source
from depthfusion.gui.viewer_window import ViewerWindow
from depthfusion.gui.worker_link import WorkerLink
from depthfusion.panorama import Panorama
from tests.gui.conftest import open_and_wait, pixels_of, settle
from tests.gui.test_generation_queue import Pretended

pytestmark = [pytest.mark.gui, pytest.mark.gl]
MakeWindow = Callable[[], ViewerWindow]


def picture(blue: int, height: int = 64) -> Panorama:
    color = np.full((height, 2 * height, 3), 60, np.uint8)
    color[..., 2] = blue
    depth = np.full((height, 2 * height), 0.5, np.float32)
    return Panorama(color, depth, title=f"blue {blue}")


class Stage:
    """A window with a world in it, and a worker that says what the test wants."""

    def __init__(self, window: ViewerWindow, qtbot: QtBot) -> None:
        self.window, self.view, self.qtbot = window, window.viewport, qtbot
        self.link = Pretended()
        self.queue = GenerationQueue(cast(WorkerLink, self.link), window)
        self.creation = Creation(self.queue, window.opener)

    def preview(self, blue: int) -> None:
        small = picture(blue, 16)
        assert small.depth is not None
        self.link.spoke.emit(Preview(1, 4, 0, small.color, small.depth))
        settle(self.qtbot, self.view)

    def finish(self, panorama: Panorama) -> None:
        self.link.spoke.emit(Finished(panorama))
        self.link.end()

    def blue(self) -> float:
        return float(pixels_of(self.view)[..., 2].mean())


@pytest.fixture
def stage(make_window: MakeWindow, qtbot: QtBot, pictures: Path) -> Stage:
    window = make_window()
    open_and_wait(qtbot, window, Source(str(pictures / "scene.png")))
    return Stage(window, qtbot)


def test_a_world_forms_and_stays_where_one_looks(stage: Stage, qtbot: QtBot) -> None:
    stage.queue.add(Request("a blue place"))
    stage.preview(120)
    assert stage.view.previewing and stage.blue() == pytest.approx(120, abs=3)
    stage.view.change(yaw_deg=40.0, pitch_deg=10.0, fov_deg=60.0)
    came = []
    stage.creation.came.connect(came.append)
    made = picture(240)
    with qtbot.waitSignal(stage.view.finished, timeout=20_000):
        stage.finish(made)
    settle(qtbot, stage.view)
    assert not stage.view.previewing
    assert stage.view.panorama is made and came == [made]
    assert stage.blue() == pytest.approx(240, abs=3)
    view = stage.view.view
    assert (view.yaw_deg, view.pitch_deg, view.fov_deg) == (40, 10, 60)


def test_cancelling_brings_the_world_before_back_at_once(stage: Stage, qtbot: QtBot) -> None:
    before, panorama = pixels_of(stage.view), stage.view.panorama
    stage.queue.add(Request("a blue place"))
    stage.preview(200)
    stage.queue.cancel()
    settle(qtbot, stage.view)
    assert stage.view.panorama is panorama
    assert np.array_equal(pixels_of(stage.view), before)


def test_a_failure_brings_it_back_too(stage: Stage, qtbot: QtBot) -> None:
    before = pixels_of(stage.view)
    stage.queue.add(Request("a blue place"))
    stage.preview(200)
    stage.link.spoke.emit(Failed("out of memory"))
    settle(qtbot, stage.view)
    assert np.array_equal(pixels_of(stage.view), before)


def test_who_opened_another_world_meanwhile_stays_there(
    stage: Stage, qtbot: QtBot, pictures: Path
) -> None:
    stage.queue.add(Request("a blue place"))
    stage.preview(200)
    open_and_wait(qtbot, stage.window, Source(str(pictures / "scene.png")))
    assert not stage.view.previewing and not stage.creation.watching
    there = stage.view.panorama
    stage.preview(220)
    assert not stage.view.previewing
    aside, came = [], []
    stage.creation.finished_aside.connect(aside.append)
    stage.creation.came.connect(came.append)
    made = picture(240)
    stage.finish(made)
    settle(qtbot, stage.view)
    assert stage.view.panorama is there
    assert aside == [made] and came == [made]


def test_who_watches_again_sees_the_next_preview(
    stage: Stage, qtbot: QtBot, pictures: Path
) -> None:
    stage.queue.add(Request("a blue place"))
    open_and_wait(qtbot, stage.window, Source(str(pictures / "scene.png")))
    stage.creation.watch()
    stage.preview(200)
    assert stage.view.previewing and stage.blue() == pytest.approx(200, abs=3)


def test_depth_that_was_estimated_is_shown_and_is_no_new_world(
    stage: Stage, qtbot: QtBot, pictures: Path
) -> None:
    path = str(pictures / "scene.png")
    request = DepthRequest(path)
    came, deep = [], []
    stage.creation.came.connect(came.append)
    stage.creation.depth_came.connect(lambda *both: deep.append(both))
    stage.queue.add(request)
    made = picture(240)
    with qtbot.waitSignal(stage.view.finished, timeout=20_000):
        stage.finish(made)
    assert stage.view.panorama is made
    assert came == [] and deep == [(request, made)]


def test_depth_of_another_picture_than_the_one_looked_at_comes_aside(stage: Stage) -> None:
    there, aside = stage.view.panorama, []
    stage.creation.finished_aside.connect(aside.append)
    stage.queue.add(DepthRequest("/elsewhere/harbour.jpg"))
    made = picture(240)
    stage.finish(made)
    assert stage.view.panorama is there and aside == [made]
