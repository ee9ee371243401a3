"""How much light of a picture is left: fades, and the dark rim while the wearer is turned."""

from __future__ import annotations

import math
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from depthfusion.renderer.program import program_from, set_uniforms

DISPLAY_GAMMA = 2.2
"""sRGB's curve, taken as a power: factors on linear light become factors on encoded values, within
7 of 255 of the exact ones."""
FULL_RIM_DEG, NO_RIM_DEG = 25.0, 70.0
"""Where the rim is dark from straight ahead on, at the most and at the least."""
RIM_WIDTH_DEG = 12.0
"""How softly the rim begins, inside of where it is dark."""

Matrix = NDArray[np.float64]


def encoded_factor(brightness: float) -> float:
    """Return the factor on sRGB values that stands for `brightness` as a factor on linear light."""
    return float(max(0.0, min(1.0, brightness)) ** (1 / DISPLAY_GAMMA))


def rim_cosines(vignette: float) -> tuple[float, float]:
    """Return the cosines of the angles at which the rim is dark and at which it begins."""
    dark_deg = NO_RIM_DEG + (FULL_RIM_DEG - NO_RIM_DEG) * max(0.0, min(1.0, vignette))
    return (
        math.cos(math.radians(dark_deg)),
        math.cos(math.radians(dark_deg - RIM_WIDTH_DEG)),
    )


class Shade:
    """The pass that darkens a picture. Its context's thread only; the maker releases it."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._passes = []
        for defines in ({}, {"RIM": 1}):
            program = program_from(ctx, "stereo.vert", "headset_shade.frag", defines)
            self._passes.append((program, ctx.vertex_array(program, [])))

    def draw(
        self,
        clip_from_world: Matrix,
        ahead: NDArray[np.float64],
        used_px: tuple[int, int],
        brightness: float,
        vignette: float,
    ) -> None:
        """Darken the bound framebuffer's picture; its viewport is set.

        Args:
            clip_from_world: (4, 4) of the eye.
            ahead: (3,) where the head looks, in the world; zeros: where the eye looks.
            used_px: size of the viewport, which begins at (0, 0).
            brightness: factor on linear light.
            vignette: 0 (no rim) to 1.
        """
        has_rim = vignette > 0
        values = _tangents(clip_from_world, ahead, used_px) if has_rim else {}
        if has_rim:
            values["u_rim_cosine"] = rim_cosines(vignette)
        values["u_left"] = encoded_factor(brightness)
        program, triangle = self._passes[has_rim]
        set_uniforms(program, values)
        self._ctx.enable_only(moderngl.BLEND)
        self._ctx.blend_func = (  # type: ignore[assignment]  # the stub has the getter's
            moderngl.ZERO,
            moderngl.SRC_COLOR,
            moderngl.ZERO,
            moderngl.ONE,
        )
        triangle.render(moderngl.TRIANGLES, vertices=3)

    def release(self) -> None:
        """Release every GL object it made."""
        for program, triangle in self._passes:
            triangle.release()
            program.release()


def _tangents(
    clip_from_world: Matrix, ahead: NDArray[np.float64], used_px: tuple[int, int]
) -> dict[str, Any]:
    """Return the uniforms that tell a pixel's direction.

    A direction f + t right + s up has x = (row0 . f + t a) / |row3|: f is the third row's
    direction, and a the length of what row 0 has beside f.
    """
    x_row, y_row, w_row = clip_from_world[0, :3], clip_from_world[1, :3], clip_from_world[3, :3]
    depth = math.sqrt(float(w_row @ w_row))
    forward = w_row / depth
    if not ahead.any():
        ahead = forward
    start, step, sideways = [], [], []
    for row, size_px in ((x_row, used_px[0]), (y_row, used_px[1])):
        offset = float(row @ forward)
        beside = row - offset * forward
        cotangent = math.sqrt(float(beside @ beside))
        start.append((-depth - offset) / cotangent)
        step.append(2 * depth / (size_px * cotangent))
        sideways.append(float(ahead @ beside) / cotangent)
    return {
        "u_tangent_a": tuple(start),
        "u_tangent_b": tuple(step),
        "u_ahead": (*sideways, float(ahead @ forward)),
    }
