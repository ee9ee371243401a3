"""From a request to recipes: what was asked for, or a stored recipe to repeat bit by bit."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from depthfusion.generator.request import Request
from depthfusion.panorama import MAX_ASPECT_ERROR
from ldm3d.errors import RequestError
from ldm3d.recipe import MAX_SEED, Lora, Recipe, Start

RANDOM_SEED_BITS = 31
"""Short enough to be read out; also the range that other tools take."""
MAX_COUNT = 10_000
MAX_THREADS = 1024
_SAME_NAME = ("negative_prompt", "seed", "steps", "guidance", "width", "height", "scheduler")
_OF_THE_RECIPE = ("prompt", *_SAME_NAME, "seamless", "start", "loras")
_DECIDING = {
    "fingerprint": "the model's files",
    "dtype": "number format",
    "device": "device",
    "threads": "threads",
    "machine": "processor",
    "attention": "kind of attention",
    "tile": "tiles of the decoder",
    "versions": "versions",
    "files": "starting picture or LoRA",
}
"""Field of `made_with` -> how a note calls it: what decides the bits besides the recipe."""


@dataclass(frozen=True)
class Place:
    """Where and with what to run, as far as the request decides it; None: the best there is."""

    model: str | None = None
    device: str | None = None
    dtype: str | None = None
    threads: int | None = None


@dataclass(frozen=True)
class Asked:
    """A request that was read and found possible, as far as that can be told without a model."""

    fields: Mapping[str, Any]
    """What is given of `Recipe`, its seed included; the model advises on the rest."""
    count: int
    place: Place
    made_with: Mapping[str, Any]
    """Of the picture to repeat; empty if there is none."""
    low_memory: bool | None = None


def asked(request: Request) -> Asked:
    """Read a request.

    Raises:
        RequestError: if it asks for something that no model can do.
    """
    if isinstance(request.count, bool) or not 1 <= request.count <= MAX_COUNT:
        raise RequestError(f"want a count from 1 to {MAX_COUNT}, got {request.count}")
    stored = Recipe.from_dict(request.like) if request.like else None
    fields = {} if stored is None else {name: getattr(stored, name) for name in _OF_THE_RECIPE}
    fields |= _given(request, fields.get("start"))
    if fields.get("seed") is None:
        fields["seed"] = secrets.randbits(RANDOM_SEED_BITS)
    checked = Recipe(**fields)
    if checked.seed + request.count - 1 > MAX_SEED:
        raise RequestError(f"want seeds up to {MAX_SEED}, the last would be larger")
    if "width" in fields and "height" in fields:
        check_shape(checked)
    made_with = stored.made_with if stored is not None else {}
    place = _place(request, made_with)
    return Asked(fields, request.count, place, made_with, request.low_memory)


def check_shape(recipe: Recipe) -> None:
    """Refuse what is no panorama, before the work and not after it.

    Raises:
        RequestError: if the picture would not be twice as wide as high.
    """
    if abs(recipe.width / recipe.height - 2) > 2 * MAX_ASPECT_ERROR:
        raise RequestError(
            f"want a panorama twice as wide as high, got {recipe.width}x{recipe.height}: "
            f"try {2 * recipe.height}x{recipe.height}"
        )


def differences(made_with: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Return why a repeated picture may not be equal bit by bit, a sentence; none if it is."""
    if not made_with:
        return ()
    odd = [
        f"{called} ({_short(made_with[name])} then, {_short(now.get(name))} now)"
        for name, called in _DECIDING.items()
        if name in made_with and made_with[name] != now.get(name)
    ]
    if not odd:
        return ()
    return (f"the picture may differ from the one repeated, since this differs: {', '.join(odd)}",)


def _given(request: Request, start: Start | None) -> dict[str, Any]:
    values = {name: getattr(request, name) for name in (*_SAME_NAME, "seamless")}
    given = {name: value for name, value in values.items() if value is not None}
    if request.prompt or not request.like:
        given["prompt"] = request.prompt
    if request.loras:
        given["loras"] = tuple(Lora(_lasting(path), scale) for path, scale in request.loras)
    if request.init_image is not None:
        start = Start(_lasting(request.init_image))
    if start is None:
        if request.init_depth is not None or request.init_strength is not None:
            raise RequestError("want a picture to start from with an init depth or strength")
        return given
    if request.init_depth is not None:
        start = replace(start, depth=_lasting(request.init_depth))
    if request.init_strength is not None:
        start = replace(start, strength=request.init_strength)
    return given | {"start": start}


def _place(request: Request, made_with: Mapping[str, Any]) -> Place:
    threads = made_with.get("threads")
    return Place(
        request.model or _text(made_with, "model"),
        _text(made_with, "device"),
        _text(made_with, "dtype"),
        threads if type(threads) is int and 0 < threads <= MAX_THREADS else None,
    )


def _lasting(path: str) -> str:
    """Return a path that still names the file when the recipe is repeated in another folder."""
    return str(Path(path).expanduser().absolute())


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) and value else None


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
