"""A headset, a drawing, a window and a desktop that note what is asked of them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from depthfusion.errors import HeadsetError, RendererError
from depthfusion.headset import (
    Controls,
    Event,
    Eye,
    EyeView,
    Frame,
    FrameTiming,
    HeadsetInfo,
    Submission,
    Tangents,
)
from depthfusion.renderer.relief import Relief
from depthfusion.renderer.stages import Stage
from depthfusion.view import View
from depthfusion.vr.drawing import PANEL_PX, EyePicture, PanelWords
from depthfusion.vr.loader import Complete, Staged
from depthfusion.vr.loop import FrameLoop, Parts
from depthfusion.vr.messages import Begin, Order, Report, ShowWorld

PERIOD_S = 1 / 90
EYE_PX = (400, 440)


@dataclass
class Clock:
    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


def pose(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, 3] = x, y, z
    return matrix


class FakeHeadset:
    """Follows a script: what is put into its fields is what the next frame says."""

    def __init__(self, clock: Clock, log: list[str]) -> None:
        self.clock, self.log = clock, log
        self.info = HeadsetInfo("Fake", "Air 1.0", 90.0, EYE_PX)
        self.events: list[Event] = []
        self.head = pose()
        self.half_ipd_m = 0.032
        self.is_tracked = self.should_render = True
        self.pressed: deque[Controls] = deque()
        self.held = Controls()
        self.next_timing: FrameTiming | None = None
        self.fails_with: str | None = None
        self.pulses: list[Any] = []
        self.is_closed = False

    def poll(self) -> list[Event]:
        self.log.append("poll")
        events, self.events = self.events, []
        return events

    def begin_frame(self) -> Frame:
        self.log.append("begin")
        if self.fails_with:
            raise HeadsetError(self.fails_with)
        self.clock.now_s += PERIOD_S
        tangents = Tangents(-1.0, 1.0, -1.1, 1.1)
        views = tuple(
            EyeView(self.head @ pose(side * self.half_ipd_m), tangents) for side in (-1, 1)
        )
        return Frame(
            self.should_render, 0.02, self.is_tracked, self.head.copy(), (views[0], views[1])
        )

    def end_frame(self, eyes: tuple[Submission, Submission] | None) -> None:
        self.log.append("end" if eyes else "end without pictures")
        self.submitted = eyes

    def after_mirror(self) -> None:
        self.log.append("after mirror")

    def controls(self) -> Controls:
        self.log.append("controls")
        return self.pressed.popleft() if self.pressed else self.held

    def hidden_mesh(self, eye: Eye) -> np.ndarray:
        return np.zeros((0, 3, 2), np.float32)

    def timing(self) -> FrameTiming | None:
        return self.next_timing

    def recenter(self) -> None:
        self.log.append("recenter")

    def pulse(self, haptic: Any) -> None:
        self.pulses.append(haptic)

    def close(self) -> None:
        self.is_closed = True


@dataclass
class Drawn:
    """A copy of one eye's picture."""

    clip_from_world: np.ndarray
    position_m: np.ndarray
    view: View
    used_px: tuple[int, int]
    brightness: float
    vignette: float
    panel_opacity: float
    share: float
    """Of the light: the shown world's; `leaving` that of the one that goes."""
    leaving: float
    leaving_view: View
    leaving_clip_from_world: np.ndarray

    @property
    def light(self) -> float:
        """In sum."""
        return self.brightness * (self.share + self.leaving)


