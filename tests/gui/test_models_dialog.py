"""The models window and its desk, against a small hub on 127.0.0.1 and real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QProcess, Qt, QTimer
from PySide6.QtWidgets import QAbstractButton, QMessageBox
from pytestqt.qtbot import QtBot

from depthfusion.generator.model_list import ModelOffer, ModelRow
from depthfusion.gui.model_download import ModelDesk, Outcome, Task, Transfer
from depthfusion.gui.models_dialog import ModelsDialog
from tests.gui.conftest import TIMEOUT_MS, destroy
from tests.gui.model_hub import (
    MODEL,
    UNET,
    HubServer,
    desk_of,
    environment_of,
    model_files,
    model_folder,
)

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def dialog(desk: ModelDesk, qtbot: QtBot) -> Iterator[ModelsDialog]:
    dialog = ModelsDialog(desk)
    with qtbot.waitSignal(desk.listed, timeout=TIMEOUT_MS):
        dialog.show()
    yield dialog
    dialog.close()
    destroy(dialog)


class SilentDesk(ModelDesk):
    """Asks nobody; the test tells the answers."""

    def __init__(self) -> None:
        super().__init__()
        self.looked: list[str] = []

    def refresh(self) -> None:
        pass

    def look(self, model: str) -> None:
        self.looked.append(model)


@pytest.fixture
def told(qtbot: QtBot) -> Iterator[tuple[SilentDesk, ModelsDialog]]:
    desk = SilentDesk()
    dialog = ModelsDialog(desk)
    dialog.show()
    yield desk, dialog
    dialog.close()
    destroy(dialog)


def state_of(dialog: ModelsDialog, name: str) -> str:
    for index in range(dialog.list.topLevelItemCount()):
        item = dialog.list.topLevelItem(index)
        if item.data(0, Qt.ItemDataRole.UserRole) == name:
            return item.text(3)
    return "not listed"


def offered(dialog: ModelsDialog, desk: ModelDesk, qtbot: QtBot, model: str = MODEL) -> ModelOffer:
    with qtbot.waitSignal(desk.offered, timeout=TIMEOUT_MS) as signal_:
        dialog.show_offer(model)
    offer: ModelOffer = signal_.args[0]
    return offer


def ended(desk: ModelDesk, qtbot: QtBot) -> Outcome:
    with qtbot.waitSignal(desk.ended, timeout=TIMEOUT_MS) as signal_:
        pass
    outcome: Outcome = signal_.args[0]
    return outcome


def get(dialog: ModelsDialog, desk: ModelDesk, qtbot: QtBot) -> None:
    offered(dialog, desk, qtbot)
    with qtbot.waitSignals([desk.ended, desk.listed], timeout=TIMEOUT_MS):
        qtbot.mouseClick(dialog.offer.accept, LEFT)


def test_the_licence_is_shown_before_a_weight_is_fetched(
    dialog: ModelsDialog, desk: ModelDesk, hub: HubServer, qtbot: QtBot
) -> None:
    assert state_of(dialog, MODEL) == "not here"
    dialog.choose(MODEL)
    with qtbot.waitSignal(desk.offered, timeout=TIMEOUT_MS):
        qtbot.mouseClick(dialog.get_button, LEFT)
    assert dialog.offer.isVisible()
    assert "You may not use the model" in dialog.offer.licence
    assert "Licence: CreativeML OpenRAIL-M" in dialog.offer.text
    assert dialog.offer.accept.text().startswith("Accept and download 463 kB")
    assert hub.weight_bytes() == 0
    qtbot.mouseClick(dialog.offer.back, LEFT)
    assert dialog.list.isVisible()
    assert hub.weight_bytes() == 0


@pytest.mark.slow
def test_a_download_is_checked_used_verified_and_removed(
    dialog: ModelsDialog, desk: ModelDesk, qtbot: QtBot
) -> None:
    told: list[Transfer] = []
    desk.progressed.connect(told.append)
    get(dialog, desk, qtbot)
    assert "is here, every file checked" in dialog._message.text
    assert state_of(dialog, MODEL) == "here"
    assert told[-1].share == 1
    dialog.choose(MODEL)
    with qtbot.waitSignal(dialog.use_wanted) as used:
        qtbot.mouseClick(dialog.use_button, LEFT)
    assert used.args == [MODEL]
    with qtbot.waitSignals([desk.ended, desk.listed], timeout=TIMEOUT_MS):
        qtbot.mouseClick(dialog.verify_button, LEFT)
    assert "all files as they should be" in dialog._message.text
    with qtbot.waitSignals([desk.ended, desk.listed], timeout=TIMEOUT_MS):
        QTimer.singleShot(100, lambda: _answer(dialog, "Delete"))
        qtbot.mouseClick(dialog.remove_button, LEFT)
    assert state_of(dialog, MODEL) == "not here"


def _answer(dialog: ModelsDialog, text: str) -> None:
    box = dialog.findChild(QMessageBox)
    next(b for b in box.buttons() if b.text() == text).click()


@pytest.mark.slow
def test_a_damaged_file_is_found_and_repair_is_offered(
    dialog: ModelsDialog, desk: ModelDesk, tmp_path: Path, qtbot: QtBot
) -> None:
    get(dialog, desk, qtbot)
    (weights,) = (tmp_path / "hf" / "hub").glob(f"*/snapshots/*/{UNET}")
    weights.resolve().write_bytes(b"damaged")
    dialog.choose(MODEL)
    with qtbot.waitSignals([desk.ended, desk.listed], timeout=TIMEOUT_MS):
        qtbot.mouseClick(dialog.verify_button, LEFT)
    assert f"{MODEL} is damaged: {UNET} has 7 bytes" in dialog._message.text
    assert dialog._message.again.text() == "Repair"
    with qtbot.waitSignal(desk.offered, timeout=TIMEOUT_MS):
        qtbot.mouseClick(dialog._message.again, LEFT)
    assert dialog.offer.isVisible()


@pytest.mark.slow
def test_a_cancelled_download_goes_on_where_it_stopped(
    dialog: ModelsDialog, desk: ModelDesk, hub: HubServer, qtbot: QtBot
) -> None:
    hub.fault(UNET, "slow", wait_s=0.1)
    offered(dialog, desk, qtbot)
    qtbot.mouseClick(dialog.offer.accept, LEFT)
    qtbot.waitUntil(lambda: hub.sent_bytes.get(UNET, 0) > 100_000, timeout=TIMEOUT_MS)
    assert f"Downloading {MODEL}" in dialog._work.text
    assert state_of(dialog, MODEL) == "being worked on"
    start = time.perf_counter()
    with qtbot.waitSignals([desk.ended, desk.listed], timeout=TIMEOUT_MS):
        qtbot.mouseClick(dialog._work.cancel, LEFT)
        assert time.perf_counter() - start < 1
    assert "What arrived is kept" in dialog._message.text
    assert state_of(dialog, MODEL) == "begun"
    dialog.choose(MODEL)
    assert dialog.get_button.text() == "Go on…"
    offer = offered(dialog, desk, qtbot)
    assert offer.is_accepted
    assert offer.missing_bytes < offer.size_bytes
    assert dialog.offer.accept.text().startswith("Download ")
    with qtbot.waitSignals([desk.ended, desk.listed], timeout=TIMEOUT_MS):
        qtbot.mouseClick(dialog.offer.accept, LEFT)
    assert state_of(dialog, MODEL) == "here"
    assert hub.gets(UNET)[-1].start > 50_000


_KILLED = """
import sys
from PySide6.QtCore import QCoreApplication
from depthfusion.gui.model_download import ModelDesk
app = QCoreApplication([])
desk = ModelDesk()
desk.offered.connect(desk.download)
desk.look(sys.argv[1])
app.exec()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_after_kill_9_of_the_window_the_download_ends_and_goes_on_later(
    hub: HubServer, tmp_path: Path, qtbot: QtBot
) -> None:
    hub.fault(UNET, "slow", wait_s=0.1)
    window = subprocess.Popen(
        [sys.executable, "-c", _KILLED, MODEL], env=os.environ | environment_of(hub, tmp_path)
    )
    qtbot.waitUntil(lambda: hub.sent_bytes.get(UNET, 0) > 100_000, timeout=TIMEOUT_MS)
    window.send_signal(signal.SIGKILL)
    window.wait(timeout=10)
    with desk_of(hub, tmp_path) as desk:
        with qtbot.waitSignal(desk.offered, timeout=TIMEOUT_MS) as signal_:
            desk.look(MODEL)
        assert signal_.args[0].missing_bytes < signal_.args[0].size_bytes - 50_000
        deadline = time.monotonic() + 20
        outcome = None
        while outcome is None or "by another process" in outcome.error:
            assert time.monotonic() < deadline, "the orphan went on"
            desk.download(signal_.args[0])
            outcome = ended(desk, qtbot)
        assert not outcome.error
    assert hub.gets(UNET)[-1].start > 50_000


