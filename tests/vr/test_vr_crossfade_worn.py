"""A change of world as the pretended runtime captures it: the real loop, drawing and pyopenvr."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import moderngl
import numpy as np
import pytest
from eye_scenes import plain_panorama
from numpy.typing import NDArray

from bench.counters import live_objects
from depthfusion.headset.openvr_session import OpenVRHeadset
from depthfusion.panorama import Panorama
from depthfusion.renderer import stages
from depthfusion.vr.crossfade import OVERLAP_SHARE
from depthfusion.vr.eyes import WorldDrawing
from depthfusion.vr.loader import Complete, NotLoaded, Staged
from depthfusion.vr.loop import FrameLoop, Parts
from depthfusion.vr.messages import Begin, Shown, ShowWorld, WorldFailed
from tests.headset.conftest import runtime, runtime_folder  # noqa: F401  # fixtures
from tests.headset.simulated.simulated_runtime import SimulatedRuntime
from tests.vr.vr_fakes import PERIOD_S, Clock, FakeDesk, FakePainter, FakeScreen

pytestmark = pytest.mark.gl

RED, GREEN, BLUE = (220, 70, 30), (40, 200, 90), (30, 60, 230)
WORLDS = {"red": RED, "green": GREEN, "blue": BLUE}
STEP = 0.04
"""Of the light, the most that a frame may change."""


class QuickLoader:
    """Has every world of `WORLDS` ready, and no other."""

    def __init__(self) -> None:
        self.events: deque[Any] = deque()

    def begin(self, order: ShowWorld) -> None:
        self.events.clear()
        if order.color not in WORLDS:
            self.events.append(NotLoaded(order, "not a picture"))
            return
        panorama: Panorama = plain_panorama(WORLDS[order.color])
        self.events += [Staged(order, s, order.color) for s in stages(panorama, software=True)]
        self.events.append(Complete(order))

    def take(self) -> Any:
        return self.events.popleft() if self.events else None

    def done(self) -> None:
        pass


class Worn:
    """A session whose every frame is captured."""

    def __init__(self, runtime: SimulatedRuntime, ctx: moderngl.Context) -> None:  # noqa: F811
        runtime.do("size 48 56", "capture 1")
        self.runtime, self.clock, self.desk = runtime, Clock(), FakeDesk()
        self.headset, self.drawing = OpenVRHeadset(), WorldDrawing(ctx)
        loader: Any = QuickLoader()
        painter: Any = FakePainter()
        screen = FakeScreen([])
        parts = Parts(self.headset, self.drawing, screen, self.desk, loader, painter)
        self.loop = FrameLoop(parts, Begin(), self.clock)

    def order(self, number: int, name: str) -> None:
        self.desk.orders.append(ShowWorld(number, name))

    def frames(self, count: int) -> NDArray[np.float64]:
        """Live on; return the light of each frame, (count, 2, 3): left and right, red to blue."""
        seen = []
        for _ in range(count):
            self.clock.now_s += PERIOD_S
            self.loop.step()
            eyes = [self.runtime.picture(eye)[..., :3] for eye in (0, 1)]
            for eye in eyes:
                assert np.ptp(eye, axis=(0, 1)).max() <= 1
            seen.append([light_of(eye[8, 8]) for eye in eyes])
        return np.array(seen)

    def close(self) -> None:
        self.headset.close()
        self.drawing.release()


@pytest.fixture
def worn(runtime: SimulatedRuntime, gl_context: moderngl.Context) -> Iterator[Worn]:  # noqa: F811
    worn = Worn(runtime, gl_context)
    worn.order(1, "red")
    worn.frames(60)
    yield worn
    worn.close()


def light_of(color: NDArray[np.uint8] | tuple[int, ...]) -> NDArray[np.float64]:
    """Return linear light, by sRGB's own curve."""
    x = np.asarray(color) / 255
    return np.where(x > 0.04045, ((x + 0.055) / 1.055) ** 2.4, x / 12.92)


def shares_of(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return which part of each world's light makes up `light`: (..., 3) for red, green, blue."""
    return light @ np.linalg.inv(np.stack([light_of(color) for color in WORLDS.values()]))


def test_both_eyes_go_over_from_one_world_to_the_other_softly_and_never_dark(worn: Worn) -> None:
    assert shares_of(worn.frames(1)) == pytest.approx(np.array([[[1, 0, 0]] * 2]), abs=0.02)
    worn.order(2, "green")
    seen = shares_of(worn.frames(90))
    np.testing.assert_allclose(seen[:, 0], seen[:, 1], atol=0.01)
    assert np.abs(np.diff(seen, axis=0)).max() < STEP + 0.02  # bytes and a power for sRGB's curve
    whole = seen.sum(axis=-1)
    assert whole.min() > OVERLAP_SHARE - 0.04
    assert seen[-1] == pytest.approx(np.array([[0, 1, 0]] * 2), abs=0.02)
    both = seen[(seen[:, 0, :2] > 0.05).all(axis=-1)]
    assert 8 < len(both) < 18
    assert both.sum(axis=-1) == pytest.approx(OVERLAP_SHARE, abs=0.04)
    middle = both[np.abs(both[:, 0, 0] - both[:, 0, 1]).argmin()]
    assert middle[:, :2] == pytest.approx(OVERLAP_SHARE / 2, abs=0.04)


def until_both(worn: Worn) -> NDArray[np.float64]:
    seen = []
    while not (worn.loop._crossfade.has_two and worn.loop._crossfade.share > 0.1):
        seen.append(worn.frames(1))
    return shares_of(np.concatenate(seen))


def test_a_second_change_in_the_middle_shows_no_third_world_at_once(worn: Worn) -> None:
    worn.order(2, "green")
    before = until_both(worn)
    worn.order(3, "blue")
    seen = np.concatenate([before, shares_of(worn.frames(120))])
    assert (seen > 0.05).sum(axis=-1).max() == 2
    assert np.abs(np.diff(seen, axis=0)).max() < STEP + 0.02
    assert seen.sum(axis=-1).min() > OVERLAP_SHARE - 0.04
    assert seen[-1] == pytest.approx(np.array([[0, 0, 1]] * 2), abs=0.02)
    assert worn.desk.of(Shown) == [Shown(1), Shown(2), Shown(3)]


def test_a_failure_in_the_middle_changes_nothing(worn: Worn) -> None:
    worn.order(2, "green")
    until_both(worn)
    worn.order(3, "no such file")
    seen = shares_of(worn.frames(90))
    assert worn.desk.of(WorldFailed) == [WorldFailed(3, "not a picture")]
    assert seen[-1] == pytest.approx(np.array([[0, 1, 0]] * 2), abs=0.02)
    assert seen[..., 2].max() < 0.02


def test_many_changes_leave_no_objects_behind(worn: Worn) -> None:
    def change(turns: int) -> dict[str, int]:
        for turn in range(turns):
            worn.order(turn, ("green", "blue", "red")[turn % 3])
            worn.frames(20 + 40 * (turn % 2))  # the next one comes before, or after, the end
        worn.frames(90)
        return live_objects()

    before = change(3)
    assert change(3) == before
