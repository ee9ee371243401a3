"""Functions of OpenGL that ModernGL does not offer, for whatever context is current."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import sys
from collections.abc import Callable
from typing import Any

from depthfusion.errors import RendererError

UINT, INT, DOUBLE = ctypes.c_uint, ctypes.c_int, ctypes.c_double


def gl_function(name: str, *arguments: Any) -> Callable[..., None]:
    """Return a GL function that returns nothing; a context must be current.

    It keeps Python's lock while it runs: these calls take less time than handing the lock over,
    and another thread would keep it for milliseconds of the frame.

    Args:
        name: as in OpenGL 3.3's core.
        arguments: their ctypes types.

    Raises:
        RendererError: if this OpenGL has no such function.
    """
    address = _address_of(name)
    if not address:
        raise RendererError(f"want OpenGL's {name}, got none: update the graphics driver")
    # PYFUNCTYPE is the C calling convention; 64-bit Windows has no other.
    return ctypes.PYFUNCTYPE(None, *arguments)(address)


def _address_of(name: str) -> int:
    library, finder = _library()
    if finder is not None:
        found = finder(name.encode())
        if found:
            return int(found)
    exported = getattr(library, name, None)
    return 0 if exported is None else ctypes.cast(exported, ctypes.c_void_p).value or 0


@functools.cache
def _library() -> tuple[ctypes.CDLL, Any]:
    """Return OpenGL's library and the function that knows more than it exports, if there is one."""
    if sys.platform == "win32":
        library, name = ctypes.CDLL("opengl32"), "wglGetProcAddress"
    elif sys.platform == "darwin":
        return ctypes.CDLL(ctypes.util.find_library("OpenGL") or "OpenGL"), None
    else:  # libGL's own finder serves EGL contexts as well: both lead to the current context
        library, name = ctypes.CDLL("libGL.so.1"), "glXGetProcAddressARB"
    finder = getattr(library, name)
    finder.restype, finder.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    return library, finder
