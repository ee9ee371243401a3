"""A perceptual loss on a VGG16 trunk from a local file; nothing is downloaded.

With LPIPS's own linear weights the distance is LPIPS (arXiv 1801.03924) and is called so. Without
them it is the plain distance of normalised features, under the name of the trunk's file.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from ldm3d.errors import InputError
from ldm3d.seamless import set_seamless

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Channels of VGG16's convolutions; features are taken at the end of each stage."""
SHAPES = tuple(
    (wide, before, 3, 3)
    for before, wide in zip(
        [3, *(w for stage in STAGES for w in stage)], [w for stage in STAGES for w in stage],
        strict=False,
    )
)  # fmt: skip
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pictures, which the trunk was trained on."""


class PerceptualLoss(nn.Module):
    """Distance of (B, 3, H, W) pictures in [0, 1]; frozen."""

    def __init__(self, trunk: Path, lpips: Path | None = None, seamless: bool = True) -> None:
        """Read the weights.

        Args:
            trunk: a state dictionary that holds VGG16's 13 convolutions in their order, such as
                torchvision's `vgg16`; .safetensors, .pth or .pt (read with `weights_only`).
            lpips: LPIPS's linear layers for VGG (`lin0.model.1.weight`...).
            seamless: whether left and right edge are neighbours.

        Raises:
            InputError: if a file is absent or holds something else.
        """
        super().__init__()
        self.name = "lpips" if lpips is not None else f"features of {trunk.stem}"
        self.stages = nn.ModuleList(_stages(read_weights(trunk), trunk))
        self.linear = None if lpips is None else _linear(read_weights(lpips), lpips)
        self.mean = nn.Parameter(torch.tensor(MEAN).view(1, 3, 1, 1))
        self.spread = nn.Parameter(torch.tensor(SPREAD).view(1, 3, 1, 1))
        if seamless:
            set_seamless(self)
        self.requires_grad_(False)

    def forward(self, got: Tensor, want: Tensor) -> Tensor:
        """Return the mean distance."""
        total = got.new_zeros(())
        x = (torch.cat([got, want]) - self.mean) / self.spread
        for number, stage in enumerate(self.stages):
            x = stage(x)
            unit = x / (x.square().sum(dim=1, keepdim=True).sqrt() + 1e-8)
            one, other = unit.chunk(2)
            square = (one - other).square()
            if self.linear is not None:
                square = square * self.linear[number]
            total = total + square.sum(dim=1).mean()
        return total


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return a file's tensors; no code in it is run.

    Raises:
        InputError: if it is absent or no file of weights.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
        reason = " ".join(str(error).split())[:160]
        raise InputError(f"cannot read weights from {path}: {reason}") from error
    if not isinstance(loaded, Mapping):
        raise InputError(f"want a dictionary of tensors in {path}, got {type(loaded).__name__}")
    return {str(name): value for name, value in loaded.items() if isinstance(value, Tensor)}


def _stages(weights: Mapping[str, Tensor], path: Path) -> list[nn.Sequential]:
    """Build VGG16's trunk from the first convolutions that have its shapes, in their order."""
    names = [name for name, value in weights.items() if tuple(value.shape) in SHAPES]
    names = names[: len(SHAPES)]
    if [tuple(weights[name].shape) for name in names] != list(SHAPES):
        raise InputError(f"want VGG16's 13 convolutions in {path}, got other shapes or order")
    stages, place = [], iter(names)
    for number, stage in enumerate(STAGES):
        layers: list[nn.Module] = [nn.MaxPool2d(2)] if number else []
        for _ in stage:
            name = next(place)
            weight, bias = weights[name], weights[name.removesuffix("weight") + "bias"]
            layer = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1)
            layer.load_state_dict({"weight": weight.float(), "bias": bias.float()})
            layers += [layer, nn.ReLU()]
        stages.append(nn.Sequential(*layers))
    return stages


def _linear(weights: Mapping[str, Tensor], path: Path) -> nn.ParameterList:
    found = [value.float().view(1, -1, 1, 1) for _, value in sorted(weights.items())]
    if [value.shape[1] for value in found] != [stage[-1] for stage in STAGES]:
        raise InputError(f"want LPIPS's five linear layers for VGG in {path}, got other shapes")
    return nn.ParameterList([nn.Parameter(value, requires_grad=False) for value in found])


def depth_as_picture(planes: Tensor) -> Tensor:
    """Return the depth planes as (B, 3, H, W), as the perceptual loss sees depth in the paper."""
    depth = planes[:, 3:]
    return depth if depth.shape[1] == 3 else depth.expand(-1, 3, -1, -1)
