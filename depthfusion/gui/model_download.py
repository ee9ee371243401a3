"""Models for the window: what is here, what it costs, getting, checking and removing it.

Everything is done by `depthfusion models` in another process, so that neither the line nor the disk
is ever waited for. Killing it is cancelling it: what arrived is kept, and the next download goes on
from there, after a crash of this process as well.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from depthfusion.generator.child import program_command, worker_environment
from depthfusion.generator.model_list import ModelOffer, ModelRow

_log = logging.getLogger(__name__)
_PREFIX = "depthfusion: "
"""Before the line with which the command tells of an error."""
_GRACE_MS = 1000
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")


class Task(StrEnum):
    """What is being done to a model."""

    DOWNLOAD = "download"
    VERIFY = "verify"
    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True)
class Transfer:
    """Where a download or a check is; fields as in `ldm3d.hub.Progress`."""

    doing: str
    """check, download or wait."""
    name: str
    """The file at hand."""
    done_bytes: int
    total_bytes: int
    bytes_per_s: float | None = None
    remaining_s: float | None = None
    note: str = ""
    """Why it waits."""

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return min(1.0, self.done_bytes / max(1, self.total_bytes))


@dataclass(frozen=True)
class Outcome:
    """How a task ended."""

    task: Task
    model: str
    """A model's name; for ADD the folder."""
    error: str = ""
    """One line; empty: it went well."""
    cancelled: bool = False
    problems: tuple[str, ...] = ()
    """What VERIFY found to be wrong."""
    name: str = ""
    """ADD: the name that the folder got."""


@dataclass
class _Call:
    """One run of the command."""

    process: QProcess
    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)
    last_line: str = ""
    cancelled: bool = False


