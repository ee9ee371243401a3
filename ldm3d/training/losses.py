"""How far a reconstruction is from its picture, for color and depth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ldm3d.seamless import wrap_columns
from ldm3d.training.planes import DEPTH_FLOOR, depth_of

LOG_FLOOR = 0.02
"""Added to depth before its logarithm: below it (30 m where 1 is 0.6 m) errors count less."""


@dataclass(frozen=True)
class LossWeights:
    """How much each part of the autoencoder's loss counts."""

    color: float = 1.0
    color_square: float = 0.0
    """Of the squared error of color: what PSNR measures, against single pixels far off."""
    depth: float = 1.0
    log_depth: float = 0.1
    """Of |log d' - log d|: a relative error of distance, so that far things count too."""
    relative_depth: float = 0.0
    """Of |z' - z| / z of distances z, as AbsRel counts it: where depth >= `DEPTH_FLOOR`."""
    edges: float = 0.5
    """Of differences between neighbours, for color and depth."""
    kl: float = 1e-4
    """Of the mean over all latents."""
    perceptual: float = 0.0
    adversarial: float = 0.0


def reconstruction_losses(
    got: Tensor, want: Tensor, weight: Tensor, curve: str = "linear", wraps: bool = True
) -> dict[str, Tensor]:
    """Return mean errors over (B, 4 or 6, H, W) planes in [0, 1].

    Args:
        got: the decoder's planes, not clipped.
        want: the picture.
        weight: (B, 1, H, 1), mean about 1.
        curve: how the last plane holds depth; see `planes.depth_of`.
        wraps: whether left and right edge are neighbours.
    """
    error = (got - want).abs() * weight
    depths = depth_of(got, curve), depth_of(want, curve)
    logs = (_log_depth(depths[0]) - _log_depth(depths[1])).abs() * weight
    edges = _edges(got - want, weight, wraps)
    return {
        "color": error[:, :3].mean(),
        "color_square": ((got - want)[:, :3].square() * weight).mean(),
        "depth": error[:, 3:].mean(),
        "log_depth": logs.mean(),
        "relative_depth": _relative(*depths, weight),
        "color_edges": edges[:, :3].mean(),
        "depth_edges": edges[:, 3:].mean(),
    }


def kl_loss(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the divergence from a standard normal distribution, the mean over all latents.

    arXiv 2112.10752, appendix G, divided by the number of latents as the others are by pixels.
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()


def weighted_reconstruction(losses: dict[str, Tensor], weights: LossWeights) -> Tensor:
    """Return the weighted sum of `reconstruction_losses`."""
    color = losses["color"] + weights.edges * losses["color_edges"]
    square = weights.color_square * losses["color_square"]
    depth = losses["depth"] + weights.edges * losses["depth_edges"]
    return (
        square
        + weights.color * color
        + weights.depth * depth
        + weights.log_depth * losses["log_depth"]
        + weights.relative_depth * losses["relative_depth"]
    )


def hinge_discriminator_loss(real: Tensor, made: Tensor) -> Tensor:
    """Return the loss of a discriminator that wants real > 1 and made < -1."""
    return 0.5 * (F.relu(1 - real).mean() + F.relu(1 + made).mean())


def balanced_weight(reconstruction: Tensor, adversarial: Tensor, last_layer: Tensor) -> Tensor:
    """Return the weight at which the adversarial gradient is as long as the other.

    At the decoder's last layer, as in VQGAN (arXiv 2012.09841, equation 7).
    """
    (other,) = torch.autograd.grad(reconstruction, last_layer, retain_graph=True)
    (own,) = torch.autograd.grad(adversarial, last_layer, retain_graph=True)
    ratio: Tensor = other.norm() / (own.norm() + 1e-4)
    return ratio.clamp(0, 1e4).detach()


def _log_depth(depth: Tensor) -> Tensor:
    return torch.log(depth.clamp_min(-0.5 * LOG_FLOOR) + LOG_FLOOR)


def _relative(got: Tensor, want: Tensor, weight: Tensor) -> Tensor:
    """Return the mean |z' / z - 1|, linear in the logarithm where z' is more than e times z."""
    log_ratio = want.clamp_min(DEPTH_FLOOR).log() - got.clamp(DEPTH_FLOOR, 1).log()
    error = torch.expm1(log_ratio.clamp_max(1)).abs() + math.e * (log_ratio - 1).clamp_min(0)
    counted = weight * (want >= DEPTH_FLOOR)
    return (error * counted).sum() / counted.sum().clamp_min(1e-6)


def _edges(error: Tensor, weight: Tensor, wraps: bool) -> Tensor:
    """Return |difference to the right| + |difference below| of an error."""
    beyond = wrap_columns(error, 0, 1) if wraps else F.pad(error, (0, 1, 0, 0), mode="replicate")
    right = error - beyond[..., 1:]
    below = F.pad(error[..., 1:, :] - error[..., :-1, :], (0, 0, 0, 1))
    return (right.abs() + below.abs()) * weight
