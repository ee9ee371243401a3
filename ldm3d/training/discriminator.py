"""PatchGAN: judges every patch of a picture by itself (arXiv 1611.07004)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ldm3d.seamless import set_seamless


class PatchDiscriminator(nn.Module):
    """Gives (B, 1, h, w) verdicts on (B, planes, H, W), each about 70 x 70 pixels for 3 layers.

    GroupNorm in place of the BatchNorm of the paper: batches are small here, and no state is left
    outside the weights.
    """

    def __init__(
        self, planes: int = 4, width: int = 64, layers: int = 3, seamless: bool = True
    ) -> None:
        super().__init__()
        parts: list[nn.Module] = [nn.Conv2d(planes, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        channels = width
        for layer in range(1, layers + 1):
            wider = width * min(2**layer, 8)
            stride = 2 if layer < layers else 1
            parts += [
                nn.Conv2d(channels, wider, 4, stride, 1, bias=False),
                nn.GroupNorm(min(32, wider // 2), wider),
                nn.LeakyReLU(0.2),
            ]
            channels = wider
        parts.append(nn.Conv2d(channels, 1, 4, 1, 1))
        self.body = nn.Sequential(*parts)
        for module in self.body:
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, 0.0, 0.02)
        if seamless:
            set_seamless(self)

    def forward(self, planes: Tensor) -> Tensor:
        """Judge planes in [-1, 1]; larger is more real."""
        verdicts: Tensor = self.body(planes)
        return verdicts

    def frozen(self, planes: Tensor) -> Tensor:
        """Judge with gradients for the planes but none for the weights."""
        weights = {name: value.detach() for name, value in self.named_parameters()}
        verdicts: Tensor = torch.func.functional_call(self, weights, (planes,))
        return verdicts
