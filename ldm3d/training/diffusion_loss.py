"""What the denoiser is asked, and how its answer is weighed.

Noised latents are z_t = a z + s e with a^2 + s^2 = 1 and e unit noise (arXiv 2006.11239, eq. 4);
the signal-to-noise ratio is a^2 / s^2. The betas are those of the model's scheduler configuration,
so that training and every scheduler of `ldm3d.schedule` agree.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ldm3d.errors import RequestError

PREDICTIONS = ("epsilon", "v_prediction", "sample")
TIMES = ("uniform", "logit-normal")


@dataclass(frozen=True)
class Diffusion:
    """The choices of one training."""

    prediction: str = "v_prediction"
    """What the network answers: the noise ("epsilon"), v = a e - s z (arXiv 2202.00512, eq. 11),
    or the clean latents ("sample")."""
    zero_snr: bool = True
    """Whether the last step is pure noise (arXiv 2305.08891, section 3.1). Not with "epsilon"."""
    times: str = "uniform"
    """How noise levels are drawn: "uniform", or "logit-normal" (arXiv 2403.03206, section 3.1)."""
    gamma: float | None = 5.0
    """Of min-SNR weights (arXiv 2303.09556, section 3.4); None: the plain squared error."""
    floor: float = 0.0
    """Least weight of the error of the clean latents: 1 for the truncated SNR of arXiv 2202.00512,
    section 4. Without it the noisiest levels, where the layout is decided, hardly count."""
    channel_power: float = 0.0
    """An error counts V^power in a channel of variance V: 1 as the pixels see latents that were
    scaled by the square root of their spread (`BlockAutoencoder.begin_linear`), 0 all alike."""
    beta_start: float = 0.00085
    beta_end: float = 0.012
    train_steps: int = 1000

    def __post_init__(self) -> None:
        if self.prediction not in PREDICTIONS:
            raise RequestError(f"want a prediction of {PREDICTIONS}, got {self.prediction!r}")
        if self.times not in TIMES:
            raise RequestError(f"want noise levels drawn as one of {TIMES}, got {self.times!r}")
        if self.zero_snr and self.prediction == "epsilon":
            raise RequestError(
                "want v_prediction or sample when the last step is pure noise (zero_snr): from "
                "there the noise tells nothing of the picture"
            )

    def scheduler_config(self) -> dict[str, Any]:
        """Return scheduler_config.json for a model that was trained so."""
        return {
            "_class_name": "DDIMScheduler",
            "num_train_timesteps": self.train_steps,
            "beta_start": self.beta_start,
            "beta_end": self.beta_end,
            "beta_schedule": "scaled_linear",
            "prediction_type": self.prediction,
            "rescale_betas_zero_snr": self.zero_snr,
            "timestep_spacing": "trailing" if self.zero_snr else "leading",
            "steps_offset": 1,
            "set_alpha_to_one": False,
            "clip_sample": False,
        }


def alphas_bar(config: Mapping[str, Any]) -> Tensor:
    """Return (train_steps,) float32 a^2 of each time, as diffusers' schedulers compute it."""
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler.from_config(dict(config))
    values: Tensor = scheduler.alphas_cumprod.float()
    return values


def draw_times(diffusion: Diffusion, count: int, generator: torch.Generator) -> Tensor:
    """Return (count,) int64 times in [0, train_steps), stratified: one in each of `count` strata.

    Each sample's own distribution is the one asked for; together they cover it evenly, which makes
    the gradient less noisy (as the low-discrepancy sampler of arXiv 2107.00630, appendix I.1). The
    strata are dealt out at random.
    """
    offset = torch.rand(count, generator=generator)
    quantile = (torch.randperm(count, generator=generator) + offset) / count
    if diffusion.times == "logit-normal":
        normal = math.sqrt(2) * torch.erfinv(2 * quantile.double().clamp(1e-6, 1 - 1e-6) - 1)
        quantile = torch.sigmoid(normal).float()
    times = (quantile * diffusion.train_steps).long()
    return times.clamp_(0, diffusion.train_steps - 1)


def noised(clean: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
    """Return z_t of (B, c, h, w) latents and noise; `alpha_bar` is (B,)."""
    a, s = _signal_noise(alpha_bar)
    return a * clean + s * noise


def target(prediction: str, clean: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
    """Return what the network should answer."""
    if prediction == "epsilon":
        return noise
    if prediction == "sample":
        return clean
    a, s = _signal_noise(alpha_bar)
    return a * noise - s * clean


def weight(diffusion: Diffusion, alpha_bar: Tensor) -> Tensor:
    """Return (B,) factors of the squared error of each sample.

    Min-SNR: the error of the clean latents counts w = min(SNR, gamma) times, at least `floor`,
    which is w / SNR for the noise and w / (SNR + 1) for v.
    """
    if diffusion.gamma is None:
        return torch.ones_like(alpha_bar)
    snr = alpha_bar / (1 - alpha_bar).clamp_min(1e-8)
    capped = snr.clamp(diffusion.floor, diffusion.gamma)
    if diffusion.prediction == "epsilon":
        return capped / snr.clamp_min(1e-8)
    if diffusion.prediction == "sample":
        return capped
    return capped / (snr + 1)


def channel_weights(diffusion: Diffusion, variances: Tensor) -> Tensor:
    """Return (c, 1, 1) factors of squared errors, 1 on average; `variances`: (c) of the latents."""
    powers = variances.clamp_min(1e-6) ** diffusion.channel_power
    return (powers / powers.mean())[:, None, None]


def clean_from(prediction: str, answer: Tensor, noisy: Tensor, alpha_bar: Tensor) -> Tensor:
    """Return the clean latents that an answer of the network means; for the noise up to a = 0."""
    a, s = _signal_noise(alpha_bar)
    if prediction == "sample":
        return answer
    if prediction == "epsilon":
        return (noisy - s * answer) / a.clamp_min(1e-4)
    return a * noisy - s * answer


def _signal_noise(alpha_bar: Tensor) -> tuple[Tensor, Tensor]:
    wide = alpha_bar.view(-1, 1, 1, 1)
    return wide.sqrt(), (1 - wide).sqrt()
