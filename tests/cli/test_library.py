"""`depthfusion library`, as a person and as a script runs it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from depthfusion.cli import library as command
from depthfusion.cli import main
from depthfusion.library import Order
from tests.library.small_worlds import panorama

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library of two worlds."""
    from depthfusion.panorama.write_world import write_world

    place = tmp_path / "library"
    write_world(panorama("a mossy forest", 7), place / "forest")
    write_world(panorama("a blue lake", 8), place / "lake", {"title": "Our lake"})
    return place


@pytest.fixture
def call(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run `depthfusion library ...` in this process; its exit code, output and errors."""
    monkeypatch.setenv("DEPTHFUSION_LIBRARY", str(folder))

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["library", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def names(out: str) -> list[str]:
    return [line.split()[0] for line in out.splitlines()]


def test_worlds_are_listed_and_searched(call: Call) -> None:
    assert names(call("list")[1]) == ["lake", "forest"]
    assert names(call("list", "--order", "name")[1]) == ["forest", "lake"]
    assert names(call("list", "--limit", "1")[1]) == ["lake"]
    assert names(call("search", "mos", "for")[1]) == ["forest"]
    code, out, err = call("search", "desert")
    assert (code, out, err) == (0, "", "no world with 'desert'\n")


def test_json_has_what_a_script_needs(call: Call, folder: Path) -> None:
    (world,) = json.loads(call("search", "our", "--json")[1])
    assert world["name"] == "lake" and world["title"] == "Our lake"
    assert world["folder"] == str(folder / "lake")
    assert (world["prompt"], world["seed"], world["favourite"]) == ("a blue lake", 8, False)
    shown = json.loads(call("show", "lake", "--json")[1])
    assert shown["about"]["generation"]["seed"] == 8
    assert json.loads(call("where", "--json")[1])["worlds"] == 2
    assert json.loads(call("list", "--favourites", "--json")[1]) == []


def test_a_world_is_named_by_folder_path_or_title(call: Call, folder: Path) -> None:
    for text in ("forest", folder / "forest", "A Mossy Forest"):
        assert "a mossy forest" in call("show", text)[1]
    call("rename", "forest", "our lake")
    code, _, err = call("show", "Our Lake")
    assert code == 2 and "is the title of" in err
    code, _, err = call("show", "desert")
    assert code == 66 and err.startswith("depthfusion: want the world desert, it is not in ")


def test_worlds_are_marked_renamed_deleted_and_brought_back(call: Call, folder: Path) -> None:
    assert call("favourite", "forest", "lake")[0] == 0
    assert call("favourite", "lake", "--off")[0] == 0
    assert names(call("list", "--favourites")[1]) == ["forest"]
    assert call("rename", "forest", "home")[1] == "forest  home\n"
    assert call("delete", "home", "lake")[0] == 0
    assert not (folder / "forest").exists()
    code, out, err = call("list")
    assert (code, out) == (0, "") and err.startswith("no worlds in ")
    assert sorted(names(call("list", "--trash")[1])) == ["forest", "lake"]
    assert names(call("restore", "home")[1]) == ["forest"]
    assert names(call("restore")[1]) == ["lake"]
    assert names(call("list", "--favourites")[1]) == ["forest"]
    code, _, err = call("restore")
    assert code == 66 and "want a deleted world to restore" in err


def test_the_trash_is_only_emptied_when_that_was_said(call: Call) -> None:
    call("delete", "forest")
    code, _, err = call("empty-trash")
    assert code == 2 and err.endswith("for good without asking: give --yes\n")
    assert call("empty-trash", "--yes", "--days", "1")[2] == "0 worlds deleted for good\n"
    assert call("empty-trash", "--yes")[2] == "1 worlds deleted for good\n"
    assert call("list", "--trash")[2] == "the trash is empty\n"


def test_a_pair_is_imported_and_every_guess_told(
    call: Call, world: tuple[Path, Path], folder: Path
) -> None:
    code, out, err = call("import", world[0], "--near-m", "1", "--far-m", "10")
    assert (code, out) == (0, f"{folder / 'room'}\n")
    assert "room.png: note: took room_depth.png as the depth map" in err
    about = json.loads((folder / "room" / "world.json").read_text())
    assert about["imported"]["options"] == {"near_m": 1.0, "far_m": 10.0}
    assert about["depth_is"]["meaning"] == "distance", "near and far give it a true scale"


def test_an_import_that_fails_is_told_with_its_exit_code(call: Call, tmp_path: Path) -> None:
    code, _, err = call("import", tmp_path / "nowhere.png")
    assert code == 66 and "no such file" in err
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nxx")
    code, out, _ = call("import", tmp_path / "broken.png")
    assert (code, out) == (1, "")
    code, out, _ = call("import", tmp_path / "broken.png", tmp_path / "library" / "lake")
    assert code == 1 and out.endswith("lake-2\n"), "the other one is there"


def test_check_tells_the_damaged_ones_and_exits_1(call: Call, folder: Path) -> None:
    assert call("check") == (0, "", "2 worlds read, 0 damaged\n")
    (folder / "lake" / "depth.png").unlink()
    code, out, err = call("check")
    assert (code, out) == (1, "lake: depth.png is missing\n")
    assert err == "2 worlds read, 1 damaged\n"
    (found,) = json.loads(call("check", "--json")[1])
    assert found["problems"] == ["depth.png is missing"]
    assert "(depth.png is missing)" in call("list")[1]


def test_a_library_that_is_not_there_is_exit_66(call: Call, folder: Path) -> None:
    call("list")
    folder.rename(folder.with_name("away"))
    code, out, err = call("list")
    assert (code, out) == (66, "")
    assert err.endswith("it is not there: plug in its drive, or choose another folder\n")


def test_the_index_is_made_anew_and_its_damage_told(call: Call, folder: Path) -> None:
    assert call("rebuild")[2] == f"2 worlds in {folder}\n"
    index = Path(json.loads(call("where", "--json")[1])["index"])
    index.write_bytes(b"garbage" * 999)
    code, out, err = call("list")
    assert code == 0 and len(names(out)) == 2
    assert err.startswith("note: the library's index was damaged")


def test_another_library_is_named_on_the_line(call: Call, tmp_path: Path) -> None:
    code, out, _ = call("where", "--library", tmp_path / "other")
    assert code == 0 and f"folder      {tmp_path / 'other'}" in out
    assert not (tmp_path / "other").exists()


def test_the_orders_of_the_line_are_those_of_the_library() -> None:
    assert tuple(order.value for order in Order) == command.ORDERS


def test_it_works_as_a_process_in_any_terminal(run_command: Run, folder: Path) -> None:
    (folder / "lake").rename(folder / "夜の森")
    result = run_command(
        "library", "list", "--library", folder, PYTHONIOENCODING="ascii:strict", LC_ALL="C"
    )
    assert result.returncode == 0, result.stderr
    assert b"\\u591c" in result.stdout
    assert result.stderr == b""


def test_listing_imports_nothing_heavy(run_command: Run, folder: Path) -> None:
    import os
    import sys

    code = (
        "import sys\nfrom depthfusion.cli import main\nmain(sys.argv[1:])\n"
        "print(sorted({'numpy', 'PIL', 'PySide6', 'torch'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "library", "list", "--library", str(folder)],
        capture_output=True, text=True, check=True, env=os.environ,
    )  # fmt: skip
    assert result.stdout.splitlines()[-1] == "[]"
