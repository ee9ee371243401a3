"""The compass: where it points, where a click turns to, when it is drawn and when it goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from depthfusion.gui.compass import SIZE_PX, Compass
from depthfusion.gui.overlays import MARGIN_PX
from depthfusion.view import View
from tests.gui.conftest import destroy

pytestmark = pytest.mark.gui
MIDDLE = SIZE_PX // 2


class Paints(QObject):
    """Counts the paint events of a widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() is QEvent.Type.Paint
        return False


@pytest.fixture
def ground(qtbot: QtBot) -> Iterator[QWidget]:
    widget = QWidget()
    widget.resize(600, 400)
    widget.show()
    yield widget
    destroy(widget)


@pytest.fixture
def compass(ground: QWidget) -> Compass:
    compass = Compass(ground)
    compass.reduced = True
    QTest.qWait(50)
    return compass


def rgb(compass: Compass, x: int, y: int) -> tuple[int, int, int]:
    return compass.grab().toImage().pixelColor(x, y).toTuple()[:3]


def test_it_lies_at_the_lower_right_and_stays_there(ground: QWidget, compass: Compass) -> None:
    for size in ((600, 400), (420, 300)):
        ground.resize(*size)
        QTest.qWait(20)
        corner = compass.geometry().bottomRight() + QPoint(1 + MARGIN_PX, 1 + MARGIN_PX)
        assert (corner.x(), corner.y()) == size


def test_a_small_view_is_left_to_the_picture(ground: QWidget, compass: Compass) -> None:
    ground.resize(250, 400)
    QTest.qWait(20)
    assert not compass.isVisible()
    ground.resize(600, 400)
    QTest.qWait(20)
    assert compass.isVisible()
    compass.set_wanted(False)
    assert not compass.isVisible()


@pytest.mark.parametrize(("yaw", "dx", "dy"), [(0, 0, -1), (90, 1, 0), (180, 0, 1), (-90, -1, 0)])
def test_the_wedge_points_to_where_one_looks(compass: Compass, yaw: int, dx: int, dy: int) -> None:
    compass.follow(View(yaw_deg=yaw, fov_deg=40))
    inside = rgb(compass, MIDDLE + 15 * dx, MIDDLE + 15 * dy)
    behind = rgb(compass, MIDDLE - 15 * dx, MIDDLE - 15 * dy)
    assert inside[0] > behind[0] + 40  # orange


def test_the_wedge_is_as_wide_as_the_view_sees(ground: QWidget, compass: Compass) -> None:
    compass.follow(View(fov_deg=90))
    assert compass.half_width_deg == pytest.approx(56.31, abs=0.01)  # atan(600 / 400)
    ground.resize(400, 400)
    QTest.qWait(20)
    assert compass.half_width_deg == pytest.approx(45)


def test_it_is_drawn_anew_only_when_something_moved_by_a_pixel(compass: Compass) -> None:
    paints = Paints(compass)
    for step in range(20):
        compass.follow(View(yaw_deg=0.01 * step, position_m=(0.01 * step, 0, 0)))
        QTest.qWait(1)
    assert paints.count == 0
    compass.follow(View(yaw_deg=10))
    QTest.qWait(20)
    assert paints.count == 1


@pytest.mark.parametrize(
    ("dx", "dy", "yaw"), [(0, -20, 0), (20, 0, 90), (0, 20, 180), (-20, 0, 270)]
)
def test_a_click_turns_there_the_shorter_way(
    compass: Compass, qtbot: QtBot, dx: int, dy: int, yaw: int
) -> None:
    compass.follow(View(yaw_deg=200))
    with qtbot.waitSignal(compass.turned) as signal:
        qtbot.mouseClick(compass, Qt.MouseButton.LeftButton, pos=QPoint(MIDDLE + dx, MIDDLE + dy))
    assert signal.args[0] % 360 == pytest.approx(yaw, abs=0.01)
    assert abs(signal.args[0] - 200) <= 180


def test_it_turns_slowly_unless_motion_is_reduced(compass: Compass, qtbot: QtBot) -> None:
    told: list[float] = []
    compass.turned.connect(told.append)
    compass.turned.connect(lambda yaw: compass.follow(View(yaw_deg=yaw)))
    compass.turn_to(90)
    assert told == [90]
    compass.reduced = False
    compass.turn_to(180)
    qtbot.waitUntil(lambda: told[-1] == 180, timeout=5000)
    assert len(told) > 3
    assert told == sorted(told)


def test_a_drag_turns_with_the_pointer(compass: Compass) -> None:
    told: list[float] = []
    compass.turned.connect(told.append)
    compass.turned.connect(lambda yaw: compass.follow(View(yaw_deg=yaw)))
    QTest.mousePress(compass, Qt.MouseButton.LeftButton, pos=QPoint(MIDDLE, MIDDLE - 25))
    QTest.mouseMove(compass, QPoint(MIDDLE + 25, MIDDLE))
    QTest.mouseRelease(compass, Qt.MouseButton.LeftButton, pos=QPoint(MIDDLE + 25, MIDDLE))
    assert told[-1] == pytest.approx(90, abs=3)


def test_a_double_click_and_home_recentre(compass: Compass, qtbot: QtBot) -> None:
    with qtbot.waitSignal(compass.recentre_wanted):
        qtbot.mouseDClick(compass, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(compass.recentre_wanted):
        qtbot.keyClick(compass, Qt.Key.Key_Home)


def test_the_arrows_turn_it(compass: Compass, qtbot: QtBot) -> None:
    with qtbot.waitSignal(compass.turned) as signal:
        qtbot.keyClick(compass, Qt.Key.Key_Left)
    assert signal.args == [-15]


def nobody_points_at(compass: Compass) -> None:
    """Wherever the display's own pointer and the keyboard happen to be."""
    compass.underMouse = lambda: False
    compass.clearFocus()


def test_in_full_screen_it_goes_when_idle_and_comes_back(
    ground: QWidget, compass: Compass, qtbot: QtBot
) -> None:
    nobody_points_at(compass)
    compass._idle.setInterval(60)
    compass.set_full_screen(True)
    qtbot.waitUntil(lambda: not compass.isVisible(), timeout=5000)
    QTest.mouseMove(ground, QPoint(50, 50))
    QTest.mouseMove(ground, QPoint(60, 60))
    qtbot.waitUntil(compass.isVisible, timeout=5000)
    compass.set_full_screen(False)
    QTest.qWait(150)
    assert compass.isVisible()
    assert not ground.hasMouseTracking()


def test_it_fades_where_motion_is_allowed(compass: Compass, qtbot: QtBot) -> None:
    nobody_points_at(compass)
    compass.reduced = False
    compass._idle.setInterval(30)
    compass.set_full_screen(True)
    qtbot.waitUntil(lambda: 0 < compass._strength < 1, timeout=5000)
    qtbot.waitUntil(lambda: not compass.isVisible(), timeout=5000)


def test_it_tells_in_words_where_one_looks(compass: Compass) -> None:
    assert compass.accessibleName()
    view = View(yaw_deg=-45.2, fov_deg=60)
    compass.follow(view)
    assert compass.described() == "45° to the left, field of view 60°"
    compass.follow(replace(view, yaw_deg=720 + 30))
    assert compass.described().startswith("30° to the right")
    compass.follow(replace(view, yaw_deg=180))
    assert compass.described().startswith("Looking back")
