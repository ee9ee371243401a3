"""Small worlds whose pictures are known."""

from __future__ import annotations

import numpy as np
import pytest

from depthfusion.panorama.panorama import DepthMeaning, Panorama


def sphere_picture(width: int = 512) -> np.ndarray:
    """A smooth picture without a seam: colour is a function of the direction alone."""
    v, u = (np.mgrid[0 : width // 2, 0:width] + 0.5) / (width // 2)
    lon, lat = (u / 2 - 0.5) * 2 * np.pi, (0.5 - v) * np.pi
    x, y, z = np.cos(lat) * np.sin(lon), np.sin(lat), -np.cos(lat) * np.cos(lon)
    rgb = np.stack([0.5 + 0.4 * x, 0.5 + 0.4 * y, 0.5 + 0.4 * z], axis=-1)
    return np.round(rgb * 255).astype(np.uint8)


@pytest.fixture
def smooth() -> Panorama:
    """A seamless picture with gently varying relative depth."""
    v, u = (np.mgrid[0:128, 0:256] + 0.5) / 128
    depth = 0.5 + 0.3 * np.sin(u * np.pi) * np.sin(v * np.pi)
    return Panorama(sphere_picture(), depth.astype(np.float32))


@pytest.fixture
def post() -> Panorama:
    """A red post at 1 m, 30° wide, before a green wall at 4 m; metres."""
    color = np.zeros((256, 512, 3), np.uint8)
    color[..., 1] = 160
    distance = np.full((256, 512), 4.0, np.float32)
    columns = slice(256 - 21, 256 + 21)
    color[:, columns] = (200, 0, 0)
    distance[:, columns] = 1.0
    return Panorama(color, distance, DepthMeaning.DISTANCE)
