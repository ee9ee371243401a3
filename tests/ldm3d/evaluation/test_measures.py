"""Measures against values computed by hand or by scipy."""

import numpy as np
import pytest
from scipy import linalg

from ldm3d.evaluation.frechet import Moments, frechet_distance, inception_score, moments
from ldm3d.evaluation.measures import (
    depth_errors,
    edge_agreement,
    ground_and_sky,
    latitude_weights,
    psnr,
    scale_and_shift,
)


def test_rows_weigh_the_cosine_of_their_latitude() -> None:
    weights = latitude_weights(4)
    wanted = np.cos(np.radians([67.5, 22.5, 22.5, 67.5]))
    assert weights == pytest.approx(wanted / wanted.sum())
    assert latitude_weights(512).sum() == pytest.approx(1)


def test_psnr_is_that_of_a_known_error() -> None:
    want = np.zeros((4, 8, 3), np.uint8)
    got = want + 51  # a fifth of the peak: 10 log10 25
    assert psnr(got, want) == pytest.approx(13.9794, abs=1e-4)
    assert psnr(want / 255.0, got / 255.0) == pytest.approx(13.9794, abs=1e-4)
    assert psnr(want, want) == float("inf")


def test_weighted_psnr_counts_an_error_at_the_poles_less() -> None:
    want = np.zeros((8, 16), np.float64)
    pole, middle = want.copy(), want.copy()
    pole[0], middle[4] = 0.5, 0.5
    weights = latitude_weights(8)
    assert psnr(pole, want) == pytest.approx(psnr(middle, want))
    assert psnr(pole, want, weights) == pytest.approx(-10 * np.log10(0.25 * weights[0]))
    assert psnr(pole, want, weights) > psnr(middle, want, weights) + 5


def test_scale_and_shift_are_those_of_least_squares() -> None:
    rng = np.random.default_rng(0)
    reference = rng.uniform(0.02, 1, (20, 40))
    disparity = (reference - 0.3) / 2.5 + rng.normal(0, 0.05, reference.shape)
    weights = latitude_weights(20)
    root = np.sqrt(np.broadcast_to(weights[:, None], reference.shape).ravel())
    system = np.stack([disparity.ravel(), np.ones(800)], axis=1) * root[:, None]
    wanted = linalg.lstsq(system, reference.ravel() * root)[0]
    assert scale_and_shift(disparity, reference, weights) == pytest.approx(wanted, rel=1e-9)
    assert scale_and_shift(np.ones((20, 40)), reference)[0] == 0


def test_depth_errors_are_those_computed_by_hand() -> None:
    # near 0.6 m: distances 1, 2, 4 m and sky; found 1.25, 2, 2 m and something where the sky is.
    want = np.array([[0.6, 0.3, 0.15, 0.0]])
    got = np.array([[0.48, 0.3, 0.3, 0.5]])
    errors = depth_errors(got, want, near_m=0.6)
    assert errors.abs_rel == pytest.approx((0.25 + 0 + 0.5) / 3)
    assert errors.rmse == pytest.approx(np.sqrt((0.0625 + 0 + 4) / 3))
    assert errors.delta == pytest.approx(1 / 3)
    assert errors.mare == pytest.approx((0.2 + 0 + 1) / 3)


def test_alignment_undoes_any_scale_and_shift_of_disparity() -> None:
    rng = np.random.default_rng(1)
    want = rng.uniform(0.05, 1, (16, 32))
    shifted = 0.2 * want + 0.7
    assert depth_errors(shifted, want).abs_rel > 0.3
    aligned = depth_errors(shifted, want, align=True)
    assert aligned.abs_rel == pytest.approx(0, abs=1e-9)
    assert aligned.rmse == pytest.approx(0, abs=1e-9) and aligned.delta == 1


def test_a_reference_of_nothing_but_sky_is_refused() -> None:
    with pytest.raises(ValueError, match="nearer than the sky"):
        depth_errors(np.ones((4, 8)), np.zeros((4, 8)))


def test_the_frechet_distance_is_that_of_scipy() -> None:
    rng = np.random.default_rng(2)
    mixing = rng.normal(size=(6, 6))
    a, b = rng.normal(size=(300, 6)), rng.normal(0.4, 1, (200, 6)) @ mixing
    first, second = moments(a), moments(b)
    root = linalg.sqrtm(first.covariance @ second.covariance).real
    off = first.mean - second.mean
    wanted = off @ off + np.trace(first.covariance + second.covariance - 2 * root)
    assert frechet_distance(first, second) == pytest.approx(wanted, rel=1e-8)
    assert frechet_distance(second, first) == pytest.approx(wanted, rel=1e-8)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-8)


def test_the_frechet_distance_of_two_normal_curves_is_known() -> None:
    def curve(mean: float, deviation: float) -> Moments:
        return Moments(np.array([mean]), np.array([[deviation**2]]), 100)

    assert frechet_distance(curve(0, 1), curve(3, 3)) == pytest.approx(9 + 4)


def test_too_few_pictures_have_no_moments() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        moments(np.zeros((1, 4)))


def test_the_inception_score_is_1_for_one_class_and_k_for_k_sure_classes() -> None:
    same = np.tile([0.7, 0.2, 0.1], (40, 1))
    assert inception_score(same) == pytest.approx((1, 0))
    sure = np.tile(np.eye(4), (20, 1))
    assert inception_score(sure, 2) == pytest.approx((4, 0))


def test_the_inception_score_of_a_small_case_is_that_computed_by_hand() -> None:
    rows = np.array([[0.9, 0.1], [0.3, 0.7]])
    overall = np.array([0.6, 0.4])
    divergence = (rows * np.log(rows / overall)).sum(axis=1).mean()
    assert inception_score(rows, 1)[0] == pytest.approx(np.exp(divergence))


def test_edges_of_color_and_depth_that_coincide_are_told_from_others() -> None:
    color = np.zeros((32, 64, 3), np.uint8)
    depth = np.full((32, 64), 0.1)
    color[:, 20:30], depth[:, 20:30] = 200, 0.9
    assert edge_agreement(color, depth) == 1
    assert edge_agreement(color, np.roll(depth, 25, axis=1)) == 0
    assert np.isnan(edge_agreement(color, np.full((32, 64), 0.5)))


def test_ground_and_sky_are_the_lowest_and_highest_rows() -> None:
    depth = np.linspace(0, 0.9, 10)[:, None].repeat(20, axis=1)
    assert ground_and_sky(depth) == pytest.approx((0.85, 0.05))
