"""How fast `ldm3d` generates, beside what the machine can do and beside a bare loop.

    python -m bench.generation                          all of it, on the fastest device
    python -m bench.generation --only overhead flops
    python -m bench.generation --device cuda --compile

flops     counted (torch.utils.flop_counter, a multiply-add is 2): our default against 50 DDIM steps
peak      the machine's best matrix product and convolution, in fp32 and bf16
full      LDM3D's own size, 1.07 B random weights, through `ldm3d.generate`: seconds a step, TFLOP/s
          and memory; each format in a process of its own
overhead  `ldm3d.generate` against a bare loop over UNet, scheduler and decoder on one model, in
          turns; both have to make the same picture
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.flop_counter import FlopCounterMode

from bench.random_model import networks_on_meta, random_model
from ldm3d.device import choose_device, compile_module
from ldm3d.events import Result, Step
from ldm3d.model import Model
from ldm3d.pipeline import generate
from ldm3d.recipe import DEFAULTS, Recipe

PARTS = ("flops", "peak", "full", "overhead")
DTYPES = (torch.bfloat16, torch.float32)
MAX_OVERHEAD = 1.03
MIN_TIMES_CHEAPER = 2.5
MAX_MEMORY_GB = 24
USUAL_STEPS = 50
"""Of DDIM, what LDM3D's paper, card and demo use."""
PROMPT = "panoramic view of a mossy forest at dawn"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen parts; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.generation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--device", help="cpu, cuda, cuda:N or mps; the fastest")
    parser.add_argument("--size", default="1024x512", help="width and height in pixels")
    parser.add_argument(
        "--steps", type=int, default=3, help="of the full model, the first is warm-up"
    )
    parser.add_argument("--turns", type=int, default=3, help="of the overhead")
    parser.add_argument("--overhead-model", choices=("small", "full"), default="small")
    parser.add_argument("--dtype", choices=("bfloat16", "float32"), help="one of both only")
    parser.add_argument("--compile", action="store_true", help="compile the UNet (CUDA only)")
    parser.add_argument("--threads", type=int, help="of a CPU")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    run = Bench(
        device=choose_device(options.device),
        dtypes=[d for d in DTYPES if options.dtype in (None, _name(d))],
        size=tuple(int(side) for side in options.size.split("x")),
        compiled=options.compile,
    )
    if options.child:
        print(json.dumps(run.full_size(run.dtypes[0], options.steps)))
        return 0
    print(f"{run.device}, {torch.get_num_threads()} threads, torch {torch.__version__}\n")
    missed = 0
    if "flops" in options.only:
        missed |= run.print_flops()
    peaks = run.print_peaks() if {"peak", "full"} & set(options.only) else {}
    if "full" in options.only:
        missed |= run.print_full(peaks, options.steps)
    if "overhead" in options.only:
        missed |= run.print_overhead(options.overhead_model, options.turns)
    return missed


