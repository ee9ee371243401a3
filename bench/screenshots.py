"""Pictures of every state of the app window, for docs/images: the real window, the real worker.

    .ci/with-display python -m bench.screenshots FOLDER --model MODEL

Without a trained model nothing worth seeing forms: `--model` wants one. The window keeps to a home
of its own; nothing of a person is read or shown.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from depthfusion.gui.app_window import AppWindow

SIZE_PX = (1100, 715)
QUALITY = 86
TIMEOUT_S = 180
PROMPT = "a quiet harbour in the fog, early morning"


class Photographer:
    """One window, led from state to state."""

    def __init__(self, folder: Path, home: Path, model: str | None) -> None:
        from depthfusion.gui.app_window import AppWindow
        from depthfusion.gui.application import make_application
        from depthfusion.gui.remembered import Remembered
        from depthfusion.gui.session import Session
        from depthfusion.library import Library

        self.folder = folder
        self.app = make_application()
        library = Library(home / "worlds", indexes=home / "indexes")
        remembered, session = Remembered(home / "state"), Session(home / "state")
        self.window: AppWindow = AppWindow(remembered, library, session, model=model)

    def wait(self, done: Callable[[], object], then_s: float = 0.6) -> None:
        """Let the window live until something is so, and a little longer."""
        end_s = time.monotonic() + TIMEOUT_S
        while not done():
            self.app.processEvents()
            time.sleep(0.005)
            if time.monotonic() > end_s:
                raise RuntimeError("want the window to get on, it hangs")
        rest_s = time.monotonic() + then_s
        while time.monotonic() < rest_s:
            self.app.processEvents()
            time.sleep(0.005)

    def take(self, name: str, *, whole_screen: bool = False, of: object | None = None) -> None:
        """Save what the screen shows of the window, menus and overlays included."""
        from PySide6.QtWidgets import QWidget

        widget = of if isinstance(of, QWidget) else self.window
        place = widget.frameGeometry() if of is not None else widget.geometry()
        screen = self.app.primaryScreen()
        if whole_screen:
            picture = screen.grabWindow(0)
        else:
            picture = screen.grabWindow(0, place.x(), place.y(), place.width(), place.height())
        path = self.folder / f"{name}.jpg"
        if not picture.save(str(path), "JPG", QUALITY):
            raise RuntimeError(f"want to write {path}, it cannot be written")
        print(path, flush=True)

    def run(self) -> None:
        """Take all of them."""
        self.first_start()
        self.making()
        self.library()
        self.full_screen()
        self.models()
        self.window.close()
        self.window.viewport.shut_down()

    def first_start(self) -> None:
        """First start, then a library with nothing in it."""
        window = self.window
        shown: list[bool] = []
        window.viewport.finished.connect(lambda: shown.append(True))
        self._open_bundled(0)
        window.resize(*SIZE_PX)
        window.move(60, 60)
        window.show()
        window.dress()
        self.wait(lambda: shown and window._first_steps is not None, 2.0)
        self.take("app-first")
        assert window._first_steps is not None and window.menus is not None
        window._first_steps.put_off.click()
        window.menus.library.setChecked(True)
        self.wait(lambda: window.library_panel and window.library_panel.watch.has_scanned, 1.0)
        self.take("app-empty")
        window.menus.library.setChecked(False)

    def _open_bundled(self, number: int) -> None:
        from depthfusion.gui import worlds

        self.window.open_world(worlds.bundled_worlds()[number])

    def making(self) -> None:
        """Starting, generating, and a worker that was killed."""
        window = self.window
        making = window.making
        spoken: list[object] = []
        making.link.spoke.connect(spoken.append)
        making.bar.prompt.set_text(PROMPT)
        making.bar.generate_button.click()
        self.wait(lambda: spoken, 0.3)
        self.take("app-starting")
        self.wait(lambda: window.viewport.previewing, 0.0)
        steps = len(spoken)
        self.wait(lambda: len(spoken) > steps + 8, 0.0)
        self.take("app-generating")
        os.kill(making.link.pid, signal.SIGKILL)
        self.wait(lambda: window._banner is not None and window._banner.isVisible(), 1.0)
        self.take("app-failed")
        window.banner.dismiss()

    def library(self) -> None:
        """All bundled worlds in the library, one open, its details beside it."""
        from depthfusion.gui import worlds
        from depthfusion.gui.loading import Source

        window = self.window
        assert window.menus is not None
        bundled = worlds.bundled_worlds()
        window.import_files([world.color for world in bundled])
        self.wait(lambda: window.library.count() == len(bundled))
        found = {world.title: world for world in window.library.page()}
        world = found.get("Northern lights over the cabin") or next(iter(found.values()))
        shown: list[bool] = []
        window.viewport.finished.connect(lambda: shown.append(True))
        window.opener.open(Source(str(world.folder), title=world.title))
        window.menus.library.setChecked(True)
        window.menus.settings.setChecked(True)
        self.wait(lambda: shown, 6.0)  # until the notices have gone
        self.take("app-library")
        window.menus.library.setChecked(False)
        window.menus.settings.setChecked(False)

    def full_screen(self) -> None:
        """The picture alone."""
        self.window.toggle_full_screen()
        self.wait(self.window.isFullScreen, 4.0)
        self.take("app-full", whole_screen=True)
        self.window.toggle_full_screen()
        self.wait(lambda: not self.window.isFullScreen())

    def models(self) -> None:
        """The models window."""
        self.window.show_models()
        dialog = self.window._models
        assert dialog is not None
        self.wait(dialog.list.topLevelItemCount, 1.0)
        self.take("models", of=dialog)
        dialog.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m bench.screenshots", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", help="a trained model's folder or name; None: as installed")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="screenshots-") as home:
        names = ("CONFIG", "DATA", "STATE", "CACHE")
        os.environ.update({f"XDG_{name}_HOME": str(Path(home) / name.lower()) for name in names})
        os.environ.update({"HOME": home, "HF_HUB_OFFLINE": "1"})
        Photographer(options.folder, Path(home), options.model).run()
        sys.stdout.flush()
        os._exit(0)  # before Python takes the widgets apart in any order


if __name__ == "__main__":
    main()
