"""Frames that follow one another: nothing grows, little is done."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator

import moderngl
import pytest

from depthfusion.headset import Submission
from depthfusion.headset.openvr_session import OpenVRHeadset
from tests.headset.simulated.simulated_runtime import SimulatedRuntime

pytestmark = pytest.mark.gl

FRAMES, ROUNDS = 500, 3


@pytest.fixture
def headset(runtime: SimulatedRuntime, gl_context: moderngl.Context) -> Iterator[OpenVRHeadset]:
    session = OpenVRHeadset()
    runtime.do("sway 0.1", "dirty 1", "push adjust 0.5 0.5")
    yield session
    session.close()


@pytest.fixture
def eyes(gl_context: moderngl.Context) -> Iterator[tuple[Submission, Submission]]:
    textures = [gl_context.texture((64, 72), 4) for _ in range(2)]
    left, right = (Submission(texture.glo, (64, 72), (64, 72)) for texture in textures)
    yield left, right
    for texture in textures:
        texture.release()


def run(headset: OpenVRHeadset, eyes: tuple[Submission, Submission], frames: int) -> None:
    for _ in range(frames):
        headset.poll()
        headset.begin_frame()
        headset.controls()
        headset.end_frame(eyes)
        headset.after_mirror()
        headset.timing()


def test_a_steady_frame_leaves_nothing_behind(
    headset: OpenVRHeadset, eyes: tuple[Submission, Submission]
) -> None:
    run(headset, eyes, 50)
    gc.collect()
    tracemalloc.start()
    try:
        run(headset, eyes, 10)
        rounds = [_left_and_peak(headset, eyes) for _ in range(ROUNDS)]
    finally:
        tracemalloc.stop()

    # What a frame leaves, it leaves in each round; what Python rearranges of its own, in one.
    assert min(left for left, _ in rounds) < 2000  # bytes, after 500 frames
    assert min(peak for _, peak in rounds) < 6000  # bytes that live for a part of a frame


def _left_and_peak(headset: OpenVRHeadset, eyes: tuple[Submission, Submission]) -> tuple[int, int]:
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    run(headset, eyes, FRAMES)
    after, peak = tracemalloc.get_traced_memory()
    return after - before, peak - before


def test_a_steady_frame_gives_the_garbage_collector_nothing_to_do(
    headset: OpenVRHeadset, eyes: tuple[Submission, Submission]
) -> None:
    run(headset, eyes, 50)
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        run(headset, eyes, FRAMES)
        after = len(gc.get_objects())
        cycles = gc.collect()
    finally:
        gc.enable()

    assert after - before < 10
    assert cycles == 0
