"""Finds out, beside the window, whether there is a headset to go into."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

if TYPE_CHECKING:
    from depthfusion.headset.probe import HeadsetReport
    from depthfusion.vr.messages import Ready

LOOK_AGAIN_S = 30.0
"""Least time between two looks: with some runtimes each wakes the headset."""
_END_WAIT_S = 2.0
_log = logging.getLogger(__name__)


def _probe() -> HeadsetReport:
    from depthfusion.headset.probe import probe

    return probe()


class HeadsetFinder(QObject):
    """Asks in a thread, since a runtime may take seconds to answer; the child process is killed."""

    changed = Signal()
    """`report` is another one."""
    _found = Signal(object)

    def __init__(
        self, parent: QObject | None = None, look: Callable[[], HeadsetReport] = _probe
    ) -> None:
        """Look for nothing yet.

        Args:
            parent: Qt owner.
            look: takes its time, in another thread.
        """
        super().__init__(parent)
        self.report: HeadsetReport | None = None
        """What was found the last time; None before the first."""
        self._look = look
        self._looked_s = -LOOK_AGAIN_S
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._found.connect(self._take)

    @property
    def is_here(self) -> bool:
        """Whether a session is worth a try."""
        return self.report is not None and self.report.has_headset

    def look(self) -> None:
        """Look for a headset now, if the last look was not just before."""
        now_s = time.monotonic()
        if self._thread is not None or self._is_closed or now_s - self._looked_s < LOOK_AGAIN_S:
            return
        self._looked_s = now_s
        self._thread = threading.Thread(target=self._run, name="headset finder", daemon=True)
        self._thread.start()

    def found(self, ready: Ready) -> None:
        """Take note of a session that runs: there is a headset."""
        from depthfusion.headset.probe import HeadsetReport

        self.report = HeadsetReport(
            is_installed=True,
            has_headset=True,
            is_running=True,
            name=ready.headset,
            runtime=ready.runtime,
            refresh_hz=ready.refresh_hz,
            eye_px=ready.eye_px,
        )
        self.changed.emit()

    def shut_down(self) -> None:
        """Want to hear no more; a look that has begun is waited for, but not for long."""
        self._is_closed = True
        if self._thread is not None:
            self._thread.join(_END_WAIT_S)  # it may be stuck in a runtime: then it ends with us

    def _run(self) -> None:
        report: HeadsetReport | None = None
        try:
            report = self._look()
        except Exception:  # whatever a runtime's library raises: the next look is to be another one
            _log.exception("while looking for a headset")
        if self._is_closed:
            return
        with suppress(RuntimeError):  # the window was destroyed in this moment
            self._found.emit(report)

    @Slot(object)
    def _take(self, report: HeadsetReport | None) -> None:
        """Take note of what was found; None: the look failed, and what is known stays."""
        self._thread = None
        if report is not None and not self._is_closed:
            self.report = report
            self.changed.emit()
