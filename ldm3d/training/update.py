"""One optimiser step for one network: accumulation, clipping, learning rate, EMA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ldm3d.training.ema import Ema
from ldm3d.training.machine import Machine


@dataclass(frozen=True)
class Schedule:
    """The share of the peak learning rate, a function of the step alone."""

    steps: int
    warmup: int = 40
    decay_from: float = 0.6
    """Share of the steps after which the rate falls linearly; 1: never (the paper)."""
    floor: float = 0.02
    """Share that is left at the end."""

    def factor(self, step: int) -> float:
        """Return the share at a step, from 0."""
        rise = min(1.0, (step + 1) / max(1, self.warmup))
        done = min(1.0, step / max(1, self.steps))
        if done <= self.decay_from:
            return rise
        fall = (1 - done) / max(1e-9, 1 - self.decay_from)
        return rise * max(self.floor, fall)


class Updater:
    """Steps the optimisers of one network; every group keeps its own peak rate."""

    def __init__(
        self,
        machine: Machine,
        network: nn.Module,
        optimizers: Sequence[Optimizer],
        schedule: Schedule,
        ema: Ema | None = None,
        max_norm: float | None = 1.0,
    ) -> None:
        """Take what `Machine.place` returned as `network`; rates set by now are the peaks."""
        self.machine, self.network, self.ema = machine, network, ema
        self.optimizers, self.schedule, self.max_norm = optimizers, schedule, max_norm
        self._peaks = [[group["lr"] for group in o.param_groups] for o in optimizers]
        self._parameters = [
            parameter
            for optimizer in optimizers
            for group in optimizer.param_groups
            for parameter in group["params"]
        ]

    def rate(self, step: int) -> float:
        """Return the first group's learning rate at a step."""
        peak: float = self._peaks[0][0]
        return peak * self.schedule.factor(step)

    def step(self, step: int, parts: int, loss_of_part: Callable[[int], Tensor]) -> Tensor:
        """Add the gradients of `parts` losses (their mean), and update.

        Returns:
            The norm of the gradient before clipping, on the device.
        """
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        for part in range(parts):
            with self.machine.without_sharing(self.network, last=part == parts - 1):
                self.machine.backward(loss_of_part(part) / parts)
        return self.apply(step)

    def apply(self, step: int) -> Tensor:
        """Update by the gradients that are there."""
        limit = float("inf") if self.max_norm is None else self.max_norm
        norm = torch.nn.utils.clip_grad_norm_(self._parameters, limit)
        factor = self.schedule.factor(step)
        for optimizer, peaks in zip(self.optimizers, self._peaks, strict=True):
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * factor
            optimizer.step()
        if self.ema is not None:
            self.ema.update(step)
        return norm
