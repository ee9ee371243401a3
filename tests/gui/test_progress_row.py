"""What is being made and what waits: figures, words, and the card with the queue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from depthfusion.generator.events import Failed, Finished, Loading, Step
from depthfusion.generator.request import DepthRequest, Request
from depthfusion.gui.job_progress import LOADING_PART, JobProgress, rounded_s
from depthfusion.gui.progress_row import ProgressRow
from depthfusion.gui.queue_card import QueueCard
from tests.gui.conftest import destroy
from tests.gui.test_generation_queue import Bench

ALT, NONE = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier


class Rows(Bench):
    def __init__(self) -> None:
        super().__init__()
        self.window, self.view = QWidget(), QWidget()
        self.row = ProgressRow(self.queue, self.view)
        column = QVBoxLayout(self.window)
        column.addWidget(self.view, 1)
        column.addWidget(self.row)
        self.window.resize(900, 600)

    @property
    def card(self) -> QueueCard:
        return self.row.card

    def say(self, event: object) -> None:
        self.link.spoke.emit(event)

    def shown(self) -> list[str]:
        buttons = (self.row.queue_button, self.row.go_on_button, self.row.cancel_button)
        return [button.text() for button in buttons if not button.isHidden()]


@pytest.fixture
def rows(qapp: QApplication) -> Iterator[Rows]:
    made = Rows()
    yield made
    destroy(made.window)


# The figures, which know no window -----------------------------------------------------------


def fractions(progress: JobProgress, events: list[Any]) -> list[float]:
    told = []
    for event in events:
        progress.hear(event, 0.0)
        told.append(progress.fraction)
    return told


def test_progress_rises_from_loading_to_the_last_picture() -> None:
    events = [
        Loading("m", 0.0), Loading("m", 1.0),
        Step(1, 2, 0, 2, 1.0, 3.0), Step(2, 2, 0, 2, 2.0, 1.0), finished(0, 2),
        Step(1, 2, 1, 2), Step(2, 2, 1, 2), finished(1, 2),
    ]  # fmt: skip
    told = fractions(JobProgress(2), events)
    assert told == sorted(told) and len(set(told)) == len(told)
    rest = 1 - LOADING_PART
    assert told[1] == LOADING_PART and told[4] == pytest.approx(LOADING_PART + rest / 2)
    assert told[-2] < told[-1] == 1.0


def test_progress_never_falls_when_the_estimate_grows_or_loading_comes_again() -> None:
    events = [Step(5, 10, 0, 1, 5.0, 5.0), Step(6, 10, 0, 1, 6.0, 60.0), Loading("m", 0.1)]
    assert fractions(JobProgress(), events) == [0.5, 0.5, 0.5]


def test_without_loading_the_whole_line_is_for_the_steps() -> None:
    assert fractions(JobProgress(), [Step(1, 3)]) == [0.25]  # decoding counts as one more


def test_the_time_left_counts_down_and_includes_the_other_pictures() -> None:
    progress = JobProgress(3)
    assert progress.remaining_s(0.0) is None
    progress.hear(Step(5, 10, 0, 3, 20.0, 40.0), 100.0)
    assert progress.remaining_s(100.0) == 40.0 + 2 * 60.0
    assert progress.remaining_s(110.0) == 150.0
    assert progress.remaining_s(1e6) == 0.0


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.2, 1), (1.4, 1), (41.4, 41), (90, 90), (94, 90), (96, 100), (599, 600), (3629, 3600)],
)
def test_times_are_rounded_as_one_tells_them(seconds: float, told: int) -> None:
    assert rounded_s(seconds) == told


# The row --------------------------------------------------------------------------------------


def finished(image: int = 0, count: int = 1) -> Finished:
    return Finished(None, image, count)  # type: ignore[arg-type]


def test_the_row_is_hidden_while_nothing_is_to_be_done(rows: Rows) -> None:
    assert rows.row.isHidden()
    rows.add("a")
    assert not rows.row.isHidden() and rows.row.text == "Starting"
    rows.finish()
    assert rows.row.isHidden()


def test_what_is_done_is_told_in_words(rows: Rows) -> None:
    rows.add("a", "b", "c")
    rows.say(Loading("m", 0.6))
    assert rows.row.text == "Loading the model, 60 %, 2 queued"
    rows.say(Step(12, 30, 0, 1, 28.0, 41.2))
    assert rows.row.text == "Step 12 of 30, 41 s left, 2 queued"
    rows.say(Step(30, 30, 0, 1, 68.0, 1.0))
    assert rows.row.text == "Finishing, a moment left, 2 queued"
    assert rows.row.bar.accessibleDescription() == rows.row.text
    assert 900 < rows.row.bar.value() < rows.row.bar.maximum()


@pytest.mark.parametrize(
    ("seconds", "words"), [(100, "1 min 40 s"), (240, "4 min"), (5000, "1 h 23 min")]
)
def test_long_times_are_told_in_minutes_and_hours(rows: Rows, seconds: float, words: str) -> None:
    rows.add("a")
    rows.say(Step(1, 30, 0, 1, 1.0, seconds + 0.5))
    assert rows.row.text == f"Step 1 of 30, {words} left"


def test_several_worlds_are_counted(rows: Rows) -> None:
    rows.queue.add(Request("a", count=4))
    rows.say(Step(1, 2, 0, 4))
    assert rows.row.text == "World 1 of 4  ·  Step 1 of 2"
    rows.say(finished(0, 4))
    assert rows.row.text == "World 2 of 4  ·  Starting" and rows.row.bar.value() == 250


def test_the_next_job_begins_at_nothing(rows: Rows) -> None:
    rows.add("a", "b")
    rows.say(Step(9, 10))
    rows.finish()
    rows.link.end()
    assert rows.row.text == "Starting" and rows.row.bar.value() == 0


def test_cancel_is_offered_while_something_is_made(rows: Rows) -> None:
    rows.add("a", "b")
    assert rows.shown() == ["Queue (1)", "Cancel"]
    rows.row.cancel_button.click()
    assert rows.link.cancels == 1
    assert (rows.row.text, rows.shown()) == ("Stopping the world before, 1 queued", ["Queue (1)"])
    rows.link.end()
    assert (rows.row.text, rows.shown()) == ("Starting", ["Cancel"])


def test_after_a_failure_one_can_go_on_with_what_waits(rows: Rows) -> None:
    rows.add("a", "b")
    rows.say(Failed("crashed"))
    rows.link.end()
    assert rows.row.text == "Held after a failure, 1 waiting"
    assert rows.shown() == ["Queue (1)", "Go on"] and rows.row.bar.isHidden()
    rows.row.go_on_button.click()
    assert rows.link.started == ["a", "b"] and not rows.row.bar.isHidden()


def test_a_row_made_while_something_runs_shows_it(rows: Rows) -> None:
    rows.add("a", "b")
    late = ProgressRow(rows.queue, rows.view, rows.window)
    assert not late.isHidden() and late.text == "Starting, 1 queued"
    destroy(late)


# The card with the queue ----------------------------------------------------------------------


def listed(card: QueueCard) -> list[str]:
    return [card.list.item(row).text() for row in range(card.list.count())]


def test_the_card_lists_what_waits(rows: Rows) -> None:
    rows.add("a", "b")
    rows.queue.add(Request("two\nlines", count=3))
    assert listed(rows.card) == ["b", "two lines  ·  3 worlds"]


def test_jobs_are_sorted_and_removed_by_buttons(rows: Rows) -> None:
    rows.add("now", "a", "b", "c")
    card = rows.card
    assert card.list.currentRow() == 0 and not card.up.isEnabled()
    card.down.click()
    card.down.click()
    assert rows.waiting == ["b", "c", "a"] and not card.down.isEnabled()
    card.up.click()
    assert rows.waiting == ["b", "a", "c"]
    card.remove.click()
    assert rows.waiting == ["b", "c"] and card.list.currentRow() == 1
    card.clear.click()
    assert rows.waiting == [] and rows.queue.current is not None


def test_jobs_are_sorted_and_removed_by_keys(rows: Rows) -> None:
    rows.add("now", "a", "b", "c")
    jobs = rows.card.list
    QTest.keyClick(jobs, Qt.Key.Key_Down)
    QTest.keyClick(jobs, Qt.Key.Key_Up, ALT)
    QTest.keyClick(jobs, Qt.Key.Key_Up, ALT)  # it is the first already
    assert rows.waiting == ["b", "a", "c"]
    QTest.keyClick(jobs, Qt.Key.Key_Down, ALT)
    assert rows.waiting == ["a", "b", "c"]
    QTest.keyClick(jobs, Qt.Key.Key_Delete)
    assert rows.waiting == ["a", "c"] and listed(rows.card) == ["a", "c"]


@pytest.mark.parametrize(
    ("dragged", "before", "order"),
    [(0, 2, "bac"), (0, 3, "bca"), (2, 0, "cab"), (1, 1, "abc"), (1, 2, "abc")],
)
def test_a_dragged_job_lies_where_it_was_dropped(
    rows: Rows, qtbot: Any, dragged: int, before: int, order: str
) -> None:
    rows.add("now", "a", "b", "c")
    jobs = rows.card.list
    jobs.resize(jobs.sizeHint())
    jobs.setCurrentRow(dragged)
    edge = jobs.visualItemRect(jobs.item(min(before, 2)))
    y = edge.top() + 3 if before < 3 else edge.bottom() + 3
    drop(jobs, QPoint(20, y))
    qtbot.waitUntil(lambda: rows.waiting == list(order), timeout=2000)
    assert jobs.item(order.index("abc"[dragged])) is jobs.currentItem()


def drop(jobs: Any, point: QPoint) -> None:
    class Drop(QDropEvent):
        def source(self) -> Any:
            return jobs

    left, move = Qt.MouseButton.LeftButton, Qt.DropAction.MoveAction
    mime = QMimeData()  # the event does not keep it
    event = Drop(QPointF(point), move, mime, left, NONE)
    jobs.dropEvent(event)
    assert event.isAccepted() and event.dropAction() != move


@pytest.mark.gui
def test_the_card_opens_from_its_button_and_goes_with_the_last_job(rows: Rows) -> None:
    rows.window.show()
    rows.window.activateWindow()
    assert QTest.qWaitForWindowActive(rows.window, 10_000)
    rows.add("now", "a")
    button = rows.row.queue_button
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert rows.card.isVisible() and QApplication.focusWidget() is rows.card.list
    assert rows.view.rect().contains(rows.card.geometry())
    QTest.keyClick(rows.card.list, Qt.Key.Key_Escape)
    assert not rows.card.isVisible() and not button.isChecked()
    button.click()
    QTest.keyClick(rows.card.list, Qt.Key.Key_Delete)
    assert not rows.card.isVisible() and rows.waiting == []


@pytest.mark.gui
def test_the_card_that_goes_by_itself_leaves_the_keyboard_where_it_is(rows: Rows) -> None:
    field = QLineEdit(rows.window)
    rows.window.layout().addWidget(field)
    rows.window.show()
    rows.window.activateWindow()
    assert QTest.qWaitForWindowActive(rows.window, 10_000)
    rows.add("now", "a")
    rows.row.queue_button.click()
    field.setFocus()
    rows.finish()
    rows.link.end()
    assert not rows.card.isVisible() and not rows.row.queue_button.isChecked()
    assert QApplication.focusWidget() is field


def test_everything_in_the_row_and_its_card_has_a_name_and_a_tip(rows: Rows) -> None:
    rows.add("now", "a")
    for button in (rows.row.queue_button, rows.row.go_on_button, rows.row.cancel_button):
        assert button.text() and button.toolTip()
    for button in (rows.card.up, rows.card.down):
        assert button.accessibleName() and button.toolTip()
    for button in (rows.card.remove, rows.card.clear):
        assert button.text() and button.toolTip()
    assert rows.card.list.accessibleName() and rows.row.bar.accessibleName()


def test_a_job_for_depth_says_what_it_does_and_which_picture_waits(rows: Rows) -> None:
    rows.queue.add(DepthRequest("/pictures/harbour.jpg"))
    rows.queue.add(DepthRequest("/pictures/old town.jpg"))
    assert rows.row.text == "Estimating depth, 1 queued"
    rows.say(Loading("Intel/dpt-large", 0.0))
    assert rows.row.text == "Estimating depth: loading the network, 1 queued"
    rows.say(Step(3, 17))
    assert rows.row.text == "Estimating depth: part 3 of 17, 1 queued"
    item = rows.card.list.item(0)
    assert (item.text(), item.toolTip()) == ("Depth of old town.jpg", "/pictures/old town.jpg")
    rows.say(finished(0, 1))
    rows.link.end()
    assert rows.row.text == "Estimating depth"
