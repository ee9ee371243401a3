"""torch's Muon, which takes matrices only, for convolution kernels too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Muon, Optimizer


class KernelMuon(Optimizer):
    """Muon (K. Jordan, 2024) over weights of two or more axes: a kernel is a matrix (out, in h w).

    The step is `torch.optim.Muon`'s, on views of the weights; its size is matched to AdamW's
    (arXiv 2502.16982, section 2.2), so that one learning rate serves both.
    """

    def __init__(self, params: Iterable[nn.Parameter], lr: float, weight_decay: float) -> None:
        """Take weights of two or more axes, on their device and in their memory format."""
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})
        weights = [p for group in self.param_groups for p in group["params"]]
        self._views = [_matrix(weight.detach(), weight) for weight in weights]
        self._weights = weights
        self._muon = Muon(
            self._views, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the weights by their gradients."""
        loss = None if closure is None else closure()
        self._muon.param_groups[0]["lr"] = self.param_groups[0]["lr"]
        for weight, view in zip(self._weights, self._views, strict=True):
            if weight.grad is None:
                view.grad = None
                continue
            if "momentum_buffer" not in self.state[weight]:
                self.state[weight]["momentum_buffer"] = torch.zeros_like(weight)
            momentum = self.state[weight]["momentum_buffer"]
            self._muon.state[view]["momentum_buffer"] = _matrix(momentum, weight)
            view.grad = _matrix(weight.grad, weight)
        self._muon.step()  # type: ignore[no-untyped-call]
        return loss


def _matrix(value: Tensor, weight: Tensor) -> Tensor:
    """Return a view of (out, ...) as (out, rest); columns are ordered as the weight lies."""
    if weight.ndim > 2 and not weight.is_contiguous():
        return value.movedim(1, -1).flatten(1)  # channels-last
    return value.flatten(1)
