"""A new world on its way to the wearer: loaded, uploaded in slices, then shown."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from depthfusion.errors import DepthFusionError
from depthfusion.view import View
from depthfusion.vr.drawing import EyeDrawing
from depthfusion.vr.loader import Complete, NotLoaded, Staged, WorldLoader
from depthfusion.vr.messages import ShowWorld, WorldFailed

if TYPE_CHECKING:
    from depthfusion.renderer import Stage


class Arrival:
    """Brings the newest world that was ordered. Belongs to the loop's thread."""

    def __init__(self, drawing: EyeDrawing, loader: WorldLoader) -> None:
        self._drawing, self._loader = drawing, loader
        self._stages: deque[Stage] = deque()
        self._has_all = False
        self._has_begun_upload = False
        self.order: ShowWorld | None = None
        """The world that is coming; None: none is."""
        self.title = ""
        self.view = View()
        """How it is to be shown; may be replaced while it comes."""
        self.is_metric = False
        """What `View.mapping` None means in it."""
        self.is_ready = False
        """Whether it is wholly there, and `show` may be called."""

    @property
    def is_uploading(self) -> bool:
        """Whether the next `step` has something to upload."""
        return bool(self._stages)

    def begin(self, order: ShowWorld) -> None:
        """Let this world come instead of the one that was coming."""
        self._forget()
        self.order, self.view = order, order.view
        self._loader.begin(order)

    def step(self) -> WorldFailed | None:
        """Take what was loaded, upload one slice; return it if the world cannot come."""
        event = self._loader.take()
        if self.order is None:  # the rest of a world that was given up
            if isinstance(event, Complete):
                self._loader.done()
            return None
        match event:
            case Staged(order=order, stage=stage, title=title) if order is self.order:
                self.is_metric, self.title = stage.is_metric, title
                self._stages.append(stage)
            case Complete(order=order) if order is self.order:
                self._has_all = True
            case NotLoaded(order=order, words=words) if order is self.order:
                return self._give_up(words)
        if self._stages:
            self._has_begun_upload = True
            try:
                is_complete = self._drawing.upload(self._stages[0])
            except DepthFusionError as error:
                return self._give_up(str(error))
            if is_complete:
                self._stages.popleft()
        self.is_ready = self._has_all and not self._stages
        return None

    def _give_up(self, words: str) -> WorldFailed:
        assert self.order is not None
        failed = WorldFailed(self.order.number, words)
        self._forget()
        self._loader.done()
        return failed

    def show(self) -> ShowWorld:
        """Let the drawing use it from now on and return its order; nothing is coming any more."""
        order = self.order
        assert order is not None
        assert self.is_ready
        self._drawing.use_uploaded()
        self._has_begun_upload = False
        self._forget()
        self._loader.done()
        return order

    def _forget(self) -> None:
        if self._has_begun_upload:
            self._drawing.drop_uploaded()
        self._stages.clear()
        self._has_all = self._has_begun_upload = self.is_ready = False
        self.order, self.title = None, ""
