"""The best denoiser of latents that is linear: exact if they were a Gaussian field on a ring.

Turning a panorama changes nothing of how likely it is, so its latents are stationary along x and
nothing else: their mean depends on channel and row (and, linearly, on features of the text), and
their Fourier coefficients along x of different frequencies do not correlate. Of each frequency the
covariance over rows and the largest channels is kept whole (its eigenvectors), the small channels
have a variance for each row. With z = a x + s e, and V the variance along one of these axes,

    x^ = m + a V / (a^2 V + s^2) (z - a m),    e^ = s / (a^2 V + s^2) (z - a m)

is the Wiener filter. At high noise a trained network's answer comes near to it (arXiv 2412.09726),
so that one which begins with it has the layout, the colors of sky and ground and how smooth they
are for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from ldm3d.errors import ModelError

TIMES = 1000
"""Training times of every scheduler here."""
WHOLE_CHANNELS = 12
"""Channels whose covariance is kept whole; the others only have variances."""
RIDGE = 0.01
"""Of the mean's slope over the text, in variances of a feature."""
_LEAST_VARIANCE = 1e-4
_LEAST_NOISE = 0.05


class GaussianDenoiser(nn.Module):
    """Buffers only; nothing in it learns. Answers zero until `fit`."""

    mean: Tensor  # (c, h)
    slope: Tensor  # (f, c, h): how the mean changes with each feature of the text
    middle: Tensor  # (f): mean features
    text_length: Tensor  # (): tokens that the text encoder reads at once
    power: Tensor  # (c): mean square of each channel
    variance: Tensor  # (c, h, w // 2 + 1)
    axes: Tensor  # (w // 2 + 1, r h, r h, 2), real and imaginary parts; columns are eigenvectors
    axis_variance: Tensor  # (w // 2 + 1, r h)
    times: Tensor  # (TIMES, 4): a, s, and how much of e^ and of x^ the answer is

    def __init__(self, channels: int, height: int, width: int, features: int = 0) -> None:
        """Make room for latents of (c, h, w), and texts of so many features."""
        super().__init__()
        self.size = (height, width)
        self.whole = min(WHOLE_CHANNELS, channels)
        frequencies, rows = width // 2 + 1, self.whole * height
        self.register_buffer("mean", torch.zeros(channels, height))
        self.register_buffer("slope", torch.zeros(features, channels, height))
        self.register_buffer("middle", torch.zeros(features))
        self.register_buffer("text_length", torch.ones((), dtype=torch.int64))
        self.register_buffer("power", torch.ones(channels))
        self.register_buffer("variance", torch.zeros(channels, height, frequencies))
        self.register_buffer("axes", torch.zeros(frequencies, rows, rows, 2))
        self.register_buffer("axis_variance", torch.zeros(frequencies, rows))
        self.register_buffer("times", torch.tensor([0.0, 1.0, 0.0, 0.0]).repeat(TIMES, 1))

    @torch.no_grad()
    def fit(
        self, parts: Iterable[Tensor], prediction: str, alphas_bar: Tensor,
        texts: Sequence[Tensor] | None = None, text_length: int = 1,
    ) -> None:  # fmt: skip
        """Take mean and covariance of latents, and what is to be answered.

        Args:
            parts: (n, c, h, w) float32 each, the same whenever they are iterated over.
            prediction: "epsilon", "v_prediction" (a e - s x) or "sample".
            alphas_bar: (TIMES) a^2.
            texts: (k, f) float32 features of k texts of each part; None: the mean knows no text.
            text_length: tokens that the text encoder reads at once.

        Raises:
            ModelError: if the answer is of another kind.
        """
        a, s = alphas_bar.double().sqrt(), (1 - alphas_bar.double()).sqrt()
        one, none = torch.ones_like(a), torch.zeros_like(a)
        mixes = {"epsilon": (one, none), "v_prediction": (a, -s), "sample": (none, one)}
        if prediction not in mixes:
            raise ModelError(f"want a model that answers {', '.join(mixes)}, got {prediction!r}")
        self.times.copy_(torch.stack([a, s, *mixes[prediction]], dim=1))
        self.text_length.fill_(text_length)
        self._fit_mean(parts, texts)
        count = 0
        variance = torch.zeros_like(self.variance)
        covariance = torch.view_as_complex(torch.zeros_like(self.axes))
        for place, part in enumerate(parts):
            count += len(part)
            mean = self.mean[None]
            if texts is not None:  # each version of a picture with another of its texts
                mean = self._means(texts[place].repeat(len(part), 1)[: len(part)])
            waves = torch.fft.rfft(part - mean[..., None], norm="ortho")
            variance += waves.abs().square().sum(dim=0)
            some = waves[:, : self.whole].flatten(1, 2).permute(2, 1, 0)  # (frequency, rows, n)
            covariance += some @ some.mH
        self.variance.copy_((variance / count).clamp_min(_LEAST_VARIANCE))
        values, axes = torch.linalg.eigh(covariance / count)
        self.axis_variance.copy_(values.clamp_min(_LEAST_VARIANCE))
        self.axes.copy_(torch.view_as_real(axes))

    def _fit_mean(self, parts: Iterable[Tensor], texts: Sequence[Tensor] | None) -> None:
        """Take the mean of each row, and by ridge regression how it changes with the text."""
        count, power, means = 0, torch.zeros_like(self.power), []
        for part in parts:
            count += len(part)
            power += part.square().mean(dim=(2, 3)).sum(dim=0)
            means.append(part.mean(dim=(0, 3)))
        self.power.copy_((power / count).clamp_min(_LEAST_VARIANCE))
        rows = torch.stack(means)
        self.mean.copy_(rows.mean(dim=0))
        if texts is None:
            return
        of_text = torch.cat(
            [row.expand(len(t), -1, -1) for row, t in zip(rows, texts, strict=True)]
        )
        features, wanted = torch.cat(list(texts)).double(), of_text.flatten(1).double()
        middle, mean = features.mean(dim=0), wanted.mean(dim=0)
        offsets = features - middle
        square = offsets.mT @ offsets / len(offsets)
        ridge = RIDGE * square.diagonal().mean() * torch.eye(len(square), dtype=torch.float64)
        slope = torch.linalg.solve(square + ridge, offsets.mT @ (wanted - mean) / len(offsets))
        self.slope.copy_(slope.view_as(self.slope))
        self.mean.copy_(mean.view_as(self.mean))
        self.middle.copy_(middle)

    def features(self, hidden: Tensor) -> Tensor:
        """Return (B, f) features of texts: what the encoder says at the last place of each part.

        Args:
            hidden: (B, parts * text_length, f) of the text encoder.
        """
        length = min(int(self.text_length), hidden.shape[1])
        return hidden[:, length - 1 :: length].float().mean(dim=1)

    def forward(
        self, noised: Tensor, timestep: Tensor | float, hidden: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the answer, the clean latents it means, and their mean: (B, c, h, w) float32.

        Args:
            noised: (B, c, h, w) latents.
            timestep: one, or B, of the training times.
            hidden: (B, T, f) of the text encoder; None: the mean over all texts.
        """
        a, s, of_noise, of_clean = self._at(timestep)
        means, variance, whole = self._for(noised.shape[-2:], hidden)
        waves = torch.fft.rfft(noised.float() - a * means, norm="ortho")

        def gain(variances: Tensor) -> Tensor:
            return a * variances / (a**2 * variances + s**2).clamp_min(1e-12)

        found = waves * gain(variance)
        if whole:
            axes = torch.view_as_complex(self.axes.float().contiguous())
            some = waves[:, : self.whole].flatten(1, 2).permute(0, 2, 1)[..., None]
            turned = (axes.mH @ some)[..., 0]
            turned = turned * gain(self.axis_variance.float())[:, 0]
            back = (axes @ turned[..., None])[..., 0].permute(0, 2, 1)
            found = torch.cat(
                [back.reshape(waves[:, : self.whole].shape), found[:, self.whole :]], dim=1
            )
        clean: Tensor = torch.fft.irfft(found, n=noised.shape[-1], norm="ortho") + means
        noise = (noised.float() - a * clean) / s.clamp_min(1e-3)
        return of_noise * noise + of_clean * clean, clean, means

    def evened(self, noised: Tensor, clean: Tensor, timestep: Tensor | float) -> Tensor:
        """Return (B, 2 c, h, w): noised and clean latents with about unit power in each channel."""
        a, s, _, _ = self._at(timestep)
        power = self.power.float()[:, None, None]
        return torch.cat([noised.float() / (a**2 * power + s**2).sqrt(), clean / power.sqrt()], 1)

    def regained(
        self, gains: Tensor, noised: Tensor, clean: Tensor, means: Tensor,
        timestep: Tensor | float,
    ) -> Tensor:  # fmt: skip
        """Return what other gains in some places add to the answer, (B, c, h, w) float32.

        A cell of sky is smoother than its row is on average, one of leaves rougher: with its own
        variance V' the Wiener gain a V' / (a^2 V' + s^2) is another.

        Args:
            gains: (B, 2 c, h, w): of clean latents over their mean (-1: only the mean is left),
                and of the noised ones over theirs, as shares of the channel's usual gain.
            noised: (B, c, h, w) latents.
            clean: as `forward` returned them.
            means: likewise.
            timestep: one, or B, of the training times.
        """
        a, s, of_noise, of_clean = self._at(timestep)
        power = self.power.float()[:, None, None]
        usual = a * power / (a**2 * power + s**2)
        of_found, of_given = gains.float().chunk(2, dim=1)
        more = of_found * (clean - means) + of_given * usual * (noised.float() - a * means)
        return (of_clean - of_noise * a / s.clamp_min(_LEAST_NOISE)) * more

    def _means(self, features: Tensor) -> Tensor:
        """Return (B, c, h) means for (B, f) features."""
        offsets = features - self.middle.float()
        moved: Tensor = torch.tensordot(offsets, self.slope.float(), dims=1)
        return self.mean.float() + moved

    def _at(self, timestep: Tensor | float) -> tuple[Tensor, ...]:
        """Return a, s and the mix, each (B or 1, 1, 1, 1); between two times those in between."""
        table = self.times.float()
        times = torch.as_tensor(timestep, device=table.device, dtype=torch.float32).reshape(-1)
        times = times.clamp(0, TIMES - 1)
        below = times.floor().long()
        above = (below + 1).clamp_max(TIMES - 1)
        rows = torch.lerp(table[below], table[above], (times - below)[:, None])
        return rows[:, :, None, None, None].unbind(1)

    def _for(self, size: torch.Size, hidden: Tensor | None) -> tuple[Tensor, Tensor, bool]:
        """Return means (B or 1, c, h, 1), variance (c, h, frequencies), and whether axes help.

        Latents of another size get the means of the rows nearest to theirs and each channel's
        variance: still right on average, but knowing nothing of what is beside a cell.
        """
        means, variance = self.mean.float()[None], self.variance.float()
        if hidden is not None and len(self.slope):
            means = self._means(self.features(hidden))
        if tuple(size) == self.size:
            return means[..., None], variance, True
        height, frequencies = size[0], size[1] // 2 + 1
        rows = torch.arange(height, device=means.device) * self.size[0] // height
        flat = variance.mean(dim=(1, 2), keepdim=True).expand(-1, height, frequencies)
        return means[:, :, rows, None], flat, False
