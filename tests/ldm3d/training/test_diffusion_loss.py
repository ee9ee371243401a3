"""What the denoiser is asked: exact formulas, and agreement with the samplers."""

from __future__ import annotations

import pytest
import torch

from ldm3d.errors import RequestError
from ldm3d.schedule import Schedule
from ldm3d.training import diffusion_loss as loss
from ldm3d.training.diffusion_loss import Diffusion


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("prediction", loss.PREDICTIONS)
def test_the_target_leads_back_to_the_clean_latents(prediction: str) -> None:
    clean, noise = torch.randn(2, 6, 4, 3, 5, generator=generator())
    alpha_bar = torch.tensor([0.999, 0.9, 0.5, 0.1, 0.01, 0.002])
    noisy = loss.noised(clean, noise, alpha_bar)
    answer = loss.target(prediction, clean, noise, alpha_bar)
    found = loss.clean_from(prediction, answer, noisy, alpha_bar)
    torch.testing.assert_close(found, clean, atol=1e-4, rtol=1e-4)
    variance = noisy.square().mean(dim=(1, 2, 3))
    assert ((variance > 0.4) & (variance < 1.8)).all()


@pytest.mark.parametrize("prediction", loss.PREDICTIONS)
def test_min_snr_weights_the_error_of_the_clean_latents(prediction: str) -> None:
    diffusion = Diffusion(prediction, zero_snr=False, gamma=5.0)
    clean, noise = torch.randn(2, 5, 4, 3, 5, generator=generator())
    alpha_bar = torch.tensor([0.99, 0.9, 0.6, 0.1, 0.005])
    noisy = loss.noised(clean, noise, alpha_bar)
    wanted = loss.target(prediction, clean, noise, alpha_bar)
    answer = wanted + torch.randn(wanted.shape, generator=generator(1))
    mine = loss.weight(diffusion, alpha_bar) * (answer - wanted).square().mean(dim=(1, 2, 3))
    guess = loss.clean_from(prediction, answer, noisy, alpha_bar)
    snr = alpha_bar / (1 - alpha_bar)
    expected = snr.clamp(max=5.0) * (guess - clean).square().mean(dim=(1, 2, 3))
    torch.testing.assert_close(mine, expected, rtol=1e-3, atol=1e-5)


def test_without_gamma_the_plain_loss_counts() -> None:
    weights = loss.weight(Diffusion(gamma=None), torch.tensor([0.0, 0.3, 1.0]))
    assert weights.tolist() == [1, 1, 1]


def test_with_a_floor_the_noisiest_levels_count_as_much_as_any_error() -> None:
    """v of pure noise is the clean latents themselves: weight 1, where min-SNR alone gives 0."""
    alpha_bar = torch.tensor([0.0, 0.3, 0.6, 0.999])
    floored = loss.weight(Diffusion(floor=1.0), alpha_bar)
    plain = loss.weight(Diffusion(), alpha_bar)
    assert float(plain[0]) == 0
    assert float(floored[0]) == 1
    torch.testing.assert_close(floored[2:], plain[2:])  # there the ratio is above 1 anyway
    assert floored[1] > plain[1]


def test_a_channel_counts_by_its_variance() -> None:
    variances = torch.tensor([4.0, 1.0, 0.25])
    flat = loss.channel_weights(Diffusion(), variances)
    rooted = loss.channel_weights(Diffusion(channel_power=0.5), variances)
    assert flat.flatten().tolist() == [1, 1, 1]
    torch.testing.assert_close(rooted.flatten(), torch.tensor([2.0, 1.0, 0.5]) * 3 / 3.5)


def test_pure_noise_has_a_target_and_no_weight_explodes() -> None:
    diffusion = Diffusion()
    alpha_bar = loss.alphas_bar(diffusion.scheduler_config())
    assert float(alpha_bar[-1]) == 0
    weights = loss.weight(diffusion, alpha_bar)
    assert torch.isfinite(weights).all()
    assert float(weights.max()) <= 1
    clean, noise = torch.randn(2, 1, 2, 2, 2, generator=generator())
    assert torch.equal(loss.target("v_prediction", clean, noise, alpha_bar[-1:]), -clean)


@pytest.mark.parametrize("scheduler", ["ddim", "euler", "unipc"])
def test_noise_levels_are_those_of_the_samplers(scheduler: str) -> None:
    config = Diffusion(zero_snr=False).scheduler_config()
    alphas_bar = loss.alphas_bar(config)
    schedule = Schedule(scheduler, config, 10)
    for t in schedule.timesteps:
        alpha_bar = float(alphas_bar[int(t)])
        sigma = ((1 - alpha_bar) / alpha_bar) ** 0.5
        assert schedule.sigma(t) == pytest.approx(sigma, rel=1e-3)


@pytest.mark.parametrize("scheduler", ["ddim", "dpm++2m-karras", "euler", "unipc"])
@pytest.mark.parametrize("prediction", ["v_prediction", "sample"])
def test_a_perfect_network_is_sampled_to_the_picture_it_knows(
    scheduler: str, prediction: str
) -> None:
    config = Diffusion(prediction).scheduler_config()
    alphas_bar = loss.alphas_bar(config)
    clean = torch.randn(1, 4, 4, 8, generator=generator())
    schedule = Schedule(scheduler, config, 12)
    latents = torch.randn(clean.shape, generator=generator(1)) * schedule.init_noise_sigma
    for t in schedule.timesteps:
        alpha_bar = alphas_bar[int(t)].view(1)
        seen = schedule.scale(latents, t)
        a, s = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
        noise = (seen - a * clean) / s
        latents = schedule.step(loss.target(prediction, clean, noise, alpha_bar), t, latents)
    assert float((latents - clean).abs().max()) < 0.15  # ddim ends at the least noise, 0.03


def test_times_cover_every_stratum_once_and_are_dealt_at_random() -> None:
    times = loss.draw_times(Diffusion(), 50, generator())
    assert sorted((times // 20).tolist()) == list(range(50))
    assert times.tolist() != sorted(times.tolist())
    assert torch.equal(times, loss.draw_times(Diffusion(), 50, generator()))
    many = torch.cat([loss.draw_times(Diffusion(), 1, generator(i)) for i in range(300)])
    assert int(many.min()) < 50
    assert int(many.max()) > 950


def test_logit_normal_times_stand_in_the_middle() -> None:
    times = loss.draw_times(Diffusion(times="logit-normal"), 2000, generator()).float() / 1000
    assert float(times.median()) == pytest.approx(0.5, abs=0.02)
    share = ((times > 0.2689) & (times < 0.7311)).float().mean()  # one standard deviation
    assert float(share) == pytest.approx(0.6827, abs=0.01)


@pytest.mark.parametrize(
    "choices",
    [{"prediction": "flow"}, {"times": "cosine"}, {"prediction": "epsilon", "zero_snr": True}],
)
def test_what_cannot_be_is_refused(choices: dict[str, str]) -> None:
    with pytest.raises(RequestError, match="want"):
        Diffusion(**choices)  # type: ignore[arg-type]
