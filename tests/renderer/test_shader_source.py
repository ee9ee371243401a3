"""Assembling GLSL: includes once, defines, and messages that name the file."""

from __future__ import annotations

import pytest

from depthfusion.errors import RendererError
from depthfusion.renderer.program import program_from
from depthfusion.renderer.shader_source import ShaderSource, shader_source


def test_includes_are_put_in_once_and_defines_follow_the_version():
    source = shader_source("panorama.frag", {"CUT": 1})
    assert source.text.startswith("#version 330 core\n#define CUT 1\n")
    assert source.text.count("vec3 direction_from_uv(vec2 uv)") == 1
    assert source.files == ["panorama.frag", "lib/equirect.glsl", "lib/displacement.glsl"]


@pytest.mark.parametrize("message", ["0:12(3): error", "0(12) : error C1: x", "ERROR: 1:7: y"])
def test_driver_messages_name_file_and_line(message):
    explained = ShaderSource("", ["panorama.frag", "lib/equirect.glsl"]).explain(message)
    assert "panorama.frag:12" in explained or "lib/equirect.glsl:7" in explained


@pytest.mark.gl
def test_a_refused_shader_is_one_line_with_its_file_and_line(gl_context, tmp_path, monkeypatch):
    folder = tmp_path / "shaders"
    folder.mkdir()
    (folder / "bad.vert").write_text("#version 330 core\nvoid main() {\n    nonsense;\n}\n")
    monkeypatch.setattr("depthfusion.renderer.shader_source.asset", tmp_path.joinpath)
    with pytest.raises(RendererError, match=r"^the OpenGL driver refused a shader: .*") as caught:
        program_from(gl_context, "bad.vert", varyings=["v"])
    assert "bad.vert:3" in str(caught.value)
    assert "\n" not in str(caught.value)
