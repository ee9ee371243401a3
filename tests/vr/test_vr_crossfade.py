"""From one world to another: two at the most, always some light, nothing sudden."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depthfusion.headset import Controls, Event, EventKind, FrameTiming
from depthfusion.view import Mapping, View
from depthfusion.vr.crossfade import OVERLAP_S, OVERLAP_SHARE, CrossFade, mixed
from depthfusion.vr.loader import Complete, NotLoaded, Staged
from depthfusion.vr.messages import ChangeView, Shown, ShowWorld, WorldFailed
from tests.vr.vr_fakes import EYE_PX, PERIOD_S, Drawn, Session, pose, stage

FRAME_S = 1 / 90
STEP = 0.04
"""Of the light, the most that a frame may change: a fade of a fourth of a second."""


@pytest.fixture
def session() -> Session:
    session = Session()
    session.show(1)
    return session


@dataclass
class Lived:
    shares: list[float]
    leaving: list[float]
    begun: int


def live(fade: CrossFade, wants: list[bool]) -> Lived:
    """Live through frames; a change that is wanted is made when it is time, and wanted no more."""
    lived = Lived([], [], 0)
    for is_wanted in wants:
        if fade.step(FRAME_S, is_wanted=is_wanted):
            fade.begin()
            lived.begun += 1
        lived.shares.append(fade.share)
        lived.leaving.append(fade.leaving)
    return lived


def test_the_old_world_goes_to_nothing_the_new_one_comes_from_nothing_and_both_are_seen() -> None:
    fade = CrossFade(share=1.0)
    until_dim = live(fade, [True] * 24)
    after = live(fade, [False] * 60)
    assert until_dim.begun == 1
    assert until_dim.leaving[-1] == pytest.approx(OVERLAP_SHARE)
    both = [(new, old) for new, old in zip(after.shares, after.leaving, strict=True) if old > 0]
    assert len(both) == pytest.approx(OVERLAP_S / FRAME_S, abs=1)
    assert all(new + old == pytest.approx(OVERLAP_SHARE) for new, old in both)
    assert after.leaving[-1] == 0.0
    assert after.shares[-1] == 1.0


def test_both_worlds_are_equally_dim_in_the_middle() -> None:
    assert mixed(OVERLAP_SHARE, 0.5) == pytest.approx((OVERLAP_SHARE / 2, OVERLAP_SHARE / 2))
    assert mixed(OVERLAP_SHARE, 0.0) == (OVERLAP_SHARE, 0.0)
    assert mixed(OVERLAP_SHARE, 1.0) == (0.0, pytest.approx(OVERLAP_SHARE))


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 40)), min_size=1, max_size=12))
def test_whenever_changes_are_wanted_no_light_jumps_and_there_is_always_some(wishes) -> None:
    fade = CrossFade(share=1.0)
    lived = live(fade, [wish for wish, frames in wishes for _ in range(frames)])
    whole = np.array(lived.shares) + lived.leaving
    assert whole.min() >= OVERLAP_SHARE - 1e-9
    assert np.abs(np.diff([1.0, *whole])).max() < STEP
    swaps = [0.0, *lived.leaving]
    falls = [a - b for a, b in itertools.pairwise(swaps) if b < a]
    assert max(falls, default=0.0) < STEP  # no old world is cut off
    assert max(lived.leaving, default=0.0) <= OVERLAP_SHARE


def test_a_wish_that_is_taken_back_leaves_the_old_world() -> None:
    fade = CrossFade(share=1.0)
    lived = live(fade, [True] * 10 + [False] * 30)
    assert lived.begun == 0
    assert lived.shares[-1] == 1.0


def test_a_long_pause_skips_no_part_of_the_way() -> None:
    fade = CrossFade(share=1.0)
    assert fade.step(10.0, is_wanted=True)
    assert fade.share == OVERLAP_SHARE
    fade.begin()
    fade.step(10.0, is_wanted=False)
    assert (fade.share, fade.leaving) == (pytest.approx(OVERLAP_SHARE), 0.0)


# In the loop ------------------------------------------------------------------------------------


def order_next(session: Session, number: int = 2, **more) -> None:
    session.desk.orders.append(ShowWorld(number, f"{number}.png", **more))


def until_both(session: Session) -> Drawn:
    """Live until both worlds are seen, and return that frame."""
    for _ in range(200):
        [drawn] = session.frames(1)
        if drawn.leaving > 0 and drawn.share > OVERLAP_SHARE / 3:
            return drawn
    raise AssertionError("two worlds were never seen together")


def assert_soft(seen: list[Drawn], before: float = 1.0) -> None:
    light = np.array([drawn.light for drawn in seen])
    assert light.min() >= OVERLAP_SHARE - 1e-9
    assert np.abs(np.diff([before, *light])).max() < STEP


def test_the_next_world_comes_while_the_first_goes_and_it_is_never_dark(session) -> None:
    order_next(session)
    seen = session.frames(100)
    assert_soft(seen)
    assert seen[-1].light == 1.0
    assert session.drawing.worlds == 2
    assert session.desk.of(Shown) == [Shown(1), Shown(2)]
    assert not session.drawing.has_leaving


def test_each_world_keeps_its_own_size_and_relief_meanwhile(session) -> None:
    order_next(session, view=View(world_scale=2.0, strength=0.2))
    drawn = until_both(session)
    assert (drawn.view.world_scale, drawn.view.strength) == (2.0, 0.2)
    assert (drawn.leaving_view.world_scale, drawn.leaving_view.strength) == (1.0, 0.75)


def test_the_same_world_ordered_again_fades_over_as_any_other(session) -> None:
    order_next(session, 1)
    assert_soft(session.frames(100))
    assert session.drawing.worlds == 2


def test_a_change_of_view_only_fades_over_with_one_world(session) -> None:
    session.desk.orders.append(ChangeView(View(mapping=Mapping.LINEAR, strength=0.5)))
    seen = session.frames(100)
    assert_soft(seen)
    assert seen[-1].view.mapping is Mapping.LINEAR
    assert session.drawing.worlds == 1


def test_a_second_world_in_the_middle_waits_until_the_old_one_is_gone(session) -> None:
    order_next(session, 2)
    until_both(session)
    order_next(session, 3)
    seen = session.frames(140)  # the drawing refuses uploads while a world leaves
    assert_soft(seen, OVERLAP_SHARE)
    assert session.desk.of(Shown) == [Shown(1), Shown(2), Shown(3)]
    assert session.drawing.worlds == 3
    assert not session.drawing.has_leaving
    assert seen[-1].light == 1.0


def test_a_world_that_fails_in_the_middle_is_told_and_the_fade_goes_on(session) -> None:
    order_next(session, 2)
    until_both(session)
    session.loader.is_quick = False
    order = ShowWorld(3, "bad.png")
    session.desk.orders.append(order)
    seen = session.frames(1)
    session.loader.events.append(NotLoaded(order, "bad.png: not a picture"))
    seen += session.frames(90)
    assert_soft(seen, OVERLAP_SHARE)
    assert session.desk.of(WorldFailed) == [WorldFailed(3, "bad.png: not a picture")]
    assert seen[-1].light == 1.0
    assert session.drawing.worlds == 2


def test_no_memory_for_the_next_world_is_told_and_the_old_one_stays_bright(session) -> None:
    session.drawing.fails_with = "no room"
    order_next(session)
    assert {drawn.light for drawn in session.frames(60)} == {1.0}
    assert session.desk.of(WorldFailed) == [WorldFailed(2, "no room")]
    assert session.log.count("drop") == 1
    session.drawing.fails_with = None
    order_next(session, 3)
    session.frames(100)
    assert session.desk.of(Shown)[-1] == Shown(3)


def test_a_world_that_is_overtaken_before_it_is_seen_lets_the_light_come_back(session) -> None:
    order_next(session, 2)
    seen = session.frames(14)
    assert seen[-1].light < 0.9
    session.loader.is_quick = False
    slow = ShowWorld(3, "slow.png")
    session.desk.orders.append(slow)
    seen += session.frames(40)
    assert seen[-1].light == 1.0
    assert session.drawing.worlds == 1
    session.loader.events += [Staged(slow, stage(), "slow"), Complete(slow)]
    seen += session.frames(100)
    assert_soft(seen)
    assert session.drawing.worlds == 2


def test_a_snap_turn_in_the_middle_turns_both_worlds(session) -> None:
    order_next(session, 2, view=View(yaw_deg=90))
    before = until_both(session)
    session.headset.pressed.append(Controls(turn=1))
    [after] = session.frames(1)
    assert after.leaving > 0
    for one, other in (
        (before.clip_from_world, after.clip_from_world),
        (before.leaving_clip_from_world, after.leaving_clip_from_world),
    ):
        cosine = one[3, :3] @ other[3, :3]
        assert np.degrees(np.arccos(cosine)) == pytest.approx(30)


def test_the_head_box_darkens_both_worlds(session) -> None:
    session.headset.head = pose(0.0, 0.25)
    session.frames(60)
    order_next(session)
    drawn = until_both(session)
    assert drawn.brightness == pytest.approx(0.5)
    assert drawn.light == pytest.approx(OVERLAP_SHARE / 2)


def test_in_the_dark_a_world_changes_at_once_and_rises_from_there(session) -> None:
    session.headset.head = pose(0.5)
    session.frames(40)
    order_next(session)
    assert all(drawn.light == 0.0 for drawn in session.frames(6))
    assert session.desk.of(Shown)[-1] == Shown(2)
    assert not session.drawing.has_leaving


def test_a_new_origin_in_the_middle_shows_no_world_where_it_no_longer_is(session) -> None:
    order_next(session)
    until_both(session)
    session.headset.events.append(Event(EventKind.RECENTERED))
    seen = session.frames(90)
    assert seen[0].light < STEP
    assert all(drawn.leaving == 0 for drawn in seen)
    assert not session.drawing.has_leaving
    assert seen[-1].light == 1.0


def test_frames_with_two_worlds_are_no_measure_of_what_the_machine_can(session) -> None:
    order_next(session)
    drawn = until_both(session)
    index = 0
    while drawn.leaving > 0:
        session.headset.next_timing = FrameTiming(index, PERIOD_S, 2 * PERIOD_S, 0.001, 1)
        [drawn] = session.frames(1)
        index += 1
        if drawn.leaving > 0:
            assert drawn.used_px == EYE_PX
    assert index > 5
