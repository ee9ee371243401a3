"""A world's folder: written whole or not at all, read with the right meaning."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import depthfusion
from depthfusion.errors import InputNotFoundError, SaveError
from depthfusion.panorama import DepthMeaning, Panorama, Provenance, read_panorama
from depthfusion.panorama.whole_folder import clear_leftovers
from depthfusion.panorama.world_folder import about_world, files_of_world, is_world, worlds_in
from depthfusion.panorama.write_world import write_world
from depthfusion.view import View

FILES = {"color.png", "depth.png", "thumbnail.jpg", "world.json"}
RECIPE = {"prompt": "a forest", "seed": 7, "made_with": {"model": "/models/ldm3d-pano"}}


@pytest.fixture
def world() -> Panorama:
    rows, columns = np.mgrid[0:32, 0:64]
    color = np.stack([columns * 4, rows * 8, 255 - columns], axis=2).astype(np.uint8)
    depth = np.round(columns / 63 * 65535) / 65535
    return Panorama(
        color, depth.astype(np.float32), title="a forest",
        provenance=Provenance(notes=("a note",), generation=RECIPE),
    )  # fmt: skip


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_world_is_four_files_and_reads_back_the_same(world: Panorama, tmp_path: Path) -> None:
    folder = write_world(world, tmp_path / "new" / "forest", {"seconds": 2.5})
    assert folder == tmp_path / "new" / "forest"
    assert names(folder) == FILES
    found = read_panorama(folder)
    assert found.title == "a forest"
    assert np.array_equal(found.color, world.color)
    assert found.depth is not None and world.depth is not None
    assert np.array_equal(found.depth, world.depth)
    assert (found.meaning, found.near_m) == (DepthMeaning.RELATIVE, None)
    assert found.provenance.generation == RECIPE
    about = about_world(folder)
    assert (about["title"], about["seconds"], about["generation"]) == ("a forest", 2.5, RECIPE)
    with Image.open(folder / "thumbnail.jpg") as image:
        assert image.size == (64, 32)


def test_the_thumbnail_of_a_large_panorama_is_small(tmp_path: Path) -> None:
    folder = write_world(Panorama(np.zeros((600, 1200, 3), np.uint8)), tmp_path / "w")
    with Image.open(folder / "thumbnail.jpg") as image:
        assert image.size == (512, 256)
    assert names(folder) == FILES - {"depth.png"}
    assert read_panorama(folder).depth is None


def test_near_and_far_come_back(world: Panorama, tmp_path: Path) -> None:
    known = Panorama(world.color, world.depth, near_m=0.5, far_m=float("inf"))
    found = read_panorama(write_world(known, tmp_path / "w"))
    assert (found.near_m, found.far_m, found.is_metric) == (0.5, float("inf"), True)


def test_its_picture_and_its_depth_map_find_each_other(world: Panorama, tmp_path: Path) -> None:
    folder = write_world(world, tmp_path / "w")
    for name in ("color.png", "depth.png"):
        found = read_panorama(folder / name)
        assert found.provenance.color_source == str(folder / "color.png")
        assert found.provenance.depth_source == str(folder / "depth.png")
        assert found.title == "a forest"


def test_the_picture_taken_out_of_the_folder_keeps_its_title(
    world: Panorama, tmp_path: Path
) -> None:
    folder = write_world(world, tmp_path / "w")
    (folder / "color.png").rename(tmp_path / "mine.png")
    assert read_panorama(tmp_path / "mine.png").title == "a forest"


def test_the_title_of_a_renamed_world_and_its_view_count_more(
    world: Panorama, tmp_path: Path
) -> None:
    folder = write_world(world, tmp_path / "w")
    about = about_world(folder) | {"title": "home", "view": View(yaw_deg=20).to_dict()}
    (folder / "world.json").write_text(json.dumps(about))
    found = read_panorama(folder)
    assert found.title == "home"
    assert View.from_dict(found.provenance.view).yaw_deg == 20


def test_a_world_with_damaged_json_still_opens(world: Panorama, tmp_path: Path) -> None:
    folder = write_world(world, tmp_path / "w")
    for text in ("", "{", "[1]", '{"title": 5, "view": "x"}'):
        (folder / "world.json").write_text(text)
        found = read_panorama(folder)
        assert found.depth is not None
        assert found.provenance.generation == RECIPE


def test_nothing_is_overwritten(world: Panorama, tmp_path: Path) -> None:
    (tmp_path / "w").write_text("a file")
    (tmp_path / "w-2").mkdir()
    assert write_world(world, tmp_path / "w") == tmp_path / "w-3"
    assert write_world(world, tmp_path / "w") == tmp_path / "w-4"
    assert (tmp_path / "w").read_text() == "a file"
    assert names(tmp_path / "w-2") == set()


def test_of_several_worlds_the_newest_is_taken_and_that_is_told(
    world: Panorama, tmp_path: Path
) -> None:
    for age, name in enumerate(["b", "c", "a"]):
        folder = write_world(world, tmp_path / name)
        os.utime(folder / "world.json", (2e9 - age, 2e9 - age))
    (tmp_path / "notes").mkdir()
    (tmp_path / "x.txt").touch()
    assert [path.name for path in worlds_in(tmp_path)] == ["b", "c", "a"]
    found = files_of_world(tmp_path)
    assert found.color == tmp_path / "b" / "color.png"
    assert found.notes == (f"took b, the newest of 3 worlds in {tmp_path.name}",)
    assert read_panorama(tmp_path).provenance.notes[0] == found.notes[0]


def test_one_world_in_a_folder_needs_no_words(world: Panorama, tmp_path: Path) -> None:
    write_world(world, tmp_path / "w")
    assert files_of_world(tmp_path).notes == ()


def test_a_folder_without_a_world_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(InputNotFoundError, match="is a folder without one"):
        read_panorama(tmp_path)
    (tmp_path / "world.json").touch()
    with pytest.raises(InputNotFoundError, match=r"want color\.png"):
        read_panorama(tmp_path)


def test_the_python_api_opens_a_world(world: Panorama, tmp_path: Path) -> None:
    folder = write_world(world, tmp_path / "w")
    assert depthfusion.open(folder).depth is not None
    assert depthfusion.open(folder, find_partner=False).depth is None


def test_two_writings_give_the_same_bytes(world: Panorama, tmp_path: Path) -> None:
    first, second = (write_world(world, tmp_path / name) for name in "ab")
    for name in ("color.png", "depth.png", "thumbnail.jpg"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_the_parameters_of_other_tools_name_the_model_without_its_folder(
    world: Panorama, tmp_path: Path
) -> None:
    folder = write_world(world, tmp_path / "w")
    with Image.open(folder / "color.png") as image:
        text = image.text["parameters"]  # type: ignore[attr-defined]
    assert text == "a forest\nSeed: 7, Model: ldm3d-pano"


LIMITED = """
import resource, sys, numpy as np
from depthfusion.errors import SaveError
from depthfusion.panorama import Panorama
from depthfusion.panorama.write_world import write_world
noise = np.random.default_rng(1).integers(0, 255, (256, 512, 3), dtype=np.uint8)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    write_world(Panorama(noise), sys.argv[1])
except SaveError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit there")
def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "w")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    said = f"cannot write {tmp_path}/w: File too large; nothing was left there\n"
    assert done.stdout == said
    assert names(tmp_path) == set()


