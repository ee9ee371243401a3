"""Brings one file over a line that may fail at any byte, and believes only its checksum.

The hub's own client starts a file anew after every interruption (its part files have random names
and are removed); here what arrived stays, is checked again, and the rest is asked for by range.
"""

from __future__ import annotations

import errno
import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from ldm3d.errors import DownloadError
from ldm3d.hub import client
from ldm3d.hub.listing import RemoteFile

READ_BYTES = 1 << 20
MAX_FAILURES = 5
"""In a row without a byte in between."""
FIRST_WAIT_S = 1.0
"""Doubled with each failure in a row, up to LONGEST_WAIT_S."""
LONGEST_WAIT_S = 60.0
_RETRIED = {408, 425, 429, 500, 502, 503, 504}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Doing(StrEnum):
    """What a download is busy with."""

    CHECK = "check"
    """Reading what is on the disk already."""
    DOWNLOAD = "download"
    WAIT = "wait"
    """Before another try, after a failure that may pass."""


@dataclass(frozen=True)
class FileProgress:
    """How far one file is."""

    doing: Doing
    done_bytes: int
    """Of this file; becomes smaller when what arrived had to be thrown away."""
    note: str = ""
    """Why it waits or starts anew."""


class Digest:
    """The checksums of a content that grows: the hub's, and SHA-256 for our own records."""

    def __init__(self, file: RemoteFile) -> None:
        self._wanted = file.checksum
        self._sha256 = hashlib.sha256()
        self._git = None
        if len(file.checksum) == 40:  # git's name of a blob: its length is hashed first
            header = f"blob {file.size_bytes}\0".encode()
            self._git = hashlib.sha1(header, usedforsecurity=False)

    def update(self, data: bytes | memoryview) -> None:
        """Add the next bytes."""
        self._sha256.update(data)
        if self._git is not None:
            self._git.update(data)

    @property
    def sha256(self) -> str:
        """Of all bytes so far, in hex."""
        return self._sha256.hexdigest()

    def matches(self) -> bool:
        """Whether these are the bytes that the hub's listing promised."""
        found = self._sha256 if self._git is None else self._git
        return found.hexdigest() == self._wanted


class _AgainError(Exception):
    """A failure that may pass; its text says which."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class Transfer:
    """One file on its way from `url` to `part`."""

    def __init__(self, url: str, part: Path, file: RemoteFile, model_id: str) -> None:
        self.file = file
        self._url = url
        self._part = part
        self._model_id = model_id
        self._digest = Digest(file)
        self._done_bytes = 0
        self._is_fresh = True

    @property
    def sha256(self) -> str:
        """Of the whole content, once `run` has ended."""
        return self._digest.sha256

    def run(self) -> Iterator[FileProgress]:
        """Bring the file; closing it, or an exception in between, keeps what arrived.

        When it ends without an exception, `part` holds the whole content and its checksum is
        the one wanted.

        Raises:
            DownloadError: if the hub fails for good, sends something else, or the disk is full.
        """
        yield from self._take_up()
        failures = 0
        while not self._is_whole():
            before = self._done_bytes
            try:
                yield from self._stream()
            except _AgainError as problem:
                failures = 0 if self._done_bytes > before else failures + 1
                if failures > MAX_FAILURES:
                    raise DownloadError(
                        f"{self.file.name} of {self._model_id} stopped at "
                        f"{self._done_bytes} of {self.file.size_bytes} bytes ({problem}): "
                        "the same command goes on from there"
                    ) from problem
                wait_s = max(problem.wait_s, FIRST_WAIT_S * 2 ** max(0, failures - 1))
                yield FileProgress(Doing.WAIT, self._done_bytes, str(problem))
                time.sleep(min(wait_s, LONGEST_WAIT_S))

    def _is_whole(self) -> bool:
        if self._done_bytes < self.file.size_bytes or not self._part.exists():
            return False
        if self._digest.matches():
            return True
        was_fresh = self._is_fresh
        self._start_anew()
        if was_fresh:
            raise DownloadError(
                f"{self.file.name} of {self._model_id} arrived with another checksum than the hub "
                "lists, and was thrown away: try again later"
            )
        return False

    def _take_up(self) -> Iterator[FileProgress]:
        """Go on from a part that an earlier run left."""
        if not self._part.is_file():
            return
        self._is_fresh = False
        with self._part.open("rb") as file:
            while block := file.read(READ_BYTES):
                self._digest.update(block)
                self._done_bytes += len(block)
                yield FileProgress(Doing.CHECK, min(self._done_bytes, self.file.size_bytes))

    def _start_anew(self) -> None:
        self._part.unlink(missing_ok=True)
        self._digest = Digest(self.file)
        self._done_bytes = 0
        self._is_fresh = True

    def _stream(self) -> Iterator[FileProgress]:
        headers = client.headers()
        if self._done_bytes:
            headers["range"] = f"bytes={self._done_bytes}-"
        failures = client.network_errors()
        try:
            with client.session().stream(
                "GET",
                self._url,
                headers=headers,
                timeout=client.timeout_s(),
                follow_redirects=True,
            ) as response:
                self._check(response)
                yield from self._store(response)
        except failures as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise _AgainError(reason[:120]) from error
        if self._done_bytes < self.file.size_bytes:
            raise _AgainError("the line was cut")

    def _check(self, response: Any) -> None:
        """Compare an answer's head with what was asked for."""
        status = response.status_code
        if status in _RETRIED:
            raise _AgainError(f"HTTP {status}", _retry_after_s(response))
        if status == 416:
            self._start_anew()
            raise _AgainError("what had arrived does not fit")
        client.check_status(response, self._model_id, self.file.name)
        is_encoded = response.headers.get("content-encoding", "identity") != "identity"
        if self._done_bytes and (status != 206 or is_encoded or not self._goes_on(response)):
            self._start_anew()
            if status == 206:
                raise _AgainError("the hub sent another range than asked for")
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and not is_encoded:
            self._check_size(self._done_bytes + int(announced))

    def _goes_on(self, response: Any) -> bool:
        found = response.headers.get("content-range", "")
        return bool(found.startswith(f"bytes {self._done_bytes}-"))

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes != self.file.size_bytes:
            raise DownloadError(
                f"want {self.file.name} of {self._model_id} with {self.file.size_bytes} bytes, "
                f"the hub sends {size_bytes}: refused"
            )

    def _store(self, response: Any) -> Iterator[FileProgress]:
        try:
            with self._part.open("ab", buffering=0) as file:
                for block in response.iter_bytes():
                    if self._done_bytes + len(block) > self.file.size_bytes:
                        self._check_size(self._done_bytes + len(block))
                    self._write(file, block)
                    yield FileProgress(Doing.DOWNLOAD, self._done_bytes)
                os.fsync(file.fileno())
        except OSError as error:
            if error.errno is None:
                raise
            raise disk_error(error, self._part) from error

    def _write(self, file: BinaryIO, block: bytes) -> None:
        left = memoryview(block)
        while left:
            written = file.write(left)
            self._digest.update(left[:written])
            self._done_bytes += written
            left = left[written:]


def disk_error(error: OSError, path: Path) -> DownloadError:
    """Return what a failed write means for a person."""
    if error.errno in _FULL:
        return DownloadError(
            f"the disk at {path.parent} is full: make room, or set HF_HOME to a folder on another "
            "disk; what arrived is kept and the same command goes on from there"
        )
    return DownloadError(
        f"cannot write to {path.parent} ({error.strerror or error}): "
        "set HF_HOME to a folder that can be written"
    )


def _retry_after_s(response: Any) -> float:
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdigit() else 0.0
