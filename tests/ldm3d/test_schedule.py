from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch

from ldm3d.errors import ModelError, RequestError
from ldm3d.schedule import SCHEDULERS, Schedule
from tests.ldm3d.tiny import DDIM

V_ZERO_SNR = DDIM | {
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
}
PNDM = {
    "_class_name": "PNDMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "steps_offset": 1,
    "beta_schedule": "scaled_linear", "num_train_timesteps": 1000, "set_alpha_to_one": False,
    "skip_prk_steps": True, "trained_betas": None, "clip_sample": False,
}  # fmt: skip
"""As Stable Diffusion 1.x folders have it: it names no prediction type and no spacing."""
CONFIGS: Mapping[str, Mapping[str, Any]] = {
    "ddim": DDIM,
    "pndm": PNDM,
    "leading": DDIM | {"timestep_spacing": "leading"},
    "v": DDIM | {"prediction_type": "v_prediction"},
    "sample": DDIM | {"prediction_type": "sample"},
    "v, zero terminal SNR": V_ZERO_SNR,
}
STOCHASTIC = ("lcm", "tcd")
Denoiser = Callable[[torch.Tensor, float, float], torch.Tensor]


def answer(
    config: Mapping[str, Any], seen: torch.Tensor, alpha: float, sigma: float, clean: torch.Tensor
) -> torch.Tensor:
    """What a perfect network says that sees alpha * clean + sigma * noise."""
    noise = (seen - alpha * clean) / sigma
    kind = config.get("prediction_type", "epsilon")
    return {"epsilon": noise, "sample": clean, "v_prediction": alpha * noise - sigma * clean}[kind]


def levels(schedule: Schedule, t: torch.Tensor) -> tuple[float, float]:
    sigma = schedule.sigma(t)
    return 1 / math.hypot(1, sigma), sigma / math.hypot(1, sigma)


def denoised(
    schedule: Schedule, config: Mapping[str, Any], noise: torch.Tensor, denoiser: Denoiser
) -> torch.Tensor:
    """Run a schedule with a network that is given as its guess of the clean latents."""
    latents = noise * schedule.init_noise_sigma
    generators = [torch.Generator().manual_seed(i) for i in range(len(noise))]
    for t in schedule.timesteps:
        alpha, sigma = levels(schedule, t)
        seen = schedule.scale(latents, t)
        said = answer(config, seen, alpha, sigma, denoiser(seen, alpha, sigma))
        latents = schedule.step(said, t, latents, generators)
    return latents


def noise_like(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.manual_seed(seed))


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_network_that_knows_the_picture_ends_at_it(name: str, config: Mapping[str, Any]) -> None:
    clean = 3 * noise_like(2, 4, 4, 4, seed=1)
    # ddim and tcd stop at the least noise the model was taught, sigma = 0.029; with less than
    # 8 steps ddim's leading spacing begins far below pure noise.
    within = 0.15 if name in ("ddim", "tcd") else 2e-3
    for steps in (8, 20) if name == "ddim" else (1, 2, 8, 20):
        schedule = Schedule(name, config, steps)
        found = denoised(schedule, config, noise_like(2, 4, 4, 4), lambda *_: clean)
        assert (found - clean).abs().max() < within, steps


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("name", SCHEDULERS)
def test_the_guess_of_the_clean_latents_is_right_at_every_step(
    name: str, config: Mapping[str, Any]
) -> None:
    clean = noise_like(2, 4, 4, 4, seed=1)
    schedule = Schedule(name, config, 6)
    latents = noise_like(2, 4, 4, 4) * schedule.init_noise_sigma
    generators = [torch.Generator().manual_seed(i) for i in range(2)]
    for t in schedule.timesteps:
        said = answer(config, schedule.scale(latents, t), *levels(schedule, t), clean)
        before = schedule.clean(said, t, latents)
        after_latents = schedule.step(said, t, latents, generators)
        assert (before - clean).abs().max() < 1e-4
        assert torch.equal(schedule.clean(said, t, latents), before)  # also once the step is done
        latents = after_latents


def test_steps_whose_rounded_times_are_equal_keep_their_own_sigma() -> None:
    clean = noise_like(1, 4, 2, 2, seed=1)
    schedule = Schedule("dpm++2m-karras", DDIM, 300)
    assert len(set(schedule.timesteps.tolist())) < 300
    latents, sigmas = noise_like(1, 4, 2, 2), []
    for t in schedule.timesteps:
        before, sigma = latents, schedule.sigma(t)
        said = answer(DDIM, before, *levels(schedule, t), clean)
        latents = schedule.step(said, t, before)
        assert schedule.sigma(t) == sigma
        assert (schedule.clean(said, t, before) - clean).abs().max() < 1e-4
        sigmas.append(sigma)
    assert sigmas == sorted(set(sigmas), reverse=True)


