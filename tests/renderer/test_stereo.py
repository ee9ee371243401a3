"""Two eyes: where each goes, and how far apart a known point appears."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from depthfusion.panorama.panorama import DepthMeaning, Panorama
from depthfusion.renderer.offscreen import OffscreenRenderer
from depthfusion.view import Stereo, View

pytestmark = pytest.mark.gl

SIZE_PX = (400, 300)
BASE = View(stereo=Stereo.SIDE_BY_SIDE, eye_separation_mm=63, convergence_m=2.0, fov_deg=60)


def marked_wall(distance_m: float) -> Panorama:
    """A white stripe straight ahead on a dark sphere at `distance_m`."""
    color = np.full((512, 1024, 3), 20, np.uint8)
    color[:, 510:514] = 255
    depth = np.full((512, 1024), distance_m, np.float32)
    return Panorama(color, depth, DepthMeaning.DISTANCE)


def stripe_px(eye: np.ndarray) -> float:
    row = eye[eye.shape[0] // 2, :, 0].astype(float) - 20
    return float((row * np.arange(row.size)).sum() / row.sum())


def assert_same(one: np.ndarray, other: np.ndarray) -> None:
    """Equal up to a rounding: the rasteriser's sums depend on where a rectangle lies."""
    assert np.abs(one.astype(int) - other).max() <= 1


@pytest.fixture(scope="module")
def eyes() -> dict[Stereo, np.ndarray]:
    pictures = {}
    with OffscreenRenderer() as offscreen:
        offscreen.load(marked_wall(1.0))
        for stereo in Stereo:
            pictures[stereo] = offscreen.render(replace(BASE, stereo=stereo), SIZE_PX)
    return pictures


@pytest.mark.parametrize("distance_m", [0.8, 2.0, 6.0])
@pytest.mark.parametrize("world_scale", [1.0, 2.0])
def test_disparity_of_a_known_point_equals_the_formula(distance_m, world_scale):
    """x_left - x_right = f e (1/Z - 1/C), f the focal length in pixels."""
    with OffscreenRenderer() as offscreen:
        offscreen.load(marked_wall(distance_m))
        view = replace(BASE, world_scale=world_scale)
        picture = offscreen.render(view, (800, 300))
    left, right = picture[:, :400], picture[:, 400:]
    focal_px = 150 / np.tan(np.radians(30))
    expected = focal_px * 0.063 * (1 / (distance_m * world_scale) - 1 / BASE.convergence_m)
    assert stripe_px(left) - stripe_px(right) == pytest.approx(expected, abs=0.35)


def test_the_left_eye_sees_near_things_more_to_the_right(eyes):
    picture = eyes[Stereo.SIDE_BY_SIDE]
    assert stripe_px(picture[:, :200]) > stripe_px(picture[:, 200:]) + 3


def test_cross_eyed_is_side_by_side_with_halves_swapped(eyes):
    straight, crossed = eyes[Stereo.SIDE_BY_SIDE], eyes[Stereo.CROSS_EYED]
    assert_same(crossed[:, :200], straight[:, 200:])
    assert_same(crossed[:, 200:], straight[:, :200])


def test_top_bottom_has_the_left_eye_above(eyes):
    picture = eyes[Stereo.TOP_BOTTOM]
    assert stripe_px(picture[:150]) > stripe_px(picture[150:])


def test_half_modes_squeeze_the_whole_view(eyes):
    full = eyes[Stereo.MONO]
    half = eyes[Stereo.SIDE_BY_SIDE_HALF][:, :200]
    # The stripe is half as wide, and halves show as much of the world as the whole picture.
    width_full = (full[150, :, 0] > 120).sum()
    width_half = (half[150, :, 0] > 120).sum()
    assert width_half == pytest.approx(width_full / 2, abs=1.1)


def test_rows_and_columns_interlace_the_two_eyes(eyes):
    with OffscreenRenderer() as offscreen:
        offscreen.load(marked_wall(1.0))
        wide = offscreen.render(replace(BASE, stereo=Stereo.SIDE_BY_SIDE), (800, 300))
    left, right = wide[:, :400], wide[:, 400:]
    rows, columns = eyes[Stereo.ROWS], eyes[Stereo.COLUMNS]
    assert_same(rows[0::2], left[0::2])
    assert_same(rows[1::2], right[1::2])
    assert_same(columns[:, 0::2], left[:, 0::2])
    assert_same(columns[:, 1::2], right[:, 1::2])


def test_anaglyph_is_dubois_in_linear_light(eyes):
    with OffscreenRenderer() as offscreen:
        offscreen.load(marked_wall(1.0))
        wide = offscreen.render(replace(BASE, stereo=Stereo.SIDE_BY_SIDE), (800, 300))
    left, right = _linear(wide[:, :400]), _linear(wide[:, 400:])
    left_matrix = np.array(
        [[0.437, 0.449, 0.164], [-0.062, -0.062, -0.024], [-0.048, -0.050, -0.017]]
    )
    right_matrix = np.array(
        [[-0.011, -0.032, -0.007], [0.377, 0.761, 0.009], [-0.026, -0.093, 1.234]]
    )
    expected = _srgb(left @ left_matrix.T + right @ right_matrix.T)
    assert np.abs(eyes[Stereo.ANAGLYPH].astype(int) - expected).max() <= 2


def test_preferring_speed_keeps_the_anaglyph_recognisable(eyes):
    with OffscreenRenderer() as offscreen:
        offscreen.load(marked_wall(1.0))
        offscreen.renderer.prefer_speed()
        quick = offscreen.render(replace(BASE, stereo=Stereo.ANAGLYPH), SIZE_PX).astype(int)
    if offscreen.renderer.is_software:
        assert offscreen.renderer.anaglyph_scale < 1
    assert np.abs(quick - eyes[Stereo.ANAGLYPH]).mean() < 2


def _linear(picture: np.ndarray) -> np.ndarray:
    c = picture / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def _srgb(linear: np.ndarray) -> np.ndarray:
    c = np.clip(linear, 0, 1)
    c = np.where(c <= 0.0031308, c * 12.92, 1.055 * c ** (1 / 2.4) - 0.055)
    return np.round(c * 255).astype(int)
