"""A full disk, a read-only drive: one line says so, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from depthfusion.errors import InputNotFoundError, SaveError
from depthfusion.library import Library, Query
from depthfusion.panorama import Panorama
from tests.library.small_worlds import panorama

linux_root = pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="needs root to mount a drive"
)


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Path]:
    """A drive of one megabyte."""
    place = tmp_path / "drive"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("may not mount a drive")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def noise(seed: int = 1) -> Panorama:
    """A world of 400 kB."""
    color = np.random.default_rng(seed).integers(0, 255, (256, 512, 3), dtype=np.uint8)
    return Panorama(color, title=f"noise {seed}")


def fill(drive: Path) -> None:
    """Leave no byte free."""
    with (drive / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)


@linux_root
def test_on_a_full_drive_nothing_is_lost_and_deleting_makes_room(
    drive: Path, tmp_path: Path
) -> None:
    with Library(drive / "library", indexes=tmp_path / "indexes") as library:
        name = library.add(noise(1)).name
        library.add(noise(2))
        outside = tmp_path / "outside"
        shutil.copytree(library.folder / name, outside)
        with pytest.raises(SaveError, match=r"No space left on device; nothing was left there"):
            library.add(noise(3))
        with pytest.raises(SaveError, match=r"cannot copy .* No space left on device; nothing"):
            library.adopt(outside)
        (imported,) = library.importing([outside / "color.png"])
        assert "No space left on device" in str(imported.error)
        fill(drive)
        with pytest.raises(SaveError, match=r"cannot write .* No space left on device"):
            library.set_comment(name, "x" * 20_000)
        assert library.scan().total == 2
        assert [found.problems for found in library.checking()] == [(), ()]
        assert sorted(library.names()) == ["noise-1", "noise-2"]
        library.delete([name])
        assert library.empty_trash() == 1
        assert library.add(noise(4)).title == "noise 4"


@linux_root
def test_a_full_drive_under_the_index_does_not_stop_the_library(
    drive: Path, tmp_path: Path
) -> None:
    with Library(tmp_path / "library", indexes=drive / "indexes") as library:
        library.add(panorama("a", 1))
        fill(drive)
        for seed in range(2, 30):
            name = library.add(panorama("a " + "very " * 800 + "long prompt", seed)).name
        library.delete([name])
        library.scan()
        assert library.count(Query("long")) == 27
        assert library.count() == 28
        assert any("cannot be kept in" in notice for notice in library.notices())
    with Library(tmp_path / "library", indexes=drive / "indexes") as library:
        library.scan()
        assert library.count() == 28


@linux_root
def test_a_drive_that_is_unplugged_while_it_is_open_is_told(drive: Path, tmp_path: Path) -> None:
    with Library(drive / "library", indexes=tmp_path / "indexes") as library:
        library.add(panorama())
        subprocess.run(["umount", "-l", drive], check=True)
        try:
            with pytest.raises(InputNotFoundError, match="it is not there: plug in its drive"):
                library.scan()
            assert library.count() == 1
            assert list(drive.iterdir()) == []
        finally:
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", drive], check=True)


READ_ONLY = """
import os, sys
from depthfusion.errors import DepthFusionError
from depthfusion.library import Library, Query
from depthfusion.panorama import Panorama
import depthfusion.panorama.write_world, numpy, PIL.PngImagePlugin, PIL.JpegImagePlugin
folder, indexes = sys.argv[1:]
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
library = Library(folder, indexes=indexes)
print(library.scan().total, library.names(Query("mossy")))
gray = Panorama(numpy.zeros((8, 16, 3), numpy.uint8))
for do in (
    lambda: library.set_favourite("a-mossy-forest-1"),
    lambda: library.delete(["a-mossy-forest-1"]),
    lambda: library.add(gray),
    lambda: library.empty_trash(),
):
    try:
        print(do())
    except DepthFusionError as error:
        print(type(error).__name__, str(error).replace(folder, "LIBRARY"))
print(library.names(), library.notices())
library.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no such permissions there")
def test_a_read_only_library_is_shown_and_every_change_refused_in_words() -> None:
    with tempfile.TemporaryDirectory() as place:  # where others may look, unlike pytest's own
        folder, indexes = Path(place, "library"), Path(place, "indexes")
        with Library(folder, indexes=Path(place, "mine")) as library:
            world = library.add(panorama())
        indexes.mkdir()
        indexes.chmod(0o777)
        Path(place).chmod(0o755)
        (folder / ".depthfusion").rmdir()  # as on a drive that was never written to
        for path in (world.folder, folder):
            path.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(folder), str(indexes)],
            capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        for path in (folder, world.folder):
            path.chmod(0o755)
    assert done.stderr == ""
    refused = "SaveError cannot write to the library LIBRARY: Permission denied; choose another"
    lines = done.stdout.splitlines()
    assert lines[0] == "1 ['a-mossy-forest-1']"
    assert all(line.startswith(refused) for line in lines[1:4]), lines
    assert lines[4:] == ["0", "['a-mossy-forest-1'] []"]
