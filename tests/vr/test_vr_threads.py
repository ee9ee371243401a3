"""What is slow happens beside the loop: reading worlds, painting the panel."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from depthfusion.headset import Controls, Event, EventKind
from depthfusion.panorama.options import DepthIs, ReadOptions
from depthfusion.view import View
from depthfusion.vr.conditions import Conditions
from depthfusion.vr.drawing import PanelWords
from depthfusion.vr.loader import Complete, NotLoaded, Staged, WorldLoader
from depthfusion.vr.messages import ShowWorld
from depthfusion.vr.panel import PanelPainter
from depthfusion.vr.placement import heading_deg
from depthfusion.vr.preview import MOST_M, Body
from depthfusion.vr.world_process import WorldProcess


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    ramp = np.linspace(0, 255, 64, dtype=np.uint8)
    color = np.repeat(np.tile(ramp, (32, 1))[..., None], 3, axis=2)
    depth = np.tile(ramp[:32, None].astype(np.uint16) * 257, (1, 64))
    Image.fromarray(color).save(tmp_path / "hill.png")
    Image.fromarray(depth).save(tmp_path / "hill_depth.png")
    return str(tmp_path / "hill.png"), str(tmp_path / "hill_depth.png")


@pytest.fixture
def loader() -> Iterator[WorldLoader]:
    loader = WorldLoader(16384, is_software=True)
    yield loader
    loader.close()
    assert loader.join(10)


def events(loader: WorldLoader) -> list:
    """Return everything until the world is complete, or cannot be."""
    found: list = []
    end_s = time.monotonic() + 30
    while not (found and isinstance(found[-1], Complete | NotLoaded)):
        assert time.monotonic() < end_s
        event = loader.take()
        if event is None:
            time.sleep(0.002)
        else:
            found.append(event)
    return found


def test_a_pair_comes_in_two_stages_with_the_title_it_was_given(loader, pair):
    loader.begin(order := ShowWorld(1, *pair, title="A hill"))
    found = events(loader)
    assert [type(event) for event in found] == [Staged, Staged, Complete]
    assert [event.stage.name for event in found[:2]] == ["picture", "surface"]
    assert all(event.order is order for event in found)
    assert found[0].title == "A hill"


def test_a_picture_without_depth_is_one_stage(loader, pair):
    options = ReadOptions(find_partner=False)
    loader.begin(ShowWorld(1, pair[0], options=options))
    assert [type(event) for event in events(loader)] == [Staged, Complete]


def test_what_the_person_said_about_the_file_counts(loader, pair):
    loader.begin(ShowWorld(1, *pair, options=ReadOptions(depth_is=DepthIs.METRES)))
    first = events(loader)[0]
    assert first.stage.relief.is_distance
    loader.begin(ShowWorld(2, *pair, view=View(invert_depth=True)))
    assert events(loader)[0].stage.inverted


def test_only_the_newest_order_is_heard_of(loader, pair):
    for number in range(1, 6):
        loader.begin(order := ShowWorld(number, *pair))
    assert all(event.order is order for event in events(loader))


@pytest.mark.slow
def test_what_cannot_be_read_is_told_in_one_line_and_the_next_one_comes(loader, pair, tmp_path):
    (tmp_path / "broken.png").write_bytes(Path(pair[0]).read_bytes()[:100])
    for number, name in enumerate(("absent.png", "broken.png", ".")):
        loader.begin(ShowWorld(number, str(tmp_path / name)))
        [failed] = events(loader)
        assert isinstance(failed, NotLoaded)
        assert failed.words
        assert "\n" not in failed.words
    loader.begin(ShowWorld(9, *pair))
    assert isinstance(events(loader)[-1], Complete)


def test_a_process_that_cannot_be_started_is_told_and_the_next_one_comes(loader, pair, monkeypatch):
    def refuse(self: WorldProcess) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(WorldProcess, "_start", refuse)
        loader.begin(ShowWorld(1, *pair))
        [failed] = events(loader)
    assert isinstance(failed, NotLoaded)
    assert failed.words.startswith("cannot prepare hill.png: ")
    assert "temporarily unavailable" in failed.words
    loader.begin(ShowWorld(2, *pair))
    assert isinstance(events(loader)[-1], Complete)


def test_words_that_cannot_be_painted_do_not_end_the_painter(caplog):
    def paint(words: PanelWords) -> np.ndarray:
        tried.set()
        if words.title == "bad":
            raise OSError("cannot open resource")
        return np.zeros((1, 1, 4), np.uint8)

    tried = threading.Event()
    painter = PanelPainter(paint)
    painter.want(PanelWords("bad"))
    assert tried.wait(10)
    painter.want(PanelWords("good"))
    end_s, picture = time.monotonic() + 10, None
    while picture is None and time.monotonic() < end_s:
        time.sleep(0.002)
        picture = painter.take()
    painter.close()
    assert picture is not None
    assert "cannot paint the headset's panel" in caplog.text


def test_the_painter_paints_the_newest_words_in_its_own_thread():
    begun, go_on = threading.Event(), threading.Event()
    painted: list[tuple[str, int]] = []

    def paint(words: PanelWords) -> np.ndarray:
        painted.append((words.title, threading.get_ident()))
        begun.set()
        go_on.wait(10)
        return np.full((1, 1, 4), len(words.title), np.uint8)

    painter = PanelPainter(paint)
    painter.want(PanelWords("a"))
    assert begun.wait(10)
    painter.want(PanelWords("bb"))
    painter.want(PanelWords("ccc"))
    go_on.set()
    end_s, pictures = time.monotonic() + 10, []
    while not (pictures and pictures[-1] == 3) and time.monotonic() < end_s:
        picture = painter.take()
        if picture is not None:
            pictures.append(int(picture[0, 0, 0]))
        time.sleep(0.002)
    painter.close()
    assert [title for title, _ in painted] == ["a", "ccc"]
    assert threading.get_ident() not in {thread for _, thread in painted}
    assert painter.take() is None


def test_the_gravest_matter_is_the_one_that_is_told():
    conditions = Conditions()
    conditions.note(Event(EventKind.CONTROLLER_OFF, "the left controller is off"))
    assert conditions.news() == "the left controller is off"
    conditions.note(Event(EventKind.STANDBY))
    assert "taken off" in (conditions.news() or "")
    conditions.note(Event(EventKind.AWAKE))
    assert conditions.news() == "the left controller is off"
    conditions.note(Event(EventKind.CONTROLLER_ON, "the left controller is on"))
    assert conditions.news() == ""
    assert conditions.news() is None


def test_two_controllers_that_go_off_come_back_one_by_one():
    conditions = Conditions()
    for hand in ("left", "right"):
        conditions.note(Event(EventKind.CONTROLLER_OFF, f"the {hand} controller is off"))
    assert conditions.news() == "Both controllers are off or out of sight"
    conditions.note(Event(EventKind.CONTROLLER_ON))
    assert conditions.news() == "One controller is off or out of sight"
    conditions.note(Event(EventKind.CONTROLLER_ON))
    assert conditions.news() == ""


def test_bindings_that_cannot_be_loaded_are_told_until_others_can():
    conditions = Conditions()
    conditions.note(Event(EventKind.BINDINGS_CHANGED))
    assert conditions.news() is None
    conditions.note(Event(EventKind.BINDINGS_CHANGED, "the bindings could not be loaded"))
    assert conditions.news() == "the bindings could not be loaded"
    conditions.note(Event(EventKind.BINDINGS_CHANGED))
    assert conditions.news() == ""


def test_the_mouse_is_the_head_of_a_preview():
    body = Body()
    body.drag(-100, 0)
    assert heading_deg(body.pose(0)) == pytest.approx(20)
    body.drag(0, 1000)
    assert np.isclose(np.linalg.det(body.pose(1)[:3, :3]), 1)
    assert body.pitch_deg == 85


def test_keys_move_a_previews_head_where_it_looks_and_not_for_ever():
    body = Body()
    body.drag(-450, 0)  # 90 degrees to the right
    body.press("w")
    body.pose(0)
    x, _, z = body.place_m
    assert x > 0
    assert z == pytest.approx(0)
    for frame in range(500):
        body.pose(frame)
    assert np.linalg.norm(body.place_m) == pytest.approx(MOST_M)
    body.release("w")
    before = body.place_m.copy()
    body.pose(501)
    assert np.array_equal(body.place_m, before)


def test_keys_are_the_hands_of_a_preview():
    body = Body()
    body.press("page_down")
    body.press("left")
    body.press("up")
    assert body.controls(0) == Controls(next_world=True, turn=-1, strength=1.0)
    assert body.controls(1) == Controls(strength=1.0)  # pressed counts once, held goes on
    body.release("up")
    body.scroll(-1)
    scales = [body.controls(frame).scale for frame in range(10)]
    assert scales == [-1.0] * 8 + [0.0] * 2
