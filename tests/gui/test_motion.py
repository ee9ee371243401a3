"""What moves by itself, on a clock of the test's own."""

import math

import pytest

from depthfusion.gui.motion import MAX_THROW_DEG_S, SWAY_AFTER_S, TURN_DEG_S, Motion
from depthfusion.view import HEAD_BOX_M, View


def run(motion: Motion, view: View, seconds: float, rate_hz: float = 60) -> View:
    for _ in range(round(seconds * rate_hz)):
        view = motion.advanced(view, 1 / rate_hz)
    return view


def throw(motion: Motion, deg_s: float) -> View:
    motion.grab()
    view = View()
    for step in range(6):
        view = View(yaw_deg=deg_s * step / 100)
        motion.dragged(view, step / 100)
    motion.let_go(5 / 100)
    return view


def test_a_thrown_view_glides_on_and_comes_to_rest() -> None:
    motion = Motion()
    view = throw(motion, 100)
    assert motion.needs_frames(view)
    end = run(motion, view, 3)
    assert 15 < end.yaw_deg - view.yaw_deg < 30
    assert not motion.needs_frames(end)


def test_a_glide_is_as_long_at_any_frame_rate() -> None:
    ends = []
    for rate_hz in (30, 240):
        motion = Motion()
        ends.append(run(motion, throw(motion, 100), 3, rate_hz).yaw_deg)
    assert ends[0] == pytest.approx(ends[1], abs=0.3)


def test_a_slow_drag_or_a_pause_before_letting_go_throws_nothing() -> None:
    motion = Motion()
    throw(motion, 1)
    assert not motion.needs_frames(View())
    motion.grab()
    motion.dragged(View(yaw_deg=0), 0)
    motion.dragged(View(yaw_deg=50), 0.05)
    motion.let_go(0.5)
    assert not motion.needs_frames(View())


def test_a_throw_has_a_greatest_speed() -> None:
    motion = Motion()
    view = throw(motion, 3000)
    after = motion.advanced(view, 0.01)
    assert abs(after.yaw_deg - view.yaw_deg) <= MAX_THROW_DEG_S * 0.01


def test_reduced_motion_knows_no_glide_no_turning_and_no_sway() -> None:
    motion = Motion()
    motion.reduced = motion.turning = motion.swaying = True
    view = throw(motion, 100)
    motion.turning = True
    motion.rested(100)
    assert not motion.needs_frames(view)
    assert run(motion, view, 1) == view


def test_held_keys_walk_within_the_head_box_and_stop_when_let_go() -> None:
    motion = Motion()
    motion.hold(0, 0, 0, 0, 1)
    far = run(motion, View(), 5)
    assert 0.28 < -far.position_m[2] < HEAD_BOX_M
    motion.hold(0, 0, 0, 0, 0)
    end = run(motion, far, 4)
    assert not motion.needs_frames(end)
    assert -end.position_m[2] == pytest.approx(0.28, abs=0.002)


def test_slow_turning_turns_and_ends_with_a_drag() -> None:
    motion = Motion()
    motion.turning = True
    assert run(motion, View(), 2).yaw_deg == pytest.approx(2 * TURN_DEG_S)
    motion.grab()
    assert not motion.turning


def test_turning_waits_while_it_is_held() -> None:
    motion = Motion()
    motion.turning = motion.held = True
    assert run(motion, View(), 2).yaw_deg == 0 and not motion.needs_frames(View())
    motion.held = False
    assert motion.needs_frames(View()) and run(motion, View(), 2).yaw_deg > 1


def test_the_sway_begins_after_a_while_is_small_and_leaves_nothing_behind() -> None:
    motion = Motion()
    motion.swaying = True
    view = View(yaw_deg=30)
    assert motion.waits_s() == pytest.approx(SWAY_AFTER_S)
    assert motion.swayed(view, 1 / 60) == view
    motion.rested(SWAY_AFTER_S)
    assert motion.waits_s() is None
    offsets = [motion.swayed(view, 1 / 60).position_m for _ in range(600)]
    assert 0.01 < max(math.hypot(*offset) for offset in offsets) < 0.05
    motion.touch()
    for _ in range(200):
        drawn = motion.swayed(view, 1 / 60)
    assert drawn == view
