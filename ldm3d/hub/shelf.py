"""The models of this machine: which there are, adding a folder, removing one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from ldm3d.depth.output import KINDS as DEPTH_KINDS
from ldm3d.errors import (
    MissingPackageError,
    ModelError,
    ModelNotFoundError,
    RequestError,
)
from ldm3d.hub import cache, client, registry
from ldm3d.hub.checking import hashing, model_files
from ldm3d.hub.finding import find, near_names
from ldm3d.hub.folder import INDEX_NAME, NETWORK_CONFIG, missing_parts, read_json
from ldm3d.hub.known import KNOWN_MODELS
from ldm3d.hub.progress import Progress
from ldm3d.hub.registry import Entry, FileRecord
from ldm3d.hub.transfer import Doing

PACKAGE = "depthfusion-panorama[generate]"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,80}")


@dataclass(frozen=True)
class Installed:
    """One model on this machine, complete or begun."""

    name: str
    folder: Path | None
    """None: nothing usable has arrived yet."""
    size_bytes: int
    """On the disk, unfinished parts and older commits included."""
    commit: str | None
    """Of the hub's models."""
    is_pinned: bool
    """Whether commit and checksums were recorded by this program."""
    is_added: bool
    """Whether it is a folder of the user's."""
    missing: tuple[str, ...]
    """What lacks; empty: it can be used."""
    licence: str | None = None


def installed() -> list[Installed]:
    """Return the models on this machine: added folders, and LDM3D models in the hub's cache."""
    known = registry.entries()
    found = [_added(entry) for entry in known.values() if entry.folder is not None]
    try:
        ids = cache.cached_ids()
    except MissingPackageError:
        ids = []
    for model_id in ids:
        model = _cached(model_id, known.get(model_id))
        if model is not None:
            found.append(model)
    return sorted(found, key=lambda model: model.name.casefold())


def add(folder: str | Path, name: str | None = None) -> str:
    """Remember a folder under a name; nothing is copied. Return the name.

    Raises:
        ModelError: if the folder is not a whole LDM3D model.
        ModelNotFoundError: if there is no such folder.
        RequestError: if the name is taken or cannot be one.
    """
    steps = adding(folder, name)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return str(end.value)


def adding(folder: str | Path, name: str | None = None) -> Generator[Progress, None, str]:
    """Like `add`, and yield how far the reading of its checksums is."""
    path = Path(folder).expanduser().resolve()
    if not path.is_dir():
        raise ModelNotFoundError(f"want a model's folder to add, there is none at {folder}")
    chosen = _free_name(name if name is not None else path.name, path)
    _check_whole(path)
    names = model_files(path)
    total = sum((path / n).stat().st_size for n in names)
    records, before = {}, 0
    for file_name in names:
        steps, size = hashing(path / file_name), (path / file_name).stat().st_size
        while True:
            try:
                done = next(steps)
            except StopIteration as end:
                records[file_name] = FileRecord(size, str(end.value))
                break
            yield Progress(Doing.CHECK, file_name, before + done, total)
        before += size
    registry.put(Entry(name=chosen, folder=str(path), files=records))
    return chosen


def remove(model: str) -> int:
    """Forget an added folder, which stays, or delete a model from the hub's cache.

    Returns:
        The bytes that were freed; 0 for an added folder.

    Raises:
        ModelNotFoundError: if there is no such model.
        ModelError: if it is another program's model, or cannot be deleted.
    """
    entry = registry.entries().get(model)
    if entry is not None and entry.folder is not None:
        registry.drop(model)
        return 0
    is_cached = cache.is_model_id(model) and cache.repo_folder(model).is_dir()
    if entry is None and not is_cached:
        near = near_names(model)
        hint = f"did you mean {' or '.join(near)}?" if near else "see `depthfusion models list`"
        raise ModelNotFoundError(f"no model {model} to remove: {hint}")
    if entry is None and _cached(model, None) is None:
        raise ModelError(
            f"{model} is in the hub's cache but no LDM3D model: delete it by the program it is for"
        )
    freed = _delete(model) if is_cached else 0
    registry.drop(model)
    return freed


def _check_whole(folder: Path) -> None:
    try:
        from ldm3d.model_folder import check_folder

        check_folder(folder)
    except ImportError as error:
        raise MissingPackageError(
            f'adding a model needs the package {error.name}: pip install "{PACKAGE}"'
        ) from error


def _added(entry: Entry) -> Installed:
    folder = Path(str(entry.folder))
    is_here = folder.is_dir()
    return Installed(
        name=entry.name,
        folder=folder,
        size_bytes=_size_bytes(folder) if is_here else 0,
        commit=None,
        is_pinned=True,
        is_added=True,
        missing=tuple(missing_parts(folder)) if is_here else ("its folder",),
    )


def _cached(model_id: str, entry: Entry | None) -> Installed | None:
    try:
        folder: Path | None = find(model_id)
        missing: tuple[str, ...] = ()
    except ModelNotFoundError:
        present = cache.snapshots(model_id)
        folder = present[0] if present else None
        missing = tuple(missing_parts(folder)) if folder is not None else ("the rest of it",)
    if entry is None and not _is_of_use(model_id, folder):
        return None
    return Installed(
        name=model_id,
        folder=folder,
        size_bytes=_size_bytes(cache.repo_folder(model_id)),
        commit=folder.name if folder is not None else None,
        is_pinned=entry is not None and folder is not None and entry.commit == folder.name,
        is_added=False,
        missing=missing,
        licence=entry.licence if entry is not None else None,
    )


def _is_of_use(model_id: str, folder: Path | None) -> bool:
    """Whether a model in the cache, maybe brought by another program, is of use here."""
    if model_id in KNOWN_MODELS:
        return True
    if folder is None:
        return False
    if read_json(folder / NETWORK_CONFIG).get("model_type") in DEPTH_KINDS:
        return True
    return "LDM3D" in str(read_json(folder / INDEX_NAME).get("_class_name", ""))


def _free_name(name: str, folder: Path) -> str:
    if not _NAME.fullmatch(name):
        raise RequestError(
            f"want a name of letters, digits, '.', '_' and '-', got {name!r}: use --name"
        )
    entry = registry.entries().get(name)
    if entry is not None and entry.folder != str(folder):
        raise RequestError(
            f"the name {name} is taken by {entry.folder}: use --name, or remove that one first"
        )
    return name


def _delete(model_id: str) -> int:
    """Delete one repository of the cache; return the bytes freed."""
    folder = cache.repo_folder(model_id)
    if folder.is_symlink():
        raise ModelError(f"{folder} is a link: remove it by hand")
    before = _size_bytes(client.cache_folder())
    try:
        _delete_revisions(model_id)
        for rest in (folder, client.cache_folder() / ".locks" / folder.name):
            if rest.is_dir():  # unfinished parts, and what no revision names
                shutil.rmtree(rest)
    except OSError as error:
        raise ModelError(f"cannot delete {folder}: {error.strerror or error}") from error
    return before - _size_bytes(client.cache_folder())


def _delete_revisions(model_id: str) -> None:
    """Delete by the hub's own client: it knows which contents other repositories share."""
    found = client.library().scan_cache_dir(client.cache_folder())
    commits = [
        revision.commit_hash
        for repo in found.repos
        if repo.repo_id == model_id and repo.repo_type == "model"
        for revision in repo.revisions
    ]
    if commits:
        found.delete_revisions(*commits).execute()


def _size_bytes(folder: Path) -> int:
    """Return the size of all files in a folder, each once, links not counted."""
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in paths)
