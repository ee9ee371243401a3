"""What the bench needs of OpenGL: a context without a window, targets, and the rivals by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import moderngl
import numpy as np
from numpy.typing import NDArray

from bench.plain_sphere import PlainSphere
from depthfusion.panorama.panorama import Panorama
from depthfusion.renderer.quality import Quality
from depthfusion.view import View


class Rival(Protocol):
    """A renderer of one panorama."""

    def draw_eye(
        self,
        clip_from_world: NDArray[np.float64],
        view: View,
        framebuffer: moderngl.Framebuffer,
        size_px: tuple[int, int],
    ) -> None:
        """Fill `framebuffer` with one eye's view."""
        ...

    def release(self) -> None:
        """Free every GL object."""
        ...


MakeRival = Callable[[moderngl.Context, Panorama], Rival]


def plain(columns: int) -> MakeRival:
    """Return the maker of the plain sphere of so many columns."""
    return lambda ctx, panorama: PlainSphere(ctx, panorama, columns)


def ours(quality: Quality) -> MakeRival:
    """Return the maker of DepthFusion's renderer with these switches, everything uploaded."""

    def make(ctx: moderngl.Context, panorama: Panorama) -> Rival:
        from depthfusion.renderer import PanoramaRenderer, stages

        renderer: Any = PanoramaRenderer(ctx)
        renderer.prefer_speed()  # as the window does
        limit_px, software = renderer.max_texture_px, renderer.is_software
        for stage in stages(panorama, quality, max_texture_px=limit_px, software=software):
            while not renderer.apply(stage):
                pass
        return renderer  # type: ignore[no-any-return]

    return make


def open_context() -> moderngl.Context:
    """Return a context without a window: EGL where there is one, else the platform's own way."""
    if os.name == "posix":
        try:
            return moderngl.create_standalone_context(backend="egl")  # type: ignore[call-arg]
        except Exception:  # glcontext raises bare Exception without EGL; the line below may do
            pass
    return moderngl.create_standalone_context()


@dataclass(frozen=True)
class Target:
    """An offscreen framebuffer, multisampled on request, and a way to read it."""

    framebuffer: moderngl.Framebuffer
    resolved: moderngl.Framebuffer
    size_px: tuple[int, int]

    @classmethod
    def make(cls, ctx: moderngl.Context, size_px: tuple[int, int], samples: int = 0) -> Target:
        """Return a target of RGBA8 color and a depth buffer."""
        drawn = ctx.framebuffer(
            [ctx.renderbuffer(size_px, 4, samples=samples)],
            ctx.depth_renderbuffer(size_px, samples=samples),
        )
        resolved = drawn if samples == 0 else ctx.framebuffer([ctx.renderbuffer(size_px, 4)])
        return cls(drawn, resolved, size_px)

    def read(self, ctx: moderngl.Context) -> NDArray[np.uint8]:
        """Return the picture (h, w, 3) uint8, row 0 at the top."""
        if self.resolved is not self.framebuffer:
            ctx.copy_framebuffer(self.resolved, self.framebuffer)
        width_px, height_px = self.size_px
        raw = self.resolved.read(components=3, alignment=1)
        return np.frombuffer(raw, np.uint8).reshape(height_px, width_px, 3)[::-1]

    def release(self) -> None:
        """Free the framebuffers and what they draw to."""
        for framebuffer in {self.framebuffer, self.resolved}:
            for part in (*framebuffer.color_attachments, framebuffer.depth_attachment):
                if part is not None:
                    part.release()
            framebuffer.release()
