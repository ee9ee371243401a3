"""The surface of a large panorama, prepared in a process beside the window."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from depthfusion.gui import surface_process
from depthfusion.gui.loading import Failed, Finished, Limits, Loading, Source, Staged
from depthfusion.gui.surface_process import (
    Order,
    SurfaceProcess,
    is_worth_a_process,
    receive,
    send,
)
from depthfusion.panorama import Panorama
from depthfusion.renderer import Quality, Stage
from depthfusion.renderer.stages import surface_stage

TIMEOUT_S = 60
LIMITS = Limits(max_texture_px=16384, software=True)


def post_before_a_wall(height_px: int = 128) -> Panorama:
    depth = np.full((height_px, 2 * height_px), 0.2, np.float32)
    depth[height_px // 4 : -height_px // 4, height_px : height_px + 20] = 0.9
    color = np.random.default_rng(1).integers(0, 255, (*depth.shape, 3), np.uint8)
    return Panorama(color, depth)


@pytest.fixture
def process() -> Iterator[SurfaceProcess]:
    made = SurfaceProcess()
    yield made
    made.close()


def same(one: Stage, other: Stage) -> bool:
    assert one.mesh is not None
    assert other.mesh is not None
    assert one.background is not None
    assert other.background is not None
    return (
        np.array_equal(one.mesh.vertices, other.mesh.vertices)
        and np.array_equal(one.mesh.stretched, other.mesh.stretched)
        and np.array_equal(one.background.fill, other.background.fill)
        and one.relief.near_m == other.relief.near_m
    )


def stages_of(loading: Loading) -> list[Stage]:
    loading.give_limits(LIMITS)
    assert loading.join(TIMEOUT_S)
    found: list[Stage] = []
    while (event := loading.take()) is not None:
        assert not isinstance(event, Failed), event
        if isinstance(event, Staged):
            found.append(event.stage)
        is_last = isinstance(event, Finished)
    assert is_last
    return found


def test_the_process_makes_the_same_surface(process: SurfaceProcess) -> None:
    panorama = post_before_a_wall()
    made = process.made(Order(panorama, Quality(), 16384, True, True))
    assert made is not None
    assert same(made, surface_stage(panorama, software=True, inverted=True))
    assert not same(made, surface_stage(panorama, software=True))


def test_a_large_panorama_is_prepared_beside_and_a_small_one_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not is_worth_a_process(post_before_a_wall())
    monkeypatch.setattr(surface_process, "LARGE_TEXELS", 1000)
    assert is_worth_a_process(post_before_a_wall())
    assert not is_worth_a_process(Panorama(post_before_a_wall().color))  # no depth, no surface
    monkeypatch.setattr("sys.frozen", True, raising=False)
    assert not is_worth_a_process(post_before_a_wall())


def test_loading_takes_the_surface_from_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surface_process, "LARGE_TEXELS", 1000)
    here = sys.modules[surface_stage.__module__]  # the package has a function of that name
    monkeypatch.setattr(here, "surface_stage", None)
    panorama = post_before_a_wall()
    picture, surface = stages_of(Loading(Source(panorama=panorama)))
    monkeypatch.undo()
    assert picture.color is panorama.color  # not copied where the processor draws
    assert same(surface, surface_stage(panorama, software=True))


def test_a_process_that_dies_leaves_the_work_to_the_window(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Dying(SurfaceProcess):
        def made(self, order: Order) -> Stage | None:
            self.stop()
            return super().made(order)

    monkeypatch.setattr(surface_process, "LARGE_TEXELS", 1000)
    monkeypatch.setattr("depthfusion.gui.loading.SurfaceProcess", Dying)
    panorama = post_before_a_wall()
    _, surface = stages_of(Loading(Source(panorama=panorama)))
    assert same(surface, surface_stage(panorama, software=True))


def test_where_no_process_can_be_started_the_window_does_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(surface_process, "LARGE_TEXELS", 1000)
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    assert len(stages_of(Loading(Source(panorama=post_before_a_wall())))) == 2


def test_who_opens_something_else_waits_for_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surface_process, "LARGE_TEXELS", 1000)
    loading = Loading(Source(panorama=post_before_a_wall(2048)))
    loading.give_limits(LIMITS)
    end_s = time.monotonic() + TIMEOUT_S
    while loading._beside is None and time.monotonic() < end_s:
        time.sleep(0.01)
    beside = loading._beside
    assert beside is not None
    loading.cancel()
    assert loading.join(TIMEOUT_S)
    assert beside._process is None
    assert loading.take() is None


def test_arrays_go_through_a_pipe_as_they_are() -> None:
    arrays: list[NDArray[Any]] = [np.arange(6, dtype=np.uint16).reshape(2, 3), np.empty((0, 4))]
    pipe = io.BytesIO()
    send(pipe, {"arrays": arrays, "name": "a bay"})
    data = pipe.getvalue()
    got = receive(io.BytesIO(data))
    assert got["name"] == "a bay"
    for sent, received in zip(arrays, got["arrays"], strict=True):
        assert sent.dtype == received.dtype
        assert np.array_equal(sent, received)
    for length in (0, 5, 30, len(data) - 1):
        with pytest.raises(EOFError):
            receive(io.BytesIO(data[:length]))
