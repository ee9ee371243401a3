"""The autoencoder of our own small models: a linear codec of blocks, and a network beside it.

    latents = PCA of blocks of 16 x 16 pixels   +  encoder(picture folded 4 x 4)
    picture = blocks from latents               +  decoder(latents), unfolded

The linear halves are fitted in closed form before training begins (`ldm3d.training`), so that the
network starts from a picture that is right up to detail and learns only what is missing. All its
layers work at a quarter of the picture's width: cheap on a CPU. With `linear_encoder` the PCA alone
makes the latents: they are final at once, and the decoder can go on learning beside a UNet. With
`linear_reach` 1 a block is the best linear guess from its own latents and its neighbours', which
knows more and shows hardly a border between blocks. The rest is `AutoencoderKL` of diffusers; keys,
configuration and folder are its own, with these layers and five values more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from diffusers import AutoencoderKL
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

from ldm3d.seamless import is_seamless, wrap_columns

PLANES = 4
"""Red, green, blue and depth."""
MIN_LOG_VARIANCE, MAX_LOG_VARIANCE = -30.0, 20.0
SURE = -6.0
"""Log variance of latents of variance 1 before training: almost no noise."""


class BlockAutoencoder(AutoencoderKL):  # type: ignore[misc]  # untyped in diffusers
    """Encodes and decodes (B, 4, H, W) planes of color and depth; H and W multiples of `block_px`.

    Planes are in [0, 1]. In *network form* their depth is as `depth_curve` says: "root" is the
    square root, so that far things get more of the range.
    """

    encoder: Any
    """None where the encoder is linear, as is `quant_conv`."""
    quant_conv: Any

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        in_channels: int = PLANES * 16,
        out_channels: int = PLANES * 16,
        down_block_types: tuple[str, ...] = ("DownEncoderBlock2D",) * 3,
        up_block_types: tuple[str, ...] = ("UpDecoderBlock2D",) * 3,
        block_out_channels: tuple[int, ...] = (64, 128, 192),
        layers_per_block: int = 1,
        act_fn: str = "silu",
        latent_channels: int = 16,
        norm_num_groups: int = 16,
        sample_size: int = 512,
        scaling_factor: float = 1.0,
        shift_factor: float | None = None,
        mid_block_add_attention: bool = False,
        patch_size: int = 4,
        depth_curve: str = "root",
        block_px: int = 16,
        linear_encoder: bool = False,
        linear_reach: int = 0,
    ) -> None:
        super().__init__(
            in_channels=in_channels,
            out_channels=out_channels,
            down_block_types=down_block_types,
            up_block_types=up_block_types,
            block_out_channels=block_out_channels,
            layers_per_block=layers_per_block,
            act_fn=act_fn,
            latent_channels=latent_channels,
            norm_num_groups=norm_num_groups,
            sample_size=sample_size,
            scaling_factor=scaling_factor,
            shift_factor=shift_factor,
            mid_block_add_attention=mid_block_add_attention,
        )
        self.linear_in = nn.Conv2d(PLANES, latent_channels, block_px, block_px)
        cells = 2 * linear_reach + 1
        self.linear_out = nn.Conv2d(latent_channels, PLANES * block_px**2, cells)
        if linear_encoder:
            self.encoder = self.quant_conv = None
            self.linear_in.requires_grad_(False)

    def moments(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance (B, c, h, w) float32 of planes in network form."""
        linear = _in_float32(self.linear_in, planes)
        if self.encoder is None:
            return linear, torch.full_like(linear, SURE)
        features = self.quant_conv(self.encoder(folded(2 * planes - 1, self.config.patch_size)))
        mean, log_variance = features.float().chunk(2, dim=1)
        mean = mean + linear
        return mean, log_variance.clamp(MIN_LOG_VARIANCE, MAX_LOG_VARIANCE)

    def decoded(self, latents: Tensor) -> Tensor:
        """Return planes in network form, float32, not clipped."""
        detail = self.decoder(self.post_quant_conv(latents)).float()
        return unfolded(detail, self.config.patch_size) / 2 + self.linear_decoded(latents)

    def linear_decoded(self, latents: Tensor) -> Tensor:
        """Return what the linear half alone makes of latents, as `decoded`."""
        blocks = _in_float32(self.linear_out, self.surrounded(latents))
        return unfolded(blocks, self.config.block_px)

    def surrounded(self, latents: Tensor) -> Tensor:
        """Return latents with `linear_reach` cells more on each side.

        Those beyond the poles are as the last ones; left and right wrap where the decoder does.
        """
        reach = self.config.linear_reach
        if not reach:
            return latents
        if is_seamless(self.decoder):
            wide = wrap_columns(latents, reach, reach)
        else:
            wide = F.pad(latents, (reach, reach, 0, 0), mode="replicate")
        return F.pad(wide, (0, 0, reach, reach), mode="replicate")

    def encode_planes(self, planes: Tensor) -> Tensor:
        """Return the mode (B, c, h, w) of (B, 4, H, W) planes in [0, 1]; depth as it is."""
        given = curved(planes, self.config.depth_curve)
        return self.moments(given.to(self.dtype))[0]

    def decode_planes(self, latents: Tensor) -> Tensor:
        """Return (B, 4, H, W) float32 planes in [0, 1]; depth as it is."""
        planes = self.decoded(latents.to(self.dtype))
        return straightened(planes, self.config.depth_curve).clamp(0, 1)

    def begin_linear(
        self, mean: Tensor, axes: Tensor, spread: Tensor, weight: Tensor | None = None
    ) -> None:
        """Set the linear halves to a PCA of blocks, and the network beside them to add nothing.

        Args:
            mean: (planes * block^2) of blocks in network form, plane by plane, row by row.
            axes: (planes * block^2, latent channels), orthonormal.
            spread: (latent channels) standard deviations. The latents get their square roots, so
                that what matters more still stands out, times what makes them 1 on average.
            weight: (planes * block^2) what blocks less their mean were multiplied with before the
                PCA; None: 1.
        """
        weight = torch.ones_like(mean) if weight is None else weight
        scale = spread.sqrt() * spread.mean().sqrt()
        into = (axes / scale).T * weight
        _set(self.linear_in, into, -into @ mean)
        with torch.no_grad():
            self.linear_out.weight.zero_()  # of the neighbours, until `begin_overlap`
            reach = self.config.linear_reach
            self.linear_out.weight[:, :, reach, reach] = axes * scale / weight[:, None]
            self.linear_out.bias.copy_(mean)  # type: ignore[union-attr]
        for layer in (self.decoder.conv_out, self.quant_conv):
            if layer is not None:
                _set(layer, torch.zeros_like(layer.weight), torch.zeros_like(layer.bias))
        if self.quant_conv is not None:
            with torch.no_grad():
                self.quant_conv.bias[self.config.latent_channels :] = SURE

    def begin_overlap(self, guess: Tensor) -> None:
        """Set the linear decoder to a guess from the neighbours too; the network adds nothing.

        Args:
            guess: (latent channels * cells + 1, planes * block^2) of blocks from the cells around
                them, channel by channel, then row by row, and from 1.
        """
        _set(self.linear_out, guess[:-1].T, guess[-1])
        _set(self.decoder.conv_out, torch.zeros_like(self.decoder.conv_out.weight),
             torch.zeros_like(self.decoder.conv_out.bias))  # fmt: skip


