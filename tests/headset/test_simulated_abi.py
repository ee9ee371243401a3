"""The simulated runtime has the shape that the installed pyopenvr expects."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.headset.simulated.simulated_runtime import SimulatedRuntime

TABLES = ("System", "Compositor", "Input", "Chaperone", "Applications", "Settings")
STRUCTS = (
    "HmdMatrix34_t", "HmdMatrix44_t", "HiddenAreaMesh_t", "TrackedDevicePose_t", "Texture_t",
    "VRTextureBounds_t", "VREvent_t", "VRControllerState_t", "InputDigitalActionData_t",
    "InputAnalogActionData_t", "InputPoseActionData_t", "VRActiveActionSet_t",
)  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
def test_every_function_stands_where_pyopenvr_looks_for_it(
    runtime: SimulatedRuntime, table: str
) -> None:
    import openvr

    version = getattr(openvr, f"IVR{table}_Version")
    expected = [name for name, _ in getattr(openvr, f"IVR{table}_FnTable")._fields_]

    assert runtime.slots(version) == expected, f"{version}: pyopenvr changed, so must the runtime"


@pytest.mark.parametrize("name", STRUCTS)
def test_every_struct_is_as_large_as_pyopenvr_makes_it(
    runtime: SimulatedRuntime, name: str
) -> None:
    import openvr

    assert runtime.size(name) == ctypes.sizeof(getattr(openvr, name))


def test_only_the_frame_timing_differs_as_it_does_in_real_runtimes(
    runtime: SimulatedRuntime,
) -> None:
    import openvr

    assert runtime.size("Compositor_FrameTiming") == 188
    assert ctypes.sizeof(openvr.Compositor_FrameTiming) == 192


def test_the_check_of_versions_bites(runtime: SimulatedRuntime) -> None:
    assert runtime.slots("IVRCompositor_028") == []
    assert runtime.size("NoSuchStruct") == -1


@pytest.mark.parametrize(("required", "outcome"), [("1", "1 error"), ("", "1 skipped")])
def test_without_a_compiler_tests_skip_and_in_ci_they_fail(
    tmp_path: Path, required: str, outcome: str
) -> None:
    test = f"{__file__}::test_only_the_frame_timing_differs_as_it_does_in_real_runtimes"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", test]
    variables = {**os.environ, "PATH": str(tmp_path), "DEPTHFUSION_REQUIRE_GL": required}

    result = subprocess.run(
        command, env=variables, cwd=Path(__file__).parents[2], capture_output=True, text=True,
        check=False,
    )  # fmt: skip

    assert outcome in result.stdout.splitlines()[-1]
    assert "apt-get install gcc libc6-dev" in result.stdout
