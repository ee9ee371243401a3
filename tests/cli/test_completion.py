"""`depthfusion completion`: the scripts work in the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from depthfusion.cli import COMMANDS, completion, main
from depthfusion.view import Stereo

STEREO = [mode.value for mode in Stereo]


def shell(name: str, *arguments: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"no {name} here")
    result = subprocess.run(
        [path, *arguments], capture_output=True, text=True, timeout=30, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def complete_in_bash(tmp_path: Path, *words: str) -> list[str]:
    script = tmp_path / "completion.bash"
    script.write_text(completion.script("bash"), encoding="utf-8")
    code = """
        source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _depthfusion 2>/dev/null
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    out = shell("bash", "--norc", "-c", code, "bash", str(script), "depthfusion", *words)
    return out.split()


def test_bash_completes_commands(tmp_path: Path) -> None:
    assert complete_in_bash(tmp_path, "") == list(COMMANDS)
    assert complete_in_bash(tmp_path, "re") == ["render"]


def test_bash_completes_options_of_the_command(tmp_path: Path) -> None:
    assert complete_in_bash(tmp_path, "render", "a.png", "--st") == ["--stereo", "--strength"]
    assert complete_in_bash(tmp_path, "doctor", "--") == ["--help", "--json"]
    assert "--version" in complete_in_bash(tmp_path, "--")


def test_bash_completes_values(tmp_path: Path) -> None:
    assert complete_in_bash(tmp_path, "render", "a.png", "--stereo", "") == STEREO
    assert complete_in_bash(tmp_path, "completion", "") == list(completion.SHELLS)


def test_fish_completes_commands_options_and_values(tmp_path: Path) -> None:
    script = tmp_path / "depthfusion.fish"
    script.write_text(completion.script("fish"), encoding="utf-8")

    def complete(line: str) -> list[str]:
        out = shell("fish", "--no-config", "-c", f"source {script}; complete -C '{line}'")
        return [row.split("\t")[0] for row in out.splitlines()]

    assert set(complete("depthfusion ")) >= set(COMMANDS)
    assert complete("depthfusion render --st") == ["--stereo", "--strength"]
    assert sorted(complete("depthfusion render --stereo ")) == sorted(STEREO)


def test_zsh_understands_the_script(tmp_path: Path) -> None:
    script = tmp_path / "_depthfusion"
    script.write_text(completion.script("zsh"), encoding="utf-8")
    shell("zsh", "-f", "-n", str(script))
    code = f"autoload -U compinit; compinit -u -D; source {script}; print -- $_comps[depthfusion]"
    assert shell("zsh", "-f", "-c", code).strip() == "_depthfusion"


@pytest.mark.parametrize("name", completion.SHELLS)
def test_every_command_and_option_is_in_every_script(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", name]) == 0
    text = capsys.readouterr().out
    for command in completion.commands():
        assert command.name in text
        for option in command.options:
            flag = option.flags[-1]
            wanted = f"-l {flag[2:]}" if name == "fish" and flag.startswith("--") else flag
            assert wanted in text


def test_an_unknown_shell_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["completion", "tcsh"])
    assert error.value.code == 2
    assert "tcsh" in capsys.readouterr().err
