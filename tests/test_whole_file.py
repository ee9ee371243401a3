"""Small files that are replaced in one step, and locks between processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from depthfusion.errors import SaveError
from depthfusion.file_lock import open_locked
from depthfusion.whole_file import write_whole

HOLDER = """
import sys
from pathlib import Path
from depthfusion.file_lock import open_locked
held = open_locked(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.readline()
"""


def test_a_file_is_made_with_its_folders_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions and links")
def test_permissions_and_links_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    write_whole(real, b"old")
    umask = os.umask(0)
    os.umask(umask)
    assert real.stat().st_mode & 0o777 == 0o666 & ~umask
    real.chmod(0o600)
    link.symlink_to(real)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert real.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_when_it_cannot_be_written_the_old_file_stays_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    if failing == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    else:
        monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(SaveError, match=r"cannot write .*file: No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_folder_in_its_place_is_an_error_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(SaveError) as error:
        write_whole(tmp_path / "file", b"new")
    assert "\n" not in str(error.value)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_lock_is_held_by_one_and_given_back_when_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout.readline() == "held\n"
    assert open_locked(path, wait=False) is None
    holder.kill()
    holder.communicate()
    descriptor = open_locked(path, wait=False)
    assert descriptor is not None
    assert open_locked(path, wait=False) is None  # within one process too
    os.close(descriptor)
    again = open_locked(path)
    assert again is not None
    os.close(again)


def test_a_lock_is_not_handed_to_children(tmp_path: Path) -> None:
    descriptor = open_locked(tmp_path / "lock")
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    os.close(descriptor)
    free = open_locked(tmp_path / "lock", wait=False)
    child.communicate(b"\n")
    assert free is not None
    os.close(free)


def test_a_lock_in_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_locked(tmp_path / "none" / "lock")
