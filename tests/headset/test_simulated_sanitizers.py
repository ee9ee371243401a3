"""The simulated runtime's C under AddressSanitizer and UndefinedBehaviorSanitizer."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.headset.simulated.simulated_runtime import (
    FLAGS,
    SANITIZERS,
    build_runtime,
    environment,
)

pytestmark = [pytest.mark.gl, pytest.mark.slow]

_EVERYTHING = """
import moderngl
from depthfusion.headset import Eye, Haptic, Submission
from depthfusion.headset.openvr_session import OpenVRHeadset
from tests.headset.simulated.simulated_runtime import SimulatedRuntime
from pathlib import Path
import os, sys

context = moderngl.create_context(standalone=True, require=330, backend="egl")
texture = context.texture((64, 72), 4, bytes([255, 0, 0, 255]) * 64 * 72)
eye = Submission(texture.glo, (64, 72), (50, 61))
runtime = SimulatedRuntime(Path(os.environ["VR_OVERRIDE"]))
runtime.do("capture 1", "dirty 1", "steal 1", "trace 1", f"captures_to {sys.argv[1]}")
runtime.do(*["triangle left 0 0 1 0 0 1"] * 64, *["event 105 0"] * 100, "pace 1")
headset = OpenVRHeadset()
runtime.do("press next_world", "push adjust 1 1", "at 20 quit", "ipd 0.07", "hz 1000")
for number in range(40):
    headset.poll(); headset.begin_frame(); headset.controls()
    headset.end_frame((eye, eye)); headset.after_mirror(); headset.timing()
headset.hidden_mesh(Eye.LEFT); headset.recenter(); headset.pulse(Haptic())
assert runtime.picture(0).shape == (61, 50, 4)
assert "acknowledge-quit" in runtime.log()
headset.close()
runtime.forget()
if len(sys.argv) > 2:
    runtime._library.sim_overrun(4)
"""


def sanitizer_libraries() -> list[str]:
    found = []
    for name in ("libasan.so", "libubsan.so"):
        command = ["gcc", f"-print-file-name={name}"]
        path = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        if not Path(path).is_absolute():
            pytest.skip(f"gcc has no {name}")
        found.append(path)
    return found


def run_sanitized(
    runtime_folder: Path, tmp_path: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    folder = build_runtime(runtime_folder.parent, (*FLAGS, *SANITIZERS))
    variables = {
        **os.environ,
        **environment(folder),
        "LD_PRELOAD": ":".join(sanitizer_libraries()),
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99",  # Python itself leaks
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
    command = [sys.executable, "-c", _EVERYTHING, str(tmp_path), *more]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def test_nothing_is_read_or_written_beyond_its_end(runtime_folder: Path, tmp_path: Path) -> None:
    result = run_sanitized(runtime_folder, tmp_path)

    assert result.returncode == 0, result.stderr
    assert "runtime error" not in result.stderr
    assert "AddressSanitizer" not in result.stderr
    assert len(list(tmp_path.glob("*-left.ppm"))) == 40


def test_the_sanitizer_bites(runtime_folder: Path, tmp_path: Path) -> None:
    result = run_sanitized(runtime_folder, tmp_path, "overrun")

    assert result.returncode != 0
    assert re.search(r"picture\.c:\d+:\d+: runtime error: store|AddressSanitizer", result.stderr)
