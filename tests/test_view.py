"""View settings: checked, saved, read back."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depthfusion.errors import UsageError
from depthfusion.view import Mapping, Shading, Stereo, View

views = st.builds(
    View,
    yaw_deg=st.floats(-720, 720),
    pitch_deg=st.floats(-90, 90),
    fov_deg=st.floats(30, 100),
    position_m=st.tuples(*[st.floats(-1, 1)] * 3),
    mapping=st.sampled_from([None, *Mapping]),
    strength=st.floats(0, 1),
    invert_depth=st.booleans(),
    far_m=st.sampled_from([None, 20.0, math.inf]),
    stereo=st.sampled_from(list(Stereo)),
    shading=st.sampled_from(list(Shading)),
)


@given(views)
def test_settings_survive_json(view):
    assert View.from_dict(json.loads(json.dumps(view.to_dict(), allow_nan=False))) == view


def test_unknown_names_are_left_out():
    assert View.from_dict({"strength": 0.5, "of_a_later_version": 1}) == View(strength=0.5)


@pytest.mark.parametrize(
    "values",
    [
        {"strength": 1.5},
        {"strength": math.nan},
        {"pitch_deg": 91},
        {"fov_deg": 0},
        {"position_m": (0, 0)},
        {"position_m": (0, 0, math.inf)},
        {"near_m": 0},
        {"near_m": 3, "far_m": 2},
        {"world_scale": 0},
        {"convergence_m": -1},
    ],
)
def test_settings_that_cannot_be_are_refused_in_one_line(values):
    with pytest.raises(UsageError, match=r"^want [^\n]*$"):
        View(**values)


@pytest.mark.parametrize("values", [{"mapping": "sideways"}, {"strength": "much"}, {"stereo": 3}])
def test_saved_settings_that_make_no_sense_are_refused(values):
    with pytest.raises(UsageError):
        View.from_dict(values)
