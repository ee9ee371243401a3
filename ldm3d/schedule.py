"""Schedulers by name: one face for diffusers' different ones.

Each is built from the noise schedule that the model's folder states (betas, prediction type,
spacing), whatever scheduler that folder names, and behaves as the one of the same class in
diffusers' Stable Diffusion pipelines. `import ldm3d.schedule` does not import torch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ldm3d.errors import RequestError
from ldm3d.solvers import SCHEDULERS, ready_scheduler, solver_named

if TYPE_CHECKING:
    import torch
    from torch import Tensor

__all__ = ["SCHEDULERS", "Schedule"]

MIN_ALPHA_BAR = 2.0**-24
"""Below this sigma would be infinite: zero-terminal-SNR models end here, as in diffusers."""


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
        self._stochastic = solver_named(name).stochastic
        first = _first_step(steps, strength)
        self._scheduler = ready_scheduler(name, config, steps, device)
        if hasattr(self._scheduler, "set_begin_index"):
            self._scheduler.set_begin_index(first)
        self.timesteps = self._scheduler.timesteps[first:]
        self.init_noise_sigma = float(self._scheduler.init_noise_sigma)
        self._times: list[float] = self.timesteps.tolist()
        self._first = first
        self._done = 0
        self._last: Tensor | float | None = None

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
        self._done, self._last = self._done + 1, t
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
            ratio = float(sigmas[self._first + self._index(t)])
            alpha_bar = 1.0 / (1.0 + ratio**2)
        return math.sqrt(alpha_bar), math.sqrt(1.0 - alpha_bar)

    def _index(self, t: Tensor | float) -> int:
        """Return the step that time `t` belongs to; of equal (rounded) ones that nearest to now."""
        now = self._done - 1 if t is self._last else self._done
        wanted = float(t)
        found = [i for i, time in enumerate(self._times) if time == wanted]
        if not found:
            raise ValueError(f"{wanted:g} is none of this schedule's times")
        return min(found, key=lambda i: abs(i - now))


def _first_step(steps: int, strength: float) -> int:
    """Return the step a run at this strength begins with, as in diffusers' img2img pipeline."""
    if steps < 1:
        raise RequestError(f"want at least 1 step, got {steps}")
    taken = min(int(steps * strength), steps)
    if taken < 1:
        raise RequestError(
            f"want an init strength that leaves a step to run, got {strength:g} of {steps} steps: "
            f"{1 / steps:.3g} is the least"
        )
    return steps - taken
