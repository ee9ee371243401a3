"""How much work goes into a picture: for the bundled worlds, to look at, or to train with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Effort:
    """How much work goes into a picture."""

    passes: int = 4
    sky_fours: int = 3  # directions of the sky a pass, in fours
    face_px: int = 1024
    cloud_steps: int = 48
    least_px: float = 0.0
    """Things whose radius is seen smaller than this are left out."""
    least_texels: float = 0.5
    """The same for what casts shadows, in texels of the shadow map."""
    clouds_px: int = 0
    """Width of the picture of the clouds; 0: half of the whole picture's, at least 512."""
    coarseness: int = 1
    """Divides the sides of the shadow maps."""
    shadowed_lamps: int = 1000
    """How many lamps cast shadows: those that light the eye's surroundings most."""
    thrifty: bool = False
    """Draw what is seen small with fewer faces, and use shadow maps again where they still fit:
    in the mirror image, and for another view of the same scene."""


def training_effort(width_px: int) -> Effort:
    """Return the least effort that still looks right at `width_px`: for thousands of pictures."""
    return Effort(
        passes=1, sky_fours=1, face_px=effort_for(width_px).face_px, cloud_steps=14,
        least_px=0.7, least_texels=2.0, clouds_px=width_px // 2, coarseness=2, shadowed_lamps=2,
        thrifty=True,
    )  # fmt: skip


def effort_for(width_px: int, passes: int = 4) -> Effort:
    """Return the effort that suits a picture `width_px` wide."""
    face = int(min(2048, max(128, 2 ** round(np.log2(width_px / 2.6)))))
    return Effort(passes=passes, face_px=face, cloud_steps=40 if width_px < 2048 else 72)
