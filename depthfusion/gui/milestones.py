"""When what happened since the process began, for `depthfusion view --timings` and the bench."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

_imported_s = time.monotonic()


def _process_start_s() -> float:
    """Return when this process began, on the clock of `time.monotonic`, as well as is known.

    Linux tells it to 10 ms; elsewhere the clock starts with the import of this module.
    """
    try:
        fields = Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()
        uptime_s = float(Path("/proc/uptime").read_text().split()[0])
        age_s = uptime_s - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return _imported_s
    return time.monotonic() - age_s


class Milestones:
    """Named moments in milliseconds since the process began; the first of a name counts.

    Attributes:
        enabled: whether each one is printed on stderr as it is passed.
    """

    def __init__(self, enabled: bool = False) -> None:
        self.enabled = enabled
        self.passed_ms: dict[str, float] = {}
        self._start_s = _process_start_s()

    def mark(self, name: str) -> None:
        """Note that `name` has just happened. Any thread."""
        if name in self.passed_ms:
            return
        elapsed_ms = round((time.monotonic() - self._start_s) * 1000, 1)
        self.passed_ms[name] = elapsed_ms
        if self.enabled:
            print(f"{name} after {elapsed_ms:.0f} ms", file=sys.stderr, flush=True)

    def report(self) -> None:
        """Print all of them as one JSON line on stderr."""
        if self.enabled:
            print(json.dumps({"milestones_ms": self.passed_ms}), file=sys.stderr, flush=True)
