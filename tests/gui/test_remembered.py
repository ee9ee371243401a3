"""What is kept on disk between two starts."""

import json
import math
from pathlib import Path

import pytest

from depthfusion.errors import SaveError
from depthfusion.gui import remembered as module
from depthfusion.gui.remembered import Remembered, fingerprint
from depthfusion.panorama.options import DepthIs, ReadOptions
from depthfusion.settings import Store
from depthfusion.view import Mapping, Stereo, View


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_view_and_reading_of_a_file_come_back(folder: Path) -> None:
    view = View(yaw_deg=12, fov_deg=60, mapping=Mapping.LINEAR, strength=0.4, far_m=math.inf)
    options = ReadOptions(DepthIs.NEAR_BLACK, near_m=1, far_m=math.inf)
    Remembered(folder).keep("key", view, options)
    again = Remembered(folder)
    assert View.from_dict(again.view("key")) == view
    assert again.options("key") == options


def test_stereo_and_position_are_not_remembered_with_a_file(folder: Path) -> None:
    store = Remembered(folder)
    store.keep("key", View(stereo=Stereo.ANAGLYPH, position_m=(0.1, 0, 0)), None)
    assert View.from_dict(store.view("key")) == View()
    assert store.options("key") is None


def test_an_unknown_file_has_no_settings(folder: Path) -> None:
    assert Remembered(folder).view("key") == {}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 99}', "\x00\xff"])
def test_a_file_that_cannot_be_understood_is_set_aside_and_reported_once(
    folder: Path, content: str
) -> None:
    folder.mkdir()
    (folder / "views.json").write_text(content, encoding="latin-1")
    store = Remembered(folder)
    assert store.view("key") == {}
    (complaint,) = store.complaints()
    assert "views.json" in complaint
    assert store.complaints() == []
    assert (folder / "views.broken.json").read_text(encoding="latin-1") == content
    store.keep("key", View(strength=0.1), None)
    assert store.view("key")["strength"] == 0.1


@pytest.mark.parametrize(
    "entry",
    [
        3,
        {"view": [1]},
        {"view": {"strength": 99}},
        {"view": {"mapping": "?"}, "options": {"near_m": 5}},
        {"options": {"depth_is": "?"}},
    ],
)
def test_settings_that_cannot_be_are_left_out(folder: Path, entry: object) -> None:
    folder.mkdir()
    (folder / "views.json").write_text(json.dumps({"version": 1, "files": {"key": entry}}))
    store = Remembered(folder)
    assert store.view("key") == {}
    assert store.options("key") is None


def test_only_so_many_files_are_remembered_and_the_oldest_go(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_FILES", 3)
    store = Remembered(folder)
    for key in "abc":
        store.keep(key, View(strength=0.5), None)
    store.keep("a", View(strength=0.6), None)
    store.keep("d", View(strength=0.7), None)
    assert [bool(store.view(key)) for key in "abcd"] == [True, False, True, True]


def test_recent_files_are_newest_first_without_repetition(folder: Path) -> None:
    store = Remembered(folder)
    store.add_recent("/a.png", None)
    store.add_recent("/b.png", "/b_depth.png")
    store.add_recent("/a.png", None)
    names = [Path(color).name for color, _ in store.recent()]
    assert names == ["a.png", "b.png"]
    store.clear_recent()
    assert store.recent() == []


def test_nothing_is_left_half_written_when_the_disk_is_full(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Remembered(folder)
    store.keep("key", View(strength=0.2), None)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(SaveError, match="No space left"):
        store.keep("key", View(strength=0.9), None)
    assert store.view("key")["strength"] == 0.2
    assert [f.name for f in folder.iterdir()] == ["views.json"]


def test_the_fingerprint_is_of_the_contents_not_of_the_name(tmp_path: Path) -> None:
    first, second, other = (tmp_path / name for name in "abc")
    first.write_bytes(b"x" * 300_000)
    second.write_bytes(b"x" * 300_000)
    other.write_bytes(b"x" * 299_999 + b"y")
    assert fingerprint(str(first), None) == fingerprint(str(second), None) != ""
    assert fingerprint(str(first), None) != fingerprint(str(other), None)
    assert fingerprint(str(first), str(other)) != fingerprint(str(first), None)
    assert fingerprint(str(tmp_path / "absent"), None) == ""


def test_habits_that_are_settings_go_to_the_settings_and_the_rest_stays_here(folder: Path) -> None:
    store = Remembered(folder)
    store.keep_habits(
        {"appearance": "dark", "sway": True, "stereo": "rows", "settings_shown": True}
    )
    settings = Store(folder, {}).settings
    assert (settings.theme, settings.idle_sway, settings.stereo) == ("dark", True, "rows")
    assert json.loads((folder / "habits.json").read_text()) == {
        "settings_shown": True,
        "version": 1,
    }
    again = Remembered(folder).habits()
    assert (again["appearance"], again["settings_shown"]) == ("dark", True)


def test_movement_as_the_system_says_is_no_habit(folder: Path) -> None:
    store = Remembered(folder)
    assert "reduce_motion" not in store.habits()
    store.keep_habits({"sway": False})
    assert not (folder / "settings.toml").exists()
    store.keep_habits({"reduce_motion": False})
    assert Remembered(folder).habits()["reduce_motion"] is False


def test_habits_of_an_earlier_version_become_settings_once(folder: Path) -> None:
    folder.mkdir()
    old = {"version": 1, "appearance": "dark", "reduce_motion": True, "settings_shown": True,
           "stereo": "anaglyph", "eye_separation_mm": 70.0, "convergence_m": "inf"}  # fmt: skip
    (folder / "habits.json").write_text(json.dumps(old))
    (folder / "settings.toml").write_text('stereo = "mono"\n')
    habits = Remembered(folder).habits()
    assert habits["appearance"] == "dark"
    assert habits["reduce_motion"] is True
    assert habits["stereo"] == "mono"  # what was chosen since then counts
    assert (habits["eye_separation_mm"], habits["convergence_m"]) == (70.0, 2.0)
    assert json.loads((folder / "habits.json").read_text()) == {
        "settings_shown": True,
        "version": 1,
    }
    assert Store(folder, {}).settings.theme == "dark"


def test_bad_settings_are_among_the_complaints(folder: Path) -> None:
    folder.mkdir()
    (folder / "settings.toml").write_text("steps = 0\n")
    (line,) = Remembered(folder).complaints()
    assert "want steps" in line
