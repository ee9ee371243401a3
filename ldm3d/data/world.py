"""One finished world: a picture, exact distance, words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEAR_M = 0.6
FAR_M = float("inf")


@dataclass(frozen=True)
class World:
    """A procedural RGBD panorama; row 0 is up, the centre column looks along -z."""

    color: NDArray[np.uint8]  # (H, 2H, 3), sRGB
    distance_m: NDArray[np.float32]  # (H, 2H), metres along the ray; infinity is sky
    caption: str
    title: str
    tags: tuple[str, ...]
    family: str
    seed: int
    eye_height_m: float


def depth_from_distance(distance_m: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return relative inverse depth in [0, 1], 1 = `NEAR_M` or nearer, 0 = sky."""
    depth = np.clip(NEAR_M / np.maximum(distance_m, 1e-6), 0, 1)
    return np.asarray(depth, np.float32)
