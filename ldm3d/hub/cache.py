"""Where the hub's own cache keeps a model: the layout every tool of that ecosystem shares.

$HF_HUB_CACHE/models--OWNER--NAME/
    refs/main                 the commit a branch named when it was last asked for
    blobs/CHECKSUM            the contents, once each
    snapshots/COMMIT/...      the model's folder: links into blobs
"""

from __future__ import annotations

import re
from pathlib import Path

from ldm3d.errors import MissingPackageError

_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
COMMIT = re.compile(r"[0-9a-f]{40}")


def is_model_id(text: str) -> bool:
    """Whether `text` can be a hub id, `owner/name`."""
    return bool(_ID.fullmatch(text)) and ".." not in text and "--" not in text


def cache_folder() -> Path:
    """Return the hub's cache (HF_HUB_CACHE or HF_HOME), which may not exist yet.

    Raises:
        MissingPackageError: if huggingface_hub is not installed.
    """
    try:
        from huggingface_hub import constants
    except ImportError as error:
        raise MissingPackageError(
            "models from the hub need the package huggingface_hub: "
            'pip install "depthfusion-panorama[generate]", or name a folder'
        ) from error
    return Path(constants.HF_HUB_CACHE)


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


def snapshots(model_id: str) -> list[Path]:
    """Return the folders of all snapshots of a repository, the newest first."""
    folder = repo_folder(model_id) / "snapshots"
    found = [p for p in folder.glob("*") if COMMIT.fullmatch(p.name) and p.is_dir()]
    return sorted(found, key=lambda p: p.stat().st_mtime, reverse=True)


def cached_ids() -> list[str]:
    """Return the hub ids of all models in the cache, complete or not."""
    names = [p.name.removeprefix("models--") for p in cache_folder().glob("models--*--*")]
    return sorted(i for i in (name.replace("--", "/", 1) for name in names) if is_model_id(i))
