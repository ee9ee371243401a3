"""Arrays written row by row into a .npy file that appears whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ldm3d.errors import Ldm3dError


@contextmanager
def array_file(
    path: Path, shape: tuple[int, ...], dtype: DTypeLike
) -> Iterator[Callable[[NDArray[Any]], None]]:
    """Lend a function that appends rows; after the block the file is there under its name.

    Written with plain calls, not through a memory map: a full disk is an error then, not a signal
    that kills the process.

    Args:
        path: of the file; its folder exists.
        shape: of the whole array; `shape[0]` rows have to be appended.
        dtype: to which rows are converted.

    Raises:
        Ldm3dError: if the disk is full or cannot be written; what stood there is untouched.
    """
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.npy")
    try:
        with temporary.open("xb") as file:
            header = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)

            def append(rows: NDArray[Any]) -> None:
                with _explained(path):
                    file.write(np.ascontiguousarray(rows, dtype=dtype).tobytes())

            yield append
            with _explained(path):
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Ldm3dError(
                f"want room for {path.name} in {path.parent}, the disk is full: free some space "
                "and run the same command again; what was finished stays"
            ) from error
        raise Ldm3dError(f"cannot write {path}: {error.strerror or error}") from error
