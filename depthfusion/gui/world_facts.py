"""What there is to know of a world, as the details panel tells it. No Qt in here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from depthfusion.panorama import Panorama

_NAMES: Mapping[str, tuple[str, ...]] = {
    "prompt": ("prompt",),
    "negative_prompt": ("negative_prompt",),
    "seed": ("seed",),
    "steps": ("steps",),
    "guidance": ("guidance", "cfg_scale"),
    "scheduler": ("scheduler", "sampler"),
    "width": ("width",),
    "height": ("height",),
}
"""Ours -> as it may be called in a recipe; that of other tools comes from PNG text."""


@dataclass(frozen=True)
class WorldFacts:
    """One world's facts. Empty texts and None: not known, and then not shown."""

    title: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    """As in `Provenance.generation`; what [Use these] hands over. Empty: not generated."""
    size_px: tuple[int, int] | None = None
    """(width, height) of the colour picture."""
    depth: DepthFacts | None = None
    """None: there is no depth map."""
    color_file: Path | None = None
    depth_file: Path | None = None
    """None also where it lies in the same file as the colour."""
    seconds: float | None = None
    """How long it took to make."""
    made: datetime | None = None
    notes: tuple[str, ...] = ()
    """What was assumed while reading it."""

    def asked(self, name: str) -> Any:
        """Return a value of the recipe by our name for it; None when it is not told."""
        found = (self.recipe.get(n) for n in _NAMES[name])
        return next((value for value in found if value not in (None, "")), None)

    @property
    def model(self) -> str:
        """Name of the model, without the folders of the machine it was made on."""
        made_with = self.recipe.get("made_with")
        name = made_with.get("model") if isinstance(made_with, Mapping) else None
        name = str(name or self.recipe.get("model") or "").rstrip("/\\")
        is_id = name.count("/") == 1 and not name.startswith(("/", ".", "~"))
        return name if is_id else name.replace("\\", "/").rpartition("/")[2]

    @property
    def can_be_used(self) -> bool:
        """Whether the recipe is enough to fill in the form."""
        return isinstance(self.asked("prompt"), str) and bool(self.asked("prompt").strip())


@dataclass(frozen=True)
class DepthFacts:
    """What the numbers of a depth map say."""

    size_px: tuple[int, int]
    in_metres: bool = False
    """Whether each number is a distance; otherwise nearness, 1 = nearest."""
    near_m: float | None = None
    far_m: float | None = None
    """Metres of the nearest and the farthest value, where they are known; may be infinity."""


def facts_from_panorama(
    panorama: Panorama, about: Mapping[str, Any] | None = None, title: str = ""
) -> WorldFacts:
    """Return what a panorama, and the description beside it, tell.

    Args:
        panorama: what is open.
        about: of its folder's world.json (`seconds`, `created`); None: there is none.
        title: overrides the panorama's own.
    """
    origin, about = panorama.provenance, about or {}
    height, width = panorama.color.shape[:2]
    color = Path(origin.color_source) if origin.color_source else None
    depth = Path(origin.depth_source) if origin.depth_source else None
    return WorldFacts(
        title=title or panorama.title,
        recipe=origin.generation,
        size_px=(width, height),
        depth=_depth_facts(panorama),
        color_file=color,
        depth_file=depth if depth != color else None,
        seconds=_seconds(about.get("seconds")),
        made=_moment(about.get("created")),
        notes=origin.notes,
    )


def _depth_facts(panorama: Panorama) -> DepthFacts | None:
    if panorama.depth is None:
        return None
    height, width = panorama.depth.shape
    in_metres = panorama.meaning.value == "distance"
    near_m, far_m = panorama.near_m, panorama.far_m
    return DepthFacts((width, height), in_metres, near_m, far_m)


def _seconds(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) and value > 0 else None


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
