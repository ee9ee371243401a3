"""Loads batches ahead of the device, in threads, into pinned memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from ldm3d.training.machine import Machine
from ldm3d.training.order import Turn
from ldm3d.training.task import Batch, Task


def turns_of_step(task: Task, machine: Machine, seed: int, step: int) -> list[Turn]:
    """Return the turns of one step of this process."""
    return [
        Turn(seed, step, part, task.parts, machine.rank, machine.ranks)
        for part in range(task.parts)
    ]


def batches_ahead(
    task: Task, machine: Machine, seed: int, steps: range, threads: int = 1, ahead: int = 3
) -> Generator[tuple[Sequence[Turn], Sequence[Batch]], None, None]:
    """Yield each step's turns and batches (on the device), in order; close it to end the threads.

    Raises:
        InputError: what `Task.batch` raised, when the step's turn comes.
    """
    pin = machine.device.type == "cuda"
    waiting: deque[tuple[list[Turn], list[Future[Batch]]]] = deque()
    upcoming = iter(steps)
    with ThreadPoolExecutor(threads, thread_name_prefix="training-batch") as pool:

        def order_next() -> None:
            step = next(upcoming, None)
            if step is not None:
                turns = turns_of_step(task, machine, seed, step)
                futures = [pool.submit(_load, task, turn, pin) for turn in turns]
                waiting.append((turns, futures))

        try:
            for _ in range(ahead):
                order_next()
            while waiting:
                turns, futures = waiting.popleft()
                order_next()
                yield turns, [machine.send(future.result()) for future in futures]
        finally:
            for _, futures in waiting:
                for future in futures:
                    future.cancel()


def _load(task: Task, turn: Turn, pin: bool) -> Batch:
    batch = task.batch(turn)
    return {name: value.pin_memory() for name, value in batch.items()} if pin else batch
