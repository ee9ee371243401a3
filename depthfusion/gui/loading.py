"""A panorama on its way from disk to the screen, in a thread of its own. No Qt in here.

The thread may be started before Qt is even imported: decoding the first, coarse picture and making
the window then happen at the same time.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from depthfusion.errors import DepthFusionError, InputNotFoundError, PanoramaError
from depthfusion.gui.surface_process import Order, SurfaceProcess, is_worth_a_process
from depthfusion.gui.worlds import is_depth_name
from depthfusion.settings import PictureQuality

if TYPE_CHECKING:
    from depthfusion.panorama import Panorama, ReadOptions
    from depthfusion.renderer import Stage

_log = logging.getLogger(__name__)

DRAFT_PX = 2048
"""Width of the first picture of a large JPEG: fast to decode, sharp enough for one second."""


@dataclass(frozen=True)
class Source:
    """What to open: files as they were named, or a panorama that is already in memory."""

    color: str = ""
    depth: str | None = None
    options: ReadOptions | None = None
    """None: as the file suggests, or as it was opened the last time."""
    panorama: Panorama | None = None
    title: str = ""
    """What to call it; empty: as the panorama says, or as the file is named."""
    inverted: bool = False
    """Make the surface for `View.invert_depth`."""


@dataclass(frozen=True)
class Read:
    """The panorama has been read, coarsely (`draft`) or in full."""

    panorama: Panorama
    draft: bool


@dataclass(frozen=True)
class Staged:
    """Something better to show is ready for `PanoramaRenderer.apply`."""

    stage: Stage


@dataclass(frozen=True)
class Finished:
    """All stages have come."""


@dataclass(frozen=True)
class Failed:
    """It ended here; the error is one line for a person."""

    error: DepthFusionError


Event = Read | Staged | Finished | Failed


_FAST_COLUMNS, _BEST_COLUMNS = 1024, 4096
"""Of the surface's grid, instead of `Quality.mesh_columns`."""


@dataclass(frozen=True)
class Limits:
    """What the graphics driver can do; known once there is a context."""

    max_texture_px: int
    software: bool
    quality: PictureQuality = PictureQuality.AUTO
    """How much the person lets it cost."""


@dataclass
class _Mailbox:
    events: deque[Event] = field(default_factory=deque)
    listener: Callable[[], None] | None = None


