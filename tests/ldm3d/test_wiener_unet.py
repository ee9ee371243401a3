"""The UNet beside a linear denoiser: the closed form, and that it is loaded as any other."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny import tiny_model
from torch import Tensor

import ldm3d
from ldm3d.errors import ModelError
from ldm3d.events import Result
from ldm3d.gaussian_denoiser import TIMES, GaussianDenoiser
from ldm3d.training.denoiser import unet_from
from ldm3d.training.diffusion_loss import Diffusion, alphas_bar, clean_from, noised, target
from ldm3d.wiener_unet import WienerUNet, class_of

SMALL = {
    "sample_size": [4, 8], "layers_per_block": 1, "block_out_channels": (8, 8),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "attention_head_dim": 2, "norm_num_groups": 4, "cross_attention_dim": 16,
}  # fmt: skip
PREDICTIONS = ("v_prediction", "sample")


def panoramas(count: int, seed: int = 0, channels: int = 4) -> Tensor:
    """Latents (n, c, 4, 8) that are smooth along x, with rows and channels that hang together."""
    generator = torch.Generator().manual_seed(seed)
    rough = torch.randn(count, channels, 4, 8, generator=generator)
    smooth = rough + rough.roll(1, -1) + rough.roll(-1, -1)
    smooth = smooth + 0.8 * smooth.roll(1, 1) + 0.5 * smooth.flip(2)
    rows = torch.tensor([2.0, 1.0, -1.0, -2.0])[:, None]
    turn = int(torch.randint(8, (1,), generator=generator))
    return (0.5 * smooth + rows).roll(turn, -1)


def schedule(prediction: str = "v_prediction") -> Tensor:
    return alphas_bar(Diffusion(prediction).scheduler_config())


def fitted(prediction: str = "v_prediction") -> GaussianDenoiser:
    denoiser = GaussianDenoiser(4, 4, 8)
    denoiser.fit([panoramas(4000)], prediction, schedule(prediction))
    return denoiser


def small_unet(prediction: str = "v_prediction") -> WienerUNet:
    torch.manual_seed(0)
    unet: WienerUNet = unet_from(SMALL, 4)
    unet.begin_linear([panoramas(500)], prediction, schedule(prediction))
    return unet.eval()


@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("time", [50, 400, 800])
def test_no_linear_answer_is_nearer(prediction: str, time: int) -> None:
    """Against the least-squares answer over all 128 numbers, fitted to as many samples."""
    clean = panoramas(20_000, 1)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(2))
    level = schedule(prediction)[time].expand(len(clean))
    noisy = noised(clean, noise, level)
    wanted = target(prediction, clean, noise, level)
    given = torch.cat([noisy.flatten(1), torch.ones(len(clean), 1)], dim=1)
    best = given @ torch.linalg.lstsq(given, wanted.flatten(1)).solution
    least = (best - wanted.flatten(1)).square().mean()
    found = (fitted(prediction)(noisy, time)[0] - wanted).square().mean()
    assert least * 0.98 < found < least * 1.03


def test_it_knows_more_than_variances() -> None:
    clean = panoramas(2000, 3)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(4))
    level = schedule()[500].expand(len(clean))
    noisy, wanted = noised(clean, noise, level), target("v_prediction", clean, noise, level)
    denoiser = fitted()
    whole = (denoiser(noisy, 500)[0] - wanted).square().mean()
    denoiser.whole = 0
    denoiser.axes = torch.zeros(5, 0, 0, 2)
    denoiser.axis_variance = torch.zeros(5, 0)
    apart = (denoiser(noisy, 500)[0] - wanted).square().mean()
    assert whole < 0.9 * apart


def test_it_does_not_know_where_the_panorama_begins() -> None:
    noisy = torch.randn(2, 4, 4, 8)
    denoiser = fitted()
    turned, straight = denoiser(noisy.roll(3, -1), 300)[0], denoiser(noisy, 300)[0]
    torch.testing.assert_close(turned, straight.roll(3, -1))


def test_each_picture_of_a_batch_has_its_own_time() -> None:
    denoiser, noisy = fitted(), torch.randn(2, 4, 4, 8)
    both, _, _ = denoiser(noisy, torch.tensor([900, 20]))
    torch.testing.assert_close(both[1:], denoiser(noisy[1:], 20)[0])
    torch.testing.assert_close(both[:1], denoiser(noisy[:1], 900)[0])


def test_between_two_times_the_answer_lies_between_theirs() -> None:
    denoiser, noisy = fitted(), torch.randn(1, 4, 4, 8)
    below, above = denoiser(noisy, 500)[0], denoiser(noisy, 501)[0]
    between = denoiser(noisy, 500.5)[0]
    torch.testing.assert_close(between, (below + above) / 2, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(denoiser(noisy, TIMES + 5)[0], denoiser(noisy, TIMES - 1)[0])


@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_the_answer_and_the_clean_latents_agree(prediction: str) -> None:
    noisy, time = torch.randn(2, 4, 4, 8), 400
    answer, clean, _ = fitted(prediction)(noisy, time)
    level = schedule(prediction)[time].expand(2)
    meant = clean_from(prediction, answer, noisy, level)
    torch.testing.assert_close(meant, clean, atol=1e-4, rtol=1e-4)


def spoken(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Latents whose rows are brighter above or below as a text of two features says."""
    generator = torch.Generator().manual_seed(seed)
    said = torch.randn(count, 2, generator=generator)
    ramp = torch.tensor([3.0, 1.0, -1.0, -3.0])[:, None]
    return panoramas(count, seed) + said[:, :1, None, None] * ramp, said


