"""Bringing the index up to date: what it costs, what it meets, and what goes on meanwhile."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from depthfusion.errors import DepthFusionError, InputNotFoundError
from depthfusion.library import Library, Query, Scanned, scan, world
from tests.library.small_worlds import Make, Open, light_worlds, panorama


def test_only_what_changed_is_read_again(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    light_worlds(folder, 250)
    assert library.scan() == Scanned(250, changed=250)
    read: list[str] = []
    real = world.read_world
    monkeypatch.setattr(scan, "read_world", lambda path: (read.append(path.name), real(path))[1])
    assert library.scan() == Scanned(250)
    assert read == []
    (folder / "w0007" / "world.json").write_text('{"title": "edited in place"}')
    (folder / "w0008" / "color.png").unlink()
    shutil.rmtree(folder / "w0009")
    light_worlds(folder / "new", 1)
    (folder / "new" / "w0000").rename(folder / "w9999")
    assert library.scan() == Scanned(250, changed=3, removed=1)
    assert set(read) == {"w0007", "w0008", "w9999", "new"}
    assert library.world("w0007").title == "edited in place"
    assert library.world("w0008").problem == "color.png is missing"


def test_foreign_things_in_the_folder_are_left_alone(
    library: Library, make: Make, folder: Path
) -> None:
    make("w")
    (folder / "holiday.jpg").write_bytes(b"x")
    (folder / "world.json").write_text("{}")
    for name in ("empty", "with-pictures", ".hidden", "lost+found"):
        (folder / name).mkdir()
    (folder / "with-pictures" / "color.png").touch()
    shutil.copytree(folder / "w", folder / ".hidden" / "w")
    (folder / "dangling").symlink_to("nowhere")
    assert library.scan().total == 1
    assert library.names() == ["w"]
    assert len(list(folder.iterdir())) == 8


BROKEN = {
    "{": "world.json is damaged", "[1]": "world.json is damaged", "": "world.json is damaged",
    "[" * 100_000: "world.json is damaged", "x" * 1_000_001: "world.json is too large",
}  # fmt: skip


def test_damaged_worlds_are_listed_with_the_reason(
    library: Library, make: Make, folder: Path
) -> None:
    for number, text in enumerate(BROKEN):
        (make(f"json{number}") / "world.json").write_text(text)
    (make("bytes") / "world.json").write_bytes(b"\xff\xfe{")
    (make("no-json") / "world.json").unlink()
    (make("no-color") / "color.png").unlink()
    (make("no-depth") / "depth.png").unlink()
    (make("empty-color") / "color.png").write_bytes(b"")
    (make("folder-json") / "world.json").unlink()
    (folder / "folder-json" / "world.json").mkdir()
    library.scan()
    problems = {found.name: found.problem for found in library.page()}
    assert problems == {
        **{f"json{number}": told for number, told in enumerate(BROKEN.values())},
        "bytes": "world.json is damaged", "no-json": "world.json is missing",
        "no-color": "color.png is missing", "no-depth": "depth.png is missing",
        "empty-color": "color.png is empty",
        "folder-json": "world.json cannot be read: Is a directory",
    }  # fmt: skip
    before = (folder / "json0" / "world.json").read_bytes()
    with pytest.raises(DepthFusionError, match=r"json0: world.json is damaged; import its color"):
        library.set_favourite("json0")
    assert (folder / "json0" / "world.json").read_bytes() == before


def test_a_vanished_library_keeps_its_index(library: Library, make: Make, folder: Path) -> None:
    make("w")
    library.scan()
    away = folder.with_name("away")
    folder.rename(away)
    missing = "want the library .* with its 1 worlds, it is not there: plug in its drive"
    for do in (library.scan, library.rebuild, lambda: library.add(panorama())):
        with pytest.raises(InputNotFoundError, match=missing):
            do()
    with pytest.raises(InputNotFoundError, match=missing):
        library.set_favourite("w")
    with pytest.raises(InputNotFoundError, match=missing):
        library.start_scan().result(10)
    assert not folder.exists(), "nothing was written to where a drive is mounted"
    assert library.names() == ["w"]
    folder.mkdir()
    with pytest.raises(InputNotFoundError, match="it is empty"):
        library.scan()
    folder.rmdir()
    away.rename(folder)
    assert library.scan() == Scanned(1)


def test_a_library_that_was_emptied_by_hand_is_empty(library: Library, folder: Path) -> None:
    shutil.rmtree(library.add(panorama()).folder)
    assert library.scan() == Scanned(0, removed=1)


def test_a_file_in_the_place_of_the_library_is_told(library: Library, folder: Path) -> None:
    folder.write_text("x")
    for do in (library.scan, lambda: library.add(panorama())):
        with pytest.raises(InputNotFoundError, match=r"want a library in .*, it is a file"):
            do()


def test_a_scan_in_a_thread_tells_its_progress_and_its_end(library: Library, folder: Path) -> None:
    light_worlds(folder, 250)
    thread = library.start_scan()
    assert thread.result(20) == Scanned(250, changed=250)
    assert thread.progress == (250, 250)
    assert not thread.is_running


def test_a_scan_is_cancelled_at_the_next_batch_and_goes_on_later(
    library: Library, folder: Path
) -> None:
    light_worlds(folder, 450)
    done: list[tuple[int, int]] = []
    found = library.scan(lambda *told: done.append(told), lambda: len(done) == 2)
    assert found == Scanned(200, changed=200, is_complete=False)
    assert done == [(100, 450), (200, 450)]
    assert library.is_stale()
    assert library.scan() == Scanned(450, changed=250)


def test_a_cancelled_thread_stops(library: Library, folder: Path) -> None:
    light_worlds(folder, 300)
    thread = library.start_scan()
    thread.cancel()
    assert thread.result(10).changed <= 300


def test_reading_does_not_wait_for_a_scan(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    light_worlds(folder, 150)
    library.scan()
    (folder / "w0000" / "world.json").write_text('{"title": "changed"}')
    inside, go_on = threading.Event(), threading.Event()
    real = scan.query.put

    def stopping(*arguments: Any) -> None:
        inside.set()
        assert go_on.wait(20)
        real(*arguments)

    monkeypatch.setattr(scan.query, "put", stopping)
    thread = library.start_scan()
    assert inside.wait(20)  # in the middle of a transaction
    start = time.perf_counter()
    assert library.count(Query("moor")) == 150
    assert library.world("w0000").title == "world 0"
    assert time.perf_counter() - start < 1
    go_on.set()
    assert thread.result(20).changed == 1
    assert library.world("w0000").title == "changed"


def test_what_is_changed_during_a_scan_is_not_lost(
    library: Library, opened: Open, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("w")
    other = opened()
    real = scan.read_world

    def slow(path: Path) -> Any:
        found = real(path)
        monkeypatch.setattr(scan, "read_world", real)
        other.set_favourite("w")  # after the scan has read the world, before it writes the index
        other.adopt(make("added"))
        return found

    monkeypatch.setattr(scan, "read_world", slow)
    library.scan()
    assert library.world("w").is_favourite
    assert sorted(library.names()) == ["added", "w"]
    assert library.scan().changed == 0


def test_a_scan_that_finds_nothing_new_wakes_nobody(
    library: Library, make: Make, folder: Path
) -> None:
    make("w")
    os.utime(folder, (1.7e9, 1.7e9))
    library.scan()
    before = library.version()
    library.scan()
    assert library.version() == before
