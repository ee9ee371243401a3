"""The options of `generate` as a request; a world to repeat as the recipe in it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from depthfusion.errors import InputNotFoundError, PanoramaError
from depthfusion.generator.request import Request

MAX_RECIPE_BYTES = 1_000_000


def request_from(options: argparse.Namespace) -> Request:
    """Return what the options ask for, without the prompt.

    Raises:
        DepthFusionError: if the world of --like cannot be read.
    """
    width, height = options.size or (None, None)
    color, depth = _start(options)
    return Request(
        prompt="",
        model=options.model,
        negative_prompt=options.negative,
        seed=options.seed,
        steps=options.steps,
        guidance=options.guidance,
        width=width,
        height=height,
        scheduler=options.scheduler,
        seamless=options.seamless,
        init_image=color,
        init_depth=depth,
        init_strength=options.init_strength,
        loras=tuple((str(_absolute(path)), scale) for path, scale in options.lora),
        like={} if options.like is None else stored_recipe(options.like),
    )


def _start(options: argparse.Namespace) -> tuple[str | None, str | None]:
    """Return picture and depth map to start from; both of a world, when its folder is named."""
    color, depth = options.init, options.init_depth
    if color is not None and Path(color).is_dir():
        from depthfusion.panorama.world_folder import files_of_world

        files = files_of_world(color)
        color, depth = files.color, depth or files.depth
    return _absolute(color), _absolute(depth)


def _absolute(path: str | Path | None) -> str | None:
    """Return a path that a stored recipe can name from anywhere."""
    return None if path is None else str(Path(path).expanduser().absolute())


def stored_recipe(path: str) -> Mapping[str, Any]:
    """Return how a world was made, from its folder, its world.json, or either picture.

    Raises:
        DepthFusionError: if that cannot be read, or does not say it.
    """
    if Path(path).suffix.lower() == ".json":
        recipe = _recipe_from_json(Path(path))
    else:
        from depthfusion.panorama import read_panorama

        recipe = read_panorama(path).provenance.generation
    texts = (recipe.get(name) for name in ("prompt", "scheduler"))
    is_whole = {"seed", "width", "height"} <= set(recipe) and all(
        isinstance(text, str) for text in texts
    )
    if not (is_whole and isinstance(recipe.get("made_with", {}), dict)):
        raise PanoramaError(
            f"want a world that DepthFusion made, {path} does not say how it was made"
        )
    return recipe


def _recipe_from_json(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            values = json.loads(file.read(MAX_RECIPE_BYTES))
    except OSError as error:
        raise InputNotFoundError(f"cannot open {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise PanoramaError(f"want JSON of a world, {path} is none: {error}") from error
    found = values.get("generation", values) if isinstance(values, dict) else None
    return found if isinstance(found, dict) else {}
