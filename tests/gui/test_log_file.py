"""The log of the window."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from depthfusion.gui import log_file
from depthfusion.gui.log_file import FILE, log_path, start_log
from depthfusion.gui.log_handlers import let_hear
from depthfusion.gui.run_log import LogRing

log = logging.getLogger("depthfusion.gui.tests")


def test_the_log_goes_to_a_file_until_it_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "log" / "depthfusion.log"
    end = start_log(path)
    log.info("a world of %s", "ice")
    log.debug("details")
    end()
    log.error("afterwards")
    (line,) = path.read_text(encoding="utf-8").splitlines()
    assert line.endswith("INFO    depthfusion.gui.tests: a world of ice")
    assert logging.getLogger("depthfusion").level == logging.NOTSET


@pytest.mark.parametrize("first", ["panel", "file"])
def test_panel_and_file_end_in_any_order(tmp_path: Path, first: str) -> None:
    ring = LogRing(logging.DEBUG)
    ends = {"panel": let_hear(ring), "file": start_log(tmp_path / FILE)}
    assert logging.getLogger("depthfusion").level == logging.DEBUG
    ends.pop(first)()
    log.info("one of them is left")
    assert (ring.count == 1) is (first == "file")
    assert ("one of" in (tmp_path / FILE).read_text()) is (first == "panel")
    ends.popitem()[1]()
    assert logging.getLogger("depthfusion").level == logging.NOTSET
    assert logging.getLogger("depthfusion").handlers == []


def test_a_more_talkative_logger_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("ldm3d"), "level", logging.DEBUG)
    end = let_hear(LogRing())
    assert logging.getLogger("ldm3d").level == logging.DEBUG
    end()
    end()
    assert logging.getLogger("ldm3d").level == logging.DEBUG


def test_a_long_log_is_cut_into_a_few_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "MOST_BYTES", 2000)
    end = start_log(tmp_path / "a.log")
    for number in range(500):
        log.info("line %d", number)
    end()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.log", "a.log.1", "a.log.2"]
    assert all(path.stat().st_size <= 2000 for path in tmp_path.iterdir())
    assert "line 499" in (tmp_path / "a.log").read_text()


def test_where_it_cannot_be_written_the_program_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    end = start_log(tmp_path / "file" / "a.log")
    log.info("nobody reads this")
    end()
    assert "no log in" in caplog.text


def test_a_full_disk_costs_lines_not_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    end = start_log(tmp_path / "a.log")

    def full(self: object, record: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log_file._Quiet, "format", full)
    log.info("lost")
    monkeypatch.undo()
    log.info("kept")
    end()
    assert "kept" in (tmp_path / "a.log").read_text()
    assert capsys.readouterr().err == ""


def test_its_place_is_the_platforms_for_state() -> None:
    assert log_path().parts[-3:] == ("depthfusion", "log", "depthfusion.log")
