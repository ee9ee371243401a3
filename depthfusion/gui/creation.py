"""From the queue to the sphere: previews while a world forms, then the world with its depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from depthfusion.generator.events import Failed, Finished, Preview
from depthfusion.generator.request import DepthRequest
from depthfusion.gui.generation_queue import GenerationQueue, Job
from depthfusion.gui.loading import Source
from depthfusion.gui.opener import Opener

if TYPE_CHECKING:
    from depthfusion.panorama import Panorama


class Creation(QObject):
    """Shows what a queue makes in a viewport, as long as the person watches.

    Whoever opens another world meanwhile is left alone there: the finished one is only told of.
    """

    finished_aside = Signal(object)
    """A `Panorama` that was made while the person looked at something else."""
    came = Signal(object)
    """A `Panorama` that is made, shown or not: to be kept."""
    depth_came = Signal(object, object)
    """A `DepthRequest` and the `Panorama` that has depth now: the same picture, no new world.

    It is shown, and comes by `finished_aside` too, as a new world does.
    """

    def __init__(self, queue: GenerationQueue, opener: Opener) -> None:
        super().__init__(opener)
        self._opener, self._viewport = opener, opener.viewport
        self._watching = self._arriving = False
        self._awaited: Panorama | None = None
        queue.began.connect(self._began)
        queue.previewed.connect(self._previewed)
        queue.made.connect(self._made)
        queue.failed.connect(self._failed)
        queue.cancelled.connect(self._over)
        opener.began.connect(self._opening)
        self._viewport.arrived.connect(self._arrived)
        self._viewport.stage_shown.connect(self._shown)
        self._viewport.failed.connect(self._over)

    @property
    def watching(self) -> bool:
        """Whether what is being made is shown as it forms."""
        return self._watching

    def watch(self) -> None:
        """Show what is being made from its next preview on."""
        self._watching = True

    @Slot(object)
    def _began(self, job: Job) -> None:
        asked, source = job.request, self._opener.source
        self._watching = not isinstance(asked, DepthRequest) or (
            source is not None and source.color == asked.path
        )

    @Slot(object, object)
    def _previewed(self, job: Job, preview: Preview) -> None:
        if self._watching and self._awaited is None:
            self._viewport.show_preview(preview.color)

    @Slot(object, object)
    def _made(self, job: Job, finished: Finished) -> None:
        panorama = finished.panorama
        if self._watching:
            self._awaited = panorama
            self._opener.open(Source(panorama=panorama, title=panorama.title), stay=True)
        else:
            self.finished_aside.emit(panorama)
        if isinstance(job.request, DepthRequest):
            self.depth_came.emit(job.request, panorama)
        else:
            self.came.emit(panorama)

    @Slot(object)
    def _opening(self, source: Source) -> None:
        """The person opens something: what forms goes on without being shown."""
        if self._awaited is None or source.panorama is not self._awaited:
            self._watching = False
            self._over()

    @Slot(object, bool)
    def _arrived(self, panorama: Panorama, draft: bool) -> None:
        self._arriving = self._awaited is not None and panorama is self._awaited

    @Slot()
    def _shown(self) -> None:
        """The first picture of the finished world is drawn, under the last preview."""
        if self._arriving:
            self._arriving, self._awaited = False, None
            self._viewport.end_preview(grow=True)

    @Slot(object, object)
    def _failed(self, job: Job, failed: Failed) -> None:
        self._over()

    @Slot()
    def _over(self, *_: object) -> None:
        self._awaited, self._arriving = None, False
        if self._viewport.previewing:
            self._viewport.end_preview()
