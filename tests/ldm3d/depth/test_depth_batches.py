"""Several pictures looked at together: each gets the depth it gets alone."""

from pathlib import Path

import numpy as np
import pytest

from ldm3d.depth import estimate_depth, estimate_depths, load_depth_model
from tests.ldm3d.depth.tiny_networks import tiny_network


def pictures(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(4)
    return [rng.integers(0, 255, (48, 80, 3)).astype(np.uint8) for _ in range(count)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dpt", "zoedepth"])
def test_a_batch_gives_each_picture_the_depth_it_gets_alone(tmp_path: Path, kind: str) -> None:
    network = load_depth_model(tiny_network(kind, tmp_path), device="cpu")
    colors = pictures(3)
    together = estimate_depths(colors, network)
    for color, depth in zip(colors, together, strict=True):
        alone = estimate_depth(color, network, panorama=False)
        assert depth is not None
        assert (depth.shape, depth.dtype) == ((48, 80), np.float32)
        assert alone.std() > 0.01
        # ZoeDepth chooses between bins: one pixel may fall on the other side by rounding.
        assert np.abs(depth - alone).max() < 5e-3
        assert np.abs(depth - alone).mean() < 1e-5
