import numpy as np

from depthfusion.panorama.holes import fill_from_farther, sky_of


def test_a_hole_takes_the_farther_of_its_two_sides() -> None:
    values = np.array([[1, 1, 0, 0, 5, 5]] * 2, np.float32)
    holes = values == 0
    fill_from_farther(values, holes, far_is_large=True)
    assert values.tolist() == [[1, 1, 5, 5, 5, 5]] * 2
    values[:, 2:4] = 0
    fill_from_farther(values, holes, far_is_large=False)
    assert values.tolist() == [[1, 1, 1, 1, 5, 5]] * 2


def test_the_row_closes_around_the_sphere() -> None:
    values = np.array([[0, 2, 3, 9, 0, 0]], np.float32)
    fill_from_farther(values, values == 0, far_is_large=True)
    assert values.tolist() == [[9, 2, 3, 9, 9, 9]]


def test_an_empty_row_takes_the_nearest_that_has_something() -> None:
    values = np.array([[0, 0], [3, 4], [0, 0], [0, 0], [7, 8], [0, 0]], np.float32)
    fill_from_farther(values, values == 0, far_is_large=True)
    assert values.tolist() == [[3, 4], [3, 4], [3, 4], [7, 8], [7, 8], [7, 8]]


def test_filling_touches_nothing_else_in_a_large_map() -> None:
    rng = np.random.default_rng(1)
    values = rng.random((600, 64), dtype=np.float32) + 1
    holes = rng.random((600, 64)) < 0.2
    before = values.copy()
    values[holes] = np.nan
    fill_from_farther(values, holes, far_is_large=True)
    assert np.array_equal(values[~holes], before[~holes]) and np.isfinite(values).all()


def test_sky_is_large_and_above_and_specks_are_not() -> None:
    infinite = np.zeros((100, 200), bool)
    infinite[:30] = True
    infinite[45, 50] = True
    infinite[80:90, 100:150] = True
    sky = sky_of(infinite)
    assert sky[:30].all() and not sky[30:].any()


def test_sky_of_a_large_map_is_exact_to_the_pixel() -> None:
    infinite = np.zeros((1501, 3001), bool)
    infinite[:333, 7:] = True
    assert np.array_equal(sky_of(infinite), infinite)
