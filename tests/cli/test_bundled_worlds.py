"""What a person sees first: every bundled world, whole from its centre."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import depthfusion
from depthfusion import Quality, View
from depthfusion.gui.worlds import World, bundled_worlds
from depthfusion.renderer.offscreen import OffscreenRenderer

PLAIN = Quality(
    mesh_columns=256, adaptive=False, dilate=False, edges=False, background=False, snap=False,
    decontaminate=False,
)  # fmt: skip
"""A coarse displaced sphere: from its centre it shows the picture itself."""
VIEWS = (View(), View(yaw_deg=135))
SIZE_PX = (400, 225)


@pytest.mark.gl
@pytest.mark.slow
@pytest.mark.parametrize("world", bundled_worlds(), ids=lambda world: Path(world.color).stem)
def test_from_the_centre_all_treatments_leave_the_picture_as_it_is(world: World) -> None:
    panorama = depthfusion.open(world.color, world.depth)
    assert panorama.depth is not None
    pictures = []
    for quality in (Quality(), PLAIN):
        with OffscreenRenderer(quality) as renderer:
            renderer.load(panorama)
            pictures.append([renderer.render(view, SIZE_PX).astype(int) for view in VIEWS])
    changed = np.abs(np.subtract(*pictures)).max(axis=-1) > 40
    assert changed.mean() < 0.001
