"""Sets of pictures that do not wrap, as `data prepare` makes them of photographs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import ldm3d
from ldm3d.__main__ import main
from ldm3d.data.world_set import SetInfo, WorldSet, begin_set, write_shard
from ldm3d.model_folder import read_json
from ldm3d.seamless import is_seamless
from ldm3d.training.latent_cache import LatentCache
from ldm3d.training.machine import Machine
from ldm3d.training.order import Turn
from ldm3d.training.planes import changed_planes
from ldm3d.training.reconstruct import measure_planes
from ldm3d.training.run import RunOptions, train
from ldm3d.training.unet_setup import UnetPlan, make_task
from tests.ldm3d.tiny import tiny_model
from tests.ldm3d.training.tiny_unet import TINY_UNET, tiny_worlds


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """A set of 128x64 pictures that says it does not wrap."""
    worlds = WorldSet(tiny_worlds(tmp_path / "worlds", 1))
    folder = tmp_path / "photographs"
    begin_set(folder, SetInfo(128, 64, None, None, seamless=False))
    shard = tmp_path / "worlds" / "shard-00000"
    write_shard(folder, 0, np.load(shard / "color.npy"), np.load(shard / "depth.npy"), worlds.facts)
    return folder


def test_a_set_tells_whether_its_pictures_wrap(photographs: Path, tmp_path: Path) -> None:
    assert WorldSet(photographs).info == SetInfo(128, 64, None, None, seamless=False)
    assert WorldSet(tmp_path / "worlds").info.seamless


def test_a_set_from_before_photographs_wraps(photographs: Path) -> None:
    text = (photographs / "set.json").read_text()
    (photographs / "set.json").write_text(text.replace(',\n  "seamless": false', ""))
    assert WorldSet(photographs).info.seamless


def test_what_does_not_wrap_is_never_turned() -> None:
    planes = np.zeros((4, 8, 32), np.float32)
    planes[:, :, 0] = 1
    found = set()
    for step in range(20):
        cut, _ = changed_planes(planes, Turn(0, step), 0, (8, 32), wraps=False)
        found.add(int(cut[0, 0].argmax()))
    assert found == {0, 31}  # mirrored is allowed


def test_latents_that_do_not_wrap_are_never_turned(tmp_path: Path) -> None:
    latents = np.random.default_rng(0).normal(size=(1, 2, 3, 4, 16)).astype(np.float16)
    np.save(tmp_path / "latents.npy", latents)
    cache, random = LatentCache([tmp_path / "latents.npy"]), np.random.default_rng(1)
    for _ in range(10):
        drawn = cache.turned(0, random, wraps=False)
        assert any(np.array_equal(drawn, own) for own in latents[0])


def test_every_row_of_a_photograph_counts_alike() -> None:
    want = np.full((4, 16, 16), 0.5, np.float32)
    top, middle = want.copy(), want.copy()
    top[:, 0] = middle[:, 8] = 0.9
    assert measure_planes(top, want, sphere=False) == measure_planes(middle, want, sphere=False)
    assert measure_planes(top, want) != measure_planes(middle, want)


@pytest.mark.slow
def test_the_autoencoder_follows_what_the_set_says(photographs: Path, tmp_path: Path) -> None:
    for data, seamless in ((photographs, False), (tmp_path / "worlds", True)):
        run = tmp_path / f"run-{seamless}"
        assert main([
            "train", "autoencoder", "--data", str(data), "--run", str(run), "--steps", "1",
            "--batch", "1", "--rows", "16", "--device", "cpu", "--dtype", "float32",
        ]) == 0  # fmt: skip
        assert read_json(run / "run.json")["seamless"] is seamless


@pytest.mark.slow
def test_the_unet_and_its_model_follow_what_the_set_says(photographs: Path, tmp_path: Path) -> None:
    plan = UnetPlan(
        tmp_path / "run", photographs, tiny_model(tmp_path / "model"), TINY_UNET, steps=2
    )
    tasks = []

    def make(machine: Machine) -> object:
        tasks.append(make_task(machine, plan))
        return tasks[0]

    about = {
        "kind": "unet", "data": str(photographs), "autoencoder": str(plan.autoencoder),
        "start": None, "width": None, **dataclasses.asdict(TINY_UNET), "steps": 2,
    }  # fmt: skip
    options = RunOptions(plan.run, 2, log_every=1, save_minutes=60)
    assert train(make, Machine("cpu", "float32"), options, about) == 0  # type: ignore[arg-type]
    parts = tasks[0].model_parts()
    assert not is_seamless(parts.unet)  # neither before nor after the sample sheets
    assert not is_seamless(parts.vae)
    assert main(["train", "export", str(plan.run), "-o", str(tmp_path / "out")]) == 0
    model = ldm3d.load(tmp_path / "out")
    assert model.recipe("a place").seamless is False
    assert (model.near_m, model.far_m) == (None, None)
