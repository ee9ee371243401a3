"""How the worker process is started, and how a process knows that it is one."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from depthfusion.child_process import child_environment

WORKER_MARK = "DEPTHFUSION_WORKER"
"""Environment variable of a worker: such a process refuses to open windows or start workers."""
WORKER_FLAG = "--worker"
"""Argument by which a frozen program, which has no `-m`, becomes the worker."""

# Threads that wait for each other sleep instead of spinning: where a view that moves has the other
# core, one that spins keeps its fellow from the processor, and a step takes ten times as long.
_DEFAULTS = {"OMP_WAIT_POLICY": "PASSIVE"}


def is_worker() -> bool:
    """Whether this process was started as a worker."""
    return os.environ.get(WORKER_MARK, "") not in {"", "0"}


def worker_command() -> list[str]:
    """Return program and arguments of a worker."""
    if getattr(sys, "frozen", False):  # sys.executable is this program, not Python
        return [sys.executable, WORKER_FLAG]
    # -P: the current folder may be anybody's; what we can import comes from our own path instead.
    return [sys.executable, "-P", "-m", "depthfusion.generator.worker"]


def program_command() -> list[str]:
    """Return program and first arguments of `depthfusion` itself, as another process."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-P", "-m", "depthfusion"]


def worker_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the whole environment of a worker; `more` overrides ours."""
    return _DEFAULTS | child_environment(**{WORKER_MARK: "1"}) | dict(more or {})
