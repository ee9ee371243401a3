"""A session's frames: poses, optics, hidden meshes, timing, and the end."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator

import numpy as np
import pytest

from depthfusion.errors import HeadsetError
from depthfusion.headset import EventKind, Eye, Haptic, Headset
from depthfusion.headset.desktop import DesktopHeadset
from depthfusion.headset.openvr_session import OpenVRHeadset
from tests.headset.simulated.simulated_runtime import SimulatedRuntime


@pytest.fixture
def headset(runtime: SimulatedRuntime) -> Iterator[OpenVRHeadset]:
    session = OpenVRHeadset()
    yield session
    session.close()


@pytest.mark.parametrize("backend", [OpenVRHeadset, DesktopHeadset])
def test_every_backend_has_all_that_a_headset_has(backend: type[Headset]) -> None:
    names = [name for name in vars(Headset) if not name.startswith("_")]
    assert len(names) == 11

    for name in names:
        wanted, found = getattr(Headset, name), getattr(backend, name)
        if not isinstance(wanted, property):
            assert inspect.signature(found) == inspect.signature(wanted), name


def test_a_session_says_what_it_is_with(headset: OpenVRHeadset) -> None:
    session = headset

    assert session.info.name == "DepthFusion Pretended HMD"
    assert session.info.runtime == "SteamVR 2.12.14-pretended"
    assert session.info.refresh_hz == 90
    assert session.info.eye_px == (64, 72)
    assert session.info.is_seated


def test_a_seated_head_at_rest_is_the_origin(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    frame = headset.begin_frame()

    assert frame.should_render
    assert frame.is_tracked
    np.testing.assert_allclose(frame.tracking_from_head, np.eye(4), atol=1e-6)
    assert "tracking-space seated" in runtime.log()


def test_a_standing_head_is_above_the_floor(runtime: SimulatedRuntime) -> None:
    runtime.do("head 0.3 1.7 -0.2 0 0 0")
    session = OpenVRHeadset(is_seated=False)

    place = session.begin_frame().tracking_from_head[:3, 3].copy()

    np.testing.assert_allclose(place, (0.3, 1.7, -0.2), atol=1e-6)
    assert not session.info.is_seated
    session.close()


def test_a_head_that_turns_left_looks_to_minus_x(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("head 0 1.2 0 90 0 0")  # a quarter turn counterclockwise, seen from above

    forward = headset.begin_frame().tracking_from_head @ (0, 0, -1, 0)

    np.testing.assert_allclose(forward, (-1, 0, 0, 0), atol=1e-6)


def test_lost_tracking_keeps_the_last_pose_and_says_so(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("head 0.1 1.2 0 0 0 0", "at 2 tracked 0", "at 2 head 9 9 9 9 9 9", "at 3 tracked 1")
    seen = [
        (frame.is_tracked, float(frame.tracking_from_head[0, 3]))
        for frame in (headset.begin_frame() for _ in range(3))
    ]

    assert seen[0] == (True, pytest.approx(0.1))
    assert seen[1] == (False, pytest.approx(0.1))
    assert seen[2] == (True, pytest.approx(9.0))


def test_before_the_first_pose_the_head_is_at_the_origin(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("tracked 0")

    frame = headset.begin_frame()

    assert not frame.is_tracked
    np.testing.assert_array_equal(frame.tracking_from_head, np.eye(4))


def test_a_pose_that_is_no_number_counts_as_lost(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    headset.begin_frame()
    runtime.do("head nan nan nan 0 0 0")

    frame = headset.begin_frame()

    assert not frame.is_tracked
    np.testing.assert_allclose(frame.tracking_from_head, np.eye(4), atol=1e-6)


def test_each_eye_has_its_own_tangents_and_top_is_up(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("tangents left -1.4 1.2 -1.5 1.3", "tangents right -1.1 1.3 -1.6 1.2", "event 110")
    headset.poll()

    left, right = (view.tangents for view in headset.begin_frame().views)

    assert (left.left, left.right) == pytest.approx((-1.4, 1.2))
    assert (left.bottom, left.top) == pytest.approx((-1.5, 1.3))
    assert (right.left, right.right) == pytest.approx((-1.1, 1.3))
    assert (right.bottom, right.top) == pytest.approx((-1.6, 1.2))


def test_eyes_stand_apart_and_move_with_the_head(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("head 0 1.2 0 90 0 0")  # looking to -x: the right eye is at -z

    left, right = (view.tracking_from_eye[:3, 3] for view in headset.begin_frame().views)

    np.testing.assert_allclose(left, (0, 0, 0.032), atol=1e-6)
    np.testing.assert_allclose(right, (0, 0, -0.032), atol=1e-6)


def test_canted_eyes_look_outwards(runtime: SimulatedRuntime) -> None:
    runtime.do("eye left -0.032 0 0 10 0 0", "eye right 0.032 0 0 -10 0 0")
    session = OpenVRHeadset()

    left, right = (view.tracking_from_eye @ (0, 0, -1, 0) for view in session.begin_frame().views)

    assert left[0] == pytest.approx(-math.sin(math.radians(10)))
    assert right[0] == pytest.approx(math.sin(math.radians(10)))
    session.close()


def test_a_change_of_eye_distance_is_used_in_the_next_frame(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    headset.begin_frame()
    runtime.do("ipd 0.07", "ipd 0.071", "size 80 90")

    kinds = [event.kind for event in headset.poll()]
    left, right = (view.tracking_from_eye[0, 3] for view in headset.begin_frame().views)

    assert kinds == [EventKind.OPTICS_CHANGED]  # twice moved, once told
    assert right - left == pytest.approx(0.071)
    assert headset.info.eye_px == (80, 90)


def test_the_time_to_the_photons_is_a_beat_and_the_displays_own(headset: OpenVRHeadset) -> None:
    assert headset.begin_frame().seconds_to_photons == pytest.approx(1 / 90 + 0.011, abs=1e-4)


def test_the_compositor_sets_the_pace(runtime: SimulatedRuntime, headset: OpenVRHeadset) -> None:
    import time

    runtime.do("pace 1", "hz 200", "event 110")
    headset.poll()
    begin_s = time.perf_counter()
    for _ in range(11):
        headset.begin_frame()

    assert time.perf_counter() - begin_s >= 9.9 / 200


def test_the_hidden_area_is_given_as_triangles(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("triangle left 0 0 0.25 0 0 0.5", "triangle left 1 1 0.75 1 1 0.5")

    left, right = headset.hidden_mesh(Eye.LEFT), headset.hidden_mesh(Eye.RIGHT)

    assert left.dtype == np.float32
    np.testing.assert_array_equal(left[0], [[0, 0], [0.25, 0], [0, 0.5]])
    np.testing.assert_array_equal(left[1], [[1, 1], [0.75, 1], [1, 0.5]])
    assert right.shape == (0, 3, 2)


def test_new_lenses_bring_a_new_hidden_area(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    assert len(headset.hidden_mesh(Eye.RIGHT)) == 0
    runtime.do("triangle right 0 0 1 0 0 1", "event 110")
    headset.poll()

    assert len(headset.hidden_mesh(Eye.RIGHT)) == 1


def test_recentering_makes_the_head_the_origin_and_keeps_the_horizon(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("head 0.4 1.1 0.3 60 20 0")
    headset.begin_frame()
    headset.recenter()

    kinds = [event.kind for event in headset.poll()]
    frame = headset.begin_frame()

    assert kinds == [EventKind.RECENTERED]
    np.testing.assert_allclose(frame.tracking_from_head[:3, 3], 0, atol=1e-6)
    # The heading is forward again; the head still looks 20° up, as it does.
    forward = frame.tracking_from_head @ (0, 0, -1, 0)
    np.testing.assert_allclose(
        forward[:3], (0, math.sin(math.radians(20)), -math.cos(math.radians(20))), atol=1e-6
    )


def test_a_standing_session_leaves_the_wearers_floor_where_it_is(
    runtime: SimulatedRuntime,
) -> None:
    session = OpenVRHeadset(is_seated=False)
    session.begin_frame()
    session.recenter()

    assert not [line for line in runtime.log() if line.startswith("recenter")]
    session.close()


def test_without_a_chaperone_recentering_does_nothing(runtime: SimulatedRuntime) -> None:
    runtime.do("missing IVRChaperone_004")
    session = OpenVRHeadset()

    session.recenter()

    assert session.begin_frame().is_tracked  # pyopenvr's own check would have ended the session
    session.close()


def test_a_closed_session_says_so_and_ends_once(runtime: SimulatedRuntime) -> None:
    session = OpenVRHeadset()
    session.close()
    session.close()

    assert runtime.log().count("cleanup") == 1
    assert list(session.poll()) == []
    session.recenter()
    session.after_mirror()
    session.pulse(Haptic())
    for action in (session.begin_frame, session.controls, session.timing):
        with pytest.raises(HeadsetError, match="closed"):
            action()


def test_one_session_after_another(runtime: SimulatedRuntime) -> None:
    for _ in range(3):
        session = OpenVRHeadset()
        assert session.begin_frame().is_tracked
        session.close()


# --- frame timing --------------------------------------------------------------------------


@pytest.mark.parametrize("size", [188, 192])
def test_timing_is_read_whichever_size_the_runtime_knows(
    runtime: SimulatedRuntime, headset: OpenVRHeadset, size: int
) -> None:
    runtime.do(f"timing_size {size}", "gpu_ms 5.5")
    headset.begin_frame()
    assert headset.timing() is None  # no frame is finished yet
    headset.begin_frame()

    timing = headset.timing()

    assert timing is not None
    assert timing.index == 1
    assert timing.gpu_s == pytest.approx(0.0055)
    assert timing.period_s == pytest.approx(1 / 90)
    assert timing.dropped == 0
    assert 0 <= timing.cpu_s < 1


def test_a_runtime_that_knows_another_size_gives_no_timing(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    runtime.do("timing_size 200")
    headset.begin_frame()
    headset.begin_frame()

    assert headset.timing() is None


def test_dropped_frames_are_counted(runtime: SimulatedRuntime, headset: OpenVRHeadset) -> None:
    runtime.do("drop 3")
    headset.begin_frame()
    runtime.do("drop 2")
    headset.begin_frame()

    timing = headset.timing()

    assert timing is not None
    assert timing.dropped == 2


def test_a_frame_that_takes_too_long_is_a_dropped_one(
    runtime: SimulatedRuntime, headset: OpenVRHeadset
) -> None:
    import time

    runtime.do("pace 1")
    headset.begin_frame()
    time.sleep(2.5 / 90)
    headset.begin_frame()

    timing = headset.timing()

    assert timing is not None
    assert timing.dropped >= 2


def test_the_same_frame_gives_the_same_timing_object(headset: OpenVRHeadset) -> None:
    headset.begin_frame()
    headset.begin_frame()

    assert headset.timing() is headset.timing()
