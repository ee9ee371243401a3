"""A run's tokenizer and text encoder are those of its options, and on the disk when they show."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from ldm3d.data.world_set import WorldSet
from ldm3d.errors import Ldm3dError, ModelError
from ldm3d.training import text_setup
from ldm3d.training.checkpoint import State, save_checkpoint
from ldm3d.training.latent_cache import LatentCache
from ldm3d.training.machine import Machine
from ldm3d.training.text import CaptionPool, Reading, TokenReader
from ldm3d.training.text_setup import MADE_FROM, made_tokenizer, taught_encoder
from ldm3d.training.text_teacher import Lessons
from ldm3d.training.unet_presets import UnetPreset
from tests.ldm3d.training.tiny_unet import TINY_UNET, preset_with, tiny_worlds, write_worlds


@pytest.fixture(scope="module")
def machine() -> Machine:
    return Machine("cpu", "float32")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_worlds(tmp_path_factory.mktemp("texts") / "set", shards=1)


@dataclasses.dataclass
class Run:
    """A run of which only the texts are made ready."""

    machine: Machine
    path: Path
    data: Path
    preset: UnetPreset = TINY_UNET
    init: Path | None = None
    latents_seed: int = 0
    lessons_told: int = 0

    def begin(self) -> dict[str, torch.Tensor]:
        """Make ready what is not there; return the text encoder's weights."""
        worlds = WorldSet(self.data)
        self.path.mkdir(exist_ok=True)
        tokenizer = made_tokenizer(self.machine, self.path, self.init, worlds, self.preset)
        reader = TokenReader(CaptionPool(worlds.facts), tokenizer, self.preset.reading)

        def tell(_done: int, _total: int) -> None:
            self.lessons_told += 1

        encoder = taught_encoder(
            self.machine, self.path, self.init, worlds, self.latents(len(worlds)), reader,
            self.preset, tell,
        )  # fmt: skip
        return {name: value.clone() for name, value in encoder.state_dict().items()}

    def latents(self, count: int) -> LatentCache:
        file = self.path / f"{count}.{self.latents_seed}.npy"
        random = np.random.default_rng(self.latents_seed)
        np.save(file, random.normal(size=(count, 1, 3, 4, 8)).astype(np.float16))
        return LatentCache([file])

    def changed(self, **changes: object) -> Run:
        return dataclasses.replace(self, lessons_told=0, **changes)  # type: ignore[arg-type]

    def checkpoint(self) -> None:
        save_checkpoint(self.path / "checkpoints", State(3), {"network-denoiser": {}})


@pytest.fixture
def run(machine: Machine, tmp_path: Path, data: Path) -> Run:
    return Run(machine, tmp_path / "run", data)


