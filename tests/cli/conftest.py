"""A small world in files, and the command as a person runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A red front, green right, blue back and grey left, and a depth map with a near box ahead."""
    folder = tmp_path_factory.mktemp("world")
    color = np.zeros((64, 128, 3), np.uint8)
    color[:, 48:80] = (220, 40, 40)
    color[:, 80:112] = (40, 220, 40)
    color[:, 16:48] = 128
    color[:, 112:] = color[:, :16] = (40, 40, 220)
    depth = np.full((64, 128), 8000, np.uint16)
    depth[24:40, 58:70] = 60000
    color_path, depth_path = folder / "room.png", folder / "room_depth.png"
    Image.fromarray(color).save(color_path)
    Image.fromarray(depth).save(depth_path)
    return color_path, depth_path


@pytest.fixture
def run_command(tmp_path: Path) -> Run:
    """Run `python -m depthfusion ...` in a process of its own, in an empty folder."""

    def run(*arguments: object, **extra: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "depthfusion", *map(str, arguments)],
            cwd=tmp_path, env=os.environ | extra, capture_output=True,
            stdin=subprocess.DEVNULL, timeout=60, check=False,
        )  # fmt: skip

    return run