class Loading:
    """Reads one source and prepares it for the GPU, better and better.

    The owner calls `listen` and `take` in its own thread and gives `limits` as soon as it has a
    context; it calls `cancel` when something else is opened, and `join` before it goes away.
    """

    def __init__(
        self,
        source: Source,
        resolve: Callable[[Source], Source] | None = None,
        milestone: Callable[[str], None] = lambda name: None,
    ) -> None:
        """Start reading at once.

        Args:
            source: what to open.
            resolve: called first in the thread; may complete the source (remembered options).
            milestone: told of what has been reached, in the thread.
        """
        self.source = source
        self.milestone = milestone
        self._resolve = resolve
        self._limits: Limits | None = None
        self._limits_known = threading.Event()
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._mail = _Mailbox()
        self.has_shown_draft = False
        self._beside: SurfaceProcess | None = None
        self._folder_notes: tuple[str, ...] = ()
        self._thread = threading.Thread(target=self._run, name="depthfusion-loading", daemon=True)
        self._thread.start()

    def listen(self, listener: Callable[[], None] | None) -> None:
        """Set what is called (in the loading thread, or here for what is there) at each event."""
        with self._lock:
            self._mail.listener = listener
            waiting = bool(self._mail.events)
        if waiting and listener is not None:
            listener()

    def take(self) -> Event | None:
        """Return the oldest event not yet taken, or None."""
        with self._lock:
            return self._mail.events.popleft() if self._mail.events else None

    @property
    def has_limits(self) -> bool:
        """Whether the driver's limits are known to it."""
        return self._limits_known.is_set()

    def give_limits(self, limits: Limits) -> None:
        """Tell what the graphics driver can do; the full picture waits for this."""
        self._limits = limits
        self._limits_known.set()

    def cancel(self) -> None:
        """Drop everything that is not taken yet; nothing more will come. Does not block."""
        self._cancelled.set()
        self._limits_known.set()
        with self._lock:
            self._mail = _Mailbox()
            if self._beside is not None:
                self._beside.stop()

    def join(self, timeout_s: float = 20.0) -> bool:
        """Wait for the thread's end; return whether it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _post(self, event: Event) -> None:
        with self._lock:
            if self._cancelled.is_set():
                return
            self._mail.events.append(event)
            listener = self._mail.listener
        if listener is not None:
            listener()

    def _run(self) -> None:
        try:
            for event in self._events():
                self._post(event)
                del event  # what it holds is large
                if self._cancelled.is_set():
                    return
        except DepthFusionError as error:
            self._post(Failed(error))
        except MemoryError:
            self._post(Failed(PanoramaError(f"not enough memory to open {self._name}")))
        except OSError as error:
            reason = error.strerror or str(error)
            self._post(Failed(InputNotFoundError(f"cannot open {self._name}: {reason}")))
        except Exception as error:  # the one place of this thread: the window must not wait forever
            _log.exception("while opening %s", self._name)
            kind = type(error).__name__
            text = f"unexpected {kind} while opening {self._name}: {error}; please report it"
            self._post(Failed(PanoramaError(text)))

    @property
    def _name(self) -> str:
        return Path(self.source.color).name or "the panorama"

    def _events(self) -> Iterator[Event]:
        if self.source.color and self.source.depth is None and Path(self.source.color).is_dir():
            self._open_folder()
        if self._resolve is not None:
            self.source = self._resolve(self.source)
        panorama = self.source.panorama
        if panorama is None:
            if is_jpeg(self.source.color) and not is_depth_name(self.source.color):
                yield from self._draft()
                if self.has_shown_draft:
                    # The window that will show it is still being made, and needs the processor.
                    self._limits_known.wait()
                    if self._cancelled.is_set():
                        return
            panorama = self._read(self.source)
        yield Read(panorama, draft=False)
        yield from self._stages(panorama)

    def _open_folder(self) -> None:
        """Take the world's files instead of its folder: it is remembered by their content."""
        from depthfusion.panorama.world_folder import files_of_world

        found = files_of_world(self.source.color)
        depth = None if found.depth is None else str(found.depth)
        self.source = replace(self.source, color=str(found.color), depth=depth)
        self._folder_notes = found.notes

    def _draft(self) -> Iterator[Event]:
        """Read a coarse picture without its depth: seen from the centre, it looks the same."""
        from depthfusion.panorama import ReadOptions
        from depthfusion.renderer import stages

        options = replace(self.source.options or ReadOptions(), find_partner=False)
        try:
            draft = self._read(replace(self.source, depth=None, options=options), DRAFT_PX)
        except PanoramaError:
            return  # alone it may be odd where the pair is fine; if not, the full read says so
        yield Read(draft, draft=True)
        self.milestone("draft_read")
        yield Staged(next(iter(stages(draft, inverted=self.source.inverted))))
        self.has_shown_draft = True

    def _read(self, source: Source, draft_px: int | None = None) -> Panorama:
        from depthfusion.panorama import ReadOptions, read_panorama

        self.milestone("reader")
        panorama = read_panorama(
            source.color, source.depth, source.options or ReadOptions(), draft_px=draft_px
        )
        told = replace(panorama.provenance, notes=(*self._folder_notes, *panorama.provenance.notes))
        return replace(panorama, provenance=told) if self._folder_notes else panorama

    def _stages(self, panorama: Panorama) -> Iterator[Event]:
        from depthfusion.renderer import Quality, stages

        self.milestone("read")
        self._limits_known.wait()
        limits = self._limits
        if limits is None:
            return
        wish = limits.quality
        columns = {PictureQuality.FAST: _FAST_COLUMNS, PictureQuality.BEST: _BEST_COLUMNS}.get(wish)
        is_modest = {PictureQuality.FAST: True, PictureQuality.BEST: False}.get(wish)
        order = Order(
            panorama,
            Quality() if columns is None else Quality(mesh_columns=columns),
            limits.max_texture_px,
            limits.software if is_modest is None else is_modest,
            self.source.inverted,
        )
        beside = self._process_for(panorama)
        try:
            picture = stages(
                panorama,
                order.quality,
                max_texture_px=order.max_texture_px,
                software=order.software,
                inverted=order.inverted,
                is_lean=limits.software,
            )
            yield Staged(next(picture))
            del picture
            if panorama.depth is not None and (stage := self._surface(order, beside)) is not None:
                yield Staged(stage)
                del stage  # its arrays go once they are uploaded
        finally:
            if beside is not None:
                beside.close()
        yield Finished()

    def _process_for(self, panorama: Panorama) -> SurfaceProcess | None:
        """Start a process for a large surface, unless this was cancelled."""
        if not is_worth_a_process(panorama):
            return None
        with self._lock:
            if not self._cancelled.is_set():
                self._beside = SurfaceProcess()
            return self._beside

    def _surface(self, order: Order, beside: SurfaceProcess | None) -> Stage | None:
        """Return the surface, made here where no process makes it; None: cancelled."""
        from depthfusion.renderer.stages import surface_stage

        stage = beside.made(order) if beside is not None else None
        if stage is not None or self._cancelled.is_set():
            return stage
        return surface_stage(
            order.panorama,
            order.quality,
            max_texture_px=order.max_texture_px,
            software=order.software,
            inverted=order.inverted,
        )


def is_jpeg(path: str) -> bool:
    """Whether a file begins like a JPEG, the one kind that decodes faster when small is enough."""
    try:
        with Path(path).open("rb") as file:
            return file.read(2) == b"\xff\xd8"
    except OSError:
        return False
