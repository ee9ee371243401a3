"""Replaces a small file in one step: a reader, or a power cut, sees the old one or the new one."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from depthfusion.errors import SaveError


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` to `path`, flushed to the disk before it takes the old file's place.

    Args:
        path: where to; folders on the way are made. A link is followed, not replaced.
        data: the whole content.

    Raises:
        SaveError: if it cannot be written; what stood there before is untouched.
    """
    temporary = None
    try:
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(path))
        temporary.replace(path)
        temporary = None
    except OSError as error:
        raise SaveError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


def _mode(path: Path) -> int:
    """Return the permissions of the file that is replaced, or those of any new file."""
    with suppress(OSError):
        return path.stat().st_mode & 0o777
    umask = os.umask(0)  # it can only be read by setting it
    os.umask(umask)
    return 0o666 & ~umask
