"""What a person does with the library, and that it is kept with the worlds themselves."""

from __future__ import annotations

import json
import os
import shutil
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from depthfusion.errors import InputNotFoundError, SaveError, UsageError
from depthfusion.library import LIBRARY_VARIABLE, Library, Order, Query, default_folder
from depthfusion.panorama import read_panorama
from depthfusion.panorama.world_folder import about_world, worlds_in
from depthfusion.view import View
from tests.library.small_worlds import Make, Open, panorama


def titles(library: Library, text: str = "", **query: Any) -> list[str]:
    return [world.title for world in library.page(Query(text, **query))]


def test_an_added_world_is_found_with_all_that_is_known_of_it(library: Library) -> None:
    made_with = {"model": "/models/ldm3d-pano"}
    world = library.add(panorama("A mossy forest", 7, made_with=made_with), {"seconds": 2.5})
    assert world.name == "a-mossy-forest-7"
    assert world.folder == library.folder / world.name
    assert (world.title, world.prompt, world.seed) == ("A mossy forest", "A mossy forest", 7)
    assert (world.model, world.size_px, world.has_depth) == ("ldm3d-pano", (16, 8), True)
    assert not world.is_favourite and not world.problem
    assert abs(world.created_s - time.time()) < 60
    assert world.thumbnail.is_file()
    assert library.page() == [library.world(world.name)] == [world]
    assert library.about(world.name)["seconds"] == 2.5


def test_the_same_prompt_and_seed_twice_are_two_worlds(library: Library) -> None:
    names = [library.add(panorama()).name for _ in range(2)]
    assert names == ["a-mossy-forest-1", "a-mossy-forest-1-2"]
    assert library.count() == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mos", ["mossy"]), ("MOSSY", ["mossy"]), ("forest mossy", ["mossy"]), ("forst", []),
        ("cafe", ["café"]), ("CAFÉ", ["café"]), ("oil", ["café"]), ("ldm3d-p", ["mossy"]),
        ("high-re", ["high"]), ("森", ["kanji"]), ("の森", ["kanji"]), ("strasse", ["café"]),
        ("", ["high", "kanji", "café", "mossy"]), ("!!! \"", ["high", "kanji", "café", "mossy"]),
    ],
)  # fmt: skip
def test_worlds_are_found_by_words_cut_short_without_accents_and_in_any_script(
    library: Library, text: str, found: list[str]
) -> None:
    made_with = {"model": "someone/ldm3d-pano"}
    for title, prompt, recipe in [
        ("mossy", "a mossy forest", {"made_with": made_with}),
        ("café", "a Café in a narrow Straße", {"style": "oil painting"}),
        ("kanji", "静かな夜の森", {}),
        ("high", "a high-resolution desert", {}),
    ]:
        library.rename(library.add(panorama(prompt, **recipe)).name, title)
    assert titles(library, text) == found
    assert library.count(Query(text)) == len(found)


def test_worlds_are_sorted_by_age_name_and_favourite(library: Library) -> None:
    made = [library.add(panorama(prompt)).name for prompt in ("b", "Ä", "c", "a")]
    library.set_favourite(made[2])
    assert titles(library) == ["a", "c", "Ä", "b"]
    assert titles(library, order=Order.NAME) == ["a", "Ä", "b", "c"]
    assert titles(library, order=Order.FAVOURITE) == ["c", "a", "Ä", "b"]
    assert titles(library, favourites_only=True) == ["c"]
    assert library.names(Query(order=Order.NAME)) == [made[3], made[1], made[0], made[2]]


def test_a_list_asks_for_windows_of_rows(library: Library) -> None:
    for seed in range(7):
        library.add(panorama("a", seed))
    names = library.names()
    assert [world.name for world in library.page(Query(), 2, 3)] == names[2:5]
    assert [world.name for world in library.page(Query(), 5, 9)] == names[5:]
    library.delete([names[3]])
    assert [world.name for world in library.worlds(names[2:5])] == [names[2], names[4]]


def test_what_people_add_outlives_the_index(library: Library, opened: Open) -> None:
    name = library.add(panorama()).name
    library.set_favourite(name)
    library.rename(name, "  Our\nforest ")
    library.set_comment(name, "for the living room")
    library.set_view(name, View(yaw_deg=20, strength=0.5).to_dict())
    library.close()
    shutil.rmtree(library.index.path.parent)
    again = opened()
    again.scan()
    world = again.world(name)
    assert (world.title, world.is_favourite, world.comment) == (
        "Our forest", True, "for the living room",
    )  # fmt: skip
    assert titles(again, "living") == ["Our forest"]
    found = read_panorama(world.folder)
    assert found.title == "Our forest"
    assert View.from_dict(found.provenance.view) == View(yaw_deg=20, strength=0.5)


def test_keys_of_other_programs_in_world_json_survive(library: Library, make: Make) -> None:
    path = make("w", tags=["a"], deep={"x": [1, None, 2.5]}) / "world.json"
    odd = json.loads(path.read_text()) | {"half": "\ud800", "huge": 10**40, "é": "ü"}
    path.write_text(json.dumps(odd))
    library.scan()
    library.set_favourite("w")
    assert about_world(path.parent) == odd | {"favourite": True}
    library.set_favourite("w", False)
    assert about_world(path.parent) == odd


def test_a_world_does_not_become_newer_by_being_liked(library: Library, folder: Path) -> None:
    old, new = (library.add(panorama("a", seed)).name for seed in (1, 2))
    os.utime(folder / old / "world.json", (1.7e9, 1.7e9))
    library.scan()
    library.set_favourite(old)
    assert [path.name for path in worlds_in(folder)] == [new, old]


