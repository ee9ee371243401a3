"""The truth of the smooth picture, computed without OpenGL."""

from __future__ import annotations

import numpy as np

from depthfusion.camera import frame_axes
from depthfusion.view import View

SIZE_PX = (160, 120)


def direction_picture(view: View, size_px: tuple[int, int] = SIZE_PX) -> np.ndarray:
    """Return the colours `conftest.sphere_picture` has in each pixel's direction."""
    width, height = size_px
    half = np.tan(np.radians(view.fov_deg) / 2)
    y, x = np.mgrid[0:height, 0:width] + 0.5
    ray = np.stack(
        [
            (2 * x / width - 1) * half * width / height,
            (1 - 2 * y / height) * half,
            -np.ones_like(x),
        ],
        axis=-1,
    )
    ray = ray @ frame_axes(view.yaw_deg, view.pitch_deg)
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    return np.round((0.5 + 0.4 * ray) * 255).astype(int)
