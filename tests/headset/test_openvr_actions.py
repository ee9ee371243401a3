"""The controllers: the manifest, its bindings, and what a press becomes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from depthfusion.assets import asset
from depthfusion.errors import HeadsetError
from depthfusion.headset import Controls, Haptic
from depthfusion.headset.openvr_actions import ACTION_SET, BUTTONS, MANIFEST, PULSE, STICK
from depthfusion.headset.openvr_session import OpenVRHeadset
from depthfusion.headset.registration import APP_KEY
from tests.headset.simulated.simulated_runtime import SimulatedRuntime

CONTROLLERS = ("knuckles", "oculus_touch", "vive_controller", "holographic_controller")
PATHS = {
    "knuckles": {"trigger", "thumbstick", "a", "b", "trackpad", "grip"},
    "oculus_touch": {"trigger", "joystick", "a", "b", "x", "y", "grip"},
    "vive_controller": {"trigger", "trackpad", "grip", "application_menu"},
    "holographic_controller": {"trigger", "joystick", "trackpad", "grip", "application_menu"},
}


@pytest.fixture
def headset(runtime: SimulatedRuntime) -> Iterator[OpenVRHeadset]:
    session = OpenVRHeadset()
    session.begin_frame()
    session.controls()
    yield session
    session.close()


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(asset("resources", "headset", name).read_text("utf-8"))
    return found


# --- files -----------------------------------------------------------------------------------


def test_the_manifest_names_every_action_that_is_read_and_no_other() -> None:
    names = {action["name"] for action in read(MANIFEST)["actions"]}

    assert names == {f"{ACTION_SET}/in/{name}" for name in (*BUTTONS, STICK)} | {PULSE}


def test_every_action_has_a_readable_name() -> None:
    manifest = read(MANIFEST)
    words = manifest["localization"][0]

    assert words["language_tag"] == "en_US"
    for name in [ACTION_SET, *(action["name"] for action in manifest["actions"])]:
        assert words[name][0].isupper()
        assert "/" not in words[name]


def test_the_four_kinds_of_controllers_have_bindings() -> None:
    bindings = {b["controller_type"]: b["binding_url"] for b in read(MANIFEST)["default_bindings"]}

    assert tuple(bindings) == CONTROLLERS
    for kind, name in bindings.items():
        assert read(name)["controller_type"] == kind
        assert read(name)["app_key"] == APP_KEY


@pytest.mark.parametrize("kind", CONTROLLERS)
def test_bindings_use_inputs_that_the_controller_has_each_once(kind: str) -> None:
    sources = read(f"bindings_{kind}.json")["bindings"][ACTION_SET]["sources"]
    paths = [source["path"] for source in sources]

    assert len(set(paths)) == len(paths)
    assert {path.rsplit("/", 1)[1] for path in paths} <= PATHS[kind]
    assert all(path.startswith(("/user/hand/left/", "/user/hand/right/")) for path in paths)


@pytest.mark.parametrize("kind", CONTROLLERS)
def test_everything_can_be_done_with_every_kind(kind: str) -> None:
    binding = read(f"bindings_{kind}.json")["bindings"][ACTION_SET]
    outputs = {
        entry["output"].rsplit("/", 1)[1]
        for source in binding["sources"]
        for entry in source["inputs"].values()
    }

    held = {"stronger", "weaker", "larger", "smaller"}
    assert outputs >= set(BUTTONS) - held
    assert STICK in outputs or outputs >= held
    assert {haptic["output"] for haptic in binding["haptics"]} == {PULSE}


def test_the_runtime_gets_an_absolute_path_that_exists(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    line = next(line for line in runtime.log() if line.startswith("action-manifest"))
    path = line.split()[1]

    assert Path(path).is_absolute()
    assert line.endswith("found")


def test_a_missing_manifest_is_told_because_the_runtime_would_not(
    runtime: SimulatedRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("depthfusion.headset.openvr_actions.MANIFEST", "nowhere.json")

    with pytest.raises(HeadsetError, match=r"nowhere\.json.*install it again"):
        OpenVRHeadset()
    assert "cleanup" in runtime.log()


# --- presses ---------------------------------------------------------------------------------


def test_at_rest_nothing_is_pressed_and_nothing_is_made(headset: OpenVRHeadset) -> None:
    assert headset.controls() == Controls()
    assert headset.controls() is headset.controls()


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("next_world", Controls(next_world=True)),
        ("previous_world", Controls(previous_world=True)),
        ("turn_left", Controls(turn=-1)),
        ("turn_right", Controls(turn=1)),
        ("recenter", Controls(recenter=True)),
        ("again", Controls(again=True)),
        ("panel", Controls(panel=True)),
    ],
)
def test_a_press_counts_once(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, action: str, expected: Controls
) -> None:
    runtime.do(f"press {action}")
    assert headset.controls() == expected
    assert headset.controls() == Controls()  # still held

    runtime.do(f"release {action}")
    assert headset.controls() == Controls()
    runtime.do(f"press {action}")
    assert headset.controls() == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("stronger", Controls(strength=1)),
        ("weaker", Controls(strength=-1)),
        ("larger", Controls(scale=1)),
        ("smaller", Controls(scale=-1)),
    ],
)
def test_what_is_held_goes_on(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, action: str, expected: Controls
) -> None:
    runtime.do(f"press {action}")

    assert headset.controls() == expected
    assert headset.controls() == expected


@pytest.mark.parametrize(
    ("x", "y", "scale", "strength"),
    [
        (0.0, 1.0, 0.0, 1.0),
        (-1.0, 0.0, -1.0, 0.0),
        (0.6, -0.6, 0.5, -0.5),
        (0.19, -0.19, 0.0, 0.0),  # a stick at rest
        (1.5, 0.0, 1.0, 0.0),
    ],
)
def test_the_stick_changes_size_and_relief(
    runtime: SimulatedRuntime,
    headset: OpenVRHeadset,
    x: float,
    y: float,
    scale: float,
    strength: float,
) -> None:
    runtime.do(f"push adjust {x} {y}")

    controls = headset.controls()

    assert controls.scale == pytest.approx(scale)
    assert controls.strength == pytest.approx(strength)


def test_both_turns_at_once_are_none(runtime: SimulatedRuntime, headset: OpenVRHeadset) -> None:
    runtime.do("press turn_left", "press turn_right")

    assert headset.controls().turn == 0


def test_in_the_dashboard_controllers_mean_something_else(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("open_dashboard", "press next_world", "push adjust 1 1")
    headset.poll()
    assert headset.controls() == Controls()

    runtime.do("close_dashboard")
    headset.poll()
    first = headset.controls()
    assert not first.next_world  # pressed for the dashboard, and still held
    assert first.scale == 1
    assert not headset.controls().next_world

    runtime.do("release next_world")
    headset.controls()
    runtime.do("press next_world")
    assert headset.controls().next_world


def test_a_press_in_the_first_frame_counts_in_none(runtime: SimulatedRuntime) -> None:
    runtime_was_pressed = OpenVRHeadset()
    runtime.do("press next_world")  # held since before the session
    assert not runtime_was_pressed.controls().next_world
    assert not runtime_was_pressed.controls().next_world
    runtime_was_pressed.close()


def test_a_pulse_is_felt_in_the_hand_that_is_meant(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.log()
    headset.pulse(Haptic(is_right=False, seconds=0.05, strength=0.25))
    headset.pulse(Haptic())

    assert runtime.log() == [
        "pulse left 0.050 s 150 Hz 0.25",
        "pulse right 0.020 s 150 Hz 0.50",
    ]
