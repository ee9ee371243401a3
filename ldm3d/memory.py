"""What a run needs in memory, how it gets along with what there is, and a way on if it cannot."""

from __future__ import annotations

import gc
import re
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from errno import ENOMEM
from typing import TYPE_CHECKING

from ldm3d.errors import OutOfMemoryError
from ldm3d.free_memory import free_memory_bytes, free_swap_bytes

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


UNET_WIDTHS = 26
"""Peak of a UNet's activations: this often its first level's channels at every latent cell.

Reached in the feed-forward part of a transformer at full size: skips, input, residual, the doubled
hidden layer (8) and its product (4). Counted on SD1's UNet: 26.0; without attention at the first
level it is less (14).
"""
DECODER_WIDTHS = 3.8
"""Peak of the undivided decoder: this often its second level's channels at every pixel (3.76)."""
BANDED_WIDTHS = 1.3
"""The same in bands of rows, for what is kept whole; the bands add their share of `BAND_WIDTHS`."""
BAND_WIDTHS = 3.5
SLACK = 1.6
"""What allocators and convolutions take beyond the tensors: 1.1 to 1.6 on a CPU, measured."""
FIXED_BYTES = 100_000_000
"""What every run needs besides: kernels, the text, pictures on their way out."""
TILES = (32, 16, 8, 4, 2)
FEW_ROWS = 8
"""Most latent rows to decode at a time where little memory is to be used."""


@dataclass(frozen=True)
class MemoryPlan:
    """How a run gets along with the memory there is."""

    offload: bool
    """Whether only the network at work stays on the device; the others wait in main memory."""
    tile: int | None
    """Latent rows to decode at a time; None: all of them."""
    networks: tuple[torch.nn.Module, ...] = field(default=(), repr=False, compare=False)

    @contextmanager
    def on_device(self, network: torch.nn.Module, device: torch.device) -> Iterator[None]:
        """Have `network` on `device` while the block runs.

        With `offload` the other networks leave first. This one stays until another needs the
        room, so that the UNet moves once and not at every step.
        """
        if not _is_on(network, device):
            for other in self.networks if self.offload else ():
                if other is not network and _is_on(other, device):
                    other.to("cpu")
                    free_caches()
            network.to(device)
        yield


