"""The UNet beside a linear denoiser: the closed form, and that it is loaded as any other."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny import tiny_model

import ldm3d
from ldm3d.errors import ModelError
from ldm3d.events import Result
from ldm3d.training.denoiser import unet_from
from ldm3d.training.diffusion_loss import Diffusion, alphas_bar, noised, target
from ldm3d.wiener_unet import TIMES, WienerUNet, class_of, gains

VARIANCES = torch.tensor([4.0, 1.0, 0.5, 0.1])
SMALL = {
    "sample_size": [4, 8], "layers_per_block": 1, "block_out_channels": (8, 8),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "attention_head_dim": 2, "norm_num_groups": 4, "cross_attention_dim": 16,
}  # fmt: skip


def small_unet(prediction: str = "v_prediction") -> WienerUNet:
    torch.manual_seed(0)
    unet: WienerUNet = unet_from(SMALL, 4)
    schedule = alphas_bar(Diffusion(prediction).scheduler_config())
    unet.begin_linear(prediction, VARIANCES, schedule)
    return unet.eval()


@pytest.mark.parametrize("prediction", ["v_prediction", "sample"])
@pytest.mark.parametrize("time", [0, 300, 700])
def test_no_other_factor_is_nearer_to_the_answer(prediction: str, time: int) -> None:
    """Against the least-squares factor of many samples, channel by channel."""
    generator = torch.Generator().manual_seed(1)
    schedule = alphas_bar(Diffusion(prediction).scheduler_config())
    clean = torch.randn(4096, 4, 2, 2, generator=generator) * VARIANCES.sqrt()[:, None, None]
    noise = torch.randn(clean.shape, generator=generator)
    level = schedule[time].expand(4096)
    noisy = noised(clean, noise, level)
    wanted = target(prediction, clean, noise, level)
    best = (noisy * wanted).mean(dim=(0, 2, 3)) / noisy.square().mean(dim=(0, 2, 3))
    found = gains(prediction, VARIANCES, schedule)[time].float()
    torch.testing.assert_close(found, best, atol=0.03, rtol=0.03)


def test_the_noise_is_answered_too() -> None:
    """Where there is nothing but noise the input is the answer; where there is none, nothing."""
    found = gains("epsilon", VARIANCES, torch.tensor([0.0, 1.0]))
    torch.testing.assert_close(found[0], torch.ones(4, dtype=torch.float64))
    torch.testing.assert_close(found[1], torch.zeros(4, dtype=torch.float64))


def test_before_training_the_answer_is_the_linear_one() -> None:
    unet = small_unet()
    noisy = torch.randn(2, 4, 4, 8)
    times, text = torch.tensor([900, 20]), torch.randn(2, 3, 16)
    with torch.no_grad():
        answer = unet(noisy, times, encoder_hidden_states=text).sample
        (again,) = unet(noisy, times, encoder_hidden_states=text, return_dict=False)
    torch.testing.assert_close(answer, unet.linear_gain[times][:, :, None, None] * noisy)
    assert torch.equal(answer, again)


def test_between_two_times_the_gain_lies_between_theirs() -> None:
    unet = small_unet()
    noisy, text = torch.ones(1, 4, 4, 8), torch.randn(1, 3, 16)
    with torch.no_grad():
        answer = unet(noisy, 500.25, encoder_hidden_states=text).sample[0, :, 0, 0]
        last = unet(noisy, TIMES - 0.5, encoder_hidden_states=text).sample[0, :, 0, 0]
    wanted = 0.75 * unet.linear_gain[500] + 0.25 * unet.linear_gain[501]
    torch.testing.assert_close(answer, wanted)
    torch.testing.assert_close(last, unet.linear_gain[-1])


def test_a_model_with_it_is_loaded_and_generates(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "model")
    plain = ldm3d.load(folder, device="cpu", dtype="float32")
    torch.manual_seed(0)
    unet = unet_from({**plain.unet.config}, plain.latent_channels)
    assert class_of(plain.unet.config) is not WienerUNet
    unet.begin_linear("v_prediction", VARIANCES, torch.linspace(0.99, 0.01, TIMES))
    unet.save_pretrained(folder / "unet")
    model = ldm3d.load(folder, device="cpu", dtype="float32")
    assert isinstance(model.unet, WienerUNet)
    assert torch.equal(model.unet.linear_gain, unet.linear_gain)
    recipe = model.recipe("a meadow", seed=1, steps=2, width=128, height=64)
    result = list(ldm3d.generate(model, recipe))[-1]
    assert isinstance(result, Result)
    assert result.color.std() > 1


def test_another_kind_of_answer_is_refused() -> None:
    with pytest.raises(ModelError, match="want a model that answers epsilon, v_prediction, sample"):
        gains("score", VARIANCES, torch.tensor([0.5]))
