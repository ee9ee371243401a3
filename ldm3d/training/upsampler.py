"""Trains the network that doubles a model's pictures (`ldm3d.upsampler`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ldm3d.block_autoencoder import curved, straightened
from ldm3d.data.world_set import WorldSet
from ldm3d.errors import RequestError
from ldm3d.seamless import set_seamless
from ldm3d.training.ema import Ema
from ldm3d.training.judged import JudgedTask
from ldm3d.training.losses import LossWeights, reconstruction_losses, weighted_reconstruction
from ldm3d.training.machine import Machine
from ldm3d.training.muon import KernelMuon
from ldm3d.training.order import Turn
from ldm3d.training.planes import planes_of, row_weights, some_of, split
from ldm3d.training.reconstruct import Quality, measure_planes
from ldm3d.training.task import Batch
from ldm3d.training.update import Schedule, Updater
from ldm3d.training.upsampler_data import Planes, cut_pair, halved_picture
from ldm3d.upsampler import Upsampler

if TYPE_CHECKING:
    from PIL import Image

MEASURED = 8
"""Held-out pictures that are measured at each checkpoint."""


@dataclass(frozen=True)
class UpsamplerPreset:
    """Shape, losses and rates."""

    channels: int = 96
    blocks: int = 4
    tail_channels: int = 32
    curve: str = "root"
    cut_px: int = 64
    """Side of the small cuts."""
    batch: int = 16
    steps: int = 20_000
    lr: float = 2e-3
    muon: bool = True
    """Whether the kernels of the folded picture's blocks are stepped by Muon instead of AdamW."""
    outer_rate: float = 0.2
    """AdamW's share of the rate: what is to be learned is small beside the interpolation."""
    betas: tuple[float, float] = (0.9, 0.99)
    warmup: int = 100
    decay_from: float = 0.6
    max_norm: float | None = 1.0
    ema: float = 0.999
    weights: LossWeights = field(
        default_factory=lambda: LossWeights(log_depth=0.3, edges=0.5, kl=0.0)
    )
    mean_weight: float = 0.5
    """Of |mean of 2 x 2 pixels - that of the picture|: what is seen from afar stays right."""
    adversarial_from: int = 2000
    judge_width: int = 32
    judge_layers: int = 2


