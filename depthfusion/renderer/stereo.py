"""Puts two eye views into one picture: halves, anaglyph, interlaced rows or columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moderngl
import numpy as np

from depthfusion.camera import Matrix, eyes
from depthfusion.renderer.program import program_from, set_uniforms
from depthfusion.view import Stereo, View

if TYPE_CHECKING:
    from depthfusion.renderer.panorama_renderer import PanoramaRenderer

_MIXED = (Stereo.ANAGLYPH, Stereo.ROWS, Stereo.COLUMNS)
_BESIDE = (Stereo.SIDE_BY_SIDE, Stereo.SIDE_BY_SIDE_HALF, Stereo.CROSS_EYED)
_SQUEEZED = (Stereo.SIDE_BY_SIDE_HALF, Stereo.TOP_BOTTOM_HALF)


_GL_SRGB8_ALPHA8 = 0x8C43


class StereoComposer:
    """Draws the two eyes of a view; owns the two pictures that mixed modes are made from."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self.ctx = ctx
        self._mixers: dict[str, tuple[moderngl.Program, moderngl.VertexArray]] = {}
        self._made_for: tuple[tuple[int, int], bool, bool] | None = None
        self._eyes: list[moderngl.Framebuffer] = []

    def draw(
        self,
        renderer: PanoramaRenderer,
        view: View,
        framebuffer: moderngl.Framebuffer,
        size_px: tuple[int, int],
    ) -> None:
        """Fill `framebuffer` (0, 0 to `size_px`) with both eyes of `view`."""
        if view.stereo in _MIXED:
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
        eye_px = _eye_size_px(view.stereo, size_px, renderer.anaglyph_scale)
        self._resize(eye_px, view.stereo is Stereo.ANAGLYPH, eye_px != size_px)
        for side, eye in enumerate(eyes(view, size_px[0] / size_px[1])):
            matrix = _onto_own_lines(view.stereo, side, size_px) @ eye.clip_from_world
            renderer.draw_eye(matrix, view, self._eyes[side], eye_px)
        self.ctx.disable(moderngl.DEPTH_TEST | moderngl.BLEND)
        if eye_px == size_px or view.stereo is not Stereo.ANAGLYPH:
            self._pass(view.stereo.name, self._eyes, framebuffer, size_px)
        else:
            self._pass(view.stereo.name, self._eyes[:2], self._eyes[2], eye_px)
            self._pass("ENLARGED", self._eyes[2:], framebuffer, size_px)

    def _pass(
        self,
        kind: str,
        sources: list[moderngl.Framebuffer],
        target: moderngl.Framebuffer,
        size_px: tuple[int, int],
    ) -> None:
        """Fill `target` by the variant `kind` of stereo.frag from the pictures `sources`."""
        target.use()
        target.viewport = (0, 0, *size_px)
        target.scissor = None  # type: ignore[assignment]  # the stub forbids what the docs say
        for unit, source in enumerate(sources):
            source.color_attachments[0].use(unit)  # type: ignore[union-attr]  # a texture, below
        if kind not in self._mixers:
            program = program_from(self.ctx, "stereo.vert", "stereo.frag", {kind: 1})
            self._mixers[kind] = program, self.ctx.vertex_array(program, [])
        program, triangle = self._mixers[kind]
        set_uniforms(program, {"u_left": 0, "u_right": 1, "u_size_px": size_px})
        triangle.render(moderngl.TRIANGLES, vertices=3)

    def _resize(self, size_px: tuple[int, int], is_linear: bool, is_enlarged: bool) -> None:
        """Make the eyes' pictures, and a third where the mixture is enlarged afterwards."""
        wanted = (size_px, is_linear, is_enlarged)
        if wanted == self._made_for:
            return
        self._release_eyes()
        # Bytes are written as they are, and decoded where they are read in linear light.
        for decoded in (is_linear, is_linear, *([False] if is_linear and is_enlarged else [])):
            kind: dict[str, Any] = {"internal_format": _GL_SRGB8_ALPHA8} if decoded else {}
            texture = self.ctx.texture(size_px, 4, **kind)
            texture.repeat_x = texture.repeat_y = False
            depth = self.ctx.depth_renderbuffer(size_px)
            self._eyes.append(self.ctx.framebuffer([texture], depth))
        self._made_for = wanted

    def _release_eyes(self) -> None:
        for target in self._eyes:
            attachments = [*target.color_attachments, target.depth_attachment]
            target.release()
            for attachment in attachments:
                attachment.release()
        self._eyes = []
        self._made_for = None

    def release(self) -> None:
        """Release every GL object it made."""
        self._release_eyes()
        for program, triangle in self._mixers.values():
            triangle.release()
            program.release()
        self._mixers = {}


def _eye_size_px(
    stereo: Stereo, size_px: tuple[int, int], anaglyph_scale: float
) -> tuple[int, int]:
    """Return the size each eye is drawn at: interlaced eyes draw only the lines that are shown."""
    width, height = size_px
    if stereo is Stereo.ANAGLYPH:
        return max(1, round(width * anaglyph_scale)), max(1, round(height * anaglyph_scale))
    if stereo is Stereo.ROWS:
        return width, (height + 1) // 2
    if stereo is Stereo.COLUMNS:
        return (width + 1) // 2, height
    return size_px


def _onto_own_lines(stereo: Stereo, side: int, size_px: tuple[int, int]) -> Matrix:
    """Return (4, 4) that brings the centres of an eye's shown lines onto its small picture's.

    Line k of the eye is line 2k + side of the whole picture, counted from the left or the top; an
    odd size has one line more, so the small picture reaches a line beyond the whole one.
    """
    result = np.eye(4)
    if stereo is Stereo.COLUMNS:
        whole, half = size_px[0], (size_px[0] + 1) // 2
        result[0, 0] = whole / (2 * half)
        result[0, 3] = (whole - 2 * side + 1) / (2 * half) - 1
    elif stereo is Stereo.ROWS:
        whole, half = size_px[1], (size_px[1] + 1) // 2
        result[1, 1] = whole / (2 * half)
        result[1, 3] = 1 - (whole - 2 * side + 1) / (2 * half)
    return result
