"""The frame loop with a headset made of air."""

from __future__ import annotations

import gc
import itertools
import sys
from dataclasses import replace

import numpy as np
import pytest

from depthfusion.headset import Controls, Event, EventKind, Eye, FrameTiming
from depthfusion.view import Mapping, View
from depthfusion.vr.crossfade import OVERLAP_S
from depthfusion.vr.loader import Complete, NotLoaded, Staged
from depthfusion.vr.messages import (
    Beat,
    Begin,
    ChangeView,
    Ended,
    Leave,
    Ready,
    Shown,
    ShowWorld,
    Status,
    ViewSteered,
    Wish,
    Wished,
    WorldFailed,
)
from tests.vr.vr_fakes import EYE_PX, PERIOD_S, Session, pose, stage


@pytest.fixture
def session() -> Session:
    return Session()


def test_a_frame_goes_in_the_runtimes_order(session):
    session.show()
    session.log.clear()
    session.frames(1)
    assert session.log == [
        "poll", "begin", "controls", "draw left", "draw right", "end", "mirror", "after mirror",
    ]  # fmt: skip


def test_the_pictures_are_submitted_left_first_with_the_part_that_was_drawn(session):
    session.show()
    left, right = session.headset.submitted
    assert (left.texture, right.texture) == (7, 8)
    assert left.used_px == right.used_px == EYE_PX


def test_a_frame_that_is_not_to_be_drawn_is_ended_without_pictures(session):
    session.headset.should_render = False
    session.frames(1)
    assert "end without pictures" in session.log
    assert not any(entry.startswith("draw") for entry in session.log)


def test_the_head_is_taken_as_the_centre_in_the_first_tracked_frame(session):
    session.headset.head = pose(0.3, 1.2, -0.5)
    session.headset.is_tracked = False
    session.frames(3)
    session.headset.is_tracked = True
    [drawn] = session.frames(1)
    assert drawn.position_m == pytest.approx([-0.032, 0, 0])
    assert session.drawing.drawn[Eye.RIGHT].position_m == pytest.approx([0.032, 0, 0])


def test_moving_the_head_moves_the_eyes_by_as_much(session):
    session.frames(1)
    session.headset.head = pose(0.1, 0.02, -0.05)
    [drawn] = session.frames(1)
    assert drawn.position_m == pytest.approx([0.068, 0.02, -0.05])


def test_the_session_says_what_it_is_with(session):
    session.desk.orders.append(Leave())
    assert session.loop.run() == Ended("")
    assert session.desk.said[0] == Ready("Fake", "Air 1.0", 90.0, EYE_PX)


def test_a_world_is_uploaded_between_frames_and_fades_in(session):
    session.frames(5)
    session.desk.orders.append(ShowWorld(4, "world.png"))
    levels = [drawn.light for drawn in session.frames(60)]
    assert session.drawing.uploads == ["picture", "surface"]
    assert session.drawing.has_world
    assert session.desk.of(Shown) == [Shown(4)]
    assert levels[-1] == 1.0
    assert max(b - a for a, b in itertools.pairwise(levels)) < 0.04
    after = session.log.index("after mirror", session.log.index("upload") - 1)
    assert session.log[after + 1] == "upload"


def test_the_old_world_stays_bright_while_the_next_is_read(session):
    session.show(1)
    session.loader.is_quick = False
    session.desk.orders.append(ShowWorld(2, "slow.png"))
    assert {drawn.light for drawn in session.frames(200)} == {1.0}


def test_only_one_slice_is_uploaded_in_a_frame(session):
    session.drawing.slices = 4
    session.desk.orders.append(ShowWorld(1, "large.png"))
    for _ in range(20):
        before = session.log.count("upload")
        session.frames(1)
        assert session.log.count("upload") - before <= 1
    assert session.log.count("upload") == 8


def test_after_a_slow_frame_slices_are_uploaded_for_a_tenth_of_its_time(session):
    session.drawing.slices = 40
    taken_s, upload = 0.002, session.drawing.upload

    def slow_upload(stage):
        session.clock.now_s += taken_s
        return upload(stage)

    session.drawing.upload = slow_upload
    session.desk.orders.append(ShowWorld(1, "large.png"))
    for _ in range(12):
        before = session.log.count("upload")
        session.clock.now_s += 0.06  # as a CPU takes to draw
        session.frames(1)
        assert session.log.count("upload") - before in (0, 4)
    assert session.log.count("upload") >= 40


