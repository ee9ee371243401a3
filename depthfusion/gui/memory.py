"""Gives memory back to the system that the C library would keep. Linux with glibc only; no Qt."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

_M_MMAP_THRESHOLD = -3  # malloc.h
LARGE_BYTES = 1 << 20


@cache
def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    is_glibc = all(hasattr(library, name) for name in ("mallopt", "malloc_trim"))
    return library if is_glibc else None


def return_large_arrays() -> None:
    """From now on let arrays from `LARGE_BYTES` on go back to the system as soon as they are freed.

    glibc raises that threshold by itself up to 32 MiB: what is freed below it stays ours, in one
    heap a thread, and holes remain between the few things that live on.
    """
    library = _glibc()
    if library is not None:
        library.mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)


def trim() -> None:
    """Give back what is free by now; takes a few milliseconds."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)
