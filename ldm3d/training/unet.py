"""Trains the denoiser on the latents of a frozen autoencoder (arXiv 2305.10853, section 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ldm3d.data.world_set import SetInfo
from ldm3d.training import diffusion_loss as loss
from ldm3d.training.denoiser import Denoiser, decayed_groups, inner_weights
from ldm3d.training.ema import Ema
from ldm3d.training.export import ModelFacts, ModelParts, write_model
from ldm3d.training.frozen import FrozenAutoencoder
from ldm3d.training.latent_cache import LatentCache
from ldm3d.training.machine import Machine
from ldm3d.training.muon import KernelMuon
from ldm3d.training.order import Turn
from ldm3d.training.samples import sample_grid
from ldm3d.training.task import Batch, Task
from ldm3d.training.text import EmbeddingReader, TokenReader
from ldm3d.training.unet_presets import UnetPreset
from ldm3d.training.update import Schedule, Updater

if TYPE_CHECKING:
    from PIL import Image
    from torch.optim import Optimizer

EVALUATED = 64
"""Held-out pictures at most, each at one noise level."""


@dataclass(frozen=True)
class Material:
    """What the denoiser learns from, and the frozen parts around it."""

    info: SetInfo
    seen: Sequence[int]
    """Numbers of the pictures to learn from."""
    unseen: Sequence[int]
    """Of those held out, of which the autoencoder saw none either."""
    latents: LatentCache
    reader: TokenReader | EmbeddingReader
    autoencoder: FrozenAutoencoder
    tokenizer: Any
    text_encoder: Any
    """The frozen one, or the one in the denoiser."""
    scheduler_config: Mapping[str, Any]
    prompts: Sequence[str]
    """Of the sample pictures."""


class UnetTask(Task):
    """One step: noised latents and captions in, the weighted squared error of the answer out."""

    kind: ClassVar[str] = "unet"

    def __init__(
        self, machine: Machine, material: Material, denoiser: Denoiser, preset: UnetPreset,
        *, steps: int, parts: int = 1, compiled: bool = False,
    ) -> None:  # fmt: skip
        """Take everything ready; `make_task` in `unet_setup` makes it ready."""
        self.batch_size, self.parts = preset.batch, parts
        self._machine, self._material, self._preset = machine, material, preset
        self._denoiser = denoiser
        self._seen = np.array(material.seen)
        called = machine.place(denoiser, compiled)
        self.networks = {"denoiser": denoiser}
        self.optimizers: Mapping[str, Optimizer] = optimizers_for(denoiser, preset, machine)
        self.emas = {} if preset.ema is None else {"denoiser": Ema(denoiser, preset.ema)}
        self._updater = Updater(
            machine, called, list(self.optimizers.values()),
            Schedule(steps, preset.warmup, preset.decay_from),
            self.emas.get("denoiser"), preset.max_norm,
        )  # fmt: skip
        self._alphas_bar = loss.alphas_bar(material.scheduler_config).to(machine.device)
        self._channels = loss.channel_weights(preset.diffusion, material.latents.variances()).to(
            machine.device
        )

    def batch(self, turn: Turn) -> Batch:
        """Load latents, captions, times and, on a CPU, noise."""
        places = turn.indices(len(self._seen), self.batch_size)
        return self._loaded(self._seen[places], turn, turned=True)

    def _loaded(self, pictures: Any, turn: Turn, turned: bool) -> Batch:
        random, latents = turn.random("turns"), self._material.latents
        wraps = self._material.info.seamless
        rows = [
            latents.turned(int(i), random, wraps=wraps) if turned else latents.latents(int(i))
            for i in pictures
        ]
        clean = torch.from_numpy(np.stack(rows).astype(np.float32))
        generator = turn.generator("times")
        batch = {
            "clean": clean,
            "text": self._material.reader.read(pictures, turn.random("captions")),
            "times": loss.draw_times(self._preset.diffusion, len(rows), generator),
        }
        if self._machine.device.type == "cpu":
            batch["noise"] = torch.randn(clean.shape, generator=turn.generator("noise"))
        return batch

    def step(self, turns: Sequence[Turn], batches: Sequence[Batch]) -> Mapping[str, Tensor]:
        """Update once; return the loss and the norm of the gradient."""
        losses: list[Tensor] = []

        def of_part(part: int) -> Tensor:
            value = self._loss(self._updater.network, turns[part], batches[part])
            losses.append(value.detach())
            return value

        norm = self._updater.step(turns[0].step, self.parts, of_part)
        return {"loss": torch.stack(losses).mean(), "gradient": norm.detach()}

    def _loss(self, network: torch.nn.Module, turn: Turn, batch: Batch) -> Tensor:
        diffusion, clean, times = self._preset.diffusion, batch["clean"], batch["times"]
        noise = batch["noise"] if "noise" in batch else self._noise(turn, clean)
        alpha_bar = self._alphas_bar[times]
        noisy = loss.noised(clean, noise, alpha_bar)
        with self._machine.autocast():
            answer = network(noisy, times, batch["text"])
        wanted = loss.target(diffusion.prediction, clean, noise, alpha_bar)
        squares = (answer.float() - wanted).square() * self._channels
        errors = squares.mean(dim=(1, 2, 3))
        mean: Tensor = (errors * loss.weight(diffusion, alpha_bar)).mean()
        return mean

    def _noise(self, turn: Turn, like: Tensor) -> Tensor:
        """Draw on the device, where a background thread would be too slow; still stateless."""
        generator = torch.Generator(like.device).manual_seed(turn.seed_for("noise"))
        return torch.randn(like.shape, generator=generator, device=like.device)

    def learning_rate(self, step: int) -> float:
        """Return the rate of a step."""
        return self._updater.rate(step)

    def evaluate(self) -> Mapping[str, float]:
        """Return the loss on held-out pictures, always under the same noise and captions."""
        pictures = list(self._material.unseen)[:EVALUATED]
        total = torch.zeros((), device=self._machine.device)
        with torch.no_grad(), self._averaged():
            for part, start in enumerate(range(0, len(pictures), self.batch_size)):
                some = pictures[start : start + self.batch_size]
                turn = Turn(0, 0, part, 1)
                batch = self._machine.send(self._loaded(some, turn, turned=False))
                total += self._loss(self._denoiser, turn, batch) * len(some)
        return {"unseen_loss": float(total) / len(pictures)}

    def sample(self) -> Image.Image:
        """Return color and depth for fixed prompts and seeds, by the pipeline that people use."""
        with self._averaged():
            return sample_grid(
                self.model_parts(), self._facts(), self._material.prompts, self._machine.device
            )

    def export(self, folder: Path) -> None:
        """Write a model folder with the averaged weights."""
        with self._averaged():
            write_model(folder, self.model_parts(), self._facts())

    def model_parts(self) -> ModelParts:
        """Return the whole model, with the weights that are in it now."""
        material = self._material
        return ModelParts(
            self._denoiser.unet,
            material.autoencoder.vae,
            self._denoiser.text_encoder or material.text_encoder,
            material.tokenizer,
            material.scheduler_config,
        )

    def _facts(self) -> ModelFacts:
        info, cells = self._material.info, self._material.latents.shape
        factor = self._material.autoencoder.factor
        size = {"width": cells[2] * factor, "height": cells[1] * factor}
        defaults = {**self._preset.defaults, **size}
        if not info.seamless:
            defaults["seamless"] = False
        return ModelFacts(defaults=defaults, near_m=info.near_m, far_m=info.far_m)

    def _averaged(self) -> AbstractContextManager[object]:
        return self.emas["denoiser"].swapped() if self.emas else nullcontext()


def optimizers_for(
    denoiser: Denoiser, preset: UnetPreset, machine: Machine
) -> dict[str, Optimizer]:
    """Return the optimisers of a preset, with fused kernels where there are any."""
    fused = machine.device.type in ("cuda", "cpu")
    if preset.optimizer == "adam":
        learned = [p for p in denoiser.parameters() if p.requires_grad]
        adam = torch.optim.Adam(learned, preset.lr, preset.betas, fused=fused)
        return {"denoiser": adam}
    inner = inner_weights(denoiser) if preset.optimizer == "muon" else []
    groups = decayed_groups(denoiser, preset.weight_decay, without=inner)
    adamw = torch.optim.AdamW(groups, preset.lr, preset.betas, fused=fused)
    found: dict[str, Optimizer] = {"denoiser": adamw}
    if inner:
        found["kernels"] = KernelMuon(inner, preset.lr, preset.weight_decay)
    return found
