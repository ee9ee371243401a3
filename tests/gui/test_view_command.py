"""`depthfusion view` as a person runs it: a process of its own each time."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

START = [sys.executable, "-m", "depthfusion"]


def run(*arguments: str, timeout_s: float = 60, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in changes} | {
        k: v for k, v in changes.items() if v
    }
    return subprocess.run(
        [*START, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env=environment,
        check=False,
    )


def test_help_imports_neither_numpy_nor_qt() -> None:
    code = (
        "import sys\n"
        "from depthfusion.cli import main\n"
        "try: main(['view', '--help'])\n"
        "except SystemExit: pass\n"
        "print('HEAVY', *(m for m in ('numpy', 'PIL', 'PySide6', 'moderngl') if m in sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "IMAGE" in result.stdout
    assert result.stdout.splitlines()[-1].split() == ["HEAVY"]


def test_the_modules_of_the_window_import_no_torch() -> None:
    code = (
        "import sys, depthfusion.cli.view, depthfusion.gui.application\n"
        "import depthfusion.gui.viewer_menus, depthfusion.gui.settings_panel\n"
        "import depthfusion.renderer\n"
        "import depthfusion.gui.viewer_window, depthfusion.gui.canvas, depthfusion.panorama.read\n"
        "assert not {'torch', 'diffusers', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("arguments", [["absent.png"], ["{scene}", "absent.png"], ["{folder}"]])
def test_a_file_that_does_not_exist_ends_before_any_window(
    pictures: Path, arguments: list[str]
) -> None:
    named = [a.format(scene=pictures / "scene.png", folder=pictures) for a in arguments]
    result = run("view", *named, DISPLAY="", QT_QPA_PLATFORM="")
    assert result.returncode == 66
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are optional on Linux")
def test_without_a_display_it_names_the_way_on(pictures: Path) -> None:
    result = run(
        "view", str(pictures / "scene.png"), DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM=""
    )
    assert result.returncode == 69
    assert "depthfusion render" in result.stderr


@pytest.mark.gui
@pytest.mark.gl
def test_a_broken_file_ends_with_its_line_and_no_window_is_left(pictures: Path) -> None:
    result = run("view", str(pictures / "broken.png"))
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "broken.png" in line


@pytest.mark.gui
@pytest.mark.gl
def test_the_picture_comes_and_an_interrupt_ends_it_in_order(pictures: Path) -> None:
    process = subprocess.Popen(
        [*START, "view", "--timings", str(pictures / "hills.jpg")],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if line.startswith("finished after"):
                break
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    milestones = json.loads(rest.splitlines()[-1])["milestones_ms"]
    assert milestones["first_frame"] <= milestones["finished"]
    assert "Traceback" not in rest


@pytest.mark.gui
@pytest.mark.gl
def test_old_opengl_gets_a_sentence_not_a_black_window(pictures: Path) -> None:
    process = subprocess.Popen(
        [*START, "view", str(pictures / "scene.png")],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"MESA_GL_VERSION_OVERRIDE": "2.1", "MESA_GLSL_VERSION_OVERRIDE": "120"},
    )
    try:
        time.sleep(4)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert "Traceback" not in said
