"""Generated pictures on disk: each prompt is run once, and an interrupted run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ldm3d.depth_codec import read_depth_png, write_depth_png
from ldm3d.errors import InputError
from ldm3d.model import Model
from ldm3d.seam import SeamMeasure, measure_seam


@dataclass(frozen=True)
class Settings:
    """What all pictures of one folder share."""

    width: int
    height: int
    guidance: float
    steps: int
    scheduler: str

    @property
    def slug(self) -> str:
        """Return a folder's name."""
        return f"{self.width}x{self.height}-g{self.guidance:g}-s{self.steps}-{self.scheduler}"


@dataclass(frozen=True)
class Wish:
    """One picture to make."""

    prompt: str
    seed: int


@dataclass(frozen=True, eq=False)
class Made:
    """One picture that was made."""

    wish: Wish
    color: NDArray[np.uint8]
    """(H, W, 3)."""
    depth: NDArray[np.float32]
    """(H, W) in [0, 1]."""

    @property
    def seam(self) -> SeamMeasure:
        """Return how visible the wrap is."""
        return measure_seam(self.color, self.depth)


def settings_for(
    model: Model,
    *,
    size: tuple[int, int] | None = None,
    guidance: float | None = None,
    steps: int | None = None,
) -> Settings:
    """Return what is given, else what the model recommends."""
    recipe = model.recipe(
        "a place",
        width=size[0] if size else None,
        height=size[1] if size else None,
        guidance=guidance,
        steps=steps,
    )
    return Settings(recipe.width, recipe.height, recipe.guidance, recipe.steps, recipe.scheduler)


class MadeFolder:
    """The pictures of one model and one setting, `NNNNN.png`, `NNNNN_depth.png`, `NNNNN.json`."""

    def __init__(self, folder: Path, model: Model, settings: Settings, batch: int = 1) -> None:
        """Name the place of the pictures: below `folder`, by model and settings.

        Args:
            folder: of pictures of several models and settings.
            model: from `ldm3d.load`.
            settings: what its pictures share.
            batch: pictures to make at once; more is faster on a GPU.
        """
        self.model, self.settings, self.batch = model, settings, batch
        self.folder = folder / f"{model.fingerprint[:8]}-{settings.slug}"

    def make(
        self, wishes: Sequence[Wish], on_picture: Callable[[int, int], None] | None = None
    ) -> list[Made]:
        """Return all pictures; those that are there already are read, the others made and kept.

        Args:
            wishes: in order; a changed wish is made anew.
            on_picture: called with how many are done and how many there are.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        found = {n: made for n, wish in enumerate(wishes) if (made := self._read(n, wish))}
        missing = [number for number in range(len(wishes)) if number not in found]
        tell = on_picture or (lambda *_: None)
        tell(len(found), len(wishes))
        for start in range(0, len(missing), self.batch):
            numbers = missing[start : start + self.batch]
            found |= self._make({number: wishes[number] for number in numbers})
            tell(len(found), len(wishes))
        return [found[number] for number in range(len(wishes))]

    def _paths(self, number: int) -> tuple[Path, Path, Path]:
        stem = self.folder / f"{number:05d}"
        color, about = stem.with_suffix(".png"), stem.with_suffix(".json")
        return color, self.folder / f"{number:05d}_depth.png", about

    def _read(self, number: int, wish: Wish) -> Made | None:
        """Return a picture if it was made of this wish; the JSON is written last."""
        color, depth, about = self._paths(number)
        try:
            if json.loads(about.read_text(encoding="utf-8")) != asdict(wish):
                return None
            with Image.open(color) as picture:
                pixels = np.asarray(picture.convert("RGB"))
            return Made(wish, pixels, read_depth_png(depth))
        except (OSError, ValueError, InputError):
            return None

    def _make(self, wishes: Mapping[int, Wish]) -> dict[int, Made]:
        from ldm3d.events import Result
        from ldm3d.pipeline import generate

        recipes = [
            self.model.recipe(wish.prompt, seed=wish.seed, **asdict(self.settings))
            for wish in wishes.values()
        ]
        results = [e for e in generate(self.model, recipes) if isinstance(e, Result)]
        found = {}
        for (number, wish), result in zip(wishes.items(), results, strict=True):
            color, depth, about = self._paths(number)
            about.unlink(missing_ok=True)
            Image.fromarray(result.color).save(color)
            write_depth_png(depth, result.depth)
            about.write_text(json.dumps(asdict(wish)), encoding="utf-8")
            found[number] = Made(wish, result.color, read_depth_png(depth))
        return found