def test_a_world_that_is_overtaken_while_it_comes_is_let_go(session):
    session.drawing.slices = 50
    session.desk.orders.append(ShowWorld(1, "a.png"))
    session.frames(5)
    session.drawing.slices = 1
    session.desk.orders.append(ShowWorld(2, "b.png"))
    session.frames(30)
    assert "drop" in session.log
    assert session.desk.of(Shown) == [Shown(2)]


def test_late_news_of_an_overtaken_world_is_passed_over(session):
    session.loader.is_quick = False
    old, new = ShowWorld(1, "a.png"), ShowWorld(2, "b.png")
    session.desk.orders += [old, new]
    session.frames(1)
    session.loader.events += [Staged(old, stage(), "old"), Complete(old), NotLoaded(old, "gone")]
    session.frames(10)
    assert session.drawing.uploads == []
    assert session.desk.of(Shown) == []
    assert session.desk.of(WorldFailed) == []


def test_a_world_that_cannot_be_read_is_told_and_the_old_one_stays(session):
    session.show(1)
    session.loader.is_quick = False
    order = ShowWorld(2, "bad.png")
    session.desk.orders.append(order)
    session.frames(1)
    session.loader.events.append(NotLoaded(order, "bad.png: not a picture"))
    levels = [drawn.light for drawn in session.frames(30)]
    assert session.desk.of(WorldFailed) == [WorldFailed(2, "bad.png: not a picture")]
    assert set(levels) == {1.0}
    assert session.drawing.worlds == 1


def test_the_picture_fades_where_the_head_leaves_the_box_and_comes_back(session):
    session.show()
    session.headset.head = pose(0.5)
    assert session.frames(30)[-1].brightness == 0.0
    assert session.frames(30)[-1].panel_opacity == 1.0  # which says how to come back
    session.headset.head = pose(0.05)
    assert session.frames(60)[-1].brightness == 1.0


def test_a_head_halfway_out_of_the_box_sees_half_the_light(session):
    session.show()
    session.headset.head = pose(0.0, 0.25)
    assert session.frames(60)[-1].brightness == pytest.approx(0.5)


def test_a_head_that_stays_outside_the_box_has_the_world_come_to_it(session):
    session.show()
    session.headset.head = pose(0.6, 0.3, 0.2)
    assert session.frames(150)[-1].brightness == 0.0
    drawn = session.frames(120)[-1]
    assert drawn.brightness == 1.0
    assert drawn.position_m == pytest.approx([-0.032, 0, 0])


def test_a_head_that_only_passes_through_the_outside_has_not(session):
    session.show()
    for step in range(400):
        session.headset.head = pose(0.6 + 0.3 * np.sin(step / 30), 0.0, 0.4 * np.cos(step / 20))
        assert session.frames(1)[0].position_m[0] > 0.2
    session.headset.head = pose()
    assert session.frames(60)[-1].position_m == pytest.approx([-0.032, 0, 0])


def test_a_headset_that_is_put_on_is_where_the_world_is(session):
    session.show()
    session.headset.events.append(Event(EventKind.STANDBY))
    session.frames(5)
    session.headset.head = pose(0.3, 0.6, 0.1)
    session.headset.events.append(Event(EventKind.AWAKE))
    drawn = session.frames(60)[-1]
    assert drawn.position_m == pytest.approx([-0.032, 0, 0])
    assert drawn.brightness == 1.0


def test_recentering_lets_the_world_leave_where_it_was_and_come_where_the_head_is(session):
    session.show()
    session.headset.head = pose(0.12)
    before = session.frames(1)[0].clip_from_world
    session.headset.pressed.append(Controls(recenter=True))
    seen = session.frames(90)
    jump = int(np.argmax(np.abs(np.diff([drawn.position_m[0] for drawn in seen])))) + 1
    assert seen[jump].share == 0.0
    assert np.array_equal(seen[jump].leaving_clip_from_world, before)
    assert seen[-1].position_m == pytest.approx([-0.032, 0, 0])
    assert seen[-1].light == 1.0


def test_the_runtimes_own_recentering_is_followed_even_when_its_poses_come_late(session):
    session.show()
    session.headset.events.append(Event(EventKind.RECENTERED))
    session.frames(1)
    session.headset.head = pose(1.0, 0.0, 1.0)
    drawn = session.frames(60)[-1]
    assert drawn.position_m == pytest.approx([-0.032, 0, 0])
    assert drawn.brightness == 1.0


