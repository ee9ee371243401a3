"""The command as a whole: help, version, exit codes, and how little is imported for them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import depthfusion
from depthfusion.cli import COMMANDS, completion, main, with_command
from depthfusion.gui.keys import key_columns

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"numpy", "PIL", "scipy", "PySide6", "moderngl", "OpenEXR", "tifffile", "torch", "openvr"}

IMPORTED = """
import json, sys
try:
    from depthfusion.cli import main
    main(sys.argv[1:])
except SystemExit:
    pass
print()
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def imported_by(*arguments: str) -> set[str]:
    result = subprocess.run(
        [sys.executable, "-c", IMPORTED, *arguments], capture_output=True, text=True, check=True
    )
    return set(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("--version",), *((name, "--help") for name in COMMANDS)],
    ids=" ".join,
)
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert not imported_by(*arguments) & HEAVY


def test_importing_the_package_costs_next_to_nothing() -> None:
    code = "import sys, depthfusion; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not set(result.stdout.split()) & (HEAVY | {"argparse"})


def test_the_check_for_heavy_imports_bites() -> None:
    assert "numpy" in imported_by("info", "nowhere.png")


def test_python_m_depthfusion_tells_its_version(run_command: Run) -> None:
    result = run_command("--version")
    assert result.stdout.decode().strip() == f"depthfusion {depthfusion.__version__}"
    assert result.returncode == 0


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["--help"])
    assert error.value.code == 0
    out = capsys.readouterr().out
    assert all(name in out for name in COMMANDS)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ([], ["app"]),
        (["--debug"], ["--debug", "app"]),
        (["forest.png", "forest_depth.png"], ["app", "forest.png", "forest_depth.png"]),
        (["--new-window", "--model", "m"], ["app", "--new-window", "--model", "m"]),
        (["app", "forest.png"], ["app", "forest.png"]),
        (["--debug", "view", "a.png"], ["--debug", "view", "a.png"]),
        (["--version"], ["--version"]),
        (["fly"], ["fly"]),
    ],
)
def test_without_a_command_the_app_is_meant(given: list[str], meant: list[str]) -> None:
    assert with_command(given) == meant


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are Linux's matter")
def test_without_a_display_the_app_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main([]) == 69
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "display" in err


@pytest.mark.parametrize("arguments", [["fly"], ["render"], ["render", "a.png", "--fov-deg", "x"]])
def test_a_wrong_command_line_is_exit_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_ctrl_c_is_exit_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("depthfusion.cli.doctor.run", interrupted)
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err == "cancelled\n"


def test_an_unexpected_error_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(options: object) -> int:
        raise RuntimeError("the moon is full")

    monkeypatch.setattr("depthfusion.cli.doctor.run", broken)
    assert main(["doctor"]) == 1
    err = capsys.readouterr().err
    assert "the moon is full" in err
    assert "Traceback" not in err


def test_every_command_and_option_is_documented() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## `depthfusion ?([\w-]*)`(.*?)(?=^## |\Z)", text, re.M | re.S))
    for command in completion.commands():
        assert command.name in sections, f"no section for {command.name or 'the program'}"
        for option in command.options:
            flag = option.flags[-1]
            if flag != "--help":
                assert f"`{flag}" in sections[command.name], f"{command.name} {flag}"
            for choice in option.choices:
                assert choice in sections[command.name], f"{command.name} {flag} {choice}"


def test_every_key_of_the_window_is_documented() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for column in key_columns(lambda word: word):
        for _, rows in column:
            for keys, meaning in rows:
                assert f"| {keys} | {meaning} |" in text
