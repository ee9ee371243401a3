"""Small still water: a forest tarn or a farm pond, open or frozen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.forest_floor import sward
from ldm3d.data.land import Land
from ldm3d.data.mesh import Material, lathe
from ldm3d.data.noise import fbm
from ldm3d.data.scene import placed
from ldm3d.data.terrain import Height, mix, smoothstep, water_surface

Floats = NDArray[np.float32]
Color = tuple[float, float, float]


@dataclass(frozen=True)
class Tarn:
    """Where still water lies; its edge wanders by a fifth of the radius."""

    x: float
    z: float
    radius_m: float
    level_m: float
    number: int

    def shore_m(self, x: Floats, z: Floats) -> Floats:
        """Return about metres from the water's edge, positive on land."""
        wander = fbm(x, z, 9, 2, self.number + 71) * self.radius_m * 0.22
        return np.asarray(np.hypot(x - self.x, z - self.z) - self.radius_m + wander, np.float32)


def drawn_tarn(rng: np.random.Generator, height: Height, number: int) -> Tarn:
    """Draw a tarn beside the eye, its edge 1 to 4 m away, its level below the feet."""
    radius, turn = float(rng.uniform(6, 16)), rng.uniform(0, 6.283)
    away = radius * 1.1 + float(rng.uniform(0.9, 4.0))
    x, z = float(away * np.sin(turn)), float(-away * np.cos(turn))
    zero = np.zeros(1, np.float32)
    return Tarn(x, z, radius, float(height(zero, zero)[0]) - float(rng.uniform(0.35, 0.8)), number)


def with_tarn(height: Height, tarn: Tarn) -> Height:
    """Return the land with a basin in it and level banks about."""

    def dug(x: Floats, z: Floats) -> Floats:
        shore, y = tarn.shore_m(x, z), height(x, z)
        bank = np.maximum(tarn.level_m + 0.06 + 0.11 * np.maximum(shore, 0), tarn.level_m + 0.06)
        near = smoothstep(14.0, 1.5, shore) * smoothstep(0.0, 2.2, np.hypot(x, z))
        land = y * (1 - near) + np.minimum(np.maximum(y, bank), bank + 0.5) * near
        bed = tarn.level_m + np.maximum(shore * 0.28, -1.6)
        inside = smoothstep(0.5, -0.5, shore)
        return np.asarray(land * (1 - inside) + np.minimum(bed, land) * inside, np.float32)

    return dug


def muddied(color: Floats, tarn: Tarn, x: Floats, z: Floats) -> Floats:
    """Return ground colors with a wet, dark rim and the tarn's bed."""
    shore = tarn.shore_m(x, z)
    mud = np.array([0.075, 0.058, 0.038])
    return mix(color, mud, smoothstep(1.0, -0.1, shore))


def fill_tarn(land: Land, tarn: Tarn, tint: Color = (0.014, 0.034, 0.028)) -> str:
    """Add the water (or ice), reeds and lilies, keep others out; return what one sees."""
    rng, frozen = land.rng, land.look.snow > 0.6
    land.claim(tarn.x, tarn.z, tarn.radius_m * 0.95)
    a = np.linspace(0, 6.283, 24, endpoint=False)
    x = (tarn.x + tarn.radius_m * 1.3 * np.cos(a)).astype(np.float32)
    z = (tarn.z + tarn.radius_m * 1.3 * np.sin(a)).astype(np.float32)
    if frozen:
        ice = lathe([[tarn.radius_m * 1.4, 0.0], [0.0, 0.0]], 48).painted((0.30, 0.38, 0.43))
        ice = ice.painted((0.30, 0.38, 0.43), Material.METAL).moved((tarn.x, tarn.level_m, tarn.z))
        land.scene.add(ice, casts_sun=False, casts_sky=False)
    else:
        reach = float(np.hypot(x, z).max()) + 4.0
        water = water_surface(land.height, tarn.level_m, reach).painted((0.10, 0.085, 0.05))
        land.scene.add(water, casts_sun=False, casts_sky=False)
        land.scene.mirror_height_m, land.scene.ripple = tarn.level_m, 0.007
        land.scene.water_tint = tint
    _reeds(land, tarn)
    if not frozen and land.look.season in ("summer", "spring") and rng.random() < 0.6:
        _lilies(land, tarn)
        said = "a pond with water lilies"
    else:
        said = "a frozen pond" if frozen else "a still pond"
    land.shore = tarn.shore_m
    return said


def _ring(land: Land, tarn: Tarn, count: int, low_m: float, high_m: float) -> tuple[Floats, Floats]:
    many = land.many(count)
    a, r = land.rng.uniform(0, 6.283, many), tarn.radius_m * land.rng.uniform(0.5, 1.35, many)
    x, z = (tarn.x + r * np.cos(a)).astype(np.float32), (tarn.z + r * np.sin(a)).astype(np.float32)
    shore = tarn.shore_m(x, z)
    keep = (shore > low_m) & (shore < high_m) & (np.hypot(x, z) > 1.0)
    return x[keep], z[keep]


def _reeds(land: Land, tarn: Tarn) -> None:
    color = (0.22, 0.17, 0.07) if land.look.season in ("autumn", "winter") else (0.085, 0.115, 0.03)
    reed = sward(np.random.default_rng(5), 10, 1.0, 0.2, 0.010 * land.bold, color, 0.16)
    x, z = _ring(land, tarn, 2600, -0.7, 0.25)
    keep = fbm(x, z, 6, 2, tarn.number + 73) > land.rng.uniform(-0.2, 0.5, len(x))
    land.plant(reed, x[keep], z[keep], size=(0.6, 1.25), sky=False)


def _lilies(land: Land, tarn: Tarn) -> None:
    rng = land.rng
    pad = lathe([[0.16, 0.010], [0.12, 0.006], [0.0, 0.008]], 9)
    pad = pad.painted((0.05, 0.105, 0.035), Material.FOLIAGE, 0.1)
    x, z = _ring(land, tarn, 1100, -9.0, -0.6)
    keep = fbm(x, z, 4, 2, tarn.number + 74) > 0.15
    at = np.stack([x, np.full_like(x, tarn.level_m), z], axis=1)[keep]
    size = rng.uniform(0.7, 1.4, len(at)) * land.bold**0.5
    tint = rng.uniform(0.75, 1.3, (len(at), 3))
    land.scene.add(pad, placed(at, size, rng.random(len(at)) * 6.283, tint), casts_sky=False)
    bloom = lathe([[0.03, 0.0], [0.085, 0.05], [0.07, 0.09], [0.03, 0.05]], 8)
    bloom = bloom.painted((0.74, 0.62, 0.66), Material.FOLIAGE, 0.5)
    some = at[::6] + np.array([0.03, 0.012, 0.02], np.float32)
    land.scene.add(bloom, placed(some, size[::6]), casts_sky=False)
