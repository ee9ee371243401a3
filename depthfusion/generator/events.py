"""What a generator yields, in this order: `Loading`*, (`Step` | `Preview`)*, `Finished` | `Failed`.

With a `count` above 1 the middle part and `Finished` come once a picture. A request ends with its
last `Finished` or with one `Failed`; closing the generator cancels and ends it without either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from depthfusion.panorama import Panorama


@dataclass(frozen=True)
class Loading:
    """The model is being made ready."""

    model: str
    fraction: float
    """0 to 1."""


@dataclass(frozen=True)
class Step:
    """One denoising step is done."""

    index: int
    """Steps done so far, 1 to `total`."""
    total: int
    image: int = 0
    """Which picture of the request, from 0."""
    count: int = 1
    """How many pictures the request makes."""
    elapsed_s: float = 0.0
    """Since this picture's first step began."""
    remaining_s: float | None = None
    """Estimate until this picture is finished, decoding included; None while unknown."""


@dataclass(frozen=True, eq=False)
class Preview:
    """The current estimate of the finished picture, small."""

    index: int
    total: int
    image: int
    color: NDArray[np.uint8]
    """(h, w, 3) uint8, sRGB."""
    depth: NDArray[np.float32]
    """(h, w) float32 in [0, 1], 1 = nearer."""


@dataclass(frozen=True, eq=False)
class Finished:
    """One picture is done."""

    panorama: Panorama
    """Its `provenance.generation` is the full recipe (`ldm3d.Recipe.to_dict`)."""
    image: int = 0
    count: int = 1
    seconds: float = 0.0
    """From the request (or the picture before) to here, loading included."""
    seam_color: float = 1.0
    """Jump across the wrap against the jumps inside, for colour."""
    seam_depth: float = 1.0
    notes: tuple[str, ...] = ()


class Failure(StrEnum):
    """What kind of end it was; decides what a window offers next."""

    REQUEST = "request"
    """Something impossible was asked for."""
    MODEL = "model"
    """The model is absent or broken."""
    MEMORY = "memory"
    """Not enough memory; a smaller size helps."""
    CRASH = "crash"
    """The worker ended unexpectedly."""
    OTHER = "other"


@dataclass(frozen=True)
class Failed:
    """The request ended without a picture."""

    message: str
    """One line for a person: what was wanted, what was found, what to do."""
    kind: Failure = Failure.OTHER
    exit_code: int = 1
    details: str = field(default="", repr=False)
    """A traceback or the worker's last words, for the log."""


Event = Loading | Step | Preview | Finished | Failed
