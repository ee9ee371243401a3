"""Writes a run's autoencoder in the form that diffusers and `ldm3d` read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ldm3d.block_autoencoder import curved
from ldm3d.data.world_set import WorldSet
from ldm3d.seamless import set_seamless
from ldm3d.training.checkpoint import load_tensors
from ldm3d.training.folder import RunFolder, replaced_folder
from ldm3d.training.planes import planes_of, some_of, split
from ldm3d.training.vae import PlaneAutoencoder, autoencoder_from_config, decorrelate

STATISTICS = 96
"""Pictures whose latents their correlation is computed from."""


def export_autoencoder(run: Path, output: Path, data: Path | None = None) -> Path:
    """Write a run's averaged autoencoder to a folder, in float32.

    Starter: its latents are turned to uncorrelated ones, measured on the training pictures.

    Args:
        run: a run's folder with a checkpoint.
        output: replaced if it is there.
        data: the set, where it is no longer at the place the run has noted.

    Raises:
        InputError: if the run has no checkpoint, or the set is absent.
    """
    stored, newest = RunFolder(run).finished("autoencoder")
    vae = autoencoder_from_config(stored["autoencoder"])
    vae.load_state_dict(load_tensors(newest, "ema-autoencoder"))
    vae.eval()
    if stored["seamless"]:
        set_seamless(vae)
    if stored["decorrelate"]:
        decorrelate(vae, _latents(vae, WorldSet(data or Path(stored["data"]))))
    with replaced_folder(output) as new:
        vae.save_pretrained(new)
    return output


@torch.no_grad()
def _latents(vae: Any, worlds: WorldSet) -> list[Tensor]:
    model = PlaneAutoencoder(vae)
    trained, _ = split(worlds)
    found = []
    for number in some_of(trained, STATISTICS):
        planes = torch.from_numpy(planes_of(worlds, number))[None]
        found.append(model.moments(curved(planes, model.curve))[0])
    return found
