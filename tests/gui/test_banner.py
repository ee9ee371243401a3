"""The banner: one line, up to three ways on, and messages that wait for each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from depthfusion.gui.overlays import Banner, BannerAction
from tests.gui.conftest import TIMEOUT_MS, destroy

pytestmark = pytest.mark.gui


def nothing() -> None:
    pass


RETRY = BannerAction("Retry", nothing)


@pytest.fixture
def ground(qtbot: QtBot) -> Iterator[QWidget]:
    widget = QWidget()
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.resize(800, 400)
    widget.show()
    assert QTest.qWaitForWindowExposed(widget, TIMEOUT_MS)
    widget.activateWindow()
    assert QTest.qWaitForWindowActive(widget, TIMEOUT_MS)
    yield widget
    destroy(widget)


@pytest.fixture
def banner(ground: QWidget) -> Banner:
    return Banner(ground)


def shown(banner: Banner) -> list[str]:
    return [button.text() for button in banner.buttons if button.isVisible()]


def test_a_plain_message_gives_way_to_the_next(banner: Banner) -> None:
    banner.tell("first")
    banner.tell("second")
    assert (banner.text, banner.waiting, shown(banner)) == ("second", 0, [])


def test_messages_with_buttons_wait_for_each_other(banner: Banner, qtbot: QtBot) -> None:
    banner.tell("out of memory", [RETRY])
    banner.tell("second", [RETRY])
    banner.tell("third", [RETRY])
    assert (banner.text, banner.waiting) == ("out of memory", 2)
    assert banner._more.text() == "+2"
    seen = []
    for _ in range(3):
        seen.append((banner.text, shown(banner)))
        qtbot.mouseClick(banner._close, Qt.MouseButton.LeftButton)
    assert seen == [("out of memory", ["Retry"]), ("second", ["Retry"]), ("third", ["Retry"])]
    assert not banner.isVisible()


def test_a_plain_message_lies_over_one_that_waits_for_an_answer(
    banner: Banner, qtbot: QtBot
) -> None:
    banner.tell("not finished the last time", [RETRY])
    banner.tell("not a picture")
    banner.tell("not a picture either")
    assert (banner.text, banner.waiting, shown(banner)) == ("not a picture either", 1, [])
    qtbot.mouseClick(banner._close, Qt.MouseButton.LeftButton)
    assert (banner.text, banner.waiting) == ("not finished the last time", 0)
    assert shown(banner) == ["Retry"]


def test_the_same_message_does_not_wait_twice(banner: Banner) -> None:
    banner.tell("out of memory", [RETRY])
    banner.tell("out of memory", [RETRY])
    for _ in range(2):
        banner.tell("disk full", [RETRY])
    assert banner.waiting == 1


def test_a_button_calls_and_puts_the_message_away(banner: Banner, qtbot: QtBot) -> None:
    called: list[str] = []
    actions = [BannerAction(n, lambda n=n: called.append(n)) for n in ("Retry", "Smaller size")]
    banner.tell("out of memory", [*actions, BannerAction("Details", nothing, stays=True)])
    assert shown(banner) == ["Retry", "Smaller size", "Details"]
    qtbot.mouseClick(banner.buttons[2], Qt.MouseButton.LeftButton)
    assert banner.isVisible()
    with qtbot.waitSignal(banner.dismissed):
        qtbot.mouseClick(banner.buttons[1], Qt.MouseButton.LeftButton)
    assert called == ["Smaller size"]
    assert not banner.isVisible()


def test_what_a_button_does_may_tell_of_something_new(banner: Banner, qtbot: QtBot) -> None:
    banner.tell("out of memory", [BannerAction("Retry", lambda: banner.tell("failed again"))])
    qtbot.mouseClick(banner.buttons[0], Qt.MouseButton.LeftButton)
    assert banner.isVisible()
    assert banner.text == "failed again"


def test_a_new_message_after_one_was_put_away_is_shown(banner: Banner) -> None:
    banner.tell("out of memory", [RETRY])
    banner.dismiss()
    banner.tell("disk full")
    assert (banner.text, banner.waiting) == ("disk full", 0)


def test_the_keyboard_reaches_the_buttons_and_goes_back(
    ground: QWidget, banner: Banner, qtbot: QtBot
) -> None:
    ground.setFocus()
    banner.tell("out of memory", [RETRY, BannerAction("Details", nothing)])
    assert ground.hasFocus()  # it is not taken from who types
    banner.take_keyboard()
    assert banner.buttons[0].hasFocus()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert banner.buttons[1].hasFocus()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not banner.isVisible()
    assert ground.hasFocus()


@pytest.mark.parametrize("width", [340, 560, 1200])
def test_nothing_is_cut_off_at_any_width(ground: QWidget, banner: Banner, width: int) -> None:
    ground.resize(width, 400)
    line = "out of memory: want 6.1 GB for 2048x1024, the GPU has 3.8 GB free; try a smaller size"
    banner.tell(line, [RETRY, BannerAction("Smaller size", nothing), BannerAction("More", nothing)])
    QTest.qWait(30)
    assert banner.width() <= width
    for button in banner.buttons:
        assert button.width() >= button.sizeHint().width()
        right = button.mapTo(banner, button.rect().topRight()).x()
        assert right < banner.width()
    assert banner._text.height() >= banner._text.heightForWidth(banner._text.width())


def test_more_than_three_buttons_are_refused(banner: Banner) -> None:
    with pytest.raises(ValueError, match="at most 3"):
        banner.tell("choose", [RETRY] * 4)


def test_everything_on_it_has_a_name(banner: Banner) -> None:
    banner.tell("out of memory", [BannerAction("Retry", nothing, tip="Try the same again")])
    assert banner.accessibleName()
    assert banner._text.accessibleName() == "out of memory"
    assert banner.buttons[0].toolTip() == "Try the same again"
