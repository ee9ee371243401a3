"""The viewport in a real window: what the mouse and the keys do to the pixels."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from depthfusion.gui.loading import Source
from depthfusion.gui.viewer_window import ViewerWindow
from depthfusion.view import Shading, Stereo
from tests.gui.conftest import TIMEOUT_MS, drag, open_and_wait, pixels_of, settle

pytestmark = [pytest.mark.gui, pytest.mark.gl]
MakeWindow = Callable[[], ViewerWindow]


@pytest.fixture
def window(make_window: MakeWindow, qtbot: QtBot, pictures: Path) -> ViewerWindow:
    window = make_window()
    open_and_wait(qtbot, window, Source(str(pictures / "scene.png")))
    return window


def bright_spots(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return (n, 2) x, y of the middles of the bright dots, in pixels."""
    from scipy import ndimage

    labels, count = ndimage.label(pixels.min(axis=2) > 215)
    middles = ndimage.center_of_mass(labels > 0, labels, range(1, count + 1))
    return np.array([(x, y) for y, x in middles])


def nearest(spots: NDArray[np.float64], x: float, y: float) -> NDArray[np.float64]:
    return spots[np.argmin(np.hypot(spots[:, 0] - x, spots[:, 1] - y))]


def test_a_picture_is_on_the_screen(window: ViewerWindow) -> None:
    pixels = pixels_of(window.viewport)
    assert pixels.std() > 10
    assert (pixels.max(axis=2) == 0).mean() < 0.001


@pytest.mark.parametrize("move", [(140, 60), (-120, -80), (200, 0)])
def test_what_is_dragged_sticks_to_the_pointer(
    window: ViewerWindow, qtbot: QtBot, move: tuple[int, int]
) -> None:
    view = window.viewport
    x, y = nearest(bright_spots(pixels_of(view)), view.width() / 2, view.height() / 2)
    start = QPoint(round(x), round(y))
    drag(view, start, start + QPoint(*move))
    settle(qtbot, view)
    after = nearest(bright_spots(pixels_of(view)), x + move[0], y + move[1])
    assert np.hypot(after[0] - x - move[0], after[1] - y - move[1]) <= 1


def test_dragging_past_the_pole_stops_there(window: ViewerWindow, qtbot: QtBot) -> None:
    for _ in range(4):
        drag(window.viewport, QPoint(300, 60), QPoint(300, 440))
    settle(qtbot, window.viewport)
    assert window.viewport.view.pitch_deg == pytest.approx(90, abs=1e-6)


