"""What every test stands on: settings of its own, an OpenGL context, nothing left behind.

With ``DEPTHFUSION_REQUIRE_GL=1`` (as CI sets it) a test marked `gl` or `gui` that was skipped, for
whatever reason, is a failure: a green run then means that pictures were really drawn.
"""

from __future__ import annotations

import functools
import gc
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import moderngl

pytest_plugins = ["pytester"]

NEEDING_MARKERS = ("gl", "gui")
THREAD_GRACE_S = 2.0
_PROBE = """
import sys, moderngl
backend = {"backend": "egl"} if sys.platform.startswith("linux") else {}
moderngl.create_context(standalone=True, require=330, **backend).release()
"""

_home = tempfile.TemporaryDirectory(prefix="depthfusion-tests-")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests away from the user's settings, data and screen."""
    for name in ("CONFIG_HOME", "DATA_HOME", "STATE_HOME", "CACHE_HOME", "RUNTIME_DIR"):
        folder = Path(_home.name, name.lower())
        folder.mkdir(mode=0o700, exist_ok=True)
        os.environ[f"XDG_{name}"] = str(folder)
    if not has_display():
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if "PYTEST_XDIST_WORKER" in os.environ:
        # As many processes as cores: more threads would only wait for each other.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Started in the background of a script: the programs under test would ignore it as well.
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_unconfigure(config: pytest.Config) -> None:
    _home.cleanup()


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in this hook too
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put window tests first: where another library's EGL context is current, windows stay empty.

    `depthfusion.renderer.offscreen` leaves none behind; the bench's and ldm3d's own contexts do.
    With several processes, all of them run in one: a display has one keyboard and one pointer. The
    tests of any other file stay together, as they share fixtures.
    """
    items.sort(key=lambda item: not shows_windows(item))
    for item in items:
        group = "window" if shows_windows(item) else item.path.as_posix()
        item.add_marker(pytest.mark.xdist_group(group))


def shows_windows(item: pytest.Item) -> bool:
    """Whether a test may open a window: it is marked so, or asks for Qt's application."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("gui") is not None or bool(fixtures & {"qapp", "qtbot"})


def has_display() -> bool:
    """Whether windows can really be shown."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@functools.cache
def has_opengl() -> bool:
    """Whether a context can be made; tried in another process, since drivers may abort."""
    probe = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, check=False)
    return probe.returncode == 0


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine cannot do."""
    if item.get_closest_marker("gui") and not has_display():
        pytest.skip("no display: run it through .ci/with-display")
    if item.get_closest_marker("gl") and not has_opengl():
        pytest.skip("no OpenGL 3.3")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Turn skips into failures where OpenGL and a window were promised."""
    report = yield
    required = os.environ.get("DEPTHFUSION_REQUIRE_GL", "") not in {"", "0"}
    needing = any(item.get_closest_marker(name) for name in NEEDING_MARKERS)
    if report.skipped and required and needing and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped, but DEPTHFUSION_REQUIRE_GL is set: {reason}"
    return report


@pytest.fixture(autouse=True)
def _display_for_windows_alone(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep programs under test from taking the focus of a window test in another process.

    Not by the test's own `monkeypatch`: that would be undone last then, after fixtures which it is
    to be undone before.
    """
    with pytest.MonkeyPatch.context() as patch:
        if not shows_windows(request.node):
            for name in ("DISPLAY", "WAYLAND_DISPLAY"):
                patch.delenv(name, raising=False)
        yield


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Fail a test that leaves a thread running."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if isinstance(thread, threading._DummyThread):
            continue  # Python's stand-in for a thread of Qt or a driver; it has no end to wait for
        thread.join(THREAD_GRACE_S)
        assert not thread.is_alive(), f"the test left {thread} running"


@pytest.fixture
def gl_context() -> Iterator[moderngl.Context]:
    """A fresh, current OpenGL 3.3 context without a window; what a test drops unreleased fails."""
    from depthfusion.renderer.offscreen import standalone_context

    with standalone_context() as context:
        context.gc_mode = "context_gc"
        yield context
        left = unreleased(context)
        context.gc_mode = None
        assert not left, f"dropped without release(): {left}"


def unreleased(context: moderngl.Context) -> list[str]:
    """Return the kinds of OpenGL objects that were dropped without `release()`."""
    import moderngl

    gc.collect()
    return [type(o).__name__ for o in context.objects if not isinstance(o, moderngl.InvalidObject)]


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny 4-channel LDM3D with random weights in a real folder; not to be written to."""
    from tests.ldm3d.tiny import tiny_model

    return tiny_model(tmp_path_factory.mktemp("model") / "tiny")
