"""Frames of the bundled worlds against pictures that were looked at.

`python tests/renderer/test_golden.py` draws them anew; look at them before they are committed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from depthfusion.assets import asset
from depthfusion.panorama import read_panorama
from depthfusion.renderer.offscreen import OffscreenRenderer
from depthfusion.view import Stereo, View

pytestmark = pytest.mark.gl

FOLDER = Path(__file__).resolve().parents[1] / "golden"
SIZE_PX = (320, 180)
TOLERANCE = 3
FRAMES = {
    "lake-aside": ("mountain-lake", View(position_m=(0.25, 0.05, -0.1), pitch_deg=-10)),
    "library-stereo": ("great-library", View(yaw_deg=25, stereo=Stereo.SIDE_BY_SIDE_HALF)),
    "garden-behind": ("cherry-blossom", View(yaw_deg=180, position_m=(-0.2, 0, 0))),
}


def frame(name: str) -> np.ndarray:
    world, view = FRAMES[name]
    with OffscreenRenderer() as offscreen:
        if "llvmpipe" not in offscreen.renderer.description.lower():
            pytest.skip("golden pictures are llvmpipe's")
        offscreen.load(read_panorama(str(asset("resources", "worlds", f"{world}.jpg"))))
        return offscreen.render(view, SIZE_PX)


def wrong_share(shown: np.ndarray, golden: np.ndarray) -> float:
    """Return the share of pixels that differ by more than the tolerance."""
    return float((np.abs(shown.astype(int) - golden).max(axis=-1) > TOLERANCE).mean())


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_as_it_was_looked_at(name):
    golden = np.asarray(Image.open(FOLDER / f"{name}.png"))
    assert wrong_share(frame(name), golden) < 0.002


def test_the_comparison_bites():
    golden = np.asarray(Image.open(FOLDER / "lake-aside.png"))
    assert wrong_share(np.roll(golden, 1, axis=1), golden) > 0.05


if __name__ == "__main__":
    for each in FRAMES:
        Image.fromarray(frame(each)).save(FOLDER / f"{each}.png", optimize=True)
