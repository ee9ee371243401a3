"""The app window with the model that ships: a sentence becomes a kept, favourite, found place."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from depthfusion.generator.models import STARTER
from depthfusion.gui.app_window import AppWindow
from depthfusion.gui.prompt_form import PromptForm
from depthfusion.library import Query
from tests.gui.conftest import TIMEOUT_MS, WORKER_TEST_S, WORKER_TIMEOUT_MS, settle

pytestmark = [pytest.mark.gui, pytest.mark.gl, pytest.mark.slow]


@pytest.fixture
def app_model() -> str:
    return STARTER


@pytest.mark.timeout(WORKER_TEST_S)
def test_a_sentence_becomes_a_place_with_the_starter_model(app: AppWindow, qtbot: QtBot) -> None:
    app.making.bar.set_form(PromptForm(size=(512, 256), steps=4))
    prompt = app.making.bar.prompt
    prompt.setFocus()
    QTest.keyClicks(prompt, "red sand dunes at noon")
    with qtbot.waitSignal(app.keeper.kept, timeout=WORKER_TIMEOUT_MS) as kept:
        QTest.keyClick(prompt, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: app.viewport.previewing, timeout=WORKER_TIMEOUT_MS)
    folder = kept.args[1]
    qtbot.waitUntil(lambda: app.opener.world == folder, timeout=TIMEOUT_MS)
    settle(qtbot, app.viewport)
    panorama = app.viewport.panorama
    assert panorama is not None and panorama.color.shape == (256, 512, 3)
    assert app.facts is not None and app.facts.model == STARTER
    red, _, blue = panorama.color[150:].reshape(-1, 3).mean(axis=0)
    assert red > blue  # sand, not sea
    (world,) = app.library.page(Query(text="dunes"))
    app.library.set_favourite(world.name)
    assert [found.name for found in app.library.page(Query(favourites_only=True))] == [world.name]
