"""The panel's picture as a rectangle that hangs in the world."""

from __future__ import annotations

import moderngl
import numpy as np
from numpy.typing import NDArray

from depthfusion.errors import RendererError
from depthfusion.renderer.program import program_from, set_uniforms
from depthfusion.vr.drawing import PANEL_PX, PanelPlace


class PanelQuad:
    """Draws the panel into an eye. Its context's thread only; the maker releases it."""

    def __init__(self, ctx: moderngl.Context, *, is_software: bool) -> None:
        self._ctx = ctx
        self._is_software = is_software
        self._program = program_from(ctx, "headset_panel.vert", "headset_panel.frag")
        self._strip = ctx.vertex_array(self._program, [])
        self._texture = ctx.texture(PANEL_PX, 4)
        self._texture.repeat_x = self._texture.repeat_y = False
        self._has_picture = False

    def set_picture(self, rgba: NDArray[np.uint8]) -> None:
        """Upload a new picture, (h, w, 4) uint8 sRGB with straight alpha, `PANEL_PX`.

        Raises:
            RendererError: if it has another size.
        """
        width, height = PANEL_PX
        if rgba.shape != (height, width, 4):
            raise RendererError(f"want a panel of {height}x{width}x4, got {rgba.shape}")
        self._texture.write(np.ascontiguousarray(rgba), alignment=4)
        if not self._is_software:  # a CPU would take as long as for a frame of a small world
            self._texture.build_mipmaps()
        self._has_picture = True

    def draw(self, clip_from_world: NDArray[np.float64], place: PanelPlace) -> None:
        """Draw it over the bound framebuffer's picture, if it is to be seen."""
        if place.opacity <= 0 or not self._has_picture:
            return
        clip_from_panel = clip_from_world @ place.world_from_panel
        half_m = place.width_m / 2
        values = {
            "u_clip_from_panel": np.asarray(clip_from_panel, np.float32).T.tobytes(),
            "u_half_m": (half_m, half_m * PANEL_PX[1] / PANEL_PX[0]),
            "u_opacity": min(1.0, place.opacity),
            "u_picture": 0,
        }
        set_uniforms(self._program, values)
        self._texture.use(0)
        self._ctx.enable_only(moderngl.BLEND)
        self._ctx.blend_func = (  # type: ignore[assignment]  # the stub has the getter's
            moderngl.SRC_ALPHA,
            moderngl.ONE_MINUS_SRC_ALPHA,
            moderngl.ONE,
            moderngl.ONE,
        )
        self._strip.render(moderngl.TRIANGLE_STRIP, vertices=4)

    def release(self) -> None:
        """Release every GL object it made."""
        for item in (self._strip, self._program, self._texture):
            item.release()
