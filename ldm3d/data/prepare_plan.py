"""What `ldm3d data prepare` is asked for: size, fit, depth, and which pictures are left out."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from ldm3d.data.world import NEAR_M
from ldm3d.errors import RequestError

SIDE_STEP_PX = 8
"""Sides are multiples of it: one latent cell of Stable Diffusion's autoencoder."""
PANORAMA_ASPECT = (1.94, 2.06)


class Fit(StrEnum):
    """How a picture of another shape is brought to the set's."""

    CROP = "crop"
    """Cut off what is too much at both ends alike."""
    RESIZE = "resize"
    """Squeeze or stretch it."""


class DepthIs(StrEnum):
    """What the numbers of a given depth map mean; the names are those of `depthfusion view`."""

    NEAR_WHITE = "near-white"
    """Relative inverse depth, larger = nearer: LDM3D, MiDaS, DPT."""
    NEAR_BLACK = "near-black"
    """Relative, larger = farther."""
    METRES = "metres"
    MILLIMETRES = "millimetres"

    @property
    def is_distance(self) -> bool:
        """Whether the numbers have a unit."""
        return self in {DepthIs.METRES, DepthIs.MILLIMETRES}


class LeftOutError(Exception):
    """A picture does not get into the set.

    Attributes:
        filter: short name of what kept it out, for counting.
        reason: what was wanted and found.
    """

    def __init__(self, filter_name: str, reason: str) -> None:
        super().__init__(reason)
        self.filter, self.reason = filter_name, reason


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_CONDITION = re.compile(r"\s*([^<>=!\s]+)\s*(>=|<=|!=|==|>|<|=)\s*(.+?)\s*")
_ALSO_CALLED = {
    "aesthetic": ("aesthetic_score", "aesthetic_score_laion_v2"),
    "pwatermark": ("watermark", "p_watermark"),
    "similarity": ("clip_similarity_vitb32", "clip_similarity"),
    "punsafe": ("p_unsafe",),
}
"""Names of the same thing in LAION's several editions."""


@dataclass(frozen=True)
class Where:
    """A condition on a picture's metadata, such as `aesthetic>=5`."""

    field: str
    sign: str
    value: str

    @classmethod
    def of(cls, text: str) -> Where:
        """Read a condition.

        Raises:
            RequestError: if it is none.
        """
        found = _CONDITION.fullmatch(text)
        if found is None:
            raise RequestError(
                f"want a condition such as 'aesthetic>=5' or 'NSFW=UNLIKELY', got {text!r}"
            )
        field, sign, value = found.groups()
        where = cls(field, "=" if sign == "==" else sign, value)
        if where.sign not in {"=", "!="} and _number(value) is None:
            raise RequestError(f"want a number to compare {field} with, got {value!r}")
        return where

    def check(self, metadata: Mapping[str, Any]) -> None:
        """Pass over metadata that fulfils it.

        Raises:
            LeftOutError: if it does not, or says nothing of the field.
        """
        said = _field(metadata, self.field)
        name = f"where {self.field}"
        if said is None:
            raise LeftOutError(name, f"its metadata say nothing of {self.field}")
        if not self._holds(said):
            raise LeftOutError(name, f"{self.field} is {said}, want {self.sign} {self.value}")

    def _holds(self, said: Any) -> bool:
        ours, theirs = _number(self.value), _number(said)
        compare = _OPERATORS[self.sign]
        if ours is not None and theirs is not None:
            return compare(theirs, ours)
        if self.sign not in {"=", "!="}:
            return False
        return compare(str(said).casefold(), self.value.casefold())

    def __str__(self) -> str:
        return f"{self.field}{self.sign}{self.value}"


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _field(metadata: Mapping[str, Any], field: str) -> Any:
    """Return a field by its name, small or large, or by another name of the same thing."""
    folded = {str(name).casefold(): value for name, value in metadata.items()}
    for name in (field.casefold(), *_ALSO_CALLED.get(field.casefold(), ())):
        if folded.get(name) is not None:
            return folded[name]
    return None


@dataclass(frozen=True)
class PreparePlan:
    """What decides over the content of a set."""

    width: int = 512
    height: int = 512
    fit: Fit = Fit.CROP
    panoramas: bool = False
    """Whether the pictures wrap around; depth is then estimated by tiles."""
    caption_field: str | None = None
    """Where captions stand in JSON and tables; None: where they usually do."""
    depth_is: DepthIs | None = None
    """What the depth maps beside the pictures mean; None: depth is estimated."""
    depth_model: str = ""
    near_m: float | None = None
    """Distance of depth 1, of given depth; None: `NEAR_M` where it has a unit, else unknown."""
    far_m: float | None = None
    """Distance of depth 0, of given depth; None: infinity where depth 1 has a distance."""
    batch: int = 8
    """Pictures the network looks at together; another number changes at most rounding."""
    shard: int = 256
    min_side: int = 256
    aspect: tuple[float, float] = (0.5, 2.0)
    """Least and greatest width / height."""
    caption_length: tuple[int, int] = (3, 1000)
    """Least and greatest number of characters."""
    where: tuple[Where, ...] = ()
    keep_duplicates: bool = False
    max_megapixels: float = 128.0

    def __post_init__(self) -> None:
        """Check what cannot be.

        Raises:
            RequestError: if no picture could fulfil it.
        """
        sides = (self.width, self.height)
        if min(sides) < 32 or any(side % SIDE_STEP_PX for side in sides):
            raise RequestError(
                f"want a size in multiples of {SIDE_STEP_PX} pixels from 32 on, such as 512x512; "
                f"got {self.width}x{self.height}"
            )
        if self.panoramas and self.width != 2 * self.height:
            raise RequestError(
                f"want W = 2 H for panoramas, such as 1024x512; got {self.width}x{self.height}"
            )
        if min(self.batch, self.shard) < 1 or self.max_megapixels <= 0:
            raise RequestError("want at least one picture a batch and a shard, and some megapixels")
        for name, (least, most) in (("aspect", self.aspect), ("caption", self.caption_length)):
            if not 0 <= least <= most:
                raise RequestError(f"want {name} LEAST:MOST, got {least:g}:{most:g}")
        if self.scale is None and (self.near_m is not None or self.far_m is not None):
            raise RequestError(
                "want --near-m, and --depth-is: estimated depth has no scale, and a far distance "
                "alone is none"
            )
        if self.scale is not None and not 0 < self.scale[0] < self.scale[1]:
            near, far = self.scale
            raise RequestError(f"want 0 < near < far in metres, got {near:g} and {far:g}")

    @property
    def scale(self) -> tuple[float, float] | None:
        """Return the distances in metres of depth 1 and 0; None where depth has no scale."""
        if self.depth_is is None or (self.near_m is None and not self.depth_is.is_distance):
            return None
        far_m = float("inf") if self.far_m is None else self.far_m
        return (NEAR_M if self.near_m is None else self.near_m), far_m

    def values(self) -> dict[str, Any]:
        """Return what decides over a shard's content, for comparing and for JSON."""
        values = asdict(self)
        del values["batch"]
        for name in ("aspect", "caption_length"):
            values[name] = list(values[name])
        return values | {"where": [str(where) for where in self.where]}
