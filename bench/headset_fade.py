"""What bench.headset draws for a frame in which one world goes and another comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from bench.metrics import Picture, assert_sane, psnr_db
from depthfusion.vr.crossfade import OVERLAP_SHARE, CrossFade
from depthfusion.vr.drawing import EyePicture, LeavingPicture
from depthfusion.vr.shade import DISPLAY_GAMMA

OTHER = 4
"""The leaving world is seen as from the pose that is so many further on."""
SHARE = OVERLAP_SHARE / 2
MIN_FIT_DB = 30.0
"""A single world, dim or as bright as both, has 18 to 28; sRGB values that are added, 16."""


class HeldFade(CrossFade):
    """The middle of a cross-fade, for ever."""

    def __init__(self) -> None:
        super().__init__(share=SHARE, leaving=SHARE)

    def step(self, seconds: float, *, is_wanted: bool) -> bool:
        """Stay there."""
        return False


def changing_pictures(
    coming: Sequence[EyePicture], leaving: Sequence[EyePicture]
) -> list[EyePicture]:
    """Return the middle of a cross-fade between two pairs of pictures."""
    return [
        replace(
            one,
            share=SHARE,
            leaving=LeavingPicture(other.clip_from_world, other.view, SHARE),
            vignette=0.0,
        )
        for one, other in zip(coming, leaving, strict=True)
    ]


def check_change(name: str, truths: Sequence[Picture], shown: Picture) -> None:
    """Refuse a picture, of any size, that is not the sum of both truths' light, as dim as it is."""
    light = sum(SHARE * (truth / 255.0) ** DISPLAY_GAMMA for truth in truths)
    due = 255 * np.asarray(light) ** (1 / DISPLAY_GAMMA)
    sized = Image.fromarray(due.round().astype(np.uint8)).resize(shown.shape[1::-1])
    dim = np.asarray(sized)
    assert_sane(dim, shown, name)
    fit_db = psnr_db(dim, shown)
    assert fit_db > MIN_FIT_DB, f"{name}: want over {MIN_FIT_DB:g} dB, got {fit_db:.1f}"
