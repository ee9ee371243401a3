"""What a run needs in memory, how it gets along with what there is, and a way on if it cannot."""

from __future__ import annotations

import gc
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from errno import ENOMEM
from typing import TYPE_CHECKING

from ldm3d.errors import OutOfMemoryError

if TYPE_CHECKING:
    import torch

    from ldm3d.model import Model

_SIGNS = re.compile(
    r"not enough memory|n[o']t allocate memory|out of memory|bad_alloc|ALLOC_FAILED"
    r"|could not (create a (primitive|memory|memory object)|execute a primitive)$",
    re.IGNORECASE,
)
"""What torch, its allocators and its libraries say in a plain RuntimeError.

The last line is oneDNN's, which names no reason; what it cannot do at all it says earlier, about a
primitive's *descriptor*.
"""

_WANTED = re.compile(r"tried to allocate ([\d.]+) ?(bytes|KiB|MiB|GiB)", re.IGNORECASE)


@dataclass(frozen=True)
class MemoryPlan:
    """How a run gets along with the memory there is."""

    offload: bool
    """Whether only the network at work stays on the device; the others wait in main memory."""
    tile: int | None
    """Latent cells along a side of a tile to decode at once; None: the whole picture."""
    networks: tuple[torch.nn.Module, ...] = field(default=(), repr=False, compare=False)

    @contextmanager
    def on_device(self, network: torch.nn.Module, device: torch.device) -> Iterator[None]:
        """Have `network` on `device` while the block runs.

        With `offload` the other networks leave first. This one stays until another needs the
        room, so that the UNet moves once and not at every step.
        """
        if self.offload:
            for other in self.networks:
                if other is not network:
                    other.to("cpu")
        network.to(device)
        yield


def plan_memory(model: Model, width: int, height: int, batch: int) -> MemoryPlan:
    """Choose the fastest way to run that fits into the memory there is."""
    return MemoryPlan(False, None, (model.text_encoder, model.unet, model.vae))


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error of torch, NumPy or the system means that memory ran out."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == ENOMEM
    return isinstance(error, RuntimeError) and _SIGNS.search(str(error)) is not None


@contextmanager
def explained_out_of_memory(what: str, way_on: str) -> Iterator[None]:
    """Turn memory that ran out into one sentence, and free what the failed work still held.

    Args:
        what: what it was for, such as "a picture of 1024x512".
        way_on: what to do, such as "choose a smaller size, or close other programs".

    Raises:
        OutOfMemoryError: instead of torch's, the CPU allocator's and Python's own errors. Every
            other error passes untouched.
    """
    try:
        yield
    except (RuntimeError, MemoryError, OSError) as error:
        if not is_out_of_memory(error):
            raise
        # The traceback's frames hold tensors: the error would keep the memory it complains about.
        traceback.clear_frames(error.__traceback__)
        free_caches()
        raise OutOfMemoryError(f"not enough memory for {what}{_wanted(error)}: {way_on}") from error


def free_caches() -> None:
    """Give back memory that nobody uses: Python's cycles and the GPU allocators' caches."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def _wanted(error: BaseException) -> str:
    """Return how much the last allocation asked for, in brackets, if the error says it."""
    match = _WANTED.search(str(error))
    if match is None:
        return ""
    unit = {"bytes": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30}[match.group(2).lower()]
    return f" (the last piece alone was {in_words(int(float(match.group(1)) * unit))})"


def in_words(size_bytes: float) -> str:
    """Return a size as people say it: "850 MB", "3.4 GB"."""
    if size_bytes < 1e9:
        return f"{max(1, round(size_bytes / 1e6))} MB"
    return f"{size_bytes / 1e9:.1f} GB"
