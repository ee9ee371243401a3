"""Compares a model's files with the checksums that were recorded when they came."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from ldm3d.hub import cache, registry
from ldm3d.hub.finding import find
from ldm3d.hub.folder import missing_parts
from ldm3d.hub.listing import RemoteFile
from ldm3d.hub.progress import Progress
from ldm3d.hub.transfer import READ_BYTES, Digest, Doing

MAX_HEADER_BYTES = 100_000_000
"""The format's own limit."""
_BLOB = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
SUFFIXES = {".json", ".txt", ".safetensors", ".bin", ".md"}
"""Of the files of a model's folder that are recorded."""


@dataclass(frozen=True)
class Report:
    """What a check found."""

    model: str
    folder: Path
    checked: int
    """Files whose content was compared with a checksum."""
    unknown: tuple[str, ...]
    """Files for which no checksum is known: only their structure was looked at."""
    problems: tuple[str, ...]
    """One line each; empty: nothing is wrong."""


def verify(model: str | Path) -> Report:
    """Check a model's files.

    Against the recorded checksums where it was downloaded or added by this program; against the
    names of the blobs where another program put it into the hub's cache; else only whether all
    parts are there and the safetensors are as long as their headers say.

    Raises:
        ModelNotFoundError: if there is no such model here.
    """
    steps = verifying(model)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            report = end.value
            assert isinstance(report, Report)
            return report


def verifying(model: str | Path) -> Generator[Progress, None, Report]:
    """Like `verify`, and yield how far it is."""
    entry = registry.entries().get(str(model))
    folder = find(model) if entry is None else _folder_of(entry)
    wanted = _wanted(folder, entry)
    problems = [f"{name} is missing" for name in missing_parts(folder)]
    total = sum(file.size_bytes for file in wanted)
    before = checked = 0
    for file in wanted:
        problem = yield from _compare(folder / file.name, file, before, total)
        checked += 1
        before += file.size_bytes
        if problem is not None and f"{file.name} is missing" not in problems:
            problems.append(problem)
    problems += _broken_headers(folder, problems)
    known = {file.name for file in wanted}
    unknown = tuple(name for name in model_files(folder) if name not in known)
    return Report(str(model), folder, checked, unknown, tuple(dict.fromkeys(problems)))


def model_files(folder: Path) -> list[str]:
    """Return the names of a model folder's files, relative, with `/`; other files are left out."""
    paths = [*folder.glob("*"), *folder.glob("*/*")]
    return sorted(
        path.relative_to(folder).as_posix()
        for path in paths
        if path.suffix in SUFFIXES and path.is_file()
    )


def hashing(path: Path) -> Generator[int, None, str]:
    """Return a file's SHA-256 in hex, and yield how many bytes were read."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            digest.update(block)
            done += len(block)
            yield done
    return digest.hexdigest()


def _folder_of(entry: registry.Entry) -> Path:
    if entry.folder is not None:
        return find(entry.name)
    folder = cache.snapshot_folder(entry.name, str(entry.commit))
    return folder if folder.is_dir() else find(entry.name)


def _wanted(folder: Path, entry: registry.Entry | None) -> list[RemoteFile]:
    """Return the files with a known checksum."""
    if entry is not None:
        return [RemoteFile(name, r.size_bytes, r.sha256) for name, r in entry.files.items()]
    found = []
    for name in model_files(folder):
        path = folder / name
        blob = path.readlink().name if path.is_symlink() else ""
        if _BLOB.fullmatch(blob):
            found.append(RemoteFile(name, path.stat().st_size, blob))
    return found


def _compare(
    path: Path, file: RemoteFile, before: int, total: int
) -> Generator[Progress, None, str | None]:
    """Return what is wrong with one file; None: nothing."""
    if not path.is_file():
        return f"{file.name} is missing"
    size = path.stat().st_size
    if size != file.size_bytes:
        return f"{file.name} has {size} bytes, {file.size_bytes} were recorded"
    digest, done = Digest(file), 0
    with path.open("rb") as content:
        while block := content.read(READ_BYTES):
            digest.update(block)
            done += len(block)
            yield Progress(Doing.CHECK, file.name, before + done, total)
    return None if digest.matches() else f"{file.name} has another content than was recorded"


def _broken_headers(folder: Path, problems: list[str]) -> list[str]:
    """Return what the headers say against safetensors files that have no problem yet."""
    found = []
    for name in (n for n in model_files(folder) if n.endswith(".safetensors")):
        if not any(problem.startswith(f"{name} ") for problem in problems):
            said = _broken_safetensors(folder / name)
            found += [f"{name} {said}"] if said is not None else []
    return found


def _broken_safetensors(path: Path) -> str | None:
    """Return what is wrong with a safetensors file by its header; None: nothing."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            header_bytes = int.from_bytes(file.read(8), "little")
            if not 2 <= header_bytes <= min(size - 8, MAX_HEADER_BYTES):
                return "is cut off or no safetensors file"
            header = json.loads(file.read(header_bytes))
        ends = [v["data_offsets"][1] for k, v in header.items() if k != "__metadata__"]
        wanted = 8 + header_bytes + max(ends, default=0)
    except (OSError, ValueError, RecursionError, AttributeError, LookupError, TypeError):
        return "is no safetensors file"
    if size == wanted:
        return None
    return f"has {size} bytes, its header says {wanted}"
