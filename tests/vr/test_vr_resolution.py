"""Fewer pixels at once where frames are late, more again after a while."""

from __future__ import annotations

import itertools

import pytest

from depthfusion.headset import FrameTiming
from depthfusion.vr.resolution import MIN_SCALE, Resolution, target_px

PERIOD_S = 1 / 90
SIZE_PX = (2016, 2240)


class Gpu:
    """Draws in a time that grows with the pixels, and tells of each frame."""

    def __init__(self, full_load: float) -> None:
        self.full_load = full_load
        self.numbers = itertools.count()

    def timing(self, resolution: Resolution, *, dropped: int | None = None) -> FrameTiming:
        used = resolution.used_px[0] * resolution.used_px[1] / (SIZE_PX[0] * SIZE_PX[1])
        load = self.full_load * used
        drops = int(load > 1) if dropped is None else dropped
        return FrameTiming(next(self.numbers), PERIOD_S, load * PERIOD_S, 0.002, drops)


def run(resolution: Resolution, gpu: Gpu, frames: int) -> list[float]:
    scales = []
    for _ in range(frames):
        resolution.note(gpu.timing(resolution))
        scales.append(resolution.scale)
    return scales


def test_the_target_is_the_recommended_size_times_the_factor():
    assert target_px((2016, 2240), 1.0, 16384) == (2016, 2240)
    assert target_px((2016, 2240), 1.25, 16384) == (2520, 2800)


@pytest.mark.parametrize(("factor", "size"), [(0.1, (1000, 1000)), (9.0, (4000, 4000))])
def test_a_factor_beyond_reason_is_held(factor, size):
    assert target_px((2000, 2000), factor, 16384) == size


def test_a_target_never_exceeds_what_the_context_can():
    assert target_px((4000, 5000), 2.0, 8192) == (6552, 8192)


def test_a_gpu_that_is_quick_enough_keeps_every_pixel():
    resolution = Resolution(SIZE_PX)
    run(resolution, Gpu(0.85), 500)
    assert resolution.used_px == SIZE_PX


def test_late_frames_are_answered_at_once():
    resolution = Resolution(SIZE_PX)
    assert resolution.note(Gpu(1.3).timing(resolution))
    assert resolution.scale <= 0.8
    assert resolution.used_px[0] < SIZE_PX[0]


def test_it_settles_below_the_limit_within_a_few_frames():
    resolution, gpu = Resolution(SIZE_PX), Gpu(2.0)
    run(resolution, gpu, 20)
    load = gpu.timing(resolution).gpu_s / PERIOD_S
    assert 0.6 < load < 0.9


def test_it_does_not_swing():
    resolution, gpu = Resolution(SIZE_PX), Gpu(1.5)
    scales = run(resolution, gpu, 5000)[50:]
    falls = sum(b < a for a, b in itertools.pairwise(scales))
    assert falls == 0


def test_it_rises_slowly_and_only_after_seconds_of_room():
    resolution, gpu = Resolution(SIZE_PX), Gpu(2.0)
    run(resolution, gpu, 30)
    low = resolution.scale
    gpu.full_load = 0.4
    assert run(resolution, gpu, 200)[-1] == low  # 2.2 s
    scales = run(resolution, gpu, 2000)
    assert max(b - a for a, b in itertools.pairwise(scales)) < 0.07
    assert scales[-1] == 1.0
    assert resolution.used_px == SIZE_PX


def test_it_never_falls_below_its_least():
    resolution = Resolution(SIZE_PX)
    run(resolution, Gpu(50.0), 200)
    assert resolution.scale == MIN_SCALE
    assert resolution.used_px == (1008, 1120)


def test_one_frame_told_twice_counts_once():
    resolution = Resolution(SIZE_PX)
    timing = Gpu(1.3).timing(resolution)
    assert resolution.note(timing)
    scale = resolution.scale
    for _ in range(50):
        resolution.note(timing)
    assert resolution.scale == scale


def test_a_frame_dropped_because_of_the_processor_costs_no_pixels():
    resolution = Resolution(SIZE_PX)
    slow = FrameTiming(1, PERIOD_S, 0.3 * PERIOD_S, 2 * PERIOD_S, dropped=1)
    assert not resolution.note(slow)
    assert resolution.scale == 1.0


def test_a_runtime_that_says_nothing_changes_nothing():
    resolution = Resolution(SIZE_PX)
    assert not resolution.note(None)


def test_another_target_keeps_the_scale():
    resolution = Resolution(SIZE_PX)
    run(resolution, Gpu(2.0), 20)
    scale = resolution.scale
    resolution.resize((1000, 1200))
    assert resolution.used_px == (int(1000 * scale) // 8 * 8, int(1200 * scale) // 8 * 8)


def test_the_used_part_keeps_the_targets_shape():
    resolution = Resolution(SIZE_PX)
    for load in (1.1, 1.2, 1.3):
        run(resolution, Gpu(load), 5)
        width, height = resolution.used_px
        assert width / height == pytest.approx(0.9, abs=0.01)
        assert width % 8 == height % 8 == 0
