"""What a download would be: looked up and checked before the first byte of a weight."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ldm3d.depth.output import KINDS as DEPTH_KINDS
from ldm3d.errors import DownloadError, Ldm3dError, ModelError, ModelNotFoundError, RequestError
from ldm3d.hub import cache, client, registry
from ldm3d.hub.finding import near_names
from ldm3d.hub.folder import NETWORK_CONFIG
from ldm3d.hub.known import KNOWN_MODELS, OPENRAIL_M
from ldm3d.hub.licence import OPENRAIL_LINK, is_openrail
from ldm3d.hub.listing import Listing, RemoteFile, listing
from ldm3d.hub.plan import is_single_network, licence_files, needed
from ldm3d.hub.transfer import Digest

_REVISION = re.compile(r"[A-Za-z0-9][\w./-]{0,200}")
MAX_LICENCE_FILES = 3
MAX_LICENCE_CHARS = 60_000
"""What is shown; the text of CreativeML OpenRAIL-M has 14,000."""
_CHANNELS = {4, 6}
"""Of the autoencoder: colour and depth."""


@dataclass(frozen=True)
class Offer:
    """A model on the hub at one commit, and what getting it costs."""

    model_id: str
    revision: str
    """As asked for: a branch, tag or commit."""
    commit: str
    files: tuple[RemoteFile, ...]
    """Those needed, small ones first."""
    missing_bytes: int
    """Still to come over the line; 0: all is here."""
    free_bytes: int
    """On the disk of the cache."""
    licence: str
    """By the repository's card, else as known, else empty."""
    licence_link: str
    licence_text: str = field(repr=False)
    """Of the repository's own licence file; empty where it has none."""
    is_accepted: bool
    """Whether this licence of this model was accepted before."""
    notes: tuple[str, ...] = ()

    @property
    def total_bytes(self) -> int:
        """Of all needed files."""
        return sum(file.size_bytes for file in self.files)

    def check_room(self) -> None:
        """Raise DownloadError if the disk of the cache has too little room for the rest."""
        free = free_bytes()
        if self.missing_bytes > free:
            raise DownloadError(
                f"{self.model_id} needs {self.missing_bytes / 1e9:.2f} GB more, the disk of "
                f"{client.cache_folder()} has {free / 1e9:.2f} GB free: make room, or set HF_HOME"
            )


def look(model_id: str, revision: str | None = None) -> Offer:
    """Ask the hub what a model consists of, and whether it is one that can be used.

    Args:
        model_id: `owner/name`.
        revision: a commit, branch or tag; None: the commit that was downloaded before or begun
            with, else the one that this program knows, else the main branch.

    Raises:
        RequestError: if the id or revision cannot be one.
        ModelNotFoundError: if the hub has no such model.
        ModelError: if it is another kind of model.
        DownloadError: if the hub fails or what it says cannot be trusted.
    """
    _check_names(model_id, revision)
    entry = registry.entries().get(model_id)
    wanted = revision or _pinned(model_id, entry) or "main"
    found = _listing(model_id, wanted)
    files = needed(found)
    _check_pins(entry, found.commit, files)
    _check_kind(model_id, found.commit, files)
    licence, link = _licence(model_id, found.licence, found.licence_link)
    return Offer(
        model_id=model_id,
        revision=wanted,
        commit=found.commit,
        files=files,
        missing_bytes=_missing_bytes(model_id, found.commit, files),
        free_bytes=free_bytes(),
        licence=licence,
        licence_link=link,
        licence_text=_licence_text(model_id, found.commit, files),
        is_accepted=entry is not None and bool(entry.accepted) and entry.licence == licence,
        notes=_notes(files, None if revision or wanted == "main" else (model_id, found.commit)),
    )


def _listing(model_id: str, revision: str) -> Listing:
    try:
        return listing(model_id, revision)
    except ModelNotFoundError as error:
        near = [name for name in near_names(model_id) if name != model_id]
        if not near:
            raise
        raise ModelNotFoundError(f"{error}; did you mean {' or '.join(near)}?") from error


def free_bytes() -> int:
    """Return the room on the disk of the hub's cache."""
    folder = client.cache_folder().absolute()
    while not folder.is_dir():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _check_names(model_id: str, revision: str | None) -> None:
    if not cache.is_model_id(model_id):
        raise RequestError(f"want a hub id such as Intel/ldm3d-pano, got {model_id!r}")
    if revision is not None and (not _REVISION.fullmatch(revision) or ".." in revision):
        raise RequestError(f"want a commit, branch or tag as revision, got {revision!r}")


def _pinned(model_id: str, entry: registry.Entry | None) -> str | None:
    if entry is not None and (entry.commit or entry.pending):
        return entry.commit or entry.pending
    known = KNOWN_MODELS.get(model_id)
    return known.revision if known is not None else None


def _check_pins(entry: registry.Entry | None, commit: str, files: tuple[RemoteFile, ...]) -> None:
    """A commit never changes: refuse a hub that says otherwise."""
    if entry is None or entry.commit != commit:
        return
    for file in files:
        record = entry.files.get(file.name)
        is_same = record is not None and record.size_bytes == file.size_bytes
        if record is not None and len(file.checksum) == 64:
            is_same = is_same and record.sha256 == file.checksum
        if not is_same:
            raise DownloadError(
                f"refused {entry.name}: the hub now lists {file.name} with another content for the "
                f"same commit {commit[:12]}; somebody changed it, keep what you have"
            )


