"""What can be trained: the contract between a task and the loop that runs it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from ldm3d.training.ema import Ema
from ldm3d.training.order import Turn

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor, nn
    from torch.optim import Optimizer

Batch = dict[str, "Tensor"]


class Task(ABC):
    """Something that is trained. `run.train` owns the loop, the task what a step does.

    Subclasses fill the attributes in their constructor. Everything random must come from the
    `Turn`s: then a run that goes on after a kill equals an unbroken one, bit for bit on the CPU.
    """

    kind: ClassVar[str]
    """ "autoencoder", "unet": the run folder remembers it."""
    batch_size: int
    """Samples of one micro-batch in one process."""
    parts: int = 1
    """Micro-batches a step (gradient accumulation)."""
    networks: Mapping[str, nn.Module]
    """What is trained, without any wrapper of several processes; a checkpoint holds it."""
    optimizers: Mapping[str, Optimizer]
    """Their state is in the checkpoint too; learning rates are not: they follow from the step."""
    emas: Mapping[str, Ema]
    """By the name of their network; may be empty."""

    @abstractmethod
    def batch(self, turn: Turn) -> Batch:
        """Load one micro-batch: CPU tensors, a function of `turn` and the data alone.

        Called ahead of time from a background thread. Noise and random times belong in here too:
        they are small, and drawn on the CPU they are alike on every device.

        Raises:
            InputError: if a sample is broken; the loop ends with its one line, after a checkpoint.
        """

    @abstractmethod
    def step(self, turns: Sequence[Turn], batches: Sequence[Batch]) -> Mapping[str, Tensor]:
        """Do one step with `parts` micro-batches that are on the device already.

        Forward, backward, update, EMA; `update.Updater` does it for one network and one loss.

        Returns:
            Detached scalars on the device, always the same names. No `.item()`: the loop reads
            them once a log interval.
        """

    def begin(self) -> None:
        """Prepare a new run's first step: what a checkpoint would hold otherwise."""
        return

    def describe(self) -> Mapping[str, object]:
        """Return JSON-able values for run.json that are known once the networks are built."""
        return {}

    def learning_rate(self, step: int) -> float:
        """Return the rate of a step, for the metrics."""
        return 0.0

    def evaluate(self) -> Mapping[str, float]:
        """Measure on held-out data, with the EMA weights; part of the metrics. May be empty."""
        return {}

    def sample(self) -> Image.Image | None:
        """Return a picture that shows how far it is, always of the same samples and seeds."""
        return None
