"""Whether a place to stand is free of everything that was drawn there."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ldm3d.data.scene import Scene

Place = tuple[float, float, float]


def nearest_m(scene: Scene, eye: Place, within_m: float = 1.0) -> float:
    """Return how far the nearest vertex is from an eye; `within_m` if none is nearer."""
    best = within_m
    for batch in scene.batches:
        points = batch.mesh.position
        reach = float(np.abs(points).max()) * 1.8
        matrix = batch.instances[:, :12].reshape(-1, 3, 4)
        size = np.abs(matrix[:, :, :3]).max(axis=(1, 2))
        gap = np.linalg.norm(matrix[:, :, 3] - np.asarray(eye), axis=1) - reach * size
        for rows in matrix[gap < within_m]:
            there = points @ rows[:, :3].T + rows[:, 3] - np.asarray(eye, np.float32)
            best = min(best, float(np.sqrt((there * there).sum(axis=1).min())))
    return best


def free_places(scene: Scene, places: Iterable[Place], gap_m: float = 0.55) -> tuple[Place, ...]:
    """Return those places around whose eye nothing is drawn within `gap_m`."""
    return tuple(place for place in places if nearest_m(scene, place) >= gap_m)
