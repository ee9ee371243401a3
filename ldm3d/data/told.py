"""What may be told of a scene: its names, what shows of hour, weather and season, its things."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ldm3d.data import look as looks
from ldm3d.data.families import family_module
from ldm3d.data.look import Look, look_from
from ldm3d.data.nouns import bare
from ldm3d.data.scene import Scene
from ldm3d.data.words import (
    COVERED,
    NOTHING,
    Words,
    fits,
    hour_words,
    says,
    season_words,
    weather_words,
)

INDOOR = frozenset({"reading_hall", "living_room", "cathedral", "cave"})
"""Families without weather and season."""
_PLAIN_NAMES = {
    "alpine_lake": (
        "mountain lake", "alpine lake", "lake in the mountains", "lake", "lake with a jetty",
        "lake below snowy mountains", "lakeside in the alps", "still lake among mountains",
    ),
    "old_forest": (
        "old forest", "mossy forest", "forest", "ancient forest", "deep forest", "enchanted forest",
        "old mossy woods", "fairytale forest", "forest path",
    ),
    "winter_night": (
        "snowy valley at night", "winter night with northern lights", "log cabin in the snow",
        "cabin under the northern lights", "winter night", "snowy forest at night",
        "polar night", "aurora over a snowy valley",
    ),
    "reading_hall": (
        "library", "old library", "grand library hall", "reading hall", "great library",
        "hall full of books", "library with galleries", "baroque library",
    ),
    "blossom_garden": (
        "japanese garden", "cherry blossom garden", "garden with cherry trees", "zen garden",
        "garden in spring", "japanese garden with a pond", "cherry blossoms by a pond",
        "garden with a red bridge",
    ),
}  # fmt: skip
_PLAIN_LOOK = {
    "alpine_lake": ("golden hour", "cloudy", "summer"),
    "old_forest": ("morning", "", ""),
    "winter_night": ("night", "clear", "winter"),
    "reading_hall": ("golden hour", "", ""),
    "blossom_garden": ("morning", "cloudy", "spring"),
}
"""Hour, weather and season of the families that were made with one look each; "" does not show."""
_PLAIN_DETAILS = {
    "alpine_lake": ("a wooden jetty", "a rowing boat", "pines", "snowy mountains", "a log cabin",
                    "water lilies"),
    "old_forest": ("ferns", "red toadstools", "a winding path", "fallen logs", "mossy stones",
                   "light shafts between the trees"),
    "winter_night": ("a log cabin with lit windows", "a lantern", "a snowman", "snowy pines"),
    "reading_hall": ("galleries of books", "reading tables with green lamps", "a globe",
                     "a red carpet"),
    "blossom_garden": ("cherry trees in blossom", "a red bridge", "stone lanterns", "a pond",
                       "a snowy mountain far away"),
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What may be told of one scene."""

    names: tuple[str, ...]
    hour: Words
    weather: Words
    season: Words
    details: tuple[str, ...]
    tags: tuple[str, ...]
    dark: bool
    """Whether moods are rather dark."""

    def axis(self, name: str) -> Words:
        """Return the words of hour, weather or season."""
        return {"hour": self.hour, "weather": self.weather, "season": self.season}[name]


def family_names_of(family: str) -> tuple[str, ...]:
    """Return what people call a family's place, the plainest first."""
    names = getattr(family_module(family), "NAMES", None) or _PLAIN_NAMES.get(family)
    return tuple(names or (family.replace("_", " "),))


def family_looks(family: str) -> dict[str, tuple[str, ...]]:
    """Return which hours, weathers and seasons show in a family's pictures, axis -> values.

    Rooms and caves have neither weather nor season; a place with one season, or one weather, says
    nothing by it, nor by its one hour where no sky is seen.
    """
    module = family_module(family)
    if _is_plain(family):
        hour, weather, season = _PLAIN_LOOK[family]
        fixed = {"hour": hour, "weather": weather, "season": season}
        return {axis: (value,) for axis, value in fixed.items() if value}
    hours, weathers, seasons = (
        tuple(dict.fromkeys(getattr(module, name, known)))  # what is more common stands there twice
        for name, known in (
            ("HOURS", looks.HOURS), ("WEATHERS", looks.WEATHERS), ("SEASONS", looks.SEASONS)
        )
    )  # fmt: skip
    shown = {"hour": hours}
    sky = len(weathers) > 1 and family not in INDOOR
    if not sky and len(shown["hour"]) == 1:
        shown = {}
    if sky:
        shown["weather"] = weathers
    if len(seasons) > 1 and family not in INDOOR:
        shown["season"] = seasons
    return shown


def _is_plain(family: str) -> bool:
    """Whether a family's light does not follow the look it is given."""
    module = family_module(family)
    declared = any(hasattr(module, name) for name in ("NAMES", "HOURS", "WEATHERS", "SEASONS"))
    return family in _PLAIN_LOOK and not declared


def seen_look(family: str, look: Look) -> dict[str, str]:
    """Return what of a look can be seen in a picture: for captions, tags and classifiers.

    Args:
        family: its name.
        look: what the scene was built with.

    Returns:
        Of "hour", "weather", "season" those that show, with their values.
    """
    shown = family_looks(family)
    if _is_plain(family):
        return {axis: values[0] for axis, values in shown.items()}
    return {axis: str(getattr(look, axis)) for axis in shown}


def told(family: str, look: Look, scene: Scene | None = None) -> Told:
    """Return all that captions may say of a scene; without a scene nothing of its things."""
    seen = seen_look(family, look)
    if _is_plain(family):
        hour_, weather_, season_ = _PLAIN_LOOK[family]
        look = look_from(hour_, weather_ or "clear", season_ or "summer", np.random.default_rng(0))
    inside = family in INDOOR
    hour = weather = season = NOTHING
    if "hour" in seen:
        hour = hour_words(look.hour, look.weather, inside=inside, sky="weather" in seen)
    if "weather" in seen:
        weather = weather_words(look)
    if "season" in seen:
        season = season_words(look)
    things = scene.details if scene is not None else ()
    if scene is not None and not things:
        things = _PLAIN_DETAILS.get(family, ())
    return Told(
        _true_names(family_names_of(family), look, seen),
        hour,
        weather,
        season,
        tuple(_tidy(thing) for thing in things),
        _plain_tags(scene.tags if scene is not None else ()),
        look.dark or look.weather in COVERED,
    )


def _true_names(names: Sequence[str], look: Look, axes: Iterable[str]) -> tuple[str, ...]:
    """Leave out names that say another hour, weather or season than it is."""
    fitting = [_nameable(name) for name in names if fits(name, look, axes)]
    return tuple(fitting or [_nameable(names[0])])


def _nameable(name: str) -> str:
    """Return a name without "a": it is put again where a caption wants it; "the" stays."""
    tidy = _tidy(name)
    return tidy if tidy.lower().startswith("the ") else bare(tidy)


def _plain_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Leave out what the look says in its own words."""
    look_words = {*looks.HOURS, *looks.WEATHERS, *looks.SEASONS, "interior", "indoor", "outdoor"}
    return tuple(_tidy(tag) for tag in tags if tag.lower() not in look_words and not says(tag))


def _tidy(text: str) -> str:
    return " ".join(text.replace("_", " ").split()).strip(" .,")
