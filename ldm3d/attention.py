"""Attention as two matrix products, for CPUs that are faster with it in bf16.

torch's fused attention on a CPU multiplies in fp32 unless the CPU has AMX: with AVX512-BF16 alone
(AMD Zen 4 and 5) bf16 gains nothing there, and attention over the 8192 tokens of a panorama takes
more time than the rest of the UNet. The plain formula (arXiv 1706.03762, eq. 1),

    softmax(q k^T / sqrt(d)) v,

a block of rows at a time so that the scores stay in the cache, runs in bf16. Scores are rounded to
bf16 before the softmax, which costs about 1 % of the attended values; the whole UNet is as far from
fp32 as with the fused attention (4.8 % with random weights either way, measured). In
float32 and on other devices nothing is changed.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from diffusers.models.attention_processor import Attention, AttnProcessor2_0
from torch import Tensor

from ldm3d.device import one_thread

MIN_GAIN = 1.25
"""How much faster it has to be. AVX512-BF16 alone gives 1.5 to 1.9."""
BLOCK_SCORES = 2**20
"""Scores computed at once: 2 MB."""


def choose_attention(unet: Any, device: torch.device) -> bool:
    """Let a UNet attend in the way that is faster here; return whether by matrix products.

    Decided once a process by a short measurement. To be called when the dtype is final; `device` is
    where the UNet will run. Keys stay, and results up to rounding.
    """
    by_products = (
        device.type == "cpu" and unet.dtype == torch.bfloat16 and attention_gain() >= MIN_GAIN
    )
    set_matrix_attention(unet, by_products)
    return by_products


def set_matrix_attention(unet: Any, on: bool) -> None:
    """Switch every plain attention layer of a UNet to matrix products, or back."""
    for layer in unet.modules():
        if isinstance(layer, Attention) and _is_plain(layer):
            layer.set_processor(MatrixAttention() if on else AttnProcessor2_0())


def attention_kind(unet: Any) -> str:
    """Return "matrix" or "fused": it decides the last bits of a picture."""
    by_products = any(isinstance(m, MatrixAttention) for m in unet.attn_processors.values())
    return "matrix" if by_products else "fused"


class MatrixAttention:
    """What diffusers calls to run an `Attention` layer."""

    def __init__(self) -> None:
        self._fused = AttnProcessor2_0()

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
        **kwargs: Any,
    ) -> Tensor:
        """Return (B, N, C) tokens that attended to (B, M, C') context, or to themselves."""
        if attention_mask is not None or hidden_states.ndim != 3 or torch.is_grad_enabled():
            tokens: Tensor = self._fused(
                attn, hidden_states, encoder_hidden_states, attention_mask, temb, **kwargs
            )
            return tokens
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = (
            layer(x).unflatten(-1, (attn.heads, -1)).transpose(1, 2)
            for layer, x in (
                (attn.to_q, hidden_states), (attn.to_k, context), (attn.to_v, context)
            )
        )  # fmt: skip
        attended = attention(query, key, value).transpose(1, 2).flatten(2)
        tokens = attn.to_out[1](attn.to_out[0](attended)) / attn.rescale_output_factor
        return tokens


def attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return softmax(q k^T / sqrt(d)) v for (B, heads, N, d), (B, heads, M, d) twice."""
    rows, size = query.shape[2], query.shape[3]
    q, k, v = (x.reshape(-1, *x.shape[2:]).contiguous() for x in (query, key, value))
    k = k.transpose(1, 2)
    result = torch.empty((*q.shape[:2], v.shape[2]), dtype=q.dtype, device=q.device)
    context = k.shape[2]
    heads = min(len(q), max(1, BLOCK_SCORES // (context * rows)))
    block = min(rows, max(16, BLOCK_SCORES // (context * heads)))
    nothing = q.new_empty(())
    for head in range(0, len(q), heads):
        part = slice(head, head + heads)
        for row in range(0, rows, block):
            some = slice(row, row + block)
            scores = torch.baddbmm(nothing, q[part, some], k[part], beta=0, alpha=size**-0.5)
            torch.bmm(scores.softmax(-1), v[part], out=result[part, some])
    return result.view(*query.shape[:3], -1)


@cache
def attention_gain() -> float:
    """Return how many times faster matrix products are than the fused attention, in bf16.

    Measured on part of the UNet's widest attention, 8192 tokens of 40 channels, on one thread.
    """
    k, v = torch.zeros((2, 1, 1, 8192, 40), dtype=torch.bfloat16)
    q = k[:, :, :512]
    works = (F.scaled_dot_product_attention, attention)
    best_s = [float("inf"), float("inf")]
    with one_thread(), torch.inference_mode():
        for _ in range(6):
            for index, work in enumerate(works):
                start_s = time.thread_time()  # does not run while other programs do
                work(q, k, v)
                best_s[index] = min(best_s[index], time.thread_time() - start_s)
    return best_s[0] / best_s[1]


def _is_plain(layer: Attention) -> bool:
    """Return whether a layer has nothing but projections around the attention."""
    extras = (layer.spatial_norm, layer.group_norm, layer.norm_q, layer.norm_k, layer.norm_cross)
    known = type(layer.processor) in (AttnProcessor2_0, MatrixAttention)
    return known and not layer.residual_connection and not any(extras)
