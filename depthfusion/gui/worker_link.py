"""The window's worker: a `QProcess` that speaks `generator.protocol`; no thread, no wait."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal, Slot

from depthfusion.generator.child import worker_command, worker_environment
from depthfusion.generator.events import Failed, Failure
from depthfusion.generator.protocol import CANCEL_GRACE_S, LastLines, Protocol
from depthfusion.generator.request import AnyRequest

IDLE_S = 3.0
"""How long a worker that has worked waits for the next request where it keeps no model."""
_log = logging.getLogger(__name__)


class WorkerLink(QObject):
    """Keeps one worker, started when first needed and again after it ended.

    One request at a time: `start` the next after `freed`.
    """

    spoke = Signal(object)
    """An `Event` of the present request; none comes after `cancel`."""
    freed = Signal()
    """The last request is over, whatever became of it: the worker can take another."""

    def __init__(
        self,
        parent: QObject | None = None,
        command: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start nothing yet.

        Args:
            parent: Qt owner.
            command: program and arguments of the worker; None: our own.
            environment: variables to set for it, besides this process's own.
        """
        super().__init__(parent)
        self._command = list(command or worker_command())
        self._environment = worker_environment(environment)
        self._process: QProcess | None = None
        self._protocol = Protocol()
        self._last_lines = LastLines()
        self._leaving: list[QProcess] = []
        self._keeps_model = True
        self._idle = QTimer(self, singleShot=True, interval=round(IDLE_S * 1000))
        self._idle.timeout.connect(self._let_go)
        self._grace = QTimer(self, singleShot=True)
        self._grace.timeout.connect(self._kill_if_busy)

    @property
    def busy(self) -> bool:
        """Whether the worker is still at the last request, wanted or cancelled."""
        return self._protocol.busy

    @property
    def pid(self) -> int:
        """Of the worker; 0 while there is none."""
        return int(self._process.processId()) if self._process is not None else 0

    @property
    def keeps_model(self) -> bool:
        """Whether the worker stays when all is done, with what it has loaded.

        If not it ends after `IDLE_S` without a request, and all its memory comes back.
        """
        return self._keeps_model

    @keeps_model.setter
    def keeps_model(self, keeps_model: bool) -> None:
        self._keeps_model = keeps_model
        self._plan_to_let_go()

    def warm_up(self) -> None:
        """Start the process, so that the first request finds it there."""
        if self._process is None or self._protocol.broken:
            self._begin()

    def start(self, request: AnyRequest) -> None:
        """Send a request; its events come by `spoke`.

        Raises:
            RuntimeError: if the one before is not over.
            FramingError: if the request cannot be sent.
        """
        self._idle.stop()
        self.warm_up()
        data = self._protocol.start(request)
        assert self._process is not None
        self._process.write(data)

    def cancel(self) -> None:
        """Want no more of the present request; the worker is killed if it does not stop soon."""
        data = self._protocol.cancel()
        if self._process is not None and data:
            self._process.write(data)
            self._grace.start(round(CANCEL_GRACE_S * 1000))

    def shut_down(self) -> None:
        """End the worker, within 2 s; nothing is heard of it any more."""
        self._grace.stop()
        self._idle.stop()
        leaving, self._leaving = self._leaving, []
        for process in (*leaving, *([self._process] if self._process is not None else [])):
            self._end(process)
        self._process = None

    @staticmethod
    def _end(process: QProcess) -> None:
        process.blockSignals(True)
        if process.state() is not QProcess.ProcessState.NotRunning:
            process.closeWriteChannel()
            if not process.waitForFinished(round(CANCEL_GRACE_S * 1000)):
                process.kill()
                process.waitForFinished(500)
        process.deleteLater()

    def _begin(self) -> None:
        if self._process is not None:
            self._process.blockSignals(True)
            self._process.kill()
            self._process.deleteLater()
        self._protocol, self._last_lines = Protocol(), LastLines()
        process = QProcess(self)
        environment = QProcessEnvironment()
        for name, value in self._environment.items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._listen)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._error)
        self._process = process
        program, *arguments = self._command
        process.start(program, arguments)

    @Slot()
    def _read(self) -> None:
        process, protocol = self._process, self._protocol
        if process is None:
            return
        was_busy = protocol.busy
        for event in protocol.feed(bytes(process.readAllStandardOutput().data())):
            self.spoke.emit(event)
        if protocol.broken:
            process.kill()
        elif was_busy and not protocol.busy and protocol is self._protocol:
            self._grace.stop()
            self.freed.emit()
            self._plan_to_let_go()

    def _plan_to_let_go(self) -> None:
        """Let the worker end soon, if it has worked, is free and is not to keep its model."""
        if self._keeps_model or self.busy or not self._protocol.job:
            self._idle.stop()
        else:
            self._idle.start()

    @Slot()
    def _let_go(self) -> None:
        """End the free worker without waiting for it; the next request starts another."""
        process = self._process
        if process is None or self.busy:
            return
        self._process, self._protocol = None, Protocol()
        for signal, slot in (
            (process.readyReadStandardOutput, self._read),
            (process.readyReadStandardError, self._listen),
            (process.finished, self._finished),
            (process.errorOccurred, self._error),
        ):
            signal.disconnect(slot)
        self._leaving.append(process)
        process.finished.connect(self._left)
        process.closeWriteChannel()  # it ends with its stdin
        QTimer.singleShot(round(CANCEL_GRACE_S * 1000), process, process.kill)

    @Slot()
    def _left(self) -> None:
        over = QProcess.ProcessState.NotRunning
        for process in [p for p in self._leaving if p.state() is over]:
            self._leaving.remove(process)
            process.deleteLater()

    @Slot()
    def _listen(self) -> None:
        if self._process is not None:
            data = bytes(self._process.readAllStandardError().data())
            self._last_lines.feed(data)
            _log.debug("%s", data.decode(errors="replace").rstrip())

    @Slot(int, QProcess.ExitStatus)
    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._listen()
        was_busy = self._protocol.busy or self._protocol.broken
        crashed = status is QProcess.ExitStatus.CrashExit
        self._over(self._protocol.ended(-code if crashed else code, self._last_lines.text))
        if was_busy:
            self.freed.emit()

    @Slot(QProcess.ProcessError)
    def _error(self, error: QProcess.ProcessError) -> None:
        if error is not QProcess.ProcessError.FailedToStart or self._process is None:
            return  # the others come with `finished`
        reason = self._process.errorString()
        wanted = self._protocol.wanted
        self._protocol.ended(None)
        line = f"cannot start the generator ({reason}): install it again"
        self._over(Failed(line, Failure.CRASH, details=reason) if wanted else None)
        self.freed.emit()

    def _over(self, failed: Failed | None) -> None:
        """Take note that the process is gone; the next request starts another."""
        self._grace.stop()
        if failed is not None:
            self.spoke.emit(failed)

    @Slot()
    def _kill_if_busy(self) -> None:
        if self._process is not None and self._protocol.busy:
            self._process.kill()
