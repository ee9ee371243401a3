"""The plain way, frozen: a UV sphere whose every vertex is displaced by the depth map.

NEVER CHANGE THIS FILE. It is the yardstick: ratios are comparable only while it stays as it is.
It is what a competent, straightforward implementation does, with the right mapping for inverse
depth and no tricks: an indexed grid, linear depth fetch in the vertex shader, colour by the
interpolated uv. Trilinear colour on hardware, linear on software OpenGL.
"""

from __future__ import annotations

from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from depthfusion.panorama.panorama import DepthMeaning, Panorama
from depthfusion.view import View

_VERTEX = """
#version 330 core
uniform mat4 u_clip_from_world;
uniform sampler2D u_depth;        // inverse depth, 1 = nearest
uniform float u_near_disparity;   // 1/m at depth 1
uniform float u_far_disparity;    // 1/m at depth 0
in vec2 a_uv;
out vec2 v_uv;
const float PI = 3.14159265358979;
void main() {
    float depth = textureLod(u_depth, a_uv, 0.0).r;
    float r = 1.0 / mix(u_far_disparity, u_near_disparity, depth);
    float lon = (a_uv.x - 0.5) * 2.0 * PI;
    float lat = (0.5 - a_uv.y) * PI;
    vec3 direction = vec3(cos(lat) * sin(lon), sin(lat), -cos(lat) * cos(lon));
    v_uv = a_uv;
    gl_Position = u_clip_from_world * vec4(r * direction, 1.0);
}
"""
_FRAGMENT = """
#version 330 core
uniform sampler2D u_color;
in vec2 v_uv;
out vec4 f_color;
void main() { f_color = texture(u_color, v_uv); }
"""


class PlainSphere:
    """The plain renderer of one panorama; needs a depth map with a scale (`is_metric`)."""

    def __init__(self, ctx: moderngl.Context, panorama: Panorama, columns: int) -> None:
        depth, self._near_disparity, self._far_disparity = _inverse_depth(panorama)
        self._ctx = ctx
        self._program = ctx.program(vertex_shader=_VERTEX, fragment_shader=_FRAGMENT)
        height, width = panorama.color.shape[:2]
        rgba = np.dstack([panorama.color, np.full((height, width), 255, np.uint8)])
        self._color = ctx.texture((width, height), 4, rgba.tobytes())
        if "llvmpipe" in ctx.info["GL_RENDERER"] or "softpipe" in ctx.info["GL_RENDERER"]:
            self._color.filter = (moderngl.LINEAR, moderngl.LINEAR)
        else:
            self._color.build_mipmaps()
            self._color.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        self._depth = ctx.texture(depth.shape[::-1], 1, depth.tobytes(), dtype="f4")
        self._depth.filter = (moderngl.LINEAR, moderngl.LINEAR)
        for texture in (self._color, self._depth):
            texture.repeat_x, texture.repeat_y = True, False
        uv, indices = _grid(columns, columns // 2)
        self._uv, self._indices = ctx.buffer(uv.tobytes()), ctx.buffer(indices.tobytes())
        self._vertex_array: Any = ctx.vertex_array(
            self._program, [(self._uv, "2f", "a_uv")], self._indices
        )
        self.triangle_count = len(indices) // 3

    def draw_eye(
        self,
        clip_from_world: NDArray[np.float64],
        view: View,
        framebuffer: moderngl.Framebuffer,
        size_px: tuple[int, int],
    ) -> None:
        """Fill `framebuffer` with one eye's view."""
        framebuffer.use()
        framebuffer.viewport = (0, 0, *size_px)
        framebuffer.clear(0.0, 0.0, 0.0, 1.0, depth=1.0)
        self._ctx.enable_only(moderngl.DEPTH_TEST)
        self._program["u_clip_from_world"].write(
            np.ascontiguousarray(clip_from_world.T, dtype="f4").tobytes()
        )
        self._program["u_near_disparity"] = self._near_disparity
        self._program["u_far_disparity"] = self._far_disparity
        self._program["u_color"], self._program["u_depth"] = 0, 1
        self._color.use(0)
        self._depth.use(1)
        self._vertex_array.render(moderngl.TRIANGLES)

    def release(self) -> None:
        """Free every GL object."""
        for thing in (
            self._vertex_array,
            self._uv,
            self._indices,
            self._color,
            self._depth,
            self._program,
        ):
            thing.release()


def _inverse_depth(panorama: Panorama) -> tuple[NDArray[np.float32], float, float]:
    """Return inverse depth in [0, 1] and the disparities of its 1 and its 0."""
    if panorama.depth is None or not panorama.is_metric:
        raise ValueError("want a panorama whose depth has a scale")
    if panorama.near_m is not None and panorama.far_m is not None:
        return panorama.depth, 1 / panorama.near_m, 1 / panorama.far_m
    assert panorama.meaning is DepthMeaning.DISTANCE
    disparity = 1 / panorama.depth
    low, high = float(disparity.min()), float(disparity.max())
    return (disparity - low) / max(high - low, 1e-9), high, low


def _grid(columns: int, rows: int) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """Return the uv of (columns + 1) x (rows + 1) vertices and two triangles a cell."""
    u, v = np.meshgrid(np.linspace(0, 1, columns + 1), np.linspace(0, 1, rows + 1))
    uv = np.stack([u, v], axis=-1).astype(np.float32).reshape(-1, 2)
    first = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).ravel()
    below = first + columns + 1
    cells = np.stack([first, below, first + 1, first + 1, below, below + 1], axis=1)
    return uv, cells.astype(np.uint32).ravel()