@pytest.mark.slow
def test_without_a_network_it_is_one_line_and_can_be_tried_again(
    hub: HubServer, tmp_path: Path, qtbot: QtBot
) -> None:
    with desk_of(hub, tmp_path, HF_ENDPOINT="http://127.0.0.1:9") as desk:
        dialog = ModelsDialog(desk)
        dialog.show()
        with qtbot.waitSignal(desk.offer_failed, timeout=TIMEOUT_MS):
            dialog.show_offer(MODEL)
        assert "cannot reach http://127.0.0.1:9" in dialog.offer.text
        assert "\n" not in dialog.offer.text
        assert dialog.offer.again.isVisible()
        assert not dialog.offer.accept.isVisible()
        with qtbot.waitSignal(desk.offer_failed, timeout=TIMEOUT_MS):
            qtbot.mouseClick(dialog.offer.again, LEFT)
        dialog.close()
        destroy(dialog)


@pytest.mark.slow
def test_a_download_that_fails_leaves_one_line_and_a_button(
    dialog: ModelsDialog, desk: ModelDesk, hub: HubServer, qtbot: QtBot
) -> None:
    offered(dialog, desk, qtbot)
    hub.fault(UNET, "status", status=404)
    with qtbot.waitSignals([desk.ended, desk.listed], timeout=TIMEOUT_MS):
        qtbot.mouseClick(dialog.offer.accept, LEFT)
    assert dialog._message.again.text() == "Try again"
    assert dialog._message.text
    with qtbot.waitSignals([desk.ended, desk.listed], timeout=TIMEOUT_MS):
        qtbot.mouseClick(dialog._message.again, LEFT)
    assert state_of(dialog, MODEL) == "here"


