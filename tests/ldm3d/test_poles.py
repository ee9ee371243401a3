"""Does the pole treatment calm the poles and nothing else?"""

from __future__ import annotations

import time

import numpy as np
import pytest

from ldm3d.poles import START_DEG, linear_from_srgb, srgb_from_linear, treat_poles

HEIGHT, WIDTH = 128, 256
BAND = int(HEIGHT * (90 - START_DEG) / 180)
LATITUDE_DEG = 90 - (np.arange(HEIGHT) + 0.5) * 180 / HEIGHT


@pytest.fixture(scope="module")
def noise():
    rng = np.random.default_rng(0)
    return (
        rng.random((HEIGHT, WIDTH, 3), dtype=np.float32),
        rng.random((HEIGHT, WIDTH), dtype=np.float32),
    )


def star(lobes: int, height: int = HEIGHT, width: int = WIDTH):
    """Return a depth map of meridian stripes: they meet in a star at each pole."""
    longitude = np.arange(width) * 2 * np.pi / width
    rows = np.broadcast_to(0.5 + 0.4 * np.sin(lobes * longitude), (height, width))
    return rows.astype(np.float32)


def gray(depth):
    return np.repeat(depth[..., None], 3, axis=2)


def test_the_middle_keeps_its_bits_and_the_input_stays_untouched(noise):
    before = noise[0].copy(), noise[1].copy()
    color, depth = treat_poles(*noise)
    assert np.array_equal(color[BAND:-BAND], noise[0][BAND:-BAND])
    assert np.array_equal(depth[BAND:-BAND], noise[1][BAND:-BAND])
    assert np.array_equal(noise[0], before[0]) and np.array_equal(noise[1], before[1])
    assert color.dtype == depth.dtype == np.float32
    for plane in (color, depth):
        assert plane.min() >= 0 and plane.max() <= 1


def test_depth_and_color_are_constant_on_the_pole_rows(noise):
    color, depth = treat_poles(*noise)
    for row in (0, -1):
        assert np.ptp(depth[row]) < 1e-6
        assert np.ptp(color[row], axis=0).max() < 1e-5
        assert depth[row].mean() == pytest.approx(0.5, abs=0.05)


def test_a_turn_of_the_panorama_turns_the_result(noise):
    color, depth = treat_poles(*noise)
    turned_color, turned_depth = treat_poles(np.roll(noise[0], 37, 1), np.roll(noise[1], 37, 1))
    np.testing.assert_allclose(turned_color, np.roll(color, 37, 1), atol=1e-5)
    np.testing.assert_allclose(turned_depth, np.roll(depth, 37, 1), atol=1e-6)


def test_both_poles_are_treated_alike(noise):
    color, depth = treat_poles(*noise)
    flipped_color, flipped_depth = treat_poles(noise[0][::-1], noise[1][::-1])
    np.testing.assert_allclose(flipped_color[::-1], color, atol=1e-5)
    np.testing.assert_allclose(flipped_depth[::-1], depth, atol=1e-6)


def test_a_star_at_the_pole_fades_towards_it_without_a_ring():
    _, depth = treat_poles(gray(star(12)), star(12))
    contrast = np.ptp(depth, axis=1)
    assert contrast[0] < 1e-6 and contrast[BAND] == pytest.approx(0.8, abs=0.01)
    fade = np.diff(contrast[: BAND + 1])
    assert (fade > -1e-6).all()  # never sharper again on the way to the pole
    assert fade.max() < 0.25  # no sudden end
    assert contrast[BAND - 2] > 0.79  # it begins with nothing


def test_structures_wider_than_the_arc_survive_close_to_the_pole():
    _, depth = treat_poles(gray(star(1)), star(1))
    at_80_deg = np.argmin(np.abs(LATITUDE_DEG - 80))
    assert np.ptp(depth[at_80_deg]) > 0.75


def test_a_ball_whose_rim_crosses_the_band_keeps_its_shape():
    longitude = (np.arange(1024) + 0.5) * 2 * np.pi / 1024
    latitude = np.pi / 2 - (np.arange(512)[:, None] + 0.5) * np.pi / 512
    centre = np.radians(70)
    cosine = np.sin(latitude) * np.sin(centre) + np.cos(latitude) * np.cos(centre) * np.cos(
        longitude
    )
    ball = (np.degrees(np.arccos(np.clip(cosine, -1, 1))) < 15).astype(np.float32)
    _, treated = treat_poles(gray(ball), ball)
    area = np.cos(latitude) * np.ones_like(longitude)
    changed = ((treated > 0.5) != (ball > 0.5)) * area
    assert changed.sum() < 0.02 * (ball * area).sum()
    assert (treated * area).sum() == pytest.approx((ball * area).sum(), rel=3e-3)


def test_color_is_mixed_as_light():
    checks = np.zeros((HEIGHT, WIDTH), np.float32)
    checks[:, ::2] = 1
    color, _ = treat_poles(gray(checks), checks)
    assert color[0, 0, 0] == pytest.approx(0.7354, abs=0.001)  # sRGB of half the light
    values = np.linspace(0, 1, 1001, dtype=np.float32)
    np.testing.assert_allclose(srgb_from_linear(linear_from_srgb(values)), values, atol=1e-5)


@pytest.mark.parametrize("size", [(64, 64), (64, 128), (1, 1), (2, 4), (65, 127)])
def test_any_size_comes_back_as_it_went_in(size):
    rng = np.random.default_rng(0)
    depth = rng.random(size, dtype=np.float32)
    color, treated = treat_poles(gray(depth), depth)
    assert color.shape == (*size, 3) and treated.shape == size
    assert np.isfinite(color).all() and np.isfinite(treated).all()


def test_a_panorama_of_1024x512_takes_a_blink():
    rng = np.random.default_rng(0)
    color = rng.random((512, 1024, 3), dtype=np.float32)
    depth = color[..., 0].copy()
    times = []
    for _ in range(5):
        start = time.process_time()
        treat_poles(color, depth)
        times.append(time.process_time() - start)
    assert min(times) < 0.1  # about 0.02; the slack is for slow machines
