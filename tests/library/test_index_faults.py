"""The index is lost, damaged or cannot be kept: the worlds and the list of them go on."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from depthfusion.errors import DepthFusionError
from depthfusion.library import Library, Query, store
from tests.library.small_worlds import Open, panorama

Damage = Callable[[Path], object]


def garbage(path: Path) -> None:
    path.write_bytes(b"not a database " * 4000)


def truncated(path: Path) -> None:
    os.truncate(path, 5000)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def overwritten_in_the_middle(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))


def of_somebody_else(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE birds (name)")
    connection.close()


def of_another_version(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


DAMAGES = [
    garbage, truncated, emptied, overwritten_in_the_middle, of_somebody_else, of_another_version,
    Path.unlink,
]  # fmt: skip


@pytest.fixture
def filled(library: Library) -> Library:
    """With two worlds, of which one is a favourite; the index all in its one file."""
    library.add(panorama("a forest"))
    library.set_favourite(library.add(panorama("a lake")).name)
    library.close()
    connection = sqlite3.connect(library.index.path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    library.version()
    library.notices()
    return library


def is_whole(library: Library) -> bool:
    favourites = [w.title for w in library.page(Query("lake", favourites_only=True))]
    return library.count() == 2 and favourites == ["a lake"] and not library.is_stale()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_made_anew_at_the_next_start(
    filled: Library, opened: Open, damage: Damage
) -> None:
    filled.close()
    os.utime(filled.folder, (1.7e9, 1.7e9))
    damage(filled.index.path)
    again = opened()
    again.count()
    assert again.is_stale()
    again.scan()
    assert is_whole(again)
    notices = again.notices()
    if damage in {emptied, Path.unlink}:  # an empty file is a new one
        assert notices == []
    else:
        assert len(notices) == 1
        assert notices[0].startswith("the library's index was damaged (")
        assert Path(f"{again.index.path}.broken").exists()
    assert again.notices() == []


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("then", ["read", "write"])
def test_an_index_damaged_while_it_is_open_is_made_anew(
    filled: Library, opened: Open, damage: Damage, then: str
) -> None:
    other = opened()
    assert filled.count() == other.count() == 2
    damage(filled.index.path)
    for library in (filled, other):
        if then == "write":
            library.set_comment(library.scan() and "a-lake-1", f"by {id(library)}")
        else:
            library.page(Query("lake"))
            library.version()
        library.scan()
        assert library.count() == 2
    assert [w.name for w in filled.page(Query())] == [w.name for w in other.page(Query())]
    name = other.add(panorama("a hill")).name
    assert filled.world(name).title == "a hill", "they share one index again"


def test_an_index_that_is_deleted_with_its_folder_is_made_again(
    filled: Library, opened: Open
) -> None:
    shutil.rmtree(filled.index.path.parent)
    assert filled.count() == 0
    filled.scan()
    assert is_whole(filled) or filled.count() == 2
    assert filled.index.path.exists()


def test_without_a_place_for_a_file_the_index_is_in_memory(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "indexes").write_text("a file where a folder should be")
    with Library(folder, indexes=tmp_path / "indexes") as library:
        (notice,) = library.notices()
        assert "cannot be kept" in notice and "made anew at every start" in notice
        name = library.add(panorama()).name
        before = library.version()
        library.set_favourite(name)
        assert library.version() != before
        assert library.start_scan().result(10).total == 1
        assert [w.is_favourite for w in library.page(Query("mossy"))] == [True]
        assert library.index.is_in_memory()


LIMIT_BYTES = 200_000


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit there")
def test_an_index_that_cannot_grow_goes_on_in_memory(filled: Library) -> None:
    import resource
    import signal

    size = filled.index.path.stat().st_size
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size - 4096, limits[1]))
    try:
        for seed in range(60):  # small worlds still fit
            filled.add(panorama("a " + "very " * 400 + "long prompt", seed))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert filled.index.is_in_memory()
    assert any("cannot be kept" in notice for notice in filled.notices())
    filled.scan()
    assert filled.count() == 62


def test_an_index_that_another_program_keeps_is_told_in_words(
    filled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BUSY_S", 0.05)
    filled.close()
    other = sqlite3.connect(filled.index.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        assert filled.count() == 2, "reading goes on"
        with pytest.raises(DepthFusionError, match="another program keeps it busy: try again"):
            filled.set_favourite("a-forest-1")
    finally:
        other.execute("ROLLBACK")
        other.close()
    filled.scan()
    assert filled.count(Query(favourites_only=True)) == 2, "the world has it all the same"
