"""Deleting is taken back; only emptying the trash is for good."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from depthfusion.errors import InputNotFoundError, SaveError
from depthfusion.library import Library, Query
from depthfusion.panorama.world_folder import worlds_in
from tests.library.small_worlds import Make, Open, panorama


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_a_deleted_world_is_gone_and_comes_back_as_it_was(library: Library) -> None:
    world = library.add(panorama())
    world = library.set_favourite(world.name)
    before = files(world.folder)
    deletion = library.delete([world.name])
    assert library.count() == 0 and not world.folder.exists()
    assert worlds_in(library.folder) == []
    assert library.scan().total == 0, "the trash is not listed"
    assert [w.title for w in deletion.worlds()] == ["a mossy forest"]
    assert library.restore(deletion) == [world]
    assert files(world.folder) == before
    assert library.names(Query("mossy")) == [world.name]
    assert library.deletions() == []


def test_worlds_deleted_together_come_back_together_after_a_restart(
    library: Library, opened: Open
) -> None:
    names = [library.add(panorama("a", seed)).name for seed in range(4)]
    library.delete(names[:1])
    library.delete(names[1:3])
    library.close()
    again = opened()
    last, first = again.deletions()
    assert last.names == tuple(names[1:3])
    assert abs(last.deleted_s - time.time()) < 60
    again.restore(last)
    again.restore(first)
    assert sorted(again.names()) == names


def test_one_of_a_deletion_comes_back_alone(library: Library) -> None:
    names = [library.add(panorama("a", seed)).name for seed in range(2)]
    deletion = library.delete(names)
    assert [w.name for w in library.restore(deletion, names[:1])] == names[:1]
    assert [d.names for d in library.deletions()] == [(names[1],)]


def test_a_name_that_was_taken_meanwhile_gets_a_number(library: Library) -> None:
    name = library.add(panorama()).name
    deletion = library.delete([name])
    library.add(panorama())
    assert [w.name for w in library.restore(deletion)] == [f"{name}-2"]
    assert library.count() == 2


def test_all_are_deleted_or_none(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [library.add(panorama("a", seed)).name for seed in range(3)]
    with pytest.raises(InputNotFoundError, match="want the world 'x'"):
        library.delete([*names, "x"])
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == names[2]:
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(SaveError, match=r"cannot delete a-2 .*: Permission denied; nothing was"):
        library.delete(names)
    assert sorted(p.name for p in worlds_in(library.folder)) == names
    assert library.count() == 3
    assert library.deletions() == []


def test_the_trash_is_emptied_by_age(library: Library) -> None:
    names = [library.add(panorama("a", seed)).name for seed in range(3)]
    old = library.delete(names[:2])
    ago = old.folder.with_name(str(time.time_ns() - 8 * 86_400 * 10**9))
    old.folder.rename(ago)
    library.delete(names[2:])
    assert library.empty_trash(older_than_days=7) == 2
    assert [d.names for d in library.deletions()] == [(names[2],)]
    assert library.empty_trash() == 1
    assert list(ago.parent.iterdir()) == []
    assert library.empty_trash() == 0


def test_strange_things_in_the_trash_are_left_alone(library: Library) -> None:
    trash = library.delete([library.add(panorama()).name]).folder.parent
    for name in ("mine", "²", ".x"):
        (trash / name).mkdir()
    (trash / "123").write_text("a file")
    assert len(library.deletions()) == 1
    library.empty_trash()
    library.scan()
    assert {p.name for p in trash.iterdir()} == {"mine", "²", ".x", "123"}


def test_what_a_killed_purge_left_is_no_world_and_goes(library: Library) -> None:
    deletion = library.delete([library.add(panorama()).name])
    gone = deletion.folder.with_name(deletion.token + ".gone")
    deletion.folder.rename(gone)
    (gone / deletion.names[0] / "color.png").unlink()
    assert library.deletions() == []
    library.scan()
    assert not gone.exists()


def test_a_link_to_a_world_is_deleted_and_not_what_it_points_to(
    library: Library, make: Make, tmp_path: Path
) -> None:
    world = make("w")
    shutil.move(world, tmp_path / "real")
    world.symlink_to(tmp_path / "real")
    library.scan()
    assert library.names() == ["w"]
    library.delete(["w"])
    assert library.names() == []
    library.empty_trash()
    assert (tmp_path / "real" / "color.png").exists()


def test_undo_after_the_trash_was_emptied_is_told(library: Library) -> None:
    deletion = library.delete([library.add(panorama()).name])
    library.empty_trash()
    with pytest.raises(InputNotFoundError, match="it is not in the trash any more"):
        library.restore(deletion)
    assert library.scan().total == 0
