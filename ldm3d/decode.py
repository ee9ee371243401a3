"""Between latents and planes: three of colour, then those of depth, all in [0, 1]."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ldm3d import bands
from ldm3d.block_autoencoder import BlockAutoencoder
from ldm3d.block_blending import decode_blended
from ldm3d.errors import Ldm3dError, RequestError
from ldm3d.seamless import is_seamless, set_seamless

LAST_BAND = 8
"""Latent rows at once in the last convolution where nothing else is divided."""
MAX_GAIN = 1.5
"""How far a small preview's latents are spread again after averaging."""


@torch.no_grad()
def decode_latents(
    vae: Any, latents: Tensor, *, tile: int | None = None, wrap: bool = True, blend: bool = False
) -> Tensor:
    """Decode (B, c, h, w) latents to (B, 3 + d, H, W) float32 planes in [0, 1].

    Picture by picture, in the autoencoder's dtype; the last norm and convolution run in float32,
    so that depth has no steps (bfloat16 alone has 128 between 0.5 and 1).

    Args:
        vae: an `AutoencoderKL` of diffusers, on the latents' device.
        latents: as the UNet leaves them, about unit variance.
        tile: latent rows to decode at a time, each around the whole ring, where memory is short;
            None: all. The result is the same up to rounding (see `ldm3d.bands`).
        wrap: whether left and right edge are neighbours; the autoencoder is set to it meanwhile.
        blend: whether latents are a denoiser's, so that an autoencoder of blocks hides their
            borders (see `ldm3d.block_blending`); others have none.

    Raises:
        RequestError: if `tile` is less than 1.
        ModelError: if the autoencoder is of a kind that cannot be divided or made seamless.
        Ldm3dError: if the result is not finite (float16 overflows in some autoencoders).
    """
    if tile is not None and tile < 1:
        raise RequestError(f"want tiles of at least 1 latent row, got {tile}")
    _fetch(vae)
    scaled = _to_autoencoder(vae, latents.float()).to(vae.dtype)
    with _wrapped(vae.decoder, wrap):
        return torch.cat([_decode_one(vae, one[None], tile, blend) for one in scaled])


@torch.no_grad()
def encode_planes(vae: Any, planes: Tensor) -> Tensor:
    """Encode (B, 3 + d, H, W) planes in [0, 1] to (B, c, h, w) float32 latents for the UNet.

    The posterior's mode, scaled to about unit variance. Whether the encoder wraps is what
    `set_seamless` made of it.
    """
    if isinstance(vae, BlockAutoencoder):
        return _from_autoencoder(vae, vae.encode_planes(planes).float())
    modes = [
        vae.encode((2 * one[None] - 1).to(vae.dtype)).latent_dist.mode().float() for one in planes
    ]
    return _from_autoencoder(vae, torch.cat(modes))


def preview_planes(vae: Any, latents: Tensor, max_cells: int = 512) -> Tensor:
    """Decode a small version of (B, c, h, w) latents to (B, 3 + d, h', w') planes in [0, 1].

    Squares of latent cells are averaged until at most `max_cells` are left a picture. Averaging
    also takes variance away, which looks like fog: each channel is spread around its mean
    as it was before, by 1.5 times at most.
    """
    height, width = latents.shape[-2:]
    size = _preview_size(height, width, max_cells)
    if size == (height, width):
        return decode_latents(vae, latents, wrap=is_seamless(vae.decoder))
    latents = latents.float()
    small = F.adaptive_avg_pool2d(latents, size)
    mean = small.mean(dim=(2, 3), keepdim=True)
    spread = small.std(dim=(2, 3), keepdim=True, correction=0).clamp_min(1e-6)
    gain = latents.std(dim=(2, 3), keepdim=True, correction=0) / spread
    small = mean + (small - mean) * gain.clamp(1, MAX_GAIN)
    return decode_latents(vae, small, wrap=is_seamless(vae.decoder))


