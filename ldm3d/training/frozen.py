"""The finished autoencoder, frozen: planes in [0, 1] to latents of unit variance, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ldm3d.block_autoencoder import curved, straightened
from ldm3d.depth_codec import Layout
from ldm3d.errors import ModelError
from ldm3d.seamless import set_seamless
from ldm3d.training.machine import Machine
from ldm3d.training.vae import PlaneAutoencoder, read_autoencoder


class FrozenAutoencoder:
    """An `AutoencoderKL` that learns no more, with what its configuration says of its planes."""

    def __init__(self, vae: Any) -> None:
        """Take an autoencoder on its device.

        Raises:
            ModelError: if it is not one over color and depth.
        """
        self.vae = vae
        self._model = PlaneAutoencoder(vae)
        patch = self._model.patch
        self.planes = int(vae.config.in_channels) // patch**2
        """Of color and depth together: 4 or 6."""
        if self.planes not in (4, 6):
            raise ModelError(
                f"want an autoencoder over color and depth (4 or 6 planes), got {self.planes}: "
                "train one with `python -m ldm3d train autoencoder`"
            )
        self.layout = Layout.FOUR if self.planes == 4 else Layout.SIX
        self.factor = int(patch * 2 ** (len(vae.config.block_out_channels) - 1))
        """Pixels a side of one latent cell."""
        self.channels = int(vae.config.latent_channels)
        self.device: torch.device = next(vae.parameters()).device

    @torch.no_grad()
    def encode(self, planes: Tensor) -> Tensor:
        """Return (B, c, h, w) float32 latents for the UNet: the posterior's mode.

        Args:
            planes: (B, 4 or 6, H, W) in [0, 1], on any device.
        """
        given = curved(planes.to(self.device), self._model.curve)
        mean = self._model.moments(given)[0]
        return (mean - self._shift) * float(self.vae.config.scaling_factor)

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Return (B, 4 or 6, H, W) float32 planes in [0, 1]."""
        own = latents.float() / float(self.vae.config.scaling_factor) + self._shift
        return straightened(self._model.decoded(own), self._model.curve).clamp(0, 1)

    @property
    def _shift(self) -> float:
        return float(self.vae.config.get("shift_factor") or 0.0)


def load_frozen(path: Path, machine: Machine, seamless: bool = True) -> FrozenAutoencoder:
    """Return a frozen autoencoder on the device, in float32.

    Args:
        path: an autoencoder's own folder, or one of a whole model (its `vae`).
        machine: where to run.
        seamless: whether left and right edge of its pictures are neighbours.

    Raises:
        ModelError: if there is none, or it is damaged or of another kind.
    """
    from ldm3d.device import prepare

    if not any((home / "config.json").is_file() for home in (path, path / "vae")):
        raise ModelError(
            f"want an autoencoder's folder with config.json, or a model's with vae, got {path}: "
            "export one from its run with `python -m ldm3d train export`"
        )
    vae = read_autoencoder(path)
    set_seamless(vae, seamless)
    prepare(vae, machine.device, torch.float32)
    return FrozenAutoencoder(vae)
