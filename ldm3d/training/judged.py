"""What the autoencoder's and the upsampler's training have in common: pictures that are judged."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ldm3d.training.discriminator import PatchDiscriminator
from ldm3d.training.losses import LossWeights, balanced_weight, hinge_discriminator_loss
from ldm3d.training.machine import Machine
from ldm3d.training.order import Turn
from ldm3d.training.task import Batch, Task
from ldm3d.training.update import Schedule, Updater


class JudgedPreset(Protocol):
    """What a preset says of the losses and of the discriminator, the judge."""

    @property
    def weights(self) -> LossWeights:
        """Of the losses; without an adversarial one there is no discriminator."""

    @property
    def adversarial_from(self) -> int:
        """Step from which the discriminator has a say."""

    @property
    def judge_width(self) -> int:
        """Channels of its first layer."""

    @property
    def judge_layers(self) -> int:
        """Layers after the first."""

    @property
    def max_norm(self) -> float | None:
        """Longest gradient; None: any."""


class JudgedTask(Task):
    """One step: make planes, compare, update; then the discriminator, where there is one.

    Subclasses set `updater`, `networks` and `optimizers` before they call `add_discriminator`.
    """

    true_planes: ClassVar[str]
    """What the batch calls the planes that are to be made."""
    machine: Machine
    preset: JudgedPreset
    updater: Updater
    discriminator: PatchDiscriminator | None = None

    @abstractmethod
    def judge_optimizer(self, discriminator: nn.Module) -> Optimizer:
        """Return the optimiser of a discriminator."""

    @abstractmethod
    def loss(self, batch: Batch, adversarial: bool) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """Return the loss of one micro-batch, its parts to show, and the planes that were made."""

    def add_discriminator(
        self, planes: int, schedule: Schedule, *, seamless: bool, compiled: bool
    ) -> None:
        """Build the network that judges `planes` planes, and what trains it."""
        preset = self.preset
        self.discriminator = PatchDiscriminator(
            planes, preset.judge_width, preset.judge_layers, seamless
        )
        self.called_discriminator = self.machine.place(self.discriminator, compiled)
        optimizer = self.judge_optimizer(self.discriminator)
        self.judge = Updater(
            self.machine, self.called_discriminator, [optimizer], schedule, None, preset.max_norm
        )
        self.networks = {**self.networks, "discriminator": self.discriminator}
        self.optimizers = {**self.optimizers, "discriminator": optimizer}

    def learning_rate(self, step: int) -> float:
        """Return the rate of a step."""
        return self.updater.rate(step)

    def step(self, turns: Sequence[Turn], batches: Sequence[Batch]) -> Mapping[str, Tensor]:
        """Update what makes planes, then the discriminator."""
        step = turns[0].step
        adversarial = self.discriminator is not None and step >= self.preset.adversarial_from
        shown: list[dict[str, Tensor]] = []
        made: list[Tensor] = []

        def loss_of_part(part: int) -> Tensor:
            loss, parts, planes = self.loss(batches[part], adversarial)
            shown.append({name: value.detach() for name, value in parts.items()})
            made.append(planes.detach())
            return loss

        norm = self.updater.step(step, len(batches), loss_of_part)
        losses = {name: torch.stack([p[name] for p in shown]).mean() for name in shown[0]}
        losses["gradient"] = norm.detach()
        if adversarial:
            losses["discriminator"] = self._update_judge(step, batches, made)
        return losses

    def with_verdict(
        self, loss: Tensor, parts: dict[str, Tensor], planes: Tensor, last_layer: Tensor
    ) -> Tensor:
        """Return a loss with what the discriminator says of planes in [0, 1], and note it.

        Args:
            loss: of all else that pulls at the planes.
            parts: gets "adversarial": less where the planes look real.
            planes: (B, C, H, W), as they were made.
            last_layer: of what made them; there the verdict pulls as hard as `loss` does.
        """
        assert self.discriminator is not None
        with self.machine.autocast():
            verdict = self.discriminator.frozen(2 * planes - 1)
        parts["adversarial"] = -verdict.float().mean()
        share = balanced_weight(loss, parts["adversarial"], last_layer)
        return loss + self.preset.weights.adversarial * share * parts["adversarial"]

    def _update_judge(self, step: int, batches: Sequence[Batch], made: Sequence[Tensor]) -> Tensor:
        shown: list[Tensor] = []

        def loss_of_part(part: int) -> Tensor:
            both = torch.cat([batches[part][self.true_planes], made[part]])
            with self.machine.autocast():
                real, fake = self.called_discriminator(2 * both - 1).chunk(2)
            loss = hinge_discriminator_loss(real.float(), fake.float())
            shown.append(loss.detach())
            return loss

        self.judge.step(step, len(batches), loss_of_part)
        return torch.stack(shown).mean()
