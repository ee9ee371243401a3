"""From what a person calls a model to the folder it lies in."""

from __future__ import annotations

import contextlib
import difflib
import os
from collections.abc import Callable
from pathlib import Path

from ldm3d.errors import MissingPackageError, ModelError, ModelNotFoundError
from ldm3d.hub import cache, registry
from ldm3d.hub.folder import INDEX_NAME, missing_parts
from ldm3d.hub.known import KNOWN_MODELS
from ldm3d.hub.printable import printable


def find(model: str | Path) -> Path:
    """Return the folder of a model: a local folder, an added name, or a hub id in the cache.

    A hub id may name a revision, `owner/name@revision`; without one it is the pinned commit,
    else the hub's main branch as last seen, else the newest complete snapshot. Nothing is
    downloaded, and torch is not needed.

    Raises:
        ModelNotFoundError: if there is no such model here; the text says how to get it.
        ModelError: if it names a file instead of a folder.
        MissingPackageError: if a hub id is given and huggingface_hub is not installed.
    """
    text = os.fspath(model).strip()
    if not text:
        raise ModelNotFoundError("want a model's folder or hub id, got an empty name")
    path = Path(text).expanduser()
    if _is((path / INDEX_NAME).is_file):
        return path
    if _is(path.is_file):
        raise ModelError(
            f"want a model's folder (with {INDEX_NAME}), got the file {printable(text)}: "
            "name the folder it lies in"
        )
    try:
        return _by_name(text, is_path=isinstance(model, Path))
    except ModelNotFoundError:
        if _is(path.is_dir):
            return path  # whoever loads it will say what it lacks
        raise


def _by_name(text: str, *, is_path: bool) -> Path:
    entry = registry.entries().get(text)
    if entry is not None and entry.folder is not None:
        return _added_folder(entry)
    model_id, _, revision = text.partition("@")
    if is_path or not cache.is_model_id(model_id):
        raise ModelNotFoundError(_unknown(text))
    return _cached(model_id, revision)


def _is(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except (OSError, ValueError):
        return False  # a name no file can have


def _added_folder(entry: registry.Entry) -> Path:
    folder = Path(str(entry.folder))
    if folder.is_dir():
        return folder
    raise ModelNotFoundError(
        f"the model {entry.name} was added from {folder}, which is gone: put it back, "
        f"or `depthfusion models remove {entry.name}`"
    )


def _cached(model_id: str, revision: str) -> Path:
    candidates = _snapshots(model_id, revision)
    for folder in candidates:
        if not missing_parts(folder):
            return folder
    asked = f"{model_id}@{revision}" if revision else model_id
    command = f"depthfusion models download {model_id}"
    command += f" --revision {revision}" if revision else ""
    if not candidates and cache.unfinished(model_id):
        raise ModelNotFoundError(
            f"the download of {asked} was not finished: `{command}` goes on where it stopped"
        )
    if candidates:
        lacking = missing_parts(candidates[0])
        raise ModelNotFoundError(
            f"the model {asked} is not complete ({_some(lacking)} missing): "
            f"`{command}` goes on where it stopped"
        )
    if model_id in KNOWN_MODELS:
        raise ModelNotFoundError(f"the model {asked} is not on this machine: get it by `{command}`")
    raise ModelNotFoundError(_unknown(asked, f"; `{command}` asks the hub"))


def _snapshots(model_id: str, revision: str) -> list[Path]:
    """Return the snapshots to try, in order of preference."""
    present = cache.snapshots(model_id)
    if revision:
        commit = cache.cached_commit(model_id, revision)
        return [p for p in present if p.name == commit]
    entry = registry.entries().get(model_id)
    if entry is not None and entry.commit is not None:
        return [p for p in present if p.name == entry.commit]
    first = cache.cached_commit(model_id)
    return sorted(present, key=lambda p: p.name != first)


def _unknown(text: str, otherwise: str = "") -> str:
    near, text = near_names(text), printable(text)
    hint = f"did you mean {' or '.join(near)}?" if near else "`depthfusion models list` shows all"
    return f"no model {text} here, neither a folder nor a hub id in the cache: {hint}{otherwise}"


def near_names(text: str) -> list[str]:
    """Return up to two known names like `text`, the nearest first."""
    names = [*KNOWN_MODELS, *registry.entries()]
    with contextlib.suppress(MissingPackageError):  # the names known without it are enough
        names += cache.cached_ids()
    by_fold: dict[str, str] = {}
    for name in names:
        for form in (name, name.rpartition("/")[2]):
            by_fold.setdefault(form.casefold(), name)
    hits = difflib.get_close_matches(text.casefold()[:200], by_fold, n=3, cutoff=0.6)
    return list(dict.fromkeys(by_fold[hit] for hit in hits))[:2]


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"
