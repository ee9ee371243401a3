"""What is filled in around the prompt, as a plain value. No Qt in here."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from depthfusion.generator.request import Request
from ldm3d.recipe import MAX_SEED, MAX_SIDE_PX, MAX_STEPS, SIZE_STEP_PX, Start

__all__ = [
    "DEFAULT_STRENGTH", "MAX_COUNT", "MAX_GUIDANCE", "MAX_SEED", "MAX_STEPS", "ModelChoice",
    "ModelValues", "PromptForm", "StyleApply",
]  # fmt: skip

MAX_COUNT = 64
"""Most worlds that one press of the button makes."""
MAX_GUIDANCE = 100.0
DEFAULT_STRENGTH = Start.strength
"""Share of the steps that is run on a start picture where nothing else is said."""

StyleApply = Callable[[str, Request], Request]
"""Takes the name of a style and a request without it, gives the request with it."""


@dataclass(frozen=True)
class ModelChoice:
    """One model to choose from."""

    id: str
    """A model's folder, name or id on the hub, as `Request.model` takes it."""
    title: str
    note: str = ""
    """One line: what it is good at, its size, its licence."""


@dataclass(frozen=True)
class ModelValues:
    """What the chosen model uses where the form says nothing; None: not known."""

    negative_prompt: str | None = None
    steps: int | None = None
    guidance: float | None = None
    size: tuple[int, int] | None = None
    """(width, height) in pixels."""
    scheduler: str | None = None
    sizes: tuple[tuple[int, int], ...] = ()
    """Sizes that suit it, to choose from."""


@dataclass(frozen=True)
class PromptForm:
    """All that a person can say about the next worlds. None: the model's own value."""

    prompt: str = ""
    style: str | None = None
    """Name of a style; None: none."""
    seed: int | None = None
    """In [0, 2^63), of the first world; None: a random one."""
    seed_locked: bool = False
    """Whether the seed is kept from one world to the next."""
    negative_prompt: str | None = None
    steps: int | None = None
    guidance: float | None = None
    size: tuple[int, int] | None = None
    """(width, height) in pixels."""
    scheduler: str | None = None
    model: str | None = None
    """As `ModelChoice.id`; None: the default model."""
    count: int = 1
    """Worlds to make, seeds counting up; 1 to `MAX_COUNT`."""
    start_picture: str | None = None
    """Path of a picture to start from."""
    start_depth: str | None = None
    """Path of its depth map."""
    start_strength: float | None = None
    """In (0, 1]: how much of the picture is made anew; None: `DEFAULT_STRENGTH`."""

    def request(self, style_apply: StyleApply | None = None) -> Request:
        """Return what to send to the generator.

        Args:
            style_apply: lays the chosen style over it; None: styles are left out.
        """
        width, height = self.size or (None, None)
        request = Request(
            prompt=self.prompt.strip(),
            model=self.model,
            negative_prompt=self.negative_prompt,
            seed=None if self.seed is None else min(self.seed, MAX_SEED - self.count + 1),
            count=self.count,
            steps=self.steps,
            guidance=self.guidance,
            width=width,
            height=height,
            scheduler=self.scheduler,
            init_image=self.start_picture,
            init_depth=self.start_depth if self.start_picture else None,
            init_strength=self.start_strength if self.start_picture else None,
        )
        if self.style is not None and style_apply is not None:
            return style_apply(self.style, request)
        return request

    @property
    def is_models_own(self) -> bool:
        """Whether everything besides prompt, style and seed is left as it comes."""
        return self == self.as_models_own()

    def as_models_own(self) -> PromptForm:
        """Return a form with the same prompt, style and seed and nothing else."""
        return PromptForm(self.prompt, self.style, self.seed, self.seed_locked)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able values; `from_dict` gives an equal form."""
        return asdict(self) | {"size": list(self.size) if self.size else None}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PromptForm:
        """Read what `to_dict` gave; what is unknown or impossible is left at its default."""
        known = {f.name for f in fields(cls)} & set(values)
        read = {name: _READERS[name](values[name]) for name in known}
        return cls(**{name: value for name, value in read.items() if value is not None})

    @classmethod
    def from_recipe(cls, recipe: Mapping[str, Any], *, model: str | None = None) -> PromptForm:
        """Return the form that asks for a stored recipe (`ldm3d.Recipe.to_dict`) again.

        Args:
            recipe: what made a world; what is missing or strange is left to the model.
            model: that made it, as `ModelChoice.id`; None: the default model.
        """
        start = recipe.get("start")
        start = start if isinstance(start, Mapping) else {}
        named = {"start_picture": "color", "start_depth": "depth", "start_strength": "strength"}
        size = {"size": [recipe.get("width"), recipe.get("height")]}
        begun = {name: start.get(key) for name, key in named.items()}
        form = cls.from_dict({**recipe, **size, **begun, "model": model, "style": None, "count": 1})
        return replace(form, seed_locked=form.seed is not None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _whole(low: int, high: int) -> Callable[[object], int | None]:
    def read(value: object) -> int | None:
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return value if fits and isinstance(value, int) else None

    return read


def _number(value: object, low: float, high: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and low <= value <= high else None


def _size(value: object) -> tuple[int, int] | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    side = _whole(SIZE_STEP_PX, MAX_SIDE_PX)
    width, height = side(value[0]), side(value[1])
    if width is None or height is None or width % SIZE_STEP_PX or height % SIZE_STEP_PX:
        return None
    return width, height


_READERS: Mapping[str, Callable[[object], Any]] = {
    "prompt": _text,
    "style": _text,
    "seed": _whole(0, MAX_SEED),
    "seed_locked": _flag,
    "negative_prompt": _text,
    "steps": _whole(1, MAX_STEPS),
    "guidance": lambda value: _number(value, 0.0, MAX_GUIDANCE),
    "size": _size,
    "scheduler": _text,
    "model": _text,
    "count": _whole(1, MAX_COUNT),
    "start_picture": _text,
    "start_depth": _text,
    "start_strength": lambda value: _number(value, 0.01, 1.0),
}
