"""The UNet of our own small models: diffusers' UNet beside the best linear denoiser.

    answer(z, t) = gain(t) z + UNet(z, t, text)

A network that answers noise or velocity has to carry the noise of every latent channel from its
input to its output, which costs a small one much of what it can do. Of noised latents
z = a x + s e with channels of variance V, the best answer that is linear in z (a Wiener filter; the
skip connection of arXiv 2206.00364, section 5, but for each channel by its own variance) is known
in closed form. The network begins with it and learns only what is missing. Configuration and folder
are those of `UNet2DConditionModel`; the gains lie beside the weights.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from ldm3d.errors import ModelError

TIMES = 1000
"""Training times that the gains are given for: those of every scheduler here."""


class WienerUNet(UNet2DConditionModel):  # type: ignore[misc]  # untyped in diffusers
    """A `UNet2DConditionModel` with a linear denoiser beside it, nothing until `begin_linear`."""

    linear_gain: Tensor  # (TIMES, c)

    # diffusers reads the signature
    @functools.wraps(UNet2DConditionModel.__init__)  # type: ignore[misc]
    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.register_buffer("linear_gain", torch.zeros(TIMES, self.config.in_channels))

    def begin_linear(self, prediction: str, variances: Tensor, alphas_bar: Tensor) -> None:
        """Set the linear denoiser; arguments as of `gains`."""
        self.linear_gain.copy_(gains(prediction, variances, alphas_bar))

    def forward(self, sample: Tensor, timestep: Tensor | float, *args: Any, **named: Any) -> Any:
        """Answer for (B, c, h, w) noised latents, in their dtype."""
        answer = super().forward(sample, timestep, *args, **named)
        linear = self._gain(timestep) * sample
        if isinstance(answer, tuple):
            return (answer[0] + linear, *answer[1:])
        answer.sample = answer.sample + linear
        return answer

    def _gain(self, timestep: Tensor | float) -> Tensor:
        """Return (B or 1, c, 1, 1) factors; between two training times those in between."""
        table, last = self.linear_gain, TIMES - 1
        times = torch.as_tensor(timestep, device=table.device, dtype=torch.float32).reshape(-1)
        times = times.clamp(0, last)
        below = times.floor().long()
        share = (times - below)[:, None].to(table.dtype)
        above = (below + 1).clamp_max(last)
        return torch.lerp(table[below], table[above], share)[:, :, None, None]


def class_of(config: Mapping[str, Any]) -> Any:
    """Return the class for a UNet's configuration (config.json of its folder)."""
    return WienerUNet if config.get("_class_name") == "WienerUNet" else UNet2DConditionModel


def gains(prediction: str, variances: Tensor, alphas_bar: Tensor) -> Tensor:
    """Return (T, c) factors of z = a x + s e for the least squared error of the answer.

    cov(answer, z) / var(z), with var(z) = a^2 V + s^2.

    Args:
        prediction: "epsilon" (e), "v_prediction" (a e - s x), or "sample" (x).
        variances: (c) V of the latents' channels.
        alphas_bar: (T) a^2.

    Raises:
        ModelError: if the answer is of another kind.
    """
    a2, v = alphas_bar.double()[:, None], variances.double()[None]
    a, s = a2.sqrt(), (1 - a2).sqrt()
    covariances = {"epsilon": s, "v_prediction": a * s * (1 - v), "sample": a * v}
    if prediction not in covariances:
        raise ModelError(f"want a model that answers {', '.join(covariances)}, got {prediction!r}")
    factors: Tensor = covariances[prediction] / (a2 * v + 1 - a2)
    return factors
