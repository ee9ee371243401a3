"""Shadow maps: the sun's nested squares, sky directions in fours, a lamp's cube."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import moderngl
import numpy as np
from numpy.typing import NDArray

from ldm3d.data.drawn import DrawnBatch
from ldm3d.data.graphics import Graphics, assign

Floats = NDArray[np.float32]


def light_basis(direction: Floats) -> Floats:
    """Return rows right, up, direction (3, 3) of a view along a light."""
    helper = np.array([0, 0, 1]) if abs(direction[1]) > 0.9 else np.array([0, 1, 0])
    right = np.cross(helper, direction)
    right = right / np.linalg.norm(right)
    return np.array([right, np.cross(direction, right), direction], np.float32)


def clip_from_world(direction: Floats, center: Floats, half_m: float, reach_m: float) -> Floats:
    """Return the parallel projection (4, 4) whose depth grows away from the light."""
    basis = light_basis(direction)
    scale = np.array([1 / half_m, 1 / half_m, -1 / reach_m], np.float32)
    matrix = np.eye(4, dtype=np.float32)
    matrix[:3, :3] = basis * scale[:, None]
    matrix[:3, 3] = -(basis @ center) * scale
    return matrix


class Shadows:
    """Draws shadow maps of one world into atlases."""

    def __init__(
        self, graphics: Graphics, batches: Sequence[DrawnBatch], coarseness: int = 1
    ) -> None:
        """Make the maps.

        Args:
            graphics: the context.
            batches: what may cast.
            coarseness: divides the sides of all maps: 1, 2 or 4.
        """
        self._graphics = graphics
        self._batches = batches
        self._program = graphics.program("shadow.vert", "shadow.frag")
        self.sun_px, self.sky_px = 2048 // coarseness, 1024 // coarseness
        self._lamp_px = 512 // coarseness
        self.sun_map, self._sun = graphics.shadow_map((2 * self.sun_px,) * 2)
        self.sky_map, self._sky = graphics.shadow_map((4 * self.sky_px, 2 * self.sky_px))
        self.lamp_map, self._lamp = graphics.shadow_map((3 * self._lamp_px, 2 * self._lamp_px))

    def release(self) -> None:
        """Free the maps."""
        for thing in (self._sun, self._sky, self._lamp, self.sun_map, self.sky_map, self.lamp_map):
            thing.release()

    def _draw_parallel(
        self,
        target: moderngl.Framebuffer,
        tile: tuple[int, int, int],
        matrix: Floats,
        kind: str,
        least_texels: float,
    ) -> None:
        column, row, size = tile
        target.viewport = (column * size, row * size, size, size)
        target.use()
        assign(self._program, {"face": -1, "clip_from_world": matrix})
        half = 1.0 / float(np.linalg.norm(matrix[0, :3]))
        for drawn in self._batches:
            if not getattr(drawn.batch, f"casts_{kind}"):
                continue
            at = drawn.centers @ matrix[:2, :3].T + matrix[:2, 3]
            room = 1.0 + drawn.radii / half
            large = drawn.radii > 2 * least_texels * half / size
            visible = (np.abs(at) < room[:, None]).all(axis=1) & large
            # A shadow's edge is blurred over two texels: what is smaller makes no difference.
            drawn.draw(visible, drawn.levels_at(4 * half / size), shadow=True)

    def draw_sun(
        self,
        direction: Floats,
        center: Floats,
        extents_m: Sequence[float],
        least_texels: float = 0.5,
    ) -> Floats:
        """Draw up to four squares; return their matrices (4, 4, 4)."""
        self._sun.viewport = (0, 0, 2 * self.sun_px, 2 * self.sun_px)
        self._sun.clear()
        matrices = np.tile(np.eye(4, dtype=np.float32), (4, 1, 1))
        for i, half_m in enumerate(extents_m):
            reach = max(500.0, half_m * 2.5)
            matrices[i] = clip_from_world(direction, center, half_m, reach)
            self._draw_parallel(
                self._sun, (i & 1, i >> 1, self.sun_px), matrices[i], "sun", least_texels
            )
        return matrices

    def draw_sky(
        self,
        directions: Floats,
        center: Floats,
        extents_m: tuple[float, float],
        least_texels: float = 0.5,
    ) -> Floats:
        """Draw four directions (4, 3), near and far; return matrices (8, 4, 4)."""
        self._sky.viewport = (0, 0, 4 * self.sky_px, 2 * self.sky_px)
        self._sky.clear()
        matrices = np.empty((8, 4, 4), np.float32)
        for i, direction in enumerate(directions):
            for j, half_m in enumerate(extents_m):
                matrix = clip_from_world(direction, center, half_m, max(200.0, half_m * 2.5))
                self._draw_parallel(self._sky, (i, j, self.sky_px), matrix, "sky", least_texels)
                matrices[2 * i + j] = matrix
        return matrices

    def draw_lamp(self, position: Floats, reach_m: float, least_texels: float = 0.0) -> None:
        """Draw the six faces around a lamp; only what is within reach casts."""
        px = self._lamp_px
        self._lamp.viewport = (0, 0, 3 * px, 2 * px)
        self._lamp.clear()
        for face in range(6):
            self._lamp.viewport = ((face % 3) * px, (face // 3) * px, px, px)
            self._lamp.use()
            assign(self._program, {"face": face, "eye": tuple(float(v) for v in position)})
            for drawn in self._batches:
                if drawn.batch.casts_sun:
                    relative = drawn.centers - position
                    far = np.linalg.norm(relative, axis=1)
                    near = far < reach_m + drawn.radii
                    near &= drawn.radii > least_texels * far * 2 / px
                    level = drawn.levels_at(np.maximum(far - drawn.radii, 0) * 4 / px)
                    drawn.draw(drawn.seen_by_face(relative, face) & near, level, shadow=True)


@dataclass
class KeptShadows:
    """Where the shadow maps were drawn from, so that they can be used again."""

    sun: Floats = field(default_factory=lambda: np.zeros((4, 4, 4), np.float32))
    sun_center: Floats | None = None
    sun_direction: Floats | None = None
    sky: Floats = field(default_factory=lambda: np.zeros((8, 4, 4), np.float32))
    sky_center: Floats | None = None
    four: Floats = field(default_factory=lambda: np.zeros((4, 3), np.float32))

    def suits_sun(self, direction: Floats, center: Floats) -> bool:
        """Say whether the sun's maps are still right within about a texel of the finest."""
        if self.sun_center is None or self.sun_direction is None:
            return False
        same = bool(np.array_equal(direction, self.sun_direction))
        return same and float(np.linalg.norm(center - self.sun_center)) < 1.5

    def suits_sky(self, center: Floats) -> bool:
        """Say whether the sky's maps still lie around the eye."""
        near = self.sky_center
        return near is not None and float(np.linalg.norm(center - near)) < 2.5
