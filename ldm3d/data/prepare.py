"""`python -m ldm3d data prepare`: a set of real pictures, as the paper's, resumable.

Pictures are taken in the order of their source, several decoded at a time, and fill one shard
after the other. Where a shard ends stands in its manifest, so a making that was killed goes on
there and ends with the same set.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.prepare_depth import estimated
from ldm3d.data.prepare_picture import Prepared, bombs_refused, prepared
from ldm3d.data.prepare_plan import LeftOutError, PreparePlan
from ldm3d.data.prepare_record import Record, failure_line
from ldm3d.data.prepare_sources import Part, Sample, parts_of
from ldm3d.data.world_set import (
    Facts,
    SetInfo,
    begin_set,
    check_begun,
    full_disk_explained,
    write_shard,
)
from ldm3d.errors import InputError, Ldm3dError, OutOfMemoryError

if TYPE_CHECKING:
    from ldm3d.depth import DepthNetwork

SEEDS = 1_000_000
"""Seeds stay below: those from here on are never trained on."""
_LEFT_OUT_AT_ONCE = 64
_GO_ON = "the same command goes on"


@dataclass(frozen=True)
class PrepareProgress:
    """How far the preparing is."""

    done: int
    """Pictures in the set, those still to be written among them."""
    count: int | None
    """Pictures there shall be; None: as many as the sources give."""
    left_out: Counter[str]
    """Filter -> pictures that it kept out."""
    per_s: float
    """Pictures looked at."""
    source: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """Return it in words."""
        count = "" if self.count is None else f" of {self.count}"
        text = f"{self.done}{count} pictures taken, {self.left_out.total()} left out"
        where = f", at {self.source}" if self.source else ""
        return f"{text}, {self.per_s:.1f} a second{where}" if self.per_s else text


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
    taking = _Taking(folder, plan, limit)
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
    if plan.depth_is is None or not plan.depth_is.is_distance:
        return SetInfo(plan.width, plan.height, None, None, seamless=plan.panoramas)
    far = float("inf") if plan.far_m is None else plan.far_m
    return SetInfo(plan.width, plan.height, plan.near_m, far, seamless=plan.panoramas)


def _network(plan: PreparePlan, device: str | None) -> DepthNetwork:
    from ldm3d.depth import load_depth_model

    return load_depth_model(plan.depth_model, device=device)


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


@dataclass(frozen=True)
class _Seen:
    """A sample that was looked at."""

    source: str
    key: str
    found: Prepared | LeftOutError
    has_depth: bool = False


def _looked_at(
    parts: Sequence[Part],
    plan: PreparePlan,
    after: tuple[int, tuple[int, str] | None],
    workers: int,
) -> Generator[_Seen]:
    """Yield the samples in order, read and decoded by threads that run ahead."""
    waiting: deque[_Seen | tuple[Sample, Future[Prepared]]] = deque()
    ahead = plan.batch + 2 * workers
    with ThreadPoolExecutor(workers, "prepare") as pool:
        try:
            for sample in _samples(parts, after):
                if isinstance(sample, _Seen):
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
) -> Iterator[Sample | _Seen]:
    first, last = after
    for part in parts[first:]:
        try:
            yield from part.samples(last)
        except LeftOutError as error:  # a tar that is broken from some place on
            yield _Seen(part.name, "", error)
        last = None


def _result(waiting: _Seen | tuple[Sample, Future[Prepared]], parts: Sequence[Part]) -> _Seen:
    if isinstance(waiting, _Seen):
        return waiting
    sample, future = waiting
    try:
        found: Prepared | LeftOutError = future.result()
    except LeftOutError as error:
        part = next(part for part in parts if part.name == sample.source)
        if error.filter == "unreadable" and not part.is_there():
            raise InputError(f"{sample.source} is gone while it was read: {_GO_ON}") from error
        found = error
    return _Seen(sample.source, sample.key, found, sample.depth is not None)


def _taken(
    taking: _Taking, looked_at: Iterator[_Seen], network: DepthNetwork | None
) -> Iterator[PrepareProgress]:
    """Take pictures in batches until the sources end or the limit is reached."""
    waiting: list[_Seen] = []
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


class _Shard:
    """Room for the pictures of one shard."""

    def __init__(self, plan: PreparePlan) -> None:
        size = (plan.shard, plan.height, plan.width)
        self.color: NDArray[np.uint8] = np.empty((*size, 3), np.uint8)
        self.depth: NDArray[np.uint16] = np.empty(size, np.uint16)
        self.facts: list[Facts] = []
        self.lines: list[str] = []

    def __len__(self) -> int:
        return len(self.facts)


@dataclass
class _Taking:
    """Fills shards, and counts and writes down what is left out."""

    folder: Path
    plan: PreparePlan
    limit: int | None
    looked: int = 0
    started_s: float = field(default_factory=time.monotonic)
    number: int = 0
    """Of the shard at hand."""
    written: int = 0
    """Its pictures that are on disk."""
    failures: list[str] = field(default_factory=list)
    """Lines still to be written."""
    record: Record = field(init=False)
    shard: _Shard = field(init=False)

    def resume(self) -> None:
        """Read what is there; the last shard, where it is not full, is filled further."""
        self.record = Record(self.folder, self.plan.shard)
        self.number, rest = divmod(self.record.taken, self.plan.shard)
        self.shard, self.written = _Shard(self.plan), rest
        if rest:
            color, depth, facts, lines = self.record.pictures_of(self.number)
            self.shard.color[:rest], self.shard.depth[:rest] = color, depth
            self.shard.facts, self.shard.lines = facts, lines

    @property
    def taken(self) -> int:
        """Return the pictures in whole shards and in the one being filled."""
        return self.number * self.plan.shard + len(self.shard)

    def kept(self) -> str:
        """Say what is on disk."""
        return f"{self.number * self.plan.shard + self.written} pictures are kept"

    def room(self) -> int:
        """Return how many pictures the shard at hand, or the set, can still take."""
        room = self.plan.shard - len(self.shard)
        return room if self.limit is None else max(0, min(room, self.limit - self.taken))

    def checked(self, seen: _Seen) -> _Seen:
        """Leave out what was there before."""
        found = seen.found
        if isinstance(found, LeftOutError) or self.plan.keep_duplicates:
            return seen
        if not self.record.is_new(found.sha256):
            again = LeftOutError("duplicate", "the same file was taken before")
            return _Seen(seen.source, seen.key, again)
        return seen

    def take(self, waiting: Sequence[_Seen], network: DepthNetwork | None) -> None:
        """Put pictures into the shard, with depth; write it when it is full."""
        missing = [
            one.found
            for one in waiting
            if isinstance(one.found, Prepared) and one.found.depth is None
        ]
        estimates: Iterator[NDArray[np.float32] | LeftOutError] = iter(())
        if missing and network is not None:
            colors = [picture.color for picture in missing]
            estimates = iter(estimated(colors, network, self.plan.panoramas))
        for one in waiting:
            found, depth = one.found, None
            if isinstance(found, Prepared):
                depth = found.depth if found.depth is not None else next(estimates)
            if isinstance(found, Prepared) and isinstance(depth, np.ndarray):
                self._put(found, depth)
                continue
            if isinstance(found, Prepared):
                self.record.forget(found.sha256)
                assert isinstance(depth, LeftOutError)
                found = depth
            self._leave_out(one, found)
        if len(self.shard) == self.plan.shard:
            self._write()
            self.number, self.written, self.shard = self.number + 1, 0, _Shard(self.plan)

    def _put(self, found: Prepared, depth: NDArray[np.float32]) -> None:
        place = len(self.shard)
        self.shard.color[place] = found.color
        self.shard.depth[place] = np.rint(depth.astype(np.float64) * 65535).astype(np.uint16)
        self.shard.facts.append(Facts(found.captions, seed=int(found.sha256[:12], 16) % SEEDS))
        self.shard.lines.append(self.record.line(found.manifest()))

    def _leave_out(self, one: _Seen, error: LeftOutError) -> None:
        self.record.left_out[error.filter] += 1
        self.failures.append(failure_line(one.source, one.key, error, self.taken))

    def _write(self) -> None:
        self._write_failures()
        count = len(self.shard)
        text = "\n".join(self.shard.lines) + "\n"
        write_shard(
            self.folder,
            self.number,
            self.shard.color[:count],
            self.shard.depth[:count],
            self.shard.facts,
            {Record.MANIFEST: text},
        )
        self.written = count

    def _write_failures(self) -> None:
        self.record.write_failures(self.failures)
        self.failures = []

    def finish(self) -> None:
        """Write the last shard if it has grown, and what was left out behind it."""
        if len(self.shard) > self.written:
            self._write()
        self._write_failures()

    def progress(self, source: str = "", note: str = "") -> PrepareProgress:
        """Return how far it is."""
        spent = time.monotonic() - self.started_s
        per_s = self.looked / max(spent, 1e-6)
        left_out = Counter(self.record.left_out)
        return PrepareProgress(self.taken, self.limit, left_out, per_s, source, note)