def alike(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def grown(data: Path, folder: Path) -> Path:
    shutil.copytree(data, folder)
    write_worlds(folder, 1)
    return folder


def test_the_same_command_teaches_once(run: Run) -> None:
    first = run.begin()
    assert run.lessons_told == 4
    again = run.changed()
    assert alike(again.begin(), first)
    assert again.lessons_told == 0
    for part in ("tokenizer", "text_encoder"):
        assert (run.path / part / MADE_FROM).is_file()


@pytest.mark.parametrize(
    "change",
    [
        {"preset": preset_with(lessons=Lessons(steps=5, batch=4, warmup=1))},
        {"preset": preset_with(reading=Reading(dropout=0.5))},
        {"latents_seed": 1},
    ],
    ids=["lessons", "caption dropout", "autoencoder"],
)
def test_other_options_before_the_first_checkpoint_teach_anew(
    run: Run, change: dict[str, object]
) -> None:
    first = run.begin()
    again = run.changed(**change)
    found = again.begin()
    assert again.lessons_told in (4, 5)
    assert not alike(found, first)
    fresh = again.changed(path=run.path.with_name("fresh"))
    assert alike(fresh.begin(), found)


def test_a_set_that_grew_before_the_first_checkpoint_is_read_anew(run: Run, tmp_path: Path) -> None:
    run.begin()
    words = (run.path / "tokenizer" / MADE_FROM).read_bytes()
    again = run.changed(data=grown(run.data, tmp_path / "grown"))
    again.begin()
    assert again.lessons_told == 4
    assert (run.path / "tokenizer" / MADE_FROM).read_bytes() != words


@pytest.mark.parametrize("noted", [True, False], ids=["noted", "of an older version"])
def test_a_run_with_a_checkpoint_keeps_the_encoder_it_has(
    run: Run, tmp_path: Path, noted: bool
) -> None:
    first = run.begin()
    run.checkpoint()
    if not noted:
        for note in run.path.glob(f"*/{MADE_FROM}"):
            note.unlink()
    again = run.changed(data=grown(run.data, tmp_path / "grown"), latents_seed=1)
    assert alike(again.begin(), first)
    assert again.lessons_told == 0


@pytest.mark.parametrize("text", [None, "", "{"], ids=["absent", "empty", "damaged"])
def test_an_encoder_that_does_not_say_what_it_was_made_from_is_taught_anew(
    run: Run, text: str | None
) -> None:
    run.begin()
    note = run.path / "text_encoder" / MADE_FROM
    note.unlink()
    if text is not None:
        note.write_text(text)
    again = run.changed()
    again.begin()
    assert again.lessons_told == 4


def test_weights_that_a_power_cut_left_empty_are_made_again(run: Run) -> None:
    first = run.begin()
    run.checkpoint()
    (run.path / "text_encoder" / "model.safetensors").write_bytes(b"")
    assert alike(run.changed().begin(), first)


def test_damaged_weights_are_told_in_one_line(run: Run) -> None:
    run.begin()
    run.checkpoint()
    (run.path / "text_encoder" / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match=r"^cannot load .*text_encoder: [^\n]*$"):
        run.begin()


def test_a_run_that_is_to_begin_with_another_takes_over_its_words_too(
    run: Run, tmp_path: Path
) -> None:
    other = run.changed(
        path=tmp_path / "other", data=grown(run.data, tmp_path / "grown"),
        preset=preset_with(vocabulary=560),
    )  # fmt: skip
    theirs = other.begin()
    assert not alike(run.begin(), theirs)
    again = run.changed(init=other.path)
    assert alike(again.begin(), theirs)
    assert again.lessons_told == 0
    words = [
        (place / "tokenizer" / "tokenizer.json").read_bytes() for place in (run.path, other.path)
    ]
    assert words[0] == words[1]


def test_everything_is_on_the_disk_before_it_has_its_name(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, bool]] = []

    def noted(path: Path) -> None:
        seen.append((path.name, (run.path / "text_encoder").exists()))

    monkeypatch.setattr(text_setup, "sync", noted)
    run.begin()
    own = dict(seen[1 + [name for name, _ in seen].index("run") :])
    files = {path.name for path in (run.path / "text_encoder").iterdir()}
    assert {"model.safetensors", "config.json", MADE_FROM} <= files
    assert {name for name, named in own.items() if not named} == {
        *files, f".text_encoder.{os.getpid()}",
    }  # fmt: skip
    assert own["run"]


@pytest.fixture
def small_disk() -> Iterator[Callable[[int], None]]:
    """Lend a function after which no file can be longer than so many bytes."""
    if sys.platform == "win32":
        pytest.skip("no such limit on Windows")
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("part", ["tokenizer", "text_encoder"])
def test_a_full_disk_is_one_line_and_leaves_nothing_behind(
    run: Run, small_disk: Callable[[int], None], part: str
) -> None:
    run.begin()
    size = (run.path / "text_encoder" / "model.safetensors").stat().st_size
    shutil.rmtree(run.path / part)
    before = sorted(run.path.iterdir())
    small_disk(size // 2 if part == "text_encoder" else 4000)
    with pytest.raises(Ldm3dError, match=rf"^cannot write .*{part}: File too large; [^\n]*$"):
        run.begin()
    assert sorted(run.path.iterdir()) == before
