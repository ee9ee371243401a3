"""The door to pyopenvr: loaded on first use, errors told in words, interfaces asked for softly."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from depthfusion.errors import HeadsetError
from depthfusion.headset.openvr_words import MISSING_EXTRA, TOO_OLD, init_words


class ApplicationType(IntEnum):
    """As what a program comes to the runtime (EVRApplicationType)."""

    SCENE = 1
    """It draws; SteamVR is started if need be."""
    BACKGROUND = 3
    """It looks; SteamVR is never started for it."""
    UTILITY = 4
    """It registers; no headset is needed."""


def load() -> Any:  # pyopenvr has no types
    """Return the module `openvr`.

    Raises:
        HeadsetError: if the extra is not installed, or there is none for this machine.
    """
    try:
        import openvr
    except (ImportError, OSError, ValueError) as error:  # OSError, ValueError: another processor
        raise HeadsetError(MISSING_EXTRA) from error
    return openvr


def start(kind: ApplicationType) -> Any:
    """Begin with the runtime and return the module `openvr`; end it with `openvr.shutdown()`.

    Raises:
        HeadsetError: in words why there is none.
    """
    openvr = load()
    try:
        openvr.init(int(kind))
    except openvr.OpenVRError as error:
        raise HeadsetError(_init_words(openvr, error)) from error
    except KeyError as error:  # the binding does not know the number
        raise HeadsetError(init_words(int(error.args[0]))) from error
    return openvr


def _init_words(openvr: Any, error: Exception) -> str:
    number = getattr(error, "error_value", None)
    if number is None:  # what the binding raises where an interface is missing
        return TOO_OLD.format(part=openvr.IVRSystem_Version)
    return init_words(int(number), openvr.getVRInitErrorAsEnglishDescription(number))


def functions(openvr: Any, name: str) -> Any:
    """Return the function table of an interface, such as "VRCompositor".

    Take each function from it once: every look-up makes a new object.

    Raises:
        HeadsetError: if the runtime lacks it; the runtime is shut down then.
    """
    version = getattr(openvr, f"I{name}_Version")
    if not openvr.isInterfaceVersionValid(version):
        openvr.shutdown()
        raise HeadsetError(TOO_OLD.format(part=version))
    return getattr(openvr, name)().function_table


def optional_functions(openvr: Any, name: str) -> Any | None:
    """Return the function table of an interface, None where the runtime lacks it."""
    # Asked before: pyopenvr's own check ends the whole session where one is missing.
    version = getattr(openvr, f"I{name}_Version")
    if not openvr.isInterfaceVersionValid(version):
        return None
    return getattr(openvr, name)().function_table
