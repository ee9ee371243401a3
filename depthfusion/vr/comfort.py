"""What lets people stay in a headset: nothing too near, no sudden light, always a picture.

Pure numbers: no runtime, no OpenGL, no clock of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from depthfusion.view import HEAD_BOX_M, SPHERE_RADIUS_M, Mapping, View

NEAREST_M = 0.75
"""Nearest surface by default: the eyes turn inwards by 4.8 degrees at 63 mm."""
MIN_NEAREST_M = 0.5
FULL_BOX_M = 0.15
"""Up to here from its rest place the head sees the full picture; at `HEAD_BOX_M` none."""
MIN_SCALE, MAX_SCALE = 0.25, 4.0
"""Of the world, by the controllers."""
FADE_OUT_S, FADE_IN_S = 0.2, 0.4
"""How long the light takes from full to none, and back."""
SETTLED_S, STILL_M = 2.0, 0.1
"""A head that stays outside of the box for so long, within so little, sits somewhere else now."""
UNTRACKED_BRIGHTNESS = 0.15
"""While the headset does not know where it is: what sticks to the head must be faint."""
TURN_VIGNETTE = 0.8
VIGNETTE_S = 0.35
"""How long the rim stays dark after a snap turn."""
STRENGTH_PER_S = 0.5
"""Change of relief with a stick held to its end."""
DOUBLING_S = 1.5
"""How long a stick held to its end takes to double the world's size."""
STEADY_STRENGTH, STEADY_SCALE = 0.1, 1.1
"""Up to here (a difference, a ratio) a change in one frame needs no darkness."""


def limited_view(view: View, is_metric: bool, nearest_m: float = NEAREST_M) -> View:
    """Return the view with strength and scale limited so that nothing is nearer than allowed.

    The renderer pushes every single surface back to the limit (`EyePicture.nearest_m`); this keeps
    a whole world from being pressed flat against it. Distances in metres are left as they are.
    Any value may occur in a map, so the limit holds for depth 1; a view that is fine comes back as
    the same object.

    Args:
        view: as it was asked for.
        is_metric: of the world: what `View.mapping` None means.
        nearest_m: distance from the head's rest place, in metres of the wearer's room.
    """
    mapping = view.mapping or (Mapping.METRIC if is_metric else Mapping.DISPARITY)
    if mapping is Mapping.METRIC:
        return view
    scale = max(view.world_scale, nearest_m / SPHERE_RADIUS_M)
    room = scale * SPHERE_RADIUS_M / nearest_m
    # r(1) = scale R / (1 + s), or scale R (1 - s); both are to be nearest_m at least.
    most = room - 1 if mapping is Mapping.DISPARITY else 1 - 1 / room
    strength = min(view.strength, max(0.0, most))
    if strength == view.strength and scale == view.world_scale:
        return view
    return replace(view, strength=strength, world_scale=scale)


def head_box_brightness(distance_m: float) -> float:
    """Return 1 within `FULL_BOX_M` of the rest place, 0 from `HEAD_BOX_M` on, smooth between."""
    x = (HEAD_BOX_M - distance_m) / (HEAD_BOX_M - FULL_BOX_M)
    x = min(1.0, max(0.0, x))
    return x * x * (3 - 2 * x)


@dataclass
class Fader:
    """The picture's brightness: goes where it should, never faster than is pleasant."""

    level: float = 0.0
    """0 to 1, of linear light."""

    def step(self, target: float, seconds: float) -> float:
        """Come nearer to `target` and return the new level."""
        if target < self.level:
            self.level = max(target, self.level - seconds / FADE_OUT_S)
        else:
            self.level = min(target, self.level + seconds / FADE_IN_S)
        return self.level


@dataclass
class Settling:
    """Whether a head that left the box has found a new place: it stays there, in the dark."""

    seconds: float = 0.0
    """How long it has been where it is."""
    place_m: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def step(
        self, place_m: tuple[float, float, float], seconds: float, *, is_outside: bool
    ) -> bool:
        """Take note of where the head is; return whether the world should come there.

        Args:
            place_m: of the head in the world.
            seconds: since the frame before.
            is_outside: whether there is nothing to see from there.
        """
        if not is_outside or math.dist(place_m, self.place_m) > STILL_M:
            self.seconds, self.place_m = 0.0, place_m
            return False
        self.seconds += seconds
        return self.seconds >= SETTLED_S


@dataclass
class Vignette:
    """A dark rim while the wearer is turned."""

    level: float = 0.0

    def begin(self) -> None:
        """The wearer is being turned now."""
        self.level = TURN_VIGNETTE

    def step(self, seconds: float) -> float:
        """Let it go and return the new level, 0 to 1."""
        self.level = max(0.0, self.level - seconds * TURN_VIGNETTE / VIGNETTE_S)
        return self.level


def steered_view(view: View, strength: float, scale: float, seconds: float) -> View:
    """Return the view after the sticks were held for some time.

    Args:
        view: as it was asked for, not as it was limited.
        strength: -1 to 1.
        scale: -1 to 1.
        seconds: since the frame before.
    """
    if strength == 0 and scale == 0:
        return view
    wanted = view.strength + strength * STRENGTH_PER_S * seconds
    size = view.world_scale * math.exp2(scale * seconds / DOUBLING_S)
    least, most = min(MIN_SCALE, view.world_scale), max(MAX_SCALE, view.world_scale)
    return replace(
        view,
        strength=min(1.0, max(0.0, wanted)),
        world_scale=min(most, max(least, size)),
    )


def is_jump(before: View, after: View) -> bool:
    """Whether a change of view is to be hidden in the dark: what a slider does step by step is not.

    Args:
        before: as it was asked for.
        after: as it is asked for now.
    """
    names = ("mapping", "invert_depth", "near_m", "far_m", "shading")
    if any(getattr(before, name) != getattr(after, name) for name in names):
        return True
    ratio = after.world_scale / before.world_scale
    return abs(after.strength - before.strength) > STEADY_STRENGTH or not (
        1 / STEADY_SCALE <= ratio <= STEADY_SCALE
    )