def test_the_wheel_zooms_about_the_middle(window: ViewerWindow, qtbot: QtBot) -> None:
    view = window.viewport
    before = bright_spots(pixels_of(view))
    middle = np.array([view.width() / 2, view.height() / 2])
    at = QPointF(200, 200)
    for _ in range(3):
        event = QWheelEvent(
            at,
            view.mapToGlobal(at),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(view, event)
    settle(qtbot, view)
    assert view.view.fov_deg < 65
    scale = np.tan(np.radians(37.5)) / np.tan(np.radians(view.view.fov_deg / 2))
    spot = nearest(before, *(middle + 60))
    expected = middle + (spot - middle) * scale
    found = nearest(bright_spots(pixels_of(view)), *expected)
    assert np.hypot(*(found - expected)) < 2


def test_walking_moves_near_things_more_than_far_ones(window: ViewerWindow, qtbot: QtBot) -> None:
    view = window.viewport
    before = pixels_of(view).astype(int)
    QTest.keyPress(view, Qt.Key.Key_D)
    qtbot.waitUntil(lambda: view.view.position_m[0] > 0.15)
    QTest.keyRelease(view, Qt.Key.Key_D)
    settle(qtbot, view)
    change = np.abs(pixels_of(view) - before).mean(axis=(1, 2))
    floor, sky = change[-60:].mean(), change[:60].mean()
    assert floor > 1.5 * sky
    QTest.keyClick(view, Qt.Key.Key_R)
    settle(qtbot, view)
    assert view.view.position_m == (0, 0, 0)
    assert np.abs(pixels_of(view) - before).max() <= 1


@pytest.mark.parametrize(
    ("key", "field", "sign"),
    [
        (Qt.Key.Key_Right, "yaw_deg", 1),
        (Qt.Key.Key_Left, "yaw_deg", -1),
        (Qt.Key.Key_Up, "pitch_deg", 1),
        (Qt.Key.Key_Minus, "fov_deg", 1),
        (Qt.Key.Key_Plus, "fov_deg", -1),
    ],
)
def test_held_keys_turn_and_zoom(
    window: ViewerWindow, qtbot: QtBot, key: Qt.Key, field: str, sign: int
) -> None:
    view = window.viewport
    before = getattr(view.view, field)
    QTest.keyPress(view, key)
    qtbot.waitUntil(lambda: abs(getattr(view.view, field) - before) > 1)
    QTest.keyRelease(view, key)
    settle(qtbot, view)
    assert (getattr(view.view, field) - before) * sign > 0


def test_a_key_is_let_go_when_the_keyboard_goes_elsewhere(
    window: ViewerWindow, qtbot: QtBot
) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.viewport.hasFocus)
    QTest.keyPress(window.viewport, Qt.Key.Key_Right)
    assert window.viewport.clock.running
    window.viewport.clearFocus()
    settle(qtbot, window.viewport)


def test_every_stereo_mode_and_shading_draws_something_of_its_own(
    window: ViewerWindow, qtbot: QtBot
) -> None:
    view, seen = window.viewport, []
    for stereo in Stereo:
        view.change(stereo=stereo)
        settle(qtbot, view)
        seen.append(pixels_of(view))
    view.change(stereo=Stereo.MONO)
    for shading in (Shading.DEPTH, Shading.WIREFRAME):
        view.change(shading=shading)
        settle(qtbot, view)
        seen.append(pixels_of(view))
    for i, first in enumerate(seen):
        assert first.std() > 5
        for second in seen[i + 1 :]:
            assert np.abs(first.astype(int) - second).mean() > 0.05


def test_nothing_is_drawn_while_nothing_moves(window: ViewerWindow, qtbot: QtBot) -> None:
    before = window.viewport.clock.frames_shown
    qtbot.wait(300)
    assert window.viewport.clock.frames_shown == before


def test_the_frame_rate_is_that_of_the_frames_shown(window: ViewerWindow, qtbot: QtBot) -> None:
    view, rates = window.viewport, []
    view.rate_changed.connect(rates.append)
    window.menus.view_actions.reduce_motion.setChecked(False)
    view.set_motion(turning=True)
    start = view.clock.frames_shown
    with qtbot.waitSignal(view.rate_changed):
        pass
    shown = view.clock.frames_shown - start
    assert 0 < rates[0] < 2.2 * shown  # at least half a second of frames were counted
    assert window.line._rate.text().endswith("fps")
    view.set_motion(turning=False)
    settle(qtbot, view)
    assert rates[-1] == 0
    assert window.line._rate.text() == ""


def test_software_opengl_paces_what_turns_and_not_who_turns(
    window: ViewerWindow, qtbot: QtBot
) -> None:
    view = window.viewport
    assert view.renderer is not None
    assert view.clock.driver_waits is not view.renderer.is_software
    window.menus.view_actions.reduce_motion.setChecked(False)
    view.set_motion(turning=True)
    qtbot.waitUntil(lambda: view.clock.calm, timeout=TIMEOUT_MS)
    view.motion.hold(0.5, 0, 0, 0, 0)
    view.clock.wake()
    qtbot.waitUntil(lambda: not view.clock.calm, timeout=TIMEOUT_MS)
    view.motion.hold(0, 0, 0, 0, 0)
    settle(qtbot, view)


