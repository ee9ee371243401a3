"""Schedulers by name: one face for diffusers' different ones.

Each is built from the noise schedule that the model's folder states (betas, prediction type,
spacing), whatever scheduler that folder names, and behaves as the one of the same class in
diffusers' Stable Diffusion pipelines. `import ldm3d.schedule` does not import torch.
"""

from __future__ import annotations

import difflib
import inspect
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ldm3d.errors import ModelError, RequestError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

MIN_ALPHA_BAR = 2.0**-24
"""Below this sigma would be infinite: zero-terminal-SNR models end here, as in diffusers."""
ZERO_SNR_KARRAS_SIGMA = 14.6
"""Where Karras' levels begin in a model whose last training step is pure noise."""


@dataclass(frozen=True)
class _Kind:
    """One scheduler: what a person reads and what diffusers is told."""

    description: str
    class_name: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    stochastic: bool = False
    karras: bool = False
    """Whether its noise levels are Karras' (arXiv 2206.00364)."""


_KINDS: Mapping[str, _Kind] = {
    "ddim": _Kind(
        "DDIM: the paper's own, deterministic; good from 50 steps on (arXiv 2010.02502)",
        "DDIMScheduler",
    ),
    "dpm++2m-karras": _Kind(
        "DPM-Solver++ 2M on Karras' noise levels: good from 15 to 20 steps on (arXiv 2211.01095)",
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "dpmsolver++", "solver_order": 2},
        karras=True,
    ),
    "unipc": _Kind(
        "UniPC: predictor and corrector, good from 15 steps on (arXiv 2302.04867)",
        "UniPCMultistepScheduler",
    ),
    "euler": _Kind(
        "Euler: the plainest solver, smooth results from 25 to 30 steps on (arXiv 2206.00364)",
        "EulerDiscreteScheduler",
    ),
    "lcm": _Kind(
        "LCM: 2 to 8 steps, only for models or LoRAs distilled for it (arXiv 2310.04378)",
        "LCMScheduler",
        stochastic=True,
    ),
    "tcd": _Kind(
        "TCD: 2 to 8 steps, only for models or LoRAs distilled for it (arXiv 2402.19159)",
        "TCDScheduler",
        stochastic=True,
    ),
}

SCHEDULERS: Mapping[str, str] = {name: kind.description for name, kind in _KINDS.items()}
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


class Schedule:
    """The run of noise levels for one picture or batch, from the noisiest to the cleanest.

    Holds the state of a multi-step solver: one instance a run, steps taken in order.
    """

    timesteps: Tensor
    """(n,) on `device`: the diffusion time of each step, on the scale of the training steps."""
    init_noise_sigma: float
    """What unit noise is multiplied with to begin a picture from nothing."""

    def __init__(
        self,
        name: str,
        config: Mapping[str, Any],
        steps: int,
        *,
        strength: float = 1.0,
        device: str | torch.device = "cpu",
    ) -> None:
        """Build the schedule.

        Args:
            name: One of `SCHEDULERS`.
            config: The model's scheduler_config.json.
            steps: Denoising steps of a full run, at least 1.
            strength: Share of them that is run, in (0, 1]; below 1 for image to image.
            device: Where `timesteps` lives.

        Raises:
            RequestError: if there is no such scheduler, or it cannot do that many or few steps.
            ModelError: if the config is of another kind of diffusion.
        """
        kind = _kind_named(name)
        first = _first_step(steps, strength)
        self._scheduler = _ready_scheduler(name, kind, config, steps, device)
        self._stochastic = kind.stochastic
        if hasattr(self._scheduler, "set_begin_index"):
            self._scheduler.set_begin_index(first)
        self.timesteps = self._scheduler.timesteps[first:]
        self.init_noise_sigma = float(self._scheduler.init_noise_sigma)
        self._times: list[float] = self.timesteps.tolist()
        self._first = first
        self._done = 0

    def scale(self, latents: Tensor, t: Tensor) -> Tensor:
        """Return what the network has to see at time `t` for these latents."""
        scaled: Tensor = self._scheduler.scale_model_input(latents, t)
        return scaled

    def step(
        self,
        model_output: Tensor,
        t: Tensor,
        latents: Tensor,
        generators: Sequence[torch.Generator] = (),
    ) -> Tensor:
        """Take one step.

        Args:
            model_output: (B, C, h, w), what the network said (after guidance).
            t: The next of `timesteps`.
            latents: (B, C, h, w), where the picture stands; the result has its dtype.
            generators: One for each picture, for lcm and tcd; the others use none.

        Returns:
            (B, C, h, w) latents at the next, lower noise level.
        """
        options = {"generator": list(generators)} if self._stochastic else {}
        output = model_output.to(latents.dtype)
        after: Tensor = self._scheduler.step(output, t, latents, return_dict=False, **options)[0]
        self._done += 1
        return after.to(latents.dtype)

    def clean(self, model_output: Tensor, t: Tensor, latents: Tensor) -> Tensor:
        """Return the network's present guess of the clean latents, from what it said at `t`.

        `latents` are those before the step. Works before and after `step` was called for `t`.
        """
        alpha, sigma = self._alpha_sigma(t)
        output = model_output.to(latents.dtype)
        if self._kept_scaled:
            latents = latents * alpha
        if self._scheduler.config.prediction_type == "v_prediction":
            return alpha * latents - sigma * output
        if self._scheduler.config.prediction_type == "sample":
            return output
        return (latents - sigma * output) / alpha

    def sigma(self, t: Tensor | float) -> float:
        """Return noise over signal at time `t`: sqrt((1 - alpha_bar) / alpha_bar)."""
        alpha, sigma = self._alpha_sigma(t)
        return sigma / alpha

    def noised(self, clean: Tensor, noise: Tensor) -> Tensor:
        """Return `clean` with `noise` at the level of the first step: where img2img begins."""
        times = self.timesteps[:1].repeat(clean.shape[0])
        noisy: Tensor = self._scheduler.add_noise(clean, noise, times)
        return noisy

    @property
    def _kept_scaled(self) -> bool:
        """Whether latents are kept as clean + sigma * noise instead of alpha, sigma with norm 1."""
        return type(self._scheduler).__name__ == "EulerDiscreteScheduler"

    def _alpha_sigma(self, t: Tensor | float) -> tuple[float, float]:
        """Return sqrt(alpha_bar) and sqrt(1 - alpha_bar) of a step."""
        sigmas = getattr(self._scheduler, "sigmas", None)
        if sigmas is None:
            alpha_bar = max(float(self._scheduler.alphas_cumprod[int(t)]), MIN_ALPHA_BAR)
        else:
            ratio = float(sigmas[self._first + self._index(float(t))])
            alpha_bar = 1.0 / (1.0 + ratio**2)
        return math.sqrt(alpha_bar), math.sqrt(1.0 - alpha_bar)

    def _index(self, time: float) -> int:
        """Return the step that time `time` belongs to; of equal ones that nearest to now."""
        found = [i for i, other in enumerate(self._times) if other == time]
        if not found:
            raise ValueError(f"{time:g} is none of this schedule's times")
        return min(found, key=lambda i: abs(i - self._done))


