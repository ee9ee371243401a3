"""The autoencoder itself: made anew, widened from Stable Diffusion's, and written for others."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ldm3d.block_autoencoder import (
    MAX_LOG_VARIANCE,
    MIN_LOG_VARIANCE,
    PLANES,
    BlockAutoencoder,
    class_of,
    curved,
    straightened,
)
from ldm3d.errors import ModelError
from ldm3d.pretrained import damage_explained, quiet_libraries
from ldm3d.seamless import set_seamless
from ldm3d.training.presets import AutoencoderPreset


def new_autoencoder(preset: AutoencoderPreset, seamless: bool = True) -> Any:
    """Return an autoencoder with random weights: a `BlockAutoencoder`, or diffusers' own."""
    levels, planes = len(preset.channels), PLANES * preset.patch**2
    config: dict[str, Any] = {
        "in_channels": planes,
        "out_channels": planes,
        "latent_channels": preset.latent_channels,
        "block_out_channels": preset.channels,
        "layers_per_block": preset.layers,
        "norm_num_groups": preset.groups,
        "down_block_types": ("DownEncoderBlock2D",) * levels,
        "up_block_types": ("UpDecoderBlock2D",) * levels,
        "mid_block_add_attention": preset.mid_attention,
        "scaling_factor": 1.0,
        "sample_size": 512,
    }
    if preset.block_px:
        config |= {
            "patch_size": preset.patch, "depth_curve": preset.curve, "block_px": preset.block_px,
            "linear_encoder": preset.linear_encoder, "linear_reach": preset.linear_reach,
        }  # fmt: skip
    vae = autoencoder_from_config(config)
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
    """Return an autoencoder with random weights of the shape a run or folder has stored."""
    kind = class_of(config)
    known = inspect.signature(kind.__init__).parameters  # diffusers adds some of its own
    return kind(**{name: value for name, value in config.items() if name in known})


def read_autoencoder(folder: Path) -> Any:
    """Load an autoencoder in float32 from its folder, or from a whole model's.

    Raises:
        ModelError: if there is none, or it is damaged.
    """
    from ldm3d.model_folder import read_json

    place = folder / "vae" if (folder / "vae").is_dir() else folder
    kind = class_of(read_json(place / "config.json"))
    with damage_explained(place), quiet_libraries():
        return kind.from_pretrained(place, local_files_only=True).float()