@pytest.mark.parametrize("turn_deg", [15.0, 30.0, 45.0])
def test_a_snap_turn_turns_the_world_at_once_with_a_dark_rim(turn_deg):
    session = Session(Begin(turn_deg=turn_deg))
    session.show()
    before = session.frames(1)[0].clip_from_world
    session.headset.pressed.append(Controls(turn=1))
    drawn = session.frames(1)[0]
    angle = np.degrees(np.arctan2(drawn.clip_from_world[3, 0], -drawn.clip_from_world[3, 2]))
    assert np.degrees(np.arctan2(before[3, 0], -before[3, 2])) == pytest.approx(0)
    assert angle == pytest.approx(turn_deg)
    assert drawn.vignette > 0.5
    assert session.headset.pulses
    assert drawn.brightness == 1.0


def test_the_rim_is_light_again_soon_after_a_turn(session):
    session.show()
    session.headset.pressed.append(Controls(turn=-1))
    assert session.frames(40)[-1].vignette == 0.0


def test_the_head_never_moves_by_itself(session):
    session.show()
    for control in (Controls(panel=True), Controls(strength=1.0), Controls(scale=1.0)):
        session.headset.held = control
        matrices = [drawn.clip_from_world for drawn in session.frames(20)]
        assert all(np.array_equal(m, matrices[0]) for m in matrices)


def test_a_world_comes_with_its_chosen_side_ahead_and_the_old_one_keeps_its_own(session):
    session.show(1)
    session.desk.orders.append(ShowWorld(2, "b.png", view=View(yaw_deg=90)))
    seen = session.frames(90)
    angles = [
        float(np.degrees(np.arctan2(d.clip_from_world[3, 0], -d.clip_from_world[3, 2])))
        for d in seen
    ]
    turned = int(np.argmax(np.abs(np.diff(angles)))) + 1
    assert angles[-1] == pytest.approx(90)
    assert seen[turned].share == 0.0
    left = [drawn.leaving_clip_from_world for drawn in seen if drawn.leaving > 0]
    assert len(left) == pytest.approx(OVERLAP_S / PERIOD_S, abs=2)
    assert all(np.array_equal(matrix, seen[0].clip_from_world) for matrix in left)


@pytest.mark.parametrize("turns", [1, -3])
def test_a_worlds_chosen_side_lies_ahead_whatever_was_turned_before(session, turns):
    session.show(1)
    for _ in range(abs(turns)):
        session.headset.pressed.append(Controls(turn=1 if turns > 0 else -1))
    session.frames(10)
    session.desk.orders.append(ShowWorld(2, "b.png", view=View(yaw_deg=90)))
    drawn = session.frames(90)[-1]
    angle = np.degrees(np.arctan2(drawn.clip_from_world[3, 0], -drawn.clip_from_world[3, 2]))
    assert angle == pytest.approx(90)
    assert drawn.position_m == pytest.approx([0, 0, -0.032])


@pytest.mark.parametrize(
    ("control", "wish"),
    [
        (Controls(next_world=True), Wish.NEXT),
        (Controls(previous_world=True), Wish.PREVIOUS),
        (Controls(again=True), Wish.AGAIN),
    ],
)
def test_what_is_the_desktops_to_do_is_said_once_for_each_press(session, control, wish):
    session.headset.pressed.append(control)
    session.frames(10)
    assert session.desk.of(Wished) == [Wished(wish)]


def test_the_sticks_change_relief_and_size_and_the_desktop_hears_of_it(session):
    session.show()
    session.headset.held = Controls(strength=-1.0, scale=1.0)
    session.frames(45)
    session.headset.held = Controls()
    view = session.frames(60)[-1].view
    assert view.strength == pytest.approx(0.5, abs=0.02)
    assert view.world_scale == pytest.approx(2 ** (0.5 / 1.5), rel=0.02)
    said = session.desk.of(ViewSteered)
    assert said[-1] == ViewSteered(view.strength, view.world_scale)
    assert len(said) <= 5


def test_nothing_comes_nearer_than_allowed_however_the_stick_is_held(session):
    session.show()
    session.headset.held = Controls(strength=1.0, scale=-1.0)
    session.frames(600)
    view = session.frames(1)[0].view
    assert 2.0 * view.world_scale / (1 + view.strength) >= 0.75 - 1e-6


def test_a_stick_does_not_have_to_come_back_through_what_the_limit_took(session):
    session.show(view=View(world_scale=0.5, strength=1.0))
    session.headset.held = Controls(strength=1.0)
    limit = session.frames(100)[-1].view.strength
    session.headset.held = Controls(strength=-1.0)
    assert session.frames(2)[-1].view.strength < limit


