"""Fixtures around the simulated runtime; a folder's conftest.py imports what it uses."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

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
    """The compiled runtime; without a compiler tests skip here, and fail in CI."""
    if sys.platform != "linux":
        pytest.skip("the simulated runtime is made for Linux")
    pytest.importorskip("openvr", reason="the extra vr is not installed", exc_type=ImportError)
    cache = getattr(request.config, "cache", None)
    folder = cache.mkdir("simulated-runtime") if cache else tmp_path_factory.mktemp("runtime")
    try:
        return build_runtime(Path(folder))
    except CompilerMissingError as error:
        if os.environ.get("DEPTHFUSION_REQUIRE_GL", "") not in {"", "0"}:
            raise
        pytest.skip(str(error))


@pytest.fixture
def runtime(runtime_folder: Path) -> Iterator[SimulatedRuntime]:
    """A fresh runtime: one headset with two controllers, seated at 1.2 m, nothing pressed."""
    with simulated_runtime(runtime_folder) as found:
        yield found
