"""Several pictures of one built scene: other places to stand, other light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.families import draw_look
from ldm3d.data.look import Look
from ldm3d.data.scene import Air, Scene

_PLAIN = frozenset({"shafts", "shaft_reach_m", "saturation", "warmth", "sun_softness_deg"})
"""What a family may set by itself without giving up that its light follows the look."""
_STEP_M = 0.3
"""How far the eye moves where a scene names no other places: everything is free within 0.8 m."""


@dataclass(frozen=True)
class Viewpoint:
    """A scene as it is pictured once."""

    scene: Scene
    look: Look
    roll: float
    """Which part of a turn the picture is rolled by, in [0, 1)."""


def other_air(scene: Scene, built: Look, other: Look) -> Air | None:
    """Return the air of `scene` under another look, or None where the family has its own light.

    A family that takes the look's air as it is, but for small things, can be lit anew without
    building it again. One that changes the sun or the sky cannot: how, only it knows.
    """
    changed = {
        entry.name
        for entry in fields(Air)
        if getattr(scene.air, entry.name) != getattr(built.air, entry.name)
    }
    if not changed <= _PLAIN:
        return None
    return replace(other.air, **{name: getattr(scene.air, name) for name in changed})


def same_ground(a: Look, b: Look) -> bool:
    """Say whether the same geometry and colors suit two looks."""
    return (
        a.season == b.season and a.snow == b.snow and a.dark == b.dark and abs(a.wet - b.wet) <= 0.3
    )


def _turned_sun(air: Air, rng: np.random.Generator) -> Air:
    """Move the sun and the clouds; rooms keep the sun that their windows were made for."""
    turn = float(rng.uniform(-20, 20) if air.indoor else rng.uniform(-180, 180))
    azimuth = (air.sun_azimuth_deg + turn + 180) % 360 - 180
    return replace(air, sun_azimuth_deg=azimuth, cloud_seed=float(rng.random()))


def _another(
    family: str, seed: int, scene: Scene, built: Look, rng: np.random.Generator
) -> tuple[Air, Look]:
    for _ in range(24):
        other = draw_look(family, seed, rng)
        # The same snow can only be drawn by luck, so it is carried over.
        other = replace(other, snow=built.snow) if other.season == built.season else other
        if same_ground(built, other) and not (other.weather == "snowy") > (built.snow > 0):
            air = other_air(scene, built, other)
            if air is not None:
                return air, other
    return _turned_sun(scene.air, rng), built


def viewpoints(family: str, seed: int, scene: Scene, look: Look, count: int) -> Iterator[Viewpoint]:
    """Yield `count` pictures to take of a scene; the first is the scene as it was built.

    Args:
        family: of the scene.
        seed: of the scene; the same gives the same viewpoints.
        scene: as built.
        look: that it was built with.
        count: how many.
    """
    rng = np.random.default_rng([seed, 7])
    places = [scene.eye, *scene.eyes]
    for number in range(count):
        roll = float(rng.random())
        if number == 0:
            yield Viewpoint(scene, look, roll)
            continue
        air, other = _another(family, seed, scene, look, rng)
        eye = _moved(np.array(places[number % len(places)]), rng)
        yield Viewpoint(replace(scene, eye=eye, air=air), other, roll)


def _moved(eye: NDArray[np.float64], rng: np.random.Generator) -> tuple[float, float, float]:
    angle, step = rng.random() * 2 * np.pi, _STEP_M * rng.random() ** 0.5
    lift = rng.uniform(-0.12, 0.08)
    x, y, z = eye + np.array([step * np.cos(angle), lift, step * np.sin(angle)])
    return float(x), float(y), float(z)
