"""Styles: the bundled ones, people's own, and what they make of a prompt."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from depthfusion.errors import UsageError
from depthfusion.settings import CONFIG_VARIABLE
from depthfusion.styles import GROUPS, Style, load_styles, styled_from
from ldm3d.data import words


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "styles").mkdir()
    return tmp_path / "styles"


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


def own(folder: Path) -> list[Style]:
    return [style for style in load_styles(folder).all if style.is_own]


def test_the_bundled_ones_are_whole_and_in_their_order(folder: Path) -> None:
    found = load_styles(folder)
    assert found.complaints == ()
    assert 12 <= len(found.all) <= 16
    groups = [style.group for style in found.all]
    assert groups == sorted(groups, key=GROUPS.index)
    assert "own" not in groups
    assert set(Counter(groups)) == {"light", "weather", "season", "look"}
    assert all(style.about and style.after for style in found.all)
    assert len({style.name for style in found.all}) == len(found.all)


def test_light_weather_and_season_are_said_as_the_starter_models_captions_say_them() -> None:
    tables = (words._TIME, words._SUN, words._WEATHER, words._SEASON)
    known = [*(entry for table in tables for entry in table.values()), words._SNOW, words._MOON,
             words._AURORA]  # fmt: skip
    said = {phrase for entry in known for phrase in entry.after + entry.tags}
    said |= {"under a blue sky", "under a starry sky"}  # what is clear depends on the hour
    for style in load_styles(Path(os.devnull) / "none").all:
        if style.group != "look":
            first, *others = style.after.split(", ")
            assert first in said, style.key
            assert style.group == "season" or set(others) <= said, style.key


@pytest.mark.parametrize(
    ("prompt", "styled"),
    [
        ("a quiet harbour", "a quiet harbour at golden hour, low sun, warm light"),
        ("a quiet harbour. ", "a quiet harbour at golden hour, low sun, warm light"),
    ],
)
def test_words_follow_the_prompt(folder: Path, prompt: str, styled: str) -> None:
    assert styled_from(load_styles(folder).named(["golden-hour"]), prompt).prompt == styled


def test_words_come_before_and_a_comma_stays(folder: Path) -> None:
    styles = load_styles(folder).named(["watercolor"])
    assert styled_from(styles, "a harbour,").prompt == (
        "a watercolor painting of a harbour, soft washes, loose brushwork, paper texture"
    )


def test_several_styles_come_together_and_none_twice(folder: Path) -> None:
    styles = load_styles(folder).named(["winter", "film", "Winter"])
    once = styled_from(styles, "a harbour", "people")
    assert once.prompt == (
        "a 35mm film photograph of a harbour in winter, covered in snow, "
        "natural light, soft grain, muted colors"
    )
    assert once.negative == "people, oversaturated, illustration"
    assert styled_from(styles, once.prompt, once.negative) == once


def test_what_was_chosen_by_hand_stays() -> None:
    style = Style("s", "S", steps=40, guidance=8.0, scheduler="ddim")
    other = Style("t", "T", steps=50)
    assert styled_from([style], "x", steps=7).steps == 7
    both = styled_from([style, other], "x")
    assert (both.steps, both.guidance, both.scheduler, both.negative) == (50, 8.0, "ddim", None)
    assert styled_from([], "x", "y").negative == "y"


@pytest.mark.parametrize("name", ["golden-hour", "Golden hour", "GOLDEN_HOUR", "goldenhour"])
def test_a_style_is_found_by_key_and_by_name(folder: Path, name: str) -> None:
    assert load_styles(folder).named([name])[0].key == "golden-hour"


def test_an_unknown_style_is_refused_with_the_nearest(folder: Path) -> None:
    with pytest.raises(UsageError, match="did you mean oil-painting"):
        load_styles(folder).named(["oil-paintings"])
    with pytest.raises(UsageError, match="--style list"):
        load_styles(folder).named(["xyzzy"])


def test_people_add_their_own_and_replace_bundled_ones(folder: Path) -> None:
    write(folder, "my place.toml", 'after = "on Mars"\nsteps = 30\nguidance = 4\n')
    write(folder, "Night.toml", 'name = "Black night"\nafter = "at night"\ngroup = "light"\n')
    mine = own(folder)
    assert [(s.key, s.name, s.group) for s in mine] == [
        ("Night", "Black night", "light"), ("my place", "My place", "own"),
    ]  # fmt: skip
    assert (mine[1].steps, mine[1].guidance) == (30, 4.0)
    assert len(load_styles(folder).named(["night", "my-place"])) == 2
    assert load_styles(folder).named(["night"])[0].name == "Black night"


def test_own_styles_lie_in_the_config_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, str(folder.parent))
    write(folder, "mine.toml", 'after = "on Mars"\n')
    assert load_styles().named(["mine"])[0].is_own


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"after = ", "Invalid value"),
        (b"\xff\xfe", "utf-8"),
        (b"", "want one of before"),
        (b'name = "Empty"', "want one of before"),
        (b"after = 3", "want after as words"),
        (b'after = "x"\nsteps = 0', "want steps as"),
        (b'after = "x"\nscheduler = "magic"', "want scheduler as"),
        (b'after = "x"\ngroup = "light side"', "want group as"),
        (b'after = "two\\nlines"', "want after as words"),
        (b"a = " + b"[" * 20_000, "nested"),
        (b"#" * 70_000, "less than 64 kB"),
    ],
)
def test_a_bad_file_is_one_line_and_the_others_are_there(
    folder: Path, content: bytes, said: str
) -> None:
    (folder / "bad.toml").write_bytes(content)
    write(folder, "good.toml", 'after = "on Mars"\n')
    found = load_styles(folder)
    (line,) = found.complaints
    assert "bad.toml is left out" in line
    assert said in line
    assert "\n" not in line
    assert [style.key for style in own(folder)] == ["good"]


def test_an_unknown_key_is_told_and_the_rest_is_used(folder: Path) -> None:
    write(folder, "new.toml", 'after = "on Mars"\nsmell = "sulphur"\n')
    assert "smell is not known here" in load_styles(folder).complaints[0]
    assert own(folder)[0].after == "on Mars"


def test_a_folder_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "styles").touch()
    found = load_styles(tmp_path / "styles")
    assert len(found.complaints) == 1
    assert found.all


def test_what_is_no_style_is_not_looked_at(folder: Path) -> None:
    write(folder, "notes.txt", "x")
    write(folder, ".hidden.toml", "x")
    (folder / "folder.toml").mkdir()
    (line,) = load_styles(folder).complaints
    assert "folder.toml" in line


def test_the_example_of_the_documentation_is_a_style(folder: Path) -> None:
    page = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
    text = page.read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n# styles/mars.toml\n(.*?)```", text, re.S)
    write(folder, "mars.toml", example)
    assert load_styles(folder).complaints == ()
    assert own(folder)[0].name == "Mars"
    for style in load_styles(folder).all:
        assert style.is_own or style.key in text, style.key
