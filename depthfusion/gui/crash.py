"""Crash reports: what went wrong is in a file, and the next start can offer it.

    watch = CrashWatch()
    watch.start()              # uncaught exceptions, fatal signals, an end without goodbye
    watch.note(opengl="...")   # facts for a report
    ...
    watch.stop()               # a clean end

    for report in pending_reports(): ...

Reports stay on this machine. They name versions, the platform and lines of code; what people wrote
or called their files stays out unless it is asked for. No Qt in here.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import platform
import secrets
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any

from depthfusion._version import __version__
from depthfusion.errors import SaveError
from depthfusion.file_lock import open_locked
from depthfusion.gui.remembered import state_folder
from depthfusion.whole_file import write_whole

MOST_REPORTS = 10
"""Kept, seen or not; the oldest go first."""
MOST_OF_ONE_RUN = 5
MOST_CHARS = 40_000
BEGINS_S = 60.0
"""So long a run without facts may be one that is just being made."""
_PLAIN = (
    TypeError, AttributeError, NameError, ImportError, IndexError, ArithmeticError, AssertionError,
    NotImplementedError, MemoryError, RecursionError, BufferError,
)  # fmt: skip
"""Errors whose text is about code; the text of all others may repeat a prompt or a file's name."""
_LEFT_OUT = "(its text is left out: it may repeat what you wrote)"
_IGNORED = (KeyboardInterrupt, SystemExit)
_log = logging.getLogger(__name__)


class Kind(StrEnum):
    """How it came to a report."""

    ERROR = "error"
    """An exception that nobody caught; the program may have gone on."""
    SIGNAL = "signal"
    """A crash in a library or a driver."""
    VANISHED = "vanished"
    """It was killed, ran out of memory, or lost its power."""


_HEADLINES = {
    Kind.ERROR: "DepthFusion met an error that it did not expect",
    Kind.SIGNAL: "DepthFusion crashed",
    Kind.VANISHED: "DepthFusion ended without saying goodbye: killed, out of memory, or no power",
}


@dataclass(frozen=True)
class Report:
    """A report file that nobody has looked at yet."""

    path: Path
    kind: Kind

    @property
    def text(self) -> str:
        """All of it; empty when the file is gone."""
        try:
            return self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    @property
    def headline(self) -> str:
        """One line for a person."""
        return _HEADLINES[self.kind]

    def dismiss(self) -> Path:
        """Do not offer it again; return where the file is from now on."""
        seen = self.path.with_name(self.path.name.replace(".new.txt", ".txt"))
        with suppress(OSError):
            self.path.replace(seen)
        return seen


class CrashWatch:
    """Watches this process from `start` to `stop`. Never raises because of a disk.

    A window that sets an exception hook of its own does so before `start`: the hook is still
    called, after the report was written.

    Args:
        folder: of the reports; None: the platform's place for state.
        messages: write the full text of errors too, with names of files and prompts.
    """

    def __init__(self, folder: Path | None = None, *, messages: bool = False) -> None:
        self.folder = _reports_folder(folder)
        self._messages = messages
        self._run: Path | None = None
        self._facts: dict[str, Any] = {}
        self._written: set[str] = set()
        self._lock: int | None = None
        self._faults: Any = None
        self._restore: list[Callable[[], None]] = []

    def start(self) -> None:
        """Begin; hooks that were there before are still called."""
        if self._run is not None:
            return
        self._facts = {"started_s": time.time(), "pid": os.getpid(), **_versions()}
        try:
            self._make_run()
        except OSError as error:
            _log.warning("crashes cannot be noted in %s: %s", self.folder, error.strerror)
        self._hook()

    def _make_run(self) -> None:
        run = self.folder / f"run-{os.getpid()}-{secrets.token_hex(4)}"
        run.mkdir(parents=True)
        self._run = run
        self._lock = open_locked(run / "lock")
        self._keep_facts()
        self._faults = (run / "fault.txt").open("w", encoding="utf-8")
        was_enabled = faulthandler.is_enabled()
        faulthandler.enable(self._faults, all_threads=True)
        self._restore.append(faulthandler.enable if was_enabled and sys.stderr else _no_faults)

    def _hook(self) -> None:
        before, before_thread = sys.excepthook, threading.excepthook

        def main(
            kind: type[BaseException], error: BaseException, trace: TracebackType | None
        ) -> None:
            self.record(error)
            before(kind, error, trace)

        def thread(args: threading.ExceptHookArgs) -> None:
            if args.exc_value is not None:
                self.record(args.exc_value, args.thread.name if args.thread else "")
            before_thread(args)

        sys.excepthook, threading.excepthook = main, thread

        def restore() -> None:
            if sys.excepthook is main:
                sys.excepthook = before
            if threading.excepthook is thread:
                threading.excepthook = before_thread

        self._restore.append(restore)

    def note(self, **facts: str) -> None:
        """Add facts for a report to come, such as the OpenGL renderer; nothing personal."""
        self._facts |= facts
        self._keep_facts()

    def _keep_facts(self) -> None:
        if self._run is not None:
            with suppress(SaveError):
                write_whole(self._run / "facts.json", json.dumps(self._facts).encode())

    def record(self, error: BaseException, thread: str = "") -> Path | None:
        """Write a report about an exception; each is written once, and only a few of one run.

        Returns:
            The file, or None when none was written.
        """
        if isinstance(error, _IGNORED):
            return None
        told = traceback_text(error, messages=self._messages)
        if told in self._written or len(self._written) >= MOST_OF_ONE_RUN:
            return None
        self._written.add(told)
        where = thread or threading.current_thread().name
        return _write(self.folder, Kind.ERROR, self._facts, f"In thread {where}:\n\n{told}")

    def stop(self) -> None:
        """End cleanly: nothing but reports written so far is left."""
        while self._restore:
            self._restore.pop()()
        if self._faults is not None:
            self._faults.close()
            self._faults = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        if self._run is not None:
            shutil.rmtree(self._run, ignore_errors=True)
            self._run = None