def told_denoiser() -> GaussianDenoiser:
    clean, said = spoken(500, 7)
    denoiser = GaussianDenoiser(4, 4, 8, features=2)
    silent = torch.zeros(500, 1, 2)
    texts = list(torch.cat([said[:, None], said[:, None], said[:, None], silent], dim=1))
    parts = list(clean[:, None].unbind())
    denoiser.fit(parts, "v_prediction", schedule(), texts, text_length=3)
    return denoiser


def test_at_pure_noise_the_text_alone_decides() -> None:
    denoiser = told_denoiser()
    clean, said = spoken(300, 8)
    rows = clean.mean(dim=-1)
    hidden = said[:, None].expand(-1, 3, -1)
    _, with_text, _ = denoiser(torch.randn(clean.shape), TIMES - 1, hidden)
    _, without, _ = denoiser(torch.randn(clean.shape), TIMES - 1)
    heard = (with_text.mean(dim=-1) - rows).square().mean()
    assert heard < 0.4 * (without.mean(dim=-1) - rows).square().mean()


def test_what_is_read_is_the_last_place_of_each_part() -> None:
    denoiser = told_denoiser()
    hidden = torch.randn(2, 6, 2)
    expected = (hidden[:, 2] + hidden[:, 5]) / 2
    torch.testing.assert_close(denoiser.features(hidden), expected)
    noisy = torch.randn(2, 4, 4, 8)
    once, twice = hidden[:, :3], hidden[:, :3].repeat(1, 2, 1)
    torch.testing.assert_close(denoiser(noisy, 700, once)[0], denoiser(noisy, 700, twice)[0])


@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_a_gain_of_minus_one_leaves_only_the_mean(prediction: str) -> None:
    denoiser, noisy, time = fitted(prediction), torch.randn(2, 4, 4, 8), 400
    answer, clean, means = denoiser(noisy, time)
    gains = torch.zeros(2, 8, 4, 8)
    gains[:, :4, :, :3] = -1  # in some columns
    answer = answer + denoiser.regained(gains, noisy, clean, means, time)
    meant = clean_from(prediction, answer, noisy, schedule(prediction)[time].expand(2))
    expected = torch.where(torch.arange(8) < 3, means.expand_as(clean), clean)
    torch.testing.assert_close(meant, expected, atol=1e-4, rtol=1e-4)


