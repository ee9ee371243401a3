"""The window's real worker process: asked, cancelled, killed, not there at all."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from depthfusion.generator.events import Event, Failed, Failure, Finished, Loading, Step
from depthfusion.generator.request import DepthRequest, Request
from depthfusion.gui.worker_link import WorkerLink
from tests.ldm3d.depth.tiny_networks import tiny_network

pytestmark = pytest.mark.usefixtures("qapp")
START_MS = 20_000
DEAF = """
import sys, time
sys.stdout.write('{"kind": "hello", "job": 0, "protocol": 1, "pid": 1, "arrays": []}' + chr(10))
sys.stdout.flush()
time.sleep(60)
"""


def heard_by(link: WorkerLink) -> list[Event]:
    events: list[Event] = []
    link.spoke.connect(events.append)
    return events


@pytest.fixture
def link() -> Iterator[WorkerLink]:
    link = WorkerLink()
    yield link
    link.shut_down()


def test_it_asks_twice_and_survives_a_kill(qtbot: QtBot, link: WorkerLink) -> None:
    events = heard_by(link)
    link.warm_up()
    first = link.pid
    for count in (1, 2):
        with qtbot.waitSignal(link.freed, timeout=START_MS):
            link.start(Request("  "))
        assert len(events) == count
        assert isinstance(events[-1], Failed) and events[-1].kind is Failure.REQUEST
    assert link.pid == first
    with qtbot.waitSignal(link.freed, timeout=START_MS):
        link.start(Request("a lake", model="."))
        os.kill(link.pid, signal.SIGKILL)
    assert isinstance(events[-1], Failed) and events[-1].kind is Failure.CRASH
    with qtbot.waitSignal(link.freed, timeout=START_MS):
        link.start(Request("  "))
    assert link.pid != first
    assert isinstance(events[-1], Failed) and events[-1].kind is Failure.REQUEST


def test_one_that_does_not_listen_is_killed_and_nothing_more_is_heard(qtbot: QtBot) -> None:
    link = WorkerLink(command=[sys.executable, "-c", DEAF])
    events = heard_by(link)
    link.start(Request("a lake"))
    with qtbot.waitSignal(link.freed, timeout=START_MS):
        link.cancel()
    assert events == [] and not link.busy
    link.shut_down()


def test_a_program_that_is_not_there_is_told_in_one_line(qtbot: QtBot) -> None:
    link = WorkerLink(command=["/nowhere/python"])
    events = heard_by(link)
    with qtbot.waitSignal(link.freed, timeout=START_MS):
        link.start(Request("a lake"))
    [failed] = events
    assert isinstance(failed, Failed) and failed.kind is Failure.CRASH
    assert failed.message.startswith("cannot start the generator")
    link.shut_down()


def test_shutting_down_ends_the_process(link: WorkerLink) -> None:
    link.warm_up()
    pid = link.pid
    assert pid > 0
    link.shut_down()
    assert link.pid == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_picture_that_is_not_there_gets_no_depth(qtbot: QtBot, link: WorkerLink) -> None:
    events = heard_by(link)
    with qtbot.waitSignal(link.freed, timeout=START_MS):
        link.start(DepthRequest("/nowhere/harbour.jpg"))
    [failed] = events
    assert isinstance(failed, Failed) and failed.kind is Failure.REQUEST
    assert "harbour.jpg" in failed.message


@pytest.mark.slow
def test_a_picture_gets_its_depth_from_the_windows_worker(
    qtbot: QtBot, link: WorkerLink, tmp_path: Path
) -> None:
    network = tiny_network("dpt", tmp_path / "network")
    color = np.random.default_rng(3).integers(0, 255, (64, 128, 3), np.uint8)
    Image.fromarray(color).save(tmp_path / "harbour.png")
    events = heard_by(link)
    with qtbot.waitSignal(link.freed, timeout=60_000):
        link.start(DepthRequest(str(tmp_path / "harbour.png"), str(network)))
    finished = events[-1]
    assert isinstance(finished, Finished) and finished.panorama.depth is not None
    assert np.array_equal(finished.panorama.color, color)
    assert {type(event) for event in events} == {Loading, Step, Finished}