def test_the_desktops_slider_is_followed_at_once_and_its_jumps_are_faded_over(session):
    session.show()
    session.desk.orders.append(ChangeView(View(strength=0.8)))
    assert session.frames(1)[0].view.strength == 0.8
    session.desk.orders.append(ChangeView(View(mapping=Mapping.LINEAR, strength=0.5)))
    seen = session.frames(90)
    assert seen[0].view.mapping is None
    changed = next(i for i, drawn in enumerate(seen) if drawn.view.mapping is Mapping.LINEAR)
    assert seen[changed].share == 0.0
    assert seen[changed].leaving_view.mapping is None
    assert seen[-1].light == 1.0
    assert session.desk.of(ViewSteered) == []  # it knows


def test_the_last_of_two_quick_changes_of_view_is_the_one_that_stays(session):
    session.show()
    session.desk.orders.append(ChangeView(View(invert_depth=True)))
    session.frames(5)
    session.desk.orders.append(ChangeView(View(invert_depth=False)))
    seen = session.frames(60)
    assert not seen[-1].view.invert_depth
    assert seen[-1].brightness == 1.0


def test_a_view_changed_while_a_world_comes_is_that_worlds(session):
    session.show(1)
    session.loader.is_quick = False
    order = ShowWorld(2, "b.png", view=View(strength=0.3))
    session.desk.orders += [order, ChangeView(View(strength=0.4))]
    assert session.frames(20)[-1].view.strength == 0.75
    session.loader.events += [Staged(order, stage(), "b"), Complete(order)]
    assert session.frames(60)[-1].view.strength == 0.4


@pytest.mark.parametrize(
    ("kind", "words", "is_fault"),
    [
        (EventKind.QUIT, "SteamVR is closing", False),
        (EventKind.DEVICE_LOST, "the headset was unplugged", True),
    ],
)
def test_the_runtimes_last_word_ends_the_session(session, kind, words, is_fault):
    session.headset.events.append(Event(kind, words))
    assert session.loop.run() == Ended(words, is_fault)
    assert "begin" not in session.log


def test_a_runtime_that_fails_ends_the_session_in_its_words(session):
    session.headset.fails_with = "the session is over"
    assert session.loop.run() == Ended("the session is over", is_fault=True)


def test_closing_the_mirror_ends_the_session(session):
    session.screen.was_left = True
    assert session.loop.run() == Ended("The headset's window was closed")


@pytest.mark.parametrize(
    ("begins", "ends", "word"),
    [
        (EventKind.STANDBY, EventKind.AWAKE, "taken off"),
        (EventKind.PAUSE, EventKind.RESUME, "menu"),
        (EventKind.FOCUS_LOST, EventKind.FOCUS_GAINED, "another program"),
        (EventKind.CONTROLLER_OFF, EventKind.CONTROLLER_ON, "controller"),
    ],
)
def test_what_is_the_matter_is_told_once_and_so_is_its_end(session, begins, ends, word):
    session.headset.events.append(Event(begins))
    session.frames(20)
    [told] = session.desk.of(Status)
    assert word in told.words
    session.headset.events.append(Event(ends))
    session.frames(20)
    assert session.desk.of(Status)[1:] == [Status("")]
    assert session.log.count("end") == 40  # it went on drawing


@pytest.mark.parametrize("kind", [EventKind.PAUSE, EventKind.FOCUS_LOST])
def test_controls_are_passed_over_while_something_else_is_shown(session, kind):
    session.headset.events.append(Event(kind))
    session.headset.held = Controls(next_world=True, turn=1, strength=1.0)
    drawn = session.frames(10)[-1]
    assert session.desk.of(Wished) == []
    assert drawn.vignette == 0.0
    assert drawn.view.strength == 0.75


def test_lost_tracking_dims_the_picture_and_is_told(session):
    session.show()
    session.headset.is_tracked = False
    assert session.frames(10)[-1].brightness == 1.0  # a glance away is nobody's trouble
    drawn = session.frames(60)[-1]
    assert drawn.brightness == pytest.approx(0.15)
    assert drawn.panel_opacity == 1.0
    assert "where it is" in session.desk.of(Status)[-1].words
    session.headset.is_tracked = True
    assert session.frames(60)[-1].brightness == 1.0
    assert session.desk.of(Status)[-1] == Status("")