def test_a_folder_with_spaces_gets_a_fitting_name(
    dialog: ModelsDialog, desk: ModelDesk, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = model_folder(tmp_path / "my forest (old)")
    with qtbot.waitSignals([desk.ended, desk.listed], timeout=TIMEOUT_MS):
        desk.add(str(folder))
    assert dialog._message.text == "Added as my-forest-old."
    assert state_of(dialog, "my-forest-old") == "your folder"
    dialog.choose("my-forest-old")
    assert dialog.remove_button.text() == "Forget"
    with qtbot.waitSignals([desk.ended, desk.listed], timeout=TIMEOUT_MS):
        qtbot.mouseClick(dialog.remove_button, LEFT)
    assert (folder / UNET).read_bytes() == model_files()[UNET]


def test_a_later_question_drops_the_one_before(desk: ModelDesk, qtbot: QtBot) -> None:
    answers: list[str] = []
    desk.offered.connect(lambda offer: answers.append(offer.model))
    desk.offer_failed.connect(lambda model, _: answers.append(model))
    desk.look(MODEL)
    with qtbot.waitSignal(desk.offer_failed, timeout=TIMEOUT_MS):
        desk.look("nobody/nothing")
    assert answers == ["nobody/nothing"]


def test_a_desk_that_is_shut_down_in_the_middle_leaves_no_process(
    desk: ModelDesk, qtbot: QtBot
) -> None:
    desk.refresh()
    desk.refresh()
    pids = [int(process.processId()) for process in desk.findChildren(QProcess)]
    start = time.perf_counter()
    desk.shut_down()
    assert time.perf_counter() - start < 2
    assert len(pids) == 2
    assert not any(psutil.pid_exists(pid) for pid in pids if pid)


def test_a_desk_whose_command_is_missing_says_so(qtbot: QtBot, tmp_path: Path) -> None:
    desk = ModelDesk(command=[str(tmp_path / "nothing")])
    with qtbot.waitSignal(desk.list_failed, timeout=TIMEOUT_MS) as signal_:
        desk.refresh()
    assert "cannot start" in signal_.args[0]
    destroy(desk)


def test_only_what_can_be_done_is_offered(told: tuple[SilentDesk, ModelsDialog]) -> None:
    desk, dialog = told
    desk.listed.emit(
        [
            ModelRow("starter", is_here=True, size_bytes=7),
            ModelRow("Intel/a", missing=("the rest of it",), size_bytes=5),
            ModelRow("Intel/b"),
        ]
    )
    wanted = {
        "starter": {"Check", "Use"},
        "Intel/a": {"Remove…", "Go on…"},
        "Intel/b": {"Download…"},
    }
    buttons = (dialog.remove_button, dialog.verify_button, dialog.use_button, dialog.get_button)
    for name, texts in wanted.items():
        dialog.choose(name)
        assert {button.text() for button in buttons if button.isVisible()} == texts


def test_progress_says_how_far_how_fast_and_how_long(
    told: tuple[SilentDesk, ModelsDialog],
) -> None:
    desk, dialog = told
    desk.began.emit(Task.DOWNLOAD, MODEL)
    desk.progressed.emit(Transfer("download", UNET, 1_200_000_000, 4_270_000_000, 35.2e6, 87.0))
    assert dialog._work.text == f"Downloading {MODEL}: 1.20 of 4.27 GB, 35.2 MB/s, 87 s left"
    desk.progressed.emit(Transfer("wait", UNET, 10**9, 4_270_000_000, None, None, "HTTP 503"))
    assert "waiting to try again (HTTP 503)" in dialog._work.text


def test_too_little_room_is_said_before(told: tuple[SilentDesk, ModelsDialog]) -> None:
    desk, dialog = told
    dialog.show_offer(MODEL)
    assert desk.looked == [MODEL]
    offer = ModelOffer(MODEL, "a" * 40, 100, 100, 50, "hub", "", "javascript:x", "", "", False)
    desk.offered.emit(offer)
    assert "too little room" in dialog.offer.text
    assert "none named" in dialog.offer.text
    assert not dialog.offer.accept.isEnabled()
    assert not dialog.offer._link.isVisible()


def test_an_answer_about_another_model_is_not_shown(
    told: tuple[SilentDesk, ModelsDialog],
) -> None:
    desk, dialog = told
    dialog.show_offer(MODEL)
    desk.offer_failed.emit("Intel/other", "no such model")
    assert "no such model" not in dialog.offer.text


def test_everything_in_it_has_a_name_a_tip_and_the_keyboard(
    told: tuple[SilentDesk, ModelsDialog],
) -> None:
    desk, dialog = told
    desk.listed.emit([ModelRow("Intel/b")])
    dialog.show_offer("Intel/b")
    offer = ModelOffer("Intel/b", "a" * 40, 9, 9, 50, "hub", "MIT", "https://x.org", "", "", True)
    desk.offered.emit(offer)
    for button in dialog.findChildren(QAbstractButton):
        if button.isVisible():
            assert button.text() or button.accessibleName()
            assert button.toolTip()
            assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert dialog.list.accessibleName()
    assert dialog.offer._licence.accessibleName()


def test_nothing_is_begun_after_the_end(desk: ModelDesk) -> None:
    """As when a timer of the window comes after it was closed."""
    desk.shut_down()
    desk.refresh()
    desk.look(MODEL)
    assert not [
        p for p in desk.findChildren(QProcess) if p.state() is not p.ProcessState.NotRunning
    ]