def test_a_turning_view_waits_for_its_surface_where_the_processor_draws(
    window: ViewerWindow, qtbot: QtBot, pictures: Path
) -> None:
    view, seen = window.viewport, []
    window.menus.view_actions.reduce_motion.setChecked(False)
    if not view.renderer.is_software:
        pytest.skip("a graphics card draws here")
    view.stage_shown.connect(lambda: seen.append(view.view.yaw_deg))
    with qtbot.waitSignal(view.finished, timeout=TIMEOUT_MS):
        window.opener.open(Source(str(pictures / "hills.jpg")))
        view.set_motion(turning=True)
    assert len(seen) >= 2 and max(seen) - min(seen) < 0.5
    qtbot.waitUntil(lambda: view.view.yaw_deg > seen[0] + 1, timeout=TIMEOUT_MS)
    view.set_motion(turning=False)


def test_swapping_near_and_far_makes_the_surface_anew(window: ViewerWindow, qtbot: QtBot) -> None:
    view = window.viewport
    view.change(position_m=(0.2, 0, 0))
    settle(qtbot, view)
    before = pixels_of(view)
    with qtbot.waitSignal(view.finished, timeout=30_000):
        QTest.keyClick(view, Qt.Key.Key_N)
    settle(qtbot, view)
    assert view.view.invert_depth
    assert np.abs(pixels_of(view).astype(int) - before).mean() > 1


def test_a_lost_context_is_replaced_and_the_picture_comes_back(
    window: ViewerWindow, qtbot: QtBot
) -> None:
    view = window.viewport
    before = pixels_of(view)
    view.release_renderer()  # as Qt asks for before it destroys a context
    assert view.renderer is None
    view.repaint()
    with qtbot.waitSignal(view.finished, timeout=30_000):
        view.makeCurrent()
        view.initializeGL()
        view.doneCurrent()
    settle(qtbot, view)
    assert np.abs(pixels_of(view).astype(int) - before).max() <= 1


def test_a_failure_while_drawing_is_told_once_and_drawing_stops(
    window: ViewerWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr("sys.excepthook", lambda *error: told.append(error[1]))

    def fail(*args: object) -> None:
        raise ZeroDivisionError("as a test")

    view = window.viewport
    monkeypatch.setattr(view.renderer, "draw", fail)
    with qtbot.waitSignal(view.renderer_failed):
        view.change(yaw_deg=3)
    view.repaint()
    assert [str(error) for error in told] == ["as a test"]
    qtbot.waitUntil(lambda: view.renderer is None)


def test_several_samples_a_pixel_smooth_edges_on_screen_and_in_files(
    window: ViewerWindow, qtbot: QtBot
) -> None:
    view = window.viewport
    view.change(shading=Shading.WIREFRAME)
    settle(qtbot, view)
    plain = pixels_of(view)
    view._canvas._samples = 4  # as on hardware
    view.change(yaw_deg=1.0)
    view.change(yaw_deg=0.0)
    settle(qtbot, view)
    smooth = pixels_of(view)
    assert len(np.unique(smooth.reshape(-1, 3), axis=0)) > len(
        np.unique(plain.reshape(-1, 3), axis=0)
    )
    assert np.array_equal(view.picture(), smooth)
    window.resize(500, 400)
    settle(qtbot, view)
    assert pixels_of(view).shape[:2] == view.size_px()[::-1]
    assert pixels_of(view).std() > 5


@pytest.mark.slow
def test_thousands_of_frames_do_no_harm(
    window: ViewerWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    # PySide6 6.12.0 lost a reference to None with every void call: dead after 1,750 frames.
    view, drawn = window.viewport, []
    draw = view.renderer.draw
    monkeypatch.setattr(view.renderer, "draw", lambda *a: drawn.append(draw(*a)))
    window.resize(320, 240)
    for turn in range(3000):
        view.change(yaw_deg=float(turn % 7))
        QApplication.processEvents()
    assert len(drawn) >= 3000
    assert pixels_of(view).std() > 10
