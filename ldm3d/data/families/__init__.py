"""Families of places, one file each; a file has `build(streams) -> Scene`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

import numpy as np

from ldm3d.data.scene import Scene

_FAMILIES = ("alpine_lake", "old_forest", "winter_night", "reading_hall", "blossom_garden")


@dataclass(frozen=True)
class Streams:
    """Independent randomness, so that one change does not reshuffle the rest."""

    layout: np.random.Generator
    look: np.random.Generator
    words: np.random.Generator
    number: int  # for noise look-ups


def family_names() -> tuple[str, ...]:
    """Return all family names."""
    return _FAMILIES


def build_scene(family: str, seed: int) -> Scene:
    """Return the scene of a family and a seed.

    Raises:
        ValueError: if there is no such family.
    """
    if family not in _FAMILIES:
        raise ValueError(f"no family {family!r}: choose one of {', '.join(_FAMILIES)}")
    key = _FAMILIES.index(family)
    layout, look, words = (np.random.default_rng([seed, key, part]) for part in range(3))
    module = import_module(f"ldm3d.data.families.{family}")
    scene = module.build(Streams(layout, look, words, seed * 16 + key))
    if not isinstance(scene, Scene):
        raise TypeError(f"family {family} built {type(scene).__name__}, not a Scene")
    return scene