def plan_memory(
    model: Model, width: int, height: int, batch: int, *, low_memory: bool | None = None
) -> MemoryPlan:
    """Choose the fastest way to run that fits into the memory there is.

    Decoding in bands costs a few per cent of time and comes first; keeping only one network on
    the device, which costs its transfer, comes second and only with CUDA: elsewhere the device's
    memory is the main memory.

    Args:
        model: its networks may be on its device or in main memory.
        width: in pixels.
        height: in pixels.
        batch: pictures denoised together (with guidance each is two rows).
        low_memory: True: take the way that needs little, also where there is enough; False: only
            the fastest; None: as described.

    Raises:
        OutOfMemoryError: if nothing fits. Better told than killed by the system.
    """
    need = MemoryNeed.of(model, width, height, batch)
    networks = tuple(
        network
        for network in (model.text_encoder, model.unet, model.vae, model.upsampler)
        if network is not None
    )
    free = free_memory_bytes(model.device)
    absent = sum(weight_bytes(n) for n in networks if not _is_on(n, model.device))
    resident = sum(weight_bytes(n) for n in networks) - absent
    sampled = height >> model.passes(width, height)
    tiles = _tiles(sampled // need.factor, low_memory)
    may_offload = model.device.type == "cuda" and low_memory is not False
    for tile in tiles if not (low_memory and may_offload) else ():
        if absent + need.at_once(tile) <= free:
            return MemoryPlan(False, tile, networks)
    if may_offload:
        for tile in tiles:
            if need.one_by_one(tile) <= free + resident:
                return MemoryPlan(True, tile, networks)
        least = need.one_by_one(tiles[-1]) - resident
    else:
        least = absent + need.at_once(tiles[-1])
    if model.device.type == "cpu" and least <= free + free_swap_bytes():
        return MemoryPlan(False, tiles[-1], networks)
    many = f"{batch} pictures" if batch > 1 else "a picture"
    raise OutOfMemoryError(
        f"{many} of {width}x{height} would need about {in_words(least)} more on {model.device}, "
        f"{in_words(free)} are free: choose a smaller size{' or batch' if batch > 1 else ''}, "
        "or close other programs"
    )


def _tiles(rows: int, low_memory: bool | None) -> tuple[int | None, ...]:
    """Return how many of `rows` latent rows may be decoded at a time, the fastest first."""
    bands = tuple(tile for tile in TILES if tile < rows)
    if low_memory is False:
        return (None,)
    if low_memory is None or not bands:
        return (None, *bands)
    return tuple(tile for tile in bands if tile <= FEW_ROWS) or bands[-1:]


@dataclass(frozen=True)
class MemoryNeed:
    """Estimated bytes of one run, fitted to counted allocations (docs/speed.md has the table)."""

    text_weights: int
    unet_weights: int
    vae_weights: int
    unet_bytes: int
    """Activations of one pass over all rows of the batch."""
    whole_bytes: int
    """Activations of decoding one picture in one piece."""
    banded_bytes: int
    """What decoding in bands keeps whole."""
    row_bytes: int
    """What each latent row of a band adds."""
    pictures_bytes: int
    """The decoded planes of the batch in float32, once apart and once together."""
    factor: int
    """Pixels per latent cell along one side."""
    upsampler_weights: int = 0
    enlarging_bytes: int = 0
    """What the last pass of the upsampler takes, and the decoded planes of the batch."""

    @classmethod
    def of(cls, model: Model, width: int, height: int, batch: int) -> MemoryNeed:
        """Estimate from the networks' configurations."""
        passes = model.passes(width, height)
        full, width, height = (width, height), width >> passes, height >> passes
        cells = (width // model.factor) * (height // model.factor)
        pixels, size = width * height, model.dtype.itemsize
        channels = model.vae.config.block_out_channels
        folded = (getattr(model.vae.config, "patch_size", None) or 1) ** 2
        second = pixels // folded * size * int(channels[min(1, len(channels) - 1)])
        rows = 2 * batch
        return cls(
            text_weights=weight_bytes(model.text_encoder),
            unet_weights=weight_bytes(model.unet),
            vae_weights=weight_bytes(model.vae),
            unet_bytes=UNET_WIDTHS * model.unet.config.block_out_channels[0] * rows * cells * size,
            whole_bytes=int(DECODER_WIDTHS * second),
            banded_bytes=int(BANDED_WIDTHS * second),
            row_bytes=int(BAND_WIDTHS * second * model.factor / height),
            pictures_bytes=2 * batch * pixels * int(model.vae.config.out_channels) // folded * 4,
            factor=model.factor,
            **_enlarging(model, *full) if passes else {},
        )

    def decoding(self, tile: int | None) -> int:
        """Return the bytes that decoding takes besides weights, `tile` latent rows at a time."""
        banded = self.banded_bytes + self.row_bytes * (tile or 0)
        peak = self.whole_bytes if tile is None else min(banded, self.whole_bytes)
        return int(SLACK * peak) + self.pictures_bytes

    def at_once(self, tile: int | None) -> int:
        """Return the bytes besides weights, when all of these stay on the device."""
        most = max(int(SLACK * self.unet_bytes), self.decoding(tile))
        return FIXED_BYTES + max(most, int(SLACK * self.enlarging_bytes))

    def one_by_one(self, tile: int | None) -> int:
        """Return the bytes with the weights, when only the network at work is on the device."""
        return FIXED_BYTES + max(
            self.text_weights,
            self.unet_weights + int(SLACK * self.unet_bytes),
            self.vae_weights + self.decoding(tile),
            self.upsampler_weights + int(SLACK * self.enlarging_bytes),
        )


def _enlarging(model: Model, width: int, height: int) -> dict[str, int]:
    from ldm3d.upsampler import working_bytes

    channels = int(model.upsampler.config.channels)
    return {
        "upsampler_weights": weight_bytes(model.upsampler),
        "enlarging_bytes": working_bytes(width, height, channels, model.dtype.itemsize),
    }


def weight_bytes(network: torch.nn.Module) -> int:
    """Return the size of a network's parameters and buffers."""
    tensors = [*network.parameters(), *network.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def home_of_weights(
    networks: Sequence[torch.nn.Module], device: torch.device, dtype: torch.dtype
) -> torch.device:
    """Return where loaded weights should wait: on the device, or in main memory if CUDA is short.

    Room for a small picture has to be left; `MemoryPlan.on_device` fetches what is needed.
    """
    import torch

    if device.type != "cuda":
        return device
    count = sum(parameter.numel() for n in networks for parameter in n.parameters())
    fits = count * dtype.itemsize + 10 * FIXED_BYTES <= free_memory_bytes(device)
    return device if fits else torch.device("cpu")


def _is_on(network: torch.nn.Module, device: torch.device) -> bool:
    """Return whether a network, which always moves as a whole, is on a device; cheap."""
    here = next(network.parameters()).device
    return here.type == device.type and device.index in (None, here.index)


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
