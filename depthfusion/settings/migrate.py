"""Older settings as today's: a step for each version, and the habits that `view` kept before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

VERSION = 1
"""Of the file that this program writes."""
STEPS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Version -> what makes the next version's values of its values. A new version adds one here."""
HABITS = {
    "appearance": "theme",
    "reduce_motion": "reduced_motion",
    "sway": "idle_sway",
    "stereo": "stereo",
    "eye_separation_mm": "eye_separation_mm",
    "convergence_m": "convergence_m",
}
"""What windows call it -> the setting."""


def migrated(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an older file as of today's version; of a newer one, as they are."""
    result = dict(values)
    version = result.get("version", VERSION)
    if isinstance(version, bool) or not isinstance(version, int):
        return result
    while version < VERSION:
        result = STEPS.get(version, dict)(result)
        version += 1
        result["version"] = version
    return result


def settings_from_habits(habits: Mapping[str, Any]) -> dict[str, Any]:
    """Return those habits of a window that are settings, by their names and as settings are."""
    found = {HABITS[name]: value for name, value in habits.items() if name in HABITS}
    reduced = found.get("reduced_motion")
    if isinstance(reduced, bool):
        found["reduced_motion"] = "on" if reduced else "off"
    return found
