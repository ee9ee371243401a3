"""What a person may say about a file before it is read. Cheap to import: no NumPy, no Pillow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from depthfusion.errors import UsageError


class DepthIs(StrEnum):
    """What the numbers of a depth map mean."""

    AUTO = "auto"
    """Look at bit depth, range, sentinels and whether the floor is nearer than the sky."""
    NEAR_WHITE = "near-white"
    """Relative: larger = nearer (LDM3D, MiDaS, DPT, most depth pictures)."""
    NEAR_BLACK = "near-black"
    """Relative: larger = farther."""
    METRES = "metres"
    """Distance along the ray in metres."""
    MILLIMETRES = "millimetres"
    """Distance along the ray in millimetres."""


class Layout(StrEnum):
    """Where colour and depth lie."""

    AUTO = "auto"
    """Look at the shape of the picture and whether one half of it is grey."""
    SEPARATE = "separate"
    """The picture holds colour only; depth, if any, is another file."""
    TOP_BOTTOM = "top-bottom"
    """Colour and depth above each other in one picture."""
    LEFT_RIGHT = "left-right"
    """Colour and depth beside each other in one picture."""


@dataclass(frozen=True)
class ReadOptions:
    """What a person knows better than the guesses.

    Raises:
        UsageError: if near and far are not both given or not 0 < near < far.
    """

    depth_is: DepthIs = DepthIs.AUTO
    invert_depth: bool = False
    """Take near for far: the opposite of what was said or guessed."""
    near_m: float | None = None
    """Distance in metres of the nearest value of a relative map."""
    far_m: float | None = None
    """Distance in metres of the farthest value of a relative map; may be infinity."""
    layout: Layout = Layout.AUTO
    find_partner: bool = True
    """Look for the other half of the pair by name when only one file is given."""

    def __post_init__(self) -> None:
        near, far = self.near_m, self.far_m
        if near is None and far is None:
            return
        if near is None or far is None:
            raise UsageError(
                "want --near-m and --far-m together, got only one of them (far may be inf)"
            )
        if not (0 < near < far) or math.isinf(near):
            raise UsageError(f"want 0 < near < far in metres, got near {near:g} and far {far:g}")
