"""Puts two eye views into one picture: halves, anaglyph, interlaced rows or columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import moderngl

from depthfusion.camera import eyes
from depthfusion.renderer.program import program_from, set_uniforms
from depthfusion.view import Stereo, View

if TYPE_CHECKING:
    from depthfusion.renderer.panorama_renderer import PanoramaRenderer

_PATTERNS = {Stereo.ANAGLYPH: 0, Stereo.ROWS: 1, Stereo.COLUMNS: 2}
_BESIDE = (Stereo.SIDE_BY_SIDE, Stereo.SIDE_BY_SIDE_HALF, Stereo.CROSS_EYED)
_SQUEEZED = (Stereo.SIDE_BY_SIDE_HALF, Stereo.TOP_BOTTOM_HALF)


class StereoComposer:
    """Draws the two eyes of a view; owns the two pictures that mixed modes are made from."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self.ctx = ctx
        self._program = program_from(ctx, "stereo.vert", "stereo.frag")
        self._triangle = ctx.vertex_array(self._program, [])
        self._size_px = (0, 0)
        self._eyes: list[moderngl.Framebuffer] = []

    def draw(
        self,
        renderer: PanoramaRenderer,
        view: View,
        framebuffer: moderngl.Framebuffer,
        size_px: tuple[int, int],
    ) -> None:
        """Fill `framebuffer` (0, 0 to `size_px`) with both eyes of `view`."""
        if view.stereo in _PATTERNS:
            self._mix(renderer, view, framebuffer, size_px)
        else:
            self._halves(renderer, view, framebuffer, size_px)

    def _halves(
        self,
        renderer: PanoramaRenderer,
        view: View,
        framebuffer: moderngl.Framebuffer,
        size_px: tuple[int, int],
    ) -> None:
        width, height = size_px
        beside = view.stereo in _BESIDE
        half_px = (width // 2, height) if beside else (width, height // 2)
        seen_px = size_px if view.stereo in _SQUEEZED else half_px
        left, right = eyes(view, seen_px[0] / max(1, seen_px[1]))
        # The second place is the right half, or the lower one: GL counts rows from below.
        places = [(0, 0), (width - half_px[0], 0)] if beside else [(0, height - half_px[1]), (0, 0)]
        order = (right, left) if view.stereo is Stereo.CROSS_EYED else (left, right)
        for eye, origin in zip(order, places, strict=True):
            renderer.draw_eye(eye.clip_from_world, view, framebuffer, half_px, origin)

    def _mix(
        self,
        renderer: PanoramaRenderer,
        view: View,
        framebuffer: moderngl.Framebuffer,
        size_px: tuple[int, int],
    ) -> None:
        self._resize(size_px)
        for eye, target in zip(eyes(view, size_px[0] / size_px[1]), self._eyes, strict=True):
            renderer.draw_eye(eye.clip_from_world, view, target, size_px)
        framebuffer.use()
        framebuffer.viewport = (0, 0, *size_px)
        framebuffer.scissor = None  # type: ignore[assignment]  # the stub forbids what the docs say
        self.ctx.disable(moderngl.DEPTH_TEST)
        for unit, target in enumerate(self._eyes):
            target.color_attachments[0].use(unit)  # type: ignore[union-attr]  # a texture, below
        values = {
            "u_left": 0,
            "u_right": 1,
            "u_pattern": _PATTERNS[view.stereo],
            "u_height_px": size_px[1],
        }
        set_uniforms(self._program, values)
        self._triangle.render(moderngl.TRIANGLES, vertices=3)

    def _resize(self, size_px: tuple[int, int]) -> None:
        if size_px == self._size_px:
            return
        self._release_eyes()
        for _ in range(2):
            texture = self.ctx.texture(size_px, 4)
            texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
            depth = self.ctx.depth_renderbuffer(size_px)
            self._eyes.append(self.ctx.framebuffer([texture], depth))
        self._size_px = size_px

    def _release_eyes(self) -> None:
        for target in self._eyes:
            attachments = [*target.color_attachments, target.depth_attachment]
            target.release()
            for attachment in attachments:
                attachment.release()
        self._eyes = []
        self._size_px = (0, 0)

    def release(self) -> None:
        """Release every GL object it made."""
        self._release_eyes()
        self._triangle.release()
        self._program.release()
