"""Estimates the depth of picture files and keeps the depth network between requests.

The neighbour of `LatentGenerator`: the same events, the same way to cancel.

    estimator = DepthEstimator()
    for event in estimator.estimate(DepthRequest("old-town.jpg")):
        ...                             # Loading, Step, Finished or Failed

Importing it costs no torch; the first request does.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from depthfusion.errors import PanoramaError, UsageError
from depthfusion.generator.depth import (
    DepthFinished,
    depth_model_name,
    depth_of,
    loaded_network,
)
from depthfusion.generator.events import Event, Finished, Loading
from depthfusion.generator.failures import told_as_failed
from depthfusion.generator.loading_thread import HEARTBEAT_S, LoadingThread
from depthfusion.generator.request import DepthRequest
from depthfusion.generator.warm import signature
from depthfusion.panorama import DepthMeaning, Panorama, ReadOptions, read_panorama
from depthfusion.panorama.write import plain
from ldm3d.errors import OutOfMemoryError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from depthfusion.panorama.xmp import Crop
    from ldm3d.depth import DepthNetwork


class DepthEstimator:
    """Estimates in this process, one request at a time."""

    def __init__(self, *, keeps_loading: bool = False) -> None:
        """Load nothing yet.

        Args:
            keeps_loading: as of `WarmModel`; only for a process that ends by `os._exit`.
        """
        self._keeps_loading = keeps_loading
        self._network: DepthNetwork | None = None
        self._what: tuple[object, ...] = ()
        self._going_on: LoadingThread[DepthNetwork] | None = None

    @property
    def is_warm(self) -> bool:
        """Whether it holds a network, or is loading one."""
        return self._network is not None or self._going_on is not None

    def release(self) -> None:
        """Let go of the network, and of one that is being loaded."""
        self._stop()
        self._network = None

    def estimate(self, request: DepthRequest) -> Generator[Event]:
        """Read a picture and give it depth; what it had is left aside.

        Yields:
            `Loading`* (none if the network is warm), `Step`*, and one `Finished` with the panorama;
            or one `Failed`. Closing the iterator cancels within a step.
        """
        yield from told_as_failed(self._estimate(request), "estimating depth")

    def _estimate(self, request: DepthRequest) -> Generator[Event]:
        start_s = time.monotonic()
        if not request.path:
            raise UsageError("want the path of a picture to estimate the depth of, got none")
        picture = _Picture.read(Path(request.path))
        yield from self._prepare(request)
        assert self._network is not None
        how = request if picture.crop is None else replace(request, panorama=False)
        with closing(depth_of(picture.seen, self._network, how, start_s)) as events:
            for event in events:
                if not isinstance(event, DepthFinished):
                    yield event
                    continue
                notes = (*picture.notes, *event.notes)
                yield Finished(
                    picture.with_depth(event),
                    seconds=event.seconds,
                    seam_depth=1.0 if event.seam is None else event.seam,
                    notes=notes,
                )

    def _prepare(self, request: DepthRequest) -> Iterator[Loading]:
        """Have `_network` be the one a request asks for; yield nothing if it is already."""
        from ldm3d.depth.folder import check_depth_folder, folder_of

        name = depth_model_name(request)
        folder = folder_of(name)
        check_depth_folder(folder)  # before all its files are looked at: it may be anything
        what = (folder, signature(folder), request.device, request.gives)
        if self._network is not None and self._what == what:
            return
        if self._going_on is None or not self._going_on.is_of_use_for(what):
            self.release()
            self._going_on = LoadingThread(what, lambda _: loaded_network(name, request))
        is_done = False
        try:
            for fraction in self._going_on.fractions(HEARTBEAT_S if self._keeps_loading else None):
                yield Loading(name, fraction)
            is_done = True
        finally:
            if not is_done and not self._keeps_loading:
                self._stop()
        loading, self._going_on = self._going_on, None
        self._network, self._what = loading.result(), what
        yield Loading(name, 1.0)

    def _stop(self) -> None:
        if self._going_on is not None:
            self._going_on.stop()
            self._going_on = None


@dataclass(frozen=True, eq=False)
class _Picture:
    """A picture whose depth is wanted."""

    panorama: Panorama
    crop: Crop | None
    """Which part of the sphere it covers; None: all."""
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> _Picture:
        try:
            panorama = read_panorama(path, options=ReadOptions(find_partner=False))
        except PanoramaError as error:
            if not isinstance(error.__cause__, MemoryError):
                raise
            raise OutOfMemoryError(
                f"not enough memory to read {path.name}: close other programs, or take a smaller "
                "picture (a damaged one may pretend to be large)"
            ) from error
        notes = []
        if panorama.depth is not None:
            notes.append(f"the depth map in {path.name} was left aside")
        crop = None if path.is_dir() else _crop(path, panorama)
        if crop is not None:
            notes.append(f"{path.name} covers a part of the sphere: looked at as an ordinary one")
        return cls(panorama, crop, tuple(notes))

    @property
    def seen(self) -> NDArray[np.uint8]:
        """What there is to look at, (h, w, 3) uint8, sRGB."""
        return np.ascontiguousarray(self.panorama.color[self._area])

    @property
    def _area(self) -> tuple[slice, slice]:
        height, width = self.panorama.color.shape[:2]
        if self.crop is None:
            return slice(None), slice(None)
        top, left = round(self.crop.top * height), round(self.crop.left * width)
        down, across = round(self.crop.height * height), round(self.crop.width * width)
        return slice(top, top + down), slice(left, left + across)

    def with_depth(self, found: DepthFinished) -> Panorama:
        """Return the panorama with depth; where the picture does not reach it is filled in."""
        from depthfusion.panorama.holes import fill_from_farther

        depth, holes = found.depth, None
        if self.crop is not None:
            holes = np.ones(self.panorama.color.shape[:2], np.bool_)
            holes[self._area] = False
            depth = np.zeros(holes.shape, np.float32)
            depth[self._area] = found.depth
            fill_from_farther(depth, holes, far_is_large=False)
        made = {
            "model": found.model, "tiles": found.tiles, "panorama": found.is_panorama,
            "disagreement": found.disagreement, "seam": found.seam,
        }  # fmt: skip
        before = self.panorama.provenance
        kept = tuple(n for n in before.notes if "has no depth map" not in n)
        by = f"its depth was estimated by {found.model}"
        provenance = replace(
            before,
            depth_source=None,
            notes=(*kept, *self.notes, *found.notes, by),
            generation=plain({**before.generation, "depth": made}),
        )
        return replace(
            self.panorama,
            depth=depth, holes=holes, meaning=DepthMeaning.RELATIVE, near_m=None, far_m=None,
            provenance=provenance,
        )  # fmt: skip


def _crop(path: Path, panorama: Panorama) -> Crop | None:
    """Return which part of the sphere a picture covers: by its metadata, or as a strip."""
    from depthfusion.panorama.aspect import placement_of
    from depthfusion.panorama.decode import decode
    from depthfusion.panorama.xmp import crop_from_xmp

    header = decode(path, 64)
    width, height = header.full_size_px
    crop, _ = crop_from_xmp(header.metadata.xmp, header.full_size_px)
    if crop is None and panorama.depth is None:
        with suppress(PanoramaError):  # two pictures in one: the part that is shown is whole
            crop = placement_of(width / height, None, path.name, None).crop
    return crop
