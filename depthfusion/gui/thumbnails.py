"""Small pictures of worlds: decoded in threads, those in sight only, and so many kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader, QPixmap

from depthfusion.library import World
from depthfusion.panorama.world_folder import COLOR

MOST_BYTES = 48_000_000
"""Of pictures kept: 360 of 256 x 128 pixels."""
STEP_PX = 64
"""Pictures are decoded in widths of so many pixels more: a panel that is made wider then needs new
ones only now and then."""
_THREADS = 2
_MOST_PIXELS = 40_000_000
"""Of a whole picture that is read in place of a missing thumbnail."""
_MOST_PROBLEMS = 10_000
Key = tuple[str, float]


class Thumbnails(QObject):
    """A bounded store of thumbnails. `want` says which are in sight; all else is left undone.

    Its threads are there only while there is something to decode.
    """

    ready = Signal(str)
    """Name of a world whose picture, or its problem, is known now."""
    _decoded = Signal(object, str, int, QImage, str)

    def __init__(self, parent: QObject | None = None, most_bytes: int = MOST_BYTES) -> None:
        super().__init__(parent)
        self.decoded = 0
        """Pictures decoded so far."""
        self._most_bytes, self._bytes = most_bytes, 0
        self._kept: OrderedDict[Key, tuple[int, QPixmap]] = OrderedDict()
        self._problems: dict[Key, str] = {}
        self._guard = threading.Lock()
        self._queue: list[tuple[Key, World, int]] = []
        self._at_work: set[Key] = set()
        self._threads: list[threading.Thread] = []
        self._decoded.connect(self._keep)

    @property
    def kept_bytes(self) -> int:
        """How much memory the pictures take."""
        return self._bytes

    def picture(self, world: World) -> QPixmap | None:
        """Return a world's picture, twice as wide as high, in whatever size there is."""
        found = self._kept.get(_key(world))
        if found is None:
            return None
        self._kept.move_to_end(_key(world))
        return found[1]

    def problem(self, world: World) -> str:
        """Return why there is no picture; empty: it has not been tried, or there is one."""
        return self._problems.get(_key(world), "")

    def want(self, worlds: Sequence[World], width_px: int) -> None:
        """Decode the pictures of these worlds, the first first, and no others.

        Args:
            worlds: those in sight.
            width_px: device pixels they are shown at.
        """
        width = -(-width_px // STEP_PX) * STEP_PX
        missing = []
        for world in worlds:
            key = _key(world)
            kept = self._kept.get(key)
            if (kept is None or kept[0] < width) and key not in self._problems:
                missing.append((key, world, width))
        with self._guard:
            self._queue = [job for job in reversed(missing) if job[0] not in self._at_work]
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            for _ in range(min(_THREADS - len(self._threads), len(self._queue))):
                thread = threading.Thread(target=self._work, name="thumbnails", daemon=True)
                self._threads.append(thread)
                thread.start()

    def forget_problems(self) -> None:
        """Try again what could not be read."""
        self._problems.clear()

    def _work(self) -> None:
        while True:
            with self._guard:
                if not self._queue:
                    # Said under the lock: `want` then starts another thread for what comes later.
                    self._threads.remove(threading.current_thread())
                    return
                key, world, width = self._queue.pop()
                self._at_work.add(key)
            image, problem = decoded(world, width)
            self._decoded.emit(key, world.name, width, image, problem)

    def _keep(self, key: Key, name: str, width: int, image: QImage, problem: str) -> None:
        with self._guard:
            self._at_work.discard(key)
        self.decoded += 1
        if problem:
            if len(self._problems) >= _MOST_PROBLEMS:
                self._problems.clear()
            self._problems[key] = problem
        else:
            self._drop(key)
            self._kept[key] = (width, QPixmap.fromImage(image))
            self._bytes += _bytes_of(self._kept[key][1])
            while self._bytes > self._most_bytes and len(self._kept) > 1:
                self._drop(next(iter(self._kept)))
        self.ready.emit(name)

    def _drop(self, key: Key) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self._bytes -= _bytes_of(found[1])

    def shut_down(self) -> None:
        """Decode no more, and wait for what is being decoded."""
        with self._guard:
            self._queue.clear()
            threads = list(self._threads)
        for thread in threads:
            thread.join()


def decoded(world: World, width_px: int) -> tuple[QImage, str]:
    """Return a world's picture `width_px` wide and half as high, and why there is none.

    From its thumbnail, or from the whole picture where that is missing.
    """
    size = QSize(width_px, width_px // 2)
    image, problem = _read(world.thumbnail, size)
    if problem and (world.folder / COLOR).is_file():
        whole, _ = _read(world.folder / COLOR, size)
        if not whole.isNull():
            return whole, ""
    return image, problem


def _read(path: Path, size: QSize) -> tuple[QImage, str]:
    if not path.is_file():
        return QImage(), f"{path.name} is missing"
    reader = QImageReader(str(path))
    found = reader.size()
    if found.isValid():
        if found.width() * found.height() > _MOST_PIXELS:
            return QImage(), f"{path.name} is too large"
        reader.setScaledSize(found.scaled(size, Qt.AspectRatioMode.KeepAspectRatioByExpanding))
    image = reader.read()
    if image.isNull():
        return image, f"{path.name} is damaged"
    if image.size() != size:
        image = image.copy(QRect((image.width() - size.width()) // 2,
                                 (image.height() - size.height()) // 2,
                                 size.width(), size.height()))  # fmt: skip
    return image.convertToFormat(QImage.Format.Format_RGB32), ""


def _key(world: World) -> Key:
    return str(world.folder), world.created_s


def _bytes_of(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4
