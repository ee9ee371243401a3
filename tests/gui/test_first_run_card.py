"""The card of the first start: true numbers when the hub can be asked, an estimate when not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from depthfusion.generator.amounts import size
from depthfusion.gui.first_run_card import FirstRunCard
from depthfusion.gui.model_download import ModelDesk
from tests.gui.conftest import TIMEOUT_MS, destroy
from tests.gui.model_hub import MODEL, HubServer, desk_of, model_files, model_folder

pytestmark = pytest.mark.gui


@pytest.fixture
def card(desk: ModelDesk, qtbot: QtBot) -> Iterator[FirstRunCard]:
    ground = QWidget()
    ground.resize(900, 600)
    ground.show()
    card = FirstRunCard(ground, desk, MODEL)
    card.present()
    yield card
    destroy(ground)


def test_before_anybody_was_asked_it_says_about(card: FirstRunCard) -> None:
    assert card.isVisible()
    assert "about 4.3 GB (CreativeML OpenRAIL-M)" in card.text
    assert card.view.height() - card.geometry().bottom() < 30
    assert card.x() < 30


def test_the_hub_is_asked_for_the_true_size(
    card: FirstRunCard, desk: ModelDesk, hub: HubServer, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(desk.offered, timeout=TIMEOUT_MS):
        card.ask()
    total = size(sum(map(len, model_files().values())))
    assert f"a download of {total} (CreativeML OpenRAIL-M)" in card.text
    assert hub.weight_bytes() == 0


def test_without_a_network_the_estimate_stays_and_nothing_is_complained_of(
    hub: HubServer, tmp_path: Path, qtbot: QtBot
) -> None:
    ground = QWidget()
    with desk_of(hub, tmp_path, HF_HUB_OFFLINE="1") as desk:
        card = FirstRunCard(ground, desk, MODEL)
        with qtbot.waitSignal(desk.offer_failed, timeout=TIMEOUT_MS):
            card.ask()
        assert "about 4.3 GB" in card.text
        assert card.state == ""
    destroy(ground)


def test_download_only_tells_that_the_licence_is_wanted(
    card: FirstRunCard, desk: ModelDesk, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(card.download_wanted):
        qtbot.mouseClick(card.download, Qt.MouseButton.LeftButton)
    assert not card.isVisible()
    assert desk.task is None


def test_later_and_escape_put_it_away(card: FirstRunCard, qtbot: QtBot) -> None:
    with qtbot.waitSignal(card.later):
        qtbot.mouseClick(card.put_off, Qt.MouseButton.LeftButton)
    assert not card.isVisible()
    card.present()
    with qtbot.waitSignal(card.later):
        qtbot.keyClick(card, Qt.Key.Key_Escape)


def test_a_folder_is_added_under_its_name(card: FirstRunCard, tmp_path: Path, qtbot: QtBot) -> None:
    folder = model_folder(tmp_path / "forest")
    with qtbot.waitSignal(card.added, timeout=TIMEOUT_MS) as signal:
        card.add_folder(str(folder))
        assert not card.have_it.isEnabled()
    assert signal.args == ["forest"]
    assert not card.isVisible()


def test_a_folder_that_is_no_model_is_one_line_and_a_way_on(
    card: FirstRunCard, desk: ModelDesk, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(desk.ended, timeout=TIMEOUT_MS):
        card.add_folder(str(tmp_path))
    assert "want a model's folder with model_index.json" in card.state
    assert card.have_it.isEnabled()
    assert card.isVisible()


def test_everything_on_it_has_a_name_and_a_tip(card: FirstRunCard) -> None:
    assert card.accessibleName()
    assert card.accessibleDescription()
    for button in (card.download, card.have_it, card.put_off):
        assert button.text()
        assert button.toolTip()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus


@pytest.mark.parametrize("starter", [True, False])
def test_it_promises_to_work_offline_only_where_the_starter_model_is(
    starter: bool, desk: ModelDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "depthfusion.gui.first_run_card.starter_folder", lambda: tmp_path if starter else None
    )
    ground = QWidget()
    card = FirstRunCard(ground, desk, MODEL)
    assert ("Works offline" in card.accessibleDescription()) is starter
    assert ("needs a model" in card.text) is not starter
    destroy(ground)
