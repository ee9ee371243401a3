"""A small world whose depth is known, and where the test pictures of others lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

TESTDATA = Path(__file__).resolve().parents[2] / "../shared/testdata"


@pytest.fixture(scope="session")
def testdata() -> Path:
    if not TESTDATA.is_dir():
        pytest.skip("the test pictures are not here")
    return TESTDATA.resolve()


@pytest.fixture(scope="session")
def room_m() -> np.ndarray:
    """Distances (64, 128) float32 in metres from 1.6 m above the floor of a hall, 6 m high."""
    height = 64
    latitude = np.radians(90 - 180 * (np.arange(height) + 0.5) / height)[:, None]
    longitude = np.radians(-180 + 180 * (np.arange(2 * height) + 0.5) / height)[None, :]
    with np.errstate(divide="ignore"):
        down = np.where(latitude < 0, 1.6 / np.maximum(np.sin(-latitude), 1e-9), np.inf)
        up = np.where(latitude > 0, 4.4 / np.maximum(np.sin(latitude), 1e-9), np.inf)
    across = np.maximum(np.abs(np.sin(longitude)), np.abs(np.cos(longitude))) * np.cos(latitude)
    walls = 5 / np.maximum(across, 1e-9)
    return np.minimum(np.minimum(down, up), walls).astype(np.float32)


@pytest.fixture
def picture() -> np.ndarray:
    """A colourful (64, 128, 3) uint8 picture without two equal pixels."""
    rows, columns = np.mgrid[0:64, 0:128]
    return np.stack([columns * 2, rows * 4, 255 - columns - rows], axis=2).astype(np.uint8)


@pytest.fixture
def saved_picture(tmp_path: Path, picture: np.ndarray) -> Path:
    path = tmp_path / "world.png"
    Image.fromarray(picture).save(path)
    return path


@pytest.fixture
def saved_depth(tmp_path: Path) -> Callable[[np.ndarray], Path]:
    """Save values by type: uint8 and uint16 as PNG, floats as npy; under a name of no meaning."""

    def save(values: np.ndarray) -> Path:
        if values.dtype.kind == "f":
            path = tmp_path / "values.npy"
            np.save(path, values)
        else:
            path = tmp_path / "values.png"
            Image.fromarray(values).save(path)
        return path

    return save
