"""The run, as a person meets it: the tiny autoencoder learns, is killed, goes on."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from PIL import Image
from tiny_training import TINY, TINY_ADVERSARIAL, machine, options, random_vgg, tiny_set
from torch import Tensor

from ldm3d.block_autoencoder import BlockAutoencoder
from ldm3d.data.world_set import WorldSet
from ldm3d.errors import InputError, Ldm3dError, RequestError
from ldm3d.seamless import is_seamless, set_seamless
from ldm3d.training.autoencoder import AutoencoderTask
from ldm3d.training.checkpoint import checkpoint_folders, newest_checkpoint
from ldm3d.training.command import add_parser
from ldm3d.training.exporting import export_autoencoder
from ldm3d.training.machine import Machine
from ldm3d.training.metrics import Metrics
from ldm3d.training.order import Turn
from ldm3d.training.planes import planes_of, split
from ldm3d.training.presets import AutoencoderPreset
from ldm3d.training.progress import Progress, spoken
from ldm3d.training.reconstruct import measure_codec, pca_codec
from ldm3d.training.run import train
from ldm3d.training.task import Batch
from ldm3d.training.vae import read_autoencoder

ABOUT = {"kind": "autoencoder", "preset": "tiny", "lr": TINY.lr, "batch": 2, "seamless": True}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> WorldSet:
    return WorldSet(tiny_set(tmp_path_factory.mktemp("set") / "tiny"))


def run(
    worlds: WorldSet, folder: Path, *, preset: AutoencoderPreset = TINY, parts: int = 1,
    task: type[AutoencoderTask] = AutoencoderTask, steps: int = 12, **changes: object,
) -> int:  # fmt: skip
    def make(place: Machine) -> AutoencoderTask:
        return task(place, worlds, preset, steps=12, parts=parts)

    about = {**ABOUT, "data": str(worlds.folder)}
    return train(make, machine(), options(folder, steps, **changes), about)


def losses(folder: Path) -> list[Mapping[str, float]]:
    lines = Metrics(folder / "metrics.jsonl").read()
    return [{"step": line["step"], **line["losses"]} for line in lines if "losses" in line]


@pytest.fixture(scope="module")
def unbroken(worlds: WorldSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken")
    assert run(worlds, folder, preset=TINY_ADVERSARIAL, parts=2) == 0
    return folder


KILLED = """
    import os, signal, sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    import test_training_autoencoder as t
    t.torch.set_num_threads(1)  # as `conftest`: another number sums in another order

    class Killed(t.AutoencoderTask):
        def step(self, turns, batches):
            if turns[0].step == 7:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().step(turns, batches)

    worlds = t.WorldSet(sys.argv[2])
    t.run(worlds, Path(sys.argv[3]), preset=t.TINY_ADVERSARIAL, parts=2, task=Killed, save_every=5)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_a_run_that_is_killed_and_goes_on_has_the_losses_of_an_unbroken_one(
    worlds: WorldSet, unbroken: Path, tmp_path: Path
) -> None:
    arguments = [str(Path(__file__).parent), str(worlds.folder), str(tmp_path)]
    script = textwrap.dedent(KILLED)
    died = subprocess.run([sys.executable, "-c", script, *arguments], check=False, timeout=100)
    assert died.returncode == -signal.SIGKILL
    assert [path.name for path in checkpoint_folders(tmp_path / "checkpoints")] == ["step-0000005"]
    assert losses(tmp_path)[-1]["step"] == 7  # two lines that the kill undid

    assert run(worlds, tmp_path, preset=TINY_ADVERSARIAL, parts=2) == 0

    assert losses(tmp_path) == losses(unbroken)
    ends = [newest_checkpoint(folder / "checkpoints") for folder in (tmp_path, unbroken)]
    for name in (
        "network-autoencoder",
        "ema-autoencoder",
        "optimizer-discriminator",
        "optimizer-autoencoder-muon",
    ):
        one, other = ((end / f"{name}.safetensors").read_bytes() for end in ends if end)
        assert one == other, name


