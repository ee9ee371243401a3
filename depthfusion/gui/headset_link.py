"""The window's end of a headset's process: a `QProcess` that speaks `vr.conversation`."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal, Slot

from depthfusion.generator.protocol import LastLines
from depthfusion.panorama.options import ReadOptions
from depthfusion.view import View
from depthfusion.vr.child import headset_command, headset_environment
from depthfusion.vr.conversation import LEAVE_S, SILENT_S, START_S, Conversation
from depthfusion.vr.messages import (
    Begin,
    ChangeView,
    Ended,
    Leave,
    Order,
    Ready,
    Shown,
    ShowWorld,
    Status,
    TellProgress,
    ViewSteered,
    Wished,
    WorldFailed,
)

_log = logging.getLogger(__name__)


class HeadsetLink(QObject):
    """At most one session at a time. Nothing here waits, but `shut_down`."""

    ready = Signal(object)
    """A `Ready`: the session runs."""
    shown = Signal(int)
    """Number of the world that the wearer sees now."""
    told = Signal(str)
    """What is the matter with the session, one line; empty: nothing any more."""
    complained = Signal(str)
    """A world that cannot be shown, one line."""
    wished = Signal(object)
    """A `Wish` that the wearer made by a controller."""
    steered = Signal(object)
    """A `ViewSteered`."""
    ended = Signal(object)
    """An `Ended`; another session may begin."""

    def __init__(
        self,
        parent: QObject | None = None,
        command: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start nothing yet.

        Args:
            parent: Qt owner.
            command: program and arguments of the process; None: our own.
            environment: variables to set for it, besides this process's own.
        """
        super().__init__(parent)
        self._command = list(command or headset_command())
        self._more = dict(environment or {})
        self._process: QProcess | None = None
        self._talk = Conversation()
        self._last_lines = LastLines()
        self._number = 0
        self._was_asked = False
        self._silence = QTimer(self, singleShot=True)
        self._silence.timeout.connect(self._is_silent)
        self._leaving = QTimer(self, singleShot=True)
        self._leaving.timeout.connect(self._kill)

    @property
    def is_active(self) -> bool:
        """Whether there is a session, or one is being opened or closed."""
        return self._process is not None

    @property
    def is_ready(self) -> bool:
        """Whether the session runs."""
        return self._process is not None and self._talk.is_ready and self._talk.last is None

    @property
    def pid(self) -> int:
        """Of the process; 0 while there is none."""
        return int(self._process.processId()) if self._process is not None else 0

    def start(self, begin: Begin) -> None:
        """Open a session; worlds may be ordered at once.

        Raises:
            RuntimeError: if there is one.
        """
        if self._process is not None:
            raise RuntimeError("want one session at a time")
        self._talk, self._last_lines = Conversation(), LastLines()
        self._was_asked = False
        self._process = process = QProcess(self)
        environment = QProcessEnvironment()
        for name, value in headset_environment(self._more).items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._listen)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._error)
        program, *arguments = self._command
        process.start(program, arguments)
        process.write(self._talk.begin(begin))
        self._silence.start(round(START_S * 1000))

    def show_world(
        self, color: str, depth: str | None, options: ReadOptions, view: View, title: str
    ) -> int:
        """Let the wearer's world be another one and return its number; see `ShowWorld`."""
        self._number += 1
        self._send(ShowWorld(self._number, color, depth, options, view, title))
        return self._number

    def change_view(self, view: View) -> None:
        """Let the wearer's world be shown in another way."""
        self._send(ChangeView(view))

    def tell(self, words: str, fraction: float | None = None) -> None:
        """Let the panel say what is going on; empty words: nothing is."""
        self._send(TellProgress(words, fraction))

    def leave(self) -> None:
        """End the session; `ended` tells when it has."""
        if self._process is not None and not self._leaving.isActive():
            self._was_asked = True
            self._send(Leave())
            self._silence.stop()
            self._leaving.start(round(LEAVE_S * 1000))

    def shut_down(self) -> None:
        """End the session now, within `LEAVE_S`; nothing is heard of it any more."""
        process, self._process = self._process, None
        self._silence.stop()
        self._leaving.stop()
        if process is None:
            return
        process.blockSignals(True)
        if process.state() is not QProcess.ProcessState.NotRunning:
            process.write(self._talk.order(Leave()))
            process.closeWriteChannel()
            if not process.waitForFinished(round(LEAVE_S * 1000)):
                process.kill()
                process.waitForFinished(500)
        process.deleteLater()

    def _send(self, order: Order) -> None:
        if self._process is not None:
            self._process.write(self._talk.order(order))

    @Slot()
    def _read(self) -> None:
        if self._process is None:
            return
        data = bytes(self._process.readAllStandardOutput().data())
        if not data:
            return
        for report in self._talk.feed(data):
            match report:
                case Ready():
                    self.ready.emit(report)
                case Shown(number=number):
                    self.shown.emit(number)
                case WorldFailed(words=words):
                    self.complained.emit(words)
                case Wished(wish=wish):
                    self.wished.emit(wish)
                case ViewSteered():
                    self.steered.emit(report)
                case Status(words=words):
                    self.told.emit(words)
                case Ended() if not self._leaving.isActive():
                    self._leaving.start(round(LEAVE_S * 1000))
        if self._talk.last is not None:
            self._silence.stop()
        elif self._talk.is_ready:
            self._silence.start(round(SILENT_S * 1000))

    @Slot()
    def _listen(self) -> None:
        if self._process is not None:
            data = bytes(self._process.readAllStandardError().data())
            self._last_lines.feed(data)
            _log.debug("%s", data.decode(errors="replace").rstrip())

    @Slot()
    def _is_silent(self) -> None:
        if self._process is not None:  # it may have spoken while this process was held up
            self._process.waitForReadyRead(0)
        self._read()
        if self._process is None or self._silence.isActive() or self._talk.last is not None:
            return
        self._talk.is_silent()
        self._kill()

    @Slot()
    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    @Slot(int, QProcess.ExitStatus)
    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._listen()
        crashed = status is QProcess.ExitStatus.CrashExit
        was_asked = self._was_asked and self._talk.last is None
        self._over(
            Ended("")
            if was_asked
            else self._talk.ended(-abs(code) if crashed else code, self._text)
        )

    @Slot(QProcess.ProcessError)
    def _error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            reason = self._process.errorString()
            self._over(Ended(f"cannot start the headset's process ({reason})", is_fault=True))

    @property
    def _text(self) -> str:
        return self._last_lines.text

    def _over(self, ended: Ended) -> None:
        process, self._process = self._process, None
        self._silence.stop()
        self._leaving.stop()
        if process is not None:
            process.deleteLater()
        if ended.is_fault:
            _log.error("%s\n%s", ended.words, self._text)
        self.ended.emit(ended)
