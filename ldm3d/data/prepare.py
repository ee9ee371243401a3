"""`python -m ldm3d data prepare`: a set of real pictures, as the paper's, resumable.

Pictures are taken in the order of their source, several decoded at a time, and fill one shard
after the other. Where a shard ends stands in its manifest, so a making that was killed goes on
there and ends with the same set.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ldm3d.data.prepare_picture import Prepared, bombs_refused, prepared
from ldm3d.data.prepare_plan import LeftOutError, PreparePlan
from ldm3d.data.prepare_record import Record
from ldm3d.data.prepare_sources import Part, Sample, parts_of
from ldm3d.data.prepare_taking import PrepareProgress, Seen, Taking
from ldm3d.data.world_set import (
    SetInfo,
    begin_set,
    check_begun,
    full_disk_explained,
)
from ldm3d.errors import InputError, Ldm3dError, ModelNotFoundError, OutOfMemoryError

if TYPE_CHECKING:
    from ldm3d.depth import DepthNetwork

_LEFT_OUT_AT_ONCE = 64
_GO_ON = "the same command goes on"


def prepare_set(
    folder: Path,
    sources: Sequence[Path],
    plan: PreparePlan,
    *,
    workers: int = 2,
    limit: int | None = None,
    device: str | None = None,
) -> Iterator[PrepareProgress]:
    """Make a set of pictures, or what is missing of it; yield progress.

    Args:
        folder: of the set.
        sources: folders and tar files.
        plan: what is taken, and how; a folder that was begun with another plan is refused.
        workers: threads that read and decode.
        limit: pictures at most; None: all.
        device: of the depth network; None: the fastest.

    Raises:
        InputError: if a source is absent or vanishes, or the folder holds a set of another plan.
        ModelNotFoundError: if the depth network is not on this machine.
        OutOfMemoryError: if memory runs out.
        Ldm3dError: if the disk is full; whole shards stay.
    """
    parts = parts_of(sources)
    taking = Taking(folder, plan, limit, [part.name for part in parts])
    with full_disk_explained(folder, taking.kept), _memory_explained(), bombs_refused(plan):
        begin_set(folder, _info(plan))
        check_begun(folder, plan.values())
        taking.resume()
        _check_space(folder, plan, limit)
        after = _position(parts, taking.record)
        yield taking.progress()
        if taking.room():
            network = None if plan.depth_is else _network(plan, device)
            with closing(_looked_at(parts, plan, after, workers)) as looked_at:
                yield from _taken(taking, looked_at, network)
            taking.finish()
            yield taking.progress()


def _info(plan: PreparePlan) -> SetInfo:
    near_m, far_m = plan.scale or (None, None)
    return SetInfo(plan.width, plan.height, near_m, far_m, seamless=plan.panoramas)


def _network(plan: PreparePlan, device: str | None) -> DepthNetwork:
    from ldm3d.depth import load_depth_model

    try:
        return load_depth_model(plan.depth_model, device=device)
    except ModelNotFoundError as error:  # it names the option of another command
        raise ModelNotFoundError(str(error).replace(" --model", " --depth-model")) from error


def _check_space(folder: Path, plan: PreparePlan, limit: int | None) -> None:
    pictures = plan.shard if limit is None else min(plan.shard, limit)
    needed, free = pictures * plan.width * plan.height * 5, shutil.disk_usage(folder).free
    if free < needed:
        raise Ldm3dError(
            f"want {needed / 1e6:.0f} MB for one shard in {folder}, {free / 1e6:.0f} MB are free: "
            "free some space or make smaller shards"
        )


@contextmanager
def _memory_explained() -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise OutOfMemoryError(
            "not enough memory for preparing: choose fewer --workers, a smaller --shard or fewer "
            f"--max-megapixels; whole shards are kept and {_GO_ON}"
        ) from error


def _position(parts: Sequence[Part], record: Record) -> tuple[int, tuple[int, str] | None]:
    """Return the part to go on in, and number and key of the last sample taken there.

    Raises:
        InputError: if the part is not among the sources.
    """
    if record.last is None:
        return 0, None
    names = [part.name for part in parts]
    if record.last.source not in names:
        raise InputError(
            f"want the sources the set was begun with: it has pictures of {record.last.source}, "
            "which is not among those given"
        )
    return names.index(record.last.source), (record.last.number, record.last.key)


def _looked_at(
    parts: Sequence[Part],
    plan: PreparePlan,
    after: tuple[int, tuple[int, str] | None],
    workers: int,
) -> Generator[Seen]:
    """Yield the samples in order, read and decoded by threads that run ahead."""
    waiting: deque[Seen | tuple[Sample, Future[Prepared]]] = deque()
    ahead = plan.batch + 2 * workers
    with ThreadPoolExecutor(workers, "prepare") as pool:
        try:
            for sample in _samples(parts, after):
                if isinstance(sample, Seen):
                    waiting.append(sample)
                else:
                    waiting.append((sample, pool.submit(prepared, sample, plan)))
                if len(waiting) > ahead:
                    yield _result(waiting.popleft(), parts)
            while waiting:
                yield _result(waiting.popleft(), parts)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _samples(
    parts: Sequence[Part], after: tuple[int, tuple[int, str] | None]
) -> Iterator[Sample | Seen]:
    first, last = after
    for part in parts[first:]:
        try:
            yield from part.samples(last)
        except LeftOutError as error:  # a tar that is broken from some place on
            yield Seen(part.name, "", error)
        last = None


def _result(waiting: Seen | tuple[Sample, Future[Prepared]], parts: Sequence[Part]) -> Seen:
    if isinstance(waiting, Seen):
        return waiting
    sample, future = waiting
    try:
        found: Prepared | LeftOutError = future.result()
    except LeftOutError as error:
        if error.filter == "unreadable" and not _is_there(parts, sample.source):
            raise InputError(f"{sample.source} is gone while it was read: {_GO_ON}") from error
        found = error
    return Seen(sample.source, sample.key, found, sample.depth is not None)


def _is_there(parts: Sequence[Part], name: str) -> bool:
    return any(part.is_there() for part in parts if part.name == name)


def _taken(
    taking: Taking, looked_at: Iterator[Seen], network: DepthNetwork | None
) -> Iterator[PrepareProgress]:
    """Take pictures in batches until the sources end or the limit is reached."""
    waiting: list[Seen] = []
    usable = 0
    told = taking.plan.depth_is is not None
    for seen in looked_at:
        taking.looked += 1
        if seen.has_depth and not told:
            told = True
            note = "there are depth maps, which are not used: --depth-is says what they mean"
            yield taking.progress(seen.source, note)
        checked = taking.checked(seen)
        waiting.append(checked)
        usable += isinstance(checked.found, Prepared)
        full = usable == min(taking.plan.batch, taking.room())
        if full or (not usable and len(waiting) >= _LEFT_OUT_AT_ONCE):
            taking.take(waiting, network)
            waiting, usable = [], 0
            yield taking.progress(seen.source)
            if not taking.room():
                return
    taking.take(waiting, network)
