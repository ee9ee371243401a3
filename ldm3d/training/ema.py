"""An exponential moving average of a network's weights: what is sampled and shipped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Ema:
    """Averages a network's parameters in float32, on its device.

    The decay grows with the steps, min(decay, (1 + n) / (10 + n)), so that early averages do not
    remember the random start.
    """

    def __init__(self, network: nn.Module, decay: float = 0.999) -> None:
        """Start from a network's weights; the network is kept (not copied) for `swapped`."""
        self.decay = decay
        self.network = network
        self.averages: dict[str, Tensor] = {}
        self.reset()

    def reset(self) -> None:
        """Start again from the network's weights as they are now."""
        self.averages = {
            name: value.detach().float().clone() for name, value in self.network.named_parameters()
        }

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after step `step` (from 0). No host synchronisation."""
        share = 1 - min(self.decay, (1 + step) / (10 + step))
        values = [value.detach().float() for _, value in self.network.named_parameters()]
        torch._foreach_lerp_(list(self.averages.values()), values, share)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the averages by the network's own names; buffers are as they are in it."""
        return {**self.network.state_dict(), **self.averages}

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take averages as `state_dict` gave them."""
        for name, average in self.averages.items():
            average.copy_(state[name])

    @contextmanager
    def swapped(self) -> Iterator[nn.Module]:
        """Lend the network with the averaged weights in it; its own come back afterwards."""
        own = {name: value.detach().clone() for name, value in self.network.named_parameters()}
        self._put(self.averages)
        try:
            yield self.network
        finally:
            self._put(own)

    @torch.no_grad()
    def _put(self, values: dict[str, Tensor]) -> None:
        for name, parameter in self.network.named_parameters():
            parameter.copy_(values[name])
