"""The widget one looks through: it owns the renderer, the view and everything that moves it.

It knows nothing of menus, files or settings, so that any window can hold it. Give it a `Loading`
with `show_loading`, set `view`, listen to its signals, and call `shut_down` before it goes.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QSizeF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QWidget

from depthfusion.errors import DepthFusionError, RendererError
from depthfusion.gui import look
from depthfusion.gui.frame_clock import FrameClock
from depthfusion.gui.hands import Hands
from depthfusion.gui.loading import Failed, Finished, Limits, Loading, Read, Source, Staged
from depthfusion.gui.motion import Motion
from depthfusion.gui.preview import Growth, Preview
from depthfusion.settings import PictureQuality
from depthfusion.view import DEFAULT_FOV_DEG, View

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from depthfusion.gui.canvas import Canvas
    from depthfusion.panorama import Panorama
    from depthfusion.renderer import PanoramaRenderer, Stage
    from depthfusion.settings import Settings


class Viewport(QOpenGLWidget):
    """Shows one panorama and lets the person look and walk in it. GUI thread only."""

    view_changed = Signal(object)
    """The new `View`; also while something moves, once a frame."""
    arrived = Signal(object, bool)
    """A `Panorama` was read, as a draft (True) or in full; its picture is about to be shown."""
    stage_shown = Signal()
    """A better picture of the panorama has been drawn."""
    finished = Signal()
    """The best picture of the panorama has been drawn."""
    failed = Signal(object)
    """A `DepthFusionError`: it cannot be opened; what was shown before comes back or stays."""
    renderer_ready = Signal()
    renderer_failed = Signal(str)
    """OpenGL cannot be used here; nothing will be shown."""
    rate_changed = Signal(float)
    """Frames a second that reached the screen; 0 when nothing moves and none are drawn."""
    full_screen_wanted = Signal()
    _loading_spoke = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.motion = Motion()
        self.panorama: Panorama | None = None
        self.renderer: PanoramaRenderer | None = None
        self._canvas: Canvas | None = None
        self._broken = False
        self._quality = PictureQuality.AUTO
        self._view = self._drawn = self._previous_view = View()
        self._next_view: View | None = None
        self._loading: Loading | None = None
        self._retired: list[Loading] = []
        self._stages: deque[Stage] = deque()
        self._all_staged = False
        self._loading_is_done = False
        self._preview, self._growth = Preview(), Growth()
        self._hands = Hands(self.motion)
        self.clock = FrameClock(self, self._advance, self.update, self.motion.rested)
        self.clock.rate_changed.connect(self.rate_changed)
        self.frameSwapped.connect(self.clock.frame_swapped)
        self._sway_timer = QTimer(self, singleShot=True)
        self._sway_timer.timeout.connect(self.clock.wake)
        self._loading_spoke.connect(self._take_events, Qt.ConnectionType.QueuedConnection)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 200)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setAccessibleName(self.tr("Panorama"))
        self.setAccessibleDescription(
            self.tr("Drag or use the arrow keys to look around, W A S D to walk")
        )

    # The view -----------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        """The state that is shown. Setting it draws a frame."""
        return self._view

    @view.setter
    def view(self, view: View) -> None:
        if view != self._view:
            turned = view.invert_depth != self._view.invert_depth
            self._view = self._drawn = view
            self.view_changed.emit(view)
            if turned and self.panorama is not None and self._loading_is_done:
                self._show_again(self.panorama)
        self.clock.wake()

    def change(self, **fields: Any) -> None:
        """Replace some fields of the view."""
        self.view = replace(self._view, **fields)

    def set_next_view(self, view: View) -> None:
        """Set the view that goes with the panorama just arrived, from its first picture on."""
        self._next_view = view

    def recentre(self) -> None:
        """Look straight ahead from the centre again, at the normal field of view."""
        self.motion.touch()
        self.set_motion(turning=False)
        self.change(yaw_deg=0.0, pitch_deg=0.0, fov_deg=DEFAULT_FOV_DEG, position_m=(0.0, 0.0, 0.0))

    def zoom(self, notches: float) -> None:
        """Zoom in by wheel notches; out when negative."""
        self.motion.touch()
        self.view = look.zoomed(self._view, notches)

    def set_motion(self, **flags: bool) -> None:
        """Set `turning`, `swaying` or `reduced` of the motion."""
        for name, value in flags.items():
            setattr(self.motion, name, value)
        self.clock.wake()

    def use_settings(self, settings: Settings) -> None:
        """Take over how mouse and wheel are to act, and the quality.

        `view` and what moves by itself stay.
        """
        self._hands.sensitivity = settings.mouse_sensitivity
        self._hands.inverted = settings.mouse_invert
        self._hands.wheel = settings.mouse_wheel
        self.motion.inertia = settings.inertia
        if settings.quality is not self._quality:
            self._quality = settings.quality
            if self.panorama is not None and self._loading_is_done:
                self._show_again(self.panorama)

    @property
    def _is_preparing(self) -> bool:
        """Whether the processor that draws still has to prepare the surface, or to take it over."""
        is_software = self.renderer is not None and self.renderer.is_software
        is_done = self._loading_is_done and not self._stages
        return is_software and self._loading is not None and not is_done

    def _advance(self, step_s: float) -> bool:
        self.motion.held = self._is_preparing
        view = self.motion.advanced(self._view, step_s)
        if view != self._view:
            self._view = view
            self.view_changed.emit(view)
        self._growth.advance(step_s)
        self._drawn = self._growth.grown(self.motion.swayed(view, step_s))
        wait_s = self.motion.waits_s()
        if wait_s is not None:
            self._sway_timer.start(round(wait_s * 1000) + 20)
        moving = self._growth.running or self.motion.needs_frames(view)
        self.clock.calm = not (self._growth.running or self.motion.is_moved(view))
        return not self._broken and (bool(self._stages) or moving)

    # Opening ------------------------------------------------------------------------------------

    def show_loading(self, loading: Loading) -> None:
        """Show what `loading` brings, as it comes; the picture before stays until then."""
        self._drop_loading()
        self._loading = loading
        self._loading_is_done = False
        if self.renderer is not None:
            loading.give_limits(self._limits(self.renderer))
        loading.listen(self._loading_spoke.emit)

    def _drop_loading(self) -> None:
        self._retired = [old for old in self._retired if not old.join(0)]
        if self._loading is not None:
            self._loading.cancel()
            self._retired.append(self._loading)
        self._loading = None
        self._next_view = None
        self._stages.clear()
        self._all_staged = False

    def _limits(self, renderer: PanoramaRenderer) -> Limits:
        return Limits(renderer.max_texture_px, renderer.is_software, self._quality)

    @Slot()
    def _take_events(self) -> None:
        while self._loading is not None and (event := self._loading.take()) is not None:
            match event:
                case Read(panorama, draft):
                    shown_again = panorama is self.panorama
                    if not draft:
                        self.panorama = panorama
                    if not shown_again:
                        self.arrived.emit(panorama, draft)
                case Staged(stage):
                    self._stages.append(stage)
                    self.clock.wake()
                case Finished():
                    self._all_staged = self._loading_is_done = True
                    self.clock.wake()
                case Failed(error):
                    self._fail(error)

    def _fail(self, error: DepthFusionError) -> None:
        failed, before = self._loading, self.panorama
        self._drop_loading()
        self.failed.emit(error)
        if self._loading is None and before is not None and failed and failed.has_shown_draft:
            self._show_again(before)
            self._next_view = self._previous_view
        self.clock.wake()

    def _show_again(self, panorama: Panorama) -> None:
        """Prepare the panorama anew, from memory: its surface suits one sense of depth only."""
        self.show_loading(Loading(Source(panorama=panorama, inverted=self._view.invert_depth)))

    # A world that is forming --------------------------------------------------------------------

    @property
    def previewing(self) -> bool:
        """Whether a preview lies over the world."""
        return self._preview.shown

    def show_preview(self, color: NDArray[np.uint8]) -> None:
        """Show a small picture, (h, 2h, 3) uint8 sRGB, in place of the world until `end_preview`.

        The person goes on looking around; the world stays as it is behind it.
        """
        self._preview.show(color)
        self.clock.wake()

    def end_preview(self, *, grow: bool = False) -> None:
        """Show the world again.

        Args:
            grow: whether its depth comes in slowly, as it does for a world that has just formed.
        """
        self._preview.hide()
        if grow and not self.motion.reduced:
            self._growth.start()
            self._drawn = self._growth.grown(self._drawn)  # from the next frame on
        else:
            self._growth.finish()
        self.clock.wake()

    # OpenGL -------------------------------------------------------------------------------------

    def initializeGL(self) -> None:
        """Make the renderer; called again by Qt when the context was lost or replaced."""
        self.context().aboutToBeDestroyed.connect(self.release_renderer)
        with self._reported():
            self._make_renderer()

    def _make_renderer(self) -> None:
        import moderngl

        from depthfusion.gui.canvas import Canvas
        from depthfusion.renderer import PanoramaRenderer

        version = self.context().format().version()
        if tuple(version) < (3, 3):
            raise RendererError(
                f"want OpenGL 3.3 or newer, got {version[0]}.{version[1]}: "
                "update the graphics driver"
            )
        try:
            moderngl.init_context()  # wraps Qt's own: right on GLX, EGL, Windows and macOS
            context = moderngl.get_context()
        except Exception as error:  # ModernGL raises its own error or what the driver's loader does
            raise RendererError(f"want OpenGL 3.3 or newer, got none: {error}") from error
        self.renderer = PanoramaRenderer(context)
        self.renderer.prefer_speed()
        self.clock.driver_waits = not self.renderer.is_software
        self._canvas = Canvas(context, self.renderer)
        self.renderer_ready.emit()
        if self._loading is not None and not self._loading.has_limits:
            self._loading.give_limits(self._limits(self.renderer))
        elif self.panorama is not None:
            self._show_again(self.panorama)  # what was uploaded went with the old context

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Tell of failures while drawing, once: Qt loses what its virtual methods raise.

        PySide hands such an exception to whatever Python code runs next, or crashes. So this is the
        one place of the window that catches everything; it also stops drawing.
        """
        try:
            yield
        except Exception as error:
            if not isinstance(error, DepthFusionError):
                sys.excepthook(type(error), error, error.__traceback__)
            self._broken = True
            self.clock.stop()
            QTimer.singleShot(0, self.release_renderer)  # Qt needs its context until it returns
            self.renderer_failed.emit(str(error))

    def resizeGL(self, width: int, height: int) -> None:
        """Forget Qt's framebuffer, which is a new one now."""
        self._preview.resized()
        if self._canvas is not None:
            self._canvas.resized()

    def paintGL(self) -> None:
        """Upload what is ready, then draw the view into Qt's framebuffer."""
        if self.renderer is None or self._canvas is None or self._broken:
            return
        with self._reported():
            shown = self._apply_stage(self.renderer)
            target, size_px = self.defaultFramebufferObject(), self.size_px()
            if self._preview.shown:
                self._preview.draw(self.renderer.ctx, self._drawn, target, size_px)
            else:
                self._canvas.draw(self._drawn, target, size_px)
            if shown:
                self._tell_shown()

    def _apply_stage(self, renderer: PanoramaRenderer) -> bool:
        """Upload the oldest waiting stage, or a part of it; return whether one is complete."""
        if not self._stages:
            return self._all_staged
        while not renderer.apply(self._stages[0]):
            if renderer.stage_name is not None:
                return False  # the rest before the next frames, so that none is late
        self._stages.popleft()
        if self._next_view is not None:
            self._previous_view = self._view
            self._view = self._drawn = self._next_view
            self._next_view = None
            self.view_changed.emit(self._view)
        return True

    def _tell_shown(self) -> None:
        self.stage_shown.emit()
        if self._all_staged and not self._stages:
            self._all_staged = False
            self.finished.emit()

    def size_px(self) -> tuple[int, int]:
        """Return the size of the drawn picture in device pixels."""
        scale = self.devicePixelRatioF()
        return max(1, round(self.width() * scale)), max(1, round(self.height() * scale))

    def picture(self, size_px: tuple[int, int] | None = None) -> NDArray[np.uint8]:
        """Return the present view, drawn anew: (H, W, 3) uint8, sRGB, row 0 up.

        Args:
            size_px: (width, height); None: as large as on the screen.

        Raises:
            RendererError: if there is no OpenGL, or the picture is too large for it.
        """
        if self._canvas is None:
            raise RendererError("want OpenGL to draw a picture, got none on this screen")
        self.makeCurrent()
        try:
            return self._canvas.picture(self._drawn, size_px or self.size_px())
        finally:
            self.doneCurrent()

    @Slot()
    def release_renderer(self) -> None:
        """Give back everything on the GPU. Called before the context goes; harmless twice."""
        if self.renderer is None:
            return
        self.makeCurrent()
        self._preview.release()
        if self._canvas is not None:
            self._canvas.release()
        self.renderer.release()
        self.renderer = self._canvas = None
        self.doneCurrent()

    def shut_down(self) -> None:
        """Stop loading and moving, release the GPU. Call before the window is destroyed."""
        self.clock.stop()
        self._sway_timer.stop()
        self._drop_loading()
        for loading in self._retired:
            loading.join()
        self._retired.clear()
        self.release_renderer()

    # Mouse and keys -----------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the picture."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._hands.grab(self._view, event.position(), QSizeF(self.size()))
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn the view so that what was grabbed stays under the pointer."""
        if self._hands.dragging:
            self.view = self._hands.drag(self._view, event.position(), QSizeF(self.size()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the picture go; it may glide on."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._hands.let_go()
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self.clock.wake()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask for the full screen."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.full_screen_wanted.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom."""
        self.zoom(event.angleDelta().y() / 120 * self._hands.wheel)
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Zoom with two fingers on a touch pad."""
        if (
            isinstance(event, QNativeGestureEvent)
            and event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture
        ):
            self.zoom(event.value() * 10)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Begin to look, walk or zoom."""
        chord = event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier
            | Qt.KeyboardModifier.AltModifier
            | Qt.KeyboardModifier.MetaModifier
        )
        if not chord and (event.isAutoRepeat() or self._hands.press(event.key())):
            self.clock.wake()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Stop looking, walking or zooming."""
        if event.isAutoRepeat() or self._hands.release(event.key()):
            self.clock.wake()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Let all keys go: their release will not be told here."""
        self._hands.release_all()
        super().focusOutEvent(event)
