"""What desktops are told: entry, description, file types, icons; and their way in and out."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QImage

from depthfusion.assets import asset
from depthfusion.cli import build_parser, main, with_command
from depthfusion.errors import MissingPartError, SaveError
from depthfusion.gui import application, desktop_entry, icon
from depthfusion.gui.desktop_entry import DESKTOP_ID, data_folder, entry_with_command, install
from depthfusion.gui.desktop_entry import uninstall as take_out
from depthfusion.gui.viewer_window import NAME

COMMAND = ["/opt/my worlds/bin/depthfusion"]


def shipped(ending: str) -> str:
    return asset("resources", "desktop", DESKTOP_ID + ending).read_text(encoding="utf-8")


def entry_of(text: str) -> dict[str, str]:
    parser = configparser.RawConfigParser(delimiters=("=",), strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return dict(parser["Desktop Entry"])


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and DESKTOP_ID in path.name
    }


def validated(tool: str, *arguments: object) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"no {tool} here")
    result = subprocess.run(
        [tool, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "warning" not in (result.stdout + result.stderr).lower()


def test_one_id_is_used_everywhere() -> None:
    component = ElementTree.fromstring(shipped(".metainfo.xml"))
    assert application.DESKTOP_ID == DESKTOP_ID == component.findtext("id")
    assert component.findtext("launchable") == f"{DESKTOP_ID}.desktop"
    entry = entry_of(shipped(".desktop"))
    assert entry["Icon"] == entry["StartupWMClass"] == DESKTOP_ID
    assert entry["Name"] == component.findtext("name") == NAME


def test_entry_and_description_agree_on_what_can_be_opened() -> None:
    component = ElementTree.fromstring(shipped(".metainfo.xml"))
    types = [element.text for element in component.findall("provides/mediatype")]
    assert ";".join(filter(None, types)) + ";" == entry_of(shipped(".desktop"))["MimeType"]
    own = ElementTree.fromstring(shipped(".mime.xml"))
    assert {element.get("type") for element in own} <= set(types)


def test_the_entrys_command_is_one_that_the_program_takes() -> None:
    words = shlex.split(entry_of(shipped(".desktop"))["Exec"])
    assert (words[0], words[-1]) == ("depthfusion", "%F")
    for files in ([], ["a.png"], ["a.png", "b.png"]):
        meant = with_command([*words[1:-1], *files])
        assert build_parser("app").parse_args(meant).files == files


def test_the_entry_has_what_the_specification_wants() -> None:
    entry = entry_of(shipped(".desktop"))
    assert {"Type", "Name", "Exec", "Icon", "Categories", "Comment"} <= set(entry)
    for name in ("Categories", "MimeType", "Keywords"):
        assert entry[name].endswith(";")
    assert "Graphics" in entry["Categories"].split(";")


def test_the_description_has_what_appstream_wants() -> None:
    component = ElementTree.fromstring(shipped(".metainfo.xml"))
    assert component.get("type") == "desktop-application"
    for name in ("id", "metadata_license", "project_license", "name", "summary", "description"):
        assert component.find(name) is not None, name
    assert not (component.findtext("summary") or ".").endswith(".")
    assert re.fullmatch(r"[a-z]+(\.\w+){2}", DESKTOP_ID)


def test_the_desktops_own_tool_finds_nothing_wrong_with_the_entry(tmp_path: Path) -> None:
    path = tmp_path / f"{DESKTOP_ID}.desktop"
    path.write_text(entry_with_command(shipped(".desktop"), COMMAND), encoding="utf-8")
    validated("desktop-file-validate", path)


def test_appstreams_own_tool_finds_nothing_wrong(tmp_path: Path) -> None:
    path = tmp_path / f"{DESKTOP_ID}.metainfo.xml"
    path.write_text(shipped(".metainfo.xml"), encoding="utf-8")
    validated("appstreamcli", "validate", "--no-net", path)


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (["/usr/bin/depthfusion"], "Exec=/usr/bin/depthfusion %F"),
        (["/a b/python", "-m", "depthfusion"], 'Exec="/a b/python" -m depthfusion %F'),
        (['/100%/$x"`\\d'], r'Exec="/100%%/\\$x\\"\\`\\\\d" %F'),
    ],
)
def test_the_commands_path_is_quoted_as_the_specification_says(
    command: list[str], line: str
) -> None:
    lines = entry_with_command(shipped(".desktop"), command).splitlines()
    assert line in lines
    assert any(text.startswith("TryExec=") for text in lines)


def test_everything_is_installed_once_and_taken_out_again(tmp_path: Path) -> None:
    changes = install(tmp_path, COMMAND)
    there = files_below(tmp_path)
    assert {change.did for change in changes} == {"written"}
    assert sorted(str(c.path.relative_to(tmp_path)) for c in changes) == sorted(there)
    assert f"applications/{DESKTOP_ID}.desktop" in there
    again = install(tmp_path, COMMAND)
    assert {change.did for change in again} == {"unchanged"}
    assert files_below(tmp_path) == there
    assert len(take_out(tmp_path)) == len(there)
    assert files_below(tmp_path) == {}
    assert take_out(tmp_path) == []


def test_the_icons_have_the_sizes_of_their_folders(tmp_path: Path) -> None:
    install(tmp_path, COMMAND)
    for size_px in icon.SIZES_PX:
        path = tmp_path / f"icons/hicolor/{size_px}x{size_px}/apps/{DESKTOP_ID}.png"
        image = QImage(str(path))
        assert (image.width(), image.height()) == (size_px, size_px)
        middle, corner = image.pixelColor(size_px // 2, size_px // 2), image.pixelColor(0, 0)
        assert middle.alpha() == 255
        assert corner.alpha() < 40


def test_both_drawings_show_the_same_thing() -> None:
    large = icon.icon_image(256)
    small = QImage.fromData(icon.icon_png(16))
    for x, y in ((4, 12), (11, 13), (3, 2), (12, 3), (6, 6), (9, 6)):
        one, other = small.pixelColor(x, y), large.pixelColor(x * 16 + 8, y * 16 + 8)
        assert abs(one.lightness() - other.lightness()) < 60, (x, y)


def test_an_update_replaces_only_what_differs(tmp_path: Path) -> None:
    install(tmp_path, ["/old/depthfusion"])
    changed = [c for c in install(tmp_path, COMMAND) if c.did != "unchanged"]
    assert [(c.path.suffix, c.did) for c in changed] == [(".desktop", "replaced")]


def test_when_one_file_cannot_be_written_all_are_as_before(tmp_path: Path) -> None:
    install(tmp_path, ["/old/depthfusion"])
    svg = tmp_path / f"icons/hicolor/scalable/apps/{DESKTOP_ID}.svg"
    svg.write_text("older")
    (tmp_path / f"metainfo/{DESKTOP_ID}.metainfo.xml").unlink()
    shutil.rmtree(tmp_path / "applications")
    (tmp_path / "applications").touch()
    before = files_below(tmp_path)
    with pytest.raises(SaveError, match="cannot write"):
        install(tmp_path, COMMAND)
    assert files_below(tmp_path) == before


def test_its_place_is_the_persons_or_a_prefix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_folder({"XDG_DATA_HOME": "/data"}) == Path("/data")
    assert data_folder({"XDG_DATA_HOME": "relative"}) == tmp_path / ".local/share"
    assert data_folder({}) == tmp_path / ".local/share"
    assert data_folder({"XDG_DATA_HOME": "/data"}, Path("/usr/local")) == Path("/usr/local/share")


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_elsewhere_one_line_says_what_to_do_instead(platform: str) -> None:
    with pytest.raises(MissingPartError, match="/bin/depthfusion") as error:
        desktop_entry.check_platform(platform, "/bin/depthfusion")
    assert "\n" not in str(error.value)


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="desktops of freedesktop.org")
def test_the_command_installs_and_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--prefix", str(tmp_path)]
    assert main(["desktop-install", *where]) == 0
    out, err = capsys.readouterr()
    assert f"written   {tmp_path}/share/applications/{DESKTOP_ID}.desktop" in out
    assert main(["desktop-install", *where]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "unchanged" in err
    assert main(["desktop-install", "--uninstall", *where]) == 0
    assert capsys.readouterr().out.startswith("removed   ")
    entry = tmp_path / f"share/applications/{DESKTOP_ID}.desktop"
    assert not entry.exists()


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="desktops of freedesktop.org")
def test_the_installed_command_starts_the_program(tmp_path: Path) -> None:
    install(tmp_path, desktop_entry.start_command())
    path = tmp_path / f"applications/{DESKTOP_ID}.desktop"
    words = shlex.split(entry_of(path.read_text(encoding="utf-8"))["Exec"])
    result = subprocess.run(
        [*words[:-1], "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert result.stdout.startswith("depthfusion ")
