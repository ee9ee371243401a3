"""OpenVR's events, told as those of `EventKind`."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from depthfusion.headset.headset import Event, EventKind
from depthfusion.headset.openvr_optics import HMD

_ACTIVATED, _DEACTIVATED = 100, 101
_PUT_ON, _TAKEN_OFF = 103, 104
_IPD, _LENSES = 105, 110
_ROLES = 108
_QUIT = 700
_CONTROLLER = 2
_STANDBY_LEVEL = 3

_PLAIN = {
    106: (EventKind.STANDBY, ""),
    107: (EventKind.AWAKE, ""),
    112: (EventKind.STANDBY, "the headset is out of reach"),
    113: (EventKind.AWAKE, ""),
    1412: (EventKind.STANDBY, "the headset's display is off"),
    1413: (EventKind.AWAKE, ""),
    801: (EventKind.RECENTERED, ""),
    804: (EventKind.RECENTERED, ""),
    808: (EventKind.RECENTERED, ""),
    409: (EventKind.BINDINGS_CHANGED, ""),
    1701: (EventKind.BINDINGS_CHANGED, "the controllers' bindings could not be loaded"),
    1702: (EventKind.BINDINGS_CHANGED, ""),
    1704: (EventKind.BINDINGS_CHANGED, "SteamVR could not load the action manifest"),
    1707: (EventKind.BINDINGS_CHANGED, ""),
}
_OF_SPACE = {801: False, 804: True, 808: False}
"""Which origin an event is about: True the seated, False the standing one."""


class OpenVREvents:
    """Asks the runtime what happened; what it says twice is told once."""

    def __init__(self, openvr: Any, system: Any, *, is_seated: bool) -> None:
        self._is_seated = is_seated
        self._poll = system.pollNextEvent
        self._acknowledge_quit = system.acknowledgeQuit_Exiting
        self._get_class = system.getTrackedDeviceClass
        self._get_hand = system.getTrackedDeviceIndexForControllerRole
        self._is_input_available = system.isInputAvailable
        self._should_pause = system.shouldApplicationPause
        self._event = openvr.VREvent_t()
        self._reference = ctypes.byref(self._event)
        self._size = ctypes.sizeof(self._event)
        self._has_focus = True
        self._is_paused = self._is_standby = False
        level = system.getTrackedDeviceActivityLevel(HMD)
        self._pending = self._wear(level == _STANDBY_LEVEL, "put the headset on")
        self._has_quit = False
        self._hands: dict[int, str] = {}
        self._learn_hands()
        self._tellers: dict[int, Callable[[int], list[Event]]] = {
            _QUIT: self._quit,
            _IPD: lambda _: [Event(EventKind.OPTICS_CHANGED)],
            _LENSES: lambda _: [Event(EventKind.OPTICS_CHANGED)],
            _ACTIVATED: lambda device: self._change_device(device, is_on=True),
            _DEACTIVATED: lambda device: self._change_device(device, is_on=False),
            _PUT_ON: lambda device: self._wear(False, "") if device == HMD else [],
            _TAKEN_OFF: lambda device: self._wear(True, "") if device == HMD else [],
            _ROLES: self._learn_hands,
        }

    @property
    def has_focus(self) -> bool:
        """Whether what the controllers say is meant for this program."""
        return self._has_focus

    def poll(self, *, is_shown: bool) -> list[Event]:
        """Return what happened since the last call, in order.

        Args:
            is_shown: whether the compositor shows this program.
        """
        found, self._pending = self._pending, []
        while self._poll(self._reference, self._size):
            for event in self._tell(self._event.eventType, self._event.trackedDeviceIndex):
                if not found or event != found[-1]:  # a lens wheel that turns says so many times
                    found.append(event)
        self._compare(found, is_shown)
        return found

    def _tell(self, number: int, device: int) -> list[Event]:
        teller = self._tellers.get(number)
        return self._tell_plain(number) if teller is None else teller(device)

    def _tell_plain(self, number: int) -> list[Event]:
        kind, words = _PLAIN.get(number, (None, ""))
        if kind is None or _OF_SPACE.get(number, self._is_seated) != self._is_seated:
            return []
        if kind in (EventKind.STANDBY, EventKind.AWAKE):
            return self._wear(kind is EventKind.STANDBY, words)
        return [Event(kind, words)]

    def _quit(self, _device: int) -> list[Event]:
        self._acknowledge_quit()  # at once: whoever says nothing for 5 s is killed
        first, self._has_quit = not self._has_quit, True
        return [Event(EventKind.QUIT)] if first else []

    def _wear(self, is_standby: bool, words: str) -> list[Event]:
        was, self._is_standby = self._is_standby, is_standby
        if was == is_standby:
            return []
        return [Event(EventKind.STANDBY if is_standby else EventKind.AWAKE, words)]

    def _change_device(self, device: int, *, is_on: bool) -> list[Event]:
        if device == HMD:
            return [] if is_on else [Event(EventKind.DEVICE_LOST, "the headset is disconnected")]
        if device not in self._hands and self._get_class(device) != _CONTROLLER:
            return []
        if is_on:
            self._learn_hands()
        name = self._hands.get(device, "a")
        kind = EventKind.CONTROLLER_ON if is_on else EventKind.CONTROLLER_OFF
        return [Event(kind, f"{name} controller is {'on' if is_on else 'off'}")]

    def _learn_hands(self, _device: int = HMD) -> list[Event]:
        for role, name in ((1, "the left"), (2, "the right")):
            self._hands[self._get_hand(role)] = name
        self._hands.pop(0xFFFFFFFF, None)  # nobody has that role
        return []

    def _compare(self, found: list[Event], is_shown: bool) -> None:
        """Add changes of focus and pause. They are states: events may come late, or never."""
        has_focus = is_shown and bool(self._is_input_available())
        if has_focus != self._has_focus:
            self._has_focus = has_focus
            found.append(Event(EventKind.FOCUS_GAINED if has_focus else EventKind.FOCUS_LOST))
        is_paused = bool(self._should_pause())
        if is_paused != self._is_paused:
            self._is_paused = is_paused
            found.append(Event(EventKind.PAUSE if is_paused else EventKind.RESUME))
