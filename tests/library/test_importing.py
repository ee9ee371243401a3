"""Pictures of others become worlds; the originals stay, and what they say comes along."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from depthfusion.errors import InputNotFoundError, UsageError
from depthfusion.library import Imported, Library, World
from depthfusion.panorama import DepthIs, DepthMeaning, ReadOptions, read_panorama
from tests.library.small_worlds import Make

A1111 = "a sandy beach\nNegative prompt: people\nSteps: 20, Sampler: Euler, Seed: 5, Size: 64x32"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of somebody's pictures: a pair, one alone, RGBD in one, a text."""
    place = tmp_path / "pictures"
    place.mkdir()
    rng = np.random.default_rng(1)
    color = rng.integers(0, 255, (32, 64, 3), dtype=np.uint8)
    depth = np.linspace(100, 60000, 32 * 64).reshape(32, 64).astype(np.uint16)
    info = PngInfo()
    info.add_text("parameters", A1111)
    Image.fromarray(color).save(place / "beach.png", pnginfo=info)
    Image.fromarray(depth).save(place / "beach_depth.png")
    exif = Image.Exif()
    exif[272] = "Theta X"
    Image.fromarray(color).save(place / "alone.jpg", exif=exif)
    gray = np.repeat((depth[..., None] >> 8).astype(np.uint8), 3, axis=2)
    Image.fromarray(np.vstack([color, gray])).save(place / "both.png")
    (place / "notes.txt").write_text("not a picture")
    return place


def worlds(imported: list[Imported]) -> list[World]:
    assert [each.error for each in imported] == [None] * len(imported)
    return [each.world for each in imported if each.world is not None]


def hashes(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def test_a_folder_of_pictures_is_imported_each_once(library: Library, pictures: Path) -> None:
    before = hashes(pictures)
    found = worlds(list(library.importing([pictures])))
    assert [(w.name, w.has_depth) for w in found] == [
        ("alone", False), ("beach", True), ("both", True),
    ]  # fmt: skip
    assert hashes(pictures) == before
    assert sorted(library.names()) == ["alone", "beach", "both"]


def test_a_pair_keeps_its_pixels_its_recipe_and_where_it_came_from(
    library: Library, pictures: Path
) -> None:
    (world,) = worlds(list(library.importing([pictures / "beach.png"])))
    original = read_panorama(pictures / "beach.png")
    found = read_panorama(world.folder)
    assert np.array_equal(found.color, original.color)
    assert found.depth is not None and original.depth is not None
    assert np.abs(found.depth - original.depth).max() <= 0.5 / 65535 + 1e-7
    assert (world.prompt, world.seed) == ("a sandy beach", 5)
    about = library.about(world.name)
    assert about["imported"] == {
        "color": "beach.png", "depth": "beach_depth.png", "folder": str(pictures),
    }  # fmt: skip
    assert about["notes"] == list(original.provenance.notes)


def test_a_depth_map_alone_brings_its_picture(library: Library, pictures: Path) -> None:
    (world,) = worlds(list(library.importing([pictures / "beach_depth.png"])))
    assert (world.name, world.has_depth) == ("beach", True)


def test_two_dropped_files_are_a_pair_wherever_they_lie(
    library: Library, pictures: Path, tmp_path: Path
) -> None:
    far = tmp_path / "x-depth.png"
    (pictures / "beach_depth.png").rename(far)
    (world,) = worlds(list(library.importing([far, pictures / "alone.jpg"])))
    assert (world.name, world.has_depth) == ("alone", True)
    assert library.about("alone")["imported"]["exif"] == {"camera": "Theta X"}


def test_the_depth_map_can_be_named_and_explained(library: Library, pictures: Path) -> None:
    options = ReadOptions(depth_is=DepthIs.MILLIMETRES)
    depth = pictures / "beach_depth.png"
    (world,) = worlds(list(library.importing([pictures / "alone.jpg"], options, depth)))
    found = read_panorama(world.folder)
    assert found.meaning is DepthMeaning.DISTANCE
    assert found.depth is not None
    assert found.depth.min() == pytest.approx(0.1, rel=0.01)
    assert library.about(world.name)["imported"]["options"] == {"depth_is": "millimetres"}
    with pytest.raises(UsageError, match="want one picture for the depth map"):
        list(library.importing([pictures, pictures], depth=depth))


def test_worlds_and_folders_of_worlds_are_copied_with_all_they_hold(
    library: Library, make: Make, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        make(f"../others/{name}", favourite=True, tags=[name])
    (tmp_path / "others" / "a").rename(tmp_path / "c")
    found = worlds(list(library.importing([tmp_path / "others", tmp_path / "c" / "world.json"])))
    assert [(w.name, w.is_favourite) for w in found] == [("b", True), ("c", True)]
    assert library.about("c")["tags"] == ["a"]
    assert hashes(library.folder / "c") == hashes(tmp_path / "c")


def test_what_cannot_be_read_is_told_and_the_others_come(library: Library, pictures: Path) -> None:
    (pictures / "broken.png").write_bytes((pictures / "both.png").read_bytes()[:300])
    Image.new("RGB", (50, 40)).save(pictures / "photo.png")
    found = list(library.importing([pictures]))
    failed: dict[str, Any] = {each.source.name: str(each.error) for each in found if each.error}
    assert "broken.png" in failed and len(failed["broken.png"].splitlines()) == 1
    assert {w.world.name for w in found if w.world} >= {"alone", "beach", "both"}
    assert not [p.name for p in library.folder.iterdir() if p.name.endswith(".partial")]


def test_nothing_to_import_is_told(library: Library, tmp_path: Path) -> None:
    with pytest.raises(InputNotFoundError, match="no such file"):
        list(library.importing([tmp_path / "nowhere.png"]))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputNotFoundError, match="want pictures or worlds to import"):
        list(library.importing([tmp_path / "empty"]))


def test_an_import_that_is_stopped_keeps_what_is_done(library: Library, pictures: Path) -> None:
    each = library.importing([pictures])
    next(each)
    each.close()
    assert library.names() == ["alone"]
    assert library.scan().total == 1


def test_a_world_with_damaged_json_is_made_whole_from_its_pictures(
    library: Library, make: Make
) -> None:
    broken = make("w", "a red moor")
    (broken / "world.json").write_text("{")
    (world,) = worlds(list(library.importing([broken / "color.png"])))
    assert (world.title, world.prompt, world.has_depth) == ("a red moor", "a red moor", True)
    assert not world.problem
