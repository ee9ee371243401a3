"""Bundled worlds, dropped files and neighbours in a folder."""

import json
from pathlib import Path

import pytest

from depthfusion.errors import MissingPartError
from depthfusion.gui import worlds


def touched(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(worlds, "asset", lambda *parts: tmp_path)
    return tmp_path


def test_worlds_come_in_the_order_of_the_index_with_their_depth(bundle: Path) -> None:
    touched(bundle, "lake.jpg", "lake_depth.png", "attic.png", "attic_depth.png")
    (bundle / "index.json").write_text(
        json.dumps({"worlds": ["lake", {"slug": "attic", "title": "An attic"}]})
    )
    (bundle / "lake.json").write_text('{"title": "Jetty on the lake"}')
    lake, attic = worlds.bundled_worlds()
    assert (lake.title, Path(lake.color).name) == ("Jetty on the lake", "lake.jpg")
    assert lake.depth is not None
    assert Path(lake.depth).name == "lake_depth.png"
    assert attic.title == "An attic"


@pytest.mark.parametrize("index", [None, "{", "[]", '["absent"]'])
def test_an_installation_without_worlds_is_told(bundle: Path, index: str | None) -> None:
    if index is not None:
        (bundle / "index.json").write_text(index)
    with pytest.raises(MissingPartError, match="worlds"):
        worlds.bundled_worlds()


@pytest.mark.parametrize(
    ("paths", "pair"),
    [
        (["a.png"], ("a.png", None)),
        (["a_depth.png", "a.png"], ("a.png", "a_depth.png")),
        (["a.png", "a_depth.png"], ("a.png", "a_depth.png")),
        (["b.npy", "a.png"], ("a.png", "b.npy")),
        (["a.png", "b.png"], ("a.png", "b.png")),
        (["a.png", "b.png", "c.png"], None),
        ([], None),
    ],
)
def test_dropped_files_become_a_pair(paths: list[str], pair: object) -> None:
    assert worlds.pair_from_paths(paths) == pair


def test_neighbours_are_the_pictures_of_the_folder_in_a_ring(tmp_path: Path) -> None:
    touched(tmp_path, "a.png", "a_depth.png", "B.jpg", "c.webp", "notes.txt")
    names = [
        Path(worlds.neighbour(str(tmp_path / "a.png"), step) or "").name for step in (1, 2, -1)
    ]
    assert names == ["B.jpg", "c.webp", "c.webp"]
    assert worlds.neighbour(str(tmp_path / "gone.png"), 1) is None


def test_a_lonely_picture_has_no_neighbour(tmp_path: Path) -> None:
    touched(tmp_path, "a.png", "a_depth.png")
    assert worlds.neighbour(str(tmp_path / "a.png"), 1) is None


def test_the_neighbours_of_a_world_are_the_worlds_beside_its_folder(tmp_path: Path) -> None:
    for name in ("a", "B", "c"):
        touched(tmp_path / name, "color.png", "depth.png", "thumbnail.jpg", "world.json")
    touched(tmp_path / "other", "color.png")
    here = str(tmp_path / "a" / "color.png")
    names = [Path(worlds.neighbour(here, step) or "").name for step in (1, 2, -1)]
    assert names == ["B", "c", "c"]
    alone = tmp_path / "alone" / "w"
    touched(alone, "color.png", "thumbnail.jpg", "world.json")
    assert worlds.neighbour(str(alone / "color.png"), 1) is None
