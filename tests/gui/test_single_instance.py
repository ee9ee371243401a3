"""Two real programs: the second hands over, a killed one leaves nothing in the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtNetwork import QLocalSocket
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication

from depthfusion.errors import UsageError
from depthfusion.gui import app_start
from depthfusion.gui import single_instance as module
from depthfusion.gui.milestones import Milestones
from depthfusion.gui.single_instance import Claim, SingleInstance

PROGRAM = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from depthfusion.gui.single_instance import Claim, SingleInstance

config, runtime, *paths = sys.argv[1:]
app = QCoreApplication([])
instance = SingleInstance(Path(config), Path(runtime))
claim = instance.claim(paths, 10)
print(claim.value, flush=True)
if claim is Claim.HANDED_OVER:
    sys.exit(0)
instance.asked.connect(lambda paths, token: print(json.dumps([paths, token]), flush=True))
app.exec()
"""

Program = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def runtime() -> Iterator[Path]:
    """A runtime folder with a name as short as real ones: a socket's path has about 100 bytes."""
    with tempfile.TemporaryDirectory(prefix="run-") as folder:
        yield Path(folder)


@pytest.fixture
def program(tmp_path: Path, runtime: Path) -> Iterator[Program]:
    """Start the program in the test's folder."""
    started: list[subprocess.Popen[str]] = []

    def start(*paths: str, config: str = "config", **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, tmp_path / config, runtime, *paths],
            stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=os.environ | environment,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def instance(qapp: QApplication, tmp_path: Path, runtime: Path) -> Iterator[SingleInstance]:
    one = SingleInstance(tmp_path / "config", runtime)
    yield one
    one.release()
    one.deleteLater()


def line(process: subprocess.Popen[str]) -> str:
    return process.stdout.readline().strip()


def test_the_second_hands_its_files_to_the_first_and_ends(program: Program, tmp_path: Path) -> None:
    first = program()
    assert line(first) == "first"
    second = program("a world.png", str(tmp_path / "b.png"), XDG_ACTIVATION_TOKEN="token-7")
    assert line(second) == "handed over"
    assert second.wait(timeout=20) == 0
    paths = [str(tmp_path / "a world.png"), str(tmp_path / "b.png")]
    assert json.loads(line(first)) == [paths, "token-7"]
    third = program()
    assert line(third) == "handed over"
    assert json.loads(line(first))[0] == []
    assert first.poll() is None


def test_a_killed_one_leaves_nothing_in_the_way(
    program: Program, tmp_path: Path, runtime: Path
) -> None:
    first = program()
    assert line(first) == "first"
    first.kill()
    first.wait(timeout=20)
    if sys.platform != "win32":
        assert [p for p in runtime.iterdir() if p.is_socket()], "want a stale socket"
    second = program("a.png")
    assert line(second) == "first"
    assert line(program("b.png")) == "handed over"
    assert json.loads(line(second))[0] == [str(tmp_path / "b.png")]


def test_of_many_started_at_once_one_is_the_first_and_hears_of_all_others(
    program: Program,
) -> None:
    started = [program(f"{number}.png") for number in range(5)]
    said = [line(process) for process in started]
    assert sorted(said) == ["first", *["handed over"] * 4]
    number = said.index("first")
    heard = {Path(json.loads(line(started[number]))[0][0]).name for _ in range(4)}
    assert heard == {f"{n}.png" for n in range(5) if n != number}


def test_another_config_folder_is_another_instance(program: Program) -> None:
    assert line(program(config="one")) == "first"
    assert line(program(config="two")) == "first"


def test_one_that_does_not_answer_is_not_waited_for(
    program: Program, instance: SingleInstance
) -> None:
    first = program()
    assert line(first) == "first"
    if sys.platform == "win32":
        pytest.skip("SIGSTOP")
    import signal

    first.send_signal(signal.SIGSTOP)
    start_s = time.monotonic()
    assert instance.claim(["a.png"], timeout_s=0.3) is Claim.ALONE
    assert time.monotonic() - start_s < 2


def test_where_no_lock_can_be_had_the_window_opens_all_the_same(
    qapp: QApplication, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    one = SingleInstance(tmp_path, tmp_path / "file" / "run")
    assert one.claim() is Claim.ALONE
    one.release()


def test_after_it_was_released_another_can_be_first(
    instance: SingleInstance, tmp_path: Path, runtime: Path
) -> None:
    assert instance.claim() is Claim.FIRST
    instance.release()
    other = SingleInstance(tmp_path / "config", runtime)
    assert other.claim() is Claim.FIRST
    other.release()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_only_this_person_can_reach_it(instance: SingleInstance) -> None:
    assert instance.claim() is Claim.FIRST
    assert Path(instance.name).stat().st_mode & 0o077 == 0
    assert Path(instance.name).parent.stat().st_mode & 0o077 == 0


def test_a_long_runtime_folder_still_gives_a_socket(qapp: QApplication, tmp_path: Path) -> None:
    one = SingleInstance(tmp_path, tmp_path / ("long" * 30))
    assert one.claim() is Claim.FIRST
    one.release()


@pytest.mark.parametrize(
    "said", [b"\n", b"[]\n", b'{"paths": [3]}\n', b"\xff\n", b"[" * 9999 + b"\n"]
)
def test_strangers_are_sent_away(instance: SingleInstance, qtbot: object, said: bytes) -> None:
    assert instance.claim() is Claim.FIRST
    heard = QSignalSpy(instance.asked)
    socket = QLocalSocket()
    socket.connectToServer(instance.name)
    assert socket.waitForConnected(5000)
    socket.write(said)
    socket.flush()
    qtbot.waitUntil(lambda: socket.state() is QLocalSocket.LocalSocketState.UnconnectedState)
    assert heard.count() == 0


def test_who_says_nothing_or_too_much_is_sent_away(
    instance: SingleInstance, qtbot: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LISTEN_S", 0.2)
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    assert instance.claim() is Claim.FIRST
    for said in (b"", b"x" * 2000):
        socket = QLocalSocket()
        socket.connectToServer(instance.name)
        assert socket.waitForConnected(5000)
        socket.write(said)
        socket.flush()
        qtbot.waitUntil(
            lambda s=socket: s.state() is QLocalSocket.LocalSocketState.UnconnectedState
        )
    with pytest.raises(UsageError, match="fewer files"):
        instance.claim(["x" * 2000])


def test_a_name_that_is_no_text_arrives_as_it_is() -> None:
    name = os.fsdecode(b"/tmp/\xff.png")
    assert module._wish(module._message([name])[:-1])[0] == [name]


def test_a_start_that_handed_over_says_where_to_look(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Second:
        def claim(self, paths: object) -> Claim:
            return Claim.HANDED_OVER

    monkeypatch.setattr(module, "SingleInstance", Second)
    monkeypatch.setattr(app_start, "make_application", lambda: qapp)
    monkeypatch.setattr(app_start, "use_language", lambda *_: None)
    remembered = SimpleNamespace(store=SimpleNamespace(settings=SimpleNamespace(language="")))
    code = app_start.run_app(None, None, remembered, None, Milestones(enabled=False), bundled=True)
    assert code == 0
    assert "open already" in capsys.readouterr().err
