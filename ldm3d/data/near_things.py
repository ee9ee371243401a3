"""Things to find at 1 to 6 m in woods and fields; each puts itself down and says what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ldm3d.data.forest_floor import (
    boulder,
    cord_wood,
    fallen_log,
    fire_ring,
    plank_bench,
    stump,
    toadstools,
)
from ldm3d.data.land import Land
from ldm3d.data.scene import Lamp
from ldm3d.data.woodland import frost_from, snag, spruce


@dataclass(frozen=True)
class Spot:
    """Where a thing may stand and what it looks like."""

    near_m: float
    far_m: float
    kind: int
    yaw_rad: float
    moss: float = 0.5


Thing = Callable[[Land, Spot], str]


def facing(x: float, z: float) -> float:
    """Return the yaw that turns +z towards the eye."""
    return float(np.arctan2(-x, -z))


def is_white(land: Land) -> bool:
    """Return whether snow lies on things."""
    return land.look.snow > 0.6


def _stump(land: Land, spot: Spot) -> str:
    x, z = land.find(spot.near_m, spot.far_m, 0.5)
    size = float(land.rng.uniform(0.7, 1.3))
    land.put(stump(spot.kind, spot.moss, is_white(land)), x, z, yaw=spot.yaw_rad, size=size)
    return "a tree stump"


def _log(land: Land, spot: Spot) -> str:
    x, z = land.find(spot.near_m + 0.7, spot.far_m + 1.2, 1.1)
    across = float(-np.arctan2(z, x) + np.pi / 2 + land.rng.normal(0, 0.4))
    land.put(fallen_log(spot.kind, spot.moss, is_white(land)), x, z, yaw=across)
    return "a fallen tree"


def _boulders(land: Land, spot: Spot) -> str:
    count = int(land.rng.integers(1, 6))
    for _ in range(count):
        size, kind = float(land.rng.uniform(0.35, 1.1)), int(land.rng.integers(0, 4))
        x, z = land.find(spot.near_m + 0.3 + size, spot.far_m + 2.5, size)
        yaw = float(land.rng.uniform(0, 6.283))
        land.put(boulder(kind, spot.moss, is_white(land)), x, z, yaw=yaw, size=size, lift_m=-0.12)
    mossy = "mossy " if spot.moss > 0.4 and land.look.snow < 0.5 else ""
    return f"{mossy}boulders" if count > 1 else f"a {mossy}boulder"


def _young_firs(land: Land, spot: Spot) -> str:
    for _ in range(int(land.rng.integers(2, 6))):
        x, z = land.find(spot.near_m, spot.far_m + 2.5, 0.5)
        tree, size = spruce(spot.kind, 1, frost_from(land.look.snow)), land.rng.uniform(0.06, 0.17)
        land.put(tree, x, z, yaw=float(land.rng.uniform(0, 6.283)), size=float(size))
    return "young fir trees"


def _toadstools(land: Land, spot: Spot) -> str:
    if land.look.snow > 0.3 or land.look.season in ("spring", "winter"):
        return _stump(land, spot)
    for _ in range(int(land.rng.integers(4, 9))):
        x, z = land.find(1.2, 3.4, 0.3)
        yaw, size = float(land.rng.uniform(0, 6.283)), float(land.rng.uniform(0.55, 1.0))
        land.put(toadstools(spot.kind), x, z, yaw=yaw, size=size)
    return ("red toadstools", "brown mushrooms", "yellow mushrooms")[spot.kind]


def _wood_stack(land: Land, spot: Spot) -> str:
    x, z = land.find(spot.near_m + 0.8, spot.far_m + 1.5, 1.2)
    yaw = facing(x, z) + float(land.rng.normal(0, 0.4))
    land.put(cord_wood(0, is_white(land)), x, z, yaw=yaw)
    return "a stack of firewood"


def _bench(land: Land, spot: Spot) -> str:
    x, z = land.find(spot.near_m + 0.4, spot.far_m + 0.5, 0.9)
    yaw = facing(x, z) + float(land.rng.normal(0, 0.8))
    land.put(plank_bench(spot.kind), x, z, yaw=yaw)
    return "a wooden bench"


def _fire(land: Land, spot: Spot) -> str:
    x, z = land.find(spot.near_m + 0.3, spot.far_m, 0.8)
    burning = land.look.dark and land.look.weather != "rainy"
    at = land.put(fire_ring(burning), x, z, yaw=spot.yaw_rad)
    if not burning:
        return "a ring of stones for a fire"
    land.scene.lamps.append(Lamp((x, at[1] + 0.45, z), (2.6, 1.05, 0.28), 0.15))
    return "a camp fire"


def _snag(land: Land, spot: Spot) -> str:
    x, z = land.find(spot.near_m + 1.2, spot.far_m + 2, 0.5)
    land.put(snag(spot.kind), x, z, yaw=spot.yaw_rad)
    return "a dead tree"


THINGS: dict[str, Thing] = {
    "stump": _stump,
    "log": _log,
    "boulders": _boulders,
    "young firs": _young_firs,
    "toadstools": _toadstools,
    "wood stack": _wood_stack,
    "bench": _bench,
    "fire": _fire,
    "snag": _snag,
}


def put_near(
    land: Land,
    names: Iterable[str],
    count: int,
    moss: float = 0.5,
    table: Mapping[str, Thing] = THINGS,
) -> list[str]:
    """Put `count` kinds of things among `names`, the first two at 1 to 4 m; say which."""
    said = []
    for place, name in enumerate(land.rng.permutation(list(names))[:count]):
        near, far = (1.6, 2.9) if place < 2 else (2.6, 6.5)
        spot = Spot(
            near, far, int(land.rng.integers(0, 3)), float(land.rng.uniform(0, 6.283)), moss
        )
        said.append(table[str(name)](land, spot))
    return list(dict.fromkeys(said))
