"""Ivy and other creepers on walls and columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ldm3d.data.mesh import Mesh
from ldm3d.data.noise import fbm
from ldm3d.data.plants import kites
from ldm3d.data.stonework import Place

IVY = {
    "spring": (0.07, 0.14, 0.025), "summer": (0.045, 0.095, 0.022),
    "autumn": (0.30, 0.06, 0.025), "winter": (0.04, 0.06, 0.025),
}  # fmt: skip


def ivy(
    rng: np.random.Generator,
    place: Place,
    long_m: float,
    tall_m: float,
    leaves: int,
    *,
    size_m: float = 0.14,
    color: ArrayLike = IVY["summer"],
    hanging: bool = False,
    thick: float = 0.0,
    number: int = 0,
) -> Mesh:
    """Return leaves in drifts over a surface.

    Args:
        rng: of the layout.
        place: of the surface, as `stones` takes it.
        long_m: of the surface.
        tall_m: of the surface.
        leaves: tried; drifts keep about half.
        size_m: of a leaf.
        color: of the leaves.
        hanging: denser above than below.
        thick: adds to how much is covered, -1 to 1.
        number: moves the drifts.
    """
    u, v = rng.uniform(0, long_m, leaves), rng.uniform(0, 1, leaves)
    level = v if hanging else 1 - v
    v = v * tall_m
    wish = fbm(u, v * 0.5, 5.0, 3, number + 71) * 1.3 + 0.9 * level - 0.55 + thick
    keep = wish > rng.uniform(-0.1, 0.35, leaves)
    u, v = u[keep], v[keep]
    if not len(u):
        u, v = np.array([long_m / 2]), np.array([0.2])
    at = place(u, v, rng.uniform(0.03, 0.16, len(u)))
    out = place(u, v, np.ones(len(u))) - place(u, v, np.zeros(len(u)))
    along = out * rng.uniform(0.1, 0.8, (len(u), 1)) + rng.normal(0, 0.5, (len(u), 3))
    along += np.array([0, -0.8, 0])
    along *= (size_m * rng.uniform(0.6, 1.3, len(u)) / np.linalg.norm(along, axis=1))[:, None]
    side = np.cross(along, out)
    side *= 0.45 * size_m / (np.linalg.norm(side, axis=1, keepdims=True) + 1e-9)
    tint = np.asarray(color) * rng.uniform(0.5, 1.4, (len(u), 1))
    tint = tint * (1 + rng.normal(0, 0.1, (len(u), 3)))
    return kites(at, along, side, out + np.array([0, 0.4, 0]), np.clip(tint, 0.005, 1), 0.4, 0.4)
