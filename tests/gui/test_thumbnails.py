"""Thumbnails: decoded in threads, what is in sight only, so much and no more; rows on demand."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from depthfusion.gui import thumbnails as module
from depthfusion.gui.library_model import CHUNK, MOST_KEPT, LibraryModel
from depthfusion.gui.thumbnails import Thumbnails, decoded
from depthfusion.library import Library, Query, World
from tests.gui.conftest import destroy

TIMEOUT_MS = 15_000


@pytest.fixture
def thumbnails(qapp: QApplication) -> Iterator[Thumbnails]:
    made = Thumbnails(most_bytes=10 * 128 * 64 * 4)
    yield made
    made.shut_down()
    destroy(made)


@pytest.fixture
def worlds(tmp_path: Path) -> list[World]:
    """Forty worlds with nothing but a thumbnail."""
    made = []
    for number in range(40):
        folder = tmp_path / f"w{number}"
        folder.mkdir()
        Image.new("RGB", (512, 256), (6 * number, 90, 60)).save(folder / "thumbnail.jpg")
        made.append(World(folder, title=f"world {number}"))
    return made


def test_a_picture_is_as_wide_as_needed_and_twice_as_wide_as_high(
    qtbot: object, thumbnails: Thumbnails, worlds: list[World]
) -> None:
    with qtbot.waitSignal(thumbnails.ready, timeout=TIMEOUT_MS):
        thumbnails.want(worlds[:1], 100)
    pixmap = thumbnails.picture(worlds[0])
    assert pixmap is not None
    assert (pixmap.width(), pixmap.height()) == (128, 64)
    with qtbot.waitSignal(thumbnails.ready, timeout=TIMEOUT_MS):
        thumbnails.want(worlds[:1], 200)
    larger = thumbnails.picture(worlds[0])
    assert larger is not None
    assert larger.width() == 256
    assert thumbnails.kept_bytes == 256 * 128 * 4, "the small one is not kept beside it"


def test_what_went_by_in_a_quick_scroll_is_not_decoded(
    qtbot: object, thumbnails: Thumbnails, worlds: list[World], monkeypatch: pytest.MonkeyPatch
) -> None:
    go, real = threading.Event(), decoded
    tried: list[str] = []

    def slowly(world: World, width_px: int) -> tuple[QImage, str]:
        tried.append(world.name)
        go.wait(TIMEOUT_MS / 1000)
        return real(world, width_px)

    monkeypatch.setattr(module, "decoded", slowly)
    thumbnails.want(worlds[:2], 128)
    qtbot.waitUntil(lambda: len(tried) == 2, timeout=TIMEOUT_MS)
    for first in range(2, 34, 4):
        thumbnails.want(worlds[first : first + 4], 128)
    thumbnails.want(worlds[36:], 128)
    go.set()
    qtbot.waitUntil(
        lambda: all(thumbnails.picture(world) for world in worlds[36:]), timeout=TIMEOUT_MS
    )
    assert set(tried[:2]) == {"w0", "w1"}, "two threads were at work already"
    assert sorted(tried[2:]) == ["w36", "w37", "w38", "w39"]
    assert tried[2] in {"w36", "w37"}, "the first in sight first"


def test_so_much_is_kept_and_the_longest_unseen_goes_first(
    qtbot: object, thumbnails: Thumbnails, worlds: list[World]
) -> None:
    for world in worlds:
        with qtbot.waitSignal(thumbnails.ready, timeout=TIMEOUT_MS):
            thumbnails.want([world], 128)
        thumbnails.picture(worlds[0])  # always in sight
    assert thumbnails.kept_bytes == 10 * 128 * 64 * 4
    kept = [world.name for world in worlds if thumbnails.picture(world) is not None]
    assert kept == ["w0", *(f"w{number}" for number in range(31, 40))]


def test_what_cannot_be_read_is_tried_once(
    qtbot: object, thumbnails: Thumbnails, worlds: list[World]
) -> None:
    worlds[0].thumbnail.unlink()
    with qtbot.waitSignal(thumbnails.ready, timeout=TIMEOUT_MS):
        thumbnails.want(worlds[:1], 128)
    assert thumbnails.problem(worlds[0]) == "thumbnail.jpg is missing"
    thumbnails.want(worlds[:1], 128)
    assert not thumbnails._queue
    assert thumbnails.decoded == 1
    Image.new("RGB", (512, 256)).save(worlds[0].thumbnail)
    thumbnails.forget_problems()
    with qtbot.waitSignal(thumbnails.ready, timeout=TIMEOUT_MS):
        thumbnails.want(worlds[:1], 128)
    assert thumbnails.picture(worlds[0]) is not None


def test_a_missing_thumbnail_is_made_of_the_picture_and_a_huge_one_is_left(
    worlds: list[World],
) -> None:
    world = worlds[0]
    world.thumbnail.unlink()
    Image.new("RGB", (300, 300), (10, 200, 30)).save(world.folder / "color.png")
    image, problem = decoded(world, 128)
    assert problem == ""
    assert (image.width(), image.height()) == (128, 64)
    assert image.pixelColor(64, 32).green() == 200
    Image.new("1", (10_000, 5_000)).save(world.folder / "color.png")
    image, problem = decoded(world, 128)
    assert image.isNull()
    assert problem == "thumbnail.jpg is missing"


class CountingLibrary:
    """A library of many worlds that counts what it is asked for."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.all = [f"w{number}" for number in range(count)]
        self.asked: list[int] = []

    def names(self, _: Query) -> list[str]:
        return self.all

    def worlds(self, names: Sequence[str]) -> list[World]:
        self.asked.append(len(names))
        return [World(self.folder / name, title=name.upper()) for name in names]


def test_the_model_asks_for_rows_in_sight_only_and_keeps_so_many(
    qapp: QApplication, tmp_path: Path
) -> None:
    counting = CountingLibrary(tmp_path, 20_000)
    model = LibraryModel(counting)  # type: ignore[arg-type]
    model.ask(Query())
    assert model.rowCount() == 20_000
    assert counting.asked == []
    titles = [model.index(row).data() for row in range(10_000, 10_008)]
    assert titles[0] == "W10000"
    assert counting.asked == [CHUNK]
    for row in range(0, 20_000, CHUNK):
        model.world(row)
    assert len(model._kept) <= MOST_KEPT


@pytest.mark.slow
def test_twenty_thousand_worlds_are_searched_within_50_ms(
    qapp: QApplication, tmp_path: Path
) -> None:
    import time

    from depthfusion.library import query
    from depthfusion.library.words import searchable
    from depthfusion.library.world import Read

    with Library(tmp_path / "library", indexes=tmp_path / "indexes") as library:

        def fill(connection: object) -> None:
            for number in range(20_000):
                title = f"a {('mossy forest', 'beach', 'cave of ice')[number % 3]} {number}"
                world = World(library.folder / f"w{number}", title=title, created_s=number)
                query.put(connection, Read(world, searchable(title), "-"))

        library.index.write(fill)
        model = LibraryModel(library)
        for text, least in (("m", 6666), ("mossy", 6666), ("forest 19", 300), ("zebra", 0)):
            best_s = 1.0
            for _ in range(3):
                began_s = time.perf_counter()
                model.ask(Query(text))
                if model.rowCount():
                    model.world(0)
                best_s = min(best_s, time.perf_counter() - began_s)
            assert model.rowCount() >= least
            assert best_s < 0.05, text
