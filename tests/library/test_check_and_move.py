"""`check` finds what is broken and changes nothing; a library moves whole."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from PIL import Image

from depthfusion.errors import SaveError, UsageError
from depthfusion.library import Library, Moved, moving
from tests.library.small_worlds import Make, Open, panorama


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_every_damage_is_named_and_nothing_is_changed(library: Library, make: Make) -> None:
    for name in ("good", "cut", "flipped", "other-size", "no-thumbnail", "no-color", "not-a-png"):
        make(name)
    at = library.folder
    whole = (at / "cut" / "color.png").read_bytes()
    (at / "cut" / "color.png").write_bytes(whole[:-40])
    middle = whole.index(b"IDAT") + 6
    (at / "flipped" / "color.png").write_bytes(
        whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    )
    Image.new("RGB", (4, 2)).save(at / "other-size" / "color.png")
    (at / "no-thumbnail" / "thumbnail.jpg").unlink()
    (at / "no-color" / "color.png").unlink()
    (at / "not-a-png" / "depth.png").write_text("<html>")
    before = snapshot(library.folder)
    found = {checked.world.name: checked.problems for checked in library.checking()}
    assert found["good"] == ()
    for name in ("cut", "flipped"):
        (problem,) = found[name]
        assert problem.startswith("color.png is damaged: ")
    assert found["other-size"] == ("color.png is 4x2, world.json says 16x8",)
    assert found["no-thumbnail"] == ("thumbnail.jpg is missing",)
    assert found["no-color"] == ("color.png is missing",)
    assert found["not-a-png"][0].startswith("depth.png is damaged: ")
    assert snapshot(library.folder) == before


def test_a_library_moves_with_its_trash_and_what_was_added(
    library: Library, opened: Open, tmp_path: Path
) -> None:
    names = [library.add(panorama("a", seed)).name for seed in range(3)]
    library.set_favourite(names[0])
    library.delete(names[2:])
    target = tmp_path / "far" / "new"
    told = list(library.moving(target))
    assert told == [
        Moved(target / name, done, 2, library.folder / name)
        for done, name in enumerate(names[:2], 1)
    ]
    assert library.scan().total == 0
    with Library(target, indexes=tmp_path / "indexes") as new:
        new.scan()
        assert new.world(names[0]).is_favourite
        new.restore(new.deletions()[0])
        assert sorted(new.names()) == names


def test_worlds_that_others_add_during_a_move_come_along(
    library: Library, make: Make, tmp_path: Path
) -> None:
    make("first")
    told = []
    for one in library.moving(tmp_path / "new"):
        told.append((one.before.name, one.done, one.total))
        if one.done < 3:
            make(f"late-{one.done}")
    assert told == [("first", 1, 1), ("late-1", 2, 2), ("late-2", 3, 3)]
    assert [path.name for path in library.folder.iterdir()] == [".depthfusion"]


def test_a_move_tells_the_name_a_world_had_before(
    library: Library, make: Make, tmp_path: Path
) -> None:
    world = make("bay")
    (tmp_path / "new" / "bay").mkdir(parents=True)
    (tmp_path / "new" / "bay" / "mine.txt").touch()
    (one,) = library.moving(tmp_path / "new")
    assert (one.before, one.folder) == (world, tmp_path / "new" / "bay-2")


def test_a_library_moves_to_another_drive(
    library: Library, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make("w")
    (world / "more").mkdir()
    (world / "more" / "x").write_text("mine")
    before = snapshot(world)
    real = moving.put_in_place

    def across(source: Path, wanted: Path) -> Path:
        if not source.name.endswith(".partial"):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return real(source, wanted)

    monkeypatch.setattr(moving, "put_in_place", across)
    list(library.moving(tmp_path / "new"))
    assert snapshot(tmp_path / "new" / "w") == before
    assert not world.exists()


def test_a_move_into_itself_or_a_file_is_refused(library: Library, tmp_path: Path) -> None:
    library.add(panorama())
    for target in (library.folder, library.folder / "x", tmp_path):
        with pytest.raises(UsageError, match="want a folder outside"):
            list(library.moving(target))
    (tmp_path / "file").touch()
    with pytest.raises(SaveError, match="cannot move the library"):
        list(library.moving(tmp_path / "file"))
    assert library.scan().total == 1
