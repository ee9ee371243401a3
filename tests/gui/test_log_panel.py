"""The log panel: the last lines of this run, and a report without a person's folders."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from depthfusion._version import __version__
from depthfusion.gui.log_handlers import let_hear
from depthfusion.gui.log_panel import LogPanel
from depthfusion.gui.run_log import MOST_LINES, LogRing, details
from tests.gui.conftest import TIMEOUT_MS, destroy

pytestmark = pytest.mark.gui
log = logging.getLogger("depthfusion.test_log_panel")


@pytest.fixture
def ring() -> Iterator[LogRing]:
    ring = LogRing()
    end = let_hear(ring)
    yield ring
    end()


@pytest.fixture
def panel(ring: LogRing, tmp_path: Path, qtbot: QtBot) -> Iterator[LogPanel]:
    panel = LogPanel(ring, lambda: "llvmpipe", folder=tmp_path / "log")
    yield panel
    panel.close()
    destroy(panel)


def test_what_was_logged_before_it_opened_is_there(panel: LogPanel) -> None:
    log.info("loaded %d worlds", 3)
    panel.show()
    assert "INFO     depthfusion.test_log_panel: loaded 3 worlds" in panel.text


def test_it_follows_what_any_thread_logs(panel: LogPanel, qtbot: QtBot) -> None:
    panel.show()
    threads = [threading.Thread(target=log.warning, args=(f"from {i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    qtbot.waitUntil(lambda: all(f"from {i}" in panel.text for i in range(4)), timeout=TIMEOUT_MS)
    assert len(panel.text.splitlines()) == 4


def test_a_closed_panel_is_not_woken_and_catches_up(panel: LogPanel, ring: LogRing) -> None:
    panel.show()
    panel.reject()
    assert ring.on_line is None
    log.info("meanwhile")
    assert "meanwhile" not in panel.text
    panel.show()
    assert panel.text.count("meanwhile") == 1


def test_a_ring_forgets_the_oldest_and_counts_all(ring: LogRing) -> None:
    for number in range(MOST_LINES + 20):
        log.info("line %d", number)
    lines, count = ring.since(0)
    assert (len(lines), count) == (MOST_LINES, MOST_LINES + 20)
    assert lines[0].endswith("line 20")
    assert [line[-3:] for line in ring.since(count - 2)[0]] == ["518", "519"]
    assert ring.since(count) == ([], count)


def test_a_traceback_is_kept_and_a_wrong_message_hurts_nobody(ring: LogRing) -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("it failed")
    ring.handle(logging.makeLogRecord({"msg": "want %d", "args": ("a word",)}))
    text = "\n".join(ring.since(0)[0])
    assert "ValueError: broken" in text
    assert "want %d" in text


def test_after_the_end_nothing_is_heard() -> None:
    ring = LogRing()
    let_hear(ring)()
    log.warning("not heard")
    assert ring.count == 0


def test_details_tell_versions_driver_and_lines_but_no_home(panel: LogPanel, qtbot: QtBot) -> None:
    log.info("opened %s", Path.home() / "worlds" / "a.png")
    qtbot.mouseClick(panel.copy_button, Qt.MouseButton.LeftButton)
    text = QApplication.clipboard().text()
    assert f"DepthFusion: {__version__}" in text
    assert "OpenGL: llvmpipe" in text
    assert "PySide6-Essentials: " in text
    assert "opened ~/worlds/a.png" in text.replace("\\", "/")
    assert str(Path.home()) not in text
    assert panel.copy_button.text() == "Copied"


def test_details_without_anything_say_so() -> None:
    assert "OpenGL: not known" in details("", [])
    assert "(no log)" in details("", [])


def test_a_folder_that_is_not_there_is_one_line(panel: LogPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.failed) as signal:
        panel.open_folder()
    assert "it is not there yet" in signal.args[0]


def test_the_folder_is_shown(
    panel: LogPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(
        "depthfusion.gui.log_panel.QDesktopServices.openUrl",
        lambda url: bool(shown.append(url.toLocalFile()) or True),
    )
    (tmp_path / "log").mkdir()
    panel.open_folder()
    assert [Path(name) for name in shown] == [tmp_path / "log"]


def test_everything_in_it_has_a_name_and_a_tip(panel: LogPanel) -> None:
    assert panel.windowTitle()
    assert panel._text.accessibleName()
    for button in panel.findChildren(QPushButton):
        assert button.text()
        assert button.toolTip()
