"""What the denoising loop yields: `Step`, `Preview` on request, and `Result` at the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ldm3d.recipe import Recipe
from ldm3d.seam import SeamMeasure


@dataclass(frozen=True)
class Step:
    """One denoising step is done."""

    index: int
    """Steps done so far, 1 to `total`."""
    total: int
    timestep: float
    """The diffusion time it started from, on the model's scale of training steps."""
    sigma: float
    """Noise over signal at that time: sqrt((1 - alpha_bar) / alpha_bar)."""


@dataclass(frozen=True, eq=False)
class Preview:
    """What the result would look like by now: the current estimate of the clean picture, small."""

    index: int
    """Steps done so far."""
    total: int
    image: int
    """Which picture of the batch, from 0."""
    color: NDArray[np.uint8]
    """(h, w, 3) uint8, sRGB."""
    depth: NDArray[np.float32]
    """(h, w) float32 in [0, 1], 1 = nearer."""


@dataclass(frozen=True, eq=False)
class Result:
    """One finished RGBD picture."""

    color: NDArray[np.uint8]
    """(H, W, 3) uint8, sRGB."""
    depth: NDArray[np.float32]
    """(H, W) float32 in [0, 1], 1 = nearer: relative inverse depth; in metres with `near_m`."""
    recipe: Recipe
    """With `made_with` filled in; running it again gives the same bits on the same machine."""
    seam: SeamMeasure
    """How visible the wrap is."""
    near_m: float | None = None
    """Distance in metres of depth 1, for models taught with one fixed range; else None."""
    far_m: float | None = None
    """Distance in metres of depth 0 (may be infinity); None where `near_m` is None."""
    notes: tuple[str, ...] = ()
    """What was assumed or cut, one sentence each (a prompt too long, a LoRA key not used)."""
