"""The headset on the command line: view --vr, vr-register, doctor."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import pytest

from depthfusion.cli import build_parser, doctor, main, view, vr_register
from depthfusion.headset import probe as probing
from depthfusion.headset.probe import HeadsetReport
from depthfusion.vr.child import HEADSET_FLAG, headset_command, headset_environment
from depthfusion.vr.messages import Begin
from tests.headset.conftest import runtime, runtime_folder  # noqa: F401  # fixtures
from tests.headset.simulated.simulated_runtime import SimulatedRuntime


def wanted(*arguments: str) -> tuple[Begin, float | None] | None:
    return view.headset_wanted(build_parser("view").parse_args(["view", *arguments]))


def test_without_vr_there_is_no_headset() -> None:
    assert wanted() is None
    assert wanted("a.png", "--mirror", "both") is None


def test_a_session_is_seated_mirrored_and_comfortable_by_default() -> None:
    assert wanted("--vr") == (Begin(), None)
    assert wanted("--preview") == (Begin(preview=True), None)


def test_every_option_reaches_the_session() -> None:
    found = wanted(
        "--vr", "--standing", "--mirror", "none", "--world-scale", "1.5", "--supersample", "1.2",
        "--turn-deg", "45", "--nearest", "1",
    )  # fmt: skip
    begin = Begin(standing=True, mirror="none", supersample=1.2, turn_deg=45.0, nearest_m=1.0)
    assert found == (begin, 1.5)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--world-scale", "0"), ("--world-scale", "nan"), ("--supersample", "9"),
        ("--turn-deg", "20"), ("--nearest", "0.1"), ("--mirror", "up"),
    ],
)  # fmt: skip
def test_what_would_be_uncomfortable_or_nonsense_is_refused(
    arguments: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        wanted("--vr", *arguments)
    assert arguments[0] in capsys.readouterr().err


def test_the_process_knows_what_it_is() -> None:
    assert headset_command()[1:] == ["-P", "-m", "depthfusion.vr"]
    environment = headset_environment({"A": "b"})
    assert environment["DEPTHFUSION_HEADSET"] == "1"
    assert environment["A"] == "b"
    assert environment["PATH"] == os.environ["PATH"]


def test_a_frozen_program_becomes_the_process_by_its_flag(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert headset_command() == [sys.executable, HEADSET_FLAG]
    assert vr_register.vr_command() == [sys.executable, "view", "--vr"]

    def wear() -> None:
        raise SystemExit(7)

    monkeypatch.setattr("depthfusion.vr.process.main", wear)
    with pytest.raises(SystemExit) as ended:
        main([HEADSET_FLAG])
    assert ended.value.code == 7


def test_steamvr_is_given_the_installed_script_by_its_whole_path() -> None:
    program, *arguments = vr_register.vr_command()
    assert Path(program).is_absolute()
    assert arguments[-2:] == ["view", "--vr"]


def test_registering_tells_the_manifest_and_can_be_taken_back(
    runtime: SimulatedRuntime,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["vr-register"]) == 0
    told = capsys.readouterr().out
    path = Path(told.strip().rpartition("(by ")[2].removesuffix(")"))
    content = json.loads(path.read_text(encoding="utf-8"))
    assert "--vr" in content["applications"][0]["arguments"]
    assert main(["vr-register", "--remove"]) == 0
    assert not path.exists()


def test_registering_without_steamvr_is_one_line_and_exit_69(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("openvr", exc_type=ImportError)
    monkeypatch.setenv("VR_PATHREG_OVERRIDE", str(tmp_path / "none.vrpath"))
    assert main(["vr-register"]) == 69
    assert capsys.readouterr().err.count("\n") == 1


def test_doctor_tells_the_headset_or_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = HeadsetReport(
        is_installed=True, has_headset=True, name="Index", runtime="SteamVR 2.12",
        refresh_hz=120.0, eye_px=(2016, 2240),
    )  # fmt: skip
    monkeypatch.setattr(probing, "probe", lambda: found)
    report = doctor.headset()
    assert report["words"] == "Index at 120 Hz, 2016x2240 for each eye, SteamVR 2.12"
    assert json.loads(json.dumps(report))["eye_px"] == [2016, 2240]
    monkeypatch.setattr(probing, "probe", lambda: HeadsetReport(problem="want SteamVR, found none"))
    assert doctor.headset()["words"] == "want SteamVR, found none"


def test_numbers_have_their_range_in_the_message() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"want 0\.5 to 2, got 3"):
        view.number_within(0.5, 2)("3")
