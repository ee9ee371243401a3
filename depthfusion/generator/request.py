"""One request for one or more worlds, as a person or a window states it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from depthfusion.errors import UsageError


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
        """Read what `to_dict` gave.

        Raises:
            UsageError: if a field does not exist or holds another kind of value.
        """
        for name, value in values.items():
            if not _fits(name, value):
                raise UsageError(f"want a request's fields, got {name[:40]} = {value!r:.60}")
        try:
            loras = tuple((str(path), float(scale)) for path, scale in values.get("loras", ()))
            return cls(**{**values, "loras": loras})
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"want a request with a prompt, got one that lacks: {error}"
            ) from error


_TEXT, _NUMBER, _WHOLE, _SWITCH = (str,), (float, int), (int,), (bool,)
_KINDS: Mapping[str, tuple[type, ...]] = {
    "prompt": _TEXT, "model": _TEXT, "negative_prompt": _TEXT, "seed": _WHOLE, "count": _WHOLE,
    "steps": _WHOLE, "guidance": _NUMBER, "width": _WHOLE, "height": _WHOLE, "scheduler": _TEXT,
    "seamless": _SWITCH, "init_image": _TEXT, "init_depth": _TEXT, "init_strength": _NUMBER,
    "loras": (list, tuple), "previews": _SWITCH, "like": (Mapping,),
}  # fmt: skip
_ALWAYS = {"prompt", "count", "loras", "previews", "like"}


def _fits(name: str, value: Any) -> bool:
    if value is None or name not in _KINDS:
        return name in _KINDS and name not in _ALWAYS
    kinds = _KINDS[name]
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