@dataclass(frozen=True)
class Bench:
    """What is measured, and on what."""

    device: torch.device
    dtypes: Sequence[torch.dtype]
    size: tuple[int, int]
    """Width and height in pixels."""
    compiled: bool = False

    def print_flops(self) -> int:
        """Print the table of costs; return 1 if the default is not cheap enough."""
        unet, decoder = count_flops("full", *self.size)
        ours, usual = (2 * unet * n + decoder for n in (DEFAULTS["steps"], USUAL_STEPS))
        print(
            f"UNet, one row   {unet / 1e12:7.2f} TFLOP\ndecoder         {decoder / 1e12:7.2f} TFLOP"
        )
        print(f"{USUAL_STEPS} DDIM steps   {usual / 1e12:7.1f} TFLOP with guidance and decoder")
        print(f"{DEFAULTS['steps']} {DEFAULTS['scheduler']} {ours / 1e12:5.1f} TFLOP: ", end="")
        return _judge(usual / ours, "times cheaper", at_least=MIN_TIMES_CHEAPER)

    def print_peaks(self) -> dict[str, float]:
        """Print and return the best FLOP/s of each dtype."""
        peaks = {}
        for dtype in self.dtypes:
            product, convolution = peak_flops(self.device, dtype)
            peaks[_name(dtype)] = max(product, convolution)
            print(
                f"peak {_name(dtype):9} {product / 1e12:.3f} TFLOP/s matrix product, "
                f"{convolution / 1e12:.3f} convolution"
            )
        return peaks

    def print_full(self, peaks: dict[str, float], steps: int) -> int:
        """Print what the full-size model reaches; return 1 if it needs too much memory."""
        missed = 0
        unet, decoder = count_flops("full", *self.size)
        for dtype in self.dtypes:
            found = self._in_child(dtype, steps)
            steps_s = DEFAULTS["steps"] * found["quiet_step_s"] + found["quiet_decode_s"]
            print(
                f"full {_name(dtype):9} a guided step {found['step_s']:.1f} s, decoder "
                f"{found['decode_s']:.1f} s elapsed; without other programs on the machine:"
            )
            for what, flops in (("step", 2 * unet), ("decode", decoder)):
                seconds = found[f"quiet_{what}_s"]
                print(
                    f"  {what:6} {seconds:6.2f} s, {flops / seconds / 1e12:.2f} TFLOP/s, "
                    f"{flops / seconds / peaks[_name(dtype)]:.0%} of the peak"
                )
            print(f"  {DEFAULTS['steps']} steps and decoder {steps_s:.0f} s")
            missed |= _judge(found["memory_gb"], "GB at most", at_most=MAX_MEMORY_GB)
        return missed

    def _in_child(self, dtype: torch.dtype, steps: int) -> dict[str, float]:
        command = [
            sys.executable, "-m", "bench.generation", "--child", "--dtype", _name(dtype),
            "--device", str(self.device), "--size", "x".join(map(str, self.size)),
            "--steps", str(steps), "--threads", str(torch.get_num_threads()),
        ]  # fmt: skip
        command += ["--compile"] if self.compiled else []
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        values: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return values

    def full_size(self, dtype: torch.dtype, steps: int) -> dict[str, float]:
        """Generate with the full-size model; return seconds and gigabytes."""
        model = self._model("full", dtype)
        clock = Clock(self.device)
        clocks = [clock.read()]
        for event in generate(model, self._recipe(model, max(2, steps))):
            clocks.append(clock.read())
            assert isinstance(event, Step | Result)
        elapsed, quiet = np.diff(clocks, axis=0).T
        return {  # the first step also prepares kernels
            "step_s": float(min(elapsed[1:-1])),
            "decode_s": float(elapsed[-1]),
            "quiet_step_s": float(min(quiet[1:-1])),
            "quiet_decode_s": float(quiet[-1]),
            "memory_gb": self._peak_memory_bytes() / 1e9,
        }

    def print_overhead(self, size: str, turns: int) -> int:
        """Print our time over the bare loop's; return 1 if it is too much."""
        missed = 0
        for dtype in self.dtypes:
            model = self._model(size, dtype)
            recipe = self._recipe(model, 20)
            contenders: dict[str, Callable[[], Picture]] = {
                "bare": lambda m=model, r=recipe: bare_loop(m, r),  # type: ignore[misc]
                "ours": lambda m=model, r=recipe: our_picture(m, r),  # type: ignore[misc]
            }
            pictures = {name: make() for name, make in contenders.items()}
            assert_same(pictures["bare"], pictures["ours"], dtype)
            elapsed, quiet = in_turns(contenders, turns, Clock(self.device))
            busy = self.device.type == "cpu" and sum(elapsed["bare"]) > 1.2 * sum(quiet["bare"])
            print(
                f"overhead {_name(dtype)}, {size}: bare {min(quiet['bare']):.2f} s, ours "
                f"{min(quiet['ours']):.2f} s; elapsed {_ratio(elapsed):.3f}"
                + (", which other programs disturbed: processor time is judged" if busy else "")
            )
            ratio = _ratio(quiet if busy else elapsed)
            missed |= _judge(ratio, "of the bare loop", at_most=MAX_OVERHEAD)
        return missed

    def _model(self, size: str, dtype: torch.dtype) -> Model:
        model = random_model(size, self.device, dtype)
        if self.compiled:
            compile_module(model.unet)
        return model

    def _recipe(self, model: Model, steps: int) -> Recipe:
        width, height = self.size
        return model.recipe(PROMPT, seed=1, steps=steps, guidance=5.0, width=width, height=height,
                            scheduler="dpm++2m-karras", seamless=False)  # fmt: skip

    def _peak_memory_bytes(self) -> int:
        if self.device.type == "cuda":
            return int(torch.cuda.max_memory_allocated(self.device))
        return peak_resident_bytes()


