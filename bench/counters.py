"""Exact counts that moderngl does not offer: shader runs, and live GL objects. Linux with EGL."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import moderngl

# GL_ARB_pipeline_statistics_query
_VERTEX_SHADER_INVOCATIONS = 0x82F0
_FRAGMENT_SHADER_INVOCATIONS = 0x82F4
_QUERY_RESULT = 0x8866
_OBJECT_KINDS = ("Buffer", "Texture", "VertexArray", "Program", "Framebuffer", "Renderbuffer")
_HIGHEST_NAME = 4096


@dataclass
class ShaderRuns:
    """How often shaders ran while counting; filled when counting ends."""

    vertex: int = 0
    fragment: int = 0


def gl_function(name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    """Return a GL function of the current context.

    Raises:
        OSError: without libEGL.
        LookupError: if this OpenGL has no such function.
    """
    egl = ctypes.CDLL(ctypes.util.find_library("EGL") or "libEGL.so.1")
    egl.eglGetProcAddress.restype = ctypes.c_void_p
    address = egl.eglGetProcAddress(name.encode())
    if not address:
        raise LookupError(f"want {name}, this OpenGL has none")
    return ctypes.CFUNCTYPE(result, *arguments)(address)


def can_count(ctx: moderngl.Context) -> bool:
    """Return whether this context counts shader runs."""
    return "GL_ARB_pipeline_statistics_query" in ctx.extensions or ctx.version_code >= 460


@contextmanager
def shader_runs() -> Iterator[ShaderRuns]:
    """Count the shader runs of the body; the values are there once it is left."""
    u, names = ctypes.c_uint, (ctypes.c_uint * 2)()
    targets = (_VERTEX_SHADER_INVOCATIONS, _FRAGMENT_SHADER_INVOCATIONS)
    pointer = ctypes.c_void_p
    gl_function("glGenQueries", None, ctypes.c_int, pointer)(2, names)
    begin, end = gl_function("glBeginQuery", None, u, u), gl_function("glEndQuery", None, u)
    read = gl_function("glGetQueryObjectui64v", None, u, u, pointer)
    runs = ShaderRuns()
    for target, name in zip(targets, names, strict=True):
        begin(target, name)
    try:
        yield runs
    finally:
        values = []
        for target, name in zip(targets, names, strict=True):
            end(target)
            value = ctypes.c_uint64()
            read(name, _QUERY_RESULT, ctypes.byref(value))
            values.append(value.value)
        runs.vertex, runs.fragment = values
        gl_function("glDeleteQueries", None, ctypes.c_int, pointer)(2, names)


def live_objects() -> dict[str, int]:
    """Return how many GL objects of each kind the current context has (names up to 4096)."""
    counts = {}
    for kind in _OBJECT_KINDS:
        is_one = gl_function(f"glIs{kind}", ctypes.c_ubyte, ctypes.c_uint)
        counts[kind] = sum(bool(is_one(name)) for name in range(1, _HIGHEST_NAME + 1))
    return counts