@pytest.mark.parametrize("name", SCHEDULERS)
def test_sigma_is_noise_over_signal_of_the_models_betas(name: str) -> None:
    betas = np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    alpha_bar = np.cumprod(1 - betas)
    schedule = Schedule(name, DDIM, 10)
    sigmas = [schedule.sigma(t) for t in schedule.timesteps]
    assert sigmas == sorted(sigmas, reverse=True)
    for t, sigma in zip(schedule.timesteps.tolist(), sigmas, strict=True):
        low, high = (((1 - a) / a) ** 0.5 for a in alpha_bar[[math.floor(t), math.ceil(t)]])
        if "karras" in name:  # its times are rounded, its levels are not
            assert sigma == pytest.approx(low, rel=0.05)
        else:
            assert low * 0.999 <= sigma <= high * 1.001


def test_sigma_stays_finite_where_the_model_begins_with_pure_noise() -> None:
    for name in SCHEDULERS:
        schedule = Schedule(name, V_ZERO_SNR, 5)
        assert schedule.sigma(schedule.timesteps[0]) == pytest.approx(4096, rel=1e-4)


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("strength", [0.3, 0.55, 1.0])
def test_image_to_image_begins_at_the_noise_of_its_first_step(name: str, strength: float) -> None:
    whole, part = Schedule(name, DDIM, 10), Schedule(name, DDIM, 10, strength=strength)
    kept = int(10 * strength)
    assert torch.equal(part.timesteps, whole.timesteps[10 - kept :])
    clean, noise = noise_like(2, 4, 4, 4, seed=1), noise_like(2, 4, 4, 4)
    start = part.noised(clean, noise)
    alpha, sigma = levels(whole, part.timesteps[0])
    seen = part.scale(start, part.timesteps[0])
    assert (seen - (alpha * clean + sigma * noise)).abs().max() < 1e-5


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_strength_that_leaves_no_step_is_refused(name: str) -> None:
    with pytest.raises(RequestError, match=r"got 0\.04 of 20 steps: 0\.05 is the least"):
        Schedule(name, DDIM, 20, strength=0.04)
    assert len(Schedule(name, DDIM, 20, strength=0.05).timesteps) == 1


@pytest.mark.parametrize("name", SCHEDULERS)
def test_each_pictures_generator_alone_decides_it(name: str) -> None:
    noise, clean = noise_like(3, 4, 4, 4), noise_like(3, 4, 4, 4, seed=1)

    def run(rows: list[int], seeds: list[int]) -> torch.Tensor:
        schedule = Schedule(name, DDIM, 4)
        latents = noise[rows] * schedule.init_noise_sigma
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        for t in schedule.timesteps:
            seen = schedule.scale(latents, t)
            said = answer(DDIM, seen, *levels(schedule, t), torch.tanh(clean[rows] + seen))
            latents = schedule.step(said, t, latents, generators)
        return latents

    batch = run([0, 1, 2], [7, 8, 9])
    for row in range(3):
        assert torch.equal(run([row], [7 + row])[0], batch[row])
    assert torch.equal(run([0], [70])[0], batch[0]) is (name not in STOCHASTIC)


@pytest.mark.parametrize("name", SCHEDULERS)
def test_latents_keep_their_dtype_whatever_the_networks(name: str) -> None:
    schedule = Schedule(name, DDIM, 3)
    latents = noise_like(1, 4, 4, 4) * schedule.init_noise_sigma
    generators = [torch.Generator().manual_seed(0)]
    for t in schedule.timesteps:
        said = schedule.scale(latents, t).bfloat16()
        assert schedule.clean(said, t, latents).dtype == torch.float32
        latents = schedule.step(said, t, latents, generators)
        assert latents.dtype == torch.float32


@pytest.mark.parametrize("config", [DDIM, PNDM, CONFIGS["leading"], V_ZERO_SNR])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_any_number_of_steps_runs_or_is_refused_with_one_that_runs(
    name: str, config: Mapping[str, Any]
) -> None:
    for steps in (*range(1, 30), 49, 50, 51, 99, 333, 499, 500, 501, 998, 999, 1000):
        try:
            schedule = Schedule(name, config, steps)
        except RequestError as error:
            words = str(error).split()
            assert steps > 50 and words[-3:-1] == [f"{steps}:", "try"]
            Schedule(name, config, int(words[-1]))
            continue
        assert len(schedule.timesteps) == steps
        assert float(schedule.timesteps.max()) <= 999 and float(schedule.timesteps.min()) >= 0
        latents = torch.ones(1, 1, 1, 1)
        if steps < 10 or steps > 900:
            for t in schedule.timesteps:
                latents = schedule.step(0.1 * latents, t, latents, [torch.Generator()])
        assert torch.isfinite(latents).all()


def test_distilled_schedulers_say_how_many_steps_they_do() -> None:
    for name in STOCHASTIC:
        with pytest.raises(RequestError, match=f"{name} can do, got 51: try 50"):
            Schedule(name, DDIM, 51)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("dpm++", "dpm++2m-karras"), ("Euler", "euler"), ("dimm", "ddim"), ("LCM", "lcm")],
)
def test_an_unknown_scheduler_gets_the_names_and_a_guess(name: str, hint: str) -> None:
    with pytest.raises(RequestError) as caught:
        Schedule(name, DDIM, 10)
    text = str(caught.value)
    assert all(known in text for known in SCHEDULERS)
    assert text.endswith(f"got {name!r}, perhaps {hint}")