@dataclass(frozen=True)
class Clock:
    """Reads elapsed seconds, and what they would be if this process had a CPU to itself.

    The latter is processor time over threads: right as long as all threads are busy, which they
    are in the networks. For other devices both are elapsed time.
    """

    device: torch.device

    def read(self) -> tuple[float, float]:
        """Return both, after the device has finished."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        elapsed_s = time.perf_counter()
        on_cpu = self.device.type == "cpu"
        return elapsed_s, time.process_time() / torch.get_num_threads() if on_cpu else elapsed_s


@dataclass(frozen=True)
class Picture:
    """What both loops make."""

    color: NDArray[np.uint8]
    depth: NDArray[np.float32]


def our_picture(model: Model, recipe: Recipe) -> Picture:
    """Run `ldm3d.generate` to its end."""
    *_, result = generate(model, recipe)
    assert isinstance(result, Result)
    return Picture(result.color, result.depth)


@torch.no_grad()
def bare_loop(model: Model, recipe: Recipe) -> Picture:
    """Generate with nothing but the networks and diffusers' scheduler.

    No seamless networks, checks, measures, recipe or memory plan.
    """
    from diffusers import DPMSolverMultistepScheduler

    device, dtype = model.device, model.dtype
    tokens = model.tokenizer(
        ["", recipe.prompt], padding="max_length", max_length=77, truncation=True,
        return_tensors="pt",
    )  # fmt: skip
    text = model.text_encoder(tokens.input_ids.to(device))[0]
    scheduler = DPMSolverMultistepScheduler.from_config(
        dict(model.scheduler_config), algorithm_type="dpmsolver++", use_karras_sigmas=True
    )
    scheduler.set_timesteps(recipe.steps, device=device)
    shape = (1, model.latent_channels, recipe.height // 8, recipe.width // 8)
    latents = torch.randn(shape, generator=torch.Generator().manual_seed(recipe.seed)).to(device)
    latents = latents * scheduler.init_noise_sigma
    for t in scheduler.timesteps:
        rows = torch.cat([scheduler.scale_model_input(latents, t)] * 2).to(dtype)
        without, with_prompt = (
            model.unet(rows, t, encoder_hidden_states=text, return_dict=False)[0].float().chunk(2)
        )
        noise = without + recipe.guidance * (with_prompt - without)
        latents = scheduler.step(noise, t, latents, return_dict=False)[0]
    planes = model.vae.decode((latents / model.vae.config.scaling_factor).to(dtype)).sample
    values = (planes[0].float() / 2 + 0.5).clamp(0, 1).cpu().numpy()
    color = (values[:3].transpose(1, 2, 0) * 255).round().astype(np.uint8)
    return Picture(color, values[3])


def assert_same(bare: Picture, ours: Picture, dtype: torch.dtype) -> None:
    """Check that both made one picture, with contrast.

    In bf16 the bare decoder rounds its result to 8 bits of mantissa, ours does not.
    """
    color = np.abs(bare.color.astype(int) - ours.color).mean() / 255
    depth = np.abs(bare.depth - ours.depth).mean()
    limit = 1e-3 if dtype == torch.float32 else 6e-3
    if max(color, depth) > limit or ours.color.std() < 1:
        raise AssertionError(
            f"the two loops made different pictures: mean {color:.5f} in color, {depth:.5f} in "
            f"depth apart, {limit:g} allowed; contrast {ours.color.std():.1f}"
        )


def in_turns(
    contenders: dict[str, Callable[[], Any]], turns: int, clock: Clock
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Run all in turn, `turns` times; return each one's two kinds of seconds (see `Clock`)."""
    elapsed: dict[str, list[float]] = {name: [] for name in contenders}
    quiet: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(turns):
        order = list(contenders) if turn % 2 == 0 else list(contenders)[::-1]
        for name in order:
            before = clock.read()
            contenders[name]()
            lengths = np.subtract(clock.read(), before)
            elapsed[name].append(float(lengths[0]))
            quiet[name].append(float(lengths[1]))
    return elapsed, quiet


