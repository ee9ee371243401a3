"""How the headset's process is started, and how a process knows that it is one."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from depthfusion.child_process import child_environment

HEADSET_MARK = "DEPTHFUSION_HEADSET"
"""Environment variable of the headset's process."""
HEADSET_FLAG = "--headset"
"""Argument by which a frozen program, which has no `-m`, becomes the headset's process."""


def headset_command() -> list[str]:
    """Return program and arguments of the headset's process."""
    if getattr(sys, "frozen", False):  # sys.executable is this program, not Python
        return [sys.executable, HEADSET_FLAG]
    # -P: the current folder may be anybody's; what we can import comes from our own path instead.
    return [sys.executable, "-P", "-m", "depthfusion.vr"]


def headset_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the whole environment of the headset's process; `more` overrides ours."""
    return child_environment(**{HEADSET_MARK: "1"}) | dict(more or {})