def test_a_name_like_nothing_gets_no_guess() -> None:
    with pytest.raises(RequestError, match=r"got 'zzzz'$"):
        Schedule("zzzz", DDIM, 10)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"_class_name": "FlowMatchEulerDiscreteScheduler"}, "matches flows"),
        ({"use_flow_sigmas": True}, "matches flows"),
        ({"prediction_type": "flow_prediction"}, "want prediction_type out of epsilon"),
        ({"beta_schedule": "sigmoid"}, "want beta_schedule out of linear"),
        ({"beta_start": "small"}, "want a readable scheduler_config"),
        ({"num_train_timesteps": "many"}, "want num_train_timesteps"),
        ({"num_train_timesteps": 0}, "want num_train_timesteps"),
        ({"trained_betas": [0.1]}, "want a list of 1000 trained_betas"),
        ({"trained_betas": ["x"] * 1000}, "want a readable scheduler_config"),
    ],
)
def test_another_kind_of_diffusion_is_refused_in_words(change: dict[str, Any], words: str) -> None:
    for name in SCHEDULERS:
        with pytest.raises(ModelError, match=words) as caught:
            Schedule(name, DDIM | change, 10)
        assert "\n" not in str(caught.value)


def test_no_steps_are_refused() -> None:
    with pytest.raises(RequestError, match="at least 1 step, got 0"):
        Schedule("ddim", DDIM, 0)


def test_latents_are_not_clipped_where_the_config_forgets_to_forbid_it() -> None:
    config = {key: value for key, value in DDIM.items() if key != "clip_sample"}
    clean = torch.full((1, 4, 2, 2), 5.0)
    for name in SCHEDULERS:
        schedule = Schedule(name, config, 4)
        found = denoised(schedule, config, noise_like(1, 4, 2, 2), lambda *_: clean)
        assert (found - clean).abs().max() < 0.2, name


def test_karras_levels_of_a_zero_snr_model_leave_pure_noise_in_one_step() -> None:
    for steps in (*range(1, 60), 500, 999, 1000):
        times = Schedule("dpm++2m-karras", V_ZERO_SNR, steps).timesteps
        assert times[0] == 999 and len(times) == steps
        assert (times[1:] < times[:-1]).all() and times[-1] >= 0
    schedule = Schedule("dpm++2m-karras", V_ZERO_SNR, 18)
    assert schedule.sigma(schedule.timesteps[1]) == pytest.approx(14.6, rel=0.02)


def mixture(seen: torch.Tensor, alpha: float, sigma: float) -> torch.Tensor:
    """The exact expectation of the clean value for a mixture of 12 Gaussians in the plane."""
    centers, width = noise_like(12, 2, seed=3), 0.08
    points = seen.flatten(1).double()
    variance = (alpha * width) ** 2 + sigma**2
    offsets = points[:, None] - alpha * centers
    shares = torch.softmax(-offsets.square().sum(-1) / (2 * variance), 1)
    means = centers + alpha * width**2 / variance * offsets
    return (shares[..., None] * means).sum(1).float().view_as(seen)


def test_on_a_zero_snr_model_our_karras_levels_come_nearest_to_the_exact_flow() -> None:
    """The figures of the docstring of `_zero_snr_times`, on fewer points."""
    noise = noise_like(500, 2, 1, 1)
    exact = denoised(Schedule("euler", V_ZERO_SNR, 600), V_ZERO_SNR, noise, mixture)

    def error(name: str) -> float:
        found = denoised(Schedule(name, V_ZERO_SNR, 18), V_ZERO_SNR, noise, mixture)
        return float((found - exact).square().mean().sqrt())

    errors = {name: error(name) for name in ("dpm++2m-karras", "unipc", "euler", "ddim")}
    assert min(errors, key=errors.__getitem__) == "dpm++2m-karras"
    assert errors["dpm++2m-karras"] < 0.8 * errors["unipc"] < errors["euler"]


@pytest.mark.parametrize("name", SCHEDULERS)
def test_nothing_is_printed_or_logged(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    for config in CONFIGS.values():
        schedule = Schedule(name, config, 5, strength=0.8)
        latents = schedule.noised(torch.zeros(1, 4, 2, 2), noise_like(1, 4, 2, 2))
        for t in schedule.timesteps:
            latents = schedule.step(
                schedule.scale(latents, t), t, latents, [torch.Generator().manual_seed(0)]
            )
    assert capfd.readouterr() == ("", "")


def test_a_time_of_another_schedule_is_refused() -> None:
    with pytest.raises(ValueError, match="none of this schedule's times"):
        Schedule("euler", DDIM, 10).sigma(3.25)


def test_importing_the_parts_does_not_import_torch() -> None:
    parts = "ldm3d.schedule, ldm3d.solvers, ldm3d.text, ldm3d.lora, ldm3d.depth_codec"
    code = f"import sys, {parts}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_names_are_known_without_numpy() -> None:
    code = "import sys, ldm3d.solvers; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
