"""The viewer's window: opening, remembering, saving, full screen; with real pixels."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QWidget
from pytestqt.qtbot import QtBot

from depthfusion.gui.loading import Source
from depthfusion.gui.overlays import Sorry
from depthfusion.gui.viewer_window import ViewerWindow
from depthfusion.panorama import DepthIs, ReadOptions
from depthfusion.view import Mapping, Stereo
from tests.gui.conftest import TIMEOUT_MS, open_and_wait, pixels_of, settle

pytestmark = [pytest.mark.gui, pytest.mark.gl]
MakeWindow = Callable[[], ViewerWindow]


@pytest.fixture
def window(make_window: MakeWindow, qtbot: QtBot, pictures: Path) -> ViewerWindow:
    window = make_window()
    open_and_wait(qtbot, window, Source(str(pictures / "scene.png")))
    return window


def drop(window: ViewerWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    where, button = QPoint(100, 100), Qt.MouseButton.LeftButton
    none, copy = Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    enter = QDragEnterEvent(where, copy, data, button, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(where), copy, data, button, none))


def test_the_title_and_the_line_tell_what_is_open(window: ViewerWindow) -> None:
    assert window.windowTitle() == "scene — DepthFusion"
    assert "scene_depth.png" in window.line.text


def test_a_dropped_file_opens(window: ViewerWindow, qtbot: QtBot, pictures: Path) -> None:
    with qtbot.waitSignal(window.viewport.finished, timeout=TIMEOUT_MS):
        drop(window, pictures / "hills.jpg")
    assert window.windowTitle().startswith("hills")


def test_a_dropped_pair_opens_in_any_order(
    window: ViewerWindow, qtbot: QtBot, pictures: Path
) -> None:
    with qtbot.waitSignal(window.viewport.finished, timeout=TIMEOUT_MS):
        drop(window, pictures / "hills_depth.png", pictures / "hills.jpg")
    assert window.viewport.panorama.provenance.color_source == str(pictures / "hills.jpg")
    assert window.viewport.panorama.depth is not None


def test_three_dropped_files_are_refused_in_words(window: ViewerWindow, pictures: Path) -> None:
    drop(window, *(pictures / name for name in ("scene.png", "hills.jpg", "lonely.png")))
    assert "got 3 files" in window.banner.text


def test_a_broken_file_leaves_the_picture_and_says_why(
    window: ViewerWindow, qtbot: QtBot, pictures: Path
) -> None:
    before = pixels_of(window.viewport)
    with qtbot.waitSignal(window.opener.failed, timeout=TIMEOUT_MS):
        window.open_paths(str(pictures / "broken.png"))
    settle(qtbot, window.viewport)
    assert window.banner.isVisible()
    assert "broken.png" in window.banner.text
    assert np.array_equal(pixels_of(window.viewport), before)
    assert window.windowTitle().startswith("scene")
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.banner.isVisible()


def test_settings_of_a_file_are_remembered_when_it_is_opened_again(
    window: ViewerWindow, make_window: MakeWindow, qtbot: QtBot, pictures: Path
) -> None:
    window.viewport.change(
        strength=0.3, mapping=Mapping.LINEAR, yaw_deg=40.0, stereo=Stereo.ANAGLYPH
    )
    window.close()
    again = make_window()
    open_and_wait(qtbot, again, Source(str(pictures / "scene.png")))
    view = again.viewport.view
    assert (view.strength, view.mapping, view.yaw_deg) == (0.3, Mapping.LINEAR, 40.0)
    assert view.stereo is Stereo.ANAGLYPH
    open_and_wait(qtbot, again, Source(str(pictures / "lonely.png")))
    assert again.viewport.view.strength == 0.75
    assert again.viewport.view.yaw_deg == 0


def test_reading_depth_in_another_way_is_remembered_and_keeps_the_view(
    window: ViewerWindow, qtbot: QtBot, pictures: Path
) -> None:
    window.show_settings(True)
    window.viewport.change(yaw_deg=25.0)
    with qtbot.waitSignal(window.viewport.finished, timeout=TIMEOUT_MS):
        window.panel.reading_changed.emit(ReadOptions(DepthIs.NEAR_BLACK))
    assert window.viewport.view.yaw_deg == 25
    first = window.viewport.panorama
    open_and_wait(qtbot, window, Source(str(pictures / "lonely.png")))
    open_and_wait(qtbot, window, Source(str(pictures / "scene.png")))
    assert window.opener.options.depth_is is DepthIs.NEAR_BLACK
    assert np.array_equal(window.viewport.panorama.depth, first.depth)


def test_the_next_picture_of_the_folder_opens(window: ViewerWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.opener.failed, timeout=TIMEOUT_MS):
        QTest.keyClick(window.viewport, Qt.Key.Key_PageDown)  # broken.png, in a ring
    with qtbot.waitSignal(window.viewport.finished, timeout=TIMEOUT_MS):
        QTest.keyClick(window.viewport, Qt.Key.Key_PageUp)
    assert window.windowTitle().startswith("lonely")


def test_recent_files_are_in_the_menu(window: ViewerWindow) -> None:
    window.menus._fill_recent()
    texts = [action.text() for action in window.menus._recent.actions()]
    assert texts[0].endswith("scene.png")


def test_a_saved_picture_is_what_is_seen(
    window: ViewerWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.viewport.change(yaw_deg=30.0, strength=0.4)
    settle(qtbot, window.viewport)
    path = tmp_path / "new" / "seen.png"
    with qtbot.waitSignal(window.saver.saved):
        window.save_picture(path=path)
    with Image.open(path) as saved:
        assert np.array_equal(np.asarray(saved), pixels_of(window.viewport))
    assert "seen.png" in window.toast.text
    with qtbot.waitSignal(window.saver.saved):
        window.save_picture((800, 400), tmp_path / "large.png")
    with Image.open(tmp_path / "large.png") as saved:
        assert saved.size == (800, 400)
    assert sorted(f.name for f in tmp_path.rglob("*.png")) == ["large.png", "seen.png"]


def test_a_picture_that_cannot_be_saved_is_told(
    window: ViewerWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with qtbot.waitSignal(window.saver.failed):
        window.save_picture(path=tmp_path / "file" / "seen.png")
    assert "cannot save" in window.banner.text


def test_full_screen_hides_the_chrome_and_escape_brings_it_back(
    window: ViewerWindow, qtbot: QtBot
) -> None:
    parent = window.viewport.parentWidget()
    QTest.mouseDClick(window.viewport, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    qtbot.waitUntil(window.isFullScreen)
    qtbot.waitUntil(lambda: window.viewport.height() == window.height())
    assert not window.menuBar().isVisible()
    assert not window.line.isVisible()
    assert window.viewport.parentWidget() is parent
    QTest.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.isFullScreen())
    assert window.menuBar().isVisible()
    assert window.isVisible()
    settle(qtbot, window.viewport)
    assert pixels_of(window.viewport).std() > 10


def test_the_key_card_opens_and_closes_by_key(window: ViewerWindow) -> None:
    QTest.keyClick(window.viewport, Qt.Key.Key_F1)
    assert window.key_card.isVisible()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.key_card.isVisible()
    assert window.isVisible()


def test_the_panel_shows_and_changes_the_view(window: ViewerWindow, qtbot: QtBot) -> None:
    QTest.keyClick(window.viewport, Qt.Key.Key_I)
    assert window.panel.isVisible()
    boxes = {box.accessibleName(): box for box in window.panel.findChildren(QWidget)}
    strength = next(
        box
        for box in window.panel.findChildren(QWidget)
        if box.accessibleName() == "Strength" and hasattr(box, "decimals")
    )
    strength.setValue(0.25)
    assert window.viewport.view.strength == 0.25
    window.viewport.change(fov_deg=50.0)
    assert any(
        box.value() == 50
        for box in window.panel.findChildren(QWidget)
        if box.accessibleName() == "Field of view" and hasattr(box, "decimals")
    )
    boxes["Near"].setValue(2)
    boxes["Far"].setValue(1)
    assert (window.viewport.view.near_m, window.viewport.view.far_m) == (None, 1)


def test_letters_typed_into_a_field_do_not_steer_the_view(window: ViewerWindow) -> None:
    window.show_settings(True)
    field = next(w for w in window.panel.findChildren(QWidget) if w.accessibleName() == "Near")
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Z)
    assert window.viewport.view.shading.value == "color"


def test_every_action_is_in_a_menu_and_every_control_has_a_name(window: ViewerWindow) -> None:
    window.show_settings(True)
    in_menus: set[QAction] = set()

    def collect(actions: list[QAction]) -> None:
        for action in actions:
            in_menus.add(action)
            if action.menu():
                collect(action.menu().actions())

    collect(window.menuBar().actions())
    for action in [*window.actions(), *window.viewport.actions()]:
        assert action in in_menus, action.text()
        assert action.toolTip()
    for button in window.line.findChildren(QAbstractButton):
        assert button.accessibleName()
        assert button.toolTip()
    for field in window.panel.findChildren(QWidget):
        if isinstance(field, QAbstractItemView):
            continue  # the list that a combo box opens
        if field.focusPolicy() & Qt.FocusPolicy.TabFocus and field.isEnabledTo(window.panel):
            inner = field.objectName().startswith("qt_")
            assert inner or field.accessibleName() or getattr(field, "text", str)(), field


def test_no_two_actions_share_a_key(window: ViewerWindow) -> None:
    keys = [
        key.toString()
        for owner in (window, window.viewport)
        for action in owner.actions()
        for key in action.shortcuts()
    ]
    assert len(keys) == len(set(keys))


def test_without_opengl_the_window_says_so(window: ViewerWindow) -> None:
    window.viewport.renderer_failed.emit("want OpenGL 3.3 or newer, got 2.1")
    sorry = window.viewport.findChild(Sorry)
    assert sorry.isVisible()
    assert "got 2.1" in sorry.text()


def test_habits_are_remembered(window: ViewerWindow, make_window: MakeWindow) -> None:
    window.menus.view_actions.sway.setChecked(True)
    window.menus.settings.setChecked(True)
    window.close()
    again = make_window()
    assert again.viewport.motion.swaying
    assert again.panel.isVisible()
