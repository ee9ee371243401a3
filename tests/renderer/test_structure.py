"""How alike colours are by distance, and what the fill makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from depthfusion.renderer.fill import continued
from depthfusion.renderer.structure import structure_from

SIZE = (128, 256)


def picture_of(values: np.ndarray) -> np.ndarray:
    """Return (h, w, 3) uint8, the grey `values` spread over SIZE."""
    return np.broadcast_to(values, SIZE)[..., None].repeat(3, axis=2).astype(np.uint8)


@pytest.fixture
def stripes() -> np.ndarray:
    """Vertical stripes, 32 pixels from one to the next."""
    return picture_of(128 + 80 * np.sin(np.arange(SIZE[1]) * 2 * np.pi / 32))


def test_stripes_are_alike_along_themselves_and_unlike_across(stripes):
    structure = structure_from(stripes, np.ones(SIZE, bool))
    y, x = np.array([64]), np.array([100])
    assert structure.variance_at(y, x)[0] == pytest.approx(80**2 / 2, rel=0.1)
    assert structure.error_at(0, y, x, np.float32([30])) < 1
    beside, half, whole = (structure.error_at(1, y, x, np.float32([d])) for d in (1, 16, 32))
    assert 0 < beside < 0.1 * structure.variance_at(y, x)
    assert half > 1.5 * structure.variance_at(y, x)
    assert whole >= half  # a period aside colours are alike again; nobody is to rely on it


def test_what_is_not_clear_is_not_measured(stripes):
    clear = np.ones(SIZE, bool)
    clear[:, 100:140] = False
    hidden = stripes.copy()
    hidden[:, 100:140] = np.random.default_rng(1).integers(0, 256, (SIZE[0], 40, 3))
    here = np.array([64]), np.array([120]), np.float32([5])
    assert structure_from(hidden, clear).error_at(0, *here) < 1
    assert structure_from(hidden, np.ones(SIZE, bool)).error_at(0, *here) > 100


def test_stripes_go_on_behind_and_other_surfaces_lend_no_colour(stripes):
    masked = np.zeros(SIZE, bool)
    masked[40:80, 90:130] = True
    front, behind = np.zeros(SIZE, np.float32), np.zeros(SIZE, np.float32)
    around = np.full((*SIZE, 3), 128, np.float32)
    filled = continued(stripes, ~masked, masked, front, behind, around)
    assert np.abs(filled - stripes[masked]).mean() < 3
    nothing = continued(stripes, ~masked, masked, front + 0.1, behind, around)
    assert np.abs(nothing - 128).max() < 1e-3
