"""The panel's picture: what is said can be read there, whatever is said."""

from __future__ import annotations

import numpy as np
import pytest

from depthfusion.vr.drawing import PANEL_PX, PanelWords
from depthfusion.vr.panel_picture import (
    ACCENT,
    CARD,
    CARD_ALPHA,
    font_for,
    lacking,
    panel_picture,
    wrapped,
)

KEYS = (("Stick left, right", "turn"), ("A, B", "next, previous world"))


def rows_with(picture: np.ndarray, color: tuple[int, int, int]) -> np.ndarray:
    """Return the rows that hold `color`."""
    return np.flatnonzero((picture[..., :3] == color).all(axis=-1).any(axis=1))


def test_the_card_is_as_high_as_what_it_says():
    few, many = (panel_picture(PanelWords("A lake", keys=KEYS[:n])) for n in (0, 2))
    for picture in (few, many):
        assert picture.shape == (PANEL_PX[1], PANEL_PX[0], 4)
        assert picture[80, 512, 3] == CARD_ALPHA
        assert picture[0, 0, 3] == picture[-1, 512, 3] == 0
        assert tuple(picture[0, 0, :3]) == CARD  # no other color bleeds into filtered edges
    heights = [np.flatnonzero(p[:, 512, 3]).max() for p in (few, many)]
    assert heights[0] < heights[1] < PANEL_PX[1]


@pytest.mark.parametrize("progress", [0.0, 0.25, 1.0, 7.0])
def test_the_bar_is_as_long_as_the_progress(progress):
    picture = panel_picture(PanelWords(progress=progress))
    wide = (picture[..., :3] == ACCENT).all(axis=-1).sum(axis=1).max()
    due = min(1.0, progress) * (PANEL_PX[0] - 96)
    assert abs(wide - due) <= 3


def test_without_progress_there_is_no_bar_and_without_words_no_text():
    assert len(rows_with(panel_picture(PanelWords("Title", keys=KEYS)), ACCENT)) == 0
    empty = panel_picture(PanelWords())
    assert (empty[..., :3] == CARD).all()


def test_no_words_are_too_many():
    words = PanelWords("very " * 90, "slow " * 90, 0.5, (("press " * 20, "it does " * 40),) * 30)
    picture = panel_picture(words)
    inside = (picture[..., :3] != CARD).any(axis=-1)
    assert not inside[:, :40].any()
    assert not inside[:, PANEL_PX[0] - 40 :].any()
    assert not inside[-20:].any()


def test_long_titles_end_in_an_ellipsis_and_short_ones_do_not():
    font = font_for("a", 40)
    lines = wrapped("a path that winds between old oaks and ferns", font, 400, 2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert all(font.getlength(line) <= 400 for line in lines)
    assert wrapped("two words", font, 400, 2) == ["two words"]
    assert wrapped("", font, 400, 2) == []
    assert wrapped("Unbreakableunbreakableunbreakable", font, 200, 1)[0].endswith("…")


def test_the_font_that_lacks_the_fewest_letters_is_taken():
    own = font_for("Mossy forest", 40)
    assert lacking(own, set("Mossyfrest")) == 0
    assert lacking(own, {"мост"[0], "a"}) == 1
    russian = font_for("мост", 40)
    assert lacking(russian, set("мост")) <= lacking(own, set("мост"))
