"""The protocol driven by QProcess, as a window does it: signals, no thread, nothing copied."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QProcess, QProcessEnvironment
from pytestqt.qtbot import QtBot

from depthfusion.generator.child import worker_command, worker_environment
from depthfusion.generator.events import Event, Failed, Failure
from depthfusion.generator.protocol import LastLines, Protocol
from depthfusion.generator.request import Request

START_MS = 15_000


class Window:
    """The least that a window needs."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.protocol, self.last_lines = Protocol(), LastLines()
        self.process = QProcess()
        environment = QProcessEnvironment()
        for name, value in worker_environment().items():
            environment.insert(name, value)
        self.process.setProcessEnvironment(environment)
        self.process.readyReadStandardOutput.connect(self._read)
        self.process.readyReadStandardError.connect(self._listen)
        self.process.finished.connect(self._finished)
        program, *arguments = worker_command()
        self.process.start(program, arguments)

    def generate(self, request: Request) -> None:
        self.process.write(self.protocol.start(request))

    def _read(self) -> None:
        self.events += self.protocol.feed(self.process.readAllStandardOutput().data())

    def _listen(self) -> None:
        self.last_lines.feed(self.process.readAllStandardError().data())

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        crashed = status == QProcess.ExitStatus.CrashExit
        failed = self.protocol.ended(-code if crashed else code, self.last_lines.text)
        self.events += [failed] if failed is not None else []


@pytest.mark.usefixtures("qapp")
def test_a_window_can_ask_again_and_learns_of_a_kill(qtbot: QtBot) -> None:
    window = Window()
    for count in (1, 2):
        window.generate(Request("  "))
        qtbot.waitUntil(lambda: not window.protocol.busy, timeout=START_MS)
        assert len(window.events) == count
        refused = window.events[-1]
        assert isinstance(refused, Failed) and refused.kind is Failure.REQUEST
    window.generate(Request("a lake", model="."))
    window.process.kill()
    qtbot.waitUntil(lambda: window.protocol.broken, timeout=START_MS)
    crash = window.events[-1]
    assert isinstance(crash, Failed)
    assert crash.kind is Failure.CRASH and "signal 9" in crash.message


@pytest.mark.usefixtures("qapp")
def test_closing_stdin_ends_the_worker_a_window_started(qtbot: QtBot) -> None:
    window = Window()
    window.generate(Request("  "))
    qtbot.waitUntil(lambda: not window.protocol.busy, timeout=START_MS)
    window.process.closeWriteChannel()
    qtbot.waitUntil(
        lambda: window.process.state() == QProcess.ProcessState.NotRunning, timeout=2_000
    )
    assert window.process.exitCode() == 0
