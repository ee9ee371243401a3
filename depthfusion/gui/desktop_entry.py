"""Puts the program into a desktop's menu after the freedesktop.org specifications.

Entry, icons, AppStream description and file types go to a data folder; what was there is restored
when one of them cannot be written. Qt is needed only to draw the icons.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from depthfusion.assets import asset
from depthfusion.errors import MissingPartError, SaveError
from depthfusion.whole_file import write_whole

DESKTOP_ID = "org.depthfusion.DepthFusion"
"""Basename of all files, and what windows are told by `setDesktopFileName`."""
_CACHES = (
    ("update-desktop-database", "applications"),
    ("update-mime-database", "mime"),
    ("gtk-update-icon-cache", "icons/hicolor"),
)
"""Tool -> the folder whose cache it makes; desktops without it look for themselves."""
_ELSEWHERE = {
    "win32": "open the folder of {0} in Explorer, right-click it and choose Pin to Start",
    "darwin": "make an application in Automator that runs {0} and drag it into the Dock",
}
TOOL_TIMEOUT_S = 60


@dataclass(frozen=True)
class Change:
    """What became of one file."""

    path: Path
    did: str
    """ "written", "replaced", "unchanged" or "removed"."""


def data_folder(environment: Mapping[str, str], prefix: Path | None = None) -> Path:
    """Return the folder that holds `applications/`, `icons/`...: of a person, or of a prefix."""
    if prefix is not None:
        return prefix.expanduser().absolute() / "share"
    named = environment.get("XDG_DATA_HOME", "")
    return Path(named) if Path(named).is_absolute() else Path.home() / ".local" / "share"


def check_platform(platform: str, command: str) -> None:
    """Make sure that this system's desktops read such files.

    Raises:
        MissingPartError: on Windows and macOS; it says what to do there instead.
    """
    if platform in _ELSEWHERE:
        raise MissingPartError(
            "want a desktop that reads .desktop files (Linux, BSD), this system has none: "
            + _ELSEWHERE[platform].format(command)
        )


def start_command() -> list[str]:
    """Return the words that start this installation from anywhere."""
    script = Path(sys.executable).with_name("depthfusion")
    if script.is_file():
        return [str(script)]
    found = shutil.which("depthfusion")
    return [str(Path(found).absolute())] if found else [sys.executable, "-m", "depthfusion"]


def install(data: Path, command: list[str]) -> list[Change]:
    """Write all files below `data`; what is there and the same is left alone.

    Args:
        data: as `data_folder` gives it.
        command: words that start the program, the first an absolute path.

    Raises:
        SaveError: if one cannot be written; all are as before then.
    """
    before: dict[Path, bytes | None] = {}
    changes = []
    try:
        for path, content in _files(command):
            changes.append(_put(data / path, content, before))
    except SaveError:
        _put_back(before)
        raise
    _refresh(data)
    return changes


def uninstall(data: Path) -> list[Change]:
    """Remove all files that `install` wrote.

    Raises:
        SaveError: if one cannot be removed.
    """
    changes = []
    for path in _paths():
        try:
            (data / path).unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise SaveError(f"cannot remove {data / path}: {error.strerror}") from error
        changes.append(Change(data / path, "removed"))
    if changes:
        _refresh(data)
    return changes


def _put(path: Path, content: bytes, before: dict[Path, bytes | None]) -> Change:
    old = None
    with suppress(OSError):
        old = path.read_bytes()
    if old == content:
        return Change(path, "unchanged")
    write_whole(path, content)
    before[path] = old
    return Change(path, "written" if old is None else "replaced")


def _put_back(before: Mapping[Path, bytes | None]) -> None:
    for path, old in before.items():
        with suppress(OSError, SaveError):
            if old is None:
                path.unlink()
            else:
                write_whole(path, old)


def _icon_path(size: str, ending: str) -> str:
    return f"icons/hicolor/{size}/apps/{DESKTOP_ID}{ending}"


def _files(command: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield each file's place and content; the entry, which makes it visible, comes last."""
    from depthfusion.gui.icon import SIZES_PX, icon_png, icon_svg

    yield _icon_path("scalable", ".svg"), icon_svg()
    for size_px in SIZES_PX:
        yield _icon_path(f"{size_px}x{size_px}", ".png"), icon_png(size_px)
    yield f"metainfo/{DESKTOP_ID}.metainfo.xml", _shipped(".metainfo.xml")
    yield f"mime/packages/{DESKTOP_ID}.xml", _shipped(".mime.xml")
    entry = _shipped(".desktop").decode()
    yield f"applications/{DESKTOP_ID}.desktop", entry_with_command(entry, command).encode()


def _paths() -> list[str]:
    from depthfusion.gui.icon import SIZES_PX

    sizes = [_icon_path(f"{size_px}x{size_px}", ".png") for size_px in SIZES_PX]
    return [
        f"applications/{DESKTOP_ID}.desktop", f"mime/packages/{DESKTOP_ID}.xml",
        f"metainfo/{DESKTOP_ID}.metainfo.xml", _icon_path("scalable", ".svg"), *sizes,
    ]  # fmt: skip


def _shipped(ending: str) -> bytes:
    return asset("resources", "desktop", f"{DESKTOP_ID}{ending}").read_bytes()


def entry_with_command(entry: str, command: list[str]) -> str:
    """Return the desktop entry with "depthfusion" of its Exec line replaced by `command`."""
    lines = []
    for line in entry.splitlines():
        if line.startswith("Exec=depthfusion "):
            rest = line.removeprefix("Exec=depthfusion ")
            lines.append(f"TryExec={_value(command[0])}")
            lines.append(f"Exec={_value(' '.join(map(_word, command)))} {rest}")
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _word(word: str) -> str:
    """Return one word of an Exec line, quoted where the specification asks for it."""
    word = word.replace("%", "%%")
    if word and not any(c in " \t\n\"'\\><~|&;$*?#()`" for c in word):
        return word
    for c in '\\"`$':
        word = word.replace(c, f"\\{c}")
    return f'"{word}"'


def _value(text: str) -> str:
    """Return text as a value of the file, in which backslashes begin escapes."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def _refresh(data: Path) -> None:
    """Have the desktop's caches made anew, where its tools are installed."""
    for tool, folder in _CACHES:
        found = shutil.which(tool)
        arguments = ["--quiet", "--ignore-theme-index"] if tool.startswith("gtk") else []
        if found and (data / folder).is_dir():
            with suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(
                    [found, *arguments, str(data / folder)],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL, timeout=TOOL_TIMEOUT_S, check=False,
                    env={**os.environ, "PKSYSTEM_ENABLE_FSYNC": "0"},
                )  # fmt: skip
