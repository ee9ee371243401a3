"""Attention for training on a CPU: plain matrix products with plain gradients.

torch's fused attention is made for long rows. A panorama in training is 32 to 512 tokens, where its
backward pass alone took 23 % of a step; by products the whole step is a sixth faster (both measured
in bf16 at 16x32 cells).
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.attention_processor import Attention, AttnProcessor2_0
from torch import Tensor, nn


class TrainingAttention:
    """What diffusers calls to run a plain `Attention` layer; keeps (tokens x tokens) scores."""

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        **_: Any,
    ) -> Tensor:
        """Return (B, N, C) tokens that attended to (B, M, C') context, or to themselves."""
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        heads = int(attn.heads)
        query, key, value = (
            _split(layer(x), heads)
            for layer, x in (
                (attn.to_q, hidden_states),
                (attn.to_k, context),
                (attn.to_v, context),
            )
        )
        scale = query.shape[-1] ** -0.5
        nothing = query.new_empty(())
        scores = torch.baddbmm(nothing, query, key.transpose(1, 2), beta=0, alpha=scale)
        attended = torch.bmm(scores.softmax(-1).to(value.dtype), value)
        rows, tokens_each, size = attended.shape
        apart = attended.view(rows // heads, heads, tokens_each, size)
        joined = apart.transpose(1, 2).flatten(2)
        tokens: Tensor = attn.to_out[1](attn.to_out[0](joined))
        return tokens


def _split(tokens: Tensor, heads: int) -> Tensor:
    """Return (B heads, N, C / heads) of (B, N, C)."""
    batch, count, channels = tokens.shape
    return tokens.view(batch, count, heads, channels // heads).transpose(1, 2).flatten(0, 1)


def attend_by_products(unet: nn.Module) -> None:
    """Let every plain attention layer of a UNet train by matrix products; keys stay."""
    for layer in unet.modules():
        if isinstance(layer, Attention) and type(layer.processor) is AttnProcessor2_0:
            layer.set_processor(TrainingAttention())
