"""The window twice, the command beside the window: no lost update, nothing locked."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from depthfusion.errors import SaveError
from depthfusion.library import Library, Query
from depthfusion.library.lock import locked
from tests.library.small_worlds import Open, light_worlds, panorama

WRITER = """
import sys
from depthfusion.library import Library, Query
from tests.library.small_worlds import panorama
folder, indexes, me = sys.argv[1:]
with Library(folder, indexes=indexes) as library:
    for turn in range(12):
        library.add(panorama("by " + me, turn))
        shared = library.names(Query("shared"))[0]
        if me == "one":
            library.rename(shared, f"shared title {turn}")
        else:
            library.set_comment(shared, f"comment {turn}")
        library.set_favourite(f"by-{me}-{turn}")
        library.scan()
        if turn % 3 == 2:
            library.restore(library.delete([f"by-{me}-{turn}"]))
    print(library.notices())
"""


def whole(connection: sqlite3.Connection) -> None:
    """Fail where tables, their indexes and the searched words do not fit together."""
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.execute("INSERT INTO found (found, rank) VALUES ('integrity-check', 1)")


REBUILDER = """
import sys
from depthfusion.library import Library
folder, indexes = sys.argv[1:]
with Library(folder, indexes=indexes) as library:
    print("begin", flush=True)
    while True:
        library.rebuild()
"""


@pytest.mark.slow
def test_a_program_killed_while_it_writes_the_index_leaves_it_whole(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    light_worlds(folder, 300)
    for after_s in (0.0, 0.02, 0.05, 0.09, 0.14):
        with subprocess.Popen(
            [sys.executable, "-c", REBUILDER, str(folder), str(tmp_path / "indexes")],
            stdout=subprocess.PIPE,
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(after_s)  # any moment will do
            child.kill()
        library.index.write(whole)
        library.scan()
        assert library.count() == 300
        assert library.count(Query("moor")) == 300
    assert library.notices() == []


@pytest.mark.slow
def test_programs_that_write_at_once_lose_nothing(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    shared = library.add(panorama("shared")).name
    command = [sys.executable, "-c", WRITER, str(folder), str(tmp_path / "indexes")]
    writers = [
        subprocess.Popen(
            [*command, me], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[2],
        )
        for me in ("one", "two", "three")
    ]  # fmt: skip
    while any(writer.poll() is None for writer in writers):
        library.page(Query("by"))
        library.version()
        library.scan()
    for writer in writers:
        out, err = writer.communicate()
        assert (writer.returncode, out, err) == (0, "[]\n", "")
    world = library.world(shared)
    assert (world.title, world.comment) == ("shared title 11", "comment 11")
    assert library.count() == 3 * 12 + 1
    assert library.count(Query(favourites_only=True)) == 3 * 12
    assert library.scan().changed == 0, "the index knew it all"
    assert library.notices() == []
    library.index.write(whole)


def test_programs_that_start_at_once_share_one_new_index(folder: Path, tmp_path: Path) -> None:
    failures: list[BaseException] = []
    start = threading.Barrier(8)

    def begin() -> None:
        try:
            start.wait(20)
            with Library(folder, indexes=tmp_path / "indexes") as library:
                library.scan()
                assert not library.index.is_in_memory()
                assert library.notices() == []
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_threads_of_one_program_may_share_a_library(library: Library) -> None:
    name = library.add(panorama()).name

    def work(number: int) -> None:
        for turn in range(8):
            library.set_view(name, {f"{number}": turn, **library.about(name).get("view", {})})
            library.set_favourite(name, turn % 2 == 0)
            library.page(Query("mossy"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert library.world(name).is_favourite == library.about(name).get("favourite", False)
    assert library.scan().changed == 0


def test_one_that_is_stuck_is_told_after_a_while(tmp_path: Path) -> None:
    path = tmp_path / "library" / ".depthfusion" / "lock"
    path.parent.mkdir(parents=True)
    with (
        locked(path),
        pytest.raises(SaveError, match=r"another program has been changing it .* try again"),
        locked(path, timeout_s=0.05),
    ):
        pass
    with locked(path, timeout_s=0.05):
        pass


def test_a_library_closed_by_one_is_open_for_the_other(library: Library, opened: Open) -> None:
    other = opened()
    name = library.add(panorama()).name
    library.close()
    assert other.names() == [name]
    assert library.names() == [name], "it opens itself again"
