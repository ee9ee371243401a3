"""What each setting may be: the table, its kinds, its names."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depthfusion.errors import UsageError
from depthfusion.gui.theme import Appearance
from depthfusion.settings import SPECS, Settings, Theme, spec
from depthfusion.settings import settings as module
from depthfusion.view import Stereo
from ldm3d.solvers import SCHEDULERS

ROOT = Path(__file__).resolve().parents[2]
NOT_SETTINGS = {"CONFIG", "WORKER", "VENV", "REQUIRE_GL"}


def test_every_default_is_a_value_that_the_setting_accepts() -> None:
    for known in SPECS.values():
        plain = known.plain(known.default)
        assert known.checked(plain) == known.default
        assert known.from_text(known.shown(known.default)) == known.default


def test_settings_cannot_be_mutated() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().theme = Theme.DARK  # type: ignore[misc]


def test_words_of_other_rooms_are_the_same_here() -> None:
    assert tuple(mode.value for mode in Stereo) == module.STEREO_MODES
    assert set(module.SCHEDULERS) == set(SCHEDULERS)
    assert {a.value for a in Appearance} == {t.value for t in Theme}


def test_no_variable_of_a_setting_means_something_else_already() -> None:
    assert not {known.variable for known in SPECS.values()} & {
        f"DEPTHFUSION_{name}" for name in NOT_SETTINGS
    }


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.M))
    assert list(rows) == [f.name for f in fields(Settings)]
    for name, row in rows.items():
        assert row.startswith(SPECS[name].meaning), name
        default = SPECS[name].shown(SPECS[name].default)
        assert row.endswith(f"| {default}".rstrip()), name


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("theme", " Dark ", Theme.DARK),
        ("mouse_invert", "yes", True),
        ("inertia", "0", False),
        ("mouse_wheel", "-1", -1.0),
        ("steps", "30", 30),
        ("steps", "None", None),
        ("guidance", "7", 7.0),
        ("size", "2048×1024", (2048, 1024)),
        ("model", "Intel/ldm3d-pano", "Intel/ldm3d-pano"),
        ("language", "pt_BR", "pt_BR"),
        ("cards_seen", "model, keys,model", ("model", "keys")),
        ("cards_seen", "", ()),
    ],
)
def test_what_is_typed_becomes_a_value(name: str, text: str, value: object) -> None:
    found = SPECS[name].from_text(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("theme", "pink"), ("theme", "none"), ("mouse_invert", "maybe"), ("mouse_wheel", "nan"),
        ("mouse_sensitivity", "0"), ("steps", "0"), ("steps", "1.5"), ("guidance", "inf"),
        ("size", "1000x500"), ("size", "512x512"), ("size", "99999x3"), ("model", " "),
        ("model", "a\nb"), ("language", "English"), ("library", ""), ("scheduler", "fast"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=rf"want {name} as .*; got") as error:
        SPECS[name].from_text(text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mouse_invert", 1), ("mouse_invert", "true"), ("steps", True), ("steps", 20.0),
        ("guidance", False), ("guidance", "7"), ("theme", 3), ("theme", None), ("size", [1024]),
        ("size", ["1024", "512"]), ("cards_seen", "keys"), ("cards_seen", [1]),
        ("library", "worlds"), ("library", 3), ("model", ["a"]), ("model", {}),
    ],
)  # fmt: skip
def test_a_file_is_held_to_the_types(name: str, value: object) -> None:
    with pytest.raises(UsageError):
        SPECS[name].checked(value)


def test_a_relative_folder_is_meant_from_where_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert SPECS["library"].from_text("worlds") == tmp_path / "worlds"
    assert SPECS["library"].checked("~/worlds") == tmp_path / "worlds"


def test_a_name_may_be_written_with_dashes_and_a_typo_is_recognised() -> None:
    assert spec("mouse-wheel").name == "mouse_wheel"
    with pytest.raises(UsageError, match="did you mean reduced_motion"):
        spec("reduce_motion")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(list(SPECS)), JSON)
def test_whatever_a_file_holds_is_a_value_or_a_refusal(name: str, value: object) -> None:
    try:
        found = SPECS[name].checked(value)
    except UsageError:
        return
    again = SPECS[name].plain(found)
    assert again is None or SPECS[name].checked(again) == found


@given(st.sampled_from(list(SPECS)), st.text())
def test_whatever_is_typed_is_a_value_or_a_refusal(name: str, text: str) -> None:
    try:
        found = SPECS[name].from_text(text)
    except UsageError:
        return
    assert SPECS[name].from_text(SPECS[name].shown(found)) == found
