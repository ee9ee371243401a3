"""One request for one or more worlds, as a person or a window states it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """What to generate. None means: what the model itself recommends.

    A plain value that travels to the worker as JSON; what is impossible is found there, in words,
    by `ldm3d.Recipe`.
    """

    prompt: str
    model: str | None = None
    """A model's folder, or its id on the hub; None: the default model."""
    negative_prompt: str | None = None
    seed: int | None = None
    """Of the first picture, the next ones count up; None: a random one, told in the result."""
    count: int = 1
    """Pictures to make, one after the other, each from its own seed."""
    steps: int | None = None
    guidance: float | None = None
    width: int | None = None
    height: int | None = None
    scheduler: str | None = None
    seamless: bool | None = None
    """None: for sizes of 2:1."""
    init_image: str | None = None
    """Path of a picture to start from."""
    init_depth: str | None = None
    init_strength: float | None = None
    loras: tuple[tuple[str, float], ...] = ()
    """(path, scale) of each."""
    previews: bool = False
    like: Mapping[str, Any] = field(default_factory=dict)
    """A stored recipe to repeat (`Recipe.to_dict`); what else is given here overrides it."""

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able values; `from_dict` gives an equal request."""
        return asdict(self) | {"loras": [list(lora) for lora in self.loras]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Request:
        """Read what `to_dict` gave."""
        loras = tuple((str(path), float(scale)) for path, scale in values.get("loras", ()))
        return cls(**{**values, "loras": loras})
