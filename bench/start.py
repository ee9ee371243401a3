"""How soon the first picture is on the screen, and how much memory a large pair takes.

    python -m bench.start                process start -> picture, memory of view and render
    python -m bench.start --runs 9

The real command, a new process each time, on a virtual screen whose pixels are watched from
outside: "on screen" is the moment when the middle of the screen looks like a picture. An empty Qt
window with OpenGL (empty_window.py) is started in turn with it: what is left is ours. One run of
each is thrown away first (cold files).
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from bench.room import CACHE, room_panorama
from bench.screen import Screen

MAX_FIRST_PICTURE_S = 0.5
MAX_PEAK_MB = 1500
TIMEOUT_S = 60
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Files:
    """A panorama on disk."""

    color: Path
    depth: Path


@dataclass
class Start:
    """What was seen of one process."""

    on_screen_s: float = 0.0
    milestones_ms: dict[str, float] = field(default_factory=dict)
    peak_mb: float = 0.0


def large_pair(width_px: int, depth_width_px: int) -> Files:
    """Return the room enlarged: a JPEG and its 16-bit depth; made once, kept in out/bench/."""
    color_path = CACHE / f"grainy-{width_px}.jpg"
    files = Files(color_path, CACHE / f"grainy-{width_px}-depth-{depth_width_px}.png")
    panorama = room_panorama()
    assert panorama.depth is not None
    Image.MAX_IMAGE_PIXELS = None
    if not files.color.exists():
        color = np.asarray(Image.fromarray(panorama.color).resize((width_px, width_px // 2)))
        # Grain of a camera: a smooth picture would be a third as large and quicker to decode.
        grain = np.random.default_rng(1).integers(-5, 6, (*color.shape[:2], 1), np.int16)
        grainy = np.clip(color + grain, 0, 255).astype(np.uint8)
        Image.fromarray(grainy).save(files.color, quality=90)
    if not files.depth.exists():
        gray = Image.fromarray(panorama.depth).resize((depth_width_px, depth_width_px // 2))
        Image.fromarray(np.rint(np.clip(gray, 0, 1) * 65535).astype(np.uint16)).save(files.depth)
    return files


def command(*arguments: str) -> list[str]:
    """Return the command line of DepthFusion in a fresh interpreter."""
    return [sys.executable, "-m", "depthfusion", *arguments]


def peak_mb(process_id: int) -> float:
    """Return the largest resident size so far of a running process (Linux)."""
    status = Path(f"/proc/{process_id}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def started(
    arguments: list[str],
    screen: Screen,
    last_milestone: str,
) -> Start:
    """Start a program, watch the screen, note what it says, and end it.

    Args:
        arguments: the command line.
        screen: where it shows itself.
        last_milestone: waited for before it is ended, so that its memory is counted in full.
    """
    start_s = time.perf_counter()
    process = subprocess.Popen(
        arguments, env=screen.environment, cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    result, said = Start(), []

    def listen() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            for name in re.findall(r"(\w+) after \d", line):
                result.milestones_ms[name] = 1000 * (time.perf_counter() - start_s)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        while not result.on_screen_s or last_milestone not in result.milestones_ms:
            if not result.on_screen_s and screen.shows_a_picture():
                result.on_screen_s = time.perf_counter() - start_s
            if process.poll() is not None or time.perf_counter() - start_s > TIMEOUT_S:
                raise RuntimeError(f"{' '.join(arguments[1:4])} ended or hangs: {''.join(said)}")
            time.sleep(0.004)
        result.peak_mb = peak_mb(process.pid)
    finally:
        process.terminate()
        process.wait(10)
        listener.join(10)
    return result


# A small process between: on Linux a child's peak begins with what its parent has at the fork.
_MEASURED = """
import json, resource, subprocess, sys, time
start_s = time.perf_counter()
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
peak_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([code, peak_kb / 1024, time.perf_counter() - start_s]))
"""


def rendered_peak_mb(files: Files) -> tuple[float, float]:
    """Return the peak of `depthfusion render` in MB and its seconds."""
    output = CACHE / "render.png"
    arguments = command("render", str(files.color), str(files.depth), "-o", str(output))
    measured = subprocess.run(
        [sys.executable, "-c", _MEASURED, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    code, peak, seconds = json.loads(measured.stdout)
    if code != 0:
        raise RuntimeError(f"depthfusion render {files.color.name}: {measured.stderr}")
    with Image.open(output) as picture:
        if np.asarray(picture).std() < 15:
            raise AssertionError("depthfusion render gave a picture without contrast")
    return peak, seconds


def empty_window_s(screen: Screen) -> float:
    """Return the seconds from process start to the first frame of an empty Qt window."""
    arguments = [sys.executable, str(ROOT / "bench" / "empty_window.py")]
    start_s = time.perf_counter()
    process = subprocess.Popen(
        arguments, env=screen.environment, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stderr is not None
    try:
        for said in process.stderr:
            if said.startswith("first_frame"):
                return time.perf_counter() - start_s
        raise RuntimeError("want an empty window, it ended without a first frame")
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()


def in_turn(files: Files, screen: Screen, runs: int) -> tuple[list[Start], list[float]]:
    """Return the runs of the viewer and of the empty window, started in turn."""
    viewer = command("view", str(files.color), str(files.depth), "--timings")
    views, empties_s = [], []
    for run in range(-1, runs):
        shown = started(viewer, screen, "finished")
        empty_s = empty_window_s(screen)
        if run >= 0:
            views.append(shown)
            empties_s.append(empty_s)
    return views, empties_s


def line(what: str, reached: float, target: float, unit: str) -> str:
    """Return one figure beside its target."""
    word = "reached" if reached <= target else "MISSED"
    return f"{what}: {reached:.2f} {unit}, target <= {target:g} {unit}: {word}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.start", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--depth-widths", type=int, nargs="+", default=[2048, 8192])
    parser.add_argument("--no-memory", action="store_true", help="times only")
    options = parser.parse_args(arguments)
    lines = []
    for depth_width_px in options.depth_widths:
        files = large_pair(8192, depth_width_px)
        with Screen() as screen:
            views, empties_s = in_turn(files, screen, options.runs)
        shown_s = statistics.median(s.on_screen_s for s in views)
        empty_s = statistics.median(empties_s)
        ratio = statistics.median(
            view.on_screen_s / empty_s for view, empty_s in zip(views, empties_s, strict=True)
        )
        what = f"8192x4096 JPEG, depth {depth_width_px} wide"
        lines.append(line(f"{what}: start to picture on screen", shown_s, MAX_FIRST_PICTURE_S, "s"))
        lines.append(f"  an empty window: {empty_s:.2f} s, ratio {ratio:.2f}")
        names = set.intersection(*(set(v.milestones_ms) for v in views))
        medians = {n: round(statistics.median(v.milestones_ms[n] for v in views)) for n in names}
        medians = dict(sorted(medians.items(), key=lambda item: item[1]))
        lines.append(f"  milestones (ms): {json.dumps(medians)}")
        peak = max(s.peak_mb for s in views)
        lines.append(line(f"{what}: peak memory of view", peak, MAX_PEAK_MB, "MB"))
    if not options.no_memory:
        for width_px, depth_width_px in ((8192, 8192), (16384, 2048)):
            peak, seconds = rendered_peak_mb(large_pair(width_px, depth_width_px))
            what = f"{width_px}x{width_px // 2}: peak memory of render ({seconds:.1f} s)"
            if width_px == 8192:
                lines.append(line(what, peak, MAX_PEAK_MB, "MB"))
            else:
                lines.append(f"{what}: {peak:.0f} MB, no target: it has to open")
    print(*lines, sep="\n")
    return 1 if any("MISSED" in text for text in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
