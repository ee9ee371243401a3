"""Fixtures around the simulated runtime; a folder's conftest.py imports what it uses."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.headset.simulated.simulated_runtime import (
    CompilerMissingError,
    SimulatedRuntime,
    build_runtime,
    simulated_runtime,
)


@pytest.fixture(scope="session")
def runtime_folder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The compiled runtime; where it cannot be had tests skip, and fail in CI."""
    if sys.platform != "linux":
        pytest.skip("the simulated runtime is made for Linux")
    if importlib.util.find_spec("openvr") is None:
        _do_without("the extra vr is not installed")
    cache = getattr(request.config, "cache", None)
    folder = cache.mkdir("simulated-runtime") if cache else tmp_path_factory.mktemp("runtime")
    try:
        return build_runtime(Path(folder))
    except CompilerMissingError as error:
        _do_without(str(error))


def _do_without(reason: str) -> NoReturn:
    if os.environ.get("DEPTHFUSION_REQUIRE_GL", "") not in {"", "0"}:
        pytest.fail(f"{reason}; DEPTHFUSION_REQUIRE_GL is set")
    pytest.skip(reason)


@pytest.fixture
def runtime(runtime_folder: Path) -> Iterator[SimulatedRuntime]:
    """A fresh runtime: one headset with two controllers, seated at 1.2 m, nothing pressed."""
    with simulated_runtime(runtime_folder) as found:
        yield found
