"""The UNet of our own small models: diffusers' UNet beside the best linear denoiser.

    u, g, k              = UNet([z, x^(z, t, text)], t, text)
    answer(z, t, text)   = linear answer(z, t, text) + other gains(g, k) + u

A network that answers noise or velocity has to carry the noise of every latent channel from its
input to its output, and to find out what panoramas look like on average, and with which words,
which costs a small one much of what it can do. All of that is known in closed form
(`ldm3d.gaussian_denoiser`). The network begins with that and learns only what is missing (as the
skip connection of arXiv 2206.00364, section 5, does for one variance); it sees the clean latents
x^ that the linear answer means beside the noised ones. Nor has it to carry noise through its layers
to take it away: g and k change the linear denoiser's gain in each cell and channel, where something
is smoother or rougher than the average of its row.

Configuration and folder are those of `UNet2DConditionModel`; what was fitted lies beside the
weights.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.unets.unet_2d_condition import UNet2DConditionOutput
from torch import Tensor, nn

from ldm3d.gaussian_denoiser import GaussianDenoiser


class WienerUNet(UNet2DConditionModel):  # type: ignore[misc]  # untyped in diffusers
    """A `UNet2DConditionModel` with a linear denoiser beside it, nothing until `begin_linear`.

    The linear denoiser knows latents of `sample_size` (height, width) best.
    """

    # diffusers reads the signature
    @functools.wraps(UNet2DConditionModel.__init__)  # type: ignore[misc]
    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        config = self.config
        size = config.sample_size or 64
        height, width = (size, size) if isinstance(size, int) else size
        features = int(config.cross_attention_dim)
        self.linear = GaussianDenoiser(config.in_channels, height, width, features)
        first, kernel = config.block_out_channels[0], config.conv_in_kernel
        self.conv_in = nn.Conv2d(2 * config.in_channels, first, kernel, padding=kernel // 2)
        kernel = config.conv_out_kernel
        self.conv_out = nn.Conv2d(first, 3 * config.out_channels, kernel, padding=kernel // 2)

    def begin_linear(
        self, latents: Iterable[Tensor], prediction: str, alphas_bar: Tensor,
        texts: Sequence[Tensor] | None = None, text_length: int = 1,
    ) -> None:  # fmt: skip
        """Fit the linear denoiser; arguments as of `GaussianDenoiser.fit`."""
        self.linear.fit(latents, prediction, alphas_bar, texts, text_length)

    def forward(
        self, sample: Tensor, timestep: Tensor | float, encoder_hidden_states: Tensor,
        *args: Any, return_dict: bool = True, **named: Any,
    ) -> Any:  # fmt: skip
        """Answer for (B, c, h, w) noised latents and (B, T, f) text, in the latents' dtype."""
        with torch.autocast(sample.device.type, enabled=False):
            linear, clean, means = self.linear(sample, timestep, encoder_hidden_states)
            both = self.linear.evened(sample, clean, timestep).to(sample.dtype)
        named["return_dict"] = False
        (said,) = super().forward(both, timestep, encoder_hidden_states, *args, **named)
        with torch.autocast(sample.device.type, enabled=False):
            added, gains = said.float().split([sample.shape[1], 2 * sample.shape[1]], dim=1)
            more = self.linear.regained(gains, sample, clean, means, timestep)
            answer = (linear + more + added).to(sample.dtype)
        return UNet2DConditionOutput(sample=answer) if return_dict else (answer,)


def class_of(config: Mapping[str, Any]) -> Any:
    """Return the class for a UNet's configuration (config.json of its folder)."""
    return WienerUNet if config.get("_class_name") == "WienerUNet" else UNet2DConditionModel
