"""The UNet that learns, and the frozen text encoder it hears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ldm3d.seamless import set_seamless

STARTER_UNET: Mapping[str, Any] = {
    "sample_size": [16, 32],
    "layers_per_block": 1,
    "block_out_channels": (96, 128, 192),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "attention_head_dim": 4,  # of diffusers: the number of heads
    "norm_num_groups": 32,
    "cross_attention_dim": 256,
    "addition_embed_type": "text",
    "addition_embed_type_num_heads": 4,
    "resnet_time_scale_shift": "scale_shift",
}
"""About 13 M parameters: two levels with attention below one without.

The whole text also goes where the time goes, and scales and shifts every block.
"""

STARTER_TEXT: Mapping[str, Any] = {
    "hidden_size": 256,
    "intermediate_size": 1024,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 48,
}


class Denoiser(nn.Module):
    """A UNet and a frozen text encoder, called as one."""

    def __init__(self, unet: nn.Module, text_encoder: nn.Module | None = None) -> None:
        """Take diffusers' UNet2DConditionModel, and transformers' CLIPTextModel to run in here."""
        super().__init__()
        self.unet = unet
        self.text_encoder = text_encoder

    def forward(self, noisy: Tensor, times: Tensor, text: Tensor) -> Tensor:
        """Answer for (B, c, h, w) noised latents.

        Args:
            noisy: (B, c, h, w).
            times: (B,) of the schedule.
            text: (B, T) token numbers where there is a text encoder, else (B, T, C) embeddings.
        """
        context = text
        if self.text_encoder is not None:
            with torch.no_grad():
                context = self.text_encoder(text)[0]
        answer: Tensor = self.unet(noisy, times, encoder_hidden_states=context, return_dict=False)[
            0
        ]
        return answer


def unet_from(
    config: Mapping[str, Any], latent_channels: int, cells: tuple[int, int] | None = None
) -> Any:
    """Return a new seamless UNet whose first answer is zero, made with torch's global generator.

    Its linear denoiser is still nothing: `WienerUNet.begin_linear`.

    Args:
        config: of the network.
        latent_channels: in and out.
        cells: height and width of the latents; None: as the configuration says.
    """
    from ldm3d.wiener_unet import WienerUNet

    shape = {"in_channels": latent_channels, "out_channels": latent_channels}
    size = {} if cells is None else {"sample_size": list(cells)}
    unet = WienerUNet(**{**config, **shape, **size})
    nn.init.zeros_(unet.conv_out.weight)
    nn.init.zeros_(unet.conv_out.bias)
    set_seamless(unet)
    return unet


def text_encoder_from(config: Mapping[str, Any], tokenizer: Any) -> Any:
    """Return a new text encoder that reads a tokenizer's numbers."""
    from transformers import CLIPTextConfig, CLIPTextModel

    ends = {
        "bos_token_id": int(tokenizer.bos_token_id),
        "eos_token_id": int(tokenizer.eos_token_id),
        "pad_token_id": int(tokenizer.pad_token_id),
    }
    return CLIPTextModel(CLIPTextConfig(vocab_size=len(tokenizer), **ends, **config))


def decayed_groups(
    network: nn.Module, decay: float, without: Sequence[nn.Parameter] = ()
) -> list[dict[str, Any]]:
    """Return parameter groups: matrices and kernels with weight decay, the rest without."""
    others = {id(p) for p in without}
    learned = [p for p in network.parameters() if p.requires_grad and id(p) not in others]
    return [
        {"params": [p for p in learned if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in learned if p.ndim <= 1], "weight_decay": 0.0},
    ]


def inner_weights(network: Denoiser) -> list[nn.Parameter]:
    """Return what Muon is for: matrices and kernels between features, no embedding, in or output.

    Those of times and of text enter from outside, and stay with AdamW.
    """
    outer = ("conv_in", "conv_out", "embedding", "time_emb_proj")
    return [
        weight
        for name, weight in network.named_parameters()
        if weight.requires_grad and weight.ndim > 1 and not any(part in name for part in outer)
    ]


@torch.no_grad()
def parameter_count(network: nn.Module) -> int:
    """Return how many numbers a network learns."""
    return sum(p.numel() for p in network.parameters())
