"""What becomes of a look for a headset."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from depthfusion.gui import headset_finder
from depthfusion.gui.headset_finder import HeadsetFinder
from depthfusion.headset.probe import HeadsetReport

pytestmark = pytest.mark.gui
HERE = HeadsetReport(is_installed=True, has_headset=True, name="Index")


def test_a_look_that_fails_is_logged_and_the_next_one_finds_the_headset(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(headset_finder, "LOOK_AGAIN_S", 0.0)

    looks = iter((False, True))

    def look() -> HeadsetReport:
        if next(looks):
            return HERE
        raise RuntimeError("the runtime's library has gone")

    finder = HeadsetFinder(look=look)
    finder.look()
    qtbot.waitUntil(lambda: finder._thread is None)
    assert finder.report is None and "library has gone" in caplog.text
    with qtbot.waitSignal(finder.changed):
        finder.look()
    assert finder.is_here
    finder.shut_down()
