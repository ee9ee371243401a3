"""Programs from the files of `shaders/`, and uniforms that may have been optimised away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import moderngl

from depthfusion.errors import RendererError
from depthfusion.renderer.shader_source import shader_source


def program_from(
    ctx: moderngl.Context,
    vertex: str,
    fragment: str | None = None,
    defines: Mapping[str, int] | None = None,
    varyings: Sequence[str] = (),
) -> moderngl.Program:
    """Compile `shaders/<vertex>` and `<fragment>`; the caller releases the program.

    Args:
        ctx: the current context.
        vertex: file name of the vertex shader.
        fragment: file name of the fragment shader; None for transform feedback.
        defines: preprocessor constants, e.g. ``{"CUT": 1}``.
        varyings: outputs captured by transform feedback.

    Raises:
        RendererError: if the driver refuses it; the message names file and line.
    """
    sources = {"vertex_shader": shader_source(vertex, defines)}
    if fragment is not None:
        sources["fragment_shader"] = shader_source(fragment, defines)
    try:
        texts: dict[str, Any] = {kind: source.text for kind, source in sources.items()}
        return ctx.program(**texts, varyings=tuple(varyings))
    except moderngl.Error as error:
        text = str(error)
        for kind, source in sources.items():
            if kind in text:
                text = source.explain(text)
        raise RendererError(
            f"the OpenGL driver refused a shader: {' '.join(text.split())}"
        ) from None


def set_uniforms(program: moderngl.Program, values: Mapping[str, Any]) -> None:
    """Set those of `values` that this variant of the shader kept."""
    for name, value in values.items():
        member = program.get(name, None)
        if isinstance(member, moderngl.Uniform):
            if isinstance(value, bytes):
                member.write(value)
            else:
                member.value = value
