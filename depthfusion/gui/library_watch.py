"""Notices what becomes of the library: changes by any program, a drive that goes and comes."""

from __future__ import annotations

import time
from contextlib import suppress

from PySide6.QtCore import QObject, QTimer, Signal

from depthfusion.errors import DepthFusionError, InputNotFoundError
from depthfusion.gui.library_work import LibraryWork
from depthfusion.library import Library, Scanned, ScanThread

VERSION_EVERY_MS = 300
STALE_EVERY_S = 2.0
_REST = 10
"""After a scan, this many times as long as it took passes before the next one by itself."""
_PROGRESS_EVERY_MS = 60
_LAST_WAIT_S = 5.0
"""For a scan to stop; a dead network drive may keep it for minutes."""
_TELL_EVERY_S = 0.8
"""While a scan fills the index: to ask for 20,000 names takes some 50 ms."""


class LibraryWatch(QObject):
    """Polls a library while it is awake, and scans it in a thread when worlds came or went."""

    changed = Signal()
    """The index is another one now: ask again."""
    progressed = Signal(int, int)
    """(done, total) of the worlds that a scan has to read; (0, 0) while they are looked for."""
    scanned = Signal(object)
    """A `Scanned`, or None when the scan could not be done."""
    missing_changed = Signal(str)
    """Why the library cannot be read, one line; empty: it can."""
    complained = Signal(str)

    def __init__(self, library: Library, work: LibraryWork, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.missing = ""
        """Why the library cannot be read."""
        self.has_scanned = False
        """Whether the first scan is over."""
        self._library, self._work = library, work
        self._version: tuple[int, int] | None = None
        self._scan: ScanThread | None = None
        self._began_s = self._rest_until_s = self._asked_s = self._told_s = 0.0
        self._is_asking = False
        self._poll = QTimer(self, interval=VERSION_EVERY_MS)
        self._poll.timeout.connect(self.look)
        self._follow = QTimer(self, interval=_PROGRESS_EVERY_MS)
        self._follow.timeout.connect(self._look_at_scan)

    @property
    def is_scanning(self) -> bool:
        """Whether folders are being read."""
        return self._scan is not None

    def wake(self) -> None:
        """Begin to poll; scan if that has not been done yet."""
        if not self.has_scanned:
            self.scan()
        self._poll.start()

    def rest(self) -> None:
        """Poll no more; a scan goes on to its end."""
        self._poll.stop()

    def scan(self) -> None:
        """Scan now, unless that is being done."""
        if self._scan is None:
            self._began_s, self._told_s = time.monotonic(), 0.0
            self._scan = self._library.start_scan()
            self._follow.start()

    def look(self) -> None:
        """See whether something changed."""
        try:
            version = self._library.version()
        except DepthFusionError:
            return  # another program keeps the index busy: it will be over
        for notice in self._library.notices():
            self.complained.emit(notice)
        is_soon = self._scan is not None and time.monotonic() < self._told_s + _TELL_EVERY_S
        if version != self._version and not is_soon:
            self._told_s = time.monotonic()
            was, self._version = self._version, version
            if was is not None and was[0] != version[0]:
                self.scan()  # the index began anew, empty
            self.changed.emit()
        now_s = time.monotonic()
        may_scan = self._scan is None and now_s > self._rest_until_s
        if may_scan and not self._is_asking and now_s > self._asked_s + STALE_EVERY_S:
            self._is_asking, self._asked_s = True, now_s
            self._work.do(self._library.is_stale, self._stale, lambda _: self._stale(False))

    def _stale(self, is_stale: bool) -> None:
        self._is_asking = False
        if is_stale:
            self.scan()

    def _look_at_scan(self) -> None:
        scan = self._scan
        if scan is None or scan.is_running:
            if scan is not None:
                self.progressed.emit(*scan.progress)
            return
        self._follow.stop()
        self._scan = None
        now_s = time.monotonic()
        self._asked_s = now_s
        self._rest_until_s = now_s + _REST * (now_s - self._began_s)
        found: Scanned | None = None
        missing = ""
        try:
            found = scan.result()
        except InputNotFoundError as error:
            missing = str(error)
        except DepthFusionError as error:
            self.complained.emit(str(error))
            missing = self.missing
        self.has_scanned = True
        self.look()
        if missing != self.missing:
            self.missing = missing
            self.missing_changed.emit(missing)
        self.scanned.emit(found)

    def shut_down(self) -> None:
        """Stop, and wait for the scan's thread."""
        self._poll.stop()
        self._follow.stop()
        if self._scan is not None:
            self._scan.cancel()
            with suppress(DepthFusionError):  # told at the next start, if it still is so
                self._scan.result(_LAST_WAIT_S)
            self._scan = None
