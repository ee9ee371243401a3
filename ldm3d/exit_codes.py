"""How a command of `python -m ldm3d` ends: with one line and an exit code, never a traceback."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ldm3d.errors import Ldm3dError

GOES_ON = "stopped; the same command goes on"
"""What commands say after Ctrl+C that keep what they have done."""

Command = Callable[[argparse.Namespace], int]


def told(
    run: Command,
    *,
    stopped: str = "stopped",
    label: str = "",
    writes: Callable[[argparse.Namespace], Path] | None = None,
) -> Command:
    """Return a command that says an expected failure in one line on stderr.

    Args:
        run: does the work and returns an exit code.
        stopped: what to say after Ctrl+C, which gives 130.
        label: stands before the text of an `Ldm3dError`, which gives its own code.
        writes: where the command writes; given, an `OSError` is one of writing there and gives 1.
    """

    def command(options: argparse.Namespace) -> int:
        try:
            return run(options)
        except Ldm3dError as error:
            return _end(f"{label}{error}", error.exit_code)
        except OSError as error:
            if writes is None:
                raise
            return _end(f"cannot write {writes(options)}: {error.strerror or error}", 1)
        except KeyboardInterrupt:
            return _end(stopped, 130)

    return command


def _end(line: str, code: int) -> int:
    print(line, file=sys.stderr)
    return code