def pending_reports(folder: Path | None = None) -> list[Report]:
    """Return the reports that were not dismissed yet, newest first.

    Runs that ended without `stop` become reports here; those of programs that still run are left
    alone. Call it before or after `CrashWatch.start`.
    """
    folder = _reports_folder(folder)
    for run in sorted(folder.glob("run-*")):
        _collect(folder, run)
    _forget_old(folder)
    found = []
    for path in sorted(folder.glob("*.new.txt"), key=_age_key, reverse=True):
        with suppress(ValueError):
            found.append(Report(path, Kind(path.name.split("-")[0])))
    return found


def _collect(folder: Path, run: Path) -> None:
    """Make a report of a run whose process is gone."""
    made_s = _modified_s(run) or 0.0  # before the lock is made in it
    try:
        lock = open_locked(run / "lock", wait=False)
    except OSError:
        return
    if lock is None:
        return
    try:
        facts = _facts_of(run)
        if not facts and time.time() - made_s < BEGINS_S:
            return
        fault = _text_of(run / "fault.txt").strip()
        if fault:
            _write(folder, Kind.SIGNAL, facts, _without_home(fault), _modified_s(run / "fault.txt"))
        elif facts:  # none: it was killed while it began
            _write(folder, Kind.VANISHED, facts, "Nothing more is known.")
        shutil.rmtree(run, ignore_errors=True)  # while locked, so that nobody reports it again
    finally:
        os.close(lock)
    shutil.rmtree(run, ignore_errors=True)  # Windows keeps what is open


def _facts_of(run: Path) -> dict[str, Any]:
    try:
        facts = json.loads((run / "facts.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:MOST_CHARS]
    except OSError:
        return ""


def _modified_s(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _write(
    folder: Path, kind: Kind, facts: dict[str, Any], told: str, at_s: float | None = None
) -> Path | None:
    at = datetime.fromtimestamp(at_s or time.time(), UTC)
    started_s = facts.get("started_s")
    lines = [_HEADLINES[kind], "", f"{'when':<12} {at:%Y-%m-%d %H:%M:%S} UTC"]
    if isinstance(started_s, int | float) and kind is not Kind.VANISHED:
        lines.append(f"{'after':<12} {at.timestamp() - started_s:.0f} s")
    lines += [f"{k:<12} {v}" for k, v in facts.items() if k not in {"started_s", "pid"}]
    name = f"{kind}-{at:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}.new.txt"
    text = "\n".join(lines) + f"\n\n{told.rstrip()}\n"
    try:
        write_whole(folder / name, text.encode(errors="replace"))
    except SaveError as error:
        _log.warning("no crash report: %s", error)
        return None
    _forget_old(folder)
    return folder / name


def _forget_old(folder: Path) -> None:
    kept = sorted(folder.glob("*-*.txt"), key=_age_key, reverse=True)
    for path in kept[MOST_REPORTS:]:
        with suppress(OSError):
            path.unlink()


def _age_key(path: Path) -> str:
    return path.name.split("-", 1)[-1]


def traceback_text(error: BaseException, *, messages: bool = False) -> str:
    """Return a traceback with its causes, without what a person may have written.

    Args:
        error: as it was raised.
        messages: keep the text of every error.
    """
    whole = traceback.TracebackException.from_exception(error)
    for one in _chain(whole):
        if not messages and not (one.exc_type and issubclass(one.exc_type, _PLAIN)):
            one._str = _LEFT_OUT  # type: ignore[attr-defined]  # no public way to set it
            one.__notes__ = []
    text = "".join(whole.format())
    return _without_home(text)[:MOST_CHARS]


def _chain(whole: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    yield whole
    for other in (whole.__cause__, whole.__context__, *(whole.exceptions or ())):
        if other is not None:
            yield from _chain(other)


def _without_home(text: str) -> str:
    """Shorten the paths of code, which may begin with the name of a person."""
    for folder in (sys.prefix, str(Path(__file__).resolve().parents[2]), str(Path.home())):
        if len(folder) > 1:
            text = text.replace(folder, "~")
    return text


def _versions() -> dict[str, str]:
    return {
        "depthfusion": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "opengl": "not known",
    }


def _no_faults() -> None:
    faulthandler.disable()


def _reports_folder(folder: Path | None) -> Path:
    return state_folder() / "reports" if folder is None else folder