def _check_kind(model_id: str, commit: str, files: tuple[RemoteFile, ...]) -> None:
    """Refuse another kind of model by its configurations, before its weights."""
    if is_single_network([file.name for file in files]):
        kind = _config(model_id, commit, files, NETWORK_CONFIG).get("model_type")
        if kind not in DEPTH_KINDS:
            raise ModelError(
                f"want an LDM3D or a depth network ({', '.join(DEPTH_KINDS)}), {model_id} is "
                f"{kind or 'neither'}: not downloaded"
            )
        return
    vae = _config(model_id, commit, files, "vae/config.json")
    channels = vae.get("in_channels")
    if channels not in _CHANNELS:
        raise ModelError(
            f"want an LDM3D, whose autoencoder has 4 or 6 channels; that of {model_id} has "
            f"{channels}: not downloaded"
        )
    unet = _config(model_id, commit, files, "unet/config.json")
    if unet.get("in_channels") != vae.get("latent_channels", 4):
        raise ModelError(
            f"want a text-to-RGBD model; the UNet of {model_id} takes {unet.get('in_channels')} "
            f"channels, {vae.get('latent_channels', 4)} fit: not downloaded"
        )


def _config(
    model_id: str, commit: str, files: tuple[RemoteFile, ...], name: str
) -> Mapping[str, Any]:
    file = next(f for f in files if f.name == name)
    try:
        values = json.loads(small_content(model_id, commit, file))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{name} of {model_id} is not JSON: not downloaded") from error
    if not isinstance(values, dict):
        raise ModelError(f"{name} of {model_id} is not a JSON object: not downloaded")
    return values


def small_content(model_id: str, commit: str, file: RemoteFile) -> bytes:
    """Return a small file's checked content, from the cache or the hub.

    Raises:
        DownloadError: if it cannot be had or is not what the hub listed.
    """
    here = cache.present(model_id, commit, file.name, file.checksum)
    if here is not None and here.stat().st_size == file.size_bytes:
        content = here.read_bytes()
        if _fits(content, file):
            return content
    content = _fetched(model_id, commit, file)
    if not _fits(content, file):
        raise DownloadError(
            f"{file.name} of {model_id} arrived with another checksum than the hub lists: "
            "try again later"
        )
    return content


def _fetched(model_id: str, commit: str, file: RemoteFile) -> bytes:
    failures = client.network_errors()
    url, content = client.file_url(model_id, commit, file.name), bytearray()
    try:
        with client.session().stream(
            "GET", url, headers=client.headers(), timeout=client.timeout_s(), follow_redirects=True
        ) as response:
            client.check_status(response, model_id, file.name)
            for block in response.iter_bytes():
                content += block
                if len(content) > file.size_bytes:
                    break
    except failures as error:
        raise client.explained(error, model_id, "", file.name) from error
    return bytes(content)


def _fits(content: bytes, file: RemoteFile) -> bool:
    digest = Digest(file)
    digest.update(content)
    return digest.matches()


def _missing_bytes(model_id: str, commit: str, files: tuple[RemoteFile, ...]) -> int:
    missing: dict[str, int] = {}
    for file in files:
        if cache.present(model_id, commit, file.name, file.checksum) is None:
            part = cache.part_path(model_id, file.checksum)
            arrived = part.stat().st_size if part.is_file() else 0
            missing[file.checksum] = max(0, file.size_bytes - arrived)
    return sum(missing.values())


def _licence(model_id: str, licence: str | None, link: str | None) -> tuple[str, str]:
    known = KNOWN_MODELS.get(model_id)
    if licence is None or licence.casefold() in {"other", "unknown"}:
        licence = known.licence if known is not None else licence
    if is_openrail(licence):
        return OPENRAIL_M, link or OPENRAIL_LINK
    return licence or "", link or f"{client.endpoint()}/{model_id}"


def _licence_text(model_id: str, commit: str, files: tuple[RemoteFile, ...]) -> str:
    shown = licence_files(files)[:MAX_LICENCE_FILES]
    contents = [small_content(model_id, commit, file) for file in shown]
    text = "\n\n".join(content.decode("utf-8", "replace") for content in contents)
    text = "".join(c for c in text if c.isprintable() or c == "\n").strip()
    return text if len(text) <= MAX_LICENCE_CHARS else f"{text[:MAX_LICENCE_CHARS]}\n[cut off here]"


def _notes(files: tuple[RemoteFile, ...], pinned: tuple[str, str] | None) -> tuple[str, ...]:
    notes = []
    if any(file.name.endswith(".bin") for file in files):
        notes.append("some weights come as .bin pickles: only their numbers are read, no code runs")
    if pinned is not None:
        newest = _newest(pinned[0])
        if newest not in {None, pinned[1]}:
            notes.append(f"the hub has a newer commit, {newest:.12}: --revision main takes it")
    return tuple(notes)


def _newest(model_id: str) -> str | None:
    """Return the commit of the main branch; None if it cannot be had: it is only a courtesy."""
    try:
        return str(client.model_info(model_id, "main").sha)
    except Ldm3dError:
        return None