class ModelDesk(QObject):
    """Asks and orders, one task at a time; all answers come by signals."""

    listed = Signal(object)
    """A list of `ModelRow`."""
    list_failed = Signal(str)
    offered = Signal(object)
    """A `ModelOffer`, for the last `look`."""
    offer_failed = Signal(str, str)
    """(model, one line)."""
    began = Signal(object, str)
    """(Task, model)."""
    progressed = Signal(object)
    """A `Transfer` of the present task."""
    ended = Signal(object)
    """An `Outcome`; the list is asked for anew by itself."""

    def __init__(
        self,
        parent: QObject | None = None,
        command: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start nothing yet.

        Args:
            parent: Qt owner.
            command: program and first arguments; None: our own command.
            environment: variables to set besides this process's own.
        """
        super().__init__(parent)
        self._command = list(command or program_command())
        self._environment = worker_environment(environment)
        self._calls: dict[str, _Call] = {}
        self._task: tuple[Task, str] | None = None
        self._asked_for = ""
        self._is_shut_down = False

    @property
    def task(self) -> Task | None:
        """What is being done now; None: nothing."""
        return self._task[0] if self._task else None

    @property
    def model(self) -> str:
        """Which model it is done to; "" when nothing is."""
        return self._task[1] if self._task else ""

    # Questions ----------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Ask which models there are; `listed` tells."""
        self._call("list", ["list", "--json"])

    def look(self, model: str) -> None:
        """Ask the hub what getting a model costs; `offered` or `offer_failed` tells."""
        self._asked_for = model
        self._call("look", ["download", model, "--dry-run", "--json"])

    # Tasks --------------------------------------------------------------------------------------

    def download(self, offer: ModelOffer) -> None:
        """Get what was offered; the person has accepted its licence."""
        arguments = ["download", offer.model, "--accept-licence", "--json", "--progress", "json"]
        self._begin(Task.DOWNLOAD, offer.model, arguments)

    def verify(self, model: str) -> None:
        """Compare a model's files with their checksums."""
        self._begin(Task.VERIFY, model, ["verify", model, "--json", "--progress", "json"])

    def add(self, folder: str, name: str = "") -> None:
        """Give a folder of the person's own a name; by default its own, made fit for one."""
        chosen = name or _NOT_IN_NAMES.sub("-", Path(folder).name).strip("-._") or "model"
        arguments = ["add", "--name", chosen, "--progress", "json", "--", folder]
        self._begin(Task.ADD, folder, arguments)

    def remove(self, model: str) -> None:
        """Delete a downloaded model, or forget an added folder."""
        self._begin(Task.REMOVE, model, ["remove", model, "--yes"])

    def cancel(self) -> None:
        """Stop the present task; what arrived is kept."""
        call = self._calls.get("task")
        if call is not None:
            call.cancelled = True
            call.process.kill()

    def shut_down(self) -> None:
        """End all processes; none is begun or heard of any more. What arrived is kept."""
        self._is_shut_down = True
        self._calls, self._task = {}, None
        processes = self.findChildren(QProcess)  # those of dropped questions, too
        for process in processes:
            process.blockSignals(True)
            process.kill()
        for process in processes:
            process.waitForFinished(_GRACE_MS)
            process.deleteLater()

    def _begin(self, task: Task, model: str, arguments: list[str]) -> None:
        if self._task is not None:
            raise RuntimeError(f"want one task at a time, {self._task[0]} is not over")
        self._task = (task, model)
        self.began.emit(task, model)
        self._call("task", arguments)

    # The process --------------------------------------------------------------------------------

    def _call(self, kind: str, arguments: list[str]) -> None:
        """Run the command; an earlier question of the same kind is dropped."""
        if self._is_shut_down:  # a timer of the window was later than its end
            return
        self._drop(kind)
        process = QProcess(self)
        environment = QProcessEnvironment()
        for name, value in self._environment.items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        call = self._calls[kind] = _Call(process)
        process.readyReadStandardOutput.connect(lambda: self._read(call))
        process.readyReadStandardError.connect(lambda: self._listen(call))
        process.finished.connect(lambda code, _status: self._over(kind, call, int(code)))
        process.errorOccurred.connect(lambda error: self._broken(kind, call, error))
        program, *first = self._command
        process.start(program, [*first, "models", *arguments])
        process.closeWriteChannel()

    def _drop(self, kind: str) -> None:
        old = self._calls.pop(kind, None)
        if old is not None:
            old.process.blockSignals(True)
            old.process.kill()
            old.process.finished.connect(old.process.deleteLater)
            old.process.blockSignals(False)

    def _is_present(self, call: _Call) -> bool:
        return any(call is present for present in self._calls.values())

    def _read(self, call: _Call) -> None:
        call.out += bytes(call.process.readAllStandardOutput().data())

    def _listen(self, call: _Call) -> None:
        call.err += bytes(call.process.readAllStandardError().data())
        *lines, rest = bytes(call.err).split(b"\n")
        call.err = bytearray(rest)
        for data in lines:
            line = data.decode("utf-8", "replace").strip()
            if line.startswith("{"):
                self._tell_progress(call, line)
            elif line:
                call.last_line = line
                _log.info("%s", line.removeprefix(_PREFIX))

    def _tell_progress(self, call: _Call, line: str) -> None:
        try:
            transfer = Transfer(**json.loads(line))
        except (ValueError, TypeError) as error:
            _log.debug("not understood: %s", line, exc_info=error)
            return
        if call is self._calls.get("task") and not call.cancelled:
            self.progressed.emit(transfer)

    def _broken(self, kind: str, call: _Call, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._is_present(call):
            reason = call.process.errorString()
            call.last_line = f"cannot start DepthFusion's own command ({reason}): install it again"
            self._over(kind, call, -1)

    def _over(self, kind: str, call: _Call, code: int) -> None:
        if not self._is_present(call):
            return
        self._read(call)
        call.err += b"\n"
        self._listen(call)
        del self._calls[kind]
        call.process.deleteLater()
        answers = {"list": self._list_over, "look": self._look_over, "task": self._task_over}
        answers[kind](call, code)

    def _list_over(self, call: _Call, code: int) -> None:
        values = _parsed(call)
        if code == 0 and isinstance(values, list):
            self.listed.emit([ModelRow.from_dict(row) for row in values])
        else:
            self.list_failed.emit(_reason(call, code))

    def _look_over(self, call: _Call, code: int) -> None:
        values = _parsed(call)
        if code == 0 and isinstance(values, dict):
            self.offered.emit(ModelOffer.from_dict(values))
        else:
            self.offer_failed.emit(self._asked_for, _reason(call, code))

    def _task_over(self, call: _Call, code: int) -> None:
        assert self._task is not None
        (task, model), self._task = self._task, None
        if call.cancelled:
            outcome = Outcome(task, model, cancelled=True)
        elif task is Task.VERIFY and isinstance(reports := _parsed(call), list):
            problems = tuple(str(p) for report in reports for p in report.get("problems", ()))
            outcome = Outcome(task, model, problems=problems)
        elif code != 0:
            outcome = Outcome(task, model, error=_reason(call, code))
        else:
            name = bytes(call.out).decode("utf-8", "replace").strip() if task is Task.ADD else ""
            outcome = Outcome(task, model, name=name)
        self.ended.emit(outcome)
        self.refresh()


def _parsed(call: _Call) -> Any:
    try:
        return json.loads(bytes(call.out))
    except ValueError:
        return None


def _reason(call: _Call, code: int) -> str:
    """Return the command's own line, or what can be said where it left none."""
    line = call.last_line.removeprefix(_PREFIX)
    return line or f"the command ended without a word (code {code}); try it again"
