"""Losses, the plain codec, the widened autoencoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from tiny_training import random_vgg, tiny_set

from ldm3d.block_autoencoder import curved, straightened
from ldm3d.data.world_set import WorldSet
from ldm3d.errors import InputError, ModelError
from ldm3d.training.discriminator import PatchDiscriminator
from ldm3d.training.losses import (
    balanced_weight,
    hinge_discriminator_loss,
    kl_loss,
    reconstruction_losses,
)
from ldm3d.training.perceptual import SHAPES, STAGES, PerceptualLoss
from ldm3d.training.reconstruct import measure_codec, measure_planes, pca_codec
from ldm3d.training.vae import widened_autoencoder


def test_errors_are_named_by_what_is_wrong() -> None:
    want = torch.rand(2, 4, 8, 16) * 0.5 + 0.25
    weight = torch.ones(2, 1, 8, 1)
    nothing = reconstruction_losses(want, want, weight)
    assert all(value == 0 for value in nothing.values())
    brighter = want.clone()
    brighter[:, :3] += 0.1
    found = reconstruction_losses(brighter, want, weight)
    assert found["color"] == pytest.approx(0.1, abs=1e-6)
    assert found["color_edges"] == pytest.approx(0, abs=1e-6)  # an even error has no edges
    assert found["depth"] == 0
    nearer = want.clone()
    nearer[:, 3:] = want[:, 3:] * 1.1
    far = reconstruction_losses(nearer, want, weight)
    assert far["log_depth"] == pytest.approx(np.log(1.1), rel=0.1)


def test_a_relative_error_of_distance_is_what_is_measured() -> None:
    want = torch.rand(2, 4, 8, 16) * 0.5 + 0.02
    want[:, 3:, 0] = 0.001  # farther than what counts
    got = want.clone()
    got[:, 3:] *= 0.8 + 0.4 * torch.rand(2, 1, 8, 16)
    got[:, 3:, 0] = 1
    weight = torch.cos(((torch.arange(8) + 0.5) / 8 - 0.5) * torch.pi).view(1, 1, 8, 1)
    found = reconstruction_losses(got, want, weight.expand(2, 1, 8, 1))["relative_depth"]
    pairs = zip(got.numpy(), want.numpy(), strict=True)
    assert float(found) == pytest.approx(
        np.mean([measure_planes(*pair)[1] for pair in pairs]), rel=0.02
    )
    lost = want.clone()
    lost[:, 3:] = -1.0
    far_off = reconstruction_losses(lost, want, weight.expand(2, 1, 8, 1))["relative_depth"]
    assert float(far_off) < 10  # e times the logarithm, not 1 / 0.01


def test_edges_are_seen_across_the_seam() -> None:
    want = torch.zeros(1, 4, 2, 8)
    got = want.clone()
    got[:, :3, :, 0] = 1  # a line at the left edge: a step to both sides, one over the seam
    weight = torch.ones(1, 1, 2, 1)
    assert reconstruction_losses(got, want, weight)["color_edges"] == pytest.approx(2 / 8)


def test_the_root_of_depth_comes_back() -> None:
    planes = torch.rand(1, 4, 4, 8)
    torch.testing.assert_close(straightened(curved(planes, "root"), "root"), planes)
    assert torch.equal(curved(planes, "linear"), planes)


def test_kl_is_zero_for_a_normal_distribution_alone() -> None:
    zeros = torch.zeros(2, 4, 3, 3)
    assert kl_loss(zeros, zeros) == 0
    assert kl_loss(zeros + 1, zeros) == pytest.approx(0.5)


def test_a_discriminator_learns_from_both_and_the_weight_balances() -> None:
    torch.manual_seed(0)
    judge = PatchDiscriminator(width=8, layers=2)
    made = torch.rand(2, 4, 32, 64, requires_grad=True)
    assert hinge_discriminator_loss(torch.full((4,), 2.0), torch.full((4,), -2.0)) == 0
    verdict = judge.frozen(made)
    assert torch.equal(verdict, judge(made))
    verdict.mean().backward()
    assert made.grad is not None and made.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in judge.parameters())
    layer = torch.nn.Linear(2, 1)
    out = layer(torch.ones(1, 2)).sum()
    assert balanced_weight(4 * out, 2 * out, layer.weight) == pytest.approx(2, rel=1e-3)


def test_quality_knows_its_units() -> None:
    want = np.full((4, 16, 32), 0.5, np.float32)
    got = want + np.float32(0.1)
    db, relative = measure_planes(got, want)
    assert db == pytest.approx(20, abs=0.2)  # 8-bit rounding
    assert relative == pytest.approx(abs(0.5 / 0.6 - 1), rel=1e-5)
    sky = want.copy()
    sky[3, :8] = 0  # infinitely far: no part of the relative error
    assert measure_planes(np.where(np.arange(4)[:, None, None] < 3, want, 0.5), sky)[1] == 0
    pole = want.copy()
    pole[:3, 0] += 0.5
    middle = want.copy()
    middle[:3, 8] += 0.5
    assert measure_planes(pole, want)[0] > measure_planes(middle, want)[0] + 8


def test_the_plain_codec_is_exact_with_enough_numbers_and_worse_with_fewer(tmp_path: Path) -> None:
    worlds = WorldSet(tiny_set(tmp_path / "set", 6))
    everyone = range(6)
    good, bad = (
        measure_codec(worlds, everyone, pca_codec(worlds, everyone, count, block_px=8))
        for count in (250, 2)
    )
    assert good.color_db > 45
    assert bad.color_db < good.color_db - 10
    assert bad.depth_abs_rel > good.depth_abs_rel


@pytest.mark.parametrize("planes", [4, 6])
def test_a_widened_autoencoder_sees_and_gives_the_colors_it_knew(planes: int) -> None:
    torch.manual_seed(0)
    plain = AutoencoderKL(
        block_out_channels=(8, 8), norm_num_groups=4, layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
    ).eval()  # fmt: skip
    wide = widened_autoencoder(plain, planes)
    assert wide.config.in_channels == wide.config.out_channels == planes
    color = torch.rand(1, 3, 16, 32)
    with torch.no_grad():
        blind = torch.cat([color, torch.zeros(1, planes - 3, 16, 32)], dim=1)
        torch.testing.assert_close(wide.encoder(blind), plain.encoder(color))
        latents = torch.randn(1, 4, 8, 16)
        got, known = wide.decoder(latents), plain.decoder(latents)
    torch.testing.assert_close(got[:, :3], known)
    torch.testing.assert_close(got[:, 3], known.mean(dim=1))
    with pytest.raises(ModelError, match="3 channels"):
        widened_autoencoder(wide)


def test_a_perceptual_distance_bears_its_own_name(tmp_path: Path) -> None:
    assert len(SHAPES) == 13
    trunk = random_vgg(tmp_path)
    loss = PerceptualLoss(trunk)
    assert loss.name == "features of vgg16"
    one, other = torch.rand(2, 1, 3, 32, 64)
    assert loss(one, one) == 0
    assert loss(one, other) > 0
    turned = loss(one.roll(16, dims=3), other.roll(16, dims=3))
    torch.testing.assert_close(turned, loss(one, other))
    linear = {f"lin{n}.model.1.weight": torch.ones(1, s[-1], 1, 1) for n, s in enumerate(STAGES)}
    torch.save(linear, tmp_path / "lpips.pth")
    lpips = PerceptualLoss(trunk, tmp_path / "lpips.pth")
    assert lpips.name == "lpips"
    torch.testing.assert_close(lpips(one, other), loss(one, other))
    with pytest.raises(InputError, match="VGG16's 13 convolutions"):
        PerceptualLoss(tmp_path / "lpips.pth")
    with pytest.raises(InputError, match="cannot read weights"):
        PerceptualLoss(tmp_path / "absent.pth")
