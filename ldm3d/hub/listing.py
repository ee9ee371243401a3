"""What a repository on the hub holds, checked before anything of it is believed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ldm3d.errors import DownloadError
from ldm3d.hub import client
from ldm3d.hub.cache import COMMIT
from ldm3d.hub.printable import printable

MAX_FILES = 20_000
MAX_NAME = 500
MAX_PART = 255
_CHECKSUM = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True)
class RemoteFile:
    """One file of a repository at one commit."""

    name: str
    """With `/`, relative to the repository's root."""
    size_bytes: int
    checksum: str
    """64 hex digits: SHA-256 of the content; 40: git's SHA-1 of the blob (small files)."""


@dataclass(frozen=True)
class Listing:
    """A repository at one commit."""

    model_id: str
    commit: str
    """40 hex digits."""
    files: tuple[RemoteFile, ...]
    licence: str | None
    """As its card says: an SPDX-like name, or None."""
    licence_link: str | None = None


def listing(model_id: str, revision: str) -> Listing:
    """Ask the hub what a repository holds at a commit, branch or tag.

    Raises:
        ModelNotFoundError: if the hub has no such model or revision.
        DownloadError: if it cannot be reached, or lists something that is not safe to store.
    """
    info = client.model_info(model_id, revision)
    commit = str(info.sha)
    if not COMMIT.fullmatch(commit):
        raise DownloadError(f"the hub named no commit for {model_id}: check HF_ENDPOINT")
    if COMMIT.fullmatch(revision) and commit != revision:
        raise DownloadError(
            f"want {model_id} at {revision}, the hub answered with {commit}: refused"
        )
    siblings = info.siblings or []
    if len(siblings) > MAX_FILES:
        raise DownloadError(
            f"{model_id} lists {len(siblings)} files, at most {MAX_FILES} are taken: refused"
        )
    files = tuple(_file_from(sibling, model_id) for sibling in siblings)
    _check_names([file.name for file in files], model_id)
    licence, link = _licence_of(info)
    return Listing(model_id, commit, files, licence, link)


def _file_from(sibling: Any, model_id: str) -> RemoteFile:
    name, lfs = sibling.rfilename, sibling.lfs
    size = sibling.size if lfs is None else lfs.size
    checksum = sibling.blob_id if lfs is None else lfs.sha256
    if not isinstance(size, int) or size < 0 or not _CHECKSUM.fullmatch(str(checksum)):
        raise DownloadError(
            f"the hub gives no size or checksum for {printable(name)} of {model_id}: refused"
        )
    return RemoteFile(str(name), size, str(checksum))


def _check_names(names: list[str], model_id: str) -> None:
    folded: set[str] = set()
    for name in names:
        reason = unsafe_because(name)
        if reason is None and name.casefold() in folded:
            reason = "is there twice"
        if reason is not None:
            raise DownloadError(
                f"refused {model_id}: the name {printable(name)} in it {reason}; "
                "do not trust this repository"
            )
        folded.add(name.casefold())


def unsafe_because(name: str) -> str | None:
    """Return why a repository's file name must not be used on a disk; None: it is fine."""
    parts = name.split("/")
    if not name or len(name) > MAX_NAME or any(len(part) > MAX_PART for part in parts):
        return "is empty or too long"
    if _CONTROL.search(name):
        return "has a backslash or control characters"
    if name.startswith(("/", "~")) or _DRIVE.match(name):
        return "is absolute"
    if any(part in {"", ".", ".."} for part in parts):
        return "leads out of its folder"
    return None


def _licence_of(info: Any) -> tuple[str | None, str | None]:
    card = getattr(info, "card_data", None)
    values = card.to_dict() if card is not None and hasattr(card, "to_dict") else {}
    name = values.get("license_name") or values.get("license")
    if name is None:
        tags = [t for t in info.tags or [] if str(t).startswith("license:")]
        name = tags[0].removeprefix("license:") if tags else None
    link = values.get("license_link")
    return _text(name), _text(link)


def _text(value: Any) -> str | None:
    return printable(value) if isinstance(value, str) and value.strip() else None