def _kind_named(name: str) -> _Kind:
    if name in _KINDS:
        return _KINDS[name]
    close = difflib.get_close_matches(name.lower(), _KINDS, n=1, cutoff=0.4)
    hint = f", perhaps {close[0]}" if close else ""
    raise RequestError(f"want a scheduler out of {', '.join(_KINDS)}, got {name!r}{hint}")


def _ready_scheduler(
    name: str, kind: _Kind, config: Mapping[str, Any], steps: int, device: str | torch.device
) -> Any:
    """Return diffusers' scheduler with its steps set.

    Raises:
        RequestError: if it cannot do that many; names the next smaller number that works.
    """
    scheduler = _scheduler_from(kind, config)
    limit = _most_steps(scheduler)
    if steps <= limit and _set_steps(scheduler, kind, steps, device):
        return scheduler
    fewer = min(steps - 1, limit)
    while not _set_steps(scheduler, kind, fewer, device):
        fewer -= 1
    raise RequestError(f"want a number of steps that {name} can do, got {steps}: try {fewer}")


def _scheduler_from(kind: _Kind, config: Mapping[str, Any]) -> Any:
    _check_config(config)
    import diffusers

    scheduler_class = getattr(diffusers, kind.class_name)
    known = inspect.signature(scheduler_class.__init__).parameters
    stated = {k: config[k] for k in _MODEL_KEYS if config.get(k) is not None}
    # Latents are not pictures: nothing is clipped to [-1, 1] unless the model says so.
    options = {"clip_sample": False, "thresholding": False} | stated | dict(kind.overrides)
    if kind.karras:
        options["use_karras_sigmas"] = not options.get("rescale_betas_zero_snr", False)
    return scheduler_class(**{k: v for k, v in options.items() if k in known})


def _set_steps(scheduler: Any, kind: _Kind, steps: int, device: str | torch.device) -> bool:
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
        if kind.karras and not scheduler.config.use_karras_sigmas:
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


def _most_steps(scheduler: Any) -> int:
    """Return how many steps the scheduler allows: distilled ones are taught a coarse grid."""
    train_steps = int(scheduler.config.num_train_timesteps)
    return min(train_steps, int(scheduler.config.get("original_inference_steps", train_steps)))


def _first_step(steps: int, strength: float) -> int:
    """Return the step a run at this strength begins with, as in diffusers' img2img pipeline."""
    taken = min(int(steps * strength), steps)
    if taken < 1:
        raise RequestError(
            f"want an init strength that leaves a step to run, got {strength:g} of {steps} steps: "
            f"{1 / steps:.3g} is the least"
        )
    return steps - taken
