"""The sea floor, the surface seen from below, the net of light between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.families import Streams
from ldm3d.data.mesh import Material, Mesh, grid_faces, icosphere, lathe, merged, mesh_from
from ldm3d.data.noise import fbm
from ldm3d.data.scene import Air
from ldm3d.data.terrain import mix, smoothstep

Floats = NDArray[np.float32]

FAR_M = 80.0


@dataclass(frozen=True)
class SeaFloor:
    """The sea floor: sand with mounds where the reef grows."""

    number: int
    mound_m: float
    cover: float  # share of reef over sand, about -0.4 to 0.5
    period_m: float

    def reef(self, x: Floats, z: Floats) -> Floats:
        """Return 0 on sand to 1 on the reef; sand under the eye."""
        wish = fbm(x, z, self.period_m, 3, self.number + 1) + self.cover
        return smoothstep(0.0, 0.45, wish) * smoothstep(1.2, 3.2, np.hypot(x, z))

    def height(self, x: Floats, z: Floats) -> Floats:
        """Return metres over the sand under the eye, about."""
        reef, d = self.reef(x, z), np.hypot(x, z)
        rough = 0.55 + 0.6 * fbm(x, z, 5.0, 3, self.number + 2)
        mound = self.mound_m * reef * rough * smoothstep(1.5, 6.5, d)
        dunes = fbm(x, z, 14, 2, self.number + 3) * 0.30 * smoothstep(1, 8, d)
        bend = 1.3 * fbm(x, z, 5, 2, self.number + 4)
        ripple = 0.020 * np.sin((x * 0.8 + z * 0.6) * 15 + 5 * bend) * (1 - reef)
        return np.asarray(mound + dunes + ripple + d * 0.012, np.float32)


def caustics(x: Floats, z: Floats, period_m: float, number: int) -> Floats:
    """Return the bright net of light under waves, 0 to 1."""
    warp = fbm(x, z, period_m * 2.2, 2, number + 1) * period_m * 0.8
    a = np.abs(fbm(x + warp, z - warp, period_m, 1, number + 2))
    b = np.abs(fbm(x - warp, z + warp, period_m * 0.8, 1, number + 3))
    return np.asarray(np.exp(-np.minimum(a, b) * 9), np.float32)


def _polar(detail: float, far_m: float) -> tuple[Floats, Floats]:
    share = float(np.clip(detail, 0.15, 1)) ** 0.5
    radii = np.concatenate(
        [np.linspace(0, 8, int(170 * share)), np.geomspace(8.2, far_m, int(100 * share))]
    )
    a = np.linspace(0, 2 * np.pi, int(640 * share), endpoint=False)
    return (
        (radii[:, None] * np.cos(a)).astype(np.float32),
        (radii[:, None] * np.sin(a)).astype(np.float32),
    )


def drawn_floor(floor: SeaFloor, streams: Streams, sand: ArrayLike, sunlit: float) -> Mesh:
    """Return sand and reef with the net of light on them, by the share `sunlit`."""
    x, z = _polar(streams.detail, FAR_M)
    points = np.stack([x, floor.height(x, z), z], axis=-1).reshape(-1, 3)
    mesh = mesh_from(points, grid_faces(x.shape[0], x.shape[1], wrap=True)[:, [0, 2, 1]])
    px, _, pz = points.T
    reef, patch = floor.reef(px, pz), fbm(px, pz, 2.4, 3, floor.number + 6)
    color = np.asarray(sand) * (1 + 0.16 * patch[:, None])
    crust = mix(
        np.array([0.15, 0.12, 0.11]), np.array([0.26, 0.12, 0.17]), smoothstep(-0.2, 0.5, patch)
    )
    crust = mix(
        crust,
        np.array([0.13, 0.15, 0.07]),
        smoothstep(0.1, 0.6, fbm(px, pz, 4, 3, floor.number + 7)),
    )
    color = mix(color, crust, smoothstep(0.15, 0.6, reef + 0.25 * patch))
    net = caustics(px, pz, 1.25, floor.number + 8)[:, None]
    color = color * (1 + sunlit * (2.6 * net - 0.45))
    kind = np.where(reef > 0.4, Material.ROCK, Material.CLOTH)
    made = mesh_from(points, mesh.faces, mesh.normal, color)
    return replace(made, material=kind.astype(np.float32))


def surface_from_below(
    level: float, eye_y: float, air: Air, streams: Streams, bright: float
) -> Mesh:
    """Return the water's surface from below: a bright window overhead, dark far out."""
    x, z = _polar(streams.detail, FAR_M * 0.9)
    number = streams.number + 40
    y = level + 0.12 * fbm(x, z, 6, 3, number)
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    px, py, pz = points.T
    up = (py - eye_y) / np.sqrt(px**2 + pz**2 + (py - eye_y) ** 2)
    net = caustics(px, pz, 2.2, number + 1)
    fine = caustics(px, pz, 0.9, number + 5)
    wave = fbm(px, pz, 3.0, 3, number + 9)
    window = smoothstep(0.60, 0.74, up + 0.10 * wave)
    a, e = np.radians(air.sun_azimuth_deg), np.radians(air.sun_elevation_deg)
    reach = (level - eye_y) / np.tan(e)
    off = np.hypot(px - reach * np.sin(a), pz + reach * np.cos(a))
    blaze = np.exp(-(((off + 1.2 * wave) / (0.16 * (level - eye_y) + 0.25)) ** 2))
    halo = np.exp(-off / (0.5 * (level - eye_y) + 0.4))
    far, top = np.asarray(air.horizon), np.asarray(air.zenith)
    haze = 0.86 * far + 0.14 * top  # what the fog fades to
    base = mix(haze * 1.45, top * np.array([0.55, 1.0, 1.15]), window) * (
        0.75 + 0.35 * wave[:, None]
    )
    shine = 0.5 * net + 0.25 * fine * window
    color = (
        base * (0.65 + 1.1 * shine)[:, None]
        + np.asarray(air.sun) * (0.22 * halo * (0.4 + net) + 1.2 * blaze)[:, None] * bright
    )
    faces = grid_faces(x.shape[0], x.shape[1], wrap=True)
    return mesh_from(
        points, faces, np.tile([0, -1.0, 0], (len(points), 1)), np.maximum(color, 0), Material.GLOW
    )


def sunken_column(high_m: float) -> Mesh:
    """Return a fluted column that stands on y = 0, grown over."""
    profile = [
        [0.52, 0],
        [0.52, 0.16],
        [0.44, 0.24],
        [0.40, 0.34],
        [0.36, high_m * 0.6],
        [0.33, high_m],
    ]
    post = lathe(profile, 40)
    x, y, z = post.position.T
    flute = np.where((np.arange(40) % 2 == 0)[None].repeat(6, 0).ravel() & (y > 0.3), 0.93, 1.0)
    shaft = mesh_from(
        np.stack([x * flute, y, z * flute], 1),
        post.faces,
        color=(0.36, 0.36, 0.31),
        material=Material.ROCK,
        parameter=0.6,
    )
    cap = (
        icosphere(2)
        .scaled((0.34, 0.12, 0.34))
        .moved((0, high_m, 0))
        .painted((0.30, 0.31, 0.26), Material.ROCK, 0.8)
    )
    return merged([shaft, cap])
