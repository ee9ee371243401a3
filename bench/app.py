"""How soon the app shows its first picture, how much memory it takes, and how smooth it stays.

    python -m bench.app                  start and memory beside an empty window, frame rate
    python -m bench.app --runs 9 --no-rate

The real command in new processes on a virtual screen, in turn with an empty Qt window with OpenGL
(empty_window.py): the ratio of the two holds on a busy machine too. Left out of the start is how
long it stood in the queue for a processor: nothing on an idle machine.

Software OpenGL keeps its textures in the process's memory, a graphics card does not. So memory is
told twice: of the app as it is here, and of the same app where the driver takes what is uploaded
and keeps nothing (`bench.app_without_gl`). Told beside it: what the process takes that prepares the
world's surface and then ends.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.screen import Screen
from bench.start import ROOT, line, peak_mb

MAX_FIRST_FRAME_S = 1.0
MAX_PEAK_MB = 400
LEAST_RATE = 0.9
TIMEOUT_S = 90
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Run:
    """What was seen of one process."""

    first_frame_s: float = 0.0
    first_frame_cpu_s: float = 0.0
    waited_s: float = 0.0
    """Of it, how long the main thread waited for a processor that other programs had."""
    rss_mb: float = 0.0
    """When everything is on the screen."""
    peak_mb: float = 0.0
    helper_mb: float = 0.0
    """The largest size of a process beside it that prepares the surface."""


def helper_mb(process_id: int) -> float:
    """Return the peak so far of the process that prepares a surface; 0: there is none now."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == process_id and b"surface_child" in (folder / "cmdline").read_bytes():
                return peak_mb(int(folder.name))
        except (OSError, IndexError, StopIteration):  # it has just ended
            continue
    return 0.0


def cpu_s(process_id: int) -> float:
    """Return the processor's seconds that a process has taken so far, its children left out."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def waited_s(process_id: int) -> float:
    """Return how long a process's main thread stood in the queue for a processor so far."""
    told = Path(f"/proc/{process_id}/task/{process_id}/schedstat").read_text().split()
    return int(told[1]) / 1e9


def rss_mb(process_id: int) -> float:
    """Return the resident size of a running process."""
    pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def started(arguments: list[str], environment: dict[str, str], last: str) -> Run:
    """Start a program, note what it says on stderr, and end it.

    Args:
        arguments: the command line.
        environment: of the process.
        last: milestone that is waited for before its memory is counted.
    """
    start_s = time.perf_counter()
    process = subprocess.Popen(
        arguments, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    watchdog = threading.Timer(TIMEOUT_S, process.kill)
    watchdog.start()
    run, said, is_over = Run(), [], threading.Event()

    def look_at_helpers() -> None:
        while not is_over.wait(0.1):
            if run.first_frame_s:  # looking takes time of the processor, which the start needs
                run.helper_mb = max(run.helper_mb, helper_mb(process.pid))

    looker = threading.Thread(target=look_at_helpers)
    looker.start()
    assert process.stderr is not None
    try:
        for text in process.stderr:
            said.append(text)
            found = re.match(r"(\w+) after \d", text)
            if found and found[1] == "first_frame":
                run.first_frame_s = time.perf_counter() - start_s
                run.first_frame_cpu_s = cpu_s(process.pid)
                run.waited_s = waited_s(process.pid)
            if found and found[1] == last:
                time.sleep(0.3)
                run.rss_mb, run.peak_mb = rss_mb(process.pid), peak_mb(process.pid)
                return run
    finally:
        watchdog.cancel()
        is_over.set()
        looker.join()
        process.terminate()
        process.wait(20)
        process.stderr.close()
    raise RuntimeError(f"{' '.join(arguments[1:4])} ended or hangs: {''.join(said)}")


def app_command(*more: str) -> list[str]:
    """Return the command line of the app in a fresh interpreter."""
    return [sys.executable, "-m", "depthfusion", "app", "--timings", *more]


def starts(runs: int) -> tuple[list[Run], list[Run]]:
    """Return the runs of the app and of the empty window, in turn; the first is left out."""
    empty = [sys.executable, str(ROOT / "bench" / "empty_window.py")]
    apps, empties = [], []
    for run in range(-1, runs):
        with Screen() as screen:  # a home of its own: each start is a first one
            shown = started(app_command(), screen.environment, "finished")
            bare = started(empty, screen.environment, "first_frame")
        if run >= 0:
            apps.append(shown)
            empties.append(bare)
    return apps, empties


def without_gl() -> Run:
    """Return a run of the app whose driver keeps nothing."""
    with tempfile.TemporaryDirectory(prefix="bench-app-") as home:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "WAYLAND_"))}
        environment = {**kept, "HOME": home, "QT_QPA_PLATFORM": "offscreen"}
        arguments = [sys.executable, "-m", "bench.app_without_gl"]
        return started(arguments, environment, "finished")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.app", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-start", action="store_true", help="frame rate only")
    parser.add_argument("--no-rate", action="store_true", help="start and memory only")
    options = parser.parse_args(arguments)
    lines = []
    if not options.no_start:
        lines += _told_starts(*starts(options.runs))
        bare = without_gl()
        lines.append(line("app: peak memory, textures elsewhere", bare.peak_mb, MAX_PEAK_MB, "MB"))
    if not options.no_rate:
        from bench.app_rate import told_rates

        lines += told_rates(options.runs)
    print(*lines, sep="\n")
    return 1 if any("MISSED" in text for text in lines) else 0


def _told_starts(apps: list[Run], empties: list[Run]) -> list[str]:
    pairs = list(zip(apps, empties, strict=True))
    first_s = statistics.median(a.first_frame_s for a in apps)
    own_s = statistics.median(a.first_frame_s - a.waited_s for a in apps)
    cpu = statistics.median(a.first_frame_cpu_s for a in apps)
    ratio = statistics.median(a.first_frame_s / e.first_frame_s for a, e in pairs)
    cpu_ratio = statistics.median(a.first_frame_cpu_s / e.first_frame_cpu_s for a, e in pairs)
    empty_s = statistics.median(e.first_frame_s for e in empties)
    empty_cpu = statistics.median(e.first_frame_cpu_s for e in empties)
    peak = max(a.peak_mb for a in apps)
    beside = max(a.helper_mb for a in apps)
    return [
        line("app: start to first frame, others' work left out", own_s, MAX_FIRST_FRAME_S, "s"),
        f"  by the clock {first_s:.2f} s; {cpu:.2f} s of the processor; an empty window: "
        f"{empty_s:.2f} s, {empty_cpu:.2f} s; ratio {ratio:.2f}, of the processor {cpu_ratio:.2f}",
        line("app: peak memory with software OpenGL", peak, MAX_PEAK_MB, "MB"),
        f"  {statistics.median(a.rss_mb for a in apps):.0f} MB once all is shown; an empty window: "
        f"{max(e.peak_mb for e in empties):.0f} MB; the process that prepares the surface, for "
        f"some seconds: {beside:.0f} MB",
    ]


if __name__ == "__main__":
    sys.exit(main())
