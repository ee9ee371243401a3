"""What a person sees first: every bundled world, whole from its centre."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import depthfusion
from depthfusion import Quality, View
from depthfusion.gui.worlds import World, bundled_worlds

PLAIN = Quality(
    adaptive=False, dilate=False, edges=False, background=False, snap=False, decontaminate=False
)
SIZE_PX = (400, 225)


@pytest.mark.gl
@pytest.mark.slow
@pytest.mark.parametrize("world", bundled_worlds(), ids=lambda world: Path(world.color).stem)
def test_from_the_centre_all_treatments_leave_the_picture_as_it_is(world: World) -> None:
    panorama = depthfusion.open(world.color, world.depth)
    assert panorama.depth is not None
    for yaw_deg in (0, 135):
        view = View(yaw_deg=yaw_deg)
        best = depthfusion.render(panorama, view, SIZE_PX).astype(int)
        plain = depthfusion.render(panorama, view, SIZE_PX, PLAIN).astype(int)
        changed = np.abs(best - plain).max(axis=2) > 40
        assert changed.mean() < 0.001
