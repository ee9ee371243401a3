"""What reading a full-size pair costs, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no peak memory there"),
]

READ = """
import json, resource, sys, time
from depthfusion.panorama import read_panorama
import depthfusion.panorama.read, depthfusion.panorama.pillow_file, PIL.JpegImagePlugin
cpu_s = []
for _ in range(3):
    start = time.process_time()
    found = read_panorama(*json.loads(sys.argv[1]), draft_px=json.loads(sys.argv[2]))
    cpu_s.append(time.process_time() - start)
def peak_bytes():
    try:  # ru_maxrss would begin with what the process that started this one took
        lines = open("/proc/self/status").read().splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
print(json.dumps({
    "cpu_s": min(cpu_s),
    "bytes": peak_bytes(),
    "color": found.color.shape,
    "depth": None if found.depth is None else found.depth.shape,
}))
"""


def cost(paths: list[Path], draft_px: int | None) -> dict:
    arguments = [json.dumps([str(p) for p in paths]), json.dumps(draft_px)]
    done = subprocess.run(
        [sys.executable, "-c", READ, *arguments], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("full")
    small = np.random.default_rng(1).integers(0, 255, (256, 512, 3), dtype=np.uint8)
    large = Image.fromarray(small).resize((8192, 4096), Image.Resampling.BILINEAR)
    large.save(folder / "w.jpg", quality=90)
    rows = np.linspace(1000, 4000, 4096).astype(np.uint16)
    depth = np.broadcast_to(rows[:, None], (4096, 8192))
    Image.fromarray(depth.copy()).save(folder / "w_depth.png", compress_level=1)
    return [folder / "w.jpg", folder / "w_depth.png"]


def test_a_full_size_pair_stays_well_below_a_gigabyte(pair: list[Path]) -> None:
    full = cost(pair, None)
    assert full["color"] == [4096, 8192, 3] and full["depth"] == [4096, 8192]
    assert full["bytes"] < 900e6


def test_a_draft_costs_clearly_less_time_and_half_the_memory(pair: list[Path]) -> None:
    full, draft = cost(pair[:1], None), cost(pair[:1], 1024)
    assert draft["color"] == [512, 1024, 3]
    assert draft["cpu_s"] < 0.8 * full["cpu_s"], (draft, full)  # what is left is Huffman decoding
    assert draft["bytes"] < 0.5 * full["bytes"], (draft, full)
