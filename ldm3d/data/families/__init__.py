"""Families of places, one file each.

A family's file has

    NAMES     6 to 12 ways in which people call such a place, the plainest first
    HOURS, WEATHERS, SEASONS     which looks it may have (see `ldm3d.data.look`); all if left out
    build(streams) -> Scene

`build` draws the layout from `streams.layout` alone, so that one change does not reshuffle the
rest, takes light and weather from `streams.look`, and multiplies the number of small things by
`streams.detail` (use `streams.many`). Every place has something at 1 to 4 m, and varies with the
seed: silhouettes, density, palette, the way things face. `Scene.details` names what was really
placed and can be seen, for captions.

The five families of the bundled worlds have a look of their own, their signature, and a fixed
composition. They show it where nobody asked for another (`streams.signature`): at detail 1 these
builds never change, since the bundled pictures come from them. Training asks for a look
(`build_scene(..., look=draw_look(family, seed))`), and then they follow it as all others do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Any
from zlib import crc32

import numpy as np

from ldm3d.data import look as looks
from ldm3d.data.look import Look, look_from, sample_look
from ldm3d.data.scene import Scene

_FIRST = ("alpine_lake", "old_forest", "winter_night", "reading_hall", "blossom_garden")
"""Their places number their random streams: the bundled worlds were made so."""


def _plain_look() -> Look:
    return look_from("morning", "clear", "summer", np.random.default_rng(0))


@dataclass(frozen=True)
class Streams:
    """Independent randomness, so that one change does not reshuffle the rest."""

    layout: np.random.Generator
    look_numbers: np.random.Generator
    words: np.random.Generator
    number: int  # for noise look-ups
    look: Look = field(default_factory=_plain_look)
    detail: float = 1.0
    """Share of small things, in (0, 1]: training pictures need fewer blades of grass."""
    signature: bool = False
    """Nobody asked for a look: a family that has one of its own may show it."""

    @property
    def larger(self) -> float:
        """Return how much larger small things are when there are fewer: 1 / sqrt(detail)."""
        return float(self.detail**-0.5)

    def many(self, count: int, least: int = 1) -> int:
        """Return `count` as the detail asks."""
        return max(least, round(count * self.detail))


def family_names() -> tuple[str, ...]:
    """Return all family names: one for each file here."""
    found = sorted(module.name for module in iter_modules(__path__))
    return _FIRST + tuple(name for name in found if name not in _FIRST)


def _key(family: str) -> int:
    """Return the number that keeps a family's random streams apart from the others'."""
    return _FIRST.index(family) if family in _FIRST else 16 + crc32(family.encode()) % 4096


def family_module(family: str) -> Any:
    """Return a family's module.

    Raises:
        ValueError: if there is no such family.
    """
    if family not in family_names():
        raise ValueError(f"no family {family!r}: choose one of {', '.join(family_names())}")
    return import_module(f"ldm3d.data.families.{family}")


def draw_look(family: str, seed: int, rng: np.random.Generator | None = None) -> Look:
    """Return a look among those that fit a family.

    Args:
        family: a name of `family_names()`.
        seed: of the scene; it alone decides where no `rng` is given.
        rng: to draw another look for the same place.
    """
    module = family_module(family)
    return sample_look(
        rng or np.random.default_rng([seed, _key(family), 3]),
        getattr(module, "HOURS", looks.HOURS),
        getattr(module, "WEATHERS", looks.WEATHERS),
        getattr(module, "SEASONS", looks.SEASONS),
    )


def build_scene(family: str, seed: int, *, detail: float = 1.0, look: Look | None = None) -> Scene:
    """Return the scene of a family and a seed.

    Args:
        family: a name of `family_names()`.
        seed: decides layout, look and words, each by its own stream.
        detail: share of small things, in (0, 1].
        look: hour, weather and season; None: the family's signature where it has one, else drawn
            from the seed among the family's own.

    Raises:
        ValueError: if there is no such family.
    """
    module = family_module(family)
    key = _key(family)
    layout, numbers, words = (np.random.default_rng([seed, key, part]) for part in range(3))
    streams = Streams(
        layout,
        numbers,
        words,
        seed * 16 + key,
        look or draw_look(family, seed),
        detail,
        look is None,
    )
    scene = module.build(streams)
    if not isinstance(scene, Scene):
        raise TypeError(f"family {family} built {type(scene).__name__}, not a Scene")
    return scene
