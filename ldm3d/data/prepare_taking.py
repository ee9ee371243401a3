"""Fills the shards of a set of real pictures, and counts what is left out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.prepare_depth import Floats, estimated
from ldm3d.data.prepare_picture import Prepared
from ldm3d.data.prepare_plan import LeftOutError, PreparePlan
from ldm3d.data.prepare_record import Record, failure_line
from ldm3d.data.progress_line import duration
from ldm3d.data.world_set import Facts, write_shard

if TYPE_CHECKING:
    from ldm3d.depth import DepthNetwork

SEEDS = 1_000_000
"""Seeds stay below: those from here on are never trained on."""


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
    left_s: float | None = None
    """Seconds left; None where nobody knows."""
    source: str = ""
    """Where it is."""
    note: str = ""

    @property
    def text(self) -> str:
        """Return it in words."""
        count = "" if self.count is None else f" of {self.count}"
        text = f"{self.done}{count} pictures taken, {self.left_out.total()} left out"
        if self.per_s:
            text += f", {self.per_s:.1f} a second"
        if self.left_s is not None:
            return f"{text}, {duration(self.left_s)} left"
        return f"{text}, {self.source}" if self.source else text


@dataclass(frozen=True)
class Seen:
    """A sample that was looked at."""

    source: str
    key: str
    found: Prepared | LeftOutError
    has_depth: bool = False


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
class Taking:
    """Fills shards, and counts and writes down what is left out."""

    folder: Path
    plan: PreparePlan
    limit: int | None
    parts: Sequence[str]
    """Names of the sources, in order."""
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

    def checked(self, seen: Seen) -> Seen:
        """Leave out what was there before."""
        found = seen.found
        if isinstance(found, LeftOutError) or self.plan.keep_duplicates:
            return seen
        if not self.record.is_new(found.sha256):
            again = LeftOutError("duplicate", "the same file was taken before")
            return Seen(seen.source, seen.key, again)
        return seen

    def take(self, waiting: Sequence[Seen], network: DepthNetwork | None) -> None:
        """Put pictures into the shard, with depth; write it when it is full."""
        for one, depth in zip(waiting, self._depths(waiting, network), strict=True):
            if isinstance(one.found, LeftOutError):
                self._leave_out(one, one.found)
            elif isinstance(depth, LeftOutError):
                self.record.forget(one.found.sha256)
                self._leave_out(one, depth)
            else:
                self._put(one.found, depth)
        if len(self.shard) == self.plan.shard:
            self._write()
            self.number, self.written, self.shard = self.number + 1, 0, _Shard(self.plan)

    def _depths(
        self, waiting: Sequence[Seen], network: DepthNetwork | None
    ) -> list[Floats | LeftOutError]:
        """Return the depth of each, given or estimated together, or why there is none."""
        found = [one.found for one in waiting]
        depths = [one if isinstance(one, LeftOutError) else one.depth for one in found]
        if network is None:
            return [depth for depth in depths if depth is not None]
        colors = [one.color for one in found if isinstance(one, Prepared)]
        estimates = iter(estimated(colors, network, self.plan.panoramas) if colors else ())
        return [next(estimates) if depth is None else depth for depth in depths]

    def _put(self, found: Prepared, depth: Floats) -> None:
        place = len(self.shard)
        self.shard.color[place] = found.color
        self.shard.depth[place] = np.rint(depth.astype(np.float64) * 65535).astype(np.uint16)
        self.shard.facts.append(Facts(found.captions, seed=int(found.sha256[:12], 16) % SEEDS))
        self.shard.lines.append(self.record.line(found.manifest()))

    def _leave_out(self, one: Seen, error: LeftOutError) -> None:
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
        spent_s, made = time.monotonic() - self.started_s, self.taken - self.record.taken
        left_s = None
        if self.limit is not None and made:
            left_s = (self.limit - self.taken) * spent_s / made
        if source and len(self.parts) > 1:
            source = f"source {self.parts.index(source) + 1} of {len(self.parts)}"
        return PrepareProgress(
            self.taken,
            self.limit,
            Counter(self.record.left_out),
            self.looked / max(spent_s, 1e-6),
            left_s,
            source,
            note,
        )
