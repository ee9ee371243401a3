"""How fast `ldm3d` trains a UNet, beside a plain loop in diffusers' style on the same networks.

    python -m bench.training                       the fastest device, a processor: one thread
    python -m bench.training --device cuda --batch 128 --compile

Both loops learn the same: pictures, turns, captions, noise and times are equal, and the first loss
has to be. The plain one does what diffusers' example of training text to image does: in each step
it loads and encodes the pictures, tokenizes the captions, attends by the fused kernel, reads the
loss with `.item()` and calls AdamW without fused kernels.

Ours is judged at samples a second: at least 1.2 times the plain loop's.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import math
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from bench.generation import Clock, in_turns, peak_flops
from ldm3d.data.world_set import Facts, SetInfo, WorldSet, begin_set, write_shard
from ldm3d.training import diffusion_loss as loss
from ldm3d.training.denoiser import Denoiser, decayed_groups, text_encoder_from, unet_from
from ldm3d.training.ema import Ema
from ldm3d.training.frozen import FrozenAutoencoder, load_frozen
from ldm3d.training.loader import batches_ahead
from ldm3d.training.machine import Machine
from ldm3d.training.order import Turn
from ldm3d.training.presets import STARTER
from ldm3d.training.text import Reading
from ldm3d.training.unet import UnetTask
from ldm3d.training.unet_presets import PRESETS, UnetPreset
from ldm3d.training.unet_setup import UnetPlan, make_task
from ldm3d.training.vae import new_autoencoder

MIN_RATIO = 1.2
PICTURES = 24
LOSS_TOLERANCE = {torch.float32: 2e-3, torch.bfloat16: 2e-2}
"""Relative; latents are cached in float16."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; return 1 if ours is not fast enough, or does not learn the same."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--device", help="cpu, cuda...; the fastest")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"))
    parser.add_argument("--size", default="512x256")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=3, help="of each loop in each turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="of a processor")
    parser.add_argument("--compile", action="store_true", help="ours, on CUDA")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    machine = Machine(options.device, options.dtype)
    width, height = (int(side) for side in options.size.split("x"))
    preset = dataclasses.replace(
        PRESETS["starter"], batch=options.batch, phases=1, mirror=False,
        reading=Reading(dropout=0.1, stray=0.0),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        loops = Loops(machine, preset, Path(folder), (width, height), options.compile)
        return report(loops, machine, options.steps, options.turns)


class Loops:
    """Both loops, each with its own copy of equal networks."""

    def __init__(
        self,
        machine: Machine,
        preset: UnetPreset,
        folder: Path,
        size: tuple[int, int],
        compiled: bool,
    ) -> None:
        """Write a set, cache its latents, build the networks."""
        write_set(folder / "set", *size)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            new_autoencoder(STARTER).save_pretrained(folder / "vae")
        self.machine, self.preset = machine, preset
        plan = UnetPlan(
            folder / "run", folder / "set", folder / "vae", preset, steps=10**6, compiled=compiled
        )
        (folder / "run").mkdir()
        self.task: UnetTask = make_task(machine, plan)
        self.plain = PlainLoop(
            machine, preset, WorldSet(folder / "set"), load_frozen(folder / "vae", machine),
            self.task,
        )  # fmt: skip
        self._ours_at = self._plain_at = 0

    def ours(self, steps: int) -> list[float]:
        """Run so many steps as `ldm3d.training.run` does; return the losses, read at the end."""
        first, self._ours_at = self._ours_at, self._ours_at + steps
        batches = batches_ahead(self.task, self.machine, 0, range(first, first + steps))
        with contextlib.closing(batches):
            losses = [self.task.step(*loaded)["loss"] for loaded in batches]
        return [float(value) for value in torch.stack(losses)]

    def theirs(self, steps: int) -> list[float]:
        """Run so many steps of the plain loop."""
        first, self._plain_at = self._plain_at, self._plain_at + steps
        return [self.plain.step(Turn(0, step)) for step in range(first, first + steps)]


class PlainLoop:
    """The loop of diffusers' example, on networks equal to the task's."""

    def __init__(
        self,
        machine: Machine,
        preset: UnetPreset,
        worlds: WorldSet,
        autoencoder: FrozenAutoencoder,
        task: UnetTask,
    ) -> None:
        """Copy the task's networks as they are now."""
        from diffusers import DDPMScheduler

        self._machine, self._preset, self._worlds = machine, preset, worlds
        self._autoencoder, self._task = autoencoder, task
        ours: Any = task.networks["denoiser"]
        self._tokenizer = task.model_parts().tokenizer
        unet = unet_from(preset.unet or {}, autoencoder.channels)
        self._denoiser = Denoiser(unet, text_encoder_from(preset.text or {}, self._tokenizer))
        self._denoiser.load_state_dict(ours.state_dict())
        self._denoiser.to(machine.device)
        groups = decayed_groups(self._denoiser, preset.weight_decay)
        self._optimizer = torch.optim.AdamW(groups, preset.lr / preset.warmup, preset.betas)
        self._ema = Ema(self._denoiser, preset.ema or 0.999)
        config = preset.diffusion.scheduler_config()
        self._scheduler = DDPMScheduler.from_config(config)

    def step(self, turn: Turn) -> float:
        """Do one step; return its loss."""
        batch, device = self._batch(turn), self._machine.device
        with torch.no_grad():
            clean = self._autoencoder.encode(batch["planes"])
        noise = torch.randn(clean.shape, generator=turn.generator("noise")).to(device)
        if device.type != "cpu":  # as the task draws it there
            generator = torch.Generator(device).manual_seed(turn.seed_for("noise"))
            noise = torch.randn(clean.shape, generator=generator, device=device)
        times = batch["times"].to(device)
        noisy = self._scheduler.add_noise(clean, noise, times)
        ids = self._tokenizer(
            batch["captions"], padding="max_length", truncation=True, return_tensors="pt",
            max_length=self._tokenizer.model_max_length,
        ).input_ids.to(device)  # fmt: skip
        with self._machine.autocast():
            answer = self._denoiser(noisy, times, ids)
        wanted = self._scheduler.get_velocity(clean, noise, times)
        errors = (answer.float() - wanted).square().mean(dim=(1, 2, 3))
        alpha_bar = self._scheduler.alphas_cumprod.to(device)[times]
        value = (errors * loss.weight(self._preset.diffusion, alpha_bar)).mean()
        value.backward()
        torch.nn.utils.clip_grad_norm_(self._denoiser.parameters(), self._preset.max_norm or 1.0)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._ema.update(turn.step)
        return float(value.item())

    def _batch(self, turn: Turn) -> dict[str, Any]:
        """Load what the task's batch of this turn was made from."""
        material: Any = self._task._material
        pictures = [material.seen[i] for i in turn.indices(len(material.seen), self._preset.batch)]
        random, planes = turn.random("turns"), []
        for number in pictures:
            random.integers(1)
            cells = int(random.integers(material.latents.shape[2]))
            color = self._worlds.color(number).astype(np.float32).transpose(2, 0, 1) / 255
            picture = np.concatenate([color, self._worlds.depth(number)[None]])
            planes.append(np.roll(picture, cells * self._autoencoder.factor, axis=-1))
        pool = material.reader.pool
        chosen = pool.draw(pictures, self._preset.reading.dropout, turn.random("captions"))
        generator = turn.generator("times")
        return {
            "planes": torch.from_numpy(np.stack(planes)),
            "captions": [pool.texts[number] for number in chosen],
            "times": loss.draw_times(self._preset.diffusion, len(pictures), generator),
        }


def report(loops: Loops, machine: Machine, steps: int, turns: int) -> int:
    """Print the figures; return 1 where a target is missed."""
    first = [loops.ours(2)[0], loops.theirs(2)[0]]  # also prepares kernels
    tolerance = LOSS_TOLERANCE[machine.dtype]
    if abs(first[0] - first[1]) > tolerance * first[1]:
        print(f"MISSED: the loops do not learn the same: first losses {first[0]}, {first[1]}")
        return 1
    print(f"first loss of both {first[0]:.5f}, {first[1]:.5f}")
    contenders = {"ours": lambda: loops.ours(steps), "plain": lambda: loops.theirs(steps)}
    elapsed, quiet = in_turns(contenders, turns, Clock(machine.device))
    samples = steps * loops.preset.batch
    flops = count_step_flops(loops.task, machine)
    peak = max(peak_flops(machine.device, machine.dtype))
    for name in contenders:
        best = min(quiet[name])
        share = flops * samples / loops.preset.batch / best / peak
        print(
            f"{name:6} {samples / min(elapsed[name]):8.1f} samples/s elapsed, "
            f"{samples / best:8.1f} with a processor to itself; {share:.0%} of the matrix peak "
            f"({peak / 1e12:.2f} TFLOP/s in {str(machine.dtype).removeprefix('torch.')})"
        )
    ratio = min(quiet["plain"]) / min(quiet["ours"])
    missed = not ratio >= MIN_RATIO
    print(f"{'MISSED' if missed else 'ok'}: {ratio:.2f} times the plain loop, want {MIN_RATIO}")
    return int(missed)


def count_step_flops(task: UnetTask, machine: Machine) -> int:
    """Return the FLOPs of one step of the denoiser, forward and backward."""
    turn = Turn(0, 0)
    batch = machine.send(task.batch(turn))
    with FlopCounterMode(display=False) as counter:
        task._loss(task.networks["denoiser"], turn, batch).backward()
    task.networks["denoiser"].zero_grad(set_to_none=True)
    return int(counter.get_total_flops())


def write_set(folder: Path, width: int, height: int) -> None:
    """Write a set of smooth hills in any colors."""
    begin_set(folder, SetInfo(width, height, 0.6, math.inf))
    random = np.random.default_rng(0)
    colors, depths = [], []
    for phases in random.uniform(0, 2 * np.pi, (PICTURES, 3)):
        colors.append(np.stack([_waves(phase, width, height) for phase in phases], axis=-1))
        depths.append(colors[-1][..., 0].astype(np.uint16) * 257)
    facts = [Facts(("a hilly place at dawn, soft light",), "hills", n) for n in range(PICTURES)]
    write_shard(folder, 0, np.stack(colors), np.stack(depths), facts)


def _waves(phase: float, width: int, height: int) -> Any:
    yaw = np.linspace(0, 2 * np.pi, width, endpoint=False)
    rows = np.linspace(0, 1, height)[:, None]
    return (255 * (0.5 + 0.4 * np.sin(3 * yaw + phase + 5 * rows) * rows)).astype(np.uint8)


if __name__ == "__main__":
    sys.exit(main())
