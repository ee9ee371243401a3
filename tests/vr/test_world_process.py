"""A world is prepared in a process of its own, and its arrays come without copies."""

from __future__ import annotations

import gc
import io
import mmap
import pickle
import time
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from depthfusion.renderer.gpu_panorama import _without_arrays
from depthfusion.vr import world_child, world_process
from depthfusion.vr.messages import ShowWorld
from depthfusion.vr.world_child import write_part
from depthfusion.vr.world_process import WorldProcess, _mapped, _read_message
from depthfusion.vr.world_steps import Failed, Prepared, Wanted, world_steps
from tests.vr.vr_fakes import stage


@pytest.fixture
def wanted(tmp_path: Path) -> Wanted:
    rng = np.random.default_rng(5)
    color = rng.integers(0, 256, (64, 128, 3), np.uint8)
    near = (np.abs(np.arange(128) - 64) < 12)[None, :].repeat(64, axis=0)
    Image.fromarray(color).save(tmp_path / "post.png")
    Image.fromarray(np.where(near, np.uint16(60000), np.uint16(9000))).save(
        tmp_path / "post_depth.png"
    )
    return Wanted(ShowWorld(1, str(tmp_path / "post.png")), 16384, is_software=True)


@pytest.fixture
def rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where large arrays pass through; must be empty at the end."""
    folder = tmp_path / "rooms"
    folder.mkdir()
    monkeypatch.setattr(world_process, "_roomy_folder", lambda: str(folder))
    return folder


def arrays(part: Prepared) -> list[np.ndarray]:
    stage = part.stage
    found = [stage.color, stage.depth_codes, stage.relief.nearness]
    for holder in (stage, stage.background):
        if holder is not None:
            found += [holder.mesh.vertices, holder.mesh.smooth, holder.mesh.stretched]
    return [array for array in found if array is not None]


def test_what_the_process_prepares_is_what_we_would_have(wanted, rooms):
    theirs, ours = list(WorldProcess(wanted).parts()), list(world_steps(wanted))
    assert [part.stage.name for part in theirs] == ["picture", "surface"]
    for their, our in zip(theirs, ours, strict=True):
        assert their.title == our.title
        assert (their.stage.background is None) == (our.stage.background is None)
        for one, other in zip(arrays(their), arrays(our), strict=True):
            assert (one.dtype, one.shape) == (other.dtype, other.shape)
            assert one.tobytes() == other.tobytes()
    assert list(rooms.iterdir()) == []


def test_what_is_wrong_with_a_file_is_told_in_its_own_words(wanted, rooms, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    [failed] = WorldProcess(Wanted(ShowWorld(1, str(broken)), 16384, is_software=True)).parts()
    assert isinstance(failed, Failed)
    assert "broken.png" in failed.words
    assert list(rooms.iterdir()) == []


@pytest.mark.parametrize(("is_worn", "niceness"), [(True, [world_child.NICENESS]), (False, [])])
def test_frames_come_first_where_somebody_wears_the_headset(
    wanted, tmp_path, monkeypatch, is_worn, niceness
):
    given: list[int] = []
    monkeypatch.setattr(world_child.os, "nice", given.append, raising=False)
    order = pickle.dumps((replace(wanted, is_worn=is_worn), str(tmp_path)))
    assert world_child.main(io.BytesIO(order), io.BytesIO()) == 0
    assert given == niceness


def test_a_process_that_dies_is_told(wanted, rooms, monkeypatch):
    monkeypatch.setattr(world_process.sys, "executable", "/bin/false")
    [failed] = WorldProcess(wanted).parts()
    assert failed == Failed("the process that read post.png ended early: is there enough memory?")


def test_a_process_that_is_stopped_says_no_more(wanted, rooms):
    before = WorldProcess(wanted)
    before.stop()
    assert list(before.parts()) == []
    during = WorldProcess(wanted)
    parts = during.parts()
    assert isinstance(next(parts), Prepared)
    start_s = time.monotonic()
    during.stop()
    assert len(list(parts)) <= 1
    assert time.monotonic() - start_s < 5
    assert list(rooms.iterdir()) == []


def test_large_arrays_are_pages_of_a_file_that_is_gone(tmp_path):
    part = {"large": np.arange(20_000, dtype=np.float32), "none": np.empty((0, 3), np.uint32)}
    pipe, path = io.BytesIO(), tmp_path / "part"
    write_part(pipe, part, path)
    assert len(pipe.getvalue()) < 2_000
    assert path.stat().st_size > 80_000
    pipe.seek(0)
    name, places, head = _read_message(pipe)
    assert _read_message(pipe) is None
    found = _mapped(Path(name), places, head)
    assert not path.exists()
    np.testing.assert_array_equal(found["large"], part["large"])
    assert found["none"].shape == (0, 3)
    assert not found["large"].flags.owndata
    assert found["large"].ctypes.data % 64 == 0


def sent_and_mapped(part: object, path: Path) -> object:
    pipe = io.BytesIO()
    write_part(pipe, part, path)
    pipe.seek(0)
    name, places, head = _read_message(pipe)
    return _mapped(Path(name), places, head)


def test_what_is_kept_of_a_shown_world_holds_nothing_of_the_file(tmp_path, monkeypatch):
    mapped: list[weakref.ref[mmap.mmap]] = []

    def noted(*given, _map=mmap.mmap, **more) -> mmap.mmap:
        pages = _map(*given, **more)
        mapped.append(weakref.ref(pages))
        return pages

    monkeypatch.setattr(world_process.mmap, "mmap", noted)
    color = np.full((128, 256, 3), 7, np.uint8)
    part = sent_and_mapped(replace(stage(), color=color), tmp_path / "part")
    [pages] = mapped
    assert pages() is not None
    np.testing.assert_array_equal(part.color, color)
    kept = _without_arrays(part)
    del part
    gc.collect()
    assert pages() is None
    assert kept.relief.nearness == 0.5


def test_on_windows_nothing_is_mapped_and_so_nothing_is_left_behind(tmp_path, monkeypatch):
    def refuse(*_given, **_more):
        raise AssertionError("mapped")

    monkeypatch.setattr(world_process.mmap, "mmap", refuse)
    monkeypatch.setattr(world_process.sys, "platform", "win32")
    large = np.arange(20_000, dtype=np.float32)
    found = sent_and_mapped(large, tmp_path / "part")
    np.testing.assert_array_equal(found, large)
    assert list(tmp_path.iterdir()) == []


class Deaf(io.BytesIO):
    """A pipe that nobody reads from, as Windows has it."""

    def write(self, _data: object) -> int:
        raise OSError(22, "Invalid argument")


def test_a_child_that_cannot_tell_takes_its_files_with_it(wanted, rooms, monkeypatch, capsys):
    monkeypatch.setattr(world_child.os, "nice", lambda _: 0, raising=False)
    folder = rooms / "world"
    folder.mkdir()
    given = io.BytesIO(pickle.dumps((wanted, str(folder))))
    assert world_child.main(given, Deaf()) == 1
    assert "Invalid argument" in capsys.readouterr().err
    assert list(rooms.iterdir()) == []


def test_a_stream_that_breaks_off_has_no_message():
    whole = pickle.dumps(("", [], b""))
    data = len(whole).to_bytes(8, "little") + whole
    for length in (0, 5, 8, len(data) - 1):
        assert _read_message(io.BytesIO(data[:length])) is None
    assert _read_message(io.BytesIO(data)) == ("", [], b"")
