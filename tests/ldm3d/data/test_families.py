"""What every family declares of itself."""

from __future__ import annotations

import pytest

from ldm3d.data.families import family_module, family_names
from ldm3d.data.look import HOURS, SEASONS, WEATHERS


@pytest.mark.parametrize("family", family_names())
def test_names_and_looks_are_sensible(family: str) -> None:
    module = family_module(family)
    assert 6 <= len(set(module.NAMES)) == len(module.NAMES) <= 12
    assert all(name == name.strip().lower() for name in module.NAMES)
    assert set(getattr(module, "HOURS", HOURS)) <= set(HOURS)
    assert set(getattr(module, "WEATHERS", WEATHERS)) <= set(WEATHERS)
    assert set(getattr(module, "SEASONS", SEASONS)) <= set(SEASONS)
