"""The frame loop of the headset's process: poses in, two eyes out, and nothing that waits.

Order of a frame: events, orders, wait for the poses, controls, draw left and right, hand over,
mirror, tell the runtime; then, in the time left until the next poses, one slice of a new world.
Everything slow (reading worlds, painting the panel, talking to the desktop) is in other threads.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from depthfusion.errors import DepthFusionError
from depthfusion.headset import Controls, Event, EventKind, Eye, Frame, Haptic, Headset, Submission
from depthfusion.view import View
from depthfusion.vr import comfort
from depthfusion.vr.arrival import Arrival
from depthfusion.vr.comfort import Fader, Settling, Vignette
from depthfusion.vr.conditions import UNTRACKED, Conditions
from depthfusion.vr.crossfade import CrossFade
from depthfusion.vr.desk import Desk
from depthfusion.vr.drawing import EyeDrawing, EyePicture, Screen
from depthfusion.vr.loader import WorldLoader
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
    TellProgress,
    ViewSteered,
    Wish,
    Wished,
)
from depthfusion.vr.panel import FIRST_S, NEWS_S, TITLE_S, Panel, PanelPainter
from depthfusion.vr.resolution import Resolution, target_px
from depthfusion.vr.wearer import Wearer

BEAT_S = 1.0
STEERED_S = 0.25
"""Between two reports of what the sticks do."""
LONGEST_S = 0.1
"""A frame is never taken to have lasted longer: after a pause nothing jumps."""
IDLE_S = 0.01
"""Slept where a frame is not to be drawn and the runtime does not make us wait."""
SLOW_S = 1 / 30
"""A frame that takes longer, as where the CPU draws, lets more than one slice be uploaded after it.
Headsets are faster: there another slice could make a frame late."""
SLOW_SHARE = 0.1
"""Of such a frame's time, for slices."""
HINT_BOX = "You are outside the picture: come back, or stay for a moment"
HINT_FAILED = "That world cannot be shown"


@dataclass(frozen=True)
class Parts:
    """What the loop works with; whoever made them closes them."""

    headset: Headset
    drawing: EyeDrawing
    screen: Screen
    desk: Desk
    loader: WorldLoader
    painter: PanelPainter