def class_of(config: Mapping[str, Any]) -> Any:
    """Return the class for an autoencoder's configuration (config.json of its folder)."""
    return BlockAutoencoder if config.get("block_px") else AutoencoderKL


def _in_float32(layer: nn.Conv2d, given: Tensor) -> Tensor:
    """Apply a linear half exactly: 8 bits of mantissa would show as steps in depth."""
    bias = None if layer.bias is None else layer.bias.float()
    with torch.autocast(given.device.type, enabled=False):
        return F.conv2d(given.float(), layer.weight.float(), bias, layer.stride)


@torch.no_grad()
def _set(layer: Any, weight: Tensor, bias: Tensor) -> None:
    layer.weight.copy_(weight.view_as(layer.weight))
    layer.bias.copy_(bias)


def folded(planes: Tensor, patch: int) -> Tensor:
    """Fold (B, C, H, W) into (B, C patch^2, H / patch, W / patch): a smaller, thicker picture."""
    return F.pixel_unshuffle(planes, patch) if patch > 1 else planes


def unfolded(planes: Tensor, patch: int) -> Tensor:
    """Undo `folded`."""
    return F.pixel_shuffle(planes, patch) if patch > 1 else planes


def curved(planes: Tensor, curve: str) -> Tensor:
    """Bring the depth of (B, 4, H, W) planes in [0, 1] into the form the network is given."""
    if curve == "linear":
        return planes
    return torch.cat([planes[:, :3], planes[:, 3:].clamp_min(0).sqrt()], dim=1)


def straightened(planes: Tensor, curve: str) -> Tensor:
    """Undo `curved`; values below 0 stay below."""
    if curve == "linear":
        return planes
    depth = planes[:, 3:]
    return torch.cat([planes[:, :3], depth * depth.abs()], dim=1)
