"""Several pictures of one built scene: other places to stand, other light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.families import build_scene, draw_look
from ldm3d.data.look import Look
from ldm3d.data.scene import Air, Scene

_PLAIN = frozenset({"shafts", "shaft_reach_m", "saturation", "warmth", "sun_softness_deg"})
"""What a family may set by itself without giving up that its light follows the look."""
_SKETCH = 0.04
"""Detail of a scene that is built for its air alone."""
_STEP_M = 0.3
"""How far the eye moves where a scene names no other places: everything is free within 0.8 m."""


@dataclass(frozen=True)
class Viewpoint:
    """A scene as it is pictured once."""

    scene: Scene
    look: Look
    roll: float
    """Which part of a turn the picture is rolled by, in [0, 1)."""


def relit(family: str, seed: int, scene: Scene, built: Look, other: Look) -> Scene:
    """Return a built scene, geometry and lamps as they are, in the light of another look.

    A family that takes the look's air as it is, but for small things, needs no asking. Others
    are built again with hardly any detail, only for the air and the words.
    """
    changed = {
        entry.name
        for entry in fields(Air)
        if getattr(scene.air, entry.name) != getattr(built.air, entry.name)
    }
    plain = built.hour not in scene.caption and not set(scene.tags) & {built.hour, built.weather}
    if changed <= _PLAIN and plain:
        kept = {name: getattr(scene.air, name) for name in changed}
        return replace(scene, air=replace(other.air, **kept))
    sketch = build_scene(family, seed, detail=_SKETCH, look=other)
    return replace(
        scene, air=sketch.air, title=sketch.title, caption=sketch.caption, tags=sketch.tags
    )


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
) -> tuple[Scene, Look]:
    for _ in range(24):
        other = draw_look(family, seed, rng)
        if other.season == built.season:  # the same snow would only be drawn by luck
            other = replace(other, snow=built.snow)
        if same_ground(built, other) and not (other.weather == "snowy" and built.snow == 0):
            return relit(family, seed, scene, built, other), other
    return replace(scene, air=_turned_sun(scene.air, rng)), built


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
        lit, other = _another(family, seed, scene, look, rng)
        eye = _moved(np.array(places[number % len(places)]), rng)
        yield Viewpoint(replace(lit, eye=eye), other, roll)


def _moved(eye: NDArray[np.float64], rng: np.random.Generator) -> tuple[float, float, float]:
    angle, step = rng.random() * 2 * np.pi, _STEP_M * rng.random() ** 0.5
    lift = rng.uniform(-0.12, 0.08)
    x, y, z = eye + np.array([step * np.cos(angle), lift, step * np.sin(angle)])
    return float(x), float(y), float(z)