def test_new_optics_are_read_in_a_running_session(session):
    session.frames(1)
    meshes = session.drawing.meshes
    session.headset.info = replace(session.headset.info, eye_px=(500, 520))
    session.headset.events.append(Event(EventKind.OPTICS_CHANGED))
    assert session.frames(1)[0].used_px == (496, 520)
    assert session.drawing.resizes == 2
    assert session.drawing.meshes == meshes + 2


def test_new_optics_of_the_same_size_make_no_new_targets(session):
    session.headset.events.append(Event(EventKind.OPTICS_CHANGED))
    session.frames(1)
    assert session.drawing.resizes == 1


def test_the_recommended_size_is_multiplied_by_the_persons_factor():
    session = Session(Begin(supersample=1.5))
    assert session.drawing.size_px == (600, 656)


def test_late_frames_cost_pixels_at_once(session):
    session.show()
    for index in range(5):
        session.headset.next_timing = FrameTiming(index, PERIOD_S, 1.4 * PERIOD_S, 0.001, 1)
        session.frames(1)
    assert session.frames(1)[0].used_px[0] < EYE_PX[0]
    assert session.drawing.size_px == EYE_PX


def test_frames_beside_an_upload_cost_no_pixels(session):
    session.drawing.slices = 1000
    session.desk.orders.append(ShowWorld(1, "large.png"))
    session.frames(3)
    for index in range(20):
        session.headset.next_timing = FrameTiming(index, PERIOD_S, 2 * PERIOD_S, 0.001, 1)
        session.frames(1)
    assert session.frames(1)[0].used_px == EYE_PX


def test_the_desktop_hears_a_beat_every_second(session):
    session.frames(460)
    beats = session.desk.of(Beat)
    assert len(beats) == 5
    assert beats[0].frames == pytest.approx(90, abs=2)


def test_after_a_long_pause_nothing_jumps(session):
    session.show()
    session.clock.now_s += 60.0
    session.headset.head = pose(0.6)
    [drawn] = session.frames(1)
    assert drawn.brightness >= 0.5


def test_the_panel_greets_with_the_keys_and_goes_by_itself(session):
    session.show(title="A forest")
    assert session.painter.painted[-1].title == "A forest"
    assert session.painter.painted[-1].keys
    assert session.frames(60)[-1].panel_opacity == 1.0
    assert session.frames(1200)[-1].panel_opacity == 0.0
    session.headset.pressed.append(Controls(panel=True))
    assert session.frames(60)[-1].panel_opacity == 1.0
    session.headset.pressed.append(Controls(panel=True))
    assert session.frames(60)[-1].panel_opacity == 0.0


def test_the_panel_tells_the_title_of_each_new_world_for_a_moment(session):
    session.show(1, title="A forest")
    assert session.frames(1200)[-1].panel_opacity == 0.0
    session.headset.pressed.append(Controls(next_world=True))
    assert session.frames(30)[-1].panel_opacity == 1.0
    session.show(2, title="A reef")
    assert session.painter.painted[-1].title == "A reef"
    assert session.frames(1)[0].panel_opacity == 1.0
    assert session.frames(400)[-1].panel_opacity == 0.0


def test_the_panel_hangs_before_the_head_and_stays_there(session):
    session.headset.head = pose(0.0, 1.2, 0.0)
    session.frames(2)
    panel = session.loop._panel.place.world_from_panel.copy()
    assert panel[:3, 3] == pytest.approx([0.0, -0.3, -1.25])
    assert np.allclose(panel[:3, :3], np.eye(3))
    session.headset.head = pose(0.1, 1.2, 0.1)
    session.frames(5)
    assert np.array_equal(session.loop._panel.place.world_from_panel, panel)


def test_no_garbage_is_collected_in_a_frame_and_the_collector_is_left_as_it_was(session):
    found = []
    session.screen.is_left = lambda: found.append(gc.isenabled()) or len(found) > 3
    session.loop.run()
    assert found == [False] * 4
    assert gc.isenabled()


def test_a_steady_frame_keeps_no_memory(session):
    session.show()
    submission = session.headset.submitted[0]
    session.drawing.draw = lambda eye, picture: submission

    def blocks_after(frames: int) -> int:
        session.frames(frames)
        session.log.clear()
        session.desk.said.clear()
        return sys.getallocatedblocks()

    blocks_after(1500)  # until the panel is gone
    before = blocks_after(200)
    assert blocks_after(1000) - before < 500  # one thing kept in each frame would be 1000
