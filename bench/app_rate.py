"""How smooth the view stays while the worker generates: frames a second, generating / idle.

One process with the real app window, a bundled world that turns, and the real worker with the
starter model as a user has it (without one: the tests' tiny model). Idle and generating take turns;
each pair gives a ratio, the median counts. Measured three times: while the world turns by itself,
while a key is held that turns it, and with what forms in the sphere turning by itself.

Only frames with another view count: Qt also swaps when no more than a progress bar has changed.
Told beside it is what the turning costs the worker: its steps a second against a view that stands.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.screen import Screen
from bench.start import ROOT

if TYPE_CHECKING:
    from depthfusion.gui.app_window import AppWindow

LEAST_RATIO = 0.9
TIMEOUT_S = 900
SHOWN_S = 4.0
"""How long frames are counted each time."""
FORMS = "what forms in sight"


def told_rates(pairs: int) -> list[str]:
    """Return the figures as lines."""
    with Screen() as screen:
        done = subprocess.run(
            [sys.executable, "-m", "bench.app_rate", str(pairs)],
            env=screen.environment, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S,
            check=False,
        )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"the app window ended: {done.stderr[-2000:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    steps_hz = {name: statistics.median(value) for name, value in told.pop("steps").items()}
    lines = []
    for name, rates in told.items():
        ratio = statistics.median(busy / idle for idle, busy in rates)
        idle = statistics.median(idle for idle, _ in rates)
        word = "reached" if ratio >= LEAST_RATIO else "MISSED"
        lines.append(
            f"app: frame rate while generating, {name}: {ratio:.2f} of {idle:.0f} frames "
            f"a second when idle, target >= {LEAST_RATIO:g}: {word}"
        )
    told_steps = ", ".join(f"{name} {hz:.2f}" for name, hz in steps_hz.items())
    return [*lines, f"  steps of the worker a second: {told_steps}"]


def _model(folder: Path) -> str | None:
    """Return the folder of a tiny model; None where the starter model is there."""
    from depthfusion.generator.models import starter_folder
    from tests.ldm3d.tiny import tiny_model

    return None if starter_folder() is not None else str(tiny_model(folder))


class _Bench:
    """The window and what is done with it."""

    def __init__(self, folder: Path) -> None:
        from depthfusion.gui.app_window import AppWindow
        from depthfusion.gui.application import make_application
        from depthfusion.gui.remembered import Remembered
        from depthfusion.gui.session import Session
        from depthfusion.library import Library

        self.app = make_application()
        library = Library(folder / "library", indexes=folder / "indexes")
        remembered, session = Remembered(folder / "state"), Session(folder / "state")
        self.troubles: list[str] = []
        model = _model(folder / "model")
        self.window: AppWindow = AppWindow(remembered, library, session, model=model)
        self.frames = self.steps = 0
        self._seen: object = None
        self.window.making.troubled.connect(lambda text, _: self.troubles.append(text))

    def wait(self, done: Callable[[], object]) -> None:
        """Let the window live until something is so."""
        from PySide6.QtCore import QEventLoop, QTimer

        end_s = time.monotonic() + TIMEOUT_S / 4
        loop = QEventLoop()
        look = QTimer()
        look.timeout.connect(lambda: loop.quit() if done() or self.troubles else None)
        look.timeout.connect(lambda: loop.quit() if time.monotonic() > end_s else None)
        look.start(50)
        if not done():
            loop.exec()
        if self.troubles or not done():
            raise RuntimeError(f"want the window to get on, it hangs: {self.troubles}")

    def rate(self, *, by_hand: bool = False) -> float:
        """Return views a second that reach the screen while the world turns.

        Args:
            by_hand: a key is held; else it turns by itself.
        """
        view = self.window.viewport
        self.turn(by_hand=by_hand)
        settled_s = time.monotonic() + 0.5
        self.wait(lambda: time.monotonic() > settled_s)
        start_s, frames = time.monotonic(), self.frames
        self.wait(lambda: time.monotonic() > start_s + SHOWN_S)
        rate = (self.frames - frames) / (time.monotonic() - start_s)
        self.turn(by_hand=False)
        view.set_motion(turning=False)
        return rate

    def turn(self, *, by_hand: bool) -> None:
        """Begin to turn."""
        view = self.window.viewport
        view.motion.hold(0.1 if by_hand else 0.0, 0, 0, 0, 0)
        view.set_motion(turning=not by_hand)

    def step_rate(self, moves: Callable[[], float] | None) -> tuple[float, float]:
        """Return the worker's steps a second, and what `moves` gives; None: the view stands."""
        start_s, steps, rate = time.monotonic(), self.steps, 0.0
        if moves is None:
            self.wait(lambda: time.monotonic() > start_s + SHOWN_S)
        else:
            rate = moves()
        return (self.steps - steps) / (time.monotonic() - start_s), rate

    def begin(self, *, watched: bool) -> None:
        """Let the worker generate for long, as it does by default; go on after its first step."""
        from depthfusion.generator.request import Request

        steps, making = self.steps, self.window.making
        asked = Request("a valley", seed=1, count=99, previews=True)
        if watched:  # a world that is finished would be shown from then on
            asked = replace(asked, count=1, steps=400)
        making.queue.add(replace(asked, model=making.default_model))
        making.creation._watching = watched
        self.wait(lambda: self.steps > steps)
        if watched:
            self.wait(lambda: self.window.viewport.previewing)

    def end(self) -> None:
        """Cancel, and wait until the worker is free."""
        self.window.making.queue.cancel()
        self.wait(lambda: not self.window.making.link.busy)

    def _heard(self, job: object, event: object) -> None:
        self.steps += type(event).__name__ == "Step"

    def _shown(self) -> None:
        drawn = self.window.viewport._drawn
        self.frames += drawn != self._seen
        self._seen = drawn

    def run(self, pairs: int) -> dict[str, Any]:
        """Return (idle, generating) rates by name, and "steps": steps a second by name."""
        from depthfusion.gui import worlds

        window, shown = self.window, []
        window.viewport.finished.connect(lambda: shown.append(True))
        window.viewport.frameSwapped.connect(self._shown)
        window.making.queue.progressed.connect(self._heard)
        window.dress()
        window.show()
        window.open_world(worlds.bundled_worlds()[0])
        self.wait(lambda: shown)
        self.begin(watched=False)  # the worker has loaded everything from now on
        self.end()
        by_hand = partial(self.rate, by_hand=True)
        moves: dict[str, Callable[[], float]] = {
            "turning by itself": self.rate,
            "turned by hand": by_hand,
        }
        found: dict[str, Any] = {name: [] for name in (*moves, FORMS)}
        steps: dict[str, list[float]] = {name: [] for name in ("standing", *found)}
        for _ in range(pairs):
            idle = {name: move() for name, move in moves.items()}
            self.begin(watched=False)
            steps["standing"].append(self.step_rate(None)[0])
            for name, move in moves.items():
                steps_hz, rate = self.step_rate(move)
                steps[name].append(steps_hz)
                found[name].append((idle[name], rate))
            self.end()
            self.begin(watched=True)
            steps_hz, rate = self.step_rate(self.rate)
            steps[FORMS].append(steps_hz)
            found[FORMS].append((idle["turning by itself"], rate))
            self.end()
        return {**found, "steps": steps}


def main() -> None:
    """Measure in this process; print JSON."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory(prefix="bench-app-") as folder:
        bench = _Bench(Path(folder))
        print(json.dumps(bench.run(int(sys.argv[1]))), flush=True)
        bench.window.making.shut_down()
        os._exit(0)  # before Python takes the widgets apart in any order


if __name__ == "__main__":
    main()
