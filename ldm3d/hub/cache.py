"""Where the hub's own cache keeps a model: the layout every tool of that ecosystem shares.

$HF_HUB_CACHE/models--OWNER--NAME/
    refs/main                 the commit a branch named when it was last asked for
    blobs/CHECKSUM            the contents, once each
    snapshots/COMMIT/...      the model's folder: links into blobs
"""

from __future__ import annotations

import contextlib
import re
import shutil
from pathlib import Path

from ldm3d.errors import DownloadError
from ldm3d.hub.client import cache_folder

_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
COMMIT = re.compile(r"[0-9a-f]{40}")


def is_model_id(text: str) -> bool:
    """Whether `text` can be a hub id, `owner/name`."""
    return bool(_ID.fullmatch(text)) and ".." not in text and "--" not in text


def repo_folder(model_id: str) -> Path:
    """Return the folder of one repository in the cache."""
    return cache_folder() / f"models--{model_id.replace('/', '--')}"


def cached_commit(model_id: str, revision: str = "main") -> str | None:
    """Return the commit a branch or tag named when it was last asked for; None: never."""
    if COMMIT.fullmatch(revision):
        return revision
    try:
        commit = (repo_folder(model_id) / "refs" / revision).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return commit if COMMIT.fullmatch(commit) else None


def write_ref(model_id: str, revision: str, commit: str) -> None:
    """Note that a branch or tag names `commit` now, as the hub's own client does."""
    if revision == commit:
        return
    path = repo_folder(model_id) / "refs" / revision
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(commit, encoding="ascii")


def snapshot_folder(model_id: str, commit: str) -> Path:
    """Return a model's folder at one commit."""
    return repo_folder(model_id) / "snapshots" / commit


def blob_path(model_id: str, checksum: str) -> Path:
    """Return where a content with that checksum lies."""
    return repo_folder(model_id) / "blobs" / checksum


def part_path(model_id: str, checksum: str) -> Path:
    """Return where a content lies while it arrives."""
    return repo_folder(model_id) / "blobs" / f"{checksum}.incomplete"


def unfinished(model_id: str) -> bool:
    """Whether a download was begun and not finished."""
    return any((repo_folder(model_id) / "blobs").glob("*.incomplete"))


def present(model_id: str, commit: str, name: str, checksum: str) -> Path | None:
    """Return the file that holds one name's content; None: it is not here."""
    for path in (blob_path(model_id, checksum), snapshot_folder(model_id, commit) / name):
        if path.is_file():
            return path
    return None


def link(model_id: str, commit: str, name: str, checksum: str, *, is_last: bool) -> None:
    """Make a content appear under its name in the snapshot: by a link, or moved without links.

    Args:
        model_id: of the repository.
        commit: of the snapshot.
        name: relative, checked to stay below its folder.
        checksum: of the content in `blobs`.
        is_last: whether no other name of the snapshot has the same content.

    Raises:
        DownloadError: if a link in the cache leads the name out of its snapshot.
        OSError: if the cache cannot be written.
    """
    snapshot, blob = snapshot_folder(model_id, commit), blob_path(model_id, checksum)
    target = snapshot / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.parent.resolve().is_relative_to(snapshot.resolve()):
        raise DownloadError(
            f"refused {name}: a link in {snapshot} leads out of it; "
            f"remove that folder and download {model_id} again"
        )
    if not blob.exists():
        return  # it lies at its name already, where links are not supported
    with contextlib.suppress(FileNotFoundError):
        target.unlink()
    ups = "../" * (2 + name.count("/"))
    try:
        target.symlink_to(f"{ups}blobs/{checksum}")
    except OSError:  # Windows without the right to make links
        if is_last:
            blob.replace(target)
        else:
            shutil.copyfile(blob, target)


def snapshots(model_id: str) -> list[Path]:
    """Return the folders of all snapshots of a repository, the newest first."""
    folder = repo_folder(model_id) / "snapshots"
    found = [p for p in folder.glob("*") if COMMIT.fullmatch(p.name) and p.is_dir()]
    return sorted(found, key=lambda p: p.stat().st_mtime, reverse=True)


def cached_ids() -> list[str]:
    """Return the hub ids of all models in the cache, complete or not."""
    names = [p.name.removeprefix("models--") for p in cache_folder().glob("models--*--*")]
    return sorted(i for i in (name.replace("--", "/", 1) for name in names) if is_model_id(i))
