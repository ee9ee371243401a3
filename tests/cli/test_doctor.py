"""`depthfusion doctor`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from depthfusion.cli import doctor, main
from depthfusion.gui import system_libraries
from depthfusion.gui.system_libraries import ALWAYS, FOR_A_WINDOW

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
ROOT = Path(__file__).resolve().parents[2]
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="paths and packages of Linux")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, object]]:
    """Probes that answer at once; change an answer to see what is made of it."""
    answers: dict[str, dict[str, object]] = {
        doctor._OPENGL_PROBE: {
            "renderer": "llvmpipe", "version": "4.5", "max_texture_px": 16384, "max_samples": 4,
        },
        doctor._DISPLAY_PROBE: {"platform": "xcb", "size_px": [1280, 900], "refresh_hz": 60.0},
    }  # fmt: skip
    monkeypatch.setattr(doctor, "_probe", answers.__getitem__)
    monkeypatch.setattr(system_libraries, "has_display", lambda: True)
    monkeypatch.setattr(system_libraries, "missing_libraries", lambda window: [])
    return answers


def test_a_machine_with_everything_is_ready(
    quick: dict[str, dict[str, object]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ready:")
    assert any(line.startswith("OpenGL ") and "llvmpipe" in line for line in lines)


def test_without_opengl_neither_view_nor_render_can_work(
    quick: dict[str, dict[str, object]], capsys: pytest.CaptureFixture[str]
) -> None:
    quick[doctor._OPENGL_PROBE] = {"error": "no driver"}
    assert main(["doctor"]) == 69
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "not ready: depthfusion view cannot work here"
    assert "OpenGL       no driver" in lines


def test_without_a_display_render_still_works(
    quick: dict[str, dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(system_libraries, "has_display", lambda: False)
    assert main(["doctor"]) == 69
    assert "depthfusion render can" in capsys.readouterr().out.splitlines()[0]


def test_a_missing_library_comes_with_its_install_line(
    quick: dict[str, dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(system_libraries, "missing_libraries", lambda window: [FOR_A_WINDOW[0]])
    assert main(["doctor"]) == 69
    out = capsys.readouterr().out
    assert "missing: libxcb-cursor.so.0" in out
    assert "apt install libxcb-cursor0" in out


def test_a_probe_that_aborts_is_a_sentence() -> None:
    told = doctor._probe("import os, sys; print('driver says no', file=sys.stderr); os.abort()")
    assert "driver says no" in told["error"]


def test_a_probe_that_hangs_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PROBE_TIMEOUT_S", 0.3)
    assert doctor._probe("import time; time.sleep(9)") == {"error": "no answer within 0.3 s"}


@pytest.mark.gl
@pytest.mark.slow
def test_the_real_machine_is_told_as_json(run_command: Run) -> None:
    result = run_command("doctor", "--json")
    report = json.loads(result.stdout)
    assert result.returncode == (0 if report["can_view"] else 69)
    assert report["can_render"], report["opengl"]
    assert report["opengl"]["max_texture_px"] >= 1024
    assert report["versions"]["NumPy"]


@pytest.mark.gui
def test_the_display_is_told_with_its_size() -> None:
    display = doctor._examine_display(libraries_missing=False)
    assert min(display["size_px"]) > 100


@linux_only
def test_the_headset_runtime_is_found_through_the_registry_file(tmp_path: Path) -> None:
    (tmp_path / "openvr").mkdir()
    registry = tmp_path / "openvr" / "openvrpaths.vrpath"
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert not doctor.headset_runtime(environment)["registered"]
    registry.write_text(json.dumps({"runtime": [str(tmp_path / "gone"), str(tmp_path)]}))
    assert doctor.headset_runtime(environment) == {
        "registry": str(registry), "registered": True, "runtime": str(tmp_path),
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "{", "[]", '{"runtime": 3}', '{"runtime": null}'])
def test_a_broken_registry_names_no_runtime(tmp_path: Path, text: str) -> None:
    registry = tmp_path / "paths"
    registry.write_text(text)
    told = doctor.headset_runtime({"VR_PATHREG_OVERRIDE": str(registry)})
    assert told["registered"]
    assert told["runtime"] is None


def test_models_are_looked_for_where_the_hub_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "hub" / "models--Intel--ldm3d-pano").mkdir(parents=True)
    (tmp_path / "hub" / "models--someone--else").mkdir()
    by_home = doctor.models({"HF_HOME": str(tmp_path)})
    assert by_home == {"folder": str(tmp_path / "hub"), "found": ["Intel/ldm3d-pano"]}
    assert doctor.models({"HF_HUB_CACHE": str(tmp_path / "hub"), "HF_HOME": "/x"}) == by_home
    elsewhere = doctor.models({"XDG_CACHE_HOME": "/c"})
    assert elsewhere == {"folder": str(Path("/c/huggingface/hub")), "found": []}


def test_setup_script_and_doctor_know_the_same_libraries() -> None:
    script = (ROOT / ".ci" / "setup").read_text(encoding="utf-8")
    table = script.split("libraries='\n")[1].split("'")[0]
    listed = {tuple(line.split()) for line in table.splitlines()}
    assert listed == {(item.file, item.package) for item in ALWAYS + FOR_A_WINDOW}
