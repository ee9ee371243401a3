"""The headset's process against the simulated runtime, as the window talks to it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from depthfusion.gui import headset_link
from depthfusion.gui.headset_link import HeadsetLink
from depthfusion.panorama.options import ReadOptions
from depthfusion.view import View
from depthfusion.vr.child import headset_command, headset_environment
from depthfusion.vr.conversation import Conversation
from depthfusion.vr.messages import Begin, Ended, Ready, ViewSteered, Wish
from tests.headset.conftest import runtime_folder  # noqa: F401  # a fixture
from tests.headset.simulated.simulated_runtime import environment

pytestmark = pytest.mark.gl
WAIT_MS = 60_000
EYE_PX = (96, 104)
HIDDEN = Begin(mirror="none")


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    """Four colored quarters round about, all at one distance but for a step in the depth."""
    color = np.zeros((64, 128, 3), np.uint8)
    for quarter, shade in enumerate([(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30)]):
        color[:, quarter * 32 : quarter * 32 + 32] = shade
    depth = np.full((64, 128), 65535, np.uint16)
    depth[40:] = 30000
    Image.fromarray(color).save(tmp_path / "quarters.png")
    Image.fromarray(depth).save(tmp_path / "quarters_depth.png")
    return str(tmp_path / "quarters.png"), str(tmp_path / "quarters_depth.png")


class Talk:
    """A link, and everything that it said."""

    def __init__(self, link: HeadsetLink, log: Path) -> None:
        self.link, self.log_file = link, log
        self.heard: list[tuple[str, object]] = []
        for name in ("ready", "shown", "told", "complained", "wished", "steered", "ended"):
            getattr(link, name).connect(lambda value, n=name: self.heard.append((n, value)))

    def of(self, name: str) -> list[object]:
        return [value for said, value in self.heard if said == name]

    def log(self) -> list[str]:
        return self.log_file.read_text().splitlines() if self.log_file.exists() else []


MakeTalk = Callable[..., Talk]


@pytest.fixture
def make_talk(
    qapp: object,
    runtime_folder: Path,  # noqa: F811  # the fixture
    tmp_path: Path,
) -> Iterator[MakeTalk]:
    links: list[HeadsetLink] = []

    def make(*commands: str) -> Talk:
        script, log = tmp_path / "script", tmp_path / "log"
        size = f"size {EYE_PX[0]} {EYE_PX[1]}"
        script.write_text("\n".join([size, "pace 1", *commands]) + "\n")
        variables = environment(runtime_folder, script, log) | {"LP_NUM_THREADS": "1"}
        links.append(HeadsetLink(environment=variables))
        return Talk(links[-1], log)

    yield make
    for link in links:
        link.shut_down()


def show(talk: Talk, pair: tuple[str, str], view: View = View()) -> int:
    return talk.link.show_world(*pair, ReadOptions(), view, "Quarters")


@pytest.mark.slow
def test_a_world_reaches_both_eyes_upright_and_not_swapped(
    make_talk: MakeTalk, qtbot: QtBot, pair: tuple[str, str], tmp_path: Path
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    talk = make_talk("capture 1", f"captures_to {pictures}")
    with qtbot.waitSignal(talk.link.shown, timeout=WAIT_MS):
        talk.link.start(HIDDEN)
        show(talk, pair)
    begun = len(list(pictures.iterdir()))
    qtbot.wait(1000)  # it fades in; where the machine is busy there are few frames in a second
    qtbot.waitUntil(lambda: len(list(pictures.iterdir())) - begun > 120, timeout=WAIT_MS)
    with qtbot.waitSignal(talk.link.ended, timeout=WAIT_MS):
        talk.link.leave()
    [ready] = talk.of("ready")
    assert isinstance(ready, Ready)
    assert ready.eye_px == EYE_PX
    assert talk.of("shown") == [1]
    last = max(pictures.glob("*-right.ppm")).name.removesuffix("-right.ppm")
    eyes = [np.asarray(Image.open(pictures / f"{last}-{eye}.ppm")) for eye in ("left", "right")]
    for eye in eyes:  # the second quarter ends straight ahead, the third begins there
        row = eye[len(eye) // 4].astype(int)  # above the panel
        assert row[8, 1] > 150 > row[8, 2]
        assert row[-8, 2] > 150 > row[-8, 1]
    edges = [int(np.argmax(eye[len(eye) // 4, :, 2] > 100)) for eye in eyes]
    assert edges[0] > edges[1]  # what lies ahead is further right for the left eye


def test_a_quit_is_acknowledged_and_the_process_is_gone_within_5_s(
    make_talk: MakeTalk, qtbot: QtBot
) -> None:
    talk = make_talk("at 30 quit")
    talk.link.start(HIDDEN)
    qtbot.waitUntil(lambda: "acknowledge-quit" in talk.log(), timeout=WAIT_MS)
    begin_s = time.monotonic()
    if talk.link.is_active:
        qtbot.waitSignal(talk.link.ended, timeout=WAIT_MS).wait()
    assert time.monotonic() - begin_s < 5
    [ended] = talk.of("ended")
    assert isinstance(ended, Ended)
    assert not ended.is_fault
    assert ended.words
    assert talk.log()[-1] == "cleanup"


def test_leaving_ends_the_session_without_a_word(make_talk: MakeTalk, qtbot: QtBot) -> None:
    talk = make_talk()
    with qtbot.waitSignal(talk.link.ready, timeout=WAIT_MS):
        talk.link.start(HIDDEN)
    with qtbot.waitSignal(talk.link.ended, timeout=WAIT_MS):
        talk.link.leave()
    assert talk.of("ended") == [Ended("")]
    assert not talk.link.is_active
    assert talk.log()[-1] == "cleanup"


def test_leaving_while_the_runtime_hangs_is_no_fault(
    make_talk: MakeTalk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(headset_link, "LEAVE_S", 0.5)
    talk = make_talk("hang init")
    talk.link.start(HIDDEN)
    with qtbot.waitSignal(talk.link.ended, timeout=WAIT_MS):
        talk.link.leave()
    assert talk.of("ended") == [Ended("")]


def test_a_window_that_was_held_up_itself_hears_what_was_said_meanwhile(
    make_talk: MakeTalk, qtbot: QtBot
) -> None:
    talk = make_talk()
    with qtbot.waitSignal(talk.link.ready, timeout=WAIT_MS):
        talk.link.start(HIDDEN)
    time.sleep(1.5)  # a beat comes, and nobody looks
    talk.link._silence.stop()
    talk.link._is_silent()
    assert talk.link.is_ready
    assert talk.link._silence.isActive()
    with qtbot.waitSignal(talk.link.ended, timeout=WAIT_MS):
        talk.link.leave()
    assert talk.of("ended") == [Ended("")]


@pytest.mark.slow
def test_another_session_can_follow(
    make_talk: MakeTalk, qtbot: QtBot, pair: tuple[str, str]
) -> None:
    talk = make_talk()
    for number in (1, 2):
        with qtbot.waitSignal(talk.link.shown, timeout=WAIT_MS) as shown:
            talk.link.start(HIDDEN)
            show(talk, pair)
        assert shown.args == [number]
        with qtbot.waitSignal(talk.link.ended, timeout=WAIT_MS):
            talk.link.leave()


@pytest.mark.parametrize(
    ("commands", "word"),
    [
        (["at 5 abort wait"], "crashed (signal 6)"),
        (["abort init"], "crashed (signal 6)"),
        (["hmd 0"], "headset"),
        (["init_error 205"], "in use"),
        (["missing IVRCompositor_029"], "SteamVR"),
        (["at 5 disconnect head"], "disconnected"),
        (["at 5 submit_error 105"], "format"),
    ],
)
def test_whatever_the_runtime_does_is_told_in_one_line_and_we_live(
    make_talk: MakeTalk, qtbot: QtBot, commands: list[str], word: str
) -> None:
    talk = make_talk(*commands)
    with qtbot.waitSignal(talk.link.ended, timeout=WAIT_MS):
        talk.link.start(HIDDEN)
    [ended] = talk.of("ended")
    assert isinstance(ended, Ended)
    assert ended.is_fault
    assert word in ended.words
    assert "\n" not in ended.words
    assert not talk.link.is_active


@pytest.mark.parametrize(
    ("commands", "word"),
    [(["hang init"], "did not start"), (["at 20 hang wait"], "did not answer")],
)
def test_a_runtime_that_never_answers_is_given_up(
    make_talk: MakeTalk,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    commands: list[str],
    word: str,
) -> None:
    if "hang init" in commands:  # else it shall start, however busy the machine is
        monkeypatch.setattr(headset_link, "START_S", 1.0)
    monkeypatch.setattr(headset_link, "SILENT_S", 1.5)
    talk = make_talk(*commands)
    with qtbot.waitSignal(talk.link.ended, timeout=WAIT_MS):
        talk.link.start(HIDDEN)
    [ended] = talk.of("ended")
    assert isinstance(ended, Ended)
    assert word in ended.words


def test_a_process_that_is_killed_is_told(make_talk: MakeTalk, qtbot: QtBot) -> None:
    talk = make_talk()
    with qtbot.waitSignal(talk.link.ready, timeout=WAIT_MS):
        talk.link.start(HIDDEN)
    with qtbot.waitSignal(talk.link.ended, timeout=WAIT_MS):
        os.kill(talk.link.pid, signal.SIGKILL)
    [ended] = talk.of("ended")
    assert isinstance(ended, Ended)
    assert "killed" in ended.words


def test_the_process_does_not_outlive_the_window(make_talk: MakeTalk, qtbot: QtBot) -> None:
    talk = make_talk()
    with qtbot.waitSignal(talk.link.ready, timeout=WAIT_MS):
        talk.link.start(HIDDEN)
    pid = talk.link.pid
    talk.link.shut_down()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert talk.of("ended") == []
    assert talk.log()[-1] == "cleanup"


def test_a_desktop_that_was_killed_takes_the_process_with_it(
    runtime_folder: Path,  # noqa: F811  # the fixture
    tmp_path: Path,
) -> None:
    script, log = tmp_path / "script", tmp_path / "log"
    script.write_text("pace 1\n")
    talk, heard = Conversation(), []
    with subprocess.Popen(
        headset_command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=headset_environment(environment(runtime_folder, script, log)),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(talk.begin(HIDDEN))
        process.stdin.flush()
        while not talk.is_ready:
            heard += talk.feed(os.read(process.stdout.fileno(), 1 << 16))
        begin_s = time.monotonic()
        process.stdin.close()
        assert process.wait(10) == 0
        assert time.monotonic() - begin_s < 5
    assert log.read_text().endswith("cleanup\n")


def test_what_the_wearer_presses_reaches_the_window(
    make_talk: MakeTalk, qtbot: QtBot, pair: tuple[str, str]
) -> None:
    talk = make_talk(
        "at 40 press next_world", "at 50 release next_world",
        "at 60 press again", "at 70 release again",
        "at 80 push adjust 0 -1", "at 100 push adjust 0 0",
    )  # fmt: skip
    talk.link.start(HIDDEN)
    show(talk, pair)
    qtbot.waitUntil(lambda: bool(talk.of("steered")), timeout=WAIT_MS)
    assert talk.of("wished") == [Wish.NEXT, Wish.AGAIN]
    steered = talk.of("steered")[-1]
    assert isinstance(steered, ViewSteered)
    assert steered.strength < 0.75
    assert steered.world_scale == pytest.approx(1.0)


def test_what_is_the_matter_with_the_headset_is_told_and_so_is_its_end(
    make_talk: MakeTalk, qtbot: QtBot
) -> None:
    talk = make_talk("at 20 take_off", "at 40 put_on", "at 60 tracked 0", "at 130 tracked 1")
    talk.link.start(HIDDEN)
    qtbot.waitUntil(lambda: len(talk.of("told")) >= 4, timeout=WAIT_MS)
    taken_off, fine, lost, found = talk.of("told")[:4]
    assert "taken off" in str(taken_off)
    assert "where it is" in str(lost)
    assert fine == found == ""


def test_a_world_that_cannot_be_read_does_not_end_the_session(
    make_talk: MakeTalk, qtbot: QtBot, pair: tuple[str, str], tmp_path: Path
) -> None:
    talk = make_talk()
    talk.link.start(HIDDEN)
    with qtbot.waitSignal(talk.link.complained, timeout=WAIT_MS) as complained:
        talk.link.show_world(str(tmp_path / "no.png"), None, ReadOptions(), View(), "")
    assert "no.png" in complained.args[0]
    with qtbot.waitSignal(talk.link.shown, timeout=WAIT_MS):
        show(talk, pair)


def test_a_program_that_cannot_be_started_is_told(qapp: object, qtbot: QtBot) -> None:
    link = HeadsetLink(command=["/nowhere/at/all"])
    with qtbot.waitSignal(link.ended, timeout=WAIT_MS) as ended:
        link.start(HIDDEN)
    assert ended.args[0].is_fault
    assert "cannot start" in ended.args[0].words
    assert not link.is_active
