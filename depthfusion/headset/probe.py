"""Looks for a headset without beginning a session: for `depthfusion doctor` and the VR button.

In a child process, because a runtime may abort whoever asks it, or never answer. SteamVR is not
started. Do not call this again and again: with some runtimes each look wakes the headset.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any

from depthfusion.child_process import child_environment
from depthfusion.headset.openvr_words import ASLEEP, MISSING_EXTRA, NOT_RUNNING, init_words

TIMEOUT_S = 10.0
PROBE_FLAG = "--probe-headset"
"""Argument by which a frozen program, which has no `-m`, becomes the child that looks."""
_NO_HMD = 108
_NO_SERVER = 121
_PLACES = {
    "": "loading the OpenVR library",
    "installed": "looking for the runtime",
    "runtime_path": "looking for a headset",
    "has_headset": "asking the running SteamVR",
}


@dataclass(frozen=True)
class HeadsetReport:
    """What was found. What is not known is None."""

    is_installed: bool = False
    """Whether the extra `vr` is installed and works on this machine."""
    runtime_path: str | None = None
    """Folder of SteamVR, or of what stands in for it."""
    has_headset: bool = False
    """Whether a session is worth a try."""
    is_running: bool = False
    """Whether the runtime runs already; a session starts it otherwise."""
    is_awake: bool | None = None
    """Whether somebody wears it or has just moved it."""
    name: str | None = None
    runtime: str | None = None
    """Name and version."""
    refresh_hz: float | None = None
    eye_px: tuple[int, int] | None = None
    """Recommended width and height of one eye."""
    problem: str = ""
    """What is missing and what to do, in one line; empty where nothing is."""

    def words(self) -> str:
        """Return everything in one line, for people."""
        if self.name is None or self.eye_px is None:
            return self.problem
        width, height = self.eye_px
        line = (
            f"{self.name} at {self.refresh_hz:g} Hz, {width}x{height} for each eye, {self.runtime}"
        )
        return f"{line}; {self.problem}" if self.problem else line


def probe(timeout_s: float = TIMEOUT_S) -> HeadsetReport:
    """Look for a headset; never raises for what it finds, and prints nothing.

    Args:
        timeout_s: after so long the child is killed and the runtime counts as silent.
    """
    try:
        child = subprocess.run(
            _command(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            env=child_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        found = _read(late.stdout or b"")
        return _report(
            found, f"SteamVR never answered ({_place(found)}, {timeout_s:g} s): restart it"
        )
    found = _read(child.stdout)
    if "is_done" not in found:
        return _report(
            found, f"SteamVR broke off ({_place(found)}, status {child.returncode}): restart it"
        )
    return _report(found, _problem(found))


def _command() -> list[str]:
    """Return program and arguments of the child."""
    if getattr(sys, "frozen", False):  # sys.executable is this program, not Python
        return [sys.executable, PROBE_FLAG]
    # -P: the current folder may be anybody's; what we can import comes from our own path instead.
    return [sys.executable, "-P", "-m", "depthfusion.headset.probe_child"]


def _read(lines: bytes) -> dict[str, Any]:
    """Return all facts of the child's whole lines; a driver may print lines of its own."""
    found: dict[str, Any] = {}
    for line in lines.splitlines(keepends=True):
        text = line.strip()
        if line.endswith(b"\n") and text.startswith(b"{") and text.endswith(b"}"):
            with suppress(ValueError):
                found.update(json.loads(text))
    return found


def _place(found: dict[str, Any]) -> str:
    return next(words for step, words in reversed(_PLACES.items()) if not step or step in found)


def _problem(found: dict[str, Any]) -> str:
    """Return what is missing and what to do."""
    if not found.get("is_installed"):
        return MISSING_EXTRA
    number = found.get("error")
    if number is None:
        return "" if found.get("is_awake", True) else ASLEEP
    if number == _NO_SERVER:
        return NOT_RUNNING if found.get("has_headset") else init_words(_NO_HMD)
    return str(found.get("error_words") or init_words(number))


def _report(found: dict[str, Any], problem: str) -> HeadsetReport:
    names = {entry.name for entry in fields(HeadsetReport)}
    values = {name: value for name, value in found.items() if name in names}
    if values.get("eye_px"):
        values["eye_px"] = tuple(values["eye_px"])
    return HeadsetReport(**{**values, "problem": problem})
