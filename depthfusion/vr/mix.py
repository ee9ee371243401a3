"""Two worlds in one eye: each is drawn by itself, smaller, and their light is added."""

from __future__ import annotations

import math

import moderngl

from depthfusion.renderer.program import program_from, set_uniforms
from depthfusion.vr.shade import encoded_factor
from depthfusion.vr.targets import EyeTarget

SCALE, SOFTWARE_SCALE = 0.65, 0.45
"""Of width and height, while two worlds are drawn: so that such a frame costs no more than one with
a single world. On a GPU the pixels count, two times 42 % of them; where the CPU draws, geometry and
adding count as well. Such a picture is handed over as small as it is, like any that is drawn
smaller where frames are late. Nobody looks for sharpness in a fifth of a second of dim light."""


class Layers:
    """The two small pictures, the coming world's and the leaving one's; both eyes share them."""

    def __init__(self, ctx: moderngl.Context, like: EyeTarget, scale: float) -> None:
        """Make them.

        Args:
            ctx: the context.
            like: an eye's target. If it has many samples, its corner is what is drawn into.
            scale: of its width and height.
        """
        self.size_px = _scaled(like.size_px, scale)
        self._scale = scale
        self.textures = [ctx.texture(self.size_px, 4) for _ in range(2)]
        self._depth = None if like.has_many_samples else ctx.depth_renderbuffer(self.size_px)
        self.framebuffers = [ctx.framebuffer([t], self._depth) for t in self.textures]
        for texture in self.textures:
            texture.repeat_x = texture.repeat_y = False

    def used_px(self, eye_px: tuple[int, int]) -> tuple[int, int]:
        """Return what is drawn of a layer for a picture of `eye_px`."""
        return _scaled(eye_px, self._scale)

    def drawn(self, index: int, target: EyeTarget) -> moderngl.Framebuffer:
        """Return what a world is to be drawn into; `target.resolve` brings it into the layer."""
        return target.drawn if target.has_many_samples else self.framebuffers[index]

    def release(self) -> None:
        """Release every GL object it made."""
        for framebuffer in self.framebuffers:
            framebuffer.release()
        for texture in self.textures:
            texture.release()
        if self._depth is not None:
            self._depth.release()


def _scaled(size_px: tuple[int, int], scale: float) -> tuple[int, int]:
    return math.ceil(size_px[0] * scale), math.ceil(size_px[1] * scale)


def mix_factors(shares: tuple[float, float]) -> tuple[float, float]:
    """Return the factors on the sRGB values whose squares are added.

    One world alone, and two that are alike, get what fades give them; where the worlds differ the
    sum is within 3 % of that (of the sRGB value).

    Args:
        shares: factors on linear light, not both 0.
    """
    coming, leaving = (encoded_factor(share) for share in shares)
    whole = encoded_factor(shares[0] + shares[1]) / math.hypot(coming, leaving)
    return coming * whole, leaving * whole


class MixPass:
    """Adds the layers' light into a picture. Its context's thread only; the maker releases it."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._program = program_from(ctx, "stereo.vert", "headset_mix.frag")
        self._triangle = ctx.vertex_array(self._program, [])

    def draw(
        self,
        target: EyeTarget,
        layers: Layers,
        used_px: tuple[int, int],
        shares: tuple[float, float],
    ) -> None:
        """Fill the corner of the target's single-sample picture; it is bound afterwards.

        Args:
            target: of the eye.
            layers: the coming and the leaving world.
            used_px: width and height of what was drawn of them.
            shares: factors on their linear light, not both 0.
        """
        picture = target.resolved
        picture.scissor = None  # type: ignore[assignment]  # the stub forbids what the docs say
        picture.color_mask = (True, True, True, True)
        picture.use()
        picture.viewport = (0, 0, *used_px)
        self._ctx.enable_only(moderngl.NOTHING)
        for unit, texture in enumerate(layers.textures):
            texture.use(unit)
        values = {"u_coming": 0, "u_leaving": 1, "u_factors": mix_factors(shares)}
        set_uniforms(self._program, values)
        self._triangle.render(moderngl.TRIANGLES, vertices=3)

    def release(self) -> None:
        """Release every GL object it made."""
        self._triangle.release()
        self._program.release()
