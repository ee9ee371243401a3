"""The reading thread, without a window."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from depthfusion.errors import DepthFusionError, PanoramaError
from depthfusion.gui import loading as module
from depthfusion.gui.loading import Failed, Finished, Limits, Loading, Read, Source, Staged
from depthfusion.gui.opener import view_for
from depthfusion.gui.remembered import Remembered, fingerprint
from depthfusion.gui.resolver import Resolver
from depthfusion.panorama import DepthIs, Panorama, Provenance, ReadOptions
from depthfusion.panorama.write_world import write_world
from depthfusion.view import Stereo, View


@pytest.fixture
def ended() -> Iterator[list[Loading]]:
    begun: list[Loading] = []
    yield begun
    for loading in begun:
        loading.cancel()
        assert loading.join()


def events_of(loading: Loading) -> list[object]:
    loading.give_limits(Limits(4096, software=True))
    assert loading.join()
    return list(iter(loading.take, None))


def kinds(events: list[object]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_a_jpeg_comes_as_a_draft_first_then_in_full(pictures: Path) -> None:
    events = events_of(Loading(Source(str(pictures / "hills.jpg"))))
    assert kinds(events)[:3] == ["Read", "Staged", "Read"]
    assert kinds(events)[-1] == "Finished"
    draft, full = (event for event in events if isinstance(event, Read))
    assert draft.draft
    assert not full.draft
    assert draft.panorama.depth is None
    assert full.panorama.depth is not None


def test_a_png_is_read_once(pictures: Path) -> None:
    events = events_of(Loading(Source(str(pictures / "scene.png"))))
    assert kinds(events)[:2] == ["Read", "Staged"]
    assert kinds(events).count("Read") == 1


def test_the_full_picture_waits_for_the_limits_of_the_driver(
    pictures: Path, ended: list[Loading]
) -> None:
    loading = Loading(Source(str(pictures / "scene.png")))
    ended.append(loading)
    first = take_next(loading)
    assert isinstance(first, Read)
    time.sleep(0.1)
    assert loading.take() is None
    loading.give_limits(Limits(4096, software=True))
    assert isinstance(take_next(loading), Staged)


def take_next(loading: Loading) -> object:
    arrived = threading.Event()
    loading.listen(arrived.set)
    assert arrived.wait(20)
    return loading.take()


def test_a_folder_of_worlds_is_opened_as_the_newest_and_remembered_by_its_files(
    tmp_path: Path,
) -> None:
    world = Panorama(
        np.zeros((64, 128, 3), np.uint8), np.ones((64, 128), np.float32), title="a lake"
    )
    write_world(world, tmp_path / "worlds" / "old")
    newest = write_world(world, tmp_path / "worlds" / "new")
    os.utime(newest / "world.json", (2e9, 2e9))
    remembered = Remembered(tmp_path / "state")
    resolver = Resolver(remembered)
    loading = Loading(Source(str(tmp_path / "worlds")), resolver)
    first = events_of(loading)[0]
    assert isinstance(first, Read)
    assert first.panorama.title == "a lake" and first.panorama.depth is not None
    assert first.panorama.provenance.notes[0] == "took new, the newest of 2 worlds in worlds"
    files = str(newest / "color.png"), str(newest / "depth.png")
    assert (loading.source.color, loading.source.depth) == files
    assert resolver.found[0] == fingerprint(*files) != ""


def test_a_folder_without_a_world_fails_in_words(tmp_path: Path) -> None:
    [failed] = events_of(Loading(Source(str(tmp_path))))
    assert isinstance(failed, Failed)
    assert "is a folder without one" in str(failed.error)


def test_a_panorama_in_memory_needs_no_file() -> None:
    panorama = Panorama(np.zeros((64, 128, 3), np.uint8))
    events = events_of(Loading(Source(panorama=panorama)))
    assert isinstance(events[0], Read)
    assert events[0].panorama is panorama
    assert isinstance(events[-1], Finished)


@pytest.mark.parametrize("name", ["broken.png", "absent.png"])
def test_a_file_that_cannot_be_opened_ends_in_one_line(pictures: Path, name: str) -> None:
    events = events_of(Loading(Source(str(pictures / name))))
    assert kinds(events) == ["Failed"]
    assert isinstance(events[0], Failed)
    assert isinstance(events[0].error, DepthFusionError)
    assert name in str(events[0].error)
    assert "\n" not in str(events[0].error)


def test_too_little_memory_is_told_in_words(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(*args: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Loading, "_read", greedy)
    (event,) = events_of(Loading(Source(str(pictures / "scene.png"))))
    assert isinstance(event, Failed)
    assert "not enough memory" in str(event.error)


def test_an_unexpected_failure_is_told_too(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: object) -> None:
        raise ZeroDivisionError("as a test")

    monkeypatch.setattr(Loading, "_read", fail)
    (event,) = events_of(Loading(Source(str(pictures / "scene.png"))))
    assert isinstance(event, Failed)
    assert "unexpected ZeroDivisionError" in str(event.error)
    assert "Traceback" in caplog.text


def test_after_cancelling_nothing_more_comes(pictures: Path) -> None:
    loading = Loading(Source(str(pictures / "scene.png")))
    loading.cancel()
    assert loading.join()
    assert loading.take() is None


def test_remembered_reading_is_used_unless_something_else_is_asked_for(
    pictures: Path, tmp_path: Path
) -> None:
    store = Remembered(tmp_path)
    path = str(pictures / "scene.png")
    kept = ReadOptions(DepthIs.NEAR_BLACK)
    store.keep(fingerprint(path, None), View(invert_depth=True, strength=0.3), kept)
    resolver = Resolver(store)
    resolved = resolver(Source(path))
    assert resolved.options == kept
    assert resolved.inverted
    assert resolver.found[1]["strength"] == 0.3
    asked = ReadOptions(DepthIs.METRES)
    assert resolver(Source(path, options=asked)).options == asked


def test_the_first_view_is_the_files_own_then_the_remembered_one() -> None:
    stored = Provenance(view={"strength": 0.2, "fov_deg": 50.0, "nonsense": 1})
    panorama = Panorama(np.zeros((64, 128, 3), np.uint8), provenance=stored)
    now = View(stereo=Stereo.ANAGLYPH, strength=0.9, position_m=(0.1, 0, 0))
    view = view_for(panorama, {"fov_deg": 60.0}, now)
    assert (view.strength, view.fov_deg) == (0.2, 60.0)
    assert view.stereo is Stereo.ANAGLYPH
    assert view.position_m == (0, 0, 0)


def test_view_settings_that_cannot_be_are_ignored() -> None:
    broken = Panorama(
        np.zeros((64, 128, 3), np.uint8), provenance=Provenance(view={"strength": "much"})
    )
    assert view_for(broken, {}, View()) == View()


def test_only_a_jpeg_is_worth_a_draft(pictures: Path, tmp_path: Path) -> None:
    assert module.is_jpeg(str(pictures / "hills.jpg"))
    assert not module.is_jpeg(str(pictures / "scene.png"))
    assert not module.is_jpeg(str(tmp_path))


def test_an_error_is_never_more_than_one_event(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise PanoramaError("want this, got that")

    monkeypatch.setattr(Loading, "_stages", refuse)
    events = events_of(Loading(Source(str(pictures / "scene.png"))))
    assert kinds(events) == ["Read", "Failed"]
