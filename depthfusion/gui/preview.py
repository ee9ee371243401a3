"""The world that is forming: small pictures on a flat sphere, drawn in place of the world shown.

A renderer of its own holds them, so that the world before stays on the GPU untouched: whatever
becomes of the new one, going back costs one frame.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from depthfusion.panorama import Panorama
from depthfusion.view import View

if TYPE_CHECKING:
    import moderngl
    import numpy as np
    from numpy.typing import NDArray

    from depthfusion.gui.canvas import Canvas
    from depthfusion.renderer import PanoramaRenderer, Stage

GROWTH_S = 1.6
"""Time in which the depth of a new world comes in."""


class Preview:
    """Shows pictures without depth. GL thread, context current, except for `show` and `hide`."""

    def __init__(self) -> None:
        self._stage: Stage | None = None
        self._waiting = False
        self._renderer: PanoramaRenderer | None = None
        self._canvas: Canvas | None = None

    @property
    def shown(self) -> bool:
        """Whether a preview lies over the world."""
        return self._stage is not None

    def show(self, color: NDArray[np.uint8]) -> None:
        """Show a picture from the next frame on.

        Args:
            color: (h, 2h, 3) uint8, sRGB.
        """
        from depthfusion.renderer import stages

        self._stage = next(iter(stages(Panorama(color))))
        self._waiting = True

    def hide(self) -> None:
        """Show the world again from the next frame on."""
        self._stage = None
        self._waiting = False

    def draw(
        self, ctx: moderngl.Context, view: View, framebuffer_id: int, size_px: tuple[int, int]
    ) -> None:
        """Fill Qt's framebuffer."""
        if self._renderer is None or self._canvas is None:
            from depthfusion.gui.canvas import Canvas
            from depthfusion.renderer import PanoramaRenderer

            self._renderer = PanoramaRenderer(ctx)
            self._renderer.prefer_speed()
            self._canvas = Canvas(ctx, self._renderer)
        while self._waiting and self._stage is not None:
            self._waiting = not self._renderer.apply(self._stage)
        self._canvas.draw(view, framebuffer_id, size_px)

    def resized(self) -> None:
        """Forget what was made for another size."""
        if self._canvas is not None:
            self._canvas.resized()

    def release(self) -> None:
        """Give back everything on the GPU; what is shown is uploaded again when drawn."""
        if self._canvas is not None:
            self._canvas.release()
        if self._renderer is not None:
            self._renderer.release()
        self._renderer = self._canvas = None
        self._waiting = self._stage is not None


class Growth:
    """Lets depth come in without a jump: what parallax there is grows from nothing.

    Seen by one eye at the centre a displaced sphere looks as the flat one (rays only stretch), so
    it is the eyes' distance from the centre that grows: the same for every mapping.
    """

    def __init__(self) -> None:
        self._passed_s = GROWTH_S

    @property
    def running(self) -> bool:
        """Whether depth is still coming in."""
        return self._passed_s < GROWTH_S

    def start(self) -> None:
        """Begin with none."""
        self._passed_s = 0.0

    def finish(self) -> None:
        """Have all of it at once."""
        self._passed_s = GROWTH_S

    def advance(self, step_s: float) -> None:
        """Let time pass."""
        self._passed_s = min(GROWTH_S, self._passed_s + step_s)

    def grown(self, view: View) -> View:
        """Return the view as it is to be drawn now."""
        if not self.running:
            return view
        part = 0.5 - 0.5 * math.cos(math.pi * self._passed_s / GROWTH_S)
        x, y, z = view.position_m
        return replace(
            view,
            position_m=(part * x, part * y, part * z),
            eye_separation_mm=part * view.eye_separation_mm,
        )