def count_flops(size: str, width: int, height: int) -> tuple[int, int]:
    """Return the FLOPs of one row through the UNet, and of decoding one picture."""
    unet, vae, _ = networks_on_meta(size, torch.float32)
    shape = (1, unet.config.in_channels, height // 8, width // 8)
    latents = torch.zeros(shape, device="meta")
    text = torch.zeros((1, 77, unet.config.cross_attention_dim), device="meta")
    counts = []
    works = (
        lambda: unet(latents, torch.zeros((), device="meta"), encoder_hidden_states=text),
        lambda: vae.decode(latents),
    )
    for work in works:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            work()
        counts.append(counter.get_total_flops())
    return counts[0], counts[1]


def peak_flops(
    device: torch.device, dtype: torch.dtype, least_s: float = 1.0
) -> tuple[float, float]:
    """Return the best FLOP/s over several sizes of matrix products, and of convolutions.

    A convolution is a matrix product too, on a CPU through another library: either may be faster.
    """
    sides = (4096, 8192) if device.type == "cuda" else (1024, 2048)
    products = []
    for side in sides:
        a, b = (torch.rand((side, side), device=device).to(dtype) for _ in range(2))
        products.append(2 * side**3 / _best_s(lambda a=a, b=b: a @ b, device, least_s))  # type: ignore[misc]
    convolutions = []
    for channels in (320, 640):
        layer = torch.nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        layer = layer.to(device, dtype).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        x = torch.rand((2, channels, 64, 128), device=device).to(dtype)
        x = x.to(memory_format=torch.channels_last)
        flops = 2 * 9 * channels**2 * x[:, 0].numel()
        convolutions.append(flops / _best_s(lambda m=layer, x=x: m(x), device, least_s))  # type: ignore[misc]
    return max(products), max(convolutions)


@torch.inference_mode()
def _best_s(work: Callable[[], Any], device: torch.device, least_s: float) -> float:
    clock = Clock(device)

    def once() -> float:
        before = clock.read()[1]
        work()
        return clock.read()[1] - before

    once()
    times = [once() for _ in range(3)]
    while sum(times) < least_s:
        times.append(once())
    return min(times)


def peak_resident_bytes() -> int:
    """Return the most main memory this process ever held."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(s for s in status.read_text().splitlines() if s.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import psutil

    memory = psutil.Process().memory_info()
    return int(getattr(memory, "peak_wset", memory.rss))


def _ratio(times: dict[str, list[float]]) -> float:
    return statistics.median(a / b for a, b in zip(times["ours"], times["bare"], strict=True))


def _judge(
    value: float, what: str, *, at_most: float | None = None, at_least: float | None = None
) -> int:
    reached = value <= at_most if at_most is not None else value >= (at_least or 0)
    sign = f"<= {at_most:g}" if at_most is not None else f">= {at_least:g}"
    print(f"  {value:.3f} {what} (target {sign}): {'reached' if reached else 'MISSED'}", flush=True)
    return 0 if reached else 1


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


if __name__ == "__main__":
    sys.exit(main())
