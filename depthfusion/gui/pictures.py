"""Saves the present view as a picture, without holding the window up."""

from __future__ import annotations

import contextlib
import datetime
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Signal

from depthfusion.errors import DepthFusionError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIZES_PX = ((1920, 1080), (2560, 1440), (3840, 2160), (4096, 4096))
"""Offered besides the window's own size."""


class PictureSaver(QObject):
    """Writes pictures in a thread of its own; tells of each in the GUI thread."""

    saved = Signal(str)
    """Path of a picture that is complete on disk."""
    failed = Signal(str)
    """One line; nothing was left behind."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._threads: list[threading.Thread] = []

    def save(self, pixels: NDArray[np.uint8], path: Path) -> None:
        """Begin to write (H, W, 3) uint8 sRGB to `path`; the ending chooses the format."""
        self.write(path, lambda: write_picture(pixels, path))

    def write(self, path: Path, work: Callable[[], Path]) -> None:
        """Begin to write `path` by `work`, which returns the file to tell of."""
        thread = threading.Thread(target=self._write, args=(path, work), name="picture")
        self._threads = [t for t in self._threads if t.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _write(self, path: Path, work: Callable[[], Path]) -> None:
        try:
            written = work()
        except DepthFusionError as error:
            self.failed.emit(str(error))
        except (OSError, ValueError, MemoryError) as error:
            reason = getattr(error, "strerror", None) or str(error) or self.tr("not enough memory")
            self.failed.emit(self.tr("cannot save {0}: {1}").format(path, reason))
        else:
            self.saved.emit(str(written))

    def wait(self) -> None:
        """Wait until every picture begun is written."""
        for thread in self._threads:
            thread.join()


def write_picture(pixels: NDArray[np.uint8], path: Path) -> Path:
    """Write (H, W, 3) uint8 sRGB to `path`, whole or not at all; the ending chooses the format.

    Raises:
        OSError: if it cannot be written.
        ValueError: if the ending is no format.
    """
    from PIL import Image

    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(part, quality=95)
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    return path


def free_picture_path(title: str) -> Path:
    """Return a path in the person's pictures folder that does not exist yet."""
    location = QStandardPaths.StandardLocation.PicturesLocation
    folder = Path(QStandardPaths.writableLocation(location) or Path.home()) / "DepthFusion"
    now = datetime.datetime.now().strftime("%Y-%m-%d %H.%M.%S")
    safe = "".join(c if c.isalnum() or c in " -_" else "_" for c in title).strip()[:60] or "view"
    for number in range(1, 10_000):
        suffix = "" if number == 1 else f" ({number})"
        path = folder / f"{safe} {now}{suffix}.png"
        if not path.exists():
            return path
    return folder / f"{safe} {now}.png"


def short_path(path: str) -> str:
    """Return a path with the home folder as ~."""
    try:
        return str(Path("~") / Path(path).relative_to(Path.home()))
    except ValueError:
        return path
