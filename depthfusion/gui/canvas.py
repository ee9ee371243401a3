"""Between the renderer and Qt's framebuffer: smooth edges on hardware, pictures for files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import moderngl

from depthfusion.errors import RendererError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from depthfusion.renderer import PanoramaRenderer
    from depthfusion.view import View

HARDWARE_SAMPLES = 4


class _Buffer:
    """A framebuffer with its colour and depth, released together."""

    def __init__(self, ctx: moderngl.Context, size_px: tuple[int, int], samples: int) -> None:
        self.size_px = size_px
        self.color = ctx.renderbuffer(size_px, 4, samples=samples)
        self.depth = ctx.depth_renderbuffer(size_px, samples=samples)
        self.framebuffer = ctx.framebuffer([self.color], self.depth)

    def release(self) -> None:
        for thing in (self.framebuffer, self.color, self.depth):
            thing.release()


class Canvas:
    """Draws views of one renderer into framebuffers, with several samples a pixel on hardware.

    GL thread, context current. Whoever makes it calls `release`, before the renderer's.
    """

    def __init__(self, ctx: moderngl.Context, renderer: PanoramaRenderer) -> None:
        self._ctx = ctx
        self._renderer = renderer
        self._samples = 0 if renderer.is_software else min(HARDWARE_SAMPLES, ctx.max_samples)
        self._smooth: _Buffer | None = None
        self._target: moderngl.Framebuffer | None = None

    def resized(self) -> None:
        """Forget what was made for another size."""
        self._target = None
        if self._smooth is not None:
            self._smooth.release()
            self._smooth = None

    def draw(self, view: View, framebuffer_id: int, size_px: tuple[int, int]) -> None:
        """Fill a framebuffer that is not ours (Qt's) with `view`."""
        if self._target is None or self._target.glo != framebuffer_id:
            self._target = self._ctx.detect_framebuffer(framebuffer_id)
        if self._samples < 2:
            self._renderer.draw(view, self._target, size_px)
            return
        if self._smooth is None or self._smooth.size_px != size_px:
            self.resized()
            self._smooth = _Buffer(self._ctx, size_px, self._samples)
            self._target = self._ctx.detect_framebuffer(framebuffer_id)
        self._renderer.draw(view, self._smooth.framebuffer, size_px)
        self._ctx.copy_framebuffer(self._target, self._smooth.framebuffer)

    def picture(self, view: View, size_px: tuple[int, int]) -> NDArray[np.uint8]:
        """Return `view` as (height, width, 3) uint8, sRGB, row 0 up.

        Raises:
            RendererError: if the graphics driver cannot draw a picture of this size.
        """
        import numpy as np

        width, height = size_px
        if max(size_px) > self._renderer.max_texture_px:
            limit = self._renderer.max_texture_px
            raise RendererError(f"want at most {limit} px a side, got {width}x{height}")
        buffers: list[_Buffer] = []
        try:
            buffers.append(plain := _Buffer(self._ctx, size_px, 0))
            if self._samples > 1:
                buffers.append(smooth := _Buffer(self._ctx, size_px, self._samples))
                self._renderer.draw(view, smooth.framebuffer, size_px)
                self._ctx.copy_framebuffer(plain.framebuffer, smooth.framebuffer)
            else:
                self._renderer.draw(view, plain.framebuffer, size_px)
            data = plain.framebuffer.read(components=3, alignment=1)
        except moderngl.Error as error:
            raise RendererError(f"cannot draw {width}x{height}: {error}") from error
        finally:
            for buffer in buffers:
                buffer.release()
        pixels = np.frombuffer(data, np.uint8).reshape(height, width, 3)
        return np.ascontiguousarray(pixels[::-1])

    def release(self) -> None:
        """Give back what was made here; Qt's framebuffer is not."""
        self.resized()
