"""The recipe: everything that decides a picture, with nothing left to a default."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ldm3d.errors import RequestError

SIZE_STEP_PX = 64
MAX_SIDE_PX = 8192
MAX_STEPS = 1000
MAX_SEED = 2**63 - 1

DEFAULTS: Mapping[str, Any] = {
    "negative_prompt": "",
    "steps": 18,
    "guidance": 5.0,
    "width": 1024,
    "height": 512,
    "scheduler": "dpm++2m-karras",
}
"""What a model that says nothing else is run with.

18 steps of DPM-Solver++ instead of 50 of DDIM, decoder included, cost 1 / 2.65 of the FLOPs.
"""


@dataclass(frozen=True)
class Lora:
    """Low-rank weights laid over the model's own (arXiv 2106.09685)."""

    path: str
    """A .safetensors file in the layout of diffusers, peft or kohya."""
    scale: float = 1.0


@dataclass(frozen=True)
class Start:
    """A picture to start from instead of pure noise (SDEdit, arXiv 2108.01073)."""

    color: str
    """Path of an equirectangular picture."""
    depth: str | None = None
    """Path of its depth map, 1 = nearer; None: a flat map of 0.5."""
    strength: float = 0.6
    """Share of the steps that are run, in (0, 1]: 1 keeps nothing of the picture."""


@dataclass(frozen=True)
class Recipe:
    """How one RGBD picture is made. Equal recipes on one machine give equal bits.

    Raises:
        RequestError: from the constructor, if a value is out of range.
    """

    prompt: str
    negative_prompt: str = ""
    seed: int = 0
    """In [0, 2^63)."""
    steps: int = DEFAULTS["steps"]
    """Denoising steps, 1 to 1000."""
    guidance: float = DEFAULTS["guidance"]
    """Classifier-free guidance scale (arXiv 2207.12598); 1 or less runs the network once a step."""
    width: int = DEFAULTS["width"]
    """In pixels, a multiple of 64."""
    height: int = DEFAULTS["height"]
    """In pixels, a multiple of 64."""
    scheduler: str = DEFAULTS["scheduler"]
    """A name of `ldm3d.schedule.SCHEDULERS`."""
    seamless: bool = True
    """Whether left and right edge are neighbours: circular convolutions and pole treatment."""
    start: Start | None = None
    loras: tuple[Lora, ...] = ()
    made_with: Mapping[str, Any] = field(default_factory=dict)
    """Filled in by the pipeline: model, its fingerprint, dtype, device, threads, versions, notes.
    Not part of what is asked for."""

    def __post_init__(self) -> None:
        if not self.prompt.strip():
            raise RequestError("want a prompt that describes a place, got an empty one")
        _check_range("seed", self.seed, 0, MAX_SEED)
        _check_range("steps", self.steps, 1, MAX_STEPS)
        _check_size(self.width, self.height)
        if not (math.isfinite(self.guidance) and 0 <= self.guidance <= 100):
            raise RequestError(f"want guidance from 0 to 100, got {self.guidance:g}")
        if self.start is not None and not 0 < self.start.strength <= 1:
            raise RequestError(
                f"want an init strength above 0 and up to 1, got {self.start.strength:g}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able values; `from_dict` gives an equal recipe."""
        values = asdict(self)
        values["loras"] = [asdict(lora) for lora in self.loras]
        values["made_with"] = dict(self.made_with)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """Read what `to_dict` gave; unknown keys are ignored.

        Raises:
            RequestError: if a value is missing or out of range.
        """
        known = {f.name: values[f.name] for f in fields(cls) if f.name in values}
        try:
            if known.get("start") is not None:
                known["start"] = Start(**known["start"])
            known["loras"] = tuple(Lora(**lora) for lora in known.get("loras", ()))
            return cls(**known)
        except TypeError as error:
            raise RequestError(
                f"want a stored recipe with a prompt, got one that lacks: {error}"
            ) from error


def _check_range(name: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise RequestError(f"want {name} as a whole number from {low} to {high}, got {value}")


def _check_size(width: int, height: int) -> None:
    for side in (width, height):
        _check_range("width and height", side, SIZE_STEP_PX, MAX_SIDE_PX)
    if width % SIZE_STEP_PX or height % SIZE_STEP_PX:
        near = [max(SIZE_STEP_PX, round(s / SIZE_STEP_PX) * SIZE_STEP_PX) for s in (width, height)]
        raise RequestError(
            f"want width and height as multiples of {SIZE_STEP_PX}, got {width}x{height}: "
            f"try {near[0]}x{near[1]}"
        )