def test_a_place_under_a_file_is_told(world: Panorama, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SaveError, match="nothing was left there"):
        write_world(world, tmp_path / "file" / "w")


WRITING = """
import os, sys, numpy as np
from depthfusion.panorama import Panorama
from depthfusion.panorama import write_world as module
real, calls = os.fsync, [0]
def stopping(descriptor):
    calls[0] += 1
    if calls[0] == int(sys.argv[2]):
        print("writing", flush=True)
        sys.stdin.read()
    real(descriptor)
os.fsync = stopping
module.write_world(Panorama(np.zeros((64, 128, 3), np.uint8), np.ones((64, 128), np.float32)),
                   sys.argv[1])
"""


@pytest.fixture
def writer(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """Another process in the middle of writing `w`, stopped at the flush of that number."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITING, str(tmp_path / "w"), str(request.param)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        assert child.stdout.readline() == "writing\n"
        yield child
        child.kill()


@pytest.mark.parametrize("writer", [1, 2, 4, 5], indirect=True)
def test_a_killed_writer_leaves_no_world_and_its_rest_is_taken_away(
    writer: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert clear_leftovers(tmp_path) == [], "it took away what a running process needs"
    writer.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    writer.wait()
    assert worlds_in(tmp_path) == []
    assert all(name.startswith(".") for name in names(tmp_path))
    assert len(clear_leftovers(tmp_path)) == 1
    assert names(tmp_path) == set()


@pytest.mark.parametrize("writer", [1, 5], indirect=True)
def test_a_writer_left_in_peace_finishes(writer: subprocess.Popen[str], tmp_path: Path) -> None:
    clear_leftovers(tmp_path)
    assert writer.stdin is not None
    writer.stdin.close()
    assert writer.wait(20) == 0
    assert names(tmp_path) == {"w"}
    assert names(tmp_path / "w") == FILES and is_world(tmp_path / "w")


def test_leftovers_of_other_machines_go_when_they_are_old(tmp_path: Path) -> None:
    left = tmp_path / ".depthfusion-elsewhere-12-0123456789ab.partial"
    for name in (left.name, ".depthfusion-x.partial", ".git", "depthfusion"):
        (tmp_path / name).mkdir()
    assert clear_leftovers(tmp_path) == []
    os.utime(left, (time.time() - 4000, time.time() - 4000))
    assert clear_leftovers(tmp_path) == [left]
    assert len(names(tmp_path)) == 3
    assert clear_leftovers(tmp_path / "nowhere") == []
