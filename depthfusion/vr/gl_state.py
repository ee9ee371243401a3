"""OpenGL's state between two frames is anybody's: a runtime draws with our context, too.

What is set here is what ModernGL and the renderer never set themselves; the rest they set in each
frame anyway.
"""

from __future__ import annotations

import moderngl

from depthfusion.vr.gl_functions import DOUBLE, INT, UINT, gl_function

_SWITCHED_OFF = (
    0x0B90,  # STENCIL_TEST
    0x0BF2,  # COLOR_LOGIC_OP
    0x8037,  # POLYGON_OFFSET_FILL
    0x809E,  # SAMPLE_ALPHA_TO_COVERAGE
    0x80A0,  # SAMPLE_COVERAGE
    0x8E51,  # SAMPLE_MASK
    0x8DB9,  # FRAMEBUFFER_SRGB: our textures hold encoded values, written as they are
    0x864F,  # DEPTH_CLAMP
    *range(0x3000, 0x3008),  # CLIP_DISTANCE0 to 7
)
_MULTISAMPLE = 0x809D
_UNPACK = (
    0x0CF0,  # UNPACK_SWAP_BYTES
    0x0CF1,  # UNPACK_LSB_FIRST
    0x0CF2,  # UNPACK_ROW_LENGTH
    0x0CF3,  # UNPACK_SKIP_ROWS
    0x0CF4,  # UNPACK_SKIP_PIXELS
)
_PIXEL_UNPACK_BUFFER = 0x88EC
_TEXTURE_UNITS = 3
_MAX_ERRORS = 16


class GlState:
    """Brings a context back to what drawing and uploading rely on. Its thread only."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._pixel_store = gl_function("glPixelStorei", UINT, INT)
        self._bind_buffer = gl_function("glBindBuffer", UINT, UINT)
        self._depth_range = gl_function("glDepthRange", DOUBLE, DOUBLE)

    def for_drawing(self) -> None:
        """Set everything a frame relies on and does not set itself."""
        ctx = self._ctx
        for _ in range(_MAX_ERRORS):  # a lost context reports errors without end
            if ctx.error == "GL_NO_ERROR":
                break
        ctx.enable_only(moderngl.NOTHING)
        for flag in _SWITCHED_OFF:
            ctx.disable_direct(flag)
        ctx.enable_direct(_MULTISAMPLE)
        ctx.clear_samplers(0, _TEXTURE_UNITS)
        ctx.blend_equation = moderngl.FUNC_ADD  # type: ignore[assignment]  # the getter's type
        ctx.front_face = "ccw"
        ctx.wireframe = False
        self._depth_range(0.0, 1.0)

    def for_uploading(self) -> None:
        """Set how pixels are read from memory, but for the alignment: ModernGL sets it."""
        for name in _UNPACK:
            self._pixel_store(name, 0)
        self._bind_buffer(_PIXEL_UNPACK_BUFFER, 0)
