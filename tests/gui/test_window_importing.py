"""Imports into the library, in their thread: progress, an end by hand, one line at the end."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication

from depthfusion.errors import PanoramaError
from depthfusion.gui.importing import Importing, Outcome
from depthfusion.library import Imported, Library
from tests.gui.conftest import destroy

TIMEOUT_MS = 15_000


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library", indexes=tmp_path / "indexes") as opened:
        yield opened


@pytest.fixture
def importing(qapp: QApplication, library: Library) -> Iterator[Importing]:
    made = Importing(library)
    yield made
    made.shut_down()
    destroy(made)


@pytest.fixture
def drawer(tmp_path: Path) -> Path:
    """A folder with two flat pictures, a pair, and one that is cut short."""
    folder = tmp_path / "drawer"
    folder.mkdir()
    for name, value in (("beach", 200), ("cave", 40), ("dune", 120)):
        Image.new("RGB", (64, 32), (value, 90, 60)).save(folder / f"{name}.png")
    Image.new("L", (64, 32), 128).save(folder / "dune_depth.png")
    whole = (folder / "beach.png").read_bytes()
    (folder / "torn.png").write_bytes(whole[: len(whole) // 2])
    return folder


def test_a_folder_becomes_worlds_and_the_outcome_is_told_once(
    qtbot: object, importing: Importing, library: Library, drawer: Path
) -> None:
    told: list[str] = []
    progress: list[tuple[int, int]] = []
    importing.told.connect(told.append)
    importing.progressed.connect(lambda done, total: progress.append((done, total)))
    with qtbot.waitSignal(importing.ended, timeout=TIMEOUT_MS):
        importing.start([drawer])
    assert library.count() == 3
    assert len(told) == 1
    assert told[0].startswith("3 worlds imported, 1 not: ")
    assert "torn.png" in told[0]
    assert progress == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert not importing.is_running


def test_one_picture_is_told_with_its_title_and_what_was_assumed(
    qtbot: object, importing: Importing, library: Library, drawer: Path
) -> None:
    with qtbot.waitSignal(importing.told, timeout=TIMEOUT_MS) as told:
        importing.start([drawer / "dune.png"])
    (world,) = library.page()
    assert world.has_depth
    assert told.args[0].startswith(f"“{world.title}” is in your library: ")


def test_one_that_cannot_be_read_is_told_with_the_reason(
    qtbot: object, importing: Importing, library: Library, drawer: Path
) -> None:
    with qtbot.waitSignal(importing.told, timeout=TIMEOUT_MS) as told:
        importing.start([drawer / "torn.png"])
    assert "torn.png" in told.args[0]
    assert "imported" not in told.args[0]
    assert library.count() == 0


def test_what_is_dropped_meanwhile_is_the_same_piece_of_work(
    qtbot: object, importing: Importing, library: Library, drawer: Path
) -> None:
    ends: list[Outcome] = []
    importing.ended.connect(ends.append)
    hold = threading.Event()
    real = library.importing

    def slowly(*arguments: object) -> Iterator[Imported]:
        hold.wait(TIMEOUT_MS / 1000)
        yield from real(*arguments)

    library.importing = slowly  # type: ignore[method-assign]
    importing.start([drawer / "beach.png"])
    importing.start([drawer / "cave.png"])
    with qtbot.waitSignal(importing.ended, timeout=TIMEOUT_MS):
        hold.set()
    assert [sorted(world.title for world in end.worlds) for end in ends] == [["beach", "cave"]]


def test_stopping_keeps_what_is_there_and_says_what_is_not(
    qtbot: object, importing: Importing, library: Library, drawer: Path
) -> None:
    real = library.importing

    def stopped_by_hand(*arguments: object) -> Iterator[Imported]:
        for one in real(*arguments):
            importing.start([drawer / "cave.png"])  # still waits, and is left out as well
            importing.cancel()
            yield one

    library.importing = stopped_by_hand  # type: ignore[method-assign]
    with qtbot.waitSignal(importing.told, timeout=TIMEOUT_MS) as told:
        importing.start([drawer])
    assert library.count() == 1
    assert told.args[0] == "1 world imported, 4 left out"


def test_after_stopping_the_next_import_is_whole(
    qtbot: object, importing: Importing, library: Library, drawer: Path
) -> None:
    importing.cancel()
    with qtbot.waitSignal(importing.ended, timeout=TIMEOUT_MS):
        importing.start([drawer / "beach.png"])
    assert library.count() == 1


def test_a_folder_with_nothing_in_it_is_told(
    qtbot: object, importing: Importing, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with qtbot.waitSignal(importing.told, timeout=TIMEOUT_MS) as told:
        importing.start([tmp_path / "empty"])
    assert "empty" in told.args[0]


def test_closing_while_importing_leaves_whole_worlds_only(
    importing: Importing, library: Library, drawer: Path
) -> None:
    for number in range(6):
        shutil.copy(drawer / "beach.png", drawer / f"more{number}.png")
    importing.start([drawer])
    importing.shut_down()
    library.scan()
    assert all(not world.problem for world in library.page())


@pytest.mark.parametrize(
    ("worlds", "failures", "left_out", "sentence"),
    [
        (0, 2, 0, "Nothing imported, 2 not, the first: want a panorama"),
        (2, 2, 0, "2 worlds imported, 2 not, the first: want a panorama"),
        (0, 1, 0, "want a panorama"),
        (2, 0, 3, "2 worlds imported, 3 left out"),
    ],
)
def test_every_outcome_is_one_sentence(
    importing: Importing, worlds: int, failures: int, left_out: int, sentence: str
) -> None:
    outcome = Outcome([object()] * worlds, [PanoramaError("want a panorama")] * failures, left_out)
    assert importing.sentence(outcome) == sentence
