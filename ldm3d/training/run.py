"""The loop that trains a task in a run folder: loads ahead, logs, saves, stops, goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ldm3d.training.machine import Machine
from ldm3d.training.task import Task

INTERRUPTED = 130
"""Exit code after Ctrl-C or SIGTERM, with everything saved."""


@dataclass(frozen=True)
class RunOptions:
    """How long, how often, where: what does not change what is learned."""

    folder: Path
    steps: int
    """Steps in all, counted from the run's beginning."""
    minutes: float | None = None
    """Stop after so many minutes of this call, with a checkpoint."""
    seed: int = 0
    log_every: int = 20
    save_minutes: float = 5.0
    save_every: int | None = None
    """Also save every so many steps."""
    keep: int = 2
    """Newest checkpoints kept."""
    chunk_mib: float | None = None
    """Largest file of a checkpoint; None: one file a network."""


def train(
    make_task: Callable[[Machine], Task],
    machine: Machine,
    options: RunOptions,
    about: Mapping[str, Any],
) -> int:
    """Train until the steps or minutes are over; go on where an earlier call stopped.

    Args:
        make_task: builds the networks, given the machine.
        machine: where to run.
        options: how long, where.
        about: what decides the result (kind, preset, data, batch...), JSON-able; stored in
            run.json. A later call with another value is refused; `lr` and `steps` may change.

    Returns:
        0 when done or out of minutes, 130 after Ctrl-C or SIGTERM; everything is saved.

    Raises:
        Ldm3dError: with one line that says what to do: NaN, full disk, out of memory, broken
            sample, another run in the folder.
    """
    raise NotImplementedError
