"""Several pictures looked at together: each gets the depth it gets alone."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from ldm3d.depth import estimate_depth, estimate_depths, load_depth_model
from tests.ldm3d.depth.tiny_networks import tiny_network


def pictures(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(4)
    return [rng.integers(0, 255, (48, 80, 3)).astype(np.uint8) for _ in range(count)]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """With several, sums are split by the batch's size, and ZoeDepth's bins show the rounding."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dpt", "zoedepth"])
def test_a_batch_gives_each_picture_the_depth_it_gets_alone(
    tmp_path: Path, kind: str, one_thread: None
) -> None:
    network = load_depth_model(tiny_network(kind, tmp_path), device="cpu")
    colors = pictures(3)
    together = estimate_depths(colors, network)
    for color, depth in zip(colors, together, strict=True):
        alone = estimate_depth(color, network, panorama=False)
        assert depth is not None
        assert (depth.shape, depth.dtype) == ((48, 80), np.float32)
        assert alone.std() > 0.01
        assert np.allclose(depth, alone, atol=1e-4)
