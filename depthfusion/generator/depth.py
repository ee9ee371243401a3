"""The door to `ldm3d.depth`: estimates the depth of a picture that has none.

    for event in estimate(color, DepthRequest()):
        ...                             # Loading, Step, then DepthFinished

Importing it costs no torch; the first event does.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from depthfusion.errors import (
    DepthFusionError,
    InputNotFoundError,
    MissingPartError,
    UsageError,
)
from depthfusion.generator.events import Loading, Step
from ldm3d import errors as ldm3d_errors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class DepthRequest:
    """How the depth of a picture is to be estimated."""

    model: str | None = None
    """A depth network's folder or hub id; None: the one LDM3D was taught with."""
    panorama: bool | None = None
    """Whether the picture is a 360° panorama; None: if it is 2:1."""
    detail: int = 1
    """Of panoramas: 1 to 3, more and narrower tiles each."""
    gives: str | None = None
    """What the network's numbers mean, a value of `ldm3d.depth.Gives`; None: as its kind says."""
    device: str | None = None
    """"cuda", "mps" or "cpu"; None: the fastest there is."""


@dataclass(frozen=True, eq=False)
class DepthFinished:
    """The depth of one picture."""

    depth: NDArray[np.float32]
    """(H, W) float32 in [0, 1], 1 = nearer: relative inverse depth."""
    model: str
    is_panorama: bool
    tiles: int
    disagreement: float | None
    """Median difference of tiles where they overlap, of the range; None: one view."""
    seam: float | None
    seconds: float
    notes: tuple[str, ...] = ()


DepthEvent = Loading | Step | DepthFinished


def estimate(color: NDArray[np.uint8], request: DepthRequest) -> Generator[DepthEvent]:
    """Estimate the depth of a picture; closing the generator cancels.

    Args:
        color: (H, W, 3) uint8, sRGB.
        request: how.

    Raises:
        DepthFusionError: if there is no such network, the picture cannot be used, or memory
            runs out; one line each.
    """
    with _told_as_ours():
        yield from _estimate(color, request)


def _estimate(color: NDArray[np.uint8], request: DepthRequest) -> Generator[DepthEvent]:
    from ldm3d import depth

    start_s = time.monotonic()
    name = request.model or depth.DEFAULT_DEPTH_MODEL
    yield Loading(name, 0.0)
    gives = None if request.gives is None else depth.Gives(request.gives)
    network = depth.load_depth_model(name, device=request.device, gives=gives)
    yield Loading(name, 1.0)
    begin_s = time.monotonic()
    steps = depth.depth_steps(color, network, panorama=request.panorama, detail=request.detail)
    with closing(steps):
        for event in steps:
            now_s = time.monotonic()
            if isinstance(event, depth.DepthStep):
                yield _step(event.index, event.total, now_s - begin_s)
            else:
                yield DepthFinished(
                    event.depth, name, event.is_panorama, event.tiles, event.disagreement,
                    event.seam, now_s - start_s, event.notes,
                )  # fmt: skip


def _step(index: int, total: int, elapsed_s: float) -> Step:
    remaining_s = elapsed_s / index * (total - index)
    return Step(index, total, elapsed_s=elapsed_s, remaining_s=remaining_s)


_OURS: tuple[tuple[type[ldm3d_errors.Ldm3dError], type[DepthFusionError]], ...] = (
    (ldm3d_errors.RequestError, UsageError),
    (ldm3d_errors.ModelNotFoundError, InputNotFoundError),
    (ldm3d_errors.MissingPackageError, MissingPartError),
    (ldm3d_errors.InputError, InputNotFoundError),
)


@contextmanager
def _told_as_ours() -> Iterator[None]:
    """Raise what `ldm3d` refuses as the error of this package with the same exit code."""
    try:
        yield
    except ldm3d_errors.Ldm3dError as error:
        kind = next((ours for theirs, ours in _OURS if isinstance(error, theirs)), DepthFusionError)
        raise kind(str(error)) from error
