"""A virtual screen that can be looked at from outside: Xvfb with its pixels in a file."""

from __future__ import annotations

import os
import struct
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

SCREEN_PX = (1280, 800)


class Screen:
    """A running Xvfb; a context manager. `environment` is what programs on it need."""

    def __enter__(self) -> Screen:
        self._folder = tempfile.TemporaryDirectory(prefix="bench-screen-")
        reading, writing = os.pipe()
        size = "{}x{}x24".format(*SCREEN_PX)
        command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", size]
        command += ["-fbdir", self._folder.name, "-nolisten", "tcp"]
        self._server = subprocess.Popen(
            command, pass_fds=[writing], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        os.close(writing)
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        if not number:
            raise RuntimeError("want a virtual screen, Xvfb did not start: install xvfb")
        home = Path(self._folder.name) / "home"
        home.mkdir()
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "WAYLAND_", "QT_"))
        }
        # A home of its own: neither the remembered views nor the recent files of a person.
        self.environment = {**kept, "DISPLAY": f":{number}", "HOME": str(home)}
        self._file = np.memmap(Path(self._folder.name) / "Xvfb_screen0", np.uint8, mode="r")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.terminate()
        self._server.wait(10)
        del self._file
        self._folder.cleanup()

    def picture(self) -> NDArray[np.uint8]:
        """Return what is on the screen now, (h, w, 3) uint8."""
        return np.ascontiguousarray(self._bgrx()[..., 2::-1])

    def shows_a_picture(self) -> bool:
        """Return whether the middle of the screen looks like a photograph, not like a surface."""
        # Few pixels, cut out before they are copied: looking must not slow what is looked at.
        middle = self._bgrx()[200:600:16, 340:940:16, :3].reshape(-1, 3)
        return float(middle.std(axis=0).max()) > 12 and len(np.unique(middle, axis=0)) > 150

    def _bgrx(self) -> NDArray[np.uint8]:
        raw = self._file
        header = struct.unpack(">25I", raw[:100].tobytes())  # X11/XWDFile.h
        start, width, height, line_bytes = (
            header[0] + 12 * header[19],
            header[4],
            header[5],
            header[12],
        )
        rows = raw[start : start + line_bytes * height].reshape(height, line_bytes)
        return rows[:, : 4 * width].reshape(height, width, 4)
