"""Does the seam measure find seams, and only seams?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ldm3d.seam import measure_seam

WORLDS = Path(__file__).parents[2] / "resources" / "worlds"
NAMES = sorted(path.stem for path in WORLDS.glob("*.jpg"))


def world(name: str) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return a bundled world at 512x256, which has no seam."""
    color = Image.open(WORLDS / f"{name}.jpg").convert("RGB").reduce(4).resize((512, 256))
    depth = np.asarray(Image.open(WORLDS / f"{name}_depth.png"), np.float32) / 65535
    return np.asarray(color), np.asarray(Image.fromarray(depth).resize((512, 256)))


@pytest.fixture(scope="module", params=NAMES)
def picture(request: pytest.FixtureRequest) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    return world(request.param)


def test_a_picture_without_seam_measures_about_one_wherever_it_is_cut(picture):
    color, depth = picture
    turns = [
        measure_seam(np.roll(color, turn, axis=1), np.roll(depth, turn, axis=1))
        for turn in range(0, 512, 7)
    ]
    for values in ([turn.color for turn in turns], [turn.depth for turn in turns]):
        assert np.median(values) == pytest.approx(1, abs=0.1)
        assert np.quantile(values, 0.9) < 1.4


def test_ends_that_do_not_belong_together_are_found(picture):
    color, depth = picture
    found = [
        measure_seam(np.roll(color, turn, axis=1)[:, :460], np.roll(depth, turn, axis=1)[:, :460])
        for turn in range(0, 512, 37)
    ]
    assert min(seam.color for seam in found) > 2
    assert np.median([seam.depth for seam in found]) > 2


def test_a_faint_step_in_all_rows_weighs_more_than_a_strong_edge_in_few():
    rng = np.random.default_rng(0)
    color = np.full((128, 256, 3), 128, np.uint8) + rng.integers(0, 3, (128, 256, 3), np.uint8)
    step, post = color.copy(), color.copy()
    step[:, 128:] += 6
    step = np.roll(step, 128, axis=1)[:, 64:192]
    step = np.roll(step, 64, axis=1)
    post[60:63, :20] = 255
    depth = np.zeros((128, 256), np.float32)
    assert measure_seam(step, depth[:, :128]).color > measure_seam(post, depth).color > 1


def test_rows_at_the_poles_count_little():
    depth = np.zeros((128, 256), np.float32)
    at_pole, at_horizon = depth.copy(), depth.copy()
    at_pole[:8, :128] = 1
    at_horizon[60:68, :128] = 1
    color = np.zeros((128, 256, 3), np.uint8)
    pole, horizon = measure_seam(color, at_pole).depth, measure_seam(color, at_horizon).depth
    assert 1 < pole < 1 + (horizon - 1) / 50


def test_flat_and_tiny_pictures_measure_exactly_one():
    for width in (1, 2, 3, 64):
        flat = measure_seam(
            np.full((32, width, 3), 77, np.uint8), np.full((32, width), 0.3, np.float32)
        )
        assert (flat.color, flat.depth) == (1, 1)


def test_importing_the_measure_loads_neither_torch_nor_numpy():
    code = "import ldm3d.seam, sys; assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
