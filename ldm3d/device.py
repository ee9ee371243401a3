"""Where the networks run and in which number format, chosen by what the machine can do.

torch is imported inside the functions: naming a device costs no import.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from ldm3d.errors import RequestError

if TYPE_CHECKING:
    import torch

BFLOAT16_GAIN = 1.25
"""How much faster bf16 has to be on a CPU. Far from both sides, so that one machine always chooses
alike: AVX512-BF16 gives 2 and more, AMX 5 and more, a CPU that has to emulate it less than 1."""

DEVICE_TYPES = ("cuda", "mps", "cpu")


def choose_device(name: str | None = None) -> torch.device:
    """Return the device called `name` ("cpu", "cuda", "cuda:1", "mps"), or the fastest there is.

    Args:
        name: None or "auto" takes CUDA before Apple's MPS before the CPU.

    Raises:
        RequestError: if there is no such device on this machine.
    """
    import torch

    if name is None or name == "auto":
        return torch.device(next(kind for kind in DEVICE_TYPES if device_count(kind)))
    kind, _, index = name.partition(":")
    if kind not in DEVICE_TYPES or (index and not index.isdecimal()):
        raise RequestError(f"want auto, cpu, cuda, cuda:N or mps as device, got {name}")
    if int(index or 0) >= device_count(kind):
        have = ", ".join(k for k in DEVICE_TYPES if device_count(k))
        raise RequestError(f"want to run on {name}, torch finds only {have}: choose one of these")
    return torch.device(name)


def device_count(kind: str) -> int:
    """Return how many devices of a kind torch can use here."""
    import torch

    if kind == "cuda":
        return torch.cuda.device_count() if torch.cuda.is_available() else 0
    if kind == "mps":
        return int(torch.backends.mps.is_available())
    return 1


def choose_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16 where the device is faster with it, else float32; never float16.

    A CPU is asked by a short measurement (tens of milliseconds, once a process), CUDA by its
    compute capability.
    """
    import torch

    if device.type == "cuda":
        with torch.cuda.device(device):
            fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        fast = device.type == "cpu" and bfloat16_gain() >= BFLOAT16_GAIN
    return torch.bfloat16 if fast else torch.float32


@cache
def bfloat16_gain() -> float:
    """Return how many times faster this CPU convolves and multiplies in bf16 than in fp32.

    Best of interleaved runs of small layers on one thread, in its processor time: what else the
    machine does hardly matters.
    """
    import torch

    works = {dtype: _sample_work(dtype) for dtype in (torch.float32, torch.bfloat16)}
    best_s = dict.fromkeys(works, float("inf"))
    with one_thread():
        for turn in range(8):
            for dtype, work in works.items():
                start_s = time.thread_time()  # stands still while other programs run
                work()
                if turn:  # the first run prepares kernels
                    best_s[dtype] = min(best_s[dtype], time.thread_time() - start_s)
    return best_s[torch.float32] / best_s[torch.bfloat16]


@contextmanager
def one_thread() -> Iterator[None]:
    """Run torch on one thread while the block runs."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _sample_work(dtype: torch.dtype) -> Callable[[], None]:
    """Return a function that runs one convolution and one linear layer in `dtype`."""
    import torch

    with torch.random.fork_rng(devices=[]):
        convolution = torch.nn.Conv2d(128, 128, 3, padding=1)
        linear = torch.nn.Linear(256, 512)
    prepare(convolution, torch.device("cpu"), dtype)
    prepare(linear, torch.device("cpu"), dtype)
    picture = torch.zeros((1, 128, 32, 32), dtype=dtype).to(memory_format=torch.channels_last)
    tokens = torch.zeros((512, 256), dtype=dtype)

    def work() -> None:
        with torch.inference_mode():
            convolution(picture)
            linear(tokens)

    return work


def prepare(module: torch.nn.Module, device: torch.device, dtype: torch.dtype) -> None:
    """Make a network ready to run, in place: evaluation, no gradients, device, format, layout.

    Convolution weights become channels-last, which is what CPUs and tensor cores convolve in.
    """
    import torch

    module.eval().requires_grad_(False)
    # Not the override of diffusers, which warns of every cast.
    torch.nn.Module.to(module, device=device, dtype=dtype)
    torch.nn.Module.to(module, memory_format=torch.channels_last)  # type: ignore[call-overload]


def compile_module(module: torch.nn.Module) -> None:
    """Compile a network in place (`torch.compile`); its keys and its class stay.

    Seamless convolutions have to be set before. The first run at each size takes a minute or so.

    Raises:
        RequestError: if the network is not on CUDA; on a CPU compiling takes minutes for little.
    """
    parameter = next(module.parameters(), None)
    kind = "cpu" if parameter is None else parameter.device.type
    if kind != "cuda":
        raise RequestError(f"want a CUDA device to compile for, got {kind}: run without compiling")
    module.compile(dynamic=False)


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Run with as many CPU threads as the picture to repeat; None: as torch is set now.

    Sums are cut up by threads, so another number may change the last bits.
    """
    import torch

    before = torch.get_num_threads()
    if count is not None and count != before:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        if torch.get_num_threads() != before:
            torch.set_num_threads(before)
