"""The way from a recipe to colour and depth, on tiny models of every layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import ldm3d
from ldm3d.depth_codec import Layout, write_depth_png
from ldm3d.errors import InputError, Ldm3dError, ModelError, RequestError
from ldm3d.events import Preview, Result, Step
from ldm3d.model import Model
from ldm3d.pipeline import latents_from_recipes
from ldm3d.recipe import Recipe, Start
from ldm3d.schedule import SCHEDULERS
from tests.ldm3d.tiny import tiny_model

SMALL = {"steps": 3, "width": 256, "height": 128}


@pytest.fixture(scope="module")
def model(tiny_folder: Path) -> Model:
    return ldm3d.load(tiny_folder, device="cpu", dtype="float32")


def results(model: Model, *recipes: Recipe) -> list[Result]:
    return [e for e in ldm3d.generate(model, recipes) if isinstance(e, Result)]


def equal(a: Result, b: Result) -> bool:
    return np.array_equal(a.color, b.color) and np.array_equal(a.depth, b.depth)


@pytest.mark.parametrize("layout", Layout)
def test_a_run_yields_its_steps_and_then_color_and_depth(tmp_path: Path, layout: Layout) -> None:
    model = ldm3d.load(tiny_model(tmp_path, layout), device="cpu", dtype="float32")
    *steps, result = ldm3d.generate(model, model.recipe("a forest", **SMALL))
    assert [(s.index, s.total) for s in steps if isinstance(s, Step)] == [(1, 3), (2, 3), (3, 3)]
    sigmas = [s.sigma for s in steps if isinstance(s, Step)]
    assert sigmas == sorted(sigmas, reverse=True) and sigmas[-1] > 0
    assert isinstance(result, Result)
    assert result.color.shape == (128, 256, 3) and result.color.dtype == np.uint8
    assert result.depth.shape == (128, 256) and result.depth.dtype == np.float32
    assert 0 <= result.depth.min() < result.depth.max() <= 1
    assert result.color.std() > 1
    assert result.seam.color < 1.5


@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_scheduler_gives_a_picture_that_its_seed_decides(model: Model, name: str) -> None:
    recipe = model.recipe("a forest", scheduler=name, seed=5, **SMALL)
    first, again, other = (results(model, r)[0] for r in (recipe, recipe, replace(recipe, seed=6)))
    assert equal(first, again)
    assert not equal(first, other)


def test_the_result_carries_a_recipe_that_repeats_it(model: Model) -> None:
    first = results(model, model.recipe("a forest", seed=11, guidance=3.0, **SMALL))[0]
    stored = Recipe.from_dict(first.recipe.to_dict())
    assert stored.made_with["fingerprint"] == model.fingerprint
    assert equal(first, results(model, stored)[0])


def test_a_seed_alone_decides_a_picture_whatever_the_batch(model: Model) -> None:
    short = model.recipe("a lake", seed=1, scheduler="lcm", **SMALL)
    long = replace(short, prompt="a lake, " * 40, seed=2, guidance=2.0)
    alone = [latents_from_recipes(model, r) for r in (short, long)]
    together = latents_from_recipes(model, [long, short])
    torch.testing.assert_close(together, torch.cat(alone[::-1]), atol=1e-4, rtol=0)
    in_a_batch = results(model, long, short)
    assert [r.recipe.seed for r in in_a_batch] == [2, 1]
    assert any("75" in note for note in in_a_batch[0].notes) and not in_a_batch[1].notes


def test_prompt_and_guidance_matter_and_guidance_one_is_off(model: Model) -> None:
    recipe = model.recipe("a forest", guidance=1.0, **SMALL)
    plain = latents_from_recipes(model, recipe)
    negative = latents_from_recipes(model, replace(recipe, negative_prompt="people"))
    torch.testing.assert_close(plain, negative, atol=0, rtol=0)
    for change in ({"prompt": "a beach"}, {"guidance": 4.0}):
        assert (latents_from_recipes(model, replace(recipe, **change)) - plain).abs().max() > 1e-4
    strong = replace(recipe, guidance=4.0)
    with_negative = replace(strong, negative_prompt="people")
    moved = latents_from_recipes(model, with_negative) - latents_from_recipes(model, strong)
    assert moved.abs().max() > 1e-4


def test_turning_the_noise_turns_the_seamless_result(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = torch.randn
    shift = 8
    still = results(model, model.recipe("a forest", **SMALL))[0]
    monkeypatch.setattr(
        "ldm3d.pipeline.torch.randn",
        lambda shape, generator: draw(shape, generator=generator).roll(shift, -1),
    )
    turned = results(model, model.recipe("a forest", **SMALL))[0]
    back = np.roll(turned.depth, -shift * model.factor, axis=1)
    np.testing.assert_allclose(back, still.depth, atol=1e-4)
    seams = results(model, model.recipe("a forest", seamless=False, **SMALL))[0]
    assert np.abs(np.roll(seams.depth, -64, axis=1) - still.depth).max() > 1e-2


def test_closing_the_run_cancels_it_and_frees_the_model(model: Model) -> None:
    run = ldm3d.generate(model, model.recipe("a forest", **SMALL))
    next(run)
    with pytest.raises(RequestError, match="in use"):
        next(ldm3d.generate(model, model.recipe("a forest", **SMALL)))
    run.close()
    assert len(results(model, model.recipe("a forest", **SMALL))) == 1


def test_previews_come_when_asked_for_and_change_nothing(model: Model) -> None:
    recipe = model.recipe("a forest", **SMALL | {"steps": 4})
    events = list(ldm3d.generate(model, recipe, previews=lambda step: step.index % 2 == 0))
    previews = [e for e in events if isinstance(e, Preview)]
    assert [p.index for p in previews] == [2]
    assert previews[0].color.dtype == np.uint8 and previews[0].color.shape[2] == 3
    assert previews[0].color.shape[:2] == previews[0].depth.shape
    assert 0 <= previews[0].depth.min() <= previews[0].depth.max() <= 1
    last = events[-1]
    assert isinstance(last, Result) and equal(last, results(model, recipe)[0])


@pytest.fixture
def picture(tmp_path: Path) -> Iterator[Path]:
    y, x = np.mgrid[0:128, 0:256]
    color = np.stack([x % 256, y * 2, 255 - x % 256], 2).astype(np.uint8)
    Image.fromarray(color).save(tmp_path / "start.png")
    write_depth_png(tmp_path / "start_depth.png", (y / 127).astype(np.float32))
    yield tmp_path / "start.png"


def test_a_start_picture_is_kept_more_the_lower_the_strength(model: Model, picture: Path) -> None:
    depth = str(picture.with_name("start_depth.png"))
    recipe = model.recipe("a forest", seed=3, **SMALL | {"steps": 10})

    def distance(strength: float) -> float:
        start = Start(str(picture), depth, strength)
        near_nothing = replace(recipe, start=replace(start, strength=0.1), steps=10)
        reference = latents_from_recipes(model, near_nothing)
        changed = latents_from_recipes(model, replace(recipe, start=start))
        return float((changed - reference).abs().mean())

    assert 0 < distance(0.3) < distance(0.9)
    steps = [
        e for e in ldm3d.generate(model, replace(recipe, start=Start(str(picture), None, 0.3)))
        if isinstance(e, Step)
    ]  # fmt: skip
    assert [s.total for s in steps] == [3] * 3


def test_a_start_picture_that_cannot_be_used_is_refused(model: Model, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nrest")
    Image.new("RGB", (100, 100)).save(tmp_path / "square.png")
    for name, words in (("none.png", "there is no"), ("broken.png", "cannot read"),
                        ("square.png", "shape")):  # fmt: skip
        recipe = model.recipe("a forest", start=Start(str(tmp_path / name)), **SMALL)
        with pytest.raises(InputError, match=words):
            results(model, recipe)


def test_recipes_that_do_not_fit_together_are_refused(model: Model) -> None:
    recipe = model.recipe("a forest", **SMALL)
    for change, words in (({"steps": 4}, "one steps"), ({"width": 320}, "one width")):
        with pytest.raises(RequestError, match=words):
            results(model, recipe, replace(recipe, **change))
    with pytest.raises(RequestError, match="at least one"):
        results(model)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"prompt": "  "}, "empty"),
        ({"steps": 0}, "steps"),
        ({"width": 1000, "height": 500}, "try 1024x512"),
        ({"seed": -1}, "seed"),
        ({"guidance": float("nan")}, "guidance"),
        ({"start": Start("x.png", strength=0.0)}, "strength"),
        ({"width": 100_000}, "width"),
    ],
)
def test_an_impossible_recipe_is_refused_in_one_line(change: dict[str, object], words: str) -> None:
    with pytest.raises(RequestError, match=words) as caught:
        Recipe(**{"prompt": "a forest", **change})  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_networks_that_give_no_numbers_are_an_error(tmp_path: Path) -> None:
    model = ldm3d.load(tiny_model(tmp_path), device="cpu", dtype="float32")
    with torch.no_grad():
        model.unet.conv_out.bias.fill_(float("nan"))
    with pytest.raises(Ldm3dError, match="no numbers"):
        results(model, model.recipe("a forest", **SMALL))


@pytest.fixture(scope="module")
def doubling(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tiny_model(tmp_path_factory.mktemp("doubling"), native=(128, 64))
    return ldm3d.load(folder, device="cpu", dtype="float32")


def test_sizes_above_the_native_one_are_sampled_there_and_doubled(doubling: Model) -> None:
    recipe = doubling.recipe("a forest", **SMALL)
    assert latents_from_recipes(doubling, recipe).shape[-2:] == (8, 16)
    large = replace(recipe, width=512, height=256)
    assert torch.equal(
        latents_from_recipes(doubling, large), latents_from_recipes(doubling, recipe)
    )
    native = replace(recipe, width=128, height=64)
    small, once, twice = (results(doubling, r)[0] for r in (native, recipe, large))
    for result, size in ((small, (64, 128)), (once, (128, 256)), (twice, (256, 512))):
        assert result.color.shape == (*size, 3) and result.depth.shape == size
        assert result.seam.color < 1.5
    assert "sampled" not in small.recipe.made_with
    assert once.recipe.made_with["sampled"] == {"width": 128, "height": 64}
    assert [r.recipe.made_with["doubled"] for r in (once, twice)] == [1, 2]
    halved = once.depth.reshape(64, 2, 128, 2).mean(axis=(1, 3))[16:-16]
    assert np.corrcoef(halved.ravel(), small.depth[16:-16].ravel())[0, 1] > 0.9
    assert equal(once, results(doubling, Recipe.from_dict(once.recipe.to_dict()))[0])


def test_before_each_doubling_the_picture_is_shown_and_closing_ends_it(doubling: Model) -> None:
    recipe = doubling.recipe("a forest", **SMALL | {"width": 512, "height": 256})
    asked: list[int] = []

    def at_the_end(step: Step) -> bool:
        asked.append(step.index)
        return step.index == step.total

    events = list(ldm3d.generate(doubling, [recipe, recipe], previews=at_the_end))
    shown = [(e.image, e.color.shape[1]) for e in events if isinstance(e, Preview)]
    assert shown == [(0, 128), (0, 256), (1, 128), (1, 256)]
    assert asked == [1, 2, 3, 3, 3, 3]
    assert all(e.index == e.total == 3 for e in events if isinstance(e, Preview))
    last = events[-1]
    assert isinstance(last, Result) and equal(last, results(doubling, recipe, recipe)[1])
    run = ldm3d.generate(doubling, recipe, previews=at_the_end)
    next(event for event in run if isinstance(event, Preview))
    run.close()
    next(ldm3d.generate(doubling, recipe))  # free again


def test_a_batch_is_doubled_picture_by_picture(doubling: Model) -> None:
    one, other = (doubling.recipe("a lake", seed=seed, **SMALL) for seed in (1, 2))
    alone = [results(doubling, recipe)[0] for recipe in (one, other)]
    for single, batched in zip(alone, results(doubling, one, other), strict=True):
        np.testing.assert_allclose(batched.depth, single.depth, atol=1e-4)


def test_a_doubled_picture_can_start_from_one_of_any_size(doubling: Model, picture: Path) -> None:
    start = Start(str(picture), strength=0.5)
    recipe = doubling.recipe("a forest", start=start, **SMALL | {"width": 512, "height": 256})
    assert latents_from_recipes(doubling, recipe).shape[-2:] == (8, 16)
    result = results(doubling, recipe)[0]
    assert result.color.shape == (256, 512, 3)
    assert result.recipe.made_with["files"]


def test_a_model_may_begin_its_pictures_calmer(tmp_path: Path) -> None:
    folders = {
        value: tiny_model(tmp_path / name, info={"temperature": value})
        for name, value in (("calm", 0.5), ("plain", 1.0))
    }
    begun = {}
    for value, folder in folders.items():
        model = ldm3d.load(folder, device="cpu", dtype="float32")
        assert model.temperature == value
        result = results(model, model.recipe("a forest", seed=2, **SMALL))[0]
        begun[value] = result
    assert begun[0.5].recipe.made_with["temperature"] == 0.5
    assert "temperature" not in begun[1.0].recipe.made_with
    assert not np.array_equal(begun[0.5].color, begun[1.0].color)


@pytest.mark.parametrize("value", [0, -1, 1.5, "warm"])
def test_a_temperature_that_cannot_be_is_told(tmp_path: Path, value: object) -> None:
    folder = tiny_model(tmp_path / "model", info={"temperature": value})
    with pytest.raises(ModelError, match="want a temperature above 0 and up to 1"):
        ldm3d.load(folder, device="cpu", dtype="float32")
