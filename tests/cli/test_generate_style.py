"""`depthfusion generate --style`: what reaches the model."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pytest

from depthfusion.cli import build_parser, main, styling
from depthfusion.cli.wish import request_from
from depthfusion.generator.request import Request


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEPTHFUSION_CONFIG", str(tmp_path))
    (tmp_path / "styles").mkdir()
    return tmp_path


def options(*line: str) -> Namespace:
    return build_parser("generate").parse_args(["generate", "x", *line])


def styled(*line: str) -> Request:
    chosen = options(*line)
    return styling.styled_request(request_from(chosen), styling.chosen_styles(chosen.style))


def test_without_a_style_nothing_is_changed() -> None:
    assert styled() == request_from(options())
    assert styling.styled_prompts(["a. "], []) == ["a."]


def test_a_style_advises_and_the_lines_own_options_stay(config: Path) -> None:
    text = 'after = "on Mars"\nnegative = "trees"\nsteps = 40\nguidance = 8\nscheduler = "ddim"\n'
    (config / "styles" / "mars.toml").write_text(text)
    request = styled("--style", "mars", "--steps", "7", "--negative", "people")
    assert (request.steps, request.guidance, request.scheduler) == (7, 8.0, "ddim")
    assert request.negative_prompt == "people, trees"


def test_a_world_to_repeat_keeps_what_should_not_be_there() -> None:
    base = Request("", like={"negative_prompt": "people"})
    film = styling.chosen_styles(["film"])
    assert styling.styled_request(base, film).negative_prompt == (
        "people, oversaturated, illustration"
    )
    winter = styling.chosen_styles(["winter"])
    assert styling.styled_request(Request(""), winter).negative_prompt is None


def test_every_prompt_of_a_file_gets_the_styles_words() -> None:
    styles = styling.chosen_styles(["misty", "cinematic"])
    assert styling.styled_prompts(["a bay", "a hill"], styles) == [
        "a bay in the mist, haze, cinematic, dramatic light, atmospheric",
        "a hill in the mist, haze, cinematic, dramatic light, atmospheric",
    ]


def test_list_needs_no_prompt_and_no_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--style", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[0] == "dawn"
    assert main(["generate", "--style", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["key"] for row in rows] == [line.split()[0] for line in lines]


def test_bad_files_are_told_and_harm_nothing(
    capsys: pytest.CaptureFixture[str], config: Path
) -> None:
    (config / "styles" / "bad.toml").write_text("[")
    (config / "styles" / "mine.toml").write_text('after = "on Mars"')
    assert main(["generate", "--style", "list"]) == 0
    out, err = capsys.readouterr()
    assert "bad.toml is left out" in err
    assert "on Mars (yours)" in out


def test_an_unknown_style_is_exit_2_before_anything_is_loaded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["generate", "a bay", "--style", "mistty"]) == 2
    assert "did you mean misty?" in capsys.readouterr().err
