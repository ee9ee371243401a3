"""Prompts that no caption of a training set equals: for contact sheets and for classifiers.

`unseen_prompts` words places in orders that `ldm3d.data.captions` never writes, and from pairs of
a name and a way to say the hour that captions keep out (`is_held_out`). `prompt_for` writes an
ordinary prompt that names all of what a picture is to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ldm3d.data.captions import held_out_pairs, is_held_out
from ldm3d.data.families import family_names
from ldm3d.data.look import Look, look_from
from ldm3d.data.nouns import bare, is_adverbial, preposition, with_article
from ldm3d.data.told import family_looks, seen_look, told
from ldm3d.data.words import NOTHING, says


@dataclass(frozen=True)
class UnseenPrompt:
    """A prompt and what it asks for."""

    prompt: str
    family: str
    tags: Mapping[str, str] = field(default_factory=dict)
    """Of "hour", "weather", "season" those that the prompt names."""


def unseen_prompts(count: int = 64, seed: int = 0) -> list[UnseenPrompt]:
    """Return prompts over all families, hours and weathers, in wordings no caption has.

    Args:
        count: how many; families take turns, so that each has its share.
        seed: another one gives other prompts.
    """
    rng = np.random.default_rng([seed, 64])
    found: list[UnseenPrompt] = []
    families = list(family_names())
    while len(found) < count:
        for index in rng.permutation(len(families)):
            if len(found) < count:
                found.append(_unseen(families[int(index)], rng))
    return found


def _unseen(family: str, rng: np.random.Generator) -> UnseenPrompt:
    look = random_look(family, rng)
    facts = told(family, look)
    pairs = held_out_pairs(facts)
    if pairs:
        name, hour = pairs[int(rng.integers(len(pairs)))]
    else:
        name = facts.names[int(rng.integers(len(facts.names)))]
        hour = _one(facts.hour.after, rng)
    known = says(name)
    weather = "" if "weather" in known else _one(facts.weather.tags, rng)
    hour = "" if "hour" in known else hour
    place = with_article(name)
    link = f"{preposition(name)} {place}".strip()
    when = f" {hour}" if hour else ""
    orders = (
        ", ".join(part for part in (f"take me {_to(place)}", hour, weather) if part),
        f"{'; '.join(part for part in (weather, hour) if part) or 'somewhere'}: {bare(name)}",
        f"what it is like {link}{when}{_after(weather)}",
        f"imagine {place}{when}{_after(weather)}",
        f"i want to wake up {link}{when}{_after(weather)}",
        f"{weather or 'a wide view'}, and all around {place}{when}",
    )
    text = _one(orders, rng)
    named = [axis for axis, words in (("hour", hour), ("weather", weather)) if words]
    seen = seen_look(family, look)
    return UnseenPrompt(
        text, family, {a: seen[a] for a in _AXES if a in seen and (a in named or a in known)}
    )


def _to(place: str) -> str:
    return place if is_adverbial(place) else f"to {place}"


def _after(weather: str) -> str:
    return f" ({weather})" if weather else ""


def _one(options: tuple[str, ...], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))] if options else ""


def random_look(family: str, rng: np.random.Generator, **fixed: str) -> Look:
    """Return a look that a family may have, every hour and weather as likely; `fixed` rules."""
    shown = {
        "hour": ("noon",), "weather": ("clear",), "season": ("summer",), **family_looks(family)
    }  # fmt: skip
    values = {axis: str(rng.choice(options)) for axis, options in shown.items()} | fixed
    if values["weather"] == "snowy" and "season" not in fixed and "winter" in shown["season"]:
        values["season"] = "winter"
    return look_from(values["hour"], values["weather"], values["season"], rng)


def prompt_for(family: str, tags: Mapping[str, str], rng: np.random.Generator) -> str:
    """Return a prompt in a caption's words that names the place and all of `tags`.

    Args:
        family: its name.
        tags: of "hour", "weather", "season" what is to be named, with values of `look`; what does
            not show in the family's pictures is left out.
        rng: chooses the words.
    """
    wanted = {axis: value for axis, value in tags.items() if axis in family_looks(family)}
    look = random_look(family, rng, **{a: v for a, v in wanted.items() if a in _AXES})
    facts = told(family, look)
    while True:
        name = _one(facts.names, rng)
        known = says(name)
        parts = [
            _one(facts.axis(axis).after, rng)
            for axis in _AXES
            if axis in wanted and axis not in known and facts.axis(axis) != NOTHING
        ]
        place = with_article(name) if rng.random() < 0.7 else bare(name)
        text = " ".join([place, *parts[:1]]) + "".join(f", {part}" for part in parts[1:])
        if not is_held_out(name, text):
            return text


_AXES = ("hour", "weather", "season")