def test_gains_turn_the_average_denoiser_into_that_of_a_rougher_place() -> None:
    """White latents of variance 1 on average, 4 in one place: there x^ = 4 a / (4 a^2 + s^2) z."""
    denoiser, time = GaussianDenoiser(4, 4, 8), 400
    white = torch.randn(4000, 4, 4, 8, generator=torch.Generator().manual_seed(1))
    denoiser.fit([white], "v_prediction", schedule())
    noisy = torch.randn(2, 4, 4, 8)
    answer, clean, means = denoiser(noisy, time)
    squared = schedule()[time]
    usual, rough = squared.sqrt(), 4 * squared.sqrt() / (4 * squared + 1 - squared)
    gains = torch.cat([-torch.ones(2, 4, 4, 8), torch.ones(2, 4, 4, 8) * rough / usual], dim=1)
    answer = answer + denoiser.regained(gains, noisy, clean, means, time)
    meant = clean_from("v_prediction", answer, noisy, squared.expand(2))
    torch.testing.assert_close(meant, rough * noisy, atol=0.05, rtol=0.02)


def test_noised_and_clean_latents_enter_the_network_with_about_unit_power() -> None:
    denoiser = fitted()
    clean = 5 * panoramas(500, 9)
    strong = GaussianDenoiser(4, 4, 8)
    strong.fit([clean], "v_prediction", schedule())
    for time in (50, 500, 950):
        noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(6))
        noisy = noised(clean, noise, schedule()[time].expand(len(clean)))
        seen = strong.evened(noisy, clean, time)
        assert seen.shape == (500, 8, 4, 8)
        torch.testing.assert_close(seen.square().mean(), torch.tensor(1.0), atol=0.05, rtol=0)
    assert denoiser.power.max() < strong.power.min()


def test_pure_noise_is_answered_by_the_mean_picture() -> None:
    """v of pure noise is minus the clean latents; nothing is known of them but their mean."""
    denoiser = fitted()
    answer, clean, _ = denoiser(torch.randn(1, 4, 4, 8), TIMES - 1)
    torch.testing.assert_close(answer, -clean)
    torch.testing.assert_close(answer, -denoiser.mean[None, :, :, None].expand(1, 4, 4, 8))


def test_latents_of_another_size_get_a_sensible_answer() -> None:
    denoiser = fitted()
    clean = panoramas(200, 5).repeat_interleave(2, 2).repeat_interleave(2, 3)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(6))
    level = schedule()[500].expand(len(clean))
    wanted = target("v_prediction", clean, noise, level)
    answer, _, _ = denoiser(noised(clean, noise, level), 500)
    assert (answer - wanted).square().mean() < 0.8 * wanted.square().mean()


def test_before_training_the_answer_is_the_linear_one() -> None:
    unet = small_unet()
    noisy = torch.randn(2, 4, 4, 8)
    times, text = torch.tensor([900, 20]), torch.randn(2, 3, 16)
    with torch.no_grad():
        answer = unet(noisy, times, encoder_hidden_states=text).sample
        (again,) = unet(noisy, times, encoder_hidden_states=text, return_dict=False)
        torch.testing.assert_close(answer, unet.linear(noisy, times, text)[0])
    assert torch.equal(answer, again)


def test_a_model_with_it_is_loaded_and_generates(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "model")
    plain = ldm3d.load(folder, device="cpu", dtype="float32")
    torch.manual_seed(0)
    unet = unet_from({**plain.unet.config}, plain.latent_channels, (4, 8))
    assert class_of(plain.unet.config) is not WienerUNet
    unet.begin_linear([panoramas(50)], "v_prediction", torch.linspace(0.99, 0.01, TIMES))
    unet.save_pretrained(folder / "unet")
    model = ldm3d.load(folder, device="cpu", dtype="float32")
    assert isinstance(model.unet, WienerUNet)
    assert torch.equal(model.unet.linear.axes, unet.linear.axes)
    assert torch.equal(model.unet.linear.times, unet.linear.times)
    recipe = model.recipe("a meadow", seed=1, steps=2, width=128, height=64)
    result = list(ldm3d.generate(model, recipe))[-1]
    assert isinstance(result, Result)
    assert result.color.std() > 1


def test_another_kind_of_answer_is_refused() -> None:
    denoiser = GaussianDenoiser(4, 4, 8)
    with pytest.raises(ModelError, match="want a model that answers epsilon, v_prediction, sample"):
        denoiser.fit([panoramas(2)], "score", schedule())
