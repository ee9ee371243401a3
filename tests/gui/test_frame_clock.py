"""When the next frame is drawn, without a window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from depthfusion.gui.frame_clock import CALM_HZ, FrameClock

pytestmark = pytest.mark.gui


@pytest.fixture
def clock(qtbot: QtBot) -> Iterator[FrameClock]:
    """A clock whose frames are never swapped by themselves."""
    owner = QObject()
    made = FrameClock(owner, lambda step_s: True, lambda: None, lambda rested_s: None)
    yield made
    made.stop()


def wait_ms(clock: FrameClock) -> int:
    """Return in how long the next frame begins, after one that was swapped at once."""
    clock.wake()
    clock.frame_swapped()
    return clock._timer.interval()


def test_a_driver_that_waits_paces_the_frames(clock: FrameClock) -> None:
    clock.calm = True
    assert wait_ms(clock) <= 10


def test_software_draws_no_more_frames_than_the_screen_shows(clock: FrameClock) -> None:
    clock.driver_waits = False
    assert 12 <= wait_ms(clock) <= 17


def test_software_draws_what_turns_by_itself_more_seldom(clock: FrameClock) -> None:
    clock.driver_waits, clock.calm = False, True
    assert 0.9 * 1000 / CALM_HZ <= wait_ms(clock) <= 1000 / CALM_HZ


def test_who_wants_something_does_not_wait_for_a_calm_frame(clock: FrameClock) -> None:
    clock.driver_waits, clock.calm = False, True
    wait_ms(clock)
    clock.wake()
    assert clock._timer.interval() == 0


def test_a_late_frame_is_made_up_for_but_not_a_long_pause(clock: FrameClock) -> None:
    clock.driver_waits, clock.calm = False, True
    clock.wake()
    for late_s, least_ms, most_ms in ((0.03, 5, 20), (10.0, 0, 0), (0.0, 0, 50)):
        clock._timer.stop()
        clock._due_s -= late_s
        clock.frame_swapped()
        assert least_ms <= clock._timer.interval() <= most_ms
