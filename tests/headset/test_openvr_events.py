"""What the runtime says between two frames."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depthfusion.headset import Event, EventKind
from depthfusion.headset.openvr_session import OpenVRHeadset
from tests.headset.simulated.simulated_runtime import SimulatedRuntime


@pytest.fixture
def headset(runtime: SimulatedRuntime) -> Iterator[OpenVRHeadset]:
    session = OpenVRHeadset()
    session.begin_frame()
    yield session
    session.close()


def kinds(headset: OpenVRHeadset) -> list[EventKind]:
    return [event.kind for event in headset.poll()]


def test_a_quiet_runtime_says_nothing(headset: OpenVRHeadset) -> None:
    assert kinds(headset) == []


def test_quit_is_acknowledged_at_once_and_told_once(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.log()
    runtime.do("quit")

    assert kinds(headset) == [EventKind.QUIT]
    assert runtime.log() == ["acknowledge-quit"]
    runtime.do("quit")
    assert kinds(headset) == []
    assert runtime.log() == ["acknowledge-quit"]  # it asked again, so it is told again


def test_the_dashboard_pauses_and_takes_the_controllers(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("open_dashboard")
    assert kinds(headset) == [EventKind.FOCUS_LOST, EventKind.PAUSE]
    assert headset.begin_frame().should_render  # the world stays visible behind it
    assert kinds(headset) == []

    runtime.do("close_dashboard")
    assert kinds(headset) == [EventKind.FOCUS_GAINED, EventKind.RESUME]


def test_focus_that_goes_without_an_event_is_noticed(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("lose_focus")
    headset.begin_frame()
    assert kinds(headset) == [EventKind.FOCUS_LOST]

    runtime.do("gain_focus")
    headset.begin_frame()
    assert kinds(headset) == [EventKind.FOCUS_GAINED]


@pytest.mark.parametrize("what", ["focus", "input"])
def test_either_the_picture_or_the_controllers_alone_can_go(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, what: str
) -> None:
    runtime.do(f"{what} 0")
    headset.begin_frame()

    assert kinds(headset) == [EventKind.FOCUS_LOST]


def test_controllers_come_and_go_by_name(runtime: SimulatedRuntime, headset: OpenVRHeadset) -> None:
    runtime.do("disconnect right")
    assert list(headset.poll()) == [Event(EventKind.CONTROLLER_OFF, "the right controller is off")]

    runtime.do("connect right", "disconnect left")
    assert list(headset.poll()) == [
        Event(EventKind.CONTROLLER_ON, "the right controller is on"),
        Event(EventKind.CONTROLLER_OFF, "the left controller is off"),
    ]


def test_a_controller_that_goes_twice_between_two_frames_is_gone(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("disconnect right", "connect right", "disconnect right")

    off, on = EventKind.CONTROLLER_OFF, EventKind.CONTROLLER_ON
    assert kinds(headset) == [off, on, off]


def test_other_devices_are_nobodys_business(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("event 100 7", "event 101 7", "event 103 1", "event 104 1")

    assert kinds(headset) == []


def test_a_headset_that_is_unplugged_ends_it(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("disconnect head")

    assert list(headset.poll()) == [Event(EventKind.DEVICE_LOST, "the headset is disconnected")]


def test_taking_it_off_and_on_is_told_once_each(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("take_off", "event 106", "event 1412")
    assert kinds(headset) == [EventKind.STANDBY]

    runtime.do("event 107", "put_on", "event 1413")
    assert kinds(headset) == [EventKind.AWAKE]


def test_a_headset_that_sleeps_from_the_start_says_so(runtime: SimulatedRuntime) -> None:
    runtime.do("level 3")
    session = OpenVRHeadset()

    assert list(session.poll()) == [Event(EventKind.STANDBY, "put the headset on")]
    runtime.do("put_on")
    assert kinds(session) == [EventKind.AWAKE]
    session.close()


@given(
    events=st.lists(
        st.tuples(st.integers(1, 2000) | st.integers(0, 2**24), st.integers(0, 70)), max_size=60
    )
)
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_happens_polling_goes_on(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, events: list[tuple[int, int]]
) -> None:
    runtime.do(*(f"event {number} {device}" for number, device in events))

    found = headset.poll()

    assert len({(event.kind, event.words) for event in found}) == len(found)
    assert headset.begin_frame().is_tracked


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (110, EventKind.OPTICS_CHANGED),
        (105, EventKind.OPTICS_CHANGED),
        (804, EventKind.RECENTERED),
        (409, EventKind.BINDINGS_CHANGED),
        (1702, EventKind.BINDINGS_CHANGED),
    ],
)
def test_numbers_become_kinds(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, number: int, kind: EventKind
) -> None:
    runtime.do(f"event {number}")

    assert kinds(headset) == [kind]


def test_bindings_that_do_not_load_are_told_in_words(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("event 1701")

    assert headset.poll()[0].words == "the controllers' bindings could not be loaded"


def test_a_seated_session_does_not_mind_the_standing_origin(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("event 808", "event 801")

    assert kinds(headset) == []


def test_a_standing_session_minds_only_its_own_origin(runtime: SimulatedRuntime) -> None:
    session = OpenVRHeadset(is_seated=False)
    runtime.do("event 804", "event 808")

    assert kinds(session) == [EventKind.RECENTERED]
    session.close()


def test_unknown_numbers_are_passed_over(runtime: SimulatedRuntime, headset: OpenVRHeadset) -> None:
    runtime.do("event 999999", "event 0", "event 700")

    assert kinds(headset) == [EventKind.QUIT]


def test_events_come_in_order(runtime: SimulatedRuntime, headset: OpenVRHeadset) -> None:
    runtime.do("ipd 0.06", "disconnect left", "take_off", "quit")

    assert kinds(headset) == [
        EventKind.OPTICS_CHANGED,
        EventKind.CONTROLLER_OFF,
        EventKind.STANDBY,
        EventKind.QUIT,
    ]


def test_all_kinds_can_happen(runtime: SimulatedRuntime, headset: OpenVRHeadset) -> None:
    runtime.do(
        "open_dashboard", "take_off", "ipd 0.06", "event 804", "event 409", "disconnect left",
        "connect left", "quit",
    )  # fmt: skip
    seen = set(kinds(headset))
    runtime.do("close_dashboard", "put_on", "disconnect head")
    seen |= set(kinds(headset))

    assert seen == set(EventKind)


def test_the_numbers_are_those_of_the_installed_pyopenvr() -> None:
    import inspect

    import openvr

    from depthfusion.headset import openvr_events

    names = {
        100: "TrackedDeviceActivated", 101: "TrackedDeviceDeactivated",
        103: "TrackedDeviceUserInteractionStarted", 104: "TrackedDeviceUserInteractionEnded",
        105: "IpdChanged", 106: "EnterStandbyMode", 107: "LeaveStandbyMode",
        108: "TrackedDeviceRoleChanged", 110: "LensDistortionChanged",
        112: "WirelessDisconnect", 113: "WirelessReconnect", 409: "ActionBindingReloaded",
        700: "Quit", 801: "ChaperoneUniverseHasChanged", 804: "SeatedZeroPoseReset",
        808: "StandingZeroPoseReset", 1412: "Compositor_DisplayDisconnected",
        1413: "Compositor_DisplayReconnected", 1701: "Input_BindingLoadFailed",
        1702: "Input_BindingLoadSuccessful", 1704: "Input_ActionManifestLoadFailed",
        1707: "Input_BindingsUpdated",
    }  # fmt: skip
    used = {int(text) for text in re.findall(r"\b\d{3,4}\b", inspect.getsource(openvr_events))}

    assert used == set(names)
    for number, name in names.items():
        assert getattr(openvr, f"VREvent_{name}") == number
