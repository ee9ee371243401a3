"""Sand that runs into the sea: its shape, its colors, the steps in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.coast import Coast
from ldm3d.data.families import Streams
from ldm3d.data.land import Land
from ldm3d.data.mesh import Material, Mesh, mesh_from
from ldm3d.data.noise import fbm
from ldm3d.data.scene import placed
from ldm3d.data.terrain import mix, smoothstep, terrain

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class SandShore:
    """A beach that rises from the sea to dunes and perhaps to a hill."""

    coast: Coast
    sand: NDArray[np.float64]
    hill_m: float
    green_m: float  # how far inland the green begins
    number: int

    def height(self, x: Floats, z: Floats) -> Floats:
        """Return metres over the sea."""
        out, d = self.coast.out(x, z), np.hypot(x, z)
        inland = np.maximum(-out, 0)
        sea = np.where(out > 0, -0.085 * out - 0.0016 * np.minimum(out, 80) ** 2, 0.0)
        berm = 1.25 * (1 - np.exp(-inland / 14)) + 0.006 * inland
        dunes = fbm(x, z, 16, 3, self.number + 1) * 0.55 * smoothstep(5, 22, inland)
        small = fbm(x, z, 1.1, 2, self.number + 2) * 0.028 * smoothstep(0.8, 3.5, inland)
        hill = (
            self.hill_m
            * smoothstep(35, 420, inland)
            * (0.55 + 0.9 * fbm(x, z, 260, 4, self.number + 3))
        )
        hill = hill * smoothstep(20, 160, d)
        return np.asarray(
            np.maximum(sea, -9) + berm + dunes + small + np.maximum(hill, 0), np.float32
        )


def sand_ground(shore: SandShore, streams: Streams) -> Mesh:
    """Return the beach in its colors: wet rim, wrack, dry sand, green behind."""
    share = streams.detail**0.6
    mesh = terrain(shore.height, far_m=2600, rings=int(420 * share), sectors=int(760 * share))
    x, y, z = mesh.position.T
    out, number = shore.coast.out(x, z), shore.number
    patch, fine = fbm(x, z, 7, 4, number + 5), fbm(x, z, 0.5, 2, number + 6)
    dry = shore.sand * (1 + 0.10 * patch[:, None] + 0.10 * fine[:, None])
    if streams.look.wet:
        dry = dry * 0.62
    wet_line = 1.6 + 0.8 * patch
    color = mix(
        dry,
        shore.sand * np.array([0.42, 0.41, 0.42]),
        smoothstep(-0.9, 0.5, out + wet_line),
    )
    wrack = np.exp(-(((out + 3.6 + 0.7 * patch) / 0.22) ** 2)) * smoothstep(0.0, 0.5, fine + 0.2)
    color = mix(color, np.array([0.10, 0.075, 0.04]), 0.6 * wrack)
    green = mix(
        np.array([0.045, 0.085, 0.016]),
        np.array([0.09, 0.115, 0.026]),
        smoothstep(-0.5, 0.5, patch),
    )
    grown = smoothstep(shore.green_m - 2, shore.green_m + 6, -out + 5 * patch)
    grown = grown * smoothstep(5, 9, np.hypot(x, z) + 3 * patch)
    color = mix(color, green, np.maximum(grown, smoothstep(5, 12, y)))
    rgba = mesh.color.copy()
    rgba[:, :3] = color
    # Snow's soft drifts suit dry sand better than the earth's clods.
    kind = np.where(grown > 0.5, Material.MOSS, Material.CLOTH).astype(np.float32)
    return replace(mesh, color=rgba, material=kind)


def footprints(land: Land, shore: SandShore) -> None:
    """Lead one or two trails along and across the beach."""
    rng, coast = land.rng, shore.coast
    a = np.linspace(0, 6.283, 14, endpoint=False)
    sole = 0.05 + 0.012 * np.cos(2 * a) + 0.012 * np.cos(a)
    ring = np.stack([sole * np.cos(a) * 0.85, np.zeros(14), sole * np.sin(a) * 2.7], axis=1)
    points = np.concatenate([[[0, -0.01, 0]], ring])
    faces = [[0, 1 + (i + 1) % 14, 1 + i] for i in range(14)]
    normal = np.concatenate([[[0, 1, 0]], ring * 9 * [-1, 0, -1] + [0, 1, 0]])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    print_ = mesh_from(points, faces, normal, shore.sand * 0.62, Material.CLOTH)
    for _ in range(int(rng.integers(1, 4))):
        back, slant = rng.uniform(1.2, 7.0), rng.normal(0, 0.25)
        step = np.arange(-14, 14, 0.62)
        u = step + rng.normal(0, 0.04, len(step))
        inland = back + slant * step + 0.8 * np.sin(step * 0.3)
        side = 0.11 * (-1.0) ** np.arange(len(step))
        x, z = coast.place(u, -inland - side)
        keep = (coast.out(x, z) < -0.4) & (np.hypot(x, z) < 13)
        at = np.stack([x, shore.height(x, z) + 0.016, z], axis=-1)[keep]
        yaw = -coast.sea_rad + np.pi / 2 + np.arctan(slant) + rng.normal(0, 0.12, len(at))
        land.scene.add(
            print_, placed(at, rng.uniform(0.9, 1.15), yaw), casts_sun=False, casts_sky=False
        )
