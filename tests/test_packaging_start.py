""".ci/start and .ci/with-display: what `make run` and `make test` do with and without a display."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="shell scripts for Debian")

FAKE_DEPTHFUSION = """#!/bin/sh
echo "$*" >>"$LOG"
if [ "$1" = generate ]; then echo "a line of progress"; echo "out/made/a place"; fi
"""
FAKE_XVFB_RUN = """#!/bin/sh
while [ "$1" != sh ]; do shift; done
DISPLAY=:42 exec "$@"
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    command = tmp_path / "venv" / "bin" / "depthfusion"
    command.parent.mkdir(parents=True)
    command.write_text(FAKE_DEPTHFUSION)
    command.chmod(0o755)
    return tmp_path


def start(clone: Path, **environment: str) -> tuple[str, list[str]]:
    """Return what .ci/start printed, and the commands that it ran."""
    bare = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    result = subprocess.run(
        [clone / ".ci" / "start"],
        env=bare | {"DEPTHFUSION_VENV": "venv", "LOG": str(clone / "log"), **environment},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return result.stdout, (clone / "log").read_text().splitlines()


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_with_a_display_the_app_opens(clone: Path, name: str) -> None:
    assert start(clone, **{name: ":0"}) == ("", ["app"])


def test_without_a_display_a_world_is_made_and_rendered_and_its_place_is_told(
    clone: Path,
) -> None:
    said, commands = start(clone)
    assert commands[0] == "generate a mossy forest at dawn --seed 1 -o out/made"
    assert [line.split(" --")[0] for line in commands[1:]] == [
        "render out/made/a place -o out/front.png",
        "render out/made/a place -o out/side.png",
        "render out/made/a place -o out/stereo.png",
    ]
    assert "World: out/made/a place" in said
    assert f"{clone}/out/front.png" in said
    assert (clone / "out").is_dir()


def test_without_a_display_ones_own_sentence_is_taken(clone: Path) -> None:
    assert start(clone, PROMPT="red dunes")[1][0].startswith("generate red dunes ")


def test_the_commands_without_a_display_are_ones_that_depthfusion_takes(clone: Path) -> None:
    from depthfusion.cli import build_parser

    for line in start(clone)[1]:
        build_parser(line.split()[0]).parse_args(line.split())


def with_display(clone: Path, tools: dict[str, str], code: str) -> subprocess.CompletedProcess[str]:
    bin_folder = clone / "bin"
    bin_folder.mkdir()
    for name, text in tools.items():
        (bin_folder / name).write_text(text)
        (bin_folder / name).chmod(0o755)
    for name in ("sh", "mktemp", "rm"):
        found = shutil.which(name)
        assert found
        (bin_folder / name).symlink_to(found)
    return subprocess.run(
        [clone / ".ci" / "with-display", "sh", "-c", code],
        env={"PATH": str(bin_folder), "DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_tests_run_on_a_display_of_their_own_and_never_on_the_users(clone: Path) -> None:
    tools = {"xvfb-run": FAKE_XVFB_RUN, "openbox": "#!/bin/sh\n"}
    result = with_display(clone, tools, 'echo "$DISPLAY,$WAYLAND_DISPLAY,$QT_QPA_PLATFORM"')
    assert result.stdout == ":42,,\n"


def test_where_xvfb_is_not_to_be_had_qt_draws_offscreen(clone: Path) -> None:
    result = with_display(clone, {}, 'echo "$QT_QPA_PLATFORM"')
    assert result.stdout == "offscreen\n"


@pytest.mark.parametrize("tools", [{}, {"xvfb-run": FAKE_XVFB_RUN, "openbox": "#!/bin/sh\n"}])
def test_the_exit_status_of_the_tests_comes_through(clone: Path, tools: dict[str, str]) -> None:
    assert with_display(clone, tools, "exit 5").returncode == 5


def test_the_runtime_folder_is_gone_afterwards(clone: Path) -> None:
    result = with_display(clone, {}, 'echo "$XDG_RUNTIME_DIR"; test -d "$XDG_RUNTIME_DIR"')
    assert result.returncode == 0
    assert not Path(result.stdout.strip()).exists()
