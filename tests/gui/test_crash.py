"""What is left of a program that crashed, was killed, or failed: real children, really killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from depthfusion._version import __version__
from depthfusion.gui import crash
from depthfusion.gui.crash import CrashWatch, Kind, pending_reports, traceback_text

CHILD = """
import sys, threading
from pathlib import Path
from depthfusion.gui.crash import CrashWatch

watch = CrashWatch(Path(sys.argv[1]))
watch.start()
watch.note(opengl="llvmpipe (tests)")
print("started", flush=True)
{then}
watch.stop()
"""
WAITS = "sys.stdin.readline()"

Child = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "reports"


@pytest.fixture
def child(folder: Path) -> Iterator[Child]:
    """Start a watched program and wait until it watches."""
    children: list[subprocess.Popen[str]] = []

    def start(then: str = WAITS) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD.format(then=then), folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        children.append(process)
        assert process.stdout.readline() == "started\n"
        return process

    yield start
    for process in children:
        process.kill()
        process.communicate()


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_after_a_clean_end_nothing_is_left(folder: Path, child: Child) -> None:
    process = child()
    process.communicate("\n", timeout=30)
    assert process.returncode == 0
    assert pending_reports(folder) == []
    assert files(folder) == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGFPE", "SIGBUS"])
def test_a_fatal_signal_leaves_a_report_with_the_stack(
    folder: Path, child: Child, name: str
) -> None:
    process = child()
    process.send_signal(getattr(signal, name))
    process.communicate(timeout=30)
    assert process.returncode == -getattr(signal, name)
    (report,) = pending_reports(folder)
    assert report.kind is Kind.SIGNAL
    assert "Fatal Python error" in report.text
    assert "<string>" in report.text
    assert __version__ in report.text
    assert "llvmpipe (tests)" in report.text


def test_a_crash_in_a_library_leaves_a_report(folder: Path, child: Child) -> None:
    process = child("import ctypes; ctypes.string_at(0)")
    process.communicate(timeout=30)
    assert process.returncode not in {0, None}
    (report,) = pending_reports(folder)
    assert report.kind is Kind.SIGNAL
    assert "string_at" in report.text


def test_a_killed_program_is_reported_as_vanished_once(folder: Path, child: Child) -> None:
    process = child()
    process.kill()
    process.communicate(timeout=30)
    (report,) = pending_reports(folder)
    assert report.kind is Kind.VANISHED
    assert "killed" in report.headline
    assert [r.path for r in pending_reports(folder)] == [report.path]
    assert not list(folder.glob("run-*"))


def test_a_program_that_still_runs_is_left_alone(folder: Path, child: Child) -> None:
    process = child()
    assert pending_reports(folder) == []
    watch = CrashWatch(folder)
    watch.start()
    assert pending_reports(folder) == []
    watch.stop()
    process.kill()
    process.communicate(timeout=30)
    assert [report.kind for report in pending_reports(folder)] == [Kind.VANISHED]


def test_an_uncaught_error_is_reported_at_once_and_still_printed(
    folder: Path, child: Child
) -> None:
    process = child("def broken():\n    None.world\nbroken()")
    _, said = process.communicate(timeout=30)
    assert "AttributeError" in said
    kinds = {report.kind: report for report in pending_reports(folder)}
    assert "in broken" in kinds[Kind.ERROR].text
    assert "has no attribute 'world'" in kinds[Kind.ERROR].text


def test_an_error_in_a_thread_is_reported_with_its_name_and_the_program_goes_on(
    folder: Path, child: Child
) -> None:
    thread = "t = threading.Thread(target=lambda: 1 / 0, name='reader'); t.start(); t.join()"
    process = child(thread)
    process.communicate(timeout=30)
    assert process.returncode == 0
    (report,) = pending_reports(folder)
    assert "In thread reader" in report.text
    assert "ZeroDivisionError" in report.text


def test_an_error_in_a_slot_of_qt_is_reported_and_the_windows_own_hook_still_called(
    folder: Path,
) -> None:
    code = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from depthfusion.gui.crash import CrashWatch
app = QCoreApplication([])
sys.excepthook = lambda *error: print("banner:", error[0].__name__)
watch = CrashWatch(Path(sys.argv[1]))
watch.start()
QTimer.singleShot(0, lambda: {}.world)
QTimer.singleShot(10, app.quit)
app.exec()
watch.stop()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, folder], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "banner: AttributeError\n"
    (report,) = pending_reports(folder)
    assert "no attribute 'world'" in report.text


def test_what_people_wrote_stays_out_unless_it_is_asked_for() -> None:
    file, prompt = "/home/bob/secret.png", "my secret garden"

    def read() -> None:
        try:
            raise FileNotFoundError(2, "No such file", file)
        except OSError as error:
            error.add_note(f"while reading {prompt}")
            raise ValueError(f"want a prompt, got {prompt}") from error

    with pytest.raises(ValueError, match="garden") as caught:
        read()
    told = traceback_text(caught.value)
    assert "secret" not in told
    assert "FileNotFoundError" in told
    assert "in read" in told
    asked = traceback_text(caught.value, messages=True)
    assert file in asked
    assert f"while reading {prompt}" in asked


def test_the_name_of_the_home_folder_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/bob"))
    assert crash._without_home('File "/home/bob/.venv/x.py"') == 'File "~/.venv/x.py"'


def test_the_same_error_again_and_again_is_one_report(folder: Path) -> None:
    watch = CrashWatch(folder)
    watch.start()
    try:
        for _ in range(100):
            try:
                raise KeyError("frame")
            except KeyError as error:
                watch.record(error)
    finally:
        watch.stop()
    assert len(pending_reports(folder)) == 1


def test_only_so_many_errors_of_one_run_are_written(folder: Path) -> None:
    watch = CrashWatch(folder)
    made = [watch.record(TypeError(f"number {n}")) for n in range(20)]
    assert sum(path is not None for path in made) == crash.MOST_OF_ONE_RUN


def test_cancelling_is_no_crash(folder: Path) -> None:
    watch = CrashWatch(folder)
    assert watch.record(KeyboardInterrupt()) is None
    assert watch.record(SystemExit(1)) is None
    assert not folder.exists()


def test_a_dismissed_report_is_kept_but_not_offered_again(folder: Path) -> None:
    CrashWatch(folder).record(TypeError("first"))
    (report,) = pending_reports(folder)
    kept = report.dismiss()
    assert pending_reports(folder) == []
    assert "TypeError: first" in kept.read_text(encoding="utf-8")
    assert report.text == ""


def test_only_the_newest_reports_are_kept(folder: Path) -> None:
    folder.mkdir()
    for minute in range(30):
        (folder / f"vanished-20260101-10{minute:02}00-aaaa.txt").touch()
    (folder / "signal-20260101-095900-aaaa.new.txt").touch()
    CrashWatch(folder).record(TypeError("now"))
    assert len(files(folder)) == crash.MOST_REPORTS
    (report,) = pending_reports(folder)
    assert "now" in report.text
    assert "vanished-20260101-102900-aaaa.txt" in files(folder)


def test_reports_come_newest_first(folder: Path) -> None:
    folder.mkdir()
    for name in ("error-20260102-000000-a", "vanished-20260103-000000-a", "signal-20260101-000000"):
        (folder / f"{name}.new.txt").write_text(name)
    assert [report.kind for report in pending_reports(folder)] == [
        Kind.VANISHED, Kind.ERROR, Kind.SIGNAL,
    ]  # fmt: skip


def test_foreign_and_damaged_files_disturb_nobody(folder: Path) -> None:
    run = folder / "run-1-abcd"
    run.mkdir(parents=True)
    (run / "facts.json").write_text("{")
    os.utime(run, (0, 0))
    (folder / "run-file").write_text("")
    (folder / "strange.new.txt").write_text("")
    (folder / "error-20260101-000000-a.new.txt").write_bytes(b"\xff")
    assert [report.text for report in pending_reports(folder)] == ["\ufffd"]
    assert not run.exists()


def test_a_run_that_is_just_being_made_is_left_alone(folder: Path) -> None:
    (folder / "run-1-abcd").mkdir(parents=True)
    assert pending_reports(folder) == []
    assert (folder / "run-1-abcd").is_dir()


def test_where_nothing_can_be_written_the_program_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    watch = CrashWatch(tmp_path / "file" / "reports")
    watch.start()
    watch.note(opengl="none")
    assert watch.record(TypeError("x")) is None
    watch.stop()
    assert pending_reports(tmp_path / "file" / "reports") == []


def test_hooks_are_as_before_afterwards(folder: Path) -> None:
    before = sys.excepthook, threading.excepthook
    watch = CrashWatch(folder)
    watch.start()
    watch.start()
    assert (sys.excepthook, threading.excepthook) != before
    watch.stop()
    watch.stop()
    assert (sys.excepthook, threading.excepthook) == before