def test_an_old_world_without_date_and_title_is_listed(library: Library, make: Make) -> None:
    path = make("w")
    (path / "world.json").write_text('{"version": 1}')
    os.utime(path / "world.json", (1.6e9, 1.6e9))
    library.scan()
    world = library.world("w")
    assert (world.title, world.created_s, world.problem) == ("w", 1.6e9, "")
    assert library.set_favourite("w").is_favourite


def test_impossible_dates_do_no_harm(library: Library, make: Make) -> None:
    for number, day in enumerate(["9999-12-31T23:59:59+00:00", "0001-01-01", "2020-13-01", "soon"]):
        path = make(f"w{number}") / "world.json"
        path.write_text(json.dumps({"created": day}))
    os.utime(path, (9e9, 9e9))
    library.scan()
    days = {world.name: world.to_dict()["created"][:10] for world in library.page()}
    assert (days["w0"], days["w1"], days["w3"]) == ("3000-01-01", "1970-01-01", "2255-03-14")
    assert all(datetime.fromtimestamp(world.created_s) for world in library.page())


def test_odd_values_in_world_json_do_no_harm(library: Library, make: Make) -> None:
    odd: list[Any] = [5, [], {}, "x\ud800", None, 10**30, True]
    for number, value in enumerate(odd):
        path = make(f"w{number}") / "world.json"
        keys = ("title", "created", "size_px", "generation", "favourite", "comment", "view")
        path.write_text(json.dumps(dict.fromkeys(keys, value) | {"request": value}))
        (make(f"v{number}") / "world.json").write_text(
            json.dumps({"generation": {"prompt": value, "seed": value, "made_with": value}})
        )
    assert library.scan().total == 2 * len(odd)
    assert len(library.page()) == 2 * len(odd)
    json.dumps([world.to_dict() for world in library.page()]).encode()


def test_what_cannot_be_is_refused_and_changes_nothing(library: Library, folder: Path) -> None:
    name = library.add(panorama()).name
    before = (folder / name / "world.json").read_bytes()
    with pytest.raises(UsageError, match="want a title"):
        library.rename(name, " \n")
    for wrong in ("nowhere", "..", "", ".depthfusion", f"{name}/color.png", "a/b"):
        with pytest.raises(InputNotFoundError):
            library.set_favourite(wrong)
        with pytest.raises(InputNotFoundError):
            library.delete([wrong])
    assert (folder / name / "world.json").read_bytes() == before
    assert library.count() == 1


def test_a_long_comment_is_cut_and_a_huge_view_refused(library: Library) -> None:
    name = library.add(panorama()).name
    assert len(library.set_comment(name, "x" * 90_000).comment) == 20_000
    assert library.set_comment(name, "").comment == ""
    with pytest.raises(SaveError, match="want less than 1000 kB"):
        library.set_view(name, {"x": "y" * 1_000_001})
    assert "view" in library.about(name)


def test_a_window_learns_that_something_changed(library: Library, opened: Open) -> None:
    other = opened()
    seen = library.version()
    assert library.version() == seen
    name = other.add(panorama()).name
    assert library.version() != seen
    assert library.world(name).title == "a mossy forest", "without a scan"
    seen = library.version()
    library.set_favourite(name)
    assert library.version() != seen


def test_a_world_that_generate_put_there_is_noticed_by_one_stat(
    library: Library, make: Make, folder: Path
) -> None:
    make("first")
    os.utime(folder, (1.7e9, 1.7e9))
    library.scan()
    assert not library.is_stale()
    make("second")
    assert library.is_stale()
    assert library.scan().changed == 1
    assert library.count() == 2
    assert library.is_stale(), "just changed: another change could have the same time"
    os.utime(folder, (1.8e9, 1.8e9))
    library.scan()
    assert not library.is_stale()


def test_a_world_elsewhere_is_taken_in_as_a_copy(
    library: Library, tmp_path: Path, make: Make
) -> None:
    make("inside")
    outside = make("../outside", favourite=True)
    (outside / "notes.txt").write_text("mine")
    (outside / "more").mkdir()
    (outside / "more" / "x").touch()
    world = library.adopt(outside)
    assert world.name == "outside" and world.is_favourite
    assert (world.folder / "notes.txt").read_text() == "mine"
    assert (world.folder / "more" / "x").exists()
    assert (outside / "color.png").exists()
    assert library.adopt(outside).name == "outside-2"
    assert library.adopt(library.folder / "inside").name == "inside"
    assert library.count() == 3
    with pytest.raises(InputNotFoundError, match="is none"):
        library.adopt(tmp_path)


def test_the_place_comes_from_the_environment_or_the_platform(tmp_path: Path) -> None:
    assert default_folder({LIBRARY_VARIABLE: str(tmp_path)}) == tmp_path
    assert default_folder({}).name == "library"


def test_opening_a_library_makes_nothing_in_its_folder(library: Library, folder: Path) -> None:
    assert library.scan().total == 0
    assert library.page() == []
    assert not library.is_stale()
    assert not folder.exists()


def test_a_name_of_any_bytes_is_a_world(library: Library, make: Make, folder: Path) -> None:
    name = os.fsdecode(b"caf\xe9 \xf0\x9f\x8c\xb2 'x' \"y\"")
    try:
        make("w").rename(folder / name)
    except OSError:
        pytest.skip("this file system wants names in UTF-8")
    library.scan()
    assert library.names() == [name]
    assert library.set_favourite(name).is_favourite
    assert library.restore(library.delete([name]))[0].name == name
