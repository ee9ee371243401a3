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
from depthfusion.generator.request import DepthRequest
from ldm3d import errors as ldm3d_errors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ldm3d.depth import DepthNetwork


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
    start_s = time.monotonic()
    name = depth_model_name(request)
    yield Loading(name, 0.0)
    network = loaded_network(name, request)
    yield Loading(name, 1.0)
    yield from depth_of(color, network, request, start_s)


def depth_model_name(request: DepthRequest) -> str:
    """Return the folder or id of the depth network that a request means."""
    from ldm3d.depth import DEFAULT_DEPTH_MODEL

    return request.model or DEFAULT_DEPTH_MODEL


def loaded_network(name: str, request: DepthRequest) -> DepthNetwork:
    """Load the depth network of a request.

    Raises:
        Ldm3dError: if it cannot be loaded.
    """
    from ldm3d import depth

    try:
        gives = None if request.gives is None else depth.Gives(request.gives)
    except ValueError:
        kinds = ", ".join(depth.Gives)
        raise ldm3d_errors.RequestError(f"want gives as {kinds}, got {request.gives}") from None
    return depth.load_depth_model(name, device=request.device, gives=gives)


def depth_of(
    color: NDArray[np.uint8], network: DepthNetwork, request: DepthRequest, start_s: float
) -> Generator[Step | DepthFinished]:
    """Estimate depth with a network that is loaded; closing the generator cancels.

    Args:
        color: (H, W, 3) uint8, sRGB.
        network: from `loaded_network`.
        request: how.
        start_s: of `time.monotonic`, when it was asked for.

    Raises:
        Ldm3dError: if the picture cannot be used, or memory runs out.
    """
    from ldm3d import depth

    begin_s = time.monotonic()
    steps = depth.depth_steps(color, network, panorama=request.panorama, detail=request.detail)
    with closing(steps):
        for event in steps:
            now_s = time.monotonic()
            if isinstance(event, depth.DepthStep):
                yield _step(event.index, event.total, now_s - begin_s)
            else:
                yield DepthFinished(
                    event.depth, network.name, event.is_panorama, event.tiles, event.disagreement,
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
