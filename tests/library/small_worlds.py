"""Worlds of a few pixels, and what the fixtures of this folder are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from depthfusion.library import Library
from depthfusion.panorama import Panorama, Provenance

Open = Callable[[], Library]
Make = Callable[..., Path]
KillAt = Callable[[Callable[[], object], int], bool]


def panorama(prompt: str = "a mossy forest", seed: int = 1, **recipe: Any) -> Panorama:
    """A finished world of 16x8 pixels."""
    rows, columns = np.mgrid[0:8, 0:16]
    color = np.stack([columns * 15, rows * 30, (columns + seed) % 255], axis=2).astype(np.uint8)
    generation = {"prompt": prompt, "seed": seed, **recipe}
    return Panorama(
        color, (columns / 15).astype(np.float32), title=prompt,
        provenance=Provenance(generation=generation),
    )  # fmt: skip


def light_worlds(folder: Path, count: int) -> None:
    """Worlds without pictures worth the name, quickly."""
    for number in range(count):
        place = folder / f"w{number:04d}"
        place.mkdir(parents=True)
        (place / "color.png").write_bytes(b"x")
        about = {"title": f"world {number}", "generation": {"prompt": "a moor"}}
        (place / "world.json").write_text(json.dumps(about))
