"""Real tiny models and a real worker, which is disturbed by stray prints in every test."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from depthfusion.generator.child import worker_environment
from depthfusion.generator.client import WorkerClient
from depthfusion.generator.latent import LatentGenerator
from depthfusion.generator.request import Request

STRAY_PRINTS = """
import ctypes, os, sys, threading, time

def shout():
    libc = ctypes.CDLL(None)
    while True:
        print("stray print", flush=True)
        os.write(1, b'stray bytes \\x00\\xff{"kind"')
        libc.puts(b"stray puts")
        libc.fflush(None)
        time.sleep(0.005)

if os.environ.get("DEPTHFUSION_WORKER"):
    sys.stdout.write("stray before anything, without an end of line")
    sys.stdout.flush()
    threading.Thread(target=shout, daemon=True).start()
"""


@pytest.fixture(scope="session")
def tiny() -> ModuleType:
    """`tests/ldm3d/tiny.py`, which makes model folders."""
    path = Path(__file__).parents[1] / "ldm3d" / "tiny.py"
    spec = importlib.util.spec_from_file_location("tiny_for_generator", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def model(tiny: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny model with random weights."""
    return tiny.tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def request_of(model: Path) -> Callable[..., Request]:
    """Makes requests of a few small, quick steps."""
    base = Request("a quiet lake", str(model), seed=7, steps=3, width=128, height=64)
    return lambda **changes: replace(base, **changes)


@pytest.fixture(scope="session")
def generator() -> LatentGenerator:
    return LatentGenerator()


@pytest.fixture(scope="session")
def noise(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment in which Python and C libraries print to stdout all the time."""
    folder = tmp_path_factory.mktemp("noise")
    (folder / "sitecustomize.py").write_text(STRAY_PRINTS, encoding="utf-8")
    path = worker_environment()["PYTHONPATH"]
    return {"PYTHONPATH": f"{folder}{os.pathsep}{path}"}


@pytest.fixture(scope="session")
def client(noise: dict[str, str], request_of: Callable[..., Request]) -> Iterator[WorkerClient]:
    """A client whose worker is warm, amid stray prints."""
    with WorkerClient(environment=noise) as client:
        for _ in client.generate(request_of(steps=1)):
            pass
        yield client
