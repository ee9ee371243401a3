"""`depthfusion generate` as a process: cancelled, killed, starved, and without its extra."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from depthfusion.cli import main
from depthfusion.panorama.world_folder import about_world, worlds_in

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX"),
]
Start = Callable[..., "subprocess.Popen[str]"]
LONG = ("--steps", "900", "--size", "256x128")
FILES = {"color.png", "depth.png", "thumbnail.jpg", "world.json"}
TIMEOUT_S = 60


@pytest.fixture
def start(tmp_path: Path, tiny_folder: Path) -> Iterator[Start]:
    """Start the command in an empty folder; what still runs at the end is killed."""
    children: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "depthfusion", "generate", *arguments]
        child = subprocess.Popen(
            [*command, "--model", str(tiny_folder)],
            cwd=tmp_path, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        children.append(child)
        return child

    yield begin
    for child in children:
        child.kill()
        child.communicate()


def wait_for_a_step(child: subprocess.Popen[str]) -> None:
    assert child.stderr is not None
    for line in child.stderr:
        if line.startswith("step 1 of"):
            return
    raise AssertionError("it ended before its first step")


def test_a_signal_cancels_within_a_step_and_leaves_nothing(start: Start, tmp_path: Path) -> None:
    child = start("a lake", *LONG)
    wait_for_a_step(child)
    child.send_signal(signal.SIGTERM)
    began = time.monotonic()
    out, err = child.communicate(timeout=TIMEOUT_S)
    assert time.monotonic() - began < 10, "900 steps take far longer"
    assert child.returncode == 143
    assert out == ""
    assert err.splitlines() == ["", "cancelling; once more stops at once", "cancelled"]
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_the_model_is_loaded_ends_it_too(start: Start, tmp_path: Path) -> None:
    child = start("a lake", *LONG)
    assert child.stderr is not None
    assert child.stderr.readline() == "loading the model\n"
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=TIMEOUT_S)
    assert child.returncode == 130
    assert "Traceback" not in err and err.endswith("cancelled\n")
    assert list(tmp_path.iterdir()) == []


def test_a_killed_batch_keeps_whole_worlds_and_goes_on(
    start: Start,
    tmp_path: Path,
    tiny_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "places.txt").write_text("a lake\na hill\na cave\n")
    batch = ["--prompts", "places.txt", "-o", "out", "--steps", "4", "--size", "128x64"]
    child = start(*batch)
    assert child.stdout is not None
    first = child.stdout.readline().strip()
    child.kill()
    child.wait()
    for world in worlds_in(tmp_path / "out"):
        assert {path.name for path in world.iterdir()} == FILES
    before = (tmp_path / first / "color.png").read_bytes()
    # As if it had been killed in the middle of writing:
    left = tmp_path / "out" / f".depthfusion-{os.uname().nodename}-{child.pid}-0123456789ab.partial"
    left.mkdir()
    (left / "color.png").write_bytes(before[:100])
    monkeypatch.chdir(tmp_path)
    assert main(["generate", *batch, "--model", str(tiny_folder)]) == 0
    assert "of 3 worlds are there already" in capsys.readouterr().err
    assert not left.exists()
    worlds = worlds_in(tmp_path / "out")
    assert sorted(about_world(world)["title"] for world in worlds) == ["a cave", "a hill", "a lake"]
    assert (tmp_path / first / "color.png").read_bytes() == before


def test_a_cancelled_batch_says_what_is_finished(start: Start, tmp_path: Path) -> None:
    child = start("a lake", "--count", "500", "-o", "out", "--steps", "2", "--size", "128x64")
    assert child.stdout is not None
    child.stdout.readline()
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=TIMEOUT_S)
    assert child.returncode == 130
    there = worlds_in(tmp_path / "out")
    assert err.endswith(f"cancelled: {len(there)} of 500 worlds are finished\n")
    for world in there:
        assert {path.name for path in world.iterdir()} == FILES
    assert len(list((tmp_path / "out").iterdir())) == len(there)


def test_what_cannot_be_written_names_the_seed_that_makes_it_again(
    tmp_path: Path,
    tiny_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import resource

    monkeypatch.chdir(tmp_path)
    asked = ["--model", str(tiny_folder), "--steps", "2", "--size", "128x64", "--seed", "5"]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, before[1]))
    try:
        code = main(["generate", "a lake", "-o", ".", *asked, "--quiet"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert code == 1
    assert capsys.readouterr().err == (
        "depthfusion: cannot write a-lake-5: File too large; nothing was left there; "
        "--seed 5 makes the same again\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_before_anything_is_made(tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o size=32k tmpfs {tmp_path}"
    if not shutil.which("unshare") or subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount], capture_output=True, check=False
    ).returncode:  # fmt: skip
        pytest.skip("no small file system can be mounted here")
    result = subprocess.run(
        ["unshare", "-rm", "sh", "-c", f'{mount} && cd {tmp_path} && exec "$@"', "sh",
         sys.executable, "-m", "depthfusion", "generate", "a lake", "-o", ".",
         "--model", "x"],
        capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    assert result.returncode == 1
    assert "want 3 MB free for a world in ., got 0.0 MB" in result.stderr


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no folder that refuses even root")
def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_made(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["generate", "a lake", "--model", "x", "-o", "/proc/self/lake"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("depthfusion: cannot write to /proc/self: ") and said.out == ""


WITHOUT = """
import sys
sys.modules[sys.argv.pop(1)] = None
from depthfusion.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("package", ["torch", "diffusers", "transformers"])
def test_without_the_extra_there_is_one_line_with_the_way_to_get_it(
    package: str, tmp_path: Path
) -> None:
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT, package, "generate", "a lake"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 69
    assert result.stderr == (
        f"depthfusion: generating needs {package}: pip install 'depthfusion-panorama[generate]'\n"
    )
    assert list(tmp_path.iterdir()) == []
