"""The line above the view: what it says of the frame rate."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from depthfusion.gui.info_line import InfoLine


def test_a_frame_rate_is_told_in_whole_frames_and_never_as_none(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    line = InfoLine(parent)
    told = []
    for rate in (59.6, 0.4, 1.2, 0.0):
        line.set_rate(rate)
        told.append(line._rate.text())
    assert told == ["60 fps", "", "1 fps", ""]
