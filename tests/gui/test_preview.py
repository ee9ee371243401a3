"""A world that is forming: shown at once, left at once, and its depth comes in without a jump."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from depthfusion.gui.loading import Source
from depthfusion.gui.preview import GROWTH_S, Growth
from depthfusion.gui.viewer_window import ViewerWindow
from depthfusion.view import View
from tests.gui.conftest import open_and_wait, pixels_of, settle

MakeWindow = Callable[[], ViewerWindow]


def halves() -> NDArray[np.uint8]:
    """A picture that is green above and red below."""
    color = np.zeros((16, 32, 3), np.uint8)
    color[:8, :, 1] = color[8:, :, 0] = 200
    return color


@pytest.fixture
def window(make_window: MakeWindow, qtbot: QtBot, pictures: Path) -> ViewerWindow:
    window = make_window()
    open_and_wait(qtbot, window, Source(str(pictures / "scene.png")))
    return window


@pytest.mark.gui
@pytest.mark.gl
def test_a_preview_lies_over_the_world_and_leaves_it_as_it_was(
    window: ViewerWindow, qtbot: QtBot
) -> None:
    view = window.viewport
    before, panorama = pixels_of(view), view.panorama
    view.show_preview(halves())
    settle(qtbot, view)
    forming = pixels_of(view).astype(int)
    height = len(forming)
    upper, lower = forming[: height // 4], forming[-height // 4 :]
    assert (upper[..., 1] > upper[..., 0] + 100).all()
    assert (lower[..., 0] > lower[..., 1] + 100).all()
    assert view.previewing and view.panorama is panorama
    view.end_preview()
    settle(qtbot, view)
    assert not view.previewing
    assert np.array_equal(pixels_of(view), before)


@pytest.mark.gui
@pytest.mark.gl
def test_one_looks_around_in_a_preview(window: ViewerWindow, qtbot: QtBot) -> None:
    view = window.viewport
    view.show_preview(halves())
    view.change(pitch_deg=80.0)
    settle(qtbot, view)
    sky = pixels_of(view).astype(int)
    assert (sky[..., 1] > sky[..., 0] + 100).mean() > 0.95


@pytest.mark.gui
@pytest.mark.gl
def test_depth_comes_in_without_a_jump(window: ViewerWindow, qtbot: QtBot) -> None:
    """From aside, the first frame is what one eye at the centre sees; the last one is not."""
    view = window.viewport
    view.motion.reduced = False
    centre = pixels_of(view).astype(int)
    view.motion.hold(0, 0, 1, 0, 0)  # walk right
    view.clock.wake()
    qtbot.waitUntil(lambda: view.view.position_m[0] > 0.2, timeout=10_000)
    view.show_preview(halves())
    view.end_preview(grow=True)
    first = pixels_of(view).astype(int)
    qtbot.waitUntil(lambda: not view._growth.running, timeout=10_000)
    last = pixels_of(view).astype(int)
    view.motion.hold(0, 0, 0, 0, 0)
    settle(qtbot, view)
    moved = np.abs(last - centre).mean()
    assert moved > 1.5
    assert np.abs(first - centre).mean() < 0.35 * moved


def test_growth_begins_at_the_centre_and_ends_where_the_head_is() -> None:
    view = View(position_m=(0.2, 0.0, -0.1), eye_separation_mm=60.0)
    growth = Growth()
    assert growth.grown(view) is view
    growth.start()
    assert growth.grown(view).position_m == (0, 0, 0)
    assert growth.grown(view).eye_separation_mm == 0
    growth.advance(GROWTH_S / 2)
    assert growth.grown(view).eye_separation_mm == pytest.approx(30)
    growth.advance(GROWTH_S)
    assert not growth.running and growth.grown(view) is view
