"""diffusers' schedulers by name, built from what a model's folder says about its noise.

`import ldm3d.solvers` imports neither torch nor NumPy.
"""

from __future__ import annotations

import difflib
import inspect
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ldm3d.errors import ModelError, RequestError

if TYPE_CHECKING:
    import torch

ZERO_SNR_KARRAS_SIGMA = 14.6
"""Where Karras' levels begin in a model whose last training step is pure noise."""


@dataclass(frozen=True)
class Solver:
    """One scheduler: what a person reads and what diffusers is told."""

    description: str
    class_name: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    stochastic: bool = False
    karras: bool = False
    """Whether its noise levels are Karras' (arXiv 2206.00364)."""


SOLVERS: Mapping[str, Solver] = {
    "ddim": Solver(
        "DDIM: the paper's own, deterministic; good from 50 steps on (arXiv 2010.02502)",
        "DDIMScheduler",
    ),
    "dpm++2m-karras": Solver(
        "DPM-Solver++ 2M on Karras' noise levels: good from 15 to 20 steps on (arXiv 2211.01095)",
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "dpmsolver++", "solver_order": 2},
        karras=True,
    ),
    "unipc": Solver(
        "UniPC: predictor and corrector, good from 15 steps on (arXiv 2302.04867)",
        "UniPCMultistepScheduler",
    ),
    "euler": Solver(
        "Euler: the plainest solver, wants about as many steps as ddim (arXiv 2206.00364)",
        "EulerDiscreteScheduler",
    ),
    "lcm": Solver(
        "LCM: 2 to 8 steps, only for models or LoRAs distilled for it (arXiv 2310.04378)",
        "LCMScheduler",
        stochastic=True,
    ),
    "tcd": Solver(
        "TCD: 2 to 8 steps, only for models or LoRAs distilled for it (arXiv 2402.19159)",
        "TCDScheduler",
        stochastic=True,
    ),
}

SCHEDULERS: Mapping[str, str] = {name: solver.description for name, solver in SOLVERS.items()}
"""Name of each scheduler, and one line about it."""

_BETA_SCHEDULES = ("linear", "scaled_linear", "squaredcos_cap_v2")
_PREDICTIONS = ("epsilon", "v_prediction", "sample")
_MODEL_KEYS = (
    "num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
    "prediction_type", "rescale_betas_zero_snr", "timestep_spacing", "steps_offset",
    "set_alpha_to_one", "clip_sample", "clip_sample_range", "thresholding",
    "dynamic_thresholding_ratio", "sample_max_value", "original_inference_steps",
)  # fmt: skip
"""What a model's folder decides; the rest belongs to the scheduler that is asked for."""


def solver_named(name: str) -> Solver:
    """Return a solver.

    Raises:
        RequestError: if there is none of that name; lists all and guesses at the one meant.
    """
    if name in SOLVERS:
        return SOLVERS[name]
    close = difflib.get_close_matches(name.lower(), SOLVERS, n=1, cutoff=0.4)
    hint = f", perhaps {close[0]}" if close else ""
    raise RequestError(f"want a scheduler out of {', '.join(SOLVERS)}, got {name!r}{hint}")


def ready_scheduler(
    name: str, config: Mapping[str, Any], steps: int, device: str | torch.device
) -> Any:
    """Return diffusers' scheduler with its steps set.

    Raises:
        RequestError: if it cannot do that many; names the next smaller number that works.
        ModelError: if the config is of another kind of diffusion.
    """
    solver = solver_named(name)
    scheduler = _scheduler_from(solver, config)
    limit = _most_steps(scheduler)
    if steps <= limit and _set_steps(scheduler, solver, steps, device):
        return scheduler
    fewer = min(steps - 1, limit)
    while fewer > 0 and not _set_steps(scheduler, solver, fewer, device):
        fewer -= 1
    if fewer < 1:
        raise ModelError(f"want a model that {name} can run, its noise schedule allows no steps")
    raise RequestError(f"want a number of steps that {name} can do, got {steps}: try {fewer}")