@dataclass
class FakeDrawing:
    log: list[str]
    slices: int = 1
    """Uploads that a stage takes."""
    is_software: bool = False
    max_texture_px: int = 16384
    has_world: bool = False
    size_px: tuple[int, int] = (0, 0)
    drawn: dict[Eye, Drawn] = field(default_factory=dict)
    uploads: list[str] = field(default_factory=list)
    resizes: int = 0
    meshes: int = 0
    panels: int = 0
    worlds: int = 0
    """Shown so far."""
    has_leaving: bool = False
    fails_with: str | None = None
    _left: int = 0

    def resize(self, eye_px: tuple[int, int]) -> None:
        self.size_px, self.resizes = eye_px, self.resizes + 1

    def set_hidden_mesh(self, eye: Eye, triangles: Any) -> None:
        self.meshes += 1

    def upload(self, stage: Stage) -> bool:
        self.log.append("upload")
        assert not self.has_leaving, "a third world"
        if self.fails_with:
            raise RendererError(self.fails_with)
        self.uploads.append(stage.name)
        self._left = (self._left or self.slices) - 1
        return self._left == 0

    def use_uploaded(self) -> None:
        self.has_leaving = self.has_world
        self.has_world = True
        self.worlds += 1

    def let_leave(self) -> None:
        self.log.append("let leave")
        self.has_leaving = False

    def drop_uploaded(self) -> None:
        self.log.append("drop")
        self._left = 0

    def set_panel_picture(self, rgba: Any) -> None:
        self.panels += 1

    def draw(self, eye: Eye, picture: EyePicture) -> Submission:
        self.log.append(f"draw {eye.name.lower()}")
        self.drawn[eye] = Drawn(
            picture.clip_from_world.copy(),
            picture.position_m.copy(),
            picture.view,
            picture.used_px,
            picture.brightness,
            picture.vignette,
            picture.panel.opacity,
            picture.share,
            picture.leaving.share,
            picture.leaving.view,
            picture.leaving.clip_from_world.copy(),
        )
        return Submission(7 + eye.value, self.size_px, picture.used_px)

    def release(self) -> None:
        pass


@dataclass
class FakeScreen:
    log: list[str]
    ctx: Any = None
    was_left: bool = False

    def show(self, drawing: Any) -> None:
        self.log.append("mirror")

    def is_left(self) -> bool:
        return self.was_left

    def close(self) -> None:
        pass


@dataclass
class FakeDesk:
    orders: deque[Order] = field(default_factory=deque)
    said: list[Report] = field(default_factory=list)

    def take(self) -> Order | None:
        return self.orders.popleft() if self.orders else None

    def say(self, report: Report) -> None:
        self.said.append(report)

    def of(self, kind: type) -> list[Any]:
        return [report for report in self.said if isinstance(report, kind)]


def stage(name: str = "picture", near_m: float = 1.0) -> Stage:
    relief = Relief(np.full((1, 1), 0.5, np.float32), near_m, 20.0, is_distance=False)
    return Stage(name, relief, is_metric=False, inverted=False)


@dataclass
class FakeLoader:
    """Gives what a test puts in; by default every world at once, in two stages."""

    events: deque[Any] = field(default_factory=deque)
    begun: list[ShowWorld] = field(default_factory=list)
    is_quick: bool = True

    def begin(self, order: ShowWorld) -> None:
        self.begun.append(order)
        self.events.clear()
        if self.is_quick:
            title = order.title or "found"
            self.events += [Staged(order, stage(), title), Staged(order, stage("surface"), title)]
            self.events.append(Complete(order))

    def take(self) -> Any:
        return self.events.popleft() if self.events else None

    def done(self) -> None:
        pass


@dataclass
class FakePainter:
    """Paints nothing, at once."""

    painted: list[PanelWords] = field(default_factory=list)
    is_fresh: bool = False

    def want(self, words: PanelWords) -> None:
        self.painted.append(words)
        self.is_fresh = True

    def take(self) -> Any:
        is_fresh, self.is_fresh = self.is_fresh, False
        return _BLANK if is_fresh else None


_BLANK = np.zeros((PANEL_PX[1], PANEL_PX[0], 4), np.uint8)


class Session:
    """A loop with all its fakes."""

    def __init__(self, begin: Begin | None = None) -> None:
        self.log: list[str] = []
        self.clock = Clock()
        self.headset = FakeHeadset(self.clock, self.log)
        self.drawing = FakeDrawing(self.log)
        self.screen = FakeScreen(self.log)
        self.desk, self.loader = FakeDesk(), FakeLoader()
        self.painter = FakePainter()
        loader: Any = self.loader
        painter: Any = self.painter
        parts = Parts(self.headset, self.drawing, self.screen, self.desk, loader, painter)
        self.loop = FrameLoop(parts, begin or Begin(), self.clock)

    def frames(self, count: int) -> list[Drawn]:
        """Live through frames; return what the left eye saw in each."""
        seen = []
        for _ in range(count):
            self.loop.step()
            if Eye.LEFT in self.drawing.drawn:
                seen.append(replace(self.drawing.drawn[Eye.LEFT]))
        return seen

    def show(self, number: int = 1, **more: Any) -> None:
        """Order a world and wait until it is seen in full light."""
        self.desk.orders.append(ShowWorld(number, f"world-{number}.png", **more))
        self.frames(90)
