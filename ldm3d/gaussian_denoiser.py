"""The best denoiser of latents that is linear: exact if they were a Gaussian field on a ring.

Turning a panorama changes nothing of how likely it is, so its latents are stationary along x and
nothing else: their mean depends on channel and row, and their Fourier coefficients along x of
different frequencies do not correlate. Of each frequency the covariance over rows and the largest
channels is kept whole (its eigenvectors), the small channels have a variance for each row. With
z = a x + s e, and V the variance along one of these axes,

    x^ = m + a V / (a^2 V + s^2) (z - a m),    e^ = s / (a^2 V + s^2) (z - a m)

is the Wiener filter. At high noise a trained network's answer comes near to it (arXiv 2412.09726),
so that one which begins with it has the layout, the colors of sky and ground and how smooth they
are for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from ldm3d.errors import ModelError

TIMES = 1000
"""Training times of every scheduler here."""
WHOLE_CHANNELS = 12
"""Channels whose covariance is kept whole; the others only have variances."""
_LEAST_VARIANCE = 1e-4


class GaussianDenoiser(nn.Module):
    """Buffers only; nothing in it learns. Answers zero until `fit`."""

    mean: Tensor  # (c, h)
    variance: Tensor  # (c, h, w // 2 + 1)
    axes: Tensor  # (w // 2 + 1, r h, r h, 2), real and imaginary parts; columns are eigenvectors
    axis_variance: Tensor  # (w // 2 + 1, r h)
    times: Tensor  # (TIMES, 4): a, s, and how much of e^ and of x^ the answer is

    def __init__(self, channels: int, height: int, width: int) -> None:
        """Make room for latents of (c, h, w)."""
        super().__init__()
        self.size = (height, width)
        self.whole = min(WHOLE_CHANNELS, channels)
        frequencies, rows = width // 2 + 1, self.whole * height
        self.register_buffer("mean", torch.zeros(channels, height))
        self.register_buffer("variance", torch.zeros(channels, height, frequencies))
        self.register_buffer("axes", torch.zeros(frequencies, rows, rows, 2))
        self.register_buffer("axis_variance", torch.zeros(frequencies, rows))
        self.register_buffer("times", torch.zeros(TIMES, 4))

    @torch.no_grad()
    def fit(self, parts: Iterable[Tensor], prediction: str, alphas_bar: Tensor) -> None:
        """Take mean and covariance of latents, and what is to be answered.

        Args:
            parts: (n, c, h, w) float32 each, the same whenever they are iterated over.
            prediction: "epsilon", "v_prediction" (a e - s x) or "sample".
            alphas_bar: (TIMES) a^2.

        Raises:
            ModelError: if the answer is of another kind.
        """
        a, s = alphas_bar.double().sqrt(), (1 - alphas_bar.double()).sqrt()
        one, none = torch.ones_like(a), torch.zeros_like(a)
        mixes = {"epsilon": (one, none), "v_prediction": (a, -s), "sample": (none, one)}
        if prediction not in mixes:
            raise ModelError(f"want a model that answers {', '.join(mixes)}, got {prediction!r}")
        self.times.copy_(torch.stack([a, s, *mixes[prediction]], dim=1))
        count, total = 0, torch.zeros_like(self.mean)
        for part in parts:
            count += len(part)
            total += part.sum(dim=(0, 3))
        self.mean.copy_(total / (count * self.size[1]))
        variance = torch.zeros_like(self.variance)
        covariance = torch.view_as_complex(torch.zeros_like(self.axes))
        for part in parts:
            waves = torch.fft.rfft(part - self.mean[:, :, None], norm="ortho")
            variance += waves.abs().square().sum(dim=0)
            some = waves[:, : self.whole].flatten(1, 2).permute(2, 1, 0)  # (frequency, rows, n)
            covariance += some @ some.mH
        self.variance.copy_((variance / count).clamp_min(_LEAST_VARIANCE))
        values, axes = torch.linalg.eigh(covariance / count)
        self.axis_variance.copy_(values.clamp_min(_LEAST_VARIANCE))
        self.axes.copy_(torch.view_as_real(axes))

    def forward(self, noised: Tensor, timestep: Tensor | float) -> Tensor:
        """Return the answer (B, c, h, w) float32 for noised latents at one or B training times."""
        a, s, of_noise, of_clean = self._at(timestep)
        mean, variance, whole = self._for(noised.shape[-2:])
        offset = noised.float() - a * mean
        waves = torch.fft.rfft(offset, norm="ortho")

        def gain(variances: Tensor) -> Tensor:
            power = (a**2 * variances + s**2).clamp_min(1e-12)
            return (of_noise * s + of_clean * a * variances) / power

        answer = waves * gain(variance)
        if whole:
            axes = torch.view_as_complex(self.axes.float().contiguous())
            some = waves[:, : self.whole].flatten(1, 2).permute(0, 2, 1)[..., None]
            turned = (axes.mH @ some)[..., 0]
            turned = turned * gain(self.axis_variance.float())[:, 0]
            back = (axes @ turned[..., None])[..., 0].permute(0, 2, 1)
            answer = torch.cat(
                [back.reshape(waves[:, : self.whole].shape), answer[:, self.whole :]], dim=1
            )
        filtered: Tensor = torch.fft.irfft(answer, n=noised.shape[-1], norm="ortho")
        return filtered + of_clean * mean

    def _at(self, timestep: Tensor | float) -> tuple[Tensor, ...]:
        """Return a, s and the mix, each (B or 1, 1, 1, 1); between two times those in between."""
        table = self.times.float()
        times = torch.as_tensor(timestep, device=table.device, dtype=torch.float32).reshape(-1)
        times = times.clamp(0, TIMES - 1)
        below = times.floor().long()
        above = (below + 1).clamp_max(TIMES - 1)
        rows = torch.lerp(table[below], table[above], (times - below)[:, None])
        return rows[:, :, None, None, None].unbind(1)

    def _for(self, size: torch.Size) -> tuple[Tensor, Tensor, bool]:
        """Return mean (c, h, 1), variance (c, h, frequencies), and whether the axes are of use.

        Latents of another size get the means of the rows nearest to theirs and each channel's
        variance: still right on average, but knowing nothing of what is beside a cell.
        """
        mean, variance = self.mean.float(), self.variance.float()
        if tuple(size) == self.size:
            return mean[:, :, None], variance, True
        height, frequencies = size[0], size[1] // 2 + 1
        rows = torch.arange(height, device=mean.device) * self.size[0] // height
        flat = variance.mean(dim=(1, 2), keepdim=True).expand(-1, height, frequencies)
        return mean[:, rows, None], flat, False