def _scheduler_from(solver: Solver, config: Mapping[str, Any]) -> Any:
    _check_config(config)
    import diffusers

    scheduler_class = getattr(diffusers, solver.class_name)
    known = inspect.signature(scheduler_class.__init__).parameters
    stated = {k: config[k] for k in _MODEL_KEYS if config.get(k) is not None}
    # Latents are not pictures: nothing is clipped to [-1, 1] unless the model says so.
    options = {"clip_sample": False, "thresholding": False} | stated | dict(solver.overrides)
    if solver.karras:
        options["use_karras_sigmas"] = not options.get("rescale_betas_zero_snr", False)
    try:
        return scheduler_class(**{k: v for k, v in options.items() if k in known})
    except (TypeError, ValueError, RuntimeError) as error:  # what torch says to senseless betas
        told = str(error).splitlines()[0]
        raise ModelError(
            f"want a readable scheduler_config.json, this one fails: {told}"
        ) from error


def _set_steps(scheduler: Any, solver: Solver, steps: int, device: str | torch.device) -> bool:
    """Set the steps; return whether they make sense.

    Some numbers do not with diffusers 0.42: leading spacing can begin past the last training step,
    trailing spacing can add a step at time -1, and UniPC divides by the distance of two equal
    noise levels.
    """
    import torch

    with warnings.catch_warnings():
        # WORKAROUND: diffusers makes NumPy arrays of tensors in a way NumPy 2 deprecates, as of
        # diffusers 0.42; the numbers are right.
        warnings.filterwarnings("ignore", message="__array__ implementation")
        if solver.karras and not scheduler.config.use_karras_sigmas:
            times = _zero_snr_times(scheduler, steps)
            scheduler.set_timesteps(timesteps=times, device=device)
        else:
            scheduler.set_timesteps(steps, device=device)
    times = scheduler.timesteps
    last = int(scheduler.config.num_train_timesteps) - 1
    sigmas = getattr(scheduler, "sigmas", torch.zeros(0))
    in_range = len(times) == steps and float(times.min()) >= 0 and float(times.max()) <= last
    return in_range and bool((sigmas[:-1] != sigmas[1:]).all())


def _zero_snr_times(scheduler: Any, steps: int) -> list[int]:
    """Return times for Karras' levels where the last training step is pure noise.

    Karras' levels from there would put half of all steps into the last hundredth of the noise. So
    one step leaves pure noise, and the levels (arXiv 2206.00364, eq. 5, rho = 7) begin where
    Stable Diffusion's own, not rescaled betas would (sigma = 14.6). On a mixture of Gaussians whose
    exact flow is known 18 steps then are off by 0.046, by 0.074 on trailing spacing, and by 0.165
    on plain Karras levels (standard deviation of the data 1).
    """
    import numpy as np

    alpha_bar = scheduler.alphas_cumprod.double().numpy(force=True)
    levels = ((1.0 - alpha_bar) / alpha_bar) ** 0.5
    rho, last = 7.0, len(levels) - 1
    high = min(ZERO_SNR_KARRAS_SIGMA, float(levels[-2])) ** (1 / rho)
    low = float(levels[0]) ** (1 / rho)
    times = [last]
    for i in range(steps - 1):
        level = (high + (low - high) * i / max(steps - 2, 1)) ** rho
        nearest = round(float(np.interp(math.log(level), np.log(levels), np.arange(last + 1))))
        # Whole times, each below the one before and with room for those to come.
        times.append(max(min(nearest, times[-1] - 1), steps - 2 - i))
    return times


def _check_config(config: Mapping[str, Any]) -> None:
    """Refuse what is not a diffusion over discrete betas, by name.

    Raises:
        ModelError: in one line.
    """
    name = str(config.get("_class_name", ""))
    if "Flow" in name or config.get("use_flow_sigmas"):
        raise ModelError(f"want a denoising diffusion model, got one that matches flows ({name})")
    for key, allowed in (("prediction_type", _PREDICTIONS), ("beta_schedule", _BETA_SCHEDULES)):
        value = config.get(key, allowed[0])
        if value not in allowed:
            raise ModelError(f"want {key} out of {', '.join(allowed)}, got {value!r}")
    train_steps, betas = config.get("num_train_timesteps", 1000), config.get("trained_betas")
    if not (isinstance(train_steps, int) and train_steps >= 1):
        raise ModelError(f"want num_train_timesteps of 1 or more, got {train_steps!r}")
    if betas is not None and not (isinstance(betas, list) and len(betas) == train_steps):
        raise ModelError(f"want a list of {train_steps} trained_betas")


def _most_steps(scheduler: Any) -> int:
    """Return how many steps the scheduler allows: distilled ones are taught a coarse grid."""
    train_steps = int(scheduler.config.num_train_timesteps)
    return min(train_steps, int(scheduler.config.get("original_inference_steps", train_steps)))
