"""Perspective tiles that together cover the sphere, and where a direction falls in them."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ldm3d.depth.sphere import Floats, sampled_equirect
from ldm3d.errors import RequestError

_SUPERSAMPLING = 2
_RINGS = (
    (90.0, ((0.0, 8), (55.0, 4))),
    (56.0, ((0.0, 12), (36.0, 12), (70.0, 4))),
    (38.0, ((0.0, 20), (25.0, 16), (50.0, 12), (76.0, 8))),
)
"""Field of view in degrees, then (pitch, tiles) of the rings; those off the horizon twice.

No tile looks straight up or down, so none has a direction that a turn of the picture would
change: every ring has a multiple of four tiles, and turning the panorama by a quarter turns the
result. Each point lies well inside of two tiles or more.
"""
MAX_DETAIL = len(_RINGS)
TURN_TILES = 4
"""Turning the panorama by 1 / TURN_TILES of a full turn moves every tile onto another one."""


@dataclass(frozen=True)
class Tile:
    """A square perspective view from the centre of the sphere."""

    yaw_rad: float
    """0 looks at the picture's centre column, positive turns right."""
    pitch_rad: float
    """Positive looks up."""
    fov_rad: float
    level: int = 0
    """0 for the widest tiles; larger = narrower, with more detail."""

    @functools.cached_property
    def tile_from_world(self) -> NDArray[np.float64]:
        """(3, 3) rows: right, up, forward; unit vectors in the world."""
        sin_yaw, cos_yaw = math.sin(self.yaw_rad), math.cos(self.yaw_rad)
        sin_pitch, cos_pitch = math.sin(self.pitch_rad), math.cos(self.pitch_rad)
        right = (cos_yaw, 0.0, sin_yaw)
        up = (-sin_pitch * sin_yaw, cos_pitch, sin_pitch * cos_yaw)
        forward = (cos_pitch * sin_yaw, sin_pitch, -cos_pitch * cos_yaw)
        return np.array([right, up, forward])

    @property
    def half_width(self) -> float:
        """Half the width of the picture at distance 1 along the axis."""
        return math.tan(0.5 * self.fov_rad)

    def directions(self, size_px: int) -> Floats:
        """Return the unit directions of pixel centres, (size, size, 3) float32."""
        across = ((np.arange(size_px) + 0.5) / size_px * 2 - 1) * self.half_width
        x, y = np.meshgrid(across, -across)
        rays = np.stack([x, y, np.ones_like(x)], axis=-1) @ self.tile_from_world
        rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
        return rays.astype(np.float32)

    def view(self, picture: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
        """Return what the tile shows of an equirectangular (H, W, 3) picture, (n, n, 3) uint8."""
        fine = sampled_equirect(picture, self.directions(size_px * _SUPERSAMPLING))
        shape = (size_px, _SUPERSAMPLING, size_px, _SUPERSAMPLING, fine.shape[-1])
        mean = fine.reshape(shape).mean(axis=(1, 3))
        return np.asarray(np.rint(mean), dtype=np.uint8)

    def points(self, directions: Floats) -> Points:
        """Return where directions (m, 3) fall, for those inside of the tile only."""
        forward = directions @ self.tile_from_world[2].astype(np.float32)
        # The corners lie farthest from the axis.
        within = np.flatnonzero(forward > 1 / math.sqrt(1 + 2 * self.half_width**2) - 1e-6)
        axes = self.tile_from_world[:2].astype(np.float32)
        cosine = forward[within]
        xy = directions[within] @ axes.T / (cosine[:, None] * np.float32(self.half_width))
        inside = (np.abs(xy) <= 1).all(axis=1)
        return Points(within[inside], xy[inside, 0], -xy[inside, 1], cosine[inside])


@dataclass(frozen=True, eq=False)
class Points:
    """Directions that fall into a tile."""

    index: NDArray[np.intp]
    """(k,) which of the asked directions."""
    x: Floats
    """(k,) -1 at the tile's left border, 1 at the right one."""
    y: Floats
    """(k,) -1 at the tile's upper border, 1 at the lower one."""
    cosine: Floats
    """(k,) of the angle between the direction and the tile's axis: z / distance."""

    @property
    def weight(self) -> Floats:
        """(k,) 1 in the middle, falling smoothly to 0 at the border."""
        window = (1 - self.x**2) * (1 - self.y**2)
        return np.asarray(window**2, dtype=np.float32)


def tiles_of(detail: int = 1) -> tuple[Tile, ...]:
    """Return the tiles: 16 of 90° for detail 1, 60 with those of 56° for 2, 152 for 3.

    Raises:
        RequestError: if `detail` is not 1 to 3.
    """
    if not 1 <= detail <= MAX_DETAIL:
        raise RequestError(f"want a tile detail from 1 to {MAX_DETAIL}, got {detail}")
    tiles = []
    for level, (fov_deg, rings) in enumerate(_RINGS[:detail]):
        for pitch_deg, count in rings:
            for signed in dict.fromkeys((pitch_deg, -pitch_deg)):
                tiles += [
                    Tile(
                        2 * math.pi * number / count,
                        math.radians(signed),
                        math.radians(fov_deg),
                        level,
                    )
                    for number in range(count)
                ]
    return tuple(tiles)


def sampled_tile(values: Floats, points: Points) -> Floats:
    """Return `values` (n, n) of a tile at `points`, (k,) float32, bilinear."""
    size = len(values)
    column = np.clip((points.x + 1) * (0.5 * size) - 0.5, 0, size - 1)
    row = np.clip((points.y + 1) * (0.5 * size) - 0.5, 0, size - 1)
    left = np.minimum(column.astype(np.intp), size - 2)
    top = np.minimum(row.astype(np.intp), size - 2)
    across, down = column - left, row - top
    flat, start = values.ravel(), top * size + left
    upper = flat[start] * (1 - across) + flat[start + 1] * across
    lower = flat[start + size] * (1 - across) + flat[start + size + 1] * across
    return np.asarray(upper * (1 - down) + lower * down, dtype=np.float32)
