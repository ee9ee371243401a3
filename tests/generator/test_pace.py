"""The time left: from this picture's steps, and from the decoding of pictures before."""

from __future__ import annotations

import pytest

from depthfusion.generator.pace import FIRST_GUESS_OF_TAIL_STEPS, Learned, Pace, PictureClock


def test_nothing_is_known_before_the_first_step() -> None:
    assert PictureClock(100.0).remaining_s(20) is None


def test_the_first_picture_counts_on_decoding_like_one_and_a_half_steps() -> None:
    clock = PictureClock(100.0)
    clock.step_ended(102.0)
    assert clock.elapsed_s == 2.0
    assert clock.remaining_s(20) == pytest.approx(19 * 2 + FIRST_GUESS_OF_TAIL_STEPS * 2)


def test_a_slow_first_step_does_not_count_once_there_are_others() -> None:
    clock = PictureClock(0.0)
    for now_s in (10.0, 11.0, 12.0):
        clock.step_ended(now_s)
    assert clock.step_s == 1.0
    assert clock.remaining_s(5) == pytest.approx(2 + FIRST_GUESS_OF_TAIL_STEPS)


def test_the_next_picture_knows_how_long_decoding_took() -> None:
    pace = Pace()
    pace.learn("a", step_s=1.0, tail_s=6.0)
    clock = PictureClock(0.0, pace.of("a"))
    assert clock.remaining_s(10) == 16.0
    clock.step_ended(3.0)
    assert clock.remaining_s(10) == 9 + 6.0
    assert clock.tail_s(8.0) == 5.0
    assert pace.of("b") is None


def test_newer_pictures_count_more_but_not_alone() -> None:
    pace = Pace()
    pace.learn("a", 1.0, 4.0)
    pace.learn("a", 2.0, 8.0)
    assert pace.of("a") == Learned(1.5, 6.0)