def test_a_log_interval_that_a_checkpoint_cuts_in_two_has_the_same_mean(
    worlds: WorldSet, tmp_path: Path
) -> None:
    run(worlds, tmp_path / "one", steps=6, log_every=4)
    run(worlds, tmp_path / "two", steps=3, log_every=4)
    run(worlds, tmp_path / "two", steps=6, log_every=4)
    assert losses(tmp_path / "one") == losses(tmp_path / "two")
    assert [line["step"] for line in losses(tmp_path / "one")] == [4]


def test_it_learns_without_the_linear_start_too(worlds: WorldSet) -> None:
    torch.manual_seed(0)
    task = AutoencoderTask(machine(), worlds, TINY, steps=10_000)
    turn = Turn(0, 0)
    batch = task.batch(turn)
    each = [task.step([Turn(0, step)], [batch]) for step in range(40)]
    for name in ("color", "depth", "log_depth"):
        assert each[-1][name] < 0.6 * each[0][name], name


def test_a_run_leaves_curves_samples_and_few_checkpoints(
    worlds: WorldSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(worlds, tmp_path, steps=8, save_every=2, keep=2, chunk_mib=0.01)
    assert [p.name for p in checkpoint_folders(tmp_path / "checkpoints")] == [
        "step-0000006",
        "step-0000008",
    ]
    files = list((tmp_path / "checkpoints" / "step-0000008").glob("*.safetensors"))
    assert len(files) > 8
    assert max(file.stat().st_size for file in files) < 0.03 * 2**20
    with Image.open(tmp_path / "samples" / "step-0000008.png") as picture:
        assert picture.size == (2 * 64 + 4, (64 + 4) * len(split(worlds)[1][:4]))
    measures = [
        line["measures"]
        for line in Metrics(tmp_path / "metrics.jsonl").read()
        if "measures" in line
    ]
    assert len(measures) == 4  # the end is no second one
    assert 0 < measures[-1]["held_out_color_db"] < 60
    assert command("plot", str(tmp_path)) == 0
    assert "held_out_color_db" in capsys.readouterr().out
    with Image.open(tmp_path / "metrics.png") as plot:
        assert plot.size[0] == 3 * 460
    run(worlds, tmp_path, steps=9)  # from chunks
    assert losses(tmp_path)[-1]["step"] == 9


def test_out_of_minutes_is_a_clean_stop(worlds: WorldSet, tmp_path: Path) -> None:
    assert run(worlds, tmp_path, minutes=0.0) == 0
    assert [p.name for p in checkpoint_folders(tmp_path / "checkpoints")] == ["step-0000001"]


def test_an_interrupt_ends_the_step_saves_and_gives_130(worlds: WorldSet, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)

    class Interrupted(AutoencoderTask):
        def step(self, turns: Sequence[Turn], batches: Sequence[Batch]) -> Mapping[str, Tensor]:
            if turns[0].step == 2:
                signal.raise_signal(signal.SIGINT)
            return super().step(turns, batches)

    assert run(worlds, tmp_path, task=Interrupted) == 130
    assert [p.name for p in checkpoint_folders(tmp_path / "checkpoints")] == ["step-0000003"]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_loss_that_is_no_number_ends_the_run_and_no_checkpoint_has_it(
    worlds: WorldSet, tmp_path: Path
) -> None:
    class Diverging(AutoencoderTask):
        def step(self, turns: Sequence[Turn], batches: Sequence[Batch]) -> Mapping[str, Tensor]:
            if turns[0].step == 5:
                batches[0]["planes"].fill_(torch.nan)
            return super().step(turns, batches)

    with pytest.raises(Ldm3dError, match=r"step-0000004 stands.*lower --lr"):
        run(worlds, tmp_path, task=Diverging, save_every=2, log_every=100)
    assert newest_checkpoint(tmp_path / "checkpoints") is not None
    assert [p.name for p in checkpoint_folders(tmp_path / "checkpoints")][-1] == "step-0000004"
    assert run(worlds, tmp_path, steps=6, log_every=100) == 0  # and the weights there are sound


def test_a_broken_sample_is_told_and_nothing_is_lost(worlds: WorldSet, tmp_path: Path) -> None:
    class Broken(AutoencoderTask):
        def batch(self, turn: Turn) -> Batch:
            if turn.step == 4:
                raise InputError("cannot read shard-00007: delete it and make it anew")
            return super().batch(turn)

    with pytest.raises(InputError, match="shard-00007"):
        run(worlds, tmp_path, task=Broken)
    assert [p.name for p in checkpoint_folders(tmp_path / "checkpoints")] == ["step-0000004"]


def test_memory_that_runs_out_is_told_in_one_line(worlds: WorldSet, tmp_path: Path) -> None:
    class Greedy(AutoencoderTask):
        def step(self, turns: Sequence[Turn], batches: Sequence[Batch]) -> Mapping[str, Tensor]:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")

    with pytest.raises(Ldm3dError, match=r"not enough memory for a batch of 2: .*--batch"):
        run(worlds, tmp_path, task=Greedy)


def test_a_folder_with_another_run_is_refused_but_the_rate_may_change(
    worlds: WorldSet, tmp_path: Path
) -> None:
    run(worlds, tmp_path, steps=2)
    with pytest.raises(RequestError, match=r"its seed is 0, not 5"):
        run(worlds, tmp_path, steps=3, seed=5)

    def make(place: Machine) -> AutoencoderTask:
        return AutoencoderTask(place, worlds, dataclasses.replace(TINY, lr=1e-4), steps=12)

    about = {**ABOUT, "lr": 1e-4, "data": str(worlds.folder)}
    train(make, machine(), options(tmp_path, 3), about)
    stored = json.loads((tmp_path / "run.json").read_text())
    assert stored["lr"] == 1e-4
    assert stored["changes"] == [{"step": 2, "lr": 1e-4}]
    assert Metrics(tmp_path / "metrics.jsonl").read()[-2]["lr"] == 1e-4


def test_two_processes_do_not_train_in_one_folder(worlds: WorldSet, tmp_path: Path) -> None:
    class Nested(AutoencoderTask):
        def step(self, turns: Sequence[Turn], batches: Sequence[Batch]) -> Mapping[str, Tensor]:
            run(worlds, tmp_path)
            return super().step(turns, batches)

    with pytest.raises(Ldm3dError, match="another process trains in"):
        run(worlds, tmp_path, task=Nested)


def test_the_exported_autoencoder_has_uncorrelated_latents_and_decodes_the_same(
    worlds: WorldSet, unbroken: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    shutil.copytree(unbroken, plain)
    stored = json.loads((plain / "run.json").read_text())
    (plain / "run.json").write_text(json.dumps(stored | {"decorrelate": False}))
    export_autoencoder(unbroken, tmp_path / "turned")
    export_autoencoder(plain, tmp_path / "as-trained")
    vaes = [read_autoencoder(tmp_path / name) for name in ("turned", "as-trained")]
    for vae in vaes:
        assert isinstance(vae, BlockAutoencoder)
        set_seamless(vae)
    pictures = torch.from_numpy(np.stack([planes_of(worlds, n) for n in split(worlds)[0]]))
    with torch.no_grad():
        latents = [vae.encode_planes(pictures) for vae in vaes]
        one, other = (vae.decode_planes(z) for vae, z in zip(vaes, latents, strict=True))
    torch.testing.assert_close(one, other, atol=2e-4, rtol=0)
    cells = latents[0].movedim(1, -1).reshape(-1, 4)
    covariance = torch.cov(cells.T)
    variances = covariance.diag()
    torch.testing.assert_close(covariance, variances.diag(), atol=2e-3, rtol=0)
    assert variances.mean() == pytest.approx(1, abs=0.02)
    assert variances.tolist() == sorted(variances.tolist(), reverse=True)
    assert cells.mean(dim=0).abs().max() < 0.01


def test_training_starts_from_the_best_linear_codec(worlds: WorldSet) -> None:
    torch.manual_seed(0)
    alone = AutoencoderTask(machine(), worlds, dataclasses.replace(TINY, linear_reach=0), steps=12)
    task = AutoencoderTask(machine(), worlds, TINY, steps=12)
    before = task.evaluate()
    task.begin()
    alone.begin()
    trained, held_out = split(worlds)
    linear = measure_codec(worlds, held_out, pca_codec(worlds, trained, 4, block_px=8))
    start = task.evaluate()
    assert before["held_out_color_db"] < linear.color_db - 5
    assert alone.evaluate()["held_out_color_db"] > linear.color_db - 1
    assert start["held_out_color_db"] > linear.color_db + 1  # it sees the neighbours too
    assert start["held_out_depth_abs_rel"] < alone.evaluate()["held_out_depth_abs_rel"]


def test_the_decoder_learns_from_latents_as_noisy_as_asked(worlds: WorldSet) -> None:
    torch.manual_seed(0)
    preset = dataclasses.replace(TINY, latent_noise=0.4, batch=16)
    task = AutoencoderTask(machine(), worlds, preset, steps=12)
    task.begin()
    batch = task.batch(Turn(0, 0))
    strength = batch["strength"]
    assert strength.shape == (16, 1, 1, 1)
    assert strength.abs().min() < 0.1
    assert 0.3 < strength.abs().max() < 0.4
    assert (strength[::2] >= 0).all()
    assert (strength[1::2] <= 0).all()
    noise = batch["noise"]
    with torch.no_grad():
        clean, mean, _ = task.model(batch["planes"], 0 * noise)
        noisy, _, _ = task.model(batch["planes"], noise, strength.abs())
        drawn, _, log_variance = task.model(batch["planes"], noise, -strength.abs())
        deviation = torch.exp(log_variance / 2) + strength.abs() * mean.std()
        disturbed = mean + deviation * noise
        torch.testing.assert_close(noisy, task.model.decoded(disturbed), atol=1e-5, rtol=1e-4)
        middle = mean.mean(dim=(0, 2, 3), keepdim=True)
        spread = mean.var(dim=(0, 2, 3), keepdim=True)
        kept = spread / (spread + strength.square() * mean.var())
        wiener = middle + kept * (disturbed - middle)
        torch.testing.assert_close(drawn, task.model.decoded(wiener), atol=1e-5, rtol=1e-4)
    errors = (noisy - clean).abs().mean(dim=(1, 2, 3))
    assert torch.corrcoef(torch.stack([errors, strength.abs().flatten()]))[0, 1] > 0.9


def test_an_autoencoder_to_start_from_keeps_its_latents_and_its_layers(
    worlds: WorldSet, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    former = dataclasses.replace(TINY, linear_reach=0, linear_encoder=True, decorrelate=False)
    first = AutoencoderTask(machine(), worlds, former, steps=12)
    first.begin()
    first.model.vae.save_pretrained(tmp_path)
    preset = dataclasses.replace(former, linear_reach=1)
    second = AutoencoderTask(machine(), worlds, preset, steps=12, starts_from=tmp_path)
    second.begin()
    planes = torch.from_numpy(planes_of(worlds, 0))[None]
    vaes = first.model.vae, second.model.vae
    assert torch.equal(*(vae.encode_planes(planes) for vae in vaes))
    assert torch.equal(*(vae.decoder.conv_in.weight for vae in vaes))
    assert second.evaluate()["held_out_color_db"] > first.evaluate()["held_out_color_db"] + 1
    second.model.vae.save_pretrained(tmp_path / "second")
    third = AutoencoderTask(machine(), worlds, preset, steps=12, starts_from=tmp_path / "second")
    third.begin()  # nothing is fitted anew: it goes on as it is
    for name, layer in second.model.vae.state_dict().items():
        assert torch.equal(third.model.vae.state_dict()[name], layer), name
    shadow = second.emas["autoencoder"]
    with shadow.swapped():
        assert torch.equal(second.model.vae.encode_planes(planes), vaes[0].encode_planes(planes))


def test_what_is_trained_does_not_know_where_the_picture_begins(worlds: WorldSet) -> None:
    torch.manual_seed(0)
    task = AutoencoderTask(machine(), worlds, TINY, steps=12)
    assert is_seamless(task.model)
    planes = torch.from_numpy(planes_of(worlds, 0))[None]
    turned = task.model.reconstruct(planes.roll(16, dims=3))
    torch.testing.assert_close(task.model.reconstruct(planes).roll(16, dims=3), turned)


def test_the_command_trains_exports_and_tells_errors_in_one_line(
    worlds: WorldSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("autoencoder", "--data", str(tmp_path), "--run", str(tmp_path / "r")) == 66
    assert command(
        "autoencoder", "--preset", "paper", "--data", str(worlds.folder), "--run", str(tmp_path)
    ) == 2  # fmt: skip
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert "--from FOLDER" in told[1]
    assert command(
        "autoencoder", "--data", str(worlds.folder), "--run", str(tmp_path / "r"), "--steps", "1",
        "--batch", "1", "--rows", "16", "--device", "cpu", "--dtype", "float32",
    ) == 0  # fmt: skip
    assert command("export", str(tmp_path / "r"), "-o", str(tmp_path / "out")) == 0
    assert (tmp_path / "out" / "config.json").exists()


def test_a_place_that_cannot_be_written_is_told_in_one_line(
    worlds: WorldSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    blocked = tmp_path / "file" / "r"
    arguments = [
        "autoencoder", "--data", str(worlds.folder), "--steps", "1", "--batch", "1", "--rows", "16",
        "--device", "cpu", "--dtype", "float32",
    ]  # fmt: skip
    assert command(*arguments, "--run", str(blocked)) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"cannot write {blocked}: ")
    run = tmp_path / "r"
    assert command(*arguments, "--run", str(run)) == 0
    capsys.readouterr()
    for part in ("export", "plot"):
        assert command(part, str(run), "-o", str(blocked)) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"cannot write {blocked}: ")


def test_the_paper_preset_widens_stable_diffusion_and_uses_all_its_losses(
    worlds: WorldSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(0)
    AutoencoderKL(
        block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    ).save_pretrained(tmp_path / "sd" / "vae")  # fmt: skip
    common = (
        "autoencoder", "--preset", "paper", "--data", str(worlds.folder), "--batch", "2",
        "--from", str(tmp_path / "sd"), "--steps", "2", "--device", "cpu", "--dtype", "float32",
        "--log-every", "1",
    )  # fmt: skip
    trunk = str(random_vgg(tmp_path))
    assert command(*common, "--run", str(tmp_path / "whole"), "--perceptual", trunk) == 0
    assert {"perceptual", "adversarial", "discriminator"} <= losses(tmp_path / "whole")[1].keys()
    capsys.readouterr()
    assert command(*common, "--run", str(tmp_path / "plain")) == 0
    assert "training without a perceptual loss" in capsys.readouterr().err
    assert "perceptual" not in losses(tmp_path / "plain")[1]
    assert command("export", str(tmp_path / "whole"), "-o", str(tmp_path / "vae")) == 0
    vae = AutoencoderKL.from_pretrained(tmp_path / "vae")
    assert vae.config.in_channels == vae.config.out_channels == 4
    assert vae.config.scaling_factor == 0.18215


def command(*arguments: str) -> int:
    import argparse

    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["train", *arguments])
    return int(parsed.run(parsed))


def test_progress_tells_the_time_left() -> None:
    stream = io.StringIO()
    Progress(100, stream=stream).show(20, {"color": 0.125}, 3.21, 4000)
    assert stream.getvalue() == "step 20 of 100, 3.2 samples/s, 67 min left: color 0.125\n"
    assert spoken(7500) == "2 h 05 min"
