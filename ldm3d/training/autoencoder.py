"""Trains the autoencoder of color and depth (arXiv 2305.10853, section 3)."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ldm3d.block_autoencoder import BlockAutoencoder, curved
from ldm3d.data.world_set import WorldSet
from ldm3d.training.ema import Ema
from ldm3d.training.judged import JudgedTask
from ldm3d.training.losses import (
    LossWeights,
    kl_loss,
    reconstruction_losses,
    weighted_reconstruction,
)
from ldm3d.training.machine import Machine
from ldm3d.training.order import Turn
from ldm3d.training.overlap import fit_overlap
from ldm3d.training.perceptual import PerceptualLoss, depth_as_picture
from ldm3d.training.planes import (
    changed_planes,
    cut_size,
    planes_of,
    row_weights,
    some_of,
    split,
)
from ldm3d.training.presets import AutoencoderPreset
from ldm3d.training.reconstruct import Quality, fit_blocks, measure_codec, pca_codec
from ldm3d.training.task import Batch
from ldm3d.training.update import Schedule, Updater
from ldm3d.training.vae import (
    PlaneAutoencoder,
    new_autoencoder,
    read_autoencoder,
    widened_autoencoder,
    with_reach,
)

if TYPE_CHECKING:
    from PIL import Image

FITTED = 256
"""Pictures that the linear codec is fitted to."""
FITTED_BLOCKS = 60_000
"""Of those pictures."""
OUTER = ("conv_in", "conv_out", "quant_conv")
"""Layers that Muon leaves to AdamW: those next to pictures and latents."""
MEASURED = 12
"""Held-out pictures that are measured at each checkpoint."""


class AutoencoderTask(JudgedTask):
    """One step: reconstruct, compare, update; then the discriminator, where there is one."""

    kind = "autoencoder"
    true_planes = "planes"
    preset: AutoencoderPreset

    def __init__(
        self,
        machine: Machine,
        worlds: WorldSet,
        preset: AutoencoderPreset,
        *,
        steps: int,
        parts: int = 1,
        starts_from: Path | None = None,
        perceptual: PerceptualLoss | None = None,
        seamless: bool = True,
        compiled: bool = False,
    ) -> None:
        """Build the networks.

        Args:
            machine: where to train.
            worlds: the pictures.
            preset: shape, losses and rates; its `batch` is of one micro-batch.
            steps: of the whole run, for the schedule.
            parts: micro-batches a step.
            starts_from: a folder with Stable Diffusion's autoencoder (or one of ours) to start
                from.
            perceptual: None: without that loss.
            seamless: False for photographs, which do not wrap: then they are not turned either.
            compiled: `torch.compile`, on CUDA.
        """
        self.machine, self.worlds, self.preset = machine, worlds, preset
        self.batch_size, self.parts = preset.batch, parts
        self.seamless = seamless
        self.trained, self.held_out = split(worlds)
        self.is_new = starts_from is None
        vae, self.is_whole = _autoencoder(preset, starts_from, seamless)
        self.model = PlaneAutoencoder(vae)
        self.called = machine.place(self.model, compiled)
        self.cut = cut_size(worlds, preset.rows_px, preset.factor)
        self.perceptual = None if perceptual is None else perceptual.to(machine.device)
        ema = Ema(vae, preset.ema)
        optimizers = _optimizers(vae, preset, machine)
        schedule = Schedule(steps, preset.warmup, preset.decay_from)
        self.updater = Updater(
            machine, self.called, list(optimizers.values()), schedule, ema, preset.max_norm
        )
        self.networks = {"autoencoder": vae}
        self.optimizers = {f"autoencoder-{name}": o for name, o in optimizers.items()}
        self.emas = {"autoencoder": ema}
        if preset.weights.adversarial:
            planes = vae.config.in_channels // self.model.patch**2
            self.add_discriminator(planes, schedule, seamless=seamless, compiled=compiled)

    def judge_optimizer(self, discriminator: torch.nn.Module) -> torch.optim.Optimizer:
        """Return AdamW for all of a discriminator."""
        plain = preset_with(self.preset, muon=False)
        return _optimizers(discriminator, plain, self.machine)["adam"]

    def begin(self) -> None:
        """Fit the linear codec to the pictures; the network beside it starts from nothing.

        Of an autoencoder to start from all stays as it is, unless its linear decoder saw another
        number of cells: then that one is fitted, and the network beside it starts from nothing.
        """
        vae, preset = self.model.vae, self.preset
        if not isinstance(vae, BlockAutoencoder):
            return
        numbers = some_of(self.trained, FITTED)
        if self.is_new:
            fit = fit_blocks(
                self.worlds, numbers, preset.latent_channels, vae.config.block_px, preset.curve,
                blocks=FITTED_BLOCKS, depth_weight=preset.depth_weight,
            )  # fmt: skip
            parts = (torch.from_numpy(x).to(self.machine.device, torch.float32)
                     for x in (fit.mean, fit.axes, fit.spread, fit.weight))  # fmt: skip
            vae.begin_linear(*parts)
        if vae.config.linear_reach and not self.is_whole:
            vae.begin_overlap(fit_overlap(vae, self.worlds, numbers))
        self.emas["autoencoder"].reset()

    def batch(self, turn: Turn) -> Batch:
        """Load, turn, mirror and cut pictures; draw the posterior's noise."""
        numbers = turn.indices(len(self.trained), self.batch_size)
        cuts = []
        for place, number in enumerate(numbers):
            picture = planes_of(self.worlds, self.trained[number])
            cuts.append(changed_planes(picture, turn, place, self.cut, wraps=self.seamless))
        weight = row_weights([top for _, top in cuts], self.cut[0], self.worlds.info.height)
        if not self.seamless:
            weight = torch.ones_like(weight)
        cells = [side // self.preset.factor for side in self.cut]
        shape = (self.batch_size, self.preset.latent_channels, *cells)
        planes = torch.from_numpy(np.stack([cut for cut, _ in cuts]))
        return {
            "planes": curved(planes, self.model.curve),
            "weight": weight,
            "noise": torch.randn(shape, generator=turn.generator("posterior")),
            "strength": self._strength(turn),
        }

    def _strength(self, turn: Turn) -> Tensor:
        """Return (B, 1, 1, 1) noise of the latents, mostly little; below 0 for every other one."""
        share = torch.rand(self.batch_size, 1, 1, 1, generator=turn.generator("latent noise"))
        sign = 1 - 2 * (torch.arange(self.batch_size) % 2).view(-1, 1, 1, 1)
        return self.preset.latent_noise * share.square() * sign

    def loss(self, batch: Batch, adversarial: bool) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """Return the loss of one micro-batch, its parts to show, and the reconstruction."""
        weights = self.preset.weights
        with self.machine.autocast():
            planes, mean, log_variance = self.called(
                batch["planes"], batch["noise"], batch["strength"]
            )
        parts = reconstruction_losses(planes, batch["planes"], batch["weight"], self.model.curve)
        loss = weighted_reconstruction(parts, weights)
        if self.perceptual is not None and weights.perceptual:
            with self.machine.autocast():
                distance = self.perceptual(planes[:, :3], batch["planes"][:, :3])
                distance = distance + self.perceptual(
                    depth_as_picture(planes), depth_as_picture(batch["planes"])
                )
            parts["perceptual"] = distance.float()
            loss = loss + weights.perceptual * distance.float()
        parts["kl"] = kl_loss(mean, log_variance)
        if adversarial:
            last_layer = self.model.vae.decoder.conv_out.weight
            loss = self.with_verdict(loss, parts, planes, last_layer)
        loss = loss + weights.kl * parts["kl"]
        return loss, parts, planes

    def evaluate(self) -> dict[str, float]:
        """Return dB of color and AbsRel of distance on held-out pictures, with averaged weights.

        Beside them those of the best linear codec with as many numbers, which is to be beaten.
        """
        with self.emas["autoencoder"].swapped():
            found = measure_codec(self.worlds, self._measured(), self._codec)
        return found.measures("held_out_") | self._linear_quality.measures("linear_")

    def _measured(self) -> list[int]:
        return some_of(self.held_out, MEASURED)

    @cached_property
    def _linear_quality(self) -> Quality:
        numbers = some_of(self.trained, FITTED)
        latents = self.preset.latent_channels
        codec = pca_codec(self.worlds, numbers, latents, self.preset.factor)
        return measure_codec(self.worlds, self._measured(), codec)

    def sample(self) -> Image.Image:
        """Return held-out pictures, color and depth, above what the autoencoder makes of them."""
        from ldm3d.training.pictures import comparison

        pairs = []
        with self.emas["autoencoder"].swapped():
            for number in self.held_out[:4]:
                planes = planes_of(self.worlds, number)
                pairs.append((planes, self._codec(planes)))
        return comparison(pairs)

    @torch.no_grad()
    def _codec(self, planes: np.ndarray[Any, np.dtype[np.float32]]) -> Any:
        given = torch.from_numpy(planes)[None].to(self.machine.device)
        with self.machine.autocast():
            return self.model.reconstruct(given)[0].float().cpu().numpy()

    def describe(self) -> dict[str, object]:
        """Return the autoencoder's configuration, from which `exporting` builds it again."""
        config = {name: value for name, value in self.model.vae.config.items() if name[:1] != "_"}
        return {"autoencoder": config, "decorrelate": self.preset.decorrelate}


def preset_with(preset: AutoencoderPreset, **changes: Any) -> AutoencoderPreset:
    """Return a preset with those of the changes that are not None."""
    given = {name: value for name, value in changes.items() if value is not None}
    return dataclasses.replace(preset, **given)


def without(weights: LossWeights, *names: str) -> LossWeights:
    """Return loss weights with some set to 0."""
    return dataclasses.replace(weights, **dict.fromkeys(names, 0.0))


def _autoencoder(
    preset: AutoencoderPreset, starts_from: Path | None, seamless: bool
) -> tuple[Any, bool]:
    """Return the autoencoder to train, and whether each of its layers has learned already."""
    from ldm3d.seamless import set_seamless

    if starts_from is None:
        return new_autoencoder(preset, seamless), False
    given = vae = read_autoencoder(starts_from)
    if isinstance(vae, BlockAutoencoder):
        vae = with_reach(vae, preset.linear_reach)
    elif vae.config.in_channels == 3:
        vae = widened_autoencoder(vae)
    if seamless:
        set_seamless(vae)
    return vae.train(), vae is given


def _optimizers(
    network: torch.nn.Module, preset: AutoencoderPreset, machine: Machine
) -> dict[str, torch.optim.Optimizer]:
    """Return the optimisers of a network, "adam" first."""
    from ldm3d.training.muon import KernelMuon

    linear: list[torch.nn.Parameter] = []
    kernels: list[torch.nn.Parameter] = []
    rest: list[torch.nn.Parameter] = []
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        inner = parameter.ndim == 4 and not any(word in name for word in OUTER)
        if name.startswith("linear_"):
            linear.append(parameter)
        else:
            (kernels if inner and preset.muon else rest).append(parameter)
    groups: list[dict[str, Any]] = [{"params": rest, "lr": preset.lr}]
    if linear:
        groups.append({"params": linear, "lr": preset.lr * preset.linear_rate})
    fused = True if machine.device.type == "cuda" else None
    found: dict[str, torch.optim.Optimizer] = {
        "adam": torch.optim.AdamW(
            groups, preset.lr, betas=preset.betas, weight_decay=preset.weight_decay, fused=fused
        )
    }
    if kernels:
        found["muon"] = KernelMuon(kernels, preset.lr, preset.weight_decay)
    return found
