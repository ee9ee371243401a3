"""What a picture shows, as classes: family, hour, weather."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.families import family_names
from ldm3d.data.told import family_looks
from ldm3d.data.world_set import Facts

AXES = ("family", "hour", "weather")
UNKNOWN = -100
"""The class of what is not known or does not show; counts nowhere."""


@dataclass(frozen=True)
class Classes:
    """The values each axis may have, in order."""

    values: Mapping[str, tuple[str, ...]]

    def row(self, shown: Mapping[str, str]) -> list[int]:
        """Return the class numbers of one picture, one an axis."""
        return [
            self.values[axis].index(shown[axis])
            if shown.get(axis) in self.values[axis]
            else UNKNOWN
            for axis in AXES
        ]

    def rows(self, shown: Sequence[Mapping[str, str]]) -> NDArray[np.int64]:
        """Return (N, axes) class numbers."""
        return np.array([self.row(one) for one in shown], np.int64).reshape(-1, len(AXES))


def shown_in(facts: Facts) -> dict[str, str]:
    """Return what of a picture's tags can be seen: a room's weather cannot."""
    looks = family_looks(facts.family) if facts.family in family_names() else None
    shown = {axis: v for axis, v in facts.tags.items() if looks is None or axis in looks}
    return shown | ({"family": facts.family} if facts.family else {})


def classes_of(shown: Sequence[Mapping[str, str]]) -> Classes:
    """Return all classes that appear."""
    return Classes({axis: tuple(sorted({s[axis] for s in shown if axis in s})) for axis in AXES})
