"""Captions as people write prompts, from what was really placed in a scene.

    captions("pine_forest", scene, look, rng)
    -> ("misty pine forest at dawn with ferns", "pine wood, fog, first light", ...)

15 % are a bare name, 20 % lists of tags, 50 % sentences, 15 % long ones; 30 to 50 % of what could
be told is left out each time. `ldm3d.data.unseen` words prompts where there is no scene.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from ldm3d.data import look as looks
from ldm3d.data.look import Look
from ldm3d.data.nouns import (
    article,
    bare,
    head,
    is_adverbial,
    is_plural,
    listed,
    preposition,
    with_article,
)
from ldm3d.data.scene import Scene
from ldm3d.data.told import Told, told
from ldm3d.data.words import NOTHING, hour_words, says

KINDS = {"bare": 0.15, "tags": 0.20, "sentence": 0.50, "long": 0.15}
"""Shares of the kinds of captions."""
FRAMES = (
    "panorama of", "a panorama of", "360 view of", "360 panorama of", "360 degree view of",
    "a 360° panorama of", "panoramic view of", "a place with", "view of", "a view of",
    "equirectangular panorama of", "photo of", "a picture of", "vr panorama of", "a world with",
)  # fmt: skip
_FRAME_TAGS = ("360", "panorama", "360 panorama", "panoramic view", "equirectangular", "vr")
_STYLES = ("cinematic", "scenic", "beautiful", "atmospheric", "detailed", "dreamy", "immersive")
_MOODS = ("peaceful", "quiet", "serene", "lonely", "calm", "tranquil", "still", "beautiful")
_SIZES = frozenset({"small", "little", "big", "large", "tiny", "great", "narrow", "wide", "long"})
_DARK_MOODS = ("mysterious", "moody", "eerie", "silent", "quiet", "lonely")


def captions(
    family: str, scene: Scene, look: Look, rng: np.random.Generator, count: int = 5
) -> tuple[str, ...]:
    """Return `count` different captions of one scene; the same generator gives the same ones.

    Args:
        family: its name.
        scene: as built, with its details and tags.
        look: what it was built with.
        rng: a stream of its own.
        count: how many.
    """
    facts = told(family, look, scene)
    found: list[str] = []
    for _ in range(40 * count):
        if len(found) == count:
            break
        text = caption(facts, rng)
        if text not in found:
            found.append(text)
    while len(found) < count:  # nothing else can be said of it
        found.append(found[len(found) % max(1, len(set(found)))])
    return tuple(found)


def caption(facts: Told, rng: np.random.Generator) -> str:
    """Return one caption of a random kind."""
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    say = {"bare": _bare, "tags": _tags, "sentence": _sentence, "long": _long}[kind]
    text = say(facts, rng)
    while any(is_held_out(name, text) for name in facts.names):
        text = say(facts, rng)
    return text


def is_held_out(name: str, text: str) -> bool:
    """Whether a text calls a place by a name at a time that no caption says together.

    One in sixteen pairs of a name and a way to say the hour is kept for prompts that are new to a
    model (`ldm3d.data.unseen`), whatever the seed.
    """
    before, found, after = text.lower().partition(name.lower())
    if not found:
        return False
    rest = f"{before}|{after}"
    return any(phrase in rest and _is_kept(name, phrase) for phrase in _HOUR_PHRASES)


def _is_kept(name: str, phrase: str) -> bool:
    return phrase not in _ALWAYS_SAID and crc32(f"{name.lower()}|{phrase}".encode()) % 16 == 0


def _hour_phrases() -> tuple[str, ...]:
    found: set[str] = set()
    for hour in looks.HOURS:
        for inside in (False, True):
            found |= set(hour_words(hour, "clear", inside=inside, sky=True).after)
    return tuple(sorted(found))


_HOUR_PHRASES = _hour_phrases()
_ALWAYS_SAID = frozenset(
    hour_words(hour, "overcast", inside=inside, sky=True).after[0]
    for hour in looks.HOURS
    for inside in (False, True)
)
"""The plainest ways to say each hour; never kept, so that there is always something to say."""


def held_out_pairs(facts: Told) -> list[tuple[str, str]]:
    """Return the (name, way to say the hour) pairs that captions of this scene never say."""
    return [(n, p) for n in facts.names for p in facts.hour.after if _is_kept(n, p)]


def _pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    return str(options[int(rng.integers(len(options)))])


def _name(facts: Told, rng: np.random.Generator) -> str:
    """Return a name; the first ones are said more often."""
    weight = 1 / (1 + 0.25 * np.arange(len(facts.names)))
    return str(rng.choice(facts.names, p=weight / weight.sum()))


def _framed(place: str, rng: np.random.Generator, share: float) -> str:
    if rng.random() >= share or is_adverbial(place):
        return place
    return f"{_pick(rng, FRAMES)} {place}"


def _bare(facts: Told, rng: np.random.Generator) -> str:
    name = _name(facts, rng)
    place = bare(name) if rng.random() < 0.5 else with_article(name)
    return _framed(place, rng, 0.3)


def _tags(facts: Told, rng: np.random.Generator) -> str:
    name = _name(facts, rng)
    known = says(name)
    parts: list[str] = []
    for axis, left_out in (("hour", 0.35), ("weather", 0.4), ("season", 0.45)):
        words = facts.axis(axis).tags
        if words and axis not in known and rng.random() >= left_out:
            parts.append(_pick(rng, words))
    things = _some(_besides(facts.details, name), rng, (0.25, 0.3, 0.3, 0.15))
    parts += [bare(thing) for thing in things]
    spare = [tag for tag in facts.tags if not any(_same(tag, part) for part in [*parts, name])]
    parts += _some(spare, rng, (0.4, 0.35, 0.25))
    if rng.random() < 0.25:
        parts.append(_pick(rng, _FRAME_TAGS))
    if rng.random() < 0.15:
        parts.append(_pick(rng, _DARK_MOODS if facts.dark else _STYLES))
    if not parts:
        return bare(name)
    rng.shuffle(parts)
    at = 0 if rng.random() < 0.8 else int(rng.integers(1, len(parts) + 1))
    parts.insert(at, bare(name))
    return ", ".join(dict.fromkeys(parts))


def _same(a: str, b: str) -> bool:
    return a.lower() in b.lower() or b.lower() in a.lower()


def _some(things: Sequence[str], rng: np.random.Generator, shares: tuple[float, ...]) -> list[str]:
    """Return 0, 1, 2... of the things, as often as `shares` says."""
    count = int(rng.choice(len(shares), p=shares))
    order = rng.permutation(len(things))[:count]
    return [things[int(i)] for i in order]


def _besides(things: Sequence[str], name: str) -> list[str]:
    """Leave out things that the name has already: "a garden with a pond, a pond"."""
    words = name.lower().split()
    return [thing for thing in things if head(thing) not in words]


@dataclass
class _Plan:
    """What one sentence says and how; an axis is told at most once."""

    place: str
    fronted: str = ""
    after: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    name: str = ""


def _planned(facts: Told, rng: np.random.Generator, left_out: float, clauses: bool) -> _Plan:
    name = _name(facts, rng)
    known = says(name)
    axes = [
        axis
        for axis in ("hour", "weather", "season")
        if axis not in known and facts.axis(axis) != NOTHING and rng.random() >= left_out
    ]
    before: list[str] = []
    after: list[str] = []
    said: list[str] = []
    fronted = ""
    if "hour" in axes and facts.hour.nouns and len(axes) > 1 and rng.random() < 0.25:
        combined = _combined(facts, axes, rng)
        axes = []
        if rng.random() < 0.4:
            fronted = combined
        else:
            after.append(combined)
    for axis in axes:
        words = facts.axis(axis)
        chance = rng.random()
        if clauses and words.clauses and chance < 0.3:
            said.append(_pick(rng, words.clauses))
        elif words.before and chance < 0.6 and not before and not _has_article(name):
            before.append(_pick(rng, words.before))
        elif words.after:
            after.append(_pick(rng, words.after))
    if rng.random() < 0.1 and not is_adverbial(name) and not before and not _has_article(name):
        before.insert(0, _pick(rng, _DARK_MOODS if facts.dark else _MOODS))
    if not fronted and after and rng.random() < 0.12:
        fronted = after.pop(int(rng.integers(len(after))))
    if rng.random() < 0.4:
        after.reverse()
    joined = name if is_adverbial(name) else _described(name, before)
    return _Plan(joined, fronted, tuple(after), tuple(said), name)


def _described(name: str, before: Sequence[str]) -> str:
    """Put adjectives where they are said: "misty old town", but "small misty village"."""
    words = name.split()
    at = 1 if words[0].lower() in _SIZES and len(words) > 1 else 0
    return " ".join([*words[:at], *before, *words[at:]])


def _has_article(name: str) -> bool:
    return bare(name) != name


def _combined(facts: Told, axes: list[str], rng: np.random.Generator) -> str:
    """Return "on a foggy autumn morning"."""
    words = []
    if "weather" in axes and facts.weather.adjectives:
        words.append(_pick(rng, facts.weather.adjectives))
    if "season" in axes and facts.season.adjectives:
        season = _pick(rng, facts.season.adjectives)
        if season not in words:
            words.append(season)
    words.append(_pick(rng, facts.hour.nouns))
    text = " ".join(words)
    return f"on {article(text)} {text}"


def _sentence(facts: Told, rng: np.random.Generator) -> str:
    plan = _planned(facts, rng, 0.42, clauses=False)
    things = _some(_besides(facts.details, plan.name), rng, (0.35, 0.38, 0.27))
    forms: list[tuple[float, Callable[[], str]]] = [
        (0.62, lambda: _place_first(plan, things, rng)),
        (0.13, lambda: _things_first(plan, things, rng)),
        (0.12, lambda: _comma_style(plan, things, rng)),
        (0.13, lambda: _spoken(plan, things, rng)),
    ]
    weights = np.array([weight for weight, _ in forms])
    text = forms[int(rng.choice(len(forms), p=weights / weights.sum()))][1]()
    return _finished(text, rng)


def _place(plan: _Plan, rng: np.random.Generator, frame_share: float = 0.28) -> str:
    place = with_article(plan.place) if rng.random() < 0.75 else bare(plan.place)
    if is_adverbial(place):
        return (
            f"{_pick(rng, ('view', 'scene', 'a place'))} {place}" if rng.random() < 0.5 else place
        )
    return _framed(place, rng, frame_share)


def _place_first(plan: _Plan, things: Sequence[str], rng: np.random.Generator) -> str:
    place = _place(plan, rng)
    words = [place, *plan.after]
    if things:
        clash = " with " in f" {place} " or any(part.startswith("with ") for part in plan.after)
        phrase = listed(list(things)) if clash else "with " + listed(list(things))
        if clash or (plan.after and rng.random() < 0.5):
            # with commas, or between the place and its time
            text = " ".join(words)
            text = f"{text}, {phrase}"
        elif rng.random() < 0.4:
            text = " ".join([place, phrase, *plan.after])
        else:
            text = " ".join([*words, phrase])
    elif len(plan.after) == 2 and rng.random() < 0.7:
        text = f"{place} {plan.after[0]}, {plan.after[1]}"
    else:
        text = " ".join(words)
    return f"{plan.fronted}, {text}" if plan.fronted else text


def _things_first(plan: _Plan, things: Sequence[str], rng: np.random.Generator) -> str:
    if not things:
        return _place_first(plan, things, rng)
    link = preposition(plan.place)
    place = with_article(plan.place)
    text = " ".join(part for part in (listed(list(things)), link, place, *plan.after) if part)
    return f"{plan.fronted}, {text}" if plan.fronted else text


def _comma_style(plan: _Plan, things: Sequence[str], rng: np.random.Generator) -> str:
    parts = [plan.fronted, *plan.after]
    parts = [part for part in parts if part] + list(things)
    return ", ".join([_place(plan, rng), *parts])


def _spoken(plan: _Plan, things: Sequence[str], rng: np.random.Generator) -> str:
    """Return what one says rather than writes: "i am standing in a forest, there is a well"."""
    link = preposition(plan.place)
    where = " ".join(part for part in (link, with_article(plan.place)) if part)
    start = _pick(rng, ("standing", "i am standing", "i am", "a walk", "looking around"))
    text = " ".join([start, where, *plan.after])
    if things:
        text += f", {_there(things)}"
    return f"{plan.fronted}, {text}" if plan.fronted else text


def _there(things: Sequence[str]) -> str:
    return f"there {'are' if is_plural(things[0]) else 'is'} {listed(list(things))}"


def _long(facts: Told, rng: np.random.Generator) -> str:
    plan = _planned(facts, rng, 0.2, clauses=True)
    things = _some(_besides(facts.details, plan.name), rng, (0.08, 0.2, 0.32, 0.4))
    first = _place_first(plan, things[:1], rng)
    rest: list[str] = list(plan.clauses)
    if things[1:]:
        rest.append(
            _there(things[1:]) if rng.random() < 0.75 else f"you can see {listed(things[1:])}"
        )
    rng.shuffle(rest)
    if rng.random() < 0.15:
        rest.append(_pick(rng, ("very quiet", "cinematic light", "wide view", "highly detailed",
                                "lots of atmosphere")))  # fmt: skip
    glue = ". " if rng.random() < 0.5 else ", "
    return _finished(glue.join([first, *rest]), rng)


def _finished(text: str, rng: np.random.Generator) -> str:
    """Write most in lower case without a full stop, some as one writes a letter."""
    text = ", ".join(part.strip() for part in text.split(",") if part.strip())
    if rng.random() >= 0.12 and ". " not in text:
        return text
    if rng.random() < 0.5:
        return text
    sentences = [part[:1].upper() + part[1:] for part in text.split(". ")]
    return ". ".join(sentences).replace(" i am", " I am") + "."
