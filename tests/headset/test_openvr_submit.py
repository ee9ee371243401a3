"""What reaches the eyes: read back from what was submitted."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from depthfusion.errors import HeadsetError
from depthfusion.headset import EventKind, Submission
from depthfusion.headset.openvr_session import OpenVRHeadset
from tests.headset.simulated.simulated_runtime import SimulatedRuntime, environment

pytestmark = pytest.mark.gl

SIZE_PX = (64, 72)
RED, GREEN, BLUE, WHITE = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (255,) * 4
SRGB8_ALPHA8 = 0x8C43
FRAMEBUFFER_SRGB = 0x8DB9

MakeEye = Callable[..., Submission]


@pytest.fixture
def headset(runtime: SimulatedRuntime, gl_context: moderngl.Context) -> Iterator[OpenVRHeadset]:
    runtime.do("capture 1")
    session = OpenVRHeadset()
    yield session
    session.close()


@pytest.fixture
def eye(gl_context: moderngl.Context) -> Iterator[MakeEye]:
    """Make a picture of one color, with others for its upper half and its right half."""
    made: list[moderngl.Texture] = []

    def make(
        color: tuple[int, ...],
        *,
        upper: tuple[int, ...] | None = None,
        right: tuple[int, ...] | None = None,
        used_px: tuple[int, int] = SIZE_PX,
        internal_format: int | None = None,
    ) -> Submission:
        width, height = SIZE_PX
        rows = np.empty((height, width, 4), np.uint8)  # as OpenGL keeps them: row 0 is the lowest
        rows[:] = color
        if right is not None:
            rows[:, used_px[0] // 2 :] = right
        if upper is not None:
            rows[used_px[1] // 2 :] = upper
        made.append(gl_context.texture(SIZE_PX, 4, rows, internal_format=internal_format))
        return Submission(made[-1].glo, SIZE_PX, used_px)

    yield make
    for texture in made:
        texture.release()


def show(
    headset: OpenVRHeadset, runtime: SimulatedRuntime, left: Submission, right: Submission
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    headset.begin_frame()
    headset.end_frame((left, right))
    return runtime.picture(0), runtime.picture(1)


def test_left_and_right_are_not_swapped(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, eye: MakeEye
) -> None:
    left, right = show(headset, runtime, eye(RED), eye(BLUE))

    assert (left == RED).all()
    assert (right == BLUE).all()


def test_pictures_are_upright_and_not_mirrored(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, eye: MakeEye
) -> None:
    left, _ = show(headset, runtime, eye(RED, right=GREEN, upper=WHITE), eye(RED))

    assert left.shape == (72, 64, 4)
    assert (left[:36] == WHITE).all()
    assert (left[36:, :32] == RED).all()
    assert (left[36:, 32:] == GREEN).all()


def test_only_the_part_that_was_drawn_is_shown(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, eye: MakeEye
) -> None:
    small = eye(RED, right=GREEN, upper=WHITE, used_px=(32, 36))

    left, right = show(headset, runtime, small, eye(BLUE, used_px=(48, 27)))

    assert left.shape == (36, 32, 4)
    assert (left[:18] == WHITE).all()
    assert (left[18:, :16] == RED).all()
    assert (left[18:, 16:] == GREEN).all()
    assert right.shape == (27, 48, 4)


def test_srgb_textures_are_shown_as_they_are(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, eye: MakeEye
) -> None:
    gray = (118, 118, 118, 255)

    left, _ = show(headset, runtime, eye(gray, internal_format=SRGB8_ALPHA8), eye(gray))

    assert (left == gray).all()


def test_a_frame_has_one_order(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, eye: MakeEye
) -> None:
    runtime.log()
    runtime.do("trace 1")
    headset.poll()
    headset.begin_frame()
    headset.controls()
    headset.end_frame((eye(RED), eye(BLUE)))
    headset.after_mirror()

    assert [line.split()[0] for line in runtime.log()] == [
        "wait", "update-actions", "submit", "submit", "handoff",
    ]  # fmt: skip


def test_an_egl_context_is_told_as_one_and_colors_as_gamma_encoded(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, eye: MakeEye
) -> None:
    headset.begin_frame()
    runtime.log()
    runtime.do("trace 1")
    headset.end_frame((eye(RED), eye(BLUE)))

    assert runtime.log() == [
        "submit left bounds 0 0 1 1 color 1 flags 256",
        "submit right bounds 0 0 1 1 color 1 flags 256",
    ]


def test_no_picture_is_no_submission(runtime: SimulatedRuntime, headset: OpenVRHeadset) -> None:
    runtime.log()
    runtime.do("trace 1")
    headset.begin_frame()
    headset.end_frame(None)
    headset.after_mirror()

    assert runtime.log() == ["wait", "handoff"]


# --- what the runtime refuses ----------------------------------------------------------------


def test_without_focus_pictures_are_dropped_and_the_session_goes_on(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, eye: MakeEye
) -> None:
    eyes = eye(RED), eye(BLUE)
    runtime.do("at 2 lose_focus", "at 4 gain_focus", "at 2 head 5 5 5 0 0 0")
    kinds = []
    tracked = []
    for _ in range(4):
        frame = headset.begin_frame()
        tracked.append((frame.should_render, frame.is_tracked))
        headset.end_frame(eyes)
        kinds += [event.kind for event in headset.poll()]

    assert kinds == [EventKind.FOCUS_LOST, EventKind.FOCUS_GAINED]
    assert tracked == [(True, True), (True, False), (True, False), (True, True)]


def test_a_picture_given_twice_is_dropped_silently(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, eye: MakeEye
) -> None:
    first, second = (eye(RED), eye(BLUE)), (eye(GREEN), eye(GREEN))
    headset.begin_frame()
    headset.end_frame(first)
    for _ in range(200):  # longer than an error that may pass is borne
        headset.end_frame(second)

    assert (runtime.picture(0) == RED).all()


def test_a_picture_before_the_first_pose_is_dropped_silently(
    headset: OpenVRHeadset, eye: MakeEye
) -> None:
    headset.end_frame((eye(RED), eye(BLUE)))


def test_a_multisampled_texture_is_told_in_words(
    headset: OpenVRHeadset, gl_context: moderngl.Context
) -> None:
    texture = gl_context.texture(SIZE_PX, 4, samples=4)
    headset.begin_frame()

    with pytest.raises(HeadsetError, match="one sample a pixel, RGBA8 or SRGB8_ALPHA8"):
        headset.end_frame((Submission(texture.glo, SIZE_PX, SIZE_PX),) * 2)
    texture.release()


def test_a_texture_of_floats_is_told_in_words(
    headset: OpenVRHeadset, gl_context: moderngl.Context
) -> None:
    texture = gl_context.texture(SIZE_PX, 4, dtype="f2")
    headset.begin_frame()

    with pytest.raises(HeadsetError, match="compositor error 105"):
        headset.end_frame((Submission(texture.glo, SIZE_PX, SIZE_PX),) * 2)
    texture.release()


def test_no_texture_at_all_is_told_in_words(headset: OpenVRHeadset) -> None:
    headset.begin_frame()

    with pytest.raises(HeadsetError, match="invalid texture"):
        headset.end_frame((Submission(4711, SIZE_PX, SIZE_PX),) * 2)


def test_errors_that_may_pass_end_the_session_only_after_a_while(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, eye: MakeEye
) -> None:
    eyes = eye(RED), eye(BLUE)
    runtime.do("submit_error 4242")  # pyopenvr itself would raise KeyError
    with pytest.raises(HeadsetError, match="not known"):
        for _ in range(1000):
            headset.begin_frame()
            headset.end_frame(eyes)

    runtime.do("submit_error 0")
    headset.begin_frame()
    headset.end_frame(eyes)  # a caller may try once more


def test_a_few_refused_waits_pass(runtime: SimulatedRuntime, headset: OpenVRHeadset) -> None:
    runtime.do("hz 1000", "event 110", "wait_error 1", "at 5 wait_error 0")
    headset.poll()
    seen = [headset.begin_frame().is_tracked for _ in range(6)]

    assert seen == [False] * 4 + [True, True]


def test_a_runtime_that_takes_us_for_no_drawing_program_ends_it(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("wait_error 103")

    with pytest.raises(HeadsetError, match="does not take this program for one that draws"):
        headset.begin_frame()


# --- OpenGL hygiene --------------------------------------------------------------------------


def test_what_the_runtime_leaves_behind_is_cleaned_up(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, eye: MakeEye, gl_context: moderngl.Context
) -> None:
    runtime.do("dirty 1")
    headset.begin_frame()
    eyes = eye(RED), eye(BLUE)
    assert gl_context.error == "GL_NO_ERROR"

    headset.end_frame(eyes)

    assert bound_texture() == 0
    assert gl_context.error == "GL_NO_ERROR"


def test_the_runtime_does_leave_something_behind(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, eye: MakeEye, gl_context: moderngl.Context
) -> None:
    """The test above can fail."""
    runtime.do("dirty 1")
    eyes = eye(RED), eye(BLUE)
    headset.begin_frame()
    headset.end_frame(eyes)
    compositor = headset._compositor
    assert compositor.last_gl_errors == 1  # OpenGL keeps one of a kind until it is asked

    assert compositor._context is not None
    compositor._context.after_submit = lambda: 0  # type: ignore[method-assign]
    headset.begin_frame()
    headset.end_frame(eyes)

    assert bound_texture() != 0
    assert gl_context.error == "GL_INVALID_ENUM"


def bound_texture() -> int:
    value = ctypes.c_int()
    ctypes.CDLL("libGL.so.1").glGetIntegerv(0x8069, ctypes.byref(value))
    return value.value


def test_a_context_that_the_runtime_took_away_is_current_again(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, eye: MakeEye, gl_context: moderngl.Context
) -> None:
    runtime.do("steal 1")

    left, right = show(headset, runtime, eye(RED), eye(BLUE))

    assert (left == RED).all()
    assert (right == BLUE).all()
    texture = gl_context.texture((1, 1), 4, bytes(WHITE))
    assert texture.read() == bytes(WHITE)
    texture.release()


def test_a_scissor_that_is_still_set_cuts_nothing(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, eye: MakeEye, gl_context: moderngl.Context
) -> None:
    color = gl_context.renderbuffer((8, 8))
    target = gl_context.framebuffer([color])
    target.use()
    target.scissor = (0, 0, 4, 4)

    left, _ = show(headset, runtime, eye(RED), eye(BLUE))

    assert (left == RED).all()
    target.release()
    color.release()


def test_srgb_writing_that_is_still_on_lightens_nothing(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, eye: MakeEye, gl_context: moderngl.Context
) -> None:
    gray = (118, 118, 118, 255)
    library = ctypes.CDLL("libGL.so.1")
    library.glEnable(FRAMEBUFFER_SRGB)

    left, _ = show(headset, runtime, eye(gray), eye(gray))

    assert (left == gray).all()


def test_commands_are_sent_off_after_both_eyes(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, eye: MakeEye
) -> None:
    eyes = eye(RED), eye(BLUE)
    show(headset, runtime, *eyes)
    context = headset._compositor._context
    assert context is not None
    context._flush = lambda: runtime.do("trace 0")  # stands in for glFlush
    runtime.log()
    runtime.do("trace 1")

    headset.begin_frame()
    headset.end_frame(eyes)
    headset.after_mirror()

    assert [line.split()[0] for line in runtime.log()] == ["wait", "submit", "submit"]


def test_without_a_context_it_is_told_in_words(runtime: SimulatedRuntime) -> None:
    session = OpenVRHeadset()
    session.begin_frame()

    with pytest.raises(HeadsetError, match="OpenGL context that is current"):
        session.end_frame((Submission(1, SIZE_PX, SIZE_PX),) * 2)
    session.close()


_GLX = """
import moderngl
from depthfusion.headset import Submission
from depthfusion.headset.openvr_session import OpenVRHeadset

context = moderngl.create_context(standalone=True, require=330)
texture = context.texture((64, 72), 4, bytes([255, 0, 0, 255]) * 64 * 72)
headset = OpenVRHeadset()
headset.begin_frame()
headset.end_frame((Submission(texture.glo, (64, 72), (64, 72)),) * 2)
headset.close()
"""


@pytest.mark.gui
def test_a_glx_context_is_not_told_as_egl(runtime_folder: Path, tmp_path: Path) -> None:
    script, log = tmp_path / "script", tmp_path / "log"
    script.write_text("trace 1\n")
    variables = {**os.environ, **environment(runtime_folder, script, log)}

    result = subprocess.run(
        [sys.executable, "-c", _GLX], env=variables, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stderr
    submitted = [line for line in log.read_text().splitlines() if line.startswith("submit")]
    assert len(submitted) == 2
    assert all(line.endswith("flags 0") for line in submitted)
