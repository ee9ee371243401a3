"""How a command of `python -m ldm3d` ends: with one line and an exit code, never a traceback."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from ldm3d.errors import Ldm3dError

GOES_ON = "stopped; the same command goes on"
"""What commands say after Ctrl+C that keep what they have done."""

Command = Callable[[argparse.Namespace], int]
_RUST = re.compile(r"(?:.*: )?(.+?)\.? \(os error (\d+)\)", re.DOTALL)
"""How libraries in Rust tell an error of the system."""


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
        writes: where the command writes; given, an error of the disk gives 1: one of writing there,
            or of the file that it names, where that lies elsewhere.
    """

    def command(options: argparse.Namespace) -> int:
        try:
            return run(options)
        except Ldm3dError as error:
            return _end(f"{label}{error}", error.exit_code)
        except KeyboardInterrupt:
            return _end(stopped, 130)
        except Exception as error:  # some libraries have no narrower class: see disk_error_from
            trouble = disk_error_from(error)
            if writes is None or trouble is None:
                raise
            return _end(_told_of_disk(trouble, writes(options)), 1)

    return command


def disk_error_from(error: Exception) -> OSError | None:
    """Return what the system said of a file, or None if the error is none of the system's.

    safetensors tells a full disk as `SafetensorError`, tokenizers as a bare `Exception`, both with
    "(os error 28)" in their text.
    """
    if isinstance(error, OSError):
        return error
    said = _RUST.match(str(error))
    return OSError(int(said[2]), said[1]) if said else None


def _told_of_disk(error: OSError, output: Path) -> str:
    if error.errno is None:  # a library's own text: of a damaged file as well as of a full disk
        return f"cannot finish {output}: {' '.join(str(error).split())}"
    reason = error.strerror or error
    named = error.filename
    if isinstance(named, (str, os.PathLike)) and not _is_for(Path(named), output):
        return f"cannot open {named}: {reason}"
    return f"cannot write {output}: {reason}"


def _is_for(file: Path, output: Path) -> bool:
    """Tell whether a file is touched to write `output`: below, above, or hidden beside it."""
    file, output = file.absolute(), output.absolute()
    hidden = f".{output.name}."
    return (
        output == file
        or output in file.parents
        or file in output.parents
        or any(path.parent == output.parent and path.name.startswith(hidden)
               for path in (file, *file.parents))
    )  # fmt: skip


def _end(line: str, code: int) -> int:
    print(line, file=sys.stderr)
    return code
