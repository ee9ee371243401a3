"""The loop that trains a task in a run folder: loads ahead, logs, saves, stops, goes on."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ldm3d.errors import Ldm3dError
from ldm3d.memory import explained_out_of_memory
from ldm3d.training.checkpoint import (
    State,
    clean_checkpoints,
    load_optimizer,
    load_state,
    load_tensors,
    newest_checkpoint,
    optimizer_tensors,
    save_checkpoint,
)
from ldm3d.training.folder import RunFolder
from ldm3d.training.loader import batches_ahead
from ldm3d.training.machine import Machine
from ldm3d.training.metrics import Meter, Metrics
from ldm3d.training.progress import Progress
from ldm3d.training.signals import StopWish
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
        make_task: builds the networks, given the machine; torch's generator is seeded before.
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
    folder = RunFolder(options.folder)
    with contextlib.ExitStack() as stack:
        if machine.is_main:
            stack.enter_context(folder.locked())
        stack.enter_context(torch.random.fork_rng(devices=[]))
        torch.manual_seed(options.seed)
        run = _Run(make_task(machine), machine, options, folder)
        run.restore(about)
        return run.loop()


class _Run:
    """One call of `train`."""

    def __init__(
        self, task: Task, machine: Machine, options: RunOptions, folder: RunFolder
    ) -> None:
        self.task, self.machine, self.options, self.folder = task, machine, options, folder
        self.metrics = Metrics(folder.metrics)
        self.progress = Progress(options.steps, quiet=not machine.is_main)
        self.state = State()
        self.meter = Meter()
        self.saved_step = -1
        self.started_s = self.saved_s = self.logged_s = time.monotonic()

    def restore(self, about: Mapping[str, Any]) -> None:
        """Take the newest whole checkpoint, if there is one."""
        newest = newest_checkpoint(self.folder.checkpoints)
        if newest is not None:
            self.state = load_state(newest)
        if self.machine.is_main:
            whole = {**about, **self.task.describe(), "seed": self.options.seed}
            self.folder.begin(whole, self.state.step)
            clean_checkpoints(self.folder.checkpoints)
            self.metrics.cut(self.state.step)
        if newest is None:
            self.task.begin()
            return
        for name, network in self.task.networks.items():
            network.load_state_dict(load_tensors(newest, f"network-{name}"))
        for name, ema in self.task.emas.items():
            ema.load_state_dict(load_tensors(newest, f"ema-{name}"))
        for name, optimizer in self.task.optimizers.items():
            if self.state.step:
                load_optimizer(optimizer, load_tensors(newest, f"optimizer-{name}"))
        self.meter = Meter(self.state.meter)
        self.progress.tell(f"going on after {newest.name}")

    def loop(self) -> int:
        """Run all steps that are left; every way out but an error of the loss saves."""
        steps = range(self.state.step, self.options.steps)
        batches = batches_ahead(self.task, self.machine, self.options.seed, steps)
        way_on = (
            "use half the --batch and twice the --accumulate in a new folder, or a smaller "
            "preset; what was saved last stands"
        )
        self.started_s = self.saved_s = self.logged_s = time.monotonic()
        with (
            StopWish() as stop,
            contextlib.closing(batches),
            explained_out_of_memory(f"a batch of {self.task.batch_size}", way_on),
        ):
            for step in steps:
                try:
                    turns, loaded = next(batches)
                except Ldm3dError:
                    self._save()
                    raise
                turns[0].seed_dropout()
                self.meter.add(self.task.step(turns, loaded))
                self._count(step, len(turns))
                if self.state.step % self.options.log_every == 0:
                    self._log()
                if self._stops(stop.wanted):
                    self._save()
                    self.progress.tell(f"stopped after step {self.state.step}, saved")
                    return INTERRUPTED if stop.wanted else 0
                if self._is_time_to_save():
                    self._save()
            if steps and self.saved_step != self.state.step:
                self._save()
            self.progress.tell(f"done: {self.state.step} steps")
        return 0

    def _count(self, step: int, parts: int) -> None:
        samples = self.task.batch_size * parts * self.machine.ranks
        self.state = replace(self.state, step=step + 1, samples=self.state.samples + samples)

    def _stops(self, wanted: bool) -> bool:
        minutes = self.options.minutes
        over = minutes is not None and time.monotonic() - self.started_s >= 60 * minutes
        return self.machine.any_rank(wanted or over) and self.state.step < self.options.steps

    def _is_time_to_save(self) -> bool:
        every = self.options.save_every
        if every and self.state.step % every == 0:
            return True
        late = time.monotonic() - self.saved_s >= 60 * self.options.save_minutes
        return self.machine.any_rank(late)

    def _read_losses(self) -> dict[str, float]:
        """Return the means since the last line, or end the run where they are not finite."""
        losses = self.meter.read(self.machine)
        broken = [name for name, value in losses.items() if not math.isfinite(value)]
        if broken:
            raise Ldm3dError(
                f"{broken[0]} is no longer a number by step {self.state.step}; {self._stands()}: "
                "run the same command with a lower --lr"
            )
        return losses

    def _log(self) -> None:
        losses = self._read_losses()
        now_s = time.monotonic()
        samples = self.meter.count * self.task.batch_size * self.task.parts * self.machine.ranks
        rate = samples / max(1e-9, now_s - self.logged_s)
        line = {
            "step": self.state.step,
            "samples": self.state.samples,
            "losses": losses,
            "lr": self.task.learning_rate(self.state.step - 1),
            "samples_per_s": round(rate, 3),
            "seconds": round(self._seconds(), 3),
        }
        if self.machine.is_main:
            self.metrics.write(line)
        left = (self.options.steps - self.state.step) * (now_s - self.logged_s) / self.meter.count
        if self.options.minutes is not None:
            left = min(left, 60 * self.options.minutes - (now_s - self.started_s))
        self.progress.show(self.state.step, losses, rate, max(0.0, left))
        self.meter.reset()
        self.logged_s = now_s

    def _save(self) -> None:
        """Write a checkpoint, then measure and draw where the task can."""
        self._read_losses()  # what is saved is finite
        seconds = self._seconds()
        if self.machine.is_main:
            tensors: dict[str, Mapping[str, torch.Tensor]] = {}
            for name, network in self.task.networks.items():
                tensors[f"network-{name}"] = network.state_dict()
            for name, ema in self.task.emas.items():
                tensors[f"ema-{name}"] = ema.state_dict()
            for name, optimizer in self.task.optimizers.items():
                tensors[f"optimizer-{name}"] = optimizer_tensors(optimizer)
            chunk = self.options.chunk_mib
            save_checkpoint(
                self.folder.checkpoints,
                replace(self.state, seconds=seconds, meter=self.meter.state()),
                tensors,
                keep=self.options.keep,
                chunk_bytes=None if chunk is None else int(chunk * 2**20),
            )
            self._show()
        self.machine.wait()
        self.saved_s, self.saved_step = time.monotonic(), self.state.step

    def _show(self) -> None:
        measures = dict(self.task.evaluate())
        if measures:
            self.metrics.write({"step": self.state.step, "measures": measures})
            told = ", ".join(f"{name} {value:.4g}" for name, value in measures.items())
            self.progress.tell(f"saved step {self.state.step}: {told}")
        picture = self.task.sample()
        if picture is not None:
            self.folder.samples.mkdir(exist_ok=True)
            picture.save(self.folder.samples / f"step-{self.state.step:07d}.png")
            self.folder.clean_samples()

    def _seconds(self) -> float:
        return self.state.seconds + time.monotonic() - self.started_s

    def _stands(self) -> str:
        newest = newest_checkpoint(self.folder.checkpoints)
        return f"the checkpoint {newest.name} stands" if newest else "no checkpoint was due yet"
