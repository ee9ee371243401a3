"""The headset made of air."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from depthfusion.errors import HeadsetError
from depthfusion.headset import Controls, Event, EventKind, Eye, Haptic, Submission
from depthfusion.headset.desktop import DesktopHeadset, DesktopOptions

FAST = DesktopOptions(is_paced=False)


def turned(yaw_deg: float, place: tuple[float, float, float] = (0, 0, 0)) -> NDArray[np.float64]:
    yaw_rad = math.radians(yaw_deg)
    pose = np.eye(4)
    pose[0, 0] = pose[2, 2] = math.cos(yaw_rad)
    pose[0, 2] = math.sin(yaw_rad)
    pose[2, 0] = -math.sin(yaw_rad)
    pose[:3, 3] = place
    return pose


def test_it_says_what_it_is_and_shows_all_of_a_picture() -> None:
    headset = DesktopHeadset(FAST)

    assert headset.info.name == "Desktop"
    assert headset.info.eye_px == (960, 1080)
    assert headset.begin_frame().should_render
    assert headset.hidden_mesh(Eye.LEFT).shape == (0, 3, 2)


def test_eyes_stand_63_mm_apart_and_look_straight_ahead() -> None:
    frame = DesktopHeadset(FAST).begin_frame()
    left, right = (view.tracking_from_eye for view in frame.views)

    np.testing.assert_allclose(right[:3, 3] - left[:3, 3], (0.063, 0, 0), atol=1e-12)
    np.testing.assert_array_equal(left[:3, :3], np.eye(3))


def test_tangents_are_symmetric_and_fit_the_picture() -> None:
    tangents = DesktopHeadset(FAST).begin_frame().views[0].tangents

    assert tangents.top == pytest.approx(1.0)
    assert tangents.bottom == -tangents.top
    assert tangents.right == pytest.approx(960 / 1080)
    assert tangents.left == -tangents.right


def test_eyes_follow_the_scripted_head() -> None:
    headset = DesktopHeadset(
        DesktopOptions(is_paced=False, pose=lambda frame: turned(90.0 * frame, (0, 0, 1)))
    )
    headset.begin_frame()

    left, right = (view.tracking_from_eye[:3, 3] for view in headset.begin_frame().views)

    np.testing.assert_allclose(left, (0, 0, 1.0315), atol=1e-9)
    np.testing.assert_allclose(right, (0, 0, 0.9685), atol=1e-9)


def test_recentering_makes_the_head_the_origin() -> None:
    headset = DesktopHeadset(DesktopOptions(is_paced=False, pose=lambda _: turned(40, (1, 2, 3))))
    headset.begin_frame()
    headset.recenter()

    np.testing.assert_allclose(headset.begin_frame().tracking_from_head, np.eye(4), atol=1e-12)
    assert [event.kind for event in headset.poll()] == [EventKind.RECENTERED]


def test_events_and_controls_come_from_the_script() -> None:
    headset = DesktopHeadset(
        DesktopOptions(is_paced=False, controls=lambda frame: Controls(next_world=frame == 1))
    )
    headset.post(Event(EventKind.QUIT))

    assert headset.poll() == [Event(EventKind.QUIT)]
    assert headset.poll() == []
    pressed = []
    for _ in range(3):
        headset.begin_frame()
        pressed.append(headset.controls().next_world)
    assert pressed == [False, True, False]


def test_what_was_drawn_is_kept() -> None:
    headset = DesktopHeadset(FAST)
    eyes = Submission(1, (8, 8), (4, 4)), Submission(2, (8, 8), (4, 4))
    headset.begin_frame()
    headset.end_frame(eyes)
    headset.after_mirror()
    headset.end_frame(None)
    headset.pulse(Haptic())

    assert headset.submitted == eyes
    assert headset.pulses == [Haptic()]


def test_the_clock_sets_the_pace() -> None:
    begin_s = time.perf_counter()
    headset = DesktopHeadset(DesktopOptions(refresh_hz=200))
    for _ in range(11):
        headset.begin_frame()

    assert time.perf_counter() - begin_s >= 9.9 / 200
    timing = headset.timing()
    assert timing is not None
    assert timing.period_s == 1 / 200


def test_a_late_frame_counts_as_dropped() -> None:
    headset = DesktopHeadset(DesktopOptions(refresh_hz=200))
    headset.begin_frame()
    assert headset.timing() is None
    time.sleep(3.5 / 200)
    headset.begin_frame()

    timing = headset.timing()

    assert timing is not None
    assert timing.dropped >= 2
    assert timing.cpu_s >= 3.5 / 200


def test_a_closed_one_says_so() -> None:
    headset = DesktopHeadset(FAST)
    headset.close()
    headset.close()

    with pytest.raises(HeadsetError, match="closed"):
        headset.begin_frame()
