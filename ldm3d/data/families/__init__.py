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


def build_scene(family: str, seed: int, *, detail: float = 1.0, look: Look | None = None) -> Scene:
    """Return the scene of a family and a seed.

    Args:
        family: a name of `family_names()`.
        seed: decides layout, look and words, each by its own stream.
        detail: share of small things, in (0, 1].
        look: hour, weather and season; None: drawn from the seed among the family's own.

    Raises:
        ValueError: if there is no such family.
    """
    module = family_module(family)
    key = _key(family)
    layout, numbers, words = (np.random.default_rng([seed, key, part]) for part in range(3))
    if look is None:
        look = sample_look(
            np.random.default_rng([seed, key, 3]),
            getattr(module, "HOURS", looks.HOURS),
            getattr(module, "WEATHERS", looks.WEATHERS),
            getattr(module, "SEASONS", looks.SEASONS),
        )
    scene = module.build(Streams(layout, numbers, words, seed * 16 + key, look, detail))
    if not isinstance(scene, Scene):
        raise TypeError(f"family {family} built {type(scene).__name__}, not a Scene")
    return scene
