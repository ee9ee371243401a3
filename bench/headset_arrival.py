"""The longest frame of a headset while a world of 8192x4096 arrives: a part of bench.headset."""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from bench.room import room_panorama
from bench.speed import EYE_SIZE_PX, Verdict
from bench.undrawn import undrawn_context
from bench.worn import REFRESH_HZ, Session, options, world_files

MAX_LATE_PERIODS = 2.0
MAX_METRONOME_PERIODS = 1.5
"""Beyond this the machine is too busy with other programs for times to say much."""
CHANGE_FRAMES = 90
"""From the change itself to the end of the cross-fade, and beyond."""


def arrival_verdicts(arrivals: int) -> list[Verdict]:
    """Return the longest frame, in periods, while worlds of 8192x4096 arrive."""
    with ExitStack() as scope:
        ctx = scope.enter_context(undrawn_context())
        names = ["first", *(f"next-{n}" for n in range(2))]
        files = scope.enter_context(world_files(room_panorama(), names, 8192))
        session = Session(ctx, options(EYE_SIZE_PX, is_paced=True), scope)
        session.show(1, files[0])
        session.live(90)
        was = gc.isenabled()
        gc.disable()
        gc.freeze()
        quiet = longest(session, lambda: session.live(270))
        during = []
        for n in range(arrivals):
            arrive = partial(arrived, session, n + 2, files[1 + n % 2])
            during.append(longest(session, arrive))
        gc.unfreeze()
        if was:
            gc.enable()
    print("arrival: longest frame, in periods: time | our processor time | a metronome beside it")
    for name, found in (("no arrival", quiet), *(("arrival", d) for d in during)):
        print(f"  {name}: {found.frame:.2f} | {found.own:.2f} | {found.metronome:.2f}")
    own = statistics.median(d.own for d in during)
    disturbed = statistics.median(d.metronome for d in during) > MAX_METRONOME_PERIODS
    if disturbed:
        print("  other programs held up the metronome: our processor time is judged instead")
    frame = own if disturbed else statistics.median(d.frame for d in during)
    return [Verdict("arrival: longest frame (periods), median of arrivals", frame,
                    MAX_LATE_PERIODS)]  # fmt: skip


def arrived(session: Session, number: int, color: Path) -> None:
    """Let a world come, be shown, and the old one go."""
    session.show(number, color)
    session.live(CHANGE_FRAMES)


@dataclass(frozen=True)
class Longest:
    """The longest frames of a while, in periods."""

    frame: float
    """Between two frames' poses."""
    own: float
    """Processor time of the loop's thread between two frames' poses."""
    metronome: float
    """Between two ticks of a program that only waits for the next: how busy the machine is."""


def longest(session: Session, live: Callable[[], object]) -> Longest:
    """Live, and return the longest frames."""
    headset = session.headset
    beat = subprocess.Popen(
        [sys.executable, "-c", _METRONOME, str(REFRESH_HZ)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert beat.stdout is not None
    beat.stdout.readline()
    headset.forget_notes()
    live()
    ticked, _ = beat.communicate()
    frame, own = (np.diff(x).max() * REFRESH_HZ for x in (headset.begun_s, headset.begun_own_s))
    return Longest(float(frame), float(own), float(ticked) * REFRESH_HZ)


_METRONOME = """
import sys, threading, time
ended = []
threading.Thread(target=lambda: ended.append(sys.stdin.read()), daemon=True).start()
period_s = 1 / float(sys.argv[1])
print("ready", flush=True)
longest_s, last_s = 0.0, time.perf_counter()
next_s = last_s + period_s
while not ended:
    time.sleep(max(0.0, next_s - time.perf_counter()))
    now_s = time.perf_counter()
    longest_s, last_s = max(longest_s, now_s - last_s), now_s
    next_s = max(next_s + period_s, now_s)
print(longest_s)
"""
