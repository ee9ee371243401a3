"""How well a codec keeps color and depth of unseen pictures, and a plain codec to beat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.world_set import WorldSet
from ldm3d.training.planes import DEPTH_FLOOR, planes_of

Codec = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""(4, H, W) planes in [0, 1] -> the same, there and back."""


@dataclass(frozen=True)
class Quality:
    """Means over pictures; every pixel of a panorama weighs cos(latitude)."""

    color_db: float
    """PSNR of color in dB, the mean of each picture's."""
    depth_abs_rel: float
    """Mean |z' - z| / z of distances z = 1 / depth where depth >= `DEPTH_FLOOR`."""

    def measures(self, prefix: str = "") -> dict[str, float]:
        """Return the figures by name."""
        return {f"{prefix}color_db": self.color_db, f"{prefix}depth_abs_rel": self.depth_abs_rel}


def measure_codec(worlds: WorldSet, numbers: Sequence[int], codec: Codec) -> Quality:
    """Measure a codec on some pictures of a set."""
    found = []
    for number in numbers:
        planes = planes_of(worlds, number)
        found.append(measure_planes(codec(planes), planes, sphere=worlds.info.seamless))
    color, depth = np.array(found).mean(axis=0)
    return Quality(float(color), float(depth))


def measure_planes(
    got: NDArray[np.float32], want: NDArray[np.float32], *, sphere: bool = True
) -> tuple[float, float]:
    """Return PSNR in dB of colors in 8 bits, and AbsRel of distance, of (4, H, W) planes.

    Every pixel weighs cos(latitude) on a sphere, else all are alike.
    """
    height = want.shape[1]
    weight = np.cos(((np.arange(height) + 0.5) / height - 0.5) * np.pi)[:, None]
    if not sphere:
        weight = np.ones_like(weight)
    colors = np.rint(np.clip(got[:3], 0, 1) * 255) / 255
    error = np.average(np.square(colors - want[:3]).mean(axis=(0, 2)), weights=weight[:, 0])
    depth, true = np.maximum(got[3], DEPTH_FLOOR), want[3]
    counted = weight * (true >= DEPTH_FLOOR)
    relative = np.abs(true / np.minimum(depth, 1) - 1)
    absolute = (relative * counted).sum() / max(counted.sum(), 1e-9)
    return float(-10 * np.log10(max(error, 1e-10))), float(absolute)


@dataclass(frozen=True)
class BlockFit:
    """A PCA of square blocks of planes; a block is a vector, plane by plane, row by row."""

    mean: NDArray[np.float64]  # (n,)
    weight: NDArray[np.float64]  # (n,) of blocks less their mean, before the PCA
    axes: NDArray[np.float64]  # (n, components), orthonormal
    spread: NDArray[np.float64]  # (components,) standard deviations, largest first


def fit_blocks(
    worlds: WorldSet,
    numbers: Sequence[int],
    components: int,
    block_px: int = 16,
    curve: str = "linear",
    blocks: int = 20_000,
    depth_weight: float = 1.0,
) -> BlockFit:
    """Fit a PCA of blocks at any column.

    Args:
        worlds: a set of pictures.
        numbers: those to fit to.
        components: numbers a block.
        block_px: side of a block.
        curve: how depth is held, "linear" or "root".
        blocks: how many, drawn at random.
        depth_weight: how much an error of depth counts beside one of a color.
    """
    random = np.random.default_rng(0)
    each = max(1, blocks // len(numbers))
    rows = []
    for number in numbers:
        planes = planes_of(worlds, number)
        if curve == "root":
            planes[3] = np.sqrt(planes[3])
        cells = _cells(np.roll(planes, int(random.integers(block_px)), axis=2), block_px)
        rows.append(cells[random.permutation(len(cells))[:each]])
    data = np.concatenate(rows).astype(np.float64)
    mean = data.mean(axis=0)
    weight = np.repeat([1.0, 1.0, 1.0, depth_weight], block_px**2)
    values, axes = np.linalg.eigh(np.cov((data - mean) * weight, rowvar=False))
    spread = np.sqrt(np.maximum(values[::-1][:components], 1e-8))
    return BlockFit(mean, weight, np.ascontiguousarray(axes[:, ::-1][:, :components]), spread)


def pca_codec(
    worlds: WorldSet,
    numbers: Sequence[int],
    components: int,
    block_px: int = 16,
    blocks: int = 20_000,
) -> Codec:
    """Fit the best linear codec of square blocks: `components` numbers a block of 4 planes.

    Closed-form, nothing is trained: what an autoencoder of the same factor and latent channels has
    to beat.
    """
    fit = fit_blocks(worlds, numbers, components, block_px, blocks=blocks)
    mean, basis = fit.mean, fit.axes

    def codec(planes: NDArray[np.float32]) -> NDArray[np.float32]:
        cells = _cells(planes, block_px) - mean
        return _from_cells(cells @ basis @ basis.T + mean, planes.shape, block_px)

    return codec


def _cells(planes: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    channels, height, width = planes.shape
    cut = planes.reshape(channels, height // size, size, width // size, size)
    return cut.transpose(1, 3, 0, 2, 4).reshape(-1, channels * size * size)


def _from_cells(
    cells: NDArray[np.floating], shape: tuple[int, ...], size: int
) -> NDArray[np.float32]:
    channels, height, width = shape
    cut = cells.reshape(height // size, width // size, channels, size, size)
    planes = cut.transpose(2, 0, 3, 1, 4).reshape(channels, height, width)
    return np.ascontiguousarray(planes, dtype=np.float32)
