"""The mirror's window on the desktop, and the context without one."""

from __future__ import annotations

import logging
import sys
import time
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from eye_scenes import both_pictures, drawing_of, drawn, plain_panorama

from depthfusion.errors import RendererError
from depthfusion.headset import openvr_session
from depthfusion.vr import mirror as mirror_module
from depthfusion.vr.drawing import Mirror
from depthfusion.vr.messages import Begin
from depthfusion.vr.mirror import MirrorWindow, NoWindow, open_screen
from depthfusion.vr.process import _session
from tests.vr.vr_fakes import FakeDesk

ONE_EYE_PX, RED = (32, 32), (200, 30, 30)


@pytest.mark.gl
def test_without_a_window_there_is_a_context_that_draws():
    screen = open_screen(Mirror.NONE)
    try:
        assert isinstance(screen, NoWindow)
        with drawing_of(screen.ctx, plain_panorama((9, 99, 9)), ONE_EYE_PX) as drawing:
            assert tuple(drawn(drawing, both_pictures(used_px=ONE_EYE_PX))[0][3, 3]) == (9, 99, 9)
            screen.show(drawing)
        assert not screen.is_left()
    finally:
        screen.close()
        screen.close()


def refuse_window(size_px):
    raise RendererError("want a window for the mirror, got none (no display)")


@pytest.mark.gl
def test_where_no_window_can_be_had_the_session_goes_on_without(monkeypatch, caplog):
    monkeypatch.setattr(mirror_module, "_opened_window", refuse_window)
    with caplog.at_level(logging.WARNING):
        screen = open_screen(Mirror.LEFT)
    screen.close()
    assert isinstance(screen, NoWindow)
    assert "no mirror on the desktop: want a window" in caplog.text


def test_a_missing_moderngl_window_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "moderngl_window", None)
    with pytest.raises(RendererError, match="want moderngl-window for the mirror's window"):
        MirrorWindow(Mirror.LEFT)


def is_red(screen: MirrorWindow, drawing) -> bool:
    """Draw the mirror and read it; a window manager that resizes in between takes it away."""
    drawing.show_on(screen.ctx.screen, (64, 32), Mirror.BOTH)
    shown = np.frombuffer(screen.ctx.screen.read((0, 0, 64, 32), components=3), np.uint8)
    screen.show(drawing)
    return bool((shown.reshape(-1, 3) == RED).all())


@pytest.mark.gui
@pytest.mark.parametrize("event", [("on_close",), ("on_key_press", 0xFF1B, 0)], ids=["x", "escape"])
def test_the_window_shows_the_eyes_until_it_is_left_and_waits_for_no_screen(event):
    screen = open_screen(Mirror.BOTH, frame_s=0.0)
    assert isinstance(screen, MirrorWindow)
    try:
        assert screen._window._window.vsync is False
        with drawing_of(screen.ctx, plain_panorama(RED), ONE_EYE_PX) as drawing:
            drawn(drawing, both_pictures(used_px=ONE_EYE_PX))
            start_s, start_cpu_s = time.perf_counter(), time.process_time()
            for _ in range(60):
                screen.show(drawing)
            took_s = time.perf_counter() - start_s
            cpu_s = time.process_time() - start_cpu_s
            assert any(is_red(screen, drawing) for _ in range(20))
            # 60 frames of a screen with 60 a second would take 1.0, hardly any of it working; on
            # a busy machine it is our own work that takes so long.
            assert took_s < 0.9 or cpu_s > 0.2 * took_s
            assert not screen.is_left()
            screen._window._window.dispatch_event(*event)
            screen.show(drawing)
            assert screen.is_left()
            screen.show(drawing)  # does nothing, and the context is still there
            assert tuple(drawn(drawing, both_pictures(used_px=ONE_EYE_PX))[0][3, 3]) == RED
    finally:
        screen.close()
        screen.close()
    assert screen.is_left()


def test_a_preview_without_a_window_is_told_instead_of_running_unseen(monkeypatch):
    monkeypatch.setattr(mirror_module, "_opened_window", refuse_window)
    desk: Any = FakeDesk()
    with ExitStack() as scope, pytest.raises(RendererError, match="want a window"):
        _session(desk, Begin(preview=True), scope)


def test_a_session_is_closed_where_nothing_can_be_drawn(monkeypatch):
    def refuse(mirror: Mirror) -> None:
        raise RendererError("want OpenGL 3.3")

    closed: list[bool] = []
    monkeypatch.setattr(
        openvr_session,
        "OpenVRHeadset",
        lambda **_: SimpleNamespace(close=lambda: closed.append(True)),
    )
    monkeypatch.setattr(mirror_module, "open_screen", refuse)
    desk: Any = FakeDesk()
    with pytest.raises(RendererError, match=r"OpenGL 3\.3"), ExitStack() as scope:
        _session(desk, Begin(), scope)
    assert closed == [True]
