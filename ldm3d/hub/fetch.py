"""Gets a model into the hub's own cache: complete and checked, or to be gone on with later."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ldm3d.errors import DownloadError, ModelError, RequestError
from ldm3d.hub import cache, client, registry
from ldm3d.hub.folder import missing_parts
from ldm3d.hub.listing import RemoteFile
from ldm3d.hub.offer import Offer, look
from ldm3d.hub.progress import Pace, Progress
from ldm3d.hub.registry import Entry, FileRecord
from ldm3d.hub.transfer import READ_BYTES, Digest, Doing, FileProgress, Transfer, disk_error


def download(
    model_id: str,
    *,
    revision: str | None = None,
    accept_licence: bool,
    progress: Callable[[Progress], None] | None = None,
) -> Path:
    """Download a model and return its folder; what is here already is only checked.

    Args:
        model_id: `owner/name` on the hub.
        revision: a commit, branch or tag; None: see `look`.
        accept_licence: whether the user accepts the model's licence (`look` shows it).
        progress: called often; an exception it raises cancels, and what arrived is kept.

    Raises:
        RequestError: if the licence is not accepted, or the id cannot be one.
        ModelNotFoundError: if the hub has no such model.
        ModelError: if it is another kind of model.
        DownloadError: if the line, the hub or the disk fails; calling it again goes on.
    """
    offer = look(model_id, revision)
    if not (accept_licence or offer.is_accepted):
        raise RequestError(
            f"the licence of {model_id} ({offer.licence or 'none named'}, {offer.licence_link}) "
            "has to be accepted first: read it, then pass accept_licence=True"
        )
    with contextlib.closing(downloading(offer)) as steps:
        for step in steps:
            if progress is not None:
                progress(step)
    return cache.snapshot_folder(model_id, offer.commit)


def downloading(offer: Offer) -> Generator[Progress, None, None]:
    """Download what was offered and yield how far it is; closing it keeps what arrived.

    The caller has had the licence accepted. When it ends, the snapshot is complete, every
    checksum was compared, and commit and checksums are recorded.

    Raises:
        ModelError: if what arrived is not a whole model.
        DownloadError: if the line, the hub or the disk fails.
    """
    offer.check_room()
    try:
        with _only_one(offer.model_id):
            _begin(offer)
            records = yield from _files(offer)
            _link(offer)
            _finish(offer, records)
    except OSError as error:
        raise disk_error(error, cache.blob_path(offer.model_id, "")) from error


@contextlib.contextmanager
def _only_one(model_id: str) -> Iterator[None]:
    """Hold the model's lock, so that no two downloads write into the same part."""
    from filelock import FileLock, Timeout

    path = client.cache_folder() / ".locks" / cache.repo_folder(model_id).name / "ldm3d.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise DownloadError(
            f"{model_id} is being downloaded by another process: wait for it, or end it"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _files(offer: Offer) -> Generator[Progress, None, dict[str, FileRecord]]:
    """Bring every file that is not here in one piece; return name -> record."""
    records: dict[str, FileRecord] = {}
    pace, before = Pace(), 0
    cache.blob_path(offer.model_id, "").mkdir(parents=True, exist_ok=True)
    for file in offer.files:
        last = 0
        pace.rest()  # the time before a file's first byte says nothing of the line's speed
        steps = _one_file(offer, file)
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                records[file.name] = FileRecord(file.size_bytes, end.value)
                break
            if step.doing is Doing.DOWNLOAD:
                pace.add(max(0, step.done_bytes - last))
            else:
                pace.rest()
            last = step.done_bytes
            yield _progress(offer, file, before, step, pace)
        before += file.size_bytes
    return records


def _one_file(offer: Offer, file: RemoteFile) -> Generator[FileProgress, None, str]:
    """Bring one file to its place in the cache; return its SHA-256."""
    model_id = offer.model_id
    sha256 = yield from _checked(offer, file)
    if sha256 is not None:
        return sha256
    part = cache.part_path(model_id, file.checksum)
    transfer = Transfer(client.file_url(model_id, offer.commit, file.name), part, file, model_id)
    yield from transfer.run()
    part.replace(cache.blob_path(model_id, file.checksum))
    return transfer.sha256


def _checked(offer: Offer, file: RemoteFile) -> Generator[FileProgress, None, str | None]:
    """Return the SHA-256 of a file that is here and whole; remove a damaged one."""
    here = cache.present(offer.model_id, offer.commit, file.name, file.checksum)
    if here is None:
        return None
    if here.stat().st_size == file.size_bytes:
        digest, done = Digest(file), 0
        with here.open("rb") as content:
            while block := content.read(READ_BYTES):
                digest.update(block)
                done += len(block)
                yield FileProgress(Doing.CHECK, done)
        if digest.matches():
            return digest.sha256
    here.unlink()
    yield FileProgress(Doing.CHECK, 0, "it was damaged")
    return None


def _progress(
    offer: Offer, file: RemoteFile, before: int, step: FileProgress, pace: Pace
) -> Progress:
    done, speed = before + step.done_bytes, pace.bytes_per_s
    return Progress(
        doing=step.doing,
        name=file.name,
        done_bytes=done,
        total_bytes=offer.total_bytes,
        bytes_per_s=speed,
        remaining_s=(offer.total_bytes - done) / speed if speed else None,
        note=step.note,
    )


def _begin(offer: Offer) -> None:
    """Record that the licence was accepted, and which commit to go on with."""
    entry = registry.entries().get(offer.model_id, Entry(name=offer.model_id))
    is_new = offer.commit != entry.commit
    accepted = datetime.now(UTC).isoformat(timespec="seconds")
    registry.put(
        replace(
            entry,
            licence=offer.licence,
            accepted=entry.accepted if offer.is_accepted else accepted,
            pending=offer.commit if is_new else None,
        )
    )


def _link(offer: Offer) -> None:
    """Let the files appear in the snapshot, all of them checked."""
    left = Counter(file.checksum for file in offer.files)
    for file in offer.files:
        left[file.checksum] -= 1
        is_last = not left[file.checksum]
        cache.link(offer.model_id, offer.commit, file.name, file.checksum, is_last=is_last)


def _finish(offer: Offer, records: dict[str, FileRecord]) -> None:
    """Check the whole and record it."""
    folder = cache.snapshot_folder(offer.model_id, offer.commit)
    missing = missing_parts(folder)
    if missing:
        raise ModelError(f"{offer.model_id} is not a whole model on the hub: it lacks {missing[0]}")
    cache.write_ref(offer.model_id, offer.revision, offer.commit)
    entry = registry.entries()[offer.model_id]
    registry.put(replace(entry, commit=offer.commit, pending=None, files=records))
