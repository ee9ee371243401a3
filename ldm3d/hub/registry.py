"""What this program remembers of models: names of folders, pinned commits, file checksums.

One small JSON file in the user's data folder; the models themselves lie elsewhere.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ldm3d.errors import Ldm3dError
from ldm3d.hub.folder import read_json

VERSION = 1


@dataclass(frozen=True)
class FileRecord:
    """One file of a downloaded or added model."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Entry:
    """One model the user added or downloaded."""

    name: str
    """A hub id, or the name given to a folder."""
    folder: str | None = None
    """Of an added folder; None: it lies in the hub's cache."""
    commit: str | None = None
    """Of a downloaded one: the commit it is pinned to."""
    pending: str | None = None
    """Of a download that was begun and not finished: its commit."""
    licence: str | None = None
    accepted: str | None = None
    """When its licence was accepted, ISO 8601 in UTC."""
    files: dict[str, FileRecord] = field(default_factory=dict)
    """Name in the model's folder -> what was there."""


def registry_path() -> Path:
    """Return the registry's file, which may not exist yet."""
    import platformdirs

    return platformdirs.user_data_path("ldm3d", appauthor=False) / "models.json"


def entries() -> dict[str, Entry]:
    """Return all entries by name; what cannot be read is left out."""
    stored = read_json(registry_path()).get("models")
    found = [_entry_from(values) for values in stored] if isinstance(stored, list) else []
    return {entry.name: entry for entry in found if entry is not None}


def put(entry: Entry) -> None:
    """Store an entry in place of the one of that name.

    Raises:
        Ldm3dError: if the list cannot be written.
    """
    _write(entries() | {entry.name: entry})


def drop(name: str) -> None:
    """Forget an entry; none of that name is fine.

    Raises:
        Ldm3dError: if the list cannot be written.
    """
    known = entries()
    if known.pop(name, None) is not None:
        _write(known)


def _write(known: dict[str, Entry]) -> None:
    path = registry_path()
    text = json.dumps({"version": VERSION, "models": [asdict(e) for e in known.values()]}, indent=1)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise Ldm3dError(
            f"cannot write the list of models {path} ({error.strerror or error}): "
            "make room, or let that folder be written"
        ) from error


def _entry_from(values: Any) -> Entry | None:
    try:
        known = {f.name: values[f.name] for f in fields(Entry) if f.name in values}
        known["files"] = {k: FileRecord(**v) for k, v in known.get("files", {}).items()}
        return Entry(**known)
    except (TypeError, AttributeError):
        return None
