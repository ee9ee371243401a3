"""The autoencoder itself: made anew, widened from Stable Diffusion's, and written for others."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ldm3d.errors import ModelError
from ldm3d.seamless import set_seamless
from ldm3d.training.planes import curved, folded, straightened, unfolded
from ldm3d.training.presets import AutoencoderPreset

PLANES = 4
MAX_LOG_VARIANCE, MIN_LOG_VARIANCE = 20.0, -30.0


def new_autoencoder(preset: AutoencoderPreset, seamless: bool = True) -> Any:
    """Return an `AutoencoderKL` of diffusers with random weights, for RGB and one depth plane."""
    from diffusers import AutoencoderKL

    levels, planes = len(preset.channels), PLANES * preset.patch**2
    vae = AutoencoderKL(
        in_channels=planes,
        out_channels=planes,
        latent_channels=preset.latent_channels,
        block_out_channels=preset.channels,
        layers_per_block=preset.layers,
        norm_num_groups=preset.groups,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        mid_block_add_attention=preset.mid_attention,
        scaling_factor=1.0,
        sample_size=512,
    )
    vae.register_to_config(patch_size=preset.patch, depth_curve=preset.curve)
    if seamless:
        set_seamless(vae)
    return vae


def widened_autoencoder(sd_vae: Any, planes: int = 4) -> Any:
    """Return Stable Diffusion's autoencoder with depth beside color; `sd_vae` stays as it is.

    Its first and last convolution are widened (arXiv 2305.10853, section 3): the weights of RGB
    are copied, those of each depth plane start as the mean of the RGB ones.

    Args:
        sd_vae: an `AutoencoderKL` with 3 channels in and out.
        planes: 4 (one depth plane) or 6 (depth as an RGB-like picture).

    Raises:
        ModelError: if it does not take and give three channels.
    """
    if (sd_vae.config.in_channels, sd_vae.config.out_channels) != (3, 3):
        raise ModelError(
            f"want an autoencoder of 3 channels to widen, got {sd_vae.config.in_channels} in and "
            f"{sd_vae.config.out_channels} out"
        )
    vae = copy.deepcopy(sd_vae)
    extra = planes - 3
    with torch.no_grad():
        first, last = vae.encoder.conv_in, vae.decoder.conv_out
        vae.encoder.conv_in = _like(first, planes, first.out_channels)
        mean_in = first.weight.mean(dim=1, keepdim=True).expand(-1, extra, -1, -1)
        vae.encoder.conv_in.weight.copy_(torch.cat([first.weight, mean_in], dim=1))
        vae.encoder.conv_in.bias.copy_(first.bias)
        vae.decoder.conv_out = _like(last, last.in_channels, planes)
        mean_out = last.weight.mean(dim=0, keepdim=True).expand(extra, -1, -1, -1)
        vae.decoder.conv_out.weight.copy_(torch.cat([last.weight, mean_out]))
        mean_bias = last.bias.mean(dim=0, keepdim=True).expand(extra)
        vae.decoder.conv_out.bias.copy_(torch.cat([last.bias, mean_bias]))
    vae.register_to_config(in_channels=planes, out_channels=planes)
    return vae


def autoencoder_from_config(config: Mapping[str, Any]) -> Any:
    """Return an `AutoencoderKL` with random weights of the shape a run has stored."""
    from diffusers import AutoencoderKL

    ours = {name: config[name] for name in ("patch_size", "depth_curve") if name in config}
    rest = {name: value for name, value in config.items() if name not in ours}
    vae = AutoencoderKL(**rest)
    vae.register_to_config(**ours)
    return vae


def read_autoencoder(folder: Path) -> Any:
    """Load an `AutoencoderKL` in float32 from its folder, or from a whole model's.

    Raises:
        ModelError: if there is none, or it is damaged.
    """
    from diffusers import AutoencoderKL

    from ldm3d.pretrained import damage_explained, quiet_libraries

    place = folder / "vae" if (folder / "vae").is_dir() else folder
    with damage_explained(place), quiet_libraries():
        return AutoencoderKL.from_pretrained(place, local_files_only=True).float()


class PlaneAutoencoder(nn.Module):
    """An autoencoder from planes in [0, 1] to planes in the network's form, in one call."""

    def __init__(self, vae: Any) -> None:
        super().__init__()
        self.vae = vae
        self.patch: int = vae.config.get("patch_size") or 1
        self.curve: str = vae.config.get("depth_curve") or "linear"

    def forward(self, planes: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return (B, C, H, W) planes about [0, 1], the latents' mean and log variance.

        Args:
            planes: (B, C, H, W) in the network's form (`curved`).
            noise: of the latents' shape, standard normal: one sample of the posterior.
        """
        mean, log_variance = self.moments(planes)
        latents = mean + torch.exp(0.5 * log_variance) * noise
        return self.decoded(latents), mean, log_variance

    def moments(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of the latents, in float32."""
        features = self.vae.encoder(folded(2 * planes - 1, self.patch))
        if self.vae.quant_conv is not None:
            features = self.vae.quant_conv(features)
        mean, log_variance = features.float().chunk(2, dim=1)
        return mean, log_variance.clamp(MIN_LOG_VARIANCE, MAX_LOG_VARIANCE)

    def decoded(self, latents: Tensor) -> Tensor:
        """Return planes about [0, 1] in the network's form, in float32."""
        if self.vae.post_quant_conv is not None:
            latents = self.vae.post_quant_conv(latents)
        planes = self.vae.decoder(latents).float()
        return unfolded(planes, self.patch) / 2 + 0.5

    @torch.no_grad()
    def reconstruct(self, planes: Tensor) -> Tensor:
        """Return (B, 4, H, W) planes in [0, 1] there and back, by the posterior's mean."""
        mean, _ = self.moments(curved(planes, self.curve))
        return straightened(self.decoded(mean), self.curve).clamp(0, 1)


@torch.no_grad()
def whiten(vae: Any, latents: Iterable[Tensor]) -> None:
    """Turn the latents to uncorrelated ones of mean 0 and variance 1, in place and exactly.

    The linear map is folded into the 1x1 convolutions before and after the latents: what is
    decoded stays the same. Channels are sorted by what they carried, most first. The posterior's
    variances are no longer those of the new channels; its mode is what the diffusion model uses.

    Args:
        vae: with `quant_conv` and `post_quant_conv`.
        latents: many (B, c, h, w) posterior means, as the autoencoder gives them now.
    """
    cells = torch.cat([x.movedim(1, -1).reshape(-1, x.shape[1]).double() for x in latents])
    mean = cells.mean(dim=0)
    values, axes = torch.linalg.eigh(torch.cov((cells - mean).T))
    order = torch.arange(len(values) - 1, -1, -1)
    spread = values[order].clamp_min(1e-8).sqrt()
    into = axes[:, order].T / spread[:, None]
    back = axes[:, order] * spread[None]
    channels = len(values)
    for layer, matrix, before, after in (
        (vae.quant_conv, into, -mean, None),
        (vae.post_quant_conv, back, None, mean),
    ):
        weight, bias = layer.weight.double().flatten(1), layer.bias.double()
        if before is not None:
            bias[:channels] = matrix @ (bias[:channels] + before)
            weight[:channels] = matrix @ weight[:channels]
        else:
            bias = bias + weight @ after
            weight = weight @ matrix
        layer.weight.copy_(weight.view_as(layer.weight))
        layer.bias.copy_(bias)
    vae.register_to_config(scaling_factor=1.0, shift_factor=None)


def _like(layer: nn.Conv2d, channels_in: int, channels_out: int) -> nn.Conv2d:
    kernel, stride, padding = layer.kernel_size, layer.stride, layer.padding
    made = nn.Conv2d(channels_in, channels_out, kernel, stride, padding)  # type: ignore[arg-type]
    made.__class__ = layer.__class__  # circular where that one is
    return made.to(layer.weight)
