"""The row under the prompt: how far the present world is, what waits, and a way to stop it."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from depthfusion.generator.events import Finished, Loading, Step
from depthfusion.generator.request import DepthRequest
from depthfusion.gui import theme
from depthfusion.gui.elided import ElidedLabel
from depthfusion.gui.generation_queue import GenerationQueue, Job
from depthfusion.gui.job_progress import JobProgress, rounded_s
from depthfusion.gui.queue_card import QueueCard

_FULL = 1000
_BAR_PX = 4
_MARGIN_PX = 12
_TICK_MS = 1000


class ProgressRow(QWidget):
    """Follows a `GenerationQueue`; hidden while it has nothing to do."""

    def __init__(
        self, queue: GenerationQueue, view: QWidget, parent: QWidget | None = None
    ) -> None:
        """Make the row.

        Args:
            queue: what is followed.
            view: what the card with the waiting jobs lies over.
            parent: Qt owner.
        """
        super().__init__(parent)
        self._queue = queue
        self._progress: JobProgress | None = None
        self.card = QueueCard(queue, view)
        self.bar = _ThinBar()
        self.label = ElidedLabel()
        self.queue_button = QPushButton(self.tr("Queue"))
        self.queue_button.setCheckable(True)
        self.queue_button.setToolTip(self.tr("Show what waits, to sort or remove it"))
        self.go_on_button = QPushButton(self.tr("Go on"))
        self.go_on_button.setToolTip(self.tr("Make what waits, though the last one failed"))
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.cancel_button.setToolTip(self.tr("Stop making this (Esc); what waits goes on"))
        self._ticks = QTimer(self, interval=_TICK_MS)
        self._lay_out()
        self._connect()
        self._recolor()
        self.setAccessibleName(self.tr("Progress"))
        self.hide()
        if queue.current is not None:
            self._begin(queue.current)
        self._follow()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN_PX, 0, _MARGIN_PX, _MARGIN_PX - 2)
        column.setSpacing(7)
        column.addWidget(self.bar)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.label, 1)
        for button in (self.queue_button, self.go_on_button, self.cancel_button):
            row.addWidget(button)
        column.addLayout(row)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _connect(self) -> None:
        queue = self._queue
        queue.changed.connect(self._follow)
        queue.began.connect(self._begin)
        queue.progressed.connect(self._hear)
        queue.made.connect(self._hear)
        queue.failed.connect(self._over)
        queue.cancelled.connect(self._over)
        self.cancel_button.clicked.connect(queue.cancel)
        self.go_on_button.clicked.connect(queue.resume)
        self.queue_button.clicked.connect(self._toggle_card)
        self.card.closed.connect(lambda: self.queue_button.setChecked(False))
        self._ticks.timeout.connect(self._tell)

    # What happens -------------------------------------------------------------------------------

    @Slot(object)
    def _begin(self, job: Job) -> None:
        self._progress = JobProgress(job.request.count)
        self._follow()

    @Slot(object, object)
    def _hear(self, job: Job, event: Loading | Step | Finished) -> None:
        if self._progress is not None:
            self._progress.hear(event, time.monotonic())
        if isinstance(event, Finished) and event.image + 1 >= event.count:
            self._progress = None
        self._tell()

    @Slot(object)
    def _over(self, job: Job, failed: object = None) -> None:
        self._progress = None
        self._follow()

    @Slot()
    def _follow(self) -> None:
        waiting = len(self._queue.waiting)
        working = self._queue.current is not None
        shown = working or waiting > 0
        self.queue_button.setVisible(waiting > 0)
        self.queue_button.setText(self.tr("Queue ({0})").format(waiting))
        self.go_on_button.setVisible(self._queue.held)
        self.cancel_button.setVisible(working)
        if working != self._ticks.isActive():
            (self._ticks.start if working else self._ticks.stop)()
        if shown:
            self._tell()
        self.setVisible(shown)
        if not waiting:
            self.card.close_card()

    def _toggle_card(self) -> None:
        self.card.toggle()
        self.queue_button.setChecked(self.card.isVisible())

    # What is said -------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The line that is shown."""
        return self.label.whole

    @Slot()
    def _tell(self) -> None:
        self.bar.setVisible(self._queue.current is not None)
        progress = self._progress
        self.bar.setValue(round(_FULL * progress.fraction) if progress is not None else 0)
        self.label.set_text(self._line())
        self.bar.setAccessibleDescription(self.label.whole)

    def _line(self) -> str:
        waiting, progress = len(self._queue.waiting), self._progress
        if self._queue.held:
            return self.tr("Held after a failure, {0} waiting").format(waiting)
        if progress is None or self._queue.current is None:
            parts = [self.tr("Stopping the world before")]
        else:
            parts = [self._doing(progress)]
            left_s = progress.remaining_s(time.monotonic())
            if left_s is not None:
                parts.append(self.tr("{0} left").format(self._in_words(left_s)))
            if progress.count > 1:
                world = self.tr("World {0} of {1}")
                number = min(progress.image + 1, progress.count)
                parts[0] = f"{world.format(number, progress.count)}  ·  {parts[0]}"
        if waiting:
            parts.append(self.tr("{0} queued").format(waiting))
        return ", ".join(parts)

    def _doing(self, progress: JobProgress) -> str:
        job = self._queue.current
        if job is not None and isinstance(job.request, DepthRequest):
            return self._estimating(progress)
        match progress.event:
            case Loading(fraction=fraction):
                return self.tr("Loading the model, {0} %").format(round(100 * fraction))
            case Step(index=index, total=total) if index >= total:
                return self.tr("Finishing")
            case Step(index=index, total=total):
                return self.tr("Step {0} of {1}").format(index, total)
        return self.tr("Starting")

    def _estimating(self, progress: JobProgress) -> str:
        match progress.event:
            case Loading(fraction=fraction) if fraction < 1:
                return self.tr("Estimating depth: loading the network")
            case Step(index=index, total=total) if index < total:
                return self.tr("Estimating depth: part {0} of {1}").format(index, total)
        return self.tr("Estimating depth")

    def _in_words(self, seconds: float) -> str:
        if seconds < 1.5:
            return self.tr("a moment")
        whole = rounded_s(seconds)
        hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
        if hours:
            return self.tr("{0} h {1} min").format(hours, minutes)
        if whole <= 90:
            return self.tr("{0} s").format(whole)
        return (
            self.tr("{0} min {1} s").format(minutes, rest)
            if rest
            else (self.tr("{0} min").format(minutes))
        )

    # How it looks -------------------------------------------------------------------------------

    def _recolor(self) -> None:
        color = self.palette().color(QPalette.ColorRole.ButtonText)
        scale = self.devicePixelRatioF()
        self.queue_button.setIcon(theme.symbol("queue", color, 16, scale))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._recolor()


class _ThinBar(QProgressBar):
    """A progress bar without text, as thin as a line."""

    def __init__(self) -> None:
        super().__init__()
        self.setRange(0, _FULL)
        self.setTextVisible(False)
        self.setFixedHeight(_BAR_PX)
        self.setAccessibleName(self.tr("Progress"))

    def sizeHint(self) -> QSize:
        return QSize(200, _BAR_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        ground = QColor(self.palette().color(QPalette.ColorRole.WindowText))
        ground.setAlphaF(0.14)
        painter.setBrush(ground)
        half = self.height() / 2
        painter.drawRoundedRect(QRectF(self.rect()), half, half)
        width = self.width() * self.value() / max(1, self.maximum())
        if width > 0:
            painter.setBrush(self.palette().color(QPalette.ColorRole.Highlight))
            painter.drawRoundedRect(
                QRectF(0, 0, max(width, self.height()), self.height()), half, half
            )
        painter.end()
