"""How smooth the view stays while the worker generates: frames a second, generating / idle.

One process with the real app window, a bundled world that turns, and the real worker with the
starter model (without one: the tests' tiny model, which keeps a processor as busy). Idle and
generating take turns; each pair gives a ratio, the median counts. Measured twice: with the same
world in sight, and with what forms in the sphere.
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
from pathlib import Path
from typing import TYPE_CHECKING

from bench.screen import Screen
from bench.start import ROOT

if TYPE_CHECKING:
    from depthfusion.gui.app_window import AppWindow

LEAST_RATIO = 0.9
TIMEOUT_S = 600
SHOWN_S = 4.0
"""How long frames are counted each time."""


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
    lines = []
    for name in ("the same world", "what forms"):
        rates = told[name]
        ratio = statistics.median(busy / idle for idle, busy in rates)
        idle = statistics.median(idle for idle, _ in rates)
        word = "reached" if ratio >= LEAST_RATIO else "MISSED"
        lines.append(
            f"app: frame rate while generating, {name} in sight: {ratio:.2f} of {idle:.0f} frames "
            f"a second when idle, target >= {LEAST_RATIO:g}: {word}"
        )
    return lines


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
        self.window.making.troubled.connect(lambda text, _: self.troubles.append(text))

    def wait(self, done: Callable[[], object]) -> None:
        """Let the window live until something is so."""
        end_s = time.monotonic() + TIMEOUT_S / 4
        while not done():
            self.app.processEvents()
            time.sleep(0.002)
            if time.monotonic() > end_s or self.troubles:
                raise RuntimeError(f"want the window to get on, it hangs: {self.troubles}")

    def rate(self) -> float:
        """Return frames a second that reach the screen while the view turns."""
        clock = self.window.viewport.clock
        self.window.viewport.set_motion(turning=True)
        settled_s = time.monotonic() + 0.5
        self.wait(lambda: time.monotonic() > settled_s)
        start_s, frames = time.monotonic(), clock.frames_shown
        self.wait(lambda: time.monotonic() > start_s + SHOWN_S)
        return (clock.frames_shown - frames) / (time.monotonic() - start_s)

    def begin(self, *, watched: bool) -> None:
        """Let the worker generate for long; go on when its first step is done."""
        from depthfusion.generator.request import Request

        steps: list[object] = []
        making = self.window.making
        making.queue.progressed.connect(lambda job, event: steps.append(event))
        asked = Request("a valley", seed=1, steps=400, width=512, height=256, previews=True)
        making.queue.add(replace(asked, model=making.default_model))
        making.creation._watching = watched
        self.wait(lambda: any(type(event).__name__ == "Step" for event in steps))
        if watched:
            self.wait(lambda: self.window.viewport.previewing)

    def end(self) -> None:
        """Cancel, and wait until the worker is free."""
        self.window.making.queue.cancel()
        self.wait(lambda: not self.window.making.link.busy)

    def run(self, pairs: int) -> dict[str, list[tuple[float, float]]]:
        """Return (idle, generating) rates."""
        from depthfusion.gui import worlds

        window, shown = self.window, []
        window.viewport.finished.connect(lambda: shown.append(True))
        window.dress()
        window.show()
        window.open_world(worlds.bundled_worlds()[0])
        self.wait(lambda: shown)
        self.begin(watched=False)  # the worker has loaded everything from now on
        self.end()
        found: dict[str, list[tuple[float, float]]] = {"the same world": [], "what forms": []}
        for _ in range(pairs):
            for name, rates in found.items():
                idle = self.rate()
                self.begin(watched=name == "what forms")
                rates.append((idle, self.rate()))
                self.end()
        window.close()
        window.viewport.shut_down()
        return found


def main() -> None:
    """Measure in this process; print JSON."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory(prefix="bench-app-") as folder:
        print(json.dumps(_Bench(Path(folder)).run(int(sys.argv[1]))), flush=True)
        os._exit(0)  # before Python takes the widgets apart in any order


if __name__ == "__main__":
    main()
