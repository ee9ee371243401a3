"""Latents of a whole set, encoded once by the frozen autoencoder and kept on disk.

    FOLDER/
      shard-00000.DIGEST.npy     (n, variants, c, h, w) float16, for each shard of the set

A file appears whole (written under a temporary name, then renamed). DIGEST depends on the
autoencoder's weights, the pictures and the variants: when one of them changes the shard is
encoded anew and the old file deleted; a set that grew costs only its new shards.

Augmentation costs nothing later: the encoder is seamless, so a turn of the panorama by whole cells
is a roll of its latents, exactly. What is not exact is encoded as a variant of its own: turns by
parts of a cell (phases) and the mirror image.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.world_set import WorldSet
from ldm3d.depth_codec import planes_from_depth
from ldm3d.errors import InputError
from ldm3d.training.array_file import array_file
from ldm3d.training.frozen import FrozenAutoencoder

if TYPE_CHECKING:
    from torch import Tensor

_SAMPLES, _SAMPLE_BYTES = 16, 1 << 15


@dataclass(frozen=True)
class Variants:
    """Which versions of each picture are encoded."""

    phases: int = 2
    """Turns by 0, 1/phases, 2/phases... of a cell."""
    mirror: bool = True
    """Whether the mirror image is encoded too."""
    width: int | None = None
    """Pictures are averaged down to it before; None: as they are."""

    @property
    def count(self) -> int:
        """Versions of each picture."""
        return self.phases * (2 if self.mirror else 1)


class LatentCache:
    """Reads the latents of a set; they stay on disk until they are asked for."""

    def __init__(self, files: list[Path]) -> None:
        """Open the files of all shards, in the order of the set."""
        self._parts: list[NDArray[np.float16]] = [np.load(file, mmap_mode="r") for file in files]
        self._ends = np.cumsum([len(part) for part in self._parts])

    def __len__(self) -> int:
        return int(self._ends[-1])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, rows and columns of one picture's latents."""
        channels, rows, columns = self._parts[0].shape[2:]
        return int(channels), int(rows), int(columns)

    @property
    def variants(self) -> int:
        """Versions of each picture."""
        return int(self._parts[0].shape[1])

    def parts(self, numbers: Sequence[int], most: int = 1024) -> LatentParts:
        """Return all versions of some pictures, of at most so many; the others are passed over."""
        return LatentParts(self, tuple(numbers[:: max(1, -(-len(numbers) // most))]))

    def variances(self, pictures: int = 256) -> Tensor:
        """Return the (c) float32 variances of the channels, of at most so many pictures."""
        import torch

        some = range(0, len(self), max(1, len(self) // pictures))
        latents = np.stack([self.latents(index) for index in some]).astype(np.float32)
        return torch.from_numpy(latents.var(axis=(0, 2, 3)))

    def latents(self, index: int, variant: int = 0) -> NDArray[np.float16]:
        """Return one picture's latents, (c, h, w), about unit variance."""
        part = int(np.searchsorted(self._ends, index, side="right"))
        row = index - (int(self._ends[part - 1]) if part else 0)
        latents: NDArray[np.float16] = self._parts[part][row, variant]
        return latents

    def turned(
        self, index: int, random: np.random.Generator, *, wraps: bool = True
    ) -> NDArray[np.float16]:
        """Return one picture's latents, perhaps mirrored, and turned where it wraps, at random."""
        variant = int(random.integers(self.variants))
        cells = int(random.integers(self.shape[2])) if wraps else 0
        return np.roll(self.latents(index, variant), cells, axis=-1)


@dataclass(frozen=True)
class LatentParts:
    """Latents to go through several times: (versions, c, h, w) float32 of one picture each."""

    cache: LatentCache
    numbers: tuple[int, ...]

    def __iter__(self) -> Iterator[Tensor]:
        """Read them from the disk, in order."""
        import torch

        for number in self.numbers:
            versions = [self.cache.latents(number, v) for v in range(self.cache.variants)]
            yield torch.from_numpy(np.stack(versions).astype(np.float32))


def cached_latents(
    worlds: WorldSet,
    autoencoder: FrozenAutoencoder,
    folder: Path,
    variants: Variants | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> LatentCache:
    """Return the latents of a set after encoding what is not there yet.

    Args:
        worlds: the set.
        autoencoder: seamless, on its device.
        folder: of the cache; it holds the latents of one set by one autoencoder.
        variants: versions of each picture.
        progress: called with pictures done and pictures in all.

    Raises:
        InputError: if a picture's latents are no numbers, or the sizes do not fit the autoencoder.
    """
    wanted = variants or Variants()
    _check_sizes(worlds, autoencoder, wanted)
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".shard-*"):  # of a run that was killed
        left.unlink()
    key = f"{_encoder_digest(autoencoder.vae)} {wanted}"
    files = []
    for name, numbers in worlds.shards:
        path = folder / f"{name}.{_pictures_digest(worlds.folder / name, key)}.npy"
        if not path.is_file():
            _encode_shard(worlds, numbers, autoencoder, wanted, path, progress)
            _remove_others(folder, name, path)
        files.append(path)
    return LatentCache(files)


def latents_of(
    worlds: WorldSet, index: int, autoencoder: FrozenAutoencoder, variants: Variants
) -> Tensor:
    """Encode all versions of one picture: (variants, c, h, w) float32.

    First the phases of the picture as it is, then those of its mirror image.

    Raises:
        InputError: if the result is not finite.
    """
    import torch

    planes = torch.from_numpy(_planes(worlds, index, autoencoder, variants.width))
    shifts = [phase * autoencoder.factor // variants.phases for phase in range(variants.phases)]
    sides = [planes, planes.flip(-1)] if variants.mirror else [planes]
    batch = torch.stack([side.roll(shift, dims=-1) for side in sides for shift in shifts])
    latents = autoencoder.encode(batch).cpu()
    if not torch.isfinite(latents).all():
        raise InputError(
            f"the autoencoder gives no numbers for picture {index} of {worlds.folder} "
            f"({worlds.facts[index].family} {worlds.facts[index].seed}): make its shard anew, or "
            "take another autoencoder"
        )
    return latents


def _encoder_digest(vae: Any) -> str:
    """Return the digest of what decides over the latents.

    Of a linear encoder that is one layer: a decoder that went on learning changes none.
    """
    from ldm3d.block_autoencoder import BlockAutoencoder

    alone = isinstance(vae, BlockAutoencoder) and vae.encoder is None
    return weights_digest(vae, only="linear_in" if alone else "")


def weights_digest(network: Any, only: str = "") -> str:
    """Return 16 hex digits that change with the configuration of a network or any weight.

    `only`: how the names of the weights that count begin.
    """
    import torch

    digest = hashlib.blake2b(digest_size=8)
    config = network.config.to_dict() if hasattr(network.config, "to_dict") else network.config
    said = {key: value for key, value in config.items() if not key.startswith("_")}  # not its path
    digest.update(repr(sorted(said.items())).encode())
    for name, value in sorted(network.state_dict().items()):
        if not name.startswith(only):
            continue
        raw = value.detach().cpu().flatten().view(torch.uint8)
        digest.update(f"{name} {tuple(value.shape)}".encode() + raw.numpy().tobytes())
    return digest.hexdigest()


def _planes(
    worlds: WorldSet, index: int, autoencoder: FrozenAutoencoder, width: int | None
) -> NDArray[np.float32]:
    """Return (3 + d, H, W) float32 in [0, 1], averaged down to `width`."""
    color = worlds.color(index).astype(np.float32).transpose(2, 0, 1) / np.float32(255)
    depth = worlds.depth(index)[None]
    if width is not None and width != color.shape[2]:
        color, depth = (_averaged(x, color.shape[2] // width) for x in (color, depth))
    return np.concatenate([color, planes_from_depth(depth[0], autoencoder.layout)])


def _averaged(x: NDArray[np.float32], times: int) -> NDArray[np.float32]:
    """Return the means of squares of `times` x `times` pixels."""
    planes, height, width = x.shape
    cut = x.reshape(planes, height // times, times, width // times, times)
    means: NDArray[np.float32] = cut.mean(axis=(2, 4), dtype=np.float32)
    return means


def _encode_shard(
    worlds: WorldSet,
    numbers: range,
    autoencoder: FrozenAutoencoder,
    variants: Variants,
    path: Path,
    progress: Callable[[int, int], None] | None,
) -> None:
    cells = _cells(worlds, autoencoder, variants)
    shape = (len(numbers), variants.count, autoencoder.channels, *cells)
    with array_file(path, shape, np.float16) as append:
        for index in numbers:
            append(latents_of(worlds, index, autoencoder, variants).numpy())
            if progress is not None:
                progress(index + 1, len(worlds))


def _remove_others(folder: Path, name: str, keep: Path) -> None:
    for path in folder.glob(f"{name}.*.npy"):
        if path != keep:
            path.unlink()


def _pictures_digest(shard: Path, key: str) -> str:
    """Return 16 hex digits for the pictures of a shard: size and samples of both arrays."""
    digest = hashlib.blake2b(key.encode(), digest_size=8)
    for name in ("color.npy", "depth.npy"):
        path = shard / name
        size = path.stat().st_size
        digest.update(f"{name} {size}".encode())
        with path.open("rb") as file:
            for part in range(_SAMPLES):
                file.seek(part * max(0, size - _SAMPLE_BYTES) // (_SAMPLES - 1))
                digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()


def _check_sizes(worlds: WorldSet, autoencoder: FrozenAutoencoder, variants: Variants) -> None:
    cell = autoencoder.factor
    if variants.phases < 1 or cell % variants.phases:
        raise InputError(f"want phases that divide a cell of {cell} pixels, got {variants.phases}")
    width, height = _size(worlds, variants)
    if worlds.info.width % width or width % cell or height % cell:
        raise InputError(
            f"want a width that divides {worlds.info.width} and cells of {cell} pixels in both "
            f"directions, got {width}x{height}"
        )


def _cells(worlds: WorldSet, autoencoder: FrozenAutoencoder, variants: Variants) -> tuple[int, int]:
    """Return rows and columns of a picture's latents."""
    width, height = _size(worlds, variants)
    return height // autoencoder.factor, width // autoencoder.factor


def _size(worlds: WorldSet, variants: Variants) -> tuple[int, int]:
    """Return width and height of the pictures as they are encoded."""
    width = variants.width or worlds.info.width
    return width, width * worlds.info.height // worlds.info.width
