"""How people say when it is and what the weather does: synonyms, sorted by how they are used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ldm3d.data.look import Look


@dataclass(frozen=True)
class Words:
    """Ways to say one thing."""

    after: tuple[str, ...] = ()
    """Follow the place: "at dawn"."""
    before: tuple[str, ...] = ()
    """Stand before the place: "misty"."""
    tags: tuple[str, ...] = ()
    """Stand alone between commas: "fog"."""
    clauses: tuple[str, ...] = ()
    """Whole clauses: "the sun is setting"."""
    nouns: tuple[str, ...] = ()
    """For "on a ... evening"."""
    adjectives: tuple[str, ...] = ()
    """For "on a foggy ..."."""

    def __add__(self, other: Words) -> Words:
        return Words(
            self.after + other.after,
            self.before + other.before,
            self.tags + other.tags,
            self.clauses + other.clauses,
            self.nouns + other.nouns,
            self.adjectives + other.adjectives,
        )


NOTHING = Words()
BRIGHT = frozenset({"morning", "noon", "golden hour"})
"""Hours with the sun well up."""
COVERED = frozenset({"overcast", "foggy", "rainy", "snowy"})
"""Weathers that hide the sun."""

_TIME: Mapping[str, Words] = {
    "dawn": Words(
        after=(
            "at dawn", "at daybreak", "at first light", "in the early morning",
            "early in the morning", "at the break of day",
        ),
        tags=("dawn", "daybreak", "early morning", "first light"),
        nouns=("morning", "dawn"),
    ),
    "morning": Words(
        after=("in the morning", "mid-morning", "this morning", "at nine in the morning"),
        tags=("morning", "morning light", "daytime"),
        nouns=("morning",),
    ),
    "noon": Words(
        after=("at noon", "at midday", "in the middle of the day", "during the day", "by day"),
        tags=("noon", "midday", "daytime", "daylight"),
        nouns=("day", "midday"),
    ),
    "golden hour": Words(
        after=("in the late afternoon", "late in the afternoon", "before sunset"),
        tags=("late afternoon", "afternoon"),
        nouns=("afternoon", "late afternoon"),
    ),
    "sunset": Words(
        after=("at sunset", "at sundown", "in the evening", "at the end of the day"),
        tags=("sunset", "sundown", "evening"),
        nouns=("evening",),
    ),
    "dusk": Words(
        after=("at dusk", "at twilight", "after sunset", "at nightfall", "in the evening twilight"),
        tags=("dusk", "twilight", "nightfall", "after sunset"),
        nouns=("evening",),
    ),
    "night": Words(
        after=(
            "at night", "by night", "at midnight", "in the middle of the night", "late at night",
        ),
        tags=("night", "nighttime", "midnight", "at night"),
        nouns=("night",),
    ),
}  # fmt: skip

_SUN: Mapping[str, Words] = {
    "dawn": Words(
        after=("at sunrise", "as the sun comes up", "in the soft light of dawn", "during sunrise"),
        tags=("sunrise", "dawn light", "soft morning light"),
        clauses=("the sun is just coming up", "the first sunlight touches everything"),
    ),
    "morning": Words(
        after=("in morning light", "in the morning sun", "on a bright morning"),
        tags=("morning sun", "soft sunlight"),
        clauses=("the morning sun is shining",),
    ),
    "noon": Words(
        after=("in bright daylight", "under the midday sun", "in full daylight"),
        tags=("bright daylight", "midday sun", "high sun"),
        clauses=("the sun stands high",),
    ),
    "golden hour": Words(
        after=(
            "at golden hour", "in the golden hour", "in late afternoon light",
            "just before sunset", "in warm evening light", "in low golden sunlight",
            "in the late afternoon sun", "during golden hour",
        ),
        tags=("golden hour", "golden light", "late afternoon light", "warm light", "low sun"),
        clauses=("the low sun throws long shadows", "warm light falls from the side"),
    ),
    "sunset": Words(
        after=("as the sun goes down", "during sunset", "in the evening glow", "in sunset light"),
        tags=("sunset sky", "evening glow", "setting sun", "red evening sky"),
        clauses=("the sun is setting", "the sky glows from the setting sun"),
    ),
    "dusk": Words(
        after=("in the blue hour", "in fading light", "in the last light"),
        tags=("blue hour", "last light", "evening sky"),
        clauses=("the last light is fading", "the sun has just gone down"),
    ),
    "night": Words(tags=("night sky",), clauses=("it is night",)),
}  # fmt: skip
"""Only where the sky can be seen and the sun is not covered."""

_INSIDE: Mapping[str, Words] = {
    "dawn": Words(("at dawn", "in the early morning"), (), ("early morning", "dawn")),
    "morning": Words(
        ("in the morning", "in morning light", "on a bright morning"), (),
        ("morning", "morning light", "daylight"), ("morning light comes in",),
    ),
    "noon": Words(
        ("by day", "during the day", "at noon", "in daylight"), (),
        ("daylight", "daytime", "noon"), ("daylight fills the room",),
    ),
    "golden hour": Words(
        ("in the late afternoon", "in warm afternoon light", "before sunset", "at golden hour"),
        (), ("late afternoon", "warm light", "golden hour"), ("low sunlight comes in",),
    ),
    "sunset": Words(("at sunset", "in the evening", "at sundown"), (), ("sunset", "evening")),
    "dusk": Words(("at dusk", "in the evening", "after sunset"), (), ("dusk", "evening")),
    "night": Words(
        ("at night", "late at night", "by night", "at midnight"), (), ("night", "nighttime"),
        ("it is dark outside",),
    ),
}  # fmt: skip

_WEATHER: Mapping[str, Words] = {
    "clear": Words(
        after=("under a clear sky", "beneath a cloudless sky", "in clear weather"),
        tags=("clear sky", "clear weather", "no clouds"),
        clauses=("the sky is clear", "there is not a cloud in the sky"),
        adjectives=("clear", "beautiful"),
    ),
    "cloudy": Words(
        after=(
            "under drifting clouds", "with clouds in the sky", "under a partly cloudy sky",
            "beneath scattered clouds", "with a few clouds", "under a cloudy sky",
        ),
        tags=("clouds", "scattered clouds", "partly cloudy", "cloudy sky", "cloudy"),
        clauses=("clouds drift across the sky", "there are a few clouds in the sky"),
        adjectives=("cloudy", "partly cloudy"),
    ),
    "overcast": Words(
        after=(
            "under an overcast sky", "under a gray sky", "in dull light", "under heavy clouds",
            "under thick gray clouds", "in overcast weather",
        ),
        before=("overcast", "gloomy"),
        tags=("overcast", "gray sky", "overcast sky", "heavy clouds", "grey clouds", "dull light"),
        clauses=("the sky is gray", "gray clouds cover the sky"),
        adjectives=("gray", "overcast", "dull", "gloomy"),
    ),
    "foggy": Words(
        after=("in fog", "in the mist", "shrouded in fog", "lost in mist", "in the fog",
               "in foggy weather"),
        before=("misty", "foggy", "hazy", "mist-covered"),
        tags=("fog", "mist", "foggy", "misty", "haze"),
        clauses=("fog hangs in the air", "mist hides the distance", "fog hides what is far"),
        adjectives=("foggy", "misty"),
    ),
    "rainy": Words(
        after=("in the rain", "in rainy weather", "during a rain shower", "wet with rain",
               "on a day of rain"),
        before=("rainy", "wet", "rain-soaked", "drizzly"),
        tags=("rain", "rainy", "wet ground", "rainy weather", "drizzle", "bad weather"),
        clauses=("it is raining", "rain is falling", "everything is wet from the rain"),
        adjectives=("rainy", "wet"),
    ),
    "snowy": Words(
        after=("in snowfall", "in snowy weather", "while it snows", "in falling snow"),
        before=("snowy", "snow-covered"),
        tags=("snow", "snowfall", "snowy", "snowy weather"),
        clauses=("it is snowing", "snow lies everywhere"),
        adjectives=("snowy",),
    ),
}  # fmt: skip

_SEASON: Mapping[str, Words] = {
    "spring": Words(
        ("in spring", "in springtime", "in early spring"), ("spring",),
        ("spring", "springtime"), ("it is spring",), (), ("spring",),
    ),
    "summer": Words(
        ("in summer", "in high summer", "in the summer"), ("summer",),
        ("summer", "summertime"), ("it is summer",), (), ("summer",),
    ),
    "autumn": Words(
        ("in autumn", "in fall", "in the fall", "in autumn colors", "in late autumn"),
        ("autumn", "autumnal"), ("autumn", "fall", "autumn colors", "fall colors"),
        ("it is autumn",), (), ("autumn",),
    ),
    "winter": Words(
        ("in winter", "in the middle of winter", "in the cold of winter"), ("wintry", "winter"),
        ("winter", "cold", "wintertime"), ("it is winter",), (), ("winter", "cold winter"),
    ),
}  # fmt: skip

_SNOW = Words(
    ("in the snow", "covered in snow", "under a blanket of snow", "deep in snow"),
    ("snowy", "snow-covered", "snowy white"), ("snow", "snowy", "snow on the ground", "deep snow"),
    ("snow covers the ground", "everything is covered in snow"), (), ("snowy",),
)  # fmt: skip
_SOME_SNOW = Words(
    ("with a little snow on the ground", "with patches of snow", "dusted with snow"), (),
    ("some snow", "patches of snow", "a little snow"), ("there is some snow on the ground",),
)  # fmt: skip


def hour_words(hour: str, weather: str, *, inside: bool, sky: bool) -> Words:
    """Return how to say the hour.

    Args:
        hour: of `look.HOURS`.
        weather: of `look.WEATHERS`; covered skies have no sunlight to speak of.
        inside: whether it is a room or a cave.
        sky: whether sun and sky can be seen and spoken of.
    """
    if inside:
        return _INSIDE[hour]
    return _TIME[hour] + (_SUN[hour] if sky and weather not in COVERED else NOTHING)


def weather_words(look: Look) -> Words:
    """Return how to say the weather: a clear night is full of stars, a clear noon sunny."""
    words = _WEATHER[look.weather]
    if look.weather == "clear":
        words += _clear_at(look)
    elif look.weather == "cloudy" and look.hour in BRIGHT:
        words += Words(
            after=("with white clouds in a blue sky",), tags=("white clouds", "sun and clouds")
        )
    elif look.weather == "foggy" and look.hour in {"dawn", "morning"}:
        words += Words(after=("in morning mist", "in the morning fog"), tags=("morning mist",))
    elif look.weather == "foggy" and look.air.fog_density > 0.025:
        words += Words(after=("in thick fog", "in dense fog"), tags=("thick fog", "dense fog"))
    return words


def _clear_at(look: Look) -> Words:
    if look.hour in BRIGHT:
        return Words(
            after=("under a blue sky", "in bright sunshine", "in sunny weather", "in the sun"),
            before=("sunny", "sunlit"),
            tags=("blue sky", "sunny", "sunshine", "sunny weather"),
            clauses=("the sun is shining", "the sky is blue"),
            adjectives=("sunny", "bright"),
        )
    if look.hour == "night" and look.air.stars > 0.5:
        words = Words(
            after=("under a starry sky", "under the stars", "beneath countless stars"),
            before=("starlit", "moonlit") if look.air.moon else ("starlit",),
            tags=("starry sky", "stars", "starry night", "clear night"),
            clauses=("stars fill the sky", "the sky is full of stars"),
            adjectives=("starry",),
        )
        return (
            words
            + (_MOON if look.air.moon else NOTHING)
            + (_AURORA if look.air.aurora else NOTHING)
        )
    return NOTHING


_MOON = Words(("in the moonlight", "by moonlight"), (), ("moonlight", "moonlit"))
_AURORA = Words(
    ("under the northern lights", "beneath the aurora"), (),
    ("northern lights", "aurora", "aurora borealis"),
    ("northern lights glow in the sky",),
)  # fmt: skip


def season_words(look: Look) -> Words:
    """Return how to say the season; of snow only what lies there, and not twice."""
    if look.season != "winter" or look.weather == "snowy":
        return _SEASON[look.season]
    if look.snow >= 0.75:
        return _SEASON["winter"] + _SNOW
    return _SEASON["winter"] + (_SOME_SNOW if look.snow > 0 else NOTHING)


_ONLY: Mapping[str, tuple[str, frozenset[str]]] = {
    **dict.fromkeys(("night", "nocturnal", "midnight"), ("hour", frozenset({"night"}))),
    **dict.fromkeys(("moonlit", "starlit", "starry"), ("hour", frozenset({"night"}))),
    **dict.fromkeys(("dusk", "twilight"), ("hour", frozenset({"dusk"}))),
    "evening": ("hour", frozenset({"golden hour", "sunset", "dusk"})),
    "sunset": ("hour", frozenset({"sunset"})),
    **dict.fromkeys(("dawn", "sunrise"), ("hour", frozenset({"dawn"}))),
    "morning": ("hour", frozenset({"dawn", "morning"})),
    **dict.fromkeys(("sunny", "sunlit"), ("weather", frozenset({"clear", "cloudy"}))),
    **dict.fromkeys(("foggy", "misty", "fog", "mist"), ("weather", frozenset({"foggy"}))),
    **dict.fromkeys(("rainy", "rain"), ("weather", frozenset({"rainy"}))),
    "overcast": ("weather", frozenset({"overcast"})),
    **dict.fromkeys(("autumn", "autumnal", "fall"), ("season", frozenset({"autumn"}))),
    **dict.fromkeys(("winter", "wintry", "snowy", "snow"), ("season", frozenset({"winter"}))),
    "summer": ("season", frozenset({"summer"})),
    "spring": ("season", frozenset({"spring"})),
}


_NOT_IN_WINTER = frozenset(
    {"flower", "flowers", "wildflower", "wildflowers", "flowering", "green", "lush", "blooming"}
)


def fits(name: str, look: Look, axes: Iterable[str] = ("hour", "weather", "season")) -> bool:
    """Whether a name is true of a look: no snowy valley in summer, no flower meadow in the snow.

    Args:
        name: of a place.
        look: when it is.
        axes: what of the look differs between pictures of the place; the name is trusted in the
            rest.
    """
    kept = set(axes)
    values = {"hour": look.hour, "weather": look.weather, "season": look.season}
    if any(values[axis] not in true for axis, true in says(name).items() if axis in kept):
        return False
    if "season" not in kept:
        return True
    words = set(name.lower().replace("-", " ").split())
    if look.season == "winter" and words & _NOT_IN_WINTER:
        return False
    return not words & {"snow", "snowy"} or look.snow > 0.4 or "mountains" in words


def says(text: str) -> dict[str, frozenset[str]]:
    """Return what a name already says of hour, weather and season: axis -> values it is true of."""
    found: dict[str, frozenset[str]] = {}
    for word in text.lower().replace("-", " ").replace(",", " ").split():
        if word in _ONLY:
            axis, values = _ONLY[word]
            found[axis] = found.get(axis, values) & values
    return found
