"""`depthfusion settings` as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from depthfusion.cli import main
from depthfusion.settings import SPECS


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEPTHFUSION_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config"


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["settings", *arguments]) == 0
    return capsys.readouterr().out.rstrip("\n")


def test_set_get_and_unset(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "get", "theme") == "system"
    assert said(capsys, "set", "theme", "dark") == ""
    assert said(capsys, "get", "theme") == "dark"
    said(capsys, "set", "mouse-wheel", "-1.5")
    assert said(capsys, "get", "mouse_wheel") == "-1.5"
    said(capsys, "unset", "theme", "mouse_wheel")
    assert said(capsys, "get", "theme") == "system"


def test_list_names_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "set", "steps", "12")
    lines = said(capsys, "list").splitlines()
    assert [line[2:].split()[0] for line in lines] == list(SPECS)
    assert next(line for line in lines if " steps " in line).startswith("* steps")
    assert said(capsys).splitlines() == lines


@pytest.mark.parametrize("arguments", [("--json",), ("list", "--json"), ("--json", "list")])
def test_list_as_json(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    rows = {row["name"]: row for row in json.loads(said(capsys, *arguments))}
    assert rows["theme"]["variable"] == "DEPTHFUSION_THEME"
    assert rows["size"]["value"] is None
    assert set(rows) == set(SPECS)


def test_one_setting_as_json(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    row = json.loads(said(capsys, "set", "size", "2048x1024", "--json"))
    assert (row["value"], row["source"]) == ("2048x1024", "file")
    assert json.loads(said(capsys, "path", "--json")) == {"path": str(config / "settings.toml")}


def test_an_override_is_told_when_it_hides_what_was_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPTHFUSION_UNITS", "imperial")
    assert main(["settings", "set", "units", "metric"]) == 0
    assert "DEPTHFUSION_UNITS overrides units here" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["get", "colour"], ["set", "steps", "many"], ["unset", "?"]])
def test_what_does_not_exist_is_exit_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(["settings", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_bad_file_is_told_and_the_command_goes_on(
    capsys: pytest.CaptureFixture[str], config: Path
) -> None:
    config.mkdir()
    (config / "settings.toml").write_text("]")
    assert main(["settings", "get", "theme"]) == 0
    out, err = capsys.readouterr()
    assert out == "system\n"
    assert "set aside" in err
