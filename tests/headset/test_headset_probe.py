"""Looking for a headset, whatever the runtime does."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from depthfusion.cli import main
from depthfusion.headset.probe import HeadsetReport, _command, _read, probe
from tests.headset.simulated.simulated_runtime import environment

Look = Callable[..., HeadsetReport]


@pytest.fixture
def look(runtime_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Look:
    """Look at a runtime that does what a script says."""

    def look(*script: str, timeout_s: float = 30.0) -> HeadsetReport:
        path = tmp_path / "script"
        path.write_text("\n".join(script) + "\n")
        for name, value in environment(runtime_folder, path).items():
            monkeypatch.setenv(name, value)
        return probe(timeout_s)

    return look


def test_a_running_headset_is_told_with_its_sizes(look: Look, runtime_folder: Path) -> None:
    report = look("size 2016 2240", "hz 120")

    assert report == HeadsetReport(
        is_installed=True,
        runtime_path=str(runtime_folder),
        has_headset=True,
        is_running=True,
        is_awake=True,
        name="DepthFusion Pretended HMD",
        runtime="SteamVR 2.12.14-pretended",
        refresh_hz=120.0,
        eye_px=(2016, 2240),
    )
    assert report.words() == (
        "DepthFusion Pretended HMD at 120 Hz, 2016x2240 for each eye, SteamVR 2.12.14-pretended"
    )


def test_a_headset_that_sleeps(look: Look) -> None:
    report = look("level 3")

    assert report.is_awake is False
    assert report.problem == "the headset is asleep: put it on"
    assert report.words().endswith("; the headset is asleep: put it on")


def test_a_headset_whose_runtime_does_not_run_is_there(look: Look) -> None:
    report = look("server_needed 1")

    assert report.has_headset
    assert not report.is_running
    assert report.name is None
    assert report.words().startswith("SteamVR does not run: start it")


def test_no_headset(look: Look) -> None:
    report = look("hmd 0")

    assert not report.has_headset
    assert report.runtime_path
    assert report.words().startswith("want a headset, found none: connect it")


@pytest.mark.parametrize("place", ["present", "init"])
def test_a_runtime_that_aborts_harms_nobody(
    look: Look, place: str, capfd: pytest.CaptureFixture[str]
) -> None:
    report = look(f"abort {place}")

    assert report.problem.startswith("SteamVR broke off")
    assert report.problem.endswith("restart it")
    assert ("asking the running" in report.problem) == (place == "init")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("place", ["present", "init"])
def test_a_runtime_that_never_answers_is_left(look: Look, place: str) -> None:
    begin_s = time.monotonic()

    report = look(f"hang {place}", timeout_s=1.0)

    assert time.monotonic() - begin_s < 10
    assert "never answered" in report.problem
    assert "1 s" in report.problem


@pytest.mark.parametrize("version", ["IVRSystem_023", "IVRCompositor_029", "IVRInput_010"])
def test_an_old_runtime(look: Look, version: str) -> None:
    assert look(f"missing {version}").problem == (
        f"want a newer SteamVR, found one that lacks {version}: update SteamVR in Steam"
    )


def test_a_number_that_nobody_knows(look: Look) -> None:
    assert "77777" in look("init_error 77777").problem


def test_no_runtime_at_all_prints_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("openvr", exc_type=ImportError)
    monkeypatch.setenv("VR_PATHREG_OVERRIDE", str(tmp_path / "nowhere.vrpath"))

    report = probe(30.0)

    assert report.is_installed
    assert not report.has_headset
    assert report.runtime_path is None
    assert report.words().startswith("want SteamVR, found none: install it in Steam")
    assert capfd.readouterr() == ("", "")


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "openvr.py").write_text("raise ImportError('no such thing')")
    monkeypatch.syspath_prepend(str(tmp_path))

    report = probe(30.0)

    assert not report.is_installed
    assert "pip install 'depthfusion-panorama[vr]'" in report.words()


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_what_a_driver_prints_is_passed_over_on_every_system(end: bytes) -> None:
    lines = [b'{"is_installed": true}', b"{foo}", b"{}}", b"driver: {", b'{"error": 108}', b""]

    assert _read(end.join(lines)) == {"is_installed": True, "error": 108}


def test_a_line_that_was_broken_off_is_no_fact() -> None:
    assert _read(b'{"is_installed": true}\n{"error": {"a": 1}') == {"is_installed": True}


def test_a_frozen_program_becomes_the_child_by_its_flag(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _command()[1:] == ["-P", "-m", "depthfusion.headset.probe_child"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    program, *arguments = _command()
    assert program == sys.executable
    monkeypatch.setitem(sys.modules, "openvr", None)  # nothing is asked in the tests' own process

    assert main(arguments) == 0

    assert _read(capsys.readouterr().out.encode()) == {"is_installed": False, "is_done": True}
