"""Frames without a window: a context of our own, a picture back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from depthfusion.errors import RendererError, UsageError
from depthfusion.panorama.panorama import Panorama
from depthfusion.renderer.panorama_renderer import PanoramaRenderer
from depthfusion.renderer.quality import Quality
from depthfusion.renderer.stages import stages
from depthfusion.view import View


@contextmanager
def standalone_context() -> Iterator[moderngl.Context]:
    """Give an OpenGL 3.3 context without a window: EGL on Linux, the platform's own elsewhere.

    Raises:
        RendererError: if there is none to be had.
    """
    backends: tuple[str | None, ...] = ("egl", None) if sys.platform == "linux" else (None,)
    reasons = []
    ctx = None
    for backend in backends:
        try:
            extra: dict[str, Any] = {"backend": backend} if backend else {}
            ctx = moderngl.create_context(standalone=True, require=330, **extra)
            break
        except Exception as error:  # glcontext raises bare Exception and ImportError
            reasons.append(f"{backend or 'window system'}: {error}")
    if ctx is None:
        raise RendererError(
            f"want an OpenGL 3.3 context, got none ({'; '.join(reasons)}):"
            " install a graphics driver, or Mesa's software one (libgl1-mesa-dri, libegl1)"
        )
    try:
        yield ctx
    finally:
        ctx.release()
        if backend == "egl":
            leave_egl()


def leave_egl() -> None:
    """Let go of the released context on this thread.

    It would stay current otherwise, and a window system's OpenGL (GLX) that shares the dispatcher
    could make no context of its own current: a window opened afterwards would stay black.
    """
    import ctypes

    ctypes.CDLL("libEGL.so.1").eglReleaseThread()


class OffscreenRenderer:
    """A renderer with a context and a framebuffer of its own; use it as a context manager.

    It belongs to the thread that enters it.
    """

    def __init__(self, quality: Quality = Quality()) -> None:
        self.quality = quality
        self._scope = standalone_context()

    def __enter__(self) -> OffscreenRenderer:
        self.ctx = self._scope.__enter__()
        self.renderer = PanoramaRenderer(self.ctx)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.renderer.release()
        self._scope.__exit__(kind, error, trace)

    def load(self, panorama: Panorama, *, inverted: bool = False) -> None:
        """Prepare and upload `panorama`, all stages; `inverted` as in `View.invert_depth`."""
        for stage in stages(
            panorama,
            self.quality,
            max_texture_px=self.renderer.max_texture_px,
            software=self.renderer.is_software,
            inverted=inverted,
        ):
            while not self.renderer.apply(stage):
                pass

    def render(self, view: View, size_px: tuple[int, int]) -> NDArray[np.uint8]:
        """Return one frame as (height, width, 3) uint8 sRGB, row 0 up."""
        limit = self.renderer.max_texture_px
        if not (0 < size_px[0] <= limit and 0 < size_px[1] <= limit):
            raise UsageError(
                f"want a size from 1x1 to {limit}x{limit}, got {size_px[0]}x{size_px[1]}"
            )
        samples = self.quality.msaa
        if samples is None:
            samples = 1 if self.renderer.is_software else 4
        samples = min(samples, int(self.ctx.max_samples))
        with _framebuffer(self.ctx, size_px, 0) as plain:
            if samples > 1:
                with _framebuffer(self.ctx, size_px, samples) as smooth:
                    self.renderer.draw(view, smooth, size_px)
                    self.ctx.copy_framebuffer(plain, smooth)
            else:
                self.renderer.draw(view, plain, size_px)
            data = plain.read(components=3, alignment=1)
        picture = np.frombuffer(data, np.uint8).reshape(size_px[1], size_px[0], 3)
        return np.ascontiguousarray(picture[::-1])


@contextmanager
def _framebuffer(
    ctx: moderngl.Context, size_px: tuple[int, int], samples: int
) -> Iterator[moderngl.Framebuffer]:
    color = ctx.renderbuffer(size_px, 4, samples=samples)
    depth = ctx.depth_renderbuffer(size_px, samples=samples)
    framebuffer = ctx.framebuffer([color], depth)
    try:
        yield framebuffer
    finally:
        for item in (framebuffer, color, depth):
            item.release()


def render_image(
    panorama: Panorama,
    view: View = View(),
    size_px: tuple[int, int] = (1280, 720),
    quality: Quality = Quality(),
) -> NDArray[np.uint8]:
    """Return one frame of `panorama` as (height, width, 3) uint8 sRGB, row 0 up.

    Raises:
        RendererError: if there is no OpenGL 3.3.
        UsageError: if the size cannot be.
    """
    with OffscreenRenderer(quality) as offscreen:
        offscreen.load(panorama, inverted=view.invert_depth)
        return offscreen.render(view, size_px)