class UpsamplerTask(JudgedTask):
    """One step: double small cuts, compare, update; then the discriminator, where there is one."""

    kind = "upsampler"
    true_planes = "wanted"
    preset: UpsamplerPreset

    def __init__(
        self,
        machine: Machine,
        worlds: WorldSet,
        preset: UpsamplerPreset,
        *,
        steps: int,
        parts: int = 1,
        decoded: WorldSet | None = None,
        compiled: bool = False,
    ) -> None:
        """Build the networks.

        Args:
            machine: where to train.
            worlds: the pictures, at twice the size that shall be doubled.
            preset: shape, losses and rates; its `batch` is of one micro-batch.
            steps: of the whole run, for the schedule.
            parts: micro-batches a step.
            decoded: the same pictures, halved, as an autoencoder gives them back; None: small
                pictures are always means of the large ones.
            compiled: `torch.compile`, on CUDA.

        Raises:
            RequestError: if the pictures are smaller than a cut.
        """
        if min(worlds.info.width, worlds.info.height) < 2 * preset.cut_px or worlds.info.height % 4:
            raise RequestError(
                f"want pictures of at least {2 * preset.cut_px} pixels a side, in multiples of 4, "
                f"got {worlds.info.width}x{worlds.info.height}"
            )
        self.machine, self.worlds, self.decoded, self.preset = machine, worlds, decoded, preset
        self.batch_size, self.parts = preset.batch, parts
        self.trained, self.held_out = split(worlds)
        self.model = Upsampler(
            channels=preset.channels, blocks=preset.blocks, tail_channels=preset.tail_channels,
            depth_curve=preset.curve,
        )  # fmt: skip
        self.called = machine.place(self.model, compiled)
        ema = Ema(self.model, preset.ema)
        schedule = Schedule(steps, preset.warmup, preset.decay_from)
        kernels = [p for p in self.model.body.parameters() if p.ndim == 4 and preset.muon]
        own = {id(parameter) for parameter in kernels}
        optimizers = {
            "upsampler": self._adam(p for p in self.model.parameters() if id(p) not in own)
        }
        if kernels:
            optimizers["upsampler-muon"] = KernelMuon(kernels, preset.lr, 0.0)
        optimizer_list = list(optimizers.values())
        self.updater = Updater(machine, self.called, optimizer_list, schedule, ema, preset.max_norm)
        self.networks = {"upsampler": self.model}
        self.optimizers = optimizers
        self.emas = {"upsampler": ema}
        if preset.weights.adversarial:
            self.add_discriminator(4, schedule, seamless=False, compiled=compiled)

    def judge_optimizer(self, discriminator: torch.nn.Module) -> torch.optim.Optimizer:
        """Return AdamW for all of a discriminator."""
        return self._adam(discriminator.parameters())

    def _adam(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        preset = self.preset
        return torch.optim.AdamW(
            list(parameters),
            preset.lr * preset.outer_rate,
            betas=preset.betas,
            weight_decay=0.0,
            fused=True if self.machine.device.type == "cuda" else None,
        )

    def batch(self, turn: Turn) -> Batch:
        """Cut pictures, and make the small ones."""
        numbers = turn.indices(len(self.trained), self.batch_size)
        pairs = [
            cut_pair(
                self.worlds, self.trained[number], turn, place, self.preset.cut_px, self.decoded
            )
            for place, number in enumerate(numbers)
        ]
        small, wanted = (torch.from_numpy(np.stack([p[side] for p in pairs])) for side in (0, 1))
        side = 2 * self.preset.cut_px
        return {
            "small": curved(small, self.preset.curve),
            "wanted": curved(wanted, self.preset.curve),
            "weight": row_weights([p[2] for p in pairs], side, self.worlds.info.height),
        }

    def loss(self, batch: Batch, adversarial: bool) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """Return the loss of one micro-batch, its parts to show, and the doubled planes."""
        preset, wanted = self.preset, batch["wanted"]
        with self.machine.autocast():
            double = self.called(batch["small"])
        parts = reconstruction_losses(double, wanted, batch["weight"], preset.curve, wraps=False)
        loss = weighted_reconstruction(parts, preset.weights)
        parts["mean"] = F.avg_pool2d(double - wanted, 2).abs().mean()
        loss = loss + preset.mean_weight * parts["mean"]
        if adversarial:
            loss = self.with_verdict(loss, parts, double, self.model.last.weight)
        return loss, parts, double

    def evaluate(self) -> dict[str, float]:
        """Return dB of color and AbsRel of distance on held-out pictures, with averaged weights.

        Beside them those of bicubic interpolation of the same small pictures; all of these again
        as `decoded_...` where there are decoded ones. `held_out_mean_error`: how far the mean of
        2 x 2 pixels is from the pixel that they come of, color and depth's root, in [0, 1].
        """
        small = self._halved
        with self._averaged():
            found = self._quality(small, self._doubled).measures("held_out_")
            found["held_out_mean_error"] = self._mean_error()
            if self.decoded is not None:
                given = self._decoded_small
                found |= self._quality(given, self._doubled).measures("decoded_")
        return found | self._bicubic

    def sample(self) -> Image.Image:
        """Return details of held-out pictures: bicubic, doubled by the network, as they are."""
        from ldm3d.training.pictures import details

        small = self._halved if self.decoded is None else self._decoded_small
        with self._averaged():
            rows = [
                [self._by_bicubic(small(n)), self._doubled(small(n)), planes_of(self.worlds, n)]
                for n in self._measured()[:4]
            ]
        return details(rows)

    def describe(self) -> dict[str, object]:
        """Return the network's configuration, from which it is built again."""
        return {"upsampler": {k: v for k, v in self.model.config.items() if k[:1] != "_"}}

    def _measured(self) -> list[int]:
        return some_of(self.held_out, MEASURED)

    def _halved(self, number: int) -> Planes:
        return halved_picture(self.worlds, number)

    def _decoded_small(self, number: int) -> Planes:
        assert self.decoded is not None
        return planes_of(self.decoded, number)

    def _quality(
        self, small: Callable[[int], Planes], double: Callable[[Planes], Planes]
    ) -> Quality:
        found = [
            measure_planes(double(small(number)), planes_of(self.worlds, number))
            for number in self._measured()
        ]
        color, depth = np.array(found).mean(axis=0)
        return Quality(float(color), float(depth))

    @cached_property
    def _bicubic(self) -> dict[str, float]:
        with self._averaged():
            found = self._quality(self._halved, self._by_bicubic).measures("bicubic_")
            if self.decoded is not None:
                given = self._quality(self._decoded_small, self._by_bicubic)
                found |= given.measures("bicubic_decoded_")
        return found

    def _mean_error(self) -> float:
        errors = []
        for number in self._measured():
            small = torch.from_numpy(self._halved(number))[None]
            double = torch.from_numpy(self._doubled(small[0].numpy()))[None]
            mean = F.avg_pool2d(curved(double, self.preset.curve), 2)
            errors.append(float((mean - curved(small, self.preset.curve)).abs().mean()))
        return float(np.mean(errors))

    def _doubled(self, small: Planes) -> Planes:
        given = torch.from_numpy(small)[None].to(self.machine.device)
        with self.machine.autocast():
            double: Planes = self.model.enlarge(given)[0].cpu().numpy()
        return double

    @torch.no_grad()
    def _by_bicubic(self, small: Planes) -> Planes:
        given = curved(torch.from_numpy(small)[None].to(self.machine.device), self.preset.curve)
        double = straightened(self.model.bicubic(given), self.preset.curve).clamp(0, 1)
        planes: Planes = double[0].cpu().numpy()
        return planes

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """Have the averaged weights in the network, and whole panoramas wrap where they do."""
        set_seamless(self.model, self.worlds.info.seamless)
        try:
            with self.emas["upsampler"].swapped():
                yield
        finally:
            set_seamless(self.model, False)
