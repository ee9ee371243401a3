"""When it is: an hour, a weather and a season, as sky, light, air and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ldm3d.data.scene import Air, Color


@dataclass(frozen=True)
class Look:
    """What a family is told of light and weather; it may change `air` where the place asks for it.

    Families read `snow`, `wet` and `season` for their colours, and `dark` for whether lamps burn.
    """

    hour: str
    weather: str
    season: str
    air: Air
    wet: float = 0.0
    """0 dry to 1 soaked."""
    snow: float = 0.0
    """0 none to 1 everything white."""
    dark: bool = False
    """Whether lamps and windows are lit."""


_HOURS: Mapping[str, Air] = {
    "dawn": Air(
        sun_elevation_deg=4.0, sun=(2.0, 0.95, 0.52), sun_softness_deg=0.7,
        zenith=(0.10, 0.17, 0.36), horizon=(0.72, 0.50, 0.46), glow=(1.9, 0.85, 0.45),
        ground=(0.07, 0.06, 0.05), fog_density=0.0011, fog_height_m=60, cirrus=0.5,
        saturation=1.12,
    ),
    "morning": Air(
        sun_elevation_deg=24.0, sun=(3.9, 3.0, 2.0), zenith=(0.20, 0.37, 0.68),
        horizon=(0.78, 0.76, 0.74), glow=(1.5, 1.1, 0.75), ground=(0.12, 0.11, 0.08),
        fog_density=0.00045, fog_height_m=120,
    ),
    "noon": Air(
        sun_elevation_deg=58.0, sun=(4.4, 4.0, 3.3), zenith=(0.15, 0.34, 0.78),
        horizon=(0.66, 0.80, 0.94), glow=(1.0, 0.95, 0.85), ground=(0.15, 0.15, 0.12),
        fog_density=0.00025, fog_height_m=200, cirrus=0.2,
    ),
    "golden hour": Air(
        sun_elevation_deg=12.0, sun=(3.5, 2.0, 0.9), zenith=(0.14, 0.28, 0.54),
        horizon=(0.88, 0.66, 0.47), glow=(2.0, 1.08, 0.46), ground=(0.11, 0.09, 0.055),
        fog_density=0.0004, fog_height_m=160, saturation=1.15,
    ),
    "sunset": Air(
        sun_elevation_deg=3.2, sun=(2.3, 0.82, 0.30), sun_softness_deg=0.7,
        zenith=(0.13, 0.15, 0.34), horizon=(0.90, 0.42, 0.33), glow=(2.4, 0.80, 0.26),
        ground=(0.08, 0.055, 0.05), fog_density=0.0005, fog_height_m=140, cirrus=0.55,
        saturation=1.18,
    ),
    "dusk": Air(
        sun_elevation_deg=2.0, sun=(0.16, 0.12, 0.15), sun_softness_deg=4.0,
        zenith=(0.045, 0.075, 0.19), horizon=(0.34, 0.20, 0.24), glow=(0.62, 0.26, 0.18),
        ground=(0.03, 0.03, 0.045), sky_gain=1.3, fog_density=0.0006, fog_height_m=120,
        stars=0.25, exposure=0.85, saturation=1.14,
    ),
    "night": Air(
        sun_elevation_deg=36.0, sun=(0.13, 0.18, 0.30), sun_softness_deg=0.4,
        zenith=(0.010, 0.019, 0.048), horizon=(0.040, 0.070, 0.115), glow=(0.035, 0.055, 0.085),
        ground=(0.015, 0.02, 0.03), sky_gain=1.4, fog_density=0.00025, fog_height_m=160,
        cloud_cover=0.0, cirrus=0.0, stars=1.0, moon=2.4, exposure=0.75, saturation=1.12,
    ),
}  # fmt: skip
HOURS = tuple(_HOURS)
WEATHERS = ("clear", "cloudy", "overcast", "foggy", "rainy", "snowy")
SEASONS = ("spring", "summer", "autumn", "winter")
_COMMON = {"clear": 4.0, "cloudy": 4.0, "overcast": 1.5, "foggy": 1.6, "rainy": 1.2, "snowy": 1.5}
_TWILIGHT = frozenset({"dusk", "night"})


def sample_look(
    rng: np.random.Generator,
    hours: Sequence[str] = HOURS,
    weathers: Sequence[str] = WEATHERS,
    seasons: Sequence[str] = SEASONS,
) -> Look:
    """Draw a look among those that fit a place.

    Args:
        rng: the stream `look` of a scene.
        hours: which of `HOURS` may be.
        weathers: which of `WEATHERS`; "snowy" is only drawn with winter.
        seasons: which of `SEASONS`; give one where a place has none of its own (a room, a cave).
    """
    season = str(rng.choice(seasons))
    fitting = [w for w in weathers if w != "snowy" or season == "winter"] or ["clear"]
    weight = np.array([_COMMON[w] for w in fitting])
    weather = str(rng.choice(fitting, p=weight / weight.sum()))
    return look_from(str(rng.choice(hours)), weather, season, rng)


def look_from(hour: str, weather: str, season: str, rng: np.random.Generator) -> Look:
    """Return a named look; `rng` varies the sun's place, the clouds, haze and tints a little."""
    air = _varied(_HOURS[hour], rng)
    air = _weathered(air, weather, hour, rng)
    if season == "winter":
        air = replace(air, warmth=air.warmth - 0.012, saturation=air.saturation * 0.97)
    if season == "autumn":
        air = replace(air, warmth=air.warmth + 0.012)
    snow = 0.0
    if season == "winter":
        snow = 1.0 if weather == "snowy" else float(rng.choice([0.0, 0.5, 0.9, 1.0]))
    return Look(
        hour, weather, season, air,
        wet=1.0 if weather == "rainy" else 0.25 * (weather == "foggy"),
        snow=snow, dark=hour in _TWILIGHT,
    )  # fmt: skip


