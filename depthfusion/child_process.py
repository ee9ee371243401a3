"""What every program of ours that runs as a child of another one needs."""

from __future__ import annotations

import os
import sys


def child_environment(**ours: str) -> dict[str, str]:
    """Return this process's environment for a child that imports from where this one does.

    For `python -P -m ...`: the current folder may be anybody's, so our own path is given instead.

    Args:
        ours: variables that are set besides.
    """
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return {**os.environ, "PYTHONPATH": path, **ours}


def own_stdout() -> int:
    """Return a descriptor of the real stdout; all that is printed goes to stderr from now on.

    Also what C libraries print: descriptor 1 itself is pointed at stderr.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return kept
