"""Keeps one model loaded between requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from depthfusion.generator.events import Loading
from depthfusion.generator.loading_thread import HEARTBEAT_S, LoadingThread
from depthfusion.generator.models import default_model, folder_from_name, lasting_name
from depthfusion.generator.repeat import Place

if TYPE_CHECKING:
    from ldm3d.model import Model

_DTYPES = ("float32", "bfloat16", "float16")

Signature = tuple[tuple[str, int, int], ...]
"""(name, size in bytes, time of change in ns) of each file in a model's folder."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model, and what it was loaded from."""

    model: Model
    name: str
    """What it is called in recipes; still means the same model in another folder."""
    folder: Path
    signature: Signature
    device: str | None
    """As asked for; None: the fastest."""
    dtype: str | None

    def fits(self, folder: Path, device: str | None, dtype: str | None) -> bool:
        """Whether loading again would give the same."""
        model = self.model
        return (
            self.folder == folder
            and device in {self.device, model.device.type}
            and dtype in {self.dtype, str(model.dtype).removeprefix("torch.")}
            and self.signature == signature(folder)
        )


class WarmModel:
    """The model of the last request, loaded again only when another one is asked for."""

    def __init__(self, *, keeps_loading: bool = False) -> None:
        """Begin without a model.

        Args:
            keeps_loading: whether a load goes on in the background when its request is cancelled,
                for the next one to take over. Only for a process that ends by `os._exit`: a thread
                inside torch may abort one that ends in the usual way.
        """
        self.loaded: Loaded | None = None
        self._keeps_loading = keeps_loading
        self._going_on: LoadingThread[Model] | None = None

    def prepare(self, place: Place) -> Iterator[Loading]:
        """Have `loaded` be the model a request asks for; yield nothing if it is already.

        Closing the iterator stops loading within one of the model's parts, and nothing is then
        loaded, unless this keeps loading. If so it yields a few times a second, news or not.

        Raises:
            Ldm3dError: if it cannot be loaded.
        """
        name = lasting_name(place.model or default_model())
        folder = folder_from_name(name)
        device, dtype = _possible(place)
        if self.loaded is not None and self.loaded.fits(folder, device, dtype):
            return
        loading = self._loading(folder, device, dtype)
        is_done = False
        try:
            for fraction in loading.fractions(HEARTBEAT_S if self._keeps_loading else None):
                yield Loading(name, fraction)
            is_done = True
        finally:
            if not is_done and not self._keeps_loading:
                self._stop()
        self._going_on = None
        self.loaded = Loaded(loading.result(), name, *loading.what)

    @property
    def is_warm(self) -> bool:
        """Whether there is a model, or one is being loaded."""
        return self.loaded is not None or self._going_on is not None

    def release(self) -> None:
        """Let go of the model, and of one that is being loaded; the next request loads it again."""
        self._stop()
        self.loaded = None

    def _loading(self, folder: Path, device: str | None, dtype: str | None) -> LoadingThread[Model]:
        """Return the load to wait for: the one that goes on already, or a new one."""
        import ldm3d
        from ldm3d.model_folder import check_folder

        check_folder(folder)  # before all its files are looked at: it may be anything
        what = (folder, signature(folder), device, dtype)
        if self._going_on is None or not self._going_on.is_of_use_for(what):
            self._stop()
            self.loaded = None  # before the next one is loaded: two may not fit into memory
            self._going_on = LoadingThread(
                what, lambda tell: ldm3d.load(folder, device=device, dtype=dtype, progress=tell)
            )
        return self._going_on

    def _stop(self) -> None:
        if self._going_on is not None:
            self._going_on.stop()
            self._going_on = None


def signature(folder: Path) -> Signature:
    """Return what changes when a file of a model's folder does."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            facts = path.stat()
            found.append((str(path.relative_to(folder)), facts.st_size, facts.st_mtime_ns))
    return tuple(found)


def _possible(place: Place) -> tuple[str | None, str | None]:
    """Return device and number format to repeat, None where this machine lacks them."""
    from ldm3d.device import DEVICE_TYPES, device_count

    if place.device not in DEVICE_TYPES or not device_count(place.device):
        return None, None
    return place.device, place.dtype if place.dtype in _DTYPES else None
