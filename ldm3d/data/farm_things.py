"""Things to find in fields and by farms; each puts itself down and says what it is."""

from __future__ import annotations

import numpy as np

from ldm3d.data.country import beehive, hay_bale, hay_cart, hay_stack, sheep
from ldm3d.data.land import Land
from ldm3d.data.near_things import THINGS, Spot, Thing, facing, is_white


def _turn(land: Land) -> float:
    return float(land.rng.uniform(0, 6.283))


def _bales(land: Land, spot: Spot) -> str:
    for i in range(int(land.rng.integers(3, 10))):
        near, far = (spot.near_m + 0.9, spot.far_m + 1.2) if i == 0 else (6.0, 45.0)
        x, z = land.find(near, far, 1.0)
        land.put(hay_bale(True, is_white(land)), x, z, yaw=_turn(land))
    return "round hay bales"


def _square_bales(land: Land, spot: Spot) -> str:
    x, z = land.find(spot.near_m, spot.far_m, 0.9)
    for lift, aside in ((0.0, -0.25), (0.0, 0.3), (0.45, 0.0)):
        yaw = spot.yaw_rad + aside
        land.put(hay_bale(False), x + aside, z + aside * 0.9, yaw=yaw, lift_m=lift)
    return "bales of straw"


def _stacks(land: Land, spot: Spot) -> str:
    count = int(land.rng.integers(1, 6))
    for i in range(count):
        near, far = (spot.near_m + 1.2, spot.far_m + 2) if i == 0 else (8.0, 50.0)
        x, z = land.find(near, far, 1.3)
        size = float(land.rng.uniform(0.8, 1.15))
        land.put(hay_stack(spot.kind % 2, is_white(land)), x, z, yaw=_turn(land), size=size)
    return "haystacks" if count > 1 else "a haystack"


def _hives(land: Land, spot: Spot) -> str:
    x, z = land.find(spot.near_m + 0.3, spot.far_m, 0.5)
    away = np.arctan2(x, z) + land.rng.choice([-1, 1]) * 1.4
    for i in range(int(land.rng.integers(2, 6))):
        at_x, at_z = float(x + i * 0.95 * np.sin(away)), float(z + i * 0.95 * np.cos(away))
        yaw = facing(x, z) + float(land.rng.normal(0, 0.2))
        land.put(beehive(spot.kind + i, is_white(land)), at_x, at_z, yaw=yaw)
        land.claim(at_x, at_z, 0.5)
    return "beehives"


def _flock(land: Land, spot: Spot) -> str:
    for i in range(int(land.rng.integers(4, 13))):
        near, far = (spot.near_m + 0.3, spot.far_m + 0.6) if i == 0 else (4.0, 30.0)
        x, z = land.find(near, far, 0.8)
        one, size = sheep(int(land.rng.integers(0, 6))), float(land.rng.uniform(0.85, 1.1))
        land.put(one, x, z, yaw=_turn(land), size=size)
    return "sheep in the snow" if is_white(land) else "grazing sheep"


def _cart(land: Land, spot: Spot) -> str:
    x, z = land.find(spot.near_m + 1.2, spot.far_m + 1.5, 1.5)
    land.put(hay_cart(spot.kind % 2, is_white(land)), x, z, yaw=spot.yaw_rad)
    return "a cart with barrels" if spot.kind % 2 else "a hay cart"


FARM_THINGS: dict[str, Thing] = THINGS | {
    "bales": _bales,
    "square bales": _square_bales,
    "stacks": _stacks,
    "hives": _hives,
    "sheep": _flock,
    "cart": _cart,
}
