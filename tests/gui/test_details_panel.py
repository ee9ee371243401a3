"""The details column: what it tells of a world, what it hands over, how fast it is told anew."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDoubleSpinBox
from pytestqt.qtbot import QtBot

from depthfusion.gui.details_panel import MOST_CHARS, DetailsPanel
from depthfusion.gui.settings_panel import SettingsPanel
from depthfusion.gui.viewport import Viewport
from depthfusion.gui.world_facts import DepthFacts, WorldFacts, facts_from_panorama
from depthfusion.panorama import DepthMeaning, Panorama, Provenance
from depthfusion.settings import Units
from tests.gui.conftest import destroy

pytestmark = pytest.mark.gui

RECIPE = {
    "prompt": "a mossy forest at dawn",
    "negative_prompt": "people",
    "seed": 0,
    "steps": 18,
    "guidance": 5.0,
    "width": 1024,
    "height": 512,
    "scheduler": "dpm++2m-karras",
    "made_with": {"model": "/home/somebody/models/forest"},
}
MADE = WorldFacts(
    title="Mossy forest",
    recipe=RECIPE,
    size_px=(1024, 512),
    depth=DepthFacts((1024, 512), near_m=0.5, far_m=float("inf")),
    color_file=Path("worlds/a-mossy-forest/color.png"),
    seconds=41.3,
    made=datetime(2026, 5, 4, 12, 0, tzinfo=UTC),
)
FOUND = WorldFacts(
    title="beach", size_px=(6000, 3000), color_file=Path("beach.jpg"), notes=("no depth map",)
)


@pytest.fixture
def panel(viewport: Viewport, qtbot: QtBot) -> Iterator[DetailsPanel]:
    panel = DetailsPanel(SettingsPanel(viewport))
    panel.resize(panel.width(), 560)
    panel.show()
    yield panel
    destroy(panel)


def shown_text(panel: DetailsPanel) -> str:
    """Return all that can be read in the upper part."""
    about = panel._about
    words = [about.title, about.prompt.text, about.negative.text, about.notes.text]
    told = [word.text() for word in words if word.isVisibleTo(panel)]
    return "\n".join([*told, *(value.whole for _, value, _ in about.rows._shown.values())])


def test_nothing_open_is_said(panel: DetailsPanel) -> None:
    assert panel._empty.isVisible()
    assert not panel._about.isVisible()


def test_a_made_world_tells_how_it_was_made(panel: DetailsPanel) -> None:
    panel.show_facts(MADE)
    text = shown_text(panel)
    for wanted in ("Mossy forest", "mossy forest at dawn", "people", "forest", "18", "5", "41 s"):
        assert wanted in text
    rows = panel._about.rows
    assert rows.value("seed") == "0"
    assert rows.value("model") == "forest"
    assert rows.value("depth") == "0.5 m to infinity"
    panel.use_units(Units.IMPERIAL)
    assert rows.value("depth") == "1 ft 8 in to infinity"
    assert not panel._about.estimate.isVisible()


def test_a_picture_of_others_tells_what_was_assumed_and_offers_depth(
    panel: DetailsPanel, qtbot: QtBot
) -> None:
    panel.show_facts(MADE)
    panel.show_facts(FOUND)
    assert not panel._about.use.isVisible()
    assert not panel._about.prompt.isVisible()
    assert "no depth map" in shown_text(panel)
    assert panel._about.rows.value("seed") == ""
    with qtbot.waitSignal(panel.depth_wanted):
        qtbot.mouseClick(panel._about.estimate, Qt.MouseButton.LeftButton)


def test_estimating_cannot_be_asked_twice_and_a_reason_is_told(panel: DetailsPanel) -> None:
    panel.show_facts(FOUND)
    panel.set_estimate(running=True)
    assert not panel._about.estimate.isEnabled()
    panel.set_estimate(reason="no depth network here")
    assert panel._about.estimate.toolTip() == "no depth network here"
    panel.set_estimate()
    assert panel._about.estimate.isEnabled()


def test_use_these_hands_over_the_whole_recipe(panel: DetailsPanel, qtbot: QtBot) -> None:
    panel.show_facts(MADE)
    with qtbot.waitSignal(panel.use_wanted) as signal:
        qtbot.mouseClick(panel._about.use, Qt.MouseButton.LeftButton)
    assert signal.args == [RECIPE]


def test_a_recipe_without_a_prompt_is_not_offered(panel: DetailsPanel) -> None:
    panel.show_facts(replace(MADE, recipe={"depth": {"model": "Intel/dpt-large"}}))
    assert not panel._about.use.isVisible()


def test_prompt_and_seed_are_copied_whole(panel: DetailsPanel, qtbot: QtBot) -> None:
    long = "moss " * 1000
    panel.show_facts(replace(MADE, recipe=RECIPE | {"prompt": long}))
    assert len(panel._about.prompt.text.text()) <= MOST_CHARS + 1
    qtbot.mouseClick(panel._about.copy_prompt, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == long
    qtbot.mouseClick(panel._about.copy_seed, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "0"


def test_a_prompt_is_never_read_as_markup(panel: DetailsPanel) -> None:
    panel.show_facts(replace(MADE, recipe=RECIPE | {"prompt": "<img src=x><b>moss</b>"}))
    assert panel._about.prompt.text.textFormat() is Qt.TextFormat.PlainText


def test_a_long_word_does_not_widen_the_column(panel: DetailsPanel) -> None:
    panel.show_facts(replace(MADE, title="x" * 300, color_file=Path("y" * 200 + ".png")))
    assert panel.widget().width() <= panel.viewport().width()


def test_the_settings_are_in_it_and_scroll_with_the_rest(
    panel: DetailsPanel, viewport: Viewport
) -> None:
    panel.show_facts(MADE)
    settings = panel.findChild(SettingsPanel)
    QTest.qWait(50)
    assert settings.height() == settings.widget().sizeHint().height()
    assert panel.widget().height() < panel._about.height() + settings.height() + 20
    assert panel.verticalScrollBar().maximum() > 0
    viewport.change(strength=0.25)
    strength = next(
        b for b in settings.findChildren(QDoubleSpinBox) if "Strength" in b.accessibleName()
    )
    assert strength.value() == 0.25


def test_being_told_anew_is_fast(panel: DetailsPanel) -> None:
    panel.show_facts(MADE)
    panel.show_facts(FOUND)
    start = time.perf_counter()
    for _ in range(10):
        panel.show_facts(MADE)
        panel.show_facts(FOUND)
    assert (time.perf_counter() - start) / 20 < 0.05


def test_tab_goes_from_the_top_to_the_bottom(panel: DetailsPanel) -> None:
    panel.show_facts(MADE)
    about = panel._about
    wanted = [about.copy_prompt, about.copy_negative, about.copy_seed, about.show_folder, about.use]
    wanted.append(panel.findChild(SettingsPanel).findChildren(QDoubleSpinBox)[0])
    chain, widget = [], panel.nextInFocusChain()
    while widget is not panel:
        chain.append(widget)
        widget = widget.nextInFocusChain()
    places = [chain.index(w) for w in wanted]
    assert places == sorted(places)


def test_all_buttons_have_names_tips_and_the_keyboard(panel: DetailsPanel) -> None:
    panel.show_facts(MADE)
    for button in panel._about.findChildren(QAbstractButton):
        assert button.accessibleName() or button.text()
        assert button.toolTip()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_facts_come_from_a_panorama_and_what_lies_beside_it() -> None:
    depth = np.full((4, 8), 0.5, np.float32)
    panorama = Panorama(
        color=np.zeros((8, 16, 3), np.uint8),
        depth=depth,
        meaning=DepthMeaning.DISTANCE,
        title="moss",
        provenance=Provenance("a/color.png", "a/color.png", ("a note",), RECIPE),
    )
    facts = facts_from_panorama(panorama, {"seconds": 3, "created": "2026-01-02T03:04:05+00:00"})
    assert facts.depth == DepthFacts((8, 4), in_metres=True)
    assert (facts.color_file, facts.depth_file) == (Path("a/color.png"), None)
    assert (facts.seconds, facts.made) == (3.0, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert facts.can_be_used


def test_what_cannot_be_understood_beside_a_panorama_is_left_out() -> None:
    panorama = Panorama(color=np.zeros((8, 16, 3), np.uint8))
    facts = facts_from_panorama(panorama, {"seconds": "soon", "created": "yesterday"})
    assert (facts.seconds, facts.made, facts.depth) == (None, None, None)
    assert not facts.can_be_used


def test_a_hub_id_stays_whole_and_a_folder_loses_its_path() -> None:
    def name(model: str) -> str:
        return WorldFacts(recipe={"made_with": {"model": model}}).model

    assert name("Intel/ldm3d-pano") == "Intel/ldm3d-pano"
    assert name("/home/me/models/forest/") == "forest"
    assert name("C:\\models\\forest") == "forest"
    assert WorldFacts(recipe={"model": "starter"}).model == "starter"
