"""Between latents and planes: colour, and the depth channels behind it, in [0, 1]."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ldm3d.errors import Ldm3dError
from ldm3d.seamless import is_seamless, set_seamless


@torch.no_grad()
def decode_latents(
    vae: Any, latents: Tensor, *, tile: int | None = None, wrap: bool = True
) -> Tensor:
    """Decode (B, c, h, w) latents to (B, 3 + d, H, W) float32 planes in [0, 1]."""
    shift, scale = _shift_and_scale(vae, latents.device)
    with _wrapped(vae, wrap):
        planes = [
            _decode_one(vae, (one.float() * scale + shift).to(vae.dtype))
            for one in latents.split(1)
        ]
    return torch.cat(planes)


@torch.no_grad()
def encode_planes(vae: Any, planes: Tensor) -> Tensor:
    """Encode (B, 3 + d, H, W) planes in [0, 1] to (B, c, h, w) latents."""
    shift, scale = _shift_and_scale(vae, planes.device)
    modes = [
        vae.encode((one * 2 - 1).to(vae.dtype)).latent_dist.mode().float()
        for one in torch.split(planes, 1)
    ]
    return (torch.cat(modes) - shift) / scale


def preview_planes(vae: Any, latents: Tensor, max_cells: int = 512) -> Tensor:
    """Decode a small version of (B, c, h, w) latents, of at most `max_cells` cells."""
    height, width = latents.shape[-2:]
    factor = max(1, math.ceil(math.sqrt(height * width / max_cells)))
    small = F.avg_pool2d(latents.float(), factor)
    return decode_latents(vae, small, wrap=is_seamless(vae))


def _decode_one(vae: Any, latents: Tensor) -> Tensor:
    if vae.post_quant_conv is not None:
        latents = vae.post_quant_conv(latents)
    decoder = vae.decoder
    features = decoder.mid_block(decoder.conv_in(latents))
    for block in decoder.up_blocks:
        features = block(features)
    norm, conv = decoder.conv_norm_out, decoder.conv_out
    features = F.group_norm(
        features.float(), norm.num_groups, norm.weight.float(), norm.bias.float(), norm.eps
    )
    planes: Tensor = conv._conv_forward(F.silu(features), conv.weight.float(), conv.bias.float())
    if not torch.isfinite(planes).all():
        raise Ldm3dError(
            f"want finite numbers from the decoder, got some that are not in {vae.dtype}: "
            f"use bfloat16 or float32"
        )
    return (planes / 2 + 0.5).clamp(0, 1)


@contextmanager
def _wrapped(vae: Any, wrap: bool) -> Iterator[None]:
    before = is_seamless(vae.decoder)
    if before != wrap:
        set_seamless(vae.decoder, wrap)
    try:
        yield
    finally:
        if before != wrap:
            set_seamless(vae.decoder, before)


def _shift_and_scale(vae: Any, device: torch.device) -> tuple[Tensor, Tensor]:
    scale = torch.tensor(1 / vae.config.scaling_factor, device=device)
    shift = torch.tensor(getattr(vae.config, "shift_factor", None) or 0.0, device=device)
    return shift, scale
