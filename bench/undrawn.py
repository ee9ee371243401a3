"""A real OpenGL context whose drawing calls do nothing: what is left is everybody else's time."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import moderngl

_TAKEN_OUT = ("glDraw", "glMultiDraw", "glClear", "glFlush", "glFinish")
_KEPT = ("glDrawBuffer", "glClearColor", "glClearDepth", "glClearStencil")


class _Loader:
    """Finds OpenGL's functions as the real one does, but for those that draw."""

    def __init__(self, real: Any) -> None:
        self._real = real
        # It takes nothing, returns a constant and may be called with any arguments.
        nothing = ctypes.CDLL(None).gnu_get_libc_version
        self._nothing = ctypes.cast(nothing, ctypes.c_void_p).value

    def load_opengl_function(self, name: str) -> int | None:
        """Return a function's address."""
        if name.startswith(_TAKEN_OUT) and not name.startswith(_KEPT):
            return self._nothing
        address: int = self._real.load_opengl_function(name)
        return address

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def __enter__(self) -> Any:
        return self._real.__enter__()

    def __exit__(self, *error: object) -> None:
        self._real.__exit__(*error)

    def release(self) -> None:
        """Release the context."""
        self._real.release()


@contextmanager
def undrawn_context() -> Iterator[moderngl.Context]:
    """Give a context without a window that takes everything and draws nothing. Linux with EGL."""
    import glcontext

    make = glcontext.get_backend_by_name("egl")
    real = make(glversion=330, mode="standalone", libgl="libGL.so.1", libegl="libEGL.so.1")
    ctx = moderngl.create_context(standalone=True, context=_Loader(real))
    try:
        yield ctx
    finally:
        ctx.release()