class PlaneAutoencoder(nn.Module):
    """An autoencoder from planes in [0, 1] to planes in the network's form, in one call."""

    def __init__(self, vae: Any) -> None:
        super().__init__()
        self.vae = vae
        self.patch: int = vae.config.get("patch_size") or 1
        self.curve: str = vae.config.get("depth_curve") or "linear"

    def forward(
        self, planes: Tensor, noise: Tensor, strength: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return (B, C, H, W) planes about [0, 1], the latents' mean and log variance.

        Args:
            planes: (B, C, H, W) in the network's form (`curved`).
            noise: of the latents' shape, standard normal: one sample of the posterior.
            strength: (B, 1, 1, 1) how much more noise, in deviations of all latents. Where it is
                below 0 as much is added, and each channel is then drawn to its mean as the best
                linear denoiser would (Wiener's filter): what a diffusion model has left.
        """
        mean, log_variance = self.moments(planes)
        latents = mean + torch.exp(0.5 * log_variance) * noise
        if strength is not None:
            latents = _disturbed(latents, mean.detach(), noise, strength)
        return self.decoded(latents), mean, log_variance

    def moments(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of the latents, in float32."""
        if isinstance(self.vae, BlockAutoencoder):
            moments: tuple[Tensor, Tensor] = self.vae.moments(planes)
            return moments
        features = self.vae.encoder(2 * planes - 1)
        if self.vae.quant_conv is not None:
            features = self.vae.quant_conv(features)
        mean, log_variance = features.float().chunk(2, dim=1)
        return mean, log_variance.clamp(MIN_LOG_VARIANCE, MAX_LOG_VARIANCE)

    def decoded(self, latents: Tensor) -> Tensor:
        """Return planes about [0, 1] in the network's form, in float32."""
        if isinstance(self.vae, BlockAutoencoder):
            decoded: Tensor = self.vae.decoded(latents)
            return decoded
        if self.vae.post_quant_conv is not None:
            latents = self.vae.post_quant_conv(latents)
        planes: Tensor = self.vae.decoder(latents).float()
        return planes / 2 + 0.5

    @torch.no_grad()
    def reconstruct(self, planes: Tensor) -> Tensor:
        """Return (B, 4, H, W) planes in [0, 1] there and back, by the posterior's mean."""
        mean, _ = self.moments(curved(planes, self.curve))
        return straightened(self.decoded(mean), self.curve).clamp(0, 1)


def _disturbed(latents: Tensor, clean: Tensor, noise: Tensor, strength: Tensor) -> Tensor:
    added = strength.abs() * clean.std()
    spread = clean.var(dim=(0, 2, 3), keepdim=True)
    middle = clean.mean(dim=(0, 2, 3), keepdim=True)
    kept = torch.where(strength < 0, spread / (spread + added.square() + 1e-12), 1.0)
    return middle + kept * (latents + added * noise - middle)


def with_reach(vae: BlockAutoencoder, reach: int) -> BlockAutoencoder:
    """Return an autoencoder whose linear decoder sees `reach` cells around.

    One that does already is returned as it is; else all but the linear decoder is copied.
    """
    if vae.config.linear_reach == reach:
        return vae
    made: BlockAutoencoder = autoencoder_from_config({**vae.config, "linear_reach": reach})
    kept = {name: x for name, x in vae.state_dict().items() if not name.startswith("linear_out")}
    made.load_state_dict(kept, strict=False)
    return made


@torch.no_grad()
def decorrelate(vae: Any, latents: Iterable[Tensor]) -> None:
    """Turn the latents to uncorrelated ones of mean 0, in place and exactly.

    The linear map is folded into the layers before and after the latents: what is decoded stays
    the same. Channels are sorted by their variance, largest first; its mean is 1 afterwards. They
    keep their different sizes: what carries more counts more in the diffusion loss. The
    posterior's variances are no longer those of the new channels; its mode is what diffusion uses.

    Args:
        vae: with `quant_conv` and `post_quant_conv`.
        latents: many (B, c, h, w) posterior means, as the autoencoder gives them now.
    """
    cells = torch.cat([x.movedim(1, -1).reshape(-1, x.shape[1]).double() for x in latents])
    mean = cells.mean(dim=0)
    values, axes = torch.linalg.eigh(torch.cov((cells - mean).T))
    scale = values.mean().sqrt()
    into = axes.flip(1).T / scale
    back = axes.flip(1) * scale
    _fold_in(vae.quant_conv, into, -mean)
    _fold_out(vae.post_quant_conv, back, mean)
    if isinstance(vae, BlockAutoencoder):
        _fold_in(vae.linear_in, into, torch.zeros_like(mean))
        _fold_out(vae.linear_out, back, mean)
    vae.register_to_config(scaling_factor=1.0, shift_factor=None)


def _fold_in(layer: nn.Conv2d, into: Tensor, before: Tensor) -> None:
    """Make a layer give `into @ (what it gave + before)` in its first channels."""
    count = len(into)
    weight, bias = layer.weight.double(), layer.bias.double()  # type: ignore[union-attr]
    mixed = (into @ weight[:count].flatten(1)).view_as(weight[:count])
    layer.weight[:count] = mixed.to(layer.weight)
    layer.bias[:count] = (into @ (bias[:count] + before)).to(layer.weight)  # type: ignore[index]


def _fold_out(layer: nn.Conv2d, back: Tensor, after: Tensor) -> None:
    """Make a layer without zero padding see `back @ x + after` in place of x."""
    weight, bias = layer.weight.double(), layer.bias.double()  # type: ignore[union-attr]
    layer.bias.copy_(bias + weight.sum(dim=(2, 3)) @ after)  # type: ignore[union-attr]
    layer.weight.copy_(torch.einsum("ochw,cd->odhw", weight, back))


def _like(layer: nn.Conv2d, channels_in: int, channels_out: int) -> nn.Conv2d:
    kernel, stride, padding = layer.kernel_size, layer.stride, layer.padding
    made = nn.Conv2d(channels_in, channels_out, kernel, stride, padding)  # type: ignore[arg-type]
    made.__class__ = layer.__class__  # circular where that one is
    return made.to(layer.weight)
