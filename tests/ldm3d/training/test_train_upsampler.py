"""Training the network that doubles pictures: its pairs, its run, what becomes of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from PIL import Image
from tiny_training import TINY, machine, options, tiny_set

from ldm3d.__main__ import main
from ldm3d.data.world_set import WorldSet
from ldm3d.errors import InputError, RequestError
from ldm3d.poles import linear_from_srgb
from ldm3d.training import upsampler_data
from ldm3d.training.checkpoint import newest_checkpoint
from ldm3d.training.losses import LossWeights
from ldm3d.training.machine import Machine
from ldm3d.training.metrics import Metrics
from ldm3d.training.order import Turn
from ldm3d.training.planes import planes_of
from ldm3d.training.run import train
from ldm3d.training.upsampler import UpsamplerPreset, UpsamplerTask
from ldm3d.training.upsampler_command import find_upsampler
from ldm3d.training.upsampler_data import cut_pair, decoded_set, halved, halved_picture, roughened
from ldm3d.training.vae import new_autoencoder
from ldm3d.upsampler import Upsampler

SMALL = UpsamplerPreset(
    channels=16, blocks=1, tail_channels=8, cut_px=8, batch=2, steps=8, warmup=2, lr=3e-3,
    weights=LossWeights(log_depth=0.3, kl=0.0, adversarial=0.2),
    adversarial_from=2, judge_width=8, judge_layers=1,
)  # fmt: skip


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> WorldSet:
    return WorldSet(tiny_set(tmp_path_factory.mktemp("set") / "tiny"))


def test_a_halved_picture_is_the_mean_light_and_the_mean_inverse_distance() -> None:
    color = np.zeros((2, 4, 3), np.uint8)
    color[0, 0], color[1, 1] = 255, 255
    color[:, 2:] = 100
    depth = np.array([[0, 1, 0.5, 0.5], [0, 1, 0.5, 0.5]], np.float32)
    small = halved(color, depth)
    assert small.shape == (4, 1, 2) and small.dtype == np.float32
    np.testing.assert_allclose(linear_from_srgb(small[:3, 0, 0]), 0.5, atol=1e-5)
    np.testing.assert_allclose(small[:3, 0, 1], 100 / 255, atol=1e-5)
    np.testing.assert_allclose(small[3, 0], 0.5)


def test_a_pair_shows_the_same_place(
    worlds: WorldSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upsampler_data, "roughened", lambda planes, random: planes)
    vae = new_autoencoder(TINY)
    vae.save_pretrained(tmp_path / "vae")
    monkeypatch.setattr(upsampler_data, "_there_and_back", lambda planes, vae: planes)
    decoded = decoded_set(tmp_path / "decoded", worlds, tmp_path / "vae", machine())
    tops = set()
    for step in range(40):
        turn = Turn(0, step)
        small, wanted, top = cut_pair(worlds, 3, turn, 0, 8)
        tops.add(top)
        assert small.shape == (4, 8, 8) and wanted.shape == (4, 16, 16)
        again = halved(np.rint(wanted[:3].transpose(1, 2, 0) * 255).astype(np.uint8), wanted[3])
        np.testing.assert_allclose(small, again, atol=1e-6)
        theirs, same, _ = cut_pair(worlds, 3, turn, 0, 8, decoded, share=1.0)
        np.testing.assert_array_equal(same, wanted)
        np.testing.assert_allclose(theirs, small, atol=0.6 / 255)
    assert {0, 16} <= tops and len(tops) > 4


def test_what_is_roughened_stays_near_and_in_range() -> None:
    planes = np.random.default_rng(0).random((4, 8, 8)).astype(np.float32)
    planes[3] *= 0.1
    found = [roughened(planes, np.random.default_rng(seed)) for seed in range(40)]
    assert all(f.dtype == np.float32 and f.min() >= 0 and f.max() <= 1 for f in found)
    changes = [float(np.abs(f - planes).mean()) for f in found]
    assert min(changes) == 0 and 0.05 < max(changes) < 0.25


def run(
    worlds: WorldSet, folder: Path, steps: int, preset: UpsamplerPreset = SMALL, parts: int = 2
) -> int:
    def make(place: Machine) -> UpsamplerTask:
        return UpsamplerTask(place, worlds, preset, steps=8, parts=parts)

    about = {"kind": "upsampler", "data": str(worlds.folder)}
    return train(make, machine(), options(folder, steps), about)


def losses(folder: Path) -> list[Mapping[str, float]]:
    return [line["losses"] for line in Metrics(folder / "metrics.jsonl").read() if "losses" in line]


def test_a_run_that_goes_on_equals_an_unbroken_one_bit_by_bit(
    worlds: WorldSet, tmp_path: Path
) -> None:
    run(worlds, tmp_path / "one", 8)
    run(worlds, tmp_path / "two", 3)
    run(worlds, tmp_path / "two", 8)
    assert losses(tmp_path / "one") == losses(tmp_path / "two")
    assert {"adversarial", "discriminator", "mean", "log_depth"} <= set(losses(tmp_path / "one")[7])
    ends = [newest_checkpoint(tmp_path / name / "checkpoints") for name in ("one", "two")]
    for name in ("network-upsampler", "ema-upsampler", "optimizer-upsampler-muon",
                 "optimizer-upsampler", "network-discriminator"):  # fmt: skip
        one, other = ((end / f"{name}.safetensors").read_bytes() for end in ends if end)
        assert one == other, name


def test_it_learns_what_interpolation_does_not_know(worlds: WorldSet) -> None:
    torch.manual_seed(0)
    preset = dataclasses.replace(
        SMALL, weights=LossWeights(kl=0.0), batch=4, lr=1e-2, outer_rate=1.0
    )
    task = UpsamplerTask(machine(), worlds, preset, steps=10_000)
    measures = task.evaluate()
    assert measures["held_out_color_db"] > measures["bicubic_color_db"] > 20
    assert measures["held_out_depth_abs_rel"] < 0.1
    batch = task.batch(Turn(0, 0))
    each = [task.step([Turn(0, step)], [batch]) for step in range(60)]
    for name in ("color", "depth", "depth_edges"):
        assert each[-1][name] < 0.7 * each[0][name], name
    assert task.evaluate()["held_out_color_db"] != measures["held_out_color_db"]


def test_cuts_larger_than_the_pictures_are_refused(worlds: WorldSet) -> None:
    with pytest.raises(RequestError, match="at least 128 pixels"):
        UpsamplerTask(machine(), worlds, UpsamplerPreset(), steps=8)


def test_the_command_trains_through_an_autoencoder_and_writes_a_folder(
    worlds: WorldSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(0)
    new_autoencoder(TINY).save_pretrained(tmp_path / "vae")
    data = ["--data", str(worlds.folder), "--run", str(tmp_path / "run")]
    small = ["--cut", "8", "--batch", "2", "--dtype", "float32", "--log-every", "1"]
    command = ["train", "upsampler", *data, *small, "--autoencoder", str(tmp_path / "vae")]
    assert main([*command, "--steps", "2"]) == 0
    told = capsys.readouterr().err
    assert "decoded 24 of 24" in told and "bicubic_decoded_color_db" in told
    assert main([*command, "--steps", "3"]) == 0
    assert "decoded 24" not in capsys.readouterr().err
    with Image.open(tmp_path / "run" / "samples" / "step-0000003.png") as sheet:
        assert sheet.size[0] > 3 * 32
    (home,) = (tmp_path / "run" / "decoded").iterdir()
    assert WorldSet(home).info.width == 32

    assert main(["train", "export", str(tmp_path / "run"), "-o", str(tmp_path / "out")]) == 0
    network = find_upsampler(tmp_path / "out")
    assert isinstance(network, Upsampler)
    for one, two in zip(
        network.parameters(), find_upsampler(tmp_path / "run").parameters(), strict=True
    ):
        assert torch.equal(one, two)
    double = network.enlarge(torch.from_numpy(halved_picture(worlds, 0))[None])
    mean = F.avg_pool2d(double, 2).numpy()[0]
    assert np.abs(mean - halved_picture(worlds, 0)).mean() < 0.02
    assert np.abs(double.numpy()[0] - planes_of(worlds, 0)).mean() < 0.05

    assert main([*command, "--steps", "4", "--adversarial-weight", "0.1", "--cut", "4"]) == 2
    assert "cut_px" in capsys.readouterr().err
    upsampler = ["--upsampler", str(tmp_path / "out")]
    assert main(["train", "export", str(tmp_path / "run"), "-o", str(tmp_path / "no"),
                 *upsampler]) == 2  # fmt: skip
    with pytest.raises(InputError, match="run or folder"):
        find_upsampler(tmp_path)


def test_decoded_pictures_of_another_set_are_refused(worlds: WorldSet, tmp_path: Path) -> None:
    new_autoencoder(TINY).save_pretrained(tmp_path / "vae")
    other = WorldSet(tiny_set(tmp_path / "other", count=5))
    decoded_set(tmp_path / "decoded", other, tmp_path / "vae", machine())
    with pytest.raises(InputError, match="another set"):
        decoded_set(tmp_path / "decoded", worlds, tmp_path / "vae", machine())
    wide = dataclasses.replace(TINY, block_px=64)
    new_autoencoder(dataclasses.replace(wide, channels=(4, 4, 4, 4, 4))).save_pretrained(
        tmp_path / "large"
    )
    with pytest.raises(RequestError, match="multiples of 64"):
        decoded_set(tmp_path / "decoded", worlds, tmp_path / "large", machine())
