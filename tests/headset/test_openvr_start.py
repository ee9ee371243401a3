"""Why a session cannot begin, in words."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from depthfusion.errors import HeadsetError
from depthfusion.headset.openvr_session import OpenVRHeadset
from depthfusion.headset.openvr_words import compositor_words, init_words
from tests.headset.simulated.simulated_runtime import SimulatedRuntime


def why(match: str) -> None:
    with pytest.raises(HeadsetError) as caught:
        OpenVRHeadset()
    text = str(caught.value)
    assert re.search(match, text), text
    assert "\n" not in text


def test_no_headset(runtime: SimulatedRuntime) -> None:
    runtime.do("hmd 0")
    why("want a headset, found none: connect it.*108")


def test_asleep_or_out_of_reach(runtime: SimulatedRuntime) -> None:
    runtime.do("init_error 215")
    why("asleep or out of reach: switch it on")


def test_in_use(runtime: SimulatedRuntime) -> None:
    runtime.do("init_error 205")
    why("in use: close the other program")


def test_a_number_that_nobody_knows(runtime: SimulatedRuntime) -> None:
    runtime.do("init_error 77777")
    why("found trouble.*77777")


@pytest.mark.parametrize("version", ["IVRSystem_023", "IVRCompositor_029", "IVRInput_010"])
def test_an_old_runtime_that_lacks_an_interface(runtime: SimulatedRuntime, version: str) -> None:
    runtime.do(f"missing {version}")
    why(f"lacks {version}: update SteamVR")
    assert "cleanup" in runtime.log()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder as runtime, empty."""
    pytest.importorskip("openvr", exc_type=ImportError)
    for name in ("VR_OVERRIDE", "VR_CONFIG_PATH", "VR_LOG_PATH"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


def test_an_empty_folder_as_runtime(elsewhere: Path) -> None:
    why("broken one: let Steam verify.*10[12]")


def test_a_folder_that_is_gone(monkeypatch: pytest.MonkeyPatch, elsewhere: Path) -> None:
    monkeypatch.setenv("VR_OVERRIDE", str(elsewhere / "gone"))
    why(r"SteamVR.*100|SteamVR.*101")


def test_a_library_that_is_none(elsewhere: Path) -> None:
    library = elsewhere / "bin" / "linux64" / "vrclient.so"
    library.parent.mkdir(parents=True)
    library.write_bytes(b"this is not a library")
    why("broken one")


def test_no_runtime_at_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("openvr", exc_type=ImportError)
    monkeypatch.setenv("VR_PATHREG_OVERRIDE", str(tmp_path / "nowhere.vrpath"))
    for name in ("VR_OVERRIDE", "VR_CONFIG_PATH", "VR_LOG_PATH"):
        monkeypatch.delenv(name, raising=False)
    why("want SteamVR, found none: install it in Steam.*110")


def test_the_registry_of_the_user_leads_to_the_runtime_as_it_does_at_home(
    runtime: SimulatedRuntime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("VR_OVERRIDE", "VR_CONFIG_PATH", "VR_LOG_PATH"):
        monkeypatch.delenv(name)
    registry = tmp_path / "config" / "openvr" / "openvrpaths.vrpath"
    registry.parent.mkdir(parents=True)
    folders = {"runtime": runtime.folder, "config": tmp_path, "log": tmp_path}
    content: dict[str, object] = {"jsonid": "vrpathreg", "version": 1}
    content |= {name: [str(folder)] for name, folder in folders.items()}
    registry.write_text(json.dumps(content))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    session = OpenVRHeadset()

    assert session.begin_frame().is_tracked
    session.close()


def test_without_the_extra_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvr", None)
    why(re.escape("pip install 'depthfusion-panorama[vr]'"))


def test_every_number_of_the_installed_pyopenvr_has_one_line_that_says_what_to_do() -> None:
    openvr = pytest.importorskip("openvr", exc_type=ImportError)
    numbers = {value for name, value in vars(openvr).items() if name.startswith("VRInitError_")}

    for number in numbers:
        text = init_words(int(number))
        assert ":" in text, text
        assert f"(OpenVR error {number})" in text
        assert "\n" not in text
        assert len(text) < 200


def test_the_runtimes_own_words_help_where_ours_end() -> None:
    text = init_words(301, "Shared IPC\nConnect Failed (301)")

    assert text == (
        "want SteamVR, found it not answering: restart SteamVR"
        " (OpenVR error 301, Shared IPC Connect Failed (301))"
    )


def test_every_compositor_error_has_its_words() -> None:
    openvr = pytest.importorskip("openvr", exc_type=ImportError)
    numbers = {
        int(value)
        for name, value in vars(openvr).items()
        if name.startswith("VRCompositorError_") and value
    }

    unknown = {number for number in numbers if "not known" in compositor_words(number)}
    assert unknown == {101, 108, 110}  # the first two end no session; 110 is none of ours


def test_openvr_is_not_imported_before_it_is_needed() -> None:
    import subprocess

    code = (
        "import sys, depthfusion.headset, depthfusion.headset.openvr_session,"
        " depthfusion.headset.probe, depthfusion.headset.registration\n"
        "sys.exit('openvr' in sys.modules or 'moderngl' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
