"""OpenGL around a submission: what runtimes trip over before, and leave behind after.

Runtimes copy with whatever state is set (a scissor cuts the picture: openvr issues 173 and 1414)
and leave glBindTexture changed and errors raised. Moderngl has no words for these few calls.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from typing import Any

from depthfusion.errors import HeadsetError

_TEXTURE_2D = 0x0DE1
_SCISSOR_TEST = 0x0C11
_FRAMEBUFFER_SRGB = 0x8DB9
_MOST_ERRORS = 64  # a lost context raises errors without end


class CurrentContext:
    """The OpenGL context that was current on this thread when this was made, and stays so."""

    def __init__(self) -> None:
        """Remember it.

        Raises:
            HeadsetError: if none is current.
        """
        self._current, self._make_current, self.is_egl = _context_calls()
        self._own = self._current()
        if not self._own:
            raise HeadsetError("want an OpenGL context that is current, found none: make one first")
        library = _library()
        self._disable = _function(library, "glDisable", None, ctypes.c_uint)
        self._bind_texture = _function(library, "glBindTexture", None, ctypes.c_uint, ctypes.c_uint)
        self._flush = _function(library, "glFlush", None)
        self._get_error = _function(library, "glGetError", ctypes.c_uint)

    def before_submit(self) -> None:
        """Clear what would spoil a runtime's copy: the scissor, and writing through sRGB."""
        self._disable(_SCISSOR_TEST)
        self._disable(_FRAMEBUFFER_SRGB)

    def after_eye(self) -> None:
        """Make the context current again, if the runtime left another one or none."""
        if self._current() != self._own:
            self._make_current()

    def after_submit(self) -> int:
        """Flush and clean up; return how many errors the runtime left behind.

        Nothing is bound to GL_TEXTURE_2D of the active unit any more.
        """
        self._bind_texture(_TEXTURE_2D, 0)
        self._flush()
        count = 0
        while self._get_error() and count < _MOST_ERRORS:
            count += 1
        return count


def _function(library: Any, name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    function: Any = getattr(library, name)
    function.restype, function.argtypes = result, list(arguments)
    return function  # type: ignore[no-any-return]  # ctypes has no types for what it finds


def _library() -> Any:
    if sys.platform == "win32":
        return ctypes.WinDLL("opengl32")
    else:  # for the type checker, which looks at one platform at a time
        return ctypes.CDLL("libGL.so.1")


def _context_calls() -> tuple[Callable[[], int | None], Callable[[], None], bool]:
    """Return: which context is current; make today's current again; whether that is EGL's."""
    egl = _egl_calls()
    if egl:
        return (*egl, True)
    return (*(_wgl_calls() if sys.platform == "win32" else _glx_calls()), False)


_Calls = tuple[Callable[[], int | None], Callable[[], None]]


def _egl_calls() -> _Calls | None:
    # Only where the program has it loaded already: its mere loading may upset a driver.
    loaded_only = getattr(os, "RTLD_NOW", 0) | getattr(os, "RTLD_NOLOAD", 0)
    try:
        egl = ctypes.CDLL("libEGL.so.1", mode=loaded_only)
    except OSError:  # so it always is on Windows
        return None
    pointer = ctypes.c_void_p
    current = _function(egl, "eglGetCurrentContext", pointer)
    context = current()
    if not context:
        return None
    display = _function(egl, "eglGetCurrentDisplay", pointer)()
    surface = _function(egl, "eglGetCurrentSurface", pointer, ctypes.c_int)
    draw, read = surface(0x3059), surface(0x305A)
    make = _function(egl, "eglMakeCurrent", ctypes.c_uint, *[pointer] * 4)
    return current, lambda: make(display, draw, read, context)


def _glx_calls() -> _Calls:
    glx, pointer, drawable = _library(), ctypes.c_void_p, ctypes.c_ulong
    current = _function(glx, "glXGetCurrentContext", pointer)
    context = current()
    display = _function(glx, "glXGetCurrentDisplay", pointer)()
    window = _function(glx, "glXGetCurrentDrawable", drawable)()
    make = _function(glx, "glXMakeCurrent", ctypes.c_int, pointer, drawable, pointer)
    return current, lambda: make(display, window, context)


def _wgl_calls() -> _Calls:
    wgl, pointer = _library(), ctypes.c_void_p
    current = _function(wgl, "wglGetCurrentContext", pointer)
    context, device = current(), _function(wgl, "wglGetCurrentDC", pointer)()
    make = _function(wgl, "wglMakeCurrent", ctypes.c_int, pointer, pointer)
    return current, lambda: make(device, context)
