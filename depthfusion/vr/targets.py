"""The pictures of the two eyes: what is drawn into, and what is handed over."""

from __future__ import annotations

import moderngl
import numpy as np
from numpy.typing import NDArray

from depthfusion.errors import RendererError
from depthfusion.headset import Submission
from depthfusion.renderer.program import program_from
from depthfusion.vr.gl_functions import INT, UINT, gl_function

_READ_FRAMEBUFFER, _DRAW_FRAMEBUFFER = 0x8CA8, 0x8CA9
_COLOR_BUFFER_BIT, _NEAREST = 0x4000, 0x2600
MSAA = 4
"""Samples a pixel where a GPU draws."""


class EyeTarget:
    """One eye's picture: RGBA8 with sRGB-encoded values, made once at the largest size.

    Smaller pictures are drawn into its lower left corner.
    """

    def __init__(self, ctx: moderngl.Context, size_px: tuple[int, int], samples: int) -> None:
        """Make it.

        Args:
            ctx: the context.
            size_px: width and height.
            samples: a pixel; 1 draws straight into the picture.

        Raises:
            RendererError: if the GPU cannot.
        """
        limit = int(ctx.info["GL_MAX_TEXTURE_SIZE"])
        if not (0 < size_px[0] <= limit and 0 < size_px[1] <= limit):
            raise RendererError(
                f"want an eye's picture from 1x1 to {limit}x{limit}, got {size_px[0]}x{size_px[1]}"
            )
        self.size_px = size_px
        self.texture = ctx.texture(size_px, 4)
        self.texture.repeat_x = self.texture.repeat_y = False
        self._parts: list[moderngl.Renderbuffer] = []
        many = samples if samples > 1 else 0
        depth = self._kept(ctx.depth_renderbuffer(size_px, samples=many))
        if many:
            color = self._kept(ctx.renderbuffer(size_px, 4, samples=many))
            self.drawn = ctx.framebuffer([color], depth)
            self.resolved = ctx.framebuffer([self.texture])
        else:
            self.drawn = self.resolved = ctx.framebuffer([self.texture], depth)
        self._bind = gl_function("glBindFramebuffer", UINT, UINT)
        self._blit = gl_function("glBlitFramebuffer", *([INT] * 8), UINT, UINT)

    def _kept(self, part: moderngl.Renderbuffer) -> moderngl.Renderbuffer:
        self._parts.append(part)
        return part

    @property
    def has_many_samples(self) -> bool:
        """Whether what is drawn has to be resolved."""
        return self.drawn is not self.resolved

    def resolve(self, used_px: tuple[int, int], into: moderngl.Framebuffer | None = None) -> None:
        """Bring what was drawn into the single-sample picture, or `into`; that is bound then."""
        resolved = into or self.resolved
        if self.has_many_samples:
            resolved.scissor = None  # type: ignore[assignment]  # blits are scissored, too
            resolved.use()
            self._bind(_READ_FRAMEBUFFER, self.drawn.glo)
            self._bind(_DRAW_FRAMEBUFFER, resolved.glo)
            corners = (0, 0, *used_px) * 2
            self._blit(*corners, _COLOR_BUFFER_BIT, _NEAREST)
        resolved.use()
        resolved.viewport = (0, 0, *used_px)

    def submission(self, used_px: tuple[int, int]) -> Submission:
        """Return what is handed over."""
        return Submission(self.texture.glo, self.size_px, used_px)

    def release(self) -> None:
        """Release every GL object it made."""
        for framebuffer in {self.drawn, self.resolved}:
            framebuffer.release()
        self.texture.release()
        for part in self._parts:
            part.release()


class HiddenMesh:
    """What one eye's lens hides, as a mask for `PanoramaRenderer.draw_eye`."""

    def __init__(self, ctx: moderngl.Context, triangles: NDArray[np.float32]) -> None:
        """Upload it.

        Args:
            ctx: the context.
            triangles: (n, 3, 2) float32 in [0, 1] of the eye's picture, v up; n is at least 1.
        """
        self._program = program_from(ctx, "headset_mask.vert", "headset_mask.frag")
        self._buffer = ctx.buffer(np.ascontiguousarray(triangles, np.float32))
        self.mask = ctx.vertex_array(self._program, [(self._buffer, "2f", "a_place")])

    def release(self) -> None:
        """Release every GL object it made."""
        for item in (self.mask, self._buffer, self._program):
            item.release()
