"""One window for one person: a second start hands its files to the first and ends.

    instance = SingleInstance()
    if instance.claim(paths) is Claim.HANDED_OVER:
        return 0                              # the window that is open shows them
    ...
    instance.asked.connect(window.be_asked)   # paths, activation token

Who holds a lock in the runtime folder is the first; the system takes the lock back from a process
that was killed, so nothing can be stale. A start with `--new-window` simply claims nothing.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from depthfusion.errors import UsageError
from depthfusion.file_lock import open_locked
from depthfusion.settings import config_folder

HAND_OVER_S = 5.0
"""So long the first one may take to answer."""
LISTEN_S = 5.0
"""So long a connection may take to say something."""
MAX_BYTES = 1_000_000
_PAUSE_S = 0.05
_MOST_PATH_BYTES = 100
"""Of a socket's path; systems allow 104 to 108."""
_DONE = b"ok\n"
_TOKENS = ("XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID")
"""Where a desktop leaves what lets a window come to the front."""


class Claim(Enum):
    """What came of wanting to be the one instance."""

    FIRST = "first"
    """This process is the one; `asked` tells what others want."""
    HANDED_OVER = "handed over"
    """Another one took the files: this process can end."""
    ALONE = "alone"
    """The other one does not answer, or no lock can be had: open a window, but share nothing."""


class SingleInstance(QObject):
    """The one instance of a person and a config folder, or the way to it.

    Attributes:
        asked: a later start wants these absolute paths shown (none: only to be raised), with the
            token that lets a window come to the front, or "".
    """

    asked = Signal(list, str)

    def __init__(
        self,
        config: Path | None = None,
        runtime: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._folder = _runtime_folder() if runtime is None else runtime
        self._key = _key(config_folder() if config is None else config)
        self._lock: int | None = None
        self._server: QLocalServer | None = None

    @property
    def name(self) -> str:
        """The server's name: a socket's path, or on Windows a pipe's name."""
        if sys.platform == "win32":
            return f"depthfusion-{self._key}"
        path = str(self._folder / f"depthfusion-{self._key}")
        if len(os.fsencode(path)) > _MOST_PATH_BYTES:
            path = str(Path(tempfile.gettempdir()) / f"depthfusion-{self._key}")
        return path

    def claim(self, paths: Iterable[str | Path] = (), timeout_s: float = HAND_OVER_S) -> Claim:
        """Become the one instance, or hand over to it. Needs no event loop.

        Args:
            paths: to be shown; relative ones are meant from here.
            timeout_s: how long the other one may take.
        """
        message = _message(paths)
        end_s = time.monotonic() + timeout_s
        while True:
            try:
                if self._begin():
                    return Claim.FIRST
            except OSError:
                return Claim.ALONE
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                return Claim.ALONE
            if self._hand_over(message, left_s):
                return Claim.HANDED_OVER
            time.sleep(_PAUSE_S)  # it is just beginning, or just ending

    def _begin(self) -> bool:
        """Take the lock and listen; return whether that was possible."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = open_locked(self._folder / f"depthfusion-{self._key}.lock", wait=False)
        if self._lock is None:
            return False
        QLocalServer.removeServer(self.name)  # of one that was killed
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        if not server.listen(self.name):
            reason = server.errorString()
            self.release()
            raise OSError(reason)
        server.newConnection.connect(self._welcome)
        self._server = server
        return True

    def _hand_over(self, message: bytes, timeout_s: float) -> bool:
        wait_ms = max(1, round(timeout_s * 1000))
        socket = QLocalSocket()
        socket.connectToServer(self.name)
        if not socket.waitForConnected(wait_ms):
            return False
        socket.write(message)
        answer = b""
        end_s = time.monotonic() + timeout_s
        while answer != _DONE:
            left_ms = round((end_s - time.monotonic()) * 1000)
            if left_ms <= 0 or not socket.waitForReadyRead(left_ms):
                return False
            answer += bytes(socket.readAll().data())
        return True

    def _welcome(self) -> None:
        while self._server is not None and self._server.hasPendingConnections():
            _Visitor(self._server.nextPendingConnection(), self)

    def release(self) -> None:
        """Be the one instance no longer."""
        if self._server is not None:
            self._server.close()
            self._server.deleteLater()
            self._server = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


class _Visitor(QObject):
    """One connection: a line of JSON, answered once it is understood."""

    def __init__(self, socket: QLocalSocket, host: SingleInstance) -> None:
        super().__init__(socket)
        self._socket, self._host = socket, host
        self._said = bytearray()
        socket.setParent(host)
        socket.readyRead.connect(self._read)
        socket.disconnected.connect(socket.deleteLater)
        QTimer.singleShot(round(LISTEN_S * 1000), self, self._leave)
        if socket.bytesAvailable():
            self._read()

    def _leave(self) -> None:
        self._socket.abort()

    def _read(self) -> None:
        self._said += self._socket.readAll().data()
        if len(self._said) > MAX_BYTES:
            self._leave()
        elif b"\n" in self._said:
            wish = _wish(bytes(self._said).partition(b"\n")[0])
            if wish is None:
                self._leave()
                return
            self._socket.write(_DONE)
            self._socket.flush()
            self._said.clear()
            self._host.asked.emit(*wish)


def _message(paths: Iterable[str | Path]) -> bytes:
    """Return the line that is sent.

    Raises:
        UsageError: if there are so many paths that it would not be read.
    """
    token = next((os.environ[name] for name in _TOKENS if os.environ.get(name)), "")
    absolute = [str(Path(path).expanduser().absolute()) for path in paths]
    message = json.dumps({"version": 1, "paths": absolute, "token": token}).encode() + b"\n"
    if len(message) > MAX_BYTES:
        raise UsageError(f"want fewer files at once, got {len(absolute)}")
    return message


def _wish(line: bytes) -> tuple[list[str], str] | None:
    """Return paths and token of a line; None when it is not ours."""
    try:
        said: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    paths = said.get("paths") if isinstance(said, dict) else None
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        return None
    token = said.get("token")
    return paths, token if isinstance(token, str) else ""


def _key(config: Path) -> str:
    """Return a short name for this person with this config folder."""
    who = str(os.getuid()) if sys.platform != "win32" else getpass.getuser()
    where = os.fsencode(config.expanduser().resolve())
    return hashlib.blake2b(who.encode() + b"\0" + where, digest_size=8).hexdigest()


def _runtime_folder() -> Path:
    import platformdirs

    return platformdirs.user_runtime_path("depthfusion", appauthor=False)
