"""Generating in this process with a tiny real model: events, repeating, warmth, refusals."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from depthfusion.generator.events import (
    Event,
    Failed,
    Failure,
    Finished,
    Loading,
    Preview,
    Step,
)
from depthfusion.generator.latent import PREVIEW_INTERVAL_S, LatentGenerator
from depthfusion.generator.request import Request
from depthfusion.panorama import Panorama
from ldm3d.recipe import Recipe

RequestOf = Callable[..., Request]


def finished(events: list[Event]) -> list[Finished]:
    return [event for event in events if isinstance(event, Finished)]


def panorama(generator: LatentGenerator, request: Request) -> Panorama:
    events = list(generator.generate(request))
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1].panorama


def assert_same_bits(first: Panorama, second: Panorama) -> None:
    assert first.depth is not None and second.depth is not None
    assert np.array_equal(first.color, second.color)
    assert np.array_equal(first.depth, second.depth)


def test_the_events_come_in_order_and_loading_only_the_first_time(request_of: RequestOf) -> None:
    generator = LatentGenerator()
    first = list(generator.generate(request_of()))
    loading = [event for event in first if isinstance(event, Loading)]
    assert first[: len(loading)] == loading and first[0] == Loading(request_of().model, 0.0)
    assert loading[-1].fraction == 1.0
    for events in (first[len(loading) :], list(generator.generate(request_of()))):
        steps, [last] = events[:-1], events[-1:]
        assert [(s.index, s.total) for s in steps] == [(1, 3), (2, 3), (3, 3)]
        assert isinstance(last, Finished) and last.seconds > 0
        assert all(s.elapsed_s > 0 and s.remaining_s > 0 for s in steps)


def test_the_panorama_says_how_it_was_made(
    generator: LatentGenerator, request_of: RequestOf
) -> None:
    request = request_of(guidance=3.0)
    [event] = finished(list(generator.generate(request)))
    made = event.panorama
    assert made.title == "a quiet lake"
    assert made.color.shape == (64, 128, 3)
    recipe = Recipe.from_dict(made.provenance.generation)
    assert (recipe.prompt, recipe.seed, recipe.steps, recipe.guidance) == ("a quiet lake", 7, 3, 3)
    assert recipe.made_with["model"] == request.model
    assert recipe.made_with["threads"] >= 1
    assert event.seam_color > 0 and event.seam_depth > 0


def test_a_stored_recipe_is_repeated_bit_by_bit(
    generator: LatentGenerator, request_of: RequestOf
) -> None:
    first = panorama(generator, request_of(seed=None, negative_prompt="fog"))
    again = panorama(generator, Request("", like=first.provenance.generation))
    assert_same_bits(first, again)
    assert again.provenance == first.provenance and again.provenance.notes == ()
    other = panorama(generator, Request("", like=first.provenance.generation, seed=1))
    assert not np.array_equal(first.color, other.color)


def test_repeating_takes_the_thread_count_of_then_and_leaves_ours(
    generator: LatentGenerator, request_of: RequestOf
) -> None:
    import torch

    before = torch.get_num_threads()
    like = dict(panorama(generator, request_of(steps=1)).provenance.generation)
    like["made_with"] = {**like["made_with"], "threads": before + 1}
    again = panorama(generator, Request("", like=like))
    assert again.provenance.generation["made_with"]["threads"] == before + 1
    assert again.provenance.notes == ()
    assert torch.get_num_threads() == before


def test_what_differs_from_the_repeated_picture_is_told(
    generator: LatentGenerator, request_of: RequestOf
) -> None:
    like = dict(panorama(generator, request_of()).provenance.generation)
    like["made_with"] = {**like["made_with"], "device": "cuda:9", "fingerprint": "another"}
    [event] = finished(list(generator.generate(Request("", like=like))))
    [note] = event.notes
    assert "another then" in note and "cuda:9 then, cpu now" in note
    assert event.panorama.provenance.notes == event.notes


def test_each_picture_of_several_is_as_if_it_were_alone(
    generator: LatentGenerator, request_of: RequestOf
) -> None:
    several = finished(list(generator.generate(request_of(count=3, seed=20))))
    assert [(event.image, event.count) for event in several] == [(0, 3), (1, 3), (2, 3)]
    for event in several:
        alone = panorama(generator, request_of(seed=20 + event.image))
        assert_same_bits(event.panorama, alone)
        assert event.panorama.provenance.generation["seed"] == 20 + event.image


def test_previews_come_when_asked_for_and_at_most_ten_a_second(
    generator: LatentGenerator, request_of: RequestOf
) -> None:
    def arrivals(**changes: object) -> list[float]:
        times = []
        for event in generator.generate(request_of(steps=25, **changes)):
            if isinstance(event, Preview):
                assert event.color.shape[:2] == event.depth.shape
                assert 0 <= event.depth.min() <= event.depth.max() <= 1
                times.append(time.monotonic())
        return times

    assert arrivals() == []
    times = arrivals(previews=True)
    # A preview is allowed by the clock and made after that, which takes a moment of its own.
    assert 1 <= len(times) <= 1 + (times[-1] - times[0] + 0.05) / PREVIEW_INTERVAL_S


def test_a_preview_nobody_waits_for_is_not_made(
    generator: LatentGenerator, request_of: RequestOf
) -> None:
    request = request_of(previews=True)
    events = list(generator.generate(request, preview_is_wanted=lambda: False))
    assert not any(isinstance(event, Preview) for event in events)


def test_the_estimate_learns_decoding_from_the_picture_before(request_of: RequestOf) -> None:
    generator = LatentGenerator()
    events = generator.generate(request_of(count=2, steps=4))
    assert any(isinstance(event, Finished) for event in events)
    [learned] = generator._pace._learned.values()
    last = [event for event in events if isinstance(event, Step)][-1]
    assert (last.image, last.index) == (1, 4)
    assert last.remaining_s == pytest.approx(learned.tail_s)
    assert 0 < learned.tail_s < 60


def test_closing_cancels_and_the_next_request_works(
    generator: LatentGenerator, request_of: RequestOf
) -> None:
    events = generator.generate(request_of(steps=500))
    assert any(isinstance(event, Step) for event in events)
    events.close()
    later = list(generator.generate(request_of()))
    assert isinstance(later[-1], Finished)
    assert not any(isinstance(event, Loading) for event in later)


def test_closing_while_loading_stops_it_and_keeps_nothing(request_of: RequestOf) -> None:
    generator = LatentGenerator()
    events = generator.generate(request_of())
    assert isinstance(next(events), Loading)
    events.close()
    assert isinstance(next(iter(generator.generate(request_of()))), Loading)


def test_a_cancelled_load_can_go_on_for_the_next_request(
    request_of: RequestOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ldm3d

    loads, load = [], ldm3d.load
    monkeypatch.setattr(ldm3d, "load", lambda *a, **k: loads.append(a) or load(*a, **k))
    generator = LatentGenerator(keeps_loading=True)
    for _ in range(3):
        events = generator.generate(request_of())
        assert isinstance(next(events), Loading)
        events.close()
    last = list(generator.generate(request_of()))
    assert isinstance(last[0], Loading) and isinstance(last[-1], Finished)
    assert len(loads) == 1


def test_a_load_that_failed_unattended_is_tried_again(
    own_model: Path, request_of: RequestOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ldm3d

    def fail(*_: object, **__: object) -> None:
        raise ldm3d.Ldm3dError("just now")

    generator, request = LatentGenerator(keeps_loading=True), request_of(model=str(own_model))
    with monkeypatch.context() as patched:
        patched.setattr(ldm3d, "load", fail)
        events = generator.generate(request)
        next(events)
        events.close()
        thread = generator._warm._going_on
        assert thread is not None
        thread._thread.join()
    assert isinstance(list(generator.generate(request))[-1], Finished)


@pytest.fixture
def own_model(model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model, tmp_path / "own"))


def test_a_changed_file_in_the_models_folder_is_loaded_again(
    own_model: Path, request_of: RequestOf
) -> None:
    generator, request = LatentGenerator(), request_of(model=str(own_model))
    assert isinstance(next(iter(list(generator.generate(request)))), Loading)
    assert isinstance(next(iter(list(generator.generate(request)))), Step)
    weights = own_model / "vae" / "diffusion_pytorch_model.safetensors"
    os.utime(weights, ns=(1, 1))
    assert isinstance(next(iter(list(generator.generate(request)))), Loading)


def test_a_model_with_a_range_gives_a_panorama_in_metres(
    tiny: ModuleType, tmp_path: Path, request_of: RequestOf
) -> None:
    info = {"near_m": 0.5, "far_m": 60.0, "defaults": {"steps": 2, "width": 128, "height": 64}}
    folder = tiny.tiny_model(tmp_path / "metric", info=info)
    request = Request("a lake", str(folder))
    made = panorama(LatentGenerator(), request)
    assert (made.near_m, made.far_m, made.is_metric) == (0.5, 60.0, True)
    assert made.color.shape == (64, 128, 3)
    assert made.provenance.generation["steps"] == 2


@pytest.mark.parametrize(
    ("changes", "kind", "exit_code", "says"),
    [
        ({"prompt": ""}, Failure.REQUEST, 2, "prompt"),
        ({"steps": 0}, Failure.REQUEST, 2, "steps"),
        ({"scheduler": "best"}, Failure.REQUEST, 2, "best"),
        ({"width": 1000, "height": 500}, Failure.REQUEST, 2, "1024x512"),
        ({"width": 512}, Failure.REQUEST, 2, "128x64"),
        ({"init_image": "none.png"}, Failure.REQUEST, 66, "none.png"),
        ({"model": "no/such-model"}, Failure.MODEL, 66, "no/such-model"),
        ({"model": "."}, Failure.MODEL, 1, "model_index.json"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_refused_fails_in_one_line_of_its_kind(
    generator: LatentGenerator, request_of: RequestOf, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], kind: Failure,
    exit_code: int, says: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    failed = list(generator.generate(request_of(**changes)))[-1]
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.exit_code) == (kind, exit_code)
    assert says in failed.message and "\n" not in failed.message
    assert "Error" in failed.details


def test_memory_that_runs_out_in_python_itself_is_called_that(
    generator: LatentGenerator, request_of: RequestOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("depthfusion.generator.latent.asked", too_much)
    [failed] = generator.generate(request_of())
    assert isinstance(failed, Failed) and failed.kind is Failure.MEMORY
    assert "smaller size" in failed.message


def test_little_memory_decodes_in_bands_and_gives_nearly_the_same(
    generator: LatentGenerator, request_of: RequestOf
) -> None:
    usual, little = (
        panorama(generator, request_of(width=512, height=256, steps=1, low_memory=low))
        for low in (None, True)
    )
    tiles = [made.provenance.generation["made_with"].get("tile") for made in (usual, little)]
    assert tiles[0] is None and tiles[1] == 8
    assert np.abs(usual.color.astype(int) - little.color).mean() < 1


def test_no_previews_come_at_a_rate_of_none_and_few_at_a_low_one(
    generator: LatentGenerator, request_of: RequestOf
) -> None:
    def count(rate: float | None) -> int:
        wish = request_of(steps=20, previews=True, preview_rate=rate)
        return sum(isinstance(event, Preview) for event in generator.generate(wish))

    assert count(0.0) == 0
    assert count(0.001) <= 1 <= count(None)
