"""Windows in the tests: settings of their own, small pictures made here, frames to wait for."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QImage, QSurfaceFormat
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from depthfusion.gui.application import surface_format
from depthfusion.gui.loading import Source
from depthfusion.gui.remembered import Remembered
from depthfusion.gui.viewer_window import ViewerWindow
from depthfusion.gui.viewport import Viewport

if TYPE_CHECKING:
    from depthfusion.gui.app_window import AppWindow
    from depthfusion.gui.model_download import ModelDesk
    from tests.gui.model_hub import HubServer

WIDTH_PX = 1024
TIMEOUT_MS = 30_000
WORKER_TIMEOUT_MS = 150_000
"""For what a worker does; it takes 10 s of a processor to begin, however busy the machine is."""
WORKER_TEST_S = 400
"""For `pytest.mark.timeout` of a test that waits for a worker several times."""


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    """Make the application as the command does: its surface format comes first.

    The windows of tests/vr have the same fixture; whichever comes first makes it.
    """
    if QApplication.instance() is None:
        QSurfaceFormat.setDefaultFormat(surface_format())
        QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    return QApplication


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two pairs (scene, hills), a flat picture, and a broken one."""
    folder = tmp_path_factory.mktemp("pictures")
    color, depth = scene()
    Image.fromarray(color).save(folder / "scene.png")
    Image.fromarray(depth).save(folder / "scene_depth.png")
    Image.fromarray(color[:, ::-1].copy()).save(folder / "hills.jpg", quality=95)
    Image.fromarray(depth[:, ::-1].copy()).save(folder / "hills_depth.png")
    Image.fromarray(255 - color).save(folder / "lonely.png")
    whole = (folder / "scene.png").read_bytes()
    (folder / "broken.png").write_bytes(whole[: len(whole) // 2])
    return folder


def scene() -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return a smooth coloured sky over a floor with bright dots, and its depth, near = white."""
    height = WIDTH_PX // 2
    v, u = np.mgrid[0:height, 0:WIDTH_PX].astype(np.float32)
    u, v = u / WIDTH_PX, v / height
    color = np.stack([60 + 120 * u, 70 + 90 * v, 160 - 80 * v], axis=-1)
    depth = np.clip((v - 0.5) * 2, 0.05, 1)
    for column in range(0, WIDTH_PX, 64):
        for row in range(64, height - 32, 64):
            color[row - 2 : row + 3, column : column + 5] = (255, 250, 230)
    return color.astype(np.uint8), (depth * 65535).astype(np.uint16)


@pytest.fixture
def remembered(tmp_path: Path) -> Remembered:
    """Settings in a folder of this test's own."""
    return Remembered(tmp_path / "state")


@pytest.fixture
def viewport(qapp: QApplication) -> Iterator[Viewport]:
    """A viewport that is not shown: its logic without OpenGL."""
    view = Viewport()
    yield view
    view.shut_down()
    destroy(view)


MakeWindow = Callable[[], ViewerWindow]


@pytest.fixture
def make_window(qapp: QApplication, remembered: Remembered) -> Iterator[MakeWindow]:
    """Open windows as the command does; all are closed at the end."""
    windows: list[ViewerWindow] = []

    def make() -> ViewerWindow:
        window = ViewerWindow(remembered)
        window.viewport.motion.reduced = True
        window.dress()
        window.menus.view_actions.reduce_motion.setChecked(True)
        window.resize(720, 540)
        window.show()
        assert QTest.qWaitForWindowExposed(window, TIMEOUT_MS)
        window.activateWindow()
        assert QTest.qWaitForWindowActive(window, TIMEOUT_MS)
        windows.append(window)
        return window

    yield make
    for window in windows:
        window.close()
        window.viewport.shut_down()
        destroy(window)


@pytest.fixture
def hub() -> Iterator[HubServer]:
    """A small model hub on 127.0.0.1 with one model."""
    from tests.gui.model_hub import MODEL, HubServer

    with HubServer() as server:
        server.repo(MODEL)
        yield server


@pytest.fixture
def desk(hub: HubServer, tmp_path: Path) -> Iterator[ModelDesk]:
    """A desk for models that asks this hub and keeps to the test's folder."""
    from tests.gui.model_hub import desk_of

    with desk_of(hub, tmp_path) as desk:
        yield desk


MakeApp = Callable[[], "AppWindow"]


@pytest.fixture
def app_model(tiny_folder: Path) -> str:
    """Name or folder of the model that app windows generate with."""
    return str(tiny_folder)


@pytest.fixture
def make_app(
    qapp: QApplication, tmp_path: Path, app_model: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeApp]:
    """Open app windows on one library and one session, as the command does one after the other."""
    from depthfusion.generator.worker import NICENESS_VARIABLE
    from depthfusion.gui.app_window import FIRST_STEPS, AppWindow
    from depthfusion.gui.session import Session
    from depthfusion.library import Library

    windows: list[AppWindow] = []
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(NICENESS_VARIABLE, "0")

    def make() -> AppWindow:
        remembered = Remembered(tmp_path / "state")
        remembered.store.change(cards_seen=[FIRST_STEPS])
        library = Library(tmp_path / "library", indexes=tmp_path / "indexes")
        session = Session(tmp_path / "state")
        window = AppWindow(remembered, library, session, model=app_model)
        windows.append(window)
        window.viewport.motion.reduced = True
        window.dress()
        window.menus.view_actions.reduce_motion.setChecked(True)
        window.resize(900, 640)
        window.show()
        assert QTest.qWaitForWindowExposed(window, TIMEOUT_MS)
        window.activateWindow()
        assert QTest.qWaitForWindowActive(window, TIMEOUT_MS)
        return window

    yield make
    for window in windows:
        close(window)
        destroy(window)


def close(window: AppWindow) -> None:
    window.close()
    window.viewport.shut_down()


@pytest.fixture
def app(make_app: MakeApp, qtbot: object, pictures: Path) -> AppWindow:
    """An app window with a picture open."""
    window = make_app()
    open_and_wait(qtbot, window, Source(str(pictures / "scene.png")))
    return window


def destroy(widget: object) -> None:
    """Destroy a widget now, in Qt's own way, not when Python happens to."""
    widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


def open_and_wait(qtbot: object, window: ViewerWindow, source: Source) -> None:
    """Open a source and wait until its best picture is on the screen."""
    with qtbot.waitSignal(window.viewport.finished, timeout=TIMEOUT_MS):
        window.opener.open(source)
    settle(qtbot, window.viewport)


def settle(qtbot: object, view: Viewport) -> None:
    """Wait until no frames are drawn any more."""
    qtbot.waitUntil(lambda: not view.clock.running, timeout=TIMEOUT_MS)


def pixels_of(view: Viewport) -> NDArray[np.uint8]:
    """Return what the viewport shows: (H, W, 3) uint8."""
    image = view.grabFramebuffer().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


def drag(view: Viewport, start: QPoint, end: QPoint) -> None:
    """Drag with the left button in several moves."""
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 6):
        QTest.mouseMove(view, start + (end - start) * step / 5)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)
