"""All that a worker can be asked for, and how two kinds of networks share its memory.

The model that makes worlds and the network that estimates depth both stay loaded while there is
room. Before a depth network is loaded, or a world is made beside one, free memory is looked at:
where it is short, the other one leaves. If memory runs out all the same the other one leaves, too,
and the work is begun once more.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing

from depthfusion.generator.estimator import DepthEstimator
from depthfusion.generator.events import Event, Failed, Failure, Finished
from depthfusion.generator.latent import LatentGenerator
from depthfusion.generator.request import AnyRequest, DepthRequest

ESTIMATE_ROOM_BYTES = 4_000_000_000
"""Wanted free before a depth network is loaded beside a model: Intel/dpt-large has 1.4 GB, and as
much again while it is loaded."""
GENERATE_ROOM_BYTES = 6_000_000_000
"""Wanted free before a world is made beside a depth network."""


class BothGenerators:
    """A `LatentGenerator` and a `DepthEstimator` for one process; one request at a time."""

    def __init__(
        self, latent: LatentGenerator | None = None, depth: DepthEstimator | None = None
    ) -> None:
        """Load nothing yet; without arguments for a process that ends by `os._exit`."""
        self.latent = latent or LatentGenerator(keeps_loading=True)
        self.depth = depth or DepthEstimator(keeps_loading=True)

    def events(
        self, request: AnyRequest, *, preview_is_wanted: Callable[[], bool] = lambda: True
    ) -> Generator[Event]:
        """Do what a request asks for; see `LatentGenerator.generate`, `DepthEstimator.estimate`."""
        if isinstance(request, DepthRequest):
            asked, idle, room = request, self.latent, ESTIMATE_ROOM_BYTES
            if not self.depth.is_warm:
                _make_room(idle, room)
            yield from _twice(lambda: self.depth.estimate(asked), idle)
            return
        _make_room(self.depth, GENERATE_ROOM_BYTES)
        wish = request
        yield from _twice(
            lambda: self.latent.generate(wish, preview_is_wanted=preview_is_wanted), self.depth
        )


Idle = LatentGenerator | DepthEstimator


def _make_room(idle: Idle, room_bytes: int) -> None:
    """Let `idle` go if less memory than that is free."""
    if idle.is_warm and _free_bytes() < room_bytes:
        _release(idle)


def _twice(begin: Callable[[], Generator[Event]], idle: Idle) -> Generator[Event]:
    """Pass on the events of some work; if memory runs out, once more without `idle`."""
    is_begun = False
    with closing(begin()) as events:
        for event in events:
            is_begun = is_begun or isinstance(event, Finished)
            is_short = isinstance(event, Failed) and event.kind is Failure.MEMORY
            if is_short and idle.is_warm and not is_begun:
                break
            yield event
        else:
            return
    _release(idle)
    yield from begin()


def _release(idle: Idle) -> None:
    from ldm3d.memory import free_caches

    idle.release()
    free_caches()


def _free_bytes() -> int:
    """Return what is free where networks run by default."""
    from ldm3d.device import choose_device
    from ldm3d.free_memory import free_memory_bytes

    return free_memory_bytes(choose_device())
