"""`python -m ldm3d data make`: a training set, by several processes, resumable.

Every process owns an OpenGL context and makes whole shards, which appear at once or not at all.
So the making can be killed at any time and goes on with the same command.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np

from ldm3d.data.graphics import Graphics
from ldm3d.data.make_shard import HELD_OUT_SEED, SPARE_SEEDS, Picture, Plan, shard_pictures
from ldm3d.data.progress_line import progress_text
from ldm3d.data.world import FAR_M, NEAR_M
from ldm3d.data.world_set import (
    SetInfo,
    begin_set,
    check_begun,
    full_disk_explained,
    write_shard,
)
from ldm3d.errors import Ldm3dError, RequestError

_FAILED_FILE = "failures.jsonl"
_LIVES = 3
"""How often a process may die of one shard before the shard is given up."""


@dataclass(frozen=True)
class Progress:
    """How far the making is."""

    done: int
    count: int
    per_s: float
    note: str = ""
    """Something to tell besides, such as a scene that failed."""

    @property
    def left_s(self) -> float | None:
        """Return the seconds left, None as long as nothing is known."""
        return (self.count - self.done) / self.per_s if self.per_s > 0 else None

    @property
    def text(self) -> str:
        """Return it in words."""
        return progress_text(self)


def make_set(
    folder: Path, plan: Plan, workers: int = 1, device: int | None = None
) -> Iterator[Progress]:
    """Make a set, or what is missing of it; yield progress.

    Args:
        folder: of the set.
        plan: of the set; a folder that was begun with another plan is refused.
        workers: processes; 1 works in this one.
        device: number of an EGL device; None: the best there is.

    Raises:
        RequestError: if the plan asks for something impossible.
        InputError: if the folder holds a set of another plan.
        Ldm3dError: if the disk is full; what is there stays.
    """
    _check(plan)
    begin_set(folder, SetInfo(plan.width, plan.width // 2, NEAR_M, FAR_M))
    check_begun(folder, plan.values())
    _check_space(folder, plan)
    present = {n: count for n, count in _present(folder).items() if n < plan.shards}
    missing = [n for n in range(plan.shards) if present.get(n, 0) < plan.pictures(n)]
    tally = _Tally(plan, sum(min(c, plan.pictures(n)) for n, c in present.items()), folder)
    yield tally.progress()
    if not missing:
        return
    with full_disk_explained(folder, lambda: f"{tally.done} worlds are kept"):
        if workers <= 1:
            yield from _alone(folder, plan, missing, device, tally)
        else:
            yield from _together(folder, plan, missing, workers, device, tally)


def _check(plan: Plan) -> None:
    if min(plan.count, plan.variants, plan.shard, plan.supersample) < 1 or not plan.families:
        raise RequestError("want at least one world, variant, world a shard, sample and family")
    scenes = plan.shards * plan.scenes_per_shard
    first_held_out = HELD_OUT_SEED if plan.seed < HELD_OUT_SEED else plan.seed + 4 * SPARE_SEEDS
    if scenes > SPARE_SEEDS or plan.seed + scenes + 2 * SPARE_SEEDS >= first_held_out:
        raise RequestError(
            f"want at most {SPARE_SEEDS} scenes that start below seed "
            f"{HELD_OUT_SEED - 3 * SPARE_SEEDS}, or at {HELD_OUT_SEED} for a held-out set; got "
            f"{scenes} from seed {plan.seed}: make fewer worlds or more variants of each"
        )


def bytes_of(plan: Plan, pictures: int) -> int:
    """Return the bytes that so many pictures take on disk."""
    return pictures * (plan.width * (plan.width // 2) * 5 + 1000)


def _check_space(folder: Path, plan: Plan) -> None:
    needed, free = bytes_of(plan, min(plan.shard, plan.count)), shutil.disk_usage(folder).free
    if free < needed:
        raise Ldm3dError(
            f"want {needed / 1e6:.0f} MB for one shard in {folder}, {free / 1e6:.0f} MB are free: "
            "free some space or make smaller shards"
        )


def _present(folder: Path) -> dict[int, int]:
    """Return the number of pictures in every shard that is there."""
    found = {}
    for shard in folder.glob("shard-*"):
        with (shard / "worlds.jsonl").open(encoding="utf-8") as lines:
            found[int(shard.name.removeprefix("shard-"))] = sum(1 for line in lines if line.strip())
    return found


@dataclass
class _Tally:
    """Counts pictures, and writes down what failed."""

    plan: Plan
    done: int
    folder: Path
    made: int = 0
    started_s: float = field(default_factory=time.monotonic)

    def progress(self, note: str = "") -> Progress:
        spent = time.monotonic() - self.started_s
        return Progress(self.done, self.plan.count, self.made / max(spent, 1e-6), note)

    def picture(self) -> Progress:
        self.done += 1
        self.made += 1
        return self.progress()

    def failure(self, family: str, seed: int, reason: str) -> Progress:
        line = json.dumps({"family": family, "seed": seed, "reason": reason}, ensure_ascii=False)
        with (self.folder / _FAILED_FILE).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        return self.progress(f"left out {family} {seed}: {reason}")


def _store(folder: Path, number: int, pictures: list[Picture]) -> None:
    write_shard(
        folder,
        number,
        np.stack([picture.color for picture in pictures]),
        np.stack([picture.depth for picture in pictures]),
        [picture.facts for picture in pictures],
    )


def _alone(
    folder: Path, plan: Plan, missing: list[int], device: int | None, tally: _Tally
) -> Iterator[Progress]:
    failures: list[tuple[str, int, str]] = []

    def failed(family: str, seed: int, reason: str) -> None:
        failures.append((family, seed, reason))

    with Graphics(device) as graphics:
        for number in missing:
            pictures = []
            for picture in shard_pictures(plan, number, graphics, failed):
                pictures.append(picture)
                for failure in failures:
                    yield tally.failure(*failure)
                failures.clear()
                yield tally.picture()
            for failure in failures:
                yield tally.failure(*failure)
            failures.clear()
            if pictures:
                _store(folder, number, pictures)


def _work(pipe: Connection, folder: Path, plan: Plan, device: int | None) -> None:
    """Make the shards whose numbers come through the pipe; tell of every picture."""
    parent = os.getppid()

    def failed(family: str, seed: int, reason: str) -> None:
        pipe.send(("failed", (family, seed, reason)))

    try:
        with Graphics(device) as graphics:
            while (number := pipe.recv()) is not None:
                pictures = []
                for picture in shard_pictures(plan, number, graphics, failed):
                    if os.getppid() != parent:  # it was killed: nobody waits for this any more
                        return
                    pictures.append(picture)
                    pipe.send(("picture", None))
                if pictures:
                    _store(folder, number, pictures)
                pipe.send(("shard", number))
    except OSError as error:
        pipe.send(("error", (error.errno, str(error))))
    except (EOFError, KeyboardInterrupt):
        return


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    shard: int
    pictures: int = 0
    """Of the shard at hand."""


def _together(
    folder: Path, plan: Plan, missing: list[int], workers: int, device: int | None, tally: _Tally
) -> Iterator[Progress]:
    context = multiprocessing.get_context("spawn")
    waiting, lives = list(missing), dict.fromkeys(missing, _LIVES)
    crew: list[_Worker] = []

    def start() -> None:
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, folder, plan, device), daemon=True)
        process.start()
        theirs.close()
        number = waiting.pop(0)
        ours.send(number)
        crew.append(_Worker(process, ours, number))

    try:
        while waiting or crew:
            while waiting and len(crew) < workers:
                start()
            ready = wait([worker.pipe for worker in crew], timeout=5.0)
            for worker in [worker for worker in crew if worker.pipe in ready]:
                yield from _heard(worker, crew, waiting, lives, tally)
    finally:
        for worker in crew:
            worker.process.terminate()
        for worker in crew:
            worker.process.join(10)
            worker.pipe.close()


def _heard(
    worker: _Worker, crew: list[_Worker], waiting: list[int], lives: dict[int, int], tally: _Tally
) -> Iterator[Progress]:
    """Take one message of a worker, or its death."""
    message: tuple[str, Any]
    try:
        message = worker.pipe.recv()
    except (EOFError, ConnectionResetError):
        crew.remove(worker)
        worker.process.join(10)
        tally.done -= worker.pictures
        tally.made -= worker.pictures
        lives[worker.shard] -= 1
        what = f"a process died (exit code {worker.process.exitcode}) at shard {worker.shard}"
        if lives[worker.shard] > 0:
            waiting.append(worker.shard)
            yield tally.progress(f"{what}: started again")
        else:
            yield tally.progress(f"{what} {_LIVES} times: the shard is left out")
        return
    kind, value = message
    if kind == "picture":
        worker.pictures += 1
        yield tally.picture()
    elif kind == "failed":
        yield tally.failure(*value)
    elif kind == "error":
        number, text = value
        raise OSError(number, text)
    elif waiting:
        worker.shard, worker.pictures = waiting.pop(0), 0
        worker.pipe.send(worker.shard)
    else:
        worker.pipe.send(None)
        crew.remove(worker)
        worker.process.join(30)
        worker.pipe.close()
