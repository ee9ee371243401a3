"""The panel in the headset: when it is there, where it hangs, and what it says."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from depthfusion.camera import frame_axes
from depthfusion.vr.drawing import PanelPlace, PanelWords
from depthfusion.vr.placement import Matrix, heading_deg

if TYPE_CHECKING:
    from depthfusion.vr.drawing import EyeDrawing

_log = logging.getLogger(__name__)

DISTANCE_M = 1.25
BELOW_EYES_M = 0.3
WIDTH_M = 0.9
FADE_S = 0.25
FIRST_S = 10.0
"""How long it shows the keys when the session begins."""
TITLE_S = 3.0
"""How long it tells which world this is, or that the next one is being opened."""
NEWS_S = 6.0
"""How long it stays with something that was not asked for."""
KEYS = (
    ("Triggers", "next world (right), previous (left)"),
    ("Right stick", "turn"),
    ("Left stick", "relief (up, down), size (sideways)"),
    ("Left A, X, grip", "recentre"),
    ("Right A, grip", "generate again"),
    ("B, Y, menu", "show or hide this"),
)
"""As the default bindings of `resources/headset` have it; Vive pads are used like sticks."""


class PanelPainter:
    """Paints the newest words into a picture, in a thread of its own."""

    def __init__(self, paint: Callable[[PanelWords], NDArray[np.uint8]]) -> None:
        """Start the thread; `paint` is called in it."""
        self._paint = paint
        self._changed = threading.Condition()
        self._wanted: PanelWords | None = None
        self._picture: NDArray[np.uint8] | None = None
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="panel painter", daemon=True)
        self._thread.start()

    def want(self, words: PanelWords) -> None:
        """Paint these words next."""
        with self._changed:
            self._wanted = words
            self._changed.notify()

    def take(self) -> NDArray[np.uint8] | None:
        """Return the newest picture once; None: there is nothing new."""
        if self._picture is None:  # without the lock: the loop asks in every frame
            return None
        with self._changed:
            picture, self._picture = self._picture, None
            return picture

    def close(self) -> None:
        """Let the thread end."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted is not None or self._is_closed)
                if self._is_closed:
                    return
                words, self._wanted = self._wanted, None
            if words is not None:
                self._store(words)

    def _store(self, words: PanelWords) -> None:
        try:
            picture = self._paint(words)
        except Exception:  # fonts are third parties' and the wearer's: the next words may do
            _log.exception("cannot paint the headset's panel")
            return
        with self._changed:
            self._picture = picture


class Panel:
    """Decides about the panel in every frame. Belongs to the loop's thread."""

    def __init__(self, drawing: EyeDrawing, painter: PanelPainter) -> None:
        self._drawing, self._painter = drawing, painter
        self._words = PanelWords(keys=KEYS)
        self._painted: PanelWords | None = None
        self._is_open = False
        self._rest_s = 0.0
        self._is_hung = False
        self._has_picture = False
        self._hint = ""
        self.place = PanelPlace(width_m=WIDTH_M)

    @property
    def is_shown(self) -> bool:
        """Whether it is there, or is coming."""
        return self._is_open or self._rest_s > 0 or bool(self._hint)

    def say(self, *, title: str | None = None, status: str | None = None,
            progress: float | None = None) -> None:  # fmt: skip
        """Change the title, or the status with its progress."""
        now = self._words
        if status is not None:
            now = PanelWords(now.title, status, progress, now.keys)
        if title is not None:
            now = PanelWords(title, now.status, now.progress, now.keys)
        self._words = now

    def toggle(self) -> None:
        """Show it until it is sent away, or send it away."""
        self._is_open, self._rest_s = not self.is_shown, 0.0

    def show_for(self, seconds: float) -> None:
        """Show it for a while."""
        self._rest_s = max(self._rest_s, seconds)

    def hint(self, words: str) -> None:
        """Show it with these words for as long as they hold; empty: not any more."""
        if words and not self._hint:
            self.hang_again()
        self._hint = words

    def hang_again(self) -> None:
        """The wearer or the world was moved: hang it before the eyes once more."""
        self._is_hung = False

    def step(self, world_from_head: Matrix, seconds: float) -> None:
        """Update `place`, and the picture when there is a new one."""
        self._rest_s = max(0.0, self._rest_s - seconds)
        if self.is_shown:
            self._repaint()
            if not self._is_hung:
                self._hang(world_from_head)
        picture = self._painter.take()
        if picture is not None:
            self._drawing.set_panel_picture(picture)
            self._has_picture = True
        target = 1.0 if self.is_shown and self._has_picture else 0.0
        step = seconds / FADE_S
        change = min(step, max(-step, target - self.place.opacity))
        self.place.opacity += change
        if self.place.opacity == 0 and not self.is_shown:
            self._is_hung = False

    def _repaint(self) -> None:
        words = self._words
        if self._hint:
            words = PanelWords(words.title, self._hint, None, words.keys)
        if words != self._painted:
            self._painted = words
            self._painter.want(words)

    def _hang(self, world_from_head: Matrix) -> None:
        """Before the head, upright, a little below the eyes."""
        axes = frame_axes(heading_deg(world_from_head), 0.0)
        matrix = self.place.world_from_panel
        matrix[:3, :3] = axes.T
        matrix[:3, 3] = world_from_head[:3, 3] - DISTANCE_M * axes[2]
        matrix[1, 3] -= BELOW_EYES_M
        self._is_hung = True