def decode_bytes(vae: Any, width: int, height: int, tile: int | None = None) -> int:
    """Estimate what decoding one picture of width x height pixels takes besides the weights.

    Counted at the last level, where it is most: in one piece about 4.6 maps as wide as that
    level's input; in bands a quarter of one (the input, before it is enlarged), two of
    its output, and 4.6 of one band. Measured at 1024x512: within 20 % in float32.
    """
    channels = [*vae.config.block_out_channels[:2], vae.config.block_out_channels[0]]
    narrow, wide = channels[0], channels[1]
    factor = 2 ** (len(vae.config.block_out_channels) - 1)
    share = 1.0 if tile is None else min(1.0, tile * factor / height)
    kept = 0.0 if tile is None else wide / 4 + 2 * narrow
    working = min(4.6 * wide, kept + 4.6 * wide * share)
    element_bytes = torch.finfo(vae.dtype).bits // 8
    patch = vae.config.get("patch_size") or 1
    kept_bytes = (working * element_bytes + 4 * vae.config.out_channels) / patch**2
    return int(width * height * kept_bytes)


def _preview_size(height: int, width: int, max_cells: int) -> tuple[int, int]:
    """Return height and width in cells: whole fractions where the sizes allow it."""
    factor = max(1, math.ceil(math.sqrt(height * width / max_cells)))
    rows = max(1, height // factor)
    return rows, max(1, min(width // factor, max_cells // rows))


def _decode_one(vae: Any, latents: Tensor, tile: int | None, blend: bool) -> Tensor:
    """Decode (1, c, h, w) in the autoencoder's own scale."""
    if isinstance(vae, BlockAutoencoder):  # small: never in bands
        return _finite(decode_blended(vae, latents) if blend else vae.decode_planes(latents), vae)
    decoder, height = vae.decoder, latents.shape[-2]
    if vae.post_quant_conv is not None:
        latents = vae.post_quant_conv(latents)
    features = decoder.mid_block(decoder.conv_in(latents))
    if tile is None:
        for block in decoder.up_blocks:
            features = bands.undivided_up_block(features, block)
    layer = bands.stored(features)
    if tile is not None:
        for block in decoder.up_blocks:
            layer = bands.up_block(layer, block, tile * layer.height // height)
    planes = bands.output(layer, decoder, (tile or LAST_BAND) * layer.height // height)
    return _finite(planes, vae).div_(2).add_(0.5).clamp_(0, 1)


def _finite(planes: Tensor, vae: Any) -> Tensor:
    if not torch.isfinite(planes).all():
        raise Ldm3dError(
            f"want finite colours and depths from the autoencoder, got overflow in "
            f"{str(vae.dtype).removeprefix('torch.')}: use bfloat16 or float32"
        )
    return planes


@contextmanager
def _wrapped(decoder: Any, wrap: bool) -> Iterator[None]:
    before = is_seamless(decoder)
    if before == wrap:
        yield
        return
    set_seamless(decoder, wrap)
    try:
        yield
    finally:
        set_seamless(decoder, before)


def _fetch(vae: Any) -> None:
    """Let accelerate bring an offloaded model to its device: its hook hangs on `vae.decode`."""
    hook = getattr(vae, "_hf_hook", None)
    if hook is not None and hasattr(hook, "pre_forward"):
        hook.pre_forward(vae)


def _to_autoencoder(vae: Any, latents: Tensor) -> Tensor:
    scale, shift = _scale_and_shift(vae, latents)
    return latents / scale + shift


def _from_autoencoder(vae: Any, latents: Tensor) -> Tensor:
    scale, shift = _scale_and_shift(vae, latents)
    return (latents - shift) * scale


def _scale_and_shift(vae: Any, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return what `UNet's latents = (autoencoder's - shift) * scale` needs, per channel or one."""
    config = vae.config
    scale = like.new_tensor(config.scaling_factor)
    shift = like.new_tensor(config.get("shift_factor") or 0.0)
    if config.get("latents_std") is not None:
        scale = scale / like.new_tensor(config.latents_std).view(1, -1, 1, 1)
    if config.get("latents_mean") is not None:
        shift = shift + like.new_tensor(config.latents_mean).view(1, -1, 1, 1)
    return scale, shift
