"""Light that walls throw back into streets and yards: few sky samples miss it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ldm3d.data.scene import Lamp, Scene


def bounce(scene: Scene, spots: Sequence[tuple[float, float, float]], share: float = 0.3) -> None:
    """Add soft lamps without shadows that light the shade as walls around would.

    Args:
        scene: gets the lamps; its air says how bright the sky and the sun are.
        spots: where, some metres above the ground.
        share: of the open sky's light that reaches the ground below each.
    """
    air = scene.air
    sky = (np.array(air.zenith) * 0.6 + np.array(air.horizon) * 0.4) * air.sky_gain
    sun = np.array(air.sun) * max(np.sin(np.radians(air.sun_elevation_deg)), 0.1)
    light = share * (sky * 0.75 + sun * 0.14)
    for x, y, z in spots:
        r, g, b = light * max(y, 1.0) ** 2
        scene.lamps.append(Lamp((x, y, z), (float(r), float(g), float(b)), 1.0, False))
