"""What estimating depth asks of a network, and what it yields: `DepthStep`*, then `DepthResult`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class DepthModel(Protocol):
    """A network that gives depth for an ordinary (perspective) picture."""

    @property
    def name(self) -> str:
        """The folder or id it was loaded by."""
        ...

    @property
    def has_shift(self) -> bool:
        """Whether its inverse depth has an unknown shift, and not only an unknown scale."""
        ...

    @property
    def tile_px(self) -> int:
        """Side of the square picture that it looks at best."""
        ...

    def inverse_depth(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return inverse depth along the picture's axis, larger = nearer.

        Args:
            picture: (h, w, 3) uint8, sRGB.

        Returns:
            (h', w') float32 of any size; covers the whole picture.
        """
        ...


@dataclass(frozen=True)
class DepthStep:
    """One part of the work is done."""

    index: int
    """Parts done so far, 1 to `total`."""
    total: int


@dataclass(frozen=True, eq=False)
class DepthResult:
    """The depth of one picture."""

    depth: NDArray[np.float32]
    """(H, W) float32 in [0, 1], 1 = nearer: relative inverse depth, of the ray for a panorama."""
    is_panorama: bool
    tiles: int
    """How many views the network looked at."""
    disagreement: float | None
    """Median difference of two tiles where they overlap, of the range of values; None: one view."""
    seam: float | None
    """Jump across the wrap against the jumps inside (`ldm3d.seam`); None for a plain picture."""
    notes: tuple[str, ...] = ()
    """What was assumed, one sentence each."""
