"""What a family hands to the renderer: geometry, light, air and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.mesh import Mesh

Floats = NDArray[np.float32]
Color = tuple[float, float, float]


@dataclass(frozen=True)
class Batch:
    """One mesh drawn many times."""

    mesh: Mesh
    instances: Floats  # (N, 16): three rows of a 3x4 world matrix, then tint rgb and a random
    casts_sun: bool = True
    casts_sky: bool = True


@dataclass(frozen=True)
class Air:
    """Sky, light and fog of one hour; colors are linear radiance."""

    sun_elevation_deg: float = 12.0
    sun_azimuth_deg: float = 0.0  # 0 is forward (-z), positive to the right
    sun: Color = (2.9, 1.75, 0.85)
    sun_softness_deg: float = 0.5
    zenith: Color = (0.19, 0.33, 0.58)
    horizon: Color = (0.95, 0.74, 0.55)
    glow: Color = (1.9, 1.1, 0.5)
    ground: Color = (0.16, 0.13, 0.09)  # light bounced up from below
    sky_gain: float = 1.0  # how strongly the sky lights things
    fog_density: float = 0.0004  # 1/m at eye height
    fog_height_m: float = 120.0
    fog_tint: Color = (1.0, 1.0, 1.0)
    shafts: float = 0.0  # strength of light shafts
    shaft_reach_m: float = 60.0
    cloud_cover: float = 0.35
    cloud_seed: float = 0.0
    cirrus: float = 0.3
    stars: float = 0.0
    aurora: float = 0.0
    moon: float = 0.0
    indoor: bool = False
    room: tuple[Color, Color, Color] = ((0.1,) * 3, (0.1,) * 3, (0.1,) * 3)  # up, side, down
    exposure: float = 1.0
    saturation: float = 1.1
    warmth: float = 0.0


@dataclass(frozen=True)
class Lamp:
    """A point light."""

    position: Color  # metres
    color: Color  # radiant intensity
    size_m: float = 0.05
    shadowed: bool = True


@dataclass
class Scene:
    """Everything of one world."""

    eye: tuple[float, float, float]
    air: Air
    batches: list[Batch] = field(default_factory=list)
    lamps: list[Lamp] = field(default_factory=list)
    mirror_height_m: float | None = None  # a lake's or polished floor's level
    ripple: float = 0.02  # slope of the waves
    water_tint: Color = (0.02, 0.09, 0.11)
    eye_height_m: float = 1.65
    facing_deg: float = 0.0  # the azimuth that becomes the picture's centre
    title: str = ""
    caption: str = ""
    tags: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    """What was placed and can be seen, as people say it: "a wooden jetty", "red toadstools"."""
    eyes: tuple[tuple[float, float, float], ...] = ()
    """Other places to stand in the same scene, as good as `eye`: free of things within 0.8 m."""

    def add(
        self,
        mesh: Mesh,
        instances: Floats | None = None,
        *,
        casts_sun: bool = True,
        casts_sky: bool = True,
    ) -> None:
        """Put a mesh into the world, once at the origin or at many places."""
        rows = identity() if instances is None else np.asarray(instances, np.float32)
        if len(rows):
            self.batches.append(Batch(mesh, rows, casts_sun, casts_sky))


def identity() -> Floats:
    """Return the one instance (1, 16) that leaves a mesh where it is."""
    return np.array([[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 1, 1, 0]], np.float32)


def placed(
    positions: NDArray[np.floating],
    scale: NDArray[np.floating] | float = 1.0,
    yaw_rad: NDArray[np.floating] | float = 0.0,
    tint: NDArray[np.floating] | Sequence[float] = (1.0, 1.0, 1.0),
    tilt: NDArray[np.floating] | None = None,
    seed: int = 0,
) -> Floats:
    """Return instances (N, 16).

    Args:
        positions: (N, 3) metres.
        scale: one number, (N,) or (N, 3).
        yaw_rad: one number or (N,).
        tint: (3,) or (N, 3), multiplies the albedo.
        tilt: (N, 2) shear of the up axis in x and z: leaning without distortion when small.
        seed: of the per-instance random number.
    """
    count = len(positions)
    size = np.asarray(scale, np.float64)
    size = np.broadcast_to(size[:, None] if size.ndim == 1 else size, (count, 3))
    c, s = np.cos(np.broadcast_to(yaw_rad, count)), np.sin(np.broadcast_to(yaw_rad, count))
    matrix = np.zeros((count, 3, 4))
    matrix[:, 0, 0], matrix[:, 0, 2] = c * size[:, 0], s * size[:, 2]
    matrix[:, 2, 0], matrix[:, 2, 2] = -s * size[:, 0], c * size[:, 2]
    matrix[:, 1, 1] = size[:, 1]
    if tilt is not None:
        matrix[:, 0, 1] = tilt[:, 0] * size[:, 1]
        matrix[:, 2, 1] = tilt[:, 1] * size[:, 1]
    matrix[:, :, 3] = positions
    out = np.empty((count, 16), np.float32)
    out[:, :12] = matrix.reshape(count, 12)
    out[:, 12:15] = tint
    out[:, 15] = np.random.default_rng(seed + 977).random(count)
    return out
