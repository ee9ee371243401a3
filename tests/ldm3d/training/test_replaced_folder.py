"""What is exported takes the place of an older export, and of nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldm3d.errors import RequestError
from ldm3d.training.folder import replaced_folder


def write(output: Path, text: str) -> None:
    with replaced_folder(output) as new:
        new.mkdir()
        (new / "config.json").write_text(text)


def test_an_older_export_makes_way_and_nothing_is_left_over(tmp_path: Path) -> None:
    output = tmp_path / "model"
    write(output, "one")
    (output / "more.json").write_text("of the old one")
    write(output, "two")
    assert [file.name for file in output.iterdir()] == ["config.json"]
    assert (output / "config.json").read_text() == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    write(tmp_path / "model", "one")
    assert (tmp_path / "model" / "config.json").is_file()


@pytest.mark.parametrize("name", ["precious.txt", "run.json"])
def test_a_folder_with_something_else_is_refused_and_untouched(tmp_path: Path, name: str) -> None:
    output = tmp_path / "mine"
    output.mkdir()
    (output / name).write_text("years of work")
    with pytest.raises(RequestError, match="want a new folder, or an exported model to replace"):
        write(output, "one")
    assert (output / name).read_text() == "years of work"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_failed_export_leaves_the_older_one(tmp_path: Path) -> None:
    output = tmp_path / "model"
    write(output, "one")
    with pytest.raises(OSError, match="disk"), replaced_folder(output) as new:
        new.mkdir()
        raise OSError("the disk is full")
    assert (output / "config.json").read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
