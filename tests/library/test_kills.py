"""Killed (-9) at every touch of the disk: worlds are whole, before or after, and nothing is lost.

Another process does one thing to a library of three worlds and is killed at its first touch of the
disk, then anew at its second, and so on until it comes to its end.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from depthfusion.library import Library, Query, moving
from tests.library.small_worlds import KillAt, panorama

MOST_TOUCHES = 400
Do = Callable[[Library], object]


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of three worlds, its index, and a picture to import."""
    place = tmp_path_factory.mktemp("master")
    with Library(place / "library", indexes=place / "indexes") as library:
        for seed in (1, 2, 3):
            library.add(panorama("a", seed))
        library.set_favourite("a-1")
    Image.new("RGB", (16, 8), (9, 99, 200)).save(place / "beach.png")
    return place


class Killed:
    """A copy of the library at each moment at which another process was killed."""

    def __init__(self, master: Path, place: Path, kill_at: KillAt) -> None:
        self.master, self.place, self.kill_at = master, place, kill_at

    def in_the_middle_of(
        self, do: Do, prepare: Do | None = None, every: int = 1
    ) -> Iterator[Library]:
        """Yield the library as it is found after each kill, scanned."""
        for nth in range(1, MOST_TOUCHES, every):
            shutil.rmtree(self.place, ignore_errors=True)
            shutil.copytree(self.master, self.place)
            if prepare is not None:
                with self.opened() as library:
                    library.scan()
                    prepare(library)

            def work() -> None:
                with self.opened() as library:
                    library.scan()
                    do(library)

            was_killed = self.kill_at(work, nth)
            with self.opened() as library:
                library.scan()
                assert library.notices() == [], "a kill damages no index"
                self.check(library)
                yield library
            if not was_killed:
                assert nth > 5, "it was hardly killed at all"
                return
        raise AssertionError("it never came to its end")

    def opened(self) -> Library:
        return Library(self.place / "library", indexes=self.place / "indexes")

    def check(self, library: Library) -> None:
        """Every world is whole, the favourite still one; nothing else lies about."""
        for found in library.checking():
            assert not found.problems
        present = {w.name for w in library.page() if w.is_favourite}
        present |= {w.name for d in library.deletions() for w in d.worlds() if w.is_favourite}
        with Library(self.place / "new", indexes=self.place / "indexes") as moved:
            moved.scan()
            present |= {w.name for w in moved.page() if w.is_favourite}
        assert "a-1" in present
        known = {*library.names(), ".depthfusion"}
        assert {path.name for path in library.folder.iterdir()} == known
        assert {path.name for path in (library.folder / ".depthfusion").iterdir()} <= {
            "lock", "trash",
        }  # fmt: skip


@pytest.fixture
def killed(master: Path, tmp_path: Path, kill_at: KillAt) -> Killed:
    return Killed(master, tmp_path / "copy", kill_at)


WORLDS = ["a-1", "a-2", "a-3"]


@pytest.mark.slow
def test_a_kill_while_a_world_is_added_leaves_it_whole_or_not_at_all(killed: Killed) -> None:
    seen = {
        tuple(sorted(library.names()))
        for library in killed.in_the_middle_of(lambda lib: lib.add(panorama("new", 9)))
    }
    assert seen == {tuple(WORLDS), (*WORLDS, "new-9")}


@pytest.mark.slow
def test_a_kill_during_an_import_leaves_whole_worlds_and_the_original(
    killed: Killed, master: Path
) -> None:
    picture = master / "beach.png"
    before = picture.read_bytes()
    seen = {
        tuple(sorted(library.names()))
        for library in killed.in_the_middle_of(
            lambda lib: list(lib.importing([picture, lib.folder / "a-2"])), every=2
        )
    }
    assert seen == {
        tuple(WORLDS), (*WORLDS, "beach"), ("a-1", "a-2", "a-2-2", "a-3", "beach"),
    }  # fmt: skip
    assert picture.read_bytes() == before


@pytest.mark.slow
def test_a_kill_while_worlds_are_deleted_loses_none(killed: Killed) -> None:
    for library in killed.in_the_middle_of(lambda lib: lib.delete(["a-1", "a-2"])):
        for deletion in library.deletions():
            library.restore(deletion)
        assert sorted(library.names()) == WORLDS


@pytest.mark.slow
def test_a_kill_while_worlds_are_restored_loses_none(killed: Killed) -> None:
    def restore(library: Library) -> None:
        library.restore(library.deletions()[0])

    for library in killed.in_the_middle_of(restore, lambda lib: lib.delete(["a-1", "a-2"])):
        for deletion in library.deletions():
            library.restore(deletion)
        assert sorted(library.names()) == WORLDS


@pytest.mark.slow
def test_a_kill_while_the_trash_is_emptied_leaves_no_half_worlds(killed: Killed) -> None:
    kept = set()
    for library in killed.in_the_middle_of(
        lambda lib: lib.empty_trash(), lambda lib: lib.delete(["a-2", "a-3"])
    ):
        assert library.names() == ["a-1"]
        assert all(not w.problem for d in library.deletions() for w in d.worlds())
        kept.add(sum(len(d.names) for d in library.deletions()))
    assert kept == {0, 2}


@pytest.mark.slow
def test_a_kill_while_something_is_kept_leaves_the_old_or_the_new(killed: Killed) -> None:
    def keep(library: Library) -> None:
        library.rename("a-1", "home")
        library.set_favourite("a-2")

    seen = set()
    for library in killed.in_the_middle_of(keep):
        seen.add((library.world("a-1").title, library.world("a-2").is_favourite))
        library.rename("a-1", "again")
        assert {p.name for p in (library.folder / "a-1").iterdir()} == {
            "color.png", "depth.png", "thumbnail.jpg", "world.json",
        }  # fmt: skip
    assert seen == {("a", False), ("home", False), ("home", True)}


@pytest.mark.slow
def test_a_kill_while_the_index_is_made_anew_is_mended_by_the_next_scan(killed: Killed) -> None:
    def rebuild(library: Library) -> None:
        library.close()
        shutil.rmtree(library.index.path.parent)
        library.rebuild()

    for library in killed.in_the_middle_of(rebuild):
        assert sorted(library.names()) == WORLDS
        assert library.names(Query("a", favourites_only=True)) == ["a-1"]


@pytest.mark.slow
@pytest.mark.parametrize("to", ["beside", "another drive"])
def test_a_kill_while_the_library_moves_leaves_each_world_in_one_place(
    killed: Killed, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = moving.put_in_place

    def across(source: Path, wanted: Path) -> Path:
        if not source.name.endswith(".partial"):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return real(source, wanted)

    if to == "another drive":
        monkeypatch.setattr(moving, "put_in_place", across)
    every = 5 if to == "another drive" else 1  # each file's copy is much like the others'
    for library in killed.in_the_middle_of(
        lambda lib: list(lib.moving(killed.place / "new")), every=every
    ):
        with Library(killed.place / "new", indexes=killed.place / "indexes") as new:
            new.scan()
            both = [*library.names(), *new.names()]
            assert set(both) == set(WORLDS)
            assert len(both) <= len(WORLDS) + (to == "another drive"), "one had just been copied"
            list(library.moving(new.folder))
            new.scan()
            assert sorted(new.names()) == WORLDS
            assert new.names(Query(favourites_only=True)) == ["a-1"]
            assert [path.name for path in library.folder.iterdir()] == [".depthfusion"]
