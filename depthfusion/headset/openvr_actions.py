"""The controllers, through the actions that the manifest names."""

from __future__ import annotations

import ctypes
from contextlib import ExitStack
from importlib.resources import as_file
from pathlib import Path
from typing import Any

from depthfusion.assets import asset
from depthfusion.errors import HeadsetError
from depthfusion.headset.headset import Controls, Haptic

ACTION_SET = "/actions/main"
MANIFEST = "actions.json"
BUTTONS = (
    "next_world", "previous_world", "turn_left", "turn_right", "recenter", "again", "panel",
    "stronger", "weaker", "larger", "smaller",
)  # fmt: skip
"""Buttons: the first seven act when they go down, the last four as long as they are held."""
STICK = "adjust"
"""x: the world's size, y: strength of the relief."""
PULSE = f"{ACTION_SET}/out/pulse"
DEAD_ZONE = 0.2
"""Sticks at rest say up to this much."""
_PULSE_HZ = 150.0
_ANOTHER_MANIFEST = 15
"""Steam itself has one for this program, and takes that."""
_AT_REST = Controls()


class OpenVRActions:
    """Reads all actions of one frame at once."""

    def __init__(self, openvr: Any, functions: Any) -> None:
        self._files = ExitStack()
        folder = self._files.enter_context(as_file(asset("resources", "headset")))
        self._say_manifest(functions, folder / MANIFEST)
        self._update = functions.updateActionState
        self._get_button = functions.getDigitalActionData
        self._get_stick = functions.getAnalogActionData
        self._vibrate = functions.triggerHapticVibrationAction
        self._sets = (openvr.VRActiveActionSet_t * 1)()
        self._sets[0].ulActionSet = self._handle(functions.getActionSetHandle, ACTION_SET)
        self._handles = tuple(
            self._handle(functions.getActionHandle, f"{ACTION_SET}/in/{name}") for name in BUTTONS
        )
        self._stick = self._handle(functions.getActionHandle, f"{ACTION_SET}/in/{STICK}")
        self._pulse = self._handle(functions.getActionHandle, PULSE)
        self._hands = tuple(
            self._handle(functions.getInputSourceHandle, f"/user/hand/{hand}")
            for hand in ("left", "right")
        )
        self._data = [openvr.InputDigitalActionData_t() for _ in BUTTONS]
        self._references = [ctypes.byref(data) for data in self._data]
        self._stick_data = openvr.InputAnalogActionData_t()
        self._was_heard = False

    def _say_manifest(self, functions: Any, path: Path) -> None:
        # The runtime says nothing about a path that is relative or leads nowhere.
        if not path.is_absolute() or not path.is_file():
            raise HeadsetError(f"want the action manifest {path}, found none: install it again")
        number = functions.setActionManifestPath(str(path).encode())
        if number not in (0, _ANOTHER_MANIFEST):
            raise HeadsetError(
                f"want {path} as action manifest, SteamVR does not take it (input error {number})"
            )

    def _handle(self, function: Any, name: str) -> int:
        handle = ctypes.c_uint64()
        number = function(name.encode(), ctypes.byref(handle))
        return 0 if number else handle.value

    def read(self, *, is_heard: bool) -> Controls:
        """Return what the controllers say now.

        Args:
            is_heard: whether the wearer means this program. While not, all is at rest, and what is
                pressed when that ends does not count as pressed.
        """
        sets = self._sets
        failed = self._update(sets, ctypes.sizeof(sets[0]), 1)
        was_heard, self._was_heard = self._was_heard, is_heard and not failed
        if failed or not is_heard:
            return _AT_REST
        held, pressed = self._read_buttons()
        x, y = self._read_stick()
        if not (held or x or y):
            return _AT_REST
        return _controls(held, pressed if was_heard else 0, x, y)

    def _read_buttons(self) -> tuple[int, int]:
        """Return which are down and which just went down, one bit each in BUTTONS' order."""
        held = pressed = 0
        for place, handle in enumerate(self._handles):
            data = self._data[place]
            failed = self._get_button(handle, self._references[place], ctypes.sizeof(data), 0)
            if not failed and data.bActive and data.bState:
                held |= 1 << place
                if data.bChanged:
                    pressed |= 1 << place
        return held, pressed

    def _read_stick(self) -> tuple[float, float]:
        data = self._stick_data
        failed = self._get_stick(self._stick, ctypes.byref(data), ctypes.sizeof(data), 0)
        if failed or not data.bActive:
            return 0.0, 0.0
        return _past_dead_zone(data.x), _past_dead_zone(data.y)

    def pulse(self, haptic: Haptic) -> None:
        """Let a controller be felt; nothing where there is none."""
        hand = self._hands[1 if haptic.is_right else 0]
        self._vibrate(self._pulse, 0.0, haptic.seconds, _PULSE_HZ, haptic.strength, hand)

    def close(self) -> None:
        """Let go of files that were unpacked for the runtime."""
        self._files.close()


def _past_dead_zone(value: float) -> float:
    size = min(1.0, abs(value))
    if size <= DEAD_ZONE:
        return 0.0
    grown = (size - DEAD_ZONE) / (1.0 - DEAD_ZONE)
    return grown if value > 0 else -grown


def _controls(held: int, pressed: int, x: float, y: float) -> Controls:
    def is_pressed(place: int) -> bool:
        return bool(pressed >> place & 1)

    def is_held(place: int) -> int:
        return held >> place & 1

    return Controls(
        next_world=is_pressed(0),
        previous_world=is_pressed(1),
        turn=is_pressed(3) - is_pressed(2),
        recenter=is_pressed(4),
        again=is_pressed(5),
        panel=is_pressed(6),
        strength=max(-1.0, min(1.0, y + is_held(7) - is_held(8))),
        scale=max(-1.0, min(1.0, x + is_held(9) - is_held(10))),
    )