def _varied(air: Air, rng: np.random.Generator) -> Air:
    def tinted(color: Color, amount: float) -> Color:
        r, g, b = np.asarray(color) * np.exp(rng.normal(0, amount, 3))
        return float(r), float(g), float(b)

    return replace(
        air,
        sun_elevation_deg=float(air.sun_elevation_deg * rng.uniform(0.75, 1.3)),
        sun_azimuth_deg=float(rng.uniform(-180, 180)),
        zenith=tinted(air.zenith, 0.10),
        horizon=tinted(air.horizon, 0.06),
        glow=tinted(air.glow, 0.08),
        fog_density=float(air.fog_density * np.exp(rng.normal(0, 0.4))),
        cloud_seed=float(rng.random()),
        cirrus=float(np.clip(air.cirrus * rng.uniform(0, 2), 0, 1)),
        aurora=float(rng.uniform(0.6, 1.2)) if air.stars > 0.9 and rng.random() < 0.15 else 0.0,
    )


def _weathered(air: Air, weather: str, hour: str, rng: np.random.Generator) -> Air:
    """Cover the sun, grey the sky and thicken the air as the weather asks."""
    if weather == "clear":
        return replace(air, cloud_cover=float(rng.uniform(0, 0.14)))
    if weather == "cloudy":
        return replace(air, cloud_cover=float(rng.uniform(0.28, 0.5)), stars=air.stars * 0.7)
    gray, sun, density = {
        "overcast": (0.75, 0.10, 2.0),
        "foggy": (0.60, 0.22, 1.0),
        "rainy": (0.85, 0.05, 7.0),
        "snowy": (0.85, 0.08, 9.0),
    }[weather]
    level = {"dusk": 0.13, "night": 0.045, "dawn": 0.42, "sunset": 0.45}.get(hour, 0.75)
    cloth = np.array([0.93, 1.0, 1.08]) * level * (0.75 if weather == "rainy" else 1.0)

    def covered(color: Color, toward: float = 1.0) -> Color:
        r, g, b = np.asarray(color) * (1 - gray) + cloth * toward * gray
        return float(r), float(g), float(b)

    fog = float(rng.uniform(0.012, 0.035)) if weather == "foggy" else air.fog_density * density
    r, g, b = (float(v) * sun for v in air.sun)
    return replace(
        air,
        sun=(r, g, b),
        sun_softness_deg=3.0,
        zenith=covered(air.zenith, 0.8),
        horizon=covered(air.horizon),
        glow=covered(air.glow, 0.9),
        sky_gain=air.sky_gain * 1.35,
        cloud_cover=0.0 if weather == "foggy" else float(rng.uniform(0.7, 0.95)),
        cirrus=0.0,
        fog_density=fog,
        fog_height_m=45.0 if weather == "foggy" else 400.0,
        stars=0.0,
        moon=0.0,
        aurora=0.0,
        shafts=air.shafts * (1.5 if weather == "foggy" else 0.2),
        saturation=air.saturation * 0.94,
    )
