"""Small, plain scenes of any family, and small pictures of them: what tests of families look at."""

from __future__ import annotations

import numpy as np

from ldm3d.data.look import Look, look_from
from ldm3d.data.renderer import Effort
from ldm3d.data.scene import Scene

WIDTH, DETAIL = 128, 0.1
EFFORT = Effort(
    passes=1, sky_fours=1, face_px=64, cloud_steps=4, clouds_px=64, coarseness=8, least_px=1.0,
    least_texels=2.0, shadowed_lamps=0, thrifty=True,
)  # fmt: skip


def summer(hour: str = "morning", weather: str = "clear", season: str = "summer") -> Look:
    return look_from(hour, weather, season, np.random.default_rng(3))


def all_positions(scene: Scene) -> np.ndarray:
    return np.concatenate([batch.instances[:, [3, 7, 11]] for batch in scene.batches])


def triangles(scene: Scene) -> int:
    return sum(len(batch.mesh.faces) * len(batch.instances) for batch in scene.batches)
