"""The small compass over the view: where one looks, how wide, and a click to look elsewhere."""

from __future__ import annotations

import math

from PySide6.QtCore import (
    QEasingCurve,
    QEvent,
    QObject,
    QPointF,
    QRectF,
    Qt,
    QTimer,
    QVariantAnimation,
    Signal,
)
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from depthfusion.gui import look, theme
from depthfusion.gui.overlays import MARGIN_PX
from depthfusion.view import View

SIZE_PX = 76
SMALLEST_VIEW_PX = (300, 220)
"""It leaves a smaller view to the picture."""
IDLE_S = 2.5
"""In full screen it goes after this time without a movement of the mouse or a key."""
TURN_MS = 280
_FADE_MS = 180
_KEY_STEP_DEG = 15.0
_RIM_PX = SIZE_PX / 2 - 5
_DRAG_FROM_PX = 3.0


class Compass(QWidget):
    """A disc at the lower right, forward up. A child of the view; knows nothing of what that is."""

    turned = Signal(float)
    """Look to this yaw in degrees; several in a row while it turns there."""
    recentre_wanted = Signal()

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self.view = view
        self.reduced = False
        """Whether to jump instead of turning and fading."""
        self._look = View()
        self._drawn: tuple[int, ...] = ()
        self._wanted = True
        self._full_screen = self._tracked_before = False
        self._pressed_at: QPointF | None = None
        self._strength = 1.0
        self._idle = QTimer(self, singleShot=True, interval=round(IDLE_S * 1000))
        self._idle.timeout.connect(self._go)
        self._turning = QVariantAnimation(self, duration=TURN_MS)
        self._turning.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._turning.valueChanged.connect(self._turn_on)
        self._fading = QVariantAnimation(self, duration=_FADE_MS)
        self._fading.valueChanged.connect(self._fade)
        self._fading.finished.connect(lambda: self.setVisible(self._strength > 0))
        self.setFixedSize(SIZE_PX, SIZE_PX)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Compass"))
        view.installEventFilter(self)
        self._place()
        self.follow(self._look)

    # Where and when it is shown -----------------------------------------------------------------

    def set_wanted(self, wanted: bool) -> None:
        """Show it where there is room, or never."""
        self._wanted = wanted
        self._place()

    def set_full_screen(self, full_screen: bool) -> None:
        """Go away when nothing is done in full screen; stay otherwise."""
        if full_screen == self._full_screen:
            return
        self._full_screen = full_screen
        if full_screen:
            self._tracked_before = self.view.hasMouseTracking()
            self.view.setMouseTracking(True)
            self._idle.start()
        else:
            self.view.setMouseTracking(self._tracked_before)
            self._idle.stop()
        self.wake()

    def wake(self) -> None:
        """Come back: something was done."""
        if self._full_screen:
            self._idle.start()
        self._fading.stop()
        self._fade(1.0)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the place in the view, and come back when something is done in it."""
        kind = event.type()
        if kind is QEvent.Type.Resize:
            self._place()
            self.follow(self._look)
        elif self._full_screen and kind in _DONE:
            self.wake()
        return False

    def _place(self) -> None:
        width, height = self.view.width(), self.view.height()
        fits = width >= SMALLEST_VIEW_PX[0] and height >= SMALLEST_VIEW_PX[1]
        self.move(width - SIZE_PX - MARGIN_PX, height - SIZE_PX - MARGIN_PX)
        self.setVisible(self._wanted and fits and self._strength > 0)

    def _go(self) -> None:
        if self.hasFocus() or self.underMouse():
            self._idle.start()
        elif self.reduced:
            self._fade(0.0)
            self.hide()
        else:
            self._fading.setStartValue(self._strength)
            self._fading.setEndValue(0.0)
            self._fading.start()

    def _fade(self, strength: float) -> None:
        if strength != self._strength:
            self._strength = strength
            self.update()

    # What it shows ------------------------------------------------------------------------------

    @property
    def half_width_deg(self) -> float:
        """Half of the horizontal field of view."""
        aspect = self.view.width() / max(1, self.view.height())
        half = math.radians(self._look.fov_deg) / 2
        return math.degrees(math.atan(math.tan(half) * aspect))

    def follow(self, view: View) -> None:
        """Show where a view looks; drawn anew only where that moves by a pixel."""
        self._look = view
        px_per_deg = math.radians(_RIM_PX * self.devicePixelRatioF())
        edges = (view.yaw_deg - self.half_width_deg, view.yaw_deg + self.half_width_deg)
        drawn = tuple(round(look.wrapped_deg(edge) * px_per_deg) for edge in edges)
        if drawn != self._drawn:
            self._drawn = drawn
            self.update()

    def described(self) -> str:
        """Return in words where one looks."""
        yaw, fov = round(look.wrapped_deg(self._look.yaw_deg)), round(self._look.fov_deg)
        if yaw == 0:
            return self.tr("Looking forward, field of view {0}°").format(fov)
        if abs(yaw) == 180:
            return self.tr("Looking back, field of view {0}°").format(fov)
        text = self.tr("{0}° to the right, field of view {1}°")
        if yaw < 0:
            text = self.tr("{0}° to the left, field of view {1}°")
        return text.format(abs(yaw), fov)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw disc, marks, wedge and the line of sight."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(self._strength)
        painter.translate(SIZE_PX / 2, SIZE_PX / 2)
        accent, rim = QColor(theme.ACCENT), QColor(255, 255, 255, 46)
        painter.setPen(QPen(accent, 2) if self.hasFocus() else QPen(rim, 1))
        painter.setBrush(QColor(22, 22, 25, 205))
        radius = SIZE_PX / 2 - 1.5
        painter.drawEllipse(QPointF(0, 0), radius, radius)
        self._draw_marks(painter)
        self._draw_wedge(painter, accent)

    @staticmethod
    def _draw_marks(painter: QPainter) -> None:
        for eighth in range(8):
            painter.save()
            painter.rotate(45 * eighth)
            length, light = (
                (6.0, 235) if eighth == 0 else (4.0, 120) if eighth % 2 == 0 else (2, 70)
            )
            pen = QPen(QColor(255, 255, 255, light), 2.0 if eighth == 0 else 1.3)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawLine(QPointF(0, -_RIM_PX), QPointF(0, -_RIM_PX + length))
            painter.restore()

    def _draw_wedge(self, painter: QPainter, accent: QColor) -> None:
        painter.save()
        painter.rotate(self._look.yaw_deg)
        half, radius = self.half_width_deg, _RIM_PX - 8
        box = QRectF(-radius, -radius, 2 * radius, 2 * radius)
        fill, edge = QColor(accent), QColor(accent)
        fill.setAlpha(110)
        edge.setAlpha(220)
        painter.setPen(QPen(edge, 1.2))
        painter.setBrush(fill)
        painter.drawPie(box, round((90 - half) * 16), round(2 * half * 16))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(255, 255, 255))
        painter.drawEllipse(QPointF(0, 0), 2.4, 2.4)
        painter.restore()

    # Mouse and keys -----------------------------------------------------------------------------

    def turn_to(self, yaw_deg: float) -> None:
        """Look there, the shorter way round; slowly unless motion is reduced."""
        self._turning.stop()
        here = self._look.yaw_deg
        there = here + look.wrapped_deg(yaw_deg - here)
        if self.reduced:
            self.turned.emit(there)
            return
        self._turning.setStartValue(here)
        self._turning.setEndValue(there)
        self._turning.start()

    def stop(self) -> None:
        """Turn no further; for when the person takes hold of the picture."""
        self._turning.stop()

    def _turn_on(self, yaw_deg: float) -> None:
        self.turned.emit(float(yaw_deg))

    def _yaw_deg_at(self, position: QPointF) -> float:
        across, down = position.x() - SIZE_PX / 2, position.y() - SIZE_PX / 2
        return math.degrees(math.atan2(across, -down))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Turn to where the disc was clicked."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed_at = event.position()
            self.turn_to(self._yaw_deg_at(event.position()))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn with a drag along the disc."""
        start = self._pressed_at
        if start is None:
            return
        moved = event.position() - start
        if math.hypot(moved.x(), moved.y()) > _DRAG_FROM_PX:
            self._turning.stop()
            here = self._look.yaw_deg
            self.turned.emit(here + look.wrapped_deg(self._yaw_deg_at(event.position()) - here))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag."""
        self._pressed_at = None
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Recentre."""
        self._turning.stop()
        self.recentre_wanted.emit()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn by the arrows, recentre by Home, Return or Space."""
        steps = {Qt.Key.Key_Left: -_KEY_STEP_DEG, Qt.Key.Key_Right: _KEY_STEP_DEG}
        if event.key() in steps:
            self.turn_to(self._look.yaw_deg + steps[Qt.Key(event.key())])
        elif event.key() in {Qt.Key.Key_Home, Qt.Key.Key_Return, Qt.Key.Key_Space}:
            self._turning.stop()
            self.recentre_wanted.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tell in words where one looks, when asked."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            hint = self.tr("Click to look there, double-click to recentre")
            QToolTip.showText(event.globalPos(), f"{self.described()}\n{hint}", self)
            return True
        if event.type() is QEvent.Type.FocusIn:
            self.wake()
            self.setAccessibleDescription(self.described())
            self.update()
        elif event.type() is QEvent.Type.FocusOut:
            self.update()
        return super().event(event)


_DONE = {
    QEvent.Type.MouseMove,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.Wheel,
    QEvent.Type.KeyPress,
}
