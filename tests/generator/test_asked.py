"""From a request to recipes, without a model: what is refused before anything is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from depthfusion.errors import UsageError
from depthfusion.generator import models
from depthfusion.generator.repeat import asked, differences
from depthfusion.generator.request import Request
from ldm3d.errors import ModelNotFoundError, RequestError
from ldm3d.hub import registry
from ldm3d.recipe import Lora, Recipe, Start

STORED = Recipe(
    "a lake",
    negative_prompt="fog",
    seed=11,
    steps=9,
    width=256,
    height=128,
    scheduler="euler",
    loras=(Lora("/l.safetensors", 0.5),),
    start=Start("/a.png", "/d.png", 0.4),
    made_with={"model": "m", "device": "cpu", "dtype": "float32", "threads": 2},
).to_dict()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"prompt": "  "}, "prompt"),
        ({"steps": 0}, "steps"),
        ({"width": 1000, "height": 500}, "1024x512"),
        ({"width": 512, "height": 512}, "1024x512"),
        ({"width": 64, "height": 64}, "128x64"),
        ({"count": 0}, "count"),
        ({"count": True}, "count"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**63 - 1, "count": 2}, "seed"),
        ({"guidance": float("nan")}, "guidance"),
        ({"init_strength": 0.5}, "start from"),
        ({"init_image": "a.png", "init_strength": 0.0}, "strength"),
        ({"like": {"seed": 3}, "prompt": ""}, "prompt"),
        ({"like": {"prompt": "x", "steps": "many"}}, "steps"),
        ({"like": {"prompt": "x", "loras": 5}}, "recipe"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_impossible_is_refused_in_one_line(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(RequestError, match=says) as told:
        asked(Request(**{"prompt": "a lake", **changes}))
    assert "\n" not in str(told.value)


def test_only_what_is_given_goes_to_the_model_which_advises_on_the_rest() -> None:
    what = asked(Request("a lake", seed=4, steps=7))
    assert dict(what.fields) == {"prompt": "a lake", "seed": 4, "steps": 7}


def test_a_missing_seed_is_drawn_in_31_bits() -> None:
    seeds = {asked(Request("a lake")).fields["seed"] for _ in range(20)}
    assert len(seeds) > 15 and all(0 <= seed < 2**31 for seed in seeds)


def test_a_stored_recipe_is_taken_whole_with_the_place_it_was_made_at() -> None:
    what = asked(Request("", like=STORED))
    assert Recipe(**what.fields) == Recipe.from_dict({**STORED, "made_with": {}})
    place = what.place
    assert (place.model, place.device, place.dtype, place.threads) == ("m", "cpu", "float32", 2)


def test_what_else_is_given_overrides_the_stored_recipe() -> None:
    request = Request("a hill", "other", like=STORED, seed=12, init_strength=0.9, seamless=False)
    fields = asked(request).fields
    assert (fields["prompt"], fields["seed"], fields["steps"]) == ("a hill", 12, 9)
    assert fields["start"] == Start("/a.png", "/d.png", 0.9)
    assert fields["seamless"] is False
    assert asked(request).place.model == "other"


def test_hostile_places_in_a_stored_recipe_are_passed_over() -> None:
    odd = {"model": 5, "device": ["x"], "dtype": {}, "threads": 10**9}
    place = asked(Request("", like={**STORED, "made_with": odd})).place
    assert (place.model, place.device, place.dtype, place.threads) == (None, None, None, None)


def test_paths_become_absolute_so_that_the_recipe_can_be_repeated_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    request = Request("a", init_image="a.png", init_depth="d.png", loras=(("l.safetensors", 1.0),))
    fields = asked(request).fields
    assert fields["start"].color == str(tmp_path / "a.png")
    assert fields["start"].depth == str(tmp_path / "d.png")
    assert fields["loras"] == (Lora(str(tmp_path / "l.safetensors"), 1.0),)


def test_differences_are_told_in_one_sentence_and_only_where_there_are_any() -> None:
    then = {"fingerprint": "a", "threads": 2, "versions": {"torch": "1"}, "model": "x"}
    assert differences(then, {**then, "model": "y"}) == ()
    assert differences({}, then) == ()
    [note] = differences(then, {**then, "threads": 4, "fingerprint": "b"})
    assert "threads (2 then, 4 now)" in note and "the model's files (a then, b now)" in note
    assert "versions" not in note


def test_a_request_passes_as_json_unchanged() -> None:
    request = Request("a", "m", loras=(("l", 0.5),), like=STORED, previews=True, count=3)
    assert Request.from_dict(request.to_dict()) == request


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"prompt": None},
        {"prompt": 5},
        {"prompt": "a", "odd": 1},
        {"prompt": "a", "count": None},
        {"prompt": "a", "count": True},
        {"prompt": "a", "steps": "4"},
        {"prompt": "a", "steps": 4.5},
        {"prompt": "a", "seamless": 1},
        {"prompt": "a", "loras": 3},
        {"prompt": "a", "loras": [["x"]]},
        {"prompt": "a", "loras": [["x", "much"]]},
        {"prompt": "a", "like": "x"},
    ],
    ids=str,
)
def test_what_is_no_request_is_refused_in_words(values: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="want a request"):
        Request.from_dict(values)


@pytest.fixture
def no_starter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(models, "starter_folder", lambda: None)
    monkeypatch.setattr(registry, "registry_path", lambda: tmp_path / "models.json")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_without_any_model_the_way_to_one_is_told(no_starter: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="models download Intel/ldm3d-pano"):
        models.default_model()


def test_the_only_model_is_the_default_and_of_several_one_must_be_named(
    no_starter: Path, tiny_folder: Path
) -> None:
    (no_starter / "empty").mkdir()
    for name in ("one", "gone", "empty"):
        folder = tiny_folder if name == "one" else no_starter / name
        registry.put(registry.Entry(name, folder=str(folder)))
    assert models.default_model() == "one"
    registry.put(registry.Entry("two", folder=str(tiny_folder)))
    with pytest.raises(ModelNotFoundError, match="one, two"):
        models.default_model()


def test_the_starter_model_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(models, "asset", tmp_path.joinpath)
    starter = tmp_path / "resources" / "models" / "starter"
    starter.mkdir(parents=True)
    assert models.starter_folder() is None
    (starter / "model_index.json").write_text("{}", encoding="utf-8")
    assert models.default_model() == "starter"
    assert models.folder_from_name("starter") == starter.resolve()
    assert models.lasting_name("starter") == "starter"
