"""A library in an empty folder, with an index of its own, and small worlds for it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from depthfusion.library import Library
from depthfusion.panorama.write_world import write_world
from tests.library.small_worlds import KillAt, Make, panorama

_EVENTS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.utime", "os.link"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the library is."""
    return tmp_path / "library"


@pytest.fixture
def opened(tmp_path: Path, folder: Path) -> Iterator[Callable[[], Library]]:
    """Open the library once more, as another program would."""
    libraries: list[Library] = []

    def open_it() -> Library:
        libraries.append(Library(folder, indexes=tmp_path / "indexes"))
        return libraries[-1]

    yield open_it
    for library in libraries:
        library.close()


@pytest.fixture
def library(opened: Callable[[], Library]) -> Library:
    """The library, empty."""
    return opened()


@pytest.fixture
def make(folder: Path) -> Make:
    """Write a world into the library's folder behind its back, as `generate -o` does."""

    def made(name: str, prompt: str = "a mossy forest", **more: Any) -> Path:
        return write_world(panorama(prompt), folder / name, more)

    return made


@pytest.fixture
def kill_at() -> KillAt:
    """Run something in another process and kill it (-9) at its nth touch of the disk.

    Returns whether it was killed; False when it was done before.
    """
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")

    def run(do: Callable[[], object], nth: int) -> bool:
        child = os.fork()
        if child == 0:
            _die_at(nth)
            code = 1
            try:
                do()
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return True
        assert os.WEXITSTATUS(status) == 0, "the other process failed by itself"
        return False

    return run


def _die_at(nth: int) -> None:
    touches = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal touches
        if event in _EVENTS and not (event == "open" and _only_reads(arguments)):
            touches += 1
            if touches == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def _only_reads(arguments: tuple[Any, ...]) -> bool:
    return not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
