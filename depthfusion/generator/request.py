"""What a generator is asked for, as a person or a window states it: new worlds, or depth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

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
    preview_rate: float | None = None
    """Most previews a second; None, and the most there are: ten."""
    low_memory: bool | None = None
    """Whether to get along with little memory, slower; None: where it is short."""
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
        _check(values, _KINDS, _ALWAYS)
        try:
            loras = tuple((str(path), float(scale)) for path, scale in values.get("loras", ()))
            return cls(**{**values, "loras": loras})
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"want a request with a prompt, got one that lacks: {error}"
            ) from error


@dataclass(frozen=True)
class DepthRequest:
    """How the depth of a picture that has none is to be estimated; a plain value, too."""

    count: ClassVar[int] = 1

    path: str | None = None
    """Of the picture; None only where its pixels are handed over beside the request."""
    model: str | None = None
    """A depth network's folder or hub id; None: the one LDM3D was taught with."""
    panorama: bool | None = None
    """Whether the picture is a 360° panorama; None: if it is 2:1."""
    detail: int = 1
    """Of panoramas: 1 to 3, more and narrower tiles each."""
    gives: str | None = None
    """What the network's numbers mean, a value of `ldm3d.depth.Gives`; None: as its kind says."""
    device: str | None = None
    """"cuda", "mps" or "cpu"; None: the fastest there is."""

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able values; `from_dict` gives an equal request."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DepthRequest:
        """Read what `to_dict` gave.

        Raises:
            UsageError: if a field does not exist or holds another kind of value.
        """
        _check(values, _KINDS_OF_DEPTH, {"detail"})
        return cls(**values)


AnyRequest = Request | DepthRequest

_TEXT, _NUMBER, _WHOLE, _SWITCH = (str,), (float, int), (int,), (bool,)
_KINDS: Mapping[str, tuple[type, ...]] = {
    "prompt": _TEXT, "model": _TEXT, "negative_prompt": _TEXT, "seed": _WHOLE, "count": _WHOLE,
    "steps": _WHOLE, "guidance": _NUMBER, "width": _WHOLE, "height": _WHOLE, "scheduler": _TEXT,
    "seamless": _SWITCH, "init_image": _TEXT, "init_depth": _TEXT, "init_strength": _NUMBER,
    "loras": (list, tuple), "previews": _SWITCH, "preview_rate": _NUMBER, "low_memory": _SWITCH,
    "like": (Mapping,),
}  # fmt: skip
_KINDS_OF_DEPTH: Mapping[str, tuple[type, ...]] = {
    "path": _TEXT, "model": _TEXT, "panorama": _SWITCH, "detail": _WHOLE, "gives": _TEXT,
    "device": _TEXT,
}  # fmt: skip
_ALWAYS = {"prompt", "count", "loras", "previews", "like"}


def _check(
    values: Mapping[str, Any], kinds: Mapping[str, tuple[type, ...]], always: set[str]
) -> None:
    for name, value in values.items():
        if value is None:
            fits = name in kinds and name not in always
        else:
            wanted = kinds.get(name, ())
            fits = isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool))
        if not fits:
            raise UsageError(f"want a request's fields, got {name[:40]} = {value!r:.60}")