class FrameLoop:
    """One session, from the first frame to its end. Belongs to one thread, with its context."""

    def __init__(
        self, parts: Parts, begin: Begin, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """Make the targets; draw nothing yet.

        Args:
            parts: the session's.
            begin: what the person chose.
            clock: in seconds; only goes forward.
        """
        self._headset, self._drawing = parts.headset, parts.drawing
        self._screen, self._desk = parts.screen, parts.desk
        self._begin, self._clock = begin, clock
        self._arrival = Arrival(parts.drawing, parts.loader)
        self._panel = Panel(parts.drawing, parts.painter)
        self._conditions = Conditions()
        self._fader, self._vignette, self._settling = Fader(), Vignette(), Settling()
        self._wearer = Wearer()
        self._crossfade = CrossFade()
        self._changes: list[Callable[[Frame], None]] = []
        self._asked = self._view = View()
        self._is_metric = False
        self._pictures = (EyePicture(), EyePicture())
        for picture in self._pictures:
            picture.panel, picture.ahead = self._panel.place, self._wearer.ahead
            picture.nearest_m = begin.nearest_m
        self._ended: Ended | None = None
        self._last_s = self._beat_s = self._steered_s = clock()
        self._told_view = self._asked
        self.frames = 0
        """Begun so far."""
        self._resolution = Resolution((8, 8))
        self._take_optics()
        self._panel.show_for(FIRST_S)

    # The session --------------------------------------------------------------------------------

    def run(self) -> Ended:
        """Draw until the session ends, and return why it did."""
        info = self._headset.info
        self._desk.say(Ready(info.name, info.runtime, info.refresh_hz, self._resolution.size_px))
        was_enabled = gc.isenabled()
        gc.collect()
        gc.disable()  # a collection in a frame would make it late; there is one at each new world
        gc.freeze()
        try:
            while self._ended is None:
                self.step()
        except DepthFusionError as error:
            self._ended = Ended(str(error), is_fault=True)
        finally:
            gc.unfreeze()
            if was_enabled:
                gc.enable()
        return self._ended

    def step(self) -> None:
        """Live through one frame.

        Raises:
            HeadsetError: if the session is over.
        """
        for event in self._headset.poll():
            self._note(event)
        self._take_orders()
        if self._ended is not None:
            return
        before_s = self._clock()
        frame = self._headset.begin_frame()
        now_s = self._clock()
        seconds = min(LONGEST_S, max(0.0, now_s - self._last_s))
        self._last_s = now_s
        self.frames += 1
        self._follow(frame, seconds)
        if frame.should_render:
            self._draw(frame)
        else:
            self._headset.end_frame(None)
            if now_s - before_s < IDLE_S / 2:
                time.sleep(IDLE_S)
        self._screen.show(self._drawing)
        self._headset.after_mirror()
        self._after_frame(now_s, seconds)

    def _draw(self, frame: Frame) -> None:
        left = self._draw_eye(Eye.LEFT, frame)
        right = self._draw_eye(Eye.RIGHT, frame)
        self._headset.end_frame((left, right))

    def _draw_eye(self, eye: Eye, frame: Frame) -> Submission:
        picture = self._pictures[eye.value]
        self._wearer.place(eye, frame, picture)
        picture.view, picture.used_px = self._view, self._resolution.used_px
        picture.brightness, picture.vignette = self._fader.level, self._vignette.level
        picture.share, picture.leaving.share = self._crossfade.share, self._crossfade.leaving
        return self._drawing.draw(eye, picture)

    def _follow(self, frame: Frame, seconds: float) -> None:
        """Let everything that changes with time, with the head and with the hands change."""
        self._conditions.note_tracking(frame.is_tracked, seconds)
        if self._wearer.follow(frame):
            self._moved()
        controls = self._headset.controls()
        if self._conditions.hears_controls:
            self._obey(controls, frame, seconds)
        place_m = self._wearer.place_m
        target = comfort.head_box_brightness(math.hypot(*place_m))
        if self._settling.step(place_m, seconds, is_outside=target == 0.0 and frame.is_tracked):
            self._recenter(frame)
            self._moved()
        self._hint(is_outside=target < 0.5)
        if self._conditions.is_untracked or not self._wearer.is_placed:
            target = min(target, comfort.UNTRACKED_BRIGHTNESS)
        if not self._drawing.has_world:  # the first one rises from the dark
            target = 0.0
        self._fader.step(target, seconds)
        self._go_over(frame, seconds)
        self._vignette.step(seconds)
        self._panel.step(self._wearer.world_from_head, seconds)

    def _hint(self, *, is_outside: bool) -> None:
        if self._conditions.is_untracked:
            self._panel.hint(UNTRACKED)
        else:
            self._panel.hint(HINT_BOX if is_outside else "")

    def _after_frame(self, now_s: float, seconds: float) -> None:
        """Use the time until the next poses."""
        is_busy = self._arrival.is_uploading or self._crossfade.has_two
        if not self._crossfade.has_two:  # never a third world on the GPU
            self._bring(seconds)
        if not is_busy:  # frames beside an upload, or with two worlds, are no measure
            self._resolution.note(self._headset.timing())
        words = self._conditions.news()
        if words is not None:
            self._desk.say(Status(words))
        if now_s - self._beat_s >= BEAT_S:
            self._beat_s = now_s
            self._desk.say(Beat(self.frames))
        if self._asked is not self._told_view and now_s - self._steered_s >= STEERED_S:
            self._steered_s, self._told_view = now_s, self._asked
            self._desk.say(ViewSteered(self._asked.strength, self._asked.world_scale))
        if self._screen.is_left():
            self._ended = Ended("The headset's window was closed")

    def _bring(self, seconds: float) -> None:
        """Go on with the world that comes: by one slice; after a slow frame by some."""
        until_s = self._clock() + SLOW_SHARE * seconds if seconds > SLOW_S else -math.inf
        failed = self._arrival.step()
        while self._arrival.is_uploading and self._clock() < until_s:
            failed = self._arrival.step()
        if failed is not None:
            self._desk.say(failed)
            self._panel.say(status=f"{HINT_FAILED}: {failed.words}")
            self._panel.show_for(NEWS_S)

    # What happens -------------------------------------------------------------------------------

    def _note(self, event: Event) -> None:
        match event.kind:
            case EventKind.QUIT:
                self._ended = Ended(event.words or "The headset's runtime ended the session")
            case EventKind.DEVICE_LOST:
                self._ended = Ended(event.words or "The headset is gone", is_fault=True)
            case EventKind.OPTICS_CHANGED:
                self._take_optics()
            case EventKind.RECENTERED:
                self._wearer.place_again()
            case EventKind.AWAKE:  # put on, perhaps by somebody else
                self._wearer.place_again()
                self._conditions.note(event)
            case _:
                self._conditions.note(event)

    def _take_optics(self) -> None:
        size = target_px(
            self._headset.info.eye_px, self._begin.supersample, self._drawing.max_texture_px
        )
        if size != self._resolution.size_px:
            self._drawing.resize(size)
            self._resolution.resize(size)
        for eye in Eye:
            self._drawing.set_hidden_mesh(eye, self._headset.hidden_mesh(eye))

    def _take_orders(self) -> None:
        while self._ended is None and (order := self._desk.take()) is not None:
            match order:
                case Leave():
                    self._ended = Ended("")
                case ShowWorld():
                    self._arrival.begin(order)
                    self._panel.say(status="Opening…")
                case ChangeView(view=view):
                    self._change_view(view)
                case TellProgress(words=words, fraction=fraction):
                    self._panel.say(status=words, progress=fraction)

    def _change_view(self, view: View) -> None:
        if self._arrival.order is not None:
            self._arrival.view = view
        elif self._changes or comfort.is_jump(self._asked, view):  # never past an earlier one
            self._changes.append(lambda _: self._ask(view))
        else:
            self._ask(view)

    def _ask(self, view: View) -> None:
        self._asked = self._told_view = view
        self._limit()

    def _limit(self) -> None:
        self._view = comfort.limited_view(self._asked, self._is_metric, self._begin.nearest_m)

    def _obey(self, controls: Controls, frame: Frame, seconds: float) -> None:
        if controls.next_world:
            self._wish(Wish.NEXT)
        if controls.previous_world:
            self._wish(Wish.PREVIOUS)
        if controls.again:
            self._wish(Wish.AGAIN)
        if controls.panel:
            self._panel.toggle()
        if controls.recenter:
            self._changes.append(self._recenter)
            self._headset.pulse(_PRESSED)
        if controls.turn:
            self._turn(controls.turn, frame)
        if controls.strength or controls.scale:
            asked = comfort.steered_view(self._view, controls.strength, controls.scale, seconds)
            self._asked = asked
            self._limit()
            self._asked = self._view  # no way back through what the limit takes away

    def _wish(self, wish: Wish) -> None:
        self._desk.say(Wished(wish))
        self._headset.pulse(_PRESSED)
        self._panel.show_for(NEWS_S if wish is Wish.AGAIN else TITLE_S)

    def _turn(self, direction: int, frame: Frame) -> None:
        self._wearer.turn(frame, direction * self._begin.turn_deg)
        self._wearer.follow(frame)
        self._vignette.begin()
        self._panel.hang_again()
        self._headset.pulse(_TURNED)

    def _recenter(self, frame: Frame) -> None:
        self._wearer.recenter(frame)
        self._wearer.follow(frame)
        self._panel.hang_again()

    def _moved(self) -> None:
        """The world stands elsewhere from this frame on: it comes out of the dark there."""
        self._fader.level = 0.0
        self._panel.hang_again()
        if self._crossfade.has_two:
            self._crossfade.cut()
            self._let_leave()

    # From one world, or one way to see it, to another -------------------------------------------

    def _go_over(self, frame: Frame, seconds: float) -> None:
        """Let the light go on its way, and make the changes that wait when it is low enough."""
        fade = self._crossfade
        is_wanted = bool(self._changes) or self._arrival.is_ready
        had_two = fade.has_two
        is_time = fade.step(seconds, is_wanted=is_wanted)
        if had_two and not fade.has_two:
            self._let_leave()
        is_dark = self._fader.level == 0
        if is_wanted and not fade.has_two and (is_time or is_dark):
            self._change(frame, is_dark=is_dark)

    def _change(self, frame: Frame, *, is_dark: bool) -> None:
        if is_dark:
            self._crossfade.cut()
        else:
            self._crossfade.begin()
            self._wearer.begin_leaving()
            for picture in self._pictures:
                picture.leaving.view = self._view
        for change in self._changes:
            change(frame)
        self._changes.clear()
        if self._arrival.is_ready:
            self._show_arrived(frame)
        self._wearer.follow(frame)
        if not self._crossfade.has_two:  # there was no light to fade from
            self._let_leave()

    def _let_leave(self) -> None:
        self._drawing.let_leave()
        self._wearer.end_leaving()

    def _show_arrived(self, frame: Frame) -> None:
        title, view = self._arrival.title, self._arrival.view
        self._is_metric = self._arrival.is_metric
        order = self._arrival.show()
        self._ask(view)
        self._wearer.face(frame, order.view.yaw_deg)
        self._panel.hang_again()
        self._panel.say(title=title, status="")
        self._panel.show_for(TITLE_S)
        self._desk.say(Shown(order.number))
        gc.collect()
        gc.freeze()


_PRESSED, _TURNED = Haptic(), Haptic(seconds=0.01, strength=0.3)
