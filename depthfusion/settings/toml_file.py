"""The file of the settings: read whole, written whole, one writer at a time."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from depthfusion.errors import SaveError
from depthfusion.file_lock import open_locked
from depthfusion.whole_file import write_whole

HEADER = "# Settings of DepthFusion. `depthfusion settings list` explains each.\n\n"
MAX_BYTES = 1_000_000

Values = dict[str, Any]


class TomlFile:
    """One TOML table on disk, shared with other processes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[Values, str]:
        """Return what is stored, empty when there is nothing, and one line on what was wrong.

        A file that is no TOML is set aside, as `settings.toml.bad-DATE`.
        """
        try:
            return self._values(), ""
        except FileNotFoundError:
            return {}, ""
        except OSError as error:
            return {}, f"cannot read {self.path}: {error.strerror}; defaults are used"
        except ValueError as broken:
            try:
                with self._alone():
                    return self._read_alone()
            except SaveError as error:
                return {}, f"{self._is_none(broken)}; it stays there ({error}), defaults are used"

    def _read_alone(self) -> tuple[Values, str]:
        """Read while no other process writes, so that only what is broken is set aside."""
        try:
            return self._values(), ""
        except FileNotFoundError:
            return {}, ""
        except OSError as error:
            return {}, f"cannot read {self.path}: {error.strerror}; defaults are used"
        except ValueError as error:
            return {}, self._set_aside(error)

    def _values(self) -> Values:
        with self.path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ValueError(f"it is larger than {MAX_BYTES // 1_000_000} MB")
        try:
            return tomllib.loads(data.decode("utf-8-sig"))
        except RecursionError:
            raise ValueError("it is nested too deeply") from None

    def _is_none(self, error: ValueError) -> str:
        reason = " ".join(str(error).split())
        return f"want settings as TOML, {self.path} is none ({reason})"

    def _set_aside(self, broken: ValueError) -> str:
        stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
        aside = self.path.with_name(f"{self.path.name}.bad-{stamp}")
        number = 1
        while aside.exists():
            number += 1
            aside = self.path.with_name(f"{self.path.name}.bad-{stamp}-{number}")
        said = self._is_none(broken)
        try:
            self.path.replace(aside)
        except OSError as error:
            return f"{said}; it stays there ({error.strerror}), defaults are used"
        return f"{said}; it was set aside as {aside.name}, defaults are used"

    def edit(self, change: Callable[[Values], Values]) -> tuple[Values, str]:
        """Replace what is stored by what `change` makes of it; no other writer comes between.

        Returns:
            What is stored now, and one line on what was wrong with what was there.

        Raises:
            SaveError: if it cannot be written, or what is there can neither be read nor moved.
        """
        with self._alone():
            before, complaint = self._read_alone()
            if complaint and self.path.exists():
                raise SaveError(f"cannot change settings: {complaint}")
            after = change(before)
            if after != before or not self.path.exists():
                write_whole(self.path, (HEADER + _toml(after)).encode())
            return after, complaint

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the file's lock; the system gives it back when a process dies."""
        lock = self.path.with_name(f".{self.path.name}.lock")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = open_locked(lock)
        except OSError as error:
            raise SaveError(f"cannot write {self.path}: {error.strerror}") from error
        try:
            yield
        finally:
            if descriptor is not None:
                os.close(descriptor)


def _toml(values: Mapping[str, Any]) -> str:
    import tomli_w

    return tomli_w.dumps(values)
