"""Where training runs: device, number format, several processes (through accelerate)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from ldm3d.device import choose_device, choose_dtype
from ldm3d.errors import RequestError
from ldm3d.memory import explained_out_of_memory

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Machine:
    """One process's device and its place among the others.

    Weights stay in float32; `autocast` computes in bfloat16 where that is faster. Start several
    processes with `accelerate launch --num_processes N -m ldm3d train ...`.
    """

    def __init__(self, device: str | None = None, dtype: str | None = None) -> None:
        """Take a device ("cuda", "cpu"...) and "float32" or "bfloat16"; None: the fastest.

        Raises:
            RequestError: if there is no such device or format.
        """
        from accelerate import Accelerator

        if dtype is not None and dtype not in DTYPES:
            raise RequestError(f"want float32 or bfloat16 to train in, got {dtype}")
        chosen = choose_device(device)
        self.accelerator = Accelerator(cpu=chosen.type == "cpu", mixed_precision="no")
        alone = self.accelerator.num_processes == 1
        self.device: torch.device = chosen if alone else self.accelerator.device
        self.rank: int = self.accelerator.process_index
        self.ranks: int = self.accelerator.num_processes
        self.dtype = choose_dtype(self.device) if dtype is None else DTYPES[dtype]

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and talks."""
        return self.rank == 0

    def autocast(self) -> AbstractContextManager[object]:
        """Return a context in which matrix work is done in the chosen format."""
        if self.dtype == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=self.dtype)

    def place(self, network: nn.Module, compiled: bool = False) -> nn.Module:
        """Move a network here and return what to call: itself, or a wrapper that shares gradients.

        The weights that a checkpoint holds are those of the network given.
        """
        with explained_out_of_memory("placing the network", "use a smaller preset"):
            nn.Module.to(network, device=self.device)
            if self.device.type == "cuda":
                nn.Module.to(network, memory_format=torch.channels_last)  # type: ignore[call-overload]
        if compiled and self.device.type == "cuda":
            network.compile(dynamic=False)
        if self.ranks == 1:
            return network
        wrapped: nn.Module = self.accelerator.prepare_model(network, device_placement=False)
        return wrapped

    def backward(self, loss: Tensor) -> None:
        """Add a loss's gradients."""
        self.accelerator.backward(loss)

    def without_sharing(self, wrapped: nn.Module, last: bool) -> AbstractContextManager[object]:
        """Return a context in which gradients are not yet shared, for all parts but the last."""
        if last or self.ranks == 1:
            return nullcontext()
        context: AbstractContextManager[object] = self.accelerator.no_sync(wrapped)
        return context

    def send(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Copy a batch to the device; from pinned memory this does not wait."""
        return {name: value.to(self.device, non_blocking=True) for name, value in batch.items()}

    def mean_over_ranks(self, value: Tensor) -> Tensor:
        """Return the mean of a tensor over all processes."""
        if self.ranks == 1:
            return value
        mean: Tensor = self.accelerator.reduce(value, reduction="mean")
        return mean

    def any_rank(self, flag: bool) -> bool:
        """Tell whether any process says yes, so that all stop at the same step."""
        if self.ranks == 1:
            return flag
        told = self.accelerator.reduce(torch.tensor(float(flag), device=self.device), "sum")
        return bool(told.item() > 0)

    def wait(self) -> None:
        """Wait for the other processes."""
        if self.ranks > 1:
            self.accelerator.wait_for_everyone()
