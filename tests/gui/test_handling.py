"""What the settings of mouse and movement do to a view."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, QSizeF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from depthfusion.gui import look
from depthfusion.gui.application import _may_turn
from depthfusion.gui.hands import Hands
from depthfusion.gui.motion import Motion
from depthfusion.gui.viewport import Viewport
from depthfusion.settings import Settings, Wish
from depthfusion.view import View

SIZE = QSizeF(800, 600)
MIDDLE = QPointF(400, 300)


def dragged(sensitivity: float = 1.0, inverted: bool = False, steps: int = 10) -> View:
    """Return the view after a drag by 100 pixels to the right and 50 down."""
    hands, view = Hands(Motion()), View()
    hands.sensitivity, hands.inverted = sensitivity, inverted
    hands.grab(view, MIDDLE, SIZE)
    for step in range(1, steps + 1):
        view = hands.drag(view, MIDDLE + QPointF(100, 50) * (step / steps), SIZE)
    return view


def test_a_higher_sensitivity_turns_further() -> None:
    normal, double, half = dragged(), dragged(2.0), dragged(0.5)
    assert normal.yaw_deg < 0 < normal.pitch_deg
    assert double.yaw_deg == pytest.approx(2 * normal.yaw_deg, rel=0.1)
    assert double.pitch_deg == pytest.approx(2 * normal.pitch_deg, rel=0.1)
    assert half.yaw_deg == pytest.approx(0.5 * normal.yaw_deg, rel=0.1)


def test_an_inverted_drag_turns_the_other_way() -> None:
    normal, inverted = dragged(), dragged(inverted=True)
    assert inverted.yaw_deg == pytest.approx(-normal.yaw_deg, rel=0.1)
    assert inverted.pitch_deg == pytest.approx(-normal.pitch_deg, rel=0.1)


def test_the_way_of_the_pointer_in_few_or_many_steps_ends_at_the_same_view() -> None:
    few, many = dragged(2.0, steps=4), dragged(2.0, steps=200)
    assert few.yaw_deg == pytest.approx(many.yaw_deg, rel=0.03)


def test_without_inertia_a_throw_ends_at_once() -> None:
    for inertia in (True, False):
        motion = Motion()
        motion.inertia = inertia
        motion.grab()
        motion.dragged(View(yaw_deg=0), 0.0)
        motion.dragged(View(yaw_deg=10), 0.05)
        motion.let_go(0.06)
        assert motion.needs_frames(View(yaw_deg=10)) is inertia


@pytest.mark.gui
@pytest.mark.parametrize("wheel", [1.0, 2.0, -1.0, 0.0])
def test_the_wheel_zooms_as_far_as_it_is_set(viewport: Viewport, wheel: float) -> None:
    viewport.use_settings(Settings(mouse_wheel=wheel))
    before = viewport.view
    viewport.wheelEvent(
        QWheelEvent(
            MIDDLE, MIDDLE, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )
    )  # fmt: skip
    assert viewport.view.fov_deg == pytest.approx(look.zoomed(before, wheel).fov_deg)


@pytest.mark.parametrize(
    ("settings", "turns"),
    [
        (Settings(reduced_motion=Wish.OFF), True),
        (Settings(reduced_motion=Wish.ON), False),
        (Settings(reduced_motion=Wish.OFF, idle_turn=False), False),
    ],
)
def test_a_world_turns_by_itself_only_where_that_is_wanted(
    qapp: QApplication, settings: Settings, turns: bool
) -> None:
    assert _may_turn(qapp, settings) is turns
