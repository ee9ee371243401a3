"""Being known to SteamVR."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from depthfusion.errors import HeadsetError
from depthfusion.headset import registration
from depthfusion.headset.openvr_session import OpenVRHeadset
from tests.headset.simulated.simulated_runtime import SimulatedRuntime

COMMAND = [sys.executable, "-P", "-m", "depthfusion", "view", "--vr", "a world.png"]


@pytest.fixture(autouse=True)
def _data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def application() -> dict[str, Any]:
    manifest = json.loads(registration.manifest_path().read_text("utf-8"))
    found: dict[str, Any] = manifest["applications"][0]
    return found


def test_registering_writes_a_manifest_that_starts_depthfusion(runtime: SimulatedRuntime) -> None:
    path = registration.register(COMMAND)

    assert path == registration.manifest_path()
    assert path.is_absolute()
    entry = application()
    assert entry["app_key"] == "depthfusion.viewer"
    assert entry["binary_path_linux"] == sys.executable
    assert entry["arguments"] == '-P -m depthfusion view --vr "a world.png"'
    assert entry["strings"]["en_us"]["name"] == "DepthFusion"
    assert runtime.log() == ["init 4", f"add-manifest {path} 0", "cleanup"]


def test_the_manifest_leads_to_the_actions(runtime: SimulatedRuntime) -> None:
    registration.register(COMMAND)

    actions = Path(application()["action_manifest_path"])

    assert actions.is_absolute()
    bindings = json.loads(actions.read_text("utf-8"))["default_bindings"]
    assert all((actions.parent / binding["binding_url"]).is_file() for binding in bindings)


def test_out_of_a_zip_the_actions_are_copied(
    runtime: SimulatedRuntime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import zipfile

    source = Path(registration.__file__).parents[2] / "resources" / "headset"
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as file:
        for name in source.iterdir():
            file.write(name, f"headset/{name.name}")
    monkeypatch.setattr(registration, "asset", lambda *_: zipfile.Path(packed, "headset/"))

    registration.register(COMMAND)

    actions = Path(application()["action_manifest_path"])
    assert actions.parent == registration.manifest_path().parent
    assert {file.name for file in actions.parent.glob("*.json")} == {
        file.name for file in source.iterdir()
    }
    registration.unregister()
    assert list(actions.parent.iterdir()) == []


def test_a_registered_session_says_who_it_is(runtime: SimulatedRuntime) -> None:
    registration.register(COMMAND)
    runtime.log()

    OpenVRHeadset().close()

    assert "identify depthfusion.viewer" in runtime.log()


def test_an_unregistered_session_goes_on_without_a_name(runtime: SimulatedRuntime) -> None:
    OpenVRHeadset().close()

    assert not [line for line in runtime.log() if line.startswith("identify")]


def test_a_runtime_without_applications_gives_a_session_all_the_same(
    runtime: SimulatedRuntime,
) -> None:
    runtime.do("missing IVRApplications_007")
    session = OpenVRHeadset()

    assert session.begin_frame().is_tracked
    session.close()
    with pytest.raises(HeadsetError, match="update it"):
        registration.register(COMMAND)


def test_unregistering_takes_it_all_back(runtime: SimulatedRuntime) -> None:
    path = registration.register(COMMAND)
    registration.unregister()

    assert not path.exists()
    assert f"remove-manifest {path}" in runtime.log()
    registration.unregister()  # twice is no error


def test_registering_without_a_headset_works(runtime: SimulatedRuntime) -> None:
    runtime.do("hmd 0")

    assert registration.register(COMMAND).is_file()


def test_a_program_without_its_path_is_refused() -> None:
    with pytest.raises(HeadsetError, match="whole path"):
        registration.register(["depthfusion", "view"])
