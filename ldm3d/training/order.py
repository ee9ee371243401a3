"""Randomness without a state: everything random in a step follows from the seed and its number.

A run that was killed and goes on draws the same samples, crops, noise and dropout as an unbroken
one, on any number of loading threads, and a checkpoint need not hold any generator's state.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch


def seed_from(*parts: int | str) -> int:
    """Return a seed in [0, 2^63) that depends on every part and their order."""
    text = "\x1f".join(str(part) for part in parts).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


@dataclass(frozen=True)
class Turn:
    """One micro-batch of one process in one step: what everything random in it follows from."""

    seed: int
    """Of the run."""
    step: int
    """From 0."""
    part: int = 0
    """Which of the `parts` micro-batches whose gradients make one step."""
    parts: int = 1
    rank: int = 0
    """Which of the `ranks` processes."""
    ranks: int = 1

    def seed_for(self, purpose: str) -> int:
        """Return the seed for one purpose ("noise", "crop", ...) in this micro-batch."""
        return seed_from(self.seed, purpose, self.step, self.part, self.rank)

    def generator(self, purpose: str) -> torch.Generator:
        """Return torch's generator for one purpose, on the CPU so that every device draws alike."""
        import torch

        return torch.Generator("cpu").manual_seed(self.seed_for(purpose))

    def random(self, purpose: str) -> np.random.Generator:
        """Return NumPy's generator for one purpose."""
        return np.random.Generator(np.random.Philox(self.seed_for(purpose)))

    def indices(self, count: int, batch: int) -> NDArray[np.int64]:
        """Return which `batch` of `count` samples this micro-batch takes.

        Every sample once an epoch, in an order that differs from epoch to epoch, no sample twice
        among the processes and micro-batches.
        """
        first = ((self.step * self.parts + self.part) * self.ranks + self.rank) * batch
        places = range(first, first + batch)
        chosen = [_order(self.seed, place // count, count)[place % count] for place in places]
        return np.array(chosen, dtype=np.int64)

    def seed_dropout(self) -> None:
        """Let torch's global generators (dropout) follow from this turn."""
        import torch

        torch.manual_seed(self.seed_for("dropout"))


@lru_cache(maxsize=4)
def _order(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    generator = np.random.Generator(np.random.Philox(seed_from(seed, "order", epoch)))
    return generator.permutation(count)
