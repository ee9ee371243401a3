"""What the app window is in the middle of: prompt, form, queue, open world, panels, its place.

One JSON file in the platform's state folder, replaced whole in a thread of its own within half a
second after a change: a window that is killed loses no more than that. No Qt in here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from depthfusion.errors import SaveError
from depthfusion.gui.remembered import JsonFile, state_folder

SAVE_S = 0.4
FILE = "session.json"
_log = logging.getLogger(__name__)


class Session:
    """Values by name, read once and written soon after each change.

    Args:
        folder: of the state; None: the platform's.
        keeps: whether changes are written; not by a second window beside the first.
    """

    def __init__(self, folder: Path | None = None, *, keeps: bool = True) -> None:
        self.folder = folder or state_folder()
        self.keeps = keeps
        self._file = JsonFile(self.folder / FILE)
        self._values = {k: v for k, v in self._file.read().items() if k != "version"}
        self._lock = threading.Lock()
        self._changed, self._closing = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._has_failed = False

    @property
    def complaint(self) -> str:
        """One line about a file that had to be set aside; empty when all is well."""
        return self._file.complaint

    def get(self, name: str, kind: type, default: Any = None) -> Any:
        """Return a value, or the default where there is none of that kind."""
        with self._lock:
            value = self._values.get(name)
        return value if isinstance(value, kind) else default

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Return a value that is a mapping; {} where there is none."""
        found: Mapping[str, Any] = self.get(name, dict, {})
        return found

    def put(self, **values: Any) -> None:
        """Set JSON-able values; they are on the disk within a second."""
        with self._lock:
            if all(name in self._values and self._values[name] == v for name, v in values.items()):
                return
            self._values |= values
        if not self.keeps or self._closing.is_set():
            return
        self._changed.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="session", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Write what is not written yet and end the thread."""
        self._closing.set()
        if self._thread is not None:
            self._changed.set()
            self._thread.join()
            self._thread = None
            self._write()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._changed.wait()
            if self._closing.wait(SAVE_S):
                return  # `close` writes
            self._changed.clear()
            self._write()

    def _write(self) -> None:
        with self._lock:
            values = dict(self._values)
        try:
            self._file.write(values)
            self._has_failed = False
        except SaveError as error:
            if not self._has_failed:
                _log.warning("the session is not kept: %s", error)
            self._has_failed = True
