"""The context from which drawing is taken out must draw nothing, and take everything else."""

import time

import moderngl
import numpy as np
import pytest

from bench.headset_arrival import longest
from bench.undrawn import undrawn_context
from bench.worn import REFRESH_HZ, AirHeadset, options

pytestmark = pytest.mark.gl


def test_drawing_does_nothing_and_uploads_are_real():
    with undrawn_context() as ctx:
        pixels = np.arange(4 * 4 * 4, dtype=np.uint8)
        texture = ctx.texture((4, 4), 4, pixels)
        target = ctx.framebuffer([texture])
        target.clear(1.0, 1.0, 1.0, 1.0)
        program = ctx.program(
            vertex_shader="#version 330\nvoid main() { gl_Position = vec4(0); }",
            fragment_shader="#version 330\nout vec4 c; void main() { c = vec4(1); }",
        )
        ctx.vertex_array(program, []).render(moderngl.POINTS, vertices=1)
        assert texture.read() == pixels.tobytes()
        texture.write(pixels[::-1].copy())
        assert texture.read() == pixels[::-1].tobytes()
        assert ctx.error == "GL_NO_ERROR"


def test_a_late_frame_is_seen_as_late():
    class Session:
        headset = AirHeadset(options((8, 8), is_paced=True))

    def live() -> None:
        for frame in range(12):
            Session.headset.begin_frame()
            if frame == 6:
                time.sleep(4 / REFRESH_HZ)

    found = longest(Session(), live)  # type: ignore[arg-type]
    assert found.frame > 3.5
    assert found.own < 2
    assert found.metronome > 0.5
