"""Lengths as they are told: in metres, or in feet and inches. No Qt in here."""

from __future__ import annotations

from depthfusion.settings import Units

METRES_A_FOOT = 0.3048
_INCHES_A_FOOT = 12
_WHOLE_FEET = 20
"""From here on inches are not told."""


def length(metres: float, units: Units) -> str:
    """Return a finite length of 0 m or more, to three digits: "1.25 m", "4 ft 1 in"."""
    if units is Units.METRIC:
        return f"{metres:.3g} m" if metres < 1000 else f"{round(metres)} m"
    feet = metres / METRES_A_FOOT
    if feet >= _WHOLE_FEET:
        return f"{round(feet)} ft"
    if feet * _INCHES_A_FOOT < 9.95:
        return f"{feet * _INCHES_A_FOOT:.2g} in"
    whole, inches = divmod(round(feet * _INCHES_A_FOOT), _INCHES_A_FOOT)
    parts = [f"{whole} ft"] * (whole > 0) + [f"{inches} in"] * (inches > 0)
    return " ".join(parts)
