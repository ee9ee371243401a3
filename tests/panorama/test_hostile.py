"""Broken and hostile files: one clear line, or a right picture; never more.

Every file is opened by `depthfusion info` in a process of its own, forked from one that has
imported everything, and watched: exit code, output, time, memory, signals.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

MAX_S, MAX_BYTES = 10, 2_000_000_000
DRIVER = """
import io, json, os, resource, signal, sys, time
import numpy, PIL.Image, scipy.ndimage, tifffile
import PIL.AvifImagePlugin, PIL.JpegImagePlugin, PIL.PngImagePlugin, PIL.TiffImagePlugin
import depthfusion.cli.info, depthfusion.panorama.read, depthfusion.panorama.description
from depthfusion.cli import main

def watched(arguments):
    read_end, write_end = os.pipe()
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        os.dup2(write_end, 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        signal.alarm(30)
        code = main(["info", "--json", *arguments])
        sys.stderr.flush()
        os._exit(code)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        err = pipe.read().decode("utf-8", "replace")
    _, status, usage = os.wait4(child, 0)
    return {
        "files": arguments, "status": status, "err": err,
        "seconds": time.monotonic() - start, "bytes": usage.ru_maxrss * 1024,
    }

for line in sys.stdin:
    print(json.dumps(watched(json.loads(line))), flush=True)
"""


def opened(calls: list[list[str]]) -> list[dict]:
    lines = "".join(json.dumps(call) + "\n" for call in calls)
    done = subprocess.run(
        [sys.executable, "-c", DRIVER], input=lines, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def complaint(result: dict) -> str | None:
    """Return what is wrong with how a file was treated, None if nothing is."""
    code, err = os.waitstatus_to_exitcode(result["status"]), result["err"]
    lines = err.splitlines()
    unclear = len(lines) != 1 or not err.startswith("depthfusion: ") or len(err) > 600
    wrong = {
        f"exit code {code}": code not in {0, 1, 66},  # below 0: killed by a signal
        f"a right picture, but it said {lines}": code == 0 and bool(lines),
        f"want one clear line, got {lines}": code != 0 and (unclear or "unexpected" in err),
        f"{result['seconds']:.1f} s": result["seconds"] > MAX_S,
        f"{result['bytes']} bytes": result["bytes"] > MAX_BYTES,
    }
    return next((words for words, is_so in wrong.items() if is_so), None)


@pytest.fixture(scope="module")
def malformed(testdata: Path) -> list[Path]:
    files = sorted(p for p in (testdata / "malformed").rglob("*") if p.is_file())
    assert len(files) > 150
    return files


@pytest.mark.slow
@pytest.mark.parametrize("role", ["image", "depth"])
def test_every_malformed_file_gets_a_clear_line_or_is_right(
    role: str, malformed: list[Path], tmp_path: Path
) -> None:
    good = tmp_path / "good.png"
    Image.new("RGB", (64, 32), (200, 100, 50)).save(good)
    calls = [[str(p)] if role == "image" else [str(good), str(p)] for p in malformed]
    results = opened(calls)
    assert len(results) == len(malformed)
    wrong = {r["files"][-1]: complaint(r) for r in results if complaint(r)}
    assert not wrong
    refused = {Path(r["files"][-1]).name for r in results if r["status"] != 0}
    for name in ("truncated_jpeg.jpg", "truncated_image.png", "oom_exr.exr", "broken.png"):
        assert name in refused


def test_the_watcher_bites(tmp_path: Path) -> None:
    good = tmp_path / "good.png"
    Image.new("RGB", (64, 32), (200, 100, 50)).save(good)
    (fine, missing) = opened([[str(good)], [str(tmp_path / "none.png")]])
    assert complaint(fine) is None and complaint(missing) is None
    assert "no such file" in missing["err"]
    for change in (
        {"status": 11},
        {"status": 2 << 8},
        {"status": 1 << 8, "err": "Traceback\nmore\n"},
        {"err": "a warning\n"},
        {"seconds": 11.0},
        {"bytes": 3 * 10**9},
    ):
        assert complaint(fine | change), change


def test_what_a_library_logs_about_a_broken_file_stays_inside(tmp_path: Path) -> None:
    path = tmp_path / "many.tif"
    Image.new("RGB", (64, 32)).save(path)
    entry = b"\x15\x01\x03\x00\x01\x00\x00\x00"  # tag 277, samples a pixel: one short
    data = path.read_bytes()
    assert data.count(entry) == 1
    place = data.index(entry) + len(entry)
    path.write_bytes(data[:place] + b"\x00\x08" + data[place + 2 :])
    (result,) = opened([[str(path)]])
    assert complaint(result) is None and result["status"] != 0
