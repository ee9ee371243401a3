"""Small, plain scenes of any family: what tests of single families look at."""

from __future__ import annotations

import numpy as np

from ldm3d.data.look import Look, look_from
from ldm3d.data.renderer import Effort
from ldm3d.data.scene import Scene

EFFORT = Effort(passes=1, sky_fours=1, face_px=128, cloud_steps=4)
WIDTH, DETAIL = 128, 0.1


def summer(hour: str = "morning", weather: str = "clear", season: str = "summer") -> Look:
    return look_from(hour, weather, season, np.random.default_rng(3))


def all_positions(scene: Scene) -> np.ndarray:
    return np.concatenate([batch.instances[:, [3, 7, 11]] for batch in scene.batches])
